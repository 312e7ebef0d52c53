/*
 * Fuzz target: PCI network controllers, each with a driver that writes anything to its registers, has anything in memory, and a
 * network that sends anything.
 *
 * An input is a byte that says which card, then a list of steps: a byte that says what, then its
 * arguments.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "../unit/nic-test.h"
#include "hw/net/i82557.h"

enum { STEP_REGISTER, STEP_IO, STEP_MEMORY, STEP_FRAME, STEP_TURN, STEP_LINK, STEP_CONFIG,
       STEP_ROOM, NUM_STEPS };

/* A step's register byte is an offset, or the place in a list of those of a card that has many. */
typedef struct Card {
    const char *type;
    unsigned mem_bar, io_bar, io_size;
    unsigned size; /* of the registers in memory */
    const uint16_t *registers;
    unsigned count;
} Card;

static const uint16_t e1000_registers[] = {
    0x0000, 0x0010, 0x0014, 0x0020, 0x0038, 0x00c0, 0x00c4, 0x00c8, 0x00d0, 0x00d8, 0x0100, 0x0400, 0x2800, 0x2804,
    0x2808, 0x2810, 0x2818, 0x2820, 0x282c, 0x3800, 0x3804, 0x3808, 0x3810, 0x3818, 0x3820, 0x382c, 0x4074, 0x5000,
    0x5200, 0x5400, 0x5404, 0x5600,
};

static const Card cards[] = {
    { TYPE_I82559ER, 0, 1, 0x30, 0x30, NULL, 0 },
    { "i82557b", 0, 1, 0x20, 0x30, NULL, 0 },
    { "e1000", 0, 2, 8, 0, e1000_registers, ARRAY_SIZE(e1000_registers) },
    { "rtl8139", 1, 0, 0x100, 0x100, NULL, 0 },
    { "ne2k_pci", 0, 0, 0x20, 0x20, NULL, 0 },
};

static NicTest *tests[ARRAY_SIZE(cards)];

#define BLOCK(command) "\2\0\0\14" "\0\0" command "\0\0\0\0" "\0\0\0\0"
#define POINTER_AND_COMMAND(byte) "\0\4\4\0\0\0\0" "\0\2\1" byte

/* Start lists at 0; a receive descriptor and a frame for it; the EEPROM; PORT. */
static const char start_cu[] = "\0" BLOCK("\3\200") POINTER_AND_COMMAND("\x10") "\4";
static const char receive[] = "\0" "\2\0\0\20" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\6"
                              POINTER_AND_COMMAND("\1") "\3\100" "\4";
static const char transmit[] = "\0" "\2\0\0\24" "\0\0\4\200\0\0\0\0"
                               "\377\377\377\377\74\200\0\0\1\2\3\4"
                               POINTER_AND_COMMAND("\x10") "\4";
static const char bits[] = "\0" "\0\16\1\2" "\0\16\1\7" "\0\16\1\2" "\0\16\1\3";
static const char port[] = "\0" "\0\10\4\1\20\0\0" "\0\20\4\0\0\41\10";


/* e1000: CTRL.SLU, ring at 0 of 16 descriptors, one legacy packet, one context with segments; a frame to receive. */
static const char e1000_tx[] = "\2" "\0\0\3\100\0\0\0" "\0\23\3\0\0\0\0" "\0\25\3\0\1\0\0" "\0\13\3\2\0\0\0"
                               "\2\0\0\20" "\0\1\0\0\0\0\0\0\74\0\0\13\0\0\0\0" "\0\27\3\1\0\0\0";
static const char e1000_cut[] = "\2" "\0\0\3\100\0\0\0" "\0\23\3\0\0\0\0" "\0\25\3\0\1\0\0" "\0\13\3\2\0\0\0"
                                "\2\0\0\40" "\16\30\41\0\42\62\0\0\0\2\0\57\0\66\144\0"
                                "\0\1\0\0\0\0\0\0\0\2\20\57\0\3\0\0" "\0\27\3\2\0\0\0" "\4";
static const char e1000_rx[] = "\2" "\0\0\3\100\0\0\0" "\0\14\3\0\0\0\0" "\0\16\3\0\1\0\0" "\0\20\3\7\0\0\0"
                               "\0\12\3\36\0\0\0" "\2\0\0\1\1" "\3\100" "\4";
/* rtl8139: four descriptors, the ring buffer, C+ rings. */
static const char rtl8139_old[] = "\3" "\0\67\1\14" "\0\104\3\17\0\0\0" "\0\40\3\0\1\0\0" "\0\20\3\100\0\0\0" "\3\20";
static const char rtl8139_new[] = "\3" "\0\67\1\0" "\0\340\2\143\0" "\0\67\1\14" "\0\104\3\17\0\0\0"
                                  "\0\345\3\1\0\0\0" "\2\0\0\40" "\100\0\0\270\0\0\0\0\0\2\0\0\0\0\0\0"
                                  "\100\0\144\370\0\0\0\0\0\2\0\0\0\0\0\0" "\0\331\1\100" "\3\20" "\4";
static const char ne2k[] = "\4" "\1\16\1\111" "\1\1\1\106" "\1\2\1\200" "\1\3\1\106" "\1\14\1\34" "\1\15\1\0" "\1\0\1\42"
                           "\3\20" "\1\5\1\100" "\1\4\1\100" "\1\0\1\46" "\1\12\1\20" "\1\0\1\12" "\1\20\3\1\2\3\4";

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT(start_cu), FUZZ_TEXT(receive), FUZZ_TEXT(transmit), FUZZ_TEXT(bits), FUZZ_TEXT(port),
    FUZZ_TEXT(e1000_tx), FUZZ_TEXT(e1000_cut), FUZZ_TEXT(e1000_rx), FUZZ_TEXT(rtl8139_old), FUZZ_TEXT(rtl8139_new),
    FUZZ_TEXT(ne2k), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("\0\2\1\x10"), FUZZ_TEXT("\0\2\1\x20"), FUZZ_TEXT("\0\2\1\1"), FUZZ_TEXT("\0\2\1\2"),
    FUZZ_TEXT("\0\4\4\0\0\0\x10"), FUZZ_TEXT("\0\4\4\0\0\0\0"), FUZZ_TEXT("\0\2\1\x50"),
    FUZZ_TEXT("\2\0\0\4\0\0\4\300"), FUZZ_TEXT("\2\0\0\4\0\0\14\0"), FUZZ_TEXT("\2\0\0\4\0\0\2\0"),
    FUZZ_TEXT("\3\100"), FUZZ_TEXT("\3\377"), FUZZ_TEXT("\4"), FUZZ_TEXT("\5\1"),
    FUZZ_TEXT("\377\377\377\377"), { NULL, 0 },
};

void fuzz_init(void)
{
    nic_test_init();
    for (unsigned i = 0; i < ARRAY_SIZE(cards); i++) {
        tests[i] = nic_test_new(cards[i].type, true);
    }
}

typedef struct Input {
    const uint8_t *at, *end;
} Input;

static uint8_t take(Input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static uint32_t take_number(Input *in, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)take(in) << 8 * i;
    }
    return value;
}

static unsigned take_size(Input *in)
{
    return 1u << take(in) % 3;
}

static void register_step(AddressSpace *as, hwaddr addr, Input *in)
{
    uint8_t kind = take(in), bytes[4];
    unsigned size = kind % 3 == 0 ? 4 : kind % 3;
    uint32_t value = take_number(in, size);

    stl_le_p(bytes, value);
    address_space_rw(as, addr, MEMTXATTRS_UNSPECIFIED, bytes, size, !(kind & 0x80));
}

static void step(NicTest *t, const Card *card, Input *in)
{
    uint8_t frame[2048];
    uint32_t addr;
    size_t size;

    switch (take(in) % NUM_STEPS) {
    case STEP_REGISTER:
        addr = take(in);
        addr = card->registers ? card->registers[addr % card->count] : addr % card->size;
        register_step(&t->mem_as, NIC_TEST_BARS + card->mem_bar * MiB + addr, in);
        return;
    case STEP_IO:
        addr = take(in);
        register_step(&t->io_as, NIC_TEST_IO + addr % card->io_size, in);
        return;
    case STEP_MEMORY:
        addr = take_number(in, 2);
        for (size = take(in) & 0x7f; size; size--) {
            *nic_memory(t, addr++) = take(in);
        }
        return;
    case STEP_FRAME:
        size = take(in) * 8;
        memset(frame, 0xff, sizeof(frame));
        for (size_t i = 0; i < MIN(size, 20); i++) {
            frame[i] = take(in);
        }
        qemu_send_packet(t->cable, frame, size);
        return;
    case STEP_TURN:
        nic_test_turn();
        return;
    case STEP_LINK:
        net_set_link(t->cable->name, take(in) & 1, &error_abort);
        return;
    case STEP_CONFIG:
        addr = take(in);
        size = take_size(in);
        nic_config(t, addr, take_number(in, size), size);
        return;
    case STEP_ROOM:
        t->room = take(in) & 1 ? -1 : 2;
        qemu_flush_queued_packets(t->cable);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, data + size };
    unsigned n = take(&in) % ARRAY_SIZE(cards);
    NicTest *t = tests[n];

    device_cold_reset(DEVICE(t->dev));
    pci_device_reset(t->dev);
    nic_test_enable(t, cards[n].io_bar);
    memset(nic_memory(t, 0), 0, 64 * KiB + 256);
    t->room = -1;
    net_set_link(t->cable->name, true, &error_abort);
    while (in.at < in.end) {
        step(t, &cards[n], &in);
    }
    /* A list that has no end would occupy the next input's turns. */
    device_cold_reset(DEVICE(t->dev));
    g_ptr_array_set_size(t->sent, 0);
    return 0;
}
