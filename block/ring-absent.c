/*
 * What there is of rings where liburing is missing: nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ring.h"

BlockRing *block_ring_new(void)
{
    errno = ENOSYS;
    return NULL;
}

int block_ring_refused(void)
{
    return ENOSYS;
}

void block_ring_free(BlockRing *ring)
{
}

int block_ring_fd(const BlockRing *ring)
{
    return -1;
}

bool block_ring_put(BlockRing *ring, const HostCall *call, void *tag)
{
    return false;
}

void block_ring_cancel(BlockRing *ring, void *tag)
{
}

void block_ring_submit(BlockRing *ring)
{
}

void *block_ring_take(BlockRing *ring, bool wait, int *ret)
{
    return NULL;
}
