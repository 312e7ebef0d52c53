/*
 * State of the register allocator, shared by its parts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_REGALLOC_H
#define TCG_REGALLOC_H

#include "backend.h"

/*
 * Where a temp's value is. Constants (TEMP_CONST) and the env pointer in state VAL_MEM are simply
 * not in a register.
 */
typedef enum RAValue {
    VAL_MEM,   /* in its home only (or it has no value yet) */
    VAL_REG,   /* in a register, its own or a shared one; `dirty`: not in its home */
    VAL_CONST, /* known to be TCGTemp.value; `dirty`: not in its home */
} RAValue;

typedef struct RAShare {
    TempIdx temp;
    uint8_t reg;
    bool dirty;
} RAShare;

typedef struct RAConst {
    TempIdx temp;
    bool dirty;
    int64_t value;
} RAConst;

/* Locations at a block's entry. What isn't here is in its home. */
typedef struct RAState {
    TempIdx reg_temp[NB_HOST_REGS];
    uint32_t used, dirty; /* by register */
    uint32_t nb_consts;
    RAConst *consts; /* only where there is a single predecessor, and so: */
    uint32_t nb_shares;
    RAShare *shares;
} RAState;

typedef struct RegAlloc {
    TempIdx reg_temp[NB_HOST_REGS];
    uint32_t used;   /* registers that hold something: reg_temp isn't TEMP_NONE */
    uint32_t pinned; /* registers that the current operation uses */
    uint32_t owned;  /* registers that are some value's own */
    TempIdx *consts; /* temps in state VAL_CONST */
    uint32_t nb_consts;
    /*
     * Temps in registers of others: globals that a move gave a value which nobody is going to read,
     * but a fault or an exit could. When the register's temp goes, one of them takes its place.
     */
    TempIdx *shares;
    uint32_t nb_shares;
    uint32_t *calls; /* positions of calls, ascending */
    uint32_t nb_calls, next_call;
    TCGBlock *block;
    bool rest_is_done; /* the back end has seen to what stands behind the exit */
    uint64_t slots[FRAME_NB_SLOTS / 64]; /* spill slots in use */
} RegAlloc;

/* The registers of `set`, lowest first. The loop's body may change what they hold. */
#define FOR_EACH_REG(r, set)                                                                       \
    for (uint32_t r##_left = (set), r; r##_left && (r = __builtin_ctz(r##_left), true);            \
         r##_left &= r##_left - 1)

/* regalloc.c */
OperandKind ra_home(TCGContext *s, TempIdx t, int32_t *disp);
void ra_assign(TCGContext *s, TempIdx t, unsigned reg, bool dirty);
/* t has the value that is in `reg`, whose temp keeps it. */
void ra_share(TCGContext *s, TempIdx t, unsigned reg, bool dirty);
void ra_assign_const(TCGContext *s, TempIdx t, int64_t value, bool dirty);
/*
 * Forgets t's register or constant, without storing it. The register is free afterwards unless
 * others share it.
 */
void ra_drop(TCGContext *s, TempIdx t);
/* t's value is not needed any more. */
void ra_release(TCGContext *s, TempIdx t);
/* Brings t's home up to date. */
void ra_clean(TCGContext *s, TempIdx t);
void ra_sync_globals(TCGContext *s, bool with_pc);
unsigned ra_alloc(TCGContext *s, uint32_t allowed, uint32_t next_use);
/* A register of `allowed` with t's value, pinned. */
unsigned ra_load(TCGContext *s, TempIdx t, uint32_t allowed);
/* Gives t, which shares a register, the one that it has of its own, if that can be had. */
void ra_take_own_reg(TCGContext *s, TempIdx t);
/* Moves what is in `reg` to a register of `allowed` or to its home. */
void ra_vacate(TCGContext *s, unsigned reg, uint32_t allowed);
/*
 * Puts t's value into `reg` (which is free), wherever it is, without changing where it is said to
 * be.
 */
void ra_copy_to(TCGContext *s, TempIdx t, unsigned reg);
/*
 * Inputs that op needs last: first their registers, for its results; after it is emitted, their
 * spill slots.
 */
void ra_drop_dying(TCGContext *s, const TCGOp *op);
void ra_free_dying_slots(TCGContext *s, const TCGOp *op);
void ra_drop_observed(TCGContext *s, const TCGOp *op);
/* Operands for op's inputs; frees what the constraints say, takes scratch registers. */
void ra_inputs(TCGContext *s, const TCGOp *op, const OpConstraint *c, HostOperands *h);
void ra_op(TCGContext *s, TCGOp *op);

/* regalloc-call.c */
void ra_call(TCGContext *s, TCGOp *op);
/*
 * Appends the present locations of all globals that aren't in env to s->locs; returns their number.
 */
uint32_t ra_record_locs(TCGContext *s);
/* Appends a site with these locations. */
TCGSite *ra_new_site(TCGContext *s, const TCGOp *op, TCGSiteKind kind);
void ra_parallel_moves(TCGContext *s, uint8_t *src_of, uint32_t dsts);

/* regalloc-flow.c */
void ra_block_start(TCGContext *s, TCGBlock *b);
void ra_block_end(TCGContext *s, TCGBlock *b);

/* regalloc-loops.c: gives loop heads their entry states, and values registers of their own. */
void ra_choose_for_loops(TCGContext *s);
void ra_br(TCGContext *s, TCGOp *op);
void ra_brcond(TCGContext *s, TCGOp *op);
/* Whether t is in a set of live bits. */
static inline bool ra_in_set(const TCGContext *s, const uint64_t *set, TempIdx t)
{
    uint32_t bit = s->temps[t].live_bit;

    return bit != NO_BIT && (set[bit / 64] >> (bit % 64) & 1);
}

/* Whether one of the blocks from `first` to `last` may change t. */
bool ra_written_between(const TCGContext *s, uint32_t first, uint32_t last, TempIdx t);

#endif
