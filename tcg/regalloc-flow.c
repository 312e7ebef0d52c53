/*
 * Register allocation at block boundaries.
 *
 * A block with one predecessor starts in the state that its predecessor ended with. Where paths
 * join, the first edge that is processed fixes the state (TCGBlock.entry), but for loops, which have
 * chosen theirs (regalloc-loops.c); every other edge moves, loads and stores until it matches. A
 * value whose entry state is "dirty" need not be stored on any edge, so globals that the code still
 * to come may change are declared dirty at once: a loop keeps its registers in registers, without a
 * store per turn.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "regalloc.h"

static bool live_at(const TCGContext *s, const TCGBlock *b, TempIdx t)
{
    return ra_in_set(s, b->live_in, t);
}

static bool is_join(const TCGBlock *b)
{
    return b->nb_preds > 1;
}

bool ra_written_between(const TCGContext *s, uint32_t first, uint32_t last, TempIdx t)
{
    for (uint32_t i = first; i <= last; i++) {
        if (ra_in_set(s, s->blocks[i]->written, t)) {
            return true;
        }
    }
    return false;
}

/*
 * Constants can't cross a join: puts those that `to` needs into registers if there is room, else
 * into their homes.
 */
static void settle_consts(TCGContext *s, const TCGBlock *to)
{
    for (uint32_t i = s->ra->nb_consts; i-- > 0;) {
        TempIdx t = s->ra->consts[i];

        ra_clean(s, t);
        ra_drop(s, t);
    }
}

/*
 * Nothing but exits and sites wants t from `to` on: better it is stored on this edge than loaded on
 * others.
 */
static bool is_only_observed(const TCGContext *s, const TCGBlock *to, TempIdx t)
{
    return to->use_in && to->use_in[s->temps[t].live_bit] == NEVER;
}

static RAState *capture(TCGContext *s, const TCGBlock *to)
{
    RegAlloc *ra = s->ra;
    RAState *e = arena_alloc(&s->arena, sizeof(*e));
    bool join = is_join(to);

    for (unsigned r = 0; r < NB_HOST_REGS; r++) {
        e->reg_temp[r] = TEMP_NONE;
    }
    FOR_EACH_REG(r, ra->used) {
        TempIdx t = ra->reg_temp[r];

        if (live_at(s, to, t) &&
            !(join && is_only_observed(s, to, t) && s->temps[t].own_reg != r)) {
            /* an edge that comes later than the present one may bring another value */
            bool changes = join && ra_written_between(s, ra->block->index, to->last_pred, t);

            e->reg_temp[r] = t;
            e->used |= 1u << r;
            e->dirty |= (uint32_t)(s->temps[t].dirty || changes) << r;
        }
    }
    e->shares = arena_alloc(&s->arena, ra->nb_shares * sizeof(*e->shares));
    for (uint32_t i = 0; i < ra->nb_shares && !join; i++) {
        const TCGTemp *t = &s->temps[ra->shares[i]];

        if (live_at(s, to, ra->shares[i])) {
            e->shares[e->nb_shares++] = (RAShare){ ra->shares[i], t->reg, t->dirty };
        }
    }
    e->consts = arena_alloc(&s->arena, ra->nb_consts * sizeof(*e->consts));
    for (uint32_t i = 0; i < ra->nb_consts && !join; i++) {
        const TCGTemp *t = &s->temps[ra->consts[i]];

        if (live_at(s, to, ra->consts[i])) {
            e->consts[e->nb_consts++] = (RAConst){ ra->consts[i], t->dirty, t->value };
        }
    }
    return e;
}

static void forget_all(TCGContext *s)
{
    while (s->ra->nb_shares) {
        ra_drop(s, s->ra->shares[0]);
    }
    FOR_EACH_REG(r, s->ra->used) {
        ra_drop(s, s->ra->reg_temp[r]);
    }
    while (s->ra->nb_consts) {
        ra_drop(s, s->ra->consts[0]);
    }
}

static void install(TCGContext *s, const RAState *e)
{
    forget_all(s);
    FOR_EACH_REG(r, e ? e->used : 0) {
        ra_assign(s, e->reg_temp[r], r, e->dirty >> r & 1);
    }
    for (uint32_t i = 0; e && i < e->nb_shares; i++) {
        const RAShare *share = &e->shares[i];

        if (s->ra->reg_temp[share->reg] == TEMP_NONE) {
            ra_assign(s, share->temp, share->reg, share->dirty);
        } else {
            ra_share(s, share->temp, share->reg, share->dirty);
        }
    }
    for (uint32_t i = 0; e && i < e->nb_consts; i++) {
        ra_assign_const(s, e->consts[i].temp, e->consts[i].value, e->consts[i].dirty);
    }
}

/* Register that entry state e wants t in, or NO_REG. */
static unsigned entry_reg(const RAState *e, TempIdx t)
{
    FOR_EACH_REG(r, e->used) {
        if (e->reg_temp[r] == t) {
            return r;
        }
    }
    return NO_REG;
}

static void store_for_edge(TCGContext *s, const TCGBlock *to, TempIdx t)
{
    unsigned r;
    OperandKind kind;
    int32_t disp;
    TCGTemp *temp;

    if (!s->temps[t].dirty || !live_at(s, to, t)) {
        return;
    }
    r = entry_reg(to->entry, t);
    if (r != NO_REG && (to->entry->dirty >> r & 1)) {
        return;
    }
    temp = &s->temps[t];
    kind = ra_home(s, t, &disp);
    if (temp->state == VAL_CONST) {
        host_store_imm(s, temp->type, temp->value, kind, disp);
    } else {
        host_store(s, temp->type, temp->reg, kind, disp);
    }
}

/* Emits what turns the present state into to->entry. The allocator's own state stays as it is. */
static void emit_edge(TCGContext *s, const TCGBlock *to)
{
    const RAState *e = to->entry;
    uint8_t src_of[NB_HOST_REGS];
    uint32_t moves = 0;

    FOR_EACH_REG(r, s->ra->used) {
        store_for_edge(s, to, s->ra->reg_temp[r]);
    }
    for (uint32_t i = 0; i < s->ra->nb_shares; i++) {
        store_for_edge(s, to, s->ra->shares[i]);
    }
    for (uint32_t i = 0; i < s->ra->nb_consts; i++) {
        store_for_edge(s, to, s->ra->consts[i]);
    }
    FOR_EACH_REG(r, e->used) {
        const TCGTemp *t = &s->temps[e->reg_temp[r]];

        if (t->state == VAL_REG && t->reg != r) {
            src_of[r] = t->reg;
            moves |= 1u << r;
        }
    }
    ra_parallel_moves(s, src_of, moves);
    FOR_EACH_REG(r, e->used) {
        if (s->temps[e->reg_temp[r]].state != VAL_REG) {
            ra_copy_to(s, e->reg_temp[r], r);
        }
    }
}

/* Whether emit_edge() has anything to do for t's present location. */
static bool mismatch(const TCGContext *s, const TCGBlock *to, TempIdx t)
{
    const TCGTemp *temp = &s->temps[t];
    unsigned r;

    if (!live_at(s, to, t)) {
        return false;
    }
    r = entry_reg(to->entry, t);
    if (r == NO_REG) {
        return temp->dirty;
    }
    return temp->state != VAL_REG || temp->reg != r ||
           (temp->dirty && !(to->entry->dirty >> r & 1));
}

static bool edge_needs_code(const TCGContext *s, const TCGBlock *to)
{
    FOR_EACH_REG(r, s->ra->used) {
        if (mismatch(s, to, s->ra->reg_temp[r])) {
            return true;
        }
    }
    FOR_EACH_REG(r, to->entry->used) {
        if (mismatch(s, to, to->entry->reg_temp[r])) {
            return true;
        }
    }
    for (uint32_t i = 0; i < s->ra->nb_shares; i++) {
        if (mismatch(s, to, s->ra->shares[i])) {
            return true;
        }
    }
    for (uint32_t i = 0; i < s->ra->nb_consts; i++) {
        if (mismatch(s, to, s->ra->consts[i])) {
            return true;
        }
    }
    return false;
}

/*
 * Brings the state into a form that can become to's entry state. May emit code, so before flags are
 * set.
 */
static void prepare_edge(TCGContext *s, TCGBlock *to)
{
    if (!to->entry && is_join(to)) {
        settle_consts(s, to);
        for (uint32_t i = s->ra->nb_shares; i-- > 0;) {
            if (i < s->ra->nb_shares && live_at(s, to, s->ra->shares[i])) {
                ra_take_own_reg(s, s->ra->shares[i]);
            }
        }
    }
}

static void drop_dead(TCGContext *s, const TCGBlock *b)
{
    RegAlloc *ra = s->ra;

    for (uint32_t i = ra->nb_shares; i-- > 0;) {
        if (!live_at(s, b, ra->shares[i])) {
            ra_release(s, ra->shares[i]);
        }
    }
    FOR_EACH_REG(r, ra->used) {
        TempIdx t = ra->reg_temp[r];

        if (s->temps[t].kind != TEMP_CONST && t != ENV_TEMP && !live_at(s, b, t)) {
            ra_release(s, t);
        }
    }
    for (uint32_t i = ra->nb_consts; i-- > 0;) {
        if (!live_at(s, b, ra->consts[i])) {
            ra_release(s, ra->consts[i]);
        }
    }
}

/* What is in registers has its next use as seen from b's start. */
static void update_next_uses_at(TCGContext *s, const TCGBlock *b)
{
    uint32_t start = b->first ? b->first->pos : 0;

    FOR_EACH_REG(r, b->use_in ? s->ra->used : 0) {
        TCGTemp *t = &s->temps[s->ra->reg_temp[r]];

        if (t->live_bit != NO_BIT) {
            t->next_use = b->use_in[t->live_bit] == NEVER ? NEVER : start + b->use_in[t->live_bit];
        }
    }
}

void ra_block_start(TCGContext *s, TCGBlock *b)
{
    TCGBlock *prev = b->index ? s->blocks[b->index - 1] : NULL;
    bool continues = b->index == 0 || (!is_join(b) && prev->falls_through);

    s->ra->block = b;
    if (continues && !is_join(b)) {
        drop_dead(s, b);
    } else {
        if (!b->entry) { /* not reached yet from anywhere: everything is at home */
            forget_all(s);
            b->entry = capture(s, b);
        } else if (b->index == 0) {
            forget_all(s);
            emit_edge(s, b);
        }
        install(s, b->entry);
    }
    update_next_uses_at(s, b);
    host_block_start(s);
    b->code_offset = code_offset(s);
    b->placed = true;
}

void ra_block_end(TCGContext *s, TCGBlock *b)
{
    TCGBlock *next = tcg_fall_through(s, b);

    if (!next) {
        if (b->falls_through) { /* off the end: a front end's mistake */
            ra_sync_globals(s, true);
            host_exit_tb(s, NULL, 0);
        }
        return;
    }
    if (!is_join(next)) {
        return;
    }
    prepare_edge(s, next);
    if (!next->entry) {
        next->entry = capture(s, next);
    }
    emit_edge(s, next);
}

void ra_br(TCGContext *s, TCGOp *op)
{
    TCGBlock *to = op->label->block;

    prepare_edge(s, to);
    if (!to->entry) {
        to->entry = capture(s, to);
    }
    emit_edge(s, to);
    if (to->index != s->ra->block->index + 1) {
        host_jump(s, to);
    }
}

/* Loads the operands of a conditional branch. */
static void branch_operands(TCGContext *s, TCGOp *op, HostOperands *h)
{
    OpConstraint c = { 0 };

    host_constraint(s, op, &c);
    s->ra->pinned = 0;
    ra_inputs(s, op, &c, h);
    ra_drop_dying(s, op);
    if (op->zero_temp != TEMP_NONE && s->temps[op->zero_temp].state == VAL_REG) {
        h->zero_known = true;
        h->zero_reg = s->temps[op->zero_temp].reg;
        h->zero_type = s->temps[op->zero_temp].type;
    }
}

/* Stores what either way would only store, once. */
static void store_for_both(TCGContext *s, TempIdx t, const TCGBlock *a, const TCGBlock *b)
{
    if (temp_is_global(s, t) && live_at(s, a, t) && live_at(s, b, t) && is_only_observed(s, a, t) &&
        is_only_observed(s, b, t)) {
        ra_clean(s, t);
    }
}

void ra_brcond(TCGContext *s, TCGOp *op)
{
    TCGBlock *to = op->label->block, *next = tcg_fall_through(s, s->ra->block);
    HostOperands h = { 0 };
    uint8_t *skip;

    if (!s->counts_in_register) { /* no region: its ways out aren't where it mostly goes */
        FOR_EACH_REG(r, s->ra->used) {
            store_for_both(s, s->ra->reg_temp[r], to, next);
        }
        for (uint32_t i = 0; i < s->ra->nb_shares; i++) {
            store_for_both(s, s->ra->shares[i], to, next);
        }
        for (uint32_t i = 0; i < s->ra->nb_consts; i++) {
            store_for_both(s, s->ra->consts[i], to, next);
        }
    }
    prepare_edge(s, to);
    if (is_join(next)) {
        prepare_edge(s, next);
    }
    branch_operands(s, op, &h);
    if (!to->entry) {
        to->entry = capture(s, to);
    }
    if (!edge_needs_code(s, to)) {
        host_branch(s, op, op->cond, &h, to);
        ra_free_dying_slots(s, op);
        return;
    }
    skip = host_branch_skip(s, op, tcg_invert_cond(op->cond), &h);
    emit_edge(s, to);
    host_jump(s, to);
    host_skip_end(s, skip);
    ra_free_dying_slots(s, op);
}
