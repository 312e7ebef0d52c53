/*
 * Arm translator: loads and stores of SIMD and FP registers.
 *
 * Reference: DDI 0487, C3.2.11, C3.2.12 and C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate.h"

/* ---- One register: 1 to 16 bytes, what is above them becomes zero ---- */

enum { SIZE_QUADWORD = 4 };

/* size and the upper bit of opc: only quadwords have that; -1: unallocated. */
static int register_size(unsigned size, unsigned o)
{
    return !o ? (int)size : size == 0 ? SIZE_QUADWORD : -1;
}

static TCGv_vec gen_load(DisasContext *ctx, TCGv_i64 address, int size, MemOp op)
{
    TCGv_vec result = tcg_temp_new_vec(TCG_TYPE_V128);
    TCGv_i64 t = tcg_temp_new_i64();

    op |= ctx->byte_order;
    if (size == SIZE_QUADWORD) {
        tcg_gen_qemu_ld_vec(result, address, ctx->mmu_idx, op);
    } else if (size >= MO_32 && !(op & MO_BE)) {
        tcg_gen_qemu_ld_low_vec(result, address, ctx->mmu_idx, op | size);
    } else {
        tcg_gen_qemu_ld_i64(t, address, ctx->mmu_idx, op | size);
        tcg_gen_concat_i64_vec(result, t, tcg_constant_i64(0));
    }
    return result;
}

static void gen_store(DisasContext *ctx, unsigned vt, TCGv_i64 address, int size, MemOp op)
{
    op |= ctx->byte_order;
    if (size == SIZE_QUADWORD) {
        tcg_gen_qemu_st_vec(cpu_vreg[vt], address, ctx->mmu_idx, op);
    } else if (size >= MO_32 && !(op & MO_BE)) {
        tcg_gen_qemu_st_low_vec(cpu_vreg[vt], address, ctx->mmu_idx, op | size);
    } else {
        tcg_gen_qemu_st_i64(a64_read_scalar(vt, size), address, ctx->mmu_idx, op | size);
    }
}

bool a64_VLDR_U(DisasContext *ctx, const arg_VLDR_U *a)
{
    int size = register_size(a->size, a->o);
    TCGv_i64 address;

    if (size < 0) {
        return false;
    }
    address = a64_displaced(a64_base(ctx, a->rns), (int64_t)a->imm << size);
    address = a64_checked(ctx, address, (TagCheck){ size, 1, a->rns == 31 });
    tcg_gen_mov_vec(cpu_vreg[a->vt], gen_load(ctx, address, size, stack_hint(a->rns)));
    return true;
}

bool a64_VSTR_U(DisasContext *ctx, const arg_VSTR_U *a)
{
    int size = register_size(a->size, a->o);
    TCGv_i64 address;

    if (size < 0) {
        return false;
    }
    address = a64_displaced(a64_base(ctx, a->rns), (int64_t)a->imm << size);
    address = a64_checked(ctx, address, (TagCheck){ size, 1, a->rns == 31, true });
    gen_store(ctx, a->vt, address, size, stack_hint(a->rns));
    return true;
}

bool a64_VLDR_9(DisasContext *ctx, const arg_VLDR_9 *a)
{
    int size = register_size(a->size, a->o);
    TCGv_i64 address, after;

    if (size < 0 || a->mode == INDEX_UNPRIVILEGED) {
        return false;
    }
    address = a64_indexed_address(ctx, a->rns, a->imm, a->mode, &after);
    address = a64_checked(ctx, address, (TagCheck){ size, 1, a->rns == 31 && !after });
    tcg_gen_mov_vec(cpu_vreg[a->vt], gen_load(ctx, address, size, stack_hint(a->rns)));
    a64_write_back(a->rns, after);
    return true;
}

bool a64_VSTR_9(DisasContext *ctx, const arg_VSTR_9 *a)
{
    int size = register_size(a->size, a->o);
    TCGv_i64 address, after;

    if (size < 0 || a->mode == INDEX_UNPRIVILEGED) {
        return false;
    }
    address = a64_indexed_address(ctx, a->rns, a->imm, a->mode, &after);
    address = a64_checked(ctx, address, (TagCheck){ size, 1, a->rns == 31 && !after, true });
    gen_store(ctx, a->vt, address, size, stack_hint(a->rns));
    a64_write_back(a->rns, after);
    return true;
}

static TCGv_i64 gen_register_offset(DisasContext *ctx, const arg_VLDR_O *a, int size, bool store)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_add_i64(t, a64_base(ctx, a->rns), a64_extended(a->rm, a->option, a->s ? size : 0));
    return a64_checked(ctx, t, (TagCheck){ size, 1, false, store });
}

bool a64_VLDR_O(DisasContext *ctx, const arg_VLDR_O *a)
{
    int size = register_size(a->size, a->o);

    if (size < 0 || !(a->option & 2)) {
        return false;
    }
    tcg_gen_mov_vec(cpu_vreg[a->vt], gen_load(ctx, gen_register_offset(ctx, a, size, false), size, 0));
    return true;
}

bool a64_VSTR_O(DisasContext *ctx, const arg_VSTR_O *a)
{
    int size = register_size(a->size, a->o);

    if (size < 0 || !(a->option & 2)) {
        return false;
    }
    gen_store(ctx, a->vt, gen_register_offset(ctx, (const arg_VLDR_O *)a, size, true), size, 0);
    return true;
}

/* opc: words, doublewords, quadwords */
bool a64_VLDR_L(DisasContext *ctx, const arg_VLDR_L *a)
{
    if (a->opc == 3) {
        return false;
    }
    tcg_gen_mov_vec(cpu_vreg[a->vt],
                    gen_load(ctx, tcg_constant_i64(ctx->pc + a->imm), MO_32 + a->opc, 0));
    return true;
}

bool a64_VLDP(DisasContext *ctx, const arg_VLDP *a)
{
    int size = MO_32 + a->opc;
    TCGv_i64 address, after;
    TCGv_vec first, second;

    if (a->opc == 3) {
        return false;
    }
    address = a64_indexed_address(ctx, a->rns, (int64_t)a->imm << size, a->mode, &after);
    address = a64_checked(ctx, address, (TagCheck){ size, 2, a->rns == 31 && !after });
    first = gen_load(ctx, address, size, stack_hint(a->rns));
    second = gen_load(ctx, a64_displaced(address, 1 << size), size, stack_hint(a->rns));
    tcg_gen_mov_vec(cpu_vreg[a->vt], first);
    tcg_gen_mov_vec(cpu_vreg[a->vt2], second);
    a64_write_back(a->rns, after);
    return true;
}

bool a64_VSTP(DisasContext *ctx, const arg_VSTP *a)
{
    int size = MO_32 + a->opc;
    TCGv_i64 address, after;

    if (a->opc == 3) {
        return false;
    }
    address = a64_indexed_address(ctx, a->rns, (int64_t)a->imm << size, a->mode, &after);
    address = a64_checked(ctx, address, (TagCheck){ size, 2, a->rns == 31 && !after, true });
    gen_store(ctx, a->vt, address, size, stack_hint(a->rns));
    gen_store(ctx, a->vt2, a64_displaced(address, 1 << size), size, stack_hint(a->rns));
    a64_write_back(a->rns, after);
    return true;
}

/* ---- Several structures ---- */

/* How many registers, and how many of them an element's structure spreads over. */
typedef struct Structure {
    uint8_t registers, elements;
} Structure;

static Structure structure_of(unsigned opcode)
{
    static const Structure structures[16] = {
        [0] = { 4, 4 }, [2] = { 4, 1 }, [4] = { 3, 3 },  [6] = { 3, 1 },
        [7] = { 1, 1 }, [8] = { 2, 2 }, [10] = { 2, 1 },
    };

    return structures[opcode];
}

/* Post-index by a register, or by the number of bytes. */
static void gen_post_index(DisasContext *ctx, unsigned p, unsigned rns, unsigned rm, unsigned bytes)
{
    if (p && rm == 31) {
        tcg_gen_addi_i64(cpu_x[rns], cpu_x[rns], bytes);
    } else if (p) {
        tcg_gen_add_i64(cpu_x[rns], cpu_x[rns], cpu_x[rm]);
    }
}

/* At the stack pointer they are checked if that changes. */
static TCGv_i64 checked_base(DisasContext *ctx, unsigned rns, bool post_index, TagCheck check)
{
    check.is_stack = rns == 31 && !post_index;
    return a64_checked(ctx, a64_base(ctx, rns), check);
}

/* Whole registers are one access each, unless their elements' bytes have to change places. */
static bool is_plain(DisasContext *ctx, Structure s)
{
    return s.elements == 1 && !(ctx->byte_order & MO_BE);
}

static uint32_t multiple_desc(DisasContext *ctx, const arg_LDN *a, Structure s)
{
    return a->vt | a->q << 5 | a->size << 6 | s.registers << 8 | s.elements << 12 |
           (ctx->byte_order & MO_BE ? 1 << 16 : 0) | ctx->mmu_idx << 17 |
           (ctx->byte_order & MO_ALIGN ? 1 << 21 : 0);
}

static bool bad_multiple(const arg_LDN *a, Structure s)
{
    return !s.registers || (s.elements > 1 && a->size == MO_64 && !a->q) || (!a->p && a->rm);
}

bool a64_LDN(DisasContext *ctx, const arg_LDN *a)
{
    Structure s = structure_of(a->opcode);
    unsigned bytes = a->q ? 16 : 8;
    TCGv_vec values[4];
    TCGv_i64 base;

    if (bad_multiple(a, s)) {
        return false;
    }
    base = checked_base(ctx, a->rns, a->p, (TagCheck){ a->size, bytes * s.registers >> a->size, .store = false });
    if (is_plain(ctx, s)) {
        for (unsigned i = 0; i < s.registers; i++) {
            values[i] =
                gen_load(ctx, a64_displaced(base, i * bytes), a->q ? SIZE_QUADWORD : MO_64, 0);
        }
        for (unsigned i = 0; i < s.registers; i++) {
            tcg_gen_mov_vec(cpu_vreg[(a->vt + i) % 32], values[i]);
        }
    } else {
        gen_helper_arm_load_structures(tcg_env, base, tcg_constant_i32(multiple_desc(ctx, a, s)));
    }
    gen_post_index(ctx, a->p, a->rns, a->rm, bytes * s.registers);
    return true;
}

bool a64_STN(DisasContext *ctx, const arg_STN *a)
{
    Structure s = structure_of(a->opcode);
    unsigned bytes = a->q ? 16 : 8;
    TCGv_i64 base;

    if (bad_multiple(a, s)) {
        return false;
    }
    base = checked_base(ctx, a->rns, a->p, (TagCheck){ a->size, bytes * s.registers >> a->size, .store = true });
    if (is_plain(ctx, s)) {
        for (unsigned i = 0; i < s.registers; i++) {
            gen_store(ctx, (a->vt + i) % 32, a64_displaced(base, i * bytes),
                      a->q ? SIZE_QUADWORD : MO_64, 0);
        }
    } else {
        gen_helper_arm_store_structures(tcg_env, base, tcg_constant_i32(multiple_desc(ctx, a, s)));
    }
    gen_post_index(ctx, a->p, a->rns, a->rm, bytes * s.registers);
    return true;
}

/* ---- One structure ---- */

enum { REPLICATE = 3 };

/* Size and index of the element from opcode, S and size; false: unallocated. */
static bool decode_single(const arg_LDN_1 *a, unsigned *size, unsigned *index)
{
    unsigned bits = a->q << 3 | a->s << 2 | a->size;

    *size = a->opcode >> 1;
    switch (*size) {
    case MO_8:
        *index = bits;
        return true;
    case MO_16:
        *index = bits >> 1;
        return !(a->size & 1);
    case MO_32:
        *size = a->size & 1 ? MO_64 : MO_32;
        *index = a->size & 1 ? bits >> 3 : bits >> 2;
        return a->size == 0 || (a->size == 1 && !a->s);
    default: /* replicated, loads only */
        *size = a->size;
        *index = 0;
        return !a->s;
    }
}

static unsigned nb_registers(const arg_LDN_1 *a)
{
    return ((a->opcode & 1) << 1 | a->r) + 1;
}

/* Words and doublewords, which needn't go through general registers. */
static void gen_load_replicated(DisasContext *ctx, const arg_LDN_1 *a, TCGv_i64 base, unsigned nb)
{
    TCGv_vec values[4];

    for (unsigned i = 0; i < nb; i++) {
        values[i] = tcg_temp_new_vec(TCG_TYPE_V128);
        tcg_gen_qemu_ld_low_vec(values[i], a64_displaced(base, i << a->size), ctx->mmu_idx,
                                a->size | ctx->byte_order);
        tcg_gen_dup_lane_vec(a->size, values[i], values[i], 0);
    }
    for (unsigned i = 0; i < nb; i++) {
        TCGv_vec v = cpu_vreg[(a->vt + i) % 32];

        if (a->q) {
            tcg_gen_mov_vec(v, values[i]);
        } else {
            tcg_gen_low_vec(MO_64, v, values[i]);
        }
    }
}

bool a64_LDN_1(DisasContext *ctx, const arg_LDN_1 *a)
{
    unsigned size, index, nb = nb_registers(a);
    bool replicate = a->opcode >> 1 == REPLICATE;
    TCGv_i64 values[4], base;

    if (!decode_single(a, &size, &index) || (!a->p && a->rm)) {
        return false;
    }
    base = checked_base(ctx, a->rns, a->p, (TagCheck){ size, nb, .store = false });
    if (replicate && size >= MO_32 && !(ctx->byte_order & MO_BE)) {
        gen_load_replicated(ctx, a, base, nb);
        gen_post_index(ctx, a->p, a->rns, a->rm, nb << size);
        return true;
    }
    for (unsigned i = 0; i < nb; i++) {
        values[i] = tcg_temp_new_i64();
        tcg_gen_qemu_ld_i64(values[i], a64_displaced(base, i << size), ctx->mmu_idx,
                            size | ctx->byte_order);
    }
    for (unsigned i = 0; i < nb; i++) {
        TCGv_vec v = cpu_vreg[(a->vt + i) % 32];

        if (!replicate) {
            tcg_gen_insert_vec(size, v, v, values[i], index);
        } else {
            tcg_gen_dup_i64_vec(size, v, values[i]);
            if (!a->q) {
                tcg_gen_and_vec(v, v, tcg_constant_v128(UINT64_MAX, 0));
            }
        }
    }
    gen_post_index(ctx, a->p, a->rns, a->rm, nb << size);
    return true;
}

bool a64_STN_1(DisasContext *ctx, const arg_STN_1 *a)
{
    unsigned size, index, nb = nb_registers(a);
    TCGv_i64 base;

    if (!decode_single(a, &size, &index) || a->opcode >> 1 == REPLICATE || (!a->p && a->rm)) {
        return false;
    }
    base = checked_base(ctx, a->rns, a->p, (TagCheck){ size, nb, .store = true });
    for (unsigned i = 0; i < nb; i++) {
        TCGv_i64 t = tcg_temp_new_i64();

        tcg_gen_extract_vec(size, t, cpu_vreg[(a->vt + i) % 32], index);
        tcg_gen_qemu_st_i64(t, a64_displaced(base, i << size), ctx->mmu_idx,
                            size | ctx->byte_order);
    }
    gen_post_index(ctx, a->p, a->rns, a->rm, nb << size);
    return true;
}
