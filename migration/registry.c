/*
 * Which states there are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "migration/vmstate.h"
#include "qemu/queue.h"

typedef struct StateEntry {
    char *name;
    int instance_id;
    const VMStateDescription *vmsd;
    void *opaque;
    QTAILQ_ENTRY(StateEntry) node;
} StateEntry;

static QTAILQ_HEAD(StateHead, StateEntry) entries = QTAILQ_HEAD_INITIALIZER(entries);

static int free_instance_id(const char *name, const VMStateDescription *vmsd)
{
    StateEntry *e;
    int id = 0;

    QTAILQ_FOREACH(e, &entries, node) {
        if (e->vmsd == vmsd && g_strcmp0(e->name, name) == 0) {
            id = MAX(id, e->instance_id + 1);
        }
    }
    return id;
}

void vmstate_register(const char *name, int instance_id, const VMStateDescription *vmsd,
                      void *opaque)
{
    StateEntry *e = g_new0(StateEntry, 1);

    e->name = g_strdup(name);
    e->instance_id = instance_id < 0 ? free_instance_id(name, vmsd) : instance_id;
    e->vmsd = vmsd;
    e->opaque = opaque;
    QTAILQ_INSERT_TAIL(&entries, e, node);
}

void vmstate_unregister(const VMStateDescription *vmsd, void *opaque)
{
    StateEntry *e, *next;

    QTAILQ_FOREACH_SAFE(e, &entries, node, next) {
        if (e->vmsd == vmsd && e->opaque == opaque) {
            QTAILQ_REMOVE(&entries, e, node);
            g_free(e->name);
            g_free(e);
        }
    }
}

void vmstate_foreach_registered(void (*fn)(const char *name, int instance_id,
                                           const VMStateDescription *vmsd, void *opaque,
                                           void *fn_opaque),
                                void *fn_opaque)
{
    StateEntry *e, *next;

    QTAILQ_FOREACH_SAFE(e, &entries, node, next) {
        fn(e->name, e->instance_id, e->vmsd, e->opaque, fn_opaque);
    }
}
