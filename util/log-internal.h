/*
 * Between the log's parts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UTIL_LOG_INTERNAL_H
#define UTIL_LOG_INTERNAL_H

#include "qemu/log.h"

/* How many different lines are remembered for folding; lines beyond that are all written. */
#define LOG_MAX_REMEMBERED 4096u

/* "unimp: cpu0 pc=fff00100 start: ", to be freed: the item's name and who is acting. */
GString *log_line_start(unsigned mask);
/* From now on what has been folded is written when the process ends. */
void log_close_at_exit(void);
/* trace-log.c: writes what has been folded, and begins afresh. */
void trace_log_flush(void);

#endif
