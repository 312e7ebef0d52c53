/*
 * x86 translator: string instructions.
 *
 * REP is a loop through the instruction itself: an iteration, and a jump to the same pc while there
 * is something left. So each iteration is charged to the budget, interrupts get in between, and a
 * fault finds the registers as the iterations before it left them. MOVS and STOS in flat segments
 * do as many iterations at once as there are up to the end of a page.
 *
 * Reference: SDM volume 2, REP, MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS; volume 1, 7.3.9.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-integer.h"

/* Bytes have an even opcode. */
static unsigned element_size(const DisasContext *ctx)
{
    return ctx->insn.opcode & 1 ? ctx->insn.opsize : MO_8;
}

/* The element that rSI or rDI points to. */
static TCGv_i64 element_address(DisasContext *ctx, unsigned seg, unsigned reg, unsigned size,
                                bool write)
{
    return x86_linear(ctx, seg, x86_read_reg(ctx, ctx->insn.adsize, reg), 1u << size, write);
}

static TCGv_i64 load_source(DisasContext *ctx, unsigned size)
{
    return x86_ld(ctx, element_address(ctx, ctx->insn.segment, R_ESI, size, false), size);
}

static void store_destination(DisasContext *ctx, TCGv_i64 value, unsigned size)
{
    x86_st(ctx, element_address(ctx, R_ES, R_EDI, size, true), value, size);
}

/* Moves a pointer by `count` elements (NULL: one), forwards or backwards. */
static void advance(DisasContext *ctx, unsigned reg, unsigned size, TCGv_i64 count)
{
    TCGv_i64 t = new_i64();

    tcg_gen_shli_i64(t, cpu_df, size);
    if (count) {
        tcg_gen_mul_i64(t, t, count);
    }
    tcg_gen_add_i64(t, cpu_regs[reg], t);
    x86_write_reg(ctx, ctx->insn.adsize, reg, t);
}

/* ---- REP ---- */

/* Counts down by `done` (NULL: one), and goes on with this instruction, if something is left. */
static void repeat(DisasContext *ctx, TCGv_i64 count, TCGv_i64 done, TCGLabel *end)
{
    TCGv_i64 left = new_i64();

    tcg_gen_sub_i64(left, count, done ? done : constant(1));
    x86_write_reg(ctx, ctx->insn.adsize, R_ECX, left);
    tcg_gen_brcondi_i64(TCG_COND_EQ, left, 0, end);
}

static void loop(DisasContext *ctx, TCGLabel *end)
{
    x86_exit_repeat(ctx);
    gen_set_label(end);
    x86_exit_to_next(ctx);
}

/* The counter; leaves for `end` if it is 0. */
static TCGv_i64 repetitions(DisasContext *ctx, TCGLabel *end)
{
    TCGv_i64 count = x86_copy(x86_read_reg(ctx, ctx->insn.adsize, R_ECX));

    tcg_gen_brcondi_i64(TCG_COND_EQ, count, 0, end);
    return count;
}

typedef void Iteration(DisasContext *ctx, unsigned size);

/* With `compares` F3 goes on while ZF is set, F2 while it is clear. */
static bool gen_string(DisasContext *ctx, Iteration *iteration, bool compares)
{
    TCGLabel *end;
    TCGv_i64 count;

    if (!ctx->insn.repeat) {
        iteration(ctx, element_size(ctx));
        return true;
    }
    end = gen_new_label();
    count = repetitions(ctx, end);
    iteration(ctx, element_size(ctx));
    repeat(ctx, count, NULL, end);
    if (compares) {
        x86_branch_if(ctx, X86_CC_E | (ctx->insn.repeat == 0xf3), end);
    }
    loop(ctx, end);
    return true;
}

/* ---- MOVS, STOS, LODS, CMPS, SCAS ---- */

/* Pages can be done at once where offsets are addresses and the segments let everything through. A
 * trap may be due after each iteration, also by a data breakpoint. */
static bool is_flat(const DisasContext *ctx, bool with_source)
{
    unsigned seg = with_source ? ctx->insn.segment : R_ES;

    return ctx->insn.repeat && !ctx->step && ctx->insn.adsize != MO_16 &&
           !(ctx->hflags & (X86_HF_ALIGN | X86_HF_DEBUG)) &&
           (ctx->hflags & X86_HF_BASE_0) && (ctx->hflags & X86_HF_UNCHECKED(R_ES)) &&
           (ctx->hflags & X86_HF_UNCHECKED(seg)) && (ctx->code64 || seg < R_FS);
}

static void move_element(DisasContext *ctx, unsigned size)
{
    store_destination(ctx, load_source(ctx, size), size);
    advance(ctx, R_ESI, size, NULL);
    advance(ctx, R_EDI, size, NULL);
}

bool x86_MOVS(DisasContext *ctx)
{
    unsigned size = element_size(ctx);
    TCGLabel *end;
    TCGv_i64 count, done, to, from;

    if (!is_flat(ctx, true)) {
        return gen_string(ctx, move_element, false);
    }
    end = gen_new_label();
    count = repetitions(ctx, end);
    done = new_i64();
    from = element_address(ctx, ctx->insn.segment, R_ESI, size, false);
    to = element_address(ctx, R_ES, R_EDI, size, true);
    gen_helper_x86_rep_movs(done, tcg_env, to, from, count, tcg_constant_i32(size));
    advance(ctx, R_ESI, size, done);
    advance(ctx, R_EDI, size, done);
    repeat(ctx, count, done, end);
    loop(ctx, end);
    return true;
}

static void store_element(DisasContext *ctx, unsigned size)
{
    store_destination(ctx, cpu_regs[R_EAX], size);
    advance(ctx, R_EDI, size, NULL);
}

bool x86_STOS(DisasContext *ctx)
{
    unsigned size = element_size(ctx);
    TCGLabel *end;
    TCGv_i64 count, done, to;

    if (!is_flat(ctx, false)) {
        return gen_string(ctx, store_element, false);
    }
    end = gen_new_label();
    count = repetitions(ctx, end);
    done = new_i64();
    to = element_address(ctx, R_ES, R_EDI, size, true);
    gen_helper_x86_rep_stos(done, tcg_env, to, cpu_regs[R_EAX], count, tcg_constant_i32(size));
    advance(ctx, R_EDI, size, done);
    repeat(ctx, count, done, end);
    loop(ctx, end);
    return true;
}

static void load_element(DisasContext *ctx, unsigned size)
{
    x86_write_reg(ctx, size, R_EAX, load_source(ctx, size));
    advance(ctx, R_ESI, size, NULL);
}

bool x86_LODS(DisasContext *ctx)
{
    return gen_string(ctx, load_element, false);
}

static void compare(DisasContext *ctx, unsigned size, TCGv_i64 a, TCGv_i64 b)
{
    TCGv_i64 difference = new_i64();

    tcg_gen_sub_i64(difference, a, b);
    x86_flags_of_sub(ctx, size, a, b, difference);
    x86_write_pending_flags(ctx);
}

static void compare_elements(DisasContext *ctx, unsigned size)
{
    TCGv_i64 a = load_source(ctx, size);
    TCGv_i64 b = x86_ld(ctx, element_address(ctx, R_ES, R_EDI, size, false), size);

    compare(ctx, size, a, b);
    advance(ctx, R_ESI, size, NULL);
    advance(ctx, R_EDI, size, NULL);
}

bool x86_CMPS(DisasContext *ctx)
{
    return gen_string(ctx, compare_elements, true);
}

static void scan_element(DisasContext *ctx, unsigned size)
{
    TCGv_i64 b = x86_ld(ctx, element_address(ctx, R_ES, R_EDI, size, false), size);

    compare(ctx, size, x86_copy(x86_read_reg(ctx, size, R_EAX)), b);
    advance(ctx, R_EDI, size, NULL);
}

bool x86_SCAS(DisasContext *ctx)
{
    return gen_string(ctx, scan_element, true);
}

/* ---- INS, OUTS ---- */

/* Ports have at most 32 bits. */
static unsigned port_size(unsigned size)
{
    return MIN(size, MO_32);
}

static TCGv_i32 port_number(void)
{
    TCGv_i32 port = tcg_temp_new_i32();

    tcg_gen_extrl_i64_i32(port, cpu_regs[R_EDX]);
    tcg_gen_ext16u_i32(port, port);
    return port;
}

/* #GP unless the program may access the port. */
static void check_port(DisasContext *ctx, TCGv_i32 port, unsigned size, bool in)
{
    if (!(ctx->hflags & X86_HF_IOPL)) {
        gen_helper_x86_check_io(tcg_env, port, tcg_constant_i32(1 << size));
    }
    x86_check_port_intercept(ctx, port, size, in, true);
}

/* What has been read from a port is gone: memory must be there before. */
static void input_element(DisasContext *ctx, unsigned size)
{
    TCGv_i32 port = port_number(), value = tcg_temp_new_i32();
    TCGv_i64 to, t = new_i64();

    size = port_size(size);
    check_port(ctx, port, size, true);
    to = x86_copy(element_address(ctx, R_ES, R_EDI, size, true));
    gen_helper_x86_probe_write(tcg_env, to, tcg_constant_i32(1 << size));
    gen_helper_x86_in(value, tcg_env, port, tcg_constant_i32(1 << size));
    tcg_gen_extu_i32_i64(t, value);
    x86_st(ctx, to, t, size);
    advance(ctx, R_EDI, size, NULL);
}

bool x86_INS(DisasContext *ctx)
{
    return gen_string(ctx, input_element, false);
}

static void output_element(DisasContext *ctx, unsigned size)
{
    TCGv_i32 port = port_number(), value = tcg_temp_new_i32();

    size = port_size(size);
    check_port(ctx, port, size, false);
    tcg_gen_extrl_i64_i32(value, load_source(ctx, size));
    gen_helper_x86_out(tcg_env, port, value, tcg_constant_i32(1 << size));
    advance(ctx, R_ESI, size, NULL);
}

bool x86_OUTS(DisasContext *ctx)
{
    return gen_string(ctx, output_element, false);
}
