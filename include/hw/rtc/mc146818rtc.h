/*
 * MC146818A: a PC's clock and its 128 bytes of battery-backed memory ("CMOS").
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_RTC_MC146818RTC_H
#define HW_RTC_MC146818RTC_H

#include "hw/isa/isa.h"

#define TYPE_MC146818_RTC "mc146818rtc"
#define RTC_ISA_IRQ       8

/*
 * Makes one at ports 70h and 71h, whose interrupt goes to `intercept_irq`, NULL: to the bus's line
 * 8. Its year 0 is `base_year`.
 */
ISADevice *mc146818_rtc_init(ISABus *bus, int base_year, qemu_irq intercept_irq);

/*
 * A byte of the memory, 0 to 127, as a guest finds it: what a board's firmware is told there.
 * Registers of the clock (0 to 0dh) read as they are, and can't be set so.
 */
void rtc_set_memory(ISADevice *dev, int addr, int val);
int rtc_get_memory(ISADevice *dev, int addr);

#endif
