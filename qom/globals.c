/*
 * Property values that hold for every new object of a type: those that keep a machine compatible,
 * and those that a short command-line option stands for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom/object.h"

static GPtrArray *machine_props;
static GPtrArray *sugar_props;

void object_set_machine_compat_props(GPtrArray *props)
{
    machine_props = props;
}

void object_register_sugar_prop(const char *driver, const char *property, const char *value,
                                bool optional)
{
    GlobalProperty *p = g_new0(GlobalProperty, 1);

    *p = (GlobalProperty){ g_strdup(driver), g_strdup(property), g_strdup(value),
                           .optional = optional };
    sugar_props = sugar_props ? sugar_props : g_ptr_array_new();
    g_ptr_array_add(sugar_props, p);
}

bool object_apply_global_props(Object *obj, const GPtrArray *props, Error **errp)
{
    for (guint i = 0; props && i < props->len; i++) {
        GlobalProperty *p = g_ptr_array_index(props, i);
        Error *err = NULL;

        if (!object_dynamic_cast(obj, p->driver) ||
            (p->optional && !object_property_find(obj, p->property))) {
            continue;
        }
        p->used = true;
        if (!object_property_parse(obj, p->property, p->value, &err)) {
            error_propagate_prepend(errp, err, "can't apply global %s.%s=%s: ", p->driver,
                                    p->property, p->value);
            return false;
        }
    }
    return true;
}

void object_apply_compat_props(Object *obj)
{
    object_apply_global_props(obj, machine_props, &error_abort);
    object_apply_global_props(obj, sugar_props, &error_abort);
}
