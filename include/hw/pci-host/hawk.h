/*
 * Hawk: system memory controller and PCI host bridge of Motorola's PowerPC boards.
 *
 * Reference: MVME5100 Single Board Computer Programmer's Reference Guide (V5100A/PG), chapter 2
 * (PHB) and chapter 3 (SMC).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_HOST_HAWK_H
#define HW_PCI_HOST_HAWK_H

#include "hw/pci/pci_host.h"
#include "net/mac.h"

/*
 * The PCI host bridge. Sysbus mmio 0: its registers; mmio 1: a 4 GiB container with the outbound
 * windows, to be mapped at 0 below everything else. Its PCI bus is the child bus "pci.0". Link
 * "mpic" (a sysbus device whose region 0 is the MPIC) and "memory" (what PCI masters reach through
 * the inbound windows) are set before it is realized. Property "watchdogs": both watchdogs run from
 * reset, as on hardware.
 *
 * Outputs: "intx", one for each of HAWK_NUM_INTX bus inputs (the board says with pci_bus_map_irqs()
 * which pin goes where); "error": an enabled PHB error; "mcp": machine check pulse; "wdt" 0 and 1:
 * a watchdog ran out.
 */
#define TYPE_HAWK_PHB "hawk-phb"

/* The memory controller knows SDRAM blocks of 32 MiB to 512 MiB. */
#define HAWK_SMALLEST_BLOCK (32u << 20)

#define HAWK_NUM_INTX    16
#define HAWK_NUM_WINDOWS 4

#define HAWK_INTX_OUT  "intx"
#define HAWK_ERROR_OUT "error"
#define HAWK_MCP_OUT   "mcp"
#define HAWK_WDT_OUT   "wdt"

/* What firmware leaves behind when it starts an operating system; see docs/user/vmc.md. */
typedef struct HawkWindow {
    uint32_t start, end; /* first and last address; the last ends in 0xffff */
    uint32_t target;     /* where `start` goes on the other side */
    bool io;             /* outbound: to PCI I/O space */
} HawkWindow;

typedef struct HawkSetup {
    HawkWindow outbound[HAWK_NUM_WINDOWS]; /* end 0: closed */
    HawkWindow inbound[HAWK_NUM_WINDOWS];
    uint32_t mpic_base;
} HawkSetup;

void hawk_phb_configure(DeviceState *phb, const HawkSetup *setup);

/*
 * The system memory controller. Sysbus mmio 0: its registers. Property "ram-size" tells which SDRAM
 * it reports; "bus-frequency" (Hz) is the 60x bus clock.
 */
#define TYPE_HAWK_SMC "hawk-smc"

#define HAWK_SMC_SIZE 0x1000

/* The addresses of the board's Ethernets, for its vital product data. Once it is realized. */
void hawk_smc_set_ethernets(DeviceState *smc, const MACAddr *macs, size_t num_macs);

#endif
