/*
 * "piix3-ide" and "piix4-ide": function 1 of Intel's south bridges PIIX3 and PIIX4.
 *
 * Timing registers hold what is written, and that is all: a channel's ports answer whether or not
 * IDETIM's bit 15 (IDE decode enable) is set, as firmware of virtual machines never sets it.
 *
 * References: Intel, 82371FB (PIIX) and 82371SB (PIIX3) PCI ISA IDE Xcelerator, 2.3; 82371AB
 * (PIIX4), 5.1: PCI configuration registers of function 1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "pci.h"
#include "qemu/module.h"

/* Configuration registers. */
enum {
    IDETIM = 0x40, /* 16 bits for each channel */
    SIDETIM = 0x44,
    UDMACTL = 0x48,
    UDMATIM = 0x4a,
};

static void update_ports(PciIde *s)
{
    bool io = pci_get_word(s->parent_obj.config + PCI_COMMAND) & PCI_COMMAND_IO;

    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        pci_ide_enable_ports(s, i, io);
    }
}

static void piix_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    pci_default_write_config(dev, address, value, len);
    update_ports(PCI_IDE(dev));
}

static void piix_realize(PCIDevice *dev, Error **errp)
{
    memset(dev->wmask + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    pci_set_long(dev->wmask + IDETIM, 0xffffffff);
    pci_set_byte(dev->wmask + SIDETIM, 0xff);
    pci_ide_realize(dev, errp);
}

static void piix4_realize(PCIDevice *dev, Error **errp)
{
    piix_realize(dev, errp);
    pci_set_byte(dev->wmask + UDMACTL, 0x0f);
    pci_set_word(dev->wmask + UDMATIM, 0x3333);
}

static void piix_reset(DeviceState *dev)
{
    PciIde *s = PCI_IDE(dev);

    memset(s->parent_obj.config + IDETIM, 0, UDMATIM + 2 - IDETIM);
    update_ports(s);
    pci_ide_reset(dev);
}

static int piix_loaded(void *opaque, int version)
{
    update_ports(opaque);
    return 0;
}

static const VMStateDescription vmstate_piix = {
    .name = "piix-ide",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = piix_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, PciIde),
        VMSTATE_STRUCT_ARRAY(channels, PciIde, IDE_CHANNELS, 1, vmstate_pci_ide_channel,
                             PciIdeChannel),
        VMSTATE_END_OF_LIST()
    },
};

static void piix_class_init(ObjectClass *klass)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = piix_realize;
    pc->config_write = piix_config_write;
    dc->vmsd = &vmstate_piix;
    device_class_set_legacy_reset(dc, piix_reset);
}

static void piix3_class_init(ObjectClass *klass, void *data)
{
    piix_class_init(klass);
    PCI_DEVICE_CLASS(klass)->device_id = 0x7010;
    DEVICE_CLASS(klass)->desc = "IDE controller of PIIX3";
}

static void piix4_class_init(ObjectClass *klass, void *data)
{
    piix_class_init(klass);
    PCI_DEVICE_CLASS(klass)->realize = piix4_realize;
    PCI_DEVICE_CLASS(klass)->device_id = 0x7111;
    DEVICE_CLASS(klass)->desc = "IDE controller of PIIX4";
}

static const TypeInfo piix_types[] = {
    { .name = TYPE_PIIX3_IDE, .parent = TYPE_PCI_IDE, .class_init = piix3_class_init },
    { .name = TYPE_PIIX4_IDE, .parent = TYPE_PCI_IDE, .class_init = piix4_class_init },
};

DEFINE_TYPES(piix_types)
