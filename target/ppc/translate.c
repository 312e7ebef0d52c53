/*
 * PowerPC translator: its frame. Registers as IR globals, entry and exits of blocks, exceptions.
 *
 * Reference: Programming Environments Manual for 32-Bit Implementations, chapters 4 and 6; MPC750
 * User's Manual, chapters 2 and 4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/translate.h"

TCGv_i32 cpu_gpr[32];
TCGv_f64 cpu_fpr[32];
TCGv_i32 cpu_fp_record;
TCGv_f64 cpu_fp_saved[4];
TCGv_i64 cpu_fp_compared;
TCGv_i64 cpu_crf[8];
bool ppc_wide_cr;
TCGv_i32 cpu_nip, cpu_lr, cpu_ctr, cpu_ov, cpu_ca, cpu_xer_rest;

static const struct {
    TCGv_i32 *global;
    size_t offset;
    const char *name;
} special_globals[] = {
    { &cpu_nip, offsetof(CPUPPCState, nip), "nip" },
    { &cpu_lr, offsetof(CPUPPCState, lr), "lr" },
    { &cpu_ctr, offsetof(CPUPPCState, ctr), "ctr" },
    { &cpu_ov, offsetof(CPUPPCState, xer_ov), "ov" },
    { &cpu_ca, offsetof(CPUPPCState, xer_ca), "ca" },
    { &cpu_xer_rest, offsetof(CPUPPCState, xer_rest), "xer" },
    { &cpu_fp_record, offsetof(CPUPPCState, fp_record), "fprec" },
};

/* Registers a numbered name, which the core keeps. */
static const char *numbered(const char *prefix, int n)
{
    return g_strdup_printf("%s%d", prefix, n);
}

void ppc_translate_init(void)
{
    ppc_wide_cr = ppc_has_wide_cr();
    for (int i = 0; i < 32; i++) {
        cpu_gpr[i] =
            tcg_global_mem_new_i32(tcg_env, offsetof(CPUPPCState, gpr[i]), numbered("r", i));
    }
    for (int i = 0; i < 8; i++) {
        cpu_crf[i] =
            tcg_global_mem_new_i64(tcg_env, offsetof(CPUPPCState, crf[i]), numbered("crf", i));
    }
    for (size_t i = 0; i < ARRAY_SIZE(special_globals); i++) {
        *special_globals[i].global =
            tcg_global_mem_new_i32(tcg_env, special_globals[i].offset, special_globals[i].name);
    }
    for (int i = 0; i < 32; i++) {
        cpu_fpr[i] =
            tcg_global_mem_new_f64(tcg_env, offsetof(CPUPPCState, fpr[i]), numbered("f", i));
    }
    for (int i = 0; i < 4; i++) {
        cpu_fp_saved[i] = tcg_global_mem_new_f64(tcg_env, offsetof(CPUPPCState, fp_saved[i]),
                                                 numbered("fpsaved", i));
    }
    cpu_fp_compared =
        tcg_global_mem_new_i64(tcg_env, offsetof(CPUPPCState, fp_compared), "fpcmp");
    tcg_set_pc_global_i32(cpu_nip);
}

static void store_nip(vaddr dest)
{
    tcg_gen_movi_i32(cpu_nip, dest);
}

void gen_exception(DisasContext *ctx, int excp, uint32_t error)
{
    gen_helper_ppc_raise_exception(tcg_env, tcg_constant_i32(excp), tcg_constant_i32(error));
    ctx->base.is_jmp = DISAS_NORETURN;
}

void gen_illegal(DisasContext *ctx)
{
    gen_exception(ctx, PPC_EXCP_PROGRAM, PPC_PROGRAM_ILLEGAL);
}

/* nip has been stored: debugger step or trace exception after the instruction. */
static void gen_after_step(DisasContext *ctx)
{
    if (ctx->base.tb->cflags & CF_SINGLE_STEP) {
        gen_helper_ppc_raise_debug(tcg_env);
    } else {
        gen_helper_ppc_raise_after(tcg_env, tcg_constant_i32(PPC_EXCP_TRACE), tcg_constant_i32(0));
    }
    ctx->base.is_jmp = DISAS_NORETURN;
}

bool gen_is_loop(DisasContext *ctx, uint32_t dest)
{
    bool loop = ctx->head && !ctx->step && dest == (uint32_t)ctx->base.pc_first;

    ctx->base.tb->loops |= loop;
    return loop;
}

void gen_exit_direct(DisasContext *ctx, uint32_t dest)
{
    if (ctx->step) {
        store_nip(dest);
        gen_after_step(ctx);
    } else if (translator_stay(&ctx->base, dest, store_nip)) {
        return;
    } else if (gen_is_loop(ctx, dest)) {
        tcg_gen_br(ctx->head);
        ctx->base.is_jmp = DISAS_NORETURN;
    } else {
        translator_goto_tb(&ctx->base, dest, store_nip);
    }
}

void gen_exit_call(DisasContext *ctx, uint32_t dest)
{
    uint32_t ret = ctx->cia + 4;

    if (ctx->step || dest == ret) { /* `bcl 20,31,$+4` is how code finds out where it is */
        gen_exit_direct(ctx, dest);
    } else {
        translator_goto_function(&ctx->base, dest, ret, store_nip);
    }
}

void gen_exit_return(DisasContext *ctx, TCGv_i32 target)
{
    TCGLabel *elsewhere = gen_new_label();
    vaddr expected;

    if (!ctx->step && translator_expects_return(&ctx->base, &expected)) {
        tcg_gen_andi_i32(cpu_nip, target, ~3);
        tcg_gen_brcondi_i32(TCG_COND_NE, cpu_nip, expected, elsewhere);
        translator_goto_return(&ctx->base, store_nip);
        gen_set_label(elsewhere);
    }
    tcg_gen_andi_i32(cpu_nip, target, ~3);
    if (ctx->step) {
        gen_after_step(ctx);
    } else {
        translator_lookup_and_goto_ptr(&ctx->base);
    }
}

static void jump_to_target(DisasContextBase *db, vaddr dest)
{
    gen_exit_direct(container_of(db, DisasContext, base), dest);
}

static void call_target(DisasContextBase *db, vaddr dest)
{
    gen_exit_call(container_of(db, DisasContext, base), dest);
}

void gen_exit_indirect(DisasContext *ctx, TCGv_i32 target, bool call)
{
    TCGv_i32 aligned = tcg_temp_new_i32();
    TCGv_i64 dest = tcg_temp_new_i64();

    tcg_gen_andi_i32(aligned, target, ~3);
    if (ctx->step) {
        tcg_gen_mov_i32(cpu_nip, aligned);
        gen_after_step(ctx);
        return;
    }
    tcg_gen_extu_i32_i64(dest, aligned);
    translator_goto_targets(&ctx->base, dest, call ? call_target : jump_to_target);
    tcg_gen_mov_i32(cpu_nip, aligned);
    translator_goto_indirect(&ctx->base, ctx->cia + 4);
}

static TCGLabel *add_leave_stub(DisasContext *ctx, int executed, bool fp_modes)
{
    LeaveStub stub = { gen_new_label(), ctx->cia + 4, executed, ctx->step, fp_modes };

    if (!ctx->leave_stubs) {
        ctx->leave_stubs = g_array_new(false, false, sizeof(LeaveStub));
    }
    g_array_append_val(ctx->leave_stubs, stub);
    return stub.label;
}

TCGLabel *gen_leave_label(DisasContext *ctx)
{
    return add_leave_stub(ctx, 0, false);
}

TCGLabel *gen_leave_label_with_budget(DisasContext *ctx)
{
    return add_leave_stub(ctx, ctx->base.num_insns, false);
}

static void check_hflags(DisasContext *ctx, bool fp_modes)
{
    TCGv_i32 hflags = tcg_temp_new_i32();

    if (ctx->hflags & PPC_HF_PERFMON) { /* the instruction is still to be counted, on each way */
        ctx->base.is_jmp = DISAS_LOOP;
        return;
    }
    tcg_gen_ld_i32(hflags, tcg_env, offsetof(CPUPPCState, hflags));
    tcg_gen_brcondi_i32(TCG_COND_NE, hflags, ctx->hflags,
                        add_leave_stub(ctx, ctx->base.num_insns, fp_modes));
}

void gen_check_hflags(DisasContext *ctx)
{
    check_hflags(ctx, false);
}

void gen_check_fp_modes(DisasContext *ctx)
{
    gen_fp_detach(ctx);
    check_hflags(ctx, true);
}

static void gen_go_on_with_hflags(DisasContext *ctx)
{
    TCGv_i32 hflags = tcg_temp_new_i32();
    TCGv_i64 flags = tcg_temp_new_i64();

    tcg_gen_ld_i32(hflags, tcg_env, offsetof(CPUPPCState, hflags));
    tcg_gen_extu_i32_i64(flags, hflags);
    tcg_gen_set_tb_flags(flags);
    translator_lookup_and_goto_ptr(&ctx->base);
}

static void gen_leave_stubs(DisasContext *ctx)
{
    for (guint i = 0; ctx->leave_stubs && i < ctx->leave_stubs->len; i++) {
        LeaveStub *stub = &g_array_index(ctx->leave_stubs, LeaveStub, i);

        gen_set_label(stub->label);
        if (stub->executed) {
            tcg_gen_budget_return(stub->executed);
        }
        store_nip(stub->nip);
        if (stub->step) {
            gen_after_step(ctx);
        } else if (stub->fp_modes) {
            gen_go_on_with_hflags(ctx);
        } else {
            translator_exit_to_loop(&ctx->base);
        }
    }
    g_clear_pointer(&ctx->leave_stubs, g_array_unref);
}

static void ppc_init_disas_context(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);
    uint32_t hflags = db->tb->flags;

    ctx->pcc = POWERPC_CPU_GET_CLASS(cpu);
    ctx->hflags = hflags;
    ctx->mem_idx = ppc_data_mmu_idx(hflags);
    ctx->user = hflags & MSR_PR;
    ctx->so = hflags & PPC_HF_SO;
    ctx->little_endian = hflags & MSR_LE;
    ctx->step = (db->tb->cflags & CF_SINGLE_STEP) || (hflags & MSR_SE);
    if (ctx->step) {
        db->max_insns = 1;
    }
    gen_fp_init(ctx);
    /* A branch to the block's start becomes a loop within it, unless each pass must be seen
     * outside. In a region it's a branch like others. */
    if (!db->region && !(db->tb->cflags & (CF_COUNT_MASK | CF_NO_GOTO_TB | CF_SINGLE_STEP))) {
        ctx->head = gen_new_label();
        gen_set_label(ctx->head);
    }
}

static void ppc_tb_start(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    memset(ctx->crf, 0, sizeof(ctx->crf));
    ctx->cr_image = NULL;
    gen_fp_start(ctx);
}

/* What exceptions have to know of the instruction: the fewer bits, the smaller the side table. */
static uint32_t insn_for_exceptions(const DisasContext *ctx)
{
    if (ctx->row >= 0 && !(ppc_insns[ctx->row].flags & PPC_FLAG_TRAP)) {
        return 0;
    }
    /* of loads and stores with a displacement, what DSISR has of them */
    return ctx->row >= 0 && ctx->insn >> 26 >= 32 ? ctx->insn & 0xffff0000 : ctx->insn;
}

static void ppc_insn_start(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    ctx->cia = db->pc_next;
    ctx->insn = translator_ldl_be(db, ctx->cia, ctx->little_endian ? 7 : 0);
    ctx->row = ppc_decode(ctx->insn);
    tcg_gen_insn_start(ctx->cia, ppc_insn_start_word(insn_for_exceptions(ctx)));
}

/* Exceptions that the row's flags give before the instruction itself is looked at. */
static bool raise_by_flags(DisasContext *ctx, const PPCInsnRow *row)
{
    if ((row->flags & PPC_FLAG_PRIV) && ctx->user) {
        gen_exception(ctx, PPC_EXCP_PROGRAM, PPC_PROGRAM_PRIVILEGED);
        return true;
    }
    if ((row->flags & PPC_FLAG_FP) && !(ctx->hflags & MSR_FP)) {
        gen_exception(ctx, PPC_EXCP_FPU, 0);
        return true;
    }
    return false;
}

/* An instruction address breakpoint at this instruction is found when it executes. */
static void gen_iabr_check(DisasContext *ctx)
{
    TCGLabel *other = gen_new_label();
    TCGv_i32 at = tcg_temp_new_i32();

    tcg_gen_ld_i32(at, tcg_env, offsetof(CPUPPCState, iabr_pc));
    tcg_gen_brcondi_i32(TCG_COND_NE, at, ctx->cia, other);
    gen_helper_ppc_raise_exception(tcg_env, tcg_constant_i32(PPC_EXCP_IABR), tcg_constant_i32(0));
    gen_set_label(other);
}

static void ppc_translate_insn(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);
    int index = ctx->row;

    db->pc_next = ctx->cia + 4;
    if (ctx->hflags & PPC_HF_IABR) {
        gen_iabr_check(ctx);
    }
    if (index < 0) {
        gen_illegal(ctx);
        return;
    }
    if (raise_by_flags(ctx, &ppc_insns[index])) {
        return;
    }
    /* Branch trace: the exits of a branch are like those of a traced instruction. */
    ctx->step |= (ctx->hflags & MSR_BE) && (ppc_insns[index].flags & PPC_FLAG_BRANCH);
    gen_count_before(ctx, index);
    if (ppc_insns[index].flags & PPC_FLAG_BRANCH) {
        gen_fp_detach(ctx);
    }
    if (!ppc_insns[index].translate(ctx, ctx->insn)) {
        gen_illegal(ctx);
    }
    gen_count_after(ctx, index);
}

static void ppc_tb_stop(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    switch (db->is_jmp) {
    case DISAS_NORETURN:
        break;
    case DISAS_TOO_MANY:
        gen_fp_detach(ctx);
        gen_exit_direct(ctx, db->pc_next);
        break;
    default:
        store_nip(db->pc_next);
        if (ctx->step) {
            gen_after_step(ctx);
        } else if (db->is_jmp == DISAS_LOOKUP) {
            gen_fp_detach(ctx);
            translator_lookup_and_goto_ptr(db);
        } else {
            translator_exit_to_loop(db);
        }
    }
}

static void ppc_finish(DisasContextBase *db, CPUState *cpu)
{
    gen_leave_stubs(container_of(db, DisasContext, base));
}

static const TranslatorOps ppc_translator_ops = {
    .init_disas_context = ppc_init_disas_context,
    .tb_start = ppc_tb_start,
    .insn_start = ppc_insn_start,
    .translate_insn = ppc_translate_insn,
    .tb_stop = ppc_tb_stop,
    .finish = ppc_finish,
};

void ppc_translate_code(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input)
{
    DisasContext ctx = { 0 };

    translator_loop(cpu, tb, input, &ppc_translator_ops, &ctx.base);
}
