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

#endif
