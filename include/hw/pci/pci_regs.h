/*
 * PCI configuration space: offsets and bits of the type 0 header and the capabilities in use.
 *
 * Reference: PCI Local Bus Specification, revision 2.3, chapter 6. Offsets are in bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCI_REGS_H
#define HW_PCI_PCI_REGS_H

#define PCI_VENDOR_ID           0x00 /* 16 bits */
#define PCI_DEVICE_ID           0x02 /* 16 bits */
#define PCI_COMMAND             0x04 /* 16 bits */
#define PCI_COMMAND_IO          0x0001 /* answer I/O accesses */
#define PCI_COMMAND_MEMORY      0x0002 /* answer memory accesses */
#define PCI_COMMAND_MASTER      0x0004 /* may start transactions */
#define PCI_COMMAND_SPECIAL     0x0008
#define PCI_COMMAND_INVALIDATE  0x0010
#define PCI_COMMAND_VGA_PALETTE 0x0020
#define PCI_COMMAND_PARITY      0x0040
#define PCI_COMMAND_WAIT        0x0080
#define PCI_COMMAND_SERR        0x0100
#define PCI_COMMAND_FAST_BACK   0x0200
#define PCI_COMMAND_INTX_DISABLE 0x0400

#define PCI_STATUS                  0x06 /* 16 bits; error bits are cleared by writing ones */
#define PCI_STATUS_INTERRUPT        0x0008
#define PCI_STATUS_CAP_LIST         0x0010
#define PCI_STATUS_66MHZ            0x0020
#define PCI_STATUS_FAST_BACK        0x0080
#define PCI_STATUS_PARITY           0x0100
#define PCI_STATUS_DEVSEL_MASK      0x0600
#define PCI_STATUS_DEVSEL_FAST      0x0000
#define PCI_STATUS_DEVSEL_MEDIUM    0x0200
#define PCI_STATUS_DEVSEL_SLOW      0x0400
#define PCI_STATUS_SIG_TARGET_ABORT 0x0800
#define PCI_STATUS_REC_TARGET_ABORT 0x1000
#define PCI_STATUS_REC_MASTER_ABORT 0x2000
#define PCI_STATUS_SIG_SYSTEM_ERROR 0x4000
#define PCI_STATUS_DETECTED_PARITY  0x8000

#define PCI_REVISION_ID     0x08
#define PCI_CLASS_PROG      0x09
#define PCI_CLASS_DEVICE    0x0a /* 16 bits: base class and sub-class */
#define PCI_CACHE_LINE_SIZE 0x0c
#define PCI_LATENCY_TIMER   0x0d

#define PCI_HEADER_TYPE                0x0e
#define PCI_HEADER_TYPE_NORMAL         0
#define PCI_HEADER_TYPE_BRIDGE         1
#define PCI_HEADER_TYPE_MULTI_FUNCTION 0x80

#define PCI_BIST           0x0f
#define PCI_BASE_ADDRESS_0 0x10
#define PCI_BASE_ADDRESS_1 0x14
#define PCI_BASE_ADDRESS_2 0x18
#define PCI_BASE_ADDRESS_3 0x1c
#define PCI_BASE_ADDRESS_4 0x20
#define PCI_BASE_ADDRESS_5 0x24

#define PCI_BASE_ADDRESS_SPACE_MEMORY 0x00
#define PCI_BASE_ADDRESS_SPACE_IO     0x01
#define PCI_BASE_ADDRESS_MEM_TYPE_32  0x00
#define PCI_BASE_ADDRESS_MEM_TYPE_64  0x04
#define PCI_BASE_ADDRESS_MEM_PREFETCH 0x08
#define PCI_BASE_ADDRESS_MEM_MASK     (~(uint64_t)0x0f)
#define PCI_BASE_ADDRESS_IO_MASK      (~(uint64_t)0x03)

#define PCI_CARDBUS_CIS         0x28
#define PCI_SUBSYSTEM_VENDOR_ID 0x2c /* 16 bits */
#define PCI_SUBSYSTEM_ID        0x2e /* 16 bits */
#define PCI_ROM_ADDRESS         0x30
#define PCI_ROM_ADDRESS_ENABLE  0x01
#define PCI_CAPABILITY_LIST     0x34 /* offset of the first capability */
#define PCI_INTERRUPT_LINE      0x3c
#define PCI_INTERRUPT_PIN       0x3d /* 0 none, 1 INTA .. 4 INTD */
#define PCI_MIN_GNT             0x3e
#define PCI_MAX_LAT             0x3f

/* A capability: its id, the offset of the next one, then its own registers. */
#define PCI_CAP_LIST_ID   0
#define PCI_CAP_LIST_NEXT 1
#define PCI_CAP_FLAGS     2
#define PCI_CAP_SIZEOF    4

#define PCI_CAP_ID_PM   0x01
#define PCI_CAP_ID_MSI  0x05
#define PCI_CAP_ID_VNDR 0x09
#define PCI_CAP_ID_EXP  0x10
#define PCI_CAP_ID_MSIX 0x11

#endif
