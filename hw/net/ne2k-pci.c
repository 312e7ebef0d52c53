/*
 * Realtek RTL8029AS: an NE2000 card for PCI (10 Mbit/s).
 *
 * It is a DP8390 (dp8390.c) with identification bytes in page 0 and a page of its own for
 * configuration. Its serial EEPROM can't be reached through 9346CR; there is no boot ROM.
 *
 * Reference: RTL8029AS data sheet, LS009.0, chapter 5.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "dp8390.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define TYPE_NE2K_PCI "ne2k_pci"
OBJECT_DECLARE_SIMPLE_TYPE(Ne2kPciState, NE2K_PCI)

/* Of page 3. */
enum { CARD_9346CR = 1, CARD_CONFIG0 = 3, CARD_CONFIG2 = 5, CARD_CONFIG3 = 6, CARD_HLTCLK = 9, CARD_ID0 = 14, CARD_ID1 = 15 };

#define EEM_CONFIG 0xc0 /* 9346CR: CONFIG2 and CONFIG3 can be written */

struct Ne2kPciState {
    PCIDevice parent_obj;

    Dp8390 nic;
    MemoryRegion io;
    uint8_t config[16]; /* page 3, as written */
};

static void set_irq(Dp8390 *nic, bool level)
{
    pci_set_irq(&container_of(nic, Ne2kPciState, nic)->parent_obj, level);
}

static uint8_t card_read(Dp8390 *nic, unsigned page, unsigned reg)
{
    static const uint8_t page_0[16] = { [10] = 'P', [11] = 'C' };

    if (page == 0) {
        return page_0[reg];
    }
    switch (reg) {
    case CARD_ID0:
        return 0x29;
    case CARD_ID1:
        return 0x80;
    case CARD_9346CR:
    case CARD_CONFIG2:
    case CARD_CONFIG3:
        return container_of(nic, Ne2kPciState, nic)->config[reg];
    default:
        return 0;
    }
}

static void card_write(Dp8390 *nic, unsigned page, unsigned reg, uint8_t value)
{
    Ne2kPciState *s = container_of(nic, Ne2kPciState, nic);

    if (reg == CARD_9346CR) {
        s->config[reg] = value & EEM_CONFIG;
        if ((value & EEM_CONFIG) == 0x80) {
            qemu_log_dev(LOG_UNIMP, TYPE_NE2K_PCI, "9346CR", "the EEPROM's wires are not modelled");
        }
    } else if ((reg == CARD_CONFIG2 || reg == CARD_CONFIG3) && s->config[CARD_9346CR] == EEM_CONFIG) {
        s->config[reg] = value & (reg == CARD_CONFIG2 ? 0xf0 : 0x46);
    } else if (reg != CARD_HLTCLK) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_NE2K_PCI, NULL, "write to register %u of page %u, which is read-only or locked", reg,
                     page);
    }
}

static const Dp8390Card card = {
    .name = TYPE_NE2K_PCI,
    .set_irq = set_irq,
    .read = card_read,
    .write = card_write,
};

static void ne2k_pci_realize(PCIDevice *dev, Error **errp)
{
    Ne2kPciState *s = NE2K_PCI(dev);

    pci_config_set_interrupt_pin(dev->config, 1);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_DEVSEL_MEDIUM);
    memory_region_init_io(&s->io, OBJECT(dev), &dp8390_io_ops, &s->nic, TYPE_NE2K_PCI, DP8390_IO_SIZE);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
    dp8390_realize(&s->nic, &card, TYPE_NE2K_PCI, DEVICE(dev)->id);
}

static void ne2k_pci_exit(PCIDevice *dev)
{
    dp8390_unrealize(&NE2K_PCI(dev)->nic);
}

static void ne2k_pci_reset(DeviceState *dev)
{
    Ne2kPciState *s = NE2K_PCI(dev);

    memset(s->config, 0, sizeof(s->config));
    dp8390_reset(&s->nic);
}

static const VMStateDescription vmstate_ne2k_pci = {
    .name = TYPE_NE2K_PCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, Ne2kPciState),
        VMSTATE_DP8390(nic, Ne2kPciState),
        VMSTATE_UINT8_ARRAY(config, Ne2kPciState, 16),
        VMSTATE_END_OF_LIST()
    },
};

static Property ne2k_pci_properties[] = {
    DEFINE_NIC_PROPERTIES(Ne2kPciState, nic.conf),
    DEFINE_PROP_END_OF_LIST(),
};

static void ne2k_pci_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = ne2k_pci_realize;
    pc->exit = ne2k_pci_exit;
    pc->vendor_id = PCI_VENDOR_ID_REALTEK;
    pc->device_id = 0x8029;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    dc->desc = "Realtek RTL8029AS, an NE2000 card";
    dc->reset = ne2k_pci_reset;
    dc->vmsd = &vmstate_ne2k_pci;
    device_class_set_props(dc, ne2k_pci_properties);
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo ne2k_pci_types[] = {
    {
        .name = TYPE_NE2K_PCI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(Ne2kPciState),
        .class_init = ne2k_pci_class_init,
    },
};

DEFINE_TYPES(ne2k_pci_types)
