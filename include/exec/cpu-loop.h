/*
 * What a CPU model asks of the loop that runs its CPU. All on the CPU's own thread, but where it
 * says otherwise.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_CPU_LOOP_H
#define EXEC_CPU_LOOP_H

#include "core/cpu.h"

/*
 * Leaves generated code or a helper for the CPU loop. _restore: first brings env to the state
 * before the guest instruction that the host code at `ra` belongs to.
 */
G_NORETURN_ATTR void cpu_loop_exit(CPUState *cpu);
G_NORETURN_ATTR void cpu_loop_exit_restore(CPUState *cpu, uintptr_t ra);
/*
 * Guest instructions that the CPU has completed. On its own thread, or with the big lock held: exact
 * between two blocks and in a device's access functions. A helper sees its whole block counted; if
 * it asks, its instruction has to be the block's last.
 */
uint64_t cpu_executed_insns(CPUState *cpu);

typedef enum CPUDeviceAccess {
    CPU_DEVICE_LOAD,
    CPU_DEVICE_STORE,
    CPU_DEVICE_IN, /* of ports */
    CPU_DEVICE_OUT,
} CPUDeviceAccess;

/*
 * After each access of an instruction to a device: loops that wait for one are found so. Accesses
 * that nobody notes are taken for none. May make the CPU look up at the next block.
 */
void cpu_note_device_access(CPUState *cpu, CPUDeviceAccess kind, hwaddr address, uint64_t value);

#endif
