/*
 * User-chosen identifiers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/id.h"

bool id_wellformed(const char *id)
{
    static const char allowed[] = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-._";

    return g_ascii_isalpha(*id) && id[strspn(id, allowed)] == '\0';
}
