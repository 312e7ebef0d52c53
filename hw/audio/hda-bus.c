/*
 * High Definition Audio: the link, and what all codecs have.
 *
 * Reference: High Definition Audio Specification, revision 1.0a, chapter 5 and section 7.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hda.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"

HdaBus *hda_bus_new(DeviceState *controller, const HdaLinkOps *ops)
{
    HdaBus *bus = HDA_BUS(qbus_new(TYPE_HDA_BUS, controller, NULL));

    bus->ops = ops;
    return bus;
}

static HdaCodec *codec_at(HdaBus *bus, guint i)
{
    return HDA_CODEC(g_ptr_array_index(BUS(bus)->children, i));
}

HdaCodec *hda_bus_find(HdaBus *bus, unsigned address)
{
    for (guint i = 0; i < BUS(bus)->children->len; i++) {
        HdaCodec *codec = codec_at(bus, i);

        if (DEVICE(codec)->realized && codec->address == address) {
            return codec;
        }
    }
    return NULL;
}

uint16_t hda_bus_present(HdaBus *bus)
{
    uint16_t present = 0;

    for (unsigned address = 0; address < HDA_MAX_CODECS; address++) {
        present |= hda_bus_find(bus, address) ? 1 << address : 0;
    }
    return present;
}

void hda_bus_streams_changed(HdaBus *bus)
{
    for (guint i = 0; i < BUS(bus)->children->len; i++) {
        HdaCodec *codec = codec_at(bus, i);

        if (DEVICE(codec)->realized) {
            HDA_CODEC_GET_CLASS(codec)->streams_changed(codec);
        }
    }
}

void hda_bus_sync(HdaBus *bus)
{
    for (guint i = 0; i < BUS(bus)->children->len; i++) {
        HdaCodec *codec = codec_at(bus, i);

        if (DEVICE(codec)->realized) {
            HDA_CODEC_GET_CLASS(codec)->sync(codec);
        }
    }
}

HdaBus *hda_codec_bus(HdaCodec *codec)
{
    return HDA_BUS(qdev_get_parent_bus(DEVICE(codec)));
}

static void codec_realize(DeviceState *dev, Error **errp)
{
    HdaCodec *codec = HDA_CODEC(dev);
    HdaBus *bus = hda_codec_bus(codec);
    bool any = codec->address == UINT32_MAX;
    unsigned address = any ? 0 : codec->address;

    while (any && hda_bus_find(bus, address)) {
        address++;
    }
    if (address >= HDA_MAX_CODECS) {
        error_setg(errp, any ? "bus '%s' has no room: at most %d codecs"
                             : "Parameter 'cad' on bus '%s' expects a number below %d",
                   BUS(bus)->name, HDA_MAX_CODECS);
    } else if (hda_bus_find(bus, address)) {
        error_setg(errp, "codec address %u of bus '%s' is another one's", address, BUS(bus)->name);
    } else {
        codec->address = address;
    }
}

static Property codec_properties[] = {
    DEFINE_PROP_UINT32("cad", HdaCodec, address, UINT32_MAX),
    DEFINE_PROP_END_OF_LIST(),
};

static void codec_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .bus_type = TYPE_HDA_BUS,
        .realize = codec_realize,
        .properties = codec_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    set_bit(DEVICE_CATEGORY_SOUND, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo hda_types[] = {
    {
        .name = TYPE_HDA_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(HdaBus),
    },
    {
        .name = TYPE_HDA_CODEC,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(HdaCodec),
        .class_size = sizeof(HdaCodecClass),
        .class_init = codec_class_init,
    },
};

DEFINE_TYPES(hda_types)
