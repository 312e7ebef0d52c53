/*
 * Every vector and floating-point operation, on both back ends, with operands in registers, memory
 * and constants, with and without the host's newer instructions, against reference values that are
 * computed here, byte by byte or with C's own operators.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tcg-harness.h"
#include <fenv.h>
#include <math.h>
#include "tcg/x86_64/emit.h"
#include "test-tcg-vector.h"

static GRand *rnd;

unsigned pick(unsigned n)
{
    return g_rand_int_range(rnd, 0, n);
}

Value random_value(void)
{
    static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0x81, 0xfe, 0xff, 15, 16, 8, 7 };
    Value v;

    for (unsigned i = 0; i < 16; i++) {
        v.b[i] = pick(2) ? edges[pick(ARRAY_SIZE(edges))] : pick(256);
    }
    if (pick(8) == 0) {
        memset(&v, pick(2) ? 0 : 0xff, sizeof(v));
    }
    return v;
}

static uint64_t element(const Value *v, unsigned vece, unsigned n)
{
    uint64_t e = 0;

    for (unsigned i = 0; i < 1u << vece; i++) {
        e |= (uint64_t)v->b[(n << vece) + i] << 8 * i;
    }
    return e;
}

static void set_element(Value *v, unsigned vece, unsigned n, uint64_t e)
{
    for (unsigned i = 0; i < 1u << vece; i++) {
        v->b[(n << vece) + i] = e >> 8 * i;
    }
}

static int64_t as_signed(uint64_t e, unsigned w)
{
    return (int64_t)(e << (64 - w)) >> (64 - w);
}

static __int128 clamp(__int128 v, __int128 min, __int128 max)
{
    return v < min ? min : v > max ? max : v;
}

/* ---- Elementwise operations ---- */

typedef struct Case {
    const char *name;
    void (*gen)(unsigned vece, TCGv_vec r, TCGv_vec a, TCGv_vec b);
    uint64_t (*expect)(unsigned w, uint64_t a, uint64_t b);
} Case;

#define EXPECT(name, expr)                                                                         \
    static uint64_t expect_##name(unsigned w, uint64_t a, uint64_t b)                              \
    {                                                                                              \
        __int128 sa = as_signed(a, w), sb = as_signed(b, w), half = (__int128)1 << (w - 1);        \
                                                                                                   \
        (void)sa, (void)sb, (void)half;                                                            \
        return expr;                                                                               \
    }
EXPECT(add, a + b)
EXPECT(sub, a - b)
EXPECT(mul, a * b)
EXPECT(ssadd, clamp(sa + sb, -half, half - 1))
EXPECT(usadd, clamp((__int128)a + b, 0, 2 * half - 1))
EXPECT(sssub, clamp(sa - sb, -half, half - 1))
EXPECT(ussub, clamp((__int128)a - b, 0, 2 * half - 1))
EXPECT(smin, sa < sb ? a : b)
EXPECT(smax, sa < sb ? b : a)
EXPECT(umin, a < b ? a : b)
EXPECT(umax, a < b ? b : a)
EXPECT(shlv, b >= w ? 0 : a << b)
EXPECT(shrv, b >= w ? 0 : a >> b)
EXPECT(sarv, sa >> MIN(b, w - 1))
EXPECT(neg, -a)
EXPECT(abs, sa < 0 ? -a : a)
EXPECT(shli, a << w / 3)
EXPECT(shri, a >> w / 3)
EXPECT(sari, sa >> w / 3)

static void gen_neg(unsigned vece, TCGv_vec r, TCGv_vec a, TCGv_vec b)
{
    tcg_gen_neg_vec(vece, r, a);
}

static void gen_abs(unsigned vece, TCGv_vec r, TCGv_vec a, TCGv_vec b)
{
    tcg_gen_abs_vec(vece, r, a);
}

#define SHIFT(name)                                                                                \
    static void gen_##name(unsigned vece, TCGv_vec r, TCGv_vec a, TCGv_vec b)                      \
    {                                                                                              \
        tcg_gen_##name##_vec(vece, r, a, (8u << vece) / 3);                                        \
    }
SHIFT(shli)
SHIFT(shri)
SHIFT(sari)

#define COMPARE(cond, expr)                                                                        \
    static void gen_cmp_##cond(unsigned vece, TCGv_vec r, TCGv_vec a, TCGv_vec b)                  \
    {                                                                                              \
        tcg_gen_cmp_vec(TCG_COND_##cond, vece, r, a, b);                                           \
    }                                                                                              \
    EXPECT(cmp_##cond, (expr) ? UINT64_MAX : 0)
COMPARE(EQ, a == b)
COMPARE(NE, a != b)
COMPARE(LT, sa < sb)
COMPARE(GE, sa >= sb)
COMPARE(GT, sa > sb)
COMPARE(LE, sa <= sb)
COMPARE(LTU, a < b)
COMPARE(GEU, a >= b)
COMPARE(GTU, a > b)
COMPARE(LEU, a <= b)
COMPARE(ALWAYS, true)
COMPARE(NEVER, false)

#define C(name)  { #name, tcg_gen_##name##_vec, expect_##name }
#define OWN(name) { #name, gen_##name, expect_##name }
static const Case cases[] = {
    C(add), C(sub), C(mul), C(ssadd), C(usadd), C(sssub), C(ussub), C(smin), C(smax), C(umin),
    C(umax), C(shlv), C(shrv), C(sarv), OWN(neg), OWN(abs), OWN(shli), OWN(shri), OWN(sari),
    OWN(cmp_EQ), OWN(cmp_NE), OWN(cmp_LT), OWN(cmp_GE), OWN(cmp_GT), OWN(cmp_LE), OWN(cmp_LTU),
    OWN(cmp_GEU), OWN(cmp_GTU), OWN(cmp_LEU), OWN(cmp_ALWAYS), OWN(cmp_NEVER),
};

/* ---- Operands and results ---- */

static Value inputs[3];

/* Operand n: a global, a temp or a constant. */
static TCGv_vec operand(bool wide, unsigned n)
{
    TCGv_vec t;

    switch (pick(3)) {
    case 0:
        return wide ? vreg[n] : hreg[n];
    case 1:
        t = tcg_temp_new_vec(wide ? TCG_TYPE_V128 : TCG_TYPE_V64);
        tcg_gen_ld_vec(t, tcg_env, wide ? offsetof(CPUArchState, v[n]) : offsetof(CPUArchState, h[n]));
        return t;
    default:
        return wide ? tcg_constant_v128(inputs[n].q[0], inputs[n].q[1])
                    : tcg_constant_v64(inputs[n].q[0]);
    }
}

static void begin(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(inputs); i++) {
        inputs[i] = random_value();
        test_env->v[i] = inputs[i].v;
        test_env->h[i] = inputs[i].q[0];
        test_env->q[i] = inputs[i].q[1];
    }
    harness_start();
}

void finish_and_run(void)
{
    uintptr_t result;

    tcg_gen_exit_tb(NULL, 0);
    g_assert_true(harness_run(harness_finish(), &result));
}

static Value result_of(bool wide)
{
    Value r = { { { 0 } } };

    if (wide) {
        r.v = test_env->v[3];
    } else {
        r.q[0] = test_env->h[3];
    }
    return r;
}

static void check(const char *name, bool wide, unsigned vece, const Value *expected)
{
    Value got = result_of(wide);

    if (memcmp(&got, expected, wide ? 16 : 8)) {
        g_error("%s, %u bits of %u: %" PRIx64 "_%" PRIx64 ", not %" PRIx64 "_%" PRIx64, name,
                wide ? 128 : 64, 8u << vece, got.q[1], got.q[0], expected->q[1], expected->q[0]);
    }
}

static void run_case(const Case *c)
{
    bool wide = pick(2);
    unsigned vece = pick(4);
    TCGv_vec a, b, r;
    Value expected = { { { 0 } } };

    begin();
    a = operand(wide, 0);
    b = operand(wide, 1);
    r = wide ? vreg[3] : hreg[3];
    c->gen(vece, r, a, b);
    for (unsigned i = 0; i < (wide ? 16u : 8u) >> vece; i++) {
        set_element(&expected, vece, i,
                    c->expect(8u << vece, element(&inputs[0], vece, i),
                              element(&inputs[1], vece, i)));
    }
    finish_and_run();
    check(c->name, wide, vece, &expected);
}

/* ---- The others ---- */

static void run_bitwise(void)
{
    static const char *const names[] = { "and", "or", "xor", "andc", "not", "bitsel", "tbl",
                                         "tbl with a constant" };
    bool wide = pick(2);
    unsigned size = wide ? 16 : 8, what = pick(ARRAY_SIZE(names));
    TCGv_vec a, b, c, r;
    Value expected, index;

    begin();
    a = operand(wide, 0);
    b = operand(wide, 1);
    c = operand(wide, 2);
    r = wide ? vreg[3] : hreg[3];
    for (unsigned i = 0; i < 16; i++) { /* all in range or above 127, as hosts like them, or not */
        index.b[i] = pick(2) ? pick(size) : 0x80 + pick(0x80);
    }
    if (pick(2)) {
        index.b[pick(size)] = pick(0x100);
    }
    switch (what) {
    case 0: tcg_gen_and_vec(r, a, b); break;
    case 1: tcg_gen_or_vec(r, a, b); break;
    case 2: tcg_gen_xor_vec(r, a, b); break;
    case 3: tcg_gen_andc_vec(r, a, b); break;
    case 4: tcg_gen_not_vec(r, a); break;
    case 5: tcg_gen_bitsel_vec(r, a, b, c); break;
    case 6: tcg_gen_tbl_vec(r, a, b); break;
    default: tcg_gen_tbl_vec(r, a, wide ? tcg_constant_v128(index.q[0], index.q[1])
                                        : tcg_constant_v64(index.q[0]));
    }
    for (unsigned i = 0; i < 16; i++) {
        uint8_t x = inputs[0].b[i], y = inputs[1].b[i], z = inputs[2].b[i], at = index.b[i];
        const uint8_t results[] = { x & y, x | y, x ^ y, x & ~y, ~x, (x & y) | (~x & z),
                                    y < size ? inputs[0].b[y] : 0,
                                    at < size ? inputs[0].b[at] : 0 };

        expected.b[i] = results[what];
    }
    finish_and_run();
    check(names[what], wide, 0, &expected);
}

static void run_elements(void)
{
    bool wide = pick(2);
    unsigned vece = pick(4), nb = (wide ? 16 : 8) >> vece, n = pick(nb), what = pick(6);
    Value expected = { { { 0 } } };
    TCGv_vec a, b, r;

    begin();
    a = operand(wide, 0);
    b = operand(wide, 1);
    r = wide ? vreg[3] : hreg[3];
    if (nb < 2 && what < 2) {
        what = 2;
    }
    switch (what) {
    case 0:
    case 1:
        (what ? tcg_gen_ziph_vec : tcg_gen_zipl_vec)(vece, r, a, b);
        for (unsigned i = 0; i < nb; i++) {
            set_element(&expected, vece, i,
                        element(&inputs[i & 1], vece, (what ? nb / 2 : 0) + i / 2));
        }
        break;
    case 2:
        tcg_gen_dup_i64_vec(vece, r, qreg[0]);
        for (unsigned i = 0; i < nb; i++) {
            set_element(&expected, vece, i, inputs[0].q[1]);
        }
        break;
    case 3:
        tcg_gen_insert_vec(vece, r, a, qreg[1], n);
        expected = inputs[0];
        set_element(&expected, vece, n, inputs[1].q[1]);
        break;
    case 4:
        tcg_gen_extract_vec(vece, qreg[2], a, n);
        tcg_gen_mov_vec(r, b);
        expected = inputs[1];
        finish_and_run();
        g_assert_cmphex(test_env->q[2], ==, element(&inputs[0], vece, n));
        check("extract", wide, vece, &expected);
        return;
    default:
        tcg_gen_concat_i64_vec(vreg[3], qreg[0], qreg[1]);
        expected.q[0] = inputs[0].q[1];
        expected.q[1] = inputs[1].q[1];
        wide = true;
    }
    finish_and_run();
    check("zip, dup, insert, concat", wide, vece, &expected);
}

/* ---- Floating point ---- */

static double random_double(void)
{
    static const double edges[] = { 0, -0.0, 1, -1, INFINITY, -INFINITY, 0x1p-1074, 0x1p1023, 0.5,
                                    2147483647.5, -2147483648.5, 0x1p63, -0x1p63, 1e300, 3, 1.0 / 3 };
    double d;
    uint64_t bits = (uint64_t)g_rand_int(rnd) << 32 | g_rand_int(rnd);

    if (pick(2)) {
        return edges[pick(ARRAY_SIZE(edges))];
    }
    memcpy(&d, &bits, sizeof(d));
    return d;
}

static uint64_t bits_of(double d)
{
    uint64_t bits;

    memcpy(&bits, &d, sizeof(bits));
    return bits;
}

static void check_double(const char *name, uint64_t got, double expected, const double *in)
{
    bool nan_operand = isnan(in[0]) || isnan(in[1]) || isnan(in[2]);

    if (!isnan(expected) ? got != bits_of(expected)
                         : !nan_operand && got != 0xfff8000000000000) {
        g_error("%s(%a, %a, %a) is %" PRIx64 ", not %a", name, in[0], in[1], in[2], got, expected);
    }
}

static void run_float(void)
{
    double in[3] = { random_double(), random_double(), random_double() };
    volatile float narrow = in[0];
    volatile double a = in[0], b = in[1], c = in[2];

    for (unsigned i = 0; i < 3; i++) {
        test_env->d[i] = bits_of(in[i]);
    }
#define CHECK(name, gen, expected)                                                                 \
    do {                                                                                           \
        TCGv_f64 r;                                                                                \
        TCGv_i64 bits;                                                                             \
                                                                                                   \
        harness_start();                                                                           \
        r = tcg_temp_new_f64();                                                                    \
        bits = tcg_temp_new_i64();                                                                 \
        gen;                                                                                       \
        tcg_gen_bits_f64_i64(bits, r);                                                             \
        tcg_gen_mov_i64(qreg[0], bits);                                                            \
        finish_and_run();                                                                          \
        check_double(name, test_env->q[0], expected, in);                                          \
    } while (0)
    CHECK("add", tcg_gen_add_f64(r, dreg[0], dreg[1]), a + b);
    CHECK("sub", tcg_gen_sub_f64(r, dreg[0], dreg[1]), a - b);
    CHECK("mul", tcg_gen_mul_f64(r, dreg[0], dreg[1]), a * b);
    CHECK("div", tcg_gen_div_f64(r, dreg[0], dreg[1]), a / b);
    CHECK("sqrt", tcg_gen_sqrt_f64(r, dreg[0]), sqrt(a));
    CHECK("fma", tcg_gen_fma_f64(r, dreg[0], dreg[1], dreg[2]), fma(a, b, c));
    CHECK("narrow", {
        TCGv_f32 f = tcg_temp_new_f32();
        tcg_gen_cvt_f64_f32(f, dreg[0]);
        tcg_gen_cvt_f32_f64(r, f);
    }, (double)narrow);
    CHECK("from i64", {
        tcg_gen_bits_f64_i64(bits, dreg[1]);
        tcg_gen_cvt_i64_f64(r, bits);
    }, (double)(int64_t)bits_of(b));
}

/* A float taken out of a vector and put into another one, or the same. */
static void run_low(void)
{
    Value in[2] = { random_value(), random_value() }, expected = in[0];
    unsigned to = pick(3);
    bool narrow = pick(2);

    memcpy(&test_env->v[0], &in[0], 16);
    memcpy(&test_env->v[1], &in[1], 16);
    memcpy(&expected, &in[1], narrow ? 4 : 8);
    harness_start();
    if (narrow) {
        TCGv_f32 f = tcg_temp_new_f32();

        tcg_gen_low_f32(f, vreg[1]);
        tcg_gen_set_low_f32(vreg[to], vreg[0], f);
    } else {
        TCGv_f64 d = tcg_temp_new_f64();

        tcg_gen_low_f64(d, vreg[1]);
        tcg_gen_set_low_f64(vreg[to], vreg[0], d);
    }
    finish_and_run();
    g_assert_cmpmem(&test_env->v[to], 16, &expected, 16);
}

static void run_compare(void)
{
    double in[2] = { random_double(), pick(4) ? random_double() : NAN };
    double a = in[0], b = pick(4) ? in[1] : in[0];
    const bool expected[] = { a == b, a < b, a <= b, isunordered(a, b) };
    TCGFloatCond cond = pick(4);
    uint32_t truncated = isnan(a) || !(trunc(a) >= -0x1p31 && trunc(a) < 0x1p31)
                             ? 0x80000000 : (uint32_t)(int32_t)a;
    uint64_t rounded = isnan(a) || !(a >= -0x1p63 && a < 0x1p63) ? 1ull << 63 : (uint64_t)llrint(a);

    test_env->d[0] = bits_of(a);
    test_env->d[1] = bits_of(b);
    harness_start();
    tcg_gen_fcmp_f64(cond, pick(2), reg[0], dreg[0], dreg[1]);
    tcg_gen_trunc_f64_i32(reg[1], dreg[0]);
    tcg_gen_round_f64_i64(qreg[0], dreg[0]);
    tcg_gen_neg_f64(dreg[1], dreg[0]);
    tcg_gen_abs_f64(dreg[2], dreg[1]);
    finish_and_run();
    g_assert_cmphex(test_env->r[0], ==, expected[cond]);
    g_assert_cmphex(test_env->r[1], ==, truncated);
    g_assert_cmphex(test_env->q[0], ==, rounded);
    g_assert_cmphex(test_env->d[1], ==, bits_of(a) ^ 1ull << 63);
    g_assert_cmphex(test_env->d[2], ==, bits_of(a) & ~(1ull << 63));
}

/* Of two NaNs the first survives, and becomes quiet. */
static void test_nans(void)
{
    test_env->d[0] = 0x7ff0000000000123; /* signaling */
    test_env->d[1] = 0xfff8000000000456;
    harness_start();
    tcg_gen_add_f64(dreg[2], dreg[1], dreg[0]);
    tcg_gen_mul_f64(dreg[1], dreg[0], dreg[1]);
    finish_and_run();
    g_assert_cmphex(test_env->d[2], ==, 0xfff8000000000456);
    g_assert_cmphex(test_env->d[1], ==, 0x7ff8000000000123);
}

/* fma with signs changed: NaNs keep theirs. */
static void test_negated_fma(void)
{
    static const struct {
        unsigned negate;
        double expected;
    } rows[] = {
        { 0, 3 * 5 + 7 },
        { TCG_NEGATE_PRODUCT, -3 * 5 + 7 },
        { TCG_NEGATE_ADDEND, 3 * 5 - 7 },
        { TCG_NEGATE_PRODUCT | TCG_NEGATE_ADDEND, -3 * 5 - 7 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        test_env->d[0] = bits_of(3);
        test_env->d[1] = bits_of(5);
        test_env->d[2] = bits_of(7);
        test_env->f[0] = 0x40400000; /* 3 */
        test_env->f[1] = 0x40a00000;
        test_env->f[2] = 0x40e00000;
        harness_start();
        tcg_gen_muladd_f64(dreg[2], dreg[0], dreg[1], dreg[2], rows[i].negate);
        tcg_gen_muladd_f32(freg[2], freg[0], freg[1], freg[2], rows[i].negate);
        tcg_gen_cvt_f32_f64(dreg[0], freg[2]);
        finish_and_run();
        g_assert_cmphex(test_env->d[2], ==, bits_of(rows[i].expected));
        g_assert_cmphex(test_env->d[0], ==, bits_of(rows[i].expected));
        test_env->d[0] = 0x7ff8000000000123;
        harness_start();
        tcg_gen_muladd_f64(dreg[2], dreg[0], dreg[1], dreg[2], rows[i].negate);
        finish_and_run();
        g_assert_cmphex(test_env->d[2], ==, 0x7ff8000000000123);
    }
}

static void test_narrow(void)
{
    static const struct {
        uint64_t in;
        uint32_t single;
    } rows[] = {
        { 0x3ff0000000000000, 0x3f800000 }, { 0x8000000000000000, 0x80000000 },
        { 0x7ff0000000000000, 0x7f800000 }, { 0x36a0000000000000, 0x00000001 },
        { 0x47efffffe0000000, 0x7f7fffff }, { 0x3ff0000010000000, 0xffffffff },
        { 0x47f0000000000000, 0xffffffff }, { 0x3690000000000000, 0xffffffff },
        { 0x0000000000000001, 0xffffffff }, { 0x7ff8000000000000, 0xffffffff },
        { 0x7ff0000020000000, 0xffffffff },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        test_env->d[0] = rows[i].in;
        harness_start();
        tcg_gen_narrow_f64_f32(freg[0], dreg[0]);
        finish_and_run();
        g_assert_cmphex(test_env->f[0], ==, rows[i].single);
    }
}

static void test_compare_three_ways(void)
{
    static const double values[] = { -INFINITY, -1, -0.0, 0, 1, INFINITY, NAN };

    for (size_t a = 0; a < ARRAY_SIZE(values); a++) {
        for (size_t b = 0; b < ARRAY_SIZE(values); b++) {
            test_env->d[0] = bits_of(values[a]);
            test_env->d[1] = bits_of(values[b]);
            harness_start();
            tcg_gen_cmp3_f64(qreg[0], dreg[0], dreg[1]);
            finish_and_run();
            g_assert_cmpint(test_env->q[0], ==, values[a] > values[b] ? 1
                                                : values[a] == values[b] ? 0 : -1);
        }
    }
}

/* ---- Guards ---- */

static unsigned guard_calls;

static uint64_t guard_helper(CPUArchState *env, uint64_t a, uint64_t b, uint64_t c)
{
    guard_calls++;
    return a + b;
}

static uint64_t guard_helper_of_one(CPUArchState *env, uint64_t a, uint64_t b, uint64_t c)
{
    guard_calls++;
    return a;
}

/* What each kind lets pass, on both sides of each border. */
static void test_guard_kinds(void)
{
    static const struct {
        unsigned kind;
        uint64_t value;
        bool passes;
    } rows[] = {
        { TCG_GUARD_NAN, 0x7ff0000000000000, true },
        { TCG_GUARD_NAN, 0x7ff0000000000001, false },
        { TCG_GUARD_NAN, 0xffffffffffffffff, false },
        { TCG_GUARD_FINITE, 0xffefffffffffffff, true },
        { TCG_GUARD_FINITE, 0xfff0000000000000, false },
        { TCG_GUARD_FINITE, 0x7ff8000000000000, false },
        { TCG_GUARD_FINITE, 0, true },
        { TCG_GUARD_FINITE, 0x8000000000000001, true },
        { TCG_GUARD_NORMAL, 0x8000000000000000, false },
        { TCG_GUARD_NORMAL, 0x0000000000000001, false },
        { TCG_GUARD_NORMAL, 0x0010000000000000, false },
        { TCG_GUARD_NORMAL, 0x803fffffffffffff, false },
        { TCG_GUARD_NORMAL, 0x8040000000000000, true },
        { TCG_GUARD_NORMAL, 0x7fbfffffffffffff, true },
        { TCG_GUARD_NORMAL, 0x7fc0000000000000, false },
        { TCG_GUARD_NORMAL, 0x7ff0000000000000, false },
        { TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK, 0, false }, /* of no zero */
        { TCG_GUARD_INT_MIN, 0x8000000000000000, false },
        { TCG_GUARD_INT_MIN, 0x8000000000000001, true },
        { TCG_GUARD_INT_MIN, 0, true },
        { TCG_GUARD_NEGATIVE, 0x8000000000000000, false },
        { TCG_GUARD_NEGATIVE, 0x7fffffffffffffff, true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        bool integer = rows[i].kind == TCG_GUARD_INT_MIN || rows[i].kind == TCG_GUARD_NEGATIVE;
        TCGGuard g = { .kind = rows[i].kind, .checked = dreg[0], .func = guard_helper,
                       .args = { dreg[1], qreg[0] } };

        guard_calls = 0;
        test_env->d[0] = rows[i].value;
        test_env->d[1] = 0x4000000000000000;
        test_env->d[2] = 77;
        test_env->q[0] = 5;
        test_env->q[1] = rows[i].value;
        harness_start();
        g.checked = integer ? (const void *)qreg[1] : dreg[0];
        tcg_gen_guard_f64(dreg[2], dreg[2], &g);
        tcg_gen_guard_i64(qreg[2], qreg[0], &g);
        finish_and_run();
        g_assert_cmpuint(guard_calls, ==, rows[i].passes ? 0 : 2);
        g_assert_cmphex(test_env->d[2], ==, rows[i].passes ? 77 : 0x4000000000000005);
        g_assert_cmphex(test_env->q[2], ==, rows[i].passes ? 5 : 0x4000000000000005);
    }
}

static void test_narrow_guards(void)
{
    static const struct {
        unsigned kind;
        uint32_t value;
        bool passes;
    } rows[] = {
        { TCG_GUARD_NAN, 0x7f800001, false }, { TCG_GUARD_NAN, 0xff800000, true },
        { TCG_GUARD_FINITE, 0xff800000, false }, { TCG_GUARD_FINITE, 0x7f7fffff, true },
        { TCG_GUARD_NORMAL, 0x7e000000, false }, { TCG_GUARD_NORMAL, 0x7dffffff, true },
        { TCG_GUARD_NORMAL, 0x01ffffff, false }, { TCG_GUARD_NORMAL, 0x82000000, true },
        { TCG_GUARD_INT_MIN, 0x80000000, false }, { TCG_GUARD_INT_MIN, 0x7fffffff, true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        TCGGuard g = { .kind = rows[i].kind, .narrow = true, .func = guard_helper_of_one,
                       .args = { dreg[1] } };

        test_env->f[0] = test_env->r[0] = rows[i].value;
        test_env->d[1] = 0x123400001111;
        test_env->r[1] = 5;
        harness_start();
        g.checked = rows[i].kind == TCG_GUARD_INT_MIN ? (const void *)reg[0] : freg[0];
        tcg_gen_guard_i32(reg[2], reg[1], &g);
        finish_and_run();
        g_assert_cmphex(test_env->r[2], ==, rows[i].passes ? 5 : 0x1111);
    }
}

/* ZERO_OK, ORDERED and INEXACT look at more than the result. */
static void test_guards_of_operands(void)
{
    static const struct {
        double a, b;
        bool zero, ordered;
    } rows[] = {
        { 0, 5, true, true },  { -5, -0.0, true, true }, { 0x1p-600, 0x1p-600, false, true },
        { 0, NAN, false, false }, { NAN, 3, false, false }, { 0, INFINITY, false, true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        TCGGuard zero = { .kind = TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK, .func = guard_helper,
                          .args = { dreg[0], dreg[1] } };
        TCGGuard ordered = { .kind = TCG_GUARD_ORDERED, .func = guard_helper,
                             .args = { dreg[0], dreg[1] } };
        TCGv_f64 product;

        test_env->d[0] = bits_of(rows[i].a);
        test_env->d[1] = bits_of(rows[i].b);
        guard_calls = 0;
        harness_start();
        product = tcg_temp_new_f64();
        tcg_gen_mul_f64(product, dreg[0], dreg[1]);
        zero.checked = product;
        tcg_gen_guard_f64(dreg[2], product, &zero);
        finish_and_run();
        g_assert_cmpuint(guard_calls, ==, !rows[i].zero);
        guard_calls = 0;
        harness_start();
        tcg_gen_guard_i64(qreg[0], qreg[0], &ordered);
        finish_and_run();
        g_assert_cmpuint(guard_calls, ==, !rows[i].ordered);
    }
}

static void test_guard_of_exactness(void)
{
    TCGGuard g = { .kind = TCG_GUARD_FINITE | TCG_GUARD_INEXACT, .func = guard_helper,
                   .args = { dreg[0], dreg[1] } };
    unsigned expected = 0;

    for (unsigned i = 1; i < 8; i++) {
        TCGv_f64 quotient;

        test_env->d[0] = bits_of(i);
        test_env->d[1] = bits_of(i & 3 ? 4 : 3);
        guard_calls = 0;
        feclearexcept(FE_ALL_EXCEPT);
        harness_start();
        quotient = tcg_temp_new_f64();
        tcg_gen_div_f64(quotient, dreg[0], dreg[1]);
        g.checked = quotient;
        tcg_gen_guard_f64(dreg[2], quotient, &g);
        finish_and_run();
        expected = i & 3 ? 0 : 1;
        g_assert_cmpuint(guard_calls, ==, expected);
    }
}

/* ---- Across the operation under test: calls, spills ---- */

static JitVector helper_swap(uint64_t a, uint64_t b)
{
    return (JitVector){ { b, a } };
}

static void test_two_results(void)
{
    static const TCGHelperInfo info = { (void *)helper_swap, "swap", TCG_CALL_NO_RWG,
                                        TCG_HELPER_I128, 2, { TCG_HELPER_I64, TCG_HELPER_I64 } };
    TCGv_i128 pair;

    test_env->q[0] = 11;
    test_env->q[1] = 22;
    harness_start();
    pair = tcg_temp_new_i128();
    tcg_gen_call(&info, &pair, (void *const[]){ qreg[0], qreg[1] });
    tcg_gen_mov_i64(qreg[2], pair.low);
    tcg_gen_mov_i64(qreg[3], pair.high);
    tcg_gen_call(&info, &pair, (void *const[]){ qreg[0], qreg[1] });
    tcg_gen_mov_i64(qreg[4], pair.high);
    finish_and_run();
    g_assert_cmpuint(test_env->q[2], ==, 22);
    g_assert_cmpuint(test_env->q[3], ==, 11);
    g_assert_cmpuint(test_env->q[4], ==, 11);
}

/* More values than there are vector registers, and a call that destroys all of them. */
static void test_pressure(void)
{
    static const TCGHelperInfo info = { (void *)helper_swap, "swap", TCG_CALL_NO_RWG,
                                        TCG_HELPER_I128, 2, { TCG_HELPER_I64, TCG_HELPER_I64 } };
    enum { N = 40 };
    TCGv_vec t[N];
    TCGv_i128 pair;
    Value expected = { { { 0 } } };

    begin();
    pair = tcg_temp_new_i128();
    for (unsigned i = 0; i < N; i++) {
        t[i] = tcg_temp_new_vec(TCG_TYPE_V128);
        tcg_gen_add_vec(MO_64, t[i], vreg[0], tcg_constant_v128(i, 100 * i));
    }
    tcg_gen_call(&info, &pair, (void *const[]){ qreg[0], qreg[1] });
    tcg_gen_mov_vec(vreg[3], tcg_constant_v128(0, 0));
    for (unsigned i = 0; i < N; i++) {
        tcg_gen_add_vec(MO_64, vreg[3], vreg[3], t[i]);
    }
    for (unsigned i = 0; i < N; i++) {
        expected.q[0] += inputs[0].q[0] + i;
        expected.q[1] += inputs[0].q[1] + 100 * i;
    }
    finish_and_run();
    check("pressure", true, MO_64, &expected);
}

/* A barrier that the host needs, and those that it doesn't. */
static void test_barriers(void)
{
    TranslationBlock *weak, *strong;

    harness_start();
    tcg_gen_mb(TCG_MO_LD_LD | TCG_MO_ST_ST | TCG_MO_LD_ST);
    tcg_gen_exit_tb(NULL, 0);
    weak = harness_finish();
    harness_start();
    tcg_gen_mb(TCG_MO_ALL);
    tcg_gen_exit_tb(NULL, 0);
    strong = harness_finish();
    g_assert_cmpuint(weak->code_size, <, strong->code_size);
}

/* ---- All of it, on every back end ---- */

typedef struct Variant {
    const char *name;
    TCGBackendKind backend;
    bool old_host;
} Variant;

static const Variant variants[] = {
    { "host", TCG_BACKEND_HOST, false },
    { "host-without-avx", TCG_BACKEND_HOST, true },
    { "interpreter", TCG_BACKEND_INTERP, false },
};

static X86Features all_features;

static void use(const Variant *v)
{
    harness_use(v->backend);
    x86_features = v->old_host ? (X86Features){ .popcnt = true } : all_features;
}

static void repeat(const Variant *v, void (*run)(void), unsigned times)
{
    use(v);
    while (times--) {
        run();
    }
    use(&variants[0]);
}

static void test_elementwise(const void *variant)
{
    use(variant);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        for (unsigned n = 0; n < 150; n++) {
            run_case(&cases[i]);
        }
    }
    use(&variants[0]);
}

static void test_bitwise(const void *variant) { repeat(variant, run_bitwise, 1000); }
static void test_elements(const void *variant) { repeat(variant, run_elements, 1500); }
static void test_float(const void *variant) { repeat(variant, run_float, 300); }
static void test_compare(const void *variant) { repeat(variant, run_compare, 1500); }
static void test_low(const void *variant) { repeat(variant, run_low, 500); }
static void test_two(const void *variant) { repeat(variant, test_two_results, 1); }
static void test_nan(const void *variant) { repeat(variant, test_nans, 1); }
static void test_reverse(const void *variant) { repeat(variant, run_reverse, 100); }
static void test_memory(const void *variant) { repeat(variant, run_memory, 2000); }
static void test_failing(const void *variant) { repeat(variant, run_failing_access, 500); }
static void test_host_ranges(const void *variant) { repeat(variant, run_host_range, 1000); }
static void test_failing_range(const void *variant)
{
    repeat(variant, run_failing_host_range, 50);
}
static void test_wide(const void *variant) { repeat(variant, run_wide, 1000); }
static void test_wide_fails(const void *variant)
{
    repeat(variant, run_wide_store_that_fails, 200);
}
static void test_many(const void *variant) { repeat(variant, test_pressure, 3); }
static void test_negated(const void *variant) { repeat(variant, test_negated_fma, 1); }
static void test_singles(const void *variant) { repeat(variant, test_narrow, 1); }
static void test_three_ways(const void *variant) { repeat(variant, test_compare_three_ways, 1); }
static void test_guards(const void *variant) { repeat(variant, test_guard_kinds, 1); }
static void test_guards_f32(const void *variant) { repeat(variant, test_narrow_guards, 1); }
static void test_guards_2(const void *variant) { repeat(variant, test_guards_of_operands, 1); }
static void test_packed(const void *variant) { repeat(variant, run_packed, 3000); }
static void test_packed_conversions(const void *variant)
{
    repeat(variant, run_packed_conversions, 300);
}
static void test_cleared(const void *variant) { repeat(variant, run_cleared, 100); }
static void test_vector_guards(const void *variant) { repeat(variant, run_vector_guards, 1); }
static void test_inexact(const void *variant) { repeat(variant, test_guard_of_exactness, 1); }

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(const void *variant);
    } tests[] = {
        { "elementwise", test_elementwise }, { "bitwise", test_bitwise },
        { "elements", test_elements },       { "float", test_float },
        { "compare-and-convert", test_compare }, { "first-nan-survives", test_nan },
        { "lowest-element", test_low },
        { "reversed-bytes", test_reverse }, { "guest-memory", test_memory },
        { "guest-memory-that-fails", test_failing }, { "pairs", test_wide },
        { "host-ranges", test_host_ranges },
        { "host-ranges-that-fail", test_failing_range },
        { "pairs-that-are-half-mapped", test_wide_fails },
        { "helper-with-two-results", test_two }, { "more-values-than-registers", test_many },
        { "negated-fma", test_negated },     { "only-singles-become-singles", test_singles },
        { "three-way-compare", test_three_ways }, { "guards-of-doubles", test_guards },
        { "guards-of-singles", test_guards_f32 }, { "guards-of-operands", test_guards_2 },
        { "guards-see-inexact-results", test_inexact }, { "packed-floats", test_packed },
        { "packed-conversions", test_packed_conversions },
        { "zeros-above-the-lowest-element", test_cleared }, { "guards-of-vectors", test_vector_guards },
    };

    g_test_init(&argc, &argv, NULL);
    harness_init();
    all_features = x86_features;
    rnd = g_rand_new_with_seed(1);
    for (unsigned v = 0; v < ARRAY_SIZE(variants); v++) {
        for (unsigned i = 0; i < ARRAY_SIZE(tests); i++) {
            g_autofree char *path = g_strdup_printf("/tcg/vector/%s/%s", tests[i].name,
                                                    variants[v].name);

            g_test_add_data_func(path, &variants[v], tests[i].test);
        }
    }
    g_test_add_func("/tcg/vector/barriers-cost-only-what-the-host-lacks", test_barriers);
    return g_test_run();
}
