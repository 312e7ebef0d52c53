/*
 * What CPUs find below 1 MiB, as Intel's memory controllers since the 440FX let firmware choose it:
 * for each piece of the last 256 KiB, RAM or the PCI bus (seven PAM registers), and for the 128 KiB
 * of the VGA's window, the VGA or the RAM behind it (the SMRAM register).
 *
 * The bits of both are the same in all of them; where the registers are is the controller's.
 *
 * References: Intel 82441FX (290549), 3.2.18 and 3.2.24; Intel 3 Series Express Chipset Family
 * (316966), 5.1 (PAM0 to PAM6, SMRAM).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_HOST_LOW_MEMORY_H
#define HW_PCI_HOST_LOW_MEMORY_H

#include "system/memory.h"

#define NUM_PAMS         7
#define NUM_PAM_SEGMENTS 13
#define NUM_PAM_CHOICES  4 /* bits: read from RAM, write to RAM */

/* SMRAM register */
enum { SMRAM_BASE_MASK = 0x07, SMRAM_BASE = 0x02, SMRAM_ENABLE = 0x08, SMRAM_LOCK = 0x10,
       SMRAM_CLOSE = 0x20, SMRAM_OPEN = 0x40 };

typedef struct LowMemory LowMemory;

typedef struct LowMemorySegment {
    LowMemory *low;
    hwaddr base;
} LowMemorySegment;

struct LowMemory {
    MemoryRegion segments[NUM_PAM_SEGMENTS][NUM_PAM_CHOICES];
    MemoryRegion window;    /* PCI's VGA window before RAM */
    MemoryRegion smram;     /* what CPUs in system management mode see before everything else */
    MemoryRegion smram_low; /* the RAM behind the window, there */
    /* Segments for writing only, and the space that they pass accesses on to. */
    LowMemorySegment write_only[NUM_PAM_SEGMENTS];
    MemoryRegion both, both_pci, both_ram;
    AddressSpace both_space;
    const char *name;       /* the controller's, in log lines */
};

/* The region `smram`, which is empty yet: in the controller's instance_init(). */
void low_memory_init(LowMemory *m, Object *owner);
/* The other regions, in `system`, the CPU's view; those of PCI and RAM are its callers'. */
void low_memory_add(LowMemory *m, Object *owner, const char *name, MemoryRegion *system,
                    MemoryRegion *pci, MemoryRegion *ram);
/* Shows what the registers say. */
void low_memory_show(LowMemory *m, const uint8_t *pam, uint8_t smram);
/* One `unimp` line for each thing in them that isn't modelled. */
void low_memory_log_unmodelled(const LowMemory *m, uint8_t smram);
/* The SMRAM register after a write to it. */
uint8_t low_memory_smram_after(uint8_t before, uint8_t value);

#endif
