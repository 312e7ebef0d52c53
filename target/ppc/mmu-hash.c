/*
 * PowerPC address translation: BATs, segments, hashed page table.
 *
 * Reference: PEM chapter 7; MPC750UM chapter 5 (5.4.1 and table 5-8: the search that finds the
 * entry sets R, also if protection then refuses the access; C is set when a store is allowed; what
 * the N bit refuses sets nothing).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/mmu-hash.h"

hwaddr ppc_pteg_address(uint32_t sdr1, uint32_t vsid, uint32_t ea, int secondary)
{
    uint32_t hash = (vsid & 0x7ffff) ^ (ea >> 12 & 0xffff);
    uint32_t high;

    if (secondary) {
        hash = ~hash & 0x7ffff;
    }
    high = (hash >> 10) & (sdr1 & 0x1ff);
    return (sdr1 & 0xffff0000) | high << 16 | (hash & 0x3ff) << 6;
}

int ppc_page_rights(unsigned pp, bool key)
{
    static const uint8_t rights[2][4] = {
        { PAGE_READ | PAGE_WRITE, PAGE_READ | PAGE_WRITE, PAGE_READ | PAGE_WRITE, PAGE_READ },
        { 0, PAGE_READ, PAGE_READ | PAGE_WRITE, PAGE_READ },
    };
    int prot = rights[key][pp & 3];

    return prot | (prot & PAGE_READ ? PAGE_EXEC : 0);
}

int ppc_block_rights(unsigned pp)
{
    static const uint8_t rights[4] = {
        0, PAGE_READ | PAGE_EXEC, PAGE_READ | PAGE_WRITE | PAGE_EXEC, PAGE_READ | PAGE_EXEC,
    };

    return rights[pp & 3];
}

static uint32_t bat_length_mask(uint32_t upper)
{
    return (upper & BATU_BL) << 15 | 0x1ffff;
}

bool ppc_bat_match(uint32_t upper, uint32_t lower, uint32_t ea, bool user, PPCXlate *x)
{
    uint32_t mask = bat_length_mask(upper);

    if (!(upper & (user ? BATU_VP : BATU_VS)) || ((ea ^ upper) & ~mask)) {
        return false;
    }
    x->phys = (lower & BATL_BRPN) | (ea & mask);
    x->prot = ppc_block_rights(lower & BATL_PP);
    x->wimg = lower & WIMG_MASK;
    x->block = true;
    return true;
}

static int access_right(MMUAccessType access)
{
    return access == MMU_DATA_STORE ? PAGE_WRITE : access == MMU_INST_FETCH ? PAGE_EXEC : PAGE_READ;
}

/* What a page or block allows. Guarded memory has no instructions, in an instruction BAT either
 * (750GXUM table 5-3). */
static PPCXlateResult rights_result(const PPCXlate *x, MMUAccessType access)
{
    if (access == MMU_INST_FETCH && (x->wimg & WIMG_G)) {
        return PPC_XLATE_NO_EXECUTE;
    }
    return x->prot & access_right(access) ? PPC_XLATE_OK : PPC_XLATE_PROTECTION;
}

/* Searches one group; returns the entry's address, or HWADDR_MAX. */
static hwaddr search_pteg(const PPCTableMemory *mem, hwaddr pteg, uint32_t want)
{
    for (unsigned i = 0; i < 8; i++) {
        if (mem->load(mem->opaque, pteg + i * 8) == want) {
            return pteg + i * 8;
        }
    }
    return HWADDR_MAX;
}

static hwaddr find_pte(const PPCXlateRegs *regs, const PPCTableMemory *mem, uint32_t sr,
                       uint32_t ea)
{
    uint32_t vsid = sr & SR_VSID;
    uint32_t want = PTE0_V | vsid << 7 | (ea >> 22 & 0x3f);
    hwaddr pte = search_pteg(mem, ppc_pteg_address(regs->sdr1, vsid, ea, 0), want);

    if (pte == HWADDR_MAX) {
        pte = search_pteg(mem, ppc_pteg_address(regs->sdr1, vsid, ea, 1), want | PTE0_H);
    }
    return pte;
}

static void set_pte_bits(const PPCTableMemory *mem, hwaddr addr, uint32_t *word, uint32_t bits)
{
    while (mem->exchange && (*word & bits) != bits) {
        uint32_t found = mem->exchange(mem->opaque, addr, *word, *word | bits);

        *word = found == *word ? *word | bits : found;
    }
}

PPCXlateResult ppc_xlate_entry(uint32_t word, uint32_t sr, uint32_t ea, MMUAccessType access,
                               bool user, PPCXlate *x)
{
    x->phys = (word & PTE1_RPN) | (ea & 0xfff);
    x->wimg = word & WIMG_MASK;
    x->block = false;
    x->prot = ppc_page_rights(word & PTE1_PP, sr & (user ? SR_KP : SR_KS));
    return rights_result(x, access);
}

static PPCXlateResult xlate_page(const PPCXlateRegs *regs, const PPCTableMemory *mem, uint32_t sr,
                                 uint32_t ea, MMUAccessType access, bool user, PPCXlate *x)
{
    hwaddr pte = find_pte(regs, mem, sr, ea);
    PPCXlateResult result;
    uint32_t word, first;

    if (pte == HWADDR_MAX) {
        return PPC_XLATE_NOT_FOUND;
    }
    word = first = mem->load(mem->opaque, pte + 4);
    set_pte_bits(mem, pte + 4, &word, PTE1_R);
    result = ppc_xlate_entry(word, sr, ea, access, user, x);
    if (result == PPC_XLATE_OK && access == MMU_DATA_STORE) {
        set_pte_bits(mem, pte + 4, &word, PTE1_C);
    }
    if ((word ^ first) & ~(uint32_t)(PTE1_R | PTE1_C)) { /* another CPU has changed the entry */
        return xlate_page(regs, mem, sr, ea, access, user, x);
    }
    if (!(word & PTE1_C)) {
        x->prot &= ~PAGE_WRITE;
    }
    return result;
}

bool ppc_xlate_before_page(const PPCXlateRegs *regs, uint32_t ea, MMUAccessType access, bool user,
                           PPCXlate *x, PPCXlateResult *result)
{
    uint32_t sr = regs->sr[ea >> 28];

    for (unsigned i = 0; i < regs->nb_bats; i++) {
        if (ppc_bat_match(regs->bats[i][0], regs->bats[i][1], ea, user, x)) {
            *result = rights_result(x, access);
            return true;
        }
    }
    *result = sr & SR_T ? PPC_XLATE_DIRECT_STORE : PPC_XLATE_NO_EXECUTE;
    return (sr & SR_T) || (access == MMU_INST_FETCH && (sr & SR_N));
}

PPCXlateResult ppc_xlate(const PPCXlateRegs *regs, const PPCTableMemory *mem, uint32_t ea,
                         MMUAccessType access, bool user, PPCXlate *x)
{
    PPCXlateResult result;

    if (ppc_xlate_before_page(regs, ea, access, user, x, &result)) {
        return result;
    }
    return xlate_page(regs, mem, regs->sr[ea >> 28], ea, access, user, x);
}

/* Adds [start, end) of a block, cut around those already there; the cuts need a recursion of small
 * depth. */
static size_t add_block(WindowBlock *blocks, size_t nb, size_t max, size_t from, uint64_t start,
                        uint64_t end, uint64_t phys, int prot)
{
    for (size_t i = from; i < nb; i++) {
        uint64_t bstart = blocks[i].start, bend = bstart + blocks[i].size;

        if (end <= bstart || bend <= start) {
            continue;
        }
        if (start < bstart) {
            nb = add_block(blocks, nb, max, i + 1, start, bstart, phys, prot);
        }
        if (bend < end) {
            nb = add_block(blocks, nb, max, i + 1, bend, end, phys + (bend - start), prot);
        }
        return nb;
    }
    if (nb < max) {
        blocks[nb++] = (WindowBlock){ .start = start, .size = end - start, .phys = phys,
                                      .prot = prot };
    }
    return nb;
}

static bool bat_is_contiguous(uint32_t upper, uint32_t lower)
{
    uint32_t mask = bat_length_mask(upper);

    return (mask & (mask + 1)) == 0 && !(lower & BATL_BRPN & mask);
}

size_t ppc_bat_blocks(const PPCXlateRegs *regs, bool user, WindowBlock *blocks, size_t max,
                      uint32_t hole, uint32_t hole_size)
{
    size_t nb = 0, kept = 0;

    if (hole_size) {
        nb = add_block(blocks, nb, max, 0, hole, (uint64_t)hole + hole_size, 0, 0);
    }
    for (unsigned i = 0; i < regs->nb_bats; i++) {
        uint32_t upper = regs->bats[i][0], lower = regs->bats[i][1];
        uint32_t mask = bat_length_mask(upper), start = upper & ~mask;

        if (!(upper & (user ? BATU_VP : BATU_VS))) {
            continue;
        }
        if (!bat_is_contiguous(upper, lower)) {
            return 0;
        }
        nb = add_block(blocks, nb, max, 0, start, (uint64_t)start + mask + 1, lower & BATL_BRPN,
                       ppc_block_rights(lower & BATL_PP));
        if (nb == max) {
            return 0;
        }
    }
    for (size_t i = 0; i < nb; i++) {
        if (blocks[i].prot) {
            blocks[kept++] = blocks[i];
        }
    }
    return kept;
}
