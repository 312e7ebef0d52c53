/*
 * ACPI's generic event device, and the registers of a machine with hardware-reduced ACPI: why it has
 * interrupted, sleep control, reset.
 *
 * A sysbus device: region 0 is the event selector (4 bytes, cleared by a read), region 1 the
 * registers; one interrupt. The DSDT's _EVT method reads the selector.
 *
 * Reference: ACPI specification 6.4: 4.8.3.7 (sleep control and status), 5.6.9 (generic event
 * device).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_GED_H
#define HW_ACPI_GED_H

#include "hw/sysbus.h"

#define TYPE_ACPI_GED_X86 "acpi-ged-x86"

/* Offsets in region 1, and what is written there. */
enum { GED_SLEEP_CONTROL, GED_SLEEP_STATUS, GED_RESET, GED_NUM_REGISTERS };
#define GED_RESET_VALUE 0x42
#define GED_SLEEP_OFF   5 /* SLP_TYP of S5 */

/* A bit of the selector: the power button. */
#define GED_POWER_DOWN 0x02

#endif
