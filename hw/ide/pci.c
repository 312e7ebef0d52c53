/*
 * PCI IDE functions: the ports of two channels as on the PC/AT, and a bus master for each.
 *
 * A driver puts the addresses of its memory into a table of physical region descriptors, says where
 * that is, gives the command to the unit and starts the bus master. Data then move whenever the
 * unit asks for it, until one of them has no more. The unit's interrupt says that all is done.
 *
 * Reference: Intel, 82371AB PCI ISA IDE Xcelerator (PIIX4), 5.2 (registers), 9.4 (bus master). The
 * ones of PIIX3 and of later chips are the same.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "pci.h"
#include "hw/irq.h"
#include "hw/pci/pci_bus.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/block-backend.h"

#define MASTER_SIZE   8  /* bytes of a channel in BAR 4 */
#define PRD_SIZE      8
#define PRD_END       0x80000000u
#define REGION_MAX    0x10000 /* which a descriptor writes as 0 */

#define COMMAND_START 0x01
#define COMMAND_READ  0x08 /* to memory: "read" is what the unit does */
#define STATUS_ACTIVE 0x01
#define STATUS_ERROR  0x02
#define STATUS_IRQ    0x04
#define STATUS_CAPABLE 0x60 /* what software thinks of the units */

enum { BMIC, BMIS, BMIDTP }; /* rows */

/* --- bus master --- */

static PciIde *function_of(const PciIdeChannel *c)
{
    return PCI_IDE(c->master.owner);
}

static bool is_active(const PciIdeChannel *c)
{
    return register_get(&c->master, BMIS) & STATUS_ACTIVE;
}

static bool is_to_memory(const PciIdeChannel *c)
{
    return register_get(&c->master, BMIC) & COMMAND_READ;
}

static void change_status(PciIdeChannel *c, uint8_t clear, uint8_t set)
{
    register_set(&c->master, BMIS, (register_get(&c->master, BMIS) & ~clear) | set);
}

static void stop_at_error(PciIdeChannel *c, const char *what, uint32_t address)
{
    qemu_log_dev(LOG_GUEST_ERROR, object_get_typename(OBJECT(function_of(c))), "BMIDTP",
                 "channel %u: %s at 0x%x can't be reached", c->bus->number, what, address);
    change_status(c, STATUS_ACTIVE, STATUS_ERROR);
}

/* The next region of the table; false: it can't be read. */
static bool fetch_region(PciIdeChannel *c)
{
    uint8_t descriptor[PRD_SIZE];
    uint32_t size;

    if (pci_dma_read(&function_of(c)->parent_obj, c->entry, descriptor, PRD_SIZE) != MEMTX_OK) {
        stop_at_error(c, "a descriptor", c->entry);
        return false;
    }
    size = ldl_le_p(descriptor + 4);
    c->entry += PRD_SIZE;
    c->at = ldl_le_p(descriptor) & ~1u;
    c->left = size & 0xfffe ? size & 0xfffe : REGION_MAX;
    c->last = size & PRD_END;
    return true;
}

static size_t move_data(void *opaque, void *data, size_t size)
{
    PciIdeChannel *c = opaque;
    DMADirection direction = is_to_memory(c) ? DMA_DIRECTION_FROM_DEVICE
                                             : DMA_DIRECTION_TO_DEVICE;
    size_t done = 0;

    while (done < size && is_active(c)) {
        uint32_t at, part;

        if (!c->left && !fetch_region(c)) {
            break;
        }
        at = c->at;
        part = MIN(size - done, c->left);
        c->at += part; /* before the data, which may start this very master anew */
        c->left -= part;
        if (pci_dma_rw(&function_of(c)->parent_obj, at, (uint8_t *)data + done, part, direction,
                       MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
            stop_at_error(c, "a region", at);
            break;
        }
        done += part;
        if (!c->left && c->last) {
            change_status(c, STATUS_ACTIVE, 0);
        }
    }
    return done;
}

static void run_master(PciIdeChannel *c)
{
    if (is_active(c)) {
        ide_bus_dma(c->bus, is_to_memory(c), move_data, c);
    }
}

/* Stopping it loses where it was. The direction stays as it is meanwhile. */
static uint64_t write_command(RegisterBlock *block, const Register *reg, uint64_t value)
{
    PciIdeChannel *c = container_of(block, PciIdeChannel, master);
    uint8_t before = register_get(block, BMIC);

    if (is_active(c)) {
        value = (value & ~COMMAND_READ) | (before & COMMAND_READ);
    }
    if (!(value & COMMAND_START)) {
        change_status(c, STATUS_ACTIVE, 0);
    } else if (!(before & COMMAND_START)) {
        c->entry = register_get(block, BMIDTP);
        c->left = 0;
        c->last = false;
        change_status(c, 0, STATUS_ACTIVE);
    }
    return value & (COMMAND_START | COMMAND_READ);
}

static void command_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    run_master(container_of(block, PciIdeChannel, master));
}

static const Register master_registers[] = {
    [BMIC] = { "BMIC", .offset = 0, .size = 1, .write = write_command,
               .written = command_written },
    [BMIS] = { "BMIS", .offset = 2, .size = 1, .writable = STATUS_CAPABLE,
               .w1c = STATUS_ERROR | STATUS_IRQ },
    [BMIDTP] = { "BMIDTP", .offset = 4, .size = 4, .writable = 0xfffffffc },
};

/* --- what a channel wants --- */

static void channel_interrupts(IdeBus *bus, bool level)
{
    PciIdeChannel *c = bus->opaque;

    if (level) {
        change_status(c, 0, STATUS_IRQ);
    }
    qemu_set_irq(c->irq, level);
}

static void channel_requests_dma(IdeBus *bus)
{
    run_master(bus->opaque);
}

static const IdeHost pci_ide_host = {
    .interrupt = channel_interrupts,
    .dma_request = channel_requests_dma,
};

/* --- ports --- */

void pci_ide_enable_ports(PciIde *s, unsigned channel, bool enable)
{
    memory_region_set_enabled(&s->channels[channel].ports.command, enable);
    memory_region_set_enabled(&s->channels[channel].ports.control, enable);
}

/* --- for boards --- */

void pci_ide_connect_irqs(PCIDevice *dev, qemu_irq primary, qemu_irq secondary)
{
    qdev_connect_gpio_out_named(DEVICE(dev), "isa-irq", 0, primary);
    qdev_connect_gpio_out_named(DEVICE(dev), "isa-irq", 1, secondary);
}

void pci_ide_create_devs(PCIDevice *dev)
{
    for (unsigned channel = 0; channel < IDE_CHANNELS; channel++) {
        for (unsigned unit = 0; unit < IDE_UNITS; unit++) {
            ide_create_drive(PCI_IDE(dev)->channels[channel].bus, channel, unit);
        }
    }
}

IdeBus *pci_ide_bus(PCIDevice *dev, unsigned channel)
{
    return PCI_IDE(dev)->channels[channel].bus;
}

/* --- the function --- */

void pci_ide_realize(PCIDevice *dev, Error **errp)
{
    static const struct {
        hwaddr command, control;
    } ports[IDE_CHANNELS] = { { 0x1f0, 0x3f6 }, { 0x170, 0x376 } };
    PciIde *s = PCI_IDE(dev);
    MemoryRegion *io = pci_get_bus(dev)->address_space_io;

    memory_region_init(&s->masters, OBJECT(dev), "ide-bus-masters", IDE_CHANNELS * MASTER_SIZE);
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        PciIdeChannel *c = &s->channels[i];

        ide_ports_init(&c->ports, c->bus, OBJECT(dev), "ide", "ide");
        pci_ide_enable_ports(s, i, false);
        memory_region_add_subregion_overlap(io, ports[i].command, &c->ports.command, 1);
        memory_region_add_subregion_overlap(io, ports[i].control, &c->ports.control, 1);
        memory_region_add_subregion(&s->masters, i * MASTER_SIZE, &c->master.mmio);
    }
    pci_register_bar(dev, 4, PCI_BASE_ADDRESS_SPACE_IO, &s->masters);
}

static void pci_ide_exit(PCIDevice *dev)
{
    PciIde *s = PCI_IDE(dev);
    MemoryRegion *io = pci_get_bus(dev)->address_space_io;

    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        PciIdeChannel *c = &s->channels[i];

        memory_region_del_subregion(io, &c->ports.command);
        memory_region_del_subregion(io, &c->ports.control);
        memory_region_del_subregion(&s->masters, &c->master.mmio);
    }
}

static void pci_ide_init(Object *obj)
{
    PciIde *s = PCI_IDE(obj);

    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        PciIdeChannel *c = &s->channels[i];

        register_block_init(&c->master, DEVICE(obj), "ide-bus-master", master_registers,
                            G_N_ELEMENTS(master_registers), DEVICE_LITTLE_ENDIAN, MASTER_SIZE);
        c->bus = ide_bus_new(DEVICE(obj), i, &pci_ide_host, c);
        qdev_init_gpio_out_named(DEVICE(obj), &c->irq, "isa-irq", 1);
    }
}

static void pci_ide_finalize(Object *obj)
{
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        register_block_finalize(&PCI_IDE(obj)->channels[i].master);
    }
}

void pci_ide_reset(DeviceState *dev)
{
    PciIde *s = PCI_IDE(dev);

    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        ide_bus_reset(s->channels[i].bus);
        register_block_reset(&s->channels[i].master);
        s->channels[i].left = 0;
    }
}

const VMStateDescription vmstate_pci_ide_channel = {
    .name = "pci-ide-channel",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_IDE_BUS(bus, PciIdeChannel),
        VMSTATE_REGISTER_BLOCK(master, PciIdeChannel),
        VMSTATE_UINT32(entry, PciIdeChannel),
        VMSTATE_UINT32(at, PciIdeChannel),
        VMSTATE_UINT32(left, PciIdeChannel),
        VMSTATE_BOOL(last, PciIdeChannel),
        VMSTATE_END_OF_LIST()
    },
};

static void pci_ide_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->exit = pci_ide_exit;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->class_id = PCI_CLASS_STORAGE_IDE;
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    pc->prog_if = 0x80; /* bus masters; both channels always at the PC/AT's ports */
    dc->hotpluggable = false;
    dc->fw_name = "ide";
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo pci_ide_types[] = {
    {
        .name = TYPE_PCI_IDE,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PciIde),
        .instance_init = pci_ide_init,
        .instance_finalize = pci_ide_finalize,
        .class_init = pci_ide_class_init,
    },
};

DEFINE_TYPES(pci_ide_types)
