/*
 * GDB's questions and settings: packets that begin with q and Q.
 *
 * Reference: the GDB manual, appendix "GDB Remote Serial Protocol", "General Query Packets".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "monitor/monitor.h"
#include "system/runstate.h"

static void supported(GdbServer *server, const char *args, const char *end)
{
    server->knows_swbreak = strstr(args, "swbreak+") != NULL;
    server->knows_hwbreak = strstr(args, "hwbreak+") != NULL;
    server->knows_processes = strstr(args, "multiprocess+") != NULL;
    g_string_printf(server->reply,
                    "PacketSize=%x;QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+;"
                    "multiprocess+;qXfer:features:read%s;qXfer:exec-file:read%s",
                    GDB_MAX_PACKET, CPU_GET_CLASS(server->cpu)->gdb_features ? "+" : "-",
                    gdb_has_exec_file(server->cpu) ? "+" : "-");
}

/* "target.xml:OFFSET,LENGTH" */
static void read_features(GdbServer *server, const char *args, const char *end)
{
    const GString *xml = gdb_target_xml(server);
    uint64_t offset, len;

    if (!g_str_has_prefix(args, "target.xml:")) {
        g_string_assign(server->reply, "E00");
        return;
    }
    args += strlen("target.xml:");
    if (!gdb_parse_number(&args, &offset) || !gdb_parse_char(&args, ',') ||
        !gdb_parse_number(&args, &len) || offset > xml->len) {
        gdb_error(server, EINVAL);
        return;
    }
    len = MIN(len, GDB_MAX_PACKET / 2 - 1);
    g_string_append_c(server->reply, offset + len < xml->len ? 'm' : 'l');
    gdb_append_escaped(server->reply, xml->str + offset, MIN(len, xml->len - offset));
}

/* ---- Threads ---- */

static void list_threads(GdbServer *server, const char *args, const char *end)
{
    if (!server->listed) {
        g_string_append_c(server->reply, 'l');
        return;
    }
    g_string_append_c(server->reply, 'm');
    gdb_append_thread(server, server->reply, server->listed);
    server->listed = QTAILQ_NEXT(server->listed, node);
}

static void first_thread(GdbServer *server, const char *args, const char *end)
{
    server->listed = QTAILQ_FIRST(&cpus);
    list_threads(server, args, end);
}

static void current_thread(GdbServer *server, const char *args, const char *end)
{
    g_string_append(server->reply, "QC");
    gdb_append_thread(server, server->reply, server->cpu);
}

static void thread_info(GdbServer *server, const char *args, const char *end)
{
    g_autofree char *text = NULL;
    CPUState *cpu;

    if (!gdb_parse_thread(&args, &cpu) || !cpu) {
        gdb_error(server, EINVAL);
        return;
    }
    text = g_strdup_printf("CPU#%d [%s]", cpu->cpu_index, cpu->halted ? "halted " : "running");
    gdb_append_hex(server->reply, text, strlen(text));
}

/* ---- The monitor ---- */

/* The output is GDB's to print: packets of O and hex digits, then OK. */
static void send_output(GdbServer *server, const char *text)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len; at += 1024) {
        g_string_assign(server->reply, "O");
        gdb_append_hex(server->reply, text + at, MIN(len - at, 1024));
        gdb_send_reply(server);
    }
}

/* The CPU that GDB looks at, unless `monitor cpu` has named another one. */
static int monitor_cpu(GdbServer *server)
{
    return server->monitor_cpu >= 0 ? server->monitor_cpu : server->cpu->cpu_index;
}

/* Also later, when a long command is through or was ended: then the reply is due. */
static void monitor_line_done(void *opaque, char *output, int cpu_index)
{
    GdbServer *server = opaque;
    bool later = server->monitor_line != NULL;

    server->monitor_line = NULL;
    if (cpu_index != monitor_cpu(server)) {
        server->monitor_cpu = cpu_index;
    }
    send_output(server, output);
    g_free(output);
    gdb_ok(server);
    if (later) {
        gdb_send_reply(server);
    }
}

static void run_monitor(GdbServer *server, const char *args, const char *end)
{
    size_t len = (end - args) / 2;
    g_autofree char *line = g_malloc0(len + 1);

    if ((end - args) % 2 || !gdb_parse_hex(args, line, len)) {
        gdb_error(server, EINVAL);
    } else if (server->monitor_line) {
        gdb_error(server, EBUSY);
    } else {
        server->monitor_line = monitor_start_line(line, monitor_cpu(server), monitor_line_done,
                                                  server);
    }
}

/* ---- Small answers ---- */

static void attached(GdbServer *server, const char *args, const char *end)
{
    g_string_append_c(server->reply, '1');
}

static void symbols_offered(GdbServer *server, const char *args, const char *end)
{
    gdb_ok(server);
}

static void step_bits(GdbServer *server, const char *args, const char *end)
{
    g_string_printf(server->reply, "ENABLE=%x,NOIRQ=%x", SSTEP_ENABLE, SSTEP_NOIRQ);
}

static void step_mode(GdbServer *server, const char *args, const char *end)
{
    g_string_printf(server->reply, "0x%x", server->step_flags);
}

static void memory_mode(GdbServer *server, const char *args, const char *end)
{
    g_string_append_c(server->reply, server->physical ? '1' : '0');
}

static const GdbCommand queries[] = {
    { "Supported", supported },
    { "Xfer:features:read:", read_features },
    { "Xfer:exec-file:read:", gdb_cmd_exec_file },
    { "Attached", attached },
    { "C", current_thread },
    { "fThreadInfo", first_thread },
    { "sThreadInfo", list_threads },
    { "ThreadExtraInfo,", thread_info },
    { "Rcmd,", run_monitor },
    { "Symbol::", symbols_offered },
    { "qemu.sstepbits", step_bits },
    { "qemu.sstep", step_mode },
    { "qemu.PhyMemMode", memory_mode },
    { NULL },
};

GDB_HANDLER(query)
{
    if (!g_str_has_prefix(args, "CRC:")) { /* begins like qC */
        gdb_dispatch(server, queries, args, end - args);
    }
}

/* ---- Settings ---- */

static void start_no_ack(GdbServer *server, const char *args, const char *end)
{
    server->no_ack = true;
    gdb_ok(server);
}

static void set_step_mode(GdbServer *server, const char *args, const char *end)
{
    uint64_t flags;

    if (g_str_has_prefix(args, "0x")) {
        args += 2;
    }
    if (!gdb_parse_number(&args, &flags) || (flags & ~(SSTEP_ENABLE | SSTEP_NOIRQ))) {
        gdb_error(server, EINVAL);
        return;
    }
    server->step_flags = flags | SSTEP_ENABLE;
    gdb_ok(server);
}

static void set_memory_mode(GdbServer *server, const char *args, const char *end)
{
    uint64_t on;

    if (!gdb_parse_number(&args, &on) || on > 1) {
        gdb_error(server, EINVAL);
        return;
    }
    server->physical = on;
    gdb_ok(server);
}

static const GdbCommand settings[] = {
    { "StartNoAckMode", start_no_ack },
    { "qemu.sstep=", set_step_mode },
    { "qemu.PhyMemMode:", set_memory_mode },
    { NULL },
};

GDB_HANDLER(set)
{
    gdb_dispatch(server, settings, args, end - args);
}
