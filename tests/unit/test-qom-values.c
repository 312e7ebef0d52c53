/*
 * Values of properties: with parts, and both ways through a Visitor.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"

static const char *const moods[] = { "calm", "angry" };
static const QEnumLookup mood_lookup = { moods, 2 };

static void expect_error(Error **err, const char *message)
{
    g_assert_nonnull(*err);
    g_assert_cmpstr(error_get_pretty(*err), ==, message);
    g_clear_pointer(err, error_free);
}

/* --- one function for both ways --- */

typedef struct Visited {
    bool flag;
    int8_t i8;
    int64_t whole;
    uint16_t u16;
    uint64_t size;
    double number;
    char *text;
    int mood;
} Visited;

static Visited visited;

static void visit(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    Visited *s = opaque;
    char *old = s->text;

    if (g_str_equal(name, "flag")) {
        visit_type_bool(v, name, &s->flag, errp);
    } else if (g_str_equal(name, "i8")) {
        visit_type_int8(v, name, &s->i8, errp);
    } else if (g_str_equal(name, "whole")) {
        visit_type_int(v, name, &s->whole, errp);
    } else if (g_str_equal(name, "u16")) {
        visit_type_uint16(v, name, &s->u16, errp);
    } else if (g_str_equal(name, "size")) {
        visit_type_size(v, name, &s->size, errp);
    } else if (g_str_equal(name, "number")) {
        visit_type_number(v, name, &s->number, errp);
    } else if (g_str_equal(name, "humour")) {
        visit_type_enum(v, name, &s->mood, &mood_lookup, errp);
    } else if (visit_type_str(v, name, &s->text, errp) && s->text != old) {
        g_free(old);
    }
}

static void test_visitors(void)
{
    static const struct {
        const char *name, *good, *printed, *bad, *message;
    } cases[] = {
        { "flag", "on", "true", "x", "Parameter 'flag' expects 'on' or 'off'" },
        { "i8", "-128", "-128", "128", "Parameter 'i8' expects an integer from -128 to 127" },
        { "whole", "-5", "-5", "a", "Parameter 'whole' expects an integer from "
                                    "-9223372036854775808 to 9223372036854775807" },
        { "u16", "0xffff", "65535", "-1", "Parameter 'u16' expects an integer from 0 to 65535" },
        { "size", "64k", "65536", "1x", "Parameter 'size' expects a non-negative number below "
                                        "2^64" },
        { "number", "2.5", "2.5", "z", "Parameter 'number' expects a number" },
        { "humour", "angry", "angry", "odd", "Parameter 'humour' does not accept value 'odd': "
                                        "expected calm or angry" },
        { "text", "words", "words", NULL, NULL },
    };
    Object *obj = object_new(TYPE_CONTAINER);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *printed = NULL;
        Error *err = NULL;

        object_property_add(obj, cases[i].name, "int", visit, visit, NULL, &visited);
        g_assert_true(object_property_parse(obj, cases[i].name, cases[i].good, &error_abort));
        if (cases[i].bad) {
            g_assert_false(object_property_parse(obj, cases[i].name, cases[i].bad, &err));
            expect_error(&err, cases[i].message);
        }
        printed = object_property_print(obj, cases[i].name, false, &error_abort);
        g_assert_cmpstr(printed, ==, cases[i].printed);
    }
    g_clear_pointer(&visited.text, g_free);
    object_unref(obj);
}

/* Values with parts are copied with them, and printed. */
static void test_parts(void)
{
    g_auto(QValue) list = QVALUE_INIT, dict = QVALUE_INIT, copy = QVALUE_INIT, item = QVALUE_INIT;
    g_autofree char *text = NULL;

    qvalue_set_uint(&item, 1);
    qvalue_append(&list, &item);
    qvalue_set_str(&item, "two");
    qvalue_append(&list, &item);
    qvalue_add_member(&dict, "name", &item);
    qvalue_add_member(&dict, "all", &list);
    qvalue_copy(&copy, &dict);
    qvalue_clear(&dict);
    g_assert_cmpint(copy.kind, ==, QVALUE_DICT);
    text = qvalue_print(&copy, false);
    g_assert_cmpstr(text, ==, "name=two,all=1,two");
}

static void test_variables(void)
{
    g_autoptr(Object) obj = object_new(TYPE_CONTAINER);
    static struct {
        uint8_t before, u8, after8;
        uint16_t u16, after16;
        uint32_t u32, after32;
        uint64_t u64;
    } vars;
    static const struct {
        const char *name, *type, *max, *too_large;
    } rows[] = {
        { "u8", "uint8", "255", "256" },
        { "u16", "uint16", "65535", "65536" },
        { "u32", "uint32", "4294967295", "4294967296" },
        { "u64", "uint64", "18446744073709551615", "18446744073709551616" },
    };

    object_property_add_uint8_ptr(obj, "u8", &vars.u8, OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint16_ptr(obj, "u16", &vars.u16, OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(obj, "u32", &vars.u32, OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(obj, "u64", &vars.u64, OBJ_PROP_FLAG_READWRITE);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        g_autofree char *value = NULL;
        g_autofree char *message = g_strdup_printf(
            "Parameter '%s' expects an integer from 0 to %s", rows[i].name, rows[i].max);
        Error *err = NULL;

        g_assert_cmpstr(object_property_get_type(obj, rows[i].name, &error_abort), ==,
                        rows[i].type);
        g_assert_true(object_property_parse(obj, rows[i].name, rows[i].max, &error_abort));
        g_assert_false(object_property_parse(obj, rows[i].name, rows[i].too_large, &err));
        expect_error(&err, message);
        value = object_property_print(obj, rows[i].name, false, &error_abort);
        g_assert_cmpstr(value, ==, rows[i].max);
    }
    g_assert_cmpuint(vars.before | vars.after8 | vars.after16 | vars.after32, ==, 0);
    g_assert_cmpuint(vars.u16, ==, UINT16_MAX);
}

static char *no_string(Object *obj, Error **errp)
{
    error_setg(errp, "no string today");
    return NULL;
}

static bool no_bool(Object *obj, Error **errp)
{
    error_setg(errp, "no flag today");
    return true;
}

static int no_enum(Object *obj, Error **errp)
{
    error_setg(errp, "no mood today");
    return -1;
}

static void test_failing_getters(void)
{
    g_autoptr(Object) obj = object_new(TYPE_CONTAINER);
    Error *err = NULL;

    object_property_add_str(obj, "s", no_string, NULL);
    object_property_add_bool(obj, "b", no_bool, NULL);
    object_property_add_enum(obj, "e", "Mood", &mood_lookup, no_enum, NULL);
    g_assert_null(object_property_get_str(obj, "s", &err));
    expect_error(&err, "no string today");
    g_assert_false(object_property_get_bool(obj, "b", &err));
    expect_error(&err, "no flag today");
    g_assert_null(object_property_get_str(obj, "e", &err));
    expect_error(&err, "no mood today");
    g_assert_cmpint(object_property_get_enum(obj, "e", "Mood", &err), ==, -1);
    expect_error(&err, "no mood today");
    g_assert_cmpint(object_property_get_int(obj, "none", &err), ==, -1);
    expect_error(&err, "Property 'container.none' not found");
    g_assert_cmpint(qapi_enum_parse(&mood_lookup, "angry", -1, &error_abort), ==, 1);
    g_assert_cmpint(qapi_enum_parse(&mood_lookup, NULL, 7, &error_abort), ==, 7);
    g_assert_cmpint(qapi_enum_parse(&mood_lookup, "sad", 7, &err), ==, 7);
    expect_error(&err, "invalid parameter value: sad");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qom/value/visitors-go-both-ways", test_visitors);
    g_test_add_func("/qom/value/parts-are-copied-and-printed", test_parts);
    g_test_add_func("/qom/property/variables-of-any-width", test_variables);
    g_test_add_func("/qom/property/getters-may-fail", test_failing_getters);
    return g_test_run();
}
