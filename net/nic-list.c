/*
 * The NICs that boards are to have.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "net/nic-list.h"

NICInfo nd_table[MAX_NICS];
int nb_nics;

NICInfo *qemu_find_nic_info(const char *model, bool match_default, const char *alias)
{
    for (int i = 0; i < nb_nics; i++) {
        NICInfo *nd = &nd_table[i];

        if (nd->used && !nd->instantiated &&
            (nd->model ? !g_strcmp0(nd->model, model) || !g_strcmp0(nd->model, alias)
                       : match_default)) {
            return nd;
        }
    }
    return NULL;
}

NICInfo *net_first_unused_nic(void)
{
    for (int i = 0; i < nb_nics; i++) {
        if (nd_table[i].used && !nd_table[i].instantiated) {
            return &nd_table[i];
        }
    }
    return NULL;
}
