/*
 * An SD card in SPI mode behind a PL022: what a host clocks out and in.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/ssi/ssi.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "system/block-backend.h"

enum { CR0 = 0x00, CR1 = 0x04, DR = 0x08, SR = 0x0c, IMSC = 0x14, RIS = 0x18, ICR = 0x20, ID = 0xfe0 };
enum { TX_EMPTY = 1, TX_NOT_FULL = 2, RX_NOT_EMPTY = 4, RX_FULL = 8 };
#define WORD (MO_LE | MO_32)
#define ONES 0xff

typedef struct Fixture {
    DeviceState *dev, *slot, *card;
    AddressSpace as;
    TestLine irq;
    char *image;
    BlockBackend *blk;
} Fixture;

static void set_up(Fixture *f, gconstpointer size)
{
    static int number;
    g_autofree char *name = g_strdup_printf("card%d", number++);
    SSIBus *bus;
    int fd = g_file_open_tmp("test-ssi-sd-XXXXXX", &f->image, NULL);

    g_assert_cmpint(ftruncate(fd, GPOINTER_TO_SIZE(size)), ==, 0);
    close(fd);
    f->blk = blk_new_open(name, f->image, "raw", false, &error_abort);
    f->dev = qdev_new("pl022");
    sysbus_realize(SYS_BUS_DEVICE(f->dev), &error_abort);
    sysbus_connect_irq(SYS_BUS_DEVICE(f->dev), 0, test_line(&f->irq));
    test_map(&f->as, f->dev);
    bus = g_ptr_array_index(f->dev->child_buses, 0);
    f->slot = ssi_create_peripheral(bus, "ssi-sd");
    f->card = qdev_new("sd-card");
    qdev_prop_set_string(f->card, "drive", name);
    qdev_realize_and_unref(f->card, g_ptr_array_index(f->slot->child_buses, 0), &error_abort);
    device_cold_reset(f->dev);
    wr(&f->as, CR0, 7, WORD); /* bytes */
    wr(&f->as, CR1, 2, WORD);
    qemu_set_irq(qdev_get_gpio_in_named(f->slot, SSI_GPIO_CS, 0), 0);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    test_drop(f->dev);
    unlink(f->image);
    g_free(f->image);
}

static uint8_t clock_byte(Fixture *f, uint8_t byte)
{
    wr(&f->as, DR, byte, WORD);
    g_assert_cmphex(rd(&f->as, SR, WORD), ==, TX_EMPTY | TX_NOT_FULL | RX_NOT_EMPTY);
    return rd(&f->as, DR, WORD);
}

static uint8_t crc7(const uint8_t *bytes, size_t size)
{
    unsigned crc = 0;

    for (size_t i = 0; i < 8 * size; i++) {
        crc = crc << 1 ^ ((crc >> 6 ^ bytes[i / 8] >> (7 - i % 8)) & 1 ? 0x09 : 0);
    }
    return (crc & 0x7f) << 1 | 1;
}

static uint16_t crc16(const uint8_t *bytes, size_t size)
{
    unsigned crc = 0;

    for (size_t i = 0; i < 8 * size; i++) {
        crc = (crc << 1 ^ ((crc >> 15 ^ bytes[i / 8] >> (7 - i % 8)) & 1 ? 0x1021 : 0)) & 0xffff;
    }
    return crc;
}

/* The next byte that isn't ones; ONES if none comes within a while. */
static uint8_t wait_byte(Fixture *f)
{
    uint8_t byte = ONES;

    for (int i = 0; i < 8 && byte == ONES; i++) {
        byte = clock_byte(f, ONES);
    }
    return byte;
}

/* R1. */
static uint8_t command_crc(Fixture *f, unsigned index, uint32_t argument, uint8_t flip)
{
    uint8_t bytes[6] = { 0x40 | index };

    stl_be_p(bytes + 1, argument);
    bytes[5] = crc7(bytes, 5) ^ flip;
    for (int i = 0; i < 6; i++) {
        clock_byte(f, bytes[i]);
    }
    return wait_byte(f);
}

static uint8_t command(Fixture *f, unsigned index, uint32_t argument)
{
    return command_crc(f, index, argument, 0);
}

static uint32_t rest(Fixture *f)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        value = value << 8 | clock_byte(f, ONES);
    }
    return value;
}

static void start(Fixture *f)
{
    g_assert_cmphex(command(f, 0, 0), ==, 1);
    g_assert_cmphex(command(f, 8, 0x1aa), ==, 1);
    g_assert_cmphex(rest(f), ==, 0x1aa);
    g_assert_cmphex(command(f, 58, 0), ==, 1);
    g_assert_cmphex(rest(f), ==, 0x00ff8000);
    g_assert_cmphex(command(f, 55, 0), ==, 1);
    g_assert_cmphex(command(f, 41, 0x40000000), ==, 0);
}

static void read_data(Fixture *f, uint8_t *data, size_t size)
{
    uint16_t crc;

    g_assert_cmphex(wait_byte(f), ==, 0xfe);
    for (size_t i = 0; i < size; i++) {
        data[i] = clock_byte(f, ONES);
    }
    crc = clock_byte(f, ONES) << 8;
    crc |= clock_byte(f, ONES);
    g_assert_cmphex(crc, ==, crc16(data, size));
}

/* The data response. */
static uint8_t write_data(Fixture *f, uint8_t token, uint8_t fill, uint16_t flip)
{
    uint8_t data[512], answer;
    uint16_t crc;

    memset(data, fill, sizeof(data));
    crc = crc16(data, sizeof(data)) ^ flip;
    clock_byte(f, ONES);
    clock_byte(f, token);
    for (int i = 0; i < 512; i++) {
        clock_byte(f, data[i]);
    }
    clock_byte(f, crc >> 8);
    clock_byte(f, crc);
    answer = clock_byte(f, ONES);
    g_assert_cmphex(clock_byte(f, ONES), ==, 0); /* busy */
    g_assert_cmphex(clock_byte(f, ONES), ==, ONES);
    return answer & 0x1f;
}

static void expect_image(Fixture *f, uint64_t at, uint8_t fill)
{
    uint8_t data[512];

    g_assert_cmpint(blk_pread(f->blk, at, sizeof(data), data), >=, 0);
    for (int i = 0; i < 512; i++) {
        g_assert_cmphex(data[i], ==, fill);
    }
}

static void test_is_initialized(Fixture *f, gconstpointer size)
{
    bool high = GPOINTER_TO_SIZE(size) > 2 * GiB;
    uint8_t csd[16], cid[16], scr[8];

    g_assert_cmphex(command(f, 8, 0x1aa), ==, ONES); /* not before CMD0 */
    g_assert_cmphex(command_crc(f, 0, 0, 2), ==, ONES); /* its CRC is wrong */
    start(f);
    g_assert_cmphex(command(f, 58, 0), ==, 0);
    g_assert_cmphex(rest(f), ==, high ? 0xc0ff8000 : 0x80ff8000);
    g_assert_cmphex(command(f, 9, 0), ==, 0);
    read_data(f, csd, sizeof(csd));
    g_assert_cmphex(csd[0], ==, high ? 0x40 : 0);
    g_assert_cmphex(command(f, 10, 0), ==, 0);
    read_data(f, cid, sizeof(cid));
    g_assert_cmpmem(cid + 1, 5, "SYEMU", 5);
    g_assert_cmphex(command(f, 55, 0), ==, 0);
    g_assert_cmphex(command(f, 51, 0), ==, 0);
    read_data(f, scr, sizeof(scr));
    g_assert_cmphex(scr[0], ==, 2);
    g_assert_cmphex(command(f, 13, 0), ==, 0);
    g_assert_cmphex(clock_byte(f, ONES), ==, 0);
    g_assert_cmphex(command(f, 2, 0), ==, 4); /* there is none in SPI mode */
    g_assert_cmphex(command(f, 0, 0), ==, 1); /* and again */
    g_assert_cmphex(command(f, 17, 0), ==, 5);
}

static void test_moves_blocks(Fixture *f, gconstpointer size)
{
    unsigned unit = GPOINTER_TO_SIZE(size) > 2 * GiB ? 1 : 512;
    uint8_t data[512];

    start(f);
    g_assert_cmphex(command(f, 16, 512), ==, 0);
    g_assert_cmphex(command(f, 24, 3 * unit), ==, 0);
    g_assert_cmphex(write_data(f, 0xfe, 0x33, 0), ==, 5);
    expect_image(f, 3 * 512, 0x33);
    g_assert_cmphex(command(f, 25, 4 * unit), ==, 0);
    for (int i = 4; i < 8; i++) {
        g_assert_cmphex(write_data(f, 0xfc, i, 0), ==, 5);
    }
    clock_byte(f, 0xfd);
    clock_byte(f, ONES);
    g_assert_cmphex(clock_byte(f, ONES), ==, 0);
    g_assert_cmphex(clock_byte(f, ONES), ==, ONES);
    expect_image(f, 7 * 512, 7);
    expect_image(f, 8 * 512, 0);
    g_assert_cmphex(command(f, 17, 3 * unit), ==, 0);
    read_data(f, data, sizeof(data));
    g_assert_cmphex(data[511], ==, 0x33);
    g_assert_cmphex(clock_byte(f, ONES), ==, ONES);
    g_assert_cmphex(command(f, 18, 4 * unit), ==, 0);
    for (int i = 4; i < 7; i++) {
        read_data(f, data, sizeof(data));
        g_assert_cmphex(data[0], ==, i);
    }
    g_assert_cmphex(command(f, 12, 0), ==, 0);
    g_assert_cmphex(clock_byte(f, ONES), ==, ONES);
    g_assert_cmphex(command(f, 32, 3 * unit), ==, 0);
    g_assert_cmphex(command(f, 33, 5 * unit), ==, 0);
    g_assert_cmphex(command(f, 38, 0), ==, 0);
    expect_image(f, 3 * 512, 0);
    expect_image(f, 6 * 512, 6);
}

static void test_says_what_is_wrong(Fixture *f, gconstpointer size)
{
    unsigned unit = GPOINTER_TO_SIZE(size) > 2 * GiB ? 1 : 512;
    uint32_t last = GPOINTER_TO_SIZE(size) / 512 - 1;
    uint8_t data[512];

    start(f);
    g_assert_cmphex(command(f, 17, (last + 1) * unit), ==, 0x40);
    g_assert_cmphex(command(f, 18, last * unit), ==, 0);
    read_data(f, data, sizeof(data));
    g_assert_cmphex(wait_byte(f), ==, 0x08); /* the end */
    g_assert_cmphex(command(f, 12, 0), ==, 0);
    g_assert_cmphex(command(f, 24, 0), ==, 0);
    g_assert_cmphex(write_data(f, 0xfe, 1, 1), ==, 5); /* nobody looks at the CRC */
    expect_image(f, 0, 1);
    g_assert_cmphex(command(f, 59, 1), ==, 0);
    g_assert_cmphex(command_crc(f, 13, 0, 4), ==, 8);
    g_assert_cmphex(command(f, 24, 0), ==, 0);
    g_assert_cmphex(write_data(f, 0xfe, 2, 1), ==, 0xb);
    expect_image(f, 0, 1);
}

static void test_chip_select(Fixture *f, gconstpointer size)
{
    qemu_irq cs = qdev_get_gpio_in_named(f->slot, SSI_GPIO_CS, 0);

    qemu_set_irq(cs, 1);
    wr(&f->as, DR, 0x40, WORD);
    g_assert_cmphex(rd(&f->as, DR, WORD), ==, 0); /* nobody drives the line */
    qemu_set_irq(cs, 0);
    clock_byte(f, 0x40); /* the beginning of a command */
    qemu_set_irq(cs, 1);
    qemu_set_irq(cs, 0);
    start(f);
}

static void test_state_goes_on(Fixture *f, gconstpointer size)
{
    unsigned unit = GPOINTER_TO_SIZE(size) > 2 * GiB ? 1 : 512;

    start(f);
    command(f, 25, 2 * unit);
    g_assert_cmphex(write_data(f, 0xfc, 9, 0), ==, 5);
    clock_byte(f, 0xfc);
    clock_byte(f, 0x77);
    test_copy_state(f->slot, f->slot);
    for (int i = 1; i < 514; i++) {
        clock_byte(f, 0x77);
    }
    g_assert_cmphex(clock_byte(f, ONES) & 0x1f, ==, 5);
    expect_image(f, 3 * 512, 0x77);
}

static void test_fifos_and_interrupts(Fixture *f, gconstpointer size)
{
    static const uint8_t id[] = { 0x22, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    for (int i = 0; i < 8; i++) {
        g_assert_cmphex(rd(&f->as, ID + 4 * i, WORD), ==, id[i]);
    }
    wr(&f->as, CR0, 0xf, WORD);
    wr(&f->as, CR1, 1, WORD); /* to itself, not yet enabled */
    for (int i = 1; i <= 9; i++) {
        wr(&f->as, DR, 0x1110 + i, WORD);
    }
    g_assert_cmphex(rd(&f->as, SR, WORD), ==, 0); /* full; the ninth is lost */
    g_assert_cmphex(rd(&f->as, RIS, WORD), ==, 0);
    wr(&f->as, IMSC, 4, WORD);
    g_assert_cmpint(f->irq.level, ==, 0);
    wr(&f->as, CR1, 3, WORD);
    g_assert_cmpint(f->irq.level, ==, 1);
    g_assert_cmphex(rd(&f->as, SR, WORD), ==, TX_EMPTY | TX_NOT_FULL | RX_NOT_EMPTY | RX_FULL);
    wr(&f->as, DR, 0xffff, WORD); /* overruns */
    g_assert_cmphex(rd(&f->as, RIS, WORD), ==, 0xf);
    wr(&f->as, ICR, 3, WORD);
    g_assert_cmphex(rd(&f->as, RIS, WORD), ==, 0xc);
    for (int i = 1; i <= 8; i++) {
        g_assert_cmpint(f->irq.level, ==, i <= 5);
        g_assert_cmphex(rd(&f->as, DR, WORD), ==, 0x1110 + i);
    }
    wr(&f->as, CR0, 3, WORD); /* four bits */
    wr(&f->as, DR, 0x1234, WORD);
    g_assert_cmphex(rd(&f->as, DR, WORD), ==, 4);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *f, gconstpointer size);
    } tests[] = {
        { "is-initialized", test_is_initialized }, { "moves-blocks", test_moves_blocks },
        { "says-what-is-wrong", test_says_what_is_wrong }, { "chip-select", test_chip_select },
        { "state-goes-on", test_state_goes_on },
    };
    static const uint64_t sizes[] = { 4 * MiB, 3 * GiB };

    device_test_init(&argc, &argv);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        for (int high = 0; high < 2; high++) {
            g_autofree char *name = g_strdup_printf("/ssi-sd/%s/%s", tests[i].name,
                                                    high ? "high-capacity" : "standard");

            g_test_add(name, Fixture, GSIZE_TO_POINTER(sizes[high]), set_up, tests[i].test, tear_down);
        }
    }
    g_test_add("/pl022/fifos-and-interrupts", Fixture, GSIZE_TO_POINTER(sizes[0]), set_up,
               test_fifos_and_interrupts, tear_down);
    return g_test_run();
}
