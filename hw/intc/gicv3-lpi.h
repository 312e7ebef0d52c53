/*
 * A redistributor's LPIs: message-based interrupts from number 8192 on. Memory of the guest has a
 * byte of configuration for each (all redistributors use the same table) and, for each
 * redistributor, a bit that says whether it is pending; while LPIs are enabled the pending ones are
 * here.
 *
 * The second half is what the GIC offers its ITS.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_GICV3_LPI_H
#define HW_INTC_GICV3_LPI_H

#include "core/qdev-core.h"
#include "exec/hwaddr.h"
#include "migration/vmstate.h"

#define GIC_FIRST_LPI 8192
#define GIC_LPI_END   65536 /* numbers have 16 bits */
#define GIC_NUM_LPIS  (GIC_LPI_END - GIC_FIRST_LPI)

/* Offsets in a redistributor's first frame. */
enum {
    GICR_PROPBASER = 0x70,
    GICR_PENDBASER = 0x78,
    GICR_INVLPIR = 0xa0,
    GICR_INVALLR = 0xb0,
    GICR_SYNCR = 0xc0,
};

typedef struct GICLPIs {
    bool present;
    bool upper_half; /* two security states: LPIs are non-secure ones, and have the lower priorities
                      */
    bool enabled;    /* GICR_CTLR.EnableLPIs */
    uint64_t configuration_base, pending_base; /* GICR_PROPBASER, GICR_PENDBASER */

    /* Of LPI 8192 + n: bit n, and in the summary a bit for each word that isn't 0. */
    uint64_t pending[GIC_NUM_LPIS / 64], summary[GIC_NUM_LPIS / 64 / 64];
    uint8_t *configuration; /* counts for pending ones: as read when they became so, or invalidated
                               after that */
    /* The most urgent of those that are enabled; 0: none */
    unsigned best;
    uint8_t best_priority;
} GICLPIs;

/* Before any other: present from now on. Undone by gic_lpis_free(), for which that needn't be so.
 */
void gic_lpis_init(GICLPIs *l, bool upper_half);
void gic_lpis_free(GICLPIs *l);
void gic_lpis_reset(GICLPIs *l);
/* Enabling reads the table of pending ones, disabling writes it. */
void gic_lpis_enable(GICLPIs *l, bool on);
/* The LPI is pending from now on, or no longer; numbers that the tables have no room for are
 * ignored. */
void gic_lpis_set(GICLPIs *l, unsigned irq, bool pending);
bool gic_lpis_is_pending(const GICLPIs *l, unsigned irq);
/* How many are. */
unsigned gic_lpis_count(const GICLPIs *l);
/* The configuration of one, or of all of them, may have changed in memory. */
void gic_lpis_invalidate(GICLPIs *l, unsigned irq);
void gic_lpis_invalidate_all(GICLPIs *l);
/* All that are pending at `from` are so at `to` from now on. */
void gic_lpis_move_all(GICLPIs *from, GICLPIs *to);

/* The registers above, in pieces of up to 8 bytes; false: the offset is none's. */
bool gic_lpis_read(const GICLPIs *l, hwaddr offset, unsigned size, uint64_t *value);
bool gic_lpis_write(GICLPIs *l, hwaddr offset, unsigned size, uint64_t value);

extern const VMStateDescription vmstate_gic_lpis;

/* ---- For the ITS: `gic` is a realized TYPE_ARM_GICV3 with LPIs, CPUs count from 0 in the order of
 * redistributors. ---- */

#define ARM_GICV3_IIDR           0x43b  /* implementer: Arm */
#define ARM_GICV3_IDENTIFICATION 0xffd0 /* 12 words to the end of a frame */
typedef enum ARMGICv3Frame {
    ARM_GICV3_FRAME_DISTRIBUTOR,
    ARM_GICV3_FRAME_REDISTRIBUTOR,
    ARM_GICV3_FRAME_ITS,
} ARMGICv3Frame;
/* What is in those words, a byte in each. */
uint8_t arm_gicv3_identification(unsigned word, ARMGICv3Frame frame);

unsigned arm_gicv3_num_cpus(DeviceState *gic);
/* Does the redistributor have that one pending? */
bool arm_gicv3_lpi_is_pending(DeviceState *gic, unsigned cpu, unsigned irq);
/* The same as gic_lpis_…, and the CPU's interrupt inputs follow. */
void arm_gicv3_set_lpi(DeviceState *gic, unsigned cpu, unsigned irq, bool pending);
void arm_gicv3_invalidate_lpi(DeviceState *gic, unsigned cpu, unsigned irq);
void arm_gicv3_invalidate_lpis(DeviceState *gic, unsigned cpu);
void arm_gicv3_move_lpis(DeviceState *gic, unsigned from, unsigned to);

#endif
