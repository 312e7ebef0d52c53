/*
 * If-conversion: a branch over a few operations becomes those operations and conditional moves.
 *
 * Relies on: the flow graph, with constants folded. Guarantees: the same values in all temps where
 * control goes on, and the graph rebuilt if it changed. Must never: execute what may fault, call,
 * leave or be counted, where the guest would not have.
 *
 *     brcond a < b -> L              t' = add x, y
 *     t = add x, y           =>      t  = movcond a < b ? t : t'
 *  L:
 *
 * Worth it where guests execute instructions conditionally: a mispredicted branch costs more than a
 * few operations, and a join in the flow graph costs the register allocator its freedom.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

/* More than this had better be jumped over. */
#define MAX_OPS     4
#define MAX_RESULTS 3

typedef struct Renamed {
    TempIdx original, now;
} Renamed;

typedef struct Conversion {
    TCGContext *s;
    TCGBlock *block; /* the one that is jumped over */
    TCGOp *branch;
    Renamed renamed[MAX_RESULTS];
    unsigned nb_renamed;
} Conversion;

static bool is_harmless(const TCGOp *op)
{
    return (tcg_op_defs[op->opc].flags & OPF_PURE) && op->nb_out == 1 && !(op->type >= TCG_TYPE_F32);
}

/* `b` is jumped over by nothing but its predecessor's branch, and cheap. */
static bool worth_it(TCGContext *s, const TCGBlock *b)
{
    unsigned ops = 0, results = 0;
    TempIdx seen[MAX_OPS];

    if (b->nb_preds != 1 || !b->falls_through || b->taken) {
        return false;
    }
    for (const TCGOp *op = b->first; op; op = op->next) {
        unsigned i = 0;

        if (ops++ == MAX_OPS || !is_harmless(op)) {
            return false;
        }
        while (i < results && seen[i] != op->out[0]) {
            i++;
        }
        if (i == results) {
            if (results == MAX_RESULTS) {
                return false;
            }
            seen[results++] = op->out[0];
        }
    }
    return true;
}

static TempIdx current_name(const Conversion *c, TempIdx t)
{
    for (unsigned i = 0; i < c->nb_renamed; i++) {
        if (c->renamed[i].original == t) {
            return c->renamed[i].now;
        }
    }
    return t;
}

static TempIdx new_name(Conversion *c, TempIdx t)
{
    TempIdx now = current_name(c, t);

    if (now == t) {
        now = tcg_new_temp(c->s, c->s->temps[t].type);
        c->renamed[c->nb_renamed++] = (Renamed){ t, now };
    }
    return now;
}

static TCGOp *append(Conversion *c, TCGOpcode opc, TCGType type, TempIdx out)
{
    TCGOp *op = tcg_insert_last(c->s, c->block, opc, type);

    op->insn = c->branch->insn;
    op->out[0] = out;
    return op;
}

/* The condition as a number, 0 or 1, of type `type`; computed before anything that it reads changes. */
static TempIdx condition_value(Conversion *c, TCGType type)
{
    const TCGOp *branch = c->branch;
    TempIdx value = tcg_new_temp(c->s, branch->type);
    TCGOp *op = append(c, OP_setcond, branch->type, value);

    op->cond = branch->cond;
    op->in[0] = branch->in[0];
    op->in[1] = branch->in[1];
    if (branch->type != type) {
        TempIdx converted = tcg_new_temp(c->s, type);

        append(c, type == TCG_TYPE_I32 ? OP_extrl_i64 : OP_extu_i32, type, converted)->in[0] = value;
        value = converted;
    }
    return value;
}

/* If the condition holds, the block is jumped over: then the old values stay. */
static void select_results(Conversion *c)
{
    TempIdx value[NB_TCG_TYPES];
    bool direct = c->nb_renamed == 1 && c->s->temps[c->renamed[0].original].type == c->branch->type;

    for (unsigned i = 0; i < NB_TCG_TYPES; i++) {
        value[i] = TEMP_NONE;
    }
    for (unsigned i = 0; i < c->nb_renamed && !direct; i++) {
        TCGType type = c->s->temps[c->renamed[i].original].type;

        if (value[type] == TEMP_NONE) {
            value[type] = condition_value(c, type);
        }
    }
    for (unsigned i = 0; i < c->nb_renamed; i++) {
        TempIdx t = c->renamed[i].original;
        TCGType type = c->s->temps[t].type;
        TCGOp *op = append(c, OP_movcond, type, t);

        op->cond = direct ? c->branch->cond : TCG_COND_NE;
        op->in[0] = direct ? c->branch->in[0] : value[type];
        op->in[1] = direct ? c->branch->in[1] : tcg_const_temp(c->s, type, 0);
        op->in[2] = t;
        op->in[3] = c->renamed[i].now;
    }
}

static void convert(TCGContext *s, TCGBlock *from, TCGBlock *over)
{
    Conversion c = { .s = s, .block = over, .branch = from->last };

    for (TCGOp *op = over->first; op; op = op->next) {
        for (unsigned i = 0; i < op->nb_in; i++) {
            op->in[i] = current_name(&c, op->in[i]);
        }
        op->out[0] = new_name(&c, op->out[0]);
    }
    select_results(&c);
    tcg_remove_op(from, c.branch);
}

void tcg_pass_ifconv(TCGContext *s)
{
    bool changed = false;

    for (uint32_t i = 0; i + 2 < s->nb_blocks; i++) {
        TCGBlock *b = s->blocks[i], *over = s->blocks[i + 1];
        bool jumps = b->last && b->last->opc == OP_brcond && b->taken == s->blocks[i + 2];

        if (jumps && worth_it(s, over)) {
            convert(s, b, over);
            changed = true;
        }
    }
    if (changed) {
        tcg_build_cfg(s);
    }
}
