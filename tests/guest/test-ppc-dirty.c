/*
 * Guest stores and dirty tracking: every page that code stores to is reported by the next harvest,
 * and no other is, also while the code runs. On the back end named by the first argument: host or
 * interp.
 *
 * Code stores untranslated (through the memory window, on the host back end) and through a page
 * table (through the TLB).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-machine.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/cpus.h"
#include "system/memory.h"
#include "system/ramblock.h"
#include "target/ppc/mmu-hash.h"

#define CLIENT       DIRTY_MEMORY_VGA
#define TABLE        0x00100000u
#define FIRST        0x40u /* page numbers: those that cases store to; the host writes to others */
#define END          0x80u
#define ADDRESS(p)   ((p) << TARGET_PAGE_BITS)
#define HARVEST_NS   (100 * SCALE_US)
#ifdef __SANITIZE_THREAD__
#define INTERPRETED_ROUNDS 20000
#else
#define INTERPRETED_ROUNDS 500000
#endif

#define D(op, rt, ra, d)  ((op) << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xffff))
#define X(xo, rt, ra, rb) (31u << 26 | (rt) << 21 | (ra) << 16 | (rb) << 11 | (xo) << 1)
#define ADDI(rt, ra, si)  D(14u, rt, ra, si)
#define STW(rs, d, ra)    D(36u, rs, ra, d)
#define STWX(rs, ra, rb)  X(151u, rs, ra, rb)
#define DCBZ(ra, rb)      X(1014u, 0, ra, rb)
#define MTCTR(rs)         (X(467u, rs, 0, 0) | 9 << 16)
#define BCTRL             0x4e800421u
#define BLR               0x4e800020u
#define ISYNC             0x4c00012cu
#define BDNZ(offset)      (0x42000000u | ((offset)&0xfffc))
/* rlwinm ra,rs,sh,mb,me */
#define RLWINM(ra, rs, sh, mb, me) \
    (21u << 26 | (rs) << 21 | (ra) << 16 | (sh) << 11 | (mb) << 6 | (me) << 1)

static PPCTestState s;
static MemoryRegion *ram;
static uint32_t nb_rounds; /* of loops that run for some hundred milliseconds */

/* ---- Set-up ---- */

static void poke(uint32_t addr, uint32_t value)
{
    uint8_t bytes[4];

    stl_be_p(bytes, value);
    address_space_write(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, bytes, 4);
}

/* A page table that maps the pages of cases where they are, as written to before. */
static void fill_page_table(void)
{
    address_space_set(&address_space_memory, TABLE, 0, 0x10000, MEMTXATTRS_UNSPECIFIED);
    for (uint32_t p = FIRST; p < END; p++) {
        uint32_t pteg = ppc_pteg_address(TABLE, 0, ADDRESS(p), 0);

        while (ldub_phys(&address_space_memory, pteg) & PTE0_V >> 24) {
            pteg += 8;
        }
        poke(pteg, PTE0_V | (ADDRESS(p) >> 22 & 0x3f));
        poke(pteg + 4, ADDRESS(p) | PTE1_R | PTE1_C | 2);
    }
}

static void begin(uint32_t msr)
{
    fill_page_table();
    ppc_state_init(&s);
    s.msr = msr | MSR_ME;
    s.spr[SPR_SDR1] = TABLE;
    for (unsigned i = 0; i < 16; i++) {
        s.sr[i] = i;
    }
    memory_region_set_log(ram, true, CLIENT);
    memory_region_reset_dirty(ram, 0, PPC_RAM_SIZE, CLIENT);
}

static void end(void)
{
    memory_region_set_log(ram, false, CLIENT);
}

#define RUN(...)                                                                                   \
    do {                                                                                           \
        const uint32_t code_[] = { __VA_ARGS__ };                                                  \
        ppc_machine_run(&s, code_, ARRAY_SIZE(code_));                                             \
        g_assert_cmphex(s.stop, ==, (msr) ? PPC_EXCP_SYSCALL : PPC_STOP_END);         \
        s.msr = msr | MSR_ME;                                                                      \
        s.nip = PPC_CODE;                                                                          \
    } while (0)

/* "40 43": what a harvest reports. */
static void expect_dirty(const char *text)
{
    g_autofree DirtyBitmapSnapshot *snap = memory_region_snapshot_and_clear_dirty(
        ram, ADDRESS(FIRST), ADDRESS(END - FIRST), CLIENT);
    g_autoptr(GString) found = g_string_new("");

    for (uint32_t p = FIRST; p < END; p++) {
        if (memory_region_snapshot_get_dirty(ram, snap, ADDRESS(p), TARGET_PAGE_SIZE)) {
            g_string_append_printf(found, "%s%x", found->len ? " " : "", p);
        }
    }
    g_assert_cmpstr(found->str, ==, text);
}

/* ---- Cases: run with MSR `msr`, that is untranslated or translated ---- */

static void stores_are_reported_once(uint32_t msr)
{
    begin(msr);
    s.gpr[4] = ADDRESS(0x41);
    s.gpr[5] = ADDRESS(0x70) + 0xffc;
    RUN(STW(3, 0, 4), STW(3, 4, 4), STW(3, 0, 5));
    expect_dirty("41 70");
    expect_dirty("");
    RUN(STW(3, 8, 4));
    expect_dirty("41");
    RUN(ADDI(3, 3, 1));
    expect_dirty("");
    end();
    RUN(STW(3, 8, 4));
    expect_dirty("");
}

static void a_store_across_pages_reports_both(uint32_t msr)
{
    begin(msr);
    s.gpr[4] = ADDRESS(0x51) - 2;
    RUN(STW(3, 0, 4));
    expect_dirty("50 51");
    end();
}

static void dcbz_is_reported(uint32_t msr)
{
    begin(msr);
    s.gpr[4] = ADDRESS(0x60);
    RUN(DCBZ(0, 4));
    expect_dirty("60");
    end();
}

/* The page is guarded for two reasons. */
static void a_store_to_clean_code_counts_for_both(uint32_t msr)
{
    begin(msr);
    poke(ADDRESS(0x48), ADDI(3, 0, 1));
    poke(ADDRESS(0x48) + 4, BLR);
    memory_region_reset_dirty(ram, 0, PPC_RAM_SIZE, CLIENT);
    s.gpr[4] = ADDRESS(0x48);
    s.gpr[5] = ADDI(3, 0, 2);
    RUN(MTCTR(4), BCTRL, STW(5, 0, 4), ISYNC, BCTRL);
    g_assert_cmpint(s.gpr[3], ==, 2);
    expect_dirty("48");
    s.gpr[5] = ADDI(3, 0, 3);
    RUN(MTCTR(4), BCTRL, STW(5, 0, 4), ISYNC, BCTRL);
    g_assert_cmpint(s.gpr[3], ==, 3);
    expect_dirty("48");
    end();
}

/* ---- While code runs ---- */

static uint8_t mirror[PPC_RAM_SIZE];
static unsigned nb_harvests, nb_copied;

/* What a display or a migration does: copies what changed. */
static void copy_dirty_pages(void)
{
    g_autofree DirtyBitmapSnapshot *snap = memory_region_snapshot_and_clear_dirty(
        ram, ADDRESS(FIRST), ADDRESS(END - FIRST), CLIENT);

    for (uint32_t p = FIRST; p < END; p++) {
        if (memory_region_snapshot_get_dirty(ram, snap, ADDRESS(p), TARGET_PAGE_SIZE)) {
            memcpy(mirror + ADDRESS(p), (uint8_t *)memory_region_get_ram_ptr(ram) + ADDRESS(p),
                   TARGET_PAGE_SIZE);
            nb_copied++;
        }
    }
    nb_harvests++;
}

static void harvest_and_go_on(void *opaque)
{
    QEMUTimer **timer = opaque;

    copy_dirty_pages();
    timer_mod(*timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + HARVEST_NS);
}

static void a_mirror_never_misses_a_store(uint32_t msr)
{
    QEMUTimer *timer = timer_new_ns(QEMU_CLOCK_REALTIME, harvest_and_go_on, &timer);
    const uint8_t *host = memory_region_get_ram_ptr(ram);

    begin(msr);
    memcpy(mirror, host, sizeof(mirror));
    nb_harvests = nb_copied = 0;
    s.gpr[4] = nb_rounds;
    s.gpr[6] = ADDRESS(FIRST);
    timer_mod(timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME));
    /* r5: the count's low bits, spread over all words of all pages */
    RUN(MTCTR(4), ADDI(3, 3, 1), RLWINM(5, 3, 7, 14, 29), STWX(3, 5, 6), BDNZ(-12));
    timer_free(timer);
    g_assert_cmpuint(nb_harvests, >, 1);
    copy_dirty_pages();
    g_assert_cmpuint(nb_copied, >, END - FIRST);
    for (uint32_t p = FIRST; p < END; p++) {
        g_assert_cmpmem(mirror + ADDRESS(p), TARGET_PAGE_SIZE, host + ADDRESS(p), TARGET_PAGE_SIZE);
    }
    end();
}

static bool moved;

static void hold_and_look(void *opaque)
{
    QEMUTimer **timer = opaque;
    uint32_t before;

    cpus_hold();
    before = ldl_be_phys(&address_space_memory, ADDRESS(FIRST));
    g_usleep(1000);
    moved |= ldl_be_phys(&address_space_memory, ADDRESS(FIRST)) != before;
    nb_harvests++;
    timer_mod(*timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + HARVEST_NS);
}

static void held_cpus_stand_still(uint32_t msr)
{
    QEMUTimer *timer = timer_new_ns(QEMU_CLOCK_REALTIME, hold_and_look, &timer);

    begin(msr);
    nb_harvests = 0;
    moved = false;
    s.gpr[4] = nb_rounds;
    s.gpr[6] = ADDRESS(FIRST);
    timer_mod(timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME));
    RUN(MTCTR(4), ADDI(3, 3, 1), STW(3, 0, 6), BDNZ(-8));
    timer_free(timer);
    g_assert_cmpuint(nb_harvests, >, 1);
    g_assert_false(moved);
    end();
}

static const struct {
    const char *name;
    void (*run)(uint32_t msr);
} cases[] = {
    { "stores-are-reported-once", stores_are_reported_once },
    { "a-store-across-pages-reports-both", a_store_across_pages_reports_both },
    { "dcbz-is-reported", dcbz_is_reported },
    { "a-store-to-clean-code-counts-for-both", a_store_to_clean_code_counts_for_both },
    { "a-mirror-never-misses-a-store", a_mirror_never_misses_a_store },
    { "held-cpus-stand-still", held_cpus_stand_still },
};

static void run_untranslated(const void *data)
{
    cases[GPOINTER_TO_UINT(data)].run(0);
}

static void run_translated(const void *data)
{
    cases[GPOINTER_TO_UINT(data)].run(MSR_DR);
}

int main(int argc, char **argv)
{
    bool interpreter;
    int result;

    g_test_init(&argc, &argv, NULL);
    interpreter = argc > 1 && !strcmp(argv[1], "interp");
    nb_rounds = interpreter ? INTERPRETED_ROUNDS : 50000000;
    ppc_machine_init(interpreter);
    ram = address_space_lookup(&address_space_memory, 0).mr;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *plain = g_strdup_printf("/ppc/dirty/%s", cases[i].name);
        g_autofree char *paged = g_strdup_printf("/ppc/dirty/translated/%s", cases[i].name);

        g_test_add_data_func(plain, GUINT_TO_POINTER(i), run_untranslated);
        g_test_add_data_func(paged, GUINT_TO_POINTER(i), run_translated);
    }
    result = g_test_run();
    ppc_machine_exit();
    return result;
}
