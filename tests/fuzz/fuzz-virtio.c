/*
 * Fuzz target: virtio devices behind virtio-mmio and virtio-pci, with a driver that writes anything
 * to registers, configuration and rings.
 *
 * An input is a byte that says which device, then a list of steps: a byte that says what, then its
 * arguments. One kind of step sets a queue up as a driver does, so that what follows is looked at.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include "chardev/char.h"
#include "hw/pci-host/gpex.h"
#include "hw/pci/pci_bus.h"
#include "hw/scsi/scsi.h"
#include "hw/virtio/virtio-mmio.h"
#include "hw/virtio/virtio.h"
#include "net/net.h"
#include "net/netdev.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/block-backend.h"

#define RAM_SIZE 0x20000
#define BUFFERS  0x10000
#define DISK_SIZE 0x10000

enum { STEP_REGISTER, STEP_MEMORY, STEP_SETUP, STEP_KICK, STEP_CONFIG, STEP_TURN, STEP_FRAME,
       STEP_DESCRIPTOR, STEP_AVAILABLE, STEP_PCI_CONFIG, STEP_READ, NUM_STEPS };

typedef struct Subject {
    DeviceState *slot; /* the virtio-mmio slot or the PCI device */
    VirtioDevice *dev;
    AddressSpace regs; /* the slot's registers, or the modern structures */
    bool legacy, pci;
} Subject;

static GPtrArray *subjects;
static MemoryRegion ram;
static NetClientState *cable;

/* A block request in order; a packet; a control command; a byte for the console; entropy; INQUIRY. */
#define SETUP(queue) "\2" queue "\0"
#define DESCRIPTOR(slot, addr, len, flags, next) "\7" slot addr len flags next
static const char read_block[] = "\0" SETUP("\0") DESCRIPTOR("\0", "\0\0", "\20\0", "\1", "\1")
                                 DESCRIPTOR("\1", "\0\2", "\0\2", "\3", "\2")
                                 DESCRIPTOR("\2", "\0\5", "\1\0", "\2", "\0") "\10\0\0" "\3\0" "\5";
static const char packet[] = "\1" SETUP("\1") DESCRIPTOR("\0", "\0\0", "\100\0", "\0", "\0")
                             "\10\1\0" "\3\1" "\5";
static const char receive[] = "\1" SETUP("\0") DESCRIPTOR("\0", "\0\0", "\0\7", "\2", "\0")
                              "\10\0\0" "\3\0" "\6\20" "\5";
static const char control[] = "\1" SETUP("\2") DESCRIPTOR("\0", "\0\0", "\3\0", "\1", "\1")
                              DESCRIPTOR("\1", "\0\2", "\1\0", "\2", "\0") "\10\2\0" "\3\2";
static const char entropy[] = "\2" SETUP("\0") DESCRIPTOR("\0", "\0\0", "\100\0", "\2", "\0")
                              "\10\0\0" "\3\0" "\5";
static const char serial[] = "\3" SETUP("\1") DESCRIPTOR("\0", "\0\0", "\100\0", "\0", "\0")
                             "\10\1\0" "\3\1" "\5";
static const char scsi[] = "\4" SETUP("\2") DESCRIPTOR("\0", "\0\0", "\63\0", "\1", "\1")
                           DESCRIPTOR("\1", "\0\2", "\220\0", "\2", "\0")
                           "\1\0\0\1\1\1" "\1\23\0\1\5\22\0\0\0\44" "\10\2\0" "\3\2" "\5";

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT(read_block), FUZZ_TEXT(packet), FUZZ_TEXT(receive), FUZZ_TEXT(control),
    FUZZ_TEXT(entropy), FUZZ_TEXT(serial), FUZZ_TEXT(scsi), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT("\2\0\0"), FUZZ_TEXT("\2\1\0"), FUZZ_TEXT("\2\2\0"), FUZZ_TEXT("\2\3\0"),
    FUZZ_TEXT("\2\0\1"), FUZZ_TEXT("\2\0\2"), FUZZ_TEXT("\2\0\3"), FUZZ_TEXT("\3\0"),
    FUZZ_TEXT("\3\1"), FUZZ_TEXT("\3\2"), FUZZ_TEXT("\5"), FUZZ_TEXT("\6\377"),
    FUZZ_TEXT("\7\0\0\0\20\0\4\0"), FUZZ_TEXT("\7\1\0\2\0\2\3\2"), FUZZ_TEXT("\10\0\0"),
    FUZZ_TEXT("\377\377\377\377"), { NULL, 0 },
};

static int64_t still(void)
{
    return 0;
}

static ssize_t swallow(NetClientState *nc, const uint8_t *buf, size_t size)
{
    return size;
}

static const NetClientInfo cable_info = {
    .type = NET_CLIENT_DRIVER_USER, .size = sizeof(NetClientState), .receive = swallow,
};

static BlockBackend *new_disk(const char *name)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("fuzz-virtio-XXXXXX", &path, NULL);
    BlockBackend *blk;

    g_assert_cmpint(ftruncate(fd, DISK_SIZE), ==, 0);
    close(fd);
    blk = blk_new_open(name, path, "raw", false, &error_abort);
    unlink(path);
    return blk;
}

static void set_up_backend(DeviceState *dev, const char *type, const char *suffix)
{
    if (g_str_has_prefix(type, "virtio-blk")) {
        g_autofree char *name = g_strconcat("disk", suffix, NULL);

        new_disk(name);
        qdev_prop_set_string(dev, "drive", name);
    } else if (g_str_has_prefix(type, "virtio-net") && !cable) {
        cable = qemu_new_net_client(&cable_info, NULL, "fuzz", "cable");
        qdev_prop_set_string(dev, "netdev", "cable");
    }
    qdev_prop_set_bit(dev, "packed", true);
    qdev_prop_set_bit(dev, "in_order", true);
}

static void add_units(VirtioDevice *dev)
{
    static int number;
    ScsiBus *bus = SCSI_BUS(g_ptr_array_index(DEVICE(dev)->child_buses, 0));

    for (int i = 0; i < 3; i++) {
        g_autofree char *name = g_strdup_printf("unit%d", number++);
        DeviceState *unit = qdev_new(i ? TYPE_SCSI_HD : TYPE_SCSI_CD);

        new_disk(name);
        qdev_prop_set_string(unit, "drive", name);
        qdev_prop_set_uint32(unit, "scsi-id", 0);
        qdev_realize_and_unref(unit, BUS(bus), &error_abort);
    }
}

static void add_ports(VirtioDevice *dev)
{
    static const char *const types[] = { "virtconsole", "virtserialport" };

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        DeviceState *port = qdev_new(types[i]);
        g_autofree char *id = g_strdup_printf("port%zu-%p", i, dev);

        qdev_prop_set_chr(port, "chardev", qemu_chr_new(id, "null"));
        qdev_realize_and_unref(port, g_ptr_array_index(DEVICE(dev)->child_buses, 0), &error_abort);
    }
}

static Subject *add_subject(DeviceState *slot, VirtioDevice *dev, MemoryRegion *regs)
{
    Subject *s = g_new0(Subject, 1);

    s->slot = slot;
    s->dev = dev;
    address_space_init(&s->regs, regs, "fuzz-virtio");
    if (DEVICE(dev)->child_buses->len) {
        object_dynamic_cast(g_ptr_array_index(DEVICE(dev)->child_buses, 0), TYPE_SCSI_BUS)
            ? add_units(dev) : add_ports(dev);
    }
    g_ptr_array_add(subjects, s);
    return s;
}

static void add_mmio(const char *type, bool legacy)
{
    DeviceState *slot = qdev_new(TYPE_VIRTIO_MMIO), *dev = qdev_new(type);

    qdev_prop_set_bit(slot, "force-legacy", legacy);
    sysbus_realize(SYS_BUS_DEVICE(slot), &error_abort);
    set_up_backend(dev, type, legacy ? "-legacy" : "-mmio");
    qdev_realize(dev, g_ptr_array_index(slot->child_buses, 0), &error_abort);
    add_subject(slot, VIRTIO_DEVICE(dev), sysbus_mmio_get_region(SYS_BUS_DEVICE(slot), 0))->legacy =
        legacy;
}

static void add_pci(PCIBus *bus, const char *type)
{
    PCIDevice *pci = pci_new(-1, type);
    Object *backend = object_resolve_path_component(OBJECT(pci), "virtio-backend");

    set_up_backend(DEVICE(pci), type, "-pci");
    pci_realize_and_unref(pci, bus, &error_abort);
    add_subject(DEVICE(pci), VIRTIO_DEVICE(backend), pci->io_regions[4].memory)->pci = true;
}

void fuzz_init(void)
{
    static const char *const types[] = { "virtio-blk-device", "virtio-net-device",
                                         "virtio-rng-device", "virtio-serial-device",
                                         "virtio-scsi-device" };
    static const char *const modern_types[] = { "virtio-gpu-device", "virtio-keyboard-device",
                                                "virtio-tablet-device" };
    static const char *const pci_types[] = { "virtio-blk-pci", "virtio-net-pci",
                                             "virtio-serial-pci", "virtio-scsi-pci" };
    DeviceState *host;

    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    qemu_clock_set_virtual_source(still);
    memory_map_init();
    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    qemu_set_log(0, &error_abort);
    subjects = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        add_mmio(types[i], false);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        add_mmio(types[i], true);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(modern_types); i++) {
        add_mmio(modern_types[i], false);
    }
    add_mmio("virtio-balloon-device", false); /* there can be one */
    host = qdev_new(TYPE_GPEX_HOST);
    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    for (size_t i = 0; i < G_N_ELEMENTS(pci_types); i++) {
        add_pci(gpex_bus(GPEX_HOST(host)), pci_types[i]);
    }
}

/* --- steps --- */

typedef struct Input {
    const uint8_t *at, *end;
} Input;

static uint32_t take(Input *in, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)(in->at < in->end ? *in->at++ : 0) << 8 * i;
    }
    return value;
}

static uint8_t *memory(hwaddr addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + addr % RAM_SIZE;
}

static void store(hwaddr addr, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        *memory(addr + i) = value >> 8 * i;
    }
}

/* Where a queue's areas are: in the first half of the memory. */
static hwaddr area(unsigned queue, unsigned which)
{
    return queue % 8 * 0x1000 + which * 0x400;
}

/* As a driver does it; kind: bit 0 packed, bit 1 in order, bit 2 a reset before. */
static void set_up(Subject *s, unsigned queue, unsigned kind)
{
    VirtioDevice *dev = s->dev;
    VirtQueue *q;

    if (kind & 4 || !(dev->status & 4)) {
        uint64_t features = UINT64_MAX;

        features &= ~(kind & 1 ? 0 : VIRTIO_FEATURE(VIRTIO_F_RING_PACKED));
        features &= ~(kind & 2 ? 0 : VIRTIO_FEATURE(VIRTIO_F_IN_ORDER));
        dev->legacy = s->legacy;
        virtio_set_status(dev, 0);
        virtio_set_status(dev, 3);
        virtio_set_features(dev, features);
        virtio_set_status(dev, s->legacy ? 3 : 3 | 8);
        virtio_set_status(dev, s->legacy ? 7 : 15);
    }
    q = virtio_queue(dev, queue);
    if (q && !virtq_is_enabled(q)) {
        VirtQueueSetup *setup = virtq_setup(q);

        setup->size = 16;
        setup->desc = area(queue, 0);
        setup->driver = area(queue, 1);
        setup->device = area(queue, 2);
        virtq_enable(q);
    }
}

static void describe(unsigned queue, Input *in)
{
    hwaddr at = area(queue, 0) + take(in, 1) % 16 * 16;
    uint32_t addr = take(in, 2), len = take(in, 2);
    uint16_t flags = take(in, 1), next = take(in, 1);

    store(at, addr == 0xffff ? UINT64_MAX - len : BUFFERS + addr, 8);
    store(at + 8, len, 4);
    store(at + 12, flags, 2);
    store(at + 14, next, 2);
}

static void pci_config(Subject *s, Input *in)
{
    uint32_t addr = take(in, 1), value = take(in, 4);
    unsigned size = 1u << take(in, 1) % 3;

    if (s->pci) {
        PCIDevice *dev = PCI_DEVICE(s->slot);

        pci_host_config_write_common(dev, addr, 0x1000, value, size);
        pci_host_config_read_common(dev, addr, 0x1000, size);
    }
}

static void step(Subject *s, Input *in, unsigned *queue)
{
    unsigned kind = take(in, 1) % NUM_STEPS, size, n;
    uint8_t frame[2048];
    uint64_t value;
    uint32_t addr;

    switch (kind) {
    case STEP_REGISTER:
        addr = take(in, 2) % 0x4000;
        size = 1u << take(in, 1) % 4;
        value = take(in, 4);
        address_space_write(&s->regs, addr, MEMTXATTRS_UNSPECIFIED, &value, size);
        break;
    case STEP_READ:
        addr = take(in, 2) % 0x4000;
        address_space_read(&s->regs, addr, MEMTXATTRS_UNSPECIFIED, &value,
                           1u << take(in, 1) % 4);
        break;
    case STEP_MEMORY:
        addr = take(in, 3);
        for (n = take(in, 1) & 0x7f; n; n--) {
            store(addr++, take(in, 1), 1);
        }
        break;
    case STEP_SETUP:
        *queue = take(in, 1) % 70;
        set_up(s, *queue, take(in, 1));
        break;
    case STEP_KICK:
        virtio_kick(s->dev, take(in, 1));
        break;
    case STEP_CONFIG:
        addr = take(in, 1);
        value = take(in, 4);
        virtio_config_write(s->dev, addr, value, 1u << take(in, 1) % 4);
        virtio_config_read(s->dev, addr, 8);
        break;
    case STEP_TURN:
        main_loop_wait(true);
        break;
    case STEP_FRAME:
        n = take(in, 1) * 8;
        memset(frame, 0xff, sizeof(frame));
        for (unsigned i = 0; i < MIN(n, 20); i++) {
            frame[i] = take(in, 1);
        }
        qemu_send_packet(cable, frame, n);
        break;
    case STEP_DESCRIPTOR:
        describe(*queue, in);
        break;
    case STEP_AVAILABLE:
        *queue = take(in, 1) % 70;
        store(area(*queue, 1) + 4, take(in, 1), 2);
        store(area(*queue, 1) + 2, 1 + take(in, 1) % 20, 2);
        break;
    case STEP_PCI_CONFIG:
        pci_config(s, in);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, data + size };
    Subject *s = g_ptr_array_index(subjects, take(&in, 1) % subjects->len);
    unsigned queue = 0;

    memset(memory(0), 0, RAM_SIZE);
    while (in.at < in.end) {
        step(s, &in, &queue);
    }
    blk_drain_all();
    device_cold_reset(s->slot);
    for (int i = 0; i < 4; i++) {
        main_loop_wait(true);
    }
    return 0;
}
