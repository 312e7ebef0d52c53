/*
 * NE2000 cards on the ISA bus.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NET_NE2K_ISA_H
#define HW_NET_NE2K_ISA_H

#include "hw/isa/isa.h"

#define TYPE_NE2K_ISA "ne2k_isa"

/*
 * A card for each of the first six entries of -nic that is for one or names no model, at the places
 * that QEMU's boards have. From a board's init; what can't be made ends the program.
 */
void ne2k_isa_init_nic_devices(ISABus *bus);

#endif
