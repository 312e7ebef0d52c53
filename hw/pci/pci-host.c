/*
 * PCI host bridges: configuration mechanism 1.
 *
 * Reference: PCI Local Bus Specification, revision 2.3, section 3.2.2.3.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "qemu/bitops.h"
#include "qemu/module.h"

#define CONFIG_ENABLE 0x80000000u

static PCIDevice *addressed_device(PCIBus *bus, uint32_t addr)
{
    return pci_find_device(bus, (addr >> 16) & 0xff, (addr >> 8) & 0xff);
}

void pci_data_write(PCIBus *bus, uint32_t addr, uint32_t val, unsigned len)
{
    PCIDevice *dev = addressed_device(bus, addr);

    if (dev) {
        pci_host_config_write_common(dev, addr & 0xff, PCI_CONFIG_SPACE_SIZE, val, len);
    }
}

uint32_t pci_data_read(PCIBus *bus, uint32_t addr, unsigned len)
{
    PCIDevice *dev = addressed_device(bus, addr);

    if (!dev) {
        return UINT32_MAX >> (32 - 8 * len);
    }
    return pci_host_config_read_common(dev, addr & 0xff, PCI_CONFIG_SPACE_SIZE, len);
}

/* Offsets count from the register's least significant byte, whatever order it is seen in. */
static void conf_le_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PCIHostState *s = opaque;

    s->config_reg = deposit32(s->config_reg, addr * 8, len * 8, val);
}

static uint64_t conf_le_read(void *opaque, hwaddr addr, unsigned len)
{
    PCIHostState *s = opaque;

    return extract32(s->config_reg, addr * 8, len * 8);
}

static void conf_be_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    conf_le_write(opaque, 4 - len - addr, val, len);
}

static uint64_t conf_be_read(void *opaque, hwaddr addr, unsigned len)
{
    return conf_le_read(opaque, 4 - len - addr, len);
}

/* The register's low two bits don't count: the byte lane of the access stands for them. */
static uint32_t data_address(const PCIHostState *s, hwaddr addr)
{
    return (s->config_reg & 0x00fffffc) | (addr & 3);
}

static void data_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PCIHostState *s = opaque;

    if (s->config_reg & CONFIG_ENABLE) {
        pci_data_write(s->bus, data_address(s, addr), val, len);
    }
}

static uint64_t data_read(void *opaque, hwaddr addr, unsigned len)
{
    PCIHostState *s = opaque;

    if (!(s->config_reg & CONFIG_ENABLE)) {
        return UINT32_MAX >> (32 - 8 * len);
    }
    return pci_data_read(s->bus, data_address(s, addr), len);
}

#define HOST_OPS(reader, writer, order) \
    { \
        .read = reader, .write = writer, .endianness = order, \
        .valid = { .min_access_size = 1, .max_access_size = 4 }, \
        .impl = { .min_access_size = 1, .max_access_size = 4 }, \
    }

const MemoryRegionOps pci_host_conf_le_ops =
    HOST_OPS(conf_le_read, conf_le_write, DEVICE_LITTLE_ENDIAN);
const MemoryRegionOps pci_host_conf_be_ops =
    HOST_OPS(conf_be_read, conf_be_write, DEVICE_BIG_ENDIAN);
const MemoryRegionOps pci_host_data_le_ops = HOST_OPS(data_read, data_write, DEVICE_LITTLE_ENDIAN);
const MemoryRegionOps pci_host_data_be_ops = HOST_OPS(data_read, data_write, DEVICE_BIG_ENDIAN);

void pci_host_add_ports(PCIHostState *s, MemoryRegion *io)
{
    static const MemoryRegionOps address_ops = {
        .read = conf_le_read,
        .write = conf_le_write,
        .endianness = DEVICE_LITTLE_ENDIAN,
        .valid = { .min_access_size = 4, .max_access_size = 4 },
        .impl = { .min_access_size = 4, .max_access_size = 4 },
    };

    memory_region_init_io(&s->conf_mem, OBJECT(s), &address_ops, s, "pci-conf-idx", 4);
    memory_region_init_io(&s->data_mem, OBJECT(s), &pci_host_data_le_ops, s, "pci-conf-data", 4);
    memory_region_add_subregion(io, PCI_CONFIG_ADDRESS_PORT, &s->conf_mem);
    memory_region_add_subregion(io, PCI_CONFIG_DATA_PORT, &s->data_mem);
}

const VMStateDescription vmstate_pci_host = {
    .name = "pci-host",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(config_reg, PCIHostState),
        VMSTATE_END_OF_LIST()
    },
};

static const TypeInfo pci_host_types[] = {
    {
        .name = TYPE_PCI_HOST_BRIDGE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PCIHostState),
        .class_size = sizeof(PCIHostBridgeClass),
    },
};

DEFINE_TYPES(pci_host_types)
