/*
 * Displays: which ones this build has.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ui/display.h"

static GPtrArray *kinds;

void display_register(const DisplayKind *kind)
{
    if (!kinds) {
        kinds = g_ptr_array_new();
    }
    g_ptr_array_add(kinds, (gpointer)kind);
}

const DisplayKind *display_get(unsigned index)
{
    return kinds && index < kinds->len ? g_ptr_array_index(kinds, index) : NULL;
}

const DisplayKind *display_find(const char *name)
{
    const DisplayKind *kind;

    for (unsigned i = 0; (kind = display_get(i)) && strcmp(kind->name, name); i++) {
        /* the next one */
    }
    return kind;
}
