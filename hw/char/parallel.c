/*
 * Parallel port of a PC: data, status and control registers, with a printer that takes each byte
 * that is strobed.
 *
 * Reference: IBM PC AT Technical Reference, "Serial/parallel adapter", "Printer"; IEEE 1284-1994,
 * section 6, "Compatibility mode". Of what came later there is only the direction bit: no EPP, no
 * ECP.
 *
 * The printer is busy while its back end is full, and acknowledges when that has taken the byte.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/irq.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"

#define TYPE_ISA_PARALLEL "isa-parallel"
OBJECT_DECLARE_SIMPLE_TYPE(PrinterPort, ISA_PARALLEL)

enum {
    PORT_DATA,
    PORT_STATUS,
    PORT_CONTROL,
    NUM_PORTS = 8,

    STATUS_NO_IRQ = 0x04,
    STATUS_NO_ERROR = 0x08,
    STATUS_SELECTED = 0x10,
    STATUS_NO_ACK = 0x40,
    STATUS_NOT_BUSY = 0x80,

    CONTROL_STROBE = 0x01,
    CONTROL_NO_INIT = 0x04,
    CONTROL_IRQ = 0x10,
    CONTROL_INPUT = 0x20,
    CONTROL_KEPT = 0x3f,
    CONTROL_ALWAYS = 0xc0,
};

#define UNSET    UINT32_MAX
#define RETRY_NS (10 * 1000 * 1000)

struct PrinterPort {
    ISADevice parent_obj;

    MemoryRegion ports;
    qemu_irq irq;
    QEMUTimer *retry_timer;

    uint8_t data, control;
    uint8_t byte;      /* that the printer is taking */
    bool taking;
    bool acknowledged; /* an interrupt that the guest hasn't seen in the status */

    CharBackend chr;   /* properties */
    uint32_t index, iobase, irq_line;
};

static const uint16_t usual_places[] = { 0x378, 0x278, 0x3bc };

static void update_irq(PrinterPort *s)
{
    qemu_set_irq(s->irq, s->acknowledged && (s->control & CONTROL_IRQ));
}

/* Also called when there may be room again. */
static void print_byte(void *opaque)
{
    PrinterPort *s = opaque;

    if (!s->taking) {
        return;
    }
    if (qemu_chr_fe_write(&s->chr, &s->byte, 1) != 1 && errno == EAGAIN) {
        timer_mod(s->retry_timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + RETRY_NS);
        return;
    }
    s->taking = false;
    s->acknowledged = s->control & CONTROL_IRQ;
    update_irq(s);
}

static void control_written(PrinterPort *s, uint8_t value)
{
    bool strobes = value & ~s->control & CONTROL_STROBE;

    s->control = value & CONTROL_KEPT;
    if (!(value & CONTROL_IRQ)) {
        s->acknowledged = false;
    }
    update_irq(s);
    if (!strobes || !(value & CONTROL_NO_INIT)) {
        return;
    }
    if (s->taking) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_ISA_PARALLEL, "CONTROL", "strobe while busy");
        return;
    }
    s->byte = s->data;
    s->taking = true;
    print_byte(s);
}

static uint8_t status_read(PrinterPort *s)
{
    uint8_t value = STATUS_NO_ERROR | STATUS_SELECTED | STATUS_NO_ACK |
                    (s->taking ? 0 : STATUS_NOT_BUSY) | (s->acknowledged ? 0 : STATUS_NO_IRQ);

    s->acknowledged = false;
    update_irq(s);
    return value;
}

static uint64_t parallel_read(void *opaque, hwaddr addr, unsigned size)
{
    PrinterPort *s = opaque;

    switch (addr) {
    case PORT_DATA:
        return s->control & CONTROL_INPUT ? 0xff : s->data; /* nobody drives the lines */
    case PORT_STATUS:
        return status_read(s);
    case PORT_CONTROL:
        return s->control | CONTROL_ALWAYS;
    default:
        return 0xff;
    }
}

static void parallel_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PrinterPort *s = opaque;

    switch (addr) {
    case PORT_DATA:
        s->data = value;
        break;
    case PORT_CONTROL:
        control_written(s, value);
        break;
    }
}

static const MemoryRegionOps parallel_ops = {
    .read = parallel_read,
    .write = parallel_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- the device ---- */

static void parallel_reset(DeviceState *dev)
{
    PrinterPort *s = ISA_PARALLEL(dev);

    timer_del(s->retry_timer);
    s->data = s->byte = 0;
    s->control = CONTROL_NO_INIT;
    s->taking = s->acknowledged = false;
    update_irq(s);
}

static bool choose_place(PrinterPort *s, Error **errp)
{
    s->index = s->index == UNSET ? isa_free_index(&s->parent_obj) : s->index;
    if (s->index >= ARRAY_SIZE(usual_places)) {
        error_setg(errp, TYPE_ISA_PARALLEL ": 'index' is %u, expected 0 to %zu: there are %zu "
                   "parallel ports", s->index, ARRAY_SIZE(usual_places) - 1,
                   ARRAY_SIZE(usual_places));
        return false;
    }
    s->iobase = s->iobase == UNSET ? usual_places[s->index] : s->iobase;
    if (s->iobase > 0x10000 - NUM_PORTS || s->irq_line >= ISA_NUM_IRQS) {
        error_setg(errp, TYPE_ISA_PARALLEL ": 'iobase' is 0x%x and 'irq' %u, expected up to 0x%x "
                   "and %u", s->iobase, s->irq_line, 0x10000 - NUM_PORTS, ISA_NUM_IRQS - 1);
        return false;
    }
    return true;
}

static void parallel_realize(DeviceState *dev, Error **errp)
{
    PrinterPort *s = ISA_PARALLEL(dev);

    if (!qemu_chr_fe_backend_connected(&s->chr)) {
        error_setg(errp, TYPE_ISA_PARALLEL ": 'chardev' is missing");
        return;
    }
    if (!choose_place(s, errp)) {
        return;
    }
    s->irq = isa_get_irq(ISA_DEVICE(dev), s->irq_line);
    s->retry_timer = timer_new_ns(QEMU_CLOCK_REALTIME, print_byte, s);
    s->control = CONTROL_NO_INIT;
    qemu_chr_fe_set_handlers(&s->chr, NULL, NULL, NULL, NULL, s, NULL, true);
    memory_region_init_io(&s->ports, OBJECT(s), &parallel_ops, s, "parallel", NUM_PORTS);
    isa_register_ioport(ISA_DEVICE(dev), &s->ports, s->iobase);
}

static void parallel_unrealize(DeviceState *dev)
{
    PrinterPort *s = ISA_PARALLEL(dev);

    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &s->ports);
    g_clear_pointer(&s->retry_timer, timer_free);
    qemu_chr_fe_deinit(&s->chr, false);
}

/* A byte on its way goes on its way there. */
static int parallel_post_load(void *opaque, int version_id)
{
    print_byte(opaque);
    return 0;
}

static const VMStateDescription vmstate_parallel = {
    .name = "parallel_isa",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = parallel_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(data, PrinterPort),
        VMSTATE_UINT8(control, PrinterPort),
        VMSTATE_UINT8(byte, PrinterPort),
        VMSTATE_BOOL(taking, PrinterPort),
        VMSTATE_BOOL(acknowledged, PrinterPort),
        VMSTATE_END_OF_LIST()
    },
};

static Property parallel_properties[] = {
    DEFINE_PROP_UINT32("index", PrinterPort, index, UNSET),
    DEFINE_PROP_UINT32("iobase", PrinterPort, iobase, UNSET),
    DEFINE_PROP_UINT32("irq", PrinterPort, irq_line, 7),
    DEFINE_PROP_CHR("chardev", PrinterPort, chr),
    DEFINE_PROP_END_OF_LIST(),
};

static void parallel_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "parallel port",
        .realize = parallel_realize,
        .unrealize = parallel_unrealize,
        .reset = parallel_reset,
        .state = &vmstate_parallel,
        .properties = parallel_properties,
    };
    DeviceClass *dc = DEVICE_CLASS(oc);

    device_class_init_traits(oc, (void *)&traits);
    dc->fw_name = "parallel";
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
}

static const TypeInfo parallel_types[] = {
    {
        .name = TYPE_ISA_PARALLEL,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PrinterPort),
        .class_init = parallel_class_init,
    },
};

DEFINE_TYPES(parallel_types)
