/*
 * Between the main loop and its parts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UTIL_MAIN_LOOP_INTERNAL_H
#define UTIL_MAIN_LOOP_INTERNAL_H

#include "qemu/osdep.h"

bool bh_pending(void);
/* Runs the bottom halves that are scheduled now; true if there were any. */
bool bh_run(void);

#endif
