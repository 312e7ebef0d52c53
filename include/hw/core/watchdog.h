/*
 * What becomes of the machine when a watchdog has run out: the user's choice, -watchdog-action.
 *
 * For watchdogs that users add, and ICH9's TCO; those of other boards do what the board wires them to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_CORE_WATCHDOG_H
#define HW_CORE_WATCHDOG_H

#include "qemu/osdep.h"

/* "reset" (the default), "shutdown", "poweroff", "pause", "debug", "none", "inject-nmi"; *errp. */
bool watchdog_set_action(const char *name, Error **errp);
/* Does it, and tells the event WATCHDOG. `who` is for messages. Big lock. */
void watchdog_perform_action(const char *who);

#endif
