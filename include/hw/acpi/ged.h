/*
 * ACPI's generic event device, and the registers of a machine with hardware-reduced ACPI: why it has
 * interrupted, sleep control, reset.
 *
 * A sysbus device: region 0 is the event selector (4 bytes, cleared by a read), region 1 memory
 * hot-plug's registers (empty without GED_MEMORY in the property ged-event), region 2 the
 * registers of the machine; one interrupt. The DSDT's _EVT method reads the selector. Of modules of
 * memory it is the hotplug handler that tells the guest.
 *
 * Reference: ACPI specification 6.4: 4.8.3.7 (sleep control and status), 5.6.9 (generic event
 * device).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_GED_H
#define HW_ACPI_GED_H

#include "hw/sysbus.h"

#define TYPE_ACPI_GED     "acpi-ged"
#define TYPE_ACPI_GED_X86 "acpi-ged-x86" /* the same by another name */

/* Offsets in region 2, and what is written there. */
enum { GED_SLEEP_CONTROL, GED_SLEEP_STATUS, GED_RESET, GED_NUM_REGISTERS };
#define GED_RESET_VALUE 0x42
#define GED_SLEEP_OFF   5 /* SLP_TYP of S5 */

/* Bits of the selector, and of ged-event: modules came or are to go; the power button. */
#define GED_MEMORY     0x01
#define GED_POWER_DOWN 0x02

#endif
