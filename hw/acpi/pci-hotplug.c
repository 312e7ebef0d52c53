/*
 * ACPI PCI hot-plug: see hw/acpi/pci-hotplug.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/pci-hotplug.h"
#include "hw/boards.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie_root_port.h"
#include "qapi/error.h"
#include "qemu/log.h"

enum { CAME = 0x00, TO_GO = 0x04, EJECT = 0x08, MAY_GO = 0x0c, BUS_SELECT = 0x10 };

/* Bridges behind bridges, as the namespace describes them. */
#define MAX_DEPTH 16

static PCIDevice *first_function(const PCIBus *bus, unsigned slot)
{
    return bus->devices[PCI_DEVFN(slot, 0)];
}

/* A bridge that is described has its bus in the tables: that is for ever. */
static bool may_go(const PCIDevice *dev)
{
    return DEVICE_GET_CLASS(dev)->hotpluggable &&
           (!PCI_DEVICE_GET_CLASS(dev)->is_bridge || dev->qdev.hotplugged);
}

static bool slot_may_be_ejected(const PCIBus *bus, unsigned slot)
{
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        const PCIDevice *dev = bus->devices[PCI_DEVFN(slot, function)];

        if (dev && !may_go(dev)) {
            return false;
        }
    }
    return true;
}

/* A link leads to one. */
static unsigned number_of_slots(const PCIBus *bus)
{
    return pcie_root_port_has_bus(bus) ? 1 : PCI_SLOT_MAX;
}

static uint32_t slots_that_may_go(const PCIBus *bus)
{
    uint32_t slots = 0;

    for (unsigned slot = 0; slot < number_of_slots(bus) && bus->qbus.hotplug_handler; slot++) {
        slots |= slot_may_be_ejected(bus, slot) ? 1u << slot : 0;
    }
    return slots;
}

/* ---- Registers ---- */

static uint64_t registers_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiPciHotplug *h = opaque;
    unsigned n = h->selected;
    uint32_t slots;

    if (addr == BUS_SELECT) {
        return n;
    }
    if (n >= h->nr_buses) {
        return 0;
    }
    switch (addr) {
    case CAME:
        slots = h->came[n];
        h->came[n] = 0;
        return slots;
    case TO_GO:
        return h->to_go[n];
    case MAY_GO:
        return slots_that_may_go(h->buses[n]);
    default:
        return 0;
    }
}

/* All functions leave; they may be several cards of the user's. */
static void eject(AcpiPciHotplug *h, unsigned n, unsigned slot)
{
    PCIBus *bus = h->buses[n];

    h->came[n] &= ~(1u << slot);
    h->to_go[n] &= ~(1u << slot);
    if (!(slots_that_may_go(bus) & 1u << slot)) {
        qemu_log_dev(LOG_GUEST_ERROR, "acpi-pci-hotplug", "eject",
                     "what is in slot %u of bus '%s' can't go", slot, BUS(bus)->name);
        return;
    }
    for (int function = PCI_FUNC_MAX - 1; function >= 0; function--) {
        PCIDevice *dev = bus->devices[PCI_DEVFN(slot, function)];

        if (dev) {
            qdev_unrealize(DEVICE(dev));
            object_unparent(OBJECT(dev));
        }
    }
    if (pcie_root_port_has_bus(bus)) {
        pcie_root_port_look(bus);
    }
}

static void registers_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiPciHotplug *h = opaque;

    if (addr == BUS_SELECT) {
        h->selected = value;
    } else if (addr == EJECT && h->selected < h->nr_buses) {
        for (unsigned slot = 0; slot < PCI_SLOT_MAX; slot++) {
            if (value & 1u << slot) {
                eject(h, h->selected, slot);
            }
        }
    }
}

static const MemoryRegionOps registers_ops = {
    .read = registers_read,
    .write = registers_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- Cards ---- */

static int bus_number(const AcpiPciHotplug *h, const PCIBus *bus)
{
    for (unsigned n = 0; n < h->nr_buses; n++) {
        if (h->buses[n] == bus) {
            return n;
        }
    }
    return -1;
}

/* The guest looks at all functions of a slot at once, as soon as the first is there. */
void acpi_pci_hotplug_plug(AcpiPciHotplug *h, PCIDevice *dev)
{
    int n = bus_number(h, pci_get_bus(dev));
    unsigned slot = PCI_SLOT(dev->devfn);

    if (DEVICE(dev)->hotplugged && n >= 0 && first_function(h->buses[n], slot)) {
        h->came[n] |= 1u << slot;
        h->to_go[n] &= ~(1u << slot);
        h->notify(h->opaque);
    }
}

void acpi_pci_hotplug_unplug_request(AcpiPciHotplug *h, PCIDevice *dev, Error **errp)
{
    int n = bus_number(h, pci_get_bus(dev));
    unsigned slot = PCI_SLOT(dev->devfn);

    if (n < 0) {
        error_setg(errp, "Bus '%s' does not support hotplugging", BUS(pci_get_bus(dev))->name);
    } else if (!slot_may_be_ejected(h->buses[n], slot)) {
        error_setg(errp, "Device '%s' can't go: slot %u of bus '%s' has something that stays",
                   DEVICE(dev)->id ? DEVICE(dev)->id : dev->name, slot, BUS(h->buses[n])->name);
    } else {
        h->to_go[n] |= 1u << slot;
        h->notify(h->opaque);
    }
}

/* Who used the cards has gone: those that it was asked for leave. */
static void machine_was_reset(Notifier *notifier, void *data)
{
    AcpiPciHotplug *h = container_of(notifier, AcpiPciHotplug, reset_done);

    for (unsigned n = 0; n < h->nr_buses; n++) {
        for (unsigned slot = 0; slot < PCI_SLOT_MAX; slot++) {
            if (h->to_go[n] & 1u << slot) {
                eject(h, n, slot);
            }
        }
        h->came[n] = 0; /* firmware finds them */
    }
}

/* ---- What it is to ACPI ---- */

/* What users call it: a root port's slot has a number of its own. */
static unsigned slot_number(const PCIBus *bus, unsigned slot)
{
    return pcie_root_port_has_bus(bus) ? pcie_root_port_slot(bus) : slot;
}

static bool is_described_bridge(const AcpiPciHotplug *h, const PCIDevice *dev)
{
    PCIBus *behind = dev ? pci_bridge_get_sec_bus(dev) : NULL;

    return behind && bus_number(h, behind) >= 0;
}

static void put_bus(const AcpiPciHotplug *h, ACPITables *t, char **paths, unsigned n,
                    const char *path, int described);

/* A function that is a described bridge, or the slot that it is the first of; or both. */
static void put_function(const AcpiPciHotplug *h, ACPITables *t, char **paths, unsigned n,
                         unsigned devfn, bool is_slot, const char *path)
{
    const PCIDevice *dev = h->buses[n]->devices[devfn];
    g_autofree char *name = g_strdup_printf("S%02X", devfn);

    aml_begin_device(t, name);
    aml_put_integer(t, "_ADR", PCI_SLOT(devfn) << 16 | PCI_FUNC(devfn));
    if (is_slot) {
        aml_put_integer(t, "_SUN", slot_number(h->buses[n], PCI_SLOT(devfn)));
        aml_begin_method(t, "_EJ0", 1);
        aml_put_path(t, "EJSL");
        aml_put_constant(t, n);
        aml_put_constant(t, PCI_SLOT(devfn));
        aml_end(t);
    }
    if (is_described_bridge(h, dev)) {
        g_autofree char *inner = g_strdup_printf("%s.%s", path, name);

        put_bus(h, t, paths, bus_number(h, pci_bridge_get_sec_bus(dev)), inner, -1);
    }
    aml_end(t);
}

/* TELL (slots, event) notifies those of the slots that can be notified. */
static void put_bus(const AcpiPciHotplug *h, ACPITables *t, char **paths, unsigned n,
                    const char *path, int described)
{
    uint32_t slots = slots_that_may_go(h->buses[n]) & ~(described < 0 ? 0 : 1u << described);

    paths[n] = g_strdup(path);
    for (unsigned devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        bool is_slot = PCI_FUNC(devfn) == 0 && slots & 1u << PCI_SLOT(devfn);

        if (is_slot || is_described_bridge(h, h->buses[n]->devices[devfn])) {
            put_function(h, t, paths, n, devfn, is_slot, path);
        }
    }
    aml_begin_method(t, "TELL", 2);
    for (unsigned slot = 0; slot < PCI_SLOT_MAX; slot++) {
        g_autofree char *name = g_strdup_printf("S%02X", PCI_DEVFN(slot, 0));

        if (slots & 1u << slot) {
            aml_put_notify(t, AML_IF_BIT, 1u << slot, name);
        }
    }
    aml_end(t);
}

/* PATH.TELL (PEND (n, event), event) */
static void put_question(ACPITables *t, const char *path, unsigned n, unsigned event)
{
    g_autofree char *tell = g_strdup_printf("%s.TELL", path);

    aml_put_path(t, tell);
    aml_put_path(t, "PEND");
    aml_put_constant(t, n);
    aml_put_constant(t, event);
    aml_put_constant(t, event);
}

void acpi_pci_hotplug_put_aml(const AcpiPciHotplug *h, ACPITables *t, int described)
{
    char *paths[ACPI_PCI_HOTPLUG_BUSES + 1] = { NULL };

    aml_begin_scope(t, "\\_SB.PCI0");
    if (h->nr_buses) {
        put_bus(h, t, paths, 0, "\\_SB.PCI0", described);
    }
    aml_begin_method(t, "SCAN", 0);
    for (unsigned n = 0; n < h->nr_buses; n++) {
        put_question(t, paths[n], n, 1);
        put_question(t, paths[n], n, 3);
        g_free(paths[n]);
    }
    aml_end(t);
    aml_end(t);
}

/* ---- Making one ---- */

/* It has no handler of its own, or one that can leave the telling to others. */
static bool may_be_described(PCIBus *bus)
{
    return pcie_root_port_has_bus(bus) ? pcie_root_port_has_hotplug(bus)
                                       : !qbus_is_hotpluggable(BUS(bus));
}

static void number_bus(AcpiPciHotplug *h, PCIBus *bus, bool hotpluggable, bool bridges,
                       Object *handler, unsigned depth)
{
    if (h->nr_buses == ACPI_PCI_HOTPLUG_BUSES || depth == MAX_DEPTH) {
        return;
    }
    h->buses[h->nr_buses++] = bus;
    if (hotpluggable && pcie_root_port_has_bus(bus)) {
        pcie_root_port_leave_telling(bus, HOTPLUG_HANDLER(handler));
    } else if (hotpluggable) {
        qbus_set_hotplug_handler(BUS(bus), handler);
    }
    for (unsigned devfn = 0; bridges && devfn < PCI_DEVFN_MAX; devfn++) {
        PCIBus *behind = bus->devices[devfn] ? pci_bridge_get_sec_bus(bus->devices[devfn]) : NULL;

        if (behind && may_be_described(behind)) {
            number_bus(h, behind, true, true, handler, depth + 1);
        }
    }
}

void acpi_pci_hotplug_start(AcpiPciHotplug *h, PCIBus *root, bool on_root, bool behind_bridges,
                            Object *handler)
{
    if (on_root || behind_bridges) {
        number_bus(h, root, on_root, behind_bridges, handler, 0);
    }
}

void acpi_pci_hotplug_init(AcpiPciHotplug *h, Object *owner, void (*notify)(void *opaque),
                           void *opaque)
{
    h->notify = notify;
    h->opaque = opaque;
    memory_region_init_io(&h->io, owner, &registers_ops, h, "acpi-pci-hotplug",
                          ACPI_PCI_HOTPLUG_SIZE);
    h->reset_done.notify = machine_was_reset;
    machine_add_reset_done_notifier(&h->reset_done);
}

void acpi_pci_hotplug_reset(AcpiPciHotplug *h)
{
    h->selected = 0;
}

const VMStateDescription vmstate_acpi_pci_hotplug = {
    .name = "acpi-pci-hotplug",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(selected, AcpiPciHotplug),
        VMSTATE_UINT32_ARRAY(came, AcpiPciHotplug, ACPI_PCI_HOTPLUG_BUSES),
        VMSTATE_UINT32_ARRAY(to_go, AcpiPciHotplug, ACPI_PCI_HOTPLUG_BUSES),
        VMSTATE_END_OF_LIST()
    },
};
