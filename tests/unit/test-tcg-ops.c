/*
 * Every operation, on both back ends, with operands in registers, memory and constants, against
 * reference values.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tcg-harness.h"

/* Where an input comes from. */
typedef enum Form { FROM_TEMP, FROM_GLOBAL, FROM_CONST, NB_FORMS } Form;

typedef struct Case {
    const char *name;
    void (*gen32)(TCGv_i32 ret, const TCGv_i32 *in);
    void (*gen64)(TCGv_i64 ret, const TCGv_i64 *in);
    uint64_t (*expect)(unsigned width, const uint64_t *in); /* inputs zero-extended */
    bool (*valid)(unsigned width, const uint64_t *in);
} Case;

static int64_t sx(unsigned w, uint64_t v)
{
    return w == 32 ? (int32_t)v : (int64_t)v;
}

/* gen32_name and gen64_name, which call tcg_gen_op_i32/i64 so, and expect_name. */
#define DEFINE_CASE(name, op, expr, ...)                                                           \
    static void gen32_##name(TCGv_i32 r, const TCGv_i32 *in)                                       \
    {                                                                                              \
        tcg_gen_##op##_i32(__VA_ARGS__);                                                           \
    }                                                                                              \
    static void gen64_##name(TCGv_i64 r, const TCGv_i64 *in)                                       \
    {                                                                                              \
        tcg_gen_##op##_i64(__VA_ARGS__);                                                           \
    }                                                                                              \
    EXPECT(name, expr)

#define EXPECT(name, expr)                                                                         \
    static uint64_t expect_##name(unsigned w, const uint64_t *in)                                  \
    {                                                                                              \
        uint64_t a = in[0], b = in[1];                                                             \
                                                                                                   \
        (void)a, (void)b;                                                                          \
        return expr;                                                                               \
    }

#define BIN(name, expr) DEFINE_CASE(name, name, expr, r, in[0], in[1])
#define UN(name, expr)  DEFINE_CASE(name, name, expr, r, in[0])

/* call: a macro that emits several operations of width T into r. */
#define GEN(name, call, expr)                                                                      \
    static void gen32_##name(TCGv_i32 r, const TCGv_i32 *in)                                       \
    {                                                                                              \
        call(i32);                                                                                 \
    }                                                                                              \
    static void gen64_##name(TCGv_i64 r, const TCGv_i64 *in)                                       \
    {                                                                                              \
        call(i64);                                                                                 \
    }                                                                                              \
    EXPECT(name, expr)

static uint64_t rotl(unsigned w, uint64_t a, unsigned n)
{
    n %= w;
    return n ? a << n | (w == 32 ? (uint32_t)a : a) >> (w - n) : a;
}

static unsigned lead(unsigned w, uint64_t a)
{
    return __builtin_clzll(a) - (64 - w);
}

BIN(add, a + b)
BIN(sub, a - b)
BIN(mul, a * b)
BIN(mulsh, (uint64_t)(((__int128)sx(w, a) * sx(w, b)) >> w))
BIN(muluh, (uint64_t)(((unsigned __int128)a * b) >> w))
BIN(divs, sx(w, a) / sx(w, b))
BIN(divu, a / b)
BIN(rems, sx(w, a) % sx(w, b))
BIN(remu, a % b)
BIN(and, a & b)
BIN(or, a | b)
BIN(xor, a ^ b)
BIN(andc, a & ~b)
BIN(orc, a | ~b)
BIN(eqv, ~(a ^ b))
BIN(nand, ~(a & b))
BIN(nor, ~(a | b))
BIN(shl, a << b)
BIN(shr, a >> b)
BIN(sar, sx(w, a) >> b)
BIN(rotl, rotl(w, a, b))
BIN(rotr, rotl(w, a, w - b))
BIN(clz, a ? lead(w, a) : b)
BIN(ctz, a ? (unsigned)__builtin_ctzll(a) : b)
BIN(smin, sx(w, a) < sx(w, b) ? a : b)
BIN(smax, sx(w, a) > sx(w, b) ? a : b)
BIN(umin, MIN(a, b))
BIN(umax, MAX(a, b))
UN(neg, -a)
UN(not, ~a)
UN(abs, sx(w, a) < 0 ? -a : a)
UN(mov, a)
UN(ctpop, __builtin_popcountll(a))
UN(ext8s, (int64_t)(int8_t)a)
UN(ext8u, (uint8_t)a)
UN(ext16s, (int64_t)(int16_t)a)
UN(ext16u, (uint16_t)a)
UN(bswap16, __builtin_bswap16(a))
UN(bswap32, __builtin_bswap32(a))

#define MASK(ofs, len) MAKE_64BIT_MASK(ofs, len)
#define FIELD_TESTS(o, l)                                                                          \
    DEFINE_CASE(deposit_##o##_##l, deposit, (a & ~MASK(o, l)) | (b << o & MASK(o, l)), r, in[0],   \
                in[1], o, l)                                                                       \
    DEFINE_CASE(deposit_z_##o##_##l, deposit_z, b << o & MASK(o, l), r, in[1], o, l)               \
    DEFINE_CASE(extract_##o##_##l, extract, a >> o & MASK(0, l), r, in[0], o, l)                   \
    DEFINE_CASE(sextract_##o##_##l, sextract, (int64_t)(a << (64 - o - l)) >> (64 - l), r, in[0],  \
                o, l)
FIELD_TESTS(0, 1)
FIELD_TESTS(0, 8)
FIELD_TESTS(0, 16)
FIELD_TESTS(8, 8)
FIELD_TESTS(5, 7)
FIELD_TESTS(31, 1)
FIELD_TESTS(16, 16)
FIELD_TESTS(4, 28)

static bool holds(TCGCond c, unsigned w, const uint64_t *in)
{
    int64_t sa = sx(w, in[0]), sb = sx(w, in[1]);

    switch (c) {
    case TCG_COND_EQ: return in[0] == in[1];
    case TCG_COND_NE: return in[0] != in[1];
    case TCG_COND_LT: return sa < sb;
    case TCG_COND_GE: return sa >= sb;
    case TCG_COND_GT: return sa > sb;
    case TCG_COND_LE: return sa <= sb;
    case TCG_COND_LTU: return in[0] < in[1];
    case TCG_COND_GEU: return in[0] >= in[1];
    case TCG_COND_GTU: return in[0] > in[1];
    case TCG_COND_LEU: return in[0] <= in[1];
    case TCG_COND_TSTEQ: return (in[0] & in[1]) == 0;
    case TCG_COND_TSTNE: return (in[0] & in[1]) != 0;
    default: return c == TCG_COND_ALWAYS;
    }
}
/* 5 if a branch is taken, else 7 */
#define BRANCH(T, cond)                                                                            \
    TCGLabel *l = gen_new_label();                                                                 \
    TCGv_##T t = tcg_temp_new_##T();                                                               \
                                                                                                   \
    tcg_gen_movi_##T(t, 5);                                                                        \
    tcg_gen_brcond_##T(cond, in[0], in[1], l);                                                     \
    tcg_gen_movi_##T(t, 7);                                                                        \
    gen_set_label(l);                                                                              \
    tcg_gen_mov_##T(r, t)

#define COND_TESTS(c)                                                                              \
    DEFINE_CASE(setcond_##c, setcond, holds(TCG_COND_##c, w, in), TCG_COND_##c, r, in[0], in[1])   \
    DEFINE_CASE(negsetcond_##c, negsetcond, -(uint64_t)holds(TCG_COND_##c, w, in), TCG_COND_##c,   \
                r, in[0], in[1])                                                                   \
    DEFINE_CASE(movcond_##c, movcond, holds(TCG_COND_##c, w, in) ? in[2] : in[3], TCG_COND_##c, r, \
                in[0], in[1], in[2], in[3])                                                        \
    static void gen32_brcond_##c(TCGv_i32 r, const TCGv_i32 *in)                                   \
    {                                                                                              \
        BRANCH(i32, TCG_COND_##c);                                                                 \
    }                                                                                              \
    static void gen64_brcond_##c(TCGv_i64 r, const TCGv_i64 *in)                                   \
    {                                                                                              \
        BRANCH(i64, TCG_COND_##c);                                                                 \
    }                                                                                              \
    EXPECT(brcond_##c, holds(TCG_COND_##c, w, in) ? 5 : 7)

COND_TESTS(EQ)
COND_TESTS(NE)
COND_TESTS(LT)
COND_TESTS(GE)
COND_TESTS(GT)
COND_TESTS(LE)
COND_TESTS(LTU)
COND_TESTS(GEU)
COND_TESTS(GTU)
COND_TESTS(LEU)
COND_TESTS(TSTEQ)
COND_TESTS(TSTNE)

/* The carry-in is the lowest bit of input 2. Result: sum + 3 * carry out. */
#define ADDCIO(T)                                                                                  \
    TCGv_##T c = tcg_temp_new_##T();                                                               \
    tcg_gen_andi_##T(c, in[2], 1);                                                                 \
    tcg_gen_addcio_##T(r, c, in[0], in[1], c);                                                     \
    tcg_gen_muli_##T(c, c, 3);                                                                     \
    tcg_gen_add_##T(r, r, c)
GEN(addcio, ADDCIO, a + b + (in[2] & 1) +
                        3 * (uint64_t)(((unsigned __int128)a + b + (in[2] & 1)) >> w & 1))
#define ADDC0(T)                                                                                   \
    TCGv_##T c = tcg_temp_new_##T();                                                               \
    tcg_gen_addcio_##T(r, c, in[0], in[1], tcg_constant_##T(0));                                   \
    tcg_gen_muli_##T(c, c, 3);                                                                     \
    tcg_gen_add_##T(r, r, c)
GEN(addcio_0, ADDC0, a + b + 3 * (uint64_t)(((unsigned __int128)a + b) >> w & 1))
#define ADDC1(T)                                                                                   \
    TCGv_##T c = tcg_temp_new_##T();                                                               \
    tcg_gen_addcio_##T(r, c, in[0], in[1], tcg_constant_##T(1));                                   \
    tcg_gen_muli_##T(c, c, 3);                                                                     \
    tcg_gen_add_##T(r, r, c)
GEN(addcio_1, ADDC1, a + b + 1 + 3 * (uint64_t)(((unsigned __int128)a + b + 1) >> w & 1))
#define ADD2(T)                                                                                    \
    TCGv_##T l = tcg_temp_new_##T(), h = tcg_temp_new_##T();                                       \
    tcg_gen_add2_##T(l, h, in[0], in[1], in[2], in[3]);                                            \
    tcg_gen_muli_##T(h, h, 5);                                                                     \
    tcg_gen_xor_##T(r, l, h)
GEN(add2, ADD2,
    (a + in[2]) ^ 5 * (b + in[3] + (uint64_t)(((unsigned __int128)a + in[2]) >> w)))
#define SUB2(T)                                                                                    \
    TCGv_##T l = tcg_temp_new_##T(), h = tcg_temp_new_##T();                                       \
    tcg_gen_sub2_##T(l, h, in[0], in[1], in[2], in[3]);                                            \
    tcg_gen_muli_##T(h, h, 5);                                                                     \
    tcg_gen_xor_##T(r, l, h)
GEN(sub2, SUB2, (a - in[2]) ^ 5 * (b - in[3] - (a < in[2])))
#define MULU2(T)                                                                                   \
    TCGv_##T l = tcg_temp_new_##T(), h = tcg_temp_new_##T();                                       \
    tcg_gen_mulu2_##T(l, h, in[0], in[1]);                                                         \
    tcg_gen_muli_##T(h, h, 5);                                                                     \
    tcg_gen_xor_##T(r, l, h)
GEN(mulu2, MULU2, (a * b) ^ 5 * (uint64_t)(((unsigned __int128)a * b) >> w))
#define MULS2(T)                                                                                   \
    TCGv_##T l = tcg_temp_new_##T(), h = tcg_temp_new_##T();                                       \
    tcg_gen_muls2_##T(l, h, in[0], in[1]);                                                         \
    tcg_gen_muli_##T(h, h, 5);                                                                     \
    tcg_gen_xor_##T(r, l, h)
GEN(muls2, MULS2, (a * b) ^ 5 * (uint64_t)(((__int128)sx(w, a) * sx(w, b)) >> w))
#define SUBFI(T) tcg_gen_subfi_##T(r, -77, in[0])
GEN(subfi, SUBFI, (uint64_t)-77 - a)
#define CLZW(T) tcg_gen_clzi_##T(r, in[0], sizeof(#T) && !strcmp(#T, "i32") ? 32 : 64)
GEN(clzi_width, CLZW, a ? lead(w, a) : w)
#define STLD(T)                                                                                    \
    tcg_gen_st_##T(in[0], tcg_env, offsetof(CPUArchState, field));                                 \
    tcg_gen_st16_##T(in[1], tcg_env, offsetof(CPUArchState, field) + 1);                           \
    tcg_gen_st8_##T(in[2], tcg_env, offsetof(CPUArchState, field));                                \
    tcg_gen_ld_##T(r, tcg_env, offsetof(CPUArchState, field))
GEN(st_ld, STLD, (a & ~0xffffffull) | (b & 0xffff) << 8 | (in[2] & 0xff))
#define LD_TEST(name, load, expr)                                                                  \
    static void gen32_##name(TCGv_i32 r, const TCGv_i32 *in)                                       \
    {                                                                                              \
        tcg_gen_st_i32(in[0], tcg_env, offsetof(CPUArchState, field));                             \
        tcg_gen_##load##_i32(r, tcg_env, offsetof(CPUArchState, field));                           \
    }                                                                                              \
    static void gen64_##name(TCGv_i64 r, const TCGv_i64 *in)                                       \
    {                                                                                              \
        tcg_gen_st_i64(in[0], tcg_env, offsetof(CPUArchState, field));                             \
        tcg_gen_##load##_i64(r, tcg_env, offsetof(CPUArchState, field));                           \
    }                                                                                              \
    EXPECT(name, expr)
LD_TEST(ld8u, ld8u, (uint8_t)a)
LD_TEST(ld8s, ld8s, (int64_t)(int8_t)a)
LD_TEST(ld16u, ld16u, (uint16_t)a)
LD_TEST(ld16s, ld16s, (int64_t)(int16_t)a)

/* Conversions exist in one width each; the other does something equivalent. */
static void gen32_widths(TCGv_i32 r, const TCGv_i32 *in)
{
    TCGv_i64 a = tcg_temp_new_i64(), b = tcg_temp_new_i64();
    TCGv_i32 l = tcg_temp_new_i32(), h = tcg_temp_new_i32();

    tcg_gen_ext_i32_i64(a, in[0]);
    tcg_gen_extu_i32_i64(b, in[1]);
    tcg_gen_xor_i64(a, a, b);
    tcg_gen_extr_i64_i32(l, h, a);
    tcg_gen_concat_i32_i64(a, h, l);
    tcg_gen_extrh_i64_i32(l, a);
    tcg_gen_add_i32(r, l, h);
}

static void gen64_widths(TCGv_i64 r, const TCGv_i64 *in)
{
    TCGv_i32 l = tcg_temp_new_i32(), h = tcg_temp_new_i32();
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extrl_i64_i32(l, in[0]);
    tcg_gen_extrh_i64_i32(h, in[1]);
    tcg_gen_concat_i32_i64(t, l, h);
    tcg_gen_ext32s_i64(r, in[0]);
    tcg_gen_add_i64(r, r, t);
    tcg_gen_ext32u_i64(t, in[1]);
    tcg_gen_bswap64_i64(t, t);
    tcg_gen_xor_i64(r, r, t);
}

static uint64_t expect_widths(unsigned w, const uint64_t *in)
{
    if (w == 32) {
        uint64_t x = (int64_t)(int32_t)in[0] ^ in[1];

        return (uint32_t)x + (x >> 32);
    }
    /* r may be an input: see run_case(), where it isn't */
    return ((int64_t)(int32_t)in[0] + ((in[1] >> 32) << 32 | (uint32_t)in[0])) ^
           __builtin_bswap64((uint32_t)in[1]);
}

/* 64-bit arithmetic that is cut afterwards: pass-narrow.c. 32 bits are as wide as they seem. */
#define CUT(name, op, expr, ...)                                                                   \
    static void gen32_##name(TCGv_i32 r, const TCGv_i32 *in)                                       \
    {                                                                                              \
        TCGv_i32 t = tcg_temp_new_i32();                                                           \
                                                                                                   \
        tcg_gen_##op##_i32(t, __VA_ARGS__);                                                        \
        tcg_gen_mov_i32(r, t);                                                                     \
    }                                                                                              \
    static void gen64_##name(TCGv_i64 r, const TCGv_i64 *in)                                       \
    {                                                                                              \
        TCGv_i64 t = tcg_temp_new_i64();                                                           \
                                                                                                   \
        tcg_gen_##op##_i64(t, __VA_ARGS__);                                                        \
        tcg_gen_ext32u_i64(r, t);                                                                  \
    }                                                                                              \
    EXPECT(name, (uint32_t)(expr))
CUT(cut_add, add, a + b, in[0], in[1])
CUT(cut_sub, sub, a - b, in[0], in[1])
CUT(cut_mul, mul, a * b, in[0], in[1])
CUT(cut_and, and, a & b, in[0], in[1])
CUT(cut_or, or, a | b, in[0], in[1])
CUT(cut_xor, xor, a ^ b, in[0], in[1])
CUT(cut_andc, andc, a & ~b, in[0], in[1])
CUT(cut_neg, neg, -a, in[0])
CUT(cut_not, not, ~a, in[0])
CUT(cut_addi_0, addi, a, in[0], 0)
CUT(cut_addi, addi, a - 3, in[0], -3)
CUT(cut_muli, muli, a * 8, in[0], 8)
CUT(cut_shli, shli, a << 7, in[0], 7)

/* What is cut, extended, compared and looked at as i32 in turn. */
static void gen32_cut_chain(TCGv_i32 r, const TCGv_i32 *in)
{
    TCGv_i32 t = tcg_temp_new_i32(), u = tcg_temp_new_i32();

    tcg_gen_add_i32(t, in[0], in[1]);
    tcg_gen_muli_i32(u, t, 5);
    tcg_gen_sub_i32(u, u, in[2]);
    tcg_gen_xor_i32(t, t, u);
    tcg_gen_setcondi_i32(TCG_COND_LT, u, t, 9);
    tcg_gen_add_i32(r, t, u);
}

static void gen64_cut_chain(TCGv_i64 r, const TCGv_i64 *in)
{
    TCGv_i64 t = tcg_temp_new_i64(), u = tcg_temp_new_i64(), v = tcg_temp_new_i64();
    TCGv_i32 low = tcg_temp_new_i32();

    tcg_gen_add_i64(t, in[0], in[1]);
    tcg_gen_ext32u_i64(u, t);
    tcg_gen_muli_i64(v, u, 5);
    tcg_gen_sub_i64(v, v, in[2]);
    tcg_gen_xor_i64(v, v, t);
    tcg_gen_extrl_i64_i32(low, v);
    tcg_gen_setcondi_i32(TCG_COND_LT, low, low, 9);
    tcg_gen_extu_i32_i64(t, low);
    tcg_gen_add_i64(t, t, v);
    tcg_gen_ext32s_i64(v, t);
    tcg_gen_shli_i64(t, t, 33);
    tcg_gen_xor_i64(r, v, t);
}

static uint64_t expect_cut_chain(unsigned w, const uint64_t *in)
{
    uint32_t sum = in[0] + in[1], value = sum ^ (sum * 5 - (uint32_t)in[2]);
    uint64_t t = ((in[0] + in[1]) ^ ((uint64_t)sum * 5 - in[2])) + ((int32_t)value < 9);

    return w == 32 ? value + ((int32_t)value < 9) : (int64_t)(int32_t)t ^ t << 33;
}

static bool valid_shift(unsigned w, const uint64_t *in)
{
    return in[1] < w;
}

static bool valid_div(unsigned w, const uint64_t *in)
{
    return in[1] && !(sx(w, in[1]) == -1 && sx(w, in[0]) == (w == 32 ? INT32_MIN : INT64_MIN));
}

#define C(name) { #name, gen32_##name, gen64_##name, expect_##name, NULL }
#define CV(name, valid) { #name, gen32_##name, gen64_##name, expect_##name, valid }
#define CF(ofs, len)                                                                               \
    C(deposit_##ofs##_##len), C(deposit_z_##ofs##_##len), C(extract_##ofs##_##len),                \
    C(sextract_##ofs##_##len)
#define CC(cond) C(setcond_##cond), C(negsetcond_##cond), C(movcond_##cond), C(brcond_##cond)

static const Case cases[] = {
    C(add), C(sub), C(mul), C(mulsh), C(muluh), CV(divs, valid_div), CV(divu, valid_div),
    CV(rems, valid_div), CV(remu, valid_div), C(and), C(or), C(xor), C(andc), C(orc), C(eqv),
    C(nand), C(nor), CV(shl, valid_shift), CV(shr, valid_shift), CV(sar, valid_shift),
    CV(rotl, valid_shift), CV(rotr, valid_shift), C(clz), C(ctz), C(smin), C(smax), C(umin),
    C(umax), C(neg), C(not), C(abs), C(mov), C(ctpop), C(ext8s), C(ext8u), C(ext16s), C(ext16u),
    C(bswap16), C(bswap32), CF(0, 1), CF(0, 8), CF(0, 16), CF(8, 8), CF(5, 7), CF(31, 1),
    CF(16, 16), CF(4, 28), CC(EQ), CC(NE), CC(LT), CC(GE), CC(GT), CC(LE), CC(LTU), CC(GEU),
    CC(GTU), CC(LEU), CC(TSTEQ), CC(TSTNE), C(addcio), C(addcio_0), C(addcio_1), C(add2), C(sub2),
    C(mulu2), C(muls2), C(subfi), C(clzi_width), C(st_ld), C(ld8u), C(ld8s), C(ld16u), C(ld16s),
    C(widths), C(cut_add), C(cut_sub), C(cut_mul), C(cut_and), C(cut_or), C(cut_xor), C(cut_andc),
    C(cut_neg), C(cut_not), C(cut_addi_0), C(cut_addi), C(cut_muli), C(cut_shli), C(cut_chain),
};

static uint64_t random_value(GRand *rnd, unsigned w)
{
    static const uint64_t special[] = { 0, 1, 2, 3, 5, 31, 32, 63, 0x7f, 0x80, 0xff, 0x7fff, 0x8000,
        0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x100000000, INT64_MAX,
        1ull << 63, UINT64_MAX, UINT64_MAX - 1, 0xffffffff80000000 };
    uint64_t v = special[g_rand_int_range(rnd, 0, ARRAY_SIZE(special))];

    if (g_rand_boolean(rnd)) {
        v = (uint64_t)g_rand_int(rnd) << 32 | g_rand_int(rnd);
        v >>= g_rand_int_range(rnd, 0, 64);
    }
    return w == 32 ? (uint32_t)v : v;
}

/* Where the result goes: a new temp, or the same place as an input. */
static void gen_case32(const Case *c, const uint64_t *values, const Form *forms, int alias)
{
    TCGv_i32 in[4], ret = reg[4];

    for (unsigned i = 0; i < 4; i++) {
        if (forms[i] == FROM_CONST) {
            in[i] = tcg_constant_i32(values[i]);
        } else if (forms[i] == FROM_GLOBAL) {
            in[i] = reg[i];
        } else {
            in[i] = tcg_temp_new_i32();
            tcg_gen_ld_i32(in[i], tcg_env, offsetof(CPUArchState, in[i]));
        }
    }
    if (alias >= 0 && forms[alias] != FROM_CONST) {
        ret = in[alias];
    }
    c->gen32(ret, in);
    tcg_gen_mov_i32(reg[5], ret);
    tcg_gen_st_i32(ret, tcg_env, offsetof(CPUArchState, out[0]));
}

static void gen_case64(const Case *c, const uint64_t *values, const Form *forms, int alias)
{
    TCGv_i64 in[4], ret = qreg[4];

    for (unsigned i = 0; i < 4; i++) {
        if (forms[i] == FROM_CONST) {
            in[i] = tcg_constant_i64(values[i]);
        } else if (forms[i] == FROM_GLOBAL) {
            in[i] = qreg[i];
        } else {
            in[i] = tcg_temp_new_i64();
            tcg_gen_ld_i64(in[i], tcg_env, offsetof(CPUArchState, in[i]));
        }
    }
    if (alias >= 0 && forms[alias] != FROM_CONST) {
        ret = in[alias];
    }
    c->gen64(ret, in);
    tcg_gen_mov_i64(qreg[5], ret);
    tcg_gen_st_i64(ret, tcg_env, offsetof(CPUArchState, out[0]));
}

static bool may_alias(const Case *c)
{
    return strcmp(c->name, "widths") && strncmp(c->name, "add", 3) && strncmp(c->name, "sub2", 4) &&
           strncmp(c->name, "mul", 3) && strcmp(c->name, "st_ld");
}

static void run_case(const Case *c, unsigned w, GRand *rnd)
{
    uint64_t values[4], got, expected, in_reg;
    Form forms[4];
    int alias = g_rand_int_range(rnd, -1, 4);
    uintptr_t result;
    bool ok;

    do {
        for (unsigned i = 0; i < 4; i++) {
            values[i] = random_value(rnd, w);
            forms[i] = g_rand_int_range(rnd, 0, NB_FORMS);
        }
        if (c->valid == valid_shift) {
            values[1] %= w;
        }
    } while (c->valid && !c->valid(w, values));
    harness_start();
    if (w == 32) {
        gen_case32(c, values, forms, may_alias(c) ? alias : -1);
    } else {
        gen_case64(c, values, forms, may_alias(c) ? alias : -1);
    }
    tcg_gen_exit_tb(NULL, 0);
    for (unsigned i = 0; i < 4; i++) {
        test_env->in[i] = values[i];
        test_env->r[i] = values[i];
        test_env->q[i] = values[i];
    }
    ok = harness_run(harness_finish(), &result);
    g_assert_true(ok);
    g_assert_cmpint(result, ==, 0);
    got = w == 32 ? (uint32_t)test_env->out[0] : test_env->out[0];
    in_reg = w == 32 ? test_env->r[5] : test_env->q[5];
    expected = c->expect(w, values);
    expected = w == 32 ? (uint32_t)expected : expected;
    if (got != expected || in_reg != expected) {
        g_error("%s_i%u(%" PRIx64 ", %" PRIx64 ", %" PRIx64 ", %" PRIx64 ") forms %d%d%d%d alias %d"
                " = %" PRIx64 " / %" PRIx64 ", expected %" PRIx64, c->name, w, values[0], values[1],
                values[2], values[3], forms[0], forms[1], forms[2], forms[3], alias, got, in_reg,
                expected);
    }
}

static void test_case(gconstpointer data)
{
    const Case *c = data;
    g_autoptr(GRand) rnd = g_rand_new_with_seed(g_str_hash(c->name));

    for (unsigned i = 0; i < 400; i++) {
        harness_use(i % 4 == 3 ? TCG_BACKEND_INTERP : TCG_BACKEND_HOST);
        run_case(c, i % 2 ? 32 : 64, rnd);
        run_case(c, i % 2 ? 64 : 32, rnd);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    harness_init();
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *path = g_strdup_printf("/tcg/ops/%s-computes-reference", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    return g_test_run();
}
