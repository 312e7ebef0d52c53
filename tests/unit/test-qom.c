/*
 * Types, objects, properties, the tree.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom/object.h"
#include "qom/object_interfaces.h"

/* --- a small family of types --- */

#define TYPE_GREETER "test-greeter"
#define TYPE_POLITE  "test-polite-greeter" /* an interface that extends it */
#define TYPE_SHAPE   "test-shape"
#define TYPE_SQUARE  "test-square"
#define TYPE_CUBE    "test-cube"

typedef struct GreeterClass {
    InterfaceClass parent_class;
    const char *(*greet)(Object *obj);
} GreeterClass;
DECLARE_CLASS_CHECKERS(GreeterClass, GREETER, TYPE_GREETER)

OBJECT_DECLARE_TYPE(Shape, ShapeClass, SHAPE)
OBJECT_DECLARE_SIMPLE_TYPE(Square, SQUARE)
OBJECT_DECLARE_SIMPLE_TYPE(Cube, CUBE)

struct ShapeClass {
    ObjectClass parent_class;
    int (*sides)(Shape *s);
    int depth;
};

struct Shape {
    Object parent_obj;
    uint8_t colour;
    char *label;
    bool big;
    int mood;
    Object *friend;
};

struct Square {
    Shape parent_obj;
    uint32_t edge;
};

struct Cube {
    Square parent_obj;
};

static GString *trace;

static void note(const char *what)
{
    if (trace) {
        g_string_append_printf(trace, "%s ", what);
    }
}

static char *shape_get_label(Object *obj, Error **errp)
{
    return g_strdup(SHAPE(obj)->label);
}

static void shape_set_label(Object *obj, const char *value, Error **errp)
{
    if (!*value) {
        error_setg(errp, "A label has letters");
        return;
    }
    g_free(SHAPE(obj)->label);
    SHAPE(obj)->label = g_strdup(value);
}

static bool shape_get_big(Object *obj, Error **errp)
{
    return SHAPE(obj)->big;
}

static void shape_set_big(Object *obj, bool value, Error **errp)
{
    SHAPE(obj)->big = value;
}

static const char *const moods[] = { "calm", "angry" };
static const QEnumLookup mood_lookup = { moods, 2 };

static int shape_get_mood(Object *obj, Error **errp)
{
    return SHAPE(obj)->mood;
}

static void shape_set_mood(Object *obj, int value, Error **errp)
{
    SHAPE(obj)->mood = value;
}

static void shape_class_init(ObjectClass *oc, void *data)
{
    ObjectProperty *op;

    SHAPE_CLASS(oc)->depth = 1;
    op = object_class_property_add_str(oc, "label", shape_get_label, shape_set_label);
    object_property_set_default_str(op, "unnamed");
    op = object_class_property_add_bool(oc, "big", shape_get_big, shape_set_big);
    object_property_set_default_bool(op, true);
    object_class_property_add_enum(oc, "mood", "Mood", &mood_lookup, shape_get_mood,
                                   shape_set_mood);
    object_class_property_add_link(oc, "friend", TYPE_SHAPE, offsetof(Shape, friend),
                                   object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(oc, "label", "what is written on it");
}

static void shape_class_base_init(ObjectClass *oc, void *data)
{
    SHAPE_CLASS(oc)->depth++;
}

static void shape_init(Object *obj)
{
    g_assert_cmpstr(SHAPE(obj)->label, ==, "unnamed"); /* defaults come first */
    object_property_add_uint8_ptr(obj, "colour", &SHAPE(obj)->colour, OBJ_PROP_FLAG_READWRITE);
    note("shape");
}

static void shape_post_init(Object *obj)
{
    note("shape-post");
}

static void shape_finalize(Object *obj)
{
    g_free(SHAPE(obj)->label);
    note("shape-end");
}

static int four(Shape *s)
{
    return 4;
}

static const char *say_hello(Object *obj)
{
    return "hello";
}

static const char *say_cube(Object *obj)
{
    return "cube";
}

static void square_class_init(ObjectClass *oc, void *data)
{
    SHAPE_CLASS(oc)->sides = four;
    GREETER_CLASS(oc)->greet = say_hello;
}

static void square_init(Object *obj)
{
    note("square");
}

static void square_finalize(Object *obj)
{
    note("square-end");
}

static void cube_class_init(ObjectClass *oc, void *data)
{
    g_assert_cmpint(GPOINTER_TO_INT(data), ==, 6);
    g_assert_true(GREETER_CLASS(oc)->greet == say_hello); /* inherited */
    GREETER_CLASS(oc)->greet = say_cube;
}

static void cube_post_init(Object *obj)
{
    note("cube-post");
}

static const TypeInfo test_types[] = {
    { .name = TYPE_GREETER, .parent = TYPE_INTERFACE, .class_size = sizeof(GreeterClass) },
    { .name = TYPE_POLITE, .parent = TYPE_GREETER, .class_size = sizeof(GreeterClass) },
    {
        .name = TYPE_SHAPE,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(Shape),
        .instance_init = shape_init,
        .instance_post_init = shape_post_init,
        .instance_finalize = shape_finalize,
        .class_size = sizeof(ShapeClass),
        .class_init = shape_class_init,
        .class_base_init = shape_class_base_init,
    },
    {
        .name = TYPE_CUBE, /* before its parent: the order doesn't matter */
        .parent = TYPE_SQUARE,
        .instance_size = sizeof(Cube),
        .instance_align = 64,
        .instance_post_init = cube_post_init,
        .class_init = cube_class_init,
        .class_data = GINT_TO_POINTER(6),
    },
    {
        .name = TYPE_SQUARE,
        .parent = TYPE_SHAPE,
        .instance_size = sizeof(Square),
        .instance_init = square_init,
        .instance_finalize = square_finalize,
        .class_init = square_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_POLITE }, { NULL } },
    },
};

DEFINE_TYPES(test_types)

static void expect_error(Error **err, const char *message)
{
    g_assert_nonnull(*err);
    g_assert_cmpstr(error_get_pretty(*err), ==, message);
    g_clear_pointer(err, error_free);
}

/* --- types --- */

static void test_lifecycle(void)
{
    Object *obj;

    trace = g_string_new(NULL);
    obj = object_new(TYPE_CUBE);
    g_assert_cmpuint((uintptr_t)obj % 64, ==, 0);
    object_unref(obj);
    g_assert_cmpstr(trace->str, ==, "shape square shape-post cube-post square-end shape-end ");
    g_string_free(trace, TRUE);
    trace = NULL;
}

static void test_classes(void)
{
    ObjectClass *cube = object_class_by_name(TYPE_CUBE);
    ObjectClass *square = object_class_get_parent(cube);

    g_assert_cmpstr(object_class_get_name(square), ==, TYPE_SQUARE);
    g_assert_true(SHAPE_CLASS(cube)->sides == four);
    g_assert_cmpint(SHAPE_CLASS(square)->depth, ==, 2);
    g_assert_cmpint(SHAPE_CLASS(cube)->depth, ==, 3);
    g_assert_true(object_class_is_abstract(object_class_by_name(TYPE_SHAPE)));
    g_assert_null(object_class_by_name("no-such-type"));
    g_assert_null(object_class_get_parent(object_class_by_name(TYPE_OBJECT)));
}

static void test_casts(void)
{
    Object *cube = object_new(TYPE_CUBE), *square = object_new(TYPE_SQUARE);

    g_assert_true(OBJECT(SQUARE(cube)) == cube);
    g_assert_nonnull(object_dynamic_cast(cube, TYPE_SHAPE));
    g_assert_null(object_dynamic_cast(square, TYPE_CUBE));
    g_assert_null(object_dynamic_cast(cube, "no-such-type"));
    g_assert_null(object_dynamic_cast(NULL, TYPE_CUBE));
    g_assert_null(SQUARE(NULL));
    for (int i = 0; i < 20; i++) { /* the cache must not mix them up */
        g_assert_nonnull(SHAPE(cube));
        g_assert_nonnull(CUBE(cube));
        g_assert_nonnull(SQUARE(square));
        g_assert_null(object_dynamic_cast(square, TYPE_CUBE));
    }
    object_unref(cube);
    object_unref(square);
}

static void test_bad_cast(void)
{
    if (g_test_subprocess()) {
        CUBE(object_new(TYPE_SQUARE));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*Object * of type 'test-square' is not an instance of type "
                              "'test-cube'*");
}

static void test_abstract(void)
{
    if (g_test_subprocess()) {
        object_new(TYPE_SHAPE);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*type 'test-shape' is abstract: it has no objects*");
}

static void make_unknown(void)
{
    object_new("not-built");
}

static void place_unknown(void)
{
    Object *obj = object_new(TYPE_SQUARE), child;

    object_initialize_child(obj, "child", &child, "not-built");
}

static void make_orphan(void)
{
    type_register(&(TypeInfo){ "test-orphan", "not-built" });
    object_new("test-orphan");
}

static void make_incapable(void)
{
    static InterfaceInfo interfaces[] = { { "not-built" }, { NULL } };

    type_register(&(TypeInfo){ "test-incapable", TYPE_OBJECT, .instance_size = sizeof(Object),
                               .interfaces = interfaces });
    object_new("test-incapable");
}

static const struct {
    const char *path;
    void (*need)(void);
    const char *message;
} missing[] = {
    { "/qom/type/missing-types-are-named/subprocess/object", make_unknown,
      "*: unknown type 'not-built': no file of this build registers it\n" },
    { "/qom/type/missing-types-are-named/subprocess/child", place_unknown,
      "*: unknown type 'not-built': no file of this build registers it\n" },
    { "/qom/type/missing-types-are-named/subprocess/parent", make_orphan,
      "*: unknown type 'not-built', the parent of 'test-orphan': no file *" },
    { "/qom/type/missing-types-are-named/subprocess/interface", make_incapable,
      "*: unknown type 'not-built', an interface of 'test-incapable': no file *" },
};

static void test_missing_type(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
        g_test_trap_subprocess(missing[i].path, 0, 0);
        g_test_trap_assert_failed();
        g_test_trap_assert_stderr(missing[i].message);
    }
}

static void test_interfaces(void)
{
    Object *cube = object_new(TYPE_CUBE), *square = object_new(TYPE_SQUARE);

    g_assert_cmpstr(GREETER_GET_CLASS(square)->greet(square), ==, "hello");
    g_assert_cmpstr(GREETER_GET_CLASS(cube)->greet(cube), ==, "cube");
    g_assert_true(INTERFACE_CHECK(Object, cube, TYPE_GREETER) == cube);
    g_assert_nonnull(object_dynamic_cast(cube, TYPE_POLITE));
    g_assert_null(object_dynamic_cast(object_get_root(), TYPE_GREETER));
    g_assert_true(INTERFACE_CLASS(GREETER_GET_CLASS(cube))->concrete_class ==
                  object_get_class(cube));
    object_unref(cube);
    object_unref(square);
}

static void test_lists(void)
{
    GSList *list = object_class_get_list_sorted(TYPE_SHAPE, false);

    g_assert_cmpint(g_slist_length(list), ==, 2);
    g_assert_cmpstr(object_class_get_name(list->data), ==, TYPE_CUBE);
    g_slist_free(list);
    list = object_class_get_list(TYPE_SHAPE, true);
    g_assert_cmpint(g_slist_length(list), ==, 3);
    g_slist_free(list);
    list = object_class_get_list(TYPE_GREETER, false);
    g_assert_nonnull(g_slist_find(list, object_class_by_name(TYPE_CUBE)));
    g_slist_free(list);
}

/* --- properties --- */

static void test_get_set(void)
{
    g_autoptr(Object) obj = object_new(TYPE_SQUARE);
    g_autofree char *label = NULL;

    g_assert_true(object_property_set_str(obj, "label", "x", &error_abort));
    label = object_property_get_str(obj, "label", &error_abort);
    g_assert_cmpstr(label, ==, "x");
    g_assert_true(object_property_get_bool(obj, "big", &error_abort)); /* the default */
    object_property_set_bool(obj, "big", false, &error_abort);
    g_assert_false(SHAPE(obj)->big);
    object_property_set_int(obj, "colour", 255, &error_abort);
    g_assert_cmpint(object_property_get_int(obj, "colour", &error_abort), ==, 255);
    object_property_set_str(obj, "mood", "angry", &error_abort);
    g_assert_cmpint(SHAPE(obj)->mood, ==, 1);
}

static void test_parse_print(void)
{
    g_autoptr(Object) obj = object_new(TYPE_SQUARE);
    static const char *const rows[][4] = {
        { "colour", "0x10", "16", "16 (0x10)" },
        { "big", "off", "false", "false" },
        { "label", "a b", "a b", "\"a b\"" },
        { "mood", "angry", "angry", "\"angry\"" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        g_autofree char *plain = NULL, *human = NULL;

        g_assert_true(object_property_parse(obj, rows[i][0], rows[i][1], &error_abort));
        plain = object_property_print(obj, rows[i][0], false, &error_abort);
        human = object_property_print(obj, rows[i][0], true, &error_abort);
        g_assert_cmpstr(plain, ==, rows[i][2]);
        g_assert_cmpstr(human, ==, rows[i][3]);
    }
}

static void test_errors(void)
{
    g_autoptr(Object) obj = object_new(TYPE_SQUARE);
    Error *err = NULL;

    g_assert_false(object_property_set_str(obj, "nope", "x", &err));
    expect_error(&err, "Property 'test-square.nope' not found");
    g_assert_false(object_property_parse(obj, "colour", "256", &err));
    expect_error(&err, "Parameter 'colour' expects an integer from 0 to 255");
    g_assert_false(object_property_set_int(obj, "colour", -1, &err));
    expect_error(&err, "Parameter 'colour' expects an integer from 0 to 255");
    g_assert_false(object_property_parse(obj, "big", "perhaps", &err));
    expect_error(&err, "Parameter 'big' expects 'on' or 'off'");
    g_assert_false(object_property_parse(obj, "mood", "sad", &err));
    expect_error(&err, "Parameter 'mood' does not accept value 'sad': expected calm or angry");
    g_assert_false(object_property_set_int(obj, "label", 1, &err));
    expect_error(&err, "Invalid parameter type for 'label', expected: string");
    g_assert_false(object_property_parse(obj, "label", "", &err));
    expect_error(&err, "A label has letters");
    object_property_add(obj, "ro", "bool", NULL, NULL, NULL, NULL);
    g_assert_false(object_property_set_bool(obj, "ro", true, &err));
    expect_error(&err, "Property 'test-square.ro' is not writable");
    object_property_get_bool(obj, "ro", &err);
    expect_error(&err, "Property 'test-square.ro' is not readable");
    g_assert_null(object_property_try_add(obj, "label", "str", NULL, NULL, NULL, NULL, &err));
    expect_error(&err, "attempt to add duplicate property 'label' to object (type 'test-square')");
}

static void released(Object *obj, const char *name, void *opaque)
{
    (*(int *)opaque)++;
}

static void test_release(void)
{
    Object *obj = object_new(TYPE_SQUARE);
    int a = 0, b = 0;

    object_property_add(obj, "a", "x", NULL, NULL, released, &a);
    object_property_add(obj, "b", "x", NULL, NULL, released, &b);
    object_property_del(obj, "a");
    g_assert_null(object_property_find(obj, "a"));
    object_property_del(obj, "a");
    g_assert_cmpint(a, ==, 1);
    object_unref(obj);
    g_assert_cmpint(a, ==, 1);
    g_assert_cmpint(b, ==, 1);
}

static void test_array_names(void)
{
    g_autoptr(Object) obj = object_new(TYPE_SQUARE);

    for (int i = 0; i < 2; i++) {
        g_autofree char *expected = g_strdup_printf("x[%d]", i);

        g_assert_cmpstr(object_property_add(obj, "x[*]", "x", NULL, NULL, NULL, NULL)->name, ==,
                        expected);
    }
}

static void test_iteration(void)
{
    g_autoptr(Object) obj = object_new(TYPE_SQUARE);
    g_autoptr(GString) names = g_string_new(NULL);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        g_string_append_printf(names, "%s ", prop->name);
    }
    g_assert_cmpstr(names->str, ==, "colour label big mood friend type ");
}

static void test_alias(void)
{
    g_autoptr(Object) obj = object_new(TYPE_SQUARE);
    g_autoptr(Object) outer = object_new(TYPE_CONTAINER);

    object_property_add_alias(outer, "inner-colour", obj, "colour");
    object_property_set_int(outer, "inner-colour", 7, &error_abort);
    g_assert_cmpint(SHAPE(obj)->colour, ==, 7);
    g_assert_cmpstr(object_property_get_type(outer, "inner-colour", &error_abort), ==, "uint8");
}

/* --- the tree --- */

static void test_tree(void)
{
    Object *box = container_get(object_get_root(), "/box/inner");
    Object *square = object_new(TYPE_SQUARE);
    g_autofree char *path = NULL;

    object_property_add_child(box, "sq", square);
    g_assert_cmpuint(square->ref, ==, 2);
    object_unref(square); /* the tree's reference is enough */
    path = object_get_canonical_path(square);
    g_assert_cmpstr(path, ==, "/box/inner/sq");
    g_assert_cmpstr(object_get_canonical_path_component(square), ==, "sq");
    g_assert_true(object_resolve_path("/box/inner/sq", NULL) == square);
    g_assert_true(object_resolve_path("sq", NULL) == square);
    g_assert_true(object_resolve_path("inner/sq", NULL) == square);
    g_assert_true(object_resolve_path_at(box, "sq") == square);
    g_assert_null(object_resolve_path("/box/sq", NULL));
    g_assert_null(object_resolve_path("", NULL));
    g_assert_true(object_resolve_path("/", NULL) == object_get_root());
    g_assert_true(container_get(object_get_root(), "/box/inner") == box);
    object_unparent(object_resolve_path("/box", NULL));
    g_assert_null(object_resolve_path("sq", NULL));
}

static void test_ambiguous(void)
{
    Object *a = container_get(object_get_root(), "/amb/a");
    Object *b = container_get(object_get_root(), "/amb/b");
    Object *square = object_new(TYPE_SQUARE);
    bool ambiguous = false;

    object_property_add_child(a, "thing", square);
    container_get(b, "/thing");
    g_assert_null(object_resolve_path("thing", &ambiguous));
    g_assert_true(ambiguous);
    /* The type may decide. */
    g_assert_true(object_resolve_path_type("thing", TYPE_SQUARE, &ambiguous) == square);
    g_assert_false(ambiguous);
    object_unref(square);
    object_unparent(object_resolve_path("/amb", NULL));
}

static void test_links(void)
{
    Object *top = container_get(object_get_root(), "/links");
    Object *a = object_new(TYPE_SQUARE), *b = object_new(TYPE_CUBE);
    Error *err = NULL;

    object_property_add_child(top, "a", a);
    object_property_add_child(top, "b", b);
    object_unref(a);
    object_unref(b);
    g_assert_true(object_property_set_link(a, "friend", b, &error_abort));
    g_assert_true(SHAPE(a)->friend == b);
    g_assert_cmpuint(b->ref, ==, 2);
    g_assert_true(object_property_get_link(a, "friend", &error_abort) == b);
    g_assert_true(object_resolve_path("/links/a/friend", NULL) == b);
    g_assert_true(object_property_parse(a, "friend", "/links/a", &error_abort));
    g_assert_cmpuint(b->ref, ==, 1);
    g_assert_false(object_property_parse(a, "friend", "/links", &err));
    expect_error(&err, "Invalid parameter type for 'friend', expected: test-shape");
    g_assert_false(object_property_parse(a, "friend", "/gone", &err));
    expect_error(&err, "Device '/gone' not found: 'friend' expects the id or path of a test-shape");
    g_assert_true(object_property_parse(a, "friend", "", &error_abort));
    g_assert_null(SHAPE(a)->friend);
    object_property_set_link(a, "friend", b, &error_abort);
    object_unparent(top); /* drops the link's reference as well */
}

static void no_self(const Object *obj, const char *name, Object *val, Error **errp)
{
    if (val == obj) {
        error_setg(errp, "'%s' can't be itself", name);
    }
}

static void test_link_checks(void)
{
    Object *top = container_get(object_get_root(), "/checks");
    Object *a = object_new(TYPE_SQUARE), *weak = NULL, *fixed = a;
    Error *err = NULL;

    object_property_add_child(top, "a", a);
    object_property_add_link(a, "weak", TYPE_SHAPE, &weak, no_self, 0);
    object_property_add_link(a, "fixed", TYPE_SHAPE, &fixed, NULL, 0);
    g_assert_false(object_property_set_link(a, "weak", a, &err));
    expect_error(&err, "'weak' can't be itself");
    g_assert_null(weak);
    g_assert_true(object_property_set_link(a, "friend", a, &error_abort));
    g_assert_cmpuint(a->ref, ==, 3);
    g_assert_true(object_property_set_link(a, "friend", NULL, &error_abort));
    g_assert_true(object_property_set_link(a, "weak", NULL, &error_abort));
    g_assert_false(object_property_set_link(a, "fixed", NULL, &err));
    expect_error(&err, "Property 'test-square.fixed' is not writable");
    g_assert_true(object_property_get_link(a, "fixed", &error_abort) == a);
    object_unref(a);
    g_assert_cmpuint(a->ref, ==, 1); /* weak and fixed hold none */
    object_unparent(top);
}

static int count_child(Object *child, void *opaque)
{
    (*(int *)opaque)++;
    return 0;
}

static int remove_child(Object *child, void *opaque)
{
    object_unparent(child);
    return 0;
}

static void test_foreach(void)
{
    Object *top = container_get(object_get_root(), "/each");
    int n = 0;

    container_get(top, "/a/b");
    container_get(top, "/c");
    object_child_foreach(top, count_child, &n);
    g_assert_cmpint(n, ==, 2);
    object_child_foreach_recursive(top, count_child, &n);
    g_assert_cmpint(n, ==, 5);
    object_child_foreach(top, remove_child, NULL);
    n = 0;
    object_child_foreach(top, count_child, &n);
    g_assert_cmpint(n, ==, 0);
    object_unparent(top);
}

static void test_embedded(void)
{
    Object *top = container_get(object_get_root(), "/embed");
    Square square;

    trace = g_string_new(NULL);
    object_initialize_child(top, "sq", &square, TYPE_SQUARE);
    g_assert_cmpuint(OBJECT(&square)->ref, ==, 1);
    object_unparent(top);
    g_assert_cmpstr(trace->str, ==, "shape square shape-post square-end shape-end ");
    g_string_free(trace, TRUE);
    trace = NULL;
}

static void test_with_props(void)
{
    Object *top = container_get(object_get_root(), "/props");
    Error *err = NULL;
    Object *obj = object_new_with_props(TYPE_SQUARE, top, "one", &error_abort, "label", "one",
                                        "colour", "3", NULL);

    g_assert_cmpint(SHAPE(obj)->colour, ==, 3);
    g_assert_null(object_new_with_props(TYPE_SQUARE, top, "two", &err, "colour", "red", NULL));
    expect_error(&err, "Parameter 'colour' expects an integer from 0 to 255");
    g_assert_null(object_new_with_props("nope", top, "two", &err, NULL));
    expect_error(&err, "invalid object type: nope");
    g_assert_null(object_new_with_props(TYPE_SHAPE, top, "two", &err, NULL));
    expect_error(&err, "object type 'test-shape' is abstract");
    g_assert_null(object_resolve_path("/props/two", NULL));
    object_unparent(top);
}

/* --- what users create --- */

#define TYPE_GADGET "test-gadget"
OBJECT_DECLARE_SIMPLE_TYPE(Gadget, GADGET)
struct Gadget {
    Object parent_obj;
    uint32_t power;
    bool complete, in_use;
};

static void gadget_complete(UserCreatable *uc, Error **errp)
{
    if (!GADGET(uc)->power) {
        error_setg(errp, "A gadget needs power");
        return;
    }
    GADGET(uc)->complete = true;
}

static bool gadget_can_be_deleted(UserCreatable *uc)
{
    return !GADGET(uc)->in_use;
}

static void gadget_init(Object *obj)
{
    object_property_add_uint32_ptr(obj, "power", &GADGET(obj)->power, OBJ_PROP_FLAG_READWRITE);
}

static void gadget_class_init(ObjectClass *oc, void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = gadget_complete;
    USER_CREATABLE_CLASS(oc)->can_be_deleted = gadget_can_be_deleted;
}

/* One that has class properties of several kinds. */
#define TYPE_TOOL "test-tool"
OBJECT_DECLARE_SIMPLE_TYPE(Tool, TOOL)

struct Tool {
    Object parent_obj;
    char *label;
    bool sharp;
    Object *shape;
};

static char *tool_get_label(Object *obj, Error **errp)
{
    return g_strdup(TOOL(obj)->label);
}

static void tool_set_label(Object *obj, const char *value, Error **errp)
{
    g_free(TOOL(obj)->label);
    TOOL(obj)->label = g_strdup(value);
}

static bool tool_get_sharp(Object *obj, Error **errp)
{
    return TOOL(obj)->sharp;
}

static void tool_set_sharp(Object *obj, bool value, Error **errp)
{
    TOOL(obj)->sharp = value;
}

static void tool_finalize(Object *obj)
{
    g_free(TOOL(obj)->label);
}

static void tool_class_init(ObjectClass *oc, void *data)
{
    static const uint16_t weight = 700;
    ObjectProperty *prop = object_class_property_add_str(oc, "label", tool_get_label,
                                                         tool_set_label);

    object_property_set_default_str(prop, "none");
    object_class_property_set_description(oc, "label", "what is engraved");
    prop = object_class_property_add_bool(oc, "sharp", tool_get_sharp, tool_set_sharp);
    object_property_set_default_bool(prop, true);
    object_class_property_add_link(oc, "shape", TYPE_OBJECT, offsetof(Tool, shape),
                                   object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    object_class_property_add_uint16_ptr(oc, "weight", &weight, OBJ_PROP_FLAG_READ);
}

static const TypeInfo gadget_types[] = {
    {
        .name = TYPE_TOOL,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Tool),
        .instance_finalize = tool_finalize,
        .class_init = tool_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_USER_CREATABLE }, { NULL } },
    },
    {
        .name = TYPE_GADGET,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Gadget),
        .instance_init = gadget_init,
        .class_init = gadget_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_USER_CREATABLE }, { NULL } },
    },
};

DEFINE_TYPES(gadget_types)

static void test_get_enum(void)
{
    g_autoptr(Object) obj = object_new(TYPE_SQUARE);
    Error *err = NULL;

    g_assert_true(object_property_set_str(obj, "mood", "angry", &error_abort));
    g_assert_cmpint(object_property_get_enum(obj, "mood", "Mood", &error_abort), ==, 1);
    g_assert_cmpint(object_property_get_enum(obj, "mood", "Colour", &err), ==, -1);
    expect_error(&err, "Property mood on test-square is not 'Colour' enum type");
    g_assert_cmpint(object_property_get_enum(obj, "label", "string", &err), ==, -1);
    expect_error(&err, "Property label on test-square is not 'string' enum type");
}

static void test_class_variable(void)
{
    g_autoptr(Object) tool = object_new(TYPE_TOOL);
    g_autofree char *type = object_property_get_str(tool, "type", &error_abort);
    Error *err = NULL;

    g_assert_cmpuint(object_property_get_uint(tool, "weight", &error_abort), ==, 700);
    g_assert_false(object_property_set_uint(tool, "weight", 1, &err));
    expect_error(&err, "Property 'test-tool.weight' is not writable");
    g_assert_cmpstr(type, ==, TYPE_TOOL);
}

static int append_name(Object *child, void *opaque)
{
    g_string_append_printf(opaque, "%s ", object_get_canonical_path_component(child));
    return !strcmp(object_get_canonical_path_component(child), "stop") ? 42 : 0;
}

static void test_children(void)
{
    Object *top = container_get(object_get_root(), "/order");
    g_autoptr(Object) stray = object_new(TYPE_CONTAINER);
    g_autoptr(GString) names = g_string_new(NULL);
    bool ambiguous = true;

    container_get(top, "/z/1");
    container_get(top, "/a");
    container_get(top, "/m/2");
    object_child_foreach_recursive(top, append_name, names);
    g_assert_cmpstr(names->str, ==, "z 1 a m 2 ");
    object_unparent(object_resolve_path_at(top, "a"));
    container_get(top, "/stop");
    container_get(top, "/after");
    g_string_truncate(names, 0);
    g_assert_cmpint(object_child_foreach(top, append_name, names), ==, 42);
    g_assert_cmpstr(names->str, ==, "z m stop ");
    g_assert_null(object_get_canonical_path(stray));
    g_assert_true(object_resolve_path("order//m/2/", &ambiguous) ==
                  object_resolve_path("/order/m/2", NULL));
    g_assert_false(ambiguous);
    g_assert_true(object_resolve_path_at(top, "") == top);
    g_assert_true(object_resolve_path_at(top, "/order/z") ==
                  object_resolve_path_component(top, "z"));
    object_unparent(top);
}

static void test_refused_global(void)
{
    static GlobalProperty globals[] = {
        { TYPE_GADGET, "nope", "1" }, /* for another type */
        { TYPE_SQUARE, "colour", "300" },
        { TYPE_SQUARE, "label", "late" },
    };
    g_autoptr(Object) obj = object_new(TYPE_SQUARE);
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    Error *err = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(globals); i++) {
        g_ptr_array_add(list, &globals[i]);
    }
    g_assert_false(object_apply_global_props(obj, list, &err));
    expect_error(&err, "can't apply global test-square.colour=300: Parameter 'colour' expects an "
                       "integer from 0 to 255");
    g_assert_false(globals[0].used);
    g_assert_true(globals[1].used);
    g_assert_false(globals[2].used);
    g_assert_true(object_apply_global_props(obj, NULL, &error_abort));
}

static void test_user_creatable(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        { "nope,id=x", "Parameter 'qom-type' does not accept value 'nope'" },
        { "test-square,id=x", "Parameter 'qom-type' does not accept value 'test-square'" },
        { "test-gadget", "Parameter 'id' is missing" },
        { "test-gadget,id=1", "Parameter 'id' expects an identifier" },
        { "test-gadget,id=x,foo=1", "Invalid parameter 'foo'" },
        { "test-gadget,id=x", "A gadget needs power" },
    };
    Error *err = NULL;
    Object *obj;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        g_assert_false(user_creatable_add_from_str(bad[i].text, &err));
        expect_error(&err, bad[i].message);
        g_assert_null(object_resolve_path("/objects/x", NULL));
    }
    g_assert_true(user_creatable_add_from_str("test-gadget,id=x,power=5", &error_abort));
    obj = object_resolve_path("/objects/x", NULL);
    g_assert_true(GADGET(obj)->complete);
    g_assert_cmpuint(obj->ref, ==, 1);
    g_assert_false(user_creatable_add_from_str("test-gadget,id=x,power=5", &err));
    expect_error(&err, "Duplicate ID 'x' for object");
    GADGET(obj)->in_use = true;
    g_assert_false(user_creatable_del("x", &err));
    expect_error(&err, "object 'x' is in use, can not be deleted");
    GADGET(obj)->in_use = false;
    g_assert_true(user_creatable_del("x", &error_abort));
    g_assert_false(user_creatable_del("x", &err));
    expect_error(&err, "object 'x' not found");
}

static void test_user_help(void)
{
    g_autofree char *types = user_creatable_help("help");
    g_autofree char *props = user_creatable_help("test-tool,id=x,help");
    g_autofree char *named = user_creatable_help("qom-type=test-tool,help");

    g_assert_nonnull(strstr(types, "List of user creatable objects:\n  test-gadget\n"));
    g_assert_null(strstr(types, "user-creatable\n")); /* the interface is none itself */
    g_assert_cmpstr(props, ==, "test-tool options:\n"
                               "  label=<string>         - what is engraved (default: \"none\")\n"
                               "  shape=<link<object>>\n"
                               "  sharp=<bool>           -  (default: true)\n");
    g_assert_cmpstr(named, ==, props);
    g_assert_null(user_creatable_help("test-tool,id=x"));
    g_assert_null(user_creatable_help("nope,help"));
}

/* A machine's value first, then the short option's, the user's last. */
static void test_compat(void)
{
    static GlobalProperty compat[] = {
        { TYPE_USER_CREATABLE, "label", "old" }, /* also by an interface */
        { TYPE_TOOL, "sharp", "off" },
        { TYPE_GADGET, "nope", "1", .optional = true },
    };
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    compat[0].optional = true;
    for (size_t i = 0; i < ARRAY_SIZE(compat); i++) {
        g_ptr_array_add(list, &compat[i]);
    }
    object_set_machine_compat_props(list);
    object_register_sugar_prop(TYPE_TOOL, "label", "sweet", false);
    user_creatable_add_from_str("test-tool,id=a", &error_abort);
    user_creatable_add_from_str("test-tool,id=b,label=mine,sharp=on", &error_abort);
    object_set_machine_compat_props(NULL);
    g_assert_cmpstr(TOOL(object_resolve_path("/objects/a", NULL))->label, ==, "sweet");
    g_assert_false(TOOL(object_resolve_path("/objects/a", NULL))->sharp);
    g_assert_cmpstr(TOOL(object_resolve_path("/objects/b", NULL))->label, ==, "mine");
    g_assert_true(TOOL(object_resolve_path("/objects/b", NULL))->sharp);
    g_assert_true(compat[0].used);
    g_assert_true(user_creatable_del("a", &error_abort));
    g_assert_true(user_creatable_del("b", &error_abort));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/qom/type/constructors-parents-first", test_lifecycle);
    g_test_add_func("/qom/type/class-starts-as-its-parent", test_classes);
    g_test_add_func("/qom/type/casts", test_casts);
    g_test_add_func("/qom/type/bad-cast-aborts-with-both-names", test_bad_cast);
    g_test_add_func("/qom/type/abstract-has-no-objects", test_abstract);
    g_test_add_func("/qom/type/missing-types-are-named", test_missing_type);
    for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
        g_test_add_func(missing[i].path, missing[i].need);
    }
    g_test_add_func("/qom/type/interfaces-are-inherited-and-overridden", test_interfaces);
    g_test_add_func("/qom/type/lists", test_lists);
    g_test_add_func("/qom/property/get-set", test_get_set);
    g_test_add_func("/qom/property/parse-print", test_parse_print);
    g_test_add_func("/qom/property/errors-name-property-and-expectation", test_errors);
    g_test_add_func("/qom/property/release-once", test_release);
    g_test_add_func("/qom/property/star-takes-the-first-free-index", test_array_names);
    g_test_add_func("/qom/property/listed-in-order", test_iteration);
    g_test_add_func("/qom/property/alias-is-its-target", test_alias);
    g_test_add_func("/qom/tree/paths", test_tree);
    g_test_add_func("/qom/tree/ambiguous-partial-path", test_ambiguous);
    g_test_add_func("/qom/tree/links-check-the-type", test_links);
    g_test_add_func("/qom/tree/links-ask-their-check", test_link_checks);
    g_test_add_func("/qom/tree/children-may-be-removed-in-a-loop", test_foreach);
    g_test_add_func("/qom/tree/embedded-objects-end-with-their-parent", test_embedded);
    g_test_add_func("/qom/tree/created-with-properties-or-not-at-all", test_with_props);
    g_test_add_func("/qom/user/created-checked-deleted", test_user_creatable);
    g_test_add_func("/qom/user/help-lists-types-and-their-properties", test_user_help);
    g_test_add_func("/qom/user/compatibility-then-sugar-then-the-user", test_compat);
    g_test_add_func("/qom/property/enumeration-as-a-number", test_get_enum);
    g_test_add_func("/qom/property/class-variables", test_class_variable);
    g_test_add_func("/qom/tree/children-stay-in-order", test_children);
    g_test_add_func("/qom/user/a-refused-value-is-named", test_refused_global);
    return g_test_run();
}
