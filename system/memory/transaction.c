/*
 * Transactions: changes to regions take effect together, when the outermost one commits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "internal.h"

static unsigned transaction_depth;
static bool update_pending;

void memory_region_transaction_begin(void)
{
    transaction_depth++;
}

void memory_region_mark_changed(bool changed)
{
    update_pending |= changed;
}

void memory_region_transaction_commit(void)
{
    assert(transaction_depth && "memory_region_transaction_commit() without begin");
    if (--transaction_depth || !update_pending) {
        return;
    }
    assert(bql_locked() && "memory regions are changed under the big lock");
    /*
     * Cleared first: a listener may change regions in turn, which starts a transaction of its
     * own.
     */
    update_pending = false;
    address_spaces_update();
}
