/*
 * Breakpoints, watchpoints and single steps.
 *
 * No block begins at a breakpoint and none runs across one: inserting drops the blocks that cover
 * the address, the translator ends blocks before it, and the search for a block that would start
 * there raises EXCP_DEBUG instead. So code without breakpoints runs as it always does.
 *
 * While there are watchpoints, code is translated without memory windows, and the pages that hold
 * them have no fast TLB entries: every access to them comes through the slow path, which asks here.
 * An access that hits is not made: the state goes back to before the instruction, where the CPU
 * stops, or which is single-stepped first, as GDB expects it of the architecture. A watchpoint that
 * the guest itself has (BP_OWN) comes the same way, but only the CPU is told.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/debug.h"
#include "internal.h"

static CPUDebugState *debug_state(CPUState *cpu)
{
    if (!cpu->debug) {
        cpu->debug = g_new0(CPUDebugState, 1);
        cpu->debug->breakpoints = g_array_new(FALSE, FALSE, sizeof(vaddr));
        cpu->debug->watchpoints = g_array_new(FALSE, FALSE, sizeof(CPUWatchpoint));
    }
    return cpu->debug;
}

static bool one_insn_blocks;

/* What blocks are made for has changed: others must not be found. */
static void update_cflags(CPUState *cpu)
{
    uint32_t cflags = icount_options.on ? CF_ICOUNT : 0;

    if (cpu->singlestep_enabled) {
        cflags |= 1 | CF_SINGLE_STEP | CF_NO_GOTO_TB;
    }
    if (one_insn_blocks) {
        cflags |= 1 | CF_NO_GOTO_TB;
    }
    if (!tcg_use_windows || (cpu->debug && cpu->debug->watchpoints->len)) {
        cflags |= CF_NO_WINDOW;
    }
    if (!tcg_use_links) {
        cflags |= CF_NO_GOTO_TB;
    }
    if (cflags != cpu->tcg->cflags) {
        cpu->tcg->cflags = cflags;
        tb_forget_jumps(cpu);
    }
}

void debug_init_cpu(CPUState *cpu)
{
    update_cflags(cpu);
}

void debug_free_cpu(CPUState *cpu)
{
    if (cpu->debug) {
        g_array_unref(cpu->debug->breakpoints);
        g_array_unref(cpu->debug->watchpoints);
        g_clear_pointer(&cpu->debug, g_free);
    }
}

bool debug_in_use(CPUState *cpu)
{
    const CPUDebugState *d = cpu->debug;

    return d && (d->breakpoints->len || d->watchpoints->len || d->watch_hit || d->reported);
}

/* ---- Breakpoints ---- */

static int find_breakpoint(CPUState *cpu, vaddr addr)
{
    GArray *list = cpu->debug ? cpu->debug->breakpoints : NULL;

    for (guint i = 0; list && i < list->len; i++) {
        if (g_array_index(list, vaddr, i) == addr) {
            return i;
        }
    }
    return -1;
}

bool cpu_breakpoint_test(CPUState *cpu, vaddr addr)
{
    return unlikely(cpu->debug) && find_breakpoint(cpu, addr) >= 0;
}

static void insert_breakpoint(CPUState *cpu, void *data)
{
    const vaddr *addr = data;

    if (find_breakpoint(cpu, *addr) < 0) {
        g_array_append_val(debug_state(cpu)->breakpoints, *addr);
        tb_invalidate_virtual(*addr);
    }
}

void cpu_breakpoint_insert(CPUState *cpu, vaddr addr)
{
    run_on_cpu(cpu, insert_breakpoint, &addr);
}

typedef struct Removal {
    CPUWatchpoint what;
    bool found;
} Removal;

/* Blocks that ended because of it stay: they are as right as before. */
static void remove_breakpoint(CPUState *cpu, void *data)
{
    Removal *removal = data;
    int i = find_breakpoint(cpu, removal->what.addr);

    removal->found = i >= 0;
    if (removal->found) {
        g_array_remove_index_fast(cpu->debug->breakpoints, i);
    }
}

bool cpu_breakpoint_remove(CPUState *cpu, vaddr addr)
{
    Removal removal = { .what.addr = addr };

    run_on_cpu(cpu, remove_breakpoint, &removal);
    return removal.found;
}

void debug_check_breakpoint(CPUState *cpu, vaddr pc)
{
    if (!cpu->singlestep_enabled && find_breakpoint(cpu, pc) >= 0) {
        cpu->exception_index = EXCP_DEBUG;
        cpu_loop_exit(cpu);
    }
}

/* ---- Watchpoints ---- */

static bool overlaps(const CPUWatchpoint *w, vaddr addr, vaddr len)
{
    return addr <= w->addr + (w->len - 1) && w->addr <= addr + (len - 1);
}

static vaddr watched_address(CPUState *cpu, vaddr addr)
{
    const TCGCPUOps *ops = cpu->tcg->ops;

    return ops->watched_address ? ops->watched_address(cpu, addr) : addr;
}

bool debug_page_is_watched(CPUState *cpu, vaddr page)
{
    GArray *list = cpu->debug->watchpoints;

    page = list->len ? watched_address(cpu, page) : page;
    for (guint i = 0; i < list->len; i++) {
        if (overlaps(&g_array_index(list, CPUWatchpoint, i), page, TARGET_PAGE_SIZE)) {
            return true;
        }
    }
    return false;
}

static void watchpoints_changed(CPUState *cpu)
{
    cpu->singlestep_enabled &= ~SSTEP_WATCH;
    tlb_flush(cpu);
    update_cflags(cpu);
}

static void insert_watchpoint(CPUState *cpu, void *data)
{
    const CPUWatchpoint *w = data;

    g_array_append_val(debug_state(cpu)->watchpoints, *w);
    watchpoints_changed(cpu);
}

void cpu_watchpoint_insert(CPUState *cpu, vaddr addr, vaddr len, int flags)
{
    CPUWatchpoint w = { watched_address(cpu, addr), len, flags };

    run_on_cpu(cpu, insert_watchpoint, &w);
}

static void remove_watchpoint(CPUState *cpu, void *data)
{
    Removal *removal = data;
    GArray *list = cpu->debug ? cpu->debug->watchpoints : NULL;

    for (guint i = 0; list && i < list->len; i++) {
        const CPUWatchpoint *w = &g_array_index(list, CPUWatchpoint, i);

        if (w->addr == removal->what.addr && w->len == removal->what.len &&
            w->flags == removal->what.flags) {
            g_array_remove_index_fast(list, i);
            watchpoints_changed(cpu);
            removal->found = true;
            return;
        }
    }
}

bool cpu_watchpoint_remove(CPUState *cpu, vaddr addr, vaddr len, int flags)
{
    Removal removal = { .what = { watched_address(cpu, addr), len, flags } };

    run_on_cpu(cpu, remove_watchpoint, &removal);
    return removal.found;
}

bool cpu_watchpoint_take_hit(CPUState *cpu, CPUWatchpoint *hit, vaddr *addr)
{
    bool was_hit = cpu->debug && cpu->debug->watch_hit;

    if (was_hit) {
        *hit = cpu->debug->hit;
        *addr = cpu->debug->hit_addr;
        cpu->debug->watch_hit = false;
    }
    return was_hit;
}

static bool is_own(const CPUWatchpoint *w)
{
    return w->flags & BP_OWN;
}

/* Whether those that the CPU has are the ones of the list, in that order. */
static bool has_own_watchpoints(GArray *have, const CPUWatchpoint *list, unsigned n)
{
    unsigned found = 0;

    for (guint i = 0; have && i < have->len; i++) {
        const CPUWatchpoint *w = &g_array_index(have, CPUWatchpoint, i), *wanted = &list[found];

        if (!is_own(w)) {
            continue;
        }
        if (found++ >= n || w->addr != wanted->addr || w->len != wanted->len ||
            w->flags != (wanted->flags | BP_OWN)) {
            return false;
        }
    }
    return found == n;
}

void cpu_set_own_watchpoints(CPUState *cpu, const CPUWatchpoint *list, unsigned n)
{
    GArray *have = cpu->debug ? cpu->debug->watchpoints : NULL;

    if (has_own_watchpoints(have, list, n)) {
        return;
    }
    have = debug_state(cpu)->watchpoints;
    for (guint i = have->len; i-- > 0;) {
        if (is_own(&g_array_index(have, CPUWatchpoint, i))) {
            g_array_remove_index(have, i);
        }
    }
    for (unsigned i = 0; i < n; i++) {
        CPUWatchpoint w = { list[i].addr, list[i].len, list[i].flags | BP_OWN };

        g_array_append_val(have, w);
    }
    tlb_flush(cpu);
    update_cflags(cpu);
}

static void watchpoint_hit(CPUState *cpu, const CPUWatchpoint *w, vaddr addr, uintptr_t ra)
{
    cpu->debug->watch_hit = true;
    cpu->debug->hit = *w;
    cpu->debug->hit_addr = MAX(addr, w->addr);
    if (CPU_GET_CLASS(cpu)->gdb_stop_before_watchpoint) {
        tcg_restore_to_leave(cpu, ra);
        cpu->debug->reported = true;
        cpu->debug->reported_pc = CPU_GET_CLASS(cpu)->get_pc(cpu);
        cpu->exception_index = EXCP_DEBUG;
        cpu_loop_exit(cpu);
    }
    if (!cpu->singlestep_enabled) { /* do the instruction again, and stop behind it */
        tcg_restore_to_leave(cpu, ra);
        cpu->singlestep_enabled |= SSTEP_WATCH | SSTEP_NOIRQ;
        update_cflags(cpu);
        cpu->exception_index = EXCP_NONE;
        cpu_loop_exit(cpu);
    }
}

void debug_check_watchpoints(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access,
                             int mmu_idx, uintptr_t ra)
{
    int flag = access == MMU_DATA_STORE ? BP_MEM_WRITE : BP_MEM_READ;
    GArray *list = cpu->debug->watchpoints;

    bool passes = cpu->singlestep_enabled & SSTEP_PASS, told = false;
    vaddr accessed = addr;

    if (list->len) { /* those have the program's addresses */
        accessed = cpu_munge_address(cpu_memory_view(cpu), addr, size);
        addr = watched_address(cpu, accessed);
    }
    for (guint i = 0; i < list->len; i++) {
        const CPUWatchpoint *w = &g_array_index(list, CPUWatchpoint, i);

        if (!(w->flags & flag) || !overlaps(w, addr, size)) {
            continue;
        }
        if (!is_own(w)) {
            if (!passes && !cpu->debug->watch_hit) {
                watchpoint_hit(cpu, w, addr, ra);
            }
        } else if (!told) {
            told = true;
            cpu->tcg->ops->own_watchpoint_hit(cpu, accessed, size, access, mmu_idx, ra);
        }
    }
}

/* ---- Single steps ---- */

void debug_pass_reported(CPUState *cpu)
{
    CPUDebugState *debug = cpu->debug;

    if (debug && debug->reported) {
        debug->reported = false;
        if (debug->reported_pc == CPU_GET_CLASS(cpu)->get_pc(cpu)) {
            cpu->singlestep_enabled |= SSTEP_PASS | (cpu->singlestep_enabled ? 0 : SSTEP_NOIRQ);
            update_cflags(cpu);
        }
    }
}

bool debug_step_ended(CPUState *cpu)
{
    int flags = cpu->singlestep_enabled;

    if (flags & SSTEP_WATCH) {
        cpu->singlestep_enabled = 0;
    } else if (flags & SSTEP_PASS) {
        cpu->singlestep_enabled = flags & SSTEP_ENABLE ? flags & ~SSTEP_PASS : 0;
    }
    update_cflags(cpu);
    return !(flags & SSTEP_PASS) || (flags & SSTEP_ENABLE);
}

/* A step that another CPU's stop has come before is still to be made. */
static void single_step(CPUState *cpu, void *data)
{
    if (cpu->singlestep_enabled & SSTEP_PASS) {
        cpu->debug->reported = true;
    }
    if (cpu->singlestep_enabled & SSTEP_WATCH) {
        cpu->debug->watch_hit = false; /* it will be hit again */
    }
    cpu->singlestep_enabled = *(int *)data;
    update_cflags(cpu);
}

void cpu_single_step(CPUState *cpu, int flags)
{
    if (cpu->singlestep_enabled != flags) {
        run_on_cpu(cpu, single_step, &flags);
    }
}

static void block_length_changed(CPUState *cpu, void *unused)
{
    update_cflags(cpu);
}

void cpu_set_one_insn_blocks(bool on)
{
    CPUState *cpu;

    one_insn_blocks = on;
    CPU_FOREACH(cpu) {
        run_on_cpu(cpu, block_length_changed, NULL);
    }
}

bool cpu_has_one_insn_blocks(void)
{
    return one_insn_blocks;
}
