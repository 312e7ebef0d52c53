/*
 * -object iothread: threads that devices' rings are processed on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_IOTHREAD_H
#define SYSTEM_IOTHREAD_H

#include <json-glib/json-glib.h>
#include "qemu/work-context.h"
#include "qom/object.h"

#define TYPE_IOTHREAD "iothread"
OBJECT_DECLARE_SIMPLE_TYPE(IOThread, IOTHREAD)

/* For a device that uses it from now on, until it says _done(). NULL: none, and a NULL context. */
WorkContext *iothread_use(IOThread *thread);
void iothread_done(IOThread *thread);

/* query-iothreads. */
JsonNode *iothread_query(void);

#endif
