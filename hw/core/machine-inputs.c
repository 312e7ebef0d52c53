/*
 * What the user gives a machine to start with (-kernel and the like) is taken by its board, or
 * refused here: a board that doesn't care for it would start without, and nobody would know why.
 *
 * That a board takes a file shows when it looks at it; what else it takes, or takes in ways that
 * aren't seen here, it says in machine->inputs_taken.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <libfdt.h>
#include "hw/boards.h"
#include "hw/loader.h"
#include "machine-internal.h"
#include "qapi/error.h"
#include "system/system.h"

static bool file_seen(const MachineState *ms, const char *filename)
{
    return loader_has_opened(filename);
}

/* By its name, or where it was found. */
static bool firmware_seen(const MachineState *ms, const char *name)
{
    g_autofree char *found = qemu_find_file(QEMU_FILE_TYPE_BIOS, name);

    return loader_has_opened(name) || (found && loader_has_opened(found));
}

/* In the guest's device tree, or among what the board made itself. */
static bool arguments_seen(const MachineState *ms, const char *arguments)
{
    int chosen = ms->fdt ? fdt_path_offset(ms->fdt, "/chosen") : -1;
    const char *bootargs = chosen < 0 ? NULL : fdt_getprop(ms->fdt, chosen, "bootargs", NULL);

    return (bootargs && strstr(bootargs, arguments)) || rom_blob_holds(arguments);
}

static const struct {
    const char *option;
    unsigned bit;
    size_t offset; /* of a string in MachineState; NULL or "": not given */
    bool (*seen)(const MachineState *ms, const char *value);
} inputs[] = {
    { "kernel", MACHINE_INPUT_KERNEL, offsetof(MachineState, kernel_filename), file_seen },
    { "initrd", MACHINE_INPUT_INITRD, offsetof(MachineState, initrd_filename), file_seen },
    { "append", MACHINE_INPUT_APPEND, offsetof(MachineState, kernel_cmdline), arguments_seen },
    { "dtb", MACHINE_INPUT_DTB, offsetof(MachineState, dtb), file_seen },
    { "bios", MACHINE_INPUT_FIRMWARE, offsetof(MachineState, firmware), firmware_seen },
};

bool machine_check_inputs(MachineState *ms, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
        const char *value = *(char *const *)((const char *)ms + inputs[i].offset);

        if (value && *value && !(ms->inputs_taken & inputs[i].bit) &&
            !inputs[i].seen(ms, value)) {
            error_setg(errp, "The -%s parameter is not supported by machine '%s'",
                       inputs[i].option, MACHINE_GET_CLASS(ms)->name);
            return false;
        }
    }
    return true;
}
