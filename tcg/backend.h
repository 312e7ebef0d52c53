/*
 * Between the register allocator and a host back end.
 *
 * The allocator (regalloc.c) walks the IR, decides where values are, and calls the back end for
 * each operation with operands that satisfy the operation's constraints. A back end consists of
 * what this header declares; it knows nothing of liveness or of guest state.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_BACKEND_H
#define TCG_BACKEND_H

#include "tcg-internal.h"

/* General registers, then vector registers. */
#define NB_HOST_REGS  (JIT_NB_SAVE_REGS + JIT_NB_SAVE_VEC_REGS)
#define FIRST_VECTOR  JIT_NB_SAVE_REGS
#define GENERAL_REGS  (UINT32_MAX >> (32 - FIRST_VECTOR))
#define VECTOR_REGS   (~GENERAL_REGS)
QEMU_BUILD_BUG_ON(NB_HOST_REGS > 32);
#define NO_REG       0xff

typedef enum OperandKind {
    OPND_NONE,
    OPND_REG,
    OPND_IMM,
    OPND_ENV,   /* memory: env + disp */
    OPND_FRAME, /* memory: frame + disp */
} OperandKind;

typedef struct Operand {
    uint8_t kind;
    uint8_t reg;
    int32_t disp;
    int64_t imm;
} Operand;

/* What one input may be. A register is always possible, unless it is fixed. */
enum {
    IN_REG = 0,
    IN_MEM = 1,     /* memory of the operand's width */
    IN_IMM32 = 2,   /* constant that is a sign-extended 32-bit immediate at the operation's width */
    IN_IMM = 4,     /* any constant */
    IN_FIXED = 8,   /* in register fixed_in[n] */
    IN_ENV = 16,    /* the env pointer needs no register of its own */
};

#define CONSTRAINT_MAX_IN 6

typedef struct OpConstraint {
    uint8_t in[CONSTRAINT_MAX_IN];
    uint8_t fixed_in[CONSTRAINT_MAX_IN];
    uint8_t out_fixed; /* bit n: result n is in fixed_out[n] */
    uint8_t fixed_out[2];
    uint8_t reuse;       /* bit n: result 0 may be in input n's register (if that input dies) */
    uint8_t nb_scratch;  /* registers for the operation's own use, different from all operands */
    uint8_t nb_vector_scratch; /* the same, vector ones, numbered after those */
    uint32_t clobbers;   /* registers whose contents are lost; no input is there afterwards */
    uint32_t out_regs;   /* results may be in these only; 0: anywhere */
} OpConstraint;

typedef struct HostOperands {
    Operand out[2];
    Operand in[CONSTRAINT_MAX_IN];
    uint8_t scratch[3];
    bool zero_known; /* brcond: TCGOp.zero_temp is in a register */
    uint8_t zero_reg, zero_type;
} HostOperands;

/* A guard's inputs: value, what is checked, arguments. */
QEMU_BUILD_BUG_ON(2 + TCG_GUARD_ARGS > CONSTRAINT_MAX_IN);

/* A host_st's: values, address, whether it is unusual. */
QEMU_BUILD_BUG_ON(TCG_HOST_VALUES + 2 > CONSTRAINT_MAX_IN);

/* Offset in env of what the host's env register points at. */
extern const int32_t host_env_bias;

/* Registers, as bit masks over host register numbers. */
extern const uint32_t host_allocatable;
extern const uint32_t host_call_clobbered;
extern const uint8_t host_call_args[TCG_MAX_CALL_ARGS];
extern const uint8_t host_call_result[2];
/* Order in which registers are taken, those that survive calls first. */
extern const uint8_t host_reg_order[];
extern const unsigned host_nb_reg_order;
/* Those that loops may give away for good; the others are for what comes and goes. */
extern const uint32_t host_loop_regs;
/* TCG_MO_* pairs of accesses that other CPUs see in program order without a barrier. */
extern const unsigned host_orders;

/* Scratch registers that are never allocated, for swaps. */
extern const uint8_t host_scratch, host_vector_scratch;

/* Registers that can hold a value of this type. */
static inline uint32_t host_regs_of(TCGType type)
{
    return type_is_vector(type) ? VECTOR_REGS : GENERAL_REGS;
}

/* Bytes from the frame pointer to the spill slots, and their size. */
#define FRAME_SLOTS_OFFSET 0
#define FRAME_NB_SLOTS     2048

void host_constraint(TCGContext *s, const TCGOp *op, OpConstraint *c);
/*
 * Whether the host does a vector operation on elements of this size itself. Asked of those that
 * build-vector.c can put together otherwise.
 */
bool host_has_vector_op(TCGOpcode opc, unsigned vece);
bool host_imm_ok(const TCGOp *op, unsigned kind, int64_t value);
/* Emits a pure operation or a ld/st. */
void host_emit_op(TCGContext *s, const TCGOp *op, const HostOperands *h);
/* Bytes that it takes, about, its slow path included. */
unsigned host_access_size(const TCGContext *s, const TCGOp *op);
void host_emit_guest_access(TCGContext *s, const TCGOp *op, const HostOperands *h, TCGSite *site);

void host_mov(TCGContext *s, TCGType type, unsigned dst, unsigned src);
/* high: the upper half of a v128, else 0 */
void host_movi(TCGContext *s, TCGType type, unsigned dst, int64_t value, int64_t high);
/* kind: OPND_ENV or OPND_FRAME. Loads of an i32 zero-extend. */
void host_load(TCGContext *s, TCGType type, unsigned reg, OperandKind kind, int32_t disp);
void host_store(TCGContext *s, TCGType type, unsigned reg, OperandKind kind, int32_t disp);
void host_store_imm(TCGContext *s, TCGType type, int64_t value, OperandKind kind, int32_t disp);
void host_lea_env(TCGContext *s, unsigned dst);

/* Jumps to blocks: recorded as relocations. */
void host_jump(TCGContext *s, TCGBlock *target);
void host_branch(TCGContext *s, const TCGOp *op, TCGCond cond, const HostOperands *h,
                 TCGBlock *target);
/* Jumps over what will be emitted until host_skip_end(). */
uint8_t *host_branch_skip(TCGContext *s, const TCGOp *op, TCGCond cond, const HostOperands *h);
void host_skip_end(TCGContext *s, uint8_t *skip);
void host_patch_reloc(TCGContext *s, const TCGReloc *r);

/* Control may come from elsewhere: forget what is known of the flags. */
void host_block_start(TCGContext *s);

/* Returns the offset of the return address. */
uint32_t host_call(TCGContext *s, const void *func, bool returns);
/* CPUJitState.called = value; before a call, whose arguments are in place. */
void host_note_called(TCGContext *s, const void *value);
/* The exit's stub stores what the `nb` locations from s->locs[first] on say, and the pc. */
void host_budget(TCGContext *s, unsigned insns, uint64_t pc, uint32_t first, uint32_t nb);
void host_refund(TCGContext *s, unsigned insns);
/* The same stub, if the budget is less than `charged` (a register or an immediate). */
void host_check(TCGContext *s, const Operand *charged, unsigned insns, uint64_t pc, uint32_t first,
                uint32_t nb);
/* budget -= charged */
void host_settle(TCGContext *s, const Operand *charged);
/* leave_pc: while it isn't linked, sets the pc to this and leaves; NULL: goes on behind the jump. */
void host_goto_tb(TCGContext *s, const TCGOp *op, const uint64_t *leave_pc);
void host_exit_tb(TCGContext *s, const TranslationBlock *tb, unsigned n);
/*
 * pc: where it is (register or constant); env's copy is up to date. `from`: see
 * tcg_gen_lookup_and_goto_ptr_from().
 */
void host_lookup_ptr(TCGContext *s, const Operand *pc, uint32_t from);
/* Emits what was put off to the end of the block: slow paths. */
void host_finish(TCGContext *s);
void host_align_entry(TCGContext *s);

/*
 * What an exit does from now on, in one store: jump to `target`; or, unlinked, leave (falls_through:
 * go on behind the jump).
 */
void host_link(uint8_t *jump, const void *target);
void host_unlink(uint8_t *jump, bool falls_through);
/* The stub for a patched window site; NULL if the buffer is full. */
const void *host_patch_site(TranslationBlock *tb, const TCGSite *site);
/* Detects the CPU, emits prologue and thunks. */
bool host_init(Error **errp);
extern uintptr_t (*host_prologue)(CPUArchState *env, const void *code);

/* regalloc.c: places all values and emits the whole translation. */
void tcg_reg_alloc(TCGContext *s);
static inline uint32_t code_offset(const TCGContext *s)
{
    return s->code_ptr - s->code;
}

#endif
