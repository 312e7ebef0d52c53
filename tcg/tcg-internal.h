/*
 * The IR and the translation context, as passes and back ends see them.
 *
 * A translation is a list of basic blocks in layout order, each a list of operations on temps. A
 * temp is a global (guest register, home in env), a local, a constant, or the env pointer.
 * Operations name temps by index; indices of globals are the same in every context. Everything that
 * a translation allocates comes from one arena and is forgotten at the next tcg_func_start().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_INTERNAL_H
#define TCG_INTERNAL_H

#include "ops.h"

typedef uint32_t TempIdx;
#define TEMP_NONE UINT32_MAX

typedef enum TCGTempKind {
    TEMP_ENV,
    TEMP_GLOBAL,
    TEMP_LOCAL,
    TEMP_CONST,
} TCGTempKind;

#define NO_SLOT  INT32_MIN
#define NEVER    UINT32_MAX
#define NO_BIT   UINT32_MAX
/* Operations that leaving a loop counts for, in distances to the next use. */
#define LOOP_EXIT_DISTANCE 4096

typedef struct TCGTemp {
    const char *name; /* globals */
    int64_t value;    /* constants (i32: zero-extended); others in state VAL_CONST */
    int64_t value_high; /* constants of type v128: the upper half */
    int32_t offset;   /* globals: in env; locals: of the spill slot in the frame, or NO_SLOT */
    uint8_t type;     /* TCGType */
    uint8_t kind;     /* TCGTempKind */
    bool used;        /* a global that is among TCGContext.used_globals */

    /* Liveness */
    bool live;         /* in the backward walk, for temps without a bit */
    uint32_t live_bit; /* index in live sets, or NO_BIT: used in one block only */
    uint32_t block;    /* first block it is seen in */
    uint32_t next_use; /* position of its next use in layout order, NEVER if none */
    TempIdx becomes;   /* global that it is moved to when it dies, or TEMP_NONE */

    /* Register allocation (regalloc.c) */
    uint8_t state; /* RAValue */
    uint8_t reg;
    uint8_t own_reg; /* where loops want it, or NO_REG */
    bool dirty;    /* not (yet) in its home */
    bool shares; /* the register is another temp's, with the same value */
    uint32_t list_index; /* in RegAlloc.consts or .shares */

    /* Value tracking of the forward passes (pass-*.c) */
    uint32_t version; /* counts definitions */
    void *info;       /* pass's own */
    uint32_t info_stamp;
} TCGTemp;

typedef struct TCGBlock TCGBlock;

struct TCGLabel {
    TCGBlock *block;
    unsigned id;
};

struct TCGOp {
    TCGOp *prev, *next;
    uint8_t opc;
    uint8_t type;
    uint8_t nb_out, nb_in;
    uint8_t cond;
    uint8_t dies;     /* bit n: input n isn't needed after this operation */
    uint8_t out_dead; /* bit n: result n isn't needed */
    uint16_t insn;    /* index of the guest instruction */
    uint32_t pos;     /* position in layout order */
    TempIdx out[2];
    TempIdx in[TCG_MAX_CALL_ARGS];
    uint64_t *dead_after; /* globals that only this operation still observes; NULL: none */
    uint32_t out_next[2]; /* position of the next use after this operation */
    uint32_t in_next[TCG_MAX_CALL_ARGS];
    union {
        struct {
            int64_t disp;
            MemOpIdx oi;
            uint8_t slot; /* 1 + index of a page slot; 0: none */
            uint8_t scale; /* of guest accesses: the input behind the address, if there is one, is */
                           /* shifted left by this and added to it */
            bool outside; /* of the memory window, most likely */
            const TCGHostRange *range; /* host_ld, host_st */
        } mem;
        struct {
            uint8_t ofs, len;
        } field;
        struct {
            uint8_t vece, imm;
        } vec;
        struct {
            uint8_t vece, imm;   /* as in `vec` */
            uint8_t first_arg;   /* inputs from here on are the helper's arguments */
            uint8_t bytes;       /* of vectors: so many count, from the lowest one on */
            union {
                TCGGuardHelper *func;
                const TCGVectorGuard *vectors; /* in guards of vectors */
            };
        } guard;
        struct {
            TCGLabel *label;
            TempIdx zero_temp; /* brcond: `zero_temp zero_cond 0` decides the same; or TEMP_NONE */
            uint8_t zero_cond;
        };
        const TCGHelperInfo *call;
        uint32_t from; /* lookup_ptr: for the branch log; 0: isn't noted */
        struct {
            const TranslationBlock *tb;
            uint32_t n;
            bool checked;
            uint32_t itlb_index;
        } exit;
        struct {
            uint64_t pc; /* budget: of instruction number n */
            uint32_t n;
            bool rest;   /* refund: what is left of the group after the first n instructions, not n */
            bool charge; /* count */
        } budget;
    };
};

struct TCGBlock {
    TCGOp *first, *last;
    unsigned index;
    bool reachable;
    bool falls_through; /* control may run on into the next block */
    unsigned nb_preds;
    unsigned last_pred; /* largest index of a predecessor */
    TCGBlock *taken;    /* target of br or brcond */
    uint64_t *live_in;  /* bits of TCGTemp.live_bit */
    uint64_t *written;
    uint32_t *use_in, *use_out; /* in code with loops: operations to the next use, by live bit */
    struct RAState *entry;

    /* Back end */
    uint32_t code_offset;
    bool placed;
};

typedef struct ArenaChunk ArenaChunk;
typedef struct Arena {
    ArenaChunk *first, *current;
    size_t used;
} Arena;

typedef struct TCGReloc {
    uint32_t offset; /* of a rel32 field */
    TCGBlock *target;
} TCGReloc;

/*
 * A call of the thunk that leaves generated code: what it stands for. The interpreter calls none, and
 * has this for the exits only.
 */
typedef struct TCGWayOut {
    uint32_t offset; /* its return address */
    unsigned exit;   /* as in TCGLeft */
    uint64_t pc;     /* env's pc is to be this */
    unsigned insns;  /* TB_EXIT_REQUESTED: that were charged */
} TCGWayOut;

typedef struct ConstSlot {
    uint32_t generation;
    uint8_t type;
    TempIdx temp;
    int64_t value, value_high;
} ConstSlot;

/* What an exit's check is compared with while it isn't linked: no page has this token. */
#define NO_TOKEN UINT32_MAX

#define CONST_HASH_SIZE 1024

struct TCGContext {
    Arena arena;

    TCGTemp *temps;
    uint32_t nb_temps, temps_room;
    uint32_t nb_globals; /* temps [0, nb_globals): the env pointer, then the globals */
    /* Those that operations name. What a translation costs doesn't depend on the others. */
    TempIdx *used_globals;
    uint32_t nb_used_globals, used_globals_room;

    TCGBlock **blocks;
    uint32_t nb_blocks, blocks_room;
    TCGBlock *cur; /* NULL: what is added now cannot be reached */
    unsigned nb_labels;

    ConstSlot consts[CONST_HASH_SIZE];
    uint32_t generation;

    uint64_t *insn_data;
    uint32_t nb_insns, insns_room;

    uint32_t window_modes;
    uint32_t stack_window_modes;
    uint32_t paged_modes;
    uint16_t group_ends[TB_MAX_ELEMENTS]; /* ascending: one behind each group's last instruction */
    unsigned nb_groups;
    bool counts_in_register;
    bool has_page_slots, has_stack_page_slot;
    TCGPageSlotSet bad_page_slots;
    CPUArchState *registers; /* of the CPU that is about to execute this; or NULL */
    uint32_t nb_ops; /* positions given by liveness */
    uint32_t stamp; /* tells passes which TCGTemp.info is theirs */

    /* Liveness */
    uint32_t nb_live_bits, live_words;
    uint64_t *global_bits; /* all globals that are used */
    uint64_t *kept_bits;   /* all but the pc: what guest accesses and goto_tb keep */
    TempIdx *temp_of_bit;
    bool has_loops;

    /* Code generation */
    TranslationBlock *tb;
    uint8_t *code, *code_ptr, *code_limit;
    bool overflow;
    bool short_jumps; /* within the code, jumps have displacements of a byte */
    bool too_far;     /* and for one of them that's too few */
    TCGSite *sites;
    uint32_t nb_sites, sites_room;
    TCGLoc *locs;
    uint32_t nb_locs, locs_room;
    uint8_t *side_table; /* being written */
    uint32_t side_table_room;
    TBExit exits[TB_NB_EXITS];
    unsigned nb_exits;
    TBRange ranges[TB_MAX_ELEMENTS];
    unsigned nb_ranges;
    TCGWayOut ways_out[2 * TB_NB_EXITS + TCG_MAX_BUDGETS];
    unsigned nb_ways_out;
    TCGReloc *relocs;
    uint32_t nb_relocs, relocs_room;
    struct RegAlloc *ra;
    struct SlowPath *slow_paths;
    struct CheckMiss *check_misses;
    struct GuardPath *guard_paths;
    const uint8_t *flags_end; /* flags are those of flags_reg's value if code_ptr is still this */
    uint8_t flags_reg;
    uint8_t carry_reg; /* holds the carry flag, if flags_end holds; or NO_REG */
    bool flags_wide;
    uint8_t flags_kind; /* the back end's */
    struct TCGReferenceCode *reference; /* what the translation is compared with, or NULL */
    struct BudgetMiss *budget_misses;
};

/* Bytes of a value. */
static inline unsigned type_size(TCGType type)
{
    static const uint8_t sizes[NB_TCG_TYPES] = {
        [TCG_TYPE_I32] = 4, [TCG_TYPE_I64] = 8, [TCG_TYPE_F32] = 4,
        [TCG_TYPE_F64] = 8, [TCG_TYPE_V64] = 8, [TCG_TYPE_V128] = 16,
    };

    return sizes[type];
}

/* Lives in a vector register. */
static inline bool type_is_vector(TCGType type)
{
    return type >= TCG_TYPE_F32;
}

/* arena.c */
void *arena_alloc(Arena *a, size_t size); /* zeroed */
void arena_reset(Arena *a);
void arena_free(Arena *a);

/* ir.c */
extern TempIdx tcg_pc_global; /* TEMP_NONE if the target hasn't named one */
extern TempIdx tcg_charged_global; /* CPUJitState.charged */
TempIdx tcg_new_temp(TCGContext *s, TCGType type);
TempIdx tcg_const_temp(TCGContext *s, TCGType type, int64_t value);
TempIdx tcg_const_v128(TCGContext *s, int64_t low, int64_t high);
TCGOp *tcg_new_op(TCGContext *s, TCGOpcode opc, TCGType type);
TCGOp *tcg_insert_before(TCGContext *s, TCGBlock *b, TCGOp *at, TCGOpcode opc, TCGType type);
/* At the end of b, which doesn't end with a jump. */
TCGOp *tcg_insert_last(TCGContext *s, TCGBlock *b, TCGOpcode opc, TCGType type);
void tcg_append_op(TCGContext *s, TCGOp *op);
void tcg_remove_op(TCGBlock *b, TCGOp *op);
/*
 * Whether all that follows a goto_tb is what every exit does when it isn't linked: set the pc, to
 * *pc, and return.
 */
bool tcg_is_plain_exit(const TCGContext *s, const TCGOp *op, uint64_t *pc);
TCGBlock *tcg_start_block(TCGContext *s);
void tcg_build_cfg(TCGContext *s);
/* The block that control runs on into at the end of b, or NULL. */
TCGBlock *tcg_fall_through(TCGContext *s, TCGBlock *b);

#define ENV_TEMP 0

static inline bool temp_is_const(const TCGContext *s, TempIdx t)
{
    return s->temps[t].kind == TEMP_CONST;
}

static inline bool temp_is_global(const TCGContext *s, TempIdx t)
{
    return s->temps[t].kind == TEMP_GLOBAL;
}

/*
 * What an operation needs of globals: that they are in env, or at least locatable; and whether it
 * changes them.
 */
static inline bool op_reads_globals(const TCGOp *op)
{
    return op->opc == OP_exit_tb || op->opc == OP_lookup_ptr || op->opc == OP_goto_tb ||
           (op->opc == OP_call && !(op->call->flags & TCG_CALL_NO_READ_GLOBALS));
}

static inline bool op_writes_globals(const TCGOp *op)
{
    return op->opc == OP_call &&
           !(op->call->flags & (TCG_CALL_NO_READ_GLOBALS | TCG_CALL_NO_WRITE_GLOBALS));
}

/* One behind the last instruction of the group that instruction `n` is in. */
static inline unsigned group_end(const TCGContext *s, unsigned n)
{
    for (unsigned i = 0; i < s->nb_groups; i++) {
        if (n < s->group_ends[i]) {
            return s->group_ends[i];
        }
    }
    return n;
}

/* Instructions that a budget operation charges. */
static inline unsigned op_charge(const TCGContext *s, const TCGOp *op)
{
    return group_end(s, op->budget.n) - op->budget.n;
}

/* Instructions that a refund gives back. */
static inline unsigned op_refund(const TCGContext *s, const TCGOp *op)
{
    unsigned n = op->budget.n;

    return op->budget.rest ? group_end(s, n ? n - 1 : 0) - n : n;
}

/* What a count adds: the charge of a budget operation, or a refund. */
static inline int op_count(const TCGContext *s, const TCGOp *op)
{
    return op->budget.charge ? (int)op_charge(s, op) : -(int)op_refund(s, op);
}

/* Control goes nowhere else in the translation from the end of b. */
static inline bool block_leaves(const TCGBlock *b)
{
    return !b->taken && !b->falls_through;
}

static inline bool op_ends_block(const TCGOp *op)
{
    return (tcg_op_defs[op->opc].flags & OPF_ENDS) ||
           (op->opc == OP_call && (op->call->flags & TCG_CALL_NO_RETURN));
}

/* Looks where guest memory is, for others to access it. */
static inline bool op_is_host_range(const TCGOp *op)
{
    return op->opc == OP_host_ld || op->opc == OP_host_st;
}

static inline bool op_is_guest_access(const TCGOp *op)
{
    return op->opc == OP_qemu_ld || op->opc == OP_qemu_st || op_is_host_range(op);
}

static inline bool op_is_guest_store(const TCGOp *op)
{
    return op->opc == OP_qemu_st || op->opc == OP_host_st;
}

/* The number of a guest access's address among its inputs. */
static inline unsigned op_address(const TCGOp *op)
{
    return op->opc == OP_host_st ? op->nb_in - 2u : op->opc == OP_qemu_st;
}

/* A guest access at address + (index << scale) + displacement. */
static inline bool op_has_index(const TCGOp *op)
{
    return !op_is_host_range(op) && op->nb_in > op_address(op) + 1;
}

/* May be dropped if nobody needs its results. */
static inline bool op_removable(const TCGOp *op)
{
    return (tcg_op_defs[op->opc].flags & (OPF_PURE | OPF_REMOVABLE)) ||
           (op->opc == OP_call && (op->call->flags & TCG_CALL_PURE));
}

/* What generated code leaves with: the block, the exit's number in the bits that no address uses. */
#define RESULT_EXIT_SHIFT 48

static inline uintptr_t tcg_exit_result(const TranslationBlock *tb, unsigned exit)
{
    return (uintptr_t)tb | (uintptr_t)exit << RESULT_EXIT_SHIFT;
}

static inline TranslationBlock *tcg_result_tb(uintptr_t result)
{
    return (TranslationBlock *)(result & MAKE_64BIT_MASK(0, RESULT_EXIT_SHIFT));
}

static inline unsigned tcg_result_exit(uintptr_t result)
{
    return result >> RESULT_EXIT_SHIFT;
}

/* side-table.c */
/* Fills s->side_table for the translation; returns its size. */
uint32_t tcg_write_side_table(TCGContext *s);
/* Which way out of tb has this return address. */
TCGWayOut tcg_read_way_out(const TranslationBlock *tb, uint32_t offset);

/* print.c */
void tcg_dump_ir(TCGContext *s, const char *title, bool with_liveness);
void tcg_dump_host_code(const TranslationBlock *tb);

/* Passes: each in its own file. liveness.c's always runs; the others can be switched off. */
typedef struct TCGPass {
    void (*run)(TCGContext *s);
    const bool *enabled;
} TCGPass;

void tcg_pass_layout(TCGContext *s);
void tcg_pass_narrow(TCGContext *s);
void tcg_pass_fold(TCGContext *s);
void tcg_pass_ifconv(TCGContext *s);
void tcg_pass_address(TCGContext *s);
void tcg_pass_halves(TCGContext *s);
void tcg_pass_slots(TCGContext *s);
void tcg_pass_window(TCGContext *s);
void tcg_liveness(TCGContext *s);
void tcg_next_uses(TCGContext *s); /* next-use.c, for liveness.c */
/* Dead code removal within liveness can be switched off, too. */
extern bool tcg_remove_dead;

/* Grows one of the context's arrays so that index n is valid. */
#define ENSURE_ROOM(array, room, n)                                                                \
    do {                                                                                           \
        unsigned index_ = (n);                                                                     \
                                                                                                   \
        if (index_ >= (room)) {                                                                    \
            (room) = MAX(64, 2 * index_);                                                          \
            (array) = g_realloc_n((array), (room), sizeof(*(array)));                              \
        }                                                                                          \
    } while (0)

/*
 * Code buffer (code-buffer.c). Addresses of code are those at which it is executed; there the
 * memory is read-only, and the same memory shows tcg_write_distance further on, where it isn't
 * executable. So code is written by what follows only.
 */
/* Changes `size` bytes of code. */
static inline void tcg_code_write(const void *code, const void *bytes, size_t size)
{
    memcpy((uint8_t *)code + tcg_write_distance, bytes, size);
}

/* Adds `size` bytes behind the code of this translation. */
static inline void tcg_code_append(TCGContext *s, const void *bytes, size_t size)
{
    tcg_code_write(s->code_ptr, bytes, size);
    s->code_ptr += size;
}

/* Changes an aligned word of code that a CPU may be executing. */
static inline void tcg_code_write_word(const void *code, uint32_t word)
{
    __atomic_store_n((uint32_t *)((uint8_t *)code + tcg_write_distance), word, __ATOMIC_RELEASE);
}

static inline void tcg_code_write_word64(const void *code, uint64_t word)
{
    __atomic_store_n((uint64_t *)((uint8_t *)code + tcg_write_distance), word, __ATOMIC_RELEASE);
}

/* No block's code is smaller, no stub either. */
#define MIN_CODE 16
/* Address of next code, `*limit`: how far it may reach. */
uint8_t *tcg_code_begin(uint8_t **limit);
/* Takes the code up to `end`. */
void tcg_code_commit(uint8_t *end);
/* Data from the other end of the buffer, zeroed; NULL if full. */
void *tcg_data_alloc(size_t size);
void tcg_register_tb(TranslationBlock *tb);
void tcg_register_stub(const uint8_t *start, TranslationBlock *tb);
/* From here on code survives tcg_code_buffer_reset(). */
void tcg_code_keep(void);
bool tcg_buffer_init(size_t size, bool executable, Error **errp);

extern const TCGRuntime *tcg_runtime;
extern TCGBackendKind tcg_backend_kind;

/* Offset in env, type and name of a global. */
const TCGTemp *tcg_global_info(TempIdx t);
unsigned tcg_nb_globals(void);
/* Finds TCGContext.used_globals. From here on, passes add no operation about another global. */
void tcg_note_used_globals(TCGContext *s);

/* Interpreter (interp/) */
bool tcg_interp_gen_code(TCGContext *s);
uintptr_t tcg_interp_exec(CPUArchState *env, const void *code);
void tcg_interp_init(void);
void tcg_interp_link(uint8_t *field, const void *target);

/*
 * interp/reference.c: makes the reference of what the context holds, before any pass; keeps it for
 * tb, which is finished (tcg_lock()); forgets it.
 */
typedef struct TCGReferenceCode TCGReferenceCode;
void tcg_reference_translate(TCGContext *s);
void tcg_reference_keep(TCGContext *s, const TranslationBlock *tb);
void tcg_reference_forget(TCGContext *s);

#endif
