/*
 * Hawk MPIC: the OpenPIC-compatible interrupt controller of the Hawk ASIC.
 *
 * Sysbus mmio 0 is the 256 KiB register block. Anonymous GPIO inputs 0-15 are the external sources,
 * input 16 is Hawk's internal error. A line at 1 means "the device requests": for sources 1-15 the
 * board wires devices active low and the model sees the request, not the pin, so their POL bit
 * matters not (as on the chip). Source 0 comes from the 8259, active high, and obeys POL.
 * Sysbus irq n is INT of processor n; the named GPIO outputs "init" are the INIT lines.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_OPENPIC_H
#define HW_INTC_OPENPIC_H

#define TYPE_HAWK_MPIC "hawk-mpic"

#define HAWK_MPIC_SIZE           0x40000
#define HAWK_MPIC_NUM_EXTERNAL   16
#define HAWK_MPIC_IRQ_HAWK_ERROR 16
#define HAWK_MPIC_MAX_CPUS       2

#define HAWK_MPIC_INIT_OUT "init"

#endif
