/*
 * Hawk's PCI host bridge: what its files share.
 *
 * hawk-phb.c is the processor side (registers, outbound windows, errors), hawk-wdt.c the watchdogs,
 * hawk-pci.c the PCI side (function 00:00.0 and the inbound windows).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_HOST_HAWK_INTERNAL_H
#define HW_PCI_HOST_HAWK_INTERNAL_H

#include "hw/pci-host/hawk.h"
#include "hw/register.h"

#define HAWK_PCI_SPACE  (1ULL << 32)
#define HAWK_WATCHDOGS  2

OBJECT_DECLARE_SIMPLE_TYPE(HawkPHBState, HAWK_PHB)

typedef struct HawkWatchdog {
    HawkPHBState *phb;
    int index;
    QEMUTimer *timer;
    int64_t deadline; /* virtual clock, ns; 0: not running */
} HawkWatchdog;

struct HawkPHBState {
    PCIHostState parent_obj;

    RegisterBlock regs;

    /* The PCI bus's own address spaces ... */
    MemoryRegion pci_mem;
    MemoryRegion pci_io;
    /*
     * ... the same as the processor's cycles find them: where no target answers, the bridge does
     * ...
     */
    MemoryRegion cpu_mem, cpu_mem_bus, cpu_mem_abort;
    MemoryRegion cpu_io, cpu_io_bus, cpu_io_abort;
    /* ... and where the outbound windows show them. */
    MemoryRegion outbound;
    MemoryRegion outbound_mem[HAWK_NUM_WINDOWS];
    MemoryRegion outbound_io[HAWK_NUM_WINDOWS];

    /* What PCI masters see: the bus, and behind it the inbound windows. */
    MemoryRegion master_root, master_bus;
    MemoryRegion inbound[HAWK_NUM_WINDOWS];
    AddressSpace master_as;
    MemoryRegion *memory; /* link */

    SysBusDevice *mpic; /* link */
    MemoryRegion mpic_io;
    PCIDevice *function;

    HawkWatchdog wdt[HAWK_WATCHDOGS];
    bool watchdogs; /* property: armed at reset */

    qemu_irq intx[HAWK_NUM_INTX];
    qemu_irq error_irq;
    qemu_irq mcp;
    qemu_irq wdt_out[HAWK_WATCHDOGS];
};

/* Rows of the register table that other files look at. */
enum {
    HAWK_R_ID,
    HAWK_R_REVID,
    HAWK_R_GCSR,
    HAWK_R_ARB,
    HAWK_R_HCSR,
    HAWK_R_EENAB,
    HAWK_R_ESTAT,
    HAWK_R_EADDR,
    HAWK_R_EATTR,
    HAWK_R_PIACK,
    HAWK_R_MSADD,
    HAWK_R_MSATT,
    HAWK_R_WDTCNTL,
    HAWK_R_WDTSTAT,
    HAWK_R_GPREG,
    HAWK_NUM_REGS,
};

/* --- hawk-wdt.c --- */

#define HAWK_WDT_ENABLE 0x00800000u

void hawk_wdt_init(HawkPHBState *s);
void hawk_wdt_finalize(HawkPHBState *s);
void hawk_wdt_reset(HawkPHBState *s);
uint64_t hawk_wdtcntl_write(RegisterBlock *block, const Register *reg, uint64_t value);
uint64_t hawk_wdtstat_read(RegisterBlock *block, const Register *reg, uint64_t stored);

/* --- hawk-pci.c --- */

#define TYPE_HAWK_PCI "hawk-pci"

/* The address spaces of PCI masters, and function 00:00.0. */
bool hawk_pci_realize(HawkPHBState *s, Error **errp);
/* Writes a configuration register of function 00:00.0. */
void hawk_pci_config_write(HawkPHBState *s, uint32_t offset, uint32_t value, int len);

#define HAWK_PSADD(n) (0x80 + 8 * (n)) /* start 31:16, end 15:0 */
#define HAWK_PSATT(n) (0x84 + 8 * (n)) /* 16 bits */
#define HAWK_PSOFF(n) (0x86 + 8 * (n)) /* 16 bits, added to bits 31:16 */

/* PSATT and MSATT share these. */
#define HAWK_ATT_REN  0x80
#define HAWK_ATT_WEN  0x40

#endif
