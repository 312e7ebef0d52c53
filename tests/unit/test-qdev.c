/*
 * Devices, buses, lines, machines.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/core/device-add.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "system/address-spaces.h"
#include "system/reset.h"

/* --- a bus, a bridge to it, a device on it --- */

#define TYPE_T_BUS    "test-bus"
#define TYPE_T_BRIDGE "test-bridge"
#define TYPE_T_DEV    "test-dev"
#define TYPE_T_CHILD  "test-dev-child"

OBJECT_DECLARE_SIMPLE_TYPE(TDev, T_DEV)
OBJECT_DECLARE_SIMPLE_TYPE(TBridge, T_BRIDGE)

struct TDev {
    DeviceState parent_obj;
    uint8_t u8;
    uint32_t u32;
    int32_t i32;
    uint64_t size;
    bool flag;
    uint32_t bits;
    char *str;
    int32_t devfn;
    MACAddr mac;
    OnOffAuto when;
    Object *peer;
    bool refuse;
    int level, level_n;
    qemu_irq out[2];
    int resets;
    uint16_t lanes;
    int32_t offset;
    uint32_t nr_ports;
    uint8_t *ports;
    uint32_t nr_names;
    char **names;
};

struct TBridge {
    SysBusDevice parent_obj;
    MemoryRegion mmio;
    qemu_irq irq;
    BusState *bus;
};

static GString *trace;

static void note(const char *what)
{
    if (trace) {
        g_string_append_printf(trace, "%s ", what);
    }
}

static void tdev_line(void *opaque, int n, int level)
{
    T_DEV(opaque)->level = level;
    T_DEV(opaque)->level_n = n;
}

static void tdev_init(Object *obj)
{
    qdev_init_gpio_in(DEVICE(obj), tdev_line, 2);
    qdev_init_gpio_in_named(DEVICE(obj), tdev_line, "wake", 1);
    qdev_init_gpio_out(DEVICE(obj), T_DEV(obj)->out, 2);
}

static void tdev_realize(DeviceState *dev, Error **errp)
{
    if (T_DEV(dev)->refuse) {
        error_setg(errp, "test-dev: refused");
        return;
    }
    note("realize");
}

static void tdev_unrealize(DeviceState *dev)
{
    note("unrealize");
}

static void tdev_reset(DeviceState *dev)
{
    T_DEV(dev)->resets++;
    note("dev-hold");
}

static Property tdev_props[] = {
    DEFINE_PROP_UINT8("u8", TDev, u8, 3),
    DEFINE_PROP_UINT32("u32", TDev, u32, 0),
    DEFINE_PROP_INT32("i32", TDev, i32, -4),
    DEFINE_PROP_SIZE("size", TDev, size, 0),
    DEFINE_PROP_BOOL("flag", TDev, flag, true),
    DEFINE_PROP_BIT("bit3", TDev, bits, 3, true),
    DEFINE_PROP_BIT("bit4", TDev, bits, 4, false),
    DEFINE_PROP_STRING("str", TDev, str),
    DEFINE_PROP_PCI_DEVFN("addr", TDev, devfn, -1),
    DEFINE_PROP_MACADDR("mac", TDev, mac),
    DEFINE_PROP_ON_OFF_AUTO("when", TDev, when, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_LINK("peer", TDev, peer, TYPE_T_DEV, Object *),
    DEFINE_PROP_BOOL("refuse", TDev, refuse, false),
    DEFINE_PROP_UINT16_RANGE("lanes", TDev, lanes, 4, 1, 16),
    DEFINE_PROP_INT32_RANGE("offset", TDev, offset, 0, -8, 7),
    DEFINE_PROP_ARRAY("port", TDev, nr_ports, ports, qdev_prop_uint8, uint8_t),
    DEFINE_PROP_ARRAY("name", TDev, nr_names, names, qdev_prop_string, char *),
    DEFINE_PROP_END_OF_LIST(),
};

static const VMStateDescription vmstate_tdev = {
    .name = "test-dev",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){ VMSTATE_INT32(i32, TDev), VMSTATE_END_OF_LIST() },
};

static void tdev_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->bus_type = TYPE_T_BUS;
    dc->desc = "for tests";
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    dc->realize = tdev_realize;
    dc->unrealize = tdev_unrealize;
    dc->reset = tdev_reset;
    dc->vmsd = &vmstate_tdev;
    device_class_set_props(dc, tdev_props);
}

static void bridge_enter(Object *obj, ResetType type)
{
    note("bridge-enter");
}

static void bridge_hold(Object *obj)
{
    note("bridge-hold");
}

static void bridge_exit(Object *obj)
{
    note("bridge-exit");
}

static uint64_t bridge_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0x5a;
}

static const MemoryRegionOps bridge_ops = { .read = bridge_read,
                                            .endianness = DEVICE_BIG_ENDIAN };

static void bridge_init(Object *obj)
{
    TBridge *b = T_BRIDGE(obj);

    memory_region_init_io(&b->mmio, obj, &bridge_ops, b, "bridge", 0x1000);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &b->mmio);
    sysbus_init_irq(SYS_BUS_DEVICE(obj), &b->irq);
    b->bus = qbus_new(TYPE_T_BUS, DEVICE(obj), NULL);
}

static void bridge_class_init(ObjectClass *oc, void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(oc);

    rc->phases.enter = bridge_enter;
    rc->phases.hold = bridge_hold;
    rc->phases.exit = bridge_exit;
}

static bool bus_refuses;

static void tbus_realize(BusState *bus, Error **errp)
{
    if (bus_refuses) {
        error_setg(errp, "test-bus: refused");
    }
}

static void tbus_class_init(ObjectClass *oc, void *data)
{
    BUS_CLASS(oc)->realize = tbus_realize;
    BUS_CLASS(oc)->max_dev = 2;
}

static const TypeInfo test_types[] = {
    {
        .name = TYPE_T_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(BusState),
        .class_init = tbus_class_init,
    },
    {
        .name = TYPE_T_DEV,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(TDev),
        .instance_init = tdev_init,
        .class_init = tdev_class_init,
    },
    { .name = TYPE_T_CHILD, .parent = TYPE_T_DEV },
    {
        .name = TYPE_T_BRIDGE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(TBridge),
        .instance_init = bridge_init,
        .class_init = bridge_class_init,
    },
};

DEFINE_TYPES(test_types)

static TBridge *bridge_new(void)
{
    TBridge *b = T_BRIDGE(qdev_new(TYPE_T_BRIDGE));

    sysbus_realize_and_unref(SYS_BUS_DEVICE(b), &error_abort);
    return b;
}

static void expect_error(Error **err, const char *message)
{
    g_assert_nonnull(*err);
    g_assert_cmpstr(error_get_pretty(*err), ==, message);
    g_clear_pointer(err, error_free);
}

/* --- life --- */

static void test_realize(void)
{
    TBridge *b = bridge_new();
    DeviceState *dev = qdev_new(TYPE_T_DEV);
    g_autofree char *path = NULL;

    trace = g_string_new(NULL);
    g_assert_true(qdev_realize_and_unref(dev, b->bus, &error_abort));
    g_assert_true(qdev_is_realized(dev));
    g_assert_true(qdev_get_parent_bus(dev) == b->bus);
    path = object_get_canonical_path(OBJECT(dev));
    g_assert_true(g_str_has_prefix(path, "/machine/unattached/device["));
    g_assert_cmpint(b->bus->children->len, ==, 1);
    object_unparent(OBJECT(b)); /* takes bus and device along */
    g_assert_cmpstr(trace->str, ==, "realize unrealize ");
    g_string_free(trace, TRUE);
    trace = NULL;
    g_assert_null(object_resolve_path(path, NULL));
}

static void test_realize_fails(void)
{
    TBridge *b = bridge_new();
    DeviceState *dev = qdev_new(TYPE_T_DEV);
    Error *err = NULL;

    qdev_prop_set_bit(dev, "refuse", true);
    g_assert_false(qdev_realize(dev, b->bus, &err));
    expect_error(&err, "test-dev: refused");
    g_assert_false(qdev_is_realized(dev));
    g_assert_cmpint(b->bus->children->len, ==, 0); /* nothing half-done */
    g_assert_null(OBJECT(dev)->parent);
    g_assert_cmpuint(OBJECT(dev)->ref, ==, 1);
    object_unref(dev);
    g_assert_null(qdev_try_new("no-such-device"));
    g_assert_null(qdev_try_new(TYPE_SYS_BUS_DEVICE));
    object_unparent(OBJECT(b));
}

static int state_count;

static void count_state(const char *name, int id, const VMStateDescription *vmsd, void *opaque,
                        void *fn_opaque)
{
    state_count++;
}

/* A step that fails takes those before it back. */
static void test_child_bus_fails(void)
{
    unsigned on_system_bus = sysbus_get_default()->children->len;
    DeviceState *bridge = qdev_new(TYPE_T_BRIDGE);
    int states_before;
    Error *err = NULL;

    state_count = 0;
    vmstate_foreach_registered(count_state, NULL);
    states_before = state_count;
    bus_refuses = true;
    g_assert_false(sysbus_realize(SYS_BUS_DEVICE(bridge), &err));
    bus_refuses = false;
    expect_error(&err, "test-bus: refused");
    g_assert_false(bridge->realized);
    g_assert_null(bridge->canonical_path);
    g_assert_null(bridge->parent_bus);
    g_assert_null(OBJECT(bridge)->parent);
    g_assert_cmpuint(sysbus_get_default()->children->len, ==, on_system_bus);
    state_count = 0;
    vmstate_foreach_registered(count_state, NULL);
    g_assert_cmpint(state_count, ==, states_before);
    g_assert_cmpuint(OBJECT(bridge)->ref, ==, 1);
    object_unref(bridge);
}

static void test_wrong_bus(void)
{
    DeviceState *dev = qdev_new(TYPE_T_DEV);
    Error *err = NULL;

    g_assert_false(qdev_realize(dev, sysbus_get_default(), &err));
    expect_error(&err, "Device 'test-dev' can't go on System bus");
    object_unref(dev);
}

static void test_bus(void)
{
    TBridge *b = bridge_new();
    DeviceState *one = qdev_new(TYPE_T_DEV), *two = qdev_new(TYPE_T_DEV);

    g_assert_true(g_str_has_prefix(b->bus->name, "test-bus."));
    g_assert_true(qdev_get_child_bus(DEVICE(b), b->bus->name) == b->bus);
    g_assert_null(qdev_get_child_bus(DEVICE(b), "nope"));
    g_assert_true(qdev_set_id(one, g_strdup("one"), &error_abort));
    qdev_realize_and_unref(one, b->bus, &error_abort);
    g_assert_false(qbus_is_full(b->bus));
    qdev_realize_and_unref(two, b->bus, &error_abort);
    g_assert_true(qbus_is_full(b->bus));
    g_assert_true(qdev_find_recursive(sysbus_get_default(), "one") == one);
    g_assert_true(object_resolve_path("/machine/peripheral/one", NULL) == OBJECT(one));
    object_unparent(OBJECT(b));
    g_assert_null(object_resolve_path("/machine/peripheral/one", NULL));
}

static int walked_device(DeviceState *dev, void *opaque)
{
    note(dev->id);
    return 0;
}

static int left_device(DeviceState *dev, void *opaque)
{
    note("/");
    return opaque && !strcmp(dev->id, opaque) ? -7 : 0;
}

static int walked_bus(BusState *bus, void *opaque)
{
    note("[");
    return 0;
}

static int left_bus(BusState *bus, void *opaque)
{
    note("]");
    return 0;
}

static int skip_device(DeviceState *dev, void *opaque)
{
    note(dev->id);
    return 1;
}

static void test_walks(void)
{
    TBridge *b = bridge_new();
    DeviceState *one = qdev_new(TYPE_T_DEV), *two = qdev_new(TYPE_T_DEV);

    DEVICE(b)->id = g_strdup("bridge"); /* it has its place already */
    qdev_set_id(one, g_strdup("one"), &error_abort);
    qdev_set_id(two, g_strdup("two"), &error_abort);
    qdev_realize_and_unref(one, b->bus, &error_abort);
    qdev_realize_and_unref(two, b->bus, &error_abort);

    trace = g_string_new(NULL);
    g_assert_cmpint(qdev_walk_children(DEVICE(b), walked_device, walked_bus, left_device, left_bus,
                                       NULL), ==, 0);
    g_assert_cmpstr(trace->str, ==, "bridge [ one / two / ] / ");
    g_string_truncate(trace, 0);
    g_assert_cmpint(qbus_walk_children(b->bus, NULL, walked_bus, left_device, left_bus,
                                       (void *)"one"), ==, -7);
    g_assert_cmpstr(trace->str, ==, "[ / ");
    g_string_truncate(trace, 0);
    /* A positive result skips what is below. */
    g_assert_cmpint(qdev_walk_children(DEVICE(b), skip_device, walked_bus, left_device, left_bus,
                                       NULL), ==, 1);
    g_assert_cmpstr(trace->str, ==, "bridge ");
    g_string_free(trace, TRUE);
    trace = NULL;
    object_unparent(OBJECT(b));
}

static void test_ids(void)
{
    DeviceState *one = qdev_new(TYPE_T_DEV), *two = qdev_new(TYPE_T_DEV);
    Error *err = NULL;

    g_assert_true(qdev_set_id(one, g_strdup("x"), &error_abort));
    g_assert_false(qdev_set_id(two, g_strdup("x"), &err));
    expect_error(&err, "Duplicate device ID 'x'");
    g_assert_false(qdev_set_id(two, g_strdup("9"), &err));
    expect_error(&err, "Parameter 'id' expects an identifier");
    object_unparent(OBJECT(one));
    object_unref(one);
    object_unref(two);
}

/* --- properties --- */

static void test_props(void)
{
    DeviceState *dev = qdev_new(TYPE_T_CHILD);
    TDev *t = T_DEV(dev);

    g_assert_cmpint(t->u8, ==, 3);
    g_assert_cmpint(t->i32, ==, -4);
    g_assert_true(t->flag);
    g_assert_cmphex(t->bits, ==, 8);
    g_assert_cmpint(t->devfn, ==, -1);
    object_set_props(OBJECT(dev), &error_abort, "u8", "0xff", "u32", "4000000000", "i32", "-7",
                     "size", "64k", "flag", "off", "bit3", "off", "bit4", "on", "str", "hello",
                     "addr", "06.1", "mac", "52:54:00:aB:cd:0f", "when", "on", NULL);
    g_assert_cmpuint(t->u8, ==, 255);
    g_assert_cmpuint(t->u32, ==, 4000000000u);
    g_assert_cmpint(t->i32, ==, -7);
    g_assert_cmpuint(t->size, ==, 65536);
    g_assert_false(t->flag);
    g_assert_cmphex(t->bits, ==, 0x10);
    g_assert_cmpstr(t->str, ==, "hello");
    g_assert_cmpint(t->devfn, ==, 0x31);
    g_assert_cmpmem(t->mac.a, 6, "\x52\x54\x00\xab\xcd\x0f", 6);
    g_assert_cmpint(t->when, ==, ON_OFF_AUTO_ON);
    qdev_prop_set_uint64(dev, "size", 1ULL << 40);
    g_assert_cmpuint(t->size, ==, 1ULL << 40);
    object_unref(dev);
}

static void test_bad_props(void)
{
    static const struct {
        const char *name, *value, *message;
    } bad[] = {
        { "nope", "1", "Property 'test-dev.nope' not found" },
        { "u8", "256", "Parameter 'u8' expects an integer from 0 to 255" },
        { "u8", "x", "Parameter 'u8' expects an integer from 0 to 255" },
        { "i32", "2147483648",
          "Parameter 'i32' expects an integer from -2147483648 to 2147483647" },
        { "lanes", "17", "Parameter 'lanes' expects an integer from 1 to 16" },
        { "lanes", "0", "Parameter 'lanes' expects an integer from 1 to 16" },
        { "offset", "-9", "Parameter 'offset' expects an integer from -8 to 7" },
        { "len-port", "65536", "Parameter 'len-port' expects an integer from 0 to 65535" },
        { "port[0]", "1", "Property 'test-dev.port[0]' not found" },
        { "size", "4x", "Parameter 'size' expects a non-negative number below 2^64" },
        { "flag", "2", "Parameter 'flag' expects 'on' or 'off'" },
        { "when", "later", "Parameter 'when' does not accept value 'later': expected auto, on or "
                           "off" },
        { "peer", "/nowhere", "Device '/nowhere' not found: 'peer' expects the id or path of a "
                              "test-dev" },
        { "addr", "20", "Property 'test-dev.addr' doesn't take value '20': expected "
                        "SLOT[.FUNCTION], example: 06.0" },
        { "addr", "1.8", "Property 'test-dev.addr' doesn't take value '1.8': expected "
                         "SLOT[.FUNCTION], example: 06.0" },
        { "mac", "1:2", "Property 'test-dev.mac' doesn't take value '1:2': expected six bytes "
                        "like 52:54:00:12:34:56" },
    };
    DeviceState *dev = qdev_new(TYPE_T_DEV);

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        Error *err = NULL;

        g_assert_false(object_property_parse(OBJECT(dev), bad[i].name, bad[i].value, &err));
        expect_error(&err, bad[i].message);
    }
    object_unref(dev);
}

static void test_array_props(void)
{
    DeviceState *dev = qdev_new(TYPE_T_DEV);
    Error *err = NULL;

    object_set_props(OBJECT(dev), &error_abort, "len-port", "3", "port[0]", "5", "port[2]", "0x80",
                     "len-name", "1", "name[0]", "first", NULL);
    g_assert_cmpuint(T_DEV(dev)->nr_ports, ==, 3);
    g_assert_cmpmem(T_DEV(dev)->ports, 3, "\x05\x00\x80", 3);
    g_assert_cmpstr(T_DEV(dev)->names[0], ==, "first");
    g_assert_cmpuint(object_property_get_uint(OBJECT(dev), "port[2]", &error_abort), ==, 0x80);
    g_assert_false(object_property_parse(OBJECT(dev), "port[3]", "1", &err));
    expect_error(&err, "Property 'test-dev.port[3]' not found");
    g_assert_false(object_property_parse(OBJECT(dev), "port[1]", "256", &err));
    expect_error(&err, "Parameter 'port[1]' expects an integer from 0 to 255");
    g_assert_false(object_property_parse(OBJECT(dev), "len-port", "4", &err));
    expect_error(&err, "array size property len-port may not be set more than once");
    object_unref(dev);
}

static void test_help(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Error *err = NULL;

    g_assert_true(device_help("test-dev,help", out, &error_abort));
    g_assert_true(g_str_has_prefix(out->str, "test-dev options:\n  addr=<int32>           - Slot"));
    g_assert_nonnull(strstr(out->str, "\n  bit3=<bool>            - on/off (default: true)\n"));
    g_assert_nonnull(strstr(out->str, "\n  lanes=<uint16>         -  (default: 4)\n"));
    g_assert_nonnull(strstr(out->str, "\n  mac=<str>              - Ethernet 6-byte MAC Address, "
                                      "example: 52:54:00:12:34:56\n"));
    g_assert_nonnull(strstr(out->str, "\n  str=<str>\n"));
    g_assert_null(strstr(out->str, "realized"));
    g_assert_null(strstr(out->str, "parent_bus"));
    g_assert_false(device_help("nope,help", out, &err));
    expect_error(&err, "Device 'nope' not found");
    g_assert_false(device_help("test-dev,u8=1", out, &error_abort));
    g_string_truncate(out, 0);
    g_assert_true(device_help("help", out, &error_abort));
    g_assert_nonnull(strstr(out->str, "Misc devices:\n"));
    g_assert_nonnull(strstr(out->str, "\nname \"test-dev\", bus test-bus, "
                                      "desc \"for tests\"\n"));
    g_assert_null(strstr(out->str, TYPE_SYS_BUS_DEVICE));
}

static void test_props_after_realize(void)
{
    TBridge *b = bridge_new();
    DeviceState *dev = qdev_new(TYPE_T_DEV);
    Error *err = NULL;

    qdev_set_id(dev, g_strdup("d"), &error_abort);
    qdev_realize_and_unref(dev, b->bus, &error_abort);
    g_assert_false(object_property_parse(OBJECT(dev), "u8", "1", &err));
    expect_error(&err, "Attempt to set property 'u8' on device 'd' (type 'test-dev') after it was "
                       "realized");
    object_unparent(OBJECT(b));
}

static void test_globals(void)
{
    static GlobalProperty compat = { TYPE_T_DEV, "u32", "11" };
    static GlobalProperty optional = { TYPE_T_DEV, "gone", "1", .optional = true };
    GPtrArray *compat_list = g_ptr_array_new();
    DeviceState *dev;
    Error *err = NULL;

    g_ptr_array_add(compat_list, &compat);
    g_ptr_array_add(compat_list, &optional);
    object_set_machine_compat_props(compat_list);
    g_assert_true(qdev_global_parse(TYPE_T_DEV ".u8=77", &error_abort));
    g_assert_true(qdev_global_parse("driver=" TYPE_T_CHILD ",property=str,value=a b",
                                    &error_abort));
    g_assert_false(qdev_global_parse("driver=x", &err));
    expect_error(&err, "options 'driver', 'property', and 'value' are required");
    g_assert_false(qdev_global_parse("xx=1", &err));
    expect_error(&err, "Invalid parameter 'xx'");

    dev = qdev_new(TYPE_T_CHILD); /* also for descendants */
    g_assert_cmpuint(T_DEV(dev)->u8, ==, 77);
    g_assert_cmpuint(T_DEV(dev)->u32, ==, 11);
    g_assert_cmpstr(T_DEV(dev)->str, ==, "a b");
    object_unref(dev);
    g_assert_cmpint(qdev_prop_check_globals(), ==, 0);
    object_set_machine_compat_props(NULL);
    g_ptr_array_unref(compat_list);
}

static void test_unused_global(void)
{
    if (g_test_subprocess()) {
        qdev_global_parse("no-such.x=1", &error_abort);
        qdev_global_parse(TYPE_T_DEV ".u8=1", &error_abort);
        g_assert_cmpint(qdev_prop_check_globals(), ==, 1);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*warning: global no-such.x has invalid class name\n"
                              "*warning: global test-dev.u8=1 not used\n");
}

/* --- lines --- */

static void test_lines(void)
{
    TBridge *b = bridge_new();
    DeviceState *from = qdev_new(TYPE_T_DEV), *to = qdev_new(TYPE_T_DEV);

    qdev_realize_and_unref(from, b->bus, &error_abort);
    qdev_realize_and_unref(to, b->bus, &error_abort);
    qemu_irq_raise(T_DEV(from)->out[1]); /* not connected: fine */
    qdev_connect_gpio_out(from, 1, qdev_get_gpio_in(to, 1));
    qdev_connect_gpio_out(from, 0, qdev_get_gpio_in_named(to, "wake", 0));
    qemu_irq_raise(T_DEV(from)->out[1]);
    g_assert_cmpint(T_DEV(to)->level, ==, 1);
    g_assert_cmpint(T_DEV(to)->level_n, ==, 1);
    qemu_irq_lower(T_DEV(from)->out[0]);
    g_assert_cmpint(T_DEV(to)->level, ==, 0);
    g_assert_cmpint(T_DEV(to)->level_n, ==, 0);
    g_assert_true(qdev_get_gpio_out_connector(from, NULL, 1) == qdev_get_gpio_in(to, 1));
    object_unparent(OBJECT(b));
}

static int seen[1];

static void see(void *opaque, int n, int level)
{
    seen[n] = level;
}

/* --- the system bus --- */

static void test_sysbus(void)
{
    TBridge *b = bridge_new();
    SysBusDevice *s = SYS_BUS_DEVICE(b);
    qemu_irq line = qemu_allocate_irq(see, NULL, 0);
    g_autofree char *path = NULL;

    sysbus_mmio_map(s, 0, 0x10000);
    g_assert_cmphex(address_space_ldub(&address_space_memory, 0x10004, MEMTXATTRS_UNSPECIFIED,
                                       NULL), ==, 0x5a);
    sysbus_mmio_map(s, 0, 0x20000); /* moves */
    g_assert_cmphex(s->mmio[0].addr, ==, 0x20000);
    g_assert_null(memory_region_find(get_system_memory(), 0x10000, 1).mr);
    path = qdev_get_fw_dev_path(DEVICE(b));
    g_assert_cmpstr(path, ==, "/test-bridge@0000000000020000");

    g_assert_true(sysbus_has_irq(s, 0));
    g_assert_false(sysbus_has_irq(s, 1));
    g_assert_false(sysbus_is_irq_connected(s, 0));
    sysbus_connect_irq(s, 0, line);
    g_assert_true(sysbus_get_connected_irq(s, 0) == line);
    seen[0] = 0;
    qemu_irq_raise(b->irq);
    g_assert_true(seen[0]);
    sysbus_mmio_unmap(s, 0);
    g_assert_null(memory_region_find(get_system_memory(), 0x20000, 1).mr);
    object_unparent(OBJECT(b));
    object_unparent(OBJECT(line));
    qemu_free_irq(line);
}

/* serial_mm_init() and systems on a chip map regions without the bus: they are shown as well. */
static void test_sysbus_shows_regions(void)
{
    TBridge *b = bridge_new();
    static MemoryRegion chip;
    g_autoptr(GString) tree = g_string_new(NULL);
    g_autofree char *path = NULL;

    memory_region_init(&chip, NULL, "chip", 0x10000);
    memory_region_add_subregion(&chip, 0x3000, &b->mmio);
    qdev_print_tree(tree);
    g_assert_nonnull(strstr(tree->str, "mmio ffffffffffffffff/0000000000001000\n"));
    memory_region_add_subregion(get_system_memory(), 0x40000, &chip);
    g_string_truncate(tree, 0);
    qdev_print_tree(tree);
    g_assert_nonnull(strstr(tree->str, "mmio 0000000000043000/0000000000001000\n"));
    path = qdev_get_fw_dev_path(DEVICE(b));
    g_assert_cmpstr(path, ==, "/test-bridge@0000000000043000");

    memory_region_del_subregion(get_system_memory(), &chip);
    memory_region_del_subregion(&chip, &b->mmio);
    object_unparent(OBJECT(b));
    object_unparent(OBJECT(&chip));
}

/* --- reset --- */

static void test_reset(void)
{
    TBridge *b = bridge_new();
    DeviceState *dev = qdev_new(TYPE_T_DEV);

    qdev_realize_and_unref(dev, b->bus, &error_abort);
    trace = g_string_new(NULL);
    qemu_devices_reset(SHUTDOWN_CAUSE_NONE);
    /* Each phase for the whole tree, children first. */
    g_assert_cmpstr(trace->str, ==, "bridge-enter dev-hold bridge-hold bridge-exit ");
    g_string_truncate(trace, 0);

    resettable_assert_reset(OBJECT(b), RESET_TYPE_COLD);
    g_assert_true(device_is_in_reset(dev));
    device_cold_reset(dev); /* it is in reset already: nothing new */
    g_assert_cmpint(T_DEV(dev)->resets, ==, 2);
    resettable_release_reset(OBJECT(b), RESET_TYPE_COLD);
    g_assert_false(device_is_in_reset(dev));
    g_string_free(trace, TRUE);
    trace = NULL;
    object_unparent(OBJECT(b));
}

/* What joins a bus that is held in reset isn't in reset, and isn't let out of it. */
static void test_reset_newcomer(void)
{
    TBridge *b = bridge_new();
    DeviceState *dev = qdev_new(TYPE_T_DEV);

    resettable_assert_reset(OBJECT(b), RESET_TYPE_COLD);
    qdev_realize_and_unref(dev, b->bus, &error_abort);
    g_assert_false(device_is_in_reset(dev));
    resettable_release_reset(OBJECT(b), RESET_TYPE_COLD);
    g_assert_false(device_is_in_reset(DEVICE(b)));
    g_assert_false(device_is_in_reset(dev));
    g_assert_cmpint(T_DEV(dev)->resets, ==, 0);
    device_cold_reset(DEVICE(b));
    g_assert_cmpint(T_DEV(dev)->resets, ==, 1);
    object_unparent(OBJECT(b));
}

static int count_registered;

static void count_tdev(const char *name, int id, const VMStateDescription *vmsd, void *opaque,
                       void *fn_opaque)
{
    count_registered += vmsd == &vmstate_tdev;
}

static void test_state_is_registered(void)
{
    TBridge *b = bridge_new();
    DeviceState *dev = qdev_new(TYPE_T_DEV);

    qdev_realize_and_unref(dev, b->bus, &error_abort);
    vmstate_foreach_registered(count_tdev, NULL);
    g_assert_cmpint(count_registered, ==, 1);
    object_unparent(OBJECT(b));
    vmstate_foreach_registered(count_tdev, NULL);
    g_assert_cmpint(count_registered, ==, 1);
}

/* --- machines --- */

static const char *const t_valid_cpus[] = { TYPE_T_DEV, NULL };

static void t_machine(MachineClass *mc)
{
    mc->desc = "a machine for tests";
    mc->alias = "tm";
    mc->max_cpus = 4;
    mc->default_ram_size = 1 * MiB;
    mc->default_ram_id = "test.ram";
    mc->default_boot_order = "cd";
    mc->valid_cpu_types = (const char **)t_valid_cpus;
    mc->arch_name = "test-arch";
}

DEFINE_MACHINE("TestMachine", t_machine)

static void test_machine_lookup(void)
{
    MachineClass *mc = machine_class_find("TestMachine", NULL);
    GSList *list;

    g_assert_cmpstr(mc->name, ==, "TestMachine");
    g_assert_true(machine_class_find("tm", "test-arch") == mc);
    g_assert_null(machine_class_find("TestMachine", "ppc"));
    g_assert_nonnull(machine_class_find("none", "ppc"));
    list = machine_class_list("test-arch");
    g_assert_cmpstr(((MachineClass *)list->data)->name, ==, "TestMachine");
    g_assert_cmpint(g_slist_length(list), ==, 2); /* and "none" */
    g_slist_free(list);
}

static void test_machine_props(void)
{
    MachineState *ms = MACHINE(object_new(MACHINE_TYPE_NAME("TestMachine")));
    Error *err = NULL;

    g_assert_cmpstr(ms->kernel_cmdline, ==, "");
    g_assert_cmpstr(ms->boot_config.order, ==, "cd");
    object_set_props(OBJECT(ms), &error_abort, "kernel", "k", "append", "a=b", "initrd", "i",
                     "dtb", "d", "firmware", "f", "graphics", "off", NULL);
    g_assert_cmpstr(ms->kernel_filename, ==, "k");
    g_assert_cmpstr(ms->kernel_cmdline, ==, "a=b");
    g_assert_false(ms->enable_graphics);
    g_assert_false(object_property_parse(OBJECT(ms), "foo", "1", &err));
    expect_error(&err, "Property 'TestMachine-machine.foo' not found");
    object_unref(ms);
}

static void test_machine_smp(void)
{
    MachineState *ms = MACHINE(object_new(MACHINE_TYPE_NAME("TestMachine")));
    Error *err = NULL;

    g_assert_true(machine_parse_smp_config(ms, &(SMPConfiguration){ 0 }, &error_abort));
    g_assert_cmpuint(ms->smp.cpus, ==, 1);
    g_assert_true(machine_parse_smp_config(ms, &(SMPConfiguration){ .cores = 2, .threads = 2 },
                                           &error_abort));
    g_assert_cmpuint(ms->smp.cpus, ==, 4);
    g_assert_true(machine_parse_smp_config(ms, &(SMPConfiguration){ .cpus = 2, .maxcpus = 4 },
                                           &error_abort));
    g_assert_cmpuint(ms->smp.max_cpus, ==, 4);
    g_assert_false(machine_parse_smp_config(ms, &(SMPConfiguration){ .cpus = 5 }, &err));
    expect_error(&err, "Invalid SMP CPUs 5. The max CPUs supported by machine 'TestMachine' is 4");
    g_assert_false(machine_parse_smp_config(
        ms, &(SMPConfiguration){ .cpus = 3, .cores = 2, .threads = 1, .sockets = 1 }, &err));
    expect_error(&err, "Invalid CPU topology: product of the hierarchy must match maxcpus: "
                       "sockets (1) * cores (2) * threads (1) != maxcpus (3)");
    g_assert_false(machine_parse_smp_config(ms, &(SMPConfiguration){ .cpus = UINT64_MAX }, &err));
    g_clear_pointer(&err, error_free);
    g_assert_cmpuint(ms->smp.cpus, ==, 2); /* the last good one */
    object_unref(ms);
}

static void test_machine_cpu(void)
{
    MachineState *ms = MACHINE(object_new(MACHINE_TYPE_NAME("TestMachine")));
    Error *err = NULL;

    g_assert_true(machine_set_cpu_type(ms, TYPE_T_CHILD, &error_abort));
    g_assert_false(machine_set_cpu_type(ms, TYPE_T_BRIDGE, &err));
    expect_error(&err, "Invalid CPU model 'test-bridge' for machine 'TestMachine'");
    g_assert_cmpstr(ms->cpu_type, ==, TYPE_T_CHILD);
    object_unref(ms);
}

static void test_boot_letters(void)
{
    Error *err = NULL;

    g_assert_true(machine_validate_bootdevices("cdn", &error_abort));
    g_assert_false(machine_validate_bootdevices("cz", &err));
    expect_error(&err, "Invalid boot device 'z'");
    g_assert_false(machine_validate_bootdevices("cdc", &err));
    expect_error(&err, "Boot device 'c' was given twice");
}

static void test_machine_ram(void)
{
    MachineState *ms = MACHINE(object_new(MACHINE_TYPE_NAME("TestMachine")));

    g_assert_true(machine_set_ram_size(ms, 0, &error_abort));
    g_assert_cmpuint(ms->ram_size, ==, 1 * MiB);
    g_assert_true(machine_set_ram_size(ms, 2 * MiB, &error_abort));
    object_property_add_child(object_get_root(), "test-machine", OBJECT(ms));
    g_assert_true(machine_run_board_init(ms, &error_abort));
    g_assert_true(current_machine == ms);
    g_assert_cmpuint(memory_region_size(ms->ram), ==, 2 * MiB);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    memory_map_init();
    g_test_add_func("/qdev/realized-devices-are-in-the-tree", test_realize);
    g_test_add_func("/qdev/failed-realize-leaves-nothing", test_realize_fails);
    g_test_add_func("/qdev/failed-child-bus-takes-the-steps-back", test_child_bus_fails);
    g_test_add_func("/qdev/bus-must-be-of-the-right-type", test_wrong_bus);
    g_test_add_func("/qdev/buses-have-names-and-limits", test_bus);
    g_test_add_func("/qdev/walks-go-down-and-up", test_walks);
    g_test_add_func("/qdev/ids-are-unique", test_ids);
    g_test_add_func("/qdev/props/types-and-defaults", test_props);
    g_test_add_func("/qdev/props/errors-name-property-and-expectation", test_bad_props);
    g_test_add_func("/qdev/props/arrays-have-a-length-and-elements", test_array_props);
    g_test_add_func("/qdev/props/help-lists-devices-and-their-properties", test_help);
    g_test_add_func("/qdev/props/fixed-once-realized", test_props_after_realize);
    g_test_add_func("/qdev/props/unused-globals-are-reported", test_unused_global);
    g_test_add_func("/qdev/props/globals-hold-for-new-devices", test_globals);
    g_test_add_func("/qdev/lines/output-drives-input", test_lines);
    g_test_add_func("/qdev/sysbus/regions-and-interrupts", test_sysbus);
    g_test_add_func("/qdev/sysbus/shows-where-regions-are", test_sysbus_shows_regions);
    g_test_add_func("/qdev/reset/phases-go-through-the-tree", test_reset);
    g_test_add_func("/qdev/reset/newcomers-are-not-in-it", test_reset_newcomer);
    g_test_add_func("/qdev/state-is-registered-while-realized", test_state_is_registered);
    g_test_add_func("/machine/found-by-name-alias-and-architecture", test_machine_lookup);
    g_test_add_func("/machine/unknown-properties-are-refused", test_machine_props);
    g_test_add_func("/machine/topology-is-checked", test_machine_smp);
    g_test_add_func("/machine/cpu-type-is-checked", test_machine_cpu);
    g_test_add_func("/machine/boot-letters-are-checked", test_boot_letters);
    g_test_add_func("/machine/default-ram-is-made", test_machine_ram);
    return g_test_run();
}
