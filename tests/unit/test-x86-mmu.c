/*
 * The x86 page walk: formats, rights, error codes, accessed and dirty bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/cputlb.h"
#include "target/i386/cpu.h"
#include "target/i386/mmu-walk.h"

/* Tables: physical memory from 0 on. */
static uint8_t memory[64 * KiB];
static unsigned nb_writes;
static uint64_t meddle_at, meddle_with; /* an entry that somebody else changes meanwhile */

static uint64_t load(void *opaque, uint64_t addr, unsigned size)
{
    uint64_t value = 0;

    g_assert_cmpuint(addr + size, <=, sizeof(memory));
    memcpy(&value, memory + addr, size);
    return value;
}

static void put(uint64_t addr, uint64_t value, unsigned size)
{
    memcpy(memory + addr, &value, size);
}

static uint32_t exchange(void *opaque, uint64_t addr, uint32_t old, uint32_t new)
{
    uint32_t found;

    if (addr == meddle_at && meddle_with) {
        put(addr, meddle_with, 8);
        meddle_with = 0;
    }
    found = load(NULL, addr, 4);
    if (found == old) {
        put(addr, new, 4);
        nb_writes++;
    }
    return found;
}

static const X86TableMemory tables = { load, exchange, NULL };
static const X86TableMemory read_only = { load, NULL, NULL };
static const X86WalkMode kernel = { 0 }, user = { .user = true }, smap = { .smap = true };

enum { P = X86_PTE_P, W = X86_PTE_W, U = X86_PTE_U, A = X86_PTE_A, D = X86_PTE_D,
       PS = X86_PTE_PS, G = X86_PTE_G };
#define NX X86_PTE_NX

static void clear_tables(void)
{
    memset(memory, 0, sizeof(memory));
    nb_writes = 0;
    meddle_at = meddle_with = 0;
}

static X86WalkRegs long_mode(void)
{
    return (X86WalkRegs){ .cr3 = 0x1000, .cr4 = CR4_PAE, .long_mode = true, .no_execute = true,
                          .write_protect = true, .physical_bits = 40,
                          .address_mask = UINT64_MAX };
}

/* One page, at 0x4000 of the address space, through tables that let everything through. */
static void map_long(uint64_t pte)
{
    clear_tables();
    put(0x1000, 0x2000 | P | W | U, 8);
    put(0x2000, 0x3000 | P | W | U, 8);
    put(0x3000, 0x4000 | P | W | U, 8);
    put(0x4000 + 4 * 8, pte, 8);
}

static uint32_t walk_at(const X86WalkRegs *regs, uint64_t addr, MMUAccessType access,
                        X86WalkMode mode, X86Walk *walk)
{
    return x86_walk(regs, &tables, addr, access, mode, walk);
}

/* ---- Formats ---- */

static void test_32bit(void)
{
    X86WalkRegs regs = { .cr3 = 0x1018, .physical_bits = 36, .has_pse36 = true,
                         .address_mask = UINT64_MAX };
    X86Walk walk;

    clear_tables();
    put(0x1000 + 4 * 0x200, 0x2000 | P | W, 4);
    put(0x2000 + 4 * 3, 0xabcde000 | P | W | PS, 4); /* PS is PAT's bit there */
    put(0x1000 + 4 * 1, 0x12c02000 | P | W | PS, 4);
    g_assert_cmpuint(walk_at(&regs, 0x80003456, MMU_DATA_LOAD, kernel, &walk), ==, X86_WALK_OK);
    g_assert_cmphex(walk.phys, ==, 0xabcde456);
    g_assert_cmpuint(walk.size, ==, 4 * KiB);
    g_assert_cmpuint(walk_at(&regs, 0x80004456, MMU_DATA_LOAD, kernel, &walk), ==, 0);

    /* Without CR4.PSE the entry is a table's, of which there is nothing. */
    put(0x1000 + 4 * 1, 0x3000 | P | W | PS, 4);
    g_assert_cmpuint(walk_at(&regs, 0x400123, MMU_DATA_LOAD, kernel, &walk), ==, 0);
    regs.cr4 = CR4_PSE;
    put(0x1000 + 4 * 1, 0x12c02000 | P | W | PS, 4);
    g_assert_cmpuint(walk_at(&regs, 0x7fff23, MMU_DATA_LOAD, kernel, &walk), ==, X86_WALK_OK);
    g_assert_cmphex(walk.phys, ==, 0x112ffff23); /* PSE-36: bit 13 is address bit 32 */
    g_assert_cmpuint(walk.size, ==, 4 * MiB);
    put(0x1000 + 4 * 1, 0x12c20000 | P | W | PS, 4); /* bit 17 would be address bit 36 */
    g_assert_cmpuint(walk_at(&regs, 0x400123, MMU_DATA_LOAD, kernel, &walk), ==,
                     X86_PF_P | X86_PF_RSVD);
    regs.has_pse36 = false;
    put(0x1000 + 4 * 1, 0x12c02000 | P | W | PS, 4);
    g_assert_cmpuint(walk_at(&regs, 0x400123, MMU_DATA_STORE, kernel, &walk), ==,
                     X86_PF_P | X86_PF_RSVD | X86_PF_W);
}

static void test_pae(void)
{
    X86WalkRegs regs = { .cr3 = 0, .cr4 = CR4_PAE, .physical_bits = 36, .no_execute = true,
                         .address_mask = UINT64_MAX,
                         .pdptr = { 0, 0, 0x2000 | P, 0 } };
    X86Walk walk;

    clear_tables();
    put(0x2000 + 8 * 1, 0x3000 | P | W | U, 8);
    put(0x2000 + 8 * 2, 0xe00600000 | P | W | U | PS | NX, 8);
    put(0x3000 + 8 * 0x1ff, 0xfffffe000 | P | W | U, 8);
    g_assert_cmpuint(walk_at(&regs, 0x803ff321, MMU_INST_FETCH, kernel, &walk), ==, X86_WALK_OK);
    g_assert_cmphex(walk.phys, ==, 0xfffffe321);
    g_assert_cmpuint(walk_at(&regs, 0x80412345, MMU_DATA_LOAD, kernel, &walk), ==, X86_WALK_OK);
    g_assert_cmphex(walk.phys, ==, 0xe00612345);
    g_assert_cmpuint(walk.size, ==, 2 * MiB);
    g_assert_cmpint(walk.prot & PAGE_EXEC, ==, 0);
    g_assert_cmpuint(walk_at(&regs, 0x40000000, MMU_DATA_LOAD, kernel, &walk), ==, 0);
    g_assert_cmpuint(walk.skip, ==, 1 * GiB);
    put(0x3000, 0x1000000000 | P, 8); /* bit 36 */
    g_assert_cmpuint(walk_at(&regs, 0x80200000, MMU_DATA_LOAD, kernel, &walk), ==,
                     X86_PF_P | X86_PF_RSVD);
    put(0x3000, 1ull << 52 | P, 8); /* software's in long mode only */
    g_assert_cmpuint(walk_at(&regs, 0x80200000, MMU_DATA_LOAD, kernel, &walk), ==,
                     X86_PF_P | X86_PF_RSVD);
    g_assert_cmphex(x86_pdptr_reserved(36), ==, 0xfffffff0000001e6);
}

static void test_long(void)
{
    X86WalkRegs regs = long_mode();
    X86Walk walk;

    map_long(0xabcd000 | P | W | U | 1ull << 52);
    g_assert_cmpuint(walk_at(&regs, 0x4567, MMU_DATA_LOAD, user, &walk), ==, X86_WALK_OK);
    g_assert_cmphex(walk.phys, ==, 0xabcd567);
    g_assert_false(walk.global);

    /* 1 GiB pages where there are such. */
    put(0x2000 + 8, 0x40000000 | P | W | U | PS, 8);
    g_assert_cmpuint(walk_at(&regs, 0x40000000, MMU_DATA_LOAD, user, &walk), ==,
                     X86_PF_P | X86_PF_RSVD | X86_PF_U);
    regs.has_1g_pages = true;
    g_assert_cmpuint(walk_at(&regs, 0x7fffffff, MMU_DATA_LOAD, user, &walk), ==, X86_WALK_OK);
    g_assert_cmphex(walk.phys, ==, 0x7fffffff);
    g_assert_cmpuint(walk.size, ==, 1 * GiB);
    put(0x2000 + 8, 0x40002000 | P | W | U | PS, 8);
    g_assert_cmpuint(walk_at(&regs, 0x40000000, MMU_DATA_LOAD, user, &walk), ==,
                     X86_PF_P | X86_PF_RSVD | X86_PF_U);

    /* NX is reserved without EFER.NXE, and then fetches aren't told from loads. */
    map_long(0xabcd000 | P | W | U | NX);
    regs.no_execute = false;
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_INST_FETCH, user, &walk), ==,
                     X86_PF_P | X86_PF_RSVD | X86_PF_U);
    regs.no_execute = true;
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_INST_FETCH, user, &walk), ==,
                     X86_PF_P | X86_PF_U | X86_PF_FETCH);

    /* Five levels: one more above; PS is reserved in the upper two. */
    map_long(0xabcd000 | P);
    regs.cr4 |= CR4_LA57;
    regs.cr3 = 0x5000;
    put(0x5000 + 8 * 0x1ff, 0x1000 | P | W | U, 8);
    g_assert_cmpuint(walk_at(&regs, 0xffff000000004000, MMU_DATA_LOAD, kernel, &walk), ==,
                     X86_WALK_OK);
    g_assert_cmphex(walk.phys, ==, 0xabcd000);
    put(0x5000 + 8 * 0x1ff, 0x1000 | P | W | U | PS, 8);
    g_assert_cmpuint(walk_at(&regs, 0xffff000000004000, MMU_DATA_LOAD, kernel, &walk), ==,
                     X86_PF_P | X86_PF_RSVD);
}

/* ---- Rights ---- */

typedef struct RightsCase {
    uint64_t pte;
    X86WalkMode mode;
    MMUAccessType access;
    uint64_t cr4;
    bool write_protect;
    uint32_t pkru;
    uint32_t result;
} RightsCase;

#define OK X86_WALK_OK
#define KEY(n) ((uint64_t)(n) << 59)

static const RightsCase rights_cases[] = {
    { P, { 0 }, MMU_DATA_LOAD, 0, true, 0, OK },
    { P, { 0 }, MMU_DATA_STORE, 0, true, 0, X86_PF_P | X86_PF_W },
    { P, { 0 }, MMU_DATA_STORE, 0, false, 0, OK },
    { P | W, { .user = true }, MMU_DATA_LOAD, 0, true, 0, X86_PF_P | X86_PF_U },
    { P | U, { .user = true }, MMU_DATA_STORE, 0, false, 0, X86_PF_P | X86_PF_U | X86_PF_W },
    { P | W | U, { .user = true }, MMU_DATA_STORE, 0, true, 0, OK },
    { P | U, { 0 }, MMU_INST_FETCH, CR4_SMEP, true, 0, X86_PF_P | X86_PF_FETCH },
    { P | U, { 0 }, MMU_INST_FETCH, 0, true, 0, OK },
    { P | U, { .user = true }, MMU_INST_FETCH, CR4_SMEP, true, 0, OK },
    { P | U, { .smap = true }, MMU_DATA_LOAD, CR4_SMAP, true, 0, X86_PF_P },
    { P | W | U, { .smap = true }, MMU_DATA_STORE, CR4_SMAP, true, 0, X86_PF_P | X86_PF_W },
    { P, { .smap = true }, MMU_DATA_LOAD, CR4_SMAP, true, 0, OK },
    /* Protection keys: key 5's access and write disable. */
    { P | W | U | KEY(5), { .user = true }, MMU_DATA_LOAD, CR4_PKE, true, 1 << 10,
      X86_PF_P | X86_PF_U | X86_PF_KEY },
    { P | W | U | KEY(5), { .user = true }, MMU_INST_FETCH, CR4_PKE, true, 1 << 10, OK },
    { P | W | U | KEY(5), { .user = true }, MMU_DATA_STORE, CR4_PKE, true, 2 << 10,
      X86_PF_P | X86_PF_U | X86_PF_W | X86_PF_KEY },
    { P | W | U | KEY(5), { .user = true }, MMU_DATA_LOAD, CR4_PKE, true, 2 << 10, OK },
    { P | W | U | KEY(5), { 0 }, MMU_DATA_STORE, CR4_PKE, false, 2 << 10, OK },
    { P | W | U | KEY(5), { 0 }, MMU_DATA_STORE, CR4_PKE, true, 2 << 10,
      X86_PF_P | X86_PF_W | X86_PF_KEY },
    { P | W | KEY(5), { 0 }, MMU_DATA_LOAD, CR4_PKE, true, 1 << 10, OK },
    { P | W | U | KEY(5), { .user = true }, MMU_DATA_LOAD, 0, true, 1 << 10, OK },
};

static void test_rights(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(rights_cases); i++) {
        const RightsCase *c = &rights_cases[i];
        X86WalkRegs regs = long_mode();
        uint32_t result;
        X86Walk walk;

        regs.cr4 |= c->cr4;
        regs.write_protect = c->write_protect;
        regs.pkru = c->pkru;
        map_long(0x8000 | c->pte);
        result = walk_at(&regs, 0x4000, c->access, c->mode, &walk);
        if (result != c->result) {
            g_error("case %zu: %#x, expected %#x", i, result, c->result);
        }
    }
}

/* The least of what the levels give. */
static void test_levels_rights(void)
{
    X86WalkRegs regs = long_mode();
    X86Walk walk;

    map_long(0x8000 | P | W | U);
    put(0x2000, 0x3000 | P | W, 8);
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_LOAD, user, &walk), ==, X86_PF_P | X86_PF_U);
    put(0x2000, 0x3000 | P | U, 8);
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_STORE, user, &walk), ==,
                     X86_PF_P | X86_PF_U | X86_PF_W);
    put(0x2000, 0x3000 | P | W | U | NX, 8);
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_INST_FETCH, user, &walk), ==,
                     X86_PF_P | X86_PF_U | X86_PF_FETCH);
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_LOAD, smap, &walk), ==, X86_PF_P);
}

/* ---- Accessed and dirty ---- */

static void test_accessed_dirty(void)
{
    X86WalkRegs regs = long_mode();
    X86Walk walk;

    map_long(0x8000 | P | W | U);
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_LOAD, kernel, &walk), ==, X86_WALK_OK);
    g_assert_cmpuint(nb_writes, ==, 4);
    g_assert_cmphex(load(NULL, 0x4000 + 32, 8), ==, 0x8000 | P | W | U | A);
    g_assert_cmphex(load(NULL, 0x1000, 8), ==, 0x2000 | P | W | U | A);
    g_assert_cmpint(walk.prot & PAGE_WRITE, ==, 0); /* not before it is dirty */
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_STORE, kernel, &walk), ==, X86_WALK_OK);
    g_assert_cmpuint(nb_writes, ==, 5);
    g_assert_cmphex(load(NULL, 0x4000 + 32, 8), ==, 0x8000 | P | W | U | A | D);
    g_assert_cmpint(walk.prot & PAGE_WRITE, ==, PAGE_WRITE);
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_LOAD, kernel, &walk), ==, X86_WALK_OK);
    g_assert_cmpuint(nb_writes, ==, 5);

    /* An access that faults leaves them alone, and so does who only looks. */
    map_long(0x8000 | P | W);
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_LOAD, user, &walk), ==, X86_PF_P | X86_PF_U);
    g_assert_cmpuint(x86_walk(&regs, &read_only, 0x4000, MMU_DATA_STORE, kernel, &walk), ==,
                     X86_WALK_OK);
    g_assert_cmpuint(nb_writes, ==, 0);
}

/* Another CPU takes the page away while this one sets its bits: the walk begins anew. */
static void test_meddling(void)
{
    X86WalkRegs regs = long_mode();
    X86Walk walk;

    map_long(0x8000 | P | W | U);
    meddle_at = 0x4000 + 32;
    meddle_with = 0x9000;
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_STORE, kernel, &walk), ==, X86_PF_W);
    g_assert_cmphex(load(NULL, 0x4000 + 32, 8), ==, 0x9000);
}

static void test_global(void)
{
    X86WalkRegs regs = long_mode();
    X86Walk walk;

    map_long(0x8000 | P | W | G);
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_LOAD, kernel, &walk), ==, X86_WALK_OK);
    g_assert_false(walk.global);
    regs.cr4 |= CR4_PGE;
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_LOAD, kernel, &walk), ==, X86_WALK_OK);
    g_assert_true(walk.global);
}

/* The gate holds address bit 20 at 0, of tables, too. */
static void test_a20(void)
{
    X86WalkRegs regs = long_mode();
    X86Walk walk;

    regs.address_mask = ~(1ull << 20);
    regs.cr3 |= 1 << 20;
    map_long(0x108000 | P | W);
    g_assert_cmpuint(walk_at(&regs, 0x4000, MMU_DATA_LOAD, kernel, &walk), ==, X86_WALK_OK);
    g_assert_cmphex(walk.phys, ==, 0x8000);
}

/* Never what was read a moment ago, as a device's registers may be. */
static uint32_t exchange_restless(void *opaque, uint64_t addr, uint32_t old, uint32_t new)
{
    return ~old;
}

static void test_restless_tables(void)
{
    const X86TableMemory restless = { load, exchange_restless, NULL };
    X86WalkRegs regs = long_mode();
    X86Walk walk;

    map_long(0x8000 | P | W);
    g_assert_cmpuint(x86_walk(&regs, &restless, 0x4000, MMU_DATA_LOAD, kernel, &walk), ==,
                     X86_WALK_OK);
    g_assert_cmphex(walk.phys, ==, 0x8000);
    g_assert_cmpuint(nb_writes, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/x86-mmu/32-bit", test_32bit);
    g_test_add_func("/x86-mmu/pae", test_pae);
    g_test_add_func("/x86-mmu/long", test_long);
    g_test_add_func("/x86-mmu/rights", test_rights);
    g_test_add_func("/x86-mmu/levels-rights", test_levels_rights);
    g_test_add_func("/x86-mmu/accessed-dirty", test_accessed_dirty);
    g_test_add_func("/x86-mmu/meddling", test_meddling);
    g_test_add_func("/x86-mmu/restless", test_restless_tables);
    g_test_add_func("/x86-mmu/global", test_global);
    g_test_add_func("/x86-mmu/a20", test_a20);
    return g_test_run();
}
