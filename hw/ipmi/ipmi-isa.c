/*
 * isa-ipmi-kcs, isa-ipmi-bt: IPMI's interfaces on the ISA bus. Firmware's tables say where
 * they are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"
#include "ipmi-interface.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_ISA_IPMI     "isa-ipmi"
#define TYPE_ISA_IPMI_KCS "isa-ipmi-kcs"
#define TYPE_ISA_IPMI_BT  "isa-ipmi-bt"

OBJECT_DECLARE_SIMPLE_TYPE(IsaIpmi, ISA_IPMI)

struct IsaIpmi {
    ISADevice parent_obj;

    IpmiInterface interface;
    uint32_t port; /* properties */
    int32_t irq_line;
    qemu_irq irq;
};

static void set_irq(void *opaque, bool level)
{
    qemu_set_irq(((IsaIpmi *)opaque)->irq, level);
}

static void isa_ipmi_realize(DeviceState *dev, Error **errp)
{
    IsaIpmi *s = ISA_IPMI(dev);
    unsigned ports = s->interface.kind->ports;

    if (s->port > 0x10000 - ports || s->irq_line < 0 || s->irq_line >= ISA_NUM_IRQS) {
        error_setg(errp, "%s: 'ioport' is 0x%x and 'irq' %d, expected up to 0x%x and 0 to %d",
                   object_get_typename(OBJECT(dev)), s->port, s->irq_line, 0x10000 - ports,
                   ISA_NUM_IRQS - 1);
        return;
    }
    s->interface.set_irq = set_irq;
    s->interface.opaque = s;
    if (!ipmi_interface_init(&s->interface, OBJECT(dev), ports, errp)) {
        return;
    }
    s->irq = s->irq_line ? isa_get_irq(ISA_DEVICE(dev), s->irq_line) : NULL;
    isa_register_ioport(ISA_DEVICE(dev), &s->interface.io, s->port);
}

static void isa_ipmi_unrealize(DeviceState *dev)
{
    IsaIpmi *s = ISA_IPMI(dev);

    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &s->interface.io);
    ipmi_interface_exit(&s->interface);
}

static void isa_ipmi_reset(DeviceState *dev)
{
    IsaIpmi *s = ISA_IPMI(dev);

    s->interface.kind->reset(&s->interface);
    ipmi_interface_update(&s->interface);
}

/* ---- For firmware's tables ---- */

typedef struct Walk {
    void (*fn)(const IpmiPlace *place, unsigned index, void *opaque);
    void *opaque;
    unsigned count;
} Walk;

static int show_place(Object *obj, void *opaque)
{
    Walk *walk = opaque;
    IsaIpmi *s = (IsaIpmi *)object_dynamic_cast(obj, TYPE_ISA_IPMI);
    IpmiBmc *bmc = s ? s->interface.bmc : NULL;

    if (bmc && DEVICE(s)->realized) {
        walk->fn(&(IpmiPlace){ .kind = s->interface.kind->smbios,
                               .slave_address = IPMI_BMC_GET_CLASS(bmc)->get_slave_address(bmc),
                               .irq = s->irq_line,
                               .port = s->port,
                               .ports = s->interface.kind->ports },
                 walk->count++, walk->opaque);
    }
    return 0;
}

void ipmi_foreach_place(void (*fn)(const IpmiPlace *place, unsigned index, void *opaque),
                        void *opaque)
{
    Walk walk = { .fn = fn, .opaque = opaque };

    object_child_foreach_recursive(object_get_root(), show_place, &walk);
}

/* ---- The devices ---- */

static const VMStateDescription vmstate_isa_ipmi = {
    .name = TYPE_ISA_IPMI,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT(interface, IsaIpmi, 1, vmstate_ipmi_interface, IpmiInterface),
        VMSTATE_END_OF_LIST()
    },
};

static Property kcs_properties[] = {
    DEFINE_PROP_LINK("bmc", IsaIpmi, interface.bmc, TYPE_IPMI_BMC, IpmiBmc *),
    DEFINE_PROP_UINT32("ioport", IsaIpmi, port, 0xca2),
    DEFINE_PROP_INT32("irq", IsaIpmi, irq_line, 5),
    DEFINE_PROP_END_OF_LIST(),
};

static Property bt_properties[] = {
    DEFINE_PROP_LINK("bmc", IsaIpmi, interface.bmc, TYPE_IPMI_BMC, IpmiBmc *),
    DEFINE_PROP_UINT32("ioport", IsaIpmi, port, 0xe4),
    DEFINE_PROP_INT32("irq", IsaIpmi, irq_line, 5),
    DEFINE_PROP_END_OF_LIST(),
};

static void class_init(ObjectClass *oc, const char *desc, Property *properties)
{
    DeviceTraits traits = {
        .desc = desc,
        .realize = isa_ipmi_realize,
        .unrealize = isa_ipmi_unrealize,
        .reset = isa_ipmi_reset,
        .state = &vmstate_isa_ipmi,
        .properties = properties,
    };

    device_class_init_traits(oc, &traits);
    DEVICE_CLASS(oc)->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_MISC, DEVICE_CLASS(oc)->categories);
}

static void kcs_class_init(ObjectClass *oc, void *data)
{
    class_init(oc, "IPMI by KCS, on the ISA bus", kcs_properties);
}

static void bt_class_init(ObjectClass *oc, void *data)
{
    class_init(oc, "IPMI by block transfer, on the ISA bus", bt_properties);
}

static void kcs_init(Object *obj)
{
    ISA_IPMI(obj)->interface.kind = &ipmi_kcs;
}

static void bt_init(Object *obj)
{
    ISA_IPMI(obj)->interface.kind = &ipmi_bt;
}

static const TypeInfo isa_ipmi_types[] = {
    {
        .name = TYPE_ISA_IPMI,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(IsaIpmi),
        .abstract = true,
    },
    {
        .name = TYPE_ISA_IPMI_KCS,
        .parent = TYPE_ISA_IPMI,
        .instance_init = kcs_init,
        .class_init = kcs_class_init,
    },
    {
        .name = TYPE_ISA_IPMI_BT,
        .parent = TYPE_ISA_IPMI,
        .instance_init = bt_init,
        .class_init = bt_class_init,
    },
};

DEFINE_TYPES(isa_ipmi_types)
