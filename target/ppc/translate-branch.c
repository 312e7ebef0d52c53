/*
 * PowerPC translator: condition register, branch and trap instructions.
 *
 * A CR field is one 64-bit value (ppc_crf_pack() in cpu.h says how the four bits are read from it).
 * As long as the compare that wrote a field is known, a branch on it compares the operands again,
 * which host code does in one fused operation, and the 64-bit value is never computed if nobody
 * else reads it.
 *
 * Reference: Programming Environments Manual for 32-Bit Implementations, sections 4.2.4 and 8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/translate.h"

enum { CR_LT, CR_GT, CR_EQ, CR_SO };

#define CRF_LT_MASK  (1LL << 62)
#define CRF_EQ_MASK  0x1fffffffeLL /* all of these clear: EQ */
#define CRF_POSITIVE (1LL << 40)   /* makes a value with bit 63 clear GT */

/* --- Writing fields */

void gen_compare(DisasContext *ctx, unsigned crf, TCGv_i32 a, TCGv_i32 b, bool is_signed)
{
    TCGv_i64 wide_a = tcg_temp_new_i64(), wide_b = tcg_temp_new_i64(), so = tcg_temp_new_i64();

    ctx->compare[crf] = (CRCompare){
        .known = true,
        .is_signed = is_signed,
        .a = gen_copy(a),
        .b = gen_copy(b),
    };
    if (is_signed) {
        tcg_gen_ext_i32_i64(wide_a, a);
        tcg_gen_ext_i32_i64(wide_b, b);
    } else {
        tcg_gen_extu_i32_i64(wide_a, a);
        tcg_gen_extu_i32_i64(wide_b, b);
    }
    tcg_gen_sub_i64(wide_a, wide_a, wide_b);
    tcg_gen_shli_i64(wide_a, wide_a, 1);
    tcg_gen_extu_i32_i64(so, cpu_so);
    tcg_gen_or_i64(cpu_crf[crf], wide_a, so);
}

void gen_rc(DisasContext *ctx, bool rc, TCGv_i32 result)
{
    if (rc) {
        gen_compare(ctx, 0, result, tcg_constant_i32(0), true);
    }
}

void gen_write_crf(DisasContext *ctx, unsigned crf, TCGv_i64 value)
{
    ctx->compare[crf].known = false;
    tcg_gen_mov_i64(cpu_crf[crf], value);
}

void forget_compares(DisasContext *ctx)
{
    for (int i = 0; i < 8; i++) {
        ctx->compare[i].known = false;
    }
}

/* --- Reading bits */

static const TCGCond compare_cond[3][2] = {
    [CR_LT] = { TCG_COND_LTU, TCG_COND_LT },
    [CR_GT] = { TCG_COND_GTU, TCG_COND_GT },
    [CR_EQ] = { TCG_COND_EQ, TCG_COND_EQ },
};

/* The test of a field's value that holds when the bit is set. */
static const struct {
    TCGCond cond;
    int64_t operand;
} value_test[4] = {
    [CR_LT] = { TCG_COND_TSTNE, CRF_LT_MASK },
    [CR_GT] = { TCG_COND_GT, 1 },
    [CR_EQ] = { TCG_COND_TSTEQ, CRF_EQ_MASK },
    [CR_SO] = { TCG_COND_TSTNE, 1 },
};

void gen_branch_cr(DisasContext *ctx, unsigned bit, bool value, TCGLabel *label)
{
    const CRCompare *compare = &ctx->compare[bit >> 2];
    unsigned which = bit & 3;
    TCGCond cond;

    if (compare->known && which != CR_SO) {
        cond = compare_cond[which][compare->is_signed];
        tcg_gen_brcond_i32(value ? cond : tcg_invert_cond(cond), compare->a, compare->b, label);
        return;
    }
    cond = value_test[which].cond;
    tcg_gen_brcondi_i64(value ? cond : tcg_invert_cond(cond), cpu_crf[bit >> 2],
                        value_test[which].operand, label);
}

/* The field's value for four bits, each 0 or 1: ppc_crf_pack(). */
static TCGv_i64 gen_pack(TCGv_i64 const bits[4])
{
    TCGv_i64 value = tcg_temp_new_i64(), t = tcg_temp_new_i64();

    tcg_gen_xori_i64(value, bits[CR_GT], 1);
    tcg_gen_shli_i64(value, value, 63);
    tcg_gen_shli_i64(t, bits[CR_LT], 62);
    tcg_gen_or_i64(value, value, t);
    tcg_gen_xori_i64(t, bits[CR_EQ], 1);
    tcg_gen_shli_i64(t, t, 1);
    tcg_gen_or_i64(value, value, t);
    tcg_gen_or_i64(value, value, bits[CR_SO]);
    tcg_gen_ori_i64(value, value, CRF_POSITIVE);
    return value;
}

/* A CR bit as bit 63 of a value whose other bits are of no importance. */
static TCGv_i64 gen_read_top(unsigned bit)
{
    TCGv_i64 crf = cpu_crf[bit >> 2], t = tcg_temp_new_i64();

    switch (bit & 3) {
    case CR_LT:
        tcg_gen_shli_i64(t, crf, 1);
        break;
    case CR_GT: /* v > 1: neither v nor v - 2 is negative, whatever wraps */
        tcg_gen_subi_i64(t, crf, 2);
        tcg_gen_or_i64(t, t, crf);
        tcg_gen_not_i64(t, t);
        break;
    case CR_EQ: /* 32 bits from bit 1 on, less 1: negative if they were 0 */
        tcg_gen_shli_i64(t, crf, 31);
        tcg_gen_shri_i64(t, t, 32);
        tcg_gen_subi_i64(t, t, 1);
        break;
    default:
        tcg_gen_shli_i64(t, crf, 63);
    }
    return t;
}

/* As values with an opposite GT in bit 63 have it: true if something else isn't 0. */
static TCGv_i64 gen_explicit_gt(unsigned crf)
{
    TCGv_i64 not_gt = tcg_temp_new_i64(), t = tcg_temp_new_i64();

    tcg_gen_subi_i64(not_gt, cpu_crf[crf], 2);
    tcg_gen_shri_i64(not_gt, not_gt, 63);
    tcg_gen_shli_i64(not_gt, not_gt, 63);
    tcg_gen_or_i64(t, cpu_crf[crf], not_gt);
    tcg_gen_ori_i64(t, t, CRF_POSITIVE);
    return t;
}

/* Replaces one bit of a field by bit 63 of `top`; the others keep their meaning. */
static void gen_write_top(DisasContext *ctx, unsigned bit, TCGv_i64 top)
{
    unsigned crf = bit >> 2;
    TCGv_i64 value = cpu_crf[crf], b = tcg_temp_new_i64(), t = tcg_temp_new_i64();

    tcg_gen_shri_i64(b, top, 63);
    switch (bit & 3) {
    case CR_LT:
        tcg_gen_deposit_i64(t, gen_explicit_gt(crf), b, 62, 1);
        break;
    case CR_GT:
        tcg_gen_shli_i64(t, value, 1);
        tcg_gen_shri_i64(t, t, 1);
        tcg_gen_ori_i64(t, t, CRF_POSITIVE);
        tcg_gen_xori_i64(b, b, 1);
        tcg_gen_shli_i64(b, b, 63);
        tcg_gen_or_i64(t, t, b);
        break;
    case CR_EQ:
        tcg_gen_andi_i64(t, gen_explicit_gt(crf), ~CRF_EQ_MASK);
        tcg_gen_xori_i64(b, b, 1);
        tcg_gen_shli_i64(b, b, 1);
        tcg_gen_or_i64(t, t, b);
        break;
    default: /* no test of another bit looks at bit 0 in a way that matters */
        tcg_gen_andi_i64(t, value, ~1LL);
        tcg_gen_or_i64(cpu_crf[crf], t, b);
        return;
    }
    gen_write_crf(ctx, crf, t);
}

/* crclr cr1[EQ], before every call of a variadic function: makes the low part non-zero, and keeps a
 * value that was neither positive nor negative from becoming GT by that. */
static void gen_clear_eq(DisasContext *ctx, unsigned crf)
{
    TCGv_i64 was_zero = tcg_temp_new_i64(), value = tcg_temp_new_i64();

    tcg_gen_setcondi_i64(TCG_COND_LEU, was_zero, cpu_crf[crf], 1);
    tcg_gen_shli_i64(was_zero, was_zero, 63);
    tcg_gen_or_i64(value, cpu_crf[crf], was_zero);
    tcg_gen_ori_i64(value, value, 2);
    gen_write_crf(ctx, crf, value);
}

/* --- Condition register logic */

typedef void CRLogicalOp(TCGv_i64 ret, TCGv_i64 a, TCGv_i64 b);

static bool gen_cr_logical(DisasContext *ctx, const arg_CRAND *a, CRLogicalOp *op)
{
    TCGv_i64 value = tcg_temp_new_i64();

    op(value, gen_read_top(a->crba), gen_read_top(a->crbb));
    gen_write_top(ctx, a->crbd, value);
    return true;
}

bool trans_CRAND(DisasContext *ctx, const arg_CRAND *a)
{
    return gen_cr_logical(ctx, a, tcg_gen_and_i64);
}

bool trans_CRANDC(DisasContext *ctx, const arg_CRANDC *a)
{
    return gen_cr_logical(ctx, a, tcg_gen_andc_i64);
}

bool trans_CREQV(DisasContext *ctx, const arg_CREQV *a)
{
    if (a->crba == a->crbb) { /* crset */
        gen_write_top(ctx, a->crbd, tcg_constant_i64(-1));
        return true;
    }
    return gen_cr_logical(ctx, a, tcg_gen_eqv_i64);
}

bool trans_CRNAND(DisasContext *ctx, const arg_CRNAND *a)
{
    return gen_cr_logical(ctx, a, tcg_gen_nand_i64);
}

bool trans_CRNOR(DisasContext *ctx, const arg_CRNOR *a)
{
    return gen_cr_logical(ctx, a, tcg_gen_nor_i64);
}

bool trans_CROR(DisasContext *ctx, const arg_CROR *a)
{
    return gen_cr_logical(ctx, a, tcg_gen_or_i64);
}

bool trans_CRORC(DisasContext *ctx, const arg_CRORC *a)
{
    return gen_cr_logical(ctx, a, tcg_gen_orc_i64);
}

bool trans_CRXOR(DisasContext *ctx, const arg_CRXOR *a)
{
    if (a->crba != a->crbb) {
        return gen_cr_logical(ctx, a, tcg_gen_xor_i64);
    }
    if ((a->crbd & 3) == CR_EQ) { /* crclr */
        gen_clear_eq(ctx, a->crbd >> 2);
    } else {
        gen_write_top(ctx, a->crbd, tcg_constant_i64(0));
    }
    return true;
}

/* --- Moves */

bool trans_MCRF(DisasContext *ctx, const arg_MCRF *a)
{
    ctx->compare[a->crfd] = ctx->compare[a->crfs];
    tcg_gen_mov_i64(cpu_crf[a->crfd], cpu_crf[a->crfs]);
    return true;
}

bool trans_MCRXR(DisasContext *ctx, const arg_MCRXR *a)
{
    TCGv_i64 bits[4] = { tcg_temp_new_i64(), tcg_temp_new_i64(), tcg_temp_new_i64(),
                         tcg_constant_i64(0) };

    tcg_gen_extu_i32_i64(bits[CR_LT], cpu_so);
    tcg_gen_extu_i32_i64(bits[CR_GT], cpu_ov);
    tcg_gen_extu_i32_i64(bits[CR_EQ], cpu_ca);
    gen_write_crf(ctx, a->crfd, gen_pack(bits));
    tcg_gen_movi_i32(cpu_so, 0);
    tcg_gen_movi_i32(cpu_ov, 0);
    tcg_gen_movi_i32(cpu_ca, 0);
    return true;
}

bool trans_MFCR(DisasContext *ctx, const arg_MFCR *a)
{
    if (ppc_wide_cr) {
        gen_helper_ppc_get_cr_wide(cpu_gpr[a->rt], tcg_env);
    } else {
        gen_helper_ppc_get_cr(cpu_gpr[a->rt], tcg_env);
    }
    return true;
}

/* ppc_crf_pack() of all four-bit values. */
static const uint64_t *packed_fields(void)
{
    static uint64_t table[16];

    for (unsigned i = 0; i < 16; i++) {
        table[i] = ppc_crf_pack(i);
    }
    return table;
}

bool trans_MTCRF(DisasContext *ctx, const arg_MTCRF *a)
{
    const uint64_t *table = packed_fields();

    for (unsigned crf = 0; crf < 8; crf++) {
        TCGv_i32 index = tcg_temp_new_i32();
        TCGv_ptr entry = tcg_temp_new_ptr();

        if (!(a->crm & (0x80 >> crf))) {
            continue;
        }
        tcg_gen_extract_i32(index, cpu_gpr[a->rs], 28 - 4 * crf, 4);
        tcg_gen_shli_i32(index, index, 3);
        tcg_gen_ext_i32_ptr(entry, index);
        tcg_gen_add_ptr(entry, entry, tcg_constant_ptr(table));
        tcg_gen_ld_i64(cpu_crf[crf], entry, 0);
        ctx->compare[crf].known = false;
    }
    return true;
}

/* --- Branches */

/* BO: the meaning of its bits. */
enum {
    BO_ANY_CONDITION = 0x10,
    BO_CONDITION = 0x08,
    BO_KEEP_CTR = 0x04,
    BO_CTR_ZERO = 0x02,
};

static bool bo_always(unsigned bo)
{
    return (bo & BO_ANY_CONDITION) && (bo & BO_KEEP_CTR);
}

static void gen_link(DisasContext *ctx, bool link)
{
    if (link) {
        tcg_gen_movi_i32(cpu_lr, ctx->cia + 4);
    }
}

/* Decrements CTR if BO says so, and jumps to `not_taken` unless the branch is taken. */
static void gen_branch_conditions(DisasContext *ctx, unsigned bo, unsigned bi, TCGLabel *not_taken)
{
    if (!(bo & BO_KEEP_CTR)) {
        tcg_gen_subi_i32(cpu_ctr, cpu_ctr, 1);
        tcg_gen_brcondi_i32(bo & BO_CTR_ZERO ? TCG_COND_NE : TCG_COND_EQ, cpu_ctr, 0, not_taken);
    }
    if (!(bo & BO_ANY_CONDITION)) {
        gen_branch_cr(ctx, bi, !(bo & BO_CONDITION), not_taken);
    }
}

/* The other way round: jumps to `taken` if the branch is taken. */
static void gen_branch_if_taken(DisasContext *ctx, unsigned bo, unsigned bi, TCGLabel *taken)
{
    TCGLabel *not_taken = gen_new_label();

    if (bo & BO_ANY_CONDITION) {
        tcg_gen_subi_i32(cpu_ctr, cpu_ctr, 1);
        tcg_gen_brcondi_i32(bo & BO_CTR_ZERO ? TCG_COND_EQ : TCG_COND_NE, cpu_ctr, 0, taken);
        return;
    }
    gen_branch_conditions(ctx, bo | BO_ANY_CONDITION, bi, not_taken);
    gen_branch_cr(ctx, bi, bo & BO_CONDITION, taken);
    gen_set_label(not_taken);
}

bool trans_B(DisasContext *ctx, const arg_B *a)
{
    gen_link(ctx, a->lk);
    gen_exit_direct(ctx, 0, (a->aa ? 0 : ctx->cia) + a->li);
    return true;
}

bool trans_BC(DisasContext *ctx, const arg_BC *a)
{
    uint32_t dest = (a->aa ? 0 : ctx->cia) + a->bd;
    TCGLabel *not_taken = gen_new_label();

    gen_link(ctx, a->lk);
    if (bo_always(a->bo)) {
        gen_exit_direct(ctx, 0, dest);
        return true;
    }
    if (gen_is_loop(ctx, dest)) {
        gen_branch_if_taken(ctx, a->bo, a->bi, ctx->head);
    } else {
        gen_branch_conditions(ctx, a->bo, a->bi, not_taken);
        gen_exit_direct(ctx, 0, dest);
        gen_set_label(not_taken);
    }
    gen_count(ctx, PPC_PM_NOT_TAKEN);
    gen_exit_direct(ctx, 1, ctx->cia + 4);
    return true;
}

static bool gen_branch_to_register(DisasContext *ctx, const arg_BCLR *a, TCGv_i32 target)
{
    TCGLabel *not_taken = gen_new_label();
    TCGv_i32 dest = gen_copy(target);

    gen_link(ctx, a->lk);
    if (bo_always(a->bo)) {
        gen_exit_indirect(ctx, dest);
        return true;
    }
    gen_branch_conditions(ctx, a->bo, a->bi, not_taken);
    gen_exit_indirect(ctx, dest);
    gen_set_label(not_taken);
    gen_count(ctx, PPC_PM_NOT_TAKEN);
    gen_exit_direct(ctx, 1, ctx->cia + 4);
    return true;
}

bool trans_BCLR(DisasContext *ctx, const arg_BCLR *a)
{
    return gen_branch_to_register(ctx, a, cpu_lr);
}

bool trans_BCCTR(DisasContext *ctx, const arg_BCCTR *a)
{
    return gen_branch_to_register(ctx, a, cpu_ctr);
}

/* --- Traps */

/* TO: the conditions that trap. All three of signed, or of unsigned, comparison: always. */
static bool to_always(unsigned to)
{
    return (to & 0x1c) == 0x1c || (to & 0x07) == 0x07;
}

/* The one condition that a TO field asks for, TCG_COND_NEVER if there are several. */
static TCGCond to_cond(unsigned to)
{
    static const TCGCond conds[32] = {
        [0x10] = TCG_COND_LT,  [0x08] = TCG_COND_GT,  [0x04] = TCG_COND_EQ,  [0x14] = TCG_COND_LE,
        [0x0c] = TCG_COND_GE,  [0x18] = TCG_COND_NE,  [0x02] = TCG_COND_LTU, [0x01] = TCG_COND_GTU,
        [0x06] = TCG_COND_LEU, [0x05] = TCG_COND_GEU, [0x03] = TCG_COND_NE,
    };

    return conds[to];
}

static bool gen_trap(DisasContext *ctx, unsigned to, TCGv_i32 a, TCGv_i32 b)
{
    TCGCond cond = to_cond(to);

    if (to == 0) {
        return true;
    }
    if (to_always(to)) {
        gen_exception(ctx, PPC_EXCP_PROGRAM, PPC_PROGRAM_TRAP);
    } else if (cond != TCG_COND_NEVER) {
        TCGLabel *no_trap = gen_new_label();

        tcg_gen_brcond_i32(tcg_invert_cond(cond), a, b, no_trap);
        gen_helper_ppc_raise_exception(tcg_env, tcg_constant_i32(PPC_EXCP_PROGRAM),
                                       tcg_constant_i32(PPC_PROGRAM_TRAP));
        gen_set_label(no_trap);
    } else {
        gen_helper_ppc_tw(tcg_env, a, b, tcg_constant_i32(to));
    }
    return true;
}

bool trans_TW(DisasContext *ctx, const arg_TW *a)
{
    return gen_trap(ctx, a->to, cpu_gpr[a->ra], cpu_gpr[a->rb]);
}

bool trans_TWI(DisasContext *ctx, const arg_TWI *a)
{
    return gen_trap(ctx, a->to, cpu_gpr[a->ra], tcg_constant_i32(a->si));
}

bool trans_SC(DisasContext *ctx, const arg_SC *a)
{
    tcg_gen_movi_i32(cpu_nip, ctx->cia + 4);
    gen_helper_ppc_raise_after(tcg_env, tcg_constant_i32(PPC_EXCP_SYSCALL), tcg_constant_i32(0));
    ctx->base.is_jmp = DISAS_NORETURN;
    return true;
}
