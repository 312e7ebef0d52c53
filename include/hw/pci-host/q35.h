/*
 * MCH: the PCI Express and memory controller of Intel's 3 Series chipsets (82Q35, 82G33) on the
 * `q35` board.
 *
 * Its PCI function (00:00.0) says where configuration space lies in memory (PCIEXBAR), what is seen
 * below 1 MiB (PAM, SMRAM), and which RAM below the end of low memory is for system management mode
 * only (TSEG).
 *
 * Reference: Intel 3 Series Express Chipset Family (316966), 5.1 (host bridge registers), 9 (memory
 * map).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_HOST_Q35_H
#define HW_PCI_HOST_Q35_H

#include "hw/pci/pci_host.h"

#define TYPE_Q35_HOST_DEVICE "q35-pcihost"
#define TYPE_MCH_PCI_DEVICE  "mch"
OBJECT_DECLARE_SIMPLE_TYPE(Q35Host, Q35_HOST_DEVICE)

/*
 * Says what is behind the bridge, before it is realized: the CPU's memory, which it changes; PCI
 * memory, which lies there below everything else; PCI I/O; RAM, of which `below_4g` bytes lie from 0
 * on. The caller keeps them.
 */
void q35_host_connect(Q35Host *s, MemoryRegion *system, MemoryRegion *pci, MemoryRegion *io,
                      MemoryRegion *ram, uint64_t below_4g);
/* After realize(): the root bus "pcie.0", whose interrupts somebody else routes. */
PCIBus *q35_host_bus(Q35Host *s);
/* What CPUs see before everything else while they are in system management mode. */
MemoryRegion *q35_host_smram(Q35Host *s);
/* Bytes of 64-bit addresses that PCI functions are to get, above RAM. */
uint64_t q35_host_hole64_size(const Q35Host *s);
/* Where configuration space lies now, and how many bus numbers it has; 0: nowhere. */
unsigned q35_host_ecam(const Q35Host *s, uint64_t *base);

#endif
