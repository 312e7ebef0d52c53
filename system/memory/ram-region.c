/*
 * Regions with memory: RAM, ROM and ROM devices over RAMBlocks; marks of translated code.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "internal.h"

void (*memory_code_write_hook)(MemoryRegion *mr, hwaddr offset, hwaddr len);

/* ---- Making one ---- */

typedef enum MemoryKind {
    KIND_RAM,
    KIND_ROM,
    KIND_ROM_DEVICE,  /* writes go to ops */
    KIND_HOST_DEVICE, /* registers of a device of the host's */
} MemoryKind;

/* What a region is over; zero where it doesn't matter. */
typedef struct Memory {
    MemoryKind kind;
    uint32_t flags; /* RAM_… */
    enum { FROM_HOST, FROM_POINTER, FROM_FILE, FROM_FD } source;
    void *pointer;
    const char *path;
    int fd;
    uint64_t fd_offset;
    uint64_t align;
    bool only_read; /* the file, and so the region */
    uint64_t max_size;
    void (*resized)(const char *name, uint64_t length, void *host);
    const MemoryRegionOps *ops;
    void *opaque;
} Memory;

void memory_region_destroy_ram(MemoryRegion *mr)
{
    qemu_ram_free(g_steal_pointer(&mr->ram_block));
}

static RAMBlock *find_memory(MemoryRegion *mr, uint64_t size, const Memory *m, Error **errp)
{
    switch (m->source) {
    case FROM_POINTER:
        return qemu_ram_alloc_from_ptr(size, m->pointer, mr, errp);
    case FROM_FILE:
        return qemu_ram_alloc_from_file(size, mr, m->flags, m->path, m->only_read, errp);
    case FROM_FD:
        return qemu_ram_alloc_from_fd(size, mr, m->flags, m->fd, m->fd_offset, m->only_read,
                                      errp);
    default:
        return qemu_ram_alloc(size, m->max_size ? m->max_size : size, m->flags, mr, errp);
    }
}

/* Without memory, mr becomes an empty, orphaned region. */
static void init_memory(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                        const Memory *m, Error **errp)
{
    RAMBlock *block;

    memory_region_init(mr, owner, name, size);
    mr->terminates = true;
    mr->align = m->align;
    mr->readonly = m->only_read || m->kind == KIND_ROM;
    block = find_memory(mr, size, m, errp);
    if (!block) {
        mr->size = mr->limit = 0;
        object_unparent(OBJECT(mr));
        return;
    }
    block->resized = m->resized;
    mr->ram_block = block;
    mr->destructor = memory_region_destroy_ram;
    mr->ram = m->kind != KIND_ROM_DEVICE;
    mr->rom_device = m->kind == KIND_ROM_DEVICE;
    mr->ram_device = m->kind == KIND_HOST_DEVICE;
    if (m->ops) {
        mr->ops = m->ops;
        mr->opaque = m->opaque;
    }
}

/* ---- RAM ---- */

void memory_region_init_ram(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp)
{
    init_memory(mr, owner, name, size, &(Memory){ .flags = RAM_MIGRATABLE }, errp);
}

void memory_region_init_ram_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp)
{
    init_memory(mr, owner, name, size, &(Memory){ 0 }, errp);
}

void memory_region_init_ram_flags_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                            uint64_t size, uint32_t ram_flags, Error **errp)
{
    init_memory(mr, owner, name, size, &(Memory){ .flags = ram_flags }, errp);
}

void memory_region_init_ram_shared_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                             uint64_t size, bool share, Error **errp)
{
    init_memory(mr, owner, name, size, &(Memory){ .flags = share ? RAM_SHARED : 0 }, errp);
}

void memory_region_init_resizeable_ram(
    MemoryRegion *mr, Object *owner, const char *name, uint64_t size, uint64_t max_size,
    void (*resized)(const char *name, uint64_t length, void *host), Error **errp)
{
    Memory growing = { .flags = RAM_RESIZEABLE, .max_size = max_size, .resized = resized };

    init_memory(mr, owner, name, size, &growing, errp);
}

void memory_region_init_ram_ptr(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                                void *ptr)
{
    Memory borrowed = { .source = FROM_POINTER, .pointer = ptr };

    init_memory(mr, owner, name, size, &borrowed, &error_abort);
}

void memory_region_init_ram_device_ptr(MemoryRegion *mr, Object *owner, const char *name,
                                       uint64_t size, void *ptr)
{
    /* For what a transfer asks about sizes; the accesses themselves are those of memory. */
    static const MemoryRegionOps any_size = {
        .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    };
    Memory registers = {
        .kind = KIND_HOST_DEVICE, .source = FROM_POINTER, .pointer = ptr, .ops = &any_size
    };

    init_memory(mr, owner, name, size, &registers, &error_abort);
}

void memory_region_init_ram_from_file(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, uint64_t align, uint32_t ram_flags,
                                      const char *path, bool readonly, Error **errp)
{
    Memory file = {
        .source = FROM_FILE, .path = path, .flags = ram_flags, .only_read = readonly, .align = align
    };

    init_memory(mr, owner, name, size, &file, errp);
}

void memory_region_init_ram_from_fd(MemoryRegion *mr, Object *owner, const char *name,
                                    uint64_t size, uint32_t ram_flags, int fd, ram_addr_t offset,
                                    Error **errp)
{
    Memory file = { .source = FROM_FD, .fd = fd, .fd_offset = offset, .flags = ram_flags };

    init_memory(mr, owner, name, size, &file, errp);
}

void memory_region_init_ram_from_file_fd(MemoryRegion *mr, Object *owner, const char *name,
                                         uint64_t size, uint64_t align, uint32_t ram_flags, int fd,
                                         bool readonly, Error **errp)
{
    Memory file = {
        .source = FROM_FD, .fd = fd, .flags = ram_flags, .only_read = readonly, .align = align
    };

    init_memory(mr, owner, name, size, &file, errp);
}

void vmstate_register_ram_global(MemoryRegion *mr)
{
    qemu_ram_set_migratable(mr->ram_block);
}

/* ---- ROM ---- */

void memory_region_init_rom(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp)
{
    Memory rom = { .kind = KIND_ROM, .flags = RAM_MIGRATABLE };

    init_memory(mr, owner, name, size, &rom, errp);
}

void memory_region_init_rom_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp)
{
    init_memory(mr, owner, name, size, &(Memory){ .kind = KIND_ROM }, errp);
}

static Memory rom_device(const MemoryRegionOps *ops, void *opaque, uint32_t flags)
{
    assert(ops && "a ROM device has callbacks");
    return (Memory){ .kind = KIND_ROM_DEVICE, .flags = flags, .ops = ops, .opaque = opaque };
}

void memory_region_init_rom_device(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                                   void *opaque, const char *name, uint64_t size, Error **errp)
{
    Memory flash = rom_device(ops, opaque, RAM_MIGRATABLE);

    init_memory(mr, owner, name, size, &flash, errp);
}

void memory_region_init_rom_device_nomigrate(MemoryRegion *mr, Object *owner,
                                             const MemoryRegionOps *ops, void *opaque,
                                             const char *name, uint64_t size, Error **errp)
{
    Memory flash = rom_device(ops, opaque, 0);

    init_memory(mr, owner, name, size, &flash, errp);
}

/* ---- Translated code ---- */

void memory_region_set_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size)
{
    void (*hook)(MemoryRegion *, hwaddr, hwaddr) = qatomic_read(&memory_code_write_hook);

    if (!mr->ram_block) {
        return;
    }
    ram_block_mark_dirty(mr->ram_block, addr, size);
    if (!hook) {
        return;
    }
    /*
     * The writer's bytes before its look at the marks; the translator marks a page before it
     * reads it.
     */
    smp_mb();
    if (ram_block_test_code_range(mr->ram_block, addr, size)) {
        hook(mr, addr, size);
    }
}

void memory_region_flush_rom_device(MemoryRegion *mr, hwaddr addr, hwaddr size)
{
    assert(mr->rom_device && "only a ROM device's memory is changed by its device");
    memory_region_set_dirty(mr, addr, size);
}

void memory_region_set_code_page(MemoryRegion *mr, hwaddr offset)
{
    ram_block_set_code_page(mr->ram_block, offset);
}

void memory_region_clear_code_page(MemoryRegion *mr, hwaddr offset)
{
    ram_block_clear_code_page(mr->ram_block, offset);
}

bool memory_region_test_code_page(MemoryRegion *mr, hwaddr offset)
{
    return mr->ram_block && ram_block_test_code_page(mr->ram_block, offset);
}
