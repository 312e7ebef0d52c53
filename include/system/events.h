/*
 * Events: what happens to the machine and somebody outside may want to know (QMP).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_EVENTS_H
#define SYSTEM_EVENTS_H

#include "qemu/osdep.h"
#include <json-glib/json-glib.h>

typedef struct EventType {
    const char *name;
    const char *members; /* of its data, in the notation of monitor/qmp.h */
    /* Of those that come faster, the last one within this time is told; ms, 0: all are. */
    unsigned interval_ms;
} EventType;

/* All that there are; ends with an empty row. */
extern const EventType event_types[];

/*
 * Tells who listens. `name` is that of a row; data is taken, NULL: none. Big lock.
 */
void event_send(const char *name, JsonObject *data);

/* Who listens: `func` gets the row, and data that it may keep a reference of (NULL: none). */
typedef void EventListener(const EventType *type, JsonObject *data);
void event_set_listener(EventListener *func);

#endif
