/*
 * The interface of what `nmi` presses, and finding who has it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/nmi.h"
#include "qapi/error.h"
#include "qemu/module.h"

typedef struct Press {
    int cpu_index;
    unsigned buttons;
    Error *err;
} Press;

/* Stops at the first that fails. */
static int press(Object *obj, void *opaque)
{
    Press *p = opaque;

    if (object_dynamic_cast(obj, TYPE_NMI)) {
        p->buttons++;
        NMI_GET_CLASS(obj)->nmi_monitor_handler(NMI(obj), p->cpu_index, &p->err);
    }
    return p->err ? -1 : 0;
}

void nmi_monitor_handle(int cpu_index, Error **errp)
{
    Press p = { .cpu_index = cpu_index };

    if (press(OBJECT(current_machine), &p) == 0) {
        object_child_foreach_recursive(OBJECT(current_machine), press, &p);
    }
    if (p.err) {
        error_propagate(errp, p.err);
    } else if (!p.buttons) {
        error_setg(errp, "machine '%s' has no non-maskable interrupt",
                   MACHINE_GET_CLASS(current_machine)->name);
    }
}

static const TypeInfo nmi_types[] = {
    { .name = TYPE_NMI, .parent = TYPE_INTERFACE, .class_size = sizeof(NMIClass) },
};

DEFINE_TYPES(nmi_types)
