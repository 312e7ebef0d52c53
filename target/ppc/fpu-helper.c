/*
 * Floating point helpers: the host's arithmetic where it is provably the same, the exact path
 * elsewhere.
 *
 * Without enabled exceptions, and with exponents away from the ends of the range, an operation is
 * done by the host in double precision, rounded to nearest, and its rounding error is computed
 * exactly (two-sum, fma residue, error-free fma after Boldo and Muller). The error's sign gives FR
 * and FI, and says whether another rounding mode wants the neighbour; for a single-precision result
 * it also turns the sum to odd, so that the second rounding is the only one that counts.
 *
 * The host's own rounding mode is never changed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <math.h>
#include "target/ppc/fpu.h"
#include "target/ppc/helper.h"

static inline double to_double(uint64_t v)
{
    double d;

    memcpy(&d, &v, sizeof(d));
    return d;
}

static inline uint64_t to_bits(double d)
{
    uint64_t v;

    memcpy(&v, &d, sizeof(v));
    return v;
}

static inline unsigned biased_exp(uint64_t v)
{
    return v >> F64_EXP_SHIFT & 0x7ff;
}

/* Zero, or normal with enough room on both sides. */
static inline bool is_tame(uint64_t v)
{
    return biased_exp(v) - 200u < 1650u || f64_is_zero(v);
}

static inline bool mode_is_fast(const CPUPPCState *env)
{
    return likely(!(env->fpscr & (FPSCR_ENABLES | FPSCR_NI)));
}

/* A sum that is zero has the sign that the host gives it. */
static inline bool zero_is_plain(const CPUPPCState *env, double sum)
{
    return likely(sum != 0 || !(env->fpscr & FPSCR_RN));
}

/* s, which is `exact` rounded to nearest, as the guest's mode rounds it; `more` has the sign of
 * exact - s, `ulp` is s's last place in the double's bits. */
static inline double redirected(const CPUPPCState *env, double s, double more, uint64_t ulp)
{
    unsigned rn = env->fpscr & FPSCR_RN;
    bool beyond = !signbit(more) == !signbit(s); /* the exact magnitude is greater */
    bool up = rn != 1 && (rn == 2) == !signbit(s);
    uint64_t v = to_bits(s);

    if (likely(!rn) || more == 0 || up != beyond) {
        return s;
    }
    return to_double(up ? v + ulp : v - ulp);
}

/* A double in whose residue nothing can have underflowed. */
static inline bool result_is_tame(uint64_t v)
{
    return biased_exp(v) - 128u < 2046u - 128u;
}

/* FPSCR after a fast operation with result v. Zero or normal; no exception but XX. */
static inline void finish_flags(CPUPPCState *env, uint64_t v, bool inexact, bool up)
{
    uint32_t fpscr = env->fpscr & ~(uint32_t)(FPSCR_FR | FPSCR_FI | FPSCR_FPRF);
    uint32_t fprf = v >> 63 ? FPRF_NEG_NORMAL : FPRF_POS_NORMAL;

    if (unlikely(f64_is_zero(v))) {
        fprf = v >> 63 ? FPRF_NEG_ZERO : FPRF_POS_ZERO;
    }
    /* No branches on what is random: FI, FR. */
    fpscr |= fprf | inexact * (uint32_t)FPSCR_FI | (inexact & up) * (uint32_t)FPSCR_FR;
    if (unlikely(inexact > !!(fpscr & FPSCR_XX))) {
        fpscr |= FPSCR_FX | FPSCR_XX;
    }
    env->fpscr = fpscr;
}

/* The double result s of an operation whose exact result is s + err. */
static inline uint64_t finish_double(CPUPPCState *env, double s, double err, bool negate)
{
    double r = redirected(env, s, err, 1);
    uint64_t v = to_bits(r) ^ (negate ? F64_SIGN : 0);

    finish_flags(env, v, err != 0, r != s ? fabs(r) > fabs(s) : (to_bits(err) ^ to_bits(s)) >> 63);
    return v;
}

/* The same rounded to single; false if that leaves the normal range. */
static inline bool finish_single(CPUPPCState *env, double s, double err, bool negate, uint64_t *v)
{
    uint64_t bits = to_bits(s), result;
    double odd, r;

    bits += ((err != 0) & ~bits) * (1 - 2 * (to_bits(err) >> 63 ^ bits >> 63));
    odd = to_double(bits);
    r = (double)(float)odd;
    r = redirected(env, r, odd - r, 1ull << 29);
    result = to_bits(r) ^ (negate ? F64_SIGN : 0);
    if (!f64_is_zero(bits) && (biased_exp(bits) < 898 || biased_exp(result) > 1150)) {
        return false;
    }
    finish_flags(env, result, r != odd, fabs(r) > fabs(odd));
    *v = result;
    return true;
}

static inline double two_sum_error(double a, double b, double s)
{
    double bb = s - a;

    return (a - (s - bb)) + (b - bb);
}

static inline uint64_t do_add(CPUPPCState *env, uint64_t a, uint64_t b, bool subtract, bool single)
{
    if (mode_is_fast(env) && is_tame(a) && is_tame(b)) {
        double x = to_double(a), y = to_double(b ^ (subtract ? F64_SIGN : 0)), s = x + y;
        double err = two_sum_error(x, y, s);
        uint64_t v;

        if (!single && zero_is_plain(env, s)) {
            return finish_double(env, s, err, false);
        }
        if (zero_is_plain(env, s) && finish_single(env, s, err, false, &v)) {
            return v;
        }
    }
    return ppc_soft_add(env, a, b, subtract, single);
}

static inline uint64_t do_mul(CPUPPCState *env, uint64_t a, uint64_t b, bool single)
{
    if (mode_is_fast(env) && is_tame(a) && is_tame(b)) {
        double x = to_double(a), y = to_double(b), s = x * y;
        uint64_t v = to_bits(s);

        if (result_is_tame(v) || f64_is_zero(a) || f64_is_zero(b)) {
            double err = fma(x, y, -s);

            if (!single) {
                return finish_double(env, s, err, false);
            }
            if (finish_single(env, s, err, false, &v)) {
                return v;
            }
        }
    }
    return ppc_soft_mul(env, a, b, single);
}

static inline uint64_t do_div(CPUPPCState *env, uint64_t a, uint64_t b, bool single)
{
    if (mode_is_fast(env) && is_tame(a) && is_tame(b) && !f64_is_zero(b)) {
        double x = to_double(a), y = to_double(b), s = x / y;
        uint64_t v = to_bits(s);

        if (result_is_tame(v) || f64_is_zero(a)) {
            double rest = fma(-s, y, x);
            double err = rest == 0 ? 0 : signbit(rest) != signbit(y) ? -1 : 1;

            if (!single) {
                return finish_double(env, s, err, false);
            }
            if (finish_single(env, s, err, false, &v)) {
                return v;
            }
        }
    }
    return ppc_soft_div(env, a, b, single);
}

/* r = a * c + b rounded; p = a * c rounded. The sign (and zeroness) of the exact result less r. */
static inline double fma_error(double a, double c, double b, double p, double r)
{
    double p_low = fma(a, c, -p);
    double alpha1 = b + p_low, alpha2 = two_sum_error(b, p_low, alpha1);
    double beta1 = p + alpha1, beta2 = two_sum_error(p, alpha1, beta1);
    double gamma = (beta1 - r) + beta2;

    return gamma + alpha2;
}

static inline uint64_t do_fma(CPUPPCState *env, uint64_t a, uint64_t c, uint64_t b, bool subtract,
                              bool negate, bool single)
{
    if (mode_is_fast(env) && is_tame(a) && is_tame(b) && is_tame(c)) {
        double x = to_double(a), y = to_double(c), z = to_double(b ^ (subtract ? F64_SIGN : 0));
        double p = x * y, r = fma(x, y, z);
        uint64_t v = to_bits(r);

        if ((result_is_tame(to_bits(p)) || f64_is_zero(a) || f64_is_zero(c)) &&
            zero_is_plain(env, r) && biased_exp(v) < 2046 && (biased_exp(v) || f64_is_zero(v))) {
            double err = fma_error(x, y, z, p, r);

            if (!single) {
                return finish_double(env, r, err, negate);
            }
            if (finish_single(env, r, err, negate, &v)) {
                return v;
            }
        }
    }
    return ppc_soft_fma(env, a, c, b, subtract, negate, single);
}

/* After an operation that a guard has called for. */
static uint64_t watched(CPUPPCState *env, uint64_t result)
{
    if (env->hflags & PPC_HF_FP_WATCH) {
        ppc_fp_watched(env);
    }
    return result;
}

#define GUARDED(name, expr)                                                                        \
    static uint64_t guard_##name(CPUPPCState *env, uint64_t a, uint64_t b, uint64_t c)             \
    {                                                                                              \
        return watched(env, expr);                                                                 \
    }

#define FP_BINARY(name, expr)                                                                      \
    uint64_t helper_ppc_##name(CPUPPCState *env, uint64_t a, uint64_t b)                           \
    {                                                                                              \
        return expr;                                                                               \
    }                                                                                              \
    GUARDED(name, expr)
FP_BINARY(fadd, do_add(env, a, b, false, false))
FP_BINARY(fadds, do_add(env, a, b, false, true))
FP_BINARY(fsub, do_add(env, a, b, true, false))
FP_BINARY(fsubs, do_add(env, a, b, true, true))
FP_BINARY(fmul, do_mul(env, a, b, false))
FP_BINARY(fmuls, do_mul(env, a, b, true))
FP_BINARY(fdiv, do_div(env, a, b, false))
FP_BINARY(fdivs, do_div(env, a, b, true))

/* (a, c, b) here: the order of PowerPC's assembler, which guards keep to */
#define FP_FUSED(name, subtract, negate, single)                                                   \
    uint64_t helper_ppc_##name(CPUPPCState *env, uint64_t a, uint64_t c, uint64_t b)               \
    {                                                                                              \
        return do_fma(env, a, c, b, subtract, negate, single);                                     \
    }                                                                                              \
    GUARDED(name, do_fma(env, a, b, c, subtract, negate, single))
FP_FUSED(fmadd, false, false, false)
FP_FUSED(fmsub, true, false, false)
FP_FUSED(fnmadd, false, true, false)
FP_FUSED(fnmsub, true, true, false)
FP_FUSED(fmadds, false, false, true)
FP_FUSED(fmsubs, true, false, true)
FP_FUSED(fnmadds, false, true, true)
FP_FUSED(fnmsubs, true, true, true)

uint64_t helper_ppc_fsqrt(CPUPPCState *env, uint64_t b)
{
    return ppc_soft_sqrt(env, b, false);
}

uint64_t helper_ppc_fsqrts(CPUPPCState *env, uint64_t b)
{
    return ppc_soft_sqrt(env, b, true);
}

/*
 * The estimates are the first PPC_ESTIMATE_BITS bits of the reciprocal, or of the root's. The host's
 * is right in all bits but the last few: unless what is cut off is next to nothing or next to
 * everything, they make no difference.
 */
#define ESTIMATE_CUT   ((1ull << (F64_EXP_SHIFT + 1 - PPC_ESTIMATE_BITS)) - 1)
#define ESTIMATE_DOUBT 16

static bool cuts_clearly(uint64_t v)
{
    return (v & ESTIMATE_CUT) - ESTIMATE_DOUBT < ESTIMATE_CUT - 2 * ESTIMATE_DOUBT;
}

uint64_t helper_ppc_fres(CPUPPCState *env, uint64_t b)
{
    /* The result is a normal single. */
    if (mode_is_fast(env) && biased_exp(b) - (1023u - 120) < 240) {
        uint64_t v = to_bits(1 / to_double(b));

        if (cuts_clearly(v)) {
            v &= ~ESTIMATE_CUT;
            finish_flags(env, v, false, false);
            return v;
        }
    }
    return ppc_soft_fres(env, b);
}

uint64_t helper_ppc_frsqrte(CPUPPCState *env, uint64_t b)
{
    unsigned even_exp = (biased_exp(b) - 1023) & ~1u;

    if (mode_is_fast(env) && is_tame(b) && !(b >> 63) && b) {
        uint64_t v = to_bits(1 / sqrt(to_double(b - ((uint64_t)even_exp << F64_EXP_SHIFT))));

        if (cuts_clearly(v)) {
            v = (v & ~ESTIMATE_CUT) - ((uint64_t)((int)even_exp / 2) << F64_EXP_SHIFT);
            finish_flags(env, v, false, false);
            return v;
        }
    }
    return ppc_soft_frsqrte(env, b);
}

uint64_t helper_ppc_frsp(CPUPPCState *env, uint64_t b)
{
    uint64_t v;

    if (mode_is_fast(env) && is_tame(b) && finish_single(env, to_double(b), 0, false, &v)) {
        return v;
    }
    return ppc_soft_frsp(env, b);
}

uint64_t helper_ppc_fctiw(CPUPPCState *env, uint64_t b)
{
    return ppc_soft_fctiw(env, b, false);
}

uint64_t helper_ppc_fctiwz(CPUPPCState *env, uint64_t b)
{
    return ppc_soft_fctiw(env, b, true);
}

/* lfs: exact, and without making signalling NaNs quiet. */
uint64_t helper_ppc_todouble(uint32_t v)
{
    uint64_t sign = (uint64_t)(v >> 31) << 63;
    unsigned exp = v >> 23 & 0xff;
    uint64_t frac = v & 0x7fffff;

    if (exp == 0xff) {
        return sign | F64_INF | frac << 29;
    }
    if (!exp) {
        int shift;

        if (!frac) {
            return sign;
        }
        shift = __builtin_clzll(frac) - 40;
        frac = frac << shift & 0x7fffff;
        exp = 1 - shift;
    }
    return sign | (uint64_t)((int)exp + 1023 - 127) << F64_EXP_SHIFT | frac << 29;
}

/* stfs (PEM appendix D.7): picks bits, shifts what is a denormal single; never rounds. */
uint32_t helper_ppc_tosingle(uint64_t v)
{
    uint32_t sign = v >> 32 & 0x80000000;
    unsigned exp = biased_exp(v);

    if (exp - PPC_SINGLE_DENORMAL_EXP < PPC_SINGLE_DENORMAL_EXPS) {
        return sign | (uint32_t)(((v & F64_FRAC) | (F64_FRAC + 1)) >> (29 + 897 - exp));
    }
    return (v >> 32 & 0xc0000000) | (v >> 29 & 0x3fffffff);
}

GUARDED(frsp, helper_ppc_frsp(env, a))
GUARDED(fctiw, ppc_soft_fctiw(env, a, false))
GUARDED(fctiwz, ppc_soft_fctiw(env, a, true))

uint64_t ppc_guard_todouble(CPUPPCState *env, uint64_t a, uint64_t b, uint64_t c)
{
    return helper_ppc_todouble(a);
}

uint64_t ppc_guard_tosingle(CPUPPCState *env, uint64_t a, uint64_t b, uint64_t c)
{
    return helper_ppc_tosingle(a);
}

TCGGuardHelper *const ppc_fp_functions[NB_PPC_FP_OPS] = {
    [PPC_FP_ADD] = guard_fadd,       [PPC_FP_ADDS] = guard_fadds,
    [PPC_FP_SUB] = guard_fsub,       [PPC_FP_SUBS] = guard_fsubs,
    [PPC_FP_MUL] = guard_fmul,       [PPC_FP_MULS] = guard_fmuls,
    [PPC_FP_DIV] = guard_fdiv,       [PPC_FP_DIVS] = guard_fdivs,
    [PPC_FP_MADD] = guard_fmadd,     [PPC_FP_MADDS] = guard_fmadds,
    [PPC_FP_MSUB] = guard_fmsub,     [PPC_FP_MSUBS] = guard_fmsubs,
    [PPC_FP_NMADD] = guard_fnmadd,   [PPC_FP_NMADDS] = guard_fnmadds,
    [PPC_FP_NMSUB] = guard_fnmsub,   [PPC_FP_NMSUBS] = guard_fnmsubs,
    [PPC_FP_RSP] = guard_frsp,       [PPC_FP_CTIW] = guard_fctiw,
    [PPC_FP_CTIWZ] = guard_fctiwz,
};
