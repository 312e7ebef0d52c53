/*
 * ACPI CPU hot-plug: registers by which a guest learns of CPUs that came or are to go, and lets go
 * of them.
 *
 *     offset  read                                    write
 *     0       upper half of the architecture's ID,    number of the CPU that all else is about
 *             after command 3; else 0
 *     4       0: it is there, 1: it came, 2: it is    1, 2: clear that bit, 3: eject,
 *             to go, 4: firmware is to eject it       4: have firmware eject it
 *     5                                               command
 *     8       command 0: the number; 3: the ID        command 1: event of _OST; 2: its status
 *     12      firmware takes part: in 0: arrivals,
 *             1: removals
 *
 * Command 0 goes on to the next CPU that came or is to go, if there is one; the others say what the
 * data register is. CPUs that there can't be read as 0 and ignore writes.
 *
 * The last one is ours: by it the ACPI code knows that it has to call the firmware (SMI) for each
 * CPU, before the guest hears of it or in order to have it ejected.
 *
 * Reference: QEMU's interface description "ACPI CPU hotplug" (docs/specs), which guests' ACPI code
 * of these boards and firmware follow. Its older interface, a bitmap at the same place, isn't there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_CPU_HOTPLUG_H
#define HW_ACPI_CPU_HOTPLUG_H

#include <json-glib/json-glib.h>
#include "core/qdev-core.h"
#include "hw/acpi/acpi-tables.h"
#include "migration/vmstate.h"
#include "qemu/main-loop.h"
#include "system/memory.h"

/* Bytes that the older interface has, which boards leave room for. */
#define ACPI_CPU_HOTPLUG_SIZE 32
#define ACPI_CPU_HOTPLUG_MAX  256

typedef struct AcpiCpu {
    DeviceState *dev; /* NULL: it isn't there */
    bool inserted, removal_wanted;
    bool leaves; /* ejected; its thread has yet to end */
    bool firmware_ejects;
    uint32_t ost_event, ost_status;
} AcpiCpu;

typedef struct AcpiCpuHotplug {
    MemoryRegion io;
    void (*notify)(void *opaque); /* the guest is to look */
    void *opaque;
    QEMUBH *eject;
    uint32_t nr_cpus, selected;
    uint8_t command;
    uint8_t firmware_takes_part; /* its register; the chipset's, in snapshots too */
    AcpiCpu cpus[ACPI_CPU_HOTPLUG_MAX];
} AcpiCpuHotplug;

/* Makes the region; there may be so many CPUs. Their IDs are their numbers. */
void acpi_cpu_hotplug_init(AcpiCpuHotplug *h, Object *owner, unsigned nr_cpus,
                           void (*notify)(void *opaque), void *opaque);
void acpi_cpu_hotplug_reset(AcpiCpuHotplug *h);

/* For the hotplug handler: CPU n is there; the guest is asked for it; it is gone. */
void acpi_cpu_hotplug_plug(AcpiCpuHotplug *h, unsigned n, DeviceState *dev);
void acpi_cpu_hotplug_unplug_request(AcpiCpuHotplug *h, unsigned n);
void acpi_cpu_hotplug_unplug(AcpiCpuHotplug *h, unsigned n);

/* Firmware takes part in what these bits say. */
enum { ACPI_CPU_FIRMWARE_ARRIVALS = 1 << 0, ACPI_CPU_FIRMWARE_REMOVALS = 1 << 1 };
void acpi_cpu_hotplug_set_firmware(AcpiCpuHotplug *h, uint8_t takes_part);

/* Appends an ACPIOSTInfo for each CPU that there may be. */
void acpi_cpu_hotplug_report(AcpiCpuHotplug *h, JsonArray *list);

/*
 * Into the begun SSDT: the processors, and the method that notifies them. The DSDT has the rest, of
 * cpu-hotplug.asl.
 */
void acpi_cpu_hotplug_put_aml(ACPITables *t, unsigned nr_cpus);

extern const VMStateDescription vmstate_acpi_cpu_hotplug;
#define VMSTATE_ACPI_CPU_HOTPLUG(_field, _state)                                                   \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_acpi_cpu_hotplug, AcpiCpuHotplug)

#endif
