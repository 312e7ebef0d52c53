/*
 * A heap of records, compared through a function pointer: filled, and emptied in order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(140);

enum { SIZE = 10000 };

typedef struct Record {
    uint32_t key;
    uint16_t rank, number;
} Record;

typedef int Compare(const Record *a, const Record *b);

static Record heap[SIZE];
static unsigned used;

static int by_key(const Record *a, const Record *b)
{
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->number - b->number;
}

static int by_rank(const Record *a, const Record *b)
{
    return a->rank != b->rank ? b->rank - a->rank : by_key(a, b);
}

static NOINLINE void push(Record record, Compare *compare)
{
    unsigned at = used++;

    while (at && compare(&record, &heap[(at - 1) / 2]) < 0) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = record;
}

static NOINLINE Record pop(Compare *compare)
{
    Record first = heap[0], last = heap[--used];
    unsigned at = 0;

    for (unsigned child; (child = 2 * at + 1) < used; at = child) {
        if (child + 1 < used && compare(&heap[child + 1], &heap[child]) < 0) {
            child++;
        }
        if (compare(&last, &heap[child]) <= 0) {
            break;
        }
        heap[at] = heap[child];
    }
    heap[at] = last;
    return first;
}

uint32_t bench(uint32_t rounds)
{
    static Compare *const orders[] = { by_key, by_rank };
    uint32_t seed = 17, sum = 0;

    for (uint32_t round = 0; round < rounds; round++) {
        Compare *compare = orders[round & 1];

        for (unsigned i = 0; i < SIZE; i++) {
            uint32_t key = next_random(&seed);

            push((Record){ .key = key, .rank = key >> 7 & 63, .number = i }, compare);
        }
        while (used) {
            Record next = pop(compare);

            sum = mix(sum, next.key ^ next.number);
        }
    }
    return sum;
}
