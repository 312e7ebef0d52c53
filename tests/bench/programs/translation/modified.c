/*
 * Code that changes: sixteen small functions in two pages, of which one is replaced before all are
 * called.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(29000);

enum { PLACES = 16, DISTANCE = 512, KINDS = 3 };

typedef uint32_t function(uint32_t a, uint32_t b);

/* One behind the other in a section of their own, and independent of where they are. */
#define MOVABLE(n) static __attribute__((section("movable_" #n), noinline, used)) uint32_t

MOVABLE(0) kind_0(uint32_t a, uint32_t b)
{
    return (a ^ b >> 3) + 0x1234567;
}

MOVABLE(1) kind_1(uint32_t a, uint32_t b)
{
    while (b & 7) {
        a = a * 5 + b;
        b--;
    }
    return a;
}

MOVABLE(2) kind_2(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - (a >> 1);
}

extern const uint8_t __start_movable_0[], __stop_movable_0[], __start_movable_1[],
    __stop_movable_1[], __start_movable_2[], __stop_movable_2[];

static NOINLINE void replace(uint8_t *place, unsigned kind)
{
    const uint8_t *const starts[KINDS] = { __start_movable_0, __start_movable_1,
                                           __start_movable_2 };
    const uint8_t *const ends[KINDS] = { __stop_movable_0, __stop_movable_1, __stop_movable_2 };
    size_t size = ends[kind] - starts[kind];

    if (size > DISTANCE) {
        bench_fail("a function is larger than its place");
    }
    __builtin_memcpy(place, starts[kind], size);
    bench_flush_code(place, size);
}

uint32_t bench(uint32_t rounds)
{
    uint8_t *memory = bench_code_memory(PLACES * DISTANCE);
    uint32_t seed = 5, sum = 0;

    for (int i = 0; i < PLACES; i++) {
        replace(memory + i * DISTANCE, i % KINDS);
    }
    while (rounds--) {
        uint32_t dice = next_random(&seed);

        replace(memory + dice % PLACES * DISTANCE, (dice >> 8) % KINDS);
        for (int i = 0; i < PLACES; i++) {
            sum += ((function *)(uintptr_t)(memory + i * DISTANCE))(sum, dice);
        }
    }
    return sum;
}
