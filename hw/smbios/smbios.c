/*
 * SMBIOS tables: what -smbios asks for, and what is in each table. See hw/smbios/smbios.h.
 *
 * A table is a formatted area, whose bytes that hold text are numbers of strings, and the strings
 * behind it, from 1 on. Numbers in comments here are sections of DSP0134 3.6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/ipmi/ipmi.h"
#include "hw/pci/pci.h"
#include "hw/smbios/smbios.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/option.h"
#include "qemu/units.h"
#include "system/system.h"

enum { BIOS = 0, SYSTEM = 1, BASEBOARD = 2, CHASSIS = 3, PROCESSOR = 4, CONNECTOR = 8,
       OEM_STRINGS = 11, MEMORY_ARRAY = 16, MEMORY_DEVICE = 17, MAPPED_ADDRESS = 19, BOOT = 32,
       IPMI_DEVICE = 38, ONBOARD_DEVICE = 41, END = 127, NUM_TYPES = 128 };

/* Guests look for that name to find out on what they run. */
#define MANUFACTURER "QEMU"

#define MAX_DIMM (16 * GiB)

/* ---- What the user asked for ---- */

/* How a value is checked; texts are any. */
typedef enum { TEXT, SWITCH, RELEASE, UUID, NUMBER8, NUMBER16, NUMBER64, TEXTS, FILES, DEVICE_KIND
} FieldKind;

typedef struct Field {
    uint8_t type;
    FieldKind kind;
    const char *name;
} Field;

static const Field fields[] = {
    { BIOS, TEXT, "vendor" }, { BIOS, TEXT, "version" }, { BIOS, TEXT, "date" },
    { BIOS, RELEASE, "release" }, { BIOS, SWITCH, "uefi" },
    { SYSTEM, TEXT, "manufacturer" }, { SYSTEM, TEXT, "product" }, { SYSTEM, TEXT, "version" },
    { SYSTEM, TEXT, "serial" }, { SYSTEM, UUID, "uuid" }, { SYSTEM, TEXT, "sku" },
    { SYSTEM, TEXT, "family" },
    { BASEBOARD, TEXT, "manufacturer" }, { BASEBOARD, TEXT, "product" },
    { BASEBOARD, TEXT, "version" }, { BASEBOARD, TEXT, "serial" }, { BASEBOARD, TEXT, "asset" },
    { BASEBOARD, TEXT, "location" },
    { CHASSIS, TEXT, "manufacturer" }, { CHASSIS, TEXT, "version" }, { CHASSIS, TEXT, "serial" },
    { CHASSIS, TEXT, "asset" }, { CHASSIS, TEXT, "sku" },
    { PROCESSOR, TEXT, "sock_pfx" }, { PROCESSOR, TEXT, "manufacturer" },
    { PROCESSOR, TEXT, "version" }, { PROCESSOR, TEXT, "serial" }, { PROCESSOR, TEXT, "asset" },
    { PROCESSOR, TEXT, "part" }, { PROCESSOR, NUMBER16, "max-speed" },
    { PROCESSOR, NUMBER16, "current-speed" }, { PROCESSOR, NUMBER64, "processor-id" },
    { CONNECTOR, TEXT, "internal_reference" }, { CONNECTOR, TEXT, "external_reference" },
    { CONNECTOR, NUMBER8, "connector_type" }, { CONNECTOR, NUMBER8, "port_type" },
    { OEM_STRINGS, TEXTS, "value" }, { OEM_STRINGS, FILES, "path" },
    { MEMORY_DEVICE, TEXT, "loc_pfx" }, { MEMORY_DEVICE, TEXT, "bank" },
    { MEMORY_DEVICE, TEXT, "manufacturer" }, { MEMORY_DEVICE, TEXT, "serial" },
    { MEMORY_DEVICE, TEXT, "asset" }, { MEMORY_DEVICE, TEXT, "part" },
    { MEMORY_DEVICE, NUMBER16, "speed" },
    { ONBOARD_DEVICE, TEXT, "designation" }, { ONBOARD_DEVICE, DEVICE_KIND, "kind" },
    { ONBOARD_DEVICE, NUMBER8, "instance" }, { ONBOARD_DEVICE, TEXT, "pcidev" },
};

/* 7.42.2, from 1 on */
static const char *const device_kinds[] = {
    "other", "unknown", "video", "scsi", "ethernet", "tokenring", "sound", "pata", "sata", "sas",
    NULL
};

/* One for each field; NULL: not given. */
typedef struct Values {
    char *of[ARRAY_SIZE(fields)];
} Values;

static struct {
    bool there;
    SMBIOSBoard board;
    FWCfgState *fw_cfg;
    Values values;
    GPtrArray *connectors, *onboard_devices; /* Values: each option is a table */
    bool has_fields[NUM_TYPES];       /* one of them was */
    bool has_file[NUM_TYPES];         /* a table of that type is the user's */
    GPtrArray *oem_strings;
    GByteArray *user_tables;
    unsigned user_count, user_largest;
} state;

static const Field *find_field(unsigned type, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (fields[i].type == type && g_str_equal(fields[i].name, name)) {
            return &fields[i];
        }
    }
    return NULL;
}

/* What the user said, or `or_else`, which may be NULL. */
static const char *text_in(const Values *values, unsigned type, const char *name,
                           const char *or_else)
{
    const char *value = values->of[find_field(type, name) - fields];

    return value ? value : or_else;
}

static const char *text_of(unsigned type, const char *name, const char *or_else)
{
    return text_in(&state.values, type, name, or_else);
}

static uint64_t number_in(const Values *values, unsigned type, const char *name, uint64_t or_else)
{
    const char *value = text_in(values, type, name, NULL);
    uint64_t number = or_else;

    if (value) {
        qemu_strtou64(value, NULL, 0, &number); /* was checked */
    }
    return number;
}

static uint64_t number_of(unsigned type, const char *name, uint64_t or_else)
{
    return number_in(&state.values, type, name, or_else);
}

/* 32 hexadecimal digits, dashes between some. */
static bool parse_uuid(const char *text, uint8_t *uuid)
{
    for (unsigned i = 0; i < 16; i++) {
        text += *text == '-';
        if (!g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1])) {
            return false;
        }
        uuid[i] = g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]);
        text += 2;
    }
    return !*text;
}

static bool parse_release(const char *text, uint8_t *major, uint8_t *minor)
{
    const char *end;
    unsigned a, b;

    if (qemu_strtoui(text, &end, 10, &a) < 0 || a > UINT8_MAX || *end != '.' ||
        qemu_strtoui(end + 1, NULL, 10, &b) < 0 || b > UINT8_MAX) {
        return false;
    }
    *major = a;
    *minor = b;
    return true;
}

static bool check_value(const Field *field, const char *value, Error **errp)
{
    static const char *const expected[] = {
        [SWITCH] = "on or off", [RELEASE] = "MAJOR.MINOR, each 0 to 255",
        [UUID] = "32 hexadecimal digits", [NUMBER8] = "0 to 255", [NUMBER16] = "0 to 65535",
        [NUMBER64] = "a number",
        [DEVICE_KIND] = "other, unknown, video, scsi, ethernet, tokenring, sound, pata, sata or sas",
    };
    uint8_t ignored[16];
    uint64_t number;
    bool ok = true;

    switch (field->kind) {
    case SWITCH:
        ok = g_str_equal(value, "on") || g_str_equal(value, "off");
        break;
    case RELEASE:
        ok = parse_release(value, &ignored[0], &ignored[1]);
        break;
    case UUID:
        ok = parse_uuid(value, ignored);
        break;
    case NUMBER8:
    case NUMBER16:
    case NUMBER64:
        ok = qemu_strtou64(value, NULL, 0, &number) == 0 &&
             number <= (field->kind == NUMBER8    ? UINT8_MAX
                        : field->kind == NUMBER16 ? UINT16_MAX
                                                  : UINT64_MAX);
        break;
    case DEVICE_KIND:
        ok = g_strv_contains(device_kinds, value);
        break;
    default:
        break;
    }
    if (!ok) {
        error_setg(errp, "%s=%s: expected %s", field->name, value, expected[field->kind]);
    }
    return ok;
}

/* One may also be what is in a file, up to its end or a NUL. The table counts them in a byte. */
static bool add_oem_string(const Field *field, const char *value, Error **errp)
{
    g_autoptr(GError) gerr = NULL;
    char *text;

    if (state.oem_strings->len == UINT8_MAX) {
        error_setg(errp, "%s=%s: table %u has %d strings already", field->name, value, OEM_STRINGS,
                   UINT8_MAX);
        return false;
    }
    if (field->kind == TEXTS) {
        text = g_strdup(value);
    } else if (!g_file_get_contents(value, &text, NULL, &gerr)) {
        error_setg(errp, "path=: %s", gerr->message);
        return false;
    }
    g_ptr_array_add(state.oem_strings, text);
    return true;
}

typedef struct Taker {
    unsigned type;
    Values *values;
} Taker;

static int take_field(void *opaque, const char *name, const char *value, Error **errp)
{
    const Taker *taker = opaque;
    unsigned type = taker->type;
    const Field *field;

    if (g_str_equal(name, "type")) {
        return 0;
    }
    field = find_field(type, name);
    if (!field) {
        error_setg(errp, "table %u has no '%s'", type, name);
        return -1;
    }
    if (!check_value(field, value, errp)) {
        return -1;
    }
    if (field->kind == TEXTS || field->kind == FILES) {
        return add_oem_string(field, value, errp) ? 0 : -1;
    }
    g_free(taker->values->of[field - fields]);
    taker->values->of[field - fields] = g_strdup(value);
    return 0;
}

/* The length of the table that `bytes` starts with, its strings included; 0: it is none. */
static gsize whole_table(const uint8_t *bytes, gsize size)
{
    gsize at = size >= 4 ? bytes[1] : size;

    if (at < 4) {
        return 0;
    }
    for (; at + 2 <= size; at++) {
        if (!bytes[at] && !bytes[at + 1]) {
            return at + 2;
        }
    }
    return 0;
}

/* The end of the tables is where ours end. */
static bool add_tables_of_user(const char *filename, Error **errp)
{
    g_autoptr(GError) gerr = NULL;
    g_autofree char *contents = NULL;
    gsize size, length;

    if (!g_file_get_contents(filename, &contents, &size, &gerr)) {
        error_setg(errp, "file=: %s", gerr->message);
        return false;
    }
    for (gsize at = 0; at < size || !size; at += length) {
        const uint8_t *table = (uint8_t *)contents + at;

        length = whole_table(table, size - at);
        if (!length || length > UINT16_MAX) {
            error_setg(errp, "'%s' isn't made of SMBIOS tables: what is at byte %zu is none",
                       filename, (size_t)at);
            return false;
        }
        if (table[0] == END) {
            continue;
        }
        if (table[0] < NUM_TYPES) {
            state.has_file[table[0]] = true;
        }
        g_byte_array_append(state.user_tables, table, length);
        state.user_largest = MAX(state.user_largest, length);
        state.user_count++;
    }
    return true;
}

static QemuOptsList option_list = {
    .name = "smbios",
    .head = QTAILQ_HEAD_INITIALIZER(option_list.head),
    .desc = { { NULL } },
};

bool smbios_add_option(const char *arg, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&option_list, arg, false, errp);
    const char *file, *type_text;
    Taker taker = { .values = &state.values };
    unsigned type;

    if (!opts) {
        return false;
    }
    if (!state.there) {
        error_setg(errp, "machine '%s' has no SMBIOS tables",
                   MACHINE_GET_CLASS(current_machine)->name);
        return false;
    }
    file = qemu_opt_get(opts, "file");
    type_text = qemu_opt_get(opts, "type");
    if (!file == !type_text) {
        error_setg(errp, "expected one of file=FILE and type=N");
        return false;
    }
    if (file) {
        return add_tables_of_user(file, errp);
    }
    if (qemu_strtoui(type_text, NULL, 0, &type) < 0 || type >= NUM_TYPES) {
        error_setg(errp, "type=%s: expected 0 to %d", type_text, NUM_TYPES - 1);
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        state.has_fields[type] |= fields[i].type == type;
    }
    if (!state.has_fields[type]) {
        error_setg(errp, "type=%u: expected 0, 1, 2, 3, 4, 8, 11, 17 or 41; file= takes others", type);
        return false;
    }
    taker.type = type;
    if (type == CONNECTOR || type == ONBOARD_DEVICE) {
        taker.values = g_new0(Values, 1);
        g_ptr_array_add(type == CONNECTOR ? state.connectors : state.onboard_devices, taker.values);
    }
    return qemu_opt_foreach(opts, take_field, &taker, errp) == 0;
}

/* ---- Writing tables ---- */

typedef struct Tables {
    GByteArray *bytes;
    gsize start; /* of the table that is being written */
    GPtrArray *strings;
    unsigned count, largest;
} Tables;

static void begin(Tables *t, uint8_t type, uint16_t handle, uint8_t length)
{
    uint8_t *table;

    t->start = t->bytes->len;
    g_ptr_array_set_size(t->strings, 0);
    g_byte_array_set_size(t->bytes, t->start + length);
    table = t->bytes->data + t->start;
    memset(table, 0, length);
    table[0] = type;
    table[1] = length;
    stw_le_p(table + 2, handle);
}

static void put(Tables *t, unsigned at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        t->bytes->data[t->start + at + i] = value >> 8 * i;
    }
}

/* A text that isn't there, or is empty, has number 0. */
static void put_text(Tables *t, unsigned at, const char *text)
{
    if (text && *text) {
        g_ptr_array_add(t->strings, (char *)text);
        put(t, at, 1, t->strings->len);
    }
}

static void put_user_text(Tables *t, unsigned at, const char *name, const char *or_else)
{
    put_text(t, at, text_of(t->bytes->data[t->start], name, or_else));
}

static void end(Tables *t)
{
    static const uint8_t zeros[2];

    for (guint i = 0; i < t->strings->len; i++) {
        const char *text = g_ptr_array_index(t->strings, i);

        g_byte_array_append(t->bytes, (const uint8_t *)text, strlen(text) + 1);
    }
    g_byte_array_append(t->bytes, zeros, t->strings->len ? 1 : 2);
    t->largest = MAX(t->largest, t->bytes->len - t->start);
    t->count++;
}

/* ---- The tables ---- */

/* 7.1. Firmware has its own, if the user doesn't say what is to be in it. */
static void put_bios(Tables *t)
{
    enum { NO_CHARACTERISTICS = 0x08, IS_VIRTUAL = 0x10, CONTENT_DISTRIBUTION = 0x04,
           IS_UEFI = 0x08, START_SEGMENT = 0xe800 };
    const char *release = text_of(BIOS, "release", NULL);
    uint8_t major = 0, minor = 0;

    begin(t, BIOS, 0, 24);
    put_user_text(t, 4, "vendor", NULL);
    put_user_text(t, 5, "version", NULL);
    put(t, 6, 2, START_SEGMENT);
    put_user_text(t, 8, "date", NULL);
    put(t, 10, 1, NO_CHARACTERISTICS);
    put(t, 19, 1, CONTENT_DISTRIBUTION | IS_VIRTUAL |
                      (g_str_equal(text_of(BIOS, "uefi", "off"), "on") ? IS_UEFI : 0));
    if (release) {
        parse_release(release, &major, &minor);
        put(t, 20, 1, major);
        put(t, 21, 1, minor);
    }
    put(t, 22, 2, 0xffff); /* no embedded controller */
    end(t);
}

/* 7.2. Of the UUID the first three numbers are little-endian (7.2.1). */
static void put_system(Tables *t, const char *version)
{
    enum { POWER_SWITCH = 6 };
    const char *text = text_of(SYSTEM, "uuid", qemu_uuid);
    uint8_t uuid[16] = { 0 };

    begin(t, SYSTEM, 0x100, 27);
    put_user_text(t, 4, "manufacturer", MANUFACTURER);
    put_user_text(t, 5, "product", state.board.product);
    put_user_text(t, 6, "version", version);
    put_user_text(t, 7, "serial", NULL);
    if (text && parse_uuid(text, uuid)) {
        put(t, 8, 4, ldl_be_p(uuid));
        put(t, 12, 2, lduw_be_p(uuid + 4));
        put(t, 14, 2, lduw_be_p(uuid + 6));
        put(t, 16, 8, ldq_le_p(uuid + 8));
    }
    put(t, 24, 1, POWER_SWITCH);
    put_user_text(t, 25, "sku", NULL);
    put_user_text(t, 26, "family", NULL);
    end(t);
}

/* 7.3 */
static void put_baseboard(Tables *t, const char *version)
{
    enum { IS_HOST = 1, MOTHERBOARD = 10, CHASSIS_HANDLE = 0x300 };

    begin(t, BASEBOARD, 0x200, 15);
    put_user_text(t, 4, "manufacturer", MANUFACTURER);
    put_user_text(t, 5, "product", state.board.product);
    put_user_text(t, 6, "version", version);
    put_user_text(t, 7, "serial", NULL);
    put_user_text(t, 8, "asset", NULL);
    put(t, 9, 1, IS_HOST);
    put_user_text(t, 10, "location", NULL);
    put(t, 11, 2, CHASSIS_HANDLE);
    put(t, 13, 1, MOTHERBOARD);
    end(t);
}

/* 7.4 */
static void put_chassis(Tables *t, const char *version)
{
    enum { OTHER = 1, UNKNOWN = 2, SAFE = 3 };

    begin(t, CHASSIS, 0x300, 22);
    put_user_text(t, 4, "manufacturer", MANUFACTURER);
    put(t, 5, 1, OTHER);
    put_user_text(t, 6, "version", version);
    put_user_text(t, 7, "serial", NULL);
    put_user_text(t, 8, "asset", NULL);
    put(t, 9, 3, SAFE | SAFE << 8 | SAFE << 16); /* boot, power supply, temperature */
    put(t, 12, 1, UNKNOWN); /* security */
    put_user_text(t, 21, "sku", NULL);
    end(t);
}

/* 7.5: one for each socket. Counts above 255 are in the fields of version 3.0 only. */
static void put_processor(Tables *t, const char *version, unsigned socket)
{
    enum { CENTRAL = 3, OTHER = 1, ENABLED = 0x41, NO_CACHE = 0xffff, UNKNOWN = 2, MANY = 255,
           DEFAULT_MHZ = 2000 };
    const CPUTopology *smp = &current_machine->smp;
    unsigned threads = smp->cores * smp->threads;
    g_autofree char *name = g_strdup_printf("%s%2x", text_of(PROCESSOR, "sock_pfx", "CPU"), socket);

    begin(t, PROCESSOR, 0x400 + socket, state.board.entry_64 ? 48 : 42);
    put_text(t, 4, name);
    put(t, 5, 1, CENTRAL);
    put(t, 6, 1, OTHER);
    put_user_text(t, 7, "manufacturer", MANUFACTURER);
    put(t, 8, 8, number_of(PROCESSOR, "processor-id", state.board.processor_id));
    put_user_text(t, 16, "version", version);
    put(t, 20, 2, number_of(PROCESSOR, "max-speed", DEFAULT_MHZ));
    put(t, 22, 2, number_of(PROCESSOR, "current-speed", DEFAULT_MHZ));
    put(t, 24, 1, ENABLED);
    put(t, 25, 1, OTHER); /* upgrade */
    for (unsigned level = 0; level < 3; level++) {
        put(t, 26 + 2 * level, 2, NO_CACHE);
    }
    put_user_text(t, 32, "serial", NULL);
    put_user_text(t, 33, "asset", NULL);
    put_user_text(t, 34, "part", NULL);
    put(t, 35, 1, MIN(smp->cores, MANY));
    put(t, 36, 1, MIN(smp->cores, MANY));
    put(t, 37, 1, MIN(threads, MANY));
    put(t, 38, 2, UNKNOWN);
    put(t, 40, 2, OTHER);
    if (state.board.entry_64) {
        put(t, 42, 2, smp->cores);
        put(t, 44, 2, smp->cores);
        put(t, 46, 2, threads);
    }
    end(t);
}

/* 7.9. Of what is inside only the name is known. */
static void put_connector(Tables *t, const Values *values, unsigned index)
{
    begin(t, CONNECTOR, 0x800 + index, 9);
    put_text(t, 4, text_in(values, CONNECTOR, "internal_reference", NULL));
    put_text(t, 6, text_in(values, CONNECTOR, "external_reference", NULL));
    put(t, 7, 1, number_in(values, CONNECTOR, "connector_type", 0));
    put(t, 8, 1, number_in(values, CONNECTOR, "port_type", 0));
    end(t);
}

/* 7.42. Where a function of PCI is, as far as firmware hasn't numbered the buses yet. */
static void put_onboard_device(Tables *t, const Values *values, unsigned index)
{
    enum { OTHER = 1, ENABLED = 0x80 };
    const char *designation = text_in(values, ONBOARD_DEVICE, "designation", NULL);
    const char *kind = text_in(values, ONBOARD_DEVICE, "kind", NULL);
    const char *id = text_in(values, ONBOARD_DEVICE, "pcidev", NULL);
    unsigned number = OTHER;
    DeviceState *dev;

    for (unsigned i = 0; kind && device_kinds[i]; i++) {
        number = g_str_equal(kind, device_kinds[i]) ? OTHER + i : number;
    }
    begin(t, ONBOARD_DEVICE, 0x2900 + index, 11);
    put_text(t, 4, designation);
    put(t, 5, 1, ENABLED | number);
    put(t, 6, 1, number_in(values, ONBOARD_DEVICE, "instance", 1));
    if (id) {
        dev = qdev_find_recursive(sysbus_get_default(), id);
        if (!dev || !object_dynamic_cast(OBJECT(dev), TYPE_PCI_DEVICE)) {
            error_report("-smbios type=%d,pcidev=%s: expected the ID of a PCI device", ONBOARD_DEVICE,
                         id);
            exit(1);
        }
        put(t, 9, 1, pci_dev_bus_num(PCI_DEVICE(dev)));
        put(t, 10, 1, PCI_DEVICE(dev)->devfn);
    }
    end(t);
}

/* 7.39. That the address is odd, and the interrupt high while it lasts, is in bits 4 to 0. */
static void put_ipmi_device(const IpmiPlace *place, unsigned index, void *opaque)
{
    enum { REVISION = 0x20, IS_IO = 1, ODD = 0x10, HAS_INTERRUPT = 0x08, LEVEL_HIGH = 0x03 };
    Tables *t = opaque;

    begin(t, IPMI_DEVICE, 0x3000 + index, 18);
    put(t, 4, 1, place->kind);
    put(t, 5, 1, REVISION);
    put(t, 6, 1, place->slave_address);
    put(t, 8, 8, (place->port & ~1u) | IS_IO);
    put(t, 16, 1, (place->port & 1 ? ODD : 0) | (place->irq ? HAS_INTERRUPT | LEVEL_HIGH : 0));
    put(t, 17, 1, place->irq);
    end(t);
}

/* 7.12 */
static void put_oem_strings(Tables *t)
{
    begin(t, OEM_STRINGS, 0xe00, 5);
    for (guint i = 0; i < state.oem_strings->len; i++) {
        put_text(t, 4, g_ptr_array_index(state.oem_strings, i));
    }
    put(t, 4, 1, t->strings->len);
    end(t);
}

/* 7.17. Capacities beyond 2 TiB are in a field of their own. */
static void put_memory_array(Tables *t, unsigned dimms)
{
    enum { OTHER = 1, SYSTEM_MEMORY = 3, MULTI_BIT_ECC = 6, NO_ERROR_TABLE = 0xfffe };
    uint64_t size = current_machine->ram_size;
    bool large = size / KiB >= 0x80000000u;

    begin(t, MEMORY_ARRAY, 0x1000, 23);
    put(t, 4, 1, OTHER);
    put(t, 5, 1, SYSTEM_MEMORY);
    put(t, 6, 1, MULTI_BIT_ECC);
    put(t, 7, 4, large ? 0x80000000u : size / KiB);
    put(t, 11, 2, NO_ERROR_TABLE);
    put(t, 13, 2, dimms);
    put(t, 15, 8, large ? size : 0);
    end(t);
}

/* 7.18. Modules of more than 32 GiB - 1 MiB would need the extended size. */
static void put_memory_device(Tables *t, unsigned index, uint64_t size)
{
    enum { ARRAY = 0x1000, NO_ERROR_TABLE = 0xfffe, UNKNOWN_WIDTH = 0xffff, DIMM = 9, RAM = 7,
           OTHER = 2 };
    g_autofree char *name = g_strdup_printf("%s %u", text_of(MEMORY_DEVICE, "loc_pfx", "DIMM"),
                                            index);
    uint64_t speed = number_of(MEMORY_DEVICE, "speed", 0);

    begin(t, MEMORY_DEVICE, 0x1100 + index, 40);
    put(t, 4, 2, ARRAY);
    put(t, 6, 2, NO_ERROR_TABLE);
    put(t, 8, 2, UNKNOWN_WIDTH);
    put(t, 10, 2, UNKNOWN_WIDTH);
    put(t, 12, 2, DIV_ROUND_UP(size, MiB));
    put(t, 14, 1, DIMM);
    put_text(t, 16, name);
    put_user_text(t, 17, "bank", NULL);
    put(t, 18, 1, RAM);
    put(t, 19, 2, OTHER);
    put(t, 21, 2, speed);
    put_user_text(t, 23, "manufacturer", MANUFACTURER);
    put_user_text(t, 24, "serial", NULL);
    put_user_text(t, 25, "asset", NULL);
    put_user_text(t, 26, "part", NULL);
    put(t, 32, 2, speed);
    end(t);
}

/* 7.20: in KiB, or in bytes where that has too few bits. */
static void put_mapped_address(Tables *t, unsigned index, uint64_t start, uint64_t size)
{
    enum { ARRAY = 0x1000 };
    uint64_t last = start + size - 1;
    bool large = last / KiB >= UINT32_MAX;

    begin(t, MAPPED_ADDRESS, 0x1300 + index, 31);
    put(t, 4, 4, large ? UINT32_MAX : start / KiB);
    put(t, 8, 4, large ? UINT32_MAX : last / KiB);
    put(t, 12, 2, ARRAY);
    put(t, 14, 1, 1); /* partition width */
    if (large) {
        put(t, 15, 8, start);
        put(t, 23, 8, last);
    }
    end(t);
}

static void put_memory(Tables *t)
{
    uint64_t left = current_machine->ram_size;
    unsigned dimms = DIV_ROUND_UP(left, MAX_DIMM);

    if (!state.has_file[MEMORY_ARRAY]) {
        put_memory_array(t, dimms);
    }
    for (unsigned i = 0; i < dimms && !state.has_file[MEMORY_DEVICE]; i++) {
        put_memory_device(t, i, MIN(left, MAX_DIMM));
        left -= MIN(left, MAX_DIMM);
    }
    for (unsigned i = 0; i < SMBIOS_MAX_RANGES && !state.has_file[MAPPED_ADDRESS]; i++) {
        if (state.board.ranges[i].size) {
            put_mapped_address(t, i, state.board.ranges[i].start, state.board.ranges[i].size);
        }
    }
}

static bool wanted(unsigned type)
{
    return !state.has_file[type];
}

static void put_all(Tables *t)
{
    const char *version = MACHINE_GET_CLASS(current_machine)->name;

    if (state.has_fields[BIOS] && wanted(BIOS)) {
        put_bios(t);
    }
    if (wanted(SYSTEM)) {
        put_system(t, version);
    }
    if (state.has_fields[BASEBOARD] && wanted(BASEBOARD)) {
        put_baseboard(t, version);
    }
    if (wanted(CHASSIS)) {
        put_chassis(t, version);
    }
    for (unsigned i = 0; i < current_machine->smp.sockets && wanted(PROCESSOR); i++) {
        put_processor(t, version, i);
    }
    for (guint i = 0; i < state.connectors->len && wanted(CONNECTOR); i++) {
        put_connector(t, g_ptr_array_index(state.connectors, i), i);
    }
    if (state.oem_strings->len && wanted(OEM_STRINGS)) {
        put_oem_strings(t);
    }
    put_memory(t);
    if (wanted(BOOT)) {
        begin(t, BOOT, 0x2000, 11); /* 7.33: no errors detected */
        end(t);
    }
    if (wanted(IPMI_DEVICE)) {
        ipmi_foreach_place(put_ipmi_device, t);
    }
    for (guint i = 0; i < state.onboard_devices->len && wanted(ONBOARD_DEVICE); i++) {
        put_onboard_device(t, g_ptr_array_index(state.onboard_devices, i), i);
    }
    begin(t, END, 0x7f00, 4);
    end(t);
}

/* ---- The entry point (5.2), whose address and checksums are firmware's ---- */

static GByteArray *make_entry(const Tables *t)
{
    enum { SIZE_2_1 = 31, SIZE_3_0 = 24, VERSION_2_8 = 0x28 };
    GByteArray *entry = g_byte_array_new();
    uint8_t *p;

    g_byte_array_set_size(entry, state.board.entry_64 ? SIZE_3_0 : SIZE_2_1);
    p = entry->data;
    memset(p, 0, entry->len);
    if (state.board.entry_64) {
        memcpy(p, "_SM3_", 5);
        p[6] = SIZE_3_0;
        p[7] = 3;
        p[10] = 1; /* revision of the entry point */
        stl_le_p(p + 12, t->bytes->len);
        return entry;
    }
    memcpy(p, "_SM_", 4);
    p[5] = SIZE_2_1;
    p[6] = VERSION_2_8 >> 4;
    p[7] = VERSION_2_8 & 0xf;
    stw_le_p(p + 8, t->largest);
    memcpy(p + 16, "_DMI_", 5);
    stw_le_p(p + 22, t->bytes->len);
    stw_le_p(p + 28, t->count);
    p[30] = VERSION_2_8;
    return entry;
}

static void give_file(const char *name, GByteArray *contents)
{
    gsize size = contents->len;

    fw_cfg_add_file(state.fw_cfg, name, g_byte_array_free(contents, false), size);
}

static void make_tables(Notifier *notifier, void *data)
{
    Tables t = {
        .bytes = state.user_tables,
        .strings = g_ptr_array_new(),
        .count = state.user_count,
        .largest = state.user_largest,
    };

    put_all(&t);
    g_ptr_array_free(t.strings, true);
    if (!state.board.entry_64 && (t.bytes->len > UINT16_MAX || t.largest > UINT16_MAX)) {
        error_report("-smbios: the tables have %u bytes, with the entry point of version 2.1 they "
                     "can have %u", t.bytes->len, UINT16_MAX);
        exit(1);
    }
    give_file("etc/smbios/smbios-anchor", make_entry(&t));
    give_file("etc/smbios/smbios-tables", t.bytes);
}

static Notifier machine_is_complete = { .notify = make_tables };

void smbios_init(FWCfgState *fw_cfg, const SMBIOSBoard *board)
{
    state.there = true;
    state.board = *board;
    state.fw_cfg = fw_cfg;
    state.oem_strings = g_ptr_array_new_with_free_func(g_free);
    state.connectors = g_ptr_array_new();
    state.onboard_devices = g_ptr_array_new();
    state.user_tables = g_byte_array_new();
    qemu_add_machine_init_done_notifier(&machine_is_complete);
}
