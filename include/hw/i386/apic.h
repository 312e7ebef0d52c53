/*
 * Local APICs, and the messages that reach them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I386_APIC_H
#define HW_I386_APIC_H

#include "core/qdev-core.h"
#include "core/irq.h"
#include "target/i386/cpu.h"

#define TYPE_APIC "apic"

#define APIC_DEFAULT_ADDRESS 0xfee00000ull
#define APIC_SPACE_SIZE      (1 * MiB)

/*
 * The local APIC of `cpu`, which is realized: becomes its interrupt controller. All APICs of the
 * machine are one bus, whose registers and messages are at APIC_DEFAULT_ADDRESS in system memory.
 */
DeviceState *apic_create(X86CPU *cpu, Error **errp);
/* Takes the APIC of a CPU whose thread has ended off the bus and frees it. Not the first CPU's. */
void apic_destroy(X86CPU *cpu);

/*
 * The interrupt controller behind LINT0 (the 8259's INTR): its line is the APIC's input 0,
 * `acknowledge` gives the vector. Before the machine starts.
 */
void apic_set_external(DeviceState *apic, int (*acknowledge)(void *opaque), void *opaque);

/*
 * A message on the bus, with the fields that an MSI's address and data have (SDM volume 3, 10.11).
 * With the big lock held.
 */
void apic_deliver_message(uint64_t address, uint32_t data);

/* Pulses LINT1 of all APICs, to which a PC's NMI goes. With the big lock held. */
void apic_pulse_lint1(void);

/* `func` is told of every end of a level-triggered interrupt that is broadcast; before the machine
 * starts. */
void apic_on_eoi(void (*func)(void *opaque, uint8_t vector), void *opaque);

#endif
