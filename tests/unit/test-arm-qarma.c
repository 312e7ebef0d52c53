/*
 * QARMA-64 as pointer authentication uses it: both ways to compute it agree.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/pauth.h"

/* The upper half is what PACGA gives under QEMU 7.2 (`max`) for these. */
static void test_five_rounds(void)
{
    const ARMPacKey key = { .high = 0x84be85ce9804e94bull, .low = 0xec2802d4e0a488e9ull };

    g_assert_cmphex(arm_qarma(0xfb623599da6c8127ull, 0x477d469dec0b8762ull, &key, 5), ==,
                    0x5a133bdacce49690ull);
}

static void test_both_ways_agree(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    for (unsigned i = 0; i < 10000; i++) {
        uint64_t words[4];
        ARMPacKey key;

        for (unsigned j = 0; j < ARRAY_SIZE(words); j++) {
            words[j] = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
        }
        key = (ARMPacKey){ .low = words[2], .high = words[3] };
        for (unsigned rounds = 3; rounds <= 5; rounds += 2) {
            g_assert_cmphex(arm_qarma(words[0], words[1], &key, rounds), ==,
                            arm_qarma_by_cells(words[0], words[1], &key, rounds));
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arm-qarma/five-rounds", test_five_rounds);
    g_test_add_func("/arm-qarma/both-ways-agree", test_both_ways_agree);
    return g_test_run();
}
