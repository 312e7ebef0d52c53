/*
 * IDE: channels, their units (disks and CD-ROM drives), and the PCI functions of Intel's PIIX.
 *
 * A channel (IdeBus) has a task file, a data register and INTRQ; up to two units sit on it. A host
 * adapter maps those registers to where its own manual has them and, for DMA, moves data between
 * the channel and memory: see IdeHost.
 *
 * Everything here runs under the big lock.
 *
 * References: AT Attachment with Packet Interface - 6 (ATA/ATAPI-6), T13/1410D.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IDE_IDE_H
#define HW_IDE_IDE_H

#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "hw/isa/isa.h"
#include "migration/vmstate.h"

#define TYPE_IDE_BUS  "IDE"
#define TYPE_IDE_UNIT "ide-device"
#define TYPE_IDE_HD   "ide-hd"
#define TYPE_IDE_CD   "ide-cd"
OBJECT_DECLARE_SIMPLE_TYPE(IdeBus, IDE_BUS)
OBJECT_DECLARE_TYPE(IdeUnit, IdeUnitClass, IDE_UNIT)

#define IDE_UNITS 2 /* of a channel: device 0 and device 1 */

/* --- PCI functions --- */

#define TYPE_PIIX3_IDE "piix3-ide"
#define TYPE_PIIX4_IDE "piix4-ide"

/*
 * Both have two channels at the addresses of the PC/AT, which answer when the function's I/O space
 * and the channel are enabled, and bus masters behind BAR 4. A board makes one with
 *
 *     PCIDevice *ide = pci_create_simple_multifunction(bus, PCI_DEVFN(1, 1), false, "piix3-ide");
 *     pci_ide_connect_irqs(ide, isa_irq_14, isa_irq_15);
 *     pci_ide_create_devs(ide);
 *
 * pci_ide_connect_irqs(): where the channels' interrupts go (lines "isa-irq" 0 and 1).
 */
void pci_ide_connect_irqs(PCIDevice *dev, qemu_irq primary, qemu_irq secondary);
/*
 * A disk, or with media=cdrom a CD-ROM drive, for each -drive if=ide that nobody has: its bus is
 * the channel and its unit the device. Ends the program with an error message if that fails.
 */
void pci_ide_create_devs(PCIDevice *dev);

/*
 * "ich9-ahci": six ports of Serial ATA, each a bus with one unit. The board makes it as any PCI
 * function; drives are made as above, with the port's number as their bus and unit 0.
 */
#define TYPE_ICH9_AHCI "ich9-ahci"
void ahci_create_devs(PCIDevice *dev);

typedef struct IdeGeometry {
    uint32_t cylinders, heads, sectors;
} IdeGeometry;

/* A channel, 0 or 1: its disks' geometry, for boards whose firmware is told. */
IdeBus *pci_ide_bus(PCIDevice *dev, unsigned channel);

/* --- The ISA bus --- */

/*
 * "isa-ide": one channel, at the ports and with the interrupt that its properties say. Drives are
 * those of -drive if=ide with that bus; what can't be ends the program.
 */
#define TYPE_ISA_IDE "isa-ide"
IdeBus *isa_ide_create(ISABus *bus, unsigned channel);

/* --- for host adapters --- */

/* What an adapter does for its channels. Stays valid as long as they do. */
typedef struct IdeHost {
    /* The channel is a link of Serial ATA: it has one unit, which the host may queue commands for. */
    bool serial;
    /* INTRQ has another level. */
    void (*interrupt)(IdeBus *bus, bool level);
    /*
     * The selected unit asks for DMA (DMARQ). The adapter calls ide_bus_dma() now, or when its
     * driver has said where the data are.
     */
    void (*dma_request)(IdeBus *bus);
    /* A unit has gone on to another phase of its command. Not now, but soon. May be NULL. */
    void (*gone_on)(IdeBus *bus);
} IdeHost;

/* Moves the next bytes of a transfer: returns how many, fewer than @size if there is no more. */
typedef size_t IdeDmaFunc(void *opaque, void *data, size_t size);

struct IdeBus {
    BusState parent_obj;

    const IdeHost *host;
    void *opaque;    /* the adapter's */
    uint32_t number; /* of the channel */

    /* private */
    IdeUnit *units[IDE_UNITS];
    uint8_t selected; /* bit 4 of the device register */
    uint8_t control;  /* device control register */
    bool intrq;       /* as the adapter was told */
    bool moving;      /* the adapter moves data now (DMACK-) */
};

/* The registers of the command block, by their address. */
typedef enum IdeRegister {
    IDE_DATA, /* not with ide_read() and ide_write() */
    IDE_ERROR,
    IDE_COUNT,
    IDE_LBA_LOW,
    IDE_LBA_MID,
    IDE_LBA_HIGH,
    IDE_DEVICE,
    IDE_STATUS,
    IDE_FEATURES = IDE_ERROR,
    IDE_COMMAND = IDE_STATUS,
} IdeRegister;

/* Channel @number of the adapter @parent. */
IdeBus *ide_bus_new(DeviceState *parent, unsigned number, const IdeHost *host, void *opaque);
/* What a disk says by default; false: no disk is there. */
bool ide_bus_get_geometry(IdeBus *bus, unsigned unit, IdeGeometry *geometry);
/*
 * The drive that -drive if=ide,bus=@number,unit=@unit is for, on this bus, if there is one that
 * nobody has. Ends the program with an error message if that fails.
 */
void ide_create_drive(IdeBus *bus, unsigned number, unsigned unit);
/* The RESET- line: commands end, and units are as after power on. */
void ide_bus_reset(IdeBus *bus);
/* One byte of the command block, which is 0 where no unit drives it. Any value at any time. */
uint8_t ide_read(IdeBus *bus, IdeRegister reg);
void ide_write(IdeBus *bus, IdeRegister reg, uint8_t value);
/* The data register: @size 2 or 4 bytes, in the order in which they are on the medium. */
uint32_t ide_read_data(IdeBus *bus, unsigned size);
void ide_write_data(IdeBus *bus, uint32_t value, unsigned size);
/* The control block: alternate status (the interrupt stays) and device control. */
uint8_t ide_read_alternate_status(IdeBus *bus);
void ide_write_control(IdeBus *bus, uint8_t value);
/*
 * Does the selected unit ask for DMA in that direction? Then moves data by @move until the unit has
 * no more for now, or @move hasn't: the unit waits on then.
 */
bool ide_bus_dma_requested(IdeBus *bus, bool to_host);
void ide_bus_dma(IdeBus *bus, bool to_host, IdeDmaFunc *move, void *opaque);
/*
 * The same for one block that the selected unit has, or wants, by the data register. The unit waits
 * on if @move hasn't moved all of it; true: it has.
 */
bool ide_bus_pio(IdeBus *bus, bool to_host, IdeDmaFunc *move, void *opaque);

/* The channel's own registers; units have theirs. */
extern const VMStateDescription vmstate_ide_bus;
#define VMSTATE_IDE_BUS(_field, _state)                                                            \
    VMSTATE_STRUCT_POINTER(_field, _state, vmstate_ide_bus, IdeBus)

#endif
