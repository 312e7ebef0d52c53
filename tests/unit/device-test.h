/*
 * Drives a device through its registers: an address space of its own around region 0, a clock that
 * stands still until told, lines that remember.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_DEVICE_TEST_H
#define TESTS_UNIT_DEVICE_TEST_H

#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/memory.h"

static int64_t test_now_ns;

static int64_t test_get_ns(void)
{
    return test_now_ns;
}

/* Lets guest time pass and fires what is due on the way, timer by timer. */
static G_GNUC_UNUSED void test_advance_ns(int64_t ns)
{
    int64_t end = test_now_ns + ns;
    int64_t next;

    while ((next = qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL)) >= 0 && test_now_ns + next <= end) {
        test_now_ns += next;
        qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    }
    test_now_ns = end;
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
}

static G_GNUC_UNUSED void device_test_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    qemu_clock_set_virtual_source(test_get_ns);
    cpu_enable_ticks();
}

/* The device's region 0 at address 0. */
static G_GNUC_UNUSED void test_map(AddressSpace *as, DeviceState *dev)
{
    address_space_init(as, sysbus_mmio_get_region(SYS_BUS_DEVICE(dev), 0), "device-test");
}

/* Takes a realized device out of the machine and frees it. */
static G_GNUC_UNUSED void test_drop(DeviceState *dev)
{
    qdev_unrealize(dev);
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
    drain_call_rcu(); /* views of its regions keep it until then */
}

static G_GNUC_UNUSED uint64_t rd(AddressSpace *as, hwaddr addr, MemOp op)
{
    MemTxResult result;
    uint64_t value = address_space_ld(as, addr, op, MEMTXATTRS_UNSPECIFIED, &result);

    g_assert_cmpuint(result, ==, MEMTX_OK);
    return value;
}

static G_GNUC_UNUSED void wr(AddressSpace *as, hwaddr addr, uint64_t value, MemOp op)
{
    MemTxResult result;

    address_space_st(as, addr, value, op, MEMTXATTRS_UNSPECIFIED, &result);
    g_assert_cmpuint(result, ==, MEMTX_OK);
}

typedef struct TestLine {
    int level;
    int rises;
} TestLine;

static void test_line_set(void *opaque, int n, int level)
{
    TestLine *line = opaque;

    line->rises += level && !line->level;
    line->level = level;
}

static G_GNUC_UNUSED qemu_irq test_line(TestLine *line)
{
    *line = (TestLine) { 0 };
    return qemu_allocate_irq(test_line_set, line, 0);
}

/* Saves the state of @from and loads it to @to, a device of the same type. */
static G_GNUC_UNUSED void test_copy_state(DeviceState *from, DeviceState *to)
{
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(from)->vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;

    g_assert_cmpint(vmstate_save_state(bytes, vmsd, from, &error_abort), ==, 0);
    reader = (VMStateReader) { .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, to, &error_abort), ==, 0);
    g_assert_cmpuint(reader.pos, ==, reader.size);
}

#endif
