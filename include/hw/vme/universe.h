/*
 * Universe II: PCI to VMEbus bridge (Tundra CA91C142).
 *
 * PCI function 10e3:0000; its bus "vme.0" is one crate. Property `slot` (1): where in it the board
 * sits; in slot 1 it is the system controller.
 *
 * Named outputs: UNIVERSE_LINT_OUT 0 to 7 for what LINT_MAP sends there (0 to 3 are also the
 * function's INTA to INTD); UNIVERSE_RESET_OUT is pulsed when software or the crate resets the
 * board.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_VME_UNIVERSE_H
#define HW_VME_UNIVERSE_H

#define TYPE_UNIVERSE2 "universe2"

#define UNIVERSE_LINT_OUT  "lint"
#define UNIVERSE_RESET_OUT "lrst"

#endif
