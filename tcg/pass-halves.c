/*
 * Store forwarding: a guest load of eight bytes, four of which have just been stored, becomes two
 * loads of four.
 *
 * A host hands what has been stored over to a load that lies within the store; one that needs two
 * stores waits until both have reached the cache, longer than all that is added here. Guests without
 * an instruction for it put a number together in memory: PowerPC's conversions from integer to
 * floating point store two words on the stack and load a double.
 *
 * Relies on: displacements folded into accesses (pass-address.c). Guarantees: the same values and
 * faults. Must never: split what might be a device's or another CPU's; so only accesses with
 * MO_STACK are looked at.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

#define NB_RECENT 4

typedef struct Store {
    TempIdx base;
    uint32_t version; /* of the base */
    int64_t disp;
} Store;

typedef struct Recent {
    Store stores[NB_RECENT];
    unsigned next;
} Recent;

static void forget(Recent *r)
{
    for (unsigned i = 0; i < NB_RECENT; i++) {
        r->stores[i].base = TEMP_NONE;
    }
}

static bool overlaps(const TCGContext *s, const Store *store, TempIdx base, int64_t disp)
{
    return store->base == base && store->version == s->temps[base].version &&
           store->disp > disp - 4 && store->disp < disp + 8;
}

static void note_store(TCGContext *s, Recent *r, const TCGOp *op, MemOp memop)
{
    TempIdx base = op->in[1];

    if ((memop & MO_SIZE) == MO_32) {
        r->stores[r->next++ % NB_RECENT] = (Store){ base, s->temps[base].version, op->mem.disp };
        return;
    }
    for (unsigned i = 0; i < NB_RECENT && (memop & MO_SIZE) == MO_64; i++) {
        if (overlaps(s, &r->stores[i], base, op->mem.disp)) {
            r->stores[i].base = TEMP_NONE; /* overwritten: there is one store again */
        }
    }
}

static bool is_stored_in_parts(const TCGContext *s, const Recent *r, const TCGOp *op)
{
    for (unsigned i = 0; i < NB_RECENT; i++) {
        if (overlaps(s, &r->stores[i], op->in[0], op->mem.disp)) {
            return true;
        }
    }
    return false;
}

static TempIdx insert_half(TCGContext *s, TCGBlock *b, TCGOp *op, int64_t ofs, MemOp align)
{
    MemOp memop = (get_memop(op->mem.oi) & ~(MO_SIZE | MO_SIGN | MO_ALIGN_4)) | MO_32 | align;
    TCGOp *half = tcg_insert_before(s, b, op, OP_qemu_ld, TCG_TYPE_I64);

    half->in[0] = op->in[0];
    half->mem.disp = op->mem.disp + ofs;
    half->mem.oi = make_memop_idx(memop, get_mmuidx(op->mem.oi));
    return half->out[0] = tcg_new_temp(s, TCG_TYPE_I64);
}

/* op becomes the last of the operations that put the halves together. */
static void split(TCGContext *s, TCGBlock *b, TCGOp *op)
{
    MemOp memop = get_memop(op->mem.oi);
    TempIdx first = insert_half(s, b, op, 0, memop & MO_ALIGN_4 ? MO_ALIGN : 0);
    TempIdx second = insert_half(s, b, op, 4, 0);
    TCGOp *shift = tcg_insert_before(s, b, op, OP_shl, TCG_TYPE_I64);

    shift->in[0] = memop & MO_BE ? first : second;
    shift->in[1] = tcg_const_temp(s, TCG_TYPE_I64, 32);
    shift->out[0] = tcg_new_temp(s, TCG_TYPE_I64);
    op->opc = OP_or;
    op->nb_in = 2;
    op->in[0] = shift->out[0];
    op->in[1] = memop & MO_BE ? second : first;
}

static void visit(TCGContext *s, TCGBlock *b, TCGOp *op, Recent *r)
{
    if (op->opc == OP_qemu_st && (get_memop(op->mem.oi) & MO_STACK)) {
        note_store(s, r, op, get_memop(op->mem.oi));
    } else if (op->opc == OP_qemu_ld && op->type == TCG_TYPE_I64) {
        MemOp memop = get_memop(op->mem.oi);

        if ((memop & (MO_SIZE | MO_STACK | MO_ALIGN)) == (MO_64 | MO_STACK) && !op_has_index(op) &&
            op->mem.disp + 4 <= TCG_MAX_DISP && is_stored_in_parts(s, r, op)) {
            split(s, b, op);
        }
    } else if (op_writes_globals(op)) {
        forget(r);
    }
    for (unsigned i = 0; i < op->nb_out; i++) {
        s->temps[op->out[i]].version++;
    }
}

void tcg_pass_halves(TCGContext *s)
{
    Recent recent = { 0 };

    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        forget(&recent);
        for (TCGOp *op = s->blocks[i]->first; op; op = op->next) {
            visit(s, s->blocks[i], op, &recent);
        }
    }
}
