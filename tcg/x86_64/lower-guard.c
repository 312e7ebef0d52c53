/*
 * x86-64: guards, and the constants that they compare with.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "lower-vector.h"

static const uint64_t masks[][2] = {
    [MASK_SIGN] = { 1ull << 63, 1u << 31 },
    [MASK_ALL_BUT_SIGN] = { INT64_MAX, INT32_MAX },
    [MASK_NORMAL] = { 0x7fc0000000000000, 0x7e000000 },
    [MASK_FINITE] = { 0x7ff0000000000000, 0x7f800000 },
};
static const uint8_t *masks_code;

static const uint8_t *guard_constants_code;

static uint32_t guard_word(unsigned what, unsigned count, unsigned lane)
{
    static const uint8_t counted[] = { 4, 2, 4, 2, 1 };
    bool narrow = count != COUNT_2D && count != COUNT_1D, counts = lane < counted[count];
    bool top = narrow || lane % 2; /* the word with the exponent */
    uint32_t never = 1;            /* equal to nothing that the masks leave */

    switch (what) {
    case GUARD_MIDDLE:
        return top ? narrow ? 64u << 23 : 512u << 20 : 0;
    case GUARD_TOP:
        return top && counts ? 1u << 30 : 0;
    case GUARD_LIFT:
        return top ? narrow ? 4u << 23 : 4u << 20 : 0;
    case GUARD_LIFTED:
        return top && counts ? narrow ? 0xf8u << 23 : 0x7f8u << 20 : 0;
    case GUARD_NOTHING:
        return top && counts ? 0 : never;
    case GUARD_EXPONENT:
        return top && counts ? narrow ? 0xffu << 23 : 0x7ffu << 20 : 0;
    case GUARD_EXPONENTS:
        return top && counts ? narrow ? 0xffu << 23 : 0x7ffu << 20 : never;
    case GUARD_SIGNS:
        return top && counts ? 1u << 31 : 0;
    case GUARD_LANES:
        return counts ? UINT32_MAX : 0;
    case GUARD_LARGE:
        return narrow ? GUARD_LARGE_F32 : lane % 2 ? GUARD_LARGE_F64 >> 32 : 0;
    default:
        return top ? INT32_MAX : UINT32_MAX;
    }
}

static void emit_guard_constants(TCGContext *s)
{
    guard_constants_code = s->code_ptr;
    for (unsigned what = 0; what < NB_GUARD_WORDS; what++) {
        for (unsigned i = 0; i < 4 * NB_COUNTS; i++) {
            x_imm32(s, guard_word(what, i / 4, i % 4));
        }
    }
}

const uint8_t *x_guard_constant(unsigned what, unsigned count)
{
    return guard_constants_code + 16 * (what * NB_COUNTS + count);
}

void x_emit_masks(TCGContext *s)
{
    x_align(s, 16);
    emit_guard_constants(s);
    masks_code = s->code_ptr;
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(masks); i++) {
        x_imm64(s, masks[i / 2][i % 2]);
        x_imm64(s, 0);
    }
}

const uint8_t *x_mask_address(unsigned mask, bool narrow)
{
    return masks_code + 16 * (2 * mask + narrow);
}

/* ---- Guards ---- */

/* The call of a guard's helper, put off to the end of the block. */
typedef struct GuardPath {
    struct GuardPath *next;
    uint8_t *unusual, *inexact; /* jumps that lead here */
    const uint8_t *accept, *resume; /* with the value, with the helper's result */
    TCGGuardHelper *func; /* NULL: the result is a NaN */
    const TCGOp *vectors; /* a guard of vectors */
    unsigned checked, out;
    TCGType type; /* of `out` */
    bool narrow, zero_ok;
    unsigned nb_args;
    uint8_t args[TCG_GUARD_ARGS];
} GuardPath;

/*
 * ptest sets the zero flag if all the bits that are set in the mask are clear in the operand, and
 * the carry flag if none is. NORMAL's mask is the exponent without its two low bits, FINITE's all of
 * it.
 */
static uint8_t *guard_exponent(TCGContext *s, unsigned reg, bool narrow, bool finite)
{
    x_r_code(s, X_PTEST, reg, x_mask_address(finite ? MASK_FINITE : MASK_NORMAL, narrow));
    return x_jcc_forward(s, finite ? CC_B : CC_BE);
}

static uint8_t *guard_ordered(TCGContext *s, unsigned a, unsigned b, bool narrow)
{
    x_rr(s, X_UCOMIS | (narrow ? 0 : X_66), a, b);
    return x_jcc_forward(s, CC_P);
}

static uint8_t *guard_check(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    bool narrow = op->guard.vece == MO_32;
    unsigned checked = h->in[1].reg;

    switch (op->guard.imm & ~(TCG_GUARD_INEXACT | TCG_GUARD_ZERO_OK)) {
    case TCG_GUARD_NAN:
        return guard_ordered(s, checked, checked, narrow);
    case TCG_GUARD_FINITE:
        return guard_exponent(s, checked, narrow, true);
    case TCG_GUARD_NORMAL:
        return guard_exponent(s, checked, narrow, false);
    case TCG_GUARD_ORDERED:
        return guard_ordered(s, checked, h->in[2].reg, narrow);
    case TCG_GUARD_NEGATIVE:
        x_rr(s, X_TEST | (narrow ? 0 : X_W), checked, checked);
        return x_jcc_forward(s, CC_S);
    default: /* TCG_GUARD_INT_MIN: the only number less 1 that overflows */
        x_group1_ri(s, narrow ? 0 : X_W, G1_CMP, checked, 1);
        return x_jcc_forward(s, CC_O);
    }
}

#define MXCSR_PE 0x20

static uint8_t *guard_exact(TCGContext *s)
{
    x_rm(s, X_LDST_MXCSR, 3, x_jit(host_flags));
    x_rm(s, 0xf6, G3_TEST, x_jit(host_flags)); /* a byte */
    x_byte(s, MXCSR_PE);
    return x_jcc_forward(s, CC_NE);
}

static void move_value(TCGContext *s, TCGType type, unsigned dst, unsigned src)
{
    if (type_is_vector(type)) {
        vector_mov(s, dst, src);
    } else if (dst != src) {
        x_rr(s, X_MOV | X_W, dst, src);
    }
}

static unsigned guard_count(const TCGOp *op)
{
    if (op->guard.vece == MO_64) {
        return op->guard.bytes == 16 ? COUNT_2D : COUNT_1D;
    }
    return op->guard.bytes == 16 ? COUNT_4S : op->guard.bytes == 8 ? COUNT_2S : COUNT_1S;
}

static unsigned guard_zero_flags(const TCGOp *op)
{
    return op->guard.imm &
           (TCG_GUARD_ZERO_OK | TCG_GUARD_ZERO_SUM_OK | TCG_GUARD_WIDE_ARGUMENT);
}

/* VECTOR_SCRATCH gets bits in each element that is one of TCG_GUARD_NORMAL's unusual ones. */
static void find_unusual(TCGContext *s, unsigned checked, unsigned count)
{
    three_code(s, X_PADDD, VECTOR_SCRATCH, checked, x_guard_constant(GUARD_LIFT, count));
    x_r_code(s, X_PAND, VECTOR_SCRATCH, x_guard_constant(GUARD_LIFTED, count));
    x_r_code(s, X_PCMPEQD, VECTOR_SCRATCH, x_guard_constant(GUARD_NOTHING, count));
    x_rr(s, X_PTEST, VECTOR_SCRATCH, VECTOR_SCRATCH);
}

/*
 * Jumps if an element of those that count is unusual. Of several, NORMAL only looks whether all are
 * in the middle of the exponent's range; what is said of the others comes behind the block.
 */
static uint8_t *vector_guard_check(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned count = guard_count(op), checked = h->in[1].reg, t = VECTOR_SCRATCH;
    unsigned kind = op->guard.imm & ~guard_zero_flags(op);
    bool narrow = op->guard.vece == MO_32, one = op->guard.bytes == 1u << op->guard.vece;

    switch (kind) {
    case TCG_GUARD_FINITE:
    case TCG_GUARD_NORMAL:
        if (one) {
            return guard_exponent(s, checked, narrow, kind == TCG_GUARD_FINITE);
        }
        if (kind == TCG_GUARD_NORMAL) {
            three_code(s, X_PADDD, t, checked, x_guard_constant(GUARD_MIDDLE, count));
            x_r_code(s, X_PTEST, t, x_guard_constant(GUARD_TOP, count));
            return x_jcc_forward(s, CC_AE);
        }
        three_code(s, X_PAND, t, checked, x_guard_constant(GUARD_EXPONENT, count));
        x_r_code(s, X_PCMPEQD, t, x_guard_constant(GUARD_EXPONENTS, count));
        x_rr(s, X_PTEST, t, t);
        return x_jcc_forward(s, CC_NE);
    case TCG_GUARD_NAN:
    case TCG_GUARD_ORDERED: {
        unsigned a = kind == TCG_GUARD_NAN ? checked : h->in[2].reg;
        unsigned b = kind == TCG_GUARD_NAN || op->nb_in < 4 ? a : h->in[3].reg;

        if (one) {
            return guard_ordered(s, a, b, narrow);
        }
        three(s, X_CMPP | (narrow ? 0 : X_66), t, a, b);
        x_byte(s, 3); /* unordered */
        break;
    }
    case TCG_GUARD_INT_MIN:
        three_code(s, narrow ? X_PCMPEQD : X_PCMPEQQ, t, checked,
                   x_guard_constant(GUARD_SIGNS, narrow ? COUNT_4S : COUNT_2D));
        break;
    default: /* TCG_GUARD_NEGATIVE */
        x_r_code(s, X_PTEST, checked, x_guard_constant(GUARD_SIGNS, count));
        return x_jcc_forward(s, CC_NE);
    }
    x_r_code(s, X_PTEST, t, x_guard_constant(GUARD_LANES, count));
    return x_jcc_forward(s, CC_NE);
}

static void emit_vector_guard(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    GuardPath *p = arena_alloc(&s->arena, sizeof(*p));

    *p = (GuardPath){
        .next = s->guard_paths,
        .vectors = op,
        .checked = h->in[1].reg,
        .out = h->out[0].reg,
        .type = op->type,
        .nb_args = op->nb_in - op->guard.first_arg,
    };
    for (unsigned i = 0; i < p->nb_args; i++) {
        p->args[i] = h->in[op->guard.first_arg + i].reg;
    }
    p->unusual = vector_guard_check(s, op, h);
    p->accept = s->code_ptr;
    vector_mov(s, p->out, h->in[0].reg);
    p->resume = s->code_ptr;
    s->guard_paths = p;
}

void x_emit_guard(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    GuardPath *p;

    if (op->type == TCG_TYPE_V128) {
        emit_vector_guard(s, op, h);
        return;
    }
    p = arena_alloc(&s->arena, sizeof(*p));
    *p = (GuardPath){
        .next = s->guard_paths,
        .func = op->guard.func,
        .checked = h->in[1].reg,
        .out = h->out[0].reg,
        .type = op->type,
        .narrow = op->guard.vece == MO_32,
        .zero_ok = op->guard.imm & TCG_GUARD_ZERO_OK,
        .nb_args = op->nb_in - op->guard.first_arg,
    };
    for (unsigned i = 0; i < p->nb_args; i++) {
        p->args[i] = h->in[op->guard.first_arg + i].reg;
    }
    p->unusual = guard_check(s, op, h);
    p->inexact = op->guard.imm & TCG_GUARD_INEXACT ? guard_exact(s) : NULL;
    p->accept = s->code_ptr;
    move_value(s, op->type, p->out, h->in[0].reg);
    p->resume = s->code_ptr;
    s->guard_paths = p;
}

/*
 * There and back. That this makes no difference is predicted, not waited for; where it does, all
 * bits are set.
 */
void x_emit_fnarrow(TCGContext *s, const TCGOp *op, const HostOperands *h)
{
    unsigned out = h->out[0].reg, in = h->in[0].reg;
    GuardPath *p = arena_alloc(&s->arena, sizeof(*p));

    three(s, X_CVTSD2SS, out, in, in);
    three(s, X_CVTSS2SD, VECTOR_SCRATCH, out, out);
    x_rr(s, X_UCOMIS | X_66, VECTOR_SCRATCH, in);
    *p = (GuardPath){ .next = s->guard_paths, .out = out };
    p->unusual = x_jcc_forward(s, CC_NE);
    p->inexact = x_jcc_forward(s, CC_P);
    p->resume = s->code_ptr;
    s->guard_paths = p;
}

/* A product, sum or quotient that is zero because an operand is. */
static void guard_accept_zero(TCGContext *s, const GuardPath *p)
{
    uint8_t *nan, *not_zero;

    x_rr(s, X_PXOR, VECTOR_SCRATCH, VECTOR_SCRATCH);
    x_rr(s, X_UCOMIS | (p->narrow ? 0 : X_66), p->checked, VECTOR_SCRATCH);
    nan = x_jcc_short(s, CC_P);
    not_zero = x_jcc_short(s, CC_NE);
    for (unsigned i = 0; i < MIN(p->nb_args, 2); i++) {
        x_rr(s, X_UCOMIS | X_66, p->args[i], VECTOR_SCRATCH);
        x_jcc_back(s, CC_E, p->accept);
    }
    x_land_short(s, nan);
    x_land_short(s, not_zero);
}

static X86Mem guard_argument(unsigned n)
{
    X86Mem m = x_jit(guard_args);

    m.disp += (int32_t)(n * sizeof(JitVector));
    return m;
}

/* A vector register that holds none of the guard's operands, above `least`. */
static unsigned borrowed_register(const GuardPath *p, unsigned least)
{
    for (unsigned reg = least;; reg++) {
        bool taken = reg == VECTOR_SCRATCH || reg == p->checked;

        for (unsigned i = 0; i < p->nb_args; i++) {
            taken |= p->args[i] == reg;
        }
        if (!taken) {
            return reg;
        }
    }
}

/*
 * Elements of a vector that are zero because an operand is, or (ZERO_SUM_OK) because the addend and
 * an operand are, or exactly: see GUARD_LARGE_F32. VECTOR_SCRATCH says which ones are unusual.
 */
static void vector_guard_accept_zero(TCGContext *s, const GuardPath *p)
{
    const TCGOp *op = p->vectors;
    unsigned a = borrowed_register(p, FIRST_VECTOR), b = borrowed_register(p, a + 1);
    unsigned count = guard_count(op), cmp = X_CMPP | (op->guard.vece == MO_64 ? X_66 : 0);
    enum { EQUAL = 0, NOT_LESS = 5 };

    if (op->guard.bytes == 1u << op->guard.vece) {
        x_r_code(s, X_MOVAPS, VECTOR_SCRATCH, x_guard_constant(GUARD_LANES, count));
    }
    x_vector_store(s, TCG_TYPE_V128, a, guard_argument(0));
    x_vector_store(s, TCG_TYPE_V128, b, guard_argument(1));
    x_rr(s, X_PXOR, a, a);
    if (op->guard.imm & TCG_GUARD_WIDE_ARGUMENT) {
        x_rr(s, cmp | X_66, a, p->args[0]);
        x_byte(s, EQUAL);
        x_rr(s, X_SHUFPS, a, a); /* a word of each */
        x_byte(s, 0x88);
    } else {
        x_rr(s, cmp, a, p->args[0]);
        x_byte(s, EQUAL);
    }
    if (p->nb_args > 1) {
        x_rr(s, X_PXOR, b, b);
        x_rr(s, cmp, b, p->args[1]);
        x_byte(s, EQUAL);
        x_rr(s, X_POR, a, b);
    }
    if (op->guard.imm & TCG_GUARD_ZERO_SUM_OK) {
        x_rr(s, X_PXOR, b, b);
        x_rr(s, cmp, b, p->args[2]);
        x_byte(s, EQUAL);
        x_rr(s, X_PAND, a, b);
        three_code(s, X_PAND, b, p->args[2], x_guard_constant(GUARD_MAGNITUDE, count));
        /* the address is relative to what follows the predicate */
        x_r_code(s, cmp, b, x_guard_constant(GUARD_LARGE, count) - 1);
        x_byte(s, NOT_LESS);
        x_rr(s, X_POR, a, b);
    }
    x_rr(s, X_PXOR, b, b);
    x_rr(s, cmp, b, p->checked);
    x_byte(s, EQUAL);
    x_rr(s, X_PAND, a, b);
    x_rr(s, X_PANDN, a, VECTOR_SCRATCH); /* what is unusual and no such zero */
    x_rr(s, X_PTEST, a, a);
    x_vector_load(s, TCG_TYPE_V128, a, guard_argument(0));
    x_vector_load(s, TCG_TYPE_V128, b, guard_argument(1));
    x_jcc_back(s, CC_E, p->accept);
}

static void call_vector_guard_helper(TCGContext *s, const GuardPath *p)
{
    const TCGOp *op = p->vectors;

    if ((op->guard.imm & ~guard_zero_flags(op)) == TCG_GUARD_NORMAL &&
        op->guard.bytes > 1u << op->guard.vece) {
        find_unusual(s, p->checked, guard_count(op));
        x_jcc_back(s, CC_E, p->accept);
    }
    if (guard_zero_flags(p->vectors)) {
        vector_guard_accept_zero(s, p);
    }
    for (unsigned i = 0; i < p->nb_args; i++) {
        x_vector_store(s, TCG_TYPE_V128, p->args[i], guard_argument(i));
    }
    x_movi(s, SCRATCH, (uintptr_t)p->vectors->guard.vectors);
    x_call(s, x_thunk_vector_guard);
    x_vector_load(s, TCG_TYPE_V128, p->out, guard_argument(0));
}

static void call_guard_helper(TCGContext *s, const GuardPath *p)
{
    for (unsigned i = 0; i < p->nb_args; i++) {
        X86Mem slot = guard_argument(i);

        if (p->args[i] >= FIRST_VECTOR) {
            x_vector_store(s, TCG_TYPE_F64, p->args[i], slot);
        } else {
            x_rm(s, X_MOV_R | X_W, p->args[i], slot);
        }
    }
    x_movi(s, SCRATCH, (uintptr_t)p->func);
    x_call(s, x_thunk_guard);
    if (type_is_vector(p->type)) {
        x_vector_load(s, p->type, p->out, x_jit(guard_args));
    } else {
        x_rm(s, X_MOV | width(p->type), p->out, x_jit(guard_args));
    }
}

void x_finish_guards(TCGContext *s)
{
    for (GuardPath *p = s->guard_paths; p; p = p->next) {
        if (s->code_limit - s->code_ptr < 512) {
            s->overflow = true;
            return;
        }
        x_land(s, p->unusual);
        if (p->vectors) {
            call_vector_guard_helper(s, p);
            x_jmp_back(s, p->resume);
            continue;
        }
        if (p->zero_ok) {
            guard_accept_zero(s, p);
        }
        if (p->inexact) {
            x_land(s, p->inexact);
        }
        if (p->func) {
            call_guard_helper(s, p);
        } else {
            x_rr(s, X_PCMPEQD, p->out, p->out);
        }
        x_jmp_back(s, p->resume);
    }
    s->guard_paths = NULL;
}
