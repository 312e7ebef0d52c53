/*
 * 8042 keyboard controller of a PC, with the port for a mouse that the PS/2 added.
 *
 * Reference: IBM PS/2 Hardware Interface Technical Reference, "Keyboard and auxiliary device
 * controller"; Intel 8042 data sheet (210393) for the registers towards the system.
 *
 * A byte comes over the cable while the output buffer is empty, and never sooner than a moment
 * after the last one was taken, so that a handler that reads twice finds the same byte twice. The
 * controller itself answers at once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/input/i8042.h"
#include "hw/input/ps2.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/runstate.h"

enum {
    STATUS_OUTPUT_FULL = 0x01,
    STATUS_SYSTEM = 0x04,
    STATUS_COMMAND = 0x08,  /* the last write was to the command port */
    STATUS_UNLOCKED = 0x10,
    STATUS_FROM_MOUSE = 0x20,

    MODE_KBD_IRQ = 0x01,
    MODE_MOUSE_IRQ = 0x02,
    MODE_SYSTEM = 0x04,
    MODE_KBD_OFF = 0x10,
    MODE_MOUSE_OFF = 0x20,
    MODE_TRANSLATE = 0x40,

    OUTPUT_RUN = 0x01, /* low resets the CPU */
    OUTPUT_A20 = 0x02,
    OUTPUT_KBD_IRQ = 0x10,
    OUTPUT_MOUSE_IRQ = 0x20,
    OUTPUT_CABLES = 0xc0,

    INPUT_UNLOCKED = 0x80,

    READ_RAM = 0x20,  /* to 3f */
    WRITE_RAM = 0x60, /* to 7f */
    TEST_PASSWORD = 0xa4,
    MOUSE_DISABLE = 0xa7,
    MOUSE_ENABLE = 0xa8,
    TEST_MOUSE = 0xa9,
    TEST_SELF = 0xaa,
    TEST_KBD = 0xab,
    KBD_DISABLE = 0xad,
    KBD_ENABLE = 0xae,
    READ_INPUT_PORT = 0xc0,
    READ_OUTPUT_PORT = 0xd0,
    WRITE_OUTPUT_PORT = 0xd1,
    WRITE_AS_KBD = 0xd2,
    WRITE_AS_MOUSE = 0xd3,
    WRITE_TO_MOUSE = 0xd4,
    A20_OFF = 0xdd,
    A20_ON = 0xdf,
    READ_TEST_INPUTS = 0xe0,
    PULSE_OUTPUT = 0xf0, /* to ff: a bit that is 0 is the line that goes low */

    NO_PASSWORD = 0xf1,
    SELF_PASSED = 0x55,
    PORT_PASSED = 0x00,
    BREAK_PREFIX = 0xf0,
};

#define RAM_SIZE    32
#define NUM_CABLES  2
#define BYTE_GAP_NS (200 * 1000)

enum { KBD, MOUSE };

OBJECT_DECLARE_SIMPLE_TYPE(KeyboardController, I8042)

struct KeyboardController {
    ISADevice parent_obj;

    MemoryRegion data_port, command_port;
    PS2Device *device[NUM_CABLES];
    qemu_irq irqs[NUM_CABLES];
    qemu_irq a20;
    QEMUTimer *cable_timer;

    uint8_t ram[RAM_SIZE]; /* the first byte is the mode, "controller command byte" */
    uint8_t status;
    uint8_t output;        /* buffer */
    uint8_t output_port;
    uint8_t command;       /* that waits for its data; 0: none */
    bool breaks;           /* translation: the prefix of a release has come */
    int64_t gap_ends;

    uint8_t irq_lines[NUM_CABLES]; /* properties */
};

static uint8_t *mode(KeyboardController *s)
{
    return &s->ram[0];
}

/* ---- output buffer and interrupts ---- */

static bool output_is_from(const KeyboardController *s, int cable)
{
    return (s->status & STATUS_OUTPUT_FULL) && !!(s->status & STATUS_FROM_MOUSE) == cable;
}

static bool wants_interrupt(KeyboardController *s, int cable)
{
    return output_is_from(s, cable) && (*mode(s) & (MODE_KBD_IRQ << cable));
}

static void update_irqs(KeyboardController *s)
{
    for (int cable = 0; cable < NUM_CABLES; cable++) {
        qemu_set_irq(s->irqs[cable], wants_interrupt(s, cable));
    }
}

static void put_output(KeyboardController *s, uint8_t byte, int from)
{
    s->output = byte;
    s->status &= ~STATUS_FROM_MOUSE;
    s->status |= STATUS_OUTPUT_FULL | (from == MOUSE ? STATUS_FROM_MOUSE : 0);
    update_irqs(s);
}

/* A keyboard's byte as the system gets it; false: not before the next one. */
static bool translate(KeyboardController *s, uint8_t *byte)
{
    if (!(*mode(s) & MODE_TRANSLATE)) {
        return true;
    }
    if (*byte == BREAK_PREFIX) {
        s->breaks = true;
        return false;
    }
    *byte = ps2_translate(*byte) | (s->breaks ? 0x80 : 0);
    s->breaks = false;
    return true;
}

/* Takes the next byte of a device that may speak, as far as there is room for it. */
static void serve_cables(KeyboardController *s)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    for (int cable = 0; cable < NUM_CABLES; cable++) {
        while (!(s->status & STATUS_OUTPUT_FULL) && !(*mode(s) & (MODE_KBD_OFF << cable)) &&
               ps2_has_data(s->device[cable])) {
            uint8_t byte;

            if (now < s->gap_ends) {
                timer_mod(s->cable_timer, s->gap_ends);
                return;
            }
            byte = ps2_read(s->device[cable]);
            if (cable == MOUSE || translate(s, &byte)) {
                put_output(s, byte, cable);
            }
        }
    }
}

static void gap_over(void *opaque)
{
    serve_cables(opaque);
}

static void device_has_data(void *opaque, int n, int level)
{
    if (level) {
        serve_cables(I8042(opaque));
    }
}

static uint64_t data_read(void *opaque, hwaddr addr, unsigned size)
{
    KeyboardController *s = opaque;
    uint8_t byte = s->output;

    if (s->status & STATUS_OUTPUT_FULL) {
        s->status &= ~(STATUS_OUTPUT_FULL | STATUS_FROM_MOUSE);
        s->gap_ends = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + BYTE_GAP_NS;
        update_irqs(s);
        serve_cables(s);
    }
    return byte;
}

/* ---- commands ---- */

static void set_mode(KeyboardController *s, uint8_t value)
{
    *mode(s) = value;
    s->status &= ~STATUS_SYSTEM;
    s->status |= value & MODE_SYSTEM ? STATUS_SYSTEM : 0;
    update_irqs(s);
    serve_cables(s);
}

static void set_output_port(KeyboardController *s, uint8_t value)
{
    s->output_port = value;
    qemu_set_irq(s->a20, value & OUTPUT_A20 ? 1 : 0);
    if (!(value & OUTPUT_RUN)) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static uint8_t output_port_now(KeyboardController *s)
{
    return (s->output_port & (OUTPUT_RUN | OUTPUT_A20)) | OUTPUT_CABLES |
           (output_is_from(s, KBD) ? OUTPUT_KBD_IRQ : 0) |
           (output_is_from(s, MOUSE) ? OUTPUT_MOUSE_IRQ : 0);
}

/* What a command answers at once, where that is all it does. */
static const struct {
    uint8_t command, answer;
} fixed_answers[] = {
    { TEST_PASSWORD, NO_PASSWORD },
    { TEST_MOUSE, PORT_PASSED },
    { TEST_KBD, PORT_PASSED },
    { READ_INPUT_PORT, INPUT_UNLOCKED },
    { READ_TEST_INPUTS, 0 },
};

static bool answer_at_once(KeyboardController *s, uint8_t command)
{
    for (size_t i = 0; i < ARRAY_SIZE(fixed_answers); i++) {
        if (fixed_answers[i].command == command) {
            put_output(s, fixed_answers[i].answer, KBD);
            return true;
        }
    }
    return false;
}

static void execute(KeyboardController *s, uint8_t command)
{
    switch (command) {
    case READ_RAM ... READ_RAM + RAM_SIZE - 1:
        put_output(s, s->ram[command - READ_RAM], KBD);
        break;
    case WRITE_RAM ... WRITE_RAM + RAM_SIZE - 1:
    case WRITE_OUTPUT_PORT ... WRITE_TO_MOUSE:
        s->command = command;
        break;
    case MOUSE_DISABLE:
        *mode(s) |= MODE_MOUSE_OFF;
        break;
    case MOUSE_ENABLE:
        set_mode(s, *mode(s) & ~MODE_MOUSE_OFF);
        break;
    case KBD_DISABLE:
        *mode(s) |= MODE_KBD_OFF;
        break;
    case KBD_ENABLE:
        set_mode(s, *mode(s) & ~MODE_KBD_OFF);
        break;
    case TEST_SELF:
        s->status |= STATUS_SYSTEM;
        *mode(s) |= MODE_SYSTEM;
        put_output(s, SELF_PASSED, KBD);
        break;
    case READ_OUTPUT_PORT:
        put_output(s, output_port_now(s), KBD);
        break;
    case A20_OFF:
        set_output_port(s, s->output_port & ~OUTPUT_A20);
        break;
    case A20_ON:
        set_output_port(s, s->output_port | OUTPUT_A20);
        break;
    case PULSE_OUTPUT ... PULSE_OUTPUT + 0x0f:
        if (!(command & OUTPUT_RUN)) {
            qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        }
        break;
    default:
        if (!answer_at_once(s, command)) {
            qemu_log_dev(LOG_GUEST_ERROR, TYPE_I8042, "COMMAND", "no command 0x%02x", command);
        }
    }
}

static void command_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    KeyboardController *s = opaque;

    s->status |= STATUS_COMMAND;
    s->command = 0;
    execute(s, value);
}

static uint64_t status_read(void *opaque, hwaddr addr, unsigned size)
{
    return ((KeyboardController *)opaque)->status;
}

/* To a device: its cable is on from then on. */
static void send(KeyboardController *s, int cable, uint8_t byte)
{
    *mode(s) &= ~(MODE_KBD_OFF << cable);
    ps2_write(s->device[cable], byte);
    serve_cables(s);
}

static void data_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    KeyboardController *s = opaque;
    uint8_t command = s->command;

    s->status &= ~STATUS_COMMAND;
    s->command = 0;
    switch (command) {
    case WRITE_RAM:
        set_mode(s, value);
        break;
    case WRITE_RAM + 1 ... WRITE_RAM + RAM_SIZE - 1:
        s->ram[command - WRITE_RAM] = value;
        break;
    case WRITE_OUTPUT_PORT:
        set_output_port(s, value);
        break;
    case WRITE_AS_KBD:
    case WRITE_AS_MOUSE:
        put_output(s, value, command == WRITE_AS_MOUSE ? MOUSE : KBD);
        break;
    case WRITE_TO_MOUSE:
        send(s, MOUSE, value);
        break;
    default:
        send(s, KBD, value);
    }
}

static const MemoryRegionOps data_ops = {
    .read = data_read,
    .write = data_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static const MemoryRegionOps command_ops = {
    .read = status_read,
    .write = command_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- the device ---- */

static void i8042_reset(DeviceState *dev)
{
    KeyboardController *s = I8042(dev);

    memset(s->ram, 0, sizeof(s->ram));
    *mode(s) = MODE_KBD_IRQ | MODE_MOUSE_IRQ;
    s->status = STATUS_UNLOCKED | STATUS_COMMAND;
    s->output = s->command = 0;
    s->breaks = false;
    s->gap_ends = 0;
    timer_del(s->cable_timer);
    set_output_port(s, OUTPUT_RUN | OUTPUT_A20);
    update_irqs(s);
}

/* What is at the other end. */
static const struct {
    const char *name, *type, *line;
} cables[NUM_CABLES] = {
    { "ps2kbd", TYPE_PS2_KBD_DEVICE, "ps2-kbd-input-irq" },
    { "ps2mouse", TYPE_PS2_MOUSE_DEVICE, "ps2-mouse-input-irq" },
};

PS2Device *i8042_mouse(ISADevice *i8042)
{
    return I8042(i8042)->device[MOUSE];
}

static void i8042_init(Object *obj)
{
    KeyboardController *s = I8042(obj);

    memory_region_init_io(&s->data_port, obj, &data_ops, s, "i8042-data", 1);
    memory_region_init_io(&s->command_port, obj, &command_ops, s, "i8042-cmd", 1);
    for (int i = 0; i < NUM_CABLES; i++) {
        s->device[i] = PS2_DEVICE(qdev_new(cables[i].type));
        object_property_add_child(obj, cables[i].name, OBJECT(s->device[i]));
        object_unref(OBJECT(s->device[i]));
        qdev_init_gpio_in_named(DEVICE(obj), device_has_data, cables[i].line, 1);
    }
    qdev_init_gpio_out(DEVICE(obj), s->irqs, NUM_CABLES);
    qdev_init_gpio_out_named(DEVICE(obj), &s->a20, I8042_A20_LINE, 1);
}

static void i8042_realize(DeviceState *dev, Error **errp)
{
    KeyboardController *s = I8042(dev);
    ISADevice *isa = ISA_DEVICE(dev);

    for (int i = 0; i < NUM_CABLES; i++) {
        if (!sysbus_realize(SYS_BUS_DEVICE(s->device[i]), errp)) {
            return;
        }
        qdev_connect_gpio_out(DEVICE(s->device[i]), 0,
                              qdev_get_gpio_in_named(dev, cables[i].line, 0));
        isa_connect_gpio_out(isa, i, s->irq_lines[i]);
    }
    s->cable_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, gap_over, s);
    isa_register_ioport(isa, &s->data_port, 0x60);
    isa_register_ioport(isa, &s->command_port, 0x64);
}

static void i8042_unrealize(DeviceState *dev)
{
    KeyboardController *s = I8042(dev);
    MemoryRegion *ports = isa_address_space_io(ISA_DEVICE(dev));

    memory_region_del_subregion(ports, &s->data_port);
    memory_region_del_subregion(ports, &s->command_port);
    for (int i = 0; i < NUM_CABLES; i++) {
        qdev_unrealize(DEVICE(s->device[i]));
    }
    g_clear_pointer(&s->cable_timer, timer_free);
}

static int i8042_post_load(void *opaque, int version_id)
{
    KeyboardController *s = opaque;

    update_irqs(s);
    return 0;
}

static const VMStateDescription vmstate_i8042 = {
    .name = "pckbd",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = i8042_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8_ARRAY(ram, KeyboardController, RAM_SIZE),
        VMSTATE_UINT8(status, KeyboardController),
        VMSTATE_UINT8(output, KeyboardController),
        VMSTATE_UINT8(output_port, KeyboardController),
        VMSTATE_UINT8(command, KeyboardController),
        VMSTATE_BOOL(breaks, KeyboardController),
        VMSTATE_INT64(gap_ends, KeyboardController),
        VMSTATE_TIMER_PTR(cable_timer, KeyboardController),
        VMSTATE_END_OF_LIST()
    },
};

static Property i8042_properties[] = {
    DEFINE_PROP_UINT8_RANGE("kbd-irq", KeyboardController, irq_lines[KBD], 1, 0, ISA_NUM_IRQS - 1),
    DEFINE_PROP_UINT8_RANGE("mouse-irq", KeyboardController, irq_lines[MOUSE], 12, 0,
                            ISA_NUM_IRQS - 1),
    DEFINE_PROP_END_OF_LIST(),
};

static void i8042_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "keyboard controller",
        .realize = i8042_realize,
        .unrealize = i8042_unrealize,
        .reset = i8042_reset,
        .state = &vmstate_i8042,
        .properties = i8042_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    set_bit(DEVICE_CATEGORY_INPUT, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo i8042_types[] = {
    {
        .name = TYPE_I8042,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(KeyboardController),
        .instance_init = i8042_init,
        .class_init = i8042_class_init,
    },
};

DEFINE_TYPES(i8042_types)
