/*
 * What CPUs find below 1 MiB: see low-memory.h.
 *
 * A segment of the PAM registers has one region for each thing that can be seen there; the one that
 * the register asks for is enabled. "Write only", RAM that is filled while what PCI has there is
 * read and executed, is a device that passes both on: slow, but firmware is soon done with it.
 *
 * Not there: the SMRAM register's D_CLS.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "low-memory.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/units.h"

enum { PAM_READ = 1, PAM_WRITE = 2, PAM_BITS = NUM_PAM_CHOICES - 1 };

#define WINDOW_BASE 0xa0000
#define WINDOW_SIZE 0x20000

/* By the register's bits. What is written to a segment that is read only goes nowhere. */
static const char *const shown_names[NUM_PAM_CHOICES] = {
    [0] = "pam-pci", [PAM_READ] = "pam-rom", [PAM_WRITE] = "pam-pci",
    [PAM_READ | PAM_WRITE] = "pam-ram",
};

/* What "write only" segments read and write, in a space of their own: PCI's MiB, then RAM's. */
enum { FROM_PCI = 0, TO_RAM = MiB, BOTH_SIZE = 2 * MiB };

/* The last one is the BIOS's 64 KiB; the others are 16 KiB each. */
static hwaddr segment_base(int n)
{
    return 0xc0000 + n * 0x4000;
}

static uint64_t segment_size(int n)
{
    return n == NUM_PAM_SEGMENTS - 1 ? 0x10000 : 0x4000;
}

/* The upper half of the first register is the BIOS's; from the second on, two segments each. */
static unsigned segment_bits(const uint8_t *pam, int n)
{
    int nibble = n == NUM_PAM_SEGMENTS - 1 ? 1 : n + 2;

    return pam[nibble / 2] >> (nibble % 2 * 4) & PAM_BITS;
}

static void show_segments(LowMemory *m, const uint8_t *pam)
{
    for (int n = 0; n < NUM_PAM_SEGMENTS; n++) {
        unsigned bits = segment_bits(pam, n);

        for (unsigned other = 0; other <= PAM_BITS; other++) {
            memory_region_set_enabled(&m->segments[n][other], other == bits);
        }
    }
}

static bool is_write_only(const uint8_t *pam)
{
    for (int n = 0; n < NUM_PAM_SEGMENTS; n++) {
        if (segment_bits(pam, n) == PAM_WRITE) {
            return true;
        }
    }
    return false;
}

/* Few need it: the space is there once somebody does. */
static void create_both(LowMemory *m)
{
    if (!m->both_space.root) {
        address_space_init(&m->both_space, &m->both, "pam-write-only");
    }
}

static uint64_t write_only_read(void *opaque, hwaddr addr, unsigned size)
{
    LowMemorySegment *segment = opaque;
    uint8_t bytes[8];

    if (address_space_read(&segment->low->both_space, FROM_PCI + segment->base + addr,
                           MEMTXATTRS_UNSPECIFIED, bytes, size) != MEMTX_OK) {
        return UINT64_MAX;
    }
    return ldn_le_p(bytes, size);
}

static void write_only_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    LowMemorySegment *segment = opaque;
    uint8_t bytes[8];

    stn_le_p(bytes, size, value);
    address_space_write(&segment->low->both_space, TO_RAM + segment->base + addr,
                        MEMTXATTRS_UNSPECIFIED, bytes, size);
}

static const MemoryRegionOps write_only_ops = {
    .read = write_only_read,
    .write = write_only_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void low_memory_show(LowMemory *m, const uint8_t *pam, uint8_t smram)
{
    bool enabled = (smram & SMRAM_ENABLE) && (smram & SMRAM_BASE_MASK) == SMRAM_BASE;

    memory_region_transaction_begin();
    if (is_write_only(pam)) {
        create_both(m);
    }
    show_segments(m, pam);
    memory_region_set_enabled(&m->window, !(enabled && (smram & SMRAM_OPEN)));
    memory_region_set_enabled(&m->smram_low, enabled);
    memory_region_transaction_commit();
}

void low_memory_log_unmodelled(const LowMemory *m, uint8_t smram)
{
    if (smram & SMRAM_CLOSE) {
        qemu_log_dev(LOG_UNIMP, m->name, "SMRAM", "D_CLS: data accesses reach SMRAM nevertheless");
    }
}

/* Once locked, OPEN is 0 and only CLOSE can change, until a reset. */
uint8_t low_memory_smram_after(uint8_t before, uint8_t value)
{
    if (before & SMRAM_LOCK) {
        return (before & ~SMRAM_CLOSE) | (value & SMRAM_CLOSE);
    }
    value = (value & (SMRAM_OPEN | SMRAM_CLOSE | SMRAM_LOCK | SMRAM_ENABLE)) |
            (before & SMRAM_BASE_MASK);
    return value & SMRAM_LOCK ? value & ~SMRAM_OPEN : value;
}

static void init_both(LowMemory *m, Object *owner, MemoryRegion *pci, MemoryRegion *ram)
{
    memory_region_init(&m->both, owner, "pam-write-only", BOTH_SIZE);
    memory_region_init_alias(&m->both_pci, owner, "pam-from-pci", pci, 0, MiB);
    memory_region_add_subregion(&m->both, FROM_PCI, &m->both_pci);
    memory_region_init_alias(&m->both_ram, owner, "pam-to-ram", ram, 0, MiB);
    memory_region_add_subregion(&m->both, TO_RAM, &m->both_ram);
}

static void add_segment(LowMemory *m, int n, Object *owner, MemoryRegion *system,
                        MemoryRegion *pci, MemoryRegion *ram)
{
    m->write_only[n] = (LowMemorySegment){ .low = m, .base = segment_base(n) };
    for (unsigned bits = 0; bits <= PAM_BITS; bits++) {
        MemoryRegion *shown = &m->segments[n][bits];

        if (bits == PAM_WRITE) {
            memory_region_init_io(shown, owner, &write_only_ops, &m->write_only[n],
                                  shown_names[bits], segment_size(n));
        } else {
            memory_region_init_alias(shown, owner, shown_names[bits], bits & PAM_READ ? ram : pci,
                                     segment_base(n), segment_size(n));
        }
        if (bits == PAM_READ) {
            memory_region_set_readonly(shown, true);
        }
        memory_region_set_enabled(shown, !bits);
        memory_region_add_subregion_overlap(system, segment_base(n), shown, 1);
    }
}

void low_memory_init(LowMemory *m, Object *owner)
{
    memory_region_init(&m->smram, owner, "smram", 4 * GiB);
}

void low_memory_add(LowMemory *m, Object *owner, const char *name, MemoryRegion *system,
                    MemoryRegion *pci, MemoryRegion *ram)
{
    m->name = name;
    memory_region_init_alias(&m->window, owner, "smram-region", pci, WINDOW_BASE, WINDOW_SIZE);
    memory_region_add_subregion_overlap(system, WINDOW_BASE, &m->window, 1);
    memory_region_init_alias(&m->smram_low, owner, "smram-low", ram, WINDOW_BASE, WINDOW_SIZE);
    memory_region_set_enabled(&m->smram_low, false);
    memory_region_add_subregion(&m->smram, WINDOW_BASE, &m->smram_low);
    init_both(m, owner, pci, ram);
    for (int n = 0; n < NUM_PAM_SEGMENTS; n++) {
        add_segment(m, n, owner, system, pci, ram);
    }
}
