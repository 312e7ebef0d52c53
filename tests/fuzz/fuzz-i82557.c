/*
 * Fuzz target: the 8255x network controller, with a driver that writes anything to its registers,
 * has anything in memory, and a network that sends anything.
 *
 * An input is a byte that says which part, then a list of steps: a byte that says what, then its
 * arguments.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "../unit/nic-test.h"
#include "hw/net/i82557.h"

enum { STEP_CSR, STEP_CSR_IO, STEP_MEMORY, STEP_FRAME, STEP_TURN, STEP_LINK, STEP_CONFIG,
       STEP_ROOM, NUM_STEPS };

/* Two of the parts, on buses of their own. */
static NicTest *tests[2];

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

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT(start_cu), FUZZ_TEXT(receive), FUZZ_TEXT(transmit), FUZZ_TEXT(bits),
    FUZZ_TEXT(port), { NULL, 0 },
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
    tests[0] = nic_test_new(TYPE_I82559ER, true);
    tests[1] = nic_test_new("i82557b", true);
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

static void register_step(NicTest *t, AddressSpace *as, hwaddr base, Input *in)
{
    hwaddr addr = base + take(in) % 0x30;
    uint8_t kind = take(in), bytes[4];
    unsigned size = kind % 3 == 0 ? 4 : kind % 3;
    uint32_t value = take_number(in, size);

    stl_le_p(bytes, value);
    address_space_rw(as, addr, MEMTXATTRS_UNSPECIFIED, bytes, size, !(kind & 0x80));
}

static void step(NicTest *t, Input *in)
{
    uint8_t frame[2048];
    uint32_t addr;
    size_t size;

    switch (take(in) % NUM_STEPS) {
    case STEP_CSR:
        register_step(t, &t->mem_as, NIC_TEST_BARS, in);
        return;
    case STEP_CSR_IO:
        register_step(t, &t->io_as, NIC_TEST_IO, in);
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
    NicTest *t = tests[take(&in) & 1];

    device_cold_reset(DEVICE(t->dev));
    pci_device_reset(t->dev);
    nic_test_enable(t, 1);
    memset(nic_memory(t, 0), 0, 64 * KiB + 256);
    t->room = -1;
    net_set_link(t->cable->name, true, &error_abort);
    while (in.at < in.end) {
        step(t, &in);
    }
    /* A list that has no end would occupy the next input's turns. */
    device_cold_reset(DEVICE(t->dev));
    g_ptr_array_set_size(t->sent, 0);
    return 0;
}
