/*
 * The VMC board: what its files share.
 *
 * vmc.c builds the machine from a table of devices, vmc-fdt.c writes the device tree from the same
 * table, vmc-boot.c loads the kernel.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PPC_VMC_H
#define HW_PPC_VMC_H

#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/pci-host/hawk.h"
#include "qemu/units.h"

/* The physical map. What moves on hardware is where the board's firmware puts it. */
#define VMC_RAM_MAX         (2047 * MiB)
#define VMC_RAM_MIN         (1 * MiB) /* of which our firmware takes half */
#define VMC_PCI_MEM_BASE    0x80000000u
#define VMC_PCI_MEM_SIZE    0x74000000u /* up to flash bank A; the MPIC sits at its top */
#define VMC_PCI_DEVICES_BASE 0xf0000000u /* where firmware puts PCI functions, up to the MPIC */
#define VMC_MPIC_BASE       0xf3f80000u
#define VMC_FLASH_A_BASE    0xf4000000u
#define VMC_FLASH_A_SIZE    (16 * MiB)
#define VMC_PCI_IO_BASE     0xfe000000u
#define VMC_PCI_IO_SIZE     0x00800000u
#define VMC_SMC_BASE        0xfef80000u
#define VMC_UART0_BASE      0xfef88000u
#define VMC_BOARD_REGS_BASE 0xfef88080u
#define VMC_RTC_BASE        0xfef880c8u
#define VMC_UART1_BASE      0xfef88200u
#define VMC_PHB_BASE        0xfeff0000u
#define VMC_FLASH_B_BASE    0xff800000u
#define VMC_FLASH_B_SIZE    (8 * MiB)
#define VMC_ROM_BASE        0xfff00000u /* 1 MiB with the reset vector */

#define VMC_BUS_HZ  100000000u
#define VMC_CPU_HZ  400000000u
#define VMC_PCI_HZ  33333333u
#define VMC_TB_HZ   (VMC_BUS_HZ / 4)
#define VMC_UART_HZ 1843200u
#define VMC_BAUD    9600u

/* MPIC sources of what is not on PCI (MVME5100 Programmer's Reference Guide, chapter 5). */
enum {
    VMC_IRQ_8259 = 0,
    VMC_IRQ_UART = 1,
    VMC_IRQ_WATCHDOG1 = 3,
    VMC_IRQ_ABORT = 14,
    VMC_IRQ_RTC = 15,
    VMC_IRQ_NONE = -1,
};
#define VMC_NUM_IRQS 16

/*
 * The MPIC source that pin 0-3 (INTA-INTD) of a PCI slot is wired to; VMC_IRQ_NONE: not connected.
 */
int vmc_pci_irq(int slot, int pin);

typedef struct VMCState VMCState;
typedef struct VMCDevice VMCDevice;
typedef struct VMCTree VMCTree;

/* One device of the board: everything known about its place, in one row. */
struct VMCDevice {
    const char *name;  /* name in the object tree, below the machine */
    const char *type;  /* NULL: memory that the core provides */
    uint32_t base;
    uint32_t size;
    int irq;           /* MPIC source of its interrupt output */
    int unit;          /* serial line or flash unit */
    /* Creates and maps it; NULL: as any sysbus device. */
    void (*create)(VMCState *s, const VMCDevice *row);
    /* Writes its node; NULL: operating systems aren't told of it. */
    void (*describe)(VMCTree *tree, const VMCDevice *row);
};

extern const VMCDevice vmc_devices[];
extern const size_t vmc_num_devices;

typedef struct PowerPCCPU PowerPCCPU;

#define TYPE_VMC_MACHINE MACHINE_TYPE_NAME("VMC")
DECLARE_INSTANCE_CHECKER(VMCState, VMC_MACHINE, TYPE_VMC_MACHINE)

#define VMC_NO_KERNEL_ADDR UINT64_MAX

/* How the processor starts without firmware. */
typedef struct VMCBoot {
    bool direct;       /* -kernel was given */
    uint32_t entry;
    uint32_t stack;    /* r1 */
    uint32_t tree;     /* address of the device tree, r3 */
    uint32_t arguments, arguments_end; /* -append, r6 and r7; both 0 without it */
    HawkSetup hawk;
} VMCBoot;

#define VMC_NVRAM_SETTINGS 7

struct VMCState {
    MachineState parent_obj;

    PowerPCCPU *cpu;
    DeviceState *mpic;
    DeviceState *phb;
    DeviceState *smc;
    struct PFlashCFI01 *boot_flash; /* bank B */
    uint32_t irq_levels[VMC_NUM_IRQS]; /* bit n: line n of the source is asserted */
    uint32_t irq_lines[VMC_NUM_IRQS];  /* how many lines are wired to the source */
    qemu_irq abort_line;
    QEMUTimer *abort_timer; /* pending: the switch is pressed */
    VMCBoot boot;
    bool watchdog; /* property */
    char *nvram_values[VMC_NVRAM_SETTINGS]; /* properties, NULL: not given */
    char *gev_path;         /* property, and what is in the file; NULL: not given */
    GByteArray *gev;
    uint8_t slot;         /* property: in the VME crate */
    uint64_t kernel_addr; /* property, VMC_NO_KERNEL_ADDR: not given */
};

/* --- booting --- */

/*
 * Loads what the command line asks for. Without -kernel there is nothing to load: the firmware in
 * boot flash starts. Reports errors and ends the program; -machine dumpdtb= ends it too.
 */
void vmc_boot_load(VMCState *s);
/*
 * After a reset of the machine: the processor's registers and the host bridge as the kernel expects
 * them.
 */
void vmc_boot_start(VMCState *s);

/* --- NVRAM --- */

/* The machine's properties net-client, boot-file and so on. */
void vmc_nvram_add_properties(ObjectClass *oc);
/*
 * Writes the network boot parameters: all of them, or, where the contents are kept from one run to
 * the next, those that were given.
 */
void vmc_nvram_fill(VMCState *s, DeviceState *rtc, bool is_kept);

/* The machine's property gev. */
void vmc_gev_add_property(ObjectClass *oc);
/* Writes the global environment: what was given, or an empty one where nothing is kept. */
void vmc_gev_fill(VMCState *s, DeviceState *rtc, bool is_kept);

/* --- the device tree --- */

/* What the tree says beyond the table. Strings are the caller's; NULL: not in the tree. */
typedef struct VMCTreeInfo {
    const VMCDevice *devices;
    size_t num_devices;
    uint64_t ram_size;
    const char *cpu;      /* "755" */
    uint32_t tb_hz;
    const char *bootargs;
    const char *boot_order; /* letters of -boot order= */
    uint64_t initrd_start, initrd_end; /* equal: none */
} VMCTreeInfo;

/* The largest tree that is generated, and the largest file that is taken, in bytes. */
#define VMC_TREE_MAX      (64 * KiB)
#define VMC_TREE_FILE_MAX (1 * MiB)

/*
 * How much memory to keep for the tree: for that in `filename`, or with NULL for a generated one.
 */
uint64_t vmc_tree_room(const char *filename);
/* A new flattened tree (g_free() it) of fdt_totalsize() bytes; it fits vmc_tree_room(NULL). */
void *vmc_tree_build(const VMCTreeInfo *info, Error **errp);
/*
 * Reads the tree in `filename` and puts RAM size, boot arguments and initrd of `info` into it. NULL
 * with an error if that can't be read, isn't a device tree or is too large. It fits
 * vmc_tree_room(filename).
 */
void *vmc_tree_load(const char *filename, const VMCTreeInfo *info, Error **errp);

/* For the table's describe functions. */
void vmc_describe_serial(VMCTree *tree, const VMCDevice *row);
void vmc_describe_mpic(VMCTree *tree, const VMCDevice *row);
void vmc_describe_flash(VMCTree *tree, const VMCDevice *row);
void vmc_describe_pci(VMCTree *tree, const VMCDevice *row);

#endif
