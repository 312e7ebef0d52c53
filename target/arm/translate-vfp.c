/*
 * Arm translator, AArch32: the rows of vfp.decode that are floating point.
 *
 * Double n is a half of vector register n / 2, single n a quarter of vector register n / 4.
 *
 * Reference: DDI 0487, F6.1, E1.3 (FPSCR), G8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/translate-float.h"
#include "target/arm/translate32.h"
#include "target/arm/vector.h"
#include "target/arm/vfp-decode.h"

/* ---- Registers ---- */

static TCGv_i64 new_i64(void)
{
    return tcg_temp_new_i64();
}

/*
 * The number of a register: its fifth bit is above the others in a double's, below in a single's.
 */
static unsigned reg(unsigned sz, unsigned four, unsigned one)
{
    return sz ? one << 4 | four : four << 1 | one;
}

static MemOp size_of(unsigned sz)
{
    return sz ? MO_64 : MO_32;
}

static TCGv_i64 read_reg(unsigned sz, unsigned n)
{
    TCGv_i64 t = new_i64();

    tcg_gen_extract_vec(size_of(sz), t, cpu_vreg[n >> (sz ? 1 : 2)], n & (sz ? 1 : 3));
    return t;
}

static void write_reg(unsigned sz, unsigned n, TCGv_i64 value)
{
    TCGv_vec v = cpu_vreg[n >> (sz ? 1 : 2)];

    tcg_gen_insert_vec(size_of(sz), v, v, value, n & (sz ? 1 : 3));
}

static TCGv_i64 widened(TCGv_i32 a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_extu_i32_i64(t, a);
    return t;
}

/* ---- Status ---- */

enum { VFP_FPSID = 0, VFP_FPSCR = 1, VFP_MVFR2 = 5, VFP_MVFR1 = 6, VFP_MVFR0 = 7, VFP_FPEXC = 8 };

bool vfp_VMSR(DisasContext *ctx, const arg_VMSR *a)
{
    if (a->rt == REG_PC || (a->reg != VFP_FPSCR && ctx->el == 0)) {
        return false;
    }
    gen_helper_arm_vfp_write(tcg_env, tcg_constant_i32(a->reg), cpu_r[a->rt]);
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool vfp_VMRS(DisasContext *ctx, const arg_VMRS *a)
{
    TCGv_i32 value = tcg_temp_new_i32();

    if (a->reg == VFP_FPSCR && a->rt == REG_PC && (ctx->hflags & ARM_HF_FP)) {
        tcg_gen_ld_i32(value, tcg_env, offsetof(CPUARMState, fpsr));
        aa32_write_nzcv(ctx, value);
        return true;
    }
    if ((a->rt == REG_PC && a->reg != VFP_FPSCR) || (a->reg != VFP_FPSCR && ctx->el == 0)) {
        return false;
    }
    gen_helper_arm_vfp_read(value, tcg_env, tcg_constant_i32(a->reg), tcg_constant_i32(a->rt));
    if (a->rt == REG_PC) {
        aa32_write_nzcv(ctx, value);
    } else {
        tcg_gen_mov_i32(cpu_r[a->rt], value);
    }
    return true;
}

/* ---- Moves ---- */

bool vfp_VMOV_SR(DisasContext *ctx, const arg_VMOV_SR *a)
{
    if (a->rt == REG_PC) {
        return false;
    }
    write_reg(0, reg(0, a->vn, a->n), widened(cpu_r[a->rt]));
    return true;
}

bool vfp_VMOV_RS(DisasContext *ctx, const arg_VMOV_RS *a)
{
    if (a->rt == REG_PC) {
        return false;
    }
    tcg_gen_extrl_i64_i32(cpu_r[a->rt], read_reg(0, reg(0, a->vn, a->n)));
    return true;
}

static bool bad_pair(unsigned rt, unsigned rt2, bool loads)
{
    return rt == REG_PC || rt2 == REG_PC || (loads && rt == rt2);
}

bool vfp_VMOV_SSRR(DisasContext *ctx, const arg_VMOV_SSRR *a)
{
    unsigned first = reg(0, a->vm, a->m);

    if (bad_pair(a->rt, a->rt2, false) || first == 31) {
        return false;
    }
    write_reg(0, first, widened(cpu_r[a->rt]));
    write_reg(0, first + 1, widened(cpu_r[a->rt2]));
    return true;
}

bool vfp_VMOV_RRSS(DisasContext *ctx, const arg_VMOV_RRSS *a)
{
    unsigned first = reg(0, a->vm, a->m);

    if (bad_pair(a->rt, a->rt2, true) || first == 31) {
        return false;
    }
    tcg_gen_extrl_i64_i32(cpu_r[a->rt], read_reg(0, first));
    tcg_gen_extrl_i64_i32(cpu_r[a->rt2], read_reg(0, first + 1));
    return true;
}

bool vfp_VMOV_DRR(DisasContext *ctx, const arg_VMOV_DRR *a)
{
    TCGv_i64 t = new_i64();

    if (bad_pair(a->rt, a->rt2, false)) {
        return false;
    }
    tcg_gen_concat_i32_i64(t, cpu_r[a->rt], cpu_r[a->rt2]);
    write_reg(1, reg(1, a->vm, a->m), t);
    return true;
}

bool vfp_VMOV_RRD(DisasContext *ctx, const arg_VMOV_RRD *a)
{
    if (bad_pair(a->rt, a->rt2, true)) {
        return false;
    }
    tcg_gen_extr_i64_i32(cpu_r[a->rt], cpu_r[a->rt2], read_reg(1, reg(1, a->vm, a->m)));
    return true;
}

/* An element of a double: opc:opc2 is 1xxx for bytes, 0xx1 for halfwords, 0x00 for words. */
static bool decode_element(unsigned opc, unsigned opc2, MemOp *size, unsigned *index)
{
    unsigned code = opc << 2 | opc2;

    *size = code & 8 ? MO_8 : code & 1 ? MO_16 : MO_32;
    *index = *size == MO_8 ? code & 7 : *size == MO_16 ? code >> 1 & 3 : code >> 2 & 1;
    return code & 9 || !(code & 2);
}

bool vfp_VMOV_XR(DisasContext *ctx, const arg_VMOV_XR *a)
{
    unsigned d = reg(1, a->vn, a->n), index;
    TCGv_vec v = cpu_vreg[d / 2];
    MemOp size;

    if (a->rt == REG_PC || !decode_element(a->opc, a->opc2, &size, &index)) {
        return false;
    }
    tcg_gen_insert_vec(size, v, v, widened(cpu_r[a->rt]), index + (d & 1 ? 8 >> size : 0));
    return true;
}

/* b, e: 00 words, 01 halfwords, 10 bytes. It is Advanced SIMD's. */
bool vfp_VDUP(DisasContext *ctx, const arg_VDUP *a)
{
    static const uint64_t copies[] = { 0x0000000100000001ull, 0x0001000100010001ull,
                                       0x0101010101010101ull };
    static const MemOp sizes[] = { MO_32, MO_16, MO_8 };
    unsigned kind = a->b << 1 | a->e, d = reg(1, a->vn, a->n);
    TCGv_i64 t = new_i64();

    if (!(ctx->id->mvfr[1] & 0xf00) || kind == 3 || a->rt == REG_PC || (a->q && (d & 1))) {
        return false;
    }
    tcg_gen_extract_i64(t, widened(cpu_r[a->rt]), 0, 8 << sizes[kind]);
    tcg_gen_muli_i64(t, t, copies[kind]);
    for (unsigned i = 0; i <= a->q; i++) {
        write_reg(1, d + i, t);
    }
    return true;
}

bool vfp_VMOV_RX(DisasContext *ctx, const arg_VMOV_RX *a)
{
    unsigned d = reg(1, a->vn, a->n), index;
    TCGv_i64 t = new_i64();
    TCGv_i32 word = tcg_temp_new_i32();
    MemOp size;

    if (a->rt == REG_PC || !decode_element(a->opc, a->opc2, &size, &index) ||
        (size == MO_32 && a->u)) {
        return false;
    }
    tcg_gen_extract_vec(size, t, cpu_vreg[d / 2], index + (d & 1 ? 8 >> size : 0));
    tcg_gen_extrl_i64_i32(word, t);
    if (!a->u && size != MO_32) {
        (size == MO_8 ? tcg_gen_ext8s_i32 : tcg_gen_ext16s_i32)(word, word);
    }
    tcg_gen_mov_i32(cpu_r[a->rt], word);
    return true;
}

/* ---- Loads and stores ---- */

/* A double is a doubleword that only has to be aligned as its words are. */
static MemOp access_of(const DisasContext *ctx, unsigned sz, unsigned rn)
{
    return (ctx->byte_order & ~MO_ALIGN) | (sz ? MO_64 | MO_ALIGN_4 : MO_32 | MO_ALIGN) |
           (rn == REG_SP ? MO_STACK : 0);
}

static TCGv_i32 base_of(DisasContext *ctx, unsigned rn)
{
    return rn == REG_PC ? tcg_constant_i32(aa32_pc(ctx) & ~3u) : aa32_copy(cpu_r[rn]);
}

static TCGv_i32 displaced(TCGv_i32 base, int32_t offset)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_addi_i32(t, base, offset);
    return t;
}

bool vfp_VLDR(DisasContext *ctx, const arg_VLDR *a)
{
    int32_t offset = a->u ? 4 * a->imm : -4 * a->imm;
    TCGv_i64 t = new_i64();

    tcg_gen_qemu_ld_i64(t, displaced(base_of(ctx, a->rn), offset), ctx->mmu_idx,
                        access_of(ctx, a->sz, a->rn));
    write_reg(a->sz, reg(a->sz, a->vd, a->d), t);
    return true;
}

bool vfp_VSTR(DisasContext *ctx, const arg_VSTR *a)
{
    int32_t offset = a->u ? 4 * a->imm : -4 * a->imm;

    if (a->rn == REG_PC && ctx->thumb) {
        return false;
    }
    tcg_gen_qemu_st_i64(read_reg(a->sz, reg(a->sz, a->vd, a->d)),
                        displaced(base_of(ctx, a->rn), offset), ctx->mmu_idx,
                        access_of(ctx, a->sz, a->rn));
    return true;
}

/* imm counts words; an odd number of doubles' (FLDMX) has one behind them. */
static bool gen_multiple(DisasContext *ctx, const arg_VLDM *a, bool down, bool load)
{
    unsigned first = reg(a->sz, a->vd, a->d), n = a->sz ? a->imm / 2 : a->imm;
    unsigned step = a->sz ? 8 : 4;
    MemOp op = access_of(ctx, a->sz, a->rn);
    TCGv_i64 values[32];
    TCGv_i32 base;

    if (n == 0 || n > 32 || (a->sz && n > 16) || first + n > 32 ||
        (a->rn == REG_PC && (a->w || ctx->thumb))) {
        return false;
    }
    base = base_of(ctx, a->rn);
    base = down ? displaced(base, -4 * a->imm) : base;
    for (unsigned i = 0; i < n; i++) {
        TCGv_i32 at = displaced(base, step * i);

        if (load) {
            values[i] = new_i64();
            tcg_gen_qemu_ld_i64(values[i], at, ctx->mmu_idx, op);
        } else {
            tcg_gen_qemu_st_i64(read_reg(a->sz, first + i), at, ctx->mmu_idx, op);
        }
    }
    for (unsigned i = 0; load && i < n; i++) {
        write_reg(a->sz, first + i, values[i]);
    }
    if (a->w) {
        tcg_gen_addi_i32(cpu_r[a->rn], base, down ? 0 : 4 * a->imm);
    }
    return true;
}

bool vfp_VLDM(DisasContext *ctx, const arg_VLDM *a)
{
    return gen_multiple(ctx, a, false, true);
}

bool vfp_VSTM(DisasContext *ctx, const arg_VSTM *a)
{
    return gen_multiple(ctx, a, false, false);
}

static bool gen_multiple_down(DisasContext *ctx, const arg_VLDMDB *a, bool load)
{
    const arg_VLDM same = { .d = a->d, .w = 1, .rn = a->rn, .vd = a->vd, .sz = a->sz,
                            .imm = a->imm };

    return gen_multiple(ctx, &same, true, load);
}

bool vfp_VLDMDB(DisasContext *ctx, const arg_VLDMDB *a)
{
    return gen_multiple_down(ctx, a, true);
}

bool vfp_VSTMDB(DisasContext *ctx, const arg_VSTMDB *a)
{
    return gen_multiple_down(ctx, a, false);
}

/* ---- Arithmetic ---- */

static TCGv_i64 negated(unsigned sz, TCGv_i64 a)
{
    TCGv_i64 t = new_i64();

    tcg_gen_xori_i64(t, a, arm_fp_sign_bit(size_of(sz)));
    return t;
}

/* b and c: NULL where there are fewer operands. */
static TCGv_i64 gen_arithmetic(DisasContext *ctx, unsigned sz, ARMLane *fn, TCGv_i64 a, TCGv_i64 b,
                               TCGv_i64 c)
{
    const TCGv_i64 zero = tcg_constant_i64(0);
    TCGv_i64 t = ctx->hflags & ARM_HF_FP_INLINE ? arm_gen_inline_float(fn, size_of(sz), a, b, c)
                                                : NULL;

    if (!t) {
        t = new_i64();
        gen_helper_arm_fp3(t, tcg_env, tcg_constant_ptr(fn), a, b ? b : zero, c ? c : zero,
                           tcg_constant_i32(size_of(sz)));
    }
    return t;
}

typedef struct Operands {
    unsigned d;
    TCGv_i64 n, m;
} Operands;

static Operands operands_of(const arg_VADD *a)
{
    return (Operands){ reg(a->sz, a->vd, a->d), read_reg(a->sz, reg(a->sz, a->vn, a->n)),
                       read_reg(a->sz, reg(a->sz, a->vm, a->m)) };
}

#define TWO(name, lane, negate)                                                                    \
    bool vfp_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        const Operands o = operands_of(a);                                                         \
        TCGv_i64 t = gen_arithmetic(ctx, a->sz, arm_lane_##lane, o.n, o.m, NULL);                  \
                                                                                                   \
        write_reg(a->sz, o.d, negate ? negated(a->sz, t) : t);                                     \
        return true;                                                                               \
    }
TWO(VADD, fadd, false)
TWO(VSUB, fsub, false)
TWO(VMUL, fmul, false)
TWO(VNMUL, fmul, true)
TWO(VDIV, fdiv, false)

/* Two roundings: the product's, and the sum's. */
static bool gen_multiply_accumulate(DisasContext *ctx, const arg_VADD *a, bool negate_product,
                                    bool negate_addend)
{
    const Operands o = operands_of(a);
    TCGv_i64 product = gen_arithmetic(ctx, a->sz, arm_lane_fmul, o.n, o.m, NULL);
    TCGv_i64 addend = read_reg(a->sz, o.d);

    product = negate_product ? negated(a->sz, product) : product;
    addend = negate_addend ? negated(a->sz, addend) : addend;
    write_reg(a->sz, o.d, gen_arithmetic(ctx, a->sz, arm_lane_fadd, addend, product, NULL));
    return true;
}

/* One rounding. */
static bool gen_fused(DisasContext *ctx, const arg_VADD *a, bool negate_product, bool negate_addend)
{
    const Operands o = operands_of(a);
    TCGv_i64 n = negate_product ? negated(a->sz, o.n) : o.n, addend = read_reg(a->sz, o.d);

    addend = negate_addend ? negated(a->sz, addend) : addend;
    write_reg(a->sz, o.d, gen_arithmetic(ctx, a->sz, arm_lane_fmla, n, o.m, addend));
    return true;
}

#define ACCUMULATE(name, gen, negate_product, negate_addend)                                       \
    bool vfp_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return gen(ctx, a, negate_product, negate_addend);                                         \
    }
ACCUMULATE(VMLA, gen_multiply_accumulate, false, false)
ACCUMULATE(VMLS, gen_multiply_accumulate, true, false)
ACCUMULATE(VNMLS, gen_multiply_accumulate, false, true)
ACCUMULATE(VNMLA, gen_multiply_accumulate, true, true)
ACCUMULATE(VFMA, gen_fused, false, false)
ACCUMULATE(VFMS, gen_fused, true, false)
ACCUMULATE(VFNMS, gen_fused, false, true)
ACCUMULATE(VFNMA, gen_fused, true, true)

bool vfp_VMOV_I(DisasContext *ctx, const arg_VMOV_I *a)
{
    uint64_t value = arm_fp_expand_immediate(size_of(a->sz), a->imm4h << 4 | a->imm4l);

    write_reg(a->sz, reg(a->sz, a->vd, a->d), tcg_constant_i64(value));
    return true;
}

static TCGv_i64 operand_of(const arg_VMOV *a)
{
    return read_reg(a->sz, reg(a->sz, a->vm, a->m));
}

static bool write_result(const arg_VMOV *a, TCGv_i64 value)
{
    write_reg(a->sz, reg(a->sz, a->vd, a->d), value);
    return true;
}

bool vfp_VMOV(DisasContext *ctx, const arg_VMOV *a)
{
    return write_result(a, operand_of(a));
}

bool vfp_VABS(DisasContext *ctx, const arg_VABS *a)
{
    TCGv_i64 t = operand_of(a);

    tcg_gen_andi_i64(t, t, arm_fp_sign_bit(size_of(a->sz)) - 1);
    return write_result(a, t);
}

bool vfp_VNEG(DisasContext *ctx, const arg_VNEG *a)
{
    return write_result(a, negated(a->sz, operand_of(a)));
}

bool vfp_VSQRT(DisasContext *ctx, const arg_VSQRT *a)
{
    return write_result(a, gen_arithmetic(ctx, a->sz, arm_lane_fsqrt, operand_of(a), NULL, NULL));
}

/* ---- Comparison: the flags are FPSCR's ---- */

static bool gen_compare(unsigned sz, unsigned d, TCGv_i64 b, bool signaling)
{
    TCGv_i64 flags = new_i64(), fpsr = new_i64();

    gen_helper_arm_fp_compare(flags, tcg_env, read_reg(sz, d), b,
                              tcg_constant_i32(size_of(sz) | signaling << 2));
    tcg_gen_ld_i64(fpsr, tcg_env, offsetof(CPUARMState, fpsr));
    tcg_gen_andi_i64(fpsr, fpsr, 0x0fffffff);
    tcg_gen_or_i64(fpsr, fpsr, flags);
    tcg_gen_st_i64(fpsr, tcg_env, offsetof(CPUARMState, fpsr));
    return true;
}

bool vfp_VCMP(DisasContext *ctx, const arg_VCMP *a)
{
    return gen_compare(a->sz, reg(a->sz, a->vd, a->d), read_reg(a->sz, reg(a->sz, a->vm, a->m)),
                       a->e);
}

bool vfp_VCMP_Z(DisasContext *ctx, const arg_VCMP_Z *a)
{
    return gen_compare(a->sz, reg(a->sz, a->vd, a->d), tcg_constant_i64(0), a->e);
}

/* ---- Conversions ---- */

static void gen_convert(TCGv_i64 t, MemOp to, MemOp from)
{
    gen_helper_arm_fp_convert(t, tcg_env, t, tcg_constant_i32(to | from << 2));
}

/* With doubles they came with Armv8. */
static bool lacks_half(const DisasContext *ctx, unsigned sz)
{
    return sz && (ctx->id->mvfr[1] >> 24 & 0xf) < 2;
}

bool vfp_VCVT_FH(DisasContext *ctx, const arg_VCVT_FH *a)
{
    TCGv_i64 t = read_reg(0, reg(0, a->vm, a->m));

    if (lacks_half(ctx, a->sz)) {
        return false;
    }
    tcg_gen_extract_i64(t, t, a->t ? 16 : 0, 16);
    gen_convert(t, size_of(a->sz), MO_16);
    write_reg(a->sz, reg(a->sz, a->vd, a->d), t);
    return true;
}

bool vfp_VCVT_HF(DisasContext *ctx, const arg_VCVT_HF *a)
{
    unsigned d = reg(0, a->vd, a->d);
    TCGv_i64 t = read_reg(a->sz, reg(a->sz, a->vm, a->m)), old = read_reg(0, d);

    if (lacks_half(ctx, a->sz)) {
        return false;
    }
    gen_convert(t, MO_16, size_of(a->sz));
    tcg_gen_deposit_i64(old, old, t, a->t ? 16 : 0, 16);
    write_reg(0, d, old);
    return true;
}

/* sz: of the operand. */
bool vfp_VCVT_FF(DisasContext *ctx, const arg_VCVT_FF *a)
{
    TCGv_i64 t = operand_of(a);

    gen_convert(t, size_of(!a->sz), size_of(a->sz));
    write_reg(!a->sz, reg(!a->sz, a->vd, a->d), t);
    return true;
}

/* op: signed */
bool vfp_VCVT_FI(DisasContext *ctx, const arg_VCVT_FI *a)
{
    TCGv_i64 t = read_reg(0, reg(0, a->vm, a->m));

    gen_helper_arm_fp_from_int(
        t, tcg_env, t, tcg_constant_i32(size_of(a->sz) | (a->op ? ARM_CONVERT_SIGNED : 0)));
    write_reg(a->sz, reg(a->sz, a->vd, a->d), t);
    return true;
}

static bool gen_to_integer(const arg_VCVT_IU *a, bool is_signed)
{
    TCGv_i64 t = read_reg(a->sz, reg(a->sz, a->vm, a->m));
    uint32_t rounding = a->op ? ARM_ROUND_ZERO << ARM_CONVERT_ROUNDING_SHIFT : ARM_CONVERT_FPCR;

    gen_helper_arm_fp_to_int(t, tcg_env, t,
                             tcg_constant_i32(size_of(a->sz) | rounding |
                                              (is_signed ? ARM_CONVERT_SIGNED : 0)));
    write_reg(0, reg(0, a->vd, a->d), t);
    return true;
}

bool vfp_VCVT_IU(DisasContext *ctx, const arg_VCVT_IU *a)
{
    return gen_to_integer(a, false);
}

bool vfp_VCVT_IS(DisasContext *ctx, const arg_VCVT_IS *a)
{
    return gen_to_integer(a, true);
}

/* Of 16 or 32 bits, in place; the helper's word: size, width, sign, bits behind the point. */
static bool gen_fixed(const arg_VCVT_FX *a, bool to_fixed)
{
    unsigned bits = a->sx ? 32 : 16, d = reg(a->sz, a->vd, a->d), i = a->imm << 1 | a->i;
    TCGv_i64 t = read_reg(a->sz, d);
    TCGv_i32 desc = tcg_constant_i32(size_of(a->sz) | a->sx << 2 | !a->u << 3 | (bits - i) << 4);

    if (i > bits) {
        return false;
    }
    (to_fixed ? gen_helper_arm_vfp_to_fixed : gen_helper_arm_vfp_from_fixed)(t, tcg_env, t, desc);
    write_reg(a->sz, d, t);
    return true;
}

bool vfp_VCVT_FX(DisasContext *ctx, const arg_VCVT_FX *a)
{
    return gen_fixed(a, false);
}

bool vfp_VCVT_XF(DisasContext *ctx, const arg_VCVT_XF *a)
{
    return gen_fixed(a, true);
}

/* ---- Armv8 ---- */

/* MVFR2.FPMisc: selection, directed conversions, rounding, numeric maximum and minimum. */
static bool has_v8_float(const DisasContext *ctx)
{
    return (ctx->id->mvfr[2] >> 4 & 0xf) >= 4;
}

/* cc: EQ, VS, GE, GT */
bool vfp_VSEL(DisasContext *ctx, const arg_VSEL *a)
{
    static const uint8_t conditions[] = { 0, 6, 10, 12 };
    TCGv_i64 t = read_reg(a->sz, reg(a->sz, a->vm, a->m)), n = read_reg(a->sz, reg(a->sz, a->vn, a->n));
    TCGLabel *done = gen_new_label();

    if (!has_v8_float(ctx)) {
        return false;
    }
    aa32_branch_if(ctx, conditions[a->cc] ^ 1, done);
    tcg_gen_mov_i64(t, n);
    gen_set_label(done);
    write_reg(a->sz, reg(a->sz, a->vd, a->d), t);
    return true;
}

static bool gen_extreme(DisasContext *ctx, const arg_VMAXNM *a, ARMLane *fn)
{
    TCGv_i64 t = read_reg(a->sz, reg(a->sz, a->vn, a->n));

    if (!has_v8_float(ctx)) {
        return false;
    }
    gen_helper_arm_fp2(t, tcg_env, tcg_constant_ptr(fn), t, read_reg(a->sz, reg(a->sz, a->vm, a->m)),
                       tcg_constant_i32(size_of(a->sz)));
    write_reg(a->sz, reg(a->sz, a->vd, a->d), t);
    return true;
}

bool vfp_VMAXNM(DisasContext *ctx, const arg_VMAXNM *a)
{
    return gen_extreme(ctx, a, arm_lane_fmaxnm);
}

bool vfp_VMINNM(DisasContext *ctx, const arg_VMINNM *a)
{
    return gen_extreme(ctx, a, arm_lane_fminnm);
}

static bool gen_round(DisasContext *ctx, const arg_VMOV *a, ARMLane *fn)
{
    TCGv_i64 t = operand_of(a);

    if (!has_v8_float(ctx)) {
        return false;
    }
    gen_helper_arm_fp1(t, tcg_env, tcg_constant_ptr(fn), t, tcg_constant_i32(size_of(a->sz)));
    return write_result(a, t);
}

static arg_VMOV registers_of(unsigned d, unsigned vd, unsigned sz, unsigned m, unsigned vm)
{
    return (arg_VMOV){ .d = d, .vd = vd, .sz = sz, .m = m, .vm = vm };
}

bool vfp_VRINT_D(DisasContext *ctx, const arg_VRINT_D *a)
{
    static ARMLane *const lanes[] = { arm_lane_frinta, arm_lane_frintn, arm_lane_frintp,
                                      arm_lane_frintm };
    const arg_VMOV regs = registers_of(a->d, a->vd, a->sz, a->m, a->vm);

    return gen_round(ctx, &regs, lanes[a->rm]);
}

bool vfp_VRINTR(DisasContext *ctx, const arg_VRINTR *a)
{
    const arg_VMOV regs = registers_of(a->d, a->vd, a->sz, a->m, a->vm);

    return gen_round(ctx, &regs, a->op ? arm_lane_frintz : arm_lane_frinti);
}

bool vfp_VRINTX(DisasContext *ctx, const arg_VRINTX *a)
{
    return gen_round(ctx, a, arm_lane_frintx);
}

bool vfp_VCVT_D(DisasContext *ctx, const arg_VCVT_D *a)
{
    static const uint8_t roundings[] = { ARM_ROUND_AWAY, ARM_ROUND_NEAREST, ARM_ROUND_UP,
                                         ARM_ROUND_DOWN };
    TCGv_i64 t = read_reg(a->sz, reg(a->sz, a->vm, a->m));

    if (!has_v8_float(ctx)) {
        return false;
    }
    gen_helper_arm_fp_to_int(
        t, tcg_env, t,
        tcg_constant_i32(size_of(a->sz) | roundings[a->rm] << ARM_CONVERT_ROUNDING_SHIFT |
                         (a->op ? ARM_CONVERT_SIGNED : 0)));
    write_reg(0, reg(0, a->vd, a->d), t);
    return true;
}
