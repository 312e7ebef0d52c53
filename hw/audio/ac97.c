/*
 * AC97: the audio controller of Intel's 82801AA (ICH), with a codec of two channels.
 *
 * BAR 0 has the codec's mixer registers, BAR 1 those of three bus masters, which move samples
 * between memory and the codec: PCM in, PCM out, microphone in. Each has a list of up to 32
 * descriptors, goes through it up to the last valid one and halts there.
 *
 * What is recorded is silence, as from all back ends; so the volumes of what is recorded and of
 * other sources (CD, line in, ...) are kept, and change nothing.
 *
 * References: Intel 82801AA (ICH) and 82801AB (ICH0) I/O Controller Hub Datasheet (290655), chapter
 * 12 and section 5.17; Intel I/O Controller Hub AC '97 Programmer's Reference Manual; Audio Codec
 * '97, revision 2.3, chapter 5.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <math.h>
#include "audio/audio.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "hw/register.h"
#include "qemu/module.h"

#define TYPE_AC97 "AC97"
OBJECT_DECLARE_SIMPLE_TYPE(Ac97, AC97)

#define MIXER_SIZE  0x400
#define MASTER_SIZE 0x100

#define LINK_RATE 48000 /* and the rate without VRA; the codec's rates are from LOWEST_RATE to it */
#define LOWEST_RATE 8000

#define MUTE 0x8000
enum { VRA = 0x0001, VRM = 0x0008 };

/* Rows of the mixer. */
enum {
    MIX_RESET, MASTER, HEADPHONE, MASTER_MONO, PC_BEEP, PHONE, MIC, LINE_IN, CD, VIDEO, AUX, PCM_OUT,
    REC_SELECT, REC_GAIN, REC_GAIN_MIC, GENERAL, POWERDOWN, EXT_ID, EXT_CTRL, DAC_RATE, ADC_RATE,
    MIC_RATE, VENDOR_1, VENDOR_2, HOLE_08, HOLE_22, HOLE_2E, HOLE_36,
};

/* Rows of the bus masters; the first seven are there for each. */
enum { BDBAR, CIV, LVI, SR, PICB, PIV, CR, GLOB_CNT, GLOB_STA, CAS };

enum { SR_HALTED = 0x01, SR_LAST = 0x02, SR_LAST_DONE = 0x04, SR_DONE = 0x08, SR_FIFO = 0x10 };
enum { CR_RUN = 0x01, CR_RESET = 0x02, CR_LAST_IRQ = 0x04, CR_FIFO_IRQ = 0x08, CR_DONE_IRQ = 0x10 };
enum { CNT_NOT_RESET = 0x02, CNT_WARM_RESET = 0x04, CNT_WRITABLE = 0x3f };
enum { STA_CODEC_READY = 0x100 };

#define NUM_DESCRIPTORS 32
enum { DESC_DONE_IRQ = 0x80000000u };

/* One of the bus masters. */
typedef struct Engine {
    Ac97 *card;
    unsigned number;
    AudioVoice *voice;
    uint32_t addr;    /* of the next sample */
    uint32_t control; /* the current descriptor's second half */
} Engine;

/* What sets them apart. */
static const struct {
    bool input;
    unsigned channels;
    unsigned rate; /* row of the mixer */
    uint16_t variable; /* EXT_CTRL: that row counts */
    uint32_t pending; /* GLOB_STA */
} engine_kinds[] = {
    { true, 2, ADC_RATE, VRA, 0x20 },
    { false, 2, DAC_RATE, VRA, 0x40 },
    { true, 1, MIC_RATE, VRM, 0x80 },
};

#define NUM_ENGINES ARRAY_SIZE(engine_kinds)

struct Ac97 {
    PCIDevice parent_obj;

    AudioDev *audiodev; /* property */
    RegisterBlock mixer, masters;
    MemoryRegion mixer_io;
    Engine engines[NUM_ENGINES];
};

/* ---- registers of an engine ---- */

static uint32_t get(const Engine *e, unsigned row)
{
    return register_get_at(&e->card->masters, row, e->number);
}

static void put(Engine *e, unsigned row, uint32_t value)
{
    register_set_at(&e->card->masters, row, e->number, value);
}

static bool wants_interrupt(const Engine *e)
{
    uint32_t status = get(e, SR), control = get(e, CR);

    return (status & SR_DONE && control & CR_DONE_IRQ) ||
           (status & SR_LAST_DONE && control & CR_LAST_IRQ) ||
           (status & SR_FIFO && control & CR_FIFO_IRQ);
}

static uint32_t pending_interrupts(const Ac97 *s)
{
    uint32_t pending = 0;

    for (unsigned i = 0; i < NUM_ENGINES; i++) {
        pending |= wants_interrupt(&s->engines[i]) ? engine_kinds[i].pending : 0;
    }
    return pending;
}

static void update_irq(Ac97 *s)
{
    pci_set_irq(&s->parent_obj, pending_interrupts(s) != 0);
}

/* ---- descriptors ---- */

/* The one of index CIV becomes the current one. */
static void load_descriptor(Engine *e)
{
    uint8_t descriptor[8] = { 0 };

    pci_dma_read(&e->card->parent_obj, get(e, BDBAR) + 8 * get(e, CIV), descriptor,
                 sizeof(descriptor));
    e->addr = ldl_le_p(descriptor) & ~1u;
    e->control = ldl_le_p(descriptor + 4);
    put(e, PICB, e->control & 0xffff);
}

static void next_descriptor(Engine *e)
{
    uint32_t next = get(e, PIV);

    put(e, CIV, next);
    put(e, PIV, (next + 1) % NUM_DESCRIPTORS);
    load_descriptor(e);
}

/* The current one is done with. */
static void complete(Engine *e)
{
    uint32_t status = get(e, SR);

    status |= e->control & DESC_DONE_IRQ ? SR_DONE : 0;
    if (get(e, CIV) == get(e, LVI)) {
        put(e, SR, status | SR_LAST_DONE | SR_LAST | SR_HALTED);
        audio_voice_stop(e->voice);
    } else {
        put(e, SR, status);
        next_descriptor(e);
    }
    update_irq(e->card);
}

static size_t transfer(void *opaque, void *frames, size_t count)
{
    Engine *e = opaque;
    unsigned channels = engine_kinds[e->number].channels;
    DMADirection direction = engine_kinds[e->number].input ? DMA_DIRECTION_FROM_DEVICE
                                                           : DMA_DIRECTION_TO_DEVICE;
    size_t done = 0;
    unsigned empty = 0; /* descriptors in a row */

    while (done < count && empty <= NUM_DESCRIPTORS && audio_voice_is_running(e->voice)) {
        uint32_t left = get(e, PICB);
        size_t n = MIN(count - done, left / channels), size = n * channels * 2;

        if (n) {
            pci_dma_rw(&e->card->parent_obj, e->addr, (uint8_t *)frames + done * channels * 2, size,
                       direction, MEMTXATTRS_UNSPECIFIED);
            if (!audio_voice_is_running(e->voice)) { /* somebody has reset us */
                break;
            }
            e->addr += size;
            put(e, PICB, left -= n * channels);
            done += n;
        }
        empty = n ? 0 : empty + 1;
        if (left < channels) {
            complete(e);
        }
    }
    return done;
}

/*
 * The end of the current buffer, even if there is no interrupt there: what comes then isn't known
 * before.
 */
static uint64_t until_event(void *opaque)
{
    Engine *e = opaque;

    return MAX(get(e, PICB) / engine_kinds[e->number].channels, 1);
}

static const AudioVoiceOps voice_ops = {
    .transfer = transfer,
    .until_event = until_event,
};

/* ---- running ---- */

static uint32_t current_rate(const Engine *e)
{
    const RegisterBlock *mixer = &e->card->mixer;

    return register_get(mixer, EXT_CTRL) & engine_kinds[e->number].variable
               ? register_get(mixer, engine_kinds[e->number].rate)
               : LINK_RATE;
}

static void run_voice(Engine *e)
{
    AudioSettings settings = {
        .rate = current_rate(e),
        .channels = engine_kinds[e->number].channels,
        .format = AUDIO_FORMAT_S16,
    };

    if (get(e, CR) & CR_RUN && !(get(e, SR) & SR_HALTED)) {
        audio_voice_start(e->voice, &settings);
    } else {
        audio_voice_stop(e->voice);
    }
}

/* The run bit has been set. */
static void start_engine(Engine *e)
{
    put(e, SR, get(e, SR) & ~(SR_HALTED | SR_LAST));
    if (!get(e, PICB)) {
        put(e, PIV, (get(e, CIV) + 1) % NUM_DESCRIPTORS);
        load_descriptor(e);
    }
    run_voice(e);
}

static void reset_engine(Engine *e)
{
    audio_voice_stop(e->voice);
    for (unsigned row = BDBAR; row <= CR; row++) {
        put(e, row, row == SR ? SR_HALTED : 0);
    }
    e->addr = e->control = 0;
}

static Engine *engine_of(RegisterBlock *block)
{
    return &AC97(block->owner)->engines[block->index];
}

static uint64_t read_synced(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    Engine *e = engine_of(block);

    audio_voice_sync(e->voice);
    return get(e, reg - block->regs);
}

/* It halts at the end of its list only; and then goes on where there is more. */
static void lvi_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Engine *e = engine_of(block);

    audio_voice_sync(e->voice);
    if (get(e, CR) & CR_RUN && get(e, SR) & SR_HALTED) {
        put(e, SR, get(e, SR) & ~(SR_HALTED | SR_LAST));
        next_descriptor(e);
        run_voice(e);
    }
}

static void sr_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_irq(AC97(block->owner));
}

static uint64_t write_cr(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Engine *e = engine_of(block);
    uint32_t before = get(e, CR);

    value &= CR_RUN | CR_RESET | CR_LAST_IRQ | CR_FIFO_IRQ | CR_DONE_IRQ;
    if (value & CR_RESET && !(before & CR_RUN)) {
        reset_engine(e);
        return 0;
    }
    return value & ~CR_RESET;
}

static void cr_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Engine *e = engine_of(block);
    bool running = audio_voice_is_running(e->voice);

    if (get(e, CR) & CR_RUN) {
        if (!running && !(get(e, SR) & SR_LAST)) {
            start_engine(e);
        }
    } else if (running) {
        audio_voice_stop(e->voice); /* the position stays */
        put(e, SR, get(e, SR) | SR_HALTED);
    } else {
        put(e, SR, get(e, SR) & ~SR_LAST); /* a new start begins where it stands */
    }
    update_irq(e->card);
}

/* ---- the registers that all share ---- */

static void reset_mixer(Ac97 *s);

/* The reset line to the codec is active low. */
static uint64_t write_glob_cnt(RegisterBlock *block, const Register *reg, uint64_t value)
{
    if (!(value & CNT_NOT_RESET)) {
        reset_mixer(AC97(block->owner));
    }
    return value & CNT_WRITABLE & ~CNT_WARM_RESET; /* which is over at once */
}

static uint64_t read_glob_sta(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    Ac97 *s = AC97(block->owner);

    return pending_interrupts(s) |
           (register_get(block, GLOB_CNT) & CNT_NOT_RESET ? STA_CODEC_READY : 0);
}

/* Who reads 0 has the right to the codec's next access. */
static uint64_t read_cas(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    register_set(block, CAS, 1);
    return stored;
}

#define EACH .count = NUM_ENGINES, .stride = 0x10

static const Register master_registers[] = {
    [BDBAR] = { "BDBAR", .offset = 0x00, .size = 4, EACH, .writable = 0xfffffff8 },
    [CIV] = { "CIV", .offset = 0x04, .size = 1, EACH, .read = read_synced },
    [LVI] = { "LVI", .offset = 0x05, .size = 1, EACH, .writable = 0x1f, .written = lvi_written },
    [SR] = { "SR", .offset = 0x06, .size = 2, EACH, .reset = SR_HALTED, .read = read_synced,
             .w1c = SR_LAST_DONE | SR_DONE | SR_FIFO, .written = sr_written },
    [PICB] = { "PICB", .offset = 0x08, .size = 2, EACH, .read = read_synced },
    [PIV] = { "PIV", .offset = 0x0a, .size = 1, EACH, .read = read_synced },
    [CR] = { "CR", .offset = 0x0b, .size = 1, EACH, .write = write_cr, .written = cr_written },
    [GLOB_CNT] = { "GLOB_CNT", .offset = 0x2c, .size = 4, .write = write_glob_cnt },
    [GLOB_STA] = { "GLOB_STA", .offset = 0x30, .size = 4, .read = read_glob_sta },
    [CAS] = { "CAS", .offset = 0x34, .size = 1, .writable = 1, .read = read_cas },
};

/* ---- the codec ---- */

/* 16.16; both kinds of register have steps of 1.5 dB (5.7.2, 5.7.4). */
static uint32_t gain(int steps)
{
    return (uint32_t)lrint(AUDIO_FULL_VOLUME * pow(10, 1.5 * steps / 20));
}

/* PCM_OUT is 0 dB at 8, and up to 12 dB more. */
#define PCM_OUT_0DB 8

static void update_volume(Ac97 *s)
{
    uint32_t master = register_get(&s->mixer, MASTER), pcm = register_get(&s->mixer, PCM_OUT);
    uint32_t sides[2] = { 0, 0 };

    for (int side = 0; side < 2 && !((master | pcm) & MUTE); side++) {
        int shift = side ? 0 : 8;

        sides[side] = gain(PCM_OUT_0DB - (int)(pcm >> shift & 0x1f) - (int)(master >> shift & 0x3f));
    }
    audio_voice_set_volume(s->engines[1].voice, sides[0], sides[1]);
}

static void volume_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_volume(AC97(block->owner));
}

static void reset_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    reset_mixer(AC97(block->owner));
}

/* 5.8.3: what can't be had reads back as what is there instead. */
static uint64_t write_rate(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return CLAMP(value, LOWEST_RATE, LINK_RATE);
}

static void rate_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Ac97 *s = AC97(block->owner);

    for (unsigned i = 0; i < NUM_ENGINES; i++) {
        if (audio_voice_is_running(s->engines[i].voice)) {
            run_voice(&s->engines[i]);
        }
    }
}

#define VOLUME(n, at, initial, mask) { n, .offset = at, .size = 2, .reset = initial, .writable = mask }
#define RATE(n, at)                                                                                \
    { n, .offset = at, .size = 2, .reset = LINK_RATE, .write = write_rate, .written = rate_written }
/* Reads 0, as a codec without them has it (5.7). */
#define HOLE(n, from, to) { n, .offset = from, .size = 2, .count = ((to) - (from)) / 2 }

static const Register mixer_registers[] = {
    [MIX_RESET] = { "RESET", .offset = 0x00, .size = 2, .written = reset_written },
    [MASTER] = { "MASTER", .offset = 0x02, .size = 2, .reset = MUTE, .writable = 0xbf3f,
                 .written = volume_written },
    [HEADPHONE] = VOLUME("HEADPHONE", 0x04, MUTE, 0xbf3f),
    [MASTER_MONO] = VOLUME("MASTER_MONO", 0x06, MUTE, 0x803f),
    [HOLE_08] = HOLE("RESERVED_08", 0x08, 0x0a),
    [PC_BEEP] = VOLUME("PC_BEEP", 0x0a, 0, 0x801e),
    [PHONE] = VOLUME("PHONE", 0x0c, 0x8008, 0x801f),
    [MIC] = VOLUME("MIC", 0x0e, 0x8008, 0x805f),
    [LINE_IN] = VOLUME("LINE_IN", 0x10, 0x8808, 0x9f1f),
    [CD] = VOLUME("CD", 0x12, 0x8808, 0x9f1f),
    [VIDEO] = VOLUME("VIDEO", 0x14, 0x8808, 0x9f1f),
    [AUX] = VOLUME("AUX", 0x16, 0x8808, 0x9f1f),
    [PCM_OUT] = { "PCM_OUT", .offset = 0x18, .size = 2, .reset = 0x8808, .writable = 0x9f1f,
                  .written = volume_written },
    [REC_SELECT] = VOLUME("REC_SELECT", 0x1a, 0, 0x0707),
    [REC_GAIN] = VOLUME("REC_GAIN", 0x1c, MUTE, 0x8f0f),
    [REC_GAIN_MIC] = VOLUME("REC_GAIN_MIC", 0x1e, MUTE, 0x800f),
    [GENERAL] = VOLUME("GENERAL", 0x20, 0, 0x8380),
    [HOLE_22] = HOLE("RESERVED_22", 0x22, 0x26),
    [POWERDOWN] = VOLUME("POWERDOWN", 0x26, 0x000f, 0xff00), /* everything is ready */
    [EXT_ID] = VOLUME("EXT_ID", 0x28, VRA | VRM, 0),
    [EXT_CTRL] = { "EXT_CTRL", .offset = 0x2a, .size = 2, .writable = VRA | VRM,
                   .written = rate_written },
    [DAC_RATE] = RATE("DAC_RATE", 0x2c),
    [HOLE_2E] = HOLE("RESERVED_2E", 0x2e, 0x32),
    [ADC_RATE] = RATE("ADC_RATE", 0x32),
    [MIC_RATE] = RATE("MIC_RATE", 0x34),
    [HOLE_36] = HOLE("RESERVED_36", 0x36, 0x7c),
    [VENDOR_1] = VOLUME("VENDOR_1", 0x7c, 0x8384, 0), /* SigmaTel STAC9700 */
    [VENDOR_2] = VOLUME("VENDOR_2", 0x7e, 0x7600, 0),
};

static void reset_mixer(Ac97 *s)
{
    register_block_reset(&s->mixer);
    update_volume(s);
    rate_written(&s->mixer, NULL, 0);
}

/* An access ends what CAS says. */
static uint64_t mixer_read(void *opaque, hwaddr addr, unsigned size)
{
    Ac97 *s = opaque;

    register_set(&s->masters, CAS, 0);
    return register_block_read(&s->mixer, addr, size);
}

static void mixer_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Ac97 *s = opaque;

    register_set(&s->masters, CAS, 0);
    register_block_write(&s->mixer, addr, value, size);
}

static const MemoryRegionOps mixer_ops = {
    .read = mixer_read,
    .write = mixer_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

/* ---- the device ---- */

static void ac97_reset(DeviceState *dev)
{
    Ac97 *s = AC97(dev);

    for (unsigned i = 0; i < NUM_ENGINES; i++) {
        reset_engine(&s->engines[i]);
    }
    register_block_reset(&s->masters);
    reset_mixer(s);
    update_irq(s);
}

static void ac97_realize(PCIDevice *dev, Error **errp)
{
    Ac97 *s = AC97(dev);

    for (unsigned i = 0; i < NUM_ENGINES; i++) {
        s->engines[i] = (Engine){ .card = s, .number = i };
        s->engines[i].voice = audio_voice_new(s->audiodev, engine_kinds[i].input,
                                              &voice_ops, &s->engines[i]);
    }
    update_volume(s);
    dev->config[PCI_INTERRUPT_PIN] = 1;
    memory_region_init_io(&s->mixer_io, OBJECT(s), &mixer_ops, s, "ac97 mixer", MIXER_SIZE);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->mixer_io);
    pci_register_bar(dev, 1, PCI_BASE_ADDRESS_SPACE_IO, &s->masters.mmio);
}

static void ac97_exit(PCIDevice *dev)
{
    Ac97 *s = AC97(dev);

    for (unsigned i = 0; i < NUM_ENGINES; i++) {
        g_clear_pointer(&s->engines[i].voice, audio_voice_free);
    }
}

static void ac97_init(Object *obj)
{
    Ac97 *s = AC97(obj);

    register_block_init(&s->mixer, DEVICE(obj), "ac97 mixer registers", mixer_registers,
                        ARRAY_SIZE(mixer_registers), DEVICE_LITTLE_ENDIAN, MIXER_SIZE);
    register_block_init(&s->masters, DEVICE(obj), "ac97 bus masters", master_registers,
                        ARRAY_SIZE(master_registers), DEVICE_LITTLE_ENDIAN, MASTER_SIZE);
}

static void ac97_finalize(Object *obj)
{
    register_block_finalize(&AC97(obj)->mixer);
    register_block_finalize(&AC97(obj)->masters);
}

static bool engine_is_sane(const Engine *e)
{
    return get(e, CIV) < NUM_DESCRIPTORS && get(e, PIV) < NUM_DESCRIPTORS && get(e, PICB) <= 0xffff &&
           current_rate(e) >= LOWEST_RATE && current_rate(e) <= LINK_RATE;
}

/* Voices begin anew where the guest's buffers stand. */
static int after_load(void *opaque, int version_id)
{
    Ac97 *s = opaque;

    for (unsigned i = 0; i < NUM_ENGINES; i++) {
        if (!engine_is_sane(&s->engines[i])) {
            return -EINVAL;
        }
        audio_voice_stop(s->engines[i].voice);
    }
    for (unsigned i = 0; i < NUM_ENGINES; i++) {
        run_voice(&s->engines[i]);
    }
    update_volume(s);
    return 0;
}

static const VMStateDescription vmstate_engine = {
    .name = "ac97/engine",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(addr, Engine),
        VMSTATE_UINT32(control, Engine),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_ac97 = {
    .name = "ac97",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, Ac97),
        VMSTATE_REGISTER_BLOCK(mixer, Ac97),
        VMSTATE_REGISTER_BLOCK(masters, Ac97),
        VMSTATE_STRUCT_ARRAY(engines, Ac97, NUM_ENGINES, 1, vmstate_engine, Engine),
        VMSTATE_END_OF_LIST()
    },
};

static Property ac97_properties[] = {
    DEFINE_PROP_AUDIODEV("audiodev", Ac97, audiodev),
    DEFINE_PROP_END_OF_LIST(),
};

static void ac97_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = ac97_realize;
    pc->exit = ac97_exit;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x2415;
    pc->revision = 1;
    pc->class_id = 0x0401; /* multimedia, audio */
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    dc->desc = "Intel 82801AA AC97 Audio";
    dc->vmsd = &vmstate_ac97;
    device_class_set_legacy_reset(dc, ac97_reset);
    device_class_set_props(dc, ac97_properties);
    set_bit(DEVICE_CATEGORY_SOUND, dc->categories);
}

static const TypeInfo ac97_types[] = {
    {
        .name = TYPE_AC97,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(Ac97),
        .instance_init = ac97_init,
        .instance_finalize = ac97_finalize,
        .class_init = ac97_class_init,
    },
};

DEFINE_TYPES(ac97_types)
