/*
 * -global: property values that hold for every device of a type.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/option.h"

static GPtrArray *global_props;

void qdev_prop_register_global(GlobalProperty *prop)
{
    if (!global_props) {
        global_props = g_ptr_array_new();
    }
    g_ptr_array_add(global_props, prop);
}

static void register_user_global(const char *driver, const char *property, const char *value)
{
    GlobalProperty *g = g_new0(GlobalProperty, 1);

    g->driver = g_strdup(driver);
    g->property = g_strdup(property);
    g->value = g_strdup(value);
    g->user_provided = true;
    qdev_prop_register_global(g);
}

/* "driver.property=value": false if it doesn't have that form. */
static bool parse_short_form(const char *arg)
{
    size_t driver_len = strcspn(arg, ".=,");
    const char *property = arg + driver_len + 1;
    size_t property_len;
    g_autofree char *driver = NULL, *name = NULL;

    if (!driver_len || arg[driver_len] != '.') {
        return false;
    }
    property_len = strcspn(property, "=,");
    if (!property_len || property[property_len] != '=') {
        return false;
    }
    driver = g_strndup(arg, driver_len);
    name = g_strndup(property, property_len);
    register_user_global(driver, name, property + property_len + 1);
    return true;
}

bool qdev_global_parse(const char *optarg, Error **errp)
{
    static QemuOptsList list = {
        .name = "global",
        .desc = {
            { "driver", QEMU_OPT_STRING },
            { "property", QEMU_OPT_STRING },
            { "value", QEMU_OPT_STRING },
            { NULL },
        },
    };
    g_autoptr(QemuOpts) opts = NULL;

    if (parse_short_form(optarg)) {
        return true;
    }
    opts = qemu_opts_parse(&list, optarg, false, errp);
    if (!opts) {
        return false;
    }
    if (!qemu_opt_get(opts, "driver") || !qemu_opt_get(opts, "property") ||
        !qemu_opt_get(opts, "value")) {
        error_setg(errp, "options 'driver', 'property', and 'value' are required");
        return false;
    }
    register_user_global(qemu_opt_get(opts, "driver"), qemu_opt_get(opts, "property"),
                         qemu_opt_get(opts, "value"));
    return true;
}

int qdev_prop_check_globals(void)
{
    int ret = 0;

    for (guint i = 0; global_props && i < global_props->len; i++) {
        GlobalProperty *prop = g_ptr_array_index(global_props, i);
        ObjectClass *oc;

        if (prop->used || !prop->user_provided) {
            continue;
        }
        ret = 1;
        oc = object_class_by_name(prop->driver);
        oc = object_class_dynamic_cast(oc, TYPE_DEVICE);
        if (!oc) {
            warn_report("global %s.%s has invalid class name", prop->driver, prop->property);
        } else {
            warn_report("global %s.%s=%s not used", prop->driver, prop->property, prop->value);
        }
    }
    return ret;
}

void qdev_prop_set_globals(DeviceState *dev)
{
    object_apply_compat_props(OBJECT(dev));
    object_apply_global_props(OBJECT(dev), global_props, &error_fatal);
}
