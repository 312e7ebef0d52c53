/*
 * Memory tagging: allocation tags, checks of addresses' tags, and what a failed check comes to.
 *
 * The guest TLB knows where a tagged page's tags are (TLBPage.extra), so a check that passes is a
 * look at the TLB and a comparison.
 *
 * Checked accesses go on without the tag of their address, so that a page has one entry in the TLB
 * whatever the tags in it are. env->checked_address remembers what FAR has to say.
 *
 * Reference: DDI 0487, D10 (the Memory Tagging Extension), C6.2 (instructions), D19.2 (GCR_EL1,
 * RGSR_EL1, SCTLR_EL1, TFSR_EL1), J1.1 (aarch64/functions/mte…).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/random.h>
#include "qemu/atomic.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "system/memory.h"
#include "system/ramblock.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mte.h"

/* ---- What is on ---- */

/* AllocationTagAccessIsEnabled() */
static bool tags_are_accessible(const CPUARMState *env, unsigned el, uint64_t sctlr)
{
    if (el < 3 && env->has_el3 && !(env->scr & SCR_ATA)) {
        return false;
    }
    if (el < 2 && arm_el2_enabled(env) && !arm_el0_is_hosted(env) && !(env->hcr & HCR_ATA)) {
        return false;
    }
    return sctlr & (el ? SCTLR_ATA : SCTLR_ATA0);
}

static unsigned fault_mode(uint64_t sctlr, bool user)
{
    return sctlr >> (user ? SCTLR_TCF0_SHIFT : SCTLR_TCF_SHIFT) & 3;
}

enum { TCR_TBI0 = 37, TCR_TCMA0 = 57 };

uint64_t arm_tag_flags(const CPUARMState *env, unsigned el, uint64_t sctlr)
{
    unsigned regime = arm_regime_el(env);
    bool single = regime == 3 || (regime == 2 && !(env->hcr & HCR_E2H));
    uint64_t tcr = single ? arm_tcr_of_single_range(env->tcr_el[regime]) : env->tcr_el[regime];
    uint64_t tbi = tcr >> TCR_TBI0 & 3, flags = 0;
    bool user = arm_has_tags(&env->id) && tags_are_accessible(env, 0, sctlr);
    bool own = arm_has_tags(&env->id) && tags_are_accessible(env, el, sctlr);
    bool checks = tbi && !(env->pstate & PSTATE_TCO);
    bool strips = tbi && env->tagged_fills[el > 0] >= ARM_MANY_TAGGED_FILLS;

    if (!own && !user && !strips) {
        return 0;
    }
    flags |= strips ? ARM_HF_STRIP_TAGS : 0;
    flags |= own ? ARM_HF_TAGS : 0;
    flags |= own && checks && fault_mode(sctlr, el == 0) ? ARM_HF_TAG_CHECK : 0;
    flags |= user && checks && fault_mode(sctlr, true) ? ARM_HF_TAG_CHECK_USER : 0;
    return flags | tbi << ARM_HF_TBI_SHIFT | (tcr >> TCR_TCMA0 & 3) << ARM_HF_TCMA_SHIFT;
}

static uint64_t without_tag(uint64_t addr)
{
    return sextract64(addr, 0, 56);
}

static unsigned logical_tag(uint64_t addr)
{
    return extract64(addr, 56, 4);
}

uint64_t arm_address_as_accessed(const CPUARMState *env, uint64_t addr)
{
    uint64_t clean = without_tag(env->checked_address);

    return (env->hflags & ARM_HF_TBI) && addr - clean <= ARM_TAG_BYTES
               ? addr + (env->checked_address - clean)
               : addr;
}

/* ---- Tags in memory ---- */

uint8_t *arm_tag_page(CPUARMState *env, hwaddr phys, bool secure)
{
    const ARMCPU *cpu = arm_env_archcpu(env);
    AddressSpace *as = secure && cpu->secure_tag_space ? cpu->secure_tag_space : cpu->tag_space;
    hwaddr at = (phys & TARGET_PAGE_MASK) >> ARM_TAG_BYTE_SHIFT;
    MemoryRegionSection section;

    if (!as) {
        return NULL;
    }
    section = address_space_lookup(as, at);
    if (!section.mr || !memory_region_is_ram(section.mr)) {
        return NULL;
    }
    return (uint8_t *)memory_region_get_ram_ptr(section.mr) + section.offset_within_region +
           (at - section.offset_within_address_space);
}

/* For who copies memory while the guest runs. The block is mostly that of last time. */
static void mark_changed(CPUARMState *env, const uint8_t *tags, unsigned length)
{
    RAMBlock **block = &arm_env_archcpu(env)->tag_block;
    ram_addr_t offset;

    if (!*block || (uintptr_t)tags - (uintptr_t)(*block)->host >= (*block)->max_length) {
        *block = qemu_ram_block_from_host(tags, false, &offset);
    }
    ram_block_mark_dirty(*block, tags - (*block)->host, length);
}

static unsigned get_tag(const uint8_t *tags, uint64_t addr)
{
    return qatomic_read(tags) >> (addr & ARM_TAG_GRANULE ? 4 : 0) & 0xf;
}

/* The other granule's tag may be another CPU's to change. */
static void put_tag(CPUARMState *env, uint8_t *tags, uint64_t addr, unsigned tag)
{
    unsigned shift = addr & ARM_TAG_GRANULE ? 4 : 0;
    uint8_t old = qatomic_read(tags), found;

    while ((found = qatomic_cmpxchg(tags, old, (old & ~(0xf << shift)) | tag << shift)) != old) {
        old = found;
    }
    mark_changed(env, tags, 1);
}

/* An access of tags on behalf of an instruction. */
typedef struct TagAccess {
    CPUARMState *env;
    MMUAccessType kind;
    int mmu_idx;
    uintptr_t ra;
} TagAccess;

/* The byte with the tag of what is at the address, which has no tag itself; NULL: there is none.
 * Raises if the access isn't possible. */
static uint8_t *find_tags(const TagAccess *a, uint64_t clean)
{
    uint8_t *page = tlb_page_extra(a->env, clean, 1, a->kind, a->mmu_idx, a->ra);

    return page ? page + ((clean & ~TARGET_PAGE_MASK) >> ARM_TAG_BYTE_SHIFT) : NULL;
}

/* ---- Checks ---- */

static bool is_user_mode(int mmu_idx)
{
    return mmu_idx == ARM_MMU_EL0 || mmu_idx == ARM_MMU_GUEST_EL0 || mmu_idx == ARM_MMU_HOST_EL0;
}

enum { TCF_SYNCHRONOUS = 1, TCF_ASYNCHRONOUS, TCF_BY_KIND };

/* EffectiveTCF(): with FEAT_MTE3 loads may raise, and stores only be noted. */
static bool fails_synchronously(const TagAccess *a)
{
    unsigned mode = fault_mode(a->env->sctlr_el[arm_regime_el(a->env)], is_user_mode(a->mmu_idx));

    return mode == TCF_SYNCHRONOUS || (mode == TCF_BY_KIND && a->kind == MMU_DATA_LOAD);
}

static void note_failure(const TagAccess *a, uint64_t addr)
{
    CPUARMState *env = a->env;

    env->tfsr_el[is_user_mode(a->mmu_idx) ? 0 : arm_current_el(env)] |= 1u << (addr >> 55 & 1);
}

static QEMU_COLD void check_failed(const TagAccess *a, uint64_t addr)
{
    if (fails_synchronously(a)) {
        arm_raise_abort(a->env, addr, a->kind, FSC_TAG_CHECK, 0, a->ra);
    }
    note_failure(a, addr);
}

/* The first address of [clean, clean + bytes), all in one page, whose granule has another tag; or
 * the end. */
static uint64_t first_mismatch(const uint8_t *page, uint64_t clean, unsigned bytes, unsigned tag)
{
    uint64_t end = clean + bytes;

    for (uint64_t at = clean; page && at < end;
         at = ROUND_DOWN(at, ARM_TAG_GRANULE) + ARM_TAG_GRANULE) {
        if (get_tag(page + ((at & ~TARGET_PAGE_MASK) >> ARM_TAG_BYTE_SHIFT), at) != tag) {
            return at;
        }
    }
    return end;
}

/* Over the end of a page: both have to be there before tags matter. */
static uint64_t first_mismatch_across(const TagAccess *a, uint64_t clean, unsigned bytes,
                                      unsigned tag)
{
    uint64_t second = ROUND_UP(clean + 1, TARGET_PAGE_SIZE), at;
    uint8_t *page = tlb_page_extra(a->env, clean, 1, a->kind, a->mmu_idx, a->ra);
    uint8_t *next = tlb_page_extra(a->env, second, 1, a->kind, a->mmu_idx, a->ra);

    at = first_mismatch(page, clean, second - clean, tag);
    return at < second ? at : first_mismatch(next, second, clean + bytes - second, tag);
}

static bool is_unchecked(uint64_t addr, uint32_t desc)
{
    bool upper = addr >> 55 & 1;

    return (desc >> (ARM_TAG_TCMA_SHIFT + upper) & 1) && logical_tag(addr) == (upper ? 0xf : 0);
}

static bool has_tag(uint64_t addr, uint32_t desc)
{
    return desc >> (ARM_TAG_TBI_SHIFT + (addr >> 55 & 1)) & 1;
}

static TagAccess access_of(CPUARMState *env, uint32_t desc, uintptr_t ra)
{
    return (TagAccess){ env, desc & ARM_TAG_STORE ? MMU_DATA_STORE : MMU_DATA_LOAD,
                        desc & ARM_TAG_MODE, ra };
}

uint64_t arm_check_tag(CPUARMState *env, uint64_t addr, uint32_t desc, uintptr_t ra)
{
    const TagAccess a = access_of(env, desc, ra);
    unsigned bytes = (desc >> ARM_TAG_BYTES_SHIFT & ARM_TAG_BYTES) + 1;
    unsigned align = 1u << (desc >> ARM_TAG_ALIGN_SHIFT & 7);
    uint64_t clean = without_tag(addr), at;
    uint8_t *page;

    if (unlikely(!has_tag(addr, desc))) {
        return addr;
    }
    env->checked_address = addr;
    if (is_unchecked(addr, desc)) {
        return clean;
    }
    if (unlikely(clean & (align - 1)) &&
        !arm_tolerates_unaligned(arm_env_cpu(env), clean, align)) {
        arm_do_unaligned_access(arm_env_cpu(env), addr, a.kind, a.mmu_idx, ra);
    }
    if (likely((clean & ~TARGET_PAGE_MASK) + bytes <= TARGET_PAGE_SIZE)) {
        page = tlb_page_extra(env, clean, bytes, a.kind, a.mmu_idx, ra);
        at = first_mismatch(page, clean, bytes, logical_tag(addr));
    } else {
        at = first_mismatch_across(&a, clean, bytes, logical_tag(addr));
    }
    if (unlikely(at != clean + bytes)) {
        check_failed(&a, addr + (at - clean));
    }
    return clean;
}

bool arm_check_tag_quietly(CPUARMState *env, uint64_t *addr, uint32_t desc)
{
    const TagAccess a = access_of(env, desc, 0);
    unsigned bytes = (desc >> ARM_TAG_BYTES_SHIFT & ARM_TAG_BYTES) + 1;
    uint64_t tagged = *addr, clean = without_tag(tagged), end = clean + bytes, at, stop;
    bool unchecked = is_unchecked(tagged, desc);

    if (!has_tag(tagged, desc)) {
        return true;
    }
    *addr = clean;
    for (at = clean; !unchecked && at < end; at = stop) {
        stop = MIN(end, ROUND_UP(at + 1, TARGET_PAGE_SIZE));
        if (!tlb_probe(arm_env_cpu(env), at, 1, a.kind, a.mmu_idx)) {
            return true; /* the access itself says so */
        }
        if (first_mismatch(tlb_page_extra(env, at, 1, a.kind, a.mmu_idx, 0), at, stop - at,
                           logical_tag(tagged)) == stop) {
            continue;
        }
        if (fails_synchronously(&a)) {
            return false;
        }
        note_failure(&a, tagged);
    }
    return true;
}

uint64_t helper_arm_check_tag(CPUARMState *env, uint64_t addr, uint32_t desc)
{
    return arm_check_tag(env, addr, desc, GETPC());
}

/* ---- Choosing tags ---- */

enum { GCR_EXCLUDE = 0xffff, GCR_RRND = 1 << 16, RGSR_SEED_SHIFT = 8 };

/* ChooseNonExcludedTag(): so many steps among those that may be; the first one may be excluded
 * then. */
static unsigned choose_tag(unsigned tag, unsigned steps, uint32_t exclude)
{
    if ((exclude & GCR_EXCLUDE) == GCR_EXCLUDE) {
        return 0;
    }
    while (!steps && (exclude >> tag & 1)) {
        tag = (tag + 1) % 16;
    }
    for (; steps; steps--) {
        do {
            tag = (tag + 1) % 16;
        } while (exclude >> tag & 1);
    }
    return tag;
}

/* RandomTag(): four bits of a shift register. */
static unsigned random_tag(CPUARMState *env)
{
    uint32_t seed = env->rgsr >> RGSR_SEED_SHIFT & 0xffff;
    unsigned tag = 0;

    for (unsigned i = 0; i < 4; i++) {
        unsigned bit = (seed >> 5 ^ seed >> 3 ^ seed >> 2 ^ seed) & 1;

        seed = seed >> 1 | bit << 15;
        tag |= bit << i;
    }
    env->rgsr = deposit64(env->rgsr, RGSR_SEED_SHIFT, 16, seed);
    return tag;
}

/* With RRND the numbers are ours to choose: the same ones, once they have a seed that isn't zero.
 */
static void seed_if_ours(CPUARMState *env)
{
    uint16_t seed;

    if ((env->gcr & GCR_RRND) && !(env->rgsr >> RGSR_SEED_SHIFT & 0xffff)) {
        if (getentropy(&seed, sizeof(seed)) || !seed) {
            seed = 1;
        }
        env->rgsr = deposit64(env->rgsr, RGSR_SEED_SHIFT, 16, seed);
    }
}

uint64_t helper_arm_irg(CPUARMState *env, uint64_t addr, uint64_t exclude)
{
    unsigned start = env->rgsr & 0xf, tag;

    seed_if_ours(env);
    tag = choose_tag(start, random_tag(env), exclude | env->gcr);
    env->rgsr = deposit64(env->rgsr, 0, 4, tag);
    return deposit64(addr, 56, 4, tag);
}

uint64_t helper_arm_add_tag(CPUARMState *env, uint64_t addr, uint32_t start_and_steps)
{
    return deposit64(addr, 56, 4,
                     choose_tag(start_and_steps >> 4, start_and_steps & 0xf, env->gcr));
}

/* ---- Loads and stores of tags ---- */

/*
 * The address as memory knows it, with the other one remembered for faults of this instruction:
 * whoever calls that forgets it once nothing can fault.
 */
static uint64_t address_of(CPUARMState *env, uint64_t addr)
{
    if (!(env->hflags >> (ARM_HF_TBI_SHIFT + (addr >> 55 & 1)) & 1)) {
        return addr;
    }
    env->checked_address = addr;
    return without_tag(addr);
}

static void forget_address(CPUARMState *env)
{
    env->checked_address = 0;
}

static bool are_accessible(const CPUARMState *env)
{
    return env->hflags & ARM_HF_TAGS;
}

uint64_t helper_arm_ldg(CPUARMState *env, uint64_t addr, uint32_t mmu_idx)
{
    const TagAccess a = { env, MMU_DATA_LOAD, mmu_idx, GETPC() };
    uint64_t clean = address_of(env, addr);
    const uint8_t *tags = find_tags(&a, clean);

    forget_address(env);
    return tags && are_accessible(env) ? get_tag(tags, clean) : 0;
}

void helper_arm_stg(CPUARMState *env, uint64_t addr, uint64_t tag, uint32_t desc)
{
    const TagAccess a = { env, MMU_DATA_STORE, desc & ARM_TAG_MODE, GETPC() };
    unsigned count = desc & ARM_STG_TWO ? 2 : 1;
    uint64_t clean = address_of(env, addr);
    uint8_t *tags[2];

    if (addr & (ARM_TAG_GRANULE - 1)) {
        arm_do_unaligned_access(arm_env_cpu(env), addr, MMU_DATA_STORE, a.mmu_idx, a.ra);
    }
    for (unsigned i = 0; i < count; i++) {
        tags[i] = find_tags(&a, clean + i * ARM_TAG_GRANULE);
    }
    for (unsigned i = 0; i < count; i++) {
        uint64_t at = clean + i * ARM_TAG_GRANULE;

        if (desc & ARM_STG_ZERO) {
            arm_zero(env, at, ARM_TAG_GRANULE, a.mmu_idx, a.ra);
        }
        if (tags[i] && are_accessible(env)) {
            put_tag(env, tags[i], at, logical_tag(tag));
        }
    }
    forget_address(env);
}

/* A block that is as many tags as a register has room for. */
static uint64_t tag_block(uint64_t clean)
{
    return ROUND_DOWN(clean, 1ull << ARM_TAG_BLOCK_SHIFT);
}

uint64_t helper_arm_ldgm(CPUARMState *env, uint64_t addr, uint32_t mmu_idx)
{
    const TagAccess a = { env, MMU_DATA_LOAD, mmu_idx, GETPC() };
    const uint8_t *tags = find_tags(&a, tag_block(address_of(env, addr)));

    forget_address(env);
    return tags && are_accessible(env) ? ldq_le_p(tags) : 0;
}

void helper_arm_stgm(CPUARMState *env, uint64_t addr, uint64_t value, uint32_t mmu_idx)
{
    const TagAccess a = { env, MMU_DATA_STORE, mmu_idx, GETPC() };
    uint8_t *tags = find_tags(&a, tag_block(address_of(env, addr)));

    forget_address(env);
    if (tags && are_accessible(env)) {
        stq_le_p(tags, value);
        mark_changed(env, tags, 8);
    }
}

/* All of DC ZVA's block: STZGM, DC GVA, DC GZVA. */
void helper_arm_tag_block(CPUARMState *env, uint64_t addr, uint32_t tag, uint32_t desc)
{
    const TagAccess a = { env, MMU_DATA_STORE, desc & ARM_TAG_MODE, GETPC() };
    unsigned size = 4u << (env->id.dczid & 15);
    uint64_t clean = address_of(env, addr), start = ROUND_DOWN(clean, size);
    uint8_t *tags;

    find_tags(&a, clean); /* FAR is the address that the instruction had */
    tags = find_tags(&a, start);
    if (desc & ARM_STG_ZERO) {
        arm_zero(env, start, size, a.mmu_idx, a.ra);
    }
    forget_address(env);
    if (tags && are_accessible(env)) {
        memset(tags, tag * 0x11, size >> ARM_TAG_BYTE_SHIFT);
        mark_changed(env, tags, size >> ARM_TAG_BYTE_SHIFT);
    }
}
