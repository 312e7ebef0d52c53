/*
 * x86 translator: SVM's instructions, and intercepts of a guest's.
 *
 * Where X86_HF_GUEST is set an instruction that can be intercepted begins with a helper that looks
 * whether it is. Exceptions that are clear before its operands are come before that.
 *
 * Reference: APM volume 2, 15.9 (instruction intercepts); volume 3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate.h"
#include "x86-opcodes.h"

static const struct {
    bool (*translate)(DisasContext *ctx);
    uint16_t exit;
} intercepts[] = {
    { x86_CLTS, X86_SVM_EXIT_WRITE_CR },  { x86_SMSW, X86_SVM_EXIT_READ_CR },
    { x86_LMSW, X86_SVM_EXIT_WRITE_CR },  { x86_SIDT, X86_SVM_EXIT_READ_IDTR },
    { x86_SGDT, X86_SVM_EXIT_READ_GDTR }, { x86_SLDT, X86_SVM_EXIT_READ_LDTR },
    { x86_STR, X86_SVM_EXIT_READ_TR },    { x86_LIDT, X86_SVM_EXIT_WRITE_IDTR },
    { x86_LGDT, X86_SVM_EXIT_WRITE_GDTR }, { x86_LLDT, X86_SVM_EXIT_WRITE_LDTR },
    { x86_LTR, X86_SVM_EXIT_WRITE_TR },   { x86_RDTSC, X86_SVM_EXIT_RDTSC },
    { x86_RDPMC, X86_SVM_EXIT_RDPMC },    { x86_PUSHF, X86_SVM_EXIT_PUSHF },
    { x86_POPF, X86_SVM_EXIT_POPF },      { x86_CPUID, X86_SVM_EXIT_CPUID },
    { x86_RSM, X86_SVM_EXIT_RSM },        { x86_IRET, X86_SVM_EXIT_IRET },
    { x86_INT, X86_SVM_EXIT_SWINT },      { x86_HLT, X86_SVM_EXIT_HLT },
    { x86_INVLPG, X86_SVM_EXIT_INVLPG },  { x86_INVLPGA, X86_SVM_EXIT_INVLPGA },
    { x86_VMRUN, X86_SVM_EXIT_VMRUN },    { x86_VMMCALL, X86_SVM_EXIT_VMMCALL },
    { x86_VMLOAD, X86_SVM_EXIT_VMLOAD },  { x86_VMSAVE, X86_SVM_EXIT_VMSAVE },
    { x86_STGI, X86_SVM_EXIT_STGI },      { x86_CLGI, X86_SVM_EXIT_CLGI },
    { x86_RDTSCP, X86_SVM_EXIT_RDTSCP },  { x86_INT1, X86_SVM_EXIT_ICEBP },
    { x86_MONITOR, X86_SVM_EXIT_MONITOR }, { x86_MWAIT, X86_SVM_EXIT_MWAIT },
    { x86_MWAIT, X86_SVM_EXIT_MWAIT_ARMED }, { x86_XSETBV, X86_SVM_EXIT_XSETBV },
};

static TCGv_i64 next_eip(DisasContext *ctx)
{
    return tcg_constant_i64(x86_next_eip(ctx));
}

static void intercept(DisasContext *ctx, unsigned exit)
{
    gen_helper_x86_intercept(tcg_env, tcg_constant_i32(exit), next_eip(ctx));
}

/* LMSW changes the lowest four bits. */
static void intercept_cr0(DisasContext *ctx, TCGv_i64 value, bool lowest_only)
{
    TCGv_i64 cr0 = tcg_temp_new_i64(), low = tcg_temp_new_i64();

    if (lowest_only) {
        tcg_gen_ld_i64(cr0, tcg_env, offsetof(CPUX86State, cr0));
        tcg_gen_andi_i64(cr0, cr0, ~15ll);
        tcg_gen_andi_i64(low, value, 15);
        tcg_gen_or_i64(cr0, cr0, low);
        value = cr0;
    }
    gen_helper_x86_intercept_cr0(tcg_env, value, next_eip(ctx));
}

void x86_check_intercepts(DisasContext *ctx)
{
    const X86Insn *i = &ctx->insn;
    bool (*translate)(DisasContext *) = i->row->translate;

    if ((translate == x86_MONITOR || translate == x86_MWAIT) && ctx->cpl) {
        return; /* #UD comes first */
    }
    for (size_t n = 0; n < ARRAY_SIZE(intercepts); n++) {
        if (intercepts[n].translate == translate) {
            intercept(ctx, intercepts[n].exit);
        }
    }
    if (translate == x86_MOV_R_CR) {
        intercept(ctx, X86_SVM_EXIT_READ_CR + i->operands[1].number);
    } else if (translate == x86_MOV_CR_R) {
        intercept(ctx, X86_SVM_EXIT_WRITE_CR + i->operands[0].number);
        if (i->operands[0].number == 0) {
            intercept_cr0(ctx, x86_read(ctx, 1), false);
        }
    } else if (translate == x86_LMSW) {
        intercept_cr0(ctx, x86_read(ctx, 0), true);
    } else if (translate == x86_MOV_R_DR) {
        intercept(ctx, X86_SVM_EXIT_READ_DR + i->operands[1].number);
    } else if (translate == x86_MOV_DR_R) {
        intercept(ctx, X86_SVM_EXIT_WRITE_DR + i->operands[0].number);
    } else if (translate == x86_INVD) {
        intercept(ctx, i->opcode == 0x08 ? X86_SVM_EXIT_INVD : X86_SVM_EXIT_WBINVD);
    } else if (translate == x86_NOP && i->opcode == 0x90 && i->repeat == 0xf3) {
        x86_write_pending_flags(ctx); /* which other NOPs leave pending */
        intercept(ctx, X86_SVM_EXIT_PAUSE);
    } else if (translate == x86_RDMSR || translate == x86_WRMSR) {
        gen_helper_x86_intercept_msr(tcg_env, tcg_constant_i32(translate == x86_WRMSR),
                                     next_eip(ctx));
    }
}

void x86_check_port_intercept(DisasContext *ctx, TCGv_i32 port, unsigned size, bool in, bool string)
{
    enum { STRING = 1 << 2, REPEATED = 1 << 3, SIZE_SHIFT = 4, ADDRESS_SHIFT = 7, SEG_SHIFT = 10 };
    uint32_t info = in | 1u << size << SIZE_SHIFT;

    if (!(ctx->hflags & X86_HF_GUEST)) {
        return;
    }
    if (string) {
        info |= STRING | (ctx->insn.repeat ? REPEATED : 0) |
                1u << (ctx->insn.adsize - MO_16) << ADDRESS_SHIFT |
                (uint32_t)(in ? R_ES : ctx->insn.segment) << SEG_SHIFT;
    }
    x86_write_pending_flags(ctx);
    gen_helper_x86_intercept_io(tcg_env, port, tcg_constant_i32(info), next_eip(ctx));
}

/* ---- Instructions ---- */

static TCGv_i64 page_in_rax(DisasContext *ctx)
{
    return x86_read_reg(ctx, ctx->insn.adsize, R_EAX);
}

bool x86_VMRUN(DisasContext *ctx)
{
    gen_helper_x86_vmrun(tcg_env, page_in_rax(ctx), next_eip(ctx));
    ctx->base.is_jmp = DISAS_JUMPED; /* the guest, or behind here */
    return true;
}

bool x86_VMLOAD(DisasContext *ctx)
{
    gen_helper_x86_vmload(tcg_env, page_in_rax(ctx));
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool x86_VMSAVE(DisasContext *ctx)
{
    gen_helper_x86_vmsave(tcg_env, page_in_rax(ctx));
    return true;
}

/* Only an intercept makes it an instruction. */
bool x86_VMMCALL(DisasContext *ctx)
{
    return false;
}

static bool set_gif(DisasContext *ctx, bool on)
{
    gen_helper_x86_set_gif(tcg_env, tcg_constant_i32(on));
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool x86_STGI(DisasContext *ctx)
{
    return set_gif(ctx, true);
}

bool x86_CLGI(DisasContext *ctx)
{
    return set_gif(ctx, false);
}

bool x86_INVLPGA(DisasContext *ctx)
{
    gen_helper_x86_invlpga(tcg_env, page_in_rax(ctx));
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}
