/*
 * The translator's core as its users see it: contexts, code generation, side tables, patching.
 *
 * A guest front end fills a TCGContext through tcg-op.h; tcg_gen_code() runs the passes and a back
 * end. Two back ends exist, x86-64 and the interpreter; which one is chosen at tcg_init().
 *
 * What generated code promises:
 *  - Guest registers ("globals", tcg_global_mem_new_*) live in host registers within a translation.
 *    They are in env at every exit and around every helper call that doesn't declare otherwise
 *    (TCG_CALL_NO_READ_GLOBALS, TCG_CALL_NO_WRITE_GLOBALS). At a guest memory access they are NOT
 *    stored: the access's TCGSite says where each one is, and tcg_restore_site() stores them when
 *    the access turns out to raise an exception.
 *  - i32 values in host registers are zero-extended to 64 bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_TCG_H
#define TCG_TCG_H

#include "qemu/osdep.h"
#include "exec/jit-state.h"
#include "exec/memop.h"
#include "exec/translation-block.h"

/*
 * i32 and i64 live in general registers, all others in vector registers. A 128-bit integer is a
 * pair of i64, a 256-bit vector a pair of v128.
 */
typedef enum TCGType {
    TCG_TYPE_I32,
    TCG_TYPE_I64,
    TCG_TYPE_F32, /* IEEE 754 single precision */
    TCG_TYPE_F64, /* double precision */
    TCG_TYPE_V64,
    TCG_TYPE_V128,
    NB_TCG_TYPES,
} TCGType;

typedef enum TCGAtomicOp {
    TCG_ATOMIC_CMPXCHG, /* `value` if `expected` is there */
    TCG_ATOMIC_XCHG,
    TCG_ATOMIC_ADD,
    TCG_ATOMIC_RSUB, /* `value` less what is there */
    TCG_ATOMIC_AND,
    TCG_ATOMIC_OR,
    TCG_ATOMIC_XOR,
    TCG_ATOMIC_SMIN,
    TCG_ATOMIC_SMAX,
    TCG_ATOMIC_UMIN,
    TCG_ATOMIC_UMAX,
} TCGAtomicOp;

/* An atomic access to guest memory. */
typedef struct TCGAtomic {
    uint64_t addr;
    __uint128_t value, expected; /* only the lower `size` bytes count */
    MemOpIdx oi;                 /* its size says nothing if `size` is 16 */
    uint8_t op;                  /* TCGAtomicOp */
    uint8_t size;                /* bytes: 1, 2, 4, 8, 16 */
} TCGAtomic;

/* What the access leaves behind where it finds `old`. */
__uint128_t tcg_atomic_result(const TCGAtomic *a, __uint128_t old);

/* What generated code calls, given to the core once, so that tcg/ includes nothing from accel/. */
typedef struct TCGRuntime {
    /*
     * Guest access that the fast path couldn't do. `site` is the host address of the access
     * (TCGSite.code_offset); the host registers at that point are in CPUJitState.save_regs. May
     * leave by cpu_loop_exit_restore(cpu, site).
     */
    uint64_t (*load)(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t site);
    void (*store)(CPUArchState *env, uint64_t addr, uint64_t value, MemOpIdx oi, uintptr_t site);
    /*
     * The same for vectors of 8 or 16 bytes, in memory's order. A store does all or, if it leaves,
     * nothing.
     */
    JitVector (*load_vector)(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t site);
    void (*store_vector)(CPUArchState *env, uint64_t addr, JitVector value, MemOpIdx oi,
                         uintptr_t site);
    /*
     * Entry point of the code for the CPU's current pc, or tcg_exit_to_loop. Called when the inline
     * probe of the jump cache misses; also sets CPUJitState.window_base and tb_flags.
     */
    const void *(*lookup_tb_ptr)(CPUArchState *env);
    /*
     * Does an atomic access and returns what it found, zero-extended. `site` is a call's, as a
     * helper's GETPC().
     */
    __uint128_t (*atomic)(CPUArchState *env, const TCGAtomic *access, uintptr_t site);
    /* Whether MMU mode `mode`'s window shows the address. On the CPU's thread. */
    bool (*in_window)(CPUArchState *env, unsigned mode, uint32_t addr);
    /*
     * NULL, or what host code calls in place of a helper that isn't pure, whose TCGHelperInfo is in
     * CPUJitState.called: with the helper's arguments (those that it hasn't are anything), to
     * return its result. The return address is the call's site. Then tcg/reference.h works, too.
     */
    JitVector (*call)(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
    /* With `call`: the same for the slow path of a range, a TCGHostSlow that is in `called`. */
    void *(*host_range)(CPUArchState *env, uint64_t addr, uint32_t arg, uintptr_t site);
} TCGRuntime;

typedef enum TCGBackendKind {
    TCG_BACKEND_HOST,
    TCG_BACKEND_INTERP,
} TCGBackendKind;

/* Sizes of the code buffer, in bytes. Above the maximum, jumps would not reach across it. */
#define TCG_CODE_BUFFER_MIN (1 * MiB)
#define TCG_CODE_BUFFER_MAX (1 * GiB)
QEMU_BUILD_BUG_ON((uint64_t)TCG_CODE_BUFFER_MAX / 16 << TB_ELEMENT_BITS > (uint64_t)UINT32_MAX + 1);

/*
 * Reserves the code buffer of `code_buffer_size` bytes (within the limits above), emits the
 * prologue and thunks. Once per process, before any context is made. Returns false with `errp` set
 * if there is no host back end for this machine or the buffer can't be had.
 */
bool tcg_init(TCGBackendKind kind, size_t code_buffer_size, const TCGRuntime *runtime,
              Error **errp);

TCGContext *tcg_context_new(void);
void tcg_context_free(TCGContext *s);
/* The context that tcg-op.h's functions add to, on this thread. */
extern __thread TCGContext *tcg_ctx;

/*
 * Starts a translation: forgets the previous one. `window_modes`: bit n set if MMU mode n has a
 * memory window; `stack_window_modes`: the same for accesses with MO_STACK, which are better off
 * with the TLB where stacks are paged.
 */
void tcg_func_start(TCGContext *s, uint32_t window_modes, uint32_t stack_window_modes);

/* A set of page slots for loads, and one for stores. */
typedef struct TCGPageSlotSet {
    uint64_t of[2];
} TCGPageSlotSet;
QEMU_BUILD_BUG_ON(NB_PAGE_SLOTS > 64);

/*
 * This translation's guest accesses may remember pages (CPUJitState.page_slots), but for those that
 * would take one of the `bad` slots. Which access takes which slot depends on nothing but the code.
 * After tcg_func_start().
 */
void tcg_use_page_slots(TCGContext *s, TCGPageSlotSet bad);
/* The same for accesses near the stack pointer alone (MO_STACK), in STACK_PAGE_SLOT. */
void tcg_use_stack_page_slot(TCGContext *s);
/* How many have been translated that do. Any thread. */
size_t tcg_page_slot_accesses(void);
/* Operations on 64 bits that became ones on 32. */
size_t tcg_narrowed_ops(void);
/*
 * Accesses in these MMU modes go through paged windows: what faults goes on by its slow path, whose
 * MemOpIdx has MEMOP_IDX_PAGED in it. After tcg_func_start().
 */
void tcg_use_paged_windows(TCGContext *s, uint32_t modes);
/*
 * The translation is made on the thread of this CPU, which will execute it next: what its registers
 * hold says which accesses the memory window is for. After tcg_func_start().
 */
void tcg_use_registers(TCGContext *s, CPUArchState *env);
/* How many accesses have been translated without a window because of that. Any thread. */
size_t tcg_accesses_outside_window(void);

/*
 * Generates host code for what the context holds and fills tb's code, exits and tables. false: no
 * room; the caller calls tcg_code_buffer_make_room() and translates again.
 */
bool tcg_gen_code(TCGContext *s, TranslationBlock *tb);

/* Room for the TranslationBlock itself, from the code buffer, zeroed; NULL if full. */
TranslationBlock *tcg_tb_alloc(TCGContext *s);

/*
 * The code buffer is mapped twice: for execution, then, `tcg_write_distance` further on, for
 * writing. Code has its addresses in the first mapping, records in the second.
 */
extern uint8_t *tcg_buffer;
extern ptrdiff_t tcg_write_distance;

static inline void *tb_code(const TranslationBlock *tb)
{
    return tcg_buffer + tb->code_offset;
}

static inline TBExit *tb_exits(const TranslationBlock *tb)
{
    return (TBExit *)(tcg_buffer + tcg_write_distance + tb->arrays);
}

static inline TBRange *tb_ranges(const TranslationBlock *tb)
{
    return (TBRange *)(tb_exits(tb) + tb->nb_exits);
}

/* The range's page in RAM, and its first byte. */
static inline ram_addr_t tb_range_page(const TBRange *range)
{
    return (ram_addr_t)range->page << TARGET_PAGE_BITS;
}

static inline ram_addr_t tb_range_start(const TBRange *range)
{
    return tb_range_page(range) + range->offset;
}

/* Address of the block's first instruction in RAM. */
static inline ram_addr_t tb_ram_addr(const TranslationBlock *tb)
{
    return tb_range_start(&tb_ranges(tb)[0]);
}

/* Bytes of guest code. */
static inline uint32_t tb_size(const TranslationBlock *tb)
{
    uint32_t size = 0;

    for (unsigned i = 0; i < tb->nb_ranges; i++) {
        size += tb_ranges(tb)[i].size;
    }
    return size;
}

static inline TBElement tb_element(const TranslationBlock *tb, unsigned n)
{
    uint32_t offset = (const uint8_t *)tb - (tcg_buffer + tcg_write_distance);

    return offset / 16 << TB_ELEMENT_BITS | n;
}

static inline TranslationBlock *tb_of_element(TBElement e)
{
    uint32_t offset = (e >> TB_ELEMENT_BITS) * 16;

    return e ? (TranslationBlock *)(tcg_buffer + tcg_write_distance + offset) : NULL;
}

static inline unsigned tb_element_number(TBElement e)
{
    return e & (TB_MAX_ELEMENTS - 1);
}

/*
 * The lock of the code buffer and all that is found through it: records, links, patches. Everything
 * that changes those takes it (the functions here do so themselves); it nests. Whoever has it may
 * not wait for the big lock.
 */
void tcg_lock(void);
void tcg_unlock(void);

/*
 * Says that the translation under way used `size` bytes of guest code at `start`. Bytes that follow
 * those of the call before, in the same page, become one range with them.
 */
void tcg_note_guest_code(TCGContext *s, ram_addr_t start, uint32_t size);
uint32_t tcg_guest_code_size(const TCGContext *s);
/* Drops all generated code. No CPU may be executing any. */
void tcg_code_buffer_reset(void);
/*
 * After tcg_gen_code() or tcg_patch_site() found no room: makes some, maybe by emptying the part of
 * the buffer that was filled longest ago. `drop` is called for each block that loses code by that,
 * more than once for some. No CPU may be executing generated code.
 */
void tcg_code_buffer_make_room(void (*drop)(TranslationBlock *tb));
/* Bytes used and in all. */
void tcg_code_buffer_usage(size_t *used, size_t *total);
/* Bytes of code at the start of the buffer that are never dropped: the prologue and the thunks. */
size_t tcg_kept_code_size(void);
bool tcg_in_code_buffer(uintptr_t host_pc);
/* The block whose code (slow stubs included) contains host_pc, or NULL. */
TranslationBlock *tcg_tb_lookup(uintptr_t host_pc);

/* How generated code was left. */
typedef struct TCGLeft {
    TranslationBlock *tb; /* NULL: to the loop, for whatever reason */
    unsigned exit;        /* of tb: one that isn't linked; or TB_EXIT_REQUESTED */
} TCGLeft;

/* Exits that a block can have. */
#define TB_NB_EXITS (TB_MAX_ELEMENTS - 1)
/* Budget operations that a translation can have. */
#define TCG_MAX_BUDGETS (2 * TB_MAX_ELEMENTS)
/* The budget ran out; env's pc is where the CPU goes on. */
#define TB_EXIT_REQUESTED TB_NB_EXITS

/* Takes what a region that has been left had charged off the budget. */
void tcg_settle(CPUArchState *env);

/* Runs generated code at `code` until it is left. */
TCGLeft tcg_exec(CPUArchState *env, const void *code);

/*
 * Guest accesses in a memory window use host addresses up to this far below and above the window
 * (plus 8 bytes), which must fault: guard zones. 32-bit guest addresses that wrap around end up
 * there.
 */
#define TCG_MAX_DISP (1 << 20)

/*
 * Code address that leaves generated code with result 0; what lookup_tb_ptr() returns when there is
 * no code yet.
 */
extern const void *tcg_exit_to_loop;

/*
 * Links exit n of tb to dest (expected: value the ITLB check compares with, ignored where there is
 * none), or unlinks it. Other CPUs may be executing the block. An exit whose check has had another
 * value before isn't linked again, as somebody may stand between the check and the jump: false,
 * unless `alone` says that no other CPU executes code.
 */
bool tcg_link_exit(TranslationBlock *tb, unsigned n, const TranslationBlock *dest,
                   uint32_t expected, bool alone);
void tcg_unlink_exit(TranslationBlock *tb, unsigned n);

/* Where the block's exits lead; returns how many there are. */
unsigned tcg_exit_pcs(const TranslationBlock *tb, uint64_t pcs[TB_NB_EXITS]);
/* Reads what the side table says of the site at host_pc; false if there is none. */
bool tcg_find_site(const TranslationBlock *tb, uintptr_t host_pc, TCGSite *site);
/* How many instructions the budget has been charged for from this one on. */
unsigned tcg_insns_ahead(const TranslationBlock *tb, unsigned insn);
/* CPUJitState.charged there, which may be in a register. */
int32_t tcg_site_charged(const TranslationBlock *tb, uintptr_t host_pc, CPUArchState *env);
/* What insn_start recorded for the block's instruction number `insn`. */
void tcg_insn_words(const TranslationBlock *tb, unsigned insn,
                    uint64_t words[TARGET_INSN_START_WORDS]);
/* The same, and stores to env every global that isn't there, from CPUJitState.save_regs. */
bool tcg_restore_site(const TranslationBlock *tb, uintptr_t host_pc, CPUArchState *env,
                      TCGSite *site);
/*
 * Turns a WINDOW site into a jump to a stub with an inline TLB lookup, emitting that stub. Returns
 * the stub's address (where execution has to go on), or NULL if the code buffer is full. Called on
 * the CPU thread from its SIGSEGV handler, while no other CPU executes code.
 */
const void *tcg_patch_site(TranslationBlock *tb, const TCGSite *site);

/* A technique that can be left out: all guests have to do without it what they do with it. */
typedef struct TCGSwitch {
    const char *name;
    bool *on;
    const char *help;
} TCGSwitch;

/* The passes over the IR; a NULL name ends the table. */
extern const TCGSwitch tcg_pass_switches[];
/* False: it isn't in the table. For code that is translated from now on. */
bool tcg_switch(const TCGSwitch *table, const char *name, bool on);

#endif
