/*
 * Set-up that the memory tests share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_MEMORY_TEST_H
#define TESTS_UNIT_MEMORY_TEST_H

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "system/memory.h"

/* Types, main loop and big lock. */
static inline void memory_test_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
}

/*
 * A region made here, without owner and without parent: finalizes it, and waits until no view has
 * it any more.
 */
static inline void memory_test_free(MemoryRegion *mr)
{
    drain_call_rcu();
    object_unref(OBJECT(mr));
}

#endif
