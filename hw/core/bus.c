/*
 * Buses.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"

/* --- names --- */

/* "<parent's id>.0", or "pci.0": the n-th bus of its type, counted over the machine. */
static char *default_name(BusState *bus)
{
    g_autofree char *type = g_ascii_strdown(object_get_typename(OBJECT(bus)), -1);

    if (bus->parent && bus->parent->id) {
        return g_strdup_printf("%s.%d", bus->parent->id, bus->parent->num_child_bus);
    }
    return g_strdup_printf("%s.%d", type, BUS_GET_CLASS(bus)->automatic_ids++);
}

static void bus_attach(BusState *bus, DeviceState *parent, const char *name)
{
    bus->parent = parent;
    bus->name = name ? g_strdup(name) : default_name(bus);
    if (parent) {
        QLIST_INSERT_HEAD(&parent->child_bus, bus, sibling);
        parent->num_child_bus++;
        object_property_add_child(OBJECT(parent), bus->name, OBJECT(bus));
        object_unref(OBJECT(bus));
    }
}

void qbus_init(void *bus, size_t size, const char *type, DeviceState *parent, const char *name)
{
    object_initialize(bus, size, type);
    bus_attach(bus, parent, name);
}

BusState *qbus_new(const char *type, DeviceState *parent, const char *name)
{
    BusState *bus = BUS(object_new(type));

    bus_attach(bus, parent, name);
    return bus;
}

bool qbus_is_full(BusState *bus)
{
    BusClass *bc = BUS_GET_CLASS(bus);

    return bus->full || (bc->max_dev && bus->num_children >= bc->max_dev);
}

/* --- life --- */

bool qbus_realize(BusState *bus, Error **errp)
{
    return object_property_set_bool(OBJECT(bus), "realized", true, errp);
}

void qbus_unrealize(BusState *bus)
{
    object_property_set_bool(OBJECT(bus), "realized", false, &error_abort);
}

static bool bus_get_realized(Object *obj, Error **errp)
{
    return BUS(obj)->realized;
}

static void bus_set_realized(Object *obj, bool value, Error **errp)
{
    ERRP_GUARD();
    BusState *bus = BUS(obj);
    BusClass *bc = BUS_GET_CLASS(bus);
    BusChild *kid;

    if (value && !bus->realized) {
        if (bc->realize) {
            bc->realize(bus, errp);
        }
    } else if (!value && bus->realized) {
        QTAILQ_FOREACH(kid, &bus->children, sibling) {
            qdev_unrealize(kid->child);
        }
        if (bc->unrealize) {
            bc->unrealize(bus);
        }
    }
    if (!*errp) {
        bus->realized = value;
    }
}

int qbus_walk_children(BusState *bus, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque)
{
    BusChild *kid, *next;
    int err;

    if (pre_busfn && (err = pre_busfn(bus, opaque))) {
        return err;
    }
    QTAILQ_FOREACH_SAFE(kid, &bus->children, sibling, next) {
        err = qdev_walk_children(kid->child, pre_devfn, pre_busfn, post_devfn, post_busfn, opaque);
        if (err < 0) {
            return err;
        }
    }
    return post_busfn ? post_busfn(bus, opaque) : 0;
}

DeviceState *qdev_find_recursive(BusState *bus, const char *id)
{
    BusChild *kid;
    BusState *child;

    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        if (kid->child->id && !strcmp(kid->child->id, id)) {
            return kid->child;
        }
        QLIST_FOREACH(child, &kid->child->child_bus, sibling) {
            DeviceState *found = qdev_find_recursive(child, id);

            if (found) {
                return found;
            }
        }
    }
    return NULL;
}

void bus_cold_reset(BusState *bus)
{
    resettable_reset(OBJECT(bus), RESET_TYPE_COLD);
}

/* --- the type --- */

static ResettableState *bus_get_reset_state(Object *obj)
{
    return &BUS(obj)->reset;
}

static void bus_reset_child_foreach(Object *obj, ResettableChildCallback cb, void *opaque,
                                    ResetType type)
{
    BusChild *kid, *next;

    QTAILQ_FOREACH_SAFE(kid, &BUS(obj)->children, sibling, next) {
        cb(OBJECT(kid->child), opaque, type);
    }
}

static void bus_phases_hold(Object *obj)
{
    BusClass *bc = BUS_GET_CLASS(obj);

    if (bc->reset) {
        bc->reset(BUS(obj));
    }
}

static char *default_fw_dev_path(DeviceState *dev)
{
    return g_strdup(object_get_typename(OBJECT(dev)));
}

static void bus_initfn(Object *obj)
{
    QTAILQ_INIT(&BUS(obj)->children);
}

static void bus_finalize(Object *obj)
{
    g_free(BUS(obj)->name);
}

static void bus_unparent(Object *obj)
{
    BusState *bus = BUS(obj);
    BusChild *kid;

    bus->realized = false;
    while ((kid = QTAILQ_FIRST(&bus->children)) != NULL) {
        object_unparent(OBJECT(kid->child));
        if (kid == QTAILQ_FIRST(&bus->children)) {
            /* It has no place in the tree: only take it off the bus. */
            qdev_set_parent_bus(kid->child, NULL, &error_abort);
        }
    }
    if (bus->parent) {
        QLIST_REMOVE(bus, sibling);
        bus->parent->num_child_bus--;
        bus->parent = NULL;
    }
}

static void bus_class_init(ObjectClass *oc, void *data)
{
    BusClass *bc = BUS_CLASS(oc);
    ResettableClass *rc = RESETTABLE_CLASS(oc);

    oc->unparent = bus_unparent;
    bc->get_fw_dev_path = default_fw_dev_path;
    rc->get_state = bus_get_reset_state;
    rc->child_foreach = bus_reset_child_foreach;
    rc->phases.hold = bus_phases_hold;
    object_class_property_add_bool(oc, "realized", bus_get_realized, bus_set_realized);
}

/* Each type of bus counts for itself. */
static void bus_class_base_init(ObjectClass *oc, void *data)
{
    BUS_CLASS(oc)->automatic_ids = 0;
}

static const TypeInfo bus_types[] = {
    {
        .name = TYPE_BUS,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(BusState),
        .instance_init = bus_initfn,
        .instance_finalize = bus_finalize,
        .abstract = true,
        .class_size = sizeof(BusClass),
        .class_init = bus_class_init,
        .class_base_init = bus_class_base_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_RESETTABLE_INTERFACE }, { NULL } },
    },
};

DEFINE_TYPES(bus_types)
