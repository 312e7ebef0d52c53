/*
 * Address folding: guest access at (base + constant) becomes an access at base with a displacement,
 * one at (base + (index << n) + constant) an access with an index, too, where the back end adds it
 * up for nothing; and an address that an earlier access has shown to be aligned isn't tested again.
 *
 * Relies on: nothing. Guarantees: the same addresses; displacements within +/- TCG_MAX_DISP; an
 * access that must be aligned and isn't still faults. Must never: touch anything but the operands
 * of guest accesses.
 *
 * Within a block, a temp whose last definition was `add base, constant` stands for base + constant
 * for as long as neither it nor base is assigned again. Versions, counted per temp, tell. The same
 * with a shifted index.
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
    TempIdx index;    /* of a 64-bit sum: index << scale is added; TEMP_NONE: nothing is */
    uint32_t index_version;
    uint8_t scale;
} Known;

/* index << scale without a base. */
#define NO_BASE ENV_TEMP

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

    *k = (Known){ .version = temp->version, .base = TEMP_NONE, .index = TEMP_NONE };
    temp->info = k;
    temp->info_stamp = stamp;
    return k;
}

static const Known *find_sum(TCGContext *s, TempIdx t, uint32_t stamp)
{
    const Known *k = known(s, t, stamp);

    return k && k->base != TEMP_NONE && s->temps[k->base].version == k->base_version &&
                   (k->index == TEMP_NONE || s->temps[k->index].version == k->index_version)
               ? k : NULL;
}

/* Of the low bits that are clear in a value, those that are clear in it plus a constant, too. */
static unsigned still_clear(unsigned clear, int64_t constant)
{
    return constant ? clear & ((constant & -constant) - 1) : clear;
}

static unsigned clear_bits(TCGContext *s, TempIdx t, uint32_t stamp)
{
    const Known *k = known(s, t, stamp), *sum = find_sum(s, t, stamp);
    const Known *base = sum && sum->index == TEMP_NONE ? known(s, sum->base, stamp) : NULL;

    return (k ? k->clear : 0) | (base ? still_clear(base->clear, sum->constant) : 0);
}

/* Whether op is out = base + constant, a sum of sums included. */
static bool is_sum(TCGContext *s, const TCGOp *op, uint32_t stamp, Known *sum)
{
    const Known *inner;

    if (op->opc != OP_add || !temp_is_const(s, op->in[1]) || temp_is_const(s, op->in[0]) ||
        op->type != s->temps[op->out[0]].type || /* narrowed: it may have been cut */
        op->type != s->temps[op->in[0]].type) {  /* of a lower half: all of it is no address */
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
    if (inner && inner->base != NO_BASE) {
        sum->base = inner->base;
        sum->base_version = inner->base_version;
        sum->constant += (uint64_t)inner->constant;
        sum->index = inner->index;
        sum->index_version = inner->index_version;
        sum->scale = inner->scale;
        if (op->type == TCG_TYPE_I32) {
            sum->constant = (int32_t)sum->constant;
        }
    }
    if (sum->base == op->out[0] || sum->index == op->out[0]) {
        sum->base = TEMP_NONE;
    }
    return true;
}

/* Largest index << scale that hosts' addresses have. */
#define MAX_SCALE 3

/* op is out = index << scale. */
static bool is_shifted(TCGContext *s, const TCGOp *op, Known *shifted)
{
    if (op->opc != OP_shl || !temp_is_const(s, op->in[1]) ||
        s->temps[op->in[1]].value > MAX_SCALE || op->in[0] == op->out[0] ||
        temp_is_const(s, op->in[0])) {
        return false;
    }
    shifted->base = NO_BASE;
    shifted->base_version = s->temps[NO_BASE].version;
    shifted->index = op->in[0];
    shifted->index_version = s->temps[op->in[0]].version;
    shifted->scale = s->temps[op->in[1]].value;
    return true;
}

static void set_base(TCGContext *s, Known *sum, TempIdx base, uint32_t stamp)
{
    const Known *inner = find_sum(s, base, stamp);

    if (inner && inner->index == TEMP_NONE) {
        sum->base = inner->base;
        sum->base_version = inner->base_version;
        sum->constant = inner->constant;
    } else {
        sum->base = base;
        sum->base_version = s->temps[base].version;
    }
}

/* op is out = base + (index << scale). */
static bool is_indexed(TCGContext *s, const TCGOp *op, uint32_t stamp, Known *sum)
{
    const Known *index;
    unsigned n = 1;

    if (op->opc != OP_add || temp_is_const(s, op->in[0]) || temp_is_const(s, op->in[1])) {
        return false;
    }
    index = find_sum(s, op->in[1], stamp);
    if (!index || index->base != NO_BASE) {
        n = 0;
        index = find_sum(s, op->in[0], stamp);
    }
    if (index && index->base == NO_BASE) {
        sum->index = index->index;
        sum->index_version = index->index_version;
        sum->scale = index->scale;
    } else {
        n = 1;
        sum->index = op->in[1];
        sum->index_version = s->temps[op->in[1]].version;
    }
    set_base(s, sum, op->in[1 - n], stamp);
    if (sum->base == NO_BASE || sum->base == op->out[0] || sum->index == op->out[0]) {
        sum->base = sum->index = TEMP_NONE;
    }
    return true;
}

static bool may_have_index(const TCGOp *op)
{
    return tcg_backend_kind == TCG_BACKEND_HOST && (get_memop(op->mem.oi) & MO_WIDE) &&
           !memop_align_mask(get_memop(op->mem.oi)) && !op_has_index(op) && !op_is_host_range(op);
}

static void fold_access(TCGContext *s, TCGOp *op, uint32_t stamp)
{
    unsigned addr = op_address(op);
    const Known *sum = find_sum(s, op->in[addr], stamp);
    int64_t disp;

    if (!sum || sum->base == NO_BASE || (sum->index != TEMP_NONE && !may_have_index(op))) {
        return;
    }
    disp = op->mem.disp + (uint64_t)sum->constant;
    if (disp >= -TCG_MAX_DISP && disp <= TCG_MAX_DISP) {
        op->in[addr] = sum->base;
        op->mem.disp = disp;
        if (sum->index != TEMP_NONE) {
            op->in[addr + 1] = sum->index;
            op->nb_in = addr + 2;
            op->mem.scale = sum->scale;
        }
    }
}

/* Takes the test from an access that passes it; after one that doesn't, the bits are clear. */
static void fold_alignment(TCGContext *s, TCGOp *op, uint32_t stamp)
{
    TempIdx base = op->in[op_address(op)];
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
    Known found = { .base = TEMP_NONE, .index = TEMP_NONE };

    if (op_is_guest_access(op)) {
        fold_access(s, op, stamp);
        fold_alignment(s, op, stamp);
    }
    if (op->opc == OP_mov) {
        found.clear = clear_bits(s, op->in[0], stamp);
    } else if (op->nb_out == 1 && !is_sum(s, op, stamp, &found) && op->type == TCG_TYPE_I64 &&
               !is_shifted(s, op, &found)) {
        is_indexed(s, op, stamp, &found);
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
