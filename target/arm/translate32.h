/*
 * Arm translator, AArch32: what its instruction groups share.
 *
 * translate-a32.c, -t32.c and -t16.c have one function for each row of the tables of these names,
 * a32_NAME() and so on. It takes the fields apart, and calls what the instruction does: functions
 * aa32_...(), the same for all three. Coprocessor instructions, which A32 and T32 encode alike, are
 * rows of vfp.decode.
 *
 * Rules, besides those at the head of translate.h:
 *  - The general registers and flags are IR globals of 32 bits: the lower halves of env->x[], and
 *    the halves of the flags that count.
 *  - The frame has taken out the condition. What ends the block or not is the same either way.
 *  - Register 15 is read by aa32_reg() and written by aa32_write_reg() alone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_TRANSLATE32_H
#define TARGET_ARM_TRANSLATE32_H

#include "exec/translator.h"
#include "target/arm/cpu.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/translate-globals.h"

typedef struct DisasContext DisasContext;
struct DisasContext {
    DisasContextBase base;
    uint64_t hflags;
    uint32_t pc; /* address of this instruction */
    uint32_t insn; /* of T32, the first halfword is the upper one; of 16 bits, the low half */
    unsigned size; /* of the instruction: 2 or 4 */
    bool thumb;
    uint8_t it;      /* ITSTATE of this instruction; 0: in no IT block */
    uint8_t it_next; /* and of the next */
    unsigned el;
    unsigned mmu_idx;
    MemOp byte_order; /* and MO_ALIGN if SCTLR.A says so */
    bool step;
    /*
     * The flags are those of a - b: copies, later writes to registers don't matter. NULL: unknown
     */
    TCGv_i32 compared_a, compared_b;
    bool flags_written; /* by this instruction */
    TCGLabel *skipped;  /* where this instruction goes whose condition isn't met; NULL: always is */
    GArray *leave_stubs; /* AA32LeaveStub */
    const struct ARMIdRegs *id;
    uint32_t psci_conduit;
    bool has_el2, has_el3;
    bool has_gic_registers; /* the GIC's CPU interface is in coprocessor registers */
};

/*
 * DisasJumpType of the frame: what follows once the pc has been set to that of the next instruction.
 */
#define DISAS_LOOP   DISAS_TARGET_0 /* back to the CPU loop */
#define DISAS_LOOKUP DISAS_TARGET_1 /* on through the jump cache; hflags haven't changed */

enum { REG_SP = 13, REG_LR = 14, REG_PC = 15 };

/* ---- Frame: translate32.c ---- */

void aa32_exception(DisasContext *ctx, uint32_t esr);
void aa32_undefined(DisasContext *ctx);
/* Is behind the instruction: pc and ITSTATE are stored, for what leaves by itself or raises. */
void aa32_store_next_state(DisasContext *ctx);
/* Leaves for a constant address in the same instruction set; a call that comes back; BX. */
void aa32_exit_direct(DisasContext *ctx, uint32_t dest);
void aa32_exit_call(DisasContext *ctx, uint32_t dest);
void aa32_exit_other_set(DisasContext *ctx, uint32_t dest);
typedef enum AA32BranchKind { AA32_JUMP, AA32_CALL, AA32_RETURN } AA32BranchKind;
void aa32_exit_bx(DisasContext *ctx, TCGv_i32 target, AA32BranchKind kind);
/* The same instruction set, whatever bit 0 says. */
void aa32_exit_indirect(DisasContext *ctx, TCGv_i32 target);
/* A label that leaves for the CPU loop behind this instruction. */
TCGLabel *aa32_leave_label(DisasContext *ctx);
void aa32_look_for_interrupts(DisasContext *ctx);
/* Jumps to the label if the condition (0 to 13) holds. */
void aa32_branch_if(DisasContext *ctx, unsigned cond, TCGLabel *label);
static inline bool aa32_in_it_block(const DisasContext *ctx)
{
    return ctx->it != 0;
}
/* The IT block's last instruction, or in none: where branches may be. */
static inline bool aa32_may_branch(const DisasContext *ctx)
{
    return !(ctx->it & 7) || ctx->it == 0;
}

/* N, Z, C and V in bits 31 to 28, and back. */
TCGv_i32 aa32_read_nzcv(void);
void aa32_write_nzcv(DisasContext *ctx, TCGv_i32 value);

/* r15 as an operand; a register's current value, maybe the global itself. */
uint32_t aa32_pc(const DisasContext *ctx);
TCGv_i32 aa32_reg(DisasContext *ctx, unsigned n);
TCGv_i32 aa32_copy(TCGv_i32 a);
/* r15: a branch, which loads and A32's data processing make as BX does. */
void aa32_write_reg(DisasContext *ctx, unsigned n, TCGv_i32 value);
/* `base`: that it was loaded by. From the stack it is a return address. */
void aa32_write_loaded(DisasContext *ctx, unsigned n, TCGv_i32 value, unsigned base);

/* ---- Integer: translate32-integer.c ---- */

enum { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };

/* A second operand; carry: what comes out of the shifter, NULL if C stays. */
typedef struct AA32Operand {
    TCGv_i32 value, carry;
} AA32Operand;

AA32Operand aa32_constant(uint32_t value);
/* An A32 immediate; ThumbExpandImm(). */
AA32Operand aa32_rotated(uint32_t imm, unsigned rotate);
AA32Operand aa32_expanded(unsigned imm12);
/* type and imm as encoded: 0 stands for 32, or for RRX. */
AA32Operand aa32_shifted(DisasContext *ctx, unsigned rm, unsigned type, unsigned imm);
AA32Operand aa32_shifted_by(DisasContext *ctx, unsigned rm, unsigned type, unsigned rs);

typedef enum AA32Op {
    AA32_AND, AA32_EOR, AA32_SUB, AA32_RSB, AA32_ADD, AA32_ADC, AA32_SBC, AA32_RSC,
    AA32_TST, AA32_TEQ, AA32_CMP, AA32_CMN, AA32_ORR, AA32_MOV, AA32_BIC, AA32_MVN, AA32_ORN,
} AA32Op;

/* rd = rn op b; `flags`: and the flags. With register 15 and flags, in A32, an exception return. */
bool aa32_data(DisasContext *ctx, AA32Op op, bool flags, unsigned rd, unsigned rn, AA32Operand b);
bool aa32_movt(DisasContext *ctx, unsigned rd, uint32_t imm);

bool aa32_multiply(DisasContext *ctx, bool flags, unsigned rd, unsigned rn, unsigned rm, int ra,
                   bool subtract);
bool aa32_multiply_long(DisasContext *ctx, bool flags, unsigned rdlo, unsigned rdhi, unsigned rn,
                        unsigned rm, bool is_signed, bool accumulate);
bool aa32_umaal(DisasContext *ctx, unsigned rdlo, unsigned rdhi, unsigned rn, unsigned rm);
/* ra 15: nothing is added. */
bool aa32_smlaxy(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra, bool x,
                 bool y);
bool aa32_smlawy(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra, bool y);
bool aa32_smlalxy(DisasContext *ctx, unsigned rdlo, unsigned rdhi, unsigned rn, unsigned rm, bool x,
                  bool y);
bool aa32_smlad(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra, bool x,
                bool subtract);
bool aa32_smlald(DisasContext *ctx, unsigned rdlo, unsigned rdhi, unsigned rn, unsigned rm, bool x,
                 bool subtract);
bool aa32_smmla(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra, bool round,
                bool subtract);
bool aa32_divide(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, bool is_signed);
bool aa32_crc32(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned sz, bool c);

/* ---- Saturation, parallel, bits: translate32-media.c ---- */

/* rd = rm +/- rn, rn doubled first; saturated. */
bool aa32_qadd(DisasContext *ctx, unsigned rd, unsigned rm, unsigned rn, bool subtract, bool twice);
/* how: 1 signed, 2 saturating, 3 halving, 5 to 7 unsigned; op as A32 encodes it. */
bool aa32_parallel(DisasContext *ctx, unsigned how, unsigned op, unsigned rd, unsigned rn,
                   unsigned rm);
bool aa32_pkh(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned imm, bool tb);
/* bits: of the signed or unsigned range. */
bool aa32_saturate(DisasContext *ctx, unsigned rd, unsigned rn, unsigned bits, unsigned imm, bool sh,
                   bool is_signed);
bool aa32_saturate16(DisasContext *ctx, unsigned rd, unsigned rn, unsigned bits, bool is_signed);
/* rn 15: nothing is added. */
typedef enum AA32Extend { AA32_B16, AA32_B, AA32_H } AA32Extend;
bool aa32_extend(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned rot,
                 AA32Extend what, bool is_signed);
bool aa32_sel(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm);
bool aa32_rev(DisasContext *ctx, unsigned rd, unsigned rm);
bool aa32_rev16(DisasContext *ctx, unsigned rd, unsigned rm);
bool aa32_revsh(DisasContext *ctx, unsigned rd, unsigned rm);
bool aa32_rbit(DisasContext *ctx, unsigned rd, unsigned rm);
bool aa32_clz(DisasContext *ctx, unsigned rd, unsigned rm);
bool aa32_usada8(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra);
bool aa32_bitfield_extract(DisasContext *ctx, unsigned rd, unsigned rn, unsigned lsb,
                           unsigned width_minus_1, bool is_signed);
bool aa32_bitfield_insert(DisasContext *ctx, unsigned rd, unsigned rn, unsigned lsb, unsigned msb);

/* ---- Memory: translate32-memory.c ---- */

/* How an address is made of a base register and an offset. */
typedef struct AA32Index {
    unsigned rn;
    bool before, up, writeback, user;
    TCGv_i32 offset; /* NULL: the constant */
    uint32_t imm;
} AA32Index;

/* A32's P, U, W; `user` is P = 0, W = 1. */
static inline AA32Index aa32_index(unsigned rn, bool p, bool u, bool w, TCGv_i32 offset,
                                   uint32_t imm)
{
    return (AA32Index){ rn, p, u, !p || w, !p && w, offset, imm };
}

bool aa32_load(DisasContext *ctx, unsigned rt, AA32Index index, MemOp op);
bool aa32_store(DisasContext *ctx, unsigned rt, AA32Index index, MemOp op);
bool aa32_load_double(DisasContext *ctx, unsigned rt, unsigned rt2, AA32Index index);
bool aa32_store_double(DisasContext *ctx, unsigned rt, unsigned rt2, AA32Index index);
/* Addresses: from the base up or down, that one included or not. s: the user's registers, or with
 * r15 an exception return. */
bool aa32_load_multiple(DisasContext *ctx, unsigned rn, unsigned list, bool before, bool up,
                        bool writeback, bool s);
bool aa32_store_multiple(DisasContext *ctx, unsigned rn, unsigned list, bool before, bool up,
                         bool writeback, bool s);
/* size: MO_8 to MO_64, the last one with rt2. */
bool aa32_load_exclusive(DisasContext *ctx, unsigned rt, unsigned rt2, unsigned rn, uint32_t imm,
                         MemOp size, bool acquire);
bool aa32_store_exclusive(DisasContext *ctx, unsigned rd, unsigned rt, unsigned rt2, unsigned rn,
                          uint32_t imm, MemOp size, bool release);
bool aa32_load_acquire(DisasContext *ctx, unsigned rt, unsigned rn, MemOp size);
bool aa32_store_release(DisasContext *ctx, unsigned rt, unsigned rn, MemOp size);
bool aa32_table_branch(DisasContext *ctx, unsigned rn, unsigned rm, bool half);
bool aa32_srs(DisasContext *ctx, unsigned mode, bool before, bool up, bool writeback);
bool aa32_rfe(DisasContext *ctx, unsigned rn, bool before, bool up, bool writeback);

/* ---- System: translate32-system.c ---- */

bool aa32_svc(DisasContext *ctx, unsigned imm);
bool aa32_bkpt(DisasContext *ctx, unsigned imm);
bool aa32_hvc(DisasContext *ctx, unsigned imm);
bool aa32_smc(DisasContext *ctx);
bool aa32_hint(DisasContext *ctx, unsigned op);
bool aa32_mrs(DisasContext *ctx, bool spsr, unsigned rd);
bool aa32_msr(DisasContext *ctx, bool spsr, unsigned mask, TCGv_i32 value);
bool aa32_mrs_banked(DisasContext *ctx, bool spsr, unsigned which, unsigned rd);
bool aa32_msr_banked(DisasContext *ctx, bool spsr, unsigned which, unsigned rn);
/* imod: 2 clear, 3 set the masks in aif; mode: -1 stays. */
bool aa32_cps(DisasContext *ctx, unsigned imod, unsigned aif, int mode);
bool aa32_setend(DisasContext *ctx, bool big);
bool aa32_clrex(DisasContext *ctx);
bool aa32_dsb(DisasContext *ctx);
bool aa32_dmb(DisasContext *ctx, unsigned op);
bool aa32_isb(DisasContext *ctx);
/* The pc becomes `target`, CPSR the mode's SPSR. */
bool aa32_exception_return(DisasContext *ctx, TCGv_i32 target);
/* That from where the mode keeps its return address. */
bool aa32_eret(DisasContext *ctx);

/* ---- The tables ---- */

bool aa32_translate_a32(DisasContext *ctx, uint32_t insn);
bool aa32_translate_t32(DisasContext *ctx, uint32_t insn);
bool aa32_translate_t16(DisasContext *ctx, uint32_t insn);
/* Coprocessors, VFP. In T32 as in A32, bits 31 to 28 being 1110 or 1111. */
bool aa32_translate_coprocessor(DisasContext *ctx, uint32_t insn);
/* Advanced SIMD, as A32 encodes it. */
bool aa32_translate_neon(DisasContext *ctx, uint32_t insn);

#endif
