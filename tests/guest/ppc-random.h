/*
 * What random programs are made from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_GUEST_PPC_RANDOM_H
#define TESTS_GUEST_PPC_RANDOM_H

#include "ppc-machine.h"

typedef struct Random {
    uint64_t state;
} Random;

static inline uint32_t next_random(Random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (z ^ z >> 31) >> 16;
}

static inline uint32_t below(Random *r, uint32_t n)
{
    return next_random(r) % n;
}

/*
 * Sets `s` up for running with address translation: MSR[IR,DR,PR], segments, BATs, and a page table
 * in memory. Code is where it was, or can't be fetched; the data pages are at a random place, next
 * to each other, each with random rights or not mapped. Returns the address of the border between
 * the two.
 */
uint32_t ppc_random_translation(Random *r, PPCTestState *s);

#define PPC_RANDOM_ENTRIES 4

/* The page table entries of the last ppc_random_translation() as they are now, both words each. */
void ppc_random_entries(uint32_t words[2 * PPC_RANDOM_ENTRIES]);

#endif
