/*
 * Event notifiers on Linux eventfds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/eventfd.h>
#include "qemu/event_notifier.h"

int event_notifier_init(EventNotifier *e, int active)
{
    e->fd = eventfd(!!active, EFD_CLOEXEC | EFD_NONBLOCK);
    return e->fd >= 0 ? 0 : -errno;
}

void event_notifier_cleanup(EventNotifier *e)
{
    int fd = e->fd;

    e->fd = -1;
    if (fd >= 0) {
        close(fd);
    }
}

int event_notifier_get_fd(const EventNotifier *e)
{
    return e->fd;
}

int event_notifier_set(EventNotifier *e)
{
    /* A counter that is full (EAGAIN) is set. */
    return eventfd_write(e->fd, 1) == 0 || errno == EAGAIN ? 0 : -errno;
}

int event_notifier_test_and_clear(EventNotifier *e)
{
    eventfd_t times;

    return eventfd_read(e->fd, &times) == 0;
}
