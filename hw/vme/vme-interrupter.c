/*
 * An interrupter: a card that does nothing but request an interrupt when a person or a test says
 * so.
 *
 * `-device vme-interrupter,id=i,level=3,vector=0x42`; then `qom-set i asserted on` (or QMP's
 * qom-set) drives the level. The acknowledgement gets the vector and, unless `roak=off`, releases
 * the level; with roak=off it stays until `asserted` is set to off, as on a card whose interrupt is
 * released by a register. `acknowledged` counts.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/vme/vme.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_VME_INTERRUPTER "vme-interrupter"
OBJECT_DECLARE_SIMPLE_TYPE(VMEInterrupterState, VME_INTERRUPTER)

struct VMEInterrupterState {
    VMEDevice parent_obj;

    uint8_t level, vector; /* properties */
    bool roak;
    bool answers;

    bool asserted;
    uint32_t acknowledged;
};

static void drive(VMEInterrupterState *s)
{
    vme_set_irq_levels(VME_DEVICE(s), s->asserted ? 1u << s->level : 0);
}

static bool interrupter_iack(VMEDevice *dev, int level, uint8_t *statid)
{
    VMEInterrupterState *s = VME_INTERRUPTER(dev);

    s->acknowledged++;
    *statid = s->vector;
    if (s->roak) {
        s->asserted = false;
        drive(s);
    }
    return s->answers;
}

static bool get_asserted(Object *obj, Error **errp)
{
    return VME_INTERRUPTER(obj)->asserted;
}

static void set_asserted(Object *obj, bool value, Error **errp)
{
    VMEInterrupterState *s = VME_INTERRUPTER(obj);

    if (!DEVICE(obj)->realized) {
        error_setg(errp, "'asserted' can be set when the card is in the crate, not before");
        return;
    }
    s->asserted = value;
    drive(s);
}

static void interrupter_reset(DeviceState *dev)
{
    VMEInterrupterState *s = VME_INTERRUPTER(dev);

    s->asserted = false;
    drive(s);
}

static void interrupter_instance_init(Object *obj)
{
    object_property_add_uint32_ptr(obj, "acknowledged", &VME_INTERRUPTER(obj)->acknowledged,
                                   OBJ_PROP_FLAG_READ);
}

static int interrupter_post_load(void *opaque, int version_id)
{
    drive(opaque);
    return 0;
}

static const VMStateDescription vmstate_interrupter = {
    .name = TYPE_VME_INTERRUPTER,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = interrupter_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_BOOL(asserted, VMEInterrupterState),
        VMSTATE_UINT32(acknowledged, VMEInterrupterState),
        VMSTATE_END_OF_LIST()
    },
};

static Property interrupter_properties[] = {
    DEFINE_PROP_UINT8_RANGE("level", VMEInterrupterState, level, 1, 1, VME_LEVELS),
    DEFINE_PROP_UINT8("vector", VMEInterrupterState, vector, 0xff),
    DEFINE_PROP_BOOL("roak", VMEInterrupterState, roak, true),
    DEFINE_PROP_BOOL("answers", VMEInterrupterState, answers, true),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits interrupter_traits = {
    .desc = "VMEbus interrupter, fired by qom-set",
    .reset = interrupter_reset,
    .state = &vmstate_interrupter,
    .properties = interrupter_properties,
};

static void interrupter_class_init(ObjectClass *klass, void *data)
{
    device_class_init_traits(klass, (void *)&interrupter_traits);
    VME_DEVICE_CLASS(klass)->iack = interrupter_iack;
    object_class_property_add_bool(klass, "asserted", get_asserted, set_asserted);
    object_class_property_set_description(klass, "asserted",
                                          "Whether the card drives its interrupt level");
    set_bit(DEVICE_CATEGORY_MISC, DEVICE_CLASS(klass)->categories);
}

static const TypeInfo interrupter_types[] = {
    {
        .name = TYPE_VME_INTERRUPTER,
        .parent = TYPE_VME_DEVICE,
        .instance_size = sizeof(VMEInterrupterState),
        .instance_init = interrupter_instance_init,
        .class_init = interrupter_class_init,
    },
};

DEFINE_TYPES(interrupter_types)
