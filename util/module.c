/*
 * Functions registered by constructors, called at start-up.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/module.h"

typedef struct ModuleEntry {
    void (*fn)(void);
    struct ModuleEntry *next;
} ModuleEntry;

/* Plain lists: constructors run before anything else could be set up. */
static ModuleEntry *first[MODULE_INIT_MAX];
static ModuleEntry **last[MODULE_INIT_MAX];

void register_module_init(void (*fn)(void), module_init_type type)
{
    ModuleEntry *e = g_new0(ModuleEntry, 1);

    e->fn = fn;
    if (!last[type]) {
        last[type] = &first[type];
    }
    *last[type] = e;
    last[type] = &e->next;
}

void module_call_init(module_init_type type)
{
    ModuleEntry *e;

    while ((e = first[type]) != NULL) {
        first[type] = e->next;
        if (!e->next) {
            last[type] = &first[type];
        }
        e->fn();
        g_free(e);
    }
}
