/*
 * Between clocks, timers and the main loop.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UTIL_TIMER_INTERNAL_H
#define UTIL_TIMER_INTERNAL_H

#include "qemu/timer.h"

/* Whether time passes on that clock: its timers fire only then. */
bool qemu_clock_runs(QEMUClockType type);
/* NULL: the main loop runs that clock's timers. Else who is to be told of a new first deadline. */
void (*qemu_clock_deadline_hook(QEMUClockType type))(void);
/* ns until the next deadline on any clock, -1 for none, 0 if one has passed. */
int64_t qemu_clock_deadline_ns_all(void);

#endif
