/*
 * Fuzz target: sound controllers, each with a driver that writes anything to its registers and has
 * anything in memory: descriptors, commands, samples.
 *
 * An input is a byte that says which card, then a list of steps: a byte that says what, then its
 * arguments.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "../unit/pci-test.h"

enum { STEP_REGISTER, STEP_MEMORY, STEP_TIME, STEP_LOOK, STEP_CODEC, NUM_STEPS };

#define MIXER   0x1000
#define MASTERS 0x2000
#define MEMORY  0x10000 /* what a step can fill */

typedef struct Card {
    const char *type, *codec;
    unsigned size; /* of the registers that steps name */
} Card;

static const Card cards[] = {
    { "AC97", NULL, 0x38 },
    { "intel-hda", "hda-duplex", 0x180 },
    { "ich9-intel-hda", "hda-micro", 0x180 },
};

static PciTest bus;
static PCIDevice *devices[ARRAY_SIZE(cards)];

/* A list at 0 with two buffers; PCM out runs along it. */
static const char ac97_play[] = "\0" "\1\0\0\20" "\0\1\0\0\40\0\0\200" "\0\2\0\0\20\0\0\0"
                                "\0\25\0\1" "\0\33\0\35" "\2\24" "\0\25\0\3" "\2\24" "\3\30\0";
static const char ac97_record[] = "\0" "\1\0\0\10" "\0\1\0\0\40\0\0\200" "\0\13\0\35" "\2\24" "\0\13\0\2";
/* Two commands in the ring; an output stream with tag 1 to the codec's converter. */
static const char hda_commands[] = "\1" "\1\4\0\10" "\0\0\17\0\4\0\17\0" "\0\121\0\1" "\0\134\0\3" "\0\114\0\2"
                                   "\0\110\0\2" "\3\130\1";
static const char hda_play[] = "\1" "\1\0\0\40" "\0\1\0\0\0\0\0\0\100\0\0\0\1\0\0\0" "\0\2\0\0\0\0\0\0\40\0\0\0\1\0\0\0"
                               "\4\2\0\21\0\2" "\4\2\6\20\7\0" "\0\210\2\140\0\0\0" "\0\214\1\1\0" "\0\200\2\2\0\20\0" "\2\24";

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT(ac97_play), FUZZ_TEXT(ac97_record), FUZZ_TEXT(hda_commands), FUZZ_TEXT(hda_play), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("\0\33\0\35"), FUZZ_TEXT("\0\33\0\2"), FUZZ_TEXT("\0\25\0\37"), FUZZ_TEXT("\0\110\0\377"),
    FUZZ_TEXT("\0\10\2\1\0\0\0"), FUZZ_TEXT("\0\10\2\0\0\0\0"), FUZZ_TEXT("\0\200\2\2\0\20\0"), FUZZ_TEXT("\2\377"),
    FUZZ_TEXT("\4\2\6\20\7\0"), FUZZ_TEXT("\377\377\377\377"), { NULL, 0 },
};

static int64_t now_ns;

static int64_t get_ns(void)
{
    return now_ns;
}

static void new_device(unsigned n)
{
    PCIDevice *dev = pci_new(-1, cards[n].type);

    pci_realize_and_unref(dev, bus.bus, &error_abort);
    if (cards[n].codec) {
        qdev_realize_and_unref(qdev_new(cards[n].codec), BUS(g_ptr_array_index(DEVICE(dev)->child_buses, 0)),
                               &error_abort);
    }
    devices[n] = dev;
}

void fuzz_init(void)
{
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    qemu_clock_set_virtual_source(get_ns);
    cpu_enable_ticks();
    pci_test_init(&bus);
    for (unsigned i = 0; i < ARRAY_SIZE(cards); i++) {
        new_device(i);
    }
}

typedef struct Input {
    const uint8_t *at, *end;
} Input;

static uint8_t take(Input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static uint32_t take_number(Input *in, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint32_t)take(in) << 8 * i;
    }
    return value;
}

static AddressSpace *registers(unsigned n, hwaddr *base)
{
    *base = cards[n].codec ? PCI_TEST_BARS : MASTERS;
    return cards[n].codec ? &bus.mem_as : &bus.io_as;
}

static void access_register(unsigned n, Input *in, bool write)
{
    uint8_t bytes[4];
    hwaddr base, at = take(in);
    unsigned size = 1u << take(in) % 3;
    AddressSpace *as = registers(n, &base);

    stl_le_p(bytes, write ? take_number(in, size) : 0);
    address_space_rw(as, base + at % cards[n].size, MEMTXATTRS_UNSPECIFIED, bytes, size, write);
}

static void pass_time(int64_t ns)
{
    now_ns += ns;
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
}

/* By the immediate command registers: node, and 20 bits. */
static void command(unsigned n, Input *in)
{
    uint32_t word = (uint32_t)take(in) << 20;
    uint32_t verb = take(in) << 8;

    word |= (verb | take(in)) << 4 | take(in) | (uint32_t)take(in) << 16;
    if (cards[n].codec) {
        address_space_st(&bus.mem_as, PCI_TEST_BARS + 0x60, word, MO_32 | MO_LE, MEMTXATTRS_UNSPECIFIED, NULL);
        address_space_st(&bus.mem_as, PCI_TEST_BARS + 0x68, 1, MO_16 | MO_LE, MEMTXATTRS_UNSPECIFIED, NULL);
    }
}

static void step(unsigned n, Input *in)
{
    uint32_t addr, size;

    switch (take(in) % NUM_STEPS) {
    case STEP_REGISTER:
        access_register(n, in, true);
        return;
    case STEP_MEMORY:
        addr = take_number(in, 2);
        for (size = take(in); size; size--) {
            *pci_test_memory(&bus, addr++ % MEMORY) = take(in);
        }
        return;
    case STEP_TIME:
        pass_time(take(in) * SCALE_MS / 8);
        return;
    case STEP_LOOK:
        access_register(n, in, false);
        return;
    case STEP_CODEC:
        command(n, in);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, data + size };
    unsigned n = take(&in) % ARRAY_SIZE(cards);
    PCIDevice *dev = devices[n];

    device_cold_reset(DEVICE(dev));
    pci_device_reset(dev);
    pci_test_config(&bus, dev, PCI_BASE_ADDRESS_0, cards[n].codec ? PCI_TEST_BARS : MIXER, 4);
    pci_test_config(&bus, dev, PCI_BASE_ADDRESS_1, MASTERS, 4);
    pci_test_config(&bus, dev, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    if (cards[n].codec) {
        address_space_st(&bus.mem_as, PCI_TEST_BARS + 8, 1, MO_32 | MO_LE, MEMTXATTRS_UNSPECIFIED, NULL);
    }
    memset(pci_test_memory(&bus, 0), 0, MEMORY);
    while (in.at < in.end) {
        step(n, &in);
    }
    device_cold_reset(DEVICE(dev));
    pci_test_config(&bus, dev, PCI_COMMAND, 0, 2);
    return 0;
}
