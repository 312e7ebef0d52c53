/*
 * A hash map with open addressing: insertions, look-ups and deletions of 64-bit keys.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(570);

enum { SLOTS = 1 << 13, OPERATIONS = 50000, KEY_BITS = 12 };

typedef struct Slot {
    uint64_t key; /* 0: never used */
    uint32_t value, is_live;
} Slot;

static Slot slots[SLOTS];

static NOINLINE Slot *find(uint64_t key)
{
    uint32_t at = ((uint32_t)key ^ (uint32_t)(key >> 32)) * 0x9e3779b1 >> 19;

    while (slots[at].key && slots[at].key != key) {
        at = (at + 1) % SLOTS;
    }
    return &slots[at];
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 131, sum = 0;

    while (rounds--) {
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = (Slot){ 0 };
        }
        for (int i = 0; i < OPERATIONS; i++) {
            uint32_t dice = next_random(&seed);
            uint64_t key = (uint64_t)(dice >> (32 - KEY_BITS)) * 0x100000001b3 + 1;
            Slot *slot = find(key);

            switch (dice & 3) {
            case 0:
                slot->is_live = 0;
                break;
            case 1:
                *slot = (Slot){ key, dice, 1 };
                break;
            default:
                sum += slot->is_live ? slot->value : 1;
                break;
            }
        }
    }
    return sum;
}
