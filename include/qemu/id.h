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

/* The sentence that tells the user the rule; "Identifiers consist of ...". */
#define ID_RULE_HINT                                                                               \
    "Identifiers consist of letters, digits, '-', '.', '_', starting with a letter.\n"

#endif
