/*
 * Special purpose registers: lookup, checks, generic reading and writing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/helper.h"
#include "target/ppc/internal.h"

const PPCSPR *ppc_spr_lookup(const PowerPCCPUClass *pcc, unsigned num)
{
    return num < PPC_NB_SPRS ? pcc->sprs[num] : NULL;
}

uint32_t ppc_spr_check(const PPCSPR *spr, unsigned num, bool write, bool user)
{
    uint8_t may = write ? PPC_SPR_USER_WRITE : PPC_SPR_USER_READ;

    if (!spr || (write ? spr->write_kind : spr->read_kind) == PPC_SPR_NONE) {
        return ppc_spr_missing_error(num, user);
    }
    return user && !(spr->flags & may) ? PPC_PROGRAM_PRIVILEGED : 0;
}

static uint32_t *field_of(CPUPPCState *env, const PPCSPR *spr)
{
    return (uint32_t *)((char *)env + spr->offset);
}

uint32_t ppc_spr_read(CPUPPCState *env, const PPCSPR *spr)
{
    if (spr->read) {
        return spr->read(env, spr);
    }
    switch (spr->read_kind) {
    case PPC_SPR_FIELD:
        return *field_of(env, spr);
    case PPC_SPR_GLOBAL:
        return spr->num == SPR_XER ? ppc_get_xer(env) : spr->num == SPR_LR ? env->lr : env->ctr;
    default:
        return 0;
    }
}

static void write_global(CPUPPCState *env, unsigned num, uint32_t value)
{
    if (num == SPR_XER) {
        ppc_set_xer(env, value);
    } else if (num == SPR_LR) {
        env->lr = value;
    } else {
        env->ctr = value;
    }
}

void ppc_spr_write(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    uint32_t *field = field_of(env, spr);
    uint32_t merged = (*field & ~spr->mask) | (value & spr->mask);

    if (spr->write) {
        spr->write(env, spr, merged);
    } else if (spr->write_kind == PPC_SPR_FIELD) {
        *field = merged;
    } else if (spr->write_kind == PPC_SPR_GLOBAL) {
        write_global(env, spr->num, value);
    }
}

uint32_t helper_ppc_mfspr(CPUPPCState *env, uint32_t num)
{
    return ppc_spr_read(env, ppc_spr_lookup(POWERPC_CPU_GET_CLASS(ppc_env_cpu(env)), num));
}

void helper_ppc_mtspr(CPUPPCState *env, uint32_t num, uint32_t value)
{
    ppc_spr_write(env, ppc_spr_lookup(POWERPC_CPU_GET_CLASS(ppc_env_cpu(env)), num), value);
}

void ppc_spr_build(PowerPCCPUClass *pcc)
{
    pcc->sprs = g_new0(const PPCSPR *, PPC_NB_SPRS);
    for (const PPCSPR *const *set = pcc->family->spr_sets; set && *set; set++) {
        for (const PPCSPR *row = *set; row->name; row++) {
            pcc->sprs[row->num] = row;
        }
    }
}

void ppc_spr_reset(CPUPPCState *env)
{
    PowerPCCPUClass *pcc = POWERPC_CPU_GET_CLASS(ppc_env_cpu(env));

    memset(env->spr, 0, sizeof(env->spr));
    for (unsigned i = 0; i < PPC_NB_SPRS; i++) {
        if (pcc->sprs[i] && pcc->sprs[i]->offset) {
            *field_of(env, pcc->sprs[i]) = pcc->sprs[i]->reset;
        }
    }
    env->spr[SPR_PVR] = pcc->pvr;
}
