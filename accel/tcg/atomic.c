/*
 * Atomic accesses to guest memory.
 *
 * In plain RAM, where the access is aligned, the host's own compare-and-exchange does it, whatever
 * the operation and byte order: generated code and other threads see it as one. So it does where
 * the access lies in 16 bytes that are aligned, if it can exchange as many. Everything else,
 * devices, guarded pages, other misaligned accesses, is done in two steps while all other CPUs
 * stand still.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include "internal.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/main-loop.h"

/* Between the guest's number and the host's. */
#define TO_HOST_8(v, big)  (v)
#define TO_HOST_16(v, big) ((big) ? bswap16(v) : (v))
#define TO_HOST_32(v, big) ((big) ? bswap32(v) : (v))
#define TO_HOST_64(v, big) ((big) ? bswap64(v) : (v))

#define DEFINE_IN_RAM(bits)                                                                        \
    static uint64_t in_ram_##bits(void *host, const TCGAtomic *a, bool big)                        \
    {                                                                                              \
        uint##bits##_t *p = host, found = __atomic_load_n(p, __ATOMIC_RELAXED), old, new;          \
                                                                                                   \
        do {                                                                                       \
            old = TO_HOST_##bits(found, big);                                                      \
            new = tcg_atomic_result(a, old);                                                       \
            new = TO_HOST_##bits(new, big);                                                        \
        } while (!__atomic_compare_exchange_n(p, &found, new, false, __ATOMIC_SEQ_CST,             \
                                              __ATOMIC_SEQ_CST));                                  \
        return old;                                                                                \
    }
DEFINE_IN_RAM(8)
DEFINE_IN_RAM(16)
DEFINE_IN_RAM(32)
DEFINE_IN_RAM(64)

static uint64_t in_ram(void *host, const TCGAtomic *a, bool big)
{
    static uint64_t (*const functions[])(void *, const TCGAtomic *, bool) = {
        in_ram_8, in_ram_16, in_ram_32, in_ram_64,
    };

    return functions[get_memop(a->oi) & MO_SIZE](host, a, big);
}

/* ---- Within sixteen bytes ---- */

#ifdef __x86_64__
static bool host_exchanges_quadwords(void)
{
    static gsize known; /* 1: no, 2: yes */
    unsigned eax, ebx, ecx, edx;

    if (g_once_init_enter(&known)) {
        g_once_init_leave(&known, __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_CMPXCHG16B)
                                      ? 2 : 1);
    }
    return known == 2;
}

static __attribute__((target("cx16"))) __uint128_t exchange(__uint128_t *p, __uint128_t expected,
                                                            __uint128_t new)
{
    return __sync_val_compare_and_swap(p, expected, new);
}
#else
static bool host_exchanges_quadwords(void)
{
    return false;
}

static __uint128_t exchange(__uint128_t *p, __uint128_t expected, __uint128_t new)
{
    g_assert_not_reached();
}
#endif

static __uint128_t reversed(__uint128_t v, unsigned size)
{
    __uint128_t all = (__uint128_t)bswap64(v) << 64 | bswap64(v >> 64);

    return all >> (128 - 8 * size);
}

/* The first guess may be torn; then it isn't found. */
static __uint128_t in_quadword(uint8_t *host, const TCGAtomic *a, bool big)
{
    unsigned offset = (uintptr_t)host & 15, shift = 8 * offset;
    __uint128_t *p = (__uint128_t *)(host - offset), mask = ~(__uint128_t)0 >> (128 - 8 * a->size);
    const uint64_t *half = (const uint64_t *)p;
    __uint128_t found = (__uint128_t)__atomic_load_n(half + 1, __ATOMIC_RELAXED) << 64 |
                        __atomic_load_n(half, __ATOMIC_RELAXED);
    __uint128_t guess, old, new;

    do {
        guess = found;
        old = guess >> shift & mask;
        new = tcg_atomic_result(a, big ? reversed(old, a->size) : old);
        new = big ? reversed(new, a->size) : new;
        found = exchange(p, guess, (guess & ~(mask << shift)) | new << shift);
    } while (found != guess);
    return big ? reversed(old, a->size) : old;
}

static bool is_in_quadword(const TCGAtomic *a)
{
    return (a->addr & 15) + a->size <= 16 && host_exchanges_quadwords();
}

/* ---- In two steps ---- */

/* One of the (up to two) parts of the access, without its sign. */
static MemOpIdx part_memop(const TCGAtomic *a)
{
    MemOp op = get_memop(a->oi) & ~(MO_SIGN | MO_SIZE);

    return make_memop_idx(op | ctz32(MIN(a->size, 8)), get_mmuidx(a->oi));
}

static __uint128_t load(CPUArchState *env, const TCGAtomic *a, uintptr_t site)
{
    bool big = get_memop(a->oi) & MO_BE;
    uint64_t first = cpu_ld_mmu(env, a->addr, part_memop(a), site), second;

    if (a->size <= 8) {
        return first;
    }
    second = cpu_ld_mmu(env, a->addr + 8, part_memop(a), site);
    return big ? (__uint128_t)first << 64 | second : (__uint128_t)second << 64 | first;
}

static void store(CPUArchState *env, const TCGAtomic *a, __uint128_t value, uintptr_t site)
{
    bool big = get_memop(a->oi) & MO_BE;

    if (a->size <= 8) {
        cpu_st_mmu(env, a->addr, value, part_memop(a), site);
        return;
    }
    cpu_st_mmu(env, a->addr, big ? value >> 64 : value, part_memop(a), site);
    cpu_st_mmu(env, a->addr + 8, big ? value : value >> 64, part_memop(a), site);
}

/*
 * The right to store is looked for first, so that nothing is read from a device by an instruction
 * that raises an exception. Exceptions let go of the lock.
 */
static __uint128_t in_two_steps(CPUArchState *env, const TCGAtomic *a, uintptr_t site)
{
    unsigned mmu_idx = get_mmuidx(a->oi);
    bool take = !bql_locked();
    __uint128_t old;

    if (take) {
        bql_lock();
    }
    exclusive_begin();
    probe_access_rights(env, a->addr, 1, MMU_DATA_STORE, mmu_idx, site);
    probe_access_rights(env, a->addr + a->size - 1, 1, MMU_DATA_STORE, mmu_idx, site);
    old = load(env, a, site);
    store(env, a, tcg_atomic_result(a, old), site);
    if (take) {
        bql_unlock();
    }
    return old;
}

__uint128_t tcg_atomic(CPUArchState *env, const TCGAtomic *a, uintptr_t site)
{
    bool is_part = a->size <= 8 && !(a->addr & (a->size - 1));
    bool big = get_memop(a->oi) & MO_BE;
    void *host;

    tcg_check_alignment(current_cpu, a->addr, get_memop(a->oi) | (a->size == 16 ? MO_PAIR : 0),
                        MMU_DATA_STORE, get_mmuidx(a->oi), site);
    if (unlikely(current_cpu->debug)) { /* it loads, too */
        debug_check_watchpoints(current_cpu, a->addr, a->size, MMU_DATA_LOAD, get_mmuidx(a->oi),
                                site);
    }
    if (is_part || is_in_quadword(a)) {
        host = probe_access(env, a->addr, a->size, MMU_DATA_STORE, get_mmuidx(a->oi), site);
        if (host) {
            return is_part ? in_ram(host, a, big) : in_quadword(host, a, big);
        }
    }
    return in_two_steps(env, a, site);
}
