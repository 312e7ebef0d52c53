/*
 * x86 translator: near jumps, calls and returns.
 *
 * Reference: SDM volume 2, Jcc, JMP, CALL, RET, LOOP/LOOPcc.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-integer.h"

static uint64_t target(const DisasContext *ctx)
{
    return x86_next_eip(ctx) + ctx->insn.imm;
}

/* A jump beyond CS's limit is the jump's fault: called before it has changed anything, but with
 * flags that its handler may see. */
static void check_limit(DisasContext *ctx, TCGv_i64 eip)
{
    TCGv_i64 limit;

    if (ctx->hflags & X86_HF_UNCHECKED(R_CS)) {
        return;
    }
    limit = new_i64();
    tcg_gen_ld32u_i64(limit, tcg_env, offsetof(CPUX86State, segs[R_CS].limit));
    tcg_gen_brcond_i64(TCG_COND_GTU, x86_extend(ctx->insn.opsize, eip, false), limit,
                       x86_fault_label(ctx, EXCP_GP, 0));
}

static void check_target(DisasContext *ctx)
{
    check_limit(ctx, constant(target(ctx)));
}

/* The way straight on is emitted first. */
static bool gen_two_ways(DisasContext *ctx, TCGLabel *taken)
{
    x86_exit_to_next(ctx);
    gen_set_label(taken);
    check_target(ctx);
    x86_exit_direct(ctx, target(ctx), ctx->insn.opsize);
    return true;
}

bool x86_JCC(DisasContext *ctx)
{
    TCGLabel *taken = gen_new_label();

    x86_flags_at_branch(ctx);
    x86_branch_if(ctx, ctx->insn.opcode & 15, taken);
    return gen_two_ways(ctx, taken);
}

/* The counter is as wide as addresses are. */
static TCGv_i64 counter(DisasContext *ctx)
{
    return x86_read_reg(ctx, ctx->insn.adsize, R_ECX);
}

bool x86_JCXZ(DisasContext *ctx)
{
    TCGLabel *taken = gen_new_label();

    tcg_gen_brcondi_i64(TCG_COND_EQ, counter(ctx), 0, taken);
    return gen_two_ways(ctx, taken);
}

/* The counter has changed when a LOOP jumps: whether it may is looked at before. */
static void check_loop(DisasContext *ctx, TCGCond zero_flag, TCGv_i64 count)
{
    TCGLabel *inside = gen_new_label();

    if (zero_flag != TCG_COND_ALWAYS) {
        tcg_gen_brcondi_i64(tcg_invert_cond(zero_flag), cpu_fz, 0, inside);
    }
    tcg_gen_brcondi_i64(TCG_COND_EQ, count, 0, inside);
    check_target(ctx);
    gen_set_label(inside);
}

/* Flags stay: the jump is taken unless the counter becomes 0, or ZF, if it is looked at, forbids.
 */
static bool gen_loop(DisasContext *ctx, TCGCond zero_flag)
{
    TCGLabel *taken = gen_new_label(), *out = gen_new_label();
    TCGv_i64 count = new_i64(), cut;

    tcg_gen_subi_i64(count, cpu_regs[R_ECX], 1);
    cut = x86_extend(ctx->insn.adsize, count, false);
    if (!(ctx->hflags & X86_HF_UNCHECKED(R_CS))) {
        check_loop(ctx, zero_flag, cut);
    }
    x86_write_reg(ctx, ctx->insn.adsize, R_ECX, cut);
    if (zero_flag != TCG_COND_ALWAYS) {
        tcg_gen_brcondi_i64(tcg_invert_cond(zero_flag), cpu_fz, 0, out);
    }
    tcg_gen_brcondi_i64(TCG_COND_NE, cut, 0, taken);
    gen_set_label(out);
    return gen_two_ways(ctx, taken); /* (its check finds what check_loop() has found) */
}

bool x86_LOOP(DisasContext *ctx)
{
    return gen_loop(ctx, TCG_COND_ALWAYS);
}

bool x86_LOOPE(DisasContext *ctx)
{
    return gen_loop(ctx, TCG_COND_EQ);
}

bool x86_LOOPNE(DisasContext *ctx)
{
    return gen_loop(ctx, TCG_COND_NE);
}

bool x86_JMP(DisasContext *ctx)
{
    x86_flags_at_branch(ctx);
    check_target(ctx);
    x86_exit_direct(ctx, target(ctx), ctx->insn.opsize);
    return true;
}

bool x86_JMP_E(DisasContext *ctx)
{
    TCGv_i64 eip = x86_read(ctx, 0);

    x86_write_pending_flags(ctx);
    check_limit(ctx, eip);
    x86_exit_indirect(ctx, eip, ctx->insn.opsize, false);
    return true;
}

static void push_return_address(DisasContext *ctx)
{
    x86_push(ctx, constant(x86_next_eip(ctx)), ctx->insn.opsize);
}

bool x86_CALL(DisasContext *ctx)
{
    check_target(ctx);
    push_return_address(ctx);
    x86_flags_at_branch(ctx);
    x86_exit_call(ctx, target(ctx), ctx->insn.opsize);
    return true;
}

bool x86_CALL_E(DisasContext *ctx)
{
    TCGv_i64 eip = x86_copy(x86_read(ctx, 0));

    check_limit(ctx, eip);
    push_return_address(ctx);
    x86_write_pending_flags(ctx);
    x86_exit_indirect(ctx, eip, ctx->insn.opsize, true);
    return true;
}

/* With an operand: that many bytes of arguments go, too. */
bool x86_RET(DisasContext *ctx)
{
    unsigned size = ctx->insn.opsize;
    TCGv_i64 eip = x86_stack_load(ctx, 0, size);
    unsigned arguments = is_immediate(ctx, 0) ? ctx->insn.imm & 0xffff : 0;

    check_limit(ctx, eip);
    x86_stack_move(ctx, (1 << size) + arguments);
    x86_flags_at_branch(ctx);
    x86_exit_return(ctx, eip, size);
    return true;
}
