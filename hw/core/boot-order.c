/*
 * The boot order after the start: -boot once= and the monitor's boot_set; devices' bootindex.
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

typedef struct BootDevice {
    int32_t index;
    DeviceState *dev;
    char *suffix;
} BootDevice;

static GList *boot_devices; /* by index */
static char *first_boot_path;

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

/* --- bootindex --- */

static int compare_indices(const void *a, const void *b)
{
    const BootDevice *x = a, *y = b;

    return x->index < y->index ? -1 : x->index > y->index;
}

bool check_boot_index(int32_t bootindex, Error **errp)
{
    for (GList *at = boot_devices; bootindex >= 0 && at; at = at->next) {
        const BootDevice *device = at->data;

        if (device->index == bootindex && !device->dev) {
            error_setg(errp, "bootindex=%d is that of '%s'", bootindex, device->suffix);
            return false;
        }
        if (device->index == bootindex) {
            g_autofree char *name = qdev_get_human_name(device->dev);

            error_setg(errp, "bootindex=%d is that of device '%s'", bootindex, name);
            return false;
        }
    }
    return true;
}

void add_boot_device_path(int32_t bootindex, DeviceState *dev, const char *suffix)
{
    BootDevice *device;

    if (bootindex < 0) {
        return;
    }
    device = g_new(BootDevice, 1);
    *device = (BootDevice){ bootindex, dev, g_strdup(suffix ? suffix : "") };
    boot_devices = g_list_insert_sorted(boot_devices, device, compare_indices);
}

void del_boot_device_path(DeviceState *dev)
{
    GList *next;

    for (GList *at = boot_devices; at; at = next) {
        BootDevice *device = at->data;

        next = at->next;
        if (device->dev == dev) {
            boot_devices = g_list_delete_link(boot_devices, at);
            g_free(device->suffix);
            g_free(device);
        }
    }
}

void set_first_boot_path(const char *path)
{
    g_free(first_boot_path);
    first_boot_path = g_strdup(path);
}

/* A device's path may depend on where others are: it is made when it is asked for. */
char *get_boot_devices_list(size_t *size)
{
    GString *list = g_string_new(first_boot_path);

    for (GList *at = boot_devices; at; at = at->next) {
        const BootDevice *device = at->data;
        g_autofree char *path = device->dev ? qdev_get_fw_dev_path(device->dev) : NULL;

        g_string_append_printf(list, "%s%s%s", list->len ? "\n" : "", path ? path : "",
                               device->suffix);
    }
    if (list->len && current_machine && current_machine->boot_config.strict) {
        g_string_append(list, "\nHALT");
    }
    *size = list->len ? list->len + 1 : 0;
    return g_string_free(list, *size == 0);
}
