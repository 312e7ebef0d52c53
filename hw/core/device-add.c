/*
 * Devices that users add by name, and what of devices users can look at.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "core/qdev-clock.h"
#include "core/qdev-properties.h"
#include "core/sysbus.h"
#include "hw/boards.h"
#include "hw/core/device-add.h"
#include "qapi/error.h"
#include "qemu/option.h"

static QemuOptsList device_list = {
    .name = "device",
    .implied_opt_name = "driver",
    .head = QTAILQ_HEAD_INITIALIZER(device_list.head),
    .desc = { { NULL } },
};

static const char *const category_names[DEVICE_CATEGORY_MAX] = {
    "Controller/Bridge/Hub", "USB", "Storage", "Network", "Input",
    "Display",               "Sound", "Misc",  "CPU",     "Watchdog",
};

/* Names that people use for the PCI device of a family. */
static const struct {
    const char *alias, *type;
} aliases[] = {
    { "ahci", "ich9-ahci" },
    { "lsi", "lsi53c895a" },
    { "virtio-9p", "virtio-9p-pci" },
    { "virtio-balloon", "virtio-balloon-pci" }, { "virtio-blk", "virtio-blk-pci" },
    { "virtio-gpu", "virtio-gpu-pci" },         { "virtio-keyboard", "virtio-keyboard-pci" },
    { "virtio-mouse", "virtio-mouse-pci" },     { "virtio-net", "virtio-net-pci" },
    { "virtio-rng", "virtio-rng-pci" },         { "virtio-scsi", "virtio-scsi-pci" },
    { "virtio-serial", "virtio-serial-pci" },
    { "virtio-tablet", "virtio-tablet-pci" },
};

static const char *type_of_alias(const char *driver)
{
    for (size_t i = 0; driver && i < ARRAY_SIZE(aliases); i++) {
        if (g_str_equal(driver, aliases[i].alias)) {
            return aliases[i].type;
        }
    }
    return driver;
}

/* ---- Help ---- */

static bool class_user_creatable(ObjectClass *oc)
{
    return DEVICE_CLASS(oc)->user_creatable && !object_class_is_abstract(oc);
}

static void print_class(GString *out, ObjectClass *oc)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    g_string_append_printf(out, "name \"%s\"", object_class_get_name(oc));
    if (dc->bus_type) {
        g_string_append_printf(out, ", bus %s", dc->bus_type);
    }
    if (dc->desc) {
        g_string_append_printf(out, ", desc \"%s\"", dc->desc);
    }
    g_string_append_c(out, '\n');
}

static void print_category(GString *out, GSList *list, int category)
{
    bool any = false;

    for (GSList *l = list; l; l = l->next) {
        DeviceClass *dc = DEVICE_CLASS(l->data);
        bool match = category < DEVICE_CATEGORY_MAX ? dc->categories & (1u << category)
                                                    : dc->categories == 0;

        if (!match || !class_user_creatable(l->data)) {
            continue;
        }
        if (!any) {
            g_string_append_printf(
                out, "%s%s devices:\n", out->len ? "\n" : "",
                category < DEVICE_CATEGORY_MAX ? category_names[category] : "Uncategorized");
            any = true;
        }
        print_class(out, l->data);
    }
}

void qdev_print_device_list(GString *out)
{
    GSList *list = object_class_get_list_sorted(TYPE_DEVICE, false);

    for (int i = 0; i <= DEVICE_CATEGORY_MAX; i++) {
        print_category(out, list, i);
    }
    g_slist_free(list);
}

/*
 * Objects have properties that their class hasn't: those of one are listed where there can be one.
 */
static bool device_options(GString *out, const char *driver, Error **errp)
{
    static const char *const hidden[] = { "realized", "hotpluggable", "hotplugged", "parent_bus",
                                          NULL };
    ObjectClass *oc = object_class_by_name(driver);
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autoptr(Object) obj = NULL;
    ObjectPropertyIterator iter;

    if (!oc || !object_class_dynamic_cast(oc, TYPE_DEVICE)) {
        error_setg(errp, "Device '%s' not found", driver);
        return false;
    }
    if (object_class_is_abstract(oc)) {
        object_class_property_iter_init(&iter, oc);
    } else {
        obj = object_new_with_class(oc);
        object_property_iter_init(&iter, obj);
    }
    if (object_properties_help(lines, &iter, hidden)) {
        g_string_append_printf(out, "%s options:\n%s", driver, lines->str);
    } else {
        g_string_append_printf(out, "There are no options for %s.\n", driver);
    }
    return true;
}

bool device_help(const char *text, GString *out, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(text, ",", 0);

    if (g_str_equal(text, "help") || g_str_equal(text, "?")) {
        qdev_print_device_list(out);
        return true;
    }
    for (int i = 1; words[0] && words[i]; i++) {
        if (g_str_equal(words[i], "help") || g_str_equal(words[i], "?")) {
            return device_options(out, type_of_alias(words[0]), errp);
        }
    }
    return false;
}

/* ---- Adding ---- */

typedef struct BusSearch {
    const char *name; /* NULL: any */
    const char *type;
    BusState *found;
} BusSearch;

static int match_bus(BusState *bus, void *opaque)
{
    BusSearch *s = opaque;

    if ((!s->name || g_str_equal(bus->name, s->name)) &&
        object_dynamic_cast(OBJECT(bus), s->type) && (s->name || !qbus_is_full(bus))) {
        s->found = bus;
        return -1;
    }
    return 0;
}

/* The bus for a device of that class; false with *errp set if it needs one and there is none. */
static bool find_bus(DeviceClass *dc, const char *driver, const char *name, BusState **bus,
                     Error **errp)
{
    BusSearch search = { .name = name, .type = dc->bus_type ? dc->bus_type : TYPE_BUS };

    *bus = NULL;
    if (!dc->bus_type && !name) {
        return true;
    }
    qbus_walk_children(sysbus_get_default(), NULL, match_bus, NULL, NULL, &search);
    if (search.found && !dc->bus_type) {
        error_setg(errp, "Device '%s' can't go on a bus", driver);
        return false;
    }
    if (!search.found && name) {
        error_setg(errp, "Bus '%s' not found, or not of type '%s'", name, search.type);
        return false;
    }
    if (!search.found) {
        error_setg(errp, "No '%s' bus found for device '%s'", search.type, driver);
        return false;
    }
    *bus = search.found;
    return true;
}

static int set_property(void *opaque, const char *name, const char *value, Error **errp)
{
    if (g_str_equal(name, "driver") || g_str_equal(name, "bus")) {
        return 0;
    }
    return object_property_parse(opaque, name, value, errp) ? 0 : -1;
}

static DeviceClass *device_class(const char *driver, Error **errp)
{
    ObjectClass *oc = object_class_by_name(driver);

    if (!oc || !object_class_dynamic_cast(oc, TYPE_DEVICE)) {
        error_setg(errp, "'%s' is not a valid device model name", driver);
        error_append_hint(errp, "-device help lists those that can be added to a machine.\n");
        return NULL;
    }
    if (!class_user_creatable(oc)) {
        error_setg(errp, "Parameter 'driver' expects a pluggable device type: '%s' is part of "
                         "a board",
                   driver);
        return NULL;
    }
    if (object_class_dynamic_cast(oc, TYPE_SYS_BUS_DEVICE) &&
        !(current_machine &&
          device_type_is_dynamic_sysbus(MACHINE_GET_CLASS(current_machine), driver))) {
        error_setg(errp, "Option '-device %s' cannot be handled by this machine", driver);
        return NULL;
    }
    return DEVICE_CLASS(oc);
}

/* Once the machine runs, bus and device have to allow it and somebody has to look after it. */
static bool may_hotplug(DeviceState *dev, BusState *bus, Error **errp)
{
    const char *driver = object_get_typename(OBJECT(dev));

    if (object_dynamic_cast(OBJECT(dev), TYPE_CPU) && !qdev_get_machine_hotplug_handler(dev)) {
        error_setg(errp, "Device '%s' can't be added: this machine has all the CPUs that it takes",
                   driver);
        return false;
    }
    if (!qdev_hotplug) {
        return true;
    }
    if (bus && !qbus_is_hotpluggable(bus)) {
        error_setg(errp, "Bus '%s' does not support hotplugging", bus->name);
        return false;
    }
    if (!DEVICE_GET_CLASS(dev)->hotpluggable) {
        error_setg(errp, "Device '%s' does not support hotplugging", driver);
        return false;
    }
    if (!bus && !qdev_get_machine_hotplug_handler(dev)) {
        error_setg(errp, "Device '%s' can not be hotplugged on this machine", driver);
        return false;
    }
    return true;
}

static DeviceState *device_add(QemuOpts *opts, Error **errp)
{
    const char *driver = type_of_alias(qemu_opt_get(opts, "driver"));
    DeviceClass *dc;
    BusState *bus;
    DeviceState *dev;

    if (!driver) {
        error_setg(errp, "Parameter 'driver' is missing");
        return NULL;
    }
    dc = device_class(driver, errp);
    if (!dc || !find_bus(dc, driver, qemu_opt_get(opts, "bus"), &bus, errp)) {
        return NULL;
    }
    dev = qdev_new(driver);
    if (may_hotplug(dev, bus, errp) && qdev_set_id(dev, g_strdup(qemu_opts_id(opts)), errp) &&
        qemu_opt_foreach(opts, set_property, dev, errp) == 0 && qdev_realize(dev, bus, errp)) {
        object_unref(OBJECT(dev));
        return dev;
    }
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
    return NULL;
}

DeviceState *device_add_from_str(const char *text, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&device_list, text, true, errp);
    DeviceState *dev = opts ? device_add(opts, errp) : NULL;

    /* An id is free again when its device is gone. */
    qemu_opts_del(opts);
    return dev;
}

DeviceState *device_add_from_options(const char *id, GPtrArray *options, Error **errp)
{
    QemuOpts *opts = qemu_opts_create(&device_list, id, true, errp);
    DeviceState *dev = NULL;
    guint i = 0;

    while (opts && i + 1 < options->len &&
           qemu_opt_set(opts, g_ptr_array_index(options, i), g_ptr_array_index(options, i + 1),
                        errp)) {
        i += 2;
    }
    if (opts && i == options->len) {
        dev = device_add(opts, errp);
    }
    qemu_opts_del(opts);
    return dev;
}

bool device_del(const char *id, Error **errp)
{
    Object *peripheral = container_get(qdev_get_machine(), "/peripheral");
    Object *obj = *id == '/' ? object_resolve_path_type(id, TYPE_DEVICE, NULL)
                             : object_resolve_path_at(peripheral, id);

    if (!obj || !object_dynamic_cast(obj, TYPE_DEVICE)) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", id);
        return false;
    }
    return qdev_unplug(DEVICE(obj), errp);
}

/* ---- info qtree ---- */

static void print_bus(GString *out, BusState *bus, int indent);

static void print_properties(GString *out, DeviceState *dev, int indent)
{
    for (ObjectClass *oc = object_get_class(OBJECT(dev));
         oc && object_class_dynamic_cast(oc, TYPE_DEVICE); oc = object_class_get_parent(oc)) {
        for (Property *p = DEVICE_CLASS(oc)->props_; p && p->name; p++) {
            g_autofree char *value = NULL;

            if (p->info->print) {
                value = p->info->print(OBJECT(dev), p);
            } else {
                value = object_property_print(OBJECT(dev), p->name, true, NULL);
            }
            g_string_append_printf(out, "%*s%s = %s\n", indent, "", p->name,
                                   value ? value : "<null>");
        }
        /* A class without properties of its own shows its parent's table again. */
        while (object_class_get_parent(oc) &&
               object_class_dynamic_cast(object_class_get_parent(oc), TYPE_DEVICE) &&
               DEVICE_CLASS(object_class_get_parent(oc))->props_ == DEVICE_CLASS(oc)->props_) {
            oc = object_class_get_parent(oc);
        }
    }
}

/* Of lines, clocks and buses the last added comes first. */
static void print_gpios(GString *out, DeviceState *dev, int indent)
{
    for (unsigned i = dev->line_groups->len; i-- > 0;) {
        const LineGroup *lines = g_ptr_array_index(dev->line_groups, i);
        const char *name = lines->name ? lines->name : "";

        if (lines->inputs->len) {
            g_string_append_printf(out, "%*sgpio-in \"%s\" %u\n", indent, "", name,
                                   lines->inputs->len);
        }
        if (lines->nr_outputs) {
            g_string_append_printf(out, "%*sgpio-out \"%s\" %u\n", indent, "", name,
                                   lines->nr_outputs);
        }
    }
}

static void print_clocks(GString *out, DeviceState *dev, int indent)
{
    for (unsigned i = dev->clocks->len; i-- > 0;) {
        const DeviceClock *c = g_ptr_array_index(dev->clocks, i);
        g_autofree char *freq = clock_display_freq(c->clock);

        g_string_append_printf(out, "%*sclock-%s%s \"%s\" freq_hz=%s\n", indent, "",
                               c->output ? "out" : "in", c->alias ? " (alias)" : "", c->name, freq);
    }
}

static void print_by_bus(GString *out, DeviceState *dev, int indent)
{
    BusState *bus = dev->parent_bus;
    g_autofree char *text = NULL;
    size_t size = 0;
    FILE *f;

    if (!bus || !BUS_GET_CLASS(bus)->print_dev) {
        return;
    }
    f = open_memstream(&text, &size);
    BUS_GET_CLASS(bus)->print_dev(f, dev, indent);
    fclose(f);
    g_string_append(out, text);
}

static void print_device(GString *out, DeviceState *dev, int indent)
{
    g_string_append_printf(out, "%*sdev: %s, id \"%s\"\n", indent, "",
                           object_get_typename(OBJECT(dev)), dev->id ? dev->id : "");
    indent += 2;
    print_gpios(out, dev, indent);
    print_clocks(out, dev, indent);
    print_properties(out, dev, indent);
    print_by_bus(out, dev, indent);
    for (unsigned i = 0; i < dev->child_buses->len; i++) {
        print_bus(out, g_ptr_array_index(dev->child_buses, i), indent);
    }
}

static void print_bus(GString *out, BusState *bus, int indent)
{
    g_string_append_printf(out, "%*sbus: %s\n", indent, "", bus->name);
    indent += 2;
    g_string_append_printf(out, "%*stype %s\n", indent, "", object_get_typename(OBJECT(bus)));
    for (unsigned i = 0; i < bus->children->len; i++) {
        print_device(out, g_ptr_array_index(bus->children, i), indent);
    }
}

void qdev_print_tree(GString *out)
{
    print_bus(out, sysbus_get_default(), 0);
}
