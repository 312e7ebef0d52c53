/*
 * User-chosen identifiers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_ID_H
#define QEMU_ID_H

#include "qemu/osdep.h"

/* A letter, then letters, digits and -._ */
bool id_wellformed(const char *id);

/* Tells the user that rule. */
#define ID_RULE_HINT                                                                               \
    "An identifier begins with a letter; letters, digits, '-', '.' and '_' may follow.\n"

#endif
