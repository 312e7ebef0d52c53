/*
 * What devices access memory through: IOMMUs, caches of lookups.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "memory-test.h"
#include "system/dma.h"
#include "system/iommu.h"
#include "system/memory-cached.h"

#define ANY  MEMTXATTRS_UNSPECIFIED
#define PAGE TARGET_PAGE_SIZE

/* An IOMMU of 16 pages. */
#define TYPE_TEST_IOMMU "test-iommu"
#define PAGES           16

typedef struct TestIOMMU {
    IOMMUMemoryRegion parent_obj;
    struct {
        AddressSpace *as;
        hwaddr to;
        IOMMUAccessFlags perm;
    } table[2][PAGES];
    IOMMUNotifierFlag wanted;
    bool refuse;
} TestIOMMU;

static IOMMUTLBEntry test_translate(IOMMUMemoryRegion *iommu, hwaddr addr, IOMMUAccessFlags flag,
                                    int iommu_idx)
{
    TestIOMMU *t = (TestIOMMU *)iommu;
    unsigned page = addr / PAGE;

    return (IOMMUTLBEntry){
        .target_as = t->table[iommu_idx][page].as,
        .iova = addr & TARGET_PAGE_MASK,
        .translated_addr = t->table[iommu_idx][page].to,
        .addr_mask = PAGE - 1,
        .perm = t->table[iommu_idx][page].perm,
    };
}

static int test_flag_changed(IOMMUMemoryRegion *iommu, IOMMUNotifierFlag old_flags,
                             IOMMUNotifierFlag new_flags, Error **errp)
{
    TestIOMMU *t = (TestIOMMU *)iommu;

    if (t->refuse) {
        error_setg(errp, "no notifiers here");
        return -1;
    }
    g_assert_cmpint(t->wanted, ==, old_flags);
    t->wanted = new_flags;
    return 0;
}

static int test_attrs_to_index(IOMMUMemoryRegion *iommu, MemTxAttrs attrs)
{
    return attrs.secure;
}

static int test_num_indexes(IOMMUMemoryRegion *iommu)
{
    return 2;
}

static void test_iommu_class_init(ObjectClass *oc, void *data)
{
    IOMMUMemoryRegionClass *k = IOMMU_MEMORY_REGION_CLASS(oc);

    k->translate = test_translate;
    k->notify_flag_changed = test_flag_changed;
    k->attrs_to_index = test_attrs_to_index;
    k->num_indexes = test_num_indexes;
}

static const TypeInfo test_iommu_info = {
    .name = TYPE_TEST_IOMMU,
    .parent = TYPE_IOMMU_MEMORY_REGION,
    .instance_size = sizeof(TestIOMMU),
    .class_init = test_iommu_class_init,
};

static void test_iommu_register(void)
{
    type_register_static(&test_iommu_info);
}

type_init(test_iommu_register)

/* sys: 16 pages of RAM, from PAGES * PAGE on a device; dev: the IOMMU at 0. */
static MemoryRegion sys, ram, regs, dev;
static TestIOMMU iommu;
static AddressSpace sys_as, dev_as;
static uint32_t last_written;

static uint64_t regs_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0x11223344;
}

static void regs_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    last_written = val;
}

static const MemoryRegionOps regs_ops = {
    .read = regs_read,
    .write = regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void build(void)
{
    memory_region_init(&sys, NULL, "system", UINT64_MAX);
    memory_region_init_ram(&ram, NULL, "ram", PAGES * PAGE, &error_abort);
    memory_region_init_io(&regs, NULL, &regs_ops, NULL, "regs", PAGE);
    memory_region_add_subregion(&sys, 0, &ram);
    memory_region_add_subregion(&sys, PAGES * PAGE, &regs);
    address_space_init(&sys_as, &sys, "memory");
    memory_region_init(&dev, NULL, "dev", UINT64_MAX);
    memory_region_init_iommu(&iommu, sizeof(iommu), TYPE_TEST_IOMMU, NULL, "iommu", PAGES * PAGE);
    memory_region_add_subregion(&dev, 0, MEMORY_REGION(&iommu));
    address_space_init(&dev_as, &dev, "dev");
}

static void map_page(unsigned table, unsigned page, hwaddr to, IOMMUAccessFlags perm)
{
    iommu.table[table][page].as = &sys_as;
    iommu.table[table][page].to = to;
    iommu.table[table][page].perm = perm;
}

static void reset(void)
{
    memset(iommu.table, 0, sizeof(iommu.table));
    memset(memory_region_get_ram_ptr(&ram), 0, PAGES * PAGE);
}

/* ---- IOMMU ---- */

static void test_pages_are_translated(void)
{
    uint32_t *host = memory_region_get_ram_ptr(&ram);
    MemTxResult r;

    reset();
    map_page(0, 0, 5 * PAGE, IOMMU_RW);
    map_page(0, 1, 2 * PAGE, IOMMU_RW);
    address_space_stl_le(&dev_as, 8, 0xcafe, ANY, &r);
    g_assert_cmpint(r, ==, MEMTX_OK);
    g_assert_cmphex(host[(5 * PAGE + 8) / 4], ==, 0xcafe);

    /* One transfer over a page's end goes to both. */
    g_assert_cmpint(dma_memory_write(&dev_as, PAGE - 4, "abcdefgh", 8, ANY), ==, MEMTX_OK);
    g_assert_cmpmem((char *)host + 6 * PAGE - 4, 4, "abcd", 4);
    g_assert_cmpmem((char *)host + 2 * PAGE, 4, "efgh", 4);
    g_assert_cmphex(address_space_ldq_be(&dev_as, PAGE - 4, ANY, &r), ==, 0x6162636465666768);
    g_assert_cmpint(r, ==, MEMTX_OK);
}

static void test_what_is_not_mapped_is_an_error(void)
{
    uint8_t byte = 1;

    reset();
    map_page(0, 0, 0, IOMMU_RO);
    g_assert_cmpint(dma_memory_read(&dev_as, 0, &byte, 1, ANY), ==, MEMTX_OK);
    g_assert_cmpint(dma_memory_write(&dev_as, 0, &byte, 1, ANY), ==, MEMTX_DECODE_ERROR);
    g_assert_cmpint(dma_memory_read(&dev_as, PAGE, &byte, 1, ANY), ==, MEMTX_DECODE_ERROR);
    g_assert_true(dma_memory_valid(&dev_as, 0, 16, DMA_DIRECTION_TO_DEVICE, ANY));
    g_assert_false(dma_memory_valid(&dev_as, 0, 16, DMA_DIRECTION_FROM_DEVICE, ANY));
    g_assert_false(dma_memory_valid(&dev_as, PAGE - 8, 16, DMA_DIRECTION_TO_DEVICE, ANY));
}

static void test_devices_behind_an_iommu(void)
{
    reset();
    map_page(0, 3, PAGES * PAGE, IOMMU_RW);
    g_assert_cmphex(ldl_le_phys(&dev_as, 3 * PAGE), ==, 0x11223344);
    stl_le_phys(&dev_as, 3 * PAGE, 77);
    g_assert_cmpuint(last_written, ==, 77);
}

static void test_attributes_choose_the_table(void)
{
    MemTxAttrs secure = { .secure = 1 };

    reset();
    map_page(0, 0, 1 * PAGE, IOMMU_RW);
    map_page(1, 0, 2 * PAGE, IOMMU_RW);
    stb_phys(&sys_as, 1 * PAGE, 1);
    stb_phys(&sys_as, 2 * PAGE, 2);
    g_assert_cmpuint(address_space_ldub(&dev_as, 0, ANY, NULL), ==, 1);
    g_assert_cmpuint(address_space_ldub(&dev_as, 0, secure, NULL), ==, 2);
}

static void test_mapping_ends_with_the_page(void)
{
    hwaddr len = 3 * PAGE;
    uint8_t *p;

    reset();
    map_page(0, 0, 5 * PAGE, IOMMU_RW);
    p = dma_memory_map(&dev_as, 16, &len, DMA_DIRECTION_FROM_DEVICE, ANY);
    g_assert_cmpuint(len, ==, PAGE - 16);
    g_assert_true(p == (uint8_t *)memory_region_get_ram_ptr(&ram) + 5 * PAGE + 16);
    dma_memory_unmap(&dev_as, p, len, DMA_DIRECTION_FROM_DEVICE, len);
}

static void test_loops_of_iommus_end(void)
{
    uint8_t byte;

    reset();
    map_page(0, 0, 0, IOMMU_RW);
    iommu.table[0][0].as = &dev_as;
    g_assert_cmpint(dma_memory_read(&dev_as, 0, &byte, 1, ANY), ==, MEMTX_DECODE_ERROR);
}

/* What a CPU's TLB is filled from: the IOMMU itself, which answers nothing. */
static void test_cpus_do_not_go_through(void)
{
    uint64_t val;

    reset();
    map_page(0, 0, 0, IOMMU_RW);
    RCU_READ_LOCK_GUARD();
    MemoryRegionSection section = address_space_lookup(&dev_as, 8);
    g_assert_true(section.mr == MEMORY_REGION(&iommu));
    g_assert_false(memory_access_is_direct(section.mr, false));
    g_assert_cmpint(memory_region_dispatch_read(section.mr, 8, &val, MO_LEUL, ANY), ==,
                    MEMTX_DECODE_ERROR);
}

typedef struct Told {
    IOMMUNotifier n;
    GString *log;
} Told;

static void tell(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
    Told *t = container_of(n, Told, n);

    g_string_append_printf(t->log, "%" PRIx64 "+%" PRIx64 "%s ", entry->iova, entry->addr_mask,
                           entry->perm == IOMMU_NONE ? "-" : "");
}

static void test_notifiers(void)
{
    Told a = { .log = g_string_new("") };
    MemoryRegion *mr = MEMORY_REGION(&iommu);
    IOMMUTLBEvent event = { IOMMU_NOTIFIER_UNMAP, { &sys_as, 2 * PAGE, 0, PAGE - 1, IOMMU_NONE } };
    Error *err = NULL;

    reset();
    iommu_notifier_init(&a.n, tell, IOMMU_NOTIFIER_IOTLB_EVENTS, 2 * PAGE, 4 * PAGE - 1, 0);
    g_assert_cmpint(memory_region_register_iommu_notifier(mr, &a.n, &error_abort), ==, 0);
    g_assert_cmpint(iommu.wanted, ==, IOMMU_NOTIFIER_IOTLB_EVENTS);
    memory_region_notify_iommu(&iommu.parent_obj, 0, event);
    memory_region_notify_iommu(&iommu.parent_obj, 1, event); /* another table */
    event.entry.iova = 4 * PAGE;                              /* outside */
    memory_region_notify_iommu(&iommu.parent_obj, 0, event);
    g_assert_cmpstr(a.log->str, ==, "2000+fff- ");

    g_string_truncate(a.log, 0);
    map_page(0, 1, 0, IOMMU_RW);
    map_page(0, 3, 0, IOMMU_RO);
    memory_region_iommu_replay(&iommu.parent_obj, &a.n);
    g_assert_cmpstr(a.log->str, ==, "3000+fff ");

    memory_region_unregister_iommu_notifier(mr, &a.n);
    g_assert_cmpint(iommu.wanted, ==, IOMMU_NOTIFIER_NONE);
    iommu.refuse = true;
    g_assert_cmpint(memory_region_register_iommu_notifier(mr, &a.n, &err), !=, 0);
    g_assert_nonnull(err);
    error_free(err);
    iommu.refuse = false;
    g_assert_cmpint(memory_region_register_iommu_notifier(mr, &a.n, &error_abort), ==, 0);
    memory_region_unregister_iommu_notifier(mr, &a.n);
    g_string_free(a.log, TRUE);
}

/* ---- Cached access ---- */

static void test_cache_of_ram(void)
{
    MemoryRegionCache cache;
    uint8_t buf[4];

    reset();
    g_assert_cmpint(address_space_cache_init(&cache, &sys_as, PAGE, 32 * PAGE, true), ==,
                    15 * PAGE);
    stl_be_phys_cached(&cache, 4, 0x01020304);
    g_assert_cmphex(ldl_be_phys(&sys_as, PAGE + 4), ==, 0x01020304);
    g_assert_cmphex(lduw_le_phys_cached(&cache, 4), ==, 0x0201);
    g_assert_cmpint(address_space_read_cached(&cache, 4, buf, 4), ==, MEMTX_OK);
    g_assert_cmpmem(buf, 4, "\1\2\3\4", 4);
    g_assert_cmpint(address_space_write_cached(&cache, 15 * PAGE - 4, buf, 4), ==, MEMTX_OK);
    g_assert_cmphex(ldl_be_phys(&sys_as, 16 * PAGE - 4), ==, 0x01020304);
    address_space_cache_invalidate(&cache, 0, 4);
    address_space_cache_destroy(&cache);
    address_space_cache_destroy(&cache);
}

static void test_cache_of_registers(void)
{
    MemoryRegionCache cache;
    MemTxResult r;

    address_space_cache_init(&cache, &sys_as, PAGES * PAGE, 16, true);
    g_assert_cmphex(ldl_le_phys_cached(&cache, 0), ==, 0x11223344);
    stl_le_phys_cached(&cache, 0, 5);
    g_assert_cmpuint(last_written, ==, 5);
    address_space_ldub_cached(&cache, 0, ANY, &r);
    g_assert_cmpint(r, ==, MEMTX_DECODE_ERROR);
    address_space_cache_destroy(&cache);
}

static void test_cache_through_an_iommu(void)
{
    MemoryRegionCache cache;

    reset();
    map_page(0, 0, 7 * PAGE, IOMMU_RO);
    g_assert_cmpint(address_space_cache_init(&cache, &dev_as, 0, 2 * PAGE, false), ==, PAGE);
    stl_le_phys(&sys_as, 7 * PAGE, 9);
    g_assert_cmpuint(ldl_le_phys_cached(&cache, 0), ==, 9);
    address_space_cache_destroy(&cache);
    map_page(0, 1, 8 * PAGE, IOMMU_RO);
    map_page(0, 2, 12 * PAGE, IOMMU_RO);
    g_assert_cmpint(address_space_cache_init(&cache, &dev_as, 16, 3 * PAGE, false), ==,
                    2 * PAGE - 16);
    stl_le_phys(&sys_as, 9 * PAGE - 4, 10);
    g_assert_cmpuint(ldl_le_phys_cached(&cache, 2 * PAGE - 20), ==, 10);
    address_space_cache_destroy(&cache);
    map_page(0, 1, 6 * PAGE, IOMMU_RO);
    g_assert_cmpint(address_space_cache_init(&cache, &dev_as, 0, 2 * PAGE, false), ==, PAGE);
    address_space_cache_destroy(&cache);
}

static void test_scattered(void)
{
    QEMUSGList list;
    uint8_t bytes[8] = "abcdefg", back[8] = { 0 };
    dma_addr_t left;

    qemu_sglist_init(&list, NULL, 1, &sys_as);
    qemu_sglist_add(&list, 0x100, 3);
    qemu_sglist_add(&list, 0x80, 4);
    qemu_sglist_add(&list, 0x200, 9);
    g_assert_cmpuint(list.size, ==, 16);
    g_assert_cmpint(dma_buf_read(bytes, 8, &left, &list, ANY), ==, MEMTX_OK);
    g_assert_cmpuint(left, ==, 8);
    g_assert_cmpmem((char *)memory_region_get_ram_ptr(&ram) + 0x100, 3, "abc", 3);
    g_assert_cmpmem((char *)memory_region_get_ram_ptr(&ram) + 0x80, 4, "defg", 4);
    g_assert_cmpint(dma_buf_write(back, 6, &left, &list, ANY), ==, MEMTX_OK);
    g_assert_cmpuint(left, ==, 10);
    g_assert_cmpstr((char *)back, ==, "abcdef");
    qemu_sglist_add(&list, UINT64_C(1) << 40, 4); /* nothing there */
    g_assert_cmpint(dma_buf_read(memory_region_get_ram_ptr(&ram), 100, &left, &list, ANY), ==,
                    MEMTX_DECODE_ERROR);
    g_assert_cmpuint(left, ==, 0);
    qemu_sglist_destroy(&list);
    g_assert_cmpint(list.nsg, ==, 0);
}

static void test_lists_grow(void)
{
    uint8_t bytes[100], *memory = memory_region_get_ram_ptr(&ram);
    DeviceState *dev = (DeviceState *)object_new(TYPE_CONTAINER); /* only its references count */
    QEMUSGList list;
    dma_addr_t left;

    qemu_sglist_init(&list, dev, 0, &sys_as);
    g_assert_cmpuint(OBJECT(dev)->ref, ==, 2);
    g_assert_cmpint(dma_buf_write(bytes, 1, &left, &list, ANY), ==, MEMTX_OK);
    g_assert_cmpuint(left, ==, 0);
    for (int i = 0; i < 100; i++) { /* every other byte, and nothing in between */
        memory[2 * i] = i;
        qemu_sglist_add(&list, 2 * i, 1);
        qemu_sglist_add(&list, 0, 0);
    }
    g_assert_cmpint(list.nsg, ==, 200);
    g_assert_cmpuint(list.sg[198].base, ==, 198);
    g_assert_cmpint(dma_buf_write(bytes, sizeof(bytes), NULL, &list, ANY), ==, MEMTX_OK);
    for (int i = 0; i < 100; i++) {
        g_assert_cmpuint(bytes[i], ==, i);
    }
    qemu_sglist_destroy(&list);
    g_assert_cmpuint(OBJECT(dev)->ref, ==, 1);
    object_unref(dev);
}

#define RULE(name, func) g_test_add_func("/memory/" name, func)

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    build();
    RULE("iommu/pages-are-translated", test_pages_are_translated);
    RULE("iommu/what-is-not-mapped-is-an-error", test_what_is_not_mapped_is_an_error);
    RULE("iommu/devices-answer-behind-it", test_devices_behind_an_iommu);
    RULE("iommu/attributes-choose-the-table", test_attributes_choose_the_table);
    RULE("iommu/mapping-ends-with-the-page", test_mapping_ends_with_the_page);
    RULE("iommu/loops-end", test_loops_of_iommus_end);
    RULE("iommu/cpus-do-not-go-through", test_cpus_do_not_go_through);
    RULE("iommu/notifiers-hear-of-their-range-and-table", test_notifiers);
    RULE("dma/lists-of-pieces", test_scattered);
    RULE("dma/lists-grow", test_lists_grow);
    RULE("cached/ram-is-accessed-up-to-its-end", test_cache_of_ram);
    RULE("cached/registers-are-accessed-by-their-rules", test_cache_of_registers);
    RULE("cached/through-an-iommu", test_cache_through_an_iommu);
    return g_test_run();
}
