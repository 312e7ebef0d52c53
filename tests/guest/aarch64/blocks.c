/*
 * A bare program for `virt`: blocks of 2 MiB and pages change what they map at random, any address
 * of one is invalidated, and what is read and executed there afterwards has to be of the new place.
 * It prints how often it was not.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"

#define BLOCK     0x200000ul
#define NB_BLOCKS 24 /* of addresses; the last ones are tables of pages */
#define NB_TABLES 4
#define FRAMES    0x44000000ul /* what is mapped: pages that tell their number */
#define NB_FRAMES 8            /* of 2 MiB */
#define AREA      0x80000000ul
#define AF        (1ul << 10)
#define NORMAL    (1ul << 2)

static u64 level1[512] __attribute__((aligned(4096)));
static u64 level2[512] __attribute__((aligned(4096)));
static u64 level3[NB_TABLES][512] __attribute__((aligned(4096)));
static u64 physical[NB_BLOCKS * 512]; /* by page of the area */

__asm__(
    ".section .text.unlikely, \"ax\"\n" /* the linker has these first */
    ".globl _start\n"
    "_start: adrp x0, stack_top\n"
    "  add sp, x0, :lo12:stack_top\n"
    "  bl main\n"
    "  movz w0, #8\n" /* PSCI's SYSTEM_OFF */
    "  movk w0, #0x8400, lsl #16\n"
    "  hvc #0\n"
    "  b .\n"
    ".bss\n"
    ".balign 16\n"
    "  .skip 4096\n"
    "stack_top:\n"
    ".text\n");

static u64 random_number(u64 limit)
{
    static u64 state = 88172645463325252ul;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 20) % limit;
}

static void invalidate(u64 address)
{
    __asm__ volatile("dsb ishst\n tlbi vaae1is, %0\n dsb ish\n isb"
                     :
                     : "r"(address >> 12 & 0xfffffffffff)
                     : "memory");
}

/* Pages from `first` on are others from now on; any address of them says so. */
static void change(u64 *entry, u64 nb_pages, u64 frame, u64 first, u64 type)
{
    *entry = 0;
    invalidate(AREA + (first + random_number(nb_pages)) * 4096);
    *entry = frame | type | AF | NORMAL;
    for (u64 i = 0; i < nb_pages; i++) {
        physical[first + i] = frame + i * 4096;
    }
}

static void change_block(u64 block)
{
    change(&level2[block], 512, FRAMES + random_number(NB_FRAMES) * BLOCK, block * 512, 1);
}

static void change_page(u64 table, u64 page)
{
    change(&level3[table][page], 1, FRAMES + random_number(NB_FRAMES * 512) * 4096,
           (NB_BLOCKS - NB_TABLES + table) * 512 + page, 3);
}

static u64 wrong(u64 page, u64 execute)
{
    u64 address = AREA + page * 4096, number = (physical[page] - FRAMES) >> 12;

    if (execute) {
        return ((u64(*)(void))(address + 64))() != number;
    }
    return *(volatile u64 *)address != number;
}

void main(void)
{
    u64 errors = 0, accesses = 0;

    for (u64 i = 0; i < NB_FRAMES * 512; i++) {
        *(u64 *)(FRAMES + i * 4096) = i;
        ((u32 *)(FRAMES + i * 4096))[16] = 0xd2800000 | i << 5; /* mov x0, #i */
        ((u32 *)(FRAMES + i * 4096))[17] = 0xd65f03c0;          /* ret */
    }
    level1[0] = 0x00000000 | 1 | AF | 1ul << 54;
    level1[1] = 0x40000000 | 1 | AF | NORMAL;
    level1[2] = (u64)level2 | 3;
    for (u64 i = 0; i < NB_BLOCKS - NB_TABLES; i++) {
        change_block(i);
    }
    for (u64 i = 0; i < NB_TABLES; i++) {
        level2[NB_BLOCKS - NB_TABLES + i] = (u64)level3[i] | 3;
        for (u64 page = 0; page < 512; page++) {
            change_page(i, page);
        }
    }
    MSR(mair_el1, 0xff00);
    MSR(tcr_el1, 25 | 1ul << 23 | 2ul << 32); /* 39 bits, 4 KiB, 40 bits out */
    MSR(ttbr0_el1, (u64)level1);
    __asm__ volatile("dsb ish\n tlbi vmalle1\n dsb ish\n ic iallu\n isb" : : : "memory");
    MSR(sctlr_el1, MRS(sctlr_el1) | 0x1005);

    for (u64 round = 0; round < 40000; round++) {
        u64 block = random_number(NB_BLOCKS), pages = random_number(6) ? 6 : 40;

        /* Code is in every fourth block only: data's go without the rest. */
        for (u64 i = 0; i < pages; i++) {
            errors += wrong(block * 512 + random_number(512), block % 4 == 0 && i % 8 == 7);
            accesses++;
        }
        if (block < NB_BLOCKS - NB_TABLES) {
            change_block(block);
        } else {
            change_page(block - (NB_BLOCKS - NB_TABLES), random_number(512));
        }
        if (!random_number(500)) {
            __asm__ volatile("tlbi vmalle1is\n dsb ish\n isb" : : : "memory");
        }
    }
    put("accesses ");
    digits(accesses, 28);
    put("wrong ");
    digits(errors, 28);
    put("\n");
}
