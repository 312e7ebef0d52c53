/*
 * Bit fields, rotation and counting on fixed-width integers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_BITOPS_H
#define QEMU_BITOPS_H

#include "qemu/osdep.h"

#define BITS_PER_BYTE CHAR_BIT
#define BITS_PER_LONG (sizeof(unsigned long) * BITS_PER_BYTE)

/* Fields: `length` bits (1..32 or 1..64) from bit `start` up, which must lie inside the value. */

static inline uint32_t extract32(uint32_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 32 - start);
    return (value >> start) & (~0U >> (32 - length));
}

static inline uint8_t extract8(uint8_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 8 - start);
    return extract32(value, start, length);
}

static inline uint16_t extract16(uint16_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 16 - start);
    return extract32(value, start, length);
}

static inline uint64_t extract64(uint64_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 64 - start);
    return (value >> start) & (~0ULL >> (64 - length));
}

/* The same, sign-extended from the field's top bit. */
static inline int32_t sextract32(uint32_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 32 - start);
    return (int32_t)(value << (32 - length - start)) >> (32 - length);
}

static inline int64_t sextract64(uint64_t value, int start, int length)
{
    assert(start >= 0 && length > 0 && length <= 64 - start);
    return (int64_t)(value << (64 - length - start)) >> (64 - length);
}

/* `value` with that field replaced by the low bits of `fieldval`. */
static inline uint32_t deposit32(uint32_t value, int start, int length, uint32_t fieldval)
{
    uint32_t mask;

    assert(start >= 0 && length > 0 && length <= 32 - start);
    mask = (~0U >> (32 - length)) << start;
    return (value & ~mask) | ((fieldval << start) & mask);
}

static inline uint64_t deposit64(uint64_t value, int start, int length, uint64_t fieldval)
{
    uint64_t mask;

    assert(start >= 0 && length > 0 && length <= 64 - start);
    mask = (~0ULL >> (64 - length)) << start;
    return (value & ~mask) | ((fieldval << start) & mask);
}

/* Rotation by any count; only its low bits matter. */
static inline uint8_t rol8(uint8_t word, unsigned shift)
{
    return (uint8_t)((word << (shift & 7)) | (word >> (-shift & 7)));
}

static inline uint8_t ror8(uint8_t word, unsigned shift)
{
    return (uint8_t)((word >> (shift & 7)) | (word << (-shift & 7)));
}

static inline uint16_t rol16(uint16_t word, unsigned shift)
{
    return (uint16_t)((word << (shift & 15)) | (word >> (-shift & 15)));
}

static inline uint16_t ror16(uint16_t word, unsigned shift)
{
    return (uint16_t)((word >> (shift & 15)) | (word << (-shift & 15)));
}

static inline uint32_t rol32(uint32_t word, unsigned shift)
{
    return (word << (shift & 31)) | (word >> (-shift & 31));
}

static inline uint32_t ror32(uint32_t word, unsigned shift)
{
    return (word >> (shift & 31)) | (word << (-shift & 31));
}

static inline uint64_t rol64(uint64_t word, unsigned shift)
{
    return (word << (shift & 63)) | (word >> (-shift & 63));
}

static inline uint64_t ror64(uint64_t word, unsigned shift)
{
    return (word >> (shift & 63)) | (word << (-shift & 63));
}

#endif
