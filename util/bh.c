/*
 * Bottom halves.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/queue.h"
#include "main-loop-internal.h"

struct QEMUBH {
    QEMUBHFunc *cb;
    void *opaque;
    bool scheduled; /* in the queue, under lock */
    bool oneshot;
    QTAILQ_ENTRY(QEMUBH) node;
};

static GMutex lock;
static QTAILQ_HEAD(, QEMUBH) queue = QTAILQ_HEAD_INITIALIZER(queue);

QEMUBH *qemu_bh_new(QEMUBHFunc *cb, void *opaque)
{
    QEMUBH *bh = g_new0(QEMUBH, 1);

    bh->cb = cb;
    bh->opaque = opaque;
    return bh;
}

void qemu_bh_schedule(QEMUBH *bh)
{
    g_mutex_lock(&lock);
    if (!bh->scheduled) {
        bh->scheduled = true;
        QTAILQ_INSERT_TAIL(&queue, bh, node);
    }
    g_mutex_unlock(&lock);
    qemu_notify_event();
}

void qemu_bh_cancel(QEMUBH *bh)
{
    g_mutex_lock(&lock);
    if (bh->scheduled) {
        bh->scheduled = false;
        QTAILQ_REMOVE(&queue, bh, node);
    }
    g_mutex_unlock(&lock);
}

void qemu_bh_delete(QEMUBH *bh)
{
    if (bh) {
        qemu_bh_cancel(bh);
        g_free(bh);
    }
}

void qemu_bh_schedule_oneshot(QEMUBHFunc *cb, void *opaque)
{
    QEMUBH *bh = qemu_bh_new(cb, opaque);

    bh->oneshot = true;
    qemu_bh_schedule(bh);
}

/* The next one to run, taken out of the queue, or NULL. */
static QEMUBH *bh_pop(void)
{
    QEMUBH *bh;

    g_mutex_lock(&lock);
    bh = QTAILQ_FIRST(&queue);
    if (bh) {
        QTAILQ_REMOVE(&queue, bh, node);
        bh->scheduled = false;
    }
    g_mutex_unlock(&lock);
    return bh;
}

static unsigned queue_length(void)
{
    QEMUBH *bh;
    unsigned n = 0;

    g_mutex_lock(&lock);
    QTAILQ_FOREACH(bh, &queue, node) {
        n++;
    }
    g_mutex_unlock(&lock);
    return n;
}

bool bh_pending(void)
{
    bool pending;

    g_mutex_lock(&lock);
    pending = !QTAILQ_EMPTY(&queue);
    g_mutex_unlock(&lock);
    return pending;
}

bool bh_run(void)
{
    /* Those that the functions schedule run in the next turn. */
    unsigned n = queue_length();
    bool progress = false;
    QEMUBH *bh;

    while (n-- && (bh = bh_pop()) != NULL) {
        QEMUBHFunc *cb = bh->cb;
        void *opaque = bh->opaque;

        if (bh->oneshot) {
            g_free(bh);
        }
        cb(opaque); /* may delete bh */
        progress = true;
    }
    return progress;
}
