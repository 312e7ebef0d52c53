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
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "system/cpus.h"
#include "system/memory.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mmu-walk32.h"
#include "target/arm/mte.h"

/* ---- Regimes ---- */

/* Which level's registers translate, for whom, and whether a second stage follows. */
typedef struct Regime {
    uint8_t el;
    bool user, pan, secure, stage2;
} Regime;

/* HCR_EL2 as EL1's regime has it: AArch32's is non-secure state's alone, also for who looks at it
 * from outside. */
static uint64_t hcr_of_el1(const CPUARMState *env)
{
    return arm_has_only_aarch32(env) ? (env->has_el2 ? env->hcr : 0) : arm_hcr(env);
}

static Regime regime_of(const CPUARMState *env, int mmu_idx)
{
    static const Regime regimes[] = {
        [ARM_MMU_EL0] = { 1, true },       [ARM_MMU_EL1] = { 1 },       [ARM_MMU_OFF] = { 1 },
        [ARM_MMU_GUEST_EL0] = { 1, true }, [ARM_MMU_GUEST_EL1] = { 1 },
        [ARM_MMU_HOST_EL0] = { 2, true },  [ARM_MMU_EL2] = { 2 },       [ARM_MMU_EL3] = { 3 },
        [ARM_MMU_EL1_PAN] = { 1, .pan = true },
        [ARM_MMU_GUEST_EL1_PAN] = { 1, .pan = true },
        [ARM_MMU_EL2_PAN] = { 2, .pan = true },
        [ARM_MMU_SECURE_EL0] = { 3, true },
    };
    Regime r = regimes[mmu_idx];

    r.secure = r.el == 3 ||
               (r.el == 1 && arm_is_secure_below_el3(env) && !arm_has_only_aarch32(env));
    r.stage2 = r.el == 1 && (hcr_of_el1(env) & (HCR_VM | HCR_DC)) && !arm_el0_is_hosted(env);
    return r;
}

/* Its registers and tables are AArch32's. */
static bool regime_is_aarch32(const CPUARMState *env, Regime r)
{
    return r.el == 1 ? arm_el1_is_aarch32(env) : arm_has_only_aarch32(env);
}

static bool has_single_range(const CPUARMState *env, Regime r)
{
    return r.el == 3 || (r.el == 2 && !(env->hcr & HCR_E2H));
}

/* TCR as EL1 has it. AArch32 (mmu-walk32.c) has no tags in addresses, which this is for there. */
static uint64_t regime_tcr(const CPUARMState *env, Regime r)
{
    if (regime_is_aarch32(env, r)) {
        return 0;
    }
    return has_single_range(env, r) ? arm_tcr_of_single_range(env->tcr_el[r.el])
                                    : env->tcr_el[r.el];
}

/* Stage 1 is on: not where EL2 has taken its place (D8.2.11). */
static bool stage1_is_on(const CPUARMState *env, Regime r)
{
    return (env->sctlr_el[r.el] & SCTLR_M) &&
           !(r.el == 1 && (hcr_of_el1(env) & (HCR_DC | HCR_TGE)));
}

/* ---- Tables in memory ---- */

/* An access that is being translated: whose tables, and what stage 2 had against reading them. */
typedef struct Access {
    CPUARMState *env;
    Regime regime;
    MMUAccessType kind;
    bool only_looks; /* for who debugs the guest, whose tables are left as they are */
    ARMFault fault;
} Access;

static MemTxAttrs table_attributes(bool secure)
{
    return secure ? (MemTxAttrs){ .secure = true } : MEMTXATTRS_UNSPECIFIED;
}

static uint64_t load_doubleword(CPUARMState *env, hwaddr addr, bool secure, bool big_endian,
                                MemTxResult *result)
{
    MemTxAttrs attrs = table_attributes(secure);
    AddressSpace *as = cpu_address_space(arm_env_cpu(env), attrs);

    return big_endian ? address_space_ldq_be(as, addr, attrs, result)
                      : address_space_ldq_le(as, addr, attrs, result);
}

static unsigned translate_stage2(Access *a, hwaddr ipa, MMUAccessType kind, ARMWalk *walk);

#define STAGE2_NORMAL 0xc /* MemAttr[3:2]: 0 for devices */
#define STAGE2_WRITE_BACK 0xf /* inner and outer: what may have tags */
#define MAIR_TAGGED 0xf0

/* Where an entry of stage 1 lies; EL2 may keep tables out of devices (HCR_EL2.PTW). */
static bool locate_entry(Access *a, MMUAccessType kind, hwaddr *addr)
{
    unsigned code;
    ARMWalk walk;

    if (!a->regime.stage2) {
        return true;
    }
    code = translate_stage2(a, *addr, kind, &walk);
    if (!code && (a->env->hcr & HCR_PTW) && !(walk.attributes & STAGE2_NORMAL)) {
        code = FSC_PERMISSION | walk.level;
    }
    if (code) {
        a->fault = (ARMFault){ .code = code, .stage2 = true, .on_walk = true, .ipa = *addr };
        return false;
    }
    *addr = walk.phys;
    return true;
}

static bool load_entry(void *opaque, hwaddr addr, bool secure, uint64_t *entry)
{
    Access *a = opaque;
    MemTxResult result;

    if (!locate_entry(a, MMU_DATA_LOAD, &addr)) {
        return false;
    }
    *entry = load_doubleword(a->env, addr, secure, a->env->sctlr_el[a->regime.el] & SCTLR_EE,
                             &result);
    return result == MEMTX_OK;
}

/* What hardware sets and clears lies in the lower word. */
static ARMExchange exchange_entry(void *opaque, hwaddr addr, bool secure, uint64_t old,
                                  uint64_t entry)
{
    Access *a = opaque;
    MemTxAttrs attrs = table_attributes(secure);
    bool big_endian = a->env->sctlr_el[a->regime.el] & SCTLR_EE;
    uint32_t was = big_endian ? old : bswap32(old), is = big_endian ? entry : bswap32(entry);

    if (a->only_looks) {
        return ARM_EXCHANGE_DONE;
    }
    if (!locate_entry(a, MMU_DATA_STORE, &addr)) {
        return ARM_EXCHANGE_FAILED;
    }
    return address_space_cmpxchgl_be(cpu_address_space(arm_env_cpu(a->env), attrs),
                                     addr + (big_endian ? 4 : 0), was, is, attrs) == was
               ? ARM_EXCHANGE_DONE : ARM_EXCHANGE_CHANGED;
}

/* Of stage 2's own tables: EL2's byte order. */
static bool load_stage2_entry(void *opaque, hwaddr addr, bool secure, uint64_t *entry)
{
    Access *a = opaque;
    MemTxResult result;

    *entry = load_doubleword(a->env, addr, false, a->env->sctlr_el[2] & SCTLR_EE, &result);
    return result == MEMTX_OK;
}

static bool load_word(void *opaque, hwaddr addr, uint32_t *entry)
{
    Access *a = opaque;
    MemTxAttrs attrs = table_attributes(a->regime.secure);
    AddressSpace *as = cpu_address_space(arm_env_cpu(a->env), attrs);
    MemTxResult result;

    if (!locate_entry(a, MMU_DATA_LOAD, &addr)) {
        return false;
    }
    *entry = a->env->sctlr_el[a->regime.el] & SCTLR_EE
                 ? address_space_ldl_be(as, addr, attrs, &result)
                 : address_space_ldl_le(as, addr, attrs, &result);
    return result == MEMTX_OK;
}

/* Parts without AArch64 have LPAE's. */
static unsigned physical_bits(const ARMIdRegs *id)
{
    static const uint8_t ranges[] = { 32, 36, 40, 42, 44, 48, 52, 48 };

    return !id->pfr0 ? 40 : ranges[id->mmfr0 & 7];
}

#define SHAREABLE_OUTER 2 /* as all device memory is */

/* Without translation: flat, as far as the part's addresses go (D8.2.11). */
static unsigned untranslated(CPUARMState *env, uint64_t addr, Regime r, ARMWalk *walk)
{
    uint64_t canonical = arm_untagged_address(regime_tcr(env, r), addr);

    *walk = (ARMWalk){ .phys = canonical, .size = TARGET_PAGE_SIZE, .global = true,
                       .secure = r.secure, .prot = PAGE_READ | PAGE_WRITE | PAGE_EXEC,
                       .shareability = SHAREABLE_OUTER };
    return canonical >> physical_bits(&env->id) ? FSC_ADDRESS_SIZE : 0;
}

static unsigned id_field(uint64_t reg, unsigned low)
{
    return reg >> low & 0xf;
}

static ARMWalkRegs walk_registers(const CPUARMState *env, Regime r)
{
    return (ARMWalkRegs){
        .tcr = regime_tcr(env, r),
        .ttbr = { env->ttbr0_el[r.el], env->ttbr1_el[r.el] },
        .sctlr = env->sctlr_el[r.el],
        .pa_bits = physical_bits(&env->id),
        .granule_16k = env->id.mmfr0 >> 20 & 0xf,
        .single = has_single_range(env, r),
        .secure = r.secure,
        .pan = r.pan,
        .hpds = id_field(env->id.mmfr1, 12),
        .e0pd = id_field(env->id.mmfr2, 60),
        .access_flag = id_field(env->id.mmfr1, 0) >= 1,
        .dirty_state = id_field(env->id.mmfr1, 0) >= 2,
        .small_tables = id_field(env->id.mmfr2, 28),
        .wide_64k = id_field(env->id.mmfr2, 16),
        .lpa2 = arm_has_lpa2(&env->id),
    };
}

static ARMWalk32Regs walk32_registers(const CPUARMState *env, Regime r)
{
    return (ARMWalk32Regs){
        .ttbr = { env->ttbr0_el[r.el], env->ttbr1_el[r.el] },
        .ttbcr = env->tcr_el[r.el] | (r.el == 2 ? TTBCR_EAE : 0),
        .sctlr = env->sctlr_el[r.el],
        .dacr = r.el == 3 ? env->dacr_s : env->dacr,
        .secure = r.secure,
        .hyp = r.el == 2,
    };
}

static unsigned translate_stage1(Access *a, uint64_t addr, ARMWalk *walk)
{
    CPUARMState *env = a->env;
    const ARMTableMemory memory = { load_entry, load_word, exchange_entry, a };
    const ARMWalkRegs regs = walk_registers(env, a->regime);

    if (!stage1_is_on(env, a->regime)) {
        return untranslated(env, addr, a->regime, walk);
    }
    if (regime_is_aarch32(env, a->regime)) {
        const ARMWalk32Regs regs32 = walk32_registers(env, a->regime);

        return arm_walk32(&regs32, &memory, addr, a->kind, a->regime.user, walk);
    }
    return arm_walk(&regs, &memory, addr, a->kind, a->regime.user, walk);
}

/* VTCR as VTCR_EL2 has it: the size is signed and counts from 32 bits, addresses have 40. Level 0
 * there is none; SL0 = 3 is reserved. */
static uint64_t vtcr_of_aarch32(uint64_t vtcr)
{
    enum { VTCR_T0SZ_BITS = 4, VTCR_SL0_SHIFT = 6, VTCR_40_BITS = 2 << 16 };
    unsigned sl0 = vtcr >> VTCR_SL0_SHIFT & 3;

    return (uint64_t)(32 + sextract32(vtcr, 0, VTCR_T0SZ_BITS)) |
           (sl0 > 1 ? 3 : sl0) << VTCR_SL0_SHIFT | VTCR_40_BITS;
}

/* There execution needs the right to read, too, and walks begin at level 1. */
static unsigned as_aarch32(unsigned code, MMUAccessType kind, ARMWalk *walk)
{
    walk->prot &= walk->prot & PAGE_READ ? ~0 : ~PAGE_EXEC;
    if (!code && kind == MMU_INST_FETCH && !(walk->prot & PAGE_EXEC)) {
        return FSC_PERMISSION | walk->level;
    }
    return code == FSC_TRANSLATION ? FSC_TRANSLATION | 1 : code;
}

static unsigned translate_stage2(Access *a, hwaddr ipa, MMUAccessType kind, ARMWalk *walk)
{
    CPUARMState *env = a->env;
    bool aarch32 = arm_has_only_aarch32(env);
    const ARMTableMemory memory = { load_stage2_entry, .opaque = a };
    const ARMStage2Regs regs = {
        .vtcr = aarch32 ? vtcr_of_aarch32(env->vtcr) : env->vtcr,
        .vttbr = env->vttbr,
        .pa_bits = physical_bits(&env->id),
        .granule_16k = env->id.mmfr0 >> 20 & 0xf,
        .fine_execution = env->id.mmfr1 >> 28 & 0xf,
    };
    unsigned code = arm_walk_stage2(&regs, &memory, ipa, kind, a->regime.user, walk);

    return aarch32 ? as_aarch32(code, kind, walk) : code;
}

/* As MAIR has them. Without stage 1: device memory, or what HCR_EL2.DC and DCT say. */
static uint64_t memory_attributes(const CPUARMState *env, const Access *a, const ARMWalk *walk)
{
    if (stage1_is_on(env, a->regime)) {
        return env->mair_el[a->regime.el] >> (8 * walk->attributes) & 0xff;
    }
    return a->regime.el != 1 || !(hcr_of_el1(env) & HCR_DC) ? 0
           : hcr_of_el1(env) & HCR_DCT                      ? MAIR_TAGGED
                                                         : 0xff;
}

/* Stage 1; a fault may be stage 2's, on the way to a table. */
static bool translate_first(Access *a, uint64_t addr, ARMWalk *walk)
{
    unsigned code;

    a->fault = (ARMFault){ 0 };
    walk->domain = 0;
    walk->guarded = false;
    code = translate_stage1(a, addr, walk);
    walk->tagged = !code && memory_attributes(a->env, a, walk) == MAIR_TAGGED;
    if (code && !a->fault.stage2) {
        a->fault = (ARMFault){ .code = code, .domain = walk->domain };
    }
    return !code;
}

/*
 * Both stages, as the regime has them: what stage 2 leaves of stage 1's rights, and a fault of either.
 * walk->size stays stage 1's: what is invalidated by address are its pages.
 */
static bool translate(Access *a, uint64_t addr, ARMWalk *walk)
{
    unsigned code;
    ARMWalk second;

    if (!translate_first(a, addr, walk) || !a->regime.stage2) {
        return !a->fault.code;
    }
    code = translate_stage2(a, walk->phys, a->kind, &second);
    if (code) {
        a->fault = (ARMFault){ .code = code, .stage2 = true, .ipa = walk->phys };
        return false;
    }
    walk->phys = second.phys;
    walk->prot &= second.prot;
    walk->tagged &= (second.attributes & 0xf) == STAGE2_WRITE_BACK;
    return true;
}

/* Not for an access, but to know where it would go. */
static bool translate_for(CPUARMState *env, uint64_t addr, MMUAccessType kind, int mmu_idx,
                          ARMWalk *walk)
{
    Access a = { .env = env, .regime = regime_of(env, mmu_idx), .kind = kind, .only_looks = true };

    return translate(&a, addr, walk);
}

G_NORETURN_ATTR static void raise_fault(CPUARMState *env, uint64_t addr, MMUAccessType access,
                                        ARMFault *fault, uintptr_t ra)
{
    fault->code |= env->cache_op_iss;
    env->cache_op_iss = 0;
    arm_raise_fault(env, addr, access, fault, ra);
}

/* A branch to a tagged address goes to the address: the pc never has a tag (D4.1,
 * AArch64.BranchAddr). */
static void drop_tag_of_pc(CPUState *cs, uint64_t addr, Regime r)
{
    CPUARMState *env = &((ARMCPU *)cs)->env;
    uint64_t untagged = arm_untagged_address(regime_tcr(env, r), addr);

    if (untagged != addr && env->pc == addr) {
        env->pc = untagged;
        cs->exception_index = EXCP_NONE;
        cpu_loop_exit(cs);
    }
}

/* `-d mmu`: what the MMU did, not each use of what it found. */
static void log_translation(CPUState *cs, uint64_t addr, MMUAccessType access, int mmu_idx,
                            const ARMFault *fault, const ARMWalk *walk)
{
    static const char *const kinds[] = { [MMU_DATA_LOAD] = "load",
                                         [MMU_DATA_STORE] = "store",
                                         [MMU_INST_FETCH] = "fetch" };
    static const char *const modes[] = { [ARM_MMU_EL0] = "EL0",
                                         [ARM_MMU_EL1] = "EL1",
                                         [ARM_MMU_OFF] = "untranslated",
                                         [ARM_MMU_GUEST_EL0] = "guest's EL0",
                                         [ARM_MMU_GUEST_EL1] = "guest's EL1",
                                         [ARM_MMU_HOST_EL0] = "host's EL0",
                                         [ARM_MMU_EL2] = "EL2",
                                         [ARM_MMU_EL3] = "EL3",
                                         [ARM_MMU_EL1_PAN] = "EL1 with PAN",
                                         [ARM_MMU_GUEST_EL1_PAN] = "guest's EL1 with PAN",
                                         [ARM_MMU_EL2_PAN] = "EL2 with PAN",
                                         [ARM_MMU_SECURE_EL0] = "secure EL0" };

    if (fault->code) {
        qemu_log_mask_and_addr(CPU_LOG_MMU, addr,
                               "mmu: cpu%d %s %016" PRIx64 " %s: fault status %#x%s\n",
                               cs->cpu_index, kinds[access], addr, modes[mmu_idx], fault->code,
                               fault->stage2 ? " of stage 2" : "");
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
 * blocks are many, and what it invalidates are mostly pages elsewhere. Some map memory by blocks
 * for a moment (Xen does, thousands of times for each guest), so that no more may go than one.
 */
#define FILTERED_SHIFT 21

static unsigned filter_bit(uint64_t addr)
{
    return (addr >> FILTERED_SHIFT) * 0x9e3779b97f4a7c15ull >> (64 - ARM_BLOCK_FILTER_BITS);
}

static bool is_in_filter(const uint64_t *filter, uint64_t addr)
{
    unsigned bit = filter_bit(addr);

    return filter[bit / 64] >> bit % 64 & 1;
}

static ARMRecentBlock *recent_block(ARMBlocks *b, uint64_t addr)
{
    return &b->recent[filter_bit(addr) % ARM_RECENT_BLOCKS];
}

/* Where the place belongs to another block, nobody knows what else of this one there is. */
static void note_recent_page(ARMBlocks *b, uint64_t addr)
{
    ARMRecentBlock *recent = recent_block(b, addr);
    uint16_t page = addr % (1ull << FILTERED_SHIFT) >> TARGET_PAGE_BITS;
    unsigned i = 0;

    if (recent->start != (addr & -(1ull << FILTERED_SHIFT)) || !is_in_filter(b->filter, addr)) {
        recent->start = addr & -(1ull << FILTERED_SHIFT);
        recent->nb_pages = is_in_filter(b->filter, addr) ? ARM_MAX_RECENT_PAGES + 1 : 0;
    }
    while (i < MIN(recent->nb_pages, ARM_MAX_RECENT_PAGES) && recent->page[i] != page) {
        i++;
    }
    if (i == ARM_MAX_RECENT_PAGES) {
        recent->nb_pages = ARM_MAX_RECENT_PAGES + 1;
    } else if (i == recent->nb_pages) {
        recent->page[recent->nb_pages++] = page;
    }
}

static void note_block(ARMBlocks *b, uint64_t addr, uint64_t size, MMUAccessType access,
                       bool tagged)
{
    unsigned bit = filter_bit(addr);

    b->used = true;
    b->tagged |= tagged;
    if (size <= 1ull << FILTERED_SHIFT) {
        note_recent_page(b, addr);
        b->filter[bit / 64] |= 1ull << bit % 64;
        b->code_filter[bit / 64] |= (uint64_t)(access == MMU_INST_FETCH) << bit % 64;
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

/* May the address be in a block that no filter describes? */
static bool may_be_in_large_block(const ARMBlocks *b, uint64_t addr)
{
    if (b->tagged || b->nb_large > ARM_MAX_LARGE_BLOCKS) {
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

/* From now on branches note where they come from. What is running doesn't, until the next look-up. */
static void note_guarded_page(CPUState *cs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;

    if (!env->guarded_pages && arm_has_bti(&env->id)) {
        env->guarded_pages = true;
        arm_update_hflags(env);
        qemu_cpu_kick(cs);
    }
}

/*
 * A page has an entry of the TLB for each tag that it is accessed by, in the same place. Who uses many has
 * addresses stripped of them (translate-mte.c) from then on.
 */
static void note_tagged_fill(CPUState *cs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    uint32_t *fills = &env->tagged_fills[arm_current_el(env) > 0];

    if (*fills < ARM_MANY_TAGGED_FILLS && ++*fills == ARM_MANY_TAGGED_FILLS) {
        arm_update_hflags(env);
        qemu_cpu_kick(cs);
    }
}

ARMHalf arm_pointer_half(CPUARMState *env, bool *upper, uint64_t *tcr)
{
    const ARMWalkRegs regs = walk_registers(env, regime_of(env, arm_mmu_index(env->hflags)));

    *upper &= !regs.single;
    *tcr = regs.tcr;
    return arm_walk_half(&regs, *upper);
}

bool arm_page_is_guarded(CPUARMState *env, uint64_t addr)
{
    Access a = { .env = env, .regime = regime_of(env, arm_mmu_index(env->hflags)),
                 .kind = MMU_INST_FETCH };
    ARMWalk walk = { .guarded = false };

    return translate(&a, addr, &walk) && walk.guarded;
}

/*
 * Cleaning and invalidating by address above EL0 needs a translation, but no rights: neither
 * permissions nor domains are looked at (DC CVAU: only "when executed at EL0" is the right to read
 * required; DCCMVAU does the same). Kernels that lock themselves out of the user's pages clean those
 * so. What throws data away has to be able to write.
 */
static bool needs_no_rights(const Access *a)
{
    unsigned kind = a->fault.code & ~3u;

    return a->env->cache_op_iss && a->kind == MMU_DATA_LOAD && !a->regime.user && !a->fault.stage2 &&
           (kind == FSC_PERMISSION || kind == FSC_DOMAIN);
}

bool arm_tlb_fill(CPUState *cs, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                  uintptr_t ra)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    Access a = { .env = env, .regime = regime_of(env, mmu_idx), .kind = access };
    bool found;
    ARMWalk walk;

    if (access == MMU_INST_FETCH && !probe) {
        drop_tag_of_pc(cs, addr, a.regime);
    }
    found = translate(&a, addr, &walk);
    if (unlikely(qemu_loglevel_mask(CPU_LOG_MMU)) && !probe) {
        log_translation(cs, addr, access, mmu_idx, &a.fault, &walk);
    }
    if (found && access == MMU_INST_FETCH && a.regime.secure && !walk.secure &&
        (env->scr & SCR_SIF)) {
        a.fault.code = FSC_PERMISSION | walk.level; /* secure state executes nothing else */
        found = false;
    }
    if (!found) {
        if (needs_no_rights(&a)) {
            return true; /* without an entry: helper_arm_cache_by_address() accesses nothing */
        }
        if (!probe) {
            raise_fault(env, addr, access, &a.fault, ra);
        }
        return false;
    }
    if (walk.size > TARGET_PAGE_SIZE) {
        uint64_t untagged = arm_untagged_address(regime_tcr(env, a.regime), addr);

        note_block(&env->blocks, untagged, walk.size, access, untagged != addr);
    }
    if (access != MMU_INST_FETCH && !arm_in_aarch32(env) &&
        arm_untagged_address(regime_tcr(env, a.regime), addr) != addr) {
        note_tagged_fill(cs);
    }
    if (access == MMU_INST_FETCH && walk.guarded && !probe) {
        note_guarded_page(cs);
    }
    walk.global &= mmu_idx == ARM_MMU_EL0 || mmu_idx == ARM_MMU_EL1 || mmu_idx == ARM_MMU_OFF ||
                   mmu_idx == ARM_MMU_EL1_PAN;
    env->global_domains |= walk.global ? 1u << walk.domain : 0;
    tlb_set_page_full(cs, mmu_idx, addr,
                      &(TLBPage){ .phys = walk.phys, .size = TARGET_PAGE_SIZE,
                                  .attrs = table_attributes(walk.secure), .prot = walk.prot,
                                  .global = walk.global,
                                  .extra = walk.tagged && arm_has_tags(&env->id)
                                               ? arm_tag_page(env, walk.phys, walk.secure)
                                               : NULL });
    return true;
}

/*
 * The ASID says which entries match, and the tables where they come from: who changes a table
 * without changing the ASID has to invalidate, so that it does no harm to tell those apart, too. With
 * higher levels, it says also which regimes there are, and which guest's stage 2.
 */
#define HCR_OF_CONTEXT (HCR_VM | HCR_DC | HCR_DCT | HCR_HOST | HCR_PTW | HCR_RW)

size_t arm_mmu_context_key(CPUState *cs, int mmu_idx, uint8_t *key)
{
    CPUARMState *env = &((ARMCPU *)cs)->env;
    /* AArch32 has the ASID in CONTEXTIDR, too, and rights in DACR; each twice where EL3 uses it. */
    bool aarch32 = arm_el1_is_aarch32(env);
    bool secure = arm_has_only_aarch32(env) &&
                  (mmu_idx == ARM_MMU_EL3 || mmu_idx == ARM_MMU_SECURE_EL0);
    unsigned el = secure ? 3 : 1;
    const uint64_t registers[] = { env->ttbr0_el[el], env->ttbr1_el[el],
                                   !aarch32  ? 0
                                   : el == 3 ? env->contextidr_s
                                             : env->contextidr,
                                   env->tcr_el[el] & TTBCR_EAE ? 0
                                   : el == 3                   ? env->dacr_s
                                                               : env->dacr };
    const uint64_t above[] = { env->ttbr0_el[2], env->ttbr1_el[2], env->ttbr0_el[3], env->vttbr,
                               env->vtcr, env->hcr & HCR_OF_CONTEXT,
                               env->scr & (SCR_NS | SCR_RW) };

    if (mmu_idx == ARM_MMU_OFF) {
        return 0;
    }
    memcpy(key, registers, sizeof(registers));
    if (!env->has_el2 && !env->has_el3) {
        return sizeof(registers);
    }
    QEMU_BUILD_BUG_ON(sizeof(registers) + sizeof(above) > MMU_CONTEXT_KEY_MAX);
    memcpy(key + sizeof(registers), above, sizeof(above));
    return sizeof(registers) + sizeof(above);
}

static void flush_data_block(CPUARMState *env, uint64_t addr)
{
    ARMRecentBlock *recent = recent_block(&env->blocks, addr);
    uint64_t start = addr & -(1ull << FILTERED_SHIFT);

    tlb_flush_page(arm_env_cpu(env), addr); /* which needn't be of a block, and may be code */
    if (recent->start == start && recent->nb_pages <= ARM_MAX_RECENT_PAGES) {
        for (unsigned i = 0; i < recent->nb_pages; i++) {
            tlb_flush_page(arm_env_cpu(env), start + (recent->page[i] << TARGET_PAGE_BITS));
        }
    } else {
        tlb_flush_data_block(arm_env_cpu(env), addr, FILTERED_SHIFT);
    }
    *recent = (ARMRecentBlock){ .start = start };
}

/* The operand of TLBI by address has VA[55:12] in its low bits. */
void arm_tlb_flush_address(CPUARMState *env, uint64_t operand)
{
    uint64_t addr = (int64_t)(operand << 20) >> 8;

    if (!env->blocks.used) {
        tlb_flush_page(arm_env_cpu(env), addr);
    } else if (may_be_in_large_block(&env->blocks, addr) ||
               is_in_filter(env->blocks.code_filter, addr)) {
        arm_tlb_flush(env);
    } else if (is_in_filter(env->blocks.filter, addr)) {
        flush_data_block(env, addr);
    } else {
        tlb_flush_page(arm_env_cpu(env), addr);
    }
}

hwaddr arm_get_phys_page_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    ARMWalk walk;

    if (!translate_for(env, addr, MMU_DATA_LOAD, arm_mmu_index(env->hflags), &walk) &&
        !translate_for(env, addr, MMU_INST_FETCH, arm_mmu_index(env->hflags), &walk)) {
        return HWADDR_MAX;
    }
    *attrs = walk.secure ? table_attributes(true) : *attrs;
    return walk.phys & TARGET_PAGE_MASK;
}

bool arm_look_at_instruction(CPUARMState *env, uint32_t *insn)
{
    MemTxResult result;
    ARMWalk walk;

    if (!translate_for(env, env->pc, MMU_INST_FETCH, arm_mmu_index(env->hflags), &walk)) {
        return false;
    }
    *insn = address_space_ldl_le(
        cpu_address_space(arm_env_cpu(env), table_attributes(walk.secure)), walk.phys,
        (MemTxAttrs){ .secure = walk.secure, .memory = true }, &result);
    return result == MEMTX_OK;
}

enum { PAR_F = 1, PAR_PTW = 1 << 8, PAR_S = 1 << 9, PAR_NS = 1 << 9, PAR_RES1 = 1 << 11 };

/* AArch64 has one, AArch32 two; Hyp mode, and who looks at both stages of a guest, has that of long
 * descriptors (G5.12.3). */
static bool par_is_long(const CPUARMState *env, Regime r, bool both_stages)
{
    return !arm_in_aarch32(env) || r.el == 2 || (env->tcr_el[r.el] & TTBCR_EAE) ||
           (both_stages ? r.stage2 : arm_current_el(env) == 2);
}

void arm_address_translate(CPUARMState *env, uint64_t addr, MMUAccessType access, int mmu_idx,
                           bool both_stages)
{
    Access a = { .env = env, .regime = regime_of(env, mmu_idx), .kind = access };
    uint64_t *par = arm_has_secure_bank(env) ? &env->par_s : &env->par;
    ARMWalk walk;
    bool found = both_stages ? translate(&a, addr, &walk) : translate_first(&a, addr, &walk);

    if (!found && a.fault.stage2 && arm_current_el(env) == 1) {
        a.fault.code |= ESR_CM | ESR_WNR; /* EL1 doesn't learn of it */
        raise_fault(env, addr, access, &a.fault, env->access_ra);
    }
    if (!par_is_long(env, a.regime, both_stages)) {
        *par = found ? (walk.phys & 0xfffff000u) | (walk.secure ? 0 : PAR_NS)
                     : PAR_F | (arm_fault_status(env, a.fault.code, false) & 0xf) << 1;
        return;
    }
    if (!found) {
        *par = PAR_RES1 | a.fault.code << 1 | PAR_F | (a.fault.stage2 ? PAR_S : 0) |
               (a.fault.on_walk ? PAR_PTW : 0);
        return;
    }
    *par = (walk.phys & 0x000ffffffffff000ull) | PAR_RES1 | (walk.secure ? 0 : PAR_NS) |
               walk.shareability << 7 | memory_attributes(env, &a, &walk) << 56;
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

/* EL1's stage 1 alone, through which tables are found as the CPU finds them. */
static unsigned stage1_only(CPUARMState *env, uint64_t addr, bool user, ARMWalk *walk)
{
    bool secure = arm_has_secure_bank(env);
    int mode = user     ? (secure ? ARM_MMU_SECURE_EL0 : ARM_MMU_EL0)
               : secure ? ARM_MMU_EL3
                        : ARM_MMU_EL1;
    Access a = { .env = env, .regime = regime_of(env, mode), .kind = MMU_DATA_LOAD,
                 .only_looks = true };

    return translate_stage1(&a, addr, walk);
}

/* Of the entry that isn't there. */
static int level_of_fault(unsigned code)
{
    return code == FSC_TRANSLATION_TOP || code == FSC_ADDRESS_SIZE_TOP ||
                   code == FSC_EXTERNAL_ON_WALK_TOP
               ? -1 : (int)(code & 3);
}

/* What is mapped from `from` on, page by page and block by block; what isn't is skipped by the size
 * of the table entry that says so. */
static void print_half(CPUARMState *env, FILE *f, bool upper)
{
    const ARMWalkRegs regs = walk_registers(env, (Regime){ .el = 1 });
    const ARMHalf half = arm_walk_half(&regs, upper);
    unsigned granule = half.granule;
    uint64_t from = upper ? -(1ull << half.input) : 0, last = from + (1ull << half.input) - 1;

    for (uint64_t at = from, step; at <= last; at += step) {
        ARMWalk walk, user;
        unsigned fault = stage1_only(env, at, false, &walk);
        bool unmapped = fault && (fault & ~3u) != FSC_PERMISSION;

        step = unmapped ? 1ull << (granule + (3 - level_of_fault(fault)) * (granule - 3)) : walk.size;
        if (!unmapped) {
            user.prot = 0;
            stage1_only(env, at, true, &user);
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
    bool is_long = env->tcr_el[arm_has_secure_bank(env) ? 3 : 1] & TTBCR_EAE;

    for (uint64_t at = 0, step; at < 4 * GiB; at = ROUND_DOWN(at, step) + step) {
        ARMWalk walk, user;
        unsigned fault = stage1_only(env, at, false, &walk), kind = fault & ~3u;

        if (fault && kind != FSC_PERMISSION) {
            step = walk.level == 3   ? 4 * KiB
                   : walk.level == 2 ? (is_long ? 2 * MiB : 4 * KiB)
                                     : (is_long ? 1 * GiB : 1 * MiB);
            continue;
        }
        step = walk.size;
        user.prot = 0;
        stage1_only(env, at, true, &user);
        print_range(f, at, step, &walk, user.prot);
    }
}

void arm_dump_mmu(CPUState *cs, FILE *f)
{
    CPUARMState *env = &ARM_CPU(cs)->env;

    if (!(env->sctlr_el[arm_has_secure_bank(env) ? 3 : 1] & SCTLR_M)) {
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
