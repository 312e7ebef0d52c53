/*
 * A PCI function between memory and a driver that is the test: RAM at 0, memory BAR n at 10000000 +
 * n MiB, the I/O BAR at 1000.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_PCI_TEST_H
#define TESTS_UNIT_PCI_TEST_H

#include "device-test.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "qemu/units.h"

#define PCI_TEST_RAM  (2 * MiB)
#define PCI_TEST_BARS 0x10000000u
#define PCI_TEST_IO   0x1000u
#define TYPE_PCI_TEST_HOST "pci-test-host"

typedef struct PciTest {
    PCIHostState *host;
    PCIBus *bus;
    MemoryRegion mem, io, ram;
    AddressSpace mem_as, io_as;
    int irq;
} PciTest;

static const TypeInfo pci_test_host_type = {
    .name = TYPE_PCI_TEST_HOST,
    .parent = TYPE_PCI_HOST_BRIDGE,
    .instance_size = sizeof(PCIHostState),
};

static int pci_test_map_irq(PCIDevice *dev, int pin)
{
    return 0;
}

static void pci_test_set_irq(void *opaque, int irq, int level)
{
    ((PciTest *)opaque)->irq = level;
}

/* Once. */
static G_GNUC_UNUSED void pci_test_init(PciTest *t)
{
    type_register_static(&pci_test_host_type);
    t->host = PCI_HOST_BRIDGE(qdev_new(TYPE_PCI_TEST_HOST));
    memory_region_init(&t->mem, NULL, "mem", UINT64_C(1) << 32);
    memory_region_init(&t->io, NULL, "io", 64 * KiB);
    memory_region_init_ram(&t->ram, NULL, "pci-test-ram", PCI_TEST_RAM, &error_abort);
    memory_region_add_subregion(&t->mem, 0, &t->ram);
    address_space_init(&t->mem_as, &t->mem, "mem");
    address_space_init(&t->io_as, &t->io, "io");
    t->host->bus = t->bus = pci_register_root_bus(DEVICE(t->host), "pci.0", pci_test_set_irq, pci_test_map_irq, t, &t->mem,
                                                  &t->io, PCI_DEVFN(3, 0), 1, TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(t->host), &error_abort);
}

static G_GNUC_UNUSED void pci_test_config(PciTest *t, PCIDevice *dev, int reg, uint32_t value, int len)
{
    pci_data_write(t->bus, 0x80000000 | dev->devfn << 8 | reg, value, len);
}

static G_GNUC_UNUSED uint32_t pci_test_get_config(PciTest *t, PCIDevice *dev, int reg, int len)
{
    return pci_data_read(t->bus, 0x80000000 | dev->devfn << 8 | reg, len);
}

/* Its memory BARs and the I/O BAR `io_bar` (-1: none) where this file says, plus `offset`. */
static G_GNUC_UNUSED void pci_test_enable(PciTest *t, PCIDevice *dev, int io_bar, uint32_t offset)
{
    for (int n = 0; n < 6; n++) {
        bool upper_half = n > 0 && (dev->config[PCI_BASE_ADDRESS_0 + 4 * (n - 1)] & PCI_BASE_ADDRESS_MEM_TYPE_64);

        if (!upper_half) {
            pci_test_config(t, dev, PCI_BASE_ADDRESS_0 + 4 * n,
                            n == io_bar ? PCI_TEST_IO + offset / 256 : PCI_TEST_BARS + offset + n * (1 * MiB), 4);
        }
    }
    pci_test_config(t, dev, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
}

/* What resets `device` when something is written to it: as a bridge's registers can. */
static void pci_test_reset_write(void *device, hwaddr addr, uint64_t value, unsigned size)
{
    device_cold_reset(DEVICE(device));
}

static uint64_t pci_test_reset_read(void *device, hwaddr addr, unsigned size)
{
    return 0;
}

static G_GNUC_UNUSED void pci_test_add_reset(PciTest *t, MemoryRegion *mr, PCIDevice *device, uint32_t at)
{
    static const MemoryRegionOps ops = { .read = pci_test_reset_read, .write = pci_test_reset_write };

    memory_region_init_io(mr, NULL, &ops, device, "reset", 0x1000);
    memory_region_add_subregion(&t->mem, at, mr);
}

static G_GNUC_UNUSED void pci_test_remove_reset(PciTest *t, MemoryRegion *mr)
{
    memory_region_del_subregion(&t->mem, mr);
    object_unparent(OBJECT(mr));
}

static G_GNUC_UNUSED uint8_t *pci_test_memory(PciTest *t, uint32_t addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&t->ram) + addr;
}

#endif
