/*
 * PowerPC translator: floating-point arithmetic and the FPSCR.
 *
 * Arithmetic is done by helpers, which keep the FPSCR. Only with an exception enable set
 * (PPC_HF_FP_TRAPS in the block's key) can an operation leave its target unwritten or raise the
 * program exception; then the order is: result, CR1, exception.
 *
 * Reference: Programming Environments Manual for 32-Bit Implementations, chapter 3, sections 4.2.2
 * and 8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/translate.h"

/* --- What surrounds an operation */

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
        tcg_gen_movcond_i64(TCG_COND_EQ, cpu_fpr[frt], wide, tcg_constant_i64(0), result,
                            cpu_fpr[frt]);
    } else {
        tcg_gen_mov_i64(cpu_fpr[frt], result);
    }
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

static bool gen_unary(DisasContext *ctx, unsigned frt, unsigned frb, bool rc, Unary *op)
{
    TCGv_i64 result = tcg_temp_new_i64();

    begin_operation(ctx);
    op(result, tcg_env, cpu_fpr[frb]);
    return finish_operation(ctx, frt, result, rc);
}

static bool gen_binary(DisasContext *ctx, unsigned frt, unsigned fra, unsigned frb, bool rc,
                       Binary *op)
{
    TCGv_i64 result = tcg_temp_new_i64();

    begin_operation(ctx);
    op(result, tcg_env, cpu_fpr[fra], cpu_fpr[frb]);
    return finish_operation(ctx, frt, result, rc);
}

static bool gen_fused(DisasContext *ctx, const arg_FMADD *a, Fused *op)
{
    TCGv_i64 result = tcg_temp_new_i64();

    begin_operation(ctx);
    op(result, tcg_env, cpu_fpr[a->fra], cpu_fpr[a->frc], cpu_fpr[a->frb]);
    return finish_operation(ctx, a->frt, result, a->rc);
}

#define UNARY(name, helper)                                                                        \
    bool trans_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        return gen_unary(ctx, a->frt, a->frb, a->rc, gen_helper_ppc_##helper);                     \
    }
#define BINARY(name, helper, second)                                                               \
    bool trans_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        return gen_binary(ctx, a->frt, a->fra, a->second, a->rc, gen_helper_ppc_##helper);         \
    }
#define FUSED(name, helper)                                                                        \
    bool trans_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        return gen_fused(ctx, a, gen_helper_ppc_##helper);                                         \
    }

BINARY(FADD, fadd, frb)
BINARY(FADDS, fadds, frb)
BINARY(FSUB, fsub, frb)
BINARY(FSUBS, fsubs, frb)
BINARY(FMUL, fmul, frc)
BINARY(FMULS, fmuls, frc)
BINARY(FDIV, fdiv, frb)
BINARY(FDIVS, fdivs, frb)
FUSED(FMADD, fmadd)
FUSED(FMADDS, fmadds)
FUSED(FMSUB, fmsub)
FUSED(FMSUBS, fmsubs)
FUSED(FNMADD, fnmadd)
FUSED(FNMADDS, fnmadds)
FUSED(FNMSUB, fnmsub)
FUSED(FNMSUBS, fnmsubs)
UNARY(FRSP, frsp)
UNARY(FCTIW, fctiw)
UNARY(FCTIWZ, fctiwz)

static bool has_graphics(DisasContext *ctx)
{
    return ctx->pcc->family->features & PPC_FEAT_GRAPHICS;
}

bool trans_FRES(DisasContext *ctx, const arg_FRES *a)
{
    return has_graphics(ctx) && gen_unary(ctx, a->frt, a->frb, a->rc, gen_helper_ppc_fres);
}

bool trans_FRSQRTE(DisasContext *ctx, const arg_FRSQRTE *a)
{
    return has_graphics(ctx) && gen_unary(ctx, a->frt, a->frb, a->rc, gen_helper_ppc_frsqrte);
}

/* --- Compare, select, move */

static bool gen_fcmp(DisasContext *ctx, const arg_FCMPU *a, Binary *op)
{
    TCGv_i64 value = tcg_temp_new_i64();

    op(value, tcg_env, cpu_fpr[a->fra], cpu_fpr[a->frb]);
    gen_write_crf(ctx, a->crfd, value);
    if (may_suppress(ctx)) {
        gen_fp_check(ctx);
    }
    return true;
}

bool trans_FCMPU(DisasContext *ctx, const arg_FCMPU *a)
{
    return gen_fcmp(ctx, a, gen_helper_ppc_fcmpu);
}

bool trans_FCMPO(DisasContext *ctx, const arg_FCMPO *a)
{
    return gen_fcmp(ctx, a, gen_helper_ppc_fcmpo);
}

bool trans_FSEL(DisasContext *ctx, const arg_FSEL *a)
{
    if (!has_graphics(ctx)) {
        return false;
    }
    gen_helper_ppc_fsel(cpu_fpr[a->frt], cpu_fpr[a->fra], cpu_fpr[a->frc], cpu_fpr[a->frb]);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_FMR(DisasContext *ctx, const arg_FMR *a)
{
    tcg_gen_mov_i64(cpu_fpr[a->frt], cpu_fpr[a->frb]);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_FNEG(DisasContext *ctx, const arg_FNEG *a)
{
    tcg_gen_xori_i64(cpu_fpr[a->frt], cpu_fpr[a->frb], INT64_MIN);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_FABS(DisasContext *ctx, const arg_FABS *a)
{
    tcg_gen_andi_i64(cpu_fpr[a->frt], cpu_fpr[a->frb], INT64_MAX);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_FNABS(DisasContext *ctx, const arg_FNABS *a)
{
    tcg_gen_ori_i64(cpu_fpr[a->frt], cpu_fpr[a->frb], INT64_MIN);
    gen_cr1(ctx, a->rc);
    return true;
}

/* --- FPSCR */

/* A non-zero reserved field makes no other instruction of it (what newer parts call mffsl, mffscrn
 * ...). */
bool trans_MFFS(DisasContext *ctx, const arg_MFFS *a)
{
    TCGv_i32 fpscr = tcg_temp_new_i32();
    TCGv_i64 wide = tcg_temp_new_i64();

    tcg_gen_ld_i32(fpscr, tcg_env, offsetof(CPUPPCState, fpscr));
    tcg_gen_extu_i32_i64(wide, fpscr);
    tcg_gen_ori_i64(cpu_fpr[a->frt], wide, 0xfff80000ULL << 32);
    gen_cr1(ctx, a->rc);
    return true;
}

bool trans_MCRFS(DisasContext *ctx, const arg_MCRFS *a)
{
    TCGv_i64 value = tcg_temp_new_i64();

    gen_helper_ppc_mcrfs(value, tcg_env, tcg_constant_i32(a->crfs));
    gen_write_crf(ctx, a->crfd, value);
    return true;
}

/* FPSCR bits in `mask` were written: the block's key may have changed with them. */
static bool finish_fpscr_write(DisasContext *ctx, uint32_t mask, bool rc)
{
    gen_cr1(ctx, rc);
    gen_fp_check(ctx);
    if (mask & FPSCR_MODES) {
        gen_check_hflags(ctx);
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
    tcg_gen_extrl_i64_i32(value, cpu_fpr[a->frb]);
    gen_helper_ppc_mtfsf(tcg_env, value, tcg_constant_i32(mask));
    return finish_fpscr_write(ctx, mask, a->rc);
}

bool trans_MTFSFI(DisasContext *ctx, const arg_MTFSFI *a)
{
    unsigned shift = 28 - 4 * a->crfd;
    uint32_t mask = 0xfu << shift;

    gen_helper_ppc_mtfsf(tcg_env, tcg_constant_i32(a->imm << shift), tcg_constant_i32(mask));
    return finish_fpscr_write(ctx, mask, a->rc);
}

/* A bit that has the value already causes nothing. */
static bool gen_mtfsb(DisasContext *ctx, const arg_MTFSB0 *a, bool value)
{
    uint32_t mask = 0x80000000u >> a->crbd;
    TCGLabel *same = gen_new_label();
    TCGv_i32 fpscr = tcg_temp_new_i32();

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
