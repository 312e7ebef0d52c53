/*
 * The front end's vector and floating-point operations.
 *
 * What no host does in one instruction (8-bit multiplication, 64-bit minimum, …) is put together
 * here from operations that every host has, so that back ends need not know it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "backend.h"
#include "build.h"

#define TYPE_f32 TCG_TYPE_F32
#define TYPE_f64 TCG_TYPE_F64

TCGv_f32 tcg_temp_new_f32(void)
{
    return temp_handle(tcg_new_temp(tcg_ctx, TCG_TYPE_F32));
}

TCGv_f64 tcg_temp_new_f64(void)
{
    return temp_handle(tcg_new_temp(tcg_ctx, TCG_TYPE_F64));
}

TCGv_vec tcg_temp_new_vec(TCGType type)
{
    g_assert(type == TCG_TYPE_V64 || type == TCG_TYPE_V128);
    return temp_handle(tcg_new_temp(tcg_ctx, type));
}

TCGv_i128 tcg_temp_new_i128(void)
{
    return (TCGv_i128){ tcg_temp_new_i64(), tcg_temp_new_i64() };
}

TCGv_f32 tcg_constant_f32(uint32_t bits)
{
    return temp_handle(tcg_const_temp(tcg_ctx, TCG_TYPE_F32, bits));
}

TCGv_f64 tcg_constant_f64(uint64_t bits)
{
    return temp_handle(tcg_const_temp(tcg_ctx, TCG_TYPE_F64, bits));
}

TCGv_vec tcg_constant_v64(uint64_t bits)
{
    return temp_handle(tcg_const_temp(tcg_ctx, TCG_TYPE_V64, bits));
}

TCGv_vec tcg_constant_v128(uint64_t low, uint64_t high)
{
    return temp_handle(tcg_const_v128(tcg_ctx, low, high));
}

TCGv_vec tcg_constant_vec(TCGType type, unsigned vece, uint64_t element)
{
    unsigned width = 8u << vece;

    element &= MAKE_64BIT_MASK(0, width);
    for (; width < 64; width *= 2) {
        element |= element << width;
    }
    return type == TCG_TYPE_V64 ? tcg_constant_v64(element) : tcg_constant_v128(element, element);
}

static TCGType type_of(const void *handle)
{
    return tcg_ctx->temps[handle_temp(handle)].type;
}

static TCGv_vec new_like(TCGv_vec v)
{
    return tcg_temp_new_vec(type_of(v));
}

static TCGv_vec constant_like(TCGv_vec v, unsigned vece, uint64_t element)
{
    return tcg_constant_vec(type_of(v), vece, element);
}

static TCGOp *build_vec(TCGOpcode opc, TCGType type, unsigned vece, unsigned imm, const void *ret,
                        const void *a, const void *b)
{
    TCGOp *op = build(opc, type, ret, a, b);

    op->vec.vece = vece;
    op->vec.imm = imm;
    return op;
}

static void vec(TCGOpcode opc, unsigned vece, unsigned imm, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    g_assert(type_of(ret) == type_of(a) && (!b || type_of(ret) == type_of(b)));
    tcg_append_op(tcg_ctx, build_vec(opc, type_of(ret), vece, imm, ret, a, b));
}

/* ---- Bitwise, moves, elements ---- */

void tcg_gen_mov_vec(TCGv_vec ret, TCGv_vec a)
{
    build_op(OP_mov, type_of(ret), ret, a, NULL);
}

#define BITWISE(name)                                                                              \
    void tcg_gen_##name##_vec(TCGv_vec ret, TCGv_vec a, TCGv_vec b)                                \
    {                                                                                              \
        vec(OP_v##name, 0, 0, ret, a, b);                                                          \
    }
BITWISE(and)
BITWISE(or)
BITWISE(xor)
BITWISE(andc)

void tcg_gen_not_vec(TCGv_vec ret, TCGv_vec a)
{
    tcg_gen_xor_vec(ret, a, constant_like(a, MO_64, UINT64_MAX));
}

void tcg_gen_bitsel_vec(TCGv_vec ret, TCGv_vec mask, TCGv_vec a, TCGv_vec b)
{
    TCGOp *op = build_vec(OP_vbitsel, type_of(ret), 0, 0, ret, mask, a);

    op->in[2] = handle_temp(b);
    tcg_append_op(tcg_ctx, op);
}

/* Constant indices that are in range, or above 127, which hosts take for 0 as well. */
static bool has_plain_indices(TCGv_vec index)
{
    const TCGTemp *t = &tcg_ctx->temps[handle_temp(index)];
    uint64_t halves[2] = { t->value, t->value_high };
    unsigned bytes = type_size(t->type);

    for (unsigned i = 0; i < bytes; i++) {
        unsigned at = halves[i / 8] >> (8 * (i % 8)) & 0xff;

        if (at >= bytes && at < 0x80) {
            return false;
        }
    }
    return t->kind == TEMP_CONST;
}

/* vec.imm: the index is as above. */
void tcg_gen_tbl_vec(TCGv_vec ret, TCGv_vec a, TCGv_vec index)
{
    vec(OP_vtbl, 0, has_plain_indices(index), ret, a, index);
}

void tcg_gen_reverse_vec(TCGv_vec ret, TCGv_vec a)
{
    const uint64_t low = 0x0001020304050607, high = 0x08090a0b0c0d0e0f;

    vec(OP_vtbl, 0, 1, ret, a,
        type_of(a) == TCG_TYPE_V64 ? tcg_constant_v64(low) : tcg_constant_v128(high, low));
}

void tcg_gen_dup_i64_vec(unsigned vece, TCGv_vec ret, TCGv_i64 a)
{
    tcg_append_op(tcg_ctx, build_vec(OP_vdup, type_of(ret), vece, 0, ret, a, NULL));
}

void tcg_gen_extract_vec(unsigned vece, TCGv_i64 ret, TCGv_vec a, unsigned n)
{
    g_assert(n << vece < type_size(type_of(a)));
    tcg_append_op(tcg_ctx, build_vec(OP_vextract, TCG_TYPE_I64, vece, n, ret, a, NULL));
}

void tcg_gen_insert_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_i64 b, unsigned n)
{
    g_assert(n << vece < type_size(type_of(a)));
    tcg_append_op(tcg_ctx, build_vec(OP_vinsert, type_of(ret), vece, n, ret, a, b));
}

void tcg_gen_dup_lane_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned n)
{
    g_assert(vece >= MO_32);
    vec(OP_vdup_lane, vece, n, ret, a, NULL);
}

void tcg_gen_unzip_words_vec(TCGv_vec ret, TCGv_vec a, TCGv_vec b, bool odd)
{
    g_assert(type_of(ret) == TCG_TYPE_V128);
    vec(OP_vunzip, MO_32, odd, ret, a, b);
}

void tcg_gen_low_vec(unsigned vece, TCGv_vec ret, TCGv_vec a)
{
    g_assert(vece >= MO_32);
    vec(OP_vlow, vece, 0, ret, a, NULL);
}

void tcg_gen_concat_i64_vec(TCGv_vec ret, TCGv_i64 low, TCGv_i64 high)
{
    const TCGTemp *upper = &tcg_ctx->temps[handle_temp(high)];

    g_assert(type_of(ret) == TCG_TYPE_V128);
    if (upper->kind == TEMP_CONST && !upper->value) {
        tcg_append_op(tcg_ctx, build_vec(OP_vlow_int, TCG_TYPE_V128, 0, 0, ret, low, NULL));
        return;
    }
    tcg_append_op(tcg_ctx, build_vec(OP_vconcat, TCG_TYPE_V128, 0, 0, ret, low, high));
}

static void build_access(TCGOpcode opc, TCGType type, const void *ret, const void *in0,
                         const void *in1, intptr_t offset)
{
    TCGOp *op = build(opc, type, ret, in0, in1);

    op->mem.disp = offset;
    tcg_append_op(tcg_ctx, op);
}

void tcg_gen_ld_vec(TCGv_vec ret, TCGv_ptr base, intptr_t offset)
{
    build_access(OP_vld, type_of(ret), ret, base, NULL, offset);
}

void tcg_gen_st_vec(TCGv_vec value, TCGv_ptr base, intptr_t offset)
{
    build_access(OP_vst, type_of(value), NULL, value, base, offset);
}

static MemOp vector_memop(TCGType type, MemOp memop)
{
    return (memop & (MO_ALIGN | MO_STACK | MO_AHEAD)) | MO_VECTOR | (type == TCG_TYPE_V64 ? MO_64 : MO_128);
}

/* The access is in memory's order; a register that it must leave alone if it fails comes last. */
void tcg_gen_qemu_ld_vec(TCGv_vec ret, TCGv_addr addr, unsigned mmu_idx, MemOp memop)
{
    TCGv_vec loaded = memop & MO_BE ? new_like(ret) : ret;

    build_guest_access(OP_qemu_ld, type_of(ret), loaded, NULL, addr, mmu_idx,
                       vector_memop(type_of(ret), memop));
    if (memop & MO_BE) {
        tcg_gen_reverse_vec(ret, loaded);
    }
}

void tcg_gen_qemu_st_vec(TCGv_vec value, TCGv_addr addr, unsigned mmu_idx, MemOp memop)
{
    TCGv_vec stored = memop & MO_BE ? new_like(value) : value;

    if (memop & MO_BE) {
        tcg_gen_reverse_vec(stored, value);
    }
    build_guest_access(OP_qemu_st, type_of(value), NULL, stored, addr, mmu_idx,
                       vector_memop(type_of(value), memop));
}

static MemOp low_memop(MemOp memop)
{
    g_assert(!(memop & MO_BE) && (memop & MO_SIZE) >= MO_32);
    return (memop & (MO_ALIGN | MO_STACK | MO_AHEAD | MO_SIZE)) | MO_VECTOR;
}

void tcg_gen_qemu_ld_low_vec(TCGv_vec ret, TCGv_addr addr, unsigned mmu_idx, MemOp memop)
{
    build_guest_access(OP_qemu_ld, TCG_TYPE_V128, ret, NULL, addr, mmu_idx, low_memop(memop));
}

void tcg_gen_qemu_st_low_vec(TCGv_vec value, TCGv_addr addr, unsigned mmu_idx, MemOp memop)
{
    build_guest_access(OP_qemu_st, TCG_TYPE_V128, NULL, value, addr, mmu_idx, low_memop(memop));
}

static void zip(TCGOpcode opc, unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    g_assert(1u << vece < type_size(type_of(ret))); /* there must be halves */
    vec(opc, vece, 0, ret, a, b);
}

void tcg_gen_zipl_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    zip(OP_vzipl, vece, ret, a, b);
}

void tcg_gen_ziph_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    zip(OP_vziph, vece, ret, a, b);
}

/* ---- Arithmetic by element ---- */

/* ret = scalar operation on each pair of elements: for what vectors can't do at all. */
static void by_element(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b,
                       void (*scalar)(unsigned width, TCGv_i64 r, TCGv_i64 x, TCGv_i64 y))
{
    TCGv_i64 x = tcg_temp_new_i64(), y = tcg_temp_new_i64();
    TCGv_vec result = new_like(ret);

    tcg_gen_mov_vec(result, a);
    for (unsigned i = 0; i < type_size(type_of(ret)) >> vece; i++) {
        tcg_gen_extract_vec(vece, x, a, i);
        tcg_gen_extract_vec(vece, y, b, i);
        scalar(8u << vece, x, x, y);
        tcg_gen_insert_vec(vece, result, result, x, i);
    }
    tcg_gen_mov_vec(ret, result);
}

static void scalar_mul(unsigned width, TCGv_i64 r, TCGv_i64 x, TCGv_i64 y)
{
    tcg_gen_mul_i64(r, x, y);
}

/* r = x shifted by y, or `too_far` if y is at least the width */
static void scalar_shift(unsigned width, TCGv_i64 r, TCGv_i64 x, TCGv_i64 y, TCGv_i64 too_far,
                         void (*shift)(TCGv_i64, TCGv_i64, TCGv_i64))
{
    TCGv_i64 count = tcg_temp_new_i64(), shifted = tcg_temp_new_i64();

    tcg_gen_andi_i64(count, y, 63);
    shift(shifted, x, count);
    tcg_gen_movcond_i64(TCG_COND_LTU, r, y, tcg_constant_i64(width), shifted, too_far);
}

static void scalar_shl(unsigned width, TCGv_i64 r, TCGv_i64 x, TCGv_i64 y)
{
    scalar_shift(width, r, x, y, tcg_constant_i64(0), tcg_gen_shl_i64);
}

static void scalar_shr(unsigned width, TCGv_i64 r, TCGv_i64 x, TCGv_i64 y)
{
    scalar_shift(width, r, x, y, tcg_constant_i64(0), tcg_gen_shr_i64);
}

static void scalar_sar(unsigned width, TCGv_i64 r, TCGv_i64 x, TCGv_i64 y)
{
    TCGv_i64 sign = tcg_temp_new_i64();

    tcg_gen_sextract_i64(x, x, 0, width);
    tcg_gen_sari_i64(sign, x, 63);
    scalar_shift(width, r, x, y, sign, tcg_gen_sar_i64);
}

#define BINARY(name, opc)                                                                          \
    void tcg_gen_##name##_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)                 \
    {                                                                                              \
        vec(opc, vece, 0, ret, a, b);                                                              \
    }
BINARY(add, OP_vadd)
BINARY(sub, OP_vsub)
BINARY(fadd, OP_vfadd)
BINARY(fsub, OP_vfsub)
BINARY(fmul, OP_vfmul)
BINARY(fdiv, OP_vfdiv)

void tcg_gen_neg_vec(unsigned vece, TCGv_vec ret, TCGv_vec a)
{
    tcg_gen_sub_vec(vece, ret, constant_like(a, MO_64, 0), a);
}

void tcg_gen_abs_vec(unsigned vece, TCGv_vec ret, TCGv_vec a)
{
    TCGv_vec negated = new_like(a), negative = new_like(a);

    tcg_gen_neg_vec(vece, negated, a);
    tcg_gen_cmp_vec(TCG_COND_LT, vece, negative, a, constant_like(a, MO_64, 0));
    tcg_gen_bitsel_vec(ret, negative, negated, a);
}

/* Even and odd bytes are multiplied as 16-bit numbers. */
static void mul_bytes(TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    TCGv_vec even = new_like(a), odd = new_like(a), t = new_like(a);

    vec(OP_vmul, MO_16, 0, even, a, b);
    tcg_gen_and_vec(even, even, constant_like(a, MO_16, 0xff));
    vec(OP_vshri, MO_16, 8, odd, a, NULL);
    vec(OP_vshri, MO_16, 8, t, b, NULL);
    vec(OP_vmul, MO_16, 0, odd, odd, t);
    vec(OP_vshli, MO_16, 8, odd, odd, NULL);
    tcg_gen_or_vec(ret, even, odd);
}

void tcg_gen_mul_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    if (vece == MO_8) {
        mul_bytes(ret, a, b);
    } else if (vece == MO_64) {
        by_element(vece, ret, a, b, scalar_mul);
    } else {
        vec(OP_vmul, vece, 0, ret, a, b);
    }
}

static bool check_count(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned count)
{
    g_assert(count < 8u << vece);
    if (count == 0) {
        tcg_gen_mov_vec(ret, a);
    }
    return count != 0;
}

/* Bytes are shifted as 16-bit numbers; what came from the neighbour is masked out. */
static void shift_bytes(TCGOpcode opc, TCGv_vec ret, TCGv_vec a, unsigned count)
{
    unsigned mask = opc == OP_vshli ? 0xff << count : 0xff >> count;
    TCGv_vec t = new_like(a);

    vec(opc, MO_16, count, t, a, NULL);
    tcg_gen_and_vec(ret, t, constant_like(a, MO_8, mask));
}

static void shift_imm(TCGOpcode opc, unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned count)
{
    if (!check_count(vece, ret, a, count)) {
        return;
    }
    if (vece == MO_8) {
        shift_bytes(opc, ret, a, count);
    } else {
        vec(opc, vece, count, ret, a, NULL);
    }
}

void tcg_gen_shli_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned count)
{
    shift_imm(OP_vshli, vece, ret, a, count);
}

void tcg_gen_shri_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned count)
{
    shift_imm(OP_vshri, vece, ret, a, count);
}

void tcg_gen_sari_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned count)
{
    TCGv_vec shifted, sign;

    if (!check_count(vece, ret, a, count)) {
        return;
    }
    if (vece == MO_16 || vece == MO_32) {
        vec(OP_vsari, vece, count, ret, a, NULL);
        return;
    }
    /* the sign is one bit after a logical shift: spread it */
    shifted = new_like(a);
    sign = constant_like(a, vece, 1ull << ((8u << vece) - 1 - count));
    tcg_gen_shri_vec(vece, shifted, a, count);
    tcg_gen_xor_vec(shifted, shifted, sign);
    tcg_gen_sub_vec(vece, ret, shifted, sign);
}

#define SHIFT_BY_VECTOR(name, opc, scalar)                                                         \
    void tcg_gen_##name##_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)                 \
    {                                                                                              \
        if (host_has_vector_op(opc, vece)) {                                                       \
            vec(opc, vece, 0, ret, a, b);                                                          \
        } else {                                                                                   \
            by_element(vece, ret, a, b, scalar);                                                   \
        }                                                                                          \
    }
SHIFT_BY_VECTOR(shlv, OP_vshlv, scalar_shl)
SHIFT_BY_VECTOR(shrv, OP_vshrv, scalar_shr)
SHIFT_BY_VECTOR(sarv, OP_vsarv, scalar_sar)

/* ---- Comparisons, minimum and maximum, saturation ---- */

/* Signed comparison of numbers with the sign turned over is unsigned comparison. */
static TCGv_vec turn_sign(unsigned vece, TCGv_vec a)
{
    TCGv_vec t = new_like(a);

    tcg_gen_xor_vec(t, a, constant_like(a, vece, 1ull << ((8u << vece) - 1)));
    return t;
}

void tcg_gen_cmp_vec(TCGCond cond, unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    static const struct {
        TCGOpcode opc;
        bool swap, invert, is_unsigned;
    } how[] = {
        [TCG_COND_EQ] = { OP_vcmpeq },
        [TCG_COND_NE] = { OP_vcmpeq, .invert = true },
        [TCG_COND_GT] = { OP_vcmpgt },
        [TCG_COND_LE] = { OP_vcmpgt, .invert = true },
        [TCG_COND_LT] = { OP_vcmpgt, .swap = true },
        [TCG_COND_GE] = { OP_vcmpgt, .swap = true, .invert = true },
        [TCG_COND_GTU] = { OP_vcmpgt, .is_unsigned = true },
        [TCG_COND_LEU] = { OP_vcmpgt, .is_unsigned = true, .invert = true },
        [TCG_COND_LTU] = { OP_vcmpgt, .is_unsigned = true, .swap = true },
        [TCG_COND_GEU] = { OP_vcmpgt, .is_unsigned = true, .swap = true, .invert = true },
    };

    if (cond <= TCG_COND_ALWAYS) {
        tcg_gen_mov_vec(ret, constant_like(ret, MO_64, cond == TCG_COND_ALWAYS ? UINT64_MAX : 0));
        return;
    }
    g_assert(cond < ARRAY_SIZE(how));
    if (how[cond].is_unsigned) {
        a = turn_sign(vece, a);
        b = turn_sign(vece, b);
    }
    vec(how[cond].opc, vece, 0, ret, how[cond].swap ? b : a, how[cond].swap ? a : b);
    if (how[cond].invert) {
        tcg_gen_not_vec(ret, ret);
    }
}

#define MINMAX(name, cond)                                                                         \
    void tcg_gen_##name##_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)                 \
    {                                                                                              \
        TCGv_vec first;                                                                            \
                                                                                                   \
        if (vece < MO_64) {                                                                        \
            vec(OP_v##name, vece, 0, ret, a, b);                                                   \
            return;                                                                                \
        }                                                                                          \
        first = new_like(a);                                                                       \
        tcg_gen_cmp_vec(cond, vece, first, a, b);                                                  \
        tcg_gen_bitsel_vec(ret, first, a, b);                                                      \
    }
MINMAX(smin, TCG_COND_LT)
MINMAX(smax, TCG_COND_GT)
MINMAX(umin, TCG_COND_LTU)
MINMAX(umax, TCG_COND_GTU)

/* a + b is a + min(b, what is left above a); a - b is max(a, b) - b */
static void saturate_unsigned(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b, bool subtract)
{
    TCGv_vec t = new_like(a);

    if (subtract) {
        tcg_gen_umax_vec(vece, t, a, b);
        tcg_gen_sub_vec(vece, ret, t, b);
    } else {
        tcg_gen_not_vec(t, a);
        tcg_gen_umin_vec(vece, t, t, b);
        tcg_gen_add_vec(vece, ret, a, t);
    }
}

/* An overflow shows in the signs of operands and result; the bound has the first operand's sign. */
static void saturate_signed(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b, bool subtract)
{
    TCGv_vec result = new_like(a), changed = new_like(a), t = new_like(a), zero, bound;

    zero = constant_like(a, MO_64, 0);
    bound = new_like(a);
    (subtract ? tcg_gen_sub_vec : tcg_gen_add_vec)(vece, result, a, b);
    tcg_gen_xor_vec(changed, result, a);
    tcg_gen_xor_vec(t, a, b);
    if (subtract) {
        tcg_gen_and_vec(changed, changed, t);
    } else {
        tcg_gen_andc_vec(changed, changed, t);
    }
    tcg_gen_cmp_vec(TCG_COND_LT, vece, changed, changed, zero);
    tcg_gen_cmp_vec(TCG_COND_LT, vece, bound, a, zero);
    tcg_gen_xor_vec(bound, bound, constant_like(a, vece, (1ull << ((8u << vece) - 1)) - 1));
    tcg_gen_bitsel_vec(ret, changed, bound, result);
}

#define SATURATING(name, function, subtract)                                                       \
    void tcg_gen_##name##_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)                 \
    {                                                                                              \
        if (vece <= MO_16) {                                                                       \
            vec(OP_v##name, vece, 0, ret, a, b);                                                   \
        } else {                                                                                   \
            function(vece, ret, a, b, subtract);                                                   \
        }                                                                                          \
    }
SATURATING(ssadd, saturate_signed, false)
SATURATING(usadd, saturate_unsigned, false)
SATURATING(sssub, saturate_signed, true)
SATURATING(ussub, saturate_unsigned, true)

/* ---- Floating point ---- */

bool tcg_float_inline = true;

static void build_fcmp(TCGFloatCond cond, bool signaling, unsigned vece, const void *ret,
                       const void *a, const void *b)
{
    unsigned imm = cond | (signaling ? FCMP_SIGNALING : 0);

    tcg_append_op(tcg_ctx, build_vec(OP_fcmp, TCG_TYPE_I32, vece, imm, ret, a, b));
}

/* Helpers take and return the bits. */
#define CALL_FMA(T, I, kind)                                                                       \
    static void call_fma_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b, TCGv_##T c, unsigned negate)    \
    {                                                                                              \
        static const TCGHelperInfo info = { (void *)tcg_soft_fma_##T, "fma_" #T,                   \
                                            TCG_CALL_NO_RWG, kind, 4,                              \
                                            { kind, kind, kind, TCG_HELPER_I32 } };                \
        TCGv_##I bits[3] = { tcg_temp_new_##I(), tcg_temp_new_##I(), tcg_temp_new_##I() };         \
                                                                                                   \
        tcg_gen_bits_##T##_##I(bits[0], a);                                                        \
        tcg_gen_bits_##T##_##I(bits[1], b);                                                        \
        tcg_gen_bits_##T##_##I(bits[2], c);                                                        \
        tcg_gen_call(&info, bits[0], (void *const[]){ bits[0], bits[1], bits[2],                   \
                                                      tcg_constant_i32(negate) });                 \
        tcg_gen_bits_##I##_##T(ret, bits[0]);                                                      \
    }
CALL_FMA(f32, i32, TCG_HELPER_I32)
CALL_FMA(f64, i64, TCG_HELPER_I64)

#define FLOAT_BINARY(name, T)                                                                      \
    void tcg_gen_##name##_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b)                                \
    {                                                                                              \
        build_op(OP_f##name, TYPE_##T, ret, a, b);                                                 \
    }

#define FLOAT_TO_INT(name, T, I, vece_of_T)                                                        \
    void tcg_gen_##name##_##T##_##I(TCGv_##I ret, TCGv_##T a)                                      \
    {                                                                                              \
        tcg_append_op(tcg_ctx, build_vec(OP_f##name, TYPE_##I, vece_of_T, 0, ret, a, NULL));       \
    }

#define INT_TO_FLOAT(T, I, vece_of_I)                                                              \
    void tcg_gen_cvt_##I##_##T(TCGv_##T ret, TCGv_##I a)                                           \
    {                                                                                              \
        tcg_append_op(tcg_ctx, build_vec(OP_fcvt_int, TYPE_##T, vece_of_I, 0, ret, a, NULL));      \
    }

#define FLOAT_TYPE(T, I, vece)                                                                     \
    void tcg_gen_mov_##T(TCGv_##T ret, TCGv_##T a)                                                 \
    {                                                                                              \
        build_op(OP_mov, TYPE_##T, ret, a, NULL);                                                  \
    }                                                                                              \
    FLOAT_BINARY(add, T)                                                                           \
    FLOAT_BINARY(sub, T)                                                                           \
    FLOAT_BINARY(mul, T)                                                                           \
    FLOAT_BINARY(div, T)                                                                           \
    void tcg_gen_sqrt_##T(TCGv_##T ret, TCGv_##T a)                                                \
    {                                                                                              \
        build_op(OP_fsqrt, TYPE_##T, ret, a, NULL);                                                \
    }                                                                                              \
    void tcg_gen_muladd_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b, TCGv_##T c, unsigned negate)     \
    {                                                                                              \
        TCGOp *op;                                                                                 \
                                                                                                   \
        if (!host_has_vector_op(OP_fma, vece)) {                                                   \
            call_fma_##T(ret, a, b, c, negate);                                                    \
            return;                                                                                \
        }                                                                                          \
        op = build_vec(OP_fma, TYPE_##T, vece, negate, ret, a, b);                                 \
        op->in[2] = handle_temp(c);                                                                \
        tcg_append_op(tcg_ctx, op);                                                                \
    }                                                                                              \
    void tcg_gen_fma_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b, TCGv_##T c)                         \
    {                                                                                              \
        tcg_gen_muladd_##T(ret, a, b, c, 0);                                                       \
    }                                                                                              \
    void tcg_gen_neg_##T(TCGv_##T ret, TCGv_##T a)                                                 \
    {                                                                                              \
        build_op(OP_fneg, TYPE_##T, ret, a, NULL);                                                 \
    }                                                                                              \
    void tcg_gen_abs_##T(TCGv_##T ret, TCGv_##T a)                                                 \
    {                                                                                              \
        build_op(OP_fabs, TYPE_##T, ret, a, NULL);                                                 \
    }                                                                                              \
    void tcg_gen_fcmp_##T(TCGFloatCond cond, bool signaling, TCGv_i32 ret, TCGv_##T a, TCGv_##T b) \
    {                                                                                              \
        build_fcmp(cond, signaling, vece, ret, a, b);                                              \
    }                                                                                              \
    void tcg_gen_bits_##T##_##I(TCGv_##I ret, TCGv_##T a)                                          \
    {                                                                                              \
        build_op(OP_fbits, TYPE_##I, ret, a, NULL);                                                \
    }                                                                                              \
    void tcg_gen_bits_##I##_##T(TCGv_##T ret, TCGv_##I a)                                          \
    {                                                                                              \
        build_op(OP_ffrombits, TYPE_##T, ret, a, NULL);                                            \
    }                                                                                              \
    void tcg_gen_low_##T(TCGv_##T ret, TCGv_vec a)                                                 \
    {                                                                                              \
        build_op(OP_flow, TYPE_##T, ret, a, NULL);                                                 \
    }                                                                                              \
    void tcg_gen_set_low_##T(TCGv_vec ret, TCGv_vec a, TCGv_##T b)                                 \
    {                                                                                              \
        tcg_append_op(tcg_ctx, build_vec(OP_vsetlow, TCG_TYPE_V128, vece, 0, ret, a, b));          \
    }                                                                                              \
    INT_TO_FLOAT(T, i32, MO_32)                                                                    \
    INT_TO_FLOAT(T, i64, MO_64)                                                                    \
    FLOAT_TO_INT(round, T, i32, vece)                                                              \
    FLOAT_TO_INT(round, T, i64, vece)                                                              \
    FLOAT_TO_INT(trunc, T, i32, vece)                                                              \
    FLOAT_TO_INT(trunc, T, i64, vece)                                                              \
    void tcg_gen_ld_##T(TCGv_##T ret, TCGv_ptr base, intptr_t offset)                              \
    {                                                                                              \
        build_access(OP_vld, TYPE_##T, ret, base, NULL, offset);                                   \
    }                                                                                              \
    void tcg_gen_st_##T(TCGv_##T value, TCGv_ptr base, intptr_t offset)                            \
    {                                                                                              \
        build_access(OP_vst, TYPE_##T, NULL, value, base, offset);                                 \
    }
FLOAT_TYPE(f32, i32, MO_32)
FLOAT_TYPE(f64, i64, MO_64)

void tcg_gen_cvt_f32_f64(TCGv_f64 ret, TCGv_f32 a)
{
    build_op(OP_fcvt, TCG_TYPE_F64, ret, a, NULL);
}

void tcg_gen_cvt_f64_f32(TCGv_f32 ret, TCGv_f64 a)
{
    build_op(OP_fcvt, TCG_TYPE_F32, ret, a, NULL);
}

void tcg_gen_narrow_f64_f32(TCGv_f32 ret, TCGv_f64 a)
{
    build_op(OP_fnarrow, TCG_TYPE_F32, ret, a, NULL);
}

void tcg_gen_cmp3_f64(TCGv_i64 ret, TCGv_f64 a, TCGv_f64 b)
{
    tcg_append_op(tcg_ctx, build_vec(OP_fcmp3, TCG_TYPE_I64, MO_64, 0, ret, a, b));
}

void tcg_gen_cmp3_f32(TCGv_i64 ret, TCGv_f32 a, TCGv_f32 b)
{
    tcg_append_op(tcg_ctx, build_vec(OP_fcmp3, TCG_TYPE_I64, MO_32, 0, ret, a, b));
}

/* ---- Packed floating point ---- */

static void packed(TCGOpcode opc, unsigned vece, bool lowest, unsigned imm, TCGv_vec ret,
                   TCGv_vec a, TCGv_vec b)
{
    g_assert(type_of(ret) == TCG_TYPE_V128);
    vec(opc, vece, imm | (lowest ? VFLOAT_LOWEST : 0), ret, a, b);
}

#define PACKED_BINARY(name)                                                                        \
    void tcg_gen_packed_##name(unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a, TCGv_vec b)   \
    {                                                                                              \
        packed(OP_vf##name, vece, lowest, 0, ret, a, b);                                           \
    }
TCG_FOREACH_PACKED_BINARY(PACKED_BINARY)

void tcg_gen_packed_cmp(TCGFloatCond cond, unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a,
                        TCGv_vec b)
{
    packed(OP_vfcmp, vece, lowest, cond, ret, a, b);
}

void tcg_gen_packed_sqrt(unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a)
{
    packed(OP_vfsqrt, vece, lowest, 0, ret, a, NULL);
}

void tcg_gen_packed_round(TCGRounding mode, unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a)
{
    packed(OP_vfround, vece, lowest, mode, ret, a, NULL);
}

bool tcg_has_packed_muladd(void)
{
    return host_has_vector_op(OP_vfma, MO_64);
}

static void muladd_by_element(unsigned vece, bool lowest, TCGv_vec ret, const TCGv_vec in[3],
                              unsigned negate)
{
    TCGv_vec result = new_like(ret);

    tcg_gen_mov_vec(result, in[1]);
    for (unsigned n = 0; n < (lowest ? 1u : 16u >> vece); n++) {
        TCGv_i64 bits = tcg_temp_new_i64();
        TCGv_i32 word = tcg_temp_new_i32();
        TCGv_f64 d[3];
        TCGv_f32 f[3];

        for (unsigned i = 0; i < 3; i++) {
            d[i] = tcg_temp_new_f64();
            f[i] = tcg_temp_new_f32();
            tcg_gen_extract_vec(vece, bits, in[i], n);
            tcg_gen_extrl_i64_i32(word, bits);
            vece == MO_64 ? tcg_gen_bits_i64_f64(d[i], bits) : tcg_gen_bits_i32_f32(f[i], word);
        }
        if (vece == MO_64) {
            tcg_gen_muladd_f64(d[0], d[0], d[1], d[2], negate);
            tcg_gen_bits_f64_i64(bits, d[0]);
        } else {
            tcg_gen_muladd_f32(f[0], f[0], f[1], f[2], negate);
            tcg_gen_bits_f32_i32(word, f[0]);
            tcg_gen_extu_i32_i64(bits, word);
        }
        tcg_gen_insert_vec(vece, result, result, bits, n);
    }
    tcg_gen_mov_vec(ret, result);
}

void tcg_gen_packed_muladd(unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a, TCGv_vec b,
                           TCGv_vec c, unsigned negate)
{
    TCGOp *op;

    if (!tcg_has_packed_muladd()) {
        muladd_by_element(vece, lowest, ret, (const TCGv_vec[]){ a, b, c }, negate);
        return;
    }
    op = build_vec(OP_vfma, TCG_TYPE_V128, vece, negate | (lowest ? VFLOAT_LOWEST : 0), ret, a, b);
    op->in[2] = handle_temp(c);
    tcg_append_op(tcg_ctx, op);
}

void tcg_gen_packed_cvt_i32(unsigned vece, TCGv_vec ret, TCGv_vec a)
{
    packed(OP_vfcvt_int, vece, false, 0, ret, a, NULL);
}

void tcg_gen_packed_trunc_i32(TCGv_vec ret, TCGv_vec a)
{
    packed(OP_vftrunc, MO_32, false, 0, ret, a, NULL);
}

void tcg_gen_packed_cvt_i64(unsigned vece, TCGv_vec ret, TCGv_i64 a)
{
    tcg_append_op(tcg_ctx, build_vec(OP_vlow_cvt, TCG_TYPE_V128, MO_64, vece, ret, a, NULL));
}

void tcg_gen_packed_widen(TCGv_vec ret, TCGv_vec a)
{
    packed(OP_vfwiden, MO_64, false, 0, ret, a, NULL);
}

void tcg_gen_packed_narrow(TCGv_vec ret, TCGv_vec a)
{
    packed(OP_vfnarrow, MO_32, false, 0, ret, a, NULL);
}

void tcg_gen_packed_neg(unsigned vece, TCGv_vec ret, TCGv_vec a)
{
    packed(OP_vfneg, vece, false, 0, ret, a, NULL);
}

void tcg_gen_packed_abs(unsigned vece, TCGv_vec ret, TCGv_vec a)
{
    packed(OP_vfabs, vece, false, 0, ret, a, NULL);
}

/* ---- Guards ---- */

void tcg_gen_guard_vec(unsigned kind, unsigned vece, unsigned bytes, TCGv_vec ret, TCGv_vec value,
                       const TCGVectorGuard *g, const TCGv_vec args[TCG_GUARD_ARGS])
{
    TCGOp *op = build(OP_guard, TCG_TYPE_V128, ret, value, value);

    g_assert(type_of(ret) == TCG_TYPE_V128);
    op->guard.vece = vece;
    op->guard.imm = kind;
    op->guard.bytes = bytes;
    op->guard.vectors = g;
    op->guard.first_arg = 2;
    op->nb_in = op->guard.first_arg;
    for (unsigned i = 0; i < TCG_GUARD_ARGS && args[i]; i++) {
        op->in[op->nb_in++] = handle_temp(args[i]);
    }
    tcg_append_op(tcg_ctx, op);
}

static void build_guard(TCGType type, const void *ret, const void *value, const TCGGuard *g)
{
    bool ordered = (g->kind & ~(TCG_GUARD_INEXACT | TCG_GUARD_ZERO_OK)) == TCG_GUARD_ORDERED;
    TCGOp *op = build(OP_guard, type, ret, value, ordered ? g->args[0] : g->checked);

    op->guard.vece = g->narrow ? MO_32 : MO_64;
    op->guard.imm = g->kind;
    op->guard.func = g->func;
    op->guard.first_arg = ordered ? 1 : 2;
    op->nb_in = op->guard.first_arg;
    for (unsigned i = 0; i < TCG_GUARD_ARGS && g->args[i]; i++) {
        op->in[op->nb_in++] = handle_temp(g->args[i]);
    }
    tcg_append_op(tcg_ctx, op);
}

#define GUARD(T)                                                                                   \
    void tcg_gen_guard_##T(TCGv_##T ret, TCGv_##T value, const TCGGuard *g)                        \
    {                                                                                              \
        build_guard(TYPE_##T, ret, value, g);                                                      \
    }
GUARD(f64)
GUARD(i32)
GUARD(i64)
