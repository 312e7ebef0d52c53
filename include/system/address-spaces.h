/*
 * The two address spaces that every machine has: memory and port I/O.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_ADDRESS_SPACES_H
#define SYSTEM_ADDRESS_SPACES_H

#include "system/memory.h"

/*
 * Makes both. Done once, by the first of this and the two functions below; the machine object
 * should exist by then, so that the roots get their place in the object tree. Big lock.
 */
void memory_map_init(void);

/* Root regions: 2^64 bytes of memory, 64 KiB of ports. Boards add to these. */
MemoryRegion *get_system_memory(void);
MemoryRegion *get_system_io(void);

/* Valid after memory_map_init(). */
extern AddressSpace address_space_memory;
extern AddressSpace address_space_io;

/* Old names for transfers to and from address_space_memory that ignore errors. */
static inline void cpu_physical_memory_rw(hwaddr addr, void *buf, hwaddr len, bool is_write)
{
    address_space_rw(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, buf, len, is_write);
}

static inline void cpu_physical_memory_read(hwaddr addr, void *buf, hwaddr len)
{
    cpu_physical_memory_rw(addr, buf, len, false);
}

static inline void cpu_physical_memory_write(hwaddr addr, const void *buf, hwaddr len)
{
    cpu_physical_memory_rw(addr, (void *)buf, len, true);
}

/* The same for address_space_map() and _unmap(). */
static inline void *cpu_physical_memory_map(hwaddr addr, hwaddr *plen, bool is_write)
{
    return address_space_map(&address_space_memory, addr, plen, is_write, MEMTXATTRS_UNSPECIFIED);
}

static inline void cpu_physical_memory_unmap(void *buffer, hwaddr len, bool is_write,
                                             hwaddr access_len)
{
    address_space_unmap(&address_space_memory, buffer, len, is_write, access_len);
}

#endif
