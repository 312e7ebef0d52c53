/*
 * Stage 1 translation: the walk (target/arm/mmu-walk.c) on tables in an array.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/internal.h"
#include "target/arm/mmu-walk.h"

#define TABLES    (4 * 64 * 1024 / 8)
#define BAD_TABLE 0x7fff0000u /* memory that isn't there */
#define T0SZ(bits)  ((uint64_t)(64 - (bits)))
#define T1SZ(bits)  ((uint64_t)(64 - (bits)) << 16)
#define TCR_48_BITS (T0SZ(48) | T1SZ(48) | 2ull << 30 | 5ull << 32)
#define PAGE  0x403ull /* AF, page or table */
#define BLOCK 0x401ull
#define TABLE 3ull
#define AP(n) ((uint64_t)(n) << 6)
#define NG    (1ull << 11)
#define PXN   (1ull << 53)
#define UXN   (1ull << 54)

static uint64_t memory[TABLES];

static bool load(void *opaque, hwaddr addr, bool secure, uint64_t *entry)
{
    if (addr / 8 >= TABLES) {
        return false;
    }
    *entry = memory[addr / 8];
    return true;
}

static unsigned nb_exchanges;

static ARMExchange exchange(void *opaque, hwaddr addr, bool secure, uint64_t old, uint64_t entry)
{
    nb_exchanges++;
    g_assert_cmphex(memory[addr / 8], ==, old);
    memory[addr / 8] = entry;
    return ARM_EXCHANGE_DONE;
}

static const ARMTableMemory table_memory = { .load = load, .exchange = exchange };

static ARMWalkRegs registers(uint64_t tcr)
{
    memset(memory, 0, sizeof(memory));
    return (ARMWalkRegs){ .tcr = tcr, .ttbr = { 0, 0x10000 }, .pa_bits = 44, .granule_16k = true };
}

static unsigned walk(const ARMWalkRegs *regs, uint64_t address, MMUAccessType access, bool user,
                     ARMWalk *w)
{
    return arm_walk(regs, &table_memory, address, access, user, w);
}

/* 4 KiB pages, four levels: tables at 0, 1000, 2000, 3000. */
static ARMWalkRegs four_levels(uint64_t leaf)
{
    ARMWalkRegs regs = registers(TCR_48_BITS);

    memory[0] = 0x1000 | TABLE;
    memory[0x1000 / 8 + 1] = 0x2000 | TABLE;
    memory[0x2000 / 8 + 2] = 0x3000 | TABLE;
    memory[0x3000 / 8 + 3] = leaf;
    return regs;
}

#define ADDRESS (1ull << 30 | 2ull << 21 | 3ull << 12 | 0x123)

static void test_page(void)
{
    ARMWalkRegs regs = four_levels(0x12345000 | PAGE | NG | 3 << 2);
    ARMWalk w;

    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x12345123);
    g_assert_cmphex(w.size, ==, 0x1000);
    g_assert_false(w.global);
    g_assert_cmpuint(w.attributes, ==, 3);
}

static void test_blocks_of_each_granule(void)
{
    static const struct { uint64_t tg0; unsigned bits, shift; } granules[] = {
        { 0, 39, 30 }, { 2ull << 14, 36, 25 }, { 1ull << 14, 42, 29 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(granules); i++) {
        uint64_t size = 1ull << granules[i].shift;
        ARMWalkRegs regs = registers(T0SZ(granules[i].bits) | granules[i].tg0 | 5ull << 32);
        ARMWalk w;

        memory[2] = (5 * size) | BLOCK;
        g_assert_cmphex(walk(&regs, 2 * size + 0x54321, MMU_DATA_LOAD, false, &w), ==, 0);
        g_assert_cmphex(w.phys, ==, 5 * size + 0x54321);
        g_assert_cmphex(w.size, ==, size);
        g_assert_true(w.global);
    }
}

static void test_faults_name_their_level(void)
{
    ARMWalkRegs regs = four_levels(0);
    ARMWalk w;

    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION | 3);
    memory[0x3000 / 8 + 3] = 0x12345000 | BLOCK; /* no blocks at level 3 */
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION | 3);
    memory[0x3000 / 8 + 3] = 0x12345003; /* AF clear */
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_ACCESS_FLAG | 3);
    memory[0x3000 / 8 + 3] = 1ull << 47 | PAGE; /* beyond 44 bits */
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_ADDRESS_SIZE | 3);
    memory[0x2000 / 8 + 2] = 0;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION | 2);
    memory[0x1000 / 8 + 1] = BAD_TABLE | TABLE;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_EXTERNAL_ON_WALK | 2);
    memory[0] = BLOCK; /* no blocks at level 0 */
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION);
}

static void test_addresses_between_the_halves(void)
{
    ARMWalkRegs regs = four_levels(0x12345000 | PAGE);
    ARMWalk w;

    g_assert_cmphex(walk(&regs, ADDRESS | 1ull << 48, MMU_DATA_LOAD, false, &w), ==,
                    FSC_TRANSLATION);
    g_assert_cmphex(walk(&regs, ADDRESS | 0x5aull << 56, MMU_DATA_LOAD, false, &w), ==,
                    FSC_TRANSLATION);
    regs.tcr |= 1ull << 37; /* TBI0 */
    g_assert_cmphex(walk(&regs, ADDRESS | 0x5aull << 56, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x12345123);
    regs.tcr |= 1ull << 7; /* EPD0 */
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION);
    memory[0x10000 / 8 + 511] = 0x1000 | TABLE; /* the upper half's last gigabytes */
    memory[0x1000 / 8 + 511] = 0x40000000 | BLOCK;
    g_assert_cmphex(walk(&regs, -0x1000ull, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x7ffff000);
}

/* AP, and who may do what: read, write, execute as EL0 and EL1. */
static void test_permissions(void)
{
    static const struct { uint64_t bits; const char *el0, *el1; } rows[] = {
        { AP(0), "--x", "rwx" },       { AP(1), "rwx", "rw-" },      { AP(2), "--x", "r-x" },
        { AP(3), "r-x", "r-x" },       { AP(1) | UXN, "rw-", "rw-" }, { AP(0) | PXN, "--x", "rw-" },
        { AP(3) | PXN | UXN, "r--", "r--" },
    };
    static const MMUAccessType accesses[] = { MMU_DATA_LOAD, MMU_DATA_STORE, MMU_INST_FETCH };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ARMWalkRegs regs = four_levels(0x12345000 | PAGE | rows[i].bits);

        for (int n = 0; n < 6; n++) {
            const char *rights = n < 3 ? rows[i].el0 : rows[i].el1;
            ARMWalk w;

            g_assert_cmphex(walk(&regs, ADDRESS, accesses[n % 3], n < 3, &w), ==,
                            rights[n % 3] == '-' ? FSC_PERMISSION | 3u : 0);
        }
    }
}

static void test_tables_take_rights_away(void)
{
    ARMWalkRegs regs = four_levels(0x12345000 | PAGE | AP(1));
    ARMWalk w;

    memory[0] |= 1ull << 62; /* read-only below */
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_STORE, false, &w), ==, FSC_PERMISSION | 3);
    memory[0x1000 / 8 + 1] |= 1ull << 61; /* not for EL0 */
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, true, &w), ==, FSC_PERMISSION | 3);
    memory[0x2000 / 8 + 2] |= 1ull << 59; /* PXN */
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_INST_FETCH, false, &w), ==, FSC_PERMISSION | 3);
}

static void test_what_is_writable_is_not_executed(void)
{
    ARMWalkRegs regs = four_levels(0x12345000 | PAGE | AP(0));
    ARMWalk w;

    regs.sctlr = SCTLR_WXN;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_INST_FETCH, false, &w), ==, FSC_PERMISSION | 3);
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_STORE, false, &w), ==, 0);
}

/* ---- Extensions ---- */

#define TCR_HA  (1ull << 39)
#define TCR_HD  (1ull << 40)
#define TCR_HPD (1ull << 41)
#define DBM     (1ull << 51)
#define AF      (1ull << 10)

static void test_pan_takes_what_el0_may_access(void)
{
    ARMWalkRegs regs = four_levels(0x5000 | PAGE | AP(1));
    ARMWalk w;

    regs.pan = true;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_PERMISSION | 3);
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, true, &w), ==, 0);
    regs = four_levels(0x5000 | PAGE | AP(0));
    regs.pan = true;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_STORE, false, &w), ==, 0);
}

static void test_hardware_sets_the_access_flag(void)
{
    ARMWalkRegs regs = four_levels((0x5000 | PAGE) & ~AF);
    ARMWalk w;

    nb_exchanges = 0;
    regs.tcr |= TCR_HA;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, FSC_ACCESS_FLAG | 3);
    regs.access_flag = true;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(memory[0x3000 / 8 + 3], ==, 0x5000 | PAGE);
    g_assert_cmpuint(nb_exchanges, ==, 1);
}

static ARMExchange exchange_too_late(void *opaque, hwaddr addr, bool secure, uint64_t old, uint64_t entry)
{
    nb_exchanges++;
    return ARM_EXCHANGE_CHANGED;
}

/* Another CPU that writes the descriptor in a loop, or a table in a device's registers. */
static void test_a_descriptor_that_never_rests(void)
{
    static const ARMTableMemory restless = { .load = load, .exchange = exchange_too_late };
    ARMWalkRegs regs = four_levels((0x5000 | PAGE) & ~AF);
    ARMWalk w;

    nb_exchanges = 0;
    regs.tcr |= TCR_HA;
    regs.access_flag = true;
    g_assert_cmphex(arm_walk(&regs, &restless, ADDRESS, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x5123);
    g_assert_cmpuint(nb_exchanges, >, 1);
    g_assert_cmphex(memory[0x3000 / 8 + 3], ==, (0x5000 | PAGE) & ~AF);
}

static void test_a_store_makes_a_clean_page_dirty(void)
{
    ARMWalkRegs regs = four_levels(0x5000 | PAGE | AP(2) | DBM);
    ARMWalk w;

    regs.tcr |= TCR_HA | TCR_HD;
    regs.access_flag = true;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_STORE, false, &w), ==, FSC_PERMISSION | 3);
    regs.dirty_state = true;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_false(w.prot & PAGE_WRITE);
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_STORE, false, &w), ==, 0);
    g_assert_true(w.prot & PAGE_WRITE);
    g_assert_cmphex(memory[0x3000 / 8 + 3], ==, 0x5000 | PAGE | AP(0) | DBM);
    /* EL0 may not, and leaves it as it is */
    regs = four_levels(0x5000 | PAGE | AP(2) | DBM);
    regs.tcr |= TCR_HA | TCR_HD;
    regs.access_flag = regs.dirty_state = true;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_STORE, true, &w), ==, FSC_PERMISSION | 3);
    g_assert_cmphex(memory[0x3000 / 8 + 3], ==, 0x5000 | PAGE | AP(2) | DBM);
}

static void test_tables_permissions_can_be_off(void)
{
    ARMWalkRegs regs = four_levels(0x5000 | PAGE);
    ARMWalk w;

    memory[0] |= 2ull << 61; /* APTable: read only */
    regs.tcr |= TCR_HPD;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_STORE, false, &w), ==, FSC_PERMISSION | 3);
    regs.hpds = true;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_STORE, false, &w), ==, 0);
}

static void test_el0_has_nothing_where_e0pd_says_so(void)
{
    ARMWalkRegs regs = four_levels(0x5000 | PAGE | AP(1));
    ARMWalk w;

    regs.tcr |= 1ull << 55;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, true, &w), ==, 0);
    regs.e0pd = true;
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, true, &w), ==, FSC_TRANSLATION);
    g_assert_cmphex(walk(&regs, ADDRESS, MMU_DATA_LOAD, false, &w), ==, 0);
}

/* 64 KiB granules, 52 bits of address to 52 bits: level 1 has ten bits. */
static void test_addresses_of_52_bits(void)
{
    ARMWalkRegs regs = registers(T0SZ(52) | 1ull << 14 | 6ull << 32);
    uint64_t address = 3ull << 50 | 5ull << 42 | 2ull << 29 | 7ull << 16 | 0x1234;
    ARMWalk w;

    regs.pa_bits = 52;
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION);
    regs.wide_64k = true;
    memory[address >> 42] = 0x10000 | TABLE;
    memory[0x10000 / 8 + 2] = 0x20000 | TABLE;
    memory[0x20000 / 8 + 7] = 0x50000 | 0xaull << 12 | PAGE;
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.phys, ==, 0xaull << 48 | 0x51234);
}

/* 4 KiB granules: from level -1, which has four bits; descriptors have 51:50 where shareability was. */
static ARMWalkRegs wide_4k(void)
{
    ARMWalkRegs regs = registers(T0SZ(52) | 6ull << 32 | 1ull << 59 | 2ull << 12);

    regs.pa_bits = 52;
    regs.lpa2 = true;
    memory[5] = 0x1000 | TABLE;
    memory[0x1000 / 8 + 1] = 0x2000 | TABLE;
    memory[0x2000 / 8 + 1] = 0x3000 | TABLE;
    memory[0x3000 / 8 + 2] = 0x4000 | TABLE;
    memory[0x4000 / 8 + 3] = 9ull << 46 | 0x12345000 | 2 << 8 | PAGE;
    return regs;
}

static void test_52_bits_with_small_granules(void)
{
    ARMWalkRegs regs = wide_4k();
    uint64_t address = 5ull << 48 | 1ull << 39 | ADDRESS;
    ARMWalk w;

    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.phys, ==, 2ull << 50 | 9ull << 46 | 0x12345123);
    g_assert_cmpuint(w.shareability, ==, 2); /* TCR's */
    g_assert_cmphex(walk(&regs, address | 1ull << 51, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION_TOP);
    memory[5] |= 3 << 8;
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, FSC_EXTERNAL_ON_WALK | 0);
    regs.pa_bits = 48;
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, FSC_ADDRESS_SIZE_TOP);
    regs = wide_4k();
    regs.ttbr[0] = 1 << 2; /* bit 48 */
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, FSC_EXTERNAL_ON_WALK_TOP);
    regs = wide_4k();
    memory[0x1000 / 8 + 1] = 1ull << 39 | 1 << 8 | BLOCK; /* of 512 GiB */
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.phys, ==, 1ull << 50 | 1ull << 39 | ADDRESS);
    g_assert_cmphex(w.size, ==, 1ull << 39);
    regs.tcr &= ~(1ull << 59); /* 48 bits, from level 0 */
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION);
    regs = wide_4k();
    regs.lpa2 = false;
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION);
}

/* 16 KiB: 52 bits begin at level 0 with five. */
static void test_52_bits_with_16k(void)
{
    ARMWalkRegs regs = registers(T0SZ(52) | 2ull << 14 | 6ull << 32 | 1ull << 59);
    uint64_t address = 9ull << 47 | 1ull << 36 | 2ull << 25 | 3ull << 14 | 0x123;
    ARMWalk w;

    regs.pa_bits = 52;
    regs.lpa2 = true;
    memory[9] = 0x4000 | TABLE;
    memory[0x4000 / 8 + 1] = 0x8000 | TABLE;
    memory[0x8000 / 8 + 2] = 0xc000 | TABLE;
    memory[0xc000 / 8 + 3] = 1ull << 49 | 0x14000 | 3 << 8 | PAGE;
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.phys, ==, 3ull << 50 | 1ull << 49 | 0x14123);
    memory[0x4000 / 8 + 1] = 1ull << 36 | BLOCK;
    g_assert_cmphex(walk(&regs, address, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.size, ==, 1ull << 36);
}

static void test_small_tables(void)
{
    ARMWalkRegs regs = registers(48 | 5ull << 32);
    ARMWalk w;

    regs.small_tables = true;
    memory[3] = 0x5000 | PAGE;
    g_assert_cmphex(walk(&regs, 0x3456, MMU_DATA_LOAD, false, &w), ==, 0);
    g_assert_cmphex(w.phys, ==, 0x5456);
    g_assert_cmphex(walk(&regs, 0x13456, MMU_DATA_LOAD, false, &w), ==, FSC_TRANSLATION);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arm-mmu/page", test_page);
    g_test_add_func("/arm-mmu/blocks-of-each-granule", test_blocks_of_each_granule);
    g_test_add_func("/arm-mmu/faults-name-their-level", test_faults_name_their_level);
    g_test_add_func("/arm-mmu/addresses-between-the-halves", test_addresses_between_the_halves);
    g_test_add_func("/arm-mmu/permissions", test_permissions);
    g_test_add_func("/arm-mmu/tables-take-rights-away", test_tables_take_rights_away);
    g_test_add_func("/arm-mmu/what-is-writable-is-not-executed",
                    test_what_is_writable_is_not_executed);
    g_test_add_func("/arm-mmu/pan-takes-what-el0-may-access", test_pan_takes_what_el0_may_access);
    g_test_add_func("/arm-mmu/hardware-sets-the-access-flag", test_hardware_sets_the_access_flag);
    g_test_add_func("/arm-mmu/a-descriptor-that-never-rests", test_a_descriptor_that_never_rests);
    g_test_add_func("/arm-mmu/a-store-makes-a-clean-page-dirty",
                    test_a_store_makes_a_clean_page_dirty);
    g_test_add_func("/arm-mmu/tables-permissions-can-be-off", test_tables_permissions_can_be_off);
    g_test_add_func("/arm-mmu/el0-has-nothing-where-e0pd-says-so",
                    test_el0_has_nothing_where_e0pd_says_so);
    g_test_add_func("/arm-mmu/addresses-of-52-bits", test_addresses_of_52_bits);
    g_test_add_func("/arm-mmu/52-bits-with-small-granules", test_52_bits_with_small_granules);
    g_test_add_func("/arm-mmu/52-bits-with-16k", test_52_bits_with_16k);
    g_test_add_func("/arm-mmu/small-tables", test_small_tables);
    return g_test_run();
}
