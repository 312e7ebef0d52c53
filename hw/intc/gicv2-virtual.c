/*
 * A GICv2's registers of the virtual interface: the hypervisor's, GICH, and the guest's, GICV, which are in the
 * places of GICC's.
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, version 2.0 (IHI 0048), 5.3 (GICH),
 * 5.5 (GICV).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "gic-bank.h"
#include "gic-virtual.h"
#include "gicv2-registers.h"

/* ---- The hypervisor's ---- */

enum {
    GICH_HCR = 0x00, GICH_VTR = 0x04, GICH_VMCR = 0x08, GICH_MISR = 0x10, GICH_EISR0 = 0x20,
    GICH_ELRSR0 = 0x30, GICH_APR = 0xf0, GICH_LR0 = 0x100,
};
#define GICH_HCR_KNOWN 0xf80000ffu
#define GICH_VTR_VALUE (4u << 29 | 4u << 26 | (GIC_NUM_LISTED - 1)) /* 5 bits of priority */

/* GICH_LR: a software-generated one has its sender where hardware's have their number. */
static uint32_t read_listed(const GICListed *l)
{
    uint32_t other = l->hardware ? l->physical : (l->number >> 10 & 7) | (uint32_t)l->tells_end << 9;

    return (l->number & 0x3ff) | other << 10 | (uint32_t)l->priority >> 3 << 23 |
           (uint32_t)l->state << 28 | (uint32_t)l->group1 << 30 | (uint32_t)l->hardware << 31;
}

static void write_listed(GICListed *l, uint32_t value)
{
    bool hardware = value >> 31;

    *l = (GICListed){
        .number = (value & 0x3ff) | (hardware ? 0 : (value >> 10 & 7) << 10),
        .physical = hardware ? value >> 10 & 0x3ff : 0,
        .priority = value >> 23 << 3 & GIC_PRIORITY_MASK,
        .state = value >> 28 & 3,
        .group1 = value >> 30 & 1,
        .hardware = hardware,
        .tells_end = !hardware && (value >> 19 & 1),
    };
}

uint32_t gicv2_hypervisor_read(const GICVirtual *v, hwaddr offset)
{
    if (offset >= GICH_LR0 && offset < GICH_LR0 + 4 * GIC_NUM_LISTED) {
        return read_listed(&v->listed[(offset - GICH_LR0) / 4]);
    }
    switch (offset) {
    case GICH_HCR:
        return v->control;
    case GICH_VTR:
        return GICH_VTR_VALUE;
    case GICH_VMCR:
        return gic_virtual_read_vmcr(v);
    case GICH_MISR:
        return gic_virtual_misr(v);
    case GICH_EISR0:
        return gic_virtual_ended(v);
    case GICH_ELRSR0:
        return gic_virtual_free(v);
    case GICH_APR: /* one for both groups */
        return v->active[0] | v->active[1];
    default:
        return 0;
    }
}

void gicv2_hypervisor_write(GICVirtual *v, hwaddr offset, uint32_t value)
{
    if (offset >= GICH_LR0 && offset < GICH_LR0 + 4 * GIC_NUM_LISTED) {
        write_listed(&v->listed[(offset - GICH_LR0) / 4], value);
    } else if (offset == GICH_HCR) {
        v->control = value & GICH_HCR_KNOWN;
    } else if (offset == GICH_VMCR) {
        gic_virtual_write_vmcr(v, value);
    } else if (offset == GICH_APR) {
        v->active[0] = value;
        v->active[1] = 0;
    }
}

/* ---- The guest's ---- */

/* Of both groups the guest's levels are one word to the hypervisor; group 0's is the one that is used
 * if that has written it. */
static bool group_to_end(const GICVirtual *v, bool group1)
{
    return v->active[group1] ? group1 : !group1 && (v->guest & VIRTUAL_ACK_CTL) ? true
                             : v->active[1] != 0;
}

static uint32_t acknowledge(GICVirtual *v, bool group1_alias)
{
    const GICListed *l = gic_virtual_signalled(v);

    if (!l) {
        return GIC_SPURIOUS;
    }
    if (l->group1 != group1_alias && !(l->group1 && (v->guest & VIRTUAL_ACK_CTL))) {
        return l->group1 ? GIC_SPURIOUS - 1 : GIC_SPURIOUS;
    }
    return gic_virtual_acknowledge(v, l->group1);
}

uint32_t gicv2_guest_read(GICVirtual *v, hwaddr offset)
{
    const GICListed *l;

    switch (offset) {
    case GICC_CTLR:
        return v->guest;
    case GICC_PMR:
        return v->priority_mask;
    case GICC_BPR:
        return v->binary_point[0];
    case GICC_ABPR:
        return v->guest & VIRTUAL_CBPR ? MIN(v->binary_point[0] + 1, 7) : v->binary_point[1];
    case GICC_IAR:
    case GICC_AIAR:
        return acknowledge(v, offset == GICC_AIAR);
    case GICC_RPR:
        return gic_virtual_running_priority(v);
    case GICC_HPPIR:
    case GICC_AHPPIR:
        l = gic_virtual_highest(v);
        return l && (l->group1 == (offset == GICC_AHPPIR) || (v->guest & VIRTUAL_ACK_CTL))
                   ? l->number
                   : GIC_SPURIOUS;
    case GICC_APR0:
        return v->active[0] | v->active[1];
    case GICC_IIDR:
        return GICC_IIDR_VALUE;
    default:
        return 0;
    }
}

uint32_t gicv2_guest_write(GICVirtual *v, hwaddr offset, uint32_t value)
{
    unsigned irq = value & 0x1fff;
    bool spurious = (irq & 0x3ff) >= 1020;

    switch (offset) {
    case GICC_CTLR:
        v->guest = value & VIRTUAL_GUEST_BITS;
        break;
    case GICC_PMR:
        v->priority_mask = value & GIC_PRIORITY_MASK;
        break;
    case GICC_BPR:
        gic_virtual_set_binary_point(v, false, value);
        break;
    case GICC_ABPR:
        gic_virtual_set_binary_point(v, true, value);
        break;
    case GICC_EOIR:
    case GICC_AEOIR:
        if (!spurious) {
            return gic_virtual_end(v, irq, group_to_end(v, offset == GICC_AEOIR));
        }
        break;
    case GICC_DIR:
        if ((v->guest & VIRTUAL_EOI_MODE) && !spurious) {
            return gic_virtual_deactivate(v, irq);
        }
        break;
    case GICC_APR0:
        v->active[0] = value;
        v->active[1] = 0;
        break;
    }
    return GIC_SPURIOUS;
}
