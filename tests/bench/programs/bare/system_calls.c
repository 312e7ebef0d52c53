/*
 * System calls that return at once, through the handler that saves all volatile registers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"
#include "bench.h"

BENCH_ROUNDS(3100000);

static volatile uint32_t calls;

void interrupt(uint32_t vector)
{
    if (vector != 0xc00) {
        bench_fail("not a system call");
    }
    calls++;
}

uint32_t bench(uint32_t rounds)
{
    while (rounds--) {
        __asm__ volatile("sc" ::: "memory");
    }
    return calls;
}
