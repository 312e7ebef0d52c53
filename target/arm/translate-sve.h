/*
 * Arm translator: what the files of SVE share: vectors quadword by quadword, calls, accesses.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_TRANSLATE_SVE_H
#define TARGET_ARM_TRANSLATE_SVE_H

#include "target/arm/sve.h"
#include "target/arm/translate-simd.h"
#include "target/arm/sve-decode.h"

/* Sizes that only SVE's instructions have; others: translate-simd.h. */
enum { HSD = HS | D, SD = S | D, BH = B | H };

/* A row of sve.decode. */
#define ROW(name) bool sve_##name(DisasContext *ctx, const sve_arg_##name *a)
/* One whose `size` is one of `sizes`, done by a pattern (sve.h) with a lane's function. */
#define CALL(name, sizes, pattern, lane)                                                           \
    ROW(name)                                                                                      \
    {                                                                                              \
        return gen_call(ctx, sizes, arm_sve_##pattern, lane);                                      \
    }
/* Shifts by constants: the size is said by their immediate. */
#define SHIFT(name, pattern, lane)                                                                 \
    ROW(name)                                                                                      \
    {                                                                                              \
        return (a->tszh || a->tszl) && gen_call(ctx, BHSD, arm_sve_##pattern, lane);               \
    }
/* Those that the IR may have: `direction` is right or left. */
#define SHIFT_INLINE(name, direction, lane)                                                        \
    ROW(name)                                                                                      \
    {                                                                                              \
        SveShift shift;                                                                            \
                                                                                                   \
        if (!a->tszh && !a->tszl) {                                                                \
            return false;                                                                          \
        }                                                                                          \
        shift = arm_sve_shift_immediate(ctx->insn, 19, 16);                                        \
        return gen_shift_lanes(ctx, lane, shift.size, shift.direction,                             \
                               arm_sve_shift_##direction##_i);                                     \
    }

/* The vector length in bytes. */
static inline unsigned vector_bytes(const DisasContext *ctx)
{
    return arm_vq(ctx->hflags) * 16;
}

/* ---- Registers ---- */

static inline size_t quadword_offset(unsigned n, unsigned i)
{
    return offsetof(CPUARMState, zhigh[n].d[2 * (i - 1)]);
}

/* The i-th quadword of a Z register; it may be the global of the SIMD register. */
static inline TCGv_vec read_quadword(unsigned n, unsigned i)
{
    TCGv_vec t;

    if (i == 0) {
        return cpu_vreg[n];
    }
    t = new_vector();
    tcg_gen_ld_vec(t, tcg_env, quadword_offset(n, i));
    return t;
}

static inline void write_quadword(unsigned n, unsigned i, TCGv_vec value)
{
    if (i == 0) {
        tcg_gen_mov_vec(cpu_vreg[n], value);
    } else {
        tcg_gen_st_vec(value, tcg_env, quadword_offset(n, i));
    }
}

/* ---- Calls ---- */

/* `fn` does the instruction; false: its size isn't one of `sizes`. */
static inline bool gen_call(DisasContext *ctx, unsigned sizes, ARMSveFunc *fn, ARMLane *lane)
{
    if (!(sizes >> sve_size(ctx->insn) & 1)) {
        return false;
    }
    gen_helper_arm_sve(tcg_env, tcg_constant_ptr(fn), tcg_constant_ptr(lane),
                       tcg_constant_i32(ctx->insn));
    return true;
}

/* `lane` on each quadword as `desc` says, where the IR has that; else `fn` does the instruction. */
static inline bool gen_quadword_lanes(DisasContext *ctx, ARMLane *lane, const ARMLaneDesc *desc,
                                      ARMSveFunc *fn)
{
    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = arm_gen_lanes_inline(lane, desc, read_quadword(desc->vn, i),
                                          read_quadword(desc->vm, i), read_quadword(desc->vd, i));

        if (!t) { /* then not of the first one either */
            return gen_call(ctx, BHSD, fn, lane);
        }
        write_quadword(desc->vd, i, t);
    }
    return true;
}

/* zd = zn shifted by `count`, elements of 8 << size bits. */
static inline bool gen_shift_lanes(DisasContext *ctx, ARMLane *lane, unsigned size, unsigned count,
                                   ARMSveFunc *fn)
{
    const ARMLaneDesc desc = { .vd = sve_rd(ctx->insn), .vn = sve_rn(ctx->insn),
                               .vm = sve_rn(ctx->insn), .size = size, .q = true,
                               .source = ARM_OPERAND_CONSTANT, .operand = count };

    return gen_quadword_lanes(ctx, lane, &desc, fn);
}

/* ---- Under a predicate ---- */

/* Ones in all bytes of the active elements of the i-th quadword; `p`: the predicate, in each half
 * of a vector. An element's first bit counts, which all of its bytes look at. */
static inline TCGv_vec gen_active_bytes(TCGv_vec p, unsigned size, unsigned i)
{
    static const uint64_t bits[] = { 0x8040201008040201, 0x4040101004040101, 0x1010101001010101,
                                     0x0101010101010101 };
    const uint64_t every_byte = 0x0101010101010101;
    TCGv_vec t = new_vector(), wanted = tcg_constant_v128(bits[size], bits[size]);

    tcg_gen_tbl_vec(t, p, tcg_constant_v128(2 * i * every_byte, (2 * i + 1) * every_byte));
    tcg_gen_and_vec(t, t, wanted);
    tcg_gen_cmp_vec(TCG_COND_EQ, MO_8, t, t, wanted);
    return t;
}

/* A predicate as gen_active_bytes() wants it. */
static inline TCGv_vec gen_read_predicate(unsigned p)
{
    TCGv_i64 bits = tcg_temp_new_i64();
    TCGv_vec t = new_vector();

    tcg_gen_ld_i64(bits, tcg_env, offsetof(CPUARMState, preg[p]));
    tcg_gen_dup_i64_vec(MO_64, t, bits);
    return t;
}

/*
 * As gen_quadword_lanes() where elements are active, by the predicate in the usual place. desc->vd
 * is what `lane` has as `d`; the result goes to zd, which keeps its other elements.
 */
static inline bool gen_predicated_lanes(DisasContext *ctx, unsigned sizes, ARMLane *lane,
                                        const ARMLaneDesc *desc, ARMSveFunc *fn)
{
    unsigned zd = sve_rd(ctx->insn), size = desc->size + (desc->shape == ARM_SHAPE_ADJACENT);
    TCGv_vec p;

    if (!(sizes >> sve_size(ctx->insn) & 1)) {
        return false;
    }
    p = gen_read_predicate(extract32(ctx->insn, 10, 3));
    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = arm_gen_lanes_inline(lane, desc, read_quadword(desc->vn, i),
                                          read_quadword(desc->vm, i), read_quadword(desc->vd, i));

        if (!t) {
            return gen_call(ctx, sizes, fn, lane);
        }
        tcg_gen_bitsel_vec(t, gen_active_bytes(p, size, i), t, read_quadword(zd, i));
        write_quadword(zd, i, t);
    }
    return true;
}

/* n, m, d: which fields have the operands' numbers. */
#define PREDICATED(name, sizes, n, m, d, pattern, lane)                                            \
    ROW(name)                                                                                      \
    {                                                                                              \
        const ARMLaneDesc desc = { .vn = sve_##n(ctx->insn), .vm = sve_##m(ctx->insn),             \
                                   .vd = sve_##d(ctx->insn), .size = sve_size(ctx->insn),          \
                                   .q = true };                                                    \
                                                                                                   \
        return gen_predicated_lanes(ctx, sizes, lane, &desc, arm_sve_##pattern);                   \
    }
#define BINARY_P(name, lane) PREDICATED(name, BHSD, rd, rn, rd, binary_p, lane)
#define BINARY_R_P(name, lane) PREDICATED(name, BHSD, rn, rd, rd, binary_r_p, lane)
#define UNARY_P(name, sizes, lane) PREDICATED(name, sizes, rn, rn, rd, unary_p, lane)
/* Shifts of zd by constants; `direction` is right or left. */
#define SHIFT_P(name, direction, lane)                                                             \
    ROW(name)                                                                                      \
    {                                                                                              \
        ARMLaneDesc desc = { .vd = a->zd, .vn = a->zd, .vm = a->zd, .q = true,                     \
                             .source = ARM_OPERAND_CONSTANT };                                     \
        SveShift shift;                                                                            \
                                                                                                   \
        if (!a->tszh && !a->tszl) {                                                                \
            return false;                                                                          \
        }                                                                                          \
        shift = arm_sve_shift_immediate(ctx->insn, 8, 5);                                          \
        desc.size = shift.size;                                                                    \
        desc.operand = shift.direction;                                                            \
        return gen_predicated_lanes(ctx, BHSD, lane, &desc, arm_sve_shift_##direction##_pi);       \
    }

/* ---- Accesses ---- */

/* translate-sve-memory.c: what `fn` does, generated or called. is_stack: at the stack pointer, with nothing
 * but a displacement: tags aren't checked. */
bool gen_access_at(DisasContext *ctx, TCGv_i64 address, ARMSveMemoryFunc *fn, bool is_stack);

static inline bool gen_access(DisasContext *ctx, TCGv_i64 address, ARMSveMemoryFunc *fn)
{
    return gen_access_at(ctx, address, fn, false);
}

/* A base register and a number of bytes. */
static inline bool gen_displaced(DisasContext *ctx, unsigned rns, int64_t offset,
                                 ARMSveMemoryFunc *fn)
{
    return gen_access_at(ctx, a64_displaced(a64_base(ctx, rns), offset), fn,
                         rns == 31 && fn != arm_sve_gather && fn != arm_sve_scatter);
}

/* A base and an index register, in units of what is accessed. */
static inline bool gen_indexed(DisasContext *ctx, unsigned rns, unsigned rm, unsigned shift,
                               ARMSveMemoryFunc *fn)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_shli_i64(t, a64_x(rm), shift);
    tcg_gen_add_i64(t, a64_base(ctx, rns), t);
    return gen_access(ctx, t, fn);
}

#endif
