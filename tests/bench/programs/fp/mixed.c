/*
 * Single and double precision, integers and roundings side by side: sound samples through a
 * resonant filter, summed in doubles.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(500);

enum { SAMPLES = 4096 };

static int16_t in[SAMPLES], out[SAMPLES];

static NOINLINE double filter(float cutoff, float damping)
{
    float low = 0, band = 0;
    double energy = 0;

    for (int i = 0; i < SAMPLES; i++) {
        float sample = (float)in[i] * (1.0f / 32768.0f);
        float high = sample - low - damping * band;

        band = __builtin_fmaf(cutoff, high, band);
        low = __builtin_fmaf(cutoff, band, low);
        energy = __builtin_fma((double)low, low, energy);
        out[i] = (int16_t)(low * 20000.0f);
    }
    return energy;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 7, sum = 0;

    for (int i = 0; i < SAMPLES; i++) {
        in[i] = next_random(&seed) >> 18;
    }
    while (rounds--) {
        double energy = filter(0.1f + (float)(int32_t)(rounds & 7) * 0.02f, 0.4f);

        sum = mix_double(sum, energy);
        sum = mix(sum, out[sum % SAMPLES]);
    }
    return sum;
}
