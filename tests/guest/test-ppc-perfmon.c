/*
 * The performance monitor of the 755: what its counters count, when they stand still, when they
 * interrupt. On the back end named by the first argument: host or interp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-asm.h"
#include "target/ppc/spr.h"

#define MMCR0_COUNT(event1, event2) ((event1) << 6 | (event2))

enum {
    ENINT = 0x04000000,
    DISCOUNT = 0x02000000,
    INTONBITTRANS = 0x00400000,
    PMC1INTCONTROL = 0x00008000,
    PMCINTCONTROL = 0x00004000,
    PMCTRIGGER = 0x00002000,
};

static PPCTestState s;

static void begin(uint32_t msr)
{
    ppc_state_init(&s);
    s.msr = msr | MSR_ME;
    s.gpr[31] = 0;
    s.lr = s.ctr = s.xer = 0;
}

/* What a register reads as now, after the run. */
static uint32_t value_of(unsigned num)
{
    PowerPCCPU *cpu = ppc_machine_cpu();

    return ppc_spr_read(&cpu->env, ppc_spr_lookup(POWERPC_CPU_GET_CLASS(cpu), num));
}


static void test_instruction_count(void)
{
    begin(0);
    s.gpr[5] = MMCR0_COUNT(2, 4);
    s.gpr[6] = 2u << 27 | 4u << 22;
    s.gpr[7] = 100;
    s.gpr[8] = 0x80000000;
    RUN(MTSPR(SPR_PMC2, 7), MTSPR(SPR_MMCR1, 6), MTSPR(SPR_MMCR0, 5), MFSPR(10, SPR_PMC1), NOP, NOP,
        NOP, MFSPR(11, SPR_PMC1), MFSPR(12, 937), MFSPR(13, SPR_PMC2), MFSPR(14, SPR_PMC3),
        MFSPR(15, SPR_PMC4), MTSPR(SPR_MMCR0, 8), NOP, MFSPR(16, SPR_PMC1), NOP,
        MFSPR(17, SPR_PMC1));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
    g_assert_cmpuint(s.gpr[11] - s.gpr[10], ==, 4);
    g_assert_cmpuint(s.gpr[12] - s.gpr[11], ==, 1);
    g_assert_cmpuint(s.gpr[13], ==, s.gpr[12] + 101);
    g_assert_cmpuint(s.gpr[15], ==, s.gpr[14] + 1);
    g_assert_cmpuint(s.gpr[17], ==, s.gpr[16]);
}

/* A loop of 1000 passes is 2000 instructions, wherever its blocks end. */
static void test_loop_count(void)
{
    begin(0);
    s.gpr[5] = MMCR0_COUNT(2, 0);
    s.ctr = 1000;
    RUN(MTSPR(SPR_MMCR0, 5), MFSPR(10, SPR_PMC1), NOP, BDNZ(-4), MFSPR(11, SPR_PMC1));
    g_assert_cmpuint(s.gpr[11] - s.gpr[10], ==, 2001);
}

/* DP, DU: only what the user, or the supervisor, executes. Here everything is the supervisor's. */
static void test_count_modes(void)
{
    begin(0);
    s.gpr[5] = 0x40000000 | MMCR0_COUNT(2, 0); /* DP */
    s.gpr[6] = 0x20000000 | MMCR0_COUNT(2, 0); /* DU */
    s.gpr[7] = 0x08000000 | MMCR0_COUNT(2, 0); /* DMR: only with MSR[PM] */
    s.gpr[8] = MSR_PM | MSR_ME;
    RUN(MTSPR(SPR_MMCR0, 5), NOP, MFSPR(10, SPR_PMC1), MTSPR(SPR_MMCR0, 6), NOP,
        MFSPR(11, SPR_PMC1), MTSPR(SPR_MMCR0, 7), MFSPR(12, SPR_PMC1), NOP, MFSPR(13, SPR_PMC1),
        MTMSR(8), NOP, NOP, MFSPR(14, SPR_PMC1));
    g_assert_cmpuint(s.gpr[10], ==, 0);
    g_assert_cmpuint(s.gpr[11], >=, 2);
    g_assert_cmpuint(s.gpr[13], ==, s.gpr[12]);
    g_assert_cmpuint(s.gpr[14], ==, s.gpr[13] + 3);
}

static void test_cycles(void)
{
    begin(0);
    s.gpr[5] = MMCR0_COUNT(1, 3); /* cycles; bit 31 of the time base */
    s.ctr = 100000;
    RUN(MFSPR(9, 268), MTSPR(SPR_MMCR0, 5), BDNZ(0), MFSPR(10, SPR_PMC1), MFSPR(11, SPR_PMC2),
        MFSPR(12, 268));
    g_assert_cmpuint(s.gpr[10], >, 0);
    g_assert_cmpuint(s.gpr[10], <=, (s.gpr[12] - s.gpr[9]) * 40);
    g_assert_cmpuint(s.gpr[11], >, 0);
    g_assert_cmpuint(s.gpr[11], <=, (s.gpr[12] - s.gpr[9]) / 2 + 1);
}

static void test_overflow_interrupt(void)
{
    begin(MSR_EE);
    s.gpr[5] = 0x7ffffff0;
    s.gpr[6] = ENINT | DISCOUNT | PMC1INTCONTROL | MMCR0_COUNT(2, 2);
    RUN(MTSPR(SPR_PMC1, 5), MTSPR(SPR_MMCR0, 6), BRANCH(0));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_PERFMON);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 8);
    g_assert_cmphex(s.spr[SPR_SIA], ==, PPC_CODE + 8);
    g_assert_cmphex(s.spr[SPR_PMC1] >> 31, ==, 1);
    g_assert_cmphex(s.spr[SPR_MMCR0], ==, s.gpr[6] & ~ENINT);
    g_assert_cmphex(value_of(SPR_PMC1), ==, s.spr[SPR_PMC1]); /* DISCOUNT: both stand still */
    g_assert_cmphex(value_of(SPR_PMC2), ==, s.spr[SPR_PMC2]);
}

/* A counter that software has made negative is a condition too; SIA has what made it one. */
static void test_written_overflow(void)
{
    begin(MSR_EE);
    s.gpr[5] = 0x80000000;
    s.gpr[6] = ENINT | PMCINTCONTROL;
    RUN(MTSPR(SPR_MMCR0, 6), NOP, MTSPR(SPR_PMC3, 5), NOP);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_PERFMON);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 12);
    g_assert_cmphex(s.spr[SPR_SIA], ==, PPC_CODE + 8);
    begin(MSR_EE);
    s.gpr[5] = 0x80000000;
    s.gpr[6] = ENINT | PMC1INTCONTROL;
    RUN(MTSPR(SPR_MMCR0, 6), MTSPR(SPR_PMC3, 5), NOP);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
}

static void test_time_base_interrupt(void)
{
    begin(MSR_EE);
    s.gpr[6] = ENINT | INTONBITTRANS;
    RUN(MTSPR(SPR_MMCR0, 6), BRANCH(0));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_PERFMON);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 4);
}

static void test_trigger(void)
{
    begin(0);
    s.gpr[5] = 0x7fffff00;
    s.gpr[6] = 0x00002000 | MMCR0_COUNT(2, 2);
    s.gpr[7] = 0x80000000;
    RUN(MTSPR(SPR_PMC1, 5), MTSPR(SPR_MMCR0, 6), NOP, MFSPR(10, SPR_PMC2), MTSPR(SPR_PMC1, 7), NOP,
        NOP, MFSPR(11, SPR_PMC2));
    g_assert_cmpuint(s.gpr[10], ==, 0);
    g_assert_cmpuint(s.gpr[11], ==, 3);
}

/* The others wait for PMC1's interrupt too, and then it stands still. */
static void test_trigger_by_interrupt(void)
{
    begin(0);
    s.gpr[5] = 0x7ffffff0;
    s.gpr[6] = ENINT | DISCOUNT | PMC1INTCONTROL | PMCTRIGGER | MMCR0_COUNT(2, 2);
    s.ctr = 50;
    RUN(MTSPR(SPR_PMC1, 5), MTSPR(SPR_MMCR0, 6), BDNZ(0), MTSPR(SPR_PMC4, 31),
        MFSPR(10, SPR_PMC1), NOP, MFSPR(11, SPR_PMC1), MFSPR(12, SPR_PMC2));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
    g_assert_cmphex(s.gpr[11], ==, s.gpr[10]);
    g_assert_cmphex(s.gpr[12], ==, 4);
}

/* --- Events */

typedef struct Event {
    uint8_t counter, event, count;
} Event;

/* What count_events() executes is this many of each. */
static const Event events[] = {
    { 1, 0, 0 },  { 1, 5, 1 },  /* eieio */
    { 1, 7, 0 },  /* L2 hits: not counted */
    { 2, 8, 1 },  /* branches not taken */
    { 2, 10, 1 }, /* lwarx */
    { 2, 11, 6 }, /* loads and stores */
    { 2, 14, 8 }, /* system unit */
    { 2, 9, 0 },  /* MSR[PR] */
    { 3, 8, 2 },  /* branches taken */
    { 3, 9, 0 },  /* MSR[PM], user */
    { 3, 10, 2 }, /* stwcx. */
    { 3, 11, 2 }, /* floating point */
    { 4, 9, 2 },  /* MSR[PM], supervisor */
    { 4, 10, 1 }, /* stwcx. that store */
    { 4, 11, 1 }, /* sync */
    { 4, 13, 3 }, /* integer */
};

static const uint16_t counters[] = { SPR_PMC1, SPR_PMC2, SPR_PMC3, SPR_PMC4 };

static void select_event(const Event *e)
{
    s.gpr[20] = e->counter == 1 ? MMCR0_COUNT(e->event, 0) : MMCR0_COUNT(0, e->event);
    s.gpr[20] = e->counter > 2 ? 0 : s.gpr[20];
    s.gpr[21] = e->counter == 3   ? (uint32_t)e->event << 27
                : e->counter == 4 ? (uint32_t)e->event << 22
                                  : 0;
    s.gpr[22] = 0x80000000; /* DIS */
}

static void test_events(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        begin(MSR_FP);
        select_event(&events[i]);
        s.gpr[4] = PPC_DATA;
        s.gpr[5] = 0;
        s.gpr[6] = MSR_FP | MSR_ME | MSR_PM;
        s.gpr[7] = MSR_FP | MSR_ME;
        s.cr = 0;
        RUN(MTSPR(SPR_MMCR1, 21), MTSPR(SPR_MMCR0, 20), /* from here ... */
            LWZ(3, 0, 4), LWZ(3, 4, 4), STW(3, 8, 4), LWARX(3, 4, 5), STWCX(3, 4, 5),
            STWCX(3, 4, 5), CROR(0, 1, 2), CROR(3, 4, 5), SYNC, EIEIO, ISYNC, MFSPR(8, SPR_LR),
            ADDI(8, 8, 1), ADDI(8, 8, 2), ADDI(8, 8, 3), FADD(1, 2, 3), FADD(4, 5, 6), BRANCH(4),
            BC(12, 0, 8), BC(4, 0, 4), MTMSR(6), MTMSR(7), /* ... to here */
            MTSPR(SPR_MMCR0, 22), MFSPR(9, counters[events[i].counter - 1]));
        g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
        if (s.gpr[9] != events[i].count) {
            g_error("PMC%u event %u: %u instead of %u", events[i].counter, events[i].event,
                    s.gpr[9], events[i].count);
        }
    }
}

/* A loop within a block: each pass is a branch. */
static void test_branches_of_a_loop(void)
{
    static const Event taken = { 3, 8, 0 }, not_taken = { 2, 8, 0 };

    begin(0);
    select_event(&taken);
    s.ctr = 1000;
    RUN(MTSPR(SPR_MMCR1, 21), NOP, BDNZ(-4), MTSPR(SPR_MMCR0, 22), MFSPR(9, SPR_PMC3));
    g_assert_cmpuint(s.gpr[9], ==, 999);
    begin(0);
    select_event(&not_taken);
    s.ctr = 1000;
    RUN(MTSPR(SPR_MMCR0, 20), NOP, BDNZ(-4), MTSPR(SPR_MMCR0, 22), MFSPR(9, SPR_PMC2));
    g_assert_cmpuint(s.gpr[9], ==, 1);
}

/* What raises an exception hasn't completed. */
static void test_faults_are_not_counted(void)
{
    static const Event reserved = { 2, 10, 0 }, integer = { 4, 13, 0 };

    begin(0);
    select_event(&reserved);
    s.gpr[4] = PPC_DATA;
    s.gpr[5] = 0;
    s.gpr[6] = 2;
    RUN(MTSPR(SPR_MMCR0, 20), LWARX(3, 4, 5), LWARX(3, 4, 6));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_ALIGN);
    g_assert_cmpuint(value_of(SPR_PMC2), ==, 1);
    begin(0);
    select_event(&integer);
    RUN(MTSPR(SPR_MMCR1, 21), ADDI(3, 0, 1), 0x7fe00008 /* trap */);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_PROGRAM);
    g_assert_cmpuint(value_of(SPR_PMC4), ==, 1);
}

static void test_privilege_changes(void)
{
    static const Event changes = { 2, 9, 0 };

    begin(0);
    select_event(&changes);
    s.spr[SPR_SRR0] = PPC_CODE + 12;
    s.spr[SPR_SRR1] = MSR_ME | MSR_PR;
    RUN(MTSPR(SPR_MMCR0, 20), RFI, NOP, NOP);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
    g_assert_cmpuint(value_of(SPR_PMC2), ==, 2);
}

static void test_breakpoint_matches(void)
{
    static const Event matches = { 1, 9, 0 };

    begin(0);
    select_event(&matches);
    s.spr[SPR_IABR] = (PPC_CODE + 8) | 2;
    RUN(MTSPR(SPR_MMCR0, 20), NOP, NOP);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_IABR);
    g_assert_cmpuint(value_of(SPR_PMC1), ==, 1);
}

static const PPCTest tests[] = {
    { "/ppc/perfmon/instructions-are-counted-one-by-one", test_instruction_count },
    { "/ppc/perfmon/loops-are-counted", test_loop_count },
    { "/ppc/perfmon/counting-depends-on-privilege-and-mark", test_count_modes },
    { "/ppc/perfmon/cycles-follow-the-time-base", test_cycles },
    { "/ppc/perfmon/overflow-interrupts-and-stops-counting", test_overflow_interrupt },
    { "/ppc/perfmon/a-written-overflow-interrupts-too", test_written_overflow },
    { "/ppc/perfmon/a-time-base-bit-interrupts", test_time_base_interrupt },
    { "/ppc/perfmon/trigger-holds-the-other-counters", test_trigger },
    { "/ppc/perfmon/interrupt-starts-the-other-counters", test_trigger_by_interrupt },
    { "/ppc/perfmon/events-count-what-completed", test_events },
    { "/ppc/perfmon/branches-of-a-loop", test_branches_of_a_loop },
    { "/ppc/perfmon/faulting-instructions-are-not-counted", test_faults_are_not_counted },
    { "/ppc/perfmon/privilege-changes", test_privilege_changes },
    { "/ppc/perfmon/breakpoint-matches", test_breakpoint_matches },
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    return ppc_machine_test(argc, argv, NULL, tests);
}
