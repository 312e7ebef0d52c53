/*
 * Compiler helpers and the arithmetic macros that the whole tree uses.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_COMPILER_H
#define QEMU_COMPILER_H

#define likely(x)               __builtin_expect(!!(x), 1)
#define unlikely(x)             __builtin_expect(!!(x), 0)
#define G_NORETURN_ATTR         __attribute__((noreturn))
#define QEMU_PACKED             __attribute__((packed))
#define QEMU_ALIGNED(n)         __attribute__((aligned(n)))
#define QEMU_COLD               __attribute__((cold, noinline))
#define QEMU_WARN_UNUSED_RESULT __attribute__((warn_unused_result))
#define QEMU_BUILD_BUG_ON(x)    _Static_assert(!(x), "build bug: " #x)

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d)              (((n) + (d)-1) / (d))
#define ROUND_UP(n, d)                  (((n) + (d)-1) & -(0 ? (n) : (d)))
#define ROUND_DOWN(n, d)                ((n) & -(0 ? (n) : (d)))
#define QEMU_ALIGN_UP(n, m)             ROUND_UP(n, m)
#define QEMU_IS_ALIGNED(n, m)           (((n) & ((m)-1)) == 0)
#define BIT(nr)                         (1UL << (nr))
#define BIT_ULL(nr)                     (1ULL << (nr))
#define MAKE_64BIT_MASK(shift, length)  (((~0ULL) >> (64 - (length))) << (shift))

#define KiB UINT64_C(1024)
#define MiB (UINT64_C(1024) * KiB)
#define GiB (UINT64_C(1024) * MiB)

#define stringify_1(s) #s
#define stringify(s)   stringify_1(s)

#endif
