/*
 * The frame of programs that start at EL3 from flash: they run small pieces of code at each level, secure and non-secure,
 * and print what the registers of the level that was entered have.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"

#define POWER(off) (*(volatile u32 *)(0x090b0000ul + (off)))

static void hex(u64 value)
{
    int i = 60;

    while (i > 0 && !(value >> i)) {
        i -= 4;
    }
    digits(value, i);
}

/* What the level that was entered saw; level 0: nothing but the call that ends a piece of code. */
struct Record {
    u64 level, vector, esr, far, elr, spsr, hpfar, x0;
} record;

/* Leaves EL3 with that SPSR for the code; comes back by `smc #0x77` or an exception to any level. */
extern void leave(u64 pc, u64 spsr, u64 x0, u64 x1);
extern char vectors1[], vectors2[], vectors3[];

__asm__(
    ".section .text.unlikely, \"ax\"\n" /* the linker has these first */
    ".globl _start, leave\n"
    "_start: adr x0, _start\n"
    "  ldr x1, =_start\n"
    "  ldr x2, =image_end\n"
    "1: ldr x3, [x0], #8\n"
    "  str x3, [x1], #8\n"
    "  cmp x1, x2\n"
    "  b.lo 1b\n"
    "  ldr x0, =stack_top\n"
    "  mov sp, x0\n"
    "  ldr x0, =main\n"
    "  br x0\n"
    ".ltorg\n"
    ".text\n"
    "leave: stp x29, x30, [sp, #-96]!\n"
    "  stp x19, x20, [sp, #16]\n"
    "  stp x21, x22, [sp, #32]\n"
    "  stp x23, x24, [sp, #48]\n"
    "  stp x25, x26, [sp, #64]\n"
    "  stp x27, x28, [sp, #80]\n"
    "  msr elr_el3, x0\n"
    "  msr spsr_el3, x1\n"
    "  mov x0, x2\n"
    "  mov x1, x3\n"
    "  eret\n"
    "back: ldp x19, x20, [sp, #16]\n"
    "  ldp x21, x22, [sp, #32]\n"
    "  ldp x23, x24, [sp, #48]\n"
    "  ldp x25, x26, [sp, #64]\n"
    "  ldp x27, x28, [sp, #80]\n"
    "  ldp x29, x30, [sp], #96\n"
    "  ret\n"
    ".macro level n, after\n"
    "  .balign 0x800\n"
    "vectors\\n:\n"
    "  .irp v, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
    "    .balign 0x80\n"
    "    msr tpidr_el\\n, x0\n"
    "    mov x0, #\\v\n"
    "    b common\\n\n"
    "  .endr\n"
    "  .balign 0x80\n"
    "common\\n:\n"
    "  ldr x2, =record\n"
    "  mov x3, #\\n\n"
    "  mrs x4, esr_el\\n\n"
    "  .if \\n == 3\n"
    "  movz x5, #0x77\n"
    "  movk x5, #0x5e00, lsl #16\n"
    "  cmp x4, x5\n"
    "  b.ne 2f\n"
    "  ldr x3, [x2]\n"
    "  cbnz x3, back\n" /* another level has written it */
    "  mrs x3, tpidr_el3\n"
    "  str x3, [x2, #56]\n"
    "  b back\n"
    "2:\n"
    "  .endif\n"
    "  stp x3, x0, [x2]\n"
    "  mrs x5, far_el\\n\n"
    "  stp x4, x5, [x2, #16]\n"
    "  mrs x4, elr_el\\n\n"
    "  mrs x5, spsr_el\\n\n"
    "  stp x4, x5, [x2, #32]\n"
    "  .if \\n == 2\n"
    "  mrs x4, hpfar_el2\n"
    "  str x4, [x2, #48]\n"
    "  .endif\n"
    "  mrs x4, tpidr_el\\n\n"
    "  str x4, [x2, #56]\n"
    "  \\after\n"
    ".endm\n"
    "level 1, \"smc #0x77\"\n"
    "level 2, \"smc #0x77\"\n"
    "level 3, \"b back\"\n"
    ".ltorg\n"
    ".bss\n"
    ".balign 4096\n"
    ".space 8192\n"
    "stack_top:\n"
    ".text\n");

#define STUB(name, code)                                                                           \
    extern char name[];                                                                            \
    __asm__(".balign 16\n" #name ":\n" code "\n smc #0x77\n");

enum { HCR_VM = 1, HCR_PTW = 4, HCR_FMO = 8, HCR_IMO = 16, HCR_AMO = 32, HCR_TGE = 1 << 27 };
#define HCR_RW   (1ul << 31)
#define HCR_HOST (HCR_TGE | 1ul << 34) /* VHE, where there is that */
enum { SCR_NS = 1, SCR_IRQ = 2, SCR_FIQ = 4, SCR_EA = 8, SCR_HCE = 0x100, SCR_RW = 0x400, SCR_ST = 0x800,
       SCR_TWI = 0x1000 };

static const struct State {
    const char *name;
    u64 spsr, scr;
} states[] = {
    { "EL0 ", 0x3c0, SCR_NS }, { "EL1 ", 0x3c5, SCR_NS }, { "EL2 ", 0x3c9, SCR_NS },
    { "S-EL0 ", 0x3c0, 0 },    { "S-EL1 ", 0x3c5, 0 },    { "EL3 ", 0x3cd, 0 },
};
#define NB_STATES (sizeof(states) / sizeof(states[0]))
#define NONSECURE 3 /* states from 0 on */

/* Bits that the architecture changes on its own, or that aren't the point here, stay out of what is printed. */
static void run(const struct State *s, u64 scr, u64 masks, void *code, u64 x0, u64 x1)
{
    MSR(scr_el3, 0x30 | SCR_RW | s->scr | scr);
    for (u64 *word = (u64 *)&record; word < (u64 *)(&record + 1); word++) {
        *(volatile u64 *)word = 0;
    }
    leave((u64)code, (s->spsr & ~0x3c0ul) | masks, x0, x1);
    MSR(scr_el3, 0x30 | SCR_RW | SCR_HCE);
}

static void report(const char *name, const char *state, void *code)
{
    put(state);
    put(name);
    put(": ");
    if (!record.level) {
        put("ok ");
        hex(record.x0);
    } else {
        u32 class = record.esr >> 26;
        int synchronous = (record.vector & 3) == 0;
        int by_access = synchronous && (class == 0x20 || class == 0x21 || class == 0x24 || class == 0x25 || class == 0x34 ||
                                        class == 0x35);

        put("to EL");
        hex(record.level);
        hex(record.vector);
        hex(synchronous ? record.esr : 0);
        hex(by_access ? record.far : 0);
        hex(synchronous ? record.elr - (u64)code : 0);
        hex(record.spsr);
        if (record.level == 2 && by_access) {
            hex(record.hpfar);
        }
    }
    put("\n");
}

static inline void try(const char *name, const struct State *s, u64 scr, void *code, u64 x0, u64 x1)
{
    run(s, scr, 0x3c0, code, x0, x1);
    report(name, s->name, code);
}

static void set_up_levels(void)
{
    MSR(vbar_el3, vectors3);
    MSR(vbar_el2, vectors2);
    MSR(vbar_el1, vectors1);
    MSR(scr_el3, 0x30 | SCR_RW | SCR_HCE);
    MSR(hcr_el2, HCR_RW);
    MSR(cptr_el3, 0);
    MSR(mdcr_el3, 0);
    MSR(mdcr_el2, 0);
    MSR(cnthctl_el2, 3);
}

/* Switches the machine off. */
static void end_program(void)
{
    put("end\n");
    POWER(0x400) = 1; /* GPIODIR: pin 0, which switches off */
    POWER(4) = 1;     /* GPIODATA of that pin */
    for (;;) {
    }
}

__asm__(".section .data.zz, \"aw\"\n.balign 8\nimage_end:\n.text\n");
