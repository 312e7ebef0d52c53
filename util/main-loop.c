/*
 * The main loop: GLib's default context, polled with a deadline in nanoseconds.
 *
 * GLib's own loop rounds timeouts to milliseconds, which is far too coarse for guest timers; so
 * prepare, query, poll, check and dispatch are called one by one here, with ppoll() and the next
 * timer's deadline in the middle.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/eventfd.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "main-loop-internal.h"
#include "timer-internal.h"

static int event_fd = -1;
static GThread *main_thread;
static GArray *pollfds; /* of GPollFD; [0] is event_fd */

bool qemu_in_main_thread(void)
{
    return g_thread_self() == main_thread;
}

void qemu_init_main_loop(Error **errp)
{
    GPollFD notify = { .events = G_IO_IN };

    if (main_thread) {
        return;
    }
    event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (event_fd < 0) {
        error_setg_errno(errp, errno, "Could not create the main loop's event file descriptor");
        return;
    }
    if (!g_main_context_acquire(g_main_context_default())) {
        error_setg(errp, "Another thread runs GLib's default main context");
        return;
    }
    main_thread = g_thread_self();
    notify.fd = event_fd;
    pollfds = g_array_new(FALSE, TRUE, sizeof(GPollFD));
    g_array_append_val(pollfds, notify);
    rcu_register_thread();
    rcu_start_reclaimer();
    if (!bql_locked()) {
        bql_lock();
    }
}

void qemu_notify_event(void)
{
    static const uint64_t one = 1;
    int saved_errno = errno;

    if (event_fd >= 0) {
        /* A full counter has been noticed anyway. */
        ssize_t ret = write(event_fd, &one, sizeof(one));
        (void)ret;
    }
    errno = saved_errno;
}

static void clear_event(void)
{
    uint64_t count;
    ssize_t ret = read(event_fd, &count, sizeof(count));

    (void)ret;
}

/* Asks GLib what to poll for; the number of its descriptors, behind ours. */
static int glib_query(int max_priority, int *timeout_ms)
{
    GMainContext *context = g_main_context_default();
    int nb = 16, room;

    do {
        room = nb;
        g_array_set_size(pollfds, 1 + room);
        nb = g_main_context_query(context, max_priority, timeout_ms,
                                  &g_array_index(pollfds, GPollFD, 1), room);
    } while (nb > room);
    return nb;
}

/* ns to wait, -1 for ever. */
static int64_t wait_time(bool nonblocking, int glib_timeout_ms)
{
    int64_t ns;

    if (nonblocking || bh_pending()) {
        return 0;
    }
    ns = qemu_clock_deadline_ns_all();
    if (glib_timeout_ms >= 0) {
        int64_t glib_ns = (int64_t)glib_timeout_ms * SCALE_MS;

        ns = ns < 0 ? glib_ns : MIN(ns, glib_ns);
    }
    return ns;
}

static int poll_ns(GPollFD *fds, unsigned nb, int64_t ns)
{
    struct timespec ts = {
        .tv_sec = ns / NANOSECONDS_PER_SECOND,
        .tv_nsec = ns % NANOSECONDS_PER_SECOND,
    };

    QEMU_BUILD_BUG_ON(sizeof(GPollFD) != sizeof(struct pollfd));
    return ppoll((struct pollfd *)fds, nb, ns < 0 ? NULL : &ts, NULL);
}

static void (*after_turn)(void);

void main_loop_call_after_turns(void (*func)(void))
{
    after_turn = func;
}

void main_loop_wait(bool nonblocking)
{
    GMainContext *context = g_main_context_default();
    int priority, timeout_ms = -1, nb;
    int64_t ns;
    GPollFD *fds;

    g_main_context_prepare(context, &priority);
    nb = glib_query(priority, &timeout_ms);
    ns = wait_time(nonblocking, timeout_ms);
    fds = (GPollFD *)pollfds->data;
    fds[0].revents = 0;

    bql_unlock();
    if (poll_ns(fds, 1 + nb, ns) < 0) {
        /* A signal: nothing is known to be ready. */
        for (int i = 0; i <= nb; i++) {
            fds[i].revents = 0;
        }
    }
    bql_lock();

    if (fds[0].revents) {
        clear_event();
    }
    if (g_main_context_check(context, priority, fds + 1, nb)) {
        g_main_context_dispatch(context);
    }
    bh_run();
    qemu_clock_run_all_timers();
    if (after_turn) {
        after_turn();
    }
}
