/*
 * Narrowing: 64-bit arithmetic of which nobody wants the upper half is done with 32 bits.
 *
 * Front ends whose guests have 64-bit registers compute 32-bit sums in 64 bits and cut them
 * afterwards. Hosts have 32-bit instructions that clear the upper half by themselves:
 *
 *     q = add_i64 rax, rcx                q = add_i32 rax, rcx     of the lower halves; q < 2^32
 *     rax = extract_i64 q [0+32]    =>    rax = mov q              by pass-fold.c
 *
 * So the IR has operations of type i32 with operands of type i64, and this is what they mean: they
 * read the lower halves, and the result's upper half is 0. This pass makes those in `narrows`,
 * pass-fold.c more (reads_lower_half()), pass-ifconv.c movcond from a branch.
 *
 * Relies on: nothing. Guarantees: the same values in all globals; in a local, lower halves that are
 * the same, and upper ones, too, if anybody reads them. Must never: change what leaves the block.
 *
 * Walks each block backward. Of a local that occurs in that block only it is known there whether
 * its upper half is read before it is assigned again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"
#include "qemu/atomic.h"

static size_t nb_narrowed;

size_t tcg_narrowed_ops(void)
{
    return qatomic_read(&nb_narrowed);
}

/* TCGTemp.info of a local that the pass has met: */
static char in_one_block, in_several, upper_half_read;

/* Whether all of a result's lower half follows from the lower halves of the operands. */
static const bool narrows[NB_OPS] = {
    [OP_add] = true, [OP_sub] = true, [OP_mul] = true, [OP_and] = true,  [OP_or] = true,
    [OP_xor] = true, [OP_neg] = true, [OP_not] = true, [OP_andc] = true, [OP_shl] = true,
};

static void meet(TCGContext *s, TempIdx t, uint32_t block, uint32_t stamp)
{
    TCGTemp *temp = &s->temps[t];

    if (temp->kind != TEMP_LOCAL) {
        return;
    }
    if (temp->info_stamp != stamp) {
        temp->info_stamp = stamp;
        temp->info = &in_one_block;
        temp->block = block;
    } else if (temp->block != block) {
        temp->info = &in_several;
    }
}

static void meet_all(TCGContext *s, uint32_t stamp)
{
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        for (const TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            for (unsigned i = 0; i < op->nb_in; i++) {
                meet(s, op->in[i], b, stamp);
            }
            for (unsigned i = 0; i < op->nb_out; i++) {
                meet(s, op->out[i], b, stamp);
            }
            if (op->opc == OP_brcond && op->zero_temp != TEMP_NONE) {
                meet(s, op->zero_temp, b, stamp);
            }
        }
    }
}

static void read_upper_half(TCGContext *s, TempIdx t)
{
    TCGTemp *temp = &s->temps[t];

    if (temp->kind == TEMP_LOCAL && temp->info == &in_one_block) {
        temp->info = &upper_half_read;
    }
}

static bool wants_upper_half(const TCGContext *s, TempIdx t)
{
    return s->temps[t].kind != TEMP_LOCAL || s->temps[t].info != &in_one_block;
}

/* The result has 32 bits at most, whatever the other operand's upper half is. */
static bool is_mask(const TCGContext *s, const TCGOp *op)
{
    return op->opc == OP_and && temp_is_const(s, op->in[1]) &&
           (uint64_t)s->temps[op->in[1]].value <= UINT32_MAX;
}

/* A shift by so much is 0, but one of 32 bits would count modulo 32. */
static bool shifts_too_far(const TCGContext *s, const TCGOp *op)
{
    return op->opc == OP_shl && (!temp_is_const(s, op->in[1]) || s->temps[op->in[1]].value >= 32);
}

static void narrow(TCGContext *s, TCGOp *op)
{
    op->type = TCG_TYPE_I32;
    for (unsigned i = 0; i < op->nb_in; i++) {
        if (temp_is_const(s, op->in[i])) {
            op->in[i] = tcg_const_temp(s, TCG_TYPE_I32, (uint32_t)s->temps[op->in[i]].value);
        }
    }
}

static bool is_field_of_lower_half(const TCGOp *op)
{
    return (op->opc == OP_extract || op->opc == OP_sextract) && op->field.ofs + op->field.len <= 32;
}

/* Bit n: op reads input n's upper half. */
static unsigned upper_halves_read(const TCGContext *s, const TCGOp *op, bool wanted)
{
    switch (op->opc) {
    case OP_extract:
    case OP_sextract:
        return !is_field_of_lower_half(op);
    case OP_extrl_i64:
        return 0;
    case OP_mov:
        return wanted;
    case OP_movcond: /* it is the comparison's type */
        return wanted ? 0xf : 3;
    case OP_st:
    case OP_qemu_st:
        return (op->mem.oi & MO_SIZE) < MO_64 && !(op->mem.oi & MO_VECTOR) ? 2 : 3;
    default:
        return UINT_MAX;
    }
}

static bool visit(TCGContext *s, TCGOp *op)
{
    TempIdx out = op->nb_out ? op->out[0] : TEMP_NONE;
    bool wanted = out == TEMP_NONE || wants_upper_half(s, out);
    unsigned upper;

    for (unsigned i = 0; i < op->nb_out; i++) {
        if (s->temps[op->out[i]].info == &upper_half_read) {
            s->temps[op->out[i]].info = &in_one_block; /* before this it has another value */
        }
    }
    if (op->type == TCG_TYPE_I64 && narrows[op->opc] && !shifts_too_far(s, op) &&
        (!wanted || is_mask(s, op))) {
        narrow(s, op);
        return true;
    }
    if (op->type == TCG_TYPE_I64 && !wanted && is_field_of_lower_half(op) && op->field.len == 32) {
        op->opc = OP_mov;
        return true;
    }
    upper = upper_halves_read(s, op, wanted);
    for (unsigned i = 0; i < op->nb_in; i++) {
        if (upper >> i & 1) {
            read_upper_half(s, op->in[i]);
        }
    }
    if (op->opc == OP_brcond && op->zero_temp != TEMP_NONE) {
        read_upper_half(s, op->zero_temp);
    }
    return false;
}

void tcg_pass_narrow(TCGContext *s)
{
    uint32_t stamp = ++s->stamp;
    size_t found = 0;

    meet_all(s, stamp);
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        for (TCGOp *op = s->blocks[b]->last; op; op = op->prev) {
            found += visit(s, op);
        }
    }
    qatomic_add(&nb_narrowed, found);
}
