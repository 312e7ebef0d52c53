/*
 * ACPI memory hot-plug: 24 bytes of registers by which a guest learns of modules that came or are
 * to go, and lets go of them.
 *
 *     offset  read                                write
 *     00      address, low half                   number of the slot that all else is about
 *     04      address, high half                  _OST: event
 *     08      size, low half                      _OST: status, which completes it
 *     0c      size, high half
 *     10      node (proximity domain)
 *     14      0: there is a module, 1: it came,   1, 2: clear that bit, 3: eject
 *             2: it is to go
 *
 * What isn't listed, and slots that there aren't, read as ones and ignore writes.
 *
 * Reference: QEMU's interface description "ACPI memory hotplug" (docs/specs), which guests' ACPI
 * code of these boards follows; ACPI specification 6.4, 6.3.5 (_OST).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_MEMORY_HOTPLUG_H
#define HW_ACPI_MEMORY_HOTPLUG_H

#include <json-glib/json-glib.h>
#include "hw/acpi/acpi-tables.h"
#include "hw/mem/pc-dimm.h"
#include "migration/vmstate.h"
#include "system/memory.h"

#define ACPI_MEMORY_HOTPLUG_SIZE 24

typedef struct AcpiMemorySlot {
    PCDimm *dimm; /* NULL: empty */
    bool inserted, removal_wanted;
    uint32_t ost_event, ost_status;
} AcpiMemorySlot;

typedef struct AcpiMemoryHotplug {
    MemoryRegion io;
    void (*notify)(void *opaque); /* the guest is to look */
    void *opaque;
    uint32_t nr_slots, selected;
    AcpiMemorySlot slots[MACHINE_MAX_MEMORY_SLOTS];
} AcpiMemoryHotplug;

/* Makes the region; the machine has so many slots. */
void acpi_memory_hotplug_init(AcpiMemoryHotplug *h, Object *owner, unsigned nr_slots,
                              void (*notify)(void *opaque), void *opaque);
void acpi_memory_hotplug_reset(AcpiMemoryHotplug *h);

/* For the hotplug handler: the module is in its slot; the guest is asked for it; it is gone. */
void acpi_memory_hotplug_plug(AcpiMemoryHotplug *h, PCDimm *dimm);
void acpi_memory_hotplug_unplug_request(AcpiMemoryHotplug *h, PCDimm *dimm);
void acpi_memory_hotplug_unplug(AcpiMemoryHotplug *h, PCDimm *dimm);

/* Appends an ACPIOSTInfo for each slot. */
void acpi_memory_hotplug_report(AcpiMemoryHotplug *h, JsonArray *list);

/*
 * Into the begun SSDT: \_SB.DIMM's slots, and its method that notifies them. The DSDT has the rest,
 * of memory-hotplug.asl.
 */
void acpi_memory_hotplug_put_aml(ACPITables *t, unsigned nr_slots);

extern const VMStateDescription vmstate_acpi_memory_hotplug;
#define VMSTATE_ACPI_MEMORY_HOTPLUG(_field, _state)                                                \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_acpi_memory_hotplug, AcpiMemoryHotplug)

#endif
