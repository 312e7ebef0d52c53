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
        { "humour", "angry", "angry", "odd", "Parameter 'humour' does not accept value 'odd'" },
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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qom/value/visitors-go-both-ways", test_visitors);
    g_test_add_func("/qom/value/parts-are-copied-and-printed", test_parts);
    return g_test_run();
}
