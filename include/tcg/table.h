/*
 * Hash tables that a CPU's thread changes between two pieces of generated code.
 *
 * GLib computes the size of a table that grows or shrinks in floating point. Generated code keeps
 * the guest's sticky flags in the host's, where an inexact size would be taken for the guest's own
 * doing. So these leave the host's flags as they were.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_TABLE_H
#define TCG_TABLE_H

#include "qemu/osdep.h"
#include <fenv.h>

/* g_hash_table_replace() */
static inline void tcg_table_set(GHashTable *table, void *key, void *value)
{
    fenv_t guests;

    fegetenv(&guests);
    g_hash_table_replace(table, key, value);
    fesetenv(&guests);
}

/* g_hash_table_remove() */
static inline void tcg_table_remove(GHashTable *table, const void *key)
{
    fenv_t guests;

    fegetenv(&guests);
    g_hash_table_remove(table, key);
    fesetenv(&guests);
}

#endif
