/*
 * PowerPC floating point in integer arithmetic: the exact path for every operand and mode.
 *
 * A finite number is unpacked to sign, exponent and a significand whose leading one is bit 63;
 * results are built with 128 bits, everything below jammed into bit 0, and rounded once.
 *
 * Reference: PEM 3.3 (exceptions), 3.2.5 (NaN selection: frA, frB, frC), appendix D.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/fpu.h"

typedef unsigned __int128 u128;

typedef struct Unpacked {
    bool sign;
    int exp;       /* value = significand / 2^63 * 2^exp */
    uint64_t frac; /* 0 for zero */
} Unpacked;

uint32_t ppc_fprf(uint64_t v, bool single)
{
    bool neg = v >> 63;
    int exp = v >> F64_EXP_SHIFT & 0x7ff;

    if (exp == 0x7ff) {
        return v & F64_FRAC ? FPRF_QNAN : neg ? FPRF_NEG_INF : FPRF_POS_INF;
    }
    if (f64_is_zero(v)) {
        return neg ? FPRF_NEG_ZERO : FPRF_POS_ZERO;
    }
    if (exp < (single ? 1023 - 126 : 1)) {
        return neg ? FPRF_NEG_DENORMAL : FPRF_POS_DENORMAL;
    }
    return neg ? FPRF_NEG_NORMAL : FPRF_POS_NORMAL;
}

uint32_t ppc_fpscr_summary(uint32_t fpscr)
{
    uint32_t causes;

    fpscr &= ~(uint32_t)(FPSCR_VX | FPSCR_FEX);
    fpscr |= fpscr & FPSCR_VX_ALL ? FPSCR_VX : 0;
    /* VX OX UX ZX XX lie 22 bits above VE OE UE ZE XE. */
    causes = (fpscr >> 22) & fpscr & FPSCR_ENABLES;
    return fpscr | (causes ? FPSCR_FEX : 0);
}

void ppc_fp_raise(CPUPPCState *env, uint32_t bits)
{
    uint32_t fx = bits & ~env->fpscr ? FPSCR_FX : 0;

    env->fpscr = ppc_fpscr_summary(env->fpscr | bits | fx);
}

static void set_result_flags(CPUPPCState *env, uint64_t result, bool single, uint32_t fr_fi)
{
    env->fpscr &= ~(uint32_t)(FPSCR_FR | FPSCR_FI | FPSCR_FPRF);
    env->fpscr |= ppc_fprf(result, single) | fr_fi;
}

/* An exact result that needs no rounding. */
static uint64_t exact(CPUPPCState *env, uint64_t result, bool single)
{
    set_result_flags(env, result, single, 0);
    return result;
}

/* An invalid operation: the default NaN, or nothing if the exception is enabled. */
static uint64_t invalid(CPUPPCState *env, uint32_t cause)
{
    ppc_fp_raise(env, cause);
    if (env->fpscr & FPSCR_VE) {
        env->fpscr &= ~(uint32_t)(FPSCR_FR | FPSCR_FI);
        env->fp_suppressed = 1;
        return F64_QNAN;
    }
    return exact(env, F64_QNAN, false);
}

/* An operand is a NaN: the first one, made quiet, is the result. `also`: another cause of invalid
 * operation. */
static uint64_t propagate(CPUPPCState *env, const uint64_t *ops, int n, uint32_t also)
{
    uint64_t result = 0;
    uint32_t cause = also;

    for (int i = n - 1; i >= 0; i--) {
        cause |= f64_is_snan(ops[i]) ? FPSCR_VXSNAN : 0;
        result = f64_is_nan(ops[i]) ? ops[i] | F64_QUIET : result;
    }
    if (cause) {
        invalid(env, cause);
    }
    return cause && (env->fpscr & FPSCR_VE) ? result : exact(env, result, false);
}

static uint64_t divide_by_zero(CPUPPCState *env, bool sign, bool single)
{
    ppc_fp_raise(env, FPSCR_ZX);
    if (env->fpscr & FPSCR_ZE) {
        env->fpscr &= ~(uint32_t)(FPSCR_FR | FPSCR_FI);
        env->fp_suppressed = 1;
    } else {
        set_result_flags(env, (sign ? F64_SIGN : 0) | F64_INF, single, 0);
    }
    return (sign ? F64_SIGN : 0) | F64_INF;
}

/* NI: a denormalized operand is a zero (MPC750UM 2.2.3, the table of operands). */
static uint64_t operand(const CPUPPCState *env, uint64_t v)
{
    return unlikely(env->fpscr & FPSCR_NI) ? ppc_fp_without_denormals(v) : v;
}

static Unpacked unpack(uint64_t v)
{
    Unpacked u = { .sign = v >> 63, .exp = (int)(v >> F64_EXP_SHIFT & 0x7ff) - 1023 };

    if (u.exp == -1023) {
        u.frac = v << 12;
        if (u.frac) {
            int shift = __builtin_clzll(u.frac);

            u.frac <<= shift;
            u.exp -= shift;
        }
    } else {
        u.frac = (v & F64_FRAC) << 11 | F64_SIGN;
    }
    return u;
}

static u128 shift_right_jam(u128 v, int n)
{
    if (n <= 0) {
        return v;
    }
    if (n > 127) {
        return v != 0;
    }
    return v >> n | ((v & (((u128)1 << n) - 1)) != 0);
}

static int clz128(u128 v)
{
    uint64_t high = v >> 64;

    return high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)v);
}

/* Whether the magnitude goes up: rem is what is cut off, half is half of the last place. */
static bool rounds_up(uint32_t fpscr, bool sign, u128 rem, u128 half, bool odd)
{
    switch (fpscr & FPSCR_RN) {
    case 0:
        return rem > half || (rem == half && odd);
    case 1:
        return false;
    case 2:
        return rem && !sign;
    default:
        return rem && sign;
    }
}

/* A double from a significand of at most 53 bits; value = frac * 2^exp0. */
static uint64_t pack(bool sign, uint64_t frac, int exp0)
{
    uint64_t s = sign ? F64_SIGN : 0;
    int shift;

    if (!frac) {
        return s;
    }
    shift = __builtin_clzll(frac) - 11;
    frac <<= shift;
    exp0 += 52 - shift + 1023;
    if (exp0 <= 0) { /* exactly representable, or outside of what an enabled underflow can give */
        return s | (exp0 > -52 ? frac >> (1 - exp0) : 0);
    }
    if (exp0 > 2046) { /* single precision of operands that aren't: undefined, but of its sign */
        return s | 0x7fefffffffffffffull;
    }
    return s | ((uint64_t)exp0 << F64_EXP_SHIFT) | (frac & F64_FRAC);
}

static uint64_t overflow(CPUPPCState *env, bool sign, bool single)
{
    unsigned rn = env->fpscr & FPSCR_RN;
    bool to_inf = rn == 0 || (rn == 2 && !sign) || (rn == 3 && sign);
    uint64_t max = single ? 0x47efffffe0000000ull : 0x7fefffffffffffffull;
    uint64_t result = (sign ? F64_SIGN : 0) | (to_inf ? F64_INF : max);

    set_result_flags(env, result, single, FPSCR_FI | (to_inf ? FPSCR_FR : 0));
    ppc_fp_raise(env, FPSCR_OX | FPSCR_XX);
    return result;
}

/* NI: what would be a denormal number is a zero. */
static uint64_t flush_to_zero(CPUPPCState *env, bool sign, bool single)
{
    uint64_t result = sign ? F64_SIGN : 0;

    set_result_flags(env, result, single, FPSCR_FI);
    ppc_fp_raise(env, FPSCR_UX | FPSCR_XX);
    return result;
}

/* Rounds frac / 2^127 * 2^exp (leading one in bit 127, lower bits jammed) to the target precision.
 */
static uint64_t round_pack(CPUPPCState *env, bool sign, int exp, u128 frac, bool single)
{
    int prec = single ? 24 : 53, cut = 128 - prec;
    int emin = single ? -126 : -1022, emax = single ? 127 : 1023;
    int adjust = single ? 192 : 1536;
    bool tiny = exp < emin, up;
    uint32_t raised = 0;
    uint64_t kept, result;
    u128 rem;

    if (tiny && (env->fpscr & FPSCR_UE)) {
        exp += adjust;
        raised |= FPSCR_UX;
    } else if (tiny) {
        if (env->fpscr & FPSCR_NI) {
            return flush_to_zero(env, sign, single);
        }
        frac = shift_right_jam(frac, emin - exp);
        exp = emin;
    }
    rem = frac & (((u128)1 << cut) - 1);
    kept = frac >> cut;
    up = rounds_up(env->fpscr, sign, rem, (u128)1 << (cut - 1), kept & 1);
    kept += up;
    if (kept >> prec) {
        kept >>= 1;
        exp++;
    }
    if (exp > emax) {
        if (!(env->fpscr & FPSCR_OE)) {
            return overflow(env, sign, single);
        }
        exp -= adjust;
        raised |= FPSCR_OX;
    }
    raised |= rem ? FPSCR_XX | (tiny ? FPSCR_UX : 0) : 0;
    result = pack(sign, kept, exp - (prec - 1));
    set_result_flags(env, result, single, (rem ? FPSCR_FI : 0) | (up ? FPSCR_FR : 0));
    if (raised) {
        ppc_fp_raise(env, raised);
    }
    return result;
}

/* frac isn't normalized: leading one at or below bit 127, value = frac / 2^127 * 2^exp. */
static uint64_t normalize_round(CPUPPCState *env, bool sign, int exp, u128 frac, bool single)
{
    int shift = clz128(frac);

    return round_pack(env, sign, exp - shift, frac << shift, single);
}

/* The sum of two finite numbers given as 128-bit significands with the leading one in bit 126. */
static uint64_t add_wide(CPUPPCState *env, bool sa, int ea, u128 fa, bool sb, int eb, u128 fb,
                         bool negate, bool single)
{
    bool sign = sa;
    u128 sum;

    if (!fa || (fb && eb > ea)) {
        bool s = sa;
        int e = ea;
        u128 f = fa;

        sa = sb;
        ea = eb;
        fa = fb;
        sb = s;
        eb = e;
        fb = f;
    }
    fb = fb ? shift_right_jam(fb, ea - eb) : 0;
    sign = sa;
    if (sa == sb) {
        sum = fa + fb;
    } else if (fa >= fb) {
        sum = fa - fb;
    } else {
        sum = fb - fa;
        sign = sb;
    }
    if (!sum) {
        sign = sa == sb ? sa : (env->fpscr & FPSCR_RN) == 3;
        return exact(env, (sign != negate ? F64_SIGN : 0), single);
    }
    if (negate) { /* round first, then negate: directed modes see the sum's own sign */
        uint64_t r = normalize_round(env, sign, ea + 1, sum, single);

        set_result_flags(env, r ^ F64_SIGN, single, env->fpscr & (FPSCR_FR | FPSCR_FI));
        return r ^ F64_SIGN;
    }
    return normalize_round(env, sign, ea + 1, sum, single);
}

uint64_t ppc_soft_add(CPUPPCState *env, uint64_t a, uint64_t b, bool subtract, bool single)
{
    Unpacked ua, ub;

    a = operand(env, a);
    b = operand(env, b);
    if (f64_is_nan(a) || f64_is_nan(b)) {
        return propagate(env, (uint64_t[]){ a, b }, 2, 0);
    }
    b ^= subtract ? F64_SIGN : 0;
    if (f64_is_inf(a) || f64_is_inf(b)) {
        if (f64_is_inf(a) && f64_is_inf(b) && a != b) {
            return invalid(env, FPSCR_VXISI);
        }
        return exact(env, f64_is_inf(a) ? a : b, single);
    }
    ua = unpack(a);
    ub = unpack(b);
    return add_wide(env, ua.sign, ua.exp, (u128)ua.frac << 63, ub.sign, ub.exp, (u128)ub.frac << 63,
                    false, single);
}

uint64_t ppc_soft_mul(CPUPPCState *env, uint64_t a, uint64_t b, bool single)
{
    uint64_t sign = (a ^ b) & F64_SIGN;
    Unpacked ua, ub;

    a = operand(env, a);
    b = operand(env, b);
    if (f64_is_nan(a) || f64_is_nan(b)) {
        return propagate(env, (uint64_t[]){ a, b }, 2, 0);
    }
    if (f64_is_inf(a) || f64_is_inf(b)) {
        if (f64_is_zero(a) || f64_is_zero(b)) {
            return invalid(env, FPSCR_VXIMZ);
        }
        return exact(env, sign | F64_INF, single);
    }
    if (f64_is_zero(a) || f64_is_zero(b)) {
        return exact(env, sign, single);
    }
    ua = unpack(a);
    ub = unpack(b);
    return normalize_round(env, sign != 0, ua.exp + ub.exp + 1, (u128)ua.frac * ub.frac, single);
}

uint64_t ppc_soft_div(CPUPPCState *env, uint64_t a, uint64_t b, bool single)
{
    uint64_t sign = (a ^ b) & F64_SIGN;
    Unpacked ua, ub;
    bool below;
    u128 num, quotient;

    a = operand(env, a);
    b = operand(env, b);
    if (f64_is_nan(a) || f64_is_nan(b)) {
        return propagate(env, (uint64_t[]){ a, b }, 2, 0);
    }
    if (f64_is_inf(a)) {
        return f64_is_inf(b) ? invalid(env, FPSCR_VXIDI) : exact(env, sign | F64_INF, single);
    }
    if (f64_is_inf(b)) {
        return exact(env, sign, single);
    }
    if (f64_is_zero(b)) {
        return f64_is_zero(a) ? invalid(env, FPSCR_VXZDZ) : divide_by_zero(env, sign != 0, single);
    }
    if (f64_is_zero(a)) {
        return exact(env, sign, single);
    }
    ua = unpack(a);
    ub = unpack(b);
    below = ua.frac < ub.frac;
    num = (u128)(below ? ua.frac : ua.frac >> 1) << 64;
    quotient = num / ub.frac << 64 | (num % ub.frac != 0);
    return round_pack(env, sign != 0, ua.exp - ub.exp - below, quotient, single);
}

uint64_t ppc_soft_fma(CPUPPCState *env, uint64_t a, uint64_t c, uint64_t b, bool subtract,
                      bool negate, bool single)
{
    uint64_t psign = (a ^ c) & F64_SIGN;
    Unpacked ua, uc, ub;
    bool product_invalid;
    u128 product;
    int exp;

    a = operand(env, a);
    c = operand(env, c);
    b = operand(env, b);
    product_invalid = (f64_is_inf(a) && f64_is_zero(c)) || (f64_is_zero(a) && f64_is_inf(c));
    if (f64_is_nan(a) || f64_is_nan(b) || f64_is_nan(c)) {
        return propagate(env, (uint64_t[]){ a, b, c }, 3, product_invalid ? FPSCR_VXIMZ : 0);
    }
    if (product_invalid) {
        return invalid(env, FPSCR_VXIMZ);
    }
    b ^= subtract ? F64_SIGN : 0;
    if (f64_is_inf(a) || f64_is_inf(c)) {
        if (f64_is_inf(b) && (b & F64_SIGN) != psign) {
            return invalid(env, FPSCR_VXISI);
        }
        return exact(env, (psign | F64_INF) ^ (negate ? F64_SIGN : 0), single);
    }
    if (f64_is_inf(b)) {
        return exact(env, b ^ (negate ? F64_SIGN : 0), single);
    }
    ua = unpack(a);
    uc = unpack(c);
    ub = unpack(b);
    product = (u128)ua.frac * uc.frac;
    exp = ua.exp + uc.exp;
    if (product >> 127) { /* 22 low bits are zero */
        product >>= 1;
        exp++;
    }
    return add_wide(env, psign != 0, exp, product, ub.sign, ub.exp, (u128)ub.frac << 63, negate,
                    single);
}

/* floor(sqrt(v)) */
static uint64_t isqrt128(u128 v)
{
    uint64_t root = 0;

    for (int bit = 63; bit >= 0; bit--) {
        uint64_t trial = root | 1ull << bit;

        if ((u128)trial * trial <= v) {
            root = trial;
        }
    }
    return root;
}

uint64_t ppc_soft_sqrt(CPUPPCState *env, uint64_t b, bool single)
{
    Unpacked ub;
    u128 radicand;
    uint64_t root;

    b = operand(env, b);
    if (f64_is_nan(b)) {
        return propagate(env, &b, 1, 0);
    }
    if (f64_is_zero(b)) {
        return exact(env, b, single);
    }
    if (b >> 63) {
        return invalid(env, FPSCR_VXSQRT);
    }
    if (f64_is_inf(b)) {
        return exact(env, b, single);
    }
    ub = unpack(b);
    radicand = (u128)ub.frac << (ub.exp & 1 ? 64 : 63);
    root = isqrt128(radicand);
    return round_pack(env, false, (ub.exp - (ub.exp & 1)) / 2,
                      (u128)root << 64 | (radicand != (u128)root * root), single);
}

uint64_t ppc_soft_frsp(CPUPPCState *env, uint64_t b)
{
    Unpacked ub;

    b = operand(env, b);
    if (f64_is_nan(b)) {
        uint64_t r = propagate(env, &b, 1, 0);

        return r & ~0x1fffffffull;
    }
    if (f64_is_inf(b) || f64_is_zero(b)) {
        return exact(env, b, true);
    }
    ub = unpack(b);
    return round_pack(env, ub.sign, ub.exp, (u128)ub.frac << 64, true);
}

#define FCTIW_HIGH 0xfff8000000000000ull

static uint64_t fctiw_invalid(CPUPPCState *env, uint32_t cause, uint32_t result)
{
    env->fpscr &= ~(uint32_t)(FPSCR_FR | FPSCR_FI);
    ppc_fp_raise(env, cause);
    env->fp_suppressed |= env->fpscr & FPSCR_VE;
    return FCTIW_HIGH | result;
}

/* FPRF is left alone. Of -0 the 7xx make bit 31 of the result 1. */
uint64_t ppc_soft_fctiw(CPUPPCState *env, uint64_t b, bool truncate)
{
    uint64_t magnitude, limit;
    u128 wide, rem;
    Unpacked u;
    bool up;

    b = operand(env, b);
    u = unpack(b);
    wide = (u128)u.frac << 64;
    if (f64_is_nan(b)) {
        return fctiw_invalid(env, FPSCR_VXCVI | (f64_is_snan(b) ? FPSCR_VXSNAN : 0), 0x80000000);
    }
    if (u.exp > 32) {
        return fctiw_invalid(env, FPSCR_VXCVI, u.sign ? 0x80000000 : 0x7fffffff);
    }
    /* 40 integer bits, 88 behind the point */
    wide = shift_right_jam(wide, 39 - u.exp);
    magnitude = wide >> 88;
    rem = wide & (((u128)1 << 88) - 1);
    up = !truncate && rounds_up(env->fpscr, u.sign, rem, (u128)1 << 87, magnitude & 1);
    magnitude += up;
    limit = u.sign ? 0x80000000u : 0x7fffffffu;
    if (magnitude > limit) {
        return fctiw_invalid(env, FPSCR_VXCVI, limit);
    }
    env->fpscr &= ~(uint32_t)(FPSCR_FR | FPSCR_FI);
    if (rem) {
        env->fpscr |= FPSCR_FI | (up ? FPSCR_FR : 0);
        ppc_fp_raise(env, FPSCR_XX);
    }
    magnitude = u.sign ? -magnitude : magnitude;
    return FCTIW_HIGH | (uint64_t)(b == F64_SIGN) << 32 | (uint32_t)magnitude;
}

static u128 estimate_of(uint64_t frac)
{
    return (u128)(frac & ~((1ull << (64 - PPC_ESTIMATE_BITS)) - 1)) << 64;
}

/* Of the flags that rounding gives, fres has OX and UX only: nobody asks whether an estimate is
 * inexact. */
static uint64_t finish_fres(CPUPPCState *env, bool sign, int exp, u128 frac)
{
    uint32_t before = env->fpscr;
    uint64_t result = round_pack(env, sign, exp, frac, true);
    uint32_t raised = env->fpscr & (FPSCR_OX | FPSCR_UX);

    env->fpscr = before;
    set_result_flags(env, result, true, 0);
    ppc_fp_raise(env, raised);
    return result;
}

uint64_t ppc_soft_fres(CPUPPCState *env, uint64_t b)
{
    Unpacked u;
    uint64_t quotient;

    b = operand(env, b);
    if (f64_is_nan(b)) {
        return propagate(env, &b, 1, 0);
    }
    if (f64_is_inf(b)) {
        return exact(env, b & F64_SIGN, true);
    }
    if (f64_is_zero(b)) {
        return divide_by_zero(env, b >> 63, true);
    }
    u = unpack(b);
    if (u.frac == F64_SIGN) {
        return finish_fres(env, u.sign, -u.exp, (u128)1 << 127);
    }
    quotient = ((u128)1 << 127) / u.frac;
    return finish_fres(env, u.sign, -u.exp - 1, estimate_of(quotient));
}

uint64_t ppc_soft_frsqrte(CPUPPCState *env, uint64_t b)
{
    Unpacked u;
    uint64_t root, quotient;
    int half;

    b = operand(env, b);
    if (f64_is_nan(b)) {
        return propagate(env, &b, 1, 0);
    }
    if (f64_is_zero(b)) {
        return divide_by_zero(env, b >> 63, false);
    }
    if (b >> 63) {
        return invalid(env, FPSCR_VXSQRT);
    }
    if (f64_is_inf(b)) {
        return exact(env, 0, false);
    }
    u = unpack(b);
    half = (u.exp - (u.exp & 1)) / 2;
    root = isqrt128((u128)u.frac << (u.exp & 1 ? 64 : 63));
    if (root == F64_SIGN) {
        return round_pack(env, false, -half, (u128)1 << 127, false);
    }
    quotient = ((u128)1 << 127) / root;
    return round_pack(env, false, -half - 1, estimate_of(quotient), false);
}
