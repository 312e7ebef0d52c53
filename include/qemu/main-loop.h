/*
 * The main loop and the big lock.
 *
 * The big lock (BQL) protects devices, the object tree, run state and everything that doesn't say
 * otherwise. The main loop holds it except while it waits; vCPU threads take it for device access.
 * It doesn't nest.
 *
 * The loop runs GLib's default main context, so GLib sources (with the lock held), timers, bottom
 * halves and file descriptor handlers all work together.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_MAIN_LOOP_H
#define QEMU_MAIN_LOOP_H

#include "qemu/osdep.h"

/*
 * Sets up loop, clocks and signal handling of the calling thread, which becomes the main thread and
 * takes the lock.
 */
void qemu_init_main_loop(Error **errp);

/*
 * One turn: waits for something to do (nonblocking: doesn't wait) and does it. Big lock held,
 * dropped while waiting.
 */
void main_loop_wait(bool nonblocking);

/* Has `func` called at the end of each turn, instead of what was to be called before. */
void main_loop_call_after_turns(void (*func)(void));

/* Makes the current or next wait end. Any thread, also a signal handler. */
void qemu_notify_event(void);

bool qemu_in_main_thread(void);

void qemu_mutex_lock_iothread(void);
void qemu_mutex_unlock_iothread(void);
/* Whether the calling thread holds it. */
bool qemu_mutex_iothread_locked(void);

/*
 * From now on *flag says whether the calling thread, which holds the lock, holds it or waits for
 * it: a thread that finds the flag true while holding the lock itself knows where that one stays
 * for so long. NULL: no longer.
 */
void bql_set_thread_flag(bool *flag);

#define bql_lock()   qemu_mutex_lock_iothread()
#define bql_unlock() qemu_mutex_unlock_iothread()
#define bql_locked() qemu_mutex_iothread_locked()

/*
 * Waits on a condition that the lock protects, dropping the lock meanwhile. end_time:
 * g_get_monotonic_time() us.
 */
void qemu_cond_wait_iothread(GCond *cond);
bool qemu_cond_timedwait_iothread(GCond *cond, int64_t end_time);

/*
 * Holds the lock until the end of the enclosing block; nothing happens if the thread has it
 * already.
 */
#define BQL_LOCK_GUARD()            BQL_HOLD_(BQL_UNIQUELY_(bql_taken_, __COUNTER__))
#define BQL_UNIQUE_(name, number)   name##number
#define BQL_UNIQUELY_(name, number) BQL_UNIQUE_(name, number)
#define BQL_HOLD_(taken)                                                                           \
    __attribute__((cleanup(bql_give_back_), unused)) const bool taken = bql_take_()

static inline bool bql_take_(void)
{
    bool missing = !bql_locked();

    if (missing) {
        bql_lock();
    }
    return missing;
}

static inline void bql_give_back_(const bool *taken)
{
    if (*taken) {
        bql_unlock();
    }
}

typedef void IOHandler(void *opaque);

/*
 * Calls fd_read/fd_write on the main thread, lock held, while fd is readable/writable. Both NULL:
 * forgets fd (before it is closed). Replaces what was set for fd. Big lock held or main thread.
 */
void qemu_set_fd_handler(int fd, IOHandler *fd_read, IOHandler *fd_write, void *opaque);

/*
 * Bottom halves: a function that the main loop calls soon, once for any number of requests in
 * between.
 */
typedef struct QEMUBH QEMUBH;
typedef void QEMUBHFunc(void *opaque);

QEMUBH *qemu_bh_new(QEMUBHFunc *cb, void *opaque);
/* Any thread. */
void qemu_bh_schedule(QEMUBH *bh);
void qemu_bh_cancel(QEMUBH *bh);
/* Also cancels; safe from its own function. */
void qemu_bh_delete(QEMUBH *bh);
/* Calls cb(opaque) once, from the main loop. Any thread. */
void qemu_bh_schedule_oneshot(QEMUBHFunc *cb, void *opaque);

#endif
