/*
 * PCI-PCI bridges: the type 1 header, the windows and the bus behind them; and the plain bridge
 * that users can add, "pci-bridge".
 *
 * Reference: PCI-to-PCI Bridge Architecture Specification, revision 1.2, chapters 3 and 4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bridge.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define IO_GRANULE   0x1000u
#define MEM_GRANULE  0x100000u
#define IO_SPACE     (1ULL << 32)
#define CLOSED       ((PCIBridgeRange){ .base = 1, .limit = 0 })

/* VGA's addresses are fixed (section 4.5). */
static const struct {
    int window;
    PCIBridgeRange range;
} vga_windows[] = {
    { PCI_BRIDGE_WINDOW_VGA_MEM, { 0xa0000, 0xbffff } },
    { PCI_BRIDGE_WINDOW_VGA_3B0, { 0x3b0, 0x3bb } },
    { PCI_BRIDGE_WINDOW_VGA_3C0, { 0x3c0, 0x3df } },
};

PCIBus *pci_bridge_get_sec_bus(const PCIDevice *dev)
{
    return PCI_DEVICE_GET_CLASS(dev)->is_bridge ? PCI_BRIDGE(dev)->behind : NULL;
}

/* --- windows --- */

static PCIBridgeRange io_range(const uint8_t *config)
{
    uint64_t base = (config[PCI_IO_BASE] & 0xf0u) << 8, limit = (config[PCI_IO_LIMIT] & 0xf0u) << 8;

    if (config[PCI_IO_BASE] & PCI_IO_RANGE_TYPE_32) {
        base |= (uint64_t)pci_get_word(config + PCI_IO_BASE_UPPER16) << 16;
        limit |= (uint64_t)pci_get_word(config + PCI_IO_LIMIT_UPPER16) << 16;
    }
    return (PCIBridgeRange){ base, limit | (IO_GRANULE - 1) };
}

static PCIBridgeRange mem_range(const uint8_t *config)
{
    uint64_t base = pci_get_word(config + PCI_MEMORY_BASE) & 0xfff0;
    uint64_t limit = pci_get_word(config + PCI_MEMORY_LIMIT) & 0xfff0;

    return (PCIBridgeRange){ base << 16, limit << 16 | (MEM_GRANULE - 1) };
}

static PCIBridgeRange pref_range(const uint8_t *config)
{
    uint16_t low = pci_get_word(config + PCI_PREF_MEMORY_BASE);
    uint64_t base = (uint64_t)(low & 0xfff0) << 16;
    uint64_t limit = (uint64_t)(pci_get_word(config + PCI_PREF_MEMORY_LIMIT) & 0xfff0) << 16;

    if (low & PCI_PREF_RANGE_TYPE_64) {
        base |= (uint64_t)pci_get_long(config + PCI_PREF_BASE_UPPER32) << 32;
        limit |= (uint64_t)pci_get_long(config + PCI_PREF_LIMIT_UPPER32) << 32;
    }
    return (PCIBridgeRange){ base, limit | (MEM_GRANULE - 1) };
}

PCIBridgeRange pci_bridge_range(const PCIDevice *dev, int window)
{
    static PCIBridgeRange (*const ranges[])(const uint8_t *) = {
        [PCI_BRIDGE_WINDOW_IO] = io_range,
        [PCI_BRIDGE_WINDOW_MEM] = mem_range,
        [PCI_BRIDGE_WINDOW_PREF] = pref_range,
    };

    return ranges[window](dev->config);
}

static bool is_io(int window)
{
    return window == PCI_BRIDGE_WINDOW_IO || window == PCI_BRIDGE_WINDOW_VGA_3B0 ||
           window == PCI_BRIDGE_WINDOW_VGA_3C0;
}

static void place_window(PCIBridge *br, int window, PCIBridgeRange range)
{
    MemoryRegion *alias = &br->windows[window], *parent = br->window_parent[window];
    uint16_t command = pci_get_word(br->parent_obj.config + PCI_COMMAND);
    bool open = range.base <= range.limit && range.base < memory_region_size(parent) &&
                (command & (is_io(window) ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY));

    if (open) {
        uint64_t last = MIN(range.limit, memory_region_size(parent) - 1);

        memory_region_set_size(alias, last - range.base + 1);
        memory_region_set_alias_offset(alias, range.base);
        memory_region_set_address(alias, range.base);
    }
    memory_region_set_enabled(alias, open);
}

static void update_windows(PCIBridge *br)
{
    PCIDevice *dev = &br->parent_obj;
    bool vga = pci_get_word(dev->config + PCI_BRIDGE_CONTROL) & PCI_BRIDGE_CTL_VGA;

    memory_region_transaction_begin();
    for (int i = PCI_BRIDGE_WINDOW_IO; i <= PCI_BRIDGE_WINDOW_PREF; i++) {
        place_window(br, i, pci_bridge_range(dev, i));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(vga_windows); i++) {
        place_window(br, vga_windows[i].window, vga ? vga_windows[i].range : CLOSED);
    }
    memory_region_transaction_commit();
}

static void init_windows(PCIBridge *br)
{
    static const char *const names[PCI_BRIDGE_NUM_WINDOWS] = {
        "bridge I/O window", "bridge memory window", "bridge prefetchable window",
        "bridge VGA memory", "bridge VGA ports 3b0", "bridge VGA ports 3c0",
    };
    PCIBus *above = pci_get_bus(&br->parent_obj);

    memory_region_init(&br->mem_behind, OBJECT(br), "memory behind bridge", UINT64_MAX);
    memory_region_init(&br->io_behind, OBJECT(br), "I/O behind bridge", IO_SPACE);
    for (int i = 0; i < PCI_BRIDGE_NUM_WINDOWS; i++) {
        MemoryRegion *behind = is_io(i) ? &br->io_behind : &br->mem_behind;

        br->window_parent[i] = is_io(i) ? above->address_space_io : above->address_space_mem;
        memory_region_init_alias(&br->windows[i], OBJECT(br), names[i], behind, 0, IO_GRANULE);
        memory_region_set_enabled(&br->windows[i], false);
        memory_region_add_subregion_overlap(br->window_parent[i], 0, &br->windows[i], 1);
    }
}

/* --- the function --- */

static void init_header(PCIDevice *dev)
{
    uint8_t *config = dev->config, *wmask = dev->wmask;

    memset(wmask + PCI_PRIMARY_BUS, 0xff, 4);
    config[PCI_IO_BASE] = config[PCI_IO_LIMIT] = PCI_IO_RANGE_TYPE_32;
    wmask[PCI_IO_BASE] = wmask[PCI_IO_LIMIT] = 0xf0;
    pci_set_word(dev->w1cmask + PCI_SEC_STATUS, 0xf900);
    pci_set_word(wmask + PCI_MEMORY_BASE, 0xfff0);
    pci_set_word(wmask + PCI_MEMORY_LIMIT, 0xfff0);
    pci_set_word(config + PCI_PREF_MEMORY_BASE, PCI_PREF_RANGE_TYPE_64);
    pci_set_word(config + PCI_PREF_MEMORY_LIMIT, PCI_PREF_RANGE_TYPE_64);
    pci_set_word(wmask + PCI_PREF_MEMORY_BASE, 0xfff0);
    pci_set_word(wmask + PCI_PREF_MEMORY_LIMIT, 0xfff0);
    memset(wmask + PCI_PREF_BASE_UPPER32, 0xff, PCI_CAPABILITY_LIST - PCI_PREF_BASE_UPPER32);
    pci_set_word(wmask + PCI_BRIDGE_CONTROL,
                 PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR | PCI_BRIDGE_CTL_ISA |
                     PCI_BRIDGE_CTL_VGA | PCI_BRIDGE_CTL_VGA_16BIT | PCI_BRIDGE_CTL_BUS_RESET);
}

void pci_bridge_initfn(PCIDevice *dev, const char *bus_type)
{
    PCIBridge *br = PCI_BRIDGE(dev);

    init_header(dev);
    init_windows(br);
    br->behind = PCI_BUS(qbus_new(bus_type, DEVICE(dev), dev->qdev.id));
    br->behind->parent_dev = dev;
    br->behind->address_space_mem = &br->mem_behind;
    br->behind->address_space_io = &br->io_behind;
}

void pci_bridge_exitfn(PCIDevice *dev)
{
    PCIBridge *br = PCI_BRIDGE(dev);

    for (int i = 0; i < PCI_BRIDGE_NUM_WINDOWS; i++) {
        memory_region_del_subregion(br->window_parent[i], &br->windows[i]);
    }
}

void pci_bridge_write_config(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    PCIBridge *br = PCI_BRIDGE(dev);
    uint16_t before = pci_get_word(dev->config + PCI_BRIDGE_CONTROL), changed;

    pci_default_write_config(dev, address, value, len);
    changed = before ^ pci_get_word(dev->config + PCI_BRIDGE_CONTROL);
    update_windows(br);
    if (changed & ~before & PCI_BRIDGE_CTL_BUS_RESET) {
        bus_cold_reset(BUS(br->behind));
    }
}

/* What the specification has undefined after reset is closed. */
void pci_bridge_reset_hold(Object *obj)
{
    PCIDevice *dev = PCI_DEVICE(obj);

    memset(dev->config + PCI_PRIMARY_BUS, 0, 4);
    dev->config[PCI_IO_BASE] = dev->config[PCI_IO_LIMIT] = PCI_IO_RANGE_TYPE_32;
    pci_set_long(dev->config + PCI_MEMORY_BASE, 0);
    pci_set_long(dev->config + PCI_PREF_MEMORY_BASE,
                 PCI_PREF_RANGE_TYPE_64 << 16 | PCI_PREF_RANGE_TYPE_64);
    memset(dev->config + PCI_PREF_BASE_UPPER32, 0, PCI_CAPABILITY_LIST - PCI_PREF_BASE_UPPER32);
    pci_set_word(dev->config + PCI_BRIDGE_CONTROL, 0);
    pci_set_word(dev->config + PCI_COMMAND, 0);
    update_windows(PCI_BRIDGE(obj));
}

static int bridge_post_load(void *opaque, int version_id)
{
    update_windows(opaque);
    return 0;
}

const VMStateDescription vmstate_pci_bridge = {
    .name = "pci-bridge",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = bridge_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, PCIBridge),
            VMSTATE_END_OF_LIST(),
        },
};

static void bridge_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->is_bridge = true;
    pc->class_id = PCI_CLASS_BRIDGE_PCI;
    pc->config_write = pci_bridge_write_config;
    pc->exit = pci_bridge_exitfn;
    dc->vmsd = &vmstate_pci_bridge;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
    RESETTABLE_CLASS(klass)->phases.hold = pci_bridge_reset_hold;
}

/* --- "pci-bridge" --- */

#define TYPE_PLAIN_BRIDGE "pci-bridge"

typedef struct PlainBridge {
    PCIBridge parent_obj;

    uint8_t chassis; /* for the user's labels; there is no slot numbering capability */
    OnOffAuto msi;
} PlainBridge;

DECLARE_INSTANCE_CHECKER(PlainBridge, PLAIN_BRIDGE, TYPE_PLAIN_BRIDGE)

static void plain_bridge_realize(PCIDevice *dev, Error **errp)
{
    pci_bridge_initfn(dev, TYPE_PCI_BUS);
    pci_config_set_interrupt_pin(dev->config, 1);
    if (PLAIN_BRIDGE(dev)->msi != ON_OFF_AUTO_OFF && msi_init(dev, 0, 1, true, true, errp) < 0) {
        pci_bridge_exitfn(dev);
    }
}

static Property plain_bridge_properties[] = {
    DEFINE_PROP_UINT8("chassis_nr", PlainBridge, chassis, 0),
    DEFINE_PROP_ON_OFF_AUTO("msi", PlainBridge, msi, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_END_OF_LIST(),
};

static void plain_bridge_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = plain_bridge_realize;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = PCI_DEVICE_ID_REDHAT_BRIDGE;
    dc->desc = "PCI-PCI bridge";
    device_class_set_props(dc, plain_bridge_properties);
}

static const TypeInfo bridge_types[] = {
    {
        .name = TYPE_PCI_BRIDGE,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PCIBridge),
        .class_init = bridge_class_init,
    },
    {
        .name = TYPE_PLAIN_BRIDGE,
        .parent = TYPE_PCI_BRIDGE,
        .instance_size = sizeof(PlainBridge),
        .class_init = plain_bridge_class_init,
    },
};

DEFINE_TYPES(bridge_types)
