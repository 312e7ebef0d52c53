/*
 * Event notifiers: an eventfd that one side sets and the other waits for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_EVENT_NOTIFIER_H
#define QEMU_EVENT_NOTIFIER_H

#include "qemu/osdep.h"

typedef struct EventNotifier EventNotifier;

struct EventNotifier {
    int fd; /* -1: not initialized */
};

/* `active`: set from the start. 0, or -errno. */
int event_notifier_init(EventNotifier *e, int active);
void event_notifier_cleanup(EventNotifier *e);
int event_notifier_get_fd(const EventNotifier *e);
/* Any thread. 0, or -errno. */
int event_notifier_set(EventNotifier *e);
/* Was it set since the last time? Any thread. */
int event_notifier_test_and_clear(EventNotifier *e);

#endif
