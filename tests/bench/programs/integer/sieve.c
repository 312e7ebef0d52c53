/*
 * The sieve of Eratosthenes, one byte for each odd number, and a count of primes by bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(340);

enum { LIMIT = 1 << 19, ODD = LIMIT / 2 };

static uint8_t composite[ODD];

static NOINLINE void sieve(void)
{
    for (int i = 0; i < ODD; i++) {
        composite[i] = 0;
    }
    for (int i = 1; (2 * i + 1) * (2 * i + 1) < LIMIT; i++) {
        if (!composite[i]) {
            for (int multiple = 2 * i * (i + 1); multiple < ODD; multiple += 2 * i + 1) {
                composite[multiple] = 1;
            }
        }
    }
}

static NOINLINE uint32_t count(uint32_t *sum)
{
    uint32_t nb = 1; /* 2 */

    for (int i = 1; i < ODD; i++) {
        if (!composite[i]) {
            nb++;
            *sum += (uint32_t)i * nb;
        }
    }
    return nb;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t sum = 0;

    while (rounds--) {
        sieve();
        if (count(&sum) != 43390) {
            bench_fail("wrong number of primes below 524288");
        }
    }
    return sum;
}
