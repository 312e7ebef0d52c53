/*
 * Hawk MPIC: the OpenPIC-compatible interrupt controller of Motorola's Hawk ASIC.
 *
 * Reference: MVME5100 Programmer's Reference Guide (V5100A/PG2), chapter 2, "Multi-Processor
 * Interrupt Controller" and "MPIC Registers".
 *
 * Sixteen external sources and Hawk's own error interrupt are distributed: one request, taken by
 * one of the processors in the source's destination mask. Timers and interprocessor interrupts are
 * directed: one request per processor. A processor acknowledges by reading IACK, which makes the
 * source in service; sources of the same or lower priority wait until its EOI. Registers are 32
 * bits wide, little-endian, 16 bytes apart.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/intc/intc.h"
#include "hw/intc/openpic.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"

enum {
    NUM_CPUS = HAWK_MPIC_MAX_CPUS,
    NUM_EXTERNAL = HAWK_MPIC_NUM_EXTERNAL,
    NUM_INPUTS = NUM_EXTERNAL + 1,
    NUM_TIMERS = 4,
    NUM_IPIS = 4,
    FIRST_TIMER = NUM_INPUTS,
    FIRST_IPI = FIRST_TIMER + NUM_TIMERS,
    NUM_SOURCES = FIRST_IPI + NUM_IPIS,
    NUM_PRIORITIES = 16,
    ALL_CPUS = (1 << NUM_CPUS) - 1,
};

/* FEATURE: highest external source 15, highest processor 1, specification level 3. */
#define FEATURE_VALUE ((NUM_EXTERNAL - 1) << 16 | (NUM_CPUS - 1) << 8 | 3)

#define GCR_RESET 0x80000000u
#define GCR_EINTT 0x40000000u /* serial scan of the external interrupts: how, not what */
#define GCR_MIXED 0x20000000u /* clear: the 8259 on source 0 goes straight to processor 0 */
#define GCR_TIE   0x10000000u /* ties between the processors alternate */
#define GCR_WRITABLE (GCR_EINTT | GCR_MIXED | GCR_TIE)

#define VP_MASK     0x80000000u
#define VP_ACT      0x40000000u
#define VP_POL      0x00800000u
#define VP_SENSE    0x00400000u
#define VP_PRIORITY 0x000f0000u
#define VP_VECTOR   0x000000ffu

#define VP_WRITABLE          (VP_MASK | VP_PRIORITY | VP_VECTOR)
#define VP_WRITABLE_EXTERNAL (VP_WRITABLE | VP_POL | VP_SENSE)

#define TIMER_TOGGLE  0x80000000u
#define TIMER_INHIBIT 0x80000000u
#define TIMER_COUNT   0x7fffffffu

#define VECTOR_RESET     0xff
#define TASK_LEVEL_RESET 0xf

/* A timer that expires faster than this is served in batches. */
#define MIN_TIMER_INTERVAL_NS 20000

typedef struct HawkMpicSource {
    uint32_t vp;     /* vector/priority register, without ACT */
    uint32_t dest;   /* destination register: one bit per processor */
    uint8_t pending; /* directed: one bit per processor; distributed: bit 0 */
    uint8_t level;   /* the input line */
} HawkMpicSource;

typedef struct HawkMpicCpu {
    uint32_t task_priority;
    /* In service, innermost last; priorities rise strictly, so there can't be more than 15. */
    uint8_t nested_source[NUM_PRIORITIES];
    uint8_t nested_priority[NUM_PRIORITIES];
    uint8_t depth;
} HawkMpicCpu;

typedef struct HawkMpicTimer {
    struct HawkMpicState *mpic;
    uint32_t base;    /* base count register */
    uint32_t period;  /* count of the round that is running, 0 if none */
    uint32_t stopped; /* current count while inhibited */
    bool toggle;
    int64_t start;    /* tick at which the round began */
    QEMUTimer *qtimer;
} HawkMpicTimer;

OBJECT_DECLARE_SIMPLE_TYPE(HawkMpicState, HAWK_MPIC)

struct HawkMpicState {
    SysBusDevice parent_obj;

    MemoryRegion iomem;
    qemu_irq int_out[NUM_CPUS];
    qemu_irq init_out[NUM_CPUS];

    uint32_t global_config;
    uint32_t processor_init;
    uint32_t spurious_vector;
    uint32_t timer_frequency_report;
    uint8_t tie_winner;
    HawkMpicSource source[NUM_SOURCES];
    HawkMpicTimer timer[NUM_TIMERS];
    HawkMpicCpu cpu[NUM_CPUS];

    uint32_t timer_hz; /* property: PCI clock / 8 */
    uint64_t delivered[NUM_SOURCES];
};

/* --- sources --- */

static bool is_directed(unsigned n)
{
    return n >= FIRST_TIMER;
}

static unsigned source_priority(const HawkMpicSource *src)
{
    return (src->vp & VP_PRIORITY) >> 16;
}

/* Is the input at its active level? Only source 0 has a choice of polarity. */
static bool input_active(const HawkMpicState *s, unsigned n)
{
    const HawkMpicSource *src = &s->source[n];

    return n == 0 && !(src->vp & VP_POL) ? !src->level : src->level;
}

static bool in_service(const HawkMpicState *s, unsigned n, uint8_t cpus)
{
    for (unsigned c = 0; c < NUM_CPUS; c++) {
        for (unsigned i = 0; (cpus >> c & 1) && i < s->cpu[c].depth; i++) {
            if (s->cpu[c].nested_source[i] == n) {
                return true;
            }
        }
    }
    return false;
}

/* The priority that an interrupt must exceed to reach the processor. */
static unsigned cpu_level(const HawkMpicCpu *cpu)
{
    unsigned nested = cpu->depth ? cpu->nested_priority[cpu->depth - 1] : 0;

    return MAX(cpu->task_priority, nested);
}

/*
 * The processors that a request of source n may interrupt now. A distributed request goes to the
 * less busy of them; on a tie processor 0 has it, or with TIE set each in turn.
 */
static uint8_t source_targets(const HawkMpicState *s, unsigned n)
{
    const HawkMpicSource *src = &s->source[n];
    uint8_t candidates = is_directed(n) ? src->pending : src->dest & ALL_CPUS;
    unsigned level[NUM_CPUS];

    if (!src->pending || (src->vp & VP_MASK) ||
        (!is_directed(n) && in_service(s, n, ALL_CPUS))) {
        return 0;
    }
    for (unsigned c = 0; c < NUM_CPUS; c++) {
        level[c] = cpu_level(&s->cpu[c]);
        if (source_priority(src) <= level[c]) {
            candidates &= ~(1 << c);
        }
    }
    if (is_directed(n) || candidates != ALL_CPUS) {
        return candidates;
    }
    if (level[0] != level[1]) {
        return level[0] < level[1] ? 1 : 2;
    }
    return 1 << (s->global_config & GCR_TIE ? s->tie_winner : 0);
}

/* The source that processor c would get from IACK, -1 if none. */
static int best_source(const HawkMpicState *s, unsigned c)
{
    int best = -1;
    unsigned best_priority = 0;

    for (unsigned n = 0; n < NUM_SOURCES; n++) {
        if (s->source[n].pending && source_priority(&s->source[n]) > best_priority &&
            (source_targets(s, n) >> c & 1)) {
            best = n;
            best_priority = source_priority(&s->source[n]);
        }
    }
    return best;
}

static void update_outputs(HawkMpicState *s)
{
    if (!(s->global_config & GCR_MIXED)) {
        qemu_set_irq(s->int_out[0], s->source[0].level);
        qemu_set_irq(s->int_out[1], 0);
        return;
    }
    for (unsigned c = 0; c < NUM_CPUS; c++) {
        qemu_set_irq(s->int_out[c], best_source(s, c) >= 0);
    }
}

/* A level-sensitive request is the level itself; an edge is remembered until acknowledged. */
static void sample_input(HawkMpicState *s, unsigned n, bool was_active)
{
    HawkMpicSource *src = &s->source[n];
    bool active = input_active(s, n);

    if (src->vp & VP_SENSE) {
        src->pending = active;
    } else if (active && !was_active) {
        src->pending = 1;
    }
}

static void input_changed(void *opaque, int n, int level)
{
    HawkMpicState *s = opaque;
    bool was_active = input_active(s, n);

    s->source[n].level = !!level;
    sample_input(s, n, was_active);
    update_outputs(s);
}

/* Also what a write to IPI_DISPATCH does. */
static void request_directed(HawkMpicState *s, unsigned n, uint32_t cpus)
{
    s->source[n].pending |= cpus & ALL_CPUS;
    update_outputs(s);
}

/* --- timers --- */

/*
 * Each operation on a timer reads the clock once, in ns, and hands that `now` on: what it finds
 * expired and what it schedules belong to the same moment.
 */
static int64_t now_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static int64_t ticks_at(const HawkMpicState *s, int64_t ns)
{
    return muldiv64(ns, s->timer_hz, NANOSECONDS_PER_SECOND);
}

/* Ends the rounds that are over, and says whether there were any. */
static bool timer_advance(HawkMpicTimer *t, int64_t now)
{
    int64_t elapsed;
    uint64_t rounds;

    if (!t->period) {
        return false;
    }
    elapsed = ticks_at(t->mpic, now) - t->start;
    if (elapsed < t->period) {
        return false;
    }
    t->toggle ^= 1;
    t->start += t->period;
    elapsed -= t->period;
    t->period = t->base & TIMER_COUNT; /* a new base count takes effect at the reload */
    if (t->period) {
        rounds = elapsed / t->period;
        t->toggle ^= rounds & 1;
        t->start += rounds * t->period;
    }
    return true;
}

static void timer_schedule(HawkMpicTimer *t, int64_t now)
{
    int64_t due;

    if (!t->period) {
        timer_del(t->qtimer);
        return;
    }
    due = muldiv64_round_up(t->start + t->period, NANOSECONDS_PER_SECOND, t->mpic->timer_hz);
    timer_mod(t->qtimer, MAX(due, now + MIN_TIMER_INTERVAL_NS));
}

static void timer_sync(HawkMpicTimer *t, int64_t now)
{
    HawkMpicState *s = t->mpic;
    unsigned n = FIRST_TIMER + (t - s->timer);

    if (timer_advance(t, now)) {
        request_directed(s, n, s->source[n].dest);
        timer_schedule(t, now);
    }
}

static void timer_expired_cb(void *opaque)
{
    int64_t now = now_ns();

    timer_sync(opaque, now);
    timer_schedule(opaque, now);
}

static uint32_t timer_count(HawkMpicTimer *t, int64_t now)
{
    timer_sync(t, now);
    if (!t->period) {
        return t->stopped;
    }
    return t->period - (uint32_t)(ticks_at(t->mpic, now) - t->start);
}

/* --- reset --- */

static void set_processor_init(HawkMpicState *s, uint32_t value)
{
    s->processor_init = value & ALL_CPUS;
    for (unsigned c = 0; c < NUM_CPUS; c++) {
        if (s->processor_init >> c & 1) {
            s->cpu[c].task_priority = TASK_LEVEL_RESET;
        }
        qemu_set_irq(s->init_out[c], s->processor_init >> c & 1);
    }
}

static void mpic_reset(HawkMpicState *s)
{
    s->global_config = 0;
    s->spurious_vector = VECTOR_RESET;
    s->timer_frequency_report = 0;
    s->tie_winner = 0;
    for (unsigned i = 0; i < NUM_TIMERS; i++) {
        HawkMpicTimer *t = &s->timer[i];

        t->base = TIMER_INHIBIT;
        t->period = t->stopped = t->start = 0;
        t->toggle = false;
        timer_del(t->qtimer);
    }
    for (unsigned n = 0; n < NUM_SOURCES; n++) {
        HawkMpicSource *src = &s->source[n];

        src->vp = VP_MASK | (n == HAWK_MPIC_IRQ_HAWK_ERROR ? VP_SENSE : 0);
        src->dest = src->pending = 0;
        if (n < NUM_INPUTS) {
            sample_input(s, n, true);
        }
    }
    for (unsigned c = 0; c < NUM_CPUS; c++) {
        s->cpu[c].task_priority = TASK_LEVEL_RESET;
        s->cpu[c].depth = 0;
    }
    set_processor_init(s, 0);
    update_outputs(s);
}

/* --- registers: a row is `count` of them, `stride` bytes apart; functions get first + index --- */

typedef struct MpicRegister {
    const char *name;
    uint32_t offset;
    uint32_t stride;
    unsigned first;
    unsigned count;
    uint32_t (*read)(HawkMpicState *s, unsigned i);
    void (*write)(HawkMpicState *s, unsigned i, uint32_t value);
} MpicRegister;

static uint32_t zero_read(HawkMpicState *s, unsigned i)
{
    return 0;
}

static uint32_t feature_read(HawkMpicState *s, unsigned i)
{
    return FEATURE_VALUE;
}

/* Only the stepping is defined (bits 23-16), and which one a board has is not known here. */
static uint32_t vendor_read(HawkMpicState *s, unsigned i)
{
    qemu_log_dev(LOG_UNIMP, TYPE_HAWK_MPIC, "VENDOR_ID.STP", "stepping is given as 0");
    return 0;
}

static uint32_t global_read(HawkMpicState *s, unsigned i)
{
    return s->global_config;
}

static void global_write(HawkMpicState *s, unsigned i, uint32_t value)
{
    if (value & GCR_RESET) {
        mpic_reset(s);
        return;
    }
    s->global_config = value & GCR_WRITABLE;
    update_outputs(s);
}

static uint32_t processor_init_read(HawkMpicState *s, unsigned i)
{
    return s->processor_init;
}

static void processor_init_write(HawkMpicState *s, unsigned i, uint32_t value)
{
    set_processor_init(s, value);
    update_outputs(s);
}

static uint32_t spurious_read(HawkMpicState *s, unsigned i)
{
    return s->spurious_vector;
}

static void spurious_write(HawkMpicState *s, unsigned i, uint32_t value)
{
    s->spurious_vector = value & VP_VECTOR;
}

static uint32_t frequency_read(HawkMpicState *s, unsigned i)
{
    return s->timer_frequency_report;
}

static void frequency_write(HawkMpicState *s, unsigned i, uint32_t value)
{
    s->timer_frequency_report = value;
}

static uint32_t vp_read(HawkMpicState *s, unsigned n)
{
    bool active = s->source[n].pending || in_service(s, n, ALL_CPUS);

    return s->source[n].vp | (active ? VP_ACT : 0);
}

/* IPIs, timers and Hawk's errors have no say in sense and polarity. */
static void internal_vp_write(HawkMpicState *s, unsigned n, uint32_t value)
{
    s->source[n].vp = (s->source[n].vp & ~VP_WRITABLE) | (value & VP_WRITABLE);
    update_outputs(s);
}

/*
 * What was latched as an edge is no request of a level-sensitive source, nor the other way round: a
 * change of sense or polarity starts from the line as it is.
 */
static void external_vp_write(HawkMpicState *s, unsigned n, uint32_t value)
{
    HawkMpicSource *src = &s->source[n];
    uint32_t changed = (src->vp ^ value) & (VP_SENSE | VP_POL);

    src->vp = value & VP_WRITABLE_EXTERNAL;
    if (changed & VP_SENSE) {
        src->pending = 0;
    }
    if (changed) {
        sample_input(s, n, true);
    }
    update_outputs(s);
}

static uint32_t dest_read(HawkMpicState *s, unsigned n)
{
    return s->source[n].dest;
}

static void dest_write(HawkMpicState *s, unsigned n, uint32_t value)
{
    s->source[n].dest = value & ALL_CPUS;
    update_outputs(s);
}

static uint32_t timer_current_read(HawkMpicState *s, unsigned i)
{
    uint32_t count = timer_count(&s->timer[i], now_ns());

    return count | (s->timer[i].toggle ? TIMER_TOGGLE : 0);
}

static uint32_t timer_base_read(HawkMpicState *s, unsigned i)
{
    return s->timer[i].base;
}

static void timer_base_write(HawkMpicState *s, unsigned i, uint32_t value)
{
    HawkMpicTimer *t = &s->timer[i];
    int64_t now = now_ns();
    uint32_t count = timer_count(t, now);
    bool was_inhibited = t->base & TIMER_INHIBIT;

    t->base = value;
    if (value & TIMER_INHIBIT) {
        t->stopped = count;
        t->period = 0;
    } else if (was_inhibited || !t->period) {
        t->period = value & TIMER_COUNT; /* 0: nothing to count, wait for a count */
        t->stopped = 0;
        t->toggle = false;
        t->start = ticks_at(s, now);
    }
    timer_schedule(t, now);
}

static uint32_t task_priority_read(HawkMpicState *s, unsigned cpu)
{
    return s->cpu[cpu].task_priority;
}

static void task_priority_write(HawkMpicState *s, unsigned cpu, uint32_t value)
{
    s->cpu[cpu].task_priority = value & 0xf;
    update_outputs(s);
}

static uint32_t iack_read(HawkMpicState *s, unsigned c)
{
    HawkMpicCpu *cpu = &s->cpu[c];
    int n = s->global_config & GCR_MIXED ? best_source(s, c) : -1;
    HawkMpicSource *src;

    if (n < 0) {
        return s->spurious_vector;
    }
    src = &s->source[n];
    if (is_directed(n)) {
        src->pending &= ~(1 << c);
    } else {
        if ((src->dest & ALL_CPUS) == ALL_CPUS && cpu_level(&s->cpu[0]) == cpu_level(&s->cpu[1])) {
            s->tie_winner ^= 1;
        }
        if (!(src->vp & VP_SENSE)) {
            src->pending = 0;
        }
    }
    cpu->nested_source[cpu->depth] = n;
    cpu->nested_priority[cpu->depth] = source_priority(src);
    cpu->depth++;
    s->delivered[n]++;
    update_outputs(s);
    return src->vp & VP_VECTOR;
}

static void eoi_write(HawkMpicState *s, unsigned c, uint32_t value)
{
    if (!s->cpu[c].depth) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_HAWK_MPIC, c ? "EOI1" : "EOI0",
                     "EOI without an interrupt in service");
        return;
    }
    s->cpu[c].depth--;
    update_outputs(s);
}

static const MpicRegister mpic_registers[] = {
    { "IACK", 0x200a0, 0x1000, 0, NUM_CPUS, iack_read, NULL },
    { "EOI", 0x200b0, 0x1000, 0, NUM_CPUS, zero_read, eoi_write },
    { "EXT_VP", 0x10000, 0x20, 0, NUM_EXTERNAL, vp_read, external_vp_write },
    { "EXT_DEST", 0x10010, 0x20, 0, NUM_EXTERNAL, dest_read, dest_write },
    { "ERR_VP", 0x10200, 0x20, HAWK_MPIC_IRQ_HAWK_ERROR, 1, vp_read, internal_vp_write },
    { "ERR_DEST", 0x10210, 0x20, HAWK_MPIC_IRQ_HAWK_ERROR, 1, dest_read, dest_write },
    { "TASK_PRIORITY", 0x20080, 0x1000, 0, NUM_CPUS, task_priority_read, task_priority_write },
    { "IPI_DISPATCH", 0x20040, 0x10, FIRST_IPI, NUM_IPIS, zero_read, request_directed },
    { "IPI_DISPATCH", 0x21040, 0x10, FIRST_IPI, NUM_IPIS, zero_read, request_directed },
    { "TIMER_CURRENT", 0x1100, 0x40, 0, NUM_TIMERS, timer_current_read, NULL },
    { "TIMER_BASE", 0x1110, 0x40, 0, NUM_TIMERS, timer_base_read, timer_base_write },
    { "TIMER_VP", 0x1120, 0x40, FIRST_TIMER, NUM_TIMERS, vp_read, internal_vp_write },
    { "TIMER_DEST", 0x1130, 0x40, FIRST_TIMER, NUM_TIMERS, dest_read, dest_write },
    { "FEATURE", 0x1000, 0x10, 0, 1, feature_read, NULL },
    { "GLOBAL_CONFIG", 0x1020, 0x10, 0, 1, global_read, global_write },
    { "VENDOR_ID", 0x1080, 0x10, 0, 1, vendor_read, NULL },
    { "PROCESSOR_INIT", 0x1090, 0x10, 0, 1, processor_init_read, processor_init_write },
    { "IPI_VP", 0x10a0, 0x10, FIRST_IPI, NUM_IPIS, vp_read, internal_vp_write },
    { "SPURIOUS", 0x10e0, 0x10, 0, 1, spurious_read, spurious_write },
    { "TIMER_FREQUENCY", 0x10f0, 0x10, 0, 1, frequency_read, frequency_write },
};

static const MpicRegister *find_register(uint32_t offset, unsigned *index)
{
    for (unsigned r = 0; r < G_N_ELEMENTS(mpic_registers); r++) {
        const MpicRegister *reg = &mpic_registers[r];
        uint32_t i = (offset - reg->offset) / reg->stride;

        if (offset >= reg->offset && i < reg->count && offset == reg->offset + i * reg->stride) {
            *index = reg->first + i;
            return reg;
        }
    }
    return NULL;
}

/* What decodes to no register reads as 0 (Programmer's Reference Guide, "MPIC Registers"). */
static uint64_t mpic_read(void *opaque, hwaddr addr, unsigned size)
{
    unsigned index, lane = addr & 3;
    const MpicRegister *reg = find_register(addr & ~3u, &index);

    if (!reg) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_HAWK_MPIC, NULL, "read of no register at 0x%05x",
                     (unsigned)addr);
        return 0;
    }
    if (reg->read == iack_read && lane) {
        return 0; /* the vector is in the lowest byte; the others must not acknowledge again */
    }
    return reg->read(opaque, index) >> 8 * lane & (size == 4 ? ~0u : (1u << 8 * size) - 1);
}

static void mpic_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    unsigned index, lane = addr & 3;
    const MpicRegister *reg = find_register(addr & ~3u, &index);

    if (!reg || !reg->write) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_HAWK_MPIC, reg ? reg->name : NULL,
                     "write of 0x%08x to %s at 0x%05x", (unsigned)value,
                     reg ? "a read-only register" : "no register", (unsigned)addr);
        return;
    }
    if (size < 4) {
        uint32_t mask = ((1u << 8 * size) - 1) << 8 * lane;

        value = (reg->read(opaque, index) & ~mask) | (value << 8 * lane & mask);
    }
    reg->write(opaque, index, value);
}

static void name_register(const MpicRegister *reg, unsigned index, MemoryRegionNameFunc *found,
                          void *data)
{
    g_autofree char *name = reg->count > 1 ? g_strdup_printf("%s%u", reg->name, index)
                                           : g_strdup(reg->name);

    found(name, "", "", data);
}

static void names_at(void *opaque, hwaddr addr, unsigned size, uint64_t value,
                     MemoryRegionNameFunc *found, void *data)
{
    unsigned index;
    const MpicRegister *reg = find_register(addr & ~3u, &index);

    if (reg) {
        name_register(reg, index - reg->first, found, data);
    }
}

static void names_all(void *opaque, MemoryRegionNameFunc *found, void *data)
{
    for (size_t r = 0; r < G_N_ELEMENTS(mpic_registers); r++) {
        for (unsigned i = 0; i < mpic_registers[r].count; i++) {
            name_register(&mpic_registers[r], i, found, data);
        }
    }
}

static const MemoryRegionNames mpic_names = { names_at, names_all };

static const MemoryRegionOps mpic_ops = {
    .read = mpic_read,
    .write = mpic_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
    .names = &mpic_names,
};

/* --- `info pic`, `info irq` --- */

static const char *source_kind(unsigned n, unsigned *index)
{
    if (n < NUM_EXTERNAL) {
        *index = n;
        return "ext";
    }
    if (n == HAWK_MPIC_IRQ_HAWK_ERROR) {
        *index = 0;
        return "err";
    }
    *index = n < FIRST_IPI ? n - FIRST_TIMER : n - FIRST_IPI;
    return n < FIRST_IPI ? "tim" : "ipi";
}

static void print_source(HawkMpicState *s, unsigned n, GString *text)
{
    const HawkMpicSource *src = &s->source[n];
    unsigned index;
    const char *kind = source_kind(n, &index);

    g_string_append_printf(text, "%s%-2u vector %02x priority %2u dest %x %s%s%s%s%s%s\n", kind,
                           index, src->vp & VP_VECTOR, source_priority(src), src->dest,
                           src->vp & VP_SENSE ? "level" : "edge",
                           src->vp & VP_POL ? " high" : "",
                           src->level ? " line" : "", src->pending ? " pending" : "",
                           in_service(s, n, ALL_CPUS) ? " in-service" : "",
                           src->vp & VP_MASK ? " masked" : "");
}

static void mpic_print_info(InterruptStatsProvider *obj, GString *text)
{
    HawkMpicState *s = HAWK_MPIC(obj);

    g_string_append_printf(text, "hawk-mpic: %s mode, spurious vector %02x\n",
                           s->global_config & GCR_MIXED ? "mixed" : "8259 pass-through",
                           s->spurious_vector);
    for (unsigned c = 0; c < NUM_CPUS; c++) {
        int best = best_source(s, c);

        g_string_append_printf(text, "cpu%u task priority %u, level %u, in service %u", c,
                               s->cpu[c].task_priority, cpu_level(&s->cpu[c]), s->cpu[c].depth);
        if (best >= 0) {
            g_string_append_printf(text, ", next vector %02x", s->source[best].vp & VP_VECTOR);
        }
        g_string_append_c(text, '\n');
    }
    for (unsigned n = 0; n < NUM_SOURCES; n++) {
        print_source(s, n, text);
    }
}

static bool mpic_get_statistics(InterruptStatsProvider *obj, uint64_t **counts, unsigned *nr)
{
    HawkMpicState *s = HAWK_MPIC(obj);

    *counts = s->delivered;
    *nr = NUM_SOURCES;
    return true;
}

/* --- the device --- */

static void mpic_device_reset(DeviceState *dev)
{
    mpic_reset(HAWK_MPIC(dev));
}

static void mpic_init(Object *obj)
{
    HawkMpicState *s = HAWK_MPIC(obj);
    DeviceState *dev = DEVICE(obj);

    memory_region_init_io(&s->iomem, obj, &mpic_ops, s, TYPE_HAWK_MPIC, HAWK_MPIC_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->iomem);
    for (unsigned c = 0; c < NUM_CPUS; c++) {
        sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->int_out[c]);
    }
    qdev_init_gpio_out_named(dev, s->init_out, HAWK_MPIC_INIT_OUT, NUM_CPUS);
    qdev_init_gpio_in(dev, input_changed, NUM_INPUTS);
}

static void mpic_realize(DeviceState *dev, Error **errp)
{
    HawkMpicState *s = HAWK_MPIC(dev);

    if (!s->timer_hz) {
        error_setg(errp, "hawk-mpic: timer-frequency must not be 0");
        return;
    }
    for (unsigned i = 0; i < NUM_TIMERS; i++) {
        s->timer[i].mpic = s;
        s->timer[i].qtimer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_expired_cb, &s->timer[i]);
    }
    mpic_reset(s);
}

static void mpic_unrealize(DeviceState *dev)
{
    HawkMpicState *s = HAWK_MPIC(dev);

    for (unsigned i = 0; i < NUM_TIMERS; i++) {
        timer_free(s->timer[i].qtimer);
        s->timer[i].qtimer = NULL;
    }
}

/* No more levels than priorities, and rising: what acknowledging relies on. */
static bool nesting_is_sane(const HawkMpicCpu *cpu)
{
    unsigned level = 0;

    for (unsigned i = 0; i < cpu->depth; i++) {
        if (i >= NUM_PRIORITIES - 1 || cpu->nested_source[i] >= NUM_SOURCES ||
            cpu->nested_priority[i] <= level || cpu->nested_priority[i] >= NUM_PRIORITIES) {
            return false;
        }
        level = cpu->nested_priority[i];
    }
    return true;
}

static int mpic_post_load(void *opaque, int version_id)
{
    HawkMpicState *s = opaque;

    for (unsigned c = 0; c < NUM_CPUS; c++) {
        if (!nesting_is_sane(&s->cpu[c])) {
            return -EINVAL;
        }
    }
    s->tie_winner &= 1;
    update_outputs(s);
    return 0;
}

static const VMStateDescription vmstate_source = {
    .name = "hawk-mpic/source",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(vp, HawkMpicSource),
        VMSTATE_UINT32(dest, HawkMpicSource),
        VMSTATE_UINT8(pending, HawkMpicSource),
        VMSTATE_UINT8(level, HawkMpicSource),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_timer = {
    .name = "hawk-mpic/timer",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(base, HawkMpicTimer),
        VMSTATE_UINT32(period, HawkMpicTimer),
        VMSTATE_UINT32(stopped, HawkMpicTimer),
        VMSTATE_BOOL(toggle, HawkMpicTimer),
        VMSTATE_INT64(start, HawkMpicTimer),
        VMSTATE_TIMER_PTR(qtimer, HawkMpicTimer),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_cpu = {
    .name = "hawk-mpic/cpu",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(task_priority, HawkMpicCpu),
        VMSTATE_UINT8_ARRAY(nested_source, HawkMpicCpu, NUM_PRIORITIES),
        VMSTATE_UINT8_ARRAY(nested_priority, HawkMpicCpu, NUM_PRIORITIES),
        VMSTATE_UINT8(depth, HawkMpicCpu),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_mpic = {
    .name = TYPE_HAWK_MPIC,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = mpic_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(global_config, HawkMpicState),
        VMSTATE_UINT32(processor_init, HawkMpicState),
        VMSTATE_UINT32(spurious_vector, HawkMpicState),
        VMSTATE_UINT32(timer_frequency_report, HawkMpicState),
        VMSTATE_UINT8(tie_winner, HawkMpicState),
        VMSTATE_STRUCT_ARRAY(source, HawkMpicState, NUM_SOURCES, 1, vmstate_source,
                             HawkMpicSource),
        VMSTATE_STRUCT_ARRAY(timer, HawkMpicState, NUM_TIMERS, 1, vmstate_timer, HawkMpicTimer),
        VMSTATE_STRUCT_ARRAY(cpu, HawkMpicState, NUM_CPUS, 1, vmstate_cpu, HawkMpicCpu),
        VMSTATE_END_OF_LIST()
    },
};

static Property mpic_properties[] = {
    DEFINE_PROP_UINT32("timer-frequency", HawkMpicState, timer_hz, 33333333 / 8),
    DEFINE_PROP_END_OF_LIST(),
};

static void mpic_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    InterruptStatsProviderClass *ic = INTERRUPT_STATS_PROVIDER_CLASS(klass);

    dc->desc = "Hawk multi-processor interrupt controller";
    dc->realize = mpic_realize;
    dc->unrealize = mpic_unrealize;
    dc->reset = mpic_device_reset;
    dc->vmsd = &vmstate_mpic;
    dc->user_creatable = false;
    device_class_set_props(dc, mpic_properties);
    ic->get_statistics = mpic_get_statistics;
    ic->print_info = mpic_print_info;
}

static const TypeInfo mpic_types[] = {
    {
        .name = TYPE_INTERRUPT_STATS_PROVIDER,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(InterruptStatsProviderClass),
    },
    {
        .name = TYPE_HAWK_MPIC,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(HawkMpicState),
        .instance_init = mpic_init,
        .class_init = mpic_class_init,
        .interfaces = (InterfaceInfo[]) {
            { TYPE_INTERRUPT_STATS_PROVIDER },
            { }
        },
    },
};

static void mpic_register_types(void)
{
    type_register_static_array(mpic_types, G_N_ELEMENTS(mpic_types));
}

type_init(mpic_register_types)
