/*
 * PowerPC translator: integer loads and stores, reservations, cache control and ordering.
 *
 * Reference: Programming Environments Manual for 32-Bit Implementations, sections 3.1.4, 4.2.3
 * and 4.3; MPC750 User's Manual, sections 2.3.4.3, 3.4 and 4.5.6 (alignment).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/cpus.h"
#include "target/ppc/fpu.h"
#include "target/ppc/translate.h"

/* --- Addresses */

TCGv_i32 gen_ea_disp(DisasContext *ctx, unsigned ra, int32_t disp)
{
    TCGv_i32 ea;

    if (ra == 0) {
        return tcg_constant_i32(disp);
    }
    ea = tcg_temp_new_i32();
    tcg_gen_addi_i32(ea, cpu_gpr[ra], disp);
    return ea;
}

TCGv_i32 gen_ea_index(DisasContext *ctx, unsigned ra, unsigned rb)
{
    TCGv_i32 ea = tcg_temp_new_i32();

    if (ra == 0) {
        tcg_gen_mov_i32(ea, cpu_gpr[rb]);
    } else {
        tcg_gen_add_i32(ea, cpu_gpr[ra], cpu_gpr[rb]);
    }
    return ea;
}

/*
 * The one load and the one store that all scalars go through. In little-endian mode a helper does
 * it: an aligned scalar is found at an address with changed low bits, a misaligned one in bytes at
 * such addresses (a 603 refuses it: MPC603eUM 4.5.6.2).
 */
static TCGv_i32 little_endian_memop(DisasContext *ctx, MemOp op)
{
    bool aligned = ctx->pcc->family->features & PPC_FEAT_603_ALIGNMENT;

    return tcg_constant_i32(aligned ? op | MO_ALIGN : op);
}

static void gen_ld_i64(DisasContext *ctx, TCGv_i64 ret, TCGv_i32 ea, MemOp op)
{
    if (ctx->little_endian) {
        gen_helper_ppc_ld_le(ret, tcg_env, ea, little_endian_memop(ctx, op));
    } else {
        tcg_gen_qemu_ld_i64(ret, ea, ctx->mem_idx, op);
    }
}

static void gen_st_i64(DisasContext *ctx, TCGv_i64 value, TCGv_i32 ea, MemOp op)
{
    if (ctx->little_endian) {
        gen_helper_ppc_st_le(tcg_env, ea, value, little_endian_memop(ctx, op));
    } else {
        tcg_gen_qemu_st_i64(value, ea, ctx->mem_idx, op);
    }
}

static void gen_ld_i32(DisasContext *ctx, TCGv_i32 ret, TCGv_i32 ea, MemOp op)
{
    if (ctx->little_endian) {
        TCGv_i64 wide = tcg_temp_new_i64();

        gen_ld_i64(ctx, wide, ea, op);
        tcg_gen_extrl_i64_i32(ret, wide);
    } else {
        tcg_gen_qemu_ld_i32(ret, ea, ctx->mem_idx, op);
    }
}

static void gen_st_i32(DisasContext *ctx, TCGv_i32 value, TCGv_i32 ea, MemOp op)
{
    if (ctx->little_endian) {
        TCGv_i64 wide = tcg_temp_new_i64();

        tcg_gen_extu_i32_i64(wide, value);
        gen_st_i64(ctx, wide, ea, op);
    } else {
        tcg_gen_qemu_st_i32(value, ea, ctx->mem_idx, op);
    }
}

/* Multiple and string instructions in little-endian mode: true if the exception has been emitted.
 */
static bool refuse_little_endian(DisasContext *ctx, TCGv_i32 ea)
{
    if (ctx->little_endian) {
        gen_helper_ppc_raise_alignment(tcg_env, ea);
        ctx->base.is_jmp = DISAS_NORETURN;
    }
    return ctx->little_endian;
}

/* --- Scalar loads and stores. With `update`, ra gets the address once the access has succeeded. */

/* r1 is the stack pointer of every ABI there is. */
static MemOp stack_hint(unsigned ra)
{
    return ra == 1 ? MO_STACK : 0;
}

static bool gen_load(DisasContext *ctx, unsigned rt, unsigned ra, TCGv_i32 ea, MemOp op,
                     bool update)
{
    gen_ld_i32(ctx, cpu_gpr[rt], ea, op | stack_hint(ra));
    if (update) {
        tcg_gen_mov_i32(cpu_gpr[ra], ea);
    }
    return true;
}

static bool gen_store(DisasContext *ctx, unsigned rs, unsigned ra, TCGv_i32 ea, MemOp op,
                      bool update)
{
    gen_st_i32(ctx, cpu_gpr[rs], ea, op | stack_hint(ra));
    if (update) {
        tcg_gen_mov_i32(cpu_gpr[ra], ea);
    }
    return true;
}

/* The four addressing forms of an access: displacement and index, each without and with update. */
#define ACCESS_INDEXED(name, gen, reg, op, update)                                                 \
    bool trans_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        return gen(ctx, a->reg, a->ra, gen_ea_index(ctx, a->ra, a->rb), op, update);               \
    }
#define ACCESS_DISPLACED(name, gen, reg, op, update)                                               \
    bool trans_##name(DisasContext *ctx, const arg_##name *a)                                      \
    {                                                                                              \
        return gen(ctx, a->reg, a->ra, gen_ea_disp(ctx, a->ra, a->d), op, update);                 \
    }
#define ACCESS_FORMS(name, gen, reg, op)                                                           \
    ACCESS_DISPLACED(name, gen, reg, op, false)                                                    \
    ACCESS_DISPLACED(name##U, gen, reg, op, true)                                                  \
    ACCESS_INDEXED(name##X, gen, reg, op, false)                                                   \
    ACCESS_INDEXED(name##UX, gen, reg, op, true)

ACCESS_FORMS(LBZ, gen_load, rt, MO_UB)
ACCESS_FORMS(LHZ, gen_load, rt, MO_BEUW)
ACCESS_FORMS(LHA, gen_load, rt, MO_BESW)
ACCESS_FORMS(LWZ, gen_load, rt, MO_BEUL)
ACCESS_FORMS(STB, gen_store, rs, MO_UB)
ACCESS_FORMS(STH, gen_store, rs, MO_BEUW)
ACCESS_FORMS(STW, gen_store, rs, MO_BEUL)
ACCESS_INDEXED(LHBRX, gen_load, rt, MO_LEUW, false)
ACCESS_INDEXED(LWBRX, gen_load, rt, MO_LEUL, false)
ACCESS_INDEXED(STHBRX, gen_store, rs, MO_LEUW, false)
ACCESS_INDEXED(STWBRX, gen_store, rs, MO_LEUL, false)

/* --- Floating-point loads and stores. Both sizes must be aligned to a word (MPC750UM 4.5.6). */

static bool gen_load_single(DisasContext *ctx, unsigned frt, unsigned ra, TCGv_i32 ea, MemOp op,
                            bool update)
{
    TCGv_i32 bits = tcg_temp_new_i32();
    TCGv_f32 single = tcg_temp_new_f32();
    TCGv_f64 value = tcg_temp_new_f64();
    TCGGuard guard = { .kind = TCG_GUARD_NAN, .checked = single, .narrow = true,
                       .func = ppc_guard_todouble, .args = { single } };

    gen_ld_i32(ctx, bits, ea, op | MO_ALIGN | stack_hint(ra));
    tcg_gen_bits_i32_f32(single, bits);
    tcg_gen_cvt_f32_f64(value, single);
    tcg_gen_guard_f64(value, value, &guard); /* signalling NaNs stay signalling */
    gen_write_fpr(ctx, frt, value, single);
    if (update) {
        tcg_gen_mov_i32(cpu_gpr[ra], ea);
    }
    return true;
}

static bool gen_store_single(DisasContext *ctx, unsigned frs, unsigned ra, TCGv_i32 ea, MemOp op,
                             bool update)
{
    TCGv_i32 bits = tcg_temp_new_i32();
    TCGv_f32 single = gen_fpr_single(ctx, frs);
    TCGGuard guard = { .kind = TCG_GUARD_NAN, .checked = single, .narrow = true,
                       .func = ppc_guard_tosingle, .args = { cpu_fpr[frs] } };

    tcg_gen_bits_f32_i32(bits, single);
    tcg_gen_guard_i32(bits, bits, &guard); /* what isn't a single isn't rounded: bits are picked */
    gen_st_i32(ctx, bits, ea, op | MO_ALIGN | stack_hint(ra));
    if (update) {
        tcg_gen_mov_i32(cpu_gpr[ra], ea);
    }
    return true;
}

static bool gen_load_double(DisasContext *ctx, unsigned frt, unsigned ra, TCGv_i32 ea, MemOp op,
                            bool update)
{
    TCGv_i64 bits = tcg_temp_new_i64();
    TCGv_f64 value = tcg_temp_new_f64();

    gen_ld_i64(ctx, bits, ea, op | MO_ALIGN_4 | stack_hint(ra));
    tcg_gen_bits_i64_f64(value, bits);
    gen_write_fpr(ctx, frt, value, NULL);
    if (update) {
        tcg_gen_mov_i32(cpu_gpr[ra], ea);
    }
    return true;
}

static bool gen_store_double(DisasContext *ctx, unsigned frs, unsigned ra, TCGv_i32 ea, MemOp op,
                             bool update)
{
    TCGv_i64 bits = tcg_temp_new_i64();

    tcg_gen_bits_f64_i64(bits, cpu_fpr[frs]);
    gen_st_i64(ctx, bits, ea, op | MO_ALIGN_4 | stack_hint(ra));
    if (update) {
        tcg_gen_mov_i32(cpu_gpr[ra], ea);
    }
    return true;
}

ACCESS_FORMS(LFS, gen_load_single, frt, MO_BEUL)
ACCESS_FORMS(STFS, gen_store_single, frs, MO_BEUL)
ACCESS_FORMS(LFD, gen_load_double, frt, MO_BEUQ)
ACCESS_FORMS(STFD, gen_store_double, frs, MO_BEUQ)

bool trans_STFIWX(DisasContext *ctx, const arg_STFIWX *a)
{
    TCGv_i64 bits = tcg_temp_new_i64();
    TCGv_i32 low = tcg_temp_new_i32();
    TCGv_i32 ea = gen_ea_index(ctx, a->ra, a->rb);

    if (!(ctx->pcc->family->features & PPC_FEAT_GRAPHICS)) {
        return false;
    }
    tcg_gen_bits_f64_i64(bits, cpu_fpr[a->frs]);
    tcg_gen_extrl_i64_i32(low, bits);
    gen_st_i32(ctx, low, ea, MO_BEUL | MO_ALIGN);
    return true;
}

/* --- Multiple and string. The first word is checked for alignment, the others follow it. */

bool trans_LMW(DisasContext *ctx, const arg_LMW *a)
{
    TCGv_i32 base = gen_copy(gen_ea_disp(ctx, a->ra, a->d));
    TCGv_i32 new_ra = NULL;
    MemOp align = MO_ALIGN;

    if (refuse_little_endian(ctx, base)) {
        return true;
    }
    for (unsigned r = a->rt; r < 32; r++, align = 0) {
        TCGv_i32 word = tcg_temp_new_i32(), ea = tcg_temp_new_i32();

        tcg_gen_addi_i32(ea, base, 4 * (r - a->rt));
        tcg_gen_qemu_ld_i32(word, ea, ctx->mem_idx, MO_BEUL | align | stack_hint(a->ra));
        if (r == a->ra) {
            new_ra = word; /* invalid form: kept until no load can fault any more */
        } else {
            tcg_gen_mov_i32(cpu_gpr[r], word);
        }
    }
    if (new_ra) {
        tcg_gen_mov_i32(cpu_gpr[a->ra], new_ra);
    }
    return true;
}

bool trans_STMW(DisasContext *ctx, const arg_STMW *a)
{
    TCGv_i32 base = gen_ea_disp(ctx, a->ra, a->d);
    MemOp align = MO_ALIGN;

    if (refuse_little_endian(ctx, base)) {
        return true;
    }
    for (unsigned r = a->rs; r < 32; r++, align = 0) {
        TCGv_i32 ea = tcg_temp_new_i32();

        tcg_gen_addi_i32(ea, base, 4 * (r - a->rs));
        tcg_gen_qemu_st_i32(cpu_gpr[r], ea, ctx->mem_idx, MO_BEUL | align | stack_hint(a->ra));
    }
    return true;
}

static bool gen_load_string(DisasContext *ctx, unsigned rt, TCGv_i32 ea, TCGv_i32 count)
{
    if (!refuse_little_endian(ctx, ea)) {
        gen_helper_ppc_lsw(tcg_env, ea, tcg_constant_i32(rt), count);
    }
    return true;
}

static bool gen_store_string(DisasContext *ctx, unsigned rs, TCGv_i32 ea, TCGv_i32 count)
{
    if (!refuse_little_endian(ctx, ea)) {
        gen_helper_ppc_stsw(tcg_env, ea, tcg_constant_i32(rs), count);
    }
    return true;
}

/*
 * The last 1-3 bytes of a string, at the top of a register: how many come first, 2 or 1, and whether
 * another one follows.
 */
static MemOp tail_memop(unsigned tail)
{
    return tail == 1 ? MO_UB : MO_BEUW;
}

static unsigned tail_shift(unsigned tail)
{
    return tail == 1 ? 24 : 16;
}

/* Jumps to `apart` unless all of the string is in one page: then it can't be an exception as such. */
static void gen_string_in_page(TCGv_i32 ea, unsigned count, TCGLabel *apart)
{
    TCGv_i32 last = tcg_temp_new_i32();

    tcg_gen_addi_i32(last, ea, count - 1);
    tcg_gen_xor_i32(last, last, ea);
    tcg_gen_brcondi_i32(TCG_COND_TSTNE, last, (uint32_t)TARGET_PAGE_MASK, apart);
}

static TCGv_i32 gen_part_address(TCGv_i32 ea, unsigned offset)
{
    TCGv_i32 at = tcg_temp_new_i32();

    tcg_gen_addi_i32(at, ea, offset);
    return at;
}

static TCGv_i32 gen_load_tail(DisasContext *ctx, TCGv_i32 ea, unsigned tail)
{
    TCGv_i32 word = tcg_temp_new_i32(), last = tcg_temp_new_i32();

    tcg_gen_qemu_ld_i32(word, ea, ctx->mem_idx, tail_memop(tail));
    tcg_gen_shli_i32(word, word, tail_shift(tail));
    if (tail == 3) {
        tcg_gen_qemu_ld_i32(last, gen_part_address(ea, 2), ctx->mem_idx, MO_UB);
        tcg_gen_shli_i32(last, last, 8);
        tcg_gen_or_i32(word, word, last);
    }
    return word;
}

static void gen_store_tail(DisasContext *ctx, TCGv_i32 word, TCGv_i32 ea, unsigned tail)
{
    TCGv_i32 part = tcg_temp_new_i32();

    tcg_gen_shri_i32(part, word, tail_shift(tail));
    tcg_gen_qemu_st_i32(part, ea, ctx->mem_idx, tail_memop(tail));
    if (tail == 3) {
        tcg_gen_shri_i32(part, word, 8);
        tcg_gen_qemu_st_i32(part, gen_part_address(ea, 2), ctx->mem_idx, MO_UB);
    }
}

/* All of it is loaded before a register is written. */
static void gen_load_known_string(DisasContext *ctx, unsigned rt, TCGv_i32 ea, unsigned count)
{
    TCGv_i32 words[8];
    unsigned n = 0;

    for (; n < count / 4; n++) {
        words[n] = tcg_temp_new_i32();
        tcg_gen_qemu_ld_i32(words[n], gen_part_address(ea, 4 * n), ctx->mem_idx, MO_BEUL);
    }
    if (count % 4) {
        words[n++] = gen_load_tail(ctx, gen_part_address(ea, count & ~3u), count % 4);
    }
    for (unsigned i = 0; i < n; i++) {
        tcg_gen_mov_i32(cpu_gpr[(rt + i) & 31], words[i]);
    }
}

static void gen_store_known_string(DisasContext *ctx, unsigned rs, TCGv_i32 ea, unsigned count)
{
    unsigned n = 0;

    for (; n < count / 4; n++) {
        tcg_gen_qemu_st_i32(cpu_gpr[(rs + n) & 31], gen_part_address(ea, 4 * n), ctx->mem_idx,
                            MO_BEUL);
    }
    if (count % 4) {
        gen_store_tail(ctx, cpu_gpr[(rs + n) & 31], gen_part_address(ea, count & ~3u), count % 4);
    }
}

typedef bool (*GenString)(DisasContext *ctx, unsigned reg, TCGv_i32 ea, TCGv_i32 count);
typedef void (*GenKnownString)(DisasContext *ctx, unsigned reg, TCGv_i32 ea, unsigned count);

/* lswi, stswi: `nb` bytes, 0 for 32. A helper does those that leave their page. */
static bool gen_immediate_string(DisasContext *ctx, unsigned reg, unsigned ra, unsigned nb,
                                 GenKnownString in_page, GenString apart)
{
    TCGLabel *helper = gen_new_label(), *done = gen_new_label();
    TCGv_i32 ea = gen_copy(gen_ea_disp(ctx, ra, 0));
    unsigned count = nb ? nb : 32;

    if (refuse_little_endian(ctx, ea)) {
        return true;
    }
    gen_string_in_page(ea, count, helper);
    in_page(ctx, reg, ea, count);
    tcg_gen_br(done);
    gen_set_label(helper);
    apart(ctx, reg, ea, tcg_constant_i32(count));
    gen_set_label(done);
    return true;
}

static TCGv_i32 gen_xer_count(void)
{
    TCGv_i32 count = tcg_temp_new_i32();

    tcg_gen_andi_i32(count, cpu_xer_rest, 0x7f);
    return count;
}

bool trans_LSWI(DisasContext *ctx, const arg_LSWI *a)
{
    return gen_immediate_string(ctx, a->rt, a->ra, a->nb, gen_load_known_string, gen_load_string);
}

bool trans_LSWX(DisasContext *ctx, const arg_LSWX *a)
{
    return gen_load_string(ctx, a->rt, gen_ea_index(ctx, a->ra, a->rb), gen_xer_count());
}

bool trans_STSWI(DisasContext *ctx, const arg_STSWI *a)
{
    return gen_immediate_string(ctx, a->rs, a->ra, a->nb, gen_store_known_string,
                                gen_store_string);
}

bool trans_STSWX(DisasContext *ctx, const arg_STSWX *a)
{
    return gen_store_string(ctx, a->rs, gen_ea_index(ctx, a->ra, a->rb), gen_xer_count());
}

/*
 * --- Reservation. The 750 compares no address: any stwcx. takes the reservation that there is.
 *
 * Where there are other CPUs, whether they have stored to the word since is told by its value: one
 * that stores what was there before, or something else first and then that, isn't noticed.
 */

bool trans_LWARX(DisasContext *ctx, const arg_LWARX *a)
{
    TCGv_i32 ea = gen_ea_index(ctx, a->ra, a->rb);

    gen_ld_i32(ctx, cpu_gpr[a->rt], ea, MO_BEUL | MO_ALIGN);
    tcg_gen_st_i32(tcg_constant_i32(1), tcg_env, offsetof(CPUPPCState, reserve));
    tcg_gen_st_i32(ea, tcg_env, offsetof(CPUPPCState, reserve_addr));
    tcg_gen_st_i32(cpu_gpr[a->rt], tcg_env, offsetof(CPUPPCState, reserve_value));
    return true;
}

/* Stores if the word that lwarx read is still there; another word than that one is stored as the
 * part does it. */
static void gen_store_if_reserved(DisasContext *ctx, TCGv_i32 value, TCGv_i32 ea, TCGLabel *lost)
{
    TCGLabel *other = gen_new_label(), *stored = gen_new_label();
    TCGv_i32 addr = tcg_temp_new_i32(), expected = tcg_temp_new_i32(), found = tcg_temp_new_i32();

    tcg_gen_ld_i32(addr, tcg_env, offsetof(CPUPPCState, reserve_addr));
    tcg_gen_brcond_i32(TCG_COND_NE, addr, ea, other);
    if (ctx->little_endian) { /* an aligned word is at another address, the right way round */
        tcg_gen_xori_i32(addr, addr, 4);
    }
    tcg_gen_ld_i32(expected, tcg_env, offsetof(CPUPPCState, reserve_value));
    tcg_gen_atomic_cmpxchg_i32(found, addr, expected, value, ctx->mem_idx, MO_BEUL | MO_ALIGN);
    tcg_gen_st_i32(tcg_constant_i32(0), tcg_env, offsetof(CPUPPCState, reserve));
    tcg_gen_brcond_i32(TCG_COND_NE, found, expected, lost);
    tcg_gen_br(stored);
    gen_set_label(other);
    gen_st_i32(ctx, value, ea, MO_BEUL | MO_ALIGN);
    gen_set_label(stored);
}

/* Without a reservation nothing is stored, but a misaligned address is still an alignment
 * exception. */
bool trans_STWCX_(DisasContext *ctx, const arg_STWCX_ *a)
{
    TCGLabel *none = gen_new_label(), *failed = gen_new_label(), *done = gen_new_label();
    TCGv_i32 ea = gen_ea_index(ctx, a->ra, a->rb);
    TCGv_i32 reserve = tcg_temp_new_i32();
    TCGv_i64 cr0 = tcg_temp_new_i64();

    tcg_gen_ld_i32(reserve, tcg_env, offsetof(CPUPPCState, reserve));
    tcg_gen_brcondi_i32(TCG_COND_EQ, reserve, 0, none);
    if (cpus_are_several()) {
        gen_store_if_reserved(ctx, cpu_gpr[a->rs], ea, failed);
    } else {
        gen_st_i32(ctx, cpu_gpr[a->rs], ea, MO_BEUL | MO_ALIGN);
    }
    tcg_gen_st_i32(tcg_constant_i32(0), tcg_env, offsetof(CPUPPCState, reserve));
    gen_count(ctx, PPC_PM_STWCX_DONE);
    tcg_gen_movi_i64(cr0, ppc_crf_pack(PPC_CRF_EQ | (ctx->so ? PPC_CRF_SO : 0)));
    tcg_gen_br(done);
    gen_set_label(none);
    tcg_gen_brcondi_i32(TCG_COND_TSTEQ, ea, 3, failed);
    gen_helper_ppc_raise_alignment(tcg_env, ea);
    gen_set_label(failed);
    tcg_gen_movi_i64(cr0, ppc_crf_pack(ctx->so ? PPC_CRF_SO : 0));
    gen_set_label(done);
    gen_write_crf(ctx, 0, cr0);
    return true;
}

bool trans_ECIWX(DisasContext *ctx, const arg_ECIWX *a)
{
    if (!(ctx->pcc->family->features & PPC_FEAT_EXTERN)) {
        return false;
    }
    gen_helper_ppc_eciwx(cpu_gpr[a->rt], tcg_env, gen_ea_index(ctx, a->ra, a->rb));
    return true;
}

bool trans_ECOWX(DisasContext *ctx, const arg_ECOWX *a)
{
    if (!(ctx->pcc->family->features & PPC_FEAT_EXTERN)) {
        return false;
    }
    gen_helper_ppc_ecowx(tcg_env, gen_ea_index(ctx, a->ra, a->rb), cpu_gpr[a->rs]);
    return true;
}

/* --- Cache control: no cache is modelled, but the address is translated and may be refused. */

/* Jumps to `unknown` unless ea's page is the one that the field of env at `offset` names. */
static void gen_page_check(DisasContext *ctx, TCGv_i32 ea, size_t offset, TCGLabel *unknown)
{
    TCGv_i32 page = tcg_temp_new_i32(), known = tcg_temp_new_i32();

    tcg_gen_andi_i32(page, ea, (uint32_t)TARGET_PAGE_MASK);
    tcg_gen_ori_i32(page, page, ctx->mem_idx);
    tcg_gen_ld_i32(known, tcg_env, offset);
    tcg_gen_brcond_i32(TCG_COND_NE, page, known, unknown);
}

/* Without translation, nothing refuses one. */
static bool gen_cache_op(DisasContext *ctx, unsigned ra, unsigned rb, MMUAccessType access)
{
    TCGLabel *unknown, *done;
    TCGv_i32 ea;

    if (ctx->mem_idx == PPC_MMU_REAL) {
        return true;
    }
    ea = gen_ea_index(ctx, ra, rb);
    unknown = gen_new_label();
    done = gen_new_label();
    gen_page_check(ctx, ea, offsetof(CPUPPCState, cache_op_page[access]), unknown);
    tcg_gen_br(done);
    gen_set_label(unknown);
    gen_helper_ppc_cache_op(tcg_env, ea, tcg_constant_i32(access));
    gen_set_label(done);
    return true;
}

bool trans_DCBF(DisasContext *ctx, const arg_DCBF *a)
{
    return gen_cache_op(ctx, a->ra, a->rb, MMU_DATA_LOAD);
}

bool trans_DCBST(DisasContext *ctx, const arg_DCBST *a)
{
    return gen_cache_op(ctx, a->ra, a->rb, MMU_DATA_LOAD);
}

bool trans_DCBI(DisasContext *ctx, const arg_DCBI *a)
{
    return gen_cache_op(ctx, a->ra, a->rb, MMU_DATA_STORE);
}

/* The 603 and 7xx only take the set's index from the address: it is never translated (MPC750UM
 * 3.4.2.6). Code that was changed is found by the stores that changed it. */
bool trans_ICBI(DisasContext *ctx, const arg_ICBI *a)
{
    return !(ctx->pcc->family->features & PPC_FEAT_ICBI_TRANSLATES) ||
           gen_cache_op(ctx, a->ra, a->rb, MMU_DATA_LOAD);
}

/* Hints never fault. */
bool trans_DCBT(DisasContext *ctx, const arg_DCBT *a)
{
    return true;
}

bool trans_DCBTST(DisasContext *ctx, const arg_DCBTST *a)
{
    return true;
}

bool trans_DCBZ(DisasContext *ctx, const arg_DCBZ *a)
{
    TCGLabel *unknown = gen_new_label(), *done = gen_new_label();
    TCGv_i32 ea = gen_ea_index(ctx, a->ra, a->rb);
    TCGv_i32 line = tcg_temp_new_i32();

    gen_page_check(ctx, ea, offsetof(CPUPPCState, dcbz_page), unknown);
    for (unsigned i = 0; i < 32; i += 8) {
        tcg_gen_andi_i32(line, ea, ~31u);
        tcg_gen_addi_i32(line, line, i);
        tcg_gen_qemu_st_i64(tcg_constant_i64(0), line, ctx->mem_idx, MO_BEUQ);
    }
    tcg_gen_br(done);
    gen_set_label(unknown);
    gen_helper_ppc_dcbz(tcg_env, ea);
    gen_set_label(done);
    return true;
}

bool trans_DCBA(DisasContext *ctx, const arg_DCBA *a)
{
    if (!(ctx->pcc->family->features & PPC_FEAT_DCBA)) {
        return false;
    }
    gen_helper_ppc_dcba(tcg_env, gen_ea_index(ctx, a->ra, a->rb));
    return true;
}

/* --- Ordering */

bool trans_SYNC(DisasContext *ctx, const arg_SYNC *a)
{
    tcg_gen_mb(TCG_MO_ALL | TCG_BAR_SC);
    return true;
}

/* Of accesses to memory it orders stores among each other; devices are accessed in order anyway. */
bool trans_EIEIO(DisasContext *ctx, const arg_EIEIO *a)
{
    tcg_gen_mb(TCG_MO_ST_ST);
    return true;
}

/* The 7xx take no trace exception on it, whatever the architecture says (MPC750UM 4.5.11). */
bool trans_ISYNC(DisasContext *ctx, const arg_ISYNC *a)
{
    ctx->step &= (ctx->base.tb->cflags & CF_SINGLE_STEP) ||
                 (ctx->pcc->family->features & PPC_FEAT_ISYNC_TRACED);
    ctx->base.is_jmp = DISAS_LOOKUP;
    return true;
}
