/*
 * Read-copy-update: liburcu under this tree's names.
 *
 * A thread that reads registers itself first (rcu_register_thread, rcu_unregister_thread; the main
 * thread is registered by qemu_init_main_loop) and brackets its reading with rcu_read_lock() and
 * rcu_read_unlock(), which nest. What a writer has unlinked is freed by call_rcu after every reader
 * that could see it has left.
 *
 * Callbacks run on liburcu's reclaimer thread, without the big lock: one that needs it takes it
 * itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_RCU_H
#define QEMU_RCU_H

#include "qemu/osdep.h"
#include "qemu/atomic.h"

#define RCU_MEMBARRIER
#include <urcu.h>
#undef call_rcu

typedef void RCUCBFunc(struct rcu_head *head);

/* Makes the thread that frees things; at start, while there is memory. Later calls do nothing. */
void rcu_start_reclaimer(void);

/* Calls func(head) after a grace period. The calling thread must be registered. */
void call_rcu1(struct rcu_head *head, RCUCBFunc *func);

/* Calls func(ptr), where ptr->field (at offset 0) is a struct rcu_head. */
#define call_rcu(ptr, func, field)                                                                 \
    ({                                                                                             \
        QEMU_BUILD_BUG_ON(offsetof(__typeof__(*(ptr)), field) != 0);                               \
        void (*func_)(__typeof__(ptr)) = (func);                                                   \
        call_rcu1(&(ptr)->field, (RCUCBFunc *)(void (*)(void))func_);                              \
    })

/* Frees ptr with g_free() after a grace period. */
#define g_free_rcu(ptr, field)                                                                     \
    do {                                                                                           \
        QEMU_BUILD_BUG_ON(offsetof(__typeof__(*(ptr)), field) != 0);                               \
        g_free_rcu_head(&(ptr)->field);                                                            \
    } while (0)
void g_free_rcu_head(struct rcu_head *head);

/* Waits until all callbacks queued so far have run. Drops the big lock meanwhile, if held. */
void drain_call_rcu(void);

/* A reader's stay: true from its begin to its end, which leaving the scope is as well. */
static inline bool rcu_stay_begin_(void)
{
    rcu_read_lock();
    return true;
}

static inline bool rcu_stay_end_(void)
{
    rcu_read_unlock();
    return false;
}

static inline void rcu_stay_leave_scope_(bool *stay)
{
    if (*stay) {
        rcu_stay_end_();
    }
}

#define RCU_STAY_(name)                                                                            \
    __attribute__((cleanup(rcu_stay_leave_scope_), unused)) bool name = rcu_stay_begin_()
#define RCU_UNIQUE_(name, number)   name##number
#define RCU_UNIQUELY_(name, number) RCU_UNIQUE_(name, number)

/* Reads until the end of the enclosing block. */
#define RCU_READ_LOCK_GUARD() RCU_STAY_(RCU_UNIQUELY_(rcu_stay_, __COUNTER__))

/* Reads in the statement that follows, however that is left. */
#define WITH_RCU_READ_LOCK_GUARD()                                                                 \
    for (RCU_STAY_(rcu_stay_); rcu_stay_; rcu_stay_ = rcu_stay_end_())

#endif
