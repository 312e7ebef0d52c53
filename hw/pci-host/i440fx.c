/*
 * i440FX: see hw/pci-host/i440fx.h.
 *
 * A segment of the PAM registers has one region for each thing that can be seen there; the one that
 * the register asks for is enabled. "Write only", RAM that is filled while the ROM behind it is
 * read, isn't modelled: firmware for this board copies from the ROM's other place below 4 GiB.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/pci-host/i440fx.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

/* Configuration registers */
#define PAM0   0x59
#define PAM6   0x5f
#define SMRAMC 0x72

enum { PAM_READ = 1, PAM_WRITE = 2, PAM_BITS = 3 };
enum { SMRAM_BASE_MASK = 0x07, SMRAM_BASE = 0x02, SMRAM_ENABLE = 0x08, SMRAM_LOCK = 0x10,
       SMRAM_CLOSE = 0x20, SMRAM_OPEN = 0x40 };

#define CONFIG_ADDRESS_PORT 0xcf8
#define CONFIG_DATA_PORT    0xcfc

#define WINDOW_BASE 0xa0000
#define WINDOW_SIZE 0x20000

#define NUM_SEGMENTS 13

/* By the register's bits. What is written to a segment that is read only goes nowhere. */
static const char *const shown_names[PAM_BITS + 1] = {
    [0] = "pam-pci", [PAM_READ] = "pam-rom", [PAM_WRITE] = "pam-pci",
    [PAM_READ | PAM_WRITE] = "pam-ram",
};

typedef struct Segment {
    MemoryRegion shown[PAM_BITS + 1];
} Segment;

struct I440FXHost {
    PCIHostState parent_obj;

    uint64_t hole64_size; /* property */
    MemoryRegion *system, *pci, *io, *ram;
    PCIDevice *function;
    Segment segments[NUM_SEGMENTS];
    MemoryRegion window;        /* PCI's VGA window before RAM */
    MemoryRegion smram, smram_low;
    MemoryRegionOps config_address_ops;
};

typedef struct I440FXFunction {
    PCIDevice parent_obj;

    I440FXHost *host;
} I440FXFunction;

DECLARE_INSTANCE_CHECKER(I440FXFunction, I440FX_FUNCTION, TYPE_I440FX_PCI_DEVICE)

/* ---- What the CPU sees below 1 MiB ---- */

/* The last one is the BIOS's 64 KiB; the others are 16 KiB each. */
static hwaddr segment_base(int n)
{
    return 0xc0000 + n * 0x4000;
}

static uint64_t segment_size(int n)
{
    return n == NUM_SEGMENTS - 1 ? 0x10000 : 0x4000;
}

/* The upper half of the first register is the BIOS's; from the second on, two segments each. */
static unsigned segment_bits(const uint8_t *config, int n)
{
    int nibble = n == NUM_SEGMENTS - 1 ? 1 : n + 2;

    return config[PAM0 + nibble / 2] >> (nibble % 2 * 4) & PAM_BITS;
}

static void show_segments(I440FXHost *s, const uint8_t *config)
{
    for (int n = 0; n < NUM_SEGMENTS; n++) {
        unsigned bits = segment_bits(config, n);

        for (unsigned other = 0; other <= PAM_BITS; other++) {
            memory_region_set_enabled(&s->segments[n].shown[other], other == bits);
        }
    }
}

static void show_smram(I440FXHost *s, uint8_t smramc)
{
    bool enabled = (smramc & SMRAM_ENABLE) && (smramc & SMRAM_BASE_MASK) == SMRAM_BASE;

    memory_region_set_enabled(&s->window, !(enabled && (smramc & SMRAM_OPEN)));
    memory_region_set_enabled(&s->smram_low, enabled);
}

static void show_all(I440FXHost *s)
{
    const uint8_t *config = s->function->config;

    memory_region_transaction_begin();
    show_segments(s, config);
    show_smram(s, config[SMRAMC]);
    memory_region_transaction_commit();
}

static void add_segment(I440FXHost *s, int n)
{
    for (unsigned bits = 0; bits <= PAM_BITS; bits++) {
        MemoryRegion *shown = &s->segments[n].shown[bits];

        memory_region_init_alias(shown, OBJECT(s), shown_names[bits],
                                 bits & PAM_READ ? s->ram : s->pci, segment_base(n),
                                 segment_size(n));
        if (bits == PAM_READ) {
            memory_region_set_readonly(shown, true);
        }
        memory_region_set_enabled(shown, !bits);
        memory_region_add_subregion_overlap(s->system, segment_base(n), shown, 1);
    }
}

static void add_memory(I440FXHost *s)
{
    memory_region_add_subregion_overlap(s->system, 0, s->pci, -1);
    memory_region_init_alias(&s->window, OBJECT(s), "smram-region", s->pci, WINDOW_BASE,
                             WINDOW_SIZE);
    memory_region_add_subregion_overlap(s->system, WINDOW_BASE, &s->window, 1);
    memory_region_init_alias(&s->smram_low, OBJECT(s), "smram-low", s->ram, WINDOW_BASE,
                             WINDOW_SIZE);
    memory_region_set_enabled(&s->smram_low, false);
    memory_region_add_subregion(&s->smram, WINDOW_BASE, &s->smram_low);
    for (int n = 0; n < NUM_SEGMENTS; n++) {
        add_segment(s, n);
    }
}

/* ---- The function ---- */

/* Once locked, OPEN is 0 and only CLOSE can change, until a reset (3.2.24). */
static uint8_t smramc_after(uint8_t before, uint8_t value)
{
    if (before & SMRAM_LOCK) {
        return (before & ~SMRAM_CLOSE) | (value & SMRAM_CLOSE);
    }
    value = (value & (SMRAM_OPEN | SMRAM_CLOSE | SMRAM_LOCK | SMRAM_ENABLE)) |
            (before & SMRAM_BASE_MASK);
    return value & SMRAM_LOCK ? value & ~SMRAM_OPEN : value;
}

static void log_unmodelled(const uint8_t *config)
{
    for (int n = 0; n < NUM_SEGMENTS; n++) {
        if (segment_bits(config, n) == PAM_WRITE) {
            qemu_log_dev(LOG_UNIMP, "i440FX", "PAM", "0x%05" HWADDR_PRIx " is for writing only: "
                         "what is written there is lost", segment_base(n));
        }
    }
    if (config[SMRAMC] & SMRAM_CLOSE) {
        qemu_log_dev(LOG_UNIMP, "i440FX", "SMRAM", "D_CLS: data accesses reach SMRAM nevertheless");
    }
}

static bool covers(uint32_t address, int len, unsigned first, unsigned last)
{
    return address <= last && address + len > first;
}

static void i440fx_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    uint8_t smramc = dev->config[SMRAMC];

    pci_default_write_config(dev, address, value, len);
    dev->config[SMRAMC] = smramc_after(smramc, dev->config[SMRAMC]);
    if (covers(address, len, PAM0, PAM6) || covers(address, len, SMRAMC, SMRAMC)) {
        show_all(I440FX_FUNCTION(dev)->host);
        log_unmodelled(dev->config);
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
    show_all(I440FX_FUNCTION(obj)->host);
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

    show_all(f->host);
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
    return &s->smram;
}

uint64_t i440fx_hole64_size(const I440FXHost *s)
{
    return s->hole64_size;
}

/* CONFADD answers double words only: the ports in between are others' (3.1.1). */
static void add_ports(I440FXHost *s)
{
    PCIHostState *host = &s->parent_obj;

    s->config_address_ops = pci_host_conf_le_ops;
    s->config_address_ops.valid.min_access_size = 4;
    s->config_address_ops.impl.min_access_size = 4;
    memory_region_init_io(&host->conf_mem, OBJECT(s), &s->config_address_ops, s, "pci-conf-idx", 4);
    memory_region_init_io(&host->data_mem, OBJECT(s), &pci_host_data_le_ops, s, "pci-conf-data", 4);
    memory_region_add_subregion(s->io, CONFIG_ADDRESS_PORT, &host->conf_mem);
    memory_region_add_subregion(s->io, CONFIG_DATA_PORT, &host->data_mem);
}

static void i440fx_host_realize(DeviceState *dev, Error **errp)
{
    I440FXHost *s = I440FX_PCI_HOST_BRIDGE(dev);

    if (!s->system) {
        error_setg(errp, "%s: i440fx_connect() comes first", TYPE_I440FX_PCI_HOST_BRIDGE);
        return;
    }
    add_memory(s);
    add_ports(s);
    s->parent_obj.bus = pci_root_bus_new(dev, "pci.0", s->pci, s->io, 0, TYPE_PCI_BUS);
    pci_setup_iommu(s->parent_obj.bus, seen_by_masters, s);
    s->function = pci_new(PCI_DEVFN(0, 0), TYPE_I440FX_PCI_DEVICE);
    I440FX_FUNCTION(s->function)->host = s;
    pci_realize_and_unref(s->function, s->parent_obj.bus, errp);
}

static void i440fx_host_init(Object *obj)
{
    I440FXHost *s = I440FX_PCI_HOST_BRIDGE(obj);

    memory_region_init(&s->smram, obj, "smram", 4 * GiB);
    sysbus_init_ioports(SYS_BUS_DEVICE(obj), CONFIG_ADDRESS_PORT, 4); /* what firmware names it by */
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
