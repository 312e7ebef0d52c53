/*
 * The 64-bit form of CR fields: every four bits survive, and a compare's difference has the right
 * meaning.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/cpu.h"

static void test_round_trip(void)
{
    for (unsigned bits = 0; bits < 16; bits++) {
        g_assert_cmpuint(ppc_crf_unpack(ppc_crf_pack(bits)), ==, bits);
    }
}

static unsigned relation(bool less, bool equal, unsigned so)
{
    return (less ? PPC_CRF_LT : equal ? PPC_CRF_EQ : PPC_CRF_GT) | so;
}

static void test_compare(void)
{
    static const uint32_t values[] = {
        0, 1, 2, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 42,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(values) * ARRAY_SIZE(values) * 2; i++) {
        uint32_t a = values[i / 16], b = values[i / 2 % 8];
        unsigned so = i & 1;
        uint64_t s = (uint64_t)((int64_t)(int32_t)a - (int32_t)b) * 2 + so;
        uint64_t u = ((uint64_t)a - (uint64_t)b) * 2 + so;

        g_assert_cmpuint(ppc_crf_unpack(s), ==, relation((int32_t)a < (int32_t)b, a == b, so));
        g_assert_cmpuint(ppc_crf_unpack(u), ==, relation(a < b, a == b, so));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ppc/crf/four-bits-survive", test_round_trip);
    g_test_add_func("/ppc/crf/difference-is-the-relation", test_compare);
    return g_test_run();
}
