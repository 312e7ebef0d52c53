/*
 * PCI core: configuration mechanism, base address registers, placement, interrupts, bus mastering.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci-host/gpex.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_host.h"
#include "hw/pci/pcie.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

#define TYPE_TEST_HOST "test-pci-host"
#define TYPE_TEST_DEV  "test-pci-device"

typedef struct TestDev {
    PCIDevice parent_obj;
    MemoryRegion mem, io, mem64;
} TestDev;

static uint64_t test_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0x11223344;
}

static void test_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
}

static const MemoryRegionOps test_ops = {
    .read = test_read,
    .write = test_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void test_dev_realize(PCIDevice *dev, Error **errp)
{
    TestDev *d = (TestDev *)dev;

    memory_region_init_io(&d->mem, OBJECT(dev), &test_ops, d, "test-mem", 0x1000);
    memory_region_init_io(&d->io, OBJECT(dev), &test_ops, d, "test-io", 0x20);
    memory_region_init_io(&d->mem64, OBJECT(dev), &test_ops, d, "test-mem64", 0x10000);
    pci_config_set_interrupt_pin(dev->config, 1);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &d->mem);
    pci_register_bar(dev, 1, PCI_BASE_ADDRESS_SPACE_IO, &d->io);
    pci_register_bar(dev, 2, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
                     &d->mem64);
}

static void test_dev_class_init(ObjectClass *klass, void *data)
{
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = test_dev_realize;
    pc->vendor_id = 0x1234;
    pc->device_id = 0x5678;
    pc->revision = 0x9a;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    pc->subsystem_vendor_id = 0x1af4;
    pc->subsystem_id = 0x1100;
}

#define TYPE_RESIZABLE "test-resizable"

/* BAR 2 has 2 MiB of a container of 8, and can have 1 to 8. */
typedef struct ResizableDev {
    PCIDevice parent_obj;
    MemoryRegion bar, low, high;
} ResizableDev;

static void resizable_realize(PCIDevice *dev, Error **errp)
{
    static const PCIEResizableBar bars[] = { { .bar = 2, .smallest = 0, .largest = 3 } };
    ResizableDev *d = (ResizableDev *)dev;

    memory_region_init(&d->bar, OBJECT(dev), "resizable", 2 * MiB);
    memory_region_init_io(&d->low, OBJECT(dev), &test_ops, d, "low", 0x1000);
    memory_region_init_io(&d->high, OBJECT(dev), &test_ops, d, "high", 0x1000);
    memory_region_add_subregion(&d->bar, 0, &d->low);
    memory_region_add_subregion(&d->bar, 4 * MiB, &d->high);
    pci_register_bar(dev, 2, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH, &d->bar);
    pcie_add_resizable_bars(dev, PCIE_EXT_CAP_START, bars, 1);
}

static void resizable_class_init(ObjectClass *klass, void *data)
{
    PCI_DEVICE_CLASS(klass)->realize = resizable_realize;
    PCI_DEVICE_CLASS(klass)->is_express = true;
}

static const TypeInfo test_types[] = {
    {
        .name = TYPE_RESIZABLE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(ResizableDev),
        .class_init = resizable_class_init,
    },
    {
        .name = TYPE_TEST_HOST,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(PCIHostState),
    },
    {
        .name = TYPE_TEST_DEV,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(TestDev),
        .class_init = test_dev_class_init,
    },
};

DEFINE_TYPES(test_types)

/*
 * A host bridge with an empty bus. Its interrupt inputs 0-3 are those of the pins, rotated by slot.
 */
typedef struct Fixture {
    PCIHostState *host;
    PCIBus *bus;
    MemoryRegion mem, io;
    AddressSpace mem_as, io_as;
    int level[4];
    int changes;
} Fixture;

static int map_irq(PCIDevice *dev, int pin)
{
    return (PCI_SLOT(dev->devfn) + pin) % 4;
}

static void set_irq(void *opaque, int irq, int level)
{
    Fixture *f = opaque;

    f->level[irq] = level;
    f->changes++;
}

static Fixture *fixture_new(void)
{
    Fixture *f = g_new0(Fixture, 1);

    f->host = PCI_HOST_BRIDGE(qdev_new(TYPE_TEST_HOST));
    memory_region_init(&f->mem, NULL, "mem", 1ULL << 40);
    memory_region_init(&f->io, NULL, "io", 0x10000);
    address_space_init(&f->mem_as, &f->mem, "mem");
    address_space_init(&f->io_as, &f->io, "io");
    f->host->bus = f->bus =
        pci_register_root_bus(DEVICE(f->host), "pci.0", set_irq, map_irq, f, &f->mem, &f->io,
                              PCI_DEVFN(3, 0), 4, TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(f->host), &error_abort);
    return f;
}

static uint32_t config_addr(PCIDevice *dev, int reg)
{
    return 0x80000000 | dev->devfn << 8 | reg;
}

static uint32_t get(Fixture *f, PCIDevice *dev, int reg, int len)
{
    return pci_data_read(f->bus, config_addr(dev, reg), len);
}

static void set(Fixture *f, PCIDevice *dev, int reg, uint32_t value, int len)
{
    pci_data_write(f->bus, config_addr(dev, reg), value, len);
}

static void header_shows_the_class(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);

    g_assert_cmphex(get(f, dev, PCI_VENDOR_ID, 4), ==, 0x56781234);
    g_assert_cmphex(get(f, dev, PCI_REVISION_ID, 4), ==, 0x0200009a);
    g_assert_cmphex(get(f, dev, PCI_SUBSYSTEM_VENDOR_ID, 4), ==, 0x11001af4);
    g_assert_cmphex(get(f, dev, PCI_DEVICE_ID, 2), ==, 0x5678);
    g_assert_cmphex(get(f, dev, PCI_VENDOR_ID + 1, 1), ==, 0x12);
    g_assert_cmphex(get(f, dev, PCI_INTERRUPT_PIN, 1), ==, 1);
}

static void ids_are_read_only(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);

    set(f, dev, PCI_VENDOR_ID, 0, 4);
    set(f, dev, PCI_INTERRUPT_LINE, 0xffff, 2);
    g_assert_cmphex(get(f, dev, PCI_VENDOR_ID, 4), ==, 0x56781234);
    g_assert_cmphex(get(f, dev, PCI_INTERRUPT_LINE, 2), ==, 0x01ff);
}

static void absent_functions_read_all_ones(void)
{
    Fixture *f = fixture_new();

    g_assert_cmphex(pci_data_read(f->bus, 0x80000000 | 9 << 11, 4), ==, 0xffffffff);
    g_assert_cmphex(pci_data_read(f->bus, 0x80000000 | 9 << 11, 2), ==, 0xffff);
    g_assert_cmphex(pci_data_read(f->bus, 0x80000000 | 9 << 11, 1), ==, 0xff);
    g_assert_cmphex(pci_data_read(f->bus, 0x80010000, 4), ==, 0xffffffff);
    pci_data_write(f->bus, 0x80010000, 0, 4);
}

static void bars_answer_the_size_probe(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);

    for (int bar = 0; bar < 4; bar++) {
        set(f, dev, PCI_BASE_ADDRESS_0 + 4 * bar, 0xffffffff, 4);
    }
    g_assert_cmphex(get(f, dev, PCI_BASE_ADDRESS_0, 4), ==, 0xfffff000);
    g_assert_cmphex(get(f, dev, PCI_BASE_ADDRESS_1, 4), ==, 0xffffffe1);
    g_assert_cmphex(get(f, dev, PCI_BASE_ADDRESS_2, 4), ==, 0xffff000c);
    g_assert_cmphex(get(f, dev, PCI_BASE_ADDRESS_3, 4), ==, 0xffffffff);
    set(f, dev, PCI_BASE_ADDRESS_4, 0xffffffff, 4);
    g_assert_cmphex(get(f, dev, PCI_BASE_ADDRESS_4, 4), ==, 0);
}

static void a_size_probe_with_decoding_on_maps_nothing(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);

    set(f, dev, PCI_BASE_ADDRESS_0, 0x80000000, 4);
    set(f, dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    set(f, dev, PCI_BASE_ADDRESS_0, 0xffffffff, 4);
    g_assert_cmphex(pci_get_bar_addr(dev, 0), ==, PCI_BAR_UNMAPPED);
    set(f, dev, PCI_BASE_ADDRESS_0, 0x80000000, 4);
    g_assert_cmphex(pci_get_bar_addr(dev, 0), ==, 0x80000000);
}

static MemTxResult load(AddressSpace *as, hwaddr addr, uint32_t *value)
{
    MemTxResult result;

    *value = address_space_ldl_le(as, addr, MEMTXATTRS_UNSPECIFIED, &result);
    return result;
}

static void regions_answer_where_the_bars_say(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);
    uint32_t value;

    set(f, dev, PCI_BASE_ADDRESS_0, 0x80001000, 4);
    set(f, dev, PCI_BASE_ADDRESS_1, 0x1000, 4);
    set(f, dev, PCI_BASE_ADDRESS_2, 0x00010000, 4);
    set(f, dev, PCI_BASE_ADDRESS_3, 0x7f, 4);
    g_assert_cmphex(load(&f->mem_as, 0x80001000, &value), !=, MEMTX_OK);

    set(f, dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(load(&f->mem_as, 0x80001000, &value), ==, MEMTX_OK);
    g_assert_cmphex(value, ==, 0x11223344);
    g_assert_cmphex(load(&f->mem_as, 0x7f00010000, &value), ==, MEMTX_OK);
    g_assert_cmphex(load(&f->io_as, 0x1000, &value), !=, MEMTX_OK);

    set(f, dev, PCI_COMMAND, PCI_COMMAND_IO, 2);
    g_assert_cmphex(load(&f->io_as, 0x101c, &value), ==, MEMTX_OK);
    g_assert_cmphex(load(&f->mem_as, 0x80001000, &value), !=, MEMTX_OK);
}

static void irqs_of_one_input_are_ored(void)
{
    Fixture *f = fixture_new();
    PCIDevice *a = pci_create_simple(f->bus, PCI_DEVFN(4, 0), TYPE_TEST_DEV);
    PCIDevice *b = pci_create_simple(f->bus, PCI_DEVFN(8, 0), TYPE_TEST_DEV);
    PCIDevice *c = pci_create_simple(f->bus, PCI_DEVFN(5, 0), TYPE_TEST_DEV);

    pci_set_irq(a, 1);
    pci_set_irq(a, 1);
    pci_set_irq(b, 1);
    g_assert_cmpint(f->level[0], ==, 1);
    g_assert_cmpint(f->changes, ==, 1);
    pci_set_irq(a, 0);
    g_assert_cmpint(f->level[0], ==, 1);
    pci_set_irq(b, 0);
    g_assert_cmpint(f->level[0], ==, 0);
    pci_set_irq(c, 1);
    g_assert_cmpint(f->level[1], ==, 1);
    g_assert_true(pci_bus_get_irq_level(f->bus, 1));
}

static void interrupt_disable_masks_the_pin_not_the_status(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, PCI_DEVFN(4, 0), TYPE_TEST_DEV);

    set(f, dev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, 2);
    pci_set_irq(dev, 1);
    g_assert_cmpint(f->level[0], ==, 0);
    g_assert_true(get(f, dev, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    set(f, dev, PCI_COMMAND, 0, 2);
    g_assert_cmpint(f->level[0], ==, 1);
}

static void slots_are_given_out_from_the_first_free_one(void)
{
    Fixture *f = fixture_new();
    PCIDevice *a = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);
    PCIDevice *b = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);

    g_assert_cmpint(a->devfn, ==, PCI_DEVFN(3, 0));
    g_assert_cmpint(b->devfn, ==, PCI_DEVFN(4, 0));
    g_assert_true(pci_find_device(f->bus, 0, PCI_DEVFN(4, 0)) == b);
}

static void a_slot_cannot_be_taken_twice(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_new(PCI_DEVFN(4, 0), TYPE_TEST_DEV);
    g_autoptr(Error) err = NULL;

    pci_create_simple(f->bus, PCI_DEVFN(4, 0), TYPE_TEST_DEV);
    g_assert_false(pci_realize_and_unref(dev, f->bus, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "slot 4 function 0 not available"));
}

static void addr_property_takes_slot_and_function(void)
{
    static const struct {
        const char *text;
        int devfn; /* -1: refused */
    } cases[] = {
        { "10", PCI_DEVFN(16, 0) }, { "0e.0", PCI_DEVFN(14, 0) }, { "1f.7", PCI_DEVFN(31, 7) },
        { "3", PCI_DEVFN(3, 0) },   { "20", -1 },                 { "0e.8", -1 },
        { "xx", -1 },               { "", -1 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        PCIDevice *dev = pci_new(-1, TYPE_TEST_DEV);
        bool ok = object_property_parse(OBJECT(dev), "addr", cases[i].text, NULL);

        g_assert_cmpint(ok, ==, cases[i].devfn >= 0);
        g_assert_cmpint(dev->devfn, ==, cases[i].devfn);
        object_unref(dev);
    }
}

static void capabilities_are_linked_and_not_overlapping(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);
    int a = pci_add_capability(dev, PCI_CAP_ID_VNDR, 0, 16, &error_abort);
    int b = pci_add_capability(dev, PCI_CAP_ID_PM, 0, 8, &error_abort);
    g_autoptr(Error) err = NULL;

    g_assert_cmpint(a, ==, 0x40);
    g_assert_cmpint(b, ==, 0x50);
    g_assert_cmpint(get(f, dev, PCI_CAPABILITY_LIST, 1), ==, b);
    g_assert_cmpint(get(f, dev, b + PCI_CAP_LIST_NEXT, 1), ==, a);
    g_assert_cmpint(pci_find_capability(dev, PCI_CAP_ID_VNDR), ==, a);
    g_assert_cmpint(pci_add_capability(dev, PCI_CAP_ID_MSI, 0x48, 8, &err), <, 0);
    g_assert_nonnull(err);
    pci_del_capability(dev, PCI_CAP_ID_PM, 8);
    g_assert_cmpint(pci_find_capability(dev, PCI_CAP_ID_PM), ==, 0);
    g_assert_cmpint(get(f, dev, PCI_CAPABILITY_LIST, 1), ==, a);
}

static void dma_needs_the_master_bit(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);
    MemoryRegion *ram = g_new0(MemoryRegion, 1);
    uint32_t word = 0x12345678, back = 0;

    memory_region_init_ram(ram, NULL, "test-ram", 0x10000, &error_abort);
    memory_region_add_subregion(&f->mem, 0, ram);
    g_assert_cmphex(pci_dma_write(dev, 0x100, &word, 4), !=, MEMTX_OK);
    set(f, dev, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
    g_assert_cmphex(pci_dma_write(dev, 0x100, &word, 4), ==, MEMTX_OK);
    g_assert_cmphex(pci_dma_read(dev, 0x100, &back, 4), ==, MEMTX_OK);
    g_assert_cmphex(back, ==, word);
}

static void bus_reset_closes_everything(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, PCI_DEVFN(4, 0), TYPE_TEST_DEV);

    set(f, dev, PCI_BASE_ADDRESS_0, 0x80000000, 4);
    set(f, dev, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    set(f, dev, PCI_INTERRUPT_LINE, 9, 1);
    pci_set_irq(dev, 1);
    bus_cold_reset(BUS(f->bus));
    g_assert_cmpint(f->level[0], ==, 0);
    g_assert_cmphex(get(f, dev, PCI_COMMAND, 2), ==, 0);
    g_assert_cmphex(get(f, dev, PCI_BASE_ADDRESS_0, 4), ==, 0);
    g_assert_cmphex(get(f, dev, PCI_BASE_ADDRESS_2, 4), ==, 0x0c);
    g_assert_cmphex(get(f, dev, PCI_INTERRUPT_LINE, 1), ==, 0);
    g_assert_cmphex(pci_get_bar_addr(dev, 0), ==, PCI_BAR_UNMAPPED);
}

static void mechanism_1_selects_by_address_register(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, PCI_DEVFN(4, 0), TYPE_TEST_DEV);
    PCIHostState *host = f->host;
    AddressSpace *as = &f->io_as;
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;

    memory_region_init_io(&host->conf_mem, OBJECT(host), &pci_host_conf_le_ops, host, "conf", 4);
    memory_region_init_io(&host->data_mem, OBJECT(host), &pci_host_data_le_ops, host, "data", 4);
    memory_region_add_subregion(&f->io, 0xcf8, &host->conf_mem);
    memory_region_add_subregion(&f->io, 0xcfc, &host->data_mem);

    address_space_stl_le(as, 0xcf8, config_addr(dev, 0), attrs, NULL);
    g_assert_cmphex(address_space_ldl_le(as, 0xcf8, attrs, NULL), ==, config_addr(dev, 0));
    g_assert_cmphex(address_space_ldl_le(as, 0xcfc, attrs, NULL), ==, 0x56781234);
    g_assert_cmphex(address_space_lduw_le(as, 0xcfe, attrs, NULL), ==, 0x5678);
    g_assert_cmphex(address_space_ldub(as, 0xcff, attrs, NULL), ==, 0x56);

    address_space_stl_le(as, 0xcf8, config_addr(dev, 0) & 0x7fffffff, attrs, NULL);
    g_assert_cmphex(address_space_ldl_le(as, 0xcfc, attrs, NULL), ==, 0xffffffff);
}

static void info_pci_has_the_established_layout(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, PCI_DEVFN(14, 0), TYPE_TEST_DEV);
    g_autoptr(GString) out = g_string_new(NULL);

    set(f, dev, PCI_BASE_ADDRESS_0, 0x80000000, 4);
    set(f, dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    set(f, dev, PCI_INTERRUPT_LINE, 9, 1);
    pci_print_info(out);
    g_assert_nonnull(strstr(out->str, "  Bus  0, device  14, function 0:\n"
                                      "    Ethernet controller: PCI device 1234:5678\n"
                                      "      PCI subsystem 1af4:1100\n"
                                      "      IRQ 9, pin A\n"
                                      "      BAR0: 32 bit memory at 0x80000000 [0x80000fff].\n"));
}

/* --- messages --- */

/* A register that remembers what functions wrote there as masters. */
typedef struct Doorbell {
    MemoryRegion mr;
    uint32_t data;
    int count;
} Doorbell;

#define DOORBELL 0xfee00000u

static void doorbell_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    Doorbell *d = opaque;

    d->data = val;
    d->count++;
}

static const MemoryRegionOps doorbell_ops = {
    .read = test_read,
    .write = doorbell_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static Doorbell *doorbell_new(MemoryRegion *mem)
{
    Doorbell *d = g_new0(Doorbell, 1);

    memory_region_init_io(&d->mr, NULL, &doorbell_ops, d, "doorbell", 0x1000);
    memory_region_add_subregion(mem, DOORBELL, &d->mr);
    return d;
}

static void msi_sends_masks_and_remembers(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);
    Doorbell *d = doorbell_new(&f->mem);
    int cap;

    g_assert_cmpint(msi_init(dev, 0, 8, true, true, &error_abort), ==, 0);
    cap = pci_find_capability(dev, PCI_CAP_ID_MSI);
    g_assert_cmphex(get(f, dev, cap + PCI_MSI_FLAGS, 2), ==, 3 << 1 | 0x180);
    set(f, dev, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
    set(f, dev, cap + PCI_MSI_ADDRESS_LO, DOORBELL | 3, 4);
    g_assert_cmphex(get(f, dev, cap + PCI_MSI_ADDRESS_LO, 4), ==, DOORBELL);
    set(f, dev, cap + PCI_MSI_DATA_64, 0x4321, 2);
    msi_notify(dev, 0);
    g_assert_cmpint(d->count, ==, 0); /* off */

    pci_set_irq(dev, 1);
    g_assert_cmpint(f->level[3], ==, 1);
    set(f, dev, cap + PCI_MSI_FLAGS, 2 << 4 | 1, 2); /* 4 vectors of the 8 */
    g_assert_cmpint(f->level[3], ==, 0); /* the pin is left alone */
    msi_notify(dev, 2);
    g_assert_cmpint(d->count, ==, 1);
    g_assert_cmphex(d->data, ==, 0x4322);
    msi_notify(dev, 7);
    g_assert_cmphex(d->data, ==, 0x4323);

    set(f, dev, cap + PCI_MSI_MASK_64, 1 << 1, 4);
    msi_notify(dev, 1);
    msi_notify(dev, 1);
    g_assert_cmpint(d->count, ==, 2);
    g_assert_cmphex(get(f, dev, cap + PCI_MSI_MASK_64 + 4, 4), ==, 1 << 1);
    set(f, dev, cap + PCI_MSI_MASK_64, 0, 4);
    g_assert_cmpint(d->count, ==, 3);
    g_assert_cmphex(d->data, ==, 0x4321);
    g_assert_cmphex(get(f, dev, cap + PCI_MSI_MASK_64 + 4, 4), ==, 0);

    set(f, dev, PCI_COMMAND, 0, 2);
    msi_notify(dev, 0);
    g_assert_cmpint(d->count, ==, 3); /* it may not master the bus */
    pci_device_reset(dev);
    g_assert_false(msi_enabled(dev));
}

static void msix_sends_masks_and_remembers(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);
    Doorbell *d = doorbell_new(&f->mem);
    const hwaddr table = 0x80000000, entry = table + 5 * 16, pba = table + 70 * 16;
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    int cap;

    g_assert_cmpint(msix_init_exclusive_bar(dev, 70, 4, &error_abort), ==, 0);
    cap = pci_find_capability(dev, PCI_CAP_ID_MSIX);
    g_assert_cmphex(get(f, dev, cap + PCI_MSIX_FLAGS, 2), ==, 69);
    g_assert_cmphex(get(f, dev, cap + PCI_MSIX_TABLE, 4), ==, 4);
    g_assert_cmphex(get(f, dev, cap + PCI_MSIX_PBA, 4), ==, 70 * 16 + 4);
    set(f, dev, PCI_BASE_ADDRESS_4, table, 4);
    set(f, dev, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(address_space_ldl_le(&f->mem_as, entry + 12, attrs, NULL), ==, 1);
    address_space_stq_le(&f->mem_as, entry, DOORBELL, attrs, NULL);
    address_space_stl_le(&f->mem_as, entry + 8, 0xabcd1234, attrs, NULL);
    set(f, dev, cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    msix_notify(dev, 5);
    g_assert_cmpint(d->count, ==, 0);
    g_assert_cmphex(address_space_ldl_le(&f->mem_as, pba, attrs, NULL), ==, 1 << 5);
    address_space_stl_le(&f->mem_as, pba, 0, attrs, NULL); /* read-only */
    address_space_stl_le(&f->mem_as, entry + 12, 0, attrs, NULL);
    g_assert_cmpint(d->count, ==, 1);
    g_assert_cmphex(d->data, ==, 0xabcd1234);
    g_assert_cmphex(address_space_ldl_le(&f->mem_as, pba, attrs, NULL), ==, 0);

    set(f, dev, cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
    msix_notify(dev, 5);
    g_assert_cmpint(d->count, ==, 1);
    set(f, dev, cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    g_assert_cmpint(d->count, ==, 2);
    msix_notify(dev, 70);
    msix_notify(dev, UINT16_MAX);
    g_assert_cmpint(d->count, ==, 2);
    pci_device_reset(dev);
    g_assert_false(msix_enabled(dev));
    msix_uninit(dev);
}

static void msix_refuses_what_cannot_be(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);
    g_autoptr(Error) err = NULL;

    g_assert_cmpint(msix_init_exclusive_bar(dev, 2049, 4, &err), <, 0);
    g_assert_nonnull(err);
    g_assert_false(msix_present(dev));
}

/* --- bridges --- */

static PCIDevice *bridge_new(Fixture *f, int devfn)
{
    PCIDevice *br = pci_create_simple(f->bus, devfn, "pci-bridge");

    set(f, br, PCI_PRIMARY_BUS, 0x00050500, 4); /* secondary and subordinate are 5 */
    return br;
}

static uint32_t far_addr(int bus, PCIDevice *dev, int reg)
{
    return bus << 16 | dev->devfn << 8 | reg;
}

static void bridges_pass_configuration_cycles_by_number(void)
{
    Fixture *f = fixture_new();
    PCIDevice *br = pci_create_simple(f->bus, PCI_DEVFN(6, 0), "pci-bridge");
    PCIDevice *dev = pci_create_simple(pci_bridge_get_sec_bus(br), PCI_DEVFN(2, 0), TYPE_TEST_DEV);

    g_assert_cmphex(get(f, br, PCI_HEADER_TYPE, 1), ==, 1);
    g_assert_cmphex(get(f, br, PCI_CLASS_DEVICE, 2), ==, 0x0604);
    g_assert_cmphex(pci_data_read(f->bus, far_addr(0, dev, 0), 4), ==, UINT32_MAX);
    set(f, br, PCI_PRIMARY_BUS, 0x00070500, 4);
    g_assert_cmphex(pci_data_read(f->bus, far_addr(5, dev, 0), 4), ==, 0x56781234);
    g_assert_cmphex(pci_data_read(f->bus, far_addr(6, dev, 0), 4), ==, UINT32_MAX);
    g_assert_cmpint(pci_dev_bus_num(dev), ==, 5);
    g_assert_cmphex(pci_requester_id(dev), ==, 0x30); /* the bridge's */
}

static void bridges_open_windows(void)
{
    Fixture *f = fixture_new();
    PCIDevice *br = bridge_new(f, PCI_DEVFN(6, 0));
    PCIDevice *dev = pci_create_simple(pci_bridge_get_sec_bus(br), PCI_DEVFN(2, 0), TYPE_TEST_DEV);
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    MemTxResult result;

    pci_data_write(f->bus, far_addr(5, dev, PCI_BASE_ADDRESS_0), 0x80200000, 4);
    pci_data_write(f->bus, far_addr(5, dev, PCI_BASE_ADDRESS_1), 0x2040, 4);
    pci_data_write(f->bus, far_addr(5, dev, PCI_COMMAND), 7, 2);
    set(f, br, PCI_MEMORY_BASE, 0x80208020, 4); /* 1 MiB */
    set(f, br, PCI_IO_BASE, 0x2020, 2);
    address_space_ldl_le(&f->mem_as, 0x80200000, attrs, &result);
    g_assert_cmpuint(result, !=, MEMTX_OK);
    set(f, br, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 2);
    g_assert_cmphex(address_space_ldl_le(&f->mem_as, 0x80200000, attrs, &result), ==, 0x11223344);
    g_assert_cmpuint(result, ==, MEMTX_OK);
    g_assert_cmphex(address_space_ldl_le(&f->io_as, 0x2040, attrs, NULL), ==, 0x11223344);
    set(f, br, PCI_MEMORY_BASE, 0x80308030, 4);
    address_space_ldl_le(&f->mem_as, 0x80200000, attrs, &result);
    g_assert_cmpuint(result, !=, MEMTX_OK);
    /* prefetchable, above 4 GiB */
    pci_data_write(f->bus, far_addr(5, dev, PCI_BASE_ADDRESS_2), 0x00000000, 4);
    pci_data_write(f->bus, far_addr(5, dev, PCI_BASE_ADDRESS_3), 0x10, 4);
    set(f, br, PCI_PREF_MEMORY_BASE, 0x00010001, 4);
    set(f, br, PCI_PREF_BASE_UPPER32, 0x10, 4);
    set(f, br, PCI_PREF_LIMIT_UPPER32, 0x10, 4);
    g_assert_cmphex(address_space_ldl_le(&f->mem_as, 0x1000000000, attrs, &result), ==,
                    0x11223344);
    g_assert_cmpuint(result, ==, MEMTX_OK);
}

static void bridges_turn_pins_and_gate_masters(void)
{
    Fixture *f = fixture_new();
    PCIDevice *br = bridge_new(f, PCI_DEVFN(6, 0));
    PCIDevice *dev = pci_create_simple(pci_bridge_get_sec_bus(br), PCI_DEVFN(3, 0), TYPE_TEST_DEV);
    Doorbell *d = doorbell_new(&f->mem);
    uint32_t word = 77;

    pci_set_irq(dev, 1); /* INTA of device 3: the bridge's INTD, which is input (6 + 3) % 4 */
    g_assert_cmpint(f->level[1], ==, 1);
    pci_data_write(f->bus, far_addr(5, dev, PCI_COMMAND), PCI_COMMAND_MASTER, 2);
    g_assert_cmpuint(pci_dma_write(dev, DOORBELL, &word, 4), !=, MEMTX_OK);
    set(f, br, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
    g_assert_cmpuint(pci_dma_write(dev, DOORBELL, &word, 4), ==, MEMTX_OK);
    g_assert_cmpint(d->count, ==, 1);
    /* resetting the bus behind it resets what is there */
    set(f, br, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_BUS_RESET, 2);
    g_assert_cmphex(pci_data_read(f->bus, far_addr(5, dev, PCI_COMMAND), 2), ==, 0);
    g_assert_cmpint(f->level[1], ==, 0);
}

/* --- express --- */

static void ecam_reaches_4096_bytes(void)
{
    DeviceState *host = qdev_new(TYPE_GPEX_HOST);
    PCIBus *bus;
    PCIDevice *port, *dev;
    AddressSpace ecam;
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    int cap;

    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    bus = gpex_bus(GPEX_HOST(host));
    address_space_init(&ecam, sysbus_mmio_get_region(SYS_BUS_DEVICE(host), 0), "ecam");
    port = pci_create_simple(bus, PCI_DEVFN(4, 0), "pcie-root-port");
    dev = pci_create_simple(pci_bridge_get_sec_bus(port), 0, TYPE_TEST_DEV);

#define CONFIG(b, devfn, reg) ((b) << 20 | (devfn) << 12 | (reg))
    g_assert_cmphex(address_space_ldl_le(&ecam, CONFIG(0, 0, 0), attrs, NULL), ==, 0x00081b36);
    g_assert_cmphex(address_space_ldl_le(&ecam, CONFIG(0, 8, 0), attrs, NULL), ==, UINT32_MAX);
    cap = pci_find_capability(port, PCI_CAP_ID_EXP);
    g_assert_cmphex(address_space_lduw_le(&ecam, CONFIG(0, 32, cap + 2), attrs, NULL), ==, 0x0142);
    g_assert_cmphex(address_space_lduw_le(&ecam, CONFIG(0, 32, cap + PCI_EXP_SLTSTA), attrs, NULL),
                    ==, PCI_EXP_SLTSTA_PRESENT);
    g_assert_cmphex(address_space_ldl_le(&ecam, CONFIG(0, 32, 0x100), attrs, NULL), ==,
                    0x00020001);
    g_assert_cmpint(pcie_find_capability(port, PCI_EXT_CAP_ID_ERR), ==, 0x100);
    address_space_stl_le(&ecam, CONFIG(0, 32, PCI_PRIMARY_BUS), 0x00010100, attrs, NULL);
    g_assert_cmphex(address_space_ldl_le(&ecam, CONFIG(1, 0, 0), attrs, NULL), ==, 0x56781234);
    /* a function without extended space has nothing there */
    g_assert_false(dev->express);
    g_assert_cmphex(address_space_ldl_le(&ecam, CONFIG(1, 0, 0x100), attrs, NULL), ==, UINT32_MAX);
    pcie_add_capability(port, 0x000b, 1, 0x200, 16);
    g_assert_cmphex(address_space_ldl_le(&ecam, CONFIG(0, 32, 0x100), attrs, NULL), ==,
                    0x20020001);
    g_assert_cmpint(pcie_find_capability(port, 0x000b), ==, 0x200);
#undef CONFIG

    /* a virtio device is conventional on the root bus, express and modern behind a port */
    dev = pci_create_simple(bus, PCI_DEVFN(8, 0), "virtio-rng-pci");
    g_assert_cmphex(pci_get_word(dev->config + PCI_DEVICE_ID), ==, 0x1005);
    g_assert_cmpint(pci_find_capability(dev, PCI_CAP_ID_EXP), ==, 0);
    port = pci_create_simple(bus, PCI_DEVFN(5, 0), "pcie-root-port");
    dev = pci_create_simple(pci_bridge_get_sec_bus(port), 0, "virtio-rng-pci");
    g_assert_cmphex(pci_get_word(dev->config + PCI_DEVICE_ID), ==, 0x1044);
    g_assert_cmpint(dev->config[PCI_REVISION_ID], ==, 1);
    g_assert_cmpint(dev->io_regions[0].size, ==, 0);
    cap = pci_find_capability(dev, PCI_CAP_ID_EXP);
    g_assert_cmphex(pci_get_word(dev->config + cap + PCI_EXP_FLAGS), ==, 0x0002);
    address_space_destroy(&ecam);
}

static void software_resizes_bars(void)
{
    enum { CAN = PCIE_EXT_CAP_START + 4, HAS = PCIE_EXT_CAP_START + 8, BAR = PCI_BASE_ADDRESS_2 };
    g_autoptr(GByteArray) state = g_byte_array_new();
    DeviceState *host = qdev_new(TYPE_GPEX_HOST);
    VMStateReader in;
    PCIDevice *dev;
    AddressSpace as;
    MemTxResult result;

    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    dev = pci_create_simple(gpex_bus(GPEX_HOST(host)), PCI_DEVFN(6, 0), TYPE_RESIZABLE);
    address_space_init(&as, pci_get_bus(dev)->address_space_mem, "targets");
    g_assert_cmpint(pcie_find_capability(dev, 0x0015), ==, PCIE_EXT_CAP_START);
    g_assert_cmphex(pci_default_read_config(dev, CAN, 4), ==, 0xf0);
    g_assert_cmphex(pci_default_read_config(dev, HAS, 4), ==, 1 << 8 | 1 << 5 | 2);
    pci_default_write_config(dev, BAR, 0xffffffff, 4);
    g_assert_cmphex(pci_default_read_config(dev, BAR, 4), ==, 0xffe0000c);

    pci_default_write_config(dev, HAS, 3 << 8, 4);
    g_assert_cmphex(pci_default_read_config(dev, HAS, 4), ==, 3 << 8 | 1 << 5 | 2);
    pci_default_write_config(dev, BAR, 0xffffffff, 4);
    g_assert_cmphex(pci_default_read_config(dev, BAR, 4), ==, 0xff80000c);
    pci_default_write_config(dev, BAR, 0x10800000, 4);
    pci_default_write_config(dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(address_space_ldl_le(&as, 0x10c00000, MEMTXATTRS_UNSPECIFIED, &result), ==, 0x11223344);

    pci_default_write_config(dev, HAS, 9 << 8, 4); /* not one of them */
    g_assert_cmphex(pci_default_read_config(dev, HAS, 4), ==, 3 << 8 | 1 << 5 | 2);
    pci_default_write_config(dev, HAS, 0, 4);
    g_assert_cmphex(address_space_ldl_le(&as, 0x10800000, MEMTXATTRS_UNSPECIFIED, &result), ==, 0x11223344);
    g_assert_cmphex(dev->io_regions[2].size, ==, 1 * MiB);
    g_assert_cmphex(address_space_ldl_le(&as, 0x10c00000, MEMTXATTRS_UNSPECIFIED, &result), !=, 0x11223344);

    pci_default_write_config(dev, HAS, 3 << 8, 4);
    pci_default_write_config(dev, BAR, 0x10800000, 4);
    g_assert_cmpint(vmstate_save_state(state, &vmstate_pci_device, dev, &error_abort), ==, 0);
    pci_device_reset(dev);
    g_assert_cmphex(dev->io_regions[2].size, ==, 2 * MiB);
    in = (VMStateReader){ .data = state->data, .size = state->len };
    g_assert_cmpint(vmstate_load_state(&in, &vmstate_pci_device, dev, &error_abort), ==, 0);
    g_assert_cmphex(dev->io_regions[2].size, ==, 8 * MiB);
    g_assert_cmphex(address_space_ldl_le(&as, 0x10c00000, MEMTXATTRS_UNSPECIFIED, &result), ==,
                    0x11223344);

    pci_device_reset(dev);
    g_assert_cmphex(pci_default_read_config(dev, HAS, 4), ==, 1 << 8 | 1 << 5 | 2);
    g_assert_cmphex(dev->io_regions[2].size, ==, 2 * MiB);
    address_space_destroy(&as);
}

static void functions_of_an_express_host_are_masters_of_system_memory(void)
{
    DeviceState *host = qdev_new(TYPE_GPEX_HOST);
    MemoryRegion *ram = g_new0(MemoryRegion, 1);
    AddressSpace targets;
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    PCIDevice *port, *devs[2];
    uint32_t value = 0;

    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    memory_region_init_ram(ram, NULL, "dma-target", 64 * KiB, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0x40000000, ram);
    port = pci_create_simple(gpex_bus(GPEX_HOST(host)), PCI_DEVFN(4, 0), "pcie-root-port");
    pci_default_write_config(port, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
    devs[0] = pci_create_simple(gpex_bus(GPEX_HOST(host)), PCI_DEVFN(5, 0), TYPE_TEST_DEV);
    devs[1] = pci_create_simple(pci_bridge_get_sec_bus(port), 0, TYPE_TEST_DEV);
    for (size_t i = 0; i < ARRAY_SIZE(devs); i++) {
        pci_default_write_config(devs[i], PCI_COMMAND, PCI_COMMAND_MASTER, 2);
        pci_send_message(devs[i], 0x40001000 + 4 * i, 0x1234 + i);
        g_assert_cmpint(pci_dma_read(devs[i], 0x40001000 + 4 * i, &value, 4), ==, MEMTX_OK);
        g_assert_cmphex(value, ==, 0x1234 + i);
    }
    memory_region_del_subregion(get_system_memory(), ram);

    /* a base address of 0 is one */
    pci_default_write_config(devs[0], PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    g_assert_cmphex(pci_get_bar_addr(devs[0], 0), ==, 0);

    /* as a target, the bus answers for functions that aren't there: with all ones */
    address_space_init(&targets, sysbus_mmio_get_region(SYS_BUS_DEVICE(host), 1), "targets");
    g_assert_cmphex(address_space_ldl_le(&targets, 0x12345678, attrs, NULL), ==, UINT32_MAX);
    address_space_destroy(&targets);
}

static void roms_are_read_where_their_register_says(void)
{
    Fixture *f = fixture_new();
    g_autofree char *path = NULL;
    g_autoptr(Error) err = NULL;
    PCIDevice *dev = pci_new(-1, TYPE_TEST_DEV);
    int fd = g_file_open_tmp("rom-XXXXXX", &path, NULL);
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;

    g_assert_cmpint(write(fd, "\x55\xaa\x01rom", 6), ==, 6);
    close(fd);
    object_property_set_str(OBJECT(dev), "romfile", path, &error_abort);
    pci_realize_and_unref(dev, f->bus, &error_abort);
    set(f, dev, PCI_ROM_ADDRESS, UINT32_MAX, 4);
    g_assert_cmphex(get(f, dev, PCI_ROM_ADDRESS, 4), ==, 0xfffff801);
    set(f, dev, PCI_ROM_ADDRESS, 0x90000000, 4);
    set(f, dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(pci_get_bar_addr(dev, PCI_ROM_SLOT), ==, PCI_BAR_UNMAPPED);
    set(f, dev, PCI_ROM_ADDRESS, 0x90000001, 4);
    g_assert_cmphex(address_space_ldl_le(&f->mem_as, 0x90000000, attrs, NULL), ==, 0x7201aa55);

    dev = pci_new(-1, TYPE_TEST_DEV);
    object_property_set_str(OBJECT(dev), "romfile", path, &error_abort);
    object_property_set_uint(OBJECT(dev), "romsize", 3000, &error_abort);
    g_assert_false(pci_realize_and_unref(dev, f->bus, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "romsize 3000"));
    unlink(path);
}

/* A ROM as firmware looks at it: an image for a PC, and one of another kind, with their lengths. */
enum { ROM_PC = 1024, ROM_OTHER = 512, ROM_DATA = 0x20 };

static void put_image(uint8_t *image, unsigned bytes, uint16_t vendor, uint8_t kind, bool last)
{
    uint8_t *data = image + ROM_DATA;

    stw_le_p(image, 0xaa55);
    image[2] = bytes / 512;
    stw_le_p(image + 0x18, ROM_DATA);
    memcpy(data, "PCIR", 4);
    stw_le_p(data + 4, vendor);
    stw_le_p(data + 6, 0x4321);
    stw_le_p(data + 0x10, bytes / 512);
    data[0x14] = kind;
    data[0x15] = last ? 0x80 : 0;
}

static uint8_t sum_of(const uint8_t *bytes, unsigned n)
{
    uint8_t sum = 0;

    while (n--) {
        sum += *bytes++;
    }
    return sum;
}

/* The device's copy of a ROM file. */
static uint8_t *rom_of(Fixture *f, const uint8_t *rom, unsigned bytes)
{
    g_autofree char *path = NULL;
    PCIDevice *dev = pci_new(-1, TYPE_TEST_DEV);
    int fd = g_file_open_tmp("rom-XXXXXX", &path, NULL);

    g_assert_cmpint(write(fd, rom, bytes), ==, bytes);
    close(fd);
    object_property_set_str(OBJECT(dev), "romfile", path, &error_abort);
    pci_realize_and_unref(dev, f->bus, &error_abort);
    unlink(path);
    return memory_region_get_ram_ptr(&dev->rom);
}

static void roms_of_the_maker_name_the_device(void)
{
    Fixture *f = fixture_new();
    PCIDevice *dev = pci_create_simple(f->bus, -1, TYPE_TEST_DEV);
    uint16_t vendor = get(f, dev, PCI_VENDOR_ID, 2), device = get(f, dev, PCI_DEVICE_ID, 2);
    uint8_t rom[ROM_PC + ROM_OTHER] = { 0 }, *copy;

    put_image(rom, ROM_PC, vendor, 0, false);
    put_image(rom + ROM_PC, ROM_OTHER, vendor, 3, true);
    rom[ROM_PC - 1] = -sum_of(rom, ROM_PC);
    copy = rom_of(f, rom, sizeof(rom));
    g_assert_cmphex(lduw_le_p(copy + ROM_DATA + 6), ==, device);
    g_assert_cmphex(lduw_le_p(copy + ROM_PC + ROM_DATA + 6), ==, device);
    g_assert_cmphex(sum_of(copy, ROM_PC), ==, 0);
    g_assert_cmphex(copy[ROM_PC + 6], ==, 0);

    /* what isn't in the sum leaves it alone */
    memset(rom, 0, sizeof(rom));
    put_image(rom, ROM_PC, vendor, 0, true);
    rom[2] = 1;
    stw_le_p(rom + 0x18, 512 + ROM_DATA);
    memcpy(rom + 512 + ROM_DATA, rom + ROM_DATA, 0x18);
    copy = rom_of(f, rom, ROM_PC);
    g_assert_cmphex(lduw_le_p(copy + 512 + ROM_DATA + 6), ==, device);
    g_assert_cmphex(lduw_le_p(copy + ROM_DATA + 6), ==, 0x4321);
    g_assert_cmphex(copy[6], ==, 0);

    /* another maker's stays; so does what points past the end of the file */
    memset(rom, 0, sizeof(rom));
    put_image(rom, ROM_PC, vendor ^ 1, 0, false);
    put_image(rom + ROM_PC, ROM_OTHER, vendor, 3, true);
    stw_le_p(rom + ROM_PC + 0x18, 0xfff0);
    copy = rom_of(f, rom, sizeof(rom));
    g_assert_cmpmem(copy, sizeof(rom), rom, sizeof(rom));
    copy = rom_of(f, rom, ROM_PC + 0x19);
    g_assert_cmpmem(copy, ROM_PC + 0x19, rom, ROM_PC + 0x19);
}

/* Devices whose BARs consist of regions that are theirs, too. */
static void what_is_unplugged_is_gone(void)
{
    static const char *const types[] = { "qemu-xhci", "rtl8139", "i82557b", "e1000e" };
    Fixture *f = fixture_new();

    for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
        PCIDevice *dev = pci_create_simple(f->bus, -1, types[i]);

        object_ref(dev);
        qdev_unrealize(DEVICE(dev));
        object_unparent(OBJECT(dev));
        drain_call_rcu(); /* views of its regions keep it until then */
        g_assert_cmpuint(OBJECT(dev)->ref, ==, 1);
        object_unref(dev);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    memory_map_init();

#define RULE(path, fn) g_test_add_func("/pci/" path, fn)
    RULE("header-shows-the-class", header_shows_the_class);
    RULE("ids-are-read-only", ids_are_read_only);
    RULE("absent-functions-read-all-ones", absent_functions_read_all_ones);
    RULE("bars-answer-the-size-probe", bars_answer_the_size_probe);
    RULE("a-size-probe-with-decoding-on-maps-nothing", a_size_probe_with_decoding_on_maps_nothing);
    RULE("regions-answer-where-the-bars-say", regions_answer_where_the_bars_say);
    RULE("irqs-of-one-input-are-ored", irqs_of_one_input_are_ored);
    RULE("interrupt-disable-masks-the-pin-not-the-status",
         interrupt_disable_masks_the_pin_not_the_status);
    RULE("slots-are-given-out-from-the-first-free-one",
         slots_are_given_out_from_the_first_free_one);
    RULE("a-slot-cannot-be-taken-twice", a_slot_cannot_be_taken_twice);
    RULE("addr-property-takes-slot-and-function", addr_property_takes_slot_and_function);
    RULE("capabilities-are-linked-and-not-overlapping",
         capabilities_are_linked_and_not_overlapping);
    RULE("dma-needs-the-master-bit", dma_needs_the_master_bit);
    RULE("bus-reset-closes-everything", bus_reset_closes_everything);
    RULE("mechanism-1-selects-by-address-register", mechanism_1_selects_by_address_register);
    RULE("info-pci-has-the-established-layout", info_pci_has_the_established_layout);
    RULE("msi-sends-masks-and-remembers", msi_sends_masks_and_remembers);
    RULE("msix-sends-masks-and-remembers", msix_sends_masks_and_remembers);
    RULE("msix-refuses-what-cannot-be", msix_refuses_what_cannot_be);
    RULE("bridges-pass-configuration-cycles-by-number",
         bridges_pass_configuration_cycles_by_number);
    RULE("bridges-open-windows", bridges_open_windows);
    RULE("bridges-turn-pins-and-gate-masters", bridges_turn_pins_and_gate_masters);
    RULE("ecam-reaches-4096-bytes", ecam_reaches_4096_bytes);
    RULE("software-resizes-bars", software_resizes_bars);
    RULE("express-functions-are-masters-of-system-memory",
         functions_of_an_express_host_are_masters_of_system_memory);
    RULE("what-is-unplugged-is-gone", what_is_unplugged_is_gone);
    RULE("roms-are-read-where-their-register-says", roms_are_read_where_their_register_says);
    RULE("roms-of-the-maker-name-the-device", roms_of_the_maker_name_the_device);
    return g_test_run();
}
