/*
 * Packed floating point and guards of vectors; part of test-tcg-vector. References are C's operators.
 *
 * SPDX-License-Identifier: MIT
 */
#include "test-tcg-vector.h"
#include <math.h>

static const double numbers[] = {
    0.0, 1.0, 1.5, 3.0, 0.1, 0x1p-140, 0x1.8p-126, 0x1.fffffep127, 0x1p-1060, 0x1.8p-1022,
    0x1.fffffffffffffp1023, INFINITY, 2.5, 0x1p31, 1e10, 0.49999999999999994,
};

static double random_number(void)
{
    double d = numbers[pick(ARRAY_SIZE(numbers))];

    return pick(2) ? -d : d;
}

static Value random_floats(unsigned vece)
{
    Value v;

    for (unsigned i = 0; i < 4; i++) {
        double d = random_number();
        float f = d;

        memcpy(v.b + (vece == MO_64 ? 8 * (i / 2) : 4 * i), vece == MO_64 ? (void *)&d : &f,
               1u << vece);
    }
    return v;
}

static double get(const Value *v, unsigned vece, unsigned n)
{
    double d;
    float f;

    if (vece == MO_64) {
        memcpy(&d, v->b + 8 * n, 8);
        return d;
    }
    memcpy(&f, v->b + 4 * n, 4);
    return (double)f;
}

static void put(Value *v, unsigned vece, unsigned n, double d)
{
    float f = d;

    memcpy(v->b + (n << vece), vece == MO_64 ? (void *)&d : &f, 1u << vece);
}

/* ---- Arithmetic ---- */

typedef enum Op {
    ADD,
    SUB,
    MUL,
    DIV,
    MIN_OP,
    MAX_OP,
    EQUAL,
    LESS,
    ROOT,
    ROUND,
    FUSED,
    NB_PACKED,
} Op;

static double rounded(TCGRounding mode, double d)
{
    return mode == TCG_ROUND_NEAREST ? nearbyint(d) : mode == TCG_ROUND_DOWN ? floor(d)
           : mode == TCG_ROUND_UP   ? ceil(d)       : trunc(d);
}

/* In single precision where that is meant: what is rounded twice there differs. */
static double expected(Op op, unsigned vece, TCGRounding mode, double a, double b, double c)
{
    bool narrow = vece == MO_32;

    switch (op) {
    case ADD: return narrow ? (double)((float)a + (float)b) : a + b;
    case SUB: return narrow ? (double)((float)a - (float)b) : a - b;
    case MUL: return narrow ? (double)((float)a * (float)b) : a * b;
    case DIV: return narrow ? (double)((float)a / (float)b) : a / b;
    case MIN_OP: return a < b ? a : b;
    case MAX_OP: return a > b ? a : b;
    case ROOT: return narrow ? (double)sqrtf((float)a) : sqrt(a);
    case ROUND: return rounded(mode, a);
    default: return narrow ? (double)fmaf(-(float)a, (float)b, (float)c) : fma(-a, b, c);
    }
}

static void gen(Op op, TCGRounding mode, unsigned vece, bool lowest, TCGv_vec r)
{
    TCGv_vec a = vreg[0], b = vreg[1], c = vreg[2];

    switch (op) {
    case ADD: tcg_gen_packed_add(vece, lowest, r, a, b); break;
    case SUB: tcg_gen_packed_sub(vece, lowest, r, a, b); break;
    case MUL: tcg_gen_packed_mul(vece, lowest, r, a, b); break;
    case DIV: tcg_gen_packed_div(vece, lowest, r, a, b); break;
    case MIN_OP: tcg_gen_packed_min(vece, lowest, r, a, b); break;
    case MAX_OP: tcg_gen_packed_max(vece, lowest, r, a, b); break;
    case EQUAL: tcg_gen_packed_cmp(TCG_FCOND_EQ, vece, lowest, r, a, b); break;
    case LESS: tcg_gen_packed_cmp(TCG_FCOND_LT, vece, lowest, r, a, b); break;
    case ROOT: tcg_gen_packed_sqrt(vece, lowest, r, a); break;
    case ROUND: tcg_gen_packed_round(mode, vece, lowest, r, a); break;
    default: tcg_gen_packed_muladd(vece, lowest, r, a, b, c, TCG_NEGATE_PRODUCT);
    }
}

static void check_element(Op op, unsigned vece, unsigned n, const Value *got, double want,
                          bool holds)
{
    Value mask = { { { 0 } } };
    double d = get(got, vece, n);

    if (op == EQUAL || op == LESS) {
        memset(mask.b, holds ? 0xff : 0, 16);
        g_assert_cmpmem(got->b + (n << vece), 1u << vece, mask.b, 1u << vece);
    } else if (isnan(want)) {
        g_assert_true(isnan(d));
    } else if (memcmp(&d, &want, 8)) {
        g_error("packed operation %u, element %u of %u bits: %a, not %a", op, n, 8u << vece, d, want);
    }
}

void run_packed(void)
{
    unsigned vece = pick(2) ? MO_64 : MO_32;
    bool lowest = pick(2);
    Op op = pick(NB_PACKED);
    TCGRounding mode = pick(4);
    Value in[3] = { random_floats(vece), random_floats(vece), random_floats(vece) }, got;
    const Value *rest = op == FUSED ? &in[1] : &in[0];

    for (unsigned i = 0; i < 3; i++) {
        test_env->v[i] = in[i].v;
    }
    harness_start();
    gen(op, mode, vece, lowest, vreg[3]);
    finish_and_run();
    got.v = test_env->v[3];
    for (unsigned n = 0; n < 16u >> vece; n++) {
        double a = get(&in[0], vece, n), b = get(&in[1], vece, n), c = get(&in[2], vece, n);

        if (lowest && n) {
            g_assert_cmpmem(got.b + (n << vece), 1u << vece, rest->b + (n << vece), 1u << vece);
        } else {
            check_element(op, vece, n, &got, expected(op, vece, mode, a, b, c),
                          op == EQUAL ? a == b : a < b);
        }
    }
}

/* ---- Conversions, moves of elements ---- */

void run_packed_conversions(void)
{
    Value words = random_value(), singles = random_floats(MO_32), got;
    Value doubles = random_floats(MO_64);
    const int32_t *w = (const int32_t *)words.b;

    put(&singles, MO_32, 2, -123.75);
    test_env->v[0] = words.v;
    test_env->v[1] = singles.v;
    test_env->v[2] = doubles.v;
    test_env->q[0] = words.q[0];
    harness_start();
    tcg_gen_packed_cvt_i32(MO_32, vreg[3], vreg[0]);
    tcg_gen_st_vec(vreg[3], tcg_env, offsetof(CPUArchState, field));
    tcg_gen_packed_widen(vreg[3], vreg[1]);
    tcg_gen_packed_cvt_i64(MO_64, vreg[0], qreg[0]);
    tcg_gen_unzip_words_vec(vreg[1], vreg[1], vreg[2], true);
    tcg_gen_packed_narrow(vreg[2], vreg[2]);
    finish_and_run();
    memcpy(&got, (uint8_t *)test_env + offsetof(CPUArchState, field), 16);
    for (unsigned n = 0; n < 4; n++) {
        g_assert_cmpfloat(get(&got, MO_32, n), ==, (double)(float)w[n]);
    }
    got.v = test_env->v[3];
    g_assert_cmpfloat(get(&got, MO_64, 0), ==, get(&singles, MO_32, 0));
    g_assert_cmpfloat(get(&got, MO_64, 1), ==, get(&singles, MO_32, 1));
    got.v = test_env->v[0];
    g_assert_cmpfloat(get(&got, MO_64, 0), ==, (double)(int64_t)words.q[0]);
    g_assert_cmphex(got.q[1], ==, 0);
    got.v = test_env->v[2];
    g_assert_cmpfloat(get(&got, MO_32, 1), ==, (double)(float)get(&doubles, MO_64, 1));
    g_assert_cmphex(got.q[1], ==, 0);
    got.v = test_env->v[1];
    g_assert_cmphex(got.q[0], ==, singles.q[0] >> 32 | (singles.q[1] >> 32 << 32));
}

/* What is above is known to be 0 where it has been cleared, or loaded so, and then not cleared again. */
void run_cleared(void)
{
    Value in = random_value(), got;
    unsigned vece = pick(2) ? MO_64 : MO_32, lane = pick(16 >> vece);
    uint64_t low = vece == MO_64 ? in.q[0] : (uint32_t)in.q[0];

    test_env->v[0] = in.v;
    harness_start();
    tcg_gen_low_vec(vece, vreg[1], vreg[0]);
    tcg_gen_packed_abs(MO_64, vreg[1], vreg[1]);
    tcg_gen_low_vec(vece, vreg[1], vreg[1]);
    tcg_gen_dup_lane_vec(vece, vreg[2], vreg[0], lane);
    finish_and_run();
    got.v = test_env->v[1];
    g_assert_cmphex(got.q[0], ==, low & INT64_MAX);
    g_assert_cmphex(got.q[1], ==, 0);
    got.v = test_env->v[2];
    for (unsigned n = 0; n < 16u >> vece; n++) {
        g_assert_cmpmem(got.b + (n << vece), 1u << vece, in.b + (lane << vece), 1u << vece);
    }
}

/* ---- Guards ---- */

static unsigned calls;

static void helper(CPUArchState *env, JitVector *args, const TCGVectorGuard *self)
{
    calls++;
    args[0] = (JitVector){ { args[0].half[0] + 1, args[0].half[1] + args[1].half[1] } };
}

static const TCGVectorGuard guard = { helper };

typedef struct GuardRow {
    unsigned kind, vece;
    uint64_t value, args[3];
    bool passes;
} GuardRow;

#define F64(x) 0x##x##000000000000
static const GuardRow guard_rows[] = {
    { TCG_GUARD_FINITE, MO_64, 0x7fefffffffffffff, { 0 }, true },
    { TCG_GUARD_FINITE, MO_64, F64(fff0), { 0 }, false },
    { TCG_GUARD_FINITE, MO_32, 0x00000000ff7fffff, { 0 }, true },
    { TCG_GUARD_FINITE, MO_32, 0x7f80000000000000, { 0 }, false },
    { TCG_GUARD_NORMAL, MO_64, F64(0040), { 0 }, true },
    { TCG_GUARD_NORMAL, MO_64, 0x803fffffffffffff, { 0 }, false },
    { TCG_GUARD_NORMAL, MO_64, 0x7fbfffffffffffff, { 0 }, true },
    { TCG_GUARD_NORMAL, MO_64, F64(7fc0), { 0 }, false },
    { TCG_GUARD_NORMAL, MO_32, 0x8200000002000000, { 0 }, true },
    { TCG_GUARD_NORMAL, MO_32, 0x8200000001ffffff, { 0 }, false },
    { TCG_GUARD_NORMAL, MO_32, 0x7dffffff3f800000, { 0 }, true },
    { TCG_GUARD_NORMAL, MO_32, 0x7e0000003f800000, { 0 }, false },
    { TCG_GUARD_NORMAL, MO_64, 0, { 0, 0, 0 }, false },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK, MO_64, 1ull << 63, { 0, F64(3ff0) }, true },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK, MO_64, 0, { F64(3ff0), 0 }, true },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK, MO_64, 0, { F64(0010), F64(0010) }, false },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK, MO_64, 1, { 0, F64(3ff0) }, false },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_SUM_OK, MO_64, 0, { 0, F64(3ff0), 0 }, true },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_SUM_OK, MO_64, 0, { F64(3ff0), F64(3ff0), F64(bff0) }, true },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_SUM_OK, MO_64, 0, { F64(0010), F64(0010), 0 }, false },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_SUM_OK, MO_64, 0, { F64(2000), F64(2000), F64(8010) }, false },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_SUM_OK, MO_32, 0,
      { 0x3f8000003f800000, 0x3f80000000000000, 0xbf80000000000000 }, true },
    { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_SUM_OK, MO_32, 0,
      { 0x0080000000800000, 0x0080000000000000, 0 }, false },
    { TCG_GUARD_ORDERED, MO_64, 0, { F64(7ff0), 0 }, true },
    { TCG_GUARD_ORDERED, MO_64, 0, { 0, F64(fff8) }, false },
    { TCG_GUARD_ORDERED, MO_32, 0, { 0x7fc0000000000000, 0 }, false },
    { TCG_GUARD_NAN, MO_64, F64(7ff0), { 0 }, true },
    { TCG_GUARD_NAN, MO_64, 0x7ff0000000000001, { 0 }, false },
    { TCG_GUARD_INT_MIN, MO_64, 1ull << 63, { 0 }, false },
    { TCG_GUARD_INT_MIN, MO_64, 0x8000000080000000, { 0 }, true },
    { TCG_GUARD_INT_MIN, MO_32, 0x8000000000000001, { 0 }, false },
    { TCG_GUARD_NEGATIVE, MO_64, 0x7fffffff80000000, { 0 }, true },
    { TCG_GUARD_NEGATIVE, MO_64, 0x8000000000000001, { 0 }, false },
    { TCG_GUARD_NEGATIVE, MO_32, 0x7fffffff80000000, { 0 }, false },
};

/* The row's value in the lower half or the upper one; what doesn't count mustn't be looked at. */
static void run_guard_row(const GuardRow *row, bool upper, unsigned bytes)
{
    const uint64_t fine = row->vece == MO_64 ? F64(4000) : 0x4000000040000000;
    unsigned kind = row->kind & 15;
    bool is_integer = kind == TCG_GUARD_INT_MIN || kind == TCG_GUARD_NEGATIVE;
    bool looked_at = !upper || bytes == 16, passes = row->passes || !looked_at;
    TCGv_vec args[3], result;
    JitVector got;

    for (unsigned i = 0; i < 4; i++) {
        uint64_t value = i ? row->args[i - 1] : row->value, other = i || !is_integer ? fine : 1;

        test_env->v[i].half[upper] = value;
        test_env->v[i].half[!upper] = other;
    }
    for (unsigned i = 0; i < 3; i++) {
        args[i] = vreg[i + 1];
    }
    calls = 0;
    harness_start();
    result = tcg_temp_new_vec(TCG_TYPE_V128);
    tcg_gen_guard_vec(row->kind, row->vece, bytes, result, vreg[0], &guard, args);
    tcg_gen_st_vec(result, tcg_env, offsetof(CPUArchState, field));
    finish_and_run();
    memcpy(&got, (uint8_t *)test_env + offsetof(CPUArchState, field), sizeof(got));
    if (calls != !passes) {
        g_error("guard %x of %u bits, %u bytes, %s half: %u calls for %" PRIx64, row->kind,
                8u << row->vece, bytes, upper ? "upper" : "lower", calls, row->value);
    }
    g_assert_cmphex(got.half[0], ==,
                    passes ? test_env->v[0].half[0] : test_env->v[1].half[0] + 1);
    g_assert_cmphex(got.half[1], ==,
                    passes ? test_env->v[0].half[1]
                           : test_env->v[1].half[1] + test_env->v[2].half[1]);
}

void run_vector_guards(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(guard_rows); i++) {
        for (unsigned n = 0; n < 4; n++) {
            run_guard_row(&guard_rows[i], n & 1, n & 2 ? 16 : 8);
        }
    }
}
