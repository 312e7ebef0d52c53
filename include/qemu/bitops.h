/*
 * Bit fields and rotation on fixed-width integers.
 *
 * A field is `length` bits, at least one, from bit `start` up, inside the value:
 *
 *     extract32(value, start, length)             the field, moved down to bit 0; also 8, 16, 64
 *     sextract32(value, start, length)            the same, sign-extended from its top bit; also 64
 *     deposit32(value, start, length, fieldval)   value with the field replaced by the low bits of
 *                                                 fieldval; also 64
 *     rol32(word, shift), ror32(word, shift)      rotated by any count, of which the low bits
 *                                                 matter; also 8, 16, 64
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_BITOPS_H
#define QEMU_BITOPS_H

#include "qemu/osdep.h"

#define BITS_PER_BYTE 8
#define BITS_PER_LONG (BITS_PER_BYTE * sizeof(long))

/* The lowest `length` bits, 1 to 64: for 64, the two that is shifted out leaves 0 - 1. */
static inline uint64_t low_bits_(unsigned length)
{
    return (UINT64_C(2) << (length - 1)) - 1;
}

#define CHECK_FIELD_(bits, start, length)                                                          \
    assert((unsigned)(start) < (bits) && (unsigned)(length)-1 < (bits) - (unsigned)(start))

#define DEFINE_EXTRACT_(bits)                                                                      \
    static inline uint##bits##_t extract##bits(uint##bits##_t value, int start, int length)        \
    {                                                                                              \
        CHECK_FIELD_(bits, start, length);                                                         \
        return (uint##bits##_t)(value >> start & low_bits_(length));                               \
    }

/* Up to the top of the type and down again, the sign coming along. */
#define DEFINE_SEXTRACT_(bits)                                                                     \
    static inline int##bits##_t sextract##bits(uint##bits##_t value, int start, int length)        \
    {                                                                                              \
        int above = bits - start - length;                                                         \
                                                                                                   \
        CHECK_FIELD_(bits, start, length);                                                         \
        return (int##bits##_t)(value << above) >> (above + start);                                 \
    }

/* Only the bits in which the field differs change. */
#define DEFINE_DEPOSIT_(bits)                                                                      \
    static inline uint##bits##_t deposit##bits(uint##bits##_t value, int start, int length,        \
                                               uint##bits##_t fieldval)                            \
    {                                                                                              \
        CHECK_FIELD_(bits, start, length);                                                         \
        return value ^ (uint##bits##_t)(((value >> start ^ fieldval) & low_bits_(length))          \
                                        << start);                                                 \
    }

#define DEFINE_ROTATE_(bits)                                                                       \
    static inline uint##bits##_t rol##bits(uint##bits##_t word, unsigned shift)                    \
    {                                                                                              \
        unsigned up = shift % bits, down = -shift % bits;                                          \
                                                                                                   \
        return (uint##bits##_t)(word << up | word >> down);                                        \
    }                                                                                              \
    static inline uint##bits##_t ror##bits(uint##bits##_t word, unsigned shift)                    \
    {                                                                                              \
        unsigned down = shift % bits, up = -shift % bits;                                          \
                                                                                                   \
        return (uint##bits##_t)(word >> down | word << up);                                        \
    }

#define DEFINE_BITOPS_(DEFINE_)                                                                    \
    DEFINE_(32)                                                                                    \
    DEFINE_(64)

DEFINE_EXTRACT_(8)
DEFINE_EXTRACT_(16)
DEFINE_BITOPS_(DEFINE_EXTRACT_)
DEFINE_BITOPS_(DEFINE_SEXTRACT_)
DEFINE_BITOPS_(DEFINE_DEPOSIT_)
DEFINE_ROTATE_(8)
DEFINE_ROTATE_(16)
DEFINE_BITOPS_(DEFINE_ROTATE_)

#undef DEFINE_BITOPS_
#undef DEFINE_EXTRACT_
#undef DEFINE_SEXTRACT_
#undef DEFINE_DEPOSIT_
#undef DEFINE_ROTATE_
#undef CHECK_FIELD_

#endif
