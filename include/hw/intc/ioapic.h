/*
 * 82093AA I/O APIC: 24 inputs that become messages to local APICs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_IOAPIC_H
#define HW_INTC_IOAPIC_H

#include "hw/sysbus.h"

/* A sysbus device: region 0 are its registers, unnamed inputs 0 to 23 its pins. */
#define TYPE_IOAPIC             "ioapic"
#define IOAPIC_NUM_PINS         24
#define IO_APIC_DEFAULT_ADDRESS 0xfec00000

/*
 * A local APIC has ended a level-triggered interrupt with that vector: to be told to all I/O APICs
 * of the machine. Big lock.
 */
void ioapic_eoi_broadcast(int vector);

#endif
