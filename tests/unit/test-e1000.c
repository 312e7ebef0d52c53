/*
 * Intel 82540EM: registers, EEPROM, PHY, rings, offloads, filters, interrupts; one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "e1000-test.h"
#include "net/inet-sum.h"

enum {
    CTRL = 0, STATUS = 8, EECD = 0x10, EERD = 0x14, MDIC = 0x20, VET = 0x38, ICR = 0xc0, ITR = 0xc4, ICS = 0xc8,
    IMS = 0xd0, IMC = 0xd8, RCTL = 0x100, TCTL = 0x400, RDBAL = 0x2800, RDLEN = 0x2808, RDH = 0x2810, RDT = 0x2818,
    RDTR = 0x2820, RADV = 0x282c, TDBAL = 0x3800, TDLEN = 0x3808, TDH = 0x3810, TDT = 0x3818, TIDV = 0x3820,
    GPRC = 0x4074, GPTC = 0x4080, GOTCL = 0x4090, RXCSUM = 0x5000, MTA = 0x5200, RAL = 0x5400, VFTA = 0x5600,
};
enum { TXDW = 1, TXQE = 2, LSC = 4, RXDMT0 = 0x10, RXT0 = 0x80 };
enum { SLU = 0x40, RST = 0x04000000, VME = 0x40000000 };
enum { EN = 2, UPE = 8, MPE = 0x10, BAM = 0x8000, VFE = 0x40000, SECRC = 0x04000000 };
enum { EOP = 1, IFCS = 2, IC = 4, TSE = 4, RS = 8, DEXT = 0x20, VLE = 0x40, IDE = 0x80 };
enum { DD = 1, EOP_STATUS = 2, IXSM = 4, VP = 8, TCPCS = 0x20, IPCS = 0x40, PIF = 0x80 };

/* Where the driver has its rings and buffers. */
#define TX_RING 0x1000
#define RX_RING 0x2000
#define TX_DATA 0x10000
#define RX_DATA 0x40000
#define RING    8 /* descriptors */

static void start(void)
{
    t = nic_test_new("e1000", true);
    nic_test_enable(t, 2);
    put(CTRL, SLU);
    put(TDBAL, TX_RING);
    put(TDLEN, RING * 16);
    put(TCTL, EN);
    put(RDBAL, RX_RING);
    put(RDLEN, RING * 16);
    put(VET, 0x8100);
    for (unsigned i = 0; i < RING; i++) {
        nic_store(&t->mem_as, RX_RING + 16 * i, RX_DATA + 4096 * i, 4);
    }
    put(RCTL, EN | BAM | SECRC);
    put(RDT, RING - 1);
    get(ICR);
}

/* ---- sending ---- */

/* Descriptor n: eight words of 16 bits behind each other are easier to read as four of 32. */
static void descriptor(unsigned n, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t words[] = { a, b, c, d };

    for (unsigned i = 0; i < 4; i++) {
        nic_store(&t->mem_as, TX_RING + 16 * (n % RING) + 4 * i, words[i], 4);
    }
}

static void legacy(unsigned n, uint32_t data, uint16_t size, uint8_t command, uint8_t cso, uint8_t css, uint16_t special)
{
    descriptor(n, data, 0, size | cso << 16 | (uint32_t)command << 24, css << 8 | (uint32_t)special << 16);
}

static void data(unsigned n, uint32_t at, uint32_t size, uint8_t command, uint8_t options)
{
    descriptor(n, at, 0, size | 1 << 20 | (uint32_t)(command | DEXT) << 24, options << 8);
}

static const uint8_t *sent(unsigned n, size_t *size)
{
    g_assert_cmpuint(n, <, t->sent->len);
    return g_bytes_get_data(t->sent->pdata[n], size);
}

/*
 * An IPv4 frame with TCP (or UDP) at `at`: header without checksums, then `payload` bytes. Returns
 * its size.
 */
static size_t make_packet(uint8_t *at, size_t payload, bool udp)
{
    size_t l4 = udp ? 8 : 20, size = 14 + 20 + l4 + payload;

    memset(at, 0, size);
    memcpy(at, other, 6);
    memcpy(at + 6, own, 6);
    stw_be_p(at + 12, 0x0800);
    at[14] = 0x45;
    stw_be_p(at + 16, size - 14);
    stw_be_p(at + 18, 0x1234);
    at[22] = 64;
    at[23] = udp ? 17 : 6;
    memcpy(at + 26, (uint8_t[]){ 10, 0, 2, 15, 10, 0, 2, 2 }, 8);
    stw_be_p(at + 34, 1000);
    stw_be_p(at + 36, 2000);
    if (udp) {
        stw_be_p(at + 38, 8 + payload);
    } else {
        stl_be_p(at + 38, 0x01000000); /* sequence number */
        at[46] = 0x50;
        at[47] = 0x19; /* ACK, PSH, FIN */
    }
    for (size_t i = 0; i < payload; i++) {
        at[14 + 20 + l4 + i] = i * 7;
    }
    return size;
}

static void the_pci_side_is_the_manuals(void)
{
    start();
    g_assert_cmphex(nic_get_config(t, PCI_VENDOR_ID, 4), ==, 0x100e8086);
    g_assert_cmphex(nic_get_config(t, PCI_REVISION_ID, 4), ==, 0x02000002);
    nic_config(t, PCI_BASE_ADDRESS_0, 0xffffffff, 4);
    nic_config(t, PCI_BASE_ADDRESS_2, 0xffffffff, 4);
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_0, 4), ==, 0xfffe0000);
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_2, 4), ==, 0xfffffff9);
}

static void the_io_window_leads_to_registers(void)
{
    start();
    nic_store(&t->io_as, NIC_TEST_IO, VET, 4);
    g_assert_cmphex(nic_load(&t->io_as, NIC_TEST_IO + 4, 4), ==, 0x8100);
    nic_store(&t->io_as, NIC_TEST_IO + 4, 0x88a8, 4);
    g_assert_cmphex(get(VET), ==, 0x88a8);
    nic_store(&t->io_as, NIC_TEST_IO, 0xffffffff, 4);
    g_assert_cmphex(nic_load(&t->io_as, NIC_TEST_IO, 4), ==, 0x1fffc);
}

static uint16_t eeprom_word(unsigned address)
{
    put(EERD, address << 8 | 1);
    g_assert_true(get(EERD) & 0x10);
    return get(EERD) >> 16;
}

static void the_eeprom_holds_the_address_and_sums_up(void)
{
    uint16_t sum = 0;

    start();
    for (unsigned i = 0; i < 64; i++) {
        sum += eeprom_word(i);
    }
    g_assert_cmphex(sum, ==, 0xbaba);
    g_assert_cmphex(eeprom_word(0), ==, 0x1102);
    g_assert_cmphex(eeprom_word(2), ==, 0x5544);
    g_assert_cmphex(get(RAL), ==, 0x33221102);
    g_assert_cmphex(get(RAL + 4), ==, 0x80005544);
}

static bool eeprom_clock(bool bit)
{
    uint32_t level = 0x42 | (bit ? 4 : 0);

    put(EECD, level);
    put(EECD, level | 1);
    bit = get(EECD) & 8;
    put(EECD, level);
    return bit;
}

static void the_eeproms_wires_read_it_too(void)
{
    uint16_t value = 0;

    start();
    put(EECD, 0x40);
    g_assert_cmphex(get(EECD) & 0x1c0, ==, 0x1c0); /* there, wanted, granted */
    put(EECD, 0x42);
    for (int i = 8; i >= 0; i--) {
        eeprom_clock(0x181 >> i & 1); /* start, read, address 1 */
    }
    for (int i = 0; i < 16; i++) {
        value = value << 1 | eeprom_clock(0);
    }
    g_assert_cmphex(value, ==, 0x3322);
}

static uint16_t phy_read(unsigned reg)
{
    put(MDIC, 2u << 26 | 1 << 21 | reg << 16);
    g_assert_cmphex(get(MDIC) & 0x50000000, ==, 0x10000000);
    return get(MDIC);
}

static void the_phy_is_at_address_1(void)
{
    start();
    g_assert_cmphex(phy_read(2), ==, 0x0141);
    g_assert_cmphex(phy_read(3), ==, 0x0c20);
    put(MDIC, 2u << 26 | 2 << 21 | 2 << 16);
    g_assert_cmphex(get(MDIC) & 0x40000000, ==, 0x40000000);
    put(MDIC, 1u << 26 | 1 << 21 | 4 << 16 | 0x0061);
    g_assert_cmphex(phy_read(4), ==, 0x0061);
    put(MDIC, 1u << 26 | 1 << 21 | 0x8000);
    g_assert_cmphex(phy_read(4), ==, 0x0de1);
}

static void the_link_is_seen_by_mac_and_phy(void)
{
    start();
    put(IMS, LSC);
    g_assert_cmphex(get(STATUS) & 3, ==, 3);
    net_set_link(t->cable->name, false, &error_abort);
    g_assert_cmphex(get(STATUS) & 2, ==, 0);
    g_assert_cmpint(t->irq, ==, 1);
    g_assert_cmphex(get(ICR), ==, LSC);
    g_assert_cmphex(phy_read(1) & 4, ==, 0);
    net_set_link(t->cable->name, true, &error_abort);
    g_assert_cmphex(phy_read(1) & 0x24, ==, 0x24);
    put(CTRL, 0); /* the MAC may not follow */
    g_assert_cmphex(get(STATUS) & 2, ==, 0);
}

static void a_packet_in_pieces_is_sent_and_reported(void)
{
    const uint8_t *frame;
    size_t size;

    start();
    make_packet(nic_memory(t, TX_DATA), 100, false);
    legacy(0, TX_DATA, 50, IFCS, 0, 0, 0);
    legacy(1, TX_DATA + 50, 104, IFCS | EOP | RS, 0, 0, 0);
    put(IMS, TXDW);
    put(TDT, 2);
    g_assert_cmpuint(t->sent->len, ==, 1);
    frame = sent(0, &size);
    g_assert_cmpmem(frame, size, nic_memory(t, TX_DATA), 154);
    g_assert_cmphex(*nic_memory(t, TX_RING + 12), ==, 0);
    g_assert_cmphex(*nic_memory(t, TX_RING + 28), ==, DD);
    g_assert_cmpuint(get(TDH), ==, 2);
    g_assert_cmpint(t->irq, ==, 1);
    g_assert_cmphex(get(ICR), ==, TXDW | TXQE);
    g_assert_cmpint(t->irq, ==, 0);
    g_assert_cmpuint(get(GPTC), ==, 1);
    g_assert_cmpuint(get(GPTC), ==, 0);
    g_assert_cmpuint(get(GOTCL), ==, 158);
}

static void short_packets_are_padded_if_wanted(void)
{
    size_t size;

    start();
    make_packet(nic_memory(t, TX_DATA), 0, true);
    legacy(0, TX_DATA, 42, IFCS | EOP, 0, 0, 0);
    legacy(1, TX_DATA, 42, IFCS | EOP, 0, 0, 0);
    put(TDT, 1);
    put(TCTL, EN | 8);
    put(TDT, 2);
    sent(0, &size);
    g_assert_cmpuint(size, ==, 42);
    sent(1, &size);
    g_assert_cmpuint(size, ==, 60);
}

static void a_legacy_descriptor_inserts_a_checksum(void)
{
    const uint8_t *frame;
    size_t size;

    start();
    make_packet(nic_memory(t, TX_DATA), 33, false);
    stw_be_p(nic_memory(t, TX_DATA + 60), 0);
    legacy(0, TX_DATA, 87, IFCS | EOP | IC, 60, 54, 0);
    put(TDT, 1);
    frame = sent(0, &size);
    g_assert_cmphex(inet_checksum(inet_sum(0, frame + 54, 33)), ==, 0);
}

/* As Linux leaves it: the pseudo header's sum is in the field. */
static void seed_checksum(uint8_t *frame, size_t l4_size, bool with_length)
{
    unsigned protocol = frame[23], at = 34 + (protocol == 6 ? 16 : 6);

    stw_be_p(frame + at, ~inet_checksum(inet_pseudo_sum(frame + 26, 8, protocol, with_length ? l4_size : 0)));
}

static void context(unsigned n, unsigned tucso, uint8_t command, uint8_t header, uint16_t mss, uint32_t payload)
{
    descriptor(n, 14 | 24 << 8 | 33 << 16, 34 | tucso << 8, payload | (uint32_t)(command | DEXT) << 24,
               header << 8 | (uint32_t)mss << 16);
}

static void a_context_says_where_checksums_go(gconstpointer arg)
{
    bool udp = GPOINTER_TO_INT(arg);
    const uint8_t *frame;
    InetVerdict v;
    size_t size, payload = 101;

    start();
    size = make_packet(nic_memory(t, TX_DATA), payload, udp);
    seed_checksum(nic_memory(t, TX_DATA), size - 34, true);
    context(0, udp ? 40 : 50, 2, 0, 0, 0);
    data(1, TX_DATA, size, IFCS | EOP | RS, 3);
    put(TDT, 2);
    frame = sent(0, &size);
    v = inet_verify(frame, size, 14);
    g_assert_true(v.has_ip && v.ip_ok && (udp ? v.has_udp : v.has_tcp) && v.l4_ok);
}

static void a_large_packet_is_cut(gconstpointer arg)
{
    bool udp = GPOINTER_TO_INT(arg);
    size_t header = udp ? 42 : 54, payload = 2500, size;
    GString *whole = g_string_new(NULL);

    start();
    make_packet(nic_memory(t, TX_DATA), payload, udp);
    seed_checksum(nic_memory(t, TX_DATA), 0, false);
    context(0, udp ? 40 : 50, TSE | 2 | (udp ? 0 : 1), header, 1000, payload);
    data(1, TX_DATA, header, IFCS | TSE, 3);
    data(2, TX_DATA + header, 1500, IFCS | TSE, 3);
    data(3, TX_DATA + header + 1500, 1000, IFCS | TSE | EOP | RS, 3);
    put(TDT, 4);
    g_assert_cmpuint(t->sent->len, ==, 3);
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t *frame = sent(i, &size);
        InetVerdict v = inet_verify(frame, size, 14);

        g_assert_true(v.ip_ok && v.l4_ok);
        g_assert_cmpuint(size, ==, header + (i < 2 ? 1000 : 500));
        g_assert_cmpuint(lduw_be_p(frame + 18), ==, 0x1234 + i);
        if (!udp) {
            g_assert_cmphex(ldl_be_p(frame + 38), ==, 0x01000000 + 1000 * i);
            g_assert_cmphex(frame[47], ==, i < 2 ? 0x10 : 0x19);
        }
        g_string_append_len(whole, (const char *)frame + header, size - header);
    }
    g_assert_cmpmem(whole->str, whole->len, nic_memory(t, TX_DATA + header), payload);
    g_string_free(whole, TRUE);
}

static void a_context_without_a_segment_size_sends_nothing(void)
{
    start();
    make_packet(nic_memory(t, TX_DATA), 100, false);
    context(0, 50, TSE | 3, 54, 0, 100);
    data(1, TX_DATA, 154, IFCS | TSE | EOP | RS, 3);
    legacy(2, TX_DATA, 60, IFCS | EOP | RS, 0, 0, 0);
    put(TDT, 3);
    g_assert_cmpuint(t->sent->len, ==, 1);
    g_assert_cmphex(*nic_memory(t, TX_RING + 16 + 12), ==, DD);
}

static void a_tail_outside_of_the_ring_does_nothing(void)
{
    start();
    make_packet(nic_memory(t, TX_DATA), 100, false);
    legacy(0, TX_DATA, 60, IFCS | EOP, 0, 0, 0);
    put(TDT, 100);
    g_assert_cmpuint(t->sent->len, ==, 0);
    put(TDT, 1);
    g_assert_cmpuint(t->sent->len, ==, 1);
}

static void a_network_that_is_busy_stops_the_ring(void)
{
    start();
    make_packet(nic_memory(t, TX_DATA), 100, false);
    for (unsigned i = 0; i < 4; i++) {
        legacy(i, TX_DATA, 60 + i, IFCS | EOP, 0, 0, 0);
    }
    t->room = 1;
    put(TDT, 4);
    g_assert_cmpuint(t->sent->len, ==, 1);
    g_assert_cmpuint(get(TDH), ==, 2);
    t->room = -1;
    qemu_flush_queued_packets(t->cable);
    nic_test_turn();
    g_assert_cmpuint(t->sent->len, ==, 4);
    g_assert_cmpuint(get(TDH), ==, 4);
}

static void a_vlan_tag_is_inserted(void)
{
    const uint8_t *frame;
    size_t size;

    start();
    put(CTRL, SLU | VME);
    make_packet(nic_memory(t, TX_DATA), 100, false);
    legacy(0, TX_DATA, 154, IFCS | EOP | VLE, 0, 0, 0x6123);
    put(TDT, 1);
    frame = sent(0, &size);
    g_assert_cmpuint(size, ==, 158);
    g_assert_cmphex((uint32_t)ldl_be_p(frame + 12), ==, 0x81006123);
    g_assert_cmpmem(frame + 16, size - 16, nic_memory(t, TX_DATA + 12), 142);
}

/* ---- receiving ---- */

static uint8_t rx_status(unsigned n)
{
    return *nic_memory(t, RX_RING + 16 * n + 12);
}

static uint16_t rx_word(unsigned n, unsigned offset)
{
    return nic_load(&t->mem_as, RX_RING + 16 * n + offset, 2);
}

static void arrive(const uint8_t *to, size_t size)
{
    uint8_t frame[4096];

    memset(frame, 0xa5, sizeof(frame));
    memcpy(frame, to, 6);
    memcpy(frame + 6, other, 6);
    stw_be_p(frame + 12, 0x88b5);
    qemu_send_packet(t->cable, frame, size);
}

static void a_frame_goes_into_the_ring(void)
{
    start();
    put(IMS, RXT0);
    arrive(own, 100);
    g_assert_cmphex(rx_status(0), ==, DD | EOP_STATUS | IXSM);
    g_assert_cmpuint(rx_word(0, 8), ==, 100);
    g_assert_cmpmem(nic_memory(t, RX_DATA), 6, own, 6);
    g_assert_cmpuint(get(RDH), ==, 1);
    g_assert_cmpint(t->irq, ==, 1);
    g_assert_cmpuint(get(GPRC), ==, 1);
}

static void the_fcs_is_there_unless_it_is_stripped(void)
{
    start();
    put(RCTL, EN | BAM);
    arrive(own, 100);
    g_assert_cmpuint(rx_word(0, 8), ==, 104);
    g_assert_cmphex(nic_load(&t->mem_as, RX_DATA + 100, 4), ==, (uint32_t)~net_crc32_le(nic_memory(t, RX_DATA), 100));
}

static void a_long_frame_takes_several_buffers(void)
{
    start();
    put(RCTL, EN | BAM | SECRC | 0x20 | 3 << 16); /* long ones, into 256 bytes each */
    arrive(own, 600);
    g_assert_cmphex(rx_status(0), ==, DD);
    g_assert_cmphex(rx_status(1), ==, DD);
    g_assert_cmphex(rx_status(2), ==, DD | EOP_STATUS | IXSM);
    g_assert_cmpuint(rx_word(2, 8), ==, 600 - 512);
    put(RCTL, EN | BAM | SECRC);
    arrive(own, 2000); /* not without LPE */
    g_assert_cmphex(rx_status(3), ==, 0);
}

static bool takes(const uint8_t *address)
{
    uint32_t head = get(RDH);
    bool taken;

    arrive(address, 60);
    taken = get(RDH) != head;
    put(RDT, (get(RDH) + RING - 1) % RING);
    return taken;
}

static void addresses_are_filtered(void)
{
    unsigned hash = (group[5] << 8 | group[4]) >> 4 & 0xfff;

    start();
    g_assert_true(takes(own));
    g_assert_false(takes(other));
    g_assert_true(takes(all));
    g_assert_false(takes(group));
    put(MTA + hash / 32 * 4, 1u << hash % 32);
    g_assert_true(takes(group));
    g_assert_cmphex(rx_status((get(RDH) + RING - 1) % RING) & PIF, ==, PIF);
    put(RCTL, EN | SECRC | 1 << 12); /* another part of the address */
    g_assert_false(takes(group));
    g_assert_false(takes(all));
    put(MTA + hash / 32 * 4, 0);
    put(RCTL, EN | SECRC | UPE);
    g_assert_true(takes(other));
    g_assert_false(takes(group));
    put(RCTL, EN | SECRC | MPE);
    g_assert_true(takes(group));
    put(RAL + 8 * 15, ldl_le_p(other));
    put(RAL + 8 * 15 + 4, 0x80009999);
    g_assert_true(takes(other));
    put(RCTL, 0);
    g_assert_false(takes(own));
}

static void arrive_tagged(uint16_t tag)
{
    uint8_t frame[104] = { 0 };

    memcpy(frame, own, 6);
    stw_be_p(frame + 12, 0x8100);
    stw_be_p(frame + 14, tag);
    stw_be_p(frame + 16, 0x88b5);
    qemu_send_packet(t->cable, frame, sizeof(frame));
}

static void vlans_are_stripped_and_filtered(void)
{
    start();
    arrive_tagged(0x2005);
    g_assert_cmpuint(rx_word(0, 8), ==, 104);
    put(CTRL, SLU | VME);
    arrive_tagged(0x2005);
    g_assert_cmpuint(rx_word(1, 8), ==, 100);
    g_assert_cmphex(rx_word(1, 14), ==, 0x2005);
    g_assert_cmphex(rx_status(1) & VP, ==, VP);
    g_assert_cmphex(lduw_be_p(nic_memory(t, RX_DATA + 4096 + 12)), ==, 0x88b5);
    put(RCTL, EN | SECRC | VFE);
    arrive_tagged(5);
    g_assert_cmpuint(get(RDH), ==, 2);
    put(VFTA, 1 << 5);
    arrive_tagged(5);
    g_assert_cmpuint(get(RDH), ==, 3);
}

static void checksums_are_judged(void)
{
    uint8_t frame[256];
    size_t size = make_packet(frame, 100, false);

    start();
    put(RXCSUM, 0x300);
    memcpy(frame, own, 6);
    inet_fill(frame, size, 14, true, true);
    qemu_send_packet(t->cable, frame, size);
    g_assert_cmphex(rx_status(0), ==, DD | EOP_STATUS | IPCS | TCPCS);
    g_assert_cmphex(*nic_memory(t, RX_RING + 13), ==, 0);
    frame[60]++;
    qemu_send_packet(t->cable, frame, size);
    g_assert_cmphex(*nic_memory(t, RX_RING + 16 + 13), ==, 0x20);
    frame[22]++;
    qemu_send_packet(t->cable, frame, size);
    g_assert_cmphex(*nic_memory(t, RX_RING + 32 + 13), ==, 0x60);
    arrive(own, 60);
    g_assert_cmphex(rx_status(3), ==, DD | EOP_STATUS);
}

static void a_full_ring_makes_frames_wait(void)
{
    start();
    for (unsigned i = 0; i < RING + 2; i++) {
        arrive(own, 60 + i);
    }
    g_assert_cmpuint(get(RDH), ==, RING - 1);
    g_assert_cmphex(get(ICR) & RXDMT0, ==, RXDMT0);
    put(RDT, 3);
    g_assert_cmpuint(get(RDH), ==, 2);
    g_assert_cmpuint(rx_word(0, 8), ==, 60 + RING);
}

/* ---- interrupts ---- */

static void causes_are_masked_set_and_cleared(void)
{
    start();
    put(ICS, RXT0 | LSC);
    g_assert_cmpint(t->irq, ==, 0);
    put(IMS, RXT0);
    g_assert_cmpint(t->irq, ==, 1);
    put(IMC, RXT0);
    g_assert_cmpint(t->irq, ==, 0);
    g_assert_cmphex(get(IMS), ==, 0);
    put(ICR, LSC);
    g_assert_cmphex(get(ICR), ==, RXT0);
    g_assert_cmphex(get(ICR), ==, 0);
}

static void the_throttle_keeps_interrupts_apart(void)
{
    start();
    put(ITR, 1000); /* 256 us */
    put(IMS, RXT0);
    put(ICS, RXT0);
    g_assert_cmpint(t->irq, ==, 1);
    get(ICR);
    put(ICS, RXT0);
    g_assert_cmpint(t->irq, ==, 0);
    test_advance_ns(255999);
    g_assert_cmpint(t->irq, ==, 0);
    test_advance_ns(1);
    g_assert_cmpint(t->irq, ==, 1);
}

static void reports_may_wait_for_more(void)
{
    start();
    put(RCTL, EN | BAM | SECRC | 2 << 8); /* few are left at an eighth */
    put(RDTR, 10);
    put(RADV, 15);
    arrive(own, 60);
    test_advance_ns(10 * 1024 - 1);
    g_assert_cmphex(get(ICR), ==, 0);
    arrive(own, 60);
    test_advance_ns(5 * 1024 + 1);
    g_assert_cmphex(get(ICR), ==, RXT0); /* no later than RADV after the first */
    arrive(own, 60);
    put(RDTR, 0x80000000 | 10);
    g_assert_cmphex(get(ICR), ==, RXT0);
    make_packet(nic_memory(t, TX_DATA), 100, false);
    legacy(0, TX_DATA, 60, IFCS | EOP | RS | IDE, 0, 0, 0);
    put(TIDV, 4);
    put(TDT, 1);
    g_assert_cmphex(get(ICR), ==, TXQE);
    test_advance_ns(4 * 1024);
    g_assert_cmphex(get(ICR), ==, TXDW);
}

static void loopback_comes_back(void)
{
    start();
    put(RCTL, EN | SECRC | UPE | 3 << 6);
    make_packet(nic_memory(t, TX_DATA), 100, false);
    legacy(0, TX_DATA, 154, IFCS | EOP, 0, 0, 0);
    put(TDT, 1);
    g_assert_cmpuint(t->sent->len, ==, 0);
    g_assert_cmpuint(rx_word(0, 8), ==, 154);
}

static void a_reset_forgets_all_but_the_eeprom(void)
{
    start();
    put(IMS, RXT0);
    put(RAL, 0);
    put(CTRL, RST);
    g_assert_cmphex(get(IMS), ==, 0);
    g_assert_cmphex(get(RDT), ==, 0);
    g_assert_cmphex(get(RAL), ==, 0x33221102);
    g_assert_cmphex(get(CTRL) & RST, ==, 0);
}

static void a_controller_that_writes_to_itself_survives(void)
{
    start();
    put(RCTL, EN | SECRC | UPE | 3 << 6);
    nic_store(&t->mem_as, RX_RING, REGS + TDT, 4); /* the received frame's start becomes TDT */
    make_packet(nic_memory(t, TX_DATA), 100, false);
    legacy(0, TX_DATA, 154, IFCS | EOP, 0, 0, 0);
    legacy(1, REGS, 154, IFCS | EOP, 0, 0, 0);
    put(TDT, 2);
    for (unsigned i = 0; i < 4; i++) {
        nic_test_turn();
    }
}

static void a_snapshot_goes_on_within_a_packet(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const VMStateDescription *vmsd;
    VMStateReader reader;
    size_t size;

    start();
    vmsd = DEVICE_GET_CLASS(t->dev)->vmsd;
    make_packet(nic_memory(t, TX_DATA), 100, false);
    legacy(0, TX_DATA, 50, IFCS, 0, 0, 0);
    legacy(1, TX_DATA + 50, 104, IFCS | EOP | RS, 0, 0, 0);
    put(TDT, 1);
    vmstate_save_state(bytes, vmsd, t->dev, &error_abort);
    put(CTRL, RST);
    reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, t->dev, &error_abort), ==, 0);
    put(TDT, 2);
    sent(0, &size);
    g_assert_cmpuint(size, ==, 154);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*function)(void);
    } tests[] = {
        { "pci", the_pci_side_is_the_manuals },
        { "io-window", the_io_window_leads_to_registers },
        { "eeprom/contents", the_eeprom_holds_the_address_and_sums_up },
        { "eeprom/wires", the_eeproms_wires_read_it_too },
        { "phy", the_phy_is_at_address_1 },
        { "link", the_link_is_seen_by_mac_and_phy },
        { "tx/pieces", a_packet_in_pieces_is_sent_and_reported },
        { "tx/padding", short_packets_are_padded_if_wanted },
        { "tx/legacy-checksum", a_legacy_descriptor_inserts_a_checksum },
        { "tx/no-segment-size", a_context_without_a_segment_size_sends_nothing },
        { "tx/tail-outside", a_tail_outside_of_the_ring_does_nothing },
        { "tx/busy-network", a_network_that_is_busy_stops_the_ring },
        { "tx/vlan", a_vlan_tag_is_inserted },
        { "rx/ring", a_frame_goes_into_the_ring },
        { "rx/fcs", the_fcs_is_there_unless_it_is_stripped },
        { "rx/several-buffers", a_long_frame_takes_several_buffers },
        { "rx/addresses", addresses_are_filtered },
        { "rx/vlan", vlans_are_stripped_and_filtered },
        { "rx/checksums", checksums_are_judged },
        { "rx/full-ring", a_full_ring_makes_frames_wait },
        { "irq/causes", causes_are_masked_set_and_cleared },
        { "irq/throttle", the_throttle_keeps_interrupts_apart },
        { "irq/delays", reports_may_wait_for_more },
        { "loopback", loopback_comes_back },
        { "reset", a_reset_forgets_all_but_the_eeprom },
        { "own-registers", a_controller_that_writes_to_itself_survives },
        { "snapshot", a_snapshot_goes_on_within_a_packet },
    };

    device_test_init(&argc, &argv);
    type_register_static(&nic_test_host_type);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        g_autofree char *path = g_strconcat("/e1000/", tests[i].path, NULL);

        g_test_add_func(path, tests[i].function);
    }
    g_test_add_data_func("/e1000/tx/context/tcp", GINT_TO_POINTER(false), a_context_says_where_checksums_go);
    g_test_add_data_func("/e1000/tx/context/udp", GINT_TO_POINTER(true), a_context_says_where_checksums_go);
    g_test_add_data_func("/e1000/tx/segments/tcp", GINT_TO_POINTER(false), a_large_packet_is_cut);
    g_test_add_data_func("/e1000/tx/segments/udp", GINT_TO_POINTER(true), a_large_packet_is_cut);
    return g_test_run();
}
