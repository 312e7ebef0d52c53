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

#define module_init(function, type)                                                                \
    static void __attribute__((constructor)) do_module_init_##function(void);                      \
    static void __attribute__((constructor)) do_module_init_##function(void)                       \
    {                                                                                              \
        register_module_init(function, type);                                                      \
    }

#define block_init(function) module_init(function, MODULE_INIT_BLOCK)
#define opts_init(function)  module_init(function, MODULE_INIT_OPTS)
#define type_init(function)  module_init(function, MODULE_INIT_QOM)

void register_module_init(void (*fn)(void), module_init_type type);

/* Calls the functions registered for `type`, once each however often it is called. */
void module_call_init(module_init_type type);

#endif
