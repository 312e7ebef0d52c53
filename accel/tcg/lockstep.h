/*
 * Lockstep: host code against the interpreter. What the CPU loop and `info jit` use; lockstep.c
 * says how it works.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ACCEL_TCG_LOCKSTEP_H
#define ACCEL_TCG_LOCKSTEP_H

#include "internal.h"

/* Long enough for loops to turn, short enough for a log of what they access. */
#define LOCKSTEP_BUDGET 2000

/* In place of those that tcg_accel_init() would give the translator. */
extern const TCGRuntime lockstep_runtime;

/* The CPU that it is about, on its thread, once. */
void lockstep_init_cpu(CPUState *cpu);
/* tcg_exec(), compared. Ends the program when there is a difference. */
TCGLeft lockstep_exec(CPUState *cpu, const void *code);
/* The piece, if there is one, has been left by an exception. */
void lockstep_left_by_exception(CPUState *cpu);
void lockstep_dump(GString *out);

#endif
