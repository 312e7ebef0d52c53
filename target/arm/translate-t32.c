/*
 * Arm translator: the rows of t32.decode.
 *
 * Reference: DDI 0487, F3.1 and F5.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/translate32.h"
#include "target/arm/t32-decode.h"

/* Advanced SIMD as A32 encodes it; 0 for anything else. */
static uint32_t neon_of(uint32_t insn)
{
    if ((insn & 0xef000000) == 0xef000000) {
        return 0xf2000000 | (insn >> 28 & 1) << 24 | (insn & 0x00ffffff);
    }
    return (insn & 0xff100000) == 0xf9000000 ? 0xf4000000 | (insn & 0x00ffffff) : 0;
}

bool aa32_translate_t32(DisasContext *ctx, uint32_t insn)
{
    uint32_t neon = neon_of(insn);
    int row;

    if (neon) {
        return aa32_translate_neon(ctx, neon);
    }
    row = t32_decode(insn);

    return row >= 0 ? t32_insns[row].translate(ctx, insn) : aa32_translate_coprocessor(ctx, insn);
}

/* ---- Data processing ---- */

/* Where the result's register is 15, flags alone; where the first operand's is, none. */
static const struct {
    AA32Op op, test, move;
    bool may_test, may_move;
} data_ops[] = {
    [AA32_AND] = { AA32_AND, .test = AA32_TST, .may_test = true },
    [AA32_EOR] = { AA32_EOR, .test = AA32_TEQ, .may_test = true },
    [AA32_ADD] = { AA32_ADD, .test = AA32_CMN, .may_test = true },
    [AA32_SUB] = { AA32_SUB, .test = AA32_CMP, .may_test = true },
    [AA32_ORR] = { AA32_ORR, .move = AA32_MOV, .may_move = true },
    [AA32_ORN] = { AA32_ORN, .move = AA32_MVN, .may_move = true },
    [AA32_BIC] = { AA32_BIC },
    [AA32_ADC] = { AA32_ADC },
    [AA32_SBC] = { AA32_SBC },
    [AA32_RSB] = { AA32_RSB },
};

static bool gen_data(DisasContext *ctx, AA32Op op, bool flags, unsigned rd, unsigned rn,
                     AA32Operand b)
{
    if (rd == REG_PC && flags && data_ops[op].may_test) {
        return rn != REG_PC && aa32_data(ctx, data_ops[op].test, true, 0, rn, b);
    }
    if (rn == REG_PC && data_ops[op].may_move) {
        return rd != REG_PC && aa32_data(ctx, data_ops[op].move, flags, rd, 0, b);
    }
    return rd != REG_PC && rn != REG_PC && aa32_data(ctx, op, flags, rd, rn, b);
}

static unsigned imm12(unsigned i, unsigned imm3, unsigned imm8)
{
    return i << 11 | imm3 << 8 | imm8;
}

#define DATA(name)                                                                                 \
    bool t32_##name##_R(DisasContext *ctx, const arg_##name##_R *a)                                \
    {                                                                                              \
        return a->rm != REG_PC &&                                                                  \
               gen_data(ctx, AA32_##name, a->s, a->rd, a->rn,                                      \
                        aa32_shifted(ctx, a->rm, a->type, a->imm3 << 2 | a->imm2));                \
    }                                                                                              \
    bool t32_##name##_I(DisasContext *ctx, const arg_##name##_I *a)                                \
    {                                                                                              \
        return gen_data(ctx, AA32_##name, a->s, a->rd, a->rn,                                      \
                        aa32_expanded(imm12(a->i, a->imm3, a->imm)));                              \
    }
DATA(AND)
DATA(BIC)
DATA(ORR)
DATA(ORN)
DATA(EOR)
DATA(ADD)
DATA(ADC)
DATA(SBC)
DATA(SUB)
DATA(RSB)

/* With r15, ADR: that is aligned. */
static bool gen_plain(DisasContext *ctx, const arg_ADDW *a, AA32Op op)
{
    unsigned imm = imm12(a->i, a->imm3, a->imm);

    if (a->rd == REG_PC) {
        return false;
    }
    if (a->rn == REG_PC) {
        uint32_t base = aa32_pc(ctx) & ~3u;

        return aa32_data(ctx, AA32_MOV, false, a->rd, 0,
                         aa32_constant(op == AA32_ADD ? base + imm : base - imm));
    }
    return aa32_data(ctx, op, false, a->rd, a->rn, aa32_constant(imm));
}

bool t32_ADDW(DisasContext *ctx, const arg_ADDW *a)
{
    return gen_plain(ctx, a, AA32_ADD);
}

bool t32_SUBW(DisasContext *ctx, const arg_SUBW *a)
{
    return gen_plain(ctx, a, AA32_SUB);
}

bool t32_MOVW(DisasContext *ctx, const arg_MOVW *a)
{
    return a->rd != REG_PC &&
           aa32_data(ctx, AA32_MOV, false, a->rd, 0,
                     aa32_constant(a->imm4 << 12 | imm12(a->i, a->imm3, a->imm)));
}

bool t32_MOVT(DisasContext *ctx, const arg_MOVT *a)
{
    return aa32_movt(ctx, a->rd, a->imm4 << 12 | imm12(a->i, a->imm3, a->imm));
}

#define SHIFT(name, type)                                                                          \
    bool t32_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return a->rd != REG_PC && a->rn != REG_PC && a->rm != REG_PC &&                            \
               aa32_data(ctx, AA32_MOV, a->s, a->rd, 0, aa32_shifted_by(ctx, a->rn, type, a->rm)); \
    }
SHIFT(LSL, SHIFT_LSL)
SHIFT(LSR, SHIFT_LSR)
SHIFT(ASR, SHIFT_ASR)
SHIFT(ROR, SHIFT_ROR)

/* ---- Saturation, packing, bits ---- */

bool t32_PKH(DisasContext *ctx, const arg_PKH *a)
{
    return aa32_pkh(ctx, a->rd, a->rn, a->rm, a->imm3 << 2 | a->imm2, a->tb);
}

bool t32_SSAT(DisasContext *ctx, const arg_SSAT *a)
{
    return aa32_saturate(ctx, a->rd, a->rn, a->sat + 1, a->imm3 << 2 | a->imm2, a->sh, true);
}

bool t32_USAT(DisasContext *ctx, const arg_USAT *a)
{
    return aa32_saturate(ctx, a->rd, a->rn, a->sat, a->imm3 << 2 | a->imm2, a->sh, false);
}

bool t32_SSAT16(DisasContext *ctx, const arg_SSAT16 *a)
{
    return aa32_saturate16(ctx, a->rd, a->rn, a->sat + 1, true);
}

bool t32_USAT16(DisasContext *ctx, const arg_USAT16 *a)
{
    return aa32_saturate16(ctx, a->rd, a->rn, a->sat, false);
}

bool t32_SBFX(DisasContext *ctx, const arg_SBFX *a)
{
    return aa32_bitfield_extract(ctx, a->rd, a->rn, a->imm3 << 2 | a->imm2, a->width, true);
}

bool t32_UBFX(DisasContext *ctx, const arg_UBFX *a)
{
    return aa32_bitfield_extract(ctx, a->rd, a->rn, a->imm3 << 2 | a->imm2, a->width, false);
}

bool t32_BFI(DisasContext *ctx, const arg_BFI *a)
{
    return aa32_bitfield_insert(ctx, a->rd, a->rn, a->imm3 << 2 | a->imm2, a->msb);
}

#define EXTEND(name, what, is_signed)                                                              \
    bool t32_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return aa32_extend(ctx, a->rd, a->rn, a->rm, a->rot, what, is_signed);                     \
    }
EXTEND(SXTAH, AA32_H, true)
EXTEND(UXTAH, AA32_H, false)
EXTEND(SXTAB16, AA32_B16, true)
EXTEND(UXTAB16, AA32_B16, false)
EXTEND(SXTAB, AA32_B, true)
EXTEND(UXTAB, AA32_B, false)

/* Encoded otherwise than in A32. */
bool t32_PARALLEL(DisasContext *ctx, const arg_PARALLEL *a)
{
    enum { ADD16, ASX, SAX, SUB16, ADD8, SUB8 = 7, NONE = 5 };
    static const uint8_t ops[] = { ADD8, ADD16, ASX, NONE, SUB8, SUB16, SAX, NONE };

    return a->how != 3 &&
           aa32_parallel(ctx, a->u << 2 | (a->how + 1), ops[a->op], a->rd, a->rn, a->rm);
}

#define SATURATING(name, subtract, twice)                                                          \
    bool t32_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return aa32_qadd(ctx, a->rd, a->rm, a->rn, subtract, twice);                               \
    }
SATURATING(QADD, false, false)
SATURATING(QDADD, false, true)
SATURATING(QSUB, true, false)
SATURATING(QDSUB, true, true)

/* The operand stands in both fields. */
#define OF_ONE(name, function)                                                                     \
    bool t32_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return a->rn == a->rm && function(ctx, a->rd, a->rm);                                      \
    }
OF_ONE(REV, aa32_rev)
OF_ONE(REV16, aa32_rev16)
OF_ONE(RBIT, aa32_rbit)
OF_ONE(REVSH, aa32_revsh)
OF_ONE(CLZ, aa32_clz)

bool t32_SEL(DisasContext *ctx, const arg_SEL *a)
{
    return aa32_sel(ctx, a->rd, a->rn, a->rm);
}

bool t32_CRC32(DisasContext *ctx, const arg_CRC32 *a)
{
    return aa32_crc32(ctx, a->rd, a->rn, a->rm, a->sz, a->c);
}

/* ---- Multiplication and division ---- */

bool t32_MLA(DisasContext *ctx, const arg_MLA *a)
{
    return aa32_multiply(ctx, false, a->rd, a->rn, a->rm, a->ra == REG_PC ? -1 : (int)a->ra, false);
}

bool t32_MLS(DisasContext *ctx, const arg_MLS *a)
{
    return aa32_multiply(ctx, false, a->rd, a->rn, a->rm, a->ra, true);
}

bool t32_SMLAXY(DisasContext *ctx, const arg_SMLAXY *a)
{
    return aa32_smlaxy(ctx, a->rd, a->rn, a->rm, a->ra, a->x, a->y);
}

bool t32_SMLAWY(DisasContext *ctx, const arg_SMLAWY *a)
{
    return aa32_smlawy(ctx, a->rd, a->rn, a->rm, a->ra, a->y);
}

bool t32_SMLAD(DisasContext *ctx, const arg_SMLAD *a)
{
    return aa32_smlad(ctx, a->rd, a->rn, a->rm, a->ra, a->x, false);
}

bool t32_SMLSD(DisasContext *ctx, const arg_SMLSD *a)
{
    return aa32_smlad(ctx, a->rd, a->rn, a->rm, a->ra, a->x, true);
}

bool t32_SMMLA(DisasContext *ctx, const arg_SMMLA *a)
{
    return aa32_smmla(ctx, a->rd, a->rn, a->rm, a->ra, a->r, false);
}

bool t32_SMMLS(DisasContext *ctx, const arg_SMMLS *a)
{
    return aa32_smmla(ctx, a->rd, a->rn, a->rm, a->ra, a->r, true);
}

bool t32_USADA8(DisasContext *ctx, const arg_USADA8 *a)
{
    return aa32_usada8(ctx, a->rd, a->rn, a->rm, a->ra);
}

#define LONG_PRODUCT(name, is_signed, accumulate)                                                  \
    bool t32_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return aa32_multiply_long(ctx, false, a->rdlo, a->rdhi, a->rn, a->rm, is_signed,           \
                                  accumulate);                                                     \
    }
LONG_PRODUCT(SMULL, true, false)
LONG_PRODUCT(UMULL, false, false)
LONG_PRODUCT(SMLAL, true, true)
LONG_PRODUCT(UMLAL, false, true)

bool t32_UMAAL(DisasContext *ctx, const arg_UMAAL *a)
{
    return aa32_umaal(ctx, a->rdlo, a->rdhi, a->rn, a->rm);
}

bool t32_SMLALXY(DisasContext *ctx, const arg_SMLALXY *a)
{
    return aa32_smlalxy(ctx, a->rdlo, a->rdhi, a->rn, a->rm, a->x, a->y);
}

bool t32_SMLALD(DisasContext *ctx, const arg_SMLALD *a)
{
    return aa32_smlald(ctx, a->rdlo, a->rdhi, a->rn, a->rm, a->x, false);
}

bool t32_SMLSLD(DisasContext *ctx, const arg_SMLSLD *a)
{
    return aa32_smlald(ctx, a->rdlo, a->rdhi, a->rn, a->rm, a->x, true);
}

bool t32_SDIV(DisasContext *ctx, const arg_SDIV *a)
{
    return aa32_divide(ctx, a->rd, a->rn, a->rm, true);
}

bool t32_UDIV(DisasContext *ctx, const arg_UDIV *a)
{
    return aa32_divide(ctx, a->rd, a->rn, a->rm, false);
}

/* ---- Branches ---- */

/* J1 and J2 are bits of the offset, exclusive-or'ed with its inverted sign. */
static int32_t long_offset(unsigned s, unsigned j1, unsigned j2, unsigned imm10, unsigned imm11)
{
    unsigned i1 = !(j1 ^ s), i2 = !(j2 ^ s);

    return sextract32(s << 24 | i1 << 23 | i2 << 22 | imm10 << 12 | imm11 << 1, 0, 25);
}

bool t32_B_COND(DisasContext *ctx, const arg_B_COND *a)
{
    TCGLabel *taken = gen_new_label();
    int32_t offset = sextract32(
        a->s << 20 | a->j2 << 19 | a->j1 << 18 | a->imm6 << 12 | a->imm << 1, 0, 21);

    if (a->cond >= 14 || aa32_in_it_block(ctx)) {
        return false;
    }
    aa32_branch_if(ctx, a->cond, taken);
    aa32_exit_direct(ctx, ctx->pc + 4);
    gen_set_label(taken);
    aa32_exit_direct(ctx, aa32_pc(ctx) + offset);
    return true;
}

bool t32_B(DisasContext *ctx, const arg_B *a)
{
    if (!aa32_may_branch(ctx)) {
        return false;
    }
    aa32_exit_direct(ctx, aa32_pc(ctx) + long_offset(a->s, a->j1, a->j2, a->imm10, a->imm));
    return true;
}

bool t32_BL(DisasContext *ctx, const arg_BL *a)
{
    if (!aa32_may_branch(ctx)) {
        return false;
    }
    tcg_gen_movi_i32(cpu_r[REG_LR], (ctx->pc + 4) | 1);
    aa32_exit_call(ctx, aa32_pc(ctx) + long_offset(a->s, a->j1, a->j2, a->imm10, a->imm));
    return true;
}

bool t32_BLX_I(DisasContext *ctx, const arg_BLX_I *a)
{
    if (!aa32_may_branch(ctx)) {
        return false;
    }
    tcg_gen_movi_i32(cpu_r[REG_LR], (ctx->pc + 4) | 1);
    aa32_exit_other_set(ctx, (aa32_pc(ctx) & ~3u) +
                                 long_offset(a->s, a->j1, a->j2, a->imm10, a->imm << 1));
    return true;
}

bool t32_BXJ(DisasContext *ctx, const arg_BXJ *a)
{
    if (a->rm == REG_PC || !aa32_may_branch(ctx)) {
        return false;
    }
    aa32_exit_bx(ctx, cpu_r[a->rm], AA32_JUMP);
    return true;
}

bool t32_TBB(DisasContext *ctx, const arg_TBB *a)
{
    return aa32_table_branch(ctx, a->rn, a->rm, a->h);
}

/* SUBS PC, LR, #imm; ERET is that with 0 */
bool t32_ERET(DisasContext *ctx, const arg_ERET *a)
{
    TCGv_i32 t = tcg_temp_new_i32();

    if (ctx->el == 0 || !aa32_may_branch(ctx) || (ctx->el == 2 && a->imm)) {
        return false;
    }
    if (a->imm == 0) {
        return aa32_eret(ctx);
    }
    tcg_gen_subi_i32(t, cpu_r[REG_LR], a->imm);
    return aa32_exception_return(ctx, t);
}

/* ---- System ---- */

bool t32_MSR_R(DisasContext *ctx, const arg_MSR_R *a)
{
    return a->rn != REG_PC && aa32_msr(ctx, a->r, a->mask, cpu_r[a->rn]);
}

bool t32_MSR_B(DisasContext *ctx, const arg_MSR_B *a)
{
    return aa32_msr_banked(ctx, a->r, a->m << 4 | a->m1, a->rn);
}

bool t32_MRS(DisasContext *ctx, const arg_MRS *a)
{
    return aa32_mrs(ctx, a->r, a->rd);
}

bool t32_MRS_B(DisasContext *ctx, const arg_MRS_B *a)
{
    return aa32_mrs_banked(ctx, a->r, a->m << 4 | a->m1, a->rd);
}

bool t32_CPS(DisasContext *ctx, const arg_CPS *a)
{
    unsigned aif = a->a << 2 | a->i << 1 | a->f;

    if (a->imod == 0 && !a->m) {
        return aa32_hint(ctx, aif << 5 | a->mode);
    }
    return a->imod != 1 && !aa32_in_it_block(ctx) &&
           aa32_cps(ctx, a->imod, aif, a->m ? (int)a->mode : -1);
}

bool t32_CLREX(DisasContext *ctx, const arg_CLREX *a)
{
    return aa32_clrex(ctx);
}

bool t32_DSB(DisasContext *ctx, const arg_DSB *a)
{
    return aa32_dsb(ctx);
}

bool t32_DMB(DisasContext *ctx, const arg_DMB *a)
{
    return aa32_dmb(ctx, a->op);
}

bool t32_ISB(DisasContext *ctx, const arg_ISB *a)
{
    return aa32_isb(ctx);
}

bool t32_HVC(DisasContext *ctx, const arg_HVC *a)
{
    return aa32_hvc(ctx, a->imm4 << 12 | a->imm);
}

bool t32_SMC(DisasContext *ctx, const arg_SMC *a)
{
    return aa32_smc(ctx);
}

bool t32_UDF(DisasContext *ctx, const arg_UDF *a)
{
    return false;
}

bool t32_SRSDB(DisasContext *ctx, const arg_SRSDB *a)
{
    return aa32_srs(ctx, a->mode, true, false, a->w);
}

bool t32_SRSIA(DisasContext *ctx, const arg_SRSIA *a)
{
    return aa32_srs(ctx, a->mode, false, true, a->w);
}

bool t32_RFEDB(DisasContext *ctx, const arg_RFEDB *a)
{
    return aa32_may_branch(ctx) && aa32_rfe(ctx, a->rn, true, false, a->w);
}

bool t32_RFEIA(DisasContext *ctx, const arg_RFEIA *a)
{
    return aa32_may_branch(ctx) && aa32_rfe(ctx, a->rn, false, true, a->w);
}

/* ---- Loads and stores ---- */

/* A narrow load of r15 is a prefetch; a word loaded there, a branch. */
static bool gen_load(DisasContext *ctx, unsigned rt, AA32Index x, MemOp op)
{
    if (rt == REG_PC && (op & MO_SIZE) != MO_32) {
        return !x.writeback && !x.user;
    }
    return (rt != REG_PC || aa32_may_branch(ctx)) && aa32_load(ctx, rt, x, op);
}

static bool gen_store(DisasContext *ctx, unsigned rt, AA32Index x, MemOp op)
{
    return rt != REG_PC && x.rn != REG_PC && aa32_store(ctx, rt, x, op);
}

/* P, U, W of the 8-bit offset: 110 is unprivileged, 0x0 is none of these. */
static bool bad_form(unsigned p, unsigned w)
{
    return !p && !w;
}

static AA32Index eight_bit_index(unsigned rn, unsigned p, unsigned u, unsigned w, unsigned imm)
{
    bool user = p && u && !w;

    return (AA32Index){ .rn = rn, .before = p, .up = u, .writeback = w, .user = user, .imm = imm };
}

#define TRANSFER(name, what, op)                                                                   \
    bool t32_##name##_I(DisasContext *ctx, const arg_##name##_I *a)                                \
    {                                                                                              \
        return what(ctx, a->rt, aa32_index(a->rn, true, true, false, NULL, a->imm), op);           \
    }                                                                                              \
    bool t32_##name##_8(DisasContext *ctx, const arg_##name##_8 *a)                                \
    {                                                                                              \
        return !bad_form(a->p, a->w) &&                                                            \
               what(ctx, a->rt, eight_bit_index(a->rn, a->p, a->u, a->w, a->imm), op);             \
    }                                                                                              \
    bool t32_##name##_R(DisasContext *ctx, const arg_##name##_R *a)                                \
    {                                                                                              \
        return a->rm != REG_PC &&                                                                  \
               what(ctx, a->rt,                                                                    \
                    aa32_index(a->rn, true, true, false,                                           \
                               aa32_shifted(ctx, a->rm, SHIFT_LSL, a->imm).value, 0),              \
                    op);                                                                           \
    }
#define LITERAL(name, op)                                                                          \
    bool t32_##name##_L(DisasContext *ctx, const arg_##name##_L *a)                                \
    {                                                                                              \
        return gen_load(ctx, a->rt, aa32_index(REG_PC, true, a->u, false, NULL, a->imm), op);      \
    }
TRANSFER(STRB, gen_store, MO_8)
TRANSFER(STRH, gen_store, MO_16)
TRANSFER(STR, gen_store, MO_32)
TRANSFER(LDRB, gen_load, MO_8)
TRANSFER(LDRH, gen_load, MO_16)
TRANSFER(LDR, gen_load, MO_32)
TRANSFER(LDRSB, gen_load, MO_8 | MO_SIGN)
TRANSFER(LDRSH, gen_load, MO_16 | MO_SIGN)
LITERAL(LDRB, MO_8)
LITERAL(LDRH, MO_16)
LITERAL(LDR, MO_32)
LITERAL(LDRSB, MO_8 | MO_SIGN)
LITERAL(LDRSH, MO_16 | MO_SIGN)

static AA32Index double_index(unsigned rn, bool before, unsigned u, bool writeback, unsigned imm)
{
    return (AA32Index){ .rn = rn, .before = before, .up = u, .writeback = writeback,
                        .imm = 4 * imm };
}

bool t32_LDRD_I(DisasContext *ctx, const arg_LDRD_I *a)
{
    return aa32_load_double(ctx, a->rt, a->rt2, double_index(a->rn, true, a->u, a->w, a->imm));
}

bool t32_LDRD_P(DisasContext *ctx, const arg_LDRD_P *a)
{
    return aa32_load_double(ctx, a->rt, a->rt2, double_index(a->rn, false, a->u, true, a->imm));
}

bool t32_STRD_I(DisasContext *ctx, const arg_STRD_I *a)
{
    return a->rn != REG_PC && aa32_store_double(ctx, a->rt, a->rt2,
                                                double_index(a->rn, true, a->u, a->w, a->imm));
}

bool t32_STRD_P(DisasContext *ctx, const arg_STRD_P *a)
{
    return aa32_store_double(ctx, a->rt, a->rt2, double_index(a->rn, false, a->u, true, a->imm));
}

/* One register, the stack pointer, r15 in a store, both r14 and r15: unpredictable (F5.1). */
static bool bad_list(DisasContext *ctx, unsigned list, bool load)
{
    bool pc = list >> REG_PC & 1, lr = list >> REG_LR & 1, sp = list >> REG_SP & 1;

    return !(list & (list - 1)) || sp || (pc && (!load || lr || !aa32_may_branch(ctx)));
}

bool t32_STMIA(DisasContext *ctx, const arg_STMIA *a)
{
    return !bad_list(ctx, a->list, false) && !(a->w && (a->list >> a->rn & 1)) &&
           aa32_store_multiple(ctx, a->rn, a->list, false, true, a->w, false);
}

bool t32_STMDB(DisasContext *ctx, const arg_STMDB *a)
{
    return !bad_list(ctx, a->list, false) && !(a->w && (a->list >> a->rn & 1)) &&
           aa32_store_multiple(ctx, a->rn, a->list, true, false, a->w, false);
}

bool t32_LDMIA(DisasContext *ctx, const arg_LDMIA *a)
{
    return !bad_list(ctx, a->list, true) &&
           aa32_load_multiple(ctx, a->rn, a->list, false, true, a->w, false);
}

bool t32_LDMDB(DisasContext *ctx, const arg_LDMDB *a)
{
    return !bad_list(ctx, a->list, true) &&
           aa32_load_multiple(ctx, a->rn, a->list, true, false, a->w, false);
}

/* ---- Exclusives ---- */

bool t32_LDREX(DisasContext *ctx, const arg_LDREX *a)
{
    return aa32_load_exclusive(ctx, a->rt, 0, a->rn, 4 * a->imm, MO_32, false);
}

bool t32_STREX(DisasContext *ctx, const arg_STREX *a)
{
    return aa32_store_exclusive(ctx, a->rd, a->rt, 0, a->rn, 4 * a->imm, MO_32, false);
}

#define EXCLUSIVE(load, store, size, ordered)                                                      \
    bool t32_##load(DisasContext *ctx, const arg_##load *a)                                        \
    {                                                                                              \
        return aa32_load_exclusive(ctx, a->rt, 0, a->rn, 0, size, ordered);                        \
    }                                                                                              \
    bool t32_##store(DisasContext *ctx, const arg_##store *a)                                      \
    {                                                                                              \
        return aa32_store_exclusive(ctx, a->rd, a->rt, 0, a->rn, 0, size, ordered);                \
    }
#define EXCLUSIVE_PAIR(load, store, ordered)                                                       \
    bool t32_##load(DisasContext *ctx, const arg_##load *a)                                        \
    {                                                                                              \
        return aa32_load_exclusive(ctx, a->rt, a->rt2, a->rn, 0, MO_64, ordered);                  \
    }                                                                                              \
    bool t32_##store(DisasContext *ctx, const arg_##store *a)                                      \
    {                                                                                              \
        return aa32_store_exclusive(ctx, a->rd, a->rt, a->rt2, a->rn, 0, MO_64, ordered);          \
    }
EXCLUSIVE(LDREXB, STREXB, MO_8, false)
EXCLUSIVE(LDREXH, STREXH, MO_16, false)
EXCLUSIVE_PAIR(LDREXD, STREXD, false)
EXCLUSIVE(LDAEXB, STLEXB, MO_8, true)
EXCLUSIVE(LDAEXH, STLEXH, MO_16, true)
EXCLUSIVE(LDAEX, STLEX, MO_32, true)
EXCLUSIVE_PAIR(LDAEXD, STLEXD, true)

bool t32_LDA(DisasContext *ctx, const arg_LDA *a)
{
    return aa32_load_acquire(ctx, a->rt, a->rn, a->sz);
}

bool t32_STL(DisasContext *ctx, const arg_STL *a)
{
    return aa32_store_release(ctx, a->rt, a->rn, a->sz);
}
