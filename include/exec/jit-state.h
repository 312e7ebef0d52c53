/*
 * The part of a CPU that generated code touches besides the guest's registers.
 *
 * Every CPU model lays itself out as
 *
 *     struct XxxCPU { CPUState parent_obj; …; CPUJitState jit; CPUXxxState env; };
 *
 * with `jit` directly before `env` (CHECK_CPU_LAYOUT asserts it), so that one host register, the
 * env pointer, reaches both: a field of CPUJitState lies at the constant, negative displacement
 * JIT_OFFSET(field) from env.
 *
 * Everything here belongs to the CPU's own thread. Another thread that wants the CPU's attention
 * calls cpu_exit() / cpu_interrupt(), never writes here.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_JIT_STATE_H
#define EXEC_JIT_STATE_H

#include "qemu/osdep.h"

#define NB_MMU_MODES 16

/*
 * One translation, valid for one context. `read` and `write` are compared with
 *     (guest address & TARGET_PAGE_MASK) | CPUTLBTable.tag
 * as 64-bit numbers. A value that never matches (TLB_INVALID) means: take the slow path. Host
 * address = addend + guest address.
 */
typedef struct QEMU_ALIGNED(32) CPUTLBEntry {
    uint64_t read;
    uint64_t write;
    uintptr_t addend;
} CPUTLBEntry;
QEMU_BUILD_BUG_ON(sizeof(CPUTLBEntry) != 32);
#define CPU_TLB_ENTRY_BITS 5

#define TLB_INVALID UINT64_MAX

/*
 * The tag takes these bits below the page number; the bits below it are those that an access must
 * have clear to be aligned. Tag 0 belongs to no entry; all ones would match TLB_INVALID.
 */
#define TLB_TAG_SHIFT 4
#define NB_TLB_TAGS   255
QEMU_BUILD_BUG_ON((uint64_t)NB_TLB_TAGS << TLB_TAG_SHIFT >= TARGET_PAGE_SIZE);

/* One MMU mode's TLB: direct-mapped by the low bits of the page number; grows with its use. */
typedef struct CPUTLBTable {
    CPUTLBEntry *entries;
    uint64_t mask; /* (number of entries, a power of two, - 1) << CPU_TLB_ENTRY_BITS */
    uint64_t tag;  /* the current context's, in place */
} CPUTLBTable;

/*
 * Page slots: generated code remembers the page of the stack, and regions, for each base register
 * that they access memory by, the page where that was last; they compare with it before they look
 * into the TLB. For loads and for stores, in MMU modes below NB_PAGE_SLOT_MODES. An entry is only
 * ever made from a TLB entry that generated code may use itself; all are forgotten whenever a TLB
 * entry loses a right, and when the context changes.
 */
typedef struct CPUPageSlot {
    uint64_t page;  /* guest address of its first byte, or PAGE_SLOT_EMPTY */
    uintptr_t host; /* where the host has it; of an empty slot: where any access faults */
} CPUPageSlot;

#define NB_PAGE_SLOTS      32
#define STACK_PAGE_SLOT    (NB_PAGE_SLOTS - 1)
#define NB_PAGE_SLOT_MODES 8
/*
 * No address of 32 bits is in that page. Of one of 64 bits that is, the access faults on the host,
 * and is done again without slots.
 */
#define PAGE_SLOT_EMPTY (1ull << 63)

/*
 * Some hosts guess from the low bits of two displacements from the same register that a load reads
 * what a store is about to write (AMD's Zen 5: from ten bits; the guess costs more than either).
 * What generated code loads at each guest access is kept away by that from what it stores most: the
 * last JIT_STORED_BELOW bytes before env and the first JIT_STORED_ABOVE bytes in it.
 */
#define JIT_ALIAS_BITS   10
#define JIT_ALIAS_SIZE   (1 << JIT_ALIAS_BITS)
#define JIT_STORED_BELOW 0x40
#define JIT_STORED_ABOVE 0x130

/* The slots of one mode for loads, or for stores. */
typedef struct CPUPageSlots {
    uint64_t filled;                /* a bit for each that isn't empty */
    uint32_t misses[NB_PAGE_SLOTS]; /* how often each was filled lately, accel/tcg/region.c */
    char apart[JIT_ALIAS_SIZE - 8 - NB_PAGE_SLOTS * (4 + sizeof(CPUPageSlot))];
    CPUPageSlot slot[NB_PAGE_SLOTS];
} CPUPageSlots;
QEMU_BUILD_BUG_ON(sizeof(CPUPageSlots) != JIT_ALIAS_SIZE);

/*
 * Jump cache: guest pc -> host code for indirect branches. An entry for every eight bytes of 64
 * pages; those of one page stand together, so that they can be dropped together.
 */
#define JUMP_CACHE_PC_SHIFT   3
#define JUMP_CACHE_PAGE_BITS  6
#define JUMP_CACHE_GROUP_BITS (TARGET_PAGE_BITS - JUMP_CACHE_PC_SHIFT)
#define JUMP_CACHE_SIZE       (1u << (JUMP_CACHE_PAGE_BITS + JUMP_CACHE_GROUP_BITS))

typedef struct CPUJumpCacheEntry {
    uint64_t pc;      /* guest virtual pc */
    uint64_t flags;   /* the block key's CPU flags */
    uint64_t context; /* CPUJitState.code_context when it was filled */
    void *code;       /* entry point, NULL: empty entry */
} CPUJumpCacheEntry;

static inline unsigned jump_cache_index(uint64_t pc)
{
    return (pc >> JUMP_CACHE_PC_SHIFT) & (JUMP_CACHE_SIZE - 1);
}

/*
 * The second place, for code that runs with several flags and for what has an entry before or
 * behind it in the same eight bytes; generated code doesn't look into it. In the same page's group.
 */
static inline unsigned jump_cache_second_index(uint64_t pc, uint64_t flags)
{
    uint64_t h = (flags ^ pc << 32) * 0x9e3779b97f4a7c15ull;

    return jump_cache_index(pc) ^ (1 | h >> (64 - JUMP_CACHE_GROUP_BITS));
}

/*
 * Instruction pages of the current translation context, for links that cross a page. Entry
 * (page & ITLB_MASK) holds a token: a number that stands for one pair of virtual page and RAM page
 * (accel/tcg/page-token.c), or ITLB_EMPTY.
 */
#define ITLB_BITS  12
#define ITLB_SIZE  (1u << ITLB_BITS)
#define ITLB_MASK  (ITLB_SIZE - 1)
#define ITLB_EMPTY 0

/*
 * The branch log: where indirect branches have gone lately. `from` is what tells the branch, see
 * tcg_gen_lookup_and_goto_ptr_from().
 */
typedef struct CPUBranch {
    uint64_t from; /* 0: nothing yet */
    uint64_t to;   /* guest virtual pc */
} CPUBranch;

#define NB_LOGGED_BRANCHES 1024

/* Host registers of generated code, general and vector ones; big enough for any back end. */
#define JIT_NB_SAVE_REGS     16
#define JIT_NB_SAVE_VEC_REGS 16

typedef struct JitVector {
    uint64_t half[2]; /* the lower one first */
} JitVector;

/* Aligned as vectors are, so that those in env, which follows, are. */
struct QEMU_ALIGNED(16) CPUJitState {
    CPUJumpCacheEntry jump_cache[JUMP_CACHE_SIZE];

    CPUBranch branches[NB_LOGGED_BRANCHES];

    CPUPageSlots page_slots[NB_PAGE_SLOT_MODES][2]; /* [1]: stores */

    CPUTLBTable tlb[NB_MMU_MODES];
    char apart[104]; /* as JIT_ALIAS_BITS asks for */

    /*
     * Host registers at the guest access that is being served, written by the slow-path thunks and
     * by the signal handler, read by tcg_restore_site(). Indexed by host register number; vector
     * registers only where a site says that some are in use.
     */
    uint64_t save_regs[JIT_NB_SAVE_REGS];
    JitVector save_vectors[JIT_NB_SAVE_VEC_REGS];

    bool page_slots_used; /* some aren't empty */
    uint32_t next_branch; /* modulo NB_LOGGED_BRANCHES: where the next one is noted */

    /* Base of the memory window for the mode in which the CPU accesses data now; 0 means no window.
     * Loaded into its host register whenever generated code is entered and after
     * helper_lookup_tb_ptr(). */
    uintptr_t window_base;

    /* Windows for each mode; one that shows nothing where a mode has none. */
    uintptr_t window[NB_MMU_MODES];

    /* The CPU flags of the code now running; part of the jump cache's key. */
    uint64_t tb_flags;

    /* Identifies the current code translation context in jump cache entries. */
    uint64_t code_context;

    /* Interpreter back end: the operation now executing, in place of a host return address. */
    uintptr_t interp_pc;

    /* Arguments of the helper that a guard calls; its result in place of the first one. */
    JitVector guard_args[3];
    uint32_t host_flags; /* where generated code stores the host's floating-point flags */

    /* What a host_st's slow path gets (tcg_gen_host_st()), and the address of that or a host_ld's. */
    JitVector host_values[4];
    uint64_t host_address;

    /* The function, or its description, that TCGRuntime.call or .host_range is to call. */
    const void *called;

    /* What a 128-bit compare-and-exchange expects, the lower half first. */
    uint64_t atomic_expected[2];

    /* What follows is used most, and nearest to env: short displacements reach it. */

    /*
     * Instructions the CPU may still execute before it has to look up from its work. A block head
     * subtracts its instruction count and leaves generated code if the result is negative.
     * cpu_exit() makes it negative (in a signal handler on the CPU's own thread, so that plain
     * read-modify-write instructions suffice).
     */
    int32_t budget;

    /*
     * Instructions that a region has executed, or charged for, and not taken off the budget yet; in
     * a host register while it runs, and 0 wherever no region does.
     */
    int32_t charged;

    uint32_t branches_wanted; /* so many indirect branches are yet to be noted */

    /* Of the store that a slow-path thunk is asked to do; a vector's on the way back of a load. */
    uint64_t slow_value[2];

    /* The current context's instruction pages (ITLB_SIZE entries); never NULL. */
    uint32_t *itlb;
};

/* Displacement of a CPUJitState field from env. */
#define JIT_OFFSET(field) ((int32_t)offsetof(CPUJitState, field) - (int32_t)sizeof(CPUJitState))

/* Where what is `offset` bytes from env stands among what a host may take it for. */
#define JIT_ALIAS_CLASS(offset) (((offset) + JIT_STORED_BELOW) & (JIT_ALIAS_SIZE - 1))
#define JIT_IS_APART(offset, size)                                                                 \
    (JIT_ALIAS_CLASS(offset) >= JIT_STORED_BELOW + JIT_STORED_ABOVE &&                             \
     JIT_ALIAS_CLASS(offset) + (size) <= JIT_ALIAS_SIZE)
QEMU_BUILD_BUG_ON(!JIT_IS_APART(JIT_OFFSET(tlb), 6 * sizeof(CPUTLBTable))); /* the busy modes */
QEMU_BUILD_BUG_ON(!JIT_IS_APART(JIT_OFFSET(page_slots[0][0].slot),
                                NB_PAGE_SLOTS * sizeof(CPUPageSlot)));

/* Asserts that a CPU structure keeps `jit` directly before `env`. */
#define CHECK_CPU_LAYOUT(type)                                                                     \
    _Static_assert(offsetof(type, env) == offsetof(type, jit) + sizeof(CPUJitState),               \
                   #type ": jit must end where env starts")

static inline CPUJitState *env_jit(CPUArchState *env)
{
    return (CPUJitState *)((char *)env - sizeof(CPUJitState));
}

#endif
