/*
 * i440FX: see hw/pci-host/i440fx.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/pci-host/i440fx.h"
#include "hw/pci/pci_bus.h"
#include "low-memory.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

/* Configuration registers */
#define PAM0   0x59
#define PAM6   0x5f
#define SMRAMC 0x72

struct I440FXHost {
    PCIHostState parent_obj;

    uint64_t hole64_size; /* property */
    MemoryRegion *system, *pci, *io, *ram;
    PCIDevice *function;
    LowMemory low;
};

typedef struct I440FXFunction {
    PCIDevice parent_obj;

    I440FXHost *host;
} I440FXFunction;

DECLARE_INSTANCE_CHECKER(I440FXFunction, I440FX_FUNCTION, TYPE_I440FX_PCI_DEVICE)

static void show_low_memory(I440FXHost *s)
{
    const uint8_t *config = s->function->config;

    low_memory_show(&s->low, config + PAM0, config[SMRAMC]);
}

/* ---- The function ---- */

static bool covers(uint32_t address, int len, unsigned first, unsigned last)
{
    return address <= last && address + len > first;
}

static void i440fx_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    uint8_t smramc = dev->config[SMRAMC];

    pci_default_write_config(dev, address, value, len);
    dev->config[SMRAMC] = low_memory_smram_after(smramc, dev->config[SMRAMC]);
    if (covers(address, len, PAM0, PAM6) || covers(address, len, SMRAMC, SMRAMC)) {
        I440FXHost *host = I440FX_FUNCTION(dev)->host;

        show_low_memory(host);
        low_memory_log_unmodelled(&host->low, dev->config[SMRAMC]);
    }
}

/* Section 3.2: what a reset leaves in the registers behind the header. */
static const struct {
    uint8_t offset, value;
} reset_values[] = {
    { 0x50, 0x00 }, { 0x51, 0x00 },                 /* PMCCFG */
    { 0x58, 0x10 },                                 /* DRAMT */
    { 0x60, 0x01 }, { 0x61, 0x01 }, { 0x62, 0x01 }, { 0x63, 0x01 },
    { 0x64, 0x01 }, { 0x65, 0x01 }, { 0x66, 0x01 }, { 0x67, 0x01 }, /* DRB0 to 7 */
    { 0x71, 0x10 },                                 /* CPU latency */
    { SMRAMC, SMRAM_BASE },
};

static void i440fx_function_reset_hold(Object *obj)
{
    PCIDevice *dev = PCI_DEVICE(obj);

    memset(dev->config + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    for (size_t i = 0; i < ARRAY_SIZE(reset_values); i++) {
        dev->config[reset_values[i].offset] = reset_values[i].value;
    }
    show_low_memory(I440FX_FUNCTION(obj)->host);
}

/* Memory and bus master are always on (3.2.3). */
static void i440fx_function_realize(PCIDevice *dev, Error **errp)
{
    pci_set_word(dev->config + PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_set_word(dev->wmask + PCI_COMMAND, PCI_COMMAND_SERR | PCI_COMMAND_PARITY);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_FAST_BACK | PCI_STATUS_DEVSEL_MEDIUM);
    dev->wmask[PCI_INTERRUPT_LINE] = 0;
}

static int after_load(void *opaque, int version_id)
{
    I440FXFunction *f = opaque;

    show_low_memory(f->host);
    return 0;
}

static const VMStateDescription vmstate_i440fx_function = {
    .name = TYPE_I440FX_PCI_DEVICE,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, I440FXFunction),
        VMSTATE_END_OF_LIST()
    },
};

static void i440fx_function_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = i440fx_function_realize;
    pc->config_write = i440fx_config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x1237;
    pc->revision = 0x02;
    pc->class_id = PCI_CLASS_BRIDGE_HOST;
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    RESETTABLE_CLASS(oc)->phases.hold = i440fx_function_reset_hold;
    dc->desc = "PCI and memory controller 82441FX, PCI side";
    dc->vmsd = &vmstate_i440fx_function;
    dc->user_creatable = false; /* part of the host bridge */
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

/* ---- The bridge ---- */

/* Masters find what the CPUs find. */
static AddressSpace *seen_by_masters(PCIBus *bus, void *opaque, int devfn)
{
    return &address_space_memory;
}

void i440fx_connect(I440FXHost *s, MemoryRegion *system, MemoryRegion *pci, MemoryRegion *io,
                    MemoryRegion *ram)
{
    s->system = system;
    s->pci = pci;
    s->io = io;
    s->ram = ram;
}

PCIBus *i440fx_bus(I440FXHost *s)
{
    return s->parent_obj.bus;
}

MemoryRegion *i440fx_smram(I440FXHost *s)
{
    return &s->low.smram;
}

uint64_t i440fx_hole64_size(const I440FXHost *s)
{
    return s->hole64_size;
}

static void i440fx_host_realize(DeviceState *dev, Error **errp)
{
    I440FXHost *s = I440FX_PCI_HOST_BRIDGE(dev);

    if (!s->system) {
        error_setg(errp, "%s: i440fx_connect() comes first", TYPE_I440FX_PCI_HOST_BRIDGE);
        return;
    }
    memory_region_add_subregion_overlap(s->system, 0, s->pci, -1);
    low_memory_add(&s->low, OBJECT(s), "i440FX", s->system, s->pci, s->ram);
    pci_host_add_ports(&s->parent_obj, s->io);
    s->parent_obj.bus = pci_root_bus_new(dev, "pci.0", s->pci, s->io, 0, TYPE_PCI_BUS);
    pci_setup_iommu(s->parent_obj.bus, seen_by_masters, s);
    s->function = pci_new(PCI_DEVFN(0, 0), TYPE_I440FX_PCI_DEVICE);
    I440FX_FUNCTION(s->function)->host = s;
    pci_realize_and_unref(s->function, s->parent_obj.bus, errp);
}

static void i440fx_host_init(Object *obj)
{
    I440FXHost *s = I440FX_PCI_HOST_BRIDGE(obj);

    low_memory_init(&s->low, obj);
    sysbus_init_ioports(SYS_BUS_DEVICE(obj), PCI_CONFIG_ADDRESS_PORT, 4); /* what firmware names it by */
}

static const VMStateDescription vmstate_i440fx_host = {
    .name = TYPE_I440FX_PCI_HOST_BRIDGE,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_HOST(parent_obj, I440FXHost),
        VMSTATE_END_OF_LIST()
    },
};

static Property i440fx_properties[] = {
    DEFINE_PROP_SIZE("pci-hole64-size", I440FXHost, hole64_size, 2 * GiB),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits host_traits = {
    .desc = "PCI and memory controller 82441FX",
    .fw_name = "pci",
    .realize = i440fx_host_realize,
    .state = &vmstate_i440fx_host,
    .properties = i440fx_properties,
    .board_only = true,
};

static const TypeInfo i440fx_types[] = {
    {
        .name = TYPE_I440FX_PCI_HOST_BRIDGE,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(I440FXHost),
        .instance_init = i440fx_host_init,
        .class_init = device_class_init_traits,
        .class_data = (void *)&host_traits,
    },
    {
        .name = TYPE_I440FX_PCI_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(I440FXFunction),
        .class_init = i440fx_function_class_init,
    },
};

DEFINE_TYPES(i440fx_types)
