/*
 * Virtio over PCI: the legacy interface in I/O space, the modern one in memory, INTx and MSI-X.
 *
 * A transitional device has both. Base address registers: 0 legacy registers, 1 MSI-X, 4 (and 5)
 * modern registers, each of whose structures is found through a vendor-specific capability.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 4.1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "hw/virtio/virtio-pci.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_PCI_BUS "virtio-pci-bus"

/* Unless the kind says otherwise. */
enum { BAR_LEGACY = 0, BAR_MSIX = 1, BAR_MODERN = 4 };

#define MODERN_DEVICE_ID(id) (0x1040 + (id))
#define LEGACY_PAGE_BITS     12
#define LEGACY_ALIGN         0x1000
#define CFG_TYPE_PCI         5

/* Legacy registers (4.1.4.10); the two vectors are there while MSI-X is enabled. */
enum {
    LEGACY_DEVICE_FEATURES = 0,
    LEGACY_DRIVER_FEATURES = 4,
    LEGACY_QUEUE_ADDRESS = 8,
    LEGACY_QUEUE_SIZE = 12,
    LEGACY_QUEUE_SELECT = 14,
    LEGACY_QUEUE_NOTIFY = 16,
    LEGACY_STATUS = 18,
    LEGACY_ISR = 19,
    LEGACY_CONFIG_VECTOR = 20,
    LEGACY_QUEUE_VECTOR = 22,
    LEGACY_CONFIG_WITHOUT_MSIX = 20,
    LEGACY_CONFIG_WITH_MSIX = 24,
};

/* The structures of the modern interface, in the order in which they lie in the BAR. */
enum { MODERN_COMMON, MODERN_ISR, MODERN_DEVICE, MODERN_NOTIFY, NUM_MODERN = VIRTIO_PCI_STRUCTURES };

static const struct ModernStructure {
    const char *name;
    uint8_t cfg_type; /* of its capability, 4.1.4 */
    uint32_t offset, size;
} modern_structures[NUM_MODERN] = {
    [MODERN_COMMON] = { "virtio common", 1, 0x0000, 0x1000 },
    [MODERN_ISR] = { "virtio interrupt status", 3, 0x1000, 0x1000 },
    [MODERN_DEVICE] = { "virtio configuration", 4, 0x2000, 0x1000 },
    [MODERN_NOTIFY] = { "virtio notifications", 2, 0x3000, 0x1000 },
};

#define CAP_LEN_STRUCTURE 16 /* the virtio capability alone; then what some types add */
#define CAP_CFG_TYPE 3
#define CAP_BAR      4
#define CAP_OFFSET   8
#define CAP_LENGTH   12
#define CAP_EXTRA    16 /* notify: multiplier; PCI_CFG: data window */

/* Bits of properties. */
enum { FLAG_PAGE_PER_QUEUE, FLAG_KICKS_TO_MAIN_LOOP };

static int modern_bar(const VirtioPCI *p)
{
    return p->kind->modern_bar ? p->kind->modern_bar : BAR_MODERN;
}

static int msix_bar(const VirtioPCI *p)
{
    return p->kind->msix_bar ? p->kind->msix_bar : BAR_MSIX;
}

/* --- interrupts --- */

static void update_intx(VirtioPCI *p)
{
    pci_set_irq(&p->parent_obj, p->dev->isr && !msix_enabled(&p->parent_obj));
}

static void pci_interrupt(VirtioBus *bus, VirtioDevice *dev, uint16_t vector)
{
    VirtioPCI *p = container_of(bus, VirtioPCI, bus);

    if (msix_enabled(&p->parent_obj)) {
        msix_notify(&p->parent_obj, vector); /* VIRTIO_NO_VECTOR is none of them */
    } else {
        update_intx(p);
    }
}

static AddressSpace *pci_platform_space(VirtioBus *bus)
{
    return pci_get_address_space(&container_of(bus, VirtioPCI, bus)->parent_obj);
}

/* A vector that there isn't reads back as none. */
static uint16_t valid_vector(VirtioPCI *p, uint16_t vector)
{
    return vector < msix_nr_vectors_allocated(&p->parent_obj) ? vector : VIRTIO_NO_VECTOR;
}

/* --- what both interfaces do --- */

static VirtQueue *selected(VirtioPCI *p)
{
    return virtio_queue(p->dev, p->queue_select);
}

static void set_status(VirtioPCI *p, uint8_t status)
{
    virtio_set_status(p->dev, status);
    if (!status) {
        p->queue_select = 0;
        p->device_features_select = p->driver_features_select = 0;
        update_intx(p);
    }
}

static uint8_t read_isr(VirtioPCI *p)
{
    uint8_t isr = virtio_take_isr(p->dev);

    update_intx(p);
    return isr;
}

/* With ioeventfd=on the main loop looks at the queue, and the CPU goes on at once. */
static void kick(VirtioPCI *p, unsigned n)
{
    VirtQueue *q = virtio_queue(p->dev, n);

    if (q && (p->flags & 1 << FLAG_KICKS_TO_MAIN_LOOP)) {
        virtq_run_later(q);
    } else {
        virtio_kick(p->dev, n);
    }
}

/* --- legacy interface --- */

static uint32_t legacy_config_offset(VirtioPCI *p)
{
    return msix_enabled(&p->parent_obj) ? LEGACY_CONFIG_WITH_MSIX : LEGACY_CONFIG_WITHOUT_MSIX;
}

static uint64_t legacy_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtioPCI *p = opaque;
    VirtQueue *q = selected(p);

    virtio_set_legacy(p->dev, true);
    if (addr >= legacy_config_offset(p)) {
        return virtio_config_read(p->dev, addr - legacy_config_offset(p), size);
    }
    switch (addr) {
    case LEGACY_DEVICE_FEATURES:
        return virtio_offered_features(p->dev, true);
    case LEGACY_DRIVER_FEATURES:
        return p->dev->driver_features;
    case LEGACY_QUEUE_ADDRESS:
        return q && virtq_is_enabled(q) ? virtq_setup(q)->desc >> LEGACY_PAGE_BITS : 0;
    case LEGACY_QUEUE_SIZE:
        return q ? virtq_setup(q)->max_size : 0;
    case LEGACY_QUEUE_SELECT:
        return p->queue_select;
    case LEGACY_STATUS:
        return p->dev->status;
    case LEGACY_ISR:
        return read_isr(p);
    case LEGACY_CONFIG_VECTOR:
        return p->dev->config_vector;
    case LEGACY_QUEUE_VECTOR:
        return q ? virtq_setup(q)->vector : VIRTIO_NO_VECTOR;
    default:
        return 0;
    }
}

static void legacy_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtioPCI *p = opaque;
    VirtQueue *q = selected(p);

    virtio_set_legacy(p->dev, true);
    if (addr >= legacy_config_offset(p)) {
        virtio_config_write(p->dev, addr - legacy_config_offset(p), value, size);
        return;
    }
    switch (addr) {
    case LEGACY_DRIVER_FEATURES:
        virtio_set_features(p->dev, value);
        break;
    case LEGACY_QUEUE_ADDRESS:
        if (q && value && !virtq_is_enabled(q)) {
            virtq_setup(q)->size = virtq_setup(q)->max_size;
            virtq_place_legacy(q, value << LEGACY_PAGE_BITS, LEGACY_ALIGN);
            virtq_enable(q);
        } else if (q && !value) {
            uint16_t vector = virtq_setup(q)->vector;

            virtio_queue_reset(q);
            virtq_setup(q)->vector = vector;
        }
        break;
    case LEGACY_QUEUE_SELECT:
        p->queue_select = value;
        break;
    case LEGACY_QUEUE_NOTIFY:
        kick(p, value);
        break;
    case LEGACY_STATUS:
        set_status(p, value);
        break;
    case LEGACY_CONFIG_VECTOR:
        p->dev->config_vector = valid_vector(p, value);
        break;
    case LEGACY_QUEUE_VECTOR:
        if (q) {
            virtq_setup(q)->vector = valid_vector(p, value);
        }
        break;
    default:
        qemu_log_dev(LOG_GUEST_ERROR, p->kind->name, NULL,
                     "write to read-only legacy register 0x%" HWADDR_PRIx, addr);
    }
}

static const MemoryRegionOps legacy_ops = {
    .read = legacy_read,
    .write = legacy_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

/* --- modern interface: the common structure --- */

/* A register of it: offset, width, and what it is. Absent functions: reads 0, ignores writes. */
typedef struct CommonRegister {
    const char *name;
    uint8_t offset, size;
    uint64_t (*read)(VirtioPCI *p, VirtQueue *q);
    void (*write)(VirtioPCI *p, VirtQueue *q, uint64_t value);
    int16_t setup; /* a 64-bit member of VirtQueueSetup, written in halves; 0: none */
    bool per_queue;
} CommonRegister;

static uint64_t read_device_select(VirtioPCI *p, VirtQueue *q)
{
    return p->device_features_select;
}

static void write_device_select(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    p->device_features_select = value;
}

static uint64_t half(uint64_t features, uint32_t select)
{
    return select > 1 ? 0 : (uint32_t)(features >> (32 * select));
}

static uint64_t read_device_features(VirtioPCI *p, VirtQueue *q)
{
    return half(virtio_offered_features(p->dev, false), p->device_features_select);
}

static uint64_t read_driver_select(VirtioPCI *p, VirtQueue *q)
{
    return p->driver_features_select;
}

static void write_driver_select(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    p->driver_features_select = value;
}

static uint64_t read_driver_features(VirtioPCI *p, VirtQueue *q)
{
    return half(p->dev->driver_features, p->driver_features_select);
}

static void write_driver_features(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    if (p->driver_features_select <= 1) {
        virtio_set_features(p->dev, deposit64(p->dev->driver_features,
                                              32 * p->driver_features_select, 32, value));
    }
}

static uint64_t read_config_vector(VirtioPCI *p, VirtQueue *q)
{
    return p->dev->config_vector;
}

static void write_config_vector(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    p->dev->config_vector = valid_vector(p, value);
}

static uint64_t read_num_queues(VirtioPCI *p, VirtQueue *q)
{
    return p->dev->num_queues;
}

static uint64_t read_status(VirtioPCI *p, VirtQueue *q)
{
    return p->dev->status;
}

static void write_status(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    set_status(p, value);
}

static uint64_t read_generation(VirtioPCI *p, VirtQueue *q)
{
    return p->dev->generation;
}

static uint64_t read_queue_select(VirtioPCI *p, VirtQueue *q)
{
    return p->queue_select;
}

static void write_queue_select(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    p->queue_select = value;
}

static uint64_t read_queue_size(VirtioPCI *p, VirtQueue *q)
{
    return virtq_setup(q)->size;
}

static void write_queue_size(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    if (!virtq_is_enabled(q)) {
        virtq_setup(q)->size = value; /* checked when the queue is enabled */
    }
}

static uint64_t read_queue_vector(VirtioPCI *p, VirtQueue *q)
{
    return virtq_setup(q)->vector;
}

static void write_queue_vector(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    virtq_setup(q)->vector = valid_vector(p, value);
}

static uint64_t read_queue_enable(VirtioPCI *p, VirtQueue *q)
{
    return virtq_is_enabled(q);
}

static void write_queue_enable(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    if (value == 1) {
        virtq_enable(q);
    }
}

static uint64_t read_queue_number(VirtioPCI *p, VirtQueue *q)
{
    return virtq_index(q);
}

/* Done at once: it reads as 0 from the start. */
static void write_queue_reset(VirtioPCI *p, VirtQueue *q, uint64_t value)
{
    if (value == 1 && virtio_has_feature(p->dev, VIRTIO_F_RING_RESET)) {
        virtio_queue_reset(q);
    }
}

#define QUEUE_ADDRESS(member) .setup = offsetof(VirtQueueSetup, member), .per_queue = true

/* By offset. */
static const CommonRegister common_registers[] = {
    { "device_feature_select", 0, 4, read_device_select, write_device_select },
    { "device_feature", 4, 4, read_device_features },
    { "driver_feature_select", 8, 4, read_driver_select, write_driver_select },
    { "driver_feature", 12, 4, read_driver_features, write_driver_features },
    { "config_msix_vector", 16, 2, read_config_vector, write_config_vector },
    { "num_queues", 18, 2, read_num_queues },
    { "device_status", 20, 1, read_status, write_status },
    { "config_generation", 21, 1, read_generation },
    { "queue_select", 22, 2, read_queue_select, write_queue_select },
    { "queue_size", 24, 2, read_queue_size, write_queue_size, .per_queue = true },
    { "queue_msix_vector", 26, 2, read_queue_vector, write_queue_vector, .per_queue = true },
    { "queue_enable", 28, 2, read_queue_enable, write_queue_enable, .per_queue = true },
    { "queue_notify_off", 30, 2, read_queue_number, .per_queue = true },
    { "queue_desc", 32, 8, QUEUE_ADDRESS(desc) },
    { "queue_driver", 40, 8, QUEUE_ADDRESS(driver) },
    { "queue_device", 48, 8, QUEUE_ADDRESS(device) },
    { "queue_notify_data", 56, 2, read_queue_number, .per_queue = true },
    { "queue_reset", 58, 2, NULL, write_queue_reset, .per_queue = true },
};

/*
 * The register that the access is for; it must be whole, or half of an address (4.1.3.1). Reads of
 * a part get that, though: iPXE reads the lower halves of device_feature.
 */
static const CommonRegister *common_register(VirtioPCI *p, hwaddr addr, unsigned size, bool is_read)
{
    for (size_t i = 0; i < G_N_ELEMENTS(common_registers); i++) {
        const CommonRegister *r = &common_registers[i];

        if (addr < r->offset || addr >= r->offset + r->size) {
            continue;
        }
        if ((addr == r->offset && size == r->size) ||
            (r->size == 8 && size == 4 && addr % 4 == 0)) {
            return r;
        }
        qemu_log_dev(LOG_GUEST_ERROR, p->kind->name, r->name,
                     "access of %u bytes at 0x%" HWADDR_PRIx ": the register has %u", size, addr,
                     r->size);
        return is_read && addr + size <= r->offset + r->size ? r : NULL;
    }
    return NULL;
}

static uint64_t *queue_address(const CommonRegister *r, VirtQueue *q)
{
    return (uint64_t *)((char *)virtq_setup(q) + r->setup);
}

static uint64_t common_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtioPCI *p = opaque;
    const CommonRegister *r = common_register(p, addr, size, true);
    VirtQueue *q = selected(p);

    virtio_set_legacy(p->dev, false);
    if (!r || (r->per_queue && !q)) {
        return 0;
    }
    if (r->setup) {
        return extract64(*queue_address(r, q), 8 * (addr - r->offset), 8 * size);
    }
    return r->read ? extract64(r->read(p, q), 8 * (addr - r->offset), 8 * size) : 0;
}

static void common_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtioPCI *p = opaque;
    const CommonRegister *r = common_register(p, addr, size, false);
    VirtQueue *q = selected(p);

    virtio_set_legacy(p->dev, false);
    if (!r || (r->per_queue && !q)) {
        return;
    }
    if (r->setup) {
        if (!virtq_is_enabled(q)) {
            *queue_address(r, q) = deposit64(*queue_address(r, q), 8 * (addr - r->offset),
                                             8 * size, value);
        }
    } else if (r->write) {
        r->write(p, q, value);
    }
}

/* --- modern interface: the other structures --- */

static uint64_t isr_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtioPCI *p = opaque;

    return addr == 0 ? read_isr(p) : 0;
}

static uint64_t device_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtioPCI *p = opaque;

    virtio_set_legacy(p->dev, false);
    return virtio_config_read(p->dev, addr, size);
}

static void device_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtioPCI *p = opaque;

    virtio_set_legacy(p->dev, false);
    virtio_config_write(p->dev, addr, value, size);
}

static uint32_t notify_multiplier(VirtioPCI *p)
{
    return p->flags & 1 << FLAG_PAGE_PER_QUEUE ? 0x1000 : 4;
}

static uint64_t no_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void no_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
}

/* The place says which queue; the value does too, and with NOTIFICATION_DATA would say more. */
static void notify_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtioPCI *p = opaque;

    virtio_set_legacy(p->dev, false);
    kick(p, addr / notify_multiplier(p));
}

#define MODERN_OPS(reader, writer, largest) \
    { \
        .read = reader, .write = writer, .endianness = DEVICE_LITTLE_ENDIAN, \
        .valid = { .min_access_size = 1, .max_access_size = 8 }, \
        .impl = { .min_access_size = 1, .max_access_size = largest }, \
    }

static const MemoryRegionOps modern_ops[NUM_MODERN] = {
    [MODERN_COMMON] = MODERN_OPS(common_read, common_write, 4),
    [MODERN_ISR] = MODERN_OPS(isr_read, no_write, 4),
    [MODERN_DEVICE] = MODERN_OPS(device_read, device_write, 4),
    [MODERN_NOTIFY] = MODERN_OPS(no_read, notify_write, 4),
};

/* --- modern interface: through configuration space (4.1.4.9) --- */

/*
 * The structure to which an access of the data window leads, and what is accessed there; NUM_MODERN:
 * it leads nowhere, or the access is beside the window.
 */
static int window_target(VirtioPCI *p, uint32_t address, int len, uint32_t *offset,
                         unsigned *size)
{
    const uint8_t *cap = p->parent_obj.config + p->cfg_cap;
    uint32_t window = p->cfg_cap + CAP_EXTRA, at = pci_get_long(cap + CAP_OFFSET);

    *size = pci_get_long(cap + CAP_LENGTH);
    if (!p->cfg_cap || address + len <= window || address >= window + 4 ||
        cap[CAP_BAR] != modern_bar(p) || (*size != 1 && *size != 2 && *size != 4) || at % *size) {
        return NUM_MODERN;
    }
    for (int i = 0; i < NUM_MODERN; i++) {
        uint32_t start = modern_structures[i].offset;

        if (at >= start && at - start < memory_region_size(&p->structures[i])) {
            *offset = at - start;
            return i;
        }
    }
    return NUM_MODERN;
}

static uint32_t virtio_pci_read_config(PCIDevice *dev, uint32_t address, int len)
{
    VirtioPCI *p = VIRTIO_PCI(dev);
    uint32_t offset;
    unsigned size;
    int target = window_target(p, address, len, &offset, &size);

    if (target != NUM_MODERN) {
        pci_set_long(dev->config + p->cfg_cap + CAP_EXTRA,
                     modern_ops[target].read(p, offset, size));
    }
    return pci_default_read_config(dev, address, len);
}

static void virtio_pci_write_config(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    VirtioPCI *p = VIRTIO_PCI(dev);
    uint32_t offset;
    unsigned size;
    int target;

    pci_default_write_config(dev, address, value, len);
    target = window_target(p, address, len, &offset, &size);
    if (target != NUM_MODERN) {
        uint32_t data = pci_get_long(dev->config + p->cfg_cap + CAP_EXTRA);

        modern_ops[target].write(p, offset, extract32(data, 0, 8 * size), size);
    }
    update_intx(p); /* MSI-X may have been switched on or off */
}

/* --- making one --- */

/* A vendor-specific capability that says where a structure is; its offset, or -errno. */
static int add_structure_capability(VirtioPCI *p, uint8_t cfg_type, uint32_t offset,
                                    uint32_t length, uint8_t extra, Error **errp)
{
    PCIDevice *dev = &p->parent_obj;
    uint8_t size = CAP_LEN_STRUCTURE + extra;
    int place = pci_add_capability(dev, PCI_CAP_ID_VNDR, 0, size, errp);

    if (place >= 0) {
        dev->config[place + PCI_CAP_FLAGS] = size;
        dev->config[place + CAP_CFG_TYPE] = cfg_type;
        dev->config[place + CAP_BAR] = modern_bar(p);
        pci_set_long(dev->config + place + CAP_OFFSET, offset);
        pci_set_long(dev->config + place + CAP_LENGTH, length);
    }
    return place;
}

static bool init_modern(VirtioPCI *p, Error **errp)
{
    PCIDevice *dev = &p->parent_obj;
    uint32_t notify_size = MAX(modern_structures[MODERN_NOTIFY].size,
                               p->dev->num_queues * notify_multiplier(p));
    int place;

    memory_region_init(&p->modern, OBJECT(p), "virtio modern",
                       pow2ceil(modern_structures[MODERN_NOTIFY].offset + notify_size));
    for (int i = 0; i < NUM_MODERN; i++) {
        const struct ModernStructure *s = &modern_structures[i];
        uint32_t size = i == MODERN_NOTIFY ? notify_size : s->size;

        memory_region_init_io(&p->structures[i], OBJECT(p), &modern_ops[i], p, s->name, size);
        memory_region_add_subregion(&p->modern, s->offset, &p->structures[i]);
        place = add_structure_capability(p, s->cfg_type, s->offset, size,
                                         i == MODERN_NOTIFY ? 4 : 0, errp);
        if (place < 0) {
            return false;
        }
        if (i == MODERN_NOTIFY) {
            pci_set_long(dev->config + place + CAP_EXTRA, notify_multiplier(p));
        }
    }
    place = add_structure_capability(p, CFG_TYPE_PCI, 0, 0, 4, errp);
    if (place < 0) {
        return false;
    }
    p->cfg_cap = place;
    dev->wmask[place + CAP_BAR] = 0xff;
    pci_set_long(dev->wmask + place + CAP_OFFSET, UINT32_MAX);
    pci_set_long(dev->wmask + place + CAP_LENGTH, UINT32_MAX);
    pci_set_long(dev->wmask + place + CAP_EXTRA, UINT32_MAX);
    pci_register_bar(dev, modern_bar(p),
                     PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH, &p->modern);
    return true;
}

static void init_legacy(VirtioPCI *p)
{
    memory_region_init_io(&p->legacy, OBJECT(p), &legacy_ops, p, "virtio legacy",
                          pow2ceil(LEGACY_CONFIG_WITH_MSIX + p->dev->config_size));
    pci_register_bar(&p->parent_obj, BAR_LEGACY, PCI_BASE_ADDRESS_SPACE_IO, &p->legacy);
}

static bool choose_interfaces(VirtioPCI *p, Error **errp)
{
    bool legacy_possible = p->kind->legacy_id && !VIRTIO_DEVICE_GET_CLASS(p->dev)->modern_only;
    /* Behind an express port there is no I/O space to spare. */
    OnOffAuto by_name = VIRTIO_PCI_GET_CLASS(p)->legacy;
    OnOffAuto disable = by_name != ON_OFF_AUTO_AUTO ? by_name : p->disable_legacy;
    bool wants_legacy = disable == ON_OFF_AUTO_AUTO ? legacy_possible && !p->parent_obj.express
                                                    : disable == ON_OFF_AUTO_OFF;

    p->has_modern = !p->disable_modern;
    p->has_legacy = wants_legacy;
    if (wants_legacy && !legacy_possible) {
        error_setg(errp, "%s: there is no legacy interface of this device: disable-legacy=off is "
                         "not possible",
                   p->kind->name);
    } else if (!p->has_modern && !p->has_legacy) {
        error_setg(errp, "%s: with disable-legacy=on and disable-modern=on nothing is left; leave "
                         "one of them out",
                   p->kind->name);
    } else if (!p->has_modern &&
               (p->dev->device_features & VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM))) {
        error_setg(errp, "%s: iommu_platform=on needs the modern interface, which "
                         "disable-modern=on takes away",
                   p->kind->name);
    } else {
        return true;
    }
    return false;
}

static void set_ids(VirtioPCI *p)
{
    uint8_t *config = p->parent_obj.config;
    uint16_t id = VIRTIO_DEVICE_GET_CLASS(p->dev)->device_id;

    pci_config_set_class(config, p->kind->class_id);
    if (p->has_legacy) {
        pci_config_set_device_id(config, p->kind->legacy_id);
        pci_set_word(config + PCI_SUBSYSTEM_ID, id);
    } else {
        pci_config_set_device_id(config, MODERN_DEVICE_ID(id));
        pci_config_set_revision(config, 1);
        pci_set_word(config + PCI_SUBSYSTEM_ID, PCI_SUBDEVICE_ID_QEMU);
    }
    pci_config_set_interrupt_pin(config, 1);
}

static void virtio_pci_realize(PCIDevice *dev, Error **errp)
{
    VirtioPCI *p = VIRTIO_PCI(dev);

    if (!qdev_realize(DEVICE(p->dev), BUS(&p->bus), errp)) {
        return;
    }
    if (p->vectors == VIRTIO_PCI_VECTORS_DEFAULT) {
        p->vectors = p->kind->vectors;
    }
    if (p->vectors == VIRTIO_PCI_VECTORS_AUTO) {
        p->vectors = p->dev->num_queues + 1;
    }
    if (!choose_interfaces(p, errp) ||
        (p->vectors && msix_init_exclusive_bar(dev, p->vectors, msix_bar(p), errp) < 0)) {
        goto fail;
    }
    set_ids(p);
    if (p->has_legacy) {
        init_legacy(p);
    }
    if (dev->express && pcie_endpoint_cap_init(dev, 0, errp) < 0) {
        goto fail;
    }
    if (p->has_modern && !init_modern(p, errp)) {
        goto fail;
    }
    return;

fail:
    msix_uninit(dev);
    qdev_unrealize(DEVICE(p->dev));
}

static void virtio_pci_exit(PCIDevice *dev)
{
    VirtioPCI *p = VIRTIO_PCI(dev);

    msix_uninit(dev);
    qdev_unrealize(DEVICE(p->dev));
}

/* The bus below has reset the device. */
static void virtio_pci_reset(DeviceState *qdev)
{
    VirtioPCI *p = VIRTIO_PCI(qdev);

    set_status(p, 0);
    virtio_set_legacy(p->dev, false);
    if (p->cfg_cap) {
        uint8_t *cap = p->parent_obj.config + p->cfg_cap;

        cap[CAP_BAR] = 0;
        memset(cap + CAP_OFFSET, 0, CAP_EXTRA + 4 - CAP_OFFSET);
    }
}

/* The virtio device's properties are this one's too. */
static void alias_properties(Object *obj, Object *backend)
{
    for (ObjectClass *oc = object_get_class(backend); object_class_dynamic_cast(oc, TYPE_DEVICE);
         oc = object_class_get_parent(oc)) {
        for (Property *prop = DEVICE_CLASS(oc)->props_; prop && prop->name; prop++) {
            if (!object_property_find(obj, prop->name)) {
                object_property_add_alias(obj, prop->name, backend, prop->name);
            }
        }
    }
}

static void virtio_pci_instance_init(Object *obj)
{
    VirtioPCI *p = VIRTIO_PCI(obj);
    Object *backend;

    p->kind = VIRTIO_PCI_GET_CLASS(obj)->kind;
    backend = object_new(p->kind->backend);
    p->dev = VIRTIO_DEVICE(backend);
    qbus_init(&p->bus, sizeof(p->bus), TYPE_VIRTIO_PCI_BUS, DEVICE(obj), "virtio-bus");
    object_property_add_child(obj, "virtio-backend", backend);
    object_unref(backend);
    alias_properties(obj, backend);
}

const VMStateDescription vmstate_virtio_pci = {
    .name = "virtio-pci",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, VirtioPCI),
            VMSTATE_UINT16(queue_select, VirtioPCI),
            VMSTATE_UINT32(device_features_select, VirtioPCI),
            VMSTATE_UINT32(driver_features_select, VirtioPCI),
            VMSTATE_END_OF_LIST(),
        },
};

static Property common_properties[] = {
    DEFINE_PROP_BIT("page-per-vq", VirtioPCI, flags, FLAG_PAGE_PER_QUEUE, false),
    DEFINE_PROP_BIT("ioeventfd", VirtioPCI, flags, FLAG_KICKS_TO_MAIN_LOOP, false),
    DEFINE_PROP_UINT32("vectors", VirtioPCI, vectors, VIRTIO_PCI_VECTORS_DEFAULT),
    DEFINE_PROP_END_OF_LIST(),
};

static Property generic_properties[] = {
    DEFINE_PROP_ON_OFF_AUTO("disable-legacy", VirtioPCI, disable_legacy, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_BOOL("disable-modern", VirtioPCI, disable_modern, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void virtio_pci_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = virtio_pci_realize;
    pc->exit = virtio_pci_exit;
    pc->config_read = virtio_pci_read_config;
    pc->config_write = virtio_pci_write_config;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->is_express = true;
    pc->is_hybrid = true;
    dc->vmsd = &vmstate_virtio_pci;
    device_class_set_legacy_reset(dc, virtio_pci_reset);
    device_class_set_props(dc, common_properties);
}

/* --- device types --- */

/* NAME, whose user chooses the interfaces, and two that say it in their name. */
typedef struct Variant {
    const char *suffix;
    bool legacy, modern_only;
} Variant;

static const Variant variants[] = {
    { "" },
    { "-transitional", .legacy = true },
    { "-non-transitional", .modern_only = true },
};

typedef struct KindVariant {
    const VirtioPCIKind *kind;
    const Variant *variant;
} KindVariant;

static void kind_class_init(ObjectClass *klass, void *data)
{
    const KindVariant *kv = data;
    DeviceClass *dc = DEVICE_CLASS(klass);

    VIRTIO_PCI_CLASS(klass)->kind = kv->kind;
    VIRTIO_PCI_CLASS(klass)->legacy = kv->variant->legacy        ? ON_OFF_AUTO_OFF
                                      : kv->variant->modern_only ? ON_OFF_AUTO_ON
                                                                 : ON_OFF_AUTO_AUTO;
    set_bit(kv->kind->category, dc->categories);
    if (!*kv->variant->suffix) {
        device_class_set_props(dc, generic_properties);
    }
    if (kv->kind->class_init) {
        kv->kind->class_init(klass);
    }
}

void virtio_pci_register(const VirtioPCIKind *kind)
{
    /* Without a legacy interface there is nothing to choose between. */
    size_t num = kind->legacy_id ? G_N_ELEMENTS(variants) : 1;

    for (size_t i = 0; i < num; i++) {
        g_autofree char *name = g_strconcat(kind->name, variants[i].suffix, NULL);
        KindVariant *kv = g_new(KindVariant, 1); /* as long as the type: for ever */
        TypeInfo info = {
            .name = name,
            .parent = TYPE_VIRTIO_PCI,
            .instance_size = kind->instance_size,
            .class_init = kind_class_init,
            .class_data = kv,
        };

        *kv = (KindVariant){ kind, &variants[i] };
        type_register(&info);
    }
}

static void virtio_pci_bus_class_init(ObjectClass *klass, void *data)
{
    VirtioBusClass *class = VIRTIO_BUS_CLASS(klass);

    class->interrupt = pci_interrupt;
    class->platform_space = pci_platform_space;
}

static const TypeInfo virtio_pci_types[] = {
    {
        .name = TYPE_VIRTIO_PCI_BUS,
        .parent = TYPE_VIRTIO_BUS,
        .instance_size = sizeof(VirtioBus),
        .class_init = virtio_pci_bus_class_init,
    },
    {
        .name = TYPE_VIRTIO_PCI,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(VirtioPCI),
        .instance_init = virtio_pci_instance_init,
        .class_size = sizeof(VirtioPCIClass),
        .class_init = virtio_pci_class_init,
    },
};

DEFINE_TYPES(virtio_pci_types)
