/*
 * PCI: configuration access, the host bridge's own set-up, addresses for what is there, and a list
 * of it.
 *
 * Memory goes between f0000000 and the interrupt controller, where operating systems that assign no
 * addresses themselves expect it, what finds no room there from 80000000 up; I/O goes from 1000 up.
 * A bus's regions are placed largest first, then each of its bridges with all that is behind it.
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

/* --- walking through functions --- */

#define NO_FUNCTION 0x100
#define BAR_FIRST   0x10
#define HEADER_TYPE 0x0e
#define BRIDGE_BUSES 0x18
#define BRIDGE_IO    0x1c
#define BRIDGE_MEMORY 0x20
#define BRIDGE_PREFETCHABLE 0x24
#define BRIDGE_IO_UPPER 0x30

static u32 is_multifunction(u32 bus, u32 devfn)
{
    return pci_read(bus, devfn & 0xf8, HEADER_TYPE & 0xfc) >> 16 & 0x80;
}

/* The first function from devfn on, NO_FUNCTION if there is none. */
static u32 find_function(u32 bus, u32 devfn)
{
    for (; devfn < NO_FUNCTION; devfn++) {
        if ((devfn & 7) && !is_multifunction(bus, devfn)) {
            devfn |= 7;
        } else if (pci_read(bus, devfn, 0) != 0xffffffff) {
            return devfn;
        }
    }
    return NO_FUNCTION;
}

static int is_bridge(u32 bus, u32 devfn)
{
    return (pci_read(bus, devfn, HEADER_TYPE & 0xfc) >> 16 & 0x7f) == 1;
}

static u32 bus_behind(u32 bus, u32 devfn)
{
    return pci_read(bus, devfn, BRIDGE_BUSES) >> 8 & 0xff;
}

#define for_each_function(bus, devfn) \
    for (u32 devfn = find_function(bus, 0); devfn < NO_FUNCTION; \
         devfn = find_function(bus, devfn + 1))

/* --- addresses --- */

/* Base address register `reg`: its size, 0 if there is none; *flags are its low bits. */
static u32 region_size(u32 bus, u32 devfn, u32 reg, u32 *flags)
{
    u32 old = pci_read(bus, devfn, reg), mask = old & 1 ? ~3u : ~0xfu, ones;

    *flags = old & ~mask;
    pci_write(bus, devfn, reg, 0xffffffff);
    ones = pci_read(bus, devfn, reg) & mask;
    pci_write(bus, devfn, reg, old);
    if (ones && (old & 1)) {
        ones |= 0xffff0000;
    }
    return -ones;
}

/* Numbers the buses behind those of `bus`, from `next` on; returns the next free number. */
static u32 number_buses(u32 bus, u32 next)
{
    for_each_function(bus, devfn) {
        if (is_bridge(bus, devfn) && next < 256) {
            u32 below = next;

            pci_write(bus, devfn, BRIDGE_BUSES, bus | below << 8 | 0xff0000);
            next = number_buses(below, next + 1);
            pci_write(bus, devfn, BRIDGE_BUSES, bus | below << 8 | (next - 1) << 16);
        }
    }
    return next;
}

/* What is left of the places for a space. */
typedef struct range {
    u32 next, last;
} range;

static int take(range *ranges, u32 size, u32 align, u32 *at)
{
    for (int i = 0; i < 2; i++) {
        u32 first = (ranges[i].next + align - 1) & -align;

        if (first >= ranges[i].next && first <= ranges[i].last &&
            size <= ranges[i].last - first + 1) {
            *at = first;
            ranges[i].next = first + size;
            return 1;
        }
    }
    return 0;
}

/* Opens a bridge for [first, end) of a space; an empty one closes it. */
static void open_bridge(u32 bus, u32 devfn, u32 io, u32 first, u32 end)
{
    u32 last = end - 1, empty = first >= end;

    if (io) {
        u32 status = pci_read(bus, devfn, BRIDGE_IO) & 0xffff0000;

        pci_write(bus, devfn, BRIDGE_IO,
                  status | (empty ? 0xf0 : (first >> 8 & 0xf0) | (last & 0xf000)));
        pci_write(bus, devfn, BRIDGE_IO_UPPER, empty ? 0 : first >> 16 | (last & 0xffff0000));
    } else {
        pci_write(bus, devfn, BRIDGE_MEMORY,
                  empty ? 0xfff0 : (first >> 16 & 0xfff0) | (last & 0xfff00000));
        pci_write(bus, devfn, BRIDGE_PREFETCHABLE, 0xfff0);
    }
}

static void place_region(u32 bus, u32 devfn, u32 reg, u32 at, u32 flags)
{
    pci_write(bus, devfn, reg, at);
    if ((flags & 7) == 4) {
        pci_write(bus, devfn, reg + 4, 0);
    }
}

static u32 lay_out(u32 bus, u32 io, u32 at, int commit, range *ranges);

/* A bridge and all behind it, from `at` on; where that ends. */
static u32 lay_out_bridge(u32 bus, u32 devfn, u32 io, u32 at, int commit)
{
    u32 unit = io ? 0x1000 : 0x100000, first = (at + unit - 1) & -unit;
    u32 end = (lay_out(bus_behind(bus, devfn), io, first, commit, 0) + unit - 1) & -unit;

    if (commit) {
        open_bridge(bus, devfn, io, first, end);
    }
    return first < end ? end : at;
}

/* On the root bus: measured at a place where every alignment fits, then put where there is room. */
static void place_bridge(u32 devfn, u32 io, range *ranges)
{
    u32 align = io ? 0x1000 : 0x10000000, at;
    u32 size = lay_out_bridge(0, devfn, io, align, 0) - align;

    while (align > 0x100000 && size < align) {
        align >>= 1;
    }
    if (size && take(ranges, size, align, &at)) {
        lay_out_bridge(0, devfn, io, at, 1);
    } else {
        open_bridge(0, devfn, io, 1, 0);
    }
}

/* The regions of size `size` on the bus; `at` moves behind them, or they come from the ranges. */
static u32 place_regions(u32 bus, u32 io, u32 size, u32 at, int commit, range *ranges)
{
    for_each_function(bus, devfn) {
        u32 end = is_bridge(bus, devfn) ? BRIDGE_BUSES : 0x28, flags;

        if (pci_read(bus, devfn, 8) >> 16 == 0x0600) {
            continue; /* the host bridge has its place */
        }
        for (u32 reg = BAR_FIRST; reg < end; reg += (flags & 7) == 4 ? 8 : 4) {
            u32 place = (at + size - 1) & -size;

            if (region_size(bus, devfn, reg, &flags) != size || (flags & 1) != io) {
                continue;
            }
            if (ranges && !take(ranges, size, size, &place)) {
                print("PCI %02x.%x: no room for %x bytes\n", devfn >> 3, devfn & 7, size);
                continue;
            }
            if (commit) {
                place_region(bus, devfn, reg, place, flags);
            }
            at = place + size;
        }
    }
    return at;
}

/* A bus's regions and bridges, from `at` on, or with ranges (the root bus) into these. */
static u32 lay_out(u32 bus, u32 io, u32 at, int commit, range *ranges)
{
    for (u32 size = 0x80000000; size >= 4; size >>= 1) {
        at = place_regions(bus, io, size, at, commit, ranges);
    }
    for_each_function(bus, devfn) {
        if (is_bridge(bus, devfn) && ranges) {
            place_bridge(devfn, io, ranges);
        } else if (is_bridge(bus, devfn)) {
            at = lay_out_bridge(bus, devfn, io, at, commit);
        }
    }
    return at;
}

/* The interrupt controller's source of INTA-INTD (0-3) of a slot of the root bus. */
static u32 slot_interrupt(u32 slot, u32 pin)
{
    switch (slot) {
    case 11:
        return 0;
    case 13:
        return 5 + pin;
    case 14:
        return pin ? 0xff : 2;
    case 19:
        return pin ? 0xff : 13;
    case 17:
        return 9 + (pin + 3) % 4;
    case 20:
        return 9 + pin;
    default:
        return slot < 16 ? 0xff : 9 + (slot + pin) % 4;
    }
}

/* Lets the functions answer; each bridge turns the pins of its slots by the slot's number. */
static void enable_functions(u32 bus, u32 root_slot, u32 turned)
{
    for_each_function(bus, devfn) {
        u32 slot = bus ? root_slot : devfn >> 3, turns = bus ? turned + (devfn >> 3) : 0;
        u32 interrupt = pci_read(bus, devfn, 0x3c), pin = interrupt >> 8 & 0xff, enable = 3;

        if (pci_read(bus, devfn, 8) >> 16 == 0x0600) {
            continue;
        }
        if (pin >= 1 && pin <= 4) {
            pci_write(bus, devfn, 0x3c, (interrupt & 0xffffff00) |
                                            slot_interrupt(slot, (pin - 1 + turns) % 4));
        }
        if (is_bridge(bus, devfn)) {
            enable |= 4;
            enable_functions(bus_behind(bus, devfn), slot, turns);
        }
        pci_write(bus, devfn, 4, (pci_read(bus, devfn, 4) & 0xffff) | enable);
    }
}

void pci_assign(void)
{
    range memory[2] = { { PCI_DEVICES, MPIC_BASE - 1 }, { PCI_MEM, PCI_DEVICES - 1 } };
    range io[2] = { { 0x1000, 0xffff }, { 0x10000, 0x7fffff } };

    number_buses(0, 1);
    lay_out(0, 0, 0, 1, memory);
    lay_out(0, 1, 0, 1, io);
    enable_functions(0, 0, 0);
}

/* --- the list --- */

static void list_bus(u32 bus)
{
    for_each_function(bus, devfn) {
        u32 id = pci_read(bus, devfn, 0), class = pci_read(bus, devfn, 8);

        print("  %02x:%02x.%x  %04x:%04x  class %06x\n", bus, devfn >> 3, devfn & 7, id & 0xffff,
              id >> 16, class >> 8);
        if (is_bridge(bus, devfn)) {
            list_bus(bus_behind(bus, devfn));
        }
    }
}

void pci_list(void)
{
    list_bus(0);
}
