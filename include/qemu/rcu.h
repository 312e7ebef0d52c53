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

/* Reads until the end of the enclosing block. */
typedef struct RCUReadAuto RCUReadAuto;

static inline RCUReadAuto *rcu_read_auto_lock(void)
{
    rcu_read_lock();
    return (RCUReadAuto *)(uintptr_t)1;
}

static inline void rcu_read_auto_unlock(RCUReadAuto *r)
{
    rcu_read_unlock();
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RCUReadAuto, rcu_read_auto_unlock)

#define WITH_RCU_READ_LOCK_GUARD()                                                                 \
    for (g_autoptr(RCUReadAuto) rcu_read_auto_ = rcu_read_auto_lock(); rcu_read_auto_;             \
         rcu_read_auto_unlock(rcu_read_auto_), rcu_read_auto_ = NULL)

#define RCU_GLUE_(a, b) a##b
#define RCU_GLUE(a, b)  RCU_GLUE_(a, b)
#define RCU_READ_LOCK_GUARD()                                                                      \
    g_autoptr(RCUReadAuto) RCU_GLUE(rcu_read_auto_, __COUNTER__) G_GNUC_UNUSED =                   \
        rcu_read_auto_lock()

#endif
