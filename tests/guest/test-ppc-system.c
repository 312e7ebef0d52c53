/*
 * The system side of the PowerPC CPU by running code, but for translation: exceptions with their
 * registers, interrupts, breakpoints. On the back end named by the first argument: host or interp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-system.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "qemu/atomic.h"
#include "target/ppc/spr.h"

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

static int64_t busy_now; /* ns */
static int64_t busy_step;

/* Time passes with each look at the clock, as it does on a loaded host. */
static int64_t busy_clock(void)
{
    return qatomic_fetch_add(&busy_now, busy_step);
}

static void start_busy_clock(void)
{
    busy_now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    busy_step = 3 * NANOSECONDS_PER_SECOND / ppc_machine_cpu()->env.tb_freq;
    qemu_clock_set_virtual_source(busy_clock);
}

static void test_decrementer_expires_while_written(void)
{
    start_busy_clock();
    for (uint32_t value = 0; value < 50; value++) {
        begin(MSR_EE);
        s.gpr[5] = value;
        RUN(MTSPR(SPR_DEC, 5), BRANCH(0));
        expect(PPC_EXCP_DECR, 1, MSR_EE, 0);
    }
    qemu_clock_set_virtual_source(NULL);
}

/* An expiry stays pending whatever is written then, also if nobody has noticed it yet. */
static void test_expired_decrementer_is_written(void)
{
    start_busy_clock();
    for (uint32_t value = 0; value < 3; value++) {
        begin(0);
        s.gpr[5] = value;
        s.gpr[6] = 0x7fffffff;
        s.gpr[7] = MSR_EE | MSR_ME;
        RUN(MTSPR(SPR_DEC, 5), MFSPR(8, SPR_DEC), MTSPR(SPR_DEC, 6), MTMSR(7), NOP);
        expect(PPC_EXCP_DECR, 4, MSR_EE, 0);
    }
    qemu_clock_set_virtual_source(NULL);
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

static void test_exception_prefix(void)
{
    begin(MSR_IP);
    RUN(NOP);
    expect(PPC_EXCP_SYSCALL, 2, MSR_IP, 0);
    g_assert_cmphex(s.msr, ==, MSR_ME | MSR_IP);
    g_assert_cmphex(s.nip & ~0xfu, ==, 0xfff00c00);
    begin(MSR_IP);
    s.gpr[4] = 0x80000000;
    RUN(NOP, LWZ(3, 0, 4));
    expect(PPC_EXCP_MCHECK, 1, MSR_IP, 0x00040000);
    g_assert_cmphex(s.msr, ==, MSR_IP);
    begin(0);
    RUN(NOP);
    g_assert_cmphex(s.nip & ~0xfu, ==, 0xc00);
}

/* Handlers are little-endian if ILE is set, whatever the program was. SRR1 doesn't have ILE. */
static void test_exception_endianness(void)
{
    begin(MSR_ILE);
    RUN(NOP);
    expect(PPC_EXCP_SYSCALL, 2, 0, 0);
    g_assert_cmphex(s.msr, ==, MSR_ME | MSR_ILE | MSR_LE);
    begin(MSR_ILE | MSR_LE | MSR_DR);
    RUN(NOP, LWZ(3, 5, 4));
    expect_dsi(1, MSR_LE | MSR_DR, EA + 5, 0x40000000);
    g_assert_cmphex(s.msr, ==, MSR_ME | MSR_ILE | MSR_LE);
    begin(MSR_LE | MSR_DR);
    RUN(NOP, LWZ(3, 5, 4));
    expect_dsi(1, MSR_LE | MSR_DR, EA + 5, 0x40000000);
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
    if (s.stop == PPC_EXCP_RESET) { /* it interrupted the machine check's handler */
        g_assert_cmphex(s.spr[SPR_SRR0] & ~4u, ==, PPC_EXCP_MCHECK);
    } else {
        g_assert_cmphex(s.stop, ==, PPC_EXCP_MCHECK);
    }
    loop_with_pulse((int[]){ PPC6xx_INPUT_MCP, -1 }, 0x80000000);
    expect(PPC_EXCP_MCHECK, 0, 0, 0x00080000);
    loop_with_pulse((int[]){ PPC6xx_INPUT_MCP, PPC6xx_INPUT_SRESET, -1 }, 0); /* EMCP is clear */
    expect(PPC_EXCP_RESET, 0, 0, 0);
    loop_with_pulse((int[]){ PPC6xx_INPUT_CKSTP_IN, -1 }, 0);
    g_assert_cmphex(s.stop, ==, PPC_STOP_CHECKSTOP);
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

/* Every mode but "ignored" is the precise one (MPC750UM table 4-4). */
static void test_fp_exception_modes(void)
{
    static const uint32_t modes[] = { 0, MSR_FE0, MSR_FE1, MSR_FE0 | MSR_FE1 };

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        begin(MSR_FP | modes[i]);
        s.fpscr = FPSCR_ZE;
        s.fpr[2] = 0;
        RUN(NOP, FDIV(3, 1, 2), NOP);
        if (modes[i]) {
            expect(PPC_EXCP_PROGRAM, 1, MSR_FP | modes[i], 0x00100000);
        } else {
            expect_end(3);
        }
        g_assert_cmphex(s.fpscr & (FPSCR_FEX | FPSCR_ZX), ==, FPSCR_FEX | FPSCR_ZX);
    }
}

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

static const PPCTest tests[] = {
    { "/ppc/system/alignment-dsisr-shows-the-instruction", test_alignment },
    { "/ppc/system/dcbz-needs-write-back-memory", test_dcbz_needs_write_back_memory },
    { "/ppc/system/eciwx-needs-ear", test_external_access_disabled },
    { "/ppc/system/spr-access-follows-number-and-privilege", test_sprs },
    { "/ppc/system/rfi-restores-what-it-may", test_rfi },
    { "/ppc/system/decrementer-interrupt-is-latched", test_decrementer },
    { "/ppc/system/decrementer-may-expire-while-it-is-written",
      test_decrementer_expires_while_written },
    { "/ppc/system/expired-decrementer-stays-pending-when-written",
      test_expired_decrementer_is_written },
    { "/ppc/system/doze-ends-with-an-interrupt", test_doze },
    { "/ppc/system/time-stands-still-in-sleep-mode", test_sleep },
    { "/ppc/system/time-base-is-written-and-advances", test_time_base },
    { "/ppc/system/pins-interrupt-while-they-are-asserted", test_level_interrupts },
    { "/ppc/system/time-stands-still-without-tben", test_time_base_enable_pin },
    { "/ppc/system/bus-error-is-a-machine-check", test_machine_check },
    { "/ppc/system/bus-error-without-me-is-a-checkstop", test_checkstop },
    { "/ppc/system/exceptions-leave-me-ile-ip-only", test_msr_after_exceptions },
    { "/ppc/system/ip-moves-the-vectors", test_exception_prefix },
    { "/ppc/system/ile-makes-handlers-little-endian", test_exception_endianness },
    { "/ppc/system/interrupts-come-in-the-manual's-order", test_interrupt_priorities },
    { "/ppc/system/soft-reset-and-machine-check-pins-are-edges", test_edge_interrupts },
    { "/ppc/system/trace-comes-after-the-instruction", test_trace },
    { "/ppc/system/iabr-stops-before-its-instruction", test_instruction_breakpoint },
    { "/ppc/system/dabr-sees-its-double-word-only", test_data_breakpoint },
    { "/ppc/system/fp-exception-modes-are-precise", test_fp_exception_modes },
    { "/ppc/system/fp-exceptions-are-precise-or-say-they-aren't", test_fp_exceptions },
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    return ppc_machine_test(argc, argv, NULL, tests);
}
