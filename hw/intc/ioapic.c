/*
 * 82093AA I/O APIC, with the EOI register of its successors.
 *
 * Reference: Intel 82093AA data sheet (290566), section 3.2; for the EOI register, SDM volume 3,
 * section 10.8.5, and the ICH data sheets (version 0x20).
 *
 * Lines carry whether a device asks for service, so INTPOL is kept and changes nothing. The bus
 * never makes anybody wait: delivery status reads as idle, and a level-triggered interrupt is
 * accepted at once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i386/apic-msg.h"
#include "hw/intc/intc.h"
#include "hw/intc/ioapic.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define IOAPIC_SIZE     0x1000
#define VERSION_82093AA 0x11
#define VERSION_WITH_EOI 0x20

enum {
    IOREGSEL = 0x00,
    IOWIN = 0x10,
    EOI = 0x40,

    IOAPICID = 0x00,
    IOAPICVER = 0x01,
    IOAPICARB = 0x02,
    IOREDTBL = 0x10, /* two each */
};

#define ID_WRITABLE      0x0f000000u

#define ENTRY_VECTOR     0xffu
#define ENTRY_DELIVERY   0x700u
#define ENTRY_LOGICAL    0x800u
#define ENTRY_STATUS     0x1000u
#define ENTRY_ACTIVE_LOW 0x2000u
#define ENTRY_REMOTE_IRR 0x4000u
#define ENTRY_LEVEL      0x8000u
#define ENTRY_MASK       0x10000u
#define ENTRY_WRITABLE   0xff0000000001afffull
#define ENTRY_DESTINATION_SHIFT 56

typedef enum Delivery { FIXED, LOWEST, SMI, RESERVED_3, NMI, INIT, RESERVED_6, EXTINT } Delivery;

OBJECT_DECLARE_SIMPLE_TYPE(IoApic, IOAPIC)

struct IoApic {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    uint64_t table[IOAPIC_NUM_PINS];
    uint32_t lines;
    uint32_t id;
    uint8_t select;
    uint8_t version; /* property */
    uint64_t delivered[IOAPIC_NUM_PINS];
};

static GPtrArray *all_ioapics;

/* ---- messages ---- */

static Delivery delivery_of(uint64_t entry)
{
    return (entry & ENTRY_DELIVERY) >> 8;
}

static void send_message(IoApic *s, unsigned pin)
{
    uint64_t entry = s->table[pin];

    s->delivered[pin]++;
    apic_msg_send(APIC_MSG_BASE | APIC_MSG_DESTINATION(entry >> ENTRY_DESTINATION_SHIFT) |
                      (entry & ENTRY_LOGICAL ? APIC_MSG_LOGICAL : 0),
                  (entry & ENTRY_VECTOR) | delivery_of(entry) << APIC_MSG_DELIVERY_SHIFT |
                      APIC_MSG_ASSERT | (entry & ENTRY_LEVEL ? APIC_MSG_LEVEL_TRIGGERED : 0));
}

/* NMI, SMI, INIT and ExtINT are edges whatever the entry says (3.2.4, delivery mode). */
static bool is_level(uint64_t entry)
{
    return (entry & ENTRY_LEVEL) && delivery_of(entry) <= LOWEST;
}

/* A level that is there, isn't masked, and isn't being served, becomes a message. */
static void serve_level(IoApic *s, unsigned pin)
{
    uint64_t *entry = &s->table[pin];

    if (is_level(*entry) && (s->lines >> pin & 1) &&
        !(*entry & (ENTRY_MASK | ENTRY_REMOTE_IRR))) {
        *entry |= ENTRY_REMOTE_IRR;
        send_message(s, pin);
    }
}

/* "Edge-sensitive interrupts signaled on a masked interrupt pin are ignored." */
static void pin_changed(void *opaque, int pin, int level)
{
    IoApic *s = IOAPIC(opaque);
    uint32_t bit = 1u << pin;
    bool rises = level && !(s->lines & bit);

    s->lines = level ? s->lines | bit : s->lines & ~bit;
    if (is_level(s->table[pin])) {
        serve_level(s, pin);
    } else if (rises && !(s->table[pin] & ENTRY_MASK)) {
        send_message(s, pin);
    }
}

static void end_of_interrupt(IoApic *s, uint8_t vector)
{
    for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        uint64_t *entry = &s->table[pin];

        if ((*entry & ENTRY_REMOTE_IRR) && (*entry & ENTRY_VECTOR) == vector) {
            *entry &= ~(uint64_t)ENTRY_REMOTE_IRR;
            serve_level(s, pin);
        }
    }
}

void ioapic_eoi_broadcast(int vector)
{
    for (unsigned i = 0; all_ioapics && i < all_ioapics->len; i++) {
        end_of_interrupt(g_ptr_array_index(all_ioapics, i), vector);
    }
}

/* ---- registers ---- */

static uint32_t selected_read(IoApic *s)
{
    unsigned half = s->select - IOREDTBL;

    if (s->select >= IOREDTBL && half < 2 * IOAPIC_NUM_PINS) {
        return s->table[half / 2] >> (half % 2 ? 32 : 0);
    }
    switch (s->select) {
    case IOAPICID:
    case IOAPICARB: /* loaded with the ID */
        return s->id;
    case IOAPICVER:
        return (IOAPIC_NUM_PINS - 1) << 16 | s->version;
    default:
        return 0;
    }
}

/* With the change to edge-triggered, what was being served is forgotten. */
static void entry_written(IoApic *s, unsigned pin, uint64_t value)
{
    uint64_t *entry = &s->table[pin];

    *entry = (value & ENTRY_WRITABLE) | (*entry & ENTRY_REMOTE_IRR);
    if (!(*entry & ENTRY_LEVEL)) {
        *entry &= ~(uint64_t)ENTRY_REMOTE_IRR;
    }
    serve_level(s, pin);
}

static void selected_write(IoApic *s, uint32_t value)
{
    unsigned half = s->select - IOREDTBL;

    if (s->select >= IOREDTBL && half < 2 * IOAPIC_NUM_PINS) {
        unsigned shift = half % 2 ? 32 : 0;
        uint64_t other = s->table[half / 2] & ~((uint64_t)UINT32_MAX << shift);

        entry_written(s, half / 2, other | (uint64_t)value << shift);
    } else if (s->select == IOAPICID) {
        s->id = value & ID_WRITABLE;
    } else {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_IOAPIC, "IOWIN", "write to no register: 0x%02x",
                     s->select);
    }
}

static uint64_t ioapic_read(void *opaque, hwaddr addr, unsigned size)
{
    IoApic *s = opaque;

    switch (addr & 0xff) {
    case IOREGSEL:
        return s->select;
    case IOWIN:
        return size == 4 ? selected_read(s) : 0;
    default:
        return 0;
    }
}

static void ioapic_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    IoApic *s = opaque;

    switch (addr & 0xff) {
    case IOREGSEL:
        s->select = value;
        break;
    case IOWIN:
        if (size == 4) {
            selected_write(s, value);
        } else {
            qemu_log_dev(LOG_GUEST_ERROR, TYPE_IOAPIC, "IOWIN", "write of %u bytes: it takes 4",
                         size);
        }
        break;
    case EOI:
        if (s->version >= VERSION_WITH_EOI) {
            end_of_interrupt(s, value);
        }
        break;
    }
}

static const MemoryRegionOps ioapic_ops = {
    .read = ioapic_read,
    .write = ioapic_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

/* ---- `info pic`, `info irq` ---- */

static void print_pins(GString *text, const char *title, uint32_t pins)
{
    g_string_append_printf(text, "  %-8s", title);
    for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        if (pins >> pin & 1) {
            g_string_append_printf(text, " %u", pin);
        }
    }
    g_string_append(text, pins ? "\n" : " (none)\n");
}

static void ioapic_print_info(InterruptStatsProvider *obj, GString *text)
{
    static const char *const deliveries[] = { "fixed", "lowest", "SMI", "...", "NMI", "INIT", "...",
                                              "extINT" };
    const IoApic *s = IOAPIC(obj);
    uint32_t remote = 0, asked = 0;
    guint number = 0;

    g_ptr_array_find(all_ioapics, s, &number);
    g_string_append_printf(text, "ioapic%u: ver=0x%x id=0x%02x sel=0x%02x", number, s->version,
                           s->id >> 24, s->select);
    if (s->select >= IOREDTBL && s->select < IOREDTBL + 2 * IOAPIC_NUM_PINS) {
        g_string_append_printf(text, " (redir[%u])", (s->select - IOREDTBL) / 2);
    }
    g_string_append_c(text, '\n');
    for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        uint64_t entry = s->table[pin];

        remote |= (uint32_t)!!(entry & ENTRY_REMOTE_IRR) << pin;
        asked |= (uint32_t)(is_level(entry) && (s->lines >> pin & 1)) << pin;
        g_string_append_printf(text, "  pin %-2u 0x%016" PRIx64 " dest=%" PRIx64 " vec=%-3u %s "
                               "%-5s %-6s %-6s %s\n", pin, entry, entry >> ENTRY_DESTINATION_SHIFT,
                               (unsigned)(entry & ENTRY_VECTOR),
                               entry & ENTRY_ACTIVE_LOW ? "active-lo" : "active-hi",
                               entry & ENTRY_LEVEL ? "level" : "edge",
                               entry & ENTRY_MASK ? "masked" : "", deliveries[delivery_of(entry)],
                               entry & ENTRY_LOGICAL ? "logical" : "physical");
    }
    print_pins(text, "IRR", asked);
    print_pins(text, "Remote IRR", remote);
}

static bool ioapic_get_statistics(InterruptStatsProvider *obj, uint64_t **counts, unsigned *nr)
{
    *counts = IOAPIC(obj)->delivered;
    *nr = IOAPIC_NUM_PINS;
    return true;
}

/* ---- the device ---- */

static void ioapic_reset(DeviceState *dev)
{
    IoApic *s = IOAPIC(dev);

    s->id = s->select = 0;
    for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        s->table[pin] = ENTRY_MASK;
    }
}

static void ioapic_realize(DeviceState *dev, Error **errp)
{
    IoApic *s = IOAPIC(dev);

    if (s->version != VERSION_82093AA && s->version != VERSION_WITH_EOI) {
        error_setg(errp, TYPE_IOAPIC ": 'version' is 0x%x, expected 0x11 or 0x20", s->version);
        return;
    }
    if (!all_ioapics) {
        all_ioapics = g_ptr_array_new();
    }
    g_ptr_array_add(all_ioapics, s);
}

static void ioapic_unrealize(DeviceState *dev)
{
    g_ptr_array_remove(all_ioapics, IOAPIC(dev));
}

static void ioapic_init(Object *obj)
{
    IoApic *s = IOAPIC(obj);

    memory_region_init_io(&s->registers, obj, &ioapic_ops, s, "ioapic", IOAPIC_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->registers);
    qdev_init_gpio_in(DEVICE(obj), pin_changed, IOAPIC_NUM_PINS);
}

static const VMStateDescription vmstate_ioapic = {
    .name = "ioapic",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64_ARRAY(table, IoApic, IOAPIC_NUM_PINS),
        VMSTATE_UINT32(lines, IoApic),
        VMSTATE_UINT32(id, IoApic),
        VMSTATE_UINT8(select, IoApic),
        VMSTATE_END_OF_LIST()
    },
};

static Property ioapic_properties[] = {
    DEFINE_PROP_UINT8("version", IoApic, version, VERSION_WITH_EOI),
    DEFINE_PROP_END_OF_LIST(),
};

static void ioapic_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "I/O APIC",
        .realize = ioapic_realize,
        .unrealize = ioapic_unrealize,
        .reset = ioapic_reset,
        .state = &vmstate_ioapic,
        .properties = ioapic_properties,
        .board_only = true,
    };
    InterruptStatsProviderClass *ic = INTERRUPT_STATS_PROVIDER_CLASS(oc);

    device_class_init_traits(oc, (void *)&traits);
    ic->print_info = ioapic_print_info;
    ic->get_statistics = ioapic_get_statistics;
}

static const TypeInfo ioapic_types[] = {
    {
        .name = TYPE_IOAPIC,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(IoApic),
        .instance_init = ioapic_init,
        .class_init = ioapic_class_init,
        .interfaces = (InterfaceInfo[]) { { TYPE_INTERRUPT_STATS_PROVIDER }, { NULL } },
    },
};

DEFINE_TYPES(ioapic_types)
