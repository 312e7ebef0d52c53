/*
 * Plugging: who is told, in which order, and what is refused.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/core/device-add.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "system/address-spaces.h"
#include "system/events.h"

#define TYPE_H_BUS    "hotplug-test-bus"
#define TYPE_H_BRIDGE "hotplug-test-bridge"
#define TYPE_H_DEV    "hotplug-test-dev"
#define TYPE_H_FIXED  "hotplug-test-fixed"
#define TYPE_H_MODULE "hotplug-test-module"

static GString *trace;
static const char *refuse = ""; /* the step that says no */

static void step(const char *name, Error **errp)
{
    g_string_append_printf(trace, "%s ", name);
    if (g_str_equal(refuse, name)) {
        error_setg(errp, "no %s", name);
    }
}

static void expect_trace(const char *expected)
{
    g_assert_cmpstr(trace->str, ==, expected);
    g_string_truncate(trace, 0);
}

static void expect_error(Error **err, const char *message)
{
    g_assert_nonnull(*err);
    g_assert_cmpstr(error_get_pretty(*err), ==, message);
    g_clear_pointer(err, error_free);
}

/* --- devices --- */

static void dev_realize(DeviceState *dev, Error **errp)
{
    step("realize", errp);
}

static void dev_unrealize(DeviceState *dev)
{
    step("unrealize", NULL);
}

static void dev_reset(DeviceState *dev)
{
    step("reset", NULL);
}

static void dev_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = dev_realize;
    dc->unrealize = dev_unrealize;
    dc->reset = dev_reset;
    dc->bus_type = TYPE_H_BUS;
}

static void fixed_class_init(ObjectClass *oc, void *data)
{
    DEVICE_CLASS(oc)->hotpluggable = false;
}

static void module_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = dev_realize;
    dc->unrealize = dev_unrealize;
}

/* --- who looks after them: a bridge, the machine --- */

static void pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    g_assert_false(dev->realized);
    step("pre-plug", errp);
}

static void plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    g_assert_true(dev->realized);
    step(object_dynamic_cast(OBJECT(handler), TYPE_MACHINE) ? "machine-plug" : "plug", errp);
}

static void unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    step("unplug", errp);
    if (!*errp) {
        qdev_simple_device_unplug_cb(handler, dev, errp);
    }
}

static void unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    step("request", errp);
}

static void handler_class_init(ObjectClass *oc)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    hc->pre_plug = pre_plug;
    hc->plug = plug;
    hc->unplug = unplug;
}

static void bridge_class_init(ObjectClass *oc, void *data)
{
    handler_class_init(oc);
}

static bool machine_has_places;

static HotplugHandler *get_handler(MachineState *ms, DeviceState *dev)
{
    return machine_has_places && object_dynamic_cast(OBJECT(dev), TYPE_H_MODULE)
               ? HOTPLUG_HANDLER(ms) : NULL;
}

static void machine_class_init(ObjectClass *oc, void *data)
{
    handler_class_init(oc);
    MACHINE_CLASS(oc)->get_hotplug_handler = get_handler;
}

static const TypeInfo types[] = {
    { .name = TYPE_H_BUS, .parent = TYPE_BUS, .instance_size = sizeof(BusState) },
    { .name = TYPE_H_BRIDGE, .parent = TYPE_SYS_BUS_DEVICE, .class_init = bridge_class_init,
      .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { NULL } } },
    { .name = TYPE_H_DEV, .parent = TYPE_DEVICE, .class_init = dev_class_init },
    { .name = TYPE_H_FIXED, .parent = TYPE_H_DEV, .class_init = fixed_class_init },
    { .name = TYPE_H_MODULE, .parent = TYPE_DEVICE, .class_init = module_class_init },
    { .name = MACHINE_TYPE_NAME("hotplug-test"), .parent = TYPE_MACHINE,
      .class_init = machine_class_init,
      .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { NULL } } },
};
DEFINE_TYPES(types)

static DeviceState *bridge;
static BusState *bus;

/* Everything anew for each test: a bus that takes devices, or doesn't. */
static void make_bridge(bool hotpluggable)
{
    refuse = "";
    bridge = qdev_new(TYPE_H_BRIDGE);
    bus = qbus_new(TYPE_H_BUS, bridge, "slots");
    sysbus_realize_and_unref(SYS_BUS_DEVICE(bridge), &error_abort);
    if (hotpluggable) {
        qbus_set_hotplug_handler(bus, OBJECT(bridge));
    }
    qdev_hotplug = true;
}

static void end_bridge(void)
{
    qdev_hotplug = false;
    object_unparent(OBJECT(bridge));
    g_string_truncate(trace, 0);
}

static void trace_event(const EventType *type, JsonObject *data)
{
    g_string_append_printf(trace, "%s %s %s ", type->name,
                           json_object_get_string_member(data, "device"),
                           json_object_get_string_member(data, "path"));
}

static void test_order(void)
{
    make_bridge(true);
    event_set_listener(trace_event);
    g_assert_nonnull(device_add_from_str(TYPE_H_DEV ",id=d", &error_abort));
    expect_trace("pre-plug realize reset plug ");
    g_assert_true(device_del("d", &error_abort));
    expect_trace("unplug unrealize DEVICE_DELETED d /machine/peripheral/d ");
    event_set_listener(NULL);
    g_assert_null(object_resolve_path("/machine/peripheral/d", NULL));
    g_assert_cmpint(bus->children->len, ==, 0);
    qdev_hotplug = false;
    g_assert_nonnull(device_add_from_str(TYPE_H_DEV ",id=d", &error_abort));
    expect_trace("pre-plug realize plug "); /* the machine resets it with everything else */
    end_bridge();
}

static void test_refusals(void)
{
    static const struct {
        const char *step, *trace;
    } cases[] = {
        { "pre-plug", "pre-plug " },
        { "realize", "pre-plug realize " },
        { "plug", "pre-plug realize reset plug unrealize " },
    };
    Error *err = NULL;

    make_bridge(true);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *message = g_strconcat("no ", cases[i].step, NULL);

        refuse = cases[i].step;
        g_assert_null(device_add_from_str(TYPE_H_DEV ",id=d", &err));
        expect_error(&err, message);
        expect_trace(cases[i].trace);
        g_assert_cmpint(bus->children->len, ==, 0);
        g_assert_null(object_resolve_path("/machine/peripheral/d", NULL));
    }
    refuse = "unplug";
    g_assert_nonnull(device_add_from_str(TYPE_H_DEV ",id=d", &error_abort));
    g_assert_false(device_del("d", &err));
    expect_error(&err, "no unplug");
    g_assert_cmpint(bus->children->len, ==, 1);
    end_bridge();
}

/* The guest is asked first; the device stays until it has answered. */
static void test_request(void)
{
    HotplugHandlerClass *hc;
    DeviceState *dev;

    make_bridge(true);
    hc = HOTPLUG_HANDLER_GET_CLASS(bridge);
    hc->unplug_request = unplug_request;
    dev = device_add_from_str(TYPE_H_DEV ",id=d", &error_abort);
    g_string_truncate(trace, 0);
    g_assert_true(qdev_unplug(dev, &error_abort));
    expect_trace("request ");
    g_assert_true(dev->realized);
    hotplug_handler_unplug(qdev_get_hotplug_handler(dev), dev, &error_abort);
    expect_trace("unplug unrealize ");
    hc->unplug_request = NULL;
    end_bridge();
}

static void test_not_hotpluggable(void)
{
    DeviceState *dev;
    Error *err = NULL;

    make_bridge(false);
    g_assert_null(device_add_from_str(TYPE_H_DEV, &err));
    expect_error(&err, "Bus 'slots' does not support hotplugging");
    qdev_hotplug = false;
    dev = device_add_from_str(TYPE_H_DEV, &error_abort);
    g_assert_false(qdev_unplug(dev, &err));
    expect_error(&err, "Bus 'slots' does not support hotplugging");
    qbus_set_hotplug_handler(bus, OBJECT(bridge));
    qdev_hotplug = true;
    g_assert_null(device_add_from_str(TYPE_H_FIXED, &err));
    expect_error(&err, "Device 'hotplug-test-fixed' does not support hotplugging");
    g_assert_null(device_add_from_str(TYPE_H_MODULE, &err));
    expect_error(&err, "Device 'hotplug-test-module' can not be hotplugged on this machine");
    g_assert_false(device_del("nobody", &err));
    expect_error(&err, "Device 'nobody' not found");
    end_bridge();
}

/* mc->get_hotplug_handler: for a device without a bus. */
static void test_machine(void)
{
    make_bridge(true);
    machine_has_places = true;
    device_add_from_str(TYPE_H_MODULE ",id=m", &error_abort);
    expect_trace("pre-plug realize machine-plug ");
    device_add_from_str(TYPE_H_DEV ",id=d", &error_abort); /* not its business */
    expect_trace("pre-plug realize reset plug ");
    g_assert_true(device_del("m", &error_abort));
    expect_trace("unplug unrealize ");
    g_assert_null(object_resolve_path("/machine/peripheral/m", NULL));
    machine_has_places = false;
    end_bridge();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    object_property_add_child(object_get_root(), "machine",
                              object_new(MACHINE_TYPE_NAME("hotplug-test")));
    memory_map_init();
    trace = g_string_new(NULL);
    g_test_add_func("/hotplug/handler-is-told-before-and-after", test_order);
    g_test_add_func("/hotplug/what-is-refused-is-undone", test_refusals);
    g_test_add_func("/hotplug/a-request-waits-for-the-guest", test_request);
    g_test_add_func("/hotplug/bus-type-and-machine-must-allow-it", test_not_hotpluggable);
    g_test_add_func("/hotplug/the-machine-looks-after-its-own", test_machine);
    return g_test_run();
}
