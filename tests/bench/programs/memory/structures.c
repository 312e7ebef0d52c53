/*
 * Records of fields of all sizes, moved between two arrays by a field at a time: small
 * displacements from one base.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(3700);

enum { RECORDS = 4096 };

typedef struct Record {
    uint8_t kind, state;
    uint16_t length;
    int32_t offset;
    int16_t low, high;
    uint32_t count, sum;
    int8_t levels[4];
} Record;

static Record in[RECORDS], out[RECORDS];

static NOINLINE void update(Record *to, const Record *from)
{
    to->kind = from->state;
    to->state = from->kind + 1;
    to->length = from->length + from->low;
    to->offset = from->offset - from->high;
    to->low = from->levels[0] * from->levels[1];
    to->high = from->levels[2] - from->levels[3];
    to->count = from->count + 1;
    to->sum += from->sum ^ from->length;
    to->levels[0] = from->levels[3];
    to->levels[1] = from->levels[0];
    to->levels[2] = from->levels[1] + from->state;
    to->levels[3] = from->offset;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 43, sum = 0;

    for (int i = 0; i < RECORDS; i++) {
        uint32_t dice = next_random(&seed);

        in[i] = (Record){ .kind = dice,
                          .state = dice >> 8,
                          .length = dice >> 3,
                          .offset = dice,
                          .low = dice >> 5,
                          .high = dice >> 11,
                          .levels = { dice >> 1, dice >> 9, dice >> 17, dice >> 24 } };
    }
    while (rounds--) {
        for (int i = 0; i < RECORDS; i++) {
            update(&out[i], &in[i]);
            update(&in[i], &out[i]);
        }
    }
    for (int i = 0; i < RECORDS; i++) {
        sum = mix(sum, in[i].sum + in[i].offset + in[i].levels[2] + in[i].high);
    }
    return sum;
}
