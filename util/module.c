/*
 * Functions announced by constructors, called at start-up.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/module.h"

static ModuleInit *waiting; /* of all kinds, the one announced last in front */

void module_announce(ModuleInit *init)
{
    init->next = waiting;
    waiting = init;
}

void module_call_init(module_init_type kind)
{
    ModuleInit **link = &waiting, *due = NULL, *init;

    /* Moving them one by one to the front of another list turns their order round. */
    while ((init = *link) != NULL) {
        if (init->kind == kind) {
            *link = init->next;
            init->next = due;
            due = init;
        } else {
            link = &init->next;
        }
    }
    while ((init = due) != NULL) {
        due = init->next;
        init->function();
    }
}
