/*
 * GICv2: generic interrupt controller, as the GIC-400 has it; security extensions (two security states)
 * and virtualization extensions are options.
 *
 * The state is banks of 32 interrupts: one for each CPU has what is its own (16 software-generated
 * interrupts, 16 of its peripherals), the others have what all share (gic-bank.h).
 *
 * Nothing is queued: what a CPU interface signals is the most urgent of what is pending, worked out
 * after each change. A level-sensitive interrupt is pending while its line is high (or software has
 * made it pending), an edge-triggered one from the edge until it is acknowledged.
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, version 2.0 (IHI 0048),
 * chapters 3 (handling and prioritization) and 4 (registers); CoreLink GIC-400 TRM (DDI 0471) for
 * what is implementation defined.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "core/irq.h"
#include "core/qdev-properties.h"
#include "core/sysbus.h"
#include "gic-bank.h"
#include "gic-virtual.h"
#include "gicv2-registers.h"
#include "hw/intc/arm_gic.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(ARMGICState, ARM_GIC)

#define NB_SGIS       16
#define MAX_SHARED    31   /* banks */
#define SPURIOUS      GIC_SPURIOUS
#define IDLE_PRIORITY 0xff
#define GIC400_IIDR   0x0200143b /* GIC-400 r0p1, Arm */

enum { GROUP0 = 1, GROUP1 = 2 }; /* GICD_CTLR, GICC_CTLR: enables */

enum {
    CTLR_ACK_CTL = 1 << 2,
    CTLR_FIQ_EN = 1 << 3,
    CTLR_CBPR = 1 << 4,
    CTLR_EOI_MODE = 1 << 9,
    CTLR_EOI_MODE_NS = 1 << 10, /* with security extensions, of non-secure state */
    CTLR_WRITABLE = GROUP0 | GROUP1 | CTLR_ACK_CTL | CTLR_FIQ_EN | CTLR_CBPR | CTLR_EOI_MODE,
};

typedef struct Interface {
    uint32_t control;
    uint32_t priority_mask;
    uint32_t binary_point[2]; /* of group 0 and group 1 */
    uint32_t active_priorities[2]; /* bit n: an interrupt of level n is active; by group */
    uint8_t sgi_sources[NB_SGIS]; /* CPUs that have sent it */
    GICVirtual virtual;
} Interface;

struct ARMGICState {
    SysBusDevice parent_obj;

    MemoryRegion distributor, interface, hypervisor, guest;
    qemu_irq irq[ARM_GIC_MAX_CPUS], fiq[ARM_GIC_MAX_CPUS];
    qemu_irq virq[ARM_GIC_MAX_CPUS], vfiq[ARM_GIC_MAX_CPUS], maintenance[ARM_GIC_MAX_CPUS];
    uint32_t num_cpu, num_irq; /* properties */
    bool security, virtualization;
    bool start_nonsecure; /* a reset leaves all to non-secure state, as firmware does */

    uint32_t control; /* GICD_CTLR */
    GICBank own[ARM_GIC_MAX_CPUS];
    GICBank shared[MAX_SHARED];
    Interface cpus[ARM_GIC_MAX_CPUS];
};

static GICBank *bank_of(ARMGICState *s, unsigned cpu, unsigned irq)
{
    return irq < ARM_GIC_PRIVATE ? &s->own[cpu] : &s->shared[irq / 32 - 1];
}

/* ---- What is pending, and for whom ---- */

static bool is_target(const ARMGICState *s, const GICBank *b, unsigned irq, unsigned cpu)
{
    return irq < ARM_GIC_PRIVATE || (b->targets[irq % 32] >> cpu & 1);
}

/* The bits of a priority that count for preemption (3.3.3): the binary point cuts the rest off. */
static uint8_t group_priority(const Interface *c, uint8_t priority, bool group1)
{
    unsigned point =
        group1 && !(c->control & CTLR_CBPR) ? c->binary_point[1] - 1 : c->binary_point[0];

    return priority & (0xfeu << point);
}

static uint8_t running_priority(const Interface *c)
{
    uint32_t active = c->active_priorities[0] | c->active_priorities[1];

    return active ? ctz32(active) << 3 : IDLE_PRIORITY;
}

typedef struct Candidate {
    unsigned irq; /* SPURIOUS: none */
    uint8_t priority;
    bool group1;
} Candidate;

/* The most urgent interrupt that the distributor forwards to the CPU; of equals, the lowest number.
 */
static Candidate find_candidate(ARMGICState *s, unsigned cpu)
{
    Candidate best = { SPURIOUS, IDLE_PRIORITY, false };

    for (unsigned first = 0; first < s->num_irq; first += 32) {
        GICBank *b = bank_of(s, cpu, first);
        uint32_t groups =
            (s->control & GROUP0 ? ~b->group1 : 0) | (s->control & GROUP1 ? b->group1 : 0);

        for (uint32_t set = gic_bank_pending(b) & b->enabled & ~b->active & groups; set; set &= set - 1) {
            unsigned n = ctz32(set);

            if (b->priority[n] < best.priority && is_target(s, b, first + n, cpu)) {
                best = (Candidate){ first + n, b->priority[n], b->group1 >> n & 1 };
            }
        }
    }
    return best;
}

static bool is_enabled(const Interface *c, const Candidate *best)
{
    return c->control & (best->group1 ? GROUP1 : GROUP0);
}

/* Whether the interface signals it: urgent enough, and more so than what is being handled. */
static bool is_signalled(const Interface *c, const Candidate *best)
{
    uint8_t running = running_priority(c);

    return best->irq != SPURIOUS && is_enabled(c, best) && best->priority < c->priority_mask &&
           (running == IDLE_PRIORITY || group_priority(c, best->priority, best->group1) <
                                            group_priority(c, running, best->group1));
}

static void update(ARMGICState *s)
{
    for (unsigned cpu = 0; cpu < s->num_cpu; cpu++) {
        const Interface *c = &s->cpus[cpu];
        Candidate best = find_candidate(s, cpu);
        bool signalled = is_signalled(c, &best);
        bool fiq = signalled && !best.group1 && (c->control & CTLR_FIQ_EN);

        qemu_set_irq(s->fiq[cpu], fiq);
        qemu_set_irq(s->irq[cpu], signalled && !fiq);
    }
}

static void update_virtual(ARMGICState *s, unsigned cpu)
{
    const GICVirtual *v = &s->cpus[cpu].virtual;
    bool fiq, irq;

    gic_virtual_signals(v, &fiq, &irq);
    qemu_set_irq(s->vfiq[cpu], fiq);
    qemu_set_irq(s->virq[cpu], irq);
    qemu_set_irq(s->maintenance[cpu], gic_virtual_needs_maintenance(v));
}

/* ---- Inputs ---- */

static void set_line(ARMGICState *s, GICBank *b, unsigned n, bool level)
{
    if (gic_bank_set_line(b, n, level)) {
        update(s);
    }
}

static void set_spi(void *opaque, int n, int level)
{
    ARMGICState *s = opaque;

    set_line(s, &s->shared[n / 32], n % 32, level != 0);
}

static void set_ppi(void *opaque, int n, int level)
{
    ARMGICState *s = opaque;

    if (n % 32 >= NB_SGIS) {
        set_line(s, &s->own[n / 32], n % 32, level != 0);
    }
}

/* ---- Acknowledging and ending ---- */

static unsigned current_number(ARMGICState *s)
{
    return current_cpu ? MIN((unsigned)current_cpu->cpu_index, s->num_cpu - 1) : 0;
}

/* Of a software-generated interrupt one sender is served at a time. */
static uint32_t take_sgi(Interface *c, GICBank *b, unsigned irq)
{
    unsigned source = ctz32(c->sgi_sources[irq]);

    c->sgi_sources[irq] &= c->sgi_sources[irq] - 1;
    if (c->sgi_sources[irq]) {
        b->latched |= 1u << irq;
    }
    return irq | source << 10;
}

/* Which security state an access is of: non-secure ones see group 1 only. */
static bool is_outsider(const ARMGICState *s, MemTxAttrs attrs)
{
    return s->security && !attrs.secure;
}

/* group1_alias: by a register that is about group 1, as all are to outsiders. */
static uint32_t acknowledge(ARMGICState *s, unsigned cpu, bool group1_alias, bool outsider)
{
    Interface *c = &s->cpus[cpu];
    Candidate best = find_candidate(s, cpu);
    GICBank *b = bank_of(s, cpu, MIN(best.irq, s->num_irq - 1));
    uint32_t bit = 1u << (best.irq % 32);

    if (!is_signalled(c, &best)) {
        return SPURIOUS;
    }
    if (best.group1 != group1_alias && !(best.group1 && (c->control & CTLR_ACK_CTL))) {
        /* 1022: there is one, of the other group */
        return best.group1 && !outsider ? SPURIOUS - 1 : SPURIOUS;
    }
    b->active |= bit;
    b->latched &= ~bit;
    c->active_priorities[best.group1] |=
        1u << (group_priority(c, best.priority, best.group1) >> 3);
    if (best.irq < NB_SGIS && c->sgi_sources[best.irq]) {
        best.irq = take_sgi(c, b, best.irq);
    }
    update(s);
    return best.irq;
}

static void deactivate(ARMGICState *s, unsigned cpu, unsigned irq)
{
    bank_of(s, cpu, irq)->active &= ~(1u << (irq % 32));
}

/* The running priority drops to that of what was interrupted. */
static void end(ARMGICState *s, unsigned cpu, uint32_t value, bool group1_alias, bool outsider)
{
    const uint32_t mode = outsider ? CTLR_EOI_MODE_NS : CTLR_EOI_MODE;
    Interface *c = &s->cpus[cpu];
    unsigned irq = value & 0x3ff, group = group1_alias;

    if (irq >= s->num_irq) {
        return; /* spurious */
    }
    if (outsider && !(bank_of(s, cpu, irq)->group1 >> (irq % 32) & 1)) {
        return;
    }
    if (c->control & CTLR_ACK_CTL && !c->active_priorities[0] && !outsider) {
        group = 1;
    }
    if (!c->active_priorities[group]) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "arm_gic: GICC_EOIR: interrupt %u ended, but none is active\n", irq);
        return;
    }
    c->active_priorities[group] &= c->active_priorities[group] - 1;
    if (!(c->control & mode)) {
        deactivate(s, cpu, irq);
    }
    update(s);
}

/* ---- CPU interface ---- */

static uint32_t highest_pending(ARMGICState *s, unsigned cpu, bool group1_alias, bool outsider)
{
    Candidate best = find_candidate(s, cpu);

    if (best.irq == SPURIOUS || !is_enabled(&s->cpus[cpu], &best)) {
        return SPURIOUS;
    }
    if (best.group1 != group1_alias && !(best.group1 && (s->cpus[cpu].control & CTLR_ACK_CTL))) {
        return best.group1 && !outsider ? SPURIOUS - 1 : SPURIOUS;
    }
    return best.irq < NB_SGIS && s->cpus[cpu].sgi_sources[best.irq]
               ? best.irq | (uint32_t)ctz32(s->cpus[cpu].sgi_sources[best.irq]) << 10
               : best.irq;
}

/* Non-secure state has the lower half of priorities, and takes it for all (3.8.4). */
static uint8_t shown_priority(uint8_t priority, bool outsider)
{
    return !outsider || priority == IDLE_PRIORITY ? priority : priority & 0x80 ? priority << 1 : 0;
}

/* GICC_CTLR as non-secure state has it: of what it controls, the enable is bit 0. */
static uint32_t outsiders_control(const Interface *c)
{
    return (c->control & GROUP1 ? 1 : 0) | (c->control & CTLR_EOI_MODE_NS ? CTLR_EOI_MODE : 0);
}

static void write_control(ARMGICState *s, Interface *c, uint32_t value, bool outsider)
{
    const uint32_t theirs = GROUP1 | CTLR_EOI_MODE_NS;

    if (outsider) {
        c->control = (c->control & ~theirs) | (value & 1 ? GROUP1 : 0) |
                     (value & CTLR_EOI_MODE ? CTLR_EOI_MODE_NS : 0);
    } else {
        c->control = value & (CTLR_WRITABLE | (s->security ? CTLR_EOI_MODE_NS : 0));
    }
}

/* Registers for one group are to outsiders those for group 1, which they have no others of. */
static hwaddr seen_offset(hwaddr offset, bool outsider)
{
    static const struct { uint16_t of, as; } seen[] = {
        { GICC_BPR, GICC_ABPR }, { GICC_IAR, GICC_AIAR },     { GICC_EOIR, GICC_AEOIR },
        { GICC_HPPIR, GICC_AHPPIR }, { GICC_APR0, GICC_NSAPR0 },
    };

    for (size_t i = 0; outsider && i < ARRAY_SIZE(seen); i++) {
        if (seen[i].of == offset) {
            return seen[i].as;
        }
    }
    return offset;
}

static uint64_t interface_value(ARMGICState *s, unsigned cpu, hwaddr offset, bool outsider)
{
    Interface *c = &s->cpus[cpu];

    offset = seen_offset(offset, outsider);
    switch (offset) {
    case GICC_CTLR:
        return outsider ? outsiders_control(c) : c->control;
    case GICC_PMR:
        return shown_priority(c->priority_mask, outsider);
    case GICC_BPR:
        return c->binary_point[0];
    case GICC_ABPR:
        return c->binary_point[1];
    case GICC_IAR:
    case GICC_AIAR:
        return acknowledge(s, cpu, offset == GICC_AIAR, outsider);
    case GICC_RPR:
        return shown_priority(running_priority(c), outsider);
    case GICC_HPPIR:
    case GICC_AHPPIR:
        return highest_pending(s, cpu, offset == GICC_AHPPIR, outsider);
    case GICC_APR0:
        return c->active_priorities[0];
    case GICC_NSAPR0:
        return c->active_priorities[1];
    case GICC_IIDR:
        return GICC_IIDR_VALUE;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "arm_gic: read of CPU interface offset 0x%" HWADDR_PRIx
                      ": no register\n", offset);
        return 0;
    }
}

static MemTxResult interface_read(void *opaque, hwaddr offset, uint64_t *value, unsigned size,
                                  MemTxAttrs attrs)
{
    ARMGICState *s = opaque;

    *value = interface_value(s, current_number(s), offset, is_outsider(s, attrs));
    return MEMTX_OK;
}

/* Five bits of priority: the binary points are at least 2 and 3 (GIC-400 TRM 3.3). */
static uint32_t binary_point(uint32_t value, unsigned least)
{
    return MAX(value & 7, least);
}

static void write_priority_mask(Interface *c, uint8_t value, bool outsider)
{
    if (!outsider) {
        c->priority_mask = value & GIC_PRIORITY_MASK;
    } else if (c->priority_mask & 0x80) { /* the upper half is out of reach */
        c->priority_mask = (value >> 1 | 0x80) & GIC_PRIORITY_MASK;
    }
}

static void write_deactivate(ARMGICState *s, unsigned cpu, unsigned irq, bool outsider)
{
    uint32_t mode = outsider ? CTLR_EOI_MODE_NS : CTLR_EOI_MODE;

    if (!(s->cpus[cpu].control & mode) || irq >= s->num_irq) {
        qemu_log_mask(LOG_GUEST_ERROR, "arm_gic: GICC_DIR: needs GICC_CTLR.EOImode and the number of "
                      "an interrupt\n");
    } else if (!outsider || (bank_of(s, cpu, irq)->group1 >> (irq % 32) & 1)) {
        deactivate(s, cpu, irq);
    }
}

static MemTxResult interface_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                                   MemTxAttrs attrs)
{
    ARMGICState *s = opaque;
    unsigned cpu = current_number(s);
    Interface *c = &s->cpus[cpu];
    bool outsider = is_outsider(s, attrs);

    offset = seen_offset(offset, outsider);
    switch (offset) {
    case GICC_CTLR:
        write_control(s, c, value, outsider);
        break;
    case GICC_PMR:
        write_priority_mask(c, value, outsider);
        break;
    case GICC_BPR:
        c->binary_point[0] = binary_point(value, 2);
        break;
    case GICC_ABPR:
        c->binary_point[1] = binary_point(value, 3);
        break;
    case GICC_EOIR:
    case GICC_AEOIR:
        end(s, cpu, value, offset == GICC_AEOIR, outsider);
        return MEMTX_OK;
    case GICC_DIR:
        write_deactivate(s, cpu, value & 0x3ff, outsider);
        break;
    case GICC_APR0:
        c->active_priorities[0] = value;
        break;
    case GICC_NSAPR0:
        c->active_priorities[1] = value;
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "arm_gic: write of CPU interface offset 0x%" HWADDR_PRIx
                      ": no register, or read-only\n", offset);
        return MEMTX_OK;
    }
    update(s);
    return MEMTX_OK;
}

/* ---- Virtual interface (gicv2-virtual.c) ---- */

/* Of a hypervisor's registers the CPU that accesses them has its own at 0; from here on all have theirs. */
enum { CPU_FRAMES = 0x1000, CPU_FRAME_SHIFT = 9 };

static unsigned number_of_frame(ARMGICState *s, hwaddr offset)
{
    return offset < CPU_FRAMES ? current_number(s)
                               : MIN(offset >> CPU_FRAME_SHIFT & 7, s->num_cpu - 1);
}

static hwaddr offset_in_frame(hwaddr offset)
{
    return offset & ((1u << CPU_FRAME_SHIFT) - 1);
}

static uint64_t hypervisor_read(void *opaque, hwaddr offset, unsigned size)
{
    ARMGICState *s = opaque;

    return gicv2_hypervisor_read(&s->cpus[number_of_frame(s, offset)].virtual,
                                 offset_in_frame(offset));
}

static void hypervisor_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    ARMGICState *s = opaque;
    unsigned cpu = number_of_frame(s, offset);

    gicv2_hypervisor_write(&s->cpus[cpu].virtual, offset_in_frame(offset), value);
    update_virtual(s, cpu);
}

static uint64_t guest_read(void *opaque, hwaddr offset, unsigned size)
{
    ARMGICState *s = opaque;
    unsigned cpu = current_number(s);
    uint32_t value = gicv2_guest_read(&s->cpus[cpu].virtual, offset);

    update_virtual(s, cpu);
    return value;
}

static void guest_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    ARMGICState *s = opaque;
    unsigned cpu = current_number(s);
    uint32_t ended = gicv2_guest_write(&s->cpus[cpu].virtual, offset, value);

    if (ended < s->num_irq) { /* one of hardware, which the guest's stood for */
        deactivate(s, cpu, ended);
        update(s);
    }
    update_virtual(s, cpu);
}

/* ---- Distributor ---- */

/* One byte of a range. */
static uint8_t range_read(ARMGICState *s, const GICRange *r, unsigned cpu, unsigned offset,
                          bool outsider)
{
    unsigned irq = gic_range_interrupt(r, offset);

    if (irq >= s->num_irq) {
        return 0;
    }
    if (outsider && (!gic_range_is_targets(r) || !(bank_of(s, cpu, irq)->group1 >> (irq % 32) & 1))) {
        return gic_range_read_outside(r, bank_of(s, cpu, irq), irq % 32);
    }
    if (gic_range_is_targets(r)) {
        if (irq < ARM_GIC_PRIVATE) {
            return 1u << cpu; /* a private interrupt's target is who asks */
        }
        if (s->num_cpu == 1) {
            return 0;
        }
    }
    return gic_range_read(r, bank_of(s, cpu, irq), irq % 32);
}

static void range_write(ARMGICState *s, const GICRange *r, unsigned cpu, unsigned offset,
                        uint8_t value, bool outsider)
{
    unsigned irq = gic_range_interrupt(r, offset);
    uint32_t fixed = irq < ARM_GIC_PRIVATE ? r->own_fixed : 0;

    if (irq >= s->num_irq) {
        return;
    }
    if (gic_range_is_targets(r)) {
        if (irq < ARM_GIC_PRIVATE || s->num_cpu == 1) {
            return;
        }
        value &= (1u << s->num_cpu) - 1;
    }
    (outsider ? gic_range_write_outside : gic_range_write)(r, bank_of(s, cpu, irq), irq % 32, value,
                                                           fixed);
}

enum {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_IIDR = 0x008,
    GICD_PPISR = 0xd00,
    GICD_SPISR = 0xd04,
    GICD_SGIR = 0xf00,
    GICD_CPENDSGIR = 0xf10,
    GICD_SPENDSGIR = 0xf20,
    GICD_ID = 0xfd0,
};

/* Peripheral and component identification of the GIC-400, a byte in each word from fd0 on. */
static const uint8_t identification[] = {
    0x04, 0x00, 0x00, 0x00, 0x90, 0xb4, 0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1,
};

/*
 * SGIR: to whom (TargetListFilter): the list, all others, or the sender. With security extensions it is
 * sent where the target has it in the group that is asked for (NSATT), non-secure state to group 1 only.
 */
static void send_sgi(ARMGICState *s, unsigned cpu, uint32_t value, bool outsider)
{
    bool group1 = outsider || (value >> 15 & 1);
    unsigned irq = value & 0xf, all = (1u << s->num_cpu) - 1;
    unsigned targets[] = { value >> 16 & all, all & ~(1u << cpu), 1u << cpu, 0 };
    unsigned set = targets[value >> 24 & 3];

    if ((value >> 24 & 3) == 3) {
        qemu_log_mask(LOG_GUEST_ERROR, "arm_gic: GICD_SGIR: TargetListFilter 3 is reserved\n");
    }
    for (; set; set &= set - 1) {
        unsigned target = ctz32(set);

        if (s->security && (s->own[target].group1 >> irq & 1) != group1) {
            continue;
        }
        s->cpus[target].sgi_sources[irq] |= 1u << cpu;
        s->own[target].latched |= 1u << irq;
    }
}

/* Of software-generated interrupts others than secure state have group 1's only. */
static bool may_see_sgi(const ARMGICState *s, unsigned cpu, unsigned irq, bool outsider)
{
    return !outsider || (s->own[cpu].group1 >> irq & 1);
}

static uint8_t read_sgi_sources(const ARMGICState *s, unsigned cpu, unsigned irq, bool outsider)
{
    return may_see_sgi(s, cpu, irq, outsider) ? s->cpus[cpu].sgi_sources[irq] : 0;
}

static void change_sgi_sources(ARMGICState *s, unsigned cpu, unsigned irq, uint8_t sources,
                               bool set, bool outsider)
{
    uint8_t *field = &s->cpus[cpu].sgi_sources[irq];

    if (!may_see_sgi(s, cpu, irq, outsider)) {
        return;
    }
    *field = set ? *field | (sources & ((1u << s->num_cpu) - 1)) : *field & ~sources;
    s->own[cpu].latched = (s->own[cpu].latched & ~(1u << irq)) | (uint32_t)(*field != 0) << irq;
}

/* PPISR and SPISR: the lines. */
static uint32_t line_status(ARMGICState *s, unsigned cpu, hwaddr offset, bool outsider)
{
    unsigned n = (offset - GICD_PPISR) / 4;
    const GICBank *b = n < s->num_irq / 32 ? bank_of(s, cpu, n * 32) : NULL;
    uint32_t lines = b ? b->line & (outsider ? b->group1 : UINT32_MAX) : 0;

    return n == 0 ? lines >> 16 : lines;
}

static uint32_t word_read(ARMGICState *s, unsigned cpu, hwaddr offset, bool outsider)
{
    if (offset >= GICD_ID) {
        return identification[(offset - GICD_ID) / 4];
    }
    if (offset >= GICD_PPISR && offset < GICD_PPISR + 4 * 32) {
        return line_status(s, cpu, offset, outsider);
    }
    switch (offset) {
    case GICD_CTLR:
        return outsider ? s->control >> 1 : s->control;
    case GICD_TYPER:
        return (s->num_irq / 32 - 1) | (s->num_cpu - 1) << 5 | (uint32_t)s->security << 10;
    case GICD_IIDR:
        return GIC400_IIDR;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "arm_gic: read of distributor offset 0x%" HWADDR_PRIx
                      ": no register, or write-only\n", offset);
        return 0;
    }
}

static bool is_sgi_range(hwaddr offset)
{
    return offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + NB_SGIS;
}

static MemTxResult distributor_read(void *opaque, hwaddr offset, uint64_t *value, unsigned size,
                                    MemTxAttrs attrs)
{
    ARMGICState *s = opaque;
    unsigned cpu = current_number(s);
    const GICRange *r = gic_find_range(offset);
    bool outsider = is_outsider(s, attrs);

    *value = 0;
    if (!r && !is_sgi_range(offset)) {
        *value = word_read(s, cpu, offset & ~3ull, outsider) >> (8 * (offset & 3));
        return MEMTX_OK;
    }
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = r ? range_read(s, r, cpu, offset - r->base + i, outsider)
                         : read_sgi_sources(s, cpu, (offset + i) & 0xf, outsider);

        *value |= (uint64_t)byte << (8 * i);
    }
    return MEMTX_OK;
}

static void word_write(ARMGICState *s, unsigned cpu, hwaddr offset, uint32_t value, bool outsider)
{
    switch (offset) {
    case GICD_CTLR:
        s->control = outsider ? (s->control & ~GROUP1) | (value & 1 ? GROUP1 : 0)
                              : value & (GROUP0 | GROUP1);
        break;
    case GICD_SGIR:
        send_sgi(s, cpu, value, outsider);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "arm_gic: write of distributor offset 0x%" HWADDR_PRIx
                      ": no register, or read-only\n", offset);
    }
}

static MemTxResult distributor_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                                     MemTxAttrs attrs)
{
    ARMGICState *s = opaque;
    unsigned cpu = current_number(s);
    const GICRange *r = gic_find_range(offset);
    bool outsider = is_outsider(s, attrs);

    if (r || is_sgi_range(offset)) {
        for (unsigned i = 0; i < size; i++) {
            if (r) {
                range_write(s, r, cpu, offset - r->base + i, value >> (8 * i), outsider);
            } else {
                change_sgi_sources(s, cpu, (offset + i) & 0xf, value >> (8 * i),
                                   offset >= GICD_SPENDSGIR, outsider);
            }
        }
    } else {
        word_write(s, cpu, offset & ~3ull, value << (8 * (offset & 3)), outsider);
    }
    update(s);
    return MEMTX_OK;
}

static const MemoryRegionOps distributor_ops = {
    .read_with_attrs = distributor_read,
    .write_with_attrs = distributor_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

static const MemoryRegionOps interface_ops = {
    .read_with_attrs = interface_read,
    .write_with_attrs = interface_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static const MemoryRegionOps hypervisor_ops = {
    .read = hypervisor_read,
    .write = hypervisor_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static const MemoryRegionOps guest_ops = {
    .read = guest_read,
    .write = guest_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- The device ---- */

static void arm_gic_reset(DeviceState *dev)
{
    ARMGICState *s = ARM_GIC(dev);

    s->control = 0;
    for (unsigned i = 0; i < s->num_cpu; i++) {
        gic_bank_reset(&s->own[i]);
        s->own[i].enabled = s->own[i].edge = GIC_SGIS;
        s->cpus[i] = (Interface){ .binary_point = { 2, 3 } };
        if (s->security && s->start_nonsecure) {
            s->own[i].group1 = UINT32_MAX;
            s->cpus[i].priority_mask = GIC_PRIORITY_MASK;
        }
    }
    for (unsigned i = 0; i < MAX_SHARED; i++) {
        gic_bank_reset(&s->shared[i]);
        if (s->num_cpu == 1) { /* there is no choice */
            memset(s->shared[i].targets, 1, sizeof(s->shared[i].targets));
        }
        s->shared[i].group1 = s->security && s->start_nonsecure ? UINT32_MAX : 0;
    }
    for (unsigned i = 0; i < ARM_GIC_MAX_CPUS; i++) { /* snapshots have all of them */
        gic_virtual_reset(&s->cpus[i].virtual);
    }
    update(s);
    for (unsigned i = 0; i < s->num_cpu; i++) {
        update_virtual(s, i);
    }
}

static void arm_gic_realize(DeviceState *dev, Error **errp)
{
    ARMGICState *s = ARM_GIC(dev);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    if (s->num_cpu < 1 || s->num_cpu > ARM_GIC_MAX_CPUS) {
        error_setg(errp, "num-cpu is %u, expected 1 to %d", s->num_cpu, ARM_GIC_MAX_CPUS);
        return;
    }
    if (s->num_irq < 64 || s->num_irq > 1024 || s->num_irq % 32) {
        error_setg(errp, "num-irq is %u, expected a multiple of 32 from 64 to 1024", s->num_irq);
        return;
    }
    for (unsigned i = 0; i < s->num_cpu; i++) {
        sysbus_init_irq(sbd, &s->irq[i]);
    }
    for (unsigned i = 0; i < s->num_cpu; i++) {
        sysbus_init_irq(sbd, &s->fiq[i]);
    }
    if (s->virtualization) {
        qemu_irq *const outputs[] = { s->virq, s->vfiq, s->maintenance };

        for (unsigned i = 0; i < ARRAY_SIZE(outputs) * s->num_cpu; i++) {
            sysbus_init_irq(sbd, &outputs[i / s->num_cpu][i % s->num_cpu]);
        }
        memory_region_init_io(&s->hypervisor, OBJECT(s), &hypervisor_ops, s, "gic_viface",
                              ARM_GIC_HYPERVISOR_SIZE);
        memory_region_init_io(&s->guest, OBJECT(s), &guest_ops, s, "gic_vcpu",
                              ARM_GIC_INTERFACE_SIZE);
        sysbus_init_mmio(sbd, &s->hypervisor);
        sysbus_init_mmio(sbd, &s->guest);
    }
    qdev_init_gpio_in_named(dev, set_spi, ARM_GIC_SPI_IN, s->num_irq - ARM_GIC_PRIVATE);
    qdev_init_gpio_in_named(dev, set_ppi, ARM_GIC_PPI_IN, s->num_cpu * 32);
}

static void arm_gic_init(Object *obj)
{
    ARMGICState *s = ARM_GIC(obj);

    memory_region_init_io(&s->distributor, obj, &distributor_ops, s, "gic_dist",
                          ARM_GIC_DISTRIBUTOR_SIZE);
    memory_region_init_io(&s->interface, obj, &interface_ops, s, "gic_cpu", ARM_GIC_INTERFACE_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->distributor);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->interface);
}

static const VMStateDescription vmstate_interface = {
    .name = "arm_gic-interface",
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(control, Interface),
        VMSTATE_UINT32(priority_mask, Interface),
        VMSTATE_UINT32_ARRAY(binary_point, Interface, 2),
        VMSTATE_UINT32_ARRAY(active_priorities, Interface, 2),
        VMSTATE_UINT8_ARRAY(sgi_sources, Interface, NB_SGIS),
        VMSTATE_STRUCT(virtual, Interface, 1, vmstate_gic_virtual, GICVirtual),
        VMSTATE_END_OF_LIST(),
    },
};

/* Numbers from outside that are used as shifts have to be ones that can be written. */
static int arm_gic_post_load(void *opaque, int version_id)
{
    ARMGICState *s = opaque;

    for (unsigned i = 0; i < s->num_cpu; i++) {
        const uint32_t *points = s->cpus[i].binary_point;

        if (points[0] != binary_point(points[0], 2) || points[1] != binary_point(points[1], 3)) {
            return -EINVAL;
        }
    }
    update(s);
    for (unsigned i = 0; i < s->num_cpu; i++) {
        update_virtual(s, i);
    }
    return 0;
}

static const VMStateDescription vmstate_arm_gic = {
    .name = TYPE_ARM_GIC,
    .version_id = 2,
    .minimum_version_id = 2,
    .post_load = arm_gic_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(control, ARMGICState),
        VMSTATE_STRUCT_ARRAY(own, ARMGICState, ARM_GIC_MAX_CPUS, 1, vmstate_gic_bank, GICBank),
        VMSTATE_STRUCT_ARRAY(shared, ARMGICState, MAX_SHARED, 1, vmstate_gic_bank, GICBank),
        VMSTATE_STRUCT_ARRAY(cpus, ARMGICState, ARM_GIC_MAX_CPUS, 1, vmstate_interface, Interface),
        VMSTATE_END_OF_LIST(),
    },
};

static Property arm_gic_properties[] = {
    DEFINE_PROP_UINT32("num-cpu", ARMGICState, num_cpu, 1),
    DEFINE_PROP_UINT32("num-irq", ARMGICState, num_irq, 96),
    DEFINE_PROP_BOOL("has-security-extensions", ARMGICState, security, false),
    DEFINE_PROP_BOOL("has-virtualization-extensions", ARMGICState, virtualization, false),
    DEFINE_PROP_BOOL("start-nonsecure", ARMGICState, start_nonsecure, false),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits arm_gic_traits = {
    .desc = "Arm generic interrupt controller, version 2",
    .realize = arm_gic_realize,
    .reset = arm_gic_reset,
    .state = &vmstate_arm_gic,
    .properties = arm_gic_properties,
};

static const TypeInfo arm_gic_types[] = {
    {
        .name = TYPE_ARM_GIC,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ARMGICState),
        .instance_init = arm_gic_init,
        .class_init = device_class_init_traits,
        .class_data = (void *)&arm_gic_traits,
    },
};

DEFINE_TYPES(arm_gic_types)
