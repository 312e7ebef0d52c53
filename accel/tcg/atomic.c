/*
 * Atomic accesses to guest memory.
 *
 * In plain RAM, where the access is aligned, the host's own compare-and-exchange does it, whatever
 * the operation and byte order: generated code and other threads see it as one. Everything else,
 * devices, guarded pages, misaligned and 128-bit accesses, is done in two steps while all other
 * CPUs stand still.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
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
    bool aligned = !(a->addr & (a->size - 1));
    void *host;

    if (!aligned && (a->addr & memop_align_mask(get_memop(a->oi)))) {
        current_cpu->tcg->ops->do_unaligned_access(current_cpu, a->addr, MMU_DATA_STORE,
                                                   get_mmuidx(a->oi), site);
    }
    if (unlikely(current_cpu->debug)) { /* it loads, too */
        debug_check_watchpoints(current_cpu, a->addr, a->size, MMU_DATA_LOAD, get_mmuidx(a->oi),
                                site);
    }
    if (aligned && a->size <= 8) {
        host = probe_access(env, a->addr, a->size, MMU_DATA_STORE, get_mmuidx(a->oi), site);
        if (host) {
            return in_ram(host, a, get_memop(a->oi) & MO_BE);
        }
    }
    return in_two_steps(env, a, site);
}
