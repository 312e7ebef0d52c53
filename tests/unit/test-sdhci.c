/*
 * SD: the host controller's registers and ways of moving data, and the card's states behind them;
 * one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "device-test.h"
#include "nic-test.h"
#include "system/block-backend.h"

#define REGS NIC_TEST_BARS

enum {
    ADDRESS = 0, BLOCK_SIZE = 4, BLOCK_COUNT = 6, ARGUMENT = 8, MODE = 0xc, COMMAND = 0xe, RESPONSE = 0x10, PORT = 0x20, STATE = 0x24,
    CONTROL = 0x28, POWER = 0x29, CLOCK = 0x2c, RESET = 0x2f, STATUS = 0x30, ERRORS = 0x32, ENABLE = 0x34, ERROR_ENABLE = 0x36,
    SIGNAL = 0x38, ERROR_SIGNAL = 0x3a, CAPS = 0x40, ADMA_ERROR = 0x54, ADMA = 0x58, VERSION = 0xfe,
};
enum { DONE = 1, MOVED = 2, DMA = 8, CAN_WRITE = 0x10, CAN_READ = 0x20, INSERTED = 0x40, REMOVED = 0x80, ERROR = 0x8000 };
enum { USE_DMA = 1, COUNTED = 2, AUTO_12 = 4, AUTO_23 = 8, READ = 0x10, MANY = 0x20 };
/* Of the command register: responses, data. */
enum { NONE = 0, LONG = 1, SHORT = 2, BUSY = 3, DATA = 0x20 };
enum { TRAN = 4 };

#define MEMORY 0x20000

static NicTest *t;
static BlockBackend *blk;
static char *image;

static uint32_t get(unsigned reg, unsigned size)
{
    return nic_load(&t->mem_as, REGS + reg, size);
}

static void put(unsigned reg, uint32_t value, unsigned size)
{
    nic_store(&t->mem_as, REGS + reg, value, size);
}

/* The status that came of it; the response is in its register. */
static uint16_t command(unsigned index, uint32_t argument, unsigned flags)
{
    uint16_t status;

    put(ARGUMENT, argument, 4);
    put(COMMAND, index << 8 | flags, 2);
    status = get(STATUS, 2);
    put(STATUS, DONE, 2);
    return status;
}

static uint32_t response(void)
{
    return get(RESPONSE, 4);
}

static void app(unsigned index, uint32_t argument, unsigned flags)
{
    g_assert_cmphex(command(55, 0x45670000, SHORT), ==, DONE);
    g_assert_cmphex(response() & 0x20, ==, 0x20);
    g_assert_cmphex(command(index, argument, flags) & DONE, ==, DONE);
}

/* A bus with a controller whose card has an image of that size. */
static void plug(uint64_t size, bool read_only)
{
    static int number;
    g_autofree char *name = g_strdup_printf("card%d", number++);
    int fd = open(image, O_RDWR | O_CREAT | O_TRUNC, 0600);
    DeviceState *card;

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, size), ==, 0);
    close(fd);
    t = g_new0(NicTest, 1);
    t->host = PCI_HOST_BRIDGE(qdev_new(TYPE_NIC_TEST_HOST));
    memory_region_init(&t->mem, NULL, "mem", UINT64_C(1) << 32);
    memory_region_init(&t->io, NULL, "io", 64 * KiB);
    memory_region_init_ram(&t->ram, NULL, "sd-test-ram", NIC_TEST_RAM, &error_abort);
    memory_region_add_subregion(&t->mem, 0, &t->ram);
    address_space_init(&t->mem_as, &t->mem, "mem");
    address_space_init(&t->io_as, &t->io, "io");
    t->host->bus = t->bus = pci_register_root_bus(DEVICE(t->host), "pci.0", nic_test_set_irq, nic_test_map_irq, t, &t->mem, &t->io,
                                                  PCI_DEVFN(3, 0), 1, TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(t->host), &error_abort);
    t->dev = pci_create_simple(t->bus, -1, "sdhci-pci");
    blk = blk_new_open(name, image, "raw", read_only, &error_abort);
    card = qdev_new("sd-card");
    qdev_prop_set_drive(card, "drive", blk);
    qdev_realize_and_unref(card, g_ptr_array_index(DEVICE(t->dev)->child_buses, 0), &error_abort);
    device_cold_reset(DEVICE(t->dev));
    nic_test_enable(t, -1);
    put(POWER, 0xf, 1);
    put(CLOCK, 5, 2);
    put(ENABLE, 0x7fff, 2);
    put(ERROR_ENABLE, 0xffff, 2);
}

static void finish(void)
{
    object_unparent(OBJECT(t->dev));
    blk_unref(blk);
    drain_call_rcu();
    unlink(image);
}

/* Sections 4.2 and 3.6: up to the transfer state. */
static void start(uint64_t size)
{
    bool high = size > 2 * GiB;

    plug(size, false);
    command(0, 0, NONE);
    g_assert_cmphex(command(8, 0x1aa, SHORT), ==, DONE);
    g_assert_cmphex(response(), ==, 0x1aa);
    g_assert_cmphex(command(55, 0, SHORT), ==, DONE);
    g_assert_cmphex(command(41, 0x40ff8000, SHORT), ==, DONE);
    g_assert_cmphex(response(), ==, high ? 0xc0ff8000 : 0x80ff8000);
    g_assert_cmphex(command(2, 0, LONG), ==, DONE);
    g_assert_cmphex(command(3, 0, SHORT), ==, DONE);
    g_assert_cmphex(response() >> 16, ==, 0x4567);
    g_assert_cmphex(command(9, 0x45670000, LONG), ==, DONE);
    g_assert_cmphex(command(7, 0x45670000, BUSY), ==, DONE | MOVED);
    put(STATUS, MOVED, 2);
}

static unsigned state(void)
{
    g_assert_cmphex(command(13, 0x45670000, SHORT) & DONE, ==, DONE);
    return response() >> 9 & 0xf;
}

static void the_registers_are_a_version_3_controllers(void)
{
    plug(1 * MiB, false);
    g_assert_cmphex(nic_get_config(t, PCI_REVISION_ID, 4), ==, 0x08050100);
    g_assert_cmphex(nic_get_config(t, 0x40, 1), ==, 0);
    g_assert_cmphex(get(VERSION, 2), ==, 2);
    g_assert_cmphex(get(CAPS, 4), ==, 0x116a32b2);
    g_assert_cmphex(get(CLOCK, 2), ==, 7);
    g_assert_cmphex(get(STATE, 4), ==, 0x01ff0000);
    put(RESET, 1, 1);
    g_assert_cmphex(get(RESET, 1), ==, 0);
    g_assert_cmphex(get(POWER, 1), ==, 0);
    g_assert_cmphex(get(CAPS, 4), ==, 0x116a32b2);
    finish();
}

static void without_power_or_clock_nothing_answers(void)
{
    plug(1 * MiB, false);
    put(POWER, 0, 1);
    g_assert_cmphex(command(8, 0x1aa, SHORT), ==, ERROR);
    g_assert_cmphex(get(ERRORS, 2), ==, 1);
    put(ERRORS, 1, 2);
    g_assert_cmphex(get(STATUS, 2), ==, 0);
    put(POWER, 0xf, 1);
    put(CLOCK, 1, 2);
    g_assert_cmphex(command(8, 0x1aa, SHORT), ==, ERROR);
    finish();
}

static void a_card_tells_its_size(gconstpointer arg)
{
    static const uint64_t sizes[] = { 1 * MiB, 64 * MiB, 2 * GiB, 2 * GiB + 512 * KiB, 32 * GiB };
    uint64_t size = sizes[GPOINTER_TO_INT(arg)], told;
    uint32_t words[4];

    start(size);
    for (unsigned i = 0; i < 4; i++) {
        words[i] = get(RESPONSE + 4 * i, 4); /* of CMD7 in the first one: read again */
    }
    command(7, 0, NONE);
    g_assert_cmphex(command(9, 0x45670000, LONG), ==, DONE);
    for (unsigned i = 0; i < 4; i++) {
        words[i] = get(RESPONSE + 4 * i, 4);
    }
    if (size > 2 * GiB) {
        g_assert_cmphex(words[3] >> 22, ==, 1);
        told = ((words[1] >> 8 & 0xffff) | (words[2] & 0x3f) << 16) + 1;
        told *= 512 * KiB;
    } else {
        unsigned c_size = (words[1] >> 22 & 0x3ff) | (words[2] & 3) << 10, mult = words[1] >> 7 & 7;

        told = (UINT64_C(1) + c_size) << (mult + 2) << (words[2] >> 8 & 0xf);
    }
    g_assert_cmpuint(told, ==, size);
    finish();
}

static void what_is_illegal_is_not_answered_and_told_afterwards(void)
{
    start(1 * MiB);
    g_assert_cmphex(command(2, 0, LONG), ==, ERROR);
    put(ERRORS, 1, 2);
    g_assert_cmphex(command(13, 0x45670000, SHORT), ==, DONE);
    g_assert_cmphex(response() & 0x00400000, ==, 0x00400000);
    g_assert_cmphex(command(13, 0x45670000, SHORT), ==, DONE);
    g_assert_cmphex(response(), ==, TRAN << 9 | 0x100);
    g_assert_cmphex(command(13, 0x12340000, SHORT), ==, ERROR); /* another card's */
    finish();
}

static void transfer(unsigned index, uint32_t argument, uint16_t mode, unsigned blocks)
{
    put(BLOCK_SIZE, 512, 2);
    put(BLOCK_COUNT, blocks, 2);
    put(MODE, mode, 2);
    command(index, argument, SHORT | DATA);
}

static void the_port_moves_blocks(void)
{
    uint8_t bytes[1024];

    start(1 * MiB);
    transfer(25, 4096, COUNTED | MANY | AUTO_12, 2);
    g_assert_cmphex(get(STATE, 4) & 0xfff, ==, 0x506);
    for (unsigned i = 0; i < 256; i++) {
        put(PORT, i * 0x01010101u + 7, 4);
    }
    g_assert_cmphex(get(STATUS, 2), ==, MOVED | CAN_WRITE);
    g_assert_cmphex(get(STATE, 4) & 0xfff, ==, 0);
    g_assert_cmpuint(state(), ==, TRAN);
    blk_pread(blk, 4096, 1024, bytes);
    g_assert_cmphex((uint32_t)ldl_le_p(bytes + 4 * 255), ==, 255 * 0x01010101u + 7);
    put(STATUS, 0xff, 2);
    transfer(17, 4096, READ, 1);
    g_assert_cmphex(get(STATUS, 2), ==, CAN_READ);
    g_assert_cmphex(get(PORT, 1), ==, 0x07);
    g_assert_cmphex(get(PORT, 2), ==, 0x0000);
    for (unsigned i = 3; i < 512; i++) {
        g_assert_cmphex(get(PORT, 1), ==, bytes[i]);
    }
    g_assert_cmphex(get(STATUS, 2), ==, CAN_READ | MOVED);
    g_assert_cmphex(get(PORT, 4), ==, 0);
    finish();
}

static void fill(uint32_t at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        *nic_memory(t, at + i) = i * 11 + i / 256;
    }
}

static void dma_stops_at_boundaries(void)
{
    g_autofree uint8_t *bytes = g_malloc(16 * 512);

    start(1 * MiB);
    fill(MEMORY + 3584, 16 * 512);
    put(ADDRESS, MEMORY + 3584, 4);
    put(SIGNAL, MOVED | DMA, 2);
    transfer(25, 0, USE_DMA | COUNTED | MANY | AUTO_12, 16);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 2), ==, DMA);
    g_assert_cmpint(t->irq, ==, 1);
    g_assert_cmphex(get(ADDRESS, 4), ==, MEMORY + 4096);
    g_assert_cmpuint(get(BLOCK_COUNT, 2), ==, 15);
    put(STATUS, DMA, 2);
    g_assert_cmpint(t->irq, ==, 0);
    put(ADDRESS, MEMORY + 4096, 4);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 2), ==, DMA);
    put(STATUS, DMA, 2);
    put(ADDRESS, MEMORY + 8192, 4);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 2), ==, MOVED);
    blk_pread(blk, 0, 16 * 512, bytes);
    g_assert_cmpmem(bytes, 16 * 512, nic_memory(t, MEMORY + 3584), 16 * 512);
    finish();
}

static void descriptor(unsigned n, uint8_t attributes, uint16_t size, uint32_t address)
{
    nic_store(&t->mem_as, 0x1000 + 8 * n, attributes | (uint32_t)size << 16, 4);
    nic_store(&t->mem_as, 0x1000 + 8 * n + 4, address, 4);
}

static void a_list_of_descriptors_is_followed(void)
{
    g_autofree uint8_t *bytes = g_malloc(3 * 512);

    start(1 * MiB);
    for (unsigned i = 0; i < 3 * 512; i++) {
        bytes[i] = i * 3;
    }
    blk_pwrite(blk, 512, 3 * 512, bytes);
    put(CONTROL, 2 << 3, 1);
    put(ADMA, 0x1000, 4);
    descriptor(0, 0x21, 100, MEMORY);
    descriptor(1, 0x01, 0, 0); /* nothing */
    descriptor(2, 0x31, 0, 0x1000 + 8 * 5);
    descriptor(5, 0x25, 1000, MEMORY + 100);
    descriptor(6, 0x23, 436, MEMORY + 1100);
    transfer(18, 512, USE_DMA | COUNTED | MANY | READ | AUTO_23, 3);
    g_assert_cmphex(command(12, 0, BUSY) & DONE, ==, DONE); /* it was ended by the count for the card, which CMD23 took from ADDRESS: 0 */
    put(RESET, 4, 1);
    put(STATUS, 0xff, 2);
    put(ADMA, 0x1000, 4);
    transfer(18, 512, USE_DMA | COUNTED | MANY | READ | AUTO_12, 3);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 2), ==, MOVED | DMA);
    g_assert_cmpmem(bytes, 3 * 512, nic_memory(t, MEMORY), 3 * 512);
    g_assert_cmphex(get(ADMA, 4), ==, 0x1000 + 8 * 7);
    finish();
}

static void a_bad_list_is_an_error(void)
{
    start(1 * MiB);
    put(CONTROL, 2 << 3, 1);
    put(ADMA, 0x1000, 4);
    descriptor(0, 0x23, 512, MEMORY); /* too short for two blocks */
    transfer(18, 0, USE_DMA | COUNTED | MANY | READ, 2);
    nic_test_turn();
    g_assert_cmphex(get(ERRORS, 2), ==, 0x200);
    g_assert_cmphex(get(ADMA_ERROR, 1) & 4, ==, 4);
    command(12, 0, BUSY);
    put(ERRORS, 0xffff, 2);
    descriptor(0, 0x20, 512, MEMORY); /* not valid */
    put(ADMA, 0x1000, 4);
    transfer(17, 0, USE_DMA | READ, 1);
    nic_test_turn();
    g_assert_cmphex(get(ERRORS, 2), ==, 0x200);
    command(12, 0, BUSY);
    put(ERRORS, 0xffff, 2);
    descriptor(0, 0x31, 0, 0x1000); /* a circle: the machine goes on beside it */
    put(ADMA, 0x1000, 4);
    transfer(17, 0, USE_DMA | READ, 1);
    nic_test_turn();
    nic_test_turn();
    g_assert_cmphex(get(STATE, 4) & 2, ==, 2);
    put(RESET, 4, 1);
    g_assert_cmphex(get(STATE, 4) & 2, ==, 0);
    finish();
}

static void addresses_behind_the_end_are_out_of_range(void)
{
    start(1 * MiB);
    transfer(17, 1 * MiB, READ, 1);
    g_assert_cmphex(response() >> 31, ==, 1);
    g_assert_cmphex(get(ERRORS, 2), ==, 0x10);
    put(ERRORS, 0xffff, 2);
    transfer(17, 100, READ, 1); /* across blocks */
    g_assert_cmphex(response() >> 30, ==, 1);
    put(ERRORS, 0xffff, 2);
    transfer(18, 1 * MiB - 512, READ | MANY | COUNTED, 2);
    for (unsigned i = 0; i < 128; i++) {
        get(PORT, 4);
    }
    g_assert_cmphex(get(ERRORS, 2), ==, 0x10);
    finish();
}

static void erased_blocks_read_as_zeros(void)
{
    uint8_t bytes[2048];

    start(4 * GiB); /* addressed by blocks */
    memset(bytes, 0xa5, sizeof(bytes));
    blk_pwrite(blk, 0, sizeof(bytes), bytes);
    command(38, 0, BUSY);
    g_assert_cmphex(response() & 0x10000000, ==, 0x10000000); /* without a range */
    command(32, 1, SHORT);
    command(33, 2, SHORT);
    command(38, 0, BUSY);
    blk_pread(blk, 0, sizeof(bytes), bytes);
    g_assert_cmphex(bytes[511], ==, 0xa5);
    g_assert_cmphex(bytes[512] | bytes[1535], ==, 0);
    g_assert_cmphex(bytes[1536], ==, 0xa5);
    command(32, 2, SHORT);
    command(33, 1, SHORT);
    command(38, 0, BUSY);
    g_assert_cmphex(response() & 0x08000000, ==, 0x08000000);
    finish();
}

static void registers_come_as_data(void)
{
    start(1 * MiB);
    put(BLOCK_SIZE, 8, 2);
    put(MODE, READ, 2);
    app(51, 0, SHORT | DATA);
    g_assert_cmphex(get(PORT, 4), ==, 0x02802502);
    get(PORT, 4);
    g_assert_cmpuint(state(), ==, TRAN);
    put(BLOCK_SIZE, 64, 2);
    g_assert_cmphex(command(6, 0x80fffff1, SHORT | DATA) & DONE, ==, DONE);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t word = get(PORT, 4);

        g_assert_cmphex(i == 3 ? word & 0xffff : 0, ==, i == 3 ? 0x0380 : 0);
    }
    g_assert_cmphex(get(PORT, 1), ==, 1); /* high speed is on */
    finish();
}

static void a_read_only_image_is_protected(void)
{
    plug(1 * MiB, true);
    g_assert_cmphex(get(STATE, 4) & 0x80000, ==, 0);
    finish();
}

/* Whatever a guest writes: fixed numbers, so that a failure comes again. */
static void random_drivers_do_no_harm(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);

    for (unsigned round = 0; round < 20; round++) {
        start(round % 2 ? 4 * GiB : 1 * MiB);
        for (unsigned i = 0; i < 4 * KiB; i++) {
            *nic_memory(t, i) = g_rand_int(rand);
        }
        for (unsigned i = 0; i < 1500; i++) {
            static const uint8_t indices[] = { 0, 6, 7, 9, 12, 13, 16, 17, 18, 23, 24, 25, 27, 32, 33, 38, 41, 51, 55 };
            unsigned reg = g_rand_int_range(rand, 0, 0x68), size = 1u << g_rand_int_range(rand, 0, 3);

            reg &= ~(size - 1);
            switch (g_rand_int_range(rand, 0, 8)) {
            case 0:
                put(CONTROL, g_rand_int(rand), 1);
                put(ADMA, g_rand_int_range(rand, 0, 0x1000) & ~3, 4);
                put(ADMA + 4, 0, 4);
                put(ADDRESS, g_rand_int_range(rand, 0, NIC_TEST_RAM), 4);
                break;
            case 1:
            case 2:
                put(BLOCK_SIZE, g_rand_boolean(rand) ? 512 : g_rand_int(rand), 2);
                put(BLOCK_COUNT, g_rand_int_range(rand, 0, 40), 2);
                put(MODE, g_rand_int(rand), 2);
                command(indices[g_rand_int_range(rand, 0, sizeof(indices))], g_rand_boolean(rand) ? 0x45670000 : g_rand_int_range(rand, 0, 0x110000),
                        g_rand_int_range(rand, 0, 0x40));
                break;
            case 3:
                nic_test_turn();
                break;
            case 4:
                get(PORT, size);
                put(PORT, i, size);
                break;
            case 5:
                get(reg, size);
                break;
            default:
                if (reg != POWER && reg != CLOCK) {
                    put(reg, g_rand_int(rand), size);
                }
            }
            if (i % 50 == 0) {
                put(POWER, 0xf, 1);
                put(CLOCK, 5, 2);
                put(RESET, i % 100 ? 4 : 2, 1);
            }
        }
        put(RESET, 1, 1);
        finish();
    }
}

static void a_snapshot_goes_on_within_a_block(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const VMStateDescription *vmsd;
    VMStateReader reader;

    start(1 * MiB);
    vmsd = DEVICE_GET_CLASS(t->dev)->vmsd;
    blk_pwrite(blk, 0, 4, "abcd");
    transfer(17, 0, READ, 1);
    g_assert_cmphex(get(PORT, 2), ==, 'a' | 'b' << 8);
    vmstate_save_state(bytes, vmsd, t->dev, &error_abort);
    put(RESET, 1, 1);
    reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, t->dev, &error_abort), ==, 0);
    g_assert_cmphex(get(PORT, 2), ==, 'c' | 'd' << 8);
    finish();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*function)(void);
    } tests[] = {
        { "registers", the_registers_are_a_version_3_controllers },
        { "no-power", without_power_or_clock_nothing_answers },
        { "illegal", what_is_illegal_is_not_answered_and_told_afterwards },
        { "port", the_port_moves_blocks },
        { "dma/boundaries", dma_stops_at_boundaries },
        { "dma/list", a_list_of_descriptors_is_followed },
        { "dma/bad-list", a_bad_list_is_an_error },
        { "out-of-range", addresses_behind_the_end_are_out_of_range },
        { "erase", erased_blocks_read_as_zeros },
        { "data-registers", registers_come_as_data },
        { "read-only", a_read_only_image_is_protected },
        { "random", random_drivers_do_no_harm },
        { "snapshot", a_snapshot_goes_on_within_a_block },
    };
    g_autofree char *folder = g_dir_make_tmp("sdhci-XXXXXX", NULL);
    int status;

    device_test_init(&argc, &argv);
    type_register_static(&nic_test_host_type);
    image = g_build_filename(folder, "image", NULL);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        g_autofree char *path = g_strconcat("/sdhci/", tests[i].path, NULL);

        g_test_add_func(path, tests[i].function);
    }
    for (int i = 0; i < 5; i++) {
        g_autofree char *path = g_strdup_printf("/sdhci/size/%d", i);

        g_test_add_data_func(path, GINT_TO_POINTER(i), a_card_tells_its_size);
    }
    status = g_test_run();
    unlink(image);
    rmdir(folder);
    g_free(image);
    return status;
}
