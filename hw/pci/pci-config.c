/*
 * PCI configuration space of a function: header, base address registers, capabilities.
 *
 * Reference: PCI Local Bus Specification, revision 2.3, chapter 6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"

#define COMMAND_WRITABLE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
                          PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)
#define STATUS_CLEARABLE (PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT | \
                          PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT | \
                          PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY)

/* --- header --- */

void pci_init_header(PCIDevice *dev)
{
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(dev);
    uint8_t *config = dev->config;

    pci_config_set_vendor_id(config, pc->vendor_id);
    pci_config_set_device_id(config, pc->device_id);
    pci_config_set_revision(config, pc->revision);
    pci_config_set_class(config, pc->class_id);
    pci_config_set_prog_interface(config, pc->prog_if);
    if (pc->is_bridge) {
        config[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
    } else {
        pci_set_word(config + PCI_SUBSYSTEM_VENDOR_ID, pc->subsystem_vendor_id);
        pci_set_word(config + PCI_SUBSYSTEM_ID, pc->subsystem_id);
    }
    if (dev->multifunction) {
        config[PCI_HEADER_TYPE] |= PCI_HEADER_TYPE_MULTI_FUNCTION;
    }

    pci_set_word(dev->wmask + PCI_COMMAND, COMMAND_WRITABLE);
    pci_set_word(dev->w1cmask + PCI_STATUS, STATUS_CLEARABLE);
    dev->wmask[PCI_CACHE_LINE_SIZE] = 0xff;
    dev->wmask[PCI_LATENCY_TIMER] = 0xff;
    dev->wmask[PCI_INTERRUPT_LINE] = 0xff;
    /*
     * What lies behind the header belongs to the device; it is writable unless a capability says
     * otherwise.
     */
    memset(dev->wmask + PCI_CONFIG_HEADER_SIZE, 0xff,
           PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
}

static int rom_offset(const PCIDevice *dev)
{
    bool is_bridge = dev->config[PCI_HEADER_TYPE] & PCI_HEADER_TYPE_BRIDGE;

    return is_bridge ? PCI_ROM_ADDRESS1 : PCI_ROM_ADDRESS;
}

static int bar_offset(const PCIDevice *dev, int region)
{
    return region == PCI_ROM_SLOT ? rom_offset(dev) : PCI_BASE_ADDRESS_0 + region * 4;
}

static bool bar_is_64bit(const PCIIORegion *r)
{
    return !(r->type & PCI_BASE_ADDRESS_SPACE_IO) && (r->type & PCI_BASE_ADDRESS_MEM_TYPE_64);
}

void pci_reset_header(PCIDevice *dev)
{
    uint8_t *config = dev->config;

    pci_set_word(config + PCI_COMMAND,
                 pci_get_word(config + PCI_COMMAND) & ~pci_get_word(dev->wmask + PCI_COMMAND));
    pci_set_word(config + PCI_STATUS,
                 pci_get_word(config + PCI_STATUS) & ~pci_get_word(dev->w1cmask + PCI_STATUS));
    config[PCI_CACHE_LINE_SIZE] = 0;
    config[PCI_LATENCY_TIMER] &= ~dev->wmask[PCI_LATENCY_TIMER];
    config[PCI_INTERRUPT_LINE] &= ~dev->wmask[PCI_INTERRUPT_LINE];
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        PCIIORegion *r = &dev->io_regions[i];

        if (!r->size) {
            continue;
        }
        pci_set_long(config + bar_offset(dev, i), i == PCI_ROM_SLOT ? 0 : r->type);
        if (bar_is_64bit(r)) {
            pci_set_long(config + bar_offset(dev, i) + 4, 0);
        }
    }
    pcie_reset_bar_sizes(dev);
    pci_update_mappings(dev);
}

/* --- base address registers --- */

/* How many bits of the register can be written follows from the size. */
static void set_bar_mask(PCIDevice *dev, int region)
{
    const PCIIORegion *r = &dev->io_regions[region];
    uint64_t mask = ~(r->size - 1);

    if (region == PCI_ROM_SLOT) {
        mask |= PCI_ROM_ADDRESS_ENABLE;
    } else {
        mask &= r->type & PCI_BASE_ADDRESS_SPACE_IO ? PCI_BASE_ADDRESS_IO_MASK : PCI_BASE_ADDRESS_MEM_MASK;
    }
    if (bar_is_64bit(r)) {
        pci_set_quad(dev->wmask + bar_offset(dev, region), mask);
    } else {
        pci_set_long(dev->wmask + bar_offset(dev, region), mask);
    }
}

void pci_register_bar(PCIDevice *dev, int region, uint8_t type, MemoryRegion *memory)
{
    PCIIORegion *r = &dev->io_regions[region];
    PCIBus *bus = pci_get_bus(dev);
    pcibus_t size = memory_region_size(memory);

    g_assert(region >= 0 && region < PCI_NUM_REGIONS);
    g_assert(size && !(size & (size - 1)));

    r->addr = PCI_BAR_UNMAPPED;
    r->size = size;
    r->type = type;
    r->memory = memory;
    r->address_space =
        type & PCI_BASE_ADDRESS_SPACE_IO ? bus->address_space_io : bus->address_space_mem;

    if (region != PCI_ROM_SLOT) {
        pci_set_long(dev->config + bar_offset(dev, region), type);
    }
    set_bar_mask(dev, region);
}

void pci_resize_bar(PCIDevice *dev, int region, pcibus_t size)
{
    PCIIORegion *r = &dev->io_regions[region];
    uint8_t *reg = dev->config + bar_offset(dev, region);

    if (size == r->size) {
        return;
    }
    memory_region_transaction_begin();
    r->size = size;
    memory_region_set_size(r->memory, size);
    set_bar_mask(dev, region);
    if (bar_is_64bit(r)) {
        pci_set_quad(reg, (pci_get_quad(reg) & ~(size - 1)) | r->type);
    } else {
        pci_set_long(reg, (pci_get_long(reg) & ~(size - 1)) | r->type);
    }
    pci_update_mappings(dev);
    memory_region_transaction_commit();
}

/* The address that the register holds, whether or not it is decoded. */
static pcibus_t bar_value(PCIDevice *dev, int region)
{
    const PCIIORegion *r = &dev->io_regions[region];
    const uint8_t *reg = dev->config + bar_offset(dev, region);
    pcibus_t value = bar_is_64bit(r) ? pci_get_quad(reg) : pci_get_long(reg);

    return value & ~(r->size - 1);
}

static bool bar_is_decoded(PCIDevice *dev, int region)
{
    const PCIIORegion *r = &dev->io_regions[region];
    uint16_t command = pci_get_word(dev->config + PCI_COMMAND);

    if (r->type & PCI_BASE_ADDRESS_SPACE_IO) {
        return command & PCI_COMMAND_IO;
    }
    if (region == PCI_ROM_SLOT && !(dev->config[rom_offset(dev)] & PCI_ROM_ADDRESS_ENABLE)) {
        return false;
    }
    return command & PCI_COMMAND_MEMORY;
}

/*
 * Where the region belongs now. An address of 0 means "none given" (specification, 6.2.5.1), and
 * one that ends at the top of its space is a size probe, not an address.
 */
/* 0 means "not set" to most software; a host bridge may say that it is an address there. */
static bool is_zero_an_address(PCIDevice *dev)
{
    PCIBus *bus = pci_get_bus(dev);

    while (bus->parent_dev) {
        bus = pci_get_bus(bus->parent_dev);
    }
    return bus->zero_is_an_address;
}

static pcibus_t bar_address(PCIDevice *dev, int region)
{
    const PCIIORegion *r = &dev->io_regions[region];
    pcibus_t limit = bar_is_64bit(r) ? UINT64_MAX : UINT32_MAX;
    pcibus_t addr, last;

    if (!bar_is_decoded(dev, region)) {
        return PCI_BAR_UNMAPPED;
    }
    addr = bar_value(dev, region);
    last = addr + r->size - 1;
    return last < addr || last >= limit || (addr == 0 && !is_zero_an_address(dev))
               ? PCI_BAR_UNMAPPED
               : addr;
}

static void move_region(PCIIORegion *r, pcibus_t addr)
{
    if (addr == r->addr) {
        return;
    }
    if (r->addr != PCI_BAR_UNMAPPED) {
        memory_region_del_subregion(r->address_space, r->memory);
    }
    r->addr = addr;
    if (addr != PCI_BAR_UNMAPPED) {
        memory_region_add_subregion_overlap(r->address_space, addr, r->memory, 1);
    }
}

void pci_update_mappings(PCIDevice *dev)
{
    bool master = pci_get_word(dev->config + PCI_COMMAND) & PCI_COMMAND_MASTER;

    memory_region_transaction_begin();
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        if (dev->io_regions[i].size) {
            move_region(&dev->io_regions[i], bar_address(dev, i));
        }
    }
    memory_region_set_enabled(&dev->bus_master_enable, master);
    memory_region_transaction_commit();
}

void pci_unmap_regions(PCIDevice *dev)
{
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        if (dev->io_regions[i].size) {
            move_region(&dev->io_regions[i], PCI_BAR_UNMAPPED);
        }
    }
}

pcibus_t pci_get_bar_addr(PCIDevice *dev, int region)
{
    return dev->io_regions[region].addr;
}

/* --- configuration accesses --- */

uint32_t pci_default_read_config(PCIDevice *dev, uint32_t address, int len)
{
    uint32_t value = 0;

    for (int i = 0; i < len && address + i < pci_config_size(dev); i++) {
        value |= (uint32_t)dev->config[address + i] << (8 * i);
    }
    return value;
}

void pci_default_write_config(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    for (int i = 0; i < len && address + i < pci_config_size(dev); i++) {
        uint8_t *byte = &dev->config[address + i];
        uint8_t wmask = dev->wmask[address + i];
        uint8_t data = value >> (8 * i);

        *byte = (*byte & ~wmask) | (data & wmask);
        *byte &= ~(data & dev->w1cmask[address + i]);
    }
    /* The command register, the base addresses and the ROM's are all in these. */
    if (address < PCI_INTERRUPT_LINE) {
        pci_update_mappings(dev);
    }
    if (address < PCI_STATUS) {
        pci_update_irq_lines(dev);
    }
    pcie_resizable_bars_written(dev, address, len);
    if (dev->msi_cap && address + len > dev->msi_cap && address < dev->msi_cap + 24u) {
        msi_config_written(dev);
    }
    if (dev->msix_cap && address + len > dev->msix_cap + PCI_MSIX_FLAGS &&
        address < dev->msix_cap + PCI_MSIX_TABLE) {
        msix_config_written(dev);
    }
}

uint32_t pci_host_config_read_common(PCIDevice *dev, uint32_t address, uint32_t limit,
                                     uint32_t len)
{
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(dev);
    uint32_t ones = len >= 4 ? UINT32_MAX : (1U << (8 * len)) - 1;

    limit = MIN(limit, pci_config_size(dev));
    if (address + len > limit || dev->has_no_power) {
        return ones;
    }
    return (pc->config_read ? pc->config_read : pci_default_read_config)(dev, address, len) & ones;
}

void pci_host_config_write_common(PCIDevice *dev, uint32_t address, uint32_t limit, uint32_t value,
                                  uint32_t len)
{
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(dev);

    if (address + len <= MIN(limit, pci_config_size(dev)) && !dev->has_no_power) {
        (pc->config_write ? pc->config_write : pci_default_write_config)(dev, address, value, len);
    }
}

/* --- capabilities --- */

/* The offset of the byte that points to the capability, 0 if there is none with that id. */
static uint8_t find_capability_link(PCIDevice *dev, uint8_t cap_id)
{
    uint8_t link = PCI_CAPABILITY_LIST;

    if (!(dev->config[PCI_STATUS] & PCI_STATUS_CAP_LIST)) {
        return 0;
    }
    for (int left = PCI_CONFIG_SPACE_SIZE / 4; left && dev->config[link]; left--) {
        if (dev->config[dev->config[link]] == cap_id) {
            return link;
        }
        link = dev->config[link] + PCI_CAP_LIST_NEXT;
    }
    return 0;
}

uint8_t pci_find_capability(PCIDevice *dev, uint8_t cap_id)
{
    uint8_t link = find_capability_link(dev, cap_id);

    return link ? dev->config[link] : 0;
}

static bool config_is_free(PCIDevice *dev, int offset, int size)
{
    for (int i = offset; i < offset + size; i++) {
        if (i >= PCI_CONFIG_SPACE_SIZE || dev->used[i]) {
            return false;
        }
    }
    return true;
}

static int find_config_space(PCIDevice *dev, int size)
{
    for (int offset = PCI_CONFIG_HEADER_SIZE; offset < PCI_CONFIG_SPACE_SIZE; offset += 4) {
        if (config_is_free(dev, offset, size)) {
            return offset;
        }
    }
    return 0;
}

int pci_add_capability(PCIDevice *dev, uint8_t cap_id, uint8_t offset, uint8_t size, Error **errp)
{
    int place = offset ? offset : find_config_space(dev, size);
    uint8_t *cap = dev->config + place;

    if (!place) {
        error_setg(errp, "%s: no room for PCI capability 0x%02x of %u bytes", dev->name, cap_id,
                   size);
        return -ENOSPC;
    }
    if (!config_is_free(dev, place, size)) {
        error_setg(errp, "%s: PCI capability 0x%02x at 0x%02x overlaps another one", dev->name,
                   cap_id, place);
        return -EINVAL;
    }
    memset(dev->used + place, 1, size);
    memset(dev->wmask + place, 0, size);
    cap[PCI_CAP_LIST_ID] = cap_id;
    cap[PCI_CAP_LIST_NEXT] = dev->config[PCI_CAPABILITY_LIST];
    dev->config[PCI_CAPABILITY_LIST] = place;
    dev->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    return place;
}

void pci_del_capability(PCIDevice *dev, uint8_t cap_id, uint8_t size)
{
    uint8_t link = find_capability_link(dev, cap_id);
    uint8_t place = link ? dev->config[link] : 0;

    if (!place) {
        return;
    }
    dev->config[link] = dev->config[place + PCI_CAP_LIST_NEXT];
    memset(dev->wmask + place, 0xff, size);
    memset(dev->w1cmask + place, 0, size);
    memset(dev->used + place, 0, size);
    if (!dev->config[PCI_CAPABILITY_LIST]) {
        dev->config[PCI_STATUS] &= ~PCI_STATUS_CAP_LIST;
    }
}
