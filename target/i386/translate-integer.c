/*
 * x86 translator: arithmetic, logic and moves of general registers, and the stack.
 *
 * Operands are zero-extended to 64 bits, so that a sum of fewer bits has its carry above them.
 *
 * Reference: SDM volume 2, the instructions' pages.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-integer.h"

/* ---- Locked read-modify-write ---- */

typedef void Atomic(TCGv_i64 ret, TCGv_addr addr, TCGv_i64 value, unsigned mmu_idx, MemOp op);

static TCGv_i64 locked_address(DisasContext *ctx)
{
    return x86_linear_operand(ctx, 0, 1u << x86_size(ctx, 0), true);
}

/* What was there before. */
static TCGv_i64 atomic(DisasContext *ctx, Atomic *op, TCGv_i64 value)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 before = new_i64();

    op(before, locked_address(ctx), value, ctx->mmu_idx, size);
    return before;
}

static TCGv_i64 negated(TCGv_i64 value)
{
    TCGv_i64 t = new_i64();

    tcg_gen_neg_i64(t, value);
    return t;
}

/* ---- Addition, subtraction, logic ---- */

typedef enum Sum { ADD, SUB } Sum;

/* Operand 0 plus or minus `b`; `carry` (NULL: none) is added to b. Returns what it was. */
static TCGv_i64 gen_sum(DisasContext *ctx, Sum kind, TCGv_i64 b, TCGv_i64 carry, TCGv_i64 result)
{
    TCGv_i64 a, all = b;

    if (carry) {
        all = new_i64();
        tcg_gen_add_i64(all, b, carry);
    }
    if (is_locked(ctx)) {
        a = atomic(ctx, tcg_gen_atomic_fetch_add_i64, kind == SUB ? negated(all) : all);
    } else {
        a = x86_copy(x86_read(ctx, 0));
    }
    (kind == SUB ? tcg_gen_sub_i64 : tcg_gen_add_i64)(result, a, all);
    if (!is_locked(ctx)) {
        x86_write(ctx, 0, result);
    }
    return a;
}

bool x86_ADD(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 b = read_source(ctx, 1, size), result = new_i64();
    TCGv_i64 a = gen_sum(ctx, ADD, b, NULL, result);

    x86_flags_of_add(ctx, size, a, b, result);
    x86_flags_from_operands(ctx, true);
    return true;
}

bool x86_SUB(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 b = read_source(ctx, 1, size), result = new_i64();
    TCGv_i64 a = gen_sum(ctx, SUB, b, NULL, result);

    x86_flags_of_sub(ctx, size, a, b, result);
    x86_flags_from_operands(ctx, true);
    return true;
}

bool x86_CMP(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 a = x86_copy(x86_read(ctx, 0)), b = read_source(ctx, 1, size), result = new_i64();

    tcg_gen_sub_i64(result, a, b);
    x86_flags_of_sub(ctx, size, a, b, result);
    x86_flags_from_operands(ctx, false);
    return true;
}

/*
 * With 64 bits there is no room for the carry above the sum. Without `carry` these would be the
 * flags of a subtraction that says everything; with it CF is said apart.
 */
static bool gen_sum_with_carry(DisasContext *ctx, Sum kind)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 b = read_source(ctx, 1, size), result = new_i64(), carry = x86_carry();
    TCGv_i64 a = gen_sum(ctx, kind, b, carry, result), t = new_i64(), out = new_i64();

    if (size == MO_64) {
        (kind == SUB ? tcg_gen_subbio_i64 : tcg_gen_addcio_i64)(t, out, a, b, carry);
    } else {
        tcg_gen_extract_i64(out, result, bits_of(size), 1);
    }
    x86_set_carry(ctx, out);
    x86_flags_but_carry(ctx, size, a, b, result, kind == SUB);
    return true;
}

bool x86_ADC(DisasContext *ctx)
{
    return gen_sum_with_carry(ctx, ADD);
}

bool x86_SBB(DisasContext *ctx)
{
    return gen_sum_with_carry(ctx, SUB);
}

bool x86_INC(DisasContext *ctx)
{
    TCGv_i64 one = constant(1), result = new_i64(), a = gen_sum(ctx, ADD, one, NULL, result);

    x86_flags_but_carry(ctx, x86_size(ctx, 0), a, one, result, false);
    x86_flags_from_operands(ctx, true);
    return true;
}

bool x86_DEC(DisasContext *ctx)
{
    TCGv_i64 one = constant(1), result = new_i64(), a = gen_sum(ctx, SUB, one, NULL, result);

    x86_flags_but_carry(ctx, x86_size(ctx, 0), a, one, result, true);
    x86_flags_from_operands(ctx, true);
    return true;
}

bool x86_NEG(DisasContext *ctx)
{
    TCGv_i64 a, result = new_i64();

    if (is_locked(ctx)) {
        a = atomic(ctx, tcg_gen_atomic_fetch_rsub_i64, constant(0));
        tcg_gen_neg_i64(result, a);
    } else {
        a = x86_copy(x86_read(ctx, 0));
        tcg_gen_neg_i64(result, a);
        x86_write(ctx, 0, result);
    }
    x86_flags_of_sub(ctx, x86_size(ctx, 0), constant(0), a, result);
    return true;
}

bool x86_NOT(DisasContext *ctx)
{
    TCGv_i64 result = new_i64();

    if (is_locked(ctx)) {
        atomic(ctx, tcg_gen_atomic_fetch_xor_i64, constant(-1));
    } else {
        tcg_gen_not_i64(result, x86_read(ctx, 0));
        x86_write(ctx, 0, result);
    }
    return true;
}

typedef void Binary(TCGv_i64 ret, TCGv_i64 a, TCGv_i64 b);

static bool gen_logic(DisasContext *ctx, Binary *op, Atomic *locked)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 b = read_source(ctx, 1, size), result = new_i64();

    if (is_locked(ctx)) {
        op(result, atomic(ctx, locked, b), b);
    } else {
        op(result, x86_read(ctx, 0), b);
        x86_write(ctx, 0, result);
    }
    x86_flags_of_logic(ctx, size, result);
    x86_flags_from_operands(ctx, true);
    return true;
}

bool x86_AND(DisasContext *ctx)
{
    return gen_logic(ctx, tcg_gen_and_i64, tcg_gen_atomic_fetch_and_i64);
}

bool x86_OR(DisasContext *ctx)
{
    return gen_logic(ctx, tcg_gen_or_i64, tcg_gen_atomic_fetch_or_i64);
}

static bool clears_register(const DisasContext *ctx)
{
    const X86Operand *to = &ctx->insn.operands[0], *from = &ctx->insn.operands[1];

    return to->kind == X86_OPERAND_GPR && from->kind == X86_OPERAND_GPR &&
           to->number == from->number && x86_size(ctx, 0) >= MO_32;
}

bool x86_XOR(DisasContext *ctx)
{
    if (clears_register(ctx)) {
        x86_write(ctx, 0, constant(0));
        x86_flags_of_logic(ctx, x86_size(ctx, 0), constant(0));
        x86_flags_from_operands(ctx, true);
        return true;
    }
    return gen_logic(ctx, tcg_gen_xor_i64, tcg_gen_atomic_fetch_xor_i64);
}

bool x86_TEST(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 result = new_i64(), a = x86_copy(x86_read(ctx, 0));

    tcg_gen_and_i64(result, a, read_source(ctx, 1, size));
    x86_flags_of_logic(ctx, size, result);
    x86_flags_from_operands(ctx, false);
    return true;
}

/* ADCX and ADOX: chains of additions through CF and through OF. Returns the carry out. */
static TCGv_i64 gen_chained_add(DisasContext *ctx, TCGv_i64 carry)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 a = x86_copy(x86_read(ctx, 0)), b = x86_copy(x86_read(ctx, 1));
    TCGv_i64 result = new_i64(), out = new_i64();

    if (size == MO_64) {
        tcg_gen_addcio_i64(result, out, a, b, carry);
    } else {
        tcg_gen_add_i64(result, a, b);
        tcg_gen_add_i64(result, result, carry);
        tcg_gen_shri_i64(out, result, bits_of(size));
    }
    x86_write(ctx, 0, result);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
    return out;
}

bool x86_ADCX(DisasContext *ctx)
{
    TCGv_i64 out = gen_chained_add(ctx, x86_carry());

    x86_change_carry(ctx, out, x86_overflow());
    return true;
}

bool x86_ADOX(DisasContext *ctx)
{
    TCGv_i64 out = gen_chained_add(ctx, x86_overflow());

    x86_change_carry(ctx, x86_carry(), out);
    return true;
}

/* ---- Multiplication ---- */

/*
 * CF and OF: the result's upper half has something to say. The other flags are undefined; they are
 * those of the lower half.
 */

/* rDX:rAX, of a byte AX, from a product of up to 64 bits. */
static void write_product(DisasContext *ctx, unsigned size, TCGv_i64 product)
{
    TCGv_i64 high = new_i64();

    if (size == MO_8) {
        x86_write_reg(ctx, MO_16, R_EAX, product);
        return;
    }
    tcg_gen_shri_i64(high, product, bits_of(size));
    x86_write_reg(ctx, size, R_EAX, product);
    x86_write_reg(ctx, size, R_EDX, high);
}

bool x86_MUL(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 b = x86_read(ctx, 0), a = x86_read_reg(ctx, size, R_EAX);
    TCGv_i64 low = new_i64(), high = new_i64();

    if (size == MO_64) {
        tcg_gen_mulu2_i64(low, high, a, b);
        tcg_gen_mov_i64(cpu_regs[R_EAX], low);
        tcg_gen_mov_i64(cpu_regs[R_EDX], high);
    } else {
        tcg_gen_mul_i64(low, a, b);
        tcg_gen_shri_i64(high, low, bits_of(size));
        write_product(ctx, size, low);
    }
    tcg_gen_setcondi_i64(TCG_COND_NE, high, high, 0);
    x86_flags_of_product(ctx, size, low, high);
    return true;
}

/* Whether a product isn't its lower half, sign-extended; of 64 bits by its upper half. */
static TCGv_i64 exceeds(unsigned size, TCGv_i64 low, TCGv_i64 high)
{
    TCGv_i64 t = new_i64();

    if (size == MO_64) {
        tcg_gen_sari_i64(t, low, 63);
        tcg_gen_setcond_i64(TCG_COND_NE, t, t, high);
    } else {
        tcg_gen_setcond_i64(TCG_COND_NE, t, x86_extend(size, low, true), low);
    }
    return t;
}

/* With one operand: by rAX, to rDX:rAX. */
bool x86_IMUL1(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 b = x86_read_signed(ctx, 0);
    TCGv_i64 a = x86_extend(size, x86_read_reg(ctx, size, R_EAX), true);
    TCGv_i64 low = new_i64(), high = new_i64();

    if (size == MO_64) {
        tcg_gen_muls2_i64(low, high, a, b);
        tcg_gen_mov_i64(cpu_regs[R_EAX], low);
        tcg_gen_mov_i64(cpu_regs[R_EDX], high);
    } else {
        tcg_gen_mul_i64(low, a, b);
        write_product(ctx, size, low);
    }
    x86_flags_of_product(ctx, size, low, exceeds(size, low, high));
    return true;
}

static bool gen_imul(DisasContext *ctx, TCGv_i64 a, TCGv_i64 b)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 low = new_i64(), high = new_i64();

    if (size == MO_64) {
        tcg_gen_muls2_i64(low, high, a, b);
    } else {
        tcg_gen_mul_i64(low, a, b);
    }
    x86_write(ctx, 0, low);
    x86_flags_of_product(ctx, size, low, exceeds(size, low, high));
    return true;
}

bool x86_IMUL2(DisasContext *ctx)
{
    return gen_imul(ctx, x86_read_signed(ctx, 0), x86_read_signed(ctx, 1));
}

bool x86_IMUL3(DisasContext *ctx)
{
    return gen_imul(ctx, x86_read_signed(ctx, 1), constant(ctx->insn.imm));
}

/* ---- Division ---- */

/* What is divided, of twice the size, up to 64 bits: rDX:rAX, of a byte AX. */
static TCGv_i64 read_dividend(DisasContext *ctx, unsigned size)
{
    TCGv_i64 t = new_i64();

    if (size == MO_8) {
        return x86_read_reg(ctx, MO_16, R_EAX);
    }
    tcg_gen_deposit_i64(t, x86_read_reg(ctx, size, R_EAX), cpu_regs[R_EDX], bits_of(size),
                        bits_of(size));
    return t;
}

static void write_division(DisasContext *ctx, unsigned size, TCGv_i64 quotient, TCGv_i64 remainder)
{
    if (size == MO_8) {
        TCGv_i64 t = new_i64();

        tcg_gen_deposit_i64(t, quotient, remainder, 8, 8);
        x86_write_reg(ctx, MO_16, R_EAX, t);
    } else {
        x86_write_reg(ctx, size, R_EAX, quotient);
        x86_write_reg(ctx, size, R_EDX, remainder);
    }
}

/* The quotient fits if the dividend's upper half is below the divisor, which then isn't 0. The
 * flags are undefined; they stay. */
bool x86_DIV(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 divisor = x86_copy(x86_read(ctx, 0)), dividend, high;
    TCGv_i64 quotient = new_i64(), remainder = new_i64();
    TCGLabel *error = x86_fault_label(ctx, EXCP_DE, -1);

    if (size == MO_64) {
        tcg_gen_brcond_i64(TCG_COND_LEU, divisor, cpu_regs[R_EDX], error);
        tcg_gen_divu2_i64(quotient, remainder, cpu_regs[R_EAX], cpu_regs[R_EDX], divisor);
    } else {
        dividend = read_dividend(ctx, size);
        high = new_i64();
        tcg_gen_shri_i64(high, dividend, bits_of(size));
        tcg_gen_brcond_i64(TCG_COND_LEU, divisor, high, error);
        tcg_gen_divu_i64(quotient, dividend, divisor);
        tcg_gen_remu_i64(remainder, dividend, divisor);
    }
    write_division(ctx, size, quotient, remainder);
    return true;
}

bool x86_IDIV(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 divisor = x86_copy(x86_read_signed(ctx, 0)), dividend;
    TCGv_i64 quotient = new_i64(), remainder = new_i64(), t = new_i64();
    TCGLabel *error;

    if (size == MO_64) {
        TCGv_i128 both = { quotient, remainder };

        gen_helper_x86_idiv64(both, tcg_env, cpu_regs[R_EAX], cpu_regs[R_EDX], divisor);
        write_division(ctx, size, quotient, remainder);
        return true;
    }
    error = x86_fault_label(ctx, EXCP_DE, -1);
    dividend = x86_extend(size + 1, read_dividend(ctx, size), true);
    tcg_gen_brcondi_i64(TCG_COND_EQ, divisor, 0, error);
    if (size == MO_32) {
        /* The one quotient that 64 bits don't hold: the smallest number by -1. By 1 it doesn't fit
         * into 32 bits either. */
        tcg_gen_movcond_i64(TCG_COND_EQ, t, dividend, constant(INT64_MIN), constant(1), divisor);
        divisor = t;
    }
    tcg_gen_divs_i64(quotient, dividend, divisor);
    tcg_gen_rems_i64(remainder, dividend, divisor);
    tcg_gen_brcond_i64(TCG_COND_NE, x86_extend(size, quotient, true), quotient, error);
    write_division(ctx, size, quotient, remainder);
    return true;
}

/* ---- Moves ---- */

bool x86_MOV(DisasContext *ctx)
{
    if (is_immediate(ctx, 1)) {
        x86_write(ctx, 0, read_source(ctx, 1, x86_size(ctx, 0)));
    } else {
        x86_write(ctx, 0, x86_read(ctx, 1));
    }
    return true;
}

/* To wider registers. */
bool x86_MOVZX(DisasContext *ctx)
{
    x86_write(ctx, 0, x86_read(ctx, 1));
    return true;
}

bool x86_MOVSX(DisasContext *ctx)
{
    x86_write(ctx, 0, x86_read_signed(ctx, 1));
    return true;
}

bool x86_LEA(DisasContext *ctx)
{
    x86_write(ctx, 0, x86_effective_address(ctx));
    return true;
}

/* With memory it is atomic without LOCK, too. */
bool x86_XCHG(DisasContext *ctx)
{
    bool memory_first = x86_is_memory(ctx, 0);
    TCGv_i64 a, b;

    if (ctx->insn.opcode == 0x90 && ctx->insn.operands[0].number == R_EAX) {
        return true; /* NOP: the upper half stays */
    }
    b = x86_copy(x86_read(ctx, 1));
    if (memory_first) {
        a = atomic(ctx, tcg_gen_atomic_xchg_i64, b);
    } else {
        a = x86_copy(x86_read(ctx, 0));
        x86_write(ctx, 0, b);
    }
    x86_write(ctx, 1, a);
    return true;
}

bool x86_XADD(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 b = x86_copy(x86_read(ctx, 1)), a, sum = new_i64();

    if (is_locked(ctx)) {
        a = atomic(ctx, tcg_gen_atomic_fetch_add_i64, b);
        tcg_gen_add_i64(sum, a, b);
    } else {
        a = x86_copy(x86_read(ctx, 0));
        tcg_gen_add_i64(sum, a, b);
    }
    if (!x86_is_memory(ctx, 0)) {
        /* If both are the same register it has the sum. */
        x86_write(ctx, 1, a);
        x86_write(ctx, 0, sum);
    } else {
        if (!is_locked(ctx)) {
            x86_write(ctx, 0, sum);
        }
        x86_write(ctx, 1, a);
    }
    x86_flags_of_add(ctx, size, a, b, sum);
    return true;
}

void x86_write_reg_if(DisasContext *ctx, TCGCond cond, TCGv_i64 a, TCGv_i64 b, unsigned size,
                      unsigned number, TCGv_i64 value)
{
    TCGv_i64 t = new_i64();

    if (size >= MO_32) {
        tcg_gen_movcond_i64(cond, cpu_regs[number], a, b, x86_extend(size, value, false),
                            cpu_regs[number]);
    } else {
        tcg_gen_movcond_i64(cond, t, a, b, value, x86_read_reg(ctx, size, number));
        x86_write_reg(ctx, size, number, t);
    }
}

/* The accumulator gets what was found, unless it had that. Memory is written in any case. */
bool x86_CMPXCHG(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 expected = x86_copy(x86_read_reg(ctx, size, R_EAX));
    TCGv_i64 value = x86_copy(x86_read(ctx, 1)), found = new_i64(), t = new_i64();
    TCGv_i64 difference = new_i64();

    if (is_locked(ctx)) {
        tcg_gen_atomic_cmpxchg_i64(found, locked_address(ctx), expected, value, ctx->mmu_idx, size);
    } else {
        tcg_gen_mov_i64(found, x86_read(ctx, 0));
        if (x86_is_memory(ctx, 0)) {
            tcg_gen_movcond_i64(TCG_COND_EQ, t, found, expected, value, found);
            x86_write(ctx, 0, t);
        }
    }
    x86_write_reg_if(ctx, TCG_COND_NE, found, expected, size, R_EAX, found);
    if (!x86_is_memory(ctx, 0)) {
        x86_write_reg_if(ctx, TCG_COND_EQ, found, expected, size, ctx->insn.operands[0].number,
                         value);
    }
    tcg_gen_sub_i64(difference, expected, found);
    x86_flags_of_sub(ctx, size, expected, found, difference);
    return true;
}

/* ZF alone tells of the outcome. */
static void compared_pair(DisasContext *ctx, TCGv_i64 differs)
{
    tcg_gen_mov_i64(cpu_fz, differs);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
}

/* Atomic whether LOCK is there or not. */
bool x86_CMPXCHG8B(DisasContext *ctx)
{
    TCGv_i64 expected = new_i64(), value = new_i64(), found = new_i64(), high = new_i64();
    TCGv_i64 address = x86_linear_operand(ctx, 0, 8, true), differs = new_i64();

    tcg_gen_deposit_i64(expected, cpu_regs[R_EAX], cpu_regs[R_EDX], 32, 32);
    tcg_gen_deposit_i64(value, cpu_regs[R_EBX], cpu_regs[R_ECX], 32, 32);
    tcg_gen_atomic_cmpxchg_i64(found, address, expected, value, ctx->mmu_idx, MO_64);
    tcg_gen_shri_i64(high, found, 32);
    tcg_gen_xor_i64(differs, found, expected);
    tcg_gen_ext32u_i64(found, found);
    /* If nothing differs, the registers stay as they are, upper halves and all. */
    tcg_gen_movcond_i64(TCG_COND_NE, cpu_regs[R_EAX], differs, constant(0), found, cpu_regs[R_EAX]);
    tcg_gen_movcond_i64(TCG_COND_NE, cpu_regs[R_EDX], differs, constant(0), high, cpu_regs[R_EDX]);
    compared_pair(ctx, differs);
    return true;
}

bool x86_CMPXCHG16B(DisasContext *ctx)
{
    TCGv_i128 found = tcg_temp_new_i128(), expected, value;
    TCGv_i64 address = x86_linear_operand(ctx, 0, 16, true), t = new_i64(), u = new_i64();

    tcg_gen_brcond_i64(TCG_COND_TSTNE, address, constant(15), x86_fault_label(ctx, EXCP_GP, 0));
    expected = (TCGv_i128){ x86_copy(cpu_regs[R_EAX]), x86_copy(cpu_regs[R_EDX]) };
    value = (TCGv_i128){ cpu_regs[R_EBX], cpu_regs[R_ECX] };
    tcg_gen_atomic_cmpxchg_i128(found, address, expected, value, ctx->mmu_idx, MO_64);
    /* If they are the same, they are what the registers have. */
    tcg_gen_mov_i64(cpu_regs[R_EAX], found.low);
    tcg_gen_mov_i64(cpu_regs[R_EDX], found.high);
    tcg_gen_xor_i64(t, found.low, expected.low);
    tcg_gen_xor_i64(u, found.high, expected.high);
    tcg_gen_or_i64(t, t, u);
    compared_pair(ctx, t);
    return true;
}

static TCGv_i64 swapped(unsigned size, TCGv_i64 value)
{
    static void (*const swaps[])(TCGv_i64 ret, TCGv_i64 a) = {
        tcg_gen_mov_i64, tcg_gen_bswap16_i64, tcg_gen_bswap32_i64, tcg_gen_bswap64_i64,
    };
    TCGv_i64 t = new_i64();

    swaps[size](t, value);
    return t;
}

/* Of 16 bits it is undefined; CPUs give 0. */
bool x86_BSWAP(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);

    x86_write(ctx, 0, size == MO_16 ? constant(0) : swapped(size, x86_read(ctx, 0)));
    return true;
}

bool x86_MOVBE(DisasContext *ctx)
{
    x86_write(ctx, 0, swapped(x86_size(ctx, 0), x86_read(ctx, 1)));
    return true;
}

/* AL of the byte at seg:[rBX + AL]. */
bool x86_XLAT(DisasContext *ctx)
{
    TCGv_i64 t = new_i64(), linear;

    tcg_gen_add_i64(t, cpu_regs[R_EBX], x86_read_reg(ctx, MO_8, R_EAX));
    linear = x86_linear(ctx, ctx->insn.segment, x86_extend(ctx->insn.adsize, t, false), 1, false);
    x86_write_reg(ctx, MO_8, R_EAX, x86_ld(ctx, linear, MO_8));
    return true;
}

/* CBW, CWDE, CDQE: rAX from its lower half. */
bool x86_CBW(DisasContext *ctx)
{
    unsigned size = ctx->insn.opsize;

    x86_write_reg(ctx, size, R_EAX, x86_extend(size - 1, cpu_regs[R_EAX], true));
    return true;
}

/* CWD, CDQ, CQO: rDX filled with rAX's sign. */
bool x86_CWD(DisasContext *ctx)
{
    unsigned size = ctx->insn.opsize;
    TCGv_i64 t = new_i64();

    tcg_gen_sari_i64(t, x86_extend(size, cpu_regs[R_EAX], true), 63);
    x86_write_reg(ctx, size, R_EDX, t);
    return true;
}

/* ---- Stack ---- */

/* How wide the stack pointer is. */
static unsigned stack_address_size(const DisasContext *ctx)
{
    return ctx->code64 ? MO_64 : ctx->hflags & X86_HF_SS32 ? MO_32 : MO_16;
}

bool x86_PUSH(DisasContext *ctx)
{
    x86_push(ctx, is_immediate(ctx, 0) ? constant(ctx->insn.imm) : x86_read(ctx, 0),
             x86_stack_size(ctx));
    return true;
}

/* An address in the destination that has the stack pointer in it, has it as it is afterwards. */
bool x86_POP(DisasContext *ctx)
{
    unsigned size = x86_stack_size(ctx);
    TCGv_i64 value = x86_copy(x86_stack_load(ctx, 0, size));

    if (x86_is_memory(ctx, 0)) {
        ctx->insn.disp += ctx->insn.base == R_ESP ? 1 << size : 0;
        x86_write(ctx, 0, value);
        x86_stack_move(ctx, 1 << size);
    } else {
        x86_stack_move(ctx, 1 << size);
        x86_write(ctx, 0, value);
    }
    return true;
}

bool x86_PUSHA(DisasContext *ctx)
{
    unsigned size = x86_stack_size(ctx);

    for (int i = 0; i < 8; i++) {
        x86_stack_store(ctx, -(i + 1) * (1 << size), cpu_regs[i], size);
    }
    x86_stack_move(ctx, -8 * (1 << size));
    return true;
}

bool x86_POPA(DisasContext *ctx)
{
    unsigned size = x86_stack_size(ctx);
    TCGv_i64 values[8];

    for (int i = 0; i < 8; i++) {
        values[i] = x86_copy(x86_stack_load(ctx, (7 - i) * (1 << size), size));
    }
    x86_stack_move(ctx, 8 * (1 << size));
    for (int i = 0; i < 8; i++) {
        if (i != R_ESP) {
            x86_write_reg(ctx, size, i, values[i]);
        }
    }
    return true;
}

/* Frame pointers of outer procedures, copied for languages with nested ones, stand between this
 * one's and its variables. */
bool x86_ENTER(DisasContext *ctx)
{
    unsigned size = x86_stack_size(ctx), width = stack_address_size(ctx);
    unsigned level = ctx->insn.imm2 & 31;
    int bytes = 1 << size;
    TCGv_i64 frame = new_i64(), t = new_i64();

    tcg_gen_addi_i64(frame, cpu_regs[R_ESP], -bytes);
    if (width == MO_16) { /* the push leaves the upper half of ESP */
        tcg_gen_deposit_i64(frame, cpu_regs[R_ESP], frame, 0, 16);
    }
    x86_stack_store(ctx, -bytes, cpu_regs[R_EBP], size);
    for (unsigned i = 1; i < level; i++) {
        TCGv_i64 linear;

        tcg_gen_addi_i64(t, cpu_regs[R_EBP], -(int)i * bytes);
        linear = x86_linear(ctx, R_SS, x86_extend(width, t, false), bytes, false);
        x86_stack_store(ctx, -(int)(i + 1) * bytes, x86_ld(ctx, linear, size), size);
    }
    if (level > 0) {
        x86_stack_store(ctx, -(int)(level + 1) * bytes, frame, size);
    }
    x86_stack_move(ctx, -(int64_t)(level + 1) * bytes - (int64_t)(uint16_t)ctx->insn.imm);
    x86_write_reg(ctx, size, R_EBP, frame);
    return true;
}

bool x86_LEAVE(DisasContext *ctx)
{
    unsigned size = x86_stack_size(ctx), width = stack_address_size(ctx);
    TCGv_i64 frame = x86_copy(x86_read_reg(ctx, width, R_EBP)), value;

    value = x86_ld(ctx, x86_linear(ctx, R_SS, frame, 1u << size, false), size);
    tcg_gen_addi_i64(frame, frame, 1 << size);
    x86_write_reg(ctx, width, R_ESP, frame);
    x86_write_reg(ctx, size, R_EBP, value);
    return true;
}

/* ---- Decimal arithmetic ---- */

static bool decimal(DisasContext *ctx, void (*helper)(TCGv_ptr env))
{
    helper(tcg_env);
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
    return true;
}

bool x86_AAA(DisasContext *ctx)
{
    return decimal(ctx, gen_helper_x86_aaa);
}

bool x86_AAS(DisasContext *ctx)
{
    return decimal(ctx, gen_helper_x86_aas);
}

bool x86_DAA(DisasContext *ctx)
{
    return decimal(ctx, gen_helper_x86_daa);
}

bool x86_DAS(DisasContext *ctx)
{
    return decimal(ctx, gen_helper_x86_das);
}

/* AAM and AAD: the base is in the code; those of its flags that are defined are AL's. */
bool x86_AAM(DisasContext *ctx)
{
    unsigned base = ctx->insn.imm & 0xff;
    TCGv_i64 al = x86_copy(x86_read_reg(ctx, MO_8, R_EAX)), t = new_i64(), digit = new_i64();

    if (base == 0) {
        x86_gen_raise(ctx, EXCP_DE);
        return true;
    }
    tcg_gen_divu_i64(t, al, constant(base));
    tcg_gen_remu_i64(digit, al, constant(base));
    tcg_gen_deposit_i64(t, digit, t, 8, 8);
    x86_write_reg(ctx, MO_16, R_EAX, t);
    x86_flags_of_logic(ctx, MO_8, digit);
    return true;
}

bool x86_AAD(DisasContext *ctx)
{
    TCGv_i64 ax = x86_read_reg(ctx, MO_16, R_EAX), t = new_i64();

    tcg_gen_shri_i64(t, ax, 8);
    tcg_gen_muli_i64(t, t, ctx->insn.imm & 0xff);
    tcg_gen_add_i64(t, t, ax);
    tcg_gen_ext8u_i64(t, t);
    x86_write_reg(ctx, MO_16, R_EAX, t);
    x86_flags_of_logic(ctx, MO_8, t);
    return true;
}

/* ---- Others ---- */

bool x86_NOP(DisasContext *ctx)
{
    return true;
}

/* The line isn't written back anywhere, but must be readable. */
bool x86_CLFLUSH(DisasContext *ctx)
{
    x86_ld(ctx, x86_linear_operand(ctx, 0, 1, false), MO_8);
    return true;
}

bool x86_LFENCE(DisasContext *ctx)
{
    tcg_gen_mb(TCG_MO_LD_LD | TCG_MO_LD_ST | TCG_BAR_SC);
    return true;
}

bool x86_SFENCE(DisasContext *ctx)
{
    tcg_gen_mb(TCG_MO_ST_ST | TCG_BAR_SC);
    return true;
}

bool x86_MFENCE(DisasContext *ctx)
{
    tcg_gen_mb(TCG_MO_ALL | TCG_BAR_SC);
    return true;
}

/* CF tells that there was a number; the other flags are clear. */
bool x86_RDRAND(DisasContext *ctx)
{
    TCGv_i128 result = tcg_temp_new_i128();

    gen_helper_x86_random(result);
    x86_write(ctx, 0, result.low);
    x86_set_flags(ctx, result.high);
    return true;
}

/* #BR unless the index is between two bounds in memory, both included, all signed. */
bool x86_BOUND(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 index = x86_read_signed(ctx, 0), low, high;
    TCGLabel *outside = x86_fault_label(ctx, EXCP_BR, -1);

    low = x86_ld(ctx, x86_linear_operand(ctx, 0, 1u << size, false), size);
    high = x86_ld(ctx, x86_linear_operand(ctx, 1u << size, 1u << size, false), size);
    tcg_gen_brcond_i64(TCG_COND_LT, index, x86_extend(size, low, true), outside);
    tcg_gen_brcond_i64(TCG_COND_GT, index, x86_extend(size, high, true), outside);
    return true;
}
