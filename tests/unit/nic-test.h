/*
 * A PCI network controller between memory and a cable: RAM at 0, the controller's memory BARs from
 * 10000000 up, its I/O BAR at 1000, and a back end that writes down what was sent.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_NIC_TEST_H
#define TESTS_UNIT_NIC_TEST_H

#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

#define NIC_TEST_RAM  (1 * MiB)
#define NIC_TEST_BARS 0x10000000u
#define NIC_TEST_IO   0x1000u
#define TYPE_NIC_TEST_HOST "nic-test-pci-host"

/* Addresses: the controller's, another station's, everybody's, a group's. */
static G_GNUC_UNUSED const uint8_t own[6] = { 2, 0x11, 0x22, 0x33, 0x44, 0x55 };
static G_GNUC_UNUSED const uint8_t other[6] = { 2, 0x99, 0x99, 0x99, 0x99, 0x99 };
static G_GNUC_UNUSED const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static G_GNUC_UNUSED const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 };

typedef struct NicTest {
    PCIHostState *host;
    PCIBus *bus;
    PCIDevice *dev;
    MemoryRegion mem, io, ram;
    AddressSpace mem_as, io_as;
    int irq;

    NetClientState *cable; /* the back end */
    GPtrArray *sent;       /* of GBytes: frames that the controller has sent */
    int room;              /* how many frames the back end takes yet; -1: all */
    const uint8_t *reply;  /* is sent back at once when a frame comes */
    size_t reply_size;
} NicTest;

typedef struct NicTestCable {
    NetClientState nc;
    NicTest *test;
} NicTestCable;

static ssize_t nic_test_cable_receive(NetClientState *nc, const uint8_t *frame, size_t size)
{
    NicTest *t = ((NicTestCable *)nc)->test;

    if (t->room == 0) {
        return 0;
    }
    t->room -= t->room > 0;
    g_ptr_array_add(t->sent, g_bytes_new(frame, size));
    if (t->reply) {
        const uint8_t *reply = t->reply;

        t->reply = NULL;
        qemu_send_packet(nc, reply, t->reply_size);
    }
    return size;
}

static const NetClientInfo nic_test_cable_info = {
    .type = NET_CLIENT_DRIVER_USER,
    .size = sizeof(NicTestCable),
    .receive = nic_test_cable_receive,
};

static const TypeInfo nic_test_host_type = {
    .name = TYPE_NIC_TEST_HOST,
    .parent = TYPE_PCI_HOST_BRIDGE,
    .instance_size = sizeof(PCIHostState),
};

static G_GNUC_UNUSED void nic_test_init(void)
{
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    type_register_static(&nic_test_host_type);
}

static int nic_test_map_irq(PCIDevice *dev, int pin)
{
    return 0;
}

static void nic_test_set_irq(void *opaque, int irq, int level)
{
    ((NicTest *)opaque)->irq = level;
}

/* --- the bus's two spaces --- */

static G_GNUC_UNUSED void nic_config(NicTest *t, int reg, uint32_t value, int len)
{
    pci_data_write(t->bus, 0x80000000 | t->dev->devfn << 8 | reg, value, len);
}

static G_GNUC_UNUSED uint32_t nic_get_config(NicTest *t, int reg, int len)
{
    return pci_data_read(t->bus, 0x80000000 | t->dev->devfn << 8 | reg, len);
}

/* Little-endian accesses of `size` bytes (1, 2, 4). */
static G_GNUC_UNUSED uint32_t nic_load(AddressSpace *as, hwaddr addr, unsigned size)
{
    uint8_t bytes[4] = { 0 };

    g_assert_cmpuint(address_space_rw(as, addr, MEMTXATTRS_UNSPECIFIED, bytes, size, false), ==,
                     MEMTX_OK);
    return ldl_le_p(bytes);
}

static G_GNUC_UNUSED void nic_store(AddressSpace *as, hwaddr addr, uint32_t value, unsigned size)
{
    uint8_t bytes[4];

    stl_le_p(bytes, value);
    g_assert_cmpuint(address_space_rw(as, addr, MEMTXATTRS_UNSPECIFIED, bytes, size, true), ==,
                     MEMTX_OK);
}

static G_GNUC_UNUSED uint8_t *nic_memory(NicTest *t, uint32_t addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&t->ram) + addr;
}

/* --- the controller --- */

/* `with_cable` false: nothing is plugged in. */
static G_GNUC_UNUSED NicTest *nic_test_new(const char *type, bool with_cable)
{
    NicTest *t = g_new0(NicTest, 1);

    t->sent = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    t->room = -1;
    t->host = PCI_HOST_BRIDGE(qdev_new(TYPE_NIC_TEST_HOST));
    memory_region_init(&t->mem, NULL, "mem", UINT64_C(1) << 32);
    memory_region_init(&t->io, NULL, "io", 64 * KiB);
    memory_region_init_ram(&t->ram, NULL, "nic-test-ram", NIC_TEST_RAM, &error_abort);
    memory_region_add_subregion(&t->mem, 0, &t->ram);
    address_space_init(&t->mem_as, &t->mem, "mem");
    address_space_init(&t->io_as, &t->io, "io");
    t->host->bus = t->bus =
        pci_register_root_bus(DEVICE(t->host), "pci.0", nic_test_set_irq, nic_test_map_irq, t,
                              &t->mem, &t->io, PCI_DEVFN(3, 0), 1, TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(t->host), &error_abort);

    t->dev = pci_new(-1, type);
    qdev_prop_set_macaddr(DEVICE(t->dev), "mac", own);
    if (with_cable) {
        static int number;
        g_autofree char *id = g_strdup_printf("cable%d", number++);

        t->cable = qemu_new_net_client(&nic_test_cable_info, NULL, "test", id);
        ((NicTestCable *)t->cable)->test = t;
        object_property_set_str(OBJECT(t->dev), "netdev", id, &error_abort);
    }
    pci_realize_and_unref(t->dev, t->bus, &error_abort);
    device_cold_reset(DEVICE(t->dev));
    return t;
}

/* Memory BAR n at NIC_TEST_BARS + n MiB, the I/O BAR `io_bar` at NIC_TEST_IO; all enabled. */
static G_GNUC_UNUSED void nic_test_enable(NicTest *t, int io_bar)
{
    for (int n = 0; n < 6; n++) {
        nic_config(t, PCI_BASE_ADDRESS_0 + 4 * n,
                   n == io_bar ? NIC_TEST_IO : NIC_TEST_BARS + n * (1 * MiB), 4);
    }
    nic_config(t, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
}

/* What happens without the main loop's thread: bottom halves. */
static G_GNUC_UNUSED void nic_test_turn(void)
{
    main_loop_wait(true);
}

#endif
