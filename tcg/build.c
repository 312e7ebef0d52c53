/*
 * The front end's arithmetic: each function adds one operation, or the few that it is made of.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "build.h"

TCGv_i32 tcg_temp_new_i32(void)
{
    return temp_handle(tcg_new_temp(tcg_ctx, TCG_TYPE_I32));
}

TCGv_i64 tcg_temp_new_i64(void)
{
    return temp_handle(tcg_new_temp(tcg_ctx, TCG_TYPE_I64));
}

TCGv_ptr tcg_temp_new_ptr(void)
{
    return temp_handle(tcg_new_temp(tcg_ctx, TCG_TYPE_I64));
}

TCGv_i32 tcg_constant_i32(int32_t value)
{
    return temp_handle(tcg_const_temp(tcg_ctx, TCG_TYPE_I32, value));
}

TCGv_i64 tcg_constant_i64(int64_t value)
{
    return temp_handle(tcg_const_temp(tcg_ctx, TCG_TYPE_I64, value));
}

TCGv_ptr tcg_constant_ptr(const void *value)
{
    return temp_handle(tcg_const_temp(tcg_ctx, TCG_TYPE_I64, (intptr_t)value));
}

#define BINARY_T(name, T)                                                                          \
    void tcg_gen_##name##_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b)                                \
    {                                                                                              \
        build_op(OP_##name, TYPE_##T, ret, a, b);                                                  \
    }
#define BINARY(name) BINARY_T(name, i32) BINARY_T(name, i64)

BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(mulsh)
BINARY(muluh)
BINARY(divs)
BINARY(divu)
BINARY(rems)
BINARY(remu)
BINARY(and)
BINARY(or)
BINARY(xor)
BINARY(andc)
BINARY(shl)
BINARY(shr)
BINARY(sar)
BINARY(rotl)
BINARY(rotr)
BINARY(clz)
BINARY(ctz)

/* ret = a OP (~b), and ret = ~(a OP b) */
#define COMPLEMENTED_T(name, T, op, before, after)                                                 \
    void tcg_gen_##name##_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b)                                \
    {                                                                                              \
        TCGv_##T t = tcg_temp_new_##T();                                                           \
                                                                                                   \
        if (before) {                                                                              \
            tcg_gen_not_##T(t, b);                                                                 \
            b = t;                                                                                 \
        }                                                                                          \
        tcg_gen_##op##_##T(after ? t : ret, a, b);                                                 \
        if (after) {                                                                               \
            tcg_gen_not_##T(ret, t);                                                               \
        }                                                                                          \
    }
#define COMPLEMENTED(name, op, before, after)                                                      \
    COMPLEMENTED_T(name, i32, op, before, after) COMPLEMENTED_T(name, i64, op, before, after)

COMPLEMENTED(orc, or, true, false)
COMPLEMENTED(nand, and, false, true)
COMPLEMENTED(nor, or, false, true)
COMPLEMENTED(eqv, xor, false, true)

#define MINMAX_T(name, T, cond)                                                                    \
    void tcg_gen_##name##_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b)                                \
    {                                                                                              \
        tcg_gen_movcond_##T(cond, ret, a, b, a, b);                                                \
    }
#define MINMAX(name, cond) MINMAX_T(name, i32, cond) MINMAX_T(name, i64, cond)

MINMAX(smin, TCG_COND_LT)
MINMAX(smax, TCG_COND_GT)
MINMAX(umin, TCG_COND_LTU)
MINMAX(umax, TCG_COND_GTU)

#define BINARY_IMM(name)                                                                           \
    void tcg_gen_##name##i_i32(TCGv_i32 ret, TCGv_i32 a, int32_t b)                                \
    {                                                                                              \
        tcg_gen_##name##_i32(ret, a, tcg_constant_i32(b));                                         \
    }                                                                                              \
    void tcg_gen_##name##i_i64(TCGv_i64 ret, TCGv_i64 a, int64_t b)                                \
    {                                                                                              \
        tcg_gen_##name##_i64(ret, a, tcg_constant_i64(b));                                         \
    }
TCG_FOREACH_BINARY_IMM(BINARY_IMM)

#define UNARY_T(name, T)                                                                           \
    void tcg_gen_##name##_##T(TCGv_##T ret, TCGv_##T a)                                            \
    {                                                                                              \
        build_op(OP_##name, TYPE_##T, ret, a, NULL);                                               \
    }
#define UNARY(name) UNARY_T(name, i32) UNARY_T(name, i64)

UNARY(mov)
UNARY(neg)
UNARY(not)
UNARY(ctpop)
UNARY(bswap16)
UNARY(bswap32)
UNARY_T(bswap64, i64)

static void build_field(TCGOpcode opc, TCGType type, const void *ret, const void *a, const void *b,
                        unsigned ofs, unsigned len)
{
    TCGOp *op;

    g_assert(len > 0 && ofs + len <= (type == TCG_TYPE_I32 ? 32 : 64));
    if (len == (type == TCG_TYPE_I32 ? 32 : 64)) {
        build_op(OP_mov, type, ret, opc == OP_deposit ? b : a, NULL);
        return;
    }
    op = build(opc, type, ret, a, b);
    op->field.ofs = ofs;
    op->field.len = len;
    tcg_append_op(tcg_ctx, op);
}

#define EXTEND_T(name, T, opc, len)                                                                \
    void tcg_gen_##name##_##T(TCGv_##T ret, TCGv_##T a)                                            \
    {                                                                                              \
        build_field(opc, TYPE_##T, ret, a, NULL, 0, len);                                          \
    }
#define EXTEND(name, opc, len) EXTEND_T(name, i32, opc, len) EXTEND_T(name, i64, opc, len)

EXTEND(ext8s, OP_sextract, 8)
EXTEND(ext8u, OP_extract, 8)
EXTEND(ext16s, OP_sextract, 16)
EXTEND(ext16u, OP_extract, 16)
EXTEND_T(ext32s, i64, OP_sextract, 32)
EXTEND_T(ext32u, i64, OP_extract, 32)

void tcg_gen_movi_i32(TCGv_i32 ret, int32_t value)
{
    tcg_gen_mov_i32(ret, tcg_constant_i32(value));
}

void tcg_gen_movi_i64(TCGv_i64 ret, int64_t value)
{
    tcg_gen_mov_i64(ret, tcg_constant_i64(value));
}

void tcg_gen_subfi_i32(TCGv_i32 ret, int32_t a, TCGv_i32 b)
{
    tcg_gen_sub_i32(ret, tcg_constant_i32(a), b);
}

void tcg_gen_subfi_i64(TCGv_i64 ret, int64_t a, TCGv_i64 b)
{
    tcg_gen_sub_i64(ret, tcg_constant_i64(a), b);
}

void tcg_gen_ext_i32_i64(TCGv_i64 ret, TCGv_i32 a)
{
    build_op(OP_ext_i32, TCG_TYPE_I64, ret, a, NULL);
}

void tcg_gen_extu_i32_i64(TCGv_i64 ret, TCGv_i32 a)
{
    build_op(OP_extu_i32, TCG_TYPE_I64, ret, a, NULL);
}

void tcg_gen_extrl_i64_i32(TCGv_i32 ret, TCGv_i64 a)
{
    build_op(OP_extrl_i64, TCG_TYPE_I32, ret, a, NULL);
}

void tcg_gen_extrh_i64_i32(TCGv_i32 ret, TCGv_i64 a)
{
    build_op(OP_extrh_i64, TCG_TYPE_I32, ret, a, NULL);
}

void tcg_gen_extr_i64_i32(TCGv_i32 low, TCGv_i32 high, TCGv_i64 a)
{
    tcg_gen_extrl_i64_i32(low, a);
    tcg_gen_extrh_i64_i32(high, a);
}

void tcg_gen_concat_i32_i64(TCGv_i64 ret, TCGv_i32 low, TCGv_i32 high)
{
    TCGv_i64 l = tcg_temp_new_i64(), h = tcg_temp_new_i64();

    tcg_gen_extu_i32_i64(l, low);
    tcg_gen_extu_i32_i64(h, high);
    tcg_gen_deposit_i64(ret, l, h, 32, 32);
}

static void *new_temp(TCGType type)
{
    return temp_handle(tcg_new_temp(tcg_ctx, type));
}

static void *new_const(TCGType type, int64_t value)
{
    return temp_handle(tcg_const_temp(tcg_ctx, type, value));
}

static TCGOp *build_cond(TCGOpcode opc, TCGType type, TCGCond cond, const void *ret, const void *a,
                         const void *b)
{
    TCGOp *op = build(opc, type, ret, a, b);

    op->cond = cond;
    return op;
}

static void build_setcond(TCGOpcode opc, TCGType type, TCGCond cond, const void *ret,
                          const void *a, const void *b)
{
    tcg_append_op(tcg_ctx, build_cond(opc, type, cond, ret, a, b));
}

static void build_movcond(TCGType type, TCGCond cond, const void *ret, const void *a,
                          const void *b, const void *v1, const void *v2)
{
    TCGOp *op = build_cond(OP_movcond, type, cond, ret, a, b);

    op->in[2] = handle_temp(v1);
    op->in[3] = handle_temp(v2);
    tcg_append_op(tcg_ctx, op);
}

static void build_brcond(TCGType type, TCGCond cond, const void *a, const void *b,
                         const void *difference, TCGLabel *label)
{
    TCGOp *op;

    if (cond == TCG_COND_NEVER) {
        return;
    }
    if (cond == TCG_COND_ALWAYS) {
        tcg_gen_br(label);
        return;
    }
    op = build_cond(OP_brcond, type, cond, NULL, a, b);
    op->label = label;
    op->zero_temp = difference ? handle_temp(difference) : TEMP_NONE;
    op->zero_cond = tcg_signed_cond(cond);
    tcg_append_op(tcg_ctx, op);
}

void tcg_gen_brcond_difference_i32(TCGCond cond, TCGv_i32 a, TCGv_i32 b, TCGv_i64 difference,
                                   TCGLabel *label)
{
    build_brcond(TCG_TYPE_I32, cond, a, b, difference, label);
}

static void build_abs(TCGType type, const void *ret, const void *a)
{
    void *negated = new_temp(type);

    build_op(OP_neg, type, negated, a, NULL);
    build_movcond(type, TCG_COND_LT, ret, a, new_const(type, 0), negated, a);
}

static void build_deposit_z(TCGType type, const void *ret, const void *b, unsigned ofs,
                            unsigned len)
{
    void *field = new_temp(type);

    if (ofs + len < (type == TCG_TYPE_I32 ? 32 : 64)) {
        build_field(OP_extract, type, field, b, NULL, 0, len);
        b = field;
    }
    build_op(OP_shl, type, ret, b, new_const(type, ofs));
}

/* An operation with two results and up to three operands. */
static void build_two_results(TCGOpcode opc, TCGType type, const void *ret, const void *ret2,
                              const void *a, const void *b, const void *c)
{
    TCGOp *op = build(opc, type, ret, a, b);

    op->out[1] = handle_temp(ret2);
    op->in[2] = handle_temp(c);
    tcg_append_op(tcg_ctx, op);
}

/* A number of two words. */
typedef struct Pair {
    const void *low, *high;
} Pair;

/* opc: addcio or subbio */
static void build_wide_sum(TCGOpcode opc, TCGType type, Pair ret, Pair a, Pair b)
{
    void *low = new_temp(type), *carry = new_temp(type);

    build_two_results(opc, type, low, carry, a.low, b.low, new_const(type, 0));
    build_two_results(opc, type, ret.high, new_temp(type), a.high, b.high, carry);
    build_op(OP_mov, type, ret.low, low, NULL);
}

/* The functions that are alike for both widths. */
#define WIDTH(T, C)                                                                                \
    void tcg_gen_abs_##T(TCGv_##T ret, TCGv_##T a)                                                 \
    {                                                                                              \
        build_abs(TYPE_##T, ret, a);                                                               \
    }                                                                                              \
    void tcg_gen_deposit_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b, unsigned ofs, unsigned len)     \
    {                                                                                              \
        build_field(OP_deposit, TYPE_##T, ret, a, b, ofs, len);                                    \
    }                                                                                              \
    void tcg_gen_deposit_z_##T(TCGv_##T ret, TCGv_##T b, unsigned ofs, unsigned len)               \
    {                                                                                              \
        build_deposit_z(TYPE_##T, ret, b, ofs, len);                                               \
    }                                                                                              \
    void tcg_gen_extract_##T(TCGv_##T ret, TCGv_##T a, unsigned ofs, unsigned len)                 \
    {                                                                                              \
        build_field(OP_extract, TYPE_##T, ret, a, NULL, ofs, len);                                 \
    }                                                                                              \
    void tcg_gen_sextract_##T(TCGv_##T ret, TCGv_##T a, unsigned ofs, unsigned len)                \
    {                                                                                              \
        build_field(OP_sextract, TYPE_##T, ret, a, NULL, ofs, len);                                \
    }                                                                                              \
    void tcg_gen_setcond_##T(TCGCond cond, TCGv_##T ret, TCGv_##T a, TCGv_##T b)                   \
    {                                                                                              \
        build_setcond(OP_setcond, TYPE_##T, cond, ret, a, b);                                      \
    }                                                                                              \
    void tcg_gen_setcondi_##T(TCGCond cond, TCGv_##T ret, TCGv_##T a, C b)                         \
    {                                                                                              \
        build_setcond(OP_setcond, TYPE_##T, cond, ret, a, new_const(TYPE_##T, b));                 \
    }                                                                                              \
    void tcg_gen_negsetcond_##T(TCGCond cond, TCGv_##T ret, TCGv_##T a, TCGv_##T b)                \
    {                                                                                              \
        build_setcond(OP_negsetcond, TYPE_##T, cond, ret, a, b);                                   \
    }                                                                                              \
    void tcg_gen_movcond_##T(TCGCond cond, TCGv_##T ret, TCGv_##T a, TCGv_##T b, TCGv_##T v1,      \
                             TCGv_##T v2)                                                          \
    {                                                                                              \
        build_movcond(TYPE_##T, cond, ret, a, b, v1, v2);                                          \
    }                                                                                              \
    void tcg_gen_brcond_##T(TCGCond cond, TCGv_##T a, TCGv_##T b, TCGLabel *label)                 \
    {                                                                                              \
        build_brcond(TYPE_##T, cond, a, b, NULL, label);                                           \
    }                                                                                              \
    void tcg_gen_brcondi_##T(TCGCond cond, TCGv_##T a, C b, TCGLabel *label)                       \
    {                                                                                              \
        build_brcond(TYPE_##T, cond, a, new_const(TYPE_##T, b), NULL, label);                      \
    }                                                                                              \
    void tcg_gen_addcio_##T(TCGv_##T ret, TCGv_##T carry_out, TCGv_##T a, TCGv_##T b,              \
                            TCGv_##T carry_in)                                                     \
    {                                                                                              \
        build_two_results(OP_addcio, TYPE_##T, ret, carry_out, a, b, carry_in);                    \
    }                                                                                              \
    void tcg_gen_subbio_##T(TCGv_##T ret, TCGv_##T borrow_out, TCGv_##T a, TCGv_##T b,             \
                            TCGv_##T borrow_in)                                                    \
    {                                                                                              \
        build_two_results(OP_subbio, TYPE_##T, ret, borrow_out, a, b, borrow_in);                  \
    }                                                                                              \
    void tcg_gen_divu2_##T(TCGv_##T ret, TCGv_##T rem, TCGv_##T low, TCGv_##T high, TCGv_##T d)    \
    {                                                                                              \
        build_two_results(OP_divu2, TYPE_##T, ret, rem, low, high, d);                             \
    }                                                                                              \
    void tcg_gen_divs2_##T(TCGv_##T ret, TCGv_##T rem, TCGv_##T low, TCGv_##T high, TCGv_##T d)    \
    {                                                                                              \
        build_two_results(OP_divs2, TYPE_##T, ret, rem, low, high, d);                             \
    }                                                                                              \
    void tcg_gen_add2_##T(TCGv_##T rl, TCGv_##T rh, TCGv_##T al, TCGv_##T ah, TCGv_##T bl,         \
                          TCGv_##T bh)                                                             \
    {                                                                                              \
        build_wide_sum(OP_addcio, TYPE_##T, (Pair){ rl, rh }, (Pair){ al, ah }, (Pair){ bl, bh }); \
    }                                                                                              \
    void tcg_gen_sub2_##T(TCGv_##T rl, TCGv_##T rh, TCGv_##T al, TCGv_##T ah, TCGv_##T bl,         \
                          TCGv_##T bh)                                                             \
    {                                                                                              \
        build_wide_sum(OP_subbio, TYPE_##T, (Pair){ rl, rh }, (Pair){ al, ah }, (Pair){ bl, bh }); \
    }

WIDTH(i32, int32_t)
WIDTH(i64, int64_t)

#define MUL2_I32(name, extend)                                                                     \
    void tcg_gen_##name##_i32(TCGv_i32 rl, TCGv_i32 rh, TCGv_i32 a, TCGv_i32 b)                    \
    {                                                                                              \
        TCGv_i64 t = tcg_temp_new_i64(), u = tcg_temp_new_i64();                                   \
                                                                                                   \
        tcg_gen_##extend##_i32_i64(t, a);                                                          \
        tcg_gen_##extend##_i32_i64(u, b);                                                          \
        tcg_gen_mul_i64(t, t, u);                                                                  \
        tcg_gen_extr_i64_i32(rl, rh, t);                                                           \
    }
MUL2_I32(mulu2, extu)
MUL2_I32(muls2, ext)

void tcg_gen_mulu2_i64(TCGv_i64 rl, TCGv_i64 rh, TCGv_i64 a, TCGv_i64 b)
{
    build_two_results(OP_mulu2, TCG_TYPE_I64, rl, rh, a, b, NULL);
}

void tcg_gen_muls2_i64(TCGv_i64 rl, TCGv_i64 rh, TCGv_i64 a, TCGv_i64 b)
{
    build_two_results(OP_muls2, TCG_TYPE_I64, rl, rh, a, b, NULL);
}

bool tcg_discards = true;

void tcg_gen_discard_i64(TCGv_i64 ret)
{
    if (tcg_discards) {
        build_op(OP_discard, TCG_TYPE_I64, ret, NULL, NULL);
    }
}

void tcg_gen_mov_ptr(TCGv_ptr ret, TCGv_ptr a)
{
    build_op(OP_mov, TCG_TYPE_I64, ret, a, NULL);
}

void tcg_gen_add_ptr(TCGv_ptr ret, TCGv_ptr a, TCGv_ptr b)
{
    build_op(OP_add, TCG_TYPE_I64, ret, a, b);
}

void tcg_gen_addi_ptr(TCGv_ptr ret, TCGv_ptr a, intptr_t b)
{
    build_op(OP_add, TCG_TYPE_I64, ret, a, tcg_constant_i64(b));
}

void tcg_gen_ext_i32_ptr(TCGv_ptr ret, TCGv_i32 a)
{
    build_op(OP_ext_i32, TCG_TYPE_I64, ret, a, NULL);
}
