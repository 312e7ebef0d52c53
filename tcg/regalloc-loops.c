/*
 * Register allocation: what loops keep in registers.
 *
 * Before allocation begins, each loop chooses the values that it uses most, inner loops first, and
 * they get registers of their own: at the loop's head they are there on all edges, and in between
 * the allocator puts them there whenever it can. A value has the same register in all loops, so
 * that edges have nothing to move. Some registers are left for what comes and goes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "regalloc.h"

/* A turn of an inner loop counts as so many uses. */
#define INNER_WEIGHT 8

typedef struct Loop {
    TCGBlock *head;
    uint32_t last;  /* block */
    uint32_t inner; /* loops within it: more means it comes later */
    bool calls;
    bool changes_globals; /* a helper does */
} Loop;

static bool is_loop_head(const TCGBlock *b)
{
    return b->nb_preds > 1 && b->last_pred >= b->index;
}

/* How often each value occurs in the loop. */
static void count_uses(TCGContext *s, Loop *loop, uint32_t *uses)
{
    uint32_t *ends = arena_alloc(&s->arena, (s->nb_blocks + 1) * sizeof(*ends)), nb_ends = 0;

    for (uint32_t i = loop->head->index; i <= loop->last; i++) {
        const TCGBlock *b = s->blocks[i];
        uint32_t weight = 1;

        if (b != loop->head && is_loop_head(b)) {
            ends[nb_ends++] = b->last_pred;
            loop->inner++;
        }
        while (nb_ends && ends[nb_ends - 1] < i) {
            nb_ends--;
        }
        for (uint32_t n = 0; n < MIN(nb_ends, 3); n++) {
            weight *= INNER_WEIGHT;
        }
        for (const TCGOp *op = b->first; op && !block_leaves(b); op = op->next) {
            loop->calls |= op->opc == OP_call;
            loop->changes_globals |= op_writes_globals(op);
            for (unsigned n = 0; n < op->nb_in; n++) {
                uses[op->in[n]] += weight;
            }
            for (unsigned n = 0; n < op->nb_out; n++) {
                uses[op->out[n]] += weight;
            }
        }
    }
}

/* Of those that have a register already, and those that can have one, the one that is used most. */
static TempIdx best_value(TCGContext *s, const Loop *loop, const uint32_t *uses)
{
    TempIdx best = TEMP_NONE;

    for (uint32_t bit = 0; bit < s->nb_live_bits; bit++) {
        TempIdx t = s->temp_of_bit[bit];

        if (uses[t] > (best == TEMP_NONE ? 1 : uses[best]) &&
            !(loop->changes_globals && temp_is_global(s, t)) &&
            loop->head->use_in[bit] < LOOP_EXIT_DISTANCE) {
            best = t;
        }
    }
    return best;
}

/*
 * The first register, in the order in which they are taken, that a loop may give to a value of this
 * type, and hasn't given yet; or NO_REG. With calls, only those that survive them.
 */
static unsigned first_free(TCGType type, const Loop *loop, uint32_t given)
{
    uint32_t free = host_loop_regs & host_regs_of(type) & ~given &
                    ~(loop->calls ? host_call_clobbered : 0);

    for (unsigned i = 0; free && i < host_nb_reg_order; i++) {
        if (free >> host_reg_order[i] & 1) {
            return host_reg_order[i];
        }
    }
    return NO_REG;
}

static void give(TCGContext *s, const Loop *loop, RAState *e, TempIdx t, unsigned reg)
{
    s->temps[t].own_reg = reg;
    s->ra->owned |= 1u << reg;
    e->reg_temp[reg] = t;
    e->used |= 1u << reg;
    e->dirty |= (uint32_t)ra_written_between(s, loop->head->index, loop->last, t) << reg;
}

/*
 * What registers are left for is what the loop only computes for whoever looks at the guest's
 * registers behind it: stored once it is left, not in every turn.
 */
static void choose_observed(TCGContext *s, const Loop *loop, RAState *e)
{
    for (uint32_t bit = 0; bit < s->nb_live_bits; bit++) {
        TempIdx t = s->temp_of_bit[bit];
        unsigned reg;

        if (temp_is_global(s, t) && s->temps[t].own_reg == NO_REG && t != tcg_pc_global &&
            loop->head->use_in[bit] == NEVER &&
            ra_in_set(s, loop->head->live_in, t) &&
            ra_written_between(s, loop->head->index, loop->last, t)) {
            reg = first_free(s->temps[t].type, loop, e->used | s->ra->owned);
            if (reg != NO_REG) {
                give(s, loop, e, t, reg);
            }
        }
    }
}

static void choose(TCGContext *s, Loop *loop, uint32_t *uses)
{
    RAState *e = arena_alloc(&s->arena, sizeof(*e));
    TempIdx t;

    for (unsigned r = 0; r < NB_HOST_REGS; r++) {
        e->reg_temp[r] = TEMP_NONE;
    }
    while ((t = best_value(s, loop, uses)) != TEMP_NONE) {
        TCGTemp *temp = &s->temps[t];
        unsigned reg = temp->own_reg;

        uses[t] = 0;
        if (reg == NO_REG) {
            reg = first_free(temp->type, loop, e->used);
        }
        if (reg == NO_REG || (e->used >> reg & 1) ||
            (loop->calls && (host_call_clobbered >> reg & 1))) {
            continue;
        }
        give(s, loop, e, t, reg);
    }
    if (loop->inner == 0 && !loop->calls) {
        choose_observed(s, loop, e);
    }
    loop->head->entry = e;
}

/* What the loops around this one have in registers may stay there, as far as it doesn't need them. */
static void let_through(TCGContext *s, const Loop *loop, const Loop *outer)
{
    RAState *e = loop->head->entry, *around = outer->head->entry;

    if (outer->head->index >= loop->head->index || outer->last < loop->last) {
        return;
    }
    FOR_EACH_REG(r, around->used & ~e->used) {
        if (ra_in_set(s, loop->head->live_in, around->reg_temp[r])) {
            e->reg_temp[r] = around->reg_temp[r];
            e->used |= 1u << r;
            e->dirty |= around->dirty & 1u << r;
        }
    }
}

static gint inner_first(gconstpointer a, gconstpointer b)
{
    return (gint)((const Loop *)a)->inner - (gint)((const Loop *)b)->inner;
}

void ra_choose_for_loops(TCGContext *s)
{
    g_autoptr(GArray) loops = g_array_new(false, true, sizeof(Loop));
    uint32_t **uses = arena_alloc(&s->arena, s->nb_blocks * sizeof(*uses));

    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        if (is_loop_head(s->blocks[i])) {
            Loop loop = { .head = s->blocks[i], .last = s->blocks[i]->last_pred };

            uses[i] = arena_alloc(&s->arena, s->nb_temps * sizeof(**uses));
            count_uses(s, &loop, uses[i]);
            g_array_append_val(loops, loop);
        }
    }
    g_array_sort(loops, inner_first);
    for (guint i = 0; i < loops->len; i++) {
        Loop *loop = &g_array_index(loops, Loop, i);

        choose(s, loop, uses[loop->head->index]);
    }
    for (guint i = 0; i < loops->len; i++) {
        for (guint k = i + 1; k < loops->len; k++) {
            let_through(s, &g_array_index(loops, Loop, i), &g_array_index(loops, Loop, k));
        }
    }
}
