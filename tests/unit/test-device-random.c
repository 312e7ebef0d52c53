/*
 * Random guests: whatever is done to a device's registers, lines and saved state, it neither
 * crashes nor hangs (meant for sanitizer builds), and a device that got another's state behaves as
 * that one from then on. DEVICE_RANDOM_STEPS sets the number of steps.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <glib/gstdio.h>
#include "hw/block/flash.h"
#include "hw/char/pl011.h"
#include "hw/char/serial.h"
#include "hw/gpio/pl061.h"
#include "hw/intc/arm_gic.h"
#include "hw/intc/openpic.h"
#include "hw/rtc/m48t37.h"
#include "hw/rtc/pl031.h"
#include "system/block-backend.h"

typedef struct Setting {
    const char *name;
    uint64_t value;
} Setting;

typedef struct Subject {
    const char *name;
    const char *type;
    uint32_t span;      /* most accesses go to the first bytes of so many, or to a hot offset */
    int inputs;
    Setting settings[8];
    uint32_t hot[12];
    uint8_t values[12]; /* likely data: commands */
} Subject;

#define FLASH_SETTINGS                                                                        \
    { { "num-blocks", 4 }, { "sector-length", 0x1000 }, { "width", 2 }, { "device-width", 1 }, \
      { "max-device-width", 2 }, { "id0", 1 } }

static const Subject subjects[] = {
    { "mpic", TYPE_HAWK_MPIC, 0x22000, 17, { { NULL } },
      { 0x10000, 0x10010, 0x10020, 0x200a0, 0x200b0, 0x20080, 0x1100, 0x1110, 0x1120, 0x1130,
        0x1020, 0x20040 },
      { 0, 1, 3, 8, 0x0f, 0xff } },
    { "serial", TYPE_SERIAL_MM, 8, 0, { { "regshift", 0 } },
      { 0, 1, 2, 3, 4, 5, 6, 7 }, { 0x80, 0x03, 0x10, 0x0f, 0xc1, 0x07 } },
    { "m48t37", TYPE_M48T37, 0x18, 0, { { NULL } },
      { 0x00, 0x08, 0x10, 0x10, 0x10 },
      { 0xf0, 0xf8, 0xff, 0xf7, 0x7f, 0x7f, 0x80, 0x00, 0x99, 0x85 } },
    { "arm_gic", TYPE_ARM_GIC, 0x1000, 0, { { "num-cpu", 3 }, { "num-irq", 96 } },
      { 0x000, 0x100, 0x104, 0x200, 0x204, 0x300, 0x420, 0x820, 0xc08, 0xf00, 0xf10, 0xf20 },
      { 0, 1, 3, 7, 0x80, 0xff, 0x10 } },
    { "pl011", TYPE_PL011, 0x4c, 0, { { NULL } },
      { 0x00, 0x00, 0x04, 0x18, 0x2c, 0x30, 0x31, 0x34, 0x38, 0x3c, 0x40, 0x44 },
      { 0x00, 0x10, 0x81, 0x03, 0x70, 0x12, 0xff } },
    { "pl031", TYPE_PL031, 0x20, 0, { { NULL } },
      { 0x04, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x10 }, { 0, 1, 0xff } },
    { "pl061", TYPE_PL061, 0x430, 8, { { NULL } },
      { 0x3fc, 0x020, 0x400, 0x404, 0x408, 0x40c, 0x410, 0x414, 0x41c }, { 0, 8, 0xff, 0x55 } },
    { "pflash01", TYPE_PFLASH_CFI01, 0x4000, 0, FLASH_SETTINGS,
      { 0, 0x1000, 0xffe, 0x3ffe, 0xaa },
      { 0xff, 0x20, 0xd0, 0x40, 0xe8, 0x60, 0x01, 0x90, 0x98, 0x70, 0x00, 0x2f } },
    { "pflash02", TYPE_PFLASH_CFI02, 0x4000, 0, FLASH_SETTINGS,
      { 0xaaa, 0x554, 0xaaa, 0x1000, 0x3ffe, 0xaaa, 0x554 },
      { 0xaa, 0x55, 0xa0, 0x80, 0x30, 0x10, 0x25, 0x29, 0x90, 0xb0, 0xf0, 0x98 } },
};

static unsigned pick(unsigned n)
{
    return g_test_rand_int_range(0, n);
}

static DeviceState *new_subject(const Subject *s, BlockBackend *blk)
{
    DeviceState *dev = qdev_new(s->type);

    for (const Setting *p = s->settings; p->name; p++) {
        object_property_set_uint(OBJECT(dev), p->name, p->value, &error_abort);
    }
    if (object_property_find(OBJECT(dev), "name")) {
        qdev_prop_set_string(dev, "name", "flash");
    }
    if (blk) {
        qdev_prop_set_drive(dev, "drive", blk);
    }
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    return dev;
}

typedef struct Access {
    hwaddr addr;
    MemOp op;
    bool write;
    uint64_t value;
} Access;

static Access random_access(const Subject *s)
{
    Access a = {
        .addr = pick(4) ? s->hot[pick(G_N_ELEMENTS(s->hot))] : pick(s->span),
        .op = pick(4) | (pick(2) ? MO_BE : MO_LE),
        .write = pick(2),
        .value = s->values[pick(G_N_ELEMENTS(s->values))],
    };

    if (!pick(3)) {
        a.value |= (uint64_t)g_test_rand_int() << 32 | (uint32_t)g_test_rand_int();
    } else if (s->inputs) {
        a.value |= pick(16) << 16 | pick(4) << 22 | (pick(2) ? 0 : 0x20000000u);
    }
    return a;
}

/* What was read; 0 for a write. */
static uint64_t perform(const Access *a, AddressSpace *as)
{
    if (a->write) {
        address_space_st(as, a->addr, a->value, a->op, MEMTXATTRS_UNSPECIFIED, NULL);
        return 0;
    }
    return address_space_ld(as, a->addr, a->op, MEMTXATTRS_UNSPECIFIED, NULL);
}

/* Loads a saved state with some bytes changed; it may be refused. */
static void damaged_state(DeviceState *from, DeviceState *to)
{
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(from)->vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;
    Error *err = NULL;

    vmstate_save_state(bytes, vmsd, from, &error_abort);
    for (int i = pick(4); i > 0 && bytes->len; i--) {
        bytes->data[pick(bytes->len)] = pick(256);
    }
    reader = (VMStateReader) { .data = bytes->data, .size = bytes->len };
    if (vmstate_load_state(&reader, vmsd, to, &err) < 0) {
        error_free(err);
        device_cold_reset(to); /* half loaded: not to be used */
    }
}

static DeviceState *state_holder(DeviceState *dev)
{
    SerialMM *mm = (SerialMM *)object_dynamic_cast(OBJECT(dev), TYPE_SERIAL_MM);

    return mm ? DEVICE(&mm->serial) : dev;
}

static void step(const Subject *s, DeviceState **dev, AddressSpace *as)
{
    int n = pick(2);

    switch (pick(200)) {
    case 0:
        device_cold_reset(dev[n]);
        break;
    case 1:
        damaged_state(state_holder(dev[n]), state_holder(dev[!n]));
        break;
    case 2 ... 10:
        test_now_ns += pick(100 * 1000 * 1000);
        qemu_clock_run_all_timers();
        break;
    case 11 ... 30:
        if (s->inputs) {
            qemu_set_irq(qdev_get_gpio_in(dev[n], pick(s->inputs)), pick(2));
        }
        break;
    default: {
        Access a = random_access(s);

        perform(&a, &as[n]);
    }
    }
}

/* --- two devices of a kind, the first with an image if it takes one --- */

typedef struct Pair {
    const Subject *s;
    char *dir, *image;
    BlockBackend *blk;
    DeviceState *dev[2];
    AddressSpace as[2];
    TestLine line[2];
} Pair;

static void pair_set_up(Pair *p, const Subject *s)
{
    size_t size = g_str_has_prefix(s->name, "pflash") ? 0x4000 : 0x8000;
    g_autofree char *contents = g_malloc0(size);

    *p = (Pair) { .s = s };
    p->dir = g_dir_make_tmp("test-random-XXXXXX", NULL);
    p->image = g_build_filename(p->dir, "image", NULL);
    memset(contents, 0xff, size);
    g_assert_true(g_file_set_contents(p->image, contents, size, NULL));
    if (object_class_property_find(object_class_by_name(s->type), "drive")) {
        p->blk = blk_new_open("image", p->image, "raw", false, &error_abort);
    }
    for (int n = 0; n < 2; n++) {
        p->dev[n] = new_subject(s, n ? NULL : p->blk);
        device_cold_reset(p->dev[n]);
        test_map(&p->as[n], p->dev[n]);
        if (sysbus_has_irq(SYS_BUS_DEVICE(p->dev[n]), 0)) {
            sysbus_connect_irq(SYS_BUS_DEVICE(p->dev[n]), 0, test_line(&p->line[n]));
        }
    }
}

static void pair_tear_down(Pair *p)
{
    for (int n = 0; n < 2; n++) {
        address_space_destroy(&p->as[n]);
        test_drop(p->dev[n]);
    }
    if (p->blk) {
        blk_unref(p->blk);
    }
    g_unlink(p->image);
    g_rmdir(p->dir);
    g_free(p->image);
    g_free(p->dir);
}

static int num_steps(void)
{
    const char *text = g_getenv("DEVICE_RANDOM_STEPS");

    return text ? atoi(text) : 20000;
}

static void test_random(gconstpointer data)
{
    Pair p;

    pair_set_up(&p, data);
    for (int i = num_steps(); i > 0; i--) {
        step(p.s, p.dev, p.as);
    }
    pair_tear_down(&p);
}

/* Memory of flash is saved as RAM is, apart from the device's table. */
static void copy_memory(Pair *p)
{
    MemoryRegion *from = sysbus_mmio_get_region(SYS_BUS_DEVICE(p->dev[0]), 0);
    MemoryRegion *to = sysbus_mmio_get_region(SYS_BUS_DEVICE(p->dev[1]), 0);

    if (memory_region_get_ram_ptr(from)) {
        memcpy(memory_region_get_ram_ptr(to), memory_region_get_ram_ptr(from),
               memory_region_size(from));
    }
}

static void same_for_both(Pair *p)
{
    Access a = random_access(p->s);

    switch (pick(20)) {
    case 0:
        test_advance_ns(pick(100 * 1000));
        break;
    case 1:
        if (p->s->inputs) {
            int n = pick(p->s->inputs), level = pick(2);

            qemu_set_irq(qdev_get_gpio_in(p->dev[0], n), level);
            qemu_set_irq(qdev_get_gpio_in(p->dev[1], n), level);
        }
        break;
    default:
        g_assert_cmphex(perform(&a, &p->as[0]), ==, perform(&a, &p->as[1]));
    }
    g_assert_cmpint(p->line[0].level, ==, p->line[1].level);
}

static void test_lockstep(gconstpointer data)
{
    Pair p;

    pair_set_up(&p, data);
    for (int i = num_steps() / 200; i > 0; i--) {
        for (int j = 0; j < 100; j++) {
            Access a = random_access(p.s);

            perform(&a, &p.as[0]);
            if (p.s->inputs && !pick(10)) {
                qemu_set_irq(qdev_get_gpio_in(p.dev[0], pick(p.s->inputs)), pick(2));
            }
        }
        copy_memory(&p);
        test_copy_state(state_holder(p.dev[0]), state_holder(p.dev[1]));
        for (int j = 0; j < 100; j++) {
            same_for_both(&p);
        }
    }
    pair_tear_down(&p);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
        g_autofree char *path = g_strconcat("/device/random-guest/", subjects[i].name, NULL);

        g_autofree char *lockstep =
            g_strconcat("/device/state-is-complete/", subjects[i].name, NULL);

        g_test_add_data_func(path, &subjects[i], test_random);
        if (strcmp(subjects[i].name, "m48t37")) { /* the host's clock does not stand still */
            g_test_add_data_func(lockstep, &subjects[i], test_lockstep);
        }
    }
    return g_test_run();
}
