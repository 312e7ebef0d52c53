/*
 * Versions of boards, as their names end: pc-i440fx-4.2, virt-6.1.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_BOARD_VERSIONS_H
#define HW_BOARD_VERSIONS_H

#include "hw/boards.h"

#define BOARD_VERSION(major, minor) ((major) << 8 | (minor))

/*
 * Calls version(MAJOR, MINOR) for each that there is, the newest first; `version` expands to what
 * is wanted of it.
 */
#define BOARD_OLD_VERSIONS(version)                                                                \
    version(7, 1) version(7, 0) version(6, 2) version(6, 1) version(6, 0) version(5, 2)            \
    version(5, 1) version(5, 0) version(4, 2) version(4, 1) version(4, 0)

/* In class_init: makes the board the one of that BOARD_VERSION(). */
void board_version_class_init(MachineClass *mc, unsigned version);

#endif
