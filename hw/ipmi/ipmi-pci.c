/*
 * pci-ipmi-kcs, pci-ipmi-bt: IPMI's interfaces as PCI cards, which drivers find by their class.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_ids.h"
#include "hw/qdev-properties.h"
#include "ipmi-interface.h"
#include "qemu/module.h"

#define TYPE_PCI_IPMI     "pci-ipmi"
#define TYPE_PCI_IPMI_KCS "pci-ipmi-kcs"
#define TYPE_PCI_IPMI_BT  "pci-ipmi-bt"

OBJECT_DECLARE_SIMPLE_TYPE(PciIpmi, PCI_IPMI)

enum { BAR_SIZE = 8 };

struct PciIpmi {
    PCIDevice parent_obj;

    IpmiInterface interface;
};

static void set_irq(void *opaque, bool level)
{
    pci_set_irq(opaque, level);
}

static void pci_ipmi_realize(PCIDevice *dev, Error **errp)
{
    PciIpmi *s = PCI_IPMI(dev);

    dev->config[PCI_INTERRUPT_PIN] = 1;
    dev->config[PCI_CLASS_PROG] = s->interface.kind->pci_interface;
    s->interface.set_irq = set_irq;
    s->interface.opaque = dev;
    if (ipmi_interface_init(&s->interface, OBJECT(dev), BAR_SIZE, errp)) {
        pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->interface.io);
    }
}

static void pci_ipmi_exit(PCIDevice *dev)
{
    ipmi_interface_exit(&PCI_IPMI(dev)->interface);
}

static void pci_ipmi_reset(DeviceState *dev)
{
    PciIpmi *s = PCI_IPMI(dev);

    s->interface.kind->reset(&s->interface);
    ipmi_interface_update(&s->interface);
}

static const VMStateDescription vmstate_pci_ipmi = {
    .name = TYPE_PCI_IPMI,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, PciIpmi),
        VMSTATE_STRUCT(interface, PciIpmi, 1, vmstate_ipmi_interface, IpmiInterface),
        VMSTATE_END_OF_LIST()
    },
};

static Property pci_ipmi_properties[] = {
    DEFINE_PROP_LINK("bmc", PciIpmi, interface.bmc, TYPE_IPMI_BMC, IpmiBmc *),
    DEFINE_PROP_END_OF_LIST(),
};

static void pci_ipmi_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = pci_ipmi_realize;
    pc->exit = pci_ipmi_exit;
    pc->vendor_id = 0x1234; /* QEMU's, for what has no other maker */
    pc->device_id = 0x1112;
    pc->class_id = 0x0c07; /* serial bus, IPMI */
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    dc->vmsd = &vmstate_pci_ipmi;
    device_class_set_legacy_reset(dc, pci_ipmi_reset);
    device_class_set_props(dc, pci_ipmi_properties);
    dc->desc = data;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static void kcs_init(Object *obj)
{
    PCI_IPMI(obj)->interface.kind = &ipmi_kcs;
}

static void bt_init(Object *obj)
{
    PCI_IPMI(obj)->interface.kind = &ipmi_bt;
}

static const TypeInfo pci_ipmi_types[] = {
    {
        .name = TYPE_PCI_IPMI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PciIpmi),
        .abstract = true,
    },
    {
        .name = TYPE_PCI_IPMI_KCS,
        .parent = TYPE_PCI_IPMI,
        .instance_init = kcs_init,
        .class_init = pci_ipmi_class_init,
        .class_data = (void *)"IPMI by KCS, as a PCI card",
    },
    {
        .name = TYPE_PCI_IPMI_BT,
        .parent = TYPE_PCI_IPMI,
        .instance_init = bt_init,
        .class_init = pci_ipmi_class_init,
        .class_data = (void *)"IPMI by block transfer, as a PCI card",
    },
};

DEFINE_TYPES(pci_ipmi_types)
