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

/* The guest's time when the host's (QEMU_CLOCK_HOST) is `host` seconds. */
void qemu_timedate_at(struct tm *tm, time_t host);
/* The guest's time now, `offset` seconds later. */
void qemu_get_timedate(struct tm *tm, time_t offset);
/* How many seconds `tm` is ahead of the guest's time: the offset for qemu_get_timedate() after
 * the guest has set its clock. */
time_t qemu_timedate_diff(struct tm *tm);

#endif
