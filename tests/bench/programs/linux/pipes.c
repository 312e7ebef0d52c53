/*
 * Two processes hand a word to each other through pipes: a context switch each way.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

BENCH_ROUNDS(9000);

static void answer(int in, int out)
{
    uint32_t value;

    while (read(in, &value, sizeof(value)) == sizeof(value)) {
        value = value * 5 + 1;
        if (write(out, &value, sizeof(value)) != sizeof(value)) {
            _exit(EXIT_FAILURE);
        }
    }
    _exit(EXIT_SUCCESS);
}

uint32_t bench(uint32_t rounds)
{
    int there[2], back[2];
    uint32_t value = 1;
    pid_t child;

    if (pipe(there) || pipe(back)) {
        bench_fail("pipe");
    }
    child = fork();
    if (child == 0) {
        close(there[1]);
        answer(there[0], back[1]);
    }
    while (rounds--) {
        if (write(there[1], &value, sizeof(value)) != sizeof(value) ||
            read(back[0], &value, sizeof(value)) != sizeof(value)) {
            bench_fail("the other process does not answer");
        }
    }
    close(there[1]);
    waitpid(child, NULL, 0);
    return value;
}
