/*
 * What the log says about the machine: CPU, guest pc and symbol in front of lines, registers, the
 * memory map.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_LOG_CONTEXT_H
#define SYSTEM_LOG_CONTEXT_H

#include "qemu/osdep.h"

/* Installs the hook; once, at start-up. */
void log_context_init(void);

/* From here on `-d page` sees changes of the memory map, which is there; once. */
void log_memory_map(void);

/* Writes the CPU's registers, with those of its FPU if `fpu` is on. For the CPU's own thread. */
void log_cpu_state(CPUState *cpu);

#endif
