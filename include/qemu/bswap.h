/*
 * Byte order: conversions of values, and loads and stores at any alignment.
 *
 * The access names read ld|st, then the type (ub/sb: 8 bits, uw/sw/w: 16, l: 32, q: 64), then the
 * byte order of memory (le, be, he for the host's), then _p for a host pointer. Sizes from 1 to 8
 * bytes that are only known at run time: ldn_/stn_.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_BSWAP_H
#define QEMU_BSWAP_H

#include "qemu/osdep.h"

#define HOST_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* v (of so many bits) on its way between the host and memory of that order. */
#define IN_ORDER_be_(bits, v) (HOST_BIG_ENDIAN ? (v) : __builtin_bswap##bits(v))
#define IN_ORDER_le_(bits, v) (HOST_BIG_ENDIAN ? __builtin_bswap##bits(v) : (v))
#define IN_ORDER_he_(bits, v) (v)

/* bswapN(x) and, in place, bswapNs(&x). */
#define DEFINE_SWAPS_(bits)                                                                        \
    static inline uint##bits##_t bswap##bits(uint##bits##_t x)                                     \
    {                                                                                              \
        return __builtin_bswap##bits(x);                                                           \
    }                                                                                              \
    static inline void bswap##bits##s(uint##bits##_t *place)                                       \
    {                                                                                              \
        *place = bswap##bits(*place);                                                              \
    }

/* beN_to_cpu(x), cpu_to_beN(x) and, in place, beN_to_cpus(&x), cpu_to_beNs(&x); le likewise. */
#define DEFINE_CONVERSION_(order, bits, name)                                                      \
    static inline uint##bits##_t name(uint##bits##_t x)                                            \
    {                                                                                              \
        return IN_ORDER_##order##_(bits, x);                                                       \
    }                                                                                              \
    static inline void name##s(uint##bits##_t *place)                                              \
    {                                                                                              \
        *place = name(*place);                                                                     \
    }
#define DEFINE_CONVERSIONS_(bits)                                                                  \
    DEFINE_SWAPS_(bits)                                                                            \
    DEFINE_CONVERSION_(be, bits, be##bits##_to_cpu)                                                \
    DEFINE_CONVERSION_(be, bits, cpu_to_be##bits)                                                  \
    DEFINE_CONVERSION_(le, bits, le##bits##_to_cpu)                                                \
    DEFINE_CONVERSION_(le, bits, cpu_to_le##bits)

DEFINE_CONVERSIONS_(16)
DEFINE_CONVERSIONS_(32)
DEFINE_CONVERSIONS_(64)

/* An integer of so many bits that may stand anywhere, and overlay anything. */
#define DEFINE_UNALIGNED_(bits)                                                                    \
    typedef struct __attribute__((packed, may_alias)) Unaligned##bits {                            \
        uint##bits##_t value;                                                                      \
    } Unaligned##bits;

DEFINE_UNALIGNED_(16)
DEFINE_UNALIGNED_(32)
DEFINE_UNALIGNED_(64)

/* `name` as in lduw, `sign` the type in between that decides about the upper bits of `result`. */
#define DEFINE_LOAD_(order, name, bits, sign, result)                                              \
    static inline result ld##name##_##order##_p(const void *ptr)                                   \
    {                                                                                              \
        const Unaligned##bits *at = ptr;                                                           \
                                                                                                   \
        return (result)(sign)IN_ORDER_##order##_(bits, at->value);                                 \
    }
#define DEFINE_STORE_(order, name, bits)                                                           \
    static inline void st##name##_##order##_p(void *ptr, uint##bits##_t v)                         \
    {                                                                                              \
        Unaligned##bits *at = ptr;                                                                 \
                                                                                                   \
        at->value = IN_ORDER_##order##_(bits, v);                                                  \
    }
#define DEFINE_ACCESSES_(order)                                                                    \
    DEFINE_LOAD_(order, uw, 16, uint16_t, int)                                                     \
    DEFINE_LOAD_(order, sw, 16, int16_t, int)                                                      \
    DEFINE_LOAD_(order, l, 32, int32_t, int)                                                       \
    DEFINE_LOAD_(order, q, 64, uint64_t, uint64_t)                                                 \
    DEFINE_STORE_(order, w, 16)                                                                    \
    DEFINE_STORE_(order, l, 32)                                                                    \
    DEFINE_STORE_(order, q, 64)

DEFINE_ACCESSES_(be)
DEFINE_ACCESSES_(le)
DEFINE_ACCESSES_(he)

#undef DEFINE_SWAPS_
#undef DEFINE_CONVERSION_
#undef DEFINE_CONVERSIONS_
#undef DEFINE_UNALIGNED_
#undef DEFINE_LOAD_
#undef DEFINE_STORE_
#undef DEFINE_ACCESSES_

static inline int ldub_p(const void *ptr)
{
    return *(const uint8_t *)ptr;
}

static inline int ldsb_p(const void *ptr)
{
    return *(const int8_t *)ptr;
}

static inline void stb_p(void *ptr, uint8_t v)
{
    *(uint8_t *)ptr = v;
}

static inline uint64_t ldn_be_p(const void *ptr, int size)
{
    const uint8_t *p = ptr;
    uint64_t v = 0;

    for (int i = 0; i < size; i++) {
        v = (v << 8) | p[i];
    }
    return v;
}

static inline uint64_t ldn_le_p(const void *ptr, int size)
{
    const uint8_t *p = ptr;
    uint64_t v = 0;

    for (int i = size - 1; i >= 0; i--) {
        v = (v << 8) | p[i];
    }
    return v;
}

static inline void stn_be_p(void *ptr, int size, uint64_t v)
{
    uint8_t *p = ptr;

    for (int i = size - 1; i >= 0; i--) {
        p[i] = (uint8_t)v;
        v >>= 8;
    }
}

static inline void stn_le_p(void *ptr, int size, uint64_t v)
{
    uint8_t *p = ptr;

    for (int i = 0; i < size; i++) {
        p[i] = (uint8_t)v;
        v >>= 8;
    }
}

#if HOST_BIG_ENDIAN
#define ldn_he_p(p, sz)    ldn_be_p(p, sz)
#define stn_he_p(p, sz, v) stn_be_p(p, sz, v)
#else
#define ldn_he_p(p, sz)    ldn_le_p(p, sz)
#define stn_he_p(p, sz, v) stn_le_p(p, sz, v)
#endif

#endif
