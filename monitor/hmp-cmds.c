/*
 * Monitor commands that do something.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-ringbuf.h"
#include "core/cpu.h"
#include "gdbstub/gdbstub.h"
#include "hw/boards.h"
#include "hw/core/boot-order.h"
#include "monitor-internal.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "system/balloon.h"
#include "system/runstate.h"

static void report(Error *err)
{
    if (err) {
        error_report_err(err);
    }
}

HMP_CMD(quit)
{
    mon->closing = true;
    shutdown_action = SHUTDOWN_ACTION_POWEROFF;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT);
}

HMP_CMD(stop)
{
    vm_stop(RUN_STATE_PAUSED);
}

bool monitor_cont(Error **errp)
{
    if (runstate_needs_reset()) {
        error_setg(errp, "Resetting the Virtual Machine is required");
        return false;
    }
    if (runstate_check(RUN_STATE_SUSPENDED)) { /* it is for a wake-up to end that */
        return true;
    }
    vm_start();
    return true;
}

HMP_CMD(cont)
{
    Error *err = NULL;

    monitor_cont(&err);
    report(err);
}

HMP_CMD(system_reset)
{
    qemu_system_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
}

HMP_CMD(balloon)
{
    int64_t value = hmp_arg_int(args, "value", 0);
    Error *err = NULL;

    if (value < 0 || value > INT64_MAX / MiB) {
        monitor_printf(mon, "balloon: %" PRId64 " MiB is no size\n", value);
    } else if (!balloon_set_target(value * MiB, &err)) {
        error_report_err(err);
    }
}

HMP_CMD(boot_set)
{
    const char *devices = hmp_arg_str(args, "bootdevice");
    Error *err = NULL;

    qemu_boot_set(devices, &err);
    if (err) {
        report(err);
    } else {
        monitor_printf(mon, "boot device list now set to %s\n", devices);
    }
}

HMP_CMD(system_powerdown)
{
    qemu_system_powerdown_request();
}

HMP_CMD(system_wakeup)
{
    Error *err = NULL;

    qemu_system_wakeup_request(QEMU_WAKEUP_REASON_OTHER, &err);
    report(err);
}

HMP_CMD(gdbserver)
{
    const char *device = hmp_arg_str(args, "device");
    Error *err = NULL;

    device = device ? device : "tcp::1234";
    if (!gdbserver_start(device, &err)) {
        report(err);
    } else if (g_str_equal(device, "none")) {
        monitor_printf(mon, "Disabled gdbserver\n");
    } else {
        monitor_printf(mon, "Waiting for gdb connection on device '%s'\n", device);
    }
}

HMP_CMD(log)
{
    const char *items = hmp_arg_str(args, "items");
    Error *err = NULL;
    unsigned mask;

    if (g_str_equal(items, "none")) {
        qemu_set_log(0, &err);
        report(err);
        return;
    }
    mask = qemu_str_to_log_mask(items, &err);
    if (err) {
        error_free(err);
        hmp_help(mon, "log");
        return;
    }
    qemu_log_add(mask, &err);
    report(err);
}

HMP_CMD(logfile)
{
    Error *err = NULL;

    qemu_set_log_filename(hmp_arg_str(args, "filename"), &err);
    report(err);
}

HMP_CMD(cpu)
{
    int index = hmp_arg_int(args, "index", 0);

    if (!qemu_get_cpu(index)) {
        monitor_printf(mon, "invalid CPU index\n");
        return;
    }
    mon->cpu_index = index;
}

HMP_CMD(chardev_send_break)
{
    const char *id = hmp_arg_str(args, "id");
    Chardev *chr = qemu_chr_find(id);

    if (!chr) {
        error_report("Chardev '%s' not found", id);
        return;
    }
    qemu_chr_be_event(chr, CHR_EVENT_BREAK);
}

HMP_CMD(chardev_remove)
{
    Error *err = NULL;

    qemu_chr_remove(hmp_arg_str(args, "id"), &err);
    report(err);
}

HMP_CMD(ringbuf_read)
{
    const char *id = hmp_arg_str(args, "device");
    Chardev *chr = qemu_chr_find(id);
    g_autoptr(GByteArray) data = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    if (!chr || !object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_RINGBUF)) {
        error_report("Device '%s' is not a ringbuf chardev", id);
        return;
    }
    data = ringbuf_chr_read(chr, MAX(hmp_arg_int(args, "size", 0), 0));
    for (guint i = 0; i < data->len; i++) {
        uint8_t ch = data->data[i];

        if (ch == '\\') {
            g_string_append(text, "\\\\");
        } else if ((ch < 0x20 && ch != '\n' && ch != '\t') || ch == 0x7f) {
            g_string_append_printf(text, "\\u%04X", ch);
        } else {
            g_string_append_c(text, ch);
        }
    }
    monitor_printf(mon, "%s\n", text->str);
}

HMP_CMD(dumpdtb)
{
    const char *filename = hmp_arg_str(args, "filename");
    Error *err = NULL;

    if (!current_machine || !current_machine->fdt) {
        error_report("This machine doesn't have a FDT");
    } else if (!machine_dump_fdt(current_machine, filename, &err)) {
        report(err);
    } else {
        monitor_printf(mon, "dtb dumped to %s\n", filename);
    }
}
