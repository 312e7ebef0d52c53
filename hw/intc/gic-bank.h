/*
 * What GICs of versions 2 and 3 share: banks of 32 interrupts, and how registers show them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_GIC_BANK_H
#define HW_INTC_GIC_BANK_H

#include "exec/hwaddr.h"
#include "migration/vmstate.h"

#define GIC_SGIS          0x0000ffffu /* of the bank that is a CPU's own */
#define GIC_PRIORITY_MASK 0xf8        /* 32 levels */

/* 32 interrupts; bit n of each word is the bank's nth. */
typedef struct GICBank {
    uint32_t group1;
    uint32_t modifier; /* version 3 with two security states: those of group 0 that are secure group 1 */
    uint32_t enabled;
    uint32_t latched; /* pending, whatever the line says */
    uint32_t active;
    uint32_t line;
    uint32_t edge;    /* edge-triggered */
    uint8_t priority[32];
    uint8_t targets[32]; /* version 2: CPUs, of shared interrupts */
} GICBank;

static inline uint32_t gic_bank_pending(const GICBank *b)
{
    return b->latched | (b->line & ~b->edge);
}

/* The line of interrupt n: true if that changed. */
bool gic_bank_set_line(GICBank *b, unsigned n, bool level);
/* All but the lines to zero. */
void gic_bank_reset(GICBank *b);

/* How a field of a bank appears in registers. */
typedef enum GICRangeKind {
    GIC_RANGE_BITS,   /* a bit for each interrupt */
    GIC_RANGE_SET,    /* bits; writing 1 sets */
    GIC_RANGE_CLEAR,  /* bits; writing 1 clears */
    GIC_RANGE_BYTES,  /* a byte for each */
    GIC_RANGE_CONFIG, /* two bits for each: the upper one is the field */
} GICRangeKind;

typedef struct GICRange {
    const char *name;
    uint16_t base;
    GICRangeKind kind;
    uint16_t field;     /* in GICBank */
    uint32_t own_fixed; /* version 2: bits of a CPU's own bank that can't be written */
} GICRange;

/* The distributor's range that the offset is in, NULL: none. */
const GICRange *gic_find_range(hwaddr offset);
/* The first interrupt that the byte at `offset` in the range has something of. */
unsigned gic_range_interrupt(const GICRange *r, unsigned offset);
/* That byte, which is about interrupt n and following ones of the bank. Of targets, as stored. */
uint8_t gic_range_read(const GICRange *r, const GICBank *b, unsigned n);
/* Bits of `fixed` stay as they are, of fields that are bits. */
void gic_range_write(const GICRange *r, GICBank *b, unsigned n, uint8_t value, uint32_t fixed);
bool gic_range_is_targets(const GICRange *r);
/* The same as non-secure state sees it: what belongs to group 1, and not the groups themselves. */
uint8_t gic_range_read_outside(const GICRange *r, const GICBank *b, unsigned n);
void gic_range_write_outside(const GICRange *r, GICBank *b, unsigned n, uint8_t value, uint32_t fixed);

extern const VMStateDescription vmstate_gic_bank;

#endif
