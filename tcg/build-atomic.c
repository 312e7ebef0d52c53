/*
 * The front end's atomic accesses to guest memory: calls of TCGRuntime.atomic.
 *
 * The address goes along as 64 bits, what is to be done as one word: MemOpIdx in the low half, then
 * TCGAtomicOp and flags. What doesn't fit into a call's arguments waits in CPUJitState.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "build.h"
#include "tcg/helper.h"

DEF_HELPER_5(atomic, i64, env, i64, i64, i64, i32)
DEF_HELPER_5(atomic_wide, i128, env, i64, i64, i64, i32)

enum {
    DESC_OP_SHIFT = 16,
    DESC_NEW = 1 << 24, /* the result is the new value */
};

/* ---- At run time ---- */

static TCGAtomic described(uint64_t addr, uint32_t desc)
{
    return (TCGAtomic){ .addr = addr, .oi = desc & 0xffff, .op = desc >> DESC_OP_SHIFT & 0xff };
}

static uintptr_t call_site(CPUArchState *env, void *return_address)
{
    uintptr_t interp_pc = env_jit(env)->interp_pc;

    return interp_pc ? interp_pc : (uintptr_t)return_address;
}

static __uint128_t perform(CPUArchState *env, TCGAtomic *a, uint32_t desc, uintptr_t site)
{
    __uint128_t old = tcg_runtime->atomic(env, a, site);

    return desc & DESC_NEW ? tcg_atomic_result(a, old) : old;
}

uint64_t helper_atomic(CPUArchState *env, uint64_t addr, uint64_t value, uint64_t expected,
                       uint32_t desc)
{
    TCGAtomic a = described(addr, desc);
    unsigned unused = 64 - 8 * memop_size(get_memop(a.oi));
    uint64_t result;

    a.size = memop_size(get_memop(a.oi));
    a.value = value;
    a.expected = expected;
    result = perform(env, &a, desc, call_site(env, __builtin_return_address(0)));
    return get_memop(a.oi) & MO_SIGN ? (uint64_t)((int64_t)(result << unused) >> unused)
                                     : result << unused >> unused;
}

static __uint128_t from_halves(uint64_t low, uint64_t high)
{
    return (__uint128_t)high << 64 | low;
}

JitVector helper_atomic_wide(CPUArchState *env, uint64_t addr, uint64_t low, uint64_t high,
                             uint32_t desc)
{
    const uint64_t *expected = env_jit(env)->atomic_expected;
    TCGAtomic a = described(addr, desc);
    __uint128_t result;

    a.size = 16;
    a.value = from_halves(low, high);
    a.expected = from_halves(expected[0], expected[1]);
    result = perform(env, &a, desc, call_site(env, __builtin_return_address(0)));
    return (JitVector){ { result, result >> 64 } };
}

/* The lower `size` bytes as a signed number. */
static __int128_t as_signed(__uint128_t value, unsigned size)
{
    unsigned unused = 128 - 8 * size;

    return (__int128_t)(value << unused) >> unused;
}

static __uint128_t as_unsigned(__uint128_t value, unsigned size)
{
    unsigned unused = 128 - 8 * size;

    return value << unused >> unused;
}

__uint128_t tcg_atomic_result(const TCGAtomic *a, __uint128_t old)
{
    __int128_t s = as_signed(old, a->size), t = as_signed(a->value, a->size);
    __uint128_t u = as_unsigned(old, a->size), v = as_unsigned(a->value, a->size);

    switch (a->op) {
    case TCG_ATOMIC_CMPXCHG:
        return u == as_unsigned(a->expected, a->size) ? v : u;
    case TCG_ATOMIC_XCHG:
        return v;
    case TCG_ATOMIC_ADD:
        return as_unsigned(u + v, a->size);
    case TCG_ATOMIC_RSUB:
        return as_unsigned(v - u, a->size);
    case TCG_ATOMIC_AND:
        return u & v;
    case TCG_ATOMIC_OR:
        return u | v;
    case TCG_ATOMIC_XOR:
        return u ^ v;
    case TCG_ATOMIC_SMIN:
        return s < t ? u : v;
    case TCG_ATOMIC_SMAX:
        return s > t ? u : v;
    case TCG_ATOMIC_UMIN:
        return MIN(u, v);
    case TCG_ATOMIC_UMAX:
        return MAX(u, v);
    }
    g_assert_not_reached();
}

/* ---- Building ---- */

static TCGv_i64 address(TCGv_addr addr, MemOp *memop)
{
    TCGv_i64 wide = addr.i64;

    if (tcg_ctx->temps[handle_temp(addr.i64)].type == TCG_TYPE_I64) {
        *memop |= MO_WIDE;
    } else {
        wide = tcg_temp_new_i64();
        tcg_gen_extu_i32_i64(wide, addr.i32);
    }
    return wide;
}

static TCGv_i32 description(TCGAtomicOp op, unsigned mmu_idx, MemOp memop, bool new)
{
    return tcg_constant_i32(make_memop_idx(memop, mmu_idx) | op << DESC_OP_SHIFT |
                            (new ? DESC_NEW : 0));
}

static void build_i64(TCGAtomicOp op, bool new, TCGv_i64 ret, TCGv_addr addr, TCGv_i64 expected,
                      TCGv_i64 value, unsigned mmu_idx, MemOp memop)
{
    TCGv_i64 wide = address(addr, &memop);

    gen_helper_atomic(ret, tcg_env, wide, value, expected,
                      description(op, mmu_idx, memop, new));
}

static void build_i32(TCGAtomicOp op, bool new, TCGv_i32 ret, TCGv_addr addr, TCGv_i32 expected,
                      TCGv_i32 value, unsigned mmu_idx, MemOp memop)
{
    TCGv_i64 e = tcg_temp_new_i64(), v = tcg_temp_new_i64();

    tcg_gen_extu_i32_i64(e, expected);
    tcg_gen_extu_i32_i64(v, value);
    build_i64(op, new, v, addr, e, v, mmu_idx, memop);
    tcg_gen_extrl_i64_i32(ret, v);
}

static void build_i128(TCGAtomicOp op, bool new, TCGv_i128 ret, TCGv_addr addr, TCGv_i128 expected,
                       TCGv_i128 value, unsigned mmu_idx, MemOp memop)
{
    TCGv_i64 wide = address(addr, &memop);

    tcg_gen_st_i64(expected.low, tcg_env, JIT_OFFSET(atomic_expected[0]));
    tcg_gen_st_i64(expected.high, tcg_env, JIT_OFFSET(atomic_expected[1]));
    gen_helper_atomic_wide(ret, tcg_env, wide, value.low, value.high,
                           description(op, mmu_idx, memop, new));
}

#define ATOMIC(name, op, new, T)                                                                   \
    void tcg_gen_atomic_##name##_##T(TCGv_##T ret, TCGv_addr addr, TCGv_##T value,                 \
                                     unsigned mmu_idx, MemOp memop)                                \
    {                                                                                              \
        build_##T(TCG_ATOMIC_##op, new, ret, addr, value, value, mmu_idx, memop);                  \
    }
#define ATOMIC_BOTH(name, op, T)                                                                   \
    ATOMIC(fetch_##name, op, false, T)                                                             \
    ATOMIC(name##_fetch, op, true, T)
#define ATOMICS(T)                                                                                 \
    void tcg_gen_atomic_cmpxchg_##T(TCGv_##T ret, TCGv_addr addr, TCGv_##T expected,               \
                                    TCGv_##T value, unsigned mmu_idx, MemOp memop)                 \
    {                                                                                              \
        build_##T(TCG_ATOMIC_CMPXCHG, false, ret, addr, expected, value, mmu_idx, memop);          \
    }                                                                                              \
    ATOMIC(xchg, XCHG, false, T)                                                                   \
    ATOMIC_BOTH(add, ADD, T)                                                                       \
    ATOMIC_BOTH(rsub, RSUB, T)                                                                     \
    ATOMIC_BOTH(and, AND, T)                                                                       \
    ATOMIC_BOTH(or, OR, T)                                                                         \
    ATOMIC_BOTH(xor, XOR, T)                                                                       \
    ATOMIC_BOTH(smin, SMIN, T)                                                                     \
    ATOMIC_BOTH(smax, SMAX, T)                                                                     \
    ATOMIC_BOTH(umin, UMIN, T)                                                                     \
    ATOMIC_BOTH(umax, UMAX, T)

ATOMICS(i32)
ATOMICS(i64)
ATOMICS(i128)
