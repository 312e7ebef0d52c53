/*
 * Quicksort of words, recursive, with insertion sort for the short pieces: compare, branch and
 * swap.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(180);

enum { SIZE = 40000, SHORT = 12 };

static int32_t values[SIZE];

static void sort_short(int32_t *first, int32_t *last)
{
    for (int32_t *next = first + 1; next <= last; next++) {
        int32_t value = *next, *hole = next;

        for (; hole > first && hole[-1] > value; hole--) {
            *hole = hole[-1];
        }
        *hole = value;
    }
}

static void sort(int32_t *first, int32_t *last)
{
    while (last - first > SHORT) {
        int32_t pivot = first[(last - first) / 2];
        int32_t *low = first, *high = last;

        while (low <= high) {
            while (*low < pivot) {
                low++;
            }
            while (*high > pivot) {
                high--;
            }
            if (low <= high) {
                int32_t other = *low;

                *low++ = *high;
                *high-- = other;
            }
        }
        if (high - first < last - low) {
            sort(first, high);
            first = low;
        } else {
            sort(low, last);
            last = high;
        }
    }
    sort_short(first, last);
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 3, sum = 0;

    while (rounds--) {
        for (int i = 0; i < SIZE; i++) {
            values[i] = next_random(&seed);
        }
        sort(values, values + SIZE - 1);
        for (int i = 0; i < SIZE; i++) {
            if (i && values[i - 1] > values[i]) {
                bench_fail("not sorted");
            }
            sum = mix(sum, values[i]);
        }
    }
    return sum;
}
