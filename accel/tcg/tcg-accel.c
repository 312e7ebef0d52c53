/*
 * The accelerator: what `-accel tcg` sets up, its options, and its counters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "accel/tcg/host-profiler.h"
#include "internal.h"
#include "lockstep.h"
#include "accel/tcg/tcg-accel.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "system/ramblock.h"
#include "tcg/tcg-op.h"

#define DEFAULT_CODE_BUFFER (128 * MiB)

static TCGBackendKind backend;
bool tcg_use_windows = true, tcg_use_links = true, tcg_idle_loops = true, tcg_inline_caches = true;
bool tcg_make_ahead = true;

static const TCGSwitch own_switches[] = {
    { "windows", &tcg_use_windows, "guest memory as host memory, without a TLB lookup" },
    { "paged-windows", &tcg_paged_windows, "the same for paged user code, in regions" },
    { "links", &tcg_use_links, "blocks jump to each other" },
    { "inline-caches", &tcg_inline_caches, "regions follow indirect branches to where they went" },
    { "states", &translator_states, "a region's block for each state that is carried into it" },
    { "idle-loops", &tcg_idle_loops, "what runs on the spot waits for an interrupt" },
    { "poll-loops", &tcg_poll_loops, "what only asks devices, and is told the same, naps between" },
    { "make-ahead", &tcg_make_ahead, "the host makes guest memory by 128 KiB, not by page" },
    { "float-inline", &tcg_float_inline, "floating point in generated code, not by exact helpers" },
    { NULL },
};

static const TCGSwitch *const switches[] = { tcg_pass_switches, own_switches };

bool tcg_accel_switch(const char *name, bool on)
{
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        if (tcg_switch(switches[i], name, on)) {
            return true;
        }
    }
    return false;
}

void tcg_accel_list_switches(void (*each)(const char *name, const char *help))
{
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        for (const TCGSwitch *s = switches[i]; s->name; s++) {
            each(s->name, s->help);
        }
    }
}

/*
 * Somebody (a device's DMA, the loader, a debugger) wrote to a page of translated code. Once this
 * has returned, a CPU that the writer tells of it doesn't begin the old code any more.
 */
static void code_written(MemoryRegion *mr, hwaddr offset, hwaddr len)
{
    tb_invalidate_ram_range(mr->ram_block->offset + offset, len);
}

static void init_cpu(CPUState *cpu)
{
    static bool targets_done;

    cpu->tcg = g_new0(CPUTcgState, 1);
    cpu->tcg->ops = CPU_GET_CLASS(cpu)->tcg_ops;
    CPU_GET_CLASS(cpu)->find_guest_pc = cpu_find_guest_pc;
    cpu->tcg->ctx = tcg_context_new();
    tcg_ctx = cpu->tcg->ctx;
    if (!targets_done) {
        targets_done = true;
        cpu->tcg->ops->initialize();
    }
    if (icount_options.on) {
        icount_init_cpu(cpu);
    }
    if (tcg_lockstep) {
        lockstep_init_cpu(cpu);
    }
    cpu->exception_index = EXCP_NONE;
    cpu->jit->itlb = cpu->tcg->empty_itlb;
    debug_init_cpu(cpu);
    window_init(cpu);
    tlb_init(cpu);
}

/* Blocks belong to no CPU: they stay for the others. */
static void exit_cpu(CPUState *cpu)
{
    region_forget_cpu(cpu);
    paged_windows_free(cpu);
    window_free(cpu);
    tlb_free(cpu);
    tcg_poll_free(cpu);
    debug_free_cpu(cpu);
    tcg_context_free(cpu->tcg->ctx);
    tcg_ctx = NULL;
    g_clear_pointer(&cpu->tcg, g_free);
}

static AccelOps tcg_accel_ops = {
    .name = "tcg",
    .init_cpu = init_cpu,
    .exit_cpu = exit_cpu,
    .hold_list = region_hold,
    .release_list = region_release,
    .exec = tcg_cpu_exec,
    .interrupt_exec = tcg_interrupt_exec,
};

bool tcg_accel_init(const TCGAccelOptions *options, Error **errp)
{
    static const TCGRuntime runtime = {
        .load = tcg_slow_load,
        .store = tcg_slow_store,
        .load_vector = tcg_slow_load_vector,
        .store_vector = tcg_slow_store_vector,
        .lookup_tb_ptr = tcg_lookup_tb_ptr,
        .atomic = tcg_atomic,
        .in_window = tcg_in_window,
    };
    size_t size = options->code_buffer_size ? options->code_buffer_size : DEFAULT_CODE_BUFFER;

    backend = options->interpreter ? TCG_BACKEND_INTERP : TCG_BACKEND_HOST;
    tcg_lockstep = options->lockstep;
    tcg_fault = options->fault;
    tcg_discards &= !tcg_lockstep; /* it compares all values */
    if (tcg_lockstep && backend == TCG_BACKEND_INTERP) {
        error_setg(errp, "tcg: lockstep=on compares the host's code with the interpreter: not with "
                         "backend=interp");
        return false;
    }
    if (!tcg_init(backend, size, tcg_lockstep ? &lockstep_runtime : &runtime, errp)) {
        return false;
    }
    if (!host_profiler_open(options->perf_map, options->jit_dump, errp)) {
        return false;
    }
    tb_cache_init();
    guard_init();
    fault_init();
    region_mode = options->regions;
    region_init();
    memory_code_write_hook = code_written;
    cpu_set_one_insn_blocks(options->one_insn_blocks);
    if (options->icount.on) {
        tcg_accel_ops.wait_idle = icount_wait_idle;
        icount_init(&options->icount);
    }
    cpus_register_accel(&tcg_accel_ops);
    return true;
}

/* ---- info jit ---- */

typedef struct StatRow {
    const char *text;
    size_t offset;
} StatRow;

#define STAT(text, field) { text, offsetof(TcgStats, field) }

static const StatRow stat_rows[] = {
    STAT("blocks translated", translations),
    STAT("guest instructions translated", translated_insns),
    STAT("host code bytes emitted", translated_bytes),
    STAT("times that the code was sampled", samples),
    STAT("times that this was in a region", region_samples),
    STAT("code buffer flushes", code_flushes),
    STAT("code buffer regions filled", code_reclaims),
    STAT("exits linked", links),
    STAT("exits found linked already", links_kept),
    STAT("block lookups past the jump cache", lookups),
    STAT("block lookups that translated", lookup_misses),
    STAT("returns to the CPU loop", loop_exits),
    STAT("returns because the budget ran out", budget_exits),
    STAT("exceptions", exceptions),
    STAT("interrupts", interrupts),
    STAT("alarms of the CPU's deadline", alarms),
    STAT("waits of code on the spot", idle_loops),
    STAT("naps of code that polls", naps),
    STAT("TLB fills", tlb_fills),
    STAT("pieces of guest memory made ahead", pieces_made),
    STAT("TLB flushes", tlb_flushes),
    STAT("TLB page invalidations", tlb_page_flushes),
    STAT("translation context changes", context_changes),
    STAT("translation contexts made", contexts_made),
    STAT("slow-path loads", slow_loads),
    STAT("slow-path stores", slow_stores),
    STAT("device loads", io_loads),
    STAT("device stores", io_stores),
    STAT("window mappings made", window_remaps),
    STAT("window faults", window_faults),
    STAT("paged window faults", paged_faults),
    STAT("pages shown in paged windows", pages_shown),
    STAT("pages hidden again", pages_hidden),
    STAT("window sites patched", sites_patched),
    STAT("stores to guarded pages", guarded_page_faults),
};

void dump_jit_info(GString *out)
{
    size_t used, total, blocks, pages, regions, region_blocks, inline_caches;
    uint64_t invalidations;
    CPUState *cpu;

    if (QTAILQ_EMPTY(&cpus) || !QTAILQ_FIRST(&cpus)->tcg) {
        g_string_append(out, "No CPU runs translated code.\n");
        return;
    }
    cpus_hold(); /* all of this is the CPU threads' own */
    tcg_code_buffer_usage(&used, &total);
    tb_cache_count(&blocks, &pages, &invalidations);
    g_string_append_printf(out, "back end                             %s\n",
                           backend == TCG_BACKEND_HOST ? "host" : "interpreter");
    g_string_append_printf(out, "code buffer                          %zu of %zu KiB\n", used / 1024,
                           total / 1024);
    g_string_append_printf(out, "blocks                               %zu on %zu pages\n", blocks,
                           pages);
    g_string_append_printf(out, "blocks invalidated                   %" PRIu64 "\n", invalidations);
    region_count(&regions, &region_blocks, &inline_caches);
    g_string_append_printf(out, "regions translated                   %zu of %zu blocks\n", regions,
                           region_blocks);
    g_string_append_printf(out, "indirect branches with inline caches %zu\n", inline_caches);
    g_string_append_printf(out, "blocks repeated for a state          %zu\n",
                           translator_repeated_blocks());
    g_string_append_printf(out, "accesses with page slots             %zu\n",
                           tcg_page_slot_accesses());
    g_string_append_printf(out, "operations narrowed to 32 bits       %zu\n", tcg_narrowed_ops());
    g_string_append_printf(out, "accesses foreseen outside of windows %zu\n",
                           tcg_accesses_outside_window());
    if (icount_options.on) {
        icount_dump(out);
    }
    if (tcg_lockstep) {
        lockstep_dump(out);
    }
    CPU_FOREACH(cpu) {
        g_string_append_printf(out, "CPU %d\n  %-35s%" PRIu64 "\n", cpu->cpu_index,
                               "guest instructions executed", cpu_executed_insns(cpu));
        for (size_t i = 0; i < ARRAY_SIZE(stat_rows); i++) {
            const char *field = (const char *)&cpu->tcg->stats + stat_rows[i].offset;

            g_string_append_printf(out, "  %-35s%" PRIu64 "\n", stat_rows[i].text,
                                   *(const uint64_t *)field);
        }
    }
}
