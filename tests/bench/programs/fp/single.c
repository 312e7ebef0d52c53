/*
 * Vectors and matrices of four floats, as for pictures: points are turned, projected and lit.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(540);

enum { POINTS = 1000 };

typedef struct Vector {
    float x, y, z, w;
} Vector;

static Vector points[POINTS], matrix[4];

static float dot(const Vector *a, const Vector *b)
{
    return a->x * b->x + a->y * b->y + a->z * b->z + a->w * b->w;
}

static NOINLINE float draw(void)
{
    Vector light = { 0.3f, 0.5f, 0.8f, 0 };
    float sum = 0;

    for (int i = 0; i < POINTS; i++) {
        const Vector *p = &points[i];
        Vector q = { dot(&matrix[0], p), dot(&matrix[1], p), dot(&matrix[2], p),
                     dot(&matrix[3], p) };
        float shade = dot(&light, &q), inverse = 1.0f / q.w;

        if (shade < 0) {
            shade = -0.25f * shade;
        }
        sum += (q.x - q.y) * inverse * shade;
    }
    return sum;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 11, sum = 0;

    for (int i = 0; i < POINTS; i++) {
        points[i].x = (float)next_random_double(&seed);
        points[i].y = (float)next_random_double(&seed);
        points[i].z = (float)next_random_double(&seed);
        points[i].w = 1;
    }
    for (int i = 0; i < 4; i++) {
        matrix[i].x = (float)next_random_double(&seed);
        matrix[i].y = (float)next_random_double(&seed) - 0.5f;
        matrix[i].z = (float)next_random_double(&seed);
        matrix[i].w = i == 3 ? 2.0f : 0.1f;
    }
    while (rounds--) {
        sum = mix_double(sum, (double)draw());
        matrix[sum & 3].x = (float)(int32_t)(sum >> 8 & 255) * (1.0f / 256);
    }
    return sum;
}
