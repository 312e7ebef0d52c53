/*
 * Fuzz target: IDE channels with disks and CD-ROM drives, and a driver that writes anything to
 * ports, memory and configuration registers.
 *
 * An input is a list of steps: a byte that says what, then its arguments. Some steps do what a
 * driver does, so that what follows is looked at.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "core/qdev-properties.h"
#include "hw/ide/ide.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_host.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/block-backend.h"
#include "system/memory.h"
#include "system/runstate.h"

#define RAM_SIZE   0x20000
#define IMAGE_SIZE 0x40000
#define MASTERS    0xc000
#define PORTS_IN_MEMORY 0x40000 /* where bus masters get at the ports, too */

enum {
    STEP_WRITE,   /* port, value */
    STEP_READ,    /* port */
    STEP_DATA,    /* channel, direction and width, how many */
    STEP_COMMAND, /* channel and device, code, address, count, features */
    STEP_PACKET,  /* channel and features, limit, packet */
    STEP_REGION,  /* number, address, size */
    STEP_MASTER,  /* channel, command */
    STEP_WORD,    /* address, value */
    STEP_TURN,
    STEP_CONFIG,  /* register, value */
    STEP_RESET,
    STEP_STATE,   /* unit, offset, value: load a changed snapshot */
    NUM_STEPS
};

static PCIDevice *subject;
static DeviceState *units[4];
static MemoryRegion ram, io, io_in_memory, mem;
static AddressSpace ports;
static AddressSpace memory;

static const char read_seed[] = "\3\0\x20\5\0\0\0\2\0" "\10" "\2\0\xff" "\2\0\1" "\10" "\2\0\xff";
static const char write_seed[] = "\3\0\x30\5\0\0\0\1\0" "\2\2\xff" "\2\2\1" "\10";
static const char dma_seed[] = "\5\0\0\x20\0\0\2\0" "\5\1\0\x30\0\0\2\x80" "\6\0\x09" "\3\0\xc8\5\0\0\0\2\0" "\10"
                               "\6\0\0";
static const char self_seed[] = "\5\0\xf6\1\4\2\0\0" "\5\1\0\x20\0\xfe\3\x80" "\6\0\x09"
                                "\3\0\xc8\5\0\0\0\2\0" "\10";
static const char packet_seed[] = "\4\2\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0" "\10"
                                  "\4\2\0\x08\x28\0\0\0\0\1\0\0\2\0\0\0" "\10" "\2\1\xff" "\2\1\xff" "\10";
static const char packet_dma_seed[] = "\5\0\0\x20\0\0\x90\x80" "\6\1\x09" "\4\3\0\x08\x28\0\0\0\0\1\0\0\2\0\0\0"
                                      "\10" "\6\1\0";
static const char state_seed[] = "\3\0\x30\5\0\0\0\1\0" "\2\2\x40" "\13\0\0\0\0" "\13\2\1\0\1" "\12" "\11\x40\0\x80\0\x80";

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT(read_seed), FUZZ_TEXT(write_seed), FUZZ_TEXT(dma_seed), FUZZ_TEXT(self_seed),
    FUZZ_TEXT(packet_seed),
    FUZZ_TEXT(packet_dma_seed), FUZZ_TEXT(state_seed), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("\10"), FUZZ_TEXT("\2\0\xff\2\0\1"), FUZZ_TEXT("\2\3\xff\2\3\1"), FUZZ_TEXT("\6\0\1"), FUZZ_TEXT("\6\0\x09"),
    FUZZ_TEXT("\3\0\xec\0\0\0\0\0\0"), FUZZ_TEXT("\3\0\xc6\0\0\0\0\4\0"), FUZZ_TEXT("\3\0\xc5\0\0\0\0\x20\0"),
    FUZZ_TEXT("\3\0\x06\0\0\0\0\1\1"), FUZZ_TEXT("\3\0\xef\0\0\0\0\x45\3"), FUZZ_TEXT("\3\0\x25\0\0\0\0\0\0"),
    FUZZ_TEXT("\0\x16\4"), FUZZ_TEXT("\0\x16\0"), FUZZ_TEXT("\3\2\x08\0\0\0\0\0\0"),
    FUZZ_TEXT("\4\2\4\0\x55\x10\0\0\0\0\0\0\x14\0\0\0"), FUZZ_TEXT("\4\2\4\0\x03\0\0\0\x12\0\0\0\0\0\0\0"),
    FUZZ_TEXT("\4\2\4\0\x1b\0\0\0\2\0\0\0\0\0\0\0"), FUZZ_TEXT("\12"), { NULL, 0 },
};

static void set_irq(void *opaque, int irq, int level)
{
}

static int map_irq(PCIDevice *dev, int pin)
{
    return 0;
}

static void set_config(unsigned reg, uint32_t value)
{
    pci_host_config_write_common(subject, reg, PCI_CONFIG_SPACE_SIZE, value, 4);
}

static void enable(void)
{
    set_config(PCI_BASE_ADDRESS_4, MASTERS);
    pci_host_config_write_common(subject, PCI_COMMAND, PCI_CONFIG_SPACE_SIZE,
                                 PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    set_config(0x40, 0x80008000);
}

static void add_drive(unsigned n, bool is_cd)
{
    g_autofree char *path = NULL, *options = NULL;
    int fd = g_file_open_tmp("fuzz-ide-XXXXXX", &path, NULL);

    g_assert_cmpint(ftruncate(fd, IMAGE_SIZE), ==, 0);
    close(fd);
    options = g_strdup_printf("if=ide,index=%u,format=raw,file=%s%s", n, path,
                              is_cd ? ",media=cdrom" : "");
    drive_new_from_opts(options, &error_abort);
    unlink(path);
}

void fuzz_init(void)
{
    DeviceState *host;
    PCIBus *bus;

    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    qemu_set_log(0, &error_abort);
    memory_region_init(&mem, NULL, "mem", UINT64_C(1) << 32);
    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(&mem, 0, &ram);
    memory_region_init(&io, NULL, "io", 0x10000);
    memory_region_init_alias(&io_in_memory, NULL, "io-in-memory", &io, 0, 0x10000);
    memory_region_add_subregion(&mem, PORTS_IN_MEMORY, &io_in_memory);
    address_space_init(&ports, &io, "ports");
    address_space_init(&memory, &mem, "memory");
    host = qdev_new("fuzz-ide-host");
    PCI_HOST_BRIDGE(host)->bus = bus =
        pci_register_root_bus(host, "pci.0", set_irq, map_irq, NULL, &mem, &io, 0, 4,
                              TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    subject = pci_create_simple(bus, -1, TYPE_PIIX4_IDE);
    for (unsigned n = 0; n < 4; n++) {
        add_drive(n, n & 1);
    }
    pci_ide_create_devs(subject);
    for (unsigned i = 0; i < 2; i++) {
        BusState *channel = g_ptr_array_index(DEVICE(subject)->child_buses, i);

        for (unsigned j = 0; j < channel->children->len; j++) {
            units[2 * i + j] = g_ptr_array_index(channel->children, j);
        }
    }
}

static const TypeInfo fuzz_types[] = {
    { .name = "fuzz-ide-host", .parent = TYPE_PCI_HOST_BRIDGE,
      .instance_size = sizeof(PCIHostState) },
};

DEFINE_TYPES(fuzz_types)

/* --- steps --- */

typedef struct Input {
    const uint8_t *at, *end;
} Input;

static uint32_t take(Input *in, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes && in->at < in->end; i++) {
        value |= (uint32_t)*in->at++ << 8 * i;
    }
    return value;
}

/* Ports by a small number: channel in bit 3, the control block from 10h on, masters from 20h on. */
static hwaddr port(unsigned n)
{
    hwaddr base = n & 8 ? 0x170 : 0x1f0;

    return n & 0x20 ? MASTERS + (n & 0xf) : n & 0x10 ? base + 0x206 : base + (n & 7);
}

static void out(unsigned n, uint32_t value, unsigned size)
{
    uint8_t bytes[4];

    stl_le_p(bytes, value);
    address_space_write(&ports, port(n), MEMTXATTRS_UNSPECIFIED, bytes, size);
}

static void in_port(unsigned n, unsigned size)
{
    uint8_t bytes[4];

    address_space_read(&ports, port(n), MEMTXATTRS_UNSPECIFIED, bytes, size);
}

static void turn(void)
{
    main_loop_wait(true);
    blk_drain_all();
    main_loop_wait(true);
}

static void move_data(Input *in)
{
    unsigned how = take(in, 1), n = take(in, 1), size = 1 << how / 4 % 3;

    for (unsigned i = 0; i <= n; i++) {
        if (how & 2) {
            out((how & 1) << 3, i * 0x01010101, size);
        } else {
            in_port((how & 1) << 3, size);
        }
    }
}

/* The channel in bit 0, the device in bit 1. */
static void give_command(Input *in)
{
    unsigned where = take(in, 1), channel = (where & 1) << 3, code = take(in, 1);
    uint32_t lba = take(in, 4);

    out(channel | IDE_DEVICE, (where & 2) << 3 | 0x40 | (lba >> 24 & 0xf), 1);
    out(channel | IDE_LBA_LOW, lba, 1);
    out(channel | IDE_LBA_MID, lba >> 8, 1);
    out(channel | IDE_LBA_HIGH, lba >> 16, 1);
    out(channel | IDE_COUNT, where & 4 ? take(in, 1) : 0, 1);
    out(channel | IDE_COUNT, take(in, 1), 1);
    out(channel | IDE_FEATURES, 0, 1);
    out(channel | IDE_FEATURES, take(in, 1), 1);
    out(channel | IDE_COMMAND, code, 1);
}

static void give_packet(Input *in)
{
    unsigned where = take(in, 1), channel = (where & 2) << 2;
    uint16_t limit = take(in, 2);

    out(channel | IDE_DEVICE, 0x10, 1); /* the CD-ROM drives are devices 1 */
    out(channel | IDE_FEATURES, where & 1, 1);
    out(channel | IDE_LBA_MID, limit, 1);
    out(channel | IDE_LBA_HIGH, limit >> 8, 1);
    out(channel | IDE_COMMAND, 0xa0, 1);
    for (int i = 0; i < 6; i++) {
        out(channel | IDE_DATA, take(in, 2), 2);
    }
}

static void load_changed_state(Input *in)
{
    DeviceState *dev = units[take(in, 1) % G_N_ELEMENTS(units)];
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(dev)->vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    uint32_t offset = take(in, 2), value = take(in, 1);
    VMStateReader reader;

    vmstate_save_state(bytes, vmsd, dev, &error_abort);
    bytes->data[offset < 64 ? offset : bytes->len - 1 - offset % 128] ^= value;
    reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    if (vmstate_load_state(&reader, vmsd, dev, NULL) < 0) {
        device_cold_reset(DEVICE(subject)); /* half loaded: nobody uses it */
        enable();
    }
    vm_state_notify(true, RUN_STATE_RUNNING);
}

static void do_step(Input *in)
{
    uint32_t a;

    switch (take(in, 1) % NUM_STEPS) {
    case STEP_WRITE:
        a = take(in, 1);
        out(a, take(in, 1), 1);
        break;
    case STEP_READ:
        in_port(take(in, 1), 1);
        break;
    case STEP_DATA:
        move_data(in);
        break;
    case STEP_COMMAND:
        give_command(in);
        break;
    case STEP_PACKET:
        give_packet(in);
        break;
    case STEP_REGION:
        a = take(in, 1) % 32 * 8;
        address_space_stl_le(&memory, 0x1000 + a, take(in, 3), MEMTXATTRS_UNSPECIFIED, NULL);
        address_space_stl_le(&memory, 0x1004 + a, take(in, 1) | take(in, 1) << 8 | take(in, 1) << 24,
                             MEMTXATTRS_UNSPECIFIED, NULL);
        break;
    case STEP_MASTER:
        a = take(in, 1) & 1 ? 0x28 : 0x20;
        out(a + 4, 0x1000, 4);
        out(a, take(in, 1), 1);
        break;
    case STEP_WORD:
        a = take(in, 3) % RAM_SIZE & ~3u;
        address_space_stl_le(&memory, a, take(in, 4), MEMTXATTRS_UNSPECIFIED, NULL);
        break;
    case STEP_TURN:
        turn();
        break;
    case STEP_CONFIG:
        a = take(in, 1) & 0xfc;
        set_config(a, take(in, 4));
        break;
    case STEP_RESET:
        device_cold_reset(DEVICE(subject));
        enable();
        break;
    case STEP_STATE:
        load_changed_state(in);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, data + size };

    enable();
    while (in.at < in.end) {
        do_step(&in);
    }
    turn();
    device_cold_reset(DEVICE(subject));
    return 0;
}
