/*
 * x86-64 instruction encoder.
 *
 * An instruction is named by its opcode byte and what goes before it (X_*); operands are registers
 * (host numbers 0-15) or memory. Widths: X_W selects 64 bits, without it 32.
 *
 * Reference: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_X86_64_EMIT_H
#define TCG_X86_64_EMIT_H

#include "../backend.h"

enum {
    RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
    XMM0,
    XMM15 = XMM0 + 15,
};

/*
 * Fixed registers. ENV_REG holds env + ENV_BIAS, so that the first 216 bytes of env and the last 40
 * of CPUJitState are in reach of 8-bit displacements.
 */
#define SCRATCH    R11
#define VECTOR_SCRATCH XMM15
#define ENV_REG    R14
#define WINDOW_REG R15
#define ENV_BIAS   88

enum {
    X_0F = 0x100,
    X_0F38 = 0x200,
    X_0F3A = 0x400,
    X_66 = 0x800,
    X_F2 = 0x1000,
    X_F3 = 0x2000,
    X_W = 0x4000,
    X_BYTE_REG = 0x8000, /* the reg operand is a byte register: spl … dil need a REX prefix */
    X_BYTE_RM = 0x10000,
};

/* Opcodes. _R: register to r/m; the others r/m to register. */
enum {
    X_ADD = 0x03,
    X_ADC = 0x13,
    X_SBB = 0x1b,
    X_AND = 0x23,
    X_OR = 0x0b,
    X_OR_R = 0x09,
    X_SUB = 0x2b,
    X_SUB_R = 0x29,
    X_XOR = 0x33,
    X_CMP = 0x3b,
    X_CMP8 = 0x3a,
    X_CMP_R = 0x39,
    X_TEST = 0x85,
    X_MOV = 0x8b,
    X_MOV_R = 0x89,
    X_MOVB_R = 0x88 | X_BYTE_REG,
    X_MOVW_R = 0x89 | X_66,
    X_LEA = 0x8d,
    X_MOVZX8 = 0xb6 | X_0F,
    X_MOVZX16 = 0xb7 | X_0F,
    X_MOVSX8 = 0xbe | X_0F,
    X_MOVSX16 = 0xbf | X_0F,
    X_MOVSXD = 0x63 | X_W,
    X_IMUL = 0xaf | X_0F,
    X_IMUL_IMM32 = 0x69,
    X_IMUL_IMM8 = 0x6b,
    X_BSF = 0xbc | X_0F,
    X_BSR = 0xbd | X_0F,
    X_TZCNT = 0xbc | X_0F | X_F3,
    X_LZCNT = 0xbd | X_0F | X_F3,
    X_POPCNT = 0xb8 | X_0F | X_F3,
    X_MOVBE = 0xf0 | X_0F38,
    X_MOVBE_R = 0xf1 | X_0F38,
    X_SHLD = 0xa4 | X_0F,
    X_BT_IMM = 0xba | X_0F,
    X_CMOV = 0x40 | X_0F,  /* + condition */
    X_SETCC = 0x90 | X_0F, /* + condition */
    X_GROUP1_IMM32 = 0x81,
    X_GROUP1_IMM8 = 0x83,
    X_GROUP3 = 0xf7, /* test, not, neg, mul, imul, div, idiv by reg field */
    X_SHIFT_IMM = 0xc1,
    X_SHIFT_CL = 0xd3,
    X_MOV_IMM = 0xc7,
    X_MOVB_IMM = 0xc6,
    X_ANDN = 0xf2 | X_0F38, /* VEX */
    X_SHLX = 0xf7 | X_0F38 | X_66,
    X_SARX = 0xf7 | X_0F38 | X_F3,
    X_SHRX = 0xf7 | X_0F38 | X_F2,
    X_RORX = 0xf0 | X_0F3A | X_F2,
};

/* reg fields of X_GROUP1_*, X_SHIFT_* and X_GROUP3 */
enum { G1_ADD, G1_OR, G1_ADC, G1_SBB, G1_AND, G1_SUB, G1_XOR, G1_CMP };
enum { SH_ROL, SH_ROR, SH_SHL = 4, SH_SHR, SH_SAR = 7 };
enum { G3_TEST, G3_NOT = 2, G3_NEG, G3_MUL, G3_IMUL, G3_DIV, G3_IDIV };

/* Condition codes of jcc, setcc, cmovcc */
enum {
    CC_O, CC_B = 2, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_GE, CC_LE, CC_G,
};

/* [base + index * 2^scale + disp]; index NO_REG: none */
typedef struct X86Mem {
    uint8_t base, index, scale;
    bool long_form; /* makes every instruction with this operand at least five bytes long */
    int32_t disp;
} X86Mem;

static inline X86Mem x_mem(unsigned base, int32_t disp)
{
    return (X86Mem){ .base = base, .index = NO_REG, .disp = disp };
}

static inline X86Mem x_mem_index(unsigned base, unsigned index, int32_t disp)
{
    return (X86Mem){ .base = base, .index = index, .disp = disp };
}

static inline X86Mem x_env(int32_t offset)
{
    return x_mem(ENV_REG, offset - ENV_BIAS);
}

#define x_jit(field) x_env(JIT_OFFSET(field))

void x_byte(TCGContext *s, uint8_t v);
void x_imm32(TCGContext *s, int32_t v);
void x_imm64(TCGContext *s, uint64_t v);
/* op reg, rm */
void x_rr(TCGContext *s, unsigned op, unsigned reg, unsigned rm);
void x_rm(TCGContext *s, unsigned op, unsigned reg, X86Mem m);
/* op reg, [address], which is in the code buffer; no immediate may follow */
void x_r_code(TCGContext *s, unsigned op, unsigned reg, const void *address);
/* VEX: op reg, vvvv, rm */
void x_vex_rr(TCGContext *s, unsigned op, unsigned reg, unsigned vvvv, unsigned rm);
/* The same with the code buffer's data as the last operand, as x_r_code(). */
void x_vex_r_code(TCGContext *s, unsigned op, unsigned reg, unsigned vvvv, const void *address);
/* op rm, imm (G1_*): `w` is 0 or X_W */
void x_group1_ri(TCGContext *s, unsigned w, unsigned g1, unsigned rm, int32_t imm);
void x_group1_mi(TCGContext *s, unsigned w, unsigned g1, X86Mem m, int32_t imm);
void x_shift_i(TCGContext *s, unsigned w, unsigned sh, unsigned rm, unsigned count);
void x_mov(TCGContext *s, unsigned w, unsigned dst, unsigned src);
/* dst = value; may change flags. _keep_flags: doesn't. */
void x_movi(TCGContext *s, unsigned dst, uint64_t value);
void x_movi_keep_flags(TCGContext *s, unsigned dst, uint64_t value);
void x_bswap(TCGContext *s, unsigned w, unsigned reg);
void x_push(TCGContext *s, unsigned reg);
void x_pop(TCGContext *s, unsigned reg);
void x_push_imm(TCGContext *s, int32_t imm);
/* To a known address: jmp, call (through a register if out of reach), jcc. */
void x_jmp(TCGContext *s, const void *target);
void x_call(TCGContext *s, const void *target);
void x_jcc(TCGContext *s, unsigned cc, const void *target);
/* To code of this block that is there already. */
void x_jmp_back(TCGContext *s, const uint8_t *target);
void x_jcc_back(TCGContext *s, unsigned cc, const uint8_t *target);
/*
 * Forward jumps within 127 bytes; x_land_short() makes them go to where code is emitted next.
 */
uint8_t *x_jcc_short(TCGContext *s, unsigned cc);
uint8_t *x_jmp_short(TCGContext *s);
void x_land_short(TCGContext *s, uint8_t *from);
/*
 * Jumps to what isn't there yet, short or not by TCGContext.short_jumps; x_set_jump() makes them go
 * to `target`, x_land() to where code is emitted next. What is too far for short ones is noted.
 */
uint8_t *x_jcc_forward(TCGContext *s, unsigned cc);
uint8_t *x_jmp_forward(TCGContext *s);
void x_set_jump(TCGContext *s, uint8_t *from, const uint8_t *target);
void x_land(TCGContext *s, uint8_t *from);
void x_nops(TCGContext *s, unsigned n);
/* No-operations up to a multiple of `n` bytes. */
void x_align(TCGContext *s, unsigned n);

static inline bool fits_i8(int64_t v)
{
    return v == (int8_t)v;
}

static inline bool fits_i32(int64_t v)
{
    return v == (int32_t)v;
}

/* What the host CPU can do. */
typedef struct X86Features {
    bool movbe, bmi1, bmi2, lzcnt, popcnt, avx, avx2, fma;
} X86Features;
extern X86Features x86_features;

/* memory.c */
void x_constraint_guest_access(TCGContext *s, const TCGOp *op, OpConstraint *c);
void x_finish_slow_paths(TCGContext *s);

/* prologue.c */
extern const uint8_t *x_exit_with_result; /* result in rax */
extern const uint8_t *x_thunk_leave; /* called: the result is where it would return to */
/* By whether vector registers hold something: 0 or 1. */
extern const uint8_t *x_thunk_load[2], *x_thunk_store[2];
extern const uint8_t *x_thunk_load_vector[2], *x_thunk_store_vector[2];
/*
 * The same by MMU mode and for loads or stores, for an access by a page slot that doesn't hold its
 * page. If the TLB knows it, the slot is filled and comes back "equal": SCRATCH is the host address
 * then. Otherwise the access has been made.
 */
extern const uint8_t *x_thunk_fill_slot[NB_PAGE_SLOT_MODES][2];
/* What these find above the MemOpIdx, which has 15 bits. */
enum {
    FILL_OR_RETURN = 1 << 15,     /* what isn't in the TLB: "not equal", with r11 as it was */
    FILL_SLOT_SHIFT = 16,         /* which slot */
    FILL_VECTOR_VALUE = 1 << 22,
    FILL_VECTORS = 1 << 23,       /* vector registers hold something */
    FILL_LAST_BYTE_SHIFT = 24,    /* the access's, as an offset */
};
QEMU_BUILD_BUG_ON(NB_PAGE_SLOTS > 64);
/*
 * The slow path of host_ld and host_st: its function in SCRATCH, address and values in CPUJitState,
 * argument and site on the stack; the result in SCRATCH.
 */
extern const uint8_t *x_thunk_host_range[2];
extern const uint8_t *x_thunk_lookup; /* pc in SCRATCH */
extern const uint8_t *x_thunk_lookup_from; /* and in rcx, what the branch log is to have of it */
extern const uint8_t *x_thunk_guard;  /* the helper's address in SCRATCH */
extern const uint8_t *x_thunk_vector_guard; /* the TCGVectorGuard's */

/* lower-vector.c */
void x_vector_mov(TCGContext *s, unsigned dst, unsigned src);
void x_vector_movi(TCGContext *s, TCGType type, unsigned dst, uint64_t low, uint64_t high);
void x_vector_load(TCGContext *s, TCGType type, unsigned reg, X86Mem m);
void x_vector_store(TCGContext *s, TCGType type, unsigned reg, X86Mem m);
void x_constraint_vector(const TCGOp *op, OpConstraint *c);
void x_emit_vector(TCGContext *s, const TCGOp *op, const HostOperands *h);
void x_finish_guards(TCGContext *s);
void x_emit_masks(TCGContext *s);

/* lower.c: an operand as memory */
X86Mem x_operand_mem(const Operand *o);
/*
 * Sets flags for op's inputs 0 and 1, if they aren't right already; returns the condition code for
 * `cond`.
 */
unsigned x_compare(TCGContext *s, const TCGOp *op, TCGCond cond, const HostOperands *h);

/* What the flags tell besides zero and sign, to compare the value with 0. */
typedef enum FlagsKind {
    FLAGS_ZERO_SIGN,
    FLAGS_SUM,   /* all orders, unless the sum (or difference) overflowed */
    FLAGS_LOGIC, /* all orders */
} FlagsKind;

/*
 * Zero and sign flag are those of `reg`, until the next instruction that isn't known to leave them
 * alone.
 */
static inline void x_flags_from(TCGContext *s, unsigned w, unsigned reg, FlagsKind kind)
{
    s->flags_end = s->code_ptr;
    s->flags_reg = reg;
    s->flags_kind = kind;
    s->flags_wide = w == X_W;
    s->carry_reg = NO_REG;
}

static inline bool x_flags_known(const TCGContext *s)
{
    return s->flags_end == s->code_ptr;
}

/*
 * Before an instruction that leaves the flags alone: whether what is known of them stays true,
 * unless the register that they speak of is overwritten.
 */
static inline bool x_flags_survive(const TCGContext *s, unsigned written)
{
    return x_flags_known(s) && written != s->flags_reg && written != s->carry_reg;
}

/* After an instruction that keeps flags: `known` is what x_flags_known() or
 * x_flags_survive() said before it. */
static inline void x_flags_kept(TCGContext *s, bool known)
{
    if (known) {
        s->flags_end = s->code_ptr;
    }
}

#endif
