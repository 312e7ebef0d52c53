/*
 * Large code that runs once: hundreds of functions (made by support/make-cold), each round at
 * another address.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cold.h"

BENCH_ROUNDS(26);

enum { MEMORY = 48 << 20, PAGE = 4096 };

uint32_t bench(uint32_t rounds)
{
    static uint32_t memory[64];
    size_t step = ((size_t)(__stop_cold_code - __start_cold_code) + PAGE - 1) & ~(size_t)(PAGE - 1);
    uint8_t *place = bench_code_memory(MEMORY);
    uint32_t sum = 1;

    if (rounds > MEMORY / step) {
        bench_fail("more rounds than there is memory for");
    }
    for (uint32_t round = 0; round < rounds; round++, place += step) {
        copy_cold_code(place);
        for (unsigned i = 0; i < nb_cold_functions; i++) {
            sum = mix(sum, moved(cold_functions[i], place)(memory, sum, round + i));
        }
    }
    return sum;
}
