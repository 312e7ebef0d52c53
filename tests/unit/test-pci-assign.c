/*
 * Addresses for PCI functions: none overlap, each is aligned, and where they come from is the plan.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci-assign.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/units.h"

#define TYPE_TEST_HOST "test-pci-host"
#define TYPE_TEST_DEV  "test-pci-device"

/* Memory regions 0, 1 (64 bits, BARs 2 and 3) and I/O region (BAR 4); sizes 0: not there. */
typedef struct TestDev {
    PCIDevice parent_obj;
    uint64_t sizes[3];
    MemoryRegion regions[3];
} TestDev;

static uint64_t next_sizes[3];

static void test_dev_realize(PCIDevice *dev, Error **errp)
{
    static const struct { int bar; uint8_t type; } places[3] = {
        { 0, PCI_BASE_ADDRESS_SPACE_MEMORY },
        { 2, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH },
        { 4, PCI_BASE_ADDRESS_SPACE_IO },
    };
    TestDev *d = (TestDev *)dev;

    for (int i = 0; i < 3; i++) {
        d->sizes[i] = next_sizes[i];
        if (d->sizes[i]) {
            memory_region_init(&d->regions[i], OBJECT(dev), "region", d->sizes[i]);
            pci_register_bar(dev, places[i].bar, places[i].type, &d->regions[i]);
        }
    }
    pci_config_set_interrupt_pin(dev->config, 2);
}

static void test_dev_class_init(ObjectClass *klass, void *data)
{
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = test_dev_realize;
    pc->vendor_id = 0x1234;
    pc->device_id = 0x5678;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
}

static const TypeInfo test_types[] = {
    { .name = TYPE_TEST_HOST, .parent = TYPE_PCI_HOST_BRIDGE,
      .instance_size = sizeof(PCIHostState) },
    { .name = TYPE_TEST_DEV, .parent = TYPE_PCI_DEVICE, .instance_size = sizeof(TestDev),
      .class_init = test_dev_class_init },
};

DEFINE_TYPES(test_types)

static PCIBus *new_bus(void)
{
    PCIHostState *host = PCI_HOST_BRIDGE(qdev_new(TYPE_TEST_HOST));
    MemoryRegion *mem = g_new0(MemoryRegion, 1), *io = g_new0(MemoryRegion, 1);

    memory_region_init(mem, NULL, "mem", UINT64_C(1) << 32);
    memory_region_init(io, NULL, "io", 64 * KiB);
    host->bus = pci_register_root_bus(DEVICE(host), "pci.0", NULL, NULL, NULL, mem, io, 0, 0,
                                      TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    return host->bus;
}

static PCIDevice *add(PCIBus *bus, uint64_t memory, uint64_t memory64, uint64_t io)
{
    next_sizes[0] = memory;
    next_sizes[1] = memory64;
    next_sizes[2] = io;
    return pci_create_simple(bus, -1, TYPE_TEST_DEV);
}

static uint8_t line(int slot, int pin)
{
    return slot * 4 + pin;
}

static const PCIAddressPlan plan = {
    .memory = { { 0xf0000000, 0xf0ffffff }, { 0x80000000, 0x8fffffff } },
    .io = { { 0x1000, 0x10ff }, { 1, 0 } },
    .irq_line = line,
};

static uint64_t address(PCIDevice *dev, int bar)
{
    return pci_get_bar_addr(dev, bar);
}

static void each_region_gets_an_aligned_address_of_its_own(void)
{
    PCIBus *bus = new_bus();
    PCIDevice *small = add(bus, 4 * KiB, 0, 64);
    PCIDevice *large = add(bus, 4 * MiB, 64 * KiB, 32);

    pci_assign_addresses(bus, &plan);
    g_assert_cmphex(address(large, 0), ==, 0xf0000000);
    g_assert_cmphex(address(large, 2), ==, 0xf0400000);
    g_assert_cmphex(address(small, 0), ==, 0xf0410000);
    g_assert_cmphex(address(small, 4), ==, 0x1000);
    g_assert_cmphex(address(large, 4), ==, 0x1040);
}

static void what_does_not_fit_goes_into_the_second_range(void)
{
    PCIBus *bus = new_bus();
    PCIDevice *huge = add(bus, 0, 32 * MiB, 0), *small = add(bus, 1 * MiB, 0, 0);

    pci_assign_addresses(bus, &plan);
    g_assert_cmphex(address(huge, 2), ==, 0x80000000);
    g_assert_cmphex(address(small, 0), ==, 0xf0000000);
}

static void what_fits_nowhere_stays_without(void)
{
    if (g_test_subprocess()) {
        PCIBus *bus = new_bus();
        PCIDevice *huge = add(bus, 512 * MiB, 0, 0), *after = add(bus, 4 * KiB, 0, 0);

        pci_assign_addresses(bus, &plan);
        g_assert_cmphex(address(huge, 0), ==, PCI_BAR_UNMAPPED);
        g_assert_cmphex(address(after, 0), ==, 0xf0000000);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*00:00.0 gets no address: no room for 0x20000000 bytes of memory*");
}

static void a_register_that_holds_an_address_keeps_it(void)
{
    PCIBus *bus = new_bus();
    PCIDevice *dev = add(bus, 4 * KiB, 0, 0);

    pci_data_write(bus, 0x80000000 | PCI_BASE_ADDRESS_0, 0x90000000, 4);
    pci_assign_addresses(bus, &plan);
    g_assert_cmphex(address(dev, 0), ==, 0x90000000);
}

static void functions_answer_and_know_their_interrupt(void)
{
    PCIBus *bus = new_bus();
    PCIDevice *dev;

    add(bus, 4 * KiB, 0, 0);
    dev = add(bus, 4 * KiB, 0, 0);
    pci_assign_addresses(bus, &plan);
    g_assert_cmphex(pci_get_word(dev->config + PCI_COMMAND), ==,
                    PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    g_assert_cmphex(dev->config[PCI_INTERRUPT_LINE], ==, 5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/pci-assign/aligned", each_region_gets_an_aligned_address_of_its_own);
    g_test_add_func("/pci-assign/second-range", what_does_not_fit_goes_into_the_second_range);
    g_test_add_func("/pci-assign/no-room", what_fits_nowhere_stays_without);
    g_test_add_func("/pci-assign/keeps", a_register_that_holds_an_address_keeps_it);
    g_test_add_func("/pci-assign/enabled", functions_answer_and_know_their_interrupt);
    return g_test_run();
}
