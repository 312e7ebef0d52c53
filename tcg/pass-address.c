/*
 * Address folding: guest access at (base + constant) becomes an access at base with a displacement.
 *
 * Relies on: nothing. Guarantees: the same addresses; displacements within +/- TCG_MAX_DISP.
 * Must never: touch anything but the operands of guest accesses.
 *
 * Within a block, a temp whose last definition was `add base, constant` stands for base + constant
 * for as long as neither it nor base is assigned again. Versions, counted per temp, tell.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

typedef struct Sum {
    TempIdx base;
    uint32_t base_version;
    uint32_t version; /* of the temp that is this sum */
    int64_t constant; /* of a 32-bit sum: sign-extended */
} Sum;

static const Sum *find_sum(TCGContext *s, TempIdx t, uint32_t stamp)
{
    const TCGTemp *temp = &s->temps[t];
    const Sum *sum = temp->info;

    if (temp->info_stamp != stamp || sum->version != temp->version ||
        s->temps[sum->base].version != sum->base_version) {
        return NULL;
    }
    return sum;
}

/* Whether op is out = base + constant, a sum of sums included. */
static bool is_sum(TCGContext *s, const TCGOp *op, uint32_t stamp, Sum *sum)
{
    const Sum *inner;

    if (op->opc != OP_add || !temp_is_const(s, op->in[1]) ||
        temp_is_const(s, op->in[0])) {
        return false;
    }
    *sum = (Sum){ .base = op->in[0], .base_version = s->temps[op->in[0]].version,
                  .constant = s->temps[op->in[1]].value };
    if (op->type == TCG_TYPE_I32) {
        sum->constant = (int32_t)sum->constant;
    }
    inner = find_sum(s, op->in[0], stamp);
    if (inner) {
        sum->base = inner->base;
        sum->base_version = inner->base_version;
        sum->constant += (uint64_t)inner->constant;
        if (op->type == TCG_TYPE_I32) {
            sum->constant = (int32_t)sum->constant;
        }
    }
    return sum->base != op->out[0];
}

static void fold_access(TCGContext *s, TCGOp *op, uint32_t stamp)
{
    unsigned addr = op->opc == OP_qemu_st;
    const Sum *sum = find_sum(s, op->in[addr], stamp);
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

static void visit(TCGContext *s, TCGOp *op, uint32_t stamp)
{
    Sum sum;
    bool found;

    if (op->opc == OP_qemu_ld || op->opc == OP_qemu_st) {
        fold_access(s, op, stamp);
    }
    found = is_sum(s, op, stamp, &sum);
    for (unsigned i = 0; i < op->nb_out; i++) {
        s->temps[op->out[i]].version++;
    }
    if (op_writes_globals(op)) {
        for (TempIdx t = 1; t < s->nb_globals; t++) {
            s->temps[t].version++;
        }
    }
    if (found) {
        TCGTemp *t = &s->temps[op->out[0]];

        sum.version = t->version;
        t->info = arena_alloc(&s->arena, sizeof(sum));
        memcpy(t->info, &sum, sizeof(sum));
        t->info_stamp = stamp;
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
