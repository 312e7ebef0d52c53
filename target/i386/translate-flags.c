/*
 * x86 translator: the status flags and the conditions.
 *
 * Each flag is a global of its own (cpu.h); a result, sign-extended, goes into three of them, and
 * those that nobody reads before the next instruction writes them cost nothing. What a comparison
 * compared stays known in ctx->flags, so that the branch behind it is one comparison.
 *
 * Reference: SDM volume 1, 3.4.3.1 and appendix B (condition codes).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-integer.h"

static void know(DisasContext *ctx, X86FlagsKind kind, unsigned size, TCGv_i64 a, TCGv_i64 b)
{
    ctx->flags = (X86KnownFlags){ .kind = kind, .size = size, .a = a, .b = b };
}

void x86_flags_of_result(DisasContext *ctx, unsigned size, TCGv_i64 result)
{
    tcg_gen_mov_i64(cpu_fz, x86_extend(size, result, true));
    tcg_gen_mov_i64(cpu_fs, cpu_fz);
    tcg_gen_mov_i64(cpu_fp, cpu_fz);
    know(ctx, X86_FLAGS_RESULT, size, result, constant(0));
}

void x86_overflow_flag(unsigned size, TCGv_i64 bits)
{
    tcg_gen_shli_i64(cpu_fo, bits, 64 - bits_of(size));
}

/* AF: the carry into bit 4 is where the sum's bit isn't that of the operands' exclusive or. */
static void auxiliary_flag(TCGv_i64 differ, TCGv_i64 result)
{
    tcg_gen_xor_i64(cpu_fa, differ, result);
}

void x86_flags_of_add(DisasContext *ctx, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 result,
                      bool keep_carry)
{
    TCGv_i64 differ = new_i64(), t = new_i64();

    if (!keep_carry && size == MO_64) {
        tcg_gen_setcond_i64(TCG_COND_LTU, cpu_fc, result, a);
    } else if (!keep_carry) {
        tcg_gen_extract_i64(cpu_fc, result, bits_of(size), 1);
    }
    tcg_gen_xor_i64(differ, a, b);
    tcg_gen_xor_i64(t, a, result);
    tcg_gen_andc_i64(t, t, differ);
    x86_overflow_flag(size, t);
    auxiliary_flag(differ, result);
    x86_flags_of_result(ctx, size, result);
}

void x86_flags_of_sub(DisasContext *ctx, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 result,
                      bool keep_carry)
{
    TCGv_i64 differ = new_i64(), t = new_i64();

    if (!keep_carry) {
        tcg_gen_setcond_i64(TCG_COND_LTU, cpu_fc, a, b);
    }
    tcg_gen_xor_i64(differ, a, b);
    tcg_gen_xor_i64(t, a, result);
    tcg_gen_and_i64(t, t, differ);
    x86_overflow_flag(size, t);
    auxiliary_flag(differ, result);
    x86_flags_of_result(ctx, size, result);
    if (!keep_carry) {
        know(ctx, X86_FLAGS_COMPARED, size, a, b);
    }
}

void x86_flags_of_logic(DisasContext *ctx, unsigned size, TCGv_i64 result)
{
    tcg_gen_movi_i64(cpu_fc, 0);
    tcg_gen_movi_i64(cpu_fo, 0);
    tcg_gen_movi_i64(cpu_fa, 0);
    x86_flags_of_result(ctx, size, result);
    ctx->flags.logical = true;
}

/* 1 if the low byte of fp has an odd number of ones: PF is clear. */
static TCGv_i64 odd_parity(void)
{
    TCGv_i64 t = new_i64();

    tcg_gen_ext8u_i64(t, cpu_fp);
    tcg_gen_ctpop_i64(t, t);
    tcg_gen_andi_i64(t, t, 1);
    return t;
}

/* A flag that is bit 63 of a global, moved to where EFLAGS has it. */
static void gather_sign(TCGv_i64 eflags, TCGv_i64 flag, uint64_t bit)
{
    TCGv_i64 t = new_i64();

    tcg_gen_shri_i64(t, flag, 63);
    tcg_gen_shli_i64(t, t, ctz64(bit));
    tcg_gen_or_i64(eflags, eflags, t);
}

TCGv_i64 x86_get_flags(DisasContext *ctx)
{
    TCGv_i64 eflags = new_i64(), t = new_i64();

    tcg_gen_andi_i64(eflags, cpu_fa, FLAG_AF);
    tcg_gen_or_i64(eflags, eflags, cpu_fc);
    tcg_gen_xori_i64(t, odd_parity(), 1);
    tcg_gen_shli_i64(t, t, ctz64(FLAG_PF));
    tcg_gen_or_i64(eflags, eflags, t);
    tcg_gen_setcondi_i64(TCG_COND_EQ, t, cpu_fz, 0);
    tcg_gen_shli_i64(t, t, ctz64(FLAG_ZF));
    tcg_gen_or_i64(eflags, eflags, t);
    gather_sign(eflags, cpu_fs, FLAG_SF);
    gather_sign(eflags, cpu_fo, FLAG_OF);
    return eflags;
}

void x86_set_flags(DisasContext *ctx, TCGv_i64 eflags)
{
    eflags = x86_copy(eflags);
    tcg_gen_andi_i64(cpu_fc, eflags, FLAG_CF);
    tcg_gen_mov_i64(cpu_fa, eflags);
    tcg_gen_andi_i64(cpu_fz, eflags, FLAG_ZF);
    tcg_gen_xori_i64(cpu_fz, cpu_fz, FLAG_ZF);
    tcg_gen_shli_i64(cpu_fs, eflags, 63 - ctz64(FLAG_SF));
    tcg_gen_shli_i64(cpu_fo, eflags, 63 - ctz64(FLAG_OF));
    tcg_gen_extract_i64(cpu_fp, eflags, ctz64(FLAG_PF), 1);
    tcg_gen_xori_i64(cpu_fp, cpu_fp, 1);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
}

/* ---- Conditions ---- */

/* A condition as a comparison; of the operands' low 32 bits if `narrow`. */
typedef struct Comparison {
    TCGCond cond;
    TCGv_i64 a, b;
    bool narrow;
} Comparison;

/*
 * By condition code without its lowest bit: how it is decided by comparing what is known, `a` with
 * `b`; logical results and others with 0.
 */
#define BY_FLAGS 0xff
static const uint8_t compared_conditions[8] = {
    BY_FLAGS, TCG_COND_LTU, TCG_COND_EQ, TCG_COND_LEU, BY_FLAGS, BY_FLAGS, TCG_COND_LT, TCG_COND_LE,
};
static const uint8_t logical_conditions[8] = {
    TCG_COND_NEVER, TCG_COND_NEVER, TCG_COND_EQ, TCG_COND_EQ,
    TCG_COND_LT,    BY_FLAGS,       TCG_COND_LT, TCG_COND_LE,
};
static const uint8_t result_conditions[8] = {
    BY_FLAGS, BY_FLAGS, TCG_COND_EQ, BY_FLAGS, TCG_COND_LT, BY_FLAGS, BY_FLAGS, BY_FLAGS,
};

static uint8_t known_condition(const X86KnownFlags *f, unsigned code)
{
    switch (f->kind) {
    case X86_FLAGS_COMPARED:
        return compared_conditions[code >> 1];
    case X86_FLAGS_RESULT:
        return (f->logical ? logical_conditions : result_conditions)[code >> 1];
    default:
        return BY_FLAGS;
    }
}

/* The sign of SF exclusive or OF. */
static TCGv_i64 less_sign(void)
{
    TCGv_i64 t = new_i64();

    tcg_gen_xor_i64(t, cpu_fs, cpu_fo);
    return t;
}

static Comparison comparison_of_flags(unsigned code)
{
    TCGv_i64 t = new_i64(), zero = constant(0);

    switch (code & ~1u) {
    case X86_CC_O:
        return (Comparison){ TCG_COND_LT, cpu_fo, zero };
    case X86_CC_B:
        return (Comparison){ TCG_COND_NE, cpu_fc, zero };
    case X86_CC_E:
        return (Comparison){ TCG_COND_EQ, cpu_fz, zero };
    case X86_CC_BE: /* CF or ZF */
        tcg_gen_movcond_i64(TCG_COND_EQ, t, cpu_fz, zero, constant(1), cpu_fc);
        return (Comparison){ TCG_COND_NE, t, zero };
    case X86_CC_S:
        return (Comparison){ TCG_COND_LT, cpu_fs, zero };
    case X86_CC_P:
        return (Comparison){ TCG_COND_EQ, odd_parity(), zero };
    case X86_CC_L:
        return (Comparison){ TCG_COND_LT, less_sign(), zero };
    default: /* LE: ZF, or L */
        tcg_gen_movcond_i64(TCG_COND_EQ, t, cpu_fz, zero, constant(-1), less_sign());
        return (Comparison){ TCG_COND_LT, t, zero };
    }
}

static bool is_signed_order(TCGCond cond)
{
    return cond >= TCG_COND_LT && cond <= TCG_COND_LE;
}

static Comparison comparison_for(DisasContext *ctx, unsigned code)
{
    const X86KnownFlags *f = &ctx->flags;
    uint8_t known = known_condition(f, code);
    Comparison c;

    if (known == BY_FLAGS) {
        c = comparison_of_flags(code);
    } else {
        c = (Comparison){ (TCGCond)known, f->a, f->b, f->size == MO_32 };
        if (f->size < MO_32 && (is_signed_order(c.cond) || f->kind == X86_FLAGS_RESULT)) {
            c.a = x86_extend(f->size, c.a, true);
            c.b = x86_extend(f->size, c.b, true);
        }
    }
    c.cond = code & 1 ? tcg_invert_cond(c.cond) : c.cond;
    return c;
}

static TCGv_i32 low_half(TCGv_i64 value)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_extrl_i64_i32(t, value);
    return t;
}

TCGv_i64 x86_condition(DisasContext *ctx, unsigned code)
{
    Comparison c = comparison_for(ctx, code);
    TCGv_i64 ret = new_i64();

    if (c.cond == TCG_COND_NEVER || c.cond == TCG_COND_ALWAYS) {
        return constant(c.cond == TCG_COND_ALWAYS);
    }
    if (c.narrow) {
        TCGv_i32 t = tcg_temp_new_i32();

        tcg_gen_setcond_i32(c.cond, t, low_half(c.a), low_half(c.b));
        tcg_gen_extu_i32_i64(ret, t);
    } else if (c.a == cpu_fc && c.cond == TCG_COND_NE) {
        tcg_gen_mov_i64(ret, cpu_fc);
    } else {
        tcg_gen_setcond_i64(c.cond, ret, c.a, c.b);
    }
    return ret;
}

void x86_branch_if(DisasContext *ctx, unsigned code, TCGLabel *label)
{
    Comparison c = comparison_for(ctx, code);

    if (c.cond == TCG_COND_ALWAYS) {
        tcg_gen_br(label);
    } else if (c.cond == TCG_COND_NEVER) {
        return;
    } else if (c.narrow) {
        tcg_gen_brcond_i32(c.cond, low_half(c.a), low_half(c.b), label);
    } else {
        tcg_gen_brcond_i64(c.cond, c.a, c.b, label);
    }
}

void x86_select(DisasContext *ctx, unsigned code, TCGv_i64 ret, TCGv_i64 yes, TCGv_i64 no)
{
    Comparison c = comparison_for(ctx, code);

    if (c.cond == TCG_COND_ALWAYS || c.cond == TCG_COND_NEVER) {
        tcg_gen_mov_i64(ret, c.cond == TCG_COND_ALWAYS ? yes : no);
        return;
    }
    if (c.narrow) {
        c.a = x86_extend(MO_32, c.a, is_signed_order(c.cond));
        c.b = x86_extend(MO_32, c.b, is_signed_order(c.cond));
    }
    tcg_gen_movcond_i64(c.cond, ret, c.a, c.b, yes, no);
}

bool x86_SETCC(DisasContext *ctx)
{
    x86_write(ctx, 0, x86_condition(ctx, ctx->insn.opcode & 15));
    return true;
}

/* The source is read, and may fault, whatever the condition; a destination of 32 bits has its upper
 * half cleared. */
bool x86_CMOVCC(DisasContext *ctx)
{
    TCGv_i64 from = x86_read(ctx, 1), result = new_i64();

    x86_select(ctx, ctx->insn.opcode & 15, result, from, x86_read(ctx, 0));
    x86_write(ctx, 0, result);
    return true;
}

/* ---- Flags as operands ---- */

static bool write_carry(DisasContext *ctx, TCGv_i64 value)
{
    tcg_gen_mov_i64(cpu_fc, value);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
    return true;
}

bool x86_CLC(DisasContext *ctx)
{
    return write_carry(ctx, constant(0));
}

bool x86_STC(DisasContext *ctx)
{
    return write_carry(ctx, constant(1));
}

bool x86_CMC(DisasContext *ctx)
{
    TCGv_i64 t = new_i64();

    tcg_gen_xori_i64(t, cpu_fc, 1);
    return write_carry(ctx, t);
}

bool x86_CLD(DisasContext *ctx)
{
    tcg_gen_movi_i64(cpu_df, 1);
    return true;
}

bool x86_STD(DisasContext *ctx)
{
    tcg_gen_movi_i64(cpu_df, -1);
    return true;
}

static bool has_lahf(const DisasContext *ctx)
{
    return !ctx->code64 || x86_ctx_has(ctx, X86_FEATURE_LAHF_LM);
}

/* The low byte of EFLAGS, with its constant bits, in AH. */
bool x86_LAHF(DisasContext *ctx)
{
    TCGv_i64 t = new_i64();

    if (!has_lahf(ctx)) {
        return false;
    }
    tcg_gen_andi_i64(t, x86_get_flags(ctx), 0xff);
    tcg_gen_ori_i64(t, t, FLAG_1);
    tcg_gen_deposit_i64(cpu_regs[R_EAX], cpu_regs[R_EAX], t, 8, 8);
    return true;
}

/* OF stays. */
bool x86_SAHF(DisasContext *ctx)
{
    TCGv_i64 t = new_i64(), overflow;

    if (!has_lahf(ctx)) {
        return false;
    }
    overflow = x86_copy(cpu_fo);
    tcg_gen_extract_i64(t, cpu_regs[R_EAX], 8, 8);
    x86_set_flags(ctx, t);
    tcg_gen_mov_i64(cpu_fo, overflow);
    return true;
}

bool x86_SALC(DisasContext *ctx)
{
    TCGv_i64 t = new_i64();

    tcg_gen_neg_i64(t, cpu_fc);
    x86_write_reg(ctx, MO_8, R_EAX, t);
    return true;
}
