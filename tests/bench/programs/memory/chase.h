/*
 * A chain of pointers through all of an array, in an order that no prefetcher guesses: each load
 * waits for the one before.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "bench.h"

typedef struct Link {
    struct Link *next;
    uint32_t number, unused[6];
} Link;

/* nb: a power of 2. */
static void make_chain(Link *links, uint32_t nb)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < nb; i++) {
        uint32_t next = (at * 1664525 + 1013904223) & (nb - 1); /* visits all of them */

        links[at].next = &links[next];
        links[at].number = i;
        at = next;
    }
}

static NOINLINE uint32_t chase(const Link *link, uint32_t steps)
{
    uint32_t sum = 0;

    while (steps--) {
        link = link->next;
    }
    sum = mix(sum, link->number);
    return sum;
}

/* Each round makes many steps, from where the sum of the rounds before says. */
static inline uint32_t chase_rounds(Link *links, uint32_t nb, uint32_t rounds)
{
    enum { STEPS = 100000 };
    uint32_t sum = 0;

    make_chain(links, nb);
    for (uint32_t i = 0; i < rounds; i++) {
        sum = mix(sum, chase(&links[sum % nb], STEPS + (i & 63)));
    }
    return sum;
}
