/*
 * The x87: each instruction against the host's, with all of its state: registers, tags and status
 * word, for random operands at the boundaries of the formats, in every rounding and precision mode,
 * with exceptions masked and not; and, on any host, results worked out by hand, and the quick
 * helpers against the exact ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <float.h>
#include <math.h>
#include "qemu/main-loop.h"
#include "target/i386/float80.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"

#ifndef ROUNDS
#define ROUNDS 5000
#define SEED   80
#endif

/* ---- What the helpers need of the program: guest memory is ours ---- */

uint64_t cpu_ld_mmu(CPUArchState *env, vaddr addr, MemOpIdx oi, uintptr_t ra)
{
    uint64_t value = 0;

    memcpy(&value, (void *)(uintptr_t)addr, memop_size(get_memop(oi)));
    return value;
}

void cpu_st_mmu(CPUArchState *env, vaddr addr, uint64_t value, MemOpIdx oi, uintptr_t ra)
{
    memcpy((void *)(uintptr_t)addr, &value, memop_size(get_memop(oi)));
}

void *probe_access(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx,
                   uintptr_t ra)
{
    return addr & 16 ? (void *)(uintptr_t)addr : NULL;
}

void probe_access_rights(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access,
                         int mmu_idx, uintptr_t ra)
{
}

void qemu_set_irq(qemu_irq line, int level)
{
    g_assert_not_reached(); /* there is no FERR# line */
}

bool qemu_mutex_iothread_locked(void)
{
    return true;
}

void qemu_mutex_lock_iothread(void)
{
}

void qemu_mutex_unlock_iothread(void)
{
}

/* ---- State ---- */

/* What FNSAVE writes in its 32-bit form. */
typedef struct QEMU_PACKED Image {
    uint16_t control, unused1, status, unused2, tags, unused3;
    uint32_t pointers[4];
    struct QEMU_PACKED {
        uint64_t significand;
        uint16_t sign_exponent;
    } st[8];
} Image;
QEMU_BUILD_BUG_ON(sizeof(Image) != 108);

/* An operand in memory, and what the instruction left there; or the flags. */
typedef union Operand {
    uint8_t bytes[16];
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    struct {
        uint64_t low;
        uint16_t high;
    } ten;
} Operand;

static X86CPU *cpu;

/* The same numbers each time. */
static GRand *random_source;

static uint64_t random64(void)
{
    return (uint64_t)g_rand_int(random_source) << 32 | g_rand_int(random_source);
}

static unsigned random_below(unsigned n)
{
    return (unsigned)g_rand_int_range(random_source, 0, (int)n);
}

/* Few exponents, significands with few bits or nearly all, so that ties and overflows are common.
 */
static uint64_t random_fraction(void)
{
    switch (random_below(8)) {
    case 0:
        return 0;
    case 1:
        return random_below(8);
    case 2:
        return -(uint64_t)random_below(8);
    case 3:
        return random64() & ~0ull << random_below(64);
    case 4:
        return 1ull << random_below(64);
    case 5:
        return ~0ull << random_below(64);
    default:
        return random64();
    }
}

static unsigned random_exponent(unsigned bias)
{
    unsigned near[] = { 0, 1, 2 * bias + 1, 2 * bias, bias, bias / 2, bias + bias / 2 };
    unsigned exponent = near[random_below(ARRAY_SIZE(near))];

    switch (random_below(4)) {
    case 0:
        return random64() & (2 * bias + 1);
    case 1:
        return bias + random_below(140) - 70;
    default:
        return (exponent + (random_below(2) ? random_below(130) - 65 : random_below(3) - 1)) &
               (2 * bias + 1);
    }
}

static X86Float80 random_float80(void)
{
    unsigned exponent = random_exponent(FLOAT80_BIAS);
    uint64_t significand = random_fraction();

    if (random_below(16)) {
        significand = exponent ? significand | 1ull << 63 : significand & ~(1ull << 63);
    }
    return (X86Float80){ significand, exponent | random_below(2) << 15 };
}

static Operand random_operand(void)
{
    X86Float80 value = random_float80();
    Operand o = { 0 };

    switch (random_below(6)) {
    case 0:
        o.u32 = random_below(2) << 31 | random_exponent(127) << 23 | random_fraction() >> 41;
        break;
    case 1:
        o.u64 = (uint64_t)random_below(2) << 63 | (uint64_t)random_exponent(1023) << 52 |
                random_fraction() >> 12;
        break;
    case 2:
        o.u64 = random_fraction();
        break;
    default:
        o.ten.low = value.significand;
        o.ten.high = value.sign_exponent;
    }
    return o;
}

static Operand random_bcd(void)
{
    Operand o = { 0 };

    for (unsigned i = 0; i < 9; i++) {
        o.bytes[i] = random_below(10) << 4 | random_below(10);
    }
    o.bytes[9] = random_below(2) << 7;
    return o;
}

static Image random_image(void)
{
    static const uint8_t precisions[] = { 0, 2, 3 };
    unsigned top = random_below(8);
    Image image = { .control = 0x1f7f,
                    .status =
                        top << FPSW_TOP_SHIFT | random_below(2) * (random64() & FPSW_CONDITIONS) };

    image.control &= ~(3 << FPCW_PRECISION_SHIFT | 3 << FPCW_ROUNDING_SHIFT);
    image.control |= precisions[random_below(3)] << FPCW_PRECISION_SHIFT |
                     random_below(4) << FPCW_ROUNDING_SHIFT;
    if (random_below(3) == 0) {
        image.control ^= random_below(64);
    }
    for (unsigned i = 0; i < 8; i++) {
        X86Float80 value = random_float80();
        bool empty = i == 7 ? random_below(12) != 0 : random_below(24) == 0;

        image.st[i].significand = value.significand;
        image.st[i].sign_exponent = value.sign_exponent;
        image.tags |= (empty ? 3 : 0) << (2 * ((top + i) & 7));
    }
    if (random_below(4) == 0) {
        /* Scales and quotients that aren't hopeless. */
        image.st[1].sign_exponent = FLOAT80_BIAS + random_below(20) - 4;
        image.st[1].significand |= 1ull << 63;
    }
    if (random_below(8) == 0) {
        image.st[1] = image.st[0];
        image.st[1].sign_exponent ^= random_below(2) << 15;
    }
    return image;
}

/* ---- The instructions ---- */

#ifdef __x86_64__
/* Flags go where the operand is. */
#define HOST(name, text)                                                                           \
    static void host_##name(Image *image, Operand *o)                                              \
    {                                                                                              \
        asm volatile("frstor %0\n\t" text "\n\tfnsave %0"                                          \
                     : "+m"(*image), "+m"(*o)                                                      \
                     :                                                                             \
                     : "cc", "rax");                                                               \
    }
#else
#define HOST(name, text)                                                                           \
    static void host_##name(Image *image, Operand *o)                                              \
    {                                                                                              \
    }
#endif

#define MODEL(name, call)                                                                          \
    static void model_##name(CPUX86State *env, Operand *o)                                         \
    {                                                                                              \
        call;                                                                                      \
    }

#define ADDRESS ((uintptr_t)o->bytes)
#define LOAD(name, text, format, value)                                                            \
    HOST(name, text " %1")                                                                         \
    MODEL(name, helper_x86_fpu_load(env, format, value, o->ten.high))
#define STORE(name, text, format, flags)                                                           \
    HOST(name, text " %1")                                                                         \
    MODEL(name, helper_x86_fpu_store(env, ADDRESS, format, flags))
#define REGISTERS(name, text, operation, i, flags)                                                 \
    HOST(name, text)                                                                               \
    MODEL(name, helper_x86_fpu_arithmetic(env, operation, i, flags))
#define FROM_MEMORY(name, text, operation, format, value)                                          \
    HOST(name, text " %1")                                                                         \
    MODEL(name, helper_x86_fpu_arithmetic_memory(env, operation, format, value))
#define COMPARE(name, text, i, flags)                                                              \
    HOST(name, text)                                                                               \
    MODEL(name, helper_x86_fpu_compare(env, i, flags))
#define COMPARE_MEMORY(name, text, format, value, flags)                                           \
    HOST(name, text " %1")                                                                         \
    MODEL(name, helper_x86_fpu_compare_memory(env, format, value, flags))
#define COMPARE_FLAGS(name, text, i, flags)                                                        \
    HOST(name, "movb $0x2, %%ah\n\tsahf\n\t" text "\n\tlahf\n\tmovb %%ah, %1")                     \
    MODEL(name, o->bytes[0] = (uint8_t)helper_x86_fpu_compare_flags(env, i, flags) | 2)
#define UNARY(name, number)                                                                        \
    HOST(name, #name)                                                                              \
    MODEL(name, helper_x86_fpu_unary(env, number))

#define AS_INT16 ((uint64_t)(int16_t)o->u16)
#define AS_INT32 ((uint64_t)(int32_t)o->u32)

REGISTERS(fadd, "fadd %%st(1), %%st", 0, 1, 0)
REGISTERS(fmul, "fmul %%st(1), %%st", 1, 1, 0)
REGISTERS(fsub, "fsub %%st(1), %%st", 4, 1, 0)
REGISTERS(fsubr, "fsubr %%st(1), %%st", 5, 1, 0)
REGISTERS(fdiv, "fdiv %%st(1), %%st", 6, 1, 0)
REGISTERS(fdivr, "fdivr %%st(1), %%st", 7, 1, 0)
REGISTERS(fadd_to, ".byte 0xdc, 0xc1", 0, 1, X87_TO_STI)
REGISTERS(faddp, ".byte 0xde, 0xc1", 0, 1, X87_TO_STI | X87_POP)
REGISTERS(fmulp, ".byte 0xde, 0xc9", 1, 1, X87_TO_STI | X87_POP)
REGISTERS(fsubrp, ".byte 0xde, 0xe1", 4, 1, X87_TO_STI | X87_POP)
REGISTERS(fsubp, ".byte 0xde, 0xe9", 5, 1, X87_TO_STI | X87_POP)
REGISTERS(fdivrp, ".byte 0xde, 0xf1", 6, 1, X87_TO_STI | X87_POP)
REGISTERS(fdivp, ".byte 0xde, 0xf9", 7, 1, X87_TO_STI | X87_POP)
FROM_MEMORY(fadds, "fadds", 0, X87_FLOAT32, o->u32)
FROM_MEMORY(fmull, "fmull", 1, X87_FLOAT64, o->u64)
FROM_MEMORY(fsubl, "fsubl", 4, X87_FLOAT64, o->u64)
FROM_MEMORY(fsubrs, "fsubrs", 5, X87_FLOAT32, o->u32)
FROM_MEMORY(fdivl, "fdivl", 6, X87_FLOAT64, o->u64)
FROM_MEMORY(fdivrs, "fdivrs", 7, X87_FLOAT32, o->u32)
FROM_MEMORY(fiaddl, "fiaddl", 0, X87_INT32, AS_INT32)
FROM_MEMORY(fidivs, "fidivs", 6, X87_INT16, AS_INT16)
COMPARE(fcom, "fcom %%st(1)", 1, 0)
COMPARE(fcomp, "fcomp %%st(1)", 1, X87_POP)
COMPARE(fcompp, "fcompp", 1, X87_POP_TWO)
COMPARE(fucom, "fucom %%st(1)", 1, X87_QUIET)
COMPARE(fucompp, "fucompp", 1, X87_POP_TWO | X87_QUIET)
COMPARE_MEMORY(fcoms, "fcoms", X87_FLOAT32, o->u32, 0)
COMPARE_MEMORY(fcompl, "fcompl", X87_FLOAT64, o->u64, X87_POP)
COMPARE_MEMORY(ficoml, "ficoml", X87_INT32, AS_INT32, 0)
COMPARE_FLAGS(fcomi, "fcomi %%st(1), %%st", 1, 0)
COMPARE_FLAGS(fcomip, "fcomip %%st(1), %%st", 1, X87_POP)
COMPARE_FLAGS(fucomi, "fucomi %%st(1), %%st", 1, X87_QUIET)
LOAD(flds, "flds", X87_FLOAT32, o->u32)
LOAD(fldl, "fldl", X87_FLOAT64, o->u64)
LOAD(fldt, "fldt", X87_FLOAT80, o->u64)
LOAD(filds, "filds", X87_INT16, AS_INT16)
LOAD(fildl, "fildl", X87_INT32, AS_INT32)
LOAD(fildq, "fildq", X87_INT64, o->u64)
LOAD(fbld, "fbld", X87_BCD, o->u64)
STORE(fsts, "fsts", X87_FLOAT32, 0)
STORE(fstps, "fstps", X87_FLOAT32, X87_POP)
STORE(fstl, "fstl", X87_FLOAT64, 0)
STORE(fstpl, "fstpl", X87_FLOAT64, X87_POP)
STORE(fstpt, "fstpt", X87_FLOAT80, X87_POP)
STORE(fists, "fists", X87_INT16, 0)
STORE(fistl, "fistl", X87_INT32, 0)
STORE(fistpq, "fistpq", X87_INT64, X87_POP)
STORE(fisttps, "fisttps", X87_INT16, X87_POP | X87_CUT_OFF)
STORE(fisttpl, "fisttpl", X87_INT32, X87_POP | X87_CUT_OFF)
STORE(fisttpq, "fisttpq", X87_INT64, X87_POP | X87_CUT_OFF)
STORE(fbstp, "fbstp", X87_BCD, X87_POP)
UNARY(fchs, 0x00)
UNARY(fabs, 0x01)
UNARY(ftst, 0x04)
UNARY(fxam, 0x05)
UNARY(fxtract, 0x14)
UNARY(fprem1, 0x15)
UNARY(fdecstp, 0x16)
UNARY(fincstp, 0x17)
UNARY(fprem, 0x18)
UNARY(fsqrt, 0x1a)
UNARY(frndint, 0x1c)
UNARY(fscale, 0x1d)
HOST(fld_st, "fld %%st(1)")
MODEL(fld_st, helper_x86_fpu_load_register(env, 1))
HOST(fst_st, "fst %%st(7)")
MODEL(fst_st, helper_x86_fpu_store_register(env, 7, 0))
HOST(fstp_st, "fstp %%st(1)")
MODEL(fstp_st, helper_x86_fpu_store_register(env, 1, X87_POP))
HOST(fxch, "fxch %%st(1)")
MODEL(fxch, helper_x86_fpu_exchange(env, 1))
HOST(fcmove, "cmpb %%al, %%al\n\tfcmove %%st(1), %%st")
MODEL(fcmove, helper_x86_fpu_move_if(env, 1, 1))
HOST(fcmovne, "cmpb %%al, %%al\n\tfcmovne %%st(1), %%st")
MODEL(fcmovne, helper_x86_fpu_move_if(env, 1, 0))
HOST(ffree, "ffree %%st(1)")
MODEL(ffree, helper_x86_fpu_free(env, 1, 0))
HOST(fld1, "fld1")
MODEL(fld1, helper_x86_fpu_load_constant(env, 0))
HOST(fldl2t, "fldl2t")
MODEL(fldl2t, helper_x86_fpu_load_constant(env, 1))
HOST(fldl2e, "fldl2e")
MODEL(fldl2e, helper_x86_fpu_load_constant(env, 2))
HOST(fldpi, "fldpi")
MODEL(fldpi, helper_x86_fpu_load_constant(env, 3))
HOST(fldlg2, "fldlg2")
MODEL(fldlg2, helper_x86_fpu_load_constant(env, 4))
HOST(fldln2, "fldln2")
MODEL(fldln2, helper_x86_fpu_load_constant(env, 5))
HOST(fldz, "fldz")
MODEL(fldz, helper_x86_fpu_load_constant(env, 6))
HOST(fnstcw, "fldcw %1\n\tfnstcw %1")
MODEL(fnstcw, helper_x86_fpu_set_control(env, o->u16); o->u16 = env->fpcw)
HOST(fnclex, "fnclex")
MODEL(fnclex, helper_x86_fpu_clear_exceptions(env))

UNARY(f2xm1, 0x10)
UNARY(fyl2x, 0x11)
UNARY(fptan, 0x12)
UNARY(fpatan, 0x13)
UNARY(fyl2xp1, 0x19)
UNARY(fsincos, 0x1b)
UNARY(fsin, 0x1e)
UNARY(fcos, 0x1f)

typedef struct Instruction {
    const char *name;
    void (*host)(Image *image, Operand *o);
    void (*model)(CPUX86State *env, Operand *o);
    Operand (*operand)(void);
} Instruction;

#define INSTRUCTION(name)                                                                          \
    {                                                                                              \
#name, host_##name, model_##name, random_operand                                           \
    }

static const Instruction instructions[] = {
    INSTRUCTION(fadd),
    INSTRUCTION(fmul),
    INSTRUCTION(fsub),
    INSTRUCTION(fsubr),
    INSTRUCTION(fdiv),
    INSTRUCTION(fdivr),
    INSTRUCTION(fadd_to),
    INSTRUCTION(faddp),
    INSTRUCTION(fmulp),
    INSTRUCTION(fsubrp),
    INSTRUCTION(fsubp),
    INSTRUCTION(fdivrp),
    INSTRUCTION(fdivp),
    INSTRUCTION(fadds),
    INSTRUCTION(fmull),
    INSTRUCTION(fsubl),
    INSTRUCTION(fsubrs),
    INSTRUCTION(fdivl),
    INSTRUCTION(fdivrs),
    INSTRUCTION(fiaddl),
    INSTRUCTION(fidivs),
    INSTRUCTION(fcom),
    INSTRUCTION(fcomp),
    INSTRUCTION(fcompp),
    INSTRUCTION(fucom),
    INSTRUCTION(fucompp),
    INSTRUCTION(fcoms),
    INSTRUCTION(fcompl),
    INSTRUCTION(ficoml),
    INSTRUCTION(fcomi),
    INSTRUCTION(fcomip),
    INSTRUCTION(fucomi),
    INSTRUCTION(flds),
    INSTRUCTION(fldl),
    INSTRUCTION(fldt),
    INSTRUCTION(filds),
    INSTRUCTION(fildl),
    INSTRUCTION(fildq),
    INSTRUCTION(fsts),
    INSTRUCTION(fstps),
    INSTRUCTION(fstl),
    INSTRUCTION(fstpl),
    INSTRUCTION(fstpt),
    INSTRUCTION(fists),
    INSTRUCTION(fistl),
    INSTRUCTION(fistpq),
    INSTRUCTION(fisttps),
    INSTRUCTION(fisttpl),
    INSTRUCTION(fisttpq),
    INSTRUCTION(fbstp),
    INSTRUCTION(fchs),
    INSTRUCTION(fabs),
    INSTRUCTION(ftst),
    INSTRUCTION(fxam),
    INSTRUCTION(fxtract),
    INSTRUCTION(fprem1),
    INSTRUCTION(fdecstp),
    INSTRUCTION(fincstp),
    INSTRUCTION(fprem),
    INSTRUCTION(fsqrt),
    INSTRUCTION(frndint),
    INSTRUCTION(fscale),
    INSTRUCTION(fld_st),
    INSTRUCTION(fst_st),
    INSTRUCTION(fstp_st),
    INSTRUCTION(fxch),
    INSTRUCTION(fcmove),
    INSTRUCTION(fcmovne),
    INSTRUCTION(ffree),
    INSTRUCTION(fld1),
    INSTRUCTION(fldl2t),
    INSTRUCTION(fldl2e),
    INSTRUCTION(fldpi),
    INSTRUCTION(fldlg2),
    INSTRUCTION(fldln2),
    INSTRUCTION(fldz),
    INSTRUCTION(fnstcw),
    INSTRUCTION(fnclex),
    { "fbld", host_fbld, model_fbld, random_bcd },
};

static void run_model(const Instruction *insn, Image *image, Operand *o)
{
    CPUX86State *env = &cpu->env;

    helper_x86_fpu_restore(env, (uintptr_t)image, X87_WIDE_IMAGE);
    insn->model(env, o);
    helper_x86_fpu_save(env, (uintptr_t)image, X87_WIDE_IMAGE);
}

static void describe(const char *title, const Image *image, const Operand *o)
{
    g_test_message("%s: control %04x status %04x tags %04x; st0 %04x:%016" PRIx64
                   " st1 %04x:%016" PRIx64 " st7 %04x:%016" PRIx64 "; memory %04x:%016" PRIx64,
                   title, image->control, image->status, image->tags, image->st[0].sign_exponent,
                   image->st[0].significand, image->st[1].sign_exponent, image->st[1].significand,
                   image->st[7].sign_exponent, image->st[7].significand, o->ten.high, o->ten.low);
}

/* Other manufacturers' x87s differ where the manuals leave something open. */
static bool host_is_intel(void)
{
#ifdef __x86_64__
    uint32_t eax, ebx, ecx, edx;

    __cpuid(0, eax, ebx, ecx, edx);
    return ebx == signature_INTEL_ebx && ecx == signature_INTEL_ecx && edx == signature_INTEL_edx;
#else
    return false;
#endif
}

/* What is to be the same: not the pointers. */
static bool agree(const Image *a, const Image *b)
{
    return a->control == b->control && a->status == b->status && a->tags == b->tags &&
           !memcmp(a->st, b->st, sizeof(a->st));
}

static void test_instruction(gconstpointer data)
{
    const Instruction *insn = data;

    if (!host_is_intel()) {
        g_test_skip("needs a host with an Intel CPU");
        return;
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        Image before = random_image(), host = before, model = before;
        Operand operand = insn->operand(), host_operand = operand, model_operand = operand;

        insn->host(&host, &host_operand);
        run_model(insn, &model, &model_operand);
        if (!agree(&host, &model) || memcmp(&host_operand, &model_operand, sizeof(operand))) {
            describe("before", &before, &operand);
            describe("host", &host, &host_operand);
            describe("model", &model, &model_operand);
            g_test_fail();
            return;
        }
    }
}

/* ---- The quick helpers ---- */

/* A function that does what the same model above does, on all of its states. */
typedef struct Quick {
    const char *name;
    void (*exact)(CPUX86State *env, Operand *o);
    void (*quick)(CPUX86State *env, Operand *o);
} Quick;

#define QUICK(name, call) MODEL(quick_##name, call)
#define QUICK_OF_ITS_OWN(name, exact_call, call)                                                   \
    MODEL(name, exact_call)                                                                        \
    QUICK(name, call)

#define QUICK_ARITHMETIC(operation, number)                                                        \
    QUICK_OF_ITS_OWN(operation##_st2, helper_x86_fpu_arithmetic(env, number, 2, 0),                \
                     helper_x86_fpu_##operation(env, 2, 0))                                        \
    QUICK_OF_ITS_OWN(operation##_pop,                                                              \
                     helper_x86_fpu_arithmetic(env, number, 1, X87_TO_STI | X87_POP),              \
                     helper_x86_fpu_##operation(env, 1, X87_TO_STI | X87_POP))                     \
    QUICK_OF_ITS_OWN(operation##_float32,                                                          \
                     helper_x86_fpu_arithmetic_memory(env, number, X87_FLOAT32, o->u32),           \
                     helper_x86_fpu_##operation##_memory(env, X87_FLOAT32, o->u32))                \
    QUICK_OF_ITS_OWN(operation##_float64,                                                          \
                     helper_x86_fpu_arithmetic_memory(env, number, X87_FLOAT64, o->u64),           \
                     helper_x86_fpu_##operation##_memory(env, X87_FLOAT64, o->u64))                \
    QUICK_OF_ITS_OWN(operation##_int32,                                                            \
                     helper_x86_fpu_arithmetic_memory(env, number, X87_INT32, AS_INT32),           \
                     helper_x86_fpu_##operation##_memory(env, X87_INT32, AS_INT32))

QUICK_ARITHMETIC(add, 0)
QUICK_ARITHMETIC(mul, 1)
QUICK_ARITHMETIC(sub, 4)
QUICK_ARITHMETIC(subr, 5)
QUICK_ARITHMETIC(div, 6)
QUICK_ARITHMETIC(divr, 7)
QUICK(fsqrt, helper_x86_fpu_sqrt(env))
QUICK(frndint, helper_x86_fpu_rint(env))
QUICK(fcom, helper_x86_fpu_fast_compare(env, 1, 0))
QUICK(fcompp, helper_x86_fpu_fast_compare(env, 1, X87_POP_TWO))
QUICK(fucompp, helper_x86_fpu_fast_compare(env, 1, X87_POP_TWO | X87_QUIET))
QUICK(fcoms, helper_x86_fpu_fast_compare_memory(env, X87_FLOAT32, o->u32, 0))
QUICK(fcompl, helper_x86_fpu_fast_compare_memory(env, X87_FLOAT64, o->u64, X87_POP))
QUICK(fcomi, o->bytes[0] = (uint8_t)helper_x86_fpu_fast_compare_flags(env, 1, 0) | 2)
QUICK(fcomip, o->bytes[0] = (uint8_t)helper_x86_fpu_fast_compare_flags(env, 1, X87_POP) | 2)
QUICK(fucomi, o->bytes[0] = (uint8_t)helper_x86_fpu_fast_compare_flags(env, 1, X87_QUIET) | 2)
QUICK(flds, helper_x86_fpu_load_float32(env, o->u32))
QUICK(fldl, helper_x86_fpu_load_float64(env, o->u64))
QUICK(fldt, helper_x86_fpu_load_float80(env, o->u64, o->ten.high))
QUICK(filds, helper_x86_fpu_load_integer(env, AS_INT16))
QUICK(fildq, helper_x86_fpu_load_integer(env, o->u64))

/* What translated code does. */
static void store_quickly(CPUX86State *env, Operand *o, X87Format format, unsigned bytes,
                          unsigned flags)
{
    uint64_t value = helper_x86_fpu_convert(env, format, flags);

    if (env->fp_stored < 0) {
        helper_x86_fpu_store(env, ADDRESS, format, flags);
        return;
    }
    memcpy(o->bytes, &value, bytes);
    env->fpsw = (env->fpsw & ~FPSW_C1) | env->fp_stored;
    if (flags & X87_POP) {
        env->fptags |= 1 << env->fptop;
        env->fptop = (env->fptop + 1) & 7;
    }
}

QUICK(fsts, store_quickly(env, o, X87_FLOAT32, 4, 0))
QUICK(fstpl, store_quickly(env, o, X87_FLOAT64, 8, X87_POP))
QUICK(fists, store_quickly(env, o, X87_INT16, 2, 0))
QUICK(fistl, store_quickly(env, o, X87_INT32, 4, 0))
QUICK(fistpq, store_quickly(env, o, X87_INT64, 8, X87_POP))
QUICK(fisttps, store_quickly(env, o, X87_INT16, 2, X87_POP | X87_CUT_OFF))
QUICK(fisttpl, store_quickly(env, o, X87_INT32, 4, X87_POP | X87_CUT_OFF))
QUICK(fisttpq, store_quickly(env, o, X87_INT64, 8, X87_POP | X87_CUT_OFF))

#define ROW(name)                                                                                  \
    {                                                                                              \
#name, model_##name, model_quick_##name                                                    \
    }
#define ROWS_OF_ARITHMETIC(name)                                                                   \
    ROW(name##_st2), ROW(name##_pop), ROW(name##_float32), ROW(name##_float64), ROW(name##_int32)

static const Quick quick[] = {
    ROWS_OF_ARITHMETIC(add), ROWS_OF_ARITHMETIC(mul), ROWS_OF_ARITHMETIC(sub),
    ROWS_OF_ARITHMETIC(subr), ROWS_OF_ARITHMETIC(div), ROWS_OF_ARITHMETIC(divr),
    ROW(fsqrt), ROW(frndint), ROW(fcom), ROW(fcompp), ROW(fucompp), ROW(fcoms), ROW(fcompl),
    ROW(fcomi), ROW(fcomip), ROW(fucomi), ROW(flds), ROW(fldl), ROW(fldt), ROW(filds), ROW(fildq),
    ROW(fsts), ROW(fstpl), ROW(fists), ROW(fistl), ROW(fistpq),
    ROW(fisttps), ROW(fisttpl), ROW(fisttpq),
};

/* Half of the states as a program has them: nothing special among the first registers. */
static Image usual_image(void)
{
    Image image = random_image();

    for (unsigned i = 0; i < 3; i++) {
        image.st[i].significand |= 1ull << 63;
        image.st[i].sign_exponent = FLOAT80_BIAS + random_below(80) - 40 + (random_below(2) << 15);
    }
    return image;
}

static void test_quick(gconstpointer data)
{
    const Quick *q = data;

    for (unsigned i = 0; i < 4 * ROUNDS; i++) {
        Image before = i & 1 ? random_image() : usual_image(), a = before, b = before;
        Operand operand = random_operand(), a_operand = operand, b_operand = operand;

        run_model(&(Instruction){ .model = q->exact }, &a, &a_operand);
        run_model(&(Instruction){ .model = q->quick }, &b, &b_operand);
        if (!agree(&a, &b) || memcmp(&a_operand, &b_operand, sizeof(operand))) {
            describe("before", &before, &operand);
            describe("exact", &a, &a_operand);
            describe("quick", &b, &b_operand);
            g_test_fail();
            return;
        }
    }
}

/* ---- Transcendental functions ---- */

static const Instruction functions[] = {
    INSTRUCTION(f2xm1),   INSTRUCTION(fyl2x),   INSTRUCTION(fptan), INSTRUCTION(fpatan),
    INSTRUCTION(fyl2xp1), INSTRUCTION(fsincos), INSTRUCTION(fsin),  INSTRUCTION(fcos),
};

/* Where the functions are defined; NaNs and infinities, too. */
static void restrict_operands(const Instruction *insn, Image *image)
{
    unsigned exponent = image->st[0].sign_exponent & FLOAT80_EXPONENT;

    if (exponent != FLOAT80_EXPONENT &&
        ((insn->host == host_f2xm1 && exponent >= FLOAT80_BIAS) ||
         (insn->host == host_fyl2xp1 && exponent >= FLOAT80_BIAS - 2))) {
        image->st[0].sign_exponent =
            (image->st[0].sign_exponent & FLOAT80_SIGN) | (FLOAT80_BIAS - 3 - random_below(70));
    }
}

/* Units in the last place, as numbers of one sign count them. */
static uint64_t distance(const Image *a, const Image *b, unsigned i)
{
    unsigned __int128 x =
        (unsigned __int128)a->st[i].sign_exponent << 63 | (a->st[i].significand & INT64_MAX);
    unsigned __int128 y =
        (unsigned __int128)b->st[i].sign_exponent << 63 | (b->st[i].significand & INT64_MAX);
    unsigned __int128 d = x > y ? x - y : y - x;

    return MIN(d, UINT64_MAX);
}

/* A bit for each register; which kind of number one that isn't empty has depends on its last bits.
 */
static unsigned empty_tags(const Image *image)
{
    return image->tags & image->tags >> 1 & 0x5555;
}

/*
 * The stack, the condition that says "out of range" and the exceptions that come before the
 * result are the same; the result nearly, in what precision the host's long double has.
 */
static bool nearly_agree(const Image *a, const Image *b)
{
    uint16_t same = FPSW_BEFORE | FPSW_SF | FPSW_C2 | FPSW_TOP;
    uint64_t allowed = LDBL_MANT_DIG >= 64 ? 4 : 1 << 14;

    return !((a->status ^ b->status) & same) && empty_tags(a) == empty_tags(b) &&
           distance(a, b, 0) <= allowed && distance(a, b, 1) <= allowed;
}

static void test_function(gconstpointer data)
{
    const Instruction *insn = data;

    if (!host_is_intel()) {
        g_test_skip("needs a host with an Intel CPU");
        return;
    }
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        Image before = random_image(), host, model;
        Operand operand = { 0 };

        before.control |= FPCW_MASKS;
        restrict_operands(insn, &before);
        host = model = before;
        insn->host(&host, &operand);
        run_model(insn, &model, &operand);
        if (!nearly_agree(&host, &model)) {
            describe("before", &before, &operand);
            describe("host", &host, &operand);
            describe("model", &model, &operand);
            g_test_fail();
            return;
        }
    }
}

/* ---- Worked out by hand ---- */

enum {
    NEAREST = 0x37f,
    DOWN = 0x77f,
    UP = 0xb7f,
    TO_ZERO = 0xf7f,
    BITS_24 = 0x07f,
    BITS_53 = 0x27f
};
enum { ADD, MULTIPLY, SUBTRACT = 4, DIVIDE = 6 }; /* ModRM.reg */

static const struct {
    unsigned operation;
    uint16_t control;
    X86Float80 a, b, result; /* ST(0), ST(1) */
    uint16_t status;         /* without TOP */
} sums[] = {
    /* 1 / 3 */
    { DIVIDE,
      NEAREST,
      { 1ull << 63, 0x3fff },
      { 3ull << 62, 0x4000 },
      { 0xaaaaaaaaaaaaaaab, 0x3ffd },
      FPSW_PE | FPSW_C1 },
    { DIVIDE,
      DOWN,
      { 1ull << 63, 0x3fff },
      { 3ull << 62, 0x4000 },
      { 0xaaaaaaaaaaaaaaaa, 0x3ffd },
      FPSW_PE },
    { DIVIDE,
      DOWN,
      { 1ull << 63, 0xbfff },
      { 3ull << 62, 0x4000 },
      { 0xaaaaaaaaaaaaaaab, 0xbffd },
      FPSW_PE | FPSW_C1 },
    { DIVIDE,
      TO_ZERO,
      { 1ull << 63, 0xbfff },
      { 3ull << 62, 0x4000 },
      { 0xaaaaaaaaaaaaaaaa, 0xbffd },
      FPSW_PE },
    { DIVIDE,
      BITS_24,
      { 1ull << 63, 0x3fff },
      { 3ull << 62, 0x4000 },
      { 0xaaaaab0000000000, 0x3ffd },
      FPSW_PE | FPSW_C1 },
    { DIVIDE,
      BITS_53,
      { 1ull << 63, 0x3fff },
      { 3ull << 62, 0x4000 },
      { 0xaaaaaaaaaaaaa800, 0x3ffd },
      FPSW_PE },
    /* The largest number doubled, the smallest halved. */
    { ADD,
      NEAREST,
      { ~0ull, 0x7ffe },
      { ~0ull, 0x7ffe },
      { 1ull << 63, 0x7fff },
      FPSW_OE | FPSW_PE | FPSW_C1 },
    { ADD, DOWN, { ~0ull, 0x7ffe }, { ~0ull, 0x7ffe }, { ~0ull, 0x7ffe }, FPSW_OE | FPSW_PE },
    { MULTIPLY, NEAREST, { 1, 0 }, { 1ull << 63, 0x3ffe }, { 0, 0 }, FPSW_DE | FPSW_UE | FPSW_PE },
    { MULTIPLY,
      UP,
      { 1, 0 },
      { 1ull << 63, 0x3ffe },
      { 1, 0 },
      FPSW_DE | FPSW_UE | FPSW_PE | FPSW_C1 },
    /* Unmasked, the overflow's exponent is off by 24576. */
    { ADD,
      NEAREST & ~FPSW_OE,
      { ~0ull, 0x7ffe },
      { ~0ull, 0x7ffe },
      { ~0ull, 0x1fff },
      FPSW_OE | FPSW_ES | FPSW_B },
    /* Infinities, a division by zero, zeros' signs. */
    { SUBTRACT,
      NEAREST,
      { 1ull << 63, 0x7fff },
      { 1ull << 63, 0x7fff },
      { 3ull << 62, 0xffff },
      FPSW_IE },
    { DIVIDE, NEAREST, { 1ull << 63, 0xbfff }, { 0, 0 }, { 1ull << 63, 0xffff }, FPSW_ZE },
    { SUBTRACT, DOWN, { 1ull << 63, 0x3fff }, { 1ull << 63, 0x3fff }, { 0, 0x8000 }, 0 },
    /* NaNs: of a quiet and a signaling one the quiet one; an unnormal. */
    { ADD,
      NEAREST,
      { 0xc000000000000005, 0x7fff },
      { 0xa000000000000009, 0x7fff },
      { 0xc000000000000005, 0x7fff },
      FPSW_IE },
    { ADD,
      NEAREST,
      { 1ull << 62, 0x4000 },
      { 1ull << 63, 0x3fff },
      { 3ull << 62, 0xffff },
      FPSW_IE },
};

static void test_by_hand(void)
{
    CPUX86State *env = &cpu->env;

    for (unsigned i = 0; i < ARRAY_SIZE(sums); i++) {
        x86_fpu_init(env);
        helper_x86_fpu_load(env, X87_FLOAT80, sums[i].b.significand, sums[i].b.sign_exponent);
        helper_x86_fpu_load(env, X87_FLOAT80, sums[i].a.significand, sums[i].a.sign_exponent);
        helper_x86_fpu_set_control(env, sums[i].control);
        helper_x86_fpu_arithmetic(env, sums[i].operation, 1, 0);
        g_assert_cmphex(env->fpregs[env->fptop].significand, ==, sums[i].result.significand);
        g_assert_cmphex(env->fpregs[env->fptop].sign_exponent, ==, sums[i].result.sign_exponent);
        g_assert_cmphex(env->fpsw, ==, sums[i].status);
        g_assert_cmpint(env->fp_pending, ==, (sums[i].status & FPSW_ES) != 0);
    }
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    random_source = g_rand_new_with_seed(SEED);
    cpu = g_new0(X86CPU, 1);
    cpu->env.hflags = X86_HF_CS64 | X86_HF_PE;
    cpu->env.cr0 = CR0_NE;
    g_test_add_func("/x86/x87/by-hand", test_by_hand);
    for (unsigned i = 0; i < ARRAY_SIZE(instructions); i++) {
        g_autofree char *path = g_strdup_printf("/x86/x87/%s", instructions[i].name);

        g_test_add_data_func(path, &instructions[i], test_instruction);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(quick); i++) {
        g_autofree char *path = g_strdup_printf("/x86/x87/quick-helper/%s", quick[i].name);

        g_test_add_data_func(path, &quick[i], test_quick);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(functions); i++) {
        g_autofree char *path = g_strdup_printf("/x86/x87/%s", functions[i].name);

        g_test_add_data_func(path, &functions[i], test_function);
    }
    result = g_test_run();
    g_free(cpu);
    g_rand_free(random_source);
    return result;
}
