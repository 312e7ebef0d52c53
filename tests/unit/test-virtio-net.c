/*
 * The virtio network device with a scripted driver: filters, buffers that are merged or too small,
 * packets that wait, commands.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/virtio/virtio-mmio.h"
#include "hw/virtio/virtio.h"
#include "net/net.h"
#include "qemu/log.h"
#include "system/address-spaces.h"

#define QUEUE(n) ((n) * 0x1000)
#define BUFFERS  0x8000
#define COMMAND  0xe000
#define ACK      0xf000
#define HEADER   12
#define LINGER_NS 150000 /* x-txtimer= */
enum { RX, TX, CONTROL };
enum { MRG_RXBUF = 15, CTRL_VQ = 17, CTRL_RX = 18, CTRL_VLAN = 19, CTRL_MAC_ADDR = 23 };

static MemoryRegion ram;

static uint8_t *mem(hwaddr addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + addr;
}

/* --- the other end of the cable --- */

static uint8_t got[2048];
static size_t got_size;
static int got_count;
static bool other_end_is_full;

static ssize_t other_end_receive(NetClientState *nc, const uint8_t *buf, size_t size)
{
    if (other_end_is_full) {
        return 0;
    }
    memcpy(got, buf, MIN(size, sizeof(got)));
    got_size = size;
    got_count++;
    return size;
}

static const NetClientInfo other_end = {
    .type = NET_CLIENT_DRIVER_USER, .size = sizeof(NetClientState), .receive = other_end_receive,
};

/* --- the driver --- */

typedef struct Nic {
    NetClientState *cable;
    DeviceState *slot;
    VirtioDevice *dev;
    uint16_t used[3];
} Nic;

static Nic *nic_new(uint64_t features)
{
    Nic *n = g_new0(Nic, 1);
    DeviceState *dev = qdev_new("virtio-net-device");

    n->cable = qemu_new_net_client(&other_end, NULL, "test", "cable");
    n->slot = qdev_new(TYPE_VIRTIO_MMIO);
    qdev_prop_set_bit(n->slot, "force-legacy", false);
    sysbus_realize(SYS_BUS_DEVICE(n->slot), &error_abort);
    qdev_prop_set_string(dev, "netdev", "cable");
    qdev_prop_set_macaddr(dev, "mac", (const uint8_t[]){ 2, 0, 0, 0, 0, 1 });
    qdev_realize(dev, g_ptr_array_index(n->slot->child_buses, 0), &error_abort);
    n->dev = VIRTIO_DEVICE(dev);
    memset(mem(0), 0, 0x10000);
    virtio_set_status(n->dev, 3);
    virtio_set_features(n->dev, features | VIRTIO_FEATURE(VIRTIO_F_VERSION_1));
    g_assert_cmphex(n->dev->driver_features, ==, features | VIRTIO_FEATURE(VIRTIO_F_VERSION_1));
    virtio_set_status(n->dev, 3 | 8);
    for (int i = 0; i < 3; i++) {
        VirtQueueSetup *setup = virtq_setup(virtio_queue(n->dev, i));

        setup->size = 32;
        setup->desc = QUEUE(i);
        setup->driver = QUEUE(i) + 0x400;
        setup->device = QUEUE(i) + 0x800;
        virtq_enable(virtio_queue(n->dev, i));
    }
    virtio_set_status(n->dev, 15);
    got_count = 0;
    other_end_is_full = false;
    return n;
}

static void nic_free(Nic *n)
{
    qdev_unrealize(DEVICE(n->dev));
    object_unparent(OBJECT(n->dev));
    object_unref(OBJECT(n->dev));
    test_drop(n->slot);
    qemu_del_net_client(n->cable);
    g_free(n);
}

static void describe(int queue, unsigned i, uint64_t addr, uint32_t len, uint16_t flags)
{
    uint8_t *at = mem(QUEUE(queue)) + i * 16;

    stq_le_p(at, addr);
    stl_le_p(at + 8, len);
    stw_le_p(at + 12, flags);
    stw_le_p(at + 14, i + 1);
}

static void offer_silently(Nic *n, int queue, uint16_t head)
{
    uint8_t *avail = mem(QUEUE(queue) + 0x400);
    uint16_t idx = lduw_le_p(avail + 2);

    stw_le_p(avail + 4 + idx % 32 * 2, head);
    stw_le_p(avail + 2, idx + 1);
}

static void offer(Nic *n, int queue, uint16_t head)
{
    offer_silently(n, queue, head);
    virtio_kick(n->dev, queue);
}

static bool wants_kicks(int queue)
{
    return !(lduw_le_p(mem(QUEUE(queue) + 0x800)) & 1);
}

/* The length of the next used buffer; -1: none. */
static int used(Nic *n, int queue)
{
    uint8_t *ring = mem(QUEUE(queue) + 0x800);

    if (lduw_le_p(ring + 2) == n->used[queue]) {
        return -1;
    }
    return ldl_le_p(ring + 4 + n->used[queue]++ % 32 * 8 + 4);
}

static void offer_buffers(Nic *n, unsigned count, unsigned size)
{
    for (unsigned i = 0; i < count; i++) {
        describe(RX, i, BUFFERS + i * 0x800, size, 2);
        offer(n, RX, i);
    }
}

/* A frame to that address, of `size` bytes that count up. */
static ssize_t arrive(Nic *n, const uint8_t *to, unsigned size, uint16_t type)
{
    uint8_t frame[2048];

    for (unsigned i = 0; i < size; i++) {
        frame[i] = i;
    }
    memcpy(frame, to, 6);
    stw_be_p(frame + 12, type);
    return qemu_send_packet(n->cable, frame, size);
}

static uint8_t command(Nic *n, uint8_t class, uint8_t cmd, const void *data, size_t size)
{
    mem(COMMAND)[0] = class;
    mem(COMMAND)[1] = cmd;
    memcpy(mem(COMMAND) + 2, data, size);
    *mem(ACK) = 0xff;
    describe(CONTROL, 0, COMMAND, 2 + size, 1);
    describe(CONTROL, 1, ACK, 1, 2);
    offer(n, CONTROL, 0);
    g_assert_cmpint(used(n, CONTROL), ==, 1);
    return *mem(ACK);
}

static const uint8_t mine[] = { 2, 0, 0, 0, 0, 1 }, other[] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t group[] = { 3, 0, 0, 0, 0, 9 };
static const uint8_t all[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static bool takes(Nic *n, const uint8_t *to)
{
    offer_buffers(n, 1, 0x800);
    arrive(n, to, 60, 0x0800);
    return used(n, RX) >= 0;
}

/* --- rules --- */

static void frames_have_a_header_in_front(void)
{
    Nic *n = nic_new(0);

    offer_buffers(n, 1, 0x800);
    g_assert_cmpint(arrive(n, mine, 100, 0x0800), ==, 100);
    g_assert_cmpint(used(n, RX), ==, HEADER + 100);
    g_assert_cmphex(mem(BUFFERS)[0], ==, 0);
    g_assert_cmpuint(lduw_le_p(mem(BUFFERS) + 10), ==, 1);
    g_assert_cmphex(mem(BUFFERS)[HEADER + 99], ==, 99);

    for (int i = 0; i < 100; i++) {
        mem(BUFFERS)[HEADER + i] = i;
    }
    describe(TX, 0, BUFFERS, 40, 1);
    describe(TX, 1, BUFFERS + 40, HEADER + 60, 0);
    offer(n, TX, 0);
    g_assert_cmpint(used(n, TX), ==, 0);
    g_assert_cmpint(got_count, ==, 1);
    g_assert_cmpuint(got_size, ==, 100);
    g_assert_cmphex(got[99], ==, 99);
    nic_free(n);
}

static void large_frames_take_several_buffers(void)
{
    Nic *n = nic_new(VIRTIO_FEATURE(MRG_RXBUF));
    unsigned at = 0;

    offer_buffers(n, 8, 256);
    arrive(n, mine, 600, 0x0800);
    for (int i = 0; i < 3; i++) {
        int len = used(n, RX), skip = i == 0 ? HEADER : 0;

        g_assert_cmpint(len, ==, i < 2 ? 256 : 600 + HEADER - 512);
        for (int j = skip; j < len; j++, at++) {
            g_assert_true(at < 14 || mem(BUFFERS + i * 0x800)[j] == (uint8_t)at);
        }
    }
    g_assert_cmpuint(at, ==, 600);
    g_assert_cmpuint(lduw_le_p(mem(BUFFERS) + 10), ==, 3);
    /* five are left: one more than a frame of 1100 needs, too few for two */
    arrive(n, mine, 1100, 0x0800);
    for (int i = 0; i < 5; i++) {
        g_assert_cmpint(used(n, RX), >, 0);
    }
    g_assert_cmpint(used(n, RX), ==, -1);
    nic_free(n);
}

static void frames_wait_for_buffers(void)
{
    Nic *n = nic_new(VIRTIO_FEATURE(MRG_RXBUF));

    offer_buffers(n, 1, 256);
    arrive(n, mine, 300, 0x0800); /* one is too few */
    g_assert_cmpint(used(n, RX), ==, -1);
    describe(RX, 1, BUFFERS + 0x800, 256, 2);
    offer(n, RX, 1);
    g_assert_cmpint(used(n, RX), ==, 256);
    g_assert_cmpint(used(n, RX), ==, 300 + HEADER - 256);
    nic_free(n);
}

static void without_merging_what_does_not_fit_is_lost(void)
{
    Nic *n = nic_new(0);

    offer_buffers(n, 2, 256);
    arrive(n, mine, 300, 0x0800);
    g_assert_cmpint(used(n, RX), ==, -1);
    arrive(n, mine, 100, 0x0800);
    g_assert_cmpint(used(n, RX), ==, HEADER + 100);
    nic_free(n);
}

static void only_wanted_addresses_arrive(void)
{
    Nic *n = nic_new(VIRTIO_FEATURE(CTRL_VQ) | VIRTIO_FEATURE(CTRL_RX) |
                     VIRTIO_FEATURE(CTRL_MAC_ADDR));
    uint8_t tables[4 + 6 + 4 + 6];

    g_assert_true(takes(n, other)); /* promiscuous until it is told */
    g_assert_cmpint(command(n, 0, 0, "\0", 1), ==, 0);
    g_assert_true(takes(n, mine) && takes(n, all));
    g_assert_false(takes(n, other) || takes(n, group));
    g_assert_cmpint(command(n, 0, 1, "\1", 1), ==, 0); /* all multicast */
    g_assert_true(takes(n, group));
    g_assert_cmpint(command(n, 0, 1, "\0", 1), ==, 0);

    stl_le_p(tables, 1);
    memcpy(tables + 4, other, 6);
    stl_le_p(tables + 10, 1);
    memcpy(tables + 14, group, 6);
    g_assert_cmpint(command(n, 1, 0, tables, sizeof(tables)), ==, 0);
    g_assert_true(takes(n, other) && takes(n, group) && takes(n, mine));
    g_assert_cmpint(command(n, 1, 1, other, 6), ==, 0); /* another address of its own */
    g_assert_cmpint(command(n, 1, 0, "\0\0\0\0\0\0\0\0", 8), ==, 0);
    g_assert_true(takes(n, other));
    g_assert_false(takes(n, mine) || takes(n, group));
    virtio_reset(n->dev);
    g_assert_cmphex(virtio_config_read(n->dev, 0, 8) >> 40 & 0xff, ==, 1);
    nic_free(n);
}

static void only_wanted_vlans_arrive(void)
{
    Nic *n = nic_new(VIRTIO_FEATURE(CTRL_VQ) | VIRTIO_FEATURE(CTRL_VLAN));

    offer_buffers(n, 8, 0x800);
    arrive(n, mine, 60, 0x8100); /* the tag is the frame's bytes 14 and 15: VLAN e0f */
    g_assert_cmpint(used(n, RX), ==, -1);
    g_assert_cmpint(command(n, 2, 0, "\x0f\x0e", 2), ==, 0);
    arrive(n, mine, 60, 0x8100);
    g_assert_cmpint(used(n, RX), >, 0);
    g_assert_cmpint(command(n, 2, 1, "\x0f\x0e", 2), ==, 0);
    arrive(n, mine, 60, 0x8100);
    g_assert_cmpint(used(n, RX), ==, -1);
    nic_free(n);
}

static void commands_that_make_no_sense_fail(void)
{
    Nic *n = nic_new(VIRTIO_FEATURE(CTRL_VQ) | VIRTIO_FEATURE(CTRL_RX));

    g_assert_cmpint(command(n, 0, 0, "", 0), ==, 1);
    g_assert_cmpint(command(n, 0, 6, "\1", 1), ==, 1);
    g_assert_cmpint(command(n, 1, 0, "\2\0\0\0aaaaaa", 10), ==, 1);
    g_assert_cmpint(command(n, 1, 0, "\377\377\377\377aaaaaa", 10), ==, 1);
    g_assert_cmpint(command(n, 1, 1, "aaaaa", 5), ==, 1);
    g_assert_cmpint(command(n, 2, 0, "\0\x10", 2), ==, 1);
    g_assert_cmpint(command(n, 4, 0, "\1\0", 2), ==, 1);
    g_assert_cmpint(command(n, 200, 0, "", 0), ==, 1);
    g_assert_false(n->dev->broken);
    nic_free(n);
}

/* A back end that can't take more: what is sent waits in order, and no buffer is taken meanwhile. */
static void what_is_sent_waits_for_the_other_end(void)
{
    Nic *n = nic_new(0);

    other_end_is_full = true;
    for (int i = 0; i < 3; i++) {
        mem(BUFFERS + i * 0x800)[HEADER] = i;
        describe(TX, i, BUFFERS + i * 0x800, HEADER + 60, 0);
        offer(n, TX, i);
    }
    g_assert_cmpint(used(n, TX), ==, 0);
    g_assert_cmpint(used(n, TX), ==, -1);
    other_end_is_full = false;
    qemu_flush_queued_packets(n->cable);
    main_loop_wait(true);
    g_assert_cmpint(got_count, ==, 3);
    g_assert_cmphex(got[0], ==, 2);
    g_assert_cmpint(used(n, TX), ==, 0);
    g_assert_cmpint(used(n, TX), ==, 0);
    nic_free(n);
}

/* Who sends one packet after the other needn't tell of each: the device looks for them. */
static void what_follows_a_packet_is_sent_without_a_kick(void)
{
    Nic *n = nic_new(0);

    describe(TX, 0, BUFFERS, HEADER + 60, 0);
    g_assert_true(wants_kicks(TX));
    offer(n, TX, 0);
    g_assert_cmpint(got_count, ==, 1);
    for (int i = 0; i < 3; i++) {
        g_assert_false(wants_kicks(TX));
        offer_silently(n, TX, 0);
        offer_silently(n, TX, 0);
        g_assert_cmpint(got_count, ==, 1 + 2 * i);
        test_advance_ns(LINGER_NS);
        g_assert_cmpint(got_count, ==, 3 + 2 * i);
    }
    test_advance_ns(LINGER_NS);
    g_assert_true(wants_kicks(TX));
    g_assert_cmpint(qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL), ==, -1);

    offer(n, TX, 0);
    virtio_reset(n->dev); /* nothing is looked for in a queue that isn't there any more */
    g_assert_cmpint(qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL), ==, -1);
    g_assert_cmpint(got_count, ==, 8);
    nic_free(n);
}

static void a_packet_without_header_breaks_the_device(void)
{
    Nic *n = nic_new(0);

    describe(TX, 0, BUFFERS, HEADER - 1, 0);
    offer(n, TX, 0);
    g_assert_true(n->dev->broken);
    offer_buffers(n, 1, 0x800);
    arrive(n, mine, 60, 0x0800);
    g_assert_cmpint(used(n, RX), ==, -1);
    nic_free(n);
}

static void the_link_is_in_the_configuration(void)
{
    Nic *n = nic_new(VIRTIO_FEATURE(16));

    g_assert_cmpuint(virtio_config_read(n->dev, 6, 2), ==, 1);
    net_set_link("cable", false, &error_abort);
    g_assert_cmpuint(virtio_config_read(n->dev, 6, 2), ==, 0);
    g_assert_cmphex(n->dev->isr & 2, ==, 2);
    nic_free(n);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    memory_region_init_ram(&ram, NULL, "ram", 0x10000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    qemu_set_log(0, &error_abort);

#define RULE(path, fn) g_test_add_func("/virtio-net/" path, fn)
    RULE("frames-have-a-header-in-front", frames_have_a_header_in_front);
    RULE("large-frames-take-several-buffers", large_frames_take_several_buffers);
    RULE("frames-wait-for-buffers", frames_wait_for_buffers);
    RULE("without-merging-what-does-not-fit-is-lost", without_merging_what_does_not_fit_is_lost);
    RULE("only-wanted-addresses-arrive", only_wanted_addresses_arrive);
    RULE("only-wanted-vlans-arrive", only_wanted_vlans_arrive);
    RULE("commands-that-make-no-sense-fail", commands_that_make_no_sense_fail);
    RULE("what-is-sent-waits-for-the-other-end", what_is_sent_waits_for_the_other_end);
    RULE("what-follows-a-packet-is-sent-without-a-kick",
         what_follows_a_packet_is_sent_without_a_kick);
    RULE("a-packet-without-header-breaks-the-device", a_packet_without_header_breaks_the_device);
    RULE("the-link-is-in-the-configuration", the_link_is_in_the_configuration);
    return g_test_run();
}
