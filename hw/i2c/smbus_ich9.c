/*
 * "ICH9-SMB": ICH9's SMBus host controller (82801I, device 31 function 3).
 *
 * Reference: Intel I/O Controller Hub 9 (ICH9) Family Datasheet (316972), chapter 18.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i2c/smbus-host.h"
#include "hw/i2c/smbus_ich9.h"
#include "hw/pci/pci.h"
#include "qemu/module.h"

#define HOSTC       0x40
#define HOSTC_ON    0x01
#define HOSTC_BITS  0x17
#define SMBUS_PORTS 0x40

typedef struct ICH9SMBState {
    PCIDevice parent_obj;

    MemoryRegion bar; /* the controller's ports, while HOSTC_ON */
    SMBusHost smbus;
} ICH9SMBState;

DECLARE_INSTANCE_CHECKER(ICH9SMBState, ICH9_SMB, TYPE_ICH9_SMB)

static void show_ports(ICH9SMBState *s)
{
    memory_region_set_enabled(&s->smbus.io, s->parent_obj.config[HOSTC] & HOSTC_ON);
}

static void smb_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    pci_default_write_config(dev, address, value, len);
    show_ports(ICH9_SMB(dev));
}

static void smb_reset_hold(Object *obj)
{
    ICH9SMBState *s = ICH9_SMB(obj);

    s->parent_obj.config[HOSTC] = 0;
    smbus_host_reset(&s->smbus);
    show_ports(s);
}

static void smb_realize(PCIDevice *dev, Error **errp)
{
    ICH9SMBState *s = ICH9_SMB(dev);

    memset(dev->wmask + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    dev->wmask[HOSTC] = HOSTC_BITS;
    pci_config_set_interrupt_pin(dev->config, 1);
    smbus_host_init(&s->smbus, DEVICE(dev), SMBUS_PORTS);
    memory_region_init(&s->bar, OBJECT(s), "ich9-smb", SMBUS_PORTS);
    memory_region_add_subregion(&s->bar, 0, &s->smbus.io);
    pci_register_bar(dev, 4, PCI_BASE_ADDRESS_SPACE_IO, &s->bar);
}

static int after_load(void *opaque, int version_id)
{
    show_ports(opaque);
    return 0;
}

static const VMStateDescription vmstate_ich9_smb = {
    .name = TYPE_ICH9_SMB,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, ICH9SMBState),
        VMSTATE_SMBUS_HOST(smbus, ICH9SMBState),
        VMSTATE_END_OF_LIST()
    },
};

static void ich9_smb_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = smb_realize;
    pc->config_write = smb_config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x2930;
    pc->revision = 0x02;
    pc->class_id = PCI_CLASS_SERIAL_SMBUS;
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    RESETTABLE_CLASS(oc)->phases.hold = smb_reset_hold;
    dc->desc = "SMBus of ICH9 (82801I)";
    dc->vmsd = &vmstate_ich9_smb;
    dc->user_creatable = false; /* the board puts its EEPROMs there */
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const TypeInfo ich9_smb_types[] = {
    {
        .name = TYPE_ICH9_SMB,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(ICH9SMBState),
        .class_init = ich9_smb_class_init,
    },
};

DEFINE_TYPES(ich9_smb_types)
