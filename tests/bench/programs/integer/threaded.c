/*
 * An interpreter of register code whose operations jump to each other: an indirect branch at the
 * end of each. The program is made up by chance, and loops.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(95);

enum { OPERATIONS = 12, LENGTH = 256, TURNS = 2000 };

typedef struct Instruction {
    uint8_t operation, to, a, b;
} Instruction;

static Instruction program[LENGTH];

static NOINLINE uint32_t run(uint32_t r[16])
{
    static const void *const labels[] = {
        &&add, &&subtract, &&and, &&or, &&xor, &&shift, &&turn, &&multiply, &&less, &&constant,
        &&move, &&skip, &&loop
    };
    const Instruction *i = program;
    uint32_t turns = TURNS;

#define NEXT goto *labels[(++i)->operation]
    goto *labels[i->operation];
add:
    r[i->to] = r[i->a] + r[i->b];
    NEXT;
subtract:
    r[i->to] = r[i->a] - r[i->b];
    NEXT;
and:
    r[i->to] = r[i->a] & ~r[i->b];
    NEXT;
or:
    r[i->to] = r[i->a] | r[i->b];
    NEXT;
xor:
    r[i->to] = r[i->a] ^ r[i->b];
    NEXT;
shift:
    r[i->to] = r[i->a] >> (r[i->b] & 31);
    NEXT;
turn:
    r[i->to] = rotate_left(r[i->a], r[i->b]);
    NEXT;
multiply:
    r[i->to] = r[i->a] * (r[i->b] | 1);
    NEXT;
less:
    r[i->to] = r[i->a] < r[i->b];
    NEXT;
constant:
    r[i->to] += i->a << 8 | i->b;
    NEXT;
move:
    r[i->to] = r[i->a];
    NEXT;
skip:
    i += r[i->a] & 1;
    NEXT;
loop:
    if (--turns) {
        i = program - 1;
        NEXT;
    }
    return r[0] ^ r[15];
}

uint32_t bench(uint32_t rounds)
{
    uint32_t registers[16], seed = 101, sum = 0;

    for (int i = 0; i < LENGTH; i++) {
        uint32_t dice = next_random(&seed);

        program[i] = (Instruction){ (dice >> 4) % OPERATIONS, dice >> 12 & 15, dice >> 16 & 15,
                                    dice >> 20 & 15 };
    }
    /* Two loops at the end: the first may be skipped. */
    program[LENGTH - 1].operation = program[LENGTH - 2].operation = OPERATIONS;
    while (rounds--) {
        for (int i = 0; i < 16; i++) {
            registers[i] = next_random(&seed);
        }
        sum = mix(sum, run(registers));
    }
    return sum;
}
