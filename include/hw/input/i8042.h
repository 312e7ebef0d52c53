/*
 * 8042: the PC's keyboard controller, with its second port for a mouse.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INPUT_I8042_H
#define HW_INPUT_I8042_H

#include "hw/input/ps2.h"
#include "hw/isa/isa.h"

#define TYPE_I8042 "i8042"
/* Named output: high lets the CPU's address line 20 through. */
#define I8042_A20_LINE "a20"

/* The mouse at its second port. */
PS2Device *i8042_mouse(ISADevice *i8042);

#endif
