/*
 * Programs that are started, and end: vfork and exec of this one, which does nothing if it is to do
 * 0 rounds.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

BENCH_ROUNDS(300);

uint32_t bench(uint32_t rounds)
{
    uint32_t ended = 0;

    for (uint32_t i = 0; i < rounds; i++) {
        int status;
        pid_t child = vfork();

        if (child == 0) {
            execl("/proc/self/exe", "program", "0", (char *)NULL);
            _exit(126);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status) {
            bench_fail("a program did not start");
        }
        ended++;
    }
    return ended;
}
