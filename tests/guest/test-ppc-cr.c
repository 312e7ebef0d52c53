/*
 * CR logic and moves of the CR in straight-line code: what the translator knows of a field (how it
 * was written last, bits that are constant, what mfcr gathered before) must not show in the
 * results. On the back end named by the first argument: host or interp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-system.h"
#include "qemu/bitops.h"

#define MFCR(rt)        X(19u, rt, 0, 0)
#define MTCRF(crm, rs)  (X(144u, rs, 0, 0) | (crm) << 12)
#define CMPW(crf, a, b) X(0u, (crf) << 2, a, b)
#define MCRF(to, from)  (19u << 26 | (to) << 23 | (from) << 18)
#define CRLOGIC(xo, t, a, b) (19u << 26 | (t) << 21 | (a) << 16 | (b) << 11 | (xo) << 1)

enum {
    CRNOR = 33,
    CRANDC = 129,
    CRXOR = 193,
    CRNAND = 225,
    CRAND = 257,
    CREQV = 289,
    CRORC = 417,
    CROR_ = 449,
};
static const unsigned logic_ops[] = { CRNOR, CRANDC, CRXOR, CRNAND, CRAND, CREQV, CRORC, CROR_ };

static bool logic(unsigned xo, bool a, bool b)
{
    switch (xo) {
    case CRNOR:
        return !(a | b);
    case CRANDC:
        return a & !b;
    case CRXOR:
        return a ^ b;
    case CRNAND:
        return !(a & b);
    case CRAND:
        return a & b;
    case CREQV:
        return a == b;
    case CRORC:
        return a | !b;
    default:
        return a | b;
    }
}

/* r5 and r6 are compared, r7 is what mtcrf takes. XER[SO] is clear. */
static uint32_t sources[3];

static void choose_sources(void)
{
    sources[0] = g_test_rand_int_range(-2, 3);
    sources[1] = g_test_rand_int_range(-2, 3);
    sources[2] = g_test_rand_int();
}

/* What the instructions below do to the CR. */
static uint32_t model(uint32_t cr, uint32_t insn)
{
    unsigned t = insn >> 21 & 31, a = insn >> 16 & 31, b = insn >> 11 & 31, xo = insn >> 1 & 0x3ff;
    int32_t x = sources[0], y = sources[1];

    if (insn >> 26 == 31 && xo == 0) {
        return deposit32(cr, 28 - t, 4, x < y ? 8 : x > y ? 4 : 2);
    }
    if (insn >> 26 == 31) {
        for (unsigned crf = 0; crf < 8; crf++) {
            if (insn >> (12 + 7 - crf) & 1) {
                cr = deposit32(cr, 28 - 4 * crf, 4, sources[2] >> (28 - 4 * crf) & 15);
            }
        }
        return cr;
    }
    if (xo == 0) {
        return deposit32(cr, 28 - (t & ~3u), 4, cr >> (28 - (a & ~3u)) & 15);
    }
    return deposit32(cr, 31 - t, 1, logic(xo, cr >> (31 - a) & 1, cr >> (31 - b) & 1));
}

/* Runs `n` instructions with an mfcr after each that `mfcrs` has a bit for, and one in the end. */
static void check(uint32_t cr, const uint32_t *insns, unsigned n, uint32_t mfcrs)
{
    uint32_t code[40], expected[16], len = 0, gathered = 0, last = cr;

    begin(0);
    memcpy(&s.gpr[5], sources, sizeof(sources));
    s.cr = cr;
    for (unsigned i = 0; i < n; i++) {
        code[len++] = insns[i];
        last = model(last, insns[i]);
        if (mfcrs >> i & 1) {
            expected[gathered] = last;
            code[len++] = MFCR(10 + gathered++);
        }
    }
    code[len++] = MFCR(3);
    code[len++] = SC;
    ppc_machine_run(&s, code, len);
    g_assert_cmphex(s.gpr[3], ==, last);
    g_assert_cmphex(s.cr, ==, last);
    for (unsigned i = 0; i < gathered; i++) {
        g_assert_cmphex(s.gpr[10 + i], ==, expected[i]);
    }
}

/* Each operation on bits of one field and of two, with the field as each kind of instruction leaves
 * it. */
static void test_logic(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(logic_ops) * 100; i++) {
        unsigned t = 4 + i % 4, a = 4 + i / 4 % 5, b = 4 + i / 20 % 5;
        uint32_t insn = CRLOGIC(logic_ops[i / 100], t, a, b);
        uint32_t cr = g_test_rand_int();

        choose_sources();
        check(cr, (uint32_t[]){ insn }, 1, 0);
        check(cr, (uint32_t[]){ CMPW(1, 5, 6), insn, insn }, 3, 0);
        check(cr, (uint32_t[]){ MTCRF(0x60, 7), insn, insn }, 3, 1);
        check(cr, (uint32_t[]){ CMPW(2, 5, 6), MCRF(1, 2), insn }, 3, 3);
    }
}

static uint32_t random_insn(void)
{
    unsigned t = g_test_rand_int_range(0, 12), a = g_test_rand_int_range(0, 12);
    unsigned b = g_test_rand_bit() ? a : g_test_rand_int_range(0, 12);

    switch (g_test_rand_int_range(0, 8)) {
    case 0:
        return CMPW(t / 4, 5, 6);
    case 1:
        return MTCRF(g_test_rand_int_range(0, 256), 7);
    case 2:
        return MCRF(t / 4, a / 4);
    case 3:
        return CRLOGIC(g_test_rand_bit() ? CRXOR : CREQV, t, a, a);
    default:
        return CRLOGIC(logic_ops[g_test_rand_int_range(0, ARRAY_SIZE(logic_ops))], t, a, b);
    }
}

static void test_sequences(void)
{
    for (unsigned n = 0; n < 1000; n++) {
        uint32_t insns[16];

        choose_sources();
        for (unsigned i = 0; i < ARRAY_SIZE(insns); i++) {
            insns[i] = random_insn();
        }
        check(g_test_rand_int(), insns, ARRAY_SIZE(insns), g_test_rand_int() & g_test_rand_int());
    }
}

#define RLWINM(a, s, sh, mb, me)                                                                   \
    (21u << 26 | (s) << 21 | (a) << 16 | (sh) << 11 | (mb) << 6 | (me) << 1)

static uint32_t rotated(uint32_t v, unsigned sh, unsigned mb, unsigned me)
{
    uint32_t mask = 0;

    for (unsigned bit = mb;; bit = (bit + 1) % 32) {
        mask |= 0x80000000u >> bit;
        if (bit == me) {
            return (v << sh | (sh ? v >> (32 - sh) : 0)) & mask;
        }
    }
}

/* Few bits of what mfcr reads: the others aren't gathered where nobody sees them. */
static void test_bits(void)
{
    for (unsigned n = 0; n < 400; n++) {
        unsigned sh = g_test_rand_int_range(0, 32), mb = g_test_rand_int_range(0, 32);
        unsigned me = n % 2 ? mb : (mb + g_test_rand_int_range(0, 4)) % 32, crf = n % 8;
        uint32_t cr;

        ppc_state_init(&s);
        choose_sources();
        s.gpr[5] = sources[0];
        s.gpr[6] = sources[1];
        s.cr = sources[2];
        s.xer = 0;
        cr = (int32_t)s.gpr[5] < (int32_t)s.gpr[6] ? 8 : s.gpr[5] == s.gpr[6] ? 2 : 4;
        cr = (s.cr & ~(0xf0000000u >> 4 * crf)) | cr << (28 - 4 * crf);
        RUN(CMPW(crf, 5, 6), MFCR(8), RLWINM(8, 8, sh, mb, me), MFCR(9), RLWINM(10, 9, sh, mb, me),
            MFCR(11), NOP, RLWINM(11, 11, sh, mb, me), MFCR(12));
        g_assert_cmphex(s.gpr[8], ==, rotated(cr, sh, mb, me));
        g_assert_cmphex(s.gpr[9], ==, cr);
        g_assert_cmphex(s.gpr[10], ==, rotated(cr, sh, mb, me));
        g_assert_cmphex(s.gpr[11], ==, rotated(cr, sh, mb, me));
        g_assert_cmphex(s.gpr[12], ==, cr);
    }
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    ppc_machine_init(argc > 1 && !strcmp(argv[1], "interp"));
    g_test_add_func("/ppc/cr/logic-whatever-wrote-the-field", test_logic);
    g_test_add_func("/ppc/cr/sequences-with-mfcr-in-between", test_sequences);
    g_test_add_func("/ppc/cr/single-bits-of-mfcr", test_bits);
    result = g_test_run();
    ppc_machine_exit();
    return result;
}
