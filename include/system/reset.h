/*
 * What happens when the whole machine is reset: handlers in the order in which they were
 * registered.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_RESET_H
#define SYSTEM_RESET_H

#include "qemu/osdep.h"
#include "system/runstate.h"

typedef void QEMUResetHandler(void *opaque);

void qemu_register_reset(QEMUResetHandler *func, void *opaque);
/* Removes the handler registered with the same func and opaque; nothing if there is none. */
void qemu_unregister_reset(QEMUResetHandler *func, void *opaque);
/*
 * Calls all handlers. A handler may register others, which are called as well, and remove any,
 * itself included.
 */
void qemu_devices_reset(ShutdownCause reason);

#endif
