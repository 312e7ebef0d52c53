/*
 * Arm translator: branches and the instructions that raise exceptions.
 *
 * Reference: DDI 0487, C6.2 and D1.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate.h"

bool a64_B(DisasContext *ctx, const arg_B *a)
{
    a64_flags_at_branch(ctx);
    a64_exit_direct(ctx, ctx->pc + a->imm);
    return true;
}

bool a64_BL(DisasContext *ctx, const arg_BL *a)
{
    tcg_gen_movi_i64(cpu_x[30], ctx->pc + 4);
    a64_flags_after_insn(ctx);
    a64_flags_at_branch(ctx);
    a64_exit_call(ctx, ctx->pc + a->imm);
    return true;
}

/* The way straight on is emitted first; `taken` leads to the other one. */
static bool gen_two_ways(DisasContext *ctx, TCGLabel *taken, int64_t offset)
{
    a64_exit_direct(ctx, ctx->pc + 4);
    gen_set_label(taken);
    a64_exit_direct(ctx, ctx->pc + offset);
    return true;
}

bool a64_B_COND(DisasContext *ctx, const arg_B_COND *a)
{
    TCGLabel *taken = gen_new_label();

    a64_flags_at_branch(ctx);
    if (a->cond >= 14) {
        a64_exit_direct(ctx, ctx->pc + a->imm);
        return true;
    }
    a64_branch_if(ctx, a->cond, taken);
    return gen_two_ways(ctx, taken, a->imm);
}

static bool gen_compare_and_branch(DisasContext *ctx, const arg_CBZ *a, TCGCond cond)
{
    TCGLabel *taken = gen_new_label();

    a64_flags_at_branch(ctx);
    if (a->sf) {
        tcg_gen_brcondi_i64(cond, a64_x(a->rt), 0, taken);
    } else {
        TCGv_i32 word = tcg_temp_new_i32();

        tcg_gen_extrl_i64_i32(word, a64_x(a->rt));
        tcg_gen_brcondi_i32(cond, word, 0, taken);
    }
    return gen_two_ways(ctx, taken, a->imm);
}

bool a64_CBZ(DisasContext *ctx, const arg_CBZ *a)
{
    return gen_compare_and_branch(ctx, a, TCG_COND_EQ);
}

bool a64_CBNZ(DisasContext *ctx, const arg_CBNZ *a)
{
    return gen_compare_and_branch(ctx, a, TCG_COND_NE);
}

static bool gen_test_and_branch(DisasContext *ctx, const arg_TBZ *a, TCGCond cond)
{
    TCGLabel *taken = gen_new_label();

    a64_flags_at_branch(ctx);
    tcg_gen_brcond_i64(cond, a64_x(a->rt), tcg_constant_i64(1ull << (a->b5 << 5 | a->b40)), taken);
    return gen_two_ways(ctx, taken, a->imm);
}

bool a64_TBZ(DisasContext *ctx, const arg_TBZ *a)
{
    return gen_test_and_branch(ctx, a, TCG_COND_TSTEQ);
}

bool a64_TBNZ(DisasContext *ctx, const arg_TBNZ *a)
{
    return gen_test_and_branch(ctx, a, TCG_COND_TSTNE);
}

bool a64_BR(DisasContext *ctx, const arg_BR *a)
{
    a64_note_branch_type(ctx, a->rn, false);
    a64_exit_indirect(ctx, a64_x(a->rn), false);
    return true;
}

bool a64_BLR(DisasContext *ctx, const arg_BLR *a)
{
    TCGv_i64 target = a64_copy(a64_x(a->rn));

    tcg_gen_movi_i64(cpu_x[30], ctx->pc + 4);
    a64_note_branch_type(ctx, a->rn, true);
    a64_exit_indirect(ctx, target, true);
    return true;
}

bool a64_RET(DisasContext *ctx, const arg_RET *a)
{
    a64_flags_at_branch(ctx);
    a64_exit_return(ctx, a64_x(a->rn));
    return true;
}

bool a64_ERET(DisasContext *ctx, const arg_ERET *a)
{
    if (ctx->el == 0) {
        return false;
    }
    gen_helper_arm_eret(tcg_env);
    translator_exit_to_loop(&ctx->base);
    return true;
}

/* ---- Exceptions ---- */

bool a64_SVC(DisasContext *ctx, const arg_SVC *a)
{
    a64_store_next_pc(ctx);
    gen_helper_arm_raise_after(tcg_env, tcg_constant_i32(arm_esr(EC_SVC64, a->imm)));
    ctx->base.is_jmp = DISAS_NORETURN;
    return true;
}

/* Without higher levels it may be firmware that is called, which we are. */
static bool gen_call(DisasContext *ctx, unsigned conduit, unsigned ec, unsigned imm)
{
    TCGv_i32 esr = tcg_constant_i32(arm_esr(ec, imm));

    if (ctx->el > 0 && ctx->has_higher_levels) {
        gen_helper_arm_check_call(tcg_env, esr);
        a64_store_next_pc(ctx);
        gen_helper_arm_call_higher(tcg_env, esr);
        ctx->base.is_jmp = DISAS_LOOP;
        return true;
    }
    if (ctx->el == 0 || ctx->psci_conduit != conduit) {
        return false;
    }
    a64_store_next_pc(ctx);
    gen_helper_arm_call_firmware(tcg_env);
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool a64_HVC(DisasContext *ctx, const arg_HVC *a)
{
    return gen_call(ctx, ARM_PSCI_HVC, EC_HVC64, a->imm);
}

bool a64_SMC(DisasContext *ctx, const arg_SMC *a)
{
    return gen_call(ctx, ARM_PSCI_SMC, EC_SMC64, a->imm);
}

bool a64_BRK(DisasContext *ctx, const arg_BRK *a)
{
    a64_exception(ctx, arm_esr(EC_BRK64, a->imm));
    return true;
}

/* Without halting debug it is UNDEFINED (DDI 0487, C6.2: HLT). */
bool a64_HLT(DisasContext *ctx, const arg_HLT *a)
{
    return false;
}
