/*
 * Arm translator, AArch32: its frame. Fetching, conditions and IT blocks, entry and exits of
 * blocks.
 *
 * A conditional instruction is a branch over it, which the passes make conditional moves of where
 * it is short. ITSTATE is known while code is translated: insn_start records it for exceptions, and
 * env has it only where a block ends within an IT block. So it is part of the block key, and zero
 * there nearly always.
 *
 * Going on in the other instruction set, or within an IT block, changes the key. Such exits are
 * looked up, never linked.
 *
 * Reference: DDI 0487, E1.2 (registers and state), F1.3 (conditions), F2.1, G1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "target/arm/translate32.h"

TCGv_i32 cpu_r[15], cpu_nf, cpu_zf, cpu_cf, cpu_vf;

void arm_translate32_init(void)
{
    enum { UPPER = 4 }; /* of a doubleword: hosts are little-endian */
    const struct {
        TCGv_i32 *global;
        size_t offset;
        const char *name;
    } flags[] = {
        { &cpu_nf, offsetof(CPUARMState, n) + UPPER, "nf" },
        { &cpu_zf, offsetof(CPUARMState, z), "zf" },
        { &cpu_cf, offsetof(CPUARMState, c), "cf" },
        { &cpu_vf, offsetof(CPUARMState, v) + UPPER, "vf" },
    };

    for (int i = 0; i < 15; i++) {
        cpu_r[i] = tcg_global_mem_new_i32(tcg_env, offsetof(CPUARMState, x[i]),
                                          g_strdup_printf("r%d", i));
    }
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        *flags[i].global = tcg_global_mem_new_i32(tcg_env, flags[i].offset, flags[i].name);
    }
}

/* ---- State that the key has ---- */

static uint64_t hflags_with(const DisasContext *ctx, bool thumb, uint8_t it)
{
    return (ctx->hflags & ~(uint64_t)(ARM_HF_IT | ARM_HF_THUMB)) | (thumb ? ARM_HF_THUMB : 0) |
           (uint64_t)it << ARM_HF_IT_SHIFT;
}

static void store_execution_state(DisasContext *ctx, bool thumb, uint8_t it)
{
    TCGv_i32 pstate = tcg_temp_new_i32();

    tcg_gen_ld_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    tcg_gen_andi_i32(pstate, pstate, ~(CPSR_IT | CPSR_T));
    tcg_gen_ori_i32(pstate, pstate, arm_cpsr_it(it) | (thumb ? CPSR_T : 0));
    tcg_gen_st_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    tcg_gen_st_i64(tcg_constant_i64(hflags_with(ctx, thumb, it)), tcg_env,
                   offsetof(CPUARMState, hflags));
}

/* What env says of ITSTATE is what was true where the block began. */
static bool it_differs(const DisasContext *ctx)
{
    return ctx->it_next != (ctx->hflags & ARM_HF_IT) >> ARM_HF_IT_SHIFT;
}

static void store_pc(vaddr dest)
{
    tcg_gen_movi_i64(cpu_pc, dest);
}

static uint32_t next_pc(const DisasContext *ctx)
{
    return ctx->pc + ctx->size;
}

void aa32_store_next_state(DisasContext *ctx)
{
    if (it_differs(ctx)) {
        store_execution_state(ctx, ctx->thumb, ctx->it_next);
    }
    store_pc(next_pc(ctx));
}

/* ---- Exceptions and exits ---- */

void aa32_exception(DisasContext *ctx, uint32_t esr)
{
    gen_helper_arm_raise(tcg_env, tcg_constant_i32(esr));
    ctx->base.is_jmp = DISAS_NORETURN;
}

void aa32_undefined(DisasContext *ctx)
{
    aa32_exception(ctx, arm_esr(EC_UNKNOWN, 0));
}

/* The pc is stored, and the key is that of these. */
static void lookup_with(DisasContext *ctx, bool thumb, uint8_t it)
{
    if (ctx->step) {
        arm_gen_after_step(&ctx->base, ctx->hflags);
    } else {
        tcg_gen_set_tb_flags(tcg_constant_i64(hflags_with(ctx, thumb, it)));
        translator_lookup_and_goto_ptr(&ctx->base);
    }
}

void aa32_exit_direct(DisasContext *ctx, uint32_t dest)
{
    if (it_differs(ctx)) {
        store_execution_state(ctx, ctx->thumb, ctx->it_next);
        store_pc(dest);
        lookup_with(ctx, ctx->thumb, ctx->it_next);
    } else if (ctx->step) {
        store_pc(dest);
        arm_gen_after_step(&ctx->base, ctx->hflags);
    } else {
        translator_goto_tb(&ctx->base, dest, store_pc);
    }
}

void aa32_exit_call(DisasContext *ctx, uint32_t dest)
{
    if (ctx->step || it_differs(ctx) || dest == next_pc(ctx)) {
        aa32_exit_direct(ctx, dest);
    } else {
        translator_goto_function(&ctx->base, dest, next_pc(ctx), store_pc);
    }
}

void aa32_exit_other_set(DisasContext *ctx, uint32_t dest)
{
    store_execution_state(ctx, !ctx->thumb, ctx->it_next);
    store_pc(dest);
    lookup_with(ctx, !ctx->thumb, ctx->it_next);
}

static void jump_to_target(DisasContextBase *db, vaddr dest)
{
    aa32_exit_direct(container_of(db, DisasContext, base), dest);
}

static void call_target(DisasContextBase *db, vaddr dest)
{
    aa32_exit_call(container_of(db, DisasContext, base), dest);
}

/* TARGET_RETURN has been compared with where the region expects it. */
static void exit_indirect(DisasContext *ctx, TCGv_i32 target, AA32BranchKind kind)
{
    TCGv_i32 aligned = tcg_temp_new_i32();
    TCGv_i64 dest = tcg_temp_new_i64();

    tcg_gen_andi_i32(aligned, target, ctx->thumb ? ~1u : ~3u);
    if (!ctx->step && !it_differs(ctx) && kind != AA32_RETURN && ctx->base.region) {
        tcg_gen_extu_i32_i64(dest, aligned);
        translator_goto_targets(&ctx->base, dest,
                                kind == AA32_CALL ? call_target : jump_to_target);
    }
    if (it_differs(ctx)) {
        store_execution_state(ctx, ctx->thumb, ctx->it_next);
    }
    tcg_gen_extu_i32_i64(cpu_pc, aligned);
    if (ctx->step) {
        arm_gen_after_step(&ctx->base, ctx->hflags);
    } else if (it_differs(ctx)) {
        lookup_with(ctx, ctx->thumb, ctx->it_next);
    } else if (kind == AA32_RETURN) {
        translator_lookup_and_goto_ptr(&ctx->base);
    } else {
        translator_goto_indirect(&ctx->base, next_pc(ctx));
    }
}

void aa32_exit_indirect(DisasContext *ctx, TCGv_i32 target)
{
    exit_indirect(ctx, target, AA32_JUMP);
}

/* Where a region called from: one comparison. `target` without its bit 0. */
static void goto_expected_return(DisasContext *ctx, TCGv_i32 target)
{
    TCGLabel *elsewhere = gen_new_label();
    vaddr expected;

    if (!ctx->step && !it_differs(ctx) && translator_expects_return(&ctx->base, &expected)) {
        tcg_gen_brcondi_i32(TCG_COND_NE, target, (uint32_t)expected, elsewhere);
        translator_goto_return(&ctx->base, store_pc);
        gen_set_label(elsewhere);
    }
}

void aa32_exit_bx(DisasContext *ctx, TCGv_i32 target, AA32BranchKind kind)
{
    TCGLabel *other_set = gen_new_label();
    TCGv_i32 address = aa32_copy(target), selected = tcg_temp_new_i32();

    tcg_gen_brcond_i32(ctx->thumb ? TCG_COND_TSTEQ : TCG_COND_TSTNE, address, tcg_constant_i32(1),
                       other_set);
    tcg_gen_andi_i32(selected, address, ~1u);
    if (kind == AA32_RETURN) {
        goto_expected_return(ctx, selected);
    }
    exit_indirect(ctx, selected, kind);
    gen_set_label(other_set);
    tcg_gen_andi_i32(selected, address, ctx->thumb ? ~3u : ~1u);
    store_execution_state(ctx, !ctx->thumb, ctx->it_next);
    tcg_gen_extu_i32_i64(cpu_pc, selected);
    lookup_with(ctx, !ctx->thumb, ctx->it_next);
}

typedef struct AA32LeaveStub {
    TCGLabel *label;
    uint32_t pc;
    int executed; /* instructions of the translation */
    bool store_it;
    uint8_t it;
} AA32LeaveStub;

TCGLabel *aa32_leave_label(DisasContext *ctx)
{
    AA32LeaveStub stub = { gen_new_label(), next_pc(ctx), ctx->base.num_insns, it_differs(ctx),
                           ctx->it_next };

    if (!ctx->leave_stubs) {
        ctx->leave_stubs = g_array_new(false, false, sizeof(AA32LeaveStub));
    }
    g_array_append_val(ctx->leave_stubs, stub);
    return stub.label;
}

void aa32_look_for_interrupts(DisasContext *ctx)
{
    TCGv_i32 request = tcg_temp_new_i32();

    if (ctx->step) {
        ctx->base.is_jmp = DISAS_LOOP;
        return;
    }
    tcg_gen_ld_i32(request, tcg_env, CPU_STATE_OFFSET(interrupt_request));
    tcg_gen_brcondi_i32(TCG_COND_NE, request, 0, aa32_leave_label(ctx));
}

/* ---- Registers ---- */

TCGv_i32 aa32_copy(TCGv_i32 a)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_mov_i32(t, a);
    return t;
}

uint32_t aa32_pc(const DisasContext *ctx)
{
    return ctx->pc + (ctx->thumb ? 4 : 8);
}

TCGv_i32 aa32_reg(DisasContext *ctx, unsigned n)
{
    return n == REG_PC ? tcg_constant_i32(aa32_pc(ctx)) : cpu_r[n];
}

void aa32_write_reg(DisasContext *ctx, unsigned n, TCGv_i32 value)
{
    if (n != REG_PC) {
        tcg_gen_mov_i32(cpu_r[n], value);
    } else if (ctx->thumb) {
        aa32_exit_indirect(ctx, value);
    } else {
        aa32_exit_bx(ctx, value, AA32_JUMP);
    }
}

void aa32_write_loaded(DisasContext *ctx, unsigned n, TCGv_i32 value, unsigned base)
{
    if (n == REG_PC) {
        aa32_exit_bx(ctx, value, base == REG_SP ? AA32_RETURN : AA32_JUMP);
    } else {
        tcg_gen_mov_i32(cpu_r[n], value);
    }
}

/* ---- Conditions ---- */

typedef struct Condition {
    TCGCond cond;
    TCGv_i32 a, b;
} Condition;

enum { COND_EQ, COND_CS, COND_MI, COND_VS, COND_HI, COND_GE, COND_GT, COND_AL };

/* By kind: what decides it if the flags are a comparison's; TCG_COND_NEVER: they themselves. */
static const TCGCond of_comparison[COND_AL] = {
    [COND_EQ] = TCG_COND_EQ,    [COND_CS] = TCG_COND_GEU, [COND_MI] = TCG_COND_NEVER,
    [COND_VS] = TCG_COND_NEVER, [COND_HI] = TCG_COND_GTU, [COND_GE] = TCG_COND_GE,
    [COND_GT] = TCG_COND_GT,
};

static Condition of_flags(unsigned kind)
{
    TCGv_i32 zero = tcg_constant_i32(0), t = tcg_temp_new_i32();

    switch (kind) {
    case COND_EQ:
        return (Condition){ TCG_COND_EQ, cpu_zf, zero };
    case COND_CS:
        return (Condition){ TCG_COND_NE, cpu_cf, zero };
    case COND_MI:
        return (Condition){ TCG_COND_LT, cpu_nf, zero };
    case COND_VS:
        return (Condition){ TCG_COND_LT, cpu_vf, zero };
    case COND_HI: /* C and not Z */
        tcg_gen_movcond_i32(TCG_COND_NE, t, cpu_zf, zero, cpu_cf, zero);
        return (Condition){ TCG_COND_NE, t, zero };
    case COND_GE: /* N = V */
        tcg_gen_xor_i32(t, cpu_nf, cpu_vf);
        return (Condition){ TCG_COND_GE, t, zero };
    default: /* COND_GT: N = V and not Z */
        tcg_gen_xor_i32(t, cpu_nf, cpu_vf);
        tcg_gen_movcond_i32(TCG_COND_NE, t, cpu_zf, zero, t, tcg_constant_i32(-1));
        return (Condition){ TCG_COND_GE, t, zero };
    }
}

void aa32_branch_if(DisasContext *ctx, unsigned cond, TCGLabel *label)
{
    unsigned kind = cond >> 1;
    Condition c = ctx->compared_a && of_comparison[kind] != TCG_COND_NEVER
                      ? (Condition){ of_comparison[kind], ctx->compared_a, ctx->compared_b }
                      : of_flags(kind);

    tcg_gen_brcond_i32(cond & 1 ? tcg_invert_cond(c.cond) : c.cond, c.a, c.b, label);
}

/* ---- The frame's operations ---- */

static void aa32_init_disas_context(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);
    uint64_t hflags = db->tb->flags;

    ctx->hflags = hflags;
    ctx->thumb = hflags & ARM_HF_THUMB;
    ctx->el = hflags & ARM_HF_EL;
    ctx->mmu_idx = arm_mmu_index(hflags);
    ctx->byte_order = hflags & ARM_HF_BIG_ENDIAN ? MO_BE : MO_LE;
    ctx->byte_order |= hflags & ARM_HF_ALIGN ? MO_ALIGN : 0;
    ctx->step = (db->tb->cflags & CF_SINGLE_STEP) || (hflags & ARM_HF_STEP);
    ctx->id = &ARM_CPU_GET_CLASS(cpu)->model->id;
    ctx->psci_conduit = ((ARMCPU *)cpu)->psci_conduit;
    ctx->has_el2 = ((ARMCPU *)cpu)->env.has_el2;
    ctx->has_gic_registers = ((ARMCPU *)cpu)->gic_ops != NULL;
    ctx->has_el3 = ((ARMCPU *)cpu)->env.has_el3;
    if (ctx->step) {
        db->max_insns = 1;
    }
}

static void aa32_tb_start(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    ctx->compared_a = NULL;
    ctx->it = ctx->it_next = (ctx->hflags & ARM_HF_IT) >> ARM_HF_IT_SHIFT;
}

/* The upper five bits of an instruction's first halfword say how long it is. */
static bool is_long(uint32_t halfword)
{
    return halfword >= 0xe800;
}

static bool at_page_end(uint32_t pc)
{
    return (pc & ~TARGET_PAGE_MASK) == TARGET_PAGE_SIZE - 2;
}

static void fetch_thumb(DisasContext *ctx)
{
    uint32_t first = translator_lduw_le(&ctx->base, ctx->pc);

    ctx->size = is_long(first) ? 4 : 2;
    ctx->insn = first;
    if (ctx->size == 4) {
        ctx->insn = first << 16 | translator_lduw_le(&ctx->base, ctx->pc + 2);
    }
}

static void aa32_insn_start(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    ctx->pc = db->pc_next;
    ctx->it = ctx->it_next;
    if (ctx->thumb) {
        fetch_thumb(ctx);
    } else {
        ctx->insn = bswap32(translator_ldl_be(db, ctx->pc, 0));
        ctx->size = 4;
    }
    tcg_gen_insn_start(ctx->pc, ctx->it);
}

/* ITSTATE behind this instruction (ITAdvance()). */
static uint8_t advanced(uint8_t it)
{
    return it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
}

static bool raise_before(DisasContext *ctx)
{
    if ((ctx->hflags & (ARM_HF_STEP | ARM_HF_STEP_NEXT)) == ARM_HF_STEP) {
        aa32_exception(ctx, arm_esr(ctx->el ? EC_STEP : EC_STEP_LOWER, FSC_DEBUG));
        return true;
    }
    if (ctx->hflags & ARM_HF_BREAKPOINTS) {
        arm_gen_breakpoint_check(ctx->pc);
    }
    if (ctx->hflags & ARM_HF_ILLEGAL) {
        aa32_exception(ctx, arm_esr(EC_ILLEGAL_STATE, 0));
        return true;
    }
    return false;
}

/* SCTLR_EL1.ITD: an IT block has one instruction, of 16 bits, and only what neither has the pc for
 * a register nor is one of the miscellaneous ones. These are UNDEFINED whatever the condition. */
static bool is_disabled_by_itd(const DisasContext *ctx)
{
    static const struct {
        uint16_t mask, value;
    } disabled[] = {
        { 0xc000, 0xc000 }, /* of 32 bits, B, SVC, LDM and STM */
        { 0xf000, 0xb000 }, /* miscellaneous */
        { 0xf800, 0xa000 }, /* ADD to the pc */
        { 0xf800, 0x4800 }, /* LDR (literal) */
        { 0xf478, 0x4478 }, /* ADD, CMP, MOV, BX and BLX of the pc */
        { 0xfc87, 0x4487 }, /* ADD, CMP and MOV to the pc */
    };
    uint16_t first = ctx->size == 4 ? ctx->insn >> 16 : ctx->insn;

    if (!ctx->it) {
        return (first & 0xff00) == 0xbf00 && (first & 0xf) && (first & 0xf) != 8;
    }
    for (size_t i = 0; i < ARRAY_SIZE(disabled); i++) {
        if ((first & disabled[i].mask) == disabled[i].value) {
            return true;
        }
    }
    return false;
}

static bool translate_one(DisasContext *ctx)
{
    uint32_t always = 0xe0000000u;

    if (!ctx->thumb) {
        bool unconditional = ctx->insn >> 28 == 0xf;

        return aa32_translate_a32(ctx, unconditional ? ctx->insn
                                                     : (ctx->insn & 0x0fffffff) | always);
    }
    return ctx->size == 2 ? aa32_translate_t16(ctx, ctx->insn) : aa32_translate_t32(ctx, ctx->insn);
}

static void end_path(DisasContext *ctx)
{
    DisasContextBase *db = &ctx->base;

    switch (db->is_jmp) {
    case DISAS_NORETURN:
        break;
    case DISAS_TOO_MANY:
        aa32_exit_direct(ctx, next_pc(ctx));
        break;
    default:
        aa32_store_next_state(ctx);
        if (ctx->step) {
            arm_gen_after_step(&ctx->base, ctx->hflags);
        } else if (db->is_jmp == DISAS_LOOKUP) {
            lookup_with(ctx, ctx->thumb, ctx->it_next);
        } else {
            translator_exit_to_loop(db);
        }
    }
}

/* 14: always. A branch of T16 has its own, and BKPT has none (F1.3, F2.1). */
static unsigned condition_of(const DisasContext *ctx)
{
    if (ctx->thumb) {
        bool bkpt = ctx->size == 2 && ctx->insn >> 8 == 0xbe;

        return ctx->it && !bkpt ? ctx->it >> 4 : 14;
    }
    return MIN(ctx->insn >> 28, 14);
}

static void aa32_translate_insn(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);
    unsigned cond = condition_of(ctx);

    db->pc_next = next_pc(ctx);
    ctx->it_next = advanced(ctx->it);
    ctx->flags_written = false;
    ctx->skipped = NULL;
    if (raise_before(ctx)) {
        return;
    }
    if ((ctx->hflags & ARM_HF_ITD) && ctx->thumb && is_disabled_by_itd(ctx)) {
        aa32_undefined(ctx);
        return;
    }
    if (ctx->thumb && ctx->size == 4 && at_page_end(ctx->pc)) {
        translator_check_page(db, ctx->pc + 2);
    }
    if (cond < 14) {
        ctx->skipped = gen_new_label();
        aa32_branch_if(ctx, cond ^ 1, ctx->skipped);
    }
    if (!translate_one(ctx)) {
        aa32_undefined(ctx);
    }
    if (ctx->skipped) {
        if (db->is_jmp != DISAS_NEXT) {
            end_path(ctx);
            db->is_jmp = DISAS_TOO_MANY;
        }
        gen_set_label(ctx->skipped);
        ctx->compared_a = ctx->flags_written ? NULL : ctx->compared_a;
    }
    if (db->is_jmp == DISAS_NEXT && ctx->thumb && at_page_end(db->pc_next)) {
        db->is_jmp = DISAS_TOO_MANY; /* an instruction across pages begins its own block */
    }
}

static void aa32_tb_stop(DisasContextBase *db, CPUState *cpu)
{
    end_path(container_of(db, DisasContext, base));
}

static void aa32_finish(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    for (guint i = 0; ctx->leave_stubs && i < ctx->leave_stubs->len; i++) {
        AA32LeaveStub *stub = &g_array_index(ctx->leave_stubs, AA32LeaveStub, i);

        gen_set_label(stub->label);
        tcg_gen_budget_return(stub->executed);
        if (stub->store_it) {
            store_execution_state(ctx, ctx->thumb, stub->it);
        }
        store_pc(stub->pc);
        translator_exit_to_loop(db);
    }
    g_clear_pointer(&ctx->leave_stubs, g_array_unref);
}

static const TranslatorOps aa32_translator_ops = {
    .init_disas_context = aa32_init_disas_context,
    .tb_start = aa32_tb_start,
    .insn_start = aa32_insn_start,
    .translate_insn = aa32_translate_insn,
    .tb_stop = aa32_tb_stop,
    .finish = aa32_finish,
};

void arm_translate32_code(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input)
{
    DisasContext ctx = { 0 };

    translator_loop(cpu, tb, input, &aa32_translator_ops, &ctx.base);
}
