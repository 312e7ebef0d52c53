/*
 * The performance monitors from bare code: counts that are known, filters, overflows, the interrupt.
 *
 * Output: a line for each check. Built and judged by tests/functional/test_arm_pmu.py.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"

#define GICD(offset) (*(volatile u32 *)(0x08000000ul + (offset)))
#define GICC(offset) (*(volatile u32 *)(0x08010000ul + (offset)))
#define PMU_IRQ 23

#define CYCLES (1ul << 31)
enum { E = 1, P = 2, C = 4, LC = 64 };

__asm__(".globl start, go_to_el0\nstart: ldr x0, =stack_top\n mov sp, x0\n adr x0, vectors\n msr vbar_el1, x0\n"
        "mov x0, #3 << 20\n msr cpacr_el1, x0\n isb\n bl main\n b .\n"
        ".balign 2048\nvectors:\n"
        ".rept 4\n b unexpected\n .balign 128\n .endr\n"
        "b fault\n .balign 128\n" /* EL1h, synchronous */
        "b irq\n .balign 128\n" /* EL1h, IRQ */
        ".rept 2\n b unexpected\n .balign 128\n .endr\n"
        "b from_el0\n .balign 128\n"
        ".rept 7\n b unexpected\n .balign 128\n .endr\n"
        "irq: stp x0, x1, [sp, #-16]!\n stp x2, x30, [sp, #-16]!\n bl interrupt\n"
        "ldp x2, x30, [sp], #16\n ldp x0, x1, [sp], #16\n eret\n"
        "from_el0: mov x30, x28\n mov x0, x27\n ret\n"
        /* Of the instruction whose address is in x25: x24 says what has overflowed. */
        "fault: mrs x24, elr_el1\n cmp x24, x25\n b.ne unexpected\n"
        "add x24, x24, #4\n msr elr_el1, x24\n mrs x24, pmovsset_el0\n eret\n"
        "unexpected: bl died\n"
        /* 1000 rounds of two instructions, at EL0, until its SVC. */
        "user: mov x26, #1000\n1: subs x26, x26, #1\n b.ne 1b\n svc #0\n"
        "go_to_el0: mov x28, x30\n adr x1, user\n msr elr_el1, x1\n msr spsr_el1, xzr\n eret\n"
        ".bss\n.balign 16\n.space 16384\nstack_top:\n.text");
extern void go_to_el0(void);

static void say(const char *name, u64 value)
{
    put(name);
    digits(value, 60);
    put("\n");
}

static volatile unsigned interrupts;

void interrupt(void)
{
    u32 which = GICC(0xc);

    interrupts += which == PMU_IRQ;
    MSR(pmovsclr_el0, ~0ul);
    GICC(0x10) = which;
}

void died(void)
{
    say("died ", MRS(esr_el1));
    say("at ", MRS(elr_el1));
    for (;;) {
    }
}

static void stop(void)
{
    MSR(pmcr_el0, LC);
    MSR(pmcntenclr_el0, ~0ul);
    MSR(pmintenclr_el1, ~0ul);
    MSR(pmovsclr_el0, ~0ul);
    MSR(pmccfiltr_el0, 0);
}

static void count(unsigned event)
{
    stop();
    MSR(pmevtyper0_el0, event);
    MSR(pmcntenset_el0, 1);
    MSR(pmcr_el0, LC | P);
}

/* What 1000 rounds of a loop of two instructions count, with what is around them. */
static u64 loop(void)
{
    u64 before, after, n = 1000;

    __asm__ volatile("mrs %0, pmevcntr0_el0\n1: subs %2, %2, #1\n b.ne 1b\n mrs %1, pmevcntr0_el0"
                     : "=&r"(before), "=&r"(after), "+r"(n) : : "cc");
    return after - before;
}

static void count_instructions(void)
{
    count(8);
    say("off ", loop());
    MSR(pmcr_el0, LC | E);
    say("on ", loop());
    MSR(pmevtyper0_el0, 8 | 1u << 31);
    say("not EL1 ", loop());
    MSR(pmevtyper0_el0, 8 | 1u << 30);
    say("not EL0 ", loop());
}

/* A fault has a block's last instructions not executed that its head had counted: when SPSel is
 * written, and a counter looked at on the way, they haven't been, either. */
static void count_up_to_a_fault(void)
{
    u64 hole = 0x0f000000, overflowed;

    count(8);
    MSR(pmevcntr0_el0, 0x100000000ull - 30);
    MSR(pmcr_el0, LC | E);
    __asm__ volatile("adr x25, 1f\n msr spsel, #1\n1: ldr %0, [%0]\n mov %1, x24\n"
                     ".rept 40\n nop\n .endr"
                     : "+r"(hole), "=&r"(overflowed) : : "x24", "x25", "cc");
    say("overflows at a fault ", overflowed);
    say("and behind it ", MRS(pmovsset_el0));
}

/* EL0 alone: its loop and the MOV and SVC around it. */
static void count_user(void)
{
    count(8 | 1u << 31);
    MSR(pmcr_el0, LC | E);
    go_to_el0();
    say("EL0 ", MRS(pmevcntr0_el0));
    count(9); /* EXC_TAKEN */
    MSR(pmcr_el0, LC | E);
    go_to_el0();
    say("taken ", MRS(pmevcntr0_el0));
    count(10); /* EXC_RETURN */
    MSR(pmcr_el0, LC | E);
    go_to_el0();
    say("returned ", MRS(pmevcntr0_el0));
}

static void count_by_hand(void)
{
    count(0);
    MSR(pmcr_el0, LC | E);
    MSR(pmswinc_el0, 1);
    MSR(pmswinc_el0, 3);
    say("software ", MRS(pmevcntr0_el0));
    MSR(pmselr_el0, 0);
    say("selected ", MRS(pmxevcntr_el0));
    MSR(pmcr_el0, LC | E | P);
    say("reset ", MRS(pmevcntr0_el0));
    MSR(pmevcntr0_el0, 0xffffffff);
    MSR(pmevtyper1_el0, 0x1e); /* CHAIN */
    MSR(pmcntenset_el0, 2);
    MSR(pmswinc_el0, 1);
    say("overflowed ", MRS(pmovsset_el0));
    say("low ", MRS(pmevcntr0_el0));
    say("chained ", MRS(pmevcntr1_el0));
}

static void count_cycles(void)
{
    u64 before, time;

    stop();
    MSR(pmccntr_el0, 0);
    MSR(pmcntenset_el0, CYCLES);
    MSR(pmcr_el0, LC | E | C);
    time = MRS(cntvct_el0);
    before = MRS(pmccntr_el0);
    while (MRS(cntvct_el0) - time < MRS(cntfrq_el0) / 100) {
    }
    time = MRS(pmccntr_el0) - before;
    say("cycles of 10 ms ", time >= 9999900 && time < 200000000);
    MSR(pmccfiltr_el0, 1u << 31);
    before = MRS(pmccntr_el0);
    say("filtered cycles ", MRS(pmccntr_el0) - before);
    MSR(pmccfiltr_el0, 0);
    MSR(pmccntr_el0, 0xffffffffull);
    (void)MRS(pmccntr_el0);
    say("64 bits ", MRS(pmccntr_el0) > 0xffffffffull && !MRS(pmovsset_el0));
    MSR(pmcr_el0, E);
    MSR(pmccntr_el0, 0xffffffffull);
    (void)MRS(pmccntr_el0);
    say("32 bits ", MRS(pmovsset_el0));
}

static void wait_for(const char *what, unsigned wanted)
{
    u64 start = MRS(cntvct_el0);

    while (interrupts < wanted && MRS(cntvct_el0) - start < 2 * MRS(cntfrq_el0)) {
    }
    say(what, interrupts);
}

static void interrupt_on_overflow(void)
{
    GICD(0) = 1;
    GICD(0x100) = 1u << PMU_IRQ;
    GICC(4) = 0xff;
    GICC(0) = 1;
    __asm__ volatile("msr daifclr, #2");
    count(8);
    MSR(pmevcntr0_el0, 0x100000000ull - 1000000);
    MSR(pmintenset_el1, 1);
    MSR(pmcr_el0, LC | E);
    wait_for("after a million instructions ", 1);
    stop();
    MSR(pmccntr_el0, -5000000ull);
    MSR(pmcntenset_el0, CYCLES);
    MSR(pmintenset_el1, CYCLES);
    MSR(pmcr_el0, LC | E);
    wait_for("after 5 ms ", 2);
    stop();
    MSR(pmovsset_el0, 1);
    MSR(pmintenset_el1, 1);
    say("disabled ", interrupts);
    MSR(pmcr_el0, LC | E);
    wait_for("by software ", 3);
    __asm__ volatile("msr daifset, #2");
}

int main(void)
{
    say("PMUVer ", MRS(id_aa64dfr0_el1) >> 8 & 15);
    say("PMCR ", MRS(pmcr_el0));
    say("PMCEID0 ", MRS(pmceid0_el0));
    count_instructions();
    count_up_to_a_fault();
    count_user();
    count_by_hand();
    count_cycles();
    interrupt_on_overflow();
    put("DONE\n");
    __asm__ volatile("ldr x0, =0x84000008\n hvc #0");
    return 0;
}
