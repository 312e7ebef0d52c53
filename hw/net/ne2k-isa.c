/*
 * "ne2k_isa": Novell's NE2000, a card for the ISA bus (10 Mbit/s).
 *
 * It is a DP8390 (dp8390.c) and nothing else: the addresses and the interrupt are jumpers.
 *
 * Reference: National Semiconductor, DP8390D/NS32490D data sheet; AN-729, "DP839EB-ATN IEEE 802.3
 * multifunction Ethernet adapter", whose successor the card is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "dp8390.h"
#include "hw/irq.h"
#include "hw/isa/isa.h"
#include "hw/net/ne2k-isa.h"
#include "hw/qdev-properties.h"
#include "net/nic-list.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(Ne2kIsa, NE2K_ISA)

struct Ne2kIsa {
    ISADevice parent_obj;

    Dp8390 nic;
    MemoryRegion io;
    qemu_irq irq;
    uint32_t iobase, irq_line; /* properties */
};

static void set_irq(Dp8390 *nic, bool level)
{
    qemu_set_irq(container_of(nic, Ne2kIsa, nic)->irq, level);
}

static uint8_t nothing_read(Dp8390 *nic, unsigned page, unsigned reg)
{
    return 0xff;
}

static void nothing_written(Dp8390 *nic, unsigned page, unsigned reg, uint8_t value)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_NE2K_ISA, NULL,
                 "write to register %u of page %u, which isn't there or is read-only", reg, page);
}

static const Dp8390Card card = {
    .name = TYPE_NE2K_ISA,
    .set_irq = set_irq,
    .read = nothing_read,
    .write = nothing_written,
};

static void ne2k_isa_realize(DeviceState *dev, Error **errp)
{
    Ne2kIsa *s = NE2K_ISA(dev);

    if (s->iobase > UINT16_MAX - DP8390_IO_SIZE + 1) {
        error_setg(errp, TYPE_NE2K_ISA ": 'iobase' must be a port, 0 to 0xffe0");
        return;
    }
    s->irq = isa_get_irq(ISA_DEVICE(dev), s->irq_line);
    memory_region_init_io(&s->io, OBJECT(dev), &dp8390_io_ops, &s->nic, "ne2000", DP8390_IO_SIZE);
    isa_register_ioport(ISA_DEVICE(dev), &s->io, s->iobase);
    dp8390_realize(&s->nic, &card, TYPE_NE2K_ISA, dev->id);
}

static void ne2k_isa_unrealize(DeviceState *dev)
{
    Ne2kIsa *s = NE2K_ISA(dev);

    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &s->io);
    dp8390_unrealize(&s->nic);
}

static void ne2k_isa_reset(DeviceState *dev)
{
    dp8390_reset(&NE2K_ISA(dev)->nic);
}

static const VMStateDescription vmstate_ne2k_isa = {
    .name = TYPE_NE2K_ISA,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_DP8390(nic, Ne2kIsa),
        VMSTATE_END_OF_LIST()
    },
};

static Property ne2k_isa_properties[] = {
    DEFINE_PROP_UINT32("iobase", Ne2kIsa, iobase, 0x300),
    DEFINE_PROP_UINT32("irq", Ne2kIsa, irq_line, 9),
    DEFINE_NIC_PROPERTIES(Ne2kIsa, nic.conf),
    DEFINE_PROP_END_OF_LIST(),
};

static void ne2k_isa_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "NE2000 card for the ISA bus",
        .realize = ne2k_isa_realize,
        .unrealize = ne2k_isa_unrealize,
        .reset = ne2k_isa_reset,
        .state = &vmstate_ne2k_isa,
        .properties = ne2k_isa_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    DEVICE_CLASS(oc)->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_NETWORK, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo ne2k_isa_types[] = {
    {
        .name = TYPE_NE2K_ISA,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(Ne2kIsa),
        .class_init = ne2k_isa_class_init,
    },
};

DEFINE_TYPES(ne2k_isa_types)

/* ---- For boards ---- */

void ne2k_isa_init_nic_devices(ISABus *bus)
{
    static const struct {
        uint16_t iobase, irq;
    } jumpers[] = { { 0x300, 9 }, { 0x320, 10 }, { 0x340, 11 }, { 0x360, 3 }, { 0x280, 4 },
                    { 0x380, 5 } };

    for (unsigned i = 0; i < ARRAY_SIZE(jumpers); i++) {
        DeviceState *dev = qemu_create_nic_device(TYPE_NE2K_ISA, true, NULL);

        if (!dev) {
            return;
        }
        qdev_prop_set_uint32(dev, "iobase", jumpers[i].iobase);
        qdev_prop_set_uint32(dev, "irq", jumpers[i].irq);
        isa_realize_and_unref(ISA_DEVICE(dev), bus, &error_fatal);
    }
}
