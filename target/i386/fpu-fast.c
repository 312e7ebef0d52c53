/*
 * The x87's frequent instructions on registers that aren't empty and ordinary operands.
 *
 * Each helper does all of its instruction, or nothing and leaves it to the one in fpu-helper.c that
 * knows every case: stack faults, NaNs, denormals, ends of the exponents' range, unmasked
 * exceptions. `-accel tcg,float-inline=off` calls those only.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/float80-fast.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"

static X86Float80 *st(CPUX86State *env, unsigned i)
{
    return &env->fpregs[(env->fptop + i) & 7];
}

/* In two pieces, as it has been written: the host forwards its own stores then. */
static X86Float80 get(CPUX86State *env, unsigned i)
{
    const volatile X86Float80 *a = st(env, i);
    uint64_t significand = a->significand;

    return (X86Float80){ significand, a->sign_exponent };
}

static void set(CPUX86State *env, unsigned i, X86Float80 value)
{
    volatile X86Float80 *a = st(env, i);

    a->significand = value.significand;
    a->sign_exponent = value.sign_exponent;
}

static bool is_full(const CPUX86State *env, unsigned i)
{
    return likely(!(env->fptags >> ((env->fptop + i) & 7) & 1));
}

/* The exact helper has to be asked if that is unmasked. */
static bool is_masked(const CPUX86State *env, unsigned flags)
{
    return likely(!(flags & FPSW_PE & ~env->fpcw));
}

static void report(CPUX86State *env, unsigned flags)
{
    env->fpsw = (uint16_t)((env->fpsw & ~FPSW_C1) | flags);
}

static void pop(CPUX86State *env, uint32_t flags)
{
    if (flags & X87_POP) {
        env->fptags |= (uint8_t)(1u << env->fptop);
        env->fptop = (env->fptop + 1) & 7;
    }
}

/* ---- Arithmetic ---- */

/* What is no ordinary number there, the arithmetic answers. */
static bool from_memory(X87Format format, uint64_t value, X86Float80 *result)
{
    switch (format) {
    case X87_FLOAT32:
        return float80_fast_from_float32((uint32_t)value, result);
    case X87_FLOAT64:
        return float80_fast_from_float64(value, result);
    default:
        *result = float80_from_int((int64_t)value);
        return true;
    }
}

#define ADD(a, b)      float80_fast_add(env->fpcw, a, b, 0, &result, &exceptions)
#define SUBTRACT(a, b) float80_fast_add(env->fpcw, a, b, FLOAT80_SIGN, &result, &exceptions)
#define MULTIPLY(a, b) float80_fast_mul(env->fpcw, a, b, &result, &exceptions)
#define DIVIDE(a, b)   float80_fast_div(env->fpcw, a, b, &result, &exceptions)

/* `number` is ModRM.reg; a is ST(0). */
#define ARITHMETIC(name, number, operation)                                                        \
    void helper_x86_fpu_##name(CPUX86State *env, uint32_t i, uint32_t flags)                       \
    {                                                                                              \
        X86Float80 a = get(env, 0), b = get(env, i), result;                                       \
        unsigned exceptions;                                                                       \
                                                                                                   \
        if (is_full(env, 0) && is_full(env, i) && likely(operation) &&                             \
            is_masked(env, exceptions)) {                                                          \
            set(env, flags & X87_TO_STI ? i : 0, result);                                          \
            report(env, exceptions);                                                               \
            pop(env, flags);                                                                       \
            return;                                                                                \
        }                                                                                          \
        helper_x86_fpu_arithmetic(env, number, i, flags);                                          \
    }                                                                                              \
                                                                                                   \
    void helper_x86_fpu_##name##_memory(CPUX86State *env, uint32_t format, uint64_t value)         \
    {                                                                                              \
        X86Float80 a = get(env, 0), b, result;                                                     \
        unsigned exceptions;                                                                       \
                                                                                                   \
        if (is_full(env, 0) && likely(from_memory(format, value, &b)) && likely(operation) &&      \
            is_masked(env, exceptions)) {                                                          \
            set(env, 0, result);                                                                   \
            report(env, exceptions);                                                               \
            return;                                                                                \
        }                                                                                          \
        helper_x86_fpu_arithmetic_memory(env, number, format, value);                              \
    }

ARITHMETIC(add, 0, ADD(a, b))
ARITHMETIC(mul, 1, MULTIPLY(a, b))
ARITHMETIC(sub, 4, SUBTRACT(a, b))
ARITHMETIC(subr, 5, SUBTRACT(b, a))
ARITHMETIC(div, 6, DIVIDE(a, b))
ARITHMETIC(divr, 7, DIVIDE(b, a))

/* ST(0) becomes a function of itself. */
#define REPLACE(name, number, function)                                                            \
    void helper_x86_fpu_##name(CPUX86State *env)                                                   \
    {                                                                                              \
        unsigned exceptions;                                                                       \
        X86Float80 result;                                                                         \
                                                                                                   \
        if (is_full(env, 0) && likely(function(env->fpcw, get(env, 0), &result, &exceptions)) &&   \
            is_masked(env, exceptions)) {                                                          \
            set(env, 0, result);                                                                   \
            report(env, exceptions);                                                               \
            return;                                                                                \
        }                                                                                          \
        helper_x86_fpu_unary(env, number);                                                         \
    }

REPLACE(sqrt, 0x1a, float80_fast_sqrt)
REPLACE(rint, 0x1c, float80_fast_rint)

/* ---- Comparisons ---- */

static void set_conditions(CPUX86State *env, X87Relation relation)
{
    uint16_t conditions = relation == X87_LESS ? FPSW_C0 : relation == X87_EQUAL ? FPSW_C3 : 0;

    env->fpsw = (env->fpsw & ~FPSW_CONDITIONS) | conditions;
}

void helper_x86_fpu_fast_compare(CPUX86State *env, uint32_t i, uint32_t flags)
{
    X87Relation relation;

    if (is_full(env, 0) && is_full(env, i) &&
        likely(float80_fast_compare(get(env, 0), get(env, i), &relation))) {
        set_conditions(env, relation);
        pop(env, flags & X87_POP_TWO ? X87_POP : flags);
        pop(env, flags & X87_POP_TWO ? X87_POP : 0);
        return;
    }
    helper_x86_fpu_compare(env, i, flags);
}

void helper_x86_fpu_fast_compare_memory(CPUX86State *env, uint32_t format, uint64_t value,
                                        uint32_t flags)
{
    X87Relation relation;
    X86Float80 b;

    if (is_full(env, 0) && likely(from_memory(format, value, &b)) &&
        likely(float80_fast_compare(get(env, 0), b, &relation))) {
        set_conditions(env, relation);
        pop(env, flags);
        return;
    }
    helper_x86_fpu_compare_memory(env, format, value, flags);
}

uint64_t helper_x86_fpu_fast_compare_flags(CPUX86State *env, uint32_t i, uint32_t flags)
{
    X87Relation relation;

    if (is_full(env, 0) && is_full(env, i) &&
        likely(float80_fast_compare(get(env, 0), get(env, i), &relation))) {
        pop(env, flags);
        return relation == X87_LESS ? FLAG_CF : relation == X87_EQUAL ? FLAG_ZF : 0;
    }
    return helper_x86_fpu_compare_flags(env, i, flags);
}

/* ---- Loads ---- */

static bool push(CPUX86State *env, X86Float80 value)
{
    unsigned top = (env->fptop + 7) & 7;

    if (unlikely(!(env->fptags >> top & 1))) {
        return false;
    }
    env->fptags &= (uint8_t)~(1u << top);
    env->fptop = (uint8_t)top;
    set(env, 0, value);
    report(env, 0);
    return true;
}

void helper_x86_fpu_load_float32(CPUX86State *env, uint64_t value)
{
    X86Float80 result;

    if (!likely(float80_fast_from_float32((uint32_t)value, &result)) || !push(env, result)) {
        helper_x86_fpu_load(env, X87_FLOAT32, value, 0);
    }
}

void helper_x86_fpu_load_float64(CPUX86State *env, uint64_t value)
{
    X86Float80 result;

    if (!likely(float80_fast_from_float64(value, &result)) || !push(env, result)) {
        helper_x86_fpu_load(env, X87_FLOAT64, value, 0);
    }
}

void helper_x86_fpu_load_float80(CPUX86State *env, uint64_t low, uint64_t high)
{
    if (!push(env, (X86Float80){ low, (uint16_t)high })) {
        helper_x86_fpu_load(env, X87_FLOAT80, low, high);
    }
}

void helper_x86_fpu_load_integer(CPUX86State *env, uint64_t value)
{
    if (!push(env, float80_from_int((int64_t)value))) {
        helper_x86_fpu_load(env, X87_INT64, value, 0);
    }
}

void helper_x86_fpu_fast_load_register(CPUX86State *env, uint32_t i)
{
    if (!is_full(env, i) || !push(env, get(env, i))) {
        helper_x86_fpu_load_register(env, i);
    }
}

/* ---- Stores ---- */

/*
 * What ST(0) is in memory, if that can be said here. env->fp_stored: what there is to be reported
 * once it has been stored, or -1: the exact helper has to do all of it.
 */
uint64_t helper_x86_fpu_convert(CPUX86State *env, uint32_t format, uint32_t flags)
{
    unsigned mode = flags & X87_CUT_OFF ? X87_TO_ZERO : fast_rounding(env->fpcw);
    X86Float80 a = get(env, 0);
    unsigned exceptions = 0;
    uint64_t value = 0;
    bool done = is_full(env, 0);

    switch (format) {
    case X87_FLOAT32:
        done = done && float80_fast_to_float32(env->fpcw, a, &value, &exceptions);
        break;
    case X87_FLOAT64:
        done = done && float80_fast_to_float64(env->fpcw, a, &value, &exceptions);
        break;
    case X87_INT16:
    case X87_INT32:
    case X87_INT64: {
        unsigned bits = format == X87_INT16 ? 16 : format == X87_INT32 ? 32 : 64;
        int64_t integer = 0;

        done = done && float80_fast_to_int(mode, a, bits, &integer, &exceptions);
        value = (uint64_t)integer;
        break;
    }
    case X87_FLOAT80: /* the rest of it is sign_exponent */
        value = a.significand;
        env->fp_stored_high = a.sign_exponent;
        break;
    default:
        done = false;
    }
    env->fp_stored = done && is_masked(env, exceptions) ? (int32_t)exceptions : -1;
    return value;
}

/* ---- Moves between registers ---- */

void helper_x86_fpu_fast_store_register(CPUX86State *env, uint32_t i, uint32_t flags)
{
    if (is_full(env, 0)) {
        set(env, i, get(env, 0));
        env->fptags &= (uint8_t)~(1u << ((env->fptop + i) & 7));
        report(env, 0);
        pop(env, flags);
        return;
    }
    helper_x86_fpu_store_register(env, i, flags);
}

void helper_x86_fpu_fast_exchange(CPUX86State *env, uint32_t i)
{
    if (is_full(env, 0) && is_full(env, i)) {
        X86Float80 a = get(env, 0), b = get(env, i);

        set(env, 0, b);
        set(env, i, a);
        report(env, 0);
        return;
    }
    helper_x86_fpu_exchange(env, i);
}

void helper_x86_fpu_change_sign(CPUX86State *env, uint32_t number)
{
    if (is_full(env, 0)) {
        uint16_t *sign = &st(env, 0)->sign_exponent;

        *sign = number ? *sign & FLOAT80_EXPONENT : *sign ^ FLOAT80_SIGN;
        report(env, 0);
        return;
    }
    helper_x86_fpu_unary(env, number);
}
