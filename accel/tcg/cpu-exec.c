/*
 * The CPU loop: exceptions, interrupts, finding the next block, running it, linking it to the one
 * before.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "accel/tcg/host-profiler.h"
#include "internal.h"
#include "lockstep.h"
#include "disas/disas.h"
#include "qemu/atomic.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "system/cpus.h"
#include "system/log-context.h"

static const TCGCPUOps *cpu_ops(CPUState *cpu)
{
    return cpu->tcg->ops;
}

/* ---- Leaving ---- */

void cpu_loop_exit(CPUState *cpu)
{
    cpu->mem_io_pc = 0;
    siglongjmp(cpu->jmp_env, 1);
}

void cpu_loop_exit_restore(CPUState *cpu, uintptr_t ra)
{
    if (ra) {
        tcg_restore_to_leave(cpu, ra);
    }
    cpu_loop_exit(cpu);
}

static uintptr_t site_address(CPUState *cpu, uintptr_t ra)
{
    return cpu->jit->interp_pc ? cpu->jit->interp_pc : ra;
}

/* The block, and where in its code, that a CPU is in that calls from host address `ra`; or NULL. */
static TranslationBlock *find_site(CPUState *cpu, uintptr_t ra, TCGSite *site)
{
    uintptr_t host_pc = site_address(cpu, ra);
    TranslationBlock *tb = tcg_tb_lookup(host_pc);

    return tb && tcg_find_site(tb, host_pc, site) ? tb : NULL;
}

bool cpu_find_guest_pc(CPUState *cpu, uintptr_t ra, vaddr *pc)
{
    uint64_t words[TARGET_INSN_START_WORDS];
    TCGSite site;
    const TranslationBlock *tb = find_site(cpu, ra, &site);

    if (tb) {
        tcg_insn_words(tb, site.insn, words);
        *pc = words[0];
    }
    return tb != NULL;
}

bool tcg_restore_to_leave(CPUState *cpu, uintptr_t ra)
{
    uintptr_t host_pc = site_address(cpu, ra);
    const TranslationBlock *tb = tcg_tb_lookup(host_pc);
    uint64_t words[TARGET_INSN_START_WORDS];
    TCGSite site;

    if (!tb || !tcg_restore_site(tb, host_pc, cpu->env, &site)) {
        return false;
    }
    tcg_insn_words(tb, site.insn, words);
    cpu_ops(cpu)->restore_state_to_opc(cpu, tb, words);
    /* The rest of the block was counted at its head but not executed. */
    qatomic_add_own_thread(&cpu->jit->budget, tcg_insns_ahead(tb, site.insn));
    tcg_settle(cpu->env);
    return true;
}

/* ---- Counting ---- */

/*
 * On the CPU's thread, maybe in a signal handler: the next block head sees it. Atomic, because a
 * kick may come late, while the CPU is held and another thread reads its count.
 */
QEMU_IN_SIGNAL void tcg_interrupt_exec(CPUState *cpu)
{
    int32_t budget = qatomic_read(&cpu->jit->budget);

    if (unlikely(cpu->tcg->kicks_held)) {
        cpu->tcg->kick_waits = true;
    } else if (budget >= 0) {
        qatomic_set(&cpu->jit->budget, budget - BUDGET_KICK);
    }
}

void tcg_hold_kicks(CPUState *cpu, bool hold)
{
    qatomic_set(&cpu->tcg->kicks_held, hold);
    barrier();
    if (!hold && qatomic_read(&cpu->tcg->kick_waits)) {
        qatomic_set(&cpu->tcg->kick_waits, false);
        tcg_interrupt_exec(cpu);
    }
}

/* What is left of the budget, kicked or not. */
static int32_t unused_budget(int32_t budget)
{
    return budget < -BUDGET_KICK / 2 ? budget + BUDGET_KICK : budget;
}

/*
 * A kick may come at any place in here: after the old budget has been taken it speaks of something
 * that isn't seen to below, and the new one is negative.
 */
static void refill_budget(CPUState *cpu)
{
    int32_t budget = tcg_lockstep ? LOCKSTEP_BUDGET : BUDGET_MAX;
    int32_t left = qatomic_read(&cpu->jit->budget);

    qatomic_add_own_thread(&cpu->jit->budget, -left);
    cpu->tcg->insns_granted -= unused_budget(left);
    if (unlikely(icount_options.on)) {
        budget = icount_budget(cpu);
    }
    qatomic_add_own_thread(&cpu->jit->budget, budget);
    cpu->tcg->insns_granted += budget;
}

/* The rest of the block, which its head has counted, from an instruction on that isn't over. */
static unsigned insns_ahead(CPUState *cpu, uintptr_t ra)
{
    TCGSite site;
    const TranslationBlock *tb = ra ? find_site(cpu, ra, &site) : NULL;

    return tb ? tcg_insns_ahead(tb, site.insn) : 0;
}

/* What the code that a CPU is in has executed, or charged, beyond its budget. */
static int32_t charged(CPUState *cpu, uintptr_t ra)
{
    TCGSite site;
    const TranslationBlock *tb = ra ? find_site(cpu, ra, &site) : NULL;

    return tb ? tcg_site_charged(tb, site_address(cpu, ra), cpu->env) : cpu->jit->charged;
}

uint64_t cpu_executed_insns(CPUState *cpu)
{
    if (!qemu_cpu_is_self(cpu)) {
        cpus_hold(); /* the parts belong together only while none of them changes */
    }
    return cpu->tcg->insns_granted - unused_budget(qatomic_read(&cpu->jit->budget)) -
           insns_ahead(cpu, cpu->mem_io_pc) + charged(cpu, cpu->mem_io_pc);
}

void tcg_end_block_at_io(CPUState *cpu, uintptr_t ra)
{
    if (insns_ahead(cpu, ra) > 1) {
        cpu->tcg->next_alone = true;
        cpu_loop_exit_restore(cpu, ra);
    }
}

bool tcg_stores_into_itself(CPUState *cpu, const TranslationBlock *tb, unsigned insn,
                            ram_addr_t start, unsigned size)
{
    if (!cpu->tcg->ops->sees_own_stores || (!tb->region && tcg_insns_ahead(tb, insn) <= 1)) {
        return false;
    }
    for (unsigned n = 0; n < tb->nb_ranges; n++) {
        const TBRange *range = &tb_ranges(tb)[n];
        ram_addr_t first = tb_range_start(range);

        if (start < first + range->size && first < start + size) {
            return true;
        }
    }
    return false;
}

bool tcg_store_needs_own_block(CPUState *cpu, uintptr_t ra, ram_addr_t start, unsigned size)
{
    const TranslationBlock *tb;
    TCGSite site;

    if (!cpu->tcg->ops->sees_own_stores || !ra) { /* mostly; finding the site takes longer */
        return false;
    }
    tb = find_site(cpu, ra, &site);
    return tb && tcg_stores_into_itself(cpu, tb, site.insn, start, size);
}

void tcg_end_block_at_own_store(CPUState *cpu, uintptr_t ra, ram_addr_t start, unsigned size)
{
    if (tcg_store_needs_own_block(cpu, ra, start, size)) {
        cpu->tcg->next_alone = true;
        cpu_loop_exit_restore(cpu, ra);
    }
}

void helper_run_on_the_spot(CPUArchState *env)
{
    CPUState *cpu = current_cpu;

    if (!CPU_GET_CLASS(cpu)->has_work(cpu)) {
        tcg_stats(cpu)->idle_loops++;
        cpu->exception_index = EXCP_IDLE;
        cpu_loop_exit(cpu);
    }
}

/* ---- Blocks ---- */

static const char *symbol_at(vaddr pc)
{
    uint64_t offset;
    const char *name = disas_symbol(pc, &offset);

    return name ? name : "";
}

void tb_log_guest_code(CPUState *cpu, vaddr pc, uint32_t size)
{
    if (qemu_loglevel_mask(CPU_LOG_TB_IN_ASM) && qemu_log_in_addr_range(pc)) {
        FILE *log = qemu_log_trylock();

        if (log) {
            fprintf(log, "----------------\nIN: %s\n", symbol_at(pc));
            target_disas(log, cpu, pc, size);
            fputc('\n', log);
            qemu_log_unlock(log);
        }
    }
}

/*
 * Translates; if the code buffer is full, leaves for the CPU loop to make room and try again.
 */
TranslationBlock *tb_gen_code(CPUState *cpu, vaddr pc, uint64_t flags, uint32_t cflags)
{
    TranslatorInput input = {
        .max_insns = cflags & CF_COUNT_MASK ? cflags & CF_COUNT_MASK : TB_MAX_INSNS,
    };
    TranslationBlock *tb;

    tcg_ctx = cpu->tcg->ctx;
    tb = tcg_tb_alloc(tcg_ctx);
    if (tb) {
        tb->pc = pc;
        tb->flags = flags;
        tb->cflags = cflags;
        tcg_func_start(tcg_ctx, cflags & CF_NO_WINDOW ? 0 : window_modes(cpu),
                       cflags & CF_NO_WINDOW ? 0 : stack_window_modes(cpu));
        if ((cflags & CF_COUNT_MASK) != 1) { /* alone: see leave_to_do_without_slots() */
            tcg_use_stack_page_slot(tcg_ctx);
        }
        tcg_use_registers(tcg_ctx, cpu->env);
        cpu_ops(cpu)->translate_code(cpu, tb, &input);
        tb_log_guest_code(cpu, pc, tcg_guest_code_size(tcg_ctx));
    }
    if (!tb || !tcg_gen_code(tcg_ctx, tb)) {
        cpu->exception_index = EXCP_NONE;
        cpu->tcg->room_wanted = true;
        cpu_loop_exit(cpu);
    }
    if (qatomic_read(&host_profiler_on)) {
        host_profiler_note(tb);
    }
    tcg_stats(cpu)->translations++;
    tcg_stats(cpu)->translated_insns += tb->icount;
    tcg_stats(cpu)->translated_bytes += tb->code_size;
    return tb;
}

/* Translates and enters it in the cache; NULL if somebody changed the code meanwhile. */
static TranslationBlock *translate_once(CPUState *cpu, ram_addr_t page, vaddr pc, uint64_t flags,
                                        uint32_t cflags)
{
    TranslationBlock *tb;
    uint64_t writes;

    guard_code_page(page);
    writes = tb_cache_writes();
    tb = tb_gen_code(cpu, pc, flags, cflags);
    for (unsigned n = 1; n < tb->nb_ranges; n++) {
        guard_code_page(tb_range_page(&tb_ranges(tb)[n]));
    }
    tlb_sync_context(cpu, pc); /* the fill may have told that the code is a block's */
    return tb_cache_add(cpu, tb, writes);
}

#define TRANSLATION_ATTEMPTS 3

/* If others write to the page again and again, they have to wait. */
static TranslationBlock *translate(CPUState *cpu, ram_addr_t page, vaddr pc, uint64_t flags,
                                   uint32_t cflags)
{
    TranslationBlock *tb;
    bool took_lock;

    for (unsigned i = 0; i < TRANSLATION_ATTEMPTS; i++) {
        tb = translate_once(cpu, page, pc, flags, cflags);
        if (tb) {
            return tb;
        }
    }
    took_lock = exclusive_begin();
    while (!(tb = translate_once(cpu, page, pc, flags, cflags))) {
    }
    exclusive_end(took_lock);
    return tb;
}

/* NULL if the entry is for something else. */
static const void *jump_cache_code(CPUState *cpu, unsigned index, vaddr pc, uint64_t flags)
{
    const CPUJumpCacheEntry *e = &cpu->jit->jump_cache[index];
    const void *code = qatomic_read(&e->code);

    return code && e->pc == pc && e->flags == flags && e->context == cpu->jit->code_context ? code
                                                                                            : NULL;
}

/*
 * Publishes the current state to generated code and returns the code for it, translated if need
 * be. *found: its block, or NULL if that would have to be looked up.
 */
static const void *find_code(CPUState *cpu, TranslationBlock **found)
{
    TranslationBlock *tb;
    ram_addr_t ram_addr;
    uint64_t flags;
    vaddr pc;
    bool io;
    const void *code;

    cpu_ops(cpu)->get_tb_cpu_state(cpu, &pc, &flags);
    cpu->jit->tb_flags = flags;
    tlb_sync_context(cpu, pc);
    *found = NULL;
    code = jump_cache_code(cpu, jump_cache_index(pc), pc, flags);
    if (!code) {
        code = jump_cache_code(cpu, jump_cache_second_index(pc, flags), pc, flags);
    }
    if (code) {
        return code;
    }
    tcg_stats(cpu)->lookups++;
    if (unlikely(cpu->debug)) {
        debug_check_breakpoint(cpu, pc);
    }
    ram_addr = tlb_code_address(cpu, pc, &io);
    if (io) { /* not from memory that tells us about changes: one instruction, used once */
        tb = tb_gen_code(cpu, pc, flags, cpu->tcg->cflags | 1 | CF_NO_GOTO_TB);
        tb->invalid = true;
        *found = tb;
        return tb_code(tb);
    }
    tlb_sync_context(cpu, pc); /* the fill may have told that the code is a block's */
    tb = tb_cache_find(cpu, ram_addr, pc, flags, cpu->tcg->cflags);
    if (!tb) {
        tcg_stats(cpu)->lookup_misses++;
        tb = translate(cpu, ram_addr & TARGET_PAGE_MASK, pc, flags, cpu->tcg->cflags);
    }
    *found = tb;
    return tb_code(tb);
}

const void *tcg_lookup_tb_ptr(CPUArchState *env)
{
    TranslationBlock *tb;
    CPUState *cpu = current_cpu;

    if (cpu->jit->budget < 0) {
        return tcg_exit_to_loop;
    }
    return find_code(cpu, &tb);
}

/*
 * With -icount a budget ends at an instruction where something happens: the last block before it
 * has only as many as are left. An instruction that is to be alone gets a block like that.
 */
static const void *fit_to_budget(CPUState *cpu, const void *code)
{
    TranslationBlock *tb = tcg_tb_lookup((uintptr_t)code), *last;
    int32_t budget = qatomic_read(&cpu->jit->budget);
    uint32_t cflags;
    bool alone = cpu->tcg->next_alone;

    cpu->tcg->next_alone = false;
    if (budget <= 0 || (budget >= tb->icount && !alone)) {
        return code;
    }
    budget = alone ? 1 : budget;
    cflags = (tb->cflags & ~CF_COUNT_MASK) | budget | CF_NO_GOTO_TB;
    last = tb_cache_find(cpu, tb_ram_addr(tb), tb->pc, tb->flags, cflags);
    if (!last) {
        last = translate(cpu, tb_ram_addr(tb) & TARGET_PAGE_MASK, tb->pc, tb->flags, cflags);
    }
    return tb_code(last);
}

/* ---- The loop ---- */

static void take_reset(CPUState *cpu)
{
    cpu_reset_interrupt(cpu, CPU_INTERRUPT_RESET);
    cpu_reset(cpu);
}

/* What changes more than the CPU's own registers. True: leave the CPU loop. */
static bool serve_machine_requests(CPUState *cpu, int request)
{
    BQL_LOCK_GUARD();

    if (request & CPU_INTERRUPT_DEBUG) {
        cpu_reset_interrupt(cpu, CPU_INTERRUPT_DEBUG);
        cpu->exception_index = EXCP_DEBUG;
        return true;
    }
    if (request & CPU_INTERRUPT_RESET) {
        take_reset(cpu);
        cpu->exception_index = EXCP_NONE;
        return false;
    }
    cpu_reset_interrupt(cpu, CPU_INTERRUPT_HALT);
    cpu->halted = 1;
    cpu->exception_index = EXCP_HLT;
    return true;
}

static bool serve_interrupts(CPUState *cpu)
{
    int request = qatomic_read(&cpu->interrupt_request);

    if (request & (CPU_INTERRUPT_DEBUG | CPU_INTERRUPT_RESET | CPU_INTERRUPT_HALT)) {
        return serve_machine_requests(cpu, request);
    }
    if (!(cpu->singlestep_enabled & SSTEP_NOIRQ) &&
        cpu_ops(cpu)->cpu_exec_interrupt(cpu, request)) {
        cpu->exception_index = EXCP_NONE;
        tcg_stats(cpu)->interrupts++;
    }
    return false;
}

/* True: leave the CPU loop with exception_index. */
static bool handle_interrupts(CPUState *cpu)
{
    refill_budget(cpu);
    if (unlikely(cpu->tcg->sampled_pc)) {
        region_look_at_sample(cpu);
    }
    if (unlikely(cpu->tcg->poll.due) && tcg_poll_naps(cpu)) {
        cpu->exception_index = EXCP_POLL;
        return true;
    }
    if (unlikely(qatomic_read(&cpu->alarm_rang))) {
        tcg_stats(cpu)->alarms++;
        cpu_check_deadline(cpu);
    }
    if (unlikely(qatomic_read(&cpu->interrupt_request)) && serve_interrupts(cpu)) {
        return true;
    }
    if (unlikely(qatomic_read(&cpu->exit_request))) {
        qatomic_set(&cpu->exit_request, false);
        cpu->exception_index = EXCP_INTERRUPT;
        return true;
    }
    return false;
}

/* True: leave the CPU loop with *ret. */
static bool handle_exception(CPUState *cpu, int *ret)
{
    if (cpu->exception_index < 0) {
        return false;
    }
    if (cpu->exception_index >= EXCP_INTERRUPT) {
        *ret = cpu->exception_index;
        if (*ret == EXCP_HLT && cpu->singlestep_enabled) {
            *ret = EXCP_DEBUG; /* the step is over, though the CPU sleeps now */
        }
        cpu->exception_index = EXCP_NONE;
        return true;
    }
    cpu_ops(cpu)->do_interrupt(cpu);
    cpu->exception_index = EXCP_NONE;
    tcg_stats(cpu)->exceptions++;
    if (cpu->halted) { /* for good, until a reset */
        *ret = EXCP_HALTED;
        return true;
    }
    if (cpu->singlestep_enabled) {
        *ret = EXCP_DEBUG;
        return true;
    }
    return false;
}

static void log_execution(CPUState *cpu, const TranslationBlock *tb)
{
    if (qemu_loglevel_mask(CPU_LOG_EXEC) && qemu_log_in_addr_range(tb->pc)) {
        qemu_log("Trace %d: %p [%08" PRIx64 "/%08" VADDR_PRIx "] %s\n", cpu->cpu_index, tb_code(tb),
                 tb->flags, tb->pc, symbol_at(tb->pc));
    }
    if (qemu_loglevel_mask(CPU_LOG_TB_CPU) && qemu_log_in_addr_range(tb->pc)) {
        log_cpu_state(cpu);
    }
}

static void renew_code(CPUState *cpu, void *unused)
{
    if (cpu->tcg->flush_wanted) {
        tb_flush_all(cpu);
    } else if (cpu->tcg->room_wanted) {
        tb_make_room(cpu);
    }
    cpu->tcg->flush_wanted = cpu->tcg->room_wanted = false;
}

static void run_code(CPUState *cpu)
{
    while (!handle_interrupts(cpu)) {
        /* What comes now may be an interrupt's vector: no exit of the last block leads there. */
        TCGLeft left = { NULL };

        if (unlikely(cpu->tcg->flush_wanted || cpu->tcg->room_wanted)) {
            if (cpus_are_several()) {
                async_run_alone(cpu, renew_code, NULL);
                continue;
            }
            renew_code(cpu, NULL);
        }
        rcu_read_unlock(); /* nothing from the memory map is in use here */
        rcu_read_lock();
        do {
            TranslationBlock *tb;
            const void *code = find_code(cpu, &tb);

            if (left.tb && !qemu_loglevel_mask(CPU_LOG_TB_NOCHAIN)) {
                if (likely(!tcg_lockstep)) {
                    tb_link(cpu, left.tb, left.exit, tb ? tb : tcg_tb_lookup((uintptr_t)code));
                }
                region_note_edge(cpu, left.tb);
            }
            if (unlikely(icount_options.on || cpu->tcg->next_alone)) {
                code = fit_to_budget(cpu, code);
            }
            if (unlikely(qemu_loglevel_mask(CPU_LOG_EXEC | CPU_LOG_TB_CPU))) {
                log_execution(cpu, tcg_tb_lookup((uintptr_t)code));
            }
            left = likely(!tcg_lockstep) ? tcg_exec(cpu->env, code) : lockstep_exec(cpu, code);
            tcg_stats(cpu)->loop_exits++;
            if (left.exit == TB_EXIT_REQUESTED) {
                tcg_stats(cpu)->budget_exits++;
                left.tb = NULL;
            }
        } while (left.tb && cpu->jit->budget >= 0);
    }
}

int tcg_cpu_exec(CPUState *cpu)
{
    int ret = EXCP_HALTED;

    if (cpu->halted) {
        BQL_LOCK_GUARD();
        if (!CPU_GET_CLASS(cpu)->has_work(cpu)) {
            return ret;
        }
        cpu->halted = 0;
    }
    debug_pass_reported(cpu);
    if (unlikely(!cpu->tcg->sampling)) {
        region_start_sampling(cpu);
    }
    rcu_read_lock();
    if (sigsetjmp(cpu->jmp_env, 0) != 0) {
        cpu->jit->interp_pc = 0;
        tcg_settle(cpu->env);
        lockstep_left_by_exception(cpu);
        if (bql_locked()) {
            bql_unlock();
        }
    }
    while (!handle_exception(cpu, &ret)) {
        run_code(cpu);
    }
    rcu_read_unlock();
    if (ret == EXCP_DEBUG && !debug_step_ended(cpu)) {
        ret = EXCP_INTERRUPT;
    }
    return ret;
}
