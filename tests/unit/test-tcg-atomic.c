/*
 * Atomic accesses: each operation at each size and byte order leaves the right value in memory and
 * returns what was there, or is there now.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tcg-harness.h"

#define ADDR 0x1000

typedef void Build64(TCGv_i64 ret, TCGv_addr addr, TCGv_i64 value, unsigned mmu_idx, MemOp memop);

typedef struct Row {
    const char *name;
    Build64 *fetch_op, *op_fetch;
    uint64_t (*compute)(int64_t old, int64_t value, uint64_t mask);
} Row;

static uint64_t do_add(int64_t old, int64_t value, uint64_t mask)
{
    return old + value;
}

static uint64_t do_rsub(int64_t old, int64_t value, uint64_t mask)
{
    return (uint64_t)value - old;
}

static uint64_t do_and(int64_t old, int64_t value, uint64_t mask)
{
    return old & value;
}

static uint64_t do_or(int64_t old, int64_t value, uint64_t mask)
{
    return old | value;
}

static uint64_t do_xor(int64_t old, int64_t value, uint64_t mask)
{
    return old ^ value;
}

static uint64_t do_smin(int64_t old, int64_t value, uint64_t mask)
{
    return MIN(old, value);
}

static uint64_t do_smax(int64_t old, int64_t value, uint64_t mask)
{
    return MAX(old, value);
}

static uint64_t do_umin(int64_t old, int64_t value, uint64_t mask)
{
    return MIN(old & mask, value & mask);
}

static uint64_t do_umax(int64_t old, int64_t value, uint64_t mask)
{
    return MAX(old & mask, value & mask);
}

#define ROW(name)                                                                                  \
    { #name, tcg_gen_atomic_fetch_##name##_i64, tcg_gen_atomic_##name##_fetch_i64, do_##name }

static const Row rows[] = {
    ROW(add), ROW(rsub), ROW(and), ROW(or), ROW(xor), ROW(smin), ROW(smax), ROW(umin), ROW(umax),
};

static const uint64_t values[] = { 0, 1, 0x7f, 0x80, 0xfedcba9876543210, 0x8000000000000000,
                                   UINT64_MAX };

/* Memory as a number of `op`'s size and byte order. */
static uint64_t get(MemOp op)
{
    unsigned size = memop_size(op);
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i++) {
        v |= (uint64_t)test_ram[ADDR + i] << 8 * (op & MO_BE ? size - 1 - i : i);
    }
    return v;
}

static void put(MemOp op, uint64_t v)
{
    unsigned size = memop_size(op);

    for (unsigned i = 0; i < size; i++) {
        test_ram[ADDR + i] = v >> 8 * (op & MO_BE ? size - 1 - i : i);
    }
}

static int64_t extend(uint64_t v, unsigned size)
{
    return (int64_t)(v << (64 - 8 * size)) >> (64 - 8 * size);
}

static void run(void)
{
    uintptr_t result;

    tcg_gen_exit_tb(NULL, 0);
    g_assert_true(harness_run(harness_finish(), &result));
}

static void check(const Row *row, Build64 *build, bool new, MemOp op, uint64_t old, uint64_t value)
{
    unsigned size = memop_size(op);
    uint64_t mask = UINT64_MAX >> (64 - 8 * size);
    uint64_t after = row->compute(extend(old, size), extend(value, size), mask) & mask;
    uint64_t wanted = new ? after : old & mask;

    put(op, old);
    test_env->q[1] = value;
    harness_start();
    build(qreg[0], tcg_constant_i32(ADDR), qreg[1], MODE_TLB, op);
    run();
    g_assert_cmphex(get(op), ==, after);
    g_assert_cmphex(test_env->q[0], ==, op & MO_SIGN ? (uint64_t)extend(wanted, size) : wanted);
}

static void test_operations(void)
{
    for (unsigned r = 0; r < ARRAY_SIZE(rows); r++) {
        for (unsigned op = 0; op < (MO_BE << 1); op++) { /* sizes, signs, byte orders */
            for (unsigned v = 0; v < ARRAY_SIZE(values) * ARRAY_SIZE(values); v++) {
                uint64_t old = values[v % ARRAY_SIZE(values)], n = values[v / ARRAY_SIZE(values)];

                check(&rows[r], rows[r].fetch_op, false, op, old, n);
                check(&rows[r], rows[r].op_fetch, true, op, old, n);
            }
        }
    }
}

static void test_exchange(void)
{
    for (unsigned expect = 0; expect < 2; expect++) {
        put(MO_BEUL, 0x12345678);
        test_env->r[1] = expect ? 0x12345678 : 0x78563412;
        test_env->r[2] = 0xcafebabe;
        harness_start();
        tcg_gen_atomic_cmpxchg_i32(reg[0], tcg_constant_i32(ADDR), reg[1], reg[2], MODE_TLB,
                                   MO_BEUL);
        run();
        g_assert_cmphex(test_env->r[0], ==, 0x12345678);
        g_assert_cmphex(get(MO_BEUL), ==, expect ? 0xcafebabe : 0x12345678);
    }
}

static void test_wide(void)
{
    for (unsigned expect = 0; expect < 2; expect++) {
        TCGv_i128 ret, expected, value;

        for (unsigned i = 0; i < 16; i++) {
            test_ram[ADDR + i] = i;
        }
        test_env->q[0] = 0x0706050403020100;
        test_env->q[1] = 0x0f0e0d0c0b0a0908 + !expect;
        harness_start();
        ret = (TCGv_i128){ qreg[2], qreg[3] };
        expected = (TCGv_i128){ qreg[0], qreg[1] };
        value = (TCGv_i128){ tcg_constant_i64(-1), tcg_constant_i64(0x5555555555555555) };
        tcg_gen_atomic_cmpxchg_i128(ret, tcg_constant_i32(ADDR), expected, value, MODE_TLB, MO_LE);
        run();
        g_assert_cmphex(test_env->q[2], ==, 0x0706050403020100);
        g_assert_cmphex(test_env->q[3], ==, 0x0f0e0d0c0b0a0908);
        g_assert_cmphex(test_ram[ADDR], ==, expect ? 0xff : 0);
        g_assert_cmphex(test_ram[ADDR + 15], ==, expect ? 0x55 : 15);
    }
}

/* An exception out of the access finds globals in env, as they were before the instruction. */
static void test_fault(void)
{
    uintptr_t result;

    test_env->r[0] = 5;
    harness_start();
    tcg_gen_addi_i32(reg[0], reg[0], 1);
    tcg_gen_atomic_fetch_add_i32(reg[1], tcg_constant_i32(ADDR), reg[0], MODE_TLB, MO_BEUL);
    tcg_gen_exit_tb(NULL, 0);
    trace.countdown = 1;
    g_assert_false(harness_run(harness_finish(), &result));
    g_assert_cmpuint(trace.at_fault.r[0], ==, 6);
    trace.countdown = 0;
}

static const struct {
    const char *name;
    void (*test)(void);
} tests[] = {
    { "operations", test_operations },
    { "compare-and-exchange-of-32-bits", test_exchange },
    { "compare-and-exchange-of-128-bits", test_wide },
    { "a-fault-finds-the-globals", test_fault },
};

static void run_with(gconstpointer data)
{
    unsigned n = GPOINTER_TO_UINT(data);

    harness_use(n & 1 ? TCG_BACKEND_INTERP : TCG_BACKEND_HOST);
    tests[n / 2].test();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    harness_init();
    for (unsigned n = 0; n < 2 * ARRAY_SIZE(tests); n++) {
        g_autofree char *path =
            g_strdup_printf("/tcg/%s/atomic/%s", n & 1 ? "interp" : "host", tests[n / 2].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(n), run_with);
    }
    return g_test_run();
}
