/*
 * Regions with memory: RAM, ROM and ROM devices over RAMBlocks; marks of translated code.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "internal.h"

void (*memory_code_write_hook)(MemoryRegion *mr, hwaddr offset, hwaddr len);

void memory_region_destroy_ram(MemoryRegion *mr)
{
    qemu_ram_free(mr->ram_block);
    mr->ram_block = NULL;
}

/*
 * Makes mr a RAM leaf over `block`; NULL: the allocation failed and mr becomes an empty, orphaned
 * region.
 */
static bool attach_block(MemoryRegion *mr, RAMBlock *block)
{
    mr->terminates = true;
    if (!block) {
        mr->size = mr->limit = 0;
        object_unparent(OBJECT(mr));
        return false;
    }
    mr->ram = true;
    mr->ram_block = block;
    mr->destructor = memory_region_destroy_ram;
    return true;
}

void memory_region_init_ram_flags_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                            uint64_t size, uint32_t ram_flags, Error **errp)
{
    memory_region_init(mr, owner, name, size);
    attach_block(mr, qemu_ram_alloc(size, size, ram_flags, mr, errp));
}

void memory_region_init_ram_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp)
{
    memory_region_init_ram_flags_nomigrate(mr, owner, name, size, 0, errp);
}

void memory_region_init_ram_shared_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                             uint64_t size, bool share, Error **errp)
{
    memory_region_init_ram_flags_nomigrate(mr, owner, name, size, share ? RAM_SHARED : 0, errp);
}

void vmstate_register_ram_global(MemoryRegion *mr)
{
    qemu_ram_set_migratable(mr->ram_block);
}

void memory_region_init_ram(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp)
{
    memory_region_init_ram_flags_nomigrate(mr, owner, name, size, RAM_MIGRATABLE, errp);
}

void memory_region_init_resizeable_ram(
    MemoryRegion *mr, Object *owner, const char *name, uint64_t size, uint64_t max_size,
    void (*resized)(const char *name, uint64_t length, void *host), Error **errp)
{
    memory_region_init(mr, owner, name, size);
    if (attach_block(mr, qemu_ram_alloc(size, max_size, RAM_RESIZEABLE, mr, errp))) {
        mr->ram_block->resized = resized;
    }
}

void memory_region_init_ram_ptr(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                                void *ptr)
{
    memory_region_init(mr, owner, name, size);
    attach_block(mr, qemu_ram_alloc_from_ptr(size, ptr, mr, &error_abort));
}

/* For what a transfer asks about sizes; the accesses themselves are those of memory. */
static const MemoryRegionOps ram_device_ops = {
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void memory_region_init_ram_device_ptr(MemoryRegion *mr, Object *owner, const char *name,
                                       uint64_t size, void *ptr)
{
    memory_region_init_ram_ptr(mr, owner, name, size, ptr);
    mr->ram_device = true;
    mr->ops = &ram_device_ops;
}

void memory_region_init_ram_from_file(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, uint64_t align, uint32_t ram_flags,
                                      const char *path, bool readonly, Error **errp)
{
    memory_region_init(mr, owner, name, size);
    mr->readonly = readonly;
    mr->align = align;
    attach_block(mr, qemu_ram_alloc_from_file(size, mr, ram_flags, path, readonly, errp));
}

void memory_region_init_ram_from_fd(MemoryRegion *mr, Object *owner, const char *name,
                                    uint64_t size, uint32_t ram_flags, int fd, ram_addr_t offset,
                                    Error **errp)
{
    memory_region_init(mr, owner, name, size);
    attach_block(mr, qemu_ram_alloc_from_fd(size, mr, ram_flags, fd, offset, false, errp));
}

void memory_region_init_ram_from_file_fd(MemoryRegion *mr, Object *owner, const char *name,
                                         uint64_t size, uint64_t align, uint32_t ram_flags, int fd,
                                         bool readonly, Error **errp)
{
    memory_region_init(mr, owner, name, size);
    mr->readonly = readonly;
    mr->align = align;
    attach_block(mr, qemu_ram_alloc_from_fd(size, mr, ram_flags, fd, 0, readonly, errp));
}

void memory_region_init_rom_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp)
{
    memory_region_init_ram_nomigrate(mr, owner, name, size, errp);
    mr->readonly = true;
}

void memory_region_init_rom(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp)
{
    memory_region_init_ram(mr, owner, name, size, errp);
    mr->readonly = true;
}

static void init_rom_device(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                            void *opaque, const char *name, uint64_t size, uint32_t ram_flags,
                            Error **errp)
{
    assert(ops && "a ROM device has callbacks");
    memory_region_init_ram_flags_nomigrate(mr, owner, name, size, ram_flags, errp);
    mr->ram = false;
    mr->rom_device = true;
    mr->ops = ops;
    mr->opaque = opaque;
}

void memory_region_init_rom_device_nomigrate(MemoryRegion *mr, Object *owner,
                                             const MemoryRegionOps *ops, void *opaque,
                                             const char *name, uint64_t size, Error **errp)
{
    init_rom_device(mr, owner, ops, opaque, name, size, 0, errp);
}

void memory_region_init_rom_device(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                                   void *opaque, const char *name, uint64_t size, Error **errp)
{
    init_rom_device(mr, owner, ops, opaque, name, size, RAM_MIGRATABLE, errp);
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
