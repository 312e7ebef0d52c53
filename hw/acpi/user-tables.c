/*
 * ACPI tables of the user's: -acpitable. See hw/acpi/user-tables.h.
 *
 * Reference: ACPI specification 6.4, 5.2.6 (the header of tables); Microsoft Software Licensing
 * Tables (SLIC and MSDM): their OEM fields are those of RSDT, XSDT and FADT.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-tables.h"
#include "hw/acpi/user-tables.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/option.h"

enum { HEADER_LENGTH = 4, HEADER_OEM = 10 };

static const struct {
    const char *key;
    uint8_t at, size;
    bool is_text;
    const char *value; /* with data= */
} fields[] = {
    { "sig", 0, 4, true, "OEM1" },
    { "rev", 8, 1, false, "1" },
    { "oem_id", HEADER_OEM, 6, true, ACPI_OEM_ID },
    { "oem_table_id", 16, 8, true, ACPI_OEM_TABLE_ID },
    { "oem_rev", 24, 4, false, "1" },
    { "asl_compiler_id", 28, 4, true, ACPI_COMPILER_ID },
    { "asl_compiler_rev", 32, 4, false, "1" },
};

static QemuOptsList option_list = {
    .name = "acpi",
    .head = QTAILQ_HEAD_INITIALIZER(option_list.head),
    .desc = {
        { .name = "sig", .type = QEMU_OPT_STRING },
        { .name = "rev", .type = QEMU_OPT_STRING },
        { .name = "oem_id", .type = QEMU_OPT_STRING },
        { .name = "oem_table_id", .type = QEMU_OPT_STRING },
        { .name = "oem_rev", .type = QEMU_OPT_STRING },
        { .name = "asl_compiler_id", .type = QEMU_OPT_STRING },
        { .name = "asl_compiler_rev", .type = QEMU_OPT_STRING },
        { .name = "file", .type = QEMU_OPT_STRING },
        { .name = "data", .type = QEMU_OPT_STRING },
        { NULL },
    },
};

static struct {
    GPtrArray *tables; /* GByteArray, headers included; NULL: none */
    bool given;        /* to the firmware of some board */
} user;

static bool append_files(GByteArray *table, const char *names, Error **errp)
{
    g_auto(GStrv) files = g_strsplit(names, ":", 0);

    for (char **file = files; *file; file++) {
        g_autoptr(GError) gerr = NULL;
        g_autofree char *contents = NULL;
        gsize size;

        if (!g_file_get_contents(*file, &contents, &size, &gerr)) {
            error_setg(errp, "%s", gerr->message);
            return false;
        }
        if (size > ACPI_USER_TABLE_MAX - table->len) {
            error_setg(errp, "'%s': a table has at most %u bytes", names, ACPI_USER_TABLE_MAX);
            return false;
        }
        g_byte_array_append(table, (uint8_t *)contents, size);
    }
    return true;
}

/* Texts are cut, or filled up with zeros. */
static bool put_field(uint8_t *header, size_t field, const char *value, Error **errp)
{
    uint8_t *place = header + fields[field].at, size = fields[field].size;
    uint64_t number;

    if (fields[field].is_text) {
        strncpy((char *)place, value, size);
    } else if (qemu_strtou64(value, NULL, 0, &number) < 0 || number >> (8 * size)) {
        error_setg(errp, "%s=%s: expected a number of %u bytes", fields[field].key, value, size);
        return false;
    } else {
        stn_le_p(place, size, number);
    }
    return true;
}

/* What is given counts, then what is in a file with a header, then what each table has. */
static bool put_header(GByteArray *table, QemuOpts *opts, bool has_header, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const char *given = qemu_opt_get(opts, fields[i].key);

        if ((given || !has_header) &&
            !put_field(table->data, i, given ? given : fields[i].value, errp)) {
            return false;
        }
    }
    stl_le_p(table->data + HEADER_LENGTH, table->len);
    return true;
}

static void keep(GByteArray *table)
{
    if (!user.tables) {
        user.tables = g_ptr_array_new();
    }
    g_ptr_array_add(user.tables, table);
}

bool acpi_user_tables_add_option(const char *arg, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&option_list, arg, false, errp);
    g_autoptr(GByteArray) table = g_byte_array_new();
    const char *file, *data;

    if (!opts) {
        return false;
    }
    file = qemu_opt_get(opts, "file");
    data = qemu_opt_get(opts, "data");
    if (file && data) {
        error_setg(errp, "expected one of file= (a table) and data= (what is behind its header)");
        return false;
    }
    if (!file) {
        g_byte_array_set_size(table, ACPI_HEADER_SIZE);
        memset(table->data, 0, table->len);
    }
    if ((file || data) && !append_files(table, file ? file : data, errp)) {
        return false;
    }
    if (table->len < ACPI_HEADER_SIZE) {
        error_setg(errp, "'%s' is no ACPI table: it has %u bytes, and a header alone %u", file,
                   table->len, ACPI_HEADER_SIZE);
        return false;
    }
    if (file && ldl_le_p(table->data + HEADER_LENGTH) != table->len) {
        warn_report("-acpitable %s: the table's length is %u, and the file's %u", arg,
                    ldl_le_p(table->data + HEADER_LENGTH), table->len);
    }
    if (!put_header(table, opts, file != NULL, errp)) {
        return false;
    }
    keep(g_steal_pointer(&table));
    return true;
}

void acpi_user_tables_give(ACPITables *t)
{
    user.given = true;
    for (guint i = 0; user.tables && i < user.tables->len; i++) {
        const GByteArray *table = g_ptr_array_index(user.tables, i);

        acpi_table_add(t, table->data, table->len, true);
    }
}

bool acpi_user_tables_are_left(void)
{
    return user.tables && !user.given;
}

const uint8_t *acpi_user_tables_oem(const char *signature)
{
    static const char *const matching[] = { "FACP", "XSDT", NULL };

    for (guint i = 0; user.tables && i < user.tables->len; i++) {
        const GByteArray *table = g_ptr_array_index(user.tables, i);

        if (!memcmp(table->data, "SLIC", 4) && g_strv_contains(matching, signature)) {
            return table->data + HEADER_OEM;
        }
    }
    return NULL;
}
