/*
 * What a machine has without being asked: default options, drives without a medium.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/option.h"

static int set_property(void *opaque, const char *name, const char *value, Error **errp)
{
    return object_property_parse(opaque, name, value, errp) ? 0 : -1;
}

bool machine_apply_default_opts(MachineState *ms, Error **errp)
{
    static QemuOptsList list = {
        .name = "machine-defaults",
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = { { NULL } },
    };
    const char *text = MACHINE_GET_CLASS(ms)->default_machine_opts;
    QemuOpts *opts;
    bool ok;

    if (!text) {
        return true;
    }
    opts = qemu_opts_parse(&list, text, false, errp);
    ok = opts && qemu_opt_foreach(opts, set_property, ms, errp) == 0;
    qemu_opts_del(opts);
    return ok;
}

void machine_setup_drives(MachineClass *mc)
{
    drive_set_default_interface(mc->block_default_type);
    if (mc->units_per_default_bus) {
        drive_set_units_per_bus(mc->block_default_type, mc->units_per_default_bus);
    }
}

/* A slot that the user has filled stays as it is; one that no device takes is no mistake. */
static void add_drive(BlockInterfaceType type, int index, const char *media)
{
    g_autofree char *options = g_strdup_printf("if=%s,index=%d%s", drive_if_name(type), index,
                                               media);

    if (!drive_get_by_index(type, index)) {
        drive_new_from_opts(options, &error_abort);
        drive_get_by_index(type, index);
    }
}

void machine_add_default_drives(MachineClass *mc)
{
    if (!mc->no_floppy) {
        add_drive(IF_FLOPPY, 0, "");
    }
    if (!mc->no_cdrom) {
        add_drive(mc->block_default_type == IF_DEFAULT || mc->block_default_type == IF_NONE
                      ? IF_IDE : mc->block_default_type, 2, ",media=cdrom");
    }
    if (!mc->no_sdcard) {
        add_drive(IF_SD, 0, "");
    }
}

void machine_warn_if_deprecated(MachineClass *mc)
{
    if (mc->deprecation_reason) {
        warn_report("Machine type '%s' is deprecated: %s", mc->name, mc->deprecation_reason);
    }
}
