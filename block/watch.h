/*
 * Watches: who has to know of each write to a node, and to keep writes away from a piece of it.
 *
 * A watch is put on a node while nothing is in flight (bdrv_graph_begin()). From then on each write
 * calls before() and after() in its own thread. hold() waits until no write touches a range, and
 * keeps others waiting until release().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_WATCH_H
#define BLOCK_WATCH_H

#include "qemu/osdep.h"
#include "qemu/queue.h"

typedef struct BlockWatch BlockWatch;

/* A write that is under way, or (`held`) the range that is kept free of them. */
typedef struct BlockRange {
    int64_t offset, end;
    bool held;
    QTAILQ_ENTRY(BlockRange) link;
} BlockRange;

struct BlockWatch {
    GMutex lock; /* also for what the owner keeps beside it */
    GCond changed;
    QTAILQ_HEAD(, BlockRange) ranges;
    /* Without the lock; either may be NULL. */
    void (*before)(BlockWatch *watch, int64_t offset, int64_t bytes);
    void (*after)(BlockWatch *watch, int64_t offset, int64_t bytes);
};

void block_watch_init(BlockWatch *watch);
void block_watch_clear(BlockWatch *watch);
/* Around a write. */
void block_watch_enter(BlockWatch *watch, BlockRange *range, int64_t offset, int64_t bytes);
void block_watch_leave(BlockWatch *watch, BlockRange *range);
void block_watch_hold(BlockWatch *watch, BlockRange *range, int64_t offset, int64_t bytes);
void block_watch_release(BlockWatch *watch, BlockRange *range);

#endif
