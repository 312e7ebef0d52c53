/*
 * Devices that users add and take away: -device, device_add, device_del.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_CORE_DEVICE_ADD_H
#define HW_CORE_DEVICE_ADD_H

#include "core/qdev-core.h"

/* "driver[,bus=NAME][,id=ID][,prop=value...]": creates and realizes it. NULL with *errp set on
 * failure. */
DeviceState *device_add_from_str(const char *text, Error **errp);
/* The same with names and values by turns, "driver" and "bus" among them; id may be NULL. */
DeviceState *device_add_from_options(const char *id, GPtrArray *options, Error **errp);
/* By id or absolute path; false with *errp set if there is no such device or it can't go. */
bool device_del(const char *id, Error **errp);
/*
 * If `text` asks for help ("help", "driver,help"), appends the answer and returns true. False with
 * *errp set: about a driver that there isn't.
 */
bool device_help(const char *text, GString *out, Error **errp);

/* `info qtree`: the buses and devices from the main system bus. */
void qdev_print_tree(GString *out);
/* `info qdm`: what -device help prints. */
void qdev_print_device_list(GString *out);

#endif
