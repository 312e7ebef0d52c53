/*
 * Memory is mapped, touched page by page, and unmapped: each page is a fault, and a page of zeros.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "bench.h"

BENCH_ROUNDS(35);

enum { PAGES = 512, PAGE = 4096 };

uint32_t bench(uint32_t rounds)
{
    uint32_t sum = 0;

    while (rounds--) {
        uint8_t *memory =
            mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED) {
            bench_fail("mmap");
        }
        for (int i = 0; i < PAGES; i++) {
            memory[i * PAGE + i]++;
        }
        for (int i = 0; i < PAGES; i++) {
            sum = mix(sum, memory[i * PAGE + i] + i);
        }
        munmap(memory, PAGES * PAGE);
    }
    return sum;
}
