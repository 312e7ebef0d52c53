/*
 * The boot order after the start: -boot once= and the monitor's boot_set.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/core/boot-order.h"
#include "qapi/error.h"
#include "system/reset.h"

static QEMUBootSetHandler *set_handler;
static void *set_opaque;
static char *order_after_reset;

void qemu_register_boot_set(QEMUBootSetHandler *func, void *opaque)
{
    set_handler = func;
    set_opaque = opaque;
}

void qemu_boot_set(const char *order, Error **errp)
{
    if (!set_handler) {
        error_setg(errp, "machine '%s' has no way to change its boot order",
                   MACHINE_GET_CLASS(current_machine)->name);
    } else if (machine_validate_bootdevices(order, errp)) {
        set_handler(set_opaque, order, errp);
    }
}

/* The first reset is the one of the start, which `once` is for. */
static void restore_boot_order(void *opaque)
{
    static bool started;

    if (!started) {
        started = true;
        return;
    }
    qemu_boot_set(order_after_reset, NULL);
    qemu_unregister_reset(restore_boot_order, NULL);
    g_clear_pointer(&order_after_reset, g_free);
}

bool qemu_boot_set_once(const char *once, const char *order, Error **errp)
{
    ERRP_GUARD();

    qemu_boot_set(once, errp);
    if (*errp) {
        return false;
    }
    order_after_reset = g_strdup(order);
    qemu_register_reset(restore_boot_order, NULL);
    return true;
}
