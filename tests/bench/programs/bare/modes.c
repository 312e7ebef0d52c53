/*
 * Address translation off and on again, as firmware and handlers do.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"
#include "bench.h"

BENCH_ROUNDS(3200000);

uint32_t bench(uint32_t rounds)
{
    static volatile uint32_t values[1024];
    uint32_t msr = get_msr(), sum = 0;

    while (rounds--) {
        set_msr(msr & ~(uint32_t)MSR_DR);
        sum += values[rounds & 1023]++;
        set_msr(msr);
        sum = mix(sum, values[rounds >> 3 & 1023]++);
    }
    return sum;
}
