/*
 * Realtek RTL8029AS: an NE2000 card's registers, packet memory and ring, one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "nic-test.h"

enum { CR = 0, PSTART = 1, PSTOP = 2, BNRY = 3, TPSR = 4, TBCR0 = 5, TBCR1 = 6, ISR = 7, RSAR0 = 8, RSAR1 = 9, RBCR0 = 10,
       RBCR1 = 11, RCR = 12, TCR = 13, DCR = 14, IMR = 15, DATA = 16, RESET = 31 };
enum { CURR = 7, MAR0 = 8 }; /* page 1 */
enum { PRX = 1, PTX = 2, TXE = 8, RDC = 0x40, RST = 0x80 };
enum { PAGE_1 = 0x40, PAGE_3 = 0xc0 };

#define START 0x46
#define STOP  0x80

static NicTest *t;

static uint32_t get(unsigned reg, unsigned size)
{
    return nic_load(&t->io_as, NIC_TEST_IO + reg, size);
}

static void put(unsigned reg, uint32_t value, unsigned size)
{
    nic_store(&t->io_as, NIC_TEST_IO + reg, value, size);
}

static void page_1(unsigned reg, uint8_t value)
{
    put(CR, PAGE_1 | 0x22, 1);
    put(reg, value, 1);
    put(CR, 0x22, 1);
}

static uint8_t curr(void)
{
    uint8_t value;

    put(CR, PAGE_1 | 0x22, 1);
    value = get(CURR, 1);
    put(CR, 0x22, 1);
    return value;
}

static void start(void)
{
    t = nic_test_new("ne2k_pci", true);
    nic_test_enable(t, 0);
    put(CR, 0x21, 1);
    put(DCR, 0x49, 1);
    put(PSTART, START, 1);
    put(PSTOP, STOP, 1);
    put(BNRY, START, 1);
    put(RCR, 4, 1);
    put(TCR, 0, 1);
    for (unsigned i = 0; i < 6; i++) {
        page_1(1 + i, own[i]);
    }
    page_1(CURR, START);
    put(ISR, 0xff, 1);
    put(CR, 0x22, 1);
}

static void remote(unsigned address, unsigned count, uint8_t command)
{
    put(RSAR0, address, 1);
    put(RSAR1, address >> 8, 1);
    put(RBCR0, count, 1);
    put(RBCR1, count >> 8, 1);
    put(CR, command, 1);
}

static uint8_t memory_byte(unsigned address)
{
    remote(address, 2, 0x0a);
    return get(DATA, 2);
}

static void arrive(const uint8_t *to, size_t size)
{
    uint8_t frame[1514];

    for (size_t i = 0; i < size; i++) {
        frame[i] = i;
    }
    memcpy(frame, to, 6);
    qemu_send_packet(t->cable, frame, size);
}

static void the_prom_is_read_by_words(void)
{
    start();
    g_assert_cmphex(nic_get_config(t, PCI_VENDOR_ID, 4), ==, 0x802910ec);
    remote(0, 32, 0x0a);
    for (unsigned i = 0; i < 6; i++) {
        g_assert_cmphex(get(DATA, 1), ==, own[i]); /* a byte of each word */
    }
    remote(0, 32, 0x0a);
    g_assert_cmphex(get(DATA, 4), ==, 0x11110202);
    remote(28, 4, 0x0a);
    g_assert_cmphex(get(DATA, 4), ==, 0x57575757);
    put(CR, 0x22, 1);
    g_assert_cmphex(get(10, 2), ==, 'P' | 'C' << 8);
    put(CR, PAGE_3 | 0x22, 1);
    g_assert_cmphex(get(14, 2), ==, 0x8029);
}

static void the_data_port_counts_and_completes(void)
{
    start();
    remote(0x4000, 5, 0x12);
    put(DATA, 0x44332211, 4);
    g_assert_cmphex(get(ISR, 1), ==, 0);
    put(DATA, 0x55, 1);
    g_assert_cmphex(get(ISR, 1), ==, RDC);
    put(DATA, 0x66, 1); /* nobody wants it */
    put(ISR, RDC, 1);
    remote(0x4000, 6, 0x0a);
    g_assert_cmphex(get(DATA, 4), ==, 0x44332211);
    g_assert_cmphex(get(8, 2), ==, 0x4004); /* CRDA */
    g_assert_cmphex(get(DATA, 2), ==, 0x55);
    g_assert_cmphex(get(ISR, 1), ==, RDC);
}

static void a_frame_is_sent_from_a_page(void)
{
    const uint8_t *frame;
    size_t size;

    start();
    put(IMR, PTX, 1);
    remote(0x4000, 64, 0x12);
    for (unsigned i = 0; i < 32; i++) {
        put(DATA, i * 0x0101, 2);
    }
    put(TPSR, 0x40, 1);
    put(TBCR0, 64, 1);
    put(TBCR1, 0, 1);
    put(CR, 0x26, 1);
    frame = g_bytes_get_data(t->sent->pdata[0], &size);
    g_assert_cmpuint(size, ==, 64);
    g_assert_cmphex(frame[63], ==, 31);
    g_assert_cmphex(get(CR, 1), ==, 0x22);
    g_assert_cmphex(get(4, 1), ==, 1);
    g_assert_cmpint(t->irq, ==, 1);
    put(ISR, 0xff, 1);
    g_assert_cmpint(t->irq, ==, 0);
    put(TBCR1, 0xff, 1);
    put(CR, 0x26, 1);
    g_assert_cmphex(get(ISR, 1), ==, TXE);
    g_assert_cmpuint(t->sent->len, ==, 1);
}

static void a_frame_goes_behind_a_header_into_the_ring(void)
{
    start();
    put(IMR, PRX, 1);
    arrive(own, 300);
    g_assert_cmpint(t->irq, ==, 1);
    g_assert_cmphex(memory_byte(START * 256), ==, 1);
    g_assert_cmphex(memory_byte(START * 256 + 1), ==, START + 2);
    g_assert_cmphex(memory_byte(START * 256 + 2) | memory_byte(START * 256 + 3) << 8, ==, 304);
    g_assert_cmphex(memory_byte(START * 256 + 4 + 299), ==, 299 & 0xff);
    g_assert_cmphex(curr(), ==, START + 2);
    arrive(all, 60);
    g_assert_cmphex(memory_byte((START + 2) * 256), ==, 0x21);
}

static void the_ring_wraps_and_remote_reads_follow(void)
{
    unsigned next = START;

    start();
    while (next + 6 < STOP) {
        arrive(own, 1500);
        next += 6;
        g_assert_cmphex(curr(), ==, next);
        put(BNRY, next, 1);
    }
    arrive(own, 1500);
    g_assert_cmphex(curr(), ==, next + 6 - (STOP - START));
    remote(next * 256, 1504, 0x0a);
    get(DATA, 4);
    for (unsigned i = 0; i < 1500; i += 2) {
        uint16_t value = get(DATA, 2);

        g_assert_cmphex(value >> 8, ==, i < 6 ? own[i + 1] : (i + 1) & 0xff);
    }
}

static void a_full_ring_makes_frames_wait(void)
{
    start();
    for (unsigned i = 0; i < 12; i++) {
        arrive(own, 1500);
    }
    g_assert_cmphex(curr(), ==, START + 54); /* 58 pages: nine frames of six */
    put(BNRY, START + 6, 1);
    g_assert_cmphex(curr(), ==, START + 60 - 58);
}

static bool takes(const uint8_t *address)
{
    uint8_t before = curr();

    arrive(address, 60);
    put(BNRY, curr(), 1);
    return curr() != before;
}

static void addresses_are_filtered(void)
{
    unsigned hash = net_crc32(group, 6) >> 26;

    start();
    g_assert_true(takes(own) && takes(all));
    g_assert_false(takes(other) || takes(group));
    put(RCR, 8, 1);
    g_assert_false(takes(all) || takes(group));
    page_1(MAR0 + hash / 8, 1 << hash % 8);
    g_assert_true(takes(group));
    put(RCR, 0x10, 1);
    g_assert_true(takes(other));
    put(RCR, 0x30, 1);
    g_assert_false(takes(own));
    g_assert_cmpuint(get(15, 1), ==, 1); /* counted as missed */
    put(RCR, 0x10, 1);
    put(TCR, 2, 1);
    g_assert_false(takes(own));
    put(TCR, 0, 1);
    put(CR, 0x21, 1);
    arrive(own, 60);
    put(CR, 0x22, 1);
    g_assert_cmphex(get(ISR, 1) & PRX, ==, PRX); /* of those before */
}

static void reading_the_reset_port_resets(void)
{
    start();
    put(IMR, 0x7f, 1);
    g_assert_cmphex(get(RESET, 1), ==, 0);
    g_assert_cmphex(get(ISR, 1), ==, RST);
    g_assert_cmphex(get(CR, 1), ==, 0x21);
}

/* Whatever pointers say, nothing lies outside of the memory. */
static void wild_pointers_stay_inside(void)
{
    start();
    for (unsigned i = 0; i < 256; i += 5) {
        put(PSTART, i, 1);
        put(PSTOP, 255 - i / 2, 1);
        page_1(CURR, i + 3);
        put(BNRY, i / 3, 1);
        arrive(own, 1500);
        put(TPSR, i, 1);
        put(TBCR0, 0, 1);
        put(TBCR1, 5, 1);
        put(CR, 0x26, 1);
        remote(i * 257, 600, 0x12);
        for (unsigned n = 0; n < 160; n++) {
            put(DATA, 0x5a5a5a5a, 4);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*function)(void);
    } tests[] = {
        { "prom", the_prom_is_read_by_words },
        { "data-port", the_data_port_counts_and_completes },
        { "tx", a_frame_is_sent_from_a_page },
        { "rx/header", a_frame_goes_behind_a_header_into_the_ring },
        { "rx/wraps", the_ring_wraps_and_remote_reads_follow },
        { "rx/full", a_full_ring_makes_frames_wait },
        { "rx/addresses", addresses_are_filtered },
        { "reset", reading_the_reset_port_resets },
        { "wild-pointers", wild_pointers_stay_inside },
    };

    g_test_init(&argc, &argv, NULL);
    nic_test_init();
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        g_autofree char *path = g_strconcat("/ne2k/", tests[i].path, NULL);

        g_test_add_func(path, tests[i].function);
    }
    return g_test_run();
}
