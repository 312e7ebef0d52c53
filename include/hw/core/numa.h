/*
 * Guest NUMA nodes: how a machine's memory is split, and what each part comes from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_CORE_NUMA_H
#define HW_CORE_NUMA_H

#include "hw/boards.h"
#include "system/hostmem.h"

#define MAX_NODES 128

typedef struct NodeInfo {
    uint64_t node_mem;               /* bytes */
    HostMemoryBackend *node_memdev;  /* NULL: a part of the machine's one memory; a reference */
    bool present;
} NodeInfo;

struct NumaState {
    int num_nodes;
    bool have_mem, have_memdevs; /* which of mem= and memdev= was used */
    NodeInfo nodes[MAX_NODES];
};

/* One -numa option, once objects exist. False and *errp; nothing is changed then. */
bool machine_numa_parse(MachineState *ms, const char *text, Error **errp);
/* Whether nodes are numbered without gaps and add up to ms->ram_size. */
bool machine_numa_check(MachineState *ms, Error **errp);
/* All nodes' backends behind each other, in node order; owned by ms. NULL without memdev=. */
MemoryRegion *machine_numa_memory(MachineState *ms, const char *name);
void machine_numa_free(MachineState *ms);

#endif
