/*
 * A bare program for `virt` with mte=on and virtualization=on: memory tagging at EL1, at EL0 and below EL2. Each line is a piece
 * of code: the syndrome and address of the exception that it raises, TFSR_EL1 and TFSRE0_EL1 behind it, and what it has come to.
 * What it prints has to be the same everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"

/* Entries of one gigabyte: devices, memory for EL1; the same untagged, read-only and tagged, for EL0 and tagged; nothing behind. */
static u64 table[512] __attribute__((aligned(4096)));
#define UNTAGGED  ((u64)data + 0x40000000)
#define READ_ONLY ((u64)data + 0x80000000)
#define TAGGED    ((u64)data + 0xc0000000)
#define NOTHING   0x140000000ul
static unsigned char data[8192] __attribute__((aligned(4096)));

struct Record {
    u64 el, esr, far, pstate;
} record;

extern char vectors[], vectors2[];
extern u64 run_user(u64 code, u64 x0, u64 x1);

__asm__(
    ".arch armv8.5-a+memtag\n"
    ".section .text.unlikely, \"ax\"\n" /* the linker has these first */
    ".globl start\n"
    "start: adrp x0, stack_top\n"
    "  add x0, x0, :lo12:stack_top\n"
    "  msr sp_el1, x0\n"
    "  adr x1, vectors2\n"
    "  msr vbar_el2, x1\n"
    "  mov x1, #0x80000000\n" /* HCR_EL2: RW, without ATA */
    "  msr hcr_el2, x1\n"
    "  mov x1, #0x33ff\n"
    "  msr cptr_el2, x1\n"
    "  mov x1, #0x3c5\n"
    "  msr spsr_el2, x1\n"
    "  adr x1, main\n"
    "  msr elr_el2, x1\n"
    "  eret\n"
    ".text\n"
    /* x0: code at EL0, which ends with svc #1; returns x0 */
    "run_user: str x30, [sp, #-16]!\n"
    "  msr elr_el1, x0\n"
    "  msr spsr_el1, xzr\n"
    "  mov x0, x1\n"
    "  mov x1, x2\n"
    "  eret\n"
    "user_done: ldr x30, [sp], #16\n"
    "  ret\n"
    ".macro handler el\n"
    "  stp x2, x3, [sp, #-32]!\n"
    "  stp x4, x5, [sp, #16]\n"
    "  adrp x2, record\n"
    "  add x2, x2, :lo12:record\n"
    "  mrs x3, esr_el\\el\n"
    "  mov w3, w3\n"
    "  lsr x4, x3, #26\n"
    "  .if \\el == 1\n"
    "  cmp x4, #0x15\n"
    "  b.eq 2f\n"
    "  .else\n"
    "  cmp x4, #0x16\n" /* hvc: HCR_EL2 */
    "  b.ne 3f\n"
    "  msr hcr_el2, x0\n"
    "  isb\n"
    "  b 1f\n"
    "3:\n"
    "  .endif\n"
    "  mov x5, #\\el\n"
    "  mrs x4, far_el\\el\n"
    "  stp x5, x3, [x2]\n"
    "  mrs x5, spsr_el\\el\n"
    "  stp x4, x5, [x2, #16]\n"
    "  mrs x3, elr_el\\el\n"
    "  add x3, x3, #4\n"
    "  msr elr_el\\el, x3\n"
    "1: ldp x4, x5, [sp, #16]\n"
    "  ldp x2, x3, [sp], #32\n"
    "  eret\n"
    "2: ldp x4, x5, [sp, #16]\n"
    "  ldp x2, x3, [sp], #32\n"
    "  b user_done\n"
    ".endm\n"
    "  .balign 0x800\n"
    "vectors:\n"
    "  .rept 16\n"
    "    .balign 0x80\n"
    "    b handler1\n"
    "  .endr\n"
    "  .balign 0x800\n"
    "vectors2:\n"
    "  .rept 16\n"
    "    .balign 0x80\n"
    "    b handler2\n"
    "  .endr\n"
    "handler1: handler 1\n"
    "handler2:\n"
    "  mrs x1, sp_el1\n" /* EL1 is stopped: below what it has is free */
    "  sub sp, x1, #512\n"
    "  handler 2\n"
    ".bss\n"
    "  .balign 16\n"
    "  .space 16384\n"
    "stack_top:\n"
    ".text\n");

static u64 with_tag(u64 address, u64 tag)
{
    return address | tag << 56;
}

#define SCTLR_MMU  0x1ul
#define TCF(n)     ((u64)(n) << 40)
#define TCF0(n)    ((u64)(n) << 38)
#define ATA0       (1ul << 42)
#define ATA        (1ul << 43)

static u64 sctlr;

static void control(u64 bits)
{
    MSR(sctlr_el1, sctlr | SCTLR_MMU | bits);
}

static void set_tag(u64 address, u64 tag)
{
    __asm__ volatile("stg %0, [%1]" : : "r"(with_tag(0, tag)), "r"(address) : "memory");
}

static void report(const char *name, u64 value)
{
    put(name);
    put(": ");
    digits(record.el, 0);
    digits(record.esr, 28);
    digits(record.far, 60);
    digits(MRS(tfsr_el1), 0);
    digits(MRS(tfsre0_el1), 0);
    digits(value, 60);
    put("\n");
    record = (struct Record){ 0 };
    MSR(tfsr_el1, 0);
    MSR(tfsre0_el1, 0);
}

/* With TCO clear; x0 and x1 as given, the value is x0. */
#define TRY(name, code, first, second)                                                             \
    do {                                                                                           \
        register u64 x0_ __asm__("x0") = first;                                                    \
        register u64 x1_ __asm__("x1") = second;                                                   \
        __asm__ volatile("msr tco, #0\n " code "\n msr tco, #1" : "+r"(x0_), "+r"(x1_) : : "memory"); \
        report(name, x0_);                                                                         \
    } while (0)

#define USER(name, code, first, second)                                                            \
    do {                                                                                           \
        u64 at_;                                                                                   \
        __asm__ volatile("b 2f\n1: " code "\n svc #1\n2: adr %0, 1b" : "=r"(at_));                  \
        report(name, run_user(at_, first, second));                                                \
    } while (0)

static void hypervisor_control(u64 hcr)
{
    register u64 x0 __asm__("x0") = hcr;

    __asm__ volatile("hvc #0" : : "r"(x0) : "x1", "memory");
}

#define HCR_RW   (1ul << 31)
#define HCR_ATA  (1ul << 56)
#define HCR_TID5 (1ul << 58)

static void below_a_hypervisor(void)
{
    TRY("GCR traps", "mrs x0, gcr_el1", 0, 0);
    TRY("RGSR traps", "msr rgsr_el1, x0", 0, 0);
    TRY("TFSR traps", "mrs x0, tfsr_el1", 0, 0);
    TRY("TFSRE0 traps", "msr tfsre0_el1, x0", 0, 0);
    hypervisor_control(HCR_RW | HCR_ATA | HCR_TID5);
    record = (struct Record){ 0 };
    TRY("GMID traps", "mrs x0, gmid_el1", 0, 0);
    hypervisor_control(HCR_RW | HCR_ATA);
    TRY("GMID", "mrs x0, gmid_el1", 0, 0);
}

static void at_el1(void)
{
    u64 a = with_tag(TAGGED, 3), wrong = with_tag(TAGGED, 4);

    set_tag(TAGGED, 3);
    set_tag(TAGGED + 16, 5);
    TRY("ldg", "ldg x0, [x1]", 0, TAGGED);
    TRY("right", "ldr x0, [x1]", 0, a);
    TRY("load", "ldr x0, [x1]", 0, wrong);
    TRY("store", "str x0, [x1, #8]", 7, wrong);
    TRY("pair", "ldp x0, x1, [x1, #8]", 0, a);
    TRY("atomic", ".arch armv8.5-a+memtag+lse\n ldadd x0, x0, [x1]", 0, wrong);
    TRY("without TCO", "msr tco, #1\n ldr x0, [x1]", 0, wrong);
    TRY("SPSR", "ldr x0, [x1]\n mrs x0, spsr_el1", 0, wrong);
    TRY("untagged", "ldr x0, [x1]", 0, with_tag(UNTAGGED, 4));
    TRY("stg untagged", "stg x1, [x1]\n ldg x0, [x1]", with_tag(0, 15), with_tag(UNTAGGED, 4));
    TRY("not written", "ldg x0, [x1]", 0, TAGGED);
    TRY("stg misaligned", "stg x1, [x1]", 0, a + 4);
    TRY("stg read-only", "stg x1, [x1]", 0, with_tag(READ_ONLY, 9));
    TRY("store read-only", "str x0, [x1]", 0, with_tag(READ_ONLY, 9));
    TRY("unmapped", "ldr x0, [x1]", 0, with_tag(NOTHING + 0x18, 9));
    TRY("across into it", "ldr x0, [x1]", 0, with_tag(NOTHING - 4, 0));
    TRY("dc zva", "dc zva, x1", 0, a + 8);
    TRY("dc gva", "dc gva, x1\n ldgm x0, [x1]", 0, with_tag(TAGGED + 64 + 8, 6));
    TRY("dc gzva", "dc gzva, x1\n ldr x0, [x1]", 0, with_tag(TAGGED + 128, 7));
    TRY("dc zva right", "dc zva, x1", 0, with_tag(TAGGED + 128, 7));
    TRY("stzgm", "stzgm x0, [x1]\n ldgm x0, [x1]", 0xf2, TAGGED + 192);
    TRY("stgm", "stgm x0, [x1]\n ldgm x0, [x1]", 0x0123456789abcdef, TAGGED + 256 + 32);
    TRY("stz2g", "stz2g x0, [x1], #32\n ldgm x0, [x1]", with_tag(0, 8), TAGGED + 4096 - 16);
    TRY("stgp", "stgp x0, x0, [x1, #16]\n ldg x0, [x1, #16]", 1, with_tag(TAGGED + 512, 11));
    TRY("dc cgvac", "dc cgvac, x1", 0, wrong);
    TRY("dc cigdvac unmapped", "dc cigdvac, x1", 0, NOTHING);
    TRY("dvp rctx", "sys #3, c7, c3, #5, x0", NOTHING, 0); /* no address, though encoded like one */
    TRY("dc igsw", "dc igsw, x0", 0, 0);
    control(TCF(2) | ATA);
    TRY("asynchronous", "ldr x0, [x1]", 0, wrong);
    control(TCF(3) | ATA);
    TRY("asymmetric load", "ldr x0, [x1]", 0, wrong);
    TRY("asymmetric store", "str x0, [x1]", 0, wrong);
    control(TCF(0) | ATA);
    TRY("ignored", "ldr x0, [x1]", 1, wrong);
    control(TCF(1));
    TRY("no access to tags", "ldr x0, [x1]", 1, wrong);
    TRY("ldg without", "ldg x0, [x1]", with_tag(0, 15), TAGGED);
    TRY("addg without", "addg x0, x0, #16, #3", with_tag(5, 15), 0);
    TRY("ldgm without", "ldgm x0, [x1]", 1, TAGGED);
    control(TCF(1) | ATA);
    MSR(tcr_el1, MRS(tcr_el1) | 1ul << 57);
    TRY("TCMA0", "ldr x0, [x1]", 1, TAGGED + 16);
    TRY("TCMA0, another", "ldr x0, [x1]", 1, with_tag(TAGGED + 16, 1));
    MSR(tcr_el1, MRS(tcr_el1) & ~(1ul << 57));
}

static void at_el0(void)
{
    u64 wrong = with_tag(TAGGED, 4);

    control(TCF(1) | TCF0(1) | ATA | ATA0);
    USER("EL0", "ldr x0, [x1]", 1, wrong);
    USER("EL0 TCO", "msr tco, #1\n ldr x0, [x1]\n mrs x0, tco", 1, wrong);
    set_tag(TAGGED, 3);
    USER("EL0 stack beside it", "ldr x0, [x1]\n and x2, x1, #0x00ffffffffffffff\n mov sp, x2\n str x0, [sp]", 1,
         with_tag(READ_ONLY, 3));
    USER("EL0 TCO beside it",
         "ldr x0, [x1]\n msr tco, #1\n and x2, x1, #0x00ffffffffffffff\n str x0, [x2, #8]", 1,
         with_tag(READ_ONLY, 3));
    USER("EL0 ldgm", "ldgm x0, [x1]", 1, TAGGED);
    USER("EL0 irg", "irg x0, x1", 1, TAGGED);
    USER("EL0 GCR", "mrs x0, gcr_el1", 1, TAGGED);
    control(TCF(0) | TCF0(2) | ATA | ATA0);
    USER("EL0 asynchronous", "str x1, [x1]", 1, wrong);
    TRY("ldtr as EL0", "ldtr x0, [x1]", 1, wrong);
    control(TCF(0) | TCF0(1) | ATA | ATA0);
    TRY("sttr as EL0", "sttr x0, [x1]", 1, wrong);
    TRY("str as EL1", "str x0, [x1]", 1, wrong);
    control(TCF(0) | TCF0(1) | ATA);
    USER("EL0 without", "ldr x0, [x1]", 1, wrong);
    USER("EL0 ldg without", "ldg x0, [x1]", 0, TAGGED);
}

void main(void)
{
    MSR(vbar_el1, vectors);
    table[0] = 0x405;
    table[1] = 0x40000000 | 0x701;
    table[2] = 0x40000000 | 0x741 | 2 << 2;
    table[3] = 0x40000000 | 0x7c1;
    table[4] = 0x40000000 | 0x741;
    MSR(mair_el1, 0xff00f0);
    MSR(tcr_el1, 25 | 0x3500 | 1 << 23 | 2ul << 32 | 1ul << 37);
    MSR(ttbr0_el1, table);
    sctlr = MRS(sctlr_el1) | 1 << 14 | 1 << 26; /* DZE, UCI */
    control(TCF(1) | ATA);
    __asm__ volatile("msr tco, #1\n tlbi vmalle1\n dsb sy\n isb");
    put("MTE: ");
    digits(MRS(id_aa64pfr1_el1) >> 8 & 15, 0);
    put("\n");
    below_a_hypervisor();
    at_el1();
    at_el0();
    put("DONE\n");
    __asm__ volatile("mov w0, #0x0008\n movk w0, #0x8400, lsl #16\n smc #0");
    for (;;) {
    }
}
