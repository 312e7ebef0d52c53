/*
 * High Definition Audio: what a controller and the codecs on its link know of each other.
 *
 * The link carries commands and their answers, and streams: frames that the controller reads from
 * memory or writes there. A stream has a tag, 1 to 15; of each direction there can be one of a tag.
 * A codec's converter that listens to a tag gets the frames of that stream at the pace of the
 * converter's voice.
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_AUDIO_HDA_H
#define HW_AUDIO_HDA_H

#include "hw/qdev-core.h"

#define TYPE_HDA_BUS "HDA"
OBJECT_DECLARE_SIMPLE_TYPE(HdaBus, HDA_BUS)

#define TYPE_HDA_CODEC "hda-codec"
OBJECT_DECLARE_TYPE(HdaCodec, HdaCodecClass, HDA_CODEC)

#define HDA_MAX_CODECS 15 /* addresses 0 to 14 */

/* The controller's side. */
typedef struct HdaLinkOps {
    /* A stream with that tag runs. */
    bool (*is_running)(DeviceState *controller, bool output, unsigned tag);
    /*
     * Moves up to `size` bytes between memory and there; how many were. Less only if the stream
     * has stopped, or its buffers make no sense.
     */
    size_t (*transfer)(DeviceState *controller, bool output, unsigned tag, void *bytes, size_t size);
    /* After how many bytes the stream's current buffer ends; 0: nobody knows. */
    uint64_t (*until_event)(DeviceState *controller, bool output, unsigned tag);
} HdaLinkOps;

struct HdaBus {
    BusState parent_obj;

    const HdaLinkOps *ops;
};

struct HdaCodec {
    DeviceState parent_obj;

    uint32_t address; /* property "cad"; UINT32_MAX: the first free one */
};

struct HdaCodecClass {
    DeviceClass parent_class;

    /* The answer to a verb (20 bits, section 7.3) to that node. */
    uint32_t (*command)(HdaCodec *codec, unsigned node, uint32_t verb);
    /* Streams have begun or ended. */
    void (*streams_changed)(HdaCodec *codec);
    /* Moves what is due, so that positions are those of now. */
    void (*sync)(HdaCodec *codec);
};

/* The controller's link, a child of its. */
HdaBus *hda_bus_new(DeviceState *controller, const HdaLinkOps *ops);
/* NULL: nobody is there. */
HdaCodec *hda_bus_find(HdaBus *bus, unsigned address);
/* Bit n: there is a codec of that address. */
uint16_t hda_bus_present(HdaBus *bus);
void hda_bus_streams_changed(HdaBus *bus);
void hda_bus_sync(HdaBus *bus);

/* For codecs. */
HdaBus *hda_codec_bus(HdaCodec *codec);

#endif
