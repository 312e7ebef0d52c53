/*
 * PowerPC translator: floating-point arithmetic and the FPSCR.
 *
 * In round-to-nearest with no exception enabled and NI clear, operations are done inline, in the
 * host's format of the operands' precision, and a guard looks at each result: what may set any
 * FPSCR bit but FR, FI, FPRF and an XX that is set already is done again by the exact helper. So
 * the FPSCR in env is always right but for those three, which are a function of the last operation
 * and its operands: it is recorded where these are (fpu.h), which mostly costs nothing, as they
 * are in registers of the guest's. While XX is clear (PPC_HF_FP_WATCH in the block's key), the
 * guards also look at the host's sticky flag for inexact results.
 *
 * A single-precision operation works on singles. An FPR that isn't one counts as a NaN, which no
 * guard lets pass; the helper gets the doubles.
 *
 * In all other modes arithmetic is done by helpers, which keep the FPSCR, and there is no record.
 * Only with an exception enable set (PPC_HF_FP_TRAPS in the block's key) can an operation leave its
 * target unwritten or raise the program exception; then the order is: result, CR1, exception.
 *
 * Reference: Programming Environments Manual for 32-Bit Implementations, chapter 3, sections 4.2.2
 * and 8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/fpu.h"
#include "target/ppc/translate.h"

void gen_fp_init(DisasContext *ctx)
{
    ctx->fp_inline = tcg_float_inline && !(ctx->hflags & (PPC_HF_FP_TRAPS | PPC_HF_FP_MODE));
    ctx->fp_watch = ctx->hflags & PPC_HF_FP_WATCH ? TCG_GUARD_INEXACT : 0;
}

void gen_fp_start(DisasContext *ctx)
{
    ctx->fp_known = false;
    ctx->fp_record = 0;
    memset(ctx->fp_single, 0, sizeof(ctx->fp_single));
}

/* --- The record of the last operation */

static void set_record(DisasContext *ctx, uint32_t record)
{
    ctx->fp_known = true;
    ctx->fp_record = record;
    tcg_gen_movi_i32(cpu_fp_record, record);
}

static uint32_t moved_operand(uint32_t record, unsigned n, unsigned where)
{
    return (record & ~PPC_FP_OPERAND(n, 63)) | PPC_FP_OPERAND(n, where);
}

/* Saves the recorded operands that are in FPR `reg`; ALL_FPRS: in any. */
#define ALL_FPRS 32

static void gen_save_operands(DisasContext *ctx, unsigned reg)
{
    uint32_t record = ctx->fp_record;

    if (!ctx->fp_known || !record) {
        return;
    }
    for (unsigned n = 0; n < ARRAY_SIZE(cpu_fp_saved); n++) {
        unsigned where = ppc_fp_operand(record, n);

        if (where < PPC_FP_SAVED && (where == reg || reg == ALL_FPRS)) {
            tcg_gen_mov_f64(cpu_fp_saved[n], cpu_fpr[where]);
            record = moved_operand(record, n, PPC_FP_SAVED);
        }
    }
    if (record != ctx->fp_record) {
        set_record(ctx, record);
    }
}

void gen_fp_detach(DisasContext *ctx)
{
    gen_save_operands(ctx, ALL_FPRS);
}

static void record_operation(DisasContext *ctx, PPCFPOp op, const uint8_t *regs, unsigned nb)
{
    uint32_t record = op | PPC_FP_ALL_SAVED;

    for (unsigned n = 0; n < nb; n++) {
        record = moved_operand(record, n, regs[n]);
    }
    set_record(ctx, record);
}

/* A record that starts anew where there was none. */
static uint32_t known_record(const DisasContext *ctx)
{
    return ctx->fp_record ? ctx->fp_record : PPC_FP_ALL_SAVED;
}

/* A conversion of `reg` to an integer came after what is recorded. */
static void record_conversion(DisasContext *ctx, uint32_t which, unsigned reg)
{
    const unsigned n = PPC_FP_CONVERTED_OPERAND;

    if (ctx->fp_known) {
        uint32_t record = known_record(ctx) & ~PPC_FP_CONVERTED;

        set_record(ctx, moved_operand(record | which, n, reg));
    } else {
        tcg_gen_andi_i32(cpu_fp_record, cpu_fp_record, ~PPC_FP_CONVERTED);
        tcg_gen_ori_i32(cpu_fp_record, cpu_fp_record, which | PPC_FP_ALL_SAVED);
        tcg_gen_mov_f64(cpu_fp_saved[n], cpu_fpr[reg]);
    }
}

/* The same for a comparison with this value for its CR field. */
static void record_comparison(DisasContext *ctx, TCGv_i64 value)
{
    tcg_gen_mov_i64(cpu_fp_compared, value);
    if (ctx->fp_known) {
        set_record(ctx, known_record(ctx) | PPC_FP_COMPARED);
    } else {
        tcg_gen_ori_i32(cpu_fp_record, cpu_fp_record, PPC_FP_COMPARED | PPC_FP_ALL_SAVED);
    }
}

/* A helper has set FPRF, FR and FI. */
static void forget_record(DisasContext *ctx)
{
    if (ctx->fp_inline) {
        set_record(ctx, 0);
    }
}

/* --- Registers */

void gen_write_fpr(DisasContext *ctx, unsigned n, TCGv_f64 value, TCGv_f32 single)
{
    gen_save_operands(ctx, n);
    tcg_gen_mov_f64(cpu_fpr[n], value);
    ctx->fp_single[n] = single;
}

TCGv_f32 gen_fpr_single(DisasContext *ctx, unsigned n)
{
    if (!ctx->fp_single[n]) {
        ctx->fp_single[n] = tcg_temp_new_f32();
        tcg_gen_narrow_f64_f32(ctx->fp_single[n], cpu_fpr[n]);
    }
    return ctx->fp_single[n];
}

static TCGv_i64 gen_fpr_bits(unsigned n)
{
    TCGv_i64 bits = tcg_temp_new_i64();

    tcg_gen_bits_f64_i64(bits, cpu_fpr[n]);
    return bits;
}

static void gen_write_fpr_bits(DisasContext *ctx, unsigned n, TCGv_i64 bits)
{
    TCGv_f64 value = tcg_temp_new_f64();

    tcg_gen_bits_i64_f64(value, bits);
    gen_write_fpr(ctx, n, value, NULL);
}

/* --- What surrounds an operation that a helper does */

static bool may_suppress(DisasContext *ctx)
{
    return ctx->hflags & PPC_HF_FP_TRAPS;
}

static void begin_operation(DisasContext *ctx)
{
    if (may_suppress(ctx)) {
        tcg_gen_st_i32(tcg_constant_i32(0), tcg_env, offsetof(CPUPPCState, fp_suppressed));
    }
}

/* Reads none of the bits that the record is for. */
static void gen_cr1(DisasContext *ctx, bool rc)
{
    if (rc) {
        TCGv_i64 cr1 = tcg_temp_new_i64();

        gen_helper_ppc_cr1_from_fpscr(cr1, tcg_env);
        gen_write_crf(ctx, 1, cr1);
    }
}

/* After an FPSCR exception bit or enable may have been set. */
static void gen_fp_check(DisasContext *ctx)
{
    if (ctx->hflags & (MSR_FE0 | MSR_FE1)) {
        gen_helper_ppc_fp_check(tcg_env);
    }
}

static bool finish_operation(DisasContext *ctx, unsigned frt, TCGv_i64 result, bool rc)
{
    if (may_suppress(ctx)) {
        TCGv_i32 suppressed = tcg_temp_new_i32();
        TCGv_i64 wide = tcg_temp_new_i64();

        tcg_gen_ld_i32(suppressed, tcg_env, offsetof(CPUPPCState, fp_suppressed));
        tcg_gen_extu_i32_i64(wide, suppressed);
        tcg_gen_movcond_i64(TCG_COND_EQ, result, wide, tcg_constant_i64(0), result,
                            gen_fpr_bits(frt));
    }
    forget_record(ctx);
    gen_write_fpr_bits(ctx, frt, result);
    gen_cr1(ctx, rc);
    if (may_suppress(ctx)) {
        gen_fp_check(ctx);
    }
    return true;
}

/* --- Arithmetic */

typedef void Unary(TCGv_i64 ret, TCGv_ptr env, TCGv_i64 b);
typedef void Binary(TCGv_i64 ret, TCGv_ptr env, TCGv_i64 a, TCGv_i64 b);
typedef void Fused(TCGv_i64 ret, TCGv_ptr env, TCGv_i64 a, TCGv_i64 c, TCGv_i64 b);

typedef void Compute64(TCGv_f64 ret, TCGv_f64 a, TCGv_f64 b);
typedef void Compute32(TCGv_f32 ret, TCGv_f32 a, TCGv_f32 b);

/* One operation: its record, its helper, and how it is done inline. */
typedef struct Operation {
    PPCFPOp op;
    unsigned nb_operands;
    union {
        Unary *unary;
        Binary *binary;
        Fused *fused;
    } helper;
    Compute64 *compute64; /* or, of a single-precision one: */
    Compute32 *compute32;
    bool single;
    unsigned negate;      /* fused: TCG_NEGATE_* */
    unsigned guard;       /* of the result */
} Operation;

/* Sums are exact where they are denormal. A fused zero has another sign here if it is negated. */
#define SUM     TCG_GUARD_FINITE
#define PRODUCT (TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK)
#define NEGATED TCG_GUARD_NORMAL

static void gen_by_helper(DisasContext *ctx, const Operation *o, TCGv_i64 result,
                          const uint8_t *regs)
{
    TCGv_i64 in[3];

    for (unsigned i = 0; i < o->nb_operands; i++) {
        in[i] = gen_fpr_bits(regs[i]);
    }
    begin_operation(ctx);
    switch (o->nb_operands) {
    case 1:
        o->helper.unary(result, tcg_env, in[0]);
        break;
    case 2:
        o->helper.binary(result, tcg_env, in[0], in[1]);
        break;
    default:
        o->helper.fused(result, tcg_env, in[0], in[1], in[2]);
    }
}

static void gen_double(DisasContext *ctx, const Operation *o, TCGv_f64 result, const uint8_t *regs)
{
    if (o->nb_operands == 3) {
        tcg_gen_muladd_f64(result, cpu_fpr[regs[0]], cpu_fpr[regs[1]], cpu_fpr[regs[2]], o->negate);
    } else {
        o->compute64(result, cpu_fpr[regs[0]], cpu_fpr[regs[1]]);
    }
}

static void gen_single(DisasContext *ctx, const Operation *o, TCGv_f32 result, const uint8_t *regs)
{
    TCGv_f32 in[3];

    if (o->op == PPC_FP_RSP) {
        tcg_gen_cvt_f64_f32(result, cpu_fpr[regs[0]]);
        return;
    }
    for (unsigned i = 0; i < o->nb_operands; i++) {
        in[i] = gen_fpr_single(ctx, regs[i]);
    }
    if (o->nb_operands == 3) {
        tcg_gen_muladd_f32(result, in[0], in[1], in[2], o->negate);
    } else {
        o->compute32(result, in[0], in[1]);
    }
}

/* `regs`: the operands, in the order of the helper's arguments. */
static bool gen_operation(DisasContext *ctx, const Operation *o, unsigned frt, const uint8_t *regs,
                          bool rc)
{
    TCGv_f64 result;
    TCGv_f32 single = NULL;
    TCGGuard guard = { .kind = o->guard | ctx->fp_watch, .func = ppc_fp_functions[o->op] };

    if (!ctx->fp_inline) {
        TCGv_i64 bits = tcg_temp_new_i64();

        gen_by_helper(ctx, o, bits, regs);
        return finish_operation(ctx, frt, bits, rc);
    }
    result = tcg_temp_new_f64();
    for (unsigned i = 0; i < o->nb_operands; i++) {
        guard.args[i] = cpu_fpr[regs[i]];
    }
    if (o->single) {
        single = tcg_temp_new_f32();
        gen_single(ctx, o, single, regs);
        tcg_gen_cvt_f32_f64(result, single);
        guard.checked = single;
        guard.narrow = true;
    } else {
        gen_double(ctx, o, result, regs);
        guard.checked = result;
    }
    tcg_gen_guard_f64(result, result, &guard);
    record_operation(ctx, o->op, regs, o->nb_operands);
    /* That zero may have the wrong sign in `single`, though it hasn't in the helper's result. */
    gen_write_fpr(ctx, frt, result, o->guard == NEGATED ? NULL : single);
    gen_cr1(ctx, rc);
    return true;
}

#define BINARY(name, number, lower, kind, second, checked)                                         \
    bool trans_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        static const Operation operation = {                                                       \
            .op = PPC_FP_##number, .nb_operands = 2, .guard = checked,                             \
            .helper.binary = gen_helper_ppc_##lower, .compute64 = tcg_gen_##kind##_f64,            \
        };                                                                                         \
                                                                                                   \
        return gen_operation(ctx, &operation, a->frt, (const uint8_t[]){ a->fra, a->second },      \
                             a->rc);                                                               \
    }                                                                                              \
    bool trans_##name##S(DisasContext *ctx, const arg_##name##S *a)                                \
    {                                                                                              \
        static const Operation operation = {                                                       \
            .op = PPC_FP_##number##S, .nb_operands = 2, .guard = checked, .single = true,          \
            .helper.binary = gen_helper_ppc_##lower##s, .compute32 = tcg_gen_##kind##_f32,         \
        };                                                                                         \
                                                                                                   \
        return gen_operation(ctx, &operation, a->frt, (const uint8_t[]){ a->fra, a->second },      \
                             a->rc);                                                               \
    }
BINARY(FADD, ADD, fadd, add, frb, SUM)
BINARY(FSUB, SUB, fsub, sub, frb, SUM)
BINARY(FMUL, MUL, fmul, mul, frc, PRODUCT)
BINARY(FDIV, DIV, fdiv, div, frb, PRODUCT)

#define FUSED_ONE(name, number, lower, negated, checked, is_single)                                \
    bool trans_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        static const Operation operation = {                                                       \
            .op = PPC_FP_##number, .nb_operands = 3, .guard = checked, .single = is_single,        \
            .helper.fused = gen_helper_ppc_##lower, .negate = negated,                             \
        };                                                                                         \
                                                                                                   \
        return gen_operation(ctx, &operation, a->frt,                                              \
                             (const uint8_t[]){ a->fra, a->frc, a->frb }, a->rc);                  \
    }
#define FUSED(name, number, lower, negated, checked)                                               \
    FUSED_ONE(name, number, lower, negated, checked, false)                                        \
    FUSED_ONE(name##S, number##S, lower##s, negated, checked, true)
FUSED(FMADD, MADD, fmadd, 0, PRODUCT)
FUSED(FMSUB, MSUB, fmsub, TCG_NEGATE_ADDEND, PRODUCT)
FUSED(FNMADD, NMADD, fnmadd, TCG_NEGATE_PRODUCT | TCG_NEGATE_ADDEND, NEGATED)
FUSED(FNMSUB, NMSUB, fnmsub, TCG_NEGATE_PRODUCT, NEGATED)

bool trans_FRSP(DisasContext *ctx, const arg_FRSP *a)
{
    static const Operation operation = {
        .op = PPC_FP_RSP, .nb_operands = 1, .guard = PRODUCT, .single = true,
        .helper.unary = gen_helper_ppc_frsp,
    };

    return gen_operation(ctx, &operation, a->frt, (const uint8_t[]){ a->frb }, a->rc);
}

/* --- Conversion to integer */

#define FCTIW_HIGH (0xfff80000ll << 32)

static bool gen_fctiw(DisasContext *ctx, const arg_FCTIW *a, PPCFPOp op, Unary *helper)
{
    TCGv_i64 result = tcg_temp_new_i64(), minus_zero = tcg_temp_new_i64();
    TCGv_i32 integer = tcg_temp_new_i32();
    TCGGuard guard = { .kind = TCG_GUARD_INT_MIN | ctx->fp_watch, .checked = integer,
                       .narrow = true, .func = ppc_fp_functions[op],
                       .args = { cpu_fpr[a->frb] } };

    if (!ctx->fp_inline) {
        begin_operation(ctx);
        helper(result, tcg_env, gen_fpr_bits(a->frb));
        return finish_operation(ctx, a->frt, result, a->rc);
    }
    if (op == PPC_FP_CTIWZ) {
        tcg_gen_trunc_f64_i32(integer, cpu_fpr[a->frb]);
    } else {
        tcg_gen_round_f64_i32(integer, cpu_fpr[a->frb]);
    }
    tcg_gen_setcondi_i64(TCG_COND_EQ, minus_zero, gen_fpr_bits(a->frb), INT64_MIN);
    tcg_gen_shli_i64(minus_zero, minus_zero, 32);
    tcg_gen_extu_i32_i64(result, integer);
    tcg_gen_ori_i64(result, result, FCTIW_HIGH);
    tcg_gen_or_i64(result, result, minus_zero);
    tcg_gen_guard_i64(result, result, &guard);
    record_conversion(ctx, op == PPC_FP_CTIWZ ? PPC_FP_CUT_OFF : PPC_FP_ROUNDED, a->frb);
    gen_write_fpr_bits(ctx, a->frt, result);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_FCTIW(DisasContext *ctx, const arg_FCTIW *a)
{
    return gen_fctiw(ctx, a, PPC_FP_CTIW, gen_helper_ppc_fctiw);
}

bool trans_FCTIWZ(DisasContext *ctx, const arg_FCTIWZ *a)
{
    return gen_fctiw(ctx, a, PPC_FP_CTIWZ, gen_helper_ppc_fctiwz);
}

/* --- Estimates: always by helpers */

static bool gen_estimate(DisasContext *ctx, const arg_FRES *a, Unary *op)
{
    TCGv_i64 result = tcg_temp_new_i64();

    begin_operation(ctx);
    op(result, tcg_env, gen_fpr_bits(a->frb));
    return finish_operation(ctx, a->frt, result, a->rc);
}

static bool has_graphics(DisasContext *ctx)
{
    return ctx->pcc->family->features & PPC_FEAT_GRAPHICS;
}

bool trans_FRES(DisasContext *ctx, const arg_FRES *a)
{
    return has_graphics(ctx) && gen_estimate(ctx, a, gen_helper_ppc_fres);
}

bool trans_FRSQRTE(DisasContext *ctx, const arg_FRSQRTE *a)
{
    return has_graphics(ctx) && gen_estimate(ctx, a, gen_helper_ppc_frsqrte);
}

/* --- Compare, select, move */

static bool gen_fcmp(DisasContext *ctx, const arg_FCMPU *a, Binary *op, TCGGuardHelper *by_guard)
{
    TCGv_i64 value = tcg_temp_new_i64();

    if (ctx->fp_inline) {
        TCGGuard guard = { .kind = TCG_GUARD_ORDERED, .func = by_guard,
                           .args = { cpu_fpr[a->fra], cpu_fpr[a->frb] } };

        tcg_gen_cmp3_f64(value, cpu_fpr[a->fra], cpu_fpr[a->frb]);
        tcg_gen_guard_i64(value, value, &guard);
        gen_write_crf(ctx, a->crfd, value);
        ctx->crf[a->crfd] = (CRField){ .floats = true };
        record_comparison(ctx, value);
        return true;
    }
    op(value, tcg_env, gen_fpr_bits(a->fra), gen_fpr_bits(a->frb));
    gen_write_crf(ctx, a->crfd, value);
    if (may_suppress(ctx)) {
        gen_fp_check(ctx);
    }
    return true;
}

bool trans_FCMPU(DisasContext *ctx, const arg_FCMPU *a)
{
    return gen_fcmp(ctx, a, gen_helper_ppc_fcmpu, ppc_guard_fcmpu);
}

bool trans_FCMPO(DisasContext *ctx, const arg_FCMPO *a)
{
    return gen_fcmp(ctx, a, gen_helper_ppc_fcmpo, ppc_guard_fcmpo);
}

bool trans_FSEL(DisasContext *ctx, const arg_FSEL *a)
{
    TCGv_i32 holds = tcg_temp_new_i32();
    TCGv_i64 wide = tcg_temp_new_i64(), result = tcg_temp_new_i64();

    if (!has_graphics(ctx)) {
        return false;
    }
    tcg_gen_fcmp_f64(TCG_FCOND_LE, false, holds, tcg_constant_f64(0), cpu_fpr[a->fra]);
    tcg_gen_extu_i32_i64(wide, holds);
    tcg_gen_movcond_i64(TCG_COND_NE, result, wide, tcg_constant_i64(0), gen_fpr_bits(a->frc),
                        gen_fpr_bits(a->frb));
    gen_write_fpr_bits(ctx, a->frt, result);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_FMR(DisasContext *ctx, const arg_FMR *a)
{
    if (a->frt != a->frb) {
        gen_write_fpr(ctx, a->frt, cpu_fpr[a->frb], ctx->fp_single[a->frb]);
    }
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_FNEG(DisasContext *ctx, const arg_FNEG *a)
{
    TCGv_f64 value = tcg_temp_new_f64();

    tcg_gen_neg_f64(value, cpu_fpr[a->frb]);
    gen_write_fpr(ctx, a->frt, value, NULL);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_FABS(DisasContext *ctx, const arg_FABS *a)
{
    TCGv_f64 value = tcg_temp_new_f64();

    tcg_gen_abs_f64(value, cpu_fpr[a->frb]);
    gen_write_fpr(ctx, a->frt, value, NULL);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_FNABS(DisasContext *ctx, const arg_FNABS *a)
{
    TCGv_f64 value = tcg_temp_new_f64();

    tcg_gen_abs_f64(value, cpu_fpr[a->frb]);
    tcg_gen_neg_f64(value, value);
    gen_write_fpr(ctx, a->frt, value, NULL);
    gen_cr1(ctx, a->rc);
    return true;
}

/* --- FPSCR */

/* Brings env->fpscr up to date, by a call if there is a record. In other modes there never is. */
static void gen_settle(DisasContext *ctx)
{
    TCGLabel *settled;

    if (!ctx->fp_inline || (ctx->fp_known && !ctx->fp_record)) {
        return;
    }
    settled = gen_new_label();
    if (!ctx->fp_known) {
        tcg_gen_brcondi_i32(TCG_COND_EQ, cpu_fp_record, 0, settled);
    }
    gen_helper_ppc_settle_fpscr(tcg_env);
    tcg_gen_movi_i32(cpu_fp_record, 0);
    gen_set_label(settled);
    ctx->fp_known = true;
    ctx->fp_record = 0;
}

/* A non-zero reserved field makes no other instruction of it (what newer parts call mffsl, mffscrn
 * ...). */
bool trans_MFFS(DisasContext *ctx, const arg_MFFS *a)
{
    TCGv_i32 fpscr = tcg_temp_new_i32();
    TCGv_i64 value = tcg_temp_new_i64();

    gen_settle(ctx);
    tcg_gen_ld_i32(fpscr, tcg_env, offsetof(CPUPPCState, fpscr));
    tcg_gen_extu_i32_i64(value, fpscr);
    tcg_gen_ori_i64(value, value, FCTIW_HIGH);
    gen_write_fpr_bits(ctx, a->frt, value);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_MCRFS(DisasContext *ctx, const arg_MCRFS *a)
{
    TCGv_i64 value = tcg_temp_new_i64();

    gen_settle(ctx);
    gen_helper_ppc_mcrfs(value, tcg_env, tcg_constant_i32(a->crfs));
    gen_write_crf(ctx, a->crfd, value);
    if (0xf0000000u >> 4 * a->crfs & FPSCR_MODES & FPSCR_STICKY) {
        gen_check_fp_modes(ctx);
    }
    return true;
}

/* FPSCR bits in `mask` were written: the block's key may have changed with them. */
static bool finish_fpscr_write(DisasContext *ctx, uint32_t mask, bool rc)
{
    gen_cr1(ctx, rc);
    gen_fp_check(ctx);
    if (mask & FPSCR_MODES) {
        gen_check_fp_modes(ctx);
    }
    return true;
}

bool trans_MTFSF(DisasContext *ctx, const arg_MTFSF *a)
{
    TCGv_i32 value = tcg_temp_new_i32();
    uint32_t mask = 0;

    for (unsigned i = 0; i < 8; i++) {
        mask |= a->fm & (0x80 >> i) ? 0xf0000000u >> (4 * i) : 0;
    }
    gen_settle(ctx);
    tcg_gen_extrl_i64_i32(value, gen_fpr_bits(a->frb));
    gen_helper_ppc_mtfsf(tcg_env, value, tcg_constant_i32(mask));
    return finish_fpscr_write(ctx, mask, a->rc);
}

bool trans_MTFSFI(DisasContext *ctx, const arg_MTFSFI *a)
{
    unsigned shift = 28 - 4 * a->crfd;
    uint32_t mask = 0xfu << shift;

    gen_settle(ctx);
    gen_helper_ppc_mtfsf(tcg_env, tcg_constant_i32(a->imm << shift), tcg_constant_i32(mask));
    return finish_fpscr_write(ctx, mask, a->rc);
}

/* A bit that has the value already causes nothing. */
static bool gen_mtfsb(DisasContext *ctx, const arg_MTFSB0 *a, bool value)
{
    uint32_t mask = 0x80000000u >> a->crbd;
    TCGLabel *same = gen_new_label();
    TCGv_i32 fpscr = tcg_temp_new_i32();

    if (mask & ~FPSCR_STICKY) {
        gen_settle(ctx);
    }
    tcg_gen_ld_i32(fpscr, tcg_env, offsetof(CPUPPCState, fpscr));
    tcg_gen_brcondi_i32(value ? TCG_COND_TSTNE : TCG_COND_TSTEQ, fpscr, mask, same);
    gen_helper_ppc_mtfsb(tcg_env, tcg_constant_i32(a->crbd), tcg_constant_i32(value));
    gen_set_label(same);
    return finish_fpscr_write(ctx, mask, a->rc);
}

bool trans_MTFSB0(DisasContext *ctx, const arg_MTFSB0 *a)
{
    return gen_mtfsb(ctx, a, false);
}

bool trans_MTFSB1(DisasContext *ctx, const arg_MTFSB1 *a)
{
    return gen_mtfsb(ctx, a, true);
}
