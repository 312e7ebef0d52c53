/*
 * AArch32's translation: the walk (target/arm/mmu-walk32.c) on tables in an array.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/internal.h"
#include "target/arm/mmu-walk32.h"

#define WORDS     (256 * 1024 / 4)
#define BAD_TABLE 0x7fff0000u /* memory that isn't there */

/* Short descriptors */
#define SECTION      2u
#define SUPERSECTION (2u | 1u << 18)
#define SMALL        2u
#define AP_1(n)      (((n) & 3u) << 10 | ((n) & 4u) << 13) /* of a section */
#define AP_2(n)      (((n) & 3u) << 4 | ((n) & 4u) << 7)   /* of a page */
#define DOMAIN(n)    ((uint32_t)(n) << 5)
#define ALL_CLIENTS  0x55555555u
/* Long descriptors */
#define PAGE  0x403ull
#define BLOCK 0x401ull
#define TABLE 3ull

static uint32_t memory[WORDS];

static bool load_word(void *opaque, hwaddr addr, uint32_t *entry)
{
    if (addr / 4 >= WORDS) {
        return false;
    }
    *entry = memory[addr / 4];
    return true;
}

static bool load(void *opaque, hwaddr addr, bool secure, uint64_t *entry)
{
    uint32_t low, high;

    if (!load_word(opaque, addr, &low) || !load_word(opaque, addr + 4, &high)) {
        return false;
    }
    *entry = (uint64_t)high << 32 | low;
    return true;
}

static const ARMTableMemory table_memory = { .load = load, .load_word = load_word };

static void put_long(uint32_t addr, uint64_t entry)
{
    memory[addr / 4] = entry;
    memory[addr / 4 + 1] = entry >> 32;
}

static ARMWalk w;

static unsigned walk(const ARMWalk32Regs *regs, uint32_t address, MMUAccessType access, bool user)
{
    return arm_walk32(regs, &table_memory, address, access, user, &w);
}

static ARMWalk32Regs short_registers(void)
{
    memset(memory, 0, sizeof(memory));
    return (ARMWalk32Regs){ .dacr = ALL_CLIENTS };
}

static void test_sections_and_pages(void)
{
    ARMWalk32Regs regs = short_registers();

    memory[0x123] = 0x45600000 | SECTION | AP_1(3) | 1u << 17;
    g_assert_cmpuint(walk(&regs, 0x12312345, MMU_DATA_LOAD, true), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x45612345);
    g_assert_cmpuint(w.size, ==, 1 * MiB);
    g_assert_false(w.global);

    memory[0x124] = 0x46000000 | SUPERSECTION | AP_1(3) | 0x3u << 20 | 0x5u << 5;
    g_assert_cmpuint(walk(&regs, 0x12412345, MMU_DATA_LOAD, true), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x5346412345ull);
    g_assert_cmpuint(w.size, ==, 16 * MiB);

    memory[0x200] = 0x8000 | 1; /* a table of pages */
    memory[(0x8000 >> 2) + 0x34] = 0x76543000 | SMALL | AP_2(3);
    memory[(0x8000 >> 2) + 0x50] = 0x77770000 | 1 | AP_2(3);
    g_assert_cmpuint(walk(&regs, 0x20034abc, MMU_DATA_LOAD, true), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x76543abc);
    g_assert_cmpuint(w.size, ==, 4 * KiB);
    g_assert_true(w.global);
    g_assert_cmpuint(walk(&regs, 0x20050abc, MMU_DATA_LOAD, true), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x77770abc);
    g_assert_cmpuint(w.size, ==, 64 * KiB);
}

/* By AP[2:0]: what each level may, the manual's table G5-9. */
static void test_short_permissions(void)
{
    static const struct {
        uint8_t privileged, user;
    } rights[8] = { { 0, 0 }, { 3, 0 }, { 3, 1 }, { 3, 3 }, { 0, 0 }, { 1, 0 }, { 1, 1 }, { 1, 1 } };
    ARMWalk32Regs regs = short_registers();

    for (unsigned ap = 0; ap < 8; ap++) {
        for (unsigned user = 0; user < 2; user++) {
            uint8_t may = user ? rights[ap].user : rights[ap].privileged;

            memory[0] = SECTION | AP_1(ap);
            g_assert_cmpuint(walk(&regs, 0, MMU_DATA_LOAD, user), ==,
                             may & 1 ? 0 : FSC_PERMISSION | 1);
            g_assert_cmpuint(walk(&regs, 0, MMU_DATA_STORE, user), ==,
                             may & 2 ? 0 : FSC_PERMISSION | 1);
            g_assert_cmpuint(walk(&regs, 0, MMU_INST_FETCH, user), ==,
                             may & 1 ? 0 : FSC_PERMISSION | 1);
        }
    }
    memory[0] = SECTION | AP_1(3) | 1u << 4; /* XN */
    g_assert_cmpuint(walk(&regs, 0, MMU_INST_FETCH, true), ==, FSC_PERMISSION | 1);
    memory[0] = SECTION | AP_1(3) | 1; /* PXN */
    g_assert_cmpuint(walk(&regs, 0, MMU_INST_FETCH, true), ==, 0);
    g_assert_cmpuint(walk(&regs, 0, MMU_INST_FETCH, false), ==, FSC_PERMISSION | 1);
}

static void test_domains_and_access_flag(void)
{
    ARMWalk32Regs regs = short_registers();

    memory[0] = SECTION | AP_1(0) | DOMAIN(3);
    regs.dacr = 0;
    g_assert_cmpuint(walk(&regs, 0, MMU_DATA_LOAD, false), ==, FSC_DOMAIN | 1);
    g_assert_cmpuint(w.domain, ==, 3);
    regs.dacr = 3u << 6; /* manager: rights don't count */
    g_assert_cmpuint(walk(&regs, 0, MMU_DATA_STORE, true), ==, 0);
    regs.dacr = 2u << 6; /* reserved */
    g_assert_cmpuint(walk(&regs, 0, MMU_DATA_LOAD, false), ==, FSC_DOMAIN | 1);
    regs.dacr = ALL_CLIENTS;
    regs.sctlr = SCTLR_AFE;
    g_assert_cmpuint(walk(&regs, 0, MMU_DATA_LOAD, false), ==, FSC_ACCESS_FLAG | 1);
    memory[0] = SECTION | AP_1(1);
    g_assert_cmpuint(walk(&regs, 0, MMU_DATA_STORE, false), ==, 0);
}

static void test_short_faults(void)
{
    ARMWalk32Regs regs = short_registers();

    g_assert_cmpuint(walk(&regs, 0, MMU_DATA_LOAD, false), ==, FSC_TRANSLATION | 1);
    memory[0] = 0x8000 | 1;
    g_assert_cmpuint(walk(&regs, 0, MMU_DATA_LOAD, false), ==, FSC_TRANSLATION | 2);
    memory[0] = BAD_TABLE | 1;
    g_assert_cmpuint(walk(&regs, 0, MMU_DATA_LOAD, false), ==, FSC_EXTERNAL_ON_WALK | 2);
    regs.ttbr[0] = BAD_TABLE;
    g_assert_cmpuint(walk(&regs, 0, MMU_DATA_LOAD, false), ==, FSC_EXTERNAL_ON_WALK | 1);
}

/* TTBCR.N: the lower part's table is short, the upper one's is whole. */
static void test_two_tables(void)
{
    ARMWalk32Regs regs = short_registers();

    regs.ttbcr = 2;
    regs.ttbr[0] = 0x1000; /* a multiple of 4 KiB is enough */
    regs.ttbr[1] = 0x4000;
    memory[(0x1000 >> 2) + 0x3ff] = 0x11100000 | SECTION | AP_1(3);
    memory[(0x4000 >> 2) + 0x400] = 0x22200000 | SECTION | AP_1(3);
    g_assert_cmpuint(walk(&regs, 0x3ff00000, MMU_DATA_LOAD, true), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x11100000);
    g_assert_cmpuint(walk(&regs, 0x40000000, MMU_DATA_LOAD, true), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x22200000);
    regs.ttbcr |= 1 << 5; /* PD1 */
    g_assert_cmpuint(walk(&regs, 0x40000000, MMU_DATA_LOAD, true), ==, FSC_TRANSLATION | 1);
}

static void test_long_descriptors(void)
{
    ARMWalk32Regs regs = { .ttbcr = TTBCR_EAE };

    memset(memory, 0, sizeof(memory));
    put_long(1 * 8, 0x1000 | TABLE);
    put_long(0x1000 + 2 * 8, 0x2000 | TABLE);
    put_long(0x2000 + 3 * 8, 0xff12345000ull | PAGE | 1 << 6 | 1 << 11);
    put_long(0x1000 + 4 * 8, 0x1234600000ull | BLOCK | 1 << 7);
    put_long(2 * 8, 0x80000000ull | BLOCK);
    g_assert_cmpuint(walk(&regs, 1u << 30 | 2u << 21 | 3u << 12 | 0x123, MMU_DATA_STORE, true), ==, 0);
    g_assert_cmphex(w.phys, ==, 0xff12345123ull);
    g_assert_false(w.global);
    g_assert_cmpuint(walk(&regs, 1u << 30 | 4u << 21 | 0x12345, MMU_DATA_LOAD, false), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x1234612345ull);
    g_assert_cmpuint(walk(&regs, 1u << 30 | 4u << 21, MMU_DATA_STORE, false), ==, FSC_PERMISSION | 2);
    g_assert_cmpuint(walk(&regs, 1u << 30 | 4u << 21, MMU_DATA_LOAD, true), ==, FSC_PERMISSION | 2);
    g_assert_cmpuint(walk(&regs, 2u << 30 | 0x1234567, MMU_DATA_LOAD, false), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x81234567);
    g_assert_cmpuint(walk(&regs, 3u << 30, MMU_DATA_LOAD, false), ==, FSC_TRANSLATION | 1);
    g_assert_cmpuint(walk(&regs, 1u << 30, MMU_DATA_LOAD, false), ==, FSC_TRANSLATION | 2);
    put_long(0x2000 + 5 * 8, 3); /* no access flag */
    g_assert_cmpuint(walk(&regs, 1u << 30 | 2u << 21 | 5u << 12, MMU_DATA_LOAD, false), ==,
                     FSC_ACCESS_FLAG | 3);
}

/* As Linux has it: three GiB below, whose table is the second level of one GiB, above. */
static void test_long_descriptors_divided(void)
{
    ARMWalk32Regs regs = { .ttbcr = TTBCR_EAE | 2u << 16, .ttbr = { 0, 0x1000 } };

    memset(memory, 0, sizeof(memory));
    put_long(0x1000 + 7 * 8, 0x40e00000ull | BLOCK);
    put_long(2 * 8, 0x80000000ull | BLOCK);
    g_assert_cmpuint(walk(&regs, 0xc0e00000 | 0x1234, MMU_DATA_LOAD, false), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x40e01234);
    g_assert_cmpuint(walk(&regs, 0x80000010, MMU_DATA_LOAD, false), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x80000010);
    regs.ttbcr |= 1u << 23; /* EPD1 */
    g_assert_cmpuint(walk(&regs, 0xc0e00000, MMU_DATA_LOAD, false), ==, FSC_TRANSLATION | 1);
}

/* Secure state's tables say what is in secure memory: NS of sections, of tables of pages, of long
 * descriptors and of tables on the way. */
static void test_secure_memory(void)
{
    ARMWalk32Regs regs = short_registers();

    memory[0x123] = 0x45600000 | SECTION | AP_1(3);
    memory[0x124] = 0x45600000 | SECTION | AP_1(3) | 1u << 19;
    memory[0x125] = 0x8000 | 1;
    memory[0x126] = 0x8000 | 1 | 1u << 3;
    memory[0x8000 / 4] = 0x56700000 | SMALL | AP_2(3);
    for (unsigned secure = 0; secure < 2; secure++) {
        regs.secure = secure;
        for (uint32_t n = 0; n < 4; n++) {
            g_assert_cmpuint(walk(&regs, 0x12300000 + (n << 20), MMU_DATA_LOAD, true), ==, 0);
            g_assert_cmpuint(w.secure, ==, secure && !(n & 1));
        }
    }

    regs = (ARMWalk32Regs){ .ttbcr = TTBCR_EAE, .ttbr = { 0x1000 }, .secure = true };
    put_long(0x1000, 0x2000 | TABLE);
    put_long(0x1008, 0x2000 | TABLE | 1ull << 63);
    put_long(0x2000, BLOCK);
    put_long(0x2008, BLOCK | 1 << 5);
    for (uint32_t n = 0; n < 4; n++) {
        g_assert_cmpuint(walk(&regs, (n & 2) << 29 | (n & 1) << 21, MMU_DATA_LOAD, false), ==, 0);
        g_assert_cmpuint(w.secure, ==, n == 0);
    }
}

/* Hyp mode's: one table, no PXN, nothing about EL0, TTBCR's other fields aren't there. */
static void test_hyp_mode(void)
{
    ARMWalk32Regs regs = short_registers();

    regs = (ARMWalk32Regs){ .ttbcr = TTBCR_EAE | 1 | 7u << 16 | 1 << 7,
                            .ttbr = { 0x1000, 0x3000 },
                            .hyp = true,
                            .sctlr = SCTLR_UWXN };
    put_long(0x1000, 0x2000 | TABLE);
    put_long(0x2000, BLOCK | 1 << 6 | 1ull << 53);
    put_long(0x2008, BLOCK | 1 << 7);
    put_long(0x2010, BLOCK | 1ull << 54);
    g_assert_cmpuint(walk(&regs, 0x1234, MMU_INST_FETCH, false), ==, 0);
    g_assert_true(w.global);
    g_assert_cmpuint(walk(&regs, 0x201234, MMU_DATA_STORE, false), ==, FSC_PERMISSION | 2);
    g_assert_cmpuint(walk(&regs, 0x401234, MMU_INST_FETCH, false), ==, FSC_PERMISSION | 2);
    g_assert_cmpuint(walk(&regs, 0x80000000, MMU_DATA_LOAD, false), ==, FSC_TRANSLATION | 1);
    regs.sctlr = SCTLR_WXN;
    g_assert_cmpuint(walk(&regs, 0x1234, MMU_INST_FETCH, false), ==, FSC_PERMISSION | 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arm-mmu32/sections-and-pages", test_sections_and_pages);
    g_test_add_func("/arm-mmu32/short-permissions", test_short_permissions);
    g_test_add_func("/arm-mmu32/domains-and-access-flag", test_domains_and_access_flag);
    g_test_add_func("/arm-mmu32/short-faults", test_short_faults);
    g_test_add_func("/arm-mmu32/two-tables", test_two_tables);
    g_test_add_func("/arm-mmu32/long-descriptors", test_long_descriptors);
    g_test_add_func("/arm-mmu32/long-descriptors-divided", test_long_descriptors_divided);
    g_test_add_func("/arm-mmu32/secure-memory", test_secure_memory);
    g_test_add_func("/arm-mmu32/hyp-mode", test_hyp_mode);
    return g_test_run();
}
