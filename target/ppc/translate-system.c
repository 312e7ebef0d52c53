/*
 * PowerPC translator: special purpose registers, MSR, segment registers, TLB management, rfi.
 *
 * Reference: Programming Environments Manual for 32-Bit Implementations, section 4.4; MPC750 User's
 * Manual, sections 2.1 and 2.3.6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/ppc/spr.h"
#include "target/ppc/translate.h"

/* --- Special purpose registers */

static void gen_read_xer(DisasContext *ctx, TCGv_i32 ret)
{
    TCGv_i32 xer = tcg_temp_new_i32(), t = tcg_temp_new_i32();

    tcg_gen_ori_i32(xer, cpu_xer_rest, ctx->so ? XER_SO : 0);
    tcg_gen_shli_i32(t, cpu_ov, 30);
    tcg_gen_or_i32(xer, xer, t);
    tcg_gen_shli_i32(t, cpu_ca, 29);
    tcg_gen_or_i32(ret, xer, t);
}

static void gen_write_xer(DisasContext *ctx, TCGv_i32 value)
{
    tcg_gen_extract_i32(cpu_ov, value, 30, 1);
    tcg_gen_extract_i32(cpu_ca, value, 29, 1);
    tcg_gen_andi_i32(cpu_xer_rest, value, XER_REST_MASK);
    gen_change_so_if(ctx, ctx->so ? TCG_COND_GE : TCG_COND_LT, value, false);
}

static void gen_read_global_spr(DisasContext *ctx, unsigned num, TCGv_i32 ret)
{
    if (num == SPR_XER) {
        gen_read_xer(ctx, ret);
    } else {
        tcg_gen_mov_i32(ret, num == SPR_LR ? cpu_lr : cpu_ctr);
    }
}

static void gen_write_global_spr(DisasContext *ctx, unsigned num, TCGv_i32 value)
{
    if (num == SPR_XER) {
        gen_write_xer(ctx, value);
    } else {
        tcg_gen_mov_i32(num == SPR_LR ? cpu_lr : cpu_ctr, value);
    }
}

static void gen_write_spr_field(const PPCSPR *spr, TCGv_i32 value)
{
    TCGv_i32 t = tcg_temp_new_i32(), old = tcg_temp_new_i32();

    if (spr->mask == UINT32_MAX) {
        tcg_gen_st_i32(value, tcg_env, spr->offset);
        return;
    }
    tcg_gen_ld_i32(old, tcg_env, spr->offset);
    tcg_gen_andi_i32(old, old, ~spr->mask);
    tcg_gen_andi_i32(t, value, spr->mask);
    tcg_gen_or_i32(t, t, old);
    tcg_gen_st_i32(t, tcg_env, spr->offset);
}

static bool spr_refused(DisasContext *ctx, const PPCSPR *spr, unsigned num, bool write)
{
    uint32_t error = ppc_spr_check(spr, num, write, ctx->user);

    if (error) {
        gen_exception(ctx, PPC_EXCP_PROGRAM, error);
    }
    return error;
}

bool trans_MFSPR(DisasContext *ctx, const arg_MFSPR *a)
{
    const PPCSPR *spr = ppc_spr_lookup(ctx->pcc, a->spr);
    TCGv_i32 rt = cpu_gpr[a->rt];

    if (spr_refused(ctx, spr, a->spr, false)) {
        return true;
    }
    switch (spr->read_kind) {
    case PPC_SPR_GLOBAL:
        gen_read_global_spr(ctx, a->spr, rt);
        break;
    case PPC_SPR_FIELD:
        tcg_gen_ld_i32(rt, tcg_env, spr->offset);
        break;
    case PPC_SPR_HELPER:
        gen_helper_ppc_mfspr(rt, tcg_env, tcg_constant_i32(a->spr));
        break;
    default:
        tcg_gen_movi_i32(rt, 0);
    }
    if ((spr->flags & PPC_SPR_READ_ENDS_TB) ||
        (spr->read_kind == PPC_SPR_HELPER && (ctx->base.tb->cflags & CF_ICOUNT))) {
        ctx->base.is_jmp = DISAS_LOOKUP;
    }
    return true;
}

/* Jumps to `same` if the register's bits have this value already. */
static void gen_spr_changes(const PPCSPR *spr, TCGv_i32 value, TCGLabel *same)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_ld_i32(t, tcg_env, spr->offset);
    tcg_gen_xor_i32(t, t, value);
    tcg_gen_brcondi_i32(TCG_COND_TSTEQ, t, spr->mask, same);
}

static void gen_write_idempotent_spr(DisasContext *ctx, const PPCSPR *spr, TCGv_i32 value)
{
    TCGLabel *same = gen_new_label();

    gen_spr_changes(spr, value, same);
    gen_helper_ppc_mtspr(tcg_env, tcg_constant_i32(spr->num), value);
    if (spr->flags & PPC_SPR_END_TB) {
        tcg_gen_br(gen_leave_label_with_budget(ctx));
    }
    gen_set_label(same);
}

bool trans_MTSPR(DisasContext *ctx, const arg_MTSPR *a)
{
    const PPCSPR *spr = ppc_spr_lookup(ctx->pcc, a->spr);
    TCGv_i32 rs = cpu_gpr[a->rs];

    if (spr_refused(ctx, spr, a->spr, true)) {
        return true;
    }
    switch (spr->write_kind) {
    case PPC_SPR_GLOBAL:
        gen_write_global_spr(ctx, a->spr, rs);
        break;
    case PPC_SPR_FIELD:
        gen_write_spr_field(spr, rs);
        break;
    case PPC_SPR_HELPER:
        /* What is counted after the instruction has to be counted on each way. */
        if ((spr->flags & PPC_SPR_IDEMPOTENT) && !(ctx->hflags & PPC_HF_PERFMON)) {
            gen_write_idempotent_spr(ctx, spr, rs);
            return true;
        }
        if (spr->flags & PPC_SPR_SAMPLED) {
            tcg_gen_st_i32(tcg_constant_i32(ctx->cia), tcg_env,
                           offsetof(CPUPPCState, pm_sampled));
        }
        gen_helper_ppc_mtspr(tcg_env, tcg_constant_i32(a->spr), rs);
        break;
    }
    if (spr->flags & PPC_SPR_END_TB) {
        ctx->base.is_jmp = DISAS_LOOP;
    } else if (spr->write_kind == PPC_SPR_HELPER && (ctx->base.tb->cflags & CF_ICOUNT)) {
        ctx->base.is_jmp = DISAS_LOOKUP;
    }
    return true;
}

bool trans_MFTB(DisasContext *ctx, const arg_MFTB *a)
{
    if (ctx->base.tb->cflags & CF_ICOUNT) {
        ctx->base.is_jmp = DISAS_LOOKUP;
    }
    switch (a->spr) {
    case SPR_TBL:
        gen_helper_ppc_mftbl(cpu_gpr[a->rt], tcg_env);
        return true;
    case SPR_TBU:
        gen_helper_ppc_mftbu(cpu_gpr[a->rt], tcg_env);
        return true;
    default:
        return false;
    }
}

/* --- MSR */

bool trans_MFMSR(DisasContext *ctx, const arg_MFMSR *a)
{
    tcg_gen_ld_i32(cpu_gpr[a->rt], tcg_env, offsetof(CPUPPCState, msr));
    return true;
}

/* Jumps to `slow` unless writing `value` to the MSR changes nothing but EE and RI, and lets no
 * interrupt in. */
static void gen_mtmsr_conditions(TCGv_i32 value, TCGLabel *slow)
{
    TCGv_i32 t = tcg_temp_new_i32(), enabled = tcg_temp_new_i32();

    tcg_gen_ld_i32(t, tcg_env, offsetof(CPUPPCState, msr));
    tcg_gen_xor_i32(t, t, value);
    tcg_gen_brcondi_i32(TCG_COND_TSTNE, t, ~(MSR_EE | MSR_RI), slow);
    tcg_gen_ld_i32(t, tcg_env, offsetof(CPUPPCState, pending_interrupts));
    tcg_gen_sextract_i32(enabled, value, ctz32(MSR_EE), 1);
    tcg_gen_brcond_i32(TCG_COND_TSTNE, t, enabled, slow);
}

/* Kernels write the MSR mostly to block and let in interrupts: that stays in the block. */
bool trans_MTMSR(DisasContext *ctx, const arg_MTMSR *a)
{
    TCGLabel *slow = gen_new_label(), *done = gen_new_label();

    gen_mtmsr_conditions(cpu_gpr[a->rs], slow);
    tcg_gen_st_i32(cpu_gpr[a->rs], tcg_env, offsetof(CPUPPCState, msr));
    tcg_gen_br(done);
    gen_set_label(slow);
    tcg_gen_movi_i32(cpu_nip, ctx->cia + 4);
    /* First, since the helper asks for the count of instructions, or leaves itself. */
    tcg_gen_budget_return(ctx->base.num_insns);
    gen_helper_ppc_mtmsr(tcg_env, cpu_gpr[a->rs]);
    tcg_gen_br(gen_leave_label(ctx));
    gen_set_label(done);
    return true;
}

/* Not traced. */
bool trans_RFI(DisasContext *ctx, const arg_RFI *a)
{
    gen_helper_ppc_rfi(tcg_env);
    if (ctx->base.tb->cflags & CF_SINGLE_STEP) {
        gen_helper_ppc_raise_debug(tcg_env);
        ctx->base.is_jmp = DISAS_NORETURN;
    } else {
        translator_exit_to_loop(&ctx->base);
    }
    return true;
}

/* --- Segment registers and TLB */

bool trans_MFSR(DisasContext *ctx, const arg_MFSR *a)
{
    tcg_gen_ld_i32(cpu_gpr[a->rt], tcg_env, offsetof(CPUPPCState, sr[a->sr]));
    return true;
}

bool trans_MFSRIN(DisasContext *ctx, const arg_MFSRIN *a)
{
    gen_helper_ppc_mfsrin(cpu_gpr[a->rt], tcg_env, cpu_gpr[a->rb]);
    return true;
}

bool trans_MTSR(DisasContext *ctx, const arg_MTSR *a)
{
    TCGLabel *same = gen_new_label();
    TCGv_i32 old = tcg_temp_new_i32();

    tcg_gen_ld_i32(old, tcg_env, offsetof(CPUPPCState, sr[a->sr]));
    tcg_gen_brcond_i32(TCG_COND_EQ, old, cpu_gpr[a->rs], same);
    gen_helper_ppc_mtsr(tcg_env, tcg_constant_i32(a->sr), cpu_gpr[a->rs]);
    gen_set_label(same);
    return true;
}

bool trans_MTSRIN(DisasContext *ctx, const arg_MTSRIN *a)
{
    TCGv_i32 n = tcg_temp_new_i32();

    tcg_gen_shri_i32(n, cpu_gpr[a->rb], 28);
    gen_helper_ppc_mtsr(tcg_env, n, cpu_gpr[a->rs]);
    return true;
}

bool trans_TLBIE(DisasContext *ctx, const arg_TLBIE *a)
{
    gen_helper_ppc_tlbie(tcg_env, cpu_gpr[a->rb]);
    return true;
}

bool trans_TLBSYNC(DisasContext *ctx, const arg_TLBSYNC *a)
{
    return ctx->pcc->family->features & PPC_FEAT_TLBSYNC;
}

bool trans_TLBLD(DisasContext *ctx, const arg_TLBLD *a)
{
    if (!(ctx->pcc->family->features & PPC_FEAT_TLB_SWT)) {
        return false;
    }
    gen_helper_ppc_tlbld(tcg_env, cpu_gpr[a->rb]);
    return true;
}

bool trans_TLBLI(DisasContext *ctx, const arg_TLBLI *a)
{
    if (!(ctx->pcc->family->features & PPC_FEAT_TLB_SWT)) {
        return false;
    }
    gen_helper_ppc_tlbli(tcg_env, cpu_gpr[a->rb]);
    return true;
}
