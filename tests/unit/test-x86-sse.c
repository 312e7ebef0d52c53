/*
 * What translated x86 code calls for SSE, against the host's own instructions: floating point under
 * every rounding mode, DAZ and FTZ, with its flags; string comparisons; the other packed integers.
 * On hosts other than x86 only the rules that need no such host are looked at.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/helper.h"
#include "target/i386/sse.h"

#define ROUNDS 3000

typedef union Value {
    X86Vector v;
    uint8_t b[16];
    uint32_t s[4];
} QEMU_ALIGNED(16) Value;

static uint32_t pick(uint32_t n)
{
    return (uint32_t)g_test_rand_int() % n;
}

static uint64_t random64(void)
{
    return (uint64_t)(uint32_t)g_test_rand_int() << 32 | (uint32_t)g_test_rand_int();
}

/* Numbers that meet where something changes: few exponents, fractions with few bits. */
static uint64_t random_float(unsigned fraction, unsigned exponent_bits)
{
    unsigned bias = (1u << (exponent_bits - 1)) - 1, top = 2 * bias + 1;
    const unsigned exponents[] = { 0, 0, 1, 2, bias / 2, bias - 1, bias, bias + 1, bias + fraction,
                                   bias + 31, bias + 63, bias + bias / 2, top - 1, top, top };
    uint64_t ones = (1ull << fraction) - 1;
    const uint64_t fractions[] = { 0, 1, ones, ones >> 1, (ones >> 1) + 1, random64() & ones,
                                   random64() & ones & ~(ones >> 8), random64() & ones };

    return (uint64_t)pick(2) << (fraction + exponent_bits) |
           (uint64_t)exponents[pick(ARRAY_SIZE(exponents))] << fraction |
           fractions[pick(ARRAY_SIZE(fractions))];
}

static Value random_floats(bool is_double)
{
    Value v;

    for (unsigned i = 0; i < 2; i++) {
        v.v.half[i] = is_double ? random_float(52, 11)
                                : random_float(23, 8) | random_float(23, 8) << 32;
    }
    return v;
}

#ifdef __x86_64__

static bool host_has_sse42(void)
{
    return __builtin_cpu_supports("sse4.2");
}

typedef uint32_t HostFunc(uint32_t mxcsr, const Value *a, const Value *b, Value *r);

/* One instruction under `mxcsr`; everything at once, so that the compiler can't get in between. */
#define HOST(name, instruction)                                                                    \
    static uint32_t host_##name(uint32_t mxcsr, const Value *a, const Value *b, Value *r)          \
    {                                                                                              \
        uint32_t saved;                                                                            \
                                                                                                   \
        *r = *a;                                                                                   \
        asm volatile("stmxcsr %[saved]\n\t"                                                        \
                     "ldmxcsr %[mxcsr]\n\t"                                                        \
                     "movaps %[r], %%xmm0\n\t"                                                     \
                     "movaps %[b], %%xmm1\n\t"                                                     \
                     "movq %[b], %%rdx\n\t"                                                        \
                     instruction "\n\t"                                                            \
                     "movaps %%xmm0, %[r]\n\t"                                                     \
                     "stmxcsr %[mxcsr]\n\t"                                                        \
                     "ldmxcsr %[saved]"                                                            \
                     : [saved] "=m"(saved), [mxcsr] "+m"(mxcsr), [r] "+m"(*r)                      \
                     : [b] "m"(*b)                                                                 \
                     : "xmm0", "xmm1", "rax", "rdx");                                              \
        return mxcsr & MXCSR_FLAGS;                                                                \
    }

/* Register to register; "i": the result of a general register is xmm0's low half, the rest 0. */
#define XX(instruction) instruction " %%xmm1, %%xmm0"
#define XXI(instruction, imm) instruction " $" #imm ", %%xmm1, %%xmm0"
#define TO_GENERAL(instruction) "xor %%eax, %%eax\n\t" instruction "\n\tmovq %%rax, %%xmm0"

/* name, instruction, operation, doubles, elements, immediate; the rest of r: a, or 0 */
#define FOUR(X, name, op)                                                                          \
    X(name##ps, XX(#name "ps"), op, false, 4, 0, false)                                            \
    X(name##pd, XX(#name "pd"), op, true, 2, 0, false)                                             \
    X(name##ss, XX(#name "ss"), op, false, 1, 0, false)                                            \
    X(name##sd, XX(#name "sd"), op, true, 1, 0, false)
#define COMPARE(X, n)                                                                              \
    X(cmpps##n, XXI("cmpps", n), X86_FLOAT_COMPARE, false, 4, n, false)                            \
    X(cmppd##n, XXI("cmppd", n), X86_FLOAT_COMPARE, true, 2, n, false)                             \
    X(cmpsd##n, XXI("cmpsd", n), X86_FLOAT_COMPARE, true, 1, n, false)
#define ROUND(X, n)                                                                                \
    X(roundps##n, XXI("roundps", n), X86_FLOAT_ROUND, false, 4, n, false)                          \
    X(roundpd##n, XXI("roundpd", n), X86_FLOAT_ROUND, true, 2, n, false)                           \
    X(roundss##n, XXI("roundss", n), X86_FLOAT_ROUND, false, 1, n, false)
#define FLOATS(X)                                                                                  \
    FOUR(X, add, X86_FLOAT_ADD) FOUR(X, sub, X86_FLOAT_SUB) FOUR(X, mul, X86_FLOAT_MUL)            \
    FOUR(X, div, X86_FLOAT_DIV) FOUR(X, min, X86_FLOAT_MIN) FOUR(X, max, X86_FLOAT_MAX)            \
    FOUR(X, sqrt, X86_FLOAT_SQRT)                                                                  \
    X(addsubps, XX("addsubps"), X86_FLOAT_ADDSUB, false, 4, 0, false)                              \
    X(addsubpd, XX("addsubpd"), X86_FLOAT_ADDSUB, true, 2, 0, false)                               \
    COMPARE(X, 0) COMPARE(X, 1) COMPARE(X, 2) COMPARE(X, 3)                                        \
    COMPARE(X, 4) COMPARE(X, 5) COMPARE(X, 6) COMPARE(X, 7)                                        \
    ROUND(X, 0) ROUND(X, 1) ROUND(X, 2) ROUND(X, 3) ROUND(X, 4) ROUND(X, 8) ROUND(X, 12)           \
    X(cvtss2sd, XX("cvtss2sd"), X86_FLOAT_TO_FLOAT, false, 1, 0, false)                            \
    X(cvtsd2ss, XX("cvtsd2ss"), X86_FLOAT_TO_FLOAT, true, 1, 0, false)                             \
    X(cvtps2pd, XX("cvtps2pd"), X86_FLOAT_TO_FLOAT, false, 2, 0, true)                             \
    X(cvtpd2ps, XX("cvtpd2ps"), X86_FLOAT_TO_FLOAT, true, 2, 0, true)                              \
    X(cvtdq2ps, XX("cvtdq2ps"), X86_FLOAT_FROM_INT32, false, 4, 0, false)                          \
    X(cvtdq2pd, XX("cvtdq2pd"), X86_FLOAT_FROM_INT32, true, 2, 0, false)                           \
    X(cvtps2dq, XX("cvtps2dq"), X86_FLOAT_TO_INT32, false, 4, 0, false)                            \
    X(cvttps2dq, XX("cvttps2dq"), X86_FLOAT_TO_INT32, false, 4, 1, false)                          \
    X(cvtpd2dq, XX("cvtpd2dq"), X86_FLOAT_TO_INT32, true, 2, 0, true)                              \
    X(cvttpd2dq, XX("cvttpd2dq"), X86_FLOAT_TO_INT32, true, 2, 1, true)                            \
    X(cvtsi2ss, "cvtsi2ss %%edx, %%xmm0", X86_FLOAT_FROM_INT32, false, 1, 0, false)                \
    X(cvtsi2ssq, "cvtsi2ssq %%rdx, %%xmm0", X86_FLOAT_FROM_INT64, false, 1, 0, false)              \
    X(cvtsi2sd, "cvtsi2sd %%edx, %%xmm0", X86_FLOAT_FROM_INT32, true, 1, 0, false)                 \
    X(cvtsi2sdq, "cvtsi2sdq %%rdx, %%xmm0", X86_FLOAT_FROM_INT64, true, 1, 0, false)               \
    X(cvtss2si, TO_GENERAL("cvtss2si %%xmm1, %%eax"), X86_FLOAT_TO_INT32, false, 1, 0, true)       \
    X(cvtss2siq, TO_GENERAL("cvtss2siq %%xmm1, %%rax"), X86_FLOAT_TO_INT64, false, 1, 0, true)     \
    X(cvttss2si, TO_GENERAL("cvttss2si %%xmm1, %%eax"), X86_FLOAT_TO_INT32, false, 1, 1, true)     \
    X(cvttss2siq, TO_GENERAL("cvttss2siq %%xmm1, %%rax"), X86_FLOAT_TO_INT64, false, 1, 1, true)   \
    X(cvtsd2si, TO_GENERAL("cvtsd2si %%xmm1, %%eax"), X86_FLOAT_TO_INT32, true, 1, 0, true)        \
    X(cvtsd2siq, TO_GENERAL("cvtsd2siq %%xmm1, %%rax"), X86_FLOAT_TO_INT64, true, 1, 0, true)      \
    X(cvttsd2si, TO_GENERAL("cvttsd2si %%xmm1, %%eax"), X86_FLOAT_TO_INT32, true, 1, 1, true)      \
    X(cvttsd2siq, TO_GENERAL("cvttsd2siq %%xmm1, %%rax"), X86_FLOAT_TO_INT64, true, 1, 1, true)

#define DEFINE_HOST(name, instruction, op, is_double, nb, imm, clear) HOST(name, instruction)
FLOATS(DEFINE_HOST)

typedef struct FloatCase {
    const char *name;
    HostFunc *host;
    uint32_t desc;
    bool clear;
} FloatCase;

#define FLOAT_CASE(name, instruction, op, is_double, nb, imm, clear)                               \
    { #name, host_##name, X86_FLOAT_DESC(op, is_double, nb, imm), clear },
static const FloatCase float_cases[] = { FLOATS(FLOAT_CASE) };

static void test_floats(void)
{
    static const uint32_t modes[] = { 0, MXCSR_DAZ, MXCSR_FTZ, MXCSR_DAZ | MXCSR_FTZ };

    if (!host_has_sse42()) {
        g_test_skip("the host has no SSE4.2");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(float_cases); i++) {
        const FloatCase *c = &float_cases[i];

        for (unsigned n = 0; n < ROUNDS; n++) {
            uint32_t mxcsr = MXCSR_MASKS | modes[pick(4)] | pick(4) << MXCSR_RC_SHIFT;
            Value a = random_floats(c->desc & X86_FLOAT_DOUBLE);
            Value b = random_floats(c->desc & X86_FLOAT_DOUBLE), expected, zero = { 0 }, r;
            uint32_t expected_flags = c->host(mxcsr, &a, &b, &expected), flags;

            flags = x86_float_compute(mxcsr, c->desc, c->clear ? &zero.v : &a.v, &b.v, &r.v);
            if (memcmp(&r, &expected, 16) || flags != expected_flags) {
                g_error("%s, MXCSR %04x, of %016" PRIx64 " %016" PRIx64 ", %016" PRIx64
                        " %016" PRIx64 ": %016" PRIx64 " %016" PRIx64 ", flags %02x, not "
                        "%016" PRIx64 " %016" PRIx64 ", %02x", c->name, mxcsr, a.v.half[1], a.v.half[0],
                        b.v.half[1], b.v.half[0], r.v.half[1], r.v.half[0], flags,
                        expected.v.half[1], expected.v.half[0], expected_flags);
            }
        }
    }
}

/* EFLAGS in the result's low half. */
#define FLAGS_OF(instruction)                                                                      \
    instruction " %%xmm1, %%xmm0\n\tpushfq\n\tpopq %%rax\n\tmovq %%rax, %%xmm0"
HOST(ucomiss, FLAGS_OF("ucomiss"))
HOST(comiss, FLAGS_OF("comiss"))
HOST(ucomisd, FLAGS_OF("ucomisd"))
HOST(comisd, FLAGS_OF("comisd"))

static void test_compare_flags(void)
{
    static HostFunc *const host[] = { host_ucomiss, host_ucomisd, host_comiss, host_comisd };

    for (unsigned n = 0; n < 20 * ROUNDS; n++) {
        unsigned desc = pick(4);
        uint32_t mxcsr = MXCSR_MASKS | (pick(2) ? MXCSR_DAZ : 0), flags;
        Value a = random_floats(desc & 1), b = pick(4) ? random_floats(desc & 1) : a, expected;
        uint32_t expected_flags = host[desc](mxcsr, &a, &b, &expected);
        uint64_t mask = desc & 1 ? UINT64_MAX : UINT32_MAX;
        uint64_t eflags = x86_float_compare(mxcsr, desc, a.v.half[0] & mask, b.v.half[0] & mask,
                                            &flags);

        g_assert_cmphex(eflags, ==, expected.v.half[0] & FLAGS_STATUS);
        g_assert_cmphex(flags, ==, expected_flags);
    }
}

/* ---- Strings ---- */

/* Lengths in rax and rdx; the index in ecx, the mask in xmm0. */
#define STRING_OPS(imm)                                                                            \
    case imm:                                                                                      \
        asm volatile("movaps %[a], %%xmm0\n\tmovaps %[b], %%xmm1\n\t"                              \
                     "pcmpestri %[i], %%xmm1, %%xmm0\n\tpushfq\n\tpopq %[fe]\n\t"                  \
                     "movl %%ecx, %[ie]\n\t"                                                       \
                     "pcmpistri %[i], %%xmm1, %%xmm0\n\tpushfq\n\tpopq %[fi]\n\t"                  \
                     "movl %%ecx, %[ii]\n\t"                                                       \
                     "movaps %%xmm0, %%xmm2\n\t"                                                   \
                     "pcmpestrm %[i], %%xmm1, %%xmm0\n\tmovaps %%xmm0, %[me]\n\t"                  \
                     "movaps %%xmm2, %%xmm0\n\t"                                                   \
                     "pcmpistrm %[i], %%xmm1, %%xmm0\n\tmovaps %%xmm0, %[mi]"                      \
                     : [fe] "=&r"(r->flags[1]), [fi] "=&r"(r->flags[0]), [ie] "=&r"(r->index[1]),  \
                       [ii] "=&r"(r->index[0]), [me] "=m"(r->mask[1]), [mi] "=m"(r->mask[0])       \
                     : [a] "m"(*a), [b] "m"(*b), [i] "i"(imm), "a"(length_a), "d"(length_b)        \
                     : "ecx", "xmm0", "xmm1", "xmm2", "cc");                                       \
        break;
#define FOUR_STRING_OPS(n)                                                                         \
    STRING_OPS(n) STRING_OPS((n) + 1) STRING_OPS((n) + 2) STRING_OPS((n) + 3)
#define SIXTEEN_STRING_OPS(n)                                                                      \
    FOUR_STRING_OPS(n) FOUR_STRING_OPS((n) + 4) FOUR_STRING_OPS((n) + 8) FOUR_STRING_OPS((n) + 12)

/* [1]: of explicit lengths */
typedef struct StringResult {
    uint64_t flags[2];
    uint32_t index[2];
    Value mask[2];
} StringResult;

static void host_strings(unsigned imm, const Value *a, const Value *b, int length_a, int length_b,
                         StringResult *r)
{
    switch (imm) {
        SIXTEEN_STRING_OPS(0)
        SIXTEEN_STRING_OPS(16)
        SIXTEEN_STRING_OPS(32)
        SIXTEEN_STRING_OPS(48)
        SIXTEEN_STRING_OPS(64)
        SIXTEEN_STRING_OPS(80)
        SIXTEEN_STRING_OPS(96)
        SIXTEEN_STRING_OPS(112)
    }
}

static Value random_string(void)
{
    static const uint8_t characters[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x40, 0x41 };
    Value v;
    unsigned rare = pick(3) ? 30 : 4;

    for (unsigned i = 0; i < 16; i++) {
        v.b[i] = characters[pick(rare) ? 1 + pick(pick(2) ? 2 : 7) : 0];
    }
    return v;
}

static void test_strings(void)
{
    if (!host_has_sse42()) {
        g_test_skip("the host has no SSE4.2");
        return;
    }
    for (unsigned n = 0; n < 128 * ROUNDS / 4; n++) {
        unsigned imm = n % 128;
        int length_a = (int)pick(40) - 20, length_b = (int)pick(40) - 20;
        Value a = random_string(), b = pick(4) ? random_string() : a;
        StringResult expected;

        host_strings(imm, &a, &b, length_a, length_b, &expected);
        for (unsigned explicit = 0; explicit < 2; explicit++) {
            uint64_t how = imm | (explicit ? X86_STRING_EXPLICIT : 0) |
                           (uint64_t)abs(length_a) << X86_STRING_LENGTH_A_SHIFT |
                           (uint64_t)abs(length_b) << X86_STRING_LENGTH_B_SHIFT;
            JitVector r = helper_x86_string_compare(a.v.half[0], a.v.half[1], b.v.half[0],
                                                    b.v.half[1], how);
            JitVector mask = helper_x86_string_compare(a.v.half[0], a.v.half[1], b.v.half[0],
                                                       b.v.half[1], how | X86_STRING_MASK);

            g_assert_cmphex(r.half[0], ==, expected.index[explicit]);
            g_assert_cmphex(r.half[1], ==, expected.flags[explicit] & FLAGS_STATUS);
            g_assert_cmphex(mask.half[0], ==, expected.mask[explicit].v.half[0]);
            g_assert_cmphex(mask.half[1], ==, expected.mask[explicit].v.half[1]);
        }
    }
}

/* ---- Other packed integers ---- */

HOST(phminposuw, XX("phminposuw"))
HOST(mpsadbw0, XXI("mpsadbw", 0))
HOST(mpsadbw1, XXI("mpsadbw", 1))
HOST(mpsadbw2, XXI("mpsadbw", 2))
HOST(mpsadbw3, XXI("mpsadbw", 3))
HOST(mpsadbw4, XXI("mpsadbw", 4))
HOST(mpsadbw5, XXI("mpsadbw", 5))
HOST(mpsadbw6, XXI("mpsadbw", 6))
HOST(mpsadbw7, XXI("mpsadbw", 7))

static void test_packed(void)
{
    static HostFunc *const sums[] = { host_mpsadbw0, host_mpsadbw1, host_mpsadbw2, host_mpsadbw3,
                                      host_mpsadbw4, host_mpsadbw5, host_mpsadbw6, host_mpsadbw7 };

    if (!host_has_sse42()) {
        g_test_skip("the host has no SSE4.2");
        return;
    }
    for (unsigned n = 0; n < ROUNDS; n++) {
        Value a = { .v.half = { random64(), random64() } }, expected, zero = { 0 };
        Value b = { .v.half = { random64(), random64() } };
        JitVector r;

        host_phminposuw(MXCSR_MASKS, &zero, &b, &expected);
        r = helper_x86_packed(x86_phminposuw, b.v.half[0], b.v.half[1], 0, 0, 0);
        g_assert_cmpmem(&r, 16, &expected, 16);
        sums[n % 8](MXCSR_MASKS, &a, &b, &expected);
        r = helper_x86_packed(x86_mpsadbw, a.v.half[0], a.v.half[1], b.v.half[0], b.v.half[1],
                              n % 8);
        g_assert_cmpmem(&r, 16, &expected, 16);
    }
}

#endif

/* ---- On every host ---- */

static uint32_t add_floats(uint32_t mxcsr, float x, float y)
{
    X86Vector a = { { 0 } }, b = { { 0 } }, r;

    memcpy(&a, &x, sizeof(x));
    memcpy(&b, &y, sizeof(y));
    return x86_float_compute(mxcsr, X86_FLOAT_DESC(X86_FLOAT_ADD, false, 1, 0), &a, &b, &r);
}

/* An exact denormal is an underflow only where that is unmasked. */
static void test_underflow(void)
{
    const float smallest = 0x1p-126f;
    uint32_t unmasked = MXCSR_MASKS & ~(MXCSR_UE << MXCSR_MASKS_SHIFT);

    g_assert_cmphex(add_floats(MXCSR_MASKS, smallest, -smallest / 2) & ~MXCSR_DE, ==, 0);
    g_assert_cmphex(add_floats(unmasked, smallest, -smallest / 2) & ~MXCSR_DE, ==, MXCSR_UE);
    g_assert_cmphex(add_floats(unmasked | MXCSR_FTZ, smallest, -smallest / 2) & ~MXCSR_DE, ==,
                    MXCSR_UE);
    g_assert_cmphex(add_floats(MXCSR_MASKS | MXCSR_FTZ, smallest, -smallest / 2) & ~MXCSR_DE, ==,
                    MXCSR_UE | MXCSR_PE);
}

static void test_rounding(void)
{
    g_assert_cmphex(add_floats(MXCSR_MASKS, 1, 0x1p-30f), ==, MXCSR_PE);
    g_assert_cmphex(add_floats(MXCSR_MASKS, 1, 2), ==, 0);
    g_assert_cmphex(add_floats(MXCSR_MASKS, 0x1.fffffep127f, 0x1.fffffep127f), ==,
                    MXCSR_OE | MXCSR_PE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/x86/sse/underflow-of-what-is-exact-is-one-where-unmasked", test_underflow);
    g_test_add_func("/x86/sse/sums-raise-what-they-should", test_rounding);
#ifdef __x86_64__
    g_test_add_func("/x86/sse/floating-point-is-the-hosts-under-every-mode", test_floats);
    g_test_add_func("/x86/sse/comparisons-set-flags-as-the-host", test_compare_flags);
    g_test_add_func("/x86/sse/string-comparisons-are-the-hosts", test_strings);
    g_test_add_func("/x86/sse/packed-integers-are-the-hosts", test_packed);
#endif
    return g_test_run();
}
