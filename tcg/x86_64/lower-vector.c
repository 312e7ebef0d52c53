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

void x_emit_masks(TCGContext *s)
{
    x_align(s, 16);
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

    x_rr(s, opcodes[op->vec.vece], h->in[0].reg, h->out[0].reg);
    x_byte(s, op->vec.imm);
}

static void emit_vinsert(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    static const uint32_t opcodes[] = { 0x20 | P66_3A, 0xc4 | P66, 0x22 | P66_3A, X_PINSRQ };

    three(s, opcodes[op->vec.vece], h->out[0].reg, h->in[0].reg, h->in[1].reg);
    x_byte(s, op->vec.imm);
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

static void emit_guard(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    GuardPath *p = arena_alloc(&s->arena, sizeof(*p));

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

static void call_guard_helper(TCGContext *s, const GuardPath *p)
{
    for (unsigned i = 0; i < p->nb_args; i++) {
        X86Mem slot = x_jit(guard_args);

        slot.disp += 8 * i;
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
        if (s->code_limit - s->code_ptr < 256) {
            s->overflow = true;
            return;
        }
        x_land(s, p->unusual);
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
    [OP_vfadd] = { emit_binary, { 0, 0, 0x58 | X_0F, 0x58 | P66 } },
    [OP_vfsub] = { emit_binary, { 0, 0, 0x5c | X_0F, 0x5c | P66 } },
    [OP_vfmul] = { emit_binary, { 0, 0, 0x59 | X_0F, 0x59 | P66 } },
    [OP_vfdiv] = { emit_binary, { 0, 0, 0x5e | X_0F, 0x5e | P66 } },
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
