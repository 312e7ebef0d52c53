/*
 * Which device a board boots from: the letters of -boot order=, when they change after the start,
 * and the devices' property bootindex.
 *
 * Big lock held. An order is a string of letters: floppy a and b, disk c, CD-ROM d, network n; the
 * rest up to p is the board's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_CORE_BOOT_ORDER_H
#define HW_CORE_BOOT_ORDER_H

#include "core/qdev-core.h"
#include "core/qdev-properties.h"

/* Makes `order` what the guest will boot from; *errp if it can't. */
typedef void QEMUBootSetHandler(void *opaque, const char *order, Error **errp);

/* For a board's init(): how this board does it. The order at the start is boot_config.order. */
void qemu_register_boot_set(QEMUBootSetHandler *func, void *opaque);
/* Checks the letters and calls the board's handler; *errp also on a board that has none. */
void qemu_boot_set(const char *order, Error **errp);
/* `once` for the start, `order` again from the first reset on; false and *errp. */
bool qemu_boot_set_once(const char *once, const char *order, Error **errp);

/*
 * Devices with a bootindex from 0 on come first, the lowest of them in front. For their realize():
 * that a number is free, or negative, and that firmware finds it at the device's firmware path
 * with @suffix (NULL: none) behind. Where it was added, unrealize() takes it away.
 */
bool check_boot_index(int32_t bootindex, Error **errp);
void add_boot_device_path(int32_t bootindex, DeviceState *dev, const char *suffix);
void del_boot_device_path(DeviceState *dev);
/*
 * A path of firmware's that comes before all devices, as that of a ROM which loads what the user has
 * given; NULL: there is none any more. Copied.
 */
void set_first_boot_path(const char *path);
/* Their paths in that order, a line each; @size counts the NUL at the end. NULL: there are none. */
char *get_boot_devices_list(size_t *size);

#define DEFINE_PROP_BOOTINDEX(state, member)                                                       \
    DEFINE_PROP_INT32("bootindex", state, member, -1)

#endif
