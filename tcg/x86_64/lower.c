/*
 * x86-64: constraints and code of the arithmetic operations.
 *
 * One row per operation in `lowering`: what its operands may be, and the function that emits it.
 * x86 instructions overwrite their first operand, so most functions first bring input 0 into the
 * result's register, which it often is in already.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "emit.h"
#include "qemu/host-utils.h"

typedef struct Lowering {
    OpConstraint c;
    void (*emit)(TCGContext *s, const TCGOp *op, const HostOperands *h);
    unsigned arg; /* what `emit` makes of it: an opcode, a reg field */
} Lowering;

static const Lowering lowering[NB_OPS];

static unsigned op_w(const TCGOp *op)
{
    return op->type == TCG_TYPE_I64 ? X_W : 0;
}

static unsigned op_arg(const TCGOp *op)
{
    return lowering[op->opc].arg;
}

static unsigned op_width(const TCGOp *op)
{
    return op->type == TCG_TYPE_I64 ? 64 : 32;
}

X86Mem x_operand_mem(const Operand *o)
{
    return o->kind == OPND_FRAME ? x_mem(RSP, o->disp) : x_env(o->disp);
}

/* op reg, operand (register or memory) */
static void x_ro(TCGContext *s, unsigned op, unsigned reg, const Operand *o)
{
    if (o->kind == OPND_REG) {
        x_rr(s, op, reg, o->reg);
    } else {
        x_rm(s, op, reg, x_operand_mem(o));
    }
}

/* reg = operand, whatever it is; changes flags only if the value is 0 */
static void load_operand(TCGContext *s, unsigned w, unsigned reg, const Operand *o)
{
    if (o->kind == OPND_IMM) {
        x_movi(s, reg, w ? o->imm : (uint32_t)o->imm);
    } else if (o->kind == OPND_REG) {
        x_mov(s, w, reg, o->reg);
    } else {
        x_rm(s, X_MOV | w, reg, x_operand_mem(o));
    }
}

static bool is_reg(const Operand *o, unsigned reg)
{
    return o->kind == OPND_REG && o->reg == reg;
}

/*
 * out = in0 OP in1 with a two-operand instruction; `op` its opcode, `g1` its reg field with an
 * immediate.
 */
static void two_operand(TCGContext *s, unsigned w, unsigned op, unsigned g1, unsigned out,
                        const Operand *a, const Operand *b)
{
    load_operand(s, w, out, a);
    if (b->kind == OPND_IMM) {
        x_group1_ri(s, w, g1, out, b->imm);
    } else {
        x_ro(s, op | w, out, b);
    }
    x_flags_from(s, w, out, g1 == G1_ADD || g1 == G1_SUB ? FLAGS_SUM : FLAGS_LOGIC);
}

static void emit_add(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    const Operand *a = &h->in[0], *b = &h->in[1];
    unsigned out = h->out[0].reg, w = op_w(op);

    if (is_reg(b, out)) {
        const Operand *t = a;
        a = b;
        b = t;
    }
    if (is_reg(a, out) || a->kind != OPND_REG || (b->kind != OPND_REG && b->kind != OPND_IMM)) {
        two_operand(s, w, X_ADD, G1_ADD, out, a, b);
    } else if (b->kind == OPND_IMM) {
        x_rm(s, X_LEA | w, out, x_mem(a->reg, b->imm));
    } else {
        x_rm(s, X_LEA | w, out, x_mem_index(a->reg, b->reg, 0));
    }
}

static void emit_sub(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    const Operand *a = &h->in[0], *b = &h->in[1];
    unsigned out = h->out[0].reg, w = op_w(op);
    int32_t imm = b->imm;

    if (b->kind == OPND_IMM && imm != INT32_MIN && a->kind == OPND_REG && a->reg != out) {
        x_rm(s, X_LEA | w, out, x_mem(a->reg, -imm));
    } else {
        two_operand(s, w, X_SUB, G1_SUB, out, a, b);
    }
}

/* and, or, xor */
static void emit_logic(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    const Operand *a = &h->in[0], *b = &h->in[1];
    unsigned out = h->out[0].reg, w = op_w(op), g1 = op_arg(op);

    if (is_reg(b, out)) {
        const Operand *t = a;
        a = b;
        b = t;
    }
    if (op->opc == OP_and && b->kind == OPND_IMM) {
        uint64_t mask = w ? b->imm : (uint32_t)b->imm;

        if (mask == 0xff || mask == 0xffff) {
            x_ro(s, mask == 0xff ? X_MOVZX8 | X_BYTE_RM : X_MOVZX16, out, a);
            return;
        }
        w = mask <= UINT32_MAX ? 0 : w; /* the upper half becomes 0 either way */
    }
    two_operand(s, w, g1 << 3 | 3, g1, out, a, b);
}

static void emit_andc(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op);

    if (x86_features.bmi1) {
        x_vex_rr(s, X_ANDN | w, out, h->in[1].reg, h->in[0].reg);
        return;
    }
    x_mov(s, w, SCRATCH, h->in[1].reg);
    x_rr(s, X_GROUP3 | w, G3_NOT, SCRATCH);
    x_mov(s, w, out, h->in[0].reg);
    x_rr(s, X_AND | w, out, SCRATCH);
}

static void emit_mul(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    const Operand *a = &h->in[0], *b = &h->in[1];
    unsigned out = h->out[0].reg, w = op_w(op);

    if (b->kind == OPND_IMM) {
        x_ro(s, (fits_i8((int32_t)b->imm) ? X_IMUL_IMM8 : X_IMUL_IMM32) | w, out, a);
        if (fits_i8((int32_t)b->imm)) {
            x_byte(s, b->imm);
        } else {
            x_imm32(s, b->imm);
        }
    } else if (is_reg(b, out)) {
        x_ro(s, X_IMUL | w, out, a);
    } else {
        load_operand(s, w, out, a);
        x_ro(s, X_IMUL | w, out, b);
    }
}

/* Upper half of a product: of i32 by a 64-bit multiplication, of i64 in rdx. */
static void emit_mul_high(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg;

    /* A 64-bit product is the shorter way to an unsigned half; to extend the signs takes longer. */
    if (op->type == TCG_TYPE_I64 || op->opc == OP_mulsh) {
        x_rr(s, X_GROUP3 | op_w(op), op->opc == OP_mulsh ? G3_IMUL : G3_MUL, h->in[1].reg);
        return;
    }
    x_rr(s, X_MOV, SCRATCH, h->in[1].reg);
    x_mov(s, 0, out, h->in[0].reg);
    x_rr(s, X_IMUL | X_W, out, SCRATCH);
    x_shift_i(s, X_W, SH_SHR, out, 32);
}

static void emit_div(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned w = op_w(op), g3 = op_arg(op);

    if (g3 == G3_IDIV) {
        if (w) {
            x_byte(s, 0x48);
        }
        x_byte(s, 0x99); /* cdq, cqo */
    } else {
        x_rr(s, X_XOR, RDX, RDX);
    }
    x_ro(s, X_GROUP3 | w, g3, &h->in[1]);
}

/* out = in0 shifted by a constant */
static void shift_imm(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op), sh = op_arg(op), width = op_width(op);
    unsigned count = h->in[1].imm & (width - 1);

    if (h->in[0].reg != out && (sh == SH_ROL || sh == SH_ROR) && x86_features.bmi2) {
        x_vex_rr(s, X_RORX | w, out, 0, h->in[0].reg);
        x_byte(s, sh == SH_ROL ? (width - count) & (width - 1) : count);
    } else if (h->in[0].reg != out && sh == SH_SHL && count == 1) {
        x_rm(s, X_LEA | w, out, x_mem_index(h->in[0].reg, h->in[0].reg, 0));
    } else {
        x_mov(s, w, out, h->in[0].reg);
        x_shift_i(s, w, sh, out, count);
        if (count && sh >= SH_SHL) {
            x_flags_from(s, w, out, FLAGS_ZERO_SIGN);
        }
    }
}

static void emit_shift(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op), sh = op_arg(op);

    if (h->in[1].kind == OPND_IMM) {
        shift_imm(s, op, h);
    } else if (x86_features.bmi2 && sh >= SH_SHL) {
        x_vex_rr(s, (sh == SH_SHL ? X_SHLX : sh == SH_SHR ? X_SHRX : X_SARX) | w, out,
                 h->in[1].reg, h->in[0].reg);
    } else {
        x_mov(s, w, out, h->in[0].reg);
        x_rr(s, X_SHIFT_CL | w, sh, out);
    }
}

/* Without lzcnt, tzcnt: bsr, bsf, which don't define their result for 0. */
static void count_zeros_branching(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned w = op_w(op);
    uint8_t *zero, *end;

    x_rr(s, X_TEST | w, h->in[0].reg, h->in[0].reg);
    zero = x_jcc_short(s, CC_E);
    x_rr(s, (op->opc == OP_clz ? X_BSR : X_BSF) | w, SCRATCH, h->in[0].reg);
    if (op->opc == OP_clz) {
        x_group1_ri(s, w, G1_XOR, SCRATCH, op_width(op) - 1);
    }
    end = x_jmp_short(s);
    x_land_short(s, zero);
    load_operand(s, w, SCRATCH, &h->in[1]);
    x_land_short(s, end);
    x_mov(s, w, h->out[0].reg, SCRATCH);
}

static void emit_count_zeros(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op);
    bool native = op->opc == OP_clz ? x86_features.lzcnt : x86_features.bmi1;

    if (!native) {
        count_zeros_branching(s, op, h);
        return;
    }
    x_rr(s, op_arg(op) | w, out, h->in[0].reg);
    if (h->in[1].kind == OPND_IMM && h->in[1].imm == op_width(op)) {
        return;
    }
    if (h->in[1].kind == OPND_IMM) {
        x_movi_keep_flags(s, SCRATCH, w ? h->in[1].imm : (uint32_t)h->in[1].imm);
    }
    x_rr(s, (X_CMOV + CC_B) | w, out, h->in[1].kind == OPND_IMM ? SCRATCH : h->in[1].reg);
}

static void emit_ctpop(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_ro(s, X_POPCNT | op_w(op), h->out[0].reg, &h->in[0]);
}

/* neg, not */
static void emit_unary(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op);

    load_operand(s, w, out, &h->in[0]);
    x_rr(s, X_GROUP3 | w, op_arg(op), out);
}

static void emit_bswap16(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg;

    x_rr(s, X_MOVZX16, out, h->in[0].reg);
    x_shift_i(s, X_66, SH_ROL, out, 8);
}

static void emit_bswap(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op->opc == OP_bswap64 ? X_W : 0;

    if (h->in[0].reg == out && (w || op->type == TCG_TYPE_I32)) {
        x_bswap(s, w, out);
        return;
    }
    x_rr(s, X_MOV | w, out, h->in[0].reg);
    x_bswap(s, w, out);
}

/* The field's new value, in place, in SCRATCH. */
static void deposit_i32(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, ofs = op->field.ofs, len = op->field.len;
    uint32_t mask = MAKE_64BIT_MASK(0, len);

    if (h->in[1].kind == OPND_IMM) {
        uint32_t value = (h->in[1].imm & mask) << ofs;

        x_mov(s, 0, out, h->in[0].reg);
        if (value != mask << ofs) {
            x_group1_ri(s, 0, G1_AND, out, ~(mask << ofs));
        }
        if (value) {
            x_group1_ri(s, 0, G1_OR, out, value);
        }
        return;
    }
    x_rr(s, X_MOV, SCRATCH, h->in[1].reg);
    if (ofs + len < 32) {
        x_group1_ri(s, 0, G1_AND, SCRATCH, mask);
    }
    x_shift_i(s, 0, SH_SHL, SCRATCH, ofs);
    x_mov(s, 0, out, h->in[0].reg);
    x_group1_ri(s, 0, G1_AND, out, ~(mask << ofs));
    x_rr(s, X_OR, out, SCRATCH);
}

/*
 * Rotates the field to the bottom, shifts it out, shifts the new one (from the top of SCRATCH) in
 * and rotates
 * back: no 64-bit masks needed.
 */
static void deposit_i64(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, ofs = op->field.ofs, len = op->field.len;

    load_operand(s, X_W, SCRATCH, &h->in[1]);
    if (ofs == 32 && len == 32) {
        x_shift_i(s, X_W, SH_SHL, SCRATCH, 32);
        x_rr(s, X_MOV, out, h->in[0].reg);
        x_rr(s, X_OR | X_W, out, SCRATCH);
        return;
    }
    x_shift_i(s, X_W, SH_SHL, SCRATCH, 64 - len);
    x_mov(s, X_W, out, h->in[0].reg);
    x_shift_i(s, X_W, SH_ROR, out, ofs);
    x_shift_i(s, X_W, SH_SHR, out, len);
    x_rr(s, X_SHLD | X_W, SCRATCH, out);
    x_byte(s, len);
    x_shift_i(s, X_W, SH_ROL, out, ofs);
}

/* A byte or half word: written at the bottom of the register, which is turned there and back. */
static void deposit_part(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op), ofs = op->field.ofs;

    if (ofs && out != h->in[0].reg && x86_features.bmi2) {
        x_vex_rr(s, X_RORX | w, out, 0, h->in[0].reg);
        x_byte(s, ofs);
    } else {
        x_mov(s, w, out, h->in[0].reg);
        x_shift_i(s, w, SH_ROR, out, ofs);
    }
    x_rr(s, op->field.len == 8 ? X_MOVB_R | X_BYTE_RM : X_MOVW_R, h->in[1].reg, out);
    x_shift_i(s, w, SH_ROL, out, ofs);
}

static void emit_deposit(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, len = op->field.len;
    bool separate = h->in[1].kind == OPND_REG && h->in[1].reg != out;

    if (separate && (len == 8 || len == 16)) {
        deposit_part(s, op, h);
    } else if (op->type == TCG_TYPE_I32) {
        deposit_i32(s, op, h);
    } else {
        deposit_i64(s, op, h);
    }
}

static void emit_extract(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op), ofs = op->field.ofs, len = op->field.len;

    if (ofs == 0 && (len == 8 || len == 16)) {
        x_ro(s, len == 8 ? X_MOVZX8 | X_BYTE_RM : X_MOVZX16, out, &h->in[0]);
    } else if (ofs == 0 && len == 32) {
        x_ro(s, X_MOV, out, &h->in[0]);
    } else if (ofs + len == op_width(op)) {
        load_operand(s, w, out, &h->in[0]);
        x_shift_i(s, w, SH_SHR, out, ofs);
    } else if (len < 32) {
        load_operand(s, w, out, &h->in[0]);
        x_shift_i(s, w, SH_SHR, out, ofs);
        if (len == 8 || len == 16) {
            x_rr(s, len == 8 ? X_MOVZX8 | X_BYTE_RM : X_MOVZX16, out, out);
        } else {
            x_group1_ri(s, 0, G1_AND, out, MAKE_64BIT_MASK(0, len));
        }
    } else {
        load_operand(s, w, out, &h->in[0]);
        x_shift_i(s, X_W, SH_SHL, out, 64 - len - ofs);
        x_shift_i(s, X_W, SH_SHR, out, 64 - len);
    }
}

static void emit_sextract(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op), ofs = op->field.ofs, len = op->field.len;
    unsigned width = op_width(op);

    if (ofs == 0 && (len == 8 || len == 16)) {
        x_ro(s, (len == 8 ? X_MOVSX8 | X_BYTE_RM : X_MOVSX16) | w, out, &h->in[0]);
    } else if (ofs == 0 && len == 32) {
        x_ro(s, X_MOVSXD, out, &h->in[0]);
    } else {
        load_operand(s, w, out, &h->in[0]);
        x_shift_i(s, w, SH_SHL, out, width - len - ofs);
        x_shift_i(s, w, SH_SAR, out, width - len);
    }
}

static unsigned condition_code(TCGCond cond)
{
    static const uint8_t codes[] = {
        [TCG_COND_EQ] = CC_E,   [TCG_COND_NE] = CC_NE,  [TCG_COND_LT] = CC_L,
        [TCG_COND_GE] = CC_GE,  [TCG_COND_GT] = CC_G,   [TCG_COND_LE] = CC_LE,
        [TCG_COND_LTU] = CC_B,  [TCG_COND_GEU] = CC_AE, [TCG_COND_GTU] = CC_A,
        [TCG_COND_LEU] = CC_BE, [TCG_COND_TSTEQ] = CC_E, [TCG_COND_TSTNE] = CC_NE,
    };

    return codes[cond];
}

/* Returns the condition code for "some of the bits are set". */
static unsigned emit_test(TCGContext *s, unsigned w, const Operand *a, const Operand *b)
{
    if (b->kind != OPND_IMM) {
        x_ro(s, X_TEST | w, b->reg, a);
        return CC_NE;
    }
    if (w && (uint64_t)b->imm > UINT32_MAX && is_power_of_2(b->imm)) {
        x_ro(s, X_BT_IMM | w, 4, a);
        x_byte(s, ctz64(b->imm));
        return CC_B;
    }
    w = (uint64_t)b->imm <= UINT32_MAX ? 0 : w;
    if (w == 0 && (uint32_t)b->imm == UINT32_MAX) { /* is it 0? */
        if (a->kind == OPND_REG) {
            x_rr(s, X_TEST, a->reg, a->reg);
        } else {
            x_group1_mi(s, 0, G1_CMP, x_operand_mem(a), 0);
        }
    } else if (b->imm >= 0 && b->imm < 0x80 && a->kind == OPND_REG) {
        x_rr(s, 0xf6 | X_BYTE_RM, G3_TEST, a->reg);
        x_byte(s, b->imm);
    } else {
        x_ro(s, X_GROUP3 | w, G3_TEST, a);
        x_imm32(s, b->imm);
    }
    return CC_NE;
}

/*
 * Whether the last instruction's flags answer the comparison of `reg`, a value of `type`, with 0;
 * `cc` is what to test then.
 */
static bool flags_answer(const TCGContext *s, unsigned reg, TCGType type, TCGCond cond,
                         FlagsKind needed, unsigned *cc)
{
    bool wide = type == TCG_TYPE_I64;

    if (!x_flags_known(s) || s->flags_reg != reg) {
        return false;
    }
    *cc = cond == TCG_COND_LT ? CC_S : cond == TCG_COND_GE ? CC_NS : condition_code(cond);
    switch (cond) {
    case TCG_COND_EQ:
    case TCG_COND_NE:
        return wide || !s->flags_wide;
    case TCG_COND_LT:
    case TCG_COND_GE:
        return wide == s->flags_wide;
    case TCG_COND_GT:
    case TCG_COND_LE:
        return wide == s->flags_wide && s->flags_kind >= needed;
    default:
        return false;
    }
}

/*
 * The same for op's condition. What a brcond may test instead of its inputs is a difference that
 * didn't overflow, unless it's for equality.
 */
static bool flags_suffice(const TCGContext *s, const TCGOp *op, TCGCond cond, const HostOperands *h,
                          unsigned *cc)
{
    const Operand *a = &h->in[0], *b = &h->in[1];
    bool inverted = cond != op->cond;

    return (a->kind == OPND_REG && b->kind == OPND_IMM && b->imm == 0 &&
            flags_answer(s, a->reg, op->type, cond, FLAGS_LOGIC, cc)) ||
           (h->zero_known && flags_answer(s, h->zero_reg, h->zero_type, op->zero_cond ^ inverted,
                                          FLAGS_SUM, cc));
}

unsigned x_compare(TCGContext *s, const TCGOp *op, TCGCond cond, const HostOperands *h)
{
    const Operand *a = &h->in[0], *b = &h->in[1];
    unsigned w = op_w(op), cc;

    if (flags_suffice(s, op, cond, h, &cc)) {
        return cc;
    }
    if (op->cond == TCG_COND_TSTEQ || op->cond == TCG_COND_TSTNE) {
        cc = emit_test(s, w, a, b);
        return cond == TCG_COND_TSTNE ? cc : cc ^ 1; /* the opposite */
    }
    if (b->kind != OPND_IMM) {
        x_ro(s, X_CMP | w, a->reg, b);
    } else if (a->kind != OPND_REG) {
        x_group1_mi(s, w, G1_CMP, x_operand_mem(a), b->imm);
    } else if (b->imm == 0) {
        x_rr(s, X_TEST | w, a->reg, a->reg);
    } else {
        x_group1_ri(s, w, G1_CMP, a->reg, b->imm);
    }
    return condition_code(cond);
}

/* a < 0 and a >= 0 are the sign bit. True if that was it. */
static bool setcond_sign(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op);
    bool zero = h->in[1].kind == OPND_IMM && h->in[1].imm == 0;

    if (!zero || (op->cond != TCG_COND_LT && op->cond != TCG_COND_GE)) {
        return false;
    }
    load_operand(s, w, out, &h->in[0]);
    if (op->cond == TCG_COND_GE) {
        x_rr(s, X_GROUP3 | w, G3_NOT, out);
    }
    x_shift_i(s, w, op->opc == OP_setcond ? SH_SHR : SH_SAR, out, op_width(op) - 1);
    return true;
}

static void emit_setcond(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg;
    bool separate = !is_reg(&h->in[0], out) && !is_reg(&h->in[1], out);
    unsigned cc;

    if (setcond_sign(s, op, h)) {
        return;
    }
    if (op->opc == OP_negsetcond && op->cond == TCG_COND_LTU) {
        x_compare(s, op, op->cond, h);
        x_rr(s, X_SBB | op_w(op), out, out);
        return;
    }
    if (separate) {
        x_rr(s, X_XOR, out, out);
    }
    cc = x_compare(s, op, op->cond, h);
    x_rr(s, (X_SETCC + cc) | X_BYTE_RM, 0, out);
    if (!separate) {
        x_rr(s, X_MOVZX8 | X_BYTE_RM, out, out);
    }
    if (op->opc == OP_negsetcond) {
        x_rr(s, X_GROUP3 | op_w(op), G3_NEG, out);
    }
}

static void emit_movcond(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, w = op_w(op);
    unsigned cc = x_compare(s, op, op->cond, h);

    if (h->in[3].kind == OPND_IMM) {
        x_movi_keep_flags(s, out, w ? h->in[3].imm : (uint32_t)h->in[3].imm);
    } else {
        load_operand(s, w, out, &h->in[3]);
    }
    x_ro(s, (X_CMOV + cc) | w, out, &h->in[2]);
}

/*
 * Additions and subtractions with carry (borrow) in and out. In a chain the carry stays in the
 * flags: the next one finds it there, if nothing but moves is between.
 */
static void emit_carry(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    static const uint8_t opcodes[2][2] = { { X_ADD, X_ADC }, { X_SUB, X_SBB } };
    static const uint8_t fields[2][2] = { { G1_ADD, G1_ADC }, { G1_SUB, G1_SBB } };
    const Operand *a = &h->in[0], *b = &h->in[1], *carry = &h->in[2];
    unsigned out = h->out[0].reg, w = op_w(op), subtract = op->opc == OP_subbio;
    bool with_carry = carry->kind != OPND_IMM || carry->imm != 0;
    bool in_flags = carry->kind == OPND_REG && x_flags_known(s) && s->carry_reg == carry->reg;

    if (is_reg(b, out)) { /* not of a subtraction */
        const Operand *t = a;
        a = b;
        b = t;
    }
    if (a->kind == OPND_IMM) {
        x_movi_keep_flags(s, out, w ? a->imm : (uint32_t)a->imm);
    } else {
        load_operand(s, w, out, a);
    }
    if (carry->kind == OPND_REG && !in_flags) {
        x_rr(s, X_BT_IMM, 4, carry->reg);
        x_byte(s, 0);
    } else if (carry->kind == OPND_IMM && with_carry) {
        x_byte(s, 0xf9); /* stc */
    }
    if (b->kind == OPND_IMM) {
        x_group1_ri(s, w, fields[subtract][with_carry], out, b->imm);
    } else {
        x_ro(s, opcodes[subtract][with_carry] | w, out, b);
    }
    if (!(op->out_dead & 2)) {
        x_movi_keep_flags(s, h->out[1].reg, 0);
        x_rr(s, (X_SETCC + CC_B) | X_BYTE_RM, 0, h->out[1].reg);
        x_flags_from(s, w, out, FLAGS_ZERO_SIGN);
        s->carry_reg = h->out[1].reg;
    }
}

/* Both halves of a product: rax * operand, to rdx:rax */
static void emit_mul2(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_ro(s, X_GROUP3 | op_w(op), op_arg(op), &h->in[1]);
}

/* rdx:rax / operand: quotient to rax, remainder to rdx */
static void emit_div2(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_ro(s, X_GROUP3 | op_w(op), op_arg(op), &h->in[2]);
}

/*
 * x86 lets a load overtake an earlier store to another place, and nothing else. A locked operation
 * on the stack costs less than mfence.
 */
static void emit_mb(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    x_byte(s, 0xf0); /* lock */
    x_group1_mi(s, 0, G1_OR, x_mem(RSP, 0), 0);
}

static void emit_ext_i32(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    bool flags = x_flags_survive(s, h->out[0].reg);

    x_ro(s, X_MOVSXD, h->out[0].reg, &h->in[0]);
    x_flags_kept(s, flags);
}

static void emit_low_half(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    bool already = op->opc == OP_extu_i32 && is_reg(&h->in[0], h->out[0].reg);
    bool flags = x_flags_survive(s, h->out[0].reg);

    if (!already) {
        x_ro(s, X_MOV, h->out[0].reg, &h->in[0]);
        x_flags_kept(s, flags);
    }
}

static void emit_high_half(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    Operand in = h->in[0];

    if (in.kind == OPND_REG) {
        x_mov(s, X_W, h->out[0].reg, in.reg);
        x_shift_i(s, X_W, SH_SHR, h->out[0].reg, 32);
    } else {
        in.disp += 4;
        x_ro(s, X_MOV, h->out[0].reg, &in);
    }
}

static X86Mem host_access_mem(const TCGOp *op, const Operand *base)
{
    return base->kind == OPND_ENV ? x_env(op->mem.disp) : x_mem(base->reg, op->mem.disp);
}

static void emit_ld(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    static const uint32_t opcodes[] = {
        [MO_8] = X_MOVZX8, [MO_16] = X_MOVZX16, [MO_32] = X_MOV, [MO_64] = X_MOV | X_W,
        [MO_8 | MO_SIGN] = X_MOVSX8, [MO_16 | MO_SIGN] = X_MOVSX16, [MO_32 | MO_SIGN] = X_MOVSXD,
        [MO_64 | MO_SIGN] = X_MOV | X_W,
    };
    unsigned memop = op->mem.oi & (MO_SIZE | MO_SIGN);

    x_rm(s, opcodes[memop] | (memop & MO_SIGN ? op_w(op) : 0), h->out[0].reg,
         host_access_mem(op, &h->in[0]));
}

static void store_operand(TCGContext *s, unsigned size, const Operand *value, X86Mem m)
{
    static const uint32_t reg_opcodes[] = { X_MOVB_R, X_MOVW_R, X_MOV_R, X_MOV_R | X_W };
    static const uint32_t imm_opcodes[] = { X_MOVB_IMM, X_MOV_IMM | X_66, X_MOV_IMM,
                                            X_MOV_IMM | X_W };

    if (value->kind == OPND_REG) {
        x_rm(s, reg_opcodes[size], value->reg, m);
        return;
    }
    x_rm(s, imm_opcodes[size], 0, m);
    if (size == MO_8) {
        x_byte(s, value->imm);
    } else if (size == MO_16) {
        x_byte(s, value->imm);
        x_byte(s, value->imm >> 8);
    } else {
        x_imm32(s, value->imm);
    }
}

static void emit_st(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    store_operand(s, op->mem.oi & MO_SIZE, &h->in[0], host_access_mem(op, &h->in[1]));
}

#define RMI (IN_MEM | IN_IMM32)
#define FIX IN_FIXED
#define PRODUCT                                                                                    \
    { .in = { FIX, IN_MEM }, .fixed_in = { RAX }, .out_fixed = 3, .fixed_out = { RAX, RDX } }
#define QUOTIENT                                                                                   \
    { .in = { FIX, FIX, IN_MEM }, .fixed_in = { RAX, RDX }, .out_fixed = 3,                        \
      .fixed_out = { RAX, RDX } }

static const Lowering lowering[NB_OPS] = {
    [OP_add] = { { .in = { IN_REG, RMI }, .reuse = 3 }, emit_add },
    [OP_sub] = { { .in = { IN_IMM | IN_MEM, RMI }, .reuse = 1 }, emit_sub },
    [OP_mul] = { { .in = { IN_REG, RMI }, .reuse = 3 }, emit_mul },
    [OP_mulsh] = { { .reuse = 3 }, emit_mul_high },
    [OP_muluh] = { { .reuse = 3 }, emit_mul_high },
    [OP_divs] = { { .in = { FIX, IN_MEM }, .fixed_in = { RAX }, .out_fixed = 1,
                    .fixed_out = { RAX }, .clobbers = 1 << RDX }, emit_div, G3_IDIV },
    [OP_divu] = { { .in = { FIX, IN_MEM }, .fixed_in = { RAX }, .out_fixed = 1,
                    .fixed_out = { RAX }, .clobbers = 1 << RDX }, emit_div, G3_DIV },
    [OP_rems] = { { .in = { FIX, IN_MEM }, .fixed_in = { RAX }, .out_fixed = 1,
                    .fixed_out = { RDX }, .clobbers = 1 << RAX }, emit_div, G3_IDIV },
    [OP_remu] = { { .in = { FIX, IN_MEM }, .fixed_in = { RAX }, .out_fixed = 1,
                    .fixed_out = { RDX }, .clobbers = 1 << RAX }, emit_div, G3_DIV },
    [OP_and] = { { .in = { IN_REG, RMI }, .reuse = 3 }, emit_logic, G1_AND },
    [OP_or] = { { .in = { IN_REG, RMI }, .reuse = 3 }, emit_logic, G1_OR },
    [OP_xor] = { { .in = { IN_REG, RMI }, .reuse = 3 }, emit_logic, G1_XOR },
    [OP_andc] = { { .reuse = 3 }, emit_andc },
    [OP_shl] = { { .in = { IN_REG, IN_IMM }, .reuse = 3 }, emit_shift, SH_SHL },
    [OP_shr] = { { .in = { IN_REG, IN_IMM }, .reuse = 3 }, emit_shift, SH_SHR },
    [OP_sar] = { { .in = { IN_REG, IN_IMM }, .reuse = 3 }, emit_shift, SH_SAR },
    [OP_rotl] = { { .in = { IN_REG, IN_IMM }, .reuse = 3 }, emit_shift, SH_ROL },
    [OP_rotr] = { { .in = { IN_REG, IN_IMM }, .reuse = 3 }, emit_shift, SH_ROR },
    [OP_clz] = { { .in = { IN_REG, IN_IMM }, .reuse = 1 }, emit_count_zeros, X_LZCNT },
    [OP_ctz] = { { .in = { IN_REG, IN_IMM }, .reuse = 1 }, emit_count_zeros, X_TZCNT },
    [OP_ctpop] = { { .in = { IN_MEM }, .reuse = 1 }, emit_ctpop },
    [OP_neg] = { { .in = { IN_MEM }, .reuse = 1 }, emit_unary, G3_NEG },
    [OP_not] = { { .in = { IN_MEM }, .reuse = 1 }, emit_unary, G3_NOT },
    [OP_bswap16] = { { .reuse = 1 }, emit_bswap16 },
    [OP_bswap32] = { { .reuse = 1 }, emit_bswap },
    [OP_bswap64] = { { .reuse = 1 }, emit_bswap },
    [OP_deposit] = { { .in = { IN_REG, IN_IMM }, .reuse = 3 }, emit_deposit },
    [OP_extract] = { { .in = { IN_MEM }, .reuse = 1 }, emit_extract },
    [OP_sextract] = { { .in = { IN_MEM }, .reuse = 1 }, emit_sextract },
    [OP_setcond] = { { .in = { IN_REG, RMI }, .reuse = 3 }, emit_setcond },
    [OP_negsetcond] = { { .in = { IN_REG, RMI }, .reuse = 3 }, emit_setcond },
    [OP_movcond] = { { .in = { IN_REG, RMI, IN_MEM, IN_IMM }, .reuse = 0xb }, emit_movcond },
    [OP_addcio] = { { .in = { IN_MEM, RMI, IN_IMM }, .reuse = 3 }, emit_carry },
    [OP_subbio] = { { .in = { IN_IMM | IN_MEM, RMI, IN_IMM }, .reuse = 1 }, emit_carry },
    [OP_mulu2] = { PRODUCT, emit_mul2, G3_MUL },
    [OP_muls2] = { PRODUCT, emit_mul2, G3_IMUL },
    [OP_divu2] = { QUOTIENT, emit_div2, G3_DIV },
    [OP_divs2] = { QUOTIENT, emit_div2, G3_IDIV },
    [OP_mb] = { { .nb_scratch = 0 }, emit_mb },
    [OP_ext_i32] = { { .in = { IN_MEM }, .reuse = 1 }, emit_ext_i32 },
    [OP_extu_i32] = { { .in = { IN_MEM }, .reuse = 1 }, emit_low_half },
    [OP_extrl_i64] = { { .in = { IN_MEM }, .reuse = 1 }, emit_low_half },
    [OP_extrh_i64] = { { .in = { IN_MEM }, .reuse = 1 }, emit_high_half },
    [OP_ld] = { { .in = { IN_ENV }, .reuse = 1 }, emit_ld },
    [OP_st] = { { .in = { IN_IMM32, IN_ENV } }, emit_st },
    [OP_brcond] = { { .in = { IN_REG, RMI } } },
};

static bool shifts_by_cl(const TCGOp *op)
{
    return op->opc == OP_rotl || op->opc == OP_rotr ||
           (!x86_features.bmi2 && (op->opc == OP_shl || op->opc == OP_shr || op->opc == OP_sar));
}

void host_constraint(TCGContext *s, const TCGOp *op, OpConstraint *c)
{
    bool wide = op->type == TCG_TYPE_I64;

    if (tcg_op_defs[op->opc].flags & OPF_VECTOR) {
        x_constraint_vector(op, c);
        return;
    }
    *c = lowering[op->opc].c;
    if (shifts_by_cl(op) && !temp_is_const(s, op->in[1])) {
        c->in[1] = IN_FIXED;
        c->fixed_in[1] = RCX;
        c->reuse = 1;
    } else if (op->opc == OP_mulsh || (op->opc == OP_muluh && wide)) {
        *c = (OpConstraint){ .in = { IN_FIXED }, .fixed_in = { RAX }, .out_fixed = 1,
                             .fixed_out = { RDX } };
    } else if ((op->opc == OP_brcond || op->opc == OP_setcond) && temp_is_const(s, op->in[1]) &&
               host_imm_ok(op, IN_IMM32, s->temps[op->in[1]].value)) {
        c->in[0] = op->opc == OP_brcond ? IN_MEM : IN_REG;
    } else if (op_is_guest_access(op)) {
        x_constraint_guest_access(s, op, c);
    }
    if (op->cond == TCG_COND_TSTEQ || op->cond == TCG_COND_TSTNE) {
        c->in[1] &= ~IN_MEM;
    }
}

bool host_imm_ok(const TCGOp *op, unsigned kind, int64_t value)
{
    if ((kind & IN_IMM) || op->type == TCG_TYPE_I32) {
        return true;
    }
    if (op->cond == TCG_COND_TSTEQ || op->cond == TCG_COND_TSTNE) {
        return fits_i32(value) || value == (uint32_t)value || is_power_of_2(value);
    }
    return fits_i32(value) || (op->opc == OP_and && value == (uint32_t)value);
}

void host_emit_op(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    if (tcg_op_defs[op->opc].flags & OPF_VECTOR) {
        x_emit_vector(s, op, h);
    } else {
        lowering[op->opc].emit(s, op, h);
    }
}
