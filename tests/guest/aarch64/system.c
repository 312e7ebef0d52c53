/*
 * A bare program for `virt` that provokes exceptions, and prints what the registers say about each: translation and
 * permission faults of every kind of page and access, traps, alignment, address translation instructions, identification
 * registers. What it prints has to be the same everywhere.
 *
 * Memory: a gigabyte of RAM as it is for EL1, once more at c0000000 for EL0; pages to fault on at 80000000.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"

#define USER_BASE 0x80000000ul /* added to an address: where EL0 sees it */
#define PAGES     0x80000000ul

static void hex(u64 value)
{
    digits(value, 60);
}

/* ---- Exceptions ---- */

struct Record {
    u64 kind, esr, far, elr, spsr, x0;
} record;

/* Runs the code at `pc` at EL0 or EL1 with x0 and x1; returns after `svc #0x77` or any exception. */
extern void attempt(u64 pc, u64 spsr, u64 x0, u64 x1);

#define EL0 0x3c0ul
#define EL1 0x3c5ul

static void report(const char *name, u64 start)
{
    put(name);
    put(": ");
    if (record.esr == (0x56000077ul)) {
        put("ok ");
        hex(record.x0);
    } else {
        hex(record.kind);
        hex(record.esr);
        u32 class = record.esr >> 26;
        hex(class == 0x20 || class == 0x21 || class == 0x22 || class == 0x24 || class == 0x25 ? record.far : 0);
        hex(record.elr - start);
        hex(record.spsr);
    }
    put("\n");
}

static void try(const char *name, void *code, u64 spsr, u64 x0, u64 x1)
{
    u64 pc = (u64)code + (spsr == EL0 ? USER_BASE : 0);

    put(spsr == EL0 ? "EL0 " : "EL1 ");
    attempt(pc, spsr, x0, x1);
    report(name, pc);
}

#define STUB(name, code)                                                                           \
    extern char name[];                                                                            \
    __asm__(".balign 16\n" #name ":\n" code "\n svc #0x77\n");

STUB(load, "ldr x0, [x0]")
STUB(store, "str xzr, [x0]")
STUB(load_byte, "ldrb w0, [x0]")
STUB(load_pair, "ldp x0, x1, [x0]")
STUB(load_vector, "ldr q0, [x0]")
STUB(jump, "br x0")
STUB(call, "blr x0")
STUB(load_user, "ldtr x0, [x0]")
STUB(store_user, "sttr xzr, [x0]")
STUB(load_exclusive, "ldxr x0, [x0]")
STUB(store_exclusive, "ldxr x1, [x0]\n stxr w2, x1, [x0]\n mov w0, w2")
STUB(store_release, "stlr xzr, [x0]")
STUB(zero, "dc zva, x0\n ldr x0, [x0]")
STUB(clean, "dc cvac, x0")
STUB(clean_unified, "dc cvau, x0")
STUB(clean_invalidate, "dc civac, x0")
STUB(invalidate, "dc ivac, x0")
STUB(invalidate_code, "ic ivau, x0")
STUB(prefetch, "prfm pldl1keep, [x0]")
STUB(load_in_loop, "mov x2, #8\n 1: ldr x3, [x0]\n subs x2, x2, #1\n b.ne 1b\n mov x0, x3")
STUB(undefined, ".inst 0x00000000")
STUB(brk, "brk #0x123")
STUB(hlt, "hlt #1")
STUB(smc, "smc #0")
STUB(svc, "svc #0x55")
STUB(read_midr, "mrs x0, midr_el1")
STUB(read_ctr, "mrs x0, ctr_el0")
STUB(read_dczid, "mrs x0, dczid_el0")
STUB(read_sctlr, "mrs x0, sctlr_el1")
STUB(read_el, "mrs x0, CurrentEL")
STUB(read_count, "mrs x0, cntvct_el0\n mov x0, #0")
STUB(read_physical_count, "mrs x0, cntpct_el0\n mov x0, #0")
STUB(read_frequency, "mrs x0, cntfrq_el0")
STUB(read_timer, "mrs x0, cntv_ctl_el0")
STUB(read_daif, "mrs x0, daif")
STUB(write_daif, "msr daif, x0")
STUB(mask, "msr daifset, #3")
STUB(unmask, "msr daifclr, #3")
STUB(write_ctr, ".inst 0xd51b0020")
STUB(read_tpidr, "msr tpidr_el0, x0\n mrs x0, tpidr_el0")
STUB(write_tpidrro, "msr tpidrro_el0, x0")
STUB(read_tpidrro, "mrs x0, tpidrro_el0")
STUB(select_stack, "msr spsel, #0")
STUB(return_from, "eret")
STUB(float_add, "fadd d0, d1, d2")
STUB(vector_add, "add v0.4s, v1.4s, v2.4s")
STUB(read_fpcr, "mrs x0, fpcr")
STUB(wait_event, "sevl\n wfe\n mov x0, #1")
STUB(stack_load, "mov sp, x0\n ldr x0, [sp]")
STUB(stack_pair, "mov sp, x0\n ldp x0, x1, [sp], #16")
STUB(illegal_return, "msr spsr_el1, x0\n adr x1, 1f\n msr elr_el1, x1\n eret\n 1: nop")
STUB(flags, "msr nzcv, x0\n mrs x0, nzcv")
STUB(tlb_invalidate, "tlbi vmalle1")
STUB(translate_el0, "at s1e0r, x0\n isb\n mrs x0, par_el1")
STUB(translate_el0_write, "at s1e0w, x0\n isb\n mrs x0, par_el1")
STUB(translate_el1, "at s1e1r, x0\n isb\n mrs x0, par_el1")
STUB(translate_el1_write, "at s1e1w, x0\n isb\n mrs x0, par_el1")

__asm__(
    ".globl _start, attempt\n"
    ".section .text.start, \"ax\"\n"
    "_start: adrp x0, stack_top\n"
    "  add x0, x0, :lo12:stack_top\n"
    "  mov sp, x0\n"
    "  mov x0, #(3 << 20)\n"
    "  msr cpacr_el1, x0\n"
    "  isb\n"
    "  bl main\n"
    "  mov w0, #0x0008\n"
    "  movk w0, #0x8400, lsl #16\n"
    "  hvc #0\n"
    "  b .\n"
    /* attempt: everything that the callee keeps waits on the stack */
    ".text\n"
    "attempt: stp x29, x30, [sp, #-96]!\n"
    "  stp x19, x20, [sp, #16]\n"
    "  stp x21, x22, [sp, #32]\n"
    "  stp x23, x24, [sp, #48]\n"
    "  stp x25, x26, [sp, #64]\n"
    "  stp x27, x28, [sp, #80]\n"
    "  adrp x9, saved_sp\n"
    "  mov x10, sp\n"
    "  str x10, [x9, :lo12:saved_sp]\n"
    "  msr elr_el1, x0\n"
    "  msr spsr_el1, x1\n"
    "  mov x0, x2\n"
    "  mov x1, x3\n"
    "  eret\n");

__asm__(
    ".balign 0x800\n"
    "real_vectors:\n"
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
    "  .balign 0x80\n"
    "  msr spsel, #1\n"
    "  msr tpidr_el1, x0\n"
    "  mov x0, #\\n\n"
    "  b common\n"
    ".endr\n"
    "  .balign 0x80\n"
    "common: adrp x2, record\n"
    "  add x2, x2, :lo12:record\n"
    "  str x0, [x2]\n"
    "  mrs x3, esr_el1\n"
    "  mrs x4, far_el1\n"
    "  stp x3, x4, [x2, #8]\n"
    "  mrs x3, elr_el1\n"
    "  mrs x4, spsr_el1\n"
    "  stp x3, x4, [x2, #24]\n"
    "  mrs x3, tpidr_el1\n"
    "  str x3, [x2, #40]\n"
    "  adrp x2, saved_sp\n"
    "  ldr x2, [x2, :lo12:saved_sp]\n"
    "  mov sp, x2\n"
    "  ldp x19, x20, [sp, #16]\n"
    "  ldp x21, x22, [sp, #32]\n"
    "  ldp x23, x24, [sp, #48]\n"
    "  ldp x25, x26, [sp, #64]\n"
    "  ldp x27, x28, [sp, #80]\n"
    "  ldp x29, x30, [sp], #96\n"
    "  ret\n"
    ".bss\n"
    ".balign 16\n"
    "saved_sp: .quad 0\n"
    ".balign 4096\n"
    ".space 16384\n"
    "stack_top:\n"
    ".text\n");

extern char real_vectors[];

/* ---- Tables ---- */

static u64 level1[512] __attribute__((aligned(4096)));
static u64 level2[512] __attribute__((aligned(4096)));
static u64 level3[512] __attribute__((aligned(4096)));
static char data[16 * 4096] __attribute__((aligned(4096)));

#define AF     0x400ul
#define NG     0x800ul
#define AP(n)  ((u64)(n) << 6)
#define PXN    (1ul << 53)
#define UXN    (1ul << 54)
#define NORMAL (1ul << 2) /* MAIR index 1 */

static const struct {
    const char *name;
    u64 bits; /* of the descriptor besides its address; 0: invalid */
} pages[] = {
    { "kernel rw", 3 | AF | NORMAL | AP(0) | UXN | PXN },
    { "kernel ro", 3 | AF | NORMAL | AP(2) | UXN | PXN },
    { "user rw", 3 | AF | NORMAL | AP(1) | UXN | PXN | NG },
    { "user ro", 3 | AF | NORMAL | AP(3) | UXN | PXN | NG },
    { "user rwx", 3 | AF | NORMAL | AP(1) | NG },
    { "user rx", 3 | AF | NORMAL | AP(3) | NG },
    { "kernel rwx", 3 | AF | NORMAL | AP(0) },
    { "no access flag", 3 | NORMAL | AP(1) },
    { "address size", 3 | AF | NORMAL | AP(1) | 1ul << 47 },
    { "reserved", 1 | AF | NORMAL | AP(1) },
    { "invalid", 0 },
};

#define NB_PAGES (sizeof(pages) / sizeof(pages[0]))

static void make_tables(void)
{
    level1[0] = 0x00000000 | 1 | AF | UXN | PXN; /* devices */
    level1[1] = 0x40000000 | 1 | AF | NORMAL | AP(0) | UXN;
    level1[2] = (u64)level2 | 3;
    level1[3] = 0x40000000 | 1 | AF | NORMAL | AP(1) | PXN;
    level2[0] = (u64)level3 | 3;
    level2[1] = 0x40400000 | 1 | AF | NORMAL | AP(1) | UXN | PXN; /* a block of 2 MiB */
    for (u64 i = 0; i < NB_PAGES; i++) {
        level3[i] = pages[i].bits ? ((u64)data + i * 4096) | pages[i].bits : 0;
    }
    for (u64 i = 0; i < sizeof(data) / 4; i += 1) {
        ((u32 *)data)[i] = 0xd4000ee1; /* svc #0x77: what is executed there returns */
    }
    MSR(mair_el1, 0xff00);
    MSR(tcr_el1, 25 | 25ul << 16 | 2ul << 30 | 4ul << 32); /* 39 bits, 4 KiB, 44 bits out */
    MSR(ttbr0_el1, (u64)level1);
    MSR(ttbr1_el1, (u64)level1);
    __asm__ volatile("tlbi vmalle1\n dsb sy\n isb");
}

/* ---- What is tried ---- */

static void accesses(const char *what, u64 address)
{
    static const struct { const char *name; char *code; } kinds[] = {
        { "load", load }, { "store", store }, { "pair", load_pair }, { "vector", load_vector },
        { "call", call }, { "exclusive", store_exclusive }, { "zva", zero }, { "cvac", clean },
        { "cvau", clean_unified }, { "civac", clean_invalidate }, { "ivau", invalidate_code },
        { "prefetch", prefetch },
    };

    for (u64 i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        put(what);
        put(" ");
        put(kinds[i].name);
        put("\n");
        try(" ", kinds[i].code, EL0, address, 0);
        try(" ", kinds[i].code, EL1, address, 0);
    }
    try("ldtr", load_user, EL1, address, 0);
    try("sttr", store_user, EL1, address, 0);
    try("ivac", invalidate, EL1, address, 0);
    try("at el0 r", translate_el0, EL1, address, 0);
    try("at el0 w", translate_el0_write, EL1, address, 0);
    try("at el1 r", translate_el1, EL1, address, 0);
    try("at el1 w", translate_el1_write, EL1, address, 0);
}

static void instructions(u64 spsr)
{
    static const struct { const char *name; char *code; u64 x0; } list[] = {
        { "undefined", undefined }, { "brk", brk }, { "hlt", hlt }, { "smc", smc }, { "svc", svc },
        { "midr", read_midr }, { "ctr", read_ctr }, { "dczid", read_dczid }, { "sctlr", read_sctlr },
        { "currentel", read_el }, { "cntvct", read_count }, { "cntpct", read_physical_count },
        { "cntfrq", read_frequency }, { "cntv_ctl", read_timer }, { "daif", read_daif },
        { "msr daif", write_daif, 0x3c0 }, { "daifset", mask }, { "daifclr", unmask },
        { "msr ctr", write_ctr }, { "tpidr", read_tpidr, 0x1234 }, { "msr tpidrro", write_tpidrro },
        { "tpidrro", read_tpidrro }, { "spsel", select_stack },
        { "fadd", float_add }, { "vadd", vector_add }, { "fpcr", read_fpcr }, { "wfe", wait_event },
        { "nzcv", flags, 0xa0000000 }, { "tlbi", tlb_invalidate },
    };

    for (u64 i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        try(list[i].name, list[i].code, spsr, list[i].x0, 0);
    }
}

static void identification(void)
{
#define ID(name) put(#name " "); hex(MRS(name)); put("\n")
    ID(midr_el1);
    ID(revidr_el1);
    ID(mpidr_el1);
    ID(id_aa64pfr1_el1);
    ID(id_aa64afr0_el1);
    ID(id_aa64isar0_el1);
    ID(id_aa64isar1_el1);
    ID(id_aa64mmfr0_el1);
    ID(id_aa64mmfr1_el1);
    ID(clidr_el1);
    ID(ctr_el0);
    ID(dczid_el0);
    ID(mvfr0_el1);
    ID(mvfr1_el1);
    ID(mvfr2_el1);
    ID(id_pfr0_el1);
    ID(id_dfr0_el1);
    ID(id_mmfr0_el1);
    ID(id_mmfr1_el1);
    ID(id_mmfr2_el1);
    ID(id_mmfr3_el1);
    ID(id_isar0_el1);
    ID(id_isar1_el1);
    ID(id_isar2_el1);
    ID(id_isar3_el1);
    ID(id_isar4_el1);
    ID(id_isar5_el1);
    for (u64 i = 0; i < 3; i++) {
        MSR(csselr_el1, i);
        ID(ccsidr_el1);
    }
}

#define SCTLR_BASE 0x30d00800ul
#define M   1ul
#define A   2ul
#define SA  8ul
#define SA0 16ul
#define UMA (1ul << 9)
#define DZE (1ul << 14)
#define UCT (1ul << 15)
#define UCI (1ul << 26)
#define NTW (5ul << 16)

/* A loop that remembers no page (or has to forget it) reads from an address that no page has. */
static void loops(void)
{
    put("--- loops\n");
    try("loop", load_in_loop, EL1, (u64)load_in_loop & ~7ul, 0);
    __asm__ volatile("tlbi vmalle1\n dsb ish\n isb" : : : "memory");
    try("loop at 2^63", load_in_loop, EL1, 1ul << 63, 0);
    try("loop", load_in_loop, EL1, (u64)load_in_loop & ~7ul, 0);
    __asm__ volatile("tlbi vmalle1\n dsb ish\n isb" : : : "memory");
    try("stack at 2^63", stack_load, EL0, 1ul << 63, 0);
    try("pair on a stack at 2^63", stack_pair, EL0, 1ul << 63, 0);
}

int main(void)
{
    u64 on = SCTLR_BASE | M | UMA | DZE | UCT | UCI | NTW;

    MSR(vbar_el1, (u64)real_vectors);
    identification();
    make_tables();
    MSR(cntkctl_el1, 0x303);
    MSR(sctlr_el1, on);
    put("--- pages\n");
    for (u64 i = 0; i < NB_PAGES; i++) {
        accesses(pages[i].name, PAGES + i * 4096 + 0x128);
    }
    accesses("block", PAGES + (2 << 20) + 0x100000);
    accesses("no table", PAGES + (4 << 20));
    accesses("level 1", 0x140000000ul);
    accesses("between", 0x0001000000000000ul);
    accesses("tagged", 0x5a00000080002128ul);
    put("--- across pages\n");
    try("rw to ro", store, EL1, PAGES + 4096 - 4, 0);
    try("invalid", load, EL1, PAGES + 10 * 4096 - 4, 0);
    put("--- instructions\n");
    instructions(EL0);
    instructions(EL1);
    put("--- traps\n");
    MSR(cntkctl_el1, 0);
    MSR(sctlr_el1, SCTLR_BASE | M);
    instructions(EL0);
    try("zva", zero, EL0, PAGES + 2 * 4096, 0);
    try("cvau", clean_unified, EL0, PAGES + 2 * 4096, 0);
    MSR(cpacr_el1, 0);
    instructions(EL0);
    try("fadd", float_add, EL1, 0, 0);
    try("fpcr", read_fpcr, EL1, 0, 0);
    MSR(cpacr_el1, 1 << 20);
    try("fadd", float_add, EL0, 0, 0);
    try("fadd", float_add, EL1, 0, 0);
    MSR(cpacr_el1, 3 << 20);
    put("--- alignment\n");
    MSR(sctlr_el1, on);
    try("load", load, EL0, PAGES + 2 * 4096 + 1, 0);
    try("exclusive", load_exclusive, EL0, PAGES + 2 * 4096 + 1, 0);
    try("release", store_release, EL0, PAGES + 2 * 4096 + 1, 0);
    MSR(sctlr_el1, on | A | SA | SA0);
    try("load", load, EL0, PAGES + 2 * 4096 + 1, 0);
    try("store", store, EL0, PAGES + 2 * 4096 + 1, 0);
    try("pair", load_pair, EL1, PAGES + 2 * 4096 + 4, 0);
    try("byte", load_byte, EL1, PAGES + 2 * 4096 + 3, 0);
    try("stack", stack_load, EL0, PAGES + 2 * 4096 + 8, 0);
    try("stack pair", stack_pair, EL0, PAGES + 2 * 4096 + 8, 0);
    try("stack aligned", stack_pair, EL0, PAGES + 2 * 4096 + 16, 0);
    try("pc", jump, EL0, (u64)load + USER_BASE + 2, 0);
    MSR(sctlr_el1, on);
    loops();
    put("--- returns\n");
    try("to EL2", illegal_return, EL1, 0x3c9, 0);
    try("to AArch32", illegal_return, EL1, 0x3d3, 0);
    try("to EL1 with bit 1", illegal_return, EL1, 0x3c7, 0);
    try("eret at EL0", return_from, EL0, 0, 0);
    return 0;
}
