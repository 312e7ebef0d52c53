/*
 * Stores to pages that are write-protected: a signal handler lets them in, one by one.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>

#include "bench.h"

BENCH_ROUNDS(60);

enum { PAGES = 128, PAGE = 4096 };

static uint8_t *memory;
static volatile uint32_t faults;

static void let_in(int signal, siginfo_t *info, void *context)
{
    uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1);

    (void)signal;
    (void)context;
    faults++;
    mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE);
}

uint32_t bench(uint32_t rounds)
{
    struct sigaction action = { .sa_sigaction = let_in, .sa_flags = SA_SIGINFO };
    uint32_t sum = 0;

    sigaction(SIGSEGV, &action, NULL);
    memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        bench_fail("mmap");
    }
    for (uint32_t i = 0; i < rounds; i++) {
        mprotect(memory, PAGES * PAGE, PROT_READ);
        for (int page = 0; page < PAGES; page++) {
            ((volatile uint8_t *)memory)[page * PAGE + i % PAGE]++;
        }
    }
    for (int i = 0; i < PAGES; i++) {
        sum = mix(sum, memory[i * PAGE]);
    }
    return mix(sum, faults);
}
