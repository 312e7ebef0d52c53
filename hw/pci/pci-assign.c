/*
 * Giving PCI functions their addresses.
 *
 * A bus needs of each space (memory, I/O) one piece: its functions' regions, largest first so that
 * alignment costs nothing between them, and behind these the pieces of its bridges, rounded to what
 * a bridge's window can say. lay_out() computes that for a given start, with or without writing it
 * down: without, to see whether a piece fits before anything is written.
 *
 * References: PCI Local Bus Specification, revision 2.3, section 6.2.5; PCI-to-PCI Bridge
 * Architecture Specification, revision 1.1, sections 3.2.5 and 5.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci-assign.h"
#include "hw/pci/pci_host.h"
#include "qemu/error-report.h"
#include "qemu/units.h"

/* Configuration registers of a bridge. */
enum {
    BRIDGE_BUSES = 0x18,       /* primary, secondary, subordinate */
    BRIDGE_IO = 0x1c,          /* base and limit: address bits 15-12 */
    BRIDGE_MEMORY = 0x20,      /* base and limit: address bits 31-20 */
    BRIDGE_PREFETCHABLE = 0x24,
    BRIDGE_IO_UPPER = 0x30,
};

#define BRIDGE_IO_UNIT     (4 * KiB)
#define BRIDGE_MEMORY_UNIT (1 * MiB)
#define BRIDGE_CLOSED      0x0000fff0 /* base above limit */

#define MAX_BUSES 256

typedef enum Space { SPACE_MEMORY, SPACE_IO } Space;

typedef struct Region {
    uint32_t address; /* bus << 16 | devfn << 8, as in a configuration cycle */
    int reg;
    Space space;
    bool is_64bit;
    uint64_t size;
} Region;

typedef struct Assignment {
    PCIBus *root;
    const PCIAddressPlan *plan;
    GArray *regions[MAX_BUSES]; /* of each bus, largest first; NULL: not there */
    GArray *bridges[MAX_BUSES]; /* of each bus: uint32_t, their addresses */
    unsigned last_bus;
} Assignment;

static uint32_t get(const Assignment *a, uint32_t address, int reg, unsigned len)
{
    return pci_data_read(a->root, address | reg, len);
}

static void set(const Assignment *a, uint32_t address, int reg, uint32_t value, unsigned len)
{
    pci_data_write(a->root, address | reg, value, len);
}

static bool is_bridge(const Assignment *a, uint32_t address)
{
    return (get(a, address, PCI_HEADER_TYPE, 1) & ~PCI_HEADER_TYPE_MULTI_FUNCTION) ==
           PCI_HEADER_TYPE_BRIDGE;
}

/* The board's own business: it has set that up before. */
static bool is_host_bridge(const Assignment *a, uint32_t address)
{
    return get(a, address, PCI_CLASS_DEVICE, 2) == PCI_CLASS_BRIDGE_HOST;
}

/* --- what is there --- */

/* Tries the base address register at `reg`. False: there is none, or it holds an address. */
static bool probe(const Assignment *a, uint32_t address, int reg, Region *r)
{
    uint32_t old = get(a, address, reg, 4), implemented, mask;

    *r = (Region){ .address = address, .reg = reg };
    r->space = old & PCI_BASE_ADDRESS_SPACE_IO ? SPACE_IO : SPACE_MEMORY;
    r->is_64bit = r->space == SPACE_MEMORY && (old & PCI_BASE_ADDRESS_MEM_TYPE_64);
    mask = (uint32_t)(r->space == SPACE_IO ? PCI_BASE_ADDRESS_IO_MASK : PCI_BASE_ADDRESS_MEM_MASK);
    set(a, address, reg, UINT32_MAX, 4);
    implemented = get(a, address, reg, 4) & mask;
    set(a, address, reg, old, 4);
    if (implemented && r->space == SPACE_IO) {
        implemented |= 0xffff0000; /* decoding 16 bits is enough */
    }
    /* Where the lower half of 64 bits is for nothing, the region has 4 GiB or more. */
    r->size = implemented ? (uint32_t)-implemented : r->is_64bit ? 4 * GiB : 0;
    return r->size && !(old & mask);
}

static int larger_first(const void *a, const void *b)
{
    const Region *x = a, *y = b;

    return (x->size < y->size) - (x->size > y->size);
}

static void scan_bus(Assignment *a, unsigned bus);

static void scan_function(Assignment *a, unsigned bus, uint32_t address)
{
    bool bridge = is_bridge(a, address);
    int end = bridge ? BRIDGE_BUSES : PCI_BASE_ADDRESS_5 + 4;
    Region r;

    if (is_host_bridge(a, address)) {
        return;
    }
    set(a, address, PCI_COMMAND, get(a, address, PCI_COMMAND, 2) &
                                     ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY), 2);
    for (int reg = PCI_BASE_ADDRESS_0; reg < end; reg += r.is_64bit ? 8 : 4) {
        if (probe(a, address, reg, &r)) {
            g_array_append_val(a->regions[bus], r);
        }
    }
    if (bridge && a->last_bus + 1 < MAX_BUSES) {
        unsigned below = ++a->last_bus;

        g_array_append_val(a->bridges[bus], address);
        set(a, address, BRIDGE_BUSES, bus | below << 8 | 0xff << 16, 4);
        scan_bus(a, below);
        set(a, address, BRIDGE_BUSES, bus | below << 8 | a->last_bus << 16, 4);
    }
}

static void scan_bus(Assignment *a, unsigned bus)
{
    a->regions[bus] = g_array_new(false, false, sizeof(Region));
    a->bridges[bus] = g_array_new(false, false, sizeof(uint32_t));
    for (unsigned devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        uint32_t address = bus << 16 | devfn << 8;

        if (get(a, address, PCI_VENDOR_ID, 2) != 0xffff) {
            scan_function(a, bus, address);
        }
        if (PCI_FUNC(devfn) == 0 &&
            !(get(a, address, PCI_HEADER_TYPE, 1) & PCI_HEADER_TYPE_MULTI_FUNCTION)) {
            devfn |= PCI_FUNC_MAX - 1;
        }
    }
    g_array_sort(a->regions[bus], larger_first);
}

/* --- where it goes --- */

static void place_region(const Assignment *a, const Region *r, uint64_t at)
{
    uint32_t flags = get(a, r->address, r->reg, 4);

    set(a, r->address, r->reg, at | (flags & 0xf), 4);
    if (r->is_64bit) {
        set(a, r->address, r->reg + 4, at >> 32, 4);
    }
}

/* Opens a bridge for [first, end) of the space; for nothing if that is empty. */
static void open_bridge(const Assignment *a, uint32_t bridge, Space space, uint64_t first,
                        uint64_t end)
{
    uint64_t last = end - 1;

    if (space == SPACE_MEMORY) {
        uint32_t window = first < end ? (first >> 16 & 0xfff0) | (last & 0xfff00000)
                                      : BRIDGE_CLOSED;

        set(a, bridge, BRIDGE_MEMORY, window, 4);
        set(a, bridge, BRIDGE_PREFETCHABLE, BRIDGE_CLOSED, 4);
    } else {
        uint16_t window = first < end ? (first >> 8 & 0xf0) | (last & 0xf000) : 0x00f0;

        set(a, bridge, BRIDGE_IO, window, 2);
        set(a, bridge, BRIDGE_IO_UPPER, first < end ? first >> 16 | (last & 0xffff0000) : 0, 4);
    }
}

static uint64_t lay_out(const Assignment *a, unsigned bus, Space space, uint64_t at, bool commit);

/* A bridge and what is behind it, from `at` on; returns where its piece ends. */
static uint64_t lay_out_bridge(const Assignment *a, uint32_t bridge, Space space, uint64_t at,
                               bool commit)
{
    uint64_t unit = space == SPACE_IO ? BRIDGE_IO_UNIT : BRIDGE_MEMORY_UNIT;
    unsigned below = get(a, bridge, BRIDGE_BUSES + 1, 1);
    uint64_t first = ROUND_UP(at, unit), end;

    end = ROUND_UP(lay_out(a, below, space, first, commit), unit);
    if (commit) {
        open_bridge(a, bridge, space, first, end);
    }
    return first < end ? end : at;
}

/* A bus's piece, from `at` on; returns where it ends. */
static uint64_t lay_out(const Assignment *a, unsigned bus, Space space, uint64_t at, bool commit)
{
    for (guint i = 0; i < a->regions[bus]->len; i++) {
        const Region *r = &g_array_index(a->regions[bus], Region, i);

        if (r->space == space) {
            at = ROUND_UP(at, r->size);
            if (commit) {
                place_region(a, r, at);
            }
            at += r->size;
        }
    }
    for (guint i = 0; i < a->bridges[bus]->len; i++) {
        at = lay_out_bridge(a, g_array_index(a->bridges[bus], uint32_t, i), space, at, commit);
    }
    return at;
}

/* --- the root bus: piece by piece, into what is left of the plan's ranges --- */

/* Takes [*at, *at + size) out of the ranges; false if no range has that much left. */
static bool take_range(PCIAddressRange *left, uint64_t size, uint64_t align, uint64_t *at)
{
    for (int i = 0; i < PCI_PLAN_RANGES; i++) {
        uint64_t first = ROUND_UP(left[i].first, align);

        if (first <= left[i].last && size <= left[i].last - first + 1) {
            *at = first;
            left[i].first = first + size;
            return true;
        }
    }
    return false;
}

static void warn_no_room(uint32_t address, Space space, uint64_t size)
{
    warn_report("PCI function %02x:%02x.%x gets no address: no room for 0x%" PRIx64
                " bytes of %s", address >> 16, PCI_SLOT(address >> 8 & 0xff),
                PCI_FUNC(address >> 8), size, space == SPACE_IO ? "I/O" : "memory");
}

static void assign_root(const Assignment *a, Space space, const PCIAddressRange *ranges)
{
    PCIAddressRange left[PCI_PLAN_RANGES];
    uint64_t at;

    memcpy(left, ranges, sizeof(left));
    for (guint i = 0; i < a->regions[0]->len; i++) {
        const Region *r = &g_array_index(a->regions[0], Region, i);

        if (r->space != space) {
            continue;
        }
        if (take_range(left, r->size, r->size, &at)) {
            place_region(a, r, at);
        } else {
            warn_no_room(r->address, space, r->size);
        }
    }
    for (guint i = 0; i < a->bridges[0]->len; i++) {
        uint32_t bridge = g_array_index(a->bridges[0], uint32_t, i);
        /* Alignment is the largest region's; a piece that starts there has its final size. */
        uint64_t align = space == SPACE_IO ? BRIDGE_IO_UNIT : 256 * MiB, size;

        size = lay_out_bridge(a, bridge, space, align, false) - align;
        while (align > BRIDGE_MEMORY_UNIT && size < align) {
            align /= 2;
        }
        if (take_range(left, size, align, &at)) {
            lay_out_bridge(a, bridge, space, at, true);
        } else {
            warn_no_room(bridge, space, size);
            open_bridge(a, bridge, space, 1, 0);
        }
    }
}

/* --- what else firmware does --- */

/* Each bridge turns the pins of its slots by the slot's number. */
static void enable_bus(const Assignment *a, unsigned bus, int root_slot, int turned)
{
    for (unsigned devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        uint32_t address = bus << 16 | devfn << 8;
        int slot = bus ? root_slot : PCI_SLOT(devfn);
        int turns = bus ? turned + PCI_SLOT(devfn) : 0;
        int pin = get(a, address, PCI_INTERRUPT_PIN, 1);
        uint16_t enable = PCI_COMMAND_IO | PCI_COMMAND_MEMORY;

        if (get(a, address, PCI_VENDOR_ID, 2) == 0xffff || is_host_bridge(a, address)) {
            continue;
        }
        if (pin >= 1 && pin <= PCI_NUM_PINS && a->plan->irq_line) {
            set(a, address, PCI_INTERRUPT_LINE,
                a->plan->irq_line(slot, (pin - 1 + turns) % PCI_NUM_PINS), 1);
        }
        if (is_bridge(a, address)) {
            enable |= PCI_COMMAND_MASTER;
            if (get(a, address, BRIDGE_BUSES + 1, 1)) {
                enable_bus(a, get(a, address, BRIDGE_BUSES + 1, 1), slot, turns);
            }
        }
        set(a, address, PCI_COMMAND, get(a, address, PCI_COMMAND, 2) | enable, 2);
    }
}

void pci_assign_addresses(PCIBus *root, const PCIAddressPlan *plan)
{
    Assignment a = { .root = root, .plan = plan };

    memory_region_transaction_begin();
    scan_bus(&a, 0);
    assign_root(&a, SPACE_MEMORY, plan->memory);
    assign_root(&a, SPACE_IO, plan->io);
    enable_bus(&a, 0, 0, 0);
    memory_region_transaction_commit();
    for (unsigned bus = 0; bus <= a.last_bus; bus++) {
        g_array_free(a.regions[bus], true);
        g_array_free(a.bridges[bus], true);
    }
}
