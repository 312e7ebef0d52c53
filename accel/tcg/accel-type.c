/*
 * The accelerator as a type: programs look through the types to find out which accelerators there
 * are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qom/object.h"

#define TYPE_ACCEL "accel"

static const TypeInfo accel_types[] = {
    {
        .name = TYPE_ACCEL,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Object),
        .abstract = true,
    },
    { .name = "tcg-" TYPE_ACCEL, .parent = TYPE_ACCEL },
};

DEFINE_TYPES(accel_types)
