/*
 * Register display (`info registers`) and register names of the monitor ($pc, $x3, $sp ...).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/internal.h"
#include "target/arm/sysreg32.h"

static void dump_word(FILE *f, unsigned n, const char *name, uint64_t value)
{
    fprintf(f, "%s%3s=%016" PRIx64 "%s", n % 4 ? " " : "", name, value, n % 4 == 3 ? "\n" : "");
}

static void dump_vectors(CPUARMState *env, FILE *f)
{
    fprintf(f, "FPCR=%08" PRIx64 " FPSR=%08" PRIx64 "\n", env->fpcr, env->fpsr);
    for (unsigned i = 0; i < 32; i++) {
        fprintf(f, "Q%02u=%016" PRIx64 ":%016" PRIx64 "%s", i, env->vreg[i].d[1], env->vreg[i].d[0],
                i % 2 ? "\n" : " ");
    }
}

/* ---- AArch32 ---- */

static const char *mode_name(uint32_t cpsr)
{
    static const char *const names[CPSR_M + 1] = {
        [MODE_USR] = "usr", [MODE_FIQ] = "fiq", [MODE_IRQ] = "irq", [MODE_SVC] = "svc",
        [MODE_ABT] = "abt", [MODE_UND] = "und", [MODE_SYS] = "sys",
        [MODE_MON] = "mon", [MODE_HYP] = "hyp",
    };
    const char *name = names[cpsr & CPSR_M];

    return name ? name : "???";
}

static void dump_doubles(const CPUARMState *env, FILE *f)
{
    for (unsigned i = 0; i < 32; i++) {
        uint64_t d = env->vreg[i / 2].d[i % 2];

        fprintf(f, "s%02u=%08x s%02u=%08x d%02u=%016" PRIx64 "\n", 2 * i, (uint32_t)d, 2 * i + 1,
                (uint32_t)(d >> 32), i, d);
    }
    fprintf(f, "FPSCR: %08x\n", arm_read_fpscr(env));
}

static void dump_state32(CPUState *cs, FILE *f, int flags)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    uint32_t cpsr = arm_read_pstate(env);

    fprintf(f, "CPU#%d\n", cs->cpu_index);
    for (unsigned i = 0; i < 16; i++) {
        fprintf(f, "R%02u=%08x%c", i, (uint32_t)(i == 15 ? env->pc : env->x[i]),
                i % 4 == 3 ? '\n' : ' ');
    }
    fprintf(f, "PSR=%08x %c%c%c%c %c %s32%s\n", cpsr, cpsr >> 31 & 1 ? 'N' : '-',
            cpsr >> 30 & 1 ? 'Z' : '-', cpsr >> 29 & 1 ? 'C' : '-', cpsr >> 28 & 1 ? 'V' : '-',
            cpsr & CPSR_T ? 'T' : 'A', mode_name(cpsr), env->powered_off ? " off" : "");
    if (arm_el1_is_aarch32(env)) {
        unsigned bank = arm_has_secure_bank(env) ? 3 : 1;
        bool secure = bank == 3;

        fprintf(f, "SCTLR=%08x TTBCR=%08x TTBR0=%010" PRIx64 " TTBR1=%010" PRIx64 " DACR=%08x\n",
                (uint32_t)env->sctlr_el[bank], (uint32_t)env->tcr_el[bank], env->ttbr0_el[bank],
                env->ttbr1_el[bank], (uint32_t)(secure ? env->dacr_s : env->dacr));
        fprintf(f, "DFSR=%08x DFAR=%08x IFSR=%08x IFAR=%08x VBAR=%08x\n",
                (uint32_t)env->esr_el[bank], (uint32_t)env->far_el[bank],
                (uint32_t)(secure ? env->ifsr_s : env->ifsr), (uint32_t)(env->far_el[bank] >> 32),
                (uint32_t)env->vbar_el[bank]);
        if (env->has_el3 && arm_has_only_aarch32(env)) {
            fprintf(f, "SCR=%08x MVBAR=%08x NSACR=%08x\n", (uint32_t)env->scr, (uint32_t)env->mvbar,
                    (uint32_t)env->nsacr);
        }
        if (env->has_el2 && arm_has_only_aarch32(env)) {
            fprintf(f,
                    "HCR=%08x HSCTLR=%08x HSR=%08x HDFAR=%08x ELR_hyp=%08x SPSR_hyp=%08x HVBAR=%08x"
                    " VTTBR=%012" PRIx64 "\n",
                    (uint32_t)env->hcr, (uint32_t)env->sctlr_el[2], (uint32_t)env->esr_el[2],
                    (uint32_t)env->far_el[2], (uint32_t)env->elr_el[2], (uint32_t)env->spsr_el[2],
                    (uint32_t)env->vbar_el[2], env->vttbr);
        }
    }
    if (flags & CPU_DUMP_FPU) {
        dump_doubles(env, f);
    }
}

void arm_dump_state(CPUState *cs, FILE *f, int flags)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    uint32_t pstate = arm_read_pstate(env);

    if (arm_in_aarch32(env)) {
        dump_state32(cs, f, flags);
        return;
    }

    fprintf(f, " PC=%016" PRIx64 "\n", env->pc);
    for (unsigned i = 0; i < 31; i++) {
        char name[4];

        snprintf(name, sizeof(name), "X%u", i);
        dump_word(f, i, name, env->x[i]);
    }
    dump_word(f, 31, "SP", env->x[31]);
    fprintf(f, "PSTATE=%08x %c%c%c%c EL%u%c%s\n", pstate, pstate >> 31 & 1 ? 'N' : '-',
            pstate >> 30 & 1 ? 'Z' : '-', pstate >> 29 & 1 ? 'C' : '-',
            pstate >> 28 & 1 ? 'V' : '-', arm_current_el(env), pstate & PSTATE_SP ? 'h' : 't',
            env->powered_off ? " off" : "");
    fprintf(f,
            "SCTLR=%016" PRIx64 " TCR=%016" PRIx64 " TTBR0=%016" PRIx64 " TTBR1=%016" PRIx64 "\n",
            env->sctlr_el[1], env->tcr_el[1], env->ttbr0_el[1], env->ttbr1_el[1]);
    fprintf(f,
            "ESR=%08" PRIx64 " FAR=%016" PRIx64 " ELR=%016" PRIx64 " SPSR=%08" PRIx64
            " VBAR=%016" PRIx64 "\n",
            env->esr_el[1], env->far_el[1], env->elr_el[1], env->spsr_el[1], env->vbar_el[1]);
    if (flags & CPU_DUMP_FPU) {
        dump_vectors(env, f);
    }
}

/* x0 to x30, or a name as the table of system registers has it, in any case. */
static bool get_register32(CPUARMState *env, const char *name, uint64_t *value)
{
    const struct { const char *name; uint64_t value; } named[] = {
        { "pc", env->pc }, { "sp", env->x[13] }, { "lr", env->x[14] }, { "r15", env->pc },
        { "cpsr", arm_read_pstate(env) }, { "fpscr", arm_read_fpscr(env) },
    };
    size_t nb;
    const ARMSysReg32 *rows = arm_sysreg32_rows(&nb);
    char *end;

    for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
        if (!strcmp(name, named[i].name)) {
            *value = named[i].value;
            return true;
        }
    }
    if (name[0] == 'r' && g_ascii_isdigit(name[1])) {
        unsigned long n = strtoul(name + 1, &end, 10);

        *value = n < 15 ? env->x[n] : 0;
        return n < 15 && !*end;
    }
    for (size_t i = 0; i < nb; i++) {
        if (!g_ascii_strcasecmp(name, rows[i].name) && (rows[i].access & SYSREG_R1)) {
            *value = arm_sysreg32_read(env, &rows[i]);
            return true;
        }
    }
    return false;
}

bool arm_get_register(CPUState *cs, const char *name, uint64_t *value)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    const struct { const char *name; uint64_t value; } named[] = {
        { "pc", env->pc },   { "sp", env->x[31] },  { "lr", env->x[30] },
        { "fp", env->x[29] }, { "cpsr", arm_read_pstate(env) },
    };
    const ARMSysReg *rows;
    size_t nb;
    char *end;

    if (arm_has_only_aarch32(env)) {
        return get_register32(env, name, value);
    }
    if (name[0] == 'x' && g_ascii_isdigit(name[1])) {
        unsigned long n = strtoul(name + 1, &end, 10);

        *value = n < 31 ? env->x[n] : 0;
        return n < 31 && !*end;
    }
    for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
        if (!strcmp(name, named[i].name)) {
            *value = named[i].value;
            return true;
        }
    }
    rows = arm_sysreg_rows(&nb);
    for (size_t i = 0; i < nb; i++) {
        if (!g_ascii_strcasecmp(name, rows[i].name) && (rows[i].access & SYSREG_R1)) {
            *value = arm_sysreg_read(env, &rows[i]);
            return true;
        }
    }
    return false;
}
