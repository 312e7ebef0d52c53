/*
 * i440FX: the PCI and memory controller (82441FX) of the `pc` board.
 *
 * Its PCI function (00:00.0) has the registers that say, for each piece of the last 256 KiB below
 * 1 MiB, whether the CPU finds RAM or the PCI bus there (PAM), and what happens to the RAM behind
 * the VGA's window (SMRAM).
 *
 * Reference: Intel 82441FX PCI and Memory Controller (290549), 3.2.18 (PAM), 3.2.24 (SMRAM), 4.1
 * (memory map).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_HOST_I440FX_H
#define HW_PCI_HOST_I440FX_H

#include "hw/pci/pci_host.h"

#define TYPE_I440FX_PCI_HOST_BRIDGE "i440FX-pcihost"
#define TYPE_I440FX_PCI_DEVICE      "i440FX"
OBJECT_DECLARE_SIMPLE_TYPE(I440FXHost, I440FX_PCI_HOST_BRIDGE)

/*
 * Says what is behind the bridge, before it is realized: the CPU's memory, which it changes; PCI
 * memory, which lies there below everything else; PCI I/O; RAM, of which the bridge shows what is
 * below 1 MiB. The caller keeps them.
 */
void i440fx_connect(I440FXHost *s, MemoryRegion *system, MemoryRegion *pci, MemoryRegion *io,
                    MemoryRegion *ram);
/* After realize(). */
PCIBus *i440fx_bus(I440FXHost *s);
/* What CPUs see before everything else while they are in system management mode. */
MemoryRegion *i440fx_smram(I440FXHost *s);
/* Bytes of 64-bit addresses that PCI functions are to get, above RAM. */
uint64_t i440fx_hole64_size(const I440FXHost *s);

#endif
