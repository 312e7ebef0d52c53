/*
 * VMC board registers: status, module fail, module reset, time base enable, switches, features.
 *
 * One byte each, in the external register set of the Hawk memory controller; the UARTs and the
 * RTC's address strobes lie in the same block.
 *
 * Reference: MVME5100 Programmer's Reference Guide, chapter 1, "System Registers".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/misc/vmc-regs.h"
#include "hw/qdev-properties.h"
#include "hw/register.h"
#include "hw/sysbus.h"
#include "qemu/module.h"
#include "system/runstate.h"

#define MODRST_RESET 0x01
#define TBEN_ENABLE  0x01

OBJECT_DECLARE_SIMPLE_TYPE(VMCRegsState, VMC_REGS)

struct VMCRegsState {
    SysBusDevice parent_obj;

    /* Two blocks, on either side of the RTC's strobes: 80-c7 and e0-107. */
    RegisterBlock control;
    RegisterBlock features;
    uint8_t switches; /* properties */
    uint8_t slot;     /* VME geographic address */
    qemu_irq tben;
};

static void module_reset_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    if (value & MODRST_RESET) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static void tben_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    VMCRegsState *s = VMC_REGS(block->owner);

    qemu_set_irq(s->tben, *register_value(block, reg) & TBEN_ENABLE);
}

static uint64_t switches_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return VMC_REGS(block->owner)->switches;
}

static uint64_t geographic_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return VMC_REGS(block->owner)->slot;
}

/* Offsets from the start of the block at 80. */
static const Register control_registers[] = {
    /* Status: fuses good. That the abort switch is pressed doesn't show. */
    { "STATUS", .offset = 0x00, .size = 1, .reset = 0x00 },
    /* Lights the FAIL LED: nothing to see. */
    { "MODFAIL", .offset = 0x10, .size = 1, .reset = 0x01, .writable = 0x03 },
    { "MODRST", .offset = 0x20, .size = 1, .written = module_reset_written },
    { "TBEN", .offset = 0x40, .size = 1, .reset = TBEN_ENABLE, .writable = TBEN_ENABLE,
      .written = tben_written },
};

/* Offsets from the start of the block at e0. Features: set bits are options that are not fitted. */
static const Register feature_registers[] = {
    { "SWITCH", .offset = 0x00, .size = 1, .read = switches_read },
    { "GEOADDR", .offset = 0x08, .size = 1, .read = geographic_read },
    { "EXTFEAT1", .offset = 0x10, .size = 1 },
    { "EXTFEAT2", .offset = 0x20, .size = 1 },
};

static void vmc_regs_reset_hold(Object *obj)
{
    VMCRegsState *s = VMC_REGS(obj);

    register_block_reset(&s->control);
    register_block_reset(&s->features);
    qemu_set_irq(s->tben, 1);
}

static void vmc_regs_instance_init(Object *obj)
{
    VMCRegsState *s = VMC_REGS(obj);
    DeviceState *dev = DEVICE(obj);

    register_block_init(&s->control, dev, "vmc-control", control_registers,
                        ARRAY_SIZE(control_registers), DEVICE_BIG_ENDIAN, VMC_REGS_CONTROL_SIZE);
    register_block_init(&s->features, dev, "vmc-features", feature_registers,
                        ARRAY_SIZE(feature_registers), DEVICE_BIG_ENDIAN, VMC_REGS_FEATURES_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->control.mmio);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->features.mmio);
    qdev_init_gpio_out_named(dev, &s->tben, VMC_REGS_TBEN_OUT, 1);
}

static void vmc_regs_instance_finalize(Object *obj)
{
    VMCRegsState *s = VMC_REGS(obj);

    register_block_finalize(&s->control);
    register_block_finalize(&s->features);
}

static const VMStateDescription vmstate_vmc_regs = {
    .name = TYPE_VMC_REGS,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(control, VMCRegsState),
        VMSTATE_REGISTER_BLOCK(features, VMCRegsState),
        VMSTATE_END_OF_LIST()
    },
};

static Property vmc_regs_properties[] = {
    DEFINE_PROP_UINT8("switches", VMCRegsState, switches, 0xff),
    DEFINE_PROP_UINT8("slot", VMCRegsState, slot, 0x01),
    DEFINE_PROP_END_OF_LIST(),
};

static void vmc_regs_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "VMC board registers";
    dc->vmsd = &vmstate_vmc_regs;
    dc->user_creatable = false;
    RESETTABLE_CLASS(klass)->phases.hold = vmc_regs_reset_hold;
    device_class_set_props(dc, vmc_regs_properties);
}

static const TypeInfo vmc_regs_types[] = {
    {
        .name = TYPE_VMC_REGS,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(VMCRegsState),
        .instance_init = vmc_regs_instance_init,
        .instance_finalize = vmc_regs_instance_finalize,
        .class_init = vmc_regs_class_init,
    },
};

DEFINE_TYPES(vmc_regs_types)
