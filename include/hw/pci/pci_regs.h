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

/* The type 1 header, of PCI-PCI bridges (bridge architecture specification 1.2, 3.2). */
#define PCI_PRIMARY_BUS         0x18
#define PCI_SECONDARY_BUS       0x19
#define PCI_SUBORDINATE_BUS     0x1a
#define PCI_SEC_LATENCY_TIMER   0x1b
#define PCI_IO_BASE             0x1c /* bits 4-7: address bits 12-15; 0-3: 1 has 32 bits */
#define PCI_IO_LIMIT            0x1d
#define PCI_IO_RANGE_TYPE_32    0x01
#define PCI_SEC_STATUS          0x1e /* 16 bits */
#define PCI_MEMORY_BASE         0x20 /* 16 bits, of which 4-15 are address bits 20-31 */
#define PCI_MEMORY_LIMIT        0x22
#define PCI_PREF_MEMORY_BASE    0x24 /* the same; bits 0-3: 1 has 64 bits */
#define PCI_PREF_MEMORY_LIMIT   0x26
#define PCI_PREF_RANGE_TYPE_64  0x01
#define PCI_PREF_BASE_UPPER32   0x28
#define PCI_PREF_LIMIT_UPPER32  0x2c
#define PCI_IO_BASE_UPPER16     0x30
#define PCI_IO_LIMIT_UPPER16    0x32
#define PCI_ROM_ADDRESS1        0x38
#define PCI_BRIDGE_CONTROL      0x3e /* 16 bits */
#define PCI_BRIDGE_CTL_PARITY   0x0001
#define PCI_BRIDGE_CTL_SERR     0x0002
#define PCI_BRIDGE_CTL_ISA      0x0004
#define PCI_BRIDGE_CTL_VGA      0x0008
#define PCI_BRIDGE_CTL_VGA_16BIT 0x0010
#define PCI_BRIDGE_CTL_BUS_RESET 0x0040

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

/* Message signalled interrupts (PCI 3.0, 6.8.1); offsets in the capability. */
#define PCI_MSI_FLAGS            2 /* 16 bits */
#define PCI_MSI_FLAGS_ENABLE     0x0001
#define PCI_MSI_FLAGS_QMASK_SHIFT 1  /* 3 bits: log2 of the vectors that the function has */
#define PCI_MSI_FLAGS_QSIZE_SHIFT 4  /* 3 bits: log2 of those that software lets it use */
#define PCI_MSI_FLAGS_QSIZE      0x0070
#define PCI_MSI_FLAGS_64BIT      0x0080
#define PCI_MSI_FLAGS_MASKBIT    0x0100
#define PCI_MSI_ADDRESS_LO       4
#define PCI_MSI_ADDRESS_HI       8
#define PCI_MSI_DATA_32          8 /* 16 bits */
#define PCI_MSI_DATA_64          12
#define PCI_MSI_MASK_32          12 /* pending bits follow it */
#define PCI_MSI_MASK_64          16

/* MSI-X (PCI 3.0, 6.8.2). */
#define PCI_MSIX_FLAGS           2 /* 16 bits */
#define PCI_MSIX_FLAGS_QSIZE     0x07ff /* entries in the table, minus 1 */
#define PCI_MSIX_FLAGS_MASKALL   0x4000
#define PCI_MSIX_FLAGS_ENABLE    0x8000
#define PCI_MSIX_TABLE           4 /* 32 bits: offset, and the BAR in bits 0-2 */
#define PCI_MSIX_PBA             8
#define PCI_CAP_MSIX_SIZEOF      12
/* An entry of the table. */
#define PCI_MSIX_ENTRY_SIZE        16
#define PCI_MSIX_ENTRY_ADDRESS     0 /* 64 bits */
#define PCI_MSIX_ENTRY_DATA        8
#define PCI_MSIX_ENTRY_VECTOR_CTRL 12
#define PCI_MSIX_ENTRY_CTRL_MASKBIT 1

/* PCI Express (Base Specification 2.1, 7.8). */
#define PCI_EXP_FLAGS            2 /* 16 bits */
#define PCI_EXP_FLAGS_VERSION_2  0x0002
#define PCI_EXP_FLAGS_TYPE_SHIFT 4
#define PCI_EXP_FLAGS_SLOT       0x0100
#define PCI_EXP_TYPE_ENDPOINT    0x0
#define PCI_EXP_TYPE_ROOT_PORT   0x4
#define PCI_EXP_TYPE_RC_ENDPOINT 0x9
#define PCI_EXP_DEVCAP           4
#define PCI_EXP_DEVCAP_ROLE      0x00008000 /* role-based error reporting */
#define PCI_EXP_DEVCTL           8 /* 16 bits */
#define PCI_EXP_DEVCTL_WRITABLE  0x7fff
#define PCI_EXP_DEVSTA           10 /* 16 bits; bits 0-3 are cleared by ones */
#define PCI_EXP_LNKCAP           12
#define PCI_EXP_LNKCTL           16
#define PCI_EXP_LNKSTA           18
#define PCI_EXP_SLTCAP           20
#define PCI_EXP_SLTCTL           24
#define PCI_EXP_SLTSTA           26
#define PCI_EXP_SLTCAP_BUTTON    0x00000001 /* for attention */
#define PCI_EXP_SLTCAP_POWER     0x00000002 /* the slot's power can be switched */
#define PCI_EXP_SLTCAP_ATTN_LED  0x00000008
#define PCI_EXP_SLTCAP_POWER_LED 0x00000010
#define PCI_EXP_SLTCAP_SURPRISE  0x00000020
#define PCI_EXP_SLTCAP_HOTPLUG   0x00000040
#define PCI_EXP_SLTCAP_AT_ONCE   0x00040000 /* commands are complete when they are written */
#define PCI_EXP_SLTCAP_NUMBER_SHIFT 19
#define PCI_EXP_SLTCTL_BUTTON    0x0001 /* these interrupt, each with SLTCTL_INTERRUPT */
#define PCI_EXP_SLTCTL_PRESENCE  0x0008
#define PCI_EXP_SLTCTL_INTERRUPT 0x0020
#define PCI_EXP_SLTCTL_ATTN_LED  0x00c0 /* 1: on, 2: blinks, 3: off */
#define PCI_EXP_SLTCTL_POWER_LED 0x0300 /* the same */
#define PCI_EXP_SLTCTL_POWER_LED_SHIFT 8
#define PCI_EXP_SLTCTL_POWER_OFF 0x0400
#define PCI_EXP_SLTCTL_LINK      0x1000
#define PCI_EXP_SLTSTA_BUTTON    0x0001 /* what has happened */
#define PCI_EXP_SLTSTA_PRESENCE  0x0008
#define PCI_EXP_SLTSTA_LINK      0x0100
#define PCI_EXP_SLTSTA_PRESENT   0x0040 /* and what is */
#define PCI_EXP_RTCTL            28
#define PCI_EXP_RTSTA            32
#define PCI_EXP_LNK_2_5GT        0x0001
#define PCI_EXP_LNK_X1           0x0010
#define PCI_EXP_LNKSTA_ACTIVE    0x2000
#define PCI_EXP_LNKCAP_REPORTS   0x00100000 /* that the link is active can be seen */
#define PCI_EXP_VER2_SIZEOF      0x3c

/* Extended capabilities: 32 bits of id (0-15), version (16-19), next (20-31). */
#define PCIE_EXT_CAP_START 0x100
#define PCI_EXT_CAP_ID_ERR 0x0001
#define PCI_EXT_CAP_ID_REBAR 0x0015

#define PCI_CAP_ID_PM   0x01
#define PCI_CAP_ID_SSVID 0x0d
#define PCI_CAP_ID_MSI  0x05
#define PCI_CAP_ID_VNDR 0x09
#define PCI_CAP_ID_EXP  0x10
#define PCI_CAP_ID_MSIX 0x11

#endif
