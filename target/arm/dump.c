/*
 * Register display (`info registers`) and register names of the monitor ($pc, $x3, $sp ...).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/internal.h"
#include "target/arm/sysreg.h"

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

void arm_dump_state(CPUState *cs, FILE *f, int flags)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    uint32_t pstate = arm_read_pstate(env);

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
