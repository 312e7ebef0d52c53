/*
 * What the command line said, for boards and devices; notifiers of start and end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/system.h"

const char *qemu_name;
const char *qemu_arch_name;
const char *qemu_uuid = "00000000-0000-0000-0000-000000000000";
Chardev *parallel_hds[MAX_PARALLEL_PORTS];

static GPtrArray *serial_hds;
static bool machine_init_done;
static NotifierList exit_notifiers = NOTIFIER_LIST_INITIALIZER(exit_notifiers);
static NotifierList machine_init_done_notifiers =
    NOTIFIER_LIST_INITIALIZER(machine_init_done_notifiers);

/* 32 hexadecimal digits, with dashes in between. */
void system_uuid_bytes(uint8_t *bytes)
{
    const char *digit = qemu_uuid;

    for (size_t i = 0; i < SYSTEM_UUID_SIZE; i++) {
        digit += *digit == '-';
        bytes[i] = g_ascii_xdigit_value(digit[0]) << 4 | g_ascii_xdigit_value(digit[1]);
        digit += 2;
    }
}

Chardev *serial_hd(int i)
{
    return serial_hds && i >= 0 && i < serial_hds->len ? g_ptr_array_index(serial_hds, i) : NULL;
}

int serial_max_hds(void)
{
    return serial_hds ? serial_hds->len : 0;
}

void serial_set_hd(int i, Chardev *chr)
{
    serial_hds = serial_hds ? serial_hds : g_ptr_array_new();
    if (i >= serial_hds->len) {
        g_ptr_array_set_size(serial_hds, i + 1);
    }
    g_ptr_array_index(serial_hds, i) = chr;
}

void qemu_add_exit_notifier(Notifier *notify)
{
    notifier_list_add(&exit_notifiers, notify);
}

void qemu_remove_exit_notifier(Notifier *notify)
{
    notifier_remove(notify);
}

void qemu_run_exit_notifiers(void)
{
    notifier_list_notify(&exit_notifiers, NULL);
}

void qemu_add_machine_init_done_notifier(Notifier *notify)
{
    notifier_list_add(&machine_init_done_notifiers, notify);
    if (machine_init_done) {
        notify->notify(notify, NULL);
    }
}

void qemu_remove_machine_init_done_notifier(Notifier *notify)
{
    notifier_remove(notify);
}

void qemu_run_machine_init_done_notifiers(void)
{
    machine_init_done = true;
    notifier_list_notify(&machine_init_done_notifiers, NULL);
}
