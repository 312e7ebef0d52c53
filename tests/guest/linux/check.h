/*
 * What the Linux guest programs share: one line for each check on standard output.
 *
 *     ok NAME
 *     not ok NAME: FILE:LINE: condition
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_GUEST_LINUX_CHECK_H
#define TESTS_GUEST_LINUX_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Leaves the function that is the check, with a line that says where. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("not ok %s: %s:%d: %s\n", __func__, __FILE__, __LINE__, #condition);            \
            fflush(stdout);                                                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)
#define PASS()                                                                                     \
    do {                                                                                           \
        printf("ok %s\n", __func__);                                                               \
        fflush(stdout);                                                                            \
    } while (0)

/* Keeps the compiler from working a value out itself. */
#define HIDE(x)  __asm__ volatile("" : "+r"(x))
#define HIDEF(x) __asm__ volatile("" : "+f"(x))

static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static inline uint64_t bits_of(double d)
{
    uint64_t v;

    memcpy(&v, &d, sizeof(v));
    return v;
}

static inline double double_of(uint64_t v)
{
    double d;

    memcpy(&d, &v, sizeof(d));
    return d;
}

#endif
