/*
 * The virtio balloon: pages that the guest names are the host's, what isn't the guest's stays.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/virtio/virtio-mmio.h"
#include "hw/virtio/virtio.h"
#include "system/address-spaces.h"
#include "system/balloon.h"

#define RAM_PAGES 256
#define PAGE      0x1000
#define LIST      (8 * PAGE)

enum { INFLATE, DEFLATE, REPORTING };

static MemoryRegion ram, rom;

static uint8_t *mem(hwaddr addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + addr;
}

/* A device with its queues set up, each at page 2 * number. */
static VirtioDevice *balloon_new(void)
{
    DeviceState *slot = qdev_new(TYPE_VIRTIO_MMIO), *dev = qdev_new("virtio-balloon-device");
    VirtioDevice *vdev = VIRTIO_DEVICE(dev);

    qdev_prop_set_bit(slot, "force-legacy", false);
    qdev_prop_set_bit(dev, "free-page-reporting", true);
    sysbus_realize(SYS_BUS_DEVICE(slot), &error_abort);
    qdev_realize(dev, g_ptr_array_index(slot->child_buses, 0), &error_abort);
    virtio_set_status(vdev, 3);
    virtio_set_features(vdev, VIRTIO_FEATURE(VIRTIO_F_VERSION_1) | 1 << 5);
    virtio_set_status(vdev, 3 | 8);
    for (int i = 0; i <= REPORTING; i++) {
        VirtQueueSetup *setup = virtq_setup(virtio_queue(vdev, i));

        setup->size = 4;
        setup->desc = i * 2 * PAGE;
        setup->driver = setup->desc + 0x400;
        setup->device = setup->desc + 0x800;
        memset(mem(setup->desc), 0, PAGE);
        virtq_enable(virtio_queue(vdev, i));
    }
    virtio_set_status(vdev, 15);
    return vdev;
}

static void balloon_free(VirtioDevice *vdev)
{
    DeviceState *slot = DEVICE(vdev)->parent_bus->parent;

    qdev_unrealize(DEVICE(vdev));
    object_unref(OBJECT(vdev));
    test_drop(slot);
}

/* One buffer for the queue, and a look at it. */
static void offer(VirtioDevice *vdev, int queue, hwaddr addr, uint32_t len, uint16_t flags)
{
    uint8_t *desc = mem(queue * 2 * PAGE);
    uint16_t idx = lduw_le_p(desc + 0x402);

    stq_le_p(desc, addr);
    stl_le_p(desc + 8, len);
    stw_le_p(desc + 12, flags);
    stw_le_p(desc + 0x404 + idx % 4 * 2, 0);
    stw_le_p(desc + 0x402, idx + 1);
    virtio_kick(vdev, queue);
    g_assert_cmpuint(lduw_le_p(desc + 0x802), ==, idx + 1);
}

static bool is_zero(hwaddr page)
{
    for (unsigned i = 0; i < PAGE; i++) {
        if (mem(page * PAGE)[i]) {
            return false;
        }
    }
    return true;
}

static void pages_that_are_given_are_empty(void)
{
    VirtioDevice *vdev = balloon_new();
    static const uint32_t numbers[] = { 20, 22, RAM_PAGES, 0xffffffff, 0x40000 };

    memset(mem(16 * PAGE), 0xaa, (RAM_PAGES - 16) * PAGE);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        stl_le_p(mem(LIST + 4 * i), numbers[i]);
    }
    offer(vdev, DEFLATE, LIST, sizeof(numbers), 0);
    g_assert_false(is_zero(20));
    offer(vdev, INFLATE, LIST, sizeof(numbers), 0);
    g_assert_true(is_zero(20) && is_zero(22));
    g_assert_false(is_zero(19) || is_zero(21) || is_zero(23));
    /* the ROM at 40000000 isn't the guest's to give */
    g_assert_cmphex(*(uint8_t *)memory_region_get_ram_ptr(&rom), ==, 0x55);
    g_assert_false(vdev->broken);
    balloon_free(vdev);
}

static void reported_pages_are_empty(void)
{
    VirtioDevice *vdev = balloon_new();

    memset(mem(16 * PAGE), 0xaa, (RAM_PAGES - 16) * PAGE);
    offer(vdev, REPORTING, 30 * PAGE + 100, 3 * PAGE, 2);
    g_assert_true(is_zero(31) && is_zero(32));
    g_assert_false(is_zero(30) || is_zero(33)); /* half a page isn't given */
    balloon_free(vdev);
}

static void there_is_one_at_most(void)
{
    VirtioDevice *vdev = balloon_new();
    DeviceState *slot = qdev_new(TYPE_VIRTIO_MMIO), *dev = qdev_new("virtio-balloon-device");
    g_autoptr(Error) err = NULL;
    uint64_t actual;

    g_assert_true(balloon_get_actual(&actual, &error_abort));
    g_assert_false(balloon_set_target(0, NULL));
    sysbus_realize(SYS_BUS_DEVICE(slot), &error_abort);
    g_assert_false(qdev_realize_and_unref(dev, g_ptr_array_index(slot->child_buses, 0), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "already"));
    balloon_free(vdev);
    g_assert_false(balloon_get_actual(&actual, NULL));
    test_drop(slot);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    memory_region_init_ram(&ram, NULL, "ram", RAM_PAGES * PAGE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    memory_region_init_rom(&rom, NULL, "rom", PAGE, &error_abort);
    memset(memory_region_get_ram_ptr(&rom), 0x55, PAGE);
    memory_region_add_subregion(get_system_memory(), 0x40000000, &rom);

    g_test_add_func("/virtio-balloon/pages-that-are-given-are-empty",
                    pages_that_are_given_are_empty);
    g_test_add_func("/virtio-balloon/reported-pages-are-empty", reported_pages_are_empty);
    g_test_add_func("/virtio-balloon/there-is-one-at-most", there_is_one_at_most);
    return g_test_run();
}
