/*
 * 8259A programmable interrupt controller, and the edge/level register that EISA added to it.
 *
 * Reference: Intel 8259A data sheet (231468), "Programming the 8259A" and "Operation command
 * words"; 82371SB (PIIX3) data sheet (290550), section 2.5.4, "ELCR".
 *
 * A line that falls before it has been acknowledged takes its request back, edge-triggered or not,
 * and whoever acknowledges then gets the last input's vector ("Interrupt sequence"). What only an
 * 8080/8085 could use, CALL instructions on the bus, is missing: the CPU always gets a vector.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/intc/i8259.h"
#include "hw/intc/intc.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define NUM_INPUTS    8
#define CASCADE_INPUT 2
#define SPURIOUS      7 /* the input whose vector stands for "none" */

enum {
    ICW1_IC4 = 0x01, /* ICW4 comes, too */
    ICW1_SNGL = 0x02,
    ICW1_LTIM = 0x08,
    ICW1_SELECT = 0x10,
    ICW2_BASE = 0xf8,
    ICW4_8086 = 0x01,
    ICW4_AEOI = 0x02,
    ICW4_SFNM = 0x10,
    ICW4_KNOWN = 0x1f,

    OCW2_LEVEL = 0x07,
    OCW2_EOI = 0x20,
    OCW2_SPECIFIC = 0x40,
    OCW2_ROTATE = 0x80,

    OCW3_SELECT = 0x08,
    OCW3_RIS = 0x01,
    OCW3_RR = 0x02,
    OCW3_POLL = 0x04,
    OCW3_SMM = 0x20,
    OCW3_ESMM = 0x40,
};

/* Where in the initialization it is: which word the data port takes next. */
enum { NOT_READY, EXPECT_ICW2, EXPECT_ICW3, EXPECT_ICW4, READY };

OBJECT_DECLARE_SIMPLE_TYPE(Pic, I8259)

struct Pic {
    ISADevice parent_obj;

    MemoryRegion ports, elcr_port;
    qemu_irq int_pin;
    Pic *cascade;       /* who is behind CASCADE_INPUT, NULL: nobody */

    uint8_t lines;      /* levels of the inputs */
    uint8_t rises;      /* inputs that have risen since they were acknowledged */
    uint8_t in_service;
    uint8_t mask;
    uint8_t elcr;
    uint8_t stage;
    uint8_t icw1, icw2, icw3, icw4;
    uint8_t bottom;     /* the input that has the lowest priority now */
    uint8_t int_level;
    bool reads_isr;     /* what the command port shows */
    bool polled;        /* the next read acknowledges */
    bool special_mask;
    bool rotates;       /* with each automatic EOI */

    uint32_t iobase, elcr_addr; /* properties */
    uint8_t elcr_mask;
    bool master;

    uint64_t delivered[2 * NUM_INPUTS]; /* by the PC's numbers */
};

DeviceState *isa_pic;

/* ---- which request is next ---- */

static uint8_t level_triggered(const Pic *s)
{
    return s->icw1 & ICW1_LTIM ? 0xff : s->elcr;
}

static uint8_t requests(const Pic *s)
{
    uint8_t level = level_triggered(s);

    return (s->lines & level) | (s->rises & ~level);
}

/* 0 is the most urgent; the order is a ring that begins behind the bottom. */
static unsigned rank(const Pic *s, unsigned input)
{
    return (input - s->bottom - 1) % NUM_INPUTS;
}

/* The most urgent of a set of inputs; -1: it is empty. */
static int most_urgent(const Pic *s, uint8_t set)
{
    for (unsigned i = 1; set && i <= NUM_INPUTS; i++) {
        unsigned input = (s->bottom + i) % NUM_INPUTS;

        if (set >> input & 1) {
            return input;
        }
    }
    return -1;
}

/* Inputs in service that hold others back: in special mask mode, masked ones don't. */
static uint8_t holding_back(const Pic *s)
{
    return s->special_mask ? s->in_service & ~s->mask : s->in_service;
}

static bool has_slave(const Pic *s, unsigned input)
{
    return !(s->icw1 & ICW1_SNGL) && s->master && (s->icw3 >> input & 1);
}

/* The request that INTR stands for; -1: none. */
static int next_request(const Pic *s)
{
    int request = most_urgent(s, requests(s) & ~s->mask);
    int busy = most_urgent(s, holding_back(s));

    if (request < 0 || s->stage != READY) {
        return -1;
    }
    if (busy < 0 || rank(s, request) < rank(s, busy)) {
        return request;
    }
    /* Special fully nested mode: a slave may interrupt its own handler. */
    return request == busy && (s->icw4 & ICW4_SFNM) && has_slave(s, request) ? request : -1;
}

static void drive_int(Pic *s)
{
    s->int_level = next_request(s) >= 0;
    qemu_set_irq(s->int_pin, s->int_level);
}

static void input_changed(void *opaque, int n, int level)
{
    Pic *s = I8259(opaque);
    uint8_t bit = 1 << n;

    if (!level) {
        s->lines &= ~bit;
        s->rises &= ~bit;
    } else if (!(s->lines & bit)) {
        s->lines |= bit;
        s->rises |= bit;
    }
    drive_int(s);
}

/* ---- acknowledge and end of interrupt ---- */

/* The first INTA pulse, or a poll: the input, which is now being served; -1: there was none. */
static int acknowledge(Pic *s)
{
    int input = next_request(s);

    if (input >= 0) {
        s->rises &= ~(1 << input);
        if (!(s->icw4 & ICW4_AEOI)) {
            s->in_service |= 1 << input;
        } else if (s->rotates) {
            s->bottom = input;
        }
        if (!has_slave(s, input)) {
            s->delivered[input + (s->master ? 0 : NUM_INPUTS)]++;
        }
    }
    /* INT falls even if more is waiting: a master whose input looks for edges must see the next. */
    qemu_set_irq(s->int_pin, 0);
    drive_int(s);
    return input;
}

int pic_read_irq(DeviceState *pic)
{
    Pic *s = I8259(pic);
    int input = acknowledge(s);

    if (input >= 0 && has_slave(s, input) && input == CASCADE_INPUT && s->cascade) {
        s = s->cascade;
        input = acknowledge(s);
    }
    return (s->icw2 & ICW2_BASE) | (input < 0 ? SPURIOUS : input);
}

int pic_get_output(DeviceState *pic)
{
    return I8259(pic)->int_level;
}

static void command_ocw2(Pic *s, uint8_t value)
{
    bool specific = value & OCW2_SPECIFIC;
    int input = specific ? value & OCW2_LEVEL : most_urgent(s, holding_back(s));

    if (!(value & OCW2_EOI) && !specific) {
        s->rotates = value & OCW2_ROTATE;
        return;
    }
    if (input < 0) {
        return; /* nothing to end */
    }
    if (value & OCW2_EOI) {
        s->in_service &= ~(1 << input);
    }
    if (value & OCW2_ROTATE) {
        s->bottom = input;
    }
}

static void command_ocw3(Pic *s, uint8_t value)
{
    if (value & OCW3_ESMM) {
        s->special_mask = value & OCW3_SMM;
    }
    s->polled = value & OCW3_POLL;
    if ((value & OCW3_RR) && !s->polled) {
        s->reads_isr = value & OCW3_RIS;
    }
}

/* "Initialization command word 1": what it resets at once. */
static void begin_initialization(Pic *s, uint8_t icw1)
{
    s->icw1 = icw1;
    s->icw4 = 0;
    s->rises = s->in_service = s->mask = 0;
    s->bottom = NUM_INPUTS - 1;
    s->special_mask = s->reads_isr = s->polled = s->rotates = false;
    s->stage = EXPECT_ICW2;
}

static void take_icw4(Pic *s, uint8_t value)
{
    if (!(value & ICW4_8086)) {
        qemu_log_dev(LOG_UNIMP, TYPE_I8259, "ICW4.uPM", "8085 mode is not modelled");
    }
    s->icw4 = value & ICW4_KNOWN;
}

/* ---- ports ---- */

static void data_written(Pic *s, uint8_t value)
{
    switch (s->stage) {
    case EXPECT_ICW2:
        s->icw2 = value;
        s->stage = s->icw1 & ICW1_SNGL ? EXPECT_ICW4 : EXPECT_ICW3;
        break;
    case EXPECT_ICW3:
        s->icw3 = value;
        s->stage = EXPECT_ICW4;
        break;
    case EXPECT_ICW4:
        take_icw4(s, value);
        s->stage = READY;
        break;
    default:
        s->mask = value;
    }
    if (s->stage == EXPECT_ICW4 && !(s->icw1 & ICW1_IC4)) {
        take_icw4(s, 0);
        s->stage = READY;
    }
}

static void pic_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Pic *s = opaque;

    if (addr) {
        data_written(s, value);
    } else if (value & ICW1_SELECT) {
        begin_initialization(s, value);
    } else if (value & OCW3_SELECT) {
        command_ocw3(s, value);
    } else {
        command_ocw2(s, value);
    }
    drive_int(s);
}

static uint64_t pic_read(void *opaque, hwaddr addr, unsigned size)
{
    Pic *s = opaque;

    if (s->polled) {
        int input;

        s->polled = false;
        input = acknowledge(s);
        return input < 0 ? 0 : 0x80 | input;
    }
    if (addr) {
        return s->mask;
    }
    return s->reads_isr ? s->in_service : requests(s);
}

static const MemoryRegionOps pic_port_ops = {
    .read = pic_read,
    .write = pic_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static uint64_t elcr_read(void *opaque, hwaddr addr, unsigned size)
{
    return ((Pic *)opaque)->elcr;
}

static void elcr_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Pic *s = opaque;

    s->elcr = value & s->elcr_mask;
    drive_int(s);
}

static const MemoryRegionOps elcr_ops = {
    .read = elcr_read,
    .write = elcr_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- `info pic`, `info irq` ---- */

static void pic_print_info(InterruptStatsProvider *obj, GString *text)
{
    const Pic *s = I8259(obj);

    g_string_append_printf(text, "pic%d: irr=%02x imr=%02x isr=%02x hprio=%u irq_base=%02x ",
                           !s->master, requests(s), s->mask, s->in_service,
                           (s->bottom + 1) % NUM_INPUTS, s->icw2 & ICW2_BASE);
    g_string_append_printf(text, "rr_sel=%d elcr=%02x fnm=%d\n", s->reads_isr, s->elcr,
                           !!(s->icw4 & ICW4_SFNM));
}

static bool pic_get_statistics(InterruptStatsProvider *obj, uint64_t **counts, unsigned *nr)
{
    Pic *s = I8259(obj);

    *counts = s->delivered;
    *nr = ARRAY_SIZE(s->delivered);
    return true;
}

/* ---- the device ---- */

/* The levels of the lines are what is outside; everything else waits for ICW1. */
static void pic_reset(DeviceState *dev)
{
    Pic *s = I8259(dev);

    begin_initialization(s, 0);
    s->icw2 = s->icw3 = s->elcr = 0;
    s->stage = NOT_READY;
    drive_int(s);
}

static void pic_realize(DeviceState *dev, Error **errp)
{
    Pic *s = I8259(dev);
    ISADevice *isa = ISA_DEVICE(dev);

    memory_region_init_io(&s->ports, OBJECT(s), &pic_port_ops, s, "pic", 2);
    memory_region_init_io(&s->elcr_port, OBJECT(s), &elcr_ops, s, "elcr", 1);
    isa_register_ioport(isa, &s->ports, s->iobase);
    if (s->elcr_addr != UINT32_MAX) {
        isa_register_ioport(isa, &s->elcr_port, s->elcr_addr);
    }
    qdev_init_gpio_in(dev, input_changed, NUM_INPUTS);
    qdev_init_gpio_out(dev, &s->int_pin, 1);
}

static int pic_post_load(void *opaque, int version_id)
{
    Pic *s = opaque;

    if (s->stage > READY || s->bottom >= NUM_INPUTS) {
        return -EINVAL;
    }
    return 0;
}

static const VMStateDescription vmstate_pic = {
    .name = "i8259",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pic_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(lines, Pic),
        VMSTATE_UINT8(rises, Pic),
        VMSTATE_UINT8(in_service, Pic),
        VMSTATE_UINT8(mask, Pic),
        VMSTATE_UINT8(elcr, Pic),
        VMSTATE_UINT8(stage, Pic),
        VMSTATE_UINT8(icw1, Pic),
        VMSTATE_UINT8(icw2, Pic),
        VMSTATE_UINT8(icw3, Pic),
        VMSTATE_UINT8(icw4, Pic),
        VMSTATE_UINT8(bottom, Pic),
        VMSTATE_UINT8(int_level, Pic),
        VMSTATE_BOOL(reads_isr, Pic),
        VMSTATE_BOOL(polled, Pic),
        VMSTATE_BOOL(special_mask, Pic),
        VMSTATE_BOOL(rotates, Pic),
        VMSTATE_END_OF_LIST()
    },
};

static Property pic_properties[] = {
    DEFINE_PROP_UINT32("iobase", Pic, iobase, UINT32_MAX),
    DEFINE_PROP_UINT32("elcr_addr", Pic, elcr_addr, UINT32_MAX),
    DEFINE_PROP_UINT8("elcr_mask", Pic, elcr_mask, 0xff),
    DEFINE_PROP_BOOL("master", Pic, master, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void pic_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "8259A interrupt controller",
        .realize = pic_realize,
        .reset = pic_reset,
        .state = &vmstate_pic,
        .properties = pic_properties,
        .board_only = true, /* its inputs and the CPU's pin are the board's to connect */
    };
    InterruptStatsProviderClass *ic = INTERRUPT_STATS_PROVIDER_CLASS(oc);

    device_class_init_traits(oc, (void *)&traits);
    ic->print_info = pic_print_info;
    ic->get_statistics = pic_get_statistics;
}

static const TypeInfo pic_types[] = {
    {
        .name = TYPE_I8259,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(Pic),
        .class_init = pic_class_init,
        .interfaces = (InterfaceInfo[]) { { TYPE_INTERRUPT_STATS_PROVIDER }, { NULL } },
    },
};

DEFINE_TYPES(pic_types)

/* ---- the pair ---- */

static Pic *add_pic(ISABus *bus, bool master, uint16_t port, uint16_t elcr, uint8_t elcr_mask)
{
    DeviceState *dev = DEVICE(isa_new(TYPE_I8259));

    qdev_prop_set_uint32(dev, "iobase", port);
    qdev_prop_set_uint32(dev, "elcr_addr", elcr);
    qdev_prop_set_uint8(dev, "elcr_mask", elcr_mask);
    qdev_prop_set_bit(dev, "master", master);
    isa_realize_and_unref(ISA_DEVICE(dev), bus, &error_fatal);
    return I8259(dev);
}

/* Timer, keyboard, cascade, clock and coprocessor have edges for ever (PIIX3, section 2.5.4). */
qemu_irq *i8259_init(ISABus *bus, qemu_irq parent_irq)
{
    Pic *first = add_pic(bus, true, 0x20, 0x4d0, 0xf8);
    Pic *second = add_pic(bus, false, 0xa0, 0x4d1, 0xde);
    qemu_irq *inputs = g_new(qemu_irq, 2 * NUM_INPUTS);

    for (int i = 0; i < NUM_INPUTS; i++) {
        inputs[i] = qdev_get_gpio_in(DEVICE(first), i);
        inputs[NUM_INPUTS + i] = qdev_get_gpio_in(DEVICE(second), i);
    }
    first->cascade = second;
    qdev_connect_gpio_out(DEVICE(first), 0, parent_irq);
    qdev_connect_gpio_out(DEVICE(second), 0, inputs[CASCADE_INPUT]);
    isa_pic = DEVICE(first);
    return inputs;
}
