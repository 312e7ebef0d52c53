/*
 * What the files of the GDB stub share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GDBSTUB_INTERNAL_H
#define GDBSTUB_INTERNAL_H

#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "core/cpu.h"
#include "exec/debug.h"
#include "packet.h"
#include "qemu/notify.h"

typedef struct GdbBreakpoint {
    int type; /* as in the Z packet: 0 software, 1 hardware, 2 write, 3 read, 4 access */
    uint64_t addr;
    uint64_t kind; /* watchpoints: bytes */
} GdbBreakpoint;

/* There is one debugger. */
typedef struct GdbServer {
    CharBackend chr;
    bool attached;
    bool resume_on_close; /* the machine ran before the debugger came, or the debugger let it run */
    bool stop_awaited;    /* the debugger waits for the machine to stop */

    GdbParser parser;
    GString *reply;  /* data of the packet that answers the current command */
    GString *last;   /* the last packet sent: GDB may ask for it again */
    GString *out;    /* what the other side hasn't taken yet */
    guint out_watch;
    bool no_ack;
    bool knows_swbreak, knows_hwbreak;
    bool knows_processes; /* thread ids name a process, too: there is one, number 1 */
    bool physical;   /* m and M take physical addresses */

    CPUState *cpu;          /* of register and memory packets */
    CPUState *continue_cpu; /* of s and c */
    CPUState *listed;       /* where qsThreadInfo goes on */
    CPUState *stopped;      /* the first that met a breakpoint since the machine went on, or NULL */
    int step_flags;
    GArray *breakpoints; /* GdbBreakpoint */
    GString *target_xml; /* of the CPU `described`, made on demand */
    CPUState *described;
    Monitor *monitor_line; /* a monitor command that still runs, its reply is due */
    Notifier cpu_joins, cpu_leaves;
    int monitor_cpu; /* what `monitor cpu N` chose since the machine stopped; -1: nothing */
} GdbServer;

/* ---- gdbstub.c ---- */

/* Sends server->reply, or this text, as a packet. */
void gdb_send_reply(GdbServer *server);
void gdb_send(GdbServer *server, const char *text);
/* All CPUs run, but for those that the debugger holds (CPUState.debugger_holds). */
void gdb_resume(GdbServer *server);
/* Sends why the machine stopped. */
void gdb_report_stop(GdbServer *server);
/* Takes everything back that the debugger did to the CPUs. */
void gdb_forget_breakpoints(GdbServer *server);
/* The debugger leaves and the machine goes on. */
void gdb_detach(GdbServer *server);

/* ---- breakpoints.c ---- */

/* Of the debugger's list or no more: the CPU has it, or hasn't. */
void gdb_set_breakpoint(CPUState *cpu, const GdbBreakpoint *b, bool insert);

/* ---- commands.c ---- */

typedef struct GdbCommand {
    const char *name; /* what the packet begins with */
    /*
     * `args` is behind the name and ends with a NUL; `end`: behind its last byte. The reply is what
     * this appends to server->reply, also if that is nothing.
     */
    void (*handle)(GdbServer *server, const char *args, const char *end);
} GdbCommand;

/* Runs the command that a packet holds, and answers. */
void gdb_run_packet(GdbServer *server, const char *data, size_t len);
/* Looks the packet up in a table that ends with a NULL name; false if it isn't there. */
bool gdb_dispatch(GdbServer *server, const GdbCommand *table, const char *data, size_t len);
#define GDB_HANDLER(n) void gdb_cmd_##n(GdbServer *server, const char *args, const char *end)
GDB_HANDLER(query);
GDB_HANDLER(set);
GDB_HANDLER(vcont);
GDB_HANDLER(file);
GDB_HANDLER(exec_file);
GDB_HANDLER(continue);
GDB_HANDLER(step);
GDB_HANDLER(insert_breakpoint);
GDB_HANDLER(remove_breakpoint);

/* Error replies: the numbers are errno's, which GDB shows. */
void gdb_error(GdbServer *server, int number);
void gdb_ok(GdbServer *server);

/*
 * A thread id at *text: a CPU number from 1, 0 or -1 (any). False if there is none or no such CPU;
 * *cpu is NULL for any.
 */
bool gdb_parse_thread(const char **text, CPUState **cpu);
void gdb_append_thread(GdbServer *server, GString *out, CPUState *cpu);

/* ---- exec-file.c ---- */

/* Whether there is a program file to offer: its header says which machine this is. */
bool gdb_has_exec_file(CPUState *cpu);

/* ---- registers.c ---- */

/* Runs func where the CPU's registers may be read: at once while the machine is stopped. */
void gdb_on_cpu(CPUState *cpu, run_on_cpu_func func, void *data);
void gdb_read_general(CPUState *cpu, GString *out);
/* False: not the right number of hex digits; nothing is changed then. */
bool gdb_write_general(CPUState *cpu, const char *hex, size_t len);
bool gdb_read_register(CPUState *cpu, unsigned n, GString *out);
bool gdb_write_register(CPUState *cpu, unsigned n, const char *hex);
const GString *gdb_target_xml(GdbServer *server);

#endif
