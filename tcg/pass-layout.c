/*
 * Layout of a region's basic blocks: fewer jumps on the paths that stay inside.
 *
 * Relies on: the flow graph; counts are resolved. Guarantees: the same operations in the same
 * order on every path, and the graph rebuilt. Must never: change what a path executes.
 *
 *  - A branch to a block that only branches on leads where that does.
 *  - `brcond c -> A; br B; A:` becomes `brcond !c -> B; A:`.
 *  - What leaves the translation stands at its end, so that it isn't in the way.
 *  - A block that is entered from the one before it only becomes part of that.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

static bool is_branch(const TCGOp *op)
{
    return op && (op->opc == OP_br || op->opc == OP_brcond);
}

/* Where a branch to `b` ends up. */
static TCGLabel *final_label(TCGContext *s, TCGLabel *label)
{
    for (uint32_t turns = 0; turns < s->nb_blocks; turns++) { /* an empty loop stays one */
        const TCGOp *first = label->block->first;

        if (!first || first->opc != OP_br) {
            break;
        }
        label = first->label;
    }
    return label;
}

static void thread_branches(TCGContext *s)
{
    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        TCGOp *last = s->blocks[i]->last;

        if (is_branch(last)) {
            last->label = final_label(s, last->label);
        }
    }
    tcg_build_cfg(s);
}

static TCGBlock *block_after(TCGContext *s, const TCGBlock *b)
{
    return b->index + 1 < s->nb_blocks ? s->blocks[b->index + 1] : NULL;
}

static void turn_branch(TCGOp *branch, TCGLabel *to)
{
    branch->cond = tcg_invert_cond(branch->cond);
    branch->zero_cond = tcg_invert_cond(branch->zero_cond);
    branch->label = to;
}

/* Branches around a branch, then branches to what comes next anyway. */
static void straighten(TCGContext *s)
{
    for (uint32_t i = 0; i + 1 < s->nb_blocks; i++) {
        TCGBlock *b = s->blocks[i], *over = s->blocks[i + 1];

        if (b->last && b->last->opc == OP_brcond && b->taken == block_after(s, over) &&
            over->nb_preds == 1 && over->first && over->first->opc == OP_br) {
            turn_branch(b->last, over->first->label);
            tcg_remove_op(over, over->first); /* it is empty, and goes on behind itself */
        }
    }
    tcg_build_cfg(s);
    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        TCGBlock *b = s->blocks[i];

        if (is_branch(b->last) && b->taken == block_after(s, b) && b->taken) {
            tcg_remove_op(b, b->last); /* a conditional one, too */
        }
    }
    tcg_build_cfg(s);
}

static TCGLabel *label_of(TCGContext *s, TCGBlock *b)
{
    TCGLabel *label = arena_alloc(&s->arena, sizeof(*label));

    label->block = b;
    label->id = s->nb_labels++;
    return label;
}

/*
 * A block that is run on into from one that ends with a branch over it stays reachable by turning
 * that branch.
 */
static void move_ways_out(TCGContext *s)
{
    TCGBlock **moved = arena_alloc(&s->arena, s->nb_blocks * sizeof(*moved));
    uint32_t kept = 1, nb_moved = 0, nb = s->nb_blocks;

    for (uint32_t i = 1; i < nb; i++) {
        TCGBlock *b = s->blocks[i], *before = s->blocks[kept - 1];
        bool over = before->index == i - 1 && before->taken && i + 1 < nb &&
                    before->taken == s->blocks[i + 1];

        if (!block_leaves(b) || (before->falls_through && !over)) {
            s->blocks[kept++] = b;
            continue;
        }
        if (before->falls_through) {
            turn_branch(before->last, label_of(s, b));
        }
        moved[nb_moved++] = b;
    }
    memcpy(&s->blocks[kept], moved, nb_moved * sizeof(*moved));
    for (uint32_t i = 0; i < nb; i++) {
        s->blocks[i]->index = i;
    }
    tcg_build_cfg(s);
}

/* Appends next's operations to b's. */
static void join_blocks(TCGBlock *b, TCGBlock *next)
{
    if (next->first) {
        next->first->prev = b->last;
        *(b->last ? &b->last->next : &b->first) = next->first;
        b->last = next->last;
        next->first = next->last = NULL;
    }
    b->taken = next->taken;
    b->falls_through = next->falls_through;
    next->reachable = false;
}

static void merge_blocks(TCGContext *s)
{
    uint32_t kept = 1;

    for (uint32_t i = 1; i < s->nb_blocks; i++) {
        TCGBlock *before = s->blocks[kept - 1], *b = s->blocks[i];

        if (before->falls_through && !before->taken && b->nb_preds == 1) {
            join_blocks(before, b);
        } else {
            s->blocks[kept++] = b;
        }
    }
    s->nb_blocks = kept;
    for (uint32_t i = 0; i < kept; i++) {
        s->blocks[i]->index = i;
    }
    tcg_build_cfg(s);
}

void tcg_pass_layout(TCGContext *s)
{
    if (!s->tb->region) {
        return;
    }
    thread_branches(s);
    straighten(s);
    move_ways_out(s);
    merge_blocks(s);
}
