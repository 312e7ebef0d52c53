/*
 * x86-64: the operations on vector registers.
 *
 * One row per operation: opcodes by element size, constraints, and the function that emits it. With
 * AVX, instructions have three operands; without, the first is overwritten, so input 0 is brought
 * into the result's register first (the constraints then keep the others out of it).
 *
 * Reference: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2; volume 1,
 * table 4-7, for which operand's NaN survives.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "lower-vector.h"

typedef struct VectorLowering {
    void (*emit)(TCGContext *s, const TCGOp *op, const HostOperands *h);
    uint32_t opcode[4]; /* by element size, or by what `emit` says */
    uint8_t field;      /* reg field of shifts */
} VectorLowering;

static const VectorLowering lowering[NB_OPS];

void x_vector_mov(TCGContext *s, unsigned dst, unsigned src)
{
    vector_mov(s, dst, src);
}

void x_vector_movi(TCGContext *s, TCGType type, unsigned dst, uint64_t low, uint64_t high)
{
    bool wide = type == TCG_TYPE_V128;

    if (low == 0 && high == 0) {
        x_rr(s, X_PXOR, dst, dst);
    } else if (low == UINT64_MAX && (!wide || high == low)) {
        x_rr(s, X_PCMPEQD, dst, dst);
    } else {
        x_movi_keep_flags(s, SCRATCH, low);
        x_rr(s, X_MOVD_TO_XMM | X_W, dst, SCRATCH);
        if (wide && high == low) {
            x_rr(s, X_PUNPCKLQDQ, dst, dst);
        } else if (high) {
            x_movi_keep_flags(s, SCRATCH, high);
            x_rr(s, X_PINSRQ, dst, SCRATCH);
            x_byte(s, 1);
        }
    }
}

void x_vector_load(TCGContext *s, TCGType type, unsigned reg, X86Mem m)
{
    x_rm(s, type == TCG_TYPE_F32 ? X_MOVSS : type == TCG_TYPE_V128 ? X_MOVDQU : X_MOVQ, reg, m);
}

void x_vector_store(TCGContext *s, TCGType type, unsigned reg, X86Mem m)
{
    x_rm(s, type == TCG_TYPE_F32 ? X_MOVSS_R : type == TCG_TYPE_V128 ? X_MOVDQU_R : X_MOVQ_R, reg,
         m);
}

static X86Mem access_mem(const TCGOp *op, const Operand *base)
{
    return base->kind == OPND_ENV ? x_env(op->mem.disp) : x_mem(base->reg, op->mem.disp);
}

static void emit_vld(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_vector_load(s, op->type, h->out[0].reg, access_mem(op, &h->in[0]));
}

static void emit_vst(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_vector_store(s, op->type, h->in[0].reg, access_mem(op, &h->in[1]));
}

/* ---- Integer elements ---- */

static void emit_binary(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    three(s, lowering[op->opc].opcode[op->vec.vece], h->out[0].reg, h->in[0].reg, h->in[1].reg);
}

static void emit_bitwise(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    three(s, lowering[op->opc].opcode[0], h->out[0].reg, h->in[0].reg, h->in[1].reg);
}

/* pandn complements its first operand */
static void emit_andc(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    three(s, X_PANDN, h->out[0].reg, h->in[1].reg, h->in[0].reg);
}

static void emit_bitsel(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned mask = h->in[0].reg, t = h->scratch[0];

    three(s, X_PAND, t, mask, h->in[1].reg);
    three(s, X_PANDN, VECTOR_SCRATCH, mask, h->in[2].reg);
    three(s, X_POR, h->out[0].reg, t, VECTOR_SCRATCH);
}

static void emit_shift_imm(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    const VectorLowering *l = &lowering[op->opc];
    unsigned opcode = l->opcode[op->vec.vece], out = h->out[0].reg;

    if (x86_features.avx) {
        x_vex_rr(s, opcode, l->field, out, h->in[0].reg);
    } else {
        vector_mov(s, out, h->in[0].reg);
        x_rr(s, opcode, l->field, out);
    }
    x_byte(s, op->vec.imm);
}

/* The upper halves of a v64 are the upper half of what the low halves' instruction makes. */
static void emit_zip_high(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    if (op->type == TCG_TYPE_V128) {
        emit_binary(s, op, h);
        return;
    }
    three(s, lowering[OP_vzipl].opcode[op->vec.vece], h->out[0].reg, h->in[0].reg, h->in[1].reg);
    x_rr(s, X_PSRLDQ, 3, h->out[0].reg);
    x_byte(s, 8);
}

static void emit_dup(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    static const uint32_t broadcast[] = { 0x78 | P66_38, 0x79 | P66_38, 0x58 | P66_38,
                                          0x59 | P66_38 };
    unsigned out = h->out[0].reg;

    x_rr(s, X_MOVD_TO_XMM | X_W, out, h->in[0].reg);
    if (x86_features.avx2) {
        x_vex_rr(s, broadcast[op->vec.vece], out, 0, out);
        return;
    }
    switch (op->vec.vece) {
    case MO_8:
        x_rr(s, X_PXOR, VECTOR_SCRATCH, VECTOR_SCRATCH);
        x_rr(s, X_PSHUFB, out, VECTOR_SCRATCH);
        return;
    case MO_16:
        x_rr(s, X_PSHUFLW, out, out);
        x_byte(s, 0);
        break;
    case MO_32:
        x_rr(s, X_PSHUFD, out, out);
        x_byte(s, 0);
        return;
    }
    x_rr(s, X_PUNPCKLQDQ, out, out);
}

static void emit_vextract(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    static const uint32_t opcodes[] = { 0x14 | P66_3A, 0x15 | P66_3A, 0x16 | P66_3A,
                                        0x16 | P66_3A | X_W };

    if (op->vec.imm == 0 && op->vec.vece >= MO_32) {
        x_rr(s, X_MOVD_FROM_XMM | (op->vec.vece == MO_64 ? X_W : 0), h->in[0].reg, h->out[0].reg);
        return;
    }
    x_rr(s, opcodes[op->vec.vece], h->in[0].reg, h->out[0].reg);
    x_byte(s, op->vec.imm);
}

static void emit_vinsert(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    static const uint32_t opcodes[] = { 0x20 | P66_3A, 0xc4 | P66, 0x22 | P66_3A, X_PINSRQ };

    three(s, opcodes[op->vec.vece], h->out[0].reg, h->in[0].reg, h->in[1].reg);
    x_byte(s, op->vec.imm);
}

static void emit_dup_lane(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    if (op->vec.vece == MO_64) {
        three(s, lowering[op->vec.imm ? OP_vziph : OP_vzipl].opcode[MO_64], h->out[0].reg,
              h->in[0].reg, h->in[0].reg);
    } else {
        x_rr(s, X_PSHUFD, h->out[0].reg, h->in[0].reg);
        x_byte(s, 0x55 * op->vec.imm);
    }
}

static void emit_unzip(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    three(s, X_SHUFPS, h->out[0].reg, h->in[0].reg, h->in[1].reg);
    x_byte(s, op->vec.imm ? 0xdd : 0x88);
}

/* movq clears what is above; for words insertps does. */
static void emit_vlow(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    if (op->vec.vece == MO_64) {
        x_rr(s, X_MOVQ, h->out[0].reg, h->in[0].reg);
    } else {
        three(s, X_INSERTPS, h->out[0].reg, h->in[0].reg, h->in[0].reg);
        x_byte(s, 0x0e);
    }
}

static void emit_vlow_int(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_rr(s, X_MOVD_TO_XMM | X_W, h->out[0].reg, h->in[0].reg);
}

static void emit_vconcat(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_rr(s, X_MOVD_TO_XMM | X_W, h->out[0].reg, h->in[0].reg);
    x_rr(s, X_PINSRQ, h->out[0].reg, h->in[1].reg);
    x_byte(s, 1);
}

/*
 * pshufb clears where the index's top bit is set: adding, with saturation, what lifts the first
 * index out of range up there. Adding 0x78 for a v64 turns bit 3 of the good ones on, so the table
 * stands in the upper half, too.
 */
static void emit_tbl(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned table = h->in[0].reg, t = h->scratch[0];
    uint64_t lift = op->type == TCG_TYPE_V64 ? 0x7878787878787878 : 0x7070707070707070;

    if (op->vec.imm && x86_features.avx) { /* the instruction does it as it is */
        x_vex_rr(s, X_PSHUFB, h->out[0].reg, table, h->in[1].reg);
        return;
    }
    if (op->vec.imm) {
        vector_mov(s, t, table);
        x_rr(s, X_PSHUFB, t, h->in[1].reg);
        vector_mov(s, h->out[0].reg, t);
        return;
    }
    x_vector_movi(s, TCG_TYPE_V128, VECTOR_SCRATCH, lift, lift);
    x_rr(s, X_PADDUSB, VECTOR_SCRATCH, h->in[1].reg);
    vector_mov(s, t, table);
    if (op->type == TCG_TYPE_V64) {
        x_rr(s, X_PUNPCKLQDQ, t, t);
    }
    three(s, X_PSHUFB, h->out[0].reg, t, VECTOR_SCRATCH);
}

/* ---- Floating point ---- */

/* Scalar: by type, f32 first. */
static unsigned scalar_opcode(const TCGOp *op)
{
    return lowering[op->opc].opcode[op->type == TCG_TYPE_F64];
}

static void emit_scalar(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    three(s, scalar_opcode(op), h->out[0].reg, h->in[0].reg, h->in[1].reg);
}

/* One operand. What else the result's register held mustn't be waited for. */
static void emit_scalar_unary(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    three(s, scalar_opcode(op), h->out[0].reg, h->in[0].reg, h->in[0].reg);
}

/* Of two NaNs the second source's survives, before the destination's. */
static void emit_fma(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg;

    unsigned negated = (op->vec.imm & TCG_NEGATE_ADDEND ? 2 : 0) +
                       (op->vec.imm & TCG_NEGATE_PRODUCT ? 4 : 0);

    vector_mov(s, out, h->in[1].reg);
    x_vex_rr(s, (X_VFMADD213 + negated) | width(op->type), out, h->in[0].reg, h->in[2].reg);
}

/* The packed instruction, or the scalar one. */
static unsigned packed_opcode(const TCGOp *op)
{
    bool wide = op->vec.vece == MO_64;

    if (!(op->vec.imm & VFLOAT_LOWEST)) {
        return lowering[op->opc].opcode[0] | (wide ? X_66 : 0);
    }
    return lowering[op->opc].opcode[0] | (wide ? X_F2 : X_F3);
}

static void emit_packed(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    three(s, packed_opcode(op), h->out[0].reg, h->in[0].reg, h->in[1].reg);
}

static void emit_packed_cmp(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    emit_packed(s, op, h);
    x_byte(s, op->vec.imm & 3); /* TCGFloatCond's order is the instruction's */
}

static void emit_packed_sqrt(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    if (op->vec.imm & VFLOAT_LOWEST) {
        three(s, packed_opcode(op), h->out[0].reg, h->in[0].reg, h->in[0].reg);
    } else {
        x_rr(s, packed_opcode(op), h->out[0].reg, h->in[0].reg);
    }
}

static void emit_packed_round(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    static const uint8_t modes[] = { 0, 1, 2, 3 }; /* by TCGRounding */
    unsigned opcode = X_ROUNDPS + (op->vec.vece == MO_64), out = h->out[0].reg;

    if (op->vec.imm & VFLOAT_LOWEST) {
        three(s, opcode + 2, out, h->in[0].reg, h->in[0].reg);
    } else {
        x_rr(s, opcode, out, h->in[0].reg);
    }
    x_byte(s, modes[op->vec.imm & 3] | 8); /* 8: without the flag */
}

static void emit_packed_fma(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg;
    unsigned opcode = (op->vec.imm & VFLOAT_LOWEST ? X_VFMADD213 : X_VFMADD213_PACKED) +
                      (op->vec.imm & TCG_NEGATE_ADDEND ? 2 : 0) +
                      (op->vec.imm & TCG_NEGATE_PRODUCT ? 4 : 0);

    vector_mov(s, out, h->in[1].reg);
    x_vex_rr(s, opcode | (op->vec.vece == MO_64 ? X_W : 0), out, h->in[0].reg, h->in[2].reg);
}

/* By what the results are, singles first. */
static void emit_packed_convert(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_rr(s, lowering[op->opc].opcode[op->vec.vece == MO_64], h->out[0].reg, h->in[0].reg);
}

static void emit_packed_sign(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned count = op->vec.vece == MO_64 ? COUNT_2D : COUNT_4S;

    three_code(s, op->opc == OP_vfneg ? X_PXOR : X_PAND, h->out[0].reg, h->in[0].reg,
               x_guard_constant(op->opc == OP_vfneg ? GUARD_SIGNS : GUARD_MAGNITUDE, count));
}

static void emit_fcmp(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned opcode = (op->vec.imm & FCMP_SIGNALING ? X_COMIS : X_UCOMIS) |
                      (op->vec.vece == MO_64 ? X_66 : 0);
    unsigned a = h->in[0].reg, b = h->in[1].reg, out = h->out[0].reg;
    unsigned cc;

    switch (op->vec.imm & ~FCMP_SIGNALING) {
    case TCG_FCOND_LT:
        x_rr(s, opcode, b, a);
        cc = CC_A;
        break;
    case TCG_FCOND_LE:
        x_rr(s, opcode, b, a);
        cc = CC_AE;
        break;
    case TCG_FCOND_EQ:
        x_rr(s, opcode, a, b);
        cc = CC_NP;
        break;
    default:
        x_rr(s, opcode, a, b);
        cc = CC_P;
    }
    x_movi_keep_flags(s, out, 0);
    x_rr(s, (X_SETCC + cc) | X_BYTE_RM, 0, out);
    if (cc == CC_NP) { /* equal, and not unordered */
        x_movi_keep_flags(s, SCRATCH, 0);
        x_rr(s, X_CMOV + CC_NE, out, SCRATCH);
    }
}

/* above - below, from the flags; NaNs set those of below. */
static void emit_fcmp3(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg;

    x_rr(s, X_XOR, out, out);
    x_rr(s, X_UCOMIS | (op->vec.vece == MO_64 ? X_66 : 0), h->in[0].reg, h->in[1].reg);
    x_rr(s, (X_SETCC + CC_A) | X_BYTE_RM, 0, out);
    x_group1_ri(s, X_W, G1_SBB, out, 0);
}

/* Converts into a register whose old contents would be kept in part: cleared first. */
static void emit_fcvt_int(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_rr(s, X_PXOR, h->out[0].reg, h->out[0].reg);
    x_rr(s, scalar_opcode(op) | (op->vec.vece == MO_64 ? X_W : 0), h->out[0].reg, h->in[0].reg);
}

static void emit_vlow_cvt(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_rr(s, X_PXOR, h->out[0].reg, h->out[0].reg);
    x_rr(s, lowering[OP_fcvt_int].opcode[op->vec.imm == MO_64] |
                (op->vec.vece == MO_64 ? X_W : 0), h->out[0].reg, h->in[0].reg);
}

static void emit_to_int(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_rr(s, lowering[op->opc].opcode[op->vec.vece == MO_64] | width(op->type), h->out[0].reg,
         h->in[0].reg);
}

static void emit_fbits(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_rr(s, X_MOVD_FROM_XMM | width(op->type), h->in[0].reg, h->out[0].reg);
}

static void emit_ffrombits(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_rr(s, X_MOVD_TO_XMM | width(op->type), h->out[0].reg, h->in[0].reg);
}

/* What is above the lowest element of a float's register doesn't count. */
static void emit_flow(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    vector_mov(s, h->out[0].reg, h->in[0].reg);
}

static void emit_fneg(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    vector_mov(s, h->out[0].reg, h->in[0].reg);
    x_r_code(s, X_PXOR, h->out[0].reg, x_mask_address(MASK_SIGN, op->type == TCG_TYPE_F32));
}

static void emit_fabs(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    vector_mov(s, h->out[0].reg, h->in[0].reg);
    x_r_code(s, X_PAND, h->out[0].reg, x_mask_address(MASK_ALL_BUT_SIGN, op->type == TCG_TYPE_F32));
}

/* ---- The table ---- */

#define SS(opcode) ((opcode) | X_0F | X_F3)
#define SD(opcode) ((opcode) | X_0F | X_F2)

static const VectorLowering lowering[NB_OPS] = {
    [OP_vld] = { emit_vld },
    [OP_vst] = { emit_vst },
    [OP_vand] = { emit_bitwise, { X_PAND } },
    [OP_vor] = { emit_bitwise, { X_POR } },
    [OP_vxor] = { emit_bitwise, { X_PXOR } },
    [OP_vandc] = { emit_andc },
    [OP_vbitsel] = { emit_bitsel },
    [OP_vtbl] = { emit_tbl },
    [OP_vadd] = { emit_binary, { 0xfc | P66, 0xfd | P66, 0xfe | P66, 0xd4 | P66 } },
    [OP_vsub] = { emit_binary, { 0xf8 | P66, 0xf9 | P66, 0xfa | P66, 0xfb | P66 } },
    [OP_vmul] = { emit_binary, { 0, 0xd5 | P66, 0x40 | P66_38 } },
    [OP_vssadd] = { emit_binary, { 0xec | P66, 0xed | P66 } },
    [OP_vusadd] = { emit_binary, { X_PADDUSB, 0xdd | P66 } },
    [OP_vsssub] = { emit_binary, { 0xe8 | P66, 0xe9 | P66 } },
    [OP_vussub] = { emit_binary, { 0xd8 | P66, 0xd9 | P66 } },
    [OP_vsmin] = { emit_binary, { 0x38 | P66_38, 0xea | P66, 0x39 | P66_38 } },
    [OP_vsmax] = { emit_binary, { 0x3c | P66_38, 0xee | P66, 0x3d | P66_38 } },
    [OP_vumin] = { emit_binary, { 0xda | P66, 0x3a | P66_38, 0x3b | P66_38 } },
    [OP_vumax] = { emit_binary, { 0xde | P66, 0x3e | P66_38, 0x3f | P66_38 } },
    [OP_vcmpeq] = { emit_binary, { 0x74 | P66, 0x75 | P66, X_PCMPEQD, 0x29 | P66_38 } },
    [OP_vcmpgt] = { emit_binary, { 0x64 | P66, 0x65 | P66, 0x66 | P66, 0x37 | P66_38 } },
    [OP_vshli] = { emit_shift_imm, { 0, 0x71 | P66, 0x72 | P66, 0x73 | P66 }, 6 },
    [OP_vshri] = { emit_shift_imm, { 0, 0x71 | P66, 0x72 | P66, 0x73 | P66 }, 2 },
    [OP_vsari] = { emit_shift_imm, { 0, 0x71 | P66, 0x72 | P66 }, 4 },
    [OP_vshlv] = { emit_binary, { 0, 0, 0x47 | P66_38, 0x47 | P66_38 | X_W } },
    [OP_vshrv] = { emit_binary, { 0, 0, 0x45 | P66_38, 0x45 | P66_38 | X_W } },
    [OP_vsarv] = { emit_binary, { 0, 0, 0x46 | P66_38 } },
    [OP_vzipl] = { emit_binary, { 0x60 | P66, 0x61 | P66, 0x62 | P66, X_PUNPCKLQDQ } },
    [OP_vziph] = { emit_zip_high, { 0x68 | P66, 0x69 | P66, 0x6a | P66, 0x6d | P66 } },
    [OP_vdup] = { emit_dup },
    [OP_vextract] = { emit_vextract },
    [OP_vinsert] = { emit_vinsert },
    [OP_vconcat] = { emit_vconcat },
    [OP_vlow] = { emit_vlow },
    [OP_vdup_lane] = { emit_dup_lane },
    [OP_vunzip] = { emit_unzip },
    [OP_vlow_cvt] = { emit_vlow_cvt },
    [OP_vlow_int] = { emit_vlow_int },
    [OP_vfadd] = { emit_packed, { 0x58 | X_0F } },
    [OP_vfsub] = { emit_packed, { 0x5c | X_0F } },
    [OP_vfmul] = { emit_packed, { 0x59 | X_0F } },
    [OP_vfdiv] = { emit_packed, { 0x5e | X_0F } },
    [OP_vfmin] = { emit_packed, { 0x5d | X_0F } },
    [OP_vfmax] = { emit_packed, { 0x5f | X_0F } },
    [OP_vfcmp] = { emit_packed_cmp, { X_CMPP } },
    [OP_vfsqrt] = { emit_packed_sqrt, { 0x51 | X_0F } },
    [OP_vfround] = { emit_packed_round },
    [OP_vfma] = { emit_packed_fma },
    [OP_vfcvt_int] = { emit_packed_convert, { 0x5b | X_0F, SS(0xe6) } },
    [OP_vftrunc] = { emit_packed_convert, { SS(0x5b) } },
    [OP_vfwiden] = { emit_packed_convert, { 0, 0x5a | X_0F } },
    [OP_vfnarrow] = { emit_packed_convert, { 0x5a | P66 } },
    [OP_vfneg] = { emit_packed_sign },
    [OP_vfabs] = { emit_packed_sign },
    [OP_fadd] = { emit_scalar, { SS(0x58), SD(0x58) } },
    [OP_fsub] = { emit_scalar, { SS(0x5c), SD(0x5c) } },
    [OP_fmul] = { emit_scalar, { SS(0x59), SD(0x59) } },
    [OP_fdiv] = { emit_scalar, { SS(0x5e), SD(0x5e) } },
    [OP_fsqrt] = { emit_scalar_unary, { SS(0x51), SD(0x51) } },
    [OP_fma] = { emit_fma },
    [OP_fcmp] = { emit_fcmp },
    [OP_fcvt] = { emit_scalar_unary, { SD(0x5a), SS(0x5a) } }, /* the prefix names the source */
    [OP_fcvt_int] = { emit_fcvt_int, { SS(0x2a), SD(0x2a) } },
    [OP_fround] = { emit_to_int, { SS(0x2d), SD(0x2d) } },
    [OP_ftrunc] = { emit_to_int, { SS(0x2c), SD(0x2c) } },
    [OP_fneg] = { emit_fneg },
    [OP_fabs] = { emit_fabs },
    [OP_fcmp3] = { emit_fcmp3 },
    [OP_fnarrow] = { x_emit_fnarrow },
    [OP_guard] = { x_emit_guard },
    [OP_fbits] = { emit_fbits },
    [OP_ffrombits] = { emit_ffrombits },
    [OP_flow] = { emit_flow },
    [OP_vsetlow] = { emit_binary, { 0, 0, SS(0x10), SD(0x10) } },
};

bool host_has_vector_op(TCGOpcode opc, unsigned vece)
{
    switch (opc) {
    case OP_vshlv:
    case OP_vshrv:
        return x86_features.avx2 && vece >= MO_32;
    case OP_vsarv:
        return x86_features.avx2 && vece == MO_32;
    case OP_fma:
    case OP_vfma:
        return x86_features.fma;
    default:
        return true;
    }
}

void x_constraint_vector(const TCGOp *op, OpConstraint *c)
{
    *c = (OpConstraint){ .reuse = x86_features.avx ? 7 : 1 };
    switch (op->opc) {
    case OP_vld:
        c->in[0] = IN_ENV;
        break;
    case OP_vst:
        c->in[1] = IN_ENV;
        break;
    case OP_vandc: /* which starts with input 1 */
        c->reuse = x86_features.avx ? 3 : 2;
        break;
    case OP_vbitsel:
    case OP_vtbl: /* the result is written last */
        c->reuse = 7;
        c->nb_vector_scratch = 1;
        break;
    case OP_vziph:
        c->reuse = 1;
        break;
    case OP_fma: /* starts with input 1 */
    case OP_vfma:
        c->reuse = 2;
        break;
    case OP_fcmp3: /* the result is written first, but in a general register */
        c->reuse = 0;
        break;
    case OP_fnarrow: /* the operand is read again */
        c->reuse = 0;
        break;
    case OP_guard: /* the arguments must be there when the result is */
        c->reuse = op->in[0] == op->in[1] && op->guard.first_arg == 2 ? 3 : 1;
        break;
    }
}

void x_emit_vector(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    lowering[op->opc].emit(s, op, h);
}
