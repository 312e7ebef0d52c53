/*
 * The virtual interface of a GIC's CPU: interrupts that a hypervisor lists for its guest, and what the
 * guest sees of them. Versions 2 and 3 have the same, in registers of different width.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_GIC_VIRTUAL_H
#define HW_INTC_GIC_VIRTUAL_H

#include "qemu/osdep.h"
#include "exec/hwaddr.h"
#include "migration/vmstate.h"

#define GIC_NUM_LISTED 4
#define GIC_SPURIOUS   1023

/* GICH_HCR, ICH_HCR */
enum {
    VIRTUAL_ENABLE = 1 << 0,
    VIRTUAL_TC = 1 << 10, /* version 3: traps of the guest's accesses */
    VIRTUAL_TALL0 = 1 << 11,
    VIRTUAL_TALL1 = 1 << 12,
    VIRTUAL_TDIR = 1 << 14,
};
/* GICH_VMCR, ICH_VMCR */
enum {
    VIRTUAL_GROUP0 = 1 << 0,
    VIRTUAL_GROUP1 = 1 << 1,
    VIRTUAL_ACK_CTL = 1 << 2, /* version 2 */
    VIRTUAL_FIQ_EN = 1 << 3,
    VIRTUAL_CBPR = 1 << 4,
    VIRTUAL_EOI_MODE = 1 << 9,
    VIRTUAL_GUEST_BITS = 0x21f, /* all of these: besides priorities */
};

/* One listed interrupt. */
typedef struct GICListed {
    uint32_t number;   /* the guest's; of version 2's software-generated ones, the sender from bit 10 on */
    uint16_t physical; /* which one ends with it, if it is one of hardware */
    uint8_t priority;
    uint8_t state;     /* GIC_LISTED_*; 0: the place is free */
    bool group1, hardware;
    bool tells_end;    /* not of hardware: maintenance when it has ended */
} GICListed;
enum { GIC_LISTED_PENDING = 1, GIC_LISTED_ACTIVE = 2 };

typedef struct GICVirtual {
    uint32_t control;      /* GICH_HCR with its counter of ends in bits 31 to 27 */
    uint32_t guest;        /* GICH_VMCR's bits 0 to 9 */
    uint32_t priority_mask;
    uint32_t binary_point[2];
    uint32_t active[2];    /* bit n: an interrupt of level n is active; by group */
    GICListed listed[GIC_NUM_LISTED];
} GICVirtual;

void gic_virtual_reset(GICVirtual *v);
/* What the guest is signalled now: its FIQ and IRQ. */
void gic_virtual_signals(const GICVirtual *v, bool *fiq, bool *irq);
/* The condition that interrupts the hypervisor, and its parts (GICH_MISR). */
bool gic_virtual_needs_maintenance(const GICVirtual *v);
uint32_t gic_virtual_misr(const GICVirtual *v);
/* Places whose interrupt has ended and tells so (GICH_EISR), places that are free (GICH_ELRSR): a bit each. */
uint32_t gic_virtual_ended(const GICVirtual *v);
uint32_t gic_virtual_free(const GICVirtual *v);

/* GICH_VMCR as a register. */
uint32_t gic_virtual_read_vmcr(const GICVirtual *v);
void gic_virtual_write_vmcr(GICVirtual *v, uint32_t value);
/* A binary point, which five bits of priority make at least 2, or 3 of group 1. */
void gic_virtual_set_binary_point(GICVirtual *v, bool group1, uint32_t value);

/* The guest's: the most urgent pending one; acknowledging that which is signalled, if it is of the group. */
const GICListed *gic_virtual_highest(const GICVirtual *v);
const GICListed *gic_virtual_signalled(const GICVirtual *v);
uint32_t gic_virtual_acknowledge(GICVirtual *v, bool group1);
uint8_t gic_virtual_running_priority(const GICVirtual *v);
/*
 * The guest ends an interrupt, or deactivates it (which ending does, too, unless GICV_CTLR.EOImode is set):
 * the number of the physical interrupt that is deactivated by it, or GIC_SPURIOUS.
 */
uint32_t gic_virtual_end(GICVirtual *v, uint32_t number, bool group1);
uint32_t gic_virtual_deactivate(GICVirtual *v, uint32_t number);

/*
 * gicv2-virtual.c: version 2's registers, GICH and GICV, by their offsets. The guest's write says which physical
 * interrupt is deactivated by it, or GIC_SPURIOUS; reading may change what is signalled.
 */
uint32_t gicv2_hypervisor_read(const GICVirtual *v, hwaddr offset);
void gicv2_hypervisor_write(GICVirtual *v, hwaddr offset, uint32_t value);
uint32_t gicv2_guest_read(GICVirtual *v, hwaddr offset);
uint32_t gicv2_guest_write(GICVirtual *v, hwaddr offset, uint32_t value);
/*
 * gicv3-virtual.c: the same of version 3, by ARMICCRegister.
 */
uint64_t gicv3_hypervisor_read(const GICVirtual *v, unsigned reg);
void gicv3_hypervisor_write(GICVirtual *v, unsigned reg, uint64_t value);
uint64_t gicv3_guest_read(GICVirtual *v, unsigned reg);
uint32_t gicv3_guest_write(GICVirtual *v, unsigned reg, uint64_t value);

extern const VMStateDescription vmstate_gic_virtual;

#endif
