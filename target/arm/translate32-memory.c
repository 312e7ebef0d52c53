/*
 * Arm translator, AArch32: loads and stores, of several registers too, exclusives.
 *
 * Single words and halfwords may be anywhere, unless SCTLR.A says otherwise; what accesses several
 * registers or is exclusive is always aligned (E2.8.2). LDRD and STRD are one access, which nobody
 * sees half done at a multiple of 8 (E2.2.1): Linux with LPAE relies on that. Exclusives work as in
 * AArch64 (translate-memory.c).
 *
 * Reference: DDI 0487, F5.1, E2.8, E2.10.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/translate32.h"

static TCGv_i32 new_i32(void)
{
    return tcg_temp_new_i32();
}

static TCGv_i32 displaced(TCGv_i32 base, int32_t offset)
{
    TCGv_i32 t = new_i32();

    tcg_gen_addi_i32(t, base, offset);
    return t;
}

static MemOp stack_hint(unsigned rn)
{
    return rn == REG_SP ? MO_STACK : 0;
}

/* As a base, r15 is aligned. */
static TCGv_i32 base_register(DisasContext *ctx, unsigned rn)
{
    return rn == REG_PC ? tcg_constant_i32(aa32_pc(ctx) & ~3u) : cpu_r[rn];
}

/* ---- One register ---- */

typedef struct Address {
    TCGv_i32 at;
    TCGv_i32 after; /* what the base register becomes; NULL: it stays */
    unsigned mode;
} Address;

/* Accesses as EL0 would do them; Hyp mode has none below it. */
static unsigned user_mode(unsigned mmu_idx)
{
    return mmu_idx == ARM_MMU_EL1         ? ARM_MMU_EL0
           : mmu_idx == ARM_MMU_GUEST_EL1 ? ARM_MMU_GUEST_EL0
           : mmu_idx == ARM_MMU_EL3       ? ARM_MMU_SECURE_EL0
                                          : mmu_idx;
}

static Address address_of(DisasContext *ctx, const AA32Index *x)
{
    TCGv_i32 base = base_register(ctx, x->rn), moved;

    if (x->offset) {
        moved = new_i32();
        (x->up ? tcg_gen_add_i32 : tcg_gen_sub_i32)(moved, base, x->offset);
    } else {
        moved = displaced(base, x->up ? x->imm : -x->imm);
    }
    return (Address){ x->before ? moved : aa32_copy(base), x->writeback ? moved : NULL,
                      x->user ? user_mode(ctx->mmu_idx) : ctx->mmu_idx };
}

static void write_back(const AA32Index *x, const Address *a)
{
    if (a->after) {
        tcg_gen_mov_i32(cpu_r[x->rn], a->after);
    }
}

/* A base register that is written can't be r15, nor what is transferred. */
static bool bad_index(const AA32Index *x, unsigned rt)
{
    return x->writeback && (x->rn == REG_PC || x->rn == rt);
}

bool aa32_load(DisasContext *ctx, unsigned rt, AA32Index x, MemOp op)
{
    TCGv_i32 t = new_i32();
    Address a;

    if (bad_index(&x, rt) || (rt == REG_PC && (op & MO_SIZE) != MO_32)) {
        return false;
    }
    a = address_of(ctx, &x);
    tcg_gen_qemu_ld_i32(t, a.at, a.mode, op | ctx->byte_order | stack_hint(x.rn));
    write_back(&x, &a);
    aa32_write_loaded(ctx, rt, t, x.rn);
    return true;
}

bool aa32_store(DisasContext *ctx, unsigned rt, AA32Index x, MemOp op)
{
    Address a;

    if (bad_index(&x, rt) || (rt == REG_PC && (op & MO_SIZE) != MO_32)) {
        return false;
    }
    a = address_of(ctx, &x);
    tcg_gen_qemu_st_i32(aa32_reg(ctx, rt), a.at, a.mode,
                        op | ctx->byte_order | stack_hint(x.rn));
    write_back(&x, &a);
    return true;
}

/* The first register's word is at the lower address, in either byte order. */
static void split_words(DisasContext *ctx, TCGv_i64 both, unsigned rt, unsigned rt2)
{
    bool big = ctx->byte_order & MO_BE;

    tcg_gen_extr_i64_i32(cpu_r[big ? rt2 : rt], cpu_r[big ? rt : rt2], both);
}

static TCGv_i64 joined_words(DisasContext *ctx, unsigned rt, unsigned rt2)
{
    bool big = ctx->byte_order & MO_BE;
    TCGv_i64 both = tcg_temp_new_i64();

    tcg_gen_concat_i32_i64(both, cpu_r[big ? rt2 : rt], cpu_r[big ? rt : rt2]);
    return both;
}

/* The offset register of a load mustn't be loaded, nor the base written back that is. */
static bool bad_double(const AA32Index *x, unsigned rt, unsigned rt2)
{
    return rt == REG_PC || rt2 == REG_PC || bad_index(x, rt) || bad_index(x, rt2) || x->user;
}

static MemOp double_op(const DisasContext *ctx, const AA32Index *x)
{
    return MO_64 | MO_ALIGN_4 | (ctx->byte_order & ~MO_ALIGN) | stack_hint(x->rn);
}

bool aa32_load_double(DisasContext *ctx, unsigned rt, unsigned rt2, AA32Index x)
{
    TCGv_i64 both = tcg_temp_new_i64();
    Address a;

    if (bad_double(&x, rt, rt2) || rt == rt2) {
        return false;
    }
    a = address_of(ctx, &x);
    tcg_gen_qemu_ld_i64(both, a.at, a.mode, double_op(ctx, &x));
    write_back(&x, &a);
    split_words(ctx, both, rt, rt2);
    return true;
}

bool aa32_store_double(DisasContext *ctx, unsigned rt, unsigned rt2, AA32Index x)
{
    Address a;

    if (bad_double(&x, rt, rt2)) {
        return false;
    }
    a = address_of(ctx, &x);
    tcg_gen_qemu_st_i64(joined_words(ctx, rt, rt2), a.at, a.mode, double_op(ctx, &x));
    write_back(&x, &a);
    return true;
}

/* ---- Several registers ---- */

/* From the base to the lowest address, and to what the base becomes. */
static int32_t lowest_offset(unsigned n, bool before, bool up)
{
    return up ? (before ? 4 : 0) : (before ? 0 : 4) - (int)(4 * n);
}

/* A banked register as the user mode sees it; the others are what they are. */
static bool is_banked(unsigned r)
{
    return r >= 8 && r < REG_PC;
}

bool aa32_load_multiple(DisasContext *ctx, unsigned rn, unsigned list, bool before, bool up,
                        bool writeback, bool s)
{
    unsigned n = __builtin_popcount(list);
    bool returns = s && (list >> REG_PC & 1), user = s && !returns;
    MemOp op = MO_32 | MO_ALIGN | ctx->byte_order | stack_hint(rn);
    TCGv_i32 at, base, values[16];

    if (n == 0 || rn == REG_PC || (writeback && (list >> rn & 1)) ||
        (s && (ctx->el == 0 || ctx->el == 2)) || (user && writeback)) {
        return false;
    }
    base = aa32_copy(cpu_r[rn]);
    at = displaced(base, lowest_offset(n, before, up));
    for (unsigned r = 0, i = 0; r < 16; r++) {
        if (list >> r & 1) {
            values[r] = new_i32();
            tcg_gen_qemu_ld_i32(values[r], displaced(at, 4 * i++), ctx->mmu_idx, op);
        }
    }
    if (writeback) {
        tcg_gen_addi_i32(cpu_r[rn], base, up ? 4 * n : -4 * n);
    }
    for (unsigned r = 0; r < REG_PC; r++) {
        if (list >> r & 1) {
            if (user && is_banked(r)) {
                gen_helper_arm_write_user_reg(tcg_env, tcg_constant_i32(r), values[r]);
            } else {
                tcg_gen_mov_i32(cpu_r[r], values[r]);
            }
        }
    }
    if (returns) {
        return aa32_exception_return(ctx, values[REG_PC]);
    }
    if (list >> REG_PC & 1) {
        aa32_write_loaded(ctx, REG_PC, values[REG_PC], rn);
    }
    return true;
}

bool aa32_store_multiple(DisasContext *ctx, unsigned rn, unsigned list, bool before, bool up,
                         bool writeback, bool s)
{
    unsigned n = __builtin_popcount(list);
    MemOp op = MO_32 | MO_ALIGN | ctx->byte_order | stack_hint(rn);
    TCGv_i32 at, base;

    if (n == 0 || rn == REG_PC || (s && (ctx->el == 0 || ctx->el == 2 || writeback))) {
        return false;
    }
    base = aa32_copy(cpu_r[rn]);
    at = displaced(base, lowest_offset(n, before, up));
    for (unsigned r = 0, i = 0; r < 16; r++) {
        if (list >> r & 1) {
            TCGv_i32 value = aa32_reg(ctx, r);

            if (s && is_banked(r)) {
                value = new_i32();
                gen_helper_arm_read_user_reg(value, tcg_env, tcg_constant_i32(r));
            }
            tcg_gen_qemu_st_i32(value, displaced(at, 4 * i++), ctx->mmu_idx, op);
        }
    }
    if (writeback) {
        tcg_gen_addi_i32(cpu_r[rn], base, up ? 4 * n : -4 * n);
    }
    return true;
}

/* ---- Acquire, release, exclusives ---- */

static void gen_acquire(void)
{
    tcg_gen_mb(TCG_MO_LD_LD | TCG_MO_LD_ST | TCG_BAR_LDAQ);
}

static void gen_release(void)
{
    tcg_gen_mb(TCG_MO_LD_ST | TCG_MO_ST_ST | TCG_BAR_STRL);
}

/* Armv8, that is, the parts that have AArch64 as well. */
static bool has_v8(const DisasContext *ctx)
{
    return ctx->id->pfr0 & 0xf;
}

bool aa32_load_acquire(DisasContext *ctx, unsigned rt, unsigned rn, MemOp size)
{
    TCGv_i32 t = new_i32();

    if (!has_v8(ctx) || rt == REG_PC || rn == REG_PC || size > MO_32) {
        return false;
    }
    tcg_gen_qemu_ld_i32(t, cpu_r[rn], ctx->mmu_idx, size | ctx->byte_order | MO_ALIGN);
    tcg_gen_mov_i32(cpu_r[rt], t);
    gen_acquire();
    return true;
}

bool aa32_store_release(DisasContext *ctx, unsigned rt, unsigned rn, MemOp size)
{
    if (!has_v8(ctx) || rt == REG_PC || rn == REG_PC || size > MO_32) {
        return false;
    }
    gen_release();
    tcg_gen_qemu_st_i32(cpu_r[rt], cpu_r[rn], ctx->mmu_idx, size | ctx->byte_order | MO_ALIGN);
    tcg_gen_mb(TCG_MO_ST_LD | TCG_BAR_SC);
    return true;
}

bool aa32_load_exclusive(DisasContext *ctx, unsigned rt, unsigned rt2, unsigned rn, uint32_t imm,
                         MemOp size, bool acquire)
{
    TCGv_i32 address;
    TCGv_i64 t = tcg_temp_new_i64();

    if (rt == REG_PC || rn == REG_PC || (acquire && !has_v8(ctx)) ||
        (size == MO_64 && (rt2 == REG_PC || rt == rt2))) {
        return false;
    }
    address = displaced(cpu_r[rn], imm);
    tcg_gen_qemu_ld_i64(t, address, ctx->mmu_idx, size | ctx->byte_order | MO_ALIGN);
    tcg_gen_mov_i64(cpu_exclusive_value[0], t);
    tcg_gen_extu_i32_i64(cpu_exclusive_address, address);
    if (size == MO_64) {
        split_words(ctx, t, rt, rt2);
    } else {
        tcg_gen_extrl_i64_i32(cpu_r[rt], t);
    }
    if (acquire) {
        gen_acquire();
    }
    return true;
}

/* rd = 0 and the store, if what was loaded is found; 1 otherwise. The monitor is open then. */
bool aa32_store_exclusive(DisasContext *ctx, unsigned rd, unsigned rt, unsigned rt2, unsigned rn,
                          uint32_t imm, MemOp size, bool release)
{
    TCGv_i32 address, failed = new_i32();
    TCGv_i64 wide = tcg_temp_new_i64(), value, found = tcg_temp_new_i64();
    TCGLabel *done = gen_new_label();

    if (rd == REG_PC || rt == REG_PC || rn == REG_PC || rd == rn || rd == rt ||
        (release && !has_v8(ctx)) || (size == MO_64 && (rt2 == REG_PC || rd == rt2))) {
        return false;
    }
    address = displaced(cpu_r[rn], imm);
    tcg_gen_extu_i32_i64(wide, address);
    if (size == MO_64) {
        value = joined_words(ctx, rt, rt2);
    } else {
        value = tcg_temp_new_i64();
        tcg_gen_extu_i32_i64(value, cpu_r[rt]);
    }
    tcg_gen_movi_i32(failed, 1);
    tcg_gen_brcond_i64(TCG_COND_NE, wide, cpu_exclusive_address, done);
    tcg_gen_atomic_cmpxchg_i64(found, address, cpu_exclusive_value[0], value, ctx->mmu_idx,
                               size | ctx->byte_order | MO_ALIGN);
    tcg_gen_setcond_i64(TCG_COND_NE, found, found, cpu_exclusive_value[0]);
    tcg_gen_extrl_i64_i32(failed, found);
    gen_set_label(done);
    tcg_gen_movi_i64(cpu_exclusive_address, ARM_NO_ADDRESS);
    tcg_gen_mov_i32(cpu_r[rd], failed);
    return true;
}

/* ---- Table branches ---- */

bool aa32_table_branch(DisasContext *ctx, unsigned rn, unsigned rm, bool half)
{
    TCGv_i32 address = new_i32(), t = new_i32();

    if (rm == REG_PC || !aa32_may_branch(ctx)) {
        return false;
    }
    tcg_gen_shli_i32(address, cpu_r[rm], half);
    tcg_gen_add_i32(address, address, aa32_reg(ctx, rn));
    tcg_gen_qemu_ld_i32(t, address, ctx->mmu_idx, (half ? MO_16 : MO_8) | ctx->byte_order);
    tcg_gen_shli_i32(t, t, 1);
    tcg_gen_addi_i32(t, t, aa32_pc(ctx));
    aa32_exit_indirect(ctx, t);
    return true;
}

/* ---- Return state in memory ---- */

/* lr and SPSR of this mode, on the stack of `mode`. */
bool aa32_srs(DisasContext *ctx, unsigned mode, bool before, bool up, bool writeback)
{
    MemOp op = MO_32 | MO_ALIGN | ctx->byte_order;
    TCGv_i32 base = new_i32(), at, spsr = new_i32(), which = tcg_constant_i32(mode);

    if (ctx->el == 0 || ctx->el == 2 ||
        !(arm_mode_is_known(mode) || (mode == MODE_MON && ctx->el == 3))) {
        return false;
    }
    gen_helper_arm_read_mode_sp(base, tcg_env, which);
    gen_helper_arm_read_spsr(spsr, tcg_env);
    at = displaced(base, lowest_offset(2, before, up));
    tcg_gen_qemu_st_i32(cpu_r[REG_LR], at, ctx->mmu_idx, op);
    tcg_gen_qemu_st_i32(spsr, displaced(at, 4), ctx->mmu_idx, op);
    if (writeback) {
        gen_helper_arm_write_mode_sp(tcg_env, which, displaced(base, up ? 8 : -8));
    }
    return true;
}

bool aa32_rfe(DisasContext *ctx, unsigned rn, bool before, bool up, bool writeback)
{
    MemOp op = MO_32 | MO_ALIGN | ctx->byte_order;
    TCGv_i32 base, at, pc = new_i32(), cpsr = new_i32();

    if (ctx->el == 0 || ctx->el == 2 || rn == REG_PC) {
        return false;
    }
    base = aa32_copy(cpu_r[rn]);
    at = displaced(base, lowest_offset(2, before, up));
    tcg_gen_qemu_ld_i32(pc, at, ctx->mmu_idx, op);
    tcg_gen_qemu_ld_i32(cpsr, displaced(at, 4), ctx->mmu_idx, op);
    if (writeback) {
        tcg_gen_addi_i32(cpu_r[rn], base, up ? 8 : -8);
    }
    gen_helper_arm_return32(tcg_env, pc, cpsr);
    translator_exit_to_loop(&ctx->base);
    return true;
}
