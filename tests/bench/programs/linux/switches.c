/*
 * Four processes that give up the processor to each other, with some memory of their own.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

BENCH_ROUNDS(9000);

enum { PROCESSES = 4, PAGES = 8, PAGE = 4096 };

static volatile uint32_t memory[PAGES * PAGE / 4];

static uint32_t work(uint32_t rounds, uint32_t sum)
{
    while (rounds--) {
        for (int i = 0; i < PAGES; i++) {
            sum = mix(sum, memory[i * PAGE / 4]++);
        }
        sched_yield();
    }
    return sum;
}

uint32_t bench(uint32_t rounds)
{
    cpu_set_t one;
    uint32_t sum = 0;
    pid_t children[PROCESSES];

    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof(one), &one);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] < 0) {
            bench_fail("fork");
        }
        if (children[i] == 0) {
            _exit(work(rounds, i) & 127);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        waitpid(children[i], &status, 0);
        sum = mix(sum, status);
    }
    return sum;
}
