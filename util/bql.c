/*
 * The big lock.
 *
 * A plain mutex lets a thread that has just released it take it again before the one it woke has
 * run: a CPU that hammers on a device would starve the main loop. So there is a gate in front:
 * whoever waits for the lock holds the gate, and while somebody waits newcomers queue there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"

static GMutex gate;
static GMutex bql;
static int nb_waiting; /* atomic */
static __thread bool bql_held;
static __thread bool *lock_flag;

void bql_set_thread_flag(bool *flag)
{
    assert(bql_held);
    lock_flag = flag;
    if (flag) {
        qatomic_store_release(flag, true);
    }
}

static void tell_flag(bool value)
{
    if (lock_flag) {
        qatomic_store_release(lock_flag, value);
    }
}

bool qemu_mutex_iothread_locked(void)
{
    return bql_held;
}

static __attribute__((noinline)) void wait_for_turn(void)
{
    qatomic_inc(&nb_waiting);
    g_mutex_lock(&gate);
    g_mutex_lock(&bql);
    g_mutex_unlock(&gate);
    qatomic_dec(&nb_waiting);
}

void qemu_mutex_lock_iothread(void)
{
    assert(!bql_held && "the big lock doesn't nest");
    tell_flag(true);
    if (qatomic_read(&nb_waiting) || !g_mutex_trylock(&bql)) {
        wait_for_turn();
    }
    bql_held = true;
}

void qemu_mutex_unlock_iothread(void)
{
    assert(bql_held && "this thread must hold the big lock");
    bql_held = false;
    tell_flag(false);
    g_mutex_unlock(&bql);
}

void qemu_cond_wait_iothread(GCond *cond)
{
    assert(bql_held);
    bql_held = false;
    g_cond_wait(cond, &bql);
    bql_held = true;
}

bool qemu_cond_timedwait_iothread(GCond *cond, int64_t end_time)
{
    bool signalled;

    assert(bql_held);
    bql_held = false;
    signalled = g_cond_wait_until(cond, &bql, end_time);
    bql_held = true;
    return signalled;
}
