/*
 * Floating point of generated code against the exact integer path, on random programs: every
 * operation with operands that meet at boundaries, loads and stores of both sizes, comparisons with
 * branches, and the FPSCR read, changed and switched through its modes between them. On the back
 * end named by the first argument: host or interp.
 *
 * A program is a loop of a few blocks. The reference executes the same rows one by one with
 * ppc_soft_*(), which ppc-fp-mpfr holds against MPFR. After the run every FPR, the FPSCR, the CR
 * and the stored data must be equal. PPC_FP_SEED and PPC_FP_COUNT say where to start and how many;
 * PPC_FP_OLD_HOST: without the host's AVX and FMA3; PPC_FP_HELPERS: with -accel tcg's
 * float-inline=off.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <fenv.h>
#include "ppc-system.h"
#include "hw/core/cpu.h"
#include "qemu/bswap.h"
#include "system/memory.h"
#include "target/ppc/fpu.h"
#include "target/ppc/helper.h"
#include "tcg/x86_64/emit.h"

#define MAX_BODY  40
#define MAX_ROUND 4
#define NB_REGS   10 /* FPRs in use; few, so that results meet again */
#define NB_SLOTS  8  /* doublewords of data in use */
#define DEVICE    0x80000000u
#define WORD      0x43300000u /* in r6 */

#define FP(op, t, a, b, c, xo) ((op) << 26 | (t) << 21 | (a) << 16 | (b) << 11 | (c) << 6 | (xo) << 1)
#define MFFS(t)                FP(63u, t, 0, 0, 0, 583)
#define MTFSB0(bit)            FP(63u, bit, 0, 0, 0, 70)
#define FRSP(t, b)             FP(63u, t, 0, b, 0, 12)
#define FMADD(t, a, c, b)      FP(63u, t, a, b, c, 29)
#define FMR(t, b)              FP(63u, t, 0, b, 0, 72)
#define FCTIWZ(t, b)           FP(63u, t, 0, b, 0, 15)
#define TRAP                   0x7fe00008u
#define FCMPU(crf, a, b)       FP(63u, (crf) << 2, a, b, 0, 0)

/* ---- Operands ---- */

static const uint64_t special[] = {
    0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x0010000000000001, 0x0020000000000000,
    0x3ff0000000000000, 0x3ff0000000000001, 0x3fefffffffffffff, 0x4000000000000000,
    0x3fe0000000000000, 0x4008000000000000, 0x7fefffffffffffff, 0x7ff0000000000000,
    0x7ff8000000000000, 0x7ff0000000000001, 0x7ff4000000000001, 0xfff8000000000123,
    0x36a0000000000000, 0x380fffffc0000000, 0x3810000000000000, 0x3810000000000001,
    0x380fffffffffffff, 0x3810000020000000, 0x47efffffe0000000, 0x47effffff0000000,
    0x47f0000000000000, 0x3ff0000020000000, 0x3ff0000010000000, 0x3ff0000010000001,
    0x3ff000000fffffff, 0x3ff0000030000000, 0x41dfffffffc00000, 0x41e0000000000000,
    0x41dfffffffe00000, 0x41efffffffe00000, 0x3fdfffffffffffff, 0x2000000000000000,
    0x2010000000000000, 0x1ff0000000000001, 0x5fe0000000000000, 0x3690000000000000,
    0x3680000000000000, 0x3ca0000000000000, 0x3e70000000000000, 0x3fd5555555555555,
};

static uint64_t random64(GRand *r)
{
    return (uint64_t)g_rand_int(r) << 32 | g_rand_int(r);
}

static uint64_t operand(GRand *r)
{
    static const unsigned middles[] = { 1023, 1023, 1023, 1, 2046, 1023 - 126, 1023 + 127, 512, 1535,
                                        1023 + 31 };
    uint64_t v = random64(r);
    unsigned exp;

    if (g_rand_int_range(r, 0, 3) == 0) {
        return special[g_rand_int_range(r, 0, ARRAY_SIZE(special))] ^ (v & F64_SIGN);
    }
    exp = middles[g_rand_int_range(r, 0, ARRAY_SIZE(middles))] + g_rand_int_range(r, -4, 5);
    v = (v & ~F64_INF) | (uint64_t)(exp & 0x7ff) << F64_EXP_SHIFT;
    switch (g_rand_int_range(r, 0, 4)) {
    case 0:
        return v & ~0x1fffffffull; /* a single's fraction */
    case 1:
        return v & ~((1ull << g_rand_int_range(r, 20, 52)) - 1);
    default:
        return v;
    }
}

/* ---- Rows ---- */

typedef struct Insn {
    const struct Row *row;
    uint8_t t, a, b, c;
    uint32_t word;
} Insn;

typedef struct Row {
    const char *name;
    uint32_t word; /* without registers */
    uint8_t fields; /* which of t a b c are registers: 1 2 4 8 */
    bool rc;
    void (*execute)(CPUPPCState *env, const Insn *i, uint8_t *data);
} Row;

enum { T = 1, A = 2, B = 4, C = 8 };

#define EXECUTE(name) static void name(CPUPPCState *env, const Insn *i, uint8_t *data)

static void write_result(CPUPPCState *env, const Insn *i, uint64_t v)
{
    if (!env->fp_suppressed) {
        env->fpr[i->t] = v;
    }
    env->fp_suppressed = 0;
}

#define ARITHMETIC(name, expr)                                                                     \
    EXECUTE(do_##name)                                                                             \
    {                                                                                              \
        uint64_t a = env->fpr[i->a], b = env->fpr[i->b], c = env->fpr[i->c];                       \
                                                                                                   \
        (void)a, (void)b, (void)c;                                                                 \
        write_result(env, i, expr);                                                                \
    }
ARITHMETIC(fadd, ppc_soft_add(env, a, b, false, false))
ARITHMETIC(fadds, ppc_soft_add(env, a, b, false, true))
ARITHMETIC(fsub, ppc_soft_add(env, a, b, true, false))
ARITHMETIC(fsubs, ppc_soft_add(env, a, b, true, true))
ARITHMETIC(fmul, ppc_soft_mul(env, a, c, false))
ARITHMETIC(fmuls, ppc_soft_mul(env, a, c, true))
ARITHMETIC(fdiv, ppc_soft_div(env, a, b, false))
ARITHMETIC(fdivs, ppc_soft_div(env, a, b, true))
ARITHMETIC(fmadd, ppc_soft_fma(env, a, c, b, false, false, false))
ARITHMETIC(fmadds, ppc_soft_fma(env, a, c, b, false, false, true))
ARITHMETIC(fmsub, ppc_soft_fma(env, a, c, b, true, false, false))
ARITHMETIC(fmsubs, ppc_soft_fma(env, a, c, b, true, false, true))
ARITHMETIC(fnmadd, ppc_soft_fma(env, a, c, b, false, true, false))
ARITHMETIC(fnmadds, ppc_soft_fma(env, a, c, b, false, true, true))
ARITHMETIC(fnmsub, ppc_soft_fma(env, a, c, b, true, true, false))
ARITHMETIC(fnmsubs, ppc_soft_fma(env, a, c, b, true, true, true))
ARITHMETIC(frsp, ppc_soft_frsp(env, b))
ARITHMETIC(fctiw, ppc_soft_fctiw(env, b, false))
ARITHMETIC(fctiwz, ppc_soft_fctiw(env, b, true))
ARITHMETIC(fres, ppc_soft_fres(env, b))
ARITHMETIC(frsqrte, ppc_soft_frsqrte(env, b))
ARITHMETIC(fmr, b)
ARITHMETIC(fneg, b ^ F64_SIGN)
ARITHMETIC(fabs, b & ~F64_SIGN)
ARITHMETIC(fnabs, b | F64_SIGN)
ARITHMETIC(fsel, !f64_is_nan(a) && (!(a >> 63) || f64_is_zero(a)) ? c : b)
ARITHMETIC(mffs, 0xfff80000ull << 32 | env->fpscr)

static void set_crf(CPUPPCState *env, unsigned crf, uint64_t value)
{
    env->crf[crf] = ppc_crf_pack(ppc_crf_unpack(value));
}

EXECUTE(do_fcmpu) { set_crf(env, i->t, helper_ppc_fcmpu(env, env->fpr[i->a], env->fpr[i->b])); }
EXECUTE(do_fcmpo) { set_crf(env, i->t, helper_ppc_fcmpo(env, env->fpr[i->a], env->fpr[i->b])); }
EXECUTE(do_mcrfs) { set_crf(env, i->t, helper_ppc_mcrfs(env, i->a)); }
EXECUTE(do_lfd) { env->fpr[i->t] = ldq_be_p(data + 8 * i->a); }
EXECUTE(do_lfs) { env->fpr[i->t] = helper_ppc_todouble(ldl_be_p(data + 8 * i->a)); }
EXECUTE(do_stfd) { stq_be_p(data + 8 * i->a, env->fpr[i->t]); }
EXECUTE(do_stfs) { stl_be_p(data + 8 * i->a, helper_ppc_tosingle(env->fpr[i->t])); }
EXECUTE(do_stw) { stl_be_p(data + 4 * i->a, WORD); }
EXECUTE(do_stfiwx) { stl_be_p(data, env->fpr[i->t]); }
EXECUTE(do_nothing) { }

static void change_bit(CPUPPCState *env, unsigned bit, bool value)
{
    if (value != (env->fpscr >> (31 - bit) & 1)) {
        helper_ppc_mtfsb(env, bit, value);
    }
}

EXECUTE(do_mtfsb0) { change_bit(env, i->t, false); }
EXECUTE(do_mtfsb1) { change_bit(env, i->t, true); }
EXECUTE(do_mtfsfi) { helper_ppc_mtfsf(env, i->b << (28 - 4 * i->t), 15u << (28 - 4 * i->t)); }

EXECUTE(do_mtfsf)
{
    uint32_t mask = 0;

    for (unsigned n = 0; n < 8; n++) {
        mask |= i->t >> (7 - n) & 1 ? 0xf0000000u >> 4 * n : 0;
    }
    helper_ppc_mtfsf(env, env->fpr[i->b], mask);
}

#define DOUBLE(name, fields, xo) { #name, FP(63u, 0, 0, 0, 0, xo), fields, true, do_##name }
#define SINGLE(name, fields, xo) { #name, FP(59u, 0, 0, 0, 0, xo), fields, true, do_##name }
#define BOTH(name, fields, xo) DOUBLE(name, fields, xo), SINGLE(name##s, fields, xo)

/* Rows that come up as often as they stand here; then those that are made by hand. */
static const Row rows[] = {
    BOTH(fadd, T | A | B, 21), BOTH(fsub, T | A | B, 20), BOTH(fmul, T | A | C, 25),
    BOTH(fdiv, T | A | B, 18), BOTH(fmadd, T | A | B | C, 29), BOTH(fmsub, T | A | B | C, 28),
    BOTH(fnmadd, T | A | B | C, 31), BOTH(fnmsub, T | A | B | C, 30),
    BOTH(fadd, T | A | B, 21), BOTH(fmul, T | A | C, 25), BOTH(fmadd, T | A | B | C, 29),
    DOUBLE(frsp, T | B, 12), DOUBLE(fctiw, T | B, 14), DOUBLE(fctiwz, T | B, 15),
    SINGLE(fres, T | B, 24), DOUBLE(frsqrte, T | B, 26), DOUBLE(fmr, T | B, 72),
    DOUBLE(fneg, T | B, 40), DOUBLE(fabs, T | B, 264), DOUBLE(fnabs, T | B, 136),
    DOUBLE(fsel, T | A | B | C, 23), DOUBLE(mffs, T, 583),
};
static const Row row_fcmpu = { "fcmpu", 63u << 26, A | B, false, do_fcmpu };
static const Row row_fcmpo = { "fcmpo", FP(63u, 0, 0, 0, 0, 32), A | B, false, do_fcmpo };
static const Row row_mcrfs = { "mcrfs", FP(63u, 0, 0, 0, 0, 64), 0, false, do_mcrfs };
static const Row row_lfd = { "lfd", D(50u, 0, 0, 0), T, false, do_lfd };
static const Row row_lfs = { "lfs", D(48u, 0, 0, 0), T, false, do_lfs };
static const Row row_stfd = { "stfd", D(54u, 0, 0, 0), T, false, do_stfd };
static const Row row_stfs = { "stfs", D(52u, 0, 0, 0), T, false, do_stfs };
static const Row row_stw = { "stw", D(36u, 6, 0, 0), 0, false, do_stw }; /* a half of a slot */
static const Row row_stfiwx = { "stfiwx", X(983u, 0, 0, 4), T, false, do_stfiwx };
static const Row row_mtfsb0 = { "mtfsb0", FP(63u, 0, 0, 0, 0, 70), 0, true, do_mtfsb0 };
static const Row row_mtfsb1 = { "mtfsb1", FP(63u, 0, 0, 0, 0, 38), 0, true, do_mtfsb1 };
static const Row row_mtfsfi = { "mtfsfi", FP(63u, 0, 0, 0, 0, 134), 0, true, do_mtfsfi };
static const Row row_mtfsf = { "mtfsf", FP(63u, 0, 0, 0, 0, 711), B, true, do_mtfsf };
static const Row row_mtmsr = { "mtmsr", MTMSR(5), 0, false, do_nothing }; /* ends the block */
static const Row row_bc = { "bc", 0, 0, false, do_nothing }; /* over the next instruction */

/* ---- Programs ---- */

typedef struct Program {
    Insn insns[MAX_BODY];
    unsigned nb, rounds;
} Program;

/* `base`: the register that points to the data. */
static Insn random_insn(GRand *r, bool may_branch, bool may_switch, unsigned base)
{
    Insn i = { .t = g_rand_int_range(r, 0, NB_REGS), .a = g_rand_int_range(r, 0, NB_REGS),
               .b = g_rand_int_range(r, 0, NB_REGS), .c = g_rand_int_range(r, 0, NB_REGS) };
    unsigned crf = g_rand_int_range(r, 0, 8), slot = g_rand_int_range(r, 0, NB_SLOTS);
    unsigned bit = g_rand_int_range(r, 0, may_switch ? 32 : 24), kind = g_rand_int_range(r, 0, 40);
    uint32_t extra = 0;

    static const Row *const accesses[] = { &row_lfd, &row_lfs, &row_stfd, &row_stfs };

    if (kind < 26) {
        i.row = &rows[g_rand_int_range(r, 0, ARRAY_SIZE(rows))];
    } else if (kind < 31) {
        i.row = accesses[g_rand_int_range(r, 0, ARRAY_SIZE(accesses))];
        i.a = slot;
        extra = base << 16 | 8 * slot;
    } else if (kind == 31 && g_rand_int_range(r, 0, 2)) {
        i.row = &row_stfiwx;
    } else if (kind == 31) {
        i.row = &row_stw;
        i.a = 2 * slot + g_rand_int_range(r, 0, 2);
        extra = base << 16 | 4 * i.a;
    } else if (kind < 34) {
        i.row = kind == 32 ? &row_fcmpu : &row_fcmpo;
        i.t = crf;
        extra = crf << 23;
    } else if (kind == 34) {
        i.row = &row_mcrfs;
        i.t = crf;
        i.a = g_rand_int_range(r, 0, 8);
        extra = crf << 23 | i.a << 18;
    } else if (kind == 35) {
        i.row = g_rand_int_range(r, 0, 2) ? &row_mtfsb0 : &row_mtfsb1;
        i.t = bit;
        extra = bit << 21;
    } else if (kind == 36 && may_switch) {
        i.row = &row_mtfsfi;
        i.t = crf;
        i.b = g_rand_int_range(r, 0, 16);
        extra = crf << 23 | i.b << 12;
    } else if (kind == 37 && may_switch) {
        i.row = &row_mtfsf;
        i.t = g_rand_int_range(r, 0, 256);
        extra = i.t << 17;
    } else if (kind == 38) {
        i.row = &row_mtmsr;
    } else if (may_branch) {
        i.row = &row_bc;
        i.t = g_rand_int_range(r, 0, 2) ? 12 : 4; /* if a CR bit is set; if it isn't */
        i.a = g_rand_int_range(r, 0, 32);
        i.word = BC(i.t, i.a, 8);
        return i;
    } else {
        i.row = &rows[0];
    }
    i.word = i.row->word | extra;
    i.word |= i.row->fields & T ? i.t << 21 : 0;
    i.word |= i.row->fields & A ? i.a << 16 : 0;
    i.word |= i.row->fields & B ? i.b << 11 : 0;
    i.word |= i.row->fields & C ? i.c << 6 : 0;
    i.word |= i.row->rc && !g_rand_int_range(r, 0, 8);
    return i;
}

static void random_program(GRand *r, Program *p, bool may_switch)
{
    unsigned base;

    p->nb = g_rand_int_range(r, 1, MAX_BODY);
    p->rounds = g_rand_int_range(r, 1, MAX_ROUND + 1);
    base = g_rand_int_range(r, 0, 2) ? 1 : 4; /* the stack pointer, or another */
    for (unsigned i = 0; i < p->nb; i++) {
        p->insns[i] = random_insn(r, i + 1 < p->nb, may_switch, base);
    }
}

static bool branches(const CPUPPCState *env, const Insn *i)
{
    bool set = ppc_crf_unpack(env->crf[i->a >> 2]) >> (3 - (i->a & 3)) & 1;

    return i->row == &row_bc && set == (i->t == 12);
}

static void run_reference(const Program *p, CPUPPCState *env, uint8_t *data)
{
    for (unsigned n = 0; n < p->rounds; n++) {
        for (unsigned i = 0; i < p->nb; i++) {
            const Insn *insn = &p->insns[i];

            insn->row->execute(env, insn, data);
            if (insn->row->rc && (insn->word & 1)) {
                env->crf[1] = ppc_crf_pack(env->fpscr >> 28);
            }
            i += branches(env, insn);
        }
    }
}

static void show(const Program *p, const PPCTestState *start)
{
    for (unsigned i = 0; i < NB_REGS; i++) {
        g_printerr("  f%u = %016" PRIx64 "\n", i, start->fpr[i]);
    }
    g_printerr("  fpscr %08x, %u rounds of:\n", start->fpscr, p->rounds);
    for (unsigned i = 0; i < p->nb; i++) {
        const Insn *n = &p->insns[i];

        g_printerr("  %-8s %u, %u, %u, %u%s\n", n->row->name, n->t, n->a, n->b, n->c,
                   n->row->rc && (n->word & 1) ? " Rc" : "");
    }
}

static void compare(uint32_t seed, const Program *p, const PPCTestState *start,
                    const PPCTestState *s, const CPUPPCState *env, const uint8_t *data)
{
    if (s->stop == PPC_STOP_END && s->fpscr == env->fpscr && s->cr == ppc_get_cr(env) &&
        !memcmp(s->fpr, env->fpr, sizeof(s->fpr)) && !memcmp(s->data, data, NB_SLOTS * 8)) {
        return;
    }
    show(p, start);
    g_printerr("stop %x, fpscr %08x instead of %08x, cr %08x instead of %08x\n", s->stop, s->fpscr,
               env->fpscr, s->cr, ppc_get_cr(env));
    for (unsigned i = 0; i < NB_REGS; i++) {
        if (s->fpr[i] != env->fpr[i]) {
            g_printerr("f%u: %016" PRIx64 " instead of %016" PRIx64 "\n", i, s->fpr[i],
                       env->fpr[i]);
        }
    }
    for (unsigned i = 0; i < NB_SLOTS; i++) {
        if (memcmp(s->data + 8 * i, data + 8 * i, 8)) {
            g_printerr("data %u: %016" PRIx64 " instead of %016" PRIx64 "\n", i,
                       ldq_be_p(s->data + 8 * i), ldq_be_p(data + 8 * i));
        }
    }
    g_error("PPC_FP_SEED=%u: differs", seed);
}

static void run_seed(uint32_t seed, bool may_switch)
{
    g_autofree CPUPPCState *env = g_new0(CPUPPCState, 1);
    g_autofree PPCTestState *s = g_new(PPCTestState, 1), *start = g_new(PPCTestState, 1);
    GRand *r = g_rand_new_with_seed(seed);
    uint32_t code[MAX_BODY + 1];
    uint8_t data[NB_SLOTS * 8];
    Program p;

    random_program(r, &p, may_switch);
    ppc_state_init(s);
    memset(s->fpr, 0, sizeof(s->fpr));
    memset(s->data, 0, sizeof(s->data));
    for (unsigned i = 0; i < NB_REGS; i++) {
        s->fpr[i] = operand(r);
    }
    for (unsigned i = 0; i < NB_SLOTS; i++) {
        stq_be_p(s->data + 8 * i, g_rand_int_range(r, 0, 2) ? operand(r) : random64(r));
    }
    s->msr = MSR_FP | MSR_ME;
    s->gpr[1] = s->gpr[4] = PPC_DATA;
    s->gpr[5] = s->msr;
    s->gpr[6] = WORD;
    s->ctr = p.rounds;
    s->cr = g_rand_int(r);
    s->fpscr = (g_rand_int_range(r, 0, 2) ? FPSCR_XX : 0) | (g_rand_int(r) & FPSCR_RESULT);
    s->fpscr |= may_switch && !g_rand_int_range(r, 0, 4) ? g_rand_int(r) & 0xff : 0;
    *start = *s;
    memcpy(env->fpr, s->fpr, sizeof(env->fpr));
    memcpy(data, s->data, sizeof(data));
    ppc_set_cr(env, s->cr);
    ppc_store_fpscr(env, s->fpscr, UINT32_MAX);
    run_reference(&p, env, data);
    for (unsigned i = 0; i < p.nb; i++) {
        code[i] = p.insns[i].word;
    }
    code[p.nb] = BDNZ(-4 * (int)p.nb);
    ppc_machine_run(s, code, p.nb + 1);
    compare(seed, &p, start, s, env, data);
    g_rand_free(r);
}

static unsigned from_environment(const char *name, unsigned otherwise)
{
    const char *v = g_getenv(name);

    return v ? strtoul(v, NULL, 0) : otherwise;
}

static void test_programs(void)
{
    uint32_t seed = from_environment("PPC_FP_SEED", 1);

    for (unsigned n = from_environment("PPC_FP_COUNT", 3000); n; n--) {
        run_seed(seed++, false);
    }
}

static void test_modes(void)
{
    uint32_t seed = from_environment("PPC_FP_SEED", 1000001);

    for (unsigned n = from_environment("PPC_FP_COUNT", 3000); n; n--) {
        run_seed(seed++, true);
    }
}

/* By a debugger's single steps: a block for each instruction. */
static void test_steps(void)
{
    ppc_machine_step(true);
    for (uint32_t seed = 1; seed <= 60; seed++) {
        run_seed(seed, seed % 2);
    }
    ppc_machine_step(false);
}

/* ---- What random programs don't meet ---- */

static void begin_fp(uint32_t fpscr)
{
    ppc_state_init(&s);
    s.msr = MSR_FP | MSR_ME;
    s.fpscr = fpscr;
    s.gpr[4] = PPC_DATA;
    s.fpr[1] = 0x3ff0000000000000; /* 1 */
    s.fpr[2] = 0x4008000000000000; /* 3 */
    s.fpr[3] = 0x3fb999999999999a; /* 0.1 */
}

/* What a device computes meanwhile. */
static void device_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    volatile double third = 1.0 / (double)(data | 3), big = third * 1e300;

    big *= big;
    g_assert_true(fetestexcept(FE_INEXACT) && big > 0);
}

static const MemoryRegionOps device_ops = {
    .write = device_write,
    .endianness = DEVICE_BIG_ENDIAN,
};

static void add_device(void)
{
    static MemoryRegion mr;

    tcg_float_inline = !g_getenv("PPC_FP_HELPERS");
    if (g_getenv("PPC_FP_OLD_HOST")) {
        x86_features.avx = x86_features.avx2 = x86_features.fma = false;
    }
    memory_region_init_io(&mr, NULL, &device_ops, NULL, "computing", 0x1000);
    memory_region_add_subregion(get_system_memory(), DEVICE, &mr);
}

/* The host's flags are as a device has left them; the guest's show the guest's operations only. */
static void test_host_flags(void)
{
    begin_fp(0);
    s.gpr[6] = DEVICE;
    RUN(FADD(5, 1, 2), STW(3, 0, 6), FADD(6, 1, 2), STW(3, 0, 6), FADD(7, 2, 2));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
    g_assert_cmphex(s.fpscr, ==, FPRF_POS_NORMAL);
    begin_fp(0);
    s.gpr[6] = DEVICE;
    RUN(FADD(5, 1, 2), STW(3, 0, 6), FDIV(6, 1, 2), STW(3, 0, 6), FADD(7, 2, 2));
    g_assert_cmphex(s.fpscr, ==, FPSCR_FX | FPSCR_XX | FPRF_POS_NORMAL);
}

/* FX is set by a bit that becomes set, not by one that is. */
static void test_fx(void)
{
    begin_fp(0);
    RUN(FDIV(5, 1, 2), MTFSB0(0), FDIV(6, 1, 2));
    g_assert_cmphex(s.fpscr, ==, FPSCR_XX | FPSCR_FI | FPRF_POS_NORMAL);
    begin_fp(0);
    RUN(FDIV(5, 1, 2), MTFSB0(0), MTFSB0(6), FDIV(6, 1, 2));
    g_assert_cmphex(s.fpscr, ==, FPSCR_FX | FPSCR_XX | FPSCR_FI | FPRF_POS_NORMAL);
    begin_fp(FPSCR_XX);
    s.fpr[3] = 0x7fefffffffffffff;
    RUN(FADD(5, 3, 3), FADD(6, 1, 2));
    g_assert_cmphex(s.fpscr, ==, FPSCR_FX | FPSCR_XX | FPSCR_OX | FPRF_POS_NORMAL);
}

/* The last operation is still known after an exception, in whatever registers its operands are. */
static void test_exception(void)
{
    begin_fp(FPSCR_XX);
    s.gpr[6] = 0x90000000; /* nothing there */
    RUN(FDIV(1, 1, 2), FMR(2, 3), LFD(3, 0, 6));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_MCHECK);
    g_assert_cmphex(s.fpscr, ==, FPSCR_XX | FPSCR_FI | FPRF_POS_NORMAL);
    begin_fp(FPSCR_XX);
    s.fpr[3] = 0xffefffffffffffff;
    RUN(FDIV(1, 1, 2), FMADD(1, 1, 2, 3), FCMPU(3, 2, 1), LWZ(3, 1, 4), TRAP);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_PROGRAM);
    g_assert_cmphex(s.fpscr, ==, FPSCR_XX | FPSCR_FR | FPSCR_FI | 0x4000);
}

/* The other way round: code that knows nothing of the record overwrites the registers. */
static void test_other_block(void)
{
    begin_fp(FPSCR_XX);
    s.gpr[5] = s.msr;
    RUN(FDIV(5, 1, 2), MTMSR(5), FMR(1, 3), FMR(2, 3), MTMSR(5), MFFS(4));
    g_assert_cmphex(s.fpr[4], ==, 0xfff8000000000000 | FPSCR_XX | FPSCR_FI | FPRF_POS_NORMAL);
    begin_fp(FPSCR_XX);
    s.gpr[5] = s.msr;
    RUN(FDIV(5, 1, 2), BRANCH(8), NOP, FMR(1, 3), FMR(2, 3), BRANCH(4), MFFS(4), FCTIWZ(6, 2),
        MTMSR(5), FMR(2, 1), FRSP(2, 2), MFFS(7));
    g_assert_cmphex(s.fpr[4], ==, 0xfff8000000000000 | FPSCR_XX | FPSCR_FI | FPRF_POS_NORMAL);
    g_assert_cmphex(s.fpr[7], ==, 0xfff8000000000000 | FPSCR_XX | FPSCR_FR | FPSCR_FI |
                                      FPRF_POS_NORMAL);
}

/* Bit by bit around the smallest normal numbers: tiny is what is so before it is rounded. */
static void test_tininess(void)
{
    begin_fp(FPSCR_XX);
    s.fpr[1] = 0x000fffffffffffff;
    s.fpr[2] = 0x3ff0000000000001;
    RUN(FP(63u, 5, 1, 0, 2, 25)); /* fmul: rounds to the smallest normal number */
    g_assert_cmphex(s.fpr[5], ==, 0x0010000000000000);
    g_assert_cmphex(s.fpscr, ==, FPSCR_FX | FPSCR_XX | FPSCR_UX | FPSCR_FR | FPSCR_FI |
                                     FPRF_POS_NORMAL);
    begin_fp(FPSCR_XX);
    s.fpr[1] = 0x380fffffffffffff;
    RUN(FRSP(5, 1));
    g_assert_cmphex(s.fpr[5], ==, 0x3810000000000000);
    g_assert_cmphex(s.fpscr, ==, FPSCR_FX | FPSCR_XX | FPSCR_UX | FPSCR_FR | FPSCR_FI |
                                     FPRF_POS_NORMAL);
}

/* The helper's result is what counts, not what was computed before it was asked. */
static void test_negated_zero(void)
{
    begin_fp(FPSCR_XX);
    s.fpr[1] = 0;
    s.fpr[2] = F64_SIGN;
    RUN(FP(59u, 5, 1, 2, 1, 31), FP(59u, 6, 5, 0, 5, 25), FP(59u, 7, 5, 5, 0, 21)); /* fnmadds ... */
    g_assert_cmphex(s.fpr[5], ==, F64_SIGN);
    g_assert_cmphex(s.fpr[6], ==, 0);
    g_assert_cmphex(s.fpr[7], ==, F64_SIGN);
}

/* An address that has been found aligned is known to be so, until the register changes. */
static void test_alignment(void)
{
    static const uint32_t changes[] = { 2, 1, 3, 6, 8, 4 };

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        bool aligned = changes[i] % 4 == 0;

        begin_fp(0);
        RUN(LFD(1, 0, 4), LFD(2, 8, 4), ADDI(4, 4, changes[i]), LFD(3, 12, 4));
        g_assert_cmphex(s.stop, ==, aligned ? PPC_EXCP_SYSCALL : PPC_EXCP_ALIGN);
        begin_fp(0);
        RUN(LFD(1, 4, 4), LFD(2, changes[i], 4));
        g_assert_cmphex(s.stop, ==, aligned ? PPC_EXCP_SYSCALL : PPC_EXCP_ALIGN);
        begin_fp(0);
        s.gpr[4] += 4 - changes[i] % 4;
        RUN(LFD(1, changes[i], 4), LFD(2, 0, 4));
        g_assert_cmphex(s.stop, ==, aligned ? PPC_EXCP_SYSCALL : PPC_EXCP_ALIGN);
        begin_fp(0);
        s.fpr[1] = s.gpr[4] + changes[i];
        RUN(FP(54u, 1, 4, 0, 0, 0), LFD(1, 0, 4), LWZ(4, 4, 4), LFD(2, 0, 4)); /* stfd first */
        g_assert_cmphex(s.stop, ==, aligned ? PPC_EXCP_SYSCALL : PPC_EXCP_ALIGN);
    }
}

/* Two words that were stored on the stack, as one double. */
static void test_halves(void)
{
    begin_fp(0);
    s.gpr[1] = PPC_DATA;
    s.gpr[6] = 0x43300000;
    s.gpr[7] = 0x80000005;
    RUN(STW(7, 12, 1), STW(6, 8, 1), LFD(5, 8, 1), STW(6, 16, 1), LFD(6, 12, 1), ADDI(1, 1, 4),
        LFD(7, 8, 1), LFD(8, 4, 1));
    g_assert_cmphex(s.fpr[5], ==, 0x4330000080000005);
    g_assert_cmphex(s.fpr[6], ==, 0x8000000543300000);
    g_assert_cmphex(s.fpr[7], ==, 0x8000000543300000);
    g_assert_cmphex(s.fpr[8], ==, 0x4330000080000005);
    begin_fp(0);
    s.gpr[1] = PPC_DATA;
    RUN(STW(7, 10, 1), STW(6, 6, 1), LFD(5, 6, 1));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_ALIGN);
    g_assert_cmphex(s.spr[SPR_DAR], ==, PPC_DATA + 6);
}

/* A comparison as a number, and as a branch, by each of its bits. */
static void test_comparison_bits(void)
{
    static const struct {
        uint64_t a, b;
        unsigned bits;
    } rows[] = {
        { 0x3ff0000000000000, 0x4008000000000000, PPC_CRF_LT },
        { 0x4008000000000000, 0x3ff0000000000000, PPC_CRF_GT },
        { 0x8000000000000000, 0, PPC_CRF_EQ },
        { 0x7ff8000000000000, 0, PPC_CRF_SO },
    };

    for (unsigned n = 0; n < ARRAY_SIZE(rows) * 4; n++) {
        unsigned row = n / 4, bit = n % 4, place = 3 * 4 + bit;
        bool set = rows[row].bits >> (3 - bit) & 1;

        begin_fp(0);
        s.fpr[1] = rows[row].a;
        s.fpr[2] = rows[row].b;
        RUN(FCMPU(3, 1, 2), X(19u, 8, 0, 0), /* mfcr, rlwinm */
            21u << 26 | 8 << 21 | 8 << 16 | (place + 1) << 11 | 31 << 6 | 31 << 1, LI(9, 1),
            BC(12, place, 8), LI(9, 0), LI(10, 1), BC(4, place, 8), LI(10, 0));
        g_assert_cmphex(s.gpr[8], ==, set);
        g_assert_cmphex(s.gpr[9], ==, set);
        g_assert_cmphex(s.gpr[10], ==, !set);
    }
}

static const PPCTest tests[] = {
    { "/ppc/fp/programs-agree-with-the-exact-path", test_programs },
    { "/ppc/fp/modes-are-switched-at-any-time", test_modes },
    { "/ppc/fp/single-steps-make-no-difference", test_steps },
    { "/ppc/fp/host-code-leaves-no-flags", test_host_flags },
    { "/ppc/fp/fx-is-set-by-what-becomes-set", test_fx },
    { "/ppc/fp/exceptions-find-the-last-operation", test_exception },
    { "/ppc/fp/other-blocks-find-the-last-operation", test_other_block },
    { "/ppc/fp/tiny-is-what-is-so-before-rounding", test_tininess },
    { "/ppc/fp/a-negated-zero-keeps-its-sign", test_negated_zero },
    { "/ppc/fp/alignment-is-tested-where-it-must-be", test_alignment },
    { "/ppc/fp/comparisons-are-seen-bit-by-bit", test_comparison_bits },
    { "/ppc/fp/halves-make-a-double", test_halves },
    { NULL },
};

int main(int argc, char **argv)
{
    return ppc_machine_test(argc, argv, add_device, tests);
}
