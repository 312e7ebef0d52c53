/*
 * Watches on nodes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "watch.h"

void block_watch_init(BlockWatch *watch)
{
    g_mutex_init(&watch->lock);
    g_cond_init(&watch->changed);
    QTAILQ_INIT(&watch->ranges);
}

void block_watch_clear(BlockWatch *watch)
{
    assert(QTAILQ_EMPTY(&watch->ranges));
    g_mutex_clear(&watch->lock);
    g_cond_clear(&watch->changed);
}

/* Writes get along with each other, but not with a range that is held. */
static bool must_wait(const BlockWatch *watch, const BlockRange *range)
{
    const BlockRange *r;

    QTAILQ_FOREACH(r, &watch->ranges, link) {
        if ((r->held || range->held) && r->offset < range->end && range->offset < r->end) {
            return true;
        }
    }
    return false;
}

static void enter(BlockWatch *watch, BlockRange *range, int64_t offset, int64_t bytes, bool held)
{
    *range = (BlockRange){ offset, offset + bytes, held };
    g_mutex_lock(&watch->lock);
    while (must_wait(watch, range)) {
        g_cond_wait(&watch->changed, &watch->lock);
    }
    QTAILQ_INSERT_TAIL(&watch->ranges, range, link);
    g_mutex_unlock(&watch->lock);
}

void block_watch_release(BlockWatch *watch, BlockRange *range)
{
    g_mutex_lock(&watch->lock);
    QTAILQ_REMOVE(&watch->ranges, range, link);
    g_cond_broadcast(&watch->changed);
    g_mutex_unlock(&watch->lock);
}

void block_watch_hold(BlockWatch *watch, BlockRange *range, int64_t offset, int64_t bytes)
{
    enter(watch, range, offset, bytes, true);
}

void block_watch_enter(BlockWatch *watch, BlockRange *range, int64_t offset, int64_t bytes)
{
    enter(watch, range, offset, bytes, false);
    if (watch->before) {
        watch->before(watch, offset, bytes);
    }
}

void block_watch_leave(BlockWatch *watch, BlockRange *range)
{
    if (watch->after) {
        watch->after(watch, range->offset, range->end - range->offset);
    }
    block_watch_release(watch, range);
}
