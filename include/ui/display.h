/*
 * Displays: ways to show the machine to who sits in front of the host, as -display names them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UI_DISPLAY_H
#define UI_DISPLAY_H

#include "qemu/osdep.h"

typedef struct DisplayKind {
    const char *name;
    /*
     * The machine is complete. `options`: "key=value,…", may be NULL. False with *errp set on
     * failure.
     */
    bool (*start)(const char *options, Error **errp);
    /* The program ends; also without a start. */
    void (*end)(void);
} DisplayKind;

/* From a type_init() function; kind stays valid. */
void display_register(const DisplayKind *kind);
/* NULL: this build has none of that name. */
const DisplayKind *display_find(const char *name);
/* NULL past the last one. */
const DisplayKind *display_get(unsigned index);

#endif
