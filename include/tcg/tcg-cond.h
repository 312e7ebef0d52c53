/*
 * Conditions of comparisons, for front ends, passes and back ends alike.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_TCG_COND_H
#define TCG_TCG_COND_H

#include "qemu/osdep.h"

/* Bit 0 inverts a condition. TSTEQ/TSTNE compare (a & b) with zero. */
typedef enum TCGCond {
    TCG_COND_NEVER,
    TCG_COND_ALWAYS,
    TCG_COND_EQ,
    TCG_COND_NE,
    TCG_COND_LT,
    TCG_COND_GE,
    TCG_COND_GT,
    TCG_COND_LE,
    TCG_COND_LTU,
    TCG_COND_GEU,
    TCG_COND_GTU,
    TCG_COND_LEU,
    TCG_COND_TSTEQ,
    TCG_COND_TSTNE,
} TCGCond;

static inline TCGCond tcg_invert_cond(TCGCond c)
{
    return (TCGCond)(c ^ 1);
}

/* The condition that holds for (b, a) exactly when `c` holds for (a, b). */
static inline TCGCond tcg_swap_cond(TCGCond c)
{
    switch (c) {
    case TCG_COND_LT:
        return TCG_COND_GT;
    case TCG_COND_GT:
        return TCG_COND_LT;
    case TCG_COND_GE:
        return TCG_COND_LE;
    case TCG_COND_LE:
        return TCG_COND_GE;
    case TCG_COND_LTU:
        return TCG_COND_GTU;
    case TCG_COND_GTU:
        return TCG_COND_LTU;
    case TCG_COND_GEU:
        return TCG_COND_LEU;
    case TCG_COND_LEU:
        return TCG_COND_GEU;
    default:
        return c;
    }
}

/* The signed order of an unsigned one; others as they are. */
static inline TCGCond tcg_signed_cond(TCGCond c)
{
    return c >= TCG_COND_LTU && c <= TCG_COND_LEU ? (TCGCond)(c - TCG_COND_LTU + TCG_COND_LT) : c;
}

#endif
