/*
 * Arm translator: A64's flags while nobody has asked for them.
 *
 * Most flags are only compared, and a comparison has what was compared (KnownFlags); but a fault
 * would show them. So they are computed as late as can be: when something reads their globals,
 * where the translation is left, or before an access to memory, unless they can be made again of
 * what registers have then. In that case the instruction remembers how (insn_start's second word).
 * Within a region such flags stay pending across branches, too: how they are made again is the
 * state in which the next block is entered (DisasContextBase.edge_state).
 *
 * Reference: DDI 0487, C4.1 (encodings), C6.2; the pseudocode function AddWithCarry() in J1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/translate.h"

static TCGv_i64 new_i64(void)
{
    return tcg_temp_new_i64();
}

static TCGv_i64 as_operand(TCGv_i64 a, bool wide)
{
    TCGv_i64 t;

    if (wide) {
        return a64_copy(a);
    }
    t = new_i64();
    tcg_gen_ext32s_i64(t, a);
    return t;
}

/* ---- Writing ---- */

void a64_flags_pending(DisasContext *ctx, ARMRecallKind kind, bool wide, TCGv_i64 a, TCGv_i64 b,
                       TCGv_i64 result)
{
    ctx->pending = (PendingFlags){
        .kind = kind, .wide = wide, .is_new = true, .a = a, .b = b, .result = result,
    };
}

/* Sign-extended words compare as unsigned ones, too: the upper half follows bit 31. */
static void write_carry_and_overflow(const PendingFlags *p)
{
    TCGv_i64 t = new_i64();

    if (p->kind == ARM_RECALL_LOGIC) {
        tcg_gen_movi_i64(cpu_c, 0);
        tcg_gen_movi_i64(cpu_v, 0);
        return;
    }
    if (p->kind == ARM_RECALL_SUB) {
        tcg_gen_setcond_i64(TCG_COND_GEU, cpu_c, p->a, p->b);
    } else {
        tcg_gen_setcond_i64(TCG_COND_LTU, cpu_c, p->result, p->a);
    }
    tcg_gen_xor_i64(t, p->a, p->b);
    tcg_gen_xor_i64(cpu_v, p->a, p->result);
    (p->kind == ARM_RECALL_SUB ? tcg_gen_and_i64 : tcg_gen_andc_i64)(cpu_v, cpu_v, t);
}

static void write_flags(const PendingFlags *p)
{
    write_carry_and_overflow(p);
    tcg_gen_mov_i64(cpu_n, p->result);
    tcg_gen_mov_i64(cpu_z, p->result);
}

void a64_write_pending_flags(DisasContext *ctx)
{
    if (ctx->pending.kind) {
        write_flags(&ctx->pending);
        ctx->pending.kind = ARM_RECALL_NONE;
    }
}

/* ---- What is pending while instructions follow ---- */

/* Of those that access memory: neither exclusive nor atomic, nor several structures. */
static bool is_plain_access(uint32_t insn)
{
    switch (extract32(insn, 28, 2)) {
    case 1: /* literal */
        return !extract32(insn, 24, 1) && extract32(insn, 27, 1);
    case 2: /* pair */
        return true;
    case 3: /* one register: with a displacement or an index */
        return extract32(insn, 24, 1) || !extract32(insn, 21, 1) || extract32(insn, 10, 2) == 2;
    default:
        return false;
    }
}

static bool is_access(uint32_t insn)
{
    return (extract32(insn, 25, 4) & 5) == 4;
}

/* Not ADC and its kin, flags from registers, pointer authentication, tags. */
static bool is_plain_operation(uint32_t insn)
{
    unsigned group = extract32(insn, 21, 8), op = extract32(insn, 10, 6);

    if (group == 0xd6) {
        return extract32(insn, 30, 1) ? extract32(insn, 16, 5) == 0
                                      : op == 2 || op == 3 || (op >= 8 && op <= 11);
    }
    return group != 0xd0;
}

static bool is_plain_branch(uint32_t insn)
{
    return (insn & 0x7c000000) == 0x14000000 || /* B, BL */
           (insn & 0x7c000000) == 0x34000000 || /* CBZ, CBNZ, TBZ, TBNZ */
           (insn & 0xff000010) == 0x54000000 || /* B.cond */
           (insn & 0xfffffc1f) == 0xd65f0000 || /* RET */
           insn == 0xd503201f;                  /* NOP */
}

/* Not what compares floats or selects one, or FJCVTZS. */
static bool is_plain_float(uint32_t insn)
{
    if (extract32(insn, 28, 1) == 0 || extract32(insn, 24, 5) != 0x1e || extract32(insn, 30, 1)) {
        return true;
    }
    if (extract32(insn, 10, 6) == 0) { /* to and from integers */
        return (insn & 0xfffffc00) != 0x1e7e0000;
    }
    return extract32(insn, 10, 2) == 2 || extract32(insn, 10, 5) == 0x10;
}

/*
 * Instructions that neither read the flags' globals nor leave the block without
 * a64_write_pending_flags().
 */
static bool minds_pending_flags(const DisasContext *ctx)
{
    uint32_t insn = ctx->insn;

    if (ctx->row < 0) {
        return false;
    }
    switch (extract32(insn, 25, 4)) {
    case 8:
    case 9: /* constants */
        return true;
    case 5:
    case 13:
        return is_plain_operation(insn);
    case 4:
    case 6:
    case 12:
    case 14:
        return is_plain_access(insn);
    case 10:
    case 11:
        return is_plain_branch(insn);
    case 7:
    case 15:
        return is_plain_float(insn);
    default:
        return false;
    }
}

static bool can_be_recalled(const PendingFlags *p)
{
    return p->kind && p->recall && !(p->sources & p->written);
}

uint64_t a64_flags_at_insn(DisasContext *ctx)
{
    if (!ctx->pending.kind) {
        return 0;
    }
    if (minds_pending_flags(ctx)) {
        if (can_be_recalled(&ctx->pending)) {
            return ctx->pending.recall;
        }
        if (!is_access(ctx->insn)) {
            return 0;
        }
    }
    a64_write_pending_flags(ctx);
    return 0;
}

void a64_flags_after_insn(DisasContext *ctx)
{
    PendingFlags *p = &ctx->pending;

    if (p->kind && !p->is_new) {
        p->written |= tcg_written_by_insn(cpu_x, ARRAY_SIZE(cpu_x));
    }
    p->is_new = false;
}

/*
 * The flags are those of an operation on register `first` (31: the stack pointer) and what `second`
 * says, with the result in `rd`, if that isn't 31.
 */
static void remember(DisasContext *ctx, unsigned rd, unsigned first, uint64_t second,
                     uint32_t second_register)
{
    PendingFlags *p = &ctx->pending;
    bool kept = rd != 31 && ((1u << first | second_register) >> rd & 1);

    if (kept && (second_register >> rd & 1)) {
        return; /* one operand is gone, and it isn't that which the result tells */
    }
    p->recall = p->kind | (p->wide ? ARM_RECALL_WIDE : 0) | (kept ? ARM_RECALL_RESULT : 0) |
                (uint64_t)first << ARM_RECALL_FIRST | second;
    p->sources = 1u << first | second_register;
}

void a64_flags_of_constant(DisasContext *ctx, unsigned rd, unsigned first, int64_t constant)
{
    if (constant == (int32_t)constant) {
        remember(ctx, rd, first,
                 ARM_RECALL_IMM | (uint64_t)(uint32_t)constant << ARM_RECALL_SECOND, 0);
    }
}

void a64_flags_of_registers(DisasContext *ctx, unsigned rd, unsigned first, unsigned second)
{
    if (first == 31) {
        return;
    }
    if (second == 31) {
        a64_flags_of_constant(ctx, rd, first, 0);
    } else {
        remember(ctx, rd, first, (uint64_t)second << ARM_RECALL_SECOND, 1u << second);
    }
}

void a64_flags_of_result(DisasContext *ctx, unsigned rd)
{
    PendingFlags *p = &ctx->pending;

    p->recall = p->kind | (p->wide ? ARM_RECALL_WIDE : 0) | ARM_RECALL_RESULT | ARM_RECALL_IMM |
                (uint64_t)rd << ARM_RECALL_FIRST;
    p->sources = 1u << rd;
}

/* ---- Across branches ---- */

void a64_flags_at_branch(DisasContext *ctx)
{
    if (!translator_carries_states(&ctx->base) || ctx->step || !can_be_recalled(&ctx->pending)) {
        a64_write_pending_flags(ctx);
    }
}

void a64_flags_over_edge(DisasContext *ctx)
{
    ctx->base.edge_state = ctx->pending.kind ? ctx->pending.recall : 0;
}

/* As temps, as the instruction had them. */
static PendingFlags pending_of_recall(uint64_t recall)
{
    PendingFlags p = {
        .kind = recall & ARM_RECALL_KIND,
        .wide = recall & ARM_RECALL_WIDE,
        .recall = recall,
        .sources = 1u << (recall >> ARM_RECALL_FIRST & 31),
    };
    bool kept = recall & ARM_RECALL_RESULT, subtracted = p.kind == ARM_RECALL_SUB;
    TCGv_i64 first = as_operand(cpu_x[recall >> ARM_RECALL_FIRST & 31], p.wide), other = new_i64();

    if (recall & ARM_RECALL_IMM) {
        p.b = tcg_constant_i64((int32_t)(recall >> ARM_RECALL_SECOND));
    } else {
        p.b = as_operand(cpu_x[recall >> ARM_RECALL_SECOND & 31], p.wide);
        p.sources |= 1u << (recall >> ARM_RECALL_SECOND & 31);
    }
    if (p.kind == ARM_RECALL_LOGIC) {
        tcg_gen_and_i64(other, first, p.b);
        p.a = p.result = kept ? first : other;
        return p;
    }
    (subtracted == kept ? tcg_gen_add_i64 : tcg_gen_sub_i64)(other, first, p.b);
    other = p.wide ? other : as_operand(other, false);
    p.a = kept ? other : first;
    p.result = kept ? first : other;
    return p;
}

void a64_flags_at_entry(DisasContext *ctx, uint64_t recall)
{
    PendingFlags *p = &ctx->pending;

    *p = (PendingFlags){ 0 };
    ctx->flags.kind = FLAGS_UNKNOWN;
    if (!recall) {
        return;
    }
    *p = pending_of_recall(recall);
    if (p->kind == ARM_RECALL_SUB) {
        ctx->flags = (KnownFlags){ FLAGS_COMPARED, p->wide, p->a, p->b };
    } else {
        ctx->flags = (KnownFlags){
            p->kind == ARM_RECALL_LOGIC ? FLAGS_LOGICAL : FLAGS_RESULT, p->wide, p->result, NULL
        };
    }
}

void a64_flags_settle(uint64_t recall)
{
    PendingFlags p = pending_of_recall(recall);

    write_flags(&p);
}
