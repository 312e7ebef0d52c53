/*
 * Boards' network devices get what -nic says.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "net/nic-list.h"
#include "qapi/error.h"

void qdev_set_nic_properties(DeviceState *dev, NICInfo *nd)
{
    qdev_prop_set_macaddr(dev, "mac", nd->macaddr.a);
    if (nd->netdev) {
        object_property_set_str(OBJECT(dev), "netdev", nd->netdev->name, &error_fatal);
    }
    if (nd->nvectors >= 0 && object_property_find(OBJECT(dev), "vectors")) {
        qdev_prop_set_uint32(dev, "vectors", nd->nvectors);
    }
    nd->instantiated = true;
}

bool qemu_configure_nic_device(DeviceState *dev, bool match_default, const char *alias)
{
    NICInfo *nd = qemu_find_nic_info(object_get_typename(OBJECT(dev)), match_default, alias);

    if (nd) {
        qdev_set_nic_properties(dev, nd);
    }
    return nd != NULL;
}

DeviceState *qemu_create_nic_device(const char *type, bool match_default, const char *alias)
{
    NICInfo *nd = qemu_find_nic_info(type, match_default, alias);
    DeviceState *dev;

    if (!nd) {
        return NULL;
    }
    dev = qdev_new(type);
    if (nd->name) {
        qdev_set_id(dev, g_strdup(nd->name), &error_fatal);
    }
    qdev_set_nic_properties(dev, nd);
    return dev;
}

/* Devices that carry another one have its properties, but their classes don't say so. */
bool nic_type_has_netdev(ObjectClass *oc)
{
    return object_class_property_find(oc, "netdev") ||
           (DEVICE_CLASS(oc)->user_creatable &&
            (DEVICE_CLASS(oc)->categories & 1u << DEVICE_CATEGORY_NETWORK));
}

char *qdev_nic_models_help(void)
{
    GSList *list = object_class_get_list_sorted(TYPE_DEVICE, false);
    GString *out = g_string_new("Available NIC models:\n");

    for (GSList *l = list; l; l = l->next) {
        if (nic_type_has_netdev(l->data)) {
            g_string_append_printf(out, "%s\n", object_class_get_name(l->data));
        }
    }
    g_slist_free(list);
    return g_string_free(out, FALSE);
}
