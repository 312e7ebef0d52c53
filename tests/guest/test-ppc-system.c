/*
 * The system side of the PowerPC CPU by running code: translation with its faults, exceptions with
 * their registers, interrupts, breakpoints. On the back end named by the first argument: host or
 * interp.
 *
 * Code runs untranslated unless a case sets MSR[IR]. The page table is at TABLE; segment 1 (EA
 * 1xxxxxxx) is the one that cases map pages in. Exception vectors stop the machine.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-asm.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "target/ppc/mmu-hash.h"
#include "target/ppc/spr.h"

#define TABLE             0x00100000u
#define PAGE              0x00200000u /* physical pages that cases map */
#define VSID              0x00123456u
#define EA                0x10003000u
#define RC                (PTE1_R | PTE1_C)

static PPCTestState s;

/* ---- Physical memory ---- */

static void poke(uint32_t addr, uint32_t value)
{
    uint8_t bytes[4];

    stl_be_p(bytes, value);
    address_space_write(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, bytes, 4);
}

static uint32_t peek(uint32_t addr)
{
    uint8_t bytes[4];

    address_space_read(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, bytes, 4);
    return ldl_be_p(bytes);
}

/* Maps ea by a page table entry; returns where its second word is. */
static uint32_t map(uint32_t vsid, uint32_t ea, uint32_t word1)
{
    uint32_t pteg = ppc_pteg_address(TABLE, vsid, ea, 0);

    while (peek(pteg) & PTE0_V) {
        pteg += 8;
    }
    poke(pteg, PTE0_V | vsid << 7 | (ea >> 22 & 0x3f));
    poke(pteg + 4, word1);
    return pteg + 4;
}

/* ---- Running ---- */

static void begin(uint32_t msr)
{
    address_space_set(&address_space_memory, TABLE, 0, 0x10000, MEMTXATTRS_UNSPECIFIED);
    ppc_state_init(&s);
    s.msr = msr | MSR_ME;
    s.spr[SPR_SDR1] = TABLE;
    for (unsigned i = 0; i < 16; i++) {
        s.sr[i] = VSID + i;
    }
    s.gpr[4] = EA;
    for (uint32_t i = 0; i < 4; i++) {
        poke(PAGE + i * 0x1000, 0xaaaa0000 + i);
    }
}

/* Vsid of the segment that EA is in. */
static uint32_t vsid(void)
{
    return s.sr[EA >> 28] & SR_VSID;
}

/* The run ended in `vector`, raised by instruction `n`. SRR1 is the MSR then with `info`. */
static void expect(unsigned vector, unsigned n, uint32_t msr, uint32_t info)
{
    g_assert_cmphex(s.stop, ==, vector);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 4 * n);
    g_assert_cmphex(s.spr[SPR_SRR1], ==, msr | MSR_ME | info);
}

static void expect_dsi(unsigned n, uint32_t msr, uint32_t ea, uint32_t dsisr)
{
    expect(PPC_EXCP_DSI, n, msr, 0);
    g_assert_cmphex(s.spr[SPR_DAR], ==, ea);
    g_assert_cmphex(s.spr[SPR_DSISR], ==, dsisr);
}

/* All instructions (n of them) were executed. */
static void expect_end(unsigned n)
{
    g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 4 * (n + 1));
}

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

/* ---- Alignment ---- */

static void expect_alignment(uint32_t ea, uint32_t dsisr)
{
    expect(PPC_EXCP_ALIGN, 0, 0, 0);
    g_assert_cmphex(s.spr[SPR_DAR], ==, ea);
    g_assert_cmphex(s.spr[SPR_DSISR], ==, dsisr);
}

static void test_alignment(void)
{
    begin(0);
    s.gpr[4] = PPC_DATA;
    RUN(LMW(28, 2, 4));
    expect_alignment(PPC_DATA + 2, 7 << 10 | 28 << 5 | 4);
    begin(0);
    s.gpr[4] = PPC_DATA;
    s.gpr[5] = 1;
    RUN(LWARX(3, 4, 5));
    expect_alignment(PPC_DATA + 1, 3 << 5 | 4);
    begin(0);
    s.spr[SPR_HID0] = 0;
    s.gpr[4] = PPC_DATA;
    s.gpr[5] = 8;
    RUN(DCBZ(4, 5));
    expect_alignment(PPC_DATA + 8, 2 << 15 | 1 << 14 | 15 << 10 | 4);
}

static void test_dcbz_needs_write_back_memory(void)
{
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC | WIMG_I | 2);
    s.gpr[5] = 0;
    RUN(DCBZ(4, 5));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_ALIGN);
    begin(MSR_DR);
    map(vsid(), EA, PAGE | RC | 2);
    s.gpr[5] = 7;
    RUN(DCBZ(4, 5), LWZ(3, 0, 4));
    expect_end(2);
    g_assert_cmphex(s.gpr[3], ==, 0);
}

static void test_external_access_disabled(void)
{
    begin(0);
    s.gpr[5] = 0;
    RUN(ECIWX(3, 4, 5));
    expect_dsi(0, 0, EA, 0x00100000);
}

/* ---- Privilege, SPRs ---- */

static void test_sprs(void)
{
    begin(MSR_PR);
    RUN(MFSPR(3, SPR_SRR0));
    expect(PPC_EXCP_PROGRAM, 0, MSR_PR, 0x00040000);
    begin(MSR_PR);
    RUN(MFSPR(3, 1012)); /* no such register, number says privileged */
    expect(PPC_EXCP_PROGRAM, 0, MSR_PR, 0x00040000);
    begin(MSR_PR);
    RUN(MFSPR(3, 5));
    expect(PPC_EXCP_PROGRAM, 0, MSR_PR, 0x00080000);
    begin(0);
    RUN(MFSPR(3, 1012));
    expect(PPC_EXCP_PROGRAM, 0, 0, 0x00080000);
    begin(0);
    RUN(MTSPR(SPR_DMISS, 3));
    expect(PPC_EXCP_PROGRAM, 0, 0, 0x00080000);
    begin(0);
    RUN(MTSPR(SPR_PVR, 3), MTSPR(SPR_HID1, 3)); /* constants: ignored */
    expect_end(2);
    begin(0);
    RUN(MFSPR(3, SPR_PVR), MTSPR(SPR_SPRG4, 3), MFSPR(5, SPR_SPRG4));
    expect_end(3);
    g_assert_cmphex(s.gpr[5], ==, 0x00083208);
}

static void test_rfi(void)
{
    begin(MSR_FP);
    s.spr[SPR_SRR0] = PPC_CODE + 8 + 3;
    s.spr[SPR_SRR1] =
        ~(uint32_t)(MSR_PR | MSR_EE | MSR_IR | MSR_DR | MSR_LE | MSR_SE | MSR_BE | MSR_IP);
    RUN(RFI, ADDI(3, 0, 1), ADDI(3, 0, 2), NOP);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
    g_assert_cmphex(s.gpr[3], ==, 2);
    g_assert_cmphex(s.spr[SPR_SRR1], ==, MSR_FP | MSR_ME | MSR_FE0 | MSR_FE1 | MSR_PM | MSR_RI);
}

/* ---- Interrupts ---- */

static void test_decrementer(void)
{
    begin(MSR_EE);
    s.gpr[5] = 0x80000000;
    s.gpr[6] = 0x7fffffff;
    RUN(MTSPR(SPR_DEC, 5), MTSPR(SPR_DEC, 6), MTSPR(SPR_DEC, 5), NOP);
    expect(PPC_EXCP_DECR, 3, MSR_EE, 0);
    begin(0);
    s.gpr[5] = 0x80000000;
    s.gpr[6] = 0x7fffffff;
    s.gpr[7] = MSR_EE | MSR_ME;
    RUN(MTSPR(SPR_DEC, 6), MTSPR(SPR_DEC, 5), MTSPR(SPR_DEC, 6), NOP, MTMSR(7), NOP);
    expect(PPC_EXCP_DECR, 5, MSR_EE, 0);
    begin(MSR_EE);
    s.gpr[5] = 1000;
    RUN(MTSPR(SPR_DEC, 5), BRANCH(0));
    expect(PPC_EXCP_DECR, 1, MSR_EE, 0);
}

static void test_doze(void)
{
    begin(0);
    s.spr[SPR_HID0] |= 0x00800000;
    s.gpr[5] = 20000;
    s.gpr[7] = MSR_EE | MSR_ME | MSR_POW;
    RUN(MTSPR(SPR_DEC, 5), MTMSR(7), BRANCH(0));
    expect(PPC_EXCP_DECR, 2, MSR_EE, 0);
}

static void raise_interrupt(void *opaque)
{
    qemu_set_irq(qdev_get_gpio_in(DEVICE(ppc_machine_cpu()), PPC6xx_INPUT_INT), 1);
}

/* Time stands still in sleep mode, and so the decrementer can't end it. */
static void test_sleep(void)
{
    QEMUTimer *timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, raise_interrupt, NULL);
    CPUPPCState *env = &ppc_machine_cpu()->env;
    uint32_t slept;

    begin(0);
    s.spr[SPR_HID0] |= 0x00200000;
    s.gpr[5] = 20000;
    s.gpr[7] = MSR_EE | MSR_ME | MSR_POW;
    timer_mod_ns(timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + 200 * SCALE_MS);
    RUN(MTSPR(SPR_DEC, 5), MFSPR(6, SPR_TBL), MTMSR(7), BRANCH(0));
    slept = ppc_spr_read(env, ppc_spr_lookup(POWERPC_CPU_GET_CLASS(ppc_machine_cpu()), SPR_TBL)) -
            s.gpr[6];
    qemu_set_irq(qdev_get_gpio_in(DEVICE(ppc_machine_cpu()), PPC6xx_INPUT_INT), 0);
    timer_free(timer);
    expect(PPC_EXCP_EXTERNAL, 3, MSR_EE, 0);
    g_assert_cmpuint(slept, <, env->tb_freq / 10);
    g_assert_true(env->tb_running);
}

static void test_time_base(void)
{
    begin(0);
    s.gpr[5] = 0x1234;
    s.gpr[6] = 0;
    RUN(MTSPR(SPR_TBL_WRITE, 6), MTSPR(SPR_TBU_WRITE, 5), MFSPR(7, SPR_TBU), MFSPR(8, SPR_TBL),
        MFSPR(9, SPR_TBL));
    expect_end(5);
    g_assert_cmphex(s.gpr[7], ==, 0x1234);
    g_assert_cmpuint(s.gpr[8], <, 250000000); /* 10 s */
    g_assert_cmpuint(s.gpr[9], >=, s.gpr[8]);
}

static void set_pin(int n, int level)
{
    qemu_set_irq(qdev_get_gpio_in(DEVICE(ppc_machine_cpu()), n), level);
}

static void test_level_interrupts(void)
{
    set_pin(PPC6xx_INPUT_INT, 1);
    begin(0);
    s.gpr[5] = MSR_EE | MSR_ME;
    RUN(NOP, MTMSR(5), NOP);
    expect(PPC_EXCP_EXTERNAL, 2, MSR_EE, 0);
    set_pin(PPC6xx_INPUT_SMI, 1); /* comes first */
    begin(MSR_EE);
    RUN(NOP);
    expect(PPC_EXCP_SMI, 0, MSR_EE, 0);
    set_pin(PPC6xx_INPUT_SMI, 0);
    begin(MSR_EE);
    RUN(NOP);
    expect(PPC_EXCP_EXTERNAL, 0, MSR_EE, 0);
    set_pin(PPC6xx_INPUT_INT, 0);
    begin(MSR_EE);
    RUN(NOP);
    expect_end(1);
}

static void test_time_base_enable_pin(void)
{
    set_pin(PPC6xx_INPUT_TBEN, 0);
    begin(0);
    s.gpr[5] = 77;
    RUN(MTSPR(SPR_TBL_WRITE, 5), MTSPR(SPR_DEC, 5), NOP, MFSPR(6, SPR_TBL), MFSPR(7, SPR_DEC));
    expect_end(5);
    g_assert_cmpuint(s.gpr[6], ==, 77);
    g_assert_cmpuint(s.gpr[7], ==, 77);
    set_pin(PPC6xx_INPUT_TBEN, 1);
}

static void test_machine_check(void)
{
    begin(0);
    s.gpr[4] = 0x80000000;
    RUN(LWZ(3, 0, 4));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_MCHECK);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE);
    g_assert_cmphex(s.spr[SPR_SRR1], ==, MSR_ME | 0x00040000);
    g_assert_cmphex(s.msr & MSR_ME, ==, 0);
}

static void test_checkstop(void)
{
    begin(0);
    s.msr = 0;
    s.gpr[4] = 0x80000000;
    RUN(LWZ(3, 0, 4));
    g_assert_cmphex(s.stop, ==, PPC_STOP_CHECKSTOP);
    begin(0);
    RUN(NOP); /* a reset ends it */
    expect_end(1);
}

/* What every exception leaves of the MSR: ME (machine checks clear it), ILE and IP. */
static void test_msr_after_exceptions(void)
{
    uint32_t all = MSR_EE | MSR_FP | MSR_FE0 | MSR_FE1 | MSR_PM | MSR_RI;

    begin(all);
    RUN(NOP);
    expect(PPC_EXCP_SYSCALL, 2, all, 0);
    g_assert_cmphex(s.msr, ==, MSR_ME);
    begin(all | MSR_PR | MSR_DR);
    RUN(LWZ(3, 0, 4));
    expect_dsi(0, all | MSR_PR | MSR_DR, EA, 0x40000000);
    g_assert_cmphex(s.msr, ==, MSR_ME);
}

/* ---- Several interrupts at once ---- */

enum { ARM_DEC = 1, ARM_PERFMON = 2, ARM_THERMAL = 4 };

/* Arms what is asked for with interrupts off, then lets them in; returns the vector. */
static unsigned first_of(unsigned armed)
{
    begin(0);
    s.gpr[0] = 0;
    s.gpr[5] = armed & ARM_DEC ? 0x80000000 : 0x7fffffff;
    s.gpr[12] = 0x7fffffff;
    s.gpr[6] = 0x7ffffff0;
    s.gpr[7] = armed & ARM_PERFMON ? 0x04008080 : 0; /* ENINT, PMC1INTCONTROL, instructions */
    s.gpr[9] = armed & ARM_THERMAL ? 30u << 23 | 3 : 0;
    s.gpr[10] = 1;
    s.gpr[11] = MSR_EE | MSR_ME;
    s.ctr = 50;
    RUN(MTSPR(SPR_DEC, 12), MTSPR(SPR_DEC, 5), MTSPR(SPR_PMC1, 6), MTSPR(SPR_MMCR0, 7), 0x42000000,
        MTSPR(SPR_MMCR1, 0), MTSPR(SPR_THRM3, 10), MTSPR(SPR_THRM1, 9), MTMSR(11), NOP);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + (s.stop == PPC_EXCP_SYSCALL ? 44 : 36));
    return s.stop;
}

static void test_interrupt_priorities(void)
{
    unsigned all = ARM_DEC | ARM_PERFMON | ARM_THERMAL;

    set_pin(PPC6xx_INPUT_SMI, 1);
    set_pin(PPC6xx_INPUT_INT, 1);
    g_assert_cmphex(first_of(all), ==, PPC_EXCP_SMI);
    set_pin(PPC6xx_INPUT_SMI, 0);
    g_assert_cmphex(first_of(all), ==, PPC_EXCP_EXTERNAL);
    set_pin(PPC6xx_INPUT_INT, 0);
    g_assert_cmphex(first_of(all), ==, PPC_EXCP_PERFMON);
    g_assert_cmphex(first_of(all & ~ARM_PERFMON), ==, PPC_EXCP_DECR);
    g_assert_cmphex(first_of(ARM_THERMAL), ==, PPC_EXCP_THERMAL);
    g_assert_cmphex(first_of(0), ==, PPC_EXCP_SYSCALL);
}

/* Pins that change while a loop with interrupts off runs. */
static void pulse(void *opaque)
{
    const int *pins = opaque;

    for (unsigned i = 0; pins[i] >= 0; i++) {
        set_pin(pins[i], 1);
        set_pin(pins[i], 0);
    }
}

static void loop_with_pulse(int *pins, uint32_t hid0)
{
    QEMUTimer *timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, pulse, pins);

    begin(0);
    s.spr[SPR_HID0] |= hid0;
    timer_mod_ns(timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + 2 * SCALE_MS);
    RUN(BRANCH(0));
    timer_free(timer);
}

static void test_edge_interrupts(void)
{
    loop_with_pulse((int[]){ PPC6xx_INPUT_SRESET, -1 }, 0);
    expect(PPC_EXCP_RESET, 0, 0, 0);
    loop_with_pulse((int[]){ PPC6xx_INPUT_MCP, PPC6xx_INPUT_SRESET, -1 }, 0x80000000);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_MCHECK); /* the reset may have interrupted its handler */
    loop_with_pulse((int[]){ PPC6xx_INPUT_MCP, -1 }, 0x80000000);
    expect(PPC_EXCP_MCHECK, 0, 0, 0x00080000);
    loop_with_pulse((int[]){ PPC6xx_INPUT_MCP, PPC6xx_INPUT_SRESET, -1 }, 0); /* EMCP is clear */
    expect(PPC_EXCP_RESET, 0, 0, 0);
    loop_with_pulse((int[]){ PPC6xx_INPUT_CKSTP_IN, -1 }, 0);
    g_assert_cmphex(s.stop, ==, PPC_STOP_CHECKSTOP);
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

/* ---- Debug ---- */

static void test_trace(void)
{
    begin(MSR_SE);
    RUN(ADDI(3, 0, 5), ADDI(3, 0, 6));
    expect(PPC_EXCP_TRACE, 1, MSR_SE, 0);
    g_assert_cmphex(s.gpr[3], ==, 5);
    begin(MSR_BE);
    RUN(ADDI(3, 0, 5), BRANCH(8), NOP, NOP);
    expect(PPC_EXCP_TRACE, 3, MSR_BE, 0);
    begin(MSR_SE);
    RUN(ISYNC, ADDI(3, 0, 6), NOP);
    expect(PPC_EXCP_TRACE, 2, MSR_SE, 0);
}

static void test_instruction_breakpoint(void)
{
    begin(0);
    s.spr[SPR_IABR] = (PPC_CODE + 4) | 2;
    RUN(ADDI(3, 0, 5), ADDI(3, 0, 6));
    expect(PPC_EXCP_IABR, 1, 0, 0);
    g_assert_cmphex(s.gpr[3], ==, 5);
    begin(0);
    s.spr[SPR_IABR] = (PPC_CODE + 4) | 3; /* for translated code only */
    RUN(ADDI(3, 0, 5), ADDI(3, 0, 6));
    expect_end(2);
}

static void test_data_breakpoint(void)
{
    begin(0);
    s.gpr[4] = PPC_DATA;
    s.spr[SPR_DABR] = PPC_DATA | 2; /* stores, untranslated */
    RUN(STW(3, 8, 4), LWZ(5, 0, 4), LWZ(5, 8, 4), STW(3, 12, 4), STW(6, 4, 4));
    expect_dsi(4, 0, PPC_DATA + 4, 0x02400000);
    g_assert_cmphex(s.gpr[5], ==, s.gpr[3]);
    begin(0);
    s.gpr[4] = PPC_DATA;
    s.spr[SPR_DABR] = PPC_DATA | 1 | 4; /* loads, translated */
    RUN(LWZ(3, 0, 4));
    expect_end(1);
}

/* ---- Floating point exceptions ---- */

static void test_fp_exceptions(void)
{
    begin(MSR_FP | MSR_FE0);
    s.fpscr = FPSCR_ZE;
    s.fpr[2] = 0;
    s.fpr[3] = 0x1234;
    RUN(NOP, FDIV(3, 1, 2), NOP);
    expect(PPC_EXCP_PROGRAM, 1, MSR_FP | MSR_FE0, 0x00100000);
    g_assert_cmphex(s.fpr[3], ==, 0x1234);
    begin(MSR_FP);
    s.fpscr = FPSCR_ZE;
    s.fpr[2] = 0;
    s.gpr[5] = MSR_FP | MSR_FE0 | MSR_ME;
    RUN(FDIV(3, 1, 2), MTMSR(5), NOP);
    expect(PPC_EXCP_PROGRAM, 2, MSR_FP | MSR_FE0, 0x00110000);
    begin(0);
    RUN(FDIV(3, 1, 2));
    expect(PPC_EXCP_FPU, 0, 0, 0);
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

static const struct {
    const char *path;
    void (*run)(void);
} tests[] = {
    { "/ppc/system/unmapped-data-is-a-dsi", test_data_miss },
    { "/ppc/system/read-only-page-refuses-stores", test_data_protection },
    { "/ppc/system/key-of-the-privilege-counts", test_keys },
    { "/ppc/system/c-is-set-by-the-first-store", test_reference_change },
    { "/ppc/system/direct-store-segment-is-a-dsi", test_direct_store },
    { "/ppc/system/faulting-update-form-keeps-ra", test_update_is_undone },
    { "/ppc/system/faulting-multiple-load-can-be-restarted", test_multiple_crosses_into_hole },
    { "/ppc/system/store-into-a-hole-writes-nothing", test_unaligned_store_into_hole },
    { "/ppc/system/tlbie-makes-a-new-entry-seen", test_tlbie },
    { "/ppc/system/tlbie-takes-the-whole-set", test_tlbie_takes_the_whole_set },
    { "/ppc/system/segment-registers-switch-contexts", test_segment_switch },
    { "/ppc/system/bat-write-counts-at-once", test_bat },
    { "/ppc/system/bat-without-vp-is-not-the-user's", test_bat_is_for_its_privilege },
    { "/ppc/system/high-bats-need-hid2", test_high_bat },
    { "/ppc/system/fetch-faults-are-isis", test_fetch },
    { "/ppc/system/guarded-blocks-have-no-instructions", test_fetch_from_block },
    { "/ppc/system/branch-into-a-hole-has-its-target-in-srr0", test_branch_into_hole },
    { "/ppc/system/alignment-dsisr-shows-the-instruction", test_alignment },
    { "/ppc/system/dcbz-needs-write-back-memory", test_dcbz_needs_write_back_memory },
    { "/ppc/system/eciwx-needs-ear", test_external_access_disabled },
    { "/ppc/system/spr-access-follows-number-and-privilege", test_sprs },
    { "/ppc/system/rfi-restores-what-it-may", test_rfi },
    { "/ppc/system/decrementer-interrupt-is-latched", test_decrementer },
    { "/ppc/system/doze-ends-with-an-interrupt", test_doze },
    { "/ppc/system/time-stands-still-in-sleep-mode", test_sleep },
    { "/ppc/system/time-base-is-written-and-advances", test_time_base },
    { "/ppc/system/pins-interrupt-while-they-are-asserted", test_level_interrupts },
    { "/ppc/system/time-stands-still-without-tben", test_time_base_enable_pin },
    { "/ppc/system/bus-error-is-a-machine-check", test_machine_check },
    { "/ppc/system/bus-error-without-me-is-a-checkstop", test_checkstop },
    { "/ppc/system/exceptions-leave-me-ile-ip-only", test_msr_after_exceptions },
    { "/ppc/system/interrupts-come-in-the-manual's-order", test_interrupt_priorities },
    { "/ppc/system/soft-reset-and-machine-check-pins-are-edges", test_edge_interrupts },
    { "/ppc/system/write-through-pages-can-be-reserved", test_reservation_on_write_through_page },
    { "/ppc/system/dcbz-on-each-kind-of-page", test_dcbz_kinds },
    { "/ppc/system/trace-comes-after-the-instruction", test_trace },
    { "/ppc/system/iabr-stops-before-its-instruction", test_instruction_breakpoint },
    { "/ppc/system/dabr-sees-its-double-word-only", test_data_breakpoint },
    { "/ppc/system/fp-exceptions-are-precise-or-say-they-aren't", test_fp_exceptions },
    { "/ppc/system/software-search-has-its-registers", test_software_search },
    { "/ppc/system/software-search-tells-its-kinds-apart", test_software_search_kinds },
};

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    ppc_machine_init(argc > 1 && !strcmp(argv[1], "interp"));
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        g_test_add_func(tests[i].path, tests[i].run);
    }
    result = g_test_run();
    ppc_machine_exit();
    return result;
}
