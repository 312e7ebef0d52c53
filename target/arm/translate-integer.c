/*
 * Arm translator: integer instructions and the flags.
 *
 * A comparison leaves its flags pending (translate-flags.c), and its operands known (KnownFlags), so
 * that a conditional instruction behind it compares these.
 *
 * Reference: DDI 0487, C6.2; the pseudocode functions AddWithCarry() and ConditionHolds() in J1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/translate.h"

/* ---- Flags ---- */

static TCGv_i64 new_i64(void)
{
    return tcg_temp_new_i64();
}

/* A word with its sign in bit 63, as N and V have it. */
static TCGv_i64 sign_extended(TCGv_i64 a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_ext32s_i64(t, a);
    return t;
}

static TCGv_i64 operand_of_compare(TCGv_i64 a, bool wide)
{
    return wide ? a64_copy(a) : sign_extended(a);
}

static void know_flags(DisasContext *ctx, FlagsKind kind, bool wide, TCGv_i64 a, TCGv_i64 b)
{
    ctx->flags = (KnownFlags){ kind, wide, a, b };
}

/* result = a + b, or a - b, and the flags; returns the result, garbage above a word. */
static TCGv_i64 gen_add_with_flags(DisasContext *ctx, TCGv_i64 a, TCGv_i64 b, bool wide)
{
    TCGv_i64 x = operand_of_compare(a, wide), y = operand_of_compare(b, wide);
    TCGv_i64 result = new_i64();

    tcg_gen_add_i64(result, x, y);
    result = wide ? result : sign_extended(result);
    a64_flags_pending(ctx, ARM_RECALL_ADD, wide, x, y, result);
    know_flags(ctx, FLAGS_RESULT, wide, result, NULL);
    return result;
}

static TCGv_i64 gen_sub_with_flags(DisasContext *ctx, TCGv_i64 a, TCGv_i64 b, bool wide)
{
    TCGv_i64 x = operand_of_compare(a, wide), y = operand_of_compare(b, wide);
    TCGv_i64 result = new_i64();

    tcg_gen_sub_i64(result, x, y);
    result = wide ? result : sign_extended(result);
    a64_flags_pending(ctx, ARM_RECALL_SUB, wide, x, y, result);
    know_flags(ctx, FLAGS_COMPARED, wide, x, y);
    return result;
}

void a64_subtract_with_flags(DisasContext *ctx, unsigned rd, TCGv_i64 a, TCGv_i64 b)
{
    a64_write_x(rd, gen_sub_with_flags(ctx, a, b, true), true);
}

static void gen_logical_flags(DisasContext *ctx, TCGv_i64 result, bool wide)
{
    TCGv_i64 r = operand_of_compare(result, wide);

    a64_flags_pending(ctx, ARM_RECALL_LOGIC, wide, r, r, r);
    know_flags(ctx, FLAGS_LOGICAL, wide, r, NULL);
}

/* a + b + C, with flags if wanted. */
static void gen_add_carry(DisasContext *ctx, unsigned rd, TCGv_i64 a, TCGv_i64 b, bool wide,
                          bool flags)
{
    TCGv_i64 result = new_i64(), carry = new_i64(), t = new_i64();

    if (wide) {
        a = a64_copy(a);
        tcg_gen_addcio_i64(result, carry, a, b, cpu_c);
    } else {
        TCGv_i64 x = new_i64(), y = new_i64();

        tcg_gen_ext32u_i64(x, a);
        tcg_gen_ext32u_i64(y, b);
        tcg_gen_add_i64(result, x, y);
        tcg_gen_add_i64(result, result, cpu_c);
        tcg_gen_shri_i64(carry, result, 32);
        result = sign_extended(result);
        a = sign_extended(a);
        b = sign_extended(b);
    }
    if (flags) {
        tcg_gen_xor_i64(t, a, b);
        tcg_gen_xor_i64(cpu_v, a, result);
        tcg_gen_andc_i64(cpu_v, cpu_v, t);
        tcg_gen_mov_i64(cpu_c, carry);
        tcg_gen_mov_i64(cpu_n, result);
        tcg_gen_mov_i64(cpu_z, result);
        know_flags(ctx, FLAGS_RESULT, wide, result, NULL);
    }
    a64_write_x(rd, result, wide);
}

/*
 * Conditions by their number without the lowest bit, which inverts them; AL and NV aside. How each
 * is decided where the flags are those of a comparison or of a logical operation.
 */
static const TCGCond compared_conditions[] = {
    TCG_COND_EQ,  TCG_COND_GEU, TCG_COND_NEVER, TCG_COND_NEVER,
    TCG_COND_GTU, TCG_COND_GE,  TCG_COND_GT,
};

static const TCGCond logical_conditions[] = {
    TCG_COND_EQ,    TCG_COND_NEVER, TCG_COND_LT, TCG_COND_NEVER,
    TCG_COND_NEVER, TCG_COND_GE,    TCG_COND_GT,
};

/* With what floats' order is compared, and how. */
static const struct {
    TCGCond cond;
    uint8_t with;
} order_conditions[] = {
    { TCG_COND_EQ, 0 }, { TCG_COND_GE, 0 },  { TCG_COND_LT, 0 }, { TCG_COND_EQ, 2 },
    { TCG_COND_GT, 0 }, { TCG_COND_LTU, 2 }, { TCG_COND_EQ, 1 },
};

enum { COND_EQ, COND_CS, COND_MI, COND_VS, COND_HI, COND_GE, COND_GT, COND_AL };

static ARMCondition condition_of_flags(unsigned kind)
{
    TCGv_i64 t, zero = tcg_constant_i64(0);

    switch (kind) {
    case COND_EQ:
        return (ARMCondition){ TCG_COND_EQ, cpu_z, zero };
    case COND_CS:
        return (ARMCondition){ TCG_COND_NE, cpu_c, zero };
    case COND_MI:
        return (ARMCondition){ TCG_COND_LT, cpu_n, zero };
    case COND_VS:
        return (ARMCondition){ TCG_COND_LT, cpu_v, zero };
    case COND_HI: /* C and not Z */
        t = new_i64();
        tcg_gen_movcond_i64(TCG_COND_NE, t, cpu_z, zero, cpu_c, zero);
        return (ARMCondition){ TCG_COND_NE, t, zero };
    case COND_GE: /* N = V */
        t = new_i64();
        tcg_gen_xor_i64(t, cpu_n, cpu_v);
        return (ARMCondition){ TCG_COND_GE, t, zero };
    case COND_GT: /* N = V and not Z */
        t = new_i64();
        tcg_gen_xor_i64(t, cpu_n, cpu_v);
        tcg_gen_movcond_i64(TCG_COND_NE, t, cpu_z, zero, t, tcg_constant_i64(-1));
        return (ARMCondition){ TCG_COND_GE, t, zero };
    default:
        return (ARMCondition){ TCG_COND_ALWAYS, zero, zero };
    }
}

ARMCondition a64_condition(DisasContext *ctx, unsigned cond)
{
    const KnownFlags *f = &ctx->flags;
    unsigned kind = cond >> 1;
    bool inverted = (cond & 1) && kind != COND_AL;
    ARMCondition result;

    if (f->kind == FLAGS_COMPARED && kind < COND_AL &&
        compared_conditions[kind] != TCG_COND_NEVER) {
        result = (ARMCondition){ compared_conditions[kind], f->a, f->b };
    } else if (f->kind == FLAGS_LOGICAL && kind < COND_AL) {
        result = (ARMCondition){ logical_conditions[kind], f->a, tcg_constant_i64(0) };
    } else if (f->kind == FLAGS_ORDER && kind < COND_AL) {
        result = (ARMCondition){ order_conditions[kind].cond, f->a,
                                 tcg_constant_i64(order_conditions[kind].with) };
    } else {
        a64_write_pending_flags(ctx);
        result = condition_of_flags(kind);
    }
    result.cond = inverted ? tcg_invert_cond(result.cond) : result.cond;
    return result;
}

void a64_branch_if(DisasContext *ctx, unsigned cond, TCGLabel *label)
{
    ARMCondition c = a64_condition(ctx, cond);

    if (c.cond == TCG_COND_ALWAYS) {
        tcg_gen_br(label);
    } else if (c.cond != TCG_COND_NEVER) {
        tcg_gen_brcond_i64(c.cond, c.a, c.b, label);
    }
}

/* ret = the condition holds ? a : b */
static void gen_select(DisasContext *ctx, unsigned cond, TCGv_i64 ret, TCGv_i64 a, TCGv_i64 b)
{
    ARMCondition c = a64_condition(ctx, cond);

    if (c.cond == TCG_COND_ALWAYS || c.cond == TCG_COND_NEVER) {
        tcg_gen_mov_i64(ret, c.cond == TCG_COND_ALWAYS ? a : b);
    } else {
        tcg_gen_movcond_i64(c.cond, ret, c.a, c.b, a, b);
    }
}

TCGv_i64 a64_read_nzcv(void)
{
    TCGv_i64 value = new_i64(), t = new_i64();

    tcg_gen_shri_i64(value, cpu_n, 63);
    tcg_gen_shli_i64(value, value, 31);
    tcg_gen_setcondi_i64(TCG_COND_EQ, t, cpu_z, 0);
    tcg_gen_deposit_i64(value, value, t, 30, 1);
    tcg_gen_deposit_i64(value, value, cpu_c, 29, 1);
    tcg_gen_shri_i64(t, cpu_v, 63);
    tcg_gen_deposit_i64(value, value, t, 28, 1);
    return value;
}

void a64_write_nzcv(DisasContext *ctx, TCGv_i64 value)
{
    value = a64_copy(value);
    tcg_gen_shli_i64(cpu_n, value, 32);
    tcg_gen_andi_i64(cpu_z, value, 1 << 30);
    tcg_gen_xori_i64(cpu_z, cpu_z, 1 << 30);
    tcg_gen_extract_i64(cpu_c, value, 29, 1);
    tcg_gen_shli_i64(cpu_v, value, 35);
    ctx->flags.kind = FLAGS_UNKNOWN;
}

/* ---- Addition and subtraction ---- */

/* Register 31 of a result is the stack pointer, or nothing. */
static void gen_write_result(unsigned rd, bool stack, TCGv_i64 value, bool wide)
{
    if (stack && rd == 31) {
        if (wide) {
            tcg_gen_mov_i64(cpu_x[31], value);
        } else {
            tcg_gen_ext32u_i64(cpu_x[31], value);
        }
    } else {
        a64_write_x(rd, value, wide);
    }
}

enum { SUB = 1, FLAGS = 2, STACK = 4 };

static bool gen_add_sub(DisasContext *ctx, unsigned rd, TCGv_i64 a, TCGv_i64 b, bool wide, int how)
{
    TCGv_i64 result;

    if (how & FLAGS) {
        result = (how & SUB ? gen_sub_with_flags : gen_add_with_flags)(ctx, a, b, wide);
    } else {
        result = new_i64();
        (how & SUB ? tcg_gen_sub_i64 : tcg_gen_add_i64)(result, a, b);
    }
    gen_write_result(rd, how & STACK, result, wide);
    return true;
}

#define ADD_SUB_IMMEDIATE(name, rd, how)                                                           \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        int64_t imm = (uint64_t)a->imm << (a->sh ? 12 : 0);                                        \
                                                                                                   \
        gen_add_sub(ctx, a->rd, cpu_x[a->rns], tcg_constant_i64(imm), a->sf, how);                 \
        if ((how) & FLAGS) {                                                                       \
            a64_flags_of_constant(ctx, a->rd, a->rns, imm);                                        \
        }                                                                                          \
        return true;                                                                               \
    }
ADD_SUB_IMMEDIATE(ADD_I, rds, STACK)
ADD_SUB_IMMEDIATE(ADDS_I, rd, FLAGS)
ADD_SUB_IMMEDIATE(SUB_I, rds, SUB | STACK)
ADD_SUB_IMMEDIATE(SUBS_I, rd, SUB | FLAGS)

enum { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };

/* A register shifted by a constant below the operand's width; a word's result has garbage above. */
static TCGv_i64 gen_shifted(unsigned rm, unsigned shift, unsigned count, bool wide)
{
    TCGv_i64 value = a64_x(rm), t = new_i64();

    if (count == 0) {
        return value;
    }
    if (shift == SHIFT_LSL) {
        tcg_gen_shli_i64(t, value, count);
    } else if (shift == SHIFT_LSR) {
        tcg_gen_extract_i64(t, value, count, (wide ? 64 : 32) - count);
    } else if (shift == SHIFT_ASR) {
        tcg_gen_sextract_i64(t, value, count, (wide ? 64 : 32) - count);
    } else if (wide) {
        tcg_gen_rotri_i64(t, value, count);
    } else {
        TCGv_i32 word = tcg_temp_new_i32();

        tcg_gen_extrl_i64_i32(word, value);
        tcg_gen_rotri_i32(word, word, count);
        tcg_gen_extu_i32_i64(t, word);
    }
    return t;
}

#define ADD_SUB_SHIFTED(name, how)                                                                 \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        if (a->shift == SHIFT_ROR || (!a->sf && a->imm >= 32)) {                                   \
            return false;                                                                          \
        }                                                                                          \
        gen_add_sub(ctx, a->rd, a64_x(a->rn), gen_shifted(a->rm, a->shift, a->imm, a->sf), a->sf,  \
                    how);                                                                          \
        if (((how) & FLAGS) && a->imm == 0) {                                                      \
            a64_flags_of_registers(ctx, a->rd, a->rn, a->rm);                                      \
        }                                                                                          \
        return true;                                                                               \
    }
ADD_SUB_SHIFTED(ADD_R, 0)
ADD_SUB_SHIFTED(ADDS_R, FLAGS)
ADD_SUB_SHIFTED(SUB_R, SUB)
ADD_SUB_SHIFTED(SUBS_R, SUB | FLAGS)

#define ADD_SUB_EXTENDED(name, rd, how)                                                            \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        if (a->imm > 4) {                                                                          \
            return false;                                                                          \
        }                                                                                          \
        return gen_add_sub(ctx, a->rd, cpu_x[a->rns], a64_extended(a->rm, a->option, a->imm),      \
                           a->sf, how);                                                            \
    }
ADD_SUB_EXTENDED(ADD_X, rds, STACK)
ADD_SUB_EXTENDED(ADDS_X, rd, FLAGS)
ADD_SUB_EXTENDED(SUB_X, rds, SUB | STACK)
ADD_SUB_EXTENDED(SUBS_X, rd, SUB | FLAGS)

static bool gen_carry_op(DisasContext *ctx, const arg_ADC *a, int how)
{
    TCGv_i64 b = a64_x(a->rm);

    if (how & SUB) {
        TCGv_i64 inverted = new_i64();

        tcg_gen_not_i64(inverted, b);
        b = inverted;
    }
    gen_add_carry(ctx, a->rd, a64_x(a->rn), b, a->sf, how & FLAGS);
    return true;
}

bool a64_ADC(DisasContext *ctx, const arg_ADC *a)
{
    return gen_carry_op(ctx, a, 0);
}

bool a64_ADCS(DisasContext *ctx, const arg_ADCS *a)
{
    return gen_carry_op(ctx, a, FLAGS);
}

bool a64_SBC(DisasContext *ctx, const arg_SBC *a)
{
    return gen_carry_op(ctx, a, SUB);
}

bool a64_SBCS(DisasContext *ctx, const arg_SBCS *a)
{
    return gen_carry_op(ctx, a, SUB | FLAGS);
}

/* ---- Logical ---- */

/* An element of 2 to 64 bits, with imms + 1 ones rotated right by immr, repeated. */
bool a64_decode_bit_mask(bool wide, unsigned n, unsigned immr, unsigned imms, uint64_t *mask)
{
    unsigned selector = n << 6 | (~imms & 0x3f);
    unsigned size, ones, rotation;
    uint64_t element, all;

    if (selector < 2 || (n && !wide)) {
        return false;
    }
    size = 1u << (31 - __builtin_clz(selector));
    ones = (imms & (size - 1)) + 1;
    rotation = immr & (size - 1);
    if (ones == size) {
        return false;
    }
    all = size == 64 ? UINT64_MAX : (1ull << size) - 1;
    element = (1ull << ones) - 1;
    element = rotation ? (element >> rotation | element << (size - rotation)) & all : element;
    for (; size < 64; size *= 2) {
        element |= element << size;
    }
    *mask = wide ? element : (uint32_t)element;
    return true;
}

typedef void BinaryOp(TCGv_i64 ret, TCGv_i64 a, TCGv_i64 b);

static bool gen_logical_immediate(DisasContext *ctx, const arg_AND_I *a, BinaryOp *op)
{
    TCGv_i64 t = new_i64();
    uint64_t mask;

    if (!a64_decode_bit_mask(a->sf, a->n, a->immr, a->imms, &mask)) {
        return false;
    }
    op(t, a64_x(a->rn), tcg_constant_i64(mask));
    gen_write_result(a->rds, true, t, a->sf);
    return true;
}

bool a64_AND_I(DisasContext *ctx, const arg_AND_I *a)
{
    return gen_logical_immediate(ctx, a, tcg_gen_and_i64);
}

bool a64_ORR_I(DisasContext *ctx, const arg_ORR_I *a)
{
    return gen_logical_immediate(ctx, a, tcg_gen_or_i64);
}

bool a64_EOR_I(DisasContext *ctx, const arg_EOR_I *a)
{
    return gen_logical_immediate(ctx, a, tcg_gen_xor_i64);
}

bool a64_ANDS_I(DisasContext *ctx, const arg_ANDS_I *a)
{
    TCGv_i64 t = new_i64();
    uint64_t mask;

    if (!a64_decode_bit_mask(a->sf, a->n, a->immr, a->imms, &mask)) {
        return false;
    }
    tcg_gen_and_i64(t, a64_x(a->rn), tcg_constant_i64(mask));
    gen_logical_flags(ctx, t, a->sf);
    a64_write_x(a->rd, t, a->sf);
    if (a->rd != 31) {
        a64_flags_of_result(ctx, a->rd);
    } else if (a->rn != 31) {
        a64_flags_of_constant(ctx, 31, a->rn, a->sf ? (int64_t)mask : (int32_t)mask);
    }
    return true;
}

static bool gen_logical(DisasContext *ctx, const arg_AND_R *a, BinaryOp *op, bool flags)
{
    TCGv_i64 b, t = new_i64();

    if (!a->sf && a->imm >= 32) {
        return false;
    }
    b = gen_shifted(a->rm, a->shift, a->imm, a->sf);
    if (a->n) {
        tcg_gen_not_i64(t, b);
        b = t;
    }
    if (op == tcg_gen_or_i64 && a->rn == 31) { /* mov, mvn */
        a64_write_x(a->rd, b, a->sf);
        return true;
    }
    t = new_i64();
    op(t, a64_x(a->rn), b);
    if (flags) {
        gen_logical_flags(ctx, t, a->sf);
    }
    a64_write_x(a->rd, t, a->sf);
    if (flags && a->rd != 31) {
        a64_flags_of_result(ctx, a->rd);
    } else if (flags && !a->imm && !a->n) {
        a64_flags_of_registers(ctx, 31, a->rn, a->rm);
    }
    return true;
}

bool a64_AND_R(DisasContext *ctx, const arg_AND_R *a)
{
    return gen_logical(ctx, a, tcg_gen_and_i64, false);
}

bool a64_ORR_R(DisasContext *ctx, const arg_ORR_R *a)
{
    return gen_logical(ctx, a, tcg_gen_or_i64, false);
}

bool a64_EOR_R(DisasContext *ctx, const arg_EOR_R *a)
{
    return gen_logical(ctx, a, tcg_gen_xor_i64, false);
}

bool a64_ANDS_R(DisasContext *ctx, const arg_ANDS_R *a)
{
    return gen_logical(ctx, a, tcg_gen_and_i64, true);
}

/* ---- Moves, bit fields, shifts ---- */

bool a64_ADR(DisasContext *ctx, const arg_ADR *a)
{
    a64_write_x(a->rd, tcg_constant_i64(ctx->pc + ((int64_t)a->hi * 4 + a->lo)), true);
    return true;
}

bool a64_ADRP(DisasContext *ctx, const arg_ADRP *a)
{
    int64_t pages = (int64_t)a->hi * 4 + a->lo;

    a64_write_x(a->rd, tcg_constant_i64((ctx->pc & ~0xfffull) + pages * 4096), true);
    return true;
}

static bool gen_move_wide(const arg_MOVZ *a, uint64_t inverted)
{
    if (!a->sf && a->hw > 1) {
        return false;
    }
    a64_write_x(a->rd, tcg_constant_i64(((uint64_t)a->imm << (16 * a->hw)) ^ inverted), a->sf);
    return true;
}

bool a64_MOVZ(DisasContext *ctx, const arg_MOVZ *a)
{
    return gen_move_wide(a, 0);
}

bool a64_MOVN(DisasContext *ctx, const arg_MOVN *a)
{
    return gen_move_wide(a, UINT64_MAX);
}

bool a64_MOVK(DisasContext *ctx, const arg_MOVK *a)
{
    TCGv_i64 t = new_i64();

    if (!a->sf && a->hw > 1) {
        return false;
    }
    tcg_gen_deposit_i64(t, a64_x(a->rd), tcg_constant_i64(a->imm), 16 * a->hw, 16);
    a64_write_x(a->rd, t, a->sf);
    return true;
}

static bool bad_bit_field(const arg_SBFM *a)
{
    return a->n != a->sf || (!a->sf && (a->immr | a->imms) >= 32);
}

/* imms >= immr: bits immr to imms go to bit 0; else bits 0 to imms go up, to end below the width.
 */
bool a64_SBFM(DisasContext *ctx, const arg_SBFM *a)
{
    unsigned width = a->sf ? 64 : 32;
    TCGv_i64 t = new_i64();

    if (bad_bit_field(a)) {
        return false;
    }
    if (a->imms >= a->immr) {
        tcg_gen_sextract_i64(t, a64_x(a->rn), a->immr, a->imms - a->immr + 1);
    } else {
        tcg_gen_sextract_i64(t, a64_x(a->rn), 0, a->imms + 1);
        tcg_gen_shli_i64(t, t, width - a->immr);
    }
    a64_write_x(a->rd, t, a->sf);
    return true;
}

bool a64_UBFM(DisasContext *ctx, const arg_UBFM *a)
{
    unsigned width = a->sf ? 64 : 32;
    TCGv_i64 t = new_i64();

    if (bad_bit_field(a)) {
        return false;
    }
    if (a->imms >= a->immr) {
        tcg_gen_extract_i64(t, a64_x(a->rn), a->immr, a->imms - a->immr + 1);
    } else {
        tcg_gen_deposit_z_i64(t, a64_x(a->rn), width - a->immr, a->imms + 1);
    }
    a64_write_x(a->rd, t, a->sf);
    return true;
}

bool a64_BFM(DisasContext *ctx, const arg_BFM *a)
{
    unsigned width = a->sf ? 64 : 32;
    TCGv_i64 t = new_i64();

    if (bad_bit_field(a)) {
        return false;
    }
    if (a->imms >= a->immr) {
        unsigned len = a->imms - a->immr + 1;

        tcg_gen_extract_i64(t, a64_x(a->rn), a->immr, len);
        tcg_gen_deposit_i64(t, a64_x(a->rd), t, 0, len);
    } else {
        tcg_gen_deposit_i64(t, a64_x(a->rd), a64_x(a->rn), width - a->immr, a->imms + 1);
    }
    a64_write_x(a->rd, t, a->sf);
    return true;
}

bool a64_EXTR(DisasContext *ctx, const arg_EXTR *a)
{
    TCGv_i64 t = new_i64(), high = new_i64();

    if (a->n != a->sf || (!a->sf && a->imms >= 32)) {
        return false;
    }
    if (a->imms == 0) {
        a64_write_x(a->rd, a64_x(a->rm), a->sf);
    } else if (a->rn == a->rm) {
        a64_write_x(a->rd, gen_shifted(a->rm, SHIFT_ROR, a->imms, a->sf), a->sf);
    } else if (a->sf) {
        tcg_gen_shri_i64(t, a64_x(a->rm), a->imms);
        tcg_gen_shli_i64(high, a64_x(a->rn), 64 - a->imms);
        tcg_gen_or_i64(t, t, high);
        a64_write_x(a->rd, t, true);
    } else {
        tcg_gen_deposit_i64(t, a64_x(a->rm), a64_x(a->rn), 32, 32);
        tcg_gen_shri_i64(t, t, a->imms);
        a64_write_x(a->rd, t, false);
    }
    return true;
}

/* The count is taken modulo the width. */
static bool gen_shift_by_register(const arg_LSLV *a, BinaryOp *op)
{
    TCGv_i64 count = new_i64(), value = a64_x(a->rn), t = new_i64();

    tcg_gen_andi_i64(count, a64_x(a->rm), a->sf ? 63 : 31);
    if (!a->sf && op != tcg_gen_shl_i64) {
        value = new_i64();
        (op == tcg_gen_sar_i64 ? tcg_gen_ext32s_i64 : tcg_gen_ext32u_i64)(value, a64_x(a->rn));
    }
    op(t, value, count);
    a64_write_x(a->rd, t, a->sf);
    return true;
}

bool a64_LSLV(DisasContext *ctx, const arg_LSLV *a)
{
    return gen_shift_by_register(a, tcg_gen_shl_i64);
}

bool a64_LSRV(DisasContext *ctx, const arg_LSRV *a)
{
    return gen_shift_by_register(a, tcg_gen_shr_i64);
}

bool a64_ASRV(DisasContext *ctx, const arg_ASRV *a)
{
    return gen_shift_by_register(a, tcg_gen_sar_i64);
}

bool a64_RORV(DisasContext *ctx, const arg_RORV *a)
{
    TCGv_i32 count = tcg_temp_new_i32(), word = tcg_temp_new_i32();
    TCGv_i64 t = new_i64();

    if (a->sf) {
        return gen_shift_by_register(a, tcg_gen_rotr_i64);
    }
    tcg_gen_extrl_i64_i32(count, a64_x(a->rm));
    tcg_gen_andi_i32(count, count, 31);
    tcg_gen_extrl_i64_i32(word, a64_x(a->rn));
    tcg_gen_rotr_i32(word, word, count);
    tcg_gen_extu_i32_i64(t, word);
    a64_write_x(a->rd, t, true);
    return true;
}

/* ---- Conditional ---- */

/* Flags of a comparison where the condition holds, given ones elsewhere. */
static bool gen_conditional_compare(DisasContext *ctx, unsigned rn, TCGv_i64 b, unsigned cond,
                                    unsigned nzcv, bool wide, bool subtract)
{
    TCGv_i64 holds = new_i64(), zero = tcg_constant_i64(0);
    const struct { TCGv_i64 flag; uint64_t value; } given[] = {
        { cpu_n, nzcv & 8 ? INT64_MIN : 0 },
        { cpu_z, !(nzcv & 4) },
        { cpu_c, nzcv >> 1 & 1 },
        { cpu_v, nzcv & 1 ? INT64_MIN : 0 },
    };

    gen_select(ctx, cond, holds, tcg_constant_i64(1), zero);
    (subtract ? gen_sub_with_flags : gen_add_with_flags)(ctx, a64_x(rn), b, wide);
    a64_write_pending_flags(ctx);
    for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
        tcg_gen_movcond_i64(TCG_COND_NE, given[i].flag, holds, zero, given[i].flag,
                            tcg_constant_i64(given[i].value));
    }
    ctx->flags.kind = FLAGS_UNKNOWN;
    return true;
}

bool a64_CCMN_R(DisasContext *ctx, const arg_CCMN_R *a)
{
    return gen_conditional_compare(ctx, a->rn, a64_x(a->rm), a->cond, a->nzcv, a->sf, false);
}

bool a64_CCMP_R(DisasContext *ctx, const arg_CCMP_R *a)
{
    return gen_conditional_compare(ctx, a->rn, a64_x(a->rm), a->cond, a->nzcv, a->sf, true);
}

bool a64_CCMN_I(DisasContext *ctx, const arg_CCMN_I *a)
{
    return gen_conditional_compare(ctx, a->rn, tcg_constant_i64(a->imm), a->cond, a->nzcv, a->sf,
                                   false);
}

bool a64_CCMP_I(DisasContext *ctx, const arg_CCMP_I *a)
{
    return gen_conditional_compare(ctx, a->rn, tcg_constant_i64(a->imm), a->cond, a->nzcv, a->sf,
                                   true);
}

static bool gen_csel(DisasContext *ctx, const arg_CSEL *a, TCGv_i64 otherwise)
{
    TCGv_i64 t = new_i64();

    gen_select(ctx, a->cond, t, a64_x(a->rn), otherwise);
    a64_write_x(a->rd, t, a->sf);
    return true;
}

bool a64_CSEL(DisasContext *ctx, const arg_CSEL *a)
{
    return gen_csel(ctx, a, a64_x(a->rm));
}

/* cset is a setcond, whatever else csinc does. */
bool a64_CSINC(DisasContext *ctx, const arg_CSINC *a)
{
    TCGv_i64 t = new_i64();

    if (a->rn == 31 && a->rm == 31) {
        ARMCondition c = a64_condition(ctx, a->cond);

        if (c.cond != TCG_COND_ALWAYS && c.cond != TCG_COND_NEVER) {
            tcg_gen_setcond_i64(tcg_invert_cond(c.cond), t, c.a, c.b);
            a64_write_x(a->rd, t, true);
            return true;
        }
    }
    tcg_gen_addi_i64(t, a64_x(a->rm), 1);
    return gen_csel(ctx, a, t);
}

bool a64_CSINV(DisasContext *ctx, const arg_CSINV *a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_not_i64(t, a64_x(a->rm));
    return gen_csel(ctx, a, t);
}

bool a64_CSNEG(DisasContext *ctx, const arg_CSNEG *a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_neg_i64(t, a64_x(a->rm));
    return gen_csel(ctx, a, t);
}

/* ---- Multiplication and division ---- */

/* A division by zero gives zero; the host must not see it. */
bool a64_UDIV(DisasContext *ctx, const arg_UDIV *a)
{
    TCGv_i64 zero = tcg_constant_i64(0), divisor = new_i64(), t = new_i64();
    TCGv_i64 n = a64_x_sized(a->rn, a->sf), m = a64_x_sized(a->rm, a->sf);

    tcg_gen_movcond_i64(TCG_COND_EQ, divisor, m, zero, tcg_constant_i64(1), m);
    tcg_gen_divu_i64(t, n, divisor);
    tcg_gen_movcond_i64(TCG_COND_EQ, t, m, zero, zero, t);
    a64_write_x(a->rd, t, a->sf);
    return true;
}

/*
 * The smallest number by -1 is itself: words, extended to 64 bits, just overflow into what is cut
 * off; for doublewords a division by 1 gives the same, and x / -1 is -x otherwise.
 */
bool a64_SDIV(DisasContext *ctx, const arg_SDIV *a)
{
    TCGv_i64 zero = tcg_constant_i64(0), one = tcg_constant_i64(1);
    TCGv_i64 n = a64_x(a->rn), m = a64_x(a->rm), divisor = new_i64(), t = new_i64();
    TCGv_i64 negated = new_i64();

    n = a->sf ? a64_copy(n) : sign_extended(n);
    m = a->sf ? a64_copy(m) : sign_extended(m);
    tcg_gen_movcond_i64(TCG_COND_EQ, divisor, m, zero, one, m);
    tcg_gen_movcond_i64(TCG_COND_EQ, divisor, m, tcg_constant_i64(-1), one, divisor);
    tcg_gen_divs_i64(t, n, divisor);
    tcg_gen_neg_i64(negated, n);
    tcg_gen_movcond_i64(TCG_COND_EQ, t, m, tcg_constant_i64(-1), negated, t);
    tcg_gen_movcond_i64(TCG_COND_EQ, t, m, zero, zero, t);
    a64_write_x(a->rd, t, a->sf);
    return true;
}

static bool gen_multiply_add(unsigned rd, unsigned ra, TCGv_i64 n, TCGv_i64 m, bool wide,
                             bool subtract)
{
    TCGv_i64 t = new_i64();

    tcg_gen_mul_i64(t, n, m);
    if (subtract) {
        tcg_gen_sub_i64(t, a64_x(ra), t);
    } else if (ra != 31) {
        tcg_gen_add_i64(t, a64_x(ra), t);
    }
    a64_write_x(rd, t, wide);
    return true;
}

bool a64_MADD(DisasContext *ctx, const arg_MADD *a)
{
    return gen_multiply_add(a->rd, a->ra, a64_x(a->rn), a64_x(a->rm), a->sf, false);
}

bool a64_MSUB(DisasContext *ctx, const arg_MSUB *a)
{
    return gen_multiply_add(a->rd, a->ra, a64_x(a->rn), a64_x(a->rm), a->sf, true);
}

#define MULTIPLY_LONG(name, extended, subtract)                                                    \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        return gen_multiply_add(a->rd, a->ra, extended(a64_x(a->rn)), extended(a64_x(a->rm)),      \
                                true, subtract);                                                   \
    }

static TCGv_i64 zero_extended(TCGv_i64 a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_ext32u_i64(t, a);
    return t;
}

MULTIPLY_LONG(SMADDL, sign_extended, false)
MULTIPLY_LONG(SMSUBL, sign_extended, true)
MULTIPLY_LONG(UMADDL, zero_extended, false)
MULTIPLY_LONG(UMSUBL, zero_extended, true)

bool a64_SMULH(DisasContext *ctx, const arg_SMULH *a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_mulsh_i64(t, a64_x(a->rn), a64_x(a->rm));
    a64_write_x(a->rd, t, true);
    return true;
}

bool a64_UMULH(DisasContext *ctx, const arg_UMULH *a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_muluh_i64(t, a64_x(a->rn), a64_x(a->rm));
    a64_write_x(a->rd, t, true);
    return true;
}

/* ---- Bits ---- */

/* sz 3 wants a doubleword register, the others words; the CPU has to have it. */
static bool gen_crc(DisasContext *ctx, const arg_CRC32 *a,
                    void (*gen)(TCGv_i64 ret, TCGv_i64 crc, TCGv_i64 data, TCGv_i32 bytes))
{
    TCGv_i64 t = new_i64();

    if (!extract64(ctx->id->isar0, 16, 4) || a->sf != (a->sz == 3)) {
        return false;
    }
    gen(t, a64_x(a->rn), a64_x(a->rm), tcg_constant_i32(1 << a->sz));
    a64_write_x(a->rd, t, false);
    return true;
}

bool a64_CRC32(DisasContext *ctx, const arg_CRC32 *a)
{
    return gen_crc(ctx, a, gen_helper_arm_crc32);
}

bool a64_CRC32C(DisasContext *ctx, const arg_CRC32C *a)
{
    return gen_crc(ctx, a, gen_helper_arm_crc32c);
}

bool a64_RBIT(DisasContext *ctx, const arg_RBIT *a)
{
    TCGv_i64 t = new_i64();

    gen_helper_arm_rbit64(t, a64_x(a->rn));
    if (!a->sf) {
        tcg_gen_shri_i64(t, t, 32);
    }
    a64_write_x(a->rd, t, true);
    return true;
}

bool a64_REV16(DisasContext *ctx, const arg_REV16 *a)
{
    TCGv_i64 odd = new_i64(), even = new_i64(), mask = tcg_constant_i64(0x00ff00ff00ff00ffull);

    tcg_gen_and_i64(even, a64_x(a->rn), mask);
    tcg_gen_shri_i64(odd, a64_x(a->rn), 8);
    tcg_gen_and_i64(odd, odd, mask);
    tcg_gen_shli_i64(even, even, 8);
    tcg_gen_or_i64(even, even, odd);
    a64_write_x(a->rd, even, a->sf);
    return true;
}

/* With sf = 0 it is `rev` of a word, with sf = 1 both words of a doubleword. */
bool a64_REV32(DisasContext *ctx, const arg_REV32 *a)
{
    TCGv_i64 t = new_i64();

    if (a->sf) {
        tcg_gen_bswap64_i64(t, a64_x(a->rn));
        tcg_gen_rotri_i64(t, t, 32);
    } else {
        tcg_gen_bswap32_i64(t, a64_x(a->rn));
    }
    a64_write_x(a->rd, t, a->sf);
    return true;
}

bool a64_REV64(DisasContext *ctx, const arg_REV64 *a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_bswap64_i64(t, a64_x(a->rn));
    a64_write_x(a->rd, t, true);
    return true;
}

bool a64_CLZ(DisasContext *ctx, const arg_CLZ *a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_clzi_i64(t, a64_x_sized(a->rn, a->sf), 64);
    if (!a->sf) {
        tcg_gen_subi_i64(t, t, 32);
    }
    a64_write_x(a->rd, t, true);
    return true;
}

/* The bits below the topmost that equal it: leading zeros of what an exclusive-or leaves. */
bool a64_CLS(DisasContext *ctx, const arg_CLS *a)
{
    TCGv_i64 x = a64_x(a->rn), t = new_i64(), shifted = new_i64();

    x = a->sf ? x : sign_extended(x);
    tcg_gen_sari_i64(shifted, x, 1);
    tcg_gen_xor_i64(t, x, shifted);
    tcg_gen_clzi_i64(t, t, 64);
    tcg_gen_subi_i64(t, t, a->sf ? 1 : 33);
    a64_write_x(a->rd, t, true);
    return true;
}
