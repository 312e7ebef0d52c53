/*
 * The loop that every guest translator shares: instruction by instruction until the block ends; for
 * a region, block by block.
 *
 * A region's blocks stand in the order in which control is expected to run through them. A block
 * that is entered only from the one before continues its budget group; every other one begins a
 * group (tcg-op.h). An edge that leaves its group early gives back what it doesn't execute; one
 * that leads into the middle of a group, as back to a loop that was entered from above, charges the
 * rest of that.
 *
 * A function that is called from several places in the region is translated for each of them, so
 * that where it returns is known, and only compared. In the same way a block is translated for each
 * of a few states in which control comes to it (DisasContextBase.edge_state): so the second turn of
 * a loop, and all after it, need not find in env what the first one does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/translator.h"
#include "internal.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "system/ram-access.h"
#include "system/ramblock.h"
#include "tcg/helper.h"
#include "tcg/tcg-op.h"

static bool same_page(vaddr a, vaddr b)
{
    return ((a ^ b) & TARGET_PAGE_MASK) == 0;
}

/* ---- Regions ---- */

#define MAX_CALL_DEPTH 3
#define NO_CALL (-1)

/* A call that the code at hand is within. */
typedef struct RegionCall {
    int outer; /* index of the call that this one is within, or NO_CALL */
    unsigned depth;
    vaddr ret;
} RegionCall;

/* A block of the plan, within certain calls, entered in a certain state. */
typedef struct RegionNode {
    const PlanNode *plan;
    int call;
    uint64_t state; /* 0: the usual one */
    TCGLabel *label;
    bool placed;
    bool head;     /* a group begins here, with the budget operation behind the label */
    unsigned insn; /* number of its first instruction */
    unsigned edges;
} RegionNode;

/*
 * An edge to another page found that this isn't mapped as it was; or a block that is entered in a
 * state, that the budget is exhausted.
 */
typedef struct Miss {
    TCGLabel *label;
    vaddr dest;
    uint64_t state;
    bool of_budget;
    unsigned executed;
} Miss;

#define MAX_INSTANCES   (TB_MAX_ELEMENTS - 1) /* each has a group and a range at most */
#define MAX_CHARGES     (TCG_MAX_BUDGETS - MAX_INSTANCES)
#define MAX_CALLS       16
#define MAX_PAGE_MISSES 64
#define MAX_MISSES      (MAX_PAGE_MISSES + MAX_INSTANCES + MAX_CHARGES)
/*
 * Of a block, in different states; and of guest code that is there in more than one, in bytes. What
 * is beyond is entered in the usual state.
 */
#define MAX_STATES      3
#define MAX_REPEATED    (REGION_MAX_CODE / 2)

struct RegionState {
    const RegionPlan *plan;
    RegionNode nodes[MAX_INSTANCES];
    unsigned nb_nodes;
    RegionCall calls[MAX_CALLS];
    unsigned nb_calls;
    Miss misses[MAX_MISSES];
    unsigned nb_misses, nb_page_misses;
    uint32_t code_size;   /* of all nodes but those */
    uint32_t repeated;    /* that repeat a block for another state */
    const TranslatorOps *ops;
    unsigned nb_charges;  /* edges into the middle of a group */
    RegionNode *node;     /* the current one */
    bool has_loops;       /* else nothing is worth a state */
    RegionNode *next;     /* entered from the current one only, and what that gives back for it */
    TCGOp *next_refund;
    bool closes_loop;     /* the current one goes back, and the group ends with it */
    bool many_ways;       /* it branches to one of several, and the group ends with it */
    void (*store_pc)(vaddr dest);
};

bool translator_states = true;
static size_t nb_repeated;

size_t translator_repeated_blocks(void)
{
    return qatomic_read(&nb_repeated);
}

static RegionNode *add_node(RegionState *r, const PlanNode *plan, int call, uint64_t state)
{
    RegionNode *node = &r->nodes[r->nb_nodes++];

    *node = (RegionNode){
        .plan = plan, .call = call, .state = state, .label = gen_new_label()
    };
    return node;
}

/* Whether there is room for one more form of a block that has `forms` of them. */
static bool has_room(const RegionState *r, const PlanNode *plan, uint64_t state, unsigned forms)
{
    if (forms == 0) {
        return r->nb_nodes < MAX_INSTANCES && r->code_size + plan->size <= REGION_MAX_CODE;
    }
    if (state == 0) { /* where the others lead when there are too many of them */
        return r->nb_nodes < MAX_INSTANCES;
    }
    return r->nb_nodes < MAX_INSTANCES / 2 && forms < MAX_STATES &&
           r->repeated + plan->size <= MAX_REPEATED;
}

/*
 * The block for `pc` within `call`, to be entered in `state`, or in the usual one after all. NULL:
 * the region won't have it.
 */
static RegionNode *find_node(RegionState *r, vaddr pc, int call, uint64_t state)
{
    const PlanNode *plan = region_plan_find(r->plan, pc);
    unsigned forms = 0;

    if (!plan) {
        return NULL;
    }
    for (unsigned i = 0; i < r->nb_nodes; i++) {
        if (r->nodes[i].plan == plan && r->nodes[i].call == call) {
            if (r->nodes[i].state == state) {
                return &r->nodes[i];
            }
            forms++;
        }
    }
    if (!has_room(r, plan, state, forms)) {
        return state ? find_node(r, pc, call, 0) : NULL;
    }
    *(forms ? &r->repeated : &r->code_size) += plan->size;
    qatomic_set(&nb_repeated, nb_repeated + (forms > 0)); /* region_hold() */
    return add_node(r, plan, call, state);
}

/* The call to be within after one at the current place that returns to `ret`, or NO_CALL. */
static int find_call(RegionState *r, vaddr ret)
{
    int outer = r->node->call;
    unsigned depth = outer == NO_CALL ? 1 : r->calls[outer].depth + 1;

    for (unsigned i = 0; i < r->nb_calls; i++) {
        if (r->calls[i].outer == outer && r->calls[i].ret == ret) {
            return i;
        }
    }
    if (depth > MAX_CALL_DEPTH || r->nb_calls == MAX_CALLS) {
        return NO_CALL;
    }
    r->calls[r->nb_calls] = (RegionCall){ outer, depth, ret };
    return r->nb_calls++;
}

/* Where to go if the check at hand fails: `dest` in that state. */
static Miss *add_miss(RegionState *r, vaddr dest, uint64_t state)
{
    Miss *miss = &r->misses[r->nb_misses];

    *miss = (Miss){ .label = gen_new_label(), .dest = dest, .state = state };
    r->nb_misses++;
    return miss;
}

/* False: can't be told apart from others. */
static bool check_page(DisasContextBase *db, const RegionNode *to)
{
    RegionState *r = db->region;
    const PlanNode *plan = to->plan;
    uint32_t token = page_token(plan->pc, plan->code.ram_addr);
    TCGv_ptr itlb = tcg_temp_new_ptr();
    TCGv_i32 found = tcg_temp_new_i32();
    Miss *miss;

    if (token == ITLB_EMPTY || r->nb_page_misses == MAX_PAGE_MISSES) {
        return false;
    }
    r->nb_page_misses++;
    miss = add_miss(r, plan->pc, to->state);
    miss->executed = db->num_insns;
    tcg_gen_ld_ptr(itlb, tcg_env, JIT_OFFSET(itlb));
    tcg_gen_ld_i32(found, itlb, ((plan->pc >> TARGET_PAGE_BITS) & ITLB_MASK) * sizeof(token));
    tcg_gen_brcondi_i32(TCG_COND_NE, found, token, miss->label);
    return true;
}

/*
 * The budget operation before instruction `insn` of `node`. What leaves there in the usual state has
 * everything in env; in another one, that has to be made first.
 */
static void charge(RegionState *r, const RegionNode *node, unsigned insn)
{
    Miss *miss;

    if (!node->state) {
        tcg_gen_budget(node->plan->pc, insn);
        return;
    }
    miss = add_miss(r, node->plan->pc, node->state);
    miss->of_budget = true;
    tcg_gen_budget_or(miss->label, insn);
}

/* What the current edge carries goes to where it usually is. */
static void settle_edge(DisasContextBase *db)
{
    if (db->edge_state) {
        db->region->ops->settle(db, db->edge_state);
        db->edge_state = 0;
    }
}

/* Emits the edge from the current place to `to`; false if there is none. */
static bool go_within(DisasContextBase *db, RegionNode *to)
{
    RegionState *r = db->region;
    bool charges = to && to->placed && !to->head;
    TCGOp *refund;

    if (!to || (charges && r->nb_charges == MAX_CHARGES)) {
        return false;
    }
    if (!to->state) {
        settle_edge(db);
    }
    if (!same_page(to->plan->pc, db->pc_first) && !check_page(db, to)) {
        return false;
    }
    refund = tcg_gen_budget_return(db->num_insns);
    if (charges) {
        charge(r, to, to->insn);
        r->nb_charges++;
    }
    tcg_gen_br(to->label);
    db->is_jmp = DISAS_NORETURN;
    to->edges++;
    r->closes_loop |= to->placed;
    if (r->closes_loop || to == r->next) {
        r->next = NULL;
    } else if (to->edges == 1 && !to->plan->loop_head && !r->many_ways &&
               !(r->plan->many_ways && to->plan->nb_entries > 1)) {
        r->next = to;
        r->next_refund = refund;
    }
    return true;
}

static void begin_group(DisasContextBase *db, RegionNode *node)
{
    if (node->insn) {
        tcg_end_budget_group(node->insn);
    }
    charge(db->region, node, node->insn);
    node->head = true;
}

/* Marks where the block begins, behind the ones that are there. */
static void place_node(DisasContextBase *db, RegionNode *node)
{
    RegionState *r = db->region;

    r->node = node;
    node->placed = true;
    node->insn = db->num_insns;
    gen_set_label(node->label);
    if (node == r->next) {
        tcg_cancel_budget_return(r->next_refund);
    } else {
        begin_group(db, node);
    }
    r->next = NULL;
    r->closes_loop = false;
    db->code = node->plan->code;
    tcg_note_guest_code(tcg_ctx, db->code.ram_addr + (node->plan->pc - db->code.start),
                        node->plan->size);
    db->pc_first = db->pc_next = node->plan->pc;
    db->entry_state = node->state;
    db->is_jmp = DISAS_NEXT;
}

/*
 * The latest, so that loops stay together. Where many ways come together again, as behind a switch,
 * that place isn't to look like a loop's head: it comes behind them all.
 */
static bool comes_before(const RegionState *r, const RegionNode *a, const RegionNode *b)
{
    return r->plan->many_ways && a->plan->order < b->plan->order;
}

static RegionNode *choose_node(RegionState *r)
{
    RegionNode *best = NULL;

    if (r->next) {
        return r->next;
    }
    for (unsigned i = r->nb_nodes; i-- > 0;) {
        RegionNode *node = &r->nodes[i];

        if (!node->placed && (!best || comes_before(r, node, best))) {
            best = node;
        }
    }
    return best;
}

/* ---- Ways out ---- */

static void leave_for(DisasContextBase *db, vaddr dest, void (*store_pc)(vaddr dest))
{
    unsigned n = db->nb_exits;

    db->is_jmp = DISAS_NORETURN;
    tcg_gen_settle();
    if (db->tb->cflags & CF_NO_GOTO_TB) {
        store_pc(dest);
        translator_exit_to_loop(db);
        return;
    }
    if (n == TB_NB_EXITS) {
        store_pc(dest);
        tcg_gen_lookup_and_goto_ptr();
        return;
    }
    db->nb_exits++;
    if (same_page(dest, db->pc_first)) {
        tcg_gen_goto_tb(n);
    } else {
        tcg_gen_goto_tb_checked(n, (dest >> TARGET_PAGE_BITS) & ITLB_MASK);
    }
    store_pc(dest);
    tcg_gen_exit_tb(db->tb, n);
}

DEF_HELPER_FLAGS_1(run_on_the_spot, 0, void, env)

/*
 * A jump to its own block, which does nothing. Such are the idle loops of many a kernel, and where
 * firmware ends. With -icount each turn takes its time.
 */
static bool goes_nowhere(DisasContextBase *db, vaddr dest)
{
    return tcg_idle_loops && dest == db->pc_first &&
           !(db->tb->cflags & (CF_NO_GOTO_TB | CF_COUNT_MASK | CF_SINGLE_STEP | CF_ICOUNT)) &&
           (db->only_checked || tcg_is_idle_since(db->region ? db->region->node->label : NULL));
}

bool translator_stay(DisasContextBase *db, vaddr dest, void (*store_pc)(vaddr dest))
{
    if (!goes_nowhere(db, dest)) {
        return false;
    }
    if (db->region) {
        settle_edge(db);
        tcg_gen_budget_return(db->num_insns);
    }
    tcg_gen_settle();
    store_pc(dest);
    gen_helper_run_on_the_spot(tcg_env);
    translator_exit_to_loop(db);
    return true;
}

static void goto_within_call(DisasContextBase *db, vaddr dest, int call, void (*store_pc)(vaddr))
{
    RegionState *r = db->region;

    if (translator_stay(db, dest, store_pc)) {
        return;
    }
    if (r) {
        r->store_pc = store_pc;
        if (go_within(db, find_node(r, dest, call, db->edge_state))) {
            return;
        }
        settle_edge(db);
        tcg_gen_budget_return(db->num_insns);
    }
    leave_for(db, dest, store_pc);
}

void translator_goto_tb(DisasContextBase *db, vaddr dest, void (*store_pc)(vaddr dest))
{
    goto_within_call(db, dest, db->region ? db->region->node->call : NO_CALL, store_pc);
}

void translator_goto_function(DisasContextBase *db, vaddr dest, vaddr ret,
                              void (*store_pc)(vaddr dest))
{
    goto_within_call(db, dest, db->region ? find_call(db->region, ret) : NO_CALL, store_pc);
}

bool translator_expects_return(DisasContextBase *db, vaddr *pc)
{
    RegionState *r = db->region;

    if (!r || r->node->call == NO_CALL) {
        return false;
    }
    *pc = r->calls[r->node->call].ret;
    return true;
}

void translator_goto_return(DisasContextBase *db, void (*store_pc)(vaddr dest))
{
    const RegionCall *call = &db->region->calls[db->region->node->call];

    goto_within_call(db, call->ret, call->outer, store_pc);
}

bool translator_carries_states(const DisasContextBase *db)
{
    return db->region && db->region->has_loops && translator_states;
}

void translator_exit_to_loop(DisasContextBase *db)
{
    tcg_gen_settle();
    tcg_gen_exit_tb(NULL, 0);
    db->is_jmp = DISAS_NORETURN;
}

static void lookup_from(DisasContextBase *db, uint32_t from)
{
    if (db->tb->cflags & CF_NO_GOTO_TB) {
        translator_exit_to_loop(db);
        return;
    }
    if (db->region) {
        tcg_gen_budget_return(db->num_insns);
    }
    tcg_gen_settle();
    tcg_gen_lookup_and_goto_ptr_from(from);
    db->is_jmp = DISAS_NORETURN;
}

void translator_lookup_and_goto_ptr(DisasContextBase *db)
{
    lookup_from(db, 0);
}

/* All comparisons first: most of the time several are made, so nothing stands between them. */
void translator_goto_targets(DisasContextBase *db, TCGv_i64 target,
                             void (*go)(DisasContextBase *db, vaddr dest))
{
    const PlanNode *plan = db->region ? db->region->node->plan : NULL;
    TCGLabel *labels[REGION_MAX_TARGETS], *elsewhere;

    if (!plan || plan->nb_targets == 0) {
        return;
    }
    elsewhere = gen_new_label();
    for (unsigned i = 0; i < plan->nb_targets; i++) {
        labels[i] = gen_new_label();
        tcg_gen_brcondi_i64(TCG_COND_EQ, target, plan->targets[i], labels[i]);
    }
    tcg_gen_br(elsewhere);
    db->region->many_ways = plan->nb_targets > 1;
    for (unsigned i = 0; i < plan->nb_targets; i++) {
        gen_set_label(labels[i]);
        go(db, plan->targets[i]);
    }
    db->region->many_ways = false;
    gen_set_label(elsewhere);
}

void translator_goto_indirect(DisasContextBase *db, vaddr next)
{
    lookup_from(db, tcg_inline_caches ? region_branch_source(next) : 0);
}

/* ---- Instructions ---- */

/*
 * Blocks of such code have one instruction, so the CPU's state is the one before it if the bus
 * reports an error.
 */
static uint32_t fetch_from_device(CPUState *cpu, vaddr pc, hwaddr addr, MemOp op)
{
    const TCGCPUOps *ops = cpu->tcg->ops;
    MemTxResult result;
    MemTxAttrs attrs = cpu->tcg->fetch_attrs;
    AddressSpace *as = cpu_address_space(cpu, attrs);
    uint8_t bytes[8] = { 0 };

    result = address_space_read(as, addr, attrs, bytes, memop_size(op));
    if (result != MEMTX_OK && ops->do_transaction_failed &&
        !cpu->ignore_memory_transaction_failures) {
        ops->do_transaction_failed(cpu, addr, pc, memop_size(op), MMU_INST_FETCH,
                                   ops->insn_mmu_index(cpu), attrs, result, 0);
    }
    return ram_load(bytes, op);
}

/* Makes db->code the page of `pc`. False: it is a device's; *io is where, a physical address. */
static bool find_code(DisasContextBase *db, vaddr pc, hwaddr *io_addr)
{
    uint32_t offset = pc & ~TARGET_PAGE_MASK;
    ram_addr_t addr;
    bool io;

    if (pc - db->code.start < db->code.size) {
        return true;
    }
    addr = tlb_code_address(db->cpu, pc, &io);
    g_assert(!db->region); /* a region's plan has all its code */
    if (io) {
        *io_addr = addr;
        return false;
    }
    db->code = (GuestCode){
        .start = pc - offset,
        .size = TARGET_PAGE_SIZE,
        .ram_addr = addr - offset,
        .bytes = qemu_map_ram_ptr(NULL, addr - offset),
    };
    return true;
}

void translator_note_code(DisasContextBase *db, vaddr pc, size_t size)
{
    if (!db->region && pc - db->code.start < db->code.size) {
        tcg_note_guest_code(tcg_ctx, db->code.ram_addr + (pc - db->code.start), size);
    }
}

static uint32_t fetch(DisasContextBase *db, vaddr pc, MemOp op, unsigned munge)
{
    unsigned other_word = munge & 4, before = pc & (memop_size(op) - 1);
    hwaddr io_addr;

    if (!find_code(db, pc, &io_addr)) {
        return fetch_from_device(db->cpu, pc, (io_addr - before) ^ other_word, op);
    }
    translator_note_code(db, pc, memop_size(op) - before);
    db->tb->munged |= munge != 0;
    return ram_load(db->code.bytes + (((pc - before) ^ other_word) - db->code.start), op);
}

size_t translator_peek(DisasContextBase *db, vaddr pc, uint8_t *bytes, size_t size)
{
    size_t left = MIN(size, TARGET_PAGE_SIZE - (pc & ~TARGET_PAGE_MASK));
    hwaddr io_addr;

    if (db->region && pc - db->code.start >= db->code.size) {
        return 0;
    }
    if (find_code(db, pc, &io_addr)) {
        left = MIN(left, db->code.start + db->code.size - pc);
        ram_read(bytes, db->code.bytes + (pc - db->code.start), left);
        return left;
    }
    for (size_t i = 0; i < left; i++) {
        bytes[i] = fetch_from_device(db->cpu, pc + i, io_addr + i, MO_8);
    }
    return left;
}

uint32_t translator_ldl_be(DisasContextBase *db, vaddr pc, unsigned munge)
{
    return fetch(db, pc, MO_BEUL, munge);
}

uint16_t translator_lduw_le(DisasContextBase *db, vaddr pc)
{
    return fetch(db, pc, MO_LEUW, 0);
}

DEF_HELPER_FLAGS_3(check_code_page, TCG_CALL_NO_WG, void, env, i64, i64)

void translator_check_page(DisasContextBase *db, vaddr pc)
{
    ram_addr_t ram_addr = db->code.ram_addr + (pc - db->code.start);
    TCGLabel *same = gen_new_label();
    TCGv_ptr itlb = tcg_temp_new_ptr();
    TCGv_i32 found = tcg_temp_new_i32();
    uint32_t token;

    if (pc - db->code.start >= db->code.size) {
        return; /* a device's code, which isn't kept */
    }
    token = page_token(pc, ram_addr);
    if (token != ITLB_EMPTY) {
        tcg_gen_ld_ptr(itlb, tcg_env, JIT_OFFSET(itlb));
        tcg_gen_ld_i32(found, itlb, ((pc >> TARGET_PAGE_BITS) & ITLB_MASK) * sizeof(token));
        tcg_gen_brcondi_i32(TCG_COND_EQ, found, token, same);
    }
    gen_helper_check_code_page(tcg_env, tcg_constant_i64(pc), tcg_constant_i64(ram_addr));
    gen_set_label(same);
}

bool translator_goes_on(DisasContextBase *db)
{
    if (db->num_insns >= db->max_insns || !same_page(db->pc_next, db->pc_first)) {
        return false;
    }
    return db->region ? db->pc_next - db->pc_first < db->region->node->plan->size
                      : !cpu_breakpoint_test(db->cpu, db->pc_next);
}

static void translate_block(DisasContextBase *db, const TranslatorOps *ops)
{
    CPUState *cpu = db->cpu;

    ops->tb_start(db, cpu);
    while (db->is_jmp == DISAS_NEXT) {
        db->num_insns++;
        db->edge_state = 0;
        ops->insn_start(db, cpu);
        ops->translate_insn(db, cpu);
        if (db->is_jmp == DISAS_NEXT && !translator_goes_on(db)) {
            db->is_jmp = DISAS_TOO_MANY;
        }
    }
    ops->tb_stop(db, cpu);
}

static void place_miss(DisasContextBase *db, const Miss *miss)
{
    gen_set_label(miss->label);
    db->edge_state = miss->state;
    settle_edge(db);
    if (!miss->of_budget) {
        tcg_gen_budget_return(miss->executed);
    }
    tcg_gen_settle();
    db->region->store_pc(miss->dest);
    if (miss->of_budget) {
        tcg_gen_exit_tb(NULL, 0);
    } else {
        tcg_gen_lookup_and_goto_ptr();
    }
}

static void translate_region(DisasContextBase *db, const TranslatorOps *ops, const RegionPlan *plan)
{
    RegionState region = { .plan = plan, .ops = ops }, *r = &region;
    RegionNode *node;

    db->region = r;
    for (unsigned i = 0; i < plan->nb_nodes; i++) {
        r->has_loops |= plan->nodes[i].loop_head;
    }
    node = find_node(r, plan->nodes[0].pc, NO_CALL, 0);
    ops->init_disas_context(db, db->cpu);
    tcg_count_in_register();
    while (node && db->num_insns < db->max_insns) {
        place_node(db, node);
        translate_block(db, ops);
        node = choose_node(r);
    }
    if (node && node == r->next) { /* it isn't placed, and the group ends without it */
        r->next = NULL;
    }
    tcg_end_budget_group(db->num_insns);
    for (unsigned i = 0; i < r->nb_nodes; i++) {
        if (!r->nodes[i].placed) {
            gen_set_label(r->nodes[i].label);
            db->pc_first = r->nodes[i].plan->pc;
            db->edge_state = r->nodes[i].state;
            settle_edge(db);
            leave_for(db, db->pc_first, r->store_pc);
        }
    }
    for (unsigned i = 0; i < r->nb_misses; i++) {
        place_miss(db, &r->misses[i]);
    }
    db->region = NULL;
}

void translator_loop(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input,
                     const TranslatorOps *ops, DisasContextBase *db)
{
    db->tb = tb;
    db->cpu = cpu;
    db->pc_first = db->pc_next = tb->pc;
    db->is_jmp = DISAS_NEXT;
    db->num_insns = 0;
    db->max_insns = input->max_insns;
    db->region = NULL;
    db->entry_state = db->edge_state = 0;
    db->code = (GuestCode){ 0 };
    db->nb_exits = 0;

    if (input->plan) {
        translate_region(db, ops, input->plan);
    } else {
        ops->init_disas_context(db, cpu);
        tcg_gen_budget(tb->pc, 0);
        translate_block(db, ops);
        tcg_end_budget_group(db->num_insns);
    }
    ops->finish(db, cpu);
}
