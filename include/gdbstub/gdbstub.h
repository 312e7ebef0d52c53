/*
 * The GDB stub: a debugger on another machine, or another terminal, controls the guest.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GDBSTUB_GDBSTUB_H
#define GDBSTUB_GDBSTUB_H

#include "qemu/osdep.h"

/*
 * Offers the guest to a debugger on a character device: "tcp:[HOST]:PORT" (the host is 127.0.0.1
 * if it isn't said) or "unix:PATH" (which listen and don't wait, unless the text says otherwise),
 * any other description that -serial takes, or "none", which ends an earlier one. The machine must
 * be complete. False with *errp set on failure.
 */
bool gdbserver_start(const char *device, Error **errp);

/* A debugger is connected: the machine doesn't start by itself. */
bool gdbserver_attached(void);

#endif
