/*
 * PCI Express: base address registers whose region can be made larger or smaller by software
 * (Resizable BAR).
 *
 * The capability has two words for each such register: which sizes it can have, and which one it
 * has. Another size changes how many of the address register's bits can be written, and how much of
 * the region is decoded.
 *
 * Reference: PCI Express Base Specification, revision 2.1, section 7.22.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pcie.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/units.h"

#define WORDS_SIZE 8 /* of one BAR */
#define CAN(n)     (4 + (n) * WORDS_SIZE)     /* bit 4 + s: 2^s MiB */
#define HAS(n)     (4 + (n) * WORDS_SIZE + 4)
#define SIZE_SHIFT 8
#define SIZE_BITS  5
#define LARGEST    19 /* 512 GiB: what the first word has bits for */

static unsigned bar_count(const PCIDevice *dev)
{
    return extract32(pci_get_long(dev->config + dev->resize_cap + HAS(0)), 5, 3);
}

static uint8_t *word(PCIDevice *dev, unsigned offset)
{
    return dev->config + dev->resize_cap + offset;
}

void pcie_add_resizable_bars(PCIDevice *dev, uint16_t offset, const PCIEResizableBar *bars, unsigned count)
{
    assert(count >= 1 && count <= 6);
    pcie_add_capability(dev, PCI_EXT_CAP_ID_REBAR, 1, offset, 4 + count * WORDS_SIZE);
    dev->resize_cap = offset;
    for (unsigned n = 0; n < count; n++) {
        const PCIIORegion *r = &dev->io_regions[bars[n].bar];
        unsigned size = ctz64(r->size / MiB);

        assert(r->size >= MiB && bars[n].smallest <= size && size <= bars[n].largest && bars[n].largest <= LARGEST &&
               "a resizable BAR has one of the sizes that it can have");
        pci_set_long(word(dev, CAN(n)), MAKE_64BIT_MASK(4 + bars[n].smallest, bars[n].largest - bars[n].smallest + 1));
        pci_set_long(word(dev, HAS(n)), bars[n].bar | count << 5 | size << SIZE_SHIFT);
        pci_set_long(dev->wmask + offset + HAS(n), MAKE_64BIT_MASK(SIZE_SHIFT, SIZE_BITS));
        dev->resize_default[n] = size;
    }
}

/* Sizes as the capability says; one that isn't possible stays what it was. */
void pcie_apply_bar_sizes(PCIDevice *dev)
{
    for (unsigned n = 0; dev->resize_cap && n < bar_count(dev); n++) {
        uint32_t has = pci_get_long(word(dev, HAS(n))), can = pci_get_long(word(dev, CAN(n)));
        unsigned bar = has & 7, size = extract32(has, SIZE_SHIFT, SIZE_BITS);

        if (size > LARGEST || !(can >> (4 + size) & 1)) {
            qemu_log_dev(LOG_GUEST_ERROR, dev->name, "resizable BAR", "BAR %u can't have 2^%u MiB", bar, size);
            size = ctz64(dev->io_regions[bar].size / MiB);
            pci_set_long(word(dev, HAS(n)), deposit32(has, SIZE_SHIFT, SIZE_BITS, size));
        }
        pci_resize_bar(dev, bar, (pcibus_t)MiB << size);
    }
}

void pcie_reset_bar_sizes(PCIDevice *dev)
{
    for (unsigned n = 0; dev->resize_cap && n < bar_count(dev); n++) {
        uint32_t has = pci_get_long(word(dev, HAS(n)));

        pci_set_long(word(dev, HAS(n)), deposit32(has, SIZE_SHIFT, SIZE_BITS, dev->resize_default[n]));
    }
    pcie_apply_bar_sizes(dev);
}

void pcie_resizable_bars_written(PCIDevice *dev, uint32_t address, int len)
{
    if (dev->resize_cap && address + len > dev->resize_cap && address < dev->resize_cap + HAS(bar_count(dev) - 1) + 4u) {
        pcie_apply_bar_sizes(dev);
    }
}
