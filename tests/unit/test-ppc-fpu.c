/*
 * PowerPC floating point: results and FPSCR against the host's IEEE arithmetic in every rounding
 * mode, the fast path against the exact one, and the cases that only PowerPC has.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <fenv.h>
#include <math.h>
#include "target/ppc/fpu.h"
#include "target/ppc/helper.h"

#define N_RANDOM 200000

static const int host_mode[4] = { FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD };

/* fpscr.c tells the CPU model about changed modes; there is none here. */
void ppc_update_hflags(CPUPPCState *env)
{
}

void ppc_fp_watched(CPUPPCState *env)
{
}

static CPUPPCState *new_env(uint32_t fpscr)
{
    CPUPPCState *env = g_new0(CPUPPCState, 1);

    env->fpscr = fpscr;
    return env;
}

static double as_double(uint64_t v)
{
    double d;

    memcpy(&d, &v, sizeof(d));
    return d;
}

static uint64_t as_bits(double d)
{
    uint64_t v;

    memcpy(&v, &d, sizeof(v));
    return v;
}

/* Operands that meet at boundaries: few exponents, few mantissas, specials now and then. */
static uint64_t random_operand(bool single)
{
    static const uint64_t specials[] = {
        0, 0x8000000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x3ff0000000000000,
        0x0000000000000001, 0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff,
        0x36a0000000000000, 0x380fffffc0000000, 0x3810000000000000, 0x47efffffe0000000,
    };
    uint64_t sign = (uint64_t)g_test_rand_int_range(0, 2) << 63;
    uint64_t frac = ((uint64_t)g_test_rand_int() << 32 | (uint32_t)g_test_rand_int()) & F64_FRAC;
    int exp;

    switch (g_test_rand_int_range(0, 16)) {
    case 0:
        frac = specials[g_test_rand_int_range(0, ARRAY_SIZE(specials))];
        return single ? as_bits((float)as_double(frac)) : frac;
    case 1:
        frac = g_test_rand_int_range(0, 8);
        break;
    case 2:
        frac = F64_FRAC - g_test_rand_int_range(0, 8);
        break;
    case 3:
        frac &= 0x000ffffff0000000;
        break;
    }
    switch (g_test_rand_int_range(0, 4)) {
    case 0:
        exp =
            single ? g_test_rand_int_range(1023 - 149, 1023 + 128) : g_test_rand_int_range(0, 2047);
        break;
    case 1:
        exp = 1023 + g_test_rand_int_range(-60, 60);
        break;
    default:
        exp = 1023 + g_test_rand_int_range(-3, 4);
    }
    frac |= sign | (uint64_t)exp << 52;
    return single ? as_bits((float)as_double(frac)) : frac;
}

typedef enum Op { ADD, SUB, MUL, DIV, MADD, MSUB, NMADD, NMSUB, NB_OPS } Op;

static uint64_t run_helper(CPUPPCState *env, Op op, bool single, uint64_t a, uint64_t b, uint64_t c)
{
    switch (op) {
    case ADD:
        return single ? helper_ppc_fadds(env, a, b) : helper_ppc_fadd(env, a, b);
    case SUB:
        return single ? helper_ppc_fsubs(env, a, b) : helper_ppc_fsub(env, a, b);
    case MUL:
        return single ? helper_ppc_fmuls(env, a, b) : helper_ppc_fmul(env, a, b);
    case DIV:
        return single ? helper_ppc_fdivs(env, a, b) : helper_ppc_fdiv(env, a, b);
    case MADD:
        return single ? helper_ppc_fmadds(env, a, c, b) : helper_ppc_fmadd(env, a, c, b);
    case MSUB:
        return single ? helper_ppc_fmsubs(env, a, c, b) : helper_ppc_fmsub(env, a, c, b);
    case NMADD:
        return single ? helper_ppc_fnmadds(env, a, c, b) : helper_ppc_fnmadd(env, a, c, b);
    default:
        return single ? helper_ppc_fnmsubs(env, a, c, b) : helper_ppc_fnmsub(env, a, c, b);
    }
}

static uint64_t run_soft(CPUPPCState *env, Op op, bool single, uint64_t a, uint64_t b, uint64_t c)
{
    switch (op) {
    case ADD:
    case SUB:
        return ppc_soft_add(env, a, b, op == SUB, single);
    case MUL:
        return ppc_soft_mul(env, a, b, single);
    case DIV:
        return ppc_soft_div(env, a, b, single);
    default:
        return ppc_soft_fma(env, a, c, b, op == MSUB || op == NMSUB, op == NMADD || op == NMSUB,
                            single);
    }
}

static double host_double(Op op, volatile double a, volatile double b, volatile double c)
{
    switch (op) {
    case ADD:
        return a + b;
    case SUB:
        return a - b;
    case MUL:
        return a * b;
    case DIV:
        return a / b;
    case MADD:
    case NMADD:
        return fma(a, c, b);
    default:
        return fma(a, c, -b);
    }
}

static float host_single(Op op, volatile float a, volatile float b, volatile float c)
{
    switch (op) {
    case ADD:
        return a + b;
    case SUB:
        return a - b;
    case MUL:
        return a * b;
    case DIV:
        return a / b;
    case MADD:
    case NMADD:
        return fmaf(a, c, b);
    default:
        return fmaf(a, c, -b);
    }
}

/* The host's result in a rounding mode, and the exceptions it met. */
static double host_result(Op op, bool single, int mode, uint64_t a, uint64_t b, uint64_t c,
                          int *flags)
{
    volatile double r;

    fesetround(host_mode[mode]);
    feclearexcept(FE_ALL_EXCEPT);
    r = single ? host_single(op, as_double(a), as_double(b), as_double(c))
               : host_double(op, as_double(a), as_double(b), as_double(c));
    *flags = fetestexcept(FE_ALL_EXCEPT);
    fesetround(FE_TONEAREST);
    return r;
}

static uint32_t expected_status(int flags, double r, double truncated, bool single)
{
    uint32_t s = 0;

    s |= flags & FE_OVERFLOW ? FPSCR_OX : 0;
    s |= flags & FE_DIVBYZERO ? FPSCR_ZX : 0;
    if (flags & FE_INEXACT) {
        s |= FPSCR_XX | FPSCR_FI | (fabs(r) != fabs(truncated) ? FPSCR_FR : 0);
    }
    return s | ppc_fprf(as_bits(r), single);
}

static void check_one(Op op, bool single, int mode, uint64_t a, uint64_t b, uint64_t c)
{
    g_autofree CPUPPCState *env = new_env(mode), *soft = new_env(mode);
    int flags, ignored;
    double want = host_result(op, single, mode, a, b, c, &flags);
    double truncated = host_result(op, single, 1, a, b, c, &ignored);
    uint64_t got = run_helper(env, op, single, a, b, c);
    uint32_t mask = FPSCR_OX | FPSCR_ZX | FPSCR_XX | FPSCR_FI | FPSCR_FR | FPSCR_FPRF;
    bool negate = op == NMADD || op == NMSUB;
    uint32_t status;

    g_assert_cmphex(got, ==, run_soft(soft, op, single, a, b, c));
    g_assert_cmphex(env->fpscr, ==, soft->fpscr);
    if (flags & FE_INVALID) {
        g_assert_cmphex(got, ==, F64_QNAN);
        g_assert_true(env->fpscr & FPSCR_VX);
        return;
    }
    status = expected_status(flags, negate ? -want : want, truncated, single);
    if (as_bits(want) != (got ^ (negate ? F64_SIGN : 0)) || (env->fpscr & mask) != status) {
        g_test_message("op %d single %d mode %d a %016" PRIx64 " b %016" PRIx64 " c %016" PRIx64
                       ": want %016" PRIx64 " %08x, got %016" PRIx64 " %08x", op, single, mode, a,
                       b, c, as_bits(want), status, got, env->fpscr);
        g_test_fail();
    }
}

static void test_against_host(gconstpointer data)
{
    Op op = GPOINTER_TO_INT(data) >> 1;
    bool single = GPOINTER_TO_INT(data) & 1;

    for (int i = 0; i < N_RANDOM && !g_test_failed(); i++) {
        uint64_t a = random_operand(single), b = random_operand(single), c = random_operand(single);

        check_one(op, single, i & 1 ? 0 : i >> 1 & 3, a, b, c);
    }
}

/* fadds & co. of operands that are no singles: rounded once. */
static void test_single_of_double_operands(void)
{
    for (int i = 0; i < N_RANDOM; i++) {
        uint64_t a = random_operand(false), b = random_operand(false), c = random_operand(false);
        Op op = i % NB_OPS;
        g_autofree CPUPPCState *env = new_env(0), *soft = new_env(0);

        g_assert_cmphex(run_helper(env, op, true, a, b, c), ==, run_soft(soft, op, true, a, b, c));
        g_assert_cmphex(env->fpscr, ==, soft->fpscr);
    }
    /* 1 + 2^-24 + 2^-53 is above the tie, though a double would round it to the tie. */
    g_autofree CPUPPCState *env = new_env(0);

    g_assert_cmphex(helper_ppc_fadds(env, 0x3ff0000010000000, 0x3ca0000000000000), ==,
                    0x3ff0000020000000);
    g_assert_true(env->fpscr & FPSCR_FR);
}

static void test_nan_selection(void)
{
    g_autofree CPUPPCState *env = new_env(0);
    uint64_t a = 0x7ff8000000000001, b = 0xfff8000000000002, c = 0x7ff0000000000003;
    uint64_t one = 0x3ff0000000000000;

    g_assert_cmphex(helper_ppc_fadd(env, a, b), ==, a);
    g_assert_cmphex(helper_ppc_fadd(env, one, b), ==, b);
    g_assert_cmphex(helper_ppc_fmadd(env, one, c, b), ==, b);
    g_assert_cmphex(env->fpscr & FPSCR_VXSNAN, ==, FPSCR_VXSNAN);
    g_assert_cmphex(helper_ppc_fmadd(env, one, c, one), ==, c | F64_QUIET);
    g_assert_cmphex(helper_ppc_fnmadd(env, a, one, one), ==, a);
    g_assert_cmphex(helper_ppc_frsp(env, 0x7ff00000ffffffff), ==, 0x7ff80000e0000000);
}

static void check_invalid(uint64_t (*op)(CPUPPCState *, uint64_t, uint64_t), uint64_t a, uint64_t b,
                          uint32_t cause)
{
    g_autofree CPUPPCState *env = new_env(0), *enabled = new_env(FPSCR_VE | FPRF_POS_ZERO);

    g_assert_cmphex(op(env, a, b), ==, F64_QNAN);
    g_assert_cmphex(env->fpscr, ==, FPSCR_FX | FPSCR_VX | cause | FPRF_QNAN);
    op(enabled, a, b);
    g_assert_true(enabled->fp_suppressed);
    g_assert_cmphex(enabled->fpscr, ==,
                    FPSCR_FX | FPSCR_FEX | FPSCR_VX | cause | FPSCR_VE | FPRF_POS_ZERO);
}

static void test_invalid_operations(void)
{
    uint64_t inf = F64_INF;

    check_invalid(helper_ppc_fsub, inf, inf, FPSCR_VXISI);
    check_invalid(helper_ppc_fmul, inf, 0, FPSCR_VXIMZ);
    check_invalid(helper_ppc_fdiv, inf, inf, FPSCR_VXIDI);
    check_invalid(helper_ppc_fdiv, 0, 0, FPSCR_VXZDZ);
}

static void test_divide_by_zero(void)
{
    g_autofree CPUPPCState *env = new_env(0), *enabled = new_env(FPSCR_ZE);

    g_assert_cmphex(helper_ppc_fdiv(env, 0xbff0000000000000, 0), ==, F64_INF | F64_SIGN);
    g_assert_cmphex(env->fpscr, ==, FPSCR_FX | FPSCR_ZX | FPRF_NEG_INF);
    helper_ppc_fdiv(enabled, 0xbff0000000000000, 0);
    g_assert_true(enabled->fp_suppressed);
    g_assert_cmphex(enabled->fpscr, ==, FPSCR_FX | FPSCR_FEX | FPSCR_ZX | FPSCR_ZE);
}

static void test_enabled_overflow_and_underflow(void)
{
    uint64_t max = 0x7fefffffffffffff, min = 0x0010000000000000, two = 0x4000000000000000;
    uint64_t half = 0x3fe0000000000000;
    g_autofree CPUPPCState *oe = new_env(FPSCR_OE), *ue = new_env(FPSCR_UE), *none = new_env(0);

    g_assert_cmphex(helper_ppc_fmul(oe, max, two), ==, max - (1535ull << 52));
    g_assert_cmphex(oe->fpscr, ==, FPSCR_FX | FPSCR_FEX | FPSCR_OX | FPSCR_OE | FPRF_POS_NORMAL);
    g_assert_cmphex(helper_ppc_fmul(ue, min, half), ==, min + (1535ull << 52));
    g_assert_cmphex(ue->fpscr, ==, FPSCR_FX | FPSCR_FEX | FPSCR_UX | FPSCR_UE | FPRF_POS_NORMAL);
    g_assert_cmphex(helper_ppc_fmul(none, min, half), ==, 0x0008000000000000);
    g_assert_cmphex(none->fpscr, ==, FPRF_POS_DENORMAL);
}

static void test_underflow_is_tested_before_rounding(void)
{
    /* Rounds up to the smallest normal number, but was tiny. */
    g_autofree CPUPPCState *env = new_env(0);

    g_assert_cmphex(helper_ppc_fmul(env, 0x001fffffffffffff, 0x3fe0000000000000), ==,
                    0x0010000000000000);
    g_assert_cmphex(env->fpscr & (FPSCR_UX | FPSCR_XX | FPSCR_FR), ==,
                    FPSCR_UX | FPSCR_XX | FPSCR_FR);
}

static void check_fctiw(uint64_t b, int mode, uint64_t want, uint32_t status)
{
    g_autofree CPUPPCState *env = new_env(mode);
    uint64_t got = mode == 1 ? helper_ppc_fctiwz(env, b) : helper_ppc_fctiw(env, b);

    g_assert_cmphex(got, ==, 0xfff8000000000000 | want);
    g_assert_cmphex(env->fpscr & ~(uint32_t)FPSCR_RN, ==, status);
}

static void test_convert_to_integer(void)
{
    uint32_t inexact = FPSCR_FX | FPSCR_XX | FPSCR_FI, vxcvi = FPSCR_FX | FPSCR_VX | FPSCR_VXCVI;

    check_fctiw(as_bits(1.5), 0, 2, inexact | FPSCR_FR);
    check_fctiw(as_bits(2.5), 0, 2, inexact);
    check_fctiw(as_bits(-1.5), 1, 0xffffffff, inexact);
    check_fctiw(as_bits(-1.5), 3, 0xfffffffe, inexact | FPSCR_FR);
    check_fctiw(as_bits(0.25), 2, 1, inexact | FPSCR_FR);
    check_fctiw(as_bits(2147483647.0), 0, 0x7fffffff, 0);
    check_fctiw(as_bits(2147483648.0), 0, 0x7fffffff, vxcvi);
    check_fctiw(as_bits(2147483647.5), 0, 0x7fffffff, vxcvi);
    check_fctiw(as_bits(-2147483648.0), 0, 0x80000000, 0);
    check_fctiw(as_bits(-2147483649.0), 1, 0x80000000, vxcvi);
    check_fctiw(as_bits(1e300), 0, 0x7fffffff, vxcvi);
    check_fctiw(F64_INF, 0, 0x7fffffff, vxcvi);
    check_fctiw(F64_QNAN, 0, 0x80000000, vxcvi);
    check_fctiw(0x7ff0000000000001, 0, 0x80000000, vxcvi | FPSCR_VXSNAN);
    check_fctiw(0, 0, 0, 0);
    check_fctiw(F64_SIGN, 0, 0x100000000, 0);
    check_fctiw(1, 0, 0, inexact);
}

static void test_compare(void)
{
    g_autofree CPUPPCState *env = new_env(0);
    uint64_t one = as_bits(1), two = as_bits(2), snan = 0x7ff0000000000001;

    g_assert_cmpuint(ppc_crf_unpack(helper_ppc_fcmpu(env, one, two)), ==, PPC_CRF_LT);
    g_assert_cmpuint(ppc_crf_unpack(helper_ppc_fcmpu(env, two, one)), ==, PPC_CRF_GT);
    g_assert_cmpuint(ppc_crf_unpack(helper_ppc_fcmpu(env, 0, F64_SIGN)), ==, PPC_CRF_EQ);
    g_assert_cmphex(env->fpscr, ==, 0x2000);
    g_assert_cmpuint(ppc_crf_unpack(helper_ppc_fcmpu(env, F64_QNAN, one)), ==, PPC_CRF_SO);
    g_assert_cmphex(env->fpscr, ==, 0x1000);
    helper_ppc_fcmpo(env, F64_QNAN, one);
    g_assert_cmphex(env->fpscr, ==, FPSCR_FX | FPSCR_VX | FPSCR_VXVC | 0x1000);
    env->fpscr = 0;
    helper_ppc_fcmpo(env, snan, one);
    g_assert_cmphex(env->fpscr, ==, FPSCR_FX | FPSCR_VX | FPSCR_VXVC | FPSCR_VXSNAN | 0x1000);
    env->fpscr = FPSCR_VE;
    helper_ppc_fcmpo(env, snan, one);
    g_assert_cmphex(env->fpscr, ==,
                    FPSCR_FX | FPSCR_FEX | FPSCR_VX | FPSCR_VXSNAN | FPSCR_VE | 0x1000);
}

static void test_single_memory_format(void)
{
    for (uint64_t v = 0; v <= 0xffffffff; v += 0x3fff) {
        float f;
        uint32_t bits = v;
        uint64_t wide = helper_ppc_todouble(bits);

        memcpy(&f, &bits, sizeof(f));
        if (!isnan(f)) {
            g_assert_cmphex(wide, ==, as_bits(f));
        }
        g_assert_cmphex(helper_ppc_tosingle(wide), ==, bits);
    }
    g_assert_cmphex(helper_ppc_todouble(0x7f800001), ==, 0x7ff0000020000000);
    g_assert_cmphex(helper_ppc_todouble(1), ==, as_bits(0x1p-149));
}

static void test_fpscr_instructions(void)
{
    g_autofree CPUPPCState *env = new_env(0);

    helper_ppc_mtfsb(env, 3, 1); /* OX */
    g_assert_cmphex(env->fpscr, ==, FPSCR_FX | FPSCR_OX);
    helper_ppc_mtfsb(env, 0, 0);
    helper_ppc_mtfsb(env, 3, 1); /* already set: FX stays */
    g_assert_cmphex(env->fpscr, ==, FPSCR_OX);
    helper_ppc_mtfsb(env, 25, 1); /* OE */
    g_assert_cmphex(env->fpscr, ==, FPSCR_OX | FPSCR_OE | FPSCR_FEX);
    helper_ppc_mtfsf(env, 0xffffffff, 0xf0000000);
    g_assert_cmphex(env->fpscr, ==, FPSCR_FX | FPSCR_OX | FPSCR_OE | FPSCR_FEX);
    g_assert_cmpuint(ppc_crf_unpack(helper_ppc_mcrfs(env, 0)), ==, 13);
    g_assert_cmphex(env->fpscr, ==, FPSCR_OE);
}

/* What the architecture asks for is 1/256 and 1/32; of ours one can ask more. */
static void test_estimates(void)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t b = (random_operand(true) & ~F64_SIGN);
        double x = as_double(b);
        g_autofree CPUPPCState *env = new_env(0);

        if (!(x > 0x1p-125 && x < 0x1p+125)) {
            continue;
        }
        g_assert_cmpfloat(fabs(as_double(helper_ppc_fres(env, b)) * x - 1), <, 1 / 4096.0);
        g_assert_cmpfloat(fabs(as_double(helper_ppc_frsqrte(env, b)) * sqrt(x) - 1), <, 1 / 4096.0);
        g_assert_cmphex(env->fpscr & ~(uint32_t)FPSCR_FPRF, ==, 0);
    }
}

/* The host's root and quotient and the exact ones give the same estimate, also next to where it
 * changes. */
static void test_estimates_agree(void)
{
    for (int i = 0; i < N_RANDOM; i++) {
        uint64_t reciprocal = as_bits(1 / (1 + g_test_rand_int_range(0, 4097) / 4096.0));
        uint64_t b = i & 1 ? random_operand(false) : reciprocal + i % 9 - 4;
        unsigned mode = g_test_rand_int_range(0, 4);
        g_autofree CPUPPCState *env = new_env(mode), *exact = new_env(mode);

        g_assert_cmphex(helper_ppc_fres(env, b), ==, ppc_soft_fres(exact, b));
        g_assert_cmphex(env->fpscr, ==, exact->fpscr);
    }
    for (int i = 0; i < N_RANDOM; i++) {
        double step = 1 + g_test_rand_int_range(0, 4097) / 4096.0;
        uint64_t b = i & 1 ? random_operand(false) : as_bits(1 / (step * step)) + i % 9 - 4;
        g_autofree CPUPPCState *env = new_env(0), *exact = new_env(0);

        g_assert_cmphex(helper_ppc_frsqrte(env, b), ==, ppc_soft_frsqrte(exact, b));
        g_assert_cmphex(env->fpscr, ==, exact->fpscr);
    }
}

/* Results and FPSCR of fres and frsqrte for operands that have exact ones (PEM chapter 8). */
static void test_special_estimates(void)
{
    static const struct {
        uint64_t b;
        uint32_t fpscr;
        uint64_t fres, frsqrte;
        uint32_t fres_fpscr, frsqrte_fpscr;
        bool fres_kept, frsqrte_kept;
    } cases[] = {
        { 0, 0, F64_INF, F64_INF, 0x84005000, 0x84005000 },
        { F64_SIGN, 0, F64_SIGN | F64_INF, F64_SIGN | F64_INF, 0x84009000, 0x84009000 },
        { 0, FPSCR_ZE, 0, 0, 0xc4000010, 0xc4000010, true, true },
        { F64_INF, 0, 0, 0, 0x2000, 0x2000 },
        { F64_SIGN | F64_INF, 0, F64_SIGN, F64_QNAN, 0x12000, 0xa0011200 },
        { F64_SIGN | F64_INF, FPSCR_VE, F64_SIGN, 0, 0x12080, 0xe0000280, false, true },
        { 0xbff0000000000000, 0, 0xbff0000000000000, F64_QNAN, 0x8000, 0xa0011200 },
        { 0x7ff0000000000001, 0, 0x7ff8000000000001, 0x7ff8000000000001, 0xa1011000, 0xa1011000 },
        { 0xfff8000000000005, FPSCR_VE, 0xfff8000000000005, 0xfff8000000000005, 0x11080, 0x11080 },
        { 0x3ff0000000000000, 0, 0x3ff0000000000000, 0x3ff0000000000000, 0x4000, 0x4000 },
        { 0x4010000000000000, 0, 0x3fd0000000000000, 0x3fe0000000000000, 0x4000, 0x4000 },
        /* too small and too big for a single: OX, UX, never XX */
        { 0x3790000000000000, 0, F64_INF, 0x4420000000000000, 0x90005000, 0x4000 },
        { 0x3790000000000000, 1, 0x47efffffe0000000, 0x4420000000000000, 0x90004001, 0x4001 },
        { 0x4ff0000000000000, 0, 0, 0x37f0000000000000, 0x88002000, 0x4000 },
        { 0x4810000000000000, 0, 0x37d0000000000000, 0x3be0000000000000, 0x14000, 0x4000 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree CPUPPCState *env = new_env(cases[i].fpscr);
        g_autofree CPUPPCState *root = new_env(cases[i].fpscr);
        uint64_t r = helper_ppc_fres(env, cases[i].b), q = helper_ppc_frsqrte(root, cases[i].b);

        g_assert_cmpint(env->fp_suppressed, ==, cases[i].fres_kept);
        g_assert_cmpint(root->fp_suppressed, ==, cases[i].frsqrte_kept);
        g_assert_true(env->fp_suppressed || r == cases[i].fres);
        g_assert_true(root->fp_suppressed || q == cases[i].frsqrte);
        g_assert_cmphex(env->fpscr, ==, cases[i].fres_fpscr);
        g_assert_cmphex(root->fpscr, ==, cases[i].frsqrte_fpscr);
    }
}

static void test_square_root(void)
{
    for (int i = 0; i < N_RANDOM; i++) {
        uint64_t b = random_operand(false) & ~F64_SIGN;
        g_autofree CPUPPCState *env = new_env(0);

        g_assert_cmphex(helper_ppc_fsqrt(env, b), ==, as_bits(sqrt(as_double(b))));
    }
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "add",  "sub",  "mul",   "div",
                                         "madd", "msub", "nmadd", "nmsub" };

    g_test_init(&argc, &argv, NULL);
    for (int op = 0; op < NB_OPS; op++) {
        for (int single = 0; single < 2; single++) {
            g_autofree char *path = g_strdup_printf("/ppc/fpu/%s%s-is-the-host's-in-all-modes",
                                                    names[op], single ? "s" : "");

            g_test_add_data_func(path, GINT_TO_POINTER(op << 1 | single), test_against_host);
        }
    }
    g_test_add_func("/ppc/fpu/single-results-are-rounded-once", test_single_of_double_operands);
    g_test_add_func("/ppc/fpu/first-nan-of-a-b-c-is-the-result", test_nan_selection);
    g_test_add_func("/ppc/fpu/invalid-operations-have-their-causes", test_invalid_operations);
    g_test_add_func("/ppc/fpu/division-by-zero", test_divide_by_zero);
    g_test_add_func("/ppc/fpu/enabled-overflow-and-underflow-wrap-the-exponent",
                    test_enabled_overflow_and_underflow);
    g_test_add_func("/ppc/fpu/tiny-is-decided-before-rounding",
                    test_underflow_is_tested_before_rounding);
    g_test_add_func("/ppc/fpu/fctiw-rounds-and-saturates", test_convert_to_integer);
    g_test_add_func("/ppc/fpu/compares-set-fpcc-and-invalid-causes", test_compare);
    g_test_add_func("/ppc/fpu/lfs-stfs-keep-every-bit", test_single_memory_format);
    g_test_add_func("/ppc/fpu/fpscr-summary-bits-follow", test_fpscr_instructions);
    g_test_add_func("/ppc/fpu/estimates-are-within-their-bounds", test_estimates);
    g_test_add_func("/ppc/fpu/estimates-of-special-operands-are-exact", test_special_estimates);
    g_test_add_func("/ppc/fpu/estimates-are-the-same-in-all-ways", test_estimates_agree);
    g_test_add_func("/ppc/fpu/square-root-is-the-host's", test_square_root);
    return g_test_run();
}
