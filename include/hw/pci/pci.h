/*
 * PCI: buses, functions, base address registers, interrupt pins and bus mastering.
 *
 * A bus has two address spaces (memory and I/O); a function's regions appear there at the address
 * in its base address register while the command register lets them. A function that masters the
 * bus sees bus_master_as, which is the bus's memory space while PCI_COMMAND_MASTER is set.
 *
 * Everything here runs under the big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCI_H
#define HW_PCI_PCI_H

#include "qemu/osdep.h"
#include "exec/memattrs.h"
#include "hw/pci/pci_ids.h"
#include "hw/pci/pci_regs.h"
#include "hw/qdev-core.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "system/dma.h"

#define PCI_FUNC_MAX  8
#define PCI_SLOT_MAX  32
#define PCI_DEVFN_MAX (PCI_SLOT_MAX * PCI_FUNC_MAX)

/* Of a function: bus number, slot, function; devfn is the last two in one byte. */
#define PCI_DEVFN(slot, func)    (((slot) & (PCI_SLOT_MAX - 1)) * PCI_FUNC_MAX + PCI_FUNC(func))
#define PCI_FUNC(devfn)          ((devfn) & (PCI_FUNC_MAX - 1))
#define PCI_SLOT(devfn)          ((devfn) >> 3 & (PCI_SLOT_MAX - 1))
#define PCI_BUILD_BDF(bus, devfn) ((bus) * PCI_DEVFN_MAX | (devfn))
#define PCI_BUS_NUM(bdf)         ((bdf) >> 8 & 0xff)

#define PCI_NUM_PINS     4
#define PCI_NUM_REGIONS  7
#define PCI_ROM_SLOT     6
#define PCI_CONFIG_SPACE_SIZE  0x100
#define PCI_CONFIG_HEADER_SIZE 0x40
#define PCIE_CONFIG_SPACE_SIZE 0x1000
#define PCI_BAR_UNMAPPED UINT64_MAX

typedef uint64_t pcibus_t;
typedef struct MSIXState MSIXState;
#define FMT_PCIBUS PRIx64

/* Configuration access: `address` is the byte offset, `len` 1, 2 or 4; values in host order. */
typedef uint32_t PCIConfigReadFunc(PCIDevice *dev, uint32_t address, int len);
typedef void PCIConfigWriteFunc(PCIDevice *dev, uint32_t address, uint32_t value, int len);

/*
 * The bus-level input (0 .. nirq - 1) that pin `pin` (0 = INTA) of the function is wired to, or -1.
 */
typedef int (*pci_map_irq_fn)(PCIDevice *dev, int pin);
/* Bus-level input `irq` is now at `level` (asserted: 1). */
typedef void (*pci_set_irq_fn)(void *opaque, int irq, int level);
/* The address space that the function at devfn sees as a master. */
typedef AddressSpace *(*PCIIOMMUFunc)(PCIBus *bus, void *opaque, int devfn);

typedef struct PCIIORegion {
    pcibus_t addr; /* where it is now, PCI_BAR_UNMAPPED if nowhere */
    pcibus_t size; /* a power of two, 0: the region doesn't exist */
    uint8_t type;  /* PCI_BASE_ADDRESS_* bits */
    MemoryRegion *memory;
    MemoryRegion *address_space;
} PCIIORegion;

#define TYPE_PCI_DEVICE "pci-device"
OBJECT_DECLARE_TYPE(PCIDevice, PCIDeviceClass, PCI_DEVICE)

struct PCIDeviceClass {
    DeviceClass parent_class;

    void (*realize)(PCIDevice *dev, Error **errp);
    void (*exit)(PCIDevice *dev);
    /* Default: pci_default_read_config / pci_default_write_config. */
    PCIConfigReadFunc *config_read;
    PCIConfigWriteFunc *config_write;

    uint16_t vendor_id;
    uint16_t device_id;
    uint8_t revision;
    uint16_t class_id;
    uint8_t prog_if;
    uint16_t subsystem_vendor_id; /* both 0: no subsystem given */
    uint16_t subsystem_id;
    bool is_express; /* has a PCI Express capability when it sits on an express bus */
    bool is_hybrid;  /* but not on the root bus */
    bool is_bridge;  /* type 1 header: hw/pci/pci_bridge.h */
    const char *romfile;
};

struct PCIDevice {
    DeviceState qdev;

    /*
     * Little-endian. wmask: bits that software can write; w1cmask: bits that it clears by writing
     * ones. What lies behind PCI_CONFIG_SPACE_SIZE exists for express functions only.
     */
    uint8_t config[PCIE_CONFIG_SPACE_SIZE];
    uint8_t wmask[PCIE_CONFIG_SPACE_SIZE];
    uint8_t w1cmask[PCIE_CONFIG_SPACE_SIZE];
    uint8_t used[PCIE_CONFIG_SPACE_SIZE]; /* bytes that a capability occupies */

    int32_t devfn; /* -1 until realized, unless the user chose one */
    bool multifunction;
    bool express;      /* it sits on an express bus and has the extended space */
    bool has_no_power; /* its slot is switched off: nothing answers */
    uint8_t msi_cap;   /* offsets of capabilities, 0: it hasn't that one */
    uint8_t msix_cap;
    uint8_t exp_cap;
    uint16_t resize_cap; /* pcie_add_resizable_bars() */
    uint8_t resize_default[6];
    MSIXState *msix;   /* hw/pci/msix.h */
    MemoryRegion msix_bar; /* msix_init_exclusive_bar() */
    char *romfile;     /* expansion ROM: the user's choice, or the class's */
    uint32_t romsize;  /* of its region; UINT32_MAX: as the file needs */
    bool rombar;
    MemoryRegion rom;  /* has_rom: it is there */
    bool has_rom;
    char name[64];
    PCIIORegion io_regions[PCI_NUM_REGIONS];
    AddressSpace bus_master_as;
    MemoryRegion bus_master_container;
    MemoryRegion bus_master_enable;

    uint8_t irq_state;  /* bit n: the function requests an interrupt on pin n */
    uint8_t irq_driven; /* bit n: pin n is asserted on the bus */
};

#define TYPE_PCI_BUS  "PCI"
#define TYPE_PCIE_BUS "PCIE" /* its functions have 4 KiB of configuration space */
OBJECT_DECLARE_SIMPLE_TYPE(PCIBus, PCI_BUS)

extern const VMStateDescription vmstate_pci_device;
#define VMSTATE_PCI_DEVICE(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 0, vmstate_pci_device, PCIDevice)

/* --- buses --- */

/*
 * Makes the root bus below `parent`. `mem` and `io` are the bus's address spaces, owned by the
 * caller; automatic placement starts at devfn_min. `typename` is TYPE_PCI_BUS or a type derived
 * from it.
 */
PCIBus *pci_root_bus_new(DeviceState *parent, const char *name, MemoryRegion *mem,
                         MemoryRegion *io, uint8_t devfn_min, const char *typename);
/* Wires the bus's interrupts: nirq inputs, set_irq called when the or of one's pins changes. */
void pci_bus_irqs(PCIBus *bus, pci_set_irq_fn set_irq, void *irq_opaque, int nirq);
void pci_bus_map_irqs(PCIBus *bus, pci_map_irq_fn map_irq);
/* pci_root_bus_new() and both functions above. */
PCIBus *pci_register_root_bus(DeviceState *parent, const char *name, pci_set_irq_fn set_irq,
                              pci_map_irq_fn map_irq, void *irq_opaque, MemoryRegion *mem,
                              MemoryRegion *io, uint8_t devfn_min, int nirq, const char *typename);
/* Gives bus masters another view than the bus's memory space (inbound windows, IOMMU). */
void pci_setup_iommu(PCIBus *bus, PCIIOMMUFunc fn, void *opaque);

/*
 * What the host bridge does when one of its own cycles on this root bus ends in a target abort. A
 * CPU's cycles say something about themselves; other masters' have attrs.unspecified and nothing
 * else.
 */
typedef MemTxResult PCITargetAbortFunc(void *opaque, hwaddr addr, bool io, bool is_write);
void pci_bus_on_target_abort(PCIBus *bus, PCITargetAbortFunc *fn, void *opaque);

int pci_bus_num(PCIBus *bus);
/* The function at devfn of bus number bus_num, NULL where there is none. */
PCIDevice *pci_find_device(PCIBus *bus, int bus_num, uint8_t devfn);
/* Calls fn for each function of the bus, in order of devfn. */
void pci_for_each_device_under_bus(PCIBus *bus, void (*fn)(PCIBus *, PCIDevice *, void *),
                                   void *opaque);
/* The wired-or level of one of the bus's inputs. */
bool pci_bus_get_irq_level(PCIBus *bus, int irq);
/* All root buses, in order of creation: the n-th, NULL past the last. */
PCIBus *pci_get_root_bus(int n);

/* --- functions --- */

PCIBus *pci_get_bus(const PCIDevice *dev);
static inline uint8_t pci_dev_bus_num(const PCIDevice *dev)
{
    return pci_bus_num(pci_get_bus(dev));
}
uint16_t pci_requester_id(const PCIDevice *dev);

/* devfn -1: the first free slot. pci_new() returns a reference; *_and_unref() gives it up. */
PCIDevice *pci_new(int devfn, const char *type);
PCIDevice *pci_new_multifunction(int devfn, bool with_others, const char *type);
bool pci_realize_and_unref(PCIDevice *dev, PCIBus *bus, Error **errp);
/* New and realized; ends the program with an error message if that fails. */
PCIDevice *pci_create_simple(PCIBus *bus, int devfn, const char *type);
PCIDevice *pci_create_simple_multifunction(PCIBus *bus, int devfn, bool with_others,
                                           const char *type);

/*
 * Declares base address register `region` (0-5, or PCI_ROM_SLOT); a 64-bit one takes the next
 * number too. `type` is of PCI_BASE_ADDRESS_*; the region's size must be a power of two.
 */
void pci_register_bar(PCIDevice *dev, int region, uint8_t type, MemoryRegion *memory);
pcibus_t pci_get_bar_addr(PCIDevice *dev, int region);
/* The region has another size from now on: for capabilities that let software say so (hw/pci/pcie.h). */
void pci_resize_bar(PCIDevice *dev, int region, pcibus_t size);

/*
 * Adds a capability of `size` bytes (header included) at `offset`, 0: where there is room. Returns
 * its offset, or a negative errno with *errp set.
 */
int pci_add_capability(PCIDevice *dev, uint8_t cap_id, uint8_t offset, uint8_t size, Error **errp);
void pci_del_capability(PCIDevice *dev, uint8_t cap_id, uint8_t size);
/* 0 if the function doesn't have it. */
uint8_t pci_find_capability(PCIDevice *dev, uint8_t cap_id);

/*
 * Adds an extended capability (express functions only) of `size` bytes, header included, at
 * `offset`, which must be free and a multiple of 4; the first one goes to PCIE_EXT_CAP_START.
 */
void pcie_add_capability(PCIDevice *dev, uint16_t cap_id, uint8_t version, uint16_t offset,
                         uint16_t size);
/* 0 if the function doesn't have it. */
uint16_t pcie_find_capability(PCIDevice *dev, uint16_t cap_id);
/* How many bytes of configuration space the function has. */
static inline uint32_t pci_config_size(const PCIDevice *dev)
{
    return dev->express ? PCIE_CONFIG_SPACE_SIZE : PCI_CONFIG_SPACE_SIZE;
}

uint32_t pci_default_read_config(PCIDevice *dev, uint32_t address, int len);
void pci_default_write_config(PCIDevice *dev, uint32_t address, uint32_t value, int len);
/* What a configuration cycle does: class hooks, bounds. */
uint32_t pci_host_config_read_common(PCIDevice *dev, uint32_t address, uint32_t limit,
                                     uint32_t len);
void pci_host_config_write_common(PCIDevice *dev, uint32_t address, uint32_t limit, uint32_t value,
                                  uint32_t len);
/*
 * Moves the regions to where the registers say; for config_write hooks that change the registers
 * themselves.
 */
void pci_update_mappings(PCIDevice *dev);
/* What the bus's reset line does to a function: registers, regions, interrupts. */
void pci_device_reset(PCIDevice *dev);

/* The pin from the interrupt pin register, as a line. */
void pci_set_irq(PCIDevice *dev, int level);
qemu_irq pci_allocate_irq(PCIDevice *dev);
#define pci_irq_assert(dev)   pci_set_irq((dev), 1)
#define pci_irq_deassert(dev) pci_set_irq((dev), 0)
/* The number of that pin: 0 is INTA; -1: none. */
static inline int pci_intx(const PCIDevice *dev)
{
    return (int)dev->config[PCI_INTERRUPT_PIN] - 1;
}

/* --- bus mastering --- */

AddressSpace *pci_get_address_space(PCIDevice *dev);
MemTxResult pci_dma_rw(PCIDevice *dev, dma_addr_t addr, void *buf, dma_addr_t len,
                       DMADirection dir, MemTxAttrs attrs);
MemTxResult pci_dma_read(PCIDevice *dev, dma_addr_t addr, void *buf, dma_addr_t len);
MemTxResult pci_dma_write(PCIDevice *dev, dma_addr_t addr, const void *buf, dma_addr_t len);

/*
 * A target answers an access with a target abort: sets the function's status bit and returns what
 * its region's callback has to return, which the host bridge decides if the access came through it
 * (then a read's data is all ones). `io`: an I/O cycle; `addr`: its address on the bus.
 */
MemTxResult pci_target_abort(PCIDevice *dev, hwaddr addr, bool io, bool is_write, MemTxAttrs attrs);

/* A message-signalled interrupt: the function writes data to addr, if it may master the bus. */
void pci_send_message(PCIDevice *dev, uint64_t addr, uint32_t data);

/* --- `info pci` --- */

/* "Ethernet controller"; NULL for a class that has no name here. */
const char *pci_class_name(uint16_t class_id);
/* The text of `info pci` for all root buses. */
void pci_print_info(GString *out);

/* --- configuration bytes, little-endian --- */

/* pci_get_byte(config + PCI_…), pci_set_byte(config + PCI_…, value) and so on. */
#define PCI_CONFIG_UNIT_(unit, type, load, store)                                                  \
    static inline type pci_get_##unit(const uint8_t *at)                                           \
    {                                                                                              \
        return (type)load(at);                                                                     \
    }                                                                                              \
    static inline void pci_set_##unit(uint8_t *at, type value)                                     \
    {                                                                                              \
        store(at, value);                                                                          \
    }
PCI_CONFIG_UNIT_(byte, uint8_t, ldub_p, stb_p)
PCI_CONFIG_UNIT_(word, uint16_t, lduw_le_p, stw_le_p)
PCI_CONFIG_UNIT_(long, uint32_t, ldl_le_p, stl_le_p)
PCI_CONFIG_UNIT_(quad, uint64_t, ldq_le_p, stq_le_p)

/* pci_config_set_vendor_id(config, value) and so on: one register of the header. */
#define PCI_CONFIG_REGISTER_(name, offset, unit, type)                                             \
    static inline void pci_config_set_##name(uint8_t *header, type value)                          \
    {                                                                                              \
        pci_set_##unit(header + (offset), value);                                                  \
    }
PCI_CONFIG_REGISTER_(vendor_id, PCI_VENDOR_ID, word, uint16_t)
PCI_CONFIG_REGISTER_(device_id, PCI_DEVICE_ID, word, uint16_t)
PCI_CONFIG_REGISTER_(revision, PCI_REVISION_ID, byte, uint8_t)
PCI_CONFIG_REGISTER_(class, PCI_CLASS_DEVICE, word, uint16_t)
PCI_CONFIG_REGISTER_(prog_interface, PCI_CLASS_PROG, byte, uint8_t)
PCI_CONFIG_REGISTER_(interrupt_pin, PCI_INTERRUPT_PIN, byte, uint8_t)

#endif
