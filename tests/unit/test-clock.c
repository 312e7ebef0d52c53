/*
 * Clocks: periods, multiplication, who is told; clocks of devices.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-clock.h"
#include "hw/registerfields.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/int128.h"
#include "qemu/main-loop.h"

#define TYPE_CLOCKED "clock-test-device"
OBJECT_DECLARE_SIMPLE_TYPE(Clocked, CLOCKED)

struct Clocked {
    DeviceState parent_obj;

    Clock *in, *out;
    char calls[64]; /* what the callback has seen: "before after" in MHz */
};

static void clocked_told(void *opaque, ClockEvent event)
{
    Clocked *s = opaque;
    size_t at = strlen(s->calls);

    snprintf(s->calls + at, sizeof(s->calls) - at, "%s%u ", event == ClockPreUpdate ? "<" : ">",
             clock_get_hz(s->in) / 1000000);
}

static const ClockPortInitArray clocked_clocks = {
    QDEV_CLOCK_IN(Clocked, in, clocked_told, ClockPreUpdate | ClockUpdate),
    QDEV_CLOCK_OUT(Clocked, out),
    QDEV_CLOCK_END,
};

static void clocked_init(Object *obj)
{
    qdev_init_clocks(DEVICE(obj), clocked_clocks);
}

static const TypeInfo clocked_info = { .name = TYPE_CLOCKED, .parent = TYPE_DEVICE,
                                       .instance_size = sizeof(Clocked),
                                       .instance_init = clocked_init };

static void register_clocked(void)
{
    type_register_static(&clocked_info);
}
type_init(register_clocked)

static Object *parent;

static void test_periods(void)
{
    Clock *c = clock_new(parent, "periods");

    g_assert_false(clock_is_enabled(c));
    g_assert_cmpuint(clock_ns_to_ticks(c, 1000), ==, 0);
    g_assert_true(clock_set_hz(c, 8000000));
    g_assert_false(clock_set_ns(c, 125));
    g_assert_cmphex(clock_get(c), ==, 125ull << 32);
    g_assert_cmpuint(clock_get_hz(c), ==, 8000000);
    g_assert_cmpuint(clock_ticks_to_ns(c, 3), ==, 375);
    g_assert_cmpuint(clock_ns_to_ticks(c, 374), ==, 2);
    g_assert_cmpuint(clock_ticks_to_ns(c, UINT64_MAX), ==, INT64_MAX);
    object_unparent(OBJECT(c));
}

static void test_sources(void)
{
    Clock *source = clock_new(parent, "source"), *half = clock_new(parent, "half");
    Clock *leaf = clock_new(parent, "leaf");

    clock_set_hz(source, 10000000);
    clock_set_source(half, source);
    g_assert_cmpuint(clock_get_hz(half), ==, 10000000);
    g_assert_true(clock_set_mul_div(half, 2, 1)); /* twice the period */
    g_assert_false(clock_set_mul_div(half, 2, 1));
    clock_set_source(leaf, half);
    g_assert_cmpuint(clock_get_hz(leaf), ==, 5000000);
    clock_update_hz(source, 40000000);
    g_assert_cmpuint(clock_get_hz(half), ==, 40000000);
    g_assert_cmpuint(clock_get_hz(leaf), ==, 20000000);
    g_assert_true(clock_has_source(leaf));
    object_unparent(OBJECT(half));
    g_assert_false(clock_has_source(leaf));
    clock_update_hz(source, 1000);
    g_assert_cmpuint(clock_get_hz(leaf), ==, 20000000);
    object_unparent(OBJECT(leaf));
    object_unparent(OBJECT(source));
}

static void test_frequencies(void)
{
    static const struct {
        unsigned hz;
        const char *text;
    } cases[] = {
        { 0, "0 Hz" }, { 50, "50 Hz" }, { 32768, "32.8 KHz" }, { 168000000, "168 MHz" },
        { 1000000000, "1 GHz" },
    };
    Clock *c = clock_new(parent, "shown");

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *text = NULL;

        clock_set_hz(c, cases[i].hz);
        text = clock_display_freq(c);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
    object_unparent(OBJECT(c));
}

static void test_device(void)
{
    Clock *source = clock_new(parent, "source");
    Clocked *a = CLOCKED(qdev_new(TYPE_CLOCKED)), *b = CLOCKED(qdev_new(TYPE_CLOCKED));

    clock_set_hz(source, 1000000);
    qdev_connect_clock_in(DEVICE(a), "in", source);
    qdev_connect_clock_in(DEVICE(b), "in", qdev_get_clock_out(DEVICE(a), "out"));
    g_assert_cmpstr(a->calls, ==, ""); /* connecting is no event */
    clock_update_hz(source, 2000000);
    clock_update_hz(source, 2000000);
    g_assert_cmpstr(a->calls, ==, "<1 >2 ");
    clock_set(a->out, clock_get(a->in));
    clock_propagate(a->out);
    g_assert_cmpstr(b->calls, ==, "<0 >2 ");
    g_assert_true(qdev_alias_clock(DEVICE(a), "in", DEVICE(b), "first") == a->in);
    g_assert_true(qdev_get_clock_in(DEVICE(b), "first") == a->in);
    clock_clear_callback(b->in);
    clock_update_hz(a->out, 3000000);
    g_assert_cmpstr(b->calls, ==, "<0 >2 ");
    object_unref(b);
    object_unref(a);
    object_unparent(OBJECT(source));
}

/* The source of a device's clock may go before the device. */
static void test_lifetimes(void)
{
    Clock *source = clock_new(parent, "source");
    Clocked *a = CLOCKED(qdev_new(TYPE_CLOCKED));

    qdev_connect_clock_in(DEVICE(a), "in", source);
    object_unparent(OBJECT(source));
    g_assert_false(clock_has_source(a->in));
    object_unref(a);
}

static void test_saved(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Clock *c = clock_new(parent, "saved");
    VMStateReader in;

    clock_set_hz(c, 123);
    clock_set_mul_div(c, 5, 6);
    g_assert_cmpint(vmstate_save_state(bytes, &vmstate_clock, c, &error_abort), ==, 0);
    clock_set_hz(c, 0);
    clock_set_mul_div(c, 1, 1);
    in = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&in, &vmstate_clock, c, &error_abort), ==, 0);
    g_assert_cmpuint(clock_get_hz(c), ==, 123);
    g_assert_false(clock_set_mul_div(c, 5, 6));
    object_unparent(OBJECT(c));
}

REG32(CTRL, 0x10)
    FIELD(CTRL, MODE, 4, 3)
    FIELD(CTRL, TOP, 31, 1)

static void test_register_fields(void)
{
    uint32_t regs[8] = { [R_CTRL] = 0xffffffff };

    g_assert_cmphex(A_CTRL, ==, 0x10);
    g_assert_cmphex(R_CTRL_MODE_MASK, ==, 0x70);
    g_assert_cmphex(FIELD_EX32(0x50, CTRL, MODE), ==, 5);
    g_assert_cmphex(FIELD_DP32(0x0f, CTRL, MODE, 0xa), ==, 0x2f);
    g_assert_cmpint(FIELD_SEX32(0x70, CTRL, MODE), ==, -1);
    ARRAY_FIELD_DP32(regs, CTRL, TOP, 0);
    g_assert_cmphex(regs[4], ==, 0x7fffffff);
    g_assert_cmphex(ARRAY_FIELD_EX32(regs, CTRL, MODE), ==, 7);
}

static void test_int128(void)
{
    Int128 all = int128_2_64(), one = int128_one();

    g_assert_true(int128_eq(int128_sub(all, one), int128_make64(UINT64_MAX)));
    g_assert_true(int128_lt(int128_neg(one), int128_zero()));
    g_assert_true(int128_eq(int128_lshift(one, 64), all));
    g_assert_true(int128_eq(int128_make128(7, 1), int128_or(all, int128_make64(7))));
    g_assert_true(int128_eq(int128_min(all, one), one) && int128_eq(int128_max(all, one), all));
    int128_subfrom(&all, one);
    g_assert_cmphex(int128_get64(all), ==, UINT64_MAX);
    g_assert_false(int128_nz(int128_and(all, int128_2_64())));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    parent = container_get(object_get_root(), "/clocks");
    g_test_add_func("/clock/periods-and-ticks", test_periods);
    g_test_add_func("/clock/follows-its-source-times-and-over", test_sources);
    g_test_add_func("/clock/frequencies-are-shown", test_frequencies);
    g_test_add_func("/clock/devices-are-told-before-and-after", test_device);
    g_test_add_func("/clock/a-source-may-go-first", test_lifetimes);
    g_test_add_func("/clock/is-saved", test_saved);
    g_test_add_func("/registerfields/extract-and-deposit", test_register_fields);
    g_test_add_func("/int128/up-to-2^64", test_int128);
    return g_test_run();
}
