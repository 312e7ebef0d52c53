/*
 * Registration before main(): a file announces what it brings with type_init() or opts_init(), and
 * start-up calls the announced functions of one kind together.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_MODULE_H
#define QEMU_MODULE_H

#include "qemu/osdep.h"

typedef enum {
    MODULE_INIT_BLOCK,
    MODULE_INIT_OPTS,
    MODULE_INIT_QOM,
    MODULE_INIT_MAX,
} module_init_type;

/* A function and when it is to be called; the rest belongs to module.c. */
typedef struct ModuleInit {
    void (*function)(void);
    module_init_type kind;
    struct ModuleInit *next;
} ModuleInit;

/* From a constructor; *init stays valid. */
void module_announce(ModuleInit *init);

#define module_init(function, kind)                                                                \
    __attribute__((constructor)) static void announce_##function(void)                             \
    {                                                                                              \
        static ModuleInit init = { function, kind };                                               \
                                                                                                   \
        module_announce(&init);                                                                    \
    }

#define block_init(function) module_init(function, MODULE_INIT_BLOCK)
#define opts_init(function)  module_init(function, MODULE_INIT_OPTS)
#define type_init(function)  module_init(function, MODULE_INIT_QOM)

/* Calls what was announced of that kind, in order, once each however often this is called. */
void module_call_init(module_init_type kind);

#endif
