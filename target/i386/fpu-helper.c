/*
 * The x87's register stack and its instructions: operands and results, with the exceptions of the
 * stack and of float80.c.
 *
 * Reference: SDM volume 1, chapter 8; volume 2 for each instruction.
 *
 * An instruction gathers its exceptions in an X87Status; completed() puts them into the status word
 * and says whether there is a result to be written. An unmasked one is raised by the next waiting
 * instruction (CR0.NE), or reported to the interrupt controller as FERR#.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "qemu/main-loop.h"
#include "target/i386/float80.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"

/* ---- Exceptions ---- */

void x86_fpu_changed(CPUX86State *env)
{
    bool error = env->fpsw & FPSW_ES, ferr = error && !(env->cr0 & CR0_NE);
    qemu_irq line = x86_env_archcpu(env)->ferr;

    env->fp_pending = error && (env->cr0 & CR0_NE);
    if (ferr != env->fp_ferr) {
        env->fp_ferr = ferr;
        if (line) {
            BQL_LOCK_GUARD();
            qemu_set_irq(line, ferr);
        }
    }
}

/* ES and B, after a change of exceptions or masks. */
static void summarize(CPUX86State *env)
{
    bool before = env->fpsw & FPSW_ES;
    bool error = env->fpsw & ~env->fpcw & FPSW_EXCEPTIONS;

    env->fpsw = (env->fpsw & ~(FPSW_ES | FPSW_B)) | (error ? FPSW_ES | FPSW_B : 0);
    if (error != before) {
        x86_fpu_changed(env);
    }
}

static X87Status begin(const CPUX86State *env)
{
    return (X87Status){ .control = env->fpcw };
}

static void report(CPUX86State *env, unsigned exceptions, bool c1)
{
    env->fpsw = (env->fpsw & ~FPSW_C1) | exceptions | (c1 ? FPSW_C1 : 0);
    if (exceptions & ~env->fpcw & FPSW_EXCEPTIONS) {
        summarize(env);
    }
}

/*
 * False: what is unmasked leaves the destination and the stack as they are, and nothing is known of
 * the result.
 */
static bool completed(CPUX86State *env, const X87Status *s)
{
    bool failed = X87_FAILED(s);

    report(env, s->exceptions & (failed ? FPSW_BEFORE | FPSW_SF : 0xffff),
           s->rounded_up && (!failed || (s->exceptions & FPSW_SF)));
    return !failed;
}

/* ---- The stack ---- */

static unsigned physical(const CPUX86State *env, unsigned i)
{
    return (env->fptop + i) & 7;
}

static bool is_empty(const CPUX86State *env, unsigned i)
{
    return env->fptags >> physical(env, i) & 1;
}

static X86Float80 get(const CPUX86State *env, unsigned i)
{
    return env->fpregs[physical(env, i)];
}

static void set(CPUX86State *env, unsigned i, X86Float80 value)
{
    env->fpregs[physical(env, i)] = value;
    env->fptags &= ~(1u << physical(env, i));
}

static void pop(CPUX86State *env, unsigned count)
{
    for (; count; count--) {
        env->fptags |= 1u << env->fptop;
        env->fptop = physical(env, 1);
    }
}

static unsigned pops(uint32_t flags)
{
    return flags & X87_POP_TWO ? 2 : flags & X87_POP ? 1 : 0;
}

/* C1 says which way. */
static void stack_fault(X87Status *s, bool overflow)
{
    s->exceptions |= FPSW_IE | FPSW_SF;
    s->rounded_up = overflow;
}

static bool holds(const CPUX86State *env, X87Status *s, unsigned i)
{
    if (is_empty(env, i)) {
        stack_fault(s, false);
        return false;
    }
    return true;
}

static bool has_room(const CPUX86State *env, X87Status *s)
{
    if (!is_empty(env, 7)) {
        stack_fault(s, true);
        return false;
    }
    return true;
}

static void push(CPUX86State *env, X86Float80 value)
{
    env->fptop = physical(env, 7);
    set(env, 0, value);
}

/* ---- Arithmetic with two operands ---- */

/* The result for ModRM.reg: 0 add, 1 multiply, 4 subtract, 6 divide; 5 and 7 the other way round.
 */
static X86Float80 compute(X87Status *s, unsigned operation, X86Float80 a, X86Float80 b)
{
    static X86Float80 (*const functions[])(X87Status *, X86Float80, X86Float80) = {
        [0] = float80_add, [1] = float80_mul, [4] = float80_sub,
        [5] = float80_sub, [6] = float80_div, [7] = float80_div,
    };
    bool swapped = operation > 4 && (operation & 1);

    return swapped ? functions[operation](s, b, a) : functions[operation](s, a, b);
}

void helper_x86_fpu_arithmetic(CPUX86State *env, uint32_t operation, uint32_t i, uint32_t flags)
{
    X87Status s = begin(env);
    X86Float80 result = FLOAT80_INDEFINITE;

    if (holds(env, &s, 0) && holds(env, &s, i)) {
        result = compute(&s, operation, get(env, 0), get(env, i));
    }
    if (completed(env, &s)) {
        set(env, flags & X87_TO_STI ? i : 0, result);
        pop(env, pops(flags));
    }
}

/* Integers are sign-extended. */
static X86Float80 from_memory(X87Status *s, X87Format format, uint64_t value, uint64_t high)
{
    switch (format) {
    case X87_FLOAT32:
        return float80_from_float32(s, (uint32_t)value);
    case X87_FLOAT64:
        return float80_from_float64(s, value);
    case X87_FLOAT80:
        return (X86Float80){ value, (uint16_t)high };
    case X87_BCD:
        return float80_from_bcd(value, (uint16_t)high);
    default:
        return float80_from_int((int64_t)value);
    }
}

/*
 * The other operand of an instruction whose first one is ST(0): as it is in memory but for the
 * format. What it says of a NaN or a denormal is the operation's to say.
 */
static X86Float80 memory_operand(X87Format format, uint64_t value, bool *signaling, bool *denormal)
{
    X87Status s = { .control = FPCW_RESET };
    X86Float80 result = from_memory(&s, format, value, 0);

    *signaling = s.exceptions & FPSW_IE;
    *denormal = s.exceptions & FPSW_DE;
    if (*signaling) {
        result.significand &= ~(1ull << 62); /* stays one */
    }
    return result;
}

void helper_x86_fpu_arithmetic_memory(CPUX86State *env, uint32_t operation, uint32_t format,
                                      uint64_t value)
{
    X86Float80 result = FLOAT80_INDEFINITE, operand;
    X87Status s = begin(env);
    bool signaling, denormal;

    operand = memory_operand(format, value, &signaling, &denormal);
    if (holds(env, &s, 0)) {
        result = compute(&s, operation, get(env, 0), operand);
        if (denormal && !(s.exceptions & (FPSW_IE | FPSW_ZE)) &&
            float80_class(get(env, 0)) != X87_NAN) {
            s.exceptions |= FPSW_DE;
        }
    }
    if (completed(env, &s)) {
        set(env, 0, result);
    }
}

/* ---- Comparisons ---- */

static X87Relation compare(const CPUX86State *env, X87Status *s, unsigned i, bool quiet)
{
    return holds(env, s, 0) && holds(env, s, i)
               ? float80_compare(s, get(env, 0), get(env, i), quiet)
               : X87_UNORDERED;
}

static void set_conditions(CPUX86State *env, X87Relation relation)
{
    static const uint16_t conditions[] = {
        [X87_LESS] = FPSW_C0,
        [X87_EQUAL] = FPSW_C3,
        [X87_GREATER] = 0,
        [X87_UNORDERED] = FPSW_C0 | FPSW_C2 | FPSW_C3,
    };

    env->fpsw = (env->fpsw & ~(FPSW_C0 | FPSW_C2 | FPSW_C3)) | conditions[relation];
}

static void finish_comparison(CPUX86State *env, const X87Status *s, X87Relation relation,
                              uint32_t flags)
{
    set_conditions(env, relation);
    if (completed(env, s)) {
        pop(env, pops(flags));
    }
}

void helper_x86_fpu_compare(CPUX86State *env, uint32_t i, uint32_t flags)
{
    X87Status s = begin(env);
    X87Relation relation = compare(env, &s, i, flags & X87_QUIET);

    finish_comparison(env, &s, relation, flags);
}

void helper_x86_fpu_compare_memory(CPUX86State *env, uint32_t format, uint64_t value,
                                   uint32_t flags)
{
    X87Relation relation = X87_UNORDERED;
    X87Status s = begin(env);
    bool signaling, denormal;
    X86Float80 operand = memory_operand(format, value, &signaling, &denormal);

    if (holds(env, &s, 0)) {
        relation = float80_compare(&s, get(env, 0), operand, false);
        s.exceptions |= denormal && relation != X87_UNORDERED ? FPSW_DE : 0;
    }
    finish_comparison(env, &s, relation, flags);
}

uint64_t helper_x86_fpu_compare_flags(CPUX86State *env, uint32_t i, uint32_t flags)
{
    static const uint8_t eflags[] = {
        [X87_LESS] = FLAG_CF,
        [X87_EQUAL] = FLAG_ZF,
        [X87_GREATER] = 0,
        [X87_UNORDERED] = FLAG_ZF | FLAG_PF | FLAG_CF,
    };
    X87Status s = begin(env);
    X87Relation relation = compare(env, &s, i, flags & X87_QUIET);
    uint16_t c1 = s.exceptions & FPSW_SF ? 0 : env->fpsw & FPSW_C1; /* tells about the stack only */

    if (completed(env, &s)) {
        pop(env, pops(flags));
    }
    env->fpsw |= c1;
    return eflags[relation];
}

/* ---- Loads ---- */

void helper_x86_fpu_load(CPUX86State *env, uint32_t format, uint64_t value, uint64_t high)
{
    X87Status s = begin(env);
    X86Float80 result = FLOAT80_INDEFINITE;

    if (has_room(env, &s)) {
        result = from_memory(&s, format, value, high);
    }
    /* A denormal is loaded even if it is unmasked. */
    if (completed(env, &s) || !X87_UNMASKED(&s, FPSW_IE)) {
        push(env, result);
    }
}

void helper_x86_fpu_load_register(CPUX86State *env, uint32_t i)
{
    X87Status s = begin(env);
    X86Float80 result = holds(env, &s, i) && has_room(env, &s) ? get(env, i) : FLOAT80_INDEFINITE;

    if (completed(env, &s)) {
        push(env, result);
    }
}

void helper_x86_fpu_load_constant(CPUX86State *env, uint32_t number)
{
    X87Status s = begin(env);
    X86Float80 result = has_room(env, &s) ? float80_constant(&s, number) : FLOAT80_INDEFINITE;

    if (completed(env, &s)) {
        push(env, result);
    }
}

/* ---- Stores ---- */

typedef struct Image {
    uint64_t low;
    uint16_t high;
} Image;

static Image to_memory(X87Status *s, X87Format format, X86Float80 a, bool cut_off)
{
    Image image = { 0 };

    switch (format) {
    case X87_FLOAT32:
        image.low = float80_to_float32(s, a);
        break;
    case X87_FLOAT64:
        image.low = float80_to_float64(s, a);
        break;
    case X87_FLOAT80:
        image = (Image){ a.significand, a.sign_exponent };
        break;
    case X87_BCD:
        image.low = float80_to_bcd(s, a, &image.high);
        break;
    case X87_INT16:
    case X87_INT32:
    case X87_INT64:
        image.low = (uint64_t)float80_to_int(s, a,
                                             format == X87_INT16   ? 16
                                             : format == X87_INT32 ? 32
                                                                   : 64,
                                             cut_off);
        break;
    }
    return image;
}

/* Nothing has changed if memory can't be written. */
void helper_x86_fpu_store(CPUX86State *env, uint64_t addr, uint32_t format, uint32_t flags)
{
    static const uint8_t sizes[] = {
        [X87_FLOAT32] = MO_32, [X87_FLOAT64] = MO_64, [X87_FLOAT80] = MO_64, [X87_BCD] = MO_64,
        [X87_INT16] = MO_16,   [X87_INT32] = MO_32,   [X87_INT64] = MO_64,
    };
    int mmu_idx = x86_current_mmu_index(env);
    bool ten_bytes = format == X87_FLOAT80 || format == X87_BCD;
    X87Status s = begin(env);
    X86Float80 value = holds(env, &s, 0) ? get(env, 0) : FLOAT80_INDEFINITE;
    Image image = to_memory(&s, format, value, flags & X87_CUT_OFF);

    if (X87_UNMASKED(&s, FPSW_IE | FPSW_OE | FPSW_UE)) {
        report(env, s.exceptions & ~FPSW_PE, s.rounded_up && (s.exceptions & FPSW_SF));
        return;
    }
    if (ten_bytes) {
        x86_probe(env, addr, 10, MMU_DATA_STORE, mmu_idx, GETPC());
    }
    x86_store(env, addr, image.low, sizes[format], mmu_idx, GETPC());
    if (ten_bytes) {
        x86_store(env, addr + 8, image.high, MO_16, mmu_idx, GETPC());
    }
    completed(env, &s);
    pop(env, pops(flags));
}

/* ---- Moves between registers ---- */

void helper_x86_fpu_store_register(CPUX86State *env, uint32_t i, uint32_t flags)
{
    X87Status s = begin(env);
    X86Float80 value = holds(env, &s, 0) ? get(env, 0) : FLOAT80_INDEFINITE;

    if (completed(env, &s)) {
        set(env, i, value);
        pop(env, pops(flags));
    }
}

void helper_x86_fpu_exchange(CPUX86State *env, uint32_t i)
{
    X87Status s = begin(env);
    X86Float80 a = holds(env, &s, 0) ? get(env, 0) : FLOAT80_INDEFINITE;
    X86Float80 b = holds(env, &s, i) ? get(env, i) : FLOAT80_INDEFINITE;

    if (completed(env, &s)) {
        set(env, 0, b);
        set(env, i, a);
    }
}

void helper_x86_fpu_move_if(CPUX86State *env, uint32_t i, uint64_t condition)
{
    X87Status s = begin(env);

    if (!holds(env, &s, 0) || !holds(env, &s, i)) {
        if (completed(env, &s)) {
            set(env, 0, FLOAT80_INDEFINITE);
        }
    } else if (condition) {
        set(env, 0, get(env, i));
    }
}

void helper_x86_fpu_free(CPUX86State *env, uint32_t i, uint32_t flags)
{
    env->fpsw &= ~FPSW_C1;
    env->fptags |= 1u << physical(env, i);
    pop(env, pops(flags));
}

/* ---- D9 E0 to FF ---- */

static void change_sign(CPUX86State *env, unsigned mask, unsigned flip)
{
    X87Status s = begin(env);
    X86Float80 value = FLOAT80_INDEFINITE;

    if (holds(env, &s, 0)) {
        value = get(env, 0);
        value.sign_exponent = (value.sign_exponent & mask) ^ flip;
    }
    if (completed(env, &s)) {
        set(env, 0, value);
    }
}

static void fchs(CPUX86State *env)
{
    change_sign(env, 0xffff, FLOAT80_SIGN);
}

static void fabs_(CPUX86State *env)
{
    change_sign(env, FLOAT80_EXPONENT, 0);
}

static void ftst(CPUX86State *env)
{
    X87Status s = begin(env);
    X87Relation relation = X87_UNORDERED;

    if (holds(env, &s, 0)) {
        relation = float80_compare(&s, get(env, 0), FLOAT80_ZERO, false);
    }
    finish_comparison(env, &s, relation, 0);
}

static void fxam(CPUX86State *env)
{
    X86Float80 value = get(env, 0);
    X87Class class = is_empty(env, 0) ? X87_EMPTY : float80_class(value);

    env->fpsw = (env->fpsw & ~FPSW_CONDITIONS) | (class & 1 ? FPSW_C0 : 0) |
                (class & 2 ? FPSW_C2 : 0) | (class & 4 ? FPSW_C3 : 0) |
                (value.sign_exponent & FLOAT80_SIGN ? FPSW_C1 : 0);
}

/* ST(0) becomes function(ST(0)). */
static void replace(CPUX86State *env, X86Float80 (*function)(X87Status *, X86Float80))
{
    X87Status s = begin(env);
    X86Float80 result = holds(env, &s, 0) ? function(&s, get(env, 0)) : FLOAT80_INDEFINITE;

    if (completed(env, &s)) {
        set(env, 0, result);
    }
}

static void f2xm1(CPUX86State *env)
{
    replace(env, float80_2xm1);
}

static void fsqrt(CPUX86State *env)
{
    replace(env, float80_sqrt);
}

static void frndint(CPUX86State *env)
{
    replace(env, float80_rint);
}

/* ST(1) becomes function(ST(1), ST(0)), and ST(0) is popped. */
static void replace_pop(CPUX86State *env,
                        X86Float80 (*function)(X87Status *, X86Float80, X86Float80))
{
    X86Float80 result = FLOAT80_INDEFINITE;
    X87Status s = begin(env);

    if (holds(env, &s, 0) && holds(env, &s, 1)) {
        result = function(&s, get(env, 1), get(env, 0));
    }
    if (completed(env, &s)) {
        set(env, 1, result);
        pop(env, 1);
    }
}

static void fyl2x(CPUX86State *env)
{
    replace_pop(env, float80_ylog2x);
}

static void fyl2xp1(CPUX86State *env)
{
    replace_pop(env, float80_ylog2xp1);
}

static void fpatan(CPUX86State *env)
{
    replace_pop(env, float80_atan2);
}

static void fscale(CPUX86State *env)
{
    X86Float80 result = FLOAT80_INDEFINITE;
    X87Status s = begin(env);

    if (holds(env, &s, 0) && holds(env, &s, 1)) {
        result = float80_scale(&s, get(env, 0), get(env, 1));
    }
    if (completed(env, &s)) {
        set(env, 0, result);
    }
}

static void remainder_(CPUX86State *env, bool nearest)
{
    X86Float80 result = FLOAT80_INDEFINITE;
    X87Status s = begin(env);
    uint16_t conditions = 0;

    if (holds(env, &s, 0) && holds(env, &s, 1)) {
        result = float80_remainder(&s, get(env, 0), get(env, 1), nearest, &conditions);
    }
    if (float80_class(result) == X87_NAN || X87_FAILED(&s)) {
        conditions = env->fpsw & (FPSW_C0 | FPSW_C3); /* there is no quotient */
    }
    if (completed(env, &s)) {
        set(env, 0, result);
    }
    env->fpsw = (env->fpsw & ~(FPSW_C0 | FPSW_C2 | FPSW_C3)) | conditions;
}

static void fprem(CPUX86State *env)
{
    remainder_(env, false);
}

static void fprem1(CPUX86State *env)
{
    remainder_(env, true);
}

/* Of the functions that leave two results: ST(0) is replaced by one, the other one is pushed. */
static bool two_results_fit(CPUX86State *env, X87Status *s)
{
    return holds(env, s, 0) && has_room(env, s);
}

static void replace_push(CPUX86State *env, const X87Status *s, X86Float80 first, X86Float80 pushed)
{
    if (completed(env, s)) {
        set(env, 0, first);
        push(env, pushed);
    }
}

static void fxtract(CPUX86State *env)
{
    X86Float80 exponent = FLOAT80_INDEFINITE, significand = FLOAT80_INDEFINITE;
    X87Status s = begin(env);

    if (two_results_fit(env, &s)) {
        exponent = float80_extract(&s, get(env, 0), &significand);
    }
    replace_push(env, &s, exponent, significand);
}

/* Sine and its kin say in C2 that the operand is too large; nothing else happens then. */
static bool in_range(CPUX86State *env, bool inside)
{
    env->fpsw = (env->fpsw & ~(FPSW_C1 | FPSW_C2)) | (inside ? 0 : FPSW_C2);
    return inside;
}

static void fsin(CPUX86State *env)
{
    X86Float80 result = FLOAT80_INDEFINITE;
    X87Status s = begin(env);

    if (in_range(env, !holds(env, &s, 0) || float80_sincos(&s, get(env, 0), &result, NULL)) &&
        completed(env, &s)) {
        set(env, 0, result);
    }
}

static void fcos(CPUX86State *env)
{
    X86Float80 result = FLOAT80_INDEFINITE;
    X87Status s = begin(env);

    if (in_range(env, !holds(env, &s, 0) || float80_sincos(&s, get(env, 0), NULL, &result)) &&
        completed(env, &s)) {
        set(env, 0, result);
    }
}

static void fsincos(CPUX86State *env)
{
    X86Float80 sine = FLOAT80_INDEFINITE, cosine = FLOAT80_INDEFINITE;
    X87Status s = begin(env);

    if (in_range(env,
                 !two_results_fit(env, &s) || float80_sincos(&s, get(env, 0), &sine, &cosine))) {
        replace_push(env, &s, sine, cosine);
    }
}

static void fptan(CPUX86State *env)
{
    X86Float80 tangent = FLOAT80_INDEFINITE, pushed = FLOAT80_ONE;
    X87Status s = begin(env);

    if (in_range(env, !two_results_fit(env, &s) || float80_tan(&s, get(env, 0), &tangent))) {
        /* A NaN is pushed, too. */
        replace_push(env, &s, tangent, float80_class(tangent) == X87_NAN ? tangent : pushed);
    }
}

static void fdecstp(CPUX86State *env)
{
    env->fptop = physical(env, 7);
    env->fpsw &= ~FPSW_C1;
}

static void fincstp(CPUX86State *env)
{
    env->fptop = physical(env, 1);
    env->fpsw &= ~FPSW_C1;
}

void helper_x86_fpu_unary(CPUX86State *env, uint32_t number)
{
    static void (*const functions[32])(CPUX86State *) = {
        [0x00] = fchs,    [0x01] = fabs_,   [0x04] = ftst,   [0x05] = fxam,    [0x10] = f2xm1,
        [0x11] = fyl2x,   [0x12] = fptan,   [0x13] = fpatan, [0x14] = fxtract, [0x15] = fprem1,
        [0x16] = fdecstp, [0x17] = fincstp, [0x18] = fprem,  [0x19] = fyl2xp1, [0x1a] = fsqrt,
        [0x1b] = fsincos, [0x1c] = frndint, [0x1d] = fscale, [0x1e] = fsin,    [0x1f] = fcos,
    };

    functions[number](env);
}
