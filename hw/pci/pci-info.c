/*
 * `info pci`: the functions of all PCI buses, their regions and interrupts, as text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"

typedef struct ClassName {
    uint16_t class_id;
    const char *name;
} ClassName;

static const ClassName class_names[] = {
    { PCI_CLASS_STORAGE_SCSI, "SCSI controller" },
    { PCI_CLASS_STORAGE_IDE, "IDE controller" },
    { PCI_CLASS_STORAGE_SATA, "SATA controller" },
    { PCI_CLASS_NETWORK_ETHERNET, "Ethernet controller" },
    { PCI_CLASS_DISPLAY_VGA, "VGA controller" },
    { PCI_CLASS_MULTIMEDIA_AUDIO, "Audio controller" },
    { PCI_CLASS_MEMORY_RAM, "RAM controller" },
    { PCI_CLASS_BRIDGE_HOST, "Host bridge" },
    { PCI_CLASS_BRIDGE_ISA, "ISA bridge" },
    { PCI_CLASS_BRIDGE_PCI, "PCI bridge" },
    { PCI_CLASS_BRIDGE_OTHER, "Bridge" },
    { PCI_CLASS_SERIAL_USB, "USB controller" },
    { PCI_CLASS_SERIAL_SMBUS, "SMBus" },
};

const char *pci_class_name(uint16_t class_id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(class_names); i++) {
        if (class_names[i].class_id == class_id) {
            return class_names[i].name;
        }
    }
    return NULL;
}

static void print_class(GString *out, uint16_t class_id)
{
    const char *name = pci_class_name(class_id);

    if (name) {
        g_string_append(out, name);
    } else {
        g_string_append_printf(out, "Class %04d", class_id);
    }
}

static void print_region(GString *out, PCIDevice *dev, int i)
{
    const PCIIORegion *r = &dev->io_regions[i];

    if (!r->size) {
        return;
    }
    g_string_append_printf(out, "      BAR%d: ", i);
    if (r->type & PCI_BASE_ADDRESS_SPACE_IO) {
        g_string_append_printf(out, "I/O at 0x%04" PRIx64 " [0x%04" PRIx64 "].\n", r->addr,
                               r->addr + r->size - 1);
        return;
    }
    g_string_append_printf(out, "%d bit%s memory at 0x%08" PRIx64 " [0x%08" PRIx64 "].\n",
                           r->type & PCI_BASE_ADDRESS_MEM_TYPE_64 ? 64 : 32,
                           r->type & PCI_BASE_ADDRESS_MEM_PREFETCH ? " prefetchable" : "",
                           r->addr, r->addr + r->size - 1);
}

/* Bus numbers, and what its windows let through. */
static void print_bridge(GString *out, PCIDevice *dev)
{
    static const struct {
        int window;
        const char *name;
        int digits;
    } windows[] = {
        { PCI_BRIDGE_WINDOW_IO, "IO", 4 },
        { PCI_BRIDGE_WINDOW_MEM, "memory", 8 },
        { PCI_BRIDGE_WINDOW_PREF, "prefetchable memory", 8 },
    };

    g_string_append_printf(out, "      BUS %d.\n      secondary bus %d.\n"
                                "      subordinate bus %d.\n",
                           dev->config[PCI_PRIMARY_BUS], dev->config[PCI_SECONDARY_BUS],
                           dev->config[PCI_SUBORDINATE_BUS]);
    for (size_t i = 0; i < G_N_ELEMENTS(windows); i++) {
        PCIBridgeRange range = pci_bridge_range(dev, windows[i].window);

        g_string_append_printf(out, "      %s range [0x%0*" PRIx64 ", 0x%0*" PRIx64 "]\n",
                               windows[i].name, windows[i].digits, range.base, windows[i].digits,
                               range.limit);
    }
}

static void print_device(PCIBus *bus, PCIDevice *dev, void *opaque)
{
    PCIBus *behind = pci_bridge_get_sec_bus(dev);
    GString *out = opaque;
    const uint8_t *config = dev->config;
    uint16_t sub_vendor = behind ? 0 : pci_get_word(config + PCI_SUBSYSTEM_VENDOR_ID);

    g_string_append_printf(out, "  Bus %2d, device %3d, function %d:\n    ", pci_bus_num(bus),
                           PCI_SLOT(dev->devfn), PCI_FUNC(dev->devfn));
    print_class(out, pci_get_word(config + PCI_CLASS_DEVICE));
    g_string_append_printf(out, ": PCI device %04x:%04x\n", pci_get_word(config + PCI_VENDOR_ID),
                           pci_get_word(config + PCI_DEVICE_ID));
    if (sub_vendor) {
        g_string_append_printf(out, "      PCI subsystem %04x:%04x\n", sub_vendor,
                               pci_get_word(config + PCI_SUBSYSTEM_ID));
    }
    if (pci_intx(dev) >= 0) {
        g_string_append_printf(out, "      IRQ %d, pin %c\n", config[PCI_INTERRUPT_LINE],
                               'A' + pci_intx(dev));
    }
    if (behind) {
        print_bridge(out, dev);
    }
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        print_region(out, dev, i);
    }
    g_string_append_printf(out, "      id \"%s\"\n", dev->qdev.id ? dev->qdev.id : "");
    /* A bus without a number can't be reached yet. */
    if (behind && dev->config[PCI_SECONDARY_BUS]) {
        pci_for_each_device_under_bus(behind, print_device, out);
    }
}

void pci_print_info(GString *out)
{
    PCIBus *bus;

    if (!pci_get_root_bus(0)) {
        g_string_append(out, "No PCI devices\n");
    }
    for (int i = 0; (bus = pci_get_root_bus(i)); i++) {
        pci_for_each_device_under_bus(bus, print_device, out);
    }
}
