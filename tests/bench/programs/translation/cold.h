/*
 * Functions that may be executed at another address than theirs: all in one section, no calls, no
 * tables.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "bench.h"

typedef uint32_t cold_function(uint32_t *memory, uint32_t a, uint32_t b);

#define COLD static __attribute__((section("cold_code"), noinline))

extern cold_function *const cold_functions[];
extern const unsigned nb_cold_functions;

/* Where the section is: from the linker. */
extern const uint8_t __start_cold_code[], __stop_cold_code[];

/* The function, when the section has been copied to `to`. */
static inline cold_function *moved(cold_function *function, void *to)
{
    return (cold_function *)((uintptr_t)to + ((uintptr_t)function - (uintptr_t)__start_cold_code));
}

/* Copies the section. */
static inline void copy_cold_code(void *to)
{
    size_t size = __stop_cold_code - __start_cold_code;

    __builtin_memcpy(to, __start_cold_code, size);
    bench_flush_code(to, size);
}
