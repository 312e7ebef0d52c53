/*
 * Virtio block requests, one at a time, by a scripted driver: what each answers, and what is then
 * in the image.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <glib/gstdio.h>
#include "hw/virtio/virtio-mmio.h"
#include "hw/virtio/virtio.h"
#include "qemu/log.h"
#include "system/address-spaces.h"
#include "system/block-backend.h"

#define IMAGE_SECTORS 64
#define RING    0x0000
#define HEADER  0x4000
#define DATA    0x5000
#define STATUS  0x7000
#define IN      0
#define OUT     1
#define FLUSH   4
#define GET_ID  8
#define DISCARD 11
#define ZEROES  13
enum { OK, IOERR, UNSUPP, NOTHING = 0xff };

static MemoryRegion ram;

static uint8_t *mem(hwaddr addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + addr;
}

typedef struct Disk {
    char *path;
    BlockBackend *blk;
    DeviceState *slot;
    VirtioDevice *dev;
    unsigned queue;
} Disk;

static void set_up(Disk *d)
{
    virtio_set_status(d->dev, 0);
    virtio_set_status(d->dev, 3);
    virtio_set_features(d->dev, UINT64_MAX & ~VIRTIO_FEATURE(VIRTIO_F_RING_PACKED) &
                                    ~VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX));
    virtio_set_status(d->dev, 3 | 8);
    for (unsigned i = 0; i < d->dev->num_queues; i++) {
        VirtQueueSetup *setup = virtq_setup(virtio_queue(d->dev, i));

        setup->size = 8;
        setup->desc = RING + i * 0x1000;
        setup->driver = setup->desc + 0x400;
        setup->device = setup->desc + 0x800;
        memset(mem(setup->desc), 0, 0x1000);
        virtq_enable(virtio_queue(d->dev, i));
    }
    virtio_set_status(d->dev, 15);
}

static Disk *disk_new(bool read_only)
{
    Disk *d = g_new0(Disk, 1);
    int fd = g_file_open_tmp("virtio-blk-XXXXXX", &d->path, NULL);
    DeviceState *dev = qdev_new("virtio-blk-device");
    uint8_t byte[512];

    for (int i = 0; i < IMAGE_SECTORS; i++) {
        memset(byte, i + 1, sizeof(byte));
        g_assert_cmpint(write(fd, byte, sizeof(byte)), ==, sizeof(byte));
    }
    close(fd);
    d->blk = blk_new_open("disk", d->path, "raw", read_only, &error_abort);
    d->slot = qdev_new(TYPE_VIRTIO_MMIO);
    qdev_prop_set_bit(d->slot, "force-legacy", false);
    sysbus_realize(SYS_BUS_DEVICE(d->slot), &error_abort);
    qdev_prop_set_string(dev, "drive", "disk");
    qdev_prop_set_string(dev, "serial", "a serial number of more than 20");
    qdev_prop_set_uint16(dev, "num-queues", 3);
    qdev_realize(dev, g_ptr_array_index(d->slot->child_buses, 0), &error_abort);
    d->dev = VIRTIO_DEVICE(dev);
    set_up(d);
    return d;
}

static void disk_free(Disk *d)
{
    qdev_unrealize(DEVICE(d->dev));
    object_unparent(OBJECT(d->dev));
    object_unref(OBJECT(d->dev));
    test_drop(d->slot);
    blk_unref(d->blk);
    unlink(d->path);
    g_free(d->path);
    g_free(d);
}

static void describe(Disk *d, unsigned i, uint64_t addr, uint32_t len, uint16_t flags)
{
    uint8_t *at = mem(RING + d->queue * 0x1000) + i * 16;

    stq_le_p(at, addr);
    stl_le_p(at + 8, len);
    stw_le_p(at + 12, flags);
    stw_le_p(at + 14, i + 1);
}

/* One request with `size` bytes of data at DATA, cut in two parts; its status. */
static uint8_t request(Disk *d, uint32_t type, uint64_t sector, uint32_t size)
{
    uint8_t *avail = mem(RING + d->queue * 0x1000 + 0x400);
    uint16_t idx = lduw_le_p(avail + 2), to_device = type == IN || type == GET_ID ? 2 : 0;

    stl_le_p(mem(HEADER), type);
    stl_le_p(mem(HEADER) + 4, 0);
    stq_le_p(mem(HEADER) + 8, sector);
    *mem(STATUS) = NOTHING;
    describe(d, 0, HEADER, 16, 1);
    describe(d, 1, DATA, size / 2, 1 | to_device);
    describe(d, 2, DATA + size / 2, size - size / 2, 1 | to_device);
    describe(d, 3, STATUS, 1, 2);
    stw_le_p(avail + 4 + idx % 8 * 2, 0);
    stw_le_p(avail + 2, idx + 1);
    virtio_kick(d->dev, d->queue);
    blk_drain(d->blk);
    g_assert_cmpuint(lduw_le_p(mem(RING + d->queue * 0x1000 + 0x802)), ==, idx + 1);
    return *mem(STATUS);
}

static uint8_t range_request(Disk *d, uint32_t type, uint64_t sector, uint32_t count,
                             uint32_t flags)
{
    stq_le_p(mem(DATA), sector);
    stl_le_p(mem(DATA) + 8, count);
    stl_le_p(mem(DATA) + 12, flags);
    return request(d, type, 0, 16);
}

static uint8_t byte_of_sector(Disk *d, unsigned sector)
{
    uint8_t bytes[512];

    g_assert_cmpint(blk_pread(d->blk, sector * 512, 512, bytes), ==, 0);
    for (int i = 1; i < 512; i++) {
        g_assert_cmphex(bytes[i], ==, bytes[0]);
    }
    return bytes[0];
}

static void reads_and_writes_move_sectors(void)
{
    Disk *d = disk_new(false);

    for (d->queue = 0; d->queue < 3; d->queue++) {
        memset(mem(DATA), 0, 1024);
        g_assert_cmpint(request(d, IN, 62, 1024), ==, OK);
        g_assert_cmphex(mem(DATA)[511], ==, 63);
        g_assert_cmphex(mem(DATA)[512], ==, 64);
    }
    d->queue = 1;
    memset(mem(DATA), 0xaa, 1024);
    g_assert_cmpint(request(d, OUT, 10, 1024), ==, OK);
    g_assert_cmphex(byte_of_sector(d, 9), ==, 10);
    g_assert_cmphex(byte_of_sector(d, 10), ==, 0xaa);
    g_assert_cmphex(byte_of_sector(d, 11), ==, 0xaa);
    g_assert_cmphex(byte_of_sector(d, 12), ==, 13);
    g_assert_cmpint(request(d, FLUSH, 0, 0), ==, OK);
    disk_free(d);
}

static void what_is_outside_is_an_error(void)
{
    Disk *d = disk_new(false);

    memset(mem(DATA), 0xaa, 2048);
    g_assert_cmpint(request(d, OUT, 63, 1024), ==, IOERR);
    g_assert_cmphex(byte_of_sector(d, 63), ==, 64);
    g_assert_cmpint(request(d, IN, 64, 512), ==, IOERR);
    g_assert_cmpint(request(d, IN, UINT64_MAX, 512), ==, IOERR);
    g_assert_cmpint(request(d, IN, UINT64_MAX / 512, 1024), ==, IOERR);
    g_assert_cmpint(request(d, IN, 0, 100), ==, IOERR); /* no whole sector */
    g_assert_cmpint(request(d, IN, 64, 0), ==, OK);
    g_assert_cmpint(range_request(d, DISCARD, 60, 5, 0), ==, IOERR);
    g_assert_cmpint(range_request(d, ZEROES, UINT64_MAX, 1, 0), ==, IOERR);
    g_assert_cmpint(range_request(d, ZEROES, 0, UINT32_MAX, 0), ==, IOERR);
    g_assert_cmpint(request(d, ZEROES, 0, 8), ==, IOERR); /* half a range */
    g_assert_cmphex(byte_of_sector(d, 0), ==, 1);
    disk_free(d);
}

static void ranges_are_zeroed_and_discarded(void)
{
    Disk *d = disk_new(false);

    g_assert_cmpint(range_request(d, ZEROES, 4, 3, 0), ==, OK);
    g_assert_cmphex(byte_of_sector(d, 3), ==, 4);
    g_assert_cmphex(byte_of_sector(d, 4), ==, 0);
    g_assert_cmphex(byte_of_sector(d, 6), ==, 0);
    g_assert_cmphex(byte_of_sector(d, 7), ==, 8);
    g_assert_cmpint(range_request(d, ZEROES, 8, 8, 1), ==, OK);
    g_assert_cmphex(byte_of_sector(d, 8), ==, 0);
    g_assert_cmphex(byte_of_sector(d, 16), ==, 17);
    g_assert_cmpint(range_request(d, DISCARD, 32, 8, 0), ==, OK);
    g_assert_cmphex(byte_of_sector(d, 31), ==, 32);
    g_assert_cmphex(byte_of_sector(d, 40), ==, 41);
    g_assert_cmpint(range_request(d, DISCARD, 0, 1, 1), ==, UNSUPP); /* a flag that it hasn't */
    g_assert_cmpint(range_request(d, ZEROES, 0, 1, 2), ==, UNSUPP);
    disk_free(d);
}

static void other_requests(void)
{
    Disk *d = disk_new(false);

    memset(mem(DATA), 0xee, 32);
    g_assert_cmpint(request(d, GET_ID, 0, 20), ==, OK);
    g_assert_cmpint(memcmp(mem(DATA), "a serial number of m\xee", 21), ==, 0);
    g_assert_cmpint(request(d, 99, 0, 512), ==, UNSUPP);
    g_assert_cmpint(request(d, 2, 0, 512), ==, UNSUPP); /* SCSI commands of old */
    disk_free(d);
}

static void read_only_stays_as_it_is(void)
{
    Disk *d = disk_new(true);

    g_assert_true(virtio_has_feature(d->dev, 5));
    g_assert_false(virtio_has_feature(d->dev, 13) || virtio_has_feature(d->dev, 14));
    memset(mem(DATA), 0xaa, 512);
    g_assert_cmpint(request(d, OUT, 0, 512), ==, IOERR);
    g_assert_cmpint(range_request(d, ZEROES, 0, 1, 0), ==, UNSUPP);
    g_assert_cmpint(request(d, IN, 0, 512), ==, OK);
    g_assert_cmphex(mem(DATA)[0], ==, 1);
    disk_free(d);
}

static void configuration(void)
{
    Disk *d = disk_new(false);

    g_assert_cmpuint(virtio_config_read(d->dev, 0, 8), ==, IMAGE_SECTORS);
    g_assert_cmpuint(virtio_config_read(d->dev, 12, 4), ==, 254);
    g_assert_cmpuint(virtio_config_read(d->dev, 20, 4), ==, 512);
    g_assert_cmpuint(virtio_config_read(d->dev, 34, 2), ==, 3);
    g_assert_cmpuint(virtio_config_read(d->dev, 32, 1), ==, 1);
    virtio_config_write(d->dev, 32, 0, 1);
    g_assert_false(blk_enable_write_cache(d->blk));
    virtio_reset(d->dev);
    g_assert_true(blk_enable_write_cache(d->blk));
    /* a driver that can't flush gets its writes to the medium */
    virtio_set_status(d->dev, 3);
    virtio_set_features(d->dev, VIRTIO_FEATURE(VIRTIO_F_VERSION_1));
    virtio_set_status(d->dev, 3 | 8);
    g_assert_false(blk_enable_write_cache(d->blk));
    disk_free(d);
}

static void a_request_without_a_status_breaks_the_device(void)
{
    Disk *d = disk_new(false);
    uint8_t *avail = mem(RING + 0x400);

    describe(d, 0, HEADER, 16, 0);
    stw_le_p(avail + 2, 1);
    virtio_kick(d->dev, 0);
    g_assert_true(d->dev->broken);
    set_up(d);
    g_assert_cmpint(request(d, IN, 0, 512), ==, OK);
    disk_free(d);
}

/* What is under way when the driver resets the device or a queue is over when that returns. */
static void resets_end_requests(const void *data)
{
    Disk *d = disk_new(false);

    stl_le_p(mem(HEADER), IN);
    stq_le_p(mem(HEADER) + 8, 0);
    describe(d, 0, HEADER, 16, 1);
    describe(d, 1, DATA, 512, 3);
    describe(d, 2, STATUS, 1, 2);
    stw_le_p(mem(RING + 0x400) + 2, 1);
    virtio_kick(d->dev, 0);
    if (GPOINTER_TO_INT(data)) {
        virtio_queue_reset(virtio_queue(d->dev, 0));
    } else {
        virtio_reset(d->dev);
    }
    g_assert_cmpuint(blk_inflight(d->blk), ==, 0);
    set_up(d);
    g_assert_cmpint(request(d, IN, 5, 512), ==, OK);
    g_assert_cmphex(mem(DATA)[0], ==, 6);
    disk_free(d);
}

static void reset_by_interrupt(void *opaque, int n, int level)
{
    Disk *d = opaque;

    if (level) {
        virtio_reset(d->dev);
    }
}

/* A message may lead to the device's own status register. */
static void an_interrupt_resets_the_device(void)
{
    Disk *d = disk_new(false);
    qemu_irq line = qemu_allocate_irq(reset_by_interrupt, d, 0);

    sysbus_connect_irq(SYS_BUS_DEVICE(d->slot), 0, line);
    g_assert_cmpint(request(d, IN, 0, 512), ==, OK);
    g_assert_cmphex(d->dev->status, ==, 0);
    g_assert_cmpuint(blk_inflight(d->blk), ==, 0);
    sysbus_connect_irq(SYS_BUS_DEVICE(d->slot), 0, NULL);
    set_up(d);
    g_assert_cmpint(request(d, IN, 5, 512), ==, OK);
    disk_free(d);
    qemu_free_irq(line);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    memory_region_init_ram(&ram, NULL, "ram", 0x10000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    qemu_set_log(0, &error_abort);

#define RULE(path, fn) g_test_add_func("/virtio-blk/" path, fn)
    RULE("reads-and-writes-move-sectors", reads_and_writes_move_sectors);
    RULE("what-is-outside-is-an-error", what_is_outside_is_an_error);
    RULE("ranges-are-zeroed-and-discarded", ranges_are_zeroed_and_discarded);
    RULE("other-requests", other_requests);
    RULE("read-only-stays-as-it-is", read_only_stays_as_it_is);
    RULE("configuration", configuration);
    RULE("a-request-without-a-status-breaks-the-device",
         a_request_without_a_status_breaks_the_device);
    RULE("an-interrupt-resets-the-device", an_interrupt_resets_the_device);
    g_test_add_data_func("/virtio-blk/resets-end-requests/device", GINT_TO_POINTER(0),
                         resets_end_requests);
    g_test_add_data_func("/virtio-blk/resets-end-requests/queue", GINT_TO_POINTER(1),
                         resets_end_requests);
    return g_test_run();
}
