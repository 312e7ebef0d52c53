/*
 * x86 translator: the x87, and the instructions that save and restore its and the vectors' state.
 *
 * The x87's registers and words are no IR globals: helpers do the work. What is done here is
 * addresses, loads of operands, the flags, and the pointers to the last instruction and its
 * operand.
 *
 * Reference: SDM volume 1, chapters 8 and 13; volume 2, appendix A.5 (opcodes).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/float80.h"
#include "target/i386/translate.h"
#include "x86-opcodes.h"

void x86_check_fpu_pending(DisasContext *ctx)
{
    TCGv_i32 pending = tcg_temp_new_i32();

    tcg_gen_ld8u_i32(pending, tcg_env, offsetof(CPUX86State, fp_pending));
    tcg_gen_brcondi_i32(TCG_COND_NE, pending, 0, x86_fault_label(ctx, EXCP_MF, -1));
}

static TCGv_i32 constant(uint32_t value)
{
    return tcg_constant_i32((int32_t)value);
}

/* ModRM.reg and the register ST(i), without REX's bits. */
static unsigned operation(const DisasContext *ctx)
{
    return ctx->insn.modrm >> 3 & 7;
}

static unsigned sti(const DisasContext *ctx)
{
    return ctx->insn.modrm & 7;
}

static void store_selector(intptr_t field, unsigned seg)
{
    TCGv_i32 selector = tcg_temp_new_i32();

    tcg_gen_ld16u_i32(selector, tcg_env, offsetof(CPUX86State, segs[seg].selector));
    tcg_gen_st16_i32(selector, tcg_env, field);
}

/* Whether no instruction of the block but its last one changes a selector. */
static bool selectors_stay(const DisasContext *ctx)
{
    return !ctx->code64 && (ctx->hflags & X86_HF_PE) && !(ctx->hflags & X86_HF_VM);
}

/* The pointers have been replaced. */
static void forget_recorded(DisasContext *ctx)
{
    ctx->fpu = (X86KnownFpu){ 0 };
}

/*
 * FOP, FIP and FDP, behind the last access that can fault; instructions of control leave them. The
 * selectors are written once.
 */
static void record(DisasContext *ctx)
{
    unsigned opcode = (ctx->insn.opcode & 7) << 8 | ctx->insn.modrm;

    tcg_gen_st16_i32(constant(opcode), tcg_env, offsetof(CPUX86State, fpop));
    tcg_gen_st_i64(tcg_constant_i64(x86_this_eip(ctx)), tcg_env, offsetof(CPUX86State, fpip));
    if (!ctx->fpu.has_cs) {
        store_selector(offsetof(CPUX86State, fpcs), R_CS);
        ctx->fpu.has_cs = true; /* a change of CS ends the block in every mode */
    }
    if (ctx->insn.mod != 3) {
        tcg_gen_st_i64(x86_effective_address(ctx), tcg_env, offsetof(CPUX86State, fpdp));
        if (!ctx->fpu.has_ds || ctx->fpu.ds != ctx->insn.segment) {
            store_selector(offsetof(CPUX86State, fpds), ctx->insn.segment);
            ctx->fpu.has_ds = selectors_stay(ctx);
            ctx->fpu.ds = ctx->insn.segment;
        }
    }
}

/* Whether what is frequent has helpers of its own. */
static bool is_fast(void)
{
    return tcg_float_inline;
}

/* Of an instruction without a memory operand. */
static void begin(DisasContext *ctx)
{
    x86_check_fpu_pending(ctx);
    record(ctx);
}

/* ---- Arithmetic and comparisons ---- */

static X87Format arithmetic_format(const DisasContext *ctx)
{
    return ctx->insn.opcode >> 1 & 3;
}

static TCGv_i64 load_operand(DisasContext *ctx, X87Format format)
{
    TCGv_i64 value;

    x86_check_fpu_pending(ctx);
    value = format == X87_INT16 || format == X87_INT32 ? x86_read_signed(ctx, 0) : x86_read(ctx, 0);
    record(ctx);
    return value;
}

/* By ModRM.reg. */
static const struct {
    void (*registers)(TCGv_ptr env, TCGv_i32 i, TCGv_i32 flags);
    void (*memory)(TCGv_ptr env, TCGv_i32 format, TCGv_i64 value);
} arithmetic[8] = {
    [0] = { gen_helper_x86_fpu_add, gen_helper_x86_fpu_add_memory },
    [1] = { gen_helper_x86_fpu_mul, gen_helper_x86_fpu_mul_memory },
    [4] = { gen_helper_x86_fpu_sub, gen_helper_x86_fpu_sub_memory },
    [5] = { gen_helper_x86_fpu_subr, gen_helper_x86_fpu_subr_memory },
    [6] = { gen_helper_x86_fpu_div, gen_helper_x86_fpu_div_memory },
    [7] = { gen_helper_x86_fpu_divr, gen_helper_x86_fpu_divr_memory },
};

bool x86_FARITH_M(DisasContext *ctx)
{
    X87Format format = arithmetic_format(ctx);
    TCGv_i64 value = load_operand(ctx, format);

    if (is_fast()) {
        arithmetic[operation(ctx)].memory(tcg_env, constant(format), value);
    } else {
        gen_helper_x86_fpu_arithmetic_memory(tcg_env, constant(operation(ctx)), constant(format),
                                             value);
    }
    return true;
}

/* DC and DE have ST(i) as destination, DE pops. */
bool x86_FARITH_ST(DisasContext *ctx)
{
    unsigned flags = (ctx->insn.opcode & 4 ? X87_TO_STI : 0) | (ctx->insn.opcode & 2 ? X87_POP : 0);

    begin(ctx);
    if (is_fast()) {
        arithmetic[operation(ctx)].registers(tcg_env, constant(sti(ctx)), constant(flags));
    } else {
        gen_helper_x86_fpu_arithmetic(tcg_env, constant(operation(ctx)), constant(sti(ctx)),
                                      constant(flags));
    }
    return true;
}

/* The odd one of each pair pops; so does DE /2. */
static unsigned compare_pop(const DisasContext *ctx)
{
    bool pops = (operation(ctx) & 1) || (ctx->insn.mod == 3 && ctx->insn.opcode == 0xde);

    return pops ? X87_POP : 0;
}

bool x86_FCOM_M(DisasContext *ctx)
{
    X87Format format = arithmetic_format(ctx);
    TCGv_i64 value = load_operand(ctx, format);

    (is_fast() ? gen_helper_x86_fpu_fast_compare_memory : gen_helper_x86_fpu_compare_memory)(
        tcg_env, constant(format), value, constant(compare_pop(ctx)));
    return true;
}

static bool compare(DisasContext *ctx, unsigned flags)
{
    begin(ctx);
    (is_fast() ? gen_helper_x86_fpu_fast_compare : gen_helper_x86_fpu_compare)(
        tcg_env, constant(sti(ctx)), constant(flags));
    return true;
}

bool x86_FCOM_ST(DisasContext *ctx)
{
    return compare(ctx, compare_pop(ctx));
}

bool x86_FUCOM_ST(DisasContext *ctx)
{
    return compare(ctx, X87_QUIET | compare_pop(ctx));
}

bool x86_FCOMPP(DisasContext *ctx)
{
    return compare(ctx, X87_POP_TWO);
}

bool x86_FUCOMPP(DisasContext *ctx)
{
    return compare(ctx, X87_QUIET | X87_POP_TWO);
}

/* /5: unordered; DF pops. */
bool x86_FCOMI(DisasContext *ctx)
{
    unsigned flags =
        (operation(ctx) == 5 ? X87_QUIET : 0) | (ctx->insn.opcode == 0xdf ? X87_POP : 0);
    TCGv_i64 eflags = tcg_temp_new_i64();

    begin(ctx);
    (is_fast() ? gen_helper_x86_fpu_fast_compare_flags : gen_helper_x86_fpu_compare_flags)(
        eflags, tcg_env, constant(sti(ctx)), constant(flags));
    x86_set_flags(ctx, eflags);
    return true;
}

/* ---- Loads, stores, moves ---- */

typedef struct MemoryForm {
    X87Format format;
    unsigned flags;
} MemoryForm;

/* D9, DB, DD and DF by ModRM.reg; rows that aren't in the tables don't get here. */
static const MemoryForm memory_forms[4][8] = {
    [0] = { [0] = { X87_FLOAT32, 0 }, [2] = { X87_FLOAT32, 0 }, [3] = { X87_FLOAT32, X87_POP } },
    [1] = { [0] = { X87_INT32, 0 },
            [1] = { X87_INT32, X87_POP | X87_CUT_OFF },
            [2] = { X87_INT32, 0 },
            [3] = { X87_INT32, X87_POP },
            [5] = { X87_FLOAT80, 0 },
            [7] = { X87_FLOAT80, X87_POP } },
    [2] = { [0] = { X87_FLOAT64, 0 },
            [1] = { X87_INT64, X87_POP | X87_CUT_OFF },
            [2] = { X87_FLOAT64, 0 },
            [3] = { X87_FLOAT64, X87_POP } },
    [3] = { [0] = { X87_INT16, 0 },
            [1] = { X87_INT16, X87_POP | X87_CUT_OFF },
            [2] = { X87_INT16, 0 },
            [3] = { X87_INT16, X87_POP },
            [4] = { X87_BCD, 0 },
            [5] = { X87_INT64, 0 },
            [6] = { X87_BCD, X87_POP },
            [7] = { X87_INT64, X87_POP } },
};

static const MemoryForm *memory_form(const DisasContext *ctx)
{
    return &memory_forms[ctx->insn.opcode >> 1 & 3][operation(ctx)];
}

static bool has_ten_bytes(X87Format format)
{
    return format == X87_FLOAT80 || format == X87_BCD;
}

static void load(X87Format format, TCGv_i64 low, TCGv_i64 high)
{
    if (!is_fast() || format == X87_BCD) {
        gen_helper_x86_fpu_load(tcg_env, constant(format), low, high);
    } else if (format == X87_FLOAT80) {
        gen_helper_x86_fpu_load_float80(tcg_env, low, high);
    } else if (format == X87_FLOAT64) {
        gen_helper_x86_fpu_load_float64(tcg_env, low);
    } else if (format == X87_FLOAT32) {
        gen_helper_x86_fpu_load_float32(tcg_env, low);
    } else {
        gen_helper_x86_fpu_load_integer(tcg_env, low);
    }
}

bool x86_FLD_M(DisasContext *ctx)
{
    X87Format format = memory_form(ctx)->format;
    TCGv_i64 low, high = tcg_constant_i64(0);

    if (has_ten_bytes(format)) {
        x86_check_fpu_pending(ctx);
        low = x86_ld(ctx, x86_linear_operand(ctx, 0, 10, false), MO_64); /* checks all ten */
        high = x86_ld(ctx, x86_linear_operand(ctx, 8, 2, false), MO_16);
        record(ctx);
    } else {
        low = load_operand(ctx, format);
    }
    load(format, low, high);
    return true;
}

static void pop_one(void)
{
    TCGv_i32 top = tcg_temp_new_i32(), tags = tcg_temp_new_i32(), bit = tcg_temp_new_i32();

    tcg_gen_ld8u_i32(top, tcg_env, offsetof(CPUX86State, fptop));
    tcg_gen_ld8u_i32(tags, tcg_env, offsetof(CPUX86State, fptags));
    tcg_gen_shl_i32(bit, constant(1), top);
    tcg_gen_or_i32(tags, tags, bit);
    tcg_gen_st8_i32(tags, tcg_env, offsetof(CPUX86State, fptags));
    tcg_gen_addi_i32(top, top, 1);
    tcg_gen_andi_i32(top, top, 7);
    tcg_gen_st8_i32(top, tcg_env, offsetof(CPUX86State, fptop));
}

/* C1, and what a helper has said there is to be reported. */
static void report_stored(TCGv_i32 said)
{
    TCGv_i32 status = tcg_temp_new_i32();

    tcg_gen_ld16u_i32(status, tcg_env, offsetof(CPUX86State, fpsw));
    tcg_gen_andi_i32(status, status, ~FPSW_C1);
    tcg_gen_or_i32(status, status, said);
    tcg_gen_st16_i32(status, tcg_env, offsetof(CPUX86State, fpsw));
}

static void store_exactly(const MemoryForm *form, TCGv_i64 addr)
{
    gen_helper_x86_fpu_store(tcg_env, addr, constant(form->format), constant(form->flags));
}

/* Ten bytes in two accesses: neither happens if one can't. */
static void store_ten_bytes(DisasContext *ctx, TCGv_i64 addr, TCGv_i64 low, TCGLabel *exactly)
{
    TCGv_i64 in_page = tcg_temp_new_i64(), behind = tcg_temp_new_i64(), high = tcg_temp_new_i64();

    tcg_gen_andi_i64(in_page, addr, TARGET_PAGE_SIZE - 1);
    tcg_gen_brcondi_i64(TCG_COND_GTU, in_page, TARGET_PAGE_SIZE - 10, exactly);
    tcg_gen_ld16u_i64(high, tcg_env, offsetof(CPUX86State, fp_stored_high));
    tcg_gen_addi_i64(behind, addr, 8);
    x86_st(ctx, addr, low, MO_64);
    x86_st(ctx, behind, high, MO_16);
}

/* The conversion by a helper, the access inline. */
static void store_quickly(DisasContext *ctx, const MemoryForm *form, TCGv_i64 addr)
{
    static const uint8_t sizes[] = {
        [X87_FLOAT32] = MO_32, [X87_INT32] = MO_32, [X87_FLOAT64] = MO_64,
        [X87_INT16] = MO_16,   [X87_INT64] = MO_64,
    };
    TCGLabel *exactly = gen_new_label(), *done = gen_new_label();
    TCGv_i64 value = tcg_temp_new_i64();
    TCGv_i32 said = tcg_temp_new_i32();

    gen_helper_x86_fpu_convert(value, tcg_env, constant(form->format), constant(form->flags));
    tcg_gen_ld_i32(said, tcg_env, offsetof(CPUX86State, fp_stored));
    tcg_gen_brcondi_i32(TCG_COND_LT, said, 0, exactly);
    if (form->format == X87_FLOAT80) {
        store_ten_bytes(ctx, addr, value, exactly);
    } else {
        x86_st(ctx, addr, value, sizes[form->format]);
    }
    report_stored(said);
    if (form->flags & X87_POP) {
        pop_one();
    }
    tcg_gen_br(done);
    gen_set_label(exactly);
    store_exactly(form, addr);
    gen_set_label(done);
}

bool x86_FST_M(DisasContext *ctx)
{
    static const uint8_t bytes[] = {
        [X87_FLOAT32] = 4, [X87_INT32] = 4,    [X87_FLOAT64] = 8, [X87_INT16] = 2,
        [X87_INT64] = 8,   [X87_FLOAT80] = 10, [X87_BCD] = 10,
    };
    const MemoryForm *form = memory_form(ctx);
    TCGv_i64 addr;

    x86_check_fpu_pending(ctx);
    addr = x86_linear_operand(ctx, 0, bytes[form->format], true);
    if (is_fast() && form->format != X87_BCD) {
        store_quickly(ctx, form, addr);
    } else {
        store_exactly(form, addr);
    }
    record(ctx);
    return true;
}

bool x86_FLD_ST(DisasContext *ctx)
{
    begin(ctx);
    (is_fast() ? gen_helper_x86_fpu_fast_load_register : gen_helper_x86_fpu_load_register)(
        tcg_env, constant(sti(ctx)));
    return true;
}

static void load_number(X86Float80 number)
{
    load(X87_FLOAT80, tcg_constant_i64((int64_t)number.significand),
         tcg_constant_i64(number.sign_exponent));
}

bool x86_FLDCONST(DisasContext *ctx)
{
    if (sti(ctx) == 7) {
        return false;
    }
    begin(ctx);
    if (sti(ctx) == 0) {
        load_number(FLOAT80_ONE);
    } else if (sti(ctx) == 6) {
        load_number(FLOAT80_ZERO);
    } else {
        gen_helper_x86_fpu_load_constant(tcg_env, constant(sti(ctx)));
    }
    return true;
}

/* DD /2 doesn't pop. */
bool x86_FST_ST(DisasContext *ctx)
{
    bool pops = ctx->insn.opcode != 0xdd || operation(ctx) != 2;

    begin(ctx);
    (is_fast() ? gen_helper_x86_fpu_fast_store_register : gen_helper_x86_fpu_store_register)(
        tcg_env, constant(sti(ctx)), constant(pops ? X87_POP : 0));
    return true;
}

bool x86_FXCH(DisasContext *ctx)
{
    begin(ctx);
    (is_fast() ? gen_helper_x86_fpu_fast_exchange : gen_helper_x86_fpu_exchange)(
        tcg_env, constant(sti(ctx)));
    return true;
}

/* DA: if below, equal, below or equal, unordered; DB: if not. */
bool x86_FCMOV(DisasContext *ctx)
{
    static const uint8_t codes[] = { 2, 4, 6, 10 };
    TCGv_i64 condition;

    begin(ctx);
    condition = x86_condition(ctx, codes[operation(ctx)] ^ (ctx->insn.opcode & 1));
    gen_helper_x86_fpu_move_if(tcg_env, constant(sti(ctx)), condition);
    return true;
}

/* DF: FFREEP, which isn't documented by Intel. */
bool x86_FFREE(DisasContext *ctx)
{
    begin(ctx);
    gen_helper_x86_fpu_free(tcg_env, constant(sti(ctx)),
                            constant(ctx->insn.opcode == 0xdf ? X87_POP : 0));
    return true;
}

bool x86_FUNARY(DisasContext *ctx)
{
    unsigned number = ctx->insn.modrm & 31;

    begin(ctx);
    if (!is_fast()) {
        gen_helper_x86_fpu_unary(tcg_env, constant(number));
    } else if (number < 2) {
        gen_helper_x86_fpu_change_sign(tcg_env, constant(number));
    } else if (number == 0x1a) {
        gen_helper_x86_fpu_sqrt(tcg_env);
    } else if (number == 0x1c) {
        gen_helper_x86_fpu_rint(tcg_env);
    } else {
        gen_helper_x86_fpu_unary(tcg_env, constant(number));
    }
    return true;
}

bool x86_FNOP(DisasContext *ctx)
{
    begin(ctx);
    return true;
}

/* ---- Control ---- */

/* Asks CR0.MP, not EM. */
bool x86_FWAIT(DisasContext *ctx)
{
    if ((ctx->hflags & (X86_HF_MP | X86_HF_TS)) == (X86_HF_MP | X86_HF_TS)) {
        x86_gen_raise(ctx, EXCP_NM);
        return true;
    }
    x86_check_fpu_pending(ctx);
    return true;
}

/* FENI, FDISI and FSETPM of the 8087 and 80287: they do nothing, and wait for nothing. */
bool x86_FCONTROL_NONE(DisasContext *ctx)
{
    return true;
}

bool x86_FNINIT(DisasContext *ctx)
{
    gen_helper_x86_fpu_init(tcg_env);
    forget_recorded(ctx);
    return true;
}

bool x86_FNCLEX(DisasContext *ctx)
{
    gen_helper_x86_fpu_clear_exceptions(tcg_env);
    return true;
}

bool x86_FLDCW(DisasContext *ctx)
{
    TCGv_i32 control = tcg_temp_new_i32();

    x86_check_fpu_pending(ctx);
    tcg_gen_extrl_i64_i32(control, x86_read(ctx, 0));
    gen_helper_x86_fpu_set_control(tcg_env, control);
    return true;
}

bool x86_FNSTCW(DisasContext *ctx)
{
    TCGv_i64 control = tcg_temp_new_i64();

    tcg_gen_ld16u_i64(control, tcg_env, offsetof(CPUX86State, fpcw));
    x86_write(ctx, 0, control);
    return true;
}

bool x86_FNSTSW(DisasContext *ctx)
{
    TCGv_i32 status = tcg_temp_new_i32();
    TCGv_i64 value = tcg_temp_new_i64();

    gen_helper_x86_fpu_get_status(status, tcg_env);
    tcg_gen_extu_i32_i64(value, status);
    x86_write(ctx, 0, value);
    return true;
}

typedef void StateHelper(TCGv_ptr env, TCGv_i64 addr, TCGv_i32 flags);

/* `registers`: they follow the environment. */
static bool transfer_state(DisasContext *ctx, StateHelper *helper, bool registers, bool write)
{
    bool wide = ctx->insn.opsize != MO_16;
    unsigned bytes = (wide ? 28 : 14) + (registers ? 80 : 0);

    helper(tcg_env, x86_linear_operand(ctx, 0, bytes, write), constant(wide ? X87_WIDE_IMAGE : 0));
    forget_recorded(ctx);
    return true;
}

bool x86_FNSTENV(DisasContext *ctx)
{
    return transfer_state(ctx, gen_helper_x86_fpu_store_environment, false, true);
}

bool x86_FNSAVE(DisasContext *ctx)
{
    return transfer_state(ctx, gen_helper_x86_fpu_save, true, true);
}

bool x86_FLDENV(DisasContext *ctx)
{
    x86_check_fpu_pending(ctx);
    return transfer_state(ctx, gen_helper_x86_fpu_load_environment, false, false);
}

bool x86_FRSTOR(DisasContext *ctx)
{
    x86_check_fpu_pending(ctx);
    return transfer_state(ctx, gen_helper_x86_fpu_restore, true, false);
}

/* ---- FXSAVE, XSAVE and their kin ---- */

/* The multiple that the address has to be of; #GP(0) or #NM. False: the code ends here. */
static bool begin_state(DisasContext *ctx, unsigned alignment, TCGv_i64 *addr, bool write)
{
    unsigned bytes = alignment == 16 ? 512 : 576;
    TCGv_i64 low = tcg_temp_new_i64();

    if ((ctx->hflags & X86_HF_TS) || (alignment == 16 && (ctx->hflags & X86_HF_EM))) {
        x86_gen_raise(ctx, EXCP_NM);
        return false;
    }
    *addr = x86_linear_operand(ctx, 0, bytes, write);
    tcg_gen_andi_i64(low, *addr, alignment - 1);
    tcg_gen_brcondi_i64(TCG_COND_NE, low, 0, x86_fault_label(ctx, EXCP_GP, 0));
    return true;
}

static TCGv_i32 is_wide(const DisasContext *ctx)
{
    return constant(ctx->insn.opsize == MO_64);
}

/* Restored state changes what translated code depends on: MXCSR's short form; PKRU. */
static bool end_restored(DisasContext *ctx, bool only_mxcsr)
{
    forget_recorded(ctx);
    if (ctx->step || !only_mxcsr) {
        ctx->base.is_jmp = DISAS_LOOP;
    } else {
        x86_leave_if_hflags_changed(ctx);
    }
    return true;
}

bool x86_FXSAVE(DisasContext *ctx)
{
    TCGv_i64 addr;

    if (begin_state(ctx, 16, &addr, true)) {
        gen_helper_x86_fxsave(tcg_env, addr, is_wide(ctx));
    }
    return true;
}

bool x86_FXRSTOR(DisasContext *ctx)
{
    TCGv_i64 addr;

    if (!begin_state(ctx, 16, &addr, false)) {
        return true;
    }
    gen_helper_x86_fxrstor(tcg_env, addr, is_wide(ctx));
    return end_restored(ctx, true);
}

/* EDX:EAX */
static TCGv_i64 requested_components(void)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_deposit_i64(t, cpu_regs[R_EAX], cpu_regs[R_EDX], 32, 32);
    return t;
}

static bool xsave(DisasContext *ctx, unsigned flags)
{
    TCGv_i64 addr;

    if (begin_state(ctx, 64, &addr, true)) {
        flags |= ctx->insn.opsize == MO_64 ? X86_XSAVE_WIDE : 0;
        gen_helper_x86_xsave(tcg_env, addr, requested_components(), constant(flags));
    }
    return true;
}

bool x86_XSAVE(DisasContext *ctx)
{
    return xsave(ctx, 0);
}

bool x86_XSAVEOPT(DisasContext *ctx)
{
    return xsave(ctx, X86_XSAVE_INIT);
}

bool x86_XSAVEC(DisasContext *ctx)
{
    return xsave(ctx, X86_XSAVE_INIT | X86_XSAVE_COMPACT);
}

bool x86_XRSTOR(DisasContext *ctx)
{
    TCGv_i64 addr;

    if (!begin_state(ctx, 64, &addr, false)) {
        return true;
    }
    gen_helper_x86_xrstor(tcg_env, addr, requested_components(), is_wide(ctx));
    return end_restored(ctx, false);
}
