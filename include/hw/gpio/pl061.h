/*
 * PL061: eight general purpose lines, and an interrupt.
 *
 * GPIO inputs and outputs 0 to 7 are the pins: the level that somebody drives, and the one that the
 * chip drives where a pin is an output. Region 0: registers; sysbus interrupt 0.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_GPIO_PL061_H
#define HW_GPIO_PL061_H

#define TYPE_PL061 "pl061"

#define PL061_NUM_PINS 8

#endif
