/*
 * A program of the benchmark as a process: `NAME ROUNDS` prints "checksum NNNNNNNN"; 0 rounds do
 * nothing and print nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bench.h"

void *bench_code_memory(size_t size)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        bench_fail("no memory to execute from");
    }
    return memory;
}

void bench_flush_code(void *start, size_t size)
{
    __builtin___clear_cache((char *)start, (char *)start + size);
}

void bench_fail(const char *why)
{
    printf("failed: %s\n", why);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    char *end;
    unsigned long rounds = argc == 2 ? strtoul(argv[1], &end, 10) : 0;

    if (argc != 2 || end == argv[1] || *end || rounds > UINT32_MAX) {
        fprintf(stderr, "usage: %s ROUNDS\n", argv[0]);
        return EXIT_FAILURE;
    }
    if (rounds == 0) {
        return EXIT_SUCCESS;
    }
    printf("checksum %08x\n", bench((uint32_t)rounds));
    return EXIT_SUCCESS;
}
