/*
 * Arm translator: Advanced SIMD, what only moves elements: copies, permutations, immediates.
 *
 * Reference: DDI 0487, C4.1.96 (encodings), C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/translate-simd.h"

/* ---- Copies ---- */

/* imm5: the lowest bit that is set says the size, what is above it the index. */
static bool decode_imm5(unsigned imm, unsigned *size, unsigned *index)
{
    if (!(imm & 15)) {
        return false;
    }
    *size = __builtin_ctz(imm);
    *index = imm >> (*size + 1);
    return true;
}

static TCGv_i64 gen_element(unsigned vn, unsigned size, unsigned index)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extract_vec(size, t, cpu_vreg[vn], index);
    return t;
}

static void gen_duplicate(unsigned vd, TCGv_i64 value, unsigned size, bool q)
{
    TCGv_vec t = new_vector();

    tcg_gen_dup_i64_vec(size, t, value);
    write_vector(vd, t, q);
}

bool a64_DUP_E(DisasContext *ctx, const arg_DUP_E *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index) || (size == MO_64 && !a->q)) {
        return false;
    }
    gen_duplicate(a->vd, gen_element(a->vn, size, index), size, a->q);
    return true;
}

bool a64_DUP_G(DisasContext *ctx, const arg_DUP_G *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index) || (size == MO_64 && !a->q)) {
        return false;
    }
    gen_duplicate(a->vd, a64_x(a->rn), size, a->q);
    return true;
}

bool a64_DUP_S(DisasContext *ctx, const arg_DUP_S *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index)) {
        return false;
    }
    a64_write_scalar(a->vd, gen_element(a->vn, size, index));
    return true;
}

bool a64_UMOV(DisasContext *ctx, const arg_UMOV *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index) || (size == MO_64) != a->q) {
        return false;
    }
    a64_write_x(a->rd, gen_element(a->vn, size, index), true);
    return true;
}

bool a64_SMOV(DisasContext *ctx, const arg_SMOV *a)
{
    unsigned size, index;
    TCGv_i64 t;

    if (!decode_imm5(a->imm, &size, &index) || size > (a->q ? MO_32 : MO_16)) {
        return false;
    }
    t = gen_element(a->vn, size, index);
    tcg_gen_sextract_i64(t, t, 0, 8 << size);
    a64_write_x(a->rd, t, a->q);
    return true;
}

bool a64_INS_G(DisasContext *ctx, const arg_INS_G *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index)) {
        return false;
    }
    tcg_gen_insert_vec(size, cpu_vreg[a->vd], cpu_vreg[a->vd], a64_x(a->rn), index);
    return true;
}

bool a64_INS_E(DisasContext *ctx, const arg_INS_E *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index)) {
        return false;
    }
    tcg_gen_insert_vec(size, cpu_vreg[a->vd], cpu_vreg[a->vd],
                       gen_element(a->vn, size, a->imm4 >> size), index);
    return true;
}

/* ---- Permutations ---- */

static TCGv_vec gen_zip(VectorOp *op, unsigned size, TCGv_vec a, TCGv_vec b)
{
    TCGv_vec t = new_vector();

    op(size, t, a, b);
    return t;
}

/* Registers of 64 bits are unzipped as the halves of one. */
static bool gen_unzip(const arg_UZP1 *a, bool odd)
{
    TCGv_vec low = cpu_vreg[a->vn], high = cpu_vreg[a->vm];

    if (!has_vector(BHSD, a->size, a->q)) {
        return false;
    }
    if (!a->q) {
        low = high = gen_zip(tcg_gen_zipl_vec, MO_64, low, high);
    }
    write_vector(a->vd, arm_gen_unzip(a->size, low, high, odd), a->q);
    return true;
}

bool a64_UZP1(DisasContext *ctx, const arg_UZP1 *a)
{
    return gen_unzip(a, false);
}

bool a64_UZP2(DisasContext *ctx, const arg_UZP2 *a)
{
    const arg_UZP1 operands = { .q = a->q, .size = a->size, .vm = a->vm, .vn = a->vn,
                                .vd = a->vd };

    return gen_unzip(&operands, true);
}

#define TRANSPOSITION(name, of_odd)                                                                \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        if (!has_vector(BHSD, a->size, a->q)) {                                                    \
            return false;                                                                          \
        }                                                                                          \
        write_vector(a->vd,                                                                        \
                     arm_gen_transpose(a->size, cpu_vreg[a->vn], cpu_vreg[a->vm], of_odd), a->q);  \
        return true;                                                                               \
    }
TRANSPOSITION(TRN1, false)
TRANSPOSITION(TRN2, true)

bool a64_ZIP1(DisasContext *ctx, const arg_ZIP1 *a)
{
    if (!has_vector(BHSD, a->size, a->q)) {
        return false;
    }
    write_vector(a->vd, gen_zip(tcg_gen_zipl_vec, a->size, cpu_vreg[a->vn], cpu_vreg[a->vm]), a->q);
    return true;
}

/* Of registers of 64 bits the second half of what is zipped is in the same 128 bits. */
bool a64_ZIP2(DisasContext *ctx, const arg_ZIP2 *a)
{
    TCGv_vec t;

    if (!has_vector(BHSD, a->size, a->q)) {
        return false;
    }
    t = gen_zip(a->q ? tcg_gen_ziph_vec : tcg_gen_zipl_vec, a->size, cpu_vreg[a->vn],
                cpu_vreg[a->vm]);
    write_vector(a->vd, a->q ? t : gen_zip(tcg_gen_ziph_vec, MO_64, t, t), a->q);
    return true;
}

/* A table of one register is a shuffle. Its index of 16 and more gives 0 here as well. */
bool a64_TBL(DisasContext *ctx, const arg_TBL *a)
{
    TCGv_vec t = new_vector();

    if (a->len) {
        return gen_whole(ctx, arm_vector_tbl);
    }
    tcg_gen_tbl_vec(t, cpu_vreg[a->vn], cpu_vreg[a->vm]);
    write_vector(a->vd, t, a->q);
    return true;
}

bool a64_TBX(DisasContext *ctx, const arg_TBX *a)
{
    return gen_whole(ctx, arm_vector_tbl);
}

/* Bytes imm to imm + 15 of both registers: two shuffles that leave zeros where the other's bytes
 * are. */
static TCGv_vec gen_bytes_from(TCGv_vec v, int first)
{
    TCGv_vec t = new_vector();
    uint8_t index[16];
    uint64_t halves[2];

    for (int i = 0; i < 16; i++) {
        index[i] = first + i >= 0 && first + i < 16 ? first + i : 0x80;
    }
    memcpy(halves, index, sizeof(halves));
    tcg_gen_tbl_vec(t, v, tcg_constant_v128(halves[0], halves[1]));
    return t;
}

bool a64_EXT(DisasContext *ctx, const arg_EXT *a)
{
    TCGv_vec t = new_vector();
    TCGv_i64 low, high;

    if (a->q) {
        tcg_gen_or_vec(t, gen_bytes_from(cpu_vreg[a->vn], a->imm),
                       gen_bytes_from(cpu_vreg[a->vm], (int)a->imm - 16));
        write_vector(a->vd, t, true);
        return true;
    }
    if (a->imm >= 8) {
        return false;
    }
    low = a64_read_scalar(a->vn, MO_64);
    high = a64_read_scalar(a->vm, MO_64);
    if (a->imm) {
        tcg_gen_shri_i64(low, low, 8 * a->imm);
        tcg_gen_shli_i64(high, high, 64 - 8 * a->imm);
        tcg_gen_or_i64(low, low, high);
    }
    a64_write_scalar(a->vd, low);
    return true;
}

/* ---- Immediates ---- */

static void write_constant(unsigned vd, uint64_t half, bool q)
{
    tcg_gen_mov_vec(cpu_vreg[vd], tcg_constant_v128(half, q ? half : 0));
}

/* AdvSIMDExpandImm(): the number that the eight bits stand for, as 64 bits. */
uint64_t arm_expand_modified_immediate(unsigned op, unsigned cmode, uint64_t imm)
{
    static const uint64_t of_words = 0x0000000100000001ull, of_halfwords = 0x0001000100010001ull;
    uint64_t result = 0;

    switch (cmode >> 1) {
    case 0:
    case 1:
    case 2:
    case 3:
        return (imm << (8 * (cmode >> 1))) * of_words;
    case 4:
        return imm * of_halfwords;
    case 5:
        return (imm << 8) * of_halfwords;
    case 6:
        return (cmode & 1 ? imm << 16 | 0xffff : imm << 8 | 0xff) * of_words;
    }
    if (cmode & 1) {
        return op ? arm_fp_expand_immediate(MO_64, imm)
                  : arm_fp_expand_immediate(MO_32, imm) * of_words;
    }
    if (!op) {
        return imm * 0x0101010101010101ull;
    }
    for (unsigned i = 0; i < 8; i++) {
        result |= imm >> i & 1 ? 0xffull << (8 * i) : 0;
    }
    return result;
}

/* MOVI, MVNI, ORR, BIC and FMOV of constants. */
bool a64_MOVI(DisasContext *ctx, const arg_MOVI *a)
{
    uint64_t value = arm_expand_modified_immediate(a->op, a->cmode, a->abc << 5 | a->defgh);
    TCGv_vec t = new_vector();

    if (a->cmode == 15 && a->op && !a->q) {
        return false;
    }
    if (a->cmode < 12 && (a->cmode & 1)) {
        TCGv_vec constant = tcg_constant_v128(value, value);

        (a->op ? tcg_gen_andc_vec : tcg_gen_or_vec)(t, cpu_vreg[a->vd], constant);
        write_vector(a->vd, t, a->q);
    } else {
        write_constant(a->vd, a->op && a->cmode < 14 ? ~value : value, a->q);
    }
    return true;
}

bool a64_MOVI_H(DisasContext *ctx, const arg_MOVI_H *a)
{
    uint64_t half = arm_fp_expand_immediate(MO_16, a->abc << 5 | a->defgh);

    write_constant(a->vd, half * 0x0001000100010001ull, a->q);
    return true;
}
