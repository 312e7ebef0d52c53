/*
 * PCI buses and functions as data.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "monitor/query.h"
#include "qmp.h"

static void add_region(JsonArray *list, const PCIDevice *dev, int i)
{
    const PCIIORegion *r = &dev->io_regions[i];
    bool is_io = r->type & PCI_BASE_ADDRESS_SPACE_IO;
    JsonObject *o;

    if (!r->size) {
        return;
    }
    o = json_object_new();
    json_object_set_int_member(o, "bar", i);
    json_object_set_string_member(o, "type", is_io ? "io" : "memory");
    /* nowhere is all ones, which is -1 */
    json_object_set_int_member(o, "address", r->addr);
    json_object_set_int_member(o, "size", r->size);
    if (!is_io) {
        json_object_set_boolean_member(o, "prefetch", r->type & PCI_BASE_ADDRESS_MEM_PREFETCH);
        json_object_set_boolean_member(o, "mem_type_64", r->type & PCI_BASE_ADDRESS_MEM_TYPE_64);
    }
    json_array_add_object_element(list, o);
}

static JsonObject *describe_id(const uint8_t *config)
{
    bool is_bridge = (config[PCI_HEADER_TYPE] & 0x7f) == PCI_HEADER_TYPE_BRIDGE;
    JsonObject *o = json_object_new();

    json_object_set_int_member(o, "vendor", pci_get_word(config + PCI_VENDOR_ID));
    json_object_set_int_member(o, "device", pci_get_word(config + PCI_DEVICE_ID));
    if (!is_bridge && pci_get_word(config + PCI_SUBSYSTEM_VENDOR_ID)) {
        json_object_set_int_member(o, "subsystem-vendor",
                                   pci_get_word(config + PCI_SUBSYSTEM_VENDOR_ID));
        json_object_set_int_member(o, "subsystem", pci_get_word(config + PCI_SUBSYSTEM_ID));
    }
    return o;
}

static void add_device(PCIBus *bus, PCIDevice *dev, void *opaque)
{
    JsonObject *o = json_object_new(), *class_info = json_object_new();
    JsonArray *regions = json_array_new();

    json_object_set_int_member(o, "bus", pci_bus_num(bus));
    json_object_set_int_member(o, "slot", PCI_SLOT(dev->devfn));
    json_object_set_int_member(o, "function", PCI_FUNC(dev->devfn));
    json_object_set_int_member(class_info, "class", pci_get_word(dev->config + PCI_CLASS_DEVICE));
    json_object_set_object_member(o, "class_info", class_info);
    json_object_set_object_member(o, "id", describe_id(dev->config));
    if (dev->config[PCI_INTERRUPT_PIN]) {
        json_object_set_int_member(o, "irq", dev->config[PCI_INTERRUPT_LINE]);
    }
    json_object_set_int_member(o, "irq_pin", dev->config[PCI_INTERRUPT_PIN]);
    json_object_set_string_member(o, "qdev_id", dev->qdev.id ? dev->qdev.id : "");
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        add_region(regions, dev, i);
    }
    json_object_set_array_member(o, "regions", regions);
    json_array_add_object_element(opaque, o);
}

JsonNode *query_pci(void)
{
    JsonArray *list = json_array_new();
    PCIBus *bus;

    for (int i = 0; (bus = pci_get_root_bus(i)); i++) {
        JsonArray *devices = json_array_new();
        JsonObject *o = json_object_new();

        pci_for_each_device_under_bus(bus, add_device, devices);
        json_object_set_int_member(o, "bus", pci_bus_num(bus));
        json_object_set_array_member(o, "devices", devices);
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
}
