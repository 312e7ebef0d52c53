/*
 * Helpers of the memory instructions that aren't one plain access.
 *
 * Multiple and string loads gather everything before they write a register, so that an exception in
 * the middle leaves the registers as they were.
 *
 * Reference: PEM chapter 8; MPC750UM 4.5.6 (alignment exceptions).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "target/ppc/helper.h"
#include "target/ppc/internal.h"
#include "target/ppc/mmu-hash.h"

#define CACHE_LINE 32u

static bool within_page(uint32_t ea, unsigned size)
{
    return (ea & ~TARGET_PAGE_MASK) + size <= TARGET_PAGE_SIZE;
}

/* The host address of [ea, ea + size) if it is plain RAM in one page, else NULL. May raise. */
static void *host_range(CPUPPCState *env, uint32_t ea, unsigned size, MMUAccessType access,
                        uintptr_t ra)
{
    if (!size || !within_page(ea, size)) {
        return NULL;
    }
    return probe_access(env, ea, size, access, ppc_data_mmu_idx(env->hflags), ra);
}

static void check_multiple(CPUPPCState *env, uint32_t ea, uint32_t align_mask, uintptr_t ra)
{
    if ((ea & align_mask) || (env->msr & MSR_LE)) {
        ppc_raise_data_exception(env, PPC_EXCP_ALIGN, 0, ea, ra);
    }
}

/*
 * A string that isn't aligned to words may not cross into another page, one that is may not cross
 * into another segment (750GXUM and MPC603eUM 2.3.4.3.6; 4.5.6 doesn't repeat it).
 */
static void check_string(CPUPPCState *env, uint32_t ea, uint32_t count, uintptr_t ra)
{
    uint32_t block = ea & 3 ? TARGET_PAGE_SIZE : 256 * MiB;

    if (((ea ^ (ea + count - 1)) & -block) || (env->msr & MSR_LE)) {
        ppc_raise_data_exception(env, PPC_EXCP_ALIGN, 0, ea, ra);
    }
}

void helper_ppc_lmw(CPUPPCState *env, uint32_t ea, uint32_t rt)
{
    uintptr_t ra = GETPC();
    uint32_t words[32], n = 32 - rt;
    int idx = ppc_data_mmu_idx(env->hflags);
    const void *host;

    check_multiple(env, ea, 3, ra);
    host = host_range(env, ea, n * 4, MMU_DATA_LOAD, ra);
    for (uint32_t i = 0; i < n; i++) {
        words[i] = host ? ldl_be_p((const char *)host + i * 4)
                        : cpu_ldl_be_mmuidx_ra(env, (uint32_t)(ea + i * 4), idx, ra);
    }
    memcpy(&env->gpr[rt], words, n * 4);
}

void helper_ppc_stmw(CPUPPCState *env, uint32_t ea, uint32_t rs)
{
    uintptr_t ra = GETPC();
    uint32_t n = 32 - rs;
    int idx = ppc_data_mmu_idx(env->hflags);
    void *host;

    check_multiple(env, ea, 3, ra);
    host = host_range(env, ea, n * 4, MMU_DATA_STORE, ra);
    for (uint32_t i = 0; i < n; i++) {
        if (host) {
            stl_be_p((char *)host + i * 4, env->gpr[rs + i]);
        } else {
            cpu_stl_be_mmuidx_ra(env, (uint32_t)(ea + i * 4), env->gpr[rs + i], idx, ra);
        }
    }
}

/* The part accesses strings by words, and what is left in the end by a half-word and a byte. */
static unsigned string_part(uint32_t left)
{
    return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

static MemOpIdx string_memop(CPUPPCState *env, unsigned size)
{
    return make_memop_idx(ctz32(size) | MO_BE, ppc_data_mmu_idx(env->hflags));
}

void helper_ppc_lsw(CPUPPCState *env, uint32_t ea, uint32_t rt, uint32_t count)
{
    uintptr_t ra = GETPC();
    uint8_t bytes[128 + 3] = { 0 };
    const void *host;

    if (!count) {
        return;
    }
    check_string(env, ea, count, ra);
    host = host_range(env, ea, count, MMU_DATA_LOAD, ra);
    if (host) {
        memcpy(bytes, host, count);
    }
    for (uint32_t i = 0, n; i < count && !host; i += n) {
        n = string_part(count - i);
        stl_be_p(bytes + i, cpu_ld_mmu(env, ea + i, string_memop(env, n), ra) << 8 * (4 - n));
    }
    for (uint32_t i = 0; i < count; i += 4, rt++) {
        env->gpr[rt & 31] = ldl_be_p(bytes + i);
    }
}

void helper_ppc_stsw(CPUPPCState *env, uint32_t ea, uint32_t rs, uint32_t count)
{
    uintptr_t ra = GETPC();
    uint8_t bytes[128 + 3];
    void *host;

    if (!count) {
        return;
    }
    check_string(env, ea, count, ra);
    for (uint32_t i = 0; i < count; i += 4, rs++) {
        stl_be_p(bytes + i, env->gpr[rs & 31]);
    }
    host = host_range(env, ea, count, MMU_DATA_STORE, ra);
    if (host) {
        memcpy(host, bytes, count);
        return;
    }
    for (uint32_t i = 0, n; i < count; i += n) {
        n = string_part(count - i);
        cpu_st_mmu(env, ea + i, ldl_be_p(bytes + i) >> 8 * (4 - n), string_memop(env, n), ra);
    }
}

/*
 * Little-endian mode. Memory stays big-endian: byte EA of the program is byte EA ^ 7. For an
 * aligned scalar that is the big-endian one at EA ^ (8 - size); a misaligned one, which the 750
 * takes too, is done byte by byte.
 */
static void check_little_endian(CPUPPCState *env, uint32_t ea, MemOp op, MMUAccessType access,
                                uintptr_t ra)
{
    int idx = ppc_data_mmu_idx(env->hflags);
    unsigned size = memop_size(op), first = MIN(size, -(ea | TARGET_PAGE_MASK));

    if (ea & memop_align_mask(op)) {
        ppc_raise_data_exception(env, PPC_EXCP_ALIGN, 0, ea, ra);
    }
    /* DAR is to have the program's address. */
    probe_access_rights(env, ea, first, access, idx, ra);
    if (first < size) {
        probe_access_rights(env, ea + first, size - first, access, idx, ra);
    }
}

static uint64_t sign_extended(uint64_t value, MemOp op)
{
    unsigned unused = 64 - 8 * memop_size(op);

    return op & MO_SIGN ? (uint64_t)((int64_t)(value << unused) >> unused) : value;
}

/* Bit position of the i-th byte from the lowest address, as the program sees it. */
static unsigned little_shift(MemOp op, unsigned i)
{
    return 8 * (op & MO_BE ? i : memop_size(op) - 1 - i);
}

uint64_t helper_ppc_ld_le(CPUPPCState *env, uint32_t ea, uint32_t memop)
{
    uintptr_t ra = GETPC();
    int idx = ppc_data_mmu_idx(env->hflags);
    MemOp op = memop;
    unsigned size = memop_size(op);
    uint64_t value = 0;

    check_little_endian(env, ea, op, MMU_DATA_LOAD, ra);
    if (!(ea & (size - 1))) {
        return cpu_ld_mmu(env, ea ^ (8 - size), make_memop_idx(op, idx), ra);
    }
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)cpu_ldub_mmuidx_ra(env, (ea + i) ^ 7, idx, ra) << little_shift(op, i);
    }
    return sign_extended(value, op);
}

void helper_ppc_st_le(CPUPPCState *env, uint32_t ea, uint64_t value, uint32_t memop)
{
    uintptr_t ra = GETPC();
    int idx = ppc_data_mmu_idx(env->hflags);
    MemOp op = memop;
    unsigned size = memop_size(op);

    check_little_endian(env, ea, op, MMU_DATA_STORE, ra);
    if (!(ea & (size - 1))) {
        cpu_st_mmu(env, ea ^ (8 - size), value, make_memop_idx(op, idx), ra);
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        cpu_stb_mmuidx_ra(env, (ea + i) ^ 7, value >> little_shift(op, i) & 0xff, idx, ra);
    }
}

/* The page and privilege at ea, to remember it by. */
static uint32_t page_key(CPUPPCState *env, uint32_t ea)
{
    return (ea & TARGET_PAGE_MASK) | ppc_data_mmu_idx(env->hflags);
}

/*
 * Whether the data cache takes a new line: a locked one of a 7xx does (750GXUM table 2-38), that of
 * a 74xx doesn't (MPC7400UM 3.5.3.3).
 */
static bool cache_takes_dcbz(CPUPPCState *env)
{
    uint32_t hid0 = env->spr[SPR_HID0];
    bool locked = (hid0 & HID0_DLOCK) && (ppc_family(env)->features & PPC_FEAT_DCBZ_UNLOCKED);

    return (hid0 & HID0_DCE) && !locked;
}

/*
 * An alignment exception is due where the line can't be established in the data cache, before any
 * that translation may give (MPC750UM table 4-3).
 */
static void check_dcbz(CPUPPCState *env, uint32_t ea, uintptr_t ra)
{
    int idx = ppc_data_mmu_idx(env->hflags);
    uint32_t wimg;

    if (!cache_takes_dcbz(env)) {
        ppc_raise_data_exception(env, PPC_EXCP_ALIGN, 0, ea, ra);
    }
    wimg = ppc_mapped_wimg(env, ea);
    if (wimg == ~0u) {
        /* The part's own TLB may have dropped the page, the one in front of it hasn't. */
        tlb_flush_page(ppc_env_cpu(env), ea);
        probe_access_rights(env, ea, 1, MMU_DATA_STORE, idx, ra);
        wimg = ppc_mapped_wimg(env, ea);
    }
    if (wimg & (WIMG_W | WIMG_I)) {
        ppc_raise_data_exception(env, PPC_EXCP_ALIGN, 0, ea, ra);
    }
    /* Now, so that DAR is ea, not the line's address. */
    if (probe_access(env, ea, 1, MMU_DATA_STORE, idx, ra)) {
        env->dcbz_page = page_key(env, ea);
    }
}

static void zero_line(CPUPPCState *env, uint32_t line, uintptr_t ra)
{
    int idx = ppc_data_mmu_idx(env->hflags);
    void *host;

    host = probe_access(env, line, CACHE_LINE, MMU_DATA_STORE, idx, ra);
    if (host) {
        memset(host, 0, CACHE_LINE);
        return;
    }
    for (unsigned i = 0; i < CACHE_LINE; i += 4) {
        cpu_stl_be_mmuidx_ra(env, line + i, 0, idx, ra);
    }
}

/* Generated code clears lines of the page `dcbz_page` itself. */
void helper_ppc_dcbz(CPUPPCState *env, uint32_t ea)
{
    if (!ppc_is_direct_store(env, ea)) {
        check_dcbz(env, ea, GETPC());
        zero_line(env, ea & ~(CACHE_LINE - 1), GETPC());
    }
}

void helper_ppc_dcba(CPUPPCState *env, uint32_t ea)
{
    uint32_t wimg = ppc_data_wimg(env, ea, MMU_DATA_STORE);

    if (wimg != ~0u && !(wimg & (WIMG_W | WIMG_I)) && cache_takes_dcbz(env)) {
        zero_line(env, ea & ~(CACHE_LINE - 1), GETPC());
    }
}

/*
 * Cache operations do nothing in direct-store segments (PEM 7.7.3), and are no data breakpoint's
 * business (PEM 2.3.15). Generated code does those in the page `cache_op_page` itself.
 */
void helper_ppc_cache_op(CPUPPCState *env, uint32_t ea, uint32_t access)
{
    if (!ppc_is_direct_store(env, ea)) {
        if (env->hflags & PPC_HF_DABR) {
            ppc_check_data_access(env, ea, access, GETPC());
        } else {
            probe_access_rights(env, ea, 1, access, ppc_data_mmu_idx(env->hflags), GETPC());
        }
    }
    env->cache_op_page[access] = page_key(env, ea);
}

static void check_external(CPUPPCState *env, uint32_t ea, uint32_t store, uintptr_t ra)
{
    if (!(env->spr[SPR_EAR] >> 31)) {
        ppc_raise_data_exception(env, PPC_EXCP_DSI, DSISR_EAR | store, ea, ra);
    }
    if (ea & 3) {
        ppc_raise_data_exception(env, PPC_EXCP_ALIGN, 0, ea, ra);
    }
    if (!(env->msr & MSR_DR)) {
        qemu_log_mask(LOG_GUEST_ERROR, "eciwx or ecowx without data translation: "
                                       "the physical address is undefined\n");
    }
    qemu_log_mask(LOG_UNIMP, "external control (eciwx, ecowx): done as a plain access\n");
}

uint32_t helper_ppc_eciwx(CPUPPCState *env, uint32_t ea)
{
    check_external(env, ea, 0, GETPC());
    return cpu_ldl_be_mmuidx_ra(env, ea, ppc_data_mmu_idx(env->hflags), GETPC());
}

void helper_ppc_ecowx(CPUPPCState *env, uint32_t ea, uint32_t value)
{
    check_external(env, ea, DSISR_STORE, GETPC());
    cpu_stl_be_mmuidx_ra(env, ea, value, ppc_data_mmu_idx(env->hflags), GETPC());
}
