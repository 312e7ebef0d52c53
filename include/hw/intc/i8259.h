/*
 * 8259A interrupt controllers as a PC has them: two, the second behind input 2 of the first.
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_I8259_H
#define HW_INTC_I8259_H

#include "hw/isa/isa.h"

#define TYPE_I8259 "isa-i8259"

/*
 * Puts both onto the bus, at their usual ports; `parent_irq` is the CPU's INTR pin. The result are
 * the 16 inputs, a new array that becomes the caller's. Input 2 is the second controller's.
 */
qemu_irq *i8259_init(ISABus *bus, qemu_irq parent_irq);

/* The first one, once i8259_init() has made it; NULL: there is none. */
extern DeviceState *isa_pic;

/*
 * The CPU acknowledges: the vector to take. Where no request is left, as after a glitch, that of
 * the controller's last input. May change the level of the INTR pin.
 */
int pic_read_irq(DeviceState *pic);
/* Whether it has INTR raised: 1 or 0. */
int pic_get_output(DeviceState *pic);

#endif
