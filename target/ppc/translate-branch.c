/*
 * PowerPC translator: condition register, branch and trap instructions.
 *
 * A CR field is one 64-bit value: a difference, or packed (PPC_CRF_LT in cpu.h says how the four bits
 * are read from it). As long as the compare that wrote a field is known, a branch on it compares the
 * operands again, which host code does in one fused operation, or not at all if the flags of the
 * subtraction say it; the 64-bit value is never computed if nobody else reads it.
 *
 * CR logic works with packed values, in which every bit has a place of its own: what it writes is
 * such a value, and a field that is one already is spared the conversion.
 * What mfcr has gathered, or mtcrf spread, stays at hand for the next mfcr of the block (cr_image).
 *
 * Reference: Programming Environments Manual for 32-Bit Implementations, sections 4.2.4 and 8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/translate.h"

enum { CR_LT, CR_GT, CR_EQ, CR_SO };

/* Where packed values have their bits. */
static const uint8_t packed_bit[4] = {
    [CR_LT] = PPC_CRF_AT_LT,
    [CR_GT] = PPC_CRF_AT_GT,
    [CR_EQ] = PPC_CRF_AT_EQ,
    [CR_SO] = PPC_CRF_AT_SO,
};
static const bool packed_inverted[4] = { [CR_GT] = true, [CR_EQ] = true };

/* --- Writing fields */

void gen_write_crf(DisasContext *ctx, unsigned crf, TCGv_i64 value)
{
    ctx->crf[crf] = (CRField){ .packed = true };
    tcg_gen_mov_i64(cpu_crf[crf], value);
}

void gen_change_so_if(DisasContext *ctx, TCGCond cond, TCGv_i32 value, bool rc)
{
    TCGLabel *unchanged = gen_new_label();

    tcg_gen_brcondi_i32(tcg_invert_cond(cond), value, 0, unchanged);
    gen_helper_ppc_change_so(tcg_env, tcg_constant_i32(rc));
    if (cond == TCG_COND_ALWAYS || (ctx->hflags & PPC_HF_PERFMON)) { /* to be counted first */
        ctx->base.is_jmp = DISAS_LOOP;
    } else {
        tcg_gen_br(gen_leave_label_with_budget(ctx));
    }
    gen_set_label(unchanged);
}

/* --- Reading bits */

static const TCGCond compare_cond[3][2] = {
    [CR_LT] = { TCG_COND_LTU, TCG_COND_LT },
    [CR_GT] = { TCG_COND_GTU, TCG_COND_GT },
    [CR_EQ] = { TCG_COND_EQ, TCG_COND_EQ },
};

/* The test of a field's value that holds when the bit is set. */
typedef struct BitTest {
    TCGCond cond;
    int64_t operand;
} BitTest;

static const BitTest value_tests[4] = {
    [CR_LT] = { TCG_COND_TSTNE, 1LL << PPC_CRF_AT_LT },
    [CR_GT] = { TCG_COND_GT, 0 },
    [CR_EQ] = { TCG_COND_TSTEQ, UINT32_MAX },
    [CR_SO] = { TCG_COND_TSTNE, 1LL << PPC_CRF_AT_SO }, /* see gen_tested() */
};

/* The same for CRField.floats: constants that fit an instruction. */
static const BitTest float_tests[4] = {
    [CR_LT] = { TCG_COND_GTU, -2 },
    [CR_GT] = { TCG_COND_GT, 0 },
    [CR_EQ] = { TCG_COND_EQ, 0 },
    [CR_SO] = { TCG_COND_LT, -1 },
};

static const BitTest *bit_test(const CRField *field, unsigned which)
{
    return field->floats ? &float_tests[which] : &value_tests[which];
}

/* What is to be tested: the field's value, or for SO, if it isn't known to be packed, the bits that
 * differ from the next ones. */
static TCGv_i64 gen_tested(DisasContext *ctx, unsigned bit)
{
    const CRField *field = &ctx->crf[bit >> 2];
    TCGv_i64 t;

    if ((bit & 3) != CR_SO || field->packed || field->floats) {
        return cpu_crf[bit >> 2];
    }
    if (field->compared) { /* a difference */
        return tcg_constant_i64(0);
    }
    t = tcg_temp_new_i64();
    tcg_gen_shri_i64(t, cpu_crf[bit >> 2], 1);
    tcg_gen_xor_i64(t, t, cpu_crf[bit >> 2]);
    return t;
}

void gen_branch_cr(DisasContext *ctx, unsigned bit, bool value, TCGLabel *label)
{
    const CRField *field = &ctx->crf[bit >> 2];
    unsigned which = bit & 3;
    const BitTest *test = bit_test(field, which);
    TCGCond cond;

    if (field->compared && which != CR_SO) {
        cond = compare_cond[which][field->is_signed];
        cond = value ? cond : tcg_invert_cond(cond);
        if (field->packed) {
            tcg_gen_brcond_i32(cond, field->a, field->b, label);
        } else {
            tcg_gen_brcond_difference_i32(cond, field->a, field->b, cpu_crf[bit >> 2], label);
        }
        return;
    }
    tcg_gen_brcondi_i64(value ? test->cond : tcg_invert_cond(test->cond), gen_tested(ctx, bit),
                        test->operand, label);
}

/* The field's value for four bits, each 0 or 1: ppc_crf_pack(). */
static TCGv_i64 gen_pack(TCGv_i64 const bits[4])
{
    TCGv_i64 value = tcg_temp_new_i64(), t = tcg_temp_new_i64();

    tcg_gen_movi_i64(value, 1LL << PPC_CRF_AT_POSITIVE);
    for (unsigned i = 0; i < 4; i++) {
        tcg_gen_xori_i64(t, bits[i], packed_inverted[i]);
        tcg_gen_shli_i64(t, t, packed_bit[i]);
        tcg_gen_or_i64(value, value, t);
    }
    return value;
}

/* A CR bit as 0 or 1. */
static TCGv_i64 gen_read_bit(DisasContext *ctx, unsigned bit)
{
    const CRField *field = &ctx->crf[bit >> 2];
    unsigned which = bit & 3;
    TCGv_i64 ret = tcg_temp_new_i64();

    if (field->compared && which != CR_SO) {
        TCGv_i32 narrow = tcg_temp_new_i32();

        tcg_gen_setcond_i32(compare_cond[which][field->is_signed], narrow, field->a, field->b);
        tcg_gen_extu_i32_i64(ret, narrow);
    } else {
        const BitTest *test = bit_test(field, which);

        tcg_gen_setcondi_i64(test->cond, ret, gen_tested(ctx, bit), test->operand);
    }
    return ret;
}

/* Makes the field's value a packed one. */
static void gen_packed(DisasContext *ctx, unsigned crf)
{
    TCGv_i64 bits[4];

    if (!ctx->crf[crf].packed) {
        for (unsigned i = 0; i < 4; i++) {
            bits[i] = gen_read_bit(ctx, crf * 4 + i);
        }
        tcg_gen_mov_i64(cpu_crf[crf], gen_pack(bits));
        ctx->crf[crf].packed = true;
        ctx->crf[crf].floats = false;
    }
}

/* --- Compares */

void gen_compare(DisasContext *ctx, unsigned crf, TCGv_i32 a, TCGv_i32 b, bool is_signed)
{
    TCGv_i64 wide_a = tcg_temp_new_i64(), wide_b = tcg_temp_new_i64();

    ctx->crf[crf] = (CRField){
        .compared = true,
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
    tcg_gen_sub_i64(cpu_crf[crf], wide_a, wide_b);
    if (ctx->so) {
        gen_packed(ctx, crf);
        tcg_gen_ori_i64(cpu_crf[crf], cpu_crf[crf], 1LL << PPC_CRF_AT_SO);
    }
}

void gen_rc(DisasContext *ctx, bool rc, TCGv_i32 result)
{
    if (rc) {
        gen_compare(ctx, 0, result, tcg_constant_i32(0), true);
    }
}

/* --- Condition register logic */

/*
 * An operand: the bit, perhaps inverted, at the place in a value where the result's belongs; the
 * value's other bits don't matter.
 */
typedef struct CROperand {
    TCGv_i64 value;
    bool inverted;
} CROperand;

static CROperand gen_operand(DisasContext *ctx, unsigned bit, unsigned place)
{
    unsigned crf = bit >> 2, from = packed_bit[bit & 3];
    TCGv_i64 t = tcg_temp_new_i64();

    if (!ctx->crf[crf].packed) {
        tcg_gen_shli_i64(t, gen_read_bit(ctx, bit), place);
        return (CROperand){ t, false };
    }
    if (place >= from) {
        tcg_gen_shli_i64(t, cpu_crf[crf], place - from);
    } else {
        tcg_gen_shri_i64(t, cpu_crf[crf], from - place);
    }
    return (CROperand){ t, packed_inverted[bit & 3] };
}

/* Nothing but an operand's bit, or its inverse. */
static TCGv_i64 gen_isolated(CROperand operand, bool inverse, unsigned place)
{
    TCGv_i64 t = tcg_temp_new_i64(), mask = tcg_constant_i64(1ULL << place);

    if (operand.inverted == inverse) {
        tcg_gen_and_i64(t, mask, operand.value);
    } else {
        tcg_gen_andc_i64(t, mask, operand.value);
    }
    return t;
}

/* Writes a bit of a packed field. */
static void gen_write_bit(DisasContext *ctx, unsigned bit, CROperand operand)
{
    unsigned crf = bit >> 2, place = packed_bit[bit & 3];
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_andi_i64(t, cpu_crf[crf], ~(1ULL << place));
    tcg_gen_or_i64(t, t, gen_isolated(operand, packed_inverted[bit & 3], place));
    gen_write_crf(ctx, crf, t);
}

/* crclr cr1[EQ], before every call of a variadic function, of a field of any form: makes the low
 * half non-zero, and keeps a value that was 0 from becoming GT by that. */
static void gen_clear_eq(DisasContext *ctx, unsigned crf)
{
    TCGv_i64 was_zero = tcg_temp_new_i64(), value = tcg_temp_new_i64();

    tcg_gen_setcondi_i64(TCG_COND_EQ, was_zero, cpu_crf[crf], 0);
    tcg_gen_shli_i64(was_zero, was_zero, 63);
    tcg_gen_or_i64(value, cpu_crf[crf], was_zero);
    tcg_gen_ori_i64(cpu_crf[crf], value, 1);
}

/* crset, crclr */
static bool gen_set_bit(DisasContext *ctx, unsigned bit, bool value)
{
    unsigned crf = bit >> 2, which = bit & 3, mask = PPC_CRF_LT >> which;
    CRField *field = &ctx->crf[crf];
    uint8_t ones = field->ones & ~mask, zeros = field->zeros & ~mask;

    if ((value ? field->ones : field->zeros) & mask) {
        return true;
    }
    if (which == CR_EQ && !value && !field->packed) {
        gen_clear_eq(ctx, crf);
        *field = (CRField){ 0 };
    } else {
        int64_t place = 1LL << packed_bit[which];

        gen_packed(ctx, crf);
        if (value != packed_inverted[which]) {
            tcg_gen_ori_i64(cpu_crf[crf], cpu_crf[crf], place);
        } else {
            tcg_gen_andi_i64(cpu_crf[crf], cpu_crf[crf], ~place);
        }
        *field = (CRField){ .packed = true };
    }
    field->ones = ones | (value ? mask : 0);
    field->zeros = zeros | (value ? 0 : mask);
    return true;
}

/* a & b, whatever is inverted; the result may come inverted. */
static CROperand gen_operand_and(CROperand a, CROperand b)
{
    CROperand result = { tcg_temp_new_i64(), a.inverted && b.inverted };

    if (result.inverted) { /* ~a & ~b = ~(a | b) */
        tcg_gen_or_i64(result.value, a.value, b.value);
    } else if (a.inverted) {
        tcg_gen_andc_i64(result.value, b.value, a.value);
    } else if (b.inverted) {
        tcg_gen_andc_i64(result.value, a.value, b.value);
    } else {
        tcg_gen_and_i64(result.value, a.value, b.value);
    }
    return result;
}

/*
 * One operand is the target, as in `cror eq,gt,eq`: an AND of its stored bit, or of that bit's
 * inverse, with the other operand; the result, or its inverse, is stored. False if that takes more
 * than one operation on the field.
 */
static bool gen_and_in_place(DisasContext *ctx, unsigned bit, bool stored_inverse,
                             bool result_inverse, CROperand other)
{
    unsigned crf = bit >> 2, place = packed_bit[bit & 3];
    TCGv_i64 t = tcg_temp_new_i64();

    if (stored_inverse != result_inverse) {
        return false;
    }
    if (stored_inverse) { /* ~(~stored & other) = stored | ~other */
        tcg_gen_or_i64(t, cpu_crf[crf], gen_isolated(other, true, place));
    } else {
        tcg_gen_andc_i64(t, cpu_crf[crf], gen_isolated(other, true, place));
    }
    gen_write_crf(ctx, crf, t);
    return true;
}

static CROperand invert(CROperand a, bool inverted)
{
    return (CROperand){ a.value, a.inverted != inverted };
}

/* All but the exclusive ones are an AND of the operands or their inverses, or its inverse. */
static bool gen_cr_and(DisasContext *ctx, const arg_CRAND *a, bool not_a, bool not_b, bool inverted)
{
    unsigned place = packed_bit[a->crbd & 3];
    bool inverse = packed_inverted[a->crbd & 3];
    CROperand first, second;

    gen_packed(ctx, a->crbd >> 2);
    first = invert(gen_operand(ctx, a->crba, place), not_a);
    second = invert(gen_operand(ctx, a->crbb, place), not_b);
    if ((a->crbd == a->crba &&
         gen_and_in_place(ctx, a->crbd, inverse != not_a, inverse != inverted, second)) ||
        (a->crbd == a->crbb &&
         gen_and_in_place(ctx, a->crbd, inverse != not_b, inverse != inverted, first))) {
        return true;
    }
    gen_write_bit(ctx, a->crbd, invert(gen_operand_and(first, second), inverted));
    return true;
}

static bool gen_cr_xor(DisasContext *ctx, const arg_CRXOR *a, bool inverted)
{
    unsigned place = packed_bit[a->crbd & 3];
    CROperand first, second, result = { .value = tcg_temp_new_i64() };

    gen_packed(ctx, a->crbd >> 2);
    first = gen_operand(ctx, a->crba, place);
    second = gen_operand(ctx, a->crbb, place);
    if (a->crbd == a->crba) {
        tcg_gen_xor_i64(result.value, cpu_crf[a->crbd >> 2], gen_isolated(second, inverted, place));
        gen_write_crf(ctx, a->crbd >> 2, result.value);
        return true;
    }
    tcg_gen_xor_i64(result.value, first.value, second.value);
    result.inverted = first.inverted != second.inverted;
    gen_write_bit(ctx, a->crbd, invert(result, inverted));
    return true;
}

bool trans_CRAND(DisasContext *ctx, const arg_CRAND *a)
{
    return gen_cr_and(ctx, a, false, false, false);
}

bool trans_CRANDC(DisasContext *ctx, const arg_CRANDC *a)
{
    return gen_cr_and(ctx, a, false, true, false);
}

bool trans_CRNOR(DisasContext *ctx, const arg_CRNOR *a)
{
    return gen_cr_and(ctx, a, true, true, false);
}

bool trans_CRNAND(DisasContext *ctx, const arg_CRNAND *a)
{
    return gen_cr_and(ctx, a, false, false, true);
}

bool trans_CROR(DisasContext *ctx, const arg_CROR *a)
{
    return gen_cr_and(ctx, a, true, true, true);
}

bool trans_CRORC(DisasContext *ctx, const arg_CRORC *a)
{
    return gen_cr_and(ctx, a, true, false, true);
}

bool trans_CREQV(DisasContext *ctx, const arg_CREQV *a)
{
    return a->crba == a->crbb ? gen_set_bit(ctx, a->crbd, true) : gen_cr_xor(ctx, a, true);
}

bool trans_CRXOR(DisasContext *ctx, const arg_CRXOR *a)
{
    return a->crba == a->crbb ? gen_set_bit(ctx, a->crbd, false) : gen_cr_xor(ctx, a, false);
}

/* --- Moves */

bool trans_MCRF(DisasContext *ctx, const arg_MCRF *a)
{
    ctx->crf[a->crfd] = ctx->crf[a->crfs];
    ctx->crf[a->crfd].imaged = false;
    tcg_gen_mov_i64(cpu_crf[a->crfd], cpu_crf[a->crfs]);
    return true;
}

bool trans_MCRXR(DisasContext *ctx, const arg_MCRXR *a)
{
    TCGv_i64 bits[4] = { tcg_constant_i64(ctx->so), tcg_temp_new_i64(), tcg_temp_new_i64(),
                         tcg_constant_i64(0) };

    tcg_gen_extu_i32_i64(bits[CR_GT], cpu_ov);
    tcg_gen_extu_i32_i64(bits[CR_EQ], cpu_ca);
    gen_write_crf(ctx, a->crfd, gen_pack(bits));
    tcg_gen_movi_i32(cpu_ov, 0);
    tcg_gen_movi_i32(cpu_ca, 0);
    if (ctx->so) {
        gen_change_so_if(ctx, TCG_COND_ALWAYS, cpu_ov, false);
    }
    return true;
}

/* The four bits of a field, in place. */
static TCGv_i32 gen_field_bits(DisasContext *ctx, unsigned crf)
{
    TCGv_i64 bits = gen_read_bit(ctx, crf * 4);
    TCGv_i32 ret = tcg_temp_new_i32();

    for (unsigned i = 1; i < 4; i++) {
        tcg_gen_shli_i64(bits, bits, 1);
        tcg_gen_or_i64(bits, bits, gen_read_bit(ctx, crf * 4 + i));
    }
    tcg_gen_extrl_i64_i32(ret, bits);
    tcg_gen_shli_i32(ret, ret, 28 - 4 * crf);
    return ret;
}

/* Puts the fields in `mask` of `value` into the image. */
static void gen_update_image(DisasContext *ctx, TCGv_i32 value, uint32_t mask)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_andi_i32(t, value, mask);
    if (!ctx->cr_image) {
        ctx->cr_image = tcg_temp_new_i32();
        tcg_gen_mov_i32(ctx->cr_image, t);
    } else {
        tcg_gen_andi_i32(ctx->cr_image, ctx->cr_image, ~mask);
        tcg_gen_or_i32(ctx->cr_image, ctx->cr_image, t);
    }
    for (unsigned crf = 0; crf < 8; crf++) {
        ctx->crf[crf].imaged |= mask >> (28 - 4 * crf) & 1;
    }
}

/* Up to so many fields are gathered one by one. */
#define MAX_SINGLE_FIELDS 2

/*
 * The bits of `reg` that anybody can see: all, unless the next instruction is an rlwinm of it onto
 * itself, which leaves what its mask has. Compilers make numbers of comparisons in that way.
 */
static uint32_t bits_seen(DisasContext *ctx, unsigned reg)
{
    uint32_t insn, mask;
    unsigned shift;

    if (ctx->little_endian || (ctx->hflags & PPC_HF_IABR) || !translator_goes_on(&ctx->base)) {
        return UINT32_MAX;
    }
    insn = translator_ldl_be(&ctx->base, ctx->base.pc_next, 0);
    if ((insn & 0xffff0000) != (21u << 26 | reg << 21 | reg << 16)) {
        return UINT32_MAX;
    }
    shift = insn >> 11 & 31;
    mask = rotate_mask(insn >> 6 & 31, insn >> 1 & 31);
    return shift ? mask >> shift | mask << (32 - shift) : mask;
}

/* So few bits of the CR are put together one by one. */
#define MAX_SINGLE_BITS 2

static void gen_single_bits(DisasContext *ctx, TCGv_i32 ret, uint32_t bits)
{
    TCGv_i64 value = NULL;

    for (; bits; bits &= bits - 1) {
        unsigned place = __builtin_ctz(bits);
        TCGv_i64 t = gen_read_bit(ctx, 31 - place);

        tcg_gen_shli_i64(t, t, place);
        if (value) {
            tcg_gen_or_i64(t, t, value);
        }
        value = t;
    }
    tcg_gen_extrl_i64_i32(ret, value);
}

bool trans_MFCR(DisasContext *ctx, const arg_MFCR *a)
{
    uint32_t seen = bits_seen(ctx, a->rt);
    unsigned missing = 0;

    if (seen && __builtin_popcount(seen) <= MAX_SINGLE_BITS) {
        gen_single_bits(ctx, cpu_gpr[a->rt], seen);
        return true;
    }

    for (unsigned crf = 0; crf < 8; crf++) {
        missing += !ctx->crf[crf].imaged;
    }
    if (missing > MAX_SINGLE_FIELDS) {
        TCGv_i32 cr = tcg_temp_new_i32();

        if (ppc_wide_cr) {
            gen_helper_ppc_get_cr_wide(cr, tcg_env);
        } else {
            gen_helper_ppc_get_cr(cr, tcg_env);
        }
        gen_update_image(ctx, cr, UINT32_MAX);
    }
    for (unsigned crf = 0; crf < 8; crf++) {
        if (!ctx->crf[crf].imaged) {
            gen_update_image(ctx, gen_field_bits(ctx, crf), 0xfu << (28 - 4 * crf));
        }
    }
    tcg_gen_mov_i32(cpu_gpr[a->rt], ctx->cr_image);
    return true;
}

/* ppc_crf_pack() of all four-bit values; code of all CPUs reads it. */
static const uint64_t *packed_fields(void)
{
    static uint64_t table[16];
    static gsize filled;

    if (g_once_init_enter(&filled)) {
        for (unsigned i = 0; i < 16; i++) {
            table[i] = ppc_crf_pack(i);
        }
        g_once_init_leave(&filled, 1);
    }
    return table;
}

bool trans_MTCRF(DisasContext *ctx, const arg_MTCRF *a)
{
    const uint64_t *table = packed_fields();
    uint32_t mask = 0;

    for (unsigned crf = 0; crf < 8; crf++) {
        int shift = 25 - 4 * (int)crf; /* the field becomes the offset of its entry */
        TCGv_i32 index = tcg_temp_new_i32();
        TCGv_ptr entry = tcg_temp_new_ptr();

        if (!(a->crm & (0x80 >> crf))) {
            continue;
        }
        if (shift >= 0) {
            tcg_gen_shri_i32(index, cpu_gpr[a->rs], shift);
        } else {
            tcg_gen_shli_i32(index, cpu_gpr[a->rs], -shift);
        }
        tcg_gen_andi_i32(index, index, 15 * sizeof(table[0]));
        tcg_gen_ext_i32_ptr(entry, index);
        tcg_gen_add_ptr(entry, entry, tcg_constant_ptr(table));
        tcg_gen_ld_i64(cpu_crf[crf], entry, 0);
        ctx->crf[crf] = (CRField){ .packed = true };
        mask |= 0xfu << (28 - 4 * crf);
    }
    gen_update_image(ctx, cpu_gpr[a->rs], mask);
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
    (a->lk ? gen_exit_call : gen_exit_direct)(ctx, (a->aa ? 0 : ctx->cia) + a->li);
    return true;
}

bool trans_BC(DisasContext *ctx, const arg_BC *a)
{
    uint32_t dest = (a->aa ? 0 : ctx->cia) + a->bd;
    TCGLabel *not_taken = gen_new_label();

    gen_link(ctx, a->lk);
    if (bo_always(a->bo)) {
        (a->lk ? gen_exit_call : gen_exit_direct)(ctx, dest);
        return true;
    }
    if (gen_is_loop(ctx, dest)) {
        gen_branch_if_taken(ctx, a->bo, a->bi, ctx->head);
    } else {
        gen_branch_conditions(ctx, a->bo, a->bi, not_taken);
        (a->lk ? gen_exit_call : gen_exit_direct)(ctx, dest);
        gen_set_label(not_taken);
    }
    gen_count(ctx, PPC_PM_NOT_TAKEN);
    gen_exit_direct(ctx, ctx->cia + 4);
    return true;
}

static void gen_exit_to(DisasContext *ctx, TCGv_i32 dest, bool returns, bool call)
{
    if (returns) {
        gen_exit_return(ctx, dest);
    } else {
        gen_exit_indirect(ctx, dest, call);
    }
}

static bool gen_branch_to_register(DisasContext *ctx, const arg_BCLR *a, TCGv_i32 target)
{
    bool returns = target == cpu_lr && !a->lk;
    TCGLabel *not_taken = gen_new_label();
    TCGv_i32 dest = gen_copy(target);

    gen_link(ctx, a->lk);
    if (bo_always(a->bo)) {
        gen_exit_to(ctx, dest, returns, a->lk);
        return true;
    }
    gen_branch_conditions(ctx, a->bo, a->bi, not_taken);
    gen_exit_to(ctx, dest, returns, a->lk);
    gen_set_label(not_taken);
    gen_count(ctx, PPC_PM_NOT_TAKEN);
    gen_exit_direct(ctx, ctx->cia + 4);
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
