/*
 * The `microvm` board: what its files share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I386_MICROVM_H
#define HW_I386_MICROVM_H

#include "hw/i386/pc.h"
#include "microvm-map.h"

#define TYPE_MICROVM_MACHINE MACHINE_TYPE_NAME("microvm")
OBJECT_DECLARE_SIMPLE_TYPE(MicrovmState, MICROVM_MACHINE)

struct MicrovmState {
    PCState parent_obj;

    OnOffAuto pic, pit, rtc, pcie, second_ioapic; /* properties */
    bool isa_serial, option_roms, auto_cmdline;

    unsigned num_slots, first_slot_irq;
    DeviceState *slots[MICROVM_MOST_SLOTS]; /* virtio-mmio */
    Notifier complete; /* the user's devices are there */
};

static inline bool microvm_has_acpi(const MicrovmState *s)
{
    return s->parent_obj.acpi != ON_OFF_AUTO_OFF;
}

static inline bool microvm_has_second_ioapic(const MicrovmState *s)
{
    return s->second_ioapic == ON_OFF_AUTO_ON ||
           (s->second_ioapic == ON_OFF_AUTO_AUTO && microvm_has_acpi(s));
}

/* There is a device in the slot. */
bool microvm_slot_is_used(const MicrovmState *s, unsigned slot);

/* microvm-acpi.c: the tables, once the user's devices are there. */
void microvm_write_acpi(MicrovmState *s);
/* False: they weren't compiled into this program. */
bool microvm_can_acpi(void);

#endif
