/*
 * Arm translator: what its instruction groups share.
 *
 * Each translate-*.c holds the functions of one group of rows of a64.decode, a64_NAME(). Such a
 * function emits the IR of one instruction and returns true, or false if that form is UNDEFINED.
 *
 * Rules for all of them:
 *  - An instruction that can fault writes no register before its last access that can.
 *  - Registers are written through the globals below, never through env.
 *  - The pc isn't kept: insn_start records it. Only what leaves the block stores it.
 *  - A translation may be made on another thread than the CPU's: nothing here looks at env.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_TRANSLATE_H
#define TARGET_ARM_TRANSLATE_H

#include "exec/translator.h"
#include "target/arm/a64-decode.h"
#include "target/arm/cpu.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/translate-globals.h"

/* What is known of the flags where the translator has got to, besides the globals that hold them.
 */
typedef enum FlagsKind {
    FLAGS_UNKNOWN,
    FLAGS_COMPARED, /* those of `a - b`; they are copies: later writes to registers don't matter */
    FLAGS_LOGICAL,  /* N and Z of `a`, C and V clear */
    FLAGS_RESULT,   /* N and Z of `a` */
    FLAGS_ORDER,    /* of floats: `a` is -1, 0, 1, or 2 if they are unordered */
} FlagsKind;

typedef struct KnownFlags {
    FlagsKind kind;
    bool wide; /* a and b have 64 bits; else they are sign-extended words */
    TCGv_i64 a, b;
} KnownFlags;

/*
 * Flags that have been computed, but not written to their globals yet (translate-flags.c). a and b
 * are the operands, of words sign-extended, as is the result; all are temps that nobody writes any
 * more. `recall` tells arm_recall_flags() how to make the flags of the registers in `sources`, if that
 * is possible, for an instruction that faults meanwhile.
 */
typedef struct PendingFlags {
    ARMRecallKind kind; /* NONE: there are none */
    bool wide;
    bool is_new; /* by the instruction at hand */
    TCGv_i64 a, b, result;
    uint64_t recall;  /* 0: impossible */
    uint32_t sources;
    uint32_t written; /* registers, since */
} PendingFlags;

/* `a cond b`; both sides have 64 bits. */
typedef struct ARMCondition {
    TCGCond cond;
    TCGv_i64 a, b;
} ARMCondition;

/* A rare way out behind an instruction, emitted behind the code: back to the CPU loop, on at `pc`.
 */
typedef struct LeaveStub {
    TCGLabel *label;
    uint64_t pc;
    int executed; /* instructions of the translation */
} LeaveStub;

struct DisasContext {
    DisasContextBase base;
    uint64_t hflags;
    uint64_t pc; /* address of this instruction */
    uint32_t insn;
    int row;     /* its row in a64_insns[]; negative: there is none */
    unsigned el;
    unsigned mmu_idx;
    MemOp byte_order; /* MO_LE or MO_BE, and MO_ALIGN if SCTLR.A says so */
    bool stack_align; /* the stack pointer is checked when it is a base register */
    bool pairs_at_once; /* another CPU may see a pair half written: FEAT_LSE2 */
    bool step;        /* something happens after each instruction: no direct exits */
    KnownFlags flags;
    PendingFlags pending;
    GArray *leave_stubs; /* LeaveStub; NULL: none */
    const struct ARMIdRegs *id;
    uint32_t pstate_known; /* PSTATE_* that the part has */
    uint32_t lacking; /* A64_FLAG_* of extensions that the part doesn't have */
    uint32_t psci_conduit;
    bool has_gic_registers; /* the GIC's CPU interface is in system registers */
    bool has_higher_levels; /* EL2 or EL3 */
    bool has_vhe;
};

/* DisasJumpType of the frame. */
#define DISAS_LOOP   DISAS_TARGET_0 /* the pc is to be set to pc_next; back to the CPU loop */
#define DISAS_LOOKUP DISAS_TARGET_1 /* on through the jump cache; hflags haven't changed */

extern TCGv_i64 cpu_x[32]; /* x[31]: the stack pointer */
extern TCGv_i64 cpu_n, cpu_z, cpu_c, cpu_v;

/* Frame */
void a64_exception(DisasContext *ctx, uint32_t esr);
void a64_undefined(DisasContext *ctx);
/* Leaves the block for a constant address, or for the address in `target`; `call`: of a function. */
void a64_exit_direct(DisasContext *ctx, uint64_t dest);
void a64_exit_indirect(DisasContext *ctx, TCGv_i64 target, bool call);
/* The same for calls, which have set x30, and for returns. */
void a64_exit_call(DisasContext *ctx, uint64_t dest);
void a64_exit_return(DisasContext *ctx, TCGv_i64 target);
/* A label that leaves for the CPU loop behind this instruction. */
TCGLabel *a64_leave_label(DisasContext *ctx);
/* After what has unmasked interrupts: leaves the block if one may be waiting. */
void a64_look_for_interrupts(DisasContext *ctx);
/* Stores the pc of the next instruction, for helpers that leave by themselves. */
void a64_store_next_pc(DisasContext *ctx);

/* General registers: 31 is zero when read, and nowhere when written. */
TCGv_i64 a64_x(unsigned n);
/* The value's low word with the upper half zero, or all of it. */
TCGv_i64 a64_x_sized(unsigned n, bool wide);
void a64_write_x(unsigned n, TCGv_i64 value, bool wide);
TCGv_i64 a64_copy(TCGv_i64 a);

/* translate-pauth.c: the hint of that number, if it is one of pointer authentication. */
bool a64_pauth_hint(DisasContext *ctx, unsigned number);
/* Before a BR or a call through `rn`: PSTATE.BTYPE, where it is kept up. */
void a64_note_branch_type(DisasContext *ctx, unsigned rn, bool is_call);

/* Flags: translate-integer.c */
ARMCondition a64_condition(DisasContext *ctx, unsigned cond);
/* Jumps to `label` if the condition holds. */
void a64_branch_if(DisasContext *ctx, unsigned cond, TCGLabel *label);
/* The four flags in bits 31 to 28, and back. */
TCGv_i64 a64_read_nzcv(void);
void a64_write_nzcv(DisasContext *ctx, TCGv_i64 value);

/*
 * Flags that aren't written yet: translate-flags.c. Behind a64_flags_pending(), of an addition, a
 * subtraction or a logical operation, one of the next three may say that the flags are a function of
 * registers: of the first operand (31: the stack pointer) and a constant, of two registers (31: zero),
 * of the result alone (a logical operation's).
 */
void a64_flags_pending(DisasContext *ctx, ARMRecallKind kind, bool wide, TCGv_i64 a, TCGv_i64 b,
                       TCGv_i64 result);
void a64_flags_of_constant(DisasContext *ctx, unsigned rd, unsigned first, int64_t constant);
void a64_flags_of_registers(DisasContext *ctx, unsigned rd, unsigned first, unsigned second);
void a64_flags_of_result(DisasContext *ctx, unsigned rd);
/* Before whatever reads their globals or leaves the block, but what a64_flags_at_insn() does it for. */
void a64_write_pending_flags(DisasContext *ctx);
/* At an instruction's start, when it is decoded: what has to be remembered for its faults; and behind
 * it. */
uint64_t a64_flags_at_insn(DisasContext *ctx);
void a64_flags_after_insn(DisasContext *ctx);
/*
 * Before a branch to several places, which reads flags by a64_branch_if() at most: what can be made of
 * registers stays pending within a region. Then, at each of the ways: says that of this edge. The
 * other two emit the writing of what some edge has, and begin a block that such an edge leads to.
 */
void a64_flags_at_branch(DisasContext *ctx);
void a64_flags_over_edge(DisasContext *ctx);
void a64_flags_settle(uint64_t recall);
void a64_flags_at_entry(DisasContext *ctx, uint64_t recall);

/* The mask of logical immediates (DecodeBitMasks()). False: a reserved combination. */
bool a64_decode_bit_mask(bool wide, unsigned n, unsigned immr, unsigned imms, uint64_t *mask);

/* SVE: translate-sve.c. An instruction that a64.decode doesn't have; false: UNDEFINED. */
bool a64_translate_sve(DisasContext *ctx);
/* A write to a SIMD register clears what SVE has above it. */
void a64_clear_above(DisasContext *ctx, unsigned v);

/* SIMD and FP: translate-simd.c. The lowest element of 8 << size bits, zero-extended; and all of a
 * register, from such a value. */
TCGv_i64 a64_read_scalar(unsigned vn, unsigned size);
void a64_write_scalar(unsigned vd, TCGv_i64 value);

/* translate-integer.c: rd = a - b, and the flags. */
void a64_subtract_with_flags(DisasContext *ctx, unsigned rd, TCGv_i64 a, TCGv_i64 b);

/*
 * Memory tagging: translate-mte.c. An access: how many elements of which size (MO_*), which is its
 * alignment where that is checked, as it always is if it is ordered: with SCTLR.nAA that is said of
 * exclusive and atomic ones only. is_stack: it isn't checked, as
 * it is at the stack pointer, with a displacement that doesn't change that (D10.4).
 */
typedef struct TagCheck {
    uint8_t size, count;
    bool is_stack, store, ordered;
} TagCheck;
/* Checks the tag of the address that is accessed next, where tags are checked; returns what it is to be
 * accessed by. The other one: in an MMU mode that may be less privileged. */
TCGv_i64 a64_checked(DisasContext *ctx, TCGv_i64 address, TagCheck check);
TCGv_i64 a64_checked_as(DisasContext *ctx, TCGv_i64 address, TagCheck check, unsigned mmu_idx);
/* DC GVA and DC GZVA. */
void a64_gen_tag_block(DisasContext *ctx, TCGv_i64 address, bool zero);

/* Memory: translate-memory.c */
/* The address in a base register, checked if it is the stack pointer's. */
TCGv_i64 a64_base(DisasContext *ctx, unsigned rns);
/* Of an index register: extended by `option`, shifted left. */
TCGv_i64 a64_extended(unsigned rm, unsigned option, unsigned shift);
TCGv_i64 a64_displaced(TCGv_i64 base, int64_t offset);
/* Of one that is ordered, exclusive or atomic: in a base register, and checked (TagCheck). */
TCGv_i64 a64_ordered_address(DisasContext *ctx, unsigned rns, unsigned size, bool store);
TCGv_i64 a64_atomic_address(DisasContext *ctx, unsigned rns, unsigned size, bool store);
/* The MemOp of an access that acquires or releases; of one that is exclusive or atomic. */
MemOp a64_ordered_access(DisasContext *ctx, MemOp op);
MemOp a64_atomic_access(DisasContext *ctx, MemOp op);
/* What is ordered, but not exclusive or atomic, has to be aligned. */
static inline bool a64_ordered_is_aligned(const DisasContext *ctx)
{
    return !(ctx->hflags & ARM_HF_NAA);
}
/* The field `mode`: whether the base register is changed, and when. Pairs have no unprivileged form:
 * there that one leaves it alone, too. */
enum { INDEX_NONE, INDEX_AFTER, INDEX_UNPRIVILEGED, INDEX_BEFORE };
/* The address of an access with a nine-bit or pair offset; *after: what the base register becomes,
 * NULL if it stays; and the base register written so, behind the access. */
TCGv_i64 a64_indexed_address(DisasContext *ctx, unsigned rns, int64_t offset, unsigned mode,
                             TCGv_i64 *after);
void a64_write_back(unsigned rns, TCGv_i64 after);
/* How an address based on that register is likely to be found. */
static inline MemOp stack_hint(unsigned rns)
{
    return rns == 31 ? MO_STACK : 0;
}

#endif
