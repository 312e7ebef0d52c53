/*
 * A byte by which a guest says that it has crashed: hw/misc/pvpanic.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_MISC_PVPANIC_H
#define HW_MISC_PVPANIC_H

#include "qemu/osdep.h"

#define TYPE_PVPANIC_ISA "pvpanic"
#define TYPE_PVPANIC_PCI "pvpanic-pci"

/* The port of the machine's, 0 if there is none (or two: of which the second isn't realized). */
uint16_t isa_pvpanic_find_port(void);

#endif
