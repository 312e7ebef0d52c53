/*
 * What the IR's pure operations compute: the reference for constant folding, the interpreter and
 * the tests.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

#define COMPUTE(name) static void compute_##name(const TCGOp *op, const uint64_t *in, uint64_t *out)

static unsigned width(const TCGOp *op)
{
    return op->type == TCG_TYPE_I32 ? 32 : 64;
}

/* The value as a signed number of the operation's width. */
static int64_t sx(const TCGOp *op, uint64_t v)
{
    return op->type == TCG_TYPE_I32 ? (int32_t)v : (int64_t)v;
}

COMPUTE(mov) { out[0] = in[0]; }
COMPUTE(add) { out[0] = in[0] + in[1]; }
COMPUTE(sub) { out[0] = in[0] - in[1]; }
COMPUTE(mul) { out[0] = in[0] * in[1]; }
COMPUTE(and) { out[0] = in[0] & in[1]; }
COMPUTE(or) { out[0] = in[0] | in[1]; }
COMPUTE(xor) { out[0] = in[0] ^ in[1]; }
COMPUTE(andc) { out[0] = in[0] & ~in[1]; }
COMPUTE(neg) { out[0] = -in[0]; }
COMPUTE(not) { out[0] = ~in[0]; }
COMPUTE(ctpop) { out[0] = __builtin_popcountll(in[0]); }
COMPUTE(bswap16) { out[0] = __builtin_bswap16(in[0]); }
COMPUTE(bswap32) { out[0] = __builtin_bswap32(in[0]); }
COMPUTE(bswap64) { out[0] = __builtin_bswap64(in[0]); }
COMPUTE(ext_i32) { out[0] = (int64_t)(int32_t)in[0]; }
COMPUTE(extu_i32) { out[0] = in[0]; }
COMPUTE(extrl_i64) { out[0] = (uint32_t)in[0]; }
COMPUTE(extrh_i64) { out[0] = in[0] >> 32; }

COMPUTE(mulsh)
{
    out[0] = ((__int128)sx(op, in[0]) * sx(op, in[1])) >> width(op);
}

COMPUTE(muluh)
{
    out[0] = ((unsigned __int128)in[0] * in[1]) >> width(op);
}

/* Front ends don't divide by 0, but a path that is never taken may seem to. */
static bool overflows(const TCGOp *op, int64_t a, int64_t b)
{
    return b == 0 || (b == -1 && a == (op->type == TCG_TYPE_I32 ? INT32_MIN : INT64_MIN));
}

COMPUTE(divs)
{
    int64_t a = sx(op, in[0]), b = sx(op, in[1]);

    out[0] = overflows(op, a, b) ? a : a / b;
}

COMPUTE(rems)
{
    int64_t a = sx(op, in[0]), b = sx(op, in[1]);

    out[0] = overflows(op, a, b) ? 0 : a % b;
}

COMPUTE(divu)
{
    out[0] = in[1] ? in[0] / in[1] : 0;
}

COMPUTE(remu)
{
    out[0] = in[1] ? in[0] % in[1] : 0;
}

static unsigned count(const TCGOp *op, uint64_t v)
{
    return v & (width(op) - 1);
}

COMPUTE(shl)
{
    out[0] = in[0] << count(op, in[1]);
}

COMPUTE(shr)
{
    out[0] = in[0] >> count(op, in[1]);
}

COMPUTE(sar)
{
    out[0] = sx(op, in[0]) >> count(op, in[1]);
}

static uint64_t rotate_left(const TCGOp *op, uint64_t v, unsigned n)
{
    unsigned w = width(op);

    n &= w - 1;
    return n ? (v << n) | (v >> (w - n)) : v;
}

COMPUTE(rotl)
{
    out[0] = rotate_left(op, in[0], in[1]);
}

COMPUTE(rotr)
{
    out[0] = rotate_left(op, in[0], -in[1]);
}

COMPUTE(clz)
{
    out[0] = in[0] ? __builtin_clzll(in[0]) - (64 - width(op)) : in[1];
}

COMPUTE(ctz)
{
    out[0] = in[0] ? __builtin_ctzll(in[0]) : in[1];
}

static uint64_t field_mask(const TCGOp *op)
{
    return MAKE_64BIT_MASK(0, op->field.len);
}

COMPUTE(deposit)
{
    uint64_t mask = field_mask(op) << op->field.ofs;

    out[0] = (in[0] & ~mask) | ((in[1] << op->field.ofs) & mask);
}

COMPUTE(extract)
{
    out[0] = (in[0] >> op->field.ofs) & field_mask(op);
}

COMPUTE(sextract)
{
    out[0] = (int64_t)(in[0] << (64 - op->field.len - op->field.ofs)) >> (64 - op->field.len);
}

bool tcg_cond_holds(TCGCond cond, TCGType type, uint64_t a, uint64_t b)
{
    int64_t sa = type == TCG_TYPE_I32 ? (int32_t)a : (int64_t)a;
    int64_t sb = type == TCG_TYPE_I32 ? (int32_t)b : (int64_t)b;
    bool inverted = cond & 1;

    if (type == TCG_TYPE_I32) {
        a = (uint32_t)a;
        b = (uint32_t)b;
    }
    switch (cond & ~1) {
    case TCG_COND_EQ:
        return (a == b) != inverted;
    case TCG_COND_LT:
        return (sa < sb) != inverted;
    case TCG_COND_GT:
        return (sa > sb) != inverted;
    case TCG_COND_LTU:
        return (a < b) != inverted;
    case TCG_COND_GTU:
        return (a > b) != inverted;
    case TCG_COND_TSTEQ:
        return ((a & b) == 0) != inverted;
    default:
        return inverted;
    }
}

COMPUTE(setcond)
{
    out[0] = tcg_cond_holds(op->cond, op->type, in[0], in[1]);
}

COMPUTE(negsetcond)
{
    out[0] = -(uint64_t)tcg_cond_holds(op->cond, op->type, in[0], in[1]);
}

COMPUTE(movcond)
{
    out[0] = tcg_cond_holds(op->cond, op->type, in[0], in[1]) ? in[2] : in[3];
}

COMPUTE(addcio)
{
    unsigned __int128 sum = (unsigned __int128)in[0] + in[1] + in[2];

    out[0] = sum;
    out[1] = (sum >> width(op)) & 1;
}

COMPUTE(subbio)
{
    unsigned __int128 difference = (unsigned __int128)in[0] - in[1] - in[2];

    out[0] = difference;
    out[1] = (difference >> width(op)) & 1;
}

COMPUTE(mulu2)
{
    unsigned __int128 product = (unsigned __int128)in[0] * in[1];

    out[0] = product;
    out[1] = product >> width(op);
}

COMPUTE(muls2)
{
    __int128 product = (__int128)sx(op, in[0]) * sx(op, in[1]);

    out[0] = product;
    out[1] = product >> width(op);
}

/* A quotient that doesn't fit is the front end's mistake, unless control never comes here. */
COMPUTE(divu2)
{
    unsigned __int128 n = (unsigned __int128)in[1] << width(op) | in[0];

    out[0] = in[2] ? n / in[2] : 0;
    out[1] = in[2] ? n % in[2] : 0;
}

COMPUTE(divs2)
{
    __int128 n = (__int128)sx(op, in[1]) << width(op) | in[0], d = sx(op, in[2]);
    bool fits = d && !(d == -1 && n == (__int128)1 << 127); /* C must not overflow either */

    out[0] = fits ? n / d : 0;
    out[1] = fits ? n % d : 0;
}

#define compute_none NULL

const TCGOpDef tcg_op_defs[NB_OPS] = {
#define TCG_OP_DEF(op_name, nb_outputs, nb_inputs, properties, fn)                                 \
    [OP_##op_name] = { #op_name, nb_outputs, nb_inputs, properties, compute_##fn },
    TCG_OPS(TCG_OP_DEF)
#undef TCG_OP_DEF
};

void tcg_op_compute(const TCGOp *op, const uint64_t *in, uint64_t *out)
{
    uint64_t halves[TCG_MAX_CALL_ARGS];

    if (op->type == TCG_TYPE_I32 && op->opc != OP_extrh_i64) { /* operands of i64: pass-narrow.c */
        for (unsigned i = 0; i < tcg_op_defs[op->opc].nb_in; i++) {
            halves[i] = (uint32_t)in[i];
        }
        in = halves;
    }
    tcg_op_defs[op->opc].compute(op, in, out);
    if (op->type == TCG_TYPE_I32) {
        for (unsigned i = 0; i < op->nb_out; i++) {
            out[i] = (uint32_t)out[i];
        }
    }
}
