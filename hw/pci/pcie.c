/*
 * PCI Express: extended configuration space and its capabilities, and the express capability.
 *
 * There is no link to model: it is up, at the lowest speed and width, from the start.
 *
 * Reference: PCI Express Base Specification, revision 2.1, sections 7.8 and 7.9.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie.h"
#include "qapi/error.h"
#include "qemu/bitops.h"

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
