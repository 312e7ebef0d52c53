/*
 * Register allocation around helper calls, and the side table's sites.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "regalloc.h"

static void add_loc(TCGContext *s, TempIdx t)
{
    const TCGTemp *temp = &s->temps[t];
    TCGLoc *loc;

    if (!temp->dirty || temp->kind != TEMP_GLOBAL || t == tcg_pc_global) {
        return;
    }
    ENSURE_ROOM(s->locs, s->locs_room, s->nb_locs);
    loc = &s->locs[s->nb_locs++];
    loc->global = t;
    loc->kind = temp->state == VAL_CONST ? TCG_LOC_CONST : TCG_LOC_REG;
    loc->value = temp->state == VAL_CONST ? temp->value : temp->reg;
}

uint32_t ra_record_locs(TCGContext *s)
{
    uint32_t first = s->nb_locs;

    FOR_EACH_REG(r, s->ra->used) {
        add_loc(s, s->ra->reg_temp[r]);
    }
    for (uint32_t i = 0; i < s->ra->nb_shares; i++) {
        add_loc(s, s->ra->shares[i]);
    }
    for (uint32_t i = 0; i < s->ra->nb_consts; i++) {
        add_loc(s, s->ra->consts[i]);
    }
    return s->nb_locs - first;
}

TCGSite *ra_new_site(TCGContext *s, const TCGOp *op, TCGSiteKind kind)
{
    TCGSite *site;

    ENSURE_ROOM(s->sites, s->sites_room, s->nb_sites);
    site = &s->sites[s->nb_sites++];
    *site = (TCGSite){ .insn = op->insn, .kind = kind, .first_loc = s->nb_locs };
    site->nb_locs = ra_record_locs(s);
    return site;
}

static TCGType widest_type(unsigned reg)
{
    return reg < FIRST_VECTOR ? TCG_TYPE_I64 : TCG_TYPE_V128;
}

/*
 * Moves register src_of[d] to d for every d in `dsts`, as if all at once. A move whose destination
 * no other pending move reads can be done; if there is none, the rest are cycles: one is broken
 * with the scratch register.
 */
void ra_parallel_moves(TCGContext *s, uint8_t *src_of, uint32_t dsts)
{
    while (dsts) {
        uint32_t read = 0, ready;
        unsigned d, scratch;

        for (uint32_t m = dsts; m; m &= m - 1) {
            read |= 1u << src_of[__builtin_ctz(m)];
        }
        ready = dsts & ~read;
        if (ready) {
            d = __builtin_ctz(ready);
            host_mov(s, widest_type(d), d, src_of[d]);
            dsts &= ~(1u << d);
            continue;
        }
        d = __builtin_ctz(dsts);
        scratch = d < FIRST_VECTOR ? host_scratch : host_vector_scratch;
        host_mov(s, widest_type(d), scratch, d);
        for (uint32_t m = dsts; m; m &= m - 1) {
            unsigned e = __builtin_ctz(m);

            src_of[e] = src_of[e] == d ? scratch : src_of[e];
        }
    }
}

/*
 * Brings what is needed after the call out of the registers that it destroys; the old registers
 * keep their values.
 */
static void save_across_call(TCGContext *s, const TCGOp *op)
{
    FOR_EACH_REG(r, s->ra->used & host_call_clobbered) {
        ra_vacate(s, r, ~host_call_clobbered);
    }
}

/*
 * Puts the arguments into their registers: register to register first, so that nothing is
 * overwritten too early.
 */
static void load_args(TCGContext *s, const TCGOp *op, const uint8_t *src)
{
    uint8_t src_of[NB_HOST_REGS];
    uint32_t moves = 0;

    for (unsigned i = 0; i < op->nb_in; i++) {
        if (src[i] != NO_REG && src[i] != host_call_args[i]) {
            src_of[host_call_args[i]] = src[i];
            moves |= 1u << host_call_args[i];
        }
    }
    ra_parallel_moves(s, src_of, moves);
    for (unsigned i = 0; i < op->nb_in; i++) {
        if (src[i] == NO_REG) {
            ra_copy_to(s, op->in[i], host_call_args[i]);
        }
    }
}

static void drop_globals(TCGContext *s)
{
    for (uint32_t i = s->ra->nb_shares; i-- > 0;) {
        if (temp_is_global(s, s->ra->shares[i])) {
            ra_drop(s, s->ra->shares[i]);
        }
    }
    FOR_EACH_REG(r, s->ra->used) {
        if (temp_is_global(s, s->ra->reg_temp[r])) {
            ra_drop(s, s->ra->reg_temp[r]);
        }
    }
    for (uint32_t i = s->ra->nb_consts; i-- > 0;) {
        if (temp_is_global(s, s->ra->consts[i])) {
            ra_drop(s, s->ra->consts[i]);
        }
    }
}

static void place_results(TCGContext *s, const TCGOp *op)
{
    for (unsigned i = 0; i < op->nb_out; i++) {
        TempIdx t = op->out[i];

        ra_drop(s, t);
        s->temps[t].next_use = op->out_next[i];
        if (op->out_dead >> i & 1) {
            ra_release(s, t);
            continue;
        }
        if (op->call->ret == TCG_HELPER_I32) {
            host_mov(s, TCG_TYPE_I32, host_call_result[i], host_call_result[i]);
        }
        ra_assign(s, t, host_call_result[i], true);
    }
}

/* Returns the offset of the return address. */
static uint32_t emit_call(TCGContext *s, const TCGHelperInfo *call)
{
    bool returns = !(call->flags & TCG_CALL_NO_RETURN);

    if (likely(!tcg_runtime->call) || (call->flags & TCG_CALL_PURE)) {
        return host_call(s, call->func, returns);
    }
    host_note_called(s, call);
    return host_call(s, tcg_runtime->call, returns);
}

void ra_call(TCGContext *s, TCGOp *op)
{
    uint8_t src[TCG_MAX_CALL_ARGS];
    uint32_t return_offset;

    s->ra->pinned = 0;
    if (op_reads_globals(op)) {
        ra_sync_globals(s, true);
    }
    for (unsigned i = 0; i < op->nb_in; i++) {
        const TCGTemp *t = &s->temps[op->in[i]];

        src[i] = t->state == VAL_REG ? t->reg : NO_REG;
        s->temps[op->in[i]].next_use = op->in_next[i];
    }
    /*
     * Dying arguments needn't be saved; their registers hold them until the arguments are in place.
     */
    for (unsigned i = 0; i < op->nb_in; i++) {
        if ((op->dies >> i & 1) && src[i] != NO_REG) {
            ra_drop(s, op->in[i]);
            s->ra->pinned |= 1u << src[i];
        }
    }
    save_across_call(s, op);
    load_args(s, op, src);
    ra_drop_dying(s, op);
    ra_free_dying_slots(s, op);
    return_offset = emit_call(s, op->call);
    if (op_reads_globals(op)) {
        ra_new_site(s, op, TCG_SITE_CALL)->code_offset = return_offset;
    }
    if (op_writes_globals(op)) {
        drop_globals(s);
    }
    ra_drop_observed(s, op);
    place_results(s, op);
}
