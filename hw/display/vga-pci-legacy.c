/*
 * A VGA on PCI: its registers in a BAR, and the legacy addresses of its bus.
 *
 * Reference: QEMU's description of its standard VGA, docs/specs/standard-vga.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "vga-pci.h"

static uint64_t bar_ports_read(void *opaque, hwaddr addr, unsigned size)
{
    return vga_port_read(opaque, 0x3c0 + addr);
}

static void bar_ports_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    vga_port_write(opaque, 0x3c0 + addr, value);
}

static const MemoryRegionOps bar_ports_ops = {
    .read = bar_ports_read,
    .write = bar_ports_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

void vga_pci_init_bar(VGAState *v, Object *owner, MemoryRegion *bar, VGAPCIBar *parts)
{
    memory_region_init_io(&parts->ports, owner, &bar_ports_ops, v, "vga ioports remapped", 0x20);
    memory_region_add_subregion(bar, 0x400, &parts->ports);
    dispi_init_mmio(&v->dispi, owner, bar, &parts->dispi, &parts->extension);
}

void vga_pci_update_legacy(VGAState *v, PCIDevice *dev)
{
    uint16_t command = pci_get_word(dev->config + PCI_COMMAND);

    memory_region_set_enabled(&v->window, command & PCI_COMMAND_MEMORY);
    for (int i = 0; i < VGA_PORT_RANGES; i++) {
        memory_region_set_enabled(&v->ports[i].io, command & PCI_COMMAND_IO);
    }
    memory_region_set_enabled(&v->dispi_ports, command & PCI_COMMAND_IO);
}

void vga_pci_take_legacy(VGAState *v, PCIDevice *dev)
{
    PCIBus *bus = pci_get_bus(dev);

    memory_region_add_subregion_overlap(bus->address_space_mem, VGA_WINDOW, &v->window, 1);
    for (int i = 0; i < VGA_PORT_RANGES; i++) {
        memory_region_add_subregion(bus->address_space_io, v->ports[i].first, &v->ports[i].io);
    }
    memory_region_add_subregion(bus->address_space_io, VGA_DISPI_PORT, &v->dispi_ports);
    vga_pci_update_legacy(v, dev);
}

void vga_pci_drop_legacy(VGAState *v, PCIDevice *dev)
{
    PCIBus *bus = pci_get_bus(dev);

    memory_region_del_subregion(bus->address_space_mem, &v->window);
    for (int i = 0; i < VGA_PORT_RANGES; i++) {
        memory_region_del_subregion(bus->address_space_io, &v->ports[i].io);
    }
    memory_region_del_subregion(bus->address_space_io, &v->dispi_ports);
}
