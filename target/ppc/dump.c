/*
 * Register display (`info registers`) and register names of the monitor ($pc, $r3, $msr ...).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/internal.h"

static void dump_registers(FILE *f, const char *name, unsigned n, uint64_t value)
{
    if (n % 4 == 0) {
        fprintf(f, "%s%02u", name, n);
    }
    fprintf(f, " %016" PRIx64 "%s", value, n % 4 == 3 ? "\n" : "");
}

static void dump_cr(CPUPPCState *env, FILE *f)
{
    fprintf(f, "CR %08x  [", ppc_get_cr(env));
    for (unsigned i = 0; i < 8; i++) {
        unsigned bits = ppc_crf_unpack(env->crf[i]);

        fprintf(f, " %c%c", bits & PPC_CRF_LT ? 'L' : bits & PPC_CRF_GT ? 'G' :
                bits & PPC_CRF_EQ ? 'E' : '-', bits & PPC_CRF_SO ? 'O' : ' ');
    }
    fprintf(f, " ]             RES %08x\n", env->reserve ? env->reserve_addr : 0xffffffff);
}

static void dump_sprs(CPUPPCState *env, FILE *f)
{
    const uint32_t *s = env->spr;

    fprintf(f, " SRR0 %08x  SRR1 %08x    PVR %08x VRSAVE %08x\n", s[SPR_SRR0], s[SPR_SRR1],
            s[SPR_PVR], s[SPR_VRSAVE]);
    fprintf(f, "SPRG0 %08x SPRG1 %08x  SPRG2 %08x  SPRG3 %08x\n", s[SPR_SPRG0], s[SPR_SPRG0 + 1],
            s[SPR_SPRG0 + 2], s[SPR_SPRG0 + 3]);
    fprintf(f, "SPRG4 %08x SPRG5 %08x  SPRG6 %08x  SPRG7 %08x\n", s[SPR_SPRG4], s[SPR_SPRG4 + 1],
            s[SPR_SPRG4 + 2], s[SPR_SPRG4 + 3]);
    fprintf(f, " SDR1 %08x   DAR %08x  DSISR %08x\n", s[SPR_SDR1], s[SPR_DAR], s[SPR_DSISR]);
}

void ppc_dump_state(CPUState *cs, FILE *f, int flags)
{
    CPUPPCState *env = ppc_env(cs);
    uint64_t tb = ppc_load_tb(env);

    fprintf(f, "NIP %08x   LR %08x CTR %08x XER %08x CPU#%d\n", env->nip, env->lr, env->ctr,
            ppc_get_xer(env), cs->cpu_index);
    fprintf(f, "MSR %08x HID0 %08x  HF %08x iidx %d didx %d\n", env->msr, env->spr[SPR_HID0],
            env->hflags, ppc_insn_mmu_idx(env->hflags), ppc_data_mmu_idx(env->hflags));
    fprintf(f, "TB %08u %08u DECR %08u\n", (uint32_t)(tb >> 32), (uint32_t)tb, ppc_load_dec(env));
    for (unsigned i = 0; i < 32; i++) {
        dump_registers(f, "GPR", i, env->gpr[i]);
    }
    dump_cr(env, f);
    if (flags & CPU_DUMP_FPU) {
        for (unsigned i = 0; i < 32; i++) {
            dump_registers(f, "FPR", i, env->fpr[i]);
        }
        fprintf(f, "FPSCR %08x\n", ppc_read_fpscr(env));
    }
    dump_sprs(env, f);
}

typedef struct NamedRegister {
    const char *name;
    size_t offset;
} NamedRegister;

static const NamedRegister named_registers[] = {
    { "pc", offsetof(CPUPPCState, nip) },   { "nip", offsetof(CPUPPCState, nip) },
    { "lr", offsetof(CPUPPCState, lr) },    { "ctr", offsetof(CPUPPCState, ctr) },
    { "msr", offsetof(CPUPPCState, msr) },  { NULL },
};

/* "r3", "f12", "sr0" ...: the number after `prefix` if it is below `count`, else -1. */
static int indexed(const char *name, const char *prefix, int count)
{
    size_t n = strlen(prefix);
    char *end;
    long index;

    if (strncasecmp(name, prefix, n) || !g_ascii_isdigit(name[n])) {
        return -1;
    }
    index = strtol(name + n, &end, 10);
    return *end || index >= count ? -1 : index;
}

static bool get_indexed(CPUPPCState *env, const char *name, uint64_t *value)
{
    int n;

    if ((n = indexed(name, "r", 32)) >= 0) {
        *value = env->gpr[n];
    } else if ((n = indexed(name, "f", 32)) >= 0) {
        *value = env->fpr[n];
    } else if ((n = indexed(name, "sr", 16)) >= 0) {
        *value = env->sr[n];
    } else if ((n = indexed(name, "cr", 8)) >= 0) {
        *value = ppc_crf_unpack(env->crf[n]);
    } else {
        return false;
    }
    return true;
}

static bool get_spr(CPUPPCState *env, const char *name, uint64_t *value)
{
    PowerPCCPUClass *pcc = POWERPC_CPU_GET_CLASS(ppc_env_cpu(env));

    for (unsigned i = 0; i < PPC_NB_SPRS; i++) {
        if (pcc->sprs[i] && !strcasecmp(pcc->sprs[i]->name, name)) {
            *value = ppc_spr_read(env, pcc->sprs[i]);
            return true;
        }
    }
    return false;
}

bool ppc_get_register(CPUState *cs, const char *name, uint64_t *value)
{
    CPUPPCState *env = ppc_env(cs);

    for (const NamedRegister *r = named_registers; r->name; r++) {
        if (!strcasecmp(r->name, name)) {
            *value = *(uint32_t *)((char *)env + r->offset);
            return true;
        }
    }
    if (get_indexed(env, name, value)) {
        return true;
    }
    if (!strcasecmp(name, "cr") || !strcasecmp(name, "ccr")) {
        *value = ppc_get_cr(env);
        return true;
    }
    if (!strcasecmp(name, "fpscr")) {
        *value = ppc_read_fpscr(env);
        return true;
    }
    if (!strcasecmp(name, "decr")) {
        *value = ppc_load_dec(env);
        return true;
    }
    return get_spr(env, name, value);
}
