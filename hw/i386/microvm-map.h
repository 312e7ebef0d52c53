/*
 * The `microvm` board's addresses and interrupts, for its files and its DSDT.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I386_MICROVM_MAP_H
#define HW_I386_MICROVM_MAP_H

#define MICROVM_GED          0xfea00000
#define MICROVM_GED_REGS     0xfea00200
#define MICROVM_GED_IRQ      9
#define MICROVM_VIRTIO       0xfeb00000
#define MICROVM_VIRTIO_SIZE  0x200
#define MICROVM_IOAPIC_2     0xfec10000
#define MICROVM_PCIE_ECAM      0xe0000000
#define MICROVM_PCIE_ECAM_SIZE 0x10000000
#define MICROVM_PCIE_MMIO      0xc0000000
#define MICROVM_PCIE_MMIO_SIZE 0x20000000
#define MICROVM_PCIE_HIGH      0xc000000000
#define MICROVM_PCIE_HIGH_SIZE 0x4000000000
#define MICROVM_PCIE_IRQ     12 /* and three more */

/* The first slot's interrupt, and how many slots there are: as the interrupt controllers allow. */
#define MICROVM_VIRTIO_IRQ_WITH_IOAPIC_2 24
#define MICROVM_VIRTIO_IRQ_WITH_ACPI     16
#define MICROVM_VIRTIO_IRQ_ALONE         5
#define MICROVM_MOST_SLOTS               24
#define MICROVM_FEW_SLOTS                8

#endif
