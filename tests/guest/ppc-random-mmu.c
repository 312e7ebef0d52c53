/*
 * Random set-ups of the MMU for random programs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-random.h"
#include "system/address-spaces.h"
#include "target/ppc/mmu-hash.h"

#define TABLE      0x100000u
#define TABLE_SIZE 0x10000u
#define PAGE       0x1000u
#define BLOCK      0x20000u

static hwaddr entries[PPC_RANDOM_ENTRIES];
static unsigned nb_entries;

static uint32_t one_of(Random *r, const uint32_t *values, size_t n)
{
    return values[below(r, n)];
}

static void clear_table(void)
{
    for (unsigned i = 0; i < nb_entries; i++) {
        address_space_stl_be(&address_space_memory, entries[i], 0, MEMTXATTRS_UNSPECIFIED, NULL);
    }
    nb_entries = 0;
}

static void add_entry(Random *r, const PPCTestState *s, uint32_t ea, uint32_t lower)
{
    uint32_t vsid = s->sr[ea >> 28] & SR_VSID;
    bool secondary = below(r, 3) == 0;
    hwaddr addr = ppc_pteg_address(TABLE, vsid, ea, secondary) + 8 * below(r, 8);
    uint32_t upper = PTE0_V | vsid << 7 | (secondary ? PTE0_H : 0) | (ea >> 22 & 0x3f);

    for (unsigned i = 0; i < nb_entries; i++) {
        if (entries[i] == addr) {
            return;
        }
    }
    entries[nb_entries++] = addr;
    address_space_stl_be(&address_space_memory, addr, upper, MEMTXATTRS_UNSPECIFIED, NULL);
    address_space_stl_be(&address_space_memory, addr + 4, lower, MEMTXATTRS_UNSPECIFIED, NULL);
}

static uint32_t random_attributes(Random *r)
{
    static const uint32_t wimg[] = { 0, WIMG_M, WIMG_M, WIMG_W, WIMG_I, WIMG_G };
    static const uint32_t used[] = { 0, PTE1_R, PTE1_R | PTE1_C, PTE1_R | PTE1_C };
    static const uint32_t pp[] = { 0, 1, 2, 2, 2, 3 };

    return one_of(r, wimg, ARRAY_SIZE(wimg)) | one_of(r, used, ARRAY_SIZE(used)) |
           one_of(r, pp, ARRAY_SIZE(pp));
}

static void random_segments(Random *r, PPCTestState *s)
{
    static const uint32_t bits[] = { 0, 0, 0, SR_KS, SR_KP, SR_KS | SR_KP };

    for (unsigned i = 0; i < 16; i++) {
        s->sr[i] = (next_random(r) & SR_VSID & ~15u) | i | one_of(r, bits, ARRAY_SIZE(bits)) |
                   (below(r, 16) ? 0 : SR_N) | (below(r, 32) ? 0 : SR_T);
    }
}

/* A BAT of the smallest size around physical 0. */
static void set_bat(Random *r, PPCTestState *s, unsigned spr, uint32_t ea)
{
    static const uint32_t valid[] = { 3, 3, 3, BATU_VS, BATU_VP };
    static const uint32_t pp[] = { 2, 2, 2, 1, 0 };
    unsigned n = spr + 2 * below(r, 4);

    s->spr[n] = (ea & BATU_BEPI) | one_of(r, valid, ARRAY_SIZE(valid));
    s->spr[n + 1] = (below(r, 4) ? 0 : WIMG_I) | one_of(r, pp, ARRAY_SIZE(pp));
}

static void map_code(Random *r, PPCTestState *s)
{
    if (below(r, 2)) {
        set_bat(r, s, SPR_IBAT0U, 0);
    } else {
        add_entry(r, s, PPC_CODE, PPC_CODE | (below(r, 8) ? WIMG_M | 2 : random_attributes(r)));
    }
}

/* By a BAT, whose block starts or ends there, or by the page table. */
static uint32_t map_data(Random *r, PPCTestState *s)
{
    uint32_t ea = ((1 + below(r, 14)) << 28) | (next_random(r) & 0x0ffff000), swap = below(r, 2);

    if (below(r, 4) == 0) {
        set_bat(r, s, SPR_DBAT0U, ea);
        return (ea & ~(BLOCK - 1)) | (PPC_DATA + PAGE);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (below(r, 8)) {
            add_entry(r, s, ea + i * PAGE, (PPC_DATA + (i ^ swap) * PAGE) | random_attributes(r));
        }
    }
    return ea + PAGE;
}

uint32_t ppc_random_translation(Random *r, PPCTestState *s)
{
    static const uint32_t modes[] = { MSR_IR | MSR_DR, MSR_IR | MSR_DR, MSR_DR, MSR_IR };

    clear_table();
    s->msr |= one_of(r, modes, ARRAY_SIZE(modes)) | (below(r, 2) ? MSR_PR : 0);
    s->spr[SPR_SDR1] = TABLE;
    random_segments(r, s);
    map_code(r, s);
    if (!(s->msr & MSR_DR)) {
        return PPC_DATA + PAGE;
    }
    return map_data(r, s);
}

void ppc_random_entries(uint32_t words[2 * PPC_RANDOM_ENTRIES])
{
    memset(words, 0, 2 * PPC_RANDOM_ENTRIES * sizeof(*words));
    for (unsigned i = 0; i < 2 * nb_entries; i++) {
        words[i] = address_space_ldl_be(&address_space_memory, entries[i / 2] + 4 * (i & 1),
                                        MEMTXATTRS_UNSPECIFIED, NULL);
    }
}
