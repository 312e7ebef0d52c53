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
#include "emit.h"

#define P66    (X_66 | X_0F)
#define P66_38 (X_66 | X_0F38)
#define P66_3A (X_66 | X_0F3A)

enum {
    X_MOVAPS = 0x28 | X_0F,
    X_MOVD_TO_XMM = 0x6e | P66, /* with X_W: movq */
    X_MOVD_FROM_XMM = 0x7e | P66,
    X_MOVSS = 0x10 | X_0F | X_F3,
    X_MOVSS_R = 0x11 | X_0F | X_F3,
    X_MOVQ = 0x7e | X_0F | X_F3,
    X_MOVQ_R = 0xd6 | P66,
    X_MOVDQU = 0x6f | X_0F | X_F3,
    X_MOVDQU_R = 0x7f | X_0F | X_F3,
    X_PXOR = 0xef | P66,
    X_PAND = 0xdb | P66,
    X_PANDN = 0xdf | P66,
    X_POR = 0xeb | P66,
    X_PCMPEQD = 0x76 | P66,
    X_PUNPCKLQDQ = 0x6c | P66,
    X_PINSRQ = 0x22 | P66_3A | X_W,
    X_PSHUFB = 0x00 | P66_38,
    X_PSHUFD = 0x70 | P66,
    X_PSHUFLW = 0x70 | X_0F | X_F2,
    X_PADDUSB = 0xdc | P66,
    X_PSRLDQ = 0x73 | P66, /* reg field 3 */
    X_COMIS = 0x2f | X_0F, /* X_66: sd */
    X_UCOMIS = 0x2e | X_0F,
    X_VFMADD213 = 0xa9 | P66_38, /* + 2: the addend negated; + 4: the product */
    X_VFMADD213_PACKED = 0xa8 | P66_38,
    X_SHUFPS = 0xc6 | X_0F,
    X_CMPP = 0xc2 | X_0F, /* X_66: pd; the predicate follows */
    X_INSERTPS = 0x21 | P66_3A,
    X_ROUNDPS = 0x08 | P66_3A, /* + 1: pd, + 2: ss, + 3: sd */
    X_PADDD = 0xfe | P66,
    X_PCMPEQQ = 0x29 | P66_38,
    X_PTEST = 0x17 | P66_38,
    X_CVTSD2SS = 0x5a | X_0F | X_F2,
    X_CVTSS2SD = 0x5a | X_0F | X_F3,
    X_LDST_MXCSR = 0xae | X_0F,
};

typedef struct VectorLowering {
    void (*emit)(TCGContext *s, const TCGOp *op, const HostOperands *h);
    uint32_t opcode[4]; /* by element size, or by what `emit` says */
    uint8_t field;      /* reg field of shifts */
} VectorLowering;

static const VectorLowering lowering[NB_OPS];

/* Operands in memory, with the thunks: 16 bytes each, for f64 and f32. */
enum { MASK_SIGN, MASK_ALL_BUT_SIGN, MASK_NORMAL, MASK_FINITE };

static const uint64_t masks[][2] = {
    [MASK_SIGN] = { 1ull << 63, 1u << 31 },
    [MASK_ALL_BUT_SIGN] = { INT64_MAX, INT32_MAX },
    [MASK_NORMAL] = { 0x7fc0000000000000, 0x7e000000 },
    [MASK_FINITE] = { 0x7ff0000000000000, 0x7f800000 },
};
static const uint8_t *masks_code;

/*
 * What guards of vectors compare with, by how much of a vector counts: four words or two of them,
 * two doublewords or one. What doesn't count never is unusual.
 */
enum {
    GUARD_MIDDLE,    /* added to exponents: those around 1, half of all, have their top bit set */
    GUARD_TOP,       /* that bit */
    GUARD_LIFT,      /* added to exponents: the largest ones come before the smallest */
    GUARD_LIFTED,    /* what is 0 then if it was one of the four largest or smallest ones */
    GUARD_NOTHING,   /* what GUARD_LIFTED leaves of these */
    GUARD_EXPONENT,  /* all of it */
    GUARD_EXPONENTS, /* what that leaves of infinities and NaNs */
    GUARD_SIGNS,     /* the highest bits */
    GUARD_LANES,     /* all bits */
    GUARD_LARGE,     /* GUARD_LARGE_* */
    GUARD_MAGNITUDE, /* all but the signs */
    NB_GUARD_WORDS,
};
enum { COUNT_4S, COUNT_2S, COUNT_2D, COUNT_1D, COUNT_1S, NB_COUNTS };

static const uint8_t *guard_constants_code;

static uint32_t guard_word(unsigned what, unsigned count, unsigned lane)
{
    static const uint8_t counted[] = { 4, 2, 4, 2, 1 };
    bool narrow = count != COUNT_2D && count != COUNT_1D, counts = lane < counted[count];
    bool top = narrow || lane % 2; /* the word with the exponent */
    uint32_t never = 1;            /* equal to nothing that the masks leave */

    switch (what) {
    case GUARD_MIDDLE:
        return top ? narrow ? 64u << 23 : 512u << 20 : 0;
    case GUARD_TOP:
        return top && counts ? 1u << 30 : 0;
    case GUARD_LIFT:
        return top ? narrow ? 4u << 23 : 4u << 20 : 0;
    case GUARD_LIFTED:
        return top && counts ? narrow ? 0xf8u << 23 : 0x7f8u << 20 : 0;
    case GUARD_NOTHING:
        return top && counts ? 0 : never;
    case GUARD_EXPONENT:
        return top && counts ? narrow ? 0xffu << 23 : 0x7ffu << 20 : 0;
    case GUARD_EXPONENTS:
        return top && counts ? narrow ? 0xffu << 23 : 0x7ffu << 20 : never;
    case GUARD_SIGNS:
        return top && counts ? 1u << 31 : 0;
    case GUARD_LANES:
        return counts ? UINT32_MAX : 0;
    case GUARD_LARGE:
        return narrow ? GUARD_LARGE_F32 : lane % 2 ? GUARD_LARGE_F64 >> 32 : 0;
    default:
        return top ? INT32_MAX : UINT32_MAX;
    }
}

static void emit_guard_constants(TCGContext *s)
{
    guard_constants_code = s->code_ptr;
    for (unsigned what = 0; what < NB_GUARD_WORDS; what++) {
        for (unsigned i = 0; i < 4 * NB_COUNTS; i++) {
            x_imm32(s, guard_word(what, i / 4, i % 4));
        }
    }
}

static const uint8_t *guard_constant(unsigned what, unsigned count)
{
    return guard_constants_code + 16 * (what * NB_COUNTS + count);
}

void x_emit_masks(TCGContext *s)
{
    x_align(s, 16);
    emit_guard_constants(s);
    masks_code = s->code_ptr;
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(masks); i++) {
        x_imm64(s, masks[i / 2][i % 2]);
        x_imm64(s, 0);
    }
}

static const uint8_t *mask_address(unsigned mask, bool narrow)
{
    return masks_code + 16 * (2 * mask + narrow);
}

static unsigned width(TCGType type)
{
    return type_size(type) == 8 ? X_W : 0;
}

/* dst = a OP b */
static void three(TCGContext *s, unsigned opcode, unsigned dst, unsigned a, unsigned b)
{
    if (x86_features.avx) {
        x_vex_rr(s, opcode, dst, a, b);
        return;
    }
    if (dst != a) {
        g_assert(dst != b);
        x_rr(s, X_MOVAPS, dst, a);
    }
    x_rr(s, opcode, dst, b);
}

static void vector_mov(TCGContext *s, unsigned dst, unsigned src)
{
    if (dst != src) {
        x_rr(s, X_MOVAPS, dst, src);
    }
}

/* dst = a OP what stands with the thunks */
static void three_code(TCGContext *s, unsigned opcode, unsigned dst, unsigned a, const void *b)
{
    if (x86_features.avx) {
        x_vex_r_code(s, opcode, dst, a, b);
        return;
    }
    vector_mov(s, dst, a);
    x_r_code(s, opcode, dst, b);
}

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
               guard_constant(op->opc == OP_vfneg ? GUARD_SIGNS : GUARD_MAGNITUDE, count));
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

/* ---- Guards ---- */

/* The call of a guard's helper, put off to the end of the block. */
typedef struct GuardPath {
    struct GuardPath *next;
    uint8_t *unusual, *inexact; /* jumps that lead here */
    const uint8_t *accept, *resume; /* with the value, with the helper's result */
    TCGGuardHelper *func; /* NULL: the result is a NaN */
    const TCGOp *vectors; /* a guard of vectors */
    unsigned checked, out;
    TCGType type; /* of `out` */
    bool narrow, zero_ok;
    unsigned nb_args;
    uint8_t args[TCG_GUARD_ARGS];
} GuardPath;

/*
 * ptest sets the zero flag if all the bits that are set in the mask are clear in the operand, and
 * the carry flag if none is. NORMAL's mask is the exponent without its two low bits, FINITE's all of
 * it.
 */
static uint8_t *guard_exponent(TCGContext *s, unsigned reg, bool narrow, bool finite)
{
    x_r_code(s, X_PTEST, reg, mask_address(finite ? MASK_FINITE : MASK_NORMAL, narrow));
    return x_jcc_forward(s, finite ? CC_B : CC_BE);
}

static uint8_t *guard_ordered(TCGContext *s, unsigned a, unsigned b, bool narrow)
{
    x_rr(s, X_UCOMIS | (narrow ? 0 : X_66), a, b);
    return x_jcc_forward(s, CC_P);
}

static uint8_t *guard_check(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    bool narrow = op->guard.vece == MO_32;
    unsigned checked = h->in[1].reg;

    switch (op->guard.imm & ~(TCG_GUARD_INEXACT | TCG_GUARD_ZERO_OK)) {
    case TCG_GUARD_NAN:
        return guard_ordered(s, checked, checked, narrow);
    case TCG_GUARD_FINITE:
        return guard_exponent(s, checked, narrow, true);
    case TCG_GUARD_NORMAL:
        return guard_exponent(s, checked, narrow, false);
    case TCG_GUARD_ORDERED:
        return guard_ordered(s, checked, h->in[2].reg, narrow);
    case TCG_GUARD_NEGATIVE:
        x_rr(s, X_TEST | (narrow ? 0 : X_W), checked, checked);
        return x_jcc_forward(s, CC_S);
    default: /* TCG_GUARD_INT_MIN: the only number less 1 that overflows */
        x_group1_ri(s, narrow ? 0 : X_W, G1_CMP, checked, 1);
        return x_jcc_forward(s, CC_O);
    }
}

#define MXCSR_PE 0x20

static uint8_t *guard_exact(TCGContext *s)
{
    x_rm(s, X_LDST_MXCSR, 3, x_jit(host_flags));
    x_rm(s, 0xf6, G3_TEST, x_jit(host_flags)); /* a byte */
    x_byte(s, MXCSR_PE);
    return x_jcc_forward(s, CC_NE);
}

static void move_value(TCGContext *s, TCGType type, unsigned dst, unsigned src)
{
    if (type_is_vector(type)) {
        vector_mov(s, dst, src);
    } else if (dst != src) {
        x_rr(s, X_MOV | X_W, dst, src);
    }
}

static unsigned guard_count(const TCGOp *op)
{
    if (op->guard.vece == MO_64) {
        return op->guard.bytes == 16 ? COUNT_2D : COUNT_1D;
    }
    return op->guard.bytes == 16 ? COUNT_4S : op->guard.bytes == 8 ? COUNT_2S : COUNT_1S;
}

static unsigned guard_zero_flags(const TCGOp *op)
{
    return op->guard.imm &
           (TCG_GUARD_ZERO_OK | TCG_GUARD_ZERO_SUM_OK | TCG_GUARD_WIDE_ARGUMENT);
}

/* VECTOR_SCRATCH gets bits in each element that is one of TCG_GUARD_NORMAL's unusual ones. */
static void find_unusual(TCGContext *s, unsigned checked, unsigned count)
{
    three_code(s, X_PADDD, VECTOR_SCRATCH, checked, guard_constant(GUARD_LIFT, count));
    x_r_code(s, X_PAND, VECTOR_SCRATCH, guard_constant(GUARD_LIFTED, count));
    x_r_code(s, X_PCMPEQD, VECTOR_SCRATCH, guard_constant(GUARD_NOTHING, count));
    x_rr(s, X_PTEST, VECTOR_SCRATCH, VECTOR_SCRATCH);
}

/*
 * Jumps if an element of those that count is unusual. Of several, NORMAL only looks whether all are
 * in the middle of the exponent's range; what is said of the others comes behind the block.
 */
static uint8_t *vector_guard_check(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned count = guard_count(op), checked = h->in[1].reg, t = VECTOR_SCRATCH;
    unsigned kind = op->guard.imm & ~guard_zero_flags(op);
    bool narrow = op->guard.vece == MO_32, one = op->guard.bytes == 1u << op->guard.vece;

    switch (kind) {
    case TCG_GUARD_FINITE:
    case TCG_GUARD_NORMAL:
        if (one) {
            return guard_exponent(s, checked, narrow, kind == TCG_GUARD_FINITE);
        }
        if (kind == TCG_GUARD_NORMAL) {
            three_code(s, X_PADDD, t, checked, guard_constant(GUARD_MIDDLE, count));
            x_r_code(s, X_PTEST, t, guard_constant(GUARD_TOP, count));
            return x_jcc_forward(s, CC_AE);
        }
        three_code(s, X_PAND, t, checked, guard_constant(GUARD_EXPONENT, count));
        x_r_code(s, X_PCMPEQD, t, guard_constant(GUARD_EXPONENTS, count));
        x_rr(s, X_PTEST, t, t);
        return x_jcc_forward(s, CC_NE);
    case TCG_GUARD_NAN:
    case TCG_GUARD_ORDERED: {
        unsigned a = kind == TCG_GUARD_NAN ? checked : h->in[2].reg;
        unsigned b = kind == TCG_GUARD_NAN || op->nb_in < 4 ? a : h->in[3].reg;

        if (one) {
            return guard_ordered(s, a, b, narrow);
        }
        three(s, X_CMPP | (narrow ? 0 : X_66), t, a, b);
        x_byte(s, 3); /* unordered */
        break;
    }
    case TCG_GUARD_INT_MIN:
        three_code(s, narrow ? X_PCMPEQD : X_PCMPEQQ, t, checked,
                   guard_constant(GUARD_SIGNS, narrow ? COUNT_4S : COUNT_2D));
        break;
    default: /* TCG_GUARD_NEGATIVE */
        x_r_code(s, X_PTEST, checked, guard_constant(GUARD_SIGNS, count));
        return x_jcc_forward(s, CC_NE);
    }
    x_r_code(s, X_PTEST, t, guard_constant(GUARD_LANES, count));
    return x_jcc_forward(s, CC_NE);
}

static void emit_vector_guard(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    GuardPath *p = arena_alloc(&s->arena, sizeof(*p));

    *p = (GuardPath){
        .next = s->guard_paths,
        .vectors = op,
        .checked = h->in[1].reg,
        .out = h->out[0].reg,
        .type = op->type,
        .nb_args = op->nb_in - op->guard.first_arg,
    };
    for (unsigned i = 0; i < p->nb_args; i++) {
        p->args[i] = h->in[op->guard.first_arg + i].reg;
    }
    p->unusual = vector_guard_check(s, op, h);
    p->accept = s->code_ptr;
    vector_mov(s, p->out, h->in[0].reg);
    p->resume = s->code_ptr;
    s->guard_paths = p;
}

static void emit_guard(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    GuardPath *p;

    if (op->type == TCG_TYPE_V128) {
        emit_vector_guard(s, op, h);
        return;
    }
    p = arena_alloc(&s->arena, sizeof(*p));
    *p = (GuardPath){
        .next = s->guard_paths,
        .func = op->guard.func,
        .checked = h->in[1].reg,
        .out = h->out[0].reg,
        .type = op->type,
        .narrow = op->guard.vece == MO_32,
        .zero_ok = op->guard.imm & TCG_GUARD_ZERO_OK,
        .nb_args = op->nb_in - op->guard.first_arg,
    };
    for (unsigned i = 0; i < p->nb_args; i++) {
        p->args[i] = h->in[op->guard.first_arg + i].reg;
    }
    p->unusual = guard_check(s, op, h);
    p->inexact = op->guard.imm & TCG_GUARD_INEXACT ? guard_exact(s) : NULL;
    p->accept = s->code_ptr;
    move_value(s, op->type, p->out, h->in[0].reg);
    p->resume = s->code_ptr;
    s->guard_paths = p;
}

static void emit_fneg(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    vector_mov(s, h->out[0].reg, h->in[0].reg);
    x_r_code(s, X_PXOR, h->out[0].reg, mask_address(MASK_SIGN, op->type == TCG_TYPE_F32));
}

static void emit_fabs(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    vector_mov(s, h->out[0].reg, h->in[0].reg);
    x_r_code(s, X_PAND, h->out[0].reg, mask_address(MASK_ALL_BUT_SIGN, op->type == TCG_TYPE_F32));
}

/*
 * There and back. That this makes no difference is predicted, not waited for; where it does, all
 * bits are set.
 */
static void emit_fnarrow(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, in = h->in[0].reg;
    GuardPath *p = arena_alloc(&s->arena, sizeof(*p));

    three(s, X_CVTSD2SS, out, in, in);
    three(s, X_CVTSS2SD, VECTOR_SCRATCH, out, out);
    x_rr(s, X_UCOMIS | X_66, VECTOR_SCRATCH, in);
    *p = (GuardPath){ .next = s->guard_paths, .out = out };
    p->unusual = x_jcc_forward(s, CC_NE);
    p->inexact = x_jcc_forward(s, CC_P);
    p->resume = s->code_ptr;
    s->guard_paths = p;
}

/* A product, sum or quotient that is zero because an operand is. */
static void guard_accept_zero(TCGContext *s, const GuardPath *p)
{
    uint8_t *nan, *not_zero;

    x_rr(s, X_PXOR, VECTOR_SCRATCH, VECTOR_SCRATCH);
    x_rr(s, X_UCOMIS | (p->narrow ? 0 : X_66), p->checked, VECTOR_SCRATCH);
    nan = x_jcc_short(s, CC_P);
    not_zero = x_jcc_short(s, CC_NE);
    for (unsigned i = 0; i < MIN(p->nb_args, 2); i++) {
        x_rr(s, X_UCOMIS | X_66, p->args[i], VECTOR_SCRATCH);
        x_jcc_back(s, CC_E, p->accept);
    }
    x_land_short(s, nan);
    x_land_short(s, not_zero);
}

static X86Mem guard_argument(unsigned n)
{
    X86Mem m = x_jit(guard_args);

    m.disp += (int32_t)(n * sizeof(JitVector));
    return m;
}

/* A vector register that holds none of the guard's operands, above `least`. */
static unsigned borrowed_register(const GuardPath *p, unsigned least)
{
    for (unsigned reg = least;; reg++) {
        bool taken = reg == VECTOR_SCRATCH || reg == p->checked;

        for (unsigned i = 0; i < p->nb_args; i++) {
            taken |= p->args[i] == reg;
        }
        if (!taken) {
            return reg;
        }
    }
}

/*
 * Elements of a vector that are zero because an operand is, or (ZERO_SUM_OK) because the addend and
 * an operand are, or exactly: see GUARD_LARGE_F32. VECTOR_SCRATCH says which ones are unusual.
 */
static void vector_guard_accept_zero(TCGContext *s, const GuardPath *p)
{
    const TCGOp *op = p->vectors;
    unsigned a = borrowed_register(p, FIRST_VECTOR), b = borrowed_register(p, a + 1);
    unsigned count = guard_count(op), cmp = X_CMPP | (op->guard.vece == MO_64 ? X_66 : 0);
    enum { EQUAL = 0, NOT_LESS = 5 };

    if (op->guard.bytes == 1u << op->guard.vece) {
        x_r_code(s, X_MOVAPS, VECTOR_SCRATCH, guard_constant(GUARD_LANES, count));
    }
    x_vector_store(s, TCG_TYPE_V128, a, guard_argument(0));
    x_vector_store(s, TCG_TYPE_V128, b, guard_argument(1));
    x_rr(s, X_PXOR, a, a);
    if (op->guard.imm & TCG_GUARD_WIDE_ARGUMENT) {
        x_rr(s, cmp | X_66, a, p->args[0]);
        x_byte(s, EQUAL);
        x_rr(s, X_SHUFPS, a, a); /* a word of each */
        x_byte(s, 0x88);
    } else {
        x_rr(s, cmp, a, p->args[0]);
        x_byte(s, EQUAL);
    }
    if (p->nb_args > 1) {
        x_rr(s, X_PXOR, b, b);
        x_rr(s, cmp, b, p->args[1]);
        x_byte(s, EQUAL);
        x_rr(s, X_POR, a, b);
    }
    if (op->guard.imm & TCG_GUARD_ZERO_SUM_OK) {
        x_rr(s, X_PXOR, b, b);
        x_rr(s, cmp, b, p->args[2]);
        x_byte(s, EQUAL);
        x_rr(s, X_PAND, a, b);
        three_code(s, X_PAND, b, p->args[2], guard_constant(GUARD_MAGNITUDE, count));
        /* the address is relative to what follows the predicate */
        x_r_code(s, cmp, b, guard_constant(GUARD_LARGE, count) - 1);
        x_byte(s, NOT_LESS);
        x_rr(s, X_POR, a, b);
    }
    x_rr(s, X_PXOR, b, b);
    x_rr(s, cmp, b, p->checked);
    x_byte(s, EQUAL);
    x_rr(s, X_PAND, a, b);
    x_rr(s, X_PANDN, a, VECTOR_SCRATCH); /* what is unusual and no such zero */
    x_rr(s, X_PTEST, a, a);
    x_vector_load(s, TCG_TYPE_V128, a, guard_argument(0));
    x_vector_load(s, TCG_TYPE_V128, b, guard_argument(1));
    x_jcc_back(s, CC_E, p->accept);
}

static void call_vector_guard_helper(TCGContext *s, const GuardPath *p)
{
    const TCGOp *op = p->vectors;

    if ((op->guard.imm & ~guard_zero_flags(op)) == TCG_GUARD_NORMAL &&
        op->guard.bytes > 1u << op->guard.vece) {
        find_unusual(s, p->checked, guard_count(op));
        x_jcc_back(s, CC_E, p->accept);
    }
    if (guard_zero_flags(p->vectors)) {
        vector_guard_accept_zero(s, p);
    }
    for (unsigned i = 0; i < p->nb_args; i++) {
        x_vector_store(s, TCG_TYPE_V128, p->args[i], guard_argument(i));
    }
    x_movi(s, SCRATCH, (uintptr_t)p->vectors->guard.vectors);
    x_call(s, x_thunk_vector_guard);
    x_vector_load(s, TCG_TYPE_V128, p->out, guard_argument(0));
}

static void call_guard_helper(TCGContext *s, const GuardPath *p)
{
    for (unsigned i = 0; i < p->nb_args; i++) {
        X86Mem slot = guard_argument(i);

        if (p->args[i] >= FIRST_VECTOR) {
            x_vector_store(s, TCG_TYPE_F64, p->args[i], slot);
        } else {
            x_rm(s, X_MOV_R | X_W, p->args[i], slot);
        }
    }
    x_movi(s, SCRATCH, (uintptr_t)p->func);
    x_call(s, x_thunk_guard);
    if (type_is_vector(p->type)) {
        x_vector_load(s, p->type, p->out, x_jit(guard_args));
    } else {
        x_rm(s, X_MOV | width(p->type), p->out, x_jit(guard_args));
    }
}

void x_finish_guards(TCGContext *s)
{
    for (GuardPath *p = s->guard_paths; p; p = p->next) {
        if (s->code_limit - s->code_ptr < 512) {
            s->overflow = true;
            return;
        }
        x_land(s, p->unusual);
        if (p->vectors) {
            call_vector_guard_helper(s, p);
            x_jmp_back(s, p->resume);
            continue;
        }
        if (p->zero_ok) {
            guard_accept_zero(s, p);
        }
        if (p->inexact) {
            x_land(s, p->inexact);
        }
        if (p->func) {
            call_guard_helper(s, p);
        } else {
            x_rr(s, X_PCMPEQD, p->out, p->out);
        }
        x_jmp_back(s, p->resume);
    }
    s->guard_paths = NULL;
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
    [OP_fnarrow] = { emit_fnarrow },
    [OP_guard] = { emit_guard },
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
