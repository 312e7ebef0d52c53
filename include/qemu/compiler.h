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

/*
 * A function that signal handlers run while the CPU may be in guest code. The thread sanitizer
 * delivers signals late, between two of its calls, and with all blocked; a second signal that is
 * delivered from an instrumented access in the first one's handler leaves them blocked for good,
 * and the next fault of guest code then ends the process.
 */
#ifdef __clang__
#define QEMU_IN_SIGNAL __attribute__((disable_sanitizer_instrumentation))
#else
#define QEMU_IN_SIGNAL __attribute__((no_sanitize("thread")))
#endif

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define BIT(nr)                         (1UL << (nr))
#define BIT_ULL(nr)                     (1ULL << (nr))
#define MAKE_64BIT_MASK(shift, length)  (UINT64_MAX >> (64 - (length)) << (shift))

/*
 * Arithmetic that names an argument more than once evaluates it once: an argument may read a clock
 * or call a function. All of them compute in the type that C gives `a + b`. They are expressions of
 * a function's body; where C wants a constant (array sizes, enums), write the comparison out.
 */
#define QEMU_COMMON_TYPE_(a, b) __typeof__(1 ? (a) : (b))

#undef MIN
#define MIN(a, b)                                                                                  \
    __extension__({                                                                                \
        QEMU_COMMON_TYPE_(a, b) min_a_ = (a), min_b_ = (b);                                        \
        min_b_ < min_a_ ? min_b_ : min_a_;                                                         \
    })

#undef MAX
#define MAX(a, b)                                                                                  \
    __extension__({                                                                                \
        QEMU_COMMON_TYPE_(a, b) max_a_ = (a), max_b_ = (b);                                        \
        max_b_ > max_a_ ? max_b_ : max_a_;                                                         \
    })

/* x, but not below `low` and not above `high`. */
#undef CLAMP
#define CLAMP(x, low, high) MIN(MAX(x, low), high)

#undef ABS
#define ABS(x)                                                                                     \
    __extension__({                                                                                \
        __typeof__(+(x)) abs_x_ = (x);                                                             \
        abs_x_ < 0 ? -abs_x_ : abs_x_;                                                             \
    })

/* n / d, rounded up: without a sum that could overflow; n isn't negative. */
#define DIV_ROUND_UP(n, d)                                                                         \
    __extension__({                                                                                \
        QEMU_COMMON_TYPE_(n, d) div_n_ = (n), div_d_ = (d);                                        \
        div_n_ / div_d_ + (div_n_ % div_d_ != 0);                                                  \
    })

/* n moved down, up to a multiple of `unit`, a power of two. */
#define ROUND_DOWN(n, unit)                                                                        \
    __extension__({                                                                                \
        QEMU_COMMON_TYPE_(n, unit) round_n_ = (n), round_unit_ = (unit);                           \
        round_n_ - (round_n_ & (round_unit_ - 1));                                                 \
    })
#define ROUND_UP(n, unit)                                                                          \
    __extension__({                                                                                \
        QEMU_COMMON_TYPE_(n, unit) round_n_ = (n), round_unit_ = (unit);                           \
        round_n_ + (-round_n_ & (round_unit_ - 1));                                                \
    })
#define QEMU_ALIGN_UP(n, unit)   ROUND_UP(n, unit)
#define QEMU_IS_ALIGNED(n, unit) (((n) & ((unit)-1)) == 0)

#define KiB UINT64_C(1024)
#define MiB (UINT64_C(1024) * KiB)
#define GiB (UINT64_C(1024) * MiB)

#define stringify_1(s) #s
#define stringify(s)   stringify_1(s)

#endif
