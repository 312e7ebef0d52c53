/*
 * PowerPC address translation on a page table in an array: hashing, matching, protection, R and C,
 * BATs and the windows made from them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/mmu-hash.h"

#define TABLE_BASE 0x00100000u
#define TABLE_SIZE 0x00010000u
#define SDR1       TABLE_BASE /* mask 0: 1024 groups */

static uint32_t table[TABLE_SIZE / 4];
static unsigned stores;

static uint32_t load(void *opaque, hwaddr addr)
{
    g_assert_cmphex(addr - TABLE_BASE, <, TABLE_SIZE);
    return table[(addr - TABLE_BASE) / 4];
}

static uint32_t exchange(void *opaque, hwaddr addr, uint32_t old, uint32_t new)
{
    uint32_t *word = &table[(addr - TABLE_BASE) / 4], found = *word;

    stores++;
    if (found == old) {
        *word = new;
    }
    return found;
}

static const PPCTableMemory memory = { load, exchange, NULL };
static uint32_t sr[16];

static PPCXlateRegs fresh(void)
{
    memset(table, 0, sizeof(table));
    memset(sr, 0, sizeof(sr));
    stores = 0;
    return (PPCXlateRegs){ .sr = sr, .sdr1 = SDR1 };
}

/*
 * Enters a page by hand in slot `slot` of its primary or secondary group; returns the second word's
 * address.
 */
static uint32_t *map(uint32_t vsid, uint32_t ea, int secondary, unsigned slot, uint32_t word1)
{
    uint32_t hash = (vsid & 0x7ffff) ^ (ea >> 12 & 0xffff);
    uint32_t group = (secondary ? ~hash : hash) & 0x3ff;

    table[group * 16 + slot * 2] =
        PTE0_V | vsid << 7 | (secondary ? PTE0_H : 0) | (ea >> 22 & 0x3f);
    table[group * 16 + slot * 2 + 1] = word1;
    return &table[group * 16 + slot * 2 + 1];
}

static PPCXlateResult xlate(PPCXlateRegs *regs, uint32_t ea, MMUAccessType access, bool user,
                            PPCXlate *x)
{
    return ppc_xlate(regs, &memory, ea, access, user, x);
}

static void test_pteg_address(void)
{
    /*
     * PEM 7.6.1.5: the hash is the low 19 VSID bits xor the page index; HTABMASK selects upper
     * bits.
     */
    g_assert_cmphex(ppc_pteg_address(0x0f980000, 0x00123456, 0x0000a000, 0), ==,
                    0x0f980000 | ((0x23456 ^ 0xa) & 0x3ff) << 6);
    g_assert_cmphex(ppc_pteg_address(0x0f98007f, 0x00123456, 0x0000a000, 0), ==,
                    0x0f980000 | (((0x23456 ^ 0xa) >> 10) & 0x7f) << 16 |
                        ((0x23456 ^ 0xa) & 0x3ff) << 6);
    g_assert_cmphex(ppc_pteg_address(0x00000000, 0, 0, 1), ==, 0x3ff << 6);
}

static void test_search_order(void)
{
    PPCXlateRegs regs = fresh();
    PPCXlate x;

    sr[3] = 0x123;
    g_assert_cmpint(xlate(&regs, 0x30005678, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_NOT_FOUND);
    map(0x123, 0x30005678, 1, 7, 0x00777000 | PTE1_R | PTE1_C | 2);
    g_assert_cmpint(xlate(&regs, 0x30005678, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_OK);
    g_assert_cmphex(x.phys, ==, 0x00777678);
    map(0x123, 0x30005678, 0, 5, 0x00555000 | PTE1_R | PTE1_C | 2);
    g_assert_cmpint(xlate(&regs, 0x30005678, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_OK);
    g_assert_cmphex(x.phys, ==, 0x00555678);
    sr[3] = 0x124;
    g_assert_cmpint(xlate(&regs, 0x30005678, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_NOT_FOUND);
    g_assert_cmpuint(stores, ==, 0);
}

static void test_reference_and_change(void)
{
    PPCXlateRegs regs = fresh();
    uint32_t *word = map(0, 0x1000, 0, 0, 0x2000 | 2);
    PPCXlate x;

    xlate(&regs, 0x1000, MMU_DATA_LOAD, false, &x);
    g_assert_cmphex(*word, ==, 0x2000 | PTE1_R | 2);
    g_assert_false(x.prot & PAGE_WRITE);
    xlate(&regs, 0x1000, MMU_DATA_STORE, false, &x);
    g_assert_cmphex(*word, ==, 0x2000 | PTE1_R | PTE1_C | 2);
    g_assert_true(x.prot & PAGE_WRITE);
    g_assert_cmpuint(stores, ==, 2);
    xlate(&regs, 0x1000, MMU_DATA_LOAD, false, &x);
    g_assert_true(x.prot & PAGE_WRITE);
    g_assert_cmpuint(stores, ==, 2);
}

static void test_protected_page_keeps_c(void)
{
    PPCXlateRegs regs = fresh();
    uint32_t *word = map(0, 0x1000, 0, 0, 0x2000 | 3);
    PPCXlate x;

    g_assert_cmpint(xlate(&regs, 0x1000, MMU_DATA_STORE, false, &x), ==, PPC_XLATE_PROTECTION);
    g_assert_cmphex(*word, ==, 0x2000 | PTE1_R | 3);
}

static void test_keys(void)
{
    /* Rows: PP; columns: key 0, key 1. */
    static const int want[4][2] = {
        { PAGE_READ | PAGE_WRITE, 0 },
        { PAGE_READ | PAGE_WRITE, PAGE_READ },
        { PAGE_READ | PAGE_WRITE, PAGE_READ | PAGE_WRITE },
        { PAGE_READ, PAGE_READ },
    };

    for (int pp = 0; pp < 4; pp++) {
        for (int key = 0; key < 2; key++) {
            g_assert_cmpint(ppc_page_rights(pp, key) & ~PAGE_EXEC, ==, want[pp][key]);
        }
    }
    PPCXlateRegs regs = fresh();
    PPCXlate x;

    map(0, 0x1000, 0, 0, 0x2000);
    sr[0] = SR_KP;
    g_assert_cmpint(xlate(&regs, 0x1000, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_OK);
    g_assert_cmpint(xlate(&regs, 0x1000, MMU_DATA_LOAD, true, &x), ==, PPC_XLATE_PROTECTION);
    sr[0] = SR_KS;
    g_assert_cmpint(xlate(&regs, 0x1000, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_PROTECTION);
    g_assert_cmpint(xlate(&regs, 0x1000, MMU_DATA_LOAD, true, &x), ==, PPC_XLATE_OK);
}

static void test_no_execute(void)
{
    PPCXlateRegs regs = fresh();
    uint32_t *word = map(0, 0x1000, 0, 0, 0x2000 | 2);
    PPCXlate x;

    sr[0] = SR_N;
    g_assert_cmpint(xlate(&regs, 0x1000, MMU_INST_FETCH, false, &x), ==, PPC_XLATE_NO_EXECUTE);
    g_assert_cmphex(*word, ==, 0x2000 | 2);
    g_assert_cmpint(xlate(&regs, 0x1000, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_OK);
    sr[0] = 0;
    g_assert_cmpint(xlate(&regs, 0x1000, MMU_INST_FETCH, false, &x), ==, PPC_XLATE_OK);
    *word |= WIMG_G;
    g_assert_cmpint(xlate(&regs, 0x1000, MMU_INST_FETCH, false, &x), ==, PPC_XLATE_NO_EXECUTE);
    sr[0] = SR_T;
    g_assert_cmpint(xlate(&regs, 0x1000, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_DIRECT_STORE);
}

static void test_bat(void)
{
    PPCXlateRegs regs = fresh();
    PPCXlate x;

    /* 8 MiB at c0000000 for the supervisor only, read-only. */
    regs.bats[1][0] = 0xc0000000 | 0x3f << 2 | BATU_VS;
    regs.bats[1][1] = 0x10000000 | WIMG_M | 1;
    regs.nb_bats = 4;
    sr[12] = SR_T;
    g_assert_cmpint(xlate(&regs, 0xc07fffff, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_OK);
    g_assert_cmphex(x.phys, ==, 0x107fffff);
    g_assert_true(x.block);
    g_assert_cmpint(xlate(&regs, 0xc0000000, MMU_DATA_STORE, false, &x), ==, PPC_XLATE_PROTECTION);
    g_assert_cmpint(xlate(&regs, 0xc0800000, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_DIRECT_STORE);
    g_assert_cmpint(xlate(&regs, 0xc0000000, MMU_DATA_LOAD, true, &x), ==, PPC_XLATE_DIRECT_STORE);
}

static void check_block(const WindowBlock *b, vaddr start, uint64_t size, hwaddr phys)
{
    g_assert_cmphex(b->start, ==, start);
    g_assert_cmphex(b->size, ==, size);
    g_assert_cmphex(b->phys, ==, phys);
}

static void test_windows(void)
{
    PPCXlateRegs regs = fresh();
    WindowBlock blocks[MAX_WINDOW_BLOCKS];

    regs.nb_bats = 4;
    regs.bats[0][0] = 0xc0040000 | 1 << 2 | BATU_VS | BATU_VP; /* 256 KiB */
    regs.bats[0][1] = 0x20000000 | 2;
    regs.bats[1][0] = 0xc0000000 | 7 << 2 | BATU_VS; /* 1 MiB around it */
    regs.bats[1][1] = 0x30000000 | 2;
    regs.bats[2][0] = 0xd0000000 | BATU_VP;
    regs.bats[2][1] = 0x40000000; /* no access: no window */
    g_assert_cmpuint(ppc_bat_blocks(&regs, false, blocks, MAX_WINDOW_BLOCKS, 0, 0), ==, 3);
    check_block(&blocks[0], 0xc0040000, 0x40000, 0x20000000);
    check_block(&blocks[1], 0xc0000000, 0x40000, 0x30000000);
    check_block(&blocks[2], 0xc0080000, 0x80000, 0x30080000);
    g_assert_cmpuint(ppc_bat_blocks(&regs, true, blocks, MAX_WINDOW_BLOCKS, 0, 0), ==, 1);
    g_assert_cmpuint(ppc_bat_blocks(&regs, true, blocks, MAX_WINDOW_BLOCKS, 0xc0041000, 0x1000),
                     ==, 2);
    check_block(&blocks[0], 0xc0040000, 0x1000, 0x20000000);
    check_block(&blocks[1], 0xc0042000, 0x3e000, 0x20002000);
}

static void test_irregular_bat_has_no_window(void)
{
    PPCXlateRegs regs = fresh();
    WindowBlock blocks[MAX_WINDOW_BLOCKS];
    PPCXlate x;

    regs.nb_bats = 1;
    regs.bats[0][0] = 0xc0000000 | 2 << 2 | BATU_VS; /* BL 010: two stretches of 128 KiB */
    regs.bats[0][1] = 0x20000000 | 2;
    g_assert_cmpuint(ppc_bat_blocks(&regs, false, blocks, MAX_WINDOW_BLOCKS, 0, 0), ==, 0);
    g_assert_cmpint(xlate(&regs, 0xc0040000, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_OK);
    g_assert_cmpint(xlate(&regs, 0xc0020000, MMU_DATA_LOAD, false, &x), ==, PPC_XLATE_NOT_FOUND);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ppc/mmu/pteg-address-hashes-vsid-and-page", test_pteg_address);
    g_test_add_func("/ppc/mmu/primary-group-comes-before-secondary", test_search_order);
    g_test_add_func("/ppc/mmu/r-is-set-by-search-and-c-by-first-store", test_reference_and_change);
    g_test_add_func("/ppc/mmu/refused-store-sets-r-but-not-c", test_protected_page_keeps_c);
    g_test_add_func("/ppc/mmu/pp-and-key-give-the-rights", test_keys);
    g_test_add_func("/ppc/mmu/n-and-guarded-pages-are-not-executed", test_no_execute);
    g_test_add_func("/ppc/mmu/bat-comes-before-segment", test_bat);
    g_test_add_func("/ppc/mmu/windows-show-lower-bats-first", test_windows);
    g_test_add_func("/ppc/mmu/irregular-bat-translates-without-window",
                    test_irregular_bat_has_no_window);
    return g_test_run();
}
