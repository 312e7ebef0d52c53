/*
 * The GICv3's state, for its files: arm_gicv3.c has the CPU interfaces, gicv3-registers.c the
 * registers of distributor and redistributors.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_GICV3_H
#define HW_INTC_GICV3_H

#include "core/sysbus.h"
#include "gic-bank.h"
#include "gic-virtual.h"
#include "gicv3-lpi.h"
#include "hw/intc/arm_gicv3.h"

OBJECT_DECLARE_SIMPLE_TYPE(ARMGICv3, ARM_GICV3)

#define FIRST_SHARED 32
#define MAX_SHARED   31 /* banks */
#define AFFINITIES   0xff00ffffffull

/* Groups, as bits; GICD_CTLR's enables, in the secure view, are the same. Without security there
 * are two. */
enum { GROUP0 = 1, GROUP1 = 2, GROUP1_SECURE = 4, ALL_GROUPS = 7 };
enum { WAKER_SLEEP = 1 << 1, WAKER_CHILDREN_ASLEEP = 1 << 2 };

/* Registers that each security state has for itself. */
enum { NONSECURE, SECURE, NUM_STATES };

/* A CPU's redistributor and interface. */
typedef struct Redistributor {
    GICBank own;
    uint32_t waker;

    uint32_t control[NUM_STATES]; /* ICC_CTLR_EL1 */
    uint32_t eoi_mode_el3;
    uint32_t priority_mask;
    uint32_t binary_point0, binary_point1[NUM_STATES];
    uint32_t enabled;                      /* groups */
    uint32_t active0, active1[NUM_STATES]; /* bit n: an interrupt of level n is active; by group */
    GICVirtual virtual;
    GICLPIs lpis;
} Redistributor;

struct ARMGICv3 {
    SysBusDevice parent_obj;

    MemoryRegion distributor, redistributors;
    ARMCPU *cpus[ARM_GICV3_MAX_CPUS];
    qemu_irq lines[ARM_GICV3_MAX_CPUS][ARM_CPU_NB_INPUTS];
    qemu_irq maintenance[ARM_GICV3_MAX_CPUS];
    unsigned cpus_added;
    uint32_t num_cpu, num_irq; /* properties */
    bool security;             /* property: two security states */
    bool start_nonsecure;      /* property: a reset leaves all to non-secure state, as firmware
                                * does */
    bool has_lpi;              /* property */

    uint32_t control; /* GICD_CTLR: enables */
    GICBank shared[MAX_SHARED];
    uint64_t route[MAX_SHARED * 32]; /* GICD_IROUTER */
    Redistributor redist[ARM_GICV3_MAX_CPUS];
};

/* The bank that has the interrupt, private ones those of the CPU. */
static inline GICBank *gicv3_bank_of(ARMGICv3 *s, unsigned cpu, unsigned irq)
{
    return irq < FIRST_SHARED ? &s->redist[cpu].own : &s->shared[irq / 32 - 1];
}

/* Its place among CPUs, as routers say it. */
static inline uint64_t gicv3_affinity(const ARMGICv3 *s, unsigned cpu)
{
    return s->cpus[cpu]->mpidr & AFFINITIES;
}

/* After a change: what is signalled to all CPUs, or to one. */
void gicv3_update(ARMGICv3 *s);
void gicv3_update_cpu(ARMGICv3 *s, unsigned cpu);

/* The regions' opaque is the ARMGICv3. */
extern const MemoryRegionOps gicv3_distributor_ops, gicv3_redistributor_ops;

#endif
