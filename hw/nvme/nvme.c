/*
 * NVM Express controller on PCI: registers, enabling, shutdown, interrupts.
 *
 * BAR 0 has the controller's registers, its doorbells, and the tables of MSI-X. Commands and
 * namespaces are in the files that nvme-internal.h lists.
 *
 * Not there, and not offered: memory buffers in the controller, SGLs, metadata and its protection,
 * fused commands, management of namespaces, firmware download, formatting, security, several
 * controllers at a subsystem, zones, virtual functions.
 *
 * Reference: NVM Express Base Specification, revision 1.4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/boot-order.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "nvme-internal.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define BAR_SIZE     (16 * KiB)
#define DOORBELLS    0x1000
#define MSIX_TABLE   0x2000
#define MSIX_PENDING 0x3000
#define MAX_VECTORS  ((MSIX_PENDING - MSIX_TABLE) / PCI_MSIX_ENTRY_SIZE)

/* --- bits (3.1) --- */

#define CAP_CQR       (UINT64_C(1) << 16) /* queues are contiguous */
#define CAP_TO(units) ((uint64_t)(units) << 24) /* of 500 ms: a change of CC.EN takes no longer */
#define CAP_CSS_NVM   (UINT64_C(1) << 37)
#define CAP_MPSMAX(n) ((uint64_t)(n) << 52)
#define PAGE_BITS_MAX 4 /* 64 KiB: 4096 << 4 */

#define CC_EN         (1u << 0)
#define CC_WRITABLE   0x00fffff1
#define CC_SHN(cc)    ((cc) >> 14 & 3)
#define CC_MPS(cc)    ((cc) >> 7 & 0xf)
#define CC_CSS(cc)    ((cc) >> 4 & 7)
#define CC_AMS(cc)    ((cc) >> 11 & 7)
#define CC_IOSQES(cc) ((cc) >> 16 & 0xf)
#define CC_IOCQES(cc) ((cc) >> 20 & 0xf)

#define CSTS_RDY        (1u << 0)
#define CSTS_CFS        (1u << 1)
#define CSTS_SHST_BUSY  (1u << 2)
#define CSTS_SHST_DONE  (2u << 2)
#define CSTS_SHST_MASK  (3u << 2)

static NvmeController *controller_of(RegisterBlock *block)
{
    return NVME(block->owner);
}

void nvme_guest_error(NvmeController *s, const char *what, const char *why)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_NVME, what, "%s", why);
}

/* --- state --- */

static void set_status(NvmeController *s, uint32_t clear, uint32_t set)
{
    register_set(&s->regs, CSTS, (register_get(&s->regs, CSTS) & ~clear) | set);
}

bool nvme_is_ready(const NvmeController *s)
{
    return (register_get(&s->regs, CSTS) & (CSTS_RDY | CSTS_CFS)) == CSTS_RDY;
}

void nvme_fatal(NvmeController *s)
{
    set_status(s, 0, CSTS_CFS);
}

uint32_t nvme_page_size(const NvmeController *s)
{
    return NVME_PAGE << CC_MPS(register_get(&s->regs, CC));
}

void nvme_update_pin(NvmeController *s)
{
    uint32_t masked = register_get(&s->regs, INTMS);
    bool level = false;

    if (!msix_enabled(&s->parent_obj)) {
        for (unsigned i = 0; i < ARRAY_SIZE(s->cq) && !level; i++) {
            const NvmeCompletionQueue *cq = &s->cq[i];

            level = cq->exists && cq->interrupts && cq->head != cq->tail && !(masked >> cq->vector % 32 & 1);
        }
    }
    pci_set_irq(&s->parent_obj, level);
}

void nvme_drain(NvmeController *s)
{
    s->drained++;
    for (unsigned i = 0; i < ARRAY_SIZE(s->namespaces); i++) {
        if (s->namespaces[i]) {
            blk_drain(s->namespaces[i]->blk);
        }
    }
    s->drained--;
}

static void stop(NvmeController *s)
{
    nvme_drain(s);
    nvme_queues_reset(s);
    qemu_bh_cancel(s->turn);
}

/* CC.EN goes to 0: everything but the admin queue's registers is as after power on (7.3.2). */
static void controller_reset(NvmeController *s)
{
    stop(s);
    nvme_features_reset(s);
    set_status(s, CSTS_RDY | CSTS_CFS | CSTS_SHST_MASK, 0);
}

/* CC.EN goes to 1 (7.6.1). What can't be is a fatal error, from which a reset leads back. */
static void enable(NvmeController *s)
{
    uint32_t cc = register_get(&s->regs, CC), aqa = register_get(&s->regs, AQA);
    uint64_t places = register_get(&s->regs, ASQ) | register_get(&s->regs, ACQ);
    const char *wrong = NULL;

    if (CC_MPS(cc) > PAGE_BITS_MAX) {
        wrong = "CC.MPS is a page size beyond CAP.MPSMAX";
    } else if (CC_CSS(cc)) {
        wrong = "CC.CSS is a command set that CAP.CSS doesn't have";
    } else if (CC_AMS(cc)) {
        wrong = "CC.AMS is an arbitration that CAP.AMS doesn't have";
    } else if (places & (nvme_page_size(s) - 1)) {
        wrong = "ASQ or ACQ isn't the start of a page";
    } else if (!(aqa & 0xfff) || !(aqa >> 16 & 0xfff)) {
        wrong = "AQA has a queue of less than two entries";
    }
    if (wrong) {
        nvme_guest_error(s, "CC", wrong);
        nvme_fatal(s);
        return;
    }
    nvme_admin_queues_start(s);
    set_status(s, CSTS_SHST_MASK, CSTS_RDY);
}

/* --- shutdown (7.6.2) --- */

static void flushed(void *opaque, int ret)
{
    NvmeController *s = opaque;

    if (--s->flushing == 0 && (register_get(&s->regs, CSTS) & CSTS_SHST_MASK) == CSTS_SHST_BUSY) {
        set_status(s, CSTS_SHST_MASK, CSTS_SHST_DONE);
    }
}

static void shut_down(NvmeController *s)
{
    nvme_drain(s);
    set_status(s, CSTS_SHST_MASK, CSTS_SHST_BUSY);
    s->flushing++; /* until all have begun */
    for (unsigned i = 0; i < ARRAY_SIZE(s->namespaces); i++) {
        if (s->namespaces[i]) {
            s->flushing++;
            blk_aio_flush(s->namespaces[i]->blk, flushed, s);
        }
    }
    flushed(s, 0);
}

/* --- registers --- */

static uint64_t cc_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    NvmeController *s = controller_of(block);
    uint32_t before = register_get(block, CC), cc = value & CC_WRITABLE;

    register_set(block, CC, cc);
    if ((cc & ~before) & CC_EN) {
        enable(s);
    } else if ((before & ~cc) & CC_EN) {
        controller_reset(s);
    }
    if (CC_SHN(cc) && !CC_SHN(before)) {
        shut_down(s);
    }
    return cc;
}

static uint64_t intms_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    register_set(block, INTMS, register_get(block, INTMS) | value);
    nvme_update_pin(controller_of(block));
    return register_get(block, INTMS);
}

static uint64_t intmc_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    register_set(block, INTMS, register_get(block, INTMS) & ~value);
    nvme_update_pin(controller_of(block));
    return 0;
}

static uint64_t intmc_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return register_get(block, INTMS);
}

static uint64_t admin_queue_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    uint64_t stored = *register_value(block, reg);

    if (register_get(block, CC) & CC_EN) {
        nvme_guest_error(controller_of(block), reg->name, "it can't change while the controller is enabled");
        return stored;
    }
    return (stored & ~reg->writable) | (value & reg->writable);
}

#define PLAIN(row, at, bytes, mask, ...)                                                           \
    [row] = { #row, .offset = at, .size = bytes, .writable = mask, ##__VA_ARGS__ }
#define PAGES (~UINT64_C(0xfff))

static const Register nvme_registers[] = {
    PLAIN(CAP, 0x00, 8, 0, .reset = (NVME_MAX_ENTRIES - 1) | CAP_CQR | CAP_TO(15) | CAP_CSS_NVM |
          CAP_MPSMAX(PAGE_BITS_MAX)),
    PLAIN(VS, 0x08, 4, 0, .reset = NVME_VERSION),
    PLAIN(INTMS, 0x0c, 4, UINT32_MAX, .write = intms_write),
    PLAIN(INTMC, 0x10, 4, UINT32_MAX, .write = intmc_write, .read = intmc_read),
    PLAIN(CC, 0x14, 4, CC_WRITABLE, .write = cc_write),
    PLAIN(CSTS, 0x1c, 4, 0),
    PLAIN(NSSR, 0x20, 4, 0),
    PLAIN(AQA, 0x24, 4, 0x0fff0fff, .write = admin_queue_write),
    PLAIN(ASQ, 0x28, 8, PAGES, .write = admin_queue_write),
    PLAIN(ACQ, 0x30, 8, PAGES, .write = admin_queue_write),
    PLAIN(CMBLOC, 0x38, 4, 0),
    PLAIN(CMBSZ, 0x3c, 4, 0),
};

static uint64_t registers_read(void *opaque, hwaddr addr, unsigned size)
{
    NvmeController *s = opaque;

    return register_block_read(&s->regs, addr, size);
}

static void registers_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    NvmeController *s = opaque;

    if (s->in_dma) {
        nvme_guest_error(s, "registers", "a write from the controller's own DMA is ignored");
    } else {
        register_block_write(&s->regs, addr, value, size);
    }
}

/* Whole double words, or two of them (3.1). */
static const MemoryRegionOps registers_ops = {
    .read = registers_read,
    .write = registers_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/* --- the machine around it --- */

static void machine_stops_or_goes_on(void *opaque, bool running, RunState state)
{
    NvmeController *s = opaque;

    if (running) {
        nvme_resume(s);
        qemu_bh_schedule(s->turn);
    }
}

/* As after power on. */
static void reset_all(NvmeController *s)
{
    s->reset_waits = false;
    stop(s);
    register_block_reset(&s->regs);
    nvme_features_reset(s);
    s->power_cycles++;
    memset(s->changed, 0, sizeof(s->changed));
    for (unsigned i = 0; i < ARRAY_SIZE(s->namespaces); i++) {
        if (s->namespaces[i]) {
            blk_iostatus_reset(s->namespaces[i]->blk);
        }
    }
}

static void turn(void *opaque)
{
    NvmeController *s = opaque;

    if (s->reset_waits) {
        reset_all(s);
    }
    nvme_process(s);
}

/* What our own DMA writes to may be the bridge above, and have it reset its bus. */
static void nvme_reset_hold(Object *obj)
{
    NvmeController *s = NVME(obj);

    if (s->in_dma) {
        s->reset_waits = true;
        qemu_bh_schedule(s->turn);
    } else {
        reset_all(s);
    }
}

static bool check_properties(NvmeController *s, Error **errp)
{
    if (!s->serial || !*s->serial) {
        error_setg(errp, "serial property not set");
    } else if (strlen(s->serial) > 20) {
        error_setg(errp, "serial=%s: at most 20 characters are possible", s->serial);
    } else if (s->max_io_queues < 1 || s->max_io_queues > NVME_MAX_IO_QUEUES) {
        error_setg(errp, "max_ioqpairs=%u: expected 1 to %d", s->max_io_queues, NVME_MAX_IO_QUEUES);
    } else if (s->msix_vectors < 1 || s->msix_vectors > MAX_VECTORS) {
        error_setg(errp, "msix_qsize=%u: expected 1 to %d", s->msix_vectors, (int)MAX_VECTORS);
    } else if (s->mdts > 13) {
        error_setg(errp, "mdts=%u: expected 0 (no limit but 32 MiB) to 13 (32 MiB)", s->mdts);
    } else if (s->aerl >= NVME_MAX_EVENTS) {
        error_setg(errp, "aerl=%u: expected 0 to %d", s->aerl, NVME_MAX_EVENTS - 1);
    } else {
        return check_boot_index(s->bootindex, errp);
    }
    return false;
}

static void nvme_exit(PCIDevice *dev)
{
    NvmeController *s = NVME(dev);

    del_boot_device_path(DEVICE(dev));
    stop(s);
    if (s->own.s) {
        nvme_ns_detach(&s->own);
    }
    g_clear_pointer(&s->state_change, qemu_del_vm_change_state_handler);
    g_clear_pointer(&s->turn, qemu_bh_delete);
    msix_uninit(dev);
}

static void nvme_realize(PCIDevice *dev, Error **errp)
{
    NvmeController *s = NVME(dev);

    if (!check_properties(s, errp)) {
        return;
    }
    if (s->use_intel_id) {
        pci_config_set_vendor_id(dev->config, PCI_VENDOR_ID_INTEL);
        pci_config_set_device_id(dev->config, 0x5845);
    }
    pci_config_set_interrupt_pin(dev->config, 1);
    memory_region_init(&s->bar, OBJECT(dev), "nvme", BAR_SIZE);
    memory_region_init_io(&s->registers, OBJECT(dev), &registers_ops, s, "nvme-registers", DOORBELLS);
    memory_region_init_io(&s->doorbells, OBJECT(dev), &nvme_doorbell_ops, s, "nvme-doorbells",
                          MSIX_TABLE - DOORBELLS);
    memory_region_add_subregion(&s->bar, 0, &s->registers);
    memory_region_add_subregion(&s->bar, DOORBELLS, &s->doorbells);
    if ((dev->express && pcie_endpoint_cap_init(dev, 0x80, errp) < 0) ||
        msix_init(dev, s->msix_vectors, &s->bar, 0, MSIX_TABLE, &s->bar, 0, MSIX_PENDING, 0x40, errp) < 0) {
        return;
    }
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_MEM_TYPE_64, &s->bar);
    s->turn = qemu_bh_new(turn, s);
    s->bus = qbus_new(TYPE_NVME_BUS, DEVICE(dev), NULL);
    s->state_change = qemu_add_vm_change_state_handler(machine_stops_or_goes_on, s);
    if (s->own.blk) {
        s->own.nsid = 1;
        if (!nvme_ns_attach(s, &s->own, s->own_block, errp)) {
            nvme_exit(dev);
            return;
        }
        add_boot_device_path(s->bootindex, DEVICE(dev), "/namespace@1,0");
    }
}

static void nvme_init(Object *obj)
{
    NvmeController *s = NVME(obj);

    register_block_init(&s->regs, DEVICE(obj), TYPE_NVME, nvme_registers, ARRAY_SIZE(nvme_registers),
                        DEVICE_LITTLE_ENDIAN, DOORBELLS);
    nvme_queues_init(s);
}

static void nvme_finalize(Object *obj)
{
    register_block_finalize(&NVME(obj)->regs);
}

static int nvme_loaded(void *opaque, int version)
{
    NvmeController *s = opaque;

    if (!nvme_queues_loaded(s)) {
        return -EINVAL;
    }
    s->flushing = 0;
    if ((register_get(&s->regs, CSTS) & CSTS_SHST_MASK) == CSTS_SHST_BUSY) {
        set_status(s, CSTS_SHST_MASK, CSTS_SHST_DONE); /* saving a state has written everything */
    }
    qemu_bh_schedule(s->turn);
    return 0;
}

static const VMStateDescription vmstate_nvme = {
    .name = TYPE_NVME,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = nvme_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, NvmeController),
        VMSTATE_REGISTER_BLOCK(regs, NvmeController),
        VMSTATE_STRUCT_ARRAY(sq, NvmeController, NVME_MAX_IO_QUEUES + 1, 1, vmstate_nvme_sq, NvmeSubmissionQueue),
        VMSTATE_STRUCT_ARRAY(cq, NvmeController, NVME_MAX_IO_QUEUES + 1, 1, vmstate_nvme_cq, NvmeCompletionQueue),
        VMSTATE_UINT32_ARRAY(features, NvmeController, NUM_FEATURES),
        VMSTATE_UINT64_ARRAY(vector_uncoalesced, NvmeController, NVME_MAX_IO_QUEUES / 64 + 1),
        VMSTATE_UINT64(timestamp, NvmeController),
        VMSTATE_INT64(timestamp_set, NvmeController),
        VMSTATE_UINT32(events, NvmeController),
        VMSTATE_UINT8(event_types_masked, NvmeController),
        VMSTATE_UINT64_ARRAY(changed, NvmeController, NVME_MAX_NAMESPACES / 64),
        VMSTATE_UINT64(power_cycles, NvmeController),
        VMSTATE_STRUCT(own, NvmeController, 1, vmstate_nvme_ns, NvmeNamespace),
        VMSTATE_END_OF_LIST()
    },
};

static Property nvme_properties[] = {
    DEFINE_PROP_DRIVE("drive", NvmeController, own.blk),
    DEFINE_PROP_SIZE32("logical_block_size", NvmeController, own_block, 0),
    DEFINE_PROP_SIZE32("discard_granularity", NvmeController, own.preferred, 0),
    DEFINE_PROP_STRING("serial", NvmeController, serial),
    DEFINE_PROP_UINT32("max_ioqpairs", NvmeController, max_io_queues, NVME_MAX_IO_QUEUES),
    DEFINE_PROP_UINT16("msix_qsize", NvmeController, msix_vectors, NVME_MAX_IO_QUEUES + 1),
    DEFINE_PROP_UINT8("mdts", NvmeController, mdts, 7),
    DEFINE_PROP_UINT8("aerl", NvmeController, aerl, 3),
    DEFINE_PROP_BOOL("use-intel-id", NvmeController, use_intel_id, false),
    DEFINE_PROP_BOOTINDEX(NvmeController, bootindex),
    DEFINE_PROP_END_OF_LIST(),
};

static void nvme_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = nvme_realize;
    pc->exit = nvme_exit;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = 0x0010;
    pc->revision = 2;
    pc->class_id = PCI_CLASS_STORAGE_EXPRESS;
    pc->prog_if = 2; /* NVM Express */
    pc->is_express = true;
    dc->desc = "Non-Volatile Memory Express";
    dc->vmsd = &vmstate_nvme;
    RESETTABLE_CLASS(oc)->phases.hold = nvme_reset_hold;
    device_class_set_props(dc, nvme_properties);
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo nvme_types[] = {
    {
        .name = TYPE_NVME,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(NvmeController),
        .instance_init = nvme_init,
        .instance_finalize = nvme_finalize,
        .class_init = nvme_class_init,
    },
    {
        .name = TYPE_NVME_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(BusState),
    },
};

DEFINE_TYPES(nvme_types)
