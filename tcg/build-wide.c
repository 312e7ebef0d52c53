/*
 * Vectors of 256 bits, as pairs: what goes by elements goes by halves.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "backend.h"
#include "build.h"

#define EACH_HALF(i) for (unsigned i = 0; i < 2; i++)

TCGv_v256 tcg_temp_new_v256(void)
{
    return (TCGv_v256){ { tcg_temp_new_vec(TCG_TYPE_V128), tcg_temp_new_vec(TCG_TYPE_V128) } };
}

#define BINARY(name)                                                                               \
    void tcg_gen_##name##_v256(unsigned vece, TCGv_v256 ret, TCGv_v256 a, TCGv_v256 b)             \
    {                                                                                              \
        EACH_HALF(i) {                                                                             \
            tcg_gen_##name##_vec(vece, ret.half[i], a.half[i], b.half[i]);                         \
        }                                                                                          \
    }
TCG_FOREACH_VECTOR_BINARY(BINARY)

#define BITWISE(name)                                                                              \
    void tcg_gen_##name##_v256(TCGv_v256 ret, TCGv_v256 a, TCGv_v256 b)                            \
    {                                                                                              \
        EACH_HALF(i) {                                                                             \
            tcg_gen_##name##_vec(ret.half[i], a.half[i], b.half[i]);                               \
        }                                                                                          \
    }
BITWISE(and)
BITWISE(or)
BITWISE(xor)
BITWISE(andc)

#define UNARY(name)                                                                                \
    void tcg_gen_##name##_v256(unsigned vece, TCGv_v256 ret, TCGv_v256 a)                          \
    {                                                                                              \
        EACH_HALF(i) {                                                                             \
            tcg_gen_##name##_vec(vece, ret.half[i], a.half[i]);                                    \
        }                                                                                          \
    }
UNARY(neg)
UNARY(abs)

#define SHIFT(name)                                                                                \
    void tcg_gen_##name##_v256(unsigned vece, TCGv_v256 ret, TCGv_v256 a, unsigned count)          \
    {                                                                                              \
        EACH_HALF(i) {                                                                             \
            tcg_gen_##name##_vec(vece, ret.half[i], a.half[i], count);                             \
        }                                                                                          \
    }
SHIFT(shli)
SHIFT(shri)
SHIFT(sari)

void tcg_gen_mov_v256(TCGv_v256 ret, TCGv_v256 a)
{
    EACH_HALF(i) {
        tcg_gen_mov_vec(ret.half[i], a.half[i]);
    }
}

void tcg_gen_not_v256(TCGv_v256 ret, TCGv_v256 a)
{
    EACH_HALF(i) {
        tcg_gen_not_vec(ret.half[i], a.half[i]);
    }
}

void tcg_gen_cmp_v256(TCGCond cond, unsigned vece, TCGv_v256 ret, TCGv_v256 a, TCGv_v256 b)
{
    EACH_HALF(i) {
        tcg_gen_cmp_vec(cond, vece, ret.half[i], a.half[i], b.half[i]);
    }
}

void tcg_gen_bitsel_v256(TCGv_v256 ret, TCGv_v256 mask, TCGv_v256 a, TCGv_v256 b)
{
    EACH_HALF(i) {
        tcg_gen_bitsel_vec(ret.half[i], mask.half[i], a.half[i], b.half[i]);
    }
}

void tcg_gen_dup_i64_v256(unsigned vece, TCGv_v256 ret, TCGv_i64 a)
{
    tcg_gen_dup_i64_vec(vece, ret.half[0], a);
    tcg_gen_mov_vec(ret.half[1], ret.half[0]);
}

void tcg_gen_ld_v256(TCGv_v256 ret, TCGv_ptr base, intptr_t offset)
{
    EACH_HALF(i) {
        tcg_gen_ld_vec(ret.half[i], base, offset + 16 * i);
    }
}

void tcg_gen_st_v256(TCGv_v256 value, TCGv_ptr base, intptr_t offset)
{
    EACH_HALF(i) {
        tcg_gen_st_vec(value.half[i], base, offset + 16 * i);
    }
}

/* ---- Guest memory ---- */

static TCGv_addr behind(TCGv_addr addr)
{
    TCGv_i32 narrow;
    TCGv_i64 wide;

    if (tcg_ctx->temps[handle_temp(addr.i32)].type == TCG_TYPE_I64) {
        wide = tcg_temp_new_i64();
        tcg_gen_addi_i64(wide, addr.i64, 16);
        return (TCGv_addr){ .i64 = wide };
    }
    narrow = tcg_temp_new_i32();
    tcg_gen_addi_i32(narrow, addr.i32, 16);
    return (TCGv_addr){ .i32 = narrow };
}

/* `ret` is written when neither half can raise an exception any more. */
void tcg_gen_qemu_ld_v256(TCGv_v256 ret, TCGv_addr addr, unsigned mmu_idx, MemOp memop)
{
    unsigned first = memop & MO_BE ? 1 : 0;
    TCGv_v256 loaded = tcg_temp_new_v256();

    tcg_gen_qemu_ld_vec(loaded.half[first], addr, mmu_idx, memop);
    tcg_gen_qemu_ld_vec(loaded.half[!first], behind(addr), mmu_idx, memop);
    tcg_gen_mov_v256(ret, loaded);
}

/* The first store asks for the rights to both. */
void tcg_gen_qemu_st_v256(TCGv_v256 value, TCGv_addr addr, unsigned mmu_idx, MemOp memop)
{
    unsigned first = memop & MO_BE ? 1 : 0;

    tcg_gen_qemu_st_vec(value.half[first], addr, mmu_idx, memop | MO_AHEAD);
    tcg_gen_qemu_st_vec(value.half[!first], behind(addr), mmu_idx, memop);
}
