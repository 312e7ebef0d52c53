/*
 * A board with a region of every kind, made and edited as boards written for QEMU do; DMA and
 * listeners in the same spelling.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/boards.h"
#include "exec/memory.h"
#include "exec/address-spaces.h"
#include "exec/ramblock.h"
#include "exec/target_page.h"
#include "sysemu/dma.h"

#define TYPE_REGIONS_IOMMU "tutorial-iommu"

/* Two windows of 4 KiB, swapped. */
static IOMMUTLBEntry regions_translate(IOMMUMemoryRegion *iommu, hwaddr addr,
                                       IOMMUAccessFlags flag, int idx)
{
    return (IOMMUTLBEntry) {
        .target_as = &address_space_memory,
        .iova = addr & ~0xfffULL,
        .translated_addr = 6 * MiB + ((addr & ~0xfffULL) ^ 0x1000),
        .addr_mask = 0xfff,
        .perm = addr < 0x2000 ? IOMMU_RW : IOMMU_NONE,
    };
}

static void regions_iommu_class_init(ObjectClass *klass, void *data)
{
    IOMMUMemoryRegionClass *imrc = IOMMU_MEMORY_REGION_CLASS(klass);

    imrc->translate = regions_translate;
}

static const TypeInfo regions_iommu_info = {
    .name = TYPE_REGIONS_IOMMU,
    .parent = TYPE_IOMMU_MEMORY_REGION,
    .class_init = regions_iommu_class_init,
};

static void regions_register_types(void)
{
    type_register_static(&regions_iommu_info);
}
type_init(regions_register_types)

static uint64_t plain_read(void *opaque, hwaddr addr, unsigned size)
{
    return addr;
}

static void plain_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
}

static MemTxResult attrs_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                              MemTxAttrs attrs)
{
    *data = attrs.requester_id;
    return attrs.secure ? MEMTX_ERROR : MEMTX_OK;
}

static const MemoryRegionOps plain_ops = {
    .read = plain_read,
    .write = plain_write,
    .endianness = DEVICE_NATIVE_ENDIAN,
};

static const MemoryRegionOps attrs_ops = {
    .read_with_attrs = attrs_read,
    .endianness = DEVICE_BIG_ENDIAN,
};

static Int128 ram_seen;

static void regions_listener_add(MemoryListener *listener, MemoryRegionSection *section)
{
    if (memory_region_is_ram(section->mr)) {
        ram_seen = int128_add(ram_seen, section->size);
    }
}

static void regions_resized(const char *name, uint64_t length, void *host)
{
}

static uint8_t host_memory[2][8192] __attribute__((aligned(4096)));

static void make_regions(MemoryRegion *m, Object *o)
{
    int fd = memfd_create("regions", 0), file_fd;
    g_autofree char *path = NULL;

    file_fd = g_file_open_tmp(NULL, &path, NULL);
    if (ftruncate(fd, 64 * KiB)) {
        exit(1);
    }
    memory_region_init_ram_nomigrate(&m[0], o, "nomigrate", 1 * MiB, &error_fatal);
    vmstate_register_ram_global(&m[0]);
    memory_region_init_rom_device(&m[1], o, &plain_ops, NULL, "romd", 1 * MiB, &error_fatal);
    memory_region_init_ram_ptr(&m[2], o, "ptr", sizeof(host_memory[0]), host_memory[0]);
    memory_region_init_ram_device_ptr(&m[3], o, "device-ptr", sizeof(host_memory[1]),
                                      host_memory[1]);
    memory_region_init_resizeable_ram(&m[4], o, "resizable", 64 * KiB, 1 * MiB, regions_resized,
                                      &error_fatal);
    memory_region_init_ram_from_file(&m[5], o, "file", 1 * MiB, 0, RAM_SHARED, path, false,
                                     &error_fatal);
    memory_region_init_ram_from_fd(&m[6], o, "fd", 64 * KiB, RAM_SHARED, fd, 0, &error_fatal);
    memory_region_init_rom_nomigrate(&m[7], o, "rom", 64 * KiB, &error_fatal);
    memory_region_init_reservation(&m[8], o, "reservation", 4 * KiB);
    memory_region_init_alias(&m[9], o, "alias", &m[0], 4 * KiB, 8 * KiB);
    memory_region_init_alias(&m[10], o, "alias-of-alias", &m[9], 4 * KiB, 8 * KiB);
    memory_region_init_io(&m[11], o, &attrs_ops, NULL, "attrs", 4 * KiB);
    memory_region_init_ram_shared_nomigrate(&m[12], o, "shared", 4 * KiB, true, &error_fatal);
    close(file_fd);
    unlink(path);
}

static void edit_regions(MemoryRegion *m)
{
    memory_region_set_readonly(&m[0], true);
    memory_region_set_enabled(&m[8], false);
    memory_region_transaction_begin();
    memory_region_set_address(&m[12], 64 * MiB);
    memory_region_set_alias_offset(&m[9], 0);
    memory_region_set_size(&m[9], 64 * KiB);
    memory_region_transaction_commit();
    memory_region_rom_device_set_romd(&m[1], false);
    memory_region_ram_resize(&m[4], 128 * KiB, &error_fatal);
}

/* Byte orders, mapping, cached access, dirty pages: 6 MiB is in "ptr". */
static void use_memory(MemoryRegion *m)
{
    AddressSpace *as = &address_space_memory;
    MemoryRegionCache cache = MEMORY_REGION_CACHE_INVALID;
    DirtyBitmapSnapshot *snap;
    MemoryRegionSection section;
    hwaddr len = 4, xlat;
    void *p;

    stl_be_phys(as, 6 * MiB, 0x12345678);
    assert(ldl_le_phys(as, 6 * MiB) == 0x78563412 && ldub_phys(as, 6 * MiB) == 0x12);
    p = cpu_physical_memory_map(6 * MiB, &len, true);
    assert(p == host_memory[0] && len == 4);
    cpu_physical_memory_unmap(p, len, true, len);
    len = 4;
    p = cpu_physical_memory_map(8 * MiB, &len, false);
    assert(p && p != host_memory[1]); /* never a device of the host's */
    cpu_physical_memory_unmap(p, len, false, 0);
    assert(dma_memory_set(as, 6 * MiB, 0xa5, 4, MEMTXATTRS_UNSPECIFIED) == MEMTX_OK);

    WITH_RCU_READ_LOCK_GUARD() {
        len = 4;
        assert(address_space_translate(as, 6 * MiB + 8, &xlat, &len, false,
                                       MEMTXATTRS_UNSPECIFIED) == &m[2] && xlat == 8);
    }
    section = memory_region_find(get_system_memory(), 6 * MiB, 1);
    assert(section.mr == &m[2] && int128_eq(section.size, int128_one()));
    memory_region_unref(section.mr);
    assert(address_space_cache_init(&cache, as, 6 * MiB, 64, true) == 64);
    stl_le_phys_cached(&cache, 0, 5);
    assert(ldl_le_phys_cached(&cache, 0) == 5);
    address_space_cache_invalidate(&cache, 0, 4);
    address_space_cache_destroy(&cache);

    memory_region_set_log(&m[2], true, DIRTY_MEMORY_VGA);
    memory_region_reset_dirty(&m[2], 0, 8 * KiB, DIRTY_MEMORY_VGA);
    memory_region_set_dirty(&m[2], qemu_target_page_size(), 1);
    snap = memory_region_snapshot_and_clear_dirty(&m[2], 0, 8 * KiB, DIRTY_MEMORY_VGA);
    assert(!memory_region_snapshot_get_dirty(&m[2], snap, 0, 4 * KiB));
    assert(memory_region_snapshot_get_dirty(&m[2], snap, 4 * KiB, 4 * KiB));
    g_free(snap);
    memory_region_set_log(&m[2], false, DIRTY_MEMORY_VGA);
}

static void use_iommu(Object *o)
{
    IOMMUMemoryRegion *iommu = g_new0(IOMMUMemoryRegion, 1);
    AddressSpace as;

    memory_region_init_iommu(iommu, sizeof(*iommu), TYPE_REGIONS_IOMMU, o, "iommu", UINT64_MAX);
    address_space_init(&as, MEMORY_REGION(iommu), "tutorial-dma");
    assert(dma_memory_write(&as, 0x1000, "first", 6, MEMTXATTRS_UNSPECIFIED) == MEMTX_OK);
    assert(!strcmp((char *)host_memory[0], "first"));
    assert(dma_memory_write(&as, 0x2000, "x", 1, MEMTXATTRS_UNSPECIFIED) != MEMTX_OK);
    address_space_destroy(&as);
}

static void regions_init(MachineState *machine)
{
    static MemoryListener listener = { .name = "tutorial", .region_add = regions_listener_add };
    MemoryRegion *container = g_new0(MemoryRegion, 1), *m = g_new0(MemoryRegion, 13);
    int i;

    make_regions(m, OBJECT(machine));
    memory_region_init(container, OBJECT(machine), "container", UINT64_MAX);
    assert(int128_eq(container->size, int128_2_64()));
    memory_region_add_subregion_overlap(get_system_memory(), 0, container, -1);
    for (i = 0; i < 13; i++) {
        memory_region_add_subregion_overlap(container, (i + 1) * 2 * MiB, &m[i], i & 1 ? -i : i);
    }
    edit_regions(m);
    memory_listener_register(&listener, &address_space_memory);
    memory_listener_unregister(&listener);
    use_memory(m);
    use_iommu(OBJECT(machine));
    error_printf("%" PRIu64 " KiB of RAM\n", int128_get64(ram_seen) / KiB);
}

static void regions_machine_init(MachineClass *mc)
{
    mc->desc = "tutorial board with regions of all kinds";
    mc->init = regions_init;
}

DEFINE_MACHINE("tutorial-regions", regions_machine_init)
