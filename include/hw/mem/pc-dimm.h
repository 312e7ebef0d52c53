/*
 * Memory that users add in slots: the machine's device memory, and the modules that go there.
 *
 * A board that takes -m slots=,maxmem= says so (MachineClass.takes_memory_slots), gives its device
 * memory an address once its RAM is mapped, and calls the functions below as the hotplug handler of
 * its modules. All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_MEM_PC_DIMM_H
#define HW_MEM_PC_DIMM_H

#include "core/qdev-core.h"
#include "hw/boards.h"
#include "system/hostmem.h"

#define TYPE_PC_DIMM "pc-dimm"
OBJECT_DECLARE_SIMPLE_TYPE(PCDimm, PC_DIMM)

/* Addresses and sizes of modules are multiples of this. */
#define PC_DIMM_ALIGNMENT (2 * MiB)

struct PCDimm {
    DeviceState parent_obj;

    /* properties */
    uint64_t addr; /* 0: what the machine finds */
    int32_t slot;  /* -1: the first free one */
    uint32_t node;
    HostMemoryBackend *memory;
};

/* Where the machine's modules are. */
struct DeviceMemory {
    hwaddr base;
    MemoryRegion mr; /* "device-memory" */
    GPtrArray *modules; /* of PCDimm, by address */
};

/*
 * The device memory behind `end`, the first address after RAM, if -m asked for slots or more memory:
 * on a boundary of 1 GiB, with 1 GiB more for each slot. Sets ms->device_memory.
 */
void machine_map_device_memory(MachineState *ms, MemoryRegion *system, hwaddr end);
/* The first address behind RAM that ends at `end` and the device memory, which may not be there. */
hwaddr machine_memory_end(const MachineState *ms, hwaddr end);

/* As in HotplugHandlerClass. pc_dimm_pre_plug() chooses slot and address. */
void pc_dimm_pre_plug(PCDimm *dimm, MachineState *ms, Error **errp);
void pc_dimm_plug(PCDimm *dimm, MachineState *ms);
/* Also unrealizes it. */
void pc_dimm_unplug(PCDimm *dimm, MachineState *ms);

uint64_t pc_dimm_size(const PCDimm *dimm);
/* Bytes in all modules of the machine, or of one node. */
uint64_t machine_plugged_memory(const MachineState *ms);
uint64_t machine_plugged_memory_of_node(const MachineState *ms, uint32_t node);

#endif
