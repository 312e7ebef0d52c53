/*
 * State tables.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "migration/vmstate.h"
#include "qapi/error.h"

typedef struct Inner {
    uint16_t a;
    bool b;
} Inner;

typedef struct Outer {
    uint8_t u8;
    uint32_t u32;
    int64_t i64;
    double f;
    bool flags[3];
    uint32_t grid[2][2];
    uint8_t bytes[5];
    Inner inner;
    Inner many[2];
    Inner *ptr;
    uint32_t nb_values;
    uint64_t *values;
    QEMUTimer *timer;
    uint32_t newer;
    uint32_t extra;
    int pre, post;
} Outer;

static const VMStateDescription vmstate_inner = {
    .name = "inner",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT16(a, Inner),
        VMSTATE_BOOL(b, Inner),
        VMSTATE_END_OF_LIST(),
    },
};

static bool extra_needed(void *opaque)
{
    return ((Outer *)opaque)->extra != 0;
}

static const VMStateDescription vmstate_extra = {
    .name = "outer/extra",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = extra_needed,
    .fields = (const VMStateField[]){ VMSTATE_UINT32(extra, Outer), VMSTATE_END_OF_LIST() },
};

static int outer_pre_save(void *opaque)
{
    ((Outer *)opaque)->pre++;
    return 0;
}

static int outer_post_load(void *opaque, int version_id)
{
    Outer *o = opaque;

    o->post = version_id;
    return o->u8 == 99 ? -EINVAL : 0;
}

static const VMStateField outer_fields[] = {
    VMSTATE_UINT8(u8, Outer),
    VMSTATE_UINT32(u32, Outer),
    VMSTATE_INT64(i64, Outer),
    VMSTATE_FLOAT64(f, Outer),
    VMSTATE_BOOL_ARRAY(flags, Outer, 3),
    VMSTATE_UINT32_2DARRAY(grid, Outer, 2, 2),
    VMSTATE_BUFFER(bytes, Outer),
    VMSTATE_UNUSED(2),
    VMSTATE_STRUCT(inner, Outer, 1, vmstate_inner, Inner),
    VMSTATE_STRUCT_ARRAY(many, Outer, 2, 1, vmstate_inner, Inner),
    VMSTATE_STRUCT_POINTER(ptr, Outer, vmstate_inner, Inner),
    VMSTATE_VARRAY_UINT64_PTR(values, Outer, nb_values),
    VMSTATE_TIMER_PTR(timer, Outer),
    VMSTATE_UINT32_V(newer, Outer, 2),
    VMSTATE_END_OF_LIST(),
};

static const VMStateDescription vmstate_outer = {
    .name = "outer",
    .version_id = 2,
    .minimum_version_id = 1,
    .pre_save = outer_pre_save,
    .post_load = outer_post_load,
    .fields = outer_fields,
    .subsections = (const VMStateDescription *const[]){ &vmstate_extra, NULL },
};

static const VMStateDescription vmstate_outer_v1 = {
    .name = "outer",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = outer_fields,
};

static void nothing(void *opaque)
{
}

static Outer *outer_new(void)
{
    Outer *o = g_new0(Outer, 1);

    o->ptr = g_new0(Inner, 1);
    o->nb_values = 3;
    o->values = g_new0(uint64_t, 3);
    o->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, nothing, NULL);
    return o;
}

static void outer_free(Outer *o)
{
    timer_free(o->timer);
    g_free(o->ptr);
    g_free(o->values);
    g_free(o);
}

static Outer *outer_filled(void)
{
    Outer *o = outer_new();

    o->u8 = 0x12;
    o->u32 = 0xdeadbeef;
    o->i64 = -5;
    o->f = 1.5;
    o->flags[1] = true;
    o->grid[1][0] = 77;
    memcpy(o->bytes, "hello", 5);
    o->inner = (Inner){ 0x1234, true };
    o->many[1].a = 9;
    o->ptr->a = 8;
    o->values[2] = 0x0123456789abcdefULL;
    timer_mod_ns(o->timer, 4711);
    o->newer = 6;
    o->extra = 5;
    return o;
}

static GByteArray *save(Outer *o, const VMStateDescription *vmsd)
{
    GByteArray *bytes = g_byte_array_new();

    g_assert_cmpint(vmstate_save_state(bytes, vmsd, o, &error_abort), ==, 0);
    return bytes;
}

static int load(Outer *o, const GByteArray *bytes, size_t size, Error **errp)
{
    VMStateReader in = { bytes->data, size, 0 };
    int ret = vmstate_load_state(&in, &vmstate_outer, o, errp);

    g_assert_true(ret || in.pos == size);
    return ret;
}

static void test_round_trip(void)
{
    Outer *a = outer_filled(), *b = outer_new();
    GByteArray *bytes = save(a, &vmstate_outer), *again;

    g_assert_cmpint(load(b, bytes, bytes->len, &error_abort), ==, 0);
    g_assert_cmphex(b->u32, ==, 0xdeadbeef);
    g_assert_cmpint(b->i64, ==, -5);
    g_assert_cmpfloat(b->f, ==, 1.5);
    g_assert_true(b->flags[1]);
    g_assert_cmpuint(b->grid[1][0], ==, 77);
    g_assert_cmpmem(b->bytes, 5, "hello", 5);
    g_assert_cmphex(b->inner.a, ==, 0x1234);
    g_assert_cmpuint(b->many[1].a, ==, 9);
    g_assert_cmpuint(b->ptr->a, ==, 8);
    g_assert_cmphex(b->values[2], ==, 0x0123456789abcdefULL);
    g_assert_cmpint(timer_expire_time_ns(b->timer), ==, 4711);
    g_assert_cmpuint(b->newer, ==, 6);
    g_assert_cmpuint(b->extra, ==, 5);
    g_assert_cmpint(a->pre, ==, 1);
    g_assert_cmpint(b->post, ==, 2);

    again = save(b, &vmstate_outer);
    g_assert_cmpmem(bytes->data, bytes->len, again->data, again->len);
    g_byte_array_unref(bytes);
    g_byte_array_unref(again);
    outer_free(a);
    outer_free(b);
}

static void test_big_endian(void)
{
    Outer *a = outer_filled();
    GByteArray *bytes = save(a, &vmstate_outer);

    g_assert_cmpmem(bytes->data, 9, "\0\0\0\2\x12\xde\xad\xbe\xef", 9);
    g_byte_array_unref(bytes);
    outer_free(a);
}

static void test_old_version(void)
{
    Outer *a = outer_filled(), *b = outer_new();
    GByteArray *bytes = save(a, &vmstate_outer_v1);

    b->newer = 1;
    g_assert_cmpint(load(b, bytes, bytes->len, &error_abort), ==, 0);
    g_assert_cmpuint(b->newer, ==, 1); /* not in that version */
    g_assert_cmpint(b->post, ==, 1);
    g_byte_array_unref(bytes);
    outer_free(a);
    outer_free(b);
}

static void expect_refused(GByteArray *bytes, size_t size, const char *message)
{
    Outer *b = outer_new();
    Error *err = NULL;

    g_assert_cmpint(load(b, bytes, size, &err), <, 0);
    g_assert_nonnull(err);
    if (message) {
        g_assert_cmpstr(error_get_pretty(err), ==, message);
    }
    error_free(err);
    outer_free(b);
}

static void test_bad_bytes(void)
{
    Outer *a = outer_filled();
    GByteArray *bytes = save(a, &vmstate_outer);

    for (size_t size = 0; size < bytes->len; size++) {
        expect_refused(bytes, size, NULL);
    }
    bytes->data[3] = 3;
    expect_refused(bytes, bytes->len, "'outer' has version 3, expected 1 to 2");
    bytes->data[3] = 2;
    bytes->data[25] = 2; /* flags[0] */
    expect_refused(bytes, bytes->len, "a boolean is neither 0 nor 1 at offset 25");
    bytes->data[25] = 0;
    bytes->data[4] = 99;
    expect_refused(bytes, bytes->len, "'outer' refuses the state");
    g_byte_array_unref(bytes);
    outer_free(a);
}

static void test_counts(void)
{
    Outer *a = outer_filled(), *b = outer_new();
    GByteArray *bytes = save(a, &vmstate_outer);
    Error *err = NULL;

    b->nb_values = 2;
    g_assert_cmpint(load(b, bytes, bytes->len, &err), <, 0);
    g_assert_cmpstr(error_get_pretty(err), ==, "field 'values' has 3 elements, expected 2");
    error_free(err);
    g_byte_array_unref(bytes);
    outer_free(a);
    outer_free(b);
}

static int collect(const char *path, const VMStateField *field, void *data, size_t size,
                   void *opaque)
{
    g_string_append_printf(opaque, "%s:%zu ", path, size);
    return strcmp(path, "many[0].b") ? 0 : 7;
}

static void test_walk(void)
{
    Outer *a = outer_filled();
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert_cmpint(vmstate_foreach_field(&vmstate_outer, a, collect, text), ==, 7);
    g_assert_cmpstr(text->str, ==,
                    "u8:1 u32:4 i64:8 f:8 flags[0]:1 flags[1]:1 flags[2]:1 "
                    "grid[0]:4 grid[1]:4 grid[2]:4 grid[3]:4 bytes:5 inner:4 inner.a:2 inner.b:1 "
                    "many[0]:4 many[0].a:2 many[0].b:1 ");
    outer_free(a);
}

static void list_state(const char *name, int id, const VMStateDescription *vmsd, void *opaque,
                       void *fn_opaque)
{
    g_string_append_printf(fn_opaque, "%s/%d ", name, id);
}

static void test_registry(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Outer *a = outer_new(), *b = outer_new();

    vmstate_register("dev", VMSTATE_INSTANCE_ID_ANY, &vmstate_outer, a);
    vmstate_register("dev", VMSTATE_INSTANCE_ID_ANY, &vmstate_outer, b);
    vmstate_foreach_registered(list_state, text);
    g_assert_cmpstr(text->str, ==, "dev/0 dev/1 ");
    vmstate_unregister(&vmstate_outer, a);
    g_string_truncate(text, 0);
    vmstate_foreach_registered(list_state, text);
    g_assert_cmpstr(text->str, ==, "dev/1 ");
    vmstate_unregister(&vmstate_outer, b);
    outer_free(a);
    outer_free(b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmstate/loads-what-was-saved", test_round_trip);
    g_test_add_func("/vmstate/numbers-are-big-endian", test_big_endian);
    g_test_add_func("/vmstate/old-versions-lack-new-fields", test_old_version);
    g_test_add_func("/vmstate/bad-bytes-are-refused", test_bad_bytes);
    g_test_add_func("/vmstate/counts-must-match", test_counts);
    g_test_add_func("/vmstate/walk-names-every-field", test_walk);
    g_test_add_func("/vmstate/registry-numbers-instances", test_registry);
    return g_test_run();
}
