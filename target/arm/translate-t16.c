/*
 * Arm translator: the rows of t16.decode.
 *
 * Reference: DDI 0487, F3.1 and F5.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate32.h"
#include "target/arm/t16-decode.h"

bool aa32_translate_t16(DisasContext *ctx, uint32_t insn)
{
    int row = t16_decode(insn);

    return row >= 0 && t16_insns[row].translate(ctx, insn);
}

/* Outside an IT block the short forms set flags. */
static bool data(DisasContext *ctx, AA32Op op, unsigned rd, unsigned rn, AA32Operand b)
{
    return aa32_data(ctx, op, !aa32_in_it_block(ctx), rd, rn, b);
}

static AA32Operand plain(DisasContext *ctx, unsigned rm)
{
    return (AA32Operand){ aa32_reg(ctx, rm), NULL };
}

#define SHIFT_IMMEDIATE(name, type)                                                                \
    bool t16_##name##_I(DisasContext *ctx, const arg_##name##_I *a)                                \
    {                                                                                              \
        return data(ctx, AA32_MOV, a->rd, 0, aa32_shifted(ctx, a->rm, type, a->imm));              \
    }
SHIFT_IMMEDIATE(LSL, SHIFT_LSL)
SHIFT_IMMEDIATE(LSR, SHIFT_LSR)
SHIFT_IMMEDIATE(ASR, SHIFT_ASR)

#define SHIFT_REGISTER(name, type)                                                                 \
    bool t16_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return data(ctx, AA32_MOV, a->rd, 0, aa32_shifted_by(ctx, a->rd, type, a->rm));            \
    }
SHIFT_REGISTER(LSL, SHIFT_LSL)
SHIFT_REGISTER(LSR, SHIFT_LSR)
SHIFT_REGISTER(ASR, SHIFT_ASR)
SHIFT_REGISTER(ROR, SHIFT_ROR)

#define IMMEDIATE(name, op, rd, rn)                                                                \
    bool t16_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return data(ctx, op, rd, rn, aa32_constant(a->imm));                                       \
    }
IMMEDIATE(ADD_3, AA32_ADD, a->rd, a->rn)
IMMEDIATE(SUB_3, AA32_SUB, a->rd, a->rn)
IMMEDIATE(ADD_8, AA32_ADD, a->rd, a->rd)
IMMEDIATE(SUB_8, AA32_SUB, a->rd, a->rd)
IMMEDIATE(MOV_I, AA32_MOV, a->rd, 0)

bool t16_CMP_I(DisasContext *ctx, const arg_CMP_I *a)
{
    return aa32_data(ctx, AA32_CMP, true, 0, a->rn, aa32_constant(a->imm));
}

bool t16_ADD_R(DisasContext *ctx, const arg_ADD_R *a)
{
    return data(ctx, AA32_ADD, a->rd, a->rn, plain(ctx, a->rm));
}

bool t16_SUB_R(DisasContext *ctx, const arg_SUB_R *a)
{
    return data(ctx, AA32_SUB, a->rd, a->rn, plain(ctx, a->rm));
}

#define TWO_REGISTERS(name, row)                                                                   \
    bool t16_##row(DisasContext *ctx, const arg_##row *a)                                          \
    {                                                                                              \
        return data(ctx, AA32_##name, a->rd, a->rd, plain(ctx, a->rm));                            \
    }
TWO_REGISTERS(AND, AND_R)
TWO_REGISTERS(EOR, EOR_R)
TWO_REGISTERS(ADC, ADC_R)
TWO_REGISTERS(SBC, SBC_R)
TWO_REGISTERS(ORR, ORR_R)
TWO_REGISTERS(BIC, BIC_R)
TWO_REGISTERS(MVN, MVN_R)
TWO_REGISTERS(TST, TST)
TWO_REGISTERS(CMP, CMP_R)
TWO_REGISTERS(CMN, CMN)

/* NEG */
bool t16_RSB(DisasContext *ctx, const arg_RSB *a)
{
    return data(ctx, AA32_RSB, a->rd, a->rm, aa32_constant(0));
}

bool t16_MUL(DisasContext *ctx, const arg_MUL *a)
{
    return aa32_multiply(ctx, !aa32_in_it_block(ctx), a->rd, a->rd, a->rm, -1, false);
}

/* ---- With all registers, and without flags ---- */

static bool bad_branch(DisasContext *ctx, unsigned rd)
{
    return rd == REG_PC && !aa32_may_branch(ctx);
}

bool t16_ADD_H(DisasContext *ctx, const arg_ADD_H *a)
{
    unsigned rd = a->d << 3 | a->rd;

    return !bad_branch(ctx, rd) && !(rd == REG_PC && a->rm == REG_PC) &&
           aa32_data(ctx, AA32_ADD, false, rd, rd, plain(ctx, a->rm));
}

bool t16_CMP_H(DisasContext *ctx, const arg_CMP_H *a)
{
    unsigned rn = a->n << 3 | a->rn;

    return rn != REG_PC && a->rm != REG_PC &&
           aa32_data(ctx, AA32_CMP, true, 0, rn, plain(ctx, a->rm));
}

bool t16_MOV_H(DisasContext *ctx, const arg_MOV_H *a)
{
    unsigned rd = a->d << 3 | a->rd;

    return !bad_branch(ctx, rd) && aa32_data(ctx, AA32_MOV, false, rd, 0, plain(ctx, a->rm));
}

bool t16_BX(DisasContext *ctx, const arg_BX *a)
{
    if (!aa32_may_branch(ctx)) {
        return false;
    }
    aa32_exit_bx(ctx, aa32_reg(ctx, a->rm), a->rm == REG_LR ? AA32_RETURN : AA32_JUMP);
    return true;
}

bool t16_BLX_R(DisasContext *ctx, const arg_BLX_R *a)
{
    TCGv_i32 target;

    if (a->rm == REG_PC || !aa32_may_branch(ctx)) {
        return false;
    }
    target = aa32_copy(cpu_r[a->rm]);
    tcg_gen_movi_i32(cpu_r[REG_LR], (ctx->pc + 2) | 1);
    aa32_exit_bx(ctx, target, AA32_CALL);
    return true;
}

/* ---- Loads and stores ---- */

#define REGISTER_OFFSET(name, what, op)                                                            \
    bool t16_##name##_R(DisasContext *ctx, const arg_##name##_R *a)                                \
    {                                                                                              \
        return what(ctx, a->rt, aa32_index(a->rn, true, true, false, cpu_r[a->rm], 0), op);        \
    }
#define IMMEDIATE_OFFSET(name, what, op)                                                           \
    bool t16_##name##_I(DisasContext *ctx, const arg_##name##_I *a)                                \
    {                                                                                              \
        return what(ctx, a->rt,                                                                    \
                    aa32_index(a->rn, true, true, false, NULL, a->imm << ((op) & MO_SIZE)), op);   \
    }
#define BASE_FIXED(name, what, base)                                                               \
    bool t16_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return what(ctx, a->rt, aa32_index(base, true, true, false, NULL, 4 * a->imm), MO_32);     \
    }
REGISTER_OFFSET(STR, aa32_store, MO_32)
REGISTER_OFFSET(STRH, aa32_store, MO_16)
REGISTER_OFFSET(STRB, aa32_store, MO_8)
REGISTER_OFFSET(LDR, aa32_load, MO_32)
REGISTER_OFFSET(LDRH, aa32_load, MO_16)
REGISTER_OFFSET(LDRB, aa32_load, MO_8)
REGISTER_OFFSET(LDRSB, aa32_load, MO_8 | MO_SIGN)
REGISTER_OFFSET(LDRSH, aa32_load, MO_16 | MO_SIGN)
IMMEDIATE_OFFSET(STR, aa32_store, MO_32)
IMMEDIATE_OFFSET(STRH, aa32_store, MO_16)
IMMEDIATE_OFFSET(STRB, aa32_store, MO_8)
IMMEDIATE_OFFSET(LDR, aa32_load, MO_32)
IMMEDIATE_OFFSET(LDRH, aa32_load, MO_16)
IMMEDIATE_OFFSET(LDRB, aa32_load, MO_8)
BASE_FIXED(LDR_L, aa32_load, REG_PC)
BASE_FIXED(STR_SP, aa32_store, REG_SP)
BASE_FIXED(LDR_SP, aa32_load, REG_SP)

/* The base is written back unless it is loaded. */
bool t16_LDM(DisasContext *ctx, const arg_LDM *a)
{
    return aa32_load_multiple(ctx, a->rn, a->list, false, true, !(a->list >> a->rn & 1), false);
}

bool t16_STM(DisasContext *ctx, const arg_STM *a)
{
    return aa32_store_multiple(ctx, a->rn, a->list, false, true, true, false);
}

bool t16_PUSH(DisasContext *ctx, const arg_PUSH *a)
{
    return aa32_store_multiple(ctx, REG_SP, a->list | a->m << REG_LR, true, false, true, false);
}

bool t16_POP(DisasContext *ctx, const arg_POP *a)
{
    return (!a->p || aa32_may_branch(ctx)) &&
           aa32_load_multiple(ctx, REG_SP, a->list | a->p << REG_PC, false, true, true, false);
}

/* ---- Addresses, stack pointer, bytes ---- */

static bool address(DisasContext *ctx, unsigned rd, AA32Op op, unsigned rn, unsigned words)
{
    return aa32_data(ctx, op, false, rd, rn, aa32_constant(4 * words));
}

bool t16_ADR(DisasContext *ctx, const arg_ADR *a)
{
    return aa32_data(ctx, AA32_MOV, false, a->rd, 0,
                     aa32_constant((aa32_pc(ctx) & ~3u) + 4 * a->imm));
}

bool t16_ADD_SP(DisasContext *ctx, const arg_ADD_SP *a)
{
    return address(ctx, a->rd, AA32_ADD, REG_SP, a->imm);
}

bool t16_ADD_SP7(DisasContext *ctx, const arg_ADD_SP7 *a)
{
    return address(ctx, REG_SP, AA32_ADD, REG_SP, a->imm);
}

bool t16_SUB_SP7(DisasContext *ctx, const arg_SUB_SP7 *a)
{
    return address(ctx, REG_SP, AA32_SUB, REG_SP, a->imm);
}

#define EXTEND(name, what, is_signed)                                                              \
    bool t16_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return aa32_extend(ctx, a->rd, REG_PC, a->rm, 0, what, is_signed);                         \
    }
EXTEND(SXTH, AA32_H, true)
EXTEND(SXTB, AA32_B, true)
EXTEND(UXTH, AA32_H, false)
EXTEND(UXTB, AA32_B, false)

#define OF_ONE(name, function)                                                                     \
    bool t16_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return function(ctx, a->rd, a->rm);                                                        \
    }
OF_ONE(REV, aa32_rev)
OF_ONE(REV16, aa32_rev16)
OF_ONE(REVSH, aa32_revsh)

/* ---- Control ---- */

bool t16_CBZ(DisasContext *ctx, const arg_CBZ *a)
{
    TCGLabel *taken = gen_new_label();

    if (aa32_in_it_block(ctx)) {
        return false;
    }
    tcg_gen_brcondi_i32(a->n ? TCG_COND_NE : TCG_COND_EQ, cpu_r[a->rn], 0, taken);
    aa32_exit_direct(ctx, ctx->pc + 2);
    gen_set_label(taken);
    aa32_exit_direct(ctx, aa32_pc(ctx) + (a->i << 6 | a->imm << 1));
    return true;
}

bool t16_B_COND(DisasContext *ctx, const arg_B_COND *a)
{
    TCGLabel *taken = gen_new_label();

    if (aa32_in_it_block(ctx)) {
        return false;
    }
    aa32_branch_if(ctx, a->cond, taken);
    aa32_exit_direct(ctx, ctx->pc + 2);
    gen_set_label(taken);
    aa32_exit_direct(ctx, aa32_pc(ctx) + a->imm);
    return true;
}

bool t16_B(DisasContext *ctx, const arg_B *a)
{
    if (!aa32_may_branch(ctx)) {
        return false;
    }
    aa32_exit_direct(ctx, aa32_pc(ctx) + a->imm);
    return true;
}

/* The condition and the mask are ITSTATE. AL has no else, NV isn't one (F5.1.56). */
bool t16_IT(DisasContext *ctx, const arg_IT *a)
{
    bool only_then = !(a->mask & (a->mask - 1));

    if (aa32_in_it_block(ctx) || a->cond == 15 || (a->cond == 14 && !only_then)) {
        return false;
    }
    ctx->it_next = a->cond << 4 | a->mask;
    return true;
}

bool t16_HINT(DisasContext *ctx, const arg_HINT *a)
{
    return aa32_hint(ctx, a->op);
}

bool t16_SVC(DisasContext *ctx, const arg_SVC *a)
{
    return aa32_svc(ctx, a->imm);
}

bool t16_BKPT(DisasContext *ctx, const arg_BKPT *a)
{
    return aa32_bkpt(ctx, a->imm);
}

bool t16_UDF(DisasContext *ctx, const arg_UDF *a)
{
    return false;
}

bool t16_SETEND(DisasContext *ctx, const arg_SETEND *a)
{
    return !aa32_in_it_block(ctx) && aa32_setend(ctx, a->e);
}

bool t16_CPS(DisasContext *ctx, const arg_CPS *a)
{
    return !aa32_in_it_block(ctx) && aa32_cps(ctx, 2 | a->d, a->a << 2 | a->i << 1 | a->f, -1);
}
