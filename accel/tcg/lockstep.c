/*
 * Lockstep: host code against the interpreter, piece by piece.
 *
 * A piece is what one entry into generated code executes: a block or a region, as links and the
 * jump cache are left unused. The interpreter goes first, from the CPU's state, up to what may
 * happen only once: a helper that isn't pure, an access to a device, one that raises an exception;
 * or to the piece's exit. What it has stored is then taken back and env is what it was, so that
 * host code starts from the same state. Where host code gets to the same event (the slow path of an
 * access, or a call: the hooks below), state is compared: registers, as env or the site's side
 * table has them, what was stored, what the event is about. The event then happens, for real and
 * once; the interpreter is told the result and goes on ahead to the next one.
 *
 * So only plain RAM is ever taken back, between two events, under the big lock. Nothing that
 * happens needs to be undone, recorded or left out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#ifdef __x86_64__
#include <xmmintrin.h>
#endif
#include "lockstep-state.h"
#include "lockstep.h"
#include "disas/disas.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "system/ramblock.h"

bool tcg_lockstep;

LockstepState ls;

static struct {
    uint64_t pieces, regions, events, stores; /* compared */
    uint64_t float_changes; /* times that others than the guest have changed float_state() */
    uint64_t no_reference, not_to_its_end, disturbed; /* pieces that weren't, or not to their end */
} count;

/* ---- State ---- */

/*
 * MXCSR's: where operands are subnormal, C code's comparisons and conversions, of which the
 * interpreter consists, set it at other times than the instruction. Only x86 has such a flag.
 */
#define DENORMAL_FLAG 2u

static uint32_t float_state(void)
{
#ifdef __x86_64__
    return _mm_getcsr();
#else
    return 0; /* no host back end */
#endif
}

static void set_float_state(uint32_t state)
{
#ifdef __x86_64__
    _mm_setcsr(state);
#endif
}

static Extra get_extra(const CPUState *cpu)
{
    return (Extra){ cpu->jit->budget, cpu->jit->charged, float_state() };
}

static void set_extra(CPUState *cpu, const Extra *extra)
{
    cpu->jit->budget = extra->budget;
    cpu->jit->charged = extra->charged;
    set_float_state(extra->float_state);
}

static int compare_gaps(const void *a, const void *b)
{
    const Gap *g = a, *h = b;

    return g->start < h->start ? -1 : g->start > h->start;
}

/* Globals sorted by offset leave the gaps between them. */
static void find_gaps(void)
{
    g_autoptr(GArray) globals = g_array_new(false, false, sizeof(Gap));
    size_t end = 0;

    for (unsigned i = 1; i < tcg_nb_globals(); i++) {
        TCGGlobal g = tcg_global(i);

        if (g.offset >= 0) {
            g_array_append_val(globals, ((Gap){ g.offset, g.size }));
        }
    }
    g_array_sort(globals, compare_gaps);
    for (guint i = 0; i < globals->len; i++) {
        const Gap *g = &g_array_index(globals, Gap, i);

        if (g->start > end) {
            g_array_append_val(ls.gaps, ((Gap){ end, g->start - end }));
        }
        end = MAX(end, g->start + g->size);
    }
    if (end < ls.env_size) {
        g_array_append_val(ls.gaps, ((Gap){ end, ls.env_size - end }));
    }
}

/* ---- Going ahead ---- */

/* Has RAM what it had before; a store's `after` is what is expected in the end. */
static void take_back_stores(void)
{
    for (guint i = 0; i < ls.stores->len; i++) {
        Access *a = &g_array_index(ls.stores, Access, i);

        memcpy(a->after, a->host, a->size);
    }
    for (guint i = ls.stores->len; i-- > 0;) {
        const Access *a = &g_array_index(ls.stores, Access, i);

        memcpy(a->host, a->before, a->size);
    }
}

/*
 * The interpreter goes from where it is to its next stop; its state is ls.env and ls.extra. result:
 * what the event has had that it has stopped before; NULL: the piece begins.
 */
static void go_ahead(const JitVector *result)
{
    Extra own = get_extra(ls.cpu);

    bql_lock();
    g_array_set_size(ls.loads, 0);
    g_array_set_size(ls.stores, 0);
    memcpy(ls.own_env, real_env(), ls.env_size);
    memcpy(real_env(), ls.env, ls.env_size);
    set_extra(ls.cpu, &ls.extra);
    ls.ahead = true;
    if (result) {
        tcg_reference_pass(ls.reference, *result);
    }
    tcg_reference_run(ls.reference);
    ls.ahead = false;
    ls.extra = get_extra(ls.cpu);
    memcpy(ls.env, real_env(), ls.env_size);
    memcpy(real_env(), ls.own_env, ls.env_size);
    take_back_stores();
    set_extra(ls.cpu, &own);
    ls.open = true;
}

/* Host code has arrived where the interpreter is, and has been compared with it. */
static void close_part(void)
{
    ls.open = false;
    count.events++;
    count.stores += ls.stores->len;
    bql_unlock();
}

/* ---- Differences ---- */

static bool overlap(const Access *a, const Access *b)
{
    return a->host < b->host + b->size && b->host < a->host + a->size;
}

static bool is_stored_to(const Access *a)
{
    for (guint i = 0; i < ls.stores->len; i++) {
        if (overlap(a, &g_array_index(ls.stores, Access, i))) {
            return true;
        }
    }
    return false;
}

/*
 * Something that the interpreter has loaded isn't there any more: somebody else (a worker thread
 * that reads from a disk; the MMU, marking a page as used) has stored to it meanwhile.
 */
static bool memory_has_changed(void)
{
    for (guint i = 0; i < ls.loads->len; i++) {
        const Access *a = &g_array_index(ls.loads, Access, i);

        if (memcmp(a->host, a->before, a->size) && !is_stored_to(a)) {
            return true;
        }
    }
    return false;
}

static vaddr insn_pc(unsigned insn)
{
    uint64_t words[TARGET_INSN_START_WORDS];

    tcg_insn_words(ls.tb, insn, words);
    return words[0];
}

static char *describe_left(TCGLeft left)
{
    if (left.exit == TB_EXIT_REQUESTED) {
        return g_strdup("out of budget");
    }
    return left.tb ? g_strdup_printf("left by exit %u", left.exit)
                   : g_strdup("left for the CPU loop");
}

static char *describe_stop(const TCGStop *stop)
{
    g_autofree char *left = stop->kind == TCG_STOP_EXIT ? describe_left(stop->left) : NULL;
    vaddr pc = left ? 0 : insn_pc(stop->insn);

    switch (stop->kind) {
    case TCG_STOP_EXIT:
        return g_steal_pointer(&left);
    case TCG_STOP_CALL:
        return g_strdup_printf("at 0x%" VADDR_PRIx ", before a call of %s", pc, stop->call->name);
    case TCG_STOP_STORE:
        return g_strdup_printf("at 0x%" VADDR_PRIx ", before a store of 0x%" PRIx64
                               " to 0x%" PRIx64,
                               pc, stop->value.half[0], stop->addr);
    default:
        return g_strdup_printf("at 0x%" VADDR_PRIx ", before a load from 0x%" PRIx64, pc,
                               stop->addr);
    }
}

/* A difference, in lines. */
static GString *difference;

#define DIFFERS(...)                                                                               \
    do {                                                                                           \
        difference = difference ? difference : g_string_new(NULL);                                 \
        g_string_append_printf(difference, "  " __VA_ARGS__);                                      \
    } while (0)

/* In the order of addresses, or the other way round: as the number that they are on a host. */
static void append_bytes(const uint8_t *bytes, unsigned size, bool as_number)
{
    for (unsigned i = 0; i < size; i++) {
        g_string_append_printf(difference, as_number ? "%02x" : " %02x",
                               bytes[as_number ? size - 1 - i : i]);
    }
}

static void say_number(const char *what, const void *host, const void *interpreter, unsigned size)
{
    DIFFERS("%s: host code 0x", what);
    append_bytes(host, size, true);
    g_string_append(difference, ", interpreter 0x");
    append_bytes(interpreter, size, true);
    g_string_append_c(difference, '\n');
}

static void say_memory(const char *what, const Access *a)
{
    DIFFERS("%s: host code", what);
    append_bytes(a->host, a->size, false);
    g_string_append(difference, ", interpreter");
    append_bytes(a->after, a->size, false);
    g_string_append(difference, ", before");
    append_bytes(a->before, a->size, false);
    g_string_append_c(difference, '\n');
}

static void compare_global(unsigned n, bool with_pc)
{
    TCGGlobal g = tcg_global(n);

    if (g.offset >= 0 && (with_pc || !g.is_pc) &&
        memcmp(real_env() + g.offset, ls.env + g.offset, g.size)) {
        say_number(g.name, real_env() + g.offset, ls.env + g.offset, g.size);
    }
}

static void compare_gap(const Gap *gap)
{
    for (size_t i = gap->start; i < gap->start + gap->size; i++) {
        size_t first = i & ~(size_t)7, size = MIN(8, gap->start + gap->size - first);
        g_autofree char *what = NULL;

        if (real_env()[i] == ls.env[i]) {
            continue;
        }
        what = g_strdup_printf("byte 0x%zx of env", first);
        say_number(what, real_env() + first, ls.env + first, size);
        i = first + size - 1;
    }
}

typedef enum EnvParts { ENV_NO_GLOBALS, ENV_NO_PC, ENV_ALL } EnvParts;

static void compare_env(EnvParts parts)
{
    if (likely(!memcmp(real_env(), ls.env, ls.env_size))) {
        return;
    }
    for (unsigned n = 1; n < tcg_nb_globals() && parts != ENV_NO_GLOBALS; n++) {
        compare_global(n, parts == ENV_ALL);
    }
    for (guint i = 0; i < ls.gaps->len; i++) {
        compare_gap(&g_array_index(ls.gaps, Gap, i));
    }
}

static void compare_number(const char *what, uint64_t host, uint64_t interpreter)
{
    if (host != interpreter) {
        DIFFERS("%s: host code 0x%" PRIx64 ", interpreter 0x%" PRIx64 "\n", what, host,
                interpreter);
    }
}

static void compare_extra(bool with_charged)
{
    Extra own = get_extra(ls.cpu);

    compare_number("budget", (uint32_t)own.budget, (uint32_t)ls.extra.budget);
    if (with_charged) {
        compare_number("instructions charged", own.charged, ls.extra.charged);
    }
    compare_number("the host's floating-point state", own.float_state & ~DENORMAL_FLAG,
                   ls.extra.float_state & ~DENORMAL_FLAG);
}

static void compare_stores(void)
{
    for (guint i = 0; i < ls.stores->len; i++) {
        const Access *a = &g_array_index(ls.stores, Access, i);
        g_autofree char *what = NULL;
        ram_addr_t offset = 0;
        const RAMBlock *rb;

        if (likely(!memcmp(a->host, a->after, a->size))) {
            continue;
        }
        rb = qemu_ram_block_from_host(a->host, false, &offset);
        what = g_strdup_printf("memory, 0x%" PRIx64 " of %s", (uint64_t)offset,
                               rb ? rb->idstr : "no RAM block");
        say_memory(what, a);
    }
}

static G_NORETURN_ATTR void report(const char *where)
{
    const TranslationBlock *tb = ls.tb;
    g_autofree char *stop = describe_stop(tcg_reference_stop(ls.reference));
    uint64_t offset;
    const char *symbol = disas_symbol(tb->pc, &offset);

    error_report("lockstep: host code and interpreter differ in the %s at 0x%" VADDR_PRIx
                 "%s%s (flags 0x%" PRIx64 ", %u bytes of guest code)",
                 tb->region ? "region" : "block", tb->pc, symbol ? ", " : "", symbol ? symbol : "",
                 tb->flags, tb_size(tb));
    error_report("lockstep: host code is %s, the interpreter %s", where, stop);
    for (char **line = g_strsplit(difference->str, "\n", -1); *line && **line; line++) {
        error_report("lockstep: %s", *line);
    }
    error_report("lockstep: for its code: -d in_asm,op,op_opt,out_asm -dfilter 0x%" VADDR_PRIx
                 "..0x%" VADDR_PRIx " -D FILE",
                 tb->pc, tb->pc + (tb->region ? 0 : tb_size(tb) - 1));
    exit(EXIT_FAILURE);
}

/* Says what differs, unless there is somebody to blame; false: go on without comparing. */
static bool is_same(const char *where)
{
    if (likely(!difference)) {
        return true;
    }
    if (!memory_has_changed()) {
        report(where);
    }
    g_string_free(difference, true);
    difference = NULL;
    ls.blind = true;
    count.disturbed++;
    return false;
}

/* ---- Events ---- */

static void compare_call(const TCGStop *stop, const TCGStop *here)
{
    const TCGHelperInfo *call = here->call;

    if (stop->call != call) {
        DIFFERS("helper: host code %s, interpreter %s\n", call->name, stop->call->name);
        return;
    }
    for (unsigned i = 0; i < call->nb_args; i++) {
        g_autofree char *what = g_strdup_printf("argument %u of %s", i, call->name);

        if (call->args[i] == TCG_HELPER_I32) {
            compare_number(what, (uint32_t)here->args[i], (uint32_t)stop->args[i]);
        } else if (call->args[i] == TCG_HELPER_I64) {
            compare_number(what, here->args[i], stop->args[i]);
        }
    }
}

/*
 * What an access is about, besides its address. Hints differ, and passes find out that an address
 * has its alignment anyway, or that the sign of what is loaded doesn't matter.
 */
#define KIND_OF_ACCESS (~(MemOpIdx)(MO_STACK | MO_ALIGN | MO_ALIGN_4 | MO_SIGN))

/* pass-halves.c: a load of 64 bits has become two of 32. */
static bool is_half(const TCGStop *stop, const TCGStop *here)
{
    return here->kind == TCG_STOP_LOAD && stop->kind == TCG_STOP_LOAD &&
           memop_size(get_memop(stop->oi)) == 8 && memop_size(get_memop(here->oi)) == 4 &&
           (here->addr == stop->addr || here->addr == stop->addr + 4);
}

static void compare_access(const TCGStop *stop, const TCGStop *here)
{
    unsigned size = memop_size(get_memop(here->oi));

    if (is_half(stop, here)) {
        return;
    }
    compare_number("address", here->addr, stop->addr);
    compare_number("kind of access", here->oi & KIND_OF_ACCESS, stop->oi & KIND_OF_ACCESS);
    if (here->kind == TCG_STOP_STORE && memcmp(&here->value, &stop->value, size)) {
        say_number("value stored", &here->value, &stop->value, size);
    }
}

/* The rest of the piece isn't compared. */
static void not_to_its_end(void)
{
    ls.open = false;
    ls.blind = true;
    count.not_to_its_end++;
}

/* Host code is about to do what the interpreter has stopped before. */
static bool arrive(const TCGStop *here, EnvParts parts, const char *where)
{
    const TCGStop *stop = tcg_reference_stop(ls.reference);
    bool same;

    if (stop->kind != here->kind || (parts != ENV_NO_GLOBALS && stop->insn != here->insn)) {
        DIFFERS("they are not at the same place\n");
    } else if (here->kind == TCG_STOP_CALL) {
        compare_call(stop, here);
    } else {
        compare_access(stop, here);
    }
    compare_env(parts);
    compare_extra(parts != ENV_NO_GLOBALS);
    compare_stores();
    same = is_same(where);
    close_part();
    if (same && is_half(stop, here)) { /* the interpreter can't be told half of a value */
        not_to_its_end();
        return false;
    }
    return same;
}

/*
 * Whoever computes in floating point on the CPU's thread, but for the guest, has to leave the state
 * as it was: generated code takes the host's sticky flags for the guest's.
 */
static void note_float_state(uint32_t before)
{
    if (float_state() != before) {
        count.float_changes++;
    }
}

/* What host code has loaded, maybe without its sign, as the interpreter's load would give it. */
static JitVector as_loaded(uint64_t value)
{
    MemOp op = get_memop(tcg_reference_stop(ls.reference)->oi);

    return (JitVector){ { tcg_extend_loaded(extract64(value, 0, 8 * memop_size(op)), op) } };
}

/*
 * The event has happened: the interpreter is told what came of it, and goes on. Globals may have
 * changed if the event was a call of a helper that finds them in env.
 */
static void go_on(JitVector result, EnvParts parts)
{
    CPUState *cpu = ls.cpu;

    if (parts == ENV_ALL) {
        memcpy(ls.env, real_env(), ls.env_size);
    } else {
        for (guint i = 0; i < ls.gaps->len; i++) {
            const Gap *g = &g_array_index(ls.gaps, Gap, i);

            memcpy(ls.env + g->start, real_env() + g->start, g->size);
        }
    }
    if (tcg_reference_stop(ls.reference)->kind != TCG_STOP_CALL) {
        note_float_state(ls.extra.float_state);
    }
    ls.extra.float_state = float_state();
    ls.extra.budget = cpu->jit->budget;
    go_ahead(&result);
}

/* ---- What host code calls ---- */

/* Env has all that is in host registers at the site; returns the guest instruction. */
static unsigned restore_env(CPUArchState *env, uintptr_t host_pc)
{
    TCGSite site;

    if (!tcg_restore_site(ls.tb, host_pc, env, &site)) {
        g_error("lockstep: no site at %p", (void *)host_pc);
    }
    return site.insn;
}

/* True: go_on() when it has been made. Plain RAM is nobody's business here. */
static bool before_access(CPUArchState *env, TCGStop *here, uintptr_t site)
{
    MMUAccessType access = here->kind == TCG_STOP_STORE ? MMU_DATA_STORE : MMU_DATA_LOAD;
    int32_t charged = ls.open ? ls.cpu->jit->charged : 0;
    TCGSite known;
    bool same;
    Bytes b;

    if (!ls.open) {
        return false;
    }
    here->oi &= ~MEMOP_IDX_PAGED;
    if (lockstep_is_plain(ls.cpu, &b, here->addr, here->oi, access) &&
        (access == MMU_DATA_LOAD || !tcg_find_site(ls.tb, site, &known) ||
         !lockstep_stores_into_itself(ls.cpu, &b, memop_size(get_memop(here->oi)), known.insn))) {
        return false;
    }
    here->insn = restore_env(env, site);
    same = arrive(here, ENV_NO_PC, access == MMU_DATA_LOAD ? "before a load" : "before a store");
    ls.cpu->jit->charged = charged; /* in its register, as before */
    return same;
}

static uint64_t lockstep_load(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t site)
{
    TCGStop here = { .kind = TCG_STOP_LOAD, .addr = addr, .oi = oi };
    bool event = before_access(env, &here, site);
    uint64_t value = tcg_slow_load(env, addr, oi, site);

    if (event) {
        go_on(as_loaded(value), ENV_NO_GLOBALS);
    }
    return value;
}

static void lockstep_store(CPUArchState *env, uint64_t addr, uint64_t value, MemOpIdx oi,
                           uintptr_t site)
{
    TCGStop here = { .kind = TCG_STOP_STORE, .addr = addr, .oi = oi, .value = { { value } } };
    bool event = before_access(env, &here, site);

    tcg_slow_store(env, addr, value, oi, site);
    if (event) {
        go_on((JitVector){ { 0 } }, ENV_NO_GLOBALS);
    }
}

static JitVector lockstep_load_vector(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t site)
{
    TCGStop here = { .kind = TCG_STOP_LOAD, .addr = addr, .oi = oi };
    bool event = before_access(env, &here, site);
    JitVector value = tcg_slow_load_vector(env, addr, oi, site);

    if (event) {
        go_on(value, ENV_NO_GLOBALS);
    }
    return value;
}

static void lockstep_store_vector(CPUArchState *env, uint64_t addr, JitVector value, MemOpIdx oi,
                                  uintptr_t site)
{
    TCGStop here = { .kind = TCG_STOP_STORE, .addr = addr, .oi = oi, .value = value };
    bool event = before_access(env, &here, site);

    tcg_slow_store_vector(env, addr, value, oi, site);
    if (event) {
        go_on((JitVector){ { 0 } }, ENV_NO_GLOBALS);
    }
}

/*
 * The slow path of a range, which host code takes for plain RAM, too: an event only if the
 * interpreter takes it there.
 */
static void *lockstep_host_range(CPUArchState *env, uint64_t addr, uint32_t arg, uintptr_t site)
{
    const TCGStop *stop = ls.open ? tcg_reference_stop(ls.reference) : NULL;
    TCGHostSlow *slow = (TCGHostSlow *)(uintptr_t)ls.cpu->jit->called;
    bool event = stop && stop->kind == TCG_STOP_RANGE && stop->addr == addr && stop->arg == arg;
    int32_t charged = ls.cpu->jit->charged;
    void *where;

    if (event) {
        TCGStop here = *stop;

        here.insn = restore_env(env, site);
        event = arrive(&here, ENV_NO_PC, "before a range of accesses");
        ls.cpu->jit->charged = charged;
    }
    where = slow(env, addr, arg, site);
    if (event) {
        go_on((JitVector){ { (uintptr_t)where } }, ENV_NO_GLOBALS);
    }
    return where;
}

typedef JitVector Helper(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

static __attribute__((noinline)) JitVector lockstep_call(uint64_t a0, uint64_t a1, uint64_t a2,
                                                         uint64_t a3, uint64_t a4, uint64_t a5)
{
    CPUState *cpu = ls.cpu;
    uintptr_t ra = (uintptr_t)__builtin_return_address(0);
    TCGStop here = { .kind = TCG_STOP_CALL,
                     .call = cpu->jit->called,
                     .args = { a0, a1, a2, a3, a4, a5 } };
    EnvParts parts = here.call->flags & TCG_CALL_NO_READ_GLOBALS ? ENV_NO_GLOBALS : ENV_ALL;
    bool event = ls.open;
    JitVector result;

    if (event) {
        here.insn = parts == ENV_ALL ? restore_env(cpu->env, ra) : 0;
        event = arrive(&here, parts, "before a call");
    }
    cpu->jit->interp_pc = ra; /* it was called from here */
    result = ((Helper *)here.call->func)(a0, a1, a2, a3, a4, a5);
    cpu->jit->interp_pc = 0;
    if (event) {
        go_on(result, parts);
    }
    return result;
}

/* Each piece is entered by lockstep_exec(). */
static const void *lockstep_lookup_tb_ptr(CPUArchState *env)
{
    return tcg_exit_to_loop;
}

const TCGRuntime lockstep_runtime = {
    .load = lockstep_load,
    .store = lockstep_store,
    .load_vector = lockstep_load_vector,
    .store_vector = lockstep_store_vector,
    .lookup_tb_ptr = lockstep_lookup_tb_ptr,
    .atomic = tcg_atomic,
    .in_window = tcg_in_window,
    .call = lockstep_call,
    .host_range = lockstep_host_range,
};

/* ---- Pieces ---- */

static void begin_piece(CPUState *cpu, const void *code)
{
    ls.tb = tcg_tb_lookup((uintptr_t)code);
    if (ls.left_to_others) {
        note_float_state(ls.float_state);
    }
    ls.running = true;
    ls.open = ls.blind = false;
    tcg_hold_kicks(cpu, true); /* both are to have the same budget */
    if (!tcg_reference_start(ls.reference, ls.tb, cpu->env)) {
        ls.blind = true;
        count.no_reference++;
        return;
    }
    memcpy(ls.env, real_env(), ls.env_size);
    ls.extra = get_extra(cpu);
    go_ahead(NULL);
}

static void end_piece(CPUState *cpu)
{
    if (!ls.blind) {
        count.pieces++;
        count.regions += ls.tb->region;
    }
    ls.running = false;
    tcg_hold_kicks(cpu, false);
}

static void compare_exit(TCGLeft left)
{
    const TCGStop *stop = tcg_reference_stop(ls.reference);
    g_autofree char *where = describe_left(left);

    if (stop->kind != TCG_STOP_EXIT || stop->left.tb != left.tb || stop->left.exit != left.exit) {
        DIFFERS("they are not at the same place\n");
    }
    compare_env(ENV_ALL);
    compare_extra(true);
    compare_stores();
    is_same(where);
    close_part();
}

TCGLeft lockstep_exec(CPUState *cpu, const void *code)
{
    TCGLeft left;

    begin_piece(cpu, code);
    left = tcg_exec(cpu->env, code);
    /* In the middle, for room in the code buffer or an access that is to be made alone? */
    if (ls.open && !left.tb && (cpu->tcg->next_alone || cpu->tcg->room_wanted)) {
        not_to_its_end();
        bql_unlock();
    } else if (ls.open) {
        compare_exit(left);
    }
    end_piece(cpu);
    ls.left_to_others = true;
    ls.float_state = float_state();
    return left;
}

void lockstep_left_by_exception(CPUState *cpu)
{
    if (!ls.running) {
        return;
    }
    if (ls.ahead) {
        g_error("lockstep: the interpreter has raised an exception in the block at 0x%" VADDR_PRIx,
                ls.tb->pc);
    }
    ls.left_to_others = false; /* the exception's handling may be a change of state */
    if (ls.open) {             /* with the big lock, of which the caller takes care */
        not_to_its_end();
    }
    end_piece(cpu);
}

void lockstep_init_cpu(CPUState *cpu)
{
    static TCGReferenceOps ops;

    g_assert(!ls.cpu && "one CPU");
    ops = lockstep_memory;
    ls.cpu = cpu;
    ls.env_size = ops.env_size = cpu->tcg->ops->env_size;
    ls.env = g_malloc(ls.env_size);
    ls.own_env = g_malloc(ls.env_size);
    ls.kept_env = g_malloc(ls.env_size);
    ls.loads = g_array_new(false, false, sizeof(Access));
    ls.stores = g_array_new(false, false, sizeof(Access));
    ls.gaps = g_array_new(false, false, sizeof(Gap));
    ls.reference = tcg_reference_new(&ops);
    find_gaps();
}

void lockstep_dump(GString *out)
{
    static const struct {
        const char *text;
        const uint64_t *value;
    } rows[] = {
        { "pieces compared", &count.pieces },
        { "regions among them", &count.regions },
        { "states compared", &count.events },
        { "stores compared", &count.stores },
        { "changes to host flags", &count.float_changes },
        { "pieces too long", &count.no_reference },
        { "pieces with their end left out", &count.not_to_its_end },
        { "pieces disturbed", &count.disturbed },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        g_string_append_printf(out, "lockstep: %-35s%" PRIu64 "\n", rows[i].text, *rows[i].value);
    }
}
