/*
 * Arm translator: the rows of a32.decode.
 *
 * Reference: DDI 0487, F4 and F5.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate32.h"
#include "target/arm/a32-decode.h"

/* Data processing, loads and stores of Advanced SIMD. */
static bool is_neon(uint32_t insn)
{
    return (insn & 0xfe000000) == 0xf2000000 || (insn & 0xff100000) == 0xf4000000;
}

bool aa32_translate_a32(DisasContext *ctx, uint32_t insn)
{
    int row;

    if (is_neon(insn)) {
        return aa32_translate_neon(ctx, insn);
    }
    row = a32_decode(insn);

    return row >= 0 ? a32_insns[row].translate(ctx, insn) : aa32_translate_coprocessor(ctx, insn);
}

/* ---- Data processing ---- */

/* The second operand by its form; the ones shifted by registers don't know r15. */
#define OPERAND_I(a) aa32_rotated((a)->imm, (a)->rot)
#define OPERAND_R(a) aa32_shifted(ctx, (a)->rm, (a)->type, (a)->imm)
#define OPERAND_S(a) aa32_shifted_by(ctx, (a)->rm, (a)->type, (a)->rs)
#define PC_IN_I(a)   false
#define PC_IN_R(a)   false
#define PC_IN_S(a)   ((a)->rm == REG_PC || (a)->rs == REG_PC)

#define DATA_FORM(name, form, flags_, rd_, rn_, bad)                                               \
    bool a32_##name##_##form(DisasContext *ctx, const arg_##name##_##form *a)                      \
    {                                                                                              \
        if (PC_IN_##form(a) || (bad)) {                                                            \
            return false;                                                                          \
        }                                                                                          \
        return aa32_data(ctx, AA32_##name, flags_, rd_, rn_, OPERAND_##form(a));                   \
    }
#define DATA(name)                                                                                 \
    DATA_FORM(name, I, a->s, a->rd, a->rn, false)                                                  \
    DATA_FORM(name, R, a->s, a->rd, a->rn, false)                                                  \
    DATA_FORM(name, S, a->s, a->rd, a->rn, a->rd == REG_PC || a->rn == REG_PC)
#define DATA_TEST(name)                                                                            \
    DATA_FORM(name, I, true, 0, a->rn, false)                                                      \
    DATA_FORM(name, R, true, 0, a->rn, false)                                                      \
    DATA_FORM(name, S, true, 0, a->rn, a->rn == REG_PC)
#define DATA_MOVE(name)                                                                            \
    DATA_FORM(name, I, a->s, a->rd, 0, false)                                                      \
    DATA_FORM(name, R, a->s, a->rd, 0, false)                                                      \
    DATA_FORM(name, S, a->s, a->rd, 0, a->rd == REG_PC)
DATA(AND)
DATA(EOR)
DATA(SUB)
DATA(RSB)
DATA(ADD)
DATA(ADC)
DATA(SBC)
DATA(RSC)
DATA(ORR)
DATA(BIC)
DATA_TEST(TST)
DATA_TEST(TEQ)
DATA_TEST(CMP)
DATA_TEST(CMN)
DATA_MOVE(MOV)
DATA_MOVE(MVN)

bool a32_MOVW(DisasContext *ctx, const arg_MOVW *a)
{
    return a->rd != REG_PC && aa32_data(ctx, AA32_MOV, false, a->rd, 0,
                                        aa32_constant(a->imm4 << 12 | a->imm));
}

bool a32_MOVT(DisasContext *ctx, const arg_MOVT *a)
{
    return aa32_movt(ctx, a->rd, a->imm4 << 12 | a->imm);
}

/* ---- Status, hints ---- */

bool a32_HINT(DisasContext *ctx, const arg_HINT *a)
{
    return aa32_hint(ctx, a->op);
}

bool a32_MSR_I(DisasContext *ctx, const arg_MSR_I *a)
{
    return aa32_msr(ctx, a->r, a->mask, aa32_rotated(a->imm, a->rot).value);
}

bool a32_MRS(DisasContext *ctx, const arg_MRS *a)
{
    return aa32_mrs(ctx, a->r, a->rd);
}

bool a32_MSR_R(DisasContext *ctx, const arg_MSR_R *a)
{
    return a->rn != REG_PC && aa32_msr(ctx, a->r, a->mask, cpu_r[a->rn]);
}

bool a32_MRS_B(DisasContext *ctx, const arg_MRS_B *a)
{
    return aa32_mrs_banked(ctx, a->r, a->m << 4 | a->m1, a->rd);
}

bool a32_MSR_B(DisasContext *ctx, const arg_MSR_B *a)
{
    return aa32_msr_banked(ctx, a->r, a->m << 4 | a->m1, a->rn);
}

/* ---- Branches and exceptions ---- */

bool a32_B(DisasContext *ctx, const arg_B *a)
{
    aa32_exit_direct(ctx, aa32_pc(ctx) + a->imm);
    return true;
}

bool a32_BL(DisasContext *ctx, const arg_BL *a)
{
    tcg_gen_movi_i32(cpu_r[REG_LR], ctx->pc + 4);
    aa32_exit_call(ctx, aa32_pc(ctx) + a->imm);
    return true;
}

bool a32_BLX_I(DisasContext *ctx, const arg_BLX_I *a)
{
    tcg_gen_movi_i32(cpu_r[REG_LR], ctx->pc + 4);
    aa32_exit_other_set(ctx, aa32_pc(ctx) + a->imm + 2 * a->h);
    return true;
}

bool a32_BX(DisasContext *ctx, const arg_BX *a)
{
    aa32_exit_bx(ctx, aa32_reg(ctx, a->rm), a->rm == REG_LR ? AA32_RETURN : AA32_JUMP);
    return true;
}

/* Without Jazelle it is BX (F5.1.26). */
bool a32_BXJ(DisasContext *ctx, const arg_BXJ *a)
{
    return a->rm != REG_PC && a32_BX(ctx, a);
}

bool a32_BLX_R(DisasContext *ctx, const arg_BLX_R *a)
{
    TCGv_i32 target;

    if (a->rm == REG_PC) {
        return false;
    }
    target = aa32_copy(cpu_r[a->rm]);
    tcg_gen_movi_i32(cpu_r[REG_LR], ctx->pc + 4);
    aa32_exit_bx(ctx, target, AA32_CALL);
    return true;
}

bool a32_SVC(DisasContext *ctx, const arg_SVC *a)
{
    return aa32_svc(ctx, a->imm & 0xffff);
}

bool a32_BKPT(DisasContext *ctx, const arg_BKPT *a)
{
    return aa32_bkpt(ctx, a->imm << 4 | a->imm4);
}

bool a32_HVC(DisasContext *ctx, const arg_HVC *a)
{
    return aa32_hvc(ctx, a->imm << 4 | a->imm4);
}

bool a32_SMC(DisasContext *ctx, const arg_SMC *a)
{
    return aa32_smc(ctx);
}

bool a32_ERET(DisasContext *ctx, const arg_ERET *a)
{
    return aa32_eret(ctx);
}

bool a32_UDF(DisasContext *ctx, const arg_UDF *a)
{
    return false;
}

bool a32_RFE(DisasContext *ctx, const arg_RFE *a)
{
    return aa32_rfe(ctx, a->rn, a->p, a->u, a->w);
}

bool a32_SRS(DisasContext *ctx, const arg_SRS *a)
{
    return aa32_srs(ctx, a->mode, a->p, a->u, a->w);
}

bool a32_CPS(DisasContext *ctx, const arg_CPS *a)
{
    if (a->imod == 1 || (a->imod == 0 && !a->m)) {
        return false;
    }
    return aa32_cps(ctx, a->imod, a->a << 2 | a->i << 1 | a->f, a->m ? (int)a->mode : -1);
}

bool a32_SETEND(DisasContext *ctx, const arg_SETEND *a)
{
    return aa32_setend(ctx, a->e);
}

/* ---- Barriers and prefetches ---- */

bool a32_CLREX(DisasContext *ctx, const arg_CLREX *a)
{
    return aa32_clrex(ctx);
}

bool a32_DSB(DisasContext *ctx, const arg_DSB *a)
{
    return aa32_dsb(ctx);
}

bool a32_DMB(DisasContext *ctx, const arg_DMB *a)
{
    return aa32_dmb(ctx, a->op);
}

bool a32_ISB(DisasContext *ctx, const arg_ISB *a)
{
    return aa32_isb(ctx);
}

#define NOTHING(name)                                                                              \
    bool a32_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return true;                                                                               \
    }
NOTHING(PLD_I)
NOTHING(PLI_I)
NOTHING(PLD_R)
NOTHING(PLI_R)

/* ---- Multiplication and division ---- */

bool a32_MUL(DisasContext *ctx, const arg_MUL *a)
{
    return aa32_multiply(ctx, a->s, a->rd, a->rn, a->rm, -1, false);
}

bool a32_MLA(DisasContext *ctx, const arg_MLA *a)
{
    return aa32_multiply(ctx, a->s, a->rd, a->rn, a->rm, a->ra, false);
}

bool a32_MLS(DisasContext *ctx, const arg_MLS *a)
{
    return aa32_multiply(ctx, false, a->rd, a->rn, a->rm, a->ra, true);
}

bool a32_UMAAL(DisasContext *ctx, const arg_UMAAL *a)
{
    return aa32_umaal(ctx, a->rdlo, a->rdhi, a->rn, a->rm);
}

#define LONG_PRODUCT(name, is_signed, accumulate)                                                  \
    bool a32_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return aa32_multiply_long(ctx, a->s, a->rdlo, a->rdhi, a->rn, a->rm, is_signed,            \
                                  accumulate);                                                     \
    }
LONG_PRODUCT(UMULL, false, false)
LONG_PRODUCT(UMLAL, false, true)
LONG_PRODUCT(SMULL, true, false)
LONG_PRODUCT(SMLAL, true, true)

bool a32_SMLAXY(DisasContext *ctx, const arg_SMLAXY *a)
{
    return a->ra != REG_PC && aa32_smlaxy(ctx, a->rd, a->rn, a->rm, a->ra, a->x, a->y);
}

bool a32_SMULXY(DisasContext *ctx, const arg_SMULXY *a)
{
    return aa32_smlaxy(ctx, a->rd, a->rn, a->rm, REG_PC, a->x, a->y);
}

bool a32_SMLAWY(DisasContext *ctx, const arg_SMLAWY *a)
{
    return a->ra != REG_PC && aa32_smlawy(ctx, a->rd, a->rn, a->rm, a->ra, a->y);
}

bool a32_SMULWY(DisasContext *ctx, const arg_SMULWY *a)
{
    return aa32_smlawy(ctx, a->rd, a->rn, a->rm, REG_PC, a->y);
}

bool a32_SMLALXY(DisasContext *ctx, const arg_SMLALXY *a)
{
    return aa32_smlalxy(ctx, a->rdlo, a->rdhi, a->rn, a->rm, a->x, a->y);
}

bool a32_SMLAD(DisasContext *ctx, const arg_SMLAD *a)
{
    return aa32_smlad(ctx, a->rd, a->rn, a->rm, a->ra, a->x, false);
}

bool a32_SMLSD(DisasContext *ctx, const arg_SMLSD *a)
{
    return aa32_smlad(ctx, a->rd, a->rn, a->rm, a->ra, a->x, true);
}

bool a32_SMLALD(DisasContext *ctx, const arg_SMLALD *a)
{
    return aa32_smlald(ctx, a->rdlo, a->rdhi, a->rn, a->rm, a->x, false);
}

bool a32_SMLSLD(DisasContext *ctx, const arg_SMLSLD *a)
{
    return aa32_smlald(ctx, a->rdlo, a->rdhi, a->rn, a->rm, a->x, true);
}

bool a32_SMMLA(DisasContext *ctx, const arg_SMMLA *a)
{
    return aa32_smmla(ctx, a->rd, a->rn, a->rm, a->ra, a->r, false);
}

bool a32_SMMLS(DisasContext *ctx, const arg_SMMLS *a)
{
    return aa32_smmla(ctx, a->rd, a->rn, a->rm, a->ra, a->r, true);
}

bool a32_SDIV(DisasContext *ctx, const arg_SDIV *a)
{
    return aa32_divide(ctx, a->rd, a->rn, a->rm, true);
}

bool a32_UDIV(DisasContext *ctx, const arg_UDIV *a)
{
    return aa32_divide(ctx, a->rd, a->rn, a->rm, false);
}

bool a32_CRC32(DisasContext *ctx, const arg_CRC32 *a)
{
    return aa32_crc32(ctx, a->rd, a->rn, a->rm, a->sz, a->c);
}

/* ---- Saturation, packing, bits ---- */

#define SATURATING(name, subtract, twice)                                                          \
    bool a32_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return aa32_qadd(ctx, a->rd, a->rm, a->rn, subtract, twice);                               \
    }
SATURATING(QADD, false, false)
SATURATING(QSUB, true, false)
SATURATING(QDADD, false, true)
SATURATING(QDSUB, true, true)

bool a32_PARALLEL(DisasContext *ctx, const arg_PARALLEL *a)
{
    return aa32_parallel(ctx, a->how, a->op, a->rd, a->rn, a->rm);
}

bool a32_PKH(DisasContext *ctx, const arg_PKH *a)
{
    return aa32_pkh(ctx, a->rd, a->rn, a->rm, a->imm, a->tb);
}

bool a32_SSAT(DisasContext *ctx, const arg_SSAT *a)
{
    return aa32_saturate(ctx, a->rd, a->rn, a->sat + 1, a->imm, a->sh, true);
}

bool a32_USAT(DisasContext *ctx, const arg_USAT *a)
{
    return aa32_saturate(ctx, a->rd, a->rn, a->sat, a->imm, a->sh, false);
}

bool a32_SSAT16(DisasContext *ctx, const arg_SSAT16 *a)
{
    return aa32_saturate16(ctx, a->rd, a->rn, a->sat + 1, true);
}

bool a32_USAT16(DisasContext *ctx, const arg_USAT16 *a)
{
    return aa32_saturate16(ctx, a->rd, a->rn, a->sat, false);
}

#define EXTEND(name, what, is_signed)                                                              \
    bool a32_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return aa32_extend(ctx, a->rd, a->rn, a->rm, a->rot, what, is_signed);                     \
    }
EXTEND(SXTAB16, AA32_B16, true)
EXTEND(SXTAB, AA32_B, true)
EXTEND(SXTAH, AA32_H, true)
EXTEND(UXTAB16, AA32_B16, false)
EXTEND(UXTAB, AA32_B, false)
EXTEND(UXTAH, AA32_H, false)

#define OF_ONE(name, function)                                                                     \
    bool a32_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return function(ctx, a->rd, a->rm);                                                        \
    }
OF_ONE(REV, aa32_rev)
OF_ONE(REV16, aa32_rev16)
OF_ONE(RBIT, aa32_rbit)
OF_ONE(REVSH, aa32_revsh)
OF_ONE(CLZ, aa32_clz)

bool a32_SEL(DisasContext *ctx, const arg_SEL *a)
{
    return aa32_sel(ctx, a->rd, a->rn, a->rm);
}

bool a32_USADA8(DisasContext *ctx, const arg_USADA8 *a)
{
    return aa32_usada8(ctx, a->rd, a->rn, a->rm, a->ra);
}

bool a32_SBFX(DisasContext *ctx, const arg_SBFX *a)
{
    return aa32_bitfield_extract(ctx, a->rd, a->rn, a->lsb, a->width, true);
}

bool a32_UBFX(DisasContext *ctx, const arg_UBFX *a)
{
    return aa32_bitfield_extract(ctx, a->rd, a->rn, a->lsb, a->width, false);
}

bool a32_BFI(DisasContext *ctx, const arg_BFI *a)
{
    return aa32_bitfield_insert(ctx, a->rd, a->rn, a->lsb, a->msb);
}

/* ---- Loads and stores ---- */

#define TRANSFER(name, what, op)                                                                   \
    bool a32_##name##_I(DisasContext *ctx, const arg_##name##_I *a)                                \
    {                                                                                              \
        return what(ctx, a->rt, aa32_index(a->rn, a->p, a->u, a->w, NULL, a->imm), op);            \
    }                                                                                              \
    bool a32_##name##_R(DisasContext *ctx, const arg_##name##_R *a)                                \
    {                                                                                              \
        return a->rm != REG_PC &&                                                                  \
               what(ctx, a->rt,                                                                    \
                    aa32_index(a->rn, a->p, a->u, a->w,                                            \
                               aa32_shifted(ctx, a->rm, a->type, a->imm).value, 0),                \
                    op);                                                                           \
    }
TRANSFER(STR, aa32_store, MO_32)
TRANSFER(LDR, aa32_load, MO_32)
TRANSFER(STRB, aa32_store, MO_8)
TRANSFER(LDRB, aa32_load, MO_8)

#define TRANSFER_HALF(name, what, op)                                                              \
    bool a32_##name##_I(DisasContext *ctx, const arg_##name##_I *a)                                \
    {                                                                                              \
        return what(ctx, a->rt,                                                                    \
                    aa32_index(a->rn, a->p, a->u, a->w, NULL, a->immh << 4 | a->imm), op);         \
    }                                                                                              \
    bool a32_##name##_R(DisasContext *ctx, const arg_##name##_R *a)                                \
    {                                                                                              \
        return a->rm != REG_PC &&                                                                  \
               what(ctx, a->rt, aa32_index(a->rn, a->p, a->u, a->w, cpu_r[a->rm], 0), op);         \
    }
TRANSFER_HALF(STRH, aa32_store, MO_16)
TRANSFER_HALF(LDRH, aa32_load, MO_16)
TRANSFER_HALF(LDRSB, aa32_load, MO_8 | MO_SIGN)
TRANSFER_HALF(LDRSH, aa32_load, MO_16 | MO_SIGN)

/* Pairs begin with an even register. */
#define TRANSFER_DOUBLE(name, what)                                                                \
    bool a32_##name##_I(DisasContext *ctx, const arg_##name##_I *a)                                \
    {                                                                                              \
        return !(a->rt & 1) &&                                                                     \
               what(ctx, a->rt, a->rt + 1,                                                         \
                    aa32_index(a->rn, a->p, a->u, a->w, NULL, a->immh << 4 | a->imm));             \
    }                                                                                              \
    bool a32_##name##_R(DisasContext *ctx, const arg_##name##_R *a)                                \
    {                                                                                              \
        return !(a->rt & 1) && a->rm != REG_PC &&                                                  \
               what(ctx, a->rt, a->rt + 1,                                                         \
                    aa32_index(a->rn, a->p, a->u, a->w, cpu_r[a->rm], 0));                         \
    }
TRANSFER_DOUBLE(LDRD, aa32_load_double)
TRANSFER_DOUBLE(STRD, aa32_store_double)

bool a32_STM(DisasContext *ctx, const arg_STM *a)
{
    return aa32_store_multiple(ctx, a->rn, a->list, a->p, a->u, a->w, a->s);
}

bool a32_LDM(DisasContext *ctx, const arg_LDM *a)
{
    return aa32_load_multiple(ctx, a->rn, a->list, a->p, a->u, a->w, a->s);
}

/* ---- Exclusives ---- */

static MemOp size_of(unsigned sz)
{
    static const uint8_t sizes[] = { MO_32, MO_64, MO_8, MO_16 };

    return sizes[sz];
}

static bool odd_pair(unsigned sz, unsigned rt)
{
    return sz == 1 && (rt & 1);
}

bool a32_LDREX(DisasContext *ctx, const arg_LDREX *a)
{
    return !odd_pair(a->sz, a->rt) &&
           aa32_load_exclusive(ctx, a->rt, a->rt + 1, a->rn, 0, size_of(a->sz), false);
}

bool a32_LDAEX(DisasContext *ctx, const arg_LDAEX *a)
{
    return !odd_pair(a->sz, a->rt) &&
           aa32_load_exclusive(ctx, a->rt, a->rt + 1, a->rn, 0, size_of(a->sz), true);
}

bool a32_STREX(DisasContext *ctx, const arg_STREX *a)
{
    return !odd_pair(a->sz, a->rt) && aa32_store_exclusive(ctx, a->rd, a->rt, a->rt + 1, a->rn, 0,
                                                           size_of(a->sz), false);
}

bool a32_STLEX(DisasContext *ctx, const arg_STLEX *a)
{
    return !odd_pair(a->sz, a->rt) && aa32_store_exclusive(ctx, a->rd, a->rt, a->rt + 1, a->rn, 0,
                                                           size_of(a->sz), true);
}

bool a32_LDA(DisasContext *ctx, const arg_LDA *a)
{
    return aa32_load_acquire(ctx, a->rt, a->rn, size_of(a->sz));
}

bool a32_STL(DisasContext *ctx, const arg_STL *a)
{
    return aa32_store_release(ctx, a->rt, a->rn, size_of(a->sz));
}
