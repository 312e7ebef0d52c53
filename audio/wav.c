/*
 * Sound back end "wav": a file with what was played.
 *
 * The file has what was played while something played; the time between isn't there. Each portion
 * of frames is written before the header is told of it, so that the file is a right one at any time,
 * however the emulator ends. A thread does it: a slow disk holds nobody up.
 *
 * Reference: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0",
 * chapter 3, "Waveform Audio File Format".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <fcntl.h>
#include "audio-internal.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/units.h"

#define DEFAULT_FILE "qemu.wav"

enum { TAG_PCM = 1, TAG_FLOAT = 3 };
enum { RIFF_SIZE = 8, FMT_SIZE = 8 + 16, HEADER_SIZE = 12 + FMT_SIZE + 8 };

#define MOST_DATA    (4 * GiB - 64 * KiB) /* sizes have 32 bits */
#define MOST_WAITING (16 * MiB)           /* for the disk; about a minute and a half */

typedef struct WavFile {
    char *path;
    int fd;
    GThread *thread;

    GMutex lock;
    GCond changed;
    AudioSettings settings; /* what the header says */
    GByteArray *waiting;    /* frames to be written */
    bool ends;
    bool too_slow, too_long; /* was said */

    uint64_t accepted; /* bytes of frames that were ever in `waiting` */

    uint64_t written; /* bytes of frames; the thread's */
} WavFile;

/* ---- the thread ---- */

static void make_header(const AudioSettings *s, uint64_t size, uint8_t header[HEADER_SIZE])
{
    uint8_t *fmt = header + 12, *data = fmt + FMT_SIZE;
    size_t frame = audio_frame_size(s);

    memcpy(header, "RIFF", 4);
    stl_le_p(header + 4, (uint32_t)(HEADER_SIZE - RIFF_SIZE + size + (size & 1)));
    memcpy(header + 8, "WAVE", 4);
    memcpy(fmt, "fmt ", 4);
    stl_le_p(fmt + 4, FMT_SIZE - 8);
    stw_le_p(fmt + 8, s->format == AUDIO_FORMAT_F32 ? TAG_FLOAT : TAG_PCM);
    stw_le_p(fmt + 10, s->channels);
    stl_le_p(fmt + 12, s->rate);
    stl_le_p(fmt + 16, s->rate * frame);
    stw_le_p(fmt + 20, frame);
    stw_le_p(fmt + 22, 8 * audio_format_size(s->format));
    memcpy(data, "data", 4);
    stl_le_p(data + 4, (uint32_t)size);
}

static bool write_at(int fd, const uint8_t *bytes, size_t size, uint64_t offset)
{
    while (size) {
        ssize_t n = pwrite(fd, bytes, size, offset);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n == 0) {
            errno = EIO;
            return false;
        }
        if (n > 0) {
            bytes += n;
            size -= n;
            offset += n;
        }
    }
    return true;
}

static bool write_header(int fd, const AudioSettings *s, uint64_t size)
{
    uint8_t header[HEADER_SIZE];

    make_header(s, size, header);
    return write_at(fd, header, sizeof(header), 0);
}

/* Chunks have an even number of bytes. */
static bool write_frames(WavFile *w, const AudioSettings *s, const GByteArray *frames)
{
    static const uint8_t pad;

    if (!write_at(w->fd, frames->data, frames->len, HEADER_SIZE + w->written)) {
        return false;
    }
    w->written += frames->len;
    if ((w->written & 1) && !write_at(w->fd, &pad, 1, HEADER_SIZE + w->written)) {
        return false;
    }
    return write_header(w->fd, s, w->written);
}

static void *writer(void *opaque)
{
    WavFile *w = opaque;
    bool failed = false, last;

    do {
        g_autoptr(GByteArray) frames = NULL;
        AudioSettings settings;

        g_mutex_lock(&w->lock);
        while (!w->waiting->len && !w->ends) {
            g_cond_wait(&w->changed, &w->lock);
        }
        frames = w->waiting;
        w->waiting = g_byte_array_new();
        settings = w->settings;
        last = w->ends;
        g_mutex_unlock(&w->lock);
        if (!failed && !write_frames(w, &settings, frames)) {
            warn_report("audiodev wav: could not write '%s': %s; what is played from now on isn't kept",
                        w->path, strerror(errno));
            failed = true;
        }
    } while (!last);
    return NULL;
}

/* ---- the back end ---- */

static const QemuOptDesc wav_keys[] = {
    { .name = "path", .type = QEMU_OPT_STRING },
    { NULL },
};

static bool is_wav_format(AudioFormat format)
{
    return format != AUDIO_FORMAT_S8 && format != AUDIO_FORMAT_U16 && format != AUDIO_FORMAT_U32;
}

/* An empty one, which can be written anywhere. */
static int create_file(const char *path, const AudioSettings *s, Error **errp)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);

    if (fd < 0) {
        error_setg_errno(errp, errno, "Could not open '%s'", path);
        return -1;
    }
    if (!write_header(fd, s, 0)) {
        error_setg_errno(errp, errno, "Could not write '%s', which must be a file whose beginning can be "
                         "written again", path);
        close(fd);
        return -1;
    }
    return fd;
}

static bool wav_open(AudioDev *d, QemuOpts *opts, Error **errp)
{
    const char *path = qemu_opt_get(opts, "path");
    WavFile *w;
    int fd;

    if (!is_wav_format(d->out.format)) {
        error_setg(errp, "Parameter 'out.format' doesn't take '%s' for wav: expected u8, s16, s32 or f32",
                   audio_format_name(d->out.format));
        return false;
    }
    path = path ? path : DEFAULT_FILE;
    fd = create_file(path, &d->out, errp);
    if (fd < 0) {
        return false;
    }
    d->state = w = g_new0(WavFile, 1);
    w->path = g_strdup(path);
    w->fd = fd;
    w->settings = d->out;
    w->waiting = g_byte_array_new();
    g_mutex_init(&w->lock);
    g_cond_init(&w->changed);
    w->thread = g_thread_new("wav", writer, w);
    return true;
}

/* The settings are those of the first voice, if the user didn't choose. */
static void wav_begin(AudioDev *d)
{
    WavFile *w = d->state;

    if (!is_wav_format(d->out.format)) {
        d->out.format = d->out.format == AUDIO_FORMAT_U32 ? AUDIO_FORMAT_S32 : AUDIO_FORMAT_S16;
    }
    g_mutex_lock(&w->lock);
    w->settings = d->out;
    g_mutex_unlock(&w->lock);
}

static void wav_play(AudioDev *d, const void *frames, size_t count)
{
    WavFile *w = d->state;
    size_t size = count * audio_frame_size(&d->out);

    g_mutex_lock(&w->lock);
    if (w->waiting->len + size > MOST_WAITING) {
        if (!w->too_slow) {
            warn_report("audiodev '%s': '%s' can't be written fast enough: parts are missing", d->id,
                        w->path);
        }
        w->too_slow = true;
    } else if (w->accepted + size > MOST_DATA) {
        if (!w->too_long) {
            warn_report("audiodev '%s': '%s' can't be longer: what is played from now on isn't kept",
                        d->id, w->path);
        }
        w->too_long = true;
    } else {
        g_byte_array_append(w->waiting, frames, size);
        w->accepted += size;
        g_cond_signal(&w->changed);
    }
    g_mutex_unlock(&w->lock);
}

static void wav_close(AudioDev *d)
{
    WavFile *w = d->state;

    g_mutex_lock(&w->lock);
    w->ends = true;
    g_cond_signal(&w->changed);
    g_mutex_unlock(&w->lock);
    g_thread_join(w->thread);
    close(w->fd);
    g_byte_array_unref(w->waiting);
    g_mutex_clear(&w->lock);
    g_cond_clear(&w->changed);
    g_free(w->path);
    g_free(w);
}

static const AudioDriver wav_driver = {
    .name = "wav",
    .keys = wav_keys,
    .open = wav_open,
    .begin = wav_begin,
    .play = wav_play,
    .close = wav_close,
};

static void register_wav(void)
{
    audio_driver_register(&wav_driver);
}

type_init(register_wav)
