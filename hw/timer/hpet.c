/*
 * High precision event timers: a counter of 100 MHz and comparators that interrupt.
 *
 * Reference: IA-PC HPET Specification, revision 1.0a, section 2.3.
 *
 * An edge-triggered interrupt on one of the 8259s' lines stays high until just before the next one,
 * since they take a request back with its line.
 *
 * Guests count a periodic timer's edges. So those that a busy host has missed come one by one
 * between the others, until none are left; the comparator and the counter know nothing of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/timer/hpet.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"

#define NS_PER_TICK  10
#define FS_PER_TICK  (NS_PER_TICK * 1000000ull)
#define MIN_TIMERS   3
#define MAX_TIMERS   32
#define SHORTEST_NS  (10 * 1000) /* a guest that wants interrupts faster gets them at this rate */
/* Missed interrupts are at least this part of a period apart; those of a second are made up for. */
#define CLOSEST      16
#define MOST_LATE    (NANOSECONDS_PER_SECOND / NS_PER_TICK)
/* A comparator that is more than twice as far away is looked at again then. */
#define LOOK_AGAIN   (3600 * NANOSECONDS_PER_SECOND / NS_PER_TICK)
#define NUM_PIC_LINES 16

enum {
    GCAP_ID = 0x000,
    GEN_CONF = 0x010,
    GINTR_STA = 0x020,
    MAIN_CNT = 0x0f0,
    FIRST_TIMER = 0x100,
    TIMER_STRIDE = 0x20,

    TIMER_CONF = 0x00,
    TIMER_COMPARATOR = 0x08,
    TIMER_FSB_ROUTE = 0x10,

    CONF_ENABLE = 0x01,
    CONF_LEGACY = 0x02,

    T_LEVEL = 0x0002,
    T_INTERRUPTS = 0x0004,
    T_PERIODIC = 0x0008,
    T_PERIODIC_CAP = 0x0010,
    T_64_BITS_CAP = 0x0020,
    T_SET_VALUE = 0x0040,
    T_32_BITS = 0x0100,
    T_ROUTE = 0x3e00,
    T_ROUTE_SHIFT = 9,
    T_FSB = 0x4000,
    T_FSB_CAP = 0x8000,
    T_WRITABLE = T_LEVEL | T_INTERRUPTS | T_PERIODIC | T_SET_VALUE | T_32_BITS | T_ROUTE,
};

/* Revision 1, 64 bits, legacy replacement, Intel; and how many timers, less one. */
#define CAPABILITIES 0x8086a001ull

typedef struct HpetTimer {
    struct Hpet *hpet;
    QEMUTimer *timer;
    uint64_t conf;
    uint64_t comparator;
    uint64_t written; /* to the comparator last: a periodic timer's period */
    uint64_t fsb;
    bool looks_again; /* the timer runs out before the comparator is reached */
    uint32_t missed;  /* interrupts still to come; with some, */
    int64_t reached;  /* ns: when the comparator is reached; the timer may run out earlier */
} HpetTimer;

OBJECT_DECLARE_SIMPLE_TYPE(Hpet, HPET)

struct Hpet {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    qemu_irq lines[HPET_NUM_IRQS];
    qemu_irq pit_enabled;
    HpetTimer timer[MAX_TIMERS];
    uint64_t conf;
    uint64_t status;
    uint64_t offset;    /* running: the counter less the guest's time, in ticks */
    uint64_t stopped;   /* the counter, while it doesn't run */

    uint8_t num_timers; /* properties */
    bool msi;
    uint32_t intcap;
};

/* ---- the counter ---- */

static int64_t now_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static bool is_running(const Hpet *s)
{
    return s->conf & CONF_ENABLE;
}

static uint64_t counter_at(const Hpet *s, int64_t ns)
{
    return is_running(s) ? (uint64_t)ns / NS_PER_TICK + s->offset : s->stopped;
}

/* ---- interrupts ---- */

static unsigned number_of(const HpetTimer *t)
{
    return t - t->hpet->timer;
}

static unsigned line_of(const HpetTimer *t)
{
    unsigned n = number_of(t);

    if ((t->hpet->conf & CONF_LEGACY) && n < 2) {
        return n == 0 ? 0 : 8;
    }
    return (t->conf & T_ROUTE) >> T_ROUTE_SHIFT;
}

static bool has_status(const HpetTimer *t)
{
    return t->hpet->status >> number_of(t) & 1;
}

static void update_level(HpetTimer *t)
{
    if ((t->conf & (T_LEVEL | T_FSB)) == T_LEVEL) {
        qemu_set_irq(t->hpet->lines[line_of(t)], has_status(t) && (t->conf & T_INTERRUPTS));
    }
}

static void interrupt(HpetTimer *t)
{
    Hpet *s = t->hpet;

    if (t->conf & T_LEVEL) {
        s->status |= 1u << number_of(t);
        update_level(t);
    }
    if (!(t->conf & T_INTERRUPTS)) {
        return;
    }
    if (t->conf & T_FSB) {
        address_space_stl_le(&address_space_memory, t->fsb >> 32, t->fsb, MEMTXATTRS_UNSPECIFIED,
                             NULL);
    } else if (!(t->conf & T_LEVEL)) {
        qemu_set_irq(s->lines[line_of(t)], 0);
        qemu_set_irq(s->lines[line_of(t)], 1);
        if (line_of(t) >= NUM_PIC_LINES) {
            qemu_set_irq(s->lines[line_of(t)], 0);
        }
    }
}

/* ---- comparators ---- */

static uint64_t width_mask(const HpetTimer *t)
{
    return t->conf & T_32_BITS ? UINT32_MAX : UINT64_MAX;
}

/* Ticks until the counter is what the comparator is; it may have to go round for that. */
static uint64_t distance(const HpetTimer *t, uint64_t counter)
{
    return (t->comparator - counter) & width_mask(t);
}

/* From `ns` on, or if it is `reached` then, from the next tick on. What was missed is forgotten. */
static void arm(HpetTimer *t, int64_t ns, bool reached)
{
    uint64_t counter = counter_at(t->hpet, ns) + reached;
    uint64_t ticks = distance(t, counter);

    t->missed = 0;
    if (!is_running(t->hpet)) {
        timer_del(t->timer);
        return;
    }
    t->looks_again = ticks > 2 * (uint64_t)LOOK_AGAIN;
    ticks = t->looks_again ? (uint64_t)LOOK_AGAIN : ticks + reached;
    timer_mod(t->timer, MAX((ns / NS_PER_TICK + (int64_t)ticks) * NS_PER_TICK, ns));
}

static bool is_periodic(const HpetTimer *t)
{
    return (t->conf & T_PERIODIC) && (t->written & width_mask(t));
}

/* The timer runs out when the comparator is reached, or for a missed interrupt before. */
static void set_timer(HpetTimer *t, int64_t ns)
{
    uint64_t apart = (t->written & width_mask(t)) / CLOSEST * NS_PER_TICK;

    timer_mod(t->timer, t->missed ? MIN(t->reached, ns + (int64_t)MAX(apart, SHORTEST_NS))
                                  : t->reached);
}

/*
 * Moves a periodic comparator, which the counter has reached, beyond it: by as many periods as it
 * takes, so that a host that is late delays interrupts and doesn't shift them.
 */
static void next_period(HpetTimer *t, int64_t ns)
{
    uint64_t late = (counter_at(t->hpet, ns) - t->comparator) & width_mask(t);
    uint64_t period = t->written & width_mask(t);
    uint64_t missed = t->conf & T_LEVEL ? 0 : MIN(t->missed + late / period, MOST_LATE / period);

    t->comparator = (t->comparator + (late / period + 1) * period) & width_mask(t);
    arm(t, ns, false);
    t->reached = MAX(timer_expire_time_ns(t->timer), ns + SHORTEST_NS);
    t->missed = missed;
    set_timer(t, ns);
}

static void timer_ran_out(void *opaque)
{
    HpetTimer *t = opaque;
    int64_t ns = now_ns();

    if (t->looks_again) {
        arm(t, ns, false);
        return;
    }
    if (t->missed && ns < t->reached) {
        t->missed--;
        set_timer(t, ns);
        interrupt(t);
        return;
    }
    interrupt(t); /* whose message may be to the HPET itself */
    if (!is_running(t->hpet)) {
        return;
    }
    if (is_periodic(t)) {
        next_period(t, ns);
    } else {
        arm(t, ns, true);
    }
}

/* ---- registers: 64 bits each, accessed as a whole or in halves ---- */

/* A part of a register that is written. */
typedef struct Part {
    uint64_t mask, bits;
} Part;

static Part part_of(hwaddr addr, uint64_t value, unsigned size)
{
    unsigned shift = addr & 4 ? 32 : 0;

    return size == 8 ? (Part){ UINT64_MAX, value }
                     : (Part){ (uint64_t)UINT32_MAX << shift, value << shift };
}

static uint64_t with_part(uint64_t old, Part part)
{
    return (old & ~part.mask) | part.bits;
}

static HpetTimer *timer_at(Hpet *s, hwaddr addr)
{
    unsigned n = (addr - FIRST_TIMER) / TIMER_STRIDE;

    return addr >= FIRST_TIMER && n < s->num_timers ? &s->timer[n] : NULL;
}

static uint64_t timer_capabilities(const Hpet *s)
{
    return (uint64_t)s->intcap << 32 | T_PERIODIC_CAP | T_64_BITS_CAP | (s->msi ? T_FSB_CAP : 0);
}

static uint64_t timer_register(const HpetTimer *t, unsigned reg)
{
    switch (reg) {
    case TIMER_CONF:
        return t->conf | timer_capabilities(t->hpet);
    case TIMER_COMPARATOR:
        return t->comparator;
    case TIMER_FSB_ROUTE:
        return t->fsb;
    default:
        return 0;
    }
}

static uint64_t general_register(Hpet *s, unsigned reg)
{
    switch (reg) {
    case GCAP_ID:
        return FS_PER_TICK << 32 | CAPABILITIES | (s->num_timers - 1u) << 8;
    case GEN_CONF:
        return s->conf;
    case GINTR_STA:
        return s->status;
    case MAIN_CNT:
        return counter_at(s, now_ns());
    default:
        return 0;
    }
}

static uint64_t hpet_read(void *opaque, hwaddr addr, unsigned size)
{
    const HpetTimer *t = timer_at(opaque, addr);
    uint64_t value = t ? timer_register(t, addr % TIMER_STRIDE & ~7u)
                       : general_register(opaque, addr & ~7u);

    return addr & 4 ? value >> 32 : size == 8 ? value : (uint32_t)value;
}

/* A route that the timer hasn't got is not taken (2.3.8, TIMERn_INT_ROUTE_CNF). */
static void write_timer_conf(HpetTimer *t, uint64_t value)
{
    Hpet *s = t->hpet;
    uint64_t writable = T_WRITABLE | (s->msi ? T_FSB : 0);
    unsigned route = (value & T_ROUTE) >> T_ROUTE_SHIFT;

    if (!(s->intcap >> route & 1)) {
        writable &= ~(uint64_t)T_ROUTE;
    }
    if ((t->conf ^ value) & writable & (T_LEVEL | T_ROUTE)) {
        qemu_set_irq(s->lines[line_of(t)], 0);
    }
    t->conf = (t->conf & ~writable) | (value & writable);
    t->comparator &= width_mask(t);
    update_level(t);
}

/*
 * 2.3.9.2.2: every write to a periodic timer's comparator sets the period, and the comparator only
 * if that was asked for before each.
 */
static void write_comparator(HpetTimer *t, Part part)
{
    t->written = with_part(t->written, part);
    if (!(t->conf & T_PERIODIC) || (t->conf & T_SET_VALUE)) {
        t->comparator = with_part(t->comparator, part) & width_mask(t);
    }
    t->conf &= ~(uint64_t)T_SET_VALUE;
}

static void write_timer(HpetTimer *t, unsigned reg, Part part)
{
    switch (reg) {
    case TIMER_CONF:
        write_timer_conf(t, with_part(t->conf, part));
        break;
    case TIMER_COMPARATOR:
        write_comparator(t, part);
        break;
    case TIMER_FSB_ROUTE:
        t->fsb = with_part(t->fsb, part);
        return;
    default:
        return;
    }
    arm(t, now_ns(), false);
}

static void write_conf(Hpet *s, uint64_t value)
{
    int64_t ns = now_ns();
    uint64_t counter = counter_at(s, ns);

    if ((s->conf ^ value) & CONF_LEGACY) {
        qemu_set_irq(s->lines[0], 0);
        qemu_set_irq(s->lines[8], 0);
    }
    s->conf = value & (CONF_ENABLE | CONF_LEGACY);
    s->stopped = counter;
    s->offset = counter - (uint64_t)ns / NS_PER_TICK;
    qemu_set_irq(s->pit_enabled, !(s->conf & CONF_LEGACY));
    for (unsigned i = 0; i < s->num_timers; i++) {
        arm(&s->timer[i], ns, false);
    }
}

static void clear_status(Hpet *s, uint32_t bits)
{
    s->status &= ~(uint64_t)bits;
    for (unsigned i = 0; i < s->num_timers; i++) {
        if (bits >> i & 1) {
            update_level(&s->timer[i]);
        }
    }
}

static void write_counter(Hpet *s, Part part)
{
    if (is_running(s)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_HPET, "MAIN_CNT", "written while it runs");
    } else {
        s->stopped = with_part(s->stopped, part);
    }
}

static void hpet_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Hpet *s = opaque;
    HpetTimer *t = timer_at(s, addr);
    Part part = part_of(addr, value, size);

    if (t) {
        write_timer(t, addr % TIMER_STRIDE & ~7u, part);
        return;
    }
    switch (addr & ~7u) {
    case GEN_CONF:
        write_conf(s, with_part(s->conf, part));
        break;
    case GINTR_STA:
        clear_status(s, part.bits);
        break;
    case MAIN_CNT:
        write_counter(s, part);
        break;
    }
}

static const MemoryRegionOps hpet_ops = {
    .read = hpet_read,
    .write = hpet_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/* ---- the device ---- */

/* The interrupts that the HPET can take over arrive here, and go on while it hasn't. */
static void legacy_line_changed(void *opaque, int n, int level)
{
    Hpet *s = HPET(opaque);

    if (!(s->conf & CONF_LEGACY)) {
        qemu_set_irq(s->lines[n == HPET_LEGACY_RTC_INT ? 8 : 0], level);
    }
}

static void hpet_reset(DeviceState *dev)
{
    Hpet *s = HPET(dev);

    for (unsigned i = 0; i < s->num_timers; i++) {
        HpetTimer *t = &s->timer[i];

        timer_del(t->timer);
        t->missed = 0;
        if (t->conf & T_INTERRUPTS) {
            qemu_set_irq(s->lines[line_of(t)], 0);
        }
        t->conf = t->written = t->fsb = 0;
        t->comparator = UINT64_MAX;
    }
    s->conf = s->status = s->stopped = s->offset = 0;
    qemu_set_irq(s->pit_enabled, 1);
}

static void hpet_realize(DeviceState *dev, Error **errp)
{
    Hpet *s = HPET(dev);

    if (s->num_timers < MIN_TIMERS || s->num_timers > MAX_TIMERS) {
        error_setg(errp, TYPE_HPET ": 'timers' is %u, expected %u to %u", s->num_timers, MIN_TIMERS,
                   MAX_TIMERS);
        return;
    }
    if (!s->intcap) {
        error_setg(errp, TYPE_HPET ": 'hpet-intcap' must have the interrupt lines that there are");
        return;
    }
    for (unsigned i = 0; i < MAX_TIMERS; i++) { /* a snapshot has all of them */
        s->timer[i] = (HpetTimer){ .hpet = s, .comparator = UINT64_MAX };
        s->timer[i].timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_ran_out, &s->timer[i]);
    }
}

static void hpet_unrealize(DeviceState *dev)
{
    Hpet *s = HPET(dev);

    for (unsigned i = 0; i < MAX_TIMERS; i++) {
        g_clear_pointer(&s->timer[i].timer, timer_free);
    }
}

static void hpet_init(Object *obj)
{
    Hpet *s = HPET(obj);

    memory_region_init_io(&s->registers, obj, &hpet_ops, s, "hpet", HPET_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->registers);
    for (unsigned i = 0; i < HPET_NUM_IRQS; i++) {
        sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->lines[i]);
    }
    qdev_init_gpio_in(DEVICE(obj), legacy_line_changed, 2);
    qdev_init_gpio_out(DEVICE(obj), &s->pit_enabled, 1);
}

/* A snapshot knows of none that were missed: the timers run out where the comparators are. */
static int hpet_pre_save(void *opaque)
{
    Hpet *s = opaque;

    for (unsigned i = 0; i < MAX_TIMERS; i++) {
        HpetTimer *t = &s->timer[i];

        if (t->missed) {
            t->missed = 0;
            timer_mod(t->timer, t->reached);
        }
    }
    return 0;
}

static int hpet_post_load(void *opaque, int version_id)
{
    Hpet *s = opaque;

    for (unsigned i = 0; i < s->num_timers; i++) {
        HpetTimer *t = &s->timer[i];

        t->conf &= T_WRITABLE | (s->msi ? T_FSB : 0);
        t->comparator &= width_mask(t);
        t->missed = 0;
    }
    return 0;
}

static const VMStateDescription vmstate_timer = {
    .name = "hpet_timer",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(conf, HpetTimer),
        VMSTATE_UINT64(comparator, HpetTimer),
        VMSTATE_UINT64(written, HpetTimer),
        VMSTATE_UINT64(fsb, HpetTimer),
        VMSTATE_BOOL(looks_again, HpetTimer),
        VMSTATE_TIMER_PTR(timer, HpetTimer), /* may be due already, the comparator passed */
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_hpet = {
    .name = "hpet",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = hpet_pre_save,
    .post_load = hpet_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_ARRAY(timer, Hpet, MAX_TIMERS, 1, vmstate_timer, HpetTimer),
        VMSTATE_UINT64(conf, Hpet),
        VMSTATE_UINT64(status, Hpet),
        VMSTATE_UINT64(offset, Hpet),
        VMSTATE_UINT64(stopped, Hpet),
        VMSTATE_END_OF_LIST()
    },
};

static Property hpet_properties[] = {
    DEFINE_PROP_UINT8("timers", Hpet, num_timers, MIN_TIMERS),
    DEFINE_PROP_BOOL("msi", Hpet, msi, false),
    DEFINE_PROP_UINT32("hpet-intcap", Hpet, intcap, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits hpet_traits = {
    .desc = "high precision event timers",
    .realize = hpet_realize,
    .unrealize = hpet_unrealize,
    .reset = hpet_reset,
    .state = &vmstate_hpet,
    .properties = hpet_properties,
    .board_only = true,
};

static const TypeInfo hpet_types[] = {
    {
        .name = TYPE_HPET,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(Hpet),
        .instance_init = hpet_init,
        .class_init = device_class_init_traits,
        .class_data = (void *)&hpet_traits,
    },
};

DEFINE_TYPES(hpet_types)
