/*
 * The list of what is to be reset with the machine.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/queue.h"
#include "system/reset.h"

typedef struct ResetEntry {
    QEMUResetHandler *func;
    void *opaque;
    QTAILQ_ENTRY(ResetEntry) node;
} ResetEntry;

static QTAILQ_HEAD(, ResetEntry) handlers = QTAILQ_HEAD_INITIALIZER(handlers);

void qemu_register_reset(QEMUResetHandler *func, void *opaque)
{
    ResetEntry *re = g_new0(ResetEntry, 1);

    re->func = func;
    re->opaque = opaque;
    QTAILQ_INSERT_TAIL(&handlers, re, node);
}

void qemu_unregister_reset(QEMUResetHandler *func, void *opaque)
{
    ResetEntry *re;

    QTAILQ_FOREACH(re, &handlers, node) {
        if (re->func == func && re->opaque == opaque) {
            QTAILQ_REMOVE(&handlers, re, node);
            g_free(re);
            return;
        }
    }
}

void qemu_devices_reset(ShutdownCause reason)
{
    ResetEntry *re, *next;

    QTAILQ_FOREACH_SAFE(re, &handlers, node, next) {
        re->func(re->opaque);
    }
}
