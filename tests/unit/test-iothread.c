/*
 * A disk, or a SCSI host, whose queues an I/O thread looks after, while this thread, which holds
 * the big lock, is the driver and does to the device what may be done at any time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <glib/gstdio.h>
#include "hw/scsi/scsi.h"
#include "hw/virtio/virtio-mmio.h"
#include "hw/virtio/virtio.h"
#include "qemu/log.h"
#include "qom/object_interfaces.h"
#include "system/address-spaces.h"
#include "system/block-backend.h"
#include "system/block-commands.h"
#include "system/ram-access.h"

#define SECTORS   256
#define SIZE      8 /* of the queue */
#define AVAIL     0x400
#define USED      0x800
#define HEADERS   0x4000
#define DATA      0x8000
#define STATUSES  0x6000
#define WAIT_US   (60 * G_USEC_PER_SEC)

static MemoryRegion ram;
static char *path;
static BlockBackend *blk;
static DeviceState *slot;
static VirtioDevice *dev;
static TestLine line;

static uint8_t *mem(hwaddr addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + addr;
}

static unsigned queue; /* that requests go to */

static void set_up(void)
{
    VirtQueueSetup *setup;

    virtio_set_status(dev, 0);
    virtio_set_status(dev, 3);
    virtio_set_features(dev, VIRTIO_FEATURE(VIRTIO_F_VERSION_1) | VIRTIO_FEATURE(9));
    virtio_set_status(dev, 3 | 8);
    setup = virtq_setup(virtio_queue(dev, queue));
    setup->size = SIZE;
    setup->desc = 0;
    setup->driver = AVAIL;
    setup->device = USED;
    memset(mem(0), 0, 0x1000);
    virtq_enable(virtio_queue(dev, queue));
    virtio_set_status(dev, 15);
}

static void plug_in(DeviceState *d, const char *queues)
{
    object_property_set_str(OBJECT(d), "iothread", "thread", &error_abort);
    object_property_parse(OBJECT(d), queues, "1", &error_abort);
    qdev_realize(d, g_ptr_array_index(slot->child_buses, 0), &error_abort);
    dev = VIRTIO_DEVICE(d);
    set_up();
}

static void plug(void)
{
    DeviceState *d = qdev_new("virtio-blk-device");

    qdev_prop_set_string(d, "drive", "disk");
    queue = 0;
    plug_in(d, "num-queues");
}

static void unplug(void)
{
    qdev_unrealize(DEVICE(dev));
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
}

static void make_parts(void)
{
    int fd = g_file_open_tmp("iothread-XXXXXX", &path, NULL);

    g_assert_cmpint(ftruncate(fd, SECTORS * 512), ==, 0);
    close(fd);
    g_assert_nonnull(user_creatable_add_type("iothread", "thread", NULL, &error_abort));
    blk = blk_new_open("disk", path, "raw", false, &error_abort);
    slot = qdev_new(TYPE_VIRTIO_MMIO);
    qdev_prop_set_bit(slot, "force-legacy", false);
    sysbus_realize(SYS_BUS_DEVICE(slot), &error_abort);
    sysbus_connect_irq(SYS_BUS_DEVICE(slot), 0, test_line(&line));
}

static void begin(void)
{
    make_parts();
    plug();
}

static void end(void)
{
    unplug();
    test_drop(slot);
    blk_unref(blk);
    unlink(path);
    g_free(path);
    g_assert_true(user_creatable_del("thread", &error_abort));
}

static void describe(unsigned i, hwaddr addr, uint32_t len, uint16_t flags)
{
    stq_le_p(mem(i * 16), addr);
    stl_le_p(mem(i * 16) + 8, len);
    stw_le_p(mem(i * 16) + 12, flags);
    stw_le_p(mem(i * 16) + 14, i + 1);
}

/* Makes a request of one sector available, in one of two places: 3 descriptors each. */
static void offer(unsigned place, uint32_t type, uint64_t sector)
{
    hwaddr header = HEADERS + place * 16, status = STATUSES + place;
    uint16_t idx;

    /* Barriers order rings, which the thread sanitizer doesn't see: it sees this lock. */
    work_context_lock(dev->context);
    idx = lduw_le_p(mem(AVAIL) + 2);
    stl_le_p(mem(header), type);
    stq_le_p(mem(header) + 8, sector);
    *mem(status) = 0xff;
    describe(place * 3, header, 16, 1);
    describe(place * 3 + 1, DATA + place * 512, 512, type ? 1 : 3);
    describe(place * 3 + 2, status, 1, 2);
    stw_le_p(mem(AVAIL) + 4 + idx % SIZE * 2, place * 3);
    ram_store(mem(AVAIL) + 2, idx + 1, MO_LE | MO_16);
    work_context_unlock(dev->context);
    virtio_kick(dev, 0);
}

static uint16_t used(void)
{
    WORK_CONTEXT_GUARD(dev->context);

    return ram_load(mem(USED) + 2, MO_LE | MO_16);
}

/* This thread keeps the big lock meanwhile. */
static void await_used(uint16_t wanted)
{
    gint64 until = g_get_monotonic_time() + WAIT_US;

    while (used() != wanted) {
        g_assert_cmpint(g_get_monotonic_time(), <, until);
        g_usleep(100);
    }
}

static void requests_need_no_big_lock(void)
{
    begin();
    for (int i = 0; i < 50; i++) {
        memset(mem(DATA), i, 512);
        offer(0, 1, i);
        await_used(2 * i + 1);
        g_assert_cmpint(*mem(STATUSES), ==, 0);
        memset(mem(DATA) + 512, 0xee, 512);
        offer(1, 0, i);
        await_used(2 * i + 2);
        g_assert_cmpmem(mem(DATA), 512, mem(DATA) + 512, 512);
    }
    g_assert_cmpint(line.rises, ==, 0); /* interrupts are the main loop's */
    while (!line.level) {
        main_loop_wait(false);
    }
    end();
}

static void stats_and_sizes_may_be_asked_for(void)
{
    begin();
    for (int i = 0; i < 100; i++) {
        g_autoptr(JsonNode) stats = NULL;

        offer(i % 2, 1, i % 8);
        stats = block_query_stats();
        virtio_config_read(dev, 0, 8);
        g_assert_true(block_resize("disk", (SECTORS + i) * 512, &error_abort));
        await_used(i + 1);
        g_assert_cmpint(*mem(STATUSES + i % 2), ==, 0);
    }
    g_assert_cmpuint(virtio_config_read(dev, 0, 8), ==, SECTORS + 99);
    end();
}

/* When it returns, nothing is under way. */
static void resets_end_requests(void)
{
    begin();
    for (int i = 0; i < 100; i++) {
        offer(0, i % 2, i);
        offer(1, 0, i);
        if (i % 3 == 0) {
            virtio_queue_reset(virtio_queue(dev, 0));
        }
        virtio_reset(dev);
        g_assert_cmpuint(blk_inflight(blk), ==, 0);
        set_up();
        if (i % 10 == 0) {
            main_loop_wait(true);
        }
    }
    offer(0, 0, 1);
    await_used(1);
    end();
}

static void it_may_be_unplugged_at_work(void)
{
    begin();
    for (int i = 0; i < 30; i++) {
        offer(0, 1, i);
        offer(1, 0, i);
        unplug();
        plug();
    }
    end();
}

static void a_broken_ring_is_told_by_the_main_loop(void)
{
    begin();
    stw_le_p(mem(AVAIL) + 4, SIZE); /* no such descriptor */
    ram_store(mem(AVAIL) + 2, 1, MO_LE | MO_16);
    virtio_kick(dev, 0);
    while (!(dev->status & VIRTIO_STATUS_NEEDS_RESET)) {
        main_loop_wait(false);
    }
    set_up();
    offer(0, 0, 1);
    await_used(1);
    end();
}

/* --- SCSI --- */

static DeviceState *plug_unit(void)
{
    DeviceState *unit = qdev_new(TYPE_SCSI_HD);

    qdev_prop_set_string(unit, "drive", "disk");
    qdev_prop_set_uint32(unit, "scsi-id", 0);
    qdev_realize(unit, g_ptr_array_index(DEVICE(dev)->child_buses, 0), &error_abort);
    return unit;
}

static void unplug_unit(DeviceState *unit)
{
    qdev_unrealize(unit);
    object_unparent(OBJECT(unit));
    object_unref(OBJECT(unit));
}

/* Reads or writes the sector of that number; the response is at STATUSES + place * 128. */
static void offer_scsi(unsigned place, bool to_unit, uint8_t sector)
{
    hwaddr header = HEADERS + place * 64, answer = STATUSES + place * 128;
    uint8_t *cdb;
    uint16_t idx;

    work_context_lock(dev->context);
    idx = lduw_le_p(mem(AVAIL) + 2);
    memset(mem(header), 0, 51);
    *mem(header) = 1;
    cdb = mem(header) + 19;
    cdb[0] = to_unit ? 0x2a : 0x28;
    cdb[5] = sector;
    cdb[8] = 1;
    memset(mem(answer), 0xff, 108);
    describe(place * 3, header, 51, 1);
    if (to_unit) {
        describe(place * 3 + 1, DATA + place * 512, 512, 1);
        describe(place * 3 + 2, answer, 108, 2);
    } else {
        describe(place * 3 + 1, answer, 108, 3);
        describe(place * 3 + 2, DATA + place * 512, 512, 2);
    }
    stw_le_p(mem(AVAIL) + 4 + idx % SIZE * 2, place * 3);
    ram_store(mem(AVAIL) + 2, idx + 1, MO_LE | MO_16);
    work_context_unlock(dev->context);
    virtio_kick(dev, queue);
}

static void a_scsi_host_has_its_thread(void)
{
    DeviceState *unit;
    uint16_t n = 0;

    make_parts();
    queue = 2;
    plug_in(qdev_new("virtio-scsi-device"), "num_queues");
    unit = plug_unit();
    for (int i = 0; i < 40; i++) {
        memset(mem(DATA), i, 512);
        offer_scsi(0, true, i);
        await_used(++n);
        memset(mem(DATA) + 512, 0xee, 512);
        offer_scsi(1, false, i);
        await_used(++n);
        g_assert_cmpmem(mem(DATA), 512, mem(DATA) + 512, 512);
        g_assert_cmpint(mem(STATUSES + 128)[11], ==, 0);
    }
    for (int i = 0; i < 40; i++) { /* what is under way ends, in one way or the other */
        offer_scsi(0, true, i);
        offer_scsi(1, false, i);
        if (i % 4 == 0) {
            scsi_unit_reset(SCSI_UNIT(unit));
        } else if (i % 4 == 1) {
            unplug_unit(unit);
            unit = plug_unit();
        } else if (i % 4 == 2) {
            g_assert_true(block_resize("disk", (SECTORS + i) * 512, &error_abort));
        } else {
            virtio_reset(dev);
            set_up();
            n = -2;
        }
        n += 2;
        await_used(n);
    }
    unplug_unit(unit);
    end();
}

static void a_thread_in_use_stays(void)
{
    Error *err = NULL;

    begin();
    g_assert_false(user_creatable_del("thread", &err));
    g_assert_nonnull(err);
    error_free(err);
    end();
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    memory_region_init_ram(&ram, NULL, "ram", 0x10000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    qemu_set_log(0, &error_abort);

    g_test_add_func("/iothread/requests-need-no-big-lock", requests_need_no_big_lock);
    g_test_add_func("/iothread/stats-and-sizes", stats_and_sizes_may_be_asked_for);
    g_test_add_func("/iothread/resets-end-requests", resets_end_requests);
    g_test_add_func("/iothread/unplugged-at-work", it_may_be_unplugged_at_work);
    g_test_add_func("/iothread/a-broken-ring", a_broken_ring_is_told_by_the_main_loop);
    g_test_add_func("/iothread/scsi", a_scsi_host_has_its_thread);
    g_test_add_func("/iothread/in-use-stays", a_thread_in_use_stays);
    return g_test_run();
}
