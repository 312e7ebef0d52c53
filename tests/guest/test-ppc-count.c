/*
 * Instructions are counted exactly, by whatever way a block is left: against known counts and
 * against single steps. On the back end named by the first argument: host or interp.
 *
 * A block is charged for at its head; what it doesn't execute is given back where it is left. What
 * an exception stops isn't completed, but for what raises it by completing: sc, and trace.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-system.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/log-context.h"
#include "target/ppc/spr.h"

#define ILLEGAL         0x00000000u
#define DEVICE_BASE     0x80000000u
#define HOLE            0x90000000u
#define BLR             0x4e800020u
#define BCTR            0x4e800420u
#define TRAP            0x7fe00008u
#define ADDO(rt, ra, rb) (X(266u, rt, ra, rb) | 0x400)
#define MCRXR(crf)      X(512u, (crf) << 2, 0, 0)
#define MTFSB1(bit)     (63u << 26 | (bit) << 21 | 38 << 1)
#define MTFSFI(crf, v)  (63u << 26 | (crf) << 23 | (v) << 12 | 134 << 1)
#define LSWI(rt, ra, n) X(597u, rt, ra, n)
#define STMW(rs, d, ra) D(47u, rs, ra, d)
#define MTFSB1_XE       MTFSB1(28)
#define HID0_DOZE       0x00800000
#define FAR_CODE        (PPC_CODE + 0x2ff8) /* the last two words of a page */
#define MMCR0_COUNT_INSNS (2 << 6)
#define MAX_WORDS       16

/* ---- The device: what a store to each word does ---- */

enum { DEVICE_PLAIN, DEVICE_LOG, DEVICE_KICK, DEVICE_COUNT = 4, DEVICE_RESET, DEVICE_SOFT_RESET };

static uint64_t count_at_device;

static uint64_t device_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void pulse(int pin)
{
    qemu_irq_pulse(qdev_get_gpio_in(DEVICE(ppc_machine_cpu()), pin));
}

static void device_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    CPUState *cs = CPU(ppc_machine_cpu());

    switch (addr / 4) {
    case DEVICE_LOG:
        qemu_log("device\n");
        break;
    case DEVICE_KICK:
        cpu_exit(cs);
        break;
    case DEVICE_COUNT:
        count_at_device = cpu_executed_insns(cs);
        break;
    case DEVICE_RESET:
        pulse(PPC6xx_INPUT_HRESET);
        break;
    case DEVICE_SOFT_RESET:
        pulse(PPC6xx_INPUT_SRESET);
        break;
    }
}

static const MemoryRegionOps device_ops = {
    .read = device_read,
    .write = device_write,
    .endianness = DEVICE_BIG_ENDIAN,
};

static void add_device(void)
{
    static MemoryRegion device;

    memory_region_init_io(&device, NULL, &device_ops, NULL, "device", 0x1000);
    memory_region_add_subregion(get_system_memory(), DEVICE_BASE, &device);
    log_context_init();
}

/* ---- Ways of leaving a block ---- */

enum {
    /* Takes too long step by step; or a debugger's step hides the guest's trace, or lets an
     * asynchronous event in earlier. */
    ONLY_BLOCKS = 1,
};

typedef struct Way {
    const char *name;
    uint64_t insns;
    unsigned stop;
    uint32_t msr;
    uint32_t code[MAX_WORDS]; /* up to the first ENDS; sc behind it */
    void (*prepare)(void);
    unsigned flags;
} Way;

#define ENDS 0xffffffffu
#define CODE(...) .code = { __VA_ARGS__, ENDS }

static void set_ctr(void)
{
    s.ctr = 1000;
}

static void set_long_ctr(void)
{
    s.ctr = 8500 * 1000;
}

static void set_lr(void)
{
    s.lr = s.ctr = PPC_CODE + 12;
}

static void set_device(void)
{
    s.gpr[4] = DEVICE_BASE;
}

static void set_hole(void)
{
    s.gpr[4] = HOLE;
}

static void set_data(void)
{
    s.gpr[4] = PPC_DATA;
}

static void set_code(void)
{
    s.gpr[4] = PPC_CODE;
    s.gpr[5] = 0x38c60001; /* addi 6,6,1 */
}

static void set_new_msr(uint32_t msr)
{
    s.gpr[5] = msr | MSR_ME;
}

static void set_msr_pm(void)
{
    set_new_msr(MSR_PM);
}

static void set_msr_ri(void)
{
    set_new_msr(MSR_RI);
}

static void set_msr_fe0(void)
{
    set_new_msr(MSR_FP | MSR_FE0);
    s.fpscr = FPSCR_VXSNAN | FPSCR_VE;
}

static void set_msr_ee(void)
{
    set_new_msr(MSR_EE);
}

static void set_smi_pin(bool level)
{
    qemu_set_irq(qdev_get_gpio_in(DEVICE(ppc_machine_cpu()), PPC6xx_INPUT_SMI), level);
}

/* SMI is asserted all the time, and let in by the program. */
static void set_smi(void)
{
    set_msr_ee();
    set_smi_pin(true);
}

static void set_sleep(void)
{
    s.spr[SPR_HID0] = HID0_DOZE;
    s.gpr[6] = 1000;
    set_new_msr(MSR_EE | MSR_POW);
}

static void set_overflow(void)
{
    s.gpr[5] = INT32_MAX;
}

static void set_so(void)
{
    set_overflow();
    s.gpr[6] = 0;
    s.xer = XER_SO;
}

static void set_srr(void)
{
    s.spr[SPR_SRR0] = PPC_CODE + 8;
    s.spr[SPR_SRR1] = MSR_ME | MSR_PM;
}

static void set_fp_unavailable(void)
{
    s.msr &= ~(uint32_t)MSR_FP;
}

static void set_no_me(void)
{
    s.msr = 0;
    set_hole();
}

static void set_breakpoint(void)
{
    ppc_machine_stop_once(PPC_CODE + 8, 0);
}

static void set_watchpoint(void)
{
    set_data();
    ppc_machine_stop_once(PPC_DATA, 4);
}

static void set_iabr(void)
{
    s.spr[SPR_IABR] = (PPC_CODE + 8) | 2;
}

static void set_page_end(void)
{
    map(s.sr[0], PPC_CODE, PPC_CODE | RC | 2);
    map(s.sr[0], FAR_CODE, (FAR_CODE & ~0xfffu) | RC | 2);
    poke(FAR_CODE, NOP);
    poke(FAR_CODE + 4, NOP);
}

static void set_invalid_page(void)
{
    map(s.sr[0], PPC_CODE, PPC_CODE | RC | 2);
}

#define SYSCALL PPC_EXCP_SYSCALL

static const Way ways[] = {
    { "end", 4, SYSCALL, CODE(NOP, NOP, NOP) },
    { "sc", 2, SYSCALL, CODE(NOP, SC, NOP) },
    { "direct-branch", 3, SYSCALL, CODE(NOP, BRANCH(8), NOP) },
    { "loop-in-a-block", 2002, SYSCALL, CODE(NOP, NOP, BDNZ(-4)), set_ctr },
    { "loop-of-blocks", 3001, SYSCALL, CODE(NOP, BRANCH(4), BDNZ(-8)), set_ctr },
    { "budget-runs-out", 17000001, SYSCALL, CODE(NOP, BDNZ(-4)), set_long_ctr, ONLY_BLOCKS },
    { "bclr", 3, SYSCALL, CODE(NOP, BLR, NOP), set_lr },
    { "bcctr", 3, SYSCALL, CODE(NOP, BCTR, NOP), set_lr },
    { "rfi", 3, SYSCALL, CODE(NOP, RFI), set_srr },
    { "isync", 4, SYSCALL, CODE(NOP, ISYNC, NOP) },
    { "mtmsr-that-stays", 4, SYSCALL, CODE(NOP, MTMSR(5), NOP), set_msr_ri },
    { "mtmsr", 6, SYSCALL, CODE(NOP, MTMSR(5), NOP, NOP, NOP), set_msr_pm },
    { "mtmsr-lets-an-interrupt-in", 2, PPC_EXCP_SMI, CODE(NOP, MTMSR(5), NOP, NOP), set_smi },
    { "mtmsr-late-fp-exception", 2, PPC_EXCP_PROGRAM, CODE(NOP, MTMSR(5), NOP, NOP), set_msr_fe0 },
    { "power-saving", 3, PPC_EXCP_DECR, CODE(MTSPR(22, 6), NOP, MTMSR(5), NOP, NOP), set_sleep },
    { "rounding-mode", 6, SYSCALL, MSR_FP, CODE(NOP, MTFSFI(7, 1), NOP, NOP, NOP) },
    { "overflow", 6, SYSCALL, CODE(NOP, ADDO(3, 5, 5), NOP, NOP, NOP), set_overflow },
    { "overflow-again", 6, SYSCALL, CODE(NOP, ADDO(3, 5, 5), NOP, NOP, NOP), set_so },
    { "mtxer", 6, SYSCALL, CODE(NOP, MTSPR(SPR_XER, 6), NOP, NOP, NOP), set_so },
    { "mcrxr", 6, SYSCALL, CODE(NOP, MCRXR(1), NOP, NOP, NOP), set_so },
    { "spr", 4, SYSCALL, CODE(NOP, MTSPR(SPR_HID0, 5), NOP) },
    { "tlbie", 4, SYSCALL, CODE(NOP, TLBIE(4), NOP) },
    { "illegal", 1, PPC_EXCP_PROGRAM, CODE(NOP, ILLEGAL, NOP) },
    { "privileged", 1, PPC_EXCP_PROGRAM, MSR_PR, CODE(NOP, MFMSR(3), NOP) },
    { "trap", 1, PPC_EXCP_PROGRAM, CODE(NOP, TRAP, NOP) },
    { "fp-unavailable", 1, PPC_EXCP_FPU, CODE(NOP, FADD(1, 2, 3), NOP), set_fp_unavailable },
    { "fp-exception", 2, PPC_EXCP_PROGRAM, MSR_FP | MSR_FE0,
      CODE(NOP, MTFSB1(24), MTFSB1(7), NOP, NOP) },
    { "dsi-of-a-load", 2, PPC_EXCP_DSI, MSR_DR, CODE(NOP, NOP, LWZ(3, 0, 4), NOP, NOP) },
    { "dsi-of-a-store", 2, PPC_EXCP_DSI, MSR_DR, CODE(NOP, NOP, STW(3, 0, 4), NOP, NOP) },
    { "dsi-of-a-helper", 2, PPC_EXCP_DSI, MSR_DR, CODE(NOP, NOP, LMW(28, 0, 4), NOP, NOP) },
    { "alignment-in-line", 1, PPC_EXCP_ALIGN, CODE(NOP, LWARX(3, 0, 5), NOP), set_msr_ri },
    { "alignment-of-a-helper", 1, PPC_EXCP_ALIGN, CODE(NOP, LMW(28, 2, 4), NOP), set_data },
    { "machine-check", 1, PPC_EXCP_MCHECK, CODE(NOP, LWZ(3, 0, 4), NOP), set_hole },
    { "checkstop", 1, PPC_STOP_CHECKSTOP, CODE(NOP, LWZ(3, 0, 4), NOP), set_no_me },
    { "fetch-fault", 0, PPC_EXCP_ISI, MSR_IR, CODE(NOP) },
    { "fetch-fault-behind-a-page", 4, PPC_EXCP_ISI, MSR_IR,
      CODE(NOP, BRANCH(FAR_CODE - PPC_CODE - 4)), set_page_end },
    { "translated", 3, SYSCALL, MSR_IR, CODE(NOP, NOP), set_invalid_page },
    { "device", 5, SYSCALL, CODE(NOP, STW(3, 0, 4), LWZ(3, 4, 4), NOP), set_device },
    { "device-of-a-helper", 4, SYSCALL, CODE(NOP, STMW(31, 0, 4), LSWI(3, 4, 4)), set_device },
    { "logging-device", 5, SYSCALL, CODE(NOP, STW(3, 4, 4), STW(3, 4, 4), NOP), set_device },
    { "logging-device-of-a-helper", 5, SYSCALL, CODE(NOP, STMW(30, 0, 4), STMW(31, 4, 4), NOP),
      set_device },
    { "kick", 6, SYSCALL, CODE(NOP, STW(3, 8, 4), STW(3, 8, 4), BRANCH(4), NOP), set_device },
    { "kick-then-stub", 6, SYSCALL, CODE(STW(3, 8, 4), NOP, MTMSR(5), NOP, NOP), set_device },
    { "kick-then-exception", 2, PPC_EXCP_PROGRAM, CODE(STW(3, 8, 4), NOP, TRAP, NOP), set_device },
    { "reset", 3, PPC_EXCP_RESET, CODE(NOP, STW(3, 20, 4), BRANCH(4), NOP), set_device,
      ONLY_BLOCKS },
    { "soft-reset", 3, PPC_EXCP_RESET, CODE(NOP, STW(3, 24, 4), BRANCH(4), NOP), set_device,
      ONLY_BLOCKS },
    { "store-to-itself", 6, SYSCALL, CODE(NOP, STW(5, 12, 4), NOP, NOP, NOP), set_code },
    { "store-to-itself-and-isync", 6, SYSCALL,
      CODE(STW(5, 16, 4), ICBI(0, 4), ISYNC, NOP, NOP), set_code },
    { "trace", 2, PPC_EXCP_TRACE, MSR_BE, CODE(NOP, BRANCH(4), NOP), NULL, ONLY_BLOCKS },
    { "no-trace-of-what-leaves-before-a-branch", 4, PPC_EXCP_TRACE, MSR_BE,
      CODE(NOP, MTMSR(5), NOP, BRANCH(4), NOP), NULL, ONLY_BLOCKS },
    { "instruction-breakpoint", 2, PPC_EXCP_IABR, CODE(NOP, NOP, NOP, NOP), set_iabr },
    { "breakpoint", 5, SYSCALL, CODE(NOP, NOP, NOP, NOP), set_breakpoint },
    { "watchpoint", 5, SYSCALL, CODE(NOP, LWZ(3, 0, 4), NOP, NOP), set_watchpoint },
    { "watchpoint-of-a-helper", 5, SYSCALL, CODE(NOP, LMW(30, 0, 4), NOP, NOP), set_watchpoint },
};

static bool meets_the_debugger(const Way *way)
{
    return way->prepare == set_breakpoint || way->prepare == set_watchpoint;
}

static void run(const Way *way)
{
    uint32_t code[MAX_WORDS + 1];
    unsigned n = 0;

    begin(way->msr);
    s.gpr[5] = s.msr | MSR_PM;
    if (way->prepare) {
        way->prepare();
    }
    while (way->code[n] != ENDS) {
        code[n] = way->code[n];
        n++;
    }
    code[n++] = SC;
    ppc_machine_run(&s, code, n);
    set_smi_pin(false);
    if (s.stop != way->stop || s.insns != way->insns) {
        g_test_message("%s: stop %x, SRR0 %x, %" PRIu64 " instructions", way->name, s.stop,
                       s.spr[SPR_SRR0], s.insns);
        g_test_fail();
    }
}

/* Twice: with exits linked and accesses patched, too. */
static void test_ways(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        for (unsigned times = 0; times < 2; times++) {
            run(&ways[i]);
            if (ppc_machine_debug_stops() != meets_the_debugger(&ways[i])) {
                g_test_message("%s: %u stops", ways[i].name, ppc_machine_debug_stops());
                g_test_fail();
            }
        }
    }
}

static void test_single_steps(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        if (!(ways[i].flags & ONLY_BLOCKS)) {
            ppc_machine_step(true);
            run(&ways[i]);
            ppc_machine_step(false);
        }
    }
}

/* In the middle of a block, as a device sees it. */
static void test_count_at_a_device(void)
{
    uint64_t before = cpu_executed_insns(CPU(ppc_machine_cpu()));

    begin(0);
    set_device();
    RUN(NOP, NOP, STW(3, 4 * DEVICE_COUNT, 4), NOP, NOP);
    g_assert_cmpuint(count_at_device - before, ==, 2);
    begin(0);
    set_device();
    before = cpu_executed_insns(CPU(ppc_machine_cpu()));
    RUN(NOP, STMW(31, 4 * DEVICE_COUNT, 4), NOP, NOP);
    g_assert_cmpuint(count_at_device - before, ==, 1);
}

static void kick(void *opaque)
{
    cpu_exit(CPU(ppc_machine_cpu()));
    timer_mod_ns(*(QEMUTimer **)opaque, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + SCALE_MS);
}

/* Kicks come from other threads at any moment. */
static void test_kicked_loop(void)
{
    QEMUTimer *timer;

    timer = timer_new_ns(QEMU_CLOCK_REALTIME, kick, &timer);
    timer_mod_ns(timer, 0);
    for (unsigned i = 0; i < 5; i++) {
        begin(0);
        s.ctr = 1000 * 1000;
        RUN(NOP, BRANCH(4), BDNZ(-8));
        g_assert_cmpuint(s.insns, ==, 3000001);
    }
    timer_free(timer);
}

/* What the guest itself reads. The monitor is told of each MSR[PM] in a block's middle. */
static void test_performance_monitor(void)
{
    uint32_t code[2 * 61 + 6] = { MTSPR(SPR_MMCR0, 6), NOP };
    unsigned n = 2;

    for (unsigned part = 0; part < 2; part++) {
        code[n++] = MTMSR(part ? 8 : 7);
        for (unsigned i = 0; i < 60; i++) {
            code[n++] = ADDI(9, 9, 1);
        }
    }
    code[n] = BDNZ(-4 * (int)(n - 2));
    code[n + 1] = MFSPR(10, SPR_PMC1);
    code[n + 2] = SC;
    for (unsigned only_marked = 0; only_marked < 2; only_marked++) {
        begin(0);
        s.ctr = 100;
        s.gpr[6] = MMCR0_COUNT_INSNS | (only_marked ? 0x08000000 : 0); /* DMR */
        s.gpr[7] = MSR_ME | MSR_PM;
        s.gpr[8] = MSR_ME;
        ppc_machine_run(&s, code, n + 3);
        g_assert_cmphex(s.stop, ==, SYSCALL);
        g_assert_cmpuint(s.insns, ==, 2 + 12300 + 2);
        g_assert_cmpuint(s.gpr[10], ==, only_marked ? 6100 : 12300 + 2);
    }
}

int main(int argc, char **argv)
{
    static const PPCTest tests[] = {
        { "/ppc/count/ways-of-leaving-a-block", test_ways },
        { "/ppc/count/single-steps", test_single_steps },
        { "/ppc/count/at-a-device", test_count_at_a_device },
        { "/ppc/count/kicked-loop", test_kicked_loop },
        { "/ppc/count/performance-monitor", test_performance_monitor },
        { NULL, NULL },
    };

    return ppc_machine_test(argc, argv, add_device, tests);
}
