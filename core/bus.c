/*
 * Buses: who sits on them, and walks over the tree that buses and devices make.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "qapi/error.h"

/* --- a bus and who provides it --- */

/* The name may be the user's, and that of a property of the parent's: "port" becomes "port[0]". */
static void own_bus(DeviceState *parent, BusState *bus)
{
    if (!object_property_try_add_child(OBJECT(parent), bus->name, OBJECT(bus), NULL)) {
        g_autofree char *numbered = g_strdup_printf("%s[*]", bus->name);

        object_property_add_child(OBJECT(parent), numbered, OBJECT(bus));
    }
}

static BusState *attach(BusState *bus, DeviceState *parent, const char *name)
{
    if (name) {
        bus->name = g_strdup(name);
    } else if (parent && parent->id) {
        bus->name = g_strdup_printf("%s.%u", parent->id, parent->child_buses->len);
    } else {
        /* "pci.0": the n-th of its type, counted over the machine. */
        g_autofree char *type = g_ascii_strdown(object_get_typename(OBJECT(bus)), -1);

        bus->name = g_strdup_printf("%s.%d", type, BUS_GET_CLASS(bus)->automatic_ids++);
    }
    bus->parent = parent;
    if (parent) {
        g_ptr_array_insert(parent->child_buses, 0, bus);
        own_bus(parent, bus);
        object_unref(bus); /* the parent's reference is enough */
    }
    return bus;
}

BusState *qbus_new(const char *type, DeviceState *parent, const char *name)
{
    return attach(BUS(object_new(type)), parent, name);
}

void qbus_init(void *bus, size_t size, const char *type, DeviceState *parent, const char *name)
{
    object_initialize(bus, size, type);
    attach(bus, parent, name);
}

/* --- a device and its bus --- */

static char *slot_name(const DeviceState *dev)
{
    return g_strdup_printf("child[%u]", dev->bus_slot);
}

static void join_bus(DeviceState *dev, BusState *bus)
{
    g_autofree char *slot = NULL;

    object_ref(bus);
    dev->parent_bus = bus;
    dev->bus_slot = bus->next_slot++;
    g_ptr_array_add(bus->children, object_ref(dev));
    slot = slot_name(dev);
    object_property_add_const_link(OBJECT(bus), slot, OBJECT(dev));
}

static void leave_bus(DeviceState *dev)
{
    g_autoptr(Object) bus = OBJECT(dev->parent_bus);
    g_autofree char *slot = slot_name(dev);

    dev->parent_bus = NULL;
    object_property_del(bus, slot);
    if (g_ptr_array_remove(BUS(bus)->children, dev)) {
        object_unref(dev);
    }
}

bool qdev_set_parent_bus(DeviceState *dev, BusState *bus, Error **errp)
{
    g_autoptr(Object) kept = object_ref(dev); /* its bus may hold the last reference */
    const char *wanted = DEVICE_GET_CLASS(dev)->bus_type;

    if (bus && wanted && !object_dynamic_cast(OBJECT(bus), wanted)) {
        error_setg(errp, "Device '%s' can't go on %s bus", object_get_typename(kept),
                   object_get_typename(OBJECT(bus)));
        return false;
    }
    if (bus && BUS_GET_CLASS(bus)->check_address &&
        !BUS_GET_CLASS(bus)->check_address(bus, dev, errp)) {
        return false;
    }
    if (dev->parent_bus) {
        leave_bus(dev);
    }
    if (bus) {
        join_bus(dev, bus);
    }
    return true;
}

bool qbus_is_full(BusState *bus)
{
    int limit = BUS_GET_CLASS(bus)->max_dev;

    return bus->full || (limit && bus->children->len >= (unsigned)limit);
}

/* --- walks --- */

typedef struct Walk {
    qdev_walkerfn *at_device[2]; /* before and after what is below it */
    qbus_walkerfn *at_bus[2];
    void *opaque;
} Walk;

static gpointer take_reference(gconstpointer obj, gpointer unused)
{
    return object_ref((gpointer)obj);
}

/* `node` is a bus or, otherwise, a device. */
static int stop_at(const Walk *walk, void *node, bool is_bus, bool after)
{
    if (is_bus) {
        return walk->at_bus[after] ? walk->at_bus[after](node, walk->opaque) : 0;
    }
    return walk->at_device[after] ? walk->at_device[after](node, walk->opaque) : 0;
}

/* Below a bus are devices, below a device buses. */
static int walk_from(const Walk *walk, void *node, bool is_bus)
{
    g_autoptr(GPtrArray) below = NULL;
    int result = stop_at(walk, node, is_bus, false);

    if (result) {
        return result;
    }
    /* The functions may take away what they are called for. */
    below = g_ptr_array_copy(is_bus ? ((BusState *)node)->children
                                    : ((DeviceState *)node)->child_buses,
                             take_reference, NULL);
    g_ptr_array_set_free_func(below, object_unref);
    for (unsigned i = 0; i < below->len; i++) {
        result = walk_from(walk, g_ptr_array_index(below, i), !is_bus);
        if (result < 0) {
            return result;
        }
    }
    return stop_at(walk, node, is_bus, true);
}

int qbus_walk_children(BusState *bus, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque)
{
    Walk walk = { { pre_devfn, post_devfn }, { pre_busfn, post_busfn }, opaque };

    return walk_from(&walk, bus, true);
}

int qdev_walk_children(DeviceState *dev, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque)
{
    Walk walk = { { pre_devfn, post_devfn }, { pre_busfn, post_busfn }, opaque };

    return walk_from(&walk, dev, false);
}

typedef struct Wanted {
    const char *id;
    DeviceState *found;
} Wanted;

static int stop_at_wanted(DeviceState *dev, void *opaque)
{
    Wanted *wanted = opaque;

    if (g_strcmp0(dev->id, wanted->id)) {
        return 0;
    }
    wanted->found = dev;
    return -1;
}

DeviceState *qdev_find_recursive(BusState *bus, const char *id)
{
    Wanted wanted = { id, NULL };

    qbus_walk_children(bus, stop_at_wanted, NULL, NULL, NULL, &wanted);
    return wanted.found;
}

/* --- realization --- */

bool qbus_realize(BusState *bus, Error **errp)
{
    return object_property_set_bool(OBJECT(bus), "realized", true, errp);
}

void qbus_unrealize(BusState *bus)
{
    object_property_set_bool(OBJECT(bus), "realized", false, &error_abort);
}

static bool is_realized(Object *obj, Error **errp)
{
    return BUS(obj)->realized;
}

static void switch_realized(Object *obj, bool on, Error **errp)
{
    BusState *bus = BUS(obj);
    const BusClass *class = BUS_GET_CLASS(bus);
    Error *refusal = NULL;

    if (on == bus->realized) {
        return;
    }
    if (on && class->realize) {
        class->realize(bus, &refusal);
    }
    if (refusal) {
        error_propagate(errp, refusal);
        return;
    }
    if (!on) {
        for (unsigned i = 0; i < bus->children->len; i++) {
            qdev_unrealize(g_ptr_array_index(bus->children, i));
        }
        if (class->unrealize) {
            class->unrealize(bus);
        }
    }
    bus->realized = on;
}

/* --- reset --- */

void bus_cold_reset(BusState *bus)
{
    resettable_reset(OBJECT(bus), RESET_TYPE_COLD);
}

static ResettableState *reset_state(Object *obj)
{
    return &BUS(obj)->reset;
}

static void visit_children(Object *obj, ResettableChildCallback visit, void *opaque,
                           ResetType type)
{
    const GPtrArray *children = BUS(obj)->children;

    for (unsigned i = 0; i < children->len; i++) {
        visit(g_ptr_array_index(children, i), opaque, type);
    }
}

static void legacy_reset(Object *obj)
{
    if (BUS_GET_CLASS(obj)->reset) {
        BUS_GET_CLASS(obj)->reset(BUS(obj));
    }
}

/* --- the type --- */

static void bus_init(Object *obj)
{
    BUS(obj)->children = g_ptr_array_new();
}

static void bus_finalize(Object *obj)
{
    g_ptr_array_unref(BUS(obj)->children);
    g_free(BUS(obj)->name);
}

static void bus_leaves_tree(Object *obj)
{
    BusState *bus = BUS(obj);

    bus->realized = false;
    while (bus->children->len) {
        DeviceState *dev = g_ptr_array_index(bus->children, 0);

        object_unparent(OBJECT(dev));
        if (bus->children->len && g_ptr_array_index(bus->children, 0) == dev) {
            leave_bus(dev); /* it had no place in the tree */
        }
    }
    if (bus->parent) {
        g_ptr_array_remove(bus->parent->child_buses, bus);
        bus->parent = NULL;
    }
}

static char *type_as_node(DeviceState *dev)
{
    return g_strdup(object_get_typename(OBJECT(dev)));
}

static void bus_class(ObjectClass *oc, void *data)
{
    ResettableClass *resettable = RESETTABLE_CLASS(oc);

    oc->unparent = bus_leaves_tree;
    BUS_CLASS(oc)->get_fw_dev_path = type_as_node;
    resettable->get_state = reset_state;
    resettable->child_foreach = visit_children;
    resettable->phases.hold = legacy_reset;
    object_class_property_add_bool(oc, "realized", is_realized, switch_realized);
}

/* Each type of bus counts for itself. */
static void bus_descendant_class(ObjectClass *oc, void *data)
{
    BUS_CLASS(oc)->automatic_ids = 0;
}

static const TypeInfo bus_types[] = {
    {
        TYPE_BUS,
        TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(BusState),
        .class_size = sizeof(BusClass),
        .instance_init = bus_init,
        .instance_finalize = bus_finalize,
        .class_base_init = bus_descendant_class,
        .class_init = bus_class,
        .interfaces = (InterfaceInfo[]){ { TYPE_RESETTABLE_INTERFACE }, { NULL } },
    },
};

DEFINE_TYPES(bus_types)
