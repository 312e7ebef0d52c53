/*
 * The 64-bit form of CR fields: every four bits survive, a compare's difference has the right
 * meaning, and the whole register is the same in whatever way it is gathered.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/helper.h"

static void test_round_trip(void)
{
    for (unsigned bits = 0; bits < 16; bits++) {
        g_assert_cmpuint(ppc_crf_unpack(ppc_crf_pack(bits)), ==, bits);
    }
}

/* Bit 0 to 3 of a field, as the translator changes them in such a value. */
static void test_bits_have_places(void)
{
    static const unsigned place[4] = { PPC_CRF_AT_SO, PPC_CRF_AT_EQ, PPC_CRF_AT_GT, PPC_CRF_AT_LT };

    for (unsigned i = 0; i < 16 * 4; i++) {
        uint64_t changed = ppc_crf_pack(i / 4) ^ 1ULL << place[i % 4];

        g_assert_cmphex(changed, ==, ppc_crf_pack(i / 4 ^ 1u << i % 4));
    }
}

static unsigned relation(bool less, bool equal)
{
    return less ? PPC_CRF_LT : equal ? PPC_CRF_EQ : PPC_CRF_GT;
}

static void test_compare(void)
{
    static const uint32_t values[] = {
        0, 1, 2, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 42,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(values) * ARRAY_SIZE(values); i++) {
        uint32_t a = values[i / 8], b = values[i % 8];
        uint64_t s = (int64_t)(int32_t)a - (int32_t)b;
        uint64_t u = (uint64_t)a - (uint64_t)b;

        g_assert_cmpuint(ppc_crf_unpack(s), ==, relation((int32_t)a < (int32_t)b, a == b));
        g_assert_cmpuint(ppc_crf_unpack(u), ==, relation(a < b, a == b));
    }
}

/* A value that an instruction can leave in a field. */
static uint64_t random_field(void)
{
    uint32_t a = g_test_rand_bit() ? g_test_rand_int() : 1;
    uint32_t b = g_test_rand_bit() ? g_test_rand_int() : 1;

    switch (g_test_rand_int_range(0, 4)) {
    case 0:
        return ppc_crf_pack(g_test_rand_int_range(0, 16));
    case 1:
        return (uint64_t)a - b;
    case 2: /* crclr eq of an EQ */
        return 1ULL << PPC_CRF_AT_GT | 1;
    default:
        return (int64_t)(int32_t)a - (int32_t)b;
    }
}

static void test_gathering(void)
{
    g_autofree CPUPPCState *env = g_new0(CPUPPCState, 1);
    bool wide = ppc_has_wide_cr();

    for (unsigned n = 0; n < 100000; n++) {
        uint32_t expected = 0;

        for (unsigned i = 0; i < 8; i++) {
            env->crf[i] = random_field();
            expected = expected << 4 | ppc_crf_unpack(env->crf[i]);
        }
        g_assert_cmphex(helper_ppc_get_cr(env), ==, expected);
        if (wide) {
            g_assert_cmphex(helper_ppc_get_cr_wide(env), ==, expected);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ppc/crf/four-bits-survive", test_round_trip);
    g_test_add_func("/ppc/crf/each-bit-has-a-place", test_bits_have_places);
    g_test_add_func("/ppc/crf/difference-is-the-relation", test_compare);
    g_test_add_func("/ppc/crf/all-fields-are-gathered-alike", test_gathering);
    return g_test_run();
}
