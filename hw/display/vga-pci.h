/*
 * A VGA on PCI: what those that are more than that have in common with the standard one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_DISPLAY_VGA_PCI_H
#define HW_DISPLAY_VGA_PCI_H

#include "hw/pci/pci.h"
#include "vga.h"

/* Registers in a memory BAR. */
typedef struct VGAPCIBar {
    MemoryRegion ports, dispi, extension;
} VGAPCIBar;

/* Puts them into the container `bar`: ports from 3c0 on at 0x400, the display interface at 0x500. */
void vga_pci_init_bar(VGAState *v, Object *owner, MemoryRegion *bar, VGAPCIBar *parts);

/*
 * The window and the ports at the legacy addresses of dev's bus are the VGA's, as far as dev's
 * command register lets it: to be called after each write to that.
 */
void vga_pci_take_legacy(VGAState *v, PCIDevice *dev);
void vga_pci_update_legacy(VGAState *v, PCIDevice *dev);
void vga_pci_drop_legacy(VGAState *v, PCIDevice *dev);

#endif
