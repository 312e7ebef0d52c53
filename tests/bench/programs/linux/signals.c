/*
 * Signals to itself, with a handler.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "bench.h"

BENCH_ROUNDS(18000);

static volatile uint32_t sum;

static void handle(int signal)
{
    sum = sum * 3 + signal;
}

uint32_t bench(uint32_t rounds)
{
    pid_t self = getpid();

    for (int i = 0; i < 4; i++) {
        struct sigaction action = { .sa_handler = handle };

        sigaction(SIGRTMIN + i, &action, NULL);
    }
    while (rounds--) {
        kill(self, SIGRTMIN + (rounds & 3));
    }
    return sum;
}
