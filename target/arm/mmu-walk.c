/*
 * Translation: VMSAv8-64, long descriptors, stage 1 of all regimes and stage 2.
 *
 * Reference: DDI 0487, D8.1 to D8.5: the regimes, the tables of each granule, descriptors,
 * permissions, and the priority of faults; D19.2 (VTCR_EL2) for where stage 2 starts.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/internal.h"
#include "target/arm/mmu-walk.h"

/* TCR_EL1: where TTBR1's fields are above TTBR0's */
enum {
    TCR_T0SZ = 0,
    TCR_EPD0 = 7,
    TCR_TG0 = 14,
    TCR_T1SZ = 16,
    TCR_EPD1 = 23,
    TCR_TG1 = 30,
    TCR_IPS = 32,
    TCR_TBI0 = 37,
    TCR_HA = 39,
    TCR_HD = 40,
    TCR_HPD0 = 41,
    TCR_TBID0 = 51,
    TCR_E0PD0 = 55,
    TCR_TCMA0 = 57,
    TCR_SH0 = 12,
    TCR_SH1 = 28,
    TCR_DS = 59,
};

enum {
    DESC_VALID = 1,
    DESC_TABLE = 2, /* or a page, at level 3 */
    DESC_ATTR_INDEX = 2,
    DESC_NS = 1 << 5,
    DESC_AP = 6,
    DESC_SH = 8,
    DESC_AF = 1 << 10,
    DESC_NG = 1 << 11,
};
#define DESC_GP  (1ull << 50)
#define DESC_DBM (1ull << 51) /* writing it makes it writable */
#define DESC_READ_ONLY (1ull << 7)
#define DESC_PXN (1ull << 53)
#define DESC_UXN (1ull << 54)

/* What table descriptors take away from everything below them. */
enum { TABLE_PXN = 59, TABLE_UXN = 60, TABLE_AP = 61, TABLE_NS = 63 };

/* AP[2:1] */
enum { AP_USER = 1, AP_READ_ONLY = 2 };

static uint64_t bits_of(uint64_t value, unsigned low, unsigned count)
{
    return value >> low & ((1ull << count) - 1);
}

/* Bits `low` to 47, where they are. */
static uint64_t address_from(uint64_t value, unsigned low)
{
    return bits_of(value, low, 48 - low) << low;
}

static bool upper_half(uint64_t address)
{
    return address >> 55 & 1;
}

static bool byte_is_tag(uint64_t tcr, uint64_t address)
{
    return tcr >> (TCR_TBI0 + upper_half(address)) & 1;
}

uint64_t arm_untagged_address(uint64_t tcr, uint64_t address)
{
    return byte_is_tag(tcr, address) ? (uint64_t)((int64_t)(address << 8) >> 8) : address;
}

/* TCR.DS: 52 bits with a granule that isn't 64 KiB, and so other descriptors. */
static bool is_wide_small(const ARMWalkRegs *regs, unsigned granule)
{
    return regs->lpa2 && granule != 16 && (regs->tcr >> TCR_DS & 1);
}

/* Granules that are reserved or that the part lacks are 4 KiB; a T0SZ below 16 or above 39 is out of
 * range: taken as the nearest one (D8.2.1); some parts have more. */
ARMHalf arm_walk_half(const ARMWalkRegs *regs, bool upper)
{
    static const uint8_t tg0[] = { 12, 16, 14, 12 }, tg1[] = { 12, 14, 12, 16 };
    unsigned granule = upper ? tg1[regs->tcr >> TCR_TG1 & 3] : tg0[regs->tcr >> TCR_TG0 & 3];
    unsigned unused = regs->tcr >> (upper ? TCR_T1SZ : TCR_T0SZ) & 0x3f, least, most;

    granule = granule == 14 && !regs->granule_16k ? 12 : granule;
    least = (granule == 16 && regs->wide_64k) || is_wide_small(regs, granule) ? 12 : 16;
    most = !regs->small_tables ? 39 : granule == 16 ? 47 : 48;
    return (ARMHalf){ .granule = granule, .input = 64 - MIN(MAX(unused, least), most) };
}

/* IPS, as far as the part goes. */
static unsigned output_bits(const ARMWalkRegs *regs)
{
    static const uint8_t sizes[] = { 32, 36, 40, 42, 44, 48, 52, 48 };

    return MIN(sizes[regs->tcr >> TCR_IPS & 7], regs->pa_bits);
}

/* A range without EL0 has one bit that forbids execution, where others have EL0's. */
static int single_permissions(uint64_t desc, uint64_t tables, uint64_t sctlr)
{
    bool read_only = (desc >> DESC_AP | tables >> TABLE_AP) & AP_READ_ONLY;
    bool xn = (desc & DESC_UXN) || (tables >> TABLE_UXN & 1) || ((sctlr & SCTLR_WXN) && !read_only);

    return PAGE_READ | (read_only ? 0 : PAGE_WRITE) | (xn ? 0 : PAGE_EXEC);
}

/* Rights of a descriptor for EL0 or EL1 (D8.4): what EL0 may write EL1 doesn't execute. pan: what EL0
 * may access at all EL1 may not. */
static int permissions(uint64_t desc, uint64_t tables, uint64_t sctlr, bool user, bool pan)
{
    unsigned ap =
        (desc >> DESC_AP & 3 & ~(tables >> TABLE_AP & 1)) | (tables >> TABLE_AP & AP_READ_ONLY);
    bool read_only = ap & AP_READ_ONLY, user_access = ap & AP_USER;
    bool uxn = (desc & DESC_UXN) || (tables >> TABLE_UXN & 1);
    bool pxn = (desc & DESC_PXN) || (tables >> TABLE_PXN & 1);
    int prot = 0;

    if (!user || user_access) {
        prot |= PAGE_READ | (read_only ? 0 : PAGE_WRITE);
    }
    if (user ? !uxn : !pxn && !(user_access && !read_only)) {
        prot |= PAGE_EXEC;
    }
    if ((sctlr & SCTLR_WXN) && (prot & PAGE_WRITE)) {
        prot &= ~PAGE_EXEC;
    }
    if (!user && pan && user_access) {
        prot &= ~(PAGE_READ | PAGE_WRITE);
    }
    return prot;
}

static int needed_right(MMUAccessType access)
{
    return access == MMU_INST_FETCH ? PAGE_EXEC : access == MMU_DATA_STORE ? PAGE_WRITE : PAGE_READ;
}

/* A table or output address that has bits beyond what TCR.IPS allows. */
static bool too_large(uint64_t address, unsigned bits)
{
    return bits < 64 && address >> bits;
}

/* Levels count up to 3; a table resolves granule - 3 bits. Blocks: level 1 (4 KiB only) and 2; one
 * level more in addresses of 52 bits. */
static bool may_be_block(int level, unsigned granule, bool wide)
{
    return level == 2 || (level == 1 && (granule == 12 || wide)) ||
           (level == 0 && granule == 12 && wide);
}

static bool size_is_52_bits(const ARMWalkRegs *regs)
{
    return (regs->tcr >> TCR_IPS & 7) == 6;
}

/* 52 bits: the topmost four of a table or page of 64 KiB lie in bits that its address doesn't need. */
static uint64_t wide_part(const ARMWalkRegs *regs, unsigned granule, uint64_t value, unsigned low)
{
    return granule == 16 && regs->wide_64k && size_is_52_bits(regs)
               ? bits_of(value, low, 4) << 48 : 0;
}

/* The table, block or page that a descriptor leads to. */
static uint64_t output_address(const ARMWalkRegs *regs, unsigned granule, uint64_t desc,
                               unsigned low)
{
    if (is_wide_small(regs, granule)) { /* in place of the shareability, which TCR then has */
        return bits_of(desc, low, 50 - low) << low | bits_of(desc, DESC_SH, 2) << 50;
    }
    return address_from(desc, low) | wide_part(regs, granule, desc, 12);
}

/* The fault status code of that level. */
static unsigned at_level(unsigned code, int level)
{
    return level >= 0                 ? code | level
           : code == FSC_TRANSLATION  ? FSC_TRANSLATION_TOP
           : code == FSC_ADDRESS_SIZE ? FSC_ADDRESS_SIZE_TOP
                                      : FSC_EXTERNAL_ON_WALK_TOP;
}

/* What hardware makes of a descriptor for an access: the access flag set, a clean page dirty. */
static uint64_t updated(const ARMWalkRegs *regs, uint64_t desc, MMUAccessType access)
{
    bool sets_flag = regs->access_flag && (regs->tcr >> TCR_HA & 1);

    if (!sets_flag) {
        return desc;
    }
    desc |= DESC_AF;
    if (regs->dirty_state && (regs->tcr >> TCR_HD & 1) && (desc & DESC_DBM) &&
        access == MMU_DATA_STORE) {
        desc &= ~DESC_READ_ONLY;
    }
    return desc;
}

/* Another CPU that changes a descriptor all the time keeps a walk so many times from updating it. */
#define MOST_WALKS 8

static unsigned walk_tables(const ARMWalkRegs *regs, const ARMTableMemory *memory, uint64_t address,
                            MMUAccessType access, bool user, unsigned walks_left, ARMWalk *walk)
{
    bool upper = upper_half(address);
    const ARMHalf half = arm_walk_half(regs, upper);
    unsigned granule = half.granule, input = half.input, stride = granule - 3;
    int level = 3 - (int)((input - granule - 1) / stride);
    bool small = is_wide_small(regs, granule), wide = small || (granule == 16 && regs->wide_64k);
    unsigned pa_bits = output_bits(regs), low;
    uint64_t canonical = arm_untagged_address(regs->tcr, address);
    uint64_t table = address_from(regs->ttbr[upper], 1), tables = 0, desc, wanted, entry;
    bool secure = regs->secure, entry_secure = secure;

    walk->level = 0;
    if ((uint64_t)((int64_t)canonical >> input) != (upper ? UINT64_MAX : 0) ||
        (regs->tcr >> (upper ? TCR_EPD1 : TCR_EPD0) & 1) ||
        (user && regs->e0pd && (regs->tcr >> (TCR_E0PD0 + upper) & 1))) {
        return FSC_TRANSLATION;
    }
    if (wide && size_is_52_bits(regs)) {
        table = (table & ~0x3full) | bits_of(table, 2, 4) << 48;
    }
    if (too_large(table, pa_bits)) {
        return FSC_ADDRESS_SIZE;
    }
    low = granule + (3 - level) * stride;
    table &= -(uint64_t)(1ull << MAX((int)(input - low + 3),
                                     3)); /* a short table is aligned to its size */
    for (;; level++) {
        unsigned bits = MIN(stride, input - low);
        uint64_t index = bits_of(canonical, low, bits);

        walk->level = MAX(level, 0);
        entry = table + index * 8;
        entry_secure = secure;
        if (!memory->load(memory->opaque, entry, secure, &desc)) {
            return at_level(FSC_EXTERNAL_ON_WALK, level);
        }
        if (!(desc & DESC_VALID) || (!(desc & DESC_TABLE) && !may_be_block(level, granule, wide))) {
            return at_level(FSC_TRANSLATION, level);
        }
        if (level == 3 || !(desc & DESC_TABLE)) {
            break;
        }
        table = output_address(regs, granule, desc, granule);
        if (too_large(table, pa_bits)) {
            return at_level(FSC_ADDRESS_SIZE, level);
        }
        tables |= desc;
        secure &= !(desc >> TABLE_NS & 1);
        low -= stride;
    }
    walk->size = 1ull << low;
    walk->phys = output_address(regs, granule, desc, low);
    if (too_large(walk->phys, pa_bits)) {
        return FSC_ADDRESS_SIZE | level;
    }
    walk->phys |= canonical & (walk->size - 1);
    wanted = updated(regs, desc, access);
    if (!(wanted & DESC_AF)) {
        return FSC_ACCESS_FLAG | level;
    }
    if (regs->hpds && (regs->tcr >> (TCR_HPD0 + upper) & 1)) {
        tables = 0;
    }
    walk->prot = regs->single ? single_permissions(wanted, tables, regs->sctlr)
                              : permissions(wanted, tables, regs->sctlr, user, regs->pan);
    if (wanted != desc && (walk->prot & needed_right(access))) {
        switch (memory->exchange(memory->opaque, entry, entry_secure, desc, wanted)) {
        case ARM_EXCHANGE_CHANGED: /* by another CPU, meanwhile */
            if (walks_left) {
                return walk_tables(regs, memory, address, access, user, walks_left - 1, walk);
            }
            break; /* as if it had been updated just before that */
        case ARM_EXCHANGE_FAILED:
            return FSC_EXTERNAL_ON_WALK | level;
        default:
            break;
        }
    }
    walk->global = !(desc & DESC_NG) || regs->single;
    walk->secure = secure && !(desc & DESC_NS);
    walk->guarded = desc & DESC_GP;
    walk->attributes = desc >> DESC_ATTR_INDEX & 7;
    walk->shareability = small ? regs->tcr >> (upper ? TCR_SH1 : TCR_SH0) & 3 : desc >> DESC_SH & 3;
    return walk->prot & needed_right(access) ? 0 : FSC_PERMISSION | level;
}

unsigned arm_walk(const ARMWalkRegs *regs, const ARMTableMemory *memory, uint64_t address,
                  MMUAccessType access, bool user, ARMWalk *walk)
{
    return walk_tables(regs, memory, address, access, user, MOST_WALKS - 1, walk);
}

uint64_t arm_tcr_of_single_range(uint64_t tcr)
{
    return (tcr & 0xffff & ~(1ull << TCR_EPD0)) | bits_of(tcr, 16, 3) << TCR_IPS |
           bits_of(tcr, 20, 1) << TCR_TBI0 | bits_of(tcr, 21, 2) << TCR_HA |
           bits_of(tcr, 24, 1) << TCR_HPD0 | bits_of(tcr, 30, 1) << TCR_TCMA0 | bits_of(tcr, 29, 1) << TCR_TBID0 |
           bits_of(tcr, 32, 1) << TCR_DS | 1ull << TCR_EPD1;
}

/* ---- Stage 2 ---- */

/* VTCR_EL2, and descriptors of stage 2 */
enum { VTCR_T0SZ = 0, VTCR_SL0 = 6, VTCR_TG0 = 14, VTCR_PS = 16 };
enum { S2_ATTR = 2, S2_READ = 1 << 6, S2_WRITE = 1 << 7, S2_XN = 53 };

/* Who may not execute: XN[1:0] (D8.4.6); without FEAT_XNX the upper bit alone says it. */
static bool stage2_forbids_execution(const ARMStage2Regs *regs, uint64_t desc, bool user)
{
    bool forbidden = desc >> (S2_XN + 1) & 1, turned = desc >> S2_XN & 1;

    return regs->fine_execution && turned ? user == forbidden : forbidden;
}

static int stage2_permissions(const ARMStage2Regs *regs, uint64_t desc, bool user)
{
    return (desc & S2_READ ? PAGE_READ : 0) | (desc & S2_WRITE ? PAGE_WRITE : 0) |
           (stage2_forbids_execution(regs, desc, user) ? 0 : PAGE_EXEC);
}

/*
 * The level at which a walk starts, -1 for what SL0 and T0SZ don't allow: the first table is up to
 * sixteen tables one behind the other, and has to be more than one entry.
 */
static int stage2_start(const ARMStage2Regs *regs, unsigned granule, unsigned input)
{
    unsigned sl0 = regs->vtcr >> VTCR_SL0 & 3, stride = granule - 3;
    int level = (granule == 12 ? 2 : 3) - (int)sl0;
    unsigned below = granule + (3 - level) * stride;

    if (sl0 == 3 || (level == 0 && (granule == 16 || regs->pa_bits < 44)) || input <= below ||
        input > below + stride + 4 || input > MAX(regs->pa_bits, 40)) {
        return -1;
    }
    return level;
}

unsigned arm_walk_stage2(const ARMStage2Regs *regs, const ARMTableMemory *memory, hwaddr ipa,
                         MMUAccessType access, bool user, ARMWalk *walk)
{
    static const uint8_t granules[] = { 12, 16, 14, 12 };
    static const uint8_t sizes[] = { 32, 36, 40, 42, 44, 48, 48, 48 };
    unsigned granule = granules[regs->vtcr >> VTCR_TG0 & 3], stride, input, low;
    unsigned pa_bits = MIN(sizes[regs->vtcr >> VTCR_PS & 7], regs->pa_bits);
    uint64_t table = address_from(regs->vttbr, 1), desc;
    int level;

    granule = granule == 14 && !regs->granule_16k ? 12 : granule;
    stride = granule - 3;
    input = 64 - MIN(MAX(regs->vtcr >> VTCR_T0SZ & 0x3f, 16), 39);
    level = stage2_start(regs, granule, input);
    walk->level = 0;
    if (level < 0 || ipa >> input) {
        return FSC_TRANSLATION;
    }
    if (too_large(table, pa_bits)) {
        return FSC_ADDRESS_SIZE;
    }
    low = granule + (3 - level) * stride;
    table &= -(8ull << (input - low));
    for (unsigned bits = input - low;; level++, low -= stride, bits = stride) {
        walk->level = level;
        if (!memory->load(memory->opaque, table + bits_of(ipa, low, bits) * 8, false, &desc)) {
            return FSC_EXTERNAL_ON_WALK | level;
        }
        if (!(desc & DESC_VALID) || (!(desc & DESC_TABLE) && !may_be_block(level, granule, false))) {
            return FSC_TRANSLATION | level;
        }
        if (level == 3 || !(desc & DESC_TABLE)) {
            break;
        }
        table = address_from(desc, granule);
        if (too_large(table, pa_bits)) {
            return FSC_ADDRESS_SIZE | level;
        }
    }
    walk->size = 1ull << low;
    walk->phys = address_from(desc, low);
    if (too_large(walk->phys, pa_bits)) {
        return FSC_ADDRESS_SIZE | level;
    }
    walk->phys |= ipa & (walk->size - 1);
    if (!(desc & DESC_AF)) {
        return FSC_ACCESS_FLAG | level;
    }
    walk->prot = stage2_permissions(regs, desc, user);
    walk->attributes = desc >> S2_ATTR & 0xf;
    walk->shareability = desc >> DESC_SH & 3;
    walk->global = walk->secure = false;
    return walk->prot & needed_right(access) ? 0 : FSC_PERMISSION | level;
}
