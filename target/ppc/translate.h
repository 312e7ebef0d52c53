/*
 * PowerPC translator: what its instruction groups share.
 *
 * Each translate-*.c holds the trans_ functions of one group of rows of insns.decode. A trans_
 * function emits the IR of one instruction and returns true, or false if this form is illegal.
 *
 * Rules for all of them:
 *  - An instruction that can fault writes no register before its last access that can; except load
 *    multiple, which the manual allows to be repeated.
 *  - Registers are written through the globals below, never through env.
 *  - nip isn't kept: insn_start records it. Only what leaves the block stores it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_PPC_TRANSLATE_H
#define TARGET_PPC_TRANSLATE_H

#include "exec/translator.h"
#include "target/ppc/ppc-decode.h"
#include "target/ppc/cpu.h"
#include "target/ppc/helper.h"

/* What is known of a CR field where the translator has got to. */
typedef struct CRField {
    bool compared;  /* by these operands; they are copies: later writes to registers don't matter */
    bool is_signed;
    TCGv_i32 a, b;
    bool packed;    /* else, if compared: the value is their difference */
    bool imaged;    /* DisasContext.cr_image has its bits */
    bool floats;    /* the value is -1 (LT), 0 (EQ), 1 (GT) or ppc_crf_pack(PPC_CRF_SO) */
    uint8_t ones, zeros; /* bits (PPC_CRF_*) that are known to be 1 and 0 */
} CRField;

/*
 * A rare way out of the block behind one of its instructions, emitted behind its code: back to the
 * CPU loop, going on at `nip`.
 */
typedef struct LeaveStub {
    TCGLabel *label;
    uint32_t nip;
    int executed; /* instructions of the block; 0: the budget of the others has been given back */
    bool step;    /* as the context had it */
    bool fp_modes; /* nothing but how floating point is done has changed */
} LeaveStub;

struct DisasContext {
    DisasContextBase base;
    const PowerPCCPUClass *pcc;
    uint32_t hflags;
    uint32_t insn;
    int row; /* its row in ppc_insns[]; negative: there is none */
    uint32_t cia; /* address of this instruction */
    unsigned mem_idx;
    bool user;
    bool so;        /* XER[SO] */
    bool little_endian;
    bool step;      /* something happens after each instruction: no direct exits */
    TCGLabel *head; /* start of the block, budget check included */
    CRField crf[8];
    TCGv_i32 cr_image; /* the CR as mfcr reads it, in the fields that say so; NULL: not yet made */
    GArray *leave_stubs; /* LeaveStub; NULL: none */

    bool fp_inline;       /* floating-point arithmetic isn't left to helpers */
    unsigned fp_watch;    /* what guards of arithmetic have to check besides */
    bool fp_known;        /* fp_record is what the global holds; else that depends on no FPR */
    uint32_t fp_record;   /* fpu.h */
    TCGv_f32 fp_single[32]; /* what an FPR holds as a single, or a NaN if it is none; or NULL */
};

/* DisasJumpType of the frame. */
#define DISAS_LOOP   DISAS_TARGET_0 /* nip is to be set to pc_next; back to the CPU loop */
#define DISAS_LOOKUP DISAS_TARGET_1 /* on through the jump cache; hflags haven't changed */

extern TCGv_i32 cpu_gpr[32];
extern TCGv_f64 cpu_fpr[32];
extern TCGv_i32 cpu_fp_record;
extern TCGv_f64 cpu_fp_saved[4];
extern TCGv_i64 cpu_fp_compared;
extern TCGv_i64 cpu_crf[8];
extern bool ppc_wide_cr; /* ppc_has_wide_cr() */
extern TCGv_i32 cpu_nip, cpu_lr, cpu_ctr, cpu_ov, cpu_ca, cpu_xer_rest;

/* Frame */
void gen_exception(DisasContext *ctx, int excp, uint32_t error);
void gen_illegal(DisasContext *ctx);
/* Leaves the block for a constant address, or for the address in `target` (may be a global). */
void gen_exit_direct(DisasContext *ctx, uint32_t dest);
/* A branch to `dest` is a jump to ctx->head: a loop within the block. */
bool gen_is_loop(DisasContext *ctx, uint32_t dest);
/* To the address in a temp; `call`: LR has been set for that. */
void gen_exit_indirect(DisasContext *ctx, TCGv_i32 target, bool call);
/* The same for branches that have set LR for the function at `dest`, and for `blr`. */
void gen_exit_call(DisasContext *ctx, uint32_t dest);
void gen_exit_return(DisasContext *ctx, TCGv_i32 target);
/*
 * A label that leaves for the CPU loop behind this instruction. Who jumps there has given back the
 * budget of the block's other instructions.
 */
TCGLabel *gen_leave_label(DisasContext *ctx);
/* The same for who hasn't. */
TCGLabel *gen_leave_label_with_budget(DisasContext *ctx);
/* After what may have changed env->hflags: leaves the block if it did. */
void gen_check_hflags(DisasContext *ctx);
/* The same after a write to the FPSCR: goes on with other code without a look at the CPU loop. */
void gen_check_fp_modes(DisasContext *ctx);

/* Condition register */
void gen_compare(DisasContext *ctx, unsigned crf, TCGv_i32 a, TCGv_i32 b, bool is_signed);
/* CR0 as the Rc bit sets it from a result. */
void gen_rc(DisasContext *ctx, bool rc, TCGv_i32 result);
/* Writes a field with a packed value: ppc_crf_pack(). */
void gen_write_crf(DisasContext *ctx, unsigned crf, TCGv_i64 value);
/*
 * The last thing that an instruction does: XER[SO] changes if `value cond 0` (TCG_COND_ALWAYS: in any
 * case), and the block is left. rc: as for helper_ppc_change_so().
 */
void gen_change_so_if(DisasContext *ctx, TCGCond cond, TCGv_i32 value, bool rc);
/* Jumps to `label` if CR bit `bit` (0-31) equals `value`. */
void gen_branch_cr(DisasContext *ctx, unsigned bit, bool value, TCGLabel *label);

/* Performance monitor: translate-count.c. Nothing unless the block's key has PPC_HF_PERFMON. */
/* Counts one of a kind (PPC_PM_*). */
void gen_count(DisasContext *ctx, unsigned kind);
/* Counts the instruction of row `index`: to be called before it and after it; each counts what can
 * only be counted there. */
void gen_count_before(DisasContext *ctx, int index);
void gen_count_after(DisasContext *ctx, int index);

/* Floating point: translate-fp.c */
void gen_fp_init(DisasContext *ctx);
/* A block begins, in which nothing is known of registers. */
void gen_fp_start(DisasContext *ctx);
/* Writes an FPR; `single`: the same as a single (DisasContext.fp_single), or NULL. */
void gen_write_fpr(DisasContext *ctx, unsigned n, TCGv_f64 value, TCGv_f32 single);
/* An FPR as a single, or a NaN if it is none. */
TCGv_f32 gen_fpr_single(DisasContext *ctx, unsigned n);
/* Before other code may run: what the record of the last operation refers to is copied. */
void gen_fp_detach(DisasContext *ctx);

/* Bits mb to me of a word, around its end if me < mb: the mask of rlwinm and its kin. */
uint32_t rotate_mask(unsigned mb, unsigned me);

/* Memory: translate-memory.c */
TCGv_i32 gen_ea_disp(DisasContext *ctx, unsigned ra, int32_t disp);
TCGv_i32 gen_ea_index(DisasContext *ctx, unsigned ra, unsigned rb);

/* Copy of a source, for operations that write their target before they have read all sources. */
static inline TCGv_i32 gen_copy(TCGv_i32 a)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_mov_i32(t, a);
    return t;
}

#endif
