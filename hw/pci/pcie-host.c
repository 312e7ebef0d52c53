/*
 * ECAM: each function's configuration space at bus << 20 | device << 15 | function << 12.
 *
 * Reference: PCI Express Base Specification, revision 2.1, section 7.2.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_host.h"

static PCIDevice *function_at(PCIBus *bus, hwaddr addr)
{
    return pci_find_device(bus, addr >> 20, addr >> 12 & 0xff);
}

static uint64_t ecam_read(void *opaque, hwaddr addr, unsigned size)
{
    PCIDevice *dev = function_at(opaque, addr);

    return dev ? pci_host_config_read_common(dev, addr % PCIE_CONFIG_SPACE_SIZE,
                                             PCIE_CONFIG_SPACE_SIZE, size)
               : UINT32_MAX >> (32 - 8 * size);
}

static void ecam_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PCIDevice *dev = function_at(opaque, addr);

    if (dev) {
        pci_host_config_write_common(dev, addr % PCIE_CONFIG_SPACE_SIZE, PCIE_CONFIG_SPACE_SIZE,
                                     value, size);
    }
}

static const MemoryRegionOps ecam_ops = {
    .read = ecam_read,
    .write = ecam_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

void pcie_ecam_init(MemoryRegion *region, Object *owner, PCIBus *bus, unsigned num_buses)
{
    assert(num_buses >= 1 && num_buses <= 256);
    memory_region_init_io(region, owner, &ecam_ops, bus, "pcie-mmcfg-mmio",
                          (uint64_t)num_buses * PCIE_ECAM_BUS_SIZE);
}
