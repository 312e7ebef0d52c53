/*
 * The translator as an accelerator, as the command line and the monitor see it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ACCEL_TCG_TCG_ACCEL_H
#define ACCEL_TCG_TCG_ACCEL_H

#include "qemu/osdep.h"

/* Guest time from the number of instructions that the CPU, of which there is one, has executed. */
typedef struct TCGIcountOptions {
    bool on;
    bool automatic; /* the shift follows the host's speed, from `shift` on */
    unsigned shift; /* an instruction takes 2^shift ns; up to TCG_ICOUNT_SHIFT_MAX */
    bool sleep;     /* while the CPU waits, time passes as on the host; else it jumps to what comes next */
    bool align;     /* the CPU waits where it is ahead of the host's time */
} TCGIcountOptions;

#define TCG_ICOUNT_SHIFT_MAX 10

typedef struct TCGAccelOptions {
    TCGIcountOptions icount;
    bool interpreter;        /* run the IR interpreter instead of host code */
    bool float_helpers;      /* guests' floating point by helpers only, not inline */
    bool one_insn_blocks;    /* cpu_set_one_insn_blocks() (exec/debug.h) from the start */
    size_t code_buffer_size; /* bytes, TCG_CODE_BUFFER_MIN ... _MAX (tcg/tcg.h); 0: the default */
} TCGAccelOptions;

/* Makes the translator the accelerator. Once, before any CPU exists. */
bool tcg_accel_init(const TCGAccelOptions *options, Error **errp);

/*
 * Guest instructions that the CPU has completed. On its own thread, or with the big lock held: exact
 * between two blocks and in a device's access functions. A helper sees its whole block counted; if
 * it asks, its instruction has to be the block's last.
 */
uint64_t tcg_cpu_insns(CPUState *cpu);

/* The counters that `info jit` prints. */
void dump_jit_info(GString *out);

#endif
