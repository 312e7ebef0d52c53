/*
 * DMA controllers: one rule each, with a device that moves what it is told to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/dma/i8257.h"
#include "isa-test.h"
#include "system/address-spaces.h"

#define RAM_SIZE (2 * 1024 * 1024)

static MemoryRegion ram;
static uint8_t *bytes;

/* A device at a channel: hands out 0, 1, 2 …, or takes what comes, in pieces. */
static struct {
    uint8_t taken[0x20000];
    int piece;    /* bytes at a time; 0: nothing now */
    int calls;
    int last_size;
    bool gives;
    uint8_t next;
} device;

static int device_moves(void *opaque, int channel, int done, int size)
{
    IsaDma *dma = opaque;
    IsaDmaClass *k = ISADMA_GET_CLASS(dma);
    int now = MIN(device.piece, size - done);

    device.calls++;
    device.last_size = size;
    if (device.gives) {
        uint8_t given[0x1000];

        now = MIN(now, (int)sizeof(given));
        for (int i = 0; i < now; i++) {
            given[i] = device.next++;
        }
        g_assert_cmpint(k->write_memory(dma, channel, given, done, now), ==, now);
    } else {
        g_assert_cmpint(k->read_memory(dma, channel, device.taken + done, done, now), ==, now);
    }
    return done + now;
}

static IsaDma *dma_of(int channel)
{
    return isa_get_dma(test_bus, channel);
}

static void run_main_loop(void)
{
    for (int i = 0, calls = -1; i < 20 && calls != device.calls; i++) {
        calls = device.calls;
        main_loop_wait(true);
    }
}

static void hold(int channel)
{
    ISADMA_GET_CLASS(dma_of(channel))->hold_DREQ(dma_of(channel), channel);
    run_main_loop();
}

static void release(int channel)
{
    ISADMA_GET_CLASS(dma_of(channel))->release_DREQ(dma_of(channel), channel);
}

static void start(int channel, bool gives)
{
    memset(&device, 0, sizeof(device));
    device.gives = gives;
    device.piece = 100;
    memset(bytes, 0xee, RAM_SIZE);
    for (int i = 0; i < 8; i++) {
        if (i != 4) {
            release(i);
        }
    }
    out(0x0d, 0);
    out(0xda, 0);
    ISADMA_GET_CLASS(dma_of(channel))->register_channel(dma_of(channel), channel, device_moves,
                                                        dma_of(channel));
}

/* Programs channel 2 of the first, or 6 of the second, controller, as the BIOS does. */
static void program(int channel, uint8_t page, uint16_t address, uint16_t count, uint8_t mode)
{
    bool high = channel >= 4;
    unsigned n = channel & 3;
    uint16_t port = high ? 0xc0 + 4 * n : 2 * n;

    out(high ? 0xd8 : 0x0c, 0);
    out(port, address);
    out(port, address >> 8);
    out(port + (high ? 2 : 1), count);
    out(port + (high ? 2 : 1), count >> 8);
    out(high ? 0x89 : 0x81, page);
    out(high ? 0xd6 : 0x0b, mode | n);
    out(high ? 0xd4 : 0x0a, n);
}

static uint16_t current(uint16_t port)
{
    uint8_t low;

    out(0x0c, 0);
    low = in(port);
    return in(port) << 8 | low;
}

static void a_device_fills_memory(void)
{
    start(2, true);
    program(2, 0x03, 0x1000, 511, 0x44);
    g_assert_cmphex(in(0x08), ==, 0);
    hold(2);
    g_assert_cmpint(device.last_size, ==, 512);
    for (int i = 0; i < 512; i++) {
        g_assert_cmphex(bytes[0x31000 + i], ==, i & 0xff);
    }
    g_assert_cmphex(bytes[0x31000 + 512], ==, 0xee);
    g_assert_cmphex(bytes[0x31000 - 1], ==, 0xee);
    g_assert_cmphex(current(0x04), ==, 0x1200);
    g_assert_cmphex(current(0x05), ==, 0xffff);
    g_assert_cmphex(in(0x0f), ==, 0xff); /* the channel is masked again */
    g_assert_cmphex(in(0x08), ==, 0x44); /* request, terminal count */
    g_assert_cmphex(in(0x08), ==, 0x40);
    release(2);
    g_assert_cmphex(in(0x08), ==, 0x00);
}

static void memory_goes_to_a_device(void)
{
    start(2, false);
    for (int i = 0; i < 300; i++) {
        bytes[0x14000 + i] = i * 7;
    }
    program(2, 0x01, 0x4000, 299, 0x48);
    hold(2);
    g_assert_cmpmem(device.taken, 300, bytes + 0x14000, 300);
    g_assert_cmpint(device.calls, ==, 3);
}

static void a_masked_channel_waits(void)
{
    start(2, true);
    program(2, 0x03, 0x1000, 99, 0x44);
    out(0x0a, 0x06);
    hold(2);
    g_assert_cmpint(device.calls, ==, 0);
    out(0x08, 0x04); /* the controller is off */
    out(0x0e, 0);    /* nothing is masked */
    run_main_loop();
    g_assert_cmpint(device.calls, ==, 0);
    out(0x08, 0x00);
    run_main_loop();
    g_assert_cmpint(device.calls, ==, 1);
    g_assert_cmphex(bytes[0x31000 + 99], ==, 99);
}

static void a_device_may_need_time(void)
{
    start(2, true);
    program(2, 0x03, 0x1000, 149, 0x44);
    device.piece = 0;
    hold(2);
    g_assert_cmpint(device.calls, ==, 1);
    device.piece = 100;
    ISADMA_GET_CLASS(dma_of(2))->schedule(dma_of(2));
    run_main_loop();
    g_assert_cmpint(device.calls, ==, 3);
    g_assert_cmphex(current(0x05), ==, 0xffff);
}

static void a_block_may_begin_again(void)
{
    start(2, true);
    program(2, 0x03, 0x1000, 99, 0x54);
    g_assert_true(ISADMA_GET_CLASS(dma_of(2))->has_autoinitialization(dma_of(2), 2));
    device.piece = 60;
    hold(2); /* it goes on and on; the bounded loop ends it */
    g_assert_cmpint(device.calls, >, 10);
    g_assert_cmphex(in(0x0f), ==, 0xfb);
    g_assert_cmphex(in(0x08) & 0x04, ==, 0x04);
    release(2);
    run_main_loop();
}

static void addresses_may_go_down_and_wrap(void)
{
    start(2, true);
    program(2, 0x03, 0x0001, 3, 0x64);
    hold(2);
    g_assert_cmphex(bytes[0x30001], ==, 0);
    g_assert_cmphex(bytes[0x30000], ==, 1);
    g_assert_cmphex(bytes[0x3ffff], ==, 2);
    g_assert_cmphex(bytes[0x3fffe], ==, 3);
    start(2, true);
    program(2, 0x03, 0xfffe, 3, 0x44);
    hold(2);
    g_assert_cmphex(bytes[0x3ffff], ==, 1);
    g_assert_cmphex(bytes[0x30000], ==, 2);
    g_assert_cmphex(bytes[0x40000], ==, 0xee);
}

static void channels_of_16_bits_count_words(void)
{
    start(6, true);
    program(6, 0x13, 0x0800, 3, 0x44); /* bit 0 of the page is no address line */
    hold(6);
    g_assert_cmpint(device.last_size, ==, 8);
    for (int i = 0; i < 8; i++) {
        g_assert_cmphex(bytes[0x121000 + i], ==, i);
    }
    g_assert_cmphex(bytes[0x121008], ==, 0xee);
    start(6, true);
    program(6, 0x02, 0x0001, 1, 0x64);
    hold(6);
    g_assert_cmphex(bytes[0x20002], ==, 0);
    g_assert_cmphex(bytes[0x20003], ==, 1);
    g_assert_cmphex(bytes[0x20000], ==, 2);
    g_assert_cmphex(bytes[0x20001], ==, 3);
}

static void verify_moves_nothing(void)
{
    start(2, true);
    program(2, 0x03, 0x1000, 99, 0x40);
    hold(2);
    g_assert_cmphex(bytes[0x31000], ==, 0xee);
    g_assert_cmphex(in(0x08) & 0x04, ==, 0x04);
    start(2, false);
    program(2, 0x03, 0x1000, 99, 0x44); /* the other direction */
    hold(2);
    g_assert_cmphex(device.taken[0], ==, 0);
    g_assert_cmphex(bytes[0x31000], ==, 0xee);
}

static void pages_are_where_a_pc_has_them(void)
{
    static const uint16_t pages[] = { 0x81, 0x82, 0x83, 0x87, 0x89, 0x8a, 0x8b, 0x8f };

    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
        out(pages[i], 0x10 + i);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
        g_assert_cmphex(in(pages[i]), ==, 0x10 + i);
    }
}

static void state_survives(void)
{
    DeviceState *low = DEVICE(dma_of(0)), *high = DEVICE(dma_of(4));

    start(2, true);
    program(2, 0x05, 0x2000, 199, 0x44);
    device.piece = 50;
    test_copy_state(low, high);
    test_copy_state(high, low);
    hold(2);
    g_assert_cmphex(bytes[0x52000 + 199], ==, 199);
}

static void random_device(void)
{
    int channel = g_test_rand_int_range(0, 8);

    device.piece = g_test_rand_int_range(0, 200);
    device.gives = g_test_rand_int_range(0, 2);
    if (channel != 4) {
        hold(channel);
        release(g_test_rand_int_range(0, 4));
        release(g_test_rand_int_range(5, 8));
    }
}

static void random_guests_do_no_harm(void)
{
    uint16_t ports[72];
    unsigned num = 0;
    static const uint8_t likely[] = { 0x44, 0x48, 0x54, 0x64, 0, 1, 2, 3 };

    for (uint16_t port = 0; port < 0xe0; port++) {
        if (port < 0x10 || (port >= 0xc0) || port == 0x81 || port == 0x89) {
            ports[num++] = port;
        }
    }
    for (int i = 0; i < 8; i++) {
        ISADMA_GET_CLASS(dma_of(i))->register_channel(dma_of(i), i, device_moves, dma_of(i));
    }
    test_isa_random(ports, num, likely, G_N_ELEMENTS(likely), random_device);
    for (int i = 0; i < 8; i++) {
        release(i);
    }
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    test_isa_init();
    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    bytes = memory_region_get_ram_ptr(&ram);
    i8257_dma_init(test_bus, false);
#define RULE(name, rule) g_test_add_func("/i8257/" name, rule)
    RULE("to-memory", a_device_fills_memory);
    RULE("from-memory", memory_goes_to_a_device);
    RULE("masks", a_masked_channel_waits);
    RULE("slow-devices", a_device_may_need_time);
    RULE("autoinitialization", a_block_may_begin_again);
    RULE("down-and-wrap", addresses_may_go_down_and_wrap);
    RULE("words", channels_of_16_bits_count_words);
    RULE("verify", verify_moves_nothing);
    RULE("pages", pages_are_where_a_pc_has_them);
    RULE("state-survives", state_survives);
    RULE("random-guests-do-no-harm", random_guests_do_no_harm);
    return g_test_run();
}
