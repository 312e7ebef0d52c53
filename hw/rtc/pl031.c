/*
 * PL031: PrimeCell real-time clock, a counter of seconds with a match register.
 *
 * The counter is never advanced: it is the guest's time of day (-rtc) plus what the guest has set.
 * Only the match is waited for.
 *
 * Reference: PrimeCell Real Time Clock (PL031) Technical Reference Manual (DDI 0224), chapter 3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/register.h"
#include "core/sysbus.h"
#include "hw/rtc/pl031.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/rtc.h"

OBJECT_DECLARE_SIMPLE_TYPE(PL031State, PL031)

enum {
    DR, MR, LR, CR, IMSC, RIS, MIS, ICR,
    PERIPH_ID0, PERIPH_ID1, PERIPH_ID2, PERIPH_ID3, CELL_ID0, CELL_ID1, CELL_ID2, CELL_ID3,
}; /* rows */

struct PL031State {
    SysBusDevice parent_obj;

    RegisterBlock regs;
    QEMUTimer *alarm;
    qemu_irq irq;
    int64_t offset; /* seconds that the counter is ahead of the guest's time of day */
};

/* Seconds since 1970 of the guest's time, at a second of the host's clock. */
static int64_t time_of_day(int64_t host)
{
    struct tm tm;

    qemu_timedate_at(&tm, host);
    return timegm(&tm);
}

static int64_t host_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_HOST);
}

static uint32_t count_at(PL031State *s, int64_t ns)
{
    return time_of_day(ns / NANOSECONDS_PER_SECOND) + s->offset;
}

static void update_irq(PL031State *s)
{
    qemu_set_irq(s->irq, register_get(&s->regs, RIS) & register_get(&s->regs, IMSC) & 1);
}

/* The counter has 32 bits, so every match comes, if only after it has gone round. */
static void arm_alarm(PL031State *s)
{
    int64_t ns = host_ns();
    uint32_t left = register_get(&s->regs, MR) - count_at(s, ns);
    int64_t second = ns / NANOSECONDS_PER_SECOND;

    timer_mod(s->alarm, (second + (left ? left : INT64_C(1) << 32)) * NANOSECONDS_PER_SECOND);
}

static void match(PL031State *s)
{
    register_set(&s->regs, RIS, 1);
    update_irq(s);
}

static void alarm_rings(void *opaque)
{
    match(opaque);
    arm_alarm(opaque);
}

static uint64_t dr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return count_at(PL031(block->owner), host_ns());
}

static void match_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    PL031State *s = PL031(block->owner);

    if ((uint32_t)value == count_at(s, host_ns())) {
        match(s);
    }
    arm_alarm(s);
}

/* The load register sets the counter. */
static void load_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    PL031State *s = PL031(block->owner);
    int64_t ns = host_ns();

    s->offset = (int64_t)(uint32_t)value - time_of_day(ns / NANOSECONDS_PER_SECOND);
    arm_alarm(s);
}

/* The clock can't be stopped again (3.3.4); it runs from the start. */
static uint64_t cr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return 1;
}

static void mask_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_irq(PL031(block->owner));
}

static uint64_t mis_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return register_get(block, RIS) & register_get(block, IMSC);
}

static uint64_t icr_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    if (value & 1) {
        register_set(block, RIS, 0);
        update_irq(PL031(block->owner));
    }
    return 0;
}

#define ID_ROW(row, name_, offset_, value)                                                         \
    [row] = { name_, .offset = offset_, .size = 4, .reset = value }

static const Register pl031_registers[] = {
    [DR] = { "RTCDR", .offset = 0x00, .size = 4, .read = dr_read },
    [MR] = { "RTCMR", .offset = 0x04, .size = 4, .writable = 0xffffffff, .written = match_written },
    [LR] = { "RTCLR", .offset = 0x08, .size = 4, .writable = 0xffffffff, .written = load_written },
    [CR] = { "RTCCR", .offset = 0x0c, .size = 4, .writable = 1, .read = cr_read },
    [IMSC] = { "RTCIMSC", .offset = 0x10, .size = 4, .writable = 1, .written = mask_written },
    [RIS] = { "RTCRIS", .offset = 0x14, .size = 4 },
    [MIS] = { "RTCMIS", .offset = 0x18, .size = 4, .read = mis_read },
    [ICR] = { "RTCICR", .offset = 0x1c, .size = 4, .write = icr_write },
    ID_ROW(PERIPH_ID0, "RTCPeriphID0", 0xfe0, 0x31),
    ID_ROW(PERIPH_ID1, "RTCPeriphID1", 0xfe4, 0x10),
    ID_ROW(PERIPH_ID2, "RTCPeriphID2", 0xfe8, 0x04),
    ID_ROW(PERIPH_ID3, "RTCPeriphID3", 0xfec, 0x00),
    ID_ROW(CELL_ID0, "RTCPCellID0", 0xff0, 0x0d),
    ID_ROW(CELL_ID1, "RTCPCellID1", 0xff4, 0xf0),
    ID_ROW(CELL_ID2, "RTCPCellID2", 0xff8, 0x05),
    ID_ROW(CELL_ID3, "RTCPCellID3", 0xffc, 0xb1),
};

/* The clock's battery keeps the time. */
static void pl031_reset(DeviceState *dev)
{
    PL031State *s = PL031(dev);

    register_block_reset(&s->regs);
    update_irq(s);
    arm_alarm(s);
}

static void pl031_init(Object *obj)
{
    PL031State *s = PL031(obj);

    register_block_init(&s->regs, DEVICE(obj), TYPE_PL031, pl031_registers,
                        ARRAY_SIZE(pl031_registers), DEVICE_LITTLE_ENDIAN, 0x1000);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->regs.mmio);
    sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
    s->alarm = timer_new_ns(QEMU_CLOCK_HOST, alarm_rings, s);
}

static void pl031_finalize(Object *obj)
{
    PL031State *s = PL031(obj);

    timer_free(s->alarm);
    register_block_finalize(&s->regs);
}

static int pl031_post_load(void *opaque, int version_id)
{
    arm_alarm(opaque);
    update_irq(opaque);
    return 0;
}

static const VMStateDescription vmstate_pl031 = {
    .name = TYPE_PL031,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pl031_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(regs, PL031State),
        VMSTATE_INT64(offset, PL031State),
        VMSTATE_END_OF_LIST(),
    },
};

static const DeviceTraits pl031_traits = {
    .desc = "PrimeCell real-time clock (PL031)",
    .reset = pl031_reset,
    .state = &vmstate_pl031,
};

static const TypeInfo pl031_types[] = {
    {
        .name = TYPE_PL031,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(PL031State),
        .instance_init = pl031_init,
        .instance_finalize = pl031_finalize,
        .class_init = device_class_init_traits,
        .class_data = (void *)&pl031_traits,
    },
};

DEFINE_TYPES(pl031_types)
