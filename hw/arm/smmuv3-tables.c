/*
 * SMMUv3: stream table entries, context descriptors, and the walks of the tables that they name.
 *
 * Reference: IHI 0070, 5.2 (STE), 5.4 (CD).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "smmuv3-tables.h"
#include "system/address-spaces.h"

#define ENTRY_SIZE 64 /* of STEs and CDs */

const MemTxAttrs smmu_memory_only = { .memory = 1 };

static bool load64(hwaddr addr, uint64_t *value)
{
    MemTxResult result;

    *value = address_space_ldq_le(&address_space_memory, addr, smmu_memory_only, &result);
    return result == MEMTX_OK;
}

bool smmu_load_entry(hwaddr addr, uint64_t *words, unsigned size)
{
    uint8_t bytes[ENTRY_SIZE];

    if (address_space_read(&address_space_memory, addr, smmu_memory_only, bytes, size) !=
        MEMTX_OK) {
        return false;
    }
    for (unsigned i = 0; i < size / 8; i++) {
        words[i] = ldq_le_p(bytes + 8 * i);
    }
    return true;
}

/* ---- One translation ---- */

#define ACCESS_FLAG (1ull << 10)

static bool load_table2(void *opaque, hwaddr addr, bool secure, uint64_t *entry)
{
    SMMUWalk *w = opaque;

    w->fetched = addr;
    if (!load64(addr, entry)) {
        return false;
    }
    *entry |= w->config->no_access_flag2 ? ACCESS_FLAG : 0;
    return true;
}

bool smmu_second_stage(SMMUWalk *w, uint64_t ipa, MMUAccessType access, ARMWalk *found)
{
    const ARMTableMemory memory = { .load = load_table2, .opaque = w };

    w->stage2_fault = arm_walk_stage2(&w->config->regs2, &memory, ipa, access, true, found);
    w->ipa = ipa & SMMU_ADDRESS;
    return !w->stage2_fault;
}

bool smmu_load_table1(void *opaque, hwaddr addr, bool secure, uint64_t *entry)
{
    SMMUWalk *w = opaque;
    ARMWalk at = { .phys = addr };

    if (w->config->stage2 && !smmu_second_stage(w, addr, MMU_DATA_LOAD, &at)) {
        return false;
    }
    w->fetched = at.phys;
    if (!load64(at.phys, entry)) {
        return false;
    }
    *entry |= w->config->no_access_flag1 ? ACCESS_FLAG : 0;
    return true;
}

unsigned smmu_event_of_fault(unsigned code)
{
    switch (code & ~3u) {
    case FSC_ADDRESS_SIZE:
        return F_ADDR_SIZE;
    case FSC_ACCESS_FLAG:
        return F_ACCESS;
    case FSC_PERMISSION:
        return F_PERMISSION;
    case FSC_EXTERNAL_ON_WALK:
        return F_WALK_EABT;
    default:
        return F_TRANSLATION;
    }
}

/* ---- Configuration: 0, or the number of the event that it is ---- */

static unsigned find_ste(uint64_t base, uint64_t config, uint32_t stream, uint64_t *ste,
                         uint64_t *fetched)
{
    unsigned bits = MIN(config & 0x3f, STREAM_BITS), split;
    uint64_t entry;

    base &= MAKE_64BIT_MASK(6, 46);
    if (stream >> bits) {
        return C_BAD_STREAMID;
    }
    if ((config >> 16 & 3) == 1) {
        unsigned span;

        split = config >> 6 & 0x1f;
        *fetched = (base & -(8ull << MAX((int)(bits - split), 3))) + (stream >> split) * 8;
        if (!load64(*fetched, &entry)) {
            return F_STE_FETCH;
        }
        span = entry & 0x1f;
        stream &= (1u << split) - 1;
        if (!span || span > split + 1 || stream >> (span - 1)) {
            return C_BAD_STREAMID;
        }
        base = entry & MAKE_64BIT_MASK(6, 46) & -((uint64_t)ENTRY_SIZE << (span - 1));
    } else {
        base &= -((uint64_t)ENTRY_SIZE << bits);
    }
    *fetched = base + stream * (uint64_t)ENTRY_SIZE;
    return smmu_load_entry(*fetched, ste, ENTRY_SIZE) ? 0 : F_STE_FETCH;
}

enum { STE_ABORT_BELOW = 4, STE_STAGE1 = 1, STE_STAGE2 = 2 };
#define STE_S2AA64 (1ull << 51)
#define STE_S2ENDI (1ull << 52)
#define STE_S2AFFD (1ull << 53)
#define STE_S2S    (1ull << 57)
#define STE_S2R    (1ull << 58)
#define CD_ENDI    (1ull << 15)
#define CD_VALID   (1ull << 31)
#define CD_AFFD    (1ull << 35)
#define CD_AA64    (1ull << 41)
#define CD_STALL   (1ull << 44)
#define CD_RECORD  (1ull << 45)
#define CD_ABORT   (1ull << 46)

/* VTCR_EL2's fields stand in the STE in the same order. There are no stalls to be asked for. */
static unsigned decode_stage2(SMMUConfig *c, const uint64_t *ste)
{
    if (!(ste[2] & STE_S2AA64) || (ste[2] & (STE_S2ENDI | STE_S2S))) {
        return C_BAD_STE;
    }
    c->regs2 = (ARMStage2Regs){
        .vtcr = extract64(ste[2], 32, 19),
        .vttbr = ste[3] & MAKE_64BIT_MASK(4, 48),
        .pa_bits = OUTPUT_BITS,
        .granule_16k = true,
    };
    c->no_access_flag2 = ste[2] & STE_S2AFFD;
    c->record2 = ste[2] & STE_S2R;
    return 0;
}

/* TCR_EL1's fields from a CD's. */
static uint64_t tcr_of_cd(const uint64_t *cd)
{
    return extract64(cd[0], 0, 6) | extract64(cd[0], 14, 1) << 7 | extract64(cd[0], 6, 2) << 14 |
           extract64(cd[0], 16, 6) << 16 | extract64(cd[0], 30, 1) << 23 |
           extract64(cd[0], 22, 2) << 30 | extract64(cd[0], 32, 3) << 32 |
           extract64(cd[0], 38, 2) << 37 | extract64(cd[1], 1, 1) << 41 |
           extract64(cd[2], 1, 1) << 42;
}

/* What is terminated is aborted (IDR0.TERM_MODEL), which the CD has to agree to. */
static bool cd_is_legal(uint64_t word0)
{
    const uint64_t needed = CD_VALID | CD_AA64 | CD_ABORT;

    return (word0 & needed) == needed && !(word0 & (CD_ENDI | CD_STALL));
}

static unsigned decode_stage1(SMMUConfig *c, const uint64_t *ste, SMMUWalk *w)
{
    uint64_t cd[ENTRY_SIZE / 8];
    ARMWalk at = { .phys = ste[0] & MAKE_64BIT_MASK(6, 46) };

    if (c->stage2 && !smmu_second_stage(w, at.phys, MMU_DATA_LOAD, &at)) {
        return smmu_event_of_fault(w->stage2_fault);
    }
    w->fetched = at.phys;
    if (!smmu_load_entry(at.phys, cd, ENTRY_SIZE)) {
        return F_CD_FETCH;
    }
    if (!cd_is_legal(cd[0])) {
        return C_BAD_CD;
    }
    c->regs1 = (ARMWalkRegs){
        .tcr = tcr_of_cd(cd),
        .ttbr = { cd[1] & MAKE_64BIT_MASK(4, 48), cd[2] & MAKE_64BIT_MASK(4, 48) },
        .pa_bits = c->stage2 ? 48 : OUTPUT_BITS,
        .granule_16k = true,
        .hpds = true,
    };
    c->no_access_flag1 = cd[0] & CD_AFFD;
    c->record1 = cd[0] & CD_RECORD;
    return 0;
}

unsigned smmu_find_config(uint64_t strtab_base, uint64_t strtab_base_cfg, uint32_t stream,
                          SMMUConfig *c, SMMUWalk *w)
{
    uint64_t ste[ENTRY_SIZE / 8];
    unsigned event = find_ste(strtab_base, strtab_base_cfg, stream, ste, &w->fetched), what;

    if (event) {
        return event;
    }
    if (!(ste[0] & 1)) {
        return C_BAD_STE;
    }
    what = extract64(ste[0], 1, 3);
    if (what <= STE_ABORT_BELOW) {
        c->kind = what < STE_ABORT_BELOW ? CONFIG_ABORT : CONFIG_BYPASS;
        return 0;
    }
    c->stage1 = what & STE_STAGE1;
    c->stage2 = what & STE_STAGE2;
    event = c->stage2 ? decode_stage2(c, ste) : 0;
    event = !event && c->stage1 ? decode_stage1(c, ste, w) : event;
    if (!event) {
        c->kind = CONFIG_TRANSLATE;
    }
    return event;
}
