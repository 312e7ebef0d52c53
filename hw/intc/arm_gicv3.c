/*
 * GICv3 with one security state and affinity routing: see hw/intc/arm_gicv3.h.
 *
 * The state is banks of 32 interrupts (gic-bank.h): one for each CPU, in its redistributor, and
 * those that all share, each of whose interrupts is routed to one CPU. What a CPU interface signals
 * is worked out after each change: group 0 as FIQ, group 1 as IRQ.
 *
 * Not here: the second security state, message-based interrupts (ITS, LPIs, GICD_SETSPI), 1-of-N
 * routing; the identification registers say so.
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, versions 3 and 4
 * (IHI 0069): chapters 4 (handling and prioritization), 12 (registers).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/qdev-properties.h"
#include "core/sysbus.h"
#include "gic-bank.h"
#include "hw/intc/arm_gicv3.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(ARMGICv3, ARM_GICV3)

#define FIRST_SHARED  32
#define MAX_SHARED    31 /* banks */
#define SPURIOUS      1023
#define IDLE_PRIORITY 0xff
#define IIDR          0x43b /* implementer: Arm */
#define AFFINITIES    0xff00ffffffull

enum { GROUP0 = 1, GROUP1 = 2 }; /* GICD_CTLR: enables */
enum { CTLR_ARE = 1 << 4, CTLR_DS = 1 << 6 };
enum { WAKER_SLEEP = 1 << 1, WAKER_CHILDREN_ASLEEP = 1 << 2 };
enum { ICC_CTLR_CBPR = 1 << 0, ICC_CTLR_EOI_MODE = 1 << 1 };

/* A CPU's redistributor and interface. */
typedef struct Redistributor {
    GICBank own;
    uint32_t waker;

    uint32_t control;         /* ICC_CTLR_EL1 */
    uint32_t priority_mask;
    uint32_t binary_point[2]; /* of group 0 and group 1 */
    uint32_t enabled[2];
    uint32_t active[2];       /* bit n: an interrupt of level n is active; by group */
} Redistributor;

struct ARMGICv3 {
    SysBusDevice parent_obj;

    MemoryRegion distributor, redistributors;
    ARMCPU *cpus[ARM_GICV3_MAX_CPUS];
    qemu_irq irq[ARM_GICV3_MAX_CPUS], fiq[ARM_GICV3_MAX_CPUS];
    unsigned cpus_added;
    uint32_t num_cpu, num_irq; /* properties */

    uint32_t control; /* GICD_CTLR: enables */
    GICBank shared[MAX_SHARED];
    uint64_t route[MAX_SHARED * 32]; /* GICD_IROUTER */
    Redistributor redist[ARM_GICV3_MAX_CPUS];
};

static GICBank *bank_of(ARMGICv3 *s, unsigned cpu, unsigned irq)
{
    return irq < FIRST_SHARED ? &s->redist[cpu].own : &s->shared[irq / 32 - 1];
}

static uint64_t affinity(const ARMGICv3 *s, unsigned cpu)
{
    return s->cpus[cpu]->mpidr & AFFINITIES;
}

/* ---- What is pending, and for whom ---- */

/* The bits of a priority that count for preemption (4.8.2): the binary point cuts the rest off. */
static uint8_t group_priority(const Redistributor *r, uint8_t priority, bool group1)
{
    unsigned point = group1 && !(r->control & ICC_CTLR_CBPR) ? r->binary_point[1] - 1
                                                             : r->binary_point[0];

    return priority & (0xfeu << point);
}

static uint8_t running_priority(const Redistributor *r)
{
    uint32_t active = r->active[0] | r->active[1];

    return active ? ctz32(active) << 3 : IDLE_PRIORITY;
}

typedef struct Candidate {
    unsigned irq; /* SPURIOUS: none */
    uint8_t priority;
    bool group1;
} Candidate;

/* The most urgent interrupt that is forwarded to the CPU; of equals, the lowest number. */
static Candidate find_candidate(ARMGICv3 *s, unsigned cpu)
{
    const uint32_t wanted = s->control & ((s->redist[cpu].enabled[0] ? GROUP0 : 0) |
                                          (s->redist[cpu].enabled[1] ? GROUP1 : 0));
    Candidate best = { SPURIOUS, IDLE_PRIORITY, false };

    for (unsigned first = 0; wanted && first < s->num_irq; first += 32) {
        const GICBank *b = bank_of(s, cpu, first);
        uint32_t groups = (wanted & GROUP0 ? ~b->group1 : 0) | (wanted & GROUP1 ? b->group1 : 0);

        for (uint32_t set = gic_bank_pending(b) & b->enabled & ~b->active & groups; set;
             set &= set - 1) {
            unsigned n = ctz32(set);

            if (b->priority[n] < best.priority &&
                (first < FIRST_SHARED || s->route[first - 32 + n] == affinity(s, cpu))) {
                best = (Candidate){ first + n, b->priority[n], b->group1 >> n & 1 };
            }
        }
    }
    return best;
}

/* Whether the interface signals it: urgent enough, and more so than what is being handled. */
static bool is_signalled(const Redistributor *r, const Candidate *best)
{
    uint8_t running = running_priority(r);

    return best->irq != SPURIOUS && best->priority < r->priority_mask &&
           (running == IDLE_PRIORITY || group_priority(r, best->priority, best->group1) <
                                            group_priority(r, running, best->group1));
}

static void update_cpu(ARMGICv3 *s, unsigned cpu)
{
    Candidate best = find_candidate(s, cpu);
    bool signalled = is_signalled(&s->redist[cpu], &best);

    qemu_set_irq(s->fiq[cpu], signalled && !best.group1);
    qemu_set_irq(s->irq[cpu], signalled && best.group1);
}

static void update(ARMGICv3 *s)
{
    for (unsigned cpu = 0; cpu < s->num_cpu; cpu++) {
        update_cpu(s, cpu);
    }
}

/* ---- Inputs ---- */

static void set_spi(void *opaque, int n, int level)
{
    ARMGICv3 *s = opaque;

    if (gic_bank_set_line(&s->shared[n / 32], n % 32, level != 0)) {
        update(s);
    }
}

static void set_ppi(void *opaque, int n, int level)
{
    ARMGICv3 *s = opaque;

    if (n % 32 >= 16 && gic_bank_set_line(&s->redist[n / 32].own, n % 32, level != 0)) {
        update_cpu(s, n / 32);
    }
}

/* ---- CPU interface ---- */

static uint64_t acknowledge(ARMGICv3 *s, unsigned cpu, bool group1)
{
    Redistributor *r = &s->redist[cpu];
    Candidate best = find_candidate(s, cpu);
    uint32_t bit = 1u << (best.irq % 32);
    GICBank *b;

    if (!is_signalled(r, &best) || best.group1 != group1) {
        return SPURIOUS;
    }
    b = bank_of(s, cpu, best.irq);
    b->active |= bit;
    b->latched &= ~bit;
    r->active[group1] |= 1u << (group_priority(r, best.priority, group1) >> 3);
    update_cpu(s, cpu);
    return best.irq;
}

static uint64_t highest_pending(ARMGICv3 *s, unsigned cpu, bool group1)
{
    Candidate best = find_candidate(s, cpu);

    return best.group1 == group1 ? best.irq : SPURIOUS;
}

/* A shared one may go to another CPU next. */
static void deactivate(ARMGICv3 *s, unsigned cpu, unsigned irq)
{
    bank_of(s, cpu, irq)->active &= ~(1u << (irq % 32));
    if (irq >= FIRST_SHARED) {
        update(s);
    }
}

/* The running priority drops to that of what was interrupted. */
static void end(ARMGICv3 *s, unsigned cpu, uint64_t value, bool group1)
{
    Redistributor *r = &s->redist[cpu];
    unsigned irq = value & 0xffffff;

    if (irq >= s->num_irq) {
        return; /* spurious */
    }
    if (!r->active[group1]) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "arm-gicv3: ICC_EOIR%d_EL1: interrupt %u ended, but none is active\n", group1,
                      irq);
        return;
    }
    r->active[group1] &= r->active[group1] - 1;
    if (!(r->control & ICC_CTLR_EOI_MODE)) {
        deactivate(s, cpu, irq);
    }
}

/* ICC_SGInR_EL1: to a list of CPUs in one cluster, or to all others. */
static void send_sgi(ARMGICv3 *s, unsigned cpu, uint64_t value, bool group1)
{
    uint32_t bit = 1u << extract64(value, 24, 4);
    uint64_t cluster = extract64(value, 48, 8) << 32 | extract64(value, 32, 8) << 16 |
                       extract64(value, 16, 8) << 8;
    unsigned range = extract64(value, 44, 4) * 16;
    bool others = value >> 40 & 1;

    for (unsigned i = 0; i < s->num_cpu; i++) {
        uint64_t place = affinity(s, i);
        unsigned aff0 = place & 0xff;
        bool listed = (place & ~0xffull) == cluster && aff0 >= range && aff0 < range + 16 &&
                      (value >> (aff0 - range) & 1);

        if ((others ? i != cpu : listed) && !(s->redist[i].own.group1 & bit) == !group1) {
            s->redist[i].own.latched |= bit;
            update_cpu(s, i);
        }
    }
}

/* 5 bits of priority, 16 bits of interrupt number, affinity 3 valid. */
#define ICC_CTLR_FIXED (4u << 8 | 1u << 15)

static uint64_t interface_read(void *opaque, unsigned cpu, const ARMGICAccess *access)
{
    unsigned reg = access->reg;
    ARMGICv3 *s = opaque;
    Redistributor *r = &s->redist[cpu];

    switch (reg) {
    case ICC_PMR:
        return r->priority_mask;
    case ICC_IAR0:
    case ICC_IAR1:
        return acknowledge(s, cpu, reg == ICC_IAR1);
    case ICC_HPPIR0:
    case ICC_HPPIR1:
        return highest_pending(s, cpu, reg == ICC_HPPIR1);
    case ICC_BPR0:
        return r->binary_point[0];
    case ICC_BPR1:
        return r->control & ICC_CTLR_CBPR ? MIN(r->binary_point[0] + 1, 7) : r->binary_point[1];
    case ICC_AP0R0:
    case ICC_AP1R0:
        return r->active[reg == ICC_AP1R0];
    case ICC_RPR:
        return running_priority(r);
    case ICC_CTLR:
        return r->control | ICC_CTLR_FIXED;
    case ICC_IGRPEN0:
    case ICC_IGRPEN1:
        return r->enabled[reg == ICC_IGRPEN1];
    default:
        return 0;
    }
}

static void interface_write(void *opaque, unsigned cpu, const ARMGICAccess *access, uint64_t value)
{
    unsigned reg = access->reg;
    ARMGICv3 *s = opaque;
    Redistributor *r = &s->redist[cpu];

    switch (reg) {
    case ICC_PMR:
        r->priority_mask = value & GIC_PRIORITY_MASK;
        break;
    case ICC_EOIR0:
    case ICC_EOIR1:
        end(s, cpu, value, reg == ICC_EOIR1);
        break;
    case ICC_DIR:
        if ((r->control & ICC_CTLR_EOI_MODE) && (value & 0xffffff) < s->num_irq) {
            deactivate(s, cpu, value & 0xffffff);
        }
        break;
    case ICC_BPR0:
        r->binary_point[0] = MAX(value & 7, 2);
        break;
    case ICC_BPR1:
        if (!(r->control & ICC_CTLR_CBPR)) {
            r->binary_point[1] = MAX(value & 7, 3);
        }
        break;
    case ICC_AP0R0:
    case ICC_AP1R0:
        r->active[reg == ICC_AP1R0] = value;
        break;
    case ICC_CTLR:
        r->control = value & (ICC_CTLR_CBPR | ICC_CTLR_EOI_MODE);
        break;
    case ICC_IGRPEN0:
    case ICC_IGRPEN1:
        r->enabled[reg == ICC_IGRPEN1] = value & 1;
        break;
    case ICC_SGI0R:
    case ICC_SGI1R:
        send_sgi(s, cpu, value, reg == ICC_SGI1R);
        return;
    default:
        return; /* ICC_ASGI1R: the other security state isn't there */
    }
    update_cpu(s, cpu);
}

static const ARMGICOps interface_ops = { .read = interface_read, .write = interface_write };

void arm_gicv3_add_cpu(DeviceState *gic, ARMCPU *cpu)
{
    ARMGICv3 *s = ARM_GICV3(gic);
    unsigned n = s->cpus_added++;

    g_assert(n < ARM_GICV3_MAX_CPUS);
    s->cpus[n] = cpu;
    s->irq[n] = qdev_get_gpio_in(DEVICE(cpu), ARM_CPU_IRQ);
    s->fiq[n] = qdev_get_gpio_in(DEVICE(cpu), ARM_CPU_FIQ);
    arm_cpu_set_gic(cpu, &interface_ops, s, n);
}

/* ---- Registers in memory ---- */

enum {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IIDR = 0x0008,
    GICD_IROUTER = 0x6000,
    ID_REGISTERS = 0xffd0,
};
enum {
    GICR_CTLR = 0x00,
    GICR_IIDR = 0x04,
    GICR_TYPER = 0x08,
    GICR_WAKER = 0x14,
    GICR_SGI_FRAME = 0x10000,
};
enum { TYPER_A3V = 1 << 24, TYPER_NO_1N = 1 << 25, TYPER_ID_BITS = 15 << 19 };

/* Peripheral and component identification, a byte in each word: architecture 3. */
static uint32_t identification(hwaddr offset, bool redistributor)
{
    static const uint8_t id[] = { 0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };
    unsigned n = (offset - ID_REGISTERS) / 4;

    return id[n] + (redistributor && n == 4);
}

/* Bytes of the ranges, of interrupts that are shared or the CPU's own. */
static bool has_range(ARMGICv3 *s, hwaddr offset, bool own)
{
    const GICRange *r = gic_find_range(offset);
    unsigned irq = r ? gic_range_interrupt(r, offset - r->base) : 0;

    return r && !gic_range_is_targets(r) && irq < s->num_irq && own == (irq < FIRST_SHARED);
}

static uint64_t ranges_read(ARMGICv3 *s, unsigned cpu, hwaddr offset, unsigned size, bool own)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size && has_range(s, offset + i, own); i++) {
        const GICRange *r = gic_find_range(offset + i);
        unsigned irq = gic_range_interrupt(r, offset + i - r->base);

        value |= (uint64_t)gic_range_read(r, bank_of(s, cpu, irq), irq % 32) << (8 * i);
    }
    return value;
}

static void ranges_write(ARMGICv3 *s, unsigned cpu, hwaddr offset, uint64_t value, unsigned size,
                         bool own)
{
    for (unsigned i = 0; i < size && has_range(s, offset + i, own); i++) {
        const GICRange *r = gic_find_range(offset + i);
        unsigned irq = gic_range_interrupt(r, offset + i - r->base);
        /* software-generated interrupts are edges */
        uint32_t fixed = own && r->kind == GIC_RANGE_CONFIG ? GIC_SGIS : 0;

        gic_range_write(r, bank_of(s, cpu, irq), irq % 32, value >> (8 * i), fixed);
    }
}

/* Which interrupt's router; false: no router is there. */
static bool find_route(ARMGICv3 *s, hwaddr offset, unsigned *n)
{
    *n = (offset - GICD_IROUTER) / 8 - FIRST_SHARED;
    return offset >= GICD_IROUTER + 8 * FIRST_SHARED && *n < s->num_irq - FIRST_SHARED;
}

static uint64_t distributor_read(void *opaque, hwaddr offset, unsigned size)
{
    ARMGICv3 *s = opaque;
    unsigned n;

    if (gic_find_range(offset)) {
        return ranges_read(s, 0, offset, size, false);
    }
    if (find_route(s, offset, &n)) {
        return s->route[n] >> (8 * (offset & 7));
    }
    if (offset >= ID_REGISTERS) {
        return identification(offset, false);
    }
    switch (offset) {
    case GICD_CTLR:
        return s->control | CTLR_ARE | CTLR_DS;
    case GICD_TYPER:
        return (s->num_irq / 32 - 1) | TYPER_ID_BITS | TYPER_A3V | TYPER_NO_1N;
    case GICD_IIDR:
        return IIDR;
    default:
        return 0; /* reserved: reads as zero */
    }
}

static void distributor_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    ARMGICv3 *s = opaque;
    unsigned n;

    if (gic_find_range(offset)) {
        ranges_write(s, 0, offset, value, size, false);
    } else if (find_route(s, offset, &n)) {
        unsigned shift = 8 * (offset & 7);

        s->route[n] = deposit64(s->route[n], shift, 8 * size, value) & AFFINITIES;
    } else if (offset == GICD_CTLR) {
        s->control = value & (GROUP0 | GROUP1);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "arm-gicv3: write of distributor offset 0x%" HWADDR_PRIx
                      ": no register, or read-only\n", offset);
        return;
    }
    update(s);
}

static uint64_t redistributor_type(const ARMGICv3 *s, unsigned cpu)
{
    uint64_t place = affinity(s, cpu);

    return (place >> 32 << 24 | (place & 0xffffff)) << 32 | cpu << 8 |
           (cpu + 1 == s->num_cpu) << 4;
}

static uint64_t redistributor_read(void *opaque, hwaddr addr, unsigned size)
{
    ARMGICv3 *s = opaque;
    unsigned cpu = addr / ARM_GICV3_REDISTRIBUTOR_SIZE;
    hwaddr offset = addr % ARM_GICV3_REDISTRIBUTOR_SIZE;

    if (offset >= GICR_SGI_FRAME) {
        return ranges_read(s, cpu, offset - GICR_SGI_FRAME, size, true);
    }
    if (offset >= ID_REGISTERS) {
        return identification(offset, true);
    }
    switch (offset) {
    case GICR_IIDR:
        return IIDR;
    case GICR_TYPER:
    case GICR_TYPER + 4:
        return redistributor_type(s, cpu) >> (8 * (offset & 7));
    case GICR_WAKER:
        return s->redist[cpu].waker;
    default:
        return 0;
    }
}

static void redistributor_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    ARMGICv3 *s = opaque;
    unsigned cpu = addr / ARM_GICV3_REDISTRIBUTOR_SIZE;
    hwaddr offset = addr % ARM_GICV3_REDISTRIBUTOR_SIZE;

    if (offset >= GICR_SGI_FRAME) {
        ranges_write(s, cpu, offset - GICR_SGI_FRAME, value, size, true);
        update_cpu(s, cpu);
    } else if (offset == GICR_WAKER) {
        s->redist[cpu].waker = value & WAKER_SLEEP ? WAKER_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
    }
}

#define REGISTERS(name)                                                                            \
    {                                                                                              \
        .read = name##_read,                                                                       \
        .write = name##_write,                                                                     \
        .endianness = DEVICE_LITTLE_ENDIAN,                                                        \
        .valid = { .min_access_size = 1, .max_access_size = 8 },                                   \
        .impl = { .min_access_size = 1, .max_access_size = 8 },                                    \
    }
static const MemoryRegionOps distributor_ops = REGISTERS(distributor);
static const MemoryRegionOps redistributor_ops = REGISTERS(redistributor);

/* ---- The device ---- */

static void arm_gicv3_reset(DeviceState *dev)
{
    ARMGICv3 *s = ARM_GICV3(dev);

    s->control = 0;
    for (unsigned i = 0; i < MAX_SHARED; i++) {
        gic_bank_reset(&s->shared[i]);
    }
    memset(s->route, 0, sizeof(s->route));
    for (unsigned i = 0; i < s->num_cpu; i++) {
        Redistributor *r = &s->redist[i];
        uint32_t line = r->own.line;

        *r = (Redistributor){ .own = { .line = line, .edge = GIC_SGIS },
                              .waker = WAKER_SLEEP | WAKER_CHILDREN_ASLEEP,
                              .binary_point = { 2, 3 } };
    }
    update(s);
}

static void arm_gicv3_realize(DeviceState *dev, Error **errp)
{
    ARMGICv3 *s = ARM_GICV3(dev);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    if (s->num_cpu < 1 || s->num_cpu > ARM_GICV3_MAX_CPUS || s->num_cpu != s->cpus_added) {
        error_setg(errp, "num-cpu is %u, expected 1 to %d, and as many CPUs as were added (%u)",
                   s->num_cpu, ARM_GICV3_MAX_CPUS, s->cpus_added);
        return;
    }
    if (s->num_irq < 64 || s->num_irq > 1024 || s->num_irq % 32) {
        error_setg(errp, "num-irq is %u, expected a multiple of 32 from 64 to 1024", s->num_irq);
        return;
    }
    memory_region_init_io(&s->distributor, OBJECT(s), &distributor_ops, s, "gicv3_dist",
                          ARM_GICV3_DISTRIBUTOR_SIZE);
    memory_region_init_io(&s->redistributors, OBJECT(s), &redistributor_ops, s,
                          "gicv3_redist_region[0]",
                          (uint64_t)s->num_cpu * ARM_GICV3_REDISTRIBUTOR_SIZE);
    sysbus_init_mmio(sbd, &s->distributor);
    sysbus_init_mmio(sbd, &s->redistributors);
    qdev_init_gpio_in_named(dev, set_spi, ARM_GICV3_SPI_IN, s->num_irq - FIRST_SHARED);
    qdev_init_gpio_in_named(dev, set_ppi, ARM_GICV3_PPI_IN, s->num_cpu * 32);
}

static const VMStateDescription vmstate_redistributor = {
    .name = "arm-gicv3-redistributor",
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT(own, Redistributor, 1, vmstate_gic_bank, GICBank),
        VMSTATE_UINT32(waker, Redistributor),
        VMSTATE_UINT32(control, Redistributor),
        VMSTATE_UINT32(priority_mask, Redistributor),
        VMSTATE_UINT32_ARRAY(binary_point, Redistributor, 2),
        VMSTATE_UINT32_ARRAY(enabled, Redistributor, 2),
        VMSTATE_UINT32_ARRAY(active, Redistributor, 2),
        VMSTATE_END_OF_LIST(),
    },
};

/* Numbers from outside that are used as shifts have to be ones that can be written. */
static int arm_gicv3_post_load(void *opaque, int version_id)
{
    ARMGICv3 *s = opaque;

    for (unsigned i = 0; i < s->num_cpu; i++) {
        const uint32_t *point = s->redist[i].binary_point;

        if (point[0] < 2 || point[0] > 7 || point[1] < 3 || point[1] > 7) {
            return -EINVAL;
        }
    }
    update(s);
    return 0;
}

static const VMStateDescription vmstate_arm_gicv3 = {
    .name = TYPE_ARM_GICV3,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = arm_gicv3_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(control, ARMGICv3),
        VMSTATE_STRUCT_ARRAY(shared, ARMGICv3, MAX_SHARED, 1, vmstate_gic_bank, GICBank),
        VMSTATE_UINT64_ARRAY(route, ARMGICv3, MAX_SHARED * 32),
        VMSTATE_STRUCT_ARRAY(redist, ARMGICv3, ARM_GICV3_MAX_CPUS, 1, vmstate_redistributor,
                             Redistributor),
        VMSTATE_END_OF_LIST(),
    },
};

static Property arm_gicv3_properties[] = {
    DEFINE_PROP_UINT32("num-cpu", ARMGICv3, num_cpu, 1),
    DEFINE_PROP_UINT32("num-irq", ARMGICv3, num_irq, 96),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits arm_gicv3_traits = {
    .desc = "Arm generic interrupt controller, version 3",
    .realize = arm_gicv3_realize,
    .reset = arm_gicv3_reset,
    .state = &vmstate_arm_gicv3,
    .properties = arm_gicv3_properties,
    .board_only = true,
};

static const TypeInfo arm_gicv3_types[] = {
    {
        .name = TYPE_ARM_GICV3,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ARMGICv3),
        .class_init = device_class_init_traits,
        .class_data = (void *)&arm_gicv3_traits,
    },
};

DEFINE_TYPES(arm_gicv3_types)
