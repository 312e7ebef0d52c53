/*
 * High Definition Audio codecs: "hda-output", "hda-duplex", "hda-micro".
 *
 * One function group with a converter and a pin for what is played (a line out, or a speaker), and
 * the same for what is recorded (line in, or a microphone). Converters have volumes, unless
 * mixer=off. What is recorded is silence, as from all back ends.
 *
 * Reference: High Definition Audio Specification, revision 1.0a, chapter 7.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <math.h>
#include "audio/audio.h"
#include "hda.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define TYPE_HDA_AUDIO "hda-audio"
OBJECT_DECLARE_SIMPLE_TYPE(HdaAudio, HDA_AUDIO)

enum { ROOT, FUNCTION_GROUP, DAC, OUT_PIN, ADC, IN_PIN, NUM_NODES };

#define FIRST_WIDGET DAC

/* Parameters (7.3.4). */
enum {
    PARAM_VENDOR = 0x00, PARAM_REVISION = 0x02, PARAM_NODES = 0x04, PARAM_GROUP_TYPE = 0x05,
    PARAM_GROUP_CAPS = 0x08, PARAM_WIDGET_CAPS = 0x09, PARAM_PCM = 0x0a, PARAM_STREAMS = 0x0b,
    PARAM_PIN_CAPS = 0x0c, PARAM_IN_AMP = 0x0d, PARAM_CONNECTIONS = 0x0e, PARAM_POWER = 0x0f,
    PARAM_OUT_AMP = 0x12,
};

enum {
    WIDGET_STEREO = 0x01, WIDGET_IN_AMP = 0x02, WIDGET_OUT_AMP = 0x04, WIDGET_OWN_AMP = 0x08,
    WIDGET_CONNECTIONS = 0x100,
    WIDGET_DAC = 0x0 << 20, WIDGET_ADC = 0x1 << 20, WIDGET_PIN = 0x4 << 20,
};

enum { PIN_CAN_OUTPUT = 0x10, PIN_CAN_INPUT = 0x20 };
enum { PIN_OUTPUT = 0x40, PIN_INPUT = 0x20 };
/* Pins' configurations (7.3.3.31): what is there, and where. */
#define JACK_LINE_OUT 0x01014110u
#define JACK_LINE_IN  0x01813120u
#define FIXED_SPEAKER 0x90170110u
#define FIXED_MIC     0x90a70120u

/* 64 steps of 1 dB, the highest of which is 0 dB; can be muted. */
#define AMP_HIGHEST 63
#define AMP_CAPS    (0x80000000u | 3 << 16 | AMP_HIGHEST << 8 | AMP_HIGHEST)

#define ALL_RATES_AND_SIZES 0x001f07ffu /* 8 to 192 kHz, 8 to 32 bits */

enum { POWER_D0 = 0, POWER_D3 = 3, POWER_STATES = 0x09 };
#define INITIAL_FORMAT 0x0011 /* 48 kHz, 16 bits, 2 channels */

/* What the guest has set of a node. */
typedef struct Node {
    uint8_t gain[2]; /* left, right */
    bool mute[2];
    uint8_t stream;  /* tag, and below it the first channel */
    uint16_t format;
    uint8_t pin_control;
    uint8_t unsolicited, power;
    uint32_t configuration;
} Node;

typedef struct HdaAudioKind {
    const char *name, *desc;
    uint32_t id; /* vendor and device */
    uint32_t output, input; /* the pins' configurations; 0: not there */
} HdaAudioKind;

/* A converter's voice. */
typedef struct Converter {
    HdaAudio *codec;
    unsigned node;
    bool output;
    AudioVoice *voice;
} Converter;

struct HdaAudio {
    HdaCodec parent_obj;

    AudioDev *audiodev; /* properties */
    bool mixer;
    const HdaAudioKind *kind;
    Node nodes[NUM_NODES];
    uint32_t subsystem;
    Converter converters[2];
};

/* 1af4 is Red Hat's, whose devices these are in other emulators, too. */
static const HdaAudioKind kinds[] = {
    { "hda-output", "HDA Audio Codec, output-only (line-out)", 0x1af40012, JACK_LINE_OUT, 0 },
    { "hda-duplex", "HDA Audio Codec, duplex (line-out, line-in)", 0x1af40022, JACK_LINE_OUT,
      JACK_LINE_IN },
    { "hda-micro", "HDA Audio Codec, duplex (speaker, microphone)", 0x1af40032, FIXED_SPEAKER,
      FIXED_MIC },
};

static unsigned num_nodes(const HdaAudio *s)
{
    return s->kind->input ? NUM_NODES : ADC;
}

/* ---- voices ---- */

static unsigned tag_of(const Node *node)
{
    return node->stream >> 4;
}

/* Of a stream in this format (3.7.1); false: it isn't one. *channels: in a frame of the stream. */
static bool decode_format(uint16_t format, AudioSettings *s, unsigned *channels)
{
    static const AudioFormat formats[] = { AUDIO_FORMAT_U8, AUDIO_FORMAT_S16, AUDIO_FORMAT_S32,
                                           AUDIO_FORMAT_S32, AUDIO_FORMAT_S32 };
    unsigned bits = format >> 4 & 7, multiple = (format >> 11 & 7) + 1, divisor = (format >> 8 & 7) + 1;

    if (format & 0x8000 || bits >= ARRAY_SIZE(formats) || multiple > 4) {
        return false;
    }
    s->rate = (format & 0x4000 ? 44100 : 48000) * multiple / divisor;
    s->format = formats[bits];
    *channels = (format & 0xf) + 1;
    return true;
}

/* Which of a frame's channels are the converter's. */
static unsigned first_channel(const Node *node)
{
    return node->stream & 0xf;
}

static size_t move_bytes(Converter *c, void *bytes, size_t size)
{
    HdaBus *bus = hda_codec_bus(HDA_CODEC(c->codec));

    return bus->ops->transfer(BUS(bus)->parent, c->output, tag_of(&c->codec->nodes[c->node]), bytes,
                              size);
}

/* Frames have more channels than the converter takes. */
static size_t move_some_channels(Converter *c, uint8_t *frames, size_t count, size_t own, size_t all,
                                 size_t offset)
{
    size_t done = 0;

    while (done < count) {
        uint8_t portion[4096];
        size_t n = MIN(count - done, sizeof(portion) / all), moved;

        memset(portion, 0, n * all);
        for (size_t i = 0; !c->output && i < n; i++) {
            memcpy(portion + i * all + offset, frames + (done + i) * own, own);
        }
        moved = move_bytes(c, portion, n * all) / all;
        for (size_t i = 0; c->output && i < moved; i++) {
            memcpy(frames + (done + i) * own, portion + i * all + offset, own);
        }
        done += moved;
        if (moved < n) {
            break;
        }
    }
    return done;
}

static bool current_settings(const Converter *c, AudioSettings *s, unsigned *channels)
{
    const Node *node = &c->codec->nodes[c->node];

    if (!decode_format(node->format, s, channels) || first_channel(node) >= *channels) {
        return false;
    }
    s->channels = MIN(2, *channels - first_channel(node));
    return true;
}

static size_t transfer(void *opaque, void *frames, size_t count)
{
    Converter *c = opaque;
    AudioSettings settings;
    unsigned channels;
    size_t own, sample;

    if (!current_settings(c, &settings, &channels)) {
        return 0;
    }
    own = audio_frame_size(&settings);
    sample = audio_format_size(settings.format);
    if (settings.channels == channels) {
        return move_bytes(c, frames, count * own) / own;
    }
    return move_some_channels(c, frames, count, own, channels * sample,
                              first_channel(&c->codec->nodes[c->node]) * sample);
}

static uint64_t until_event(void *opaque)
{
    Converter *c = opaque;
    HdaBus *bus = hda_codec_bus(HDA_CODEC(c->codec));
    AudioSettings settings;
    unsigned channels;
    uint64_t bytes = bus->ops->until_event(BUS(bus)->parent, c->output,
                                           tag_of(&c->codec->nodes[c->node]));

    if (!bytes || !current_settings(c, &settings, &channels)) {
        return 0;
    }
    return DIV_ROUND_UP(bytes, (uint64_t)channels * audio_format_size(settings.format));
}

static const AudioVoiceOps voice_ops = {
    .transfer = transfer,
    .until_event = until_event,
};

static void update_converter(Converter *c)
{
    const Node *node = &c->codec->nodes[c->node];
    HdaBus *bus = hda_codec_bus(HDA_CODEC(c->codec));
    AudioSettings settings;
    unsigned channels;

    if (!tag_of(node) || !bus->ops->is_running(BUS(bus)->parent, c->output, tag_of(node))) {
        audio_voice_stop(c->voice);
    } else if (current_settings(c, &settings, &channels)) {
        audio_voice_start(c->voice, &settings);
    } else {
        qemu_log_dev(LOG_GUEST_ERROR, c->codec->kind->name, "format",
                     "stream %u runs with format 0x%04x and first channel %u, which isn't possible",
                     tag_of(node), node->format, first_channel(node));
        audio_voice_stop(c->voice);
    }
}

static void update_voices(HdaCodec *codec)
{
    HdaAudio *s = HDA_AUDIO(codec);

    for (size_t i = 0; i < ARRAY_SIZE(s->converters); i++) {
        if (s->converters[i].voice) {
            update_converter(&s->converters[i]);
        }
    }
}

static void sync_voices(HdaCodec *codec)
{
    HdaAudio *s = HDA_AUDIO(codec);

    for (size_t i = 0; i < ARRAY_SIZE(s->converters); i++) {
        if (s->converters[i].voice) {
            audio_voice_sync(s->converters[i].voice);
        }
    }
}

static void update_volume(HdaAudio *s)
{
    const Node *dac = &s->nodes[DAC];
    uint32_t sides[2];

    for (int side = 0; side < 2; side++) {
        bool silent = dac->mute[side] || !(s->nodes[OUT_PIN].pin_control & PIN_OUTPUT);
        double dB = (int)dac->gain[side] - AMP_HIGHEST;

        sides[side] = silent ? 0 : (uint32_t)lrint(AUDIO_FULL_VOLUME * pow(10, dB / 20));
    }
    audio_voice_set_volume(s->converters[0].voice, sides[0], sides[1]);
}

/* ---- parameters ---- */

static uint32_t widget_caps(const HdaAudio *s, unsigned node)
{
    static const uint32_t caps[NUM_NODES] = {
        [DAC] = WIDGET_DAC | WIDGET_STEREO | WIDGET_OUT_AMP | WIDGET_OWN_AMP,
        [OUT_PIN] = WIDGET_PIN | WIDGET_STEREO | WIDGET_CONNECTIONS,
        [ADC] = WIDGET_ADC | WIDGET_STEREO | WIDGET_IN_AMP | WIDGET_OWN_AMP | WIDGET_CONNECTIONS,
        [IN_PIN] = WIDGET_PIN | WIDGET_STEREO,
    };

    return s->mixer ? caps[node] : caps[node] & ~(WIDGET_IN_AMP | WIDGET_OUT_AMP | WIDGET_OWN_AMP);
}

/* Whom a node gets its frames from; 0: nobody. */
static unsigned source_of(unsigned node)
{
    return node == OUT_PIN ? DAC : node == ADC ? IN_PIN : 0;
}

static uint32_t node_range(unsigned first, unsigned count)
{
    return first << 16 | count;
}

static uint32_t root_parameter(const HdaAudio *s, unsigned parameter)
{
    switch (parameter) {
    case PARAM_VENDOR:
        return s->kind->id;
    case PARAM_REVISION:
        return 0x00100101;
    case PARAM_NODES:
        return node_range(FUNCTION_GROUP, 1);
    default:
        return 0;
    }
}

static uint32_t group_parameter(const HdaAudio *s, unsigned parameter)
{
    switch (parameter) {
    case PARAM_NODES:
        return node_range(FIRST_WIDGET, num_nodes(s) - FIRST_WIDGET);
    case PARAM_GROUP_TYPE:
        return 1; /* audio */
    case PARAM_GROUP_CAPS:
        return 0x0808; /* delays, in frames */
    case PARAM_PCM:
        return ALL_RATES_AND_SIZES;
    case PARAM_STREAMS:
        return 1; /* PCM */
    case PARAM_POWER:
        return POWER_STATES;
    default:
        return 0;
    }
}

static uint32_t widget_parameter(const HdaAudio *s, unsigned node, unsigned parameter)
{
    switch (parameter) {
    case PARAM_WIDGET_CAPS:
        return widget_caps(s, node);
    case PARAM_PCM:
        return node == DAC || node == ADC ? ALL_RATES_AND_SIZES : 0;
    case PARAM_STREAMS:
        return node == DAC || node == ADC;
    case PARAM_PIN_CAPS:
        return node == OUT_PIN ? PIN_CAN_OUTPUT : node == IN_PIN ? PIN_CAN_INPUT : 0;
    case PARAM_IN_AMP:
        return widget_caps(s, node) & WIDGET_IN_AMP ? AMP_CAPS : 0;
    case PARAM_OUT_AMP:
        return widget_caps(s, node) & WIDGET_OUT_AMP ? AMP_CAPS : 0;
    case PARAM_CONNECTIONS:
        return source_of(node) ? 1 : 0;
    default:
        return 0;
    }
}

static uint32_t get_parameter(HdaAudio *s, unsigned node, uint32_t payload)
{
    unsigned parameter = payload & 0xff;

    return node == ROOT             ? root_parameter(s, parameter)
           : node == FUNCTION_GROUP ? group_parameter(s, parameter)
                                    : widget_parameter(s, node, parameter);
}

/* ---- verbs ---- */

static uint32_t get_connection(HdaAudio *s, unsigned node, uint32_t payload)
{
    return (payload & 0xff) == 0 ? source_of(node) : 0;
}

static uint32_t get_nothing(HdaAudio *s, unsigned node, uint32_t payload)
{
    return 0;
}

static uint32_t get_format(HdaAudio *s, unsigned node, uint32_t payload)
{
    return s->nodes[node].format;
}

static uint32_t set_format(HdaAudio *s, unsigned node, uint32_t payload)
{
    sync_voices(HDA_CODEC(s));
    s->nodes[node].format = payload;
    update_voices(HDA_CODEC(s));
    return 0;
}

static uint32_t get_stream(HdaAudio *s, unsigned node, uint32_t payload)
{
    return s->nodes[node].stream;
}

static uint32_t set_stream(HdaAudio *s, unsigned node, uint32_t payload)
{
    sync_voices(HDA_CODEC(s));
    s->nodes[node].stream = payload;
    update_voices(HDA_CODEC(s));
    return 0;
}

/* 7.3.3.7: bit 13 asks for the left side. */
static uint32_t get_amp(HdaAudio *s, unsigned node, uint32_t payload)
{
    unsigned side = payload & 0x2000 ? 0 : 1;

    return s->nodes[node].gain[side] | (s->nodes[node].mute[side] ? 0x80 : 0);
}

static uint32_t set_amp(HdaAudio *s, unsigned node, uint32_t payload)
{
    uint32_t wanted = node == DAC ? 0x8000 : 0x4000; /* its output's, or its input's */

    if (!s->mixer || !(payload & wanted)) {
        return 0;
    }
    for (int side = 0; side < 2; side++) {
        if (payload & (side ? 0x1000 : 0x2000)) {
            s->nodes[node].gain[side] = MIN(payload & 0x7f, AMP_HIGHEST);
            s->nodes[node].mute[side] = payload & 0x80;
        }
    }
    update_volume(s);
    return 0;
}

static uint32_t get_pin_control(HdaAudio *s, unsigned node, uint32_t payload)
{
    return s->nodes[node].pin_control;
}

static uint32_t set_pin_control(HdaAudio *s, unsigned node, uint32_t payload)
{
    s->nodes[node].pin_control = payload & (node == OUT_PIN ? PIN_OUTPUT : PIN_INPUT);
    update_volume(s);
    return 0;
}

static uint32_t get_unsolicited(HdaAudio *s, unsigned node, uint32_t payload)
{
    return s->nodes[node].unsolicited;
}

static uint32_t set_unsolicited(HdaAudio *s, unsigned node, uint32_t payload)
{
    s->nodes[node].unsolicited = payload & 0xbf; /* nothing is ever plugged in or out */
    return 0;
}

static uint32_t get_power(HdaAudio *s, unsigned node, uint32_t payload)
{
    return s->nodes[node].power << 4 | s->nodes[node].power;
}

static uint32_t set_power(HdaAudio *s, unsigned node, uint32_t payload)
{
    s->nodes[node].power = (payload & 0xf) == POWER_D0 ? POWER_D0 : POWER_D3;
    return 0;
}

static uint32_t get_configuration(HdaAudio *s, unsigned node, uint32_t payload)
{
    return s->nodes[node].configuration;
}

static uint32_t set_byte(uint32_t word, uint32_t verb)
{
    unsigned shift = 8 * (verb >> 8 & 3);

    return (word & ~(0xffu << shift)) | (verb & 0xff) << shift;
}

static uint32_t set_configuration(HdaAudio *s, unsigned node, uint32_t payload)
{
    s->nodes[node].configuration = set_byte(s->nodes[node].configuration, payload);
    return 0;
}

static uint32_t get_subsystem(HdaAudio *s, unsigned node, uint32_t payload)
{
    return s->subsystem;
}

static uint32_t set_subsystem(HdaAudio *s, unsigned node, uint32_t payload)
{
    s->subsystem = set_byte(s->subsystem, payload);
    return 0;
}

static void reset_nodes(HdaAudio *s);

static uint32_t reset_group(HdaAudio *s, unsigned node, uint32_t payload)
{
    reset_nodes(s);
    return 0;
}

enum { ON_ROOT = 1 << ROOT, ON_GROUP = 1 << FUNCTION_GROUP, ON_CONVERTERS = 1 << DAC | 1 << ADC,
       ON_PINS = 1 << OUT_PIN | 1 << IN_PIN, ON_WIDGETS = ON_CONVERTERS | ON_PINS,
       ON_ALL = ON_ROOT | ON_GROUP | ON_WIDGETS };

/* A verb has 12 bits and a payload of 8, or 4 bits and a payload of 16. */
typedef struct Verb {
    uint16_t first, last;
    uint16_t nodes; /* bit n: node n knows it */
    uint32_t (*run)(HdaAudio *s, unsigned node, uint32_t verb);
} Verb;

static const Verb verbs[] = {
    { 0xf00, 0xf00, ON_ALL, get_parameter },
    { 0xf01, 0xf01, ON_WIDGETS, get_nothing }, /* connection select: there is one */
    { 0x701, 0x701, ON_WIDGETS, get_nothing },
    { 0xf02, 0xf02, ON_WIDGETS, get_connection },
    { 0xf05, 0xf05, ON_GROUP | ON_WIDGETS, get_power },
    { 0x705, 0x705, ON_GROUP | ON_WIDGETS, set_power },
    { 0xf06, 0xf06, ON_CONVERTERS, get_stream },
    { 0x706, 0x706, ON_CONVERTERS, set_stream },
    { 0xf07, 0xf07, ON_PINS, get_pin_control },
    { 0x707, 0x707, ON_PINS, set_pin_control },
    { 0xf08, 0xf08, ON_GROUP | ON_PINS, get_unsolicited },
    { 0x708, 0x708, ON_GROUP | ON_PINS, set_unsolicited },
    { 0xf09, 0xf09, ON_PINS, get_nothing },    /* pin sense: it can't */
    { 0x709, 0x709, ON_PINS, get_nothing },
    { 0xf1c, 0xf1f, ON_PINS, get_configuration },
    { 0x71c, 0x71f, ON_PINS, set_configuration },
    { 0xf20, 0xf23, ON_GROUP, get_subsystem },
    { 0x720, 0x723, ON_GROUP, set_subsystem },
    { 0x7ff, 0x7ff, ON_GROUP, reset_group },
    { 0xa00, 0xaff, ON_CONVERTERS, get_format },
    { 0x200, 0x2ff, ON_CONVERTERS, set_format },
    { 0xb00, 0xbff, ON_CONVERTERS, get_amp },
    { 0x300, 0x3ff, ON_CONVERTERS, set_amp },
};

/* What a node doesn't know is answered with 0. */
static uint32_t run_verb(HdaCodec *codec, unsigned node, uint32_t verb)
{
    HdaAudio *s = HDA_AUDIO(codec);
    unsigned number = verb >> 8;

    for (size_t i = 0; node < num_nodes(s) && i < ARRAY_SIZE(verbs); i++) {
        if (number >= verbs[i].first && number <= verbs[i].last && verbs[i].nodes >> node & 1) {
            return verbs[i].run(s, node, verb & 0xffff);
        }
    }
    return 0;
}

/* ---- the device ---- */

static void reset_nodes(HdaAudio *s)
{
    for (unsigned n = 0; n < NUM_NODES; n++) {
        s->nodes[n] = (Node){ .gain = { AMP_HIGHEST, AMP_HIGHEST }, .format = INITIAL_FORMAT };
    }
    s->nodes[OUT_PIN].configuration = s->kind->output;
    s->nodes[OUT_PIN].pin_control = PIN_OUTPUT;
    s->nodes[IN_PIN].configuration = s->kind->input;
    s->nodes[IN_PIN].pin_control = PIN_INPUT;
    s->subsystem = s->kind->id;
    update_voices(HDA_CODEC(s));
    update_volume(s);
}

static void audio_reset(DeviceState *dev)
{
    reset_nodes(HDA_AUDIO(dev));
}

static DeviceRealize parent_realize;

static void audio_realize(DeviceState *dev, Error **errp)
{
    HdaAudio *s = HDA_AUDIO(dev);
    ERRP_GUARD();

    parent_realize(dev, errp);
    if (*errp) {
        return;
    }
    for (unsigned i = 0; i < (s->kind->input ? 2 : 1); i++) {
        Converter *c = &s->converters[i];

        *c = (Converter){ .codec = s, .node = i ? ADC : DAC, .output = !i };
        c->voice = audio_voice_new(s->audiodev, !c->output, &voice_ops, c);
    }
    reset_nodes(s);
}

static void audio_unrealize(DeviceState *dev)
{
    HdaAudio *s = HDA_AUDIO(dev);

    for (size_t i = 0; i < ARRAY_SIZE(s->converters); i++) {
        g_clear_pointer(&s->converters[i].voice, audio_voice_free);
    }
}

static int after_load(void *opaque, int version_id)
{
    HdaAudio *s = opaque;

    for (unsigned n = 0; n < NUM_NODES; n++) {
        if (s->nodes[n].gain[0] > AMP_HIGHEST || s->nodes[n].gain[1] > AMP_HIGHEST) {
            return -EINVAL;
        }
    }
    update_voices(HDA_CODEC(s));
    update_volume(s);
    return 0;
}

static const VMStateDescription vmstate_node = {
    .name = "hda-audio/node",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8_ARRAY(gain, Node, 2),
        VMSTATE_BOOL_ARRAY(mute, Node, 2),
        VMSTATE_UINT8(stream, Node),
        VMSTATE_UINT16(format, Node),
        VMSTATE_UINT8(pin_control, Node),
        VMSTATE_UINT8(unsolicited, Node),
        VMSTATE_UINT8(power, Node),
        VMSTATE_UINT32(configuration, Node),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_audio = {
    .name = "hda-audio",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT_ARRAY(nodes, HdaAudio, NUM_NODES, 1, vmstate_node, Node),
        VMSTATE_UINT32(subsystem, HdaAudio),
        VMSTATE_END_OF_LIST()
    },
};

static Property audio_properties[] = {
    DEFINE_PROP_AUDIODEV("audiodev", HdaAudio, audiodev),
    DEFINE_PROP_BOOL("mixer", HdaAudio, mixer, true),
    DEFINE_PROP_END_OF_LIST(),
};

static void audio_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    HdaCodecClass *cc = HDA_CODEC_CLASS(oc);

    cc->command = run_verb;
    cc->streams_changed = update_voices;
    cc->sync = sync_voices;
    dc->unrealize = audio_unrealize;
    dc->vmsd = &vmstate_audio;
    device_class_set_parent_realize(dc, audio_realize, &parent_realize);
    device_class_set_legacy_reset(dc, audio_reset);
    device_class_set_props(dc, audio_properties);
}

static void kind_class_init(ObjectClass *oc, void *data)
{
    DEVICE_CLASS(oc)->desc = ((const HdaAudioKind *)data)->desc;
}

static void kind_init(Object *obj)
{
    const char *type = object_get_typename(obj);

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (g_str_equal(kinds[i].name, type)) {
            HDA_AUDIO(obj)->kind = &kinds[i];
        }
    }
}

static const TypeInfo audio_type = {
    .name = TYPE_HDA_AUDIO,
    .parent = TYPE_HDA_CODEC,
    .abstract = true,
    .instance_size = sizeof(HdaAudio),
    .class_init = audio_class_init,
};

static void register_types(void)
{
    type_register_static(&audio_type);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        TypeInfo info = {
            .name = kinds[i].name,
            .parent = TYPE_HDA_AUDIO,
            .instance_init = kind_init,
            .class_init = kind_class_init,
            .class_data = (void *)&kinds[i],
        };

        type_register(&info);
    }
}

type_init(register_types)
