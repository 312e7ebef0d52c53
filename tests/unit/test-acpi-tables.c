/*
 * ACPI tables: what a firmware gets that does what the script says, with the tables at some
 * address.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <glib/gstdio.h>
#include "hw/acpi/acpi-tables.h"
#include "hw/acpi/user-tables.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"

enum { SELECT = 0x1008, DATA = 0x1000 };
enum { COMMAND_SIZE = 128 };

/* A firmware: files, and where it has put them. */
typedef struct Blob {
    char name[56];
    uint64_t address;
    GByteArray *bytes;
} Blob;

typedef struct Firmware {
    Blob blobs[4];
    size_t count;
} Firmware;

static uint8_t next(void)
{
    return rd(&address_space_memory, DATA, MO_8);
}

static GByteArray *read_file(const char *name)
{
    GByteArray *bytes = g_byte_array_new();
    uint8_t entry[64];
    uint32_t n;

    wr(&address_space_memory, SELECT, FW_CFG_FILE_DIR, MO_BE | MO_16);
    for (n = rd(&address_space_memory, DATA, MO_BE | MO_32); n; n--) {
        for (size_t i = 0; i < sizeof(entry); i++) {
            entry[i] = next();
        }
        if (g_str_equal((char *)entry + 8, name)) {
            break;
        }
    }
    g_assert_cmpuint(n, >, 0);
    wr(&address_space_memory, SELECT, lduw_be_p(entry + 4), MO_BE | MO_16);
    g_byte_array_set_size(bytes, ldl_be_p(entry));
    for (guint i = 0; i < bytes->len; i++) {
        bytes->data[i] = next();
    }
    return bytes;
}

static Blob *find(Firmware *f, const uint8_t *name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (g_str_equal(f->blobs[i].name, (const char *)name)) {
            return &f->blobs[i];
        }
    }
    g_assert_not_reached();
}

static uint8_t sum(const uint8_t *bytes, size_t n)
{
    uint8_t total = 0;

    while (n--) {
        total += *bytes++;
    }
    return total;
}

static void allocate(Firmware *f, const uint8_t *command)
{
    Blob *blob = &f->blobs[f->count++];

    g_assert_cmpuint(f->count, <=, G_N_ELEMENTS(f->blobs));
    g_strlcpy(blob->name, (const char *)command + 4, sizeof(blob->name));
    blob->address = 0x5000000000 + f->count * 0x100000;
    blob->bytes = read_file(blob->name);
}

static void add_pointer(Firmware *f, const uint8_t *command)
{
    Blob *blob = find(f, command + 4), *target = find(f, command + 60);
    uint32_t offset = ldl_le_p(command + 116);
    uint64_t value;

    g_assert_cmpuint(command[120], ==, 8);
    g_assert_cmpuint(offset + 8, <=, blob->bytes->len);
    value = ldq_le_p(blob->bytes->data + offset);
    g_assert_cmpuint(value, <, target->bytes->len);
    stq_le_p(blob->bytes->data + offset, value + target->address);
}

static void add_checksum(Firmware *f, const uint8_t *command)
{
    Blob *blob = find(f, command + 4);
    uint32_t at = ldl_le_p(command + 60), start = ldl_le_p(command + 64);
    uint32_t length = ldl_le_p(command + 68);

    g_assert_cmpuint(start + length, <=, blob->bytes->len);
    g_assert_cmpuint(at, <, start + length);
    blob->bytes->data[at] -= sum(blob->bytes->data + start, length);
}

static void run_script(Firmware *f)
{
    static void (*const commands[])(Firmware *, const uint8_t *) = { NULL, allocate, add_pointer,
                                                                     add_checksum };
    GByteArray *script = read_file("etc/table-loader");

    g_assert_cmpuint(script->len % COMMAND_SIZE, ==, 0);
    for (guint i = 0; i < script->len; i += COMMAND_SIZE) {
        uint32_t command = ldl_le_p(script->data + i);

        g_assert_true(command >= 1 && command < G_N_ELEMENTS(commands));
        commands[command](f, script->data + i);
    }
    g_byte_array_unref(script);
}

/* The table at an address, whose sum is right. */
static const uint8_t *table_at(Firmware *f, uint64_t address, const char *signature)
{
    Blob *tables = find(f, (const uint8_t *)"etc/acpi/tables");
    const uint8_t *table = tables->bytes->data + (address - tables->address);

    g_assert_cmpuint(address - tables->address, <, tables->bytes->len);
    g_assert_cmpmem(table, 4, signature, 4);
    g_assert_cmpuint(sum(table, ldl_le_p(table + 4)), ==, 0);
    return table;
}

static void the_script_makes_tables_of_the_files(void)
{
    static const uint8_t ready[40] = { 'D', 'S', 'D', 'T', 40, 0, 0, 0, 2, 77 };
    FWCfgState *fw_cfg =
        fw_cfg_init_mem_wide(SELECT, DATA, 8, 0x1010, &address_space_memory);
    ACPITables *t = acpi_tables_new();
    Firmware f = { 0 };
    const uint8_t *rsdp, *xsdt, *first, *second;
    uint32_t dsdt = acpi_table_add(t, ready, sizeof(ready), false);

    acpi_table_begin(t, "ONE1", 3);
    acpi_put(t, 4, 0x12345678);
    acpi_put_pointer(t, dsdt);
    acpi_put_register(t, 32, 3, 0x9000000);
    acpi_table_end(t, true);
    acpi_table_begin(t, "SSDT", 2);
    aml_put_name(t, "ECAB", 0x4010000000);
    aml_put_processor(t, 0x2a);
    acpi_table_end(t, true);
    acpi_tables_finish(t, fw_cfg);
    run_script(&f);

    rsdp = find(&f, (const uint8_t *)"etc/acpi/rsdp")->bytes->data;
    g_assert_cmpmem(rsdp, 8, "RSD PTR ", 8);
    g_assert_cmpuint(sum(rsdp, 20), ==, 0);
    g_assert_cmpuint(sum(rsdp, 36), ==, 0);
    xsdt = table_at(&f, ldq_le_p(rsdp + 24), "XSDT");
    g_assert_cmpuint(ldl_le_p(xsdt + 4), ==, 36 + 2 * 8);
    first = table_at(&f, ldq_le_p(xsdt + 36), "ONE1");
    g_assert_cmpuint(first[8], ==, 3);
    g_assert_cmphex(ldl_le_p(first + 36), ==, 0x12345678);
    table_at(&f, ldq_le_p(first + 40), "DSDT");
    g_assert_cmpmem(first + 48, 12, "\0\x20\0\3\0\0\0\x09\0\0\0\0", 12);
    second = table_at(&f, ldq_le_p(xsdt + 44), "SSDT");
    g_assert_cmpmem(second + 36, 15, "\x08\\ECAB\x0e\0\0\0\x10\x40\0\0\0", 15);
    /* the scope reaches to the table's end, the device to the scope's */
    g_assert_cmpuint(ldl_le_p(second + 4), ==, 36 + 15 + 1 + second[52]);
    g_assert_cmpmem(second + 53, 7, "\\_SB_\x5b\x82", 7);
    g_assert_cmpuint(second[60], ==, second[52] - 1 - 5 - 2);
    g_assert_cmpmem(second + 61, 9, "C02A\x08_HID", 9);
    for (size_t i = 0; i < f.count; i++) {
        g_byte_array_unref(f.blobs[i].bytes);
    }
}

static void add_user_table(const char *format, const char *file)
{
    g_autofree char *arg = g_strdup_printf(format, file);

    acpi_user_tables_add_option(arg, &error_abort);
}

/* Behind the board's: a table as it is, one with a header, and a SLIC, which the XSDT is like. */
static void tables_with_the_users(void)
{
    static const uint8_t whole[38] = "WHOL\x26\0\0\0\2\0MAKER MODEL   \3\0\0\0ASL \4\0\0\0ab";
    FWCfgState *fw_cfg =
        fw_cfg_init_mem_wide(SELECT, DATA, 8, 0x1010, &address_space_memory);
    g_autofree char *path = NULL;
    ACPITables *t;
    Firmware f = { 0 };
    const uint8_t *xsdt, *table;
    int fd = g_file_open_tmp("table-XXXXXX", &path, NULL);

    g_assert_cmpint(write(fd, whole, sizeof(whole)), ==, sizeof(whole));
    close(fd);
    add_user_table("file=%s", path);
    add_user_table("sig=DATA,rev=7,oem_id=LONGER THAN SIX,asl_compiler_rev=0x12345678,"
                   "data=%1$s:%1$s",
                   path);
    add_user_table("sig=SLIC,oem_id=SELLER,oem_table_id=TYPE", path);
    g_unlink(path);
    t = acpi_tables_new();
    acpi_table_begin(t, "ONE1", 3);
    acpi_table_end(t, true);
    acpi_tables_finish(t, fw_cfg);
    run_script(&f);

    xsdt = table_at(&f, ldq_le_p(find(&f, (const uint8_t *)"etc/acpi/rsdp")->bytes->data + 24),
                    "XSDT");
    g_assert_cmpuint(ldl_le_p(xsdt + 4), ==, 36 + 4 * 8);
    g_assert_cmpmem(xsdt + 10, 14, "SELLERTYPE\0\0\0\0", 14);
    table = table_at(&f, ldq_le_p(xsdt + 36), "ONE1");
    g_assert_cmpmem(table + 10, 14, ACPI_OEM_ID ACPI_OEM_TABLE_ID, 14);
    table = table_at(&f, ldq_le_p(xsdt + 44), "WHOL");
    g_assert_cmpmem(table + 10, 28, whole + 10, 28);
    table = table_at(&f, ldq_le_p(xsdt + 52), "DATA");
    g_assert_cmpuint(ldl_le_p(table + 4), ==, 36 + 2 * sizeof(whole));
    g_assert_cmpuint(table[8], ==, 7);
    g_assert_cmpmem(table + 10, 6, "LONGER", 6);
    g_assert_cmphex(ldl_le_p(table + 32), ==, 0x12345678);
    g_assert_cmpmem(table + 36 + sizeof(whole), sizeof(whole), whole, sizeof(whole));
    table = table_at(&f, ldq_le_p(xsdt + 60), "SLIC");
    g_assert_cmpuint(ldl_le_p(table + 4), ==, 36);
    for (size_t i = 0; i < f.count; i++) {
        g_byte_array_unref(f.blobs[i].bytes);
    }
}

/* There is one fw_cfg in a process. */
static void the_user_adds_tables(void)
{
    g_test_trap_subprocess("/acpi/the-user-adds-tables/subprocess", 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    g_test_add_func("/acpi/the-script-makes-tables-of-the-files",
                    the_script_makes_tables_of_the_files);
    g_test_add_func("/acpi/the-user-adds-tables", the_user_adds_tables);
    g_test_add_func("/acpi/the-user-adds-tables/subprocess", tables_with_the_users);
    return g_test_run();
}
