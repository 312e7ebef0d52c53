/*
 * Software table search of the 603 and, with HID2[SWT_EN], the 755.
 *
 * A miss in the TLBs raises one of three exceptions instead of a search: the miss address, what the
 * entry has to compare with and the addresses of both groups are left in registers, and the handler
 * loads an entry by tlbld or tlbli. A store to a page whose entry has C = 0 raises the store miss
 * exception as well. On a 603 the handler has GPR0-3 of its own (MSR[TGPR]); the 755 has SPRG4-7
 * to save some of the program's in.
 *
 * The guest TLB in front may keep translations that these TLBs have replaced, never such as were
 * invalidated or loaded anew.
 *
 * Reference: MPC750UM appendix C, "Software table search"; MPC603eUM 5.5.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/helper.h"
#include "target/ppc/internal.h"
#include "target/ppc/mmu-hash.h"

/* SRR1 of a miss exception, besides CR0 in its first four bits */
enum {
    MISS_KEY = 0x00080000,
    MISS_INSN = 0x00040000,
    MISS_WAY = 0x00020000,
    MISS_STORE = 0x00010000,
};

typedef struct PPCSoftTLBEntry PPCSoftTLBEntry;

bool ppc_software_search(CPUPPCState *env)
{
    return !(ppc_family(env)->features & PPC_FEAT_HW_SEARCH) ||
           (env->spr[SPR_HID2] & HID2_SWT_EN);
}

void ppc_software_search_changed(CPUPPCState *env)
{
    ppc_forget_pages(env);
    memset(env->soft_tlb, 0, sizeof(env->soft_tlb));
    tlb_flush(ppc_env_cpu(env));
}

static unsigned set_of(CPUPPCState *env, uint32_t ea)
{
    return ea >> 12 & ((1u << ppc_family(env)->tlb_set_bits) - 1);
}

static PPCSoftTLBEntry *find(CPUPPCState *env, bool insn, uint32_t vsid, uint32_t ea)
{
    for (unsigned way = 0; way < 2; way++) {
        PPCSoftTLBEntry *e = &env->soft_tlb[insn][set_of(env, ea)][way];

        if (e->valid && e->vsid == vsid && e->page == (ea >> 12 & 0xffff)) {
            env->soft_tlb_lru[insn][set_of(env, ea)] = !way;
            return e;
        }
    }
    return NULL;
}

int ppc_soft_xlate(CPUPPCState *env, const PPCXlateRegs *regs, uint32_t ea, MMUAccessType access,
                   bool user, PPCXlate *x)
{
    uint32_t sr = env->sr[ea >> 28];
    PPCXlateResult result;
    PPCSoftTLBEntry *e;

    if (ppc_xlate_before_page(regs, ea, access, user, x, &result)) {
        return result;
    }
    e = find(env, access == MMU_INST_FETCH, sr & SR_VSID, ea);
    if (!e) {
        return PPC_XLATE_SOFT_MISS;
    }
    result = ppc_xlate_entry(e->word1, sr, ea, access, user, x);
    if (!(e->word1 & PTE1_C)) {
        x->prot &= ~PAGE_WRITE;
        if (result == PPC_XLATE_OK && access == MMU_DATA_STORE) {
            /* The entry itself is what the handler has to replace. */
            env->soft_tlb_lru[0][set_of(env, ea)] ^= 1;
            return PPC_XLATE_SOFT_MISS;
        }
    }
    return result;
}

void ppc_raise_soft_miss(CPUPPCState *env, uint32_t ea, MMUAccessType access, bool user,
                         uintptr_t ra)
{
    static const uint16_t excp[] = {
        [MMU_DATA_LOAD] = PPC_EXCP_DLMISS,
        [MMU_DATA_STORE] = PPC_EXCP_DSMISS,
        [MMU_INST_FETCH] = PPC_EXCP_IMISS,
    };
    bool insn = access == MMU_INST_FETCH;
    uint32_t sr = env->sr[ea >> 28], vsid = sr & SR_VSID, sdr1 = env->spr[SPR_SDR1];
    uint32_t info = (sr & (user ? SR_KP : SR_KS) ? MISS_KEY : 0) | (insn ? MISS_INSN : 0) |
                    (env->soft_tlb_lru[insn][set_of(env, ea)] ? MISS_WAY : 0) |
                    (access == MMU_DATA_STORE ? MISS_STORE : 0);

    env->spr[insn ? SPR_IMISS : SPR_DMISS] = ea;
    env->spr[insn ? SPR_ICMP : SPR_DCMP] = PTE0_V | vsid << 7 | (ea >> 22 & 0x3f);
    env->spr[SPR_HASH1] = ppc_pteg_address(sdr1, vsid, ea, 0);
    env->spr[SPR_HASH2] = ppc_pteg_address(sdr1, vsid, ea, 1);
    ppc_raise_exception(env, excp[access], info, ra);
}

void ppc_soft_tlb_invalidate(CPUPPCState *env, uint32_t ea)
{
    unsigned set = set_of(env, ea);

    for (unsigned side = 0; side < 2; side++) {
        for (unsigned way = 0; way < 2; way++) {
            env->soft_tlb[side][set][way].valid = false;
        }
    }
}

/* The way is the one that SRR1 named at the miss. */
static void load_entry(CPUPPCState *env, bool insn, uint32_t ea)
{
    unsigned way = (env->spr[SPR_SRR1] & MISS_WAY) != 0;
    uint32_t cmp = env->spr[insn ? SPR_ICMP : SPR_DCMP];
    PPCSoftTLBEntry *e = &env->soft_tlb[insn][set_of(env, ea)][way];

    e->vsid = cmp >> 7 & SR_VSID;
    e->page = (cmp & 0x3f) << 10 | (ea >> 12 & 0x3ff);
    e->word1 = env->spr[SPR_RPA];
    e->valid = cmp & PTE0_V;
    env->soft_tlb_lru[insn][set_of(env, ea)] = !way;
    ppc_forget_pages(env);
    tlb_flush_page(ppc_env_cpu(env), ea);
}

void helper_ppc_tlbld(CPUPPCState *env, uint32_t ea)
{
    load_entry(env, false, ea);
}

void helper_ppc_tlbli(CPUPPCState *env, uint32_t ea)
{
    load_entry(env, true, ea);
}
