/*
 * System calls that do next to nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

BENCH_ROUNDS(130000);

uint32_t bench(uint32_t rounds)
{
    long group = syscall(SYS_getpgid, 0);

    for (uint32_t i = 0; i < rounds; i++) {
        if (syscall(SYS_getpgid, 0) != group) {
            bench_fail("getpgid");
        }
    }
    return rounds;
}
