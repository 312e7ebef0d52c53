/*
 * Copy and constant propagation, algebraic simplification, fusion of comparisons with what tests
 * them.
 *
 * Relies on: the flow graph. Guarantees: the same values in all globals at all points where they
 * can be observed. Must never: move, duplicate or remove an operation that isn't pure (branches
 * that are decided become br or vanish).
 *
 * One walk forward. What is known of a temp (Known) holds until it is assigned again, and as long
 * as what it refers to isn't assigned either: versions, counted per temp, tell. Knowledge passes
 * from a block to the next if that has no other predecessor.
 *
 * To add a rule: a few lines in the function for its operation; use replace_mov() or
 * replace_const() for the result. An operation without rules needs nothing here.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

#define MAX_REF 2

/* What is known of the value that a temp got at `version`. */
typedef struct Known {
    uint32_t version;
    uint64_t maybe;           /* bits that may be set */
    TempIdx copy_of;          /* or TEMP_NONE */
    uint32_t copy_version;
    const TCGOp *def;         /* the pure operation that made it, or NULL; its operands: */
    TempIdx ref[MAX_REF];     /* operands of `def` then */
    uint32_t ref_version[MAX_REF];
    uint8_t cond, opc, type;
    uint8_t ofs, len;
    uint8_t width;            /* vectors: what is above so many bits is 0; 0: nothing is known */
} Known;

typedef struct Fold {
    TCGContext *s;
    TCGBlock *block;
    uint32_t stamp;
    TCGType type; /* of the operation that is looked at */
} Fold;

static uint64_t type_mask(TCGType type)
{
    return type == TCG_TYPE_I32 ? UINT32_MAX : UINT64_MAX;
}

static unsigned type_bits(TCGType type)
{
    return type == TCG_TYPE_I32 ? 32 : 64;
}

static const Known *known(const Fold *f, TempIdx t)
{
    const TCGTemp *temp = &f->s->temps[t];
    const Known *k = temp->info;

    return temp->info_stamp == f->stamp && k->version == temp->version ? k : NULL;
}

/*
 * The operation that made t, if its operands still have the values they had. One that was narrowed
 * (pass-narrow.c) says something about lower halves only.
 */
static const Known *definition(const Fold *f, TempIdx t, TCGOpcode opc)
{
    const Known *k = known(f, t);

    if (!k || !k->def || k->opc != opc ||
        (k->type < f->s->temps[t].type && f->type != TCG_TYPE_I32)) {
        return NULL;
    }
    for (unsigned i = 0; i < MIN(tcg_op_defs[opc].nb_in, MAX_REF); i++) {
        if (f->s->temps[k->ref[i]].version != k->ref_version[i]) {
            return NULL;
        }
    }
    return k;
}

static bool is_const(const Fold *f, TempIdx t)
{
    return temp_is_const(f->s, t);
}

/* The value of a constant temp, zero-extended. */
static uint64_t value_of(const Fold *f, TempIdx t)
{
    return f->s->temps[t].value;
}

static bool is_value(const Fold *f, TempIdx t, const TCGOp *op, uint64_t value)
{
    return is_const(f, t) && value_of(f, t) == (value & type_mask(op->type));
}

static uint64_t maybe_set(const Fold *f, TempIdx t)
{
    const TCGTemp *temp = &f->s->temps[t];
    const Known *k = known(f, t);

    if (temp->kind == TEMP_CONST) {
        return temp->value;
    }
    return k ? k->maybe : type_mask(temp->type);
}

/* Bits of a vector above which there are zeros. */
static unsigned vector_width(const Fold *f, TempIdx t)
{
    const TCGTemp *temp = &f->s->temps[t];
    const Known *k = known(f, t);

    if (temp->kind == TEMP_CONST && !temp->value_high) {
        return temp->value >> 32 ? 64 : 32;
    }
    return k && k->width ? k->width : 128;
}

static TempIdx constant(Fold *f, const TCGOp *op, uint64_t value)
{
    return tcg_const_temp(f->s, op->type, value);
}

static bool replace_mov(TCGOp *op, TempIdx from)
{
    op->opc = OP_mov;
    op->nb_in = 1;
    op->in[0] = from;
    return true;
}

static bool replace_const(Fold *f, TCGOp *op, uint64_t value)
{
    return replace_mov(op, constant(f, op, value));
}

static bool replace_unary(TCGOp *op, TCGOpcode opc, TempIdx from)
{
    op->opc = opc;
    op->nb_in = 1;
    op->in[0] = from;
    return true;
}

static bool replace_field(TCGOp *op, TCGOpcode opc, TempIdx from, unsigned ofs, unsigned len)
{
    replace_unary(op, opc, from);
    op->field.ofs = ofs;
    op->field.len = len;
    return true;
}

/*
 * Each fold_ function returns true if it has changed the operation (which is then looked at once
 * more).
 */

static bool fold_add(Fold *f, TCGOp *op)
{
    const Known *inner;

    if (is_value(f, op->in[1], op, 0)) {
        return replace_mov(op, op->in[0]);
    }
    inner = is_const(f, op->in[1]) ? definition(f, op->in[0], OP_add) : NULL;
    if (inner && is_const(f, inner->ref[1])) {
        op->in[1] = constant(f, op, value_of(f, op->in[1]) + value_of(f, inner->ref[1]));
        op->in[0] = inner->ref[0];
        return true;
    }
    return false;
}

static bool fold_sub(Fold *f, TCGOp *op)
{
    if (op->in[0] == op->in[1]) {
        return replace_const(f, op, 0);
    }
    if (is_const(f, op->in[1])) {
        op->opc = OP_add;
        op->in[1] = constant(f, op, -value_of(f, op->in[1]));
        return true;
    }
    return is_value(f, op->in[0], op, 0) && replace_unary(op, OP_neg, op->in[1]);
}

static bool fold_mul(Fold *f, TCGOp *op)
{
    uint64_t v;

    if (!is_const(f, op->in[1])) {
        return false;
    }
    v = value_of(f, op->in[1]);
    if (v == 0) {
        return replace_const(f, op, 0);
    }
    if (!(v & (v - 1))) {
        op->opc = OP_shl;
        op->in[1] = constant(f, op, __builtin_ctzll(v));
        return true;
    }
    return false;
}

/* and with a mask: nothing to clear, or a field */
static bool fold_mask(Fold *f, TCGOp *op, uint64_t mask)
{
    uint64_t maybe = maybe_set(f, op->in[0]);
    const Known *inner = definition(f, op->in[0], OP_and);

    if (!(maybe & mask)) {
        return replace_const(f, op, 0);
    }
    if (!(maybe & ~mask)) {
        return replace_mov(op, op->in[0]);
    }
    if (inner && is_const(f, inner->ref[1])) {
        op->in[0] = inner->ref[0];
        op->in[1] = constant(f, op, mask & value_of(f, inner->ref[1]));
        return true;
    }
    inner = definition(f, op->in[0], OP_shr);
    if (inner && is_const(f, inner->ref[1]) && !(mask & (mask + 1))) {
        unsigned ofs = value_of(f, inner->ref[1]), len = __builtin_ctzll(~mask);

        return ofs + len <= type_bits(op->type) &&
               replace_field(op, OP_extract, inner->ref[0], ofs, len);
    }
    return mask == UINT32_MAX && replace_field(op, OP_extract, op->in[0], 0, 32);
}

static bool fold_and(Fold *f, TCGOp *op)
{
    if (op->in[0] == op->in[1]) {
        return replace_mov(op, op->in[0]);
    }
    if (!(maybe_set(f, op->in[0]) & maybe_set(f, op->in[1]))) {
        return replace_const(f, op, 0);
    }
    return is_const(f, op->in[1]) && fold_mask(f, op, value_of(f, op->in[1]));
}

static bool fold_or(Fold *f, TCGOp *op)
{
    if (op->in[0] == op->in[1] || is_value(f, op->in[1], op, 0)) {
        return replace_mov(op, op->in[0]);
    }
    return is_value(f, op->in[1], op, -1) && replace_const(f, op, -1);
}

static bool fold_xor(Fold *f, TCGOp *op)
{
    if (op->in[0] == op->in[1]) {
        return replace_const(f, op, 0);
    }
    if (is_value(f, op->in[1], op, 0)) {
        return replace_mov(op, op->in[0]);
    }
    return is_value(f, op->in[1], op, -1) && replace_unary(op, OP_not, op->in[0]);
}

static bool fold_andc(Fold *f, TCGOp *op)
{
    if (op->in[0] == op->in[1] || is_value(f, op->in[0], op, 0)) {
        return replace_const(f, op, 0);
    }
    if (is_const(f, op->in[1])) {
        op->opc = OP_and;
        op->in[1] = constant(f, op, ~value_of(f, op->in[1]));
        return true;
    }
    return false;
}

static bool fold_not(Fold *f, TCGOp *op)
{
    const Known *inner = definition(f, op->in[0], OP_not);

    return inner && replace_mov(op, inner->ref[0]);
}

static bool fold_shift(Fold *f, TCGOp *op)
{
    return (is_value(f, op->in[1], op, 0) || is_value(f, op->in[0], op, 0)) &&
           replace_mov(op, op->in[0]);
}

/* (x << n) >> n and (x >> m) >> n are fields of x */
static bool fold_shr(Fold *f, TCGOp *op)
{
    const Known *inner = is_const(f, op->in[1]) ? definition(f, op->in[0], OP_shl) : NULL;
    unsigned n = is_const(f, op->in[1]) ? value_of(f, op->in[1]) : 0;

    if (n && inner && is_const(f, inner->ref[1]) && value_of(f, inner->ref[1]) <= n) {
        unsigned left = value_of(f, inner->ref[1]);

        return replace_field(op, OP_extract, inner->ref[0], n - left, type_bits(op->type) - n);
    }
    return fold_shift(f, op);
}

static bool fold_divide(Fold *f, TCGOp *op)
{
    if (!is_value(f, op->in[1], op, 1)) {
        return false;
    }
    return op->opc == OP_divs || op->opc == OP_divu ? replace_mov(op, op->in[0])
                                                    : replace_const(f, op, 0);
}

static bool fold_extract(Fold *f, TCGOp *op)
{
    uint64_t mask = MAKE_64BIT_MASK(op->field.ofs, op->field.len);
    uint64_t maybe = maybe_set(f, op->in[0]);

    if (!(maybe & mask)) {
        return replace_const(f, op, 0);
    }
    return op->field.ofs == 0 && !(maybe & ~mask) && replace_mov(op, op->in[0]);
}

static bool fold_sextract(Fold *f, TCGOp *op)
{
    uint64_t below_sign = MAKE_64BIT_MASK(0, op->field.len) >> 1;
    uint64_t maybe = maybe_set(f, op->in[0]);

    return op->field.ofs == 0 && !(maybe & ~below_sign) && replace_mov(op, op->in[0]);
}

static bool fold_deposit(Fold *f, TCGOp *op)
{
    uint64_t field = MAKE_64BIT_MASK(0, op->field.len);
    unsigned ofs = op->field.ofs, len = op->field.len;

    if (is_const(f, op->in[1]) && (value_of(f, op->in[1]) & field) == 0) {
        op->opc = OP_and;
        op->in[1] = constant(f, op, ~(field << ofs));
        return true;
    }
    if (is_value(f, op->in[0], op, 0) && ofs + len == type_bits(op->type)) {
        op->opc = OP_shl;
        op->in[0] = op->in[1];
        op->in[1] = constant(f, op, ofs);
        return true;
    }
    return is_value(f, op->in[0], op, 0) && ofs == 0 &&
           replace_field(op, OP_extract, op->in[1], 0, len);
}

/* Conversions undo each other. */
static bool fold_extrl(Fold *f, TCGOp *op)
{
    const Known *inner = definition(f, op->in[0], OP_extu_i32);

    if (!inner) {
        inner = definition(f, op->in[0], OP_ext_i32);
    }
    return inner && replace_mov(op, inner->ref[0]);
}

static bool fold_extrh(Fold *f, TCGOp *op)
{
    return !(maybe_set(f, op->in[0]) >> 32) && replace_const(f, op, 0);
}

static bool fold_ext_i32(Fold *f, TCGOp *op)
{
    return !(maybe_set(f, op->in[0]) & 0x80000000) && replace_unary(op, OP_extu_i32, op->in[0]);
}

/* Comparison of two values of one type; -1: not known yet, else 0 or 1. */
static int decide(const Fold *f, TCGCond cond, TCGType type, TempIdx a, TempIdx b)
{
    if (cond <= TCG_COND_ALWAYS) {
        return cond == TCG_COND_ALWAYS;
    }
    if (is_const(f, a) && is_const(f, b)) {
        return tcg_cond_holds(cond, type, value_of(f, a), value_of(f, b));
    }
    if (cond >= TCG_COND_TSTEQ) {
        return maybe_set(f, a) & maybe_set(f, b) ? -1 : cond == TCG_COND_TSTEQ;
    }
    if (a == b) {
        return tcg_cond_holds(cond, type, 0, 0);
    }
    if (is_const(f, b)) {
        uint64_t v = value_of(f, b), maybe = maybe_set(f, a);

        if ((cond == TCG_COND_LTU && v == 0) || ((cond == TCG_COND_EQ) && (v & ~maybe)) ||
            (cond == TCG_COND_GTU && v >= maybe)) {
            return 0;
        }
        if ((cond == TCG_COND_GEU && v == 0) || ((cond == TCG_COND_NE) && (v & ~maybe)) ||
            (cond == TCG_COND_LEU && v >= maybe)) {
            return 1;
        }
    }
    return -1;
}

/*
 * x == 0 with x a comparison, the negation of one, or an `and`. True if the comparison became
 * another one.
 */
static bool fuse_test(Fold *f, uint8_t *cond, uint8_t *type, TempIdx *a, TempIdx *b, bool any_type)
{
    const Known *k;

    f->type = *type;
    k = definition(f, *a, OP_setcond);
    if (k && (any_type || k->type == *type)) {
        *cond = *cond == TCG_COND_NE ? k->cond : tcg_invert_cond(k->cond);
        *type = k->type;
        *a = k->ref[0];
        *b = k->ref[1];
        return true;
    }
    k = definition(f, *a, OP_xor);
    if (k && is_const(f, k->ref[1]) && value_of(f, k->ref[1]) == 1 &&
        maybe_set(f, k->ref[0]) == 1) {
        *cond = tcg_invert_cond(*cond);
        *a = k->ref[0];
        return true;
    }
    k = definition(f, *a, OP_and);
    if (k && (k->type == *type || *type == TCG_TYPE_I32)) {
        *cond = *cond == TCG_COND_NE ? TCG_COND_TSTNE : TCG_COND_TSTEQ;
        *a = k->ref[0];
        *b = k->ref[1];
        return true;
    }
    k = definition(f, *a, OP_extu_i32);
    if (k && any_type) {
        *type = TCG_TYPE_I32;
        *a = k->ref[0];
        *b = tcg_const_temp(f->s, TCG_TYPE_I32, 0);
        return true;
    }
    return false;
}

/* Unsigned comparisons with small constants are (in)equalities with 0. */
static void canonical_cond(Fold *f, uint8_t *cond, TCGType type, TempIdx *b)
{
    uint64_t v = is_const(f, *b) ? value_of(f, *b) : 2;

    if (v > 1) {
        return;
    }
    if ((v == 1 && *cond == TCG_COND_LTU) || (v == 0 && *cond == TCG_COND_LEU)) {
        *cond = TCG_COND_EQ;
    } else if ((v == 1 && *cond == TCG_COND_GEU) || (v == 0 && *cond == TCG_COND_GTU)) {
        *cond = TCG_COND_NE;
    } else {
        return;
    }
    *b = tcg_const_temp(f->s, type, 0);
}

/* `any_type`: the operation's own type is only that of its comparison (brcond). */
static bool fold_compare(Fold *f, TCGOp *op, bool any_type)
{
    bool changed = false;
    TempIdx t;

    if (is_const(f, op->in[0]) && !is_const(f, op->in[1])) {
        t = op->in[0];
        op->in[0] = op->in[1];
        op->in[1] = t;
        op->cond = tcg_swap_cond(op->cond);
    }
    canonical_cond(f, &op->cond, op->type, &op->in[1]);
    /* x is 0 or 1: compare with 0 */
    if ((op->cond == TCG_COND_EQ || op->cond == TCG_COND_NE) && is_value(f, op->in[1], op, 1) &&
        maybe_set(f, op->in[0]) == 1) {
        op->cond = tcg_invert_cond(op->cond);
        op->in[1] = constant(f, op, 0);
    }
    while ((op->cond == TCG_COND_EQ || op->cond == TCG_COND_NE) &&
           is_value(f, op->in[1], op, 0) &&
           fuse_test(f, &op->cond, &op->type, &op->in[0], &op->in[1], any_type)) {
        changed = true;
    }
    return changed;
}

static bool fold_setcond(Fold *f, TCGOp *op)
{
    bool changed = fold_compare(f, op, false);
    int result = decide(f, op->cond, op->type, op->in[0], op->in[1]);
    bool neg = op->opc == OP_negsetcond;

    if (result >= 0) {
        return replace_const(f, op, neg ? -result : result);
    }
    if (!neg && op->cond == TCG_COND_NE && is_value(f, op->in[1], op, 0) &&
        maybe_set(f, op->in[0]) == 1) {
        return replace_mov(op, op->in[0]);
    }
    return changed;
}

static bool fold_movcond(Fold *f, TCGOp *op)
{
    bool changed = fold_compare(f, op, false);
    int result = decide(f, op->cond, op->type, op->in[0], op->in[1]);

    if (result >= 0 || op->in[2] == op->in[3]) {
        return replace_mov(op, op->in[result == 0 ? 3 : 2]);
    }
    if (is_value(f, op->in[2], op, 1) && is_value(f, op->in[3], op, 0)) {
        op->opc = OP_setcond;
        op->nb_in = 2;
        return true;
    }
    /* Only the last input may be a constant for free. */
    if (is_const(f, op->in[2]) && !is_const(f, op->in[3])) {
        TempIdx t = op->in[2];

        op->in[2] = op->in[3];
        op->in[3] = t;
        op->cond = tcg_invert_cond(op->cond);
        return true;
    }
    return changed;
}

/* A copy of what has been overwritten since. */
static bool is_stale_copy(const Fold *f, TempIdx t)
{
    const Known *k = known(f, t);

    return f->s->temps[t].kind == TEMP_LOCAL && (!k || k->copy_of != TEMP_NONE);
}

static void compare_with_zero(Fold *f, TCGOp *op, TempIdx t, TCGCond cond)
{
    op->type = f->s->temps[t].type;
    op->cond = cond;
    op->in[0] = t;
    op->in[1] = constant(f, op, 0);
}

static bool fold_brcond(Fold *f, TCGOp *op)
{
    int result;

    if (op->zero_temp != TEMP_NONE && (is_stale_copy(f, op->in[0]) || is_stale_copy(f, op->in[1]))) {
        compare_with_zero(f, op, op->zero_temp, op->zero_cond);
    }
    if ((op->cond == TCG_COND_EQ || op->cond == TCG_COND_NE) && is_value(f, op->in[1], op, 0) &&
        f->s->temps[op->in[0]].type == op->type) {
        /* The flags may know it, whatever it is made of; but nothing of a lower half alone. */
        op->zero_temp = op->in[0];
        op->zero_cond = op->cond;
    }
    fold_compare(f, op, true);
    result = decide(f, op->cond, op->type, op->in[0], op->in[1]);
    if (result == 1) {
        op->opc = OP_br;
        op->nb_in = 0;
    } else if (result == 0) {
        tcg_remove_op(f->block, op);
    }
    return false;
}

static bool (*const rules[NB_OPS])(Fold *f, TCGOp *op) = {
    [OP_add] = fold_add,
    [OP_sub] = fold_sub,
    [OP_mul] = fold_mul,
    [OP_and] = fold_and,
    [OP_or] = fold_or,
    [OP_xor] = fold_xor,
    [OP_andc] = fold_andc,
    [OP_not] = fold_not,
    [OP_shl] = fold_shift,
    [OP_shr] = fold_shr,
    [OP_sar] = fold_shift,
    [OP_rotl] = fold_shift,
    [OP_rotr] = fold_shift,
    [OP_divs] = fold_divide,
    [OP_divu] = fold_divide,
    [OP_rems] = fold_divide,
    [OP_remu] = fold_divide,
    [OP_extract] = fold_extract,
    [OP_sextract] = fold_sextract,
    [OP_deposit] = fold_deposit,
    [OP_extrl_i64] = fold_extrl,
    [OP_extrh_i64] = fold_extrh,
    [OP_ext_i32] = fold_ext_i32,
    [OP_setcond] = fold_setcond,
    [OP_negsetcond] = fold_setcond,
    [OP_movcond] = fold_movcond,
    [OP_brcond] = fold_brcond,
};

/* Operations of type i32 that may have operands of type i64: they read the lower halves. */
static const bool reads_lower_half[NB_OPS] = {
    [OP_add] = true,  [OP_sub] = true,  [OP_mul] = true,     [OP_and] = true,
    [OP_or] = true,   [OP_xor] = true,  [OP_andc] = true,    [OP_neg] = true,
    [OP_not] = true,  [OP_shl] = true,  [OP_shr] = true,     [OP_sar] = true,
    [OP_rotl] = true, [OP_rotr] = true, [OP_setcond] = true, [OP_brcond] = true,
};

/* Uses the original of a copy, in the hope that the copy is not needed then. */
static void propagate(Fold *f, TCGOp *op)
{
    bool lower_half = op->type == TCG_TYPE_I32 && reads_lower_half[op->opc];

    for (unsigned i = 0; i < op->nb_in; i++) {
        const Known *k = known(f, op->in[i]);

        if (k && k->copy_of != TEMP_NONE &&
            f->s->temps[k->copy_of].version == k->copy_version) {
            op->in[i] = k->copy_of;
        }
        k = lower_half ? definition(f, op->in[i], OP_extrl_i64) : NULL;
        if (k) {
            op->in[i] = k->ref[0];
        }
    }
}

static bool all_const(const Fold *f, const TCGOp *op)
{
    for (unsigned i = 0; i < op->nb_in; i++) {
        if (!is_const(f, op->in[i])) {
            return false;
        }
    }
    return true;
}

static void order_operands(Fold *f, TCGOp *op)
{
    if ((tcg_op_defs[op->opc].flags & OPF_COMMUTES) && is_const(f, op->in[0]) &&
        !is_const(f, op->in[1])) {
        TempIdx t = op->in[0];

        op->in[0] = op->in[1];
        op->in[1] = t;
    }
}

static void fold_vector(Fold *f, TCGOp *op)
{
    TCGVector in[3] = { { { 0 } } }, out;

    if (op->opc == OP_vlow && vector_width(f, op->in[0]) <= 8u << op->vec.vece) {
        replace_mov(op, op->in[0]);
        return;
    }
    if (!all_const(f, op)) {
        return;
    }
    for (unsigned i = 0; i < op->nb_in; i++) {
        const TCGTemp *t = &f->s->temps[op->in[i]];

        in[i] = (TCGVector){ { t->value, t->value_high } };
    }
    tcg_op_compute_vector(op, in, &out);
    if (op->type == TCG_TYPE_V128) {
        replace_mov(op, tcg_const_v128(f->s, out.half[0], out.half[1]));
    } else {
        replace_const(f, op, out.half[0]);
    }
}

/* Where an operation on lower halves has become a move: one that cuts the upper half. */
static void fix_move(Fold *f, TCGOp *op)
{
    TCGType from = f->s->temps[op->in[0]].type, to = f->s->temps[op->out[0]].type;

    if (from == to && op->type == to) {
        return;
    }
    if (is_const(f, op->in[0])) {
        op->in[0] = tcg_const_temp(f->s, to, (uint32_t)value_of(f, op->in[0]));
        op->type = to;
    } else if (to == TCG_TYPE_I32) {
        replace_unary(op, OP_extrl_i64, op->in[0]);
    } else {
        op->type = to;
        replace_field(op, OP_extract, op->in[0], 0, 32);
        fold_extract(f, op);
    }
}

static void simplify(Fold *f, TCGOp *op)
{
    unsigned turns = 0;

    f->type = op->type;
    do {
        order_operands(f, op);
        if (op->opc == OP_mov) {
            return;
        }
        if (!(tcg_op_defs[op->opc].flags & OPF_PURE)) {
            continue;
        }
        if (tcg_op_defs[op->opc].flags & OPF_VECTOR) {
            fold_vector(f, op);
            return;
        }
        if (op->nb_out == 1 && all_const(f, op)) {
            uint64_t in[TCG_MAX_CALL_ARGS], out[2];

            for (unsigned i = 0; i < op->nb_in; i++) {
                in[i] = value_of(f, op->in[i]);
            }
            tcg_op_compute(op, in, out);
            replace_const(f, op, out[0]);
            return;
        }
    } while (rules[op->opc] && rules[op->opc](f, op) && turns++ < 8);
}

/* Bits that the result of op may have. */
static uint64_t result_bits(const Fold *f, const TCGOp *op)
{
    uint64_t all = type_mask(op->type), a, b;

    if (!(tcg_op_defs[op->opc].flags & OPF_PURE)) {
        bool small = (op->opc == OP_ld || op->opc == OP_qemu_ld) && !(op->mem.oi & MO_SIGN);

        return small ? all & MAKE_64BIT_MASK(0, 8u << (op->mem.oi & MO_SIZE)) : all;
    }
    a = maybe_set(f, op->in[0]);
    b = op->nb_in > 1 ? maybe_set(f, op->in[1]) : 0;
    if (op->type == TCG_TYPE_I32 && op->opc != OP_extrh_i64) { /* of i64, the lower halves */
        a &= UINT32_MAX;
        b &= UINT32_MAX;
    }
    switch (op->opc) {
    case OP_mov:
    case OP_extu_i32:
        return a;
    case OP_and:
        return a & b;
    case OP_or:
    case OP_xor:
        return a | b;
    case OP_andc:
        return a;
    case OP_setcond:
        return 1;
    case OP_extract:
        return (a >> op->field.ofs) & MAKE_64BIT_MASK(0, op->field.len);
    case OP_shr:
        return is_const(f, op->in[1]) ? a >> (value_of(f, op->in[1]) & 63) : all;
    case OP_shl:
        return is_const(f, op->in[1]) ? all & a << (value_of(f, op->in[1]) & 63) : all;
    case OP_extrl_i64:
        return a & UINT32_MAX;
    case OP_extrh_i64:
        return a >> 32;
    case OP_ctpop:
        return 127;
    case OP_bswap16:
        return 0xffff;
    case OP_bswap32:
        return UINT32_MAX;
    case OP_movcond:
        return maybe_set(f, op->in[2]) | maybe_set(f, op->in[3]);
    default:
        return all;
    }
}

/* Operations on the lowest element keep what is above it; a guard's helper gives zeros there. */
static unsigned result_width(const Fold *f, const TCGOp *op)
{
    if (op->type != TCG_TYPE_V128) {
        return 0;
    }
    switch (op->opc) {
    case OP_mov:
    case OP_guard:
    case OP_vfabs:
        return vector_width(f, op->in[0]);
    case OP_vlow:
        return MIN(8u << op->vec.vece, vector_width(f, op->in[0]));
    case OP_vlow_int:
    case OP_vfnarrow:
        return 64;
    case OP_vlow_cvt:
        return 8u << op->vec.imm;
    case OP_vor:
        return MAX(vector_width(f, op->in[0]), vector_width(f, op->in[1]));
    case OP_qemu_ld:
        return MIN(8 * memop_size(get_memop(op->mem.oi)), 128);
    case OP_vand:
        return MIN(vector_width(f, op->in[0]), vector_width(f, op->in[1]));
    case OP_vfadd:
    case OP_vfsub:
    case OP_vfmul:
    case OP_vfdiv:
    case OP_vfmin:
    case OP_vfmax:
    case OP_vfcmp:
    case OP_vfsqrt:
    case OP_vfround:
        return op->vec.imm & VFLOAT_LOWEST ? MAX((8u << op->vec.vece), vector_width(f, op->in[0])) : 128;
    case OP_vfma:
        return op->vec.imm & VFLOAT_LOWEST ? MAX((8u << op->vec.vece), vector_width(f, op->in[1])) : 128;
    default:
        return 128;
    }
}

static Known *new_known(Fold *f, TempIdx t)
{
    Known *k = arena_alloc(&f->s->arena, sizeof(*k));

    k->version = f->s->temps[t].version;
    k->copy_of = TEMP_NONE;
    f->s->temps[t].info = k;
    f->s->temps[t].info_stamp = f->stamp;
    return k;
}

static void learn_copy(Fold *f, const TCGOp *op, Known *k)
{
    TempIdx in = op->in[0], out = op->out[0];
    const Known *original = known(f, in);

    if (in == out) {
        return;
    }
    if (original && original->def) { /* a copy was made the same way */
        uint32_t version = k->version;

        *k = *original;
        k->version = version;
        k->copy_of = TEMP_NONE;
    }
    /*
     * Of a global and a local that are equal, the global is the original: the local may not be
     * needed then.
     */
    if (temp_is_global(f->s, out) && f->s->temps[in].kind == TEMP_LOCAL) {
        Known *of_in = new_known(f, in);

        *of_in = *k;
        of_in->version = f->s->temps[in].version;
        of_in->copy_of = out;
        of_in->copy_version = f->s->temps[out].version;
        return;
    }
    k->copy_of = in;
    k->copy_version = f->s->temps[in].version;
}

/* The versions that op's inputs had before it; taken before the results' versions change. */
static void note_definition(const Fold *f, const TCGOp *op, Known *k)
{
    k->def = op;
    k->opc = op->opc;
    k->type = op->type;
    k->cond = op->cond;
    for (unsigned i = 0; i < MIN(op->nb_in, MAX_REF); i++) {
        k->ref[i] = op->in[i];
        k->ref_version[i] = f->s->temps[op->in[i]].version;
    }
    if (tcg_op_defs[op->opc].flags & OPF_FIELD) {
        k->ofs = op->field.ofs;
        k->len = op->field.len;
    }
}

static void learn(Fold *f, TCGOp *op)
{
    uint64_t maybe = op->nb_out ? result_bits(f, op) : 0;
    unsigned width = op->nb_out ? result_width(f, op) : 0;
    Known fresh = { 0 };
    Known *k;

    if ((tcg_op_defs[op->opc].flags & OPF_PURE) && op->nb_out == 1) {
        note_definition(f, op, &fresh);
    }
    for (unsigned i = 0; i < op->nb_out; i++) {
        f->s->temps[op->out[i]].version++;
    }
    if (op_writes_globals(op)) {
        for (uint32_t i = 0; i < f->s->nb_used_globals; i++) {
            f->s->temps[f->s->used_globals[i]].version++;
        }
    }
    if (op->nb_out != 1) {
        if (op->opc == OP_addcio) {
            new_known(f, op->out[1])->maybe = 1;
        }
        return;
    }
    fresh.version = f->s->temps[op->out[0]].version;
    fresh.copy_of = TEMP_NONE;
    fresh.maybe = maybe;
    fresh.width = width;
    k = new_known(f, op->out[0]);
    *k = fresh;
    if (op->opc == OP_mov) {
        learn_copy(f, op, k);
    }
}

static void fold_block(Fold *f)
{
    TCGOp *next;

    for (TCGOp *op = f->block->first; op; op = next) {
        next = op->next;
        propagate(f, op);
        simplify(f, op);
        if (op->opc == OP_mov) {
            fix_move(f, op);
        }
        learn(f, op);
    }
}

void tcg_pass_fold(TCGContext *s)
{
    Fold f = { .s = s };

    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        TCGBlock *prev = i ? s->blocks[i - 1] : NULL;

        f.block = s->blocks[i];
        if (!prev || f.block->nb_preds > 1 || !prev->falls_through) {
            f.stamp = ++s->stamp;
        }
        fold_block(&f);
    }
}
