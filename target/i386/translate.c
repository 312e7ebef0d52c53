/*
 * x86 translator: its frame. Registers as IR globals, fetching and checking of instructions, ways out
 * of blocks, exceptions.
 *
 * Reference: SDM volume 2, chapter 2; volume 3, 6.15 (what faults before what).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate.h"
#include "x86-opcodes.h"

TCGv_i64 cpu_regs[X86_NB_REGS];
TCGv_i64 cpu_rip;
TCGv_i64 cpu_fz, cpu_fs, cpu_fm, cpu_ft, cpu_fd, cpu_df;
TCGv_i64 cpu_seg_base[X86_NB_SEGS];
TCGv_vec cpu_xmm[16], cpu_ymm_high[16];

static const char *const reg_names[X86_NB_REGS] = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
};
static const char *const base_names[X86_NB_SEGS] = {
    "es_base", "cs_base", "ss_base", "ds_base", "fs_base", "gs_base",
};

static const struct {
    TCGv_i64 *global;
    size_t offset;
    const char *name;
} special_globals[] = {
    { &cpu_rip, offsetof(CPUX86State, pc), "pc" }, { &cpu_fz, offsetof(CPUX86State, fz), "fz" },
    { &cpu_fs, offsetof(CPUX86State, fs), "fs" },
    { &cpu_fm, offsetof(CPUX86State, fm), "fm" }, { &cpu_ft, offsetof(CPUX86State, ft), "ft" },
    { &cpu_fd, offsetof(CPUX86State, fd), "fd" }, { &cpu_df, offsetof(CPUX86State, df), "df" },
};

void x86_translate_init(void)
{
    for (int i = 0; i < X86_NB_REGS; i++) {
        cpu_regs[i] = tcg_global_mem_new_i64(tcg_env, offsetof(CPUX86State, regs[i]), reg_names[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(special_globals); i++) {
        *special_globals[i].global = tcg_global_mem_new_i64(tcg_env, special_globals[i].offset,
                                                            special_globals[i].name);
    }
    for (int i = 0; i < X86_NB_SEGS; i++) {
        cpu_seg_base[i] = tcg_global_mem_new_i64(tcg_env, offsetof(CPUX86State, segs[i].base),
                                                 base_names[i]);
    }
    for (int i = 0; i < 16; i++) {
        cpu_xmm[i] = tcg_global_mem_new_vec(TCG_TYPE_V128, tcg_env, offsetof(CPUX86State, xmm[i]),
                                            g_strdup_printf("xmm%d", i));
        cpu_ymm_high[i] = tcg_global_mem_new_vec(TCG_TYPE_V128, tcg_env,
                                                 offsetof(CPUX86State, ymm_high[i]),
                                                 g_strdup_printf("ymm%dh", i));
    }
    tcg_set_pc_global_i64(cpu_rip);
}

/* ---- Exceptions ---- */

void x86_gen_raise(DisasContext *ctx, unsigned vector)
{
    x86_write_pending_flags(ctx);
    gen_helper_x86_raise(tcg_env, tcg_constant_i32(vector));
    ctx->base.is_jmp = DISAS_NORETURN;
}

void x86_gen_raise_error(DisasContext *ctx, unsigned vector, uint32_t error)
{
    x86_write_pending_flags(ctx);
    gen_helper_x86_raise_error(tcg_env, tcg_constant_i32(vector), tcg_constant_i32(error));
    ctx->base.is_jmp = DISAS_NORETURN;
}

struct X86Stub {
    TCGLabel *label;
    uint64_t pc;
    unsigned vector; /* STUB_* */
    int error;       /* negative: none */
    int executed;    /* instructions of the translation */
};

/* No fault, but out to the CPU loop; with X86_HF_SHADOW; on by a look-up. */
enum { STUB_LEAVE = 256, STUB_SHADOW, STUB_LOOKUP };

static TCGLabel *add_stub(DisasContext *ctx, X86Stub stub)
{
    if (!ctx->stubs) {
        ctx->stubs = g_array_new(false, false, sizeof(X86Stub));
    }
    stub.label = gen_new_label();
    g_array_append_val(ctx->stubs, stub);
    return stub.label;
}

TCGLabel *x86_fault_label(DisasContext *ctx, unsigned vector, int error)
{
    X86Stub stub = { NULL, ctx->pc, vector, error, ctx->base.num_insns - 1 };

    x86_write_pending_flags(ctx);
    /* The same one of this instruction? */
    for (guint i = ctx->stubs ? ctx->stubs->len : 0; i-- > 0;) {
        const X86Stub *s = &g_array_index(ctx->stubs, X86Stub, i);

        if (s->executed != stub.executed) {
            break;
        }
        if (s->vector == vector && s->error == error) {
            return s->label;
        }
    }
    return add_stub(ctx, stub);
}

static TCGLabel *leave_label(DisasContext *ctx, unsigned kind)
{
    X86Stub stub = { NULL, ctx->base.pc_next, kind, -1, ctx->base.num_insns };

    return add_stub(ctx, stub);
}

TCGLabel *x86_shadow_label(DisasContext *ctx)
{
    return leave_label(ctx, STUB_SHADOW);
}

TCGLabel *x86_leave_label(DisasContext *ctx)
{
    return leave_label(ctx, STUB_LEAVE);
}

void x86_leave_if_hflags_changed(DisasContext *ctx)
{
    TCGv_i64 hflags = tcg_temp_new_i64();

    tcg_gen_ld_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
    tcg_gen_brcondi_i64(TCG_COND_NE, hflags, ctx->hflags, leave_label(ctx, STUB_LOOKUP));
}

static void change_shadow(bool on)
{
    TCGv_i64 hflags = tcg_temp_new_i64();

    tcg_gen_ld_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
    tcg_gen_andi_i64(hflags, hflags, ~(int64_t)X86_HF_SHADOWS);
    tcg_gen_ori_i64(hflags, hflags, on ? X86_HF_SHADOW : 0);
    tcg_gen_st_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
}

/* EFLAGS.RF, where somebody looks at it. */
static void change_resume(bool on)
{
    TCGv_i64 hflags = tcg_temp_new_i64();
    TCGv_i32 eflags = tcg_temp_new_i32();

    tcg_gen_ld_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
    tcg_gen_andi_i64(hflags, hflags, ~(int64_t)X86_HF_RF);
    tcg_gen_ori_i64(hflags, hflags, on ? X86_HF_RF : 0);
    tcg_gen_st_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
    tcg_gen_ld_i32(eflags, tcg_env, offsetof(CPUX86State, eflags));
    tcg_gen_andi_i32(eflags, eflags, ~FLAG_RF);
    tcg_gen_ori_i32(eflags, eflags, on ? FLAG_RF : 0);
    tcg_gen_st_i32(eflags, tcg_env, offsetof(CPUX86State, eflags));
}

static void place_stubs(DisasContext *ctx)
{
    for (guint i = 0; ctx->stubs && i < ctx->stubs->len; i++) {
        const X86Stub *s = &g_array_index(ctx->stubs, X86Stub, i);

        gen_set_label(s->label);
        tcg_gen_budget_return(s->executed);
        tcg_gen_settle();
        tcg_gen_movi_i64(cpu_rip, s->pc);
        if (s->vector == STUB_LOOKUP && !(ctx->base.tb->cflags & CF_NO_GOTO_TB)) {
            tcg_gen_set_tb_flags(tcg_constant_i64(-1));
            tcg_gen_lookup_and_goto_ptr();
        } else if (s->vector >= STUB_LEAVE) {
            if (s->vector == STUB_SHADOW) {
                change_shadow(true);
            }
            tcg_gen_exit_tb(NULL, 0);
        } else if (s->error < 0) {
            gen_helper_x86_raise_at_pc(tcg_env, tcg_constant_i32(s->vector));
        } else {
            gen_helper_x86_raise_error_at_pc(tcg_env, tcg_constant_i32(s->vector),
                                             tcg_constant_i32(s->error));
        }
    }
    g_clear_pointer(&ctx->stubs, g_array_unref);
}

/* ---- Ways out ---- */

uint64_t x86_this_eip(const DisasContext *ctx)
{
    return ctx->code64 ? ctx->pc : (uint32_t)(ctx->pc - ctx->cs_base);
}

uint64_t x86_next_eip(const DisasContext *ctx)
{
    uint64_t eip = x86_this_eip(ctx) + ctx->insn.length;

    return ctx->code64 ? eip : (uint32_t)eip;
}

static void store_pc(vaddr dest)
{
    tcg_gen_movi_i64(cpu_rip, dest);
}

void x86_store_next_pc(DisasContext *ctx)
{
    store_pc(ctx->base.pc_next);
}

/* The pc is stored, and each instruction is followed by something; branch: one that was taken. */
static void exit_after_step(DisasContext *ctx, bool branch)
{
    if (ctx->hflags & X86_HF_TF) {
        gen_helper_x86_trap_flag(tcg_env, tcg_constant_i32(branch));
        ctx->base.is_jmp = DISAS_NORETURN;
    } else if (ctx->base.tb->cflags & CF_SINGLE_STEP) {
        gen_helper_x86_stepped(tcg_env);
        ctx->base.is_jmp = DISAS_NORETURN;
    } else {
        translator_exit_to_loop(&ctx->base);
    }
}

static uint64_t linear_pc(const DisasContext *ctx, uint64_t eip, unsigned size)
{
    if (size < MO_64) {
        eip &= size == MO_16 ? UINT16_MAX : UINT32_MAX;
    }
    return ctx->code64 ? eip : (uint32_t)(ctx->cs_base + eip);
}

static void goto_pc(DisasContext *ctx, uint64_t pc, bool branch)
{
    if (ctx->step) {
        store_pc(pc);
        exit_after_step(ctx, branch);
    } else {
        x86_flags_over_edge(ctx);
        translator_goto_tb(&ctx->base, pc, store_pc);
    }
}

void x86_exit_direct(DisasContext *ctx, uint64_t eip, unsigned size)
{
    goto_pc(ctx, linear_pc(ctx, eip, size), true);
}

/* No operand size cuts the instruction pointer here. */
void x86_exit_to_next(DisasContext *ctx)
{
    goto_pc(ctx, linear_pc(ctx, x86_next_eip(ctx), MO_64), false);
}

static void call_pc(DisasContext *ctx, uint64_t pc)
{
    if (ctx->step || pc == ctx->base.pc_next) {
        goto_pc(ctx, pc, true);
    } else {
        x86_flags_over_edge(ctx);
        translator_goto_function(&ctx->base, pc, ctx->base.pc_next, store_pc);
    }
}

void x86_exit_call(DisasContext *ctx, uint64_t eip, unsigned size)
{
    call_pc(ctx, linear_pc(ctx, eip, size));
}

/* Until the last iteration RF is set: an instruction breakpoint has been there before the first one
 * (17.3.1.1). */
void x86_exit_repeat(DisasContext *ctx)
{
    if (!(ctx->hflags & X86_HF_DEBUG)) {
        goto_pc(ctx, ctx->pc, false);
        return;
    }
    change_resume(true);
    store_pc(ctx->pc);
    if (ctx->step) {
        exit_after_step(ctx, false);
    } else {
        tcg_gen_set_tb_flags(tcg_constant_i64(-1));
        translator_lookup_and_goto_ptr(&ctx->base);
    }
}

/* The linear address for an instruction pointer in a temp. */
static TCGv_i64 linear_pc_of(DisasContext *ctx, TCGv_i64 eip, unsigned size)
{
    TCGv_i64 pc = tcg_temp_new_i64();

    switch (size) {
    case MO_16:
        tcg_gen_ext16u_i64(pc, eip);
        break;
    case MO_32:
        tcg_gen_ext32u_i64(pc, eip);
        break;
    default:
        tcg_gen_mov_i64(pc, eip);
    }
    if (!ctx->code64 && ctx->cs_base) {
        tcg_gen_addi_i64(pc, pc, ctx->cs_base);
        tcg_gen_ext32u_i64(pc, pc);
    }
    return pc;
}

/* `noted`: it may become an inline cache. */
static void goto_pc_in(DisasContext *ctx, TCGv_i64 pc, bool noted)
{
    x86_write_pending_flags(ctx);
    tcg_gen_mov_i64(cpu_rip, pc);
    if (ctx->step) {
        exit_after_step(ctx, true);
    } else if (noted) {
        translator_goto_indirect(&ctx->base, ctx->base.pc_next);
    } else {
        translator_lookup_and_goto_ptr(&ctx->base);
    }
}

static void jump_to_target(DisasContextBase *db, vaddr dest)
{
    goto_pc(container_of(db, DisasContext, base), dest, true);
}

static void call_target(DisasContextBase *db, vaddr dest)
{
    call_pc(container_of(db, DisasContext, base), dest);
}

void x86_exit_indirect(DisasContext *ctx, TCGv_i64 eip, unsigned size, bool call)
{
    TCGv_i64 pc = linear_pc_of(ctx, eip, size);

    if (!ctx->step) {
        translator_goto_targets(&ctx->base, pc, call ? call_target : jump_to_target);
    }
    goto_pc_in(ctx, pc, true);
}

void x86_exit_return(DisasContext *ctx, TCGv_i64 eip, unsigned size)
{
    TCGv_i64 pc = linear_pc_of(ctx, eip, size);
    TCGLabel *elsewhere = gen_new_label();
    vaddr expected;

    if (!ctx->step && translator_expects_return(&ctx->base, &expected)) {
        tcg_gen_brcondi_i64(TCG_COND_NE, pc, expected, elsewhere);
        x86_flags_over_edge(ctx);
        translator_goto_return(&ctx->base, store_pc);
        gen_set_label(elsewhere);
    }
    goto_pc_in(ctx, pc, false);
}

/* ---- The frame's operations ---- */

static void x86_init_disas_context(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    ctx->hflags = (uint32_t)db->tb->flags;
    ctx->cs_base = db->tb->flags >> 32;
    ctx->constant = &((X86CPU *)cpu)->env;
    ctx->cpl = ctx->hflags & X86_HF_CPL;
    ctx->mmu_idx = x86_mmu_index(ctx->hflags);
    ctx->code64 = ctx->hflags & X86_HF_CS64;
    ctx->step = (db->tb->cflags & CF_SINGLE_STEP) || (ctx->hflags & (X86_HF_TF | X86_HF_SHADOW | X86_HF_RF));
    if (ctx->step) {
        db->max_insns = 1;
    }
}

static void x86_tb_start(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    ctx->flags = (X86KnownFlags){ 0 };
    ctx->pending.kind = 0;
    ctx->flags_kept = translator_carries_states(db);
    ctx->fpu = (X86KnownFpu){ 0 };
    db->only_checked = true;
    x86_flags_at_entry(ctx, db->entry_state);
}

static void x86_settle(DisasContextBase *db, uint64_t state)
{
    x86_flags_settle(container_of(db, DisasContext, base), state);
}

static X86CodeSize code_size(const DisasContext *ctx)
{
    return ctx->code64                   ? X86_CODE_64
           : ctx->hflags & X86_HF_CS32 ? X86_CODE_32
                                         : X86_CODE_16;
}

/* The instruction at pc_next, which may go on in the next page if it is the block's first. */
static void fetch(DisasContext *ctx)
{
    DisasContextBase *db = &ctx->base;
    uint8_t bytes[X86_MAX_INSN];
    unsigned here = translator_peek(db, ctx->pc, bytes, sizeof(bytes)), length, there;

    length = x86_decode(bytes, here, code_size(ctx), &ctx->insn);
    if (length) {
        translator_note_code(db, ctx->pc, MIN(length, here));
        return;
    }
    translator_note_code(db, ctx->pc, here);
    there = translator_peek(db, ctx->pc + here, bytes + here, sizeof(bytes) - here);
    length = x86_decode(bytes, here + there, code_size(ctx), &ctx->insn);
    translator_note_code(db, ctx->pc + here, MIN(length - here, there));
}

static void x86_insn_start(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    ctx->pc = db->pc_next;
    ctx->address = NULL;
    fetch(ctx);
    tcg_gen_insn_start(ctx->pc, x86_flags_at_insn(ctx));
}

/* Whether all of the next instruction lies in this page: otherwise it begins its own block. */
static bool next_is_here(DisasContext *ctx)
{
    DisasContextBase *db = &ctx->base;
    uint8_t bytes[X86_MAX_INSN];
    X86Insn insn;

    if ((db->pc_next & ~TARGET_PAGE_MASK) <= TARGET_PAGE_SIZE - X86_MAX_INSN &&
        ((db->pc_next ^ db->pc_first) & TARGET_PAGE_MASK) == 0) {
        return true;
    }
    return ((db->pc_next ^ db->pc_first) & TARGET_PAGE_MASK) == 0 &&
           x86_decode(bytes, translator_peek(db, db->pc_next, bytes, sizeof(bytes)), code_size(ctx),
                      &insn) != 0;
}

bool x86_next_follows(DisasContext *ctx)
{
    return !ctx->step && translator_goes_on(&ctx->base) && next_is_here(ctx);
}

/* CS's limit, where code can run into it. */
static void check_code_limit(DisasContext *ctx)
{
    TCGv_i32 limit;

    if (ctx->hflags & X86_HF_UNCHECKED(R_CS)) {
        return;
    }
    limit = tcg_temp_new_i32();
    tcg_gen_ld_i32(limit, tcg_env, offsetof(CPUX86State, segs[R_CS].limit));
    tcg_gen_brcondi_i32(TCG_COND_LTU, limit, x86_next_eip(ctx) - 1, x86_fault_label(ctx, EXCP_GP, 0));
}

static bool fault(DisasContext *ctx, unsigned vector)
{
    x86_gen_raise(ctx, vector);
    return true;
}

/* With its memory operand, or before MOV CR0, which is MOV CR8 then. */
static bool takes_lock(const DisasContext *ctx)
{
    const X86Insn *i = &ctx->insn;
    bool moves_cr = i->operands[0].kind == X86_OPERAND_CR || i->operands[1].kind == X86_OPERAND_CR;

    return (moves_cr && i->reg == 0 && x86_ctx_has(ctx, X86_FEATURE_CR8_LEGACY)) ||
           ((i->row->attributes & X86_LOCK) && i->operands[0].kind == X86_OPERAND_MEMORY);
}

/* What forbids the instruction, whatever its operands are: raises that and returns true. */
static bool raise_before(DisasContext *ctx)
{
    const X86Insn *i = &ctx->insn;
    unsigned attributes;
    uint64_t hflags = ctx->hflags;

    if (i->length > X86_MAX_INSN) {
        x86_gen_raise_error(ctx, EXCP_GP, 0);
        return true;
    }
    if (!i->row) {
        return fault(ctx, EXCP_UD);
    }
    attributes = i->row->attributes;
    if ((i->lock && !takes_lock(ctx)) ||
        ((attributes & X86_PROTECTED) && (!(hflags & X86_HF_PE) || (hflags & X86_HF_VM))) ||
        (i->vex && (!(hflags & X86_HF_PE) || (hflags & X86_HF_VM))) ||
        (i->row->feature != X86_NO_FEATURE && !x86_ctx_has(ctx, i->row->feature)) ||
        ((attributes & (X86_MMX | X86_SSE)) && (hflags & X86_HF_EM)) ||
        ((attributes & X86_SSE) && !(hflags & X86_HF_OSFXSR)) ||
        ((attributes & X86_AVX) && !(hflags & X86_HF_AVX))) {
        return fault(ctx, EXCP_UD);
    }
    if (((attributes & X86_FPU) && (hflags & (X86_HF_EM | X86_HF_TS))) ||
        ((attributes & (X86_MMX | X86_SSE | X86_AVX)) && (hflags & X86_HF_TS))) {
        return fault(ctx, EXCP_NM);
    }
    if ((attributes & X86_CPL_0) && ctx->cpl) {
        x86_gen_raise_error(ctx, EXCP_GP, 0);
        return true;
    }
    return false;
}

/*
 * Where debug registers are in use: traps that are due, then an instruction breakpoint. The one behind
 * MOV SS has neither. RF is clear from here on.
 */
static void check_debug(DisasContext *ctx)
{
    TCGLabel *nothing;
    TCGv_i64 filter;

    if (!(ctx->hflags & X86_HF_SS_SHADOW)) {
        nothing = gen_new_label();
        filter = tcg_temp_new_i64();
        x86_write_pending_flags(ctx);
        ctx->flags = (X86KnownFlags){ 0 };
        tcg_gen_ld_i64(filter, tcg_env, offsetof(CPUX86State, debug_filter));
        tcg_gen_andi_i64(filter, filter, 1ull << (ctx->pc & 63));
        tcg_gen_brcondi_i64(TCG_COND_EQ, filter, 0, nothing);
        gen_helper_x86_check_debug(tcg_env, tcg_constant_i64(ctx->pc));
        gen_set_label(nothing);
    }
    if (ctx->hflags & X86_HF_RF) {
        change_resume(false);
    }
}

static bool is_nop(const X86Insn *i)
{
    return i->row->translate == x86_NOP ||
           (i->row->translate == x86_XCHG && i->opcode == 0x90 && i->operands[0].number == R_EAX);
}

/*
 * What idle loops are made of: JMP, NOP and PAUSE, where nothing happens on the way. CS's limit, with
 * which each is compared, stays what it is; a loop that waits with interrupts off is one, too.
 */
static bool is_idle(const DisasContext *ctx)
{
    uint64_t not_idle = X86_HF_SHADOWS | X86_HF_RF | X86_HF_DEBUG | X86_HF_GUEST;
    const X86Insn *i = &ctx->insn;

    return !(ctx->hflags & not_idle) && i->row && i->operands[0].kind != X86_OPERAND_MEMORY &&
           (i->row->translate == x86_JMP || is_nop(i));
}

static void x86_translate_insn(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);
    uint64_t last = ctx->pc + ctx->insn.length - 1;

    db->pc_next = linear_pc(ctx, x86_next_eip(ctx), MO_64);
    if (unlikely(ctx->hflags & X86_HF_DEBUG)) {
        check_debug(ctx);
    }
    if (ctx->hflags & X86_HF_SHADOW) {
        change_shadow(false);
    }
    if (((last ^ ctx->pc) & TARGET_PAGE_MASK) && ctx->insn.length <= X86_MAX_INSN) {
        translator_check_page(db, last & TARGET_PAGE_MASK);
    }
    check_code_limit(ctx);
    db->only_checked &= is_idle(ctx);
    if (!raise_before(ctx)) {
        if (unlikely(ctx->hflags & X86_HF_GUEST)) {
            x86_check_intercepts(ctx);
        }
        if (ctx->insn.row->attributes & X86_MMX) {
            x86_check_fpu_pending(ctx);
        }
        if (!ctx->insn.row->translate(ctx)) {
            x86_gen_raise(ctx, EXCP_UD);
        }
    }
    if (db->is_jmp == DISAS_NEXT && !next_is_here(ctx)) {
        db->is_jmp = DISAS_TOO_MANY;
    }
}

/*
 * The pc is set, and a helper may have changed hflags, and with them the MMU mode: flags that no
 * block has make the jump cache's entry the wrong one, and the lookup finds out what they are.
 */
static void goto_changed(DisasContextBase *db)
{
    TCGv_i32 request = tcg_temp_new_i32();
    TCGLabel *to_loop = gen_new_label();

    tcg_gen_ld_i32(request, tcg_env, CPU_STATE_OFFSET(interrupt_request));
    tcg_gen_brcondi_i32(TCG_COND_NE, request, 0, to_loop);
    tcg_gen_set_tb_flags(tcg_constant_i64(-1));
    translator_lookup_and_goto_ptr(db);
    gen_set_label(to_loop);
    translator_exit_to_loop(db);
}

static void x86_tb_stop(DisasContextBase *db, CPUState *cpu)
{
    DisasContext *ctx = container_of(db, DisasContext, base);

    if (db->is_jmp == DISAS_TOO_MANY) {
        x86_flags_at_branch(ctx);
    } else if (db->is_jmp != DISAS_NORETURN) {
        x86_write_pending_flags(ctx);
    }
    switch (db->is_jmp) {
    case DISAS_NORETURN:
        return;
    case DISAS_TOO_MANY:
        goto_pc(ctx, db->pc_next, false);
        return;
    case DISAS_JUMPED:
        break;
    default:
        store_pc(db->pc_next);
    }
    if (ctx->step) {
        exit_after_step(ctx, db->is_jmp == DISAS_JUMPED);
    } else if (db->is_jmp == DISAS_LOOKUP) {
        translator_lookup_and_goto_ptr(db);
    } else if (db->is_jmp == DISAS_JUMPED || db->is_jmp == DISAS_CHANGED) {
        goto_changed(db);
    } else {
        translator_exit_to_loop(db);
    }
}

static void x86_finish(DisasContextBase *db, CPUState *cpu)
{
    place_stubs(container_of(db, DisasContext, base));
}

static const TranslatorOps x86_translator_ops = {
    .init_disas_context = x86_init_disas_context,
    .tb_start = x86_tb_start,
    .insn_start = x86_insn_start,
    .translate_insn = x86_translate_insn,
    .tb_stop = x86_tb_stop,
    .settle = x86_settle,
    .finish = x86_finish,
};

void x86_translate_code(CPUState *cs, TranslationBlock *tb, const TranslatorInput *input)
{
    DisasContext ctx = { 0 };

    translator_loop(cs, tb, input, &x86_translator_ops, &ctx.base);
}
