/*
 * Vectors in guest memory, and pairs of them; part of test-tcg-vector.
 *
 * SPDX-License-Identifier: MIT
 */
#include "test-tcg-vector.h"

static void reverse(uint8_t *bytes, unsigned n)
{
    for (unsigned i = 0; i < n / 2; i++) {
        uint8_t byte = bytes[i];

        bytes[i] = bytes[n - 1 - i];
        bytes[n - 1 - i] = byte;
    }
}

/* `size` bytes of RAM from guest address `addr` on, as a vector of that byte order. */
static Value in_ram(uint64_t addr, unsigned size, MemOp order)
{
    Value v = { { { 0 } } };

    for (unsigned i = 0; i < size; i++) {
        v.b[i] = test_ram[(addr + i) % RAM_SIZE];
    }
    if (order & MO_BE) {
        reverse(v.b, size);
    }
    return v;
}

typedef struct Place {
    uint64_t addr;
    bool wide; /* an address of 64 bits */
    unsigned mode;
    MemOp op;
} Place;

/* Anywhere in a page and across two; pages that have an entry in the TLB, and others. */
static Place random_place(void)
{
    Place p = { .mode = pick(2) ? MODE_WINDOW : MODE_TLB, .op = pick(2) ? MO_BE : MO_LE };

    p.wide = pick(3) == 0;
    p.addr = (p.wide ? HARNESS_HIGH : 0x10000) + pick(RAM_SIZE / TARGET_PAGE_SIZE - 1) * TARGET_PAGE_SIZE;
    p.addr += pick(2) ? TARGET_PAGE_SIZE - pick(20) : pick(TARGET_PAGE_SIZE);
    if (pick(4) == 0) {
        p.op |= MO_ALIGN;
        p.addr &= -16;
    }
    harness_unmap_all();
    if (pick(3)) {
        harness_map(p.addr, pick(3));
    }
    return p;
}

/* Where `p` is, as the code has it: in a register, behind a displacement, or known. */
static TCGv_addr address_of(const Place *p)
{
    int disp = pick(2) ? 0 : 24;
    TCGv_i32 narrow = tcg_temp_new_i32();
    TCGv_i64 wide = tcg_temp_new_i64();

    test_env->q[0] = p->addr - disp;
    test_env->r[0] = p->addr - disp;
    if (p->wide) {
        tcg_gen_addi_i64(wide, qreg[0], disp);
        return (TCGv_addr){ .i64 = wide };
    }
    if (pick(4) == 0) {
        return (TCGv_addr){ .i32 = tcg_constant_i32(p->addr) };
    }
    tcg_gen_addi_i32(narrow, reg[0], disp);
    return (TCGv_addr){ .i32 = narrow };
}

void run_memory(void)
{
    Place from = random_place(), to = from;
    bool wide = pick(2);
    unsigned size = wide ? 16 : 8;
    TCGv_vec *regs = wide ? vreg : hreg;
    Value loaded, stored = random_value(), found;

    to.addr = (from.addr & -(uint64_t)RAM_SIZE) + pick(RAM_SIZE - 64);
    to.addr &= to.op & MO_ALIGN ? -16 : -1;
    for (unsigned i = 0; i < RAM_SIZE; i++) {
        test_ram[i] = i * 7 + (i >> 8);
    }
    loaded = in_ram(from.addr, size, from.op);
    test_env->v[1] = stored.v;
    test_env->h[1] = stored.q[0];
    harness_start();
    tcg_gen_qemu_ld_vec(regs[0], address_of(&from), from.mode, from.op);
    test_env->q[1] = to.addr; /* another register than the first address's */
    tcg_gen_qemu_st_vec(regs[1], to.wide ? (TCGv_addr){ .i64 = qreg[1] }
                                         : (TCGv_addr){ .i32 = tcg_constant_i32(to.addr) },
                        to.mode, to.op);
    finish_and_run();
    found.v = wide ? test_env->v[0] : (JitVector){ { test_env->h[0] } };
    g_assert_cmpmem(found.b, size, loaded.b, size);
    found = in_ram(to.addr, size, to.op);
    g_assert_cmpmem(found.b, size, stored.b, size);
}

/* The access raises an exception: globals in vector registers are restored, nothing is changed. */
void run_failing_access(void)
{
    Place p = random_place();
    bool store = pick(2);
    Value a = random_value(), b = random_value(), before = in_ram(p.addr, 16, MO_LE), after;
    const TranslationBlock *tb;
    TCGv_addr addr;

    harness_unmap_all();
    p.mode = MODE_TLB;
    test_env->v[0] = a.v;
    test_env->v[1] = b.v;
    harness_start();
    tcg_gen_insn_start(0x100, 0);
    addr = address_of(&p);
    tcg_gen_xor_vec(vreg[2], vreg[0], vreg[1]);
    tcg_gen_add_vec(MO_8, vreg[1], vreg[1], vreg[1]);
    if (store) {
        tcg_gen_qemu_st_vec(vreg[2], addr, p.mode, p.op);
    } else {
        tcg_gen_qemu_ld_vec(vreg[2], addr, p.mode, p.op);
    }
    tcg_gen_mov_vec(vreg[2], vreg[0]);
    tcg_gen_mov_vec(vreg[1], vreg[0]);
    tcg_gen_exit_tb(NULL, 0);
    tb = harness_finish();
    trace = (TestTrace){ .countdown = 1 };
    g_assert_false(harness_run(tb, NULL));
    for (unsigned i = 0; i < 16; i++) {
        g_assert_cmphex(((uint8_t *)&trace.at_fault.v[2])[i], ==, a.b[i] ^ b.b[i]);
        g_assert_cmphex(((uint8_t *)&trace.at_fault.v[1])[i], ==, (uint8_t)(2 * b.b[i]));
    }
    after = in_ram(p.addr, 16, MO_LE);
    g_assert_cmpmem(after.b, 16, before.b, 16);
}

/* ---- Guest memory as the host's ---- */

enum { SLOW_ARGUMENT = 0x87654321 };

static unsigned slow_calls, slow_span;
static uint8_t slow_bytes[TCG_HOST_SPAN];

static void note_slow_call(uint32_t arg, uintptr_t ra)
{
    g_assert_cmphex(arg, ==, SLOW_ARGUMENT);
    slow_calls++;
    if (trace.countdown && !--trace.countdown) {
        harness_raise(ra);
    }
}

static void *slow_load(CPUArchState *env, uint64_t addr, uint32_t arg, uintptr_t ra)
{
    note_slow_call(arg, ra);
    for (unsigned i = 0; i < slow_span; i++) {
        slow_bytes[i] = test_ram[(addr + i) % RAM_SIZE];
    }
    return slow_bytes;
}

static void *slow_store(CPUArchState *env, uint64_t addr, uint32_t arg, uintptr_t ra)
{
    note_slow_call(arg, ra);
    for (unsigned i = 0; i < slow_span; i++) {
        test_ram[(addr + i) % RAM_SIZE] = ((uint8_t *)test_cpu->jit.host_values)[i];
    }
    return slow_bytes;
}

/* Is it for generated code to find the place itself? */
static bool is_in_reach(uint64_t addr)
{
    return tcg_backend_kind == TCG_BACKEND_HOST &&
           (addr & ~TARGET_PAGE_MASK) + slow_span <= TARGET_PAGE_SIZE;
}

static TCGv_addr wide_address(uint64_t addr)
{
    TCGv_i64 t = tcg_temp_new_i64();
    int disp = pick(2) ? 0 : 40;

    test_env->q[0] = addr - disp;
    tcg_gen_addi_i64(t, qreg[0], disp);
    return (TCGv_addr){ .i64 = t };
}

/* A page's last bytes and those behind it, in the TLB or not; some stores are unusual. */
void run_host_range(void)
{
    unsigned nb = 1 + pick(TCG_HOST_VALUES);
    bool store = pick(2), mapped = pick(4), unusual = store && pick(3) == 0;
    uint64_t addr = HARNESS_HIGH + 3 * TARGET_PAGE_SIZE - pick(2 * TCG_HOST_SPAN);
    TCGHostRange range = { store ? slow_store : slow_load, SLOW_ARGUMENT, nb * 16 };
    TCGv_vec values[] = { vreg[0], vreg[1], vreg[2], vreg[3] };
    Value expected[TCG_HOST_VALUES];
    TCGv_ptr host;

    slow_span = range.span;
    slow_calls = 0;
    harness_unmap_all();
    if (mapped) {
        harness_map(addr, true);
    }
    for (unsigned i = 0; i < RAM_SIZE; i++) {
        test_ram[i] = i * 7 + (i >> 8);
    }
    for (unsigned i = 0; i < TCG_HOST_VALUES; i++) {
        expected[i] = random_value();
        test_env->v[i] = expected[i].v;
    }
    harness_start();
    host = tcg_temp_new_ptr();
    test_env->q[1] = unusual ? 1ull << pick(64) : 0;
    if (store) {
        tcg_gen_host_st(host, wide_address(addr), qreg[1], values, nb, MODE_TLB, 0, &range);
    } else {
        tcg_gen_host_ld(host, wide_address(addr), MODE_TLB, 0, &range);
    }
    for (unsigned i = 0; i < nb; i++) {
        if (store) {
            tcg_gen_st_vec(vreg[i], host, 16 * i);
        } else {
            expected[i] = in_ram(addr + 16 * i, 16, MO_LE);
            tcg_gen_ld_vec(vreg[i], host, 16 * i);
        }
    }
    finish_and_run();
    g_assert_cmpuint(slow_calls, ==, !(mapped && is_in_reach(addr) && !unusual));
    for (unsigned i = 0; i < TCG_HOST_VALUES; i++) {
        Value found = store && i < nb ? in_ram(addr + 16 * i, 16, MO_LE)
                                      : (Value){ .v = test_env->v[i] };

        g_assert_cmpmem(found.b, 16, expected[i].b, 16);
    }
}

/* The slow path raises an exception: globals are restored, in whatever registers they were. */
void run_failing_host_range(void)
{
    Value a = random_value(), b = random_value();
    TCGHostRange range = { slow_load, SLOW_ARGUMENT, 64 };
    const TranslationBlock *tb;
    TCGv_ptr host;

    slow_span = range.span;
    harness_unmap_all();
    test_env->v[0] = a.v;
    test_env->v[1] = b.v;
    test_env->q[2] = 5;
    harness_start();
    tcg_gen_insn_start(0x100, 0);
    host = tcg_temp_new_ptr();
    tcg_gen_xor_vec(vreg[2], vreg[0], vreg[1]);
    tcg_gen_addi_i64(qreg[2], qreg[2], 7);
    tcg_gen_host_ld(host, wide_address(HARNESS_HIGH), MODE_TLB, 0, &range);
    tcg_gen_ld_vec(vreg[2], host, 0);
    tcg_gen_movi_i64(qreg[2], 0);
    tcg_gen_exit_tb(NULL, 0);
    tb = harness_finish();
    trace = (TestTrace){ .countdown = 1 };
    g_assert_false(harness_run(tb, NULL));
    g_assert_cmpuint(trace.at_fault.q[2], ==, 12);
    for (unsigned i = 0; i < 16; i++) {
        g_assert_cmphex(((uint8_t *)&trace.at_fault.v[2])[i], ==, a.b[i] ^ b.b[i]);
    }
}

/* Of 256 bits: what it does is what its halves do; and through guest memory. */
void run_wide(void)
{
    static void (*const functions[])(unsigned, TCGv_v256, TCGv_v256, TCGv_v256) = {
#define FUNCTION(name) tcg_gen_##name##_v256,
        TCG_FOREACH_VECTOR_BINARY(FUNCTION)
    };
    static void (*const halves[])(unsigned, TCGv_vec, TCGv_vec, TCGv_vec) = {
#define HALF(name) tcg_gen_##name##_vec,
        TCG_FOREACH_VECTOR_BINARY(HALF)
    };
    unsigned n = pick(ARRAY_SIZE(functions)), vece = pick(4);
    Value in[4], result[2], stored;
    Place p = random_place();
    TCGv_v256 a, b, c, d;
    TCGv_addr addr;

    if (n >= ARRAY_SIZE(functions) - 4) {
        vece |= 2; /* floats come in two sizes */
    }
    for (unsigned i = 0; i < 4; i++) {
        in[i] = random_value();
        test_env->v[i] = in[i].v;
    }
    harness_start();
    a = tcg_temp_new_v256();
    c = tcg_temp_new_v256();
    d = tcg_temp_new_v256();
    b = (TCGv_v256){ { vreg[2], vreg[3] } };
    tcg_gen_mov_v256(a, (TCGv_v256){ { vreg[0], vreg[1] } });
    functions[n](vece, c, a, b);
    tcg_gen_bitsel_v256(d, a, b, c);
    tcg_gen_not_v256(d, d);
    tcg_gen_xor_v256(c, c, d);
    addr = address_of(&p);
    tcg_gen_qemu_st_v256(c, addr, p.mode, p.op);
    tcg_gen_qemu_ld_v256((TCGv_v256){ { vreg[0], vreg[1] } }, addr, p.mode, p.op);
    finish_and_run();
    for (unsigned i = 0; i < 2; i++) {
        stored = in_ram(p.addr + (i == !!(p.op & MO_BE) ? 0 : 16), 16, p.op);
        result[i].v = test_env->v[i];
        g_assert_cmpmem(&stored, 16, &result[i], 16);
    }
    for (unsigned i = 0; i < 2; i++) {
        test_env->v[0] = in[i].v;
        test_env->v[1] = in[2 + i].v;
        harness_start();
        halves[n](vece, vreg[2], vreg[0], vreg[1]);
        tcg_gen_bitsel_vec(vreg[3], vreg[0], vreg[1], vreg[2]);
        tcg_gen_not_vec(vreg[3], vreg[3]);
        tcg_gen_xor_vec(vreg[2], vreg[2], vreg[3]);
        finish_and_run();
        g_assert_cmpmem(&test_env->v[2], 16, &result[i], 16);
    }
}

/* The second half of a store raises an exception: the first hasn't been stored. */
void run_wide_store_that_fails(void)
{
    uint64_t page = 0x10000 + (1 + pick(8)) * TARGET_PAGE_SIZE, addr = page - 1 - pick(31);
    Value before[2] = { in_ram(addr, 16, MO_LE), in_ram(addr + 16, 16, MO_LE) }, after;
    const TranslationBlock *tb;
    MemOp op = pick(2) ? MO_BE : MO_LE;

    harness_unmap_all();
    harness_map(addr, true);
    test_env->r[0] = addr;
    test_env->v[0] = random_value().v;
    test_env->v[1] = random_value().v;
    harness_start();
    tcg_gen_insn_start(0x100, 0);
    tcg_gen_qemu_st_v256((TCGv_v256){ { vreg[0], vreg[1] } }, (TCGv_addr){ .i32 = reg[0] },
                         pick(2) ? MODE_WINDOW : MODE_TLB, op);
    tcg_gen_exit_tb(NULL, 0);
    tb = harness_finish();
    trace = (TestTrace){ .countdown = 1 };
    g_assert_false(harness_run(tb, NULL));
    for (unsigned i = 0; i < 2; i++) {
        after = in_ram(addr + 16 * i, 16, MO_LE);
        g_assert_cmpmem(&after, 16, &before[i], 16);
    }
}

void run_reverse(void)
{
    Value v = random_value(), expected = v;

    test_env->v[0] = v.v;
    test_env->h[0] = v.q[0];
    harness_start();
    tcg_gen_reverse_vec(vreg[1], vreg[0]);
    tcg_gen_reverse_vec(hreg[1], hreg[0]);
    finish_and_run();
    reverse(expected.b, 16);
    g_assert_cmpmem(&test_env->v[1], 16, expected.b, 16);
    reverse(v.b, 8);
    g_assert_cmphex(test_env->h[1], ==, v.q[0]);
}
