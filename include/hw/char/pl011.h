/*
 * PL011: PrimeCell UART. Property "chardev"; sysbus interrupt 0 is UARTINTR, all causes together.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_CHAR_PL011_H
#define HW_CHAR_PL011_H

#define TYPE_PL011 "pl011"

#endif
