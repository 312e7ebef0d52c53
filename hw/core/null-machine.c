/*
 * The machine with nothing in it but, if asked for, RAM at 0 and a CPU.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "system/address-spaces.h"

static void null_machine_init(MachineState *ms)
{
    if (ms->ram) {
        memory_region_add_subregion(get_system_memory(), 0, ms->ram);
    }
    if (ms->cpu_type) {
        qdev_realize_and_unref(qdev_new(ms->cpu_type), NULL, &error_fatal);
    }
}

static void null_machine_class_init(MachineClass *mc)
{
    mc->desc = "empty machine";
    mc->init = null_machine_init;
    mc->default_ram_size = 0;
    mc->default_ram_id = "ram";
    mc->no_serial = true;
    mc->no_parallel = true;
    mc->no_floppy = true;
    mc->no_cdrom = true;
    mc->no_sdcard = true;
}

DEFINE_MACHINE("none", null_machine_class_init)
