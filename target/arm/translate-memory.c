/*
 * Arm translator: loads and stores of general registers, exclusives, acquire and release.
 *
 * Exclusives: a load remembers address and value, and the store is a compare-and-exchange with that
 * value. A store by another CPU that puts the same value back (A, B, A) isn't noticed.
 *
 * Ordering: acquire and release instructions are followed and preceded by barriers; what the host
 * orders by itself costs nothing.
 *
 * Reference: DDI 0487, C3.2, C6.2, B2.3 and B2.9.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate.h"

/* ---- Addresses ---- */

TCGv_i64 a64_base(DisasContext *ctx, unsigned rns)
{
    TCGv_i64 low;
    TCGLabel *aligned;

    if (rns == 31 && ctx->stack_align) {
        low = tcg_temp_new_i64();
        aligned = gen_new_label();
        tcg_gen_andi_i64(low, cpu_x[31], 15);
        tcg_gen_brcondi_i64(TCG_COND_EQ, low, 0, aligned);
        gen_helper_arm_raise(tcg_env, tcg_constant_i32(arm_esr(EC_SP_ALIGN, 0)));
        gen_set_label(aligned);
    }
    return cpu_x[rns];
}

TCGv_i64 a64_extended(unsigned rm, unsigned option, unsigned shift)
{
    static void (*const extensions[])(TCGv_i64 ret, TCGv_i64 a) = {
        tcg_gen_ext8u_i64, tcg_gen_ext16u_i64, tcg_gen_ext32u_i64, tcg_gen_mov_i64,
        tcg_gen_ext8s_i64, tcg_gen_ext16s_i64, tcg_gen_ext32s_i64, tcg_gen_mov_i64,
    };
    TCGv_i64 t = tcg_temp_new_i64();

    extensions[option](t, a64_x(rm));
    tcg_gen_shli_i64(t, t, shift);
    return t;
}

TCGv_i64 a64_displaced(TCGv_i64 base, int64_t offset)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_addi_i64(t, base, offset);
    return t;
}

TCGv_i64 a64_indexed_address(DisasContext *ctx, unsigned rns, int64_t offset, unsigned mode,
                             TCGv_i64 *after)
{
    TCGv_i64 base = a64_base(ctx, rns), moved = a64_displaced(base, offset);

    *after = mode == INDEX_AFTER || mode == INDEX_BEFORE ? moved : NULL;
    return mode == INDEX_AFTER ? a64_copy(base) : moved;
}

void a64_write_back(unsigned rns, TCGv_i64 after)
{
    if (after) {
        tcg_gen_mov_i64(cpu_x[rns], after);
    }
}

/* ---- One register ---- */

typedef enum Extension { ZERO, SIGN_64, SIGN_32 } Extension;

/* `trusted`: as the program itself may; else as EL0 would (LDTR, STTR). */
static unsigned access_mode(const DisasContext *ctx, bool trusted)
{
    static const uint8_t users[] = {
        [ARM_MMU_EL0] = ARM_MMU_EL0,
        [ARM_MMU_EL1] = ARM_MMU_EL0,
        [ARM_MMU_OFF] = ARM_MMU_OFF,
        [ARM_MMU_GUEST_EL0] = ARM_MMU_GUEST_EL0,
        [ARM_MMU_GUEST_EL1] = ARM_MMU_GUEST_EL0,
        [ARM_MMU_HOST_EL0] = ARM_MMU_HOST_EL0,
        [ARM_MMU_EL2] = ARM_MMU_EL2,
        [ARM_MMU_EL3] = ARM_MMU_EL3,
        [ARM_MMU_EL1_PAN] = ARM_MMU_EL0,
        [ARM_MMU_GUEST_EL1_PAN] = ARM_MMU_GUEST_EL0,
        [ARM_MMU_EL2_PAN] = ARM_MMU_EL2,
    };

    return trusted || (ctx->hflags & ARM_HF_UAO) ? ctx->mmu_idx
           : ctx->hflags & ARM_HF_HOST           ? ARM_MMU_HOST_EL0
                                                 : users[ctx->mmu_idx];
}

static void gen_load(DisasContext *ctx, unsigned rt, TCGv_i64 address, unsigned mode, MemOp op,
                     Extension extension)
{
    TCGv_i64 t = tcg_temp_new_i64();

    op |= ctx->byte_order | (extension == ZERO ? 0 : MO_SIGN);
    tcg_gen_qemu_ld_i64(t, address, mode, op);
    a64_write_x(rt, t, extension != SIGN_32);
}

static void gen_store(DisasContext *ctx, unsigned rt, TCGv_i64 address, unsigned mode, MemOp op)
{
    tcg_gen_qemu_st_i64(a64_x(rt), address, mode, op | ctx->byte_order);
}

/* The forms of a load that signs: which sizes there are; a sign-extending doubleword is a prefetch.
 */
static bool extends(Extension extension, unsigned size)
{
    return extension == ZERO || (extension == SIGN_64 ? size < MO_64 : size < MO_32);
}

static bool is_prefetch(Extension extension, unsigned size)
{
    return extension == SIGN_64 && size == MO_64;
}

/* The three loads of an addressing mode. */
#define LOAD(name, gen, extension)                                                                 \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return gen(ctx, a, extension);                                                             \
    }
#define LOADS(mode, gen)                                                                           \
    LOAD(LDR_##mode, gen, ZERO)                                                                    \
    LOAD(LDRSX_##mode, gen, SIGN_64)                                                               \
    LOAD(LDRSW_##mode, gen, SIGN_32)

static TCGv_i64 unsigned_offset_address(DisasContext *ctx, const arg_STR_U *a, bool store)
{
    TCGv_i64 address = a64_displaced(a64_base(ctx, a->rns), (int64_t)a->imm << a->size);

    return a64_checked(ctx, address, (TagCheck){ a->size, 1, a->rns == 31, store });
}

static bool gen_load_unsigned_offset(DisasContext *ctx, const arg_LDR_U *a, Extension extension)
{
    if (is_prefetch(extension, a->size)) {
        return true;
    }
    if (!extends(extension, a->size)) {
        return false;
    }
    gen_load(ctx, a->rt, unsigned_offset_address(ctx, (const arg_STR_U *)a, false), ctx->mmu_idx,
             a->size | stack_hint(a->rns), extension);
    return true;
}

LOADS(U, gen_load_unsigned_offset)

bool a64_STR_U(DisasContext *ctx, const arg_STR_U *a)
{
    gen_store(ctx, a->rt, unsigned_offset_address(ctx, a, true), ctx->mmu_idx,
              a->size | stack_hint(a->rns));
    return true;
}

static bool gen_load_nine(DisasContext *ctx, const arg_LDR_9 *a, Extension extension)
{
    TCGv_i64 address, after;
    unsigned mode;

    if (is_prefetch(extension, a->size)) {
        return a->mode == INDEX_NONE;
    }
    if (!extends(extension, a->size)) {
        return false;
    }
    mode = access_mode(ctx, a->mode != INDEX_UNPRIVILEGED);
    address = a64_indexed_address(ctx, a->rns, a->imm, a->mode, &after);
    address = a64_checked_as(ctx, address, (TagCheck){ a->size, 1, a->rns == 31 && !after }, mode);
    gen_load(ctx, a->rt, address, mode, a->size | stack_hint(a->rns), extension);
    a64_write_back(a->rns, after);
    return true;
}

LOADS(9, gen_load_nine)

bool a64_STR_9(DisasContext *ctx, const arg_STR_9 *a)
{
    TCGv_i64 after, address = a64_indexed_address(ctx, a->rns, a->imm, a->mode, &after);
    unsigned mode = access_mode(ctx, a->mode != INDEX_UNPRIVILEGED);

    address = a64_checked_as(ctx, address, (TagCheck){ a->size, 1, a->rns == 31 && !after, true },
                             mode);
    gen_store(ctx, a->rt, address, mode, a->size | stack_hint(a->rns));
    a64_write_back(a->rns, after);
    return true;
}

/* Only words and doublewords are index registers. */
static bool bad_index(unsigned option)
{
    return !(option & 2);
}

static TCGv_i64 gen_register_offset(DisasContext *ctx, const arg_LDR_O *a, bool store)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_add_i64(t, a64_base(ctx, a->rns), a64_extended(a->rm, a->option, a->s ? a->size : 0));
    return a64_checked(ctx, t, (TagCheck){ a->size, 1, false, store });
}

static bool gen_load_register_offset(DisasContext *ctx, const arg_LDR_O *a, Extension extension)
{
    if (bad_index(a->option)) {
        return false;
    }
    if (is_prefetch(extension, a->size)) {
        return true;
    }
    if (!extends(extension, a->size)) {
        return false;
    }
    gen_load(ctx, a->rt, gen_register_offset(ctx, a, false), ctx->mmu_idx, a->size, extension);
    return true;
}

LOADS(O, gen_load_register_offset)

bool a64_STR_O(DisasContext *ctx, const arg_STR_O *a)
{
    if (bad_index(a->option)) {
        return false;
    }
    gen_store(ctx, a->rt, gen_register_offset(ctx, (const arg_LDR_O *)a, true), ctx->mmu_idx, a->size);
    return true;
}

enum { LITERAL_WORD, LITERAL_DOUBLEWORD, LITERAL_SIGNED_WORD, LITERAL_PREFETCH };

bool a64_LDR_L(DisasContext *ctx, const arg_LDR_L *a)
{
    if (a->opc != LITERAL_PREFETCH) {
        gen_load(ctx, a->rt, tcg_constant_i64(ctx->pc + a->imm), ctx->mmu_idx,
                 a->opc == LITERAL_DOUBLEWORD ? MO_64 : MO_32,
                 a->opc == LITERAL_SIGNED_WORD ? SIGN_64 : ZERO);
    }
    return true;
}

/* ---- Pairs ---- */

enum { PAIR_WORDS, PAIR_SIGNED_WORDS, PAIR_DOUBLEWORDS };

/*
 * FEAT_LSE2: the two are one access if they lie in 16 aligned bytes. Doublewords are as a vector
 * then; but where SCTLR.A has them aligned to 8, that is looked at before.
 */
static TCGv_vec new_pair(DisasContext *ctx, TCGv_i64 address, bool store)
{
    TCGLabel *aligned = gen_new_label();
    TCGv_i64 low = tcg_temp_new_i64();

    if (ctx->byte_order & MO_ALIGN) {
        tcg_gen_andi_i64(low, address, 7);
        tcg_gen_brcondi_i64(TCG_COND_EQ, low, 0, aligned);
        gen_helper_arm_unaligned(tcg_env, address, tcg_constant_i32(store));
    }
    gen_set_label(aligned);
    return tcg_temp_new_vec(TCG_TYPE_V128);
}

/* Words as one doubleword, whose lower half is the first register in little-endian memory. */
static MemOp words_access(MemOp op)
{
    return (op & ~(MO_SIZE | MO_ALIGN)) | MO_64 | (op & MO_ALIGN ? MO_ALIGN_4 : 0);
}

static void gen_load_words(DisasContext *ctx, TCGv_i64 address, MemOp op, TCGv_i64 first,
                           TCGv_i64 second)
{
    bool big = op & MO_BE;
    TCGv_i64 both = tcg_temp_new_i64(), low = big ? second : first, high = big ? first : second;

    tcg_gen_qemu_ld_i64(both, address, ctx->mmu_idx, words_access(op & ~MO_SIGN));
    if (op & MO_SIGN) {
        tcg_gen_ext32s_i64(low, both);
        tcg_gen_sari_i64(high, both, 32);
    } else {
        tcg_gen_ext32u_i64(low, both);
        tcg_gen_shri_i64(high, both, 32);
    }
}

static void gen_load_doublewords(DisasContext *ctx, TCGv_i64 address, MemOp op, TCGv_i64 first,
                                 TCGv_i64 second)
{
    TCGv_vec both = new_pair(ctx, address, false);

    tcg_gen_qemu_ld_vec(both, address, ctx->mmu_idx, op & MO_STACK);
    tcg_gen_extract_vec(MO_64, first, both, 0);
    tcg_gen_extract_vec(MO_64, second, both, 1);
    if (op & MO_BE) {
        tcg_gen_bswap64_i64(first, first);
        tcg_gen_bswap64_i64(second, second);
    }
}

static void gen_store_words(DisasContext *ctx, TCGv_i64 address, MemOp op, TCGv_i64 first,
                            TCGv_i64 second)
{
    bool big = op & MO_BE;
    TCGv_i64 both = tcg_temp_new_i64();

    tcg_gen_deposit_i64(both, big ? second : first, big ? first : second, 32, 32);
    tcg_gen_qemu_st_i64(both, address, ctx->mmu_idx, words_access(op));
}

static void gen_store_doublewords(DisasContext *ctx, TCGv_i64 address, MemOp op, TCGv_i64 first,
                                  TCGv_i64 second)
{
    TCGv_vec both = new_pair(ctx, address, true);

    if (op & MO_BE) {
        TCGv_i64 low = tcg_temp_new_i64(), high = tcg_temp_new_i64();

        tcg_gen_bswap64_i64(low, first);
        tcg_gen_bswap64_i64(high, second);
        first = low;
        second = high;
    }
    tcg_gen_concat_i64_vec(both, first, second);
    tcg_gen_qemu_st_vec(both, address, ctx->mmu_idx, op & MO_STACK);
}

bool a64_LDP(DisasContext *ctx, const arg_LDP *a)
{
    MemOp size = a->opc == PAIR_DOUBLEWORDS ? MO_64 : MO_32;
    MemOp op = size | ctx->byte_order | stack_hint(a->rns);
    TCGv_i64 first = tcg_temp_new_i64(), second = tcg_temp_new_i64(), address, after;

    if (a->opc > PAIR_DOUBLEWORDS || (a->opc == PAIR_SIGNED_WORDS && a->mode == INDEX_NONE)) {
        return false;
    }
    op |= a->opc == PAIR_SIGNED_WORDS ? MO_SIGN : 0;
    address = a64_indexed_address(ctx, a->rns, (int64_t)a->imm << size, a->mode, &after);
    address = a64_checked(ctx, address, (TagCheck){ size, 2, a->rns == 31 && !after });
    if (ctx->pairs_at_once) {
        (size == MO_64 ? gen_load_doublewords : gen_load_words)(ctx, address, op, first, second);
    } else {
        tcg_gen_qemu_ld_i64(first, address, ctx->mmu_idx, op);
        tcg_gen_qemu_ld_i64(second, a64_displaced(address, 1 << size), ctx->mmu_idx, op);
    }
    a64_write_x(a->rt, first, true);
    a64_write_x(a->rt2, second, true);
    a64_write_back(a->rns, after);
    return true;
}

/* If the second of two stores faults the first one has happened; the manual leaves that open. */
bool a64_STP(DisasContext *ctx, const arg_STP *a)
{
    MemOp size = a->opc == PAIR_DOUBLEWORDS ? MO_64 : MO_32;
    MemOp op = size | ctx->byte_order | stack_hint(a->rns);
    TCGv_i64 address, after;

    if (a->opc != PAIR_WORDS && a->opc != PAIR_DOUBLEWORDS) {
        return false;
    }
    address = a64_indexed_address(ctx, a->rns, (int64_t)a->imm << size, a->mode, &after);
    address = a64_checked(ctx, address, (TagCheck){ size, 2, a->rns == 31 && !after, true });
    if (ctx->pairs_at_once) {
        (size == MO_64 ? gen_store_doublewords : gen_store_words)(ctx, address, op, a64_x(a->rt),
                                                                  a64_x(a->rt2));
    } else {
        tcg_gen_qemu_st_i64(a64_x(a->rt), address, ctx->mmu_idx, op);
        tcg_gen_qemu_st_i64(a64_x(a->rt2), a64_displaced(address, 1 << size), ctx->mmu_idx, op);
    }
    a64_write_back(a->rns, after);
    return true;
}

/* ---- Acquire and release ---- */

MemOp a64_ordered_access(DisasContext *ctx, MemOp op)
{
    return op | ctx->byte_order | (a64_ordered_is_aligned(ctx) ? MO_ALIGN : 0);
}

MemOp a64_atomic_access(DisasContext *ctx, MemOp op)
{
    return op | ctx->byte_order | MO_ALIGN;
}

TCGv_i64 a64_ordered_address(DisasContext *ctx, unsigned rns, unsigned size, bool store)
{
    return a64_checked(ctx, a64_copy(a64_base(ctx, rns)),
                       (TagCheck){ size, 1, rns == 31, store, a64_ordered_is_aligned(ctx) });
}

TCGv_i64 a64_atomic_address(DisasContext *ctx, unsigned rns, unsigned size, bool store)
{
    return a64_checked(ctx, a64_copy(a64_base(ctx, rns)),
                       (TagCheck){ size, 1, rns == 31, store, .ordered = true });
}

/* What follows an acquire isn't done before it; nothing before a release is done after it. */
static void gen_acquire(void)
{
    tcg_gen_mb(TCG_MO_LD_LD | TCG_MO_LD_ST | TCG_BAR_LDAQ);
}

static void gen_release(void)
{
    tcg_gen_mb(TCG_MO_LD_ST | TCG_MO_ST_ST | TCG_BAR_STRL);
}

bool a64_LDAR(DisasContext *ctx, const arg_LDAR *a)
{
    gen_load(ctx, a->rt, a64_ordered_address(ctx, a->rns, a->size, false), ctx->mmu_idx,
             a64_ordered_access(ctx, a->size), ZERO);
    gen_acquire();
    return true;
}

/* A load-acquire isn't done before an earlier store-release either (B2.3.11): a full barrier. */
bool a64_STLR(DisasContext *ctx, const arg_STLR *a)
{
    gen_release();
    gen_store(ctx, a->rt, a64_ordered_address(ctx, a->rns, a->size, true), ctx->mmu_idx,
              a64_ordered_access(ctx, a->size));
    tcg_gen_mb(TCG_MO_ST_LD | TCG_BAR_SC);
    return true;
}

/* ---- Exclusives ---- */

bool a64_CLREX(DisasContext *ctx, const arg_CLREX *a)
{
    tcg_gen_movi_i64(cpu_exclusive_address, ARM_NO_ADDRESS);
    return true;
}

bool a64_LDXR(DisasContext *ctx, const arg_LDXR *a)
{
    TCGv_i64 address = a64_atomic_address(ctx, a->rns, a->size, false), t = tcg_temp_new_i64();

    tcg_gen_qemu_ld_i64(t, address, ctx->mmu_idx, a->size | ctx->byte_order | MO_ALIGN);
    tcg_gen_mov_i64(cpu_exclusive_value[0], t);
    tcg_gen_mov_i64(cpu_exclusive_address, address);
    a64_write_x(a->rt, t, true);
    if (a->o0) {
        gen_acquire();
    }
    return true;
}

/* The first register's word is the lower one in a doubleword of memory, or the upper one. */
static void gen_split_words(DisasContext *ctx, TCGv_i64 both, TCGv_i64 first, TCGv_i64 second)
{
    bool big = ctx->byte_order & MO_BE;

    tcg_gen_ext32u_i64(big ? second : first, both);
    tcg_gen_shri_i64(big ? first : second, both, 32);
}

enum { SIZE_PAIR = 4 }; /* of doublewords */

bool a64_LDXP(DisasContext *ctx, const arg_LDXP *a)
{
    TCGv_i64 address = a64_atomic_address(ctx, a->rns, a->sz ? SIZE_PAIR : MO_64, false);
    TCGv_i64 first = tcg_temp_new_i64(), second = tcg_temp_new_i64();

    if (a->sz) {
        TCGv_vec both = tcg_temp_new_vec(TCG_TYPE_V128);

        tcg_gen_qemu_ld_vec(both, address, ctx->mmu_idx, MO_LE | MO_ALIGN);
        tcg_gen_extract_vec(MO_64, first, both, 0);
        tcg_gen_extract_vec(MO_64, second, both, 1);
        tcg_gen_mov_i64(cpu_exclusive_value[0], first); /* as they lie in memory */
        tcg_gen_mov_i64(cpu_exclusive_value[1], second);
        if (ctx->byte_order & MO_BE) {
            tcg_gen_bswap64_i64(first, first);
            tcg_gen_bswap64_i64(second, second);
        }
    } else {
        TCGv_i64 both = tcg_temp_new_i64();

        tcg_gen_qemu_ld_i64(both, address, ctx->mmu_idx, MO_64 | ctx->byte_order | MO_ALIGN);
        tcg_gen_mov_i64(cpu_exclusive_value[0], both);
        gen_split_words(ctx, both, first, second);
    }
    tcg_gen_mov_i64(cpu_exclusive_address, address);
    a64_write_x(a->rt, first, true);
    a64_write_x(a->rt2, second, true);
    if (a->o0) {
        gen_acquire();
    }
    return true;
}

/* rs = 0 and the store, if `gen` finds the value that was loaded; 1 otherwise. The monitor is open
 * then. */
static void gen_store_exclusive(DisasContext *ctx, unsigned rns, unsigned size, unsigned rs,
                                TCGv_i64 failed,
                                void (*gen)(DisasContext *, TCGv_i64 address, TCGv_i64 failed,
                                            const void *arg), const void *arg)
{
    TCGv_i64 address = a64_atomic_address(ctx, rns, size, true);
    TCGLabel *done = gen_new_label();

    tcg_gen_movi_i64(failed, 1);
    tcg_gen_brcond_i64(TCG_COND_NE, address, cpu_exclusive_address, done);
    gen(ctx, address, failed, arg);
    gen_set_label(done);
    tcg_gen_movi_i64(cpu_exclusive_address, ARM_NO_ADDRESS);
    a64_write_x(rs, failed, true);
}

static void gen_exchange_one(DisasContext *ctx, TCGv_i64 address, TCGv_i64 failed, const void *arg)
{
    const arg_STXR *a = arg;
    TCGv_i64 found = tcg_temp_new_i64();

    tcg_gen_atomic_cmpxchg_i64(found, address, cpu_exclusive_value[0], a64_x(a->rt), ctx->mmu_idx,
                               a->size | ctx->byte_order | MO_ALIGN);
    tcg_gen_setcond_i64(TCG_COND_NE, failed, found, cpu_exclusive_value[0]);
}

bool a64_STXR(DisasContext *ctx, const arg_STXR *a)
{
    gen_store_exclusive(ctx, a->rns, a->size, a->rs, tcg_temp_new_i64(), gen_exchange_one, a);
    return true;
}

static void gen_exchange_words(DisasContext *ctx, TCGv_i64 address, TCGv_i64 failed,
                               const void *arg)
{
    const arg_STXP *a = arg;
    bool big = ctx->byte_order & MO_BE;
    TCGv_i64 found = tcg_temp_new_i64(), both = tcg_temp_new_i64();

    tcg_gen_deposit_i64(both, a64_x(big ? a->rt2 : a->rt), a64_x(big ? a->rt : a->rt2), 32, 32);
    tcg_gen_atomic_cmpxchg_i64(found, address, cpu_exclusive_value[0], both, ctx->mmu_idx,
                               MO_64 | ctx->byte_order | MO_ALIGN);
    tcg_gen_setcond_i64(TCG_COND_NE, failed, found, cpu_exclusive_value[0]);
}

static void gen_exchange_doublewords(DisasContext *ctx, TCGv_i64 address, TCGv_i64 failed,
                                     const void *arg)
{
    const arg_STXP *a = arg;
    TCGv_i128 found = tcg_temp_new_i128();
    TCGv_i128 expected = { cpu_exclusive_value[0], cpu_exclusive_value[1] };
    TCGv_i128 value = { a64_x(a->rt), a64_x(a->rt2) };

    if (ctx->byte_order & MO_BE) {
        value = (TCGv_i128){ tcg_temp_new_i64(), tcg_temp_new_i64() };
        tcg_gen_bswap64_i64(value.low, a64_x(a->rt));
        tcg_gen_bswap64_i64(value.high, a64_x(a->rt2));
    }
    tcg_gen_atomic_cmpxchg_i128(found, address, expected, value, ctx->mmu_idx, MO_LE | MO_ALIGN);
    tcg_gen_xor_i64(found.low, found.low, expected.low);
    tcg_gen_xor_i64(found.high, found.high, expected.high);
    tcg_gen_or_i64(found.low, found.low, found.high);
    tcg_gen_setcondi_i64(TCG_COND_NE, failed, found.low, 0);
}

bool a64_STXP(DisasContext *ctx, const arg_STXP *a)
{
    gen_store_exclusive(ctx, a->rns, a->sz ? SIZE_PAIR : MO_64, a->rs, tcg_temp_new_i64(),
                        a->sz ? gen_exchange_doublewords : gen_exchange_words, a);
    return true;
}
