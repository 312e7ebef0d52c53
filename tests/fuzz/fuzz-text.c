/*
 * Fuzz target: everything that parses a line of text from the command line or the monitor.
 *
 * The first byte selects the parser, the rest is the text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "hw/boards.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/id.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/option.h"
#include "qom/object_interfaces.h"
#include "system/address-spaces.h"

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT("adisk,str=a,,b,num=0x10,noflag,size=2k,id=x"),
    FUZZ_TEXT("banything,goes=here,help"),
    FUZZ_TEXT("c1.5G"),
    FUZZ_TEXT("d0x1000..0x1fff,0x3000+0x10,0x5000-0x10"),
    FUZZ_TEXT("ein_asm,op,none,int"),
    FUZZ_TEXT("fserial-mm:regshift=4"),
    FUZZ_TEXT("fe1000:addr=1f.7"),
    FUZZ_TEXT("fsplit-irq:num-lines=-1"),
    FUZZ_TEXT("gVMC:append=x"),
    FUZZ_TEXT("h/machine/unattached/x"),
    FUZZ_TEXT("iunknown,id=a,b=c"),
    FUZZ_TEXT("jcdn"),
    { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("?"),  FUZZ_TEXT("no"), FUZZ_TEXT("0x"),  FUZZ_TEXT(".."),  FUZZ_TEXT("-1"),
    FUZZ_TEXT("/"),  FUZZ_TEXT("[*]"), FUZZ_TEXT("on"), FUZZ_TEXT("off"), FUZZ_TEXT("E"),
    FUZZ_TEXT("99999999999999999999"), FUZZ_TEXT("%s"), FUZZ_TEXT("%n"),
    FUZZ_TEXT("18446744073709551615"), FUZZ_TEXT("-9223372036854775808"), { NULL, 0 },
};

static QemuOptsList table = {
    .name = "table",
    .implied_opt_name = "type",
    .desc = {
        { "type", QEMU_OPT_STRING },
        { "str", QEMU_OPT_STRING },
        { "num", QEMU_OPT_NUMBER },
        { "flag", QEMU_OPT_BOOL },
        { "size", QEMU_OPT_SIZE },
        { NULL },
    },
};
static QemuOptsList any = { .name = "any", .implied_opt_name = "first", .desc = { { NULL } } };

/* A failure must come with a message, a success without. */
static void check(bool ok, Error *err)
{
    g_assert_true(ok == !err);
    g_assert_true(!err || *error_get_pretty(err));
    error_free(err);
}

static void parse_table(const char *text)
{
    Error *err = NULL;
    QemuOpts *opts = qemu_opts_parse(&table, text, true, &err);

    check(opts != NULL, err);
    if (opts) {
        qemu_opt_get_number(opts, "num", 0);
        qemu_opt_get_bool(opts, "flag", false);
        qemu_opt_get_size(opts, "size", 0);
    }
    qemu_opts_del(opts);
}

static void parse_any(const char *text)
{
    Error *err = NULL;
    QemuOpts *opts = qemu_opts_parse(&any, text, true, &err);

    has_help_option(text);
    is_valid_option_list(text);
    check(opts != NULL, err);
    qemu_opts_del(opts);
}

static void parse_numbers(const char *text)
{
    const char *end;
    uint64_t u;
    int64_t i;
    double d;
    int n;

    qemu_strtosz(text, NULL, &u);
    if (!qemu_strtosz_MiB(text, &end, &u)) {
        g_assert_true(end > text && end <= text + strlen(text));
    }
    qemu_strtou64(text, NULL, 0, &u);
    qemu_strtoi64(text, &end, 0, &i);
    qemu_strtoi(text, NULL, 16, &n);
    qemu_strtod(text, NULL, &d);
    id_wellformed(text);
}

static void parse_ranges(const char *text)
{
    Error *err = NULL;
    bool ok = qemu_set_dfilter_ranges(text, &err);

    check(ok, err);
    qemu_log_in_addr_range(0);
    qemu_set_dfilter_ranges(NULL, NULL);
}

static void parse_log_items(const char *text)
{
    Error *err = NULL;

    qemu_str_to_log_mask(text, &err);
    error_free(err);
}

/* "type:property=value" on a new object of that type. */
static void set_property(const char *text, const char *suffix, const char *base)
{
    g_auto(GStrv) parts = g_strsplit_set(text, ":=", 3);
    g_autofree char *type = NULL;
    ObjectClass *oc;
    Object *obj;

    if (g_strv_length(parts) != 3) {
        return;
    }
    type = g_strconcat(parts[0], suffix, NULL);
    oc = object_class_dynamic_cast(object_class_by_name(type), base);
    if (oc && !object_class_is_abstract(oc) && strcmp(parts[1], "realized")) {
        Error *err = NULL;
        bool ok;

        obj = object_new_with_class(oc);
        ok = object_property_parse(obj, parts[1], parts[2], &err);
        check(ok, err);
        g_free(object_property_print(obj, parts[1], true, NULL));
        object_unref(obj);
    }
}

static void set_device_property(const char *text)
{
    set_property(text, "", TYPE_DEVICE);
}

static void set_machine_property(const char *text)
{
    set_property(text, TYPE_MACHINE_SUFFIX, TYPE_MACHINE);
}

static void parse_path(const char *text)
{
    bool ambiguous;

    object_resolve_path(text, &ambiguous);
    object_resolve_path_type(text, TYPE_DEVICE, NULL);
    object_resolve_path_at(qdev_get_machine(), text);
}

static void add_object(const char *text)
{
    Error *err = NULL;

    if (!has_help_option(text)) { /* which prints */
        bool ok = user_creatable_add_from_str(text, &err);

        check(ok, err);
    }
}

static void check_boot(const char *text)
{
    Error *err = NULL;
    bool ok = machine_validate_bootdevices(text, &err);

    check(ok, err);
}

/* Selected by 'a', 'b', ... */
static void (*const parsers[])(const char *text) = {
    parse_table,         parse_any,            parse_numbers, parse_ranges, parse_log_items,
    set_device_property, set_machine_property, parse_path,    add_object,   check_boot,
};

void fuzz_init(void)
{
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    memory_map_init();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = NULL;
    unsigned which;

    if (size < 1) {
        return 0;
    }
    which = (unsigned)(data[0] - 'a') % ARRAY_SIZE(parsers);
    text = g_strndup((const char *)data + 1, size - 1);
    parsers[which](text);
    return 0;
}
