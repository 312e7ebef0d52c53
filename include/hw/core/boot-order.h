/*
 * Which device a board boots from, when that changes after the start.
 *
 * Big lock held. An order is a string of the letters of -boot order=: floppy a and b, disk c,
 * CD-ROM d, network n; the rest up to p is the board's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_CORE_BOOT_ORDER_H
#define HW_CORE_BOOT_ORDER_H

#include "qemu/osdep.h"

/* Makes `order` what the guest will boot from; *errp if it can't. */
typedef void QEMUBootSetHandler(void *opaque, const char *order, Error **errp);

/* For a board's init(): how this board does it. The order at the start is boot_config.order. */
void qemu_register_boot_set(QEMUBootSetHandler *func, void *opaque);
/* Checks the letters and calls the board's handler; *errp also on a board that has none. */
void qemu_boot_set(const char *order, Error **errp);
/* `once` for the start, `order` again from the first reset on; false and *errp. */
bool qemu_boot_set_once(const char *once, const char *order, Error **errp);

#endif
