/*
 * PCI interrupt pins: level-triggered, wired-or onto the bus's interrupt inputs.
 *
 * A function's request is remembered apart from what it drives, so that setting and clearing the
 * command register's interrupt disable bit shows on the line as on hardware.
 *
 * Reference: PCI Local Bus Specification, revision 2.3, sections 2.2.6, 6.2.2 and 6.2.4; PCI-to-PCI
 * Bridge Architecture Specification, revision 1.2, section 9.1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bus.h"

void pci_bus_irqs(PCIBus *bus, pci_set_irq_fn set_irq, void *irq_opaque, int nirq)
{
    bus->set_irq = set_irq;
    bus->irq_opaque = irq_opaque;
    bus->nirq = nirq;
    g_free(bus->irq_count);
    bus->irq_count = g_new0(int32_t, nirq);
}

void pci_bus_map_irqs(PCIBus *bus, pci_map_irq_fn map_irq)
{
    bus->map_irq = map_irq;
}

bool pci_bus_get_irq_level(PCIBus *bus, int irq)
{
    return irq >= 0 && irq < bus->nirq && bus->irq_count[irq] > 0;
}

/*
 * One pin's contribution to its input changed by one up or down. A bridge drives its own pins with
 * those of the bus behind it, turned by the device number (bridge architecture specification 1.2,
 * 9.1).
 */
static void change_irq_count(PCIBus *bus, PCIDevice *dev, int pin, int change)
{
    bool before;
    int irq;

    for (; bus->parent_dev; bus = pci_get_bus(dev)) {
        pin = (PCI_SLOT(dev->devfn) + pin) % PCI_NUM_PINS;
        dev = bus->parent_dev;
    }
    irq = bus->map_irq ? bus->map_irq(dev, pin) : -1;
    if (irq < 0 || irq >= bus->nirq) {
        return;
    }
    before = bus->irq_count[irq] > 0;
    bus->irq_count[irq] += change;
    if (before != (bus->irq_count[irq] > 0)) {
        bus->set_irq(bus->irq_opaque, irq, !before);
    }
}

void pci_update_irq_lines(PCIDevice *dev)
{
    /* A function that may send messages leaves its pins alone. */
    bool disabled = (pci_get_word(dev->config + PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE) ||
                    msi_enabled(dev) || msix_enabled(dev);
    uint8_t driven = disabled ? 0 : dev->irq_state;
    uint8_t changed = driven ^ dev->irq_driven;
    uint8_t *status = dev->config + PCI_STATUS;

    *status = (*status & ~PCI_STATUS_INTERRUPT) | (dev->irq_state ? PCI_STATUS_INTERRUPT : 0);
    dev->irq_driven = driven;
    for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
        if (changed & (1 << pin)) {
            change_irq_count(pci_get_bus(dev), dev, pin, driven & (1 << pin) ? 1 : -1);
        }
    }
}

static void set_pin(void *opaque, int pin, int level)
{
    PCIDevice *dev = opaque;
    uint8_t bit = 1 << pin;

    if (!!level == !!(dev->irq_state & bit)) {
        return;
    }
    dev->irq_state ^= bit;
    pci_update_irq_lines(dev);
}

void pci_set_irq(PCIDevice *dev, int level)
{
    int pin = pci_intx(dev);

    if (pin >= 0 && pin < PCI_NUM_PINS) {
        set_pin(dev, pin, level);
    }
}

static void pci_irq_handler(void *opaque, int n, int level)
{
    pci_set_irq(opaque, level);
}

qemu_irq pci_allocate_irq(PCIDevice *dev)
{
    return qemu_allocate_irq(pci_irq_handler, dev, 0);
}
