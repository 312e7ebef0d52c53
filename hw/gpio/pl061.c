/*
 * PL061: PrimeCell general purpose input/output, eight pins.
 *
 * A pin is an input unless GPIODIR says otherwise. What an input does may raise the interrupt:
 * while it has a level (nothing is remembered then), or once it has had an edge, until GPIOIC. Not
 * here: hardware control of pins (GPIOAFSEL is kept and without effect).
 *
 * Reference: PrimeCell General Purpose Input/Output (PL061) Technical Reference Manual (DDI 0190),
 * chapter 3 (registers) and 2.3.4 (interrupt detection).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/register.h"
#include "core/sysbus.h"
#include "hw/gpio/pl061.h"
#include "qemu/bitops.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(PL061State, PL061)

enum { DATA, DIR, IS, IBE, IEV, IE, RIS, MIS, IC, AFSEL, ID }; /* rows */

struct PL061State {
    SysBusDevice parent_obj;

    RegisterBlock regs;
    qemu_irq irq, out[PL061_NUM_PINS];
    uint8_t driven; /* by others, on all pins */
    uint8_t output; /* what is written to GPIODATA */
    uint8_t edges;  /* that have been seen */
};

static uint8_t reg(PL061State *s, unsigned row)
{
    return register_get(&s->regs, row);
}

static uint8_t pins(PL061State *s)
{
    uint8_t dir = reg(s, DIR);

    return (s->output & dir) | (s->driven & ~dir);
}

/* GPIORIS: edges that have been, and levels that are. */
static uint8_t raw_interrupts(PL061State *s)
{
    uint8_t is = reg(s, IS), wanted = ~(s->driven ^ reg(s, IEV));

    return (s->edges & ~is) | (is & wanted & ~reg(s, DIR));
}

static void update(PL061State *s)
{
    uint8_t dir = reg(s, DIR);

    for (int i = 0; i < PL061_NUM_PINS; i++) {
        if (dir >> i & 1) {
            qemu_set_irq(s->out[i], s->output >> i & 1);
        }
    }
    qemu_set_irq(s->irq, (raw_interrupts(s) & reg(s, IE)) != 0);
}

/* Both edges, or the one that GPIOIEV chooses. */
static void set_pin(void *opaque, int n, int level)
{
    PL061State *s = opaque;
    uint8_t bit = 1 << n, before = s->driven;

    s->driven = level ? before | bit : before & ~bit;
    if (s->driven != before && !(reg(s, DIR) & bit) &&
        ((reg(s, IBE) & bit) || !(reg(s, IEV) & bit) == !level)) {
        s->edges |= bit & ~reg(s, IS);
    }
    update(s);
}

/* ---- Registers ---- */

/* 256 words: the address says which pins the access is about (3.3.1). */
static uint64_t data_read(RegisterBlock *block, const Register *row, uint64_t stored)
{
    return pins(PL061(block->owner)) & block->index;
}

static void data_written(RegisterBlock *block, const Register *row, uint64_t value)
{
    PL061State *s = PL061(block->owner);

    s->output = (s->output & ~block->index) | (value & block->index);
    update(s);
}

static void setting_written(RegisterBlock *block, const Register *row, uint64_t value)
{
    update(PL061(block->owner));
}

static uint64_t ris_read(RegisterBlock *block, const Register *row, uint64_t stored)
{
    return raw_interrupts(PL061(block->owner));
}

static uint64_t mis_read(RegisterBlock *block, const Register *row, uint64_t stored)
{
    PL061State *s = PL061(block->owner);

    return raw_interrupts(s) & reg(s, IE);
}

static void ic_written(RegisterBlock *block, const Register *row, uint64_t value)
{
    PL061State *s = PL061(block->owner);

    s->edges &= ~value;
    update(s);
}

static uint64_t id_read(RegisterBlock *block, const Register *row, uint64_t stored)
{
    static const uint8_t id[] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    return id[block->index];
}

#define SETTING(reg_name, at)                                                                      \
    { .name = reg_name, .offset = at, .size = 4, .writable = 0xff, .written = setting_written }

static const Register pl061_registers[] = {
    [DATA] = { .name = "GPIODATA", .offset = 0x000, .size = 4, .count = 256, .read = data_read,
               .written = data_written },
    [DIR] = SETTING("GPIODIR", 0x400),
    [IS] = SETTING("GPIOIS", 0x404),
    [IBE] = SETTING("GPIOIBE", 0x408),
    [IEV] = SETTING("GPIOIEV", 0x40c),
    [IE] = SETTING("GPIOIE", 0x410),
    [RIS] = { .name = "GPIORIS", .offset = 0x414, .size = 4, .read_only = true, .read = ris_read },
    [MIS] = { .name = "GPIOMIS", .offset = 0x418, .size = 4, .read_only = true, .read = mis_read },
    [IC] = { .name = "GPIOIC", .offset = 0x41c, .size = 4, .write_only = true,
             .written = ic_written },
    [AFSEL] = { .name = "GPIOAFSEL", .offset = 0x420, .size = 4, .writable = 0xff,
                .unmodelled = 0xff },
    [ID] = { .name = "GPIOPeriphID0-3/GPIOPCellID0-3", .offset = 0xfe0, .size = 4, .count = 8,
             .read_only = true, .read = id_read },
};

/* ---- The device ---- */

static void pl061_reset(DeviceState *dev)
{
    PL061State *s = PL061(dev);

    register_block_reset(&s->regs);
    s->output = s->edges = 0;
    update(s);
}

static void pl061_init(Object *obj)
{
    PL061State *s = PL061(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    register_block_init(&s->regs, DEVICE(obj), "pl061", pl061_registers,
                        ARRAY_SIZE(pl061_registers), DEVICE_LITTLE_ENDIAN, 0x1000);
    sysbus_init_mmio(sbd, &s->regs.mmio);
    sysbus_init_irq(sbd, &s->irq);
    qdev_init_gpio_in(DEVICE(obj), set_pin, PL061_NUM_PINS);
    qdev_init_gpio_out(DEVICE(obj), s->out, PL061_NUM_PINS);
}

static void pl061_finalize(Object *obj)
{
    register_block_finalize(&PL061(obj)->regs);
}

static int pl061_post_load(void *opaque, int version_id)
{
    update(opaque);
    return 0;
}

static const VMStateDescription vmstate_pl061 = {
    .name = TYPE_PL061,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pl061_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(regs, PL061State),
        VMSTATE_UINT8(driven, PL061State),
        VMSTATE_UINT8(output, PL061State),
        VMSTATE_UINT8(edges, PL061State),
        VMSTATE_END_OF_LIST(),
    },
};

static const DeviceTraits pl061_traits = {
    .desc = "Arm PrimeCell GPIO (PL061)",
    .reset = pl061_reset,
    .state = &vmstate_pl061,
    .board_only = true,
};

static const TypeInfo pl061_types[] = {
    {
        .name = TYPE_PL061,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(PL061State),
        .instance_init = pl061_init,
        .instance_finalize = pl061_finalize,
        .class_init = device_class_init_traits,
        .class_data = (void *)&pl061_traits,
    },
};

DEFINE_TYPES(pl061_types)
