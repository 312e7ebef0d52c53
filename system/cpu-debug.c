/*
 * How a CPU sees memory, and debuggers' access to what it sees.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "system/memory.h"

/* Writes reach ROM too: breakpoints in firmware are as good as others. */
static MemTxResult access_physical(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, void *buf,
                                   size_t len, bool is_write)
{
    if (is_write) {
        return address_space_write_rom(as, addr, attrs, buf, len);
    }
    return address_space_read(as, addr, attrs, buf, len);
}

/* ---- How the CPU sees memory ---- */

AddressSpace *cpu_address_space(CPUState *cpu, MemTxAttrs attrs)
{
    const CPUClass *cc = CPU_GET_CLASS(cpu);

    return cpu->spaces[cc->address_space_index ? cc->address_space_index(cpu, attrs) : 0];
}

static CPUMemoryView view_now(CPUState *cpu)
{
    CPUClass *cc = CPU_GET_CLASS(cpu);
    CPUMemoryView view = cc->memory_view ? cc->memory_view(cpu) : (CPUMemoryView){ 0 };

    view.address_bits = cpu->address_bits;
    return view;
}

static void ask_view(CPUState *cpu, void *data)
{
    *(CPUMemoryView *)data = view_now(cpu);
}

CPUMemoryView cpu_memory_view(CPUState *cpu)
{
    CPUMemoryView view;

    run_on_cpu(cpu, ask_view, &view);
    return view;
}

/* ---- Access ---- */

static void reverse_bytes(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        uint8_t byte = p[i];

        p[i] = p[n - 1 - i];
        p[n - 1 - i] = byte;
    }
}

/* The most of `len` bytes at `addr` that the CPU could access as one scalar. */
static size_t scalar_size(vaddr addr, size_t len)
{
    size_t size = 8;

    while (size > len || (addr & (size - 1))) {
        size >>= 1;
    }
    return size;
}

/* Bytes whose addresses are munged: scalar by scalar, as the CPU does it. In one page. */
static MemTxResult access_munged(AddressSpace *as, CPUMemoryView view, hwaddr addr,
                                 MemTxAttrs attrs, uint8_t *p, size_t len, bool is_write)
{
    MemTxResult result = MEMTX_OK;

    while (len && result == MEMTX_OK) {
        size_t size = scalar_size(addr, len);
        uint8_t bytes[8];

        memcpy(bytes, p, size);
        reverse_bytes(bytes, size);
        result = access_physical(as, cpu_munge_address(view, addr, size), attrs, bytes, size,
                                 is_write);
        if (!is_write) {
            reverse_bytes(bytes, size);
            memcpy(p, bytes, size);
        }
        addr += size;
        p += size;
        len -= size;
    }
    return result;
}

typedef struct DebugAccess {
    vaddr addr;
    uint8_t *bytes;
    size_t len;
    bool is_write;
    bool done;
} DebugAccess;

static void access_virtual(CPUState *cpu, void *data)
{
    DebugAccess *a = data;
    CPUClass *cc = CPU_GET_CLASS(cpu);
    CPUMemoryView view = view_now(cpu);

    while (a->len) {
        vaddr offset = a->addr & ~TARGET_PAGE_MASK;
        size_t part = MIN(a->len, TARGET_PAGE_SIZE - offset);
        MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
        hwaddr page = cc->get_phys_page_debug(cpu, a->addr & TARGET_PAGE_MASK, &attrs);
        AddressSpace *as = cpu_address_space(cpu, attrs);
        MemTxResult result;

        if (page == HWADDR_MAX) {
            return;
        }
        result = view.munge
                     ? access_munged(as, view, page + offset, attrs, a->bytes, part, a->is_write)
                     : access_physical(as, page + offset, attrs, a->bytes, part, a->is_write);
        if (result != MEMTX_OK) {
            return;
        }
        a->addr = view.address_bits > 32 ? a->addr + part : (uint32_t)(a->addr + part);
        a->bytes += part;
        a->len -= part;
    }
    a->done = true;
}

/* The registers that say where memory is belong to a running CPU's thread. */
int cpu_memory_rw_debug(CPUState *cpu, vaddr addr, void *buf, size_t len, bool is_write)
{
    DebugAccess access = { .addr = addr, .bytes = buf, .len = len, .is_write = is_write };

    run_on_cpu(cpu, access_virtual, &access);
    return access.done ? 0 : -1;
}
