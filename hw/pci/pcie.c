/*
 * PCI Express: extended configuration space and its capabilities, the express capability, and the
 * root port that users can add, "pcie-root-port".
 *
 * There is no link to model: it is up, at the lowest speed and width, from the start.
 *
 * Reference: PCI Express Base Specification, revision 2.1, sections 7.8 and 7.9.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/module.h"

/* --- extended capabilities --- */

uint16_t pcie_find_capability(PCIDevice *dev, uint16_t cap_id)
{
    uint32_t offset = PCIE_EXT_CAP_START;

    for (int left = PCIE_CONFIG_SPACE_SIZE / 4; dev->express && offset && left; left--) {
        uint32_t header = pci_get_long(dev->config + offset);

        if (header && extract32(header, 0, 16) == cap_id) {
            return offset;
        }
        offset = extract32(header, 20, 12) & ~3u;
    }
    return 0;
}

void pcie_add_capability(PCIDevice *dev, uint16_t cap_id, uint8_t version, uint16_t offset,
                         uint16_t size)
{
    uint16_t last = PCIE_EXT_CAP_START;

    g_assert(dev->express && offset >= PCIE_EXT_CAP_START && offset % 4 == 0 &&
             offset + size <= PCIE_CONFIG_SPACE_SIZE);
    for (int i = 0; i < size; i++) {
        g_assert(!dev->used[offset + i]);
    }
    if (offset != PCIE_EXT_CAP_START) {
        uint32_t header = pci_get_long(dev->config + last);

        g_assert(header && "the first extended capability is at 0x100");
        while (extract32(header, 20, 12)) {
            last = extract32(header, 20, 12);
            header = pci_get_long(dev->config + last);
        }
        pci_set_long(dev->config + last, deposit32(header, 20, 12, offset));
    }
    pci_set_long(dev->config + offset, cap_id | (uint32_t)version << 16);
    memset(dev->used + offset, 1, size);
}

/* --- the express capability --- */

int pcie_cap_init(PCIDevice *dev, uint8_t offset, uint8_t type, uint8_t port, Error **errp)
{
    int place = pci_add_capability(dev, PCI_CAP_ID_EXP, offset, PCI_EXP_VER2_SIZEOF, errp);
    uint16_t link = PCI_EXP_LNK_X1 | PCI_EXP_LNK_2_5GT;
    uint8_t *cap, *wmask;

    if (place < 0) {
        return place;
    }
    cap = dev->config + place;
    wmask = dev->wmask + place;
    dev->exp_cap = place;
    pci_set_word(cap + PCI_EXP_FLAGS, PCI_EXP_FLAGS_VERSION_2 | type << PCI_EXP_FLAGS_TYPE_SHIFT);
    pci_set_long(cap + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_ROLE);
    pci_set_word(wmask + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_WRITABLE);
    pci_set_word(dev->w1cmask + place + PCI_EXP_DEVSTA, 0x000f);
    if (type != PCI_EXP_TYPE_RC_ENDPOINT) {
        pci_set_long(cap + PCI_EXP_LNKCAP, link | PCI_EXP_LNKCAP_REPORTS | (uint32_t)port << 24);
        pci_set_word(cap + PCI_EXP_LNKSTA, link | PCI_EXP_LNKSTA_ACTIVE);
    }
    return place;
}

int pcie_endpoint_cap_init(PCIDevice *dev, uint8_t offset, Error **errp)
{
    /* What sits on the root complex itself has no link. */
    bool below_port = pci_get_bus(dev)->parent_dev;

    return pcie_cap_init(dev, offset,
                         below_port ? PCI_EXP_TYPE_ENDPOINT : PCI_EXP_TYPE_RC_ENDPOINT, 0, errp);
}

/* --- root ports --- */

#define TYPE_ROOT_PORT  "pcie-root-port"
#define AER_SIZE        0x48

typedef struct RootPort {
    PCIBridge parent_obj;

    uint8_t port;
    uint8_t chassis;
    uint16_t slot;
} RootPort;

DECLARE_INSTANCE_CHECKER(RootPort, ROOT_PORT, TYPE_ROOT_PORT)

static void root_port_realize(PCIDevice *dev, Error **errp)
{
    RootPort *rp = ROOT_PORT(dev);
    int exp;

    if (!dev->express || pci_get_bus(dev)->parent_dev) {
        error_setg(errp, "%s: a root port goes on the root bus of a PCI Express host bridge; bus "
                         "'%s' is none",
                   dev->name, pci_get_bus(dev)->qbus.name);
        return;
    }
    pci_bridge_initfn(dev, TYPE_PCIE_BUS);
    pci_config_set_interrupt_pin(dev->config, 1);
    exp = pcie_cap_init(dev, 0, PCI_EXP_TYPE_ROOT_PORT, rp->port, errp);
    if (exp < 0 || msi_init(dev, 0, 1, true, true, errp) < 0) {
        pci_bridge_exitfn(dev);
        return;
    }
    pci_set_word(dev->config + exp + PCI_EXP_FLAGS,
                 pci_get_word(dev->config + exp + PCI_EXP_FLAGS) | PCI_EXP_FLAGS_SLOT);
    pci_set_long(dev->config + exp + PCI_EXP_SLTCAP, (uint32_t)rp->slot << 19);
    pcie_add_capability(dev, PCI_EXT_CAP_ID_ERR, 2, PCIE_EXT_CAP_START, AER_SIZE);
}

/* Whether something is plugged in, as the slot's status says. */
static uint32_t root_port_read(PCIDevice *dev, uint32_t address, int len)
{
    uint8_t *status = dev->config + dev->exp_cap + PCI_EXP_SLTSTA;
    bool present = PCI_BRIDGE(dev)->behind->devices[0];

    pci_set_word(status, present ? PCI_EXP_SLTSTA_PRESENT : 0);
    return pci_default_read_config(dev, address, len);
}

static Property root_port_properties[] = {
    DEFINE_PROP_UINT8("port", RootPort, port, 0),
    DEFINE_PROP_UINT8("chassis", RootPort, chassis, 0),
    DEFINE_PROP_UINT16("slot", RootPort, slot, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void root_port_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = root_port_realize;
    pc->config_read = root_port_read;
    pc->is_express = true;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = PCI_DEVICE_ID_REDHAT_PCIE_RP;
    dc->desc = "PCI Express root port: a slot";
    device_class_set_props(dc, root_port_properties);
}

static const TypeInfo pcie_types[] = {
    {
        .name = TYPE_ROOT_PORT,
        .parent = TYPE_PCI_BRIDGE,
        .instance_size = sizeof(RootPort),
        .class_init = root_port_class_init,
    },
};

DEFINE_TYPES(pcie_types)
