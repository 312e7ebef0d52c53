/*
 * Fuzz target: USB controllers with devices, and a driver that writes anything to registers and
 * memory.
 *
 * An input is a list of steps: a byte that says what, then its arguments. Some steps do what a
 * driver does first, so that what follows is looked at.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "chardev/char.h"
#include "core/qdev-properties.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_host.h"
#include "hw/usb/usb.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/block-backend.h"
#include "ui/input.h"

#define RAM_SIZE  0x20000
#define DISK_SIZE 0x10000
#define BARS      0x10000000

enum { STEP_REGISTER, STEP_WORD, STEP_TIME, STEP_TURN, STEP_XHCI, STEP_TRB, STEP_ADDRESS, STEP_LISTS,
       STEP_DESCRIPTOR, STEP_INPUT, STEP_READ, STEP_PORT, STEP_CONFIG, STEP_DISK,
       STEP_DEVICE, STEP_ISOCHRONOUS, NUM_STEPS };

static const char *const controllers[] = { "qemu-xhci", "usb-ehci", "pci-ohci", "pci-ohci",
                                          "piix3-usb-uhci" };
static PCIDevice *subjects[G_N_ELEMENTS(controllers)];
static AddressSpace regs[G_N_ELEMENTS(controllers)];
static MemoryRegion ram, io;
static int64_t now;

/* Slots, an address for the first device, and a descriptor of it. */
static const char xhci_seed[] = "\4" "\6" "\5\0\0\x80\6\0\1\0\0\x12\0" "\0\0\4\x20\1\0\0\0" "\3\2\1";
/* A stick's command and data by OHCI and EHCI lists. */
static const char lists_seed[] = "\7\1" "\10\0\0\1\2\0\0" "\2\5" "\7\2" "\10\1\1\2\0\1\0" "\2\5" "\3";
static const char input_seed[] = "\4\6" "\11\36\1" "\11\36\0" "\3" "\2\3" "\12\0\x44\4" "\13\0\x10\2\0\0" "\3";

/* READ(10) and WRITE(10) of two blocks, once by xHCI and once without. */
static const char disk_seed[] = "\4\6\4\3" "\16\0\4\x80\12\x28\0\0\0\0\0\0\0\2" "\3"
                                "\16\0\2\0\12\x2a\0\0\0\0\0\0\1\0" "\3";
static const char stick_seed[] = "\17\x40\37USBC\1\0\0\0\0\2\0\0\x80\0\12\x28\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\10"
                                 "\17\x40\0\x85" "\17\x40\15UUUUUUUUUUUUU\4";

/* Isochronous endpoints by xHCI, then an iTD, an siTD, an OHCI and a UHCI descriptor. */
static const char xhci_iso_seed[] = "\4" "\6\14" "\5\0\x85\0\0\0\0\x80\0\0\x20" "\5\0\xc5\0\0\0\0\x80\0\0\x20" "\2\3";
static const char lists_iso_seed[] =
    "\7\0" "\20\0" "\0\0\0\0" "\0\x80\x80\x80" "\2\5" "\20\1" "\0\0\0\0" "\1\1\0\x80" "\0\0\0\0" "\x80\0\x80\0" "\2\5"
    "\7\1" "\20\2" "\0\0\0\3" "\0\0\1\0" "\0\0\0\0" "\377\7\1\0" "\0\0\0\1" "\2\5" "\7\3" "\20\3" "\2\5";

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT(xhci_iso_seed), FUZZ_TEXT(lists_iso_seed),
    FUZZ_TEXT(disk_seed), FUZZ_TEXT(stick_seed), FUZZ_TEXT(xhci_seed), FUZZ_TEXT(lists_seed), FUZZ_TEXT(input_seed), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("\4"), FUZZ_TEXT("\6"), FUZZ_TEXT("\3"), FUZZ_TEXT("\2\2"), FUZZ_TEXT("\7\1"),
    FUZZ_TEXT("\7\2"), FUZZ_TEXT("\7\3"), FUZZ_TEXT("\10\0\0\7\0\2\3"), FUZZ_TEXT("\0\0\0\x20\0\0\0\0"),
    FUZZ_TEXT("\0\0\4\x20\1\0\0\0"), FUZZ_TEXT("\0\0\4\x20\3\0\0\0"), FUZZ_TEXT("\377\377\377\377"),
    FUZZ_TEXT("\0\0\x40\0\2\0\0\0"), { NULL, 0 },
};

static int64_t get_now(void)
{
    return now;
}

static void set_irq(void *opaque, int irq, int level)
{
}

static int map_irq(PCIDevice *dev, int pin)
{
    return pin;
}

static char *new_disk(unsigned n)
{
    char *name = g_strdup_printf("disk%u", n);
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("fuzz-usb-XXXXXX", &path, NULL);

    g_assert_cmpint(ftruncate(fd, DISK_SIZE), ==, 0);
    close(fd);
    blk_new_open(name, path, "raw", false, &error_abort);
    unlink(path);
    return name;
}

/* --- a device with isochronous endpoints --- */

#define TYPE_STREAMER "fuzz-streamer"

static const USBInterface streamer_interface = {
    .class = 0xff,
    .num_endpoints = 2,
    .endpoints = { { 1 | USB_DIR_IN, USB_ISOCHRONOUS, 512, 1 }, { 2, USB_ISOCHRONOUS, 512, 1 } },
};
static const USBConfiguration streamer_configuration = {
    .num_interfaces = 1, .interfaces = &streamer_interface,
};
static const USBDescriptors streamer_descriptors = {
    .strings = { NULL, "Fuzz", "Streamer", "1" },
    .at_speed = { [USB_FULL] = &streamer_configuration, [USB_HIGH] = &streamer_configuration },
    .max_packet0 = 8,
};

static USBStatus streamer_transfer(USBDevice *dev, USBTransfer *t)
{
    static const uint8_t data[700] = { 1, 2, 3 };
    uint8_t taken[700];

    if (t->pid == USB_PID_OUT) {
        usb_take(t, taken, sizeof(taken));
    } else if (usb_give(t, data, sizeof(data)) < sizeof(data)) {
        return USB_BABBLE;
    }
    return USB_DONE;
}

static int streamer_control(USBDevice *dev, const USBRequest *request, uint8_t *data)
{
    return -1;
}

static void streamer_class_init(ObjectClass *klass, void *data)
{
    USB_DEVICE_CLASS(klass)->descriptors = &streamer_descriptors;
    USB_DEVICE_CLASS(klass)->transfer = streamer_transfer;
    USB_DEVICE_CLASS(klass)->control = streamer_control;
}

/* --- controllers, and what is plugged into them --- */

static void plug(BusState *bus, const char *type, unsigned n)
{
    DeviceState *dev = qdev_new(type);
    g_autofree char *name = NULL;

    if (g_str_equal(type, "usb-storage")) {
        name = new_disk(n);
        qdev_prop_set_string(dev, "drive", name);
    } else if (g_str_equal(type, "usb-serial")) {
        name = g_strdup_printf("line%u", n);
        qdev_prop_set_chr(dev, "chardev", qemu_chr_new(name, "null"));
        qdev_prop_set_bit(dev, "always-plugged", true);
    }
    qdev_realize_and_unref(dev, bus, &error_abort);
}

static void add_controller(PCIBus *bus, unsigned n)
{
    PCIDevice *dev = subjects[n] = pci_new(-1, controllers[n]);

    if (n == 3) {
        qdev_prop_set_string(DEVICE(dev), "masterbus", "e.0");
        qdev_prop_set_uint32(DEVICE(dev), "num-ports", 6);
    } else if (n == 0) {
        qdev_prop_set_uint32(DEVICE(dev), "p2", 6);
        qdev_prop_set_uint32(DEVICE(dev), "p3", 6);
    } else if (n == 2) {
        qdev_prop_set_uint32(DEVICE(dev), "num-ports", 4);
    } else if (n == 1) {
        qdev_set_id(DEVICE(dev), g_strdup("e"), &error_abort);
    }
    pci_realize_and_unref(dev, bus, &error_abort);
    pci_host_config_write_common(dev, PCI_COMMAND, 256, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    pci_host_config_write_common(dev, PCI_BASE_ADDRESS_0, 256, BARS + n * 0x10000, 4);
    address_space_init(&regs[n], dev->io_regions[n == 4 ? 4 : 0].memory, "fuzz-usb");
}

static void add_devices(unsigned n)
{
    static const char *const types[] = { TYPE_STREAMER, "usb-storage", "usb-tablet", "usb2-hub",
                                         "usb-serial" };
    /* Who has companions has devices of all speeds; a companion has none of its own. */
    static const uint8_t has[G_N_ELEMENTS(controllers)] = { 5, 5, 4, 0, 2 };

    for (unsigned i = 0; i < has[n]; i++) {
        plug(g_ptr_array_index(DEVICE(subjects[n])->child_buses, 0), types[i], n * 8 + i);
    }
}

void fuzz_init(void)
{
    DeviceState *host;
    PCIBus *bus;

    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    qemu_clock_set_virtual_source(get_now);
    cpu_enable_ticks();
    memory_map_init();
    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    memory_region_init(&io, NULL, "io", 0x10000);
    qemu_set_log(0, &error_abort);
    host = qdev_new("fuzz-usb-host");
    PCI_HOST_BRIDGE(host)->bus = bus =
        pci_register_root_bus(host, "pci.0", set_irq, map_irq, NULL, get_system_memory(), &io, 0, 4,
                              TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    for (unsigned n = 0; n < G_N_ELEMENTS(controllers); n++) {
        add_controller(bus, n);
    }
    for (unsigned n = 0; n < G_N_ELEMENTS(controllers); n++) {
        add_devices(n);
    }
}

static const TypeInfo fuzz_types[] = {
    { .name = TYPE_STREAMER, .parent = TYPE_USB_DEVICE, .instance_size = sizeof(USBDevice),
      .class_init = streamer_class_init },
    { .name = "fuzz-usb-host", .parent = TYPE_PCI_HOST_BRIDGE,
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

static void set_reg(unsigned n, uint32_t offset, uint32_t value)
{
    address_space_stl_le(&regs[n], offset, value, MEMTXATTRS_UNSPECIFIED, NULL);
}

static void put(uint32_t at, uint32_t value)
{
    address_space_stl_le(&address_space_memory, at % RAM_SIZE & ~3u, value, MEMTXATTRS_UNSPECIFIED,
                         NULL);
}

static void put_trb(uint32_t at, uint64_t parameter, uint32_t status, uint32_t control)
{
    put(at, parameter);
    put(at + 4, parameter >> 32);
    put(at + 8, status);
    put(at + 12, control);
}

/* Rings, as at the end of a driver's start; commands at 0x1000, events at 0x2000. */
static void start_xhci(void)
{
    put(0x3000, 0x2000);
    put(0x3004, 0);
    put(0x3008, 64);
    set_reg(0, 0x40, 2);
    set_reg(0, 0x58, 0x1001);
    set_reg(0, 0x70, 0x4000);
    set_reg(0, 0x78, 8);
    set_reg(0, 0x1028, 1);
    set_reg(0, 0x1038, 0x2000);
    set_reg(0, 0x1030, 0x3000);
    set_reg(0, 0x40, 5);
}

/* Slot 1 for the device in a socket, with bulk or isochronous endpoints. */
static void address_device(unsigned socket, bool isochronous)
{
    unsigned out_type = isochronous ? 1 : 2;

    put(0x4008, 0x6000);
    put(0x5004, 3);
    put(0x5020, 1u << 27 | 4 << 20);
    put(0x5024, (socket + 1) << 16);
    put(0x5044, 64 << 16 | 4 << 3);
    put(0x5048, 0x7001);
    set_reg(0, 0x440 + socket % 8 * 0x10, 0x210);
    put_trb(0x1000, 0, 0, 9 << 10 | 1);
    put_trb(0x1010, 0x5000, 0, 11 << 10 | 1u << 24 | 1);
    put(0x5804, 1 | 1 << 3 | 1 << 4);
    put(0x5884, 512 << 16 | (out_type + 4) << 3); /* IN */
    put(0x5888, 0x9001);
    put(0x58a4, 512 << 16 | out_type << 3);
    put(0x58a8, 0x9801);
    put_trb(0x1020, 0x5800, 0, 12 << 10 | 1u << 24 | 1);
    set_reg(0, 0x2000, 0);
    put_trb(0x7000, 0x10900, 8, 2 << 10 | 1 << 6 | 1);
    put_trb(0x7010, 0, 0, 4 << 10 | 1 << 16 | 1 << 5 | 1);
    set_reg(0, 0x2004, 1);
}

/* EHCI: a QH at 0xa000 that is its own ring; OHCI: EDs at 0xb000. Both with their ports reset. */
static void start_lists(unsigned n)
{
    if (n == 1) {
        put(0xa000, 0xa002);
        set_reg(1, 0x60, 1);
        for (unsigned i = 0; i < 6; i++) {
            set_reg(1, 0x64 + 4 * i, 0x1104);
            set_reg(1, 0x64 + 4 * i, 0x1004);
        }
        set_reg(1, 0x38, 0xa000);
        set_reg(1, 0x34, 0xc000);
        set_reg(1, 0x20, 0x31);
        return;
    }
    if (n == 4) {
        for (unsigned i = 0; i < 64; i++) {
            put(0x14000 + 4 * i, 0xb002);
        }
        put(0xb000, 0xb002);
        put(0xb004, 0xe000);
        set_reg(4, 0x08, 0x14000);
        set_reg(4, 0x10, 0x02000200);
        set_reg(4, 0x10, 0x00040004);
        set_reg(4, 0x00, 0x1);
        return;
    }
    set_reg(n, 0x18, 0xd000);
    set_reg(n, 0x20, 0xb000);
    set_reg(n, 0x28, 0xb000);
    set_reg(n, 0x04, 0xb4);
    set_reg(n, 0x08, 6);
    for (unsigned i = 0; i < 3; i++) {
        set_reg(n, 0x54 + 4 * i, 0x10);
    }
}

/* A descriptor that leads to a buffer: a qTD or a TD, and what points to it. */
static void put_descriptor(Input *in, bool ehci)
{
    uint32_t endpoint = take(in, 1), bytes = take(in, 2), pid = take(in, 1) & 3, next = take(in, 1);
    uint32_t at = 0xe000 + next % 16 * 0x40;

    if (ehci) {
        put(0xa004, 64 << 16 | (endpoint & 0xf) << 8 | 2 << 12);
        put(0xa010, at);
        put(0xa018, 0);
        put(at, at + 0x40);
        put(at + 4, 1);
        put(at + 8, bytes << 16 | pid << 8 | 0x80 | 0x8000);
        put(at + 12, 0x10000);
        put(at + 16, 0x11000);
    } else if (next & 2) { /* UHCI */
        static const uint8_t pids[] = { 0x2d, 0xe1, 0x69, 0x69 };

        put(0xb004, at);
        put(at, next & 4 ? at : at + 0x40);
        put(at + 4, 0x00800000 | (next & 8 ? 0x21000000 : 0));
        put(at + 8, pids[pid] | (endpoint & 0xf) << 15 | (bytes & 0x7ff) << 21);
        put(at + 12, 0x10000);
    } else {
        put(0xb000, 64 << 16 | (endpoint & 0xf) << 7);
        put(0xb004, 0xffff0);
        put(0xb008, at);
        put(0xb00c, next & 1 ? 0xb000 : 0);
        put(at, pid << 19);
        put(at + 4, 0x10000);
        put(at + 8, at + 0x40);
        put(at + 12, 0x10000 + bytes % 0x2000);
    }
}

static void configure(USBDevice *dev, uint8_t address);

/* An isochronous descriptor, its words as they come: iTD, siTD, that of OHCI, that of UHCI. */
static void put_isochronous(Input *in)
{
    static const uint8_t words[] = { 16, 7, 8, 4 };
    unsigned kind = take(in, 1) % 4;
    unsigned n = kind < 2 ? 1 : kind == 2 ? 2 : 4;
    BusState *bus = g_ptr_array_index(DEVICE(subjects[n])->child_buses, 0);
    uint32_t frame = address_space_ldl_le(&regs[2], 0x3c, MEMTXATTRS_UNSPECIFIED, NULL);

    for (unsigned i = 0; i < bus->children->len; i++) {
        Object *child = g_ptr_array_index(bus->children, i);

        if (object_dynamic_cast(child, TYPE_STREAMER)) {
            configure(USB_DEVICE(child), 0);
        }
    }
    for (unsigned i = 0; i < words[kind]; i++) {
        put(0xf000 + 4 * i, take(in, 4));
    }
    switch (kind) {
    case 0:
    case 1:
        put(0xf000, 1);
        for (unsigned i = 0; i < 1024; i++) {
            put(0xc000 + 4 * i, 0xf000 | (kind ? 4 : 0));
        }
        break;
    case 2:
        put(0xf000, ((frame + 1) & 0xffff) | (take(in, 1) & 7) << 24);
        put(0xb800, 0x8000 | (take(in, 1) & 3) << 11 | (take(in, 1) & 3) << 7);
        put(0xb804, 0xffff0);
        put(0xb808, 0xf000);
        put(0xb80c, 0);
        for (unsigned i = 0; i < 32; i++) {
            put(0xd000 + 4 * i, 0xb800);
        }
        set_reg(2, 0x04, 0xbc);
        break;
    case 3:
        put(0xf000, 1);
        put(0xf004, 0x03800000);
        put(0xf008, (take(in, 1) & 1 ? 0x69 : 0xe1) | (take(in, 1) & 3) << 15 | take(in, 2) << 21);
        for (unsigned i = 0; i < 1024; i++) {
            put(0x14000 + 4 * i, 0xf000);
        }
        break;
    }
}

/* A command for the disk, by xHCI: its wrapper, data and status. */
static void disk_command(Input *in)
{
    uint32_t bytes = take(in, 2), flags = take(in, 1) & 0x80, data_ring = flags ? 0x9000 : 0x9810;

    put(0x10000, 0x43425355);
    put(0x10004, 1);
    put(0x10008, bytes);
    put(0x1000c, flags | take(in, 1) % 17 << 16 | take(in, 1) << 24);
    put(0x10010, take(in, 4));
    put(0x10014, take(in, 4));
    put(0x10018, 0);
    put_trb(0x9800, 0x10000, 31, 1 << 10 | 1 << 5 | 1);
    put_trb(data_ring, 0x12000, bytes, 1 << 10 | 1 << 5 | 1);
    put_trb(flags ? 0x9010 : 0x9000, 0x11000, 13, 1 << 10 | 1 << 5 | 1);
    set_reg(0, 0x2004, 4);
    set_reg(0, 0x2004, 3);
    main_loop_wait(true);
    blk_drain_all();
    main_loop_wait(true);
}

static void transfer_is_over(USBTransfer *t)
{
}

static USBStatus transfer(USBDevice *dev, USBPid pid, uint8_t endpoint, void *data, size_t size)
{
    USBTransfer t = { .pid = pid, .endpoint = endpoint, .complete = transfer_is_over };

    qemu_iovec_init_buf(&t.data, data, size);
    if (usb_submit(dev, &t) == USB_PENDING) {
        main_loop_wait(true);
        blk_drain_all();
        main_loop_wait(true);
        usb_cancel(&t);
    }
    return t.status;
}

static void configure(USBDevice *dev, uint8_t address)
{
    static uint8_t set_configuration[8] = { 0, 9, 1 };

    if (!usb_is_attached(dev)) {
        return;
    }
    usb_port_reset(dev->port);
    dev->port->enabled = true;
    usb_set_address(dev, address);
    transfer(dev, USB_PID_SETUP, 0, set_configuration, 8);
    transfer(dev, USB_PID_IN, 0, NULL, 0);
}

/* Packets for a device, without a controller. */
static void use_device(Input *in)
{
    unsigned n = take(in, 1);
    BusState *bus = g_ptr_array_index(DEVICE(subjects[n / 8 % 3])->child_buses, 0);
    USBDevice *dev = USB_DEVICE(g_ptr_array_index(bus->children, n % bus->children->len));
    uint8_t data[512];
    size_t size = take(in, 1);

    if (!usb_is_attached(dev)) {
        return;
    }
    if (!dev->configuration && n & 0x40) {
        configure(dev, 1);
    }
    size = MIN(size, (size_t)(in->end - in->at));
    memset(data, 0, sizeof(data));
    memcpy(data, in->at, size);
    in->at += size;
    n = take(in, 1);
    transfer(dev, n % 3, n / 4 % 4, data, n & 0x80 ? sizeof(data) : size);
}

static void pass_time(unsigned ms)
{
    int64_t end = now + (int64_t)ms * SCALE_MS, next;

    while ((next = qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL)) >= 0 && now + next <= end) {
        now += next;
        qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    }
    now = end;
}

static void do_step(Input *in)
{
    unsigned step = take(in, 1) % NUM_STEPS, n;
    uint32_t a;

    switch (step) {
    case STEP_REGISTER:
        n = take(in, 1) % G_N_ELEMENTS(controllers);
        a = take(in, 2);
        set_reg(n, n == 4 ? a & 0x1c : a & 0x3ffc, take(in, 4));
        break;
    case STEP_WORD:
        a = take(in, 3);
        put(a, take(in, 4));
        break;
    case STEP_TIME:
        pass_time(take(in, 1) % 16);
        break;
    case STEP_TURN:
        main_loop_wait(true);
        break;
    case STEP_XHCI:
        start_xhci();
        break;
    case STEP_TRB:
        a = take(in, 1) * 16;
        n = take(in, 1);
        a += n / 64 == 2 ? 0x9000 : n / 64 == 3 ? 0x9800 : 0x7020;
        put_trb(a, 0x10000 + take(in, 4), take(in, 3), (n & 0x3f) << 10 | take(in, 1) | 1);
        set_reg(0, 0x2004, 1 + n / 64);
        break;
    case STEP_ADDRESS:
        n = take(in, 1);
        address_device(n % 8, n & 8);
        break;
    case STEP_LISTS:
        start_lists(1 + take(in, 1) % 4);
        break;
    case STEP_DESCRIPTOR:
        put_descriptor(in, take(in, 1) & 1);
        break;
    case STEP_INPUT:
        a = take(in, 1);
        input_send_position(NULL, INPUT_X, a, 256);
        input_send_key(NULL, a, take(in, 1) & 1);
        input_sync();
        break;
    case STEP_READ:
        n = take(in, 1) % G_N_ELEMENTS(controllers);
        address_space_ldl_le(&regs[n], take(in, 2) & 0x3ffc, MEMTXATTRS_UNSPECIFIED, NULL);
        break;
    case STEP_PORT:
        n = take(in, 1);
        set_reg(0, 0x440 + n % 8 * 0x10, take(in, 4));
        break;
    case STEP_DISK:
        disk_command(in);
        break;
    case STEP_DEVICE:
        use_device(in);
        break;
    case STEP_ISOCHRONOUS:
        put_isochronous(in);
        break;
    case STEP_CONFIG:
        n = take(in, 1) % G_N_ELEMENTS(controllers);
        a = take(in, 1);
        pci_host_config_write_common(subjects[n], a, 256, take(in, 2), 2);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, data + size };

    while (in.at < in.end) {
        do_step(&in);
    }
    main_loop_wait(true);
    blk_drain_all();
    for (unsigned n = 0; n < G_N_ELEMENTS(controllers); n++) {
        device_cold_reset(DEVICE(subjects[n]));
        pci_host_config_write_common(subjects[n], PCI_COMMAND, 256,
                                     PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
        pci_host_config_write_common(subjects[n], PCI_BASE_ADDRESS_0, 256, BARS + n * 0x10000, 4);
    }
    return 0;
}
