/*
 * PL022: PrimeCell synchronous serial port, as a master.
 *
 * Words of 4 to 16 bits are shifted at once, from a FIFO of eight to another. Chip selects are the
 * board's (a GPIO). Not here: being a slave (SSPCR1.MS), DMA requests.
 *
 * Reference: PrimeCell Synchronous Serial Port (PL022) Technical Reference Manual (DDI 0194),
 * chapter 3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/register.h"
#include "core/sysbus.h"
#include "hw/ssi/ssi.h"
#include "qemu/module.h"

#define TYPE_PL022 "pl022"
OBJECT_DECLARE_SIMPLE_TYPE(PL022State, PL022)

#define FIFO_SIZE 8

#define CR1_LOOP   0x1
#define CR1_ENABLE 0x2
#define CR1_SLAVE  0x4
#define CR1_MUTE   0x8

#define SR_TX_EMPTY     0x01
#define SR_TX_NOT_FULL  0x02
#define SR_RX_NOT_EMPTY 0x04
#define SR_RX_FULL      0x08

#define INT_OVERRUN 0x1
#define INT_TIMEOUT 0x2
#define INT_RX      0x4
#define INT_TX      0x8

enum { CR0, CR1, DR, SR, CPSR, IMSC, RIS, MIS, ICR, DMACR, ID }; /* rows */

typedef struct Fifo {
    uint16_t words[FIFO_SIZE];
    uint8_t first, count;
} Fifo;

struct PL022State {
    SysBusDevice parent_obj;

    RegisterBlock regs;
    qemu_irq irq;
    SSIBus *bus;
    Fifo tx, rx;
    uint8_t latched; /* INT_OVERRUN, INT_TIMEOUT */
};

static void push(Fifo *f, uint16_t word)
{
    f->words[(f->first + f->count++) % FIFO_SIZE] = word;
}

static uint16_t pull(Fifo *f)
{
    uint16_t word = f->words[f->first];

    f->first = (f->first + 1) % FIFO_SIZE;
    f->count--;
    return word;
}

/* 3.3.7: half full, half empty. Data that stay there time out, which is at once here. */
static uint8_t raw_interrupts(const PL022State *s)
{
    return s->latched | (s->rx.count >= FIFO_SIZE / 2 ? INT_RX : 0) |
           (s->tx.count <= FIFO_SIZE / 2 ? INT_TX : 0);
}

static void update(PL022State *s)
{
    qemu_set_irq(s->irq, (raw_interrupts(s) & register_get(&s->regs, IMSC)) != 0);
}

static void shift(PL022State *s)
{
    uint32_t cr0 = register_get(&s->regs, CR0), cr1 = register_get(&s->regs, CR1);
    uint16_t mask = (2u << (cr0 & 0xf)) - 1; /* DSS: size - 1 */

    if (!(cr1 & CR1_ENABLE) || (cr1 & CR1_SLAVE)) {
        return;
    }
    while (s->tx.count) {
        uint16_t out = pull(&s->tx) & mask;
        uint16_t in = (cr1 & CR1_LOOP ? out : ssi_transfer(s->bus, out)) & mask;

        if (s->rx.count == FIFO_SIZE) {
            s->latched |= INT_OVERRUN;
        } else {
            push(&s->rx, in);
            s->latched |= INT_TIMEOUT;
        }
    }
}

/* ---- Registers ---- */

static uint64_t dr_read(RegisterBlock *block, const Register *row, uint64_t stored)
{
    PL022State *s = PL022(block->owner);
    uint16_t word = s->rx.count ? pull(&s->rx) : 0;

    if (!s->rx.count) {
        s->latched &= ~INT_TIMEOUT;
    }
    update(s);
    return word;
}

static void dr_written(RegisterBlock *block, const Register *row, uint64_t value)
{
    PL022State *s = PL022(block->owner);

    if (s->tx.count < FIFO_SIZE) {
        push(&s->tx, value);
    }
    shift(s);
    update(s);
}

static uint64_t sr_read(RegisterBlock *block, const Register *row, uint64_t stored)
{
    const PL022State *s = PL022(block->owner);

    return (s->tx.count ? 0 : SR_TX_EMPTY) | (s->tx.count < FIFO_SIZE ? SR_TX_NOT_FULL : 0) |
           (s->rx.count ? SR_RX_NOT_EMPTY : 0) | (s->rx.count == FIFO_SIZE ? SR_RX_FULL : 0);
}

static void setting_written(RegisterBlock *block, const Register *row, uint64_t value)
{
    PL022State *s = PL022(block->owner);

    shift(s);
    update(s);
}

static uint64_t ris_read(RegisterBlock *block, const Register *row, uint64_t stored)
{
    return raw_interrupts(PL022(block->owner));
}

static uint64_t mis_read(RegisterBlock *block, const Register *row, uint64_t stored)
{
    PL022State *s = PL022(block->owner);

    return raw_interrupts(s) & register_get(&s->regs, IMSC);
}

static void icr_written(RegisterBlock *block, const Register *row, uint64_t value)
{
    PL022State *s = PL022(block->owner);

    s->latched &= ~value;
    update(s);
}

static uint64_t id_read(RegisterBlock *block, const Register *row, uint64_t stored)
{
    static const uint8_t id[] = { 0x22, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    return id[block->index];
}

static const Register pl022_registers[] = {
    [CR0] = { .name = "SSPCR0", .offset = 0x00, .size = 4, .writable = 0xffff,
              .written = setting_written },
    [CR1] = { .name = "SSPCR1", .offset = 0x04, .size = 4, .writable = 0xf, .unmodelled = CR1_SLAVE,
              .written = setting_written },
    [DR] = { .name = "SSPDR", .offset = 0x08, .size = 4, .read = dr_read, .written = dr_written },
    [SR] = { .name = "SSPSR", .offset = 0x0c, .size = 4, .read_only = true, .read = sr_read },
    [CPSR] = { .name = "SSPCPSR", .offset = 0x10, .size = 4, .writable = 0xfe },
    [IMSC] = { .name = "SSPIMSC", .offset = 0x14, .size = 4, .writable = 0xf,
               .written = setting_written },
    [RIS] = { .name = "SSPRIS", .offset = 0x18, .size = 4, .read_only = true, .read = ris_read },
    [MIS] = { .name = "SSPMIS", .offset = 0x1c, .size = 4, .read_only = true, .read = mis_read },
    [ICR] = { .name = "SSPICR", .offset = 0x20, .size = 4, .write_only = true,
              .written = icr_written },
    [DMACR] = { .name = "SSPDMACR", .offset = 0x24, .size = 4, .writable = 0x3, .unmodelled = 0x3 },
    [ID] = { .name = "SSPID", .offset = 0xfe0, .size = 4, .count = 8, .read_only = true,
             .read = id_read },
};

static void pl022_reset(DeviceState *dev)
{
    PL022State *s = PL022(dev);

    register_block_reset(&s->regs);
    s->tx = s->rx = (Fifo){ 0 };
    s->latched = 0;
    update(s);
}

static void pl022_init(Object *obj)
{
    PL022State *s = PL022(obj);

    register_block_init(&s->regs, DEVICE(obj), TYPE_PL022, pl022_registers,
                        ARRAY_SIZE(pl022_registers), DEVICE_LITTLE_ENDIAN, 0x1000);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->regs.mmio);
    sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
    s->bus = ssi_create_bus(DEVICE(obj), "ssi");
}

static void pl022_finalize(Object *obj)
{
    register_block_finalize(&PL022(obj)->regs);
}

static int check_fifos(void *opaque, int version_id)
{
    PL022State *s = opaque;

    return s->tx.first >= FIFO_SIZE || s->tx.count > FIFO_SIZE || s->rx.first >= FIFO_SIZE ||
           s->rx.count > FIFO_SIZE ? -EINVAL : 0;
}

static const VMStateDescription vmstate_fifo = {
    .name = "pl022-fifo",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT16_ARRAY(words, Fifo, FIFO_SIZE),
        VMSTATE_UINT8(first, Fifo),
        VMSTATE_UINT8(count, Fifo),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_pl022 = {
    .name = TYPE_PL022,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = check_fifos,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(regs, PL022State),
        VMSTATE_STRUCT(tx, PL022State, 0, vmstate_fifo, Fifo),
        VMSTATE_STRUCT(rx, PL022State, 0, vmstate_fifo, Fifo),
        VMSTATE_UINT8(latched, PL022State),
        VMSTATE_END_OF_LIST()
    },
};

static const DeviceTraits pl022_traits = {
    .desc = "PrimeCell synchronous serial port",
    .reset = pl022_reset,
    .state = &vmstate_pl022,
};

static const TypeInfo pl022_types[] = {
    {
        .name = TYPE_PL022,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(PL022State),
        .instance_init = pl022_init,
        .instance_finalize = pl022_finalize,
        .class_init = device_class_init_traits,
        .class_data = (void *)&pl022_traits,
    },
};

DEFINE_TYPES(pl022_types)
