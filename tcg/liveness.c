/*
 * Liveness over the flow graph, with removal of dead operations; positions and next uses for the
 * allocator.
 *
 * Relies on: the flow graph is up to date (tcg_build_cfg()).
 * Guarantees: TCGOp.dies, out_dead, pos, in_next, out_next, TCGBlock.live_in and written are right;
 * TCGOp.zero_temp is a temp that is needed anyway; operations that only compute unneeded values are
 * gone, assignments to globals that nobody can observe among them. A global is observed by exits,
 * by helpers that read globals, and by everything that may raise a guest exception; there its value
 * must still be somewhere, though not in a register. The pc is not observed by guest accesses and
 * goto_tb. Must never: move or duplicate an operation.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

bool tcg_remove_dead = true;

static void set_bit(uint64_t *set, uint32_t bit)
{
    set[bit / 64] |= 1ull << (bit % 64);
}

static void note_block(TCGContext *s, TempIdx t, uint32_t block)
{
    TCGTemp *temp = &s->temps[t];

    if (temp->kind != TEMP_LOCAL) {
        return;
    }
    if (temp->block == NEVER) {
        temp->block = block;
    } else if (temp->block != block && temp->live_bit == NO_BIT) {
        temp->live_bit = s->nb_live_bits++;
    }
}

static void start_temp(TCGTemp *temp, uint32_t live_bit)
{
    temp->live_bit = live_bit;
    temp->block = NEVER;
    temp->next_use = NEVER;
    temp->live = false;
    temp->becomes = TEMP_NONE;
}

/* Gives a bit to every used global and to every local that occurs in more than one block. */
static void assign_bits(TCGContext *s)
{
    start_temp(&s->temps[0], NO_BIT); /* the env pointer */
    for (uint32_t i = 0; i < s->nb_used_globals; i++) {
        start_temp(&s->temps[s->used_globals[i]], i);
    }
    for (TempIdx t = s->nb_globals; t < s->nb_temps; t++) {
        start_temp(&s->temps[t], NO_BIT);
    }
    s->nb_live_bits = s->nb_used_globals;
    for (uint32_t b = 0; b < s->nb_blocks && s->nb_blocks > 1; b++) {
        for (TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            for (unsigned i = 0; i < op->nb_in; i++) {
                note_block(s, op->in[i], b);
            }
            for (unsigned i = 0; i < op->nb_out; i++) {
                note_block(s, op->out[i], b);
            }
        }
    }
    s->live_words = DIV_ROUND_UP(s->nb_live_bits, 64);
    s->temp_of_bit = arena_alloc(&s->arena, s->nb_live_bits * sizeof(*s->temp_of_bit));
    for (uint32_t i = 0; i < s->nb_used_globals; i++) {
        s->temp_of_bit[i] = s->used_globals[i];
    }
    for (TempIdx t = s->nb_globals; t < s->nb_temps; t++) {
        if (s->temps[t].live_bit != NO_BIT) {
            s->temp_of_bit[s->temps[t].live_bit] = t;
        }
    }
}

static uint64_t *new_set(TCGContext *s)
{
    return arena_alloc(&s->arena, s->live_words * sizeof(uint64_t));
}

static void make_sets(TCGContext *s)
{
    s->global_bits = new_set(s);
    s->kept_bits = new_set(s);
    for (uint32_t bit = 0; bit < s->nb_used_globals; bit++) {
        set_bit(s->global_bits, bit);
        if (s->used_globals[bit] != tcg_pc_global) {
            set_bit(s->kept_bits, bit);
        }
    }
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        s->blocks[b]->live_in = new_set(s);
        s->blocks[b]->written = new_set(s);
    }
}

static bool is_live(TCGContext *s, const uint64_t *live, TempIdx t)
{
    const TCGTemp *temp = &s->temps[t];

    if (temp->live_bit == NO_BIT) {
        return temp->live;
    }
    return live[temp->live_bit / 64] >> (temp->live_bit % 64) & 1;
}

static void set_live(TCGContext *s, uint64_t *live, TempIdx t, bool value)
{
    TCGTemp *temp = &s->temps[t];

    if (temp->live_bit == NO_BIT) {
        g_assert(temp->kind != TEMP_GLOBAL);
        temp->live = value;
    } else if (value) {
        set_bit(live, temp->live_bit);
    } else {
        live[temp->live_bit / 64] &= ~(1ull << (temp->live_bit % 64));
    }
}

static void add_set(const TCGContext *s, uint64_t *live, const uint64_t *more)
{
    for (uint32_t i = 0; i < s->live_words; i++) {
        live[i] |= more[i];
    }
}

/* Of what op observes: the globals that nothing after it needs. */
static void note_dead_after(TCGContext *s, TCGOp *op, const uint64_t *live,
                            const uint64_t *observed)
{
    uint64_t any = 0, set[8] = { 0 };

    if (s->live_words > ARRAY_SIZE(set)) {
        return;
    }
    for (uint32_t i = 0; i < s->live_words; i++) {
        set[i] = observed[i] & ~live[i];
    }
    for (unsigned i = 0; i < op->nb_out; i++) {
        uint32_t bit = s->temps[op->out[i]].live_bit;

        if (bit != NO_BIT) {
            set[bit / 64] &= ~(1ull << (bit % 64));
        }
    }
    for (uint32_t i = 0; i < s->live_words; i++) {
        any |= set[i];
    }
    if (any) {
        op->dead_after = arena_alloc(&s->arena, s->live_words * sizeof(uint64_t));
        memcpy(op->dead_after, set, s->live_words * sizeof(uint64_t));
    }
}

/* Guest state that op observes. */
static void add_observed(TCGContext *s, TCGOp *op, uint64_t *live, bool final)
{
    if (final && (tcg_op_defs[op->opc].flags & OPF_OBSERVES)) {
        note_dead_after(s, op, live, s->kept_bits);
    } else if (final && op->opc == OP_call && op_reads_globals(op)) {
        note_dead_after(s, op, live, s->global_bits);
    }
    if (op->opc == OP_goto_tb || op->opc == OP_budget || op->opc == OP_check ||
        (tcg_op_defs[op->opc].flags & OPF_OBSERVES)) {
        add_set(s, live, s->kept_bits);
    } else if (op_reads_globals(op)) {
        add_set(s, live, s->global_bits);
    }
}

static bool any_out_live(TCGContext *s, const TCGOp *op, const uint64_t *live)
{
    for (unsigned i = 0; i < op->nb_out; i++) {
        if (is_live(s, live, op->out[i])) {
            return true;
        }
    }
    return false;
}

static void visit_outputs(TCGContext *s, TCGOp *op, uint64_t *live)
{
    op->out_dead = 0;
    for (unsigned i = 0; i < op->nb_out; i++) {
        TCGTemp *t = &s->temps[op->out[i]];

        op->out_dead |= !is_live(s, live, op->out[i]) << i;
        op->out_next[i] = t->next_use;
    }
    for (unsigned i = 0; i < op->nb_out; i++) {
        set_live(s, live, op->out[i], false);
        s->temps[op->out[i]].next_use = NEVER;
    }
}

/* A temp that becomes a global had best be computed in that global's register. */
static void note_move(TCGContext *s, const TCGOp *op)
{
    if (op->opc == OP_mov && (op->dies & 1) && temp_is_global(s, op->out[0])) {
        s->temps[op->in[0]].becomes = op->out[0];
    }
}

static void visit_inputs(TCGContext *s, TCGOp *op, uint64_t *live)
{
    op->dies = 0;
    for (unsigned i = op->nb_in; i-- > 0;) {
        TCGTemp *t = &s->temps[op->in[i]];

        op->in_next[i] = t->next_use;
        if (t->kind == TEMP_CONST || t->kind == TEMP_ENV) {
            continue;
        }
        op->dies |= !is_live(s, live, op->in[i]) << i;
        set_live(s, live, op->in[i], true);
    }
    for (unsigned i = 0; i < op->nb_in; i++) {
        s->temps[op->in[i]].next_use = op->pos;
    }
}

/* Control doesn't go on here: what is live is decided by the operation and the successors alone. */
static void live_at_end(TCGContext *s, TCGBlock *b, uint64_t *live)
{
    TCGBlock *next = tcg_fall_through(s, b);

    memset(live, 0, s->live_words * sizeof(*live));
    if (b->taken) {
        add_set(s, live, b->taken->live_in);
    }
    if (next) {
        add_set(s, live, next->live_in);
    }
}

/* The next uses at the end of b, as positions, if more is known than layout order tells. */
static void set_next_uses(TCGContext *s, const TCGBlock *b)
{
    uint32_t end = b->last ? b->last->pos + 1 : 0;

    for (uint32_t bit = 0; b->use_out && bit < s->nb_live_bits; bit++) {
        s->temps[s->temp_of_bit[bit]].next_use =
            b->use_out[bit] == NEVER ? NEVER : end + b->use_out[bit];
    }
}

/*
 * Walks b backwards; with `final` writes results and removes dead operations. Returns whether
 * live_in has changed.
 */
static bool visit_block(TCGContext *s, TCGBlock *b, uint64_t *live, bool final)
{
    TCGOp *prev;

    live_at_end(s, b, live);
    set_next_uses(s, b);
    for (TCGOp *op = b->last; op; op = prev) {
        prev = op->prev;
        if (tcg_remove_dead && op_removable(op) && !any_out_live(s, op, live)) {
            if (final) {
                tcg_remove_op(b, op);
            }
            continue;
        }
        if (final && op->opc == OP_brcond && op->zero_temp != TEMP_NONE &&
            !is_live(s, live, op->zero_temp)) {
            op->zero_temp = TEMP_NONE; /* it may not be computed */
        }
        visit_outputs(s, op, live);
        add_observed(s, op, live, final);
        visit_inputs(s, op, live);
        note_move(s, op);
        for (unsigned i = 0; final && i < op->nb_out; i++) {
            uint32_t bit = s->temps[op->out[i]].live_bit;

            if (bit != NO_BIT) {
                set_bit(b->written, bit);
            }
        }
    }
    if (!memcmp(b->live_in, live, s->live_words * sizeof(*live))) {
        return false;
    }
    memcpy(b->live_in, live, s->live_words * sizeof(*live));
    return true;
}

static bool has_back_edge(const TCGContext *s)
{
    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        const TCGBlock *to = s->blocks[i]->taken;

        if (to && to->index <= i) {
            return true;
        }
    }
    return false;
}

static void number_ops(TCGContext *s)
{
    uint32_t pos = 0;

    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        for (TCGOp *op = s->blocks[i]->first; op; op = op->next) {
            op->pos = pos++;
        }
    }
    s->nb_ops = pos;
}

static bool visit_all(TCGContext *s, uint64_t *live, bool final)
{
    bool changed = false;

    for (uint32_t i = s->nb_blocks; i-- > 0;) {
        changed |= visit_block(s, s->blocks[i], live, final);
    }
    return changed;
}

void tcg_liveness(TCGContext *s)
{
    uint64_t *live;

    assign_bits(s);
    make_sets(s);
    number_ops(s);
    live = new_set(s);
    s->has_loops = has_back_edge(s);
    if (s->has_loops) {
        while (visit_all(s, live, false)) {
        }
        tcg_next_uses(s);
        for (uint32_t i = 0; i < s->nb_used_globals; i++) {
            s->temps[s->used_globals[i]].next_use = NEVER;
        }
        for (TempIdx t = s->nb_globals; t < s->nb_temps; t++) {
            s->temps[t].next_use = NEVER;
        }
    }
    visit_all(s, live, true);
}
