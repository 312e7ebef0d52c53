/*
 * Address translation of the PowerPC CPU by running code: pages, blocks, segments, their faults and
 * attributes, software table search. On the back end named by the first argument: host or interp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-system.h"
#include "accel/tcg/internal.h"
#include "tcg/tcg-internal.h"

/* ---- Data translation ---- */

static void test_data_miss(void)
{
    begin(MSR_DR);
    RUN(LWZ(3, 0x44, 4));
    expect_dsi(0, MSR_DR, EA + 0x44, 0x40000000);
    begin(MSR_DR | MSR_PR);
    RUN(NOP, STW(3, 0x44, 4));
    expect_dsi(1, MSR_DR | MSR_PR, EA + 0x44, 0x42000000);
}

static void test_data_protection(void)
{
    uint32_t pte;

    begin(MSR_DR);
    pte = map(vsid(), EA, PAGE | 3);
    RUN(LWZ(3, 0, 4), STW(3, 8, 4));
    expect_dsi(1, MSR_DR, EA + 8, 0x0a000000);
    g_assert_cmphex(s.gpr[3], ==, 0xaaaa0000);
    g_assert_cmphex(peek(pte), ==, PAGE | PTE1_R | 3);
}

static void test_keys(void)
{
    begin(MSR_DR | MSR_PR);
    map(vsid(), EA, PAGE | RC);
    s.sr[EA >> 28] |= SR_KP;
    RUN(LWZ(3, 0, 4));
    expect_dsi(0, MSR_DR | MSR_PR, EA, 0x08000000);
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC);
    s.sr[EA >> 28] |= SR_KP;
    RUN(LWZ(3, 0, 4));
    expect_end(1);
}

static void test_reference_change(void)
{
    uint32_t pte;

    begin(MSR_DR);
    pte = map(vsid(), EA, PAGE | 2);
    RUN(LWZ(3, 0, 4));
    expect_end(1);
    g_assert_cmphex(peek(pte), ==, PAGE | PTE1_R | 2);
    begin(MSR_DR);
    pte = map(vsid(), EA, PAGE | 2);
    RUN(LWZ(3, 0, 4), LWZ(3, 0, 4), STW(5, 4, 4), LWZ(6, 4, 4));
    expect_end(4);
    g_assert_cmphex(peek(pte), ==, PAGE | RC | 2);
    g_assert_cmphex(s.gpr[6], ==, s.gpr[5]);
    g_assert_cmphex(peek(PAGE + 4), ==, s.gpr[5]);
}

static void test_direct_store(void)
{
    begin(MSR_DR);
    s.sr[1] = SR_T;
    RUN(STW(3, 0, 4));
    expect_dsi(0, MSR_DR, EA, 0x06000000);
}

static void test_update_is_undone(void)
{
    begin(MSR_DR);
    RUN(STWU(3, 0x10, 4));
    expect_dsi(0, MSR_DR, EA + 0x10, 0x42000000);
    g_assert_cmphex(s.gpr[4], ==, EA);
}

static void test_multiple_crosses_into_hole(void)
{
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC | 2);
    s.gpr[30] = 1;
    RUN(LMW(28, 0xff8, 4));
    expect_dsi(0, MSR_DR, EA + 0x1000, 0x40000000);
    g_assert_cmphex(s.gpr[30], ==, 1);
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC | 2);
    s.gpr[30] = EA;
    RUN(LMW(29, 0xff8, 30)); /* rA is among the registers */
    expect_dsi(0, MSR_DR, EA + 0x1000, 0x40000000);
    g_assert_cmphex(s.gpr[30], ==, EA);
}

static void test_unaligned_store_into_hole(void)
{
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC | 2);
    poke(PAGE + 0xffc, 0x11223344);
    RUN(STW(3, 0xffe, 4));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_DSI);
    g_assert_cmphex(s.spr[SPR_DSISR], ==, 0x42000000);
    g_assert_cmphex(s.spr[SPR_DAR], ==, EA + 0x1000);
    g_assert_cmphex(peek(PAGE + 0xffc), ==, 0x11223344);
}

/* ---- What follows changes of the MMU's registers ---- */

/* Low memory one to one, so that code can write the page table. */
static void map_low_memory(void)
{
    s.spr[SPR_DBAT0U] = 0x7c | BATU_VS | BATU_VP;
    s.spr[SPR_DBAT0U + 1] = 2;
}

static void test_tlbie(void)
{
    uint32_t pte;

    begin(MSR_DR);
    map_low_memory();
    pte = map(vsid(), EA, PAGE | RC | 2);
    s.gpr[5] = pte;
    s.gpr[6] = (PAGE + 0x1000) | RC | 2;
    RUN(LWZ(7, 0, 4), STW(6, 0, 5), TLBIE(4), LWZ(8, 0, 4));
    expect_end(4);
    g_assert_cmphex(s.gpr[7], ==, 0xaaaa0000);
    g_assert_cmphex(s.gpr[8], ==, 0xaaaa0001);
}

/* Only the set's index (EA bits 14-19) counts. */
static void test_tlbie_takes_the_whole_set(void)
{
    begin(MSR_DR);
    map_low_memory();
    s.gpr[5] = map(vsid(), EA, PAGE | RC | 2);
    s.gpr[6] = (PAGE + 0x1000) | RC | 2;
    s.gpr[9] = EA ^ 0xfffc0fff;
    RUN(LWZ(7, 0, 4), STW(6, 0, 5), TLBIE(9), LWZ(8, 0, 4));
    expect_end(4);
    g_assert_cmphex(s.gpr[7], ==, 0xaaaa0000);
    g_assert_cmphex(s.gpr[8], ==, 0xaaaa0001);
}

/* What was forgotten and comes back is forgotten the next time, too. */
static void test_tlbie_again(void)
{
    begin(MSR_DR);
    map_low_memory();
    s.gpr[5] = map(vsid(), EA, PAGE | RC | 2);
    s.gpr[6] = (PAGE + 0x1000) | RC | 2;
    s.gpr[9] = PAGE | RC | 2;
    s.gpr[10] = EA + 0x1000;
    RUN(LWZ(7, 0, 4), STW(6, 0, 5), TLBIE(4), TLBIE(4), TLBIE(10), LWZ(7, 0, 4), STW(9, 0, 5),
        TLBIE(4), LWZ(8, 0, 4));
    expect_end(9);
    g_assert_cmphex(s.gpr[7], ==, 0xaaaa0001);
    g_assert_cmphex(s.gpr[8], ==, 0xaaaa0000);
}

static void test_segment_switch(void)
{
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC | 2);
    map(0x777, EA, (PAGE + 0x1000) | RC | 2);
    s.gpr[5] = vsid();
    s.gpr[6] = 0x777;
    RUN(LWZ(7, 0, 4), MTSR(1, 6), LWZ(8, 0, 4), MTSR(1, 5), LWZ(9, 0, 4));
    expect_end(5);
    g_assert_cmphex(s.gpr[7], ==, 0xaaaa0000);
    g_assert_cmphex(s.gpr[8], ==, 0xaaaa0001);
    g_assert_cmphex(s.gpr[9], ==, 0xaaaa0000);
}

/* ---- Loops, whose accesses remember pages ---- */

/* Everything through the page table: without BATs there is no memory window. Four turns of `access`
 * and the sum of r7; then `change`, and all that again, six times. r6 and r10 take turns. */
#define RUN_LOOPS(access, change)                                                                  \
    RUN(LI(12, 6), LI(8, 0), LI(3, 4), MTSPR(SPR_CTR, 3), access, X(266u, 8, 8, 7), BDNZ(-8),      \
        change, ADDI(11, 6, 0), ADDI(6, 10, 0), ADDI(10, 11, 0), D(13u, 12, 12, -1),               \
        BC(4, 2, -40))

#define TABLE_EA (EA + 0x4000)

static void test_loops_see_tlbie(void)
{
    uint32_t pte;

    begin(MSR_DR);
    pte = map(vsid(), EA, PAGE | RC | 2);
    map(vsid(), TABLE_EA, (pte & TARGET_PAGE_MASK) | RC | 2);
    s.gpr[5] = TABLE_EA + (pte & ~TARGET_PAGE_MASK);
    s.gpr[6] = (PAGE + 0x1000) | RC | 2;
    s.gpr[10] = PAGE | RC | 2;
    RUN(LI(12, 6), LI(8, 0), LI(3, 4), MTSPR(SPR_CTR, 3), LWZ(7, 0, 4), X(266u, 8, 8, 7), BDNZ(-8),
        STW(6, 0, 5), TLBIE(4), ADDI(11, 6, 0), ADDI(6, 10, 0), ADDI(10, 11, 0),
        D(13u, 12, 12, -1), BC(4, 2, -44));
    expect_end(14);
    g_assert_cmphex(s.gpr[8], ==, 12 * 0xaaaa0000u + 12 * 0xaaaa0001u);
}

static void test_loops_see_segments(void)
{
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC | 2);
    map(0x777, EA, (PAGE + 0x1000) | RC | 2);
    s.gpr[6] = 0x777;
    s.gpr[10] = vsid();
    RUN_LOOPS(LWZ(7, 0, 4), MTSR(1, 6));
    expect_end(13);
    g_assert_cmphex(s.gpr[8], ==, 12 * 0xaaaa0000u + 12 * 0xaaaa0001u);
}

/* What the loop stores to becomes code, and is code again after each change. */
static void test_loops_store_to_code(void)
{
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC | 2);
    poke(PAGE + 4, 0x4e800020); /* blr */
    s.gpr[6] = ADDI(20, 20, 1);
    s.gpr[10] = ADDI(20, 20, 100);
    s.gpr[20] = s.gpr[7] = 0;
    RUN_LOOPS(STW(6, 0, 4), BRANCH(PAGE - (PPC_CODE + 4 * 7)) | 1);
    expect_end(13);
    g_assert_cmpuint(s.gpr[20], ==, 303);
}

/* The end of one page is not the beginning of the next, whatever the loop was in before. */
static void loops_cross_pages(uint32_t msr)
{
    begin(msr);
    map(vsid(), EA, PAGE | RC | 2);
    map(vsid(), EA + 0x1000, (PAGE + 0x3000) | RC | 2);
    poke(PAGE + 0xffc, 0x11223344);
    poke(PAGE + 0x3000, 0x55667788);
    s.gpr[6] = EA + 0xffa;
    RUN(LI(8, 0), LI(3, 8), MTSPR(SPR_CTR, 3), LWZ(7, 0, 6), X(266u, 8, 8, 7), ADDI(6, 6, 1),
        BDNZ(-12));
    expect_end(7);
    g_assert_cmphex(s.gpr[8], ==, 0x00001122u + 0x00112233u + 0x11223344u + 0x22334455u +
                                      0x33445566u + 0x44556677u + 0x55667788u + 0x66778800u);
}

static void test_loops_cross_pages(void)
{
    loops_cross_pages(MSR_DR);
}

/* ---- User code's loops, which regions run through paged windows ---- */

#define TRAP 0x7fe00008u

/*
 * Six times: four turns of `access` and the sum of r7, then a trap, whose handler does `change`, lets
 * r6 and r10 take turns and comes back. Untranslated, but for user code's data.
 */
#define RUN_USER_LOOPS(access, ...)                                                                \
    do {                                                                                           \
        const uint32_t handler[] = { __VA_ARGS__, ADDI(11, 6, 0), ADDI(6, 10, 0), ADDI(10, 11, 0), \
                                     MFSPR(11, SPR_SRR0), ADDI(11, 11, 4), MTSPR(SPR_SRR0, 11),    \
                                     RFI };                                                        \
        uint64_t shown = pages_shown();                                                            \
                                                                                                   \
        put_handler(handler, ARRAY_SIZE(handler));                                                 \
        RUN(LI(12, 6), LI(8, 0), LI(3, 4), MTSPR(SPR_CTR, 3), access, X(266u, 8, 8, 7), BDNZ(-8),  \
            TRAP, D(13u, 12, 12, -1), BC(4, 2, -28));                                              \
        put_handler(NULL, 0);                                                                      \
        expect_end(10);                                                                            \
        g_assert_true(pages_shown() > shown || !uses_paged_windows());                             \
    } while (0)

static uint64_t pages_shown(void)
{
    return CPU(ppc_machine_cpu())->tcg->stats.pages_shown;
}

static bool uses_paged_windows(void)
{
    return tcg_backend_kind == TCG_BACKEND_HOST && region_mode == TCG_REGIONS_FORCED;
}

/* At the program exception's vector; NULL: what was there. */
static void put_handler(const uint32_t *code, size_t n)
{
    static uint32_t before[16];

    g_assert_cmpuint(n, <=, ARRAY_SIZE(before));
    for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
        if (code) {
            before[i] = peek(0x700 + 4 * i);
        }
        if (!code || i < n) {
            poke(0x700 + 4 * i, code ? code[i] : before[i]);
        }
    }
}

static void begin_user_loops(void)
{
    begin(MSR_DR | MSR_PR);
    map(vsid(), EA, PAGE | RC | 2);
}

static void test_user_loops_see_tlbie(void)
{
    begin(MSR_DR | MSR_PR);
    s.gpr[5] = map(vsid(), EA, PAGE | RC | 2);
    s.gpr[6] = (PAGE + 0x1000) | RC | 2;
    s.gpr[10] = PAGE | RC | 2;
    RUN_USER_LOOPS(LWZ(7, 0, 4), STW(6, 0, 5), TLBIE(4));
    g_assert_cmphex(s.gpr[8], ==, 12 * 0xaaaa0000u + 12 * 0xaaaa0001u);
}

/* Another page of the same set goes, too. */
static void test_user_loops_see_the_set_go(void)
{
    begin(MSR_DR | MSR_PR);
    s.gpr[5] = map(vsid(), EA, PAGE | RC | 2);
    s.gpr[6] = (PAGE + 0x1000) | RC | 2;
    s.gpr[9] = EA ^ 0xfffc0fff;
    s.gpr[10] = PAGE | RC | 2;
    RUN_USER_LOOPS(LWZ(7, 0, 4), STW(6, 0, 5), TLBIE(9));
    g_assert_cmphex(s.gpr[8], ==, 12 * 0xaaaa0000u + 12 * 0xaaaa0001u);
}

static void test_user_loops_see_segments(void)
{
    begin_user_loops();
    map(0x777, EA, (PAGE + 0x1000) | RC | 2);
    s.gpr[6] = 0x777;
    s.gpr[10] = vsid();
    RUN_USER_LOOPS(LWZ(7, 0, 4), MTSR(1, 6));
    g_assert_cmphex(s.gpr[8], ==, 12 * 0xaaaa0000u + 12 * 0xaaaa0001u);
}

/* A right that is taken away is missed at once, and C is set by the first store. */
static void test_user_loops_lose_rights(void)
{
    uint32_t pte;

    begin(MSR_DR | MSR_PR);
    s.gpr[5] = pte = map(vsid(), EA, PAGE | PTE1_R | 2);
    s.gpr[6] = PAGE | PTE1_R | PTE1_C | 3; /* read-only */
    s.gpr[7] = 5;
    put_handler((const uint32_t[]){ STW(6, 0, 5), TLBIE(4), MFSPR(11, SPR_SRR0), ADDI(11, 11, 4),
                                    MTSPR(SPR_SRR0, 11), RFI }, 6);
    RUN(LI(12, 6), LI(3, 4), MTSPR(SPR_CTR, 3), LWZ(8, 0, 4), STW(7, 0, 4), BDNZ(-8), TRAP,
        LWZ(8, 0, 4), BRANCH(-28));
    put_handler(NULL, 0);
    expect_dsi(4, MSR_DR | MSR_PR, EA, 0x0a000000);
    g_assert_cmphex(s.gpr[8], ==, 5);
    g_assert_cmphex(peek(PAGE), ==, 5);
    g_assert_cmphex(peek(pte), ==, PAGE | RC | 3);
}

/* What the loop stores to becomes code, and is code again after each change. */
static void test_user_loops_store_to_code(void)
{
    begin_user_loops();
    poke(PAGE + 4, 0x4e800020); /* blr */
    s.gpr[6] = ADDI(20, 20, 1);
    s.gpr[10] = ADDI(20, 20, 100);
    s.gpr[20] = s.gpr[7] = 0;
    RUN_USER_LOOPS(STW(6, 0, 4), BRANCH(PAGE - 0x700) | 1);
    g_assert_cmpuint(s.gpr[20], ==, 303);
}

static void test_user_loops_cross_pages(void)
{
    loops_cross_pages(MSR_DR | MSR_PR);
}

/* More address spaces than there are windows, and all come back. */
static void test_user_loops_in_many_spaces(void)
{
    begin(MSR_DR | MSR_PR);
    for (uint32_t i = 0; i < 24; i++) {
        map(0x700 + i % 12, EA + 0x1000 * (i / 12), (PAGE + 0x1000 * (i % 4)) | RC | 2);
    }
    s.sr[1] = s.gpr[6] = s.gpr[10] = 0x700;
    s.gpr[13] = 0x70b;
    /* r6 = r10 = 0x700 … 0x70b, again and again */
    put_handler((const uint32_t[]){ ADDI(6, 6, 1), X(0u, 0, 6, 13), BC(4, 1, 8), ADDI(6, 10, 0),
                                    MTSR(1, 6), MFSPR(11, SPR_SRR0), ADDI(11, 11, 4),
                                    MTSPR(SPR_SRR0, 11), RFI }, 9);
    RUN(LI(12, 48), LI(8, 0), LI(3, 4), MTSPR(SPR_CTR, 3), LWZ(7, 0, 4), X(266u, 8, 8, 7), BDNZ(-8),
        TRAP, D(13u, 12, 12, -1), BC(4, 2, -28));
    put_handler(NULL, 0);
    expect_end(10);
    g_assert_cmphex(s.gpr[8], ==, 48u * 0xaaaa0000u + 4u * 12 * (0 + 1 + 2 + 3) + 144u * 0xaaaa0000u);
}

static void test_bat(void)
{
    begin(MSR_DR);
    s.spr[SPR_DBAT0U + 2] = (EA & BATU_BEPI) | BATU_VS;
    s.spr[SPR_DBAT0U + 3] = PAGE | 2;
    s.gpr[5] = (PAGE - 0x20000) | 1;
    poke(PAGE - 0x20000 + 0x3000, 0xbbbb);
    RUN(STW(6, 4, 4), LWZ(7, 0, 4), MTSPR(SPR_DBAT0U + 3, 5), LWZ(8, 0, 4), STW(8, 0, 4));
    expect_dsi(4, MSR_DR, EA, 0x0a000000);
    g_assert_cmphex(peek(PAGE + 0x3004), ==, s.gpr[6]);
    g_assert_cmphex(s.gpr[7], ==, 0xaaaa0003);
    g_assert_cmphex(s.gpr[8], ==, 0xbbbb);
}

static void test_bat_is_for_its_privilege(void)
{
    begin(MSR_DR | MSR_PR);
    s.spr[SPR_DBAT0U + 2] = (EA & BATU_BEPI) | BATU_VS;
    s.spr[SPR_DBAT0U + 3] = PAGE | 2;
    RUN(LWZ(3, 0, 4));
    expect_dsi(0, MSR_DR | MSR_PR, EA, 0x40000000);
}

static void test_high_bat(void)
{
    begin(MSR_DR);
    s.spr[SPR_DBAT4U] = (EA & BATU_BEPI) | BATU_VS;
    s.spr[SPR_DBAT4U + 1] = PAGE | 2;
    s.gpr[5] = 0x00040000;
    RUN(MTSPR(SPR_HID2, 5), LWZ(6, 0, 4), MTSPR(SPR_HID2, 31), LWZ(7, 0, 4));
    g_assert_cmphex(s.gpr[6], ==, 0xaaaa0003);
    begin(MSR_DR);
    s.spr[SPR_DBAT4U] = (EA & BATU_BEPI) | BATU_VS;
    s.spr[SPR_DBAT4U + 1] = PAGE | 2;
    RUN(LWZ(6, 0, 4));
    expect_dsi(0, MSR_DR, EA, 0x40000000);
}

/* ---- Instruction fetch ---- */

static void fetch(uint32_t word1, uint32_t sr_bits)
{
    begin(MSR_IR);
    s.nip = PPC_CODE;
    for (unsigned i = 0; i < 16; i++) {
        s.sr[i] |= sr_bits;
    }
    if (word1) {
        map(VSID, PPC_CODE, word1);
    }
    RUN(ADDI(3, 0, 77));
}

static void test_fetch(void)
{
    fetch(PPC_CODE | PTE1_R | 2, 0);
    expect_end(1);
    g_assert_cmphex(s.gpr[3], ==, 77);
    fetch(0, 0);
    expect(PPC_EXCP_ISI, 0, MSR_IR, 0x40000000);
    fetch(PPC_CODE | PTE1_R, SR_KS);
    expect(PPC_EXCP_ISI, 0, MSR_IR, 0x08000000);
    fetch(PPC_CODE | PTE1_R | 2, SR_N);
    expect(PPC_EXCP_ISI, 0, MSR_IR, 0x10000000);
    fetch(PPC_CODE | PTE1_R | WIMG_G | 2, 0);
    expect(PPC_EXCP_ISI, 0, MSR_IR, 0x10000000);
    fetch(PPC_CODE | PTE1_R | 2, SR_T);
    expect(PPC_EXCP_ISI, 0, MSR_IR, 0x10000000);
}

/* G in an instruction BAT has the effect of G in a page (MPC750UM 2.1.1). */
static void test_fetch_from_block(void)
{
    begin(MSR_IR);
    s.spr[SPR_IBAT0U] = 0x7c | BATU_VS;
    s.spr[SPR_IBAT0U + 1] = WIMG_M | 2;
    RUN(ADDI(3, 0, 77));
    expect_end(1);
    begin(MSR_IR);
    s.spr[SPR_IBAT0U] = 0x7c | BATU_VS;
    s.spr[SPR_IBAT0U + 1] = WIMG_G | 2;
    RUN(ADDI(3, 0, 77));
    expect(PPC_EXCP_ISI, 0, MSR_IR, 0x10000000);
}

static void test_branch_into_hole(void)
{
    begin(MSR_IR);
    map(VSID, PPC_CODE, PPC_CODE | PTE1_R | 2);
    RUN(BRANCH(0x2000));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_ISI);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 0x2000);
}

/* ---- Memory attributes ---- */

/* The 750 reserves write-through memory like any other (MPC750UM table 4-3 names no DSI for it). */
static void test_reservation_on_write_through_page(void)
{
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC | WIMG_W | 2);
    s.gpr[5] = 0;
    RUN(LWARX(3, 4, 5), STWCX(6, 4, 5));
    expect_end(2);
    g_assert_cmphex(s.gpr[3], ==, 0xaaaa0000);
    g_assert_cmphex(peek(PAGE), ==, s.gpr[6]);
    g_assert_cmphex(s.cr >> 28, ==, 2);
}

/* dcbz on each kind of page: alignment for W and I, whatever the page's rights are. */
static void test_dcbz_kinds(void)
{
    static const struct {
        uint32_t wimg, pp;
        unsigned vector;
    } cases[] = {
        { 0, 2, PPC_EXCP_SYSCALL },      { WIMG_M, 2, PPC_EXCP_SYSCALL },
        { WIMG_G, 2, PPC_EXCP_SYSCALL }, { WIMG_W, 2, PPC_EXCP_ALIGN },
        { WIMG_I, 2, PPC_EXCP_ALIGN },   { WIMG_I | WIMG_G, 2, PPC_EXCP_ALIGN },
        { WIMG_W, 3, PPC_EXCP_ALIGN },   { 0, 3, PPC_EXCP_DSI },
        { WIMG_I, 0, PPC_EXCP_ALIGN },   { 0, 0, PPC_EXCP_DSI },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        begin(MSR_DR);
        s.sr[EA >> 28] |= SR_KS;
        map(vsid(), EA, PAGE | RC | cases[i].wimg | cases[i].pp);
        s.gpr[5] = 0x24;
        poke(PAGE + 0x20, 1);
        RUN(DCBZ(4, 5));
        g_assert_cmphex(s.stop, ==, cases[i].vector);
        if (cases[i].vector != PPC_EXCP_SYSCALL) {
            g_assert_cmphex(s.spr[SPR_DAR], ==, EA + 0x24);
        }
        g_assert_cmphex(peek(PAGE + 0x20), ==, cases[i].vector != PPC_EXCP_SYSCALL);
    }
}

/* ---- Software table search ---- */

static void test_software_search(void)
{
    uint32_t hid2 = 0x00080000, cmp;

    begin(MSR_DR);
    cmp = PTE0_V | vsid() << 7 | (EA >> 22 & 0x3f);
    s.spr[SPR_HID2] = hid2;
    s.cr = 0x50000000;
    s.sr[1] |= SR_KS;
    RUN(LWZ(3, 0x24, 4));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_DLMISS);
    g_assert_cmphex(s.spr[SPR_SRR1], ==, 0x50080000 | MSR_DR | MSR_ME);
    g_assert_cmphex(s.spr[SPR_DMISS], ==, EA + 0x24);
    g_assert_cmphex(s.spr[SPR_DCMP], ==, cmp);
    g_assert_cmphex(s.spr[SPR_HASH1], ==, ppc_pteg_address(TABLE, vsid(), EA, 0));
    g_assert_cmphex(s.spr[SPR_HASH2], ==, ppc_pteg_address(TABLE, vsid(), EA, 1));
    g_assert_cmphex(s.msr, ==, MSR_ME);

    begin(MSR_DR);
    s.spr[SPR_HID2] = hid2;
    s.gpr[5] = cmp;
    s.gpr[6] = (PAGE + 0x2000) | PTE1_R | 2;
    RUN(MTSPR(SPR_DCMP, 5), MTSPR(SPR_RPA, 6), TLBLD(4), LWZ(7, 0, 4), STW(7, 0, 4));
    g_assert_cmphex(s.gpr[7], ==, 0xaaaa0002);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_DSMISS); /* C is clear */
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 16);
}

/* SRR1 tells the three kinds apart, and the way to replace: the one that wasn't loaded last. */
static void test_software_search_kinds(void)
{
    begin(MSR_DR | MSR_PR);
    s.spr[SPR_HID2] = 0x00080000;
    s.cr = 0x90000000;
    s.sr[1] |= SR_KS;
    RUN(STW(3, 0x24, 4));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_DSMISS);
    g_assert_cmphex(s.spr[SPR_SRR1], ==, 0x90010000 | MSR_DR | MSR_PR | MSR_ME);
    g_assert_cmphex(s.spr[SPR_DMISS], ==, EA + 0x24);

    begin(MSR_IR);
    s.spr[SPR_HID2] = 0x00080000;
    s.cr = 0;
    s.sr[0] |= SR_KS;
    RUN(NOP);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_IMISS);
    g_assert_cmphex(s.spr[SPR_SRR1], ==, 0x000c0000 | MSR_IR | MSR_ME);
    g_assert_cmphex(s.spr[SPR_IMISS], ==, PPC_CODE);
    g_assert_cmphex(s.spr[SPR_ICMP], ==, PTE0_V | VSID << 7);
    g_assert_cmphex(s.spr[SPR_HASH1], ==, ppc_pteg_address(TABLE, VSID, PPC_CODE, 0));

    begin(MSR_DR);
    s.spr[SPR_HID2] = 0x00080000;
    s.cr = 0;
    s.spr[SPR_SRR1] = 0;
    s.gpr[5] = PTE0_V | vsid() << 7 | (EA >> 22 & 0x3f);
    s.gpr[6] = PAGE | RC | 2;
    s.gpr[9] = EA + (64 << 12);
    RUN(MTSPR(SPR_DCMP, 5), MTSPR(SPR_RPA, 6), TLBLD(4), LWZ(7, 0, 4), LWZ(8, 0, 9));
    g_assert_cmphex(s.gpr[7], ==, 0xaaaa0000);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_DLMISS);
    g_assert_cmphex(s.spr[SPR_SRR1], ==, 0x00020000 | MSR_DR | MSR_ME);
}

/* ---- info tlb ---- */

enum { DUMPED_SEGMENTS = 3, PAGES = DUMPED_SEGMENTS << 16 };

static uint32_t load_word(void *opaque, hwaddr addr)
{
    return peek(addr);
}

/* Entries for random pages, in both groups and more than one for some, among entries of others. */
static void fill_table(GRand *rand, uint32_t sdr1, unsigned nb)
{
    while (nb--) {
        uint32_t ea = g_rand_int_range(rand, 0, PAGES) << 12;
        uint32_t vsid = s.sr[ea >> 28] & SR_VSID;
        bool secondary = g_rand_boolean(rand);
        uint32_t pte = ppc_pteg_address(sdr1, vsid, ea, secondary) + 8 * g_rand_int_range(rand, 0, 8);

        if (g_rand_int_range(rand, 0, 8) == 0) { /* in the wrong place, or no page of ours */
            pte ^= 1 << g_rand_int_range(rand, 3, 16);
        }
        poke(pte, PTE0_V | vsid << 7 | (secondary ? PTE0_H : 0) | (ea >> 22 & 0x3f));
        poke(pte + 4, (g_rand_int(rand) & ~0xe04u) | PTE1_R);
    }
}

static char *dumped_text(void)
{
    CPUState *cs = CPU(ppc_machine_cpu());
    CPUPPCState *env = &ppc_machine_cpu()->env;
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    env->msr |= MSR_DR;
    CPU_GET_CLASS(cs)->dump_mmu(cs, f);
    env->msr &= ~MSR_DR;
    fclose(f);
    return text;
}

/* What the lines say about each page: the physical address with the rights and WIMG in the low
 * bits; 0: nothing. */
static uint64_t *dumped_pages(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    uint64_t *pages = g_new0(uint64_t, PAGES);
    unsigned n = 0;

    while (!g_str_has_prefix(lines[n], "SDR1")) {
        n++;
    }
    while (*lines[++n]) {
        uint32_t first, last, phys, wimg;
        char r, w, x;

        g_assert_cmpint(sscanf(lines[n], "%x-%x -> %x %c%c%c WIMG %x", &first, &last, &phys, &r, &w,
                               &x, &wimg), ==, 7);
        for (uint64_t ea = first; ea < last; ea += 0x1000, phys += 0x1000) {
            g_assert_cmphex(pages[ea >> 12], ==, 0);
            pages[ea >> 12] = phys | wimg << 4 | (r == 'r') << 2 | (w == 'w') << 1 | (x == 'x');
        }
    }
    return pages;
}

/* The whole of a table, against the search for each page. */
static void test_dump(void)
{
    static const uint32_t tables[] = { TABLE, TABLE | 1, 0x00120000 | 3, 0x00130000 | 5 };
    GRand *rand = g_rand_new_with_seed(7);
    PPCTableMemory mem = { load_word, NULL, NULL };

    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++) {
        PPCXlateRegs regs = { .sr = s.sr, .sdr1 = tables[i] };
        g_autofree char *text = NULL;
        g_autofree uint64_t *pages = NULL;
        unsigned found = 0;

        address_space_set(&address_space_memory, 0x100000, 0, 0x80000, MEMTXATTRS_UNSPECIFIED);
        begin(0);
        s.spr[SPR_SDR1] = tables[i];
        for (unsigned seg = 0; seg < 16; seg++) {
            s.sr[seg] = seg < DUMPED_SEGMENTS ? VSID + seg * 0x1357 : SR_T;
        }
        s.sr[1] |= SR_KS;
        fill_table(rand, tables[i], 2000);
        RUN(NOP);
        text = dumped_text();
        pages = dumped_pages(text);
        for (uint64_t n = 0; n < PAGES; n++) {
            PPCXlate x;
            uint64_t expected = 0;

            if (ppc_xlate(&regs, &mem, n << 12, MMU_DATA_LOAD, false, &x) == PPC_XLATE_OK) {
                expected = x.phys | x.wimg << 1 | !!(x.prot & PAGE_READ) << 2 |
                           !!(x.prot & PAGE_WRITE) << 1 | !!(x.prot & PAGE_EXEC);
                found++;
            }
            g_assert_cmphex(pages[n], ==, expected);
        }
        g_assert_cmpuint(found, >, 500);
    }
    address_space_set(&address_space_memory, 0x100000, 0, 0x80000, MEMTXATTRS_UNSPECIFIED);
    g_rand_free(rand);
}

static const PPCTest tests[] = {
    { "/ppc/translation/unmapped-data-is-a-dsi", test_data_miss },
    { "/ppc/translation/read-only-page-refuses-stores", test_data_protection },
    { "/ppc/translation/key-of-the-privilege-counts", test_keys },
    { "/ppc/translation/c-is-set-by-the-first-store", test_reference_change },
    { "/ppc/translation/direct-store-segment-is-a-dsi", test_direct_store },
    { "/ppc/translation/faulting-update-form-keeps-ra", test_update_is_undone },
    { "/ppc/translation/faulting-multiple-load-can-be-restarted", test_multiple_crosses_into_hole },
    { "/ppc/translation/store-into-a-hole-writes-nothing", test_unaligned_store_into_hole },
    { "/ppc/translation/tlbie-makes-a-new-entry-seen", test_tlbie },
    { "/ppc/translation/tlbie-takes-the-whole-set", test_tlbie_takes_the_whole_set },
    { "/ppc/translation/tlbie-takes-what-has-come-back", test_tlbie_again },
    { "/ppc/translation/segment-registers-switch-contexts", test_segment_switch },
    { "/ppc/translation/loops-see-tlbie", test_loops_see_tlbie },
    { "/ppc/translation/loops-see-segment-registers", test_loops_see_segments },
    { "/ppc/translation/loops-store-to-code", test_loops_store_to_code },
    { "/ppc/translation/loops-cross-pages", test_loops_cross_pages },
    { "/ppc/translation/user-loops-see-tlbie", test_user_loops_see_tlbie },
    { "/ppc/translation/user-loops-see-the-set-go", test_user_loops_see_the_set_go },
    { "/ppc/translation/user-loops-see-segment-registers", test_user_loops_see_segments },
    { "/ppc/translation/user-loops-lose-rights", test_user_loops_lose_rights },
    { "/ppc/translation/user-loops-store-to-code", test_user_loops_store_to_code },
    { "/ppc/translation/user-loops-cross-pages", test_user_loops_cross_pages },
    { "/ppc/translation/user-loops-in-many-spaces", test_user_loops_in_many_spaces },
    { "/ppc/translation/bat-write-counts-at-once", test_bat },
    { "/ppc/translation/bat-without-vp-is-not-the-user's", test_bat_is_for_its_privilege },
    { "/ppc/translation/high-bats-need-hid2", test_high_bat },
    { "/ppc/translation/fetch-faults-are-isis", test_fetch },
    { "/ppc/translation/guarded-blocks-have-no-instructions", test_fetch_from_block },
    { "/ppc/translation/branch-into-a-hole-has-its-target-in-srr0", test_branch_into_hole },
    { "/ppc/translation/write-through-pages-can-be-reserved",
      test_reservation_on_write_through_page },
    { "/ppc/translation/dcbz-on-each-kind-of-page", test_dcbz_kinds },
    { "/ppc/translation/info-tlb-shows-what-the-search-finds", test_dump },
    { "/ppc/translation/software-search-has-its-registers", test_software_search },
    { "/ppc/translation/software-search-tells-its-kinds-apart", test_software_search_kinds },
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    return ppc_machine_test(argc, argv, NULL, tests);
}
