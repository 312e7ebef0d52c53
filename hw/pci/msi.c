/*
 * Message signalled interrupts.
 *
 * Everything is in the capability's registers; there is no other state.
 *
 * Reference: PCI Local Bus Specification, revision 3.0, section 6.8.1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "qemu/bitops.h"

#define MAX_VECTORS 32

static uint16_t flags_of(const PCIDevice *dev)
{
    return dev->msi_cap ? pci_get_word(dev->config + dev->msi_cap + PCI_MSI_FLAGS) : 0;
}

/* The mask register, which the pending bits follow; NULL: the capability has none. */
static uint8_t *mask_register(PCIDevice *dev)
{
    uint16_t flags = flags_of(dev);

    if (!(flags & PCI_MSI_FLAGS_MASKBIT)) {
        return NULL;
    }
    return dev->config + dev->msi_cap +
           (flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32);
}

static unsigned capability_size(bool wide, bool maskable)
{
    return (wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32) + (maskable ? 12 : 2);
}

int msi_init(PCIDevice *dev, uint8_t offset, unsigned nr_vectors, bool msi64bit,
             bool msi_per_vector_mask, Error **errp)
{
    unsigned size = capability_size(msi64bit, msi_per_vector_mask);
    int place = pci_add_capability(dev, PCI_CAP_ID_MSI, offset, size, errp);
    uint8_t *wmask;

    g_assert(is_power_of_2(nr_vectors) && nr_vectors <= MAX_VECTORS);
    if (place < 0) {
        return place;
    }
    wmask = dev->wmask + place;
    dev->msi_cap = place;
    pci_set_word(dev->config + place + PCI_MSI_FLAGS,
                 ctz32(nr_vectors) << PCI_MSI_FLAGS_QMASK_SHIFT |
                     (msi64bit ? PCI_MSI_FLAGS_64BIT : 0) |
                     (msi_per_vector_mask ? PCI_MSI_FLAGS_MASKBIT : 0));
    pci_set_word(wmask + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
    pci_set_long(wmask + PCI_MSI_ADDRESS_LO, ~3u);
    if (msi64bit) {
        pci_set_long(wmask + PCI_MSI_ADDRESS_HI, UINT32_MAX);
    }
    pci_set_word(wmask + (msi64bit ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32), UINT16_MAX);
    if (msi_per_vector_mask) {
        pci_set_long(wmask + (msi64bit ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32),
                     UINT32_MAX >> (MAX_VECTORS - nr_vectors));
    }
    return 0;
}

void msi_uninit(PCIDevice *dev)
{
    uint16_t flags = flags_of(dev);

    if (dev->msi_cap) {
        pci_del_capability(dev, PCI_CAP_ID_MSI,
                           capability_size(flags & PCI_MSI_FLAGS_64BIT,
                                           flags & PCI_MSI_FLAGS_MASKBIT));
        dev->msi_cap = 0;
    }
}

bool msi_present(const PCIDevice *dev)
{
    return dev->msi_cap;
}

bool msi_enabled(const PCIDevice *dev)
{
    return flags_of(dev) & PCI_MSI_FLAGS_ENABLE;
}

/* Software may ask for more than there are (6.8.1.3 forbids it). */
unsigned msi_nr_vectors_allocated(const PCIDevice *dev)
{
    uint16_t flags = flags_of(dev);

    if (!(flags & PCI_MSI_FLAGS_ENABLE)) {
        return 0;
    }
    return 1u << MIN(extract32(flags, PCI_MSI_FLAGS_QSIZE_SHIFT, 3),
                     extract32(flags, PCI_MSI_FLAGS_QMASK_SHIFT, 3));
}

static void send_vector(PCIDevice *dev, unsigned vector)
{
    const uint8_t *cap = dev->config + dev->msi_cap;
    bool wide = flags_of(dev) & PCI_MSI_FLAGS_64BIT;
    uint64_t addr = wide ? pci_get_quad(cap + PCI_MSI_ADDRESS_LO)
                         : pci_get_long(cap + PCI_MSI_ADDRESS_LO);
    uint16_t data = pci_get_word(cap + (wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32));

    /* Only as many low bits vary as vectors have been allocated. */
    pci_send_message(dev, addr, (data & -msi_nr_vectors_allocated(dev)) | vector);
}

void msi_notify(PCIDevice *dev, unsigned vector)
{
    uint8_t *mask = mask_register(dev);
    unsigned allocated = msi_nr_vectors_allocated(dev);

    if (!allocated) {
        return;
    }
    vector %= allocated;
    if (mask && (pci_get_long(mask) & 1u << vector)) {
        pci_set_long(mask + 4, pci_get_long(mask + 4) | 1u << vector);
        return;
    }
    send_vector(dev, vector);
}

void msi_config_written(PCIDevice *dev)
{
    uint8_t *mask = mask_register(dev);
    unsigned allocated = msi_nr_vectors_allocated(dev);
    uint32_t due;

    pci_update_irq_lines(dev);
    if (!mask || !allocated) {
        return;
    }
    due = pci_get_long(mask + 4) & ~pci_get_long(mask) & (UINT32_MAX >> (MAX_VECTORS - allocated));
    pci_set_long(mask + 4, pci_get_long(mask + 4) & ~due);
    for (; due; due &= due - 1) {
        send_vector(dev, ctz32(due));
    }
}

void msi_reset(PCIDevice *dev)
{
    uint16_t flags = flags_of(dev);
    uint8_t *cap = dev->config + dev->msi_cap;

    if (!dev->msi_cap) {
        return;
    }
    memset(cap + PCI_MSI_ADDRESS_LO, 0,
           capability_size(flags & PCI_MSI_FLAGS_64BIT, flags & PCI_MSI_FLAGS_MASKBIT) -
               PCI_MSI_ADDRESS_LO);
    pci_set_word(cap + PCI_MSI_FLAGS, flags & ~(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE));
}
