/*
 * An IDE channel's registers as the PC/AT has them in I/O space: eight ports of the command block,
 * one of the control block.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IDE_IDE_PORTS_H
#define HW_IDE_IDE_PORTS_H

#include "hw/ide/ide.h"
#include "system/memory.h"

typedef struct IdePorts {
    MemoryRegion command, control;
} IdePorts;

/* Makes both regions for the channel, which outlives them; the caller maps them. */
void ide_ports_init(IdePorts *ports, IdeBus *bus, Object *owner, const char *command_name,
                    const char *control_name);

#endif
