/*
 * Port 92h of a PC: another way to gate address line 20 and to reset the CPU.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_MISC_PORT92_H
#define HW_MISC_PORT92_H

#include "hw/isa/isa.h"

#define TYPE_PORT92 "port92"
/* Named output: high lets the CPU's address line 20 through. */
#define PORT92_A20_LINE "a20"

#endif
