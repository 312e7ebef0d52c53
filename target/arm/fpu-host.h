/*
 * Arm floating point: numbers as the host has them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_FPU_HOST_H
#define TARGET_ARM_FPU_HOST_H

#include "qemu/osdep.h"

/* Away from both ends of the exponent's range. */
static inline bool ordinary_64(double d)
{
    uint64_t bits;

    memcpy(&bits, &d, 8);
    return (bits >> 52 & 0x7ff) - 2 < 0x7fc;
}

static inline bool ordinary_32(float d)
{
    uint32_t bits;

    memcpy(&bits, &d, 4);
    return (bits >> 23 & 0xff) - 2 < 0xfc;
}

static inline double as_64(uint64_t bits)
{
    double d;

    memcpy(&d, &bits, 8);
    return d;
}

static inline float as_32(uint64_t bits)
{
    uint32_t word = bits;
    float d;

    memcpy(&d, &word, 4);
    return d;
}

static inline uint64_t bits_64(double d)
{
    uint64_t bits;

    memcpy(&bits, &d, 8);
    return bits;
}

static inline uint64_t bits_32(float d)
{
    uint32_t bits;

    memcpy(&bits, &d, 4);
    return bits;
}

#endif
