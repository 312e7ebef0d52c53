/*
 * A driver's steps for the 8255x: the CSR, lists in memory, frames.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_I82557_TEST_H
#define TESTS_UNIT_I82557_TEST_H

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

static NicTest *t;

static G_GNUC_UNUSED uint32_t get(unsigned reg, unsigned size)
{
    return nic_load(&t->mem_as, CSR + reg, size);
}

static G_GNUC_UNUSED void put(unsigned reg, uint32_t value, unsigned size)
{
    nic_store(&t->mem_as, CSR + reg, value, size);
}

static G_GNUC_UNUSED void command(uint8_t value, uint32_t pointer)
{
    put(POINTER, pointer, 4);
    put(COMMAND, value, 1);
    g_assert_cmphex(get(COMMAND, 1), ==, 0);
}

static G_GNUC_UNUSED uint16_t word(uint32_t addr)
{
    return nic_load(&t->mem_as, addr, 2);
}

static G_GNUC_UNUSED uint32_t lword(uint32_t addr)
{
    return nic_load(&t->mem_as, addr, 4);
}

static G_GNUC_UNUSED void set_word(uint32_t addr, uint16_t value)
{
    nic_store(&t->mem_as, addr, value, 2);
}

static G_GNUC_UNUSED void set_lword(uint32_t addr, uint32_t value)
{
    nic_store(&t->mem_as, addr, value, 4);
}

/* Command block n, CBL + 64 n; its link leads to block n + 1. */
static G_GNUC_UNUSED uint32_t block(unsigned n, uint16_t command_word)
{
    uint32_t at = CBL + 64 * n;

    set_word(at, 0);
    set_word(at + 2, command_word);
    set_lword(at + 4, at + 64);
    return at;
}

static G_GNUC_UNUSED void configure(unsigned byte, uint8_t set, uint8_t clear)
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

static G_GNUC_UNUSED void start_with(const char *type, bool cable)
{
    t = nic_test_new(type, cable);
    nic_test_enable(t, 1);
}

static G_GNUC_UNUSED void start(void)
{
    start_with(TYPE_I82559ER, true);
}

/* A frame of `size` bytes: header, then bytes that count up. */
static G_GNUC_UNUSED void make_frame(uint8_t *frame, size_t size, const uint8_t *to)
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
static G_GNUC_UNUSED void start_receiving(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t rfd = RFA + 2048 * i;

        set_lword(rfd, (i == n - 1 ? (uint32_t)EL : 0) << 16);
        set_lword(rfd + 4, rfd + 2048);
        set_lword(rfd + 12, 1600 << 16);
    }
    command(RU_START, RFA);
}

static G_GNUC_UNUSED void arrive(size_t size, const uint8_t *to)
{
    uint8_t frame[3000];

    make_frame(frame, size, to);
    qemu_send_packet(t->cable, frame, size);
}

/* Counter number n, from a dump. */
static G_GNUC_UNUSED uint32_t counter(unsigned n)
{
    command(CU_COUNTERS, DUMP_AREA);
    command(CU_DUMP, 0);
    return lword(DUMP_AREA + 4 * n);
}

enum { TX_GOOD = 0, TX_LOST_CARRIER = 4, RX_GOOD = 9, RX_NO_RESOURCES = 12, RX_SHORT = 15 };

static G_GNUC_UNUSED uint16_t mdi(unsigned opcode, unsigned phy, unsigned reg, uint16_t data)
{
    put(MDI, opcode << 26 | phy << 21 | reg << 16 | data, 4);
    g_assert_true(get(MDI, 4) & 1u << 28);
    return get(MDI, 4);
}

/* The status word of what arrives for that address, 0 if it is filtered out. */
static G_GNUC_UNUSED uint16_t status_of(const uint8_t *address)
{
    uint16_t status;

    start_receiving(4);
    arrive(60, address);
    status = word(RFA);
    command(RU_ABORT, 0);
    return status;
}

typedef struct NicTestCase {
    const char *path;
    void (*function)(void);
} NicTestCase;

static int run_tests(int *argc, char ***argv, const NicTestCase *tests, size_t count)
{
    g_test_init(argc, argv, NULL);
    nic_test_init();
    for (size_t i = 0; i < count; i++) {
        g_test_add_func(tests[i].path, tests[i].function);
    }
    return g_test_run();
}

#endif
