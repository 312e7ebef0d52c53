/*
 * The guest's time of day, for real-time clocks.
 *
 * Any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_RTC_H
#define SYSTEM_RTC_H

#include "qemu/osdep.h"

/* -rtc base=: "utc", "localtime" or a date. */
bool rtc_set_base(const char *text, Error **errp);

/* The guest's time, `offset` seconds later. */
void qemu_get_timedate(struct tm *tm, time_t offset);
/* How many seconds `tm` is ahead of the guest's time: the offset for qemu_get_timedate() after
 * the guest has set its clock. */
time_t qemu_timedate_diff(struct tm *tm);

#endif
