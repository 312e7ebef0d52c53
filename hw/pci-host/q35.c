/*
 * MCH: see hw/pci-host/q35.h.
 *
 * Not there: graphics (82G33's own), the PEG port (function of device 1), the registers behind
 * EPBAR, MCHBAR and DMIBAR, remapping and timing of DRAM.
 *
 * Three registers differ from the chip. The word at 50h, which is reserved there, tells firmware
 * that writes ffffh to it how large TSEG is when the size field in ESMRAMC says 3, in MiB. TSEG
 * ends where low RAM does, whatever is written to TOLUD. The byte at 9Ch, reserved too, says 1
 * after ffh has been written to it: 128 KiB from 30000h on, where CPUs find their first SMI's
 * handler, can be for CPUs in SMM only. 2 makes it so, until a reset.
 *
 * Reference for these: EDK2's OvmfPkg/Include/IndustryStandard/Q35MchIch9.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/pci-host/q35.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_host.h"
#include "low-memory.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

/* Configuration registers */
enum { EXTENDED_TSEG = 0x50, PCIEXBAR = 0x60, PAM0 = 0x90, PAM6 = 0x96, FIRST_SMRAM = 0x9c,
       SMRAM = 0x9d, ESMRAMC = 0x9e };

#define PCIEXBAR_BASE    0xff0000000ull /* and, of smaller sizes, bits 27 and 26 */
#define PCIEXBAR_ENABLE  0x01u
#define PCIEXBAR_SIZE    0x06u          /* 0: 256 MiB, 1: 128, 2: 64 */
#define PCIEXBAR_INITIAL 0xe0000000ull

enum { TSEG_ENABLE = 0x01, TSEG_SIZE = 0x06, TSEG_SIZE_EXTENDED = 3, CACHES = 0x38, BAD_ACCESS = 0x40,
       HIGH_ENABLE = 0x80 };
#define TSEG_ASK 0xffff /* written to EXTENDED_TSEG */

enum { FIRST_SMRAM_ASK = 0xff, FIRST_SMRAM_THERE = 1, FIRST_SMRAM_LOCKED = 2 };
#define FIRST_SMRAM_BASE 0x30000
#define FIRST_SMRAM_SIZE 0x20000

/* The VGA window's RAM once more, where caches of SMM needn't mind the VGA. */
#define HIGH_BASE   0xfeda0000u
#define WINDOW_BASE 0xa0000
#define WINDOW_SIZE 0x20000

typedef struct MchState {
    PCIDevice parent_obj;

    uint16_t extended_tseg; /* property: MiB, 0: there is no such size */
    bool has_first_smram;   /* property */
    Q35Host *host;
} MchState;

DECLARE_INSTANCE_CHECKER(MchState, MCH, TYPE_MCH_PCI_DEVICE)

struct Q35Host {
    PCIHostState parent_obj;

    uint64_t hole64_size; /* property */
    MemoryRegion *system, *pci, *io, *ram;
    uint64_t below_4g;
    MchState *mch;
    LowMemory low;
    MemoryRegion ecam;
    MemoryRegion smram_high;         /* in SMRAM */
    MemoryRegion tseg_hole, tseg;    /* what others find there, and what is in SMRAM */
    MemoryRegion first_hole, first;  /* the same */
};

/* ---- Where things are ---- */

/* Bytes of configuration space, and where it starts; 0: it is nowhere. */
static uint64_t ecam_size(const uint8_t *config, uint64_t *base)
{
    static const uint64_t sizes[4] = { 256 * MiB, 128 * MiB, 64 * MiB, 0 };
    uint64_t bar = pci_get_quad(config + PCIEXBAR);
    uint64_t size = bar & PCIEXBAR_ENABLE ? sizes[(bar & PCIEXBAR_SIZE) >> 1] : 0;

    *base = size ? bar & (PCIEXBAR_BASE | (256 * MiB - size)) : 0;
    return size;
}

static void show_ecam(Q35Host *s, const uint8_t *config)
{
    uint64_t base, size = ecam_size(config, &base);

    memory_region_set_enabled(&s->ecam, size != 0);
    if (size) {
        memory_region_set_size(&s->ecam, size);
        memory_region_set_address(&s->ecam, base);
    }
}

static uint64_t tseg_size(const Q35Host *s, uint8_t esmramc)
{
    static const uint8_t mib[] = { 1, 2, 8 };
    unsigned choice = (esmramc & TSEG_SIZE) >> 1;

    if (!(esmramc & TSEG_ENABLE)) {
        return 0;
    }
    return (choice == TSEG_SIZE_EXTENDED ? s->mch->extended_tseg : mib[choice]) * MiB;
}

static void show_tseg(Q35Host *s, const uint8_t *config)
{
    uint64_t size = config[SMRAM] & SMRAM_ENABLE ? tseg_size(s, config[ESMRAMC]) : 0;
    bool enabled = size && size < s->below_4g;

    memory_region_set_enabled(&s->tseg_hole, enabled);
    memory_region_set_enabled(&s->tseg, enabled);
    if (enabled) {
        memory_region_set_size(&s->tseg_hole, size);
        memory_region_set_address(&s->tseg_hole, s->below_4g - size);
        memory_region_set_size(&s->tseg, size);
        memory_region_set_alias_offset(&s->tseg, s->below_4g - size);
        memory_region_set_address(&s->tseg, s->below_4g - size);
    }
}

/* With HIGH_ENABLE the window is the VGA's even in SMM; its RAM is at the other place. */
static void show_all(Q35Host *s)
{
    const uint8_t *config = PCI_DEVICE(s->mch)->config;
    bool enabled = config[SMRAM] & SMRAM_ENABLE;
    bool high = config[ESMRAMC] & HIGH_ENABLE;

    memory_region_transaction_begin();
    low_memory_show(&s->low, config + PAM0, high ? config[SMRAM] & ~SMRAM_ENABLE : config[SMRAM]);
    memory_region_set_enabled(&s->smram_high, enabled && high);
    show_tseg(s, config);
    memory_region_set_enabled(&s->first_hole, config[FIRST_SMRAM] == FIRST_SMRAM_LOCKED);
    memory_region_set_enabled(&s->first, config[FIRST_SMRAM] == FIRST_SMRAM_LOCKED);
    show_ecam(s, config);
    memory_region_transaction_commit();
}

/*
 * What everybody but CPUs in SMM finds in TSEG (9.2) and where the first handler is. Accesses to
 * TSEG are remembered: `opaque` is the host then, else NULL.
 */
static void remember_access(Q35Host *s)
{
    if (s) {
        PCI_DEVICE(s->mch)->config[ESMRAMC] |= BAD_ACCESS;
    }
}

static uint64_t hole_read(void *opaque, hwaddr addr, unsigned size)
{
    remember_access(opaque);
    return UINT64_MAX;
}

static void hole_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    remember_access(opaque);
}

static const MemoryRegionOps hole_ops = {
    .read = hole_read,
    .write = hole_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static void add_first_smram(Q35Host *s)
{
    memory_region_init_io(&s->first_hole, OBJECT(s), &hole_ops, NULL, "smbase-blackhole",
                          FIRST_SMRAM_SIZE);
    memory_region_set_enabled(&s->first_hole, false);
    memory_region_add_subregion_overlap(s->system, FIRST_SMRAM_BASE, &s->first_hole, 1);
    memory_region_init_alias(&s->first, OBJECT(s), "smbase-window", s->ram, FIRST_SMRAM_BASE,
                             FIRST_SMRAM_SIZE);
    memory_region_set_enabled(&s->first, false);
    memory_region_add_subregion(&s->low.smram, FIRST_SMRAM_BASE, &s->first);
}

static void add_memory(Q35Host *s)
{
    Object *owner = OBJECT(s);

    memory_region_add_subregion_overlap(s->system, 0, s->pci, -1);
    low_memory_add(&s->low, owner, TYPE_MCH_PCI_DEVICE, s->system, s->pci, s->ram);

    memory_region_init_alias(&s->smram_high, owner, "smram-high", s->ram, WINDOW_BASE, WINDOW_SIZE);
    memory_region_set_enabled(&s->smram_high, false);
    memory_region_add_subregion(&s->low.smram, HIGH_BASE, &s->smram_high);

    memory_region_init_io(&s->tseg_hole, owner, &hole_ops, s, "tseg-blackhole", MiB);
    memory_region_set_enabled(&s->tseg_hole, false);
    memory_region_add_subregion_overlap(s->system, 0, &s->tseg_hole, 1);
    memory_region_init_alias(&s->tseg, owner, "tseg-window", s->ram, 0, MiB);
    memory_region_set_enabled(&s->tseg, false);
    memory_region_add_subregion(&s->low.smram, 0, &s->tseg);

    add_first_smram(s);

    pcie_ecam_init(&s->ecam, owner, s->parent_obj.bus, 256);
    memory_region_set_enabled(&s->ecam, false);
    memory_region_add_subregion(s->system, PCIEXBAR_INITIAL, &s->ecam);
}

/* ---- The function ---- */

static bool covers(uint32_t address, int len, unsigned first, unsigned last)
{
    return address <= last && address + len > first;
}

/* Locked with SMRAM, until a reset; E_SMERR is cleared by writing a one. */
static uint8_t esmramc_after(uint8_t before, uint8_t value, bool locked)
{
    uint8_t cleared = value & BAD_ACCESS;

    if (!locked) {
        before = (before & (CACHES | BAD_ACCESS)) | (value & (HIGH_ENABLE | TSEG_SIZE | TSEG_ENABLE));
    }
    return before & ~cleared;
}

static void answer_tseg_size(MchState *mch, uint16_t before, bool locked)
{
    uint8_t *reg = PCI_DEVICE(mch)->config + EXTENDED_TSEG;

    if (locked || !mch->extended_tseg) {
        pci_set_word(reg, before);
    } else if (pci_get_word(reg) == TSEG_ASK) {
        pci_set_word(reg, mch->extended_tseg);
    }
}

static uint8_t first_smram_after(const MchState *mch, uint8_t before, uint8_t value)
{
    if (!mch->has_first_smram || before == FIRST_SMRAM_LOCKED) {
        return before;
    }
    return value == FIRST_SMRAM_ASK ? FIRST_SMRAM_THERE :
           value <= FIRST_SMRAM_LOCKED ? value : before;
}

static void mch_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    uint8_t smram = dev->config[SMRAM], esmramc = dev->config[ESMRAMC];
    uint8_t first = dev->config[FIRST_SMRAM];
    uint16_t tseg = pci_get_word(dev->config + EXTENDED_TSEG);
    bool locked = smram & SMRAM_LOCK;
    MchState *mch = MCH(dev);

    pci_default_write_config(dev, address, value, len);
    dev->config[SMRAM] = low_memory_smram_after(smram, dev->config[SMRAM]);
    if (covers(address, len, ESMRAMC, ESMRAMC)) {
        dev->config[ESMRAMC] = esmramc_after(esmramc, dev->config[ESMRAMC], locked);
    }
    if (covers(address, len, FIRST_SMRAM, FIRST_SMRAM)) {
        dev->config[FIRST_SMRAM] = first_smram_after(mch, first, dev->config[FIRST_SMRAM]);
    }
    if (covers(address, len, EXTENDED_TSEG, EXTENDED_TSEG + 1)) {
        answer_tseg_size(mch, tseg, locked);
    }
    if (covers(address, len, PCIEXBAR, PCIEXBAR + 7) || covers(address, len, PAM0, ESMRAMC)) {
        show_all(mch->host);
        low_memory_log_unmodelled(&mch->host->low, dev->config[SMRAM]);
    }
}

static void mch_reset_hold(Object *obj)
{
    uint8_t *config = PCI_DEVICE(obj)->config;

    memset(config + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    pci_set_quad(config + PCIEXBAR, PCIEXBAR_INITIAL);
    config[SMRAM] = SMRAM_BASE;
    config[ESMRAMC] = CACHES;
    show_all(MCH(obj)->host);
}

/* Memory and bus master are always on (5.1.3). */
static void mch_realize(PCIDevice *dev, Error **errp)
{
    pci_set_word(dev->config + PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_set_word(dev->wmask + PCI_COMMAND, PCI_COMMAND_SERR);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_FAST_BACK);
    dev->wmask[PCI_INTERRUPT_LINE] = 0;
    pci_set_quad(dev->wmask + PCIEXBAR,
                 PCIEXBAR_BASE | 3 * 64 * MiB | PCIEXBAR_SIZE | PCIEXBAR_ENABLE);
}

static int after_load(void *opaque, int version_id)
{
    show_all(((MchState *)opaque)->host);
    return 0;
}

static const VMStateDescription vmstate_mch = {
    .name = TYPE_MCH_PCI_DEVICE,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, MchState),
        VMSTATE_END_OF_LIST()
    },
};

static Property mch_properties[] = {
    DEFINE_PROP_UINT16("extended-tseg-mbytes", MchState, extended_tseg, 16),
    DEFINE_PROP_BOOL("smbase-smram", MchState, has_first_smram, true),
    DEFINE_PROP_END_OF_LIST(),
};

static void mch_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = mch_realize;
    pc->config_write = mch_config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x29c0;
    pc->class_id = PCI_CLASS_BRIDGE_HOST;
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    RESETTABLE_CLASS(oc)->phases.hold = mch_reset_hold;
    dc->desc = "PCI Express and memory controller MCH, PCI side";
    dc->vmsd = &vmstate_mch;
    dc->user_creatable = false; /* part of the host bridge */
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
    device_class_set_props(dc, mch_properties);
}

/* ---- The bridge ---- */

/* Masters find what the CPUs find. */
static AddressSpace *seen_by_masters(PCIBus *bus, void *opaque, int devfn)
{
    return &address_space_memory;
}

void q35_host_connect(Q35Host *s, MemoryRegion *system, MemoryRegion *pci, MemoryRegion *io,
                      MemoryRegion *ram, uint64_t below_4g)
{
    s->system = system;
    s->pci = pci;
    s->io = io;
    s->ram = ram;
    s->below_4g = below_4g;
}

PCIBus *q35_host_bus(Q35Host *s)
{
    return s->parent_obj.bus;
}

MemoryRegion *q35_host_smram(Q35Host *s)
{
    return &s->low.smram;
}

uint64_t q35_host_hole64_size(const Q35Host *s)
{
    return s->hole64_size;
}

unsigned q35_host_ecam(const Q35Host *s, uint64_t *base)
{
    return ecam_size(PCI_DEVICE(s->mch)->config, base) / PCIE_ECAM_BUS_SIZE;
}

static void q35_host_realize(DeviceState *dev, Error **errp)
{
    Q35Host *s = Q35_HOST_DEVICE(dev);
    PCIDevice *mch;

    if (!s->system) {
        error_setg(errp, "%s: q35_host_connect() comes first", TYPE_Q35_HOST_DEVICE);
        return;
    }
    pci_host_add_ports(&s->parent_obj, s->io);
    s->parent_obj.bus = pci_root_bus_new(dev, "pcie.0", s->pci, s->io, 0, TYPE_PCIE_BUS);
    pci_setup_iommu(s->parent_obj.bus, seen_by_masters, s);
    mch = pci_new(PCI_DEVFN(0, 0), TYPE_MCH_PCI_DEVICE);
    s->mch = MCH(mch);
    s->mch->host = s;
    add_memory(s);
    pci_realize_and_unref(mch, s->parent_obj.bus, errp);
}

static void q35_host_init(Object *obj)
{
    low_memory_init(&Q35_HOST_DEVICE(obj)->low, obj);
    sysbus_init_ioports(SYS_BUS_DEVICE(obj), PCI_CONFIG_ADDRESS_PORT, 4); /* firmware's name of it */
}

static const VMStateDescription vmstate_q35_host = {
    .name = TYPE_Q35_HOST_DEVICE,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_HOST(parent_obj, Q35Host),
        VMSTATE_END_OF_LIST()
    },
};

static Property q35_host_properties[] = {
    DEFINE_PROP_SIZE("pci-hole64-size", Q35Host, hole64_size, 32 * GiB),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits host_traits = {
    .desc = "PCI Express and memory controller MCH",
    .fw_name = "pci",
    .realize = q35_host_realize,
    .state = &vmstate_q35_host,
    .properties = q35_host_properties,
    .board_only = true,
};

static const TypeInfo q35_types[] = {
    {
        .name = TYPE_Q35_HOST_DEVICE,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(Q35Host),
        .instance_init = q35_host_init,
        .class_init = device_class_init_traits,
        .class_data = (void *)&host_traits,
    },
    {
        .name = TYPE_MCH_PCI_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(MchState),
        .class_init = mch_class_init,
    },
};

DEFINE_TYPES(q35_types)
