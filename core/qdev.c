/*
 * Devices: creation, realization, place in the tree, reset.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-clock.h"
#include "core/qdev-core.h"
#include "core/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/id.h"
#include "system/events.h"

DeviceState *qdev_new(const char *name)
{
    return DEVICE(object_new(name));
}

DeviceState *qdev_try_new(const char *name)
{
    ObjectClass *oc = object_class_dynamic_cast(object_class_by_name(name), TYPE_DEVICE);

    return oc && !object_class_is_abstract(oc) ? DEVICE(object_new_with_class(oc)) : NULL;
}

/* --- names and places --- */

Object *qdev_get_machine(void)
{
    return container_get(object_get_root(), "/machine");
}

bool qdev_set_id(DeviceState *dev, char *id, Error **errp)
{
    Object *place = container_get(qdev_get_machine(), id ? "/peripheral" : "/peripheral-anon");

    if (id && !id_wellformed(id)) {
        error_setg(errp, "Parameter 'id' expects an identifier");
        error_append_hint(errp, ID_RULE_HINT);
    } else if (!object_property_try_add_child(place, id ? id : "device[*]", OBJECT(dev), NULL)) {
        error_setg(errp, "Duplicate device ID '%s'", id);
    } else {
        dev->id = id;
        return true;
    }
    g_free(id);
    return false;
}

BusState *qdev_get_parent_bus(const DeviceState *dev)
{
    return dev->parent_bus;
}

static gboolean bus_is_called(gconstpointer bus, gconstpointer name)
{
    return g_str_equal(((const BusState *)bus)->name, name);
}

BusState *qdev_get_child_bus(DeviceState *dev, const char *name)
{
    guint at;

    return g_ptr_array_find_with_equal_func(dev->child_buses, name, bus_is_called, &at)
               ? g_ptr_array_index(dev->child_buses, at)
               : NULL;
}

char *qdev_get_human_name(DeviceState *dev)
{
    char *name = dev->id ? g_strdup(dev->id) : object_get_canonical_path(OBJECT(dev));

    return name ? name : g_strdup(object_get_typename(OBJECT(dev)));
}

const char *qdev_fw_name(DeviceState *dev)
{
    const char *name = DEVICE_GET_CLASS(dev)->fw_name;

    return name ? name : object_get_typename(OBJECT(dev));
}

char *qdev_get_dev_path(DeviceState *dev)
{
    BusState *bus = dev ? dev->parent_bus : NULL;

    return bus && BUS_GET_CLASS(bus)->get_dev_path ? BUS_GET_CLASS(bus)->get_dev_path(dev) : NULL;
}

char *qdev_get_fw_dev_path(DeviceState *dev)
{
    GString *path = g_string_new(NULL);

    /* From the device up: each one's component goes in front. */
    for (DeviceState *at = dev; at && at->parent_bus; at = at->parent_bus->parent) {
        g_autofree char *component = BUS_GET_CLASS(at->parent_bus)->get_fw_dev_path(at);

        if (component) {
            g_string_prepend(path, component);
            g_string_prepend_c(path, '/');
        }
    }
    return g_string_free(path, FALSE);
}

/* --- realization --- */

static bool call_realize(DeviceState *dev, Error **errp)
{
    Error *refusal = NULL;

    if (DEVICE_GET_CLASS(dev)->realize) {
        DEVICE_GET_CLASS(dev)->realize(dev, &refusal);
    }
    error_propagate(errp, refusal);
    return !refusal;
}

static void call_unrealize(DeviceState *dev)
{
    if (DEVICE_GET_CLASS(dev)->unrealize) {
        DEVICE_GET_CLASS(dev)->unrealize(dev);
    }
}

static bool remember_path(DeviceState *dev, Error **errp)
{
    dev->canonical_path = object_get_canonical_path(OBJECT(dev));
    return true;
}

static void forget_path(DeviceState *dev)
{
    g_clear_pointer(&dev->canonical_path, g_free);
}

static void unrealize_buses(DeviceState *dev)
{
    for (unsigned i = 0; i < dev->child_buses->len; i++) {
        qbus_unrealize(g_ptr_array_index(dev->child_buses, i));
    }
}

static bool realize_buses(DeviceState *dev, Error **errp)
{
    for (unsigned i = 0; i < dev->child_buses->len; i++) {
        if (!qbus_realize(g_ptr_array_index(dev->child_buses, i), errp)) {
            unrealize_buses(dev); /* those that are */
            return false;
        }
    }
    return true;
}

static bool register_state(DeviceState *dev, Error **errp)
{
    const VMStateDescription *state = DEVICE_GET_CLASS(dev)->vmsd;
    g_autofree char *path = state ? qdev_get_dev_path(dev) : NULL;

    if (state) {
        vmstate_register(path ? path : dev->canonical_path, VMSTATE_INSTANCE_ID_ANY, state, dev);
    }
    return true;
}

static void unregister_state(DeviceState *dev)
{
    if (DEVICE_GET_CLASS(dev)->vmsd) {
        vmstate_unregister(DEVICE_GET_CLASS(dev)->vmsd, dev);
    }
}

static bool become_realized(DeviceState *dev, Error **errp)
{
    dev->realized = true;
    if (dev->hotplugged) {
        device_cold_reset(dev); /* the others are, with the machine */
    }
    return true;
}

static void become_unrealized(DeviceState *dev)
{
    dev->realized = false;
}

static bool tell_handler(DeviceState *dev, Error **errp,
                         void (*tell)(HotplugHandler *, DeviceState *, Error **))
{
    HotplugHandler *handler = qdev_get_hotplug_handler(dev);
    Error *refusal = NULL;

    if (handler) {
        tell(handler, dev, &refusal);
    }
    error_propagate(errp, refusal);
    return !refusal;
}

static bool pre_plug(DeviceState *dev, Error **errp)
{
    return tell_handler(dev, errp, hotplug_handler_pre_plug);
}

static bool plug(DeviceState *dev, Error **errp)
{
    return tell_handler(dev, errp, hotplug_handler_plug);
}

/*
 * What makes a device part of the machine, in this order; the other way round it leaves. A step
 * that fails has undone what it did itself.
 */
static const struct {
    bool (*up)(DeviceState *dev, Error **errp);
    void (*down)(DeviceState *dev); /* NULL: nothing to undo */
} steps[] = {
    { pre_plug, NULL },
    { call_realize, call_unrealize },
    { remember_path, forget_path },
    { realize_buses, unrealize_buses },
    { register_state, unregister_state },
    { become_realized, become_unrealized },
    { plug, NULL },
};

static void step_down_from(DeviceState *dev, size_t done)
{
    while (done-- > 0) {
        if (steps[done].down) {
            steps[done].down(dev);
        }
    }
}

static void realize(DeviceState *dev, Error **errp)
{
    g_autoptr(Object) kept = object_ref(dev); /* a failure may take it out of the tree */
    bool adopted = !kept->parent;

    if (adopted) {
        /* Nobody gave it a place: it belongs to the machine. */
        object_property_add_child(container_get(qdev_get_machine(), "/unattached"), "device[*]",
                                  kept);
    }
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        if (steps[i].up(dev, errp)) {
            continue;
        }
        step_down_from(dev, i);
        qdev_set_parent_bus(dev, NULL, &error_abort);
        if (adopted) {
            object_unparent(kept);
        }
        return;
    }
    dev->was_realized = true;
}

static void switch_realized(Object *obj, bool on, Error **errp)
{
    DeviceState *dev = DEVICE(obj);

    if (on == dev->realized) {
        return;
    }
    if (on) {
        realize(dev, errp);
    } else {
        step_down_from(dev, ARRAY_SIZE(steps));
    }
}

bool qdev_realize(DeviceState *dev, BusState *bus, Error **errp)
{
    assert(!dev->realized && !dev->parent_bus && "a device is realized once");
    assert((bus || !DEVICE_GET_CLASS(dev)->bus_type) && "the device needs a bus");
    return (!bus || qdev_set_parent_bus(dev, bus, errp)) &&
           object_property_set_bool(OBJECT(dev), "realized", true, errp);
}

bool qdev_realize_and_unref(DeviceState *dev, BusState *bus, Error **errp)
{
    g_autoptr(DeviceState) given_up = dev;

    return qdev_realize(given_up, bus, errp);
}

void qdev_unrealize(DeviceState *dev)
{
    object_property_set_bool(OBJECT(dev), "realized", false, &error_abort);
}

bool qdev_is_realized(DeviceState *dev)
{
    return dev->realized;
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

static ResettableState *reset_state(Object *obj)
{
    return &DEVICE(obj)->reset;
}

static void visit_buses(Object *obj, ResettableChildCallback visit, void *opaque, ResetType type)
{
    const GPtrArray *buses = DEVICE(obj)->child_buses;

    for (unsigned i = 0; i < buses->len; i++) {
        visit(g_ptr_array_index(buses, i), opaque, type);
    }
}

static void legacy_reset(Object *obj)
{
    if (DEVICE_GET_CLASS(obj)->reset) {
        DEVICE_GET_CLASS(obj)->reset(DEVICE(obj));
    }
}

/* --- classes --- */

void device_class_set_legacy_reset(DeviceClass *dc, DeviceReset dev_reset)
{
    dc->reset = dev_reset;
}

/* device_class_set_parent_reset() and its like. */
#define DEFINE_SET_PARENT(member, type)                                                            \
    void device_class_set_parent_##member(DeviceClass *dc, type own, type *parents)                \
    {                                                                                              \
        *parents = dc->member;                                                                     \
        dc->member = own;                                                                          \
    }
DEFINE_SET_PARENT(reset, DeviceReset)
DEFINE_SET_PARENT(realize, DeviceRealize)
DEFINE_SET_PARENT(unrealize, DeviceUnrealize)

#define TAKE_IF_GIVEN(member, given) ((member) = (given) ? (given) : (member))

void device_class_init_traits(ObjectClass *oc, void *data)
{
    const DeviceTraits *traits = data;
    DeviceClass *dc = DEVICE_CLASS(oc);

    TAKE_IF_GIVEN(dc->desc, traits->desc);
    TAKE_IF_GIVEN(dc->fw_name, traits->fw_name);
    TAKE_IF_GIVEN(dc->bus_type, traits->bus_type);
    TAKE_IF_GIVEN(dc->realize, traits->realize);
    TAKE_IF_GIVEN(dc->unrealize, traits->unrealize);
    TAKE_IF_GIVEN(dc->reset, traits->reset);
    TAKE_IF_GIVEN(dc->vmsd, traits->state);
    dc->user_creatable = dc->user_creatable && !traits->board_only;
    if (traits->properties) {
        device_class_set_props(dc, traits->properties);
    }
}

/* --- the type --- */

static bool is_realized(Object *obj, Error **errp)
{
    return DEVICE(obj)->realized;
}

static bool is_hotplugged(Object *obj, Error **errp)
{
    return DEVICE(obj)->hotplugged;
}

static bool is_hotpluggable(Object *obj, Error **errp)
{
    return DEVICE_GET_CLASS(obj)->hotpluggable;
}

static void device_init(Object *obj)
{
    DeviceState *dev = DEVICE(obj);

    dev->hotplugged = qdev_hotplug;
    dev->child_buses = g_ptr_array_new();
    dev->line_groups = g_ptr_array_new();
    dev->clocks = g_ptr_array_new();
}

static void device_is_complete(Object *obj)
{
    qdev_prop_set_globals(DEVICE(obj));
}

static void device_leaves_tree(Object *obj)
{
    DeviceState *dev = DEVICE(obj);

    qdev_unrealize(dev);
    if (dev->was_realized) {
        g_autofree char *path = object_get_canonical_path(obj);
        JsonObject *data = json_object_new();

        if (dev->id) {
            json_object_set_string_member(data, "device", dev->id);
        }
        json_object_set_string_member(data, "path", path);
        event_send("DEVICE_DELETED", data);
    }
    while (dev->child_buses->len) {
        object_unparent(g_ptr_array_index(dev->child_buses, 0));
    }
    qdev_set_parent_bus(dev, NULL, &error_abort);
}

static void device_finalize(Object *obj)
{
    DeviceState *dev = DEVICE(obj);

    for (unsigned i = 0; i < dev->line_groups->len; i++) {
        LineGroup *lines = g_ptr_array_index(dev->line_groups, i);

        g_ptr_array_unref(lines->inputs); /* the lines were children */
        g_free(lines->name);
        g_free(lines);
    }
    g_ptr_array_unref(dev->line_groups);
    g_ptr_array_unref(dev->child_buses);
    qdev_finalize_clocklist(dev);
    g_free(dev->canonical_path);
    g_free(dev->id);
}

static void device_class(ObjectClass *oc, void *data)
{
    ResettableClass *resettable = RESETTABLE_CLASS(oc);

    oc->unparent = device_leaves_tree;
    DEVICE_CLASS(oc)->user_creatable = true;
    DEVICE_CLASS(oc)->hotpluggable = true;
    resettable->get_state = reset_state;
    resettable->child_foreach = visit_buses;
    resettable->phases.hold = legacy_reset;
    object_class_property_add_bool(oc, "realized", is_realized, switch_realized);
    object_class_property_add_bool(oc, "hotplugged", is_hotplugged, NULL);
    object_class_property_add_bool(oc, "hotpluggable", is_hotpluggable, NULL);
    object_class_property_add_link(oc, "parent_bus", TYPE_BUS, offsetof(DeviceState, parent_bus),
                                   NULL, 0);
}

/* A descendant's table of properties is its own, not its parent's once more. */
static void device_descendant_class(ObjectClass *oc, void *data)
{
    DEVICE_CLASS(oc)->props_ = NULL;
}

static const TypeInfo device_types[] = {
    {
        TYPE_DEVICE,
        TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(DeviceState),
        .class_size = sizeof(DeviceClass),
        .instance_init = device_init,
        .instance_post_init = device_is_complete,
        .instance_finalize = device_finalize,
        .class_base_init = device_descendant_class,
        .class_init = device_class,
        .interfaces = (InterfaceInfo[]){ { TYPE_RESETTABLE_INTERFACE }, { NULL } },
    },
};

DEFINE_TYPES(device_types)
