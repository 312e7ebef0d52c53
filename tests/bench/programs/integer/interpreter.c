/*
 * The loop of an interpreter: byte code of a stack machine, dispatched by a switch. Its program
 * adds up the steps that Collatz sequences take to 1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(78);

typedef enum Operation {
    PUSH, GET, SET, ADD, MULTIPLY, HALVE, IS_ODD, IS_ONE, LESS, JUMP, JUMP_IF, STOP
} Operation;

enum { N, VALUE, STEPS, LIMIT, VARIABLES };

static const uint8_t program[] = {
    /* 0 */ PUSH, 1, SET, N,
    /* 4: the next sequence */
    GET, N, SET, VALUE,
    /* 8: its next step */
    GET, VALUE, IS_ONE, JUMP_IF, 44,
    /* 13 */ GET, STEPS, PUSH, 1, ADD, SET, STEPS,
    /* 20 */ GET, VALUE, IS_ODD, JUMP_IF, 32,
    /* 25 */ GET, VALUE, HALVE, SET, VALUE, JUMP, 8,
    /* 32 */ GET, VALUE, PUSH, 3, MULTIPLY, PUSH, 1, ADD, SET, VALUE, JUMP, 8,
    /* 44: the end of it */
    GET, N, PUSH, 1, ADD, SET, N,
    /* 51 */ GET, N, GET, LIMIT, LESS, JUMP_IF, 4, STOP,
};

static NOINLINE uint32_t run(uint32_t variables[VARIABLES])
{
    uint32_t stack[16], *top = stack;
    const uint8_t *pc = program;

    for (;;) {
        switch ((Operation)*pc++) {
        case PUSH:
            *++top = *pc++;
            break;
        case GET:
            *++top = variables[*pc++];
            break;
        case SET:
            variables[*pc++] = *top--;
            break;
        case ADD:
            top--;
            *top += top[1];
            break;
        case MULTIPLY:
            top--;
            *top *= top[1];
            break;
        case HALVE:
            *top >>= 1;
            break;
        case IS_ODD:
            *top &= 1;
            break;
        case IS_ONE:
            *top = *top == 1;
            break;
        case LESS:
            top--;
            *top = *top < top[1];
            break;
        case JUMP:
            pc = program + *pc;
            break;
        case JUMP_IF:
            pc = *top-- ? program + *pc : pc + 1;
            break;
        case STOP:
            return variables[STEPS];
        }
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t sum = 0;

    while (rounds--) {
        uint32_t variables[VARIABLES] = { [LIMIT] = 1000 };
        uint32_t steps = run(variables);

        if (steps != 59431) {
            bench_fail("wrong number of steps to 1");
        }
        sum = mix(sum, steps);
    }
    return sum;
}
