/*
 * PCI: configuration access, the host bridge's own set-up, and the list of what is there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define CONFIG_ADDRESS (PCI_IO_BASE + 0xcf8)
#define CONFIG_DATA    (PCI_IO_BASE + 0xcfc)
#define HAWK_MMBAR     0x14 /* where the MPIC is */
#define HAWK_PSADD0    0x80 /* what PCI masters reach: first and last 64 KiB unit */
#define HAWK_PSATT0    0x84 /* attributes, and in the upper half what is added to the address */

/* What the processor reaches: as PSADD and PSATT, but the offset's half comes first. */
#define HAWK_MSADD(n)  (PHB_BASE + 0x40 + 8 * (n))
#define HAWK_MSATT(n)  (PHB_BASE + 0x44 + 8 * (n))

#define ATT_READ_WRITE 0xc0
#define ATT_MEMORY     0x02

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

/*
 * Opens PCI memory (addresses as they are) and PCI I/O (from 0) to the processor, memory to PCI
 * masters, and puts the interrupt controller where operating systems expect that the firmware has
 * put it.
 */
void pci_init(void)
{
    out32(HAWK_MSADD(0), 0x8000f3ff);
    out32(HAWK_MSATT(0), ATT_READ_WRITE | ATT_MEMORY);
    out32(HAWK_MSADD(3), 0xfe00fe7f);
    out32(HAWK_MSATT(3), (-PCI_IO_BASE & 0xffff0000) | ATT_READ_WRITE);
    pci_write(0, 0, HAWK_PSADD0, (fw->ram_size - 1) >> 16);
    pci_write(0, 0, HAWK_PSATT0, ATT_READ_WRITE);
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
