/*
 * Hawk PCI host bridge, PCI side: function 00:00.0 and the inbound windows.
 *
 * Base address 0 (I/O) and 1 (memory) say where the MPIC's registers are; the processor sees them
 * through its outbound windows. PSADDn, PSATTn and PSOFFn open windows in PCI memory space that
 * lead to the processor's bus: this is where bus masters find SDRAM. A PCI target at an address
 * comes before a window.
 *
 * Reference: MVME5100 Programmer's Reference Guide, chapter 2, "PCI Registers".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/pci_bus.h"
#include "hawk-internal.h"
#include "qemu/module.h"

#define BAR_MPIC_IO  0
#define BAR_MPIC_MEM 1

#define PSATT_WRITABLE   0xfff3u
#define COMMAND_WRITABLE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
                          PCI_COMMAND_PARITY | PCI_COMMAND_SERR)

typedef struct HawkPCIState {
    PCIDevice parent_obj;

    HawkPHBState *phb;
} HawkPCIState;

DECLARE_INSTANCE_CHECKER(HawkPCIState, HAWK_PCI, TYPE_HAWK_PCI)

/* --- inbound windows --- */

static void update_inbound(HawkPHBState *s, const uint8_t *config, int n)
{
    uint32_t range = pci_get_long(config + HAWK_PSADD(n));
    uint32_t offset = (uint32_t)pci_get_word(config + HAWK_PSOFF(n)) << 16;
    uint16_t att = pci_get_word(config + HAWK_PSATT(n));
    uint32_t start = range & 0xffff0000;
    uint32_t end = (range << 16) | 0xffff;
    uint32_t target = start + offset;
    MemoryRegion *window = &s->inbound[n];
    bool open = (att & (HAWK_ATT_REN | HAWK_ATT_WEN)) && start <= end &&
                (pci_get_word(config + PCI_COMMAND) & PCI_COMMAND_MEMORY);

    if (open) {
        memory_region_set_size(window, MIN((uint64_t)end - start + 1, HAWK_PCI_SPACE - target));
        memory_region_set_address(window, start);
        memory_region_set_alias_offset(window, target);
        memory_region_set_readonly(window, !(att & HAWK_ATT_WEN));
    }
    memory_region_set_enabled(window, open);
}

static void update_all_inbound(HawkPCIState *d)
{
    memory_region_transaction_begin();
    for (int n = 0; n < HAWK_NUM_WINDOWS; n++) {
        update_inbound(d->phb, d->parent_obj.config, n);
    }
    memory_region_transaction_commit();
}

static AddressSpace *master_address_space(PCIBus *bus, void *opaque, int devfn)
{
    HawkPHBState *s = opaque;

    return &s->master_as;
}

static void init_master_space(HawkPHBState *s)
{
    memory_region_init(&s->master_root, OBJECT(s), "hawk-pci-masters", HAWK_PCI_SPACE);
    memory_region_init_alias(&s->master_bus, OBJECT(s), "hawk-pci-targets", &s->pci_mem, 0,
                             HAWK_PCI_SPACE);
    memory_region_add_subregion_overlap(&s->master_root, 0, &s->master_bus, 1);
    for (int n = 0; n < HAWK_NUM_WINDOWS; n++) {
        g_autofree char *name = g_strdup_printf("hawk-inbound%d", n);

        memory_region_init_alias(&s->inbound[n], OBJECT(s), name, s->memory, 0, 0x10000);
        memory_region_set_enabled(&s->inbound[n], false);
        memory_region_add_subregion_overlap(&s->master_root, 0, &s->inbound[n], -n);
    }
    address_space_init(&s->master_as, &s->master_root, "hawk-pci-masters");
    pci_setup_iommu(PCI_HOST_BRIDGE(s)->bus, master_address_space, s);
}

/* --- the function --- */

static void hawk_pci_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    pci_default_write_config(dev, address, value, len);
    if (address < PCI_STATUS || (address + len > HAWK_PSADD(0) && address < HAWK_PSADD(4))) {
        update_all_inbound(HAWK_PCI(dev));
    }
}

void hawk_pci_config_write(HawkPHBState *s, uint32_t offset, uint32_t value, int len)
{
    pci_host_config_write_common(s->function, offset, PCI_CONFIG_SPACE_SIZE, value, len);
}

static void init_writable(PCIDevice *dev)
{
    memset(dev->wmask + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    for (int n = 0; n < HAWK_NUM_WINDOWS; n++) {
        pci_set_long(dev->wmask + HAWK_PSADD(n), UINT32_MAX);
        pci_set_word(dev->wmask + HAWK_PSATT(n), PSATT_WRITABLE);
        pci_set_word(dev->wmask + HAWK_PSOFF(n), UINT16_MAX);
    }
    pci_set_word(dev->wmask + PCI_COMMAND, COMMAND_WRITABLE);
}

static void hawk_pci_function_realize(PCIDevice *dev, Error **errp)
{
    HawkPHBState *s = HAWK_PCI(dev)->phb;
    MemoryRegion *mpic = sysbus_mmio_get_region(s->mpic, 0);
    uint64_t size = memory_region_size(mpic);

    init_writable(dev);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_FAST_BACK | PCI_STATUS_DEVSEL_MEDIUM);
    memory_region_init_alias(&s->mpic_io, OBJECT(dev), "mpic-io", mpic, 0, size);
    pci_register_bar(dev, BAR_MPIC_IO, PCI_BASE_ADDRESS_SPACE_IO, &s->mpic_io);
    pci_register_bar(dev, BAR_MPIC_MEM, PCI_BASE_ADDRESS_SPACE_MEMORY, mpic);
}

static void hawk_pci_reset_hold(Object *obj)
{
    PCIDevice *dev = PCI_DEVICE(obj);

    memset(dev->config + HAWK_PSADD(0), 0, HAWK_PSADD(4) - HAWK_PSADD(0));
    update_all_inbound(HAWK_PCI(dev));
}

bool hawk_pci_realize(HawkPHBState *s, Error **errp)
{
    if (!s->mpic || !s->memory) {
        error_setg(errp, "%s: the 'mpic' and 'memory' links must be set", TYPE_HAWK_PHB);
        return false;
    }
    init_master_space(s);
    s->function = pci_new(PCI_DEVFN(0, 0), TYPE_HAWK_PCI);
    HAWK_PCI(s->function)->phb = s;
    return pci_realize_and_unref(s->function, PCI_HOST_BRIDGE(s)->bus, errp);
}

static int hawk_pci_post_load(void *opaque, int version_id)
{
    update_all_inbound(opaque);
    return 0;
}

static const VMStateDescription vmstate_hawk_pci = {
    .name = TYPE_HAWK_PCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = hawk_pci_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, HawkPCIState),
        VMSTATE_END_OF_LIST()
    },
};

static void hawk_pci_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    pc->realize = hawk_pci_function_realize;
    pc->config_write = hawk_pci_write;
    pc->vendor_id = PCI_VENDOR_ID_MOTOROLA;
    pc->device_id = PCI_DEVICE_ID_MOTOROLA_HAWK;
    pc->revision = 0x01;
    pc->class_id = PCI_CLASS_BRIDGE_HOST;
    rc->phases.hold = hawk_pci_reset_hold;
    dc->desc = "Hawk, PCI side";
    dc->vmsd = &vmstate_hawk_pci;
    dc->user_creatable = false; /* part of the host bridge */
}

static const TypeInfo hawk_pci_types[] = {
    {
        .name = TYPE_HAWK_PCI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(HawkPCIState),
        .class_init = hawk_pci_class_init,
    },
};

DEFINE_TYPES(hawk_pci_types)
