/*
 * What the files of accel/tcg share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ACCEL_TCG_INTERNAL_H
#define ACCEL_TCG_INTERNAL_H

#include "qemu/osdep.h"
#include "accel/tcg/tcg-accel.h"
#include "core/cpu.h"
#include "exec/cpu-loop.h"
#include "exec/cputlb.h"
#include "exec/debug.h"
#include "exec/translator.h"
#include "qemu/bitops.h"
#include "system/memory.h"
#include "tcg/tcg.h"

/*
 * Translation contexts remembered for each CPU: about as many as a guest has live address spaces.
 */
#define NB_MMU_CONTEXTS 64

/*
 * The budget that a CPU gets: about 10 ms, since readers of flat views must pause for writers to
 * reclaim old ones.
 */
#ifdef __SANITIZE_THREAD__
/* Its signal handlers run when the thread next does something atomic: soon, then. */
#define BUDGET_MAX (64 * 1024)
#else
#define BUDGET_MAX (16 * 1024 * 1024)
#endif
/*
 * A kick takes this away: so much that a budget is negative whatever its block gives back on the
 * way out, and nothing of the count is lost.
 */
#define BUDGET_KICK (1 << 30)
QEMU_BUILD_BUG_ON(BUDGET_KICK / 2 < BUDGET_MAX + TB_MAX_INSNS);

/*
 * A set of pages by the low bits of their numbers, so that forgetting some of them needn't look
 * where there are none: bit n stands for all pages whose number ends in n.
 */
typedef uint64_t PageClasses;
#define PAGE_CLASS_BITS JUMP_CACHE_PAGE_BITS
QEMU_BUILD_BUG_ON(1u << PAGE_CLASS_BITS != sizeof(PageClasses) * 8);

/*
 * An owner of TLB entries: a translation context, or what is the same in all of them. Ids are never
 * used twice, so dropping an owner's entries is giving it another id. Generated code compares the
 * short tag, which is given when it is first needed and is good until tags have run out.
 */
typedef struct TLBOwner {
    uint32_t id;        /* 0: none */
    uint32_t tag_epoch; /* CPUTcgState.tag_epoch when the tag was given */
    uint64_t tag;
    uint32_t *itlb[NB_MMU_MODES]; /* instruction pages, see exec/jit-state.h; NULL: none yet */
    PageClasses code_pages;       /* that itlb[] may have */
} TLBOwner;

/* One translation context: what the registers named by mmu_context_key select. */
typedef struct MMUContext {
    TLBOwner owner;
    uint8_t key[MMU_CONTEXT_KEY_MAX];
    size_t key_len;
    uint32_t hash; /* of the key */
} MMUContext;

typedef struct PagePair {
    vaddr page;
    ram_addr_t ram_page;
} PagePair;

/* What generated code doesn't need of a TLB entry: used by the slow path. */
typedef struct TLBSlowEntry {
    vaddr page;     /* virtual page */
    uint32_t owner; /* id of its TLBOwner, 0: empty */
    uint16_t first, last; /* the bytes of the page that it is about: a guest page may be smaller */
    uint64_t tag;   /* with which generated code's side was filled last */
    hwaddr phys;    /* what the page's first byte would be */
    /* Entries that let generated code store to the same RAM pages, by TLBRef; see tlb-store.c */
    uint32_t next, *link;
    MemoryRegion *mr; /* answers in [mr_first, mr_last] of the page; NULL: look up each address */
    hwaddr mr_offset; /* of the page in mr, maybe before its start */
    uint16_t mr_first, mr_last;
    RAMBlock *ram;    /* NULL for I/O */
    ram_addr_t ram_addr;
    uint8_t *host;    /* RAM: the page's host address */
    MemTxAttrs attrs;
    int prot;
    bool readonly; /* maybe only because of an alias on the way */
    void *extra;   /* TLBPage.extra */
} TLBSlowEntry;

/* Limits of one MMU mode's table. */
#define TLB_MIN_BITS 10
#define TLB_MAX_BITS 16

/* One MMU mode's table, the part that generated code doesn't see. */
typedef struct TLBMode {
    TLBSlowEntry *slow;
    bool depends;       /* on the translation context */
    unsigned bits;      /* log2 of the number of entries */
    unsigned evictions; /* of entries that were still good, in the current period */
    unsigned fills;     /* in the current period */
    uint32_t owner;     /* id of the current TLBOwner, 0: to be worked out */
    PageClasses pages;  /* that have had entries since they were last forgotten */
} TLBMode;

/* A guest page above TARGET_PAGE_SIZE that has entries: all go when one of its pages is flushed. */
typedef struct LargePage {
    vaddr start;
    uint64_t size;
} LargePage;

#define MAX_LARGE_PAGES  32
#define NB_STORE_BUCKETS 1024

/* One run of pages that a window shows from one RAM block. */
typedef struct WindowMap {
    vaddr start;
    uint64_t size;
    int fd;
    uint64_t fd_offset;
    ram_addr_t ram_addr;
    int prot; /* host PROT_* for pages without translated code */
} WindowMap;

/* paged-window.c */
typedef struct PagedWindows PagedWindows;

typedef struct MemoryWindow {
    uint8_t *base; /* host address of guest address 0, NULL: not reserved */
    WindowBlock blocks[MAX_WINDOW_BLOCKS];
    size_t nb_blocks;
    GArray *maps; /* WindowMap, by start */
} MemoryWindow;

/* Hears of changes to one of the CPU's address spaces. */
typedef struct SpaceListener {
    MemoryListener listener;
    CPUTcgState *tcg;
} SpaceListener;

/* Counters of `info jit`, one row in stats.c each. */
typedef struct TcgStats {
    uint64_t translations, translated_insns, translated_bytes;
    uint64_t code_flushes, code_reclaims, links, lookups, lookup_misses;
    uint64_t pieces_made;
    uint64_t links_kept;
    uint64_t tlb_fills, tlb_flushes, tlb_page_flushes, context_changes, contexts_made;
    uint64_t slow_loads, slow_stores, io_loads, io_stores;
    uint64_t window_remaps, window_faults, sites_patched, guarded_page_faults;
    uint64_t paged_faults, pages_shown, pages_hidden;
    uint64_t exceptions, interrupts, alarms, loop_exits, budget_exits, idle_loops, naps;
    uint64_t samples, region_samples;
} TcgStats;

/* poll.c: the last device accesses that weren't as others before them. */
typedef struct TCGPoll {
    struct {
        uint64_t place, value;
    } seen[8];
    unsigned next;     /* of them: the one to be forgotten */
    unsigned same;     /* accesses since, all of them like one of these, since the last look */
    int64_t since;     /* ns of the host: the first look since then, 0: none yet */
    bool due;          /* tcg_poll_naps() has to look */
    GArray *registers; /* as it has seen them, NULL: never */
} TCGPoll;

#define SEEN_CODE_BITS (1u << 15)

struct CPUTcgState {
    CPUState *cpu;
    TLBMode tlb[NB_MMU_MODES];
    int modes_used; /* only modes below this have tables */
    MMUContext contexts[NB_MMU_CONTEXTS];
    unsigned next_context; /* slot to reuse next */
    MMUContext *context;   /* current; NULL: to be worked out */
    TLBOwner shared;       /* of what is the same in all contexts */
    PageClasses pages;      /* in any mode's table, or of any owner's code */
    PageClasses code_pages; /* of any context's code, jump cache included */
    uint64_t seen_code[SEEN_CODE_BITS / 64]; /* by hash, pages that had code since the last flush */
    uint32_t next_id;
    uint32_t tag_epoch, tags_given;
    LargePage large_pages[MAX_LARGE_PAGES];
    unsigned nb_large_pages;
    uint32_t store_buckets[NB_STORE_BUCKETS]; /* heads of lists, by RAM page; see tlb-store.c */
    unsigned stack_faults[NB_MMU_MODES];
    const TCGCPUOps *ops;
    uint32_t empty_itlb[ITLB_SIZE];
    MMUAccessType filling; /* kind of the tlb_fill under way */
    hwaddr fetch_phys;     /* of the last fetch fill: the guest page's physical address … */
    uint64_t fetch_mask;   /* … and the address bits within it */
    MemTxAttrs fetch_attrs; /* … and how it is accessed */
    MemoryWindow window[NB_MMU_MODES];
    PagedWindows *paged;  /* NULL: none used yet */
    unsigned window_work; /* pages shown and hidden, and faults, since `ticks` was 0 */
    SpaceListener listeners[CPU_MAX_ADDRESS_SPACES];
    bool map_changed;
    TCGContext *ctx;
    uint32_t cflags;      /* of blocks made from now on */
    bool next_alone;      /* the next instruction gets a block of its own */
    bool sampling;        /* region_start_sampling() has been called */
    bool sampler_set;     /* and has set the timer */
    timer_t sampler;
    TCGPoll poll;
    uintptr_t sampled_pc; /* generated code was found there; 0: seen to */
    unsigned ticks;       /* of the sampling timer since page slots' misses were counted */
    /* Done when no generated code runs: */
    bool room_wanted;  /* the code buffer is full */
    bool flush_wanted; /* page tokens are used up */
    bool kicks_held, kick_waits; /* tcg_hold_kicks() */
    uint64_t insns_granted; /* all budgets given so far: executed is this less what is left */
    TcgStats stats;
};

static inline TcgStats *tcg_stats(CPUState *cpu)
{
    return &cpu->tcg->stats;
}

/* cputlb.c */
void tlb_init(CPUState *cpu);
/* What tlb_init() and all that came afterwards made. */
void tlb_free(CPUState *cpu);
/* From generated code: goes on if `addr` is the code at ram_addr; if it isn't, that code's blocks are
 * dropped, and the instruction begins anew. Raises fetch exceptions. */
void helper_check_code_page(CPUArchState *env, uint64_t addr, uint64_t ram_addr);
/* Publishes to generated code what belongs to the current modes and context, for code at `pc`. */
void tlb_sync_context(CPUState *cpu, vaddr pc);
/*
 * ram_addr of the instruction at pc, raising a fetch exception if there is none; *io: it isn't in
 * RAM.
 */
ram_addr_t tlb_code_address(CPUState *cpu, vaddr pc, bool *io);
/*
 * The slow entry for an access, filled and with the right to it. Raises the guest's exception if
 * there is none.
 */
TLBSlowEntry *tlb_get_entry(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access,
                            int mmu_idx, uintptr_t ra);
/* Has the entry answer with `section`, which has some of its page. */
void tlb_set_region(TLBSlowEntry *slow, const MemoryRegionSection *section);
/* Generated code asks the TLB again before it stores. */
void tlb_forget_store_slots(CPUState *cpu);
/* Lets generated code do itself what it may of addr's page, which has a slow entry. */
void tlb_fill_fast_entry(CPUState *cpu, int mmu_idx, vaddr addr);
/* Drops all instruction pages, of all contexts. */
void tlb_forget_code_pages(CPUState *cpu);

/*
 * tlb-store.c: which entries let generated code store to a RAM page by itself, so that this right
 * can be taken back without searching the TLB.
 */
void tlb_store_allowed(CPUState *cpu, int mmu_idx, TLBSlowEntry *slow);
void tlb_store_forbidden(CPUState *cpu, TLBSlowEntry *slow);
/* Stores to those of these RAM pages that are guarded have to take the slow path from now on. */
void tlb_protect_pages(CPUState *cpu, ram_addr_t start, uint64_t len);

/* page-token.c. Any thread. ITLB_EMPTY: there are no more. */
uint32_t page_token(vaddr addr, ram_addr_t ram_addr);
/* NULL for ITLB_EMPTY. */
const PagePair *page_token_pair(uint32_t token);
bool page_tokens_exhausted(void);
/* No CPU's instruction pages may hold a token afterwards, nor a link expect one. */
void page_tokens_reset(void);

/* A load's value as wide as its destination. */
static inline uint64_t tcg_extend_loaded(uint64_t value, MemOp op)
{
    if (!(op & MO_SIGN) || (op & MO_SIZE) == MO_64) {
        return value;
    }
    return (uint64_t)sextract64(value, 0, memop_size(op) * 8);
}

/* guest-access.c */
uint64_t tcg_slow_load(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t ra);
void tcg_slow_store(CPUArchState *env, uint64_t addr, uint64_t value, MemOpIdx oi, uintptr_t ra);

JitVector tcg_slow_load_vector(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t ra);
void tcg_slow_store_vector(CPUArchState *env, uint64_t addr, JitVector value, MemOpIdx oi,
                           uintptr_t ra);

/* atomic.c */
__uint128_t tcg_atomic(CPUArchState *env, const TCGAtomic *a, uintptr_t site);

/* guest-access.c: before the guest's own access: raises the exception if it has to be aligned, and
 * isn't. */
void tcg_check_alignment(CPUState *cpu, vaddr addr, MemOp op, MMUAccessType access, int mmu_idx,
                         uintptr_t ra);

/* window.c */
void window_init(CPUState *cpu);
void window_free(CPUState *cpu);
/*
 * Host address of guest address 0, of 4 GiB of address space where nothing is, with guard zones; or
 * NULL.
 */
uint8_t *window_reserve(void);
void window_release(uint8_t *base); /* NULL: nothing */
/* One that stays so. */
const uint8_t *window_empty(void);
/* Remaps every window after the memory map changed. */
void window_update_all(CPUState *cpu);
/* Stores to those of these RAM pages that are guarded have to fault from now on. */
void window_protect_pages(CPUState *cpu, ram_addr_t start, uint64_t len);
/* The page isn't guarded (any more): no faults. False if the host says no. */
bool window_unprotect_page(CPUState *cpu, ram_addr_t page);
/* ram_addr that the window of mmu_idx shows at addr, or RAM_ADDR_INVALID. */
ram_addr_t window_ram_addr(CPUState *cpu, int mmu_idx, vaddr addr);
/* TCGRuntime.in_window */
bool tcg_in_window(CPUArchState *env, unsigned mode, uint32_t addr);
uint32_t window_modes(CPUState *cpu);
/* The modes in which stacks are worth a window access, too. */
uint32_t stack_window_modes(CPUState *cpu);

/* paged-window.c. All but _protect on the CPU's thread. */
extern bool tcg_paged_windows; /* a switch */
/* The modes that may have them now. */
uint32_t paged_window_modes(CPUState *cpu);
/* The windows of the current context, for generated code. */
void paged_windows_publish(CPUState *cpu);
void paged_windows_free(CPUState *cpu);
/* An access of `size` bytes faulted in a paged window, and has been made: shows its pages. */
void paged_window_accessed(CPUState *cpu, int mode, vaddr addr, unsigned size);
/* Hides all, or the pages whose number has these low `bits` bits of `page`. */
void paged_windows_flush(CPUState *cpu);
void paged_windows_flush_pages(CPUState *cpu, uint64_t page, unsigned bits);
/* Stores to those of these RAM pages that are guarded have to fault from now on. CPUs are held. */
void paged_windows_protect(CPUState *cpu, ram_addr_t start, uint64_t len);

/*
 * guard.c: pages that a store must not change unnoticed, as they hold translated code or are logged
 * and clean
 */
void guard_init(void);
bool page_is_guarded(const RAMBlock *rb, ram_addr_t offset);
/*
 * A store of `size` bytes to `offset`, within a guarded page, is about to happen: says so to those
 * concerned.
 */
void guard_note_store(RAMBlock *rb, ram_addr_t offset, unsigned size);
/* These pages have got code, or they have become clean. All other CPUs are held. */
void guard_update(ram_addr_t start, uint64_t len);
/*
 * Code will be translated from that page: stores to it are noticed from now on. On the CPU's
 * thread; waits for the other CPUs.
 */
void guard_code_page(ram_addr_t page);
/*
 * From guest code, on a CPU's thread: no other CPU executes any, or stands between a look at its
 * TLB and the access, until the end. Nests in the big lock, which the holder has meanwhile. begin()
 * returns what end() needs.
 */
bool exclusive_begin(void);
void exclusive_end(bool took_lock);
/*
 * Is code made and dropped on the page again and again? Then taking the guard away for a store
 * isn't worth it.
 */
bool guard_page_churns(ram_addr_t page);

static inline unsigned tlb_index(CPUState *cpu, int mmu_idx, vaddr addr)
{
    return (addr >> TARGET_PAGE_BITS) & (cpu->jit->tlb[mmu_idx].mask >> CPU_TLB_ENTRY_BITS);
}

static inline CPUTLBEntry *tlb_fast_entry(CPUState *cpu, int mmu_idx, vaddr addr)
{
    return &cpu->jit->tlb[mmu_idx].entries[tlb_index(cpu, mmu_idx, addr)];
}

static inline TLBSlowEntry *tlb_slow_entry(CPUState *cpu, int mmu_idx, vaddr addr)
{
    return &cpu->tcg->tlb[mmu_idx].slow[tlb_index(cpu, mmu_idx, addr)];
}

static inline bool tlb_entry_is_guarded(const TLBSlowEntry *slow)
{
    return page_is_guarded(slow->ram, slow->mr_offset);
}

/* Stores go straight to memory, as far as the board is concerned. */
static inline bool tlb_stores_are_direct(const TLBSlowEntry *slow)
{
    return slow->ram && !slow->readonly && memory_access_is_direct(slow->mr, true);
}

/* fault.c */
void fault_init(void);
/* The pc in a signal handler's third argument; NULL: no host back end for this machine. */
uintptr_t *host_context_pc(void *context);

/* tb-cache.c */
void tb_cache_init(void);
/*
 * The block or region for that key, NULL if there is none. On the CPU's thread: fills its jump
 * cache, if cflags are the CPU's own.
 */
TranslationBlock *tb_cache_find(CPUState *cpu, ram_addr_t ram_addr, vaddr pc, uint64_t flags,
                                uint32_t cflags);
/*
 * Takes a block whose translation began when tb_cache_writes() was `writes`, unless another CPU has
 * been faster; returns the one to use, as tb_cache_find() does. NULL if the block's bytes may have
 * changed since then, or a page of it has no guard (guard_code_page()): translate again.
 */
TranslationBlock *tb_cache_add(CPUState *cpu, TranslationBlock *tb, uint64_t writes);
uint64_t tb_cache_writes(void);
/*
 * Drops the blocks that have bytes in [start, start + len), after a store there: no CPU that hears
 * of the store from its writer begins one of them any more. Any thread.
 */
void tb_invalidate_ram_range(ram_addr_t start, uint64_t len);
/* Makes room in the code buffer. No CPU may be in generated code. */
void tb_make_room(CPUState *cpu);
/* Forgets where indirect branches lead. */
void tb_forget_jumps(CPUState *cpu);
/* Drops everything and the code buffer with it. No CPU may be in generated code. */
void tb_flush_all(CPUState *cpu);
void tb_cache_count(size_t *blocks, size_t *pages, uint64_t *invalidations);

/*
 * Drops the blocks that have the instruction at virtual address `addr` in them, wherever it is
 * mapped.
 */
void tb_invalidate_virtual(vaddr addr);

/*
 * The block itself for that key, though a region may have its place; NULL: there is none. With
 * tcg_lock().
 */
TranslationBlock *tb_cache_find_block(ram_addr_t ram_addr, vaddr pc, uint64_t flags,
                                      uint32_t cflags);
/*
 * Puts a region in the place of the block with its key, if the region's bytes haven't changed since
 * tb_cache_writes() was `writes`; returns whether it did.
 */
bool tb_cache_add_region(TranslationBlock *tb, uint64_t writes);

/* Drops a block, unless that has happened. */
void tb_cache_drop(TranslationBlock *tb);

/* translator.c */
extern bool translator_states; /* blocks are entered in states: DisasContextBase.edge_state */
/* How often a region has had a block in more than one. */
size_t translator_repeated_blocks(void);

/* region.c */
extern TCGRegionMode region_mode;

#define REGION_MAX_NODES 40
/* Guest bytes in a plan, and in a region. */
#define REGION_MAX_CODE (4 * TB_MAX_INSNS)
/* What is copied of it is aligned to that: some byte orders move words within eight bytes. */
#define REGION_CODE_ALIGN 8
/* TranslationBlock.heat: it has been a root, or can't be one. */
#define HEAT_DONE 255

/* Destinations that are tried before an indirect branch looks into the jump cache. */
#define REGION_MAX_TARGETS 12

/* A block that a region may have. */
typedef struct PlanNode {
    vaddr pc;
    uint32_t size;
    GuestCode code; /* that it is in: may be more on either side */
    bool loop_head;
    unsigned nb_entries; /* blocks that lead there */
    unsigned order; /* less than those of what is only reached through it, loops' ways back aside */
    unsigned nb_targets; /* of the indirect branch at its end, the most frequent one first */
    vaddr targets[REGION_MAX_TARGETS];
} PlanNode;

struct RegionPlan {
    PlanNode nodes[REGION_MAX_NODES]; /* the root first */
    unsigned nb_nodes, nb_inline_caches;
    bool many_ways; /* an indirect branch has several targets */
    CPUState *cpu; /* that wanted it: tells the class */
    uint64_t flags, writes; /* tb_cache_writes() when the code was copied */
    uint32_t cflags, window_modes, stack_window_modes, paged_modes;
    TCGPageSlotSet bad_slots;
    uint32_t nb_bytes;
    uint8_t bytes[REGION_MAX_CODE + REGION_MAX_NODES * 2 * REGION_CODE_ALIGN];
};

/* What the branch log calls the branch that `next` stands behind. */
static inline uint32_t region_branch_source(vaddr next)
{
    return (uint32_t)next | 1; /* not 0; odd ones may be taken for others */
}

/* The block at pc, or NULL. */
const PlanNode *region_plan_find(const RegionPlan *plan, vaddr pc);
/* Once. */
void region_init(void);
/* On the CPU's thread, once. */
void region_start_sampling(CPUState *cpu);
/* On a CPU's thread, which ends: what waits to be translated for it isn't. */
void region_forget_cpu(CPUState *cpu);
/* Between two blocks: sampled_pc isn't 0. */
void region_look_at_sample(CPUState *cpu);
/* An exit of tb has been linked. */
void region_note_edge(CPUState *cpu, TranslationBlock *tb);
/* While this is held, no region is being translated. Before tcg_lock(). */
void region_hold(void);
void region_release(void);
/* So many, with so many blocks and indirect branches with inline caches, have been translated. */
void region_count(size_t *regions, size_t *blocks, size_t *inline_caches);
/* Has a region made with this root, if it is worth it. */
void region_make(CPUState *cpu, TranslationBlock *root);

/* lockstep.c: host code is compared with the interpreter; blocks don't lead to each other. */
extern bool tcg_lockstep;

/* tcg-accel.c: what windows=off, links=off, … of -accel tcg switch. */
extern bool tcg_use_windows, tcg_use_links, tcg_idle_loops, tcg_inline_caches, tcg_make_ahead;

/* poll.c */
extern bool tcg_poll_loops;
/* Between two blocks, if poll.due: whether the CPU is to nap; its `nap` says for how long. */
bool tcg_poll_naps(CPUState *cpu);
void tcg_poll_free(CPUState *cpu);

/* debug.c */
/* What blocks the CPU is to have, before it looks for its first one. */
void debug_init_cpu(CPUState *cpu);
void debug_free_cpu(CPUState *cpu);
/* Whether there is anything to stop at or to tell; not just: has been. */
bool debug_in_use(CPUState *cpu);
/* From here on the callers have looked at cpu->debug. */
/* Leaves for the debugger if there is a breakpoint at pc; the state is in env. */
void debug_check_breakpoint(CPUState *cpu, vaddr pc);
bool debug_page_is_watched(CPUState *cpu, vaddr page);
/*
 * Before an access: if it hits a watchpoint, leaves generated code to do the instruction as a
 * single step.
 */
void debug_check_watchpoints(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access,
                             int mmu_idx, uintptr_t ra);
/* The CPU loop is entered: the instruction that a watchpoint has reported is let through. */
void debug_pass_reported(CPUState *cpu);
/* The CPU loop is left with EXCP_DEBUG. False: nobody waits for this, the CPU goes on. */
bool debug_step_ended(CPUState *cpu);

/* tb-link.c */
void tb_link(CPUState *cpu, TranslationBlock *tb, unsigned n, TranslationBlock *dest);
void tb_unlink_all(TranslationBlock *tb);
/* Only what leads to tb. */
void tb_unlink_incoming(TranslationBlock *tb);

/* cpu-exec.c */
/* Has the thread sleep until something happens; what has happened already has its turn first. */
void helper_run_on_the_spot(CPUArchState *env);
int tcg_cpu_exec(CPUState *cpu);
/* CPUClass.find_guest_pc */
bool cpu_find_guest_pc(CPUState *cpu, uintptr_t ra, vaddr *pc);
/*
 * Brings env to the state before the guest instruction that host address `ra` belongs to, and gives
 * back the budget of what isn't executed: the caller leaves generated code. False if ra is none.
 */
bool tcg_restore_to_leave(CPUState *cpu, uintptr_t ra);
void tcg_interrupt_exec(CPUState *cpu);
/* While they are held, tcg_interrupt_exec() waits until they aren't. On the CPU's thread. */
void tcg_hold_kicks(CPUState *cpu, bool hold);
/*
 * Before an access to a device: if its instruction isn't the last of its block, leaves generated
 * code to execute it as a block of its own.
 */
void tcg_end_block_at_io(CPUState *cpu, uintptr_t ra);
/*
 * Before a store of `size` bytes to RAM: does it change the block that it is in, though another
 * instruction follows there, of a guest that would see it? The second leaves generated code then, to
 * execute the store as a block of its own.
 */
bool tcg_store_needs_own_block(CPUState *cpu, uintptr_t ra, ram_addr_t start, unsigned size);
/* The same of the store of tb's instruction `insn`. */
bool tcg_stores_into_itself(CPUState *cpu, const TranslationBlock *tb, unsigned insn,
                            ram_addr_t start, unsigned size);
void tcg_end_block_at_own_store(CPUState *cpu, uintptr_t ra, ram_addr_t start, unsigned size);
const void *tcg_lookup_tb_ptr(CPUArchState *env);

/* icount.c */
extern TCGIcountOptions icount_options;
void icount_init(const TCGIcountOptions *options);
/* The CPU's clock is its count from now on. */
void icount_init_cpu(CPUState *cpu);
/*
 * On the CPU's thread, between two blocks: does what is due, and returns how many instructions it is
 * until something else is, or something less.
 */
int32_t icount_budget(CPUState *cpu);
/* AccelOps.wait_idle */
void icount_wait_idle(CPUState *cpu);
void icount_dump(GString *out);

/* A translation that isn't in the cache yet. */
TranslationBlock *tb_gen_code(CPUState *cpu, vaddr pc, uint64_t flags, uint32_t cflags);
/* What -d in_asm shows of it. On the CPU's thread. */
void tb_log_guest_code(CPUState *cpu, vaddr pc, uint32_t size);

#endif
