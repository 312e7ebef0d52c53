/*
 * ACPI tables for firmware that reads fw_cfg: see hw/acpi/acpi-tables.h.
 *
 * Pointers in the file are offsets from its start. The script's commands have 128 bytes each:
 *
 *     1 allocate      file, alignment, zone (1: anywhere, 2: where BIOSes look for the RSDP)
 *     2 add pointer   file, file pointed to, offset and size of the pointer
 *     3 add checksum  file, offset of the sum, start and length of what it is over
 *     4 write pointer file that the guest writes, file pointed to, offset in each, size
 *
 * Reference: ACPI specification 6.4, 5.2 (tables), 20.2 (AML grammar); the commands are those that
 * EDK2's and SeaBIOS's loaders document.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-tables.h"
#include "hw/acpi/user-tables.h"
#include "qemu/bswap.h"

#define TABLES_FILE "etc/acpi/tables"
#define RSDP_FILE   "etc/acpi/rsdp"
#define SCRIPT_FILE "etc/table-loader"

#define TABLE_ALIGNMENT 64
#define RSDP_ALIGNMENT  16

enum { COMMAND_SIZE = 128, FILE_NAME_SIZE = 56 };
enum { COMMAND_ALLOCATE = 1, COMMAND_ADD_POINTER = 2, COMMAND_ADD_CHECKSUM = 3,
       COMMAND_WRITE_POINTER = 4 };
enum { ZONE_ANY = 1, ZONE_BIOS = 2 };
/* A table's header. */
enum { HEADER_LENGTH = 4, HEADER_CHECKSUM = 9 };
/* The root pointer: one sum over the first version's part, one over all. */
enum { RSDP_SIZE = 36, RSDP_CHECKSUM = 8, RSDP_OLD_SIZE = 20, RSDP_XSDT = 24,
       RSDP_EXTENDED_CHECKSUM = 32 };

#define AML_MAX_DEPTH 64

struct ACPITables {
    GByteArray *blob;
    GByteArray *script;
    uint32_t table;  /* the begun one's start */
    uint32_t blocks[AML_MAX_DEPTH]; /* of AML that are open: where their lengths are */
    unsigned depth;
    GArray *listed;  /* uint32_t, of the XSDT */
    struct TablesReader *reader; /* NULL: nobody wants to know */
};

typedef struct TablesReader {
    void (*fn)(void *opaque, uint8_t *tables);
    void *opaque;
    uint8_t *tables;
} TablesReader;

/* ---- The script ---- */

/* The command's fields start at `at`, each with so many bytes. */
static uint8_t *new_command(ACPITables *t, uint32_t command, const char *file)
{
    uint8_t *entry;

    g_byte_array_set_size(t->script, t->script->len + COMMAND_SIZE);
    entry = memset(t->script->data + t->script->len - COMMAND_SIZE, 0, COMMAND_SIZE);
    stl_le_p(entry, command);
    g_strlcpy((char *)entry + 4, file, FILE_NAME_SIZE);
    return entry + 4 + FILE_NAME_SIZE;
}

static void allocate(ACPITables *t, const char *file, uint32_t alignment, uint8_t zone)
{
    uint8_t *fields = new_command(t, COMMAND_ALLOCATE, file);

    stl_le_p(fields, alignment);
    fields[4] = zone;
}

static void add_pointer_to(ACPITables *t, const char *file, uint32_t offset, uint8_t size,
                           const char *target)
{
    uint8_t *fields = new_command(t, COMMAND_ADD_POINTER, file);

    g_strlcpy((char *)fields, target, FILE_NAME_SIZE);
    stl_le_p(fields + FILE_NAME_SIZE, offset);
    fields[FILE_NAME_SIZE + 4] = size;
}

/* Of so many bytes, to something in the file of tables. */
static void add_pointer(ACPITables *t, const char *file, uint32_t offset, uint8_t size)
{
    add_pointer_to(t, file, offset, size, TABLES_FILE);
}

void acpi_allocate_file(ACPITables *t, const char *file, uint32_t alignment)
{
    allocate(t, file, alignment, ZONE_ANY);
}

void acpi_report_file(ACPITables *t, const char *address_file, const char *file)
{
    uint8_t *fields = new_command(t, COMMAND_WRITE_POINTER, address_file);

    g_strlcpy((char *)fields, file, FILE_NAME_SIZE);
    fields[FILE_NAME_SIZE + 8] = 8; /* bytes, from the start, of the start */
}

static void add_checksum(ACPITables *t, const char *file, uint32_t sum, uint32_t start,
                         uint32_t length)
{
    uint8_t *fields = new_command(t, COMMAND_ADD_CHECKSUM, file);

    stl_le_p(fields, sum);
    stl_le_p(fields + 4, start);
    stl_le_p(fields + 8, length);
}

/* ---- Tables ---- */

ACPITables *acpi_tables_new(void)
{
    ACPITables *t = g_new0(ACPITables, 1);

    t->blob = g_byte_array_new();
    t->script = g_byte_array_new();
    t->listed = g_array_new(false, false, sizeof(uint32_t));
    allocate(t, RSDP_FILE, RSDP_ALIGNMENT, ZONE_BIOS);
    allocate(t, TABLES_FILE, TABLE_ALIGNMENT, ZONE_ANY);
    return t;
}

void acpi_put_bytes(ACPITables *t, const void *bytes, size_t size)
{
    g_byte_array_append(t->blob, bytes, size);
}

void acpi_put(ACPITables *t, unsigned size, uint64_t value)
{
    uint64_t little = cpu_to_le64(value);

    acpi_put_bytes(t, &little, size);
}

void acpi_put_zeros(ACPITables *t, size_t size)
{
    g_byte_array_set_size(t->blob, t->blob->len + size);
    memset(t->blob->data + t->blob->len - size, 0, size);
}

void acpi_put_pointer(ACPITables *t, uint32_t target)
{
    add_pointer(t, TABLES_FILE, t->blob->len, 8);
    acpi_put(t, 8, target);
}

void acpi_put_pointer32(ACPITables *t, uint32_t target)
{
    add_pointer(t, TABLES_FILE, t->blob->len, 4);
    acpi_put(t, 4, target);
}

static void put_register(ACPITables *t, uint8_t space, uint8_t bits, uint8_t width,
                         uint64_t address)
{
    acpi_put(t, 1, space);
    acpi_put(t, 1, bits);
    acpi_put(t, 1, 0);
    acpi_put(t, 1, width);
    acpi_put(t, 8, address);
}

void acpi_put_register(ACPITables *t, uint8_t bits, uint8_t width, uint64_t address)
{
    put_register(t, 0, bits, width, address);
}

void acpi_put_io_register(ACPITables *t, uint8_t bits, uint8_t width, uint16_t port)
{
    put_register(t, 1, bits, width, port);
}

void acpi_srat_begin(ACPITables *t, uint8_t revision)
{
    acpi_table_begin(t, "SRAT", revision);
    acpi_put(t, 4, 1);
    acpi_put_zeros(t, 8);
}

void acpi_srat_put_memory(ACPITables *t, unsigned node, uint64_t base, uint64_t size,
                          uint32_t flags)
{
    if (!size) {
        return;
    }
    acpi_put(t, 1, SRAT_MEMORY);
    acpi_put(t, 1, 40);
    acpi_put(t, 4, node);
    acpi_put_zeros(t, 2);
    acpi_put(t, 8, base);
    acpi_put(t, 8, size);
    acpi_put_zeros(t, 4);
    acpi_put(t, 4, flags);
    acpi_put_zeros(t, 8);
}

uint32_t acpi_table_begin(ACPITables *t, const char *signature, uint8_t revision)
{
    const uint8_t *oem = acpi_user_tables_oem(signature);

    t->table = t->blob->len;
    acpi_put_bytes(t, signature, 4);
    acpi_put(t, 4, 0); /* length */
    acpi_put(t, 1, revision);
    acpi_put(t, 1, 0); /* checksum */
    acpi_put_bytes(t, oem ? oem : (const uint8_t *)ACPI_OEM_ID ACPI_OEM_TABLE_ID, 6 + 8);
    acpi_put(t, 4, 1);
    acpi_put_bytes(t, ACPI_COMPILER_ID, 4);
    acpi_put(t, 4, 1);
    return t->table;
}

void acpi_table_end(ACPITables *t, bool listed)
{
    uint32_t length = t->blob->len - t->table;

    stl_le_p(t->blob->data + t->table + HEADER_LENGTH, length);
    add_checksum(t, TABLES_FILE, t->table + HEADER_CHECKSUM, t->table, length);
    if (listed) {
        g_array_append_val(t->listed, t->table);
    }
}

uint32_t acpi_table_add(ACPITables *t, const void *table, size_t size, bool listed)
{
    t->table = t->blob->len;
    acpi_put_bytes(t, table, size);
    t->blob->data[t->table + HEADER_CHECKSUM] = 0;
    acpi_table_end(t, listed);
    return t->table;
}

/* ---- AML (20.2) ---- */

enum { AML_NAME = 0x08, AML_DWORD = 0x0c, AML_STRING = 0x0d, AML_QWORD = 0x0e, AML_SCOPE = 0x10,
       AML_METHOD = 0x14, AML_DUAL_NAME = 0x2e, AML_MULTI_NAME = 0x2f, AML_EXTENDED = 0x5b,
       AML_ARG0 = 0x68, AML_AND = 0x7b, AML_DEVICE = 0x82, AML_NOTIFY = 0x86, AML_EQUAL = 0x93,
       AML_IF = 0xa0, AML_RETURN = 0xa4, AML_ROOT = '\\' };

/*
 * Length of a package, itself included: so many bytes follow, and this takes one or two (20.2.4).
 */
static void put_package_length(ACPITables *t, unsigned contents)
{
    if (contents + 1 < 0x40) {
        acpi_put(t, 1, contents + 1);
    } else {
        acpi_put(t, 1, 0x40 | ((contents + 2) & 0xf));
        acpi_put(t, 1, (contents + 2) >> 4);
    }
}

void aml_put_name(ACPITables *t, const char *name, uint64_t value)
{
    acpi_put(t, 1, AML_NAME);
    acpi_put(t, 1, AML_ROOT);
    acpi_put_bytes(t, name, 4);
    acpi_put(t, 1, AML_QWORD);
    acpi_put(t, 8, value);
}

/* Scope (\_SB) { Device (Cnnn) { Name (_HID, "ACPI0007") Name (_UID, number) } } */
void aml_put_processor(ACPITables *t, unsigned number)
{
    static const char hid[] = "ACPI0007";
    unsigned device = 4 + (1 + 4 + 1 + sizeof(hid)) + (1 + 4 + 1 + 4); /* name, _HID, _UID */
    g_autofree char *name = g_strdup_printf("C%03X", number & 0xfff);

    acpi_put(t, 1, AML_SCOPE);
    put_package_length(t, 5 + 2 + 1 + device);
    acpi_put_bytes(t, "\\_SB_", 5);
    acpi_put(t, 1, AML_EXTENDED);
    acpi_put(t, 1, AML_DEVICE);
    put_package_length(t, device);
    acpi_put_bytes(t, name, 4);
    acpi_put(t, 1, AML_NAME);
    acpi_put_bytes(t, "_HID", 4);
    acpi_put(t, 1, AML_STRING);
    acpi_put_bytes(t, hid, sizeof(hid));
    acpi_put(t, 1, AML_NAME);
    acpi_put_bytes(t, "_UID", 4);
    acpi_put(t, 1, AML_DWORD);
    acpi_put(t, 4, number);
}

/*
 * Blocks. Their length is known at their end, so that it always takes three bytes.
 */
enum { BLOCK_LENGTH_BYTES = 3 };

static void begin_block(ACPITables *t)
{
    g_assert(t->depth < AML_MAX_DEPTH);
    t->blocks[t->depth++] = t->blob->len;
    acpi_put_zeros(t, BLOCK_LENGTH_BYTES);
}

void aml_end(ACPITables *t)
{
    uint32_t start = t->blocks[--t->depth], length = t->blob->len - start;
    uint8_t *bytes = t->blob->data + start;

    g_assert(length < 1 << 20);
    bytes[0] = (BLOCK_LENGTH_BYTES - 1) << 6 | (length & 0xf);
    bytes[1] = length >> 4;
    bytes[2] = length >> 12;
}

/* "\_SB.PCI0.S10": each name is filled up to four characters (20.2.2). */
void aml_put_path(ACPITables *t, const char *path)
{
    g_auto(GStrv) names = g_strsplit(*path == AML_ROOT ? path + 1 : path, ".", 0);
    unsigned count = g_strv_length(names);

    if (*path == AML_ROOT) {
        acpi_put(t, 1, AML_ROOT);
    }
    if (count == 2) {
        acpi_put(t, 1, AML_DUAL_NAME);
    } else if (count > 2) {
        acpi_put(t, 1, AML_MULTI_NAME);
        acpi_put(t, 1, count);
    }
    for (unsigned i = 0; i < count; i++) {
        char name[5] = "____";

        g_assert(strlen(names[i]) <= 4);
        memcpy(name, names[i], strlen(names[i]));
        acpi_put_bytes(t, name, 4);
    }
}

void aml_put_constant(ACPITables *t, uint64_t value)
{
    if (value < 2) {
        acpi_put(t, 1, value);
    } else if (value <= UINT32_MAX) {
        acpi_put(t, 1, AML_DWORD);
        acpi_put(t, 4, value);
    } else {
        acpi_put(t, 1, AML_QWORD);
        acpi_put(t, 8, value);
    }
}

void aml_begin_scope(ACPITables *t, const char *path)
{
    acpi_put(t, 1, AML_SCOPE);
    begin_block(t);
    aml_put_path(t, path);
}

void aml_begin_device(ACPITables *t, const char *name)
{
    acpi_put(t, 1, AML_EXTENDED);
    acpi_put(t, 1, AML_DEVICE);
    begin_block(t);
    aml_put_path(t, name);
}

void aml_begin_method(ACPITables *t, const char *name, unsigned args)
{
    acpi_put(t, 1, AML_METHOD);
    begin_block(t);
    aml_put_path(t, name);
    acpi_put(t, 1, args);
}

void aml_put_integer(ACPITables *t, const char *name, uint64_t value)
{
    acpi_put(t, 1, AML_NAME);
    aml_put_path(t, name);
    aml_put_constant(t, value);
}

void aml_put_string(ACPITables *t, const char *name, const char *value)
{
    acpi_put(t, 1, AML_NAME);
    aml_put_path(t, name);
    acpi_put(t, 1, AML_STRING);
    acpi_put_bytes(t, value, strlen(value) + 1);
}

void aml_put_file_address(ACPITables *t, const char *name, const char *file)
{
    acpi_put(t, 1, AML_NAME);
    aml_put_path(t, name);
    acpi_put(t, 1, AML_DWORD);
    add_pointer_to(t, TABLES_FILE, t->blob->len, 4, file);
    acpi_put(t, 4, 0);
}

void aml_put_return(ACPITables *t)
{
    acpi_put(t, 1, AML_RETURN);
}

void aml_put_getter(ACPITables *t, const char *name, const char *method, uint64_t n)
{
    aml_begin_method(t, name, 0);
    aml_put_return(t);
    aml_put_path(t, method);
    aml_put_constant(t, n);
    aml_end(t);
}

void aml_put_caller(ACPITables *t, const char *name, unsigned args, const char *method, uint64_t n)
{
    aml_begin_method(t, name, args);
    aml_put_path(t, method);
    aml_put_constant(t, n);
    for (unsigned i = 0; i < args; i++) {
        acpi_put(t, 1, AML_ARG0 + i);
    }
    aml_end(t);
}

void aml_put_notify(ACPITables *t, AMLCondition condition, uint64_t value, const char *device)
{
    acpi_put(t, 1, AML_IF);
    begin_block(t);
    acpi_put(t, 1, condition == AML_IF_EQUAL ? AML_EQUAL : AML_AND);
    acpi_put(t, 1, AML_ARG0);
    aml_put_constant(t, value);
    if (condition == AML_IF_BIT) {
        acpi_put(t, 1, 0); /* the result is stored nowhere */
    }
    acpi_put(t, 1, AML_NOTIFY);
    aml_put_path(t, device);
    acpi_put(t, 1, AML_ARG0 + 1);
    aml_end(t);
}

/* "C01F": a letter and the number. */
static void name_of_place(char name[5], char letter, unsigned n)
{
    g_snprintf(name, 5, "%c%03X", letter, n);
}

void aml_begin_place(ACPITables *t, char letter, unsigned n, const char *hid)
{
    char name[5];

    name_of_place(name, letter, n);
    aml_begin_device(t, name);
    aml_put_string(t, "_HID", hid);
    aml_put_integer(t, "_UID", n);
}

void aml_put_place_notifier(ACPITables *t, const char *name, char letter, unsigned count)
{
    aml_begin_method(t, name, 2);
    for (unsigned n = 0; n < count; n++) {
        char place[5];

        name_of_place(place, letter, n);
        aml_put_notify(t, AML_IF_EQUAL, n, place);
    }
    aml_end(t);
}

/* ---- The end ---- */

static void put_xsdt(ACPITables *t)
{
    acpi_table_begin(t, "XSDT", 1);
    for (guint i = 0; i < t->listed->len; i++) {
        acpi_put_pointer(t, g_array_index(t->listed, uint32_t, i));
    }
    acpi_table_end(t, false);
}

static uint8_t *new_rsdp(ACPITables *t)
{
    uint8_t *rsdp = g_malloc0(RSDP_SIZE);

    memcpy(rsdp, "RSD PTR ", 8);
    memcpy(rsdp + 9, ACPI_OEM_ID, 6);
    rsdp[15] = 2; /* revision */
    stl_le_p(rsdp + 20, RSDP_SIZE);
    stq_le_p(rsdp + RSDP_XSDT, t->table);
    add_checksum(t, RSDP_FILE, RSDP_CHECKSUM, 0, RSDP_OLD_SIZE);
    add_pointer(t, RSDP_FILE, RSDP_XSDT, 8);
    add_checksum(t, RSDP_FILE, RSDP_EXTENDED_CHECKSUM, 0, RSDP_SIZE);
    return rsdp;
}

static void give_away(FWCfgState *fw_cfg, const char *name, GByteArray *contents)
{
    size_t size = contents->len;

    fw_cfg_add_file(fw_cfg, name, g_byte_array_free(contents, false), size);
}

void acpi_tables_on_read(ACPITables *t, void (*fn)(void *opaque, uint8_t *tables), void *opaque)
{
    t->reader = g_new0(TablesReader, 1);
    t->reader->fn = fn;
    t->reader->opaque = opaque;
}

static void tables_selected(void *opaque)
{
    TablesReader *reader = opaque;

    reader->fn(reader->opaque, reader->tables);
}

static void give_tables(ACPITables *t, FWCfgState *fw_cfg)
{
    size_t size = t->blob->len;

    if (!t->reader) {
        give_away(fw_cfg, TABLES_FILE, t->blob);
        return;
    }
    t->reader->tables = g_byte_array_free(t->blob, false);
    fw_cfg_add_file_callback(fw_cfg, TABLES_FILE, tables_selected, NULL, t->reader,
                             t->reader->tables, size, true);
}

void acpi_tables_finish(ACPITables *t, FWCfgState *fw_cfg)
{
    acpi_user_tables_give(t);
    put_xsdt(t);
    fw_cfg_add_file(fw_cfg, RSDP_FILE, new_rsdp(t), RSDP_SIZE);
    give_tables(t, fw_cfg);
    give_away(fw_cfg, SCRIPT_FILE, t->script);
    g_array_unref(t->listed);
    g_free(t);
}
