/*
 * RCU reclamation on liburcu.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"

/* liburcu makes it on first use, and aborts if the host has no memory for a thread by then. */
void rcu_start_reclaimer(void)
{
    urcu_memb_get_default_call_rcu_data();
}

void call_rcu1(struct rcu_head *head, RCUCBFunc *func)
{
    urcu_memb_call_rcu(head, func);
}

static void free_head(struct rcu_head *head)
{
    g_free(head);
}

void g_free_rcu_head(struct rcu_head *head)
{
    call_rcu1(head, free_head);
}

void drain_call_rcu(void)
{
    bool locked = bql_locked();

    if (locked) {
        bql_unlock();
    }
    rcu_barrier();
    if (locked) {
        bql_lock();
    }
}
