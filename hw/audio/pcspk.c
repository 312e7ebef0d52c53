/*
 * Port 61h of a PC: the gate of the timer's counter 2, and the speaker that follows its output.
 *
 * The speaker moves while bit 1 is set, as the output does; else it rests. A sample is what the
 * output was on average between it and the one before, so that what programs play by short pulses is
 * heard, too. Samples are made up to now whenever something is about to change.
 *
 * The voice runs from the first movement on, and a moment longer than the last one: a program that
 * plays by switching bit 1 isn't cut to pieces.
 *
 * Reference: 82371SB (PIIX3) data sheet (290550), section 2.5.5.1, "NMI status and control
 * register"; IBM PC AT Technical Reference, "Speaker".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "audio/audio.h"
#include "hw/audio/pcspk.h"
#include "hw/qdev-properties.h"
#include "hw/timer/i8254.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "qemu/timer.h"

enum {
    PORT_GATE = 0x01,
    PORT_SPEAKER = 0x02,
    PORT_WRITABLE = 0x0f, /* and the masks of two kinds of NMI that never come */
    PORT_REFRESH = 0x10,
    PORT_OUT = 0x20,
};

#define SPEAKER_COUNTER 2
#define REFRESH_TICKS   18 /* of the timer's clock, from one memory refresh to the next */

#define RATE       48000
#define LOUDNESS   8000 /* of 32767 */
#define AFTERWARDS (RATE / 10) /* samples of rest before the voice ends */
#define MOST_READY RATE /* samples that can wait to be played: much more than ever do */
#define LEAP (5 * PIT_FREQ) /* ticks; what lies before such a one isn't heard */

OBJECT_DECLARE_SIMPLE_TYPE(PcSpeaker, PC_SPEAKER)

struct PcSpeaker {
    ISADevice parent_obj;

    MemoryRegion port;
    ISADevice *pit; /* property, a link */
    AudioDev *audiodev; /* property */
    uint32_t iobase; /* property */
    uint8_t control;

    AudioVoice *voice;
    int64_t start;     /* ns: when sample 0 began */
    int64_t tick;      /* of the timer's clock: how far the speaker was followed */
    uint64_t made;     /* samples since the start */
    int64_t high, all; /* ticks of the sample that isn't complete */
    GArray *ready;     /* int16_t: samples to be played */
    uint32_t rested;   /* samples since the last movement */
};

/* ---- what is heard ---- */

static bool moves(const PcSpeaker *s)
{
    return s->control & PORT_SPEAKER;
}

static int64_t sample_end(const PcSpeaker *s)
{
    return pit_tick_at(s->start + (int64_t)muldiv64(s->made + 1, NANOSECONDS_PER_SECOND, RATE));
}

/* The time up to that tick belongs to the sample that is being made. */
static void listen(PcSpeaker *s, int64_t until)
{
    if (moves(s)) {
        s->high += pit_high_ticks(s->pit, SPEAKER_COUNTER, s->tick, until);
        s->all += until - s->tick;
    }
    s->tick = until;
}

static void finish_sample(PcSpeaker *s)
{
    int16_t sample = s->all ? (int16_t)((2 * s->high - s->all) * LOUDNESS / s->all) : 0;

    s->rested = s->all ? 0 : s->rested + 1;
    s->high = s->all = 0;
    s->made++;
    if (s->ready->len < MOST_READY) {
        g_array_append_val(s->ready, sample);
    }
}

static void follow_from_now(PcSpeaker *s)
{
    s->start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    s->tick = pit_tick_at(s->start);
    s->made = s->high = s->all = 0;
    g_array_set_size(s->ready, 0);
}

/* Nothing has changed since the last time. */
static void follow(void *opaque)
{
    PcSpeaker *s = opaque;
    int64_t now = pit_tick_at(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));

    if (!audio_voice_is_running(s->voice)) {
        return;
    }
    if (now - s->tick > LEAP || now < s->tick - LEAP) {
        follow_from_now(s);
    }
    while (sample_end(s) <= now) {
        listen(s, sample_end(s));
        finish_sample(s);
    }
    listen(s, MAX(now, s->tick));
}

static size_t transfer(void *opaque, void *frames, size_t count)
{
    PcSpeaker *s = opaque;
    size_t n;

    follow(s);
    n = MIN(count, s->ready->len);
    for (size_t i = 0; i < n; i++) {
        stw_le_p((uint8_t *)frames + 2 * i, g_array_index(s->ready, int16_t, i));
    }
    g_array_remove_range(s->ready, 0, n);
    if (!moves(s) && s->rested >= AFTERWARDS) {
        audio_voice_stop(s->voice);
    }
    return n;
}

static const AudioVoiceOps voice_ops = { .transfer = transfer };

/* From now on, with nothing that was before. */
static void start_voice(PcSpeaker *s)
{
    static const AudioSettings settings = { RATE, 1, AUDIO_FORMAT_S16 };

    if (!audio_voice_is_running(s->voice)) {
        follow_from_now(s);
        s->rested = 0;
        audio_voice_start(s->voice, &settings);
    }
}

/* ---- the port ---- */

static uint64_t port_read(void *opaque, hwaddr addr, unsigned size)
{
    PcSpeaker *s = opaque;
    int64_t ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    int64_t refreshes = pit_tick_at(ns) / REFRESH_TICKS;
    PITChannelInfo counter;

    follow(s);
    pit_get_channel_info(s->pit, SPEAKER_COUNTER, &counter);
    return s->control | (refreshes & 1 ? PORT_REFRESH : 0) | (counter.out ? PORT_OUT : 0);
}

static void port_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PcSpeaker *s = opaque;

    follow(s);
    s->control = value & PORT_WRITABLE;
    pit_set_gate(s->pit, SPEAKER_COUNTER, s->control & PORT_GATE ? 1 : 0);
    if (moves(s)) {
        start_voice(s);
    }
}

static const MemoryRegionOps port_ops = {
    .read = port_read,
    .write = port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static void pcspk_reset(DeviceState *dev)
{
    PcSpeaker *s = PC_SPEAKER(dev);

    audio_voice_stop(s->voice);
    s->control = 0;
    pit_set_gate(s->pit, SPEAKER_COUNTER, 0);
}

static void pcspk_realize(DeviceState *dev, Error **errp)
{
    PcSpeaker *s = PC_SPEAKER(dev);

    if (!s->pit) {
        error_setg(errp, TYPE_PC_SPEAKER ": 'pit' must be the timer that it belongs to");
        return;
    }
    s->ready = g_array_new(false, false, sizeof(int16_t));
    s->voice = audio_voice_new(s->audiodev, false, &voice_ops, s);
    pit_set_watcher(s->pit, follow, s);
    memory_region_init_io(&s->port, OBJECT(s), &port_ops, s, "pcspk", 1);
    isa_register_ioport(ISA_DEVICE(dev), &s->port, s->iobase);
}

static void pcspk_unrealize(DeviceState *dev)
{
    PcSpeaker *s = PC_SPEAKER(dev);

    pit_set_watcher(s->pit, NULL, NULL);
    g_clear_pointer(&s->voice, audio_voice_free);
    g_clear_pointer(&s->ready, g_array_unref);
    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &s->port);
}

/* Here the sound begins anew. */
static int after_load(void *opaque, int version_id)
{
    PcSpeaker *s = opaque;

    audio_voice_stop(s->voice);
    if (moves(s)) {
        start_voice(s);
    }
    return 0;
}

static const VMStateDescription vmstate_pcspk = {
    .name = "pcspk",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(control, PcSpeaker),
        VMSTATE_END_OF_LIST()
    },
};

static Property pcspk_properties[] = {
    DEFINE_PROP_UINT32("iobase", PcSpeaker, iobase, 0x61),
    DEFINE_PROP_AUDIODEV("audiodev", PcSpeaker, audiodev),
    DEFINE_PROP_LINK("pit", PcSpeaker, pit, TYPE_I8254, ISADevice *),
    DEFINE_PROP_END_OF_LIST(),
};

static void pcspk_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "PC speaker and its port",
        .realize = pcspk_realize,
        .unrealize = pcspk_unrealize,
        .reset = pcspk_reset,
        .state = &vmstate_pcspk,
        .properties = pcspk_properties,
        .board_only = true,
    };

    device_class_init_traits(oc, (void *)&traits);
    set_bit(DEVICE_CATEGORY_SOUND, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo pcspk_types[] = {
    {
        .name = TYPE_PC_SPEAKER,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PcSpeaker),
        .class_init = pcspk_class_init,
    },
};

DEFINE_TYPES(pcspk_types)

void pcspk_init(ISADevice *speaker, ISABus *bus, ISADevice *pit)
{
    object_property_set_link(OBJECT(speaker), "pit", OBJECT(pit), &error_abort);
    isa_realize_and_unref(speaker, bus, &error_fatal);
}
