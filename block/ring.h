/*
 * A ring of system calls that the kernel does while we do something else (io_uring).
 *
 * Calls are put into the ring, submitted together, and taken out when they are done, in any order.
 * One thread at a time: whose event loop it is, or who has that loop's lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_RING_H
#define BLOCK_RING_H

#include "file.h"

typedef struct BlockRing BlockRing;

/* NULL and errno if the kernel refuses; ENOSYS: this build has no rings. */
BlockRing *block_ring_new(void);
void block_ring_free(BlockRing *ring);
/* Whether the kernel would give one: 0, or the errno with which it refuses. Asks it once. */
int block_ring_refused(void);
/* Readable while something is done. */
int block_ring_fd(const BlockRing *ring);
/* Adds a call, whose iov stays until it is done. False: no room, even after submitting the others. */
bool block_ring_put(BlockRing *ring, const HostCall *call, void *tag);
/* Asks the kernel to give up the call with that tag; it still has to be taken out. */
void block_ring_cancel(BlockRing *ring, void *tag);
/* Gives the kernel all that was put in. */
void block_ring_submit(BlockRing *ring);
/*
 * Takes out one call that is done: its tag, or NULL if there is none; *ret is what the system call
 * returned, or a negative errno. @wait: submits, and waits for one.
 */
void *block_ring_take(BlockRing *ring, bool wait, int *ret);

#endif
