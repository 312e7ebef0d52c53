/*
 * The list of what is reset with the machine.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/reset.h"

static GString *called;

static void note(void *opaque)
{
    g_string_append(called, opaque);
}

static void expect_calls(const char *expected)
{
    g_string_truncate(called, 0);
    qemu_devices_reset(SHUTDOWN_CAUSE_NONE);
    g_assert_cmpstr(called->str, ==, expected);
}

static void test_order(void)
{
    static char a[] = "a", b[] = "b";

    qemu_register_reset(note, a);
    qemu_register_reset(note, b);
    qemu_register_reset(note, a);
    expect_calls("aba");
    qemu_unregister_reset(note, a); /* one registration at a time, the oldest */
    expect_calls("ba");
    qemu_unregister_reset(note, a);
    qemu_unregister_reset(note, a);
    qemu_unregister_reset(note, b);
    expect_calls("");
}

static char first[] = "1", second[] = "2", late[] = "+";

/* Takes itself and its neighbour away and brings in somebody new. */
static void rearrange(void *opaque)
{
    note(opaque);
    qemu_unregister_reset(rearrange, opaque);
    qemu_unregister_reset(note, first);
    qemu_register_reset(note, late);
}

static void test_change(void)
{
    qemu_register_reset(rearrange, (char[]){ "!" });
    qemu_register_reset(note, first);
    qemu_register_reset(note, second);
    expect_calls("!2+");
    expect_calls("2+");
    qemu_unregister_reset(note, second);
    qemu_unregister_reset(note, late);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    called = g_string_new(NULL);
    g_test_add_func("/reset/in-the-order-of-registration", test_order);
    g_test_add_func("/reset/handlers-may-change-the-list", test_change);
    return g_test_run();
}
