/*
 * Processes that are made, write to some pages, and end.
 *
 * SPDX-License-Identifier: MIT
 */
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

BENCH_ROUNDS(300);

enum { PAGES = 32, PAGE = 4096 };

static volatile uint8_t memory[PAGES * PAGE];

uint32_t bench(uint32_t rounds)
{
    uint32_t sum = 0;

    while (rounds--) {
        int status;
        pid_t child = fork();

        if (child == 0) {
            for (int i = 0; i < PAGES; i++) {
                memory[i * PAGE] += rounds;
            }
            _exit(memory[PAGE] & 127);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
            bench_fail("fork");
        }
        sum = mix(sum, WEXITSTATUS(status));
        memory[sum % PAGES * PAGE]++;
    }
    return sum;
}
