/*
 * High precision event timers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_TIMER_HPET_H
#define HW_TIMER_HPET_H

#include "hw/sysbus.h"

/*
 * A sysbus device: region 0 are its registers, sysbus interrupts 0 to 31 the lines that timers may
 * be routed to, of which the property `hpet-intcap` is the set. Unnamed input HPET_LEGACY_RTC_INT is
 * the clock's interrupt, which goes on to line 8 until the HPET takes that over; unnamed output 0 is
 * high while the 8254 has the timer interrupt.
 */
#define TYPE_HPET     "hpet"
#define HPET_BASE     0xfed00000
#define HPET_SIZE     0x400
#define HPET_NUM_IRQS 32

enum { HPET_LEGACY_PIT_INT, HPET_LEGACY_RTC_INT };

#endif
