/*
 * Arm translator: pointer authentication (FEAT_PAuth).
 *
 * Which keys are enabled is part of the block's key: what isn't does nothing.
 *
 * Reference: DDI 0487, C3.1.9, C6.2 and D8.10.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/pauth.h"
#include "target/arm/translate.h"

static bool is_enabled(const DisasContext *ctx, unsigned key)
{
    return ctx->hflags & (uint64_t)ARM_HF_PAC_IA << key;
}

/* EL2 and EL3 may ask for it, of what isn't without effect. */
static void gen_trap(DisasContext *ctx)
{
    if (ctx->hflags & ARM_HF_PAC_TRAP) {
        gen_helper_arm_pac_trap(tcg_env);
    }
}

/* ret: pointer with a code, or authenticated. */
static void gen_pac(DisasContext *ctx, TCGv_i64 ret, TCGv_i64 pointer, TCGv_i64 modifier,
                    unsigned desc)
{
    if (!is_enabled(ctx, desc & ARM_PAC_KEY)) {
        tcg_gen_mov_i64(ret, pointer);
        return;
    }
    gen_trap(ctx);
    gen_helper_arm_pac(ret, tcg_env, pointer, modifier, tcg_constant_i32(desc));
}

static TCGv_i64 gen_authenticated(DisasContext *ctx, TCGv_i64 pointer, TCGv_i64 modifier,
                                  unsigned key)
{
    TCGv_i64 t = tcg_temp_new_i64();

    gen_pac(ctx, t, pointer, modifier, key | ARM_PAC_CHECK);
    return t;
}

/* op: key, and bit 2 to authenticate. z: the modifier is zero, rns 31. */
bool a64_PAC(DisasContext *ctx, const arg_PAC *a)
{
    TCGv_i64 modifier = a->z ? tcg_constant_i64(0) : cpu_x[a->rns];

    if (a->z && a->rns != 31) {
        return false;
    }
    if (a->rd != 31) {
        gen_pac(ctx, cpu_x[a->rd], cpu_x[a->rd], modifier,
                (a->op & 3) | (a->op & 4 ? ARM_PAC_CHECK : 0));
    }
    return true;
}

bool a64_XPAC(DisasContext *ctx, const arg_XPAC *a)
{
    if (a->rd != 31) {
        gen_helper_arm_pac_strip(cpu_x[a->rd], tcg_env, cpu_x[a->rd], tcg_constant_i32(a->d));
    }
    return true;
}

bool a64_PACGA(DisasContext *ctx, const arg_PACGA *a)
{
    TCGv_i64 t = tcg_temp_new_i64();

    gen_trap(ctx);
    gen_helper_arm_pac_generic(t, tcg_env, a64_x(a->rn), a->rms == 31 ? cpu_x[31] : a64_x(a->rms));
    a64_write_x(a->rd, t, true);
    return true;
}

/* ---- Hints ---- */

/* Numbers 0x07 to 0x1f: 1716 takes x17 with x16, the others x30 with zero or the stack pointer. */
bool a64_pauth_hint(DisasContext *ctx, unsigned number)
{
    bool of_16 = number < 0x10, with_sp = number & 1;
    unsigned key = number & 2 ? ARM_PAC_IB : ARM_PAC_IA, target = of_16 ? 17 : 30;
    bool check = number & 4;

    if (ctx->lacking & A64_FLAG_PAUTH) {
        return false;
    }
    if (number == 0x07) {
        gen_helper_arm_pac_strip(cpu_x[30], tcg_env, cpu_x[30], tcg_constant_i32(0));
        return true;
    }
    if (of_16 ? with_sp : number < 0x18) {
        return false;
    }
    gen_pac(ctx, cpu_x[target], cpu_x[target],
            of_16 ? cpu_x[16] : with_sp ? cpu_x[31] : tcg_constant_i64(0),
            key | (check ? ARM_PAC_CHECK : 0));
    return true;
}

/* ---- Branches ---- */

static TCGv_i64 branch_target(DisasContext *ctx, unsigned rn, unsigned rms, bool register_modifier,
                              unsigned m)
{
    return gen_authenticated(ctx, a64_x(rn), register_modifier ? cpu_x[rms] : tcg_constant_i64(0),
                             m ? ARM_PAC_IB : ARM_PAC_IA);
}

bool a64_BRA(DisasContext *ctx, const arg_BRA *a)
{
    if (!a->z && a->rms != 31) {
        return false;
    }
    a64_note_branch_type(ctx, a->rn, false);
    a64_exit_indirect(ctx, branch_target(ctx, a->rn, a->rms, a->z, a->m), false);
    return true;
}

bool a64_BLRA(DisasContext *ctx, const arg_BLRA *a)
{
    TCGv_i64 target;

    if (!a->z && a->rms != 31) {
        return false;
    }
    target = branch_target(ctx, a->rn, a->rms, a->z, a->m);
    tcg_gen_movi_i64(cpu_x[30], ctx->pc + 4);
    a64_note_branch_type(ctx, a->rn, true);
    a64_exit_indirect(ctx, target, true);
    return true;
}

bool a64_RETA(DisasContext *ctx, const arg_RETA *a)
{
    a64_exit_return(ctx, branch_target(ctx, 30, 31, true, a->m));
    return true;
}

bool a64_ERETA(DisasContext *ctx, const arg_ERETA *a)
{
    TCGv_i64 signed_elr = tcg_temp_new_i64(), target = tcg_temp_new_i64();
    intptr_t elr = offsetof(CPUARMState, elr_el[0]) + 8 * ctx->el;

    if (ctx->el == 0) {
        return false;
    }
    tcg_gen_ld_i64(signed_elr, tcg_env, elr);
    gen_pac(ctx, target, signed_elr, cpu_x[31], (a->m ? ARM_PAC_IB : ARM_PAC_IA) | ARM_PAC_CHECK);
    tcg_gen_st_i64(target, tcg_env, elr);
    gen_helper_arm_eret(tcg_env);
    tcg_gen_st_i64(signed_elr, tcg_env, elr); /* the register itself stays */
    translator_exit_to_loop(&ctx->base);
    return true;
}

/* ---- Loads ---- */

/* LDRAA, LDRAB: from an authenticated base register. */
bool a64_LDRA(DisasContext *ctx, const arg_LDRA *a)
{
    int64_t offset = ((int64_t)a->imm - (a->s ? 512 : 0)) * 8;
    TCGv_i64 base = gen_authenticated(ctx, a64_base(ctx, a->rns), tcg_constant_i64(0),
                                      a->m ? ARM_PAC_DB : ARM_PAC_DA);
    TCGv_i64 address = a64_displaced(base, offset), t = tcg_temp_new_i64();

    tcg_gen_qemu_ld_i64(t, a64_checked(ctx, address, (TagCheck){ MO_64, 1, a->rns == 31 && !a->w }), ctx->mmu_idx, MO_64 | ctx->byte_order);
    a64_write_x(a->rt, t, true);
    if (a->w) {
        tcg_gen_mov_i64(cpu_x[a->rns], address);
    }
    return true;
}
