/*
 * Numbers to text and back: every bit of a double survives, in every rounding mode.
 *
 * SPDX-License-Identifier: MIT
 */
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include "check.h"

#define N 3000

static void double_round_trip(void)
{
    uint64_t state = 1;
    char text[64];

    for (int i = 0; i < N; i++) {
        uint64_t v = next_random(&state);
        double d = double_of(i % 8 ? v : v & 0x800fffffffffffffull); /* now and then a denormal */

        if (!isfinite(d)) {
            continue;
        }
        snprintf(text, sizeof(text), "%.17g", d);
        EXPECT(bits_of(strtod(text, NULL)) == bits_of(d));
        snprintf(text, sizeof(text), "%a", d);
        EXPECT(bits_of(strtod(text, NULL)) == bits_of(d));
    }
    PASS();
}

static void float_round_trip(void)
{
    uint64_t state = 2;
    char text[64];

    for (int i = 0; i < N; i++) {
        uint32_t v = next_random(&state), w;
        float f, g;

        memcpy(&f, &v, sizeof(f));
        if (!isfinite(f)) {
            continue;
        }
        snprintf(text, sizeof(text), "%.9g", f);
        g = strtof(text, NULL);
        memcpy(&w, &g, sizeof(w));
        EXPECT(w == v);
    }
    PASS();
}

static void rounding_modes(void)
{
    static const struct {
        int mode;
        uint64_t tenth, minus_third;
    } expected[] = {
        { FE_TONEAREST, 0x3fb999999999999a, 0xbfd5555555555555 },
        { FE_TOWARDZERO, 0x3fb9999999999999, 0xbfd5555555555555 },
        { FE_UPWARD, 0x3fb999999999999a, 0xbfd5555555555555 },
        { FE_DOWNWARD, 0x3fb9999999999999, 0xbfd5555555555556 },
    };

    for (int i = 0; i < 4; i++) {
        double tenth, minus = -1, three = 3;

        HIDEF(minus);
        HIDEF(three);
        EXPECT(fesetround(expected[i].mode) == 0);
        EXPECT(fegetround() == expected[i].mode);
        tenth = strtod("0.1", NULL);
        minus /= three;
        fesetround(FE_TONEAREST);
        EXPECT(bits_of(tenth) == expected[i].tenth);
        EXPECT(bits_of(minus) == expected[i].minus_third);
    }
    PASS();
}

static void formats(void)
{
    char text[128];
    double pi = 3.14159265358979323846, huge = 1e300, tiny = 5e-324;
    uint64_t big = 18446744073709551615u;

    HIDEF(pi);
    HIDEF(huge);
    HIDEF(tiny);
    snprintf(text, sizeof(text), "%.20f %e %g %.0f", pi, huge, tiny, 2.5);
    EXPECT(!strcmp(text, "3.14159265358979311600 1.000000e+300 4.94066e-324 2"));
    snprintf(text, sizeof(text), "%" PRIu64 " %" PRId64 " %08x", big, (int64_t)(big / 3), 0xabcdu);
    EXPECT(!strcmp(text, "18446744073709551615 6148914691236517205 0000abcd"));
    snprintf(text, sizeof(text), "%f %f %f", (double)INFINITY, -(double)INFINITY,
             fabs((double)NAN));
    EXPECT(!strcmp(text, "inf -inf nan"));
    PASS();
}

static void conversions(void)
{
    double d = 4294967295.75, n = -2147483649.5;

    HIDEF(d);
    HIDEF(n);
    EXPECT((uint32_t)d == 4294967295u);
    EXPECT((int64_t)n == -2147483649ll);
    EXPECT(lrint(2.5) == 2 && lrint(3.5) == 4 && lrint(-2.5) == -2);
    EXPECT((double)(uint64_t)(1ull << 63) == 9223372036854775808.0);
    PASS();
}

/* Of functions that are exact or correctly rounded. */
static void library_functions(void)
{
    uint64_t state = 3;

    for (int i = 0; i < N; i++) {
        double x =
            ldexp((double)(int64_t)next_random(&state), (int)(next_random(&state) % 100) - 50);
        double whole, part = modf(x, &whole), root = sqrt(fabs(x));
        int exp;

        EXPECT(whole + part == x);
        EXPECT(ldexp(frexp(x, &exp), exp) == x);
        EXPECT(fabs(root * root - fabs(x)) <= fabs(x) * 0x1p-52);
        EXPECT(fabs(sin(x) * sin(x) + cos(x) * cos(x) - 1) < 0x1p-50);
    }
    PASS();
}

int main(void)
{
    double_round_trip();
    float_round_trip();
    rounding_modes();
    formats();
    conversions();
    library_functions();
    return 0;
}
