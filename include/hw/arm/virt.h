/*
 * The `virt` board: what its files share.
 *
 * virt.c builds the machine from a table of devices, virt-fdt.c writes the device tree from the
 * same table, virt-boot.c loads what is to be started.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ARM_VIRT_H
#define HW_ARM_VIRT_H

#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/board-versions.h"
#include "hw/boards.h"
#include "qemu/units.h"
#include "system/memory.h"
#include "target/arm/cpu.h"

/* The physical map, as far as no row of the table has it. */
#define VIRT_RAM_BASE       0x40000000ull
#define VIRT_MEMORY_HOTPLUG 0x09070000ull
#define VIRT_GIC_INTERFACE  0x08010000ull
#define VIRT_GIC_HYPERVISOR 0x08030000ull /* with virtualization=on */
#define VIRT_GIC_VIRTUAL    0x08040000ull
#define VIRT_CLOCK_HZ       24000000u /* of UART and RTC */

/*
 * PCI Express: the table has the window below 4 GiB. The configuration space of 16 buses lies below
 * 4 GiB too, or that of 256 buses above all memory, behind room for more redistributors; behind it
 * is the window for addresses of 64 bits (virt_map_high()).
 */
#define VIRT_PCIE_IO        0x3eff0000ull
#define VIRT_PCIE_ECAM      0x3f000000ull
#define VIRT_HIGH           0x4000000000ull /* or where memory ends */
#define VIRT_PCIE_HIGH_SIZE (512 * GiB)
#define VIRT_PCIE_SLOTS     4 /* after so many devices the interrupts repeat */

#define VIRT_LOW_END        0x100000000ull /* what highmem=off can't go beyond */

/* Interrupts of the CPUs themselves: numbers of private peripheral interrupts, from 16 on. */
enum {
    VIRT_PPI_PMU = 23,
    VIRT_PPI_GIC_MAINTENANCE = 25,
    VIRT_PPI_TIMER_HYP = 26,
    VIRT_PPI_TIMER_VIRT = 27,
    VIRT_PPI_TIMER_HYPVIRT = 28,
    VIRT_PPI_TIMER_SECURE = 29,
    VIRT_PPI_TIMER_PHYS = 30,
};
#define VIRT_MAX_CPUS 123 /* as many redistributors as there is room for */
#define VIRT_GICV3_REDISTRIBUTORS      0x080a0000ull
#define VIRT_GICV3_REDISTRIBUTORS_SIZE 0x00f60000ull

#define VIRT_NUM_IRQS 288 /* private ones included */
#define VIRT_NO_IRQ   (-1)

#define VIRT_POWER_BUTTON_PIN 3 /* of the GPIO chip */
enum { VIRT_SECURE_POWEROFF_PIN = 0, VIRT_SECURE_RESET_PIN = 1 }; /* of the secure one */

typedef struct VirtState VirtState;
typedef struct VirtDevice VirtDevice;
typedef struct VirtTree VirtTree;

/* One device of the board: everything known about its place, in one row. */
struct VirtDevice {
    const char *name; /* in the object tree, below the machine */
    const char *type;
    uint64_t base;
    uint64_t size;
    int irq;  /* the shared interrupt of its output, from 0 on; VIRT_NO_IRQ */
    int unit; /* serial line or flash bank; of v2m: how many interrupts */
    /* Creates and maps it; NULL: as any sysbus device. */
    void (*create)(VirtState *s, const VirtDevice *row);
    /* Writes its node; NULL: operating systems aren't told of it. */
    void (*describe)(VirtTree *t, const VirtDevice *row);
    bool secure; /* with secure=on, and only in secure memory */
    bool (*there)(const VirtState *s); /* NULL: always */
};

extern const VirtDevice virt_devices[];
extern const size_t virt_num_devices;

/* Abstract: there is one for each version. */
#define TYPE_VIRT_MACHINE MACHINE_TYPE_NAME("virt")
DECLARE_INSTANCE_CHECKER(VirtState, VIRT_MACHINE, TYPE_VIRT_MACHINE)

typedef struct VirtMachineClass {
    MachineClass parent_class;

    unsigned version; /* BOARD_VERSION() */
} VirtMachineClass;
DECLARE_CLASS_CHECKERS(VirtMachineClass, VIRT_MACHINE, TYPE_VIRT_MACHINE)

/* Has the board what came with that version? */
static inline bool virt_is_since(const VirtState *s, unsigned major, unsigned minor)
{
    return VIRT_MACHINE_GET_CLASS(s)->version >= BOARD_VERSION(major, minor);
}

struct VirtState {
    MachineState parent_obj;

    /* Properties: what may lie above 4 GiB at all, and what then does. */
    bool highmem, highmem_ecam, highmem_mmio;
    bool secure, virtualization; /* EL3, EL2 */
    bool its;                    /* with a GICv3 */
    bool smmu;                   /* iommu=smmuv3 */
    bool mte;                    /* memory for the CPUs' allocation tags */
    OnOffAuto acpi;
    bool dtb_randomness; /* seeds in the device tree */

    unsigned gic_version; /* 2 or 3 */

    MemoryRegion secure_memory; /* what secure state sees: the rest, and in front of it its own */
    AddressSpace secure_space;
    MemoryRegion tag_memory, secure_tag_memory; /* the same of allocation tags, with mte=on */

    ARMCPU *cpus[VIRT_MAX_CPUS];
    DeviceState *gic, *smmuv3;
    struct PCIBus *pci;
    struct FWCfgState *fw_cfg;
    DeviceState *power_button;
    DeviceState *events; /* the generic event device, or NULL */
    uint64_t pcie_ecam_high, pcie_high;
    Notifier powerdown;
    struct PFlashCFI01 *flash[2];
    struct {
        bool direct; /* a kernel was given, and no firmware */
        uint64_t entry, tree;
        GBytes *kernel, *initrd; /* for firmware; NULL */
    } boot;
};

/* Does the first CPU start at address 0, in what -bios or -drive if=pflash have put there? */
bool virt_has_firmware(const VirtState *s);
/* Which instruction calls PSCI (ARM_PSCI_*); none where firmware provides it. */
unsigned virt_psci_conduit(const VirtState *s);
/* The board's row of that name. */
const VirtDevice *virt_find_device(const char *name);
/* There is an ITS, and PCI functions send it their messages. */
bool virt_has_its(const VirtState *s);
/* How many buses the configuration space has room for: 256 if it lies above 4 GiB. */
unsigned virt_num_pci_buses(const VirtState *s);
uint64_t virt_pci_config_base(const VirtState *s);
uint64_t virt_pci_window_base(const VirtState *s);
/*
 * Chooses where that is which lies behind memory, device memory included, and makes the latter;
 * ends the program if memory is more than the CPUs can address.
 */
void virt_map_high(VirtState *s);
/* Modules of memory: the machine's class is their hotplug handler. */
void virt_hotplug_class_init(MachineClass *mc);
/* Firmware gets ACPI tables. */
bool virt_has_acpi(const VirtState *s);
/* Events come by ACPI's generic event device, not by the GPIO chip. */
bool virt_has_events(const VirtState *s);
/* With firmware, unless acpi=off: adds the ACPI tables to fw_cfg. */
void virt_acpi_setup(VirtState *s);

/* --- booting --- */

/*
 * Loads what the command line asks for; without -kernel the firmware in flash starts. Reports
 * errors and ends the program; -machine dumpdtb= ends it, too.
 */
void virt_boot_load(VirtState *s);
/* After a reset of the machine: the first CPU starts where the kernel is; others wait for PSCI. */
void virt_boot_start(VirtState *s);

/* --- the device tree --- */

typedef struct VirtTreeInfo {
    const VirtState *board;
    uint64_t ram_size;
    unsigned num_cpus;
    const uint64_t *affinities; /* MPIDR_EL1's fields of each CPU */
    const char *cpu;            /* "arm,cortex-a57" */
    bool aarch32;               /* it has nothing else */
    const char *bootargs;       /* may be NULL */
    uint64_t initrd_start, initrd_end; /* equal: none */
    bool seeds;                        /* random numbers for the kernel */
} VirtTreeInfo;

/* A new flattened tree (g_free() it); NULL and *errp. */
void *virt_tree_build(const VirtTreeInfo *info, Error **errp);
/* That in the file, with what `info` says of memory, arguments and initrd. */
void *virt_tree_load(const char *filename, const VirtTreeInfo *info, Error **errp);

/* For the rows' functions. */
void virt_describe_gic(VirtTree *t, const VirtDevice *row);
void virt_describe_pcie(VirtTree *t, const VirtDevice *row);
void virt_describe_smmu(VirtTree *t, const VirtDevice *row);
void virt_describe_uart(VirtTree *t, const VirtDevice *row);
void virt_describe_rtc(VirtTree *t, const VirtDevice *row);
void virt_describe_fw_cfg(VirtTree *t, const VirtDevice *row);
void virt_describe_gpio(VirtTree *t, const VirtDevice *row);
void virt_describe_secure_gpio(VirtTree *t, const VirtDevice *row);
void virt_describe_secure_ram(VirtTree *t, const VirtDevice *row);
/* The machine has that row's device. */
static inline bool virt_has_device(const VirtState *s, const VirtDevice *row)
{
    return (!row->secure || s->secure) && (!row->there || row->there(s));
}
void virt_describe_flash(VirtTree *t, const VirtDevice *row);
void virt_describe_transports(VirtTree *t, const VirtDevice *row);

/* Slots for virtio devices, one behind the other, each with an interrupt of its own from the row's
 * on. */
#define VIRT_TYPE_TRANSPORT "virtio-mmio"
#define VIRT_NUM_TRANSPORTS 32
/* Does this program have them? */
bool virt_has_transports(void);

#endif
