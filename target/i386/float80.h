/*
 * Arithmetic of the x87 in integers: exact for every operand, rounding, precision and exception.
 *
 * Reference: SDM volume 1, chapters 4.8 (formats, NaNs), 4.9 (exceptions) and 8 (x87). On any
 * thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_FLOAT80_H
#define TARGET_I386_FLOAT80_H

#include "target/i386/cpu.h"

/* The status word; the exceptions are the control word's masks, too. */
enum {
    FPSW_IE = 1 << 0,
    FPSW_DE = 1 << 1,
    FPSW_ZE = 1 << 2,
    FPSW_OE = 1 << 3,
    FPSW_UE = 1 << 4,
    FPSW_PE = 1 << 5,
    FPSW_SF = 1 << 6, /* the IE is one of the stack */
    FPSW_ES = 1 << 7, /* an unmasked one is pending */
    FPSW_C0 = 1 << 8,
    FPSW_C1 = 1 << 9,
    FPSW_C2 = 1 << 10,
    FPSW_TOP_SHIFT = 11,
    FPSW_TOP = 7 << FPSW_TOP_SHIFT,
    FPSW_C3 = 1 << 14,
    FPSW_B = 1 << 15, /* as ES */
    FPSW_CONDITIONS = FPSW_C0 | FPSW_C1 | FPSW_C2 | FPSW_C3,
    FPSW_EXCEPTIONS = FPSW_IE | FPSW_DE | FPSW_ZE | FPSW_OE | FPSW_UE | FPSW_PE,
    FPSW_BEFORE = FPSW_IE | FPSW_DE | FPSW_ZE, /* unmasked, there is no result */
};

enum {
    FPCW_MASKS = FPSW_EXCEPTIONS,
    FPCW_ALWAYS = 1 << 6,     /* reads as set */
    FPCW_PRECISION_SHIFT = 8, /* 0: 24 bits, 2: 53, 3: 64 */
    FPCW_ROUNDING_SHIFT = 10, /* X87Rounding */
    FPCW_WRITABLE = 0x1f3f,
    FPCW_RESET = 0x37f,
};

typedef enum X87Rounding {
    X87_NEAREST,
    X87_DOWN,
    X87_UP,
    X87_TO_ZERO,
} X87Rounding;

/*
 * What an operation is done with and what it says. Where an exception among FPSW_BEFORE is unmasked
 * there is no result, and what the function returns is to be ignored: X87_FAILED().
 */
typedef struct X87Status {
    uint16_t control;    /* the control word */
    uint16_t exceptions; /* FPSW_*, those that came are added */
    bool rounded_up;     /* for C1: the result is larger in magnitude than the exact one */
} X87Status;

/* The exceptions among `which` that came and aren't masked. */
#define X87_UNMASKED(s, which) ((s)->exceptions & ~(s)->control & (which))
#define X87_FAILED(s)          X87_UNMASKED(s, FPSW_BEFORE)

typedef enum X87Relation {
    X87_LESS,
    X87_EQUAL,
    X87_GREATER,
    X87_UNORDERED,
} X87Relation;

/* The bits FXAM shows, in C3, C2, C0. */
typedef enum X87Class {
    X87_UNSUPPORTED,
    X87_NAN,
    X87_NORMAL,
    X87_INFINITY,
    X87_ZERO,
    X87_EMPTY,
    X87_DENORMAL,
} X87Class;

#define FLOAT80_SIGN       0x8000
#define FLOAT80_EXPONENT   0x7fff
#define FLOAT80_BIAS       0x3fff
/* "Real indefinite", the answer to an invalid operation. */
#define FLOAT80_INDEFINITE ((X86Float80){ 3ull << 62, FLOAT80_SIGN | FLOAT80_EXPONENT })
#define FLOAT80_ZERO       ((X86Float80){ 0, 0 })
#define FLOAT80_ONE        ((X86Float80){ 1ull << 63, FLOAT80_BIAS })

X87Class float80_class(X86Float80 a);

/* Rounded as the control word says. */
X86Float80 float80_add(X87Status *s, X86Float80 a, X86Float80 b);
X86Float80 float80_sub(X87Status *s, X86Float80 a, X86Float80 b);
X86Float80 float80_mul(X87Status *s, X86Float80 a, X86Float80 b);
X86Float80 float80_div(X87Status *s, X86Float80 a, X86Float80 b);
X86Float80 float80_sqrt(X87Status *s, X86Float80 a);
/* To an integer. */
X86Float80 float80_rint(X87Status *s, X86Float80 a);
/* a * 2^b, b's fraction cut off. */
X86Float80 float80_scale(X87Status *s, X86Float80 a, X86Float80 b);
/* The exponent; the significand goes to *significand. */
X86Float80 float80_extract(X87Status *s, X86Float80 a, X86Float80 *significand);
/*
 * a - quotient * b, with the quotient cut off or (`nearest`, FPREM1) rounded. *conditions: C0, C3,
 * C1 are its bits 2, 1 and 0; C2: the exponents are too far apart, what is returned is smaller
 * than `a`, and the program has to go on with it.
 */
X86Float80 float80_remainder(X87Status *s, X86Float80 a, X86Float80 b, bool nearest,
                             uint16_t *conditions);
/* `quiet`: a quiet NaN isn't invalid. */
X87Relation float80_compare(X87Status *s, X86Float80 a, X86Float80 b, bool quiet);

X86Float80 float80_from_float32(X87Status *s, uint32_t a);
X86Float80 float80_from_float64(X87Status *s, uint64_t a);
X86Float80 float80_from_int(int64_t a);
/* Ten bytes of packed decimal: 16 digits, then 2 and the sign in bit 15. */
X86Float80 float80_from_bcd(uint64_t low, uint16_t high);

/* To memory's formats: an unmasked overflow or underflow, too, leaves nothing to be stored. */
uint32_t float80_to_float32(X87Status *s, X86Float80 a);
uint64_t float80_to_float64(X87Status *s, X86Float80 a);
/* `bits`: 16, 32, 64; what doesn't fit is the most negative one. */
int64_t float80_to_int(X87Status *s, X86Float80 a, unsigned bits, bool cut_off);
uint64_t float80_to_bcd(X87Status *s, X86Float80 a, uint16_t *high);

/* pi and the like, exact to 66 bits, as a program sees them with this rounding; as FLD1 to FLDZ
 * number them. */
X86Float80 float80_constant(const X87Status *s, unsigned number);

/* For float80-math.c: the NaN that is the answer to operands among which is one, or which aren't
 * supported; false: there is none. Says denormal operands, too. */
bool float80_nan_operand(X87Status *s, X86Float80 a, X86Float80 b, X86Float80 *result);
/* The answer; an invalid operation comes before a denormal operand. */
X86Float80 float80_invalid(X87Status *s);
/* significand / 2^127 * 2^exponent, rounded. */
X86Float80 float80_round(X87Status *s, bool negative, int exponent, unsigned __int128 significand,
                         unsigned bits);

/* ---- Transcendental functions: float80-math.c ---- */

X86Float80 float80_2xm1(X87Status *s, X86Float80 x);                 /* 2^x - 1 */
X86Float80 float80_ylog2x(X87Status *s, X86Float80 y, X86Float80 x); /* y * log2(x) */
X86Float80 float80_ylog2xp1(X87Status *s, X86Float80 y, X86Float80 x);
X86Float80 float80_atan2(X87Status *s, X86Float80 y, X86Float80 x);
/* false: |x| is 2^63 or more, there is no result. Either of sine and cosine may be NULL. */
bool float80_sincos(X87Status *s, X86Float80 x, X86Float80 *sine, X86Float80 *cosine);
bool float80_tan(X87Status *s, X86Float80 x, X86Float80 *tangent);

#endif
