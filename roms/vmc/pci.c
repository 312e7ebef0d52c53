/*
 * PCI: configuration access, the host bridge's own set-up, and the list of what is there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define CONFIG_ADDRESS (PCI_IO_BASE + 0xcf8)
#define CONFIG_DATA    (PCI_IO_BASE + 0xcfc)
#define HAWK_MMBAR     0x14 /* where the MPIC is */

static void select_register(u32 bus, u32 devfn, u32 reg)
{
    out32le(CONFIG_ADDRESS, 0x80000000 | bus << 16 | devfn << 8 | (reg & 0xfc));
}

u32 pci_read(u32 bus, u32 devfn, u32 reg)
{
    select_register(bus, devfn, reg);
    return in32le(CONFIG_DATA);
}

void pci_write(u32 bus, u32 devfn, u32 reg, u32 value)
{
    select_register(bus, devfn, reg);
    out32le(CONFIG_DATA, value);
}

/* Operating systems expect to find the interrupt controller where the firmware put it. */
void pci_init(void)
{
    pci_write(0, 0, HAWK_MMBAR, MPIC_BASE);
    pci_write(0, 0, 4, (pci_read(0, 0, 4) & 0xffff) | 0x6); /* memory decoding, bus master */
}

void pci_list(void)
{
    for (u32 device = 0; device < 32; device++) {
        u32 id = pci_read(0, device << 3, 0);

        if (id != 0xffffffff) {
            u32 class = pci_read(0, device << 3, 8);

            print("  00:%02x.0  %04x:%04x  class %06x\n", device, id & 0xffff, id >> 16, class >> 8);
        }
    }
}
