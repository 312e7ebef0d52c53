/*
 * Sound: back ends and voices, the AC97 and HD Audio controllers driven through their registers, and
 * random guests for both.
 *
 * What is played is looked at in the file of a wav back end; guest time stands still but for
 * test_advance_ns().
 *
 * SPDX-License-Identifier: MIT
 */
#include "pci-test.h"
#include <glib/gstdio.h>
#include "audio/audiodev.h"
#include "qemu/bswap.h"

static PciTest test;
static char *folder;

/* ---- a file with what was played ---- */

typedef struct Wav {
    char *path;
    char *id;
} Wav;

static Wav new_wav(const char *more)
{
    static int count;
    Wav w = { .id = g_strdup_printf("wav%d", count++) };
    g_autofree char *options = NULL;

    w.path = g_strdup_printf("%s/%s", folder, w.id);
    options = g_strdup_printf("wav,id=%s,path=%s,%s", w.id, w.path, more);
    g_assert_true(audiodev_add_from_str(options, &error_abort));
    return w;
}

/* Ends all back ends. The frames in the file, 16 bits each sample; *count: how many samples. */
static int16_t *end_and_read(Wav *w, size_t *count)
{
    char *data;
    size_t size;

    audio_cleanup();
    g_assert_true(g_file_get_contents(w->path, &data, &size, NULL));
    g_assert_cmpuint(size, >=, 44);
    g_assert_cmpmem(data, 4, "RIFF", 4);
    g_assert_cmpuint(ldl_le_p(data + 4), ==, size - 8);
    g_assert_cmpmem(data + 36, 4, "data", 4);
    g_assert_cmpuint(ldl_le_p(data + 40), ==, size - 44);
    *count = (size - 44) / 2;
    memmove(data, data + 44, size - 44);
    g_unlink(w->path);
    g_free(w->path);
    g_free(w->id);
    return (int16_t *)data;
}

/* ---- voices ---- */

/* A device that plays 1, 2, 3 … and has `left` frames. */
typedef struct Source {
    AudioVoice *voice;
    unsigned bytes, channels;
    int32_t next, step;
    size_t left;
    bool stops; /* itself, in the middle */
    bool ends;  /* gives its voice up there */
} Source;

static size_t source_transfer(void *opaque, void *frames, size_t count)
{
    Source *s = opaque;
    size_t n = MIN(count, s->left);

    for (size_t i = 0; i < n * s->channels; i++) {
        stn_le_p((uint8_t *)frames + i * s->bytes, s->bytes, (uint32_t)s->next);
        s->next += (i + 1) % s->channels ? 0 : s->step;
    }
    s->left -= n;
    if (s->stops && !s->left) {
        audio_voice_stop(s->voice);
    }
    if (s->ends && !s->left) {
        audio_voice_free(g_steal_pointer(&s->voice));
    }
    return n;
}

static const AudioVoiceOps source_ops = { .transfer = source_transfer };

static void start_source(Source *s, const char *id, const AudioSettings *settings)
{
    s->bytes = audio_format_size(settings->format);
    s->channels = settings->channels;
    s->voice = audio_voice_new(audiodev_find(id), false, &source_ops, s);
    audio_voice_start(s->voice, settings);
}

static void test_a_second_has_as_many_frames_as_the_rate_says(void)
{
    Wav w = new_wav("out.frequency=44100");
    Source s = { .next = 1, .step = 1, .left = SIZE_MAX };
    g_autofree int16_t *samples = NULL;
    size_t count;

    start_source(&s, w.id, &(AudioSettings){ 44100, 2, AUDIO_FORMAT_S16 });
    for (int i = 0; i < 1000; i++) {
        test_advance_ns(SCALE_MS / 2 + i % 7); /* at any times */
        audio_voice_sync(s.voice);
    }
    test_advance_ns(NANOSECONDS_PER_SECOND / 2 - 2994);
    audio_voice_stop(s.voice);
    audio_voice_free(s.voice);
    samples = end_and_read(&w, &count);
    g_assert_cmpuint(count, ==, 2 * 44100);
    for (size_t i = 0; i < count; i++) {
        g_assert_cmpint(samples[i], ==, (int16_t)(1 + i / 2));
    }
}

static void test_voices_are_added_and_cut_off(void)
{
    Wav w = new_wav("out.frequency=48000,out.channels=1");
    Source a = { .next = 20000, .left = SIZE_MAX }, b = { .next = 20000, .left = SIZE_MAX };
    g_autofree int16_t *samples = NULL;
    size_t count;

    start_source(&a, w.id, &(AudioSettings){ 48000, 1, AUDIO_FORMAT_S16 });
    test_advance_ns(10 * SCALE_MS);
    start_source(&b, w.id, &(AudioSettings){ 48000, 1, AUDIO_FORMAT_S16 });
    test_advance_ns(10 * SCALE_MS);
    audio_voice_stop(b.voice);
    audio_voice_set_volume(a.voice, AUDIO_FULL_VOLUME / 2, AUDIO_FULL_VOLUME / 2);
    test_advance_ns(10 * SCALE_MS);
    audio_voice_free(a.voice);
    audio_voice_free(b.voice);
    samples = end_and_read(&w, &count);
    g_assert_cmpuint(count, ==, 3 * 480);
    g_assert_cmpint(samples[0], ==, 20000);
    g_assert_cmpint(samples[479], ==, 20000);
    g_assert_cmpint(samples[480], ==, 32767);
    g_assert_cmpint(samples[959], ==, 32767);
    g_assert_cmpint(samples[960], ==, 10000);
    g_assert_cmpint(samples[1439], ==, 10000);
}

static void test_formats_and_channels_are_converted(void)
{
    static const struct {
        AudioFormat format;
        int32_t value;
    } rows[] = { { AUDIO_FORMAT_U8, 0xc0 }, { AUDIO_FORMAT_S8, 0x40 }, { AUDIO_FORMAT_U16, 0xc000 },
                 { AUDIO_FORMAT_S16, 0x4000 }, { AUDIO_FORMAT_S32, 0x40000000 },
                 { AUDIO_FORMAT_U32, (int32_t)0xc0000000 }, { AUDIO_FORMAT_F32, 0x3f000000 } };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        Wav w = new_wav("out.frequency=48000");
        Source s = { .next = rows[i].value, .left = SIZE_MAX };
        g_autofree int16_t *samples = NULL;
        size_t count;

        start_source(&s, w.id, &(AudioSettings){ 48000, i % 2 + 1, rows[i].format });
        test_advance_ns(SCALE_MS);
        audio_voice_free(s.voice);
        samples = end_and_read(&w, &count);
        g_assert_cmpuint(count, ==, 2 * 48);
        for (size_t n = 0; n < count; n++) {
            g_assert_cmpint(samples[n], ==, 0x4000);
        }
    }
}

/* A ramp stays one, as steep as the rates say. */
static void test_rates_are_converted_without_drift(void)
{
    Wav w = new_wav("out.frequency=48000,out.channels=1");
    Source s = { .next = 0, .step = 6, .left = SIZE_MAX };
    g_autofree int16_t *samples = NULL;
    size_t count;

    start_source(&s, w.id, &(AudioSettings){ 8000, 1, AUDIO_FORMAT_S16 });
    test_advance_ns(500 * SCALE_MS);
    audio_voice_free(s.voice);
    samples = end_and_read(&w, &count);
    g_assert_cmpuint(count, ==, 24000);
    for (size_t i = 0; i < count; i++) {
        g_assert_cmpint(ABS(samples[i] - (int)i), <=, 1);
    }
}

static void test_what_a_device_lacks_is_silent(void)
{
    Wav w = new_wav("out.frequency=48000,out.channels=1");
    Source s = { .next = 7, .left = 100, .stops = true };
    g_autofree int16_t *samples = NULL;
    size_t count;

    start_source(&s, w.id, &(AudioSettings){ 48000, 1, AUDIO_FORMAT_S16 });
    test_advance_ns(100 * SCALE_MS);
    g_assert_false(audio_voice_is_running(s.voice));
    audio_voice_free(s.voice);
    samples = end_and_read(&w, &count);
    g_assert_cmpuint(count, ==, 480); /* nothing while nobody plays */
    g_assert_cmpint(samples[99], ==, 7);
    g_assert_cmpint(samples[100], ==, 0);
}

/* The host was away: the guest's buffers aren't rushed through. */
static void test_who_is_late_goes_on_where_it_was(void)
{
    Wav w = new_wav("out.frequency=48000,out.channels=1");
    Source s = { .next = 1, .step = 1, .left = SIZE_MAX };
    g_autofree int16_t *samples = NULL;
    size_t count;

    start_source(&s, w.id, &(AudioSettings){ 48000, 1, AUDIO_FORMAT_S16 });
    test_now_ns += 5 * NANOSECONDS_PER_SECOND;
    audio_voice_sync(s.voice);
    g_assert_cmpint(s.next, ==, 1 + 4 * 480);
    audio_voice_free(s.voice);
    samples = end_and_read(&w, &count);
    g_assert_cmpuint(count, ==, 4 * 480);
    g_assert_cmpint(samples[count - 1], ==, count);
}

/* A snapshot is loaded: what was due by the clock until then isn't waited for. */
static void test_the_clock_may_go_back(void)
{
    Source s = { .next = 1, .step = 1, .left = SIZE_MAX };

    g_assert_true(audiodev_add_from_str("none,id=quiet,out.frequency=48000", &error_abort));
    for (int i = 0; i < 2; i++) { /* to a time at which it played, and to one before */
        start_source(&s, "quiet", &(AudioSettings){ 48000, 1, AUDIO_FORMAT_S16 });
        test_advance_ns(100 * SCALE_MS);
        test_now_ns -= (50 + 100 * i) * SCALE_MS;
        audio_voice_sync(s.voice);
        s.next = 1;
        test_advance_ns(10 * SCALE_MS);
        g_assert_cmpint(s.next, ==, 1 + 480);
        audio_voice_free(s.voice);
    }
    audio_cleanup();
}

/* Within its callback, which another voice's end or the clock calls. */
static void test_a_voice_can_be_given_up_while_it_moves(void)
{
    for (int i = 0; i < 2; i++) {
        Wav w = new_wav("out.frequency=48000,out.channels=1");
        Source a = { .next = 7, .left = SIZE_MAX }, b = { .next = 1, .left = 100, .ends = true };
        g_autofree int16_t *samples = NULL;
        size_t count;

        start_source(&a, w.id, &(AudioSettings){ 48000, 1, AUDIO_FORMAT_S16 });
        start_source(&b, w.id, &(AudioSettings){ 48000, 1, AUDIO_FORMAT_S16 });
        test_advance_ns(5 * SCALE_MS);
        if (i) {
            audio_voice_stop(a.voice);
        }
        test_advance_ns(10 * SCALE_MS);
        g_assert_null(b.voice);
        audio_voice_free(a.voice);
        samples = end_and_read(&w, &count);
        g_assert_cmpuint(count, ==, i ? 240 : 720);
        g_assert_cmpint(samples[99], ==, 8);
        g_assert_cmpint(samples[count - 1], ==, 7);
    }
}

/* ---- cards ---- */

static PCIDevice *new_card(const char *type, const char *id)
{
    PCIDevice *dev = pci_new(-1, type);

    if (id) {
        object_property_set_str(OBJECT(dev), "audiodev", id, &error_abort);
    }
    pci_realize_and_unref(dev, test.bus, &error_abort);
    device_cold_reset(DEVICE(dev));
    return dev;
}

static void drop_card(PCIDevice *dev)
{
    qdev_unrealize(DEVICE(dev));
    object_unparent(OBJECT(dev));
    drain_call_rcu();
}

#define MIXER   0x1000
#define MASTERS 0x2000
enum { PI = MASTERS, PO = MASTERS + 0x10, MC = MASTERS + 0x20 };

static void ac97_enable(PCIDevice *dev)
{
    pci_test_config(&test, dev, PCI_BASE_ADDRESS_0, MIXER, 4);
    pci_test_config(&test, dev, PCI_BASE_ADDRESS_1, MASTERS, 4);
    pci_test_config(&test, dev, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    wr(&test.io_as, MASTERS + 0x2c, 2, MO_32 | MO_LE);
    wr(&test.io_as, MIXER + 0x02, 0, MO_16 | MO_LE);
    wr(&test.io_as, MIXER + 0x18, 0x0808, MO_16 | MO_LE);
}

/* Descriptor i of the list at 1000h: `samples` at 10000h + i * 1000h. */
static void ac97_descriptor(unsigned i, uint16_t samples, uint32_t flags)
{
    uint8_t *at = pci_test_memory(&test, 0x1000 + 8 * i);

    stl_le_p(at, 0x10000 + i * 0x1000);
    stl_le_p(at + 4, samples | flags);
}

static void put_ramp(uint32_t addr, unsigned first, unsigned samples)
{
    for (unsigned i = 0; i < samples; i++) {
        stw_le_p(pci_test_memory(&test, addr + 2 * i), first + i);
    }
}

static unsigned io8(uint32_t addr)
{
    return rd(&test.io_as, addr, MO_8);
}

static unsigned io16(uint32_t addr)
{
    return rd(&test.io_as, addr, MO_16 | MO_LE);
}

static void test_ac97_plays_its_list_to_the_last_valid_descriptor(void)
{
    Wav w = new_wav("out.frequency=48000");
    PCIDevice *dev = new_card("AC97", w.id);
    g_autofree int16_t *samples = NULL;
    size_t count;

    ac97_enable(dev);
    ac97_descriptor(0, 960, 0);
    ac97_descriptor(1, 480, 0x80000000u);
    ac97_descriptor(2, 960, 0x80000000u);
    put_ramp(0x10000, 1, 960);
    put_ramp(0x11000, 961, 480);
    put_ramp(0x12000, 1441, 960);
    wr(&test.io_as, PO, 0x1000, MO_32 | MO_LE);
    wr(&test.io_as, PO + 5, 2, MO_8);
    wr(&test.io_as, PO + 0xb, 0x1d, MO_8);
    g_assert_cmphex(io16(PO + 6), ==, 0);

    test_advance_ns(10 * SCALE_MS + SCALE_MS / 2); /* 480 + 24 frames */
    g_assert_cmpuint(io8(PO + 4), ==, 1);
    g_assert_cmpuint(io8(PO + 0xa), ==, 2);
    g_assert_cmpuint(io16(PO + 8), ==, 480 - 48);
    g_assert_cmpint(test.irq, ==, 0);

    test_advance_ns(SCALE_MS * 9 / 2); /* exactly at the end of the second one */
    g_assert_cmpint(test.irq, ==, 1);
    g_assert_cmphex(io16(PO + 6), ==, 0x08);
    g_assert_cmphex(rd(&test.io_as, MASTERS + 0x30, MO_32 | MO_LE), ==, 0x140);
    wr(&test.io_as, PO + 6, 0x08, MO_16 | MO_LE);
    g_assert_cmpint(test.irq, ==, 0);

    test_advance_ns(20 * SCALE_MS);
    g_assert_cmphex(io16(PO + 6), ==, 0x0f); /* halted, at the last one, which is done */
    g_assert_cmpint(test.irq, ==, 1);

    ac97_descriptor(3, 96, 0); /* and one more: it goes on */
    put_ramp(0x13000, 2401, 96);
    wr(&test.io_as, PO + 5, 3, MO_8);
    test_advance_ns(20 * SCALE_MS);
    g_assert_cmpuint(io8(PO + 4), ==, 3);
    wr(&test.io_as, PO + 0xb, 0, MO_8);
    wr(&test.io_as, PO + 0xb, 2, MO_8);
    g_assert_cmphex(io16(PO + 6), ==, 0x01);
    g_assert_cmpint(test.irq, ==, 0);
    drop_card(dev);
    samples = end_and_read(&w, &count);
    g_assert_cmpuint(count, >=, 2400);
    for (unsigned i = 0; i < 2400; i++) {
        g_assert_cmpint(samples[i], ==, 1 + i);
    }
}

static void test_ac97_records_silence_where_the_list_says(void)
{
    PCIDevice *dev = new_card("AC97", NULL);

    ac97_enable(dev);
    memset(pci_test_memory(&test, 0x10000), 0xaa, 0x2000);
    ac97_descriptor(0, 96, 0x80000000u);
    wr(&test.io_as, MC, 0x1000, MO_32 | MO_LE);
    wr(&test.io_as, MIXER + 0x2a, 8, MO_16 | MO_LE); /* VRM */
    wr(&test.io_as, MIXER + 0x34, 9600, MO_16 | MO_LE);
    wr(&test.io_as, MC + 0xb, 0x15, MO_8);
    test_advance_ns(10 * SCALE_MS - 1);
    g_assert_cmpint(test.irq, ==, 0);
    test_advance_ns(1); /* 96 mono samples at 9600 Hz */
    g_assert_cmpint(test.irq, ==, 1);
    g_assert_cmphex(*pci_test_memory(&test, 0x10000 + 191), ==, 0);
    g_assert_cmphex(*pci_test_memory(&test, 0x10000 + 192), ==, 0xaa);
    drop_card(dev);
    audio_cleanup();
}

static void test_ac97_registers(void)
{
    PCIDevice *dev = new_card("AC97", NULL);

    ac97_enable(dev);
    g_assert_cmphex(rd(&test.io_as, MASTERS + 0x30, MO_32 | MO_LE), ==, 0x100);
    g_assert_cmphex(io8(MASTERS + 0x34), ==, 0); /* who asks first may */
    g_assert_cmphex(io8(MASTERS + 0x34), ==, 1);
    g_assert_cmphex(io16(MIXER + 0x7c), ==, 0x8384);
    g_assert_cmphex(io8(MASTERS + 0x34), ==, 0);
    wr(&test.io_as, MIXER + 0x2c, 100, MO_16 | MO_LE);
    g_assert_cmpuint(io16(MIXER + 0x2c), ==, 8000);
    wr(&test.io_as, MIXER, 0, MO_16 | MO_LE);
    g_assert_cmpuint(io16(MIXER + 0x2c), ==, 48000);
    g_assert_cmphex(io16(MIXER + 0x02), ==, 0x8000);
    drop_card(dev);
    audio_cleanup();
}

/* ---- HD Audio ---- */

#define HDA PCI_TEST_BARS
enum { CORB = 0x2000, RIRB = 0x3000, POSITIONS = 0x4000, LIST = 0x5000, SOUND = 0x10000 };
enum { OUT0 = 0x80 + 4 * 0x20 }; /* the first output stream */

static DeviceState *codec;

static PCIDevice *new_hda(const char *codec_type, const char *id)
{
    PCIDevice *dev = new_card("ich9-intel-hda", NULL);

    codec = qdev_new(codec_type);
    if (id) {
        object_property_set_str(OBJECT(codec), "audiodev", id, &error_abort);
    }
    qdev_realize_and_unref(codec, BUS(g_ptr_array_index(DEVICE(dev)->child_buses, 0)), &error_abort);
    pci_test_config(&test, dev, PCI_BASE_ADDRESS_0, HDA, 4);
    pci_test_config(&test, dev, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    wr(&test.mem_as, HDA + 0x08, 1, MO_32 | MO_LE);
    return dev;
}

static uint32_t mem32(uint32_t at)
{
    return rd(&test.mem_as, HDA + at, MO_32 | MO_LE);
}

static void mem_write(uint32_t at, uint32_t value, MemOp size)
{
    wr(&test.mem_as, HDA + at, value, size | MO_LE);
}

/* By the immediate command registers. */
static uint32_t verb(unsigned node, uint32_t verb_and_payload)
{
    mem_write(0x60, node << 20 | verb_and_payload, MO_32);
    mem_write(0x68, 1, MO_16);
    g_assert_cmphex(rd(&test.mem_as, HDA + 0x68, MO_16 | MO_LE), ==, 2);
    mem_write(0x68, 2, MO_16);
    g_assert_cmphex(rd(&test.mem_as, HDA + 0x68, MO_16 | MO_LE), ==, 0);
    return mem32(0x64);
}

static void test_hda_rings_carry_commands_and_answers(void)
{
    PCIDevice *dev = new_hda("hda-duplex", NULL);
    uint8_t *rirb = pci_test_memory(&test, RIRB);

    memset(pci_test_memory(&test, CORB), 0, 0x2000);
    g_assert_cmphex(rd(&test.mem_as, HDA + 0x0e, MO_16 | MO_LE), ==, 1);
    stl_le_p(pci_test_memory(&test, CORB + 4), 0x000f0000);
    stl_le_p(pci_test_memory(&test, CORB + 8), 0x000f0004);
    stl_le_p(pci_test_memory(&test, CORB + 12), 0x300f0000); /* nobody's */
    mem_write(0x40, CORB, MO_32);
    mem_write(0x50, RIRB, MO_32);
    mem_write(0x5a, 2, MO_16);
    mem_write(0x20, 0xc0000000, MO_32);
    mem_write(0x5c, 3, MO_8);
    mem_write(0x4c, 2, MO_8);
    g_assert_cmpint(test.irq, ==, 0);
    mem_write(0x48, 3, MO_16);
    g_assert_cmphex(rd(&test.mem_as, HDA + 0x4a, MO_16 | MO_LE), ==, 3);
    g_assert_cmphex(rd(&test.mem_as, HDA + 0x58, MO_16 | MO_LE), ==, 2);
    g_assert_cmphex(ldl_le_p(rirb + 8), ==, 0x1af40022);
    g_assert_cmphex(ldl_le_p(rirb + 16), ==, 0x00010001);
    g_assert_cmpint(test.irq, ==, 1);
    g_assert_cmphex(mem32(0x24), ==, 0xc0000000);
    mem_write(0x5d, 1, MO_8);
    g_assert_cmpint(test.irq, ==, 0);
    drop_card(dev);
    audio_cleanup();
}

static void test_hda_codecs_say_what_they_are(void)
{
    PCIDevice *dev = new_hda("hda-output", NULL);

    g_assert_cmphex(verb(0, 0xf0000), ==, 0x1af40012);
    g_assert_cmphex(verb(1, 0xf0004), ==, 0x00020002); /* two widgets from node 2 on */
    g_assert_cmphex(verb(2, 0xf0009), ==, 0x0000000d);
    g_assert_cmphex(verb(3, 0xf0200), ==, 2);
    g_assert_cmphex(verb(3, 0xf1c00), ==, 0x01014110);
    g_assert_cmphex(verb(4, 0xf0009), ==, 0); /* not there */
    verb(2, 0x3b080 | 5);                     /* both sides: mute */
    g_assert_cmphex(verb(2, 0xba000), ==, 0x85);
    g_assert_cmphex(verb(2, 0xb8000), ==, 0x85);
    verb(3, 0x71e23);
    g_assert_cmphex(verb(3, 0xf1c00), ==, 0x01234110);
    verb(1, 0x7ff00);
    g_assert_cmphex(verb(3, 0xf1c00), ==, 0x01014110);
    g_assert_cmphex(verb(2, 0xba000), ==, 0x3f);
    drop_card(dev);
    audio_cleanup();
}

static void hda_entry(unsigned i, uint32_t addr, uint32_t length, uint32_t flags)
{
    uint8_t *at = pci_test_memory(&test, LIST + 16 * i);

    stq_le_p(at, addr);
    stl_le_p(at + 8, length);
    stl_le_p(at + 12, flags);
}

/* Two buffers in a cycle, of which the second one interrupts: 48000 Hz, 16 bits, two channels. */
static void hda_play(unsigned channels)
{
    unsigned frame = 2 * channels;

    hda_entry(0, SOUND, 480 * frame, 0);
    hda_entry(1, SOUND + 0x4000, 240 * frame, 1);
    verb(2, 0x20010 | (channels - 1));
    verb(2, 0x70630); /* tag 3 */
    mem_write(OUT0 + 0x18, LIST, MO_32);
    mem_write(OUT0 + 0x08, 720 * frame, MO_32);
    mem_write(OUT0 + 0x0c, 1, MO_16);
    mem_write(OUT0 + 0x12, 0x10 | (channels - 1), MO_16);
    mem_write(0x70, POSITIONS | 1, MO_32);
    mem_write(0x20, 0x80000010, MO_32);
    mem_write(OUT0, 3 << 20 | 0x06, MO_32);
}

static void test_hda_plays_round_its_buffers(void)
{
    Wav w = new_wav("out.frequency=48000");
    PCIDevice *dev = new_hda("hda-duplex", w.id);
    g_autofree int16_t *samples = NULL;
    size_t count;
    uint32_t ticks;

    put_ramp(SOUND, 1, 960);
    put_ramp(SOUND + 0x4000, 961, 480);
    hda_play(2);
    ticks = mem32(0x30);
    test_advance_ns(5 * SCALE_MS);
    g_assert_cmpuint(mem32(OUT0 + 4), ==, 240 * 4);
    g_assert_cmpuint(mem32(0x2084 + 4 * 0x20), ==, 240 * 4);
    g_assert_cmpuint(ldl_le_p(pci_test_memory(&test, POSITIONS + 8 * 4)), ==, 240 * 4);
    g_assert_cmpuint(mem32(0x30) - ticks, ==, 5 * 24000);
    g_assert_cmpuint(mem32(0x2030), ==, mem32(0x30));
    test_advance_ns(10 * SCALE_MS - 1);
    g_assert_cmpint(test.irq, ==, 0);
    test_advance_ns(1);
    g_assert_cmpint(test.irq, ==, 1);
    g_assert_cmphex(mem32(0x24), ==, 0x80000010);
    g_assert_cmphex(rd(&test.mem_as, HDA + OUT0 + 3, MO_8), ==, 0x24);
    mem_write(OUT0 + 3, 4, MO_8);
    g_assert_cmpint(test.irq, ==, 0);
    g_assert_cmpuint(mem32(OUT0 + 4), ==, 0);
    test_advance_ns(15 * SCALE_MS);
    g_assert_cmpint(test.irq, ==, 1);
    mem_write(OUT0, 3 << 20, MO_32);
    test_advance_ns(50 * SCALE_MS);
    g_assert_cmpuint(mem32(OUT0 + 4), ==, 0);
    drop_card(dev);
    samples = end_and_read(&w, &count);
    g_assert_cmpuint(count, ==, 2 * 1440);
    for (unsigned i = 0; i < count; i++) {
        g_assert_cmpint(samples[i], ==, 1 + i % 1440);
    }
}

/* A converter takes two channels of a frame of more. */
static void test_hda_takes_its_channels_of_many(void)
{
    Wav w = new_wav("out.frequency=48000");
    PCIDevice *dev = new_hda("hda-output", w.id);
    g_autofree int16_t *samples = NULL;
    size_t count;

    for (unsigned i = 0; i < 0x4000; i++) {
        stw_le_p(pci_test_memory(&test, SOUND + 2 * i), i % 6);
    }
    hda_play(6);
    verb(2, 0x70634); /* the last two */
    test_advance_ns(5 * SCALE_MS);
    drop_card(dev);
    samples = end_and_read(&w, &count);
    g_assert_cmpuint(count, ==, 2 * 240);
    for (unsigned i = 0; i < count; i++) {
        g_assert_cmpint(samples[i], ==, 4 + i % 2);
    }
}

/* A message that is written to what the controller looks at for messages ends nevertheless. */
static void test_hda_messages_to_itself_end(void)
{
    PCIDevice *dev = new_hda("hda-output", NULL);

    pci_test_config(&test, dev, 0x64, HDA + 0x0c, 4); /* WAKEEN */
    pci_test_config(&test, dev, 0x68, 0, 4);
    pci_test_config(&test, dev, 0x6c, 0x0005, 2);
    pci_test_config(&test, dev, 0x62, 1, 2);
    hda_play(2);
    test_advance_ns(16 * SCALE_MS);
    g_assert_cmphex(rd(&test.mem_as, HDA + 0x0c, MO_16 | MO_LE), ==, 5);
    g_assert_cmphex(rd(&test.mem_as, HDA + OUT0 + 3, MO_8), ==, 0x24);
    drop_card(dev);
    audio_cleanup();
}

/* Codecs are seen when the link begins to run, and not again. */
static void test_hda_codecs_show_once(void)
{
    PCIDevice *dev = new_hda("hda-output", NULL);

    g_assert_cmphex(rd(&test.mem_as, HDA + 0x0e, MO_16 | MO_LE), ==, 1);
    mem_write(0x0e, 1, MO_16);
    mem_write(0x08, 0x101, MO_32);
    g_assert_cmphex(rd(&test.mem_as, HDA + 0x0e, MO_16 | MO_LE), ==, 0);
    mem_write(0x08, 0, MO_32);
    mem_write(0x08, 1, MO_32);
    g_assert_cmphex(rd(&test.mem_as, HDA + 0x0e, MO_16 | MO_LE), ==, 1);
    drop_card(dev);
    audio_cleanup();
}

static void test_hda_state_is_copied(void)
{
    PCIDevice *from, *to;
    DeviceState *from_codec;

    g_assert_true(audiodev_add_from_str("none,id=quiet,out.frequency=48000", &error_abort));
    from = new_hda("hda-duplex", "quiet");
    from_codec = codec;
    put_ramp(SOUND, 1, 960);
    hda_play(2);
    test_advance_ns(5 * SCALE_MS);
    g_assert_cmpuint(mem32(OUT0 + 4), ==, 240 * 4);
    pci_test_config(&test, from, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
    to = new_hda("hda-duplex", "quiet");
    test_copy_state(DEVICE(from), DEVICE(to));
    test_copy_state(from_codec, codec);
    drop_card(from);
    pci_test_config(&test, to, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    g_assert_cmpuint(mem32(OUT0 + 4), ==, 240 * 4);
    test_advance_ns(5 * SCALE_MS);
    g_assert_cmpuint(mem32(OUT0 + 4), ==, 480 * 4);
    drop_card(to);
    audio_cleanup();
}

/* ---- random guests ---- */

static void random_dma(void)
{
    uint8_t *at = pci_test_memory(&test, g_test_rand_int_range(0, 0x6000) & ~3);

    stl_le_p(at, g_test_rand_int_range(0, 4) ? (uint32_t)g_test_rand_int_range(0, 0x8000)
                                             : (uint32_t)g_test_rand_int());
}

static void random_steps(PCIDevice *dev, AddressSpace *as, hwaddr base, unsigned size, unsigned stray)
{
    for (int i = 0; i < 20000; i++) {
        hwaddr at = base + (g_test_rand_int_range(0, 8) ? g_test_rand_int_range(0, size)
                                                        : g_test_rand_int_range(0, stray));
        uint32_t value = g_test_rand_int_range(0, 3) ? g_test_rand_int_range(0, 0x6000)
                                                     : g_test_rand_int();
        MemOp op = g_test_rand_int_range(0, 3) | MO_LE;

        switch (g_test_rand_int_range(0, 40)) {
        case 0:
            test_advance_ns(g_test_rand_int_range(0, 20 * SCALE_MS));
            break;
        case 1:
            device_cold_reset(DEVICE(dev));
            break;
        case 2 ... 8:
            random_dma();
            break;
        case 9 ... 12:
            address_space_ld(as, at, op, MEMTXATTRS_UNSPECIFIED, NULL);
            break;
        default:
            address_space_st(as, at, value, op, MEMTXATTRS_UNSPECIFIED, NULL);
        }
        pci_test_config(&test, dev, PCI_COMMAND,
                        PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    }
}

static void test_random_ac97(void)
{
    PCIDevice *dev = new_card("AC97", NULL);

    ac97_enable(dev);
    random_steps(dev, &test.io_as, MASTERS, 0x38, 0x100);
    drop_card(dev);
    audio_cleanup();
}

static void test_random_hda(void)
{
    PCIDevice *dev = new_hda("hda-duplex", NULL);

    random_steps(dev, &test.mem_as, HDA, 0x180, 0x4000);
    for (int i = 0; i < 4; i++) { /* with something that listens, and registers of its own as memory */
        device_cold_reset(DEVICE(dev));
        mem_write(0x08, 1, MO_32);
        hda_play(1 + 5 * i);
        hda_entry(i % 2, i % 3 ? HDA + 0x40 : SOUND, g_test_rand_int_range(0, 100), 1);
        mem_write(0x50, HDA & 0xffffff80, MO_32);
        random_steps(dev, &test.mem_as, HDA, 0x180, 0x4000);
    }
    drop_card(dev);
    audio_cleanup();
}

int main(int argc, char **argv)
{
    int status;

    device_test_init(&argc, &argv);
    pci_test_init(&test);
    folder = g_dir_make_tmp("test-sound-XXXXXX", NULL);
#define TEST(name, function) g_test_add_func("/sound/" name, function)
    TEST("a-second-has-as-many-frames-as-the-rate-says",
         test_a_second_has_as_many_frames_as_the_rate_says);
    TEST("voices-are-added-and-cut-off", test_voices_are_added_and_cut_off);
    TEST("formats-and-channels-are-converted", test_formats_and_channels_are_converted);
    TEST("rates-are-converted-without-drift", test_rates_are_converted_without_drift);
    TEST("what-a-device-lacks-is-silent", test_what_a_device_lacks_is_silent);
    TEST("who-is-late-goes-on-where-it-was", test_who_is_late_goes_on_where_it_was);
    TEST("the-clock-may-go-back", test_the_clock_may_go_back);
    TEST("a-voice-can-be-given-up-while-it-moves", test_a_voice_can_be_given_up_while_it_moves);
    TEST("ac97-plays-its-list-to-the-last-valid-descriptor",
         test_ac97_plays_its_list_to_the_last_valid_descriptor);
    TEST("ac97-records-silence-where-the-list-says", test_ac97_records_silence_where_the_list_says);
    TEST("ac97-registers", test_ac97_registers);
    TEST("hda-rings-carry-commands-and-answers", test_hda_rings_carry_commands_and_answers);
    TEST("hda-codecs-say-what-they-are", test_hda_codecs_say_what_they_are);
    TEST("hda-plays-round-its-buffers", test_hda_plays_round_its_buffers);
    TEST("hda-takes-its-channels-of-many", test_hda_takes_its_channels_of_many);
    TEST("hda-messages-to-itself-end", test_hda_messages_to_itself_end);
    TEST("hda-codecs-show-once", test_hda_codecs_show_once);
    TEST("hda-state-is-copied", test_hda_state_is_copied);
    TEST("random-ac97", test_random_ac97);
    TEST("random-hda", test_random_hda);
#undef TEST
    status = g_test_run();
    g_rmdir(folder);
    g_free(folder);
    return status;
}
