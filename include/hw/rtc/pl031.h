/*
 * PL031: PrimeCell real-time clock. Sysbus interrupt 0 is RTCINTR, the alarm.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_RTC_PL031_H
#define HW_RTC_PL031_H

#define TYPE_PL031 "pl031"

#endif
