/*
 * x86 translator: the status flags and the conditions.
 *
 * The flags are in globals (cpu.h); a result, sign-extended, goes into two of them, and those that
 * nobody reads cost nothing. What a comparison compared stays known in ctx->flags, so
 * that the branch behind it is one comparison.
 *
 * Most flags are never read, but a fault would show them. So they are written as late as can be:
 * when something reads them, at the block's end, or before an instruction that may fault, unless
 * they can be made again of what registers have then. In that case the instruction remembers how.
 * Within a region, such flags stay pending across branches, too: how they are made again is the state
 * in which the next block is entered (DisasContextBase.edge_state), and it knows what was compared.
 *
 * Reference: SDM volume 1, 3.4.3.1 and appendix B (condition codes).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-integer.h"

typedef enum X86PendingKind {
    PENDING_ADD = X86_RECALL_ADD, /* of result = a + b, a and b zero-extended */
    PENDING_SUB = X86_RECALL_SUB, /* of result = a - b */
    PENDING_LOGIC = X86_RECALL_LOGIC,
    PENDING_INC = X86_RECALL_INC, /* as ADD and SUB, but CF stays */
    PENDING_DEC = X86_RECALL_DEC,
    PENDING_GIVEN, /* CF is bit 0 of a, OF bit size - 1 of b; AF is clear */
    PENDING_CARRY, /* CF is bit 0 of a, OF and AF are clear */
    PENDING_BOTH,  /* CF and OF are a, 0 or 1; AF is clear */
} X86PendingKind;

static void know(DisasContext *ctx, X86FlagsKind kind, unsigned size, TCGv_i64 a, TCGv_i64 b)
{
    ctx->flags = (X86KnownFlags){ .kind = kind, .size = size, .a = a, .b = b };
}

static void set_pending(DisasContext *ctx, X86PendingKind kind, unsigned size, TCGv_i64 a,
                        TCGv_i64 b, TCGv_i64 result)
{
    ctx->pending =
        (X86PendingFlags){ .kind = kind, .size = size, .a = a, .b = b, .result = result };
}

static bool replaces_all(const X86PendingFlags *p)
{
    return p->kind && p->kind != PENDING_INC && p->kind != PENDING_DEC;
}

/* Of what is to be written: the globals' values so far are nobody's any more. */
static void drop_replaced_flags(DisasContext *ctx)
{
    TCGv_i64 globals[] = { cpu_fz, cpu_fs, cpu_fm, cpu_ft, cpu_fd };

    for (size_t i = 0; i < ARRAY_SIZE(globals) && ctx->flags_kept; i++) {
        tcg_gen_discard_i64(globals[i]);
    }
    ctx->flags_kept = false;
}

/* ---- Writing ---- */

static void write_result_flags(TCGv_i64 extended)
{
    tcg_gen_mov_i64(cpu_fz, extended);
    tcg_gen_mov_i64(cpu_fs, extended);
}

/* CF, OF and AF are those of such a subtraction, of numbers that are sign-extended. */
static void write_subtraction(TCGv_i64 minuend, TCGv_i64 subtrahend, TCGv_i64 difference)
{
    tcg_gen_mov_i64(cpu_fm, minuend);
    tcg_gen_mov_i64(cpu_ft, subtrahend);
    tcg_gen_mov_i64(cpu_fd, difference);
}

/* One that has the carry, 0 or 1, and what `others` says: bit 63 for OF, bit 4 for AF. */
static X86Subtraction subtraction_for(TCGv_i64 carry, TCGv_i64 others)
{
    X86Subtraction s = { new_i64(), new_i64(), new_i64() };

    tcg_gen_shli_i64(s.subtrahend, carry, 63);
    tcg_gen_xori_i64(s.minuend, s.subtrahend, INT64_MIN);
    tcg_gen_xor_i64(s.difference, s.minuend, others);
    return s;
}

static void write_carry_and_others(TCGv_i64 carry, TCGv_i64 others)
{
    X86Subtraction s = subtraction_for(carry, others);

    write_subtraction(s.minuend, s.subtrahend, s.difference);
}

TCGv_i64 x86_carry(void)
{
    TCGv_i64 t = new_i64();

    tcg_gen_setcond_i64(TCG_COND_LTU, t, cpu_fm, cpu_ft);
    return t;
}

/* OF in bit 63, with garbage below. */
static TCGv_i64 overflow_sign(void)
{
    TCGv_i64 t = new_i64(), u = new_i64();

    tcg_gen_xor_i64(t, cpu_fm, cpu_ft);
    tcg_gen_xor_i64(u, cpu_fm, cpu_fd);
    tcg_gen_and_i64(t, t, u);
    return t;
}

TCGv_i64 x86_overflow(void)
{
    TCGv_i64 t = new_i64();

    tcg_gen_shri_i64(t, overflow_sign(), 63);
    return t;
}

static TCGv_i64 auxiliary(void)
{
    TCGv_i64 t = new_i64();

    tcg_gen_xor_i64(t, cpu_fm, cpu_ft);
    tcg_gen_xor_i64(t, t, cpu_fd);
    tcg_gen_andi_i64(t, t, FLAG_AF);
    return t;
}

X86Subtraction x86_subtraction_given(TCGv_i64 carry, TCGv_i64 overflow, bool keep_auxiliary)
{
    TCGv_i64 others = new_i64();

    if (!overflow) { /* 0 - carry; what lies between them decides AF alone */
        return (X86Subtraction){ constant(0), carry, keep_auxiliary ? auxiliary() : constant(0) };
    }
    tcg_gen_shli_i64(others, overflow, 63);
    if (keep_auxiliary) {
        tcg_gen_or_i64(others, others, auxiliary());
    }
    return subtraction_for(carry, others);
}

void x86_change_carry(DisasContext *ctx, TCGv_i64 carry, TCGv_i64 overflow)
{
    X86Subtraction s = x86_subtraction_given(carry, overflow, true);

    ctx->flags_kept = true;
    write_subtraction(s.minuend, s.subtrahend, s.difference);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
}

void x86_set_carry(DisasContext *ctx, TCGv_i64 carry)
{
    ctx->pending.kind = 0;
    ctx->flags_kept = true;
    tcg_gen_movi_i64(cpu_fm, 0);
    tcg_gen_mov_i64(cpu_ft, carry);
    tcg_gen_movi_i64(cpu_fd, 0);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
}

/* OF and AF of a + b or a - b; CF stays. */
static void write_all_but_carry(const X86PendingFlags *p, bool subtracted)
{
    TCGv_i64 differ = new_i64(), t = new_i64(), others = new_i64();

    tcg_gen_xor_i64(differ, p->a, p->b);
    tcg_gen_xor_i64(t, p->a, p->result);
    (subtracted ? tcg_gen_and_i64 : tcg_gen_andc_i64)(t, t, differ);
    tcg_gen_shri_i64(t, t, bits_of(p->size) - 1);
    tcg_gen_shli_i64(t, t, 63);
    tcg_gen_xor_i64(others, differ, p->result);
    tcg_gen_andi_i64(others, others, FLAG_AF);
    tcg_gen_or_i64(others, others, t);
    write_carry_and_others(x86_carry(), others);
}

static void write_given(const X86PendingFlags *p)
{
    TCGv_i64 carry = new_i64(), overflow = new_i64();
    X86Subtraction s;

    tcg_gen_andi_i64(carry, p->a, 1);
    tcg_gen_shri_i64(overflow, p->b, bits_of(p->size) - 1);
    s = x86_subtraction_given(carry, overflow, false);
    write_subtraction(s.minuend, s.subtrahend, s.difference);
}

/* Of what is pending: CF, OF and AF. `extended` is the result, sign-extended. */
static void write_carry_flags(const X86PendingFlags *p, TCGv_i64 extended)
{
    TCGv_i64 zero = constant(0), t = new_i64();

    switch (p->kind) {
    case PENDING_ADD:
        write_subtraction(extended, x86_extend(p->size, p->b, true),
                          x86_extend(p->size, p->a, true));
        break;
    case PENDING_SUB:
        write_subtraction(x86_extend(p->size, p->a, true), x86_extend(p->size, p->b, true),
                          extended);
        break;
    case PENDING_LOGIC:
        write_subtraction(zero, zero, zero);
        break;
    case PENDING_INC:
    case PENDING_DEC:
        write_all_but_carry(p, p->kind == PENDING_DEC);
        break;
    case PENDING_GIVEN:
        write_given(p);
        break;
    case PENDING_CARRY: /* 0 - 1 */
        tcg_gen_andi_i64(t, p->a, 1);
        write_subtraction(zero, t, zero);
        break;
    case PENDING_BOTH: /* 0 minus the smallest number, which it is again */
        tcg_gen_shli_i64(t, p->a, 63);
        write_subtraction(zero, t, t);
        break;
    }
}

void x86_write_pending_flags(DisasContext *ctx)
{
    X86PendingFlags p = ctx->pending;
    TCGv_i64 extended;

    ctx->flags_kept = true; /* also of what the caller writes */
    if (p.kind) {
        ctx->pending.kind = 0;
        extended = x86_extend(p.size, p.result, true);
        write_carry_flags(&p, extended);
        write_result_flags(extended);
    }
}

/* ---- What is pending while instructions follow ---- */

/* Instructions that neither read the flags' globals nor leave the block without
 * x86_write_pending_flags(), and write registers by x86_write_reg() and its kin only. */
static bool minds_pending_flags(const X86Insn *insn)
{
    static bool (*const those[])(DisasContext *ctx) = {
        x86_MOV,   x86_LEA,   x86_ADD,   x86_SUB,    x86_CMP,   x86_AND, x86_OR,  x86_XOR,
        x86_TEST,  x86_PUSH,  x86_POP,   x86_MOVZX,  x86_MOVSX, x86_JCC, x86_JMP, x86_CALL,
        x86_RET,   x86_NOP,   x86_INC,   x86_DEC,    x86_SHL,   x86_SHR, x86_SAR, x86_CMOVCC,
        x86_SETCC, x86_IMUL2, x86_IMUL3, x86_NEG,    x86_NOT,   x86_CBW, x86_CWD, x86_LEAVE,
        x86_BSWAP, x86_MOVBE, x86_JMP_E, x86_CALL_E,
    };

    for (size_t i = 0; insn->row && i < ARRAY_SIZE(those); i++) {
        if (insn->row->translate == those[i]) {
            return true;
        }
    }
    return false;
}

static bool accesses_memory(const X86Insn *insn)
{
    static bool (*const of_stack[])(DisasContext *ctx) = {
        x86_PUSH, x86_POP, x86_CALL, x86_CALL_E, x86_RET, x86_LEAVE,
    };

    for (unsigned n = 0; n < X86_MAX_OPERANDS; n++) {
        if (insn->operands[n].kind == X86_OPERAND_MEMORY) {
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(of_stack); i++) {
        if (insn->row->translate == of_stack[i]) {
            return true;
        }
    }
    return false;
}

static bool can_be_recalled(const X86PendingFlags *p)
{
    return p->kind && p->recall && !(p->sources & p->written);
}

uint64_t x86_flags_at_insn(DisasContext *ctx)
{
    const X86PendingFlags *p = &ctx->pending;

    if (!p->kind) {
        return 0;
    }
    if (minds_pending_flags(&ctx->insn) &&
        (can_be_recalled(p) || !accesses_memory(&ctx->insn))) {
        if (replaces_all(p)) {
            drop_replaced_flags(ctx);
        }
        return can_be_recalled(p) ? p->recall : 0;
    }
    x86_write_pending_flags(ctx);
    return 0;
}

/* A register that can be a source: of 8 bits the low ones. */
static bool is_plain_register(DisasContext *ctx, unsigned n)
{
    const X86Operand *o = &ctx->insn.operands[n];

    return o->kind == X86_OPERAND_GPR && !(o->size == MO_8 && o->number >= 4 && !ctx->insn.has_rex);
}

void x86_flags_from_operands(DisasContext *ctx, bool result_kept)
{
    X86PendingFlags *p = &ctx->pending;
    unsigned first = ctx->insn.operands[0].number, second = ctx->insn.operands[1].number;
    uint64_t recall;
    int64_t imm;

    if (!is_plain_register(ctx, 0)) {
        return;
    }
    recall = p->kind | p->size << X86_RECALL_SIZE | first << X86_RECALL_FIRST |
             (result_kept ? X86_RECALL_RESULT : 0);
    p->sources = 1u << first;
    p->written = 0;
    if (ctx->insn.operands[1].kind == X86_OPERAND_NONE ||
        (p->kind == PENDING_LOGIC && result_kept)) {
        p->recall = recall | X86_RECALL_IMM | 1ull << X86_RECALL_SECOND;
    } else if (is_immediate(ctx, 1)) {
        imm = ctx->insn.imm;
        if (imm == (int32_t)imm) {
            p->recall = recall | X86_RECALL_IMM | (uint64_t)(uint32_t)imm << X86_RECALL_SECOND;
        }
    } else if (is_plain_register(ctx, 1) && !(result_kept && first == second)) {
        p->recall = recall | (uint64_t)second << X86_RECALL_SECOND;
        p->sources |= 1u << second;
    }
}

/* ---- Across branches ---- */

void x86_flags_at_branch(DisasContext *ctx)
{
    if (!translator_carries_states(&ctx->base) || ctx->step || !can_be_recalled(&ctx->pending)) {
        x86_write_pending_flags(ctx);
    }
}

void x86_flags_over_edge(DisasContext *ctx)
{
    ctx->base.edge_state = ctx->pending.kind ? ctx->pending.recall : 0;
}

/* As temps, as the instruction had them. */
static X86PendingFlags pending_of_recall(uint64_t recall)
{
    X86PendingFlags p = {
        .kind = recall & X86_RECALL_KIND,
        .size = recall >> X86_RECALL_SIZE & 3,
        .recall = recall,
        .sources = 1u << (recall >> X86_RECALL_FIRST & 15),
    };
    bool subtracted = p.kind == PENDING_SUB || p.kind == PENDING_DEC;
    bool result_kept = recall & X86_RECALL_RESULT;
    TCGv_i64 first = x86_copy(cpu_regs[recall >> X86_RECALL_FIRST & 15]), second, other = new_i64();

    if (recall & X86_RECALL_IMM) {
        second = constant((int32_t)(recall >> X86_RECALL_SECOND));
    } else {
        second = x86_copy(cpu_regs[recall >> X86_RECALL_SECOND & 15]);
        p.sources |= 1u << (recall >> X86_RECALL_SECOND & 15);
    }
    first = x86_extend(p.size, first, false);
    p.b = x86_extend(p.size, second, false);
    if (p.kind == PENDING_LOGIC) {
        tcg_gen_and_i64(other, first, p.b);
        p.result = p.a = p.b = result_kept ? first : other;
    } else {
        (subtracted == result_kept ? tcg_gen_add_i64 : tcg_gen_sub_i64)(other, first, p.b);
        p.a = result_kept ? x86_extend(p.size, other, false) : first;
        p.result = result_kept ? first : other;
    }
    return p;
}

void x86_flags_at_entry(DisasContext *ctx, uint64_t recall)
{
    X86PendingFlags *p = &ctx->pending;

    if (!recall) {
        return;
    }
    *p = pending_of_recall(recall);
    ctx->flags_kept &= !replaces_all(p);
    if (p->kind == PENDING_SUB) {
        know(ctx, X86_FLAGS_COMPARED, p->size, p->a, p->b);
    } else {
        know(ctx, X86_FLAGS_RESULT, p->size, p->result, constant(0));
        ctx->flags.logical = p->kind == PENDING_LOGIC;
    }
}

void x86_flags_settle(DisasContext *ctx, uint64_t recall)
{
    X86PendingFlags before = ctx->pending;

    ctx->pending = pending_of_recall(recall);
    x86_write_pending_flags(ctx);
    ctx->pending = before;
}

/* ---- Flags of operations ---- */

void x86_flags_of_add(DisasContext *ctx, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 result)
{
    set_pending(ctx, PENDING_ADD, size, a, b, result);
    know(ctx, X86_FLAGS_RESULT, size, result, constant(0));
}

void x86_flags_of_sub(DisasContext *ctx, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 result)
{
    set_pending(ctx, PENDING_SUB, size, a, b, result);
    know(ctx, X86_FLAGS_COMPARED, size, a, b);
}

void x86_flags_but_carry(DisasContext *ctx, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 result,
                         bool subtracted)
{
    X86PendingFlags *before = &ctx->pending;

    if (before->kind) {
        ctx->flags_kept = true;
        write_carry_flags(before, x86_extend(before->size, before->result, true));
    }
    set_pending(ctx, subtracted ? PENDING_DEC : PENDING_INC, size, a, b, result);
    know(ctx, X86_FLAGS_RESULT, size, result, constant(0));
}

void x86_flags_of_logic(DisasContext *ctx, unsigned size, TCGv_i64 result)
{
    set_pending(ctx, PENDING_LOGIC, size, result, result, result);
    know(ctx, X86_FLAGS_RESULT, size, result, constant(0));
    ctx->flags.logical = true;
}

void x86_flags_given(DisasContext *ctx, unsigned size, TCGv_i64 result, TCGv_i64 carry,
                     TCGv_i64 overflow)
{
    set_pending(ctx, overflow ? PENDING_GIVEN : PENDING_CARRY, size, carry, overflow, result);
    know(ctx, X86_FLAGS_RESULT, size, result, constant(0));
}

void x86_flags_of_product(DisasContext *ctx, unsigned size, TCGv_i64 result, TCGv_i64 exceeds)
{
    set_pending(ctx, PENDING_BOTH, size, exceeds, exceeds, result);
    know(ctx, X86_FLAGS_RESULT, size, result, constant(0));
}

/* ---- As a word ---- */

/* 1 if the low byte of fs has an odd number of ones: PF is clear. */
static TCGv_i64 odd_parity(void)
{
    TCGv_i64 t = new_i64();

    tcg_gen_ext8u_i64(t, cpu_fs);
    tcg_gen_ctpop_i64(t, t);
    tcg_gen_andi_i64(t, t, 1);
    return t;
}

/* A flag, 0 or 1, to where EFLAGS has it. */
static void gather(TCGv_i64 eflags, TCGv_i64 flag, uint64_t bit)
{
    TCGv_i64 t = new_i64();

    tcg_gen_shli_i64(t, flag, ctz64(bit));
    tcg_gen_or_i64(eflags, eflags, t);
}

TCGv_i64 x86_get_flags(DisasContext *ctx)
{
    TCGv_i64 eflags = new_i64(), t = new_i64();

    x86_write_pending_flags(ctx);
    tcg_gen_or_i64(eflags, auxiliary(), x86_carry());
    tcg_gen_xori_i64(t, odd_parity(), 1);
    gather(eflags, t, FLAG_PF);
    tcg_gen_setcondi_i64(TCG_COND_EQ, t, cpu_fz, 0);
    gather(eflags, t, FLAG_ZF);
    tcg_gen_shri_i64(t, cpu_fs, 63);
    gather(eflags, t, FLAG_SF);
    gather(eflags, x86_overflow(), FLAG_OF);
    return eflags;
}

void x86_set_flags(DisasContext *ctx, TCGv_i64 eflags)
{
    TCGv_i64 carry = new_i64(), others = new_i64(), t = new_i64();

    eflags = x86_copy(eflags);
    tcg_gen_andi_i64(carry, eflags, FLAG_CF);
    tcg_gen_andi_i64(others, eflags, FLAG_AF);
    tcg_gen_extract_i64(t, eflags, ctz64(FLAG_OF), 1);
    tcg_gen_shli_i64(t, t, 63);
    tcg_gen_or_i64(others, others, t);
    write_carry_and_others(carry, others);
    tcg_gen_andi_i64(cpu_fz, eflags, FLAG_ZF);
    tcg_gen_xori_i64(cpu_fz, cpu_fz, FLAG_ZF);
    tcg_gen_extract_i64(t, eflags, ctz64(FLAG_PF), 1);
    tcg_gen_xori_i64(t, t, 1);
    tcg_gen_extract_i64(cpu_fs, eflags, ctz64(FLAG_SF), 1);
    tcg_gen_shli_i64(cpu_fs, cpu_fs, 63);
    tcg_gen_or_i64(cpu_fs, cpu_fs, t);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
    ctx->pending.kind = 0;
}

/* ---- Conditions ---- */

/* A condition as a comparison; of the operands' low 32 bits if `narrow`. */
typedef struct Comparison {
    TCGCond cond;
    TCGv_i64 a, b;
    bool narrow;
} Comparison;

/*
 * By condition code without its lowest bit: how it is decided by comparing what is known, `a` with
 * `b`; logical results and others with 0.
 */
#define BY_FLAGS 0xff
static const uint8_t compared_conditions[8] = {
    BY_FLAGS, TCG_COND_LTU, TCG_COND_EQ, TCG_COND_LEU, BY_FLAGS, BY_FLAGS, TCG_COND_LT, TCG_COND_LE,
};
static const uint8_t logical_conditions[8] = {
    TCG_COND_NEVER, TCG_COND_NEVER, TCG_COND_EQ, TCG_COND_EQ,
    TCG_COND_LT,    BY_FLAGS,       TCG_COND_LT, TCG_COND_LE,
};
static const uint8_t result_conditions[8] = {
    BY_FLAGS, BY_FLAGS, TCG_COND_EQ, BY_FLAGS, TCG_COND_LT, BY_FLAGS, BY_FLAGS, BY_FLAGS,
};

static uint8_t known_condition(const X86KnownFlags *f, unsigned code)
{
    switch (f->kind) {
    case X86_FLAGS_COMPARED:
        return compared_conditions[code >> 1];
    case X86_FLAGS_RESULT:
        return (f->logical ? logical_conditions : result_conditions)[code >> 1];
    default:
        return BY_FLAGS;
    }
}

/* The sign of SF exclusive or OF. */
static TCGv_i64 less_sign(void)
{
    TCGv_i64 t = new_i64();

    tcg_gen_xor_i64(t, cpu_fs, overflow_sign());
    return t;
}

static Comparison comparison_of_flags(unsigned code)
{
    TCGv_i64 t = new_i64(), zero = constant(0);

    switch (code & ~1u) {
    case X86_CC_O:
        return (Comparison){ TCG_COND_LT, overflow_sign(), zero };
    case X86_CC_B:
        return (Comparison){ TCG_COND_LTU, cpu_fm, cpu_ft };
    case X86_CC_E:
        return (Comparison){ TCG_COND_EQ, cpu_fz, zero };
    case X86_CC_BE: /* CF or ZF */
        tcg_gen_movcond_i64(TCG_COND_EQ, t, cpu_fz, zero, constant(1), x86_carry());
        return (Comparison){ TCG_COND_NE, t, zero };
    case X86_CC_S:
        return (Comparison){ TCG_COND_LT, cpu_fs, zero };
    case X86_CC_P:
        return (Comparison){ TCG_COND_EQ, odd_parity(), zero };
    case X86_CC_L:
        return (Comparison){ TCG_COND_LT, less_sign(), zero };
    default: /* LE: ZF, or L */
        tcg_gen_movcond_i64(TCG_COND_EQ, t, cpu_fz, zero, constant(-1), less_sign());
        return (Comparison){ TCG_COND_LT, t, zero };
    }
}

static bool is_signed_order(TCGCond cond)
{
    return cond >= TCG_COND_LT && cond <= TCG_COND_LE;
}

static Comparison comparison_for(DisasContext *ctx, unsigned code)
{
    const X86KnownFlags *f = &ctx->flags;
    uint8_t known = known_condition(f, code);
    Comparison c;

    if (known == BY_FLAGS) {
        x86_write_pending_flags(ctx);
        c = comparison_of_flags(code);
    } else {
        c = (Comparison){ (TCGCond)known, f->a, f->b, f->size == MO_32 };
        if (f->size < MO_32 && (is_signed_order(c.cond) || f->kind == X86_FLAGS_RESULT)) {
            c.a = x86_extend(f->size, c.a, true);
            c.b = x86_extend(f->size, c.b, true);
        }
    }
    c.cond = code & 1 ? tcg_invert_cond(c.cond) : c.cond;
    return c;
}

static TCGv_i32 low_half(TCGv_i64 value)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_extrl_i64_i32(t, value);
    return t;
}

TCGv_i64 x86_condition(DisasContext *ctx, unsigned code)
{
    Comparison c = comparison_for(ctx, code);
    TCGv_i64 ret = new_i64();

    if (c.cond == TCG_COND_NEVER || c.cond == TCG_COND_ALWAYS) {
        return constant(c.cond == TCG_COND_ALWAYS);
    }
    if (c.narrow) {
        TCGv_i32 t = tcg_temp_new_i32();

        tcg_gen_setcond_i32(c.cond, t, low_half(c.a), low_half(c.b));
        tcg_gen_extu_i32_i64(ret, t);
    } else {
        tcg_gen_setcond_i64(c.cond, ret, c.a, c.b);
    }
    return ret;
}

void x86_branch_if(DisasContext *ctx, unsigned code, TCGLabel *label)
{
    Comparison c = comparison_for(ctx, code);

    if (c.cond == TCG_COND_ALWAYS) {
        tcg_gen_br(label);
    } else if (c.cond == TCG_COND_NEVER) {
        return;
    } else if (c.narrow) {
        tcg_gen_brcond_i32(c.cond, low_half(c.a), low_half(c.b), label);
    } else {
        tcg_gen_brcond_i64(c.cond, c.a, c.b, label);
    }
}

void x86_select(DisasContext *ctx, unsigned code, TCGv_i64 ret, TCGv_i64 yes, TCGv_i64 no)
{
    Comparison c = comparison_for(ctx, code);

    if (c.cond == TCG_COND_ALWAYS || c.cond == TCG_COND_NEVER) {
        tcg_gen_mov_i64(ret, c.cond == TCG_COND_ALWAYS ? yes : no);
        return;
    }
    if (c.narrow) {
        c.a = x86_extend(MO_32, c.a, is_signed_order(c.cond));
        c.b = x86_extend(MO_32, c.b, is_signed_order(c.cond));
    }
    tcg_gen_movcond_i64(c.cond, ret, c.a, c.b, yes, no);
}

bool x86_SETCC(DisasContext *ctx)
{
    x86_write(ctx, 0, x86_condition(ctx, ctx->insn.opcode & 15));
    return true;
}

/* The source is read, and may fault, whatever the condition; a destination of 32 bits has its upper
 * half cleared. */
bool x86_CMOVCC(DisasContext *ctx)
{
    TCGv_i64 from = x86_read(ctx, 1), result = new_i64();

    x86_select(ctx, ctx->insn.opcode & 15, result, from, x86_read(ctx, 0));
    x86_write(ctx, 0, result);
    return true;
}

/* ---- Flags as operands ---- */

/* The others stay. */
static bool write_carry(DisasContext *ctx, TCGv_i64 value)
{
    x86_change_carry(ctx, value, x86_overflow());
    return true;
}

bool x86_CLC(DisasContext *ctx)
{
    return write_carry(ctx, constant(0));
}

bool x86_STC(DisasContext *ctx)
{
    return write_carry(ctx, constant(1));
}

bool x86_CMC(DisasContext *ctx)
{
    TCGv_i64 t = new_i64();

    tcg_gen_xori_i64(t, x86_carry(), 1);
    return write_carry(ctx, t);
}

bool x86_CLD(DisasContext *ctx)
{
    tcg_gen_movi_i64(cpu_df, 1);
    return true;
}

bool x86_STD(DisasContext *ctx)
{
    tcg_gen_movi_i64(cpu_df, -1);
    return true;
}

static bool has_lahf(const DisasContext *ctx)
{
    return !ctx->code64 || x86_ctx_has(ctx, X86_FEATURE_LAHF_LM);
}

/* The low byte of EFLAGS, with its constant bits, in AH. */
bool x86_LAHF(DisasContext *ctx)
{
    TCGv_i64 t = new_i64();

    if (!has_lahf(ctx)) {
        return false;
    }
    tcg_gen_andi_i64(t, x86_get_flags(ctx), 0xff);
    tcg_gen_ori_i64(t, t, FLAG_1);
    tcg_gen_deposit_i64(cpu_regs[R_EAX], cpu_regs[R_EAX], t, 8, 8);
    return true;
}

/* OF stays. */
bool x86_SAHF(DisasContext *ctx)
{
    TCGv_i64 t = new_i64(), overflow = new_i64();

    if (!has_lahf(ctx)) {
        return false;
    }
    tcg_gen_shli_i64(overflow, x86_overflow(), ctz64(FLAG_OF));
    tcg_gen_extract_i64(t, cpu_regs[R_EAX], 8, 8);
    tcg_gen_or_i64(t, t, overflow);
    x86_set_flags(ctx, t);
    return true;
}

bool x86_SALC(DisasContext *ctx)
{
    TCGv_i64 t = new_i64();

    tcg_gen_neg_i64(t, x86_carry());
    x86_write_reg(ctx, MO_8, R_EAX, t);
    return true;
}
