/*
 * Breakpoints, watchpoints and single steps for a debugger.
 *
 * A CPU that meets one of them leaves guest code with EXCP_DEBUG and stops, see
 * cpus_set_debug_handler(). All functions are called with the big lock held; from another thread
 * than the CPU's they wait for it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_DEBUG_H
#define EXEC_DEBUG_H

#include "qemu/osdep.h"

/* Kinds of access that a watchpoint looks for. */
enum {
    BP_MEM_READ = 1,
    BP_MEM_WRITE = 2,
    BP_MEM_ACCESS = BP_MEM_READ | BP_MEM_WRITE,
    BP_OWN = 4, /* not a debugger's: see cpu_set_own_watchpoints() */
};

typedef struct CPUWatchpoint {
    vaddr addr;
    vaddr len;
    int flags; /* BP_MEM_* */
} CPUWatchpoint;

/* Bits of CPUState.singlestep_enabled. */
enum {
    SSTEP_ENABLE = 1,
    SSTEP_NOIRQ = 2,   /* no interrupts while stepping */
    SSTEP_WATCH = 256, /* set by a watchpoint: stop when the instruction that hit it is completed */
    SSTEP_PASS = 512,  /* this instruction has been reported: its accesses aren't looked at again */
};

/* The CPU's debugging state: NULL in a CPU that nobody has debugged. */
struct CPUDebugState {
    GArray *breakpoints; /* vaddr */
    GArray *watchpoints; /* CPUWatchpoint */
    bool watch_hit;      /* the last stop was by `hit` at hit_addr */
    CPUWatchpoint hit;
    vaddr hit_addr;
    bool reported;       /* the CPU stopped before the instruction at reported_pc, see SSTEP_PASS */
    vaddr reported_pc;
};

/*
 * The CPU stops before it executes the instruction at guest virtual address `addr`. Inserting twice
 * is inserting once.
 */
void cpu_breakpoint_insert(CPUState *cpu, vaddr addr);
/* False if there is none. */
bool cpu_breakpoint_remove(CPUState *cpu, vaddr addr);
/* On the CPU's thread: is there one at `addr`? */
bool cpu_breakpoint_test(CPUState *cpu, vaddr addr);

/* The CPU stops at an instruction that accesses [addr, addr + len) so: behind it, or before it if
 * CPUClass.gdb_stop_before_watchpoint says so; when it then goes on from there, it makes the access
 * and looks again from the next instruction on. */
void cpu_watchpoint_insert(CPUState *cpu, vaddr addr, vaddr len, int flags);
bool cpu_watchpoint_remove(CPUState *cpu, vaddr addr, vaddr len, int flags);
/* Whether the last stop was by a watchpoint; forgets it. */
bool cpu_watchpoint_take_hit(CPUState *cpu, CPUWatchpoint *hit, vaddr *addr);

/*
 * The watchpoints that the guest itself has set in the CPU's debug registers, in place of those of the
 * last call. Nothing stops there: TCGCPUOps.own_watchpoint_hit() is told of each access, before it is
 * made, and does what the architecture says. On the CPU's thread, or while it stands still.
 */
void cpu_set_own_watchpoints(CPUState *cpu, const CPUWatchpoint *list, unsigned n);

/* SSTEP_* flags: with SSTEP_ENABLE the CPU stops after each instruction, 0 ends that. */
void cpu_single_step(CPUState *cpu, int flags);

/*
 * On all CPUs: translated code has blocks of one instruction, so that the log's `exec` and `cpu`
 * name each. Slow. Nothing stops. With the big lock held; before there are CPUs, too.
 */
void cpu_set_one_insn_blocks(bool on);
bool cpu_has_one_insn_blocks(void);

#endif
