/*
 * Reads and writes of a device: the scratch register of the UART.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"
#include "bench.h"

BENCH_ROUNDS(1700000);

enum { SCRATCH = 7 };

uint32_t bench(uint32_t rounds)
{
    volatile uint8_t *scratch = uart(SCRATCH);
    uint32_t sum = 0;

    while (rounds--) {
        *scratch = (uint8_t)rounds;
        sum = sum * 3 + *scratch;
    }
    return sum;
}
