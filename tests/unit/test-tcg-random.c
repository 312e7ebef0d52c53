/*
 * Random programs: branches, loops, calls, guest accesses. Whatever the back end and the passes,
 * the same result; and when an access faults, the same guest state.
 *
 * TCG_TEST_SEED and TCG_TEST_COUNT choose other programs than usual, TCG_TEST_LOG (a mask of
 * CPU_LOG_*) dumps them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tcg-harness.h"
#include "tcg/x86_64/emit.h"
#include "qemu/log.h"

#define NB_T 10 /* i32 temps */
#define NB_U 6  /* i64 temps */

DEF_HELPER_FLAGS_2(mix, TCG_CALL_NO_RWG_SE, i32, i32, i32)
DEF_HELPER_FLAGS_1(sum, TCG_CALL_NO_WG, i64, env)
DEF_HELPER_2(bump, void, env, i32)
DEF_HELPER_FLAGS_6(six, TCG_CALL_NO_RWG, i64, i32, i64, env, i32, i64, i32)
DEF_HELPER_FLAGS_3(poke, TCG_CALL_NO_RWG, void, env, i32, i64)

uint32_t helper_mix(uint32_t a, uint32_t b)
{
    return a * 31 + (b >> 3);
}

uint64_t helper_sum(CPUArchState *env)
{
    uint64_t s = 0;

    for (unsigned i = 0; i < NB_R; i++) {
        s = s * 3 + env->r[i];
    }
    for (unsigned i = 0; i < NB_Q; i++) {
        s = s * 5 + env->q[i];
    }
    return s;
}

void helper_bump(CPUArchState *env, uint32_t v)
{
    env->r[v % NB_R] += v;
    env->q[v % NB_Q] ^= (uint64_t)v << 17;
}

uint64_t helper_six(uint32_t a, uint64_t b, CPUArchState *env, uint32_t c, uint64_t d, uint32_t e)
{
    return a + 3 * b + 5 * (env == test_env) + 7 * (uint64_t)c + 11 * d + 13 * (uint64_t)e;
}

void helper_poke(CPUArchState *env, uint32_t a, uint64_t b)
{
    env->field[a % sizeof(env->field)] += b;
}

typedef struct Program {
    GRand *rnd;
    TCGv_i32 t[NB_T];
    TCGv_i64 u[NB_U];
    unsigned depth;
    uint32_t base; /* of guest accesses */
    uint32_t insn;
} Program;

static unsigned pick(Program *p, unsigned n)
{
    return g_rand_int_range(p->rnd, 0, n);
}

static TCGv_i32 var32(Program *p)
{
    return pick(p, 2) ? reg[pick(p, NB_R)] : p->t[pick(p, NB_T)];
}

static TCGv_i64 var64(Program *p)
{
    return pick(p, 2) ? qreg[pick(p, NB_Q)] : p->u[pick(p, NB_U)];
}

static uint64_t value(Program *p)
{
    static const uint64_t special[] = { 0,    1,      -1ull, 0x80000000, 0x7fffffff,
                                        0xff, 0xffff, 4,     8,          32 };

    return pick(p, 2) ? special[pick(p, ARRAY_SIZE(special))] : g_rand_int(p->rnd);
}

static TCGv_i32 src32(Program *p)
{
    return pick(p, 4) ? var32(p) : tcg_constant_i32(value(p));
}

static TCGv_i64 src64(Program *p)
{
    return pick(p, 4) ? var64(p) : tcg_constant_i64(value(p) << pick(p, 33));
}

static TCGCond cond(Program *p)
{
    return TCG_COND_EQ + pick(p, TCG_COND_TSTNE - TCG_COND_EQ + 1);
}

/* All arithmetic, one width. */
#define DEFINE_ARITH(T, W)                                                                         \
    static void gen_binary_##T(Program *p)                                                         \
    {                                                                                              \
        static void (*const fns[])(TCGv_##T, TCGv_##T, TCGv_##T) = {                               \
            tcg_gen_add_##T, tcg_gen_sub_##T, tcg_gen_mul_##T, tcg_gen_mulsh_##T,                  \
            tcg_gen_muluh_##T, tcg_gen_and_##T, tcg_gen_or_##T, tcg_gen_xor_##T,                   \
            tcg_gen_andc_##T, tcg_gen_orc_##T, tcg_gen_eqv_##T, tcg_gen_nand_##T,                  \
            tcg_gen_nor_##T, tcg_gen_clz_##T, tcg_gen_ctz_##T, tcg_gen_smin_##T, tcg_gen_umax_##T, \
            tcg_gen_add_##T, tcg_gen_add_##T,                                                      \
        };                                                                                         \
        TCGv_##T d = var##W(p), a = src##W(p), b = src##W(p);                                      \
                                                                                                   \
        fns[pick(p, ARRAY_SIZE(fns))](d, a, b);                                                    \
    }                                                                                              \
    static void gen_shift_##T(Program *p)                                                          \
    {                                                                                              \
        static void (*const fns[])(TCGv_##T, TCGv_##T, TCGv_##T) = {                               \
            tcg_gen_shl_##T, tcg_gen_shr_##T, tcg_gen_sar_##T, tcg_gen_rotl_##T, tcg_gen_rotr_##T, \
        };                                                                                         \
        TCGv_##T d = var##W(p), a = src##W(p), n = tcg_temp_new_##T();                             \
                                                                                                   \
        if (pick(p, 2)) {                                                                          \
            n = tcg_constant_##T(pick(p, W));                                                      \
        } else {                                                                                   \
            tcg_gen_andi_##T(n, var##W(p), W - 1);                                                 \
        }                                                                                          \
        fns[pick(p, ARRAY_SIZE(fns))](d, a, n);                                                    \
    }                                                                                              \
    static void gen_divide_##T(Program *p)                                                         \
    {                                                                                              \
        static void (*const fns[])(TCGv_##T, TCGv_##T, TCGv_##T) = {                               \
            tcg_gen_divu_##T, tcg_gen_remu_##T, tcg_gen_divs_##T, tcg_gen_rems_##T,                \
        };                                                                                         \
        TCGv_##T d = var##W(p), a = src##W(p), b = tcg_temp_new_##T();                             \
                                                                                                   \
        tcg_gen_extract_##T(b, src##W(p), 3, 12);                                                  \
        tcg_gen_ori_##T(b, b, 1);                                                                  \
        fns[pick(p, ARRAY_SIZE(fns))](d, a, b);                                                    \
    }                                                                                              \
    static void gen_unary_##T(Program *p)                                                          \
    {                                                                                              \
        static void (*const fns[])(TCGv_##T, TCGv_##T) = {                                         \
            tcg_gen_mov_##T, tcg_gen_mov_##T, tcg_gen_neg_##T, tcg_gen_not_##T, tcg_gen_abs_##T,   \
            tcg_gen_ctpop_##T, tcg_gen_ext8s_##T, tcg_gen_ext8u_##T, tcg_gen_ext16s_##T,           \
            tcg_gen_ext16u_##T, tcg_gen_bswap16_##T, tcg_gen_bswap32_##T,                          \
        };                                                                                         \
        TCGv_##T d = var##W(p), a = src##W(p);                                                     \
                                                                                                   \
        fns[pick(p, ARRAY_SIZE(fns))](d, a);                                                       \
    }                                                                                              \
    static void gen_field_##T(Program *p)                                                          \
    {                                                                                              \
        unsigned ofs = pick(p, W), len = 1 + pick(p, W - ofs);                                     \
        TCGv_##T d = var##W(p), a = src##W(p), b = src##W(p);                                      \
                                                                                                   \
        switch (pick(p, 4)) {                                                                      \
        case 0: tcg_gen_deposit_##T(d, a, b, ofs, len); break;                                     \
        case 1: tcg_gen_deposit_z_##T(d, b, ofs, len); break;                                      \
        case 2: tcg_gen_extract_##T(d, a, ofs, len); break;                                        \
        default: tcg_gen_sextract_##T(d, a, ofs, len); break;                                      \
        }                                                                                          \
    }                                                                                              \
    static void gen_cond_##T(Program *p)                                                           \
    {                                                                                              \
        TCGCond c = cond(p);                                                                       \
        TCGv_##T d = var##W(p), a = src##W(p), b = src##W(p), v1 = src##W(p), v2 = src##W(p);      \
                                                                                                   \
        switch (pick(p, 3)) {                                                                      \
        case 0: tcg_gen_setcond_##T(c, d, a, b); break;                                            \
        case 1: tcg_gen_negsetcond_##T(c, d, a, b); break;                                         \
        default: tcg_gen_movcond_##T(c, d, a, b, v1, v2); break;                                   \
        }                                                                                          \
    }                                                                                              \
    static void gen_carry_##T(Program *p)                                                          \
    {                                                                                              \
        TCGv_##T a = src##W(p), b = src##W(p), c = tcg_temp_new_##T(), d = var##W(p);              \
                                                                                                   \
        if (pick(p, 2)) {                                                                          \
            tcg_gen_extract_##T(c, src##W(p), 1, 1);                                               \
        } else {                                                                                   \
            tcg_gen_movi_##T(c, pick(p, 2));                                                       \
        }                                                                                          \
        tcg_gen_addcio_##T(d, c, a, b, c);                                                         \
        tcg_gen_xor_##T(var##W(p), c, a);                                                          \
    }
#define DEFINE_WIDE(T, W)                                                                          \
    static void gen_wide_##T(Program *p)                                                           \
    {                                                                                              \
        TCGv_##T a = src##W(p), b = src##W(p), c = src##W(p), d = src##W(p);                       \
        TCGv_##T low = tcg_temp_new_##T(), high = tcg_temp_new_##T();                              \
                                                                                                   \
        switch (pick(p, 6)) {                                                                      \
        case 0: tcg_gen_add2_##T(low, high, a, b, c, d); break;                                    \
        case 1: tcg_gen_sub2_##T(low, high, a, b, c, d); break;                                    \
        case 2: tcg_gen_mulu2_##T(low, high, a, b); break;                                         \
        case 3: tcg_gen_muls2_##T(low, high, a, b); break;                                         \
        case 4: /* the divisor is above the high word */                                           \
            tcg_gen_shri_##T(low, b, 1);                                                           \
            tcg_gen_addi_##T(high, low, 1);                                                        \
            tcg_gen_divu2_##T(low, high, a, low, high);                                            \
            break;                                                                                 \
        default: /* the high word is the sign */                                                   \
            tcg_gen_sari_##T(high, a, W - 1);                                                      \
            tcg_gen_extract_##T(low, b, 3, 12);                                                    \
            tcg_gen_ori_##T(low, low, 1);                                                          \
            tcg_gen_divs2_##T(low, high, a, high, low);                                            \
        }                                                                                          \
        tcg_gen_mov_##T(var##W(p), low);                                                           \
        tcg_gen_mov_##T(var##W(p), high);                                                          \
    }

DEFINE_WIDE(i32, 32)
DEFINE_WIDE(i64, 64)
DEFINE_ARITH(i32, 32)
DEFINE_ARITH(i64, 64)

static void gen_convert(Program *p)
{
    switch (pick(p, 5)) {
    case 0:
        tcg_gen_ext_i32_i64(var64(p), src32(p));
        break;
    case 1:
        tcg_gen_extu_i32_i64(var64(p), src32(p));
        break;
    case 2:
        tcg_gen_extrl_i64_i32(var32(p), src64(p));
        break;
    case 3:
        tcg_gen_extrh_i64_i32(var32(p), src64(p));
        break;
    default:
        tcg_gen_concat_i32_i64(var64(p), src32(p), src32(p));
    }
}

static void gen_state(Program *p)
{
    unsigned o = offsetof(CPUArchState, field) + pick(p, 20);

    switch (pick(p, 8)) {
    case 0: tcg_gen_ld8s_i32(var32(p), tcg_env, o); break;
    case 1: tcg_gen_ld16u_i64(var64(p), tcg_env, o); break;
    case 2: tcg_gen_ld_i64(var64(p), tcg_env, o); break;
    case 3: tcg_gen_ld32s_i64(var64(p), tcg_env, o); break;
    case 4: tcg_gen_st8_i32(src32(p), tcg_env, o); break;
    case 5: tcg_gen_st16_i64(src64(p), tcg_env, o); break;
    case 6: tcg_gen_st_i64(src64(p), tcg_env, o); break;
    default: {
        TCGv_ptr ptr = tcg_temp_new_ptr();

        tcg_gen_addi_ptr(ptr, tcg_env, o);
        tcg_gen_st_i32(src32(p), ptr, 1);
    }
    }
}

static void gen_access_at(Program *p, TCGv_addr addr, unsigned mode, MemOp op, MemOp op32)
{
    TCGv_vec *regs = pick(p, 2) ? vreg : hreg;

    if (op & MO_ALIGN) { /* to 8 bytes */
        op &= regs == vreg ? ~MO_ALIGN : ~0;
    }
    switch (pick(p, 6)) {
    case 4: tcg_gen_qemu_ld_vec(regs[pick(p, NB_V)], addr, mode, op); break;
    case 5: tcg_gen_qemu_st_vec(regs[pick(p, NB_V)], addr, mode, op); break;
    case 0: tcg_gen_qemu_ld_i32(var32(p), addr, mode, op32); break;
    case 1: tcg_gen_qemu_ld_i64(var64(p), addr, mode, op); break;
    case 2: tcg_gen_qemu_st_i32(src32(p), addr, mode, op32); break;
    default: tcg_gen_qemu_st_i64(src64(p), addr, mode, op); break;
    }
}

static void gen_access(Program *p)
{
    TCGv_i32 addr = tcg_temp_new_i32();
    MemOp op = (pick(p, 4)) | (pick(p, 2) ? MO_SIGN : 0) | (pick(p, 3) ? MO_BE : 0) |
               (pick(p, 5) ? pick(p, 3) ? 0 : MO_ALIGN_4 : MO_ALIGN);
    MemOp op32 = (op & MO_SIZE) == MO_64 ? op & ~1 : op;
    unsigned mode = pick(p, 2) ? MODE_WINDOW : MODE_TLB;

    tcg_gen_insn_start(0x1000 + 4 * p->insn, p->insn);
    p->insn++;
    if (op & MO_ALIGN) {
        tcg_gen_andi_i32(addr, var32(p), 0x1ff8);
    } else if (op & MO_ALIGN_4) {
        tcg_gen_andi_i32(addr, var32(p), 0x1ffc);
    } else {
        tcg_gen_andi_i32(addr, var32(p), 0x1fff);
    }
    if (pick(p, 8) == 0) {
        tcg_gen_movi_i32(addr, pick(p, 0x100) * 8);
    }
    tcg_gen_ori_i32(addr, addr, p->base);
    if (pick(p, 2)) {
        tcg_gen_addi_i32(addr, addr, (int)(8 * pick(p, 100)) - 400);
    }
    if (pick(p, 3) == 0) { /* of 64 bits, in the upper half of the address space */
        TCGv_i64 wide = tcg_temp_new_i64();

        tcg_gen_extu_i32_i64(wide, addr);
        tcg_gen_addi_i64(wide, wide, HARNESS_HIGH - (pick(p, 2) ? 8 : 0));
        gen_access_at(p, (TCGv_addr){ .i64 = wide }, mode, op, op32);
    } else {
        gen_access_at(p, (TCGv_addr){ .i32 = addr }, mode, op, op32);
    }
}

static void gen_calls(Program *p)
{
    switch (pick(p, 5)) {
    case 0: gen_helper_mix(var32(p), src32(p), src32(p)); break;
    case 1: gen_helper_sum(var64(p), tcg_env); break;
    case 2: gen_helper_bump(tcg_env, src32(p)); break;
    case 3:
        gen_helper_six(var64(p), src32(p), src64(p), tcg_env, src32(p), src64(p), src32(p));
        break;
    default: gen_helper_poke(tcg_env, src32(p), src64(p)); break;
    }
}

static void gen_vector(Program *p)
{
    static void (*const by_element[])(unsigned, TCGv_vec, TCGv_vec, TCGv_vec) = {
#define BY_ELEMENT(name) tcg_gen_##name##_vec,
        TCG_FOREACH_VECTOR_BINARY(BY_ELEMENT)
    };
    static void (*const bitwise[])(TCGv_vec, TCGv_vec, TCGv_vec) = {
        tcg_gen_and_vec, tcg_gen_or_vec, tcg_gen_xor_vec, tcg_gen_andc_vec, tcg_gen_tbl_vec,
    };
    static void (*const shifts[])(unsigned, TCGv_vec, TCGv_vec, unsigned) = {
        tcg_gen_shli_vec, tcg_gen_shri_vec, tcg_gen_sari_vec,
    };
    TCGv_vec *regs = pick(p, 3) ? vreg : hreg;
    unsigned size = regs == vreg ? 16 : 8, vece = pick(p, 4), o = pick(p, 16);
    TCGv_vec d = regs[pick(p, NB_V)], a = regs[pick(p, NB_V)], b = regs[pick(p, NB_V)], t;
    unsigned function = pick(p, ARRAY_SIZE(by_element));

    if (pick(p, 4) == 0) {
        a = tcg_constant_vec(regs == vreg ? TCG_TYPE_V128 : TCG_TYPE_V64, vece, value(p));
    }
    switch (pick(p, 12)) {
    case 0: case 1: case 2:
        if (by_element[function] == tcg_gen_zipl_vec || by_element[function] == tcg_gen_ziph_vec) {
            vece = MIN(vece, MO_32);
        } else if (function >= ARRAY_SIZE(by_element) - 4) {
            vece |= 2; /* floats come in two sizes */
        }
        by_element[function](vece, d, a, b);
        break;
    case 3: bitwise[pick(p, ARRAY_SIZE(bitwise))](d, a, b); break;
    case 4: shifts[pick(p, ARRAY_SIZE(shifts))](vece, d, a, pick(p, 8u << vece)); break;
    case 5: tcg_gen_cmp_vec(pick(p, TCG_COND_TSTEQ), vece, d, a, b); break;
    case 6: tcg_gen_bitsel_vec(d, regs[pick(p, NB_V)], a, b); break;
    case 7: tcg_gen_dup_i64_vec(vece, d, src64(p)); break;
    case 8: tcg_gen_extract_vec(vece, var64(p), a, pick(p, size >> vece)); break;
    case 9: tcg_gen_insert_vec(vece, d, a, src64(p), pick(p, size >> vece)); break;
    case 10:
        t = tcg_temp_new_vec(size == 16 ? TCG_TYPE_V128 : TCG_TYPE_V64);
        tcg_gen_ld_vec(t, tcg_env, offsetof(CPUArchState, field) + o);
        tcg_gen_abs_vec(vece, d, t);
        tcg_gen_st_vec(d, tcg_env, offsetof(CPUArchState, field) + 15 - o);
        break;
    default: tcg_gen_concat_i64_vec(vreg[pick(p, NB_V)], src64(p), src64(p));
    }
}

static void packed_guard_1(CPUArchState *env, JitVector *args, const TCGVectorGuard *self)
{
    args[0] = (JitVector){ { args[0].half[0] ^ args[0].half[1] << 7, 0 } };
}

static void packed_guard_2(CPUArchState *env, JitVector *args, const TCGVectorGuard *self)
{
    args[0] = (JitVector){ { args[0].half[0] ^ args[1].half[1], args[1].half[0] } };
}

static void packed_guard_3(CPUArchState *env, JitVector *args, const TCGVectorGuard *self)
{
    args[0] = (JitVector){ { args[0].half[0] ^ args[1].half[0], args[2].half[1] } };
}

static void gen_packed_guard(Program *p, TCGv_vec d, TCGv_vec a, TCGv_vec b, TCGv_vec c)
{
    static const TCGVectorGuard guards[] = { { packed_guard_1 }, { packed_guard_2 },
                                             { packed_guard_3 } };
    static const uint8_t kinds[] = { TCG_GUARD_NAN, TCG_GUARD_FINITE, TCG_GUARD_NORMAL,
                                     TCG_GUARD_ORDERED, TCG_GUARD_INT_MIN, TCG_GUARD_NEGATIVE };
    unsigned kind = kinds[pick(p, ARRAY_SIZE(kinds))], vece = pick(p, 2) ? MO_64 : MO_32;
    unsigned nb_args = 1 + pick(p, 3);
    TCGv_vec args[3] = { a, nb_args > 1 ? b : NULL, nb_args > 2 ? c : NULL };

    if (kind == TCG_GUARD_NORMAL && pick(p, 2)) {
        kind |= nb_args > 2 ? TCG_GUARD_ZERO_SUM_OK : TCG_GUARD_ZERO_OK;
    }
    /* only the first helper's result has zeros above half a vector */
    tcg_gen_guard_vec(kind, vece, nb_args > 1 ? 16 : pick(p, 2) ? 8 : 1u << vece, d, c,
                      &guards[nb_args - 1], args);
}

static void gen_packed(Program *p)
{
    static void (*const binary[])(unsigned, bool, TCGv_vec, TCGv_vec, TCGv_vec) = {
#define PACKED(name) tcg_gen_packed_##name,
        TCG_FOREACH_PACKED_BINARY(PACKED)
    };
    TCGv_vec d = vreg[pick(p, NB_V)], a = vreg[pick(p, NB_V)], b = vreg[pick(p, NB_V)];
    TCGv_vec c = vreg[pick(p, NB_V)];
    unsigned vece = pick(p, 2) ? MO_64 : MO_32;
    bool lowest = pick(p, 2);

    switch (pick(p, 16)) {
    case 0: case 1: binary[pick(p, ARRAY_SIZE(binary))](vece, lowest, d, a, b); break;
    case 2: tcg_gen_packed_cmp(pick(p, 4), vece, lowest, d, a, b); break;
    case 3: tcg_gen_packed_sqrt(vece, lowest, d, a); break;
    case 4: tcg_gen_packed_round(pick(p, 4), vece, lowest, d, a); break;
    case 5: tcg_gen_packed_cvt_i32(vece, d, a); break;
    case 6: tcg_gen_packed_trunc_i32(d, a); break;
    case 7: tcg_gen_packed_widen(d, a); break;
    case 8: tcg_gen_packed_narrow(d, a); break;
    case 9: (pick(p, 2) ? tcg_gen_packed_neg : tcg_gen_packed_abs)(vece, d, a); break;
    case 10: tcg_gen_packed_cvt_i64(vece, d, src64(p)); break;
    case 11: tcg_gen_dup_lane_vec(vece, d, a, pick(p, 16 >> vece)); break;
    case 12: tcg_gen_unzip_words_vec(d, a, b, pick(p, 2)); break;
    case 13: tcg_gen_low_vec(vece, d, a); break;
    case 14: tcg_gen_packed_muladd(vece, lowest, d, a, b, c, pick(p, 4)); break;
    default: gen_packed_guard(p, d, a, b, c);
    }
}

#define DEFINE_FLOAT(T, letter, I)                                                                 \
    static void gen_float_##T(Program *p)                                                          \
    {                                                                                              \
        static void (*const binary[])(TCGv_##T, TCGv_##T, TCGv_##T) = {                            \
            tcg_gen_add_##T, tcg_gen_sub_##T, tcg_gen_mul_##T, tcg_gen_div_##T,                    \
        };                                                                                         \
        static void (*const unary[])(TCGv_##T, TCGv_##T) = {                                       \
            tcg_gen_mov_##T, tcg_gen_sqrt_##T, tcg_gen_neg_##T, tcg_gen_abs_##T,                   \
        };                                                                                         \
        TCGv_##T d = letter##reg[pick(p, NB_D)], a = letter##reg[pick(p, NB_D)];                   \
        TCGv_##T b = letter##reg[pick(p, NB_D)], c = letter##reg[pick(p, NB_D)];                   \
                                                                                                   \
        switch (pick(p, 13)) {                                                                     \
        case 0: case 1: binary[pick(p, ARRAY_SIZE(binary))](d, a, b); break;                       \
        case 2: unary[pick(p, ARRAY_SIZE(unary))](d, a); break;                                    \
        case 3: tcg_gen_fma_##T(d, a, b, c); break;                                                \
        case 4: tcg_gen_fcmp_##T(pick(p, 4), pick(p, 2), var32(p), a, b); break;                   \
        case 11: tcg_gen_muladd_##T(d, a, b, c, pick(p, 4)); break;                                \
        case 5: tcg_gen_cvt_i32_##T(d, src32(p)); break;                                           \
        case 6: tcg_gen_cvt_i64_##T(d, src64(p)); break;                                           \
        case 7: (pick(p, 2) ? tcg_gen_round_##T##_i32 : tcg_gen_trunc_##T##_i32)(var32(p), a);     \
            break;                                                                                 \
        case 8: (pick(p, 2) ? tcg_gen_round_##T##_i64 : tcg_gen_trunc_##T##_i64)(var64(p), a);     \
            break;                                                                                 \
        case 9: tcg_gen_cvt_f32_f64(dreg[pick(p, NB_D)], freg[pick(p, NB_D)]); break;              \
        case 10: tcg_gen_cvt_f64_f32(freg[pick(p, NB_D)], dreg[pick(p, NB_D)]); break;             \
        default:                                                                                   \
            tcg_gen_st_##T(a, tcg_env, offsetof(CPUArchState, field) + 3);                         \
            tcg_gen_ld_##T(d, tcg_env, offsetof(CPUArchState, field) + 1);                         \
        }                                                                                          \
    }
DEFINE_FLOAT(f32, f, i32)
DEFINE_FLOAT(f64, d, i64)

static uint64_t guard_1(CPUArchState *env, uint64_t a, uint64_t b, uint64_t c)
{
    return a ^ a << 17;
}

static uint64_t guard_2(CPUArchState *env, uint64_t a, uint64_t b, uint64_t c)
{
    return a ^ b << 7;
}

static uint64_t guard_3(CPUArchState *env, uint64_t a, uint64_t b, uint64_t c)
{
    return a ^ b << 7 ^ c << 13;
}

static void gen_guard(Program *p)
{
    TCGv_f64 a = dreg[pick(p, NB_D)], b = dreg[pick(p, NB_D)], d = dreg[pick(p, NB_D)];
    TCGv_f32 f = freg[pick(p, NB_D)];
    TCGGuard g = { .kind = pick(p, TCG_GUARD_ORDERED), .checked = a, .func = guard_1 };

    switch (pick(p, 6)) {
    case 0:
        g.func = guard_2;
        g.args[0] = a;
        g.args[1] = b;
        g.kind |= pick(p, 2) ? TCG_GUARD_ZERO_OK : 0;
        tcg_gen_guard_f64(d, a, &g);
        break;
    case 1:
        g.checked = f;
        g.narrow = true;
        g.args[0] = a;
        g.kind |= pick(p, 2) ? TCG_GUARD_ZERO_OK : 0;
        tcg_gen_guard_f64(d, b, &g);
        break;
    case 2:
        g.kind = TCG_GUARD_ORDERED;
        g.func = guard_3;
        g.args[0] = a;
        g.args[1] = b;
        g.args[2] = src64(p);
        tcg_gen_guard_i64(var64(p), src64(p), &g);
        break;
    case 3:
        g.kind = TCG_GUARD_INT_MIN;
        g.narrow = true;
        g.checked = pick(p, 2) ? tcg_constant_i32(INT32_MIN) : src32(p);
        g.args[0] = a;
        tcg_gen_guard_i32(var32(p), src32(p), &g);
        break;
    case 4:
        tcg_gen_narrow_f64_f32(f, a);
        break;
    default:
        tcg_gen_cmp3_f64(var64(p), a, b);
    }
}

static void gen_some(Program *p, unsigned n);

static void gen_if(Program *p)
{
    TCGLabel *l = gen_new_label(), *end = gen_new_label();

    if (pick(p, 2)) {
        tcg_gen_brcond_i32(cond(p), src32(p), src32(p), l);
    } else {
        tcg_gen_brcond_i64(cond(p), src64(p), src64(p), l);
    }
    gen_some(p, 1 + pick(p, 6));
    if (pick(p, 2)) {
        tcg_gen_br(end);
        gen_set_label(l);
        gen_some(p, 1 + pick(p, 6));
        gen_set_label(end);
    } else {
        gen_set_label(l);
    }
}

static void gen_loop(Program *p)
{
    TCGLabel *l = gen_new_label(), *out = gen_new_label();
    TCGv_i32 n = tcg_temp_new_i32();
    bool early = pick(p, 2);

    tcg_gen_movi_i32(n, 1 + pick(p, 5));
    gen_set_label(l);
    gen_some(p, 1 + pick(p, 8));
    if (early) {
        tcg_gen_brcond_i32(cond(p), src32(p), src32(p), out);
        gen_some(p, 1 + pick(p, 3));
    }
    tcg_gen_subi_i32(n, n, 1);
    tcg_gen_brcondi_i32(TCG_COND_NE, n, 0, l);
    if (early) {
        gen_set_label(out);
    }
}

static TCGCond order(Program *p)
{
    return TCG_COND_EQ + pick(p, TCG_COND_TSTEQ - TCG_COND_EQ);
}

/*
 * A comparison with the difference at hand, which may be needed or not, as may the operands, and the
 * difference before it.
 */
static void gen_difference(Program *p, TCGLabel *l)
{
    TCGv_i64 a = tcg_temp_new_i64(), b = tcg_temp_new_i64(), difference = tcg_temp_new_i64();
    TCGv_i32 copy_a = tcg_temp_new_i32(), copy_b = tcg_temp_new_i32();
    TCGCond c = order(p);
    void (*extend)(TCGv_i64, TCGv_i32) = c < TCG_COND_LTU ? tcg_gen_ext_i32_i64
                                                          : tcg_gen_extu_i32_i64;

    for (unsigned turns = 1 + pick(p, 2); turns; turns--) {
        tcg_gen_mov_i32(copy_a, src32(p));
        tcg_gen_mov_i32(copy_b, pick(p, 3) ? src32(p) : tcg_constant_i32(0));
        extend(a, copy_a);
        extend(b, copy_b);
        tcg_gen_sub_i64(difference, a, b);
        if (turns > 1) {
            tcg_gen_mov_i64(var64(p), difference);
        }
    }
    gen_some(p, pick(p, 2));
    tcg_gen_brcond_difference_i32(c, copy_a, copy_b, difference, l);
    gen_some(p, 2);
    if (pick(p, 2)) {
        tcg_gen_mov_i64(var64(p), difference);
    }
}

/* setcond feeding brcond, additions feeding additions: what folding looks for. */
static void gen_idiom(Program *p)
{
    TCGv_i32 t = tcg_temp_new_i32(), b = var32(p);
    TCGLabel *l = gen_new_label();

    switch (pick(p, 7)) {
    case 0:
        tcg_gen_setcond_i32(cond(p), t, src32(p), src32(p));
        gen_some(p, pick(p, 2));
        tcg_gen_brcondi_i32(pick(p, 2) ? TCG_COND_NE : TCG_COND_EQ, t, 0, l);
        gen_some(p, 2);
        break;
    case 1:
        tcg_gen_addi_i32(t, b, value(p));
        tcg_gen_addi_i32(t, t, value(p));
        tcg_gen_mov_i32(var32(p), t);
        break;
    case 2:
        tcg_gen_mov_i32(t, b);
        gen_some(p, 1);
        tcg_gen_xor_i32(var32(p), t, b);
        break;
    case 3:
        gen_difference(p, l);
        break;
    case 4: /* the sum's flags say it, or don't */
        (pick(p, 2) ? tcg_gen_add_i32 : tcg_gen_sub_i32)(b, src32(p), src32(p));
        tcg_gen_brcondi_i32(order(p), b, 0, l);
        gen_some(p, 2);
        break;
    case 5:
        tcg_gen_brcondi_i64(pick(p, 2) ? TCG_COND_TSTEQ : TCG_COND_TSTNE, var64(p),
                            pick(p, 3) ? 1ll << pick(p, 64) : UINT32_MAX, l);
        gen_some(p, 2);
        break;
    default:
        tcg_gen_andi_i32(t, b, value(p));
        tcg_gen_shri_i32(t, t, pick(p, 32));
        tcg_gen_andi_i32(var32(p), t, value(p));
    }
    gen_set_label(l);
}

static void gen_one(Program *p)
{
    static void (*const kinds[])(Program *) = {
        gen_binary_i32, gen_binary_i32, gen_binary_i32, gen_binary_i64, gen_shift_i32,
        gen_shift_i64,  gen_divide_i32, gen_divide_i64, gen_unary_i32,  gen_unary_i64,
        gen_field_i32,  gen_field_i64,  gen_cond_i32,   gen_cond_i64,   gen_carry_i32,
        gen_carry_i64,  gen_convert,    gen_state,      gen_access,     gen_access,
        gen_access,     gen_vector,     gen_packed,     gen_packed, gen_float_f32,  gen_float_f64,  gen_guard,
        gen_wide_i32,   gen_wide_i64,   gen_calls,      gen_calls,      gen_idiom,
        gen_if,         gen_loop,
    };
    unsigned n = ARRAY_SIZE(kinds) - (p->depth >= 3 ? 3 : 0);

    p->depth++;
    kinds[pick(p, n)](p);
    p->depth--;
}

static void gen_some(Program *p, unsigned n)
{
    while (n--) {
        gen_one(p);
    }
}

static void gen_program(uint32_t seed, uint32_t base)
{
    Program p = { .rnd = g_rand_new_with_seed(seed), .base = base };
    TCGLabel *head = gen_new_label();

    gen_set_label(head);
    tcg_gen_budget(harness_tb->pc, 0);
    tcg_end_budget_group(seed % 7 + 1);
    for (unsigned i = 0; i < NB_T; i++) {
        p.t[i] = tcg_temp_new_i32();
        tcg_gen_ld_i32(p.t[i], tcg_env, offsetof(CPUArchState, field) + i);
    }
    for (unsigned i = 0; i < NB_U; i++) {
        p.u[i] = tcg_temp_new_i64();
        tcg_gen_ld_i64(p.u[i], tcg_env, offsetof(CPUArchState, field) + 2 * i);
    }
    gen_some(&p, 3 + pick(&p, 40));
    /* Temps count in the result, too. */
    for (unsigned i = 0; i < NB_T; i++) {
        tcg_gen_xor_i32(reg[i], reg[i], p.t[i]);
    }
    for (unsigned i = 0; i < NB_U; i++) {
        tcg_gen_xor_i64(qreg[i], qreg[i], p.u[i]);
    }
    if (pick(&p, 2)) { /* a loop over everything, ended by the budget at the latest */
        tcg_gen_brcond_i32(cond(&p), reg[pick(&p, NB_R)], src32(&p), head);
    }
    tcg_gen_movi_i32(pc_reg, 0x5678);
    tcg_gen_exit_tb(NULL, 0);
    g_rand_free(p.rnd);
}

typedef struct Outcome {
    CPUArchState env;
    bool faulted;
    unsigned insn;
    int32_t budget;
    uint8_t ram[RAM_SIZE];
} Outcome;

static void init_state(uint32_t seed)
{
    GRand *rnd = g_rand_new_with_seed(seed);
    uint32_t *words = (uint32_t *)test_env;

    for (unsigned i = 0; i < sizeof(*test_env) / 4; i++) {
        words[i] = g_rand_int(rnd);
    }
    for (unsigned i = 0; i < RAM_SIZE; i++) {
        test_ram[i] = i * 7 + (i >> 8);
    }
    g_rand_free(rnd);
}

static void run(uint32_t seed, uint32_t base, unsigned fault_at, Outcome *o)
{
    uintptr_t result = 1;
    TranslationBlock *tb;

    harness_start();
    gen_program(seed, base);
    tb = harness_finish();
    init_state(seed);
    trace = (TestTrace){ .countdown = fault_at };
    test_cpu->jit.budget = 30;
    o->faulted = !harness_run(tb, &result);
    o->env = o->faulted ? trace.at_fault : *test_env;
    o->env.pc = o->faulted ? 0 : o->env.pc;
    o->insn = trace.fault_insn;
    memcpy(o->ram, test_ram, RAM_SIZE);
    g_assert_true(o->faulted || result == 0 || result == ((uintptr_t)tb + TB_EXIT_REQUESTED));
    g_assert_true(o->faulted || o->env.pc == (result ? 0x1000 : 0x5678));
    o->budget = test_cpu->jit.budget;
}

static const char *const variants[] = { "all",     "no-fold", "no-address",
                                        "no-dead", "nothing", "old-host", "no-ifconv" };

static void set_variant(unsigned v)
{
    static X86Features host;

    host = host.popcnt ? host : x86_features;
    x86_features = v == 5 ? (X86Features){ .popcnt = true } : host;
    tcg_switch(tcg_pass_switches, "fold", v != 1 && v != 4);
    tcg_switch(tcg_pass_switches, "address", v != 2 && v != 4);
    tcg_switch(tcg_pass_switches, "ifconv", v != 6 && v != 4);
    tcg_switch(tcg_pass_switches, "dead", v != 3 && v != 4);
}

static void compare(const Outcome *a, const Outcome *b, uint32_t seed, const char *what)
{
    if (a->faulted != b->faulted || (a->faulted && a->insn != b->insn)) {
        g_error("seed %u, %s: faults differ: %d insn %u, %d insn %u", seed, what, a->faulted,
                a->insn, b->faulted, b->insn);
    }
    for (unsigned i = 0; i < NB_R; i++) {
        if (a->env.r[i] != b->env.r[i]) {
            g_error("seed %u, %s: r%u is %x, not %x", seed, what, i, b->env.r[i], a->env.r[i]);
        }
    }
    for (unsigned i = 0; i < NB_Q; i++) {
        if (a->env.q[i] != b->env.q[i]) {
            g_error("seed %u, %s: q%u is %" PRIx64 ", not %" PRIx64, seed, what, i, b->env.q[i],
                    a->env.q[i]);
        }
    }
    for (unsigned i = 0; i < NB_V; i++) {
        if (memcmp(&a->env.v[i], &b->env.v[i], sizeof(a->env.v[i])) ||
            a->env.h[i] != b->env.h[i]) {
            g_error("seed %u, %s: vector register %u differs", seed, what, i);
        }
    }
    for (unsigned i = 0; i < NB_D; i++) {
        if (a->env.d[i] != b->env.d[i] || a->env.f[i] != b->env.f[i]) {
            g_error("seed %u, %s: floating-point register %u is %" PRIx64 " %x, not %" PRIx64 " %x",
                    seed, what, i, b->env.d[i], b->env.f[i], a->env.d[i], a->env.f[i]);
        }
    }
    if (a->budget != b->budget || memcmp(&a->env, &b->env, sizeof(a->env)) ||
        memcmp(a->ram, b->ram, RAM_SIZE)) {
        g_error("seed %u, %s: state or memory differs", seed, what);
    }
}

static unsigned from_environment(const char *name, unsigned otherwise)
{
    const char *s = g_getenv(name);

    return s ? strtoul(s, NULL, 0) : otherwise;
}

/*
 * `base`: where accesses go: 0x10000 is in the window and, if mapped, in the TLB; elsewhere all are
 * slow.
 */
static void compare_all(uint32_t seed, uint32_t base, unsigned fault_at)
{
    static Outcome reference, other;

    harness_use(TCG_BACKEND_INTERP);
    set_variant(4);
    run(seed, base, fault_at, &reference);
    set_variant(0);
    run(seed, base, fault_at, &other);
    compare(&reference, &other, seed, "interpreter with passes");
    harness_use(TCG_BACKEND_HOST);
    for (unsigned v = 0; v < ARRAY_SIZE(variants); v++) {
        set_variant(v);
        run(seed, base, fault_at, &other);
        compare(&reference, &other, seed, variants[v]);
    }
    set_variant(0);
}

static void test_fast(void)
{
    unsigned seed = from_environment("TCG_TEST_SEED", 1);
    unsigned n = from_environment("TCG_TEST_COUNT", 400);

    for (unsigned page = 0; page < 16; page++) {
        harness_map(0x10000 + page * 0x1000, page != 1);
        harness_map(HARNESS_HIGH + 0x10000 + page * 0x1000, page != 2);
    }
    while (n--) {
        compare_all(seed++, 0x14000, 0);
    }
}

static void test_slow(void)
{
    unsigned seed = from_environment("TCG_TEST_SEED", 100001);
    unsigned n = from_environment("TCG_TEST_COUNT", 200);

    harness_unmap_all();
    while (n--) {
        compare_all(seed++, 0x80004000, 0);
    }
}

static void test_faults(void)
{
    unsigned seed = from_environment("TCG_TEST_SEED", 200001);
    unsigned n = from_environment("TCG_TEST_COUNT", 200);

    harness_unmap_all();
    while (n--) {
        for (unsigned at = 1; at < 6; at++) {
            compare_all(seed, 0x80004000, at);
        }
        seed++;
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    harness_init();
    qemu_loglevel = from_environment("TCG_TEST_LOG", 0);
    g_test_add_func("/tcg/random/fast-accesses-agree", test_fast);
    g_test_add_func("/tcg/random/slow-accesses-agree", test_slow);
    g_test_add_func("/tcg/random/faults-find-every-global", test_faults);
    return g_test_run();
}
