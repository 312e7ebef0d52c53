/*
 * Debuggers' access to guest virtual memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/cpu.h"
#include "system/memory.h"

/* Writes reach ROM too: breakpoints in firmware are as good as others. */
static MemTxResult access_physical(CPUState *cpu, hwaddr addr, void *buf, size_t len, bool is_write)
{
    if (is_write) {
        return address_space_write_rom(cpu->as, addr, MEMTXATTRS_UNSPECIFIED, buf, len);
    }
    return address_space_read(cpu->as, addr, MEMTXATTRS_UNSPECIFIED, buf, len);
}

int cpu_memory_rw_debug(CPUState *cpu, vaddr addr, void *buf, size_t len, bool is_write)
{
    CPUClass *cc = CPU_GET_CLASS(cpu);
    uint8_t *p = buf;

    while (len) {
        vaddr offset = addr & ~TARGET_PAGE_MASK;
        size_t part = MIN(len, TARGET_PAGE_SIZE - offset);
        hwaddr page = cc->get_phys_page_debug(cpu, addr & TARGET_PAGE_MASK);

        if (page == HWADDR_MAX || access_physical(cpu, page + offset, p, part, is_write)) {
            return -1;
        }
        addr += part;
        p += part;
        len -= part;
    }
    return 0;
}
