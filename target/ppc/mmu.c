/*
 * PowerPC MMU: ties the registers of a CPU to the translation functions, the guest TLB and the
 * memory windows.
 *
 * Reference: MPC750UM chapter 5, PEM chapter 7.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "system/memory.h"
#include "target/ppc/helper.h"
#include "target/ppc/internal.h"
#include "target/ppc/mmu-hash.h"

static uint32_t table_load(void *opaque, hwaddr addr)
{
    CPUState *cs = opaque;

    return address_space_ldl_be(cpu_default_space(cs), addr, MEMTXATTRS_UNSPECIFIED, NULL);
}

static uint32_t table_exchange(void *opaque, hwaddr addr, uint32_t old, uint32_t new)
{
    CPUState *cs = opaque;

    return address_space_cmpxchgl_be(cpu_default_space(cs), addr, old, new,
                                     MEMTXATTRS_UNSPECIFIED);
}

/* Copies `nb` BAT pairs that start at SPR `num`. */
static void collect_bats(CPUPPCState *env, PPCXlateRegs *regs, unsigned num, unsigned nb)
{
    memcpy(regs->bats[regs->nb_bats], &env->spr[num], nb * sizeof(regs->bats[0]));
    regs->nb_bats += nb;
}

static void collect_regs(CPUPPCState *env, bool insn, PPCXlateRegs *regs)
{
    regs->sr = env->sr;
    regs->sdr1 = env->spr[SPR_SDR1];
    regs->nb_bats = 0;
    collect_bats(env, regs, insn ? SPR_IBAT0U : SPR_DBAT0U, 4);
    if (ppc_family(env)->nb_bats > 4 && (env->spr[SPR_HID2] & HID2_HIGH_BAT_EN)) {
        collect_bats(env, regs, insn ? SPR_IBAT4U : SPR_DBAT4U, 4);
    }
}

/* WIMG: real mode data accesses are M = G = 1, fetches M = 1 (PEM 5.2.3.5). */
static void xlate_real(uint32_t ea, PPCXlate *x)
{
    *x = (PPCXlate){ .phys = ea, .prot = PAGE_READ | PAGE_WRITE | PAGE_EXEC,
                     .wimg = WIMG_M | WIMG_G };
}

static PPCXlateResult translate(CPUPPCState *env, uint32_t ea, MMUAccessType access, int mmu_idx,
                                bool update, PPCXlate *x)
{
    PPCTableMemory mem = { table_load, update ? table_exchange : NULL, ppc_env_cpu(env) };
    PPCXlateRegs regs;

    if (mmu_idx == PPC_MMU_REAL) {
        xlate_real(ea, x);
        return PPC_XLATE_OK;
    }
    collect_regs(env, access == MMU_INST_FETCH, &regs);
    if (ppc_software_search(env)) {
        return ppc_soft_xlate(env, &regs, ea, access, mmu_idx == PPC_MMU_USER, x);
    }
    return ppc_xlate(&regs, &mem, ea, access, mmu_idx == PPC_MMU_USER, x);
}

G_NORETURN_ATTR static void raise_isi(CPUPPCState *env, PPCXlateResult result, uintptr_t ra)
{
    static const uint32_t srr1[] = {
        [PPC_XLATE_NOT_FOUND] = ISI_NOT_FOUND,
        [PPC_XLATE_PROTECTION] = ISI_PROTECTION,
        [PPC_XLATE_NO_EXECUTE] = ISI_NO_EXECUTE,
        [PPC_XLATE_DIRECT_STORE] = ISI_NO_EXECUTE,
    };

    ppc_raise_exception(env, PPC_EXCP_ISI, srr1[result], ra);
}

G_NORETURN_ATTR static void raise_dsi(CPUPPCState *env, uint32_t ea, PPCXlateResult result,
                                      MMUAccessType access, uintptr_t ra)
{
    static const uint32_t dsisr[] = {
        [PPC_XLATE_NOT_FOUND] = DSISR_NOT_FOUND,
        [PPC_XLATE_PROTECTION] = DSISR_PROTECTION,
        [PPC_XLATE_DIRECT_STORE] = DSISR_DIRECT_STORE,
    };
    uint32_t store = access == MMU_DATA_STORE ? DSISR_STORE : 0;

    ppc_raise_data_exception(env, PPC_EXCP_DSI, dsisr[result] | store, ea, ra);
}

G_NORETURN_ATTR static void raise_fault(CPUPPCState *env, uint32_t ea, PPCXlateResult result,
                                        MMUAccessType access, int mmu_idx, uintptr_t ra)
{
    if (result == PPC_XLATE_SOFT_MISS) {
        ppc_raise_soft_miss(env, ea, access, mmu_idx == PPC_MMU_USER, ra);
    }
    if (access == MMU_INST_FETCH) {
        raise_isi(env, result, ra);
    }
    raise_dsi(env, ea, result, access, ra);
}

void ppc_check_data_access(CPUPPCState *env, uint32_t ea, MMUAccessType access, uintptr_t ra)
{
    int mmu_idx = ppc_data_mmu_idx(env->hflags);
    PPCXlate x;
    PPCXlateResult result = translate(env, ea, access, mmu_idx, true, &x);

    if (result != PPC_XLATE_OK) {
        raise_fault(env, ea, result, access, mmu_idx, ra);
    }
}

/* Rights for the TLB entry: what was asked for comes from its own side (I or D) only. */
static int entry_rights(const PPCXlate *x, MMUAccessType access, int mmu_idx)
{
    if (mmu_idx == PPC_MMU_REAL) {
        return x->prot;
    }
    return access == MMU_INST_FETCH ? PAGE_EXEC : x->prot & ~PAGE_EXEC;
}

/* Accesses to the page that the DABR watches all come here: its TLB entry allows nothing. */
static bool dabr_page(const CPUPPCState *env, uint32_t ea, MMUAccessType access)
{
    uint32_t dabr = env->spr[SPR_DABR];

    return access != MMU_INST_FETCH && (dabr & (DABR_DW | DABR_DR)) &&
           !((dabr ^ ea) & (uint32_t)TARGET_PAGE_MASK);
}

/* Whether the DABR watches for this access. */
static bool dabr_matches(CPUPPCState *env, uint32_t ea, int size, MMUAccessType access)
{
    uint32_t dabr = env->spr[SPR_DABR];
    uint32_t watched = access == MMU_DATA_STORE ? DABR_DW : DABR_DR;

    return access != MMU_INST_FETCH && (dabr & watched) &&
           !(dabr & DABR_BT) == !(env->msr & MSR_DR) && (ea & ~7u) <= (dabr & ~7u) &&
           ((ea + MAX(size, 1) - 1) & ~7u) >= (dabr & ~7u);
}

/*
 * The 60x bus has a byte enable for each lane (TSIZ, A29-A31): what is misaligned is split, never
 * refused (MPC750UM 8.3.2.4).
 */
#define PPC_BUS_ATTRS ((MemTxAttrs){ .unspecified = 1, .byte_enables = 1 })

/* The smallest block of a BAT (PEM 7.4.3). */
#define BAT_MIN_SIZE (128 * KiB)

/* `-d mmu`: what the MMU did, not each use of what it found. */
static void log_translation(CPUState *cs, uint32_t ea, MMUAccessType access, int mmu_idx,
                            PPCXlateResult result, const PPCXlate *x)
{
    static const char *const kinds[] = { [MMU_DATA_LOAD] = "load",
                                         [MMU_DATA_STORE] = "store",
                                         [MMU_INST_FETCH] = "fetch" };
    static const char *const refusals[] = {
        [PPC_XLATE_NOT_FOUND] = "not found",       [PPC_XLATE_PROTECTION] = "protected",
        [PPC_XLATE_NO_EXECUTE] = "no execution",   [PPC_XLATE_DIRECT_STORE] = "direct store",
        [PPC_XLATE_SOFT_MISS] = "software search",
    };

    if (result != PPC_XLATE_OK) {
        qemu_log_mask_and_addr(CPU_LOG_MMU, ea, "mmu: cpu%d %s %08x: %s\n", cs->cpu_index,
                               kinds[access], ea, refusals[result]);
        return;
    }
    qemu_log_mask_and_addr(CPU_LOG_MMU, ea, "mmu: cpu%d %s %08x -> %08x %c%c%c WIMG %x %s\n",
                           cs->cpu_index, kinds[access], ea, (uint32_t)x->phys,
                           x->prot & PAGE_READ ? 'r' : '-', x->prot & PAGE_WRITE ? 'w' : '-',
                           x->prot & PAGE_EXEC ? 'x' : '-', x->wimg >> 3,
                           mmu_idx == PPC_MMU_REAL ? "real" : x->block ? "block" : "page");
}

bool ppc_tlb_fill(CPUState *cs, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                  uintptr_t ra)
{
    CPUPPCState *env = ppc_env(cs);
    PPCXlate x;
    PPCXlateResult result = translate(env, addr, access, mmu_idx, true, &x);
    int rights;

    if (unlikely(qemu_loglevel_mask(CPU_LOG_MMU)) && !probe) {
        log_translation(cs, addr, access, mmu_idx, result, &x);
    }
    if (result == PPC_XLATE_OK) {
        if (dabr_matches(env, addr, size, access) && !probe) {
            uint32_t store = access == MMU_DATA_STORE ? DSISR_STORE : 0;

            ppc_raise_data_exception(env, PPC_EXCP_DSI, DSISR_DABR | store, addr, ra);
        }
        rights = dabr_page(env, addr, access) ? 0 : entry_rights(&x, access, mmu_idx);
        /* tlbie leaves blocks alone: for it they are pages of the smallest size */
        tlb_set_page_full(cs, mmu_idx, addr,
                          &(TLBPage){ .phys = x.phys, .size = TARGET_PAGE_SIZE,
                                      .attrs = PPC_BUS_ATTRS, .prot = rights,
                                      .global = x.block || mmu_idx == PPC_MMU_REAL });
        return true;
    }
    if (!probe) {
        raise_fault(env, addr, result, access, mmu_idx, ra);
    }
    return false;
}

size_t ppc_mmu_context_key(CPUState *cs, int mmu_idx, uint8_t *key)
{
    CPUPPCState *env = ppc_env(cs);

    if (mmu_idx == PPC_MMU_REAL) {
        return 0;
    }
    memcpy(key, env->sr, sizeof(env->sr));
    memcpy(key + sizeof(env->sr), &env->spr[SPR_SDR1], sizeof(uint32_t));
    return sizeof(env->sr) + sizeof(uint32_t);
}
QEMU_BUILD_BUG_ON(sizeof(((CPUPPCState *)0)->sr) + sizeof(uint32_t) > MMU_CONTEXT_KEY_MAX);

hwaddr ppc_get_phys_page_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs)
{
    CPUPPCState *env = ppc_env(cs);
    PPCXlate x;

    if (translate(env, addr, MMU_DATA_LOAD, ppc_data_mmu_idx(env->hflags), false, &x) &&
        translate(env, addr, MMU_INST_FETCH, ppc_insn_mmu_idx(env->hflags), false, &x)) {
        return HWADDR_MAX;
    }
    return x.phys & TARGET_PAGE_MASK;
}

static uint32_t data_wimg(CPUPPCState *env, uint32_t ea, MMUAccessType access, bool whatever_rights)
{
    PPCXlate x;
    PPCXlateResult result =
        translate(env, ea, access, ppc_data_mmu_idx(env->hflags), false, &x);

    return result == PPC_XLATE_OK || (result == PPC_XLATE_PROTECTION && whatever_rights) ? x.wimg
                                                                                         : ~0u;
}

uint32_t ppc_data_wimg(CPUPPCState *env, uint32_t ea, MMUAccessType access)
{
    return data_wimg(env, ea, access, false);
}

uint32_t ppc_mapped_wimg(CPUPPCState *env, uint32_t ea)
{
    return data_wimg(env, ea, MMU_DATA_LOAD, true);
}

bool ppc_is_direct_store(CPUPPCState *env, uint32_t ea)
{
    int idx = ppc_data_mmu_idx(env->hflags);
    PPCXlateResult result;
    PPCXlateRegs regs;
    PPCXlate x;

    if (idx == PPC_MMU_REAL || !(env->sr[ea >> 28] & SR_T)) {
        return false;
    }
    collect_regs(env, false, &regs);
    return ppc_xlate_before_page(&regs, ea, MMU_DATA_LOAD, idx == PPC_MMU_USER, &x, &result) &&
           result == PPC_XLATE_DIRECT_STORE;
}

static void set_window(CPUPPCState *env, int mmu_idx)
{
    uint32_t dabr = env->spr[SPR_DABR];
    uint32_t hole = dabr & TARGET_PAGE_MASK;
    uint32_t hole_size = dabr & (DABR_DW | DABR_DR) ? TARGET_PAGE_SIZE : 0;
    WindowBlock blocks[MAX_WINDOW_BLOCKS];
    PPCXlateRegs regs;
    size_t nb;

    collect_regs(env, false, &regs);
    nb = ppc_bat_blocks(&regs, mmu_idx == PPC_MMU_USER, blocks, MAX_WINDOW_BLOCKS, hole, hole_size);
    cpu_window_set_blocks(ppc_env_cpu(env), mmu_idx, blocks, nb);
}

/* Untranslated memory, in two parts around the page that the DABR watches. */
static void set_real_window(CPUPPCState *env)
{
    uint32_t dabr = env->spr[SPR_DABR], hole = dabr & TARGET_PAGE_MASK;
    uint64_t after = (uint64_t)hole + TARGET_PAGE_SIZE;
    int rwx = PAGE_READ | PAGE_WRITE | PAGE_EXEC;
    WindowBlock blocks[2] = { { 0, 4 * GiB, 0, rwx } };
    size_t nb = 1;

    if (dabr & (DABR_DW | DABR_DR)) {
        blocks[0].size = hole;
        blocks[1] = (WindowBlock){ after, 4 * GiB - after, after, rwx };
        nb = 2;
    }
    if (nb == 2 && blocks[1].size == 0) {
        nb = 1;
    }
    cpu_window_set_blocks(ppc_env_cpu(env), PPC_MMU_REAL, blocks[0].size ? blocks : blocks + 1,
                          blocks[0].size ? nb : nb - 1);
}

void ppc_forget_pages(CPUPPCState *env)
{
    env->dcbz_page = PPC_NO_PAGE;
    env->cache_op_page[MMU_DATA_LOAD] = env->cache_op_page[MMU_DATA_STORE] = PPC_NO_PAGE;
}

void ppc_bats_changed(CPUPPCState *env)
{
    ppc_forget_pages(env);
    qemu_log_mask(CPU_LOG_MMU, "mmu: cpu%d block translation changed\n",
                  ppc_env_cpu(env)->cpu_index);
    tlb_flush(ppc_env_cpu(env));
    set_real_window(env);
    set_window(env, PPC_MMU_SUPERVISOR);
    set_window(env, PPC_MMU_USER);
}

void ppc_page_table_changed(CPUPPCState *env)
{
    ppc_forget_pages(env);
    qemu_log_mask(CPU_LOG_MMU, "mmu: cpu%d page translation changed, SDR1 %08x\n",
                  ppc_env_cpu(env)->cpu_index, env->spr[SPR_SDR1]);
    tlb_context_changed(ppc_env_cpu(env));
}

/* tlbie empties the set of both TLBs that the last bits of the page number select. */
void helper_ppc_tlbie(CPUPPCState *env, uint32_t ea)
{
    const PPCFamily *family = ppc_family(env);

    ppc_forget_pages(env);
    qemu_log_mask(CPU_LOG_MMU, "mmu: cpu%d tlbie %08x\n", ppc_env_cpu(env)->cpu_index, ea);
    if (family->features & PPC_FEAT_TLB_SWT) {
        ppc_soft_tlb_invalidate(env, ea);
    }
    tlb_flush_page_class(ppc_env_cpu(env), ea, family->tlb_set_bits);
}

void ppc_store_sr(CPUPPCState *env, unsigned n, uint32_t value)
{
    uint32_t mask = value & SR_T ? 0xffffffff : SR_T | SR_KS | SR_KP | SR_N | SR_VSID;

    if (env->sr[n] != (value & mask)) {
        env->sr[n] = value & mask;
        qemu_log_mask(CPU_LOG_MMU, "mmu: cpu%d sr%u = %08x\n", ppc_env_cpu(env)->cpu_index, n,
                      env->sr[n]);
        ppc_page_table_changed(env);
    }
}
