/*
 * Address folding: guest access at (base + constant) becomes an access at base with a displacement;
 * and an address that an earlier access has shown to be aligned isn't tested again.
 *
 * Relies on: nothing. Guarantees: the same addresses; displacements within +/- TCG_MAX_DISP; an
 * access that must be aligned and isn't still faults. Must never: touch anything but the operands
 * of guest accesses.
 *
 * Within a block, a temp whose last definition was `add base, constant` stands for base + constant
 * for as long as neither it nor base is assigned again. Versions, counted per temp, tell.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

/* What is known of a temp at `version`. */
typedef struct Known {
    uint32_t version;
    unsigned clear;   /* low bits that are 0: 2^n - 1 */
    TempIdx base;     /* it is base + constant; TEMP_NONE: or anything else */
    uint32_t base_version;
    int64_t constant; /* of a 32-bit sum: sign-extended */
} Known;

static Known *known(TCGContext *s, TempIdx t, uint32_t stamp)
{
    const TCGTemp *temp = &s->temps[t];
    Known *k = temp->info;

    return temp->info_stamp == stamp && k->version == temp->version ? k : NULL;
}

static Known *new_known(TCGContext *s, TempIdx t, uint32_t stamp)
{
    TCGTemp *temp = &s->temps[t];
    Known *k = arena_alloc(&s->arena, sizeof(*k));

    *k = (Known){ .version = temp->version, .base = TEMP_NONE };
    temp->info = k;
    temp->info_stamp = stamp;
    return k;
}

static const Known *find_sum(TCGContext *s, TempIdx t, uint32_t stamp)
{
    const Known *k = known(s, t, stamp);

    return k && k->base != TEMP_NONE && s->temps[k->base].version == k->base_version ? k : NULL;
}

/* Of the low bits that are clear in a value, those that are clear in it plus a constant, too. */
static unsigned still_clear(unsigned clear, int64_t constant)
{
    return constant ? clear & ((constant & -constant) - 1) : clear;
}

static unsigned clear_bits(TCGContext *s, TempIdx t, uint32_t stamp)
{
    const Known *k = known(s, t, stamp), *sum = find_sum(s, t, stamp);
    const Known *base = sum ? known(s, sum->base, stamp) : NULL;

    return (k ? k->clear : 0) | (base ? still_clear(base->clear, sum->constant) : 0);
}

/* Whether op is out = base + constant, a sum of sums included. */
static bool is_sum(TCGContext *s, const TCGOp *op, uint32_t stamp, Known *sum)
{
    const Known *inner;

    if (op->opc != OP_add || !temp_is_const(s, op->in[1]) || temp_is_const(s, op->in[0]) ||
        op->type != s->temps[op->out[0]].type) { /* narrowed: it may have been cut */
        return false;
    }
    sum->base = op->in[0];
    sum->base_version = s->temps[op->in[0]].version;
    sum->constant = s->temps[op->in[1]].value;
    if (op->type == TCG_TYPE_I32) {
        sum->constant = (int32_t)sum->constant;
    }
    sum->clear = still_clear(clear_bits(s, op->in[0], stamp), sum->constant);
    inner = find_sum(s, op->in[0], stamp);
    if (inner) {
        sum->base = inner->base;
        sum->base_version = inner->base_version;
        sum->constant += (uint64_t)inner->constant;
        if (op->type == TCG_TYPE_I32) {
            sum->constant = (int32_t)sum->constant;
        }
    }
    if (sum->base == op->out[0]) {
        sum->base = TEMP_NONE;
    }
    return true;
}

static void fold_access(TCGContext *s, TCGOp *op, uint32_t stamp)
{
    unsigned addr = op->opc == OP_qemu_st;
    const Known *sum = find_sum(s, op->in[addr], stamp);
    int64_t disp;

    if (!sum) {
        return;
    }
    disp = op->mem.disp + (uint64_t)sum->constant;
    if (disp >= -TCG_MAX_DISP && disp <= TCG_MAX_DISP) {
        op->in[addr] = sum->base;
        op->mem.disp = disp;
    }
}

/* Takes the test from an access that passes it; after one that doesn't, the bits are clear. */
static void fold_alignment(TCGContext *s, TCGOp *op, uint32_t stamp)
{
    TempIdx base = op->in[op->opc == OP_qemu_st];
    unsigned mask = memop_align_mask(get_memop(op->mem.oi));
    Known *k;

    if (!mask || (op->mem.disp & mask) || s->temps[base].kind == TEMP_CONST) {
        return;
    }
    if ((clear_bits(s, base, stamp) & mask) == mask) {
        op->mem.oi = make_memop_idx(get_memop(op->mem.oi) & ~(MO_ALIGN | MO_ALIGN_4),
                                    get_mmuidx(op->mem.oi));
        return;
    }
    k = known(s, base, stamp);
    k = k ? k : new_known(s, base, stamp);
    k->clear |= mask;
}

static void visit(TCGContext *s, TCGOp *op, uint32_t stamp)
{
    Known found = { .base = TEMP_NONE };

    if (op->opc == OP_qemu_ld || op->opc == OP_qemu_st) {
        fold_access(s, op, stamp);
        fold_alignment(s, op, stamp);
    }
    if (op->opc == OP_mov) {
        found.clear = clear_bits(s, op->in[0], stamp);
    } else {
        is_sum(s, op, stamp, &found);
    }
    for (unsigned i = 0; i < op->nb_out; i++) {
        s->temps[op->out[i]].version++;
    }
    if (op_writes_globals(op)) {
        for (uint32_t i = 0; i < s->nb_used_globals; i++) {
            s->temps[s->used_globals[i]].version++;
        }
    }
    if (found.clear || found.base != TEMP_NONE) {
        Known *k = new_known(s, op->out[0], stamp);

        found.version = k->version;
        *k = found;
    }
}

void tcg_pass_address(TCGContext *s)
{
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        uint32_t stamp = ++s->stamp;

        for (TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            visit(s, op, stamp);
        }
    }
}
