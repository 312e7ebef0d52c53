/*
 * What NICs ask of their peers: whether packets can have a header for offloads, and which.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "net/net.h"

void qemu_net_poll(NetClientState *nc, bool enable)
{
    if (nc && nc->info->poll) {
        nc->info->poll(nc, enable);
    }
}

bool qemu_has_vnet_hdr(NetClientState *nc)
{
    return nc && nc->info->has_vnet_hdr && nc->info->has_vnet_hdr(nc);
}

bool qemu_has_vnet_hdr_len(NetClientState *nc, int len)
{
    return nc && nc->info->has_vnet_hdr_len && nc->info->has_vnet_hdr_len(nc, len);
}

bool qemu_has_ufo(NetClientState *nc)
{
    return nc && nc->info->has_ufo && nc->info->has_ufo(nc);
}

void qemu_set_vnet_hdr_len(NetClientState *nc, int len)
{
    if (nc && nc->info->set_vnet_hdr_len) {
        nc->vnet_hdr_len = len;
        nc->info->set_vnet_hdr_len(nc, len);
    }
}

int qemu_get_vnet_hdr_len(NetClientState *nc)
{
    return nc ? nc->vnet_hdr_len : 0;
}

void qemu_using_vnet_hdr(NetClientState *nc, bool enable)
{
    if (nc && enable != (nc->vnet_hdr_len != 0)) {
        qemu_set_vnet_hdr_len(nc, enable ? 10 : 0);
    }
}

void qemu_set_offload(NetClientState *nc, int csum, int tso4, int tso6, int ecn, int ufo)
{
    if (nc && nc->info->set_offload) {
        nc->info->set_offload(nc, csum, tso4, tso6, ecn, ufo);
    }
}

int qemu_set_vnet_le(NetClientState *nc, bool is_le)
{
    return nc && nc->info->set_vnet_le ? nc->info->set_vnet_le(nc, is_le) : -ENOSYS;
}

int qemu_set_vnet_be(NetClientState *nc, bool is_be)
{
    return nc && nc->info->set_vnet_be ? nc->info->set_vnet_be(nc, is_be) : -ENOSYS;
}

int net_cable_vnet_hdr_len(const NetClientState *nc)
{
    return MAX(nc->vnet_hdr_len, nc->peer ? nc->peer->vnet_hdr_len : 0);
}
