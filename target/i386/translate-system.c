/*
 * x86 translator: system instructions.
 *
 * What changes the block key or the MMU goes back to the CPU loop. With -icount so does what looks at
 * the clock, as that is exact only at the end of a block.
 *
 * Reference: SDM volume 2; volume 3, 2.8 (system instructions).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate.h"
#include "x86-opcodes.h"

static bool is_counting(const DisasContext *ctx)
{
    return ctx->base.tb->cflags & CF_ICOUNT;
}

/* ---- Ports ---- */

static TCGv_i32 port_number(DisasContext *ctx, unsigned operand)
{
    TCGv_i32 port = tcg_temp_new_i32();

    tcg_gen_extrl_i64_i32(port, x86_read(ctx, operand));
    return port;
}

/* At most 4 bytes, whatever REX.W says. */
static unsigned transfer_size(DisasContext *ctx, TCGv_i32 port, unsigned operand)
{
    unsigned size = MIN(x86_size(ctx, operand), MO_32);

    if (!(ctx->hflags & X86_HF_IOPL)) {
        gen_helper_x86_check_io(tcg_env, port, tcg_constant_i32(1 << size));
    }
    x86_check_port_intercept(ctx, port, size, operand == 0, false);
    return size;
}

bool x86_IN(DisasContext *ctx)
{
    TCGv_i32 port = port_number(ctx, 1), value = tcg_temp_new_i32();
    unsigned size = transfer_size(ctx, port, 0);
    TCGv_i64 wide = tcg_temp_new_i64();

    gen_helper_x86_in(value, tcg_env, port, tcg_constant_i32(1 << size));
    tcg_gen_extu_i32_i64(wide, value);
    x86_write_reg(ctx, size, R_EAX, wide);
    if (is_counting(ctx)) {
        ctx->base.is_jmp = DISAS_LOOKUP;
    }
    return true;
}

/* A device may do anything with it: move memory, close the A20 gate, reset. */
bool x86_OUT(DisasContext *ctx)
{
    TCGv_i32 port = port_number(ctx, 0), value = tcg_temp_new_i32();
    unsigned size = transfer_size(ctx, port, 1);

    tcg_gen_extrl_i64_i32(value, x86_read_reg(ctx, size, R_EAX));
    gen_helper_x86_out(tcg_env, port, value, tcg_constant_i32(1 << size));
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

/* ---- Control registers ---- */

static bool load_field(DisasContext *ctx, size_t offset)
{
    TCGv_i64 value = tcg_temp_new_i64();

    tcg_gen_ld_i64(value, tcg_env, offset);
    x86_write(ctx, 0, value);
    return true;
}

bool x86_MOV_R_CR(DisasContext *ctx)
{
    static const uint16_t offsets[] = {
        [0] = offsetof(CPUX86State, cr0),
        [2] = offsetof(CPUX86State, cr2),
        [3] = offsetof(CPUX86State, cr3),
        [4] = offsetof(CPUX86State, cr4),
    };
    unsigned number = ctx->insn.operands[1].number;

    if (number == 8) {
        TCGv_i64 value = tcg_temp_new_i64();

        gen_helper_x86_read_cr8(value, tcg_env);
        x86_write(ctx, 0, value);
        return true;
    }
    return number < ARRAY_SIZE(offsets) && offsets[number] && load_field(ctx, offsets[number]);
}

bool x86_MOV_CR_R(DisasContext *ctx)
{
    unsigned number = ctx->insn.operands[0].number;
    TCGv_i64 value = x86_read(ctx, 1);

    switch (number) {
    case 2:
        tcg_gen_st_i64(value, tcg_env, offsetof(CPUX86State, cr2));
        return true;
    case 0:
    case 3:
    case 4:
    case 8:
        gen_helper_x86_write_cr(tcg_env, tcg_constant_i32(number), value);
        ctx->base.is_jmp = DISAS_LOOP;
        return true;
    default:
        return false;
    }
}

bool x86_MOV_R_DR(DisasContext *ctx)
{
    unsigned number = ctx->insn.operands[1].number;
    TCGv_i64 value;

    if (number > 7) {
        return false;
    }
    value = tcg_temp_new_i64();
    gen_helper_x86_read_dr(value, tcg_env, tcg_constant_i32(number));
    x86_write(ctx, 0, value);
    return true;
}

bool x86_MOV_DR_R(DisasContext *ctx)
{
    unsigned number = ctx->insn.operands[0].number;

    if (number > 7) {
        return false;
    }
    gen_helper_x86_write_dr(tcg_env, tcg_constant_i32(number), x86_read(ctx, 1));
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool x86_CLTS(DisasContext *ctx)
{
    gen_helper_x86_clts(tcg_env);
    ctx->base.is_jmp = DISAS_CHANGED;
    return true;
}

bool x86_RSM(DisasContext *ctx)
{
    if (!(ctx->hflags & X86_HF_SMM)) {
        return false;
    }
    gen_helper_x86_rsm(tcg_env);
    ctx->base.is_jmp = DISAS_JUMPED;
    return true;
}

bool x86_SMSW(DisasContext *ctx)
{
    if (ctx->cpl) {
        gen_helper_x86_check_umip(tcg_env);
    }
    return load_field(ctx, offsetof(CPUX86State, cr0));
}

bool x86_LMSW(DisasContext *ctx)
{
    TCGv_i32 value = tcg_temp_new_i32();

    tcg_gen_extrl_i64_i32(value, x86_read(ctx, 0));
    gen_helper_x86_lmsw(tcg_env, value);
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool x86_XGETBV(DisasContext *ctx)
{
    gen_helper_x86_xgetbv(tcg_env);
    return true;
}

/* Outside of level 0 it is #GP only where it is an instruction at all: the helper sees to both. */
bool x86_XSETBV(DisasContext *ctx)
{
    gen_helper_x86_xsetbv(tcg_env);
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool x86_RDPKRU(DisasContext *ctx)
{
    gen_helper_x86_rdpkru(tcg_env);
    return true;
}

bool x86_WRPKRU(DisasContext *ctx)
{
    gen_helper_x86_wrpkru(tcg_env);
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

static bool change_ac(DisasContext *ctx, bool set)
{
    if (ctx->cpl) {
        return false;
    }
    gen_helper_x86_stac_clac(tcg_env, tcg_constant_i32(set));
    ctx->base.is_jmp = DISAS_CHANGED;
    return true;
}

bool x86_CLAC(DisasContext *ctx)
{
    return change_ac(ctx, false);
}

bool x86_STAC(DisasContext *ctx)
{
    return change_ac(ctx, true);
}

/* ---- Paging and caches ---- */

/* Nothing is accessed there: no limit is checked. */
static TCGv_i64 linear_without_check(DisasContext *ctx, unsigned seg, TCGv_i64 offset)
{
    TCGv_i64 linear = tcg_temp_new_i64();

    if (ctx->code64 && seg < R_FS) {
        return offset;
    }
    tcg_gen_add_i64(linear, offset, cpu_seg_base[seg]);
    return ctx->code64 ? linear : x86_extend(MO_32, linear, false);
}

bool x86_INVLPG(DisasContext *ctx)
{
    TCGv_i64 offset = x86_effective_address(ctx);

    gen_helper_x86_invlpg(tcg_env, linear_without_check(ctx, ctx->insn.segment, offset));
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool x86_INVPCID(DisasContext *ctx)
{
    TCGv_i64 kind = x86_copy(x86_read(ctx, 0));

    gen_helper_x86_invpcid(tcg_env, kind, x86_linear_operand(ctx, 0, 16, false));
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

/* No cache keeps anything from memory. */
bool x86_INVD(DisasContext *ctx)
{
    return true;
}

/* ---- Registers of the model ---- */

bool x86_WRMSR(DisasContext *ctx)
{
    gen_helper_x86_wrmsr(tcg_env);
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool x86_RDMSR(DisasContext *ctx)
{
    gen_helper_x86_rdmsr(tcg_env);
    if (is_counting(ctx)) {
        ctx->base.is_jmp = DISAS_LOOKUP;
    }
    return true;
}

static void read_tsc(DisasContext *ctx)
{
    TCGv_i64 ticks = tcg_temp_new_i64();

    gen_helper_x86_rdtsc(ticks, tcg_env);
    tcg_gen_ext32u_i64(cpu_regs[R_EAX], ticks);
    tcg_gen_shri_i64(cpu_regs[R_EDX], ticks, 32);
    if (is_counting(ctx)) {
        ctx->base.is_jmp = DISAS_LOOKUP;
    }
}

bool x86_RDTSC(DisasContext *ctx)
{
    read_tsc(ctx);
    return true;
}

bool x86_RDTSCP(DisasContext *ctx)
{
    TCGv_i64 aux = tcg_temp_new_i64();

    read_tsc(ctx);
    tcg_gen_ld_i64(aux, tcg_env, offsetof(CPUX86State, tsc_aux));
    x86_write_reg(ctx, MO_32, R_ECX, aux);
    return true;
}

bool x86_RDPMC(DisasContext *ctx)
{
    gen_helper_x86_rdpmc(tcg_env);
    return true;
}

bool x86_CPUID(DisasContext *ctx)
{
    gen_helper_x86_cpuid(tcg_env);
    return true;
}

bool x86_RDPID(DisasContext *ctx)
{
    return load_field(ctx, offsetof(CPUX86State, tsc_aux));
}

/* FS by an even ModRM.reg, GS by an odd one. */
static unsigned base_segment(const DisasContext *ctx)
{
    return ctx->insn.reg & 1 ? R_GS : R_FS;
}

bool x86_RDBASE(DisasContext *ctx)
{
    gen_helper_x86_check_fsgsbase(tcg_env);
    x86_write(ctx, 0, cpu_seg_base[base_segment(ctx)]);
    return true;
}

bool x86_WRBASE(DisasContext *ctx)
{
    TCGv_i64 base = x86_read(ctx, 0);

    gen_helper_x86_check_fsgsbase(tcg_env);
    gen_helper_x86_check_canonical(tcg_env, base);
    tcg_gen_mov_i64(cpu_seg_base[base_segment(ctx)], base);
    return true;
}

/* ---- Waiting ---- */

bool x86_HLT(DisasContext *ctx)
{
    x86_store_next_pc(ctx);
    gen_helper_x86_hlt(tcg_env);
    ctx->base.is_jmp = DISAS_NORETURN;
    return true;
}

bool x86_MONITOR(DisasContext *ctx)
{
    TCGv_i64 offset = x86_read_reg(ctx, ctx->insn.adsize, R_EAX);

    if (ctx->cpl) {
        return false;
    }
    gen_helper_x86_monitor(tcg_env, x86_linear(ctx, ctx->insn.segment, offset, 1, false));
    return true;
}

bool x86_MWAIT(DisasContext *ctx)
{
    if (ctx->cpl) {
        return false;
    }
    x86_store_next_pc(ctx);
    gen_helper_x86_mwait(tcg_env);
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}
