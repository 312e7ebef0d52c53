/*
 * x86 translator: segment registers, descriptor tables, far transfers, interrupts and system calls,
 * EFLAGS as a whole.
 *
 * Reference: SDM volume 2, the instructions' pages; volume 3, 6.8.3 (when interrupts wait).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate.h"
#include "x86-opcodes.h"

static TCGv_i32 low32(TCGv_i64 value)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_extrl_i64_i32(t, value);
    return t;
}

/* ---- Segment registers ---- */

static intptr_t selector_offset(unsigned seg)
{
    return offsetof(CPUX86State, segs) + seg * sizeof(X86Segment) + offsetof(X86Segment, selector);
}

static TCGv_i64 read_selector(unsigned seg)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_ld16u_i64(t, tcg_env, selector_offset(seg));
    return t;
}

/* In real and virtual-8086 mode the selector says where the segment is. */
static bool plain_selectors(const DisasContext *ctx)
{
    return !(ctx->hflags & X86_HF_PE) || (ctx->hflags & X86_HF_VM);
}

/* Interrupts and debug traps wait for one instruction more (SDM volume 3, 6.8.3). */
static void begin_shadow(DisasContext *ctx)
{
    TCGv_i64 hflags = tcg_temp_new_i64();

    tcg_gen_ld_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
    tcg_gen_ori_i64(hflags, hflags, X86_HF_SHADOWS);
    tcg_gen_st_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
    ctx->base.is_jmp = DISAS_LOOP;
}

/* A load that can't change hflags but X86_HF_BASE_0, which, once it is clear, may stay so. */
static bool is_plain_load(const DisasContext *ctx, unsigned seg)
{
    return plain_selectors(ctx) && (seg >= R_FS || !(ctx->hflags & X86_HF_BASE_0));
}

/* Loads ES, SS, DS, FS or GS; may fault, so before any other global is written. end_load() follows
 * behind what else the instruction does. */
static void load_segment(DisasContext *ctx, unsigned seg, TCGv_i64 selector)
{
    if (is_plain_load(ctx, seg)) {
        TCGv_i64 base = tcg_temp_new_i64();

        tcg_gen_st16_i64(selector, tcg_env, selector_offset(seg));
        tcg_gen_ext16u_i64(base, selector);
        tcg_gen_shli_i64(cpu_seg_base[seg], base, 4);
    } else {
        gen_helper_x86_load_seg(tcg_env, tcg_constant_i32(seg), low32(selector));
    }
}

/* Goes on in the block where hflags are as before: mostly one flat segment follows another. */
static void end_load(DisasContext *ctx, unsigned seg, bool shadow)
{
    TCGv_i64 hflags;

    if (shadow) {
        begin_shadow(ctx);
    } else if (is_plain_load(ctx, seg) || ctx->code64) {
        return;
    } else if (ctx->step) {
        ctx->base.is_jmp = DISAS_LOOP;
    } else {
        hflags = tcg_temp_new_i64();
        tcg_gen_ld_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
        tcg_gen_brcondi_i64(TCG_COND_NE, hflags, ctx->hflags, x86_leave_label(ctx));
    }
}

bool x86_MOV_FROM_SEG(DisasContext *ctx)
{
    unsigned seg = ctx->insn.modrm >> 3 & 7;

    if (seg >= X86_NB_SEGS) {
        return false;
    }
    x86_write(ctx, 0, read_selector(seg));
    return true;
}

bool x86_MOV_TO_SEG(DisasContext *ctx)
{
    unsigned seg = ctx->insn.modrm >> 3 & 7;

    if (seg >= X86_NB_SEGS || seg == R_CS) {
        return false;
    }
    load_segment(ctx, seg, x86_read(ctx, 1));
    end_load(ctx, seg, seg == R_SS);
    return true;
}

/* Of PUSH and POP. */
static unsigned segment_in_opcode(const DisasContext *ctx)
{
    return ctx->insn.opcode >> 3 & 7;
}

bool x86_PUSH_SEG(DisasContext *ctx)
{
    x86_push(ctx, read_selector(segment_in_opcode(ctx)), x86_stack_size(ctx));
    return true;
}

bool x86_POP_SEG(DisasContext *ctx)
{
    unsigned seg = segment_in_opcode(ctx), size = x86_stack_size(ctx);

    load_segment(ctx, seg, x86_stack_load(ctx, 0, size));
    x86_stack_move(ctx, 1 << size);
    end_load(ctx, seg, seg == R_SS);
    return true;
}

/* A far pointer in memory: *offset, and its selector. */
static TCGv_i64 read_far_pointer(DisasContext *ctx, TCGv_i64 *offset)
{
    unsigned size = ctx->insn.opsize, bytes = 1 << size;

    *offset = x86_ld(ctx, x86_linear_operand(ctx, 0, bytes, false), size);
    return x86_ld(ctx, x86_linear_operand(ctx, bytes, 2, false), MO_16);
}

static bool load_far_pointer(DisasContext *ctx, unsigned seg)
{
    TCGv_i64 offset, selector = read_far_pointer(ctx, &offset);

    load_segment(ctx, seg, selector);
    x86_write(ctx, 0, offset);
    end_load(ctx, seg, false);
    return true;
}

bool x86_LES(DisasContext *ctx)
{
    return load_far_pointer(ctx, R_ES);
}

bool x86_LDS(DisasContext *ctx)
{
    return load_far_pointer(ctx, R_DS);
}

bool x86_LSS(DisasContext *ctx)
{
    return load_far_pointer(ctx, R_SS);
}

bool x86_LFS(DisasContext *ctx)
{
    return load_far_pointer(ctx, R_FS);
}

bool x86_LGS(DisasContext *ctx)
{
    return load_far_pointer(ctx, R_GS);
}

bool x86_SWAPGS(DisasContext *ctx)
{
    TCGv_i64 other = tcg_temp_new_i64();
    intptr_t offset = offsetof(CPUX86State, kernel_gs_base);

    tcg_gen_ld_i64(other, tcg_env, offset);
    tcg_gen_st_i64(cpu_seg_base[R_GS], tcg_env, offset);
    tcg_gen_mov_i64(cpu_seg_base[R_GS], other);
    return true;
}

/* ---- Descriptors and their tables ---- */

/* CR4.UMIP takes what programs could see of the tables. */
static void check_umip(DisasContext *ctx)
{
    if (ctx->cpl > 0 && x86_ctx_has(ctx, X86_FEATURE_UMIP)) {
        gen_helper_x86_check_umip(tcg_env);
    }
}

static bool store_selector(DisasContext *ctx, intptr_t offset)
{
    TCGv_i64 selector = tcg_temp_new_i64();

    check_umip(ctx);
    tcg_gen_ld16u_i64(selector, tcg_env, offset);
    x86_write(ctx, 0, selector);
    return true;
}

bool x86_SLDT(DisasContext *ctx)
{
    return store_selector(ctx, offsetof(CPUX86State, ldt.selector));
}

bool x86_STR(DisasContext *ctx)
{
    return store_selector(ctx, offsetof(CPUX86State, tr.selector));
}

bool x86_LLDT(DisasContext *ctx)
{
    gen_helper_x86_lldt(tcg_env, low32(x86_read(ctx, 0)));
    return true;
}

bool x86_LTR(DisasContext *ctx)
{
    gen_helper_x86_ltr(tcg_env, low32(x86_read(ctx, 0)));
    return true;
}

/* A table's base in memory: of 16-bit operand size only 24 bits count. */
static TCGv_i64 table_base(DisasContext *ctx, TCGv_i64 base)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_andi_i64(t, base, ctx->insn.opsize == MO_16 && !ctx->code64 ? 0xffffff : -1);
    return t;
}

static bool store_table(DisasContext *ctx, intptr_t offset)
{
    TCGv_i64 base = tcg_temp_new_i64(), limit = tcg_temp_new_i64();
    unsigned size = ctx->code64 ? MO_64 : MO_32;

    check_umip(ctx);
    tcg_gen_ld_i64(base, tcg_env, offset + offsetof(X86Segment, base));
    tcg_gen_ld32u_i64(limit, tcg_env, offset + offsetof(X86Segment, limit));
    x86_st(ctx, x86_linear_operand(ctx, 0, 2, true), limit, MO_16);
    x86_st(ctx, x86_linear_operand(ctx, 2, 1 << size, true), table_base(ctx, base), size);
    return true;
}

bool x86_SGDT(DisasContext *ctx)
{
    return store_table(ctx, offsetof(CPUX86State, gdt));
}

bool x86_SIDT(DisasContext *ctx)
{
    return store_table(ctx, offsetof(CPUX86State, idt));
}

/* What LGDT and LIDT load: *base, and the limit. */
static TCGv_i32 read_table(DisasContext *ctx, TCGv_i64 *base)
{
    unsigned size = ctx->code64 ? MO_64 : MO_32;
    TCGv_i64 limit = x86_ld(ctx, x86_linear_operand(ctx, 0, 2, false), MO_16);

    *base = table_base(ctx, x86_ld(ctx, x86_linear_operand(ctx, 2, 1 << size, false), size));
    return low32(limit);
}

bool x86_LGDT(DisasContext *ctx)
{
    TCGv_i64 base;
    TCGv_i32 limit = read_table(ctx, &base);

    gen_helper_x86_lgdt(tcg_env, base, limit);
    return true;
}

bool x86_LIDT(DisasContext *ctx)
{
    TCGv_i64 base;
    TCGv_i32 limit = read_table(ctx, &base);

    gen_helper_x86_lidt(tcg_env, base, limit);
    return true;
}

/* ZF as set by an instruction that leaves the other flags alone; `zero`: 0 sets it. */
static void set_zero_flag(DisasContext *ctx, TCGv_i64 zero)
{
    tcg_gen_mov_i64(cpu_fz, zero);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
}

/* `value` all ones: the descriptor isn't to be seen, and the register stays. */
static bool write_if_visible(DisasContext *ctx, TCGv_i64 value)
{
    TCGv_i64 hidden = tcg_temp_new_i64();
    TCGLabel *skip = gen_new_label();

    tcg_gen_shri_i64(hidden, value, 63);
    set_zero_flag(ctx, hidden);
    tcg_gen_brcondi_i64(TCG_COND_LT, value, 0, skip);
    x86_write(ctx, 0, value);
    gen_set_label(skip);
    return true;
}

bool x86_LAR(DisasContext *ctx)
{
    TCGv_i64 value = tcg_temp_new_i64();

    gen_helper_x86_lar(value, tcg_env, low32(x86_read(ctx, 1)));
    return write_if_visible(ctx, value);
}

bool x86_LSL(DisasContext *ctx)
{
    TCGv_i64 value = tcg_temp_new_i64();

    gen_helper_x86_lsl(value, tcg_env, low32(x86_read(ctx, 1)));
    return write_if_visible(ctx, value);
}

static bool verify(DisasContext *ctx, bool write)
{
    TCGv_i64 allowed = tcg_temp_new_i64();

    gen_helper_x86_verify(allowed, tcg_env, low32(x86_read(ctx, 0)), tcg_constant_i32(write));
    tcg_gen_xori_i64(allowed, allowed, 1);
    set_zero_flag(ctx, allowed);
    return true;
}

bool x86_VERR(DisasContext *ctx)
{
    return verify(ctx, false);
}

bool x86_VERW(DisasContext *ctx)
{
    return verify(ctx, true);
}

bool x86_ARPL(DisasContext *ctx)
{
    TCGv_i64 selector = x86_read(ctx, 0), wanted = tcg_temp_new_i64(), rpl = tcg_temp_new_i64();
    TCGv_i64 enough = tcg_temp_new_i64();
    TCGLabel *skip = gen_new_label();

    tcg_gen_andi_i64(rpl, selector, 3);
    tcg_gen_andi_i64(wanted, x86_read(ctx, 1), 3);
    tcg_gen_setcond_i64(TCG_COND_GEU, enough, rpl, wanted);
    tcg_gen_deposit_i64(wanted, selector, wanted, 0, 2);
    tcg_gen_brcondi_i64(TCG_COND_NE, enough, 0, skip);
    x86_write(ctx, 0, wanted);
    gen_set_label(skip);
    set_zero_flag(ctx, enough);
    return true;
}

/* ---- Far transfers ---- */

static TCGv_i64 next_eip(const DisasContext *ctx)
{
    return tcg_constant_i64(x86_next_eip(ctx));
}

static bool jump_far(DisasContext *ctx, TCGv_i32 selector, TCGv_i64 offset)
{
    gen_helper_x86_far_jump(tcg_env, selector, offset, next_eip(ctx));
    ctx->base.is_jmp = DISAS_JUMPED;
    return true;
}

static bool call_far(DisasContext *ctx, TCGv_i32 selector, TCGv_i64 offset)
{
    gen_helper_x86_far_call(tcg_env, selector, offset, tcg_constant_i32(ctx->insn.opsize),
                            next_eip(ctx));
    ctx->base.is_jmp = DISAS_JUMPED;
    return true;
}

bool x86_JMP_FAR(DisasContext *ctx)
{
    return jump_far(ctx, tcg_constant_i32(ctx->insn.imm2), tcg_constant_i64(ctx->insn.imm));
}

bool x86_JMP_FAR_M(DisasContext *ctx)
{
    TCGv_i64 offset, selector = read_far_pointer(ctx, &offset);

    return jump_far(ctx, low32(selector), offset);
}

bool x86_CALL_FAR(DisasContext *ctx)
{
    return call_far(ctx, tcg_constant_i32(ctx->insn.imm2), tcg_constant_i64(ctx->insn.imm));
}

bool x86_CALL_FAR_M(DisasContext *ctx)
{
    TCGv_i64 offset, selector = read_far_pointer(ctx, &offset);

    return call_far(ctx, low32(selector), offset);
}

bool x86_RET_FAR(DisasContext *ctx)
{
    unsigned drop = ctx->insn.opcode == 0xca ? ctx->insn.imm & 0xffff : 0;

    gen_helper_x86_far_return(tcg_env, tcg_constant_i32(ctx->insn.opsize), tcg_constant_i32(drop));
    ctx->base.is_jmp = DISAS_JUMPED;
    return true;
}

bool x86_IRET(DisasContext *ctx)
{
    gen_helper_x86_iret(tcg_env, tcg_constant_i32(ctx->insn.opsize), next_eip(ctx));
    ctx->base.is_jmp = DISAS_JUMPED;
    return true;
}

/* ---- Interrupts and system calls ---- */

bool x86_INT(DisasContext *ctx)
{
    gen_helper_x86_int(tcg_env, tcg_constant_i32(ctx->insn.imm & 0xff), next_eip(ctx));
    ctx->base.is_jmp = DISAS_NORETURN;
    return true;
}

bool x86_INT3(DisasContext *ctx)
{
    gen_helper_x86_int_exception(tcg_env, tcg_constant_i32(EXCP_BP), next_eip(ctx));
    ctx->base.is_jmp = DISAS_NORETURN;
    return true;
}

bool x86_INTO(DisasContext *ctx)
{
    enum { NO_OVERFLOW = 1 };
    TCGLabel *go_on = gen_new_label();

    x86_branch_if(ctx, NO_OVERFLOW, go_on);
    gen_helper_x86_int_exception(tcg_env, tcg_constant_i32(EXCP_OF), next_eip(ctx));
    gen_set_label(go_on);
    return true;
}

/* A trap, which no gate's privilege keeps from the program. */
bool x86_INT1(DisasContext *ctx)
{
    x86_store_next_pc(ctx);
    gen_helper_x86_raise_at_pc(tcg_env, tcg_constant_i32(EXCP_DB));
    ctx->base.is_jmp = DISAS_NORETURN;
    return true;
}

bool x86_SYSCALL(DisasContext *ctx)
{
    gen_helper_x86_syscall(tcg_env, next_eip(ctx));
    ctx->base.is_jmp = DISAS_JUMPED;
    return true;
}

bool x86_SYSRET(DisasContext *ctx)
{
    gen_helper_x86_sysret(tcg_env, tcg_constant_i32(ctx->insn.opsize));
    ctx->base.is_jmp = DISAS_JUMPED;
    return true;
}

bool x86_SYSENTER(DisasContext *ctx)
{
    gen_helper_x86_sysenter(tcg_env);
    ctx->base.is_jmp = DISAS_JUMPED;
    return true;
}

bool x86_SYSEXIT(DisasContext *ctx)
{
    gen_helper_x86_sysexit(tcg_env, tcg_constant_i32(ctx->insn.opsize));
    ctx->base.is_jmp = DISAS_JUMPED;
    return true;
}

/* ---- EFLAGS ---- */

static TCGv_i64 load_eflags(void)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_ld32u_i64(t, tcg_env, offsetof(CPUX86State, eflags));
    return t;
}

static void store_eflags(TCGv_i64 value)
{
    tcg_gen_st32_i64(value, tcg_env, offsetof(CPUX86State, eflags));
}

bool x86_PUSHF(DisasContext *ctx)
{
    TCGv_i64 value = tcg_temp_new_i64(), df = tcg_temp_new_i64();
    unsigned size = x86_stack_size(ctx);

    if (ctx->hflags & X86_HF_VM) {
        gen_helper_x86_pushf_vm86(value, tcg_env, tcg_constant_i32(size));
    } else {
        tcg_gen_andi_i64(value, load_eflags(), ~(int64_t)(FLAG_VM | FLAG_RF));
        tcg_gen_or_i64(value, value, x86_get_flags(ctx));
        tcg_gen_andi_i64(df, cpu_df, FLAG_DF); /* it is 1 or -1 */
        tcg_gen_or_i64(value, value, df);
    }
    x86_push(ctx, value, size);
    return true;
}

/* Those of env->eflags that POPF sets; RF becomes clear. */
static uint32_t popf_mask(const DisasContext *ctx, unsigned size)
{
    uint32_t mask = FLAG_TF | FLAG_NT | FLAG_RF;

    mask |= size == MO_16 ? 0 : FLAG_AC | FLAG_ID;
    mask |= ctx->hflags & X86_HF_IOPL ? FLAG_IF : 0;
    mask |= ctx->cpl == 0 ? FLAG_IOPL : 0;
    return mask;
}

/* Mostly nothing but the status flags changes. */
bool x86_POPF(DisasContext *ctx)
{
    unsigned size = x86_stack_size(ctx);
    TCGv_i64 value = x86_stack_load(ctx, 0, size), difference = tcg_temp_new_i64();
    TCGv_i64 df = tcg_temp_new_i64(), others = tcg_temp_new_i64();
    TCGLabel *changed = gen_new_label();
    uint32_t mask = popf_mask(ctx, size);

    if (ctx->hflags & X86_HF_VM) {
        gen_helper_x86_popf_vm86(tcg_env, value, tcg_constant_i32(size));
        x86_stack_move(ctx, 1 << size);
        ctx->flags.kind = X86_FLAGS_UNKNOWN;
        ctx->base.is_jmp = DISAS_LOOP;
        return true;
    }
    x86_stack_move(ctx, 1 << size);
    x86_set_flags(ctx, value);
    tcg_gen_shri_i64(df, value, 10 - 1); /* DF: 2 or 0 */
    tcg_gen_andi_i64(df, df, 2);
    tcg_gen_subfi_i64(cpu_df, 1, df);
    tcg_gen_andi_i64(others, value, ~(int64_t)FLAG_RF);
    tcg_gen_xor_i64(difference, others, load_eflags());
    tcg_gen_andi_i64(difference, difference, mask);
    tcg_gen_brcondi_i64(TCG_COND_NE, difference, 0, changed);
    x86_exit_to_next(ctx);
    gen_set_label(changed);
    gen_helper_x86_set_eflags(tcg_env, low32(others), tcg_constant_i32(mask));
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool x86_CLI(DisasContext *ctx)
{
    TCGv_i64 eflags;

    if (ctx->hflags & X86_HF_IOPL) {
        eflags = load_eflags();
        tcg_gen_andi_i64(eflags, eflags, ~(int64_t)FLAG_IF);
        store_eflags(eflags);
    } else {
        gen_helper_x86_cli(tcg_env);
    }
    return true;
}

/*
 * Interrupts that were off stay so for one instruction more. That is so anyway where the next one
 * follows in this block; only if an interrupt is waiting, the CPU loop has to come after it.
 */
bool x86_STI(DisasContext *ctx)
{
    TCGv_i64 eflags, hflags, shadow;

    if (!(ctx->hflags & X86_HF_IOPL)) {
        gen_helper_x86_sti(tcg_env);
        ctx->base.is_jmp = DISAS_LOOP;
        return true;
    }
    eflags = load_eflags();
    /* An SVM host is told of the shadow if the next instruction comes to it. */
    if (x86_next_follows(ctx) && !(ctx->hflags & X86_HF_GUEST)) {
        TCGv_i32 request = tcg_temp_new_i32();

        tcg_gen_ori_i64(eflags, eflags, FLAG_IF);
        store_eflags(eflags);
        tcg_gen_ld_i32(request, tcg_env, CPU_STATE_OFFSET(interrupt_request));
        tcg_gen_brcondi_i32(TCG_COND_NE, request, 0, x86_shadow_label(ctx));
        return true;
    }
    hflags = tcg_temp_new_i64();
    shadow = tcg_temp_new_i64();
    tcg_gen_andc_i64(shadow, tcg_constant_i64(FLAG_IF), eflags);
    tcg_gen_shli_i64(shadow, shadow, ctz32(X86_HF_SHADOW) - ctz32(FLAG_IF));
    tcg_gen_ld_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
    tcg_gen_or_i64(hflags, hflags, shadow);
    tcg_gen_st_i64(hflags, tcg_env, offsetof(CPUX86State, hflags));
    tcg_gen_ori_i64(eflags, eflags, FLAG_IF);
    store_eflags(eflags);
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}
