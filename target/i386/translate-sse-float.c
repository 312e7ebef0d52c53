/*
 * x86 translator: floating point of SSE.
 *
 * While MXCSR says what it does after reset (X86_HF_SSE_PLAIN: round to nearest, nothing unmasked,
 * denormals as they are) the host's arithmetic gives the same results, and the host's sticky flags
 * are the guest's (sse-helper.c). Then IR's floating point is used, for what it has; everything
 * else is a call (sse-float.c), which may raise #XM.
 *
 * Reference: SDM volume 1, 11.5 (exceptions), 11.6; volume 2, each instruction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-sse-float.h"
#include "x86-opcodes.h"

static bool is_plain(const DisasContext *ctx)
{
    return tcg_float_inline && (ctx->hflags & X86_HF_SSE_PLAIN);
}

static TCGv_vec new_vector(void)
{
    return tcg_temp_new_vec(TCG_TYPE_V128);
}

static unsigned size_of(bool is_double)
{
    return is_double ? MO_64 : MO_32;
}

/* ---- By a call ---- */

void x86_gen_float_call(DisasContext *ctx, TCGv_vec r, uint32_t desc, TCGv_vec a, TCGv_vec b)
{
    TCGv_i128 result = tcg_temp_new_i128();

    gen_helper_x86_float(result, tcg_env, tcg_constant_i32(desc), x86_half(a, 0), x86_half(a, 1),
                         x86_half(b, 0), x86_half(b, 1));
    tcg_gen_concat_i64_vec(r, result.low, result.high);
}

/* ---- Inline: element n of r is made of those of a and b ---- */

typedef struct Element {
    bool is_double;
    unsigned imm;
    unsigned n;
    TCGv_vec r, a, b;
} Element;

static TCGv_i64 bits_at(unsigned vece, TCGv_vec v, unsigned n)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extract_vec(vece, t, v, n);
    return t;
}

static TCGv_i32 word_at(TCGv_vec v, unsigned n)
{
    TCGv_i32 word = tcg_temp_new_i32();

    tcg_gen_extrl_i64_i32(word, bits_at(MO_32, v, n));
    return word;
}

/* The lowest element of a vector is at hand as a float. */
static TCGv_f64 double_at(TCGv_vec v, unsigned n)
{
    TCGv_f64 t = tcg_temp_new_f64();

    if (n == 0) {
        tcg_gen_low_f64(t, v);
    } else {
        tcg_gen_bits_i64_f64(t, bits_at(MO_64, v, n));
    }
    return t;
}

static TCGv_f32 single_at(TCGv_vec v, unsigned n)
{
    TCGv_f32 t = tcg_temp_new_f32();

    if (n == 0) {
        tcg_gen_low_f32(t, v);
    } else {
        tcg_gen_bits_i32_f32(t, word_at(v, n));
    }
    return t;
}

static void put_bits(const Element *e, unsigned vece, TCGv_i64 bits)
{
    tcg_gen_insert_vec(vece, e->r, e->r, bits, e->n);
}

static void put_word(const Element *e, TCGv_i32 word)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extu_i32_i64(t, word);
    put_bits(e, MO_32, t);
}

static void put_double(const Element *e, TCGv_f64 value)
{
    TCGv_i64 t = tcg_temp_new_i64();

    if (e->n == 0) {
        tcg_gen_set_low_f64(e->r, e->r, value);
    } else {
        tcg_gen_bits_f64_i64(t, value);
        put_bits(e, MO_64, t);
    }
}

static void put_single(const Element *e, TCGv_f32 value)
{
    TCGv_i32 word = tcg_temp_new_i32();

    if (e->n == 0) {
        tcg_gen_set_low_f32(e->r, e->r, value);
    } else {
        tcg_gen_bits_f32_i32(word, value);
        put_word(e, word);
    }
}

/* 0 or 1 */
static TCGv_i64 compared(TCGFloatCond cond, bool signaling, bool is_double, TCGv_vec a, TCGv_vec b,
                         unsigned n)
{
    TCGv_i32 word = tcg_temp_new_i32();
    TCGv_i64 t = tcg_temp_new_i64();

    if (is_double) {
        tcg_gen_fcmp_f64(cond, signaling, word, double_at(a, n), double_at(b, n));
    } else {
        tcg_gen_fcmp_f32(cond, signaling, word, single_at(a, n), single_at(b, n));
    }
    tcg_gen_extu_i32_i64(t, word);
    return t;
}

static void inline_sqrt(const Element *e)
{
    TCGv_f64 d = tcg_temp_new_f64();
    TCGv_f32 f = tcg_temp_new_f32();

    if (e->is_double) {
        tcg_gen_sqrt_f64(d, double_at(e->b, e->n));
        put_double(e, d);
    } else {
        tcg_gen_sqrt_f32(f, single_at(e->b, e->n));
        put_single(e, f);
    }
}

/* Predicates 0 to 7; those that order take no quiet NaN. */
static void inline_compare(const Element *e)
{
    static const uint8_t conditions[] = { TCG_FCOND_EQ, TCG_FCOND_LT, TCG_FCOND_LE,
                                          TCG_FCOND_UNORDERED };
    unsigned what = e->imm & 3;
    TCGv_i64 t = compared(conditions[what], what == X86_PREDICATE_LT || what == X86_PREDICATE_LE,
                          e->is_double, e->a, e->b, e->n);

    if (e->imm & X86_PREDICATE_NOT) {
        tcg_gen_subi_i64(t, t, 1);
    } else {
        tcg_gen_neg_i64(t, t);
    }
    put_bits(e, size_of(e->is_double), t);
}

static void inline_to_float(const Element *e)
{
    TCGv_f64 d = tcg_temp_new_f64();
    TCGv_f32 f = tcg_temp_new_f32();

    if (e->is_double) {
        tcg_gen_cvt_f64_f32(f, double_at(e->b, e->n));
        put_single(e, f);
    } else {
        tcg_gen_cvt_f32_f64(d, single_at(e->b, e->n));
        put_double(e, d);
    }
}

static void inline_from_int32(const Element *e)
{
    TCGv_f64 d = tcg_temp_new_f64();
    TCGv_f32 f = tcg_temp_new_f32();

    if (e->is_double) {
        tcg_gen_cvt_i32_f64(d, word_at(e->b, e->n));
        put_double(e, d);
    } else {
        tcg_gen_cvt_i32_f32(f, word_at(e->b, e->n));
        put_single(e, f);
    }
}

static TCGv_i32 to_int32(bool is_double, bool cut_off, TCGv_vec v, unsigned n)
{
    TCGv_i32 word = tcg_temp_new_i32();

    if (is_double) {
        (cut_off ? tcg_gen_trunc_f64_i32 : tcg_gen_round_f64_i32)(word, double_at(v, n));
    } else {
        (cut_off ? tcg_gen_trunc_f32_i32 : tcg_gen_round_f32_i32)(word, single_at(v, n));
    }
    return word;
}

static void inline_to_int32(const Element *e)
{
    put_word(e, to_int32(e->is_double, e->imm, e->b, e->n));
}

/* ---- Operations ---- */

typedef struct Operation {
    void (*element)(const Element *e);
    /* Of all elements, or the lowest one; where there is neither, by a call. */
    void (*packed)(unsigned vece, bool lowest, TCGv_vec r, TCGv_vec a, TCGv_vec b);
} Operation;

static const Operation operations[X86_NB_FLOAT_OPS] = {
    [X86_FLOAT_ADD] = { NULL, tcg_gen_packed_add },
    [X86_FLOAT_SUB] = { NULL, tcg_gen_packed_sub },
    [X86_FLOAT_MUL] = { NULL, tcg_gen_packed_mul },
    [X86_FLOAT_DIV] = { NULL, tcg_gen_packed_div },
    [X86_FLOAT_MIN] = { NULL, tcg_gen_packed_min },
    [X86_FLOAT_MAX] = { NULL, tcg_gen_packed_max },
    [X86_FLOAT_COMPARE] = { inline_compare },
    [X86_FLOAT_SQRT] = { inline_sqrt },
    [X86_FLOAT_TO_FLOAT] = { inline_to_float },
    [X86_FLOAT_FROM_INT32] = { inline_from_int32 },
    [X86_FLOAT_TO_INT32] = { inline_to_int32 },
};

TCGv_vec x86_gen_float(DisasContext *ctx, X86FloatOp op, bool is_double, unsigned nb, unsigned imm,
                       TCGv_vec a, TCGv_vec b)
{
    const Operation *o = &operations[op];
    Element e = { .is_double = is_double, .imm = imm, .r = new_vector(), .a = a, .b = b };

    if (!is_plain(ctx) || (!o->element && !o->packed) || imm >= 8) {
        x86_gen_float_call(ctx, e.r, X86_FLOAT_DESC(op, is_double, nb, imm), a, b);
    } else if (o->packed) {
        o->packed(size_of(is_double), nb == 1, e.r, a, b);
    } else {
        tcg_gen_mov_vec(e.r, a);
        for (e.n = 0; e.n < nb; e.n++) {
            o->element(&e);
        }
    }
    return e.r;
}

void x86_gen_fused(DisasContext *ctx, bool is_double, unsigned negate, TCGv_vec r, unsigned n,
                   TCGv_vec x, TCGv_vec y, TCGv_vec z)
{
    unsigned vece = size_of(is_double);
    Element e = { .is_double = is_double, .n = n, .r = r };
    TCGv_i64 bits = tcg_temp_new_i64();
    TCGv_f64 d = tcg_temp_new_f64();
    TCGv_f32 f = tcg_temp_new_f32();

    if (!is_plain(ctx)) {
        gen_helper_x86_fma(bits, tcg_env, tcg_constant_i32(is_double | negate << 1),
                           bits_at(vece, x, n), bits_at(vece, y, n), bits_at(vece, z, n));
        put_bits(&e, vece, bits);
    } else if (is_double) {
        tcg_gen_muladd_f64(d, double_at(x, n), double_at(y, n), double_at(z, n), negate);
        put_double(&e, d);
    } else {
        tcg_gen_muladd_f32(f, single_at(x, n), single_at(y, n), single_at(z, n), negate);
        put_single(&e, f);
    }
}

static TCGv_vec low_half(TCGv_i64 low)
{
    TCGv_vec t = new_vector();

    tcg_gen_concat_i64_vec(t, low, tcg_constant_i64(0));
    return t;
}

TCGv_vec x86_gen_float_from_int(DisasContext *ctx, bool is_double, bool wide, TCGv_i64 value,
                                TCGv_vec rest)
{
    Element e = { .r = new_vector() };
    TCGv_i32 word = tcg_temp_new_i32();
    TCGv_f64 d = tcg_temp_new_f64();
    TCGv_f32 f = tcg_temp_new_f32();

    if (!is_plain(ctx)) {
        x86_gen_float_call(ctx, e.r,
                           X86_FLOAT_DESC(wide ? X86_FLOAT_FROM_INT64 : X86_FLOAT_FROM_INT32,
                                          is_double, 1, 0), rest, low_half(value));
        return e.r;
    }
    tcg_gen_mov_vec(e.r, rest);
    tcg_gen_extrl_i64_i32(word, value);
    if (is_double) {
        wide ? tcg_gen_cvt_i64_f64(d, value) : tcg_gen_cvt_i32_f64(d, word);
        put_double(&e, d);
    } else {
        wide ? tcg_gen_cvt_i64_f32(f, value) : tcg_gen_cvt_i32_f32(f, word);
        put_single(&e, f);
    }
    return e.r;
}

TCGv_i64 x86_gen_float_to_int(DisasContext *ctx, bool is_double, bool wide, bool cut_off,
                              TCGv_vec v)
{
    TCGv_i64 t = tcg_temp_new_i64();
    TCGv_vec r = new_vector();

    if (!is_plain(ctx)) {
        x86_gen_float_call(ctx, r,
                           X86_FLOAT_DESC(wide ? X86_FLOAT_TO_INT64 : X86_FLOAT_TO_INT32,
                                          is_double, 1, cut_off),
                           x86_zero_lane(TCG_TYPE_V128), v);
        return x86_half(r, 0);
    }
    if (!wide) {
        tcg_gen_extu_i32_i64(t, to_int32(is_double, cut_off, v, 0));
    } else if (is_double) {
        (cut_off ? tcg_gen_trunc_f64_i64 : tcg_gen_round_f64_i64)(t, double_at(v, 0));
    } else {
        (cut_off ? tcg_gen_trunc_f32_i64 : tcg_gen_round_f32_i64)(t, single_at(v, 0));
    }
    return t;
}

/* ---- Packed ---- */

bool x86_gen_float_packed(DisasContext *ctx, X86FloatOp op, bool is_double, unsigned imm,
                           bool unary)
{
    X86Packed b = x86_packed_read(ctx, unary ? 1 : x86_second_source(ctx)), r = b;
    X86Packed a = unary ? b : x86_packed_read(ctx, x86_first_source(ctx));

    for (unsigned i = 0; i < r.lanes; i++) {
        r.lane[i] = x86_gen_float(ctx, op, is_double, is_double ? 2 : 4, imm, a.lane[i], b.lane[i]);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

static bool gen_packed(DisasContext *ctx, X86FloatOp op, bool is_double)
{
    return x86_gen_float_packed(ctx, op, is_double, 0, op >= X86_FLOAT_SQRT);
}

/* ---- Scalar ---- */

TCGv_vec x86_float_operand(DisasContext *ctx, unsigned n, unsigned size)
{
    const X86Operand *o = &ctx->insn.operands[n];

    return o->kind == X86_OPERAND_XMM ? cpu_xmm[o->number]
                                      : low_half(x86_read_scalar(ctx, n, size));
}

bool x86_gen_float_scalar(DisasContext *ctx, X86FloatOp op, bool is_double, unsigned imm)
{
    TCGv_vec b = x86_float_operand(ctx, x86_second_source(ctx), size_of(is_double));
    TCGv_vec a = cpu_xmm[ctx->insn.operands[x86_first_source(ctx)].number];

    x86_set_xmm(ctx, ctx->insn.operands[0].number,
                x86_gen_float(ctx, op, is_double, 1, imm, a, b));
    return true;
}

static bool gen_scalar(DisasContext *ctx, X86FloatOp op, bool is_double)
{
    return x86_gen_float_scalar(ctx, op, is_double, 0);
}

#define FOUR(name, op)                                                                             \
    bool x86_##name##PS(DisasContext *ctx)                                                         \
    {                                                                                              \
        return gen_packed(ctx, op, false);                                                         \
    }                                                                                              \
    bool x86_##name##PD(DisasContext *ctx)                                                         \
    {                                                                                              \
        return gen_packed(ctx, op, true);                                                          \
    }                                                                                              \
    bool x86_##name##SS(DisasContext *ctx)                                                         \
    {                                                                                              \
        return gen_scalar(ctx, op, false);                                                         \
    }                                                                                              \
    bool x86_##name##SD(DisasContext *ctx)                                                         \
    {                                                                                              \
        return gen_scalar(ctx, op, true);                                                          \
    }
FOUR(ADD, X86_FLOAT_ADD)
FOUR(SUB, X86_FLOAT_SUB)
FOUR(MUL, X86_FLOAT_MUL)
FOUR(DIV, X86_FLOAT_DIV)
FOUR(MIN, X86_FLOAT_MIN)
FOUR(MAX, X86_FLOAT_MAX)
FOUR(SQRT, X86_FLOAT_SQRT)

static unsigned predicate(const DisasContext *ctx)
{
    return ctx->insn.imm & (ctx->insn.vex ? 31 : 7);
}

bool x86_CMPPS(DisasContext *ctx)
{
    return x86_gen_float_packed(ctx, X86_FLOAT_COMPARE, false, predicate(ctx), false);
}

bool x86_CMPPD(DisasContext *ctx)
{
    return x86_gen_float_packed(ctx, X86_FLOAT_COMPARE, true, predicate(ctx), false);
}

bool x86_CMPSS(DisasContext *ctx)
{
    return x86_gen_float_scalar(ctx, X86_FLOAT_COMPARE, false, predicate(ctx));
}

bool x86_CMPSD_X(DisasContext *ctx)
{
    return x86_gen_float_scalar(ctx, X86_FLOAT_COMPARE, true, predicate(ctx));
}

bool x86_ROUNDPS(DisasContext *ctx)
{
    return x86_gen_float_packed(ctx, X86_FLOAT_ROUND, false, ctx->insn.imm & 15, true);
}

bool x86_ROUNDPD(DisasContext *ctx)
{
    return x86_gen_float_packed(ctx, X86_FLOAT_ROUND, true, ctx->insn.imm & 15, true);
}

bool x86_ROUNDSS(DisasContext *ctx)
{
    return x86_gen_float_scalar(ctx, X86_FLOAT_ROUND, false, ctx->insn.imm & 15);
}

bool x86_ROUNDSD(DisasContext *ctx)
{
    return x86_gen_float_scalar(ctx, X86_FLOAT_ROUND, true, ctx->insn.imm & 15);
}

/* ---- Across elements ---- */

static bool gen_horizontal(DisasContext *ctx, X86FloatOp op, bool is_double)
{
    X86Packed b = x86_packed_read(ctx, x86_second_source(ctx)), r = b;
    X86Packed a = x86_packed_read(ctx, x86_first_source(ctx));
    unsigned size = size_of(is_double);

    for (unsigned i = 0; i < r.lanes; i++) {
        TCGv_vec even = new_vector(), odd = new_vector();

        x86_gen_every_other(TCG_TYPE_V128, size, even, a.lane[i], b.lane[i], false);
        x86_gen_every_other(TCG_TYPE_V128, size, odd, a.lane[i], b.lane[i], true);
        r.lane[i] = x86_gen_float(ctx, op, is_double, is_double ? 2 : 4, 0, even, odd);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

#define BOTH(name, gen, op)                                                                        \
    bool x86_##name##PS(DisasContext *ctx)                                                         \
    {                                                                                              \
        return gen(ctx, op, false);                                                                \
    }                                                                                              \
    bool x86_##name##PD(DisasContext *ctx)                                                         \
    {                                                                                              \
        return gen(ctx, op, true);                                                                 \
    }
BOTH(HADD, gen_horizontal, X86_FLOAT_ADD)
BOTH(HSUB, gen_horizontal, X86_FLOAT_SUB)
BOTH(ADDSUB, gen_packed, X86_FLOAT_ADDSUB)

/* A vector whose elements are there or not, by four bits. */
static TCGv_vec chosen(TCGv_vec v, bool is_double, unsigned bits)
{
    TCGv_vec t = new_vector();
    uint64_t mask[2] = { 0, 0 };

    for (unsigned i = 0; i < (is_double ? 2 : 4); i++) {
        if (bits >> i & 1) {
            mask[is_double ? i : i / 2] |= is_double ? UINT64_MAX
                                                     : (uint64_t)UINT32_MAX << 32 * (i % 2);
        }
    }
    tcg_gen_and_vec(t, v, tcg_constant_v128(mask[0], mask[1]));
    return t;
}

/* Each element and its partner, added: the lower one comes first, which counts for NaNs. */
static TCGv_vec pairs_added(DisasContext *ctx, bool is_double, TCGv_vec v, unsigned distance)
{
    unsigned vece = size_of(is_double);
    TCGv_vec low = new_vector(), high = new_vector();
    uint8_t low_index[16], high_index[16];

    for (unsigned i = 0; i < 16; i++) {
        low_index[i] = i & ~(distance << vece);
        high_index[i] = i | distance << vece;
    }
    x86_gen_shuffle(TCG_TYPE_V128, low, v, NULL, low_index);
    x86_gen_shuffle(TCG_TYPE_V128, high, v, NULL, high_index);
    return x86_gen_float(ctx, X86_FLOAT_ADD, is_double, is_double ? 2 : 4, 0, low, high);
}

/* Products where the immediate's upper half says so, else 0; their sum where the lower one does. */
static bool gen_dot_product(DisasContext *ctx, bool is_double)
{
    X86Packed b = x86_packed_read(ctx, x86_second_source(ctx)), r = b;
    X86Packed a = x86_packed_read(ctx, x86_first_source(ctx));
    unsigned imm = ctx->insn.imm, nb = is_double ? 2 : 4;

    for (unsigned i = 0; i < r.lanes; i++) {
        TCGv_vec v = x86_gen_float(ctx, X86_FLOAT_MUL, is_double, nb, 0,
                                   chosen(a.lane[i], is_double, imm >> 4),
                                   chosen(b.lane[i], is_double, imm >> 4));

        v = pairs_added(ctx, is_double, v, 1);
        if (!is_double) {
            v = pairs_added(ctx, is_double, v, 2);
        }
        r.lane[i] = chosen(v, is_double, imm);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

bool x86_DPPS(DisasContext *ctx)
{
    return gen_dot_product(ctx, false);
}

bool x86_DPPD(DisasContext *ctx)
{
    return gen_dot_product(ctx, true);
}

/* ---- Comparisons into the flags ---- */

/* ZF, PF and CF are set if unordered, else as of unsigned numbers; the others are clear. */
static bool gen_compare_flags(DisasContext *ctx, bool is_double, bool signaling)
{
    unsigned size = size_of(is_double);
    TCGv_vec b = x86_float_operand(ctx, 1, size), a = x86_float_operand(ctx, 0, size);
    TCGv_i64 order = tcg_temp_new_i64(), less = tcg_temp_new_i64(), unordered;

    if (!is_plain(ctx)) {
        gen_helper_x86_float_flags(order, tcg_env, tcg_constant_i32(is_double | signaling << 1),
                                   bits_at(size, a, 0), bits_at(size, b, 0));
        x86_set_flags(ctx, order);
        return true;
    }
    unordered = compared(TCG_FCOND_UNORDERED, signaling, is_double, a, b, 0);
    if (is_double) {
        tcg_gen_cmp3_f64(order, double_at(a, 0), double_at(b, 0));
        tcg_gen_shri_i64(less, order, 63); /* less or unordered */
    } else {
        tcg_gen_or_i64(less, compared(TCG_FCOND_LT, false, false, a, b, 0), unordered);
        tcg_gen_xori_i64(order, compared(TCG_FCOND_EQ, false, false, a, b, 0), 1);
    }
    x86_set_carry(ctx, less);
    tcg_gen_xori_i64(cpu_fs, unordered, 1);
    tcg_gen_subi_i64(unordered, unordered, 1);
    tcg_gen_and_i64(cpu_fz, order, unordered);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
    return true;
}

bool x86_COMISS(DisasContext *ctx)
{
    return gen_compare_flags(ctx, false, true);
}

bool x86_COMISD(DisasContext *ctx)
{
    return gen_compare_flags(ctx, true, true);
}

bool x86_UCOMISS(DisasContext *ctx)
{
    return gen_compare_flags(ctx, false, false);
}

bool x86_UCOMISD(DisasContext *ctx)
{
    return gen_compare_flags(ctx, true, false);
}

/* ---- Approximations ---- */

typedef void ApproximateFunc(TCGv_i64 ret, TCGv_i64 a);

static TCGv_vec approximate(ApproximateFunc *fn, unsigned nb, TCGv_vec rest, TCGv_vec v)
{
    TCGv_vec r = new_vector();

    tcg_gen_mov_vec(r, rest);
    for (unsigned i = 0; i < nb; i++) {
        TCGv_i64 t = tcg_temp_new_i64();

        tcg_gen_extract_vec(MO_32, t, v, i);
        fn(t, t);
        tcg_gen_insert_vec(MO_32, r, r, t, i);
    }
    return r;
}

static bool gen_approximate_packed(DisasContext *ctx, ApproximateFunc *fn)
{
    X86Packed v = x86_packed_read(ctx, 1);

    for (unsigned i = 0; i < v.lanes; i++) {
        v.lane[i] = approximate(fn, 4, v.lane[i], v.lane[i]);
    }
    x86_packed_write(ctx, 0, &v);
    return true;
}

static bool gen_approximate_scalar(DisasContext *ctx, ApproximateFunc *fn)
{
    TCGv_vec v = x86_float_operand(ctx, x86_second_source(ctx), MO_32);
    TCGv_vec rest = cpu_xmm[ctx->insn.operands[x86_first_source(ctx)].number];

    x86_set_xmm(ctx, ctx->insn.operands[0].number, approximate(fn, 1, rest, v));
    return true;
}

bool x86_RCPPS(DisasContext *ctx)
{
    return gen_approximate_packed(ctx, gen_helper_x86_rcp);
}

bool x86_RCPSS(DisasContext *ctx)
{
    return gen_approximate_scalar(ctx, gen_helper_x86_rcp);
}

bool x86_RSQRTPS(DisasContext *ctx)
{
    return gen_approximate_packed(ctx, gen_helper_x86_rsqrt);
}

bool x86_RSQRTSS(DisasContext *ctx)
{
    return gen_approximate_scalar(ctx, gen_helper_x86_rsqrt);
}
