/*
 * Loads and stores of guest RAM at its host address, which CPUs and devices change meanwhile.
 *
 * What a guest races for is the guest's affair, as on its hardware: a naturally aligned access
 * happens as a whole (16 bytes by hosts with AVX), others byte by byte, in no order. Any thread,
 * no locks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_RAM_ACCESS_H
#define SYSTEM_RAM_ACCESS_H

#include "qemu/osdep.h"
#include "exec/memop.h"
#include "qemu/bswap.h"

#ifdef __SANITIZE_THREAD__
/* The sanitizer looks into memcpy(), wherever that is called: these races are meant to be. */
static __attribute__((no_sanitize("thread"), noinline, unused)) void
ram_copy_(void *to, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((volatile uint8_t *)to)[i] = ((const volatile uint8_t *)from)[i];
    }
}

static __attribute__((no_sanitize("thread"), noinline, unused)) void
ram_fill_(void *to, uint8_t byte, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((volatile uint8_t *)to)[i] = byte;
    }
}
#else
#define ram_copy_(to, from, n) memcpy(to, from, n)
#define ram_fill_(to, byte, n) memset(to, byte, n)
#endif

/* `n` bytes from or to RAM. */
static inline void ram_read(void *to, const void *ram, size_t n)
{
    ram_copy_(to, ram, n);
}

static inline void ram_write(void *ram, const void *from, size_t n)
{
    ram_copy_(ram, from, n);
}

static inline void ram_fill(void *ram, uint8_t byte, size_t n)
{
    ram_fill_(ram, byte, n);
}

#define DEFINE_RAM_ACCESS_(bits)                                                                   \
    static inline uint##bits##_t ram_load_##bits##_(const void *ram)                               \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
                                                                                                   \
        if (likely((uintptr_t)ram % sizeof(value) == 0)) {                                         \
            return __atomic_load_n((const uint##bits##_t *)ram, __ATOMIC_RELAXED);                 \
        }                                                                                          \
        ram_copy_(&value, ram, sizeof(value));                                                     \
        return value;                                                                              \
    }                                                                                              \
    static inline void ram_store_##bits##_(void *ram, uint##bits##_t value)                        \
    {                                                                                              \
        if (likely((uintptr_t)ram % sizeof(value) == 0)) {                                         \
            __atomic_store_n((uint##bits##_t *)ram, value, __ATOMIC_RELAXED);                      \
        } else {                                                                                   \
            ram_copy_(ram, &value, sizeof(value));                                                 \
        }                                                                                          \
    }
DEFINE_RAM_ACCESS_(8)
DEFINE_RAM_ACCESS_(16)
DEFINE_RAM_ACCESS_(32)
DEFINE_RAM_ACCESS_(64)
#undef DEFINE_RAM_ACCESS_

/* `op`: size and byte order; the value is extended with zeros. */
static inline uint64_t ram_load(const void *ram, MemOp op)
{
    bool big = op & MO_BE;

    switch (op & MO_SIZE) {
    case MO_8:
        return ram_load_8_(ram);
    case MO_16:
        return big ? be16_to_cpu(ram_load_16_(ram)) : le16_to_cpu(ram_load_16_(ram));
    case MO_32:
        return big ? be32_to_cpu(ram_load_32_(ram)) : le32_to_cpu(ram_load_32_(ram));
    default:
        return big ? be64_to_cpu(ram_load_64_(ram)) : le64_to_cpu(ram_load_64_(ram));
    }
}

static inline void ram_store(void *ram, uint64_t value, MemOp op)
{
    bool big = op & MO_BE;

    switch (op & MO_SIZE) {
    case MO_8:
        ram_store_8_(ram, value);
        break;
    case MO_16:
        ram_store_16_(ram, big ? cpu_to_be16(value) : cpu_to_le16(value));
        break;
    case MO_32:
        ram_store_32_(ram, big ? cpu_to_be32(value) : cpu_to_le32(value));
        break;
    default:
        ram_store_64_(ram, big ? cpu_to_be64(value) : cpu_to_le64(value));
    }
}

/* 16 bytes as they lie in memory, at an address that is a multiple of that. */
typedef uint64_t RAMQuadword __attribute__((vector_size(16), may_alias));

static __attribute__((no_sanitize("thread"), unused)) RAMQuadword
ram_load_quadword(const void *ram)
{
    return *(const volatile RAMQuadword *)ram;
}

static __attribute__((no_sanitize("thread"), unused)) void
ram_store_quadword(void *ram, RAMQuadword value)
{
    *(volatile RAMQuadword *)ram = value;
}

#endif
