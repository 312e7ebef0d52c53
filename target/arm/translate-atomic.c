/*
 * Arm translator: atomic read-modify-write (FEAT_LSE), limited ordering (FEAT_LOR), acquire by
 * processor consistency (FEAT_LRCPC, FEAT_LRCPC2).
 *
 * Every atomic access is in one order for all CPUs, which is more than acquire and release ask for.
 * Loads that acquire by processor consistency may pass earlier stores, as loads of the host do.
 *
 * Reference: DDI 0487, B2.3.11, C3.2.8 to C3.2.14 and C6.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate.h"

/* ---- Read, modify, write ---- */

typedef void AtomicOp(TCGv_i64 ret, TCGv_addr addr, TCGv_i64 value, unsigned mmu_idx, MemOp op);

/* What loads and stores fails as a load, for tags: that fails first. */
static bool gen_modify(DisasContext *ctx, const arg_LDADD *a, AtomicOp *op, bool inverted)
{
    TCGv_i64 address = a64_atomic_address(ctx, a->rns, a->size, false), value = a64_x(a->rs);
    TCGv_i64 old = tcg_temp_new_i64();

    if (inverted) {
        value = tcg_temp_new_i64();
        tcg_gen_not_i64(value, a64_x(a->rs));
    }
    op(old, address, value, ctx->mmu_idx, a64_atomic_access(ctx, a->size));
    a64_write_x(a->rt, old, true);
    return true;
}

#define MODIFY(name, op, inverted)                                                                 \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return gen_modify(ctx, a, tcg_gen_atomic_##op##_i64, inverted);                            \
    }
MODIFY(LDADD, fetch_add, false)
MODIFY(LDCLR, fetch_and, true)
MODIFY(LDEOR, fetch_xor, false)
MODIFY(LDSET, fetch_or, false)
MODIFY(LDSMAX, fetch_smax, false)
MODIFY(LDSMIN, fetch_smin, false)
MODIFY(LDUMAX, fetch_umax, false)
MODIFY(LDUMIN, fetch_umin, false)
MODIFY(SWP, xchg, false)

/* ---- Compare and swap ---- */

bool a64_CAS(DisasContext *ctx, const arg_CAS *a)
{
    TCGv_i64 address = a64_atomic_address(ctx, a->rns, a->size, false), old = tcg_temp_new_i64();

    tcg_gen_atomic_cmpxchg_i64(old, address, a64_x(a->rs), a64_x(a->rt), ctx->mmu_idx,
                               a64_atomic_access(ctx, a->size));
    a64_write_x(a->rs, old, true);
    return true;
}

/* Two words are one doubleword, whose lower half in memory is the first register. */
static void gen_swap_words(DisasContext *ctx, const arg_CASP *a, TCGv_i64 address)
{
    bool big = ctx->byte_order & MO_BE;
    unsigned low = big, high = !big; /* of a pair from x30 on one of them is xzr */
    TCGv_i64 expected = tcg_temp_new_i64(), value = tcg_temp_new_i64(), old = tcg_temp_new_i64();

    tcg_gen_deposit_i64(expected, a64_x(a->rs + low), a64_x(a->rs + high), 32, 32);
    tcg_gen_deposit_i64(value, a64_x(a->rt + low), a64_x(a->rt + high), 32, 32);
    tcg_gen_atomic_cmpxchg_i64(old, address, expected, value, ctx->mmu_idx,
                               MO_64 | ctx->byte_order | MO_ALIGN);
    a64_write_x(a->rs + low, old, false);
    tcg_gen_shri_i64(old, old, 32);
    a64_write_x(a->rs + high, old, true);
}

static TCGv_i64 as_in_memory(DisasContext *ctx, unsigned n)
{
    TCGv_i64 t = a64_copy(a64_x(n));

    if (ctx->byte_order & MO_BE) {
        tcg_gen_bswap64_i64(t, t);
    }
    return t;
}

static void gen_swap_doublewords(DisasContext *ctx, const arg_CASP *a, TCGv_i64 address)
{
    TCGv_i128 expected = { as_in_memory(ctx, a->rs), as_in_memory(ctx, a->rs + 1) };
    TCGv_i128 value = { as_in_memory(ctx, a->rt), as_in_memory(ctx, a->rt + 1) };
    TCGv_i128 old = tcg_temp_new_i128();

    tcg_gen_atomic_cmpxchg_i128(old, address, expected, value, ctx->mmu_idx, MO_LE | MO_ALIGN);
    if (ctx->byte_order & MO_BE) {
        tcg_gen_bswap64_i64(old.low, old.low);
        tcg_gen_bswap64_i64(old.high, old.high);
    }
    a64_write_x(a->rs, old.low, true);
    a64_write_x(a->rs + 1, old.high, true);
}

bool a64_CASP(DisasContext *ctx, const arg_CASP *a)
{
    TCGv_i64 address;

    if ((a->rs | a->rt) & 1) {
        return false;
    }
    address = a64_atomic_address(ctx, a->rns, a->sz ? 4 : MO_64, false);
    (a->sz ? gen_swap_doublewords : gen_swap_words)(ctx, a, address);
    return true;
}

/* ---- Ordered loads and stores ---- */

static bool gen_load_acquire(DisasContext *ctx, unsigned rt, TCGv_i64 address, MemOp op, bool wide)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_qemu_ld_i64(t, address, ctx->mmu_idx, a64_ordered_access(ctx, op));
    tcg_gen_mb(TCG_MO_LD_LD | TCG_MO_LD_ST | TCG_BAR_LDAQ);
    a64_write_x(rt, t, wide);
    return true;
}

static bool gen_store_release(DisasContext *ctx, unsigned rt, TCGv_i64 address, MemOp op)
{
    tcg_gen_mb(TCG_MO_LD_ST | TCG_MO_ST_ST | TCG_BAR_STRL);
    tcg_gen_qemu_st_i64(a64_x(rt), address, ctx->mmu_idx, a64_ordered_access(ctx, op));
    return true;
}

bool a64_LDLAR(DisasContext *ctx, const arg_LDLAR *a)
{
    return gen_load_acquire(ctx, a->rt, a64_ordered_address(ctx, a->rns, a->size, false), a->size, true);
}

bool a64_STLLR(DisasContext *ctx, const arg_STLLR *a)
{
    return gen_store_release(ctx, a->rt, a64_ordered_address(ctx, a->rns, a->size, true), a->size);
}

bool a64_LDAPR(DisasContext *ctx, const arg_LDAPR *a)
{
    return gen_load_acquire(ctx, a->rt, a64_ordered_address(ctx, a->rns, a->size, false), a->size, true);
}

static TCGv_i64 displaced_address(DisasContext *ctx, const arg_LDAPUR *a, bool store)
{
    return a64_checked(ctx, a64_displaced(a64_base(ctx, a->rns), a->imm),
                       (TagCheck){ a->size, 1, a->rns == 31, store, a64_ordered_is_aligned(ctx) });
}

bool a64_LDAPUR(DisasContext *ctx, const arg_LDAPUR *a)
{
    return gen_load_acquire(ctx, a->rt, displaced_address(ctx, a, false), a->size, true);
}

bool a64_LDAPURSX(DisasContext *ctx, const arg_LDAPURSX *a)
{
    return a->size < MO_64 &&
           gen_load_acquire(ctx, a->rt, displaced_address(ctx, (const arg_LDAPUR *)a, false),
                            a->size | MO_SIGN, true);
}

bool a64_LDAPURSW(DisasContext *ctx, const arg_LDAPURSW *a)
{
    return a->size < MO_32 &&
           gen_load_acquire(ctx, a->rt, displaced_address(ctx, (const arg_LDAPUR *)a, false),
                            a->size | MO_SIGN, false);
}

/* A load-acquire (LDAR) behind it waits for it. */
bool a64_STLUR(DisasContext *ctx, const arg_STLUR *a)
{
    gen_store_release(ctx, a->rt, displaced_address(ctx, (const arg_LDAPUR *)a, true), a->size);
    tcg_gen_mb(TCG_MO_ST_LD | TCG_BAR_SC);
    return true;
}
