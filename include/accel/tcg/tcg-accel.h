/*
 * The translator as an accelerator, as the command line and the monitor see it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ACCEL_TCG_TCG_ACCEL_H
#define ACCEL_TCG_TCG_ACCEL_H

#include "qemu/osdep.h"
#include "tcg/reference.h"

/* Guest time from the number of instructions that the CPU, of which there is one, has executed. */
typedef struct TCGIcountOptions {
    bool on;
    bool automatic; /* the shift follows the host's speed, from `shift` on */
    unsigned shift; /* an instruction takes 2^shift ns; up to TCG_ICOUNT_SHIFT_MAX */
    bool sleep;     /* while the CPU waits, time passes as on the host; else it jumps to what comes next */
    bool align;     /* the CPU waits where it is ahead of the host's time */
} TCGIcountOptions;

#define TCG_ICOUNT_SHIFT_MAX 10

/* Translating several blocks together. */
typedef enum TCGRegionMode {
    TCG_REGIONS_ON,     /* where the CPU is found again and again */
    TCG_REGIONS_OFF,
    TCG_REGIONS_FORCED, /* wherever it can be done, for tests */
} TCGRegionMode;

typedef struct TCGAccelOptions {
    TCGIcountOptions icount;
    bool interpreter;        /* run the IR interpreter instead of host code */
    bool one_insn_blocks;    /* cpu_set_one_insn_blocks() (exec/debug.h) from the start */
    TCGRegionMode regions;
    bool lockstep;           /* compare host code with the interpreter: one CPU only */
    TCGFault fault;          /* that lockstep has to find: for tests of it */
    bool perf_map, jit_dump; /* see host-profiler.h */
    size_t code_buffer_size; /* bytes, TCG_CODE_BUFFER_MIN ... _MAX (tcg/tcg.h); 0: the default */
} TCGAccelOptions;

/*
 * -accel tcg,NAME=on|off: leaves a technique out, to find out whether it is at fault. Before any
 * CPU exists. False: there is none of that name.
 */
bool tcg_accel_switch(const char *name, bool on);
/* Calls `each` for all of them. */
void tcg_accel_list_switches(void (*each)(const char *name, const char *help));

/* Makes the translator the accelerator. Once, before any CPU exists. */
bool tcg_accel_init(const TCGAccelOptions *options, Error **errp);

/* The counters that `info jit` prints. */
void dump_jit_info(GString *out);

#endif
