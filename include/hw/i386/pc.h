/*
 * PC boards: what their files share.
 *
 * pc.c builds the machine but for its chipset, which pc-i440fx.c, q35.c and isapc.c do; pc-flash.c gives it
 * its firmware, pc-cmos.c and pc-fw-cfg.c tell the firmware what there is, pc-acpi.c hands it the
 * ACPI tables, pc-hotplug.c sees to what comes and goes later. A kernel that the user gives:
 * hw/i386/x86-boot.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I386_PC_H
#define HW_I386_PC_H

#include "core/qdev-properties.h"
#include "hw/acpi/acpi-tables.h"
#include "hw/acpi/vmgenid.h"
#include "hw/block/flash.h"
#include "hw/boards.h"
#include "hw/ide/ide.h"
#include "hw/isa/isa.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/pci/pci.h"
#include "qapi/visitor.h"
#include "qemu/units.h"
#include "target/i386/cpu.h"

#define TYPE_PC_MACHINE "generic-pc-machine"
OBJECT_DECLARE_TYPE(PCState, PCMachineClass, PC_MACHINE)

#define PC_MAX_CPUS  255
#define PC_MAX_FLASH 2
#define PC_NUM_PAM   7
#define PC_IDE_CHANNELS 2

/* Interrupt lines beyond the ISA bus's sixteen go to the I/O APIC only. */
#define PC_NUM_GSIS 24

#define PC_IOAPIC_ID    0
/* The I/O APIC's input for the timer; the ISA bus has it at 0. */
#define PC_IOAPIC_TIMER 2
/* The 8259's input behind which the second one is: no line of the bus leads there. */
#define PC_PIC_CASCADE  2
#define PC_SCI          9
/* In the general-purpose block; pc-dsdt.asl has it, too. */
#define PC_VMGENID_EVENT 5

/* Where firmware maps power management, unless it is found to have done otherwise: in tables. */
#define PC_PM_BASE 0x600

#define PC_FW_CFG_PORT 0x510
#define PC_FW_CFG_DMA  0x514

struct PCState {
    MachineState parent_obj;

    /* properties */
    uint64_t max_below_4g; /* bytes of RAM that may be there; 0: what the PCI hole leaves */
    OnOffAuto acpi, smm, vmport;
    bool i8042_enabled, hpet_enabled;
    bool smbios_entry_64; /* version 3.0's */
    bool check_floppies; /* a floppy disk is looked at before it is booted from */
    char *speaker_audiodev; /* its back end's id; NULL: the default one */
    char *flash_node[PC_MAX_FLASH]; /* the block node with a chip's contents, or NULL */

    uint64_t below_4g, above_4g; /* bytes of RAM on either side */
    X86CPU *cpus[PC_MAX_CPUS]; /* by APIC ID; NULL: not there */
    MemoryRegion ram_below, ram_above;
    MemoryRegion pci_memory;
    MemoryRegion *rom_memory; /* where firmware lies: pci_memory, or all there is */
    MemoryRegion smm_memory, smm_system, smm_smram;
    AddressSpace smm_space; /* of all CPUs in system management mode */
    MemoryRegion bios, isa_bios, option_rom;
    PFlashCFI01 *flash[PC_MAX_FLASH];

    DeviceState *host;     /* PCI host bridge; NULL: there is no PCI */
    PCIBus *bus;           /* below it */
    uint64_t hole64_size;  /* bytes of addresses for PCI above RAM */
    ISABus *isa;
    DeviceState *pm;       /* power management; NULL: there is none */
    qemu_irq *gsis;        /* num_gsis: both controllers' inputs */
    qemu_irq *pic_inputs;  /* 16; NULL: there are no 8259s */
    DeviceState *ioapic, *second_ioapic; /* NULL: there is none */
    VMGenId *vmgenid;      /* NULL: there is none */
    IdeBus *ide[PC_IDE_CHANNELS]; /* the PC/AT's; NULL: the disks are elsewhere */
    ISADevice *rtc, *fdc;  /* fdc may be NULL */
    FWCfgState *fw_cfg;
    uint32_t fadt, mcfg;   /* where these tables are among the ACPI tables */
    Notifier complete;     /* the machine and the user's devices are there */
    Notifier with_devices; /* the same, for the ACPI tables */
    Notifier suspended, woken_up;
    uint8_t kept_pam[PC_NUM_PAM]; /* while it is suspended */
};

/* What ACPI tables say of a chipset. */
typedef struct PCAcpi {
    const unsigned char *dsdt; /* empty in programs that were built without iasl */
    const size_t *dsdt_size;
    uint16_t gpe_port;         /* with the power management at PC_PM_BASE */
    bool gpe_moves;            /* with the power management */
    uint8_t gpe_size;          /* bytes of the block of general-purpose events */
    uint16_t smi_port;
    uint8_t enable, disable;   /* what is written there */
    /* Where firmware has mapped the power management now; 0: nowhere. */
    uint16_t (*pm_base)(PCState *s);
    /*
     * Once the devices that are there from the start are there: s->pm, a hotplug handler, tells the
     * guest of others from now on. What ACPI has to know of slots goes into the begun SSDT.
     */
    void (*start_hotplug)(PCState *s, ACPITables *t);
} PCAcpi;

struct PCMachineClass {
    MachineClass parent_class;

    /* RAM below 4 GiB: more than `most_below` leaves room for PCI from `more_below` on. */
    uint64_t most_below, more_below;
    const char *firmware; /* without -bios */
    bool firmware_is_ram; /* it is written to where it lies: no chip has RAM in its place */
    unsigned num_gsis;     /* 24 of each I/O APIC */
    bool has_ioapic;       /* with CPUs that have APICs */
    unsigned timer_pin;    /* of the I/O APIC: where line 0 is */
    uint32_t hpet_lines; /* bit n: the HPET's timers can have I/O APIC input n */
    const PCAcpi *acpi;
    unsigned pam;          /* the first PAM register in the host bridge's configuration */
    bool writer_takes_smi; /* the CPU that causes one by a port, not the first CPU */
    /*
     * The host bridge over s->pci_memory, with what can be seen through it: s->host, s->bus. NULL:
     * there is no PCI.
     */
    void (*create_host)(PCState *s);
    /* The ISA bus, and the bridge to it: s->isa. */
    void (*create_isa_bridge)(PCState *s);
    /* The rest of the chipset: its interrupts, disks, power management. */
    void (*create_functions)(PCState *s);
    /* Where configuration space is in memory, from PCI bus 0 on; 0: nowhere. NULL: never. */
    unsigned (*get_ecam)(PCState *s, uint64_t *base);
};

/*
 * Pieces of a board's start, for one that has an order of its own. CPUs come first; s->isa is there
 * before interrupt controllers, which it is told of (false: no 8259s).
 */
void pc_create_cpus(PCState *s);
void pc_map_ram(PCState *s);
void pc_create_interrupt_controllers(PCState *s, bool pic);

/* Of a board with the PC's usual devices, in class_init. */
void pc_add_properties(ObjectClass *oc);
/* An accessor's work for a property of type OnOffAuto. */
void pc_visit_switch(OnOffAuto *field, Visitor *v, const char *name, Error **errp);

/* The line by which a chipset asks a CPU, or all of them, for an SMI. */
qemu_irq pc_smi_line(PCState *s, bool all_cpus);
/* The memory modules' EEPROMs on the SMBus below `smbus`. */
void pc_create_eeproms(DeviceState *smbus);

/* True with system management mode. */
static inline bool pc_has_smm(const PCState *s)
{
    return s->smm != ON_OFF_AUTO_OFF;
}

/*
 * pc-flash.c: maps -bios' file (or the usual firmware) or the flash chips that the user gave, below
 * 4 GiB of the system's memory, and their end below 1 MiB of s->rom_memory. Reports what is wrong
 * and exits.
 */
void pc_map_firmware(PCState *s);
/* The machine's properties "pflash0", "pflash1". */
void pc_add_flash_properties(ObjectClass *oc);

/*
 * pc-smm.c: a CPU, before it is realized, gets system management mode. What CPUs see then besides
 * the usual memory is the region that the host bridge has for that, once the first one has it
 * (nothing with smm=off).
 */
void pc_give_smm(PCState *s, X86CPU *cpu);
void pc_show_smram(PCState *s, MemoryRegion *smram);

/* pc-suspend.c: what lasts when the machine is suspended to RAM. */
void pc_suspend_setup(PCState *s);

/* pc-cmos.c: writes what firmware reads in the clock's memory, also the boot order. */
void pc_cmos_setup(PCState *s);

/* pc-cmos.c, pc-fw-cfg.c: so many CPUs are there now. */
void pc_cmos_set_cpus(PCState *s, unsigned count);
void pc_fw_cfg_set_cpus(PCState *s, unsigned count);

/* pc-fw-cfg.c: makes the device, and items about CPUs and memory. */
void pc_fw_cfg_setup(PCState *s);
/* Once the power management is there. */
void pc_fw_cfg_add_sleep_states(PCState *s);
/* There is power management, and it suspends to RAM. */
bool pc_has_s3(const PCState *s);
/*
 * A file for the machine's fw_cfg, whose contents are taken over: those of the array, which is
 * freed.
 */
void pc_fw_cfg_give_file(PCState *s, const char *name, GByteArray *contents);

/* pc-hotplug.c: the board's part of its class. */
void pc_hotplug_class_init(ObjectClass *oc);

/* pc-acpi.c: the tables, unless acpi=off; once the user's devices are there. */
void pc_acpi_setup(PCState *s);

#endif
