/*
 * Searches in text: one word by skipping, one by looking at every place, and patterns with * and ?.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(150);

enum { SIZE = 20000 };

static char text[SIZE + 1];

static uint32_t length_of(const char *s)
{
    uint32_t n = 0;

    while (s[n]) {
        n++;
    }
    return n;
}

/* Looks at the last letter first, and goes on by where that is in the word. */
static NOINLINE uint32_t count_skipping(const char *word)
{
    uint8_t skip[256];
    uint32_t length = length_of(word), nb = 0;

    for (int i = 0; i < 256; i++) {
        skip[i] = length;
    }
    for (uint32_t i = 0; i + 1 < length; i++) {
        skip[(uint8_t)word[i]] = length - 1 - i;
    }
    for (uint32_t at = length - 1; at < SIZE;) {
        uint32_t back = 0;

        while (back < length && text[at - back] == word[length - 1 - back]) {
            back++;
        }
        nb += back == length;
        at += skip[(uint8_t)text[at]];
    }
    return nb;
}

static NOINLINE uint32_t count_everywhere(const char *word)
{
    uint32_t nb = 0;

    for (const char *at = text; *at; at++) {
        const char *a = at, *b = word;

        while (*b && *a == *b) {
            a++;
            b++;
        }
        nb += !*b;
    }
    return nb;
}

/* Does the start of the line match? * stands for any letters but a space, ? for one. */
static NOINLINE int matches(const char *s, const char *pattern)
{
    const char *retry = 0, *star = 0;

    for (;;) {
        if (!*pattern) {
            return 1;
        }
        if (*pattern == '*') {
            star = pattern++;
            retry = s;
        } else if (*s && (*pattern == '?' || *pattern == *s)) {
            pattern++;
            s++;
        } else if (star && *retry && *retry != ' ') {
            s = ++retry;
            pattern = star + 1;
        } else {
            return 0;
        }
    }
}

uint32_t bench(uint32_t rounds)
{
    static const char *const words[] = { "abacada", "ee", "dcbae", "cab cab", "eadbcaeb" };
    static const char *const patterns[] = { "a*e*c ", "?b*d?a*c", "*aa*bb*cc" };
    uint32_t seed = 53, sum = 0;

    for (int i = 0; i < SIZE; i++) {
        text[i] = "abcde abcab"[next_random(&seed) % 11];
    }
    while (rounds--) {
        for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
            uint32_t nb = count_everywhere(words[i]);

            if (nb != count_skipping(words[i])) {
                bench_fail("two ways to count differ");
            }
            sum = mix(sum, nb);
        }
        for (unsigned i = 0; i < ARRAY_SIZE(patterns); i++) {
            for (const char *at = text; *at; at++) {
                sum += matches(at, patterns[i]) << i;
            }
        }
        text[sum % SIZE] = 'a' + (sum >> 8) % 5;
    }
    return sum;
}
