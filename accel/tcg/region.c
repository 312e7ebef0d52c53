/*
 * Regions: which blocks are hot, and what is translated together with them.
 *
 * A timer of the host that runs with the CPU thread's time looks where generated code is. A block
 * in which the CPU is found again and again becomes the root of a region: the blocks that can be
 * reached from it by branches, calls and returns, have been executed (or they wouldn't be there),
 * and lead back to it if it is in a loop at all. The region takes the root's place; the other
 * blocks stay for whoever comes from elsewhere, and the root's own record stays as what is known of
 * its exits.
 *
 * Of indirect branches nobody knows where they lead. So each time that the timer has looked, where
 * the next ones go is noted (CPUJitState.branches), and a plan follows those of its blocks to where
 * they went most often. In the region each of these is a comparison and a branch.
 *
 * The CPU's thread makes the plan, with a copy of the code; a background thread translates it, and
 * puts it into the cache if the code is still that.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <time.h>
#include "accel/tcg/host-profiler.h"
#include "internal.h"
#include "qemu/atomic.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "system/ram-access.h"
#include "system/ramblock.h"

TCGRegionMode region_mode;

const PlanNode *region_plan_find(const RegionPlan *plan, vaddr pc)
{
    for (unsigned i = 0; i < plan->nb_nodes; i++) {
        if (plan->nodes[i].pc == pc) {
            return &plan->nodes[i];
        }
    }
    return NULL;
}

/* ---- Planning ---- */

/* Blocks looked at; more than a plan has, as not all are useful. */
#define MAX_BLOCKS 96
#define MAX_SUCCESSORS (4 + REGION_MAX_TARGETS)

/* Where an indirect branch has gone, and how often. */
typedef struct Target {
    vaddr pc;
    unsigned times;
} Target;

typedef struct Block {
    TranslationBlock *tb;
    uint8_t successors[MAX_SUCCESSORS];
    unsigned nb_successors;
    bool returns;     /* or goes elsewhere by an indirect branch */
    bool back;        /* can reach the root */
    bool loop_head;
    unsigned nb_entries, order; /* see PlanNode */
    unsigned nb_targets; /* of its indirect branch, the most frequent one first */
    Target targets[REGION_MAX_TARGETS];
} Block;

typedef struct Graph {
    CPUState *cpu;
    Block blocks[MAX_BLOCKS];
    unsigned nb_blocks;
    unsigned left; /* to be given an order */
} Graph;

/* Where the CPU would find the code for pc, seen from tb. False: not known without a look-up. */
static bool code_address(CPUState *cpu, const TranslationBlock *tb, vaddr pc, ram_addr_t *addr)
{
    const PagePair *pair;

    if (((pc ^ tb->pc) & TARGET_PAGE_MASK) == 0) {
        *addr = tb_ram_addr(tb) + (pc - tb->pc);
        return true;
    }
    pair = page_token_pair(cpu->jit->itlb[(pc >> TARGET_PAGE_BITS) & ITLB_MASK]);
    if (!pair || pair->page != (pc & TARGET_PAGE_MASK)) {
        return false;
    }
    *addr = pair->ram_page | (pc & ~TARGET_PAGE_MASK);
    return true;
}

/* The number of the block for `pc`, to which control goes from `from`; -1: there is none. */
static int find_block(Graph *g, const TranslationBlock *from, vaddr pc)
{
    TranslationBlock *tb;
    ram_addr_t addr;

    for (unsigned i = 0; i < g->nb_blocks; i++) {
        if (g->blocks[i].tb->pc == pc) {
            return i;
        }
    }
    if (g->nb_blocks == MAX_BLOCKS || !code_address(g->cpu, from, pc, &addr)) {
        return -1;
    }
    tb = tb_cache_find_block(addr, pc, from->flags, from->cflags);
    if (!tb || tb->nb_ranges != 1) {
        return -1;
    }
    g->blocks[g->nb_blocks] = (Block){ .tb = tb };
    return g->nb_blocks++;
}

static void add_successor(Block *b, int to)
{
    if (to >= 0 && b->nb_successors < MAX_SUCCESSORS) {
        b->successors[b->nb_successors++] = to;
    }
}

/* Different destinations of one branch that are counted; more aren't worth comparing with. */
#define MAX_COUNTED (4 * REGION_MAX_TARGETS)
/* Of all times that the branch was seen, this part makes a destination one to compare with. */
#define MIN_SHARE 32

static int more_often_first(const void *a, const void *b)
{
    const Target *x = a, *y = b;

    return (x->times < y->times) - (x->times > y->times);
}

/* Of the branch at the end of the block. */
static unsigned count_targets(CPUState *cpu, const TranslationBlock *tb,
                              Target targets[MAX_COUNTED], unsigned *all)
{
    uint32_t from = region_branch_source(tb->pc + tb_size(tb));
    unsigned nb = 0, i;

    *all = 0;
    for (unsigned n = 0; n < NB_LOGGED_BRANCHES; n++) {
        const CPUBranch *b = &cpu->jit->branches[n];

        if (b->from != from) {
            continue;
        }
        for (i = 0; i < nb && targets[i].pc != b->to; i++) {
        }
        if (i == nb && nb < MAX_COUNTED) {
            targets[nb++] = (Target){ .pc = b->to };
        }
        if (i < nb) {
            targets[i].times++;
        }
        ++*all;
    }
    qsort(targets, nb, sizeof(*targets), more_often_first);
    return nb;
}

static void find_targets(CPUState *cpu, Block *b)
{
    Target targets[MAX_COUNTED];
    unsigned all, nb = count_targets(cpu, b->tb, targets, &all);

    while (b->nb_targets < MIN(nb, REGION_MAX_TARGETS) &&
           targets[b->nb_targets].times * MIN_SHARE >= all) {
        b->targets[b->nb_targets] = targets[b->nb_targets];
        b->nb_targets++;
    }
}

/* Adds what can be reached from block n in one step. */
static void add_successors(Graph *g, unsigned n)
{
    const TranslationBlock *tb = g->blocks[n].tb;
    vaddr pcs[TB_NB_EXITS];
    unsigned nb = tcg_exit_pcs(tb, pcs);
    bool goes_on = false;

    for (unsigned i = 0; i < nb; i++) {
        goes_on |= pcs[i] == tb->pc + tb_size(tb);
        add_successor(&g->blocks[n], find_block(g, tb, pcs[i]));
    }
    find_targets(g->cpu, &g->blocks[n]);
    for (unsigned i = 0; i < g->blocks[n].nb_targets; i++) {
        add_successor(&g->blocks[n], find_block(g, tb, g->blocks[n].targets[i].pc));
    }
    g->blocks[n].returns = nb == 0 && g->blocks[n].nb_targets == 0;
    g->blocks[n].loop_head = tb->loops;
    if (!goes_on && !g->blocks[n].returns) { /* maybe a call, and this where it comes back to */
        add_successor(&g->blocks[n], find_block(g, tb, tb->pc + tb_size(tb)));
    }
}

/* Depth first from block n: where loops close. `path`: on the way to here. */
static void find_loops(Graph *g, unsigned n, bool *seen, bool *path)
{
    seen[n] = path[n] = true;
    for (unsigned i = 0; i < g->blocks[n].nb_successors; i++) {
        unsigned to = g->blocks[n].successors[i];

        g->blocks[to].nb_entries++;
        if (path[to]) {
            g->blocks[to].loop_head = true;
        } else if (!seen[to]) {
            find_loops(g, to, seen, path);
        }
    }
    path[n] = false;
    g->blocks[n].order = --g->left;
}

/* Marks what leads back to the root; functions that return count as if they did. */
static void find_way_back(Graph *g)
{
    bool changed = true;

    for (unsigned i = 0; i < g->nb_blocks; i++) {
        g->blocks[i].back = i == 0 || g->blocks[i].returns;
    }
    while (changed) {
        changed = false;
        for (unsigned i = 0; i < g->nb_blocks; i++) {
            Block *b = &g->blocks[i];

            for (unsigned k = 0; k < b->nb_successors && !b->back; k++) {
                b->back = g->blocks[b->successors[k]].back;
                changed |= b->back;
            }
        }
    }
}

static bool root_is_in_loop(const Graph *g)
{
    for (unsigned i = 0; i < g->nb_blocks; i++) {
        for (unsigned k = 0; k < g->blocks[i].nb_successors; k++) {
            if (g->blocks[i].successors[k] == 0) {
                return true;
            }
        }
    }
    return g->blocks[0].tb->loops;
}

/* Takes a copy of the block's code. */
static void add_plan_node(RegionPlan *plan, const Block *b)
{
    uint32_t before = b->tb->pc % REGION_CODE_ALIGN;
    ram_addr_t addr = tb_ram_addr(b->tb) - before;
    uint32_t size = ROUND_UP(before + tb_size(b->tb), REGION_CODE_ALIGN);

    plan->nodes[plan->nb_nodes++] = (PlanNode){
        .pc = b->tb->pc,
        .size = tb_size(b->tb),
        .loop_head = b->loop_head,
        .nb_entries = b->nb_entries,
        .order = b->order,
        .code = {
            .start = b->tb->pc - before,
            .size = size,
            .ram_addr = addr,
            .bytes = plan->bytes + plan->nb_bytes,
        },
    };
    ram_read(plan->bytes + plan->nb_bytes, qemu_map_ram_ptr(NULL, addr), size);
    plan->nb_bytes += size;
}

/* Branches go directly to what the region has, and to what is most of it elsewhere. */
#define MIN_SHARE_OUTSIDE 4

static void add_plan_targets(RegionPlan *plan, PlanNode *node, const Block *b)
{
    unsigned all = 0;

    for (unsigned i = 0; i < b->nb_targets; i++) {
        all += b->targets[i].times;
    }
    for (unsigned i = 0; i < b->nb_targets; i++) {
        if (region_plan_find(plan, b->targets[i].pc) ||
            b->targets[i].times * MIN_SHARE_OUTSIDE >= all) {
            node->targets[node->nb_targets++] = b->targets[i].pc;
        }
    }
    plan->nb_inline_caches += node->nb_targets > 0;
    plan->many_ways |= node->nb_targets > 1;
}

static RegionPlan *make_plan(CPUState *cpu, TranslationBlock *root)
{
    Graph g = { .cpu = cpu, .blocks[0].tb = root, .nb_blocks = 1 };
    bool seen[MAX_BLOCKS] = { false }, path[MAX_BLOCKS] = { false };
    const Block *node_blocks[REGION_MAX_NODES];
    RegionPlan *plan = g_new0(RegionPlan, 1);
    uint32_t code_size = 0;
    bool in_loop;

    for (unsigned i = 0; i < g.nb_blocks; i++) {
        add_successors(&g, i);
    }
    g.left = g.nb_blocks;
    find_loops(&g, 0, seen, path);
    find_way_back(&g);
    in_loop = root_is_in_loop(&g);
    for (unsigned i = 0; i < g.nb_blocks && plan->nb_nodes < REGION_MAX_NODES; i++) {
        const Block *b = &g.blocks[i];

        code_size += tb_size(b->tb);
        if ((!in_loop || b->back) && code_size <= REGION_MAX_CODE) {
            node_blocks[plan->nb_nodes] = b;
            add_plan_node(plan, b);
        }
    }
    for (unsigned i = 0; i < plan->nb_nodes; i++) {
        add_plan_targets(plan, &plan->nodes[i], node_blocks[i]);
    }
    return plan;
}

/* ---- Translating ---- */

/*
 * Held from the allocation of a region's record until it is in the cache or given up: nobody
 * empties the code buffer meanwhile. Comes before tcg_lock().
 */
static GMutex translating;
/* For the background thread. Not a GAsyncQueue, whose lock the thread sanitizer can't see. */
static GQueue plans = G_QUEUE_INIT;
static RegionPlan *plan_in_hand; /* the background thread's; with plans_lock */
static GMutex plans_lock;
static GCond plans_cond;
static size_t nb_regions, nb_region_blocks, nb_inline_caches;

/* More than that aren't worth waiting for: what is hot is found again. */
#define MAX_WAITING 16

void region_hold(void)
{
    g_mutex_lock(&translating);
}

void region_release(void)
{
    g_mutex_unlock(&translating);
}

void region_count(size_t *regions, size_t *blocks, size_t *inline_caches)
{
    *regions = qatomic_read(&nb_regions);
    *blocks = qatomic_read(&nb_region_blocks);
    *inline_caches = qatomic_read(&nb_inline_caches);
}

/* On any thread: the plan has all that is needed, but for what all CPUs of a class share. */
static void translate(TCGContext *ctx, const RegionPlan *plan)
{
    TranslatorInput input = { .max_insns = TB_MAX_INSNS, .plan = plan };
    TCGContext *before = tcg_ctx;
    TranslationBlock *tb;
    bool ok;

    region_hold();
    tcg_ctx = ctx;
    tb = plan->cpu ? tcg_tb_alloc(ctx) : NULL; /* or its CPU has gone */
    if (tb) {
        tb->pc = plan->nodes[0].pc;
        tb->flags = plan->flags;
        tb->cflags = plan->cflags;
        tb->region = true;
        tcg_func_start(ctx, plan->window_modes, plan->stack_window_modes);
        tcg_use_stack_page_slot(ctx);
        tcg_use_page_slots(ctx, plan->bad_slots);
        tcg_use_paged_windows(ctx, plan->paged_modes);
        plan->cpu->tcg->ops->translate_code(plan->cpu, tb, &input);
    }
    ok = tb && tcg_gen_code(ctx, tb);
    if (ok && qatomic_read(&host_profiler_on)) {
        host_profiler_note(tb);
    }
    if (ok && tb_cache_add_region(tb, plan->writes)) {
        qatomic_inc(&nb_regions);
        qatomic_add(&nb_region_blocks, plan->nb_nodes);
        qatomic_add(&nb_inline_caches, plan->nb_inline_caches);
    }
    tcg_ctx = before;
    region_release();
}

static void add_plan(RegionPlan *plan)
{
    g_mutex_lock(&plans_lock);
    g_queue_push_tail(&plans, plan);
    g_cond_signal(&plans_cond);
    g_mutex_unlock(&plans_lock);
}

static RegionPlan *wait_for_plan(void)
{
    RegionPlan *plan;

    g_mutex_lock(&plans_lock);
    while (!(plan = g_queue_pop_head(&plans))) {
        g_cond_wait(&plans_cond, &plans_lock);
    }
    plan_in_hand = plan;
    g_mutex_unlock(&plans_lock);
    return plan;
}

static void end_plan(RegionPlan *plan)
{
    g_mutex_lock(&plans_lock);
    plan_in_hand = NULL;
    g_mutex_unlock(&plans_lock);
    g_free(plan);
}

/* Nothing is translated meanwhile, so that a plan without its CPU isn't begun. */
void region_forget_cpu(CPUState *cpu)
{
    region_hold();
    g_mutex_lock(&plans_lock);
    for (GList *l = plans.head, *next; l; l = next) {
        RegionPlan *plan = l->data;

        next = l->next;
        if (plan->cpu == cpu) {
            g_queue_delete_link(&plans, l);
            g_free(plan);
        }
    }
    if (plan_in_hand && plan_in_hand->cpu == cpu) {
        plan_in_hand->cpu = NULL;
    }
    g_mutex_unlock(&plans_lock);
    region_release();
    if (cpu->tcg->sampler_set) {
        timer_delete(cpu->tcg->sampler);
    }
}

static bool too_many_wait(void)
{
    bool too_many;

    g_mutex_lock(&plans_lock);
    too_many = plans.length >= MAX_WAITING;
    g_mutex_unlock(&plans_lock);
    return too_many;
}

static gpointer translate_plans(gpointer unused)
{
    TCGContext *ctx = tcg_context_new();

    for (;;) {
        RegionPlan *plan = wait_for_plan();

        translate(ctx, plan);
        end_plan(plan);
    }
    return NULL;
}

/* What blocks look like is written to the log, in the order in which they are translated. */
static bool logs_translations(void)
{
    return qemu_loglevel_mask(CPU_LOG_TB_OP | CPU_LOG_TB_OP_OPT | CPU_LOG_TB_OUT_ASM);
}

static bool may_have_regions(CPUState *cpu)
{
    return region_mode != TCG_REGIONS_OFF && !debug_in_use(cpu) &&
           !(cpu->tcg->cflags & ~CF_NO_WINDOW);
}

/* Bytes of guest code whose accesses to memory are worth page slots of their own. */
#define LONG_BLOCK 64

/* Worth it: there is more than one block, or a loop, or much to do in a single one. */
static bool is_worth_it(const RegionPlan *plan)
{
    return plan->nb_nodes > 1 || plan->nodes[0].loop_head || plan->nodes[0].size >= LONG_BLOCK;
}

/*
 * What has proved bad in the region whose root is at pc: page slots that were filled too often, and
 * whether paged windows did more harm than good. Shared by CPUs and address spaces: nothing but
 * speed depends on it. With tcg_lock().
 */
typedef struct KnownBad {
    vaddr pc;
    TCGPageSlotSet slots;
    bool windows;
} KnownBad;

static KnownBad known_bad[256]; /* by hash of the pc */

static KnownBad *known_bad_entry(vaddr pc)
{
    return &known_bad[(pc >> 2 ^ pc >> 10) % ARRAY_SIZE(known_bad)];
}

static KnownBad known_bad_of(vaddr pc)
{
    const KnownBad *entry = known_bad_entry(pc);

    return entry->pc == pc ? *entry : (KnownBad){ .pc = pc };
}

/* False: all that was known. */
static bool add_known_bad(const KnownBad *bad)
{
    KnownBad all = known_bad_of(bad->pc);
    bool added = (bad->slots.of[0] & ~all.slots.of[0]) | (bad->slots.of[1] & ~all.slots.of[1]) |
                 (bad->windows && !all.windows);

    all.slots.of[0] |= bad->slots.of[0];
    all.slots.of[1] |= bad->slots.of[1];
    all.windows |= bad->windows;
    *known_bad_entry(bad->pc) = all;
    return added;
}

void region_make(CPUState *cpu, TranslationBlock *root)
{
    bool windows = !(root->cflags & CF_NO_WINDOW);
    RegionPlan *plan;
    KnownBad bad;

    tcg_lock(); /* another CPU may drop it */
    if (root->invalid || root->region || root->nb_ranges != 1) {
        tcg_unlock();
        return;
    }
    plan = make_plan(cpu, root);
    bad = known_bad_of(root->pc);
    plan->bad_slots = bad.slots;
    plan->writes = tb_cache_writes();
    tcg_unlock();
    plan->cpu = cpu;
    plan->flags = root->flags;
    plan->cflags = root->cflags;
    plan->window_modes = windows ? window_modes(cpu) : 0;
    plan->stack_window_modes = windows ? stack_window_modes(cpu) : 0;
    plan->paged_modes = windows && !bad.windows ? paged_window_modes(cpu) : 0;
    qatomic_set(&root->heat, HEAT_DONE);
    if (!is_worth_it(plan)) {
        g_free(plan);
    } else if (region_mode == TCG_REGIONS_FORCED || logs_translations()) {
        for (unsigned i = 0; i < plan->nb_nodes; i++) {
            tb_log_guest_code(cpu, plan->nodes[i].pc, plan->nodes[i].size);
        }
        translate(cpu->tcg->ctx, plan);
        g_free(plan);
    } else {
        add_plan(plan);
    }
}

/* ---- Finding what is hot ---- */

#define SAMPLE_INTERVAL_NS 1000000
/* A block becomes a root when the CPU is found in it so many times. */
#define ROOT_HEAT 3

static QEMU_IN_SIGNAL void sample_handler(int sig, siginfo_t *info, void *context)
{
    CPUState *cpu = current_cpu;
    const uintptr_t *pc = host_context_pc(context);

    if (!cpu || !pc) {
        return;
    }
    cpu->tcg->ticks++;
    if (tcg_in_code_buffer(*pc)) {
        cpu->tcg->sampled_pc = *pc;
        tcg_interrupt_exec(cpu);
    }
}

void region_init(void)
{
    struct sigaction sa = { .sa_sigaction = sample_handler, .sa_flags = SA_RESTART | SA_SIGINFO };

    sigemptyset(&sa.sa_mask);
    sigaction(SIGPROF, &sa, NULL);
    if (region_mode == TCG_REGIONS_ON) {
        g_thread_unref(g_thread_new("regions", translate_plans, NULL));
    }
}

void region_start_sampling(CPUState *cpu)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF };
    struct itimerspec when = { .it_interval.tv_nsec = SAMPLE_INTERVAL_NS,
                               .it_value.tv_nsec = SAMPLE_INTERVAL_NS };

    cpu->tcg->sampling = true;
    if (region_mode == TCG_REGIONS_FORCED) {
        cpu->jit->branches_wanted = UINT32_MAX;
    }
    event._sigev_un._tid = gettid();
    if (region_mode == TCG_REGIONS_ON &&
        timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &cpu->tcg->sampler) == 0) {
        cpu->tcg->sampler_set = true;
        timer_settime(cpu->tcg->sampler, 0, &when, NULL);
    }
}

/*
 * A miss costs some twenty cycles more than a TLB lookup would, a hit saves two. More misses in a
 * tick (1 ms) than this are a good part of it: memory is accessed at random there.
 */
#define MAX_SLOT_MISSES 8000

/* The slots with too many misses; all are counted anew. */
static TCGPageSlotSet take_bad_slots(CPUState *cpu)
{
    uint64_t limit = (uint64_t)MAX_SLOT_MISSES * MAX(cpu->tcg->ticks, 1);
    TCGPageSlotSet bad = { { 0 } };

    for (unsigned mode = 0; mode < NB_PAGE_SLOT_MODES; mode++) {
        for (unsigned store = 0; store < 2; store++) {
            uint64_t filled = cpu->jit->page_slots[mode][store].filled;
            uint32_t *misses = cpu->jit->page_slots[mode][store].misses;

            for (; filled; filled &= filled - 1) {
                bad.of[store] |= (uint64_t)(misses[ctz64(filled)] > limit) << ctz64(filled);
                misses[ctz64(filled)] = 0;
            }
        }
    }
    return bad;
}

/*
 * A fault in a paged window, or a page that it shows or hides, takes 2 us or so. More in a tick are
 * a tenth of it.
 */
#define MAX_WINDOW_WORK 50

static bool take_bad_windows(CPUState *cpu)
{
    bool bad = cpu->tcg->window_work > MAX_WINDOW_WORK * MAX(cpu->tcg->ticks, 1);

    cpu->tcg->window_work = 0;
    return bad;
}

/* The region that the CPU was found in does without what costs too much there. */
static void review(CPUState *cpu, TranslationBlock *tb)
{
    KnownBad bad = { .pc = tb->pc, .slots = take_bad_slots(cpu), .windows = take_bad_windows(cpu) };
    TranslationBlock *root = NULL;

    bad.windows &= tb->paged;
    if (!(bad.slots.of[0] | bad.slots.of[1] | bad.windows)) {
        return;
    }
    tcg_lock();
    if (!tb->invalid && add_known_bad(&bad)) {
        root = tb_cache_find_block(tb_ram_addr(tb), tb->pc, tb->flags, tb->cflags);
    }
    tcg_unlock();
    if (root) {
        tb_cache_drop(tb);
        region_make(cpu, root);
    }
}

/*
 * So many indirect branches are noted after each sample: four times a root's samples fill the log.
 */
#define BRANCHES_NOTED (NB_LOGGED_BRANCHES / 4)

void region_look_at_sample(CPUState *cpu)
{
    TranslationBlock *tb = tcg_tb_lookup(cpu->tcg->sampled_pc);

    cpu->tcg->sampled_pc = 0;
    cpu->jit->branches_wanted = BRANCHES_NOTED;
    tcg_stats(cpu)->samples++;
    if (!tb || !may_have_regions(cpu) || too_many_wait()) {
        return;
    }
    if (tb->region) {
        tcg_stats(cpu)->region_samples++;
        review(cpu, tb);
        cpu->tcg->ticks = 0;
    } else if (qatomic_read(&tb->heat) < HEAT_DONE && qatomic_inc_fetch(&tb->heat) == ROOT_HEAT) {
        region_make(cpu, tb);
    }
}

void region_note_edge(CPUState *cpu, TranslationBlock *tb)
{
    if (region_mode == TCG_REGIONS_FORCED && may_have_regions(cpu)) {
        region_make(cpu, tb);
    }
}
