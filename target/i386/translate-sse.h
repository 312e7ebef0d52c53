/*
 * x86 translator: packed operands, as MMX, SSE and AVX instructions have them.
 *
 * An instruction on packed numbers does the same to each lane: the 8 bytes of an mmx register, the
 * 16 of an xmm register, or each half of a ymm register. So what it does is written once, for a
 * lane.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_TRANSLATE_SSE_H
#define TARGET_I386_TRANSLATE_SSE_H

#include "target/i386/sse.h"
#include "target/i386/translate.h"

/* One lane: what is computed, from what. The result is none of the operands. */
typedef struct X86Lane {
    TCGType type;    /* TCG_TYPE_V64 or TCG_TYPE_V128 */
    unsigned vece;   /* of the instruction's elements */
    unsigned imm;    /* the immediate, if there is one */
    unsigned number; /* 1: the upper lane */
    TCGv_vec r, a, b; /* b: NULL for instructions of one operand */
} X86Lane;

typedef void X86LaneFunc(const X86Lane *l);
typedef void X86VectorFunc(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b);

/* The whole of an operand. */
typedef struct X86Packed {
    TCGType type;
    unsigned lanes;
    TCGv_vec lane[2];
} X86Packed;

static inline unsigned x86_lane_bytes(TCGType type)
{
    return type == TCG_TYPE_V64 ? 8 : 16;
}

/* Operands. Of memory 16 bytes must be aligned, but not for VEX's instructions; _load: 16 and 32
 * bytes must be if the caller says so. */
X86Packed x86_packed_read(DisasContext *ctx, unsigned n);
X86Packed x86_packed_load(DisasContext *ctx, unsigned n, bool aligned);
TCGv_i64 x86_address_256(DisasContext *ctx, bool aligned, bool write);
/* Behind everything that can fault. For an mmx register x86_mmx_begin() has been called. */
void x86_packed_write(DisasContext *ctx, unsigned n, const X86Packed *value);
/* The numbers of the first and of the second source: VEX's rows have a destination of their own. */
unsigned x86_first_source(const DisasContext *ctx);
unsigned x86_second_source(const DisasContext *ctx);

bool x86_uses_mmx(const DisasContext *ctx);

static inline TCGv_vec x86_new_lane(TCGType type)
{
    return tcg_temp_new_vec(type);
}

static inline TCGv_vec x86_zero_lane(TCGType type)
{
    return tcg_constant_vec(type, MO_64, 0);
}

/* Whole instructions: operand 0 gets what `fn` makes of the sources; of the only one. */
bool x86_gen_lanes(DisasContext *ctx, X86LaneFunc *fn, unsigned vece);
bool x86_gen_lanes_unary(DisasContext *ctx, X86LaneFunc *fn, unsigned vece);
/* The same for operands that have been read; b may be NULL. */
bool x86_gen_lanes_of(DisasContext *ctx, X86LaneFunc *fn, unsigned vece, const X86Packed *a,
                      const X86Packed *b);

/* Where IR has just that. */
bool x86_gen_vectors(DisasContext *ctx, X86VectorFunc *fn, unsigned vece);

/* Functions of the opcode tables that do nothing else. */
#define X86_VECTORS(name, fn, vece)                                                                \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return x86_gen_vectors(ctx, fn, vece);                                                     \
    }
#define X86_LANES(name, fn, vece)                                                                  \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return x86_gen_lanes(ctx, fn, vece);                                                       \
    }
#define X86_LANES_UNARY(name, fn, vece)                                                            \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return x86_gen_lanes_unary(ctx, fn, vece);                                                 \
    }
/* Their operand is in ModRM.rm; with VEX the result goes elsewhere. */
#define X86_LANES_OF_RM(name, fn, vece)                                                            \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        X86Packed a = x86_packed_read(ctx, x86_first_source(ctx));                                 \
                                                                                                   \
        return x86_gen_lanes_of(ctx, fn, vece, &a, NULL);                                          \
    }

#define X86_LANE(name, emit)                                                                       \
    static void name(const X86Lane *l)                                                             \
    {                                                                                              \
        emit;                                                                                      \
    }

/* A lane's result by a helper. */
void x86_gen_packed_call(const X86Lane *l, X86PackedFunc *fn, unsigned imm);

/* Behind all faults of an instruction that uses mmx registers: the x87's tags and top. */
void x86_mmx_begin(DisasContext *ctx);
bool x86_is_mmx(const DisasContext *ctx, unsigned n);
TCGv_i64 x86_read_mmx(unsigned number);
void x86_write_mmx(unsigned number, TCGv_i64 value);
/* Low 128 bits of an xmm register, the rest of it as the instruction's encoding wants it. */
void x86_set_xmm(DisasContext *ctx, unsigned number, TCGv_vec value);

/* PTEST and its kin: flags from the bits of both operands that `mask` has in each 64. */
bool x86_gen_test(DisasContext *ctx, uint64_t mask);

/* Bytes of a and, from the lane's size on, of b, as `index` says; X86_ZERO_BYTE: 0. */
#define X86_ZERO_BYTE 0xff
void x86_gen_shuffle(TCGType type, TCGv_vec r, TCGv_vec a, TCGv_vec b, const uint8_t index[16]);
/* The elements with even or odd numbers, of a and then of b. */
void x86_gen_every_other(TCGType type, unsigned vece, TCGv_vec r, TCGv_vec a, TCGv_vec b, bool odd);

static inline TCGv_i64 x86_half(TCGv_vec v, unsigned n)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extract_vec(MO_64, t, v, n);
    return t;
}

#endif
