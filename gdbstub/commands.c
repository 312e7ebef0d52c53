/*
 * The packets that GDB sends: registers, memory, threads; the table of all of them.
 *
 * A packet that isn't in the table is answered with an empty one, which tells GDB that we don't
 * know it.
 *
 * Reference: the GDB manual, appendix "GDB Remote Serial Protocol", "Packets".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "qemu/error-report.h"
#include "system/memory.h"
#include "system/runstate.h"

/* The memory that fills a packet as hex digits. */
#define MAX_MEMORY (GDB_MAX_PACKET / 2)

void gdb_error(GdbServer *server, int number)
{
    g_string_printf(server->reply, "E%02x", number & 0xff);
}

void gdb_ok(GdbServer *server)
{
    g_string_assign(server->reply, "OK");
}

/* ---- Threads ---- */

/* -1 is all of them, 0 any. */
static bool parse_id(const char **text, int64_t *id)
{
    bool negative = gdb_parse_char(text, '-');
    uint64_t number;

    if (!gdb_parse_number(text, &number) || number > (negative ? 1 : INT_MAX)) {
        return false;
    }
    *id = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

bool gdb_parse_thread(const char **text, CPUState **cpu)
{
    int64_t process, thread;

    *cpu = NULL;
    if (gdb_parse_char(text, 'p')) {
        if (!parse_id(text, &process) || process > 1) {
            return false;
        }
        if (!gdb_parse_char(text, '.')) {
            return true;
        }
    }
    if (!parse_id(text, &thread)) {
        return false;
    }
    if (thread < 0) {
        return true;
    }
    *cpu = thread ? qemu_get_cpu(thread - 1) : NULL;
    return !thread || *cpu;
}

void gdb_append_thread(GdbServer *server, GString *out, CPUState *cpu)
{
    g_string_append_printf(out, "%s%02x", server->knows_processes ? "p01." : "",
                           cpu->cpu_index + 1);
}

/* Hg: which CPU's registers; Hc: which CPU goes on. */
static void set_thread(GdbServer *server, const char *args, const char *end)
{
    char op = *args ? *args++ : 0;
    CPUState *cpu;

    if (!strchr("gc", op) || !gdb_parse_thread(&args, &cpu)) {
        gdb_error(server, EINVAL);
        return;
    }
    if (cpu && op == 'g') {
        server->cpu = cpu;
    } else if (cpu) {
        server->continue_cpu = cpu;
    }
    gdb_ok(server);
}

static void thread_alive(GdbServer *server, const char *args, const char *end)
{
    CPUState *cpu;

    if (gdb_parse_thread(&args, &cpu) && cpu) {
        gdb_ok(server);
    } else {
        gdb_error(server, EINVAL);
    }
}

/* ---- Registers ---- */

static void read_registers(GdbServer *server, const char *args, const char *end)
{
    gdb_read_general(server->cpu, server->reply);
}

static void write_registers(GdbServer *server, const char *args, const char *end)
{
    if (gdb_write_general(server->cpu, args, end - args)) {
        gdb_ok(server);
    } else {
        gdb_error(server, EINVAL);
    }
}

static void read_register(GdbServer *server, const char *args, const char *end)
{
    uint64_t n;

    if (!gdb_parse_number(&args, &n) || n > INT_MAX ||
        !gdb_read_register(server->cpu, n, server->reply)) {
        gdb_error(server, EINVAL);
    }
}

static void write_register(GdbServer *server, const char *args, const char *end)
{
    uint64_t n;

    if (gdb_parse_number(&args, &n) && n <= INT_MAX && gdb_parse_char(&args, '=') &&
        gdb_write_register(server->cpu, n, args)) {
        gdb_ok(server);
    } else {
        gdb_error(server, EINVAL);
    }
}

/* ---- Memory ---- */

typedef struct MemoryAccess {
    bool physical;
    bool write;
    uint64_t addr;
    uint64_t len;
    uint8_t *bytes;
    uint64_t done; /* bytes before the first that isn't there */
} MemoryAccess;

static bool access_part(CPUState *cpu, const MemoryAccess *a, size_t len)
{
    uint64_t addr = a->addr + a->done;
    uint8_t *bytes = a->bytes + a->done;

    if (!a->physical) {
        return cpu_memory_rw_debug(cpu, addr, bytes, len, a->write) == 0;
    } else if (a->write) {
        return address_space_write_rom(cpu_default_space(cpu), addr, MEMTXATTRS_UNSPECIFIED, bytes,
                                       len) == MEMTX_OK;
    } else {
        return address_space_read(cpu_default_space(cpu), addr, MEMTXATTRS_UNSPECIFIED, bytes,
                                  len) == MEMTX_OK;
    }
}

/* Page by page, so that a read over the end of memory gives what is before the end. */
static void access_memory(CPUState *cpu, void *data)
{
    MemoryAccess *a = data;

    while (a->done < a->len) {
        size_t in_page = TARGET_PAGE_SIZE - ((a->addr + a->done) & ~TARGET_PAGE_MASK);
        size_t len = MIN(a->len - a->done, in_page);

        if (!access_part(cpu, a, len)) {
            break;
        }
        a->done += len;
    }
}

/* "ADDR,LEN": false with the error in the reply. */
static bool parse_range(GdbServer *server, const char **args, MemoryAccess *a)
{
    if (!gdb_parse_number(args, &a->addr) || !gdb_parse_char(args, ',') ||
        !gdb_parse_number(args, &a->len)) {
        gdb_error(server, EINVAL);
        return false;
    }
    a->physical = server->physical;
    return true;
}

static void read_memory(GdbServer *server, const char *args, const char *end)
{
    uint8_t bytes[MAX_MEMORY];
    MemoryAccess a = { .bytes = bytes };

    if (!parse_range(server, &args, &a)) {
        return;
    }
    a.len = MIN(a.len, sizeof(bytes)); /* GDB asks for the rest when it gets less */
    gdb_on_cpu(server->cpu, access_memory, &a);
    if (a.len && !a.done) {
        gdb_error(server, EFAULT);
    } else {
        gdb_append_hex(server->reply, bytes, a.done);
    }
}

static void do_write(GdbServer *server, MemoryAccess *a)
{
    a->write = true;
    gdb_on_cpu(server->cpu, access_memory, a);
    if (a->done < a->len) {
        gdb_error(server, EFAULT);
    } else {
        gdb_ok(server);
    }
}

static void write_memory(GdbServer *server, const char *args, const char *end)
{
    uint8_t bytes[MAX_MEMORY];
    MemoryAccess a = { .bytes = bytes };

    if (!parse_range(server, &args, &a)) {
        return;
    }
    if (!gdb_parse_char(&args, ':') || a.len > sizeof(bytes) ||
        end - args != 2 * (ptrdiff_t)a.len || !gdb_parse_hex(args, bytes, a.len)) {
        gdb_error(server, EINVAL);
        return;
    }
    do_write(server, &a);
}

static void write_binary(GdbServer *server, const char *args, const char *end)
{
    MemoryAccess a = { .write = true };

    if (!parse_range(server, &args, &a)) {
        return;
    }
    if (!gdb_parse_char(&args, ':') || a.len != (uint64_t)(end - args)) {
        gdb_error(server, EINVAL);
        return;
    }
    a.bytes = (uint8_t *)args;
    do_write(server, &a);
}

/* ---- The rest ---- */

static void report_reason(GdbServer *server, const char *args, const char *end)
{
    if (runstate_is_running()) {
        vm_stop(RUN_STATE_PAUSED);
    }
    gdb_report_stop(server);
}

static void detach(GdbServer *server, const char *args, const char *end)
{
    gdb_ok(server);
    gdb_send_reply(server);
    gdb_detach(server);
}

static void kill_guest(GdbServer *server, const char *args, const char *end)
{
    error_report("terminated by the debugger");
    shutdown_action = SHUTDOWN_ACTION_POWEROFF;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_UI);
}

static void kill_process(GdbServer *server, const char *args, const char *end)
{
    gdb_ok(server);
    kill_guest(server, args, end);
}

/* Cxx[;ADDR], Sxx[;ADDR]: signals mean nothing to a machine. */
static const char *behind_signal(const char *args)
{
    const char *address = strchr(args, ';');

    return address ? address + 1 : "";
}

static void continue_signal(GdbServer *server, const char *args, const char *end)
{
    gdb_cmd_continue(server, behind_signal(args), end);
}

static void step_signal(GdbServer *server, const char *args, const char *end)
{
    gdb_cmd_step(server, behind_signal(args), end);
}

static const GdbCommand commands[] = {
    { "?", report_reason },
    { "C", continue_signal },
    { "D", detach },
    { "G", write_registers },
    { "H", set_thread },
    { "M", write_memory },
    { "P", write_register },
    { "Q", gdb_cmd_set },
    { "S", step_signal },
    { "T", thread_alive },
    { "X", write_binary },
    { "Z", gdb_cmd_insert_breakpoint },
    { "c", gdb_cmd_continue },
    { "g", read_registers },
    { "k", kill_guest },
    { "m", read_memory },
    { "p", read_register },
    { "q", gdb_cmd_query },
    { "s", gdb_cmd_step },
    { "vCont", gdb_cmd_vcont },
    { "vFile:", gdb_cmd_file },
    { "vKill;", kill_process },
    { "z", gdb_cmd_remove_breakpoint },
    { NULL },
};

/* These are answered when the machine stops, or not at all, or have answered by themselves. */
static bool answers_later(char c)
{
    return c && strchr("?CDSckes", c);
}

bool gdb_dispatch(GdbServer *server, const GdbCommand *table, const char *data, size_t len)
{
    for (const GdbCommand *c = table; c->name; c++) {
        if (g_str_has_prefix(data, c->name)) {
            c->handle(server, data + strlen(c->name), data + len);
            return true;
        }
    }
    return false;
}

void gdb_run_packet(GdbServer *server, const char *data, size_t len)
{
    bool later = answers_later(data[0]) || (g_str_has_prefix(data, "vCont") && data[5] != '?');
    bool monitor_ran = server->monitor_line;

    g_string_truncate(server->reply, 0);
    gdb_dispatch(server, commands, data, len);
    later |= !monitor_ran && server->monitor_line;
    if (!later || server->reply->str[0] == 'E') {
        gdb_send_reply(server);
    }
}
