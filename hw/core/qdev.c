/*
 * Devices: creation, realization, place in the tree, reset.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-clock.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/id.h"

DeviceState *qdev_new(const char *name)
{
    return DEVICE(object_new(name));
}

DeviceState *qdev_try_new(const char *name)
{
    ObjectClass *oc = object_class_by_name(name);

    if (!oc || object_class_is_abstract(oc) || !object_class_dynamic_cast(oc, TYPE_DEVICE)) {
        return NULL;
    }
    return DEVICE(object_new_with_class(oc));
}

/* --- the bus it sits on --- */

static void bus_add_child(BusState *bus, DeviceState *child)
{
    BusChild *kid = g_new0(BusChild, 1);
    g_autofree char *name = NULL;

    kid->index = bus->max_index++;
    kid->child = child;
    object_ref(child);
    bus->num_children++;
    QTAILQ_INSERT_TAIL(&bus->children, kid, sibling);

    name = g_strdup_printf("child[%d]", kid->index);
    object_property_add_link(OBJECT(bus), name, object_get_typename(OBJECT(child)),
                             (Object **)&kid->child, NULL, 0);
}

static void bus_remove_child(BusState *bus, DeviceState *child)
{
    BusChild *kid;

    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        if (kid->child == child) {
            g_autofree char *name = g_strdup_printf("child[%d]", kid->index);

            QTAILQ_REMOVE(&bus->children, kid, sibling);
            bus->num_children--;
            object_property_del(OBJECT(bus), name);
            g_free(kid);
            object_unref(child);
            return;
        }
    }
}

bool qdev_set_parent_bus(DeviceState *dev, BusState *bus, Error **errp)
{
    BusState *old = dev->parent_bus;
    DeviceClass *dc = DEVICE_GET_CLASS(dev);
    BusClass *bc = bus ? BUS_GET_CLASS(bus) : NULL;

    if (bus && dc->bus_type && !object_dynamic_cast(OBJECT(bus), dc->bus_type)) {
        error_setg(errp, "Device '%s' can't go on %s bus", object_get_typename(OBJECT(dev)),
                   object_get_typename(OBJECT(bus)));
        return false;
    }
    if (bc && bc->check_address && !bc->check_address(bus, dev, errp)) {
        return false;
    }
    object_ref(dev);
    if (old) {
        dev->parent_bus = NULL;
        bus_remove_child(old, dev);
        object_unref(old);
    }
    if (bus) {
        dev->parent_bus = bus;
        object_ref(bus);
        bus_add_child(bus, dev);
    }
    object_unref(dev);
    return true;
}

BusState *qdev_get_parent_bus(const DeviceState *dev)
{
    return dev->parent_bus;
}

BusState *qdev_get_child_bus(DeviceState *dev, const char *name)
{
    BusState *bus;

    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        if (!strcmp(name, bus->name)) {
            return bus;
        }
    }
    return NULL;
}

int qdev_walk_children(DeviceState *dev, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque)
{
    BusState *bus;
    int err;

    if (pre_devfn && (err = pre_devfn(dev, opaque))) {
        return err;
    }
    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        err = qbus_walk_children(bus, pre_devfn, pre_busfn, post_devfn, post_busfn, opaque);
        if (err < 0) {
            return err;
        }
    }
    return post_devfn ? post_devfn(dev, opaque) : 0;
}

/* --- names --- */

Object *qdev_get_machine(void)
{
    return container_get(object_get_root(), "/machine");
}

bool qdev_set_id(DeviceState *dev, char *id, Error **errp)
{
    const char *place = id ? "/peripheral" : "/peripheral-anon";

    if (id && !id_wellformed(id)) {
        error_setg(errp, "Parameter 'id' expects an identifier");
        error_append_hint(errp, ID_RULE_HINT);
        g_free(id);
        return false;
    }
    if (!object_property_try_add_child(container_get(qdev_get_machine(), place),
                                       id ? id : "device[*]", OBJECT(dev), NULL)) {
        error_setg(errp, "Duplicate device ID '%s'", id);
        g_free(id);
        return false;
    }
    dev->id = id;
    return true;
}

char *qdev_get_human_name(DeviceState *dev)
{
    char *path;

    if (dev->id) {
        return g_strdup(dev->id);
    }
    path = object_get_canonical_path(OBJECT(dev));
    return path ? path : g_strdup(object_get_typename(OBJECT(dev)));
}

const char *qdev_fw_name(DeviceState *dev)
{
    DeviceClass *dc = DEVICE_GET_CLASS(dev);

    return dc->fw_name ? dc->fw_name : object_get_typename(OBJECT(dev));
}

char *qdev_get_dev_path(DeviceState *dev)
{
    BusClass *bc;

    if (!dev || !dev->parent_bus) {
        return NULL;
    }
    bc = BUS_GET_CLASS(dev->parent_bus);
    return bc->get_dev_path ? bc->get_dev_path(dev) : NULL;
}

char *qdev_get_fw_dev_path(DeviceState *dev)
{
    g_autofree char *parent = NULL;
    g_autofree char *own = NULL;

    if (!dev || !dev->parent_bus) {
        return g_strdup("");
    }
    parent = qdev_get_fw_dev_path(dev->parent_bus->parent);
    own = BUS_GET_CLASS(dev->parent_bus)->get_fw_dev_path(dev);
    return g_strdup_printf("%s/%s", parent, own);
}

/* --- realization --- */

bool qdev_realize(DeviceState *dev, BusState *bus, Error **errp)
{
    assert(!dev->realized && !dev->parent_bus && "a device is realized once");
    if (bus) {
        if (!qdev_set_parent_bus(dev, bus, errp)) {
            return false;
        }
    } else {
        assert(!DEVICE_GET_CLASS(dev)->bus_type && "the device needs a bus");
    }
    return object_property_set_bool(OBJECT(dev), "realized", true, errp);
}

bool qdev_realize_and_unref(DeviceState *dev, BusState *bus, Error **errp)
{
    bool ok = qdev_realize(dev, bus, errp);

    object_unref(dev);
    return ok;
}

void qdev_unrealize(DeviceState *dev)
{
    object_property_set_bool(OBJECT(dev), "realized", false, &error_abort);
}

bool qdev_is_realized(DeviceState *dev)
{
    return dev->realized;
}

static bool device_get_realized(Object *obj, Error **errp)
{
    return DEVICE(obj)->realized;
}

/* A device that nobody gave a place belongs to the machine. */
static bool ensure_parent(DeviceState *dev)
{
    if (OBJECT(dev)->parent) {
        return false;
    }
    object_property_add_child(container_get(qdev_get_machine(), "/unattached"), "device[*]",
                              OBJECT(dev));
    return true;
}

static void do_unrealize(DeviceState *dev)
{
    DeviceClass *dc = DEVICE_GET_CLASS(dev);
    BusState *bus;

    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        qbus_unrealize(bus);
    }
    if (dc->vmsd) {
        vmstate_unregister(dc->vmsd, dev);
    }
    if (dc->unrealize) {
        dc->unrealize(dev);
    }
    dev->realized = false;
    g_clear_pointer(&dev->canonical_path, g_free);
}

static bool realize_child_buses(DeviceState *dev, Error **errp)
{
    BusState *bus;

    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        if (!qbus_realize(bus, errp)) {
            return false;
        }
    }
    return true;
}

static void do_realize(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    DeviceClass *dc = DEVICE_GET_CLASS(dev);
    bool unattached = ensure_parent(dev);
    HotplugHandler *handler = qdev_get_hotplug_handler(dev);

    if (handler) {
        hotplug_handler_pre_plug(handler, dev, errp);
    }
    if (!*errp && dc->realize) {
        dc->realize(dev, errp);
    }
    if (*errp) {
        goto fail;
    }
    g_free(dev->canonical_path);
    dev->canonical_path = object_get_canonical_path(OBJECT(dev));
    if (!realize_child_buses(dev, errp)) {
        do_unrealize(dev);
        goto fail;
    }
    if (dc->vmsd) {
        g_autofree char *path = qdev_get_dev_path(dev);

        vmstate_register(path ? path : dev->canonical_path, VMSTATE_INSTANCE_ID_ANY, dc->vmsd,
                         dev);
    }
    dev->realized = true;
    if (dev->hotplugged) {
        device_cold_reset(dev);
    }
    if (!handler) {
        return;
    }
    hotplug_handler_plug(handler, dev, errp);
    if (!*errp) {
        return;
    }
    do_unrealize(dev);

fail:
    if (dev->parent_bus) {
        qdev_set_parent_bus(dev, NULL, &error_abort);
    }
    if (unattached) {
        object_unparent(OBJECT(dev));
    }
}

static void device_set_realized(Object *obj, bool value, Error **errp)
{
    DeviceState *dev = DEVICE(obj);

    if (value && !dev->realized) {
        object_ref(obj); /* a failure may take it out of the tree */
        do_realize(dev, errp);
        object_unref(obj);
    } else if (!value && dev->realized) {
        do_unrealize(dev);
    }
}

/* --- reset --- */

void device_cold_reset(DeviceState *dev)
{
    resettable_reset(OBJECT(dev), RESET_TYPE_COLD);
}

bool device_is_in_reset(DeviceState *dev)
{
    return resettable_is_in_reset(OBJECT(dev));
}

static ResettableState *device_get_reset_state(Object *obj)
{
    return &DEVICE(obj)->reset;
}

static void device_reset_child_foreach(Object *obj, ResettableChildCallback cb, void *opaque,
                                       ResetType type)
{
    BusState *bus;

    QLIST_FOREACH(bus, &DEVICE(obj)->child_bus, sibling) {
        cb(OBJECT(bus), opaque, type);
    }
}

static void device_phases_hold(Object *obj)
{
    DeviceClass *dc = DEVICE_GET_CLASS(obj);

    if (dc->reset) {
        dc->reset(DEVICE(obj));
    }
}

void device_class_set_legacy_reset(DeviceClass *dc, DeviceReset dev_reset)
{
    dc->reset = dev_reset;
}

void device_class_set_parent_reset(DeviceClass *dc, DeviceReset dev_reset,
                                   DeviceReset *parent_reset)
{
    *parent_reset = dc->reset;
    dc->reset = dev_reset;
}

void device_class_set_parent_realize(DeviceClass *dc, DeviceRealize dev_realize,
                                     DeviceRealize *parent_realize)
{
    *parent_realize = dc->realize;
    dc->realize = dev_realize;
}

void device_class_set_parent_unrealize(DeviceClass *dc, DeviceUnrealize dev_unrealize,
                                       DeviceUnrealize *parent_unrealize)
{
    *parent_unrealize = dc->unrealize;
    dc->unrealize = dev_unrealize;
}

/* --- the type --- */

static bool device_get_hotplugged(Object *obj, Error **errp)
{
    return DEVICE(obj)->hotplugged;
}

static bool device_get_hotpluggable(Object *obj, Error **errp)
{
    return DEVICE_GET_CLASS(obj)->hotpluggable;
}

static void device_initfn(Object *obj)
{
    DeviceState *dev = DEVICE(obj);

    dev->hotplugged = qdev_hotplug;
    QLIST_INIT(&dev->gpios);
    QLIST_INIT(&dev->clocks);
    QLIST_INIT(&dev->child_bus);
}

static void device_post_init(Object *obj)
{
    qdev_prop_set_globals(DEVICE(obj));
}

static void device_finalize(Object *obj)
{
    DeviceState *dev = DEVICE(obj);
    NamedGPIOList *list, *next;

    QLIST_FOREACH_SAFE(list, &dev->gpios, node, next) {
        QLIST_REMOVE(list, node);
        g_free(list->in); /* the lines were children */
        g_free(list->name);
        g_free(list);
    }
    qdev_finalize_clocklist(dev);
    g_free(dev->canonical_path);
    g_free(dev->id);
}

static void device_unparent(Object *obj)
{
    DeviceState *dev = DEVICE(obj);
    BusState *bus;

    if (dev->realized) {
        qdev_unrealize(dev);
    }
    while ((bus = QLIST_FIRST(&dev->child_bus)) != NULL) {
        object_unparent(OBJECT(bus));
    }
    if (dev->parent_bus) {
        qdev_set_parent_bus(dev, NULL, &error_abort);
    }
}

static void device_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    ResettableClass *rc = RESETTABLE_CLASS(oc);

    oc->unparent = device_unparent;
    dc->hotpluggable = true;
    dc->user_creatable = true;
    rc->get_state = device_get_reset_state;
    rc->child_foreach = device_reset_child_foreach;
    rc->phases.hold = device_phases_hold;
    object_class_property_add_bool(oc, "realized", device_get_realized, device_set_realized);
    object_class_property_add_bool(oc, "hotpluggable", device_get_hotpluggable, NULL);
    object_class_property_add_bool(oc, "hotplugged", device_get_hotplugged, NULL);
    object_class_property_add_link(oc, "parent_bus", TYPE_BUS, offsetof(DeviceState, parent_bus),
                                   NULL, 0);
}

/* A descendant's table of properties is its own, not its parent's once more. */
static void device_class_base_init(ObjectClass *oc, void *data)
{
    DEVICE_CLASS(oc)->props_ = NULL;
}

static const TypeInfo device_types[] = {
    {
        .name = TYPE_DEVICE,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(DeviceState),
        .instance_init = device_initfn,
        .instance_post_init = device_post_init,
        .instance_finalize = device_finalize,
        .class_size = sizeof(DeviceClass),
        .class_init = device_class_init,
        .class_base_init = device_class_base_init,
        .abstract = true,
        .interfaces = (InterfaceInfo[]){ { TYPE_RESETTABLE_INTERFACE }, { NULL } },
    },
};

DEFINE_TYPES(device_types)
