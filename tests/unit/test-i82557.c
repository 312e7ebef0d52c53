/*
 * Intel 8255x: a driver's steps, one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/net/i82557.h"
#include "nic-test.h"

#define CSR (NIC_TEST_BARS)

enum { STATUS = 0, CAUSES = 1, COMMAND = 2, MASKS = 3, POINTER = 4, PORT = 8, EEPROM = 0xe,
       MDI = 0x10, GENERAL_STATUS = 0x1d };

enum { CX = 0x80, FR = 0x40, CNA = 0x20, RNR = 0x10, MDI_DONE = 0x08, SWI = 0x04 };
enum { CU_START = 0x10, CU_RESUME = 0x20, CU_COUNTERS = 0x40, CU_DUMP = 0x50, CU_BASE = 0x60,
       CU_DUMP_RESET = 0x70, CU_STATIC_RESUME = 0xa0 };
enum { RU_START = 1, RU_RESUME = 2, RU_ABORT = 4, RU_BASE = 6 };
enum { EL = 0x8000, S = 0x4000, I = 0x2000, SF = 8, NC = 0x10 };
enum { NOP = 0, ADDRESS = 1, CONFIGURE = 2, MULTICAST = 3, TRANSMIT = 4, DUMP = 6, DIAGNOSE = 7 };
enum { CU_IDLE = 0, CU_SUSPENDED = 0x40, CU_ACTIVE = 0x80 };
enum { RU_SUSPENDED = 0x04, RU_NO_RESOURCES = 0x08, RU_READY = 0x10 };

#define COMPLETE 0xa000 /* C and OK */

/* Where the driver has its lists. */
#define CBL 0x1000
#define RFA 0x8000
#define DUMP_AREA 0x4000

static const uint8_t own[6] = { 2, 0x11, 0x22, 0x33, 0x44, 0x55 };
static const uint8_t other[6] = { 2, 0x99, 0x99, 0x99, 0x99, 0x99 };
static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 };

static NicTest *t;

static uint32_t get(unsigned reg, unsigned size)
{
    return nic_load(&t->mem_as, CSR + reg, size);
}

static void put(unsigned reg, uint32_t value, unsigned size)
{
    nic_store(&t->mem_as, CSR + reg, value, size);
}

static void command(uint8_t value, uint32_t pointer)
{
    put(POINTER, pointer, 4);
    put(COMMAND, value, 1);
    g_assert_cmphex(get(COMMAND, 1), ==, 0);
}

static uint16_t word(uint32_t addr)
{
    return nic_load(&t->mem_as, addr, 2);
}

static uint32_t lword(uint32_t addr)
{
    return nic_load(&t->mem_as, addr, 4);
}

static void set_word(uint32_t addr, uint16_t value)
{
    nic_store(&t->mem_as, addr, value, 2);
}

static void set_lword(uint32_t addr, uint32_t value)
{
    nic_store(&t->mem_as, addr, value, 4);
}

/* Command block n, CBL + 64 n; its link leads to block n + 1. */
static uint32_t block(unsigned n, uint16_t command_word)
{
    uint32_t at = CBL + 64 * n;

    set_word(at, 0);
    set_word(at + 2, command_word);
    set_lword(at + 4, at + 64);
    return at;
}

static void configure(unsigned byte, uint8_t set, uint8_t clear)
{
    static const uint8_t sane[22] = {
        22, 8, 0, 0, 0, 0, 0x32, 0x03, 1, 0, 0x2e, 0, 0x60, 0, 0xf2, 0xc8, 0, 0x40, 0xf2, 0x80,
        0x3f, 5,
    };
    uint32_t at = block(60, EL | CONFIGURE);

    memcpy(nic_memory(t, at + 8), sane, sizeof(sane));
    *nic_memory(t, at + 8 + byte) = (*nic_memory(t, at + 8 + byte) & ~clear) | set;
    command(CU_START, at);
    g_assert_cmphex(word(at), ==, COMPLETE);
    put(CAUSES, 0xff, 1);
}

static void start_with(const char *type, bool cable)
{
    t = nic_test_new(type, cable);
    nic_test_enable(t, 1);
}

static void start(void)
{
    start_with(TYPE_I82559ER, true);
}

/* A frame of `size` bytes: header, then bytes that count up. */
static void make_frame(uint8_t *frame, size_t size, const uint8_t *to)
{
    memcpy(frame, to, 6);
    memcpy(frame + 6, own, 6);
    frame[12] = 0x08;
    frame[13] = 0x00;
    for (size_t i = 14; i < size; i++) {
        frame[i] = i;
    }
}

/* Ready for `n` frames: RFDs of 2 KiB from RFA on, the last with EL. */
static void start_receiving(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t rfd = RFA + 2048 * i;

        set_lword(rfd, (i == n - 1 ? (uint32_t)EL : 0) << 16);
        set_lword(rfd + 4, rfd + 2048);
        set_lword(rfd + 12, 1600 << 16);
    }
    command(RU_START, RFA);
}

static void arrive(size_t size, const uint8_t *to)
{
    uint8_t frame[3000];

    make_frame(frame, size, to);
    qemu_send_packet(t->cable, frame, size);
}

/* Counter number n, from a dump. */
static uint32_t counter(unsigned n)
{
    command(CU_COUNTERS, DUMP_AREA);
    command(CU_DUMP, 0);
    return lword(DUMP_AREA + 4 * n);
}

enum { TX_GOOD = 0, TX_LOST_CARRIER = 4, RX_GOOD = 9, RX_NO_RESOURCES = 12, RX_SHORT = 15 };

/* --- PCI --- */

static void the_family_has_its_ids(void)
{
    static const struct { const char *type; uint32_t id; uint8_t revision; } members[] = {
        { "i82557a", 0x12298086, 1 }, { "i82558b", 0x12298086, 5 }, { "i82559c", 0x12298086, 8 },
        { "i82559er", 0x12098086, 9 }, { "i82551", 0x12098086, 15 }, { "i82801", 0x24498086, 3 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        start_with(members[i].type, true);
        g_assert_cmphex(nic_get_config(t, PCI_VENDOR_ID, 4), ==, members[i].id);
        g_assert_cmphex(nic_get_config(t, PCI_REVISION_ID, 4), ==, 0x02000000 | members[i].revision);
    }
}

static void bars_have_the_manuals_sizes(void)
{
    start();
    for (int bar = 0; bar < 3; bar++) {
        nic_config(t, PCI_BASE_ADDRESS_0 + 4 * bar, 0xffffffff, 4);
    }
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_0, 4), ==, 0xfffff000);
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_1, 4), ==, 0xffffffc1);
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_2, 4), ==, 0xfff00000);
}

static void the_csr_is_in_memory_and_in_io(void)
{
    start();
    put(POINTER, 0x12345678, 4);
    g_assert_cmphex(nic_load(&t->io_as, NIC_TEST_IO + POINTER, 4), ==, 0x12345678);
    nic_store(&t->io_as, NIC_TEST_IO + POINTER + 1, 0xab, 1);
    g_assert_cmphex(get(POINTER, 4), ==, 0x1234ab78);
}

static void no_flash_reads_as_ones(void)
{
    start();
    g_assert_cmphex(nic_load(&t->mem_as, NIC_TEST_BARS + 2 * MiB, 4), ==, 0xffffffff);
}

static void power_management_declares_no_wake_up(void)
{
    start();
    g_assert_cmphex(nic_get_config(t, PCI_CAPABILITY_LIST, 1), ==, 0xdc);
    g_assert_cmphex(nic_get_config(t, 0xdc, 4), ==, 0x06220001);
    nic_config(t, 0xe0, 0x8103, 2); /* D3; PME bits don't exist */
    g_assert_cmphex(nic_get_config(t, 0xe0, 2), ==, 0x4003);
    g_assert_cmphex(nic_get_config(t, 0xe3, 1), ==, 58);
}

static void asleep_it_answers_in_configuration_space_only(void)
{
    MemTxResult result;

    start();
    put(POINTER, 0x1000, 4);
    nic_config(t, 0xe0, 1, 2);
    address_space_ldl_le(&t->mem_as, CSR, MEMTXATTRS_UNSPECIFIED, &result);
    g_assert_cmpuint(result, !=, MEMTX_OK);
    nic_config(t, 0xe0, 0, 2);
    g_assert_cmphex(get(POINTER, 4), ==, 0x1000);
    nic_config(t, 0xe0, 3, 2);
    nic_config(t, 0xe0, 0, 2);
    g_assert_cmphex(get(POINTER, 4), ==, 0); /* reset on the way from D3 */
}

/* --- EEPROM --- */

static bool eeprom_clock(bool bit)
{
    uint8_t level = 2 | (bit ? 4 : 0);

    put(EEPROM, level, 1);
    put(EEPROM, level | 1, 1);
    bit = get(EEPROM, 1) & 8;
    put(EEPROM, level, 1);
    return bit;
}

/* Start bit, opcode and address; the output while the last bit is clocked. */
static bool eeprom_command(unsigned opcode_and_address)
{
    bool last = true;

    put(EEPROM, 0, 1);
    put(EEPROM, 2, 1);
    eeprom_clock(1);
    for (int i = 7; i >= 0; i--) {
        last = eeprom_clock(opcode_and_address >> i & 1);
    }
    return last;
}

static uint16_t eeprom_bits(void)
{
    uint16_t value = 0;

    for (int i = 0; i < 16; i++) {
        value = value << 1 | eeprom_clock(0);
    }
    return value;
}

static uint16_t eeprom_word(unsigned address)
{
    g_assert_false(eeprom_command(0x80 | address)); /* the dummy 0 */
    return eeprom_bits();
}

static void eeprom_write(unsigned address, uint16_t value)
{
    eeprom_command(0x40 | address);
    for (int i = 15; i >= 0; i--) {
        eeprom_clock(value >> i & 1);
    }
    put(EEPROM, 0, 1);
    put(EEPROM, 2, 1);
    g_assert_true(get(EEPROM, 1) & 8); /* ready */
}

static void the_eeprom_holds_the_address_and_sums_up(void)
{
    uint16_t sum = 0;

    start();
    for (int i = 0; i < 64; i++) {
        sum += eeprom_word(i);
    }
    g_assert_cmphex(sum, ==, 0xbaba);
    g_assert_cmphex(eeprom_word(0), ==, 0x1102);
    g_assert_cmphex(eeprom_word(1), ==, 0x3322);
    g_assert_cmphex(eeprom_word(2), ==, 0x5544);
    g_assert_cmphex(eeprom_bits(), ==, 0x0000); /* and goes on with word 3 */
    eeprom_bits();
    g_assert_cmphex(eeprom_bits(), ==, 0x0001);
}

static void the_eeprom_is_written_when_enabled(void)
{
    start();
    eeprom_write(0x20, 0x1234);
    g_assert_cmphex(eeprom_word(0x20), ==, 0x0000);
    eeprom_command(0x30);
    eeprom_write(0x20, 0x1234);
    g_assert_cmphex(eeprom_word(0x20), ==, 0x1234);
    eeprom_command(0xc0 | 0x20); /* erase */
    put(EEPROM, 0, 1);
    g_assert_cmphex(eeprom_word(0x20), ==, 0xffff);
    eeprom_command(0x00);
    eeprom_write(0x20, 0x5678);
    g_assert_cmphex(eeprom_word(0x20), ==, 0xffff);
}

static void a_reset_keeps_the_eeprom_and_reads_the_address_from_it(void)
{
    start();
    eeprom_command(0x30);
    eeprom_write(2, 0x7766);
    device_cold_reset(DEVICE(t->dev));
    nic_test_enable(t, 1);
    g_assert_cmphex(eeprom_word(2), ==, 0x7766);
    start_receiving(4);
    arrive(60, (const uint8_t[]){ 2, 0x11, 0x22, 0x33, 0x66, 0x77 });
    g_assert_cmphex(word(RFA), ==, COMPLETE | 0x20);
}

/* --- MDI --- */

static uint16_t mdi(unsigned opcode, unsigned phy, unsigned reg, uint16_t data)
{
    put(MDI, opcode << 26 | phy << 21 | reg << 16 | data, 4);
    g_assert_true(get(MDI, 4) & 1u << 28);
    return get(MDI, 4);
}

static void mdi_reaches_the_phy_at_address_1(void)
{
    start();
    g_assert_cmphex(mdi(2, 1, 2, 0), ==, 0x02a8);
    g_assert_cmphex(mdi(2, 1, 3, 0), ==, 0x0154);
    g_assert_cmphex(mdi(2, 0, 2, 0), ==, 0xffff);
    g_assert_cmphex(mdi(2, 17, 2, 0), ==, 0xffff);
    mdi(1, 1, 4, 0x0061);
    g_assert_cmphex(mdi(2, 1, 4, 0), ==, 0x0061);
    mdi(1, 1, 0, 0x8000);
    g_assert_cmphex(mdi(2, 1, 0, 0), ==, 0x3000);
    g_assert_cmphex(mdi(2, 1, 4, 0), ==, 0x05e1);
}

static void mdi_starts_with_its_highest_byte(void)
{
    start();
    put(MDI, 0, 2);
    put(MDI + 2, 1 << 5 | 2, 1); /* PHY 1, register 2 */
    g_assert_cmphex(get(MDI, 2), ==, 0);
    put(MDI + 3, 2 << 2, 1);
    g_assert_cmphex(get(MDI, 2), ==, 0x02a8);
}

static void mdi_interrupts_if_asked(void)
{
    start();
    mdi(2, 1, 2, 0);
    g_assert_cmphex(get(CAUSES, 1), ==, 0);
    put(MDI, 1u << 29 | 2 << 26 | 1 << 21 | 2 << 16, 4);
    g_assert_cmphex(get(CAUSES, 1), ==, MDI_DONE);
    g_assert_cmpint(t->irq, ==, 1);
}

static void the_link_follows_set_link(void)
{
    start();
    g_assert_cmphex(mdi(2, 1, 1, 0), ==, 0x782d);
    g_assert_cmphex(get(GENERAL_STATUS, 1), ==, 7);
    net_set_link(t->cable->name, false, &error_abort);
    g_assert_cmphex(mdi(2, 1, 1, 0), ==, 0x7809);
    g_assert_cmphex(get(GENERAL_STATUS, 1), ==, 0);
    net_set_link(t->cable->name, false, &error_abort);
    net_set_link(t->cable->name, true, &error_abort);
    net_set_link(t->cable->name, false, &error_abort);
    net_set_link(t->cable->name, true, &error_abort);
    g_assert_cmphex(mdi(2, 1, 1, 0) & 4, ==, 0); /* it was lost meanwhile */
    g_assert_cmphex(mdi(2, 1, 1, 0) & 4, ==, 4);
}

static void without_a_cable_there_is_no_link(void)
{
    start_with(TYPE_I82559ER, false);
    g_assert_cmphex(mdi(2, 1, 1, 0) & 4, ==, 0);
}

static void the_mode_is_negotiated(void)
{
    start();
    mdi(1, 1, 4, 0x0021 | 0x0080);
    g_assert_cmphex(get(GENERAL_STATUS, 1), ==, 3); /* 100 Mbps half duplex */
    mdi(1, 1, 0, 0x0100);
    g_assert_cmphex(get(GENERAL_STATUS, 1), ==, 5); /* forced: 10 Mbps full duplex */
    g_assert_cmphex(mdi(2, 1, 1, 0) & 0x20, ==, 0);
}

/* --- command unit --- */

static void a_list_is_walked_to_its_end(void)
{
    start();
    block(0, NOP);
    block(1, I | NOP);
    block(2, EL | NOP);
    command(CU_START, CBL);
    for (int i = 0; i < 3; i++) {
        g_assert_cmphex(word(CBL + 64 * i), ==, COMPLETE);
    }
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
    g_assert_cmphex(get(CAUSES, 1), ==, CX | CNA);
}

static void addresses_count_from_the_base(void)
{
    start();
    command(CU_BASE, 0x1000);
    block(0, NOP);
    set_lword(CBL + 4, 64);
    block(1, EL | NOP);
    command(CU_START, 0);
    g_assert_cmphex(word(CBL + 64), ==, COMPLETE);
}

static void a_suspended_list_goes_on_only_when_its_s_bit_is_gone(void)
{
    start();
    block(0, S | NOP);
    block(1, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmphex(get(STATUS, 1), ==, CU_SUSPENDED);
    g_assert_cmphex(get(CAUSES, 1), ==, CNA);
    command(CU_RESUME, 0);
    g_assert_cmphex(get(STATUS, 1), ==, CU_SUSPENDED);
    g_assert_cmphex(word(CBL + 64), ==, 0);
    set_word(CBL + 2, NOP);
    command(CU_RESUME, 0);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
    g_assert_cmphex(word(CBL + 64), ==, COMPLETE);
}

static void a_static_resume_does_not_look_back(void)
{
    start();
    block(0, S | NOP);
    block(1, EL | NOP);
    command(CU_START, CBL);
    command(CU_STATIC_RESUME, 0);
    g_assert_cmphex(word(CBL + 64), ==, COMPLETE);
}

static void an_idle_unit_ignores_resume(void)
{
    start();
    block(0, EL | NOP);
    block(1, EL | NOP);
    command(CU_START, CBL);
    command(CU_RESUME, 0);
    g_assert_cmphex(word(CBL + 64), ==, 0);
}

static void suspending_interrupts_unless_configured_otherwise(void)
{
    start();
    configure(6, 0x08, 0);
    block(0, S | NOP);
    block(1, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmphex(get(CAUSES, 1), ==, 0);
    command(CU_STATIC_RESUME, 0);
    g_assert_cmphex(get(CAUSES, 1), ==, CNA);
}

static void an_endless_list_lets_others_run(void)
{
    start();
    block(0, I | NOP);
    set_lword(CBL + 4, CBL);
    command(CU_START, CBL);
    g_assert_cmphex(get(STATUS, 1), ==, CU_ACTIVE);
    set_word(CBL, 0);
    nic_test_turn();
    g_assert_cmphex(word(CBL), ==, COMPLETE); /* it is walked on */
    g_assert_cmphex(get(STATUS, 1), ==, CU_ACTIVE);
    set_word(CBL + 2, EL | NOP);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
}

static void a_resume_meets_the_suspension_to_come(void)
{
    start();
    block(0, NOP);
    set_lword(CBL + 4, CBL);
    block(1, EL | NOP);
    command(CU_START, CBL);
    set_word(CBL + 2, NOP); /* active, between two turns: the driver appends and resumes */
    set_lword(CBL + 4, CBL + 64 * 2);
    block(2, S | NOP);
    set_lword(CBL + 64 * 2 + 4, CBL + 64);
    command(CU_RESUME, 0);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 1), ==, CU_SUSPENDED); /* S is still there */
    set_word(CBL + 64 * 2 + 2, NOP);
    command(CU_RESUME, 0);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
}

static void a_list_that_leads_nowhere_ends(void)
{
    start();
    block(0, NOP);
    set_lword(CBL + 4, 0xe0000000);
    command(CU_START, CBL);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
    g_assert_cmphex(nic_get_config(t, PCI_STATUS, 2) & PCI_STATUS_REC_MASTER_ABORT, !=, 0);
}

static void without_mastering_nothing_is_touched(void)
{
    start();
    nic_config(t, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    block(0, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmphex(word(CBL), ==, 0);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
}

static void a_list_in_the_csr_is_harmless(void)
{
    start();
    block(0, EL | TRANSMIT | SF);
    command(CU_START, CSR);
    /* A frame received into the SCB must not give commands. */
    set_lword(RFA, 0);
    set_lword(RFA + 4, RFA);
    set_lword(RFA + 12, 1600 << 16);
    command(RU_START, CSR - 16);
    arrive(100, own);
    g_assert_cmphex(word(CBL), ==, 0);
}

/* --- interrupts --- */

static void causes_are_cleared_by_ones(void)
{
    start();
    block(0, EL | I | NOP);
    command(CU_START, CBL);
    g_assert_cmpint(t->irq, ==, 1);
    put(CAUSES, CX, 1);
    g_assert_cmphex(get(CAUSES, 1), ==, CNA);
    g_assert_cmpint(t->irq, ==, 1);
    put(CAUSES, CNA, 1);
    g_assert_cmpint(t->irq, ==, 0);
}

static void masks_hold_the_line_back(void)
{
    start();
    put(MASKS, 0x01, 1);
    block(0, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmphex(get(CAUSES, 1), ==, CNA);
    g_assert_cmpint(t->irq, ==, 0);
    put(MASKS, 0x20, 1);
    g_assert_cmpint(t->irq, ==, 0);
    put(MASKS, 0xdc, 1);
    g_assert_cmpint(t->irq, ==, 1);
    put(MASKS, 0, 1);
    g_assert_cmpint(t->irq, ==, 1);
}

static void the_82557_has_one_mask_only(void)
{
    start_with("i82557b", true);
    put(MASKS, 0xfc, 1);
    g_assert_cmphex(get(MASKS, 1), ==, 0);
    block(0, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmpint(t->irq, ==, 1);
}

static void software_interrupts_itself(void)
{
    start();
    put(MASKS, 0x02, 1);
    g_assert_cmphex(get(CAUSES, 1), ==, SWI);
    g_assert_cmphex(get(MASKS, 1), ==, 0);
    g_assert_cmpint(t->irq, ==, 1);
    put(CAUSES, SWI, 1);
    put(MASKS, 0x03, 1);
    g_assert_cmpint(t->irq, ==, 0);
}

/* --- transmit --- */

static void assert_sent(unsigned n, const uint8_t *frame, size_t size)
{
    gsize sent_size;
    const void *sent;

    g_assert_cmpuint(t->sent->len, >, n);
    sent = g_bytes_get_data(t->sent->pdata[n], &sent_size);
    g_assert_cmpmem(sent, sent_size, frame, size);
}

/* A simplified transmit block with that frame. */
static uint32_t transmit_block(unsigned n, uint16_t bits, const uint8_t *frame, size_t size)
{
    uint32_t at = CBL + 2048 * n;

    set_word(at, 0);
    set_word(at + 2, bits | TRANSMIT);
    set_lword(at + 4, at + 2048);
    set_lword(at + 8, 0xffffffff);
    set_lword(at + 12, size | 0x8000);
    memcpy(nic_memory(t, at + 16), frame, size);
    return at;
}

static void a_simplified_block_is_sent(void)
{
    uint8_t frame[1514];

    start();
    make_frame(frame, sizeof(frame), other);
    command(CU_START, transmit_block(0, EL, frame, sizeof(frame)));
    g_assert_cmphex(word(CBL), ==, COMPLETE);
    assert_sent(0, frame, sizeof(frame));
    g_assert_cmpuint(counter(TX_GOOD), ==, 1);
}

static void short_frames_are_padded_if_configured(void)
{
    uint8_t frame[60] = { 0 };

    start();
    make_frame(frame, 42, other);
    command(CU_START, transmit_block(0, EL, frame, 42));
    assert_sent(0, frame, 60);
    configure(18, 0, 0x02);
    command(CU_START, transmit_block(0, EL, frame, 42));
    assert_sent(1, frame, 42);
}

/* Buffers of 100, 0 and 200 bytes. */
static void make_buffers(uint32_t tbds, const uint8_t *frame)
{
    static const uint16_t sizes[] = { 100, 0, 200 };
    unsigned done = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        uint32_t buffer = 0x6001 + 0x400 * i;

        memcpy(nic_memory(t, buffer), frame + done, sizes[i]);
        set_lword(tbds + 8 * i, buffer);
        set_lword(tbds + 8 * i + 4, sizes[i]);
        done += sizes[i];
    }
}

static void a_flexible_block_collects_its_buffers(void)
{
    uint8_t frame[300];
    uint32_t at;

    start();
    make_frame(frame, sizeof(frame), other);
    at = block(0, EL | SF | TRANSMIT);
    set_lword(at + 8, 0x5000);
    set_lword(at + 12, 3u << 24);
    make_buffers(0x5000, frame);
    command(CU_START, at);
    assert_sent(0, frame, 300);

    set_lword(0x5004, 100 | 1 << 16); /* EL on the first */
    command(CU_START, at);
    assert_sent(1, frame, 100);

    set_lword(0x5004, 100);
    set_lword(at + 12, 3u << 24 | 20); /* 20 bytes in the block, then the buffers */
    memcpy(nic_memory(t, at + 16), frame, 20);
    make_buffers(0x5000, frame + 20 - 20);
    command(CU_START, at);
    g_assert_cmpuint(g_bytes_get_size(t->sent->pdata[2]), ==, 320);
}

static void an_extended_block_has_two_buffers_inside(void)
{
    uint8_t frame[300];
    uint32_t at;

    start();
    configure(6, 0, 0x10);
    make_frame(frame, sizeof(frame), other);
    at = block(0, EL | SF | TRANSMIT);
    make_buffers(at + 16, frame);
    set_lword(at + 8, at + 16 + 16); /* the third, as it happens, right behind */
    set_lword(at + 12, 3u << 24);
    command(CU_START, at);
    assert_sent(0, frame, 300);
}

static void the_source_address_is_inserted_if_configured(void)
{
    uint8_t frame[60];

    start();
    configure(10, 0, 0x08);
    make_frame(frame, 60, other);
    memset(frame + 6, 0, 6);
    command(CU_START, transmit_block(0, EL, frame, 60));
    memcpy(frame + 6, own, 6);
    assert_sent(0, frame, 60);
}

static void the_check_sequence_may_come_from_memory(void)
{
    uint8_t frame[64];

    start();
    make_frame(frame, 60, other);
    stl_le_p(frame + 60, ~net_crc32_le(frame, 60));
    command(CU_START, transmit_block(0, EL | NC, frame, 64));
    assert_sent(0, frame, 60);
    frame[60] ^= 1;
    command(CU_START, transmit_block(0, EL | NC, frame, 64));
    g_assert_cmpuint(t->sent->len, ==, 1); /* a wrong one reaches nobody */
}

static void too_long_frames_are_not_sent(void)
{
    uint32_t at;

    start();
    at = block(0, EL | SF | TRANSMIT);
    set_lword(at + 8, 0x5000);
    set_lword(at + 12, 255u << 24);
    for (int i = 0; i < 255; i++) {
        set_lword(0x5000 + 8 * i, 0x6000);
        set_lword(0x5004 + 8 * i, 0x7fff);
    }
    command(CU_START, at);
    g_assert_cmphex(word(at), ==, COMPLETE);
    g_assert_cmpuint(t->sent->len, ==, 0);
}

static void the_unit_waits_for_the_network(void)
{
    uint8_t frame[60];

    start();
    make_frame(frame, 60, other);
    transmit_block(0, 0, frame, 60);
    transmit_block(1, 0, frame, 60);
    transmit_block(2, EL, frame, 60);
    t->room = 1;
    command(CU_START, CBL);
    g_assert_cmphex(get(STATUS, 1), ==, CU_ACTIVE);
    g_assert_cmpuint(t->sent->len, ==, 1);
    t->room = -1;
    qemu_flush_queued_packets(t->cable);
    nic_test_turn();
    g_assert_cmpuint(t->sent->len, ==, 3);
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE);
}

static void without_link_carrier_is_lost(void)
{
    uint8_t frame[60];

    start();
    make_frame(frame, 60, other);
    net_set_link(t->cable->name, false, &error_abort);
    command(CU_START, transmit_block(0, EL, frame, 60));
    g_assert_cmpuint(t->sent->len, ==, 0);
    g_assert_cmpuint(counter(TX_LOST_CARRIER), ==, 1);
}

static void an_answer_comes_in_while_sending(void)
{
    uint8_t frame[60], answer[60];

    start();
    make_frame(frame, 60, other);
    make_frame(answer, 60, own);
    start_receiving(4);
    t->reply = answer;
    t->reply_size = 60;
    command(CU_START, transmit_block(0, EL, frame, 60));
    g_assert_cmpmem(nic_memory(t, RFA + 16), 60, answer, 60);
}

static void loops_return_what_is_sent(void)
{
    uint8_t frame[60];

    start();
    make_frame(frame, 60, own);
    for (int kind = 0; kind < 2; kind++) {
        configure(10, kind == 0 ? 0x40 : 0, 0);
        mdi(1, 1, 0, kind == 0 ? 0x3000 : 0x7000);
        start_receiving(2);
        command(CU_START, transmit_block(0, EL, frame, 60));
        g_assert_cmpuint(t->sent->len, ==, 0);
        g_assert_cmpmem(nic_memory(t, RFA + 16), 60, frame, 60);
        command(RU_ABORT, 0);
    }
}

/* --- receive --- */

static void a_frame_fills_a_descriptor(void)
{
    uint8_t frame[1514];

    start();
    make_frame(frame, 1514, own);
    start_receiving(3);
    g_assert_cmphex(get(STATUS, 1), ==, RU_READY);
    arrive(1514, own);
    g_assert_cmphex(word(RFA), ==, COMPLETE | 0x20);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 1514);
    g_assert_cmpmem(nic_memory(t, RFA + 16), 1514, frame, 1514);
    g_assert_cmphex(get(CAUSES, 1), ==, FR);
    arrive(100, own);
    g_assert_cmphex(word(RFA + 2048), ==, COMPLETE | 0x20);
    g_assert_cmpuint(counter(RX_GOOD), ==, 2);
}

static void short_frames_were_padded_by_their_sender(void)
{
    start();
    start_receiving(2);
    memset(nic_memory(t, RFA + 16), 0xee, 100);
    arrive(42, own);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 60);
    g_assert_cmphex(*nic_memory(t, RFA + 16 + 59), ==, 0);
    g_assert_cmphex(*nic_memory(t, RFA + 16 + 60), ==, 0xee);
}

static void the_last_descriptor_ends_receiving(void)
{
    start();
    start_receiving(1);
    arrive(60, own);
    g_assert_cmphex(word(RFA), ==, COMPLETE | 0x20);
    g_assert_cmphex(get(STATUS, 1), ==, RU_NO_RESOURCES);
    g_assert_cmphex(get(CAUSES, 1), ==, FR | RNR);
    arrive(60, own);
    g_assert_cmpuint(counter(RX_NO_RESOURCES), ==, 1);
    start_receiving(1);
    g_assert_cmphex(get(STATUS, 1), ==, RU_READY);
}

static void a_last_descriptor_without_room_is_left_alone(void)
{
    start();
    start_receiving(1);
    set_lword(RFA + 12, 0);
    arrive(60, own);
    g_assert_cmphex(word(RFA), ==, 0);
    g_assert_cmphex(get(STATUS, 1), ==, RU_NO_RESOURCES);
    g_assert_cmphex(get(CAUSES, 1), ==, RNR);
}

static void a_suspended_unit_is_resumed_behind(void)
{
    start();
    start_receiving(3);
    set_word(RFA + 2, S);
    arrive(60, own);
    g_assert_cmphex(get(STATUS, 1), ==, RU_SUSPENDED);
    arrive(60, own);
    g_assert_cmphex(word(RFA + 2048), ==, 0);
    command(RU_RESUME, 0);
    arrive(60, own);
    g_assert_cmphex(word(RFA + 2048), ==, COMPLETE | 0x20);
    g_assert_cmpuint(counter(RX_NO_RESOURCES), ==, 0);
}

static void abort_stops_at_once(void)
{
    start();
    start_receiving(3);
    command(RU_ABORT, 0);
    g_assert_cmphex(get(STATUS, 1), ==, 0);
    g_assert_cmphex(get(CAUSES, 1), ==, RNR);
    arrive(60, own);
    g_assert_cmphex(word(RFA), ==, 0);
}

static void receive_addresses_count_from_the_base(void)
{
    start();
    start_receiving(3);
    command(RU_ABORT, 0);
    command(RU_BASE, 0x8000);
    set_lword(RFA + 4, 2048);
    command(RU_START, 0);
    arrive(60, own);
    arrive(60, own);
    g_assert_cmphex(word(RFA + 2048), ==, COMPLETE | 0x20);
}

static void a_frame_that_does_not_fit_is_cut(void)
{
    start();
    start_receiving(3);
    set_lword(RFA + 12, 64 << 16);
    memset(nic_memory(t, RFA + 16), 0xee, 100);
    arrive(100, own);
    g_assert_cmphex(word(RFA), ==, 0x8000 | 0x0200 | 0x20);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 64);
    g_assert_cmphex(*nic_memory(t, RFA + 16 + 64), ==, 0xee);
    g_assert_cmpuint(counter(RX_GOOD), ==, 0);
}

static void long_frames_need_permission(void)
{
    start();
    configure(18, 0, 0x08);
    start_receiving(4);
    arrive(1518, own);
    g_assert_cmphex(word(RFA), ==, 0);
    configure(18, 0x08, 0);
    arrive(1518, own);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 1518);
}

static void the_check_sequence_is_stored_if_configured(void)
{
    uint8_t frame[60];

    start();
    make_frame(frame, 60, own);
    configure(18, 0x04, 0);
    start_receiving(2);
    arrive(60, own);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 64);
    g_assert_cmphex(lword(RFA + 16 + 60), ==, ~net_crc32_le(frame, 60));
}

/* The example of the manual: the sum of the bytes behind the header, as little-endian words. */
static void the_checksum_is_appended_if_configured(void)
{
    static const uint8_t payload[] = { 0xf1, 0xf5, 0x54, 0x79, 0xe7, 0x9e, 0xf5 };
    uint8_t frame[60] = { 0 };

    start();
    memcpy(frame, own, 6);
    frame[12] = 8;
    memcpy(frame + 14, payload, sizeof(payload));
    configure(9, 0x01, 0);
    start_receiving(2);
    qemu_send_packet(t->cable, frame, 60);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 62);
    g_assert_cmphex(word(RFA + 16 + 60), ==, 0x0f23);
}

static void padding_is_stripped_if_configured(void)
{
    uint8_t frame[60] = { 0 };

    start();
    memcpy(frame, own, 6);
    frame[13] = 20; /* a length */
    configure(18, 0x01, 0);
    start_receiving(2);
    qemu_send_packet(t->cable, frame, 60);
    g_assert_cmphex(word(RFA + 12), ==, 0xc000 | 34);
    g_assert_cmphex(word(RFA), ==, COMPLETE);
}

/* --- address filter --- */

/* The status word of what arrives for that address, 0 if it is filtered out. */
static uint16_t status_of(const uint8_t *address)
{
    uint16_t status;

    start_receiving(4);
    arrive(60, address);
    status = word(RFA);
    command(RU_ABORT, 0);
    return status;
}

static void the_filter_takes_own_and_broadcast_frames(void)
{
    start();
    g_assert_cmphex(status_of(own), ==, COMPLETE | 0x20);
    g_assert_cmphex(status_of(all), ==, COMPLETE | 0x22);
    g_assert_cmphex(status_of(other), ==, 0);
    g_assert_cmphex(status_of(group), ==, 0);
}

static void filters_are_configured(void)
{
    uint8_t global[6];

    start();
    configure(15, 0x02, 0);
    g_assert_cmphex(status_of(all), ==, 0);
    configure(15, 0x01, 0);
    g_assert_cmphex(status_of(other), ==, COMPLETE | 0x26);
    g_assert_cmphex(status_of(own), ==, COMPLETE | 0x20);
    configure(21, 0x08, 0);
    g_assert_cmphex(status_of(group), ==, COMPLETE | 0x22);
    memcpy(global, own, 6);
    global[0] ^= 2;
    g_assert_cmphex(status_of(global), ==, 0);
    configure(15, 0x10, 0);
    g_assert_cmphex(status_of(global), ==, COMPLETE | 0x20);
}

static void setup_commands_change_addresses(void)
{
    uint32_t at;

    start();
    at = block(0, EL | ADDRESS);
    memcpy(nic_memory(t, at + 8), other, 6);
    command(CU_START, at);
    g_assert_cmphex(status_of(own), ==, 0);
    g_assert_cmphex(status_of(other), ==, COMPLETE | 0x20);

    at = block(0, EL | MULTICAST);
    set_word(at + 8, 12);
    memcpy(nic_memory(t, at + 10), group, 6);
    memcpy(nic_memory(t, at + 16), own, 6);
    command(CU_START, at);
    g_assert_cmphex(status_of(group), ==, COMPLETE | 0x22);
    g_assert_cmphex(status_of(own), ==, 0); /* in the hash, but that is for groups ... */
    configure(20, 0x40, 0);
    g_assert_cmphex(status_of(own), ==, COMPLETE | 0x22); /* ... unless configured otherwise */

    set_word(at + 8, 0);
    command(CU_START, at);
    g_assert_cmphex(status_of(group), ==, 0);
}

/* --- counters --- */

static void dumps_are_as_long_as_configured(void)
{
    static const struct { const char *type; uint8_t set, clear; unsigned counters; } cases[] = {
        { "i82557b", 0x04, 0x20, 16 }, { "i82558b", 0, 0, 16 }, { "i82558b", 0x04, 0x20, 19 },
        { "i82559er", 0, 0, 16 }, { "i82559er", 0, 0x20, 19 }, { "i82559er", 0x04, 0, 20 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        start_with(cases[i].type, true);
        configure(6, cases[i].set, cases[i].clear);
        memset(nic_memory(t, DUMP_AREA), 0xee, 100);
        command(CU_COUNTERS, DUMP_AREA);
        command(CU_DUMP, 0);
        g_assert_cmphex(lword(DUMP_AREA + 4 * cases[i].counters), ==, 0xa005);
        g_assert_cmphex(lword(DUMP_AREA + 4 * cases[i].counters + 4), ==, 0xeeeeeeee);
    }
}

static void dump_and_reset_starts_counting_anew(void)
{
    start();
    start_receiving(4);
    arrive(60, own);
    command(CU_COUNTERS, DUMP_AREA);
    command(CU_DUMP_RESET, 0);
    g_assert_cmpuint(lword(DUMP_AREA + 4 * RX_GOOD), ==, 1);
    g_assert_cmphex(lword(DUMP_AREA + 64), ==, 0xa007);
    g_assert_cmpuint(counter(RX_GOOD), ==, 0);
}

/* --- PORT --- */

static void self_test_reports_success(void)
{
    start();
    set_lword(DUMP_AREA + 4, 0xffffffff);
    put(PORT, DUMP_AREA | 1, 4);
    g_assert_cmphex(lword(DUMP_AREA), !=, 0);
    g_assert_cmphex(lword(DUMP_AREA + 4), ==, 0);
}

static void a_software_reset_forgets_everything(void)
{
    start();
    configure(15, 0x01, 0);
    start_receiving(4);
    put(MASKS, 1, 1);
    put(PORT, 0, 4);
    g_assert_cmphex(get(0, 4), ==, 0);
    g_assert_cmphex(get(POINTER, 4), ==, 0);
    g_assert_cmphex(status_of(other), ==, 0);
}

static void a_selective_reset_keeps_the_configuration(void)
{
    start();
    configure(15, 0x01, 0);
    start_receiving(4);
    put(PORT, 2, 4);
    g_assert_cmphex(get(STATUS, 1), ==, 0);
    g_assert_cmphex(status_of(other), ==, COMPLETE | 0x26);
}

static void port_acts_on_its_highest_byte(void)
{
    start();
    put(PORT, (DUMP_AREA & 0xffff) | 1, 2);
    g_assert_cmphex(lword(DUMP_AREA), ==, 0);
    put(PORT + 2, DUMP_AREA >> 16, 2);
    g_assert_cmphex(lword(DUMP_AREA), !=, 0);
}

static void dumps_show_the_configuration(void)
{
    uint32_t at;

    start();
    configure(15, 0x01, 0);
    at = block(0, EL | DUMP);
    set_lword(at + 8, DUMP_AREA);
    command(CU_START, at);
    g_assert_cmphex(*nic_memory(t, DUMP_AREA + 15), ==, 0xc9);
    memset(nic_memory(t, DUMP_AREA), 0, 64);
    put(PORT, DUMP_AREA | 3, 4);
    g_assert_cmphex(*nic_memory(t, DUMP_AREA + 15), ==, 0xc9);
}

/* --- saved state --- */

static void a_copy_goes_on_where_the_original_was(void)
{
    NicTest *original;
    const VMStateDescription *vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;

    start();
    configure(15, 0x01, 0);
    start_receiving(4);
    arrive(60, own);
    eeprom_command(0x30);
    eeprom_write(0x20, 0x4321);
    block(0, NOP);
    set_lword(CBL + 4, CBL);
    command(CU_START, CBL);
    vmsd = DEVICE_GET_CLASS(t->dev)->vmsd;
    g_assert_cmpint(vmstate_save_state(bytes, vmsd, t->dev, &error_abort), ==, 0);

    original = t;
    start();
    memcpy(nic_memory(t, 0), nic_memory(original, 0), NIC_TEST_RAM);
    reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, t->dev, &error_abort), ==, 0);
    g_assert_cmpuint(reader.pos, ==, reader.size);
    g_assert_cmphex(get(STATUS, 1), ==, CU_ACTIVE | RU_READY);
    arrive(60, other);
    g_assert_cmphex(word(RFA + 2048), ==, COMPLETE | 0x26);
    g_assert_cmphex(eeprom_word(0x20), ==, 0x4321);
    set_word(CBL + 2, EL);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE | RU_READY);
    g_assert_cmpuint(counter(RX_GOOD), ==, 2);
}

#define ROW(path, function) { "/i82557/" path, function }

static const struct { const char *path; void (*function)(void); } tests[] = {
    ROW("pci/family", the_family_has_its_ids),
    ROW("pci/bars", bars_have_the_manuals_sizes),
    ROW("pci/csr-in-memory-and-io", the_csr_is_in_memory_and_in_io),
    ROW("pci/no-flash", no_flash_reads_as_ones),
    ROW("pci/no-wake-up", power_management_declares_no_wake_up),
    ROW("pci/asleep", asleep_it_answers_in_configuration_space_only),
    ROW("eeprom/address-and-sum", the_eeprom_holds_the_address_and_sums_up),
    ROW("eeprom/write", the_eeprom_is_written_when_enabled),
    ROW("eeprom/reset", a_reset_keeps_the_eeprom_and_reads_the_address_from_it),
    ROW("mdi/phy", mdi_reaches_the_phy_at_address_1),
    ROW("mdi/highest-byte", mdi_starts_with_its_highest_byte),
    ROW("mdi/interrupt", mdi_interrupts_if_asked),
    ROW("mdi/link", the_link_follows_set_link),
    ROW("mdi/no-cable", without_a_cable_there_is_no_link),
    ROW("mdi/mode", the_mode_is_negotiated),
    ROW("cu/list", a_list_is_walked_to_its_end),
    ROW("cu/base", addresses_count_from_the_base),
    ROW("cu/suspend-and-resume", a_suspended_list_goes_on_only_when_its_s_bit_is_gone),
    ROW("cu/static-resume", a_static_resume_does_not_look_back),
    ROW("cu/idle-resume", an_idle_unit_ignores_resume),
    ROW("cu/ci-only", suspending_interrupts_unless_configured_otherwise),
    ROW("cu/endless", an_endless_list_lets_others_run),
    ROW("cu/resume-while-active", a_resume_meets_the_suspension_to_come),
    ROW("cu/nowhere", a_list_that_leads_nowhere_ends),
    ROW("cu/no-mastering", without_mastering_nothing_is_touched),
    ROW("cu/list-in-csr", a_list_in_the_csr_is_harmless),
    ROW("interrupt/acknowledge", causes_are_cleared_by_ones),
    ROW("interrupt/masks", masks_hold_the_line_back),
    ROW("interrupt/82557-mask", the_82557_has_one_mask_only),
    ROW("interrupt/software", software_interrupts_itself),
    ROW("tx/simplified", a_simplified_block_is_sent),
    ROW("tx/padding", short_frames_are_padded_if_configured),
    ROW("tx/flexible", a_flexible_block_collects_its_buffers),
    ROW("tx/extended", an_extended_block_has_two_buffers_inside),
    ROW("tx/source-address", the_source_address_is_inserted_if_configured),
    ROW("tx/own-fcs", the_check_sequence_may_come_from_memory),
    ROW("tx/too-long", too_long_frames_are_not_sent),
    ROW("tx/waits", the_unit_waits_for_the_network),
    ROW("tx/no-link", without_link_carrier_is_lost),
    ROW("tx/answer", an_answer_comes_in_while_sending),
    ROW("tx/loopback", loops_return_what_is_sent),
    ROW("rx/frame", a_frame_fills_a_descriptor),
    ROW("rx/short", short_frames_were_padded_by_their_sender),
    ROW("rx/el", the_last_descriptor_ends_receiving),
    ROW("rx/el-without-room", a_last_descriptor_without_room_is_left_alone),
    ROW("rx/suspend-and-resume", a_suspended_unit_is_resumed_behind),
    ROW("rx/abort", abort_stops_at_once),
    ROW("rx/base", receive_addresses_count_from_the_base),
    ROW("rx/no-room", a_frame_that_does_not_fit_is_cut),
    ROW("rx/long", long_frames_need_permission),
    ROW("rx/fcs", the_check_sequence_is_stored_if_configured),
    ROW("rx/checksum", the_checksum_is_appended_if_configured),
    ROW("rx/strip", padding_is_stripped_if_configured),
    ROW("filter/default", the_filter_takes_own_and_broadcast_frames),
    ROW("filter/configure", filters_are_configured),
    ROW("filter/setup", setup_commands_change_addresses),
    ROW("counters/length", dumps_are_as_long_as_configured),
    ROW("counters/reset", dump_and_reset_starts_counting_anew),
    ROW("port/self-test", self_test_reports_success),
    ROW("port/software-reset", a_software_reset_forgets_everything),
    ROW("port/selective-reset", a_selective_reset_keeps_the_configuration),
    ROW("port/highest-byte", port_acts_on_its_highest_byte),
    ROW("port/dump", dumps_show_the_configuration),
    ROW("state/copy", a_copy_goes_on_where_the_original_was),
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    nic_test_init();
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add_func(tests[i].path, tests[i].function);
    }
    return g_test_run();
}
