/*
 * What boards written for QEMU expect of this header.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSEMU_SYSEMU_H
#define SYSEMU_SYSEMU_H

#include "exec/target_page.h"
#include "qemu/cutils.h"
#include "system/reset.h"
#include "system/system.h"

/*
 * -bios or NULL, as boards of before MachineState.firmware have it; they may put a default there.
 * Set before the board's init().
 */
extern const char *bios_name;

/* The host sides of serial lines, as boards of before serial_hd() have them. */
#define MAX_SERIAL_PORTS 4
#define serial_hds ((Chardev *[]){ serial_hd(0), serial_hd(1), serial_hd(2), serial_hd(3) })

#endif
