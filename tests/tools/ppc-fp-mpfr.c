/*
 * PowerPC floating point against MPFR: results, FPSCR and whether the target is written, for
 * operands that meet at boundaries, in every rounding mode and with every mix of enabled
 * exceptions.
 *
 *     ppc-fp-mpfr [-n SETS] [-s SEED] [OPERATION ...]
 *
 * SETS operand sets for each operation (default 20000). Prints one line for each operation, with
 * the deviations; exit code 1 if there are any.
 *
 * What is expected comes from the PEM's text alone (3.3, 3.2.5, appendix D) and MPFR's exact
 * arithmetic: an operation is done once with an unbounded exponent (which says what is tiny or
 * overflows, and what an enabled exception delivers) and, if it is tiny, once more with as many
 * bits as the denormal has.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <math.h>
#include <mpfr.h>
#include "target/ppc/fpu.h"
#include "target/ppc/helper.h"

#define MAX_SHOWN 10
#define F32_MAX   0x47efffffe0000000ull
#define F64_MAX   0x7fefffffffffffffull

/* fpscr.c tells the CPU model about changed modes; there is none here. */
void ppc_update_hflags(CPUPPCState *env)
{
}

void ppc_fp_watched(CPUPPCState *env)
{
}

typedef enum Kind { ADD, MUL, DIV, FMA, ROUND, TO_INT, COMPARE } Kind;

typedef uint64_t (*Helper1)(CPUPPCState *env, uint64_t b);
typedef uint64_t (*Helper2)(CPUPPCState *env, uint64_t a, uint64_t b);
typedef uint64_t (*Helper3)(CPUPPCState *env, uint64_t a, uint64_t c, uint64_t b);

typedef struct FPOperation {
    const char *name;
    Kind kind;
    bool single;
    bool subtract; /* ADD, FMA: of b. TO_INT: truncate. COMPARE: ordered */
    bool negate;   /* FMA: of the result */
    void (*helper)(void);
} FPOperation;

#define HELPER(name) (void (*)(void)) helper_ppc_##name

static const FPOperation operations[] = {
    { "fadd", ADD, .helper = HELPER(fadd) },
    { "fadds", ADD, .single = true, .helper = HELPER(fadds) },
    { "fsub", ADD, .subtract = true, .helper = HELPER(fsub) },
    { "fsubs", ADD, .single = true, .subtract = true, .helper = HELPER(fsubs) },
    { "fmul", MUL, .helper = HELPER(fmul) },
    { "fmuls", MUL, .single = true, .helper = HELPER(fmuls) },
    { "fdiv", DIV, .helper = HELPER(fdiv) },
    { "fdivs", DIV, .single = true, .helper = HELPER(fdivs) },
    { "fmadd", FMA, .helper = HELPER(fmadd) },
    { "fmadds", FMA, .single = true, .helper = HELPER(fmadds) },
    { "fmsub", FMA, .subtract = true, .helper = HELPER(fmsub) },
    { "fmsubs", FMA, .single = true, .subtract = true, .helper = HELPER(fmsubs) },
    { "fnmadd", FMA, .negate = true, .helper = HELPER(fnmadd) },
    { "fnmadds", FMA, .single = true, .negate = true, .helper = HELPER(fnmadds) },
    { "fnmsub", FMA, .subtract = true, .negate = true, .helper = HELPER(fnmsub) },
    { "fnmsubs", FMA, .single = true, .subtract = true, .negate = true, .helper = HELPER(fnmsubs) },
    { "frsp", ROUND, .single = true, .helper = HELPER(frsp) },
    { "fctiw", TO_INT, .helper = HELPER(fctiw) },
    { "fctiwz", TO_INT, .subtract = true, .helper = HELPER(fctiwz) },
    { "fcmpu", COMPARE, .helper = HELPER(fcmpu) },
    { "fcmpo", COMPARE, .subtract = true, .helper = HELPER(fcmpo) },
};

typedef struct Operands {
    uint64_t a, b, c;
    uint32_t fpscr;
} Operands;

typedef struct Outcome {
    uint64_t value;
    uint32_t fpscr;
    bool suppressed; /* the target isn't written */
} Outcome;

/* --- Random operands */

static uint64_t random_state;

static uint64_t next_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static uint32_t below(uint32_t n)
{
    return (next_random() >> 32) * n >> 32;
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

/* Few bits at the ends of a 52-bit fraction, or of a 23-bit one, or a run of ones: what rounds in
 * special ways. */
static uint64_t random_fraction(void)
{
    uint64_t r = next_random() & F64_FRAC;

    switch (below(8)) {
    case 0:
        return below(4);
    case 1:
        return F64_FRAC - below(4);
    case 2: /* at, or next to, half of a single's last place */
        return (r & 0xfffffe0000000ull) | (0x10000000 + below(3) - 1);
    case 3: /* a single */
        return r & 0xfffffe0000000ull;
    case 4: /* a run of ones */
        return (F64_FRAC >> below(52) << below(52)) & F64_FRAC;
    case 5: /* few bits */
        return (1ull << below(52)) | (1ull << below(52));
    default:
        return r;
    }
}

static unsigned random_exponent(void)
{
    static const uint16_t edges[] = { 0,
                                      1,
                                      2046,
                                      1023 - 149,
                                      1023 - 126,
                                      1023 + 127,
                                      1023 + 31,
                                      1023 - 1022 / 2,
                                      1023 + 1023 / 2,
                                      1023 - 63,
                                      1023 + 63,
                                      1023 + 52,
                                      53,
                                      1023 };

    switch (below(8)) {
    case 0:
        return below(2047);
    case 1:
        return 1023 - 150 + below(300);
    case 2:
    case 3:
        return MIN((unsigned)MAX((int)edges[below(ARRAY_SIZE(edges))] + (int)below(7) - 3, 0),
                   2046u);
    default:
        return 1023 - 4 + below(8);
    }
}

static uint64_t random_operand(void)
{
    static const uint64_t specials[] = { 0,
                                         F64_INF,
                                         F64_QNAN,
                                         0x7ff0000000000001,
                                         0x7ff7ffffe0000000,
                                         0x7fffffffffffffff,
                                         1,
                                         F64_FRAC,
                                         F64_FRAC + 1,
                                         F64_MAX,
                                         F32_MAX,
                                         0x36a0000000000000,
                                         0x3690000000000000,
                                         0x380fffffc0000000,
                                         0x3810000000000000,
                                         0x3ff0000000000000,
                                         0x47effffff0000000,
                                         0x41dfffffffc00000,
                                         0x41e0000000000000,
                                         0x41dfffffffe00000 };
    uint64_t sign = next_random() & F64_SIGN;

    if (below(12) == 0) {
        return sign | specials[below(ARRAY_SIZE(specials))];
    }
    return sign | (uint64_t)random_exponent() << F64_EXP_SHIFT | random_fraction();
}

/* Something a few units in the last place from v, or half of its last place as a number of its own.
 */
static uint64_t near(uint64_t v)
{
    int exp = v >> F64_EXP_SHIFT & 0x7ff;

    switch (below(4)) {
    case 0:
        return v ^ F64_SIGN;
    case 1:
        return v + below(5) - 2;
    case 2: /* about half a unit of a double's, or a single's, last place */
        exp -= (below(2) ? 53 : 24) + (int)below(3) - 1;
        return (next_random() & F64_SIGN) | (uint64_t)MAX(exp, 0) << F64_EXP_SHIFT |
               (below(2) ? random_fraction() : 0);
    default:
        return (v ^ F64_SIGN) + below(5) - 2;
    }
}

/* The second operand so that the result comes close to something special. */
static void relate(const FPOperation *op, Operands *o)
{
    double a = as_double(o->a), b = as_double(o->b), c = as_double(o->c);

    switch (op->kind) {
    case ADD:
    case COMPARE:
        o->b = near(o->a);
        break;
    case MUL:
        o->c = as_bits(b / a); /* the product is near b, which is random */
        break;
    case DIV:
        o->a = as_bits(b * c);
        break;
    case FMA:
        o->b = near(as_bits(a * c));
        break;
    default:
        break;
    }
}

static Operands random_operands(const FPOperation *op)
{
    static const uint32_t sticky =
        FPSCR_FX | FPSCR_OX | FPSCR_UX | FPSCR_ZX | FPSCR_XX | FPSCR_VX_ALL;
    Operands o = { random_operand(), random_operand(), random_operand(), below(4) };
    uint64_t r = next_random();

    if (below(2)) {
        relate(op, &o);
    }
    if (below(2)) { /* half of all: no enabled exception */
        o.fpscr |= r & FPSCR_ENABLES;
    }
    o.fpscr |= below(16) ? 0 : FPSCR_NI;
    o.fpscr |= below(2) ? 0 : (uint32_t)(r >> 16) & (sticky | FPSCR_FPRF | FPSCR_FR | FPSCR_FI);
    o.fpscr = ppc_fpscr_summary(o.fpscr);
    return o;
}

/* --- What is expected */

static uint32_t summary(uint32_t fpscr)
{
    uint32_t s = fpscr & ~(uint32_t)(FPSCR_VX | FPSCR_FEX);

    s |= s & FPSCR_VX_ALL ? FPSCR_VX : 0;
    if (((s & FPSCR_VX) && (s & FPSCR_VE)) || ((s & FPSCR_OX) && (s & FPSCR_OE)) ||
        ((s & FPSCR_UX) && (s & FPSCR_UE)) || ((s & FPSCR_ZX) && (s & FPSCR_ZE)) ||
        ((s & FPSCR_XX) && (s & FPSCR_XE))) {
        s |= FPSCR_FEX;
    }
    return s;
}

/* FPSCR after exceptions `raised`; `kept`: the fields FR FI FPRF as they are to be. */
static uint32_t after(uint32_t before, uint32_t raised, uint32_t kept)
{
    uint32_t s = before & ~(uint32_t)(FPSCR_FR | FPSCR_FI | FPSCR_FPRF);

    s |= raised & ~before ? FPSCR_FX : 0;
    return summary(s | raised | kept);
}

static uint32_t class_of(uint64_t v, bool single)
{
    bool negative = v >> 63;
    double d = fabs(as_double(v));

    if (isnan(d)) {
        return 0x11000;
    }
    if (isinf(d)) {
        return negative ? 0x09000 : 0x05000;
    }
    if (d == 0) {
        return negative ? 0x12000 : 0x02000;
    }
    if (d < (single ? 0x1p-126 : 0x1p-1022)) {
        return negative ? 0x18000 : 0x14000;
    }
    return negative ? 0x08000 : 0x04000;
}

static Outcome expect_exact(const Operands *o, uint64_t v, bool single)
{
    return (Outcome){ v, after(o->fpscr, 0, class_of(v, single)) };
}

/* An invalid operation or division by zero that is enabled: FPRF stays, FR and FI are cleared. */
static Outcome expect_refused(const Operands *o, uint32_t cause)
{
    return (Outcome){ 0, after(o->fpscr, cause, o->fpscr & FPSCR_FPRF), true };
}

static Outcome expect_invalid(const Operands *o, uint32_t cause, uint64_t nan)
{
    if (o->fpscr & FPSCR_VE) {
        return expect_refused(o, cause);
    }
    return (Outcome){ nan, after(o->fpscr, cause, class_of(nan, false)) };
}

static Outcome expect_nan(const FPOperation *op, const Operands *o, const uint64_t *v, int n,
                          uint32_t cause)
{
    uint64_t result = 0;

    for (int i = n - 1; i >= 0; i--) {
        cause |= f64_is_snan(v[i]) ? FPSCR_VXSNAN : 0;
        result = f64_is_nan(v[i]) ? v[i] | F64_QUIET : result;
    }
    if (op->kind == ROUND) {
        result &= ~0x1fffffffull;
    }
    return cause ? expect_invalid(o, cause, result) : expect_exact(o, result, false);
}

static const mpfr_rnd_t modes[4] = { MPFR_RNDN, MPFR_RNDZ, MPFR_RNDU, MPFR_RNDD };

typedef struct Numbers {
    mpfr_t a, b, c, result;
} Numbers;

static Numbers num;

/* The operation with `bits` bits and any exponent; MPFR's ternary value. */
static int compute(const FPOperation *op, int bits, mpfr_rnd_t mode)
{
    mpfr_set_prec(num.result, bits);
    switch (op->kind) {
    case ADD:
        return op->subtract ? mpfr_sub(num.result, num.a, num.b, mode)
                            : mpfr_add(num.result, num.a, num.b, mode);
    case MUL:
        return mpfr_mul(num.result, num.a, num.c, mode);
    case DIV:
        return mpfr_div(num.result, num.a, num.b, mode);
    case FMA:
        return op->subtract ? mpfr_fms(num.result, num.a, num.c, num.b, mode)
                            : mpfr_fma(num.result, num.a, num.c, num.b, mode);
    default:
        return mpfr_set(num.result, num.b, mode);
    }
}

/* The result as a number below its least denormal: 0, or that denormal if it is rounded away from
 * 0. */
static int compute_below_denormals(const FPOperation *op, const Operands *o, int least)
{
    unsigned rn = o->fpscr & FPSCR_RN;
    bool negative, up;

    compute(op, 2, MPFR_RNDZ); /* exponents of what lies strictly between half and one: least */
    negative = mpfr_signbit(num.result);
    up = (rn == 2 && !negative) || (rn == 3 && negative);
    if (rn == 0 && mpfr_get_exp(num.result) == least) {
        int rest = compute(op, 2, MPFR_RNDZ);

        mpfr_t half;

        mpfr_init2(half, 2);
        mpfr_set_ui_2exp(half, 1, least - 1, MPFR_RNDN);
        up = mpfr_cmpabs(num.result, half) > 0 || rest != 0;
        mpfr_clear(half);
    }
    if (up) {
        mpfr_set_ui_2exp(num.result, 1, least, MPFR_RNDN);
        mpfr_setsign(num.result, num.result, negative, MPFR_RNDN);
        return negative ? -1 : 1;
    }
    mpfr_set_zero(num.result, negative ? -1 : 1);
    return negative ? 1 : -1;
}

/* Tiny without an enabled exception: rounded to the bits that the denormal has. */
static int compute_denormal(const FPOperation *op, const Operands *o, int exp)
{
    int least = op->single ? -149 : -1074; /* exponent of the last place; exp is in [.5, 1) form */
    int bits = exp - least;

    if (bits < 1) {
        return compute_below_denormals(op, o, least);
    }
    return compute(op, bits, modes[o->fpscr & FPSCR_RN]);
}

static Outcome expect_flushed(const FPOperation *op, const Operands *o, bool negative)
{
    uint64_t v = negative != op->negate ? F64_SIGN : 0;

    return (Outcome){ v, after(o->fpscr, FPSCR_UX | FPSCR_XX, class_of(v, true) | FPSCR_FI) };
}

static Outcome expect_overflow(const FPOperation *op, const Operands *o, bool negative)
{
    unsigned rn = o->fpscr & FPSCR_RN;
    bool inf = rn == 0 || (rn == 2 && !negative) || (rn == 3 && negative);
    uint64_t v = inf ? F64_INF : op->single ? F32_MAX : F64_MAX;

    v |= negative != op->negate ? F64_SIGN : 0;
    return (Outcome){ v, after(o->fpscr, FPSCR_OX | FPSCR_XX,
                               class_of(v, op->single) | FPSCR_FI | (inf ? FPSCR_FR : 0)) };
}

/* Everything is finite and the result isn't zero. */
static Outcome expect_rounded(const FPOperation *op, const Operands *o)
{
    int bits = op->single ? 24 : 53, emin = op->single ? -125 : -1021,
        emax = op->single ? 128 : 1024;
    int adjust = op->single ? 192 : 1536, ternary, exp;
    uint32_t raised = 0, kept;
    uint64_t v;
    bool tiny, negative;

    compute(op, bits, MPFR_RNDZ);
    exp = mpfr_get_exp(num.result);
    negative = mpfr_signbit(num.result);
    tiny = exp < emin;
    if (tiny && !(o->fpscr & FPSCR_UE) && (o->fpscr & FPSCR_NI)) {
        return expect_flushed(op, o, negative);
    }
    if (tiny && !(o->fpscr & FPSCR_UE)) {
        ternary = compute_denormal(op, o, exp);
        raised |= ternary ? FPSCR_UX : 0;
    } else {
        ternary = compute(op, bits, modes[o->fpscr & FPSCR_RN]);
        if (tiny) {
            raised |= FPSCR_UX;
            mpfr_mul_2si(num.result, num.result, adjust, MPFR_RNDN);
        } else if (mpfr_get_exp(num.result) > emax) {
            if (!(o->fpscr & FPSCR_OE)) {
                return expect_overflow(op, o, negative);
            }
            raised |= FPSCR_OX;
            mpfr_mul_2si(num.result, num.result, -adjust, MPFR_RNDN);
        }
    }
    raised |= ternary ? FPSCR_XX : 0;
    kept = ternary ? FPSCR_FI | ((ternary > 0) != negative ? FPSCR_FR : 0) : 0;
    v = as_bits(mpfr_get_d(num.result, MPFR_RNDZ)) ^ (op->negate ? F64_SIGN : 0);
    return (Outcome){ v, after(o->fpscr, raised, kept | class_of(v, op->single)) };
}

static void load_numbers(const Operands *o)
{
    mpfr_set_d(num.a, as_double(o->a), MPFR_RNDN);
    mpfr_set_d(num.b, as_double(o->b), MPFR_RNDN);
    mpfr_set_d(num.c, as_double(o->c), MPFR_RNDN);
}

static Outcome expect_add(const FPOperation *op, const Operands *o)
{
    uint64_t b = o->b ^ (op->subtract ? F64_SIGN : 0);

    if (f64_is_nan(o->a) || f64_is_nan(o->b)) {
        return expect_nan(op, o, (uint64_t[]){ o->a, o->b }, 2, 0);
    }
    if (f64_is_inf(o->a) && f64_is_inf(b) && o->a != b) {
        return expect_invalid(o, FPSCR_VXISI, F64_QNAN);
    }
    if (f64_is_inf(o->a) || f64_is_inf(b)) {
        return expect_exact(o, f64_is_inf(o->a) ? o->a : b, op->single);
    }
    if (as_double(o->a) == -as_double(b)) { /* an exact zero */
        uint64_t sign = (o->fpscr & FPSCR_RN) == 3 ? F64_SIGN : 0;

        return expect_exact(o, f64_is_zero(b) && o->a == b ? b : sign, op->single);
    }
    return expect_rounded(op, o);
}

static Outcome expect_mul(const FPOperation *op, const Operands *o)
{
    uint64_t sign = (o->a ^ o->c) & F64_SIGN;

    if (f64_is_nan(o->a) || f64_is_nan(o->c)) {
        return expect_nan(op, o, (uint64_t[]){ o->a, o->c }, 2, 0);
    }
    if ((f64_is_inf(o->a) && f64_is_zero(o->c)) || (f64_is_inf(o->c) && f64_is_zero(o->a))) {
        return expect_invalid(o, FPSCR_VXIMZ, F64_QNAN);
    }
    if (f64_is_inf(o->a) || f64_is_inf(o->c)) {
        return expect_exact(o, sign | F64_INF, op->single);
    }
    if (f64_is_zero(o->a) || f64_is_zero(o->c)) {
        return expect_exact(o, sign, op->single);
    }
    return expect_rounded(op, o);
}

static Outcome expect_div(const FPOperation *op, const Operands *o)
{
    uint64_t sign = (o->a ^ o->b) & F64_SIGN;

    if (f64_is_nan(o->a) || f64_is_nan(o->b)) {
        return expect_nan(op, o, (uint64_t[]){ o->a, o->b }, 2, 0);
    }
    if ((f64_is_inf(o->a) && f64_is_inf(o->b)) || (f64_is_zero(o->a) && f64_is_zero(o->b))) {
        return expect_invalid(o, f64_is_inf(o->a) ? FPSCR_VXIDI : FPSCR_VXZDZ, F64_QNAN);
    }
    if (f64_is_inf(o->a)) {
        return expect_exact(o, sign | F64_INF, op->single);
    }
    if (f64_is_inf(o->b) || f64_is_zero(o->a)) {
        return expect_exact(o, sign, op->single);
    }
    if (f64_is_zero(o->b)) {
        uint64_t inf = sign | F64_INF;

        return o->fpscr & FPSCR_ZE
                   ? expect_refused(o, FPSCR_ZX)
                   : (Outcome){ inf, after(o->fpscr, FPSCR_ZX, class_of(inf, false)) };
    }
    return expect_rounded(op, o);
}

/* The product and the addend are both zero, or they cancel exactly. */
static bool is_exact_zero(const FPOperation *op, const Operands *o, uint64_t psign, uint64_t b,
                          uint64_t *sign)
{
    bool zero_product = f64_is_zero(o->a) || f64_is_zero(o->c);

    if (zero_product && f64_is_zero(b)) {
        *sign = psign == (b & F64_SIGN) ? psign : (o->fpscr & FPSCR_RN) == 3 ? F64_SIGN : 0;
        return true;
    }
    compute(op, 2, MPFR_RNDN);
    *sign = (o->fpscr & FPSCR_RN) == 3 ? F64_SIGN : 0;
    return mpfr_zero_p(num.result);
}

static Outcome expect_fma(const FPOperation *op, const Operands *o)
{
    uint64_t psign = (o->a ^ o->c) & F64_SIGN, b = o->b ^ (op->subtract ? F64_SIGN : 0), sign;
    uint64_t negate = op->negate ? F64_SIGN : 0;
    bool imz = (f64_is_inf(o->a) && f64_is_zero(o->c)) || (f64_is_inf(o->c) && f64_is_zero(o->a));
    bool inf = f64_is_inf(o->a) || f64_is_inf(o->c);

    if (f64_is_nan(o->a) || f64_is_nan(b) || f64_is_nan(o->c)) {
        return expect_nan(op, o, (uint64_t[]){ o->a, o->b, o->c }, 3, imz ? FPSCR_VXIMZ : 0);
    }
    if (imz) {
        return expect_invalid(o, FPSCR_VXIMZ, F64_QNAN);
    }
    if (inf && f64_is_inf(b) && psign != (b & F64_SIGN)) {
        return expect_invalid(o, FPSCR_VXISI, F64_QNAN);
    }
    if (inf || f64_is_inf(b)) {
        return expect_exact(o, (inf ? psign | F64_INF : b) ^ negate, op->single);
    }
    if (is_exact_zero(op, o, psign, b, &sign)) {
        return expect_exact(o, sign ^ negate, op->single);
    }
    return expect_rounded(op, o);
}

static Outcome expect_round(const FPOperation *op, const Operands *o)
{
    if (f64_is_nan(o->b)) {
        return expect_nan(op, o, &o->b, 1, 0);
    }
    if (f64_is_inf(o->b) || f64_is_zero(o->b)) {
        return expect_exact(o, o->b, true);
    }
    return expect_rounded(op, o);
}

/* FPRF stays as it is. */
static Outcome expect_to_int(const FPOperation *op, const Operands *o)
{
    mpfr_rnd_t mode = op->subtract ? MPFR_RNDZ : modes[o->fpscr & FPSCR_RN];
    uint32_t fprf = o->fpscr & FPSCR_FPRF, cause = FPSCR_VXCVI, result;
    uint64_t high = 0xfff8000000000000ull;
    int ternary;
    long n;

    mpfr_set_prec(num.result, 64);
    ternary = f64_is_nan(o->b) ? 0 : mpfr_rint(num.result, num.b, mode);
    if (f64_is_nan(o->b) || mpfr_cmp_si(num.result, INT32_MAX) > 0 ||
        mpfr_cmp_si(num.result, INT32_MIN) < 0) {
        cause |= f64_is_snan(o->b) ? FPSCR_VXSNAN : 0;
        result = f64_is_nan(o->b) || o->b >> 63 ? 0x80000000 : 0x7fffffff;
        return (Outcome){ high | result, after(o->fpscr, cause, fprf), o->fpscr & FPSCR_VE };
    }
    n = mpfr_get_si(num.result, MPFR_RNDZ);
    if (ternary) {
        fprf |= FPSCR_FI | (labs(n) > fabs(as_double(o->b)) ? FPSCR_FR : 0);
    }
    /* MPC750UM: of -0 the high word's last bit is 1. */
    high |= o->b == F64_SIGN ? 1ull << 32 : 0;
    return (Outcome){ high | (uint32_t)n, after(o->fpscr, ternary ? FPSCR_XX : 0, fprf) };
}

static Outcome expect_compare(const FPOperation *op, const Operands *o)
{
    bool snan = f64_is_snan(o->a) || f64_is_snan(o->b), nan = f64_is_nan(o->a) || f64_is_nan(o->b);
    int order = nan ? 0 : mpfr_cmp(num.a, num.b);
    unsigned bits = nan ? 1 : order < 0 ? 8 : order > 0 ? 4 : 2;
    uint32_t cause = snan ? FPSCR_VXSNAN : 0;
    uint32_t same = FPSCR_FR | FPSCR_FI | (FPSCR_FPRF & ~FPSCR_FPCC);

    if (op->subtract && nan && !(snan && (o->fpscr & FPSCR_VE))) {
        cause |= FPSCR_VXVC;
    }
    return (Outcome){ bits, after(o->fpscr, cause, (o->fpscr & same) | bits << 12) };
}

/* In non-IEEE mode denormalized operands are zeros (MPC750UM 2.2.3). */
static uint64_t as_operand(uint64_t v, uint32_t fpscr)
{
    return fpscr & FPSCR_NI && fabs(as_double(v)) < 0x1p-1022 ? v & F64_SIGN : v;
}

static Outcome expect(const FPOperation *op, const Operands *given)
{
    static Outcome (*const by_kind[])(const FPOperation *op, const Operands *o) = {
        [ADD] = expect_add,         [MUL] = expect_mul,     [DIV] = expect_div,
        [FMA] = expect_fma,         [ROUND] = expect_round, [TO_INT] = expect_to_int,
        [COMPARE] = expect_compare,
    };

    const Operands o = {
        .a = as_operand(given->a, given->fpscr),
        .b = as_operand(given->b, given->fpscr),
        .c = as_operand(given->c, given->fpscr),
        .fpscr = given->fpscr,
    };

    load_numbers(&o);
    return by_kind[op->kind](op, &o);
}

/* --- What we do */

static Outcome run(CPUPPCState *env, const FPOperation *op, const Operands *o)
{
    Outcome out;

    env->fpscr = o->fpscr;
    env->fp_suppressed = 0;
    switch (op->kind) {
    case ROUND:
    case TO_INT:
        out.value = ((Helper1)op->helper)(env, o->b);
        break;
    case FMA:
        out.value = ((Helper3)op->helper)(env, o->a, o->c, o->b);
        break;
    case MUL:
        out.value = ((Helper2)op->helper)(env, o->a, o->c);
        break;
    case COMPARE:
        out.value = ppc_crf_unpack(((Helper2)op->helper)(env, o->a, o->b));
        break;
    default:
        out.value = ((Helper2)op->helper)(env, o->a, o->b);
    }
    out.fpscr = env->fpscr;
    out.suppressed = env->fp_suppressed;
    return out;
}

static bool same(const Outcome *x, const Outcome *y)
{
    return x->fpscr == y->fpscr && x->suppressed == y->suppressed &&
           (x->suppressed || x->value == y->value);
}

static void show(const FPOperation *op, const Operands *o, const Outcome *want, const Outcome *got)
{
    printf("  %s a=%016" PRIx64 " b=%016" PRIx64 " c=%016" PRIx64 " fpscr=%08x: %016" PRIx64
           " %08x%s, "
           "expected %016" PRIx64 " %08x%s\n",
           op->name, o->a, o->b, o->c, o->fpscr, got->value, got->fpscr,
           got->suppressed ? " unwritten" : "", want->value, want->fpscr,
           want->suppressed ? " unwritten" : "");
}

static uint64_t check(const FPOperation *op, uint64_t n)
{
    g_autofree CPUPPCState *env = g_new0(CPUPPCState, 1);
    uint64_t bad = 0;

    for (uint64_t i = 0; i < n; i++) {
        Operands o = random_operands(op);
        Outcome want = expect(op, &o), got = run(env, op, &o);

        if (!same(&want, &got) && bad++ < MAX_SHOWN) {
            show(op, &o, &want, &got);
        }
    }
    printf("%-8s %10" PRIu64 " sets, %" PRIu64 " deviations\n", op->name, n, bad);
    fflush(stdout);
    return bad;
}

static bool selected(const char *name, char **names)
{
    for (char **p = names; p && *p; p++) {
        if (!strcmp(*p, name)) {
            return true;
        }
    }
    return !names || !*names;
}

int main(int argc, char **argv)
{
    gint64 n = 20000, seed = 1;
    char **names = NULL;
    const GOptionEntry options[] = {
        { "sets", 'n', 0, G_OPTION_ARG_INT64, &n, "operand sets for each operation", "SETS" },
        { "seed", 's', 0, G_OPTION_ARG_INT64, &seed, "start of the random numbers", "SEED" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &names, NULL, "[OPERATION ...]" },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    uint64_t bad = 0;

    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "ppc-fp-mpfr: %s\n", error->message);
        return 2;
    }
    random_state = seed;
    mpfr_set_emin(mpfr_get_emin_min());
    mpfr_set_emax(mpfr_get_emax_max());
    mpfr_inits2(53, num.a, num.b, num.c, num.result, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        bad += selected(operations[i].name, names) ? check(&operations[i], n) : 0;
    }
    mpfr_clears(num.a, num.b, num.c, num.result, NULL);
    g_strfreev(names);
    return bad ? 1 : 0;
}
