/*
 * The guest's own breakpoints and watchpoints: which level and state meets them, by what address and bytes, linked to which
 * context, and what the registers say then. What it prints has to be the same everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "levels.h"

enum { MDE = 1 << 15, KDE = 1 << 13, BAS_ALL = 0xf << 5, ENABLED = 1, WATCH_LOAD = 1 << 3, WATCH_STORE = 2 << 3,
       WATCH_ALL = 0xff << 5, LINKED = 1 << 20, CONTEXT = 2 << 20 };

static char data[8192] __attribute__((aligned(4096)));

STUB(three, "nop\n nop\n mov x0, #3")
STUB(load, "ldr x0, [x0]\n mov x0, #0")
STUB(load_word, "ldr w0, [x0]\n mov x0, #0")
STUB(load_byte, "ldrb w0, [x0]\n mov x0, #0")
STUB(load_pair, "ldp x0, x1, [x0]\n mov x0, #0")
STUB(load_as_user, "ldtr x0, [x0]\n mov x0, #0")
STUB(store, "str x0, [x0]\n mov x0, #0")
STUB(store_byte, "strb w0, [x0]\n mov x0, #0")
STUB(store_pair, "stp x0, x0, [x0]\n mov x0, #0")
STUB(store_vector, "fmov d0, x0\n str q0, [x0]\n mov x0, #0")
STUB(zero_block, "dc zva, x0\n mov x0, #0")
STUB(exclusive, "ldxr x1, [x0]\n mov x0, #0")
STUB(swap, "mov x1, x0\n .inst 0xf8218001\n mov x0, #0") /* SWP x1, x1, [x0] */

static u64 control(u64 n)
{
    return (n & 3) << 14 | (n >> 2 & 1) << 13 | (n >> 3 & 3) << 1 | ENABLED; /* SSC, HMC, PMC */
}

/* At each level that has them unmasked, and with all that is masked. */
static void everywhere(const char *name, void *code, u64 x0)
{
    for (u64 s = 0; s < NB_STATES; s++) {
        run(&states[s], 0, 0x1c0, code, x0, 0);
        report(name, states[s].name, code);
    }
    run(&states[1], 0, 0x3c0, code, x0, 0);
    report(name, "EL1, D: ", code);
}

static void at_el1(const char *name, void *code, u64 x0)
{
    run(&states[1], 0, 0x1c0, code, x0, 0);
    report(name, "", code);
}

static void conditions(void)
{
    for (u64 n = 0; n < 32; n++) {
        put("state ");
        hex(n);
        put("\n");
        MSR(dbgbvr0_el1, three + 4);
        MSR(dbgbcr0_el1, control(n) | BAS_ALL);
        everywhere("breakpoint", three, 0);
        MSR(dbgbcr0_el1, 0);
        MSR(dbgwvr0_el1, data);
        MSR(dbgwcr0_el1, control(n) | WATCH_ALL | WATCH_LOAD);
        everywhere("watchpoint", load, (u64)data);
        MSR(dbgwcr0_el1, 0);
    }
}

/* What turns all of it off, and routes it. */
static void enables(void)
{
    MSR(dbgbvr3_el1, three + 8);
    MSR(dbgbcr3_el1, BAS_ALL | 3 << 1 | ENABLED);
    MSR(dbgwvr2_el1, data);
    MSR(dbgwcr2_el1, WATCH_ALL | WATCH_STORE | 3 << 1 | ENABLED);
    for (u64 n = 0; n < 16; n++) {
        put("enables ");
        hex(n);
        put("\n");
        MSR(mdscr_el1, (n & 1 ? MDE : 0) | (n & 2 ? KDE : 0));
        MSR(mdcr_el2, n & 4 ? 1 << 8 : 0);
        MSR(mdcr_el3, n & 8 ? 1 << 16 : 0);
        everywhere("breakpoint", three, 0);
        everywhere("watchpoint", store, (u64)data);
    }
    MSR(mdcr_el2, 0);
    MSR(mdcr_el3, 0);
    MSR(mdscr_el1, MDE | KDE);
    MSR(oslar_el1, 1);
    put("OS lock\n");
    everywhere("breakpoint", three, 0);
    everywhere("watchpoint", store, (u64)data);
    MSR(oslar_el1, 0);
    MSR(dbgbcr3_el1, 0);
    MSR(dbgwcr2_el1, 0);
}

static void accesses(void)
{
    static const struct {
        const char *name;
        char *code;
    } pieces[] = {
        { "ldr", load }, { "ldr w", load_word }, { "ldrb", load_byte }, { "ldp", load_pair }, { "ldtr", load_as_user },
        { "str", store }, { "strb", store_byte }, { "stp", store_pair }, { "str q", store_vector },
        { "ldxr", exclusive },
    };

    for (u64 kinds = 1; kinds < 4; kinds++) {
        for (u64 i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
            for (u64 privilege = 1; privilege < 4; privilege++) {
                MSR(dbgwvr1_el1, data + 64);
                MSR(dbgwcr1_el1, WATCH_ALL | kinds << 3 | privilege << 1 | ENABLED);
                hex(kinds);
                hex(privilege);
                at_el1(pieces[i].name, pieces[i].code, (u64)data + 64);
            }
        }
    }
    put("zva\n");
    MSR(dbgwcr1_el1, WATCH_ALL | WATCH_STORE | 1 << 1 | ENABLED);
    run(&states[1], 0, 0x1c0, zero_block, (u64)data + 64, 0);
    hex(record.esr);
    put("bytes\n");
    for (u64 bytes = 0; bytes < 8; bytes++) { /* that follow each other */
        for (u64 n = 1; bytes + n <= 8; n += 2) {
            MSR(dbgwcr1_el1, ((1ul << n) - 1) << (5 + bytes) | WATCH_LOAD | 1 << 1 | ENABLED);
            hex(bytes);
            hex(n);
            put(":");
            for (u64 at = 60; at < 76; at++) {
                run(&states[1], 0, 0x1c0, load_byte, (u64)data + at, 0);
                hex(record.level);
                run(&states[1], 0, 0x1c0, load_word, (u64)data + (at & ~3ul), 0);
                hex(record.level);
            }
            put("\n");
        }
    }
    put("masks\n");
    MSR(dbgwvr1_el1, data + 64);
    for (u64 mask = 3; mask < 12; mask++) {
        MSR(dbgwcr1_el1, mask << 24 | WATCH_ALL | WATCH_LOAD | 1 << 1 | ENABLED);
        hex(mask);
        for (u64 at = 8; at < 4096; at <<= 1) {
            run(&states[1], 0, 0x1c0, load_byte, (u64)data + at, 0);
            hex(record.level);
            run(&states[1], 0, 0x1c0, load, (u64)data + at - 8, 0);
            hex(record.level);
        }
        put("\n");
    }
    MSR(dbgwcr1_el1, 0);
}

static void words(void)
{
    put("words\n");
    MSR(dbgwvr1_el1, data + 68);
    for (u64 bytes = 1; bytes < 16; bytes = bytes << 1 | 1) {
        MSR(dbgwcr1_el1, bytes << 5 | WATCH_LOAD | 1 << 1 | ENABLED);
        for (u64 at = 64; at < 76; at++) {
            run(&states[1], 0, 0x1c0, load_byte, (u64)data + at, 0);
            hex(record.level);
        }
        put("\n");
    }
    MSR(dbgwcr1_el1, 0);
}

/* Breakpoint 4 and 5 know contexts. */
static void links(void)
{
    for (u64 n = 0; n < 6; n++) {
        put("linked to ");
        hex(n);
        put("\n");
        MSR(contextidr_el1, 0x12345677);
        MSR(dbgbvr5_el1, 0x12345677);
        MSR(dbgbcr5_el1, CONTEXT | LINKED | BAS_ALL | 3 << 1 | ENABLED);
        MSR(dbgbvr0_el1, three);
        MSR(dbgbcr0_el1, n << 16 | LINKED | BAS_ALL | 3 << 1 | ENABLED);
        MSR(dbgwvr0_el1, data);
        MSR(dbgwcr0_el1, n << 16 | LINKED | WATCH_ALL | WATCH_LOAD | 3 << 1 | ENABLED);
        if (n < 5 && n != 4) {
            continue; /* UNPREDICTABLE */
        }
        everywhere("breakpoint", three, 0);
        everywhere("watchpoint", load, (u64)data);
        MSR(contextidr_el1, 0x12345676);
        everywhere("other breakpoint", three, 0);
        everywhere("other watchpoint", load, (u64)data);
    }
    MSR(dbgbcr0_el1, 0);
    MSR(dbgwcr0_el1, 0);
    MSR(dbgbcr5_el1, 0);
}

/* By the context alone, wherever it is. */
static void contexts(void)
{
    put("contexts\n");
    MSR(dbgbvr4_el1, 0x12345677);
    MSR(dbgbcr4_el1, CONTEXT | BAS_ALL | 3 << 1 | ENABLED);
    everywhere("other", three, 0);
    MSR(contextidr_el1, 0x12345677);
    everywhere("same", three, 0);
    MSR(dbgbvr4_el1, 0x1200000000ul | 0x12345677);
    MSR(dbgbcr4_el1, 8ul << 20 | BAS_ALL | 3 << 1 | ENABLED);
    everywhere("other VMID", three, 0);
    MSR(vttbr_el2, 0x12ul << 48);
    everywhere("same VMID", three, 0);
    MSR(dbgbcr4_el1, 10ul << 20 | BAS_ALL | 3 << 1 | ENABLED);
    everywhere("both", three, 0);
    MSR(contextidr_el1, 0);
    everywhere("only VMID", three, 0);
    MSR(vttbr_el2, 0);
    MSR(dbgbcr4_el1, 0);
}

static void kept_values(void)
{
    put("registers ");
    hex(MRS(id_aa64dfr0_el1) & 0xf0f0f000);
    MSR(dbgbcr1_el1, ~1ul);
    hex(MRS(dbgbcr1_el1));
    MSR(dbgwcr1_el1, ~1ul);
    hex(MRS(dbgwcr1_el1));
    MSR(dbgwvr1_el1, 0x7fffffffffful);
    hex(MRS(dbgwvr1_el1));
    MSR(dbgbcr1_el1, 0x5 << 5);
    hex(MRS(dbgbcr1_el1));
    MSR(dbgbcr1_el1, 0);
    MSR(dbgwcr1_el1, 0);
    put("\n");
}

void main(void)
{
    set_up_levels();
    MSR(oslar_el1, 0);
    kept_values();
    MSR(mdscr_el1, MDE | KDE);
    conditions();
    enables();
    accesses();
    words();
    links();
    contexts();
    if (MRS(id_aa64isar0_el1) >> 20 & 15) {
        MSR(dbgwvr1_el1, data);
        for (u64 kinds = 1; kinds < 4; kinds++) {
            MSR(dbgwcr1_el1, WATCH_ALL | kinds << 3 | 1 << 1 | ENABLED);
            at_el1("swp", swap, (u64)data);
        }
    }
    end_program();
}
