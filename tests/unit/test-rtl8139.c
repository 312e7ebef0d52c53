/*
 * Realtek RTL8139C+: both manners of working, one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "device-test.h"
#include "net/inet-sum.h"
#include "nic-test.h"

#define REGS (NIC_TEST_BARS + 1 * MiB)

enum {
    IDR = 0, MAR = 8, TSD = 0x10, TSAD = 0x20, RBSTART = 0x30, CR = 0x37, CAPR = 0x38, CBR = 0x3a, IMR = 0x3c, ISR = 0x3e,
    TCR = 0x40, RCR = 0x44, TCTR = 0x48, EECR = 0x50, CONFIG1 = 0x52, TIMERINT = 0x54, MSR = 0x58, TSALL = 0x60, BMSR = 0x64,
    TPPOLL = 0xd9, CPCR = 0xe0, RDSAR = 0xe4,
};
enum { ROK = 1, TOK = 4, RDU = 0x10, LINK = 0x20, TDU = 0x80, TIMEOUT = 0x4000 };
enum { AAP = 1, APM = 2, AM = 4, AB = 8, WRAP = 0x80 };
enum { OWN = 1u << 31, EOR = 1 << 30, FS = 1 << 29, LS = 1 << 28, LARGE = 1 << 27 };

#define RX_BUFFER 0x20000
#define TX_DATA   0x10000
#define TX_RING   0x1000
#define RX_RING   0x2000
#define RX_DATA   0x40000

static NicTest *t;

static uint32_t get(unsigned reg, unsigned size)
{
    return nic_load(&t->mem_as, REGS + reg, size);
}

static void put(unsigned reg, uint32_t value, unsigned size)
{
    nic_store(&t->mem_as, REGS + reg, value, size);
}

static void start(void)
{
    t = nic_test_new("rtl8139", true);
    nic_test_enable(t, 0);
    put(RBSTART, RX_BUFFER, 4);
    put(RCR, APM | AB, 4);
    put(CR, 0x0c, 1);
}

static void arrive(const uint8_t *to, size_t size)
{
    uint8_t frame[2048];

    for (size_t i = 0; i < size; i++) {
        frame[i] = i;
    }
    memcpy(frame, to, 6);
    memcpy(frame + 6, other, 6);
    stw_be_p(frame + 12, 0x88b5);
    qemu_send_packet(t->cable, frame, size);
}

static const uint8_t *sent(unsigned n, size_t *size)
{
    g_assert_cmpuint(n, <, t->sent->len);
    return g_bytes_get_data(t->sent->pdata[n], size);
}

/* ---- registers ---- */

static void it_is_a_cplus_in_memory_and_io(void)
{
    start();
    g_assert_cmphex(nic_get_config(t, PCI_VENDOR_ID, 4), ==, 0x813910ec);
    g_assert_cmphex(nic_get_config(t, PCI_REVISION_ID, 4), ==, 0x02000020);
    g_assert_cmphex(get(TCR, 4) & 0x7cc00000, ==, 0x74800000);
    g_assert_cmphex(get(IDR, 4), ==, 0x33221102);
    g_assert_cmphex(nic_load(&t->io_as, NIC_TEST_IO + IDR + 4, 2), ==, 0x5544);
    nic_store(&t->io_as, NIC_TEST_IO + MAR, 0x12345678, 4);
    g_assert_cmphex(get(MAR, 4), ==, 0x12345678);
}

static void configuration_is_locked(void)
{
    start();
    put(CONFIG1, 0xf2, 1);
    g_assert_cmphex(get(CONFIG1, 1), ==, 0x0c);
    put(EECR, 0xc0, 1);
    put(CONFIG1, 0xf2, 1);
    g_assert_cmphex(get(CONFIG1, 1), ==, 0xfe);
}

static bool eeprom_clock(bool bit)
{
    uint8_t level = 0x88 | (bit ? 2 : 0);

    put(EECR, level, 1);
    put(EECR, level | 4, 1);
    bit = get(EECR, 1) & 1;
    put(EECR, level, 1);
    return bit;
}

static void the_eeprom_holds_the_address(void)
{
    uint16_t value = 0;

    start();
    put(EECR, 0x80, 1);
    put(EECR, 0x88, 1);
    for (int i = 8; i >= 0; i--) {
        eeprom_clock(0x187 >> i & 1); /* start, read, word 7 */
    }
    for (int i = 0; i < 16; i++) {
        value = value << 1 | eeprom_clock(0);
    }
    g_assert_cmphex(value, ==, 0x1102);
}

static void the_link_is_seen(void)
{
    start();
    put(IMR, LINK, 2);
    g_assert_cmphex(get(MSR, 1) & 4, ==, 0);
    g_assert_cmphex(get(BMSR, 2) & 0x24, ==, 0x24);
    net_set_link(t->cable->name, false, &error_abort);
    g_assert_cmphex(get(MSR, 1) & 4, ==, 4);
    g_assert_cmphex(get(BMSR, 2) & 0x24, ==, 0);
    g_assert_cmpint(t->irq, ==, 1);
    put(ISR, LINK, 2);
    g_assert_cmpint(t->irq, ==, 0);
}

static void the_timer_counts_the_bus_clock(void)
{
    start();
    put(TCTR, 0, 4);
    test_advance_ns(1000 * 1000);
    g_assert_cmpuint(get(TCTR, 4), ==, 33000);
    put(TIMERINT, 66000, 4);
    test_advance_ns(1000 * 1000 - 1);
    g_assert_cmphex(get(ISR, 2), ==, 0);
    test_advance_ns(1);
    g_assert_cmphex(get(ISR, 2), ==, TIMEOUT);
}

/* ---- as the RTL8139 ---- */

static void four_descriptors_send_in_turn(void)
{
    size_t size;

    start();
    for (unsigned i = 0; i < 60; i++) {
        *nic_memory(t, TX_DATA + i) = i;
    }
    for (unsigned i = 0; i < 5; i++) {
        put(TSAD + 4 * (i % 4), TX_DATA, 4);
        put(TSD + 4 * (i % 4), 60 + i, 4);
        g_assert_cmphex(get(TSD + 4 * (i % 4), 4), ==, 0xa000 | (60 + i));
        g_assert_cmphex(get(ISR, 2), ==, TOK);
    }
    g_assert_cmpuint(t->sent->len, ==, 5);
    sent(4, &size);
    g_assert_cmpuint(size, ==, 64);
    g_assert_cmphex(get(TSALL, 2), ==, 0xf00f);
}

/*
 * Four frames that are looped back onto the registers. Each fills all descriptors anew, makes the
 * next frame their data, and moves the ring, empty, to where that one lands on the registers as
 * well.
 */
static void frames_that_fill_descriptors_go_in_turns(void)
{
    enum { SIZE = 2040, STEP = 2048, FIRST = TSD - 4 }; /* with header and FCS, four fill the ring */

    start();
    for (unsigned i = 0; i < 4; i++) {
        uint32_t next = (i + 1) % 4 * STEP;
        uint8_t *frame = nic_memory(t, TX_DATA + i * STEP);

        for (unsigned n = 0; n < 4; n++) {
            stl_le_p(frame + 4 * n, SIZE);
            stl_le_p(frame + TSAD - TSD + 4 * n, TX_DATA + next);
        }
        stl_le_p(frame + RBSTART - TSD, REGS + FIRST - next);
        frame[CR - TSD] = 0x0c;
        stw_le_p(frame + CAPR - TSD, next - 16);
        stl_le_p(frame + TCR - TSD, 0x60000);
        stl_le_p(frame + RCR - TSD, AAP);
    }
    put(RBSTART, REGS + FIRST, 4);
    put(RCR, AAP, 4);
    t->room = 0; /* what follows happens in the main loop, where writes to the registers do arrive */
    put(TSAD, TX_DATA, 4);
    put(TSD, 60, 4);
    put(TCR, 0x60000, 4);
    put(TSAD + 4, TX_DATA, 4);
    put(TSD + 4, SIZE, 4);
    t->room = -1;
    qemu_flush_queued_packets(t->cable);
    nic_test_turn();
    g_assert_cmphex(get(TSALL, 2) & 0xf, ==, 0); /* more is waiting */
    g_assert_cmpuint(t->sent->len, ==, 1);
    put(TCR, 0, 4);
    nic_test_turn();
    g_assert_cmpuint(t->sent->len, ==, 5);
    g_assert_cmphex(get(TSALL, 2), ==, 0xf00f);
}

static void a_frame_has_a_header_in_the_ring(void)
{
    start();
    put(IMR, ROK, 2);
    g_assert_cmphex(get(CR, 1) & 1, ==, 1);
    arrive(own, 61);
    g_assert_cmpint(t->irq, ==, 1);
    g_assert_cmphex(get(CR, 1) & 1, ==, 0);
    g_assert_cmphex(nic_load(&t->mem_as, RX_BUFFER, 4), ==, 65 << 16 | 0x4001);
    g_assert_cmpmem(nic_memory(t, RX_BUFFER + 4), 6, own, 6);
    g_assert_cmpuint(get(CBR, 2), ==, 72);
    put(CAPR, 72 - 16, 2);
    g_assert_cmphex(get(CR, 1) & 1, ==, 1);
    arrive(all, 60);
    g_assert_cmphex(nic_load(&t->mem_as, RX_BUFFER + 72, 4), ==, 64 << 16 | 0x2001);
}

/* Frames of 1000 bytes up to shortly before the end of 8 KiB. */
static void fill_to_the_end(void)
{
    for (unsigned i = 0; i < 8; i++) {
        arrive(own, 1000);
        put(CAPR, get(CBR, 2) - 16, 2);
    }
    g_assert_cmpuint(get(CBR, 2), ==, 8 * 1008);
    memset(nic_memory(t, RX_BUFFER), 0xee, 16);
    arrive(own, 200);
}

static void the_ring_wraps(void)
{
    start();
    fill_to_the_end();
    g_assert_cmphex(*nic_memory(t, RX_BUFFER), ==, (8192 - 8064 - 4) & 0xff);
    g_assert_cmpuint(get(CBR, 2), ==, 8064 + 208 - 8192);
}

static void or_a_frame_goes_on_behind_it(void)
{
    start();
    put(RCR, APM | WRAP, 4);
    fill_to_the_end();
    g_assert_cmphex(*nic_memory(t, RX_BUFFER), ==, 0xee);
    g_assert_cmphex(*nic_memory(t, RX_BUFFER + 8192), ==, (8192 - 8064 - 4) & 0xff);
    g_assert_cmpuint(get(CBR, 2), ==, 8064 + 208 - 8192);
}

static void a_full_ring_makes_frames_wait(void)
{
    start();
    for (unsigned i = 0; i < 9; i++) {
        arrive(own, 1000);
    }
    g_assert_cmpuint(get(CBR, 2), ==, 8 * 1008);
    put(CAPR, 1008 - 16, 2);
    g_assert_cmpuint(get(CBR, 2), ==, 9 * 1008 - 8192);
}

static bool takes(const uint8_t *address)
{
    uint32_t before = get(CBR, 2);

    arrive(address, 60);
    put(CAPR, get(CBR, 2) - 16, 2);
    return get(CBR, 2) != before;
}

static void addresses_are_filtered(void)
{
    unsigned hash = net_crc32(group, 6) >> 26;

    start();
    g_assert_true(takes(own) && takes(all));
    g_assert_false(takes(other) || takes(group));
    put(RCR, AM, 4);
    g_assert_false(takes(own) || takes(all) || takes(group));
    put(MAR + hash / 8, 1 << hash % 8, 1);
    g_assert_true(takes(group));
    put(RCR, AAP, 4);
    g_assert_true(takes(own) && takes(other));
    put(CR, 4, 1);
    g_assert_false(takes(own));
}

/* ---- C+ ---- */

static void start_cplus(uint16_t more)
{
    start();
    put(CR, 0, 1);
    put(CPCR, 3 | more, 2);
    put(TSAD, TX_RING, 4);
    put(TSAD + 4, 0, 4);
    put(RDSAR, RX_RING, 4);
    put(RDSAR + 4, 0, 4);
    for (unsigned i = 0; i < 4; i++) {
        nic_store(&t->mem_as, RX_RING + 16 * i, OWN | (i == 3 ? EOR : 0) | 512, 4);
        nic_store(&t->mem_as, RX_RING + 16 * i + 8, RX_DATA + 4096 * i, 4);
    }
    put(CR, 0x0c, 1);
}

static uint32_t rx_word(unsigned n, unsigned offset)
{
    return nic_load(&t->mem_as, RX_RING + 16 * n + offset, 4);
}

static void tx(unsigned n, uint32_t flags, uint32_t tag, uint32_t data)
{
    nic_store(&t->mem_as, TX_RING + 16 * n, OWN | flags, 4);
    nic_store(&t->mem_as, TX_RING + 16 * n + 4, tag, 4);
    nic_store(&t->mem_as, TX_RING + 16 * n + 8, data, 4);
}

static void descriptors_receive(void)
{
    start_cplus(0);
    arrive(own, 100);
    g_assert_cmphex(rx_word(0, 0), ==, FS | LS | 0x02000000 | 104);
    g_assert_cmpmem(nic_memory(t, RX_DATA), 6, own, 6);
    arrive(all, 1000);
    g_assert_cmphex(rx_word(1, 0), ==, FS);
    g_assert_cmphex(rx_word(2, 0), ==, LS | 0x01000000 | 1004);
    g_assert_cmphex(get(ISR, 2), ==, ROK);
}

static void without_one_a_frame_comes_again(void)
{
    start_cplus(0);
    for (unsigned i = 0; i < 5; i++) {
        arrive(own, 100);
    }
    g_assert_cmphex(rx_word(3, 0), ==, EOR | FS | LS | 0x02000000 | 104);
    g_assert_cmphex(get(ISR, 2), ==, ROK | RDU);
    nic_store(&t->mem_as, RX_RING, OWN | 512, 4);
    test_advance_ns(2 * SCALE_MS);
    g_assert_cmphex(rx_word(0, 0), ==, FS | LS | 0x02000000 | 104);
}

static void tags_and_checksums_are_left_to_it(void)
{
    uint8_t frame[128] = { 0 };

    start_cplus(0x60);
    memcpy(frame, own, 6);
    stl_be_p(frame + 12, 0x81002345);
    stw_be_p(frame + 16, 0x0800);
    frame[18] = 0x45;
    stw_be_p(frame + 20, 40);
    frame[27] = 6;
    inet_fill(frame, 60, 18, true, true);
    qemu_send_packet(t->cable, frame, 60);
    g_assert_cmphex(rx_word(0, 0), ==, FS | LS | 0x02010000 | 60);
    g_assert_cmphex(rx_word(0, 4), ==, 0x10000 | 0x4523);
    frame[30]++;
    frame[45]++;
    qemu_send_packet(t->cable, frame, 60);
    g_assert_cmphex(rx_word(1, 0), ==, FS | LS | 0x0201a000 | 60);
}

static size_t make_packet(uint8_t *at, size_t payload)
{
    memset(at, 0, 54 + payload);
    memcpy(at, other, 6);
    memcpy(at + 6, own, 6);
    stw_be_p(at + 12, 0x0800);
    at[14] = 0x45;
    stw_be_p(at + 16, 40 + payload);
    at[23] = 6;
    at[46] = 0x50;
    at[47] = 0x19;
    for (size_t i = 0; i < payload; i++) {
        at[54 + i] = i * 5;
    }
    return 54 + payload;
}

static void a_ring_sends_pieces_with_checksums_and_tags(void)
{
    const uint8_t *frame;
    InetVerdict v;
    size_t size;

    start_cplus(0);
    make_packet(nic_memory(t, TX_DATA), 100);
    tx(0, FS | 0x50000 | 54, 0, TX_DATA);
    tx(1, LS | EOR | 0x50000 | 100, 0x20000 | 0x4523, TX_DATA + 54);
    put(TPPOLL, 0x40, 1);
    frame = sent(0, &size);
    v = inet_verify(frame, size, 18);
    g_assert_cmpuint(size, ==, 158);
    g_assert_cmphex((uint32_t)ldl_be_p(frame + 12), ==, 0x81002345);
    g_assert_true(v.ip_ok && v.has_tcp && v.l4_ok);
    g_assert_cmphex(nic_load(&t->mem_as, TX_RING + 16, 4) & OWN, ==, 0);
    g_assert_cmphex(get(ISR, 2), ==, TOK | TDU);
}

static void a_large_packet_is_cut(void)
{
    size_t size;

    start_cplus(0);
    make_packet(nic_memory(t, TX_DATA), 2500);
    tx(0, FS | LS | EOR | LARGE | 1000 << 16 | 2554, 0, TX_DATA);
    put(TPPOLL, 0x40, 1);
    g_assert_cmpuint(t->sent->len, ==, 3);
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t *frame = sent(i, &size);
        InetVerdict v = inet_verify(frame, size, 14);

        g_assert_true(v.ip_ok && v.l4_ok);
        g_assert_cmpuint(size, ==, 54 + (i < 2 ? 1000 : 500));
        g_assert_cmpuint(ldl_be_p(frame + 38), ==, 1000 * i);
        g_assert_cmphex(frame[47], ==, i < 2 ? 0x10 : 0x19);
    }
}

static void a_ring_without_an_end_is_walked_in_turns(void)
{
    start_cplus(0);
    for (unsigned i = 0; i < 64; i++) {
        tx(i, FS | 60, 0, TX_RING); /* and its data are descriptors */
    }
    put(TPPOLL, 0x40, 1);
    nic_test_turn();
    g_assert_cmpuint(t->sent->len, ==, 0);
}

static void a_reset_stops_both_ways(void)
{
    start_cplus(0);
    put(IMR, ROK, 2);
    put(CR, 0x10, 1);
    g_assert_cmphex(get(CR, 1), ==, 1);
    g_assert_cmphex(get(IMR, 2), ==, 0);
    arrive(own, 60);
    g_assert_cmphex(get(ISR, 2), ==, 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*function)(void);
    } tests[] = {
        { "ids", it_is_a_cplus_in_memory_and_io },
        { "config-lock", configuration_is_locked },
        { "eeprom", the_eeprom_holds_the_address },
        { "link", the_link_is_seen },
        { "timer", the_timer_counts_the_bus_clock },
        { "tx", four_descriptors_send_in_turn },
        { "tx-endless", frames_that_fill_descriptors_go_in_turns },
        { "rx/header", a_frame_has_a_header_in_the_ring },
        { "rx/wraps", the_ring_wraps },
        { "rx/goes-on", or_a_frame_goes_on_behind_it },
        { "rx/full", a_full_ring_makes_frames_wait },
        { "rx/addresses", addresses_are_filtered },
        { "cplus/rx", descriptors_receive },
        { "cplus/rx-waits", without_one_a_frame_comes_again },
        { "cplus/rx-offloads", tags_and_checksums_are_left_to_it },
        { "cplus/tx", a_ring_sends_pieces_with_checksums_and_tags },
        { "cplus/tx-large", a_large_packet_is_cut },
        { "cplus/tx-endless", a_ring_without_an_end_is_walked_in_turns },
        { "reset", a_reset_stops_both_ways },
    };

    device_test_init(&argc, &argv);
    type_register_static(&nic_test_host_type);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        g_autofree char *path = g_strconcat("/rtl8139/", tests[i].path, NULL);

        g_test_add_func(path, tests[i].function);
    }
    return g_test_run();
}
