/*
 * Interrupt messages to local APICs: what they consist of, and how a device sends one.
 *
 * Reference: Intel SDM volume 3, section 10.11, "Message signalled interrupts".
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I386_APIC_MSG_H
#define HW_I386_APIC_MSG_H

#include "system/address-spaces.h"

#define APIC_MSG_BASE             0xfee00000u
#define APIC_MSG_DESTINATION(id)  ((uint32_t)(id) << 12)
#define APIC_MSG_LOGICAL          0x4u

#define APIC_MSG_VECTOR           0xffu
#define APIC_MSG_DELIVERY_SHIFT   8
#define APIC_MSG_ASSERT           0x4000u
#define APIC_MSG_LEVEL_TRIGGERED  0x8000u

/*
 * Stores the message where the local APICs decode it, as a bus master would. Where nobody does, it
 * is lost. Big lock.
 */
static inline void apic_msg_send(uint32_t address, uint32_t data)
{
    address_space_stl_le(&address_space_memory, address, data, MEMTXATTRS_UNSPECIFIED, NULL);
}

#endif
