/*
 * A hypervisor at EL2, in AArch64, that runs a guest at EL1 in AArch32: el1-aarch32-guest.S, whose bytes are GUEST. The guest calls
 * it to have numbers printed, and to be trapped; of what else comes to EL2 the syndrome is printed, and the instruction left out.
 * EL0_TOO: an illegal return that not everybody finds to be one, too.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"

struct Frame {
    u64 x[31], vector;
};

extern char guest_code[], vectors[];
extern void enter(u64 pc, u64 spsr);

__asm__(
    ".section .text.unlikely, \"ax\"\n" /* the linker has these first */
    ".globl start\n"
    "start: ldr x0, =stack_top\n"
    "  mov sp, x0\n"
    "  adr x0, vectors\n"
    "  msr vbar_el2, x0\n"
    "  b main\n"
    ".ltorg\n"
    ".text\n"
    "enter: msr elr_el2, x0\n"
    "  msr spsr_el2, x1\n"
    "  eret\n"
    ".balign 0x800\n"
    "vectors:\n"
    ".irp v, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
    "  .balign 0x80\n"
    "  sub sp, sp, #256\n"
    "  stp x0, x1, [sp]\n"
    "  mov x0, #\\v\n"
    "  b save\n"
    ".endr\n"
    "save: stp x2, x3, [sp, #16]\n"
    ".irp n, 4,6,8,10,12,14,16,18,20,22,24,26,28\n"
    "  str x\\n, [sp, #\\n * 8]\n"
    ".endr\n"
    ".irp n, 5,7,9,11,13,15,17,19,21,23,25,27,29,30\n"
    "  str x\\n, [sp, #\\n * 8]\n"
    ".endr\n"
    "  str x0, [sp, #31 * 8]\n"
    "  mov x0, sp\n"
    "  bl taken\n"
    ".irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
    "  ldr x\\n, [sp, #\\n * 8]\n"
    ".endr\n"
    "  ldp x0, x1, [sp]\n"
    "  add sp, sp, #256\n"
    "  eret\n"
    ".section .rodata\n"
    "guest_code: .incbin \"" GUEST "\"\n"
    "guest_end:\n"
    ".bss\n"
    ".balign 4096\n"
    ".space 8192\n"
    "stack_top:\n"
    ".text\n");
extern char guest_end[];

#define GUEST_ADDRESS 0x40200000ul

/* Stage 2: devices; memory, to itself; nothing; memory at 3 GiB that may only be read. */
static u64 stage2[512] __attribute__((aligned(4096)));

static void show_registers(const struct Frame *f)
{
    put("regs");
    for (int i = 8; i < 31; i++) {
        put(" ");
        digits(f->x[i], 60);
    }
    put("\nbanked ");
    digits(MRS(spsr_el1), 28);
    digits(MRS(spsr_abt), 28);
    digits(MRS(spsr_und), 28);
    digits(MRS(spsr_irq), 28);
    digits(MRS(spsr_fiq), 28);
    put("\nsystem ");
    digits(MRS(s3_4_c3_c0_0), 28); /* DACR32_EL2 */
    digits(MRS(s3_4_c5_c0_1), 28); /* IFSR32_EL2 */
    digits(MRS(s3_4_c5_c3_0), 28); /* FPEXC32_EL2 */
    digits(MRS(esr_el1), 28);
    digits(MRS(far_el1), 60);
    digits(MRS(vbar_el1), 60);
    digits(MRS(tcr_el1), 60);
    digits(MRS(ttbr0_el1), 60);
    digits(MRS(ttbr1_el1), 60);
    digits(MRS(mair_el1), 60);
    digits(MRS(contextidr_el1), 28);
    digits(MRS(tpidr_el0), 60);
    digits(MRS(tpidrro_el0), 60);
    digits(MRS(tpidr_el1), 60);
    digits(MRS(par_el1), 60);
    put("\n");
}

enum { SET_HCR, SET_HSTR, SET_CPTR, SET_MDCR, SET_DACR, SET_FPEXC, SET_IFSR };

static void set(u64 which, u64 value)
{
    switch (which) {
    case SET_HCR:
        MSR(hcr_el2, value);
        __asm__ volatile("tlbi vmalls12e1\n dsb sy\n isb");
        break;
    case SET_HSTR:
        MSR(hstr_el2, value);
        break;
    case SET_CPTR:
        MSR(cptr_el2, value | 0x33ff);
        break;
    case SET_MDCR:
        MSR(mdcr_el2, value);
        break;
    case SET_DACR:
        MSR(s3_4_c3_c0_0, value);
        break;
    case SET_FPEXC:
        MSR(s3_4_c5_c3_0, value);
        break;
    case SET_IFSR:
        MSR(s3_4_c5_c0_1, value);
        break;
    }
}

/* What traps has its register set: by which number is what the guest finds out. */
static void answer(struct Frame *f, u32 esr)
{
    u32 class = esr >> 26, rt = esr >> 5 & 31, rt2 = esr >> 10 & 31;

    if (class == 0x24 && (esr >> 24 & 1) && !(esr >> 6 & 1)) {
        rt = esr >> 16 & 31;
    } else if (!(class == 3 || class == 4 || class == 5 || class == 8 || class == 0xc) || !(esr & 1)) {
        return;
    }
    if (rt < 31) {
        f->x[rt] = 0xabcd0000 + rt;
    }
    if ((class == 4 || class == 0xc) && rt2 < 31) {
        f->x[rt2] = 0xdcba0000 + rt2;
    }
}

enum { HVC_SET = 1, HVC_SHOW, HVC_END, HVC_PRINT = 0x100 };

static void end(void)
{
    put("end\n");
    __asm__ volatile("mov w0, #8\n movk w0, #0x8400, lsl #16\n smc #0" ::: "x0", "memory"); /* PSCI: SYSTEM_OFF */
}

static int illegal;

void taken(struct Frame *f)
{
    u32 esr = MRS(esr_el2);
    u64 elr = MRS(elr_el2);

    if ((f->vector & 3) == 0 && esr >> 26 == 0x12) {
        u32 call = esr & 0xffff;

        if (call == HVC_SET) {
            set(f->x[0], f->x[1]);
        } else if (call == HVC_SHOW) {
            show_registers(f);
        } else if (call == HVC_END) {
            end();
        } else {
            digits(call - HVC_PRINT, 8);
            digits(f->x[0], 60);
            digits(f->x[1], 60);
            digits(MRS(spsr_el2), 28);
            put("\n");
        }
        return;
    }
    put("trap ");
    digits(f->vector, 4);
    digits((f->vector & 3) == 0 ? esr : 0, 28);
    digits(illegal ? 0 : elr - GUEST_ADDRESS, 28);
    digits(MRS(spsr_el2), 28);
    if (esr >> 26 == 0x24 || esr >> 26 == 0x20) {
        digits(MRS(far_el2), 60);
        digits(MRS(hpfar_el2), 60);
    }
    put("\n");
    if (illegal) { /* an illegal return: back to EL2 without IL */
        MSR(spsr_el2, MRS(spsr_el2) & ~(1ul << 20));
        MSR(elr_el2, f->x[30]);
        illegal = 0;
        return;
    }
    answer(f, esr);
    if (esr >> 26 == 0x20) { /* a call of what isn't there */
        MSR(elr_el2, f->x[18]); /* r14 of Supervisor mode */
        MSR(spsr_el2, MRS(spsr_el2) & ~0x20ul);
    } else if (esr >> 26 != 0x11 && esr >> 26 != 0x13) {
        MSR(elr_el2, elr + (esr >> 25 & 1 ? 4 : 2));
    } else if (esr >> 26 == 0x13) { /* SMC that is trapped */
        MSR(elr_el2, elr + 4);
    }
}

/* Returns to levels and modes that can't be: PSTATE.IL, at EL2. */
static void illegal_returns(void)
{
    static const u32 modes[] = {
        0x3c5, 0x3c4, 0x1da, 0x1d6, 0x1d4,
#ifdef EL0_TOO
        0x3c0,
#endif
    };

    for (u64 i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        illegal = 1;
        enter((u64)guest_code, modes[i]);
    }
    MSR(hcr_el2, 1ul << 31);
    illegal = 1;
    enter((u64)guest_code, 0x1d3);
    MSR(hcr_el2, 0);
}

void main(void)
{
    u64 *to = (u64 *)GUEST_ADDRESS;

    for (u64 *from = (u64 *)guest_code; from < (u64 *)guest_end; from++) {
        *to++ = *from;
    }
    __asm__ volatile("ic iallu\n dsb sy\n isb");
    MSR(hcr_el2, 0);
    MSR(cptr_el2, 0x33ff);
    MSR(mdcr_el2, 0);
    MSR(hstr_el2, 0);
    MSR(cnthctl_el2, 3);
    MSR(cntvoff_el2, 0);
    MSR(vpidr_el2, 0x12345678);
    MSR(vmpidr_el2, 0x80000005);
    MSR(sctlr_el1, 0x00c50078);
    stage2[0] = 0x4c1;
    stage2[1] = 0x40000000 | 0x7fd;
    stage2[3] = 0x40000000 | 0x77d;
    MSR(vttbr_el2, stage2);
    MSR(vtcr_el2, 0x80023558 | 25);
    MSR(tpidr_el1, 0x1111222233334444);
    illegal_returns();
    enter(GUEST_ADDRESS, 0x1d3);
}
