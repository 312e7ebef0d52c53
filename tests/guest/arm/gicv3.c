/*
 * A bare program for `virt` with a GICv3 and virtualization=on, for CPUs without AArch64: the GIC's CPU interface by coprocessor
 * registers. What is written to each register reads back, in Hyp mode and in Supervisor mode, there with and without a list of
 * virtual interrupts; one of the latter is acknowledged, and an SGI sent and taken.
 *
 * SPDX-License-Identifier: MIT
 */
typedef unsigned int u32;
typedef unsigned long long u64;

#define UART (*(volatile u32 *)0x09000000)
#define DISTRIBUTOR(offset) (*(volatile u32 *)(0x08000000 + (offset)))
#define REDISTRIBUTOR(offset) (*(volatile u32 *)(0x080a0000 + (offset)))

#define MRC(op1, crn, crm, op2)                                                                                                \
    ({ u32 v_; __asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(v_) : : "memory"); v_; })
#define MCR(op1, crn, crm, op2, value)                                                                                         \
    __asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 "\n isb" : : "r"(value) : "memory")
#define MCRR(op1, crm, value)                                                                                                  \
    __asm__ volatile("mcrr p15, " #op1 ", %Q0, %R0, " #crm "\n isb" : : "r"((u64)(value)) : "memory")

__asm__(
    ".section .text.unlikely, \"ax\"\n" /* the linker has these first */
    ".arch_extension virt\n"
    ".globl start\n"
    "start: ldr sp, =stack_top\n"
    "  ldr r0, =vectors\n"
    "  mcr p15, 4, r0, c12, c0, 0\n"
    "  bl main\n"
    "  b .\n"
    ".ltorg\n"
    ".text\n"
    /* run(f): in Supervisor mode, on its own stack; it ends by a call. */
    ".globl run\n"
    "run: push {r4, lr}\n"
    "  ldr r1, =inside\n"
    "  msr elr_hyp, r1\n"
    "  mov r1, #0x1d3\n"
    "  msr spsr_fsxc, r1\n"
    "  eret\n"
    "inside: ldr sp, =stack_top - 4096\n"
    "  blx r0\n"
    "  hvc #0\n"
    "done: pop {r4, pc}\n"
    ".ltorg\n"
    ".balign 32\n"
    "vectors: b .\n"
    "  b unexpected\n"
    "  b .\n"
    "  b unexpected\n"
    "  b unexpected\n"
    "  b trapped\n"
    "  b .\n"
    "  b .\n"
    "trapped: push {r0, r1}\n"
    "  mrc p15, 4, r0, c5, c2, 0\n"
    "  lsr r1, r0, #26\n"
    "  cmp r1, #0x12\n"
    "  popeq {r0, r1}\n"
    "  beq done\n"
    "  push {r2, r3, r12, lr}\n"
    "  bl note\n"
    "  pop {r2, r3, r12, lr}\n"
    "  mrs r0, elr_hyp\n"
    "  add r0, r0, #4\n"
    "  msr elr_hyp, r0\n"
    "  pop {r0, r1}\n"
    "  eret\n"
    "unexpected: mrc p15, 4, r0, c5, c2, 0\n"
    "  bl note\n"
    "  b .\n"
    ".bss\n"
    ".balign 4096\n"
    ".space 16384\n"
    "stack_top:\n"
    ".text\n");
extern void run(void (*f)(void));

static void put(const char *text)
{
    for (; *text; text++) {
        UART = *text;
    }
}

static void show(const char *name, u32 value)
{
    put(name);
    put(" ");
    for (int bit = 28; bit >= 0; bit -= 4) {
        UART = "0123456789abcdef"[value >> bit & 15];
    }
    put("\n");
}

void note(u32 syndrome)
{
    show("trap", syndrome);
}

/* Written, read back, and as it was. */
#define BACK(name, op1, crn, crm, op2)                                                                                         \
    do {                                                                                                                       \
        u32 was = MRC(op1, crn, crm, op2);                                                                                     \
        show(name, was);                                                                                                       \
        MCR(op1, crn, crm, op2, 0xffffffffu);                                                                                  \
        show(name " ones", MRC(op1, crn, crm, op2));                                                                           \
        MCR(op1, crn, crm, op2, 0);                                                                                            \
        show(name " none", MRC(op1, crn, crm, op2));                                                                           \
        MCR(op1, crn, crm, op2, was);                                                                                          \
    } while (0)

static void interface(void)
{
    BACK("pmr", 0, c4, c6, 0);
    BACK("bpr0", 0, c12, c8, 3);
    BACK("bpr1", 0, c12, c12, 3);
    BACK("ctlr", 0, c12, c12, 4);
    BACK("sre", 0, c12, c12, 5);
    BACK("igrpen0", 0, c12, c12, 6);
    BACK("igrpen1", 0, c12, c12, 7);
    BACK("ap0r0", 0, c12, c8, 4);
    BACK("ap1r0", 0, c12, c9, 0);
    show("hppir1", MRC(0, c12, c12, 2));
    show("rpr", MRC(0, c12, c11, 3));
}

/* SGI 5 to itself. */
static void interrupt(void)
{
    MCR(0, c4, c6, 0, 0xff);
    MCR(0, c12, c12, 7, 1);
    MCRR(0, c12, 5ull << 24 | 1);
    show("pending", MRC(0, c12, c12, 2));
    show("isr", MRC(0, c12, c1, 0));
    show("acknowledged", MRC(0, c12, c12, 0));
    show("running", MRC(0, c12, c11, 3));
    show("active", MRC(0, c12, c9, 0));
    MCR(0, c12, c12, 1, 5);
    show("idle", MRC(0, c12, c11, 3));
    show("spurious", MRC(0, c12, c12, 0));
}

static void lists(void)
{
    BACK("hcr", 4, c12, c11, 0);
    BACK("vmcr", 4, c12, c11, 7);
    BACK("ich_ap0r0", 4, c12, c8, 0);
    BACK("ich_ap1r0", 4, c12, c9, 0);
    BACK("lr0", 4, c12, c12, 0);
    BACK("lrc0", 4, c12, c14, 0);
    BACK("lr3", 4, c12, c12, 3);
    BACK("lrc3", 4, c12, c14, 3);
    BACK("hsre", 4, c12, c9, 5);
    show("vtr lists", MRC(4, c12, c11, 1) & 0x1f);
    show("misr", MRC(4, c12, c11, 2));
    show("eisr", MRC(4, c12, c11, 3));
    show("elrsr", MRC(4, c12, c11, 5));
}

/* Each register once, for what ICH_HCR traps. */
static void touch(void)
{
    MRC(0, c4, c6, 0);
    MRC(0, c12, c8, 3);
    MRC(0, c12, c8, 4);
    MRC(0, c12, c8, 2);
    MRC(0, c12, c12, 6);
    MRC(0, c12, c9, 0);
    MRC(0, c12, c12, 2);
    MRC(0, c12, c12, 3);
    MRC(0, c12, c12, 4);
    MRC(0, c12, c12, 5);
    MRC(0, c12, c12, 7);
    MRC(0, c12, c11, 3);
    MCR(0, c12, c11, 1, 1020);
    MCRR(0, c12, 1ull << 40);
    MCRR(1, c12, 1ull << 40);
    MCRR(2, c12, 1ull << 40);
}

static void traps(void)
{
    static const u32 controls[] = { 1 << 10, 1 << 11, 1 << 12, 1 << 14, 0 };

    for (u32 i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        MCR(4, c12, c11, 0, controls[i]);
        show("traps", MRC(4, c12, c11, 0));
        run(touch);
    }
}

static void sgi_alone(void)
{
    MCRR(0, c12, 5ull << 24 | 1);
}

void main(void)
{
    enum { HCR_FMO = 8, HCR_IMO = 16, ARE_AND_GROUPS = 0x12 };

    DISTRIBUTOR(0) = ARE_AND_GROUPS;
    REDISTRIBUTOR(0x14) = 0;            /* GICR_WAKER */
    REDISTRIBUTOR(0x10080) = ~0u;       /* all in group 1 */
    REDISTRIBUTOR(0x10100) = 0x3f;      /* SGIs enabled */
    for (int n = 0; n < 4; n++) {
        REDISTRIBUTOR(0x10400 + 4 * n) = 0xa0a0a0a0;
    }
    put("Hyp mode\n");
    interface();
    interrupt();
    lists();
    put("Supervisor mode\n");
    run(interface);
    run(interrupt);
    put("traps\n");
    traps();
    MCR(4, c1, c1, 0, HCR_IMO | HCR_FMO);
    traps();
    put("of virtual interrupts\n");
    MCR(4, c1, c1, 0, HCR_IMO | HCR_FMO);
    MCR(4, c12, c11, 0, 1);             /* ICH_HCR.En */
    MCR(4, c12, c12, 0, 5);
    MCR(4, c12, c14, 0, 0x50a00000);    /* pending, group 1 */
    show("lr0", MRC(4, c12, c12, 0));
    run(interface);
    run(sgi_alone);                     /* traps */
    run(interrupt);
    show("lr0", MRC(4, c12, c12, 0));
    show("lrc0", MRC(4, c12, c14, 0));
    show("elrsr", MRC(4, c12, c11, 5));
    put("end\n");
    __asm__ volatile(".arch_extension sec\n ldr r0, =0x84000008\n smc #0" ::: "r0", "memory"); /* PSCI: SYSTEM_OFF */
}
