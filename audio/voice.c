/*
 * Sound: voices, and the time at which their frames move.
 *
 * A back end's frames are numbered from when the first of its output voices started; frame n is due
 * at play_epoch + n / rate. Whenever the time comes, each output voice gives as many frames as are
 * due, converted to the back end's rate; their sum is played. An input voice counts its own frames.
 *
 * Rates are converted by linear interpolation: frame n of the output lies at n * rate / out.rate of
 * the voice's frames, kept as an exact fraction, so that nothing drifts. At equal rates samples pass
 * through unchanged.
 *
 * Who is late by more than MAX_LAG periods (the host was busy) has the clock set back instead of
 * everything rushing through the guest's buffers at once, which a guest that had no time to fill
 * them would hear as a gap.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "audio-internal.h"
#include "qemu/host-utils.h"

#define CHUNK         512  /* output frames that are made at a time */
#define SOURCE_FRAMES 4096 /* and at most so many of a voice for them */
#define MAX_LAG       4
#define FEWEST_FRAMES 16   /* events of a device come no closer together than this */

struct AudioVoice {
    AudioDev *dev;
    bool input, running, gone;
    bool restart; /* a callback has started it: with `wanted`, once it returns */
    AudioSettings wanted;
    const AudioVoiceOps *ops;
    void *opaque;
    AudioSettings settings;
    uint32_t volume[2];

    /* output: between the frames `before` and `after`, phase / out.rate of the way */
    uint64_t phase;
    int32_t before[AUDIO_MAX_CHANNELS], after[AUDIO_MAX_CHANNELS];
    /* input */
    int64_t epoch;
    uint64_t recorded;

    uint8_t *raw;     /* SOURCE_FRAMES of the voice's */
    int32_t *samples; /* the same, decoded */
};

static int64_t now_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* ---- how many frames are due ---- */

static uint64_t frames_at(int64_t epoch, int64_t now, uint32_t rate)
{
    return now <= epoch ? 0 : muldiv64(now - epoch, rate, NANOSECONDS_PER_SECOND);
}

static int64_t time_of_frame(int64_t epoch, uint64_t frame, uint32_t rate)
{
    return epoch + (int64_t)muldiv64_round_up(frame, NANOSECONDS_PER_SECOND, rate);
}

/*
 * Of `done` frames since the epoch: how many more are due now. What is too much moves the epoch,
 * and so does a clock that has gone back: a snapshot was loaded.
 */
static uint64_t frames_due(const AudioDev *d, int64_t *epoch, uint64_t *done, uint32_t rate,
                           int64_t now)
{
    uint64_t total = frames_at(*epoch, now, rate);
    uint64_t most = MAX(frames_at(0, MAX_LAG * d->period_ns, rate), 1);

    if (now < *epoch || total < *done) {
        *epoch = now;
        *done = 0;
        return 0;
    }
    if (total - *done > most) {
        *epoch = now - (int64_t)muldiv64(most, NANOSECONDS_PER_SECOND, rate);
        *done = 0;
        return frames_at(*epoch, now, rate);
    }
    return total - *done;
}

/* ---- what an output voice plays ---- */

/* The next `count` of its frames, in v->samples. What the device doesn't have is silent. */
static void fetch(AudioVoice *v, size_t count)
{
    unsigned channels = v->settings.channels;
    size_t got = v->running ? MIN(v->ops->transfer(v->opaque, v->raw, count), count) : 0;

    audio_decode(v->samples, v->raw, got * channels, v->settings.format);
    memset(v->samples + got * channels, 0, (count - got) * channels * sizeof(*v->samples));
    if (v->volume[0] == AUDIO_FULL_VOLUME && v->volume[1] == AUDIO_FULL_VOLUME) {
        return;
    }
    for (size_t i = 0; i < got * channels; i++) {
        int64_t louder = (int64_t)v->samples[i] * v->volume[i % channels & 1] >> 16;

        v->samples[i] = (int32_t)CLAMP(louder, INT32_MIN, INT32_MAX);
    }
}

/* One is heard everywhere, several on as many as there are; what is more than the back end has isn't. */
static void add_frame(int64_t *sum, unsigned sum_channels, const int32_t *frame, unsigned channels)
{
    if (sum_channels == 1 && channels > 1) {
        sum[0] += ((int64_t)frame[0] + frame[1]) / 2;
        return;
    }
    for (unsigned c = 0; c < sum_channels && (channels == 1 || c < channels); c++) {
        sum[c] += frame[channels == 1 ? 0 : c];
    }
}

/* How many frames of a voice `count` frames of output use up. */
static uint64_t source_frames(const AudioVoice *v, uint64_t count)
{
    uint32_t rate = v->dev->out.rate;

    return v->settings.rate == rate ? count
                                    : (v->phase + (count - 1) * v->settings.rate) / rate;
}

static void add_converted(AudioVoice *v, int64_t *sum, size_t count)
{
    unsigned channels = v->settings.channels;
    uint32_t rate = v->dev->out.rate;
    const int32_t *next = v->samples;

    fetch(v, source_frames(v, count));
    for (size_t i = 0; i < count; i++, sum += v->dev->out.channels) {
        int32_t frame[AUDIO_MAX_CHANNELS];

        for (; v->phase >= rate; v->phase -= rate, next += channels) {
            memcpy(v->before, v->after, sizeof(v->before));
            memcpy(v->after, next, channels * sizeof(*next));
        }
        for (unsigned c = 0; c < channels; c++) {
            int64_t step = (int64_t)v->after[c] - v->before[c];

            frame[c] = (int32_t)(v->before[c] + step * (int64_t)v->phase / rate);
        }
        add_frame(sum, v->dev->out.channels, frame, channels);
        v->phase += v->settings.rate;
    }
}

static void add_voice(AudioVoice *v, int64_t *sum, size_t count)
{
    if (v->settings.rate != v->dev->out.rate) {
        add_converted(v, sum, count);
        return;
    }
    fetch(v, count);
    for (size_t i = 0; i < count; i++) {
        add_frame(sum + i * v->dev->out.channels, v->dev->out.channels,
                  v->samples + i * v->settings.channels, v->settings.channels);
    }
}

/* ---- moving frames ---- */

static AudioVoice *voice_at(const AudioDev *d, guint i)
{
    return g_ptr_array_index(d->voices, i);
}

/* So many that no voice needs more than it has room for. */
static size_t next_chunk(const AudioDev *d, uint64_t due)
{
    uint64_t chunk = MIN(due, CHUNK);

    for (guint i = 0; i < d->voices->len; i++) {
        const AudioVoice *v = voice_at(d, i);

        if (v->running && !v->input) {
            uint64_t room = (uint64_t)(SOURCE_FRAMES - 4) * d->out.rate / v->settings.rate;

            chunk = MIN(chunk, MAX(room, 1));
        }
    }
    return chunk;
}

static void play(AudioDev *d, uint64_t due)
{
    while (due) {
        size_t count = next_chunk(d, due), samples = count * d->out.channels;

        memset(d->sum, 0, samples * sizeof(*d->sum));
        for (guint i = 0; i < d->voices->len; i++) {
            if (voice_at(d, i)->running && !voice_at(d, i)->input) {
                add_voice(voice_at(d, i), d->sum, count);
            }
        }
        d->played += count;
        due -= count;
        if (d->driver && d->driver->play) {
            audio_encode(d->mixed, d->sum, samples, d->out.format);
            d->driver->play(d, d->mixed, count);
        }
    }
}

/* There is no back end that records: silence. */
static void record(AudioVoice *v, uint64_t due)
{
    while (due && v->running) {
        size_t count = MIN(due, SOURCE_FRAMES);

        audio_silence(v->raw, count * v->settings.channels, v->settings.format);
        v->ops->transfer(v->opaque, v->raw, count);
        v->recorded += count;
        due -= count;
    }
}

/* ---- when that happens ---- */

static bool any_playing(const AudioDev *d)
{
    for (guint i = 0; i < d->voices->len; i++) {
        if (voice_at(d, i)->running && !voice_at(d, i)->input) {
            return true;
        }
    }
    return false;
}

/* When the voice's event is due; INT64_MAX: there is none. */
static int64_t event_time(const AudioVoice *v)
{
    const AudioDev *d = v->dev;
    uint64_t frames = v->running && v->ops->until_event ? v->ops->until_event(v->opaque) : 0;

    if (!frames || frames > UINT32_MAX) {
        return INT64_MAX;
    }
    frames = MAX(frames, FEWEST_FRAMES);
    if (v->input) {
        return time_of_frame(v->epoch, v->recorded + frames, v->settings.rate);
    }
    if (v->settings.rate != d->out.rate) { /* the first n for which source_frames() is that many */
        uint64_t needed = frames * d->out.rate;

        frames = needed <= v->phase ? 1
                                    : DIV_ROUND_UP(needed - v->phase, v->settings.rate) + 1;
    }
    return time_of_frame(d->play_epoch, d->played + frames, d->out.rate);
}

static void schedule(AudioDev *d, int64_t now)
{
    int64_t next = INT64_MAX;
    bool any = false;

    for (guint i = 0; i < d->voices->len; i++) {
        any |= voice_at(d, i)->running || voice_at(d, i)->gone; /* bury() */
        next = MIN(next, event_time(voice_at(d, i)));
    }
    if (any) {
        timer_mod(&d->timer, MIN(next, now + d->period_ns));
    } else {
        timer_del(&d->timer);
    }
}

static void free_voice(AudioVoice *v)
{
    AudioDev *d = v->dev;

    g_ptr_array_remove(d->voices, v);
    g_free(v->raw);
    g_free(v->samples);
    g_free(v);
    audiodev_voice_gone(d);
}

static void update_playing(AudioDev *d)
{
    d->playing = any_playing(d);
}

static void begin(AudioVoice *v, const AudioSettings *settings, int64_t now);

/* What callbacks have started. */
static void restart_voices(AudioDev *d, int64_t now)
{
    for (guint i = 0; i < d->voices->len; i++) {
        AudioVoice *v = voice_at(d, i);

        if (v->restart) {
            v->restart = false;
            begin(v, &v->wanted, now);
        }
    }
}

/* Moves what is due at `now`. Not from within itself. */
static void move(AudioDev *d, int64_t now)
{
    d->busy = true;
    if (d->playing) {
        play(d, frames_due(d, &d->play_epoch, &d->played, d->out.rate, now));
    }
    for (guint i = 0; i < d->voices->len; i++) {
        AudioVoice *v = voice_at(d, i);

        if (v->input && v->running) {
            record(v, frames_due(d, &v->epoch, &v->recorded, v->settings.rate, now));
        }
    }
    d->busy = false;
    restart_voices(d, now);
    update_playing(d);
}

/* Voices that were given up by a callback go now. */
static void bury(AudioDev *d)
{
    for (guint i = d->voices->len; i-- > 0;) {
        if (voice_at(d, i)->gone) {
            bool last = d->voices->len == 1;

            free_voice(voice_at(d, i));
            if (last) {
                return; /* and so may be the back end */
            }
        }
    }
}

void audio_dev_run(AudioDev *d)
{
    int64_t now = now_ns();

    if (!d->busy) {
        move(d, now);
        schedule(d, now);
        bury(d);
    }
}

static void timer_fired(void *opaque)
{
    audio_dev_run(opaque);
}

void audio_dev_init(AudioDev *d)
{
    d->voices = g_ptr_array_new();
    d->sum = g_new(int64_t, CHUNK * AUDIO_MAX_CHANNELS);
    d->mixed = g_malloc(CHUNK * AUDIO_MAX_CHANNELS * sizeof(uint32_t));
    timer_init_ns(&d->timer, QEMU_CLOCK_VIRTUAL, timer_fired, d);
}

void audio_dev_deinit(AudioDev *d)
{
    timer_deinit(&d->timer);
    g_ptr_array_unref(d->voices);
    g_free(d->sum);
    g_free(d->mixed);
}

/* ---- for devices ---- */

AudioVoice *audio_voice_new(AudioDev *dev, bool input, const AudioVoiceOps *ops, void *opaque)
{
    AudioVoice *v = g_new0(AudioVoice, 1);

    *v = (AudioVoice){
        .dev = dev ? dev : audiodev_default(),
        .input = input,
        .ops = ops,
        .opaque = opaque,
        .volume = { AUDIO_FULL_VOLUME, AUDIO_FULL_VOLUME },
        .raw = g_malloc(SOURCE_FRAMES * AUDIO_MAX_CHANNELS * sizeof(uint32_t)),
        .samples = g_new(int32_t, SOURCE_FRAMES * AUDIO_MAX_CHANNELS),
    };
    g_ptr_array_add(v->dev->voices, v);
    return v;
}

void audio_voice_free(AudioVoice *v)
{
    if (!v) {
        return;
    }
    audio_voice_stop(v);
    v->gone = true;
    if (!v->dev->busy) {
        free_voice(v);
    }
}

static bool same_settings(const AudioSettings *a, const AudioSettings *b)
{
    return a->rate == b->rate && a->channels == b->channels && a->format == b->format;
}

/* The first one of a time gives the back end its settings, if the user hasn't. */
static void begin_playing(AudioDev *d, const AudioSettings *first, int64_t now)
{
    if (!d->fixed) {
        d->out = *first;
        d->fixed = true;
    }
    d->play_epoch = now;
    d->played = 0;
    d->playing = true;
    if (d->driver && d->driver->begin) {
        d->driver->begin(d);
    }
}

static void begin(AudioVoice *v, const AudioSettings *settings, int64_t now)
{
    AudioDev *d = v->dev;

    v->settings = *settings;
    v->epoch = now;
    v->recorded = 0;
    if (!v->input && !d->playing) {
        begin_playing(d, settings, now);
    }
    v->phase = 2 * (uint64_t)d->out.rate; /* the first frame is played first */
    memset(v->after, 0, sizeof(v->after));
    v->running = true;
}

void audio_voice_start(AudioVoice *v, const AudioSettings *settings)
{
    AudioDev *d = v->dev;
    int64_t now = now_ns();

    g_assert(settings->rate >= AUDIO_MIN_RATE && settings->rate <= AUDIO_MAX_RATE &&
             settings->channels && settings->channels <= AUDIO_MAX_CHANNELS);
    if (v->running && same_settings(settings, &v->settings)) {
        return;
    }
    if (d->busy) {
        v->running = false;
        v->restart = true;
        v->wanted = *settings;
        return;
    }
    move(d, now);
    begin(v, settings, now);
    schedule(d, now);
}

void audio_voice_stop(AudioVoice *v)
{
    AudioDev *d = v->dev;
    int64_t now = now_ns();

    if (d->busy) {
        v->running = v->restart = false;
    } else if (v->running) {
        move(d, now);
        v->running = v->restart = false;
        update_playing(d);
        schedule(d, now);
    }
}

bool audio_voice_is_running(const AudioVoice *v)
{
    return v->running || v->restart;
}

void audio_voice_set_volume(AudioVoice *v, uint32_t left, uint32_t right)
{
    if (v->volume[0] != left || v->volume[1] != right) {
        audio_voice_sync(v);
        v->volume[0] = left;
        v->volume[1] = right;
    }
}

void audio_voice_sync(AudioVoice *v)
{
    if (v->running) {
        audio_dev_run(v->dev);
    }
}
