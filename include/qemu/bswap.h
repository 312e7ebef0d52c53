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

static inline uint16_t bswap16(uint16_t x)
{
    return __builtin_bswap16(x);
}

static inline uint32_t bswap32(uint32_t x)
{
    return __builtin_bswap32(x);
}

static inline uint64_t bswap64(uint64_t x)
{
    return __builtin_bswap64(x);
}

static inline void bswap16s(uint16_t *s)
{
    *s = __builtin_bswap16(*s);
}

static inline void bswap32s(uint32_t *s)
{
    *s = __builtin_bswap32(*s);
}

static inline void bswap64s(uint64_t *s)
{
    *s = __builtin_bswap64(*s);
}

#if HOST_BIG_ENDIAN
#define be_bswap(v, size) (v)
#define le_bswap(v, size) glue_bswap_##size(v)
#else
#define be_bswap(v, size) glue_bswap_##size(v)
#define le_bswap(v, size) (v)
#endif
#define glue_bswap_16(v) __builtin_bswap16(v)
#define glue_bswap_32(v) __builtin_bswap32(v)
#define glue_bswap_64(v) __builtin_bswap64(v)

#define DEFINE_BYTE_ORDER(endian, bits)                                                            \
    static inline uint##bits##_t endian##bits##_to_cpu(uint##bits##_t v)                           \
    {                                                                                              \
        return endian##_bswap(v, bits);                                                            \
    }                                                                                              \
    static inline uint##bits##_t cpu_to_##endian##bits(uint##bits##_t v)                           \
    {                                                                                              \
        return endian##_bswap(v, bits);                                                            \
    }                                                                                              \
    static inline void endian##bits##_to_cpus(uint##bits##_t *p)                                   \
    {                                                                                              \
        *p = endian##_bswap(*p, bits);                                                             \
    }                                                                                              \
    static inline void cpu_to_##endian##bits##s(uint##bits##_t *p)                                 \
    {                                                                                              \
        *p = endian##_bswap(*p, bits);                                                             \
    }

DEFINE_BYTE_ORDER(be, 16)
DEFINE_BYTE_ORDER(be, 32)
DEFINE_BYTE_ORDER(be, 64)
DEFINE_BYTE_ORDER(le, 16)
DEFINE_BYTE_ORDER(le, 32)
DEFINE_BYTE_ORDER(le, 64)

/* One width: `name` as in lduw, `ret` the type it is returned in. */
#define DEFINE_LOAD(name, order, swap, bits, ret)                                                  \
    static inline ret ld##name##_##order##_p(const void *ptr)                                      \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
                                                                                                   \
        memcpy(&v, ptr, sizeof(v));                                                                \
        return (ret)(int##bits##_t)swap;                                                           \
    }
#define DEFINE_LOAD_UNSIGNED(name, order, swap, bits, ret)                                         \
    static inline ret ld##name##_##order##_p(const void *ptr)                                      \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
                                                                                                   \
        memcpy(&v, ptr, sizeof(v));                                                                \
        return swap;                                                                               \
    }
#define DEFINE_STORE(name, order, swap, bits)                                                      \
    static inline void st##name##_##order##_p(void *ptr, uint##bits##_t v)                         \
    {                                                                                              \
        v = swap;                                                                                  \
        memcpy(ptr, &v, sizeof(v));                                                                \
    }

#define DEFINE_ACCESSES(order, swap16, swap32, swap64)                                             \
    DEFINE_LOAD_UNSIGNED(uw, order, swap16, 16, int)                                               \
    DEFINE_LOAD(sw, order, swap16, 16, int)                                                        \
    DEFINE_LOAD_UNSIGNED(l, order, swap32, 32, uint32_t)                                           \
    DEFINE_LOAD_UNSIGNED(q, order, swap64, 64, uint64_t)                                           \
    DEFINE_STORE(w, order, swap16, 16)                                                             \
    DEFINE_STORE(l, order, swap32, 32)                                                             \
    DEFINE_STORE(q, order, swap64, 64)

DEFINE_ACCESSES(be, be_bswap(v, 16), be_bswap(v, 32), be_bswap(v, 64))
DEFINE_ACCESSES(le, le_bswap(v, 16), le_bswap(v, 32), le_bswap(v, 64))
DEFINE_ACCESSES(he, v, v, v)

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
