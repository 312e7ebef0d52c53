/*
 * The MMU of an Arm CPU: ties its registers to the walk, the guest TLB and the exceptions.
 *
 * What the guest's address tags (TCR.TBI) distinguish are pages of their own for the guest TLB: the
 * walk ignores the tag, and what is flushed by address goes whatever the tag is, as the TLB's index
 * doesn't have it.
 *
 * Reference: DDI 0487, D8; D19.2.37 (ESR_EL1), D1.3 (what sets FAR_EL1).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "system/memory.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mmu-walk32.h"

static bool load_entry(void *opaque, hwaddr addr, uint64_t *entry)
{
    ARMCPU *cpu = opaque;
    MemTxResult result;

    *entry = cpu->env.sctlr_el[1] & SCTLR_EE
                 ? address_space_ldq_be(cpu_default_space(CPU(cpu)), addr, MEMTXATTRS_UNSPECIFIED,
                                        &result)
                 : address_space_ldq_le(cpu_default_space(CPU(cpu)), addr, MEMTXATTRS_UNSPECIFIED,
                                        &result);
    return result == MEMTX_OK;
}

static bool load_word(void *opaque, hwaddr addr, uint32_t *entry)
{
    ARMCPU *cpu = opaque;
    AddressSpace *as = cpu_default_space(CPU(cpu));
    MemTxResult result;

    *entry = cpu->env.sctlr_el[1] & SCTLR_EE
                 ? address_space_ldl_be(as, addr, MEMTXATTRS_UNSPECIFIED, &result)
                 : address_space_ldl_le(as, addr, MEMTXATTRS_UNSPECIFIED, &result);
    return result == MEMTX_OK;
}

static unsigned physical_bits(const ARMIdRegs *id)
{
    static const uint8_t ranges[] = { 32, 36, 40, 42, 44, 48, 48, 48 };

    return ranges[id->mmfr0 & 7];
}

/* Without translation: flat, as far as the part's addresses go (D8.2.11). */
static unsigned untranslated(CPUARMState *env, uint64_t addr, ARMWalk *walk)
{
    uint64_t canonical = arm_untagged_address(env->tcr_el[1], addr);

    *walk = (ARMWalk){ .phys = canonical, .size = TARGET_PAGE_SIZE, .global = true,
                       .prot = PAGE_READ | PAGE_WRITE | PAGE_EXEC };
    return canonical >> physical_bits(&env->id) ? FSC_ADDRESS_SIZE : 0;
}

static ARMWalkRegs walk_registers(const CPUARMState *env)
{
    return (ARMWalkRegs){
        .tcr = env->tcr_el[1],
        .ttbr = { env->ttbr0_el[1], env->ttbr1_el[1] },
        .sctlr = env->sctlr_el[1],
        .pa_bits = physical_bits(&env->id),
        .granule_16k = env->id.mmfr0 >> 20 & 0xf,
    };
}

static ARMWalk32Regs walk32_registers(const CPUARMState *env)
{
    return (ARMWalk32Regs){
        .ttbr = { env->ttbr0_el[1], env->ttbr1_el[1] },
        .ttbcr = env->tcr_el[1],
        .sctlr = env->sctlr_el[1],
        .dacr = env->dacr,
    };
}

static unsigned translate(CPUARMState *env, uint64_t addr, MMUAccessType access, int mmu_idx,
                          ARMWalk *walk)
{
    const ARMTableMemory memory = { load_entry, load_word, arm_env_archcpu(env) };
    const ARMWalkRegs regs = walk_registers(env);

    if (mmu_idx == ARM_MMU_OFF) {
        return untranslated(env, addr, walk);
    }
    if (arm_el1_is_aarch32(env)) {
        const ARMWalk32Regs regs32 = walk32_registers(env);

        return arm_walk32(&regs32, &memory, addr, access, mmu_idx == ARM_MMU_EL0, walk);
    }
    return arm_walk(&regs, &memory, addr, access, mmu_idx == ARM_MMU_EL0, walk);
}

G_NORETURN_ATTR static void raise_fault(CPUARMState *env, uint64_t addr, MMUAccessType access,
                                        unsigned fault, unsigned domain, uintptr_t ra)
{
    uint32_t iss = fault | env->cache_op_iss;

    env->cache_op_iss = 0;
    arm_raise_abort(env, addr, access, iss, domain, ra);
}

/* A branch to a tagged address goes to the address: the pc never has a tag (D4.1,
 * AArch64.BranchAddr). */
static void drop_tag_of_pc(CPUState *cs, uint64_t addr)
{
    CPUARMState *env = &((ARMCPU *)cs)->env;
    uint64_t untagged = arm_untagged_address(env->tcr_el[1], addr);

    if (untagged != addr && env->pc == addr) {
        env->pc = untagged;
        cs->exception_index = EXCP_NONE;
        cpu_loop_exit(cs);
    }
}

/* `-d mmu`: what the MMU did, not each use of what it found. */
static void log_translation(CPUState *cs, uint64_t addr, MMUAccessType access, int mmu_idx,
                            unsigned fault, const ARMWalk *walk)
{
    static const char *const kinds[] = { [MMU_DATA_LOAD] = "load",
                                         [MMU_DATA_STORE] = "store",
                                         [MMU_INST_FETCH] = "fetch" };
    static const char *const modes[] = { [ARM_MMU_EL0] = "EL0",
                                         [ARM_MMU_EL1] = "EL1",
                                         [ARM_MMU_OFF] = "untranslated" };

    if (fault) {
        qemu_log_mask_and_addr(CPU_LOG_MMU, addr,
                               "mmu: cpu%d %s %016" PRIx64 " %s: fault status %#x\n", cs->cpu_index,
                               kinds[access], addr, modes[mmu_idx], fault);
        return;
    }
    qemu_log_mask_and_addr(
        CPU_LOG_MMU, addr,
        "mmu: cpu%d %s %016" PRIx64 " %s -> %010" PRIx64 " %c%c%c %s size %#" PRIx64 "\n",
        cs->cpu_index, kinds[access], addr, modes[mmu_idx], walk->phys,
        walk->prot & PAGE_READ ? 'r' : '-', walk->prot & PAGE_WRITE ? 'w' : '-',
        walk->prot & PAGE_EXEC ? 'x' : '-', walk->global ? "global" : "ASID", walk->size);
}

/* ---- Blocks ---- */

/*
 * Invalidating any address of a block has to forget all of it, and the TLB knows pages. A kernel's
 * blocks are many, and what it invalidates are mostly pages elsewhere.
 */
#define FILTERED_SHIFT 21

static uint64_t *filter_word(ARMBlocks *b, uint64_t addr, uint64_t *bit)
{
    unsigned hash =
        (addr >> FILTERED_SHIFT) * 0x9e3779b97f4a7c15ull >> (64 - ARM_BLOCK_FILTER_BITS);

    *bit = 1ull << (hash % 64);
    return &b->filter[hash / 64];
}

static void note_block(ARMBlocks *b, uint64_t addr, uint64_t size, bool tagged)
{
    uint64_t bit, *word = filter_word(b, addr, &bit);

    b->used = true;
    b->tagged |= tagged;
    if (size <= 1ull << FILTERED_SHIFT) {
        *word |= bit;
        return;
    }
    for (unsigned i = 0; i < MIN(b->nb_large, ARM_MAX_LARGE_BLOCKS); i++) {
        if (addr - b->large[i].start < b->large[i].size) {
            return;
        }
    }
    if (b->nb_large < ARM_MAX_LARGE_BLOCKS) {
        b->large[b->nb_large].start = addr & -size;
        b->large[b->nb_large].size = size;
    }
    b->nb_large = MIN(b->nb_large + 1, ARM_MAX_LARGE_BLOCKS + 1);
}

static bool may_be_in_block(ARMBlocks *b, uint64_t addr)
{
    uint64_t bit, *word = filter_word(b, addr, &bit);

    if (b->tagged || b->nb_large > ARM_MAX_LARGE_BLOCKS || (*word & bit)) {
        return true;
    }
    for (unsigned i = 0; i < b->nb_large; i++) {
        if (addr - b->large[i].start < b->large[i].size) {
            return true;
        }
    }
    return false;
}

void arm_tlb_flush(CPUARMState *env)
{
    if (env->blocks.used) {
        memset(&env->blocks, 0, sizeof(env->blocks));
    }
    env->global_domains = 0;
    tlb_flush(arm_env_cpu(env));
}

/* ---- Fills ---- */

/*
 * Cleaning and invalidating by address above EL0 needs a translation, but no rights: neither
 * permissions nor domains are looked at (DC CVAU: only "when executed at EL0" is the right to read
 * required; DCCMVAU does the same). Kernels that lock themselves out of the user's pages clean those
 * so. What throws data away has to be able to write.
 */
static bool needs_no_rights(const CPUARMState *env, MMUAccessType access, int mmu_idx,
                            unsigned fault)
{
    return env->cache_op_iss && access == MMU_DATA_LOAD && mmu_idx != ARM_MMU_EL0 &&
           ((fault & ~3u) == FSC_PERMISSION || (fault & ~3u) == FSC_DOMAIN);
}

bool arm_tlb_fill(CPUState *cs, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                  uintptr_t ra)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    unsigned fault;
    ARMWalk walk;

    if (access == MMU_INST_FETCH && !probe) {
        drop_tag_of_pc(cs, addr);
    }
    walk.domain = 0;
    fault = translate(env, addr, access, mmu_idx, &walk);
    if (unlikely(qemu_loglevel_mask(CPU_LOG_MMU)) && !probe) {
        log_translation(cs, addr, access, mmu_idx, fault, &walk);
    }
    if (fault) {
        if (needs_no_rights(env, access, mmu_idx, fault)) {
            return true; /* without an entry: helper_arm_cache_by_address() accesses nothing */
        }
        if (!probe) {
            raise_fault(env, addr, access, fault, walk.domain, ra);
        }
        return false;
    }
    if (walk.size > TARGET_PAGE_SIZE) {
        uint64_t untagged = arm_untagged_address(env->tcr_el[1], addr);

        note_block(&env->blocks, untagged, walk.size, untagged != addr);
    }
    env->global_domains |= walk.global ? 1u << walk.domain : 0;
    tlb_set_page_full(cs, mmu_idx, addr,
                      &(TLBPage){ .phys = walk.phys, .size = TARGET_PAGE_SIZE,
                                  .attrs = MEMTXATTRS_UNSPECIFIED, .prot = walk.prot,
                                  .global = walk.global });
    return true;
}

/*
 * The ASID says which entries match, and the tables where they come from: who changes a table
 * without changing the ASID has to invalidate, so that it does no harm to tell those apart, too.
 */
size_t arm_mmu_context_key(CPUState *cs, int mmu_idx, uint8_t *key)
{
    CPUARMState *env = &((ARMCPU *)cs)->env;
    /* AArch32 has the ASID in CONTEXTIDR, too, and rights in DACR. */
    const uint64_t registers[] = { env->ttbr0_el[1], env->ttbr1_el[1],
                                   arm_el1_is_aarch32(env) ? env->contextidr : 0,
                                   env->tcr_el[1] & TTBCR_EAE ? 0 : env->dacr };

    if (mmu_idx == ARM_MMU_OFF) {
        return 0;
    }
    memcpy(key, registers, sizeof(registers));
    return sizeof(registers);
}

/* The operand of TLBI by address has VA[55:12] in its low bits. */
void arm_tlb_flush_address(CPUARMState *env, uint64_t operand)
{
    uint64_t addr = (int64_t)(operand << 20) >> 8;

    if (env->blocks.used && may_be_in_block(&env->blocks, addr)) {
        arm_tlb_flush(env);
    } else {
        tlb_flush_page(arm_env_cpu(env), addr);
    }
}

hwaddr arm_get_phys_page_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    ARMWalk walk;

    if (translate(env, addr, MMU_DATA_LOAD, arm_mmu_index(env->hflags), &walk) &&
        translate(env, addr, MMU_INST_FETCH, arm_mmu_index(env->hflags), &walk)) {
        return HWADDR_MAX;
    }
    return walk.phys & TARGET_PAGE_MASK;
}

enum { PAR_F = 1, PAR_NS = 1 << 9, PAR_RES1 = 1 << 11 };

void arm_address_translate(CPUARMState *env, uint64_t addr, MMUAccessType access, int mmu_idx)
{
    ARMWalk walk;
    unsigned fault = translate(env, addr, access, mmu_idx, &walk);

    if (fault) {
        env->par = arm_el1_is_aarch32(env) ? PAR_F | arm_fault_status(env, fault) << 1
                                           : PAR_RES1 | fault << 1 | PAR_F;
        return;
    }
    if (arm_el1_is_aarch32(env) && !(env->tcr_el[1] & TTBCR_EAE)) {
        env->par = (walk.phys & 0xfffff000u) | PAR_NS;
        return;
    }
    env->par = (walk.phys & 0x0000fffffffff000ull) | PAR_RES1 | PAR_NS | walk.shareability << 7 |
               (env->mair_el[1] >> (8 * walk.attributes) & 0xff) << 56;
}

/* ---- `info tlb` ---- */

static void print_range(FILE *f, uint64_t start, uint64_t size, const ARMWalk *walk, int user)
{
    fprintf(f, "%016" PRIx64 "-%016" PRIx64 " %010" PRIx64 " EL1 %c%c%c EL0 %c%c%c attr %u %s\n",
            start, start + size - 1, (uint64_t)walk->phys, walk->prot & PAGE_READ ? 'r' : '-',
            walk->prot & PAGE_WRITE ? 'w' : '-', walk->prot & PAGE_EXEC ? 'x' : '-',
            user & PAGE_READ ? 'r' : '-', user & PAGE_WRITE ? 'w' : '-',
            user & PAGE_EXEC ? 'x' : '-', walk->attributes, walk->global ? "global" : "ASID");
}

/* What is mapped from `from` on, page by page and block by block; what isn't is skipped by the size
 * of the table entry that says so. */
static void print_half(CPUARMState *env, FILE *f, bool upper)
{
    const ARMWalkRegs regs = walk_registers(env);
    const ARMHalf half = arm_walk_half(&regs, upper);
    unsigned granule = half.granule;
    uint64_t from = upper ? -(1ull << half.input) : 0, last = from + (1ull << half.input) - 1;

    for (uint64_t at = from, step; at <= last; at += step) {
        ARMWalk walk, user;
        unsigned fault = translate(env, at, MMU_DATA_LOAD, ARM_MMU_EL1, &walk);
        bool unmapped = fault && (fault & ~3u) != FSC_PERMISSION;

        step = unmapped ? 1ull << (granule + (3 - (fault & 3)) * (granule - 3)) : walk.size;
        if (!unmapped) {
            user.prot = 0;
            translate(env, at, MMU_DATA_LOAD, ARM_MMU_EL0, &user);
            print_range(f, at, step, &walk, user.prot);
        }
        if (at + step < at) {
            return;
        }
    }
}

/* AArch32: all 4 GiB, by what the level that failed maps. */
static void print_all32(CPUARMState *env, FILE *f)
{
    bool is_long = env->tcr_el[1] & TTBCR_EAE;

    for (uint64_t at = 0, step; at < 4 * GiB; at = ROUND_DOWN(at, step) + step) {
        ARMWalk walk, user;
        unsigned fault = translate(env, at, MMU_DATA_LOAD, ARM_MMU_EL1, &walk);
        unsigned kind = fault & ~3u;

        if (fault && kind != FSC_PERMISSION) {
            step = walk.level == 3   ? 4 * KiB
                   : walk.level == 2 ? (is_long ? 2 * MiB : 4 * KiB)
                                     : (is_long ? 1 * GiB : 1 * MiB);
            continue;
        }
        step = walk.size;
        user.prot = 0;
        translate(env, at, MMU_DATA_LOAD, ARM_MMU_EL0, &user);
        print_range(f, at, step, &walk, user.prot);
    }
}

void arm_dump_mmu(CPUState *cs, FILE *f)
{
    CPUARMState *env = &ARM_CPU(cs)->env;

    if (!(env->sctlr_el[1] & SCTLR_M)) {
        fprintf(f, "translation is off\n");
        return;
    }
    if (arm_el1_is_aarch32(env)) {
        print_all32(env, f);
        return;
    }
    print_half(env, f, false);
    print_half(env, f, true);
}
