/*
 * PIIX3: PCI to ISA bridge (82371SB, function 0): the ISA bus "isa.0" is below it.
 *
 * It routes the PCI bus's four interrupt lines to those of the ISA bus, and has the register at port
 * cf9 that resets the machine.
 *
 * Reference: Intel 82371FB (PIIX) and 82371SB (PIIX3) PCI ISA IDE Xcelerator (290550), 2.2 (function
 * 0), 2.5.5 (reset control), 3.8.5 (interrupt steering).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ISA_PIIX3_H
#define HW_ISA_PIIX3_H

#include "hw/isa/isa.h"
#include "hw/pci/pci.h"

#define TYPE_PIIX3 "PIIX3"
OBJECT_DECLARE_SIMPLE_TYPE(PIIX3State, PIIX3)

/* The bus below it; there once it is realized. */
ISABus *piix3_isa_bus(PIIX3State *s);

#endif
