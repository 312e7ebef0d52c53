/*
 * Addresses of 52 bits with granules of 4 and 16 KiB: a map of the board's first 2 GiB, and a page far above
 * 48 bits that leads to a variable; what descriptors beyond the part's addresses and level -1 say.
 *
 * Output: a line for each check. Built and judged by tests/functional/test_aarch64_lpa2.py.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"

__asm__(".globl start\nstart: ldr x0, =stack_top\n mov sp, x0\n adr x0, vectors\n msr vbar_el1, x0\n bl main\n b .\n"
        ".balign 2048\nvectors:\n"
        ".rept 4\n b unexpected\n .balign 128\n .endr\n"
        "mrs x8, esr_el1\n mrs x9, far_el1\n mrs x10, elr_el1\n add x10, x10, #4\n msr elr_el1, x10\n eret\n .balign 128\n"
        ".rept 11\n b unexpected\n .balign 128\n .endr\n"
        "unexpected: b .\n"
        ".bss\n.balign 16\n.space 16384\nstack_top:\n.text");

enum { TABLE = 3, PAGE = 3, BLOCK = 1, AF = 1 << 10 };
#define DS (1ul << 59)

static u64 tables[8][2048] __attribute__((aligned(65536)));
static volatile u64 variable[2048] __attribute__((aligned(16384)));

static void say(const char *name, u64 value)
{
    put(name);
    digits(value, 60);
    put("\n");
}

/* The syndrome of a load from there, 0: none. */
static u64 probe(u64 address, u64 *value)
{
    register u64 esr __asm__("x8") = 0;
    u64 v;

    __asm__ volatile("ldr %0, [%2]" : "=&r"(v), "+r"(esr) : "r"(address) : "x9", "x10", "memory");
    *value = v;
    return esr;
}

static void on(u64 tcr)
{
    MSR(mair_el1, 0xff);
    MSR(tcr_el1, tcr);
    MSR(ttbr0_el1, tables[0]);
    __asm__ volatile("tlbi vmalle1\n dsb sy\n isb");
    MSR(sctlr_el1, MRS(sctlr_el1) | 1);
}

static void off(void)
{
    MSR(sctlr_el1, MRS(sctlr_el1) & ~1ul);
    __asm__ volatile("tlbi vmalle1\n dsb sy\n isb");
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned j = 0; j < 2048; j++) {
            tables[i][j] = 0;
        }
    }
}

#define FAR_AWAY (5ul << 48)

static void check(const char *granule)
{
    u64 value;

    put(granule);
    put("\n");
    say("far esr ", probe(FAR_AWAY + 8, &value));
    say("far value ", value);
    say("near esr ", probe((u64)&variable[1], &value));
    say("near value ", value);
    say("hole ", probe(6ul << 48, &value));
    __asm__ volatile("at s1e1r, %0\n isb" : : "r"(FAR_AWAY + 0x10));
    say("par ", (MRS(par_el1) & 0xffffffffff000ul) == ((u64)variable & ~0xffful));
    say("beyond ", probe(FAR_AWAY + (1ul << 39), &value));
}

/* From level -1 */
static void small(void)
{
    tables[0][0] = (u64)tables[1] | TABLE;
    tables[1][0] = (u64)tables[2] | TABLE;
    tables[2][0] = BLOCK | AF;
    tables[2][1] = 1ul << 30 | BLOCK | AF;
    tables[0][5] = (u64)tables[3] | TABLE;
    tables[3][0] = (u64)tables[4] | TABLE;
    tables[4][0] = (u64)tables[5] | TABLE;
    tables[5][0] = (u64)tables[6] | TABLE;
    tables[6][0] = (u64)variable | PAGE | AF;
    tables[3][1] = 3 << 8 | BLOCK | AF; /* 512 GiB at bit 50, where there is no memory */
    on(12 | 6ul << 32 | DS | 1 << 23);
    check("4 KiB");
    off();
}

/* From level 0 */
static void medium(void)
{
    tables[0][0] = (u64)tables[1] | TABLE;
    tables[1][0] = (u64)tables[2] | TABLE;
    for (unsigned i = 0; i < 64; i++) {
        tables[2][i] = (u64)i << 25 | BLOCK | AF;
    }
    tables[0][5 << 1] = (u64)tables[3] | TABLE;
    tables[3][0] = (u64)tables[4] | TABLE;
    tables[4][0] = (u64)tables[5] | TABLE;
    tables[5][0] = (u64)variable | PAGE | AF;
    tables[3][8] = 3 << 8 | BLOCK | AF; /* 64 GiB */
    on(12 | 2 << 14 | 6ul << 32 | DS | 1 << 23);
    check("16 KiB");
    off();
}

int main(void)
{
    variable[1] = 0x1234;
    say("TGran4 ", MRS(id_aa64mmfr0_el1) >> 28 & 15);
    say("TGran16 ", MRS(id_aa64mmfr0_el1) >> 20 & 15);
    small();
    medium();
    put("DONE\n");
    __asm__ volatile("ldr x0, =0x84000008\n hvc #0");
    return 0;
}
