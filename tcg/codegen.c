/*
 * From the front end's IR to a finished TranslationBlock: runs the passes, then the back end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/log.h"
#include "backend.h"

const TCGRuntime *tcg_runtime;
TCGBackendKind tcg_backend_kind;
const void *tcg_exit_to_loop;

static bool layout = true, narrow = true, fold = true, ifconv = true, address = true, halves = true,
            slots = true, outside = true;

static const TCGPass passes[] = {
    { tcg_pass_layout, &layout },
    { tcg_pass_narrow, &narrow },
    { tcg_pass_fold, &fold },
    { tcg_pass_ifconv, &ifconv },
    { tcg_pass_address, &address },
    { tcg_pass_halves, &halves },
    { tcg_pass_slots, &slots },
    { tcg_pass_window, &outside },
};

const TCGSwitch tcg_pass_switches[] = {
    { "layout", &layout, "a region's blocks in the order in which they run" },
    { "narrow", &narrow, "32-bit arithmetic where nobody wants the upper half of 64 bits" },
    { "fold", &fold, "compute what is known, copy what is the same" },
    { "ifconv", &ifconv, "conditional moves instead of branches over a few operations" },
    { "address", &address, "additions become displacements of memory accesses" },
    { "halves", &halves, "what was stored as two words is loaded as two" },
    { "slots", &slots, "hot accesses, and those by the stack, try the page where the base was last" },
    { "outside", &outside, "what lies outside of the memory windows uses the TLB at once" },
    { "dead", &tcg_remove_dead, "leave out what nobody reads" },
    { "discards", &tcg_discards, "don't keep registers' values that the guest can't see any more" },
    { NULL },
};

bool tcg_switch(const TCGSwitch *table, const char *name, bool on)
{
    while (table->name && strcmp(table->name, name)) {
        table++;
    }
    if (table->name) {
        *table->on = on;
    }
    return table->name;
}

bool tcg_init(TCGBackendKind kind, size_t code_buffer_size, const TCGRuntime *runtime,
              Error **errp)
{
    tcg_runtime = runtime;
    tcg_backend_kind = kind;
    if (!tcg_buffer_init(code_buffer_size, kind == TCG_BACKEND_HOST, errp)) {
        return false;
    }
    if (kind == TCG_BACKEND_INTERP) {
        tcg_interp_init();
        return true;
    }
    return host_init(errp);
}

/* Generated code was left by a call that returns to `address`: the side table knows the rest. */
static TCGLeft left_by_call(CPUArchState *env, uintptr_t address)
{
    TranslationBlock *tb = tcg_tb_lookup(address - 1);
    TCGWayOut way = tcg_read_way_out(tb, address - (uintptr_t)tb_code(tb));
    const TCGTemp *pc = tcg_global_info(tcg_pc_global);

    memcpy((char *)env + pc->offset, &way.pc, type_size(pc->type));
    if (way.exit == TB_EXIT_REQUESTED) {
        qatomic_add_own_thread(&env_jit(env)->budget, way.insns);
        tcg_settle(env);
    }
    return (TCGLeft){ tb, way.exit };
}

void tcg_settle(CPUArchState *env)
{
    CPUJitState *jit = env_jit(env);

    qatomic_add_own_thread(&jit->budget, -jit->charged); /* a kick may come at any place */
    jit->charged = 0;
}

TCGLeft tcg_exec(CPUArchState *env, const void *code)
{
    uintptr_t result = tcg_backend_kind == TCG_BACKEND_INTERP ? tcg_interp_exec(env, code)
                                                              : host_prologue(env, code);

    if (tcg_write_distance && result - (uintptr_t)tcg_buffer < (uintptr_t)tcg_write_distance) {
        return left_by_call(env, result);
    }
    return (TCGLeft){ tcg_result_tb(result), tcg_result_exit(result) };
}

/* A -d item that is on for this block. */
static bool logs(const TCGContext *s, unsigned item)
{
    return unlikely(qemu_loglevel_mask(item)) && qemu_log_in_addr_range(s->tb->pc);
}

/* Counts become additions, now that it is known where groups end. */
static void resolve_counts(TCGContext *s)
{
    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        TCGOp *next;

        for (TCGOp *op = s->blocks[i]->first; op; op = next) {
            int n = op->opc == OP_count ? op_count(s, op) : 0;

            next = op->next;
            if (n) {
                op->opc = OP_add;
                op->nb_in = 2;
                op->in[1] = tcg_const_temp(s, TCG_TYPE_I32, n);
            } else if (op->opc == OP_count) {
                tcg_remove_op(s->blocks[i], op);
            }
        }
    }
}

static void optimize(TCGContext *s)
{
    tcg_build_cfg(s);
    if (s->counts_in_register) {
        resolve_counts(s);
    }
    tcg_note_used_globals(s);
    if (unlikely(tcg_runtime->call)) {
        tcg_reference_translate(s);
    }
    if (logs(s, CPU_LOG_TB_OP)) {
        tcg_dump_ir(s, "OP", false);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(passes); i++) {
        if (*passes[i].enabled) {
            passes[i].run(s);
        }
    }
    tcg_build_cfg(s);
    tcg_liveness(s);
    if (logs(s, CPU_LOG_TB_OP_OPT)) {
        tcg_dump_ir(s, "OP after optimization and liveness analysis", true);
    }
}

static void forget_emitted(TCGContext *s)
{
    s->overflow = s->too_far = false;
    s->nb_sites = s->nb_locs = s->nb_relocs = 0;
    s->slow_paths = NULL;
    s->check_misses = NULL;
    s->guard_paths = NULL;
    s->budget_misses = NULL;
    s->flags_end = NULL;
    s->nb_exits = s->nb_ways_out = 0;
    memset(s->exits, 0, sizeof(s->exits));
}

static bool emit_with(TCGContext *s, bool short_jumps)
{
    forget_emitted(s);
    s->short_jumps = short_jumps;
    s->code_ptr = s->code;
    tcg_reg_alloc(s);
    if (!s->overflow) {
        host_finish(s);
    }
    for (uint32_t i = 0; i < s->nb_relocs && !s->overflow; i++) {
        host_patch_reloc(s, &s->relocs[i]);
    }
    return !s->overflow && !s->too_far;
}

/*
 * Whether to try jumps of two bytes first: what is emitted in vain costs more than what is saved. In
 * bytes, an operation takes five, and an access with a TLB lookup and a slow path twenty more.
 */
static bool seems_short(const TCGContext *s)
{
    unsigned bytes = 0;

    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        for (const TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            bytes += op_is_guest_access(op) ? host_access_size(s, op) : 5;
        }
    }
    return bytes < 120; /* one in fifty is too long after all */
}

static bool emit_host_code(TCGContext *s)
{
    host_align_entry(s);
    s->code = s->code_ptr;
    if (seems_short(s) && emit_with(s, true)) {
        return true;
    }
    return !s->overflow && emit_with(s, false);
}

void tcg_note_guest_code(TCGContext *s, ram_addr_t start, uint32_t size)
{
    TBRange *last = s->nb_ranges ? &s->ranges[s->nb_ranges - 1] : NULL;

    for (unsigned i = 0; i < s->nb_ranges; i++) {
        ram_addr_t first = tb_range_start(&s->ranges[i]);

        if (start >= first && start + size <= first + s->ranges[i].size) {
            return;
        }
    }
    if (last && tb_range_start(last) + last->size == start && (start & ~TARGET_PAGE_MASK)) {
        last->size += size;
        return;
    }
    g_assert(s->nb_ranges < TB_MAX_ELEMENTS && start >> TARGET_PAGE_BITS <= UINT32_MAX);
    s->ranges[s->nb_ranges++] = (TBRange){ .page = start >> TARGET_PAGE_BITS,
                                           .offset = start & ~TARGET_PAGE_MASK, .size = size };
}

uint32_t tcg_guest_code_size(const TCGContext *s)
{
    uint32_t size = 0;

    for (unsigned i = 0; i < s->nb_ranges; i++) {
        size += s->ranges[i].size;
    }
    return size;
}

static void *append_array(uint8_t *to, const void *from, size_t size)
{
    return (uint8_t *)memcpy(to, from, size) + size;
}

static bool finish_tb(TCGContext *s, TranslationBlock *tb)
{
    size_t exits = s->nb_exits * sizeof(TBExit), ranges = s->nb_ranges * sizeof(TBRange);
    uint32_t side_table = tcg_write_side_table(s);
    uint8_t *arrays;

    tcg_code_commit(MAX(s->code_ptr, s->code + MIN_CODE));
    tb->code_offset = s->code - tcg_buffer;
    tb->code_size = s->code_ptr - s->code;
    arrays = tcg_data_alloc(exits + ranges + side_table);
    if (!arrays) {
        return false;
    }
    tb->arrays = arrays - (tcg_buffer + tcg_write_distance);
    tb->icount = s->nb_groups ? s->group_ends[0] : 0;
    tb->nb_exits = s->nb_exits;
    tb->nb_ranges = s->nb_ranges;
    arrays = append_array(arrays, s->exits, exits);
    arrays = append_array(arrays, s->ranges, ranges);
    append_array(arrays, s->side_table, side_table);
    tcg_register_tb(tb);
    return true;
}

static bool gen_code(TCGContext *s, TranslationBlock *tb)
{
    bool ok;

    s->code = s->code_ptr = tcg_code_begin(&s->code_limit);
    forget_emitted(s);
    if (s->code_limit - s->code_ptr < (ptrdiff_t)(16 * KiB)) {
        return false;
    }
    ok = tcg_backend_kind == TCG_BACKEND_INTERP ? tcg_interp_gen_code(s) : emit_host_code(s);
    if (!ok || !finish_tb(s, tb)) {
        return false;
    }
    if (tcg_backend_kind == TCG_BACKEND_HOST && logs(s, CPU_LOG_TB_OUT_ASM)) {
        tcg_dump_host_code(tb);
    }
    return true;
}

bool tcg_gen_code(TCGContext *s, TranslationBlock *tb)
{
    bool ok;

    s->tb = tb;
    optimize(s);
    tcg_lock();
    ok = gen_code(s, tb);
    if (unlikely(tcg_runtime->call) && ok) {
        tcg_reference_keep(s, tb);
    }
    tcg_unlock();
    return ok;
}
