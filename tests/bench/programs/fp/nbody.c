/*
 * Seven bodies that attract each other, by small steps of time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"
#include "root.h"

BENCH_ROUNDS(85000);

enum { BODIES = 7 };

typedef struct Body {
    double place[3], speed[3], mass;
} Body;

static Body bodies[BODIES];

static NOINLINE void step(double time)
{
    for (int i = 0; i < BODIES; i++) {
        Body *a = &bodies[i];

        for (int j = i + 1; j < BODIES; j++) {
            Body *b = &bodies[j];
            double x = a->place[0] - b->place[0], y = a->place[1] - b->place[1],
                   z = a->place[2] - b->place[2];
            double square = __builtin_fma(x, x, __builtin_fma(y, y, __builtin_fma(z, z, 0.01)));
            double inverse = inverse_root(square), pull = time * inverse * inverse * inverse;
            double of_a = a->mass * pull, of_b = b->mass * pull;

            a->speed[0] = __builtin_fma(-x, of_b, a->speed[0]);
            a->speed[1] = __builtin_fma(-y, of_b, a->speed[1]);
            a->speed[2] = __builtin_fma(-z, of_b, a->speed[2]);
            b->speed[0] = __builtin_fma(x, of_a, b->speed[0]);
            b->speed[1] = __builtin_fma(y, of_a, b->speed[1]);
            b->speed[2] = __builtin_fma(z, of_a, b->speed[2]);
        }
    }
    for (int i = 0; i < BODIES; i++) {
        for (int axis = 0; axis < 3; axis++) {
            bodies[i].place[axis] =
                __builtin_fma(time, bodies[i].speed[axis], bodies[i].place[axis]);
        }
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 5, sum = 0;

    for (int i = 0; i < BODIES; i++) {
        for (int axis = 0; axis < 3; axis++) {
            bodies[i].place[axis] = next_random_double(&seed) * 4 - 2;
            bodies[i].speed[axis] = next_random_double(&seed) - 0.5;
        }
        bodies[i].mass = next_random_double(&seed) + 0.1;
    }
    while (rounds--) {
        step(0.001);
    }
    for (int i = 0; i < BODIES; i++) {
        for (int axis = 0; axis < 3; axis++) {
            sum = mix_double(sum, bodies[i].place[axis]);
        }
    }
    return sum;
}
