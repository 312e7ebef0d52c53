/*
 * How far it is to the next use of each value, along the edges of the flow graph: what the register
 * allocator gives up first in code with loops.
 *
 * A use is an operation that reads the value; being observed by an exit or a site isn't one. Behind
 * a back edge the loop's uses come again, so what a loop needs in each turn is near to its end. Uses
 * behind the loop are far, for each loop that is left on the way.
 *
 * Relies on: the flow graph, positions, live bits. Guarantees: TCGBlock.use_in and use_out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

typedef struct Summary {
    uint32_t *first_use; /* by live bit: distance from the block's start, or NEVER */
    uint64_t *defined;   /* before any use of it */
    uint32_t length;
    uint32_t depth;      /* loops that the block is in */
} Summary;

static uint32_t *new_distances(TCGContext *s)
{
    uint32_t *d = arena_alloc(&s->arena, s->nb_live_bits * sizeof(*d));

    for (uint32_t i = 0; i < s->nb_live_bits; i++) {
        d[i] = NEVER;
    }
    return d;
}

static bool is_defined(const Summary *sum, uint32_t bit)
{
    return sum->defined[bit / 64] >> (bit % 64) & 1;
}

static void summarize(TCGContext *s, const TCGBlock *b, Summary *sum)
{
    sum->first_use = new_distances(s);
    sum->defined = arena_alloc(&s->arena, s->live_words * sizeof(uint64_t));
    for (const TCGOp *op = b->first; op; op = op->next, sum->length++) {
        for (unsigned i = 0; i < op->nb_in; i++) {
            uint32_t bit = s->temps[op->in[i]].live_bit;

            if (bit != NO_BIT && sum->first_use[bit] == NEVER && !is_defined(sum, bit)) {
                sum->first_use[bit] = sum->length;
            }
        }
        for (unsigned i = 0; i < op->nb_out; i++) {
            uint32_t bit = s->temps[op->out[i]].live_bit;

            if (bit != NO_BIT) {
                sum->defined[bit / 64] |= 1ull << (bit % 64);
            }
        }
    }
}

/* Loops as the layout shows them: from a block to the last one that goes back to it. */
static void count_depths(const TCGContext *s, Summary *sums)
{
    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        for (uint32_t k = i; s->blocks[i]->nb_preds > 1 && k <= s->blocks[i]->last_pred; k++) {
            sums[k].depth++;
        }
    }
}

static uint32_t further(uint32_t distance, uint32_t by)
{
    return distance == NEVER ? NEVER : distance + by;
}

/* What the edge from `from` to `to` means for the distances at its start. */
static void add_edge(const TCGContext *s, const Summary *sums, TCGBlock *from, const TCGBlock *to)
{
    uint32_t left = sums[from->index].depth > sums[to->index].depth
                        ? sums[from->index].depth - sums[to->index].depth : 0;

    for (uint32_t bit = 0; bit < s->nb_live_bits; bit++) {
        from->use_out[bit] =
            MIN(from->use_out[bit], further(to->use_in[bit], left * LOOP_EXIT_DISTANCE));
    }
}

static bool update_block(TCGContext *s, const Summary *sums, TCGBlock *b)
{
    const Summary *sum = &sums[b->index];
    TCGBlock *next = tcg_fall_through(s, b);
    bool changed = false;

    if (b->taken) {
        add_edge(s, sums, b, b->taken);
    }
    if (next) {
        add_edge(s, sums, b, next);
    }
    for (uint32_t bit = 0; bit < s->nb_live_bits; bit++) {
        uint32_t distance = sum->first_use[bit];

        if (distance == NEVER && !is_defined(sum, bit)) {
            distance = further(b->use_out[bit], sum->length);
        }
        if (distance < b->use_in[bit]) {
            b->use_in[bit] = distance;
            changed = true;
        }
    }
    return changed;
}

/* Distances settle in two or three turns; what they are exactly doesn't matter. */
#define MAX_TURNS 6

void tcg_next_uses(TCGContext *s)
{
    Summary *sums = arena_alloc(&s->arena, s->nb_blocks * sizeof(*sums));
    bool changed = true;

    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        summarize(s, s->blocks[i], &sums[i]);
        s->blocks[i]->use_in = new_distances(s);
        s->blocks[i]->use_out = new_distances(s);
    }
    count_depths(s, sums);
    for (unsigned turn = 0; changed && turn < MAX_TURNS; turn++) {
        changed = false;
        for (uint32_t i = s->nb_blocks; i-- > 0;) {
            changed |= update_block(s, sums, s->blocks[i]);
        }
    }
}
