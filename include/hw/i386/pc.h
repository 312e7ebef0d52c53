/*
 * The `pc` board: what its files share.
 *
 * pc.c builds the machine, pc-cmos.c and pc-fw-cfg.c tell the firmware what there is, pc-acpi.c
 * hands it the ACPI tables. A kernel that the user gives: hw/i386/x86-boot.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I386_PC_H
#define HW_I386_PC_H

#include "core/qdev-properties.h"
#include "hw/boards.h"
#include "hw/isa/isa.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/pci-host/i440fx.h"
#include "qemu/units.h"
#include "target/i386/cpu.h"

#define TYPE_PC_MACHINE "generic-pc-machine"
OBJECT_DECLARE_SIMPLE_TYPE(PCState, PC_MACHINE)

#define PC_MAX_CPUS 255

/* Interrupt lines beyond the ISA bus's sixteen go to the I/O APIC only. */
#define PC_NUM_GSIS 24

#define PC_IOAPIC_ID   0
/* The I/O APIC's input for the timer; the ISA bus has it at 0. */
#define PC_IOAPIC_TIMER 2
/* The 8259's input behind which the second one is: no line of the bus leads there. */
#define PC_PIC_CASCADE  2
#define PC_SCI          9

#define PC_FW_CFG_PORT 0x510
#define PC_FW_CFG_DMA  0x514

struct PCState {
    MachineState parent_obj;

    /* properties */
    uint64_t max_below_4g; /* bytes of RAM that may be there; 0: what the PCI hole leaves */
    OnOffAuto acpi, smm;
    bool i8042_enabled, hpet_enabled;
    bool check_floppies; /* a floppy disk is looked at before it is booted from */

    uint64_t below_4g, above_4g; /* bytes of RAM on either side */
    X86CPU *cpus[PC_MAX_CPUS];
    MemoryRegion ram_below, ram_above;
    MemoryRegion pci_memory;
    MemoryRegion bios, isa_bios, option_rom;

    I440FXHost *host;
    ISABus *isa;
    qemu_irq *gsis;        /* PC_NUM_GSIS: both controllers' inputs */
    qemu_irq *pic_inputs;  /* 16 */
    DeviceState *ioapic;   /* NULL: there is none */
    DeviceState *a20_gate;
    PCIDevice *ide;
    Notifier complete; /* the machine and the user's devices are there */
    ISADevice *rtc, *fdc;
    FWCfgState *fw_cfg;
};

/* True with system management mode. */
static inline bool pc_has_smm(const PCState *s)
{
    return s->smm == ON_OFF_AUTO_ON;
}

/* pc-cmos.c: writes what firmware reads in the clock's memory, also the boot order. */
void pc_cmos_setup(PCState *s);

/* pc-fw-cfg.c: makes the device, and items about CPUs and memory. */
void pc_fw_cfg_setup(PCState *s);
/*
 * A file for the machine's fw_cfg, whose contents are taken over: those of the array, which is
 * freed.
 */
void pc_fw_cfg_give_file(PCState *s, const char *name, GByteArray *contents);

/* pc-acpi.c: the tables, unless acpi=off. */
void pc_acpi_setup(PCState *s);

#endif
