/*
 * x86 translator: what its instruction groups share.
 *
 * An instruction is a row of opcodes/…, the tables that scripts/opcodegen.py makes the decoder from;
 * the row names the function that emits its IR, x86_NAME(ctx). Such a function returns true, or false
 * if that form is undefined (#UD). What a row says of modes, privilege, features and prefixes has
 * been checked before.
 *
 * Rules for all of them:
 *  - An instruction that can fault writes no global before its last access that can.
 *  - Registers, flags, segment bases and vectors are accessed through the globals below, never by
 *    loads from and stores to env.
 *  - The pc isn't kept: insn_start records it. Only what leaves the block stores it.
 *  - A translation may be made on another thread than the CPU's: nothing here looks at env; what
 *    code depends on is in ctx->hflags, ctx->cs_base and in the CPU's features, which are constant.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_TRANSLATE_H
#define TARGET_I386_TRANSLATE_H

#include "exec/translator.h"
#include "target/i386/cpu.h"
#include "target/i386/decode.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"
#include "tcg/tcg-op.h"

/* What is known of the flags where the translator has got to, besides the globals that hold them. */
typedef enum X86FlagsKind {
    X86_FLAGS_UNKNOWN,
    X86_FLAGS_COMPARED, /* those of `a - b` */
    X86_FLAGS_RESULT,   /* ZF and SF of `a`; with `logical` CF and OF are clear */
} X86FlagsKind;

/* a and b are temps that nobody writes any more; b is 0 of a result. Those of a comparison are
 * zero-extended from `size`; above a result there is garbage. */
typedef struct X86KnownFlags {
    X86FlagsKind kind;
    bool logical;
    unsigned size; /* MO_* */
    TCGv_i64 a, b;
} X86KnownFlags;

/*
 * Flags that have been computed, but not written to their globals yet: nobody may ever ask
 * (translate-flags.c). `recall` tells x86_recall_flags() how to make them of the registers in
 * `sources`, if that is possible, for an instruction that faults meanwhile.
 */
typedef struct X86PendingFlags {
    uint8_t kind;     /* X86PendingKind: translate-flags.c; 0: none */
    uint8_t size;     /* MO_* */
    TCGv_i64 a, b, result;
    uint64_t recall;  /* 0: impossible */
    uint32_t sources;
    uint32_t written; /* registers, since */
} X86PendingFlags;

/* What the block has written of the x87's last instruction: the selectors. */
typedef struct X86KnownFpu {
    bool has_cs, has_ds;
    uint8_t ds; /* R_* */
} X86KnownFpu;

/* A rare way out behind the code: raises `vector`, or leaves for the CPU loop at `pc`. */
typedef struct X86Stub X86Stub;

struct DisasContext {
    DisasContextBase base;
    uint64_t hflags;   /* X86_HF_* */
    uint64_t cs_base;
    uint64_t pc;       /* linear address of this instruction */
    X86Insn insn;      /* decoded */
    const CPUX86State *constant; /* of env: features[] only */
    unsigned cpl;
    unsigned mmu_idx;
    bool code64;       /* 64-bit mode */
    bool step;         /* something happens after each instruction: no direct exits */
    X86KnownFlags flags;
    X86PendingFlags pending;
    bool flags_kept; /* what the flags' globals have may be in registers, to be stored some time */
    X86KnownFpu fpu;
    TCGv_i64 address;  /* effective address of the memory operand, once computed; NULL before */
    GArray *stubs;     /* X86Stub; NULL: none */
};

/* CPUState lies before env, at a distance that is the same for all CPUs. */
#define CPU_STATE_OFFSET(field)                                                                    \
    ((intptr_t)offsetof(X86CPU, parent_obj.field) - (intptr_t)offsetof(X86CPU, env))

/* DisasJumpType of the frame. */
#define DISAS_LOOP   DISAS_TARGET_0 /* the pc is to be set to pc_next; back to the CPU loop */
#define DISAS_JUMPED DISAS_TARGET_1 /* a helper has set the pc, maybe hflags; on by a lookup */
#define DISAS_LOOKUP DISAS_TARGET_2 /* pc to pc_next, on through the jump cache: hflags are as before */
#define DISAS_CHANGED DISAS_TARGET_3 /* pc to pc_next; a helper may have changed hflags: as DISAS_JUMPED */

extern TCGv_i64 cpu_regs[X86_NB_REGS];
extern TCGv_i64 cpu_rip;
extern TCGv_i64 cpu_fz, cpu_fs, cpu_fm, cpu_ft, cpu_fd, cpu_df;
extern TCGv_i64 cpu_seg_base[X86_NB_SEGS];
extern TCGv_vec cpu_xmm[16], cpu_ymm_high[16];

/* ---- Frame: translate.c ---- */

/* A fault of this instruction; the function returns true behind it. */
void x86_gen_raise(DisasContext *ctx, unsigned vector);
void x86_gen_raise_error(DisasContext *ctx, unsigned vector, uint32_t error);
/* A label for a branch to a fault of this instruction; error < 0: it has none. Only before a global
 * is written. */
TCGLabel *x86_fault_label(DisasContext *ctx, unsigned vector, int error);

/* For a branch of this instruction, behind all that it does: interrupts wait for one instruction
 * more, and the CPU loop looks for them then. */
TCGLabel *x86_shadow_label(DisasContext *ctx);
/* The same, where only hflags have changed. */
TCGLabel *x86_leave_label(DisasContext *ctx);
/* Behind an instruction that hardly ever changes them: goes on by a look-up then. Not if ctx->step. */
void x86_leave_if_hflags_changed(DisasContext *ctx);
/* Whether nobody can see the CPU between this instruction and the next one. */
bool x86_next_follows(DisasContext *ctx);

/* Leaves the block for an instruction pointer as the program sees it (constant, or in `eip`, with
 * what is above `size`, MO_*, ignored); the same for calls and returns, which have done the rest. An
 * indirect one is a call or a jump. */
void x86_exit_direct(DisasContext *ctx, uint64_t eip, unsigned size);
/* To the instruction behind this one, which may be a branch that isn't taken. */
void x86_exit_to_next(DisasContext *ctx);
void x86_exit_call(DisasContext *ctx, uint64_t eip, unsigned size);
void x86_exit_indirect(DisasContext *ctx, TCGv_i64 eip, unsigned size, bool call);
void x86_exit_return(DisasContext *ctx, TCGv_i64 eip, unsigned size);
/* To this instruction, of which an iteration is done. */
void x86_exit_repeat(DisasContext *ctx);
/* translate-svm.c: of a guest's instruction; of one that accesses a port, besides. */
void x86_check_intercepts(DisasContext *ctx);
void x86_check_port_intercept(DisasContext *ctx, TCGv_i32 port, unsigned size, bool in, bool string);
/* The program's instruction pointer of this instruction, and behind it. */
uint64_t x86_this_eip(const DisasContext *ctx);
uint64_t x86_next_eip(const DisasContext *ctx);
/* Stores the pc of the next instruction, for helpers that leave by themselves. */
void x86_store_next_pc(DisasContext *ctx);

static inline bool x86_ctx_has(const DisasContext *ctx, unsigned feature)
{
    return x86_has(ctx->constant, feature);
}

/* ---- Operands: translate-operand.c. `n` is the operand's number in the row, from 0 on. ---- */

/* MO_8 to MO_64, of integer operands. */
unsigned x86_size(const DisasContext *ctx, unsigned n);
bool x86_is_memory(const DisasContext *ctx, unsigned n);
/* An integer operand's value, zero- or sign-extended to 64 bits. Not to be written. Memory is read;
 * what is called before a later write of a register has that one's old value (it may be a global:
 * x86_copy() keeps it). */
TCGv_i64 x86_read(DisasContext *ctx, unsigned n);
TCGv_i64 x86_read_signed(DisasContext *ctx, unsigned n);
/* Writes an integer operand: the value's low bits count. 32 bits clear a register's upper half. */
void x86_write(DisasContext *ctx, unsigned n, TCGv_i64 value);
TCGv_i64 x86_copy(TCGv_i64 value);
/* General register `number` as `size` has it: those of 8 bits from 4 on are AH to BH without REX. */
TCGv_i64 x86_read_reg(DisasContext *ctx, unsigned size, unsigned number);
void x86_write_reg(DisasContext *ctx, unsigned size, unsigned number, TCGv_i64 value);
TCGv_i64 x86_extend(unsigned size, TCGv_i64 value, bool is_signed);

/* The effective address of the instruction's memory operand, cut to the address size. */
TCGv_i64 x86_effective_address(DisasContext *ctx);
/* The linear address for `offset` (cut to its address size already) in a segment, where `bytes`
 * bytes are to be read or written: faults if they lie outside. */
TCGv_i64 x86_linear(DisasContext *ctx, unsigned seg, TCGv_i64 offset, unsigned bytes, bool write);
/* Of the memory operand, plus `plus`. */
TCGv_i64 x86_linear_operand(DisasContext *ctx, unsigned plus, unsigned bytes, bool write);
/* Guest memory at a linear address, zero-extended; size MO_8 to MO_64. */
TCGv_i64 x86_ld(DisasContext *ctx, TCGv_i64 linear, unsigned size);
void x86_st(DisasContext *ctx, TCGv_i64 linear, TCGv_i64 value, unsigned size);

/* The stack: size MO_16 to MO_64 of a slot. x86_stack_size: of one that an instruction with this
 * operand size pushes. */
unsigned x86_stack_size(const DisasContext *ctx);
void x86_push(DisasContext *ctx, TCGv_i64 value, unsigned size);
/* Slot at `offset` bytes from the stack pointer, nothing moved; then the stack pointer moved. */
TCGv_i64 x86_stack_load(DisasContext *ctx, int offset, unsigned size);
void x86_stack_store(DisasContext *ctx, int offset, TCGv_i64 value, unsigned size);
void x86_stack_move(DisasContext *ctx, int64_t bytes);

/* ---- x87 and MMX: translate-fpu.c ---- */

/* What waiting instructions do first: #MF if an unmasked exception is pending. */
void x86_check_fpu_pending(DisasContext *ctx);

/* ---- Vectors: translate-operand.c ---- */

/* A whole xmm register or 16 bytes of memory (aligned: or #GP(0)); memory of fewer bytes: the rest
 * is 0. */
TCGv_vec x86_read_xmm(DisasContext *ctx, unsigned n, bool aligned);
/* The low 32 or 64 bits of an xmm or mmx register, or memory of that size. */
TCGv_i64 x86_read_scalar(DisasContext *ctx, unsigned n, unsigned size);
void x86_write_xmm(DisasContext *ctx, unsigned n, TCGv_vec value, bool aligned);

/* ---- Flags: translate-flags.c ---- */

/* At an instruction's start, when it is decoded: what has to be remembered for its faults. */
uint64_t x86_flags_at_insn(DisasContext *ctx);
/* Writes flags that are pending. Before whatever reads their globals or leaves the block, but what
 * x86_flags_at_insn() does it for. */
void x86_write_pending_flags(DisasContext *ctx);
/*
 * Before a branch to several places, which reads flags by x86_branch_if() at most: flags that can be
 * made of registers stay pending within a region. Behind it, at each of the ways: says that of this
 * edge. Then x86_flags_settle() emits the writing of what some edge has, and x86_flags_at_entry()
 * begins a block that such an edge leads to.
 */
void x86_flags_at_branch(DisasContext *ctx);
void x86_flags_over_edge(DisasContext *ctx);
void x86_flags_settle(DisasContext *ctx, uint64_t recall);
void x86_flags_at_entry(DisasContext *ctx, uint64_t recall);
/* All six status flags from an integer that has them where EFLAGS does; and such an integer. */
void x86_set_flags(DisasContext *ctx, TCGv_i64 eflags);
TCGv_i64 x86_get_flags(DisasContext *ctx);
/* Sets CF, 0 or 1, and clears OF and AF. */
void x86_set_carry(DisasContext *ctx, TCGv_i64 carry);
/* Condition code 0 to 15: as 0 or 1; a branch. */
TCGv_i64 x86_condition(DisasContext *ctx, unsigned code);
void x86_branch_if(DisasContext *ctx, unsigned code, TCGLabel *label);

#endif
