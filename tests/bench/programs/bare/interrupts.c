/*
 * Interrupts of the decrementer, which is made negative.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"
#include "bench.h"

BENCH_ROUNDS(500000);

enum { SPR_DEC = 22 };

static volatile uint32_t interrupts;

void interrupt(uint32_t vector)
{
    if (vector != 0x900) {
        bench_fail("not the decrementer");
    }
    interrupts++;
    mtspr(SPR_DEC, 0x7fffffff);
}

uint32_t bench(uint32_t rounds)
{
    for (uint32_t i = 0; i < rounds; i++) {
        set_msr(get_msr() | MSR_EE);
        mtspr(SPR_DEC, 0xffffffff);
        while (interrupts == i) {
        }
        set_msr(get_msr() & ~(uint32_t)MSR_EE);
    }
    return interrupts;
}
