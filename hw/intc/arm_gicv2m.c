/*
 * GICv2m frame: see hw/intc/arm_gicv2m.h.
 *
 * A device that has a message to send writes the interrupt's number to MSI_SETSPI_NS. There is no
 * state: the GIC remembers the edge.
 *
 * Reference: Arm Server Base System Architecture (DEN0029), appendix "GICv2m Architecture".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/qdev-properties.h"
#include "core/register.h"
#include "core/sysbus.h"
#include "hw/intc/arm_gicv2m.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(ARMGICv2m, ARM_GICV2M)

#define FIRST_SPI 32   /* in the GIC's numbers */
#define LAST_SPI  1019
#define IIDR      0x43b /* implementer: Arm */

struct ARMGICv2m {
    SysBusDevice parent_obj;

    RegisterBlock regs;
    qemu_irq spi[ARM_GICV2M_MAX_SPIS];
    uint32_t base_spi, num_spi; /* properties */
};

static uint64_t read_typer(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    ARMGICv2m *s = ARM_GICV2M(block->owner);

    return (s->base_spi + FIRST_SPI) << 16 | s->num_spi;
}

/* Numbers of other interrupts are ignored. */
static void message_arrived(RegisterBlock *block, const Register *reg, uint64_t value)
{
    ARMGICv2m *s = ARM_GICV2M(block->owner);
    uint32_t first = s->base_spi + FIRST_SPI, number = value & 0x3ff;

    if (number < first || number - first >= s->num_spi) {
        qemu_log_dev(LOG_GUEST_ERROR, block->name, reg->name,
                     "message for interrupt %u, the frame has %u to %u", number, first,
                     first + s->num_spi - 1);
        return;
    }
    qemu_irq_pulse(s->spi[number - first]);
}

static const Register gicv2m_registers[] = {
    { .name = "MSI_TYPER", .offset = 0x008, .size = 4, .read_only = true, .read = read_typer },
    { .name = "MSI_SETSPI_NS", .offset = 0x040, .size = 4, .write_only = true,
      .written = message_arrived },
    { .name = "MSI_IIDR", .offset = 0xfcc, .size = 4, .reset = IIDR, .read_only = true },
};

static void gicv2m_reset(DeviceState *dev)
{
    register_block_reset(&ARM_GICV2M(dev)->regs);
}

static void gicv2m_realize(DeviceState *dev, Error **errp)
{
    ARMGICv2m *s = ARM_GICV2M(dev);

    if (s->num_spi < 1 || s->num_spi > ARM_GICV2M_MAX_SPIS) {
        error_setg(errp, "num-spi is %u, expected 1 to %d", s->num_spi, ARM_GICV2M_MAX_SPIS);
        return;
    }
    if (s->base_spi > LAST_SPI - FIRST_SPI - (s->num_spi - 1)) {
        error_setg(errp, "base-spi is %u: with num-spi=%u it can be at most %u", s->base_spi,
                   s->num_spi, LAST_SPI - FIRST_SPI - (s->num_spi - 1));
        return;
    }
    for (unsigned i = 0; i < s->num_spi; i++) {
        sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->spi[i]);
    }
}

static void gicv2m_init(Object *obj)
{
    ARMGICv2m *s = ARM_GICV2M(obj);

    register_block_init(&s->regs, DEVICE(obj), "gicv2m", gicv2m_registers,
                        ARRAY_SIZE(gicv2m_registers), DEVICE_LITTLE_ENDIAN, ARM_GICV2M_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->regs.mmio);
}

static void gicv2m_finalize(Object *obj)
{
    register_block_finalize(&ARM_GICV2M(obj)->regs);
}

static Property gicv2m_properties[] = {
    DEFINE_PROP_UINT32("base-spi", ARMGICv2m, base_spi, 0),
    DEFINE_PROP_UINT32("num-spi", ARMGICv2m, num_spi, 64),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits gicv2m_traits = {
    .desc = "Arm GICv2m frame (message signalled interrupts)",
    .realize = gicv2m_realize,
    .reset = gicv2m_reset,
    .properties = gicv2m_properties,
    .board_only = true, /* it belongs to a GIC */
};

static const TypeInfo gicv2m_types[] = {
    {
        .name = TYPE_ARM_GICV2M,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ARMGICv2m),
        .instance_init = gicv2m_init,
        .instance_finalize = gicv2m_finalize,
        .class_init = device_class_init_traits,
        .class_data = (void *)&gicv2m_traits,
    },
};

DEFINE_TYPES(gicv2m_types)
