/*
 * A GICv3's registers of the virtual interface: the hypervisor's ICH_…, and the guest's by the names ICC_….
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, versions 3 and 4 (IHI 0069),
 * 12.3 (ICV registers), 12.4 (ICH registers).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "gic-bank.h"
#include "gic-virtual.h"
#include "qemu/bitops.h"
#include "target/arm/cpu.h"

#define FIRST_SPECIAL 1020 /* numbers that are no interrupt's, to GIC_SPURIOUS */

enum { ICC_CTLR_CBPR = 1 << 0, ICC_CTLR_EOI_MODE = 1 << 1 };
/* 5 bits of priority, 16 bits of interrupt number, affinity 3 valid. */
#define ICC_CTLR_FIXED (4u << 8 | 1u << 15)

/* ICH_LR: state, hardware, group, priority, number of the physical one (or EOI) and of the guest's. */
enum { LR_PHYSICAL = 32, LR_EOI = 41, LR_PRIORITY = 48, LR_GROUP = 60, LR_HW = 61, LR_STATE = 62 };
#define LR_PHYSICAL_BITS 10
#define LISTED_BITS      16 /* of numbers */
#define ICH_HCR_KNOWN    0xf8007cffu
/* 5 bits of priority and of preemption, 16 of numbers, affinity 3, no direct injection, TDIR */
#define ICH_VTR_VALUE                                                                              \
    (4u << 29 | 4u << 26 | 1u << 21 | 1u << 20 | 1u << 19 | (GIC_NUM_LISTED - 1))

static uint64_t read_listed(const GICListed *l)
{
    return (uint64_t)l->state << LR_STATE | (uint64_t)l->hardware << LR_HW |
           (uint64_t)l->group1 << LR_GROUP | (uint64_t)l->priority << LR_PRIORITY |
           (l->hardware ? (uint64_t)l->physical << LR_PHYSICAL : (uint64_t)l->tells_end << LR_EOI) |
           l->number;
}

static void write_listed(GICListed *l, uint64_t value)
{
    bool hardware = value >> LR_HW & 1;

    *l = (GICListed){
        .number = extract64(value, 0, LISTED_BITS),
        .physical = hardware ? extract64(value, LR_PHYSICAL, LR_PHYSICAL_BITS) : 0,
        .priority = extract64(value, LR_PRIORITY, 8) & GIC_PRIORITY_MASK,
        .state = extract64(value, LR_STATE, 2),
        .group1 = value >> LR_GROUP & 1,
        .hardware = hardware,
        .tells_end = !hardware && (value >> LR_EOI & 1),
    };
}

uint64_t gicv3_hypervisor_read(const GICVirtual *v, unsigned reg)
{
    if (reg >= ICH_LR0 && reg < ICH_LR0 + GIC_NUM_LISTED) {
        return read_listed(&v->listed[reg - ICH_LR0]);
    }
    switch (reg) {
    case ICH_AP0R0:
    case ICH_AP1R0:
        return v->active[reg == ICH_AP1R0];
    case ICH_HCR:
        return v->control;
    case ICH_VTR:
        return ICH_VTR_VALUE;
    case ICH_MISR:
        return gic_virtual_misr(v);
    case ICH_EISR:
        return gic_virtual_ended(v);
    case ICH_ELRSR:
        return gic_virtual_free(v);
    case ICH_VMCR:
        return gic_virtual_read_vmcr(v);
    default:
        return 0;
    }
}

void gicv3_hypervisor_write(GICVirtual *v, unsigned reg, uint64_t value)
{
    if (reg >= ICH_LR0 && reg < ICH_LR0 + GIC_NUM_LISTED) {
        write_listed(&v->listed[reg - ICH_LR0], value);
        return;
    }
    switch (reg) {
    case ICH_AP0R0:
    case ICH_AP1R0:
        v->active[reg == ICH_AP1R0] = value;
        break;
    case ICH_HCR:
        v->control = value & ICH_HCR_KNOWN;
        break;
    case ICH_VMCR:
        gic_virtual_write_vmcr(v, (value & ~VIRTUAL_ACK_CTL) | VIRTUAL_FIQ_EN);
        break;
    }
}

uint64_t gicv3_guest_read(GICVirtual *v, unsigned reg)
{
    const GICListed *l;

    switch (reg) {
    case ICC_PMR:
        return v->priority_mask;
    case ICC_IAR0:
    case ICC_IAR1:
        return gic_virtual_acknowledge(v, reg == ICC_IAR1);
    case ICC_HPPIR0:
    case ICC_HPPIR1:
        l = gic_virtual_highest(v);
        return l && l->group1 == (reg == ICC_HPPIR1) ? l->number : GIC_SPURIOUS;
    case ICC_BPR0:
        return v->binary_point[0];
    case ICC_BPR1:
        return v->guest & VIRTUAL_CBPR ? MIN(v->binary_point[0] + 1, 7) : v->binary_point[1];
    case ICC_AP0R0:
    case ICC_AP1R0:
        return v->active[reg == ICC_AP1R0];
    case ICC_RPR:
        return gic_virtual_running_priority(v);
    case ICC_CTLR:
        return (v->guest & VIRTUAL_CBPR ? ICC_CTLR_CBPR : 0) |
               (v->guest & VIRTUAL_EOI_MODE ? ICC_CTLR_EOI_MODE : 0) | ICC_CTLR_FIXED;
    case ICC_IGRPEN0:
        return (v->guest & VIRTUAL_GROUP0) != 0;
    case ICC_IGRPEN1:
        return (v->guest & VIRTUAL_GROUP1) != 0;
    default:
        return 0;
    }
}

static void change_guest_bit(GICVirtual *v, uint32_t bit, bool on)
{
    v->guest = on ? v->guest | bit : v->guest & ~bit;
}

uint32_t gicv3_guest_write(GICVirtual *v, unsigned reg, uint64_t value)
{
    unsigned irq = value & 0xffffff;
    bool spurious = irq >= FIRST_SPECIAL && irq <= GIC_SPURIOUS;

    switch (reg) {
    case ICC_PMR:
        v->priority_mask = value & GIC_PRIORITY_MASK;
        break;
    case ICC_EOIR0:
    case ICC_EOIR1:
        return spurious ? GIC_SPURIOUS : gic_virtual_end(v, irq, reg == ICC_EOIR1);
    case ICC_DIR:
        if ((v->guest & VIRTUAL_EOI_MODE) && !spurious) {
            return gic_virtual_deactivate(v, irq);
        }
        break;
    case ICC_BPR0:
        gic_virtual_set_binary_point(v, false, value);
        break;
    case ICC_BPR1:
        if (!(v->guest & VIRTUAL_CBPR)) {
            gic_virtual_set_binary_point(v, true, value);
        }
        break;
    case ICC_AP0R0:
    case ICC_AP1R0:
        v->active[reg == ICC_AP1R0] = value;
        break;
    case ICC_CTLR:
        change_guest_bit(v, VIRTUAL_CBPR, value & ICC_CTLR_CBPR);
        change_guest_bit(v, VIRTUAL_EOI_MODE, value & ICC_CTLR_EOI_MODE);
        break;
    case ICC_IGRPEN0:
        change_guest_bit(v, VIRTUAL_GROUP0, value & 1);
        break;
    case ICC_IGRPEN1:
        change_guest_bit(v, VIRTUAL_GROUP1, value & 1);
        break;
    }
    return GIC_SPURIOUS;
}
