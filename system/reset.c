/*
 * What is to be reset with the machine: a list of GLib's hooks, which may come and go while they
 * are being called.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/reset.h"

static GHookList *everything(void)
{
    static GHookList hooks;

    if (!hooks.is_setup) {
        g_hook_list_init(&hooks, sizeof(GHook));
    }
    return &hooks;
}

void qemu_register_reset(QEMUResetHandler *func, void *opaque)
{
    GHook *hook = g_hook_alloc(everything());

    hook->func = func;
    hook->data = opaque;
    g_hook_append(everything(), hook);
}

void qemu_unregister_reset(QEMUResetHandler *func, void *opaque)
{
    GHook *hook = g_hook_find_func_data(everything(), TRUE, func, opaque);

    if (hook) {
        g_hook_destroy_link(everything(), hook);
    }
}

void qemu_devices_reset(ShutdownCause reason)
{
    g_hook_list_invoke(everything(), TRUE);
}
