/*
 * 8254 programmable interval timer.
 *
 * Reference: Intel 8254 data sheet (231164), "Programming the 8254", "Read operations", "Mode
 * definitions", and figure 22, "Gate pin operations summary".
 *
 * Nothing counts here: a counter knows the clock tick at which its count was loaded, and everything
 * that can be asked of it follows from one reading of the guest's clock. Only counter 0's output
 * has a timer, for its rising edges; a high output of a running square wave falls, for whoever is
 * wired to it, no earlier than just before the next rise, or when the guest programs the counter.
 *
 * Guests count the rises. So those that a busy host is late for come one by one, closer together
 * than a period, until the guest's time has been caught up with.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/timer/i8254.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"

#define NUM_COUNTERS  3
#define CONTROL_PORT  3
#define NEVER         INT64_MAX
#define LATEST_TICK   (1LL << 52) /* in a snapshot: a hundred years */
/* A guest that wants edges faster than that gets them at this rate. */
#define SHORTEST_NS   (10 * 1000)
/* Late rises are at least this part of a period apart; those of the last second are made up for. */
#define CLOSEST       16
#define MOST_LATE     PIT_FREQ

enum {
    CONTROL_BCD = 0x01,
    CONTROL_MODE = 0x0e,
    CONTROL_LOW = 0x10,
    CONTROL_HIGH = 0x20,
    CONTROL_RW = CONTROL_LOW | CONTROL_HIGH,
    CONTROL_KEPT = 0x3f,
    CONTROL_COUNTER_SHIFT = 6,

    READ_BACK = 3, /* in place of the counter's number */
    READ_BACK_NO_COUNT = 0x20,
    READ_BACK_NO_STATUS = 0x10,

    STATUS_OUT = 0x80,
    STATUS_NULL_COUNT = 0x40,
};

typedef struct Counter {
    uint8_t control;       /* the last control word, less the counter's number */
    bool gate;
    bool counts;           /* time passes for it */
    bool low_half;         /* mode 3 */
    bool waits;            /* `written` is loaded at the next trigger or end of a period */
    uint16_t written;
    uint16_t at_rest;      /* what it shows while no count has been loaded */
    uint32_t period;       /* the count that was loaded, in ticks; 0: none since the control word */
    int64_t loaded_at;     /* tick; mode 3: when this half began */
    int64_t stopped_after; /* ticks since then, where it doesn't count */

    bool second_write, second_read;
    uint8_t low_byte;      /* written, and waiting for the high one */
    uint8_t latched_bytes; /* still to be read */
    uint16_t latch;
    bool status_latched;
    uint8_t status;
} Counter;

OBJECT_DECLARE_SIMPLE_TYPE(Pit, I8254)

struct Pit {
    ISADevice parent_obj;

    MemoryRegion ports;
    qemu_irq out0;
    QEMUTimer *timer;
    Counter counter[NUM_COUNTERS];
    int64_t next_rise;  /* of counter 0, tick; has passed if it is late */
    int64_t earliest;   /* ns: a late one isn't shown before */
    bool out0_disabled; /* something else drives the system's timer interrupt */
    uint32_t iobase;    /* property */
    void (*changes)(void *opaque); /* pit_set_watcher() */
    void *watcher;
};

/* ---- time ---- */

static int64_t now_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static int64_t tick_at(int64_t ns)
{
    return muldiv64(ns, PIT_FREQ, NANOSECONDS_PER_SECOND);
}

static int64_t ns_of_tick(int64_t tick)
{
    return muldiv64_round_up(tick, NANOSECONDS_PER_SECOND, PIT_FREQ);
}

/* ---- a counter ---- */

/* Modes 2 and 3 have a bit that doesn't matter. */
static unsigned mode_of(const Counter *c)
{
    unsigned mode = (c->control & CONTROL_MODE) >> 1;

    return mode > 5 ? mode & 3 : mode;
}

static bool is_periodic(const Counter *c)
{
    return mode_of(c) == 2 || mode_of(c) == 3;
}

/* Modes 1 and 5 start with their gate. */
static bool is_triggered(const Counter *c)
{
    return mode_of(c) == 1 || mode_of(c) == 5;
}

static int modulus(const Counter *c)
{
    return c->control & CONTROL_BCD ? 10000 : 0x10000;
}

static unsigned bcd_to_ticks(uint16_t bcd)
{
    return (bcd >> 12) * 1000 + (bcd >> 8 & 0xf) * 100 + (bcd >> 4 & 0xf) * 10 + (bcd & 0xf);
}

static uint16_t ticks_to_bcd(unsigned n)
{
    return n / 1000 % 10 << 12 | n / 100 % 10 << 8 | n / 10 % 10 << 4 | n % 10;
}

/* The written count in ticks; 0 stands for the highest one. */
static uint32_t written_ticks(const Counter *c)
{
    uint32_t ticks = c->control & CONTROL_BCD ? bcd_to_ticks(c->written) : c->written;

    if (ticks == 1 && is_periodic(c)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_I8254, "COUNT", "1 is illegal in modes 2 and 3");
        return 2;
    }
    return ticks ? ticks : modulus(c);
}

/* The count goes to the counting element at the next clock pulse. */
static void load(Counter *c, int64_t tick)
{
    c->period = written_ticks(c);
    c->loaded_at = tick + 1;
    c->waits = c->low_half = false;
    c->counts = c->gate || is_triggered(c);
    c->stopped_after = 0;
}

static int64_t elapsed(const Counter *c, int64_t tick)
{
    return c->counts ? tick - c->loaded_at : c->stopped_after;
}

static uint32_t half_length(uint32_t period, bool low)
{
    return low ? period / 2 : period - period / 2;
}

/* How long what has begun at `loaded_at` lasts until a periodic mode loads again. */
static uint32_t section_length(const Counter *c)
{
    return mode_of(c) == 3 ? half_length(c->period, c->low_half) : c->period;
}

/* Brings the beginning of a periodic mode's period, or half of it, up to the tick. */
static void settle(Counter *c, int64_t tick)
{
    while (is_periodic(c) && c->counts && tick - c->loaded_at >= section_length(c)) {
        c->loaded_at += section_length(c);
        c->low_half = mode_of(c) == 3 && !c->low_half;
        if (c->waits) {
            c->period = written_ticks(c);
            c->waits = false;
        }
        c->loaded_at += (tick - c->loaded_at) / c->period * c->period;
    }
}

static bool output(Counter *c, int64_t tick)
{
    int64_t passed;

    settle(c, tick);
    passed = elapsed(c, tick);
    if (!c->period) {
        return mode_of(c) != 0;
    }
    switch (mode_of(c)) {
    case 0:
        return passed >= c->period;
    case 1:
        return passed < 0 || passed >= c->period;
    case 2:
        return !c->counts || passed < c->period - 1;
    case 3:
        return !c->counts || !c->low_half;
    default:
        return passed != c->period;
    }
}

/* The tick behind `tick` at which the output rises. */
static int64_t next_rise(Counter *c, int64_t tick)
{
    uint32_t next_period;

    settle(c, tick);
    if (!c->period || !c->counts) {
        return NEVER;
    }
    next_period = c->waits ? written_ticks(c) : c->period;
    switch (mode_of(c)) {
    case 0:
    case 1:
        return elapsed(c, tick) < c->period ? c->loaded_at + c->period : NEVER;
    case 2:
        return c->loaded_at + c->period;
    case 3:
        return c->loaded_at + section_length(c) +
               (c->low_half ? 0 : half_length(next_period, true));
    default:
        return elapsed(c, tick) <= c->period ? c->loaded_at + c->period + 1 : NEVER;
    }
}

static uint16_t current_count(Counter *c, int64_t tick)
{
    int64_t passed, count;

    settle(c, tick);
    if (!c->period) {
        return c->at_rest;
    }
    passed = MAX(elapsed(c, tick), 0);
    count = mode_of(c) == 3 ? (c->period & ~1u) - 2 * passed : c->period - passed;
    count = (count % modulus(c) + modulus(c)) % modulus(c);
    return c->control & CONTROL_BCD ? ticks_to_bcd(count) : count;
}

static bool null_count(Counter *c, int64_t tick)
{
    settle(c, tick);
    return !c->period || c->waits || elapsed(c, tick) < 0;
}

/* From now on nothing counts until a count has been written. */
static void clear_count(Counter *c, int64_t tick)
{
    c->at_rest = current_count(c, tick);
    c->period = 0;
    c->counts = c->waits = false;
}

static void set_gate(Counter *c, bool level, int64_t tick)
{
    bool was = c->gate;

    settle(c, tick);
    c->gate = level;
    if (level == was) {
        return;
    }
    if (!level) {
        if (!is_triggered(c)) {
            c->stopped_after = MAX(elapsed(c, tick), 0);
            c->counts = false;
        }
    } else if (is_triggered(c) || is_periodic(c)) {
        if (c->period || c->waits) {
            load(c, tick);
        }
    } else if (c->period) {
        c->loaded_at = tick - c->stopped_after;
        c->counts = true;
    }
}

/* ---- what the guest writes ---- */

static void count_written(Counter *c, uint16_t count, int64_t tick)
{
    settle(c, tick);
    c->written = count;
    if (is_triggered(c) || (is_periodic(c) && c->period)) {
        c->waits = true;
    } else {
        load(c, tick);
    }
}

static void byte_written(Counter *c, uint8_t value, int64_t tick)
{
    if ((c->control & CONTROL_RW) == CONTROL_LOW) {
        count_written(c, value, tick);
    } else if ((c->control & CONTROL_RW) == CONTROL_HIGH) {
        count_written(c, value << 8, tick);
    } else if (c->second_write) {
        c->second_write = false;
        count_written(c, value << 8 | c->low_byte, tick);
    } else {
        c->second_write = true;
        c->low_byte = value;
        if (mode_of(c) == 0) {
            clear_count(c, tick);
        }
    }
}

static void latch_count(Counter *c, int64_t tick)
{
    if (!c->latched_bytes) {
        c->latch = current_count(c, tick);
        c->latched_bytes = (c->control & CONTROL_RW) == CONTROL_RW ? 2 : 1;
    }
}

static void latch_status(Counter *c, int64_t tick)
{
    if (!c->status_latched) {
        c->status = (output(c, tick) ? STATUS_OUT : 0) |
                    (null_count(c, tick) ? STATUS_NULL_COUNT : 0) | c->control;
        c->status_latched = true;
    }
}

static void set_control(Counter *c, uint8_t value, int64_t tick)
{
    clear_count(c, tick);
    c->control = value & CONTROL_KEPT;
    c->second_write = c->second_read = c->status_latched = false;
    c->latched_bytes = 0;
}

static void control_written(Pit *s, uint8_t value, int64_t tick)
{
    unsigned number = value >> CONTROL_COUNTER_SHIFT;

    if (number != READ_BACK) {
        if (value & CONTROL_RW) {
            set_control(&s->counter[number], value, tick);
        } else {
            latch_count(&s->counter[number], tick);
        }
        return;
    }
    for (unsigned i = 0; i < NUM_COUNTERS; i++) {
        if (!(value >> 1 >> i & 1)) {
            continue;
        }
        if (!(value & READ_BACK_NO_COUNT)) {
            latch_count(&s->counter[i], tick);
        }
        if (!(value & READ_BACK_NO_STATUS)) {
            latch_status(&s->counter[i], tick);
        }
    }
}

/* ---- counter 0's output ---- */

static void set_out0(Pit *s, bool level)
{
    if (!s->out0_disabled) {
        qemu_set_irq(s->out0, level);
    }
}

static void set_timer(Pit *s, int64_t now)
{
    if (s->next_rise == NEVER) {
        timer_del(s->timer);
    } else {
        timer_mod(s->timer,
                  MAX(ns_of_tick(s->next_rise), MAX(s->earliest, now + SHORTEST_NS)));
    }
}

/* What is late is forgotten. */
static void schedule(Pit *s, int64_t now)
{
    s->next_rise = next_rise(&s->counter[0], tick_at(now));
    s->earliest = now;
    set_timer(s, now);
}

/* The one behind a rise that is shown at `tick`; it may have passed, too. */
static int64_t rise_behind(Counter *c, int64_t shown, int64_t tick)
{
    int64_t next = next_rise(c, tick), missed;

    if (next == NEVER || !is_periodic(c)) {
        return next;
    }
    missed = (next - shown) / c->period - 1;
    return next - CLAMP(missed, 0, MOST_LATE / c->period) * c->period;
}

/* A rise that is due is shown. */
static void show_rise(Pit *s, int64_t now)
{
    Counter *c = &s->counter[0];
    int64_t tick = tick_at(now);

    if (tick >= s->next_rise && now >= s->earliest) {
        set_out0(s, false);
        set_out0(s, true);
        s->next_rise = rise_behind(c, s->next_rise, tick);
        s->earliest = now + MAX(ns_of_tick(c->period / CLOSEST), SHORTEST_NS);
    }
}

static void rise_due(void *opaque)
{
    Pit *s = opaque;
    int64_t now = now_ns();

    show_rise(s, now);
    set_timer(s, now);
}

/* The guest, or who holds a gate, has changed a counter at `now`. */
static void counter_changed(Pit *s, unsigned number, int64_t now)
{
    if (number == 0) {
        set_out0(s, output(&s->counter[0], tick_at(now)));
        schedule(s, now);
    }
}

/* Whoever follows an output is to look at it before it changes. */
static void announce_change(Pit *s)
{
    if (s->changes) {
        s->changes(s->watcher);
    }
}

/* ---- ports ---- */

static void pit_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Pit *s = opaque;
    int64_t now = now_ns();
    int64_t tick = tick_at(now);

    announce_change(s);
    show_rise(s, now);
    if (addr == CONTROL_PORT) {
        bool programs = value & CONTROL_RW;

        control_written(s, value, tick);
        if (value >> CONTROL_COUNTER_SHIFT == 0 && programs) {
            counter_changed(s, 0, now);
        }
    } else {
        byte_written(&s->counter[addr], value, tick);
        counter_changed(s, addr, now);
    }
}

static uint64_t pit_read(void *opaque, hwaddr addr, unsigned size)
{
    Pit *s = opaque;
    Counter *c = &s->counter[addr];
    uint16_t count;
    bool high;

    if (addr == CONTROL_PORT) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_I8254, "CONTROL", "read of a write-only register");
        return 0;
    }
    announce_change(s);
    if (c->status_latched) {
        c->status_latched = false;
        return c->status;
    }
    count = c->latched_bytes ? c->latch : current_count(c, tick_at(now_ns()));
    if (c->latched_bytes) {
        c->latched_bytes--;
    }
    high = (c->control & CONTROL_RW) == CONTROL_HIGH || c->second_read;
    c->second_read = (c->control & CONTROL_RW) == CONTROL_RW && !c->second_read;
    return high ? count >> 8 : count & 0xff;
}

static const MemoryRegionOps pit_ops = {
    .read = pit_read,
    .write = pit_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- for others on the board ---- */

void pit_set_gate(ISADevice *dev, int channel, int val)
{
    Pit *s = I8254(dev);
    int64_t now = now_ns();

    g_assert(channel >= 0 && channel < NUM_COUNTERS);
    announce_change(s);
    show_rise(s, now);
    set_gate(&s->counter[channel], val, tick_at(now));
    counter_changed(s, channel, now);
}

void pit_set_watcher(ISADevice *dev, void (*changes)(void *opaque), void *opaque)
{
    I8254(dev)->changes = changes;
    I8254(dev)->watcher = opaque;
}

int64_t pit_tick_at(int64_t ns)
{
    return tick_at(ns);
}

/* The tick behind `tick` at which the output may change; settled, and the counter has a count. */
static int64_t next_change(const Counter *c, int64_t tick)
{
    int64_t end = c->loaded_at + section_length(c);

    if (!c->counts) {
        return NEVER;
    }
    if (tick < c->loaded_at) {
        return c->loaded_at;
    }
    switch (mode_of(c)) {
    case 2: /* low for the last one */
        return tick < end - 1 ? end - 1 : end;
    case 3:
        return end;
    default:
        return tick < end ? end : tick == end ? end + 1 : NEVER;
    }
}

int64_t pit_high_ticks(ISADevice *dev, int channel, int64_t from, int64_t to)
{
    Counter c = I8254(dev)->counter[channel];
    int64_t high = 0;

    while (from < to) {
        bool level = output(&c, from);
        int64_t change = c.period ? next_change(&c, from) : NEVER;
        int64_t until = MIN(change, to);

        high += level ? until - from : 0;
        from = until;
    }
    return high;
}

void pit_get_channel_info(ISADevice *dev, int channel, PITChannelInfo *info)
{
    Counter *c = &I8254(dev)->counter[channel];

    *info = (PITChannelInfo){
        .out = output(c, tick_at(now_ns())),
        .gate = c->gate,
        .mode = mode_of(c),
        .initial_count = c->period,
    };
}

/* High: counter 0 drives the timer interrupt; low: somebody else does. */
static void out0_enabled(void *opaque, int n, int level)
{
    Pit *s = I8254(opaque);
    int64_t now = now_ns();

    if (!level) {
        set_out0(s, false);
    }
    s->out0_disabled = !level;
    counter_changed(s, 0, now);
}

/* ---- the device ---- */

/* The data sheet leaves everything undefined at power-up: here, nothing counts. */
static void pit_reset(DeviceState *dev)
{
    Pit *s = I8254(dev);

    s->out0_disabled = false;
    for (unsigned i = 0; i < NUM_COUNTERS; i++) {
        s->counter[i] = (Counter){ .control = CONTROL_RW | 3 << 1, .gate = i < 2 };
    }
    counter_changed(s, 0, now_ns());
}

static void pit_realize(DeviceState *dev, Error **errp)
{
    Pit *s = I8254(dev);

    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, rise_due, s);
    s->next_rise = NEVER;
    memory_region_init_io(&s->ports, OBJECT(s), &pit_ops, s, "pit", 4);
    isa_register_ioport(ISA_DEVICE(dev), &s->ports, s->iobase);
    qdev_init_gpio_in(dev, out0_enabled, 1);
    qdev_init_gpio_out(dev, &s->out0, 1);
}

static void pit_unrealize(DeviceState *dev)
{
    Pit *s = I8254(dev);

    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &s->ports);
    g_clear_pointer(&s->timer, timer_free);
}

static int pit_post_load(void *opaque, int version_id)
{
    Pit *s = opaque;

    for (unsigned i = 0; i < NUM_COUNTERS; i++) {
        Counter *c = &s->counter[i];

        if (c->control & ~CONTROL_KEPT || c->period > 0x10000 || (c->counts && !c->period) ||
            c->latched_bytes > 2 || (is_periodic(c) && c->period == 1) || c->loaded_at < 0 ||
            c->loaded_at > LATEST_TICK || c->stopped_after < 0 || c->stopped_after > LATEST_TICK) {
            return -EINVAL;
        }
    }
    if (s->next_rise < 0 || (s->next_rise > LATEST_TICK && s->next_rise != NEVER)) {
        return -EINVAL;
    }
    s->earliest = now_ns();
    set_timer(s, s->earliest);
    return 0;
}

static const VMStateDescription vmstate_counter = {
    .name = "i8254/counter",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(control, Counter),
        VMSTATE_BOOL(gate, Counter),
        VMSTATE_BOOL(counts, Counter),
        VMSTATE_BOOL(low_half, Counter),
        VMSTATE_BOOL(waits, Counter),
        VMSTATE_UINT16(written, Counter),
        VMSTATE_UINT16(at_rest, Counter),
        VMSTATE_UINT32(period, Counter),
        VMSTATE_INT64(loaded_at, Counter),
        VMSTATE_INT64(stopped_after, Counter),
        VMSTATE_BOOL(second_write, Counter),
        VMSTATE_BOOL(second_read, Counter),
        VMSTATE_UINT8(low_byte, Counter),
        VMSTATE_UINT8(latched_bytes, Counter),
        VMSTATE_UINT16(latch, Counter),
        VMSTATE_BOOL(status_latched, Counter),
        VMSTATE_UINT8(status, Counter),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_pit = {
    .name = "i8254",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pit_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_ARRAY(counter, Pit, NUM_COUNTERS, 1, vmstate_counter, Counter),
        VMSTATE_INT64(next_rise, Pit),
        VMSTATE_BOOL(out0_disabled, Pit),
        VMSTATE_END_OF_LIST()
    },
};

static Property pit_properties[] = {
    DEFINE_PROP_UINT32("iobase", Pit, iobase, UINT32_MAX),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits pit_traits = {
    .desc = "8254 interval timer",
    .realize = pit_realize,
    .unrealize = pit_unrealize,
    .reset = pit_reset,
    .state = &vmstate_pit,
    .properties = pit_properties,
    .board_only = true,
};

static const TypeInfo pit_types[] = {
    {
        .name = TYPE_I8254,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(Pit),
        .class_init = device_class_init_traits,
        .class_data = (void *)&pit_traits,
    },
};

DEFINE_TYPES(pit_types)

ISADevice *i8254_pit_init(ISABus *bus, int base, int isa_irq, qemu_irq alt_irq)
{
    DeviceState *dev = DEVICE(isa_new(TYPE_I8254));

    qdev_prop_set_uint32(dev, "iobase", base);
    isa_realize_and_unref(ISA_DEVICE(dev), bus, &error_fatal);
    qdev_connect_gpio_out(dev, 0, isa_irq >= 0 ? isa_bus_get_irq(bus, isa_irq) : alt_irq);
    return ISA_DEVICE(dev);
}
