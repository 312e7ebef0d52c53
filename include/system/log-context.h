/*
 * Puts CPU, guest pc and symbol in front of log lines.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_LOG_CONTEXT_H
#define SYSTEM_LOG_CONTEXT_H

/* Installs the hook; once, at start-up. */
void log_context_init(void);

#endif
