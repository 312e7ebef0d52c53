/*
 * GICv2: generic interrupt controller, as the GIC-400 has it without security extensions.
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
#include "hw/intc/arm_gic.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(ARMGICState, ARM_GIC)

#define NB_SGIS       16
#define MAX_SHARED    31   /* banks */
#define SPURIOUS      1023
#define IDLE_PRIORITY 0xff
#define GIC400_IIDR   0x0200143b /* GIC-400 r0p1, Arm */
#define INTERFACE_IIDR 0x0202143b

enum { GROUP0 = 1, GROUP1 = 2 }; /* GICD_CTLR, GICC_CTLR: enables */

enum {
    CTLR_ACK_CTL = 1 << 2,
    CTLR_FIQ_EN = 1 << 3,
    CTLR_CBPR = 1 << 4,
    CTLR_EOI_MODE = 1 << 9,
    CTLR_WRITABLE = GROUP0 | GROUP1 | CTLR_ACK_CTL | CTLR_FIQ_EN | CTLR_CBPR | CTLR_EOI_MODE,
};

typedef struct Interface {
    uint32_t control;
    uint32_t priority_mask;
    uint32_t binary_point[2]; /* of group 0 and group 1 */
    uint32_t active_priorities[2]; /* bit n: an interrupt of level n is active; by group */
    uint8_t sgi_sources[NB_SGIS]; /* CPUs that have sent it */
} Interface;

struct ARMGICState {
    SysBusDevice parent_obj;

    MemoryRegion distributor, interface;
    qemu_irq irq[ARM_GIC_MAX_CPUS], fiq[ARM_GIC_MAX_CPUS];
    uint32_t num_cpu, num_irq; /* properties */

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

static uint32_t acknowledge(ARMGICState *s, unsigned cpu, bool group1_alias)
{
    Interface *c = &s->cpus[cpu];
    Candidate best = find_candidate(s, cpu);
    GICBank *b = bank_of(s, cpu, MIN(best.irq, s->num_irq - 1));
    uint32_t bit = 1u << (best.irq % 32);

    if (!is_signalled(c, &best)) {
        return SPURIOUS;
    }
    if (best.group1 != group1_alias && !(best.group1 && (c->control & CTLR_ACK_CTL))) {
        return best.group1 ? SPURIOUS - 1 : SPURIOUS; /* 1022: there is one, of the other group */
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
static void end(ARMGICState *s, unsigned cpu, uint32_t value, bool group1_alias)
{
    Interface *c = &s->cpus[cpu];
    unsigned irq = value & 0x3ff, group = group1_alias;

    if (irq >= s->num_irq) {
        return; /* spurious */
    }
    if (c->control & CTLR_ACK_CTL && !c->active_priorities[0]) {
        group = 1;
    }
    if (!c->active_priorities[group]) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "arm_gic: GICC_EOIR: interrupt %u ended, but none is active\n", irq);
        return;
    }
    c->active_priorities[group] &= c->active_priorities[group] - 1;
    if (!(c->control & CTLR_EOI_MODE)) {
        deactivate(s, cpu, irq);
    }
    update(s);
}

/* ---- CPU interface ---- */

enum {
    GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_BPR = 0x08, GICC_IAR = 0x0c, GICC_EOIR = 0x10,
    GICC_RPR = 0x14, GICC_HPPIR = 0x18, GICC_ABPR = 0x1c, GICC_AIAR = 0x20, GICC_AEOIR = 0x24,
    GICC_AHPPIR = 0x28, GICC_APR0 = 0xd0, GICC_NSAPR0 = 0xe0, GICC_IIDR = 0xfc, GICC_DIR = 0x1000,
};

static uint32_t highest_pending(ARMGICState *s, unsigned cpu, bool group1_alias)
{
    Candidate best = find_candidate(s, cpu);

    if (best.irq == SPURIOUS || !is_enabled(&s->cpus[cpu], &best)) {
        return SPURIOUS;
    }
    if (best.group1 != group1_alias && !(best.group1 && (s->cpus[cpu].control & CTLR_ACK_CTL))) {
        return best.group1 ? SPURIOUS - 1 : SPURIOUS;
    }
    return best.irq < NB_SGIS && s->cpus[cpu].sgi_sources[best.irq]
               ? best.irq | (uint32_t)ctz32(s->cpus[cpu].sgi_sources[best.irq]) << 10
               : best.irq;
}

static uint64_t interface_read(void *opaque, hwaddr offset, unsigned size)
{
    ARMGICState *s = opaque;
    unsigned cpu = current_number(s);
    Interface *c = &s->cpus[cpu];

    switch (offset) {
    case GICC_CTLR:
        return c->control;
    case GICC_PMR:
        return c->priority_mask;
    case GICC_BPR:
        return c->binary_point[0];
    case GICC_ABPR:
        return c->binary_point[1];
    case GICC_IAR:
    case GICC_AIAR:
        return acknowledge(s, cpu, offset == GICC_AIAR);
    case GICC_RPR:
        return running_priority(c);
    case GICC_HPPIR:
    case GICC_AHPPIR:
        return highest_pending(s, cpu, offset == GICC_AHPPIR);
    case GICC_APR0:
        return c->active_priorities[0];
    case GICC_NSAPR0:
        return c->active_priorities[1];
    case GICC_IIDR:
        return INTERFACE_IIDR;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "arm_gic: read of CPU interface offset 0x%" HWADDR_PRIx
                      ": no register\n", offset);
        return 0;
    }
}

/* Five bits of priority: the binary points are at least 2 and 3 (GIC-400 TRM 3.3). */
static uint32_t binary_point(uint32_t value, unsigned least)
{
    return MAX(value & 7, least);
}

static void interface_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    ARMGICState *s = opaque;
    unsigned cpu = current_number(s);
    Interface *c = &s->cpus[cpu];

    switch (offset) {
    case GICC_CTLR:
        c->control = value & CTLR_WRITABLE;
        break;
    case GICC_PMR:
        c->priority_mask = value & GIC_PRIORITY_MASK;
        break;
    case GICC_BPR:
        c->binary_point[0] = binary_point(value, 2);
        break;
    case GICC_ABPR:
        c->binary_point[1] = binary_point(value, 3);
        break;
    case GICC_EOIR:
    case GICC_AEOIR:
        end(s, cpu, value, offset == GICC_AEOIR);
        return;
    case GICC_DIR:
        if (!(c->control & CTLR_EOI_MODE) || (value & 0x3ff) >= s->num_irq) {
            qemu_log_mask(LOG_GUEST_ERROR,
                          "arm_gic: GICC_DIR: needs GICC_CTLR.EOImode and the number of "
                          "an interrupt\n");
            return;
        }
        deactivate(s, cpu, value & 0x3ff);
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
        return;
    }
    update(s);
}

/* ---- Distributor ---- */

/* One byte of a range. */
static uint8_t range_read(ARMGICState *s, const GICRange *r, unsigned cpu, unsigned offset)
{
    unsigned irq = gic_range_interrupt(r, offset);

    if (irq >= s->num_irq) {
        return 0;
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
                        uint8_t value)
{
    unsigned irq = gic_range_interrupt(r, offset);

    if (irq >= s->num_irq) {
        return;
    }
    if (gic_range_is_targets(r)) {
        if (irq < ARM_GIC_PRIVATE || s->num_cpu == 1) {
            return;
        }
        value &= (1u << s->num_cpu) - 1;
    }
    gic_range_write(r, bank_of(s, cpu, irq), irq % 32, value,
                    irq < ARM_GIC_PRIVATE ? r->own_fixed : 0);
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

/* SGIR: to whom (TargetListFilter): the list, all others, or the sender. */
static void send_sgi(ARMGICState *s, unsigned cpu, uint32_t value)
{
    unsigned irq = value & 0xf, all = (1u << s->num_cpu) - 1;
    unsigned targets[] = { value >> 16 & all, all & ~(1u << cpu), 1u << cpu, 0 };
    unsigned set = targets[value >> 24 & 3];

    if ((value >> 24 & 3) == 3) {
        qemu_log_mask(LOG_GUEST_ERROR, "arm_gic: GICD_SGIR: TargetListFilter 3 is reserved\n");
    }
    for (; set; set &= set - 1) {
        unsigned target = ctz32(set);

        s->cpus[target].sgi_sources[irq] |= 1u << cpu;
        s->own[target].latched |= 1u << irq;
    }
}

static void change_sgi_sources(ARMGICState *s, unsigned cpu, unsigned irq, uint8_t sources,
                               bool set)
{
    uint8_t *field = &s->cpus[cpu].sgi_sources[irq];

    *field = set ? *field | (sources & ((1u << s->num_cpu) - 1)) : *field & ~sources;
    s->own[cpu].latched = (s->own[cpu].latched & ~(1u << irq)) | (uint32_t)(*field != 0) << irq;
}

/* PPISR and SPISR: the lines. */
static uint32_t line_status(ARMGICState *s, unsigned cpu, hwaddr offset)
{
    unsigned n = (offset - GICD_PPISR) / 4;

    return n == 0 ? s->own[cpu].line >> 16 : n < s->num_irq / 32 ? s->shared[n - 1].line : 0;
}

static uint32_t word_read(ARMGICState *s, unsigned cpu, hwaddr offset)
{
    if (offset >= GICD_ID) {
        return identification[(offset - GICD_ID) / 4];
    }
    if (offset >= GICD_PPISR && offset < GICD_PPISR + 4 * 32) {
        return line_status(s, cpu, offset);
    }
    switch (offset) {
    case GICD_CTLR:
        return s->control;
    case GICD_TYPER:
        return (s->num_irq / 32 - 1) | (s->num_cpu - 1) << 5;
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

static uint64_t distributor_read(void *opaque, hwaddr offset, unsigned size)
{
    ARMGICState *s = opaque;
    unsigned cpu = current_number(s);
    const GICRange *r = gic_find_range(offset);
    uint64_t value = 0;

    if (!r && !is_sgi_range(offset)) {
        return word_read(s, cpu, offset & ~3ull) >> (8 * (offset & 3));
    }
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = r ? range_read(s, r, cpu, offset - r->base + i)
                         : s->cpus[cpu].sgi_sources[(offset + i) & 0xf];

        value |= (uint64_t)byte << (8 * i);
    }
    return value;
}

static void word_write(ARMGICState *s, unsigned cpu, hwaddr offset, uint32_t value)
{
    switch (offset) {
    case GICD_CTLR:
        s->control = value & (GROUP0 | GROUP1);
        break;
    case GICD_SGIR:
        send_sgi(s, cpu, value);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "arm_gic: write of distributor offset 0x%" HWADDR_PRIx
                      ": no register, or read-only\n", offset);
    }
}

static void distributor_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    ARMGICState *s = opaque;
    unsigned cpu = current_number(s);
    const GICRange *r = gic_find_range(offset);

    if (r || is_sgi_range(offset)) {
        for (unsigned i = 0; i < size; i++) {
            if (r) {
                range_write(s, r, cpu, offset - r->base + i, value >> (8 * i));
            } else {
                change_sgi_sources(s, cpu, (offset + i) & 0xf, value >> (8 * i),
                                   offset >= GICD_SPENDSGIR);
            }
        }
    } else {
        word_write(s, cpu, offset & ~3ull, value << (8 * (offset & 3)));
    }
    update(s);
}

static const MemoryRegionOps distributor_ops = {
    .read = distributor_read,
    .write = distributor_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

static const MemoryRegionOps interface_ops = {
    .read = interface_read,
    .write = interface_write,
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
    }
    for (unsigned i = 0; i < MAX_SHARED; i++) {
        gic_bank_reset(&s->shared[i]);
        if (s->num_cpu == 1) { /* there is no choice */
            memset(s->shared[i].targets, 1, sizeof(s->shared[i].targets));
        }
    }
    update(s);
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
        VMSTATE_END_OF_LIST(),
    },
};

static int arm_gic_post_load(void *opaque, int version_id)
{
    update(opaque);
    return 0;
}

static const VMStateDescription vmstate_arm_gic = {
    .name = TYPE_ARM_GIC,
    .version_id = 1,
    .minimum_version_id = 1,
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
