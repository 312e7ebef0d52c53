/*
 * Arm translator: its frame. Registers as IR globals, entry and exits of blocks, exceptions.
 *
 * Reference: DDI 0487, chapters B1 and D1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "system/cpus.h"
#include "target/arm/translate.h"

TCGv_i64 cpu_x[32];
TCGv_i64 cpu_pc, cpu_n, cpu_z, cpu_c, cpu_v;
TCGv_i64 cpu_exclusive_address, cpu_exclusive_value[2];
TCGv_vec cpu_vreg[32];

static const struct {
    TCGv_i64 *global;
    size_t offset;
    const char *name;
} special_globals[] = {
    { &cpu_pc, offsetof(CPUARMState, pc), "pc" },
    { &cpu_n, offsetof(CPUARMState, n), "n" },
    { &cpu_z, offsetof(CPUARMState, z), "z" },
    { &cpu_c, offsetof(CPUARMState, c), "c" },
    { &cpu_v, offsetof(CPUARMState, v), "v" },
    { &cpu_exclusive_address, offsetof(CPUARMState, exclusive_address), "excl" },
    { &cpu_exclusive_value[0], offsetof(CPUARMState, exclusive_value[0]), "exclval0" },
    { &cpu_exclusive_value[1], offsetof(CPUARMState, exclusive_value[1]), "exclval1" },
};

void arm_translate_init(void)
{
    for (int i = 0; i < 32; i++) {
        const char *name = i == 31 ? "sp" : g_strdup_printf("x%d", i);

        cpu_x[i] = tcg_global_mem_new_i64(tcg_env, offsetof(CPUARMState, x[i]), name);
    }
    for (size_t i = 0; i < ARRAY_SIZE(special_globals); i++) {
        *special_globals[i].global = tcg_global_mem_new_i64(tcg_env, special_globals[i].offset,
                                                            special_globals[i].name);
    }
    for (int i = 0; i < 32; i++) {
        cpu_vreg[i] = tcg_global_mem_new_vec(TCG_TYPE_V128, tcg_env, offsetof(CPUARMState, vreg[i]),
                                             g_strdup_printf("q%d", i));
    }
    tcg_set_pc_global_i64(cpu_pc);
    arm_translate32_init();
}

/* ---- Extensions ---- */

/* Where it says that a row's extension is there: a field of four bits, of at least that number. */
static const struct Extension {
    uint32_t flag;
    uint16_t reg; /* offset in ARMIdRegs */
    uint8_t low, least;
} extensions[] = {
#define EXTENSION(flag_, reg_, low_, least_)                                                       \
    { A64_FLAG_##flag_, offsetof(ARMIdRegs, reg_), low_, least_ }
    EXTENSION(SHA512, isar0, 12, 2),
    EXTENSION(LSE, isar0, 20, 2),
    EXTENSION(RDM, isar0, 28, 1),
    EXTENSION(SHA3, isar0, 32, 1),
    EXTENSION(SM3, isar0, 36, 1),
    EXTENSION(SM4, isar0, 40, 1),
    EXTENSION(DOTPROD, isar0, 44, 1),
    EXTENSION(FHM, isar0, 48, 1),
    EXTENSION(FLAGM, isar0, 52, 1),
    EXTENSION(FLAGM2, isar0, 52, 2),
    EXTENSION(JSCVT, isar1, 12, 1),
    EXTENSION(FCMA, isar1, 16, 1),
    EXTENSION(RCPC, isar1, 20, 1),
    EXTENSION(RCPC2, isar1, 20, 2),
    EXTENSION(FRINTTS, isar1, 32, 1),
    EXTENSION(SB, isar1, 36, 1),
    EXTENSION(BF16, isar1, 44, 1),
    EXTENSION(I8MM, isar1, 52, 1),
    EXTENSION(LOR, mmfr1, 16, 1),
    EXTENSION(MTE, pfr1, 8, 1),
    EXTENSION(MTE2, pfr1, 8, 2),
#undef EXTENSION
};

static bool has_field(uint64_t reg, unsigned low, unsigned least)
{
    return (reg >> low & 0xf) >= least;
}

uint32_t a64_lacking_extensions(const ARMIdRegs *id)
{
    uint32_t lacking = 0;

    for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
        const struct Extension *e = &extensions[i];

        if (!has_field(*(const uint64_t *)((const char *)id + e->reg), e->low, e->least)) {
            lacking |= e->flag;
        }
    }
    /* Those whose fields are signed, or several. */
    lacking |= arm_has_half(id) ? 0 : A64_FLAG_HALF;
    lacking |= arm_has_pauth(id) ? 0 : A64_FLAG_PAUTH;
    return lacking;
}

/* ---- Registers ---- */

TCGv_i64 a64_x(unsigned n)
{
    return n == 31 ? tcg_constant_i64(0) : cpu_x[n];
}

TCGv_i64 a64_x_sized(unsigned n, bool wide)
{
    TCGv_i64 t;

    if (wide || n == 31) {
        return a64_x(n);
    }
    t = tcg_temp_new_i64();
    tcg_gen_ext32u_i64(t, cpu_x[n]);
    return t;
}

void a64_write_x(unsigned n, TCGv_i64 value, bool wide)
{
    if (n == 31) {
        return;
    }
    if (wide) {
        tcg_gen_mov_i64(cpu_x[n], value);
    } else {
        tcg_gen_ext32u_i64(cpu_x[n], value);
    }
}

TCGv_i64 a64_copy(TCGv_i64 a)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_mov_i64(t, a);
    return t;
}

/* ---- Exceptions and exits ---- */

static void store_pc(vaddr dest)
{
    tcg_gen_movi_i64(cpu_pc, dest);
}

void a64_store_next_pc(DisasContext *ctx)
{
    store_pc(ctx->pc + 4);
}

void a64_exception(DisasContext *ctx, uint32_t esr)
{
    a64_write_pending_flags(ctx);
    gen_helper_arm_raise(tcg_env, tcg_constant_i32(esr));
    ctx->base.is_jmp = DISAS_NORETURN;
}

void a64_undefined(DisasContext *ctx)
{
    a64_exception(ctx, arm_esr(EC_UNKNOWN, 0));
}

void arm_gen_after_step(DisasContextBase *db, uint64_t hflags)
{
    if (hflags & ARM_HF_STEP) {
        gen_helper_arm_step_done(tcg_env);
    }
    if (db->tb->cflags & CF_SINGLE_STEP) {
        gen_helper_arm_raise_debug(tcg_env);
        db->is_jmp = DISAS_NORETURN;
    } else {
        translator_exit_to_loop(db);
    }
}

void arm_gen_breakpoint_check(uint64_t pc)
{
    TCGLabel *nothing = gen_new_label();
    TCGv_i64 filter = tcg_temp_new_i64();

    tcg_gen_ld_i64(filter, tcg_env, offsetof(CPUARMState, breakpoint_filter));
    tcg_gen_andi_i64(filter, filter, arm_breakpoint_bit(pc));
    tcg_gen_brcondi_i64(TCG_COND_EQ, filter, 0, nothing);
    gen_helper_arm_check_breakpoints(tcg_env, tcg_constant_i64(pc));
    gen_set_label(nothing);
}

void a64_exit_direct(DisasContext *ctx, uint64_t dest)
{
    if (ctx->step) {
        store_pc(dest);
        arm_gen_after_step(&ctx->base, ctx->hflags);
    } else {
        a64_flags_over_edge(ctx);
        translator_goto_tb(&ctx->base, dest, store_pc);
    }
}

void a64_exit_call(DisasContext *ctx, uint64_t dest)
{
    if (ctx->step || dest == ctx->pc + 4) {
        a64_exit_direct(ctx, dest);
    } else {
        a64_flags_over_edge(ctx);
        translator_goto_function(&ctx->base, dest, ctx->pc + 4, store_pc);
    }
}

/* `noted`: it may become an inline cache. */
static void exit_by_lookup(DisasContext *ctx, TCGv_i64 target, bool noted)
{
    a64_write_pending_flags(ctx);
    tcg_gen_mov_i64(cpu_pc, target);
    if (ctx->step) {
        arm_gen_after_step(&ctx->base, ctx->hflags);
    } else if (noted) {
        translator_goto_indirect(&ctx->base, ctx->pc + 4);
    } else {
        translator_lookup_and_goto_ptr(&ctx->base);
    }
}

static void jump_to_target(DisasContextBase *db, vaddr dest)
{
    a64_exit_direct(container_of(db, DisasContext, base), dest);
}

static void call_target(DisasContextBase *db, vaddr dest)
{
    a64_exit_call(container_of(db, DisasContext, base), dest);
}

void a64_exit_indirect(DisasContext *ctx, TCGv_i64 target, bool call)
{
    bool checked = ctx->hflags & ARM_HF_BTI; /* the destination looks where it was come from */

    if (!ctx->step && !checked) {
        translator_goto_targets(&ctx->base, target, call ? call_target : jump_to_target);
    }
    exit_by_lookup(ctx, target, !checked);
}

void a64_exit_return(DisasContext *ctx, TCGv_i64 target)
{
    TCGLabel *elsewhere = gen_new_label();
    vaddr expected;

    if (!ctx->step && translator_expects_return(&ctx->base, &expected)) {
        tcg_gen_brcond_i64(TCG_COND_NE, target, tcg_constant_i64(expected), elsewhere);
        a64_flags_over_edge(ctx);
        translator_goto_return(&ctx->base, store_pc);
        gen_set_label(elsewhere);
    }
    exit_by_lookup(ctx, target, false);
}

TCGLabel *a64_leave_label(DisasContext *ctx)
{
    LeaveStub stub = { gen_new_label(), ctx->pc + 4, ctx->base.num_insns };

    if (!ctx->leave_stubs) {
        ctx->leave_stubs = g_array_new(false, false, sizeof(LeaveStub));
    }
    g_array_append_val(ctx->leave_stubs, stub);
    return stub.label;
}

void a64_look_for_interrupts(DisasContext *ctx)
{
    TCGv_i32 request = tcg_temp_new_i32();

    if (ctx->step) {
        ctx->base.is_jmp = DISAS_LOOP;
        return;
    }
    tcg_gen_ld_i32(request, tcg_env, CPU_STATE_OFFSET(interrupt_request));
    tcg_gen_brcondi_i32(TCG_COND_NE, request, 0, a64_leave_label(ctx));
}

/* ---- The frame's operations ---- */

static void arm_init_disas_context(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);
    uint64_t hflags = db->tb->flags;

    ctx->hflags = hflags;
    ctx->el = hflags & ARM_HF_EL;
    ctx->mmu_idx = arm_mmu_index(hflags);
    ctx->byte_order = hflags & ARM_HF_BIG_ENDIAN ? MO_BE : MO_LE;
    ctx->byte_order |= hflags & ARM_HF_ALIGN ? MO_ALIGN : 0;
    ctx->stack_align = hflags & ARM_HF_SP_ALIGN;
    ctx->pairs_at_once = arm_has_lse2(&ARM_CPU(cpu)->env.id) && cpus_are_several();
    ctx->step = (db->tb->cflags & CF_SINGLE_STEP) || (hflags & ARM_HF_STEP);
    ctx->id = &ARM_CPU(cpu)->env.id;
    ctx->lacking = ARM_CPU(cpu)->lacking;
    ctx->pstate_known = arm_pstate_known(&ARM_CPU(cpu)->env);
    ctx->psci_conduit = ((ARMCPU *)cpu)->psci_conduit;
    ctx->has_gic_registers = ARM_CPU(cpu)->gic_ops != NULL;
    ctx->has_higher_levels = ARM_CPU(cpu)->env.has_el2 || ARM_CPU(cpu)->env.has_el3;
    ctx->has_vhe = ARM_CPU(cpu)->env.id.mmfr1 >> 8 & 0xf;
    if (ctx->step) {
        db->max_insns = 1;
    }
}

static void arm_tb_start(DisasContextBase *db, CPUState *cpu)
{
    a64_flags_at_entry(container_of(db, DisasContext, base), db->entry_state);
}

static void arm_settle(DisasContextBase *db, uint64_t state)
{
    a64_flags_settle(state);
}

static void arm_insn_start(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    ctx->pc = db->pc_next;
    /* A misaligned pc raises its own exception; what lies there matters for nothing. */
    ctx->insn = bswap32(translator_ldl_be(db, ctx->pc, 0));
    ctx->row = a64_decode(ctx->insn);
    tcg_gen_insn_start(ctx->pc, a64_flags_at_insn(ctx));
}

/* ---- Branch targets (FEAT_BTI) ---- */

enum { BTYPE_NONE, BTYPE_JUMP_BY_16_17, BTYPE_CALL, BTYPE_JUMP };

static unsigned branch_type(const DisasContext *ctx)
{
    return (ctx->hflags & ARM_HF_BTYPE) >> ARM_HF_BTYPE_SHIFT;
}

void a64_note_branch_type(DisasContext *ctx, unsigned rn, bool is_call)
{
    if (ctx->hflags & ARM_HF_BTI) {
        gen_helper_arm_set_btype(tcg_env, tcg_constant_i64(ctx->pc),
                                 tcg_constant_i32(is_call                ? BTYPE_CALL
                                                  : rn == 16 || rn == 17 ? BTYPE_JUMP_BY_16_17
                                                                         : BTYPE_JUMP));
    }
}

/* What such a branch may come to in a guarded page (D8.4.5): BTI, its argument in bits 6 and 7,
 * PACIASP and PACIBSP, exceptions of a debugger. */
static ARMLanding landing_of(const DisasContext *ctx)
{
    unsigned type = branch_type(ctx), hint = ctx->insn >> 5 & 0x7f;
    unsigned needed = type == BTYPE_CALL ? 2 : type == BTYPE_JUMP ? 4 : 2 | 4;

    if ((ctx->insn & 0xffe0001f) == 0xd4200000 || (ctx->insn & 0xffe0001f) == 0xd4400000) {
        return ARM_LANDING_PAD;
    }
    if ((ctx->insn & 0xfffff01f) != 0xd503201f) {
        return ARM_LANDING_NONE;
    }
    if (hint == 0x19 || hint == 0x1b) {
        return type == BTYPE_JUMP ? ARM_LANDING_BY_BT : ARM_LANDING_PAD;
    }
    return (hint & ~6u) == 0x20 && (hint & needed) ? ARM_LANDING_PAD : ARM_LANDING_NONE;
}

/* The first instruction behind an indirect branch. Whether the page is guarded isn't known here. */
static void gen_branch_target_check(DisasContext *ctx)
{
    gen_helper_arm_check_btype(tcg_env, tcg_constant_i64(ctx->pc),
                               tcg_constant_i32(landing_of(ctx)));
    ctx->hflags &= ~(uint64_t)ARM_HF_BTYPE;
}

/* What comes before the instruction itself is looked at (DDI 0487, D1.3.6). */
static bool raise_before(DisasContext *ctx)
{
    if ((ctx->hflags & (ARM_HF_STEP | ARM_HF_STEP_NEXT)) == ARM_HF_STEP) {
        a64_exception(ctx, arm_esr(ctx->el ? EC_STEP : EC_STEP_LOWER, FSC_DEBUG));
        return true;
    }
    if (ctx->pc & 3) {
        gen_helper_arm_raise_with_far(tcg_env, tcg_constant_i32(arm_esr(EC_PC_ALIGN, 0)),
                                      tcg_constant_i64(ctx->pc));
        ctx->base.is_jmp = DISAS_NORETURN;
        return true;
    }
    if (ctx->hflags & ARM_HF_BREAKPOINTS) {
        a64_write_pending_flags(ctx);
        arm_gen_breakpoint_check(ctx->pc);
    }
    if (ctx->hflags & ARM_HF_ILLEGAL) {
        a64_exception(ctx, arm_esr(EC_ILLEGAL_STATE, 0));
        return true;
    }
    if (branch_type(ctx)) {
        gen_branch_target_check(ctx);
    }
    return false;
}

/* ---- SIMD registers as parts of SVE's ---- */

/* How many registers, from the one named on, a load of structures writes. */
static unsigned structure_registers(const DisasContext *ctx)
{
    static const uint8_t multiple[16] = { [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2,
                                          [10] = 2 };

    switch (ctx->row) {
    case A64_INSN_LDN:
        return multiple[extract32(ctx->insn, 12, 4)];
    case A64_INSN_LDN_1:
        return extract32(ctx->insn, 13, 1) * 2 + extract32(ctx->insn, 21, 1) + 1;
    default:
        return 1;
    }
}

static void clear_above_results(DisasContext *ctx)
{
    const A64InsnRow *row = &a64_insns[ctx->row];

    for (unsigned i = 0; i < row->nb_fields; i++) {
        const A64InsnField *f = &row->fields[i];
        bool is_simd = f->item == A64_ITEM_VD || f->item == A64_ITEM_VT || f->item == A64_ITEM_VT2;

        for (unsigned n = 0; is_simd && (row->writes >> f->item & 1) &&
                             n < structure_registers(ctx); n++) {
            a64_clear_above(ctx, (extract32(ctx->insn, f->low, 5) + n) % 32);
        }
    }
}

static void arm_translate_insn(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    db->pc_next = ctx->pc + 4;
    if (raise_before(ctx)) {
        return;
    }
    if (ctx->row < 0 ? !a64_translate_sve(ctx) : a64_insns[ctx->row].flags & ctx->lacking) {
        a64_undefined(ctx);
        return;
    }
    if (ctx->row < 0) {
        return;
    }
    if ((a64_insns[ctx->row].flags & A64_FLAG_FP) && !(ctx->hflags & ARM_HF_FP)) {
        a64_exception(ctx, arm_esr(EC_FP_ACCESS, ARM_ISS_COND_ALWAYS));
        return;
    }
    if (!a64_insns[ctx->row].translate(ctx, ctx->insn)) {
        a64_undefined(ctx);
    } else if ((ctx->hflags & ARM_HF_Z_HIGH) && db->is_jmp != DISAS_NORETURN) {
        clear_above_results(ctx);
    }
    a64_flags_after_insn(ctx);
}

static void arm_tb_stop(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    switch (db->is_jmp) {
    case DISAS_NORETURN:
        break;
    case DISAS_TOO_MANY:
        a64_flags_at_branch(ctx);
        a64_exit_direct(ctx, db->pc_next);
        break;
    default:
        a64_write_pending_flags(ctx);
        store_pc(db->pc_next);
        if (ctx->step) {
            arm_gen_after_step(&ctx->base, ctx->hflags);
        } else if (db->is_jmp == DISAS_LOOKUP) {
            translator_lookup_and_goto_ptr(db);
        } else {
            translator_exit_to_loop(db);
        }
    }
}

static void arm_finish(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    for (guint i = 0; ctx->leave_stubs && i < ctx->leave_stubs->len; i++) {
        LeaveStub *stub = &g_array_index(ctx->leave_stubs, LeaveStub, i);

        gen_set_label(stub->label);
        tcg_gen_budget_return(stub->executed);
        store_pc(stub->pc);
        translator_exit_to_loop(db);
    }
    g_clear_pointer(&ctx->leave_stubs, g_array_unref);
}

static const TranslatorOps arm_translator_ops = {
    .init_disas_context = arm_init_disas_context,
    .tb_start = arm_tb_start,
    .insn_start = arm_insn_start,
    .translate_insn = arm_translate_insn,
    .tb_stop = arm_tb_stop,
    .settle = arm_settle,
    .finish = arm_finish,
};

void arm_translate_code(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input)
{
    DisasContext ctx = { 0 };

    if (tb->flags & ARM_HF_A32) {
        arm_translate32_code(cpu, tb, input);
        return;
    }
    translator_loop(cpu, tb, input, &arm_translator_ops, &ctx.base);
}
