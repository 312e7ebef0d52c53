/*
 * Instructions that the processor has not, and traps: the handler looks at them and goes on behind
 * them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"
#include "bench.h"

BENCH_ROUNDS(1300000);

enum { SPR_SRR0 = 26, SPR_SRR1 = 27, PROGRAM = 0x700, SRR1_ILLEGAL = 0x80000, SRR1_TRAP = 0x20000 };

static uint32_t illegal, traps;

void interrupt(uint32_t vector)
{
    uint32_t why = mfspr(SPR_SRR1);

    if (vector != PROGRAM || !(why & (SRR1_ILLEGAL | SRR1_TRAP))) {
        bench_fail("not an illegal instruction and not a trap");
    }
    illegal += !!(why & SRR1_ILLEGAL);
    traps += !!(why & SRR1_TRAP);
    mtspr(SPR_SRR0, mfspr(SPR_SRR0) + 4);
}

uint32_t bench(uint32_t rounds)
{
    while (rounds--) {
        __asm__ volatile(".long 0" ::: "memory");
        __asm__ volatile("twlge %0, %1" :: "r"(rounds), "r"(1) : "memory");
    }
    return mix(illegal, traps);
}
