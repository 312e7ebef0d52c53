/*
 * GICv3 with affinity routing, one or two security states and virtual interfaces: see
 * hw/intc/arm_gicv3.h.
 *
 * The state (gicv3.h) is banks of 32 interrupts: one for each CPU, in its redistributor, and those
 * that all share, each of whose interrupts is routed to one CPU. What a CPU interface signals is
 * worked out after each change: group 0 as FIQ, group 1 as IRQ. With two security states
 * (GICD_CTLR.DS is 0) non-secure accesses see group 1's interrupts only, and the lower half of
 * priorities. The registers in memory are in gicv3-registers.c.
 *
 * LPIs, which an ITS (arm_gicv3_its.c) makes of messages, are in gicv3-lpi.c; they are group 1's,
 * and have no active state.
 *
 * Not here: messages to the distributor (GICD_SETSPI) and to redistributors (GICR_SETLPIR), 1-of-N
 * routing, and with two security states GICD_NSACR and changing GICD_CTLR.DS; the identification
 * registers say so.
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, versions 3 and 4
 * (IHI 0069): chapters 4 (handling and prioritization), 12 (registers).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/qdev-properties.h"
#include "gicv3.h"
#include "hw/intc/intc.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define SPURIOUS      GIC_SPURIOUS
#define IDLE_PRIORITY 0xff

enum { ICC_CTLR_CBPR = 1 << 0, ICC_CTLR_EOI_MODE = 1 << 1 };

/* ---- What is pending, and for whom ---- */

/* Which interrupts of a bank are in any of these groups. */
static uint32_t in_groups(const ARMGICv3 *s, const GICBank *b, uint32_t groups)
{
    uint32_t modified = s->security ? b->modifier : 0;

    return (groups & GROUP1 ? b->group1 : 0) | (groups & GROUP0 ? ~b->group1 & ~modified : 0) |
           (groups & GROUP1_SECURE ? ~b->group1 & modified : 0);
}

static unsigned group_of(const ARMGICv3 *s, const GICBank *b, unsigned n)
{
    return b->group1 >> n & 1                     ? GROUP1
           : s->security && (b->modifier >> n & 1) ? GROUP1_SECURE
                                                   : GROUP0;
}

static unsigned state_of_group(unsigned group)
{
    return group == GROUP1_SECURE ? SECURE : NONSECURE;
}

/* The bits of a priority that count for preemption (4.8.2): the binary point cuts the rest off. */
static uint8_t group_priority(const Redistributor *r, uint8_t priority, unsigned group)
{
    unsigned state = state_of_group(group);
    bool own = group != GROUP0 && !(r->control[state] & ICC_CTLR_CBPR);

    return priority & (0xfeu << (own ? r->binary_point1[state] - 1 : r->binary_point0));
}

static uint8_t running_priority(const Redistributor *r)
{
    uint32_t active = r->active0 | r->active1[NONSECURE] | r->active1[SECURE];

    return active ? ctz32(active) << 3 : IDLE_PRIORITY;
}

static uint32_t *active_of_group(Redistributor *r, unsigned group)
{
    return group == GROUP0 ? &r->active0 : &r->active1[state_of_group(group)];
}

typedef struct Candidate {
    unsigned irq; /* SPURIOUS: none */
    uint8_t priority;
    uint8_t group;
} Candidate;

/* The most urgent interrupt that is forwarded to the CPU; of equals, the lowest number. */
static Candidate find_candidate(ARMGICv3 *s, unsigned cpu)
{
    const uint32_t wanted = s->control & s->redist[cpu].enabled;
    const GICLPIs *lpis = &s->redist[cpu].lpis;
    Candidate best = { SPURIOUS, IDLE_PRIORITY, 0 };

    for (unsigned first = 0; wanted && first < s->num_irq; first += 32) {
        const GICBank *b = gicv3_bank_of(s, cpu, first);

        for (uint32_t set = gic_bank_pending(b) & b->enabled & ~b->active & in_groups(s, b, wanted);
             set; set &= set - 1) {
            unsigned n = ctz32(set);

            if (b->priority[n] < best.priority &&
                (first < FIRST_SHARED || s->route[first - 32 + n] == gicv3_affinity(s, cpu))) {
                best = (Candidate){ first + n, b->priority[n], group_of(s, b, n) };
            }
        }
    }
    if ((wanted & GROUP1) && lpis->best && lpis->best_priority < best.priority) {
        best = (Candidate){ lpis->best, lpis->best_priority, GROUP1 };
    }
    return best;
}

static bool is_lpi(const ARMGICv3 *s, unsigned irq)
{
    return s->has_lpi && irq >= GIC_FIRST_LPI && irq < GIC_LPI_END;
}

/* Whether the interface signals it: urgent enough, and more so than what is being handled. */
static bool is_signalled(const Redistributor *r, const Candidate *best)
{
    uint8_t running = running_priority(r);

    return best->irq != SPURIOUS && best->priority < r->priority_mask &&
           (running == IDLE_PRIORITY || group_priority(r, best->priority, best->group) <
                                            group_priority(r, running, best->group));
}

/* With two security states the CPU knows what group 1 is for it now: IRQ, or FIQ for the other one. */
void gicv3_update_cpu(ARMGICv3 *s, unsigned cpu)
{
    Candidate best = find_candidate(s, cpu);
    unsigned signalled = is_signalled(&s->redist[cpu], &best) ? best.group : 0;
    qemu_irq *lines = s->lines[cpu];

    qemu_set_irq(lines[ARM_CPU_FIQ], signalled == GROUP0);
    qemu_set_irq(lines[s->security ? ARM_CPU_GROUP1 : ARM_CPU_IRQ], signalled == GROUP1);
    qemu_set_irq(lines[ARM_CPU_GROUP1_SECURE], signalled == GROUP1_SECURE);
}

void gicv3_update(ARMGICv3 *s)
{
    for (unsigned cpu = 0; cpu < s->num_cpu; cpu++) {
        gicv3_update_cpu(s, cpu);
    }
}

static void update_virtual(ARMGICv3 *s, unsigned cpu)
{
    const GICVirtual *v = &s->redist[cpu].virtual;
    bool fiq, irq;

    gic_virtual_signals(v, &fiq, &irq);
    qemu_set_irq(s->lines[cpu][ARM_CPU_VFIQ], fiq);
    qemu_set_irq(s->lines[cpu][ARM_CPU_VIRQ], irq);
    qemu_set_irq(s->maintenance[cpu], gic_virtual_needs_maintenance(v));
}

/* ---- Inputs ---- */

static void set_spi(void *opaque, int n, int level)
{
    ARMGICv3 *s = opaque;

    if (gic_bank_set_line(&s->shared[n / 32], n % 32, level != 0)) {
        gicv3_update(s);
    }
}

static void set_ppi(void *opaque, int n, int level)
{
    ARMGICv3 *s = opaque;

    if (n % 32 >= 16 && gic_bank_set_line(&s->redist[n / 32].own, n % 32, level != 0)) {
        gicv3_update_cpu(s, n / 32);
    }
}

/* ---- CPU interface ---- */

/* The instance of what each security state has for itself; EL3 has that which it has chosen for others. */
static unsigned state_of(const ARMGICv3 *s, const ARMGICAccess *access)
{
    return s->security && access->secure_below_el3 ? SECURE : NONSECURE;
}

/* Which group a register named after one is about, 0: one that isn't to be seen from there. */
static unsigned group_of_access(const ARMGICv3 *s, const ARMGICAccess *access, bool group1)
{
    return group1 ? (state_of(s, access) == SECURE ? GROUP1_SECURE : GROUP1)
                  : s->security && !access->secure ? 0
                                                   : GROUP0;
}

/* Non-secure state has the lower half of priorities, and takes it for all (4.8.1); EL3 that has no
 * FIQs leaves it all of them. */
static bool sees_half(const ARMGICv3 *s, const ARMGICAccess *access)
{
    return s->security && !access->secure && access->fiq_to_el3;
}

static uint8_t shown_priority(uint8_t priority, bool half)
{
    return !half || priority == IDLE_PRIORITY ? priority : priority & 0x80 ? priority << 1 : 0;
}

/* EL3 that asks for group 0 is told that another group's is more urgent. */
enum { SPECIAL_SECURE = 1020, SPECIAL_NONSECURE = 1021 };

static unsigned of_other_group(const ARMGICv3 *s, const ARMGICAccess *access, const Candidate *best,
                               unsigned group)
{
    if (!s->security || access->el < 3 || group != GROUP0 || best->irq == SPURIOUS) {
        return SPURIOUS;
    }
    return best->group == GROUP1_SECURE ? SPECIAL_SECURE : SPECIAL_NONSECURE;
}

static uint64_t acknowledge(ARMGICv3 *s, unsigned cpu, const ARMGICAccess *access, bool group1)
{
    Redistributor *r = &s->redist[cpu];
    unsigned group = group_of_access(s, access, group1);
    Candidate best = find_candidate(s, cpu);
    uint32_t bit = 1u << (best.irq % 32);

    if (!is_signalled(r, &best)) {
        return SPURIOUS;
    }
    if (best.group != group) {
        return of_other_group(s, access, &best, group);
    }
    if (is_lpi(s, best.irq)) {
        gic_lpis_set(&r->lpis, best.irq, false);
    } else {
        GICBank *b = gicv3_bank_of(s, cpu, best.irq);

        b->active |= bit;
        b->latched &= ~bit;
    }
    *active_of_group(r, group) |= 1u << (group_priority(r, best.priority, group) >> 3);
    gicv3_update_cpu(s, cpu);
    return best.irq;
}

static uint64_t highest_pending(ARMGICv3 *s, unsigned cpu, const ARMGICAccess *access, bool group1)
{
    unsigned group = group_of_access(s, access, group1);
    Candidate best = find_candidate(s, cpu);

    return best.group == group ? best.irq : of_other_group(s, access, &best, group);
}

/* A shared one may go to another CPU next. */
static void deactivate(ARMGICv3 *s, unsigned cpu, unsigned irq)
{
    gicv3_bank_of(s, cpu, irq)->active &= ~(1u << (irq % 32));
    if (irq >= FIRST_SHARED) {
        gicv3_update(s);
    }
}

static bool eoi_only_drops(const ARMGICv3 *s, const Redistributor *r, const ARMGICAccess *access)
{
    return access->el == 3 ? r->eoi_mode_el3
                           : r->control[state_of(s, access)] & ICC_CTLR_EOI_MODE;
}

/* Non-secure state can't touch interrupts of others. */
static bool may_touch(ARMGICv3 *s, unsigned cpu, const ARMGICAccess *access, unsigned irq)
{
    return irq < s->num_irq && (!s->security || access->secure ||
                                (gicv3_bank_of(s, cpu, irq)->group1 >> (irq % 32) & 1));
}

/* The running priority drops to that of what was interrupted. */
static void end(ARMGICv3 *s, unsigned cpu, const ARMGICAccess *access, uint64_t value, bool group1)
{
    Redistributor *r = &s->redist[cpu];
    unsigned irq = value & 0xffffff, group = group_of_access(s, access, group1);
    uint32_t *active;

    if ((irq >= s->num_irq && !is_lpi(s, irq)) || !group) {
        return; /* spurious */
    }
    active = active_of_group(r, group);
    if (!*active) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "arm-gicv3: ICC_EOIR%d_EL1: interrupt %u ended, but none is active\n", group1,
                      irq);
        return;
    }
    *active &= *active - 1;
    if (!eoi_only_drops(s, r, access) && may_touch(s, cpu, access, irq)) {
        deactivate(s, cpu, irq);
    }
}

/* ICC_SGInR_EL1: to a list of CPUs in one cluster, or to all others, where it is in that group. */
static void send_sgi(ARMGICv3 *s, unsigned cpu, uint64_t value, unsigned group)
{
    unsigned n = extract64(value, 24, 4);
    uint64_t cluster = extract64(value, 48, 8) << 32 | extract64(value, 32, 8) << 16 |
                       extract64(value, 16, 8) << 8;
    unsigned range = extract64(value, 44, 4) * 16;
    bool others = value >> 40 & 1;

    for (unsigned i = 0; i < s->num_cpu; i++) {
        uint64_t place = gicv3_affinity(s, i);
        unsigned aff0 = place & 0xff;
        bool listed = (place & ~0xffull) == cluster && aff0 >= range && aff0 < range + 16 &&
                      (value >> (aff0 - range) & 1);

        if ((others ? i != cpu : listed) && group_of(s, &s->redist[i].own, n) == group) {
            s->redist[i].own.latched |= 1u << n;
            gicv3_update_cpu(s, i);
        }
    }
}

/* 5 bits of priority, 16 bits of interrupt number, affinity 3 valid. */
#define ICC_CTLR_FIXED (4u << 8 | 1u << 15)
enum { CTLR_EL3_CBPR_S = 1, CTLR_EL3_CBPR_NS = 2, CTLR_EL3_EOI_EL3 = 4, CTLR_EL3_EOI_S = 8,
       CTLR_EL3_EOI_NS = 16 };

/* ICC_CTLR_EL3 has both states' ICC_CTLR_EL1. */
static uint32_t read_control_el3(const Redistributor *r)
{
    return (r->control[SECURE] & ICC_CTLR_CBPR ? CTLR_EL3_CBPR_S : 0) |
           (r->control[NONSECURE] & ICC_CTLR_CBPR ? CTLR_EL3_CBPR_NS : 0) |
           (r->eoi_mode_el3 ? CTLR_EL3_EOI_EL3 : 0) |
           (r->control[SECURE] & ICC_CTLR_EOI_MODE ? CTLR_EL3_EOI_S : 0) |
           (r->control[NONSECURE] & ICC_CTLR_EOI_MODE ? CTLR_EL3_EOI_NS : 0) | ICC_CTLR_FIXED;
}

static void write_control_el3(Redistributor *r, uint32_t value)
{
    r->control[SECURE] = (value & CTLR_EL3_CBPR_S ? ICC_CTLR_CBPR : 0) |
                         (value & CTLR_EL3_EOI_S ? ICC_CTLR_EOI_MODE : 0);
    r->control[NONSECURE] = (value & CTLR_EL3_CBPR_NS ? ICC_CTLR_CBPR : 0) |
                            (value & CTLR_EL3_EOI_NS ? ICC_CTLR_EOI_MODE : 0);
    r->eoi_mode_el3 = (value & CTLR_EL3_EOI_EL3) != 0;
}

static uint64_t physical_read(ARMGICv3 *s, unsigned cpu, const ARMGICAccess *access)
{
    Redistributor *r = &s->redist[cpu];
    unsigned reg = access->reg, state = state_of(s, access);

    switch (reg) {
    case ICC_PMR:
        return shown_priority(r->priority_mask, sees_half(s, access));
    case ICC_IAR0:
    case ICC_IAR1:
        return acknowledge(s, cpu, access, reg == ICC_IAR1);
    case ICC_HPPIR0:
    case ICC_HPPIR1:
        return highest_pending(s, cpu, access, reg == ICC_HPPIR1);
    case ICC_BPR0:
        return r->binary_point0;
    case ICC_BPR1:
        return r->control[state] & ICC_CTLR_CBPR ? MIN(r->binary_point0 + 1, 7)
                                                 : r->binary_point1[state];
    case ICC_AP0R0:
        return r->active0;
    case ICC_AP1R0:
        return r->active1[state];
    case ICC_RPR:
        return shown_priority(running_priority(r), sees_half(s, access));
    case ICC_CTLR:
        return r->control[state] | ICC_CTLR_FIXED;
    case ICC_CTLR_EL3:
        return read_control_el3(r);
    case ICC_IGRPEN0:
        return (r->enabled & GROUP0) != 0;
    case ICC_IGRPEN1:
        return (r->enabled & group_of_access(s, access, true)) != 0;
    case ICC_IGRPEN1_EL3:
        return r->enabled >> 1;
    default:
        return 0;
    }
}

static void enable_group(Redistributor *r, unsigned group, bool on)
{
    r->enabled = on ? r->enabled | group : r->enabled & ~group;
}

static void write_priority_mask(Redistributor *r, uint8_t value, bool half)
{
    if (!half) {
        r->priority_mask = value & GIC_PRIORITY_MASK;
    } else if (r->priority_mask & 0x80) { /* the upper half is out of reach */
        r->priority_mask = (value >> 1 | 0x80) & GIC_PRIORITY_MASK;
    }
}

static void physical_write(ARMGICv3 *s, unsigned cpu, const ARMGICAccess *access, uint64_t value)
{
    Redistributor *r = &s->redist[cpu];
    unsigned reg = access->reg, state = state_of(s, access);

    switch (reg) {
    case ICC_PMR:
        write_priority_mask(r, value, sees_half(s, access));
        break;
    case ICC_EOIR0:
    case ICC_EOIR1:
        end(s, cpu, access, value, reg == ICC_EOIR1);
        break;
    case ICC_DIR:
        if (eoi_only_drops(s, r, access) && may_touch(s, cpu, access, value & 0xffffff)) {
            deactivate(s, cpu, value & 0xffffff);
        }
        break;
    case ICC_BPR0:
        r->binary_point0 = MAX(value & 7, 2);
        break;
    case ICC_BPR1:
        if (!(r->control[state] & ICC_CTLR_CBPR)) {
            r->binary_point1[state] = MAX(value & 7, 3);
        }
        break;
    case ICC_AP0R0:
        r->active0 = value;
        break;
    case ICC_AP1R0:
        r->active1[state] = value;
        break;
    case ICC_CTLR:
        r->control[state] = value & (ICC_CTLR_CBPR | ICC_CTLR_EOI_MODE);
        break;
    case ICC_CTLR_EL3:
        write_control_el3(r, value);
        break;
    case ICC_IGRPEN0:
        enable_group(r, GROUP0, value & 1);
        break;
    case ICC_IGRPEN1:
        enable_group(r, group_of_access(s, access, true), value & 1);
        break;
    case ICC_IGRPEN1_EL3:
        enable_group(r, GROUP1, value & 1);
        enable_group(r, s->security ? GROUP1_SECURE : 0, value & 2);
        break;
    case ICC_SGI0R:
        send_sgi(s, cpu, value, group_of_access(s, access, false));
        return;
    case ICC_SGI1R:
        send_sgi(s, cpu, value, group_of_access(s, access, true));
        return;
    case ICC_ASGI1R: /* of the other security state */
        if (s->security) {
            send_sgi(s, cpu, value, state == SECURE ? GROUP1 : GROUP1_SECURE);
        }
        return;
    default:
        return;
    }
    gicv3_update_cpu(s, cpu);
}

/* ---- Virtual interface ---- */

/* What ends with a guest's interrupt, if that stands for one of hardware. */
static void physical_ended(ARMGICv3 *s, unsigned cpu, unsigned irq)
{
    if (irq < s->num_irq) {
        deactivate(s, cpu, irq);
        gicv3_update_cpu(s, cpu);
    }
}

/* ---- All that the CPU has as system registers ---- */

static bool is_hypervisors(const ARMGICAccess *access)
{
    return access->reg >= ICH_AP0R0;
}

static uint64_t interface_read(void *opaque, unsigned cpu, const ARMGICAccess *access)
{
    ARMGICv3 *s = opaque;
    GICVirtual *v = &s->redist[cpu].virtual;
    uint64_t value;

    if (is_hypervisors(access)) {
        return gicv3_hypervisor_read(v, access->reg);
    }
    if (!access->is_virtual) {
        return physical_read(s, cpu, access);
    }
    value = gicv3_guest_read(v, access->reg);
    update_virtual(s, cpu);
    return value;
}

static void interface_write(void *opaque, unsigned cpu, const ARMGICAccess *access, uint64_t value)
{
    ARMGICv3 *s = opaque;

    if (is_hypervisors(access)) {
        gicv3_hypervisor_write(&s->redist[cpu].virtual, access->reg, value);
    } else if (access->is_virtual) {
        physical_ended(s, cpu, gicv3_guest_write(&s->redist[cpu].virtual, access->reg, value));
    } else {
        physical_write(s, cpu, access, value);
        return;
    }
    update_virtual(s, cpu);
}

static const ARMGICOps interface_ops = { .read = interface_read, .write = interface_write };

void arm_gicv3_add_cpu(DeviceState *gic, ARMCPU *cpu)
{
    ARMGICv3 *s = ARM_GICV3(gic);
    unsigned n = s->cpus_added++;

    g_assert(n < ARM_GICV3_MAX_CPUS);
    s->cpus[n] = cpu;
    for (unsigned i = 0; i < ARM_CPU_NB_INPUTS; i++) {
        s->lines[n][i] = qdev_get_gpio_in(DEVICE(cpu), i);
    }
    arm_cpu_set_gic(cpu, &interface_ops, s, n);
}

/* ---- What the ITS does ---- */

unsigned arm_gicv3_num_cpus(DeviceState *gic)
{
    return ARM_GICV3(gic)->num_cpu;
}

bool arm_gicv3_lpi_is_pending(DeviceState *gic, unsigned cpu, unsigned irq)
{
    return gic_lpis_is_pending(&ARM_GICV3(gic)->redist[cpu].lpis, irq);
}

void arm_gicv3_set_lpi(DeviceState *gic, unsigned cpu, unsigned irq, bool pending)
{
    ARMGICv3 *s = ARM_GICV3(gic);

    gic_lpis_set(&s->redist[cpu].lpis, irq, pending);
    gicv3_update_cpu(s, cpu);
}

void arm_gicv3_invalidate_lpi(DeviceState *gic, unsigned cpu, unsigned irq)
{
    ARMGICv3 *s = ARM_GICV3(gic);

    gic_lpis_invalidate(&s->redist[cpu].lpis, irq);
    gicv3_update_cpu(s, cpu);
}

void arm_gicv3_invalidate_lpis(DeviceState *gic, unsigned cpu)
{
    ARMGICv3 *s = ARM_GICV3(gic);

    gic_lpis_invalidate_all(&s->redist[cpu].lpis);
    gicv3_update_cpu(s, cpu);
}

void arm_gicv3_move_lpis(DeviceState *gic, unsigned from, unsigned to)
{
    ARMGICv3 *s = ARM_GICV3(gic);

    gic_lpis_move_all(&s->redist[from].lpis, &s->redist[to].lpis);
    gicv3_update_cpu(s, from);
    gicv3_update_cpu(s, to);
}

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
        GICLPIs lpis = r->lpis;

        *r = (Redistributor){ .own = { .line = line, .edge = GIC_SGIS },
                              .waker = WAKER_SLEEP | WAKER_CHILDREN_ASLEEP,
                              .binary_point0 = 2,
                              .binary_point1 = { 3, 3 },
                              .lpis = lpis };
        gic_lpis_reset(&r->lpis);
        if (s->security && s->start_nonsecure) {
            r->own.group1 = UINT32_MAX;
        }
    }
    for (unsigned i = 0; s->security && s->start_nonsecure && i < MAX_SHARED; i++) {
        s->shared[i].group1 = UINT32_MAX;
    }
    for (unsigned i = 0; i < ARM_GICV3_MAX_CPUS; i++) { /* snapshots have all of them */
        gic_virtual_reset(&s->redist[i].virtual);
    }
    gicv3_update(s);
    for (unsigned i = 0; i < s->num_cpu; i++) {
        update_virtual(s, i);
    }
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
    memory_region_init_io(&s->distributor, OBJECT(s), &gicv3_distributor_ops, s, "gicv3_dist",
                          ARM_GICV3_DISTRIBUTOR_SIZE);
    memory_region_init_io(&s->redistributors, OBJECT(s), &gicv3_redistributor_ops, s,
                          "gicv3_redist_region[0]",
                          (uint64_t)s->num_cpu * ARM_GICV3_REDISTRIBUTOR_SIZE);
    sysbus_init_mmio(sbd, &s->distributor);
    sysbus_init_mmio(sbd, &s->redistributors);
    qdev_init_gpio_in_named(dev, set_spi, ARM_GICV3_SPI_IN, s->num_irq - FIRST_SHARED);
    qdev_init_gpio_in_named(dev, set_ppi, ARM_GICV3_PPI_IN, s->num_cpu * 32);
    for (unsigned i = 0; i < s->num_cpu; i++) {
        sysbus_init_irq(sbd, &s->maintenance[i]);
    }
    for (unsigned i = 0; s->has_lpi && i < s->num_cpu; i++) {
        gic_lpis_init(&s->redist[i].lpis, s->security);
    }
}

static void arm_gicv3_finalize(Object *obj)
{
    for (unsigned i = 0; i < ARM_GICV3_MAX_CPUS; i++) {
        gic_lpis_free(&ARM_GICV3(obj)->redist[i].lpis);
    }
}

/* ---- `info pic` ---- */

static void print_bank(GString *text, const char *what, uint32_t set, unsigned first)
{
    for (; set; set &= set - 1) {
        g_string_append_printf(text, " %s %u", what, first + ctz32(set));
    }
}

static void gicv3_print_info(InterruptStatsProvider *obj, GString *text)
{
    const ARMGICv3 *s = ARM_GICV3(obj);

    g_string_append_printf(text, "gicv3: groups enabled %x,", s->control);
    for (unsigned i = 0; i < s->num_irq / 32 - 1; i++) {
        print_bank(text, "pending", gic_bank_pending(&s->shared[i]), 32 * (i + 1));
        print_bank(text, "active", s->shared[i].active, 32 * (i + 1));
    }
    g_string_append_c(text, '\n');
    for (unsigned i = 0; i < s->num_cpu; i++) {
        const Redistributor *r = &s->redist[i];

        g_string_append_printf(text, "gicv3: cpu%u groups enabled %x, mask %02x, running %02x,", i,
                               r->enabled, r->priority_mask, running_priority(r));
        print_bank(text, "pending", gic_bank_pending(&r->own), 0);
        print_bank(text, "active", r->own.active, 0);
        if (r->lpis.enabled) {
            g_string_append_printf(text, " LPIs enabled, %u pending", gic_lpis_count(&r->lpis));
        }
        g_string_append_c(text, '\n');
    }
}

static const VMStateDescription vmstate_redistributor = {
    .name = "arm-gicv3-redistributor",
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT(own, Redistributor, 1, vmstate_gic_bank, GICBank),
        VMSTATE_UINT32(waker, Redistributor),
        VMSTATE_UINT32_ARRAY(control, Redistributor, NUM_STATES),
        VMSTATE_UINT32(eoi_mode_el3, Redistributor),
        VMSTATE_UINT32(priority_mask, Redistributor),
        VMSTATE_UINT32(binary_point0, Redistributor),
        VMSTATE_UINT32_ARRAY(binary_point1, Redistributor, NUM_STATES),
        VMSTATE_UINT32(enabled, Redistributor),
        VMSTATE_UINT32(active0, Redistributor),
        VMSTATE_UINT32_ARRAY(active1, Redistributor, NUM_STATES),
        VMSTATE_STRUCT(virtual, Redistributor, 1, vmstate_gic_virtual, GICVirtual),
        VMSTATE_STRUCT(lpis, Redistributor, 1, vmstate_gic_lpis, GICLPIs),
        VMSTATE_END_OF_LIST(),
    },
};

/* Numbers from outside that are used as shifts have to be ones that can be written. */
static int arm_gicv3_post_load(void *opaque, int version_id)
{
    ARMGICv3 *s = opaque;

    for (unsigned i = 0; i < s->num_cpu; i++) {
        const Redistributor *r = &s->redist[i];

        if (r->binary_point0 < 2 || r->binary_point0 > 7 || r->binary_point1[NONSECURE] < 3 ||
            r->binary_point1[NONSECURE] > 7 || r->binary_point1[SECURE] < 3 ||
            r->binary_point1[SECURE] > 7) {
            return -EINVAL;
        }
    }
    gicv3_update(s);
    for (unsigned i = 0; i < s->num_cpu; i++) {
        update_virtual(s, i);
    }
    return 0;
}

static const VMStateDescription vmstate_arm_gicv3 = {
    .name = TYPE_ARM_GICV3,
    .version_id = 3,
    .minimum_version_id = 3,
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
    DEFINE_PROP_BOOL("has-security-extensions", ARMGICv3, security, false),
    DEFINE_PROP_BOOL("start-nonsecure", ARMGICv3, start_nonsecure, false),
    DEFINE_PROP_BOOL("has-lpi", ARMGICv3, has_lpi, false),
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

static void arm_gicv3_class_init(ObjectClass *oc, void *data)
{
    device_class_init_traits(oc, data);
    INTERRUPT_STATS_PROVIDER_CLASS(oc)->print_info = gicv3_print_info;
}

static const TypeInfo arm_gicv3_types[] = {
    {
        .name = TYPE_ARM_GICV3,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ARMGICv3),
        .instance_finalize = arm_gicv3_finalize,
        .class_init = arm_gicv3_class_init,
        .class_data = (void *)&arm_gicv3_traits,
        .interfaces = (InterfaceInfo[]) { { TYPE_INTERRUPT_STATS_PROVIDER }, { NULL } },
    },
};

DEFINE_TYPES(arm_gicv3_types)
