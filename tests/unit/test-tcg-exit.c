/*
 * How translations are entered, linked and left; guest accesses one by one; side tables.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tcg-harness.h"
#include "tcg/table.h"

DEF_HELPER_FLAGS_2(fail, 0, void, env, i32)
DEF_HELPER_2(stop, noreturn, env, i32)
DEF_HELPER_1(change, void, env)

static uintptr_t return_address(void *host)
{
    return tcg_backend_kind == TCG_BACKEND_INTERP ? test_cpu->jit.interp_pc : (uintptr_t)host;
}

void helper_fail(CPUArchState *env, uint32_t wanted)
{
    if (wanted) {
        harness_raise(return_address(__builtin_return_address(0)));
    }
}

G_NORETURN_ATTR void helper_stop(CPUArchState *env, uint32_t value)
{
    env->out[0] = value;
    harness_raise(return_address(__builtin_return_address(0)));
}

void helper_change(CPUArchState *env)
{
}

static uintptr_t run(const TranslationBlock *tb)
{
    uintptr_t result = 99;
    bool ok = harness_run(tb, &result);

    g_assert_true(ok);
    return result;
}

/* r0 += n, then exit 0 to wherever, or to the loop with pc = n */
static TranslationBlock *gen_adder(uint32_t n, bool checked)
{
    TranslationBlock *tb = tcg_tb_alloc(test_ctx);

    tcg_func_start(test_ctx, 1, 1);
    tb->pc = n;
    tcg_gen_budget(tb->pc, 0);
    tcg_gen_insn_start(n, 0);
    tcg_gen_addi_i32(reg[0], reg[0], n);
    if (checked) {
        tcg_gen_goto_tb_checked(0, 7);
    } else {
        tcg_gen_goto_tb(0);
    }
    tcg_gen_movi_i32(pc_reg, n);
    tcg_gen_exit_tb(tb, 0);
    tcg_end_budget_group(3);
    g_assert_true(tcg_gen_code(test_ctx, tb));
    return tb;
}

static void test_links(void)
{
    TranslationBlock *a = gen_adder(100, false), *b = gen_adder(7, false);

    test_env->r[0] = 0;
    g_assert_cmphex(run(a), ==, (uintptr_t)a);
    g_assert_cmpuint(test_env->r[0], ==, 100);
    g_assert_cmpuint(test_env->pc, ==, 100);

    tcg_link_exit(a, 0, b, 0, true);
    test_env->r[0] = 0;
    g_assert_cmphex(run(a), ==, (uintptr_t)b);
    g_assert_cmpuint(test_env->r[0], ==, 107);
    g_assert_cmpuint(test_env->pc, ==, 7);

    tcg_unlink_exit(a, 0);
    test_env->r[0] = 0;
    g_assert_cmphex(run(a), ==, (uintptr_t)a);
    g_assert_cmpuint(test_env->r[0], ==, 100);
}

static void test_checked(void)
{
    TranslationBlock *a = gen_adder(100, true), *b = gen_adder(7, false);

    test_cpu->jit.itlb[7] = 0x1234;
    g_assert_cmphex(run(a), ==, (uintptr_t)a);
    tcg_link_exit(a, 0, b, 0x1234, true);
    g_assert_cmphex(run(a), ==, (uintptr_t)b);
    test_cpu->jit.itlb[7] = 0x1235;
    g_assert_cmphex(run(a), ==, (uintptr_t)a);
    tcg_link_exit(a, 0, b, 0x1235, true);
    g_assert_cmphex(run(a), ==, (uintptr_t)b);
    tcg_unlink_exit(a, 0);
    g_assert_cmphex(run(a), ==, (uintptr_t)a);
}

static void test_budget(void)
{
    TranslationBlock *a = gen_adder(100, false), *b = gen_adder(7, false);

    tcg_link_exit(a, 0, b, 0, true);
    test_env->r[0] = 0;
    test_cpu->jit.budget = 5;
    g_assert_cmphex(run(a), ==, (uintptr_t)b + TB_EXIT_REQUESTED);
    g_assert_cmpint(test_cpu->jit.budget, ==, 2);
    g_assert_cmpuint(test_env->r[0], ==, 100);
    g_assert_cmpuint(test_env->pc, ==, 7);
    test_cpu->jit.budget = 6;
    g_assert_cmphex(run(a), ==, (uintptr_t)b);
    g_assert_cmpint(test_cpu->jit.budget, ==, 0);
    test_cpu->jit.budget = -1;
    g_assert_cmphex(run(a), ==, (uintptr_t)a + TB_EXIT_REQUESTED);
    g_assert_cmpuint(test_env->pc, ==, 100);
    test_cpu->jit.budget = INT32_MAX;
}

/* A block that leaves in the middle, or skips instructions, is charged for what it executed. */
static void test_refund(void)
{
    TranslationBlock *tb;
    TCGLabel *side, *join;

    harness_start();
    side = gen_new_label();
    join = gen_new_label();
    tcg_gen_budget(harness_tb->pc, 0);
    tcg_gen_brcondi_i32(TCG_COND_EQ, reg[0], 1, side);
    tcg_gen_addi_i32(reg[1], reg[1], 1);
    tcg_gen_brcondi_i32(TCG_COND_NE, reg[0], 2, join);
    tcg_gen_budget_skip(3);
    gen_set_label(join);
    tcg_gen_exit_tb(NULL, 0);
    gen_set_label(side);
    tcg_gen_budget_return(2);
    tcg_gen_exit_tb(NULL, 0);
    tcg_end_budget_group(10);
    tb = harness_finish();
    for (unsigned way = 0; way < 3; way++) {
        static const int charged[] = { 10, 2, 7 };

        test_cpu->jit.budget = 100;
        test_env->r[0] = way;
        run(tb);
        g_assert_cmpint(test_cpu->jit.budget, ==, 100 - charged[way]);
    }
    test_cpu->jit.budget = INT32_MAX;
}

/* Where a region looks at the budget by itself, nothing is charged for what isn't begun. */
static void test_budget_or(void)
{
    static const struct { uint32_t turns, done; int32_t left; uint32_t pc; } cases[] = {
        { 2, 2, 4, 0 },
        { 1000, 4, -2, 77 },
    };
    TCGLabel *head, *exhausted;
    TranslationBlock *tb;

    harness_start();
    tcg_count_in_register();
    head = gen_new_label();
    exhausted = gen_new_label();
    gen_set_label(head);
    tcg_gen_budget_or(exhausted, 0);
    tcg_gen_addi_i32(reg[0], reg[0], 1);
    tcg_gen_brcond_i32(TCG_COND_NE, reg[0], reg[1], head);
    tcg_gen_settle();
    tcg_gen_exit_tb(NULL, 0);
    tcg_end_budget_group(3);
    gen_set_label(exhausted);
    tcg_gen_settle();
    tcg_gen_movi_i32(pc_reg, 77);
    tcg_gen_exit_tb(NULL, 0);
    tb = harness_finish();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        test_env->r[0] = test_env->pc = 0;
        test_env->r[1] = cases[i].turns;
        test_cpu->jit.budget = 10;
        g_assert_cmphex(run(tb), ==, 0);
        g_assert_cmpuint(test_env->r[0], ==, cases[i].done);
        g_assert_cmpint(test_cpu->jit.budget, ==, cases[i].left);
        g_assert_cmpuint(test_env->pc, ==, cases[i].pc);
    }
    test_cpu->jit.budget = INT32_MAX;
}

/* Over all basic blocks of the instruction, and no further. */
static void test_written_by_insn(void)
{
    TCGLabel *label;

    harness_start();
    tcg_gen_insn_start(0, 0);
    tcg_gen_addi_i64(qreg[1], qreg[1], 1);
    tcg_gen_insn_start(4, 0);
    g_assert_cmphex(tcg_written_by_insn(qreg, NB_Q), ==, 0);
    label = gen_new_label();
    tcg_gen_addi_i64(qreg[0], qreg[3], 1);
    tcg_gen_brcondi_i64(TCG_COND_EQ, qreg[0], 0, label);
    tcg_gen_mov_i64(qreg[2], qreg[0]);
    gen_set_label(label);
    tcg_gen_addi_i32(reg[4], reg[4], 1);
    g_assert_cmphex(tcg_written_by_insn(qreg, NB_Q), ==, 1 << 0 | 1 << 2);
    tcg_gen_exit_tb(NULL, 0);
    harness_finish();
}

/* An endless loop of linked blocks ends when the budget does. */
static void test_budget_loop(void)
{
    TranslationBlock *a = gen_adder(1, false);

    tcg_link_exit(a, 0, a, 0, true);
    test_env->r[0] = 0;
    test_cpu->jit.budget = 3000;
    g_assert_cmphex(run(a), ==, (uintptr_t)a + TB_EXIT_REQUESTED);
    g_assert_cmpuint(test_env->r[0], ==, 1000);
    test_cpu->jit.budget = INT32_MAX;
}

static TranslationBlock *gen_lookup(TCGv_i32 target)
{
    harness_start();
    tcg_gen_addi_i32(reg[1], reg[1], 1);
    tcg_gen_mov_i32(pc_reg, target ? target : tcg_constant_i32(0x80001004));
    tcg_gen_lookup_and_goto_ptr();
    return harness_finish();
}

static void test_lookup_kind(TCGv_i32 target)
{
    TranslationBlock *a = gen_lookup(target), *b = gen_adder(7, false);
    CPUJumpCacheEntry *e = &test_cpu->jit.jump_cache[jump_cache_index(0x80001004)];

    memset(e, 0, sizeof(*e));
    test_env->r[3] = 0x80001004;
    trace = (TestTrace){ 0 };
    g_assert_cmphex(run(a), ==, 0);
    g_assert_cmpuint(trace.lookups, ==, 1);
    g_assert_cmphex(test_env->pc, ==, 0x80001004);
    trace.lookup_result = tb_code(b);
    g_assert_cmphex(run(a), ==, (uintptr_t)b);
    g_assert_cmpuint(trace.lookups, ==, 2);

    test_cpu->jit.tb_flags = 5;
    test_cpu->jit.code_context = 9;
    *e = (CPUJumpCacheEntry){ .pc = 0x80001004, .flags = 5, .context = 9, .code = tb_code(b) };
    g_assert_cmphex(run(a), ==, (uintptr_t)b);
    g_assert_cmpuint(trace.lookups, ==, 2);
    test_cpu->jit.code_context = 10;
    g_assert_cmphex(run(a), ==, (uintptr_t)b);
    g_assert_cmpuint(trace.lookups, ==, 3);
    test_cpu->jit.code_context = 9;
    test_cpu->jit.tb_flags = 6;
    g_assert_cmphex(run(a), ==, (uintptr_t)b);
    g_assert_cmpuint(trace.lookups, ==, 4);
}

static void test_lookup(void)
{
    test_lookup_kind(NULL);
    test_lookup_kind(reg[3]);
}

/*
 * One access of every kind, mode, address form; `hit`: whether the fast path is expected to do it.
 */
static void check_load(MemOp op, unsigned mode, uint32_t addr, int32_t disp, bool constant,
                       bool wide)
{
    TCGv_i32 a = constant ? tcg_constant_i32(addr + disp) : tcg_temp_new_i32();

    if (!constant) {
        tcg_gen_addi_i32(a, reg[0], disp);
    }
    if (wide) {
        tcg_gen_qemu_ld_i64(qreg[1], a, mode, op);
    } else {
        tcg_gen_qemu_ld_i32(reg[2], a, mode, op);
    }
    tcg_gen_exit_tb(NULL, 0);
    test_env->r[0] = addr;
}

static uint64_t expected_load(MemOp op, uint32_t addr, bool wide)
{
    unsigned size = memop_size(op);
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i++) {
        v |= (uint64_t)test_ram[(addr + i) % RAM_SIZE] << 8 * (op & MO_BE ? size - 1 - i : i);
    }
    if (op & MO_SIGN) {
        v = (int64_t)(v << (64 - 8 * size)) >> (64 - 8 * size);
    }
    return wide ? v : (uint32_t)v;
}

static TCGSiteKind kind_of_last_site(const TranslationBlock *tb)
{
    TCGSite site = { 0 };

    for (uint32_t offset = tb->code_size; offset > 0; offset--) {
        if (tcg_find_site(tb, (uintptr_t)tb_code(tb) + offset, &site)) {
            return site.kind;
        }
    }
    g_assert_not_reached();
}

/* r2 = [r1 + disp], after a helper that may change r1, or an assignment */
static TCGSiteKind kind_of_access(uint32_t r1, int32_t disp, bool after_call, bool assigned)
{
    TCGv_i32 a;

    test_env->r[1] = r1;
    tcg_func_start(test_ctx, 1u << MODE_WINDOW, 1u << MODE_WINDOW);
    tcg_use_registers(test_ctx, test_env);
    harness_tb = tcg_tb_alloc(test_ctx);
    a = tcg_temp_new_i32();
    if (after_call) {
        gen_helper_change(tcg_env);
    }
    if (assigned) {
        tcg_gen_mov_i32(reg[1], reg[3]);
    }
    tcg_gen_addi_i32(a, reg[1], disp);
    tcg_gen_qemu_ld_i32(reg[2], a, MODE_WINDOW, MO_BEUL);
    tcg_gen_exit_tb(NULL, 0);
    return kind_of_last_site(harness_finish());
}

/* What the registers say when a block is translated decides on window or TLB. */
static void test_foreseen(void)
{
    size_t before = tcg_accesses_outside_window();

    g_assert_cmpint(kind_of_access(0x10000, 0x10, false, false), ==, TCG_SITE_WINDOW);
    g_assert_cmpint(kind_of_access(0x20000, 0x10, false, false), ==, TCG_SITE_TLB);
    g_assert_cmpint(kind_of_access(0x20000, -0x10, false, false), ==, TCG_SITE_WINDOW);
    g_assert_cmpint(kind_of_access(0xfffffff0, 0x10010, false, false), ==, TCG_SITE_WINDOW);
    g_assert_cmpint(kind_of_access(0x20000, 0x10, true, false), ==, TCG_SITE_WINDOW);
    test_env->r[3] = 0x10000;
    g_assert_cmpint(kind_of_access(0x20000, 0x10, false, true), ==, TCG_SITE_WINDOW);
    g_assert_cmpuint(tcg_accesses_outside_window() - before, ==, 1);
}

static const uint32_t addresses[] = { 0x10000, 0x10ffe,    0x10fff,    0x10ffc,    0x12345, 0x1fff8,
                                      0x20000, 0x80000010, 0xfffffff0, 0xffffffff, 0 };
static const int32_t disps[] = { 0, 4, -4, 0x7fff, -0x8000, 100, 0x12345 };

#define FOR_EACH_ACCESS                                                                            \
    for (unsigned op = 0; op < 32; op++)                                                           \
        for (unsigned mode = 0; mode < 2; mode++)                                                  \
            for (unsigned a = 0; a < ARRAY_SIZE(addresses); a++)                                   \
                for (unsigned d = 0; d < ARRAY_SIZE(disps); d++)                                   \
                    for (unsigned form = 0; form < 4; form++)

static void test_loads(void)
{
    for (unsigned i = 0; i < RAM_SIZE; i++) {
        test_ram[i] = i * 11 + (i >> 8) + 0x80;
    }
    harness_unmap_all();
    harness_map(0x10000, true);
    harness_map(0x11000, false);
    harness_map(0x1f000, true);
    FOR_EACH_ACCESS {
        bool wide = form & 1;
        uint32_t addr = addresses[a];
        TranslationBlock *tb;
        uint64_t want;

        if (!wide && (op & MO_SIZE) == MO_64) {
            continue;
        }
        harness_start();
        check_load(op, mode, addr, disps[d], form & 2, wide);
        tb = harness_finish();
        want = expected_load(op, addr + disps[d], wide);
        for (unsigned again = 0; again < 2; again++) { /* the second time through a patched site */
            test_env->q[1] = test_env->r[2] = 0x5a5a5a5a;
            run(tb);
            if ((wide ? test_env->q[1] : test_env->r[2]) != want) {
                g_error("load op %x mode %u at %x%+d form %u: %" PRIx64 " / %x, not %" PRIx64, op,
                        mode, addr, disps[d], form, test_env->q[1], test_env->r[2], want);
            }
        }
    }
}

static void test_stores(void)
{
    static const uint64_t value = 0x8123456789abcdef;

    FOR_EACH_ACCESS {
        bool wide = form & 1;
        uint32_t addr = addresses[a], at = addr + disps[d];
        unsigned size = 1u << (op & MO_SIZE);
        TCGv_i32 ta;
        TranslationBlock *tb;

        if ((!wide && (op & MO_SIZE) == MO_64) || (op & MO_SIGN)) {
            continue;
        }
        harness_start();
        ta = tcg_temp_new_i32();
        tcg_gen_addi_i32(ta, reg[0], disps[d]);
        if (wide) {
            tcg_gen_qemu_st_i64(form & 2 ? tcg_constant_i64(value) : qreg[1], ta, mode, op);
        } else {
            tcg_gen_qemu_st_i32(form & 2 ? tcg_constant_i32((int32_t)value) : reg[2], ta, mode, op);
        }
        tcg_gen_exit_tb(NULL, 0);
        tb = harness_finish();
        for (unsigned again = 0; again < 2; again++) {
            test_env->r[0] = addr;
            test_env->q[1] = value;
            test_env->r[2] = (uint32_t)value;
            for (unsigned i = 0; i < 12; i++) {
                test_ram[(at - 2 + i) % RAM_SIZE] = 0x55;
            }
            run(tb);
            for (unsigned i = 0; i < size; i++) {
                unsigned shift = 8 * (op & MO_BE ? size - 1 - i : i);

                g_assert_cmphex(test_ram[(at + i) % RAM_SIZE], ==, (value >> shift) & 0xff);
            }
            g_assert_cmphex(test_ram[(at - 1) % RAM_SIZE], ==, 0x55);
            g_assert_cmphex(test_ram[(at + size) % RAM_SIZE], ==, 0x55);
        }
    }
}

/* A TLB hit doesn't call the runtime; a miss, a crossing, a read-only or misaligned page does. */
static void test_tlb_hits(void)
{
    static const struct { uint32_t addr; MemOp op; bool store, slow; } cases[] = {
        { 0x10000, MO_BEUL, false, false }, { 0x10ffc, MO_BEUL, false, false },
        { 0x10ffd, MO_BEUL, false, true },  { 0x12000, MO_UB, false, true },
        { 0x11000, MO_BEUL, false, false }, { 0x11000, MO_BEUL, true, true },
        { 0x10001, MO_BEUL, false, false }, { 0x10001, MO_BEUL | MO_ALIGN, false, true },
        { 0x10002, MO_BEUW | MO_ALIGN, true, false }, { 0x10fff, MO_UB, true, false },
        { 0x410000, MO_BEUL, false, true },
    };

    harness_unmap_all();
    harness_map(0x10000, true);
    harness_map(0x11000, false);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        harness_start();
        if (cases[i].store) {
            tcg_gen_qemu_st_i32(reg[2], reg[0], MODE_TLB, cases[i].op);
        } else {
            tcg_gen_qemu_ld_i32(reg[2], reg[0], MODE_TLB, cases[i].op);
        }
        tcg_gen_exit_tb(NULL, 0);
        test_env->r[0] = cases[i].addr;
        trace = (TestTrace){ 0 };
        run(harness_finish());
        g_assert_cmpuint(trace.loads + trace.stores, ==, cases[i].slow);
    }
}

/* An access that must be aligned has the fast path, and leaves it exactly when it isn't. */
static void test_alignment(void)
{
    static const struct { uint32_t addr; int32_t disp; MemOp op; bool slow; } cases[] = {
        { 0x10000, 0, MO_BEUQ | MO_ALIGN_4, false }, { 0x10004, 0, MO_BEUQ | MO_ALIGN_4, false },
        { 0x10002, 0, MO_BEUQ | MO_ALIGN_4, true },  { 0x10ff7, 0, MO_BEUQ | MO_ALIGN_4, true },
        { 0x10002, 2, MO_BEUQ | MO_ALIGN_4, false }, { 0x10000, -3, MO_BEUQ | MO_ALIGN_4, true },
        { 0x10ff8, 0, MO_BEUQ | MO_ALIGN_4, false }, { 0x10004, 0, MO_BEUQ | MO_ALIGN, true },
        { 0x10004, 4, MO_BEUQ | MO_ALIGN, false },   { 0x10006, 0, MO_BEUL | MO_ALIGN, true },
        { 0x10006, 0, MO_BEUW | MO_ALIGN, false },   { 0x10003, 1, MO_BEUL | MO_ALIGN, false },
    };

    harness_unmap_all();
    harness_map(0x10000, true);
    for (unsigned i = 0; i < 4 * ARRAY_SIZE(cases); i++) {
        unsigned n = i / 4, mode = i & 1 ? MODE_WINDOW : MODE_TLB;
        TCGv_i32 addr;

        harness_start();
        addr = tcg_temp_new_i32();
        tcg_gen_addi_i32(addr, reg[0], cases[n].disp);
        if (i & 2) {
            tcg_gen_qemu_st_i64(qreg[1], addr, mode, cases[n].op);
        } else {
            tcg_gen_qemu_ld_i64(qreg[1], addr, mode, cases[n].op);
        }
        tcg_gen_exit_tb(NULL, 0);
        test_env->r[0] = cases[n].addr;
        trace = (TestTrace){ 0 };
        run(harness_finish());
        g_assert_cmpuint(trace.loads + trace.stores, ==, cases[n].slow);
        if (cases[n].slow) {
            g_assert_cmphex(trace.last_addr, ==, cases[n].addr + cases[n].disp);
        }
    }
    /* at a page's end, what isn't allowed to cross it doesn't hit */
    harness_start();
    tcg_gen_qemu_ld_i64(qreg[1], reg[0], MODE_TLB, MO_BEUQ | MO_ALIGN_4);
    tcg_gen_exit_tb(NULL, 0);
    test_env->r[0] = 0x10ffc;
    trace = (TestTrace){ 0 };
    run(harness_finish());
    g_assert_cmpuint(trace.loads, ==, 1);
}

/* Globals changed before an access are not in env, yet found when it faults. */
static void test_restore(void)
{
    uint64_t words[TARGET_INSN_START_WORDS];
    TranslationBlock *tb;
    uintptr_t result;

    harness_unmap_all();
    for (unsigned mode = 0; mode < 2; mode++) {
        harness_start();
        tcg_gen_insn_start(0x100, 0);
        tcg_gen_addi_i32(reg[3], reg[3], 1);
        tcg_gen_movi_i32(reg[4], 0x1234);
        tcg_gen_addi_i64(qreg[2], qreg[2], -1);
        tcg_gen_insn_start(0x104, 0);
        tcg_gen_qemu_ld_i32(reg[3], reg[0], mode, MO_BEUL);
        tcg_gen_addi_i32(reg[4], reg[3], 1);
        tcg_gen_exit_tb(NULL, 0);
        tb = harness_finish();
        test_env->r[0] = 0x80000000;
        test_env->r[3] = 41;
        test_env->q[2] = 0;
        trace = (TestTrace){ .countdown = 1 };
        g_assert_false(harness_run(tb, &result));
        g_assert_cmpuint(trace.fault_insn, ==, 1);
        g_assert_cmpuint(trace.at_fault.r[3], ==, 42);
        g_assert_cmphex(trace.at_fault.r[4], ==, 0x1234);
        g_assert_cmphex(trace.at_fault.q[2], ==, UINT64_MAX);
        tcg_insn_words(tb, 1, words);
        g_assert_cmphex(words[0], ==, 0x104);
    }
}

/* A helper that raises just before an access is not taken for the access. */
static void test_raising_helper(void)
{
    TranslationBlock *tb;
    uintptr_t result;

    harness_start();
    tcg_gen_insn_start(0x100, 0);
    tcg_gen_addi_i32(reg[3], reg[3], 1);
    gen_helper_fail(tcg_env, reg[5]);
    tcg_gen_insn_start(0x104, 0);
    tcg_gen_qemu_ld_i32(reg[4], tcg_constant_i32(0x10000), MODE_WINDOW, MO_BEUL);
    tcg_gen_insn_start(0x108, 0);
    tcg_gen_addi_i32(reg[3], reg[3], 1);
    gen_helper_stop(tcg_env, reg[3]);
    tb = harness_finish();
    for (unsigned fail = 0; fail < 2; fail++) {
        test_env->r[3] = 41;
        test_env->r[5] = fail;
        g_assert_false(harness_run(tb, &result));
        g_assert_cmpuint(trace.fault_insn, ==, fail ? 0 : 2);
        g_assert_cmpuint(trace.at_fault.r[3], ==, fail ? 42 : 43);
    }
    g_assert_cmpuint(test_env->out[0], ==, 43);
}

static void test_lookup_tables(void)
{
    TranslationBlock *a = gen_adder(1, false), *b = gen_adder(2, false);

    g_assert_true(tcg_tb_lookup((uintptr_t)tb_code(a)) == a);
    g_assert_true(tcg_tb_lookup((uintptr_t)tb_code(a) + 5) == a);
    g_assert_true(tcg_tb_lookup((uintptr_t)tb_code(b)) == b);
    g_assert_true(tcg_tb_lookup((uintptr_t)tb_code(b) + b->code_size - 1) == b);
    g_assert_true(tcg_in_code_buffer((uintptr_t)tb_code(a)));
    g_assert_false(tcg_in_code_buffer((uintptr_t)a));
}

/* A full buffer is told, never overrun. */
static void test_full(void)
{
    TranslationBlock *tb;
    bool ok = true;

    for (unsigned n = 0; ok && n < 1000000; n++) {
        tb = tcg_tb_alloc(test_ctx);
        if (!tb) {
            break;
        }
        tcg_func_start(test_ctx, 1, 1);
        for (unsigned i = 0; i < 2000; i++) {
            tcg_gen_insn_start(i, 0);
            tcg_gen_qemu_ld_i32(reg[i % NB_R], reg[(i + 1) % NB_R], 1, MO_BEUL);
        }
        tcg_gen_exit_tb(NULL, 0);
        ok = tcg_gen_code(test_ctx, tb);
    }
    g_assert_true(!ok || !tb);
    tcg_code_buffer_reset();
    test_restore();
}

/* r0 = r1 < r2 ? r0 : r1 + 7, and q0 likewise: without a jump, unless the pass is off. */
static unsigned count_jumps(bool ifconv)
{
    TCGLabel *skip;
    unsigned jumps = 0;

    tcg_switch(tcg_pass_switches, "ifconv", ifconv);
    harness_start();
    skip = gen_new_label();
    tcg_gen_brcond_i32(TCG_COND_LT, reg[1], reg[2], skip);
    tcg_gen_addi_i32(reg[0], reg[1], 7);
    tcg_gen_addi_i64(qreg[0], qreg[1], 9);
    tcg_gen_mov_i32(reg[1], reg[0]);
    gen_set_label(skip);
    tcg_gen_exit_tb(NULL, 0);
    harness_finish();
    tcg_switch(tcg_pass_switches, "ifconv", true);
    for (uint32_t i = 0; i < test_ctx->nb_blocks; i++) {
        jumps += test_ctx->blocks[i]->taken != NULL;
    }
    return jumps;
}

static void test_ifconv(void)
{
    for (unsigned i = 0; i < 3; i++) {
        bool skip = i < 1;

        g_assert_cmpuint(count_jumps(false), ==, 1);
        g_assert_cmpuint(count_jumps(true), ==, 0);
        test_env->r[0] = 100;
        test_env->r[1] = i - 1;
        test_env->r[2] = 0;
        test_env->q[0] = 200;
        test_env->q[1] = 5;
        run(harness_tb);
        g_assert_cmpuint(test_env->r[0], ==, skip ? 100 : i + 6);
        g_assert_cmpuint(test_env->r[1], ==, skip ? UINT32_MAX : i + 6);
        g_assert_cmpuint(test_env->q[0], ==, skip ? 200 : 14);
    }
}

static GHashTable *dropped;

static void note_dropped(TranslationBlock *tb)
{
    g_hash_table_add(dropped, tb);
}

/* Blocks that do the same are made until there is no room. Returns the first one. */
static TranslationBlock *fill_region(unsigned *nb)
{
    TranslationBlock *first = NULL, *tb = tcg_tb_alloc(test_ctx);

    for (*nb = 0; tb; ++*nb) {
        tcg_func_start(test_ctx, 1, 1);
        for (unsigned i = 0; i < 300; i++) {
            tcg_gen_qemu_ld_i32(reg[i % NB_R], reg[(i + 1) % NB_R], 1, MO_BEUL);
        }
        tcg_gen_exit_tb(NULL, 0);
        if (!tcg_gen_code(test_ctx, tb)) {
            break;
        }
        first = first ? first : tb;
        tb = tcg_tb_alloc(test_ctx);
    }
    return first;
}

/* A young buffer grows; once it is all in use, the region that was filled first is emptied. */
static void test_ring(void)
{
    TranslationBlock *first;
    unsigned nb, regions = 1;
    uint8_t *code;

    dropped = g_hash_table_new(NULL, NULL);
    tcg_code_buffer_reset();
    first = fill_region(&nb);
    code = tb_code(first);
    g_assert_true(tcg_tb_lookup((uintptr_t)code + 1) == first);
    g_assert_cmpuint(nb, >, 10);
    for (tcg_code_buffer_make_room(note_dropped); !g_hash_table_size(dropped); regions++) {
        unsigned more;

        fill_region(&more);
        tcg_code_buffer_make_room(note_dropped);
    }
    g_assert_cmpuint(regions, >, 4);
    g_assert_true(g_hash_table_contains(dropped, first));
    g_assert_cmpuint(g_hash_table_size(dropped), ==, nb);
    g_assert_null(tcg_tb_lookup((uintptr_t)code + 1));
    g_hash_table_unref(dropped);
    tcg_code_buffer_reset();
    test_restore();
}

/* A window access can't be patched when its stub has no room: it stays as it is. */
static void test_full_for_stubs(void)
{
    TranslationBlock *tb;
    TCGSite site = { 0 };
    uint8_t before[5];
    uint8_t *limit, *next;
    uint32_t at = 0;

    harness_use(TCG_BACKEND_HOST);
    harness_start();
    tcg_gen_insn_start(0, 0);
    tcg_gen_qemu_ld_i32(reg[1], reg[2], MODE_WINDOW, MO_BEUL);
    tcg_gen_exit_tb(NULL, 0);
    tb = harness_finish();
    while (at < tb->code_size && !tcg_find_site(tb, (uintptr_t)tb_code(tb) + at, &site)) {
        at++;
    }
    g_assert_cmpint(site.kind, ==, TCG_SITE_WINDOW);
    memcpy(before, (const uint8_t *)tb_code(tb) + site.code_offset, sizeof(before));
    while (tcg_data_alloc(64)) {
    }
    next = tcg_code_begin(&limit);
    g_assert_cmpint(limit - next, <, 64);
    g_assert_null(tcg_patch_site(tb, &site));
    g_assert_cmpmem(before, sizeof(before), (const uint8_t *)tb_code(tb) + site.code_offset,
                    sizeof(before));
    tcg_code_buffer_reset();
}

typedef struct BackendTest {
    TCGBackendKind kind;
    void (*test)(void);
} BackendTest;

static void run_backend_test(gconstpointer data)
{
    const BackendTest *t = data;

    harness_use(t->kind);
    t->test();
}

static void add(const char *name, void (*test)(void))
{
    static const char *const backends[] = { "host", "interp" };

    for (unsigned i = 0; i < 2; i++) {
        BackendTest *t = g_new(BackendTest, 1);
        g_autofree char *path = g_strdup_printf("/tcg/%s/%s", backends[i], name);

        *t = (BackendTest){ i ? TCG_BACKEND_INTERP : TCG_BACKEND_HOST, test };
        g_test_add_data_func_full(path, t, run_backend_test, g_free);
    }
}

/* An entry at a time, so that the tables grow and shrink in between. */
static void test_table_flags(void)
{
    g_autoptr(GHashTable) table = g_hash_table_new(NULL, NULL);

    feclearexcept(FE_ALL_EXCEPT);
    for (uintptr_t i = 1; i < 5000; i++) {
        tcg_table_set(table, (void *)i, table);
        g_assert_false(fetestexcept(FE_ALL_EXCEPT));
    }
    for (uintptr_t i = 1; i < 5000; i++) {
        tcg_table_remove(table, (void *)i);
        g_assert_false(fetestexcept(FE_ALL_EXCEPT));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    harness_init();
    g_test_add_func("/tcg/host/tlb-hit-needs-no-runtime", test_tlb_hits);
    g_test_add_func("/tcg/host/misaligned-access-leaves-the-fast-path", test_alignment);
    g_test_add_func("/tcg/host/windows-are-for-what-is-in-them", test_foreseen);
    g_test_add_func("/tcg/host/buffer-too-full-for-a-stub-is-told", test_full_for_stubs);
    g_test_add_func("/tcg/tables/growing-ones-leave-the-host's-flags", test_table_flags);
    add("linked-exit-goes-on", test_links);
    add("checked-exit-needs-the-same-page", test_checked);
    add("budget-ends-at-a-block-head", test_budget);
    add("budget-ends-a-linked-loop", test_budget_loop);
    add("budget-counts-what-was-executed", test_refund);
    add("budget-is-not-charged-for-what-is-not-begun", test_budget_or);
    add("what-an-instruction-writes-is-known", test_written_by_insn);
    add("indirect-jump-finds-code", test_lookup);
    add("loads-of-all-kinds", test_loads);
    add("stores-of-all-kinds", test_stores);
    add("fault-restores-globals", test_restore);
    add("raising-helper-is-found", test_raising_helper);
    add("code-is-found-by-address", test_lookup_tables);
    add("short-skips-need-no-jump", test_ifconv);
    add("full-buffer-is-told", test_full);
    add("oldest-region-is-emptied-for-new-code", test_ring);
    return g_test_run();
}
