/*
 * PIIX3: see hw/isa/piix3.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/isa/piix3.h"
#include "hw/isa/reset-control.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "qemu/module.h"

/* Configuration registers */
#define PIRQ_ROUTES 0x60 /* four bytes */
#define NUM_PIRQS   4

enum { ROUTE_OFF = 0x80, ROUTE_LINE = 0x0f };
/* The lines that a PIRQ can go to: 3 to 7, 9 to 12, 14, 15. */
enum { ROUTABLE = 0xdef8 };

struct PIIX3State {
    PCIDevice parent_obj;

    ISABus *isa;
    ResetControl reset;
    uint16_t driven; /* lines that a PIRQ asserts */
};

ISABus *piix3_isa_bus(PIIX3State *s)
{
    return s->isa;
}

/* ---- Interrupt steering ---- */

/* 0: it goes nowhere. */
static uint16_t line_of_pirq(const PIIX3State *s, int pirq)
{
    uint8_t route = s->parent_obj.config[PIRQ_ROUTES + pirq];

    return route & ROUTE_OFF ? 0 : (1u << (route & ROUTE_LINE)) & ROUTABLE;
}

/* A line carries all PIRQs that are routed to it. */
static void drive_lines(PIIX3State *s)
{
    PCIBus *bus = pci_get_bus(&s->parent_obj);
    uint16_t wanted = 0, changed;

    for (int pirq = 0; pirq < NUM_PIRQS; pirq++) {
        wanted |= pci_bus_get_irq_level(bus, pirq) ? line_of_pirq(s, pirq) : 0;
    }
    changed = wanted ^ s->driven;
    s->driven = wanted;
    for (int line = 0; line < ISA_NUM_IRQS; line++) {
        if (changed >> line & 1) {
            qemu_set_irq(isa_bus_get_irq(s->isa, line), wanted >> line & 1);
        }
    }
}

static void pirq_changed(void *opaque, int pirq, int level)
{
    drive_lines(opaque);
}

/* The board's wiring: slot by slot the pins are turned, from PIRQA for pin A of slot 1 on. */
static int pirq_of_pin(PCIDevice *dev, int pin)
{
    return (PCI_SLOT(dev->devfn) + NUM_PIRQS - 1 + pin) % NUM_PIRQS;
}

static void piix3_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    pci_default_write_config(dev, address, value, len);
    if (address < PIRQ_ROUTES + NUM_PIRQS && address + len > PIRQ_ROUTES) {
        drive_lines(PIIX3(dev));
    }
}

/* ---- The function ---- */

/* Section 2.2: what a reset leaves in the registers behind the header; the others are 0. */
static const struct {
    uint8_t offset, value;
} reset_values[] = {
    { 0x4c, 0x4d },                                                 /* IORT */
    { 0x4e, 0x03 },                                                 /* XBCS */
    { PIRQ_ROUTES, ROUTE_OFF }, { PIRQ_ROUTES + 1, ROUTE_OFF },
    { PIRQ_ROUTES + 2, ROUTE_OFF }, { PIRQ_ROUTES + 3, ROUTE_OFF },
    { 0x69, 0x02 },                                                 /* TOM */
    { 0x70, 0x80 }, { 0x71, 0x80 },                                 /* MBIRQ */
    { 0x76, 0x04 }, { 0x77, 0x04 },                                 /* MBDMA */
    { 0x78, 0x02 },                                                 /* PCSC */
    { 0xa0, 0x08 },                                                 /* SMICNTL */
    { 0xa8, 0x0f },                                                 /* FTMR */
};

static void piix3_reset_hold(Object *obj)
{
    PIIX3State *s = PIIX3(obj);
    uint8_t *config = s->parent_obj.config;

    memset(config + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    for (size_t i = 0; i < ARRAY_SIZE(reset_values); i++) {
        config[reset_values[i].offset] = reset_values[i].value;
    }
    reset_control_reset(&s->reset);
    drive_lines(s);
}

/* I/O, memory and bus master are always on (2.2.3). */
static void piix3_realize(PCIDevice *dev, Error **errp)
{
    PIIX3State *s = PIIX3(dev);
    PCIBus *bus = pci_get_bus(dev);

    s->isa = isa_bus_new(DEVICE(dev), bus->address_space_mem, bus->address_space_io, errp);
    if (!s->isa) {
        return;
    }
    pci_set_word(dev->config + PCI_COMMAND,
                 PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_set_word(dev->wmask + PCI_COMMAND, PCI_COMMAND_SPECIAL);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_DEVSEL_MEDIUM);
    dev->wmask[PCI_INTERRUPT_LINE] = 0;
    pci_bus_irqs(bus, pirq_changed, s, NUM_PIRQS);
    pci_bus_map_irqs(bus, pirq_of_pin);
    reset_control_init(&s->reset, OBJECT(s), "piix3-reset-control", bus->address_space_io,
                       RESET_CONTROL_HARD);
}

/* The lines' inputs have their own state. */
static int after_load(void *opaque, int version_id)
{
    drive_lines(opaque);
    return 0;
}

static const VMStateDescription vmstate_piix3 = {
    .name = TYPE_PIIX3,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, PIIX3State),
        VMSTATE_UINT8(reset.value, PIIX3State),
        VMSTATE_UINT16(driven, PIIX3State),
        VMSTATE_END_OF_LIST()
    },
};

static void piix3_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = piix3_realize;
    pc->config_write = piix3_config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x7000;
    pc->class_id = PCI_CLASS_BRIDGE_ISA;
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    RESETTABLE_CLASS(oc)->phases.hold = piix3_reset_hold;
    dc->desc = "PCI to ISA bridge 82371SB";
    dc->vmsd = &vmstate_piix3;
    dc->user_creatable = false; /* the board's other end of the ISA bus depends on it */
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const TypeInfo piix3_types[] = {
    {
        .name = TYPE_PIIX3,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PIIX3State),
        .class_init = piix3_class_init,
    },
};

DEFINE_TYPES(piix3_types)
