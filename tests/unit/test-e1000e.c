/*
 * Intel 82574L: what it has beyond the 82540EM (test-e1000.c); one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "e1000-test.h"
#include "hw/pci/msix.h"

#define MSIX (NIC_TEST_BARS + 3 * MiB)

enum {
    CTRL = 0, STATUS = 8, EECD = 0x10, EERD = 0x14, CTRL_EXT = 0x18, MDIC = 0x20, ICR = 0xc0, ICS = 0xc8, IMS = 0xd0, IMC = 0xd8,
    EIAC = 0xdc, IAM = 0xe0, IVAR = 0xe4, EITR = 0xe8, RCTL = 0x100, TCTL = 0x400, EEWR = 0x102c, PSRCTL = 0x2170,
    RDBAL = 0x2800, RDBAL1 = 0x2900, TDBAL = 0x3800, TDBAL1 = 0x3900, LEN = 8, HEAD = 0x10, TAIL = 0x18, RXCSUM = 0x5000,
    RFCTL = 0x5008, MRQC = 0x5818, SWSM = 0x5b50, RETA = 0x5c00, RSSRK = 0x5c80, SYSTIML = 0xb600, TIMINCA = 0xb608,
};
enum { RXQ0 = 1 << 20, TXQ0 = 1 << 22, OTHER = 1 << 24, LSC = 4, RXT0 = 0x80 };

#define RX_RING  0x2000
#define RX_RING1 0x3000
#define TX_RING  0x4000
#define RX_DATA  0x40000
#define MESSAGES 0x8000 /* vector n writes to here + 4 * n */
#define RING     8

static void start(void)
{
    t = nic_test_new("e1000e", true);
    nic_test_enable(t, 2);
    put(CTRL, 0x40);
    for (unsigned q = 0; q < 2; q++) {
        unsigned base = q ? RDBAL1 : RDBAL;

        put(base, q ? RX_RING1 : RX_RING);
        put(base + LEN, RING * 16);
        for (unsigned i = 0; i < RING; i++) {
            nic_store(&t->mem_as, (q ? RX_RING1 : RX_RING) + 16 * i, RX_DATA + 4096 * (i + RING * q), 4);
        }
    }
    put(RCTL, 2 | 0x8000 | 0x04000000); /* on, broadcasts, no FCS */
    put(RDBAL + TAIL, RING - 1);
    put(RDBAL1 + TAIL, RING - 1);
    get(ICR);
}

/* Table and masks: each vector's message is its number plus 1. */
static void use_messages(void)
{
    uint8_t cap = t->dev->msix_cap;

    for (unsigned i = 0; i < 5; i++) {
        nic_store(&t->mem_as, MSIX + 16 * i, MESSAGES + 4 * i, 4);
        nic_store(&t->mem_as, MSIX + 16 * i + 8, i + 1, 4);
        nic_store(&t->mem_as, MSIX + 16 * i + 12, 0, 4);
        nic_store(&t->mem_as, MESSAGES + 4 * i, 0, 4);
    }
    nic_config(t, cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
}

static bool was_told(unsigned vector)
{
    bool told = ldl_le_p(nic_memory(t, MESSAGES + 4 * vector)) == vector + 1;

    stl_le_p(nic_memory(t, MESSAGES + 4 * vector), 0);
    return told;
}

static void the_pci_side_is_the_manuals(void)
{
    start();
    g_assert_cmphex(nic_get_config(t, PCI_VENDOR_ID, 4), ==, 0x10d38086);
    nic_config(t, PCI_BASE_ADDRESS_0, 0xffffffff, 4);
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_0, 4), ==, 0xfffe0000);
    nic_config(t, PCI_BASE_ADDRESS_3, 0xffffffff, 4);
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_3, 4), ==, 0xffffc000);
}

static void the_eeprom_has_the_address_and_a_sum(void)
{
    uint16_t sum = 0;

    start();
    put(EERD, 0 << 2 | 1);
    g_assert_cmphex(get(EERD) & 2, ==, 2);
    g_assert_cmphex(get(EERD) >> 16, ==, lduw_le_p(own));
    for (unsigned i = 0; i < 0x40; i++) {
        put(EERD, i << 2 | 1);
        sum += get(EERD) >> 16;
    }
    g_assert_cmphex(sum, ==, 0xbaba);
    put(EEWR, 0x1234u << 16 | 0x20 << 2 | 1);
    put(EERD, 0x20 << 2 | 1);
    g_assert_cmphex(get(EERD) >> 16, ==, 0x1234);
    g_assert_cmphex(get(SWSM) & 1, ==, 0);
    g_assert_cmphex(get(SWSM) & 1, ==, 1); /* taken */
}

/* 10.2.4.1: reading forgets what was told, or what can't be; and masks if that is wished. */
static void reading_causes_clears_and_masks_them(void)
{
    start();
    put(ICS, RXT0);
    put(IMS, LSC);
    g_assert_cmphex(get(ICR), ==, RXT0);
    g_assert_cmphex(get(ICR), ==, RXT0);
    put(IAM, LSC);
    put(CTRL_EXT, 1 << 27);
    put(ICS, LSC);
    g_assert_cmpint(t->irq, ==, 1);
    g_assert_cmphex(get(ICR), ==, 0x80000000u | LSC | OTHER | RXT0);
    g_assert_cmpint(t->irq, ==, 0);
    g_assert_cmphex(get(IMS), ==, 0);
    put(ICS, LSC);
    g_assert_cmphex(get(ICR), ==, LSC | OTHER);
    g_assert_cmphex(get(ICR), ==, 0);
}

static void each_cause_has_its_message(void)
{
    start();
    use_messages();
    put(IVAR, 8 | 9 << 4 | 10 << 8 | 11 << 12 | 12 << 16);
    put(EIAC, RXQ0 | TXQ0);
    put(IMS, RXQ0 | TXQ0 | OTHER);
    put(ICS, RXQ0);
    g_assert_true(was_told(0));
    put(ICS, RXQ0);
    g_assert_true(was_told(0));
    put(ICS, LSC); /* not cleared by being told: told once */
    g_assert_true(was_told(4));
    put(ICS, LSC);
    g_assert_false(was_told(4));
    get(ICR);
    put(ICS, LSC);
    g_assert_true(was_told(4));
    put(IMC, TXQ0);
    put(ICS, TXQ0);
    g_assert_false(was_told(2));
    put(IMS, TXQ0);
    g_assert_true(was_told(2));
    /* the throttle */
    put(EITR, 1000);
    put(ICS, RXQ0);
    g_assert_true(was_told(0));
    put(ICS, RXQ0);
    g_assert_false(was_told(0));
    test_advance_ns(256 * 1000);
    g_assert_true(was_told(0));
}

/* An IPv4 TCP frame whose addresses and ports are the first example for the hash that drivers are checked with. */
static size_t example(uint8_t *frame)
{
    memset(frame, 0, 80);
    memcpy(frame, own, 6);
    memcpy(frame + 6, other, 6);
    stw_be_p(frame + 12, 0x0800);
    frame[14] = 0x45;
    stw_be_p(frame + 16, 66);
    stw_be_p(frame + 18, 0x4321);
    frame[22] = 64;
    frame[23] = 6;
    memcpy(frame + 26, (uint8_t[]){ 66, 9, 149, 187, 161, 142, 100, 80 }, 8);
    stw_be_p(frame + 34, 2794);
    stw_be_p(frame + 36, 1766);
    frame[46] = 0x50;
    for (int i = 54; i < 80; i++) {
        frame[i] = i;
    }
    return 80;
}

static void use_hash(void)
{
    static const uint8_t key[40] = {
        0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
        0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
    };

    for (unsigned i = 0; i < 10; i++) {
        put(RSSRK + 4 * i, ldl_le_p(key + 4 * i));
    }
    put(MRQC, 1 | 3 << 16);
    put(RXCSUM, 0x2300);
    put(RFCTL, 0x8000);
}

static void the_hash_chooses_the_queue(void)
{
    uint8_t frame[80];
    size_t size = example(frame);

    start();
    use_hash();
    qemu_send_packet(t->cable, frame, size);
    g_assert_cmpuint(get(RDBAL + HEAD), ==, 1);
    g_assert_cmphex(ldl_le_p(nic_memory(t, RX_RING)), ==, 1);
    g_assert_cmphex(ldl_le_p(nic_memory(t, RX_RING + 4)), ==, 0x51ccc178);
    g_assert_cmphex(ldl_le_p(nic_memory(t, RX_RING + 8)) & 3, ==, 3);
    g_assert_cmpuint(lduw_le_p(nic_memory(t, RX_RING + 12)), ==, size);
    put(RETA + (0x78 & ~3), 0x80);
    get(ICR);
    qemu_send_packet(t->cable, frame, size);
    g_assert_cmpuint(get(RDBAL1 + HEAD), ==, 1);
    g_assert_cmphex(ldl_le_p(nic_memory(t, RX_RING1)), ==, 0x101);
    g_assert_cmpmem(nic_memory(t, RX_DATA + 4096 * RING), size, frame, size);
    g_assert_cmphex(get(ICR) & (RXQ0 | RXQ0 << 1), ==, RXQ0 << 1);
    put(MRQC, 1 | 2 << 16); /* addresses alone */
    qemu_send_packet(t->cable, frame, size);
    g_assert_cmphex(ldl_le_p(nic_memory(t, RX_RING + 16 + 4)), ==, 0x323e8fc2);
}

static void headers_have_a_buffer_of_their_own(void)
{
    uint8_t frame[80];
    size_t size = example(frame);

    start();
    put(RFCTL, 0x8000);
    put(RCTL, 2 | 0x8000 | 0x04000000 | 1 << 10);
    put(RDBAL + TAIL, 2);
    for (unsigned i = 0; i < 4; i++) {
        stq_le_p(nic_memory(t, RX_RING + 8 * i), RX_DATA + 0x1000 * i);
    }
    qemu_send_packet(t->cable, frame, size);
    g_assert_cmpuint(get(RDBAL + HEAD), ==, 1);
    g_assert_cmphex(lduw_le_p(nic_memory(t, RX_RING + 16)), ==, 0x8000 | 54);
    g_assert_cmpuint(lduw_le_p(nic_memory(t, RX_RING + 12)), ==, 54);
    g_assert_cmpuint(lduw_le_p(nic_memory(t, RX_RING + 18)), ==, size - 54);
    g_assert_cmphex(lduw_le_p(nic_memory(t, RX_RING + 4)), ==, 0x4321);
    g_assert_cmpmem(nic_memory(t, RX_DATA), 54, frame, 54);
    g_assert_cmpmem(nic_memory(t, RX_DATA + 0x1000), size - 54, frame + 54, size - 54);
}

static void both_queues_send(void)
{
    size_t size;

    start();
    put(TCTL, 2);
    for (unsigned q = 0; q < 2; q++) {
        unsigned base = q ? TDBAL1 : TDBAL;

        memset(nic_memory(t, 0x10000 + 0x1000 * q), q + 1, 60);
        stq_le_p(nic_memory(t, TX_RING + 0x1000 * q), 0x10000 + 0x1000 * q);
        stl_le_p(nic_memory(t, TX_RING + 0x1000 * q + 8), 60 | 0x0b000000);
        put(base, TX_RING + 0x1000 * q);
        put(base + LEN, 128);
        put(base + TAIL, 1);
        g_assert_cmphex(get(ICR) & (TXQ0 | TXQ0 << 1), ==, TXQ0 << q);
    }
    g_assert_cmpuint(t->sent->len, ==, 2);
    g_assert_cmpint(*(const uint8_t *)g_bytes_get_data(t->sent->pdata[1], &size), ==, 2);
}

static void the_clock_runs_as_it_is_told(void)
{
    start();
    put(TIMINCA, 1 << 24 | 40);
    test_advance_ns(1000000);
    g_assert_cmpuint(get(SYSTIML), ==, 1000000);
}

static void pages_of_the_phy_hide_nothing(void)
{
    start();
    put(MDIC, 2u << 26 | 1 << 21 | 3 << 16);
    g_assert_cmphex(get(MDIC) & 0xffff, ==, 0x0cb1);
    put(MDIC, 1u << 26 | 1 << 21 | 22 << 16 | 5);
    put(MDIC, 2u << 26 | 1 << 21 | 17 << 16);
    g_assert_cmphex(get(MDIC) & 0xffff, ==, 0);
    put(MDIC, 2u << 26 | 1 << 21 | 2 << 16);
    g_assert_cmphex(get(MDIC) & 0xffff, ==, 0x0141);
    put(MDIC, 1u << 26 | 1 << 21 | 22 << 16);
    put(MDIC, 2u << 26 | 1 << 21 | 17 << 16);
    g_assert_cmphex(get(MDIC) & 0xffff, ==, 0xac00);
}

/* Whatever a driver does, with rings and buffers that are registers now and then; a copy of its state then is alike. */
static void random_drivers_do_no_harm(void)
{
    static const uint16_t hot[] = {
        CTRL, CTRL_EXT, ICR, ICS, IMS, IMC, EIAC, IAM, IVAR, EITR, RCTL, TCTL, PSRCTL, RFCTL, MRQC, RDBAL, RDBAL + LEN, RDBAL + HEAD,
        RDBAL + TAIL, RDBAL1, RDBAL1 + LEN, RDBAL1 + TAIL, TDBAL, TDBAL + LEN, TDBAL + TAIL, TDBAL1, TDBAL1 + LEN, TDBAL1 + TAIL,
    };
    uint8_t frame[1600];

    start();
    use_messages();
    for (int i = 0; i < 20000; i++) {
        uint32_t value = g_test_rand_int_range(0, 3) ? (uint32_t)g_test_rand_int_range(0, 256) : (uint32_t)g_test_rand_int();

        switch (g_test_rand_int_range(0, 16)) {
        case 0:
            example(frame);
            frame[g_test_rand_int_range(12, 80)] ^= 1 << g_test_rand_int_range(0, 8);
            qemu_send_packet(t->cable, frame, g_test_rand_int_range(14, sizeof(frame)));
            break;
        case 1:
            put(g_test_rand_int_range(0, 0x6000) * 4, value);
            break;
        case 2:
            stl_le_p(nic_memory(t, TX_RING + (value & 0x3ffc)), g_test_rand_int());
            break;
        case 3:
            put(hot[g_test_rand_int_range(0, G_N_ELEMENTS(hot))], REGS + (value & 0xfff0));
            break;
        case 4:
            main_loop_wait(true);
            test_advance_ns(value);
            break;
        default:
            put(hot[g_test_rand_int_range(0, G_N_ELEMENTS(hot))], value << g_test_rand_int_range(0, 16));
        }
    }
    test_copy_state(DEVICE(t->dev), DEVICE(nic_test_new("e1000e", true)->dev));
    device_cold_reset(DEVICE(t->dev));
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    nic_test_init();
    g_test_add_func("/e1000e/the-pci-side-is-the-manuals", the_pci_side_is_the_manuals);
    g_test_add_func("/e1000e/the-eeprom-has-the-address-and-a-sum", the_eeprom_has_the_address_and_a_sum);
    g_test_add_func("/e1000e/reading-causes-clears-and-masks-them", reading_causes_clears_and_masks_them);
    g_test_add_func("/e1000e/each-cause-has-its-message", each_cause_has_its_message);
    g_test_add_func("/e1000e/the-hash-chooses-the-queue", the_hash_chooses_the_queue);
    g_test_add_func("/e1000e/headers-have-a-buffer-of-their-own", headers_have_a_buffer_of_their_own);
    g_test_add_func("/e1000e/both-queues-send", both_queues_send);
    g_test_add_func("/e1000e/the-clock-runs-as-it-is-told", the_clock_runs_as_it_is_told);
    g_test_add_func("/e1000e/pages-of-the-phy-hide-nothing", pages_of_the_phy_hide_nothing);
    g_test_add_func("/e1000e/random-drivers-do-no-harm", random_drivers_do_no_harm);
    return g_test_run();
}
