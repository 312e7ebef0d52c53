/*
 * The GDB stub's connection: bytes in and out, stopping and going on.
 *
 * Everything here runs on the main loop with the big lock held, except debug_stop(), which a CPU's
 * thread calls (with the lock) when it meets a breakpoint.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "gdbstub/gdbstub.h"
#include "internal.h"
#include "monitor/monitor.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "system/system.h"

/* Output that may wait before no more input is taken, and before it is dropped. */
#define OUT_ENOUGH (64 * KiB)
#define OUT_MAX    (4 * MiB)

/* The character device that is made for -gdb and goes with it. */
#define OWN_LABEL "gdb"

/* Signals are GDB's numbers. */
enum {
    GDB_SIGNAL_INT = 2,
    GDB_SIGNAL_QUIT = 3,
    GDB_SIGNAL_TRAP = 5,
    GDB_SIGNAL_ABRT = 6,
    GDB_SIGNAL_ALRM = 14,
    GDB_SIGNAL_IO = 23,
};

static GdbServer *the_server;

/* ---- Output ---- */

static void flush_out(GdbServer *server);

static gboolean out_ready(void *unused, GIOCondition condition, void *opaque)
{
    GdbServer *server = opaque;

    server->out_watch = 0;
    flush_out(server);
    return FALSE;
}

static void flush_out(GdbServer *server)
{
    int n;

    if (server->out_watch || server->out->len == 0) {
        return;
    }
    n = qemu_chr_fe_write(&server->chr, (uint8_t *)server->out->str, server->out->len);
    if (n < 0 && errno != EAGAIN) {
        n = server->out->len; /* the other side has gone */
    }
    if (n > 0) {
        g_string_erase(server->out, 0, n);
    }
    if (server->out->len > 0) {
        server->out_watch =
            qemu_chr_fe_add_watch(&server->chr, G_IO_OUT | G_IO_HUP, out_ready, server);
    } else {
        qemu_chr_fe_accept_input(&server->chr);
    }
}

static void send_bytes(GdbServer *server, const char *bytes, size_t len)
{
    if (server->out->len < OUT_MAX) {
        g_string_append_len(server->out, bytes, len);
        flush_out(server);
    }
}

static void send_packet(GdbServer *server, const char *data, size_t len)
{
    g_string_truncate(server->last, 0);
    gdb_append_packet(server->last, data, len);
    send_bytes(server, server->last->str, server->last->len);
}

void gdb_send(GdbServer *server, const char *text)
{
    send_packet(server, text, strlen(text));
}

void gdb_send_reply(GdbServer *server)
{
    send_packet(server, server->reply->str, server->reply->len);
}

/* ---- Stopping ---- */

static int stop_signal(RunState state)
{
    static const struct {
        RunState state;
        int signal;
    } rows[] = {
        { RUN_STATE_DEBUG, GDB_SIGNAL_TRAP },    { RUN_STATE_PAUSED, GDB_SIGNAL_INT },
        { RUN_STATE_PRELAUNCH, GDB_SIGNAL_TRAP }, { RUN_STATE_SHUTDOWN, GDB_SIGNAL_QUIT },
        { RUN_STATE_IO_ERROR, GDB_SIGNAL_IO },   { RUN_STATE_WATCHDOG, GDB_SIGNAL_ALRM },
        { RUN_STATE_INTERNAL_ERROR, GDB_SIGNAL_ABRT },
        { RUN_STATE_GUEST_PANICKED, GDB_SIGNAL_ABRT },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].state == state) {
            return rows[i].signal;
        }
    }
    return 0;
}

static const GdbBreakpoint *breakpoint_at(GdbServer *server, uint64_t addr)
{
    for (guint i = 0; i < server->breakpoints->len; i++) {
        const GdbBreakpoint *b = &g_array_index(server->breakpoints, GdbBreakpoint, i);

        if (b->type <= 1 && b->addr == addr) {
            return b;
        }
    }
    return NULL;
}

static void append_watch_reason(GString *text, const CPUWatchpoint *hit, vaddr addr)
{
    static const char *const names[] = {
        [BP_MEM_READ] = "rwatch", [BP_MEM_WRITE] = "watch", [BP_MEM_ACCESS] = "awatch"
    };

    g_string_append_printf(text, "%s:%" PRIx64 ";", names[hit->flags & BP_MEM_ACCESS], addr);
}

/* What GDB is told besides the signal. */
static void append_reason(GdbServer *server, GString *text)
{
    CPUState *cpu = server->cpu;
    const GdbBreakpoint *b = breakpoint_at(server, CPU_GET_CLASS(cpu)->get_pc(cpu));
    CPUWatchpoint hit;
    vaddr addr;

    if (cpu_watchpoint_take_hit(cpu, &hit, &addr)) {
        append_watch_reason(text, &hit, addr);
    } else if (b && b->type == 0 && server->knows_swbreak) {
        g_string_append(text, "swbreak:;");
    } else if (b && b->type == 1 && server->knows_hwbreak) {
        g_string_append(text, "hwbreak:;");
    }
}

void gdb_report_stop(GdbServer *server)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int signal = stop_signal(runstate_get());

    g_string_printf(text, "T%02xthread:", signal ? signal : GDB_SIGNAL_TRAP);
    gdb_append_thread(server, text, server->cpu);
    g_string_append_c(text, ';');
    if (runstate_check(RUN_STATE_DEBUG)) {
        append_reason(server, text);
    }
    gdb_send(server, text->str);
}

static void end_steps(void)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        cpu_release(cpu);
        cpu_single_step(cpu, 0);
    }
}

static gboolean go_on_without_debugger(void *unused)
{
    if (runstate_check(RUN_STATE_DEBUG)) {
        vm_start();
    }
    return FALSE;
}

static void state_changed(void *opaque, bool running, RunState state)
{
    GdbServer *server = opaque;

    if (running) {
        server->stopped = NULL;
        server->monitor_cpu = -1;
        return;
    }
    if (state == RUN_STATE_DEBUG && server->stopped) {
        server->cpu = server->continue_cpu = server->stopped;
    }
    if (!server->attached) {
        if (state == RUN_STATE_DEBUG) { /* a CPU met a breakpoint as the debugger left */
            g_idle_add(go_on_without_debugger, NULL);
        }
        return;
    }
    if (server->stop_awaited && stop_signal(state)) {
        server->stop_awaited = false;
        end_steps();
        gdb_report_stop(server);
    }
}

/*
 * On the thread of a CPU that has stopped for us. Others may follow before the machine stands still;
 * GDB hears of one. The others' breakpoints are met again, watchpoints are told next time.
 */
static void debug_stop(CPUState *cpu)
{
    if (!the_server->stopped) {
        the_server->stopped = cpu;
        qemu_system_debug_request();
    }
}

static bool is_inserted(GdbServer *server, const CPUWatchpoint *w)
{
    for (guint i = 0; i < server->breakpoints->len; i++) {
        const GdbBreakpoint *b = &g_array_index(server->breakpoints, GdbBreakpoint, i);

        if (b->type > 1 && b->addr == w->addr && b->kind == w->len) {
            return true;
        }
    }
    return false;
}

/* A CPU that is to go on, and has hit a watchpoint that GDB wasn't told of; or NULL. */
static CPUState *find_untold_hit(GdbServer *server)
{
    CPUWatchpoint hit;
    CPUState *cpu;
    vaddr addr;

    CPU_FOREACH(cpu) {
        if (cpu->debugger_holds || !cpu->debug || !cpu->debug->watch_hit) {
            continue;
        }
        if (is_inserted(server, &cpu->debug->hit)) {
            return cpu;
        }
        cpu_watchpoint_take_hit(cpu, &hit, &addr); /* nobody waits for it any more */
    }
    return NULL;
}

void gdb_resume(GdbServer *server)
{
    CPUState *hit = find_untold_hit(server);

    server->resume_on_close = true;
    if (runstate_needs_reset()) { /* it would never stop again */
        gdb_report_stop(server);
    } else if (hit) {
        server->cpu = server->continue_cpu = hit;
        runstate_set(RUN_STATE_DEBUG);
        end_steps();
        gdb_report_stop(server);
    } else {
        server->stop_awaited = true;
        vm_start();
    }
}

/* ---- Coming and going ---- */

static void end_monitor_line(GdbServer *server)
{
    if (server->monitor_line) {
        monitor_cancel_line(server->monitor_line);
    }
}

static void set_all_breakpoints(GdbServer *server, CPUState *cpu, bool insert)
{
    for (guint i = 0; i < server->breakpoints->len; i++) {
        gdb_set_breakpoint(cpu, &g_array_index(server->breakpoints, GdbBreakpoint, i), insert);
    }
}

void gdb_forget_breakpoints(GdbServer *server)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        set_all_breakpoints(server, cpu, false);
    }
    g_array_set_size(server->breakpoints, 0);
    end_steps();
}

static void introduce_cpu(Notifier *notifier, void *data)
{
    set_all_breakpoints(container_of(notifier, GdbServer, cpu_joins), data, true);
}

/* The first CPU takes its part: that stays. */
static void forget_cpu(Notifier *notifier, void *data)
{
    GdbServer *server = container_of(notifier, GdbServer, cpu_leaves);
    CPUState **const users[] = { &server->cpu, &server->continue_cpu };

    for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
        if (*users[i] == data) {
            *users[i] = QTAILQ_FIRST(&cpus);
        }
    }
    server->listed = server->listed == data ? NULL : server->listed;
    server->stopped = server->stopped == data ? NULL : server->stopped;
    server->described = server->described == data ? NULL : server->described;
}

static void attach(GdbServer *server)
{
    server->attached = true;
    server->resume_on_close = runstate_is_running();
    server->stop_awaited = false;
    server->no_ack = false;
    server->knows_swbreak = server->knows_hwbreak = server->knows_processes = false;
    server->physical = false;
    server->monitor_cpu = -1;
    server->step_flags = SSTEP_ENABLE | SSTEP_NOIRQ;
    server->cpu = server->continue_cpu = QTAILQ_FIRST(&cpus);
    gdb_parser_reset(&server->parser);
    g_string_truncate(server->out, 0);
    g_string_truncate(server->last, 0);
    vm_stop(RUN_STATE_PAUSED);
}

static void leave(GdbServer *server)
{
    server->attached = false;
    server->stop_awaited = false;
    gdb_forget_breakpoints(server);
}

void gdb_detach(GdbServer *server)
{
    leave(server);
    if (!runstate_needs_reset()) {
        vm_start();
    }
}

static void closed(GdbServer *server)
{
    end_monitor_line(server);
    g_string_truncate(server->out, 0);
    if (server->attached && server->resume_on_close) {
        gdb_detach(server);
    } else if (server->attached) {
        leave(server);
    }
}

static void handle_event(void *opaque, QEMUChrEvent event)
{
    if (event == CHR_EVENT_OPENED) {
        attach(opaque);
    } else if (event == CHR_EVENT_CLOSED) {
        closed(opaque);
    }
}

/* ---- Input ---- */

static void interrupt(GdbServer *server)
{
    end_monitor_line(server);
    if (runstate_is_running() || (server->stop_awaited && runstate_check(RUN_STATE_SAVE_VM))) {
        server->stop_awaited = true;
        vm_stop(RUN_STATE_PAUSED);
    }
}

static void acknowledge(GdbServer *server, const char *sign)
{
    if (!server->no_ack) {
        send_bytes(server, sign, 1);
    }
}

static void handle_input(GdbServer *server, GdbInput input)
{
    switch (input) {
    case GDB_INPUT_PACKET:
        acknowledge(server, "+");
        server->attached = true; /* a debugger that had detached may come back on the same line */
        gdb_run_packet(server, server->parser.data->str, server->parser.data->len);
        break;
    case GDB_INPUT_TOO_LONG:
        acknowledge(server, "+");
        gdb_error(server, EINVAL);
        gdb_send_reply(server);
        break;
    case GDB_INPUT_BAD:
        acknowledge(server, "-");
        break;
    case GDB_INPUT_NACK:
        if (!server->no_ack) {
            send_bytes(server, server->last->str, server->last->len);
        }
        break;
    case GDB_INPUT_INTERRUPT:
        interrupt(server);
        break;
    case GDB_INPUT_ACK:
    case GDB_INPUT_NONE:
        break;
    }
}

static int can_read(void *opaque)
{
    GdbServer *server = opaque;

    return server->out->len > OUT_ENOUGH ? 0 : 4096;
}

static void handle_bytes(void *opaque, const uint8_t *buf, int size)
{
    GdbServer *server = opaque;

    for (int i = 0; i < size; i++) {
        handle_input(server, gdb_parse_byte(&server->parser, buf[i]));
    }
}

/* ---- The server ---- */

/* Output that is still due goes out before the process ends. */
static void say_goodbye(Notifier *n, void *unused)
{
    char text[4];

    if (the_server && the_server->attached) {
        the_server->attached = false;
        g_snprintf(text, sizeof(text), "W%02x", qemu_shutdown_exit_code() & 0xff);
        gdb_send(the_server, text);
    }
}

static GdbServer *make_server(void)
{
    static Notifier exit_notifier = { .notify = say_goodbye };
    GdbServer *server = g_new0(GdbServer, 1);

    gdb_parser_init(&server->parser);
    server->reply = g_string_new(NULL);
    server->last = g_string_new(NULL);
    server->out = g_string_new(NULL);
    server->breakpoints = g_array_new(FALSE, FALSE, sizeof(GdbBreakpoint));
    server->cpu = server->continue_cpu = QTAILQ_FIRST(&cpus);
    qemu_add_vm_change_state_handler(state_changed, server);
    qemu_add_exit_notifier(&exit_notifier);
    cpus_set_debug_handler(debug_stop);
    server->cpu_joins.notify = introduce_cpu;
    cpus_add_join_notifier(&server->cpu_joins);
    server->cpu_leaves.notify = forget_cpu;
    cpus_add_leave_notifier(&server->cpu_leaves);
    return server;
}

static void end_connection(GdbServer *server)
{
    Chardev *chr = qemu_chr_fe_get_driver(&server->chr);

    if (server->out_watch) {
        g_source_remove(server->out_watch);
        server->out_watch = 0;
    }
    closed(server);
    qemu_chr_fe_deinit(&server->chr, chr && g_strcmp0(chr->label, OWN_LABEL) == 0);
}

/*
 * Sockets listen and don't wait; options that the user gives come behind and win. Whoever connects
 * rules the guest, and through the monitor writes files of this host: without an address nobody
 * from elsewhere does.
 */
static char *listening(const char *device)
{
    size_t address = strcspn(device, ",");
    const char *port;

    if (strstart(device, "tcp:", &port)) {
        return g_strdup_printf("tcp:%s%.*s,server=on,wait=off,nodelay=on%s",
                               *port == ':' ? "127.0.0.1" : "",
                               (int)(device + address - port), port, device + address);
    }
    if (g_str_has_prefix(device, "unix:")) {
        return g_strdup_printf("%.*s,server=on,wait=off%s", (int)address, device,
                               device + address);
    }
    return g_strdup(device);
}

bool gdbserver_start(const char *device, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *description = listening(device);
    Chardev *chr;

    if (the_server) {
        end_connection(the_server);
    }
    if (g_str_equal(device, "none")) {
        return true;
    }
    if (QTAILQ_EMPTY(&cpus)) {
        error_setg(errp, "the machine has no CPU to debug");
        return false;
    }
    chr = qemu_chr_new_from_str(OWN_LABEL, description, false, errp);
    if (!chr) {
        if (!*errp) {
            error_setg(errp, "expected tcp:[HOST]:PORT, unix:PATH or another character device");
        }
        return false;
    }
    the_server = the_server ? the_server : make_server();
    if (!qemu_chr_fe_init(&the_server->chr, chr, errp)) {
        return false;
    }
    qemu_chr_fe_set_handlers(&the_server->chr, can_read, handle_bytes, handle_event, NULL,
                             the_server, NULL, true);
    return true;
}

bool gdbserver_attached(void)
{
    return the_server && the_server->attached;
}
