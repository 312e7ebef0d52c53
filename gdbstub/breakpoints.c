/*
 * Going on, stepping, breakpoints and watchpoints.
 *
 * Reference: the GDB manual, "Packets" and "The vCont packet".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"

/* Types of the Z packet */
enum { BP_SOFTWARE, BP_HARDWARE, BP_WATCH_WRITE, BP_WATCH_READ, BP_WATCH_ACCESS };

/* A debugger that goes wild doesn't take all memory. */
#define MAX_BREAKPOINTS 4096

/* ---- Breakpoints ---- */

static int watch_flags(int type)
{
    return type == BP_WATCH_WRITE ? BP_MEM_WRITE : type == BP_WATCH_READ ? BP_MEM_READ
                                                                         : BP_MEM_ACCESS;
}

void gdb_set_breakpoint(CPUState *cpu, const GdbBreakpoint *b, bool insert)
{
    if (b->type > BP_HARDWARE && insert) {
        cpu_watchpoint_insert(cpu, b->addr, b->kind, watch_flags(b->type));
    } else if (b->type > BP_HARDWARE) {
        cpu_watchpoint_remove(cpu, b->addr, b->kind, watch_flags(b->type));
    } else if (insert) {
        cpu_breakpoint_insert(cpu, b->addr);
    } else {
        cpu_breakpoint_remove(cpu, b->addr);
    }
}

static void set_on_all_cpus(const GdbBreakpoint *b, bool insert)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        gdb_set_breakpoint(cpu, b, insert);
    }
}

/*
 * "TYPE,ADDR,KIND"; what follows behind a semicolon (conditions) isn't offered, and so isn't there.
 */
static bool parse_breakpoint(const char *args, GdbBreakpoint *b)
{
    uint64_t type;

    if (!gdb_parse_number(&args, &type) || type > BP_WATCH_ACCESS || !gdb_parse_char(&args, ',') ||
        !gdb_parse_number(&args, &b->addr) || !gdb_parse_char(&args, ',') ||
        !gdb_parse_number(&args, &b->kind)) {
        return false;
    }
    b->type = type;
    return type <= BP_HARDWARE || (b->kind > 0 && b->addr + (b->kind - 1) >= b->addr);
}

static int find_breakpoint(GdbServer *server, const GdbBreakpoint *b)
{
    for (guint i = 0; i < server->breakpoints->len; i++) {
        const GdbBreakpoint *other = &g_array_index(server->breakpoints, GdbBreakpoint, i);

        if (other->type == b->type && other->addr == b->addr &&
            (b->type <= BP_HARDWARE || other->kind == b->kind)) {
            return i;
        }
    }
    return -1;
}

static bool another_at(GdbServer *server, const GdbBreakpoint *b)
{
    GdbBreakpoint other = *b;

    other.type = b->type == BP_SOFTWARE ? BP_HARDWARE : BP_SOFTWARE;
    return b->type <= BP_HARDWARE && find_breakpoint(server, &other) >= 0;
}

GDB_HANDLER(insert_breakpoint)
{
    GdbBreakpoint b;

    if (!parse_breakpoint(args, &b) || server->breakpoints->len >= MAX_BREAKPOINTS) {
        gdb_error(server, EINVAL);
        return;
    }
    if (find_breakpoint(server, &b) < 0) { /* GDB may insert twice, and removes once */
        g_array_append_val(server->breakpoints, b);
        set_on_all_cpus(&b, true);
    }
    gdb_ok(server);
}

GDB_HANDLER(remove_breakpoint)
{
    GdbBreakpoint b;
    int i;

    if (!parse_breakpoint(args, &b)) {
        gdb_error(server, EINVAL);
        return;
    }
    i = find_breakpoint(server, &b);
    if (i < 0) {
        gdb_error(server, ENOENT);
        return;
    }
    g_array_remove_index_fast(server->breakpoints, i);
    if (!another_at(server, &b)) {
        set_on_all_cpus(&b, false);
    }
    gdb_ok(server);
}

/* ---- Going on ---- */

/* An optional address to go on from; false: not a number. */
static bool take_address(CPUState *cpu, const char *text)
{
    uint64_t addr;

    if (!*text) {
        return true;
    }
    if (!gdb_parse_number(&text, &addr) || *text) {
        return false;
    }
    CPU_GET_CLASS(cpu)->set_pc(cpu, addr);
    return true;
}

GDB_HANDLER(continue)
{
    if (!take_address(server->continue_cpu, args)) {
        gdb_error(server, EINVAL);
        return;
    }
    gdb_resume(server);
}

GDB_HANDLER(step)
{
    if (!take_address(server->continue_cpu, args)) {
        gdb_error(server, EINVAL);
        return;
    }
    cpu_single_step(server->continue_cpu, server->step_flags);
    gdb_resume(server);
}

/* ---- vCont ---- */

/*
 * One action: c, Cxx, s or Sxx, and which threads it is for; the first that names a thread counts.
 */
typedef struct Action {
    enum { HOLD, GO, STEP } what;
    CPUState *cpu; /* NULL: all that no action before it was for */
} Action;

static bool parse_action(const char **text, Action *action)
{
    char kind = **text;
    uint64_t signal;

    if (!kind || !strchr("cCsS", kind)) {
        return false;
    }
    (*text)++;
    if ((kind == 'C' || kind == 'S') && !gdb_parse_number(text, &signal)) {
        return false;
    }
    action->what = kind == 's' || kind == 'S' ? STEP : GO;
    action->cpu = NULL;
    return !gdb_parse_char(text, ':') || gdb_parse_thread(text, &action->cpu);
}

static bool parse_actions(const char *text, GArray *actions)
{
    Action action;

    do {
        if (!gdb_parse_char(&text, ';') || !parse_action(&text, &action)) {
            return false;
        }
        g_array_append_val(actions, action);
    } while (*text);
    return true;
}

/* Whom no action is for stands still meanwhile. */
static int action_for(const GArray *actions, CPUState *cpu)
{
    for (guint i = 0; i < actions->len; i++) {
        const Action *action = &g_array_index(actions, Action, i);

        if (!action->cpu || action->cpu == cpu) {
            return action->what;
        }
    }
    return HOLD;
}

GDB_HANDLER(vcont)
{
    g_autoptr(GArray) actions = g_array_new(FALSE, FALSE, sizeof(Action));
    CPUState *cpu;

    if (g_str_equal(args, "?")) {
        g_string_append(server->reply, "vCont;c;C;s;S");
        return;
    }
    if (!parse_actions(args, actions)) {
        gdb_error(server, EINVAL);
        return;
    }
    CPU_FOREACH(cpu) {
        int what = action_for(actions, cpu);

        cpu->debugger_holds = what == HOLD;
        cpu_single_step(cpu, what == STEP ? server->step_flags : 0);
    }
    gdb_resume(server);
}
