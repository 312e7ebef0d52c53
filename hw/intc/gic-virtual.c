/*
 * The virtual interface of a GIC's CPU: see gic-virtual.h.
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, version 2.0 (IHI 0048),
 * chapter 5 (virtualization); of versions 3 and 4 (IHI 0069), chapters 6 and 12.4: the ICH registers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "gic-bank.h"
#include "gic-virtual.h"
#include "gicv3-lpi.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"

#define IDLE_PRIORITY    0xff
#define ENDS_SHIFT       27    /* EOICount, five bits */

/* GICH_HCR's conditions, where GICH_MISR has their state. */
enum {
    WHEN_ENDED = 1 << 0,
    WHEN_LOW = 1 << 1,       /* underflow: at most one is listed */
    WHEN_NOT_LISTED = 1 << 2, /* one has been ended that isn't listed */
    WHEN_NONE_PENDING = 1 << 3,
    WHEN_GROUP0_ON = 1 << 4,
    WHEN_GROUP0_OFF = 1 << 5,
    WHEN_GROUP1_ON = 1 << 6,
    WHEN_GROUP1_OFF = 1 << 7,
};

void gic_virtual_reset(GICVirtual *v)
{
    *v = (GICVirtual){ .binary_point = { 2, 3 } };
}

/* ---- What is listed ---- */

static uint32_t listed_in_state(const GICVirtual *v, uint8_t states)
{
    uint32_t set = 0;

    for (unsigned i = 0; i < GIC_NUM_LISTED; i++) {
        set |= (uint32_t)((v->listed[i].state & states) != 0) << i;
    }
    return set;
}

uint32_t gic_virtual_ended(const GICVirtual *v)
{
    uint32_t set = 0;

    for (unsigned i = 0; i < GIC_NUM_LISTED; i++) {
        const GICListed *l = &v->listed[i];

        set |= (uint32_t)(!l->state && !l->hardware && l->tells_end) << i;
    }
    return set;
}

uint32_t gic_virtual_free(const GICVirtual *v)
{
    return ~listed_in_state(v, GIC_LISTED_PENDING | GIC_LISTED_ACTIVE) & ~gic_virtual_ended(v) &
           ((1u << GIC_NUM_LISTED) - 1);
}

uint32_t gic_virtual_misr(const GICVirtual *v)
{
    uint32_t used = listed_in_state(v, GIC_LISTED_PENDING | GIC_LISTED_ACTIVE);
    uint32_t conditions = (ctpop32(used) <= 1 ? WHEN_LOW : 0) |
                          (v->control >> ENDS_SHIFT ? WHEN_NOT_LISTED : 0) |
                          (gic_virtual_highest(v) ? 0 : WHEN_NONE_PENDING) |
                          (v->guest & VIRTUAL_GROUP0 ? WHEN_GROUP0_ON : WHEN_GROUP0_OFF) |
                          (v->guest & VIRTUAL_GROUP1 ? WHEN_GROUP1_ON : WHEN_GROUP1_OFF);

    return (conditions & v->control) | (gic_virtual_ended(v) ? WHEN_ENDED : 0);
}

bool gic_virtual_needs_maintenance(const GICVirtual *v)
{
    return (v->control & VIRTUAL_ENABLE) && gic_virtual_misr(v);
}

/* The most urgent one that is pending and not active, of the groups that count. */
static const GICListed *most_urgent(const GICVirtual *v, uint32_t groups)
{
    const GICListed *best = NULL;

    for (unsigned i = 0; i < GIC_NUM_LISTED; i++) {
        const GICListed *l = &v->listed[i];

        if (l->state == GIC_LISTED_PENDING &&
            (groups & (l->group1 ? VIRTUAL_GROUP1 : VIRTUAL_GROUP0)) &&
            (!best || l->priority < best->priority)) {
            best = l;
        }
    }
    return best;
}

const GICListed *gic_virtual_highest(const GICVirtual *v)
{
    return most_urgent(v, VIRTUAL_GROUP0 | VIRTUAL_GROUP1);
}

/* ---- Priorities ---- */

static uint8_t group_priority(const GICVirtual *v, uint8_t priority, bool group1)
{
    bool own = group1 && !(v->guest & VIRTUAL_CBPR);

    return priority & (0xfeu << (own ? v->binary_point[1] - 1 : v->binary_point[0]));
}

uint8_t gic_virtual_running_priority(const GICVirtual *v)
{
    uint32_t active = v->active[0] | v->active[1];

    return active ? ctz32(active) << 3 : IDLE_PRIORITY;
}

const GICListed *gic_virtual_signalled(const GICVirtual *v)
{
    const GICListed *best =
        v->control & VIRTUAL_ENABLE ? most_urgent(v, v->guest) : NULL;
    uint8_t running = gic_virtual_running_priority(v);

    return best && best->priority < v->priority_mask &&
                   (running == IDLE_PRIORITY ||
                    group_priority(v, best->priority, best->group1) <
                        group_priority(v, running, best->group1))
               ? best
               : NULL;
}

void gic_virtual_signals(const GICVirtual *v, bool *fiq, bool *irq)
{
    const GICListed *l = gic_virtual_signalled(v);

    *fiq = l && !l->group1 && (v->guest & VIRTUAL_FIQ_EN);
    *irq = l && !*fiq;
}

void gic_virtual_set_binary_point(GICVirtual *v, bool group1, uint32_t value)
{
    v->binary_point[group1] = MAX(value & 7, group1 ? 3 : 2);
}

uint32_t gic_virtual_read_vmcr(const GICVirtual *v)
{
    return v->guest | v->binary_point[1] << 18 | v->binary_point[0] << 21 | v->priority_mask << 24;
}

void gic_virtual_write_vmcr(GICVirtual *v, uint32_t value)
{
    v->guest = value & VIRTUAL_GUEST_BITS;
    v->priority_mask = value >> 24 & GIC_PRIORITY_MASK;
    gic_virtual_set_binary_point(v, true, value >> 18);
    gic_virtual_set_binary_point(v, false, value >> 21);
}

/* ---- The guest handles one ---- */

uint32_t gic_virtual_acknowledge(GICVirtual *v, bool group1)
{
    GICListed *l = (GICListed *)gic_virtual_signalled(v);

    if (!l || l->group1 != group1) {
        return GIC_SPURIOUS;
    }
    l->state = GIC_LISTED_ACTIVE;
    v->active[group1] |= 1u << (group_priority(v, l->priority, group1) >> 3);
    return l->number;
}

uint32_t gic_virtual_deactivate(GICVirtual *v, uint32_t number)
{
    for (unsigned i = 0; i < GIC_NUM_LISTED; i++) {
        GICListed *l = &v->listed[i];

        if ((l->state & GIC_LISTED_ACTIVE) && l->number == number) {
            l->state &= ~GIC_LISTED_ACTIVE;
            return l->hardware ? l->physical : GIC_SPURIOUS;
        }
    }
    if (number < GIC_FIRST_LPI) { /* LPIs aren't active in the first place */
        v->control += 1u << ENDS_SHIFT;
    }
    return GIC_SPURIOUS;
}

uint32_t gic_virtual_end(GICVirtual *v, uint32_t number, bool group1)
{
    if (!v->active[group1]) {
        return GIC_SPURIOUS;
    }
    v->active[group1] &= v->active[group1] - 1;
    return v->guest & VIRTUAL_EOI_MODE ? GIC_SPURIOUS : gic_virtual_deactivate(v, number);
}

/* ---- Snapshots ---- */

static const VMStateDescription vmstate_listed = {
    .name = "gic-listed",
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(number, GICListed),
        VMSTATE_UINT16(physical, GICListed),
        VMSTATE_UINT8(priority, GICListed),
        VMSTATE_UINT8(state, GICListed),
        VMSTATE_BOOL(group1, GICListed),
        VMSTATE_BOOL(hardware, GICListed),
        VMSTATE_BOOL(tells_end, GICListed),
        VMSTATE_END_OF_LIST(),
    },
};

/* Numbers from outside that are used as shifts have to be ones that can be written. */
static int post_load(void *opaque, int version_id)
{
    const GICVirtual *v = opaque;

    return v->binary_point[0] >= 2 && v->binary_point[0] <= 7 && v->binary_point[1] >= 3 &&
                   v->binary_point[1] <= 7
               ? 0
               : -EINVAL;
}

const VMStateDescription vmstate_gic_virtual = {
    .name = "gic-virtual",
    .post_load = post_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(control, GICVirtual),
        VMSTATE_UINT32(guest, GICVirtual),
        VMSTATE_UINT32(priority_mask, GICVirtual),
        VMSTATE_UINT32_ARRAY(binary_point, GICVirtual, 2),
        VMSTATE_UINT32_ARRAY(active, GICVirtual, 2),
        VMSTATE_STRUCT_ARRAY(listed, GICVirtual, GIC_NUM_LISTED, 1, vmstate_listed, GICListed),
        VMSTATE_END_OF_LIST(),
    },
};
