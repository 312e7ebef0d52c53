/*
 * Register display (`info registers`) and register names of the monitor ($eip, $rax, $cs …).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/internal.h"

/* ---- Names ---- */

static const char *const register_names[X86_NB_REGS] = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
};

static const char *const segment_names[X86_NB_SEGS] = { "es", "cs", "ss", "ds", "fs", "gs" };

typedef struct NamedValue {
    const char *name;
    uint64_t value;
} NamedValue;

/* As in 64-bit mode, and the low halves' names. */
static bool find_general(const CPUX86State *env, const char *name, uint64_t *value)
{
    for (unsigned i = 0; i < X86_NB_REGS; i++) {
        bool narrow = i < 8 && name[0] == 'e';

        if (!strcmp(name + 1, register_names[i] + 1) && (narrow || name[0] == 'r')) {
            *value = narrow ? (uint32_t)env->regs[i] : env->regs[i];
            return true;
        }
    }
    return false;
}

bool x86_get_register(CPUState *cs, const char *name, uint64_t *value)
{
    CPUX86State *env = &X86_CPU(cs)->env;
    const NamedValue named[] = {
        { "pc", env->pc },
        { "rip", x86_get_eip(env) },
        { "eip", (uint32_t)x86_get_eip(env) },
        { "eflags", x86_get_eflags(env) },
        { "rflags", x86_get_eflags(env) },
        { "cr0", env->cr0 },
        { "cr2", env->cr2 },
        { "cr3", env->cr3 },
        { "cr4", env->cr4 },
        { "efer", env->efer },
        { "gdtr", env->gdt.base },
        { "idtr", env->idt.base },
        { "tr", env->tr.selector },
        { "ldtr", env->ldt.selector },
        { "fs_base", env->segs[R_FS].base },
        { "gs_base", env->segs[R_GS].base },
        { "k_gs_base", env->kernel_gs_base },
        { "mxcsr", x86_read_mxcsr(env) },
    };

    if (!name[0]) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
        if (!strcmp(name, named[i].name)) {
            *value = named[i].value;
            return true;
        }
    }
    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        if (!strcmp(name, segment_names[i])) {
            *value = env->segs[i].selector;
            return true;
        }
    }
    return find_general(env, name, value);
}

/* ---- `info registers` ---- */

/* In the order of the display, not of the numbers. */
static const uint8_t display_order[] = { R_EAX, R_EBX, R_ECX, R_EDX, R_ESI, R_EDI, R_EBP, R_ESP,
                                         8,     9,     10,    11,    12,    13,    14,    15 };

static void print_general(const CPUX86State *env, FILE *f, bool wide)
{
    for (unsigned i = 0; i < (wide ? 16 : 8); i++) {
        unsigned n = display_order[i];
        const char *end = i % 4 == 3 ? "\n" : " ";
        g_autofree char *name = g_ascii_strup(register_names[n], -1);

        if (wide) {
            fprintf(f, "%-3s=%016" PRIx64 "%s", name, env->regs[n], end);
        } else {
            fprintf(f, "E%s=%08x%s", name + 1, (uint32_t)env->regs[n], end);
        }
    }
}

static void print_pc_and_flags(CPUState *cs, FILE *f, bool wide)
{
    static const struct { uint32_t flag; char letter; } letters[] = {
        { FLAG_DF, 'D' }, { FLAG_OF, 'O' }, { FLAG_SF, 'S' }, { FLAG_ZF, 'Z' },
        { FLAG_AF, 'A' }, { FLAG_PF, 'P' }, { FLAG_CF, 'C' },
    };
    const CPUX86State *env = &X86_CPU(cs)->env;
    uint32_t flags = x86_get_eflags(env);

    fprintf(f, wide ? "RIP=%016" PRIx64 " RFL=%08x [" : "EIP=%08" PRIx64 " EFL=%08x [",
            x86_get_eip(env), flags);
    for (unsigned i = 0; i < ARRAY_SIZE(letters); i++) {
        fputc(flags & letters[i].flag ? letters[i].letter : '-', f);
    }
    fprintf(f, "] CPL=%u II=%d A20=%d SMM=%d HLT=%u\n", env->cpl,
            !!(env->hflags & X86_HF_SHADOW), (int)(env->a20_mask >> 20 & 1), env->in_smm,
            cs->halted);
}

static void print_address(FILE *f, uint64_t address, bool wide)
{
    fprintf(f, "%0*" PRIx64, wide ? 16 : 8, address);
}

/* LDTR and TR hold nothing but an LDT and a TSS. */
static void print_system_type(const CPUX86State *env, FILE *f, unsigned type)
{
    enum { LDT = 2, TSS_BUSY = 2, TSS_32 = 8 };

    if (type == LDT) {
        fprintf(f, "LDT");
    } else {
        fprintf(f, "TSS%d-%s", !(type & TSS_32) ? 16 : env->efer & EFER_LMA ? 64 : 32,
                type & TSS_BUSY ? "busy" : "avl");
    }
}

/* What the attributes say, where segments have any. */
static void print_attributes(const CPUX86State *env, FILE *f, unsigned attributes)
{
    fprintf(f, " DPL=%u ", (attributes & SEG_DPL) >> SEG_DPL_SHIFT);
    if (!(attributes & SEG_S)) {
        print_system_type(env, f, attributes & SEG_TYPE);
    } else if (attributes & SEG_CODE) {
        fprintf(f, "%s [%c%c", attributes & SEG_L    ? "CS64"
                               : attributes & SEG_DB ? "CS32"
                                                     : "CS16",
                attributes & SEG_CONFORMING ? 'C' : '-', attributes & SEG_READABLE ? 'R' : '-');
    } else {
        fprintf(f, "%s [%c%c", attributes & SEG_DB || env->efer & EFER_LMA ? "DS  " : "DS16",
                attributes & SEG_EXPAND_DOWN ? 'E' : '-', attributes & SEG_WRITABLE ? 'W' : '-');
    }
    if (attributes & SEG_S) {
        fprintf(f, "%c]", attributes & SEG_ACCESSED ? 'A' : '-');
    }
}

static void print_segment(const CPUX86State *env, FILE *f, const char *name, const X86Segment *s,
                          bool wide)
{
    uint32_t limit = s->attributes & SEG_G ? s->limit >> 12 : s->limit;

    fprintf(f, "%-3s=%04x ", name, s->selector);
    print_address(f, s->base, wide);
    fprintf(f, " %08x %08x", s->limit, (uint32_t)s->attributes << 8 | (limit & 0xf0000));
    if ((env->cr0 & CR0_PE) && (s->attributes & SEG_P)) {
        print_attributes(env, f, s->attributes);
    }
    fputc('\n', f);
}

static void print_system(const CPUX86State *env, FILE *f, bool wide)
{
    bool wide_tables = env->efer & EFER_LMA;

    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        g_autofree char *name = g_ascii_strup(segment_names[i], -1);

        print_segment(env, f, name, &env->segs[i], wide);
    }
    print_segment(env, f, "LDT", &env->ldt, wide);
    print_segment(env, f, "TR", &env->tr, wide);
    fprintf(f, "GDT=     ");
    print_address(f, env->gdt.base, wide_tables);
    fprintf(f, " %08x\nIDT=     ", env->gdt.limit);
    print_address(f, env->idt.base, wide_tables);
    fprintf(f, " %08x\nCR0=%08x CR2=", env->idt.limit, (uint32_t)env->cr0);
    print_address(f, env->cr2, wide_tables);
    fprintf(f, " CR3=");
    print_address(f, env->cr3, wide_tables);
    fprintf(f, " CR4=%08x\n", (uint32_t)env->cr4);
    for (unsigned i = 0; i < 4; i++) {
        fprintf(f, "DR%u=%016" PRIx64 " ", i, env->dr[i]);
    }
    fprintf(f, "\nDR6=%016" PRIx64 " DR7=%016" PRIx64 "\nEFER=%016" PRIx64 "\n", env->dr[6],
            env->dr[7], env->efer);
}

static void print_units(CPUX86State *env, FILE *f, bool wide)
{
    unsigned nb = wide ? 16 : 8;

    fprintf(f, "FCW=%04x FSW=%04x [ST=%u] FTW=%02x MXCSR=%08x\n", env->fpcw,
            env->fpsw | env->fptop << 11, env->fptop, (uint8_t)~env->fptags,
            x86_read_mxcsr(env));
    for (unsigned i = 0; i < 8; i++) {
        fprintf(f, "FPR%u=%016" PRIx64 " %04x%c", i, env->fpregs[i].significand,
                env->fpregs[i].sign_exponent, i % 2 ? '\n' : ' ');
    }
    if (env->hflags & X86_HF_AVX) {
        for (unsigned i = 0; i < nb; i++) {
            fprintf(f, "YMM%02u=%016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n", i,
                    env->ymm_high[i].half[1], env->ymm_high[i].half[0], env->xmm[i].half[1],
                    env->xmm[i].half[0]);
        }
        return;
    }
    for (unsigned i = 0; i < nb; i++) {
        fprintf(f, "XMM%02u=%016" PRIx64 " %016" PRIx64 "%c", i, env->xmm[i].half[1],
                env->xmm[i].half[0], i % 2 ? '\n' : ' ');
    }
}

void x86_dump_state(CPUState *cs, FILE *f, int flags)
{
    CPUX86State *env = &X86_CPU(cs)->env;
    bool wide = x86_in_64bit_mode(env);

    print_general(env, f, wide);
    print_pc_and_flags(cs, f, wide);
    print_system(env, f, wide);
    if (flags & CPU_DUMP_FPU) {
        print_units(env, f, wide);
    }
}
