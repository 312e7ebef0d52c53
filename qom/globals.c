/*
 * Property values that hold for every new object of a type: those that keep a machine compatible,
 * and those that a short command-line option stands for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom/object.h"

/* In the order in which they are applied: the later ones win. Of GlobalProperty. */
static struct {
    GPtrArray *of_machine; /* the machine's own; NULL: none */
    GPtrArray *of_options;
} defaults;

void object_set_machine_compat_props(GPtrArray *props)
{
    defaults.of_machine = props;
}

void object_register_sugar_prop(const char *driver, const char *property, const char *value,
                                bool optional)
{
    GlobalProperty sugar = {
        .driver = g_strdup(driver),
        .property = g_strdup(property),
        .value = g_strdup(value),
        .optional = optional,
    };

    if (!defaults.of_options) {
        defaults.of_options = g_ptr_array_new();
    }
    g_ptr_array_add(defaults.of_options, g_memdup2(&sugar, sizeof(sugar)));
}

static bool is_for(const GlobalProperty *global, Object *obj)
{
    return object_dynamic_cast(obj, global->driver) &&
           (!global->optional || object_property_find(obj, global->property));
}

static bool apply(GlobalProperty *global, Object *obj, Error **errp)
{
    Error *refusal = NULL;
    bool ok;

    global->used = true;
    ok = object_property_parse(obj, global->property, global->value, &refusal);
    error_propagate_prepend(errp, refusal, "can't apply global %s.%s=%s: ", global->driver,
                            global->property, global->value);
    return ok;
}

bool object_apply_global_props(Object *obj, const GPtrArray *props, Error **errp)
{
    guint count = props ? props->len : 0;
    bool ok = true;

    for (guint i = 0; ok && i < count; i++) {
        GlobalProperty *global = g_ptr_array_index(props, i);

        ok = !is_for(global, obj) || apply(global, obj, errp);
    }
    return ok;
}

void object_apply_compat_props(Object *obj)
{
    object_apply_global_props(obj, defaults.of_machine, &error_abort);
    object_apply_global_props(obj, defaults.of_options, &error_abort);
}
