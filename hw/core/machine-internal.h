/*
 * Between the files of the machine type.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_CORE_MACHINE_INTERNAL_H
#define HW_CORE_MACHINE_INTERNAL_H

#include "hw/boards.h"

/* memory-backend, mem-merge, dump-guest-core. */
void machine_add_memory_properties(ObjectClass *oc);
/* boot, memory, smp. */
void machine_add_struct_properties(ObjectClass *oc);
/* Whether the user said where the RAM comes from. */
bool machine_has_own_memory(MachineState *ms);
/* Finds the backend and checks that sizes agree; false and *errp. */
bool machine_resolve_memory(MachineState *ms, Error **errp);
/* The region with all of the RAM, owned by the machine; NULL and *errp. */
MemoryRegion *machine_make_memory(MachineState *ms, const char *name, uint64_t size, Error **errp);
void machine_free_memory(MachineState *ms);
/* False and *errp if the user gave something to start with that the board hasn't taken. */
bool machine_check_inputs(MachineState *ms, Error **errp);

#endif
