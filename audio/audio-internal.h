/*
 * Sound: what back ends and voices know of each other.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUDIO_INTERNAL_H
#define AUDIO_INTERNAL_H

#include "audio/audio.h"
#include "qemu/option.h"
#include "qemu/timer.h"

/* A kind of back end. Functions that are NULL: there is nothing to do. */
typedef struct AudioDriver {
    const char *name;
    const QemuOptDesc *keys; /* of its own, besides those that all have; may be NULL */
    /* Takes what it wants from opts, which are as `keys` say. False with *errp set. */
    bool (*open)(AudioDev *d, QemuOpts *opts, Error **errp);
    /* Something begins to play. d->out is what it will be from now on. */
    void (*begin)(AudioDev *d);
    /* Frames as d->out says. Never waits. */
    void (*play)(AudioDev *d, const void *frames, size_t count);
    void (*close)(AudioDev *d);
} AudioDriver;

struct AudioDev {
    char *id;
    const AudioDriver *driver; /* NULL: it is closed */
    void *state;               /* the driver's */
    AudioSettings out;
    bool fixed;       /* out is as the user says; else as the first voice does */
    int64_t period_ns;

    /* voice.c */
    GPtrArray *voices; /* AudioVoice */
    QEMUTimer timer;
    bool playing;        /* an output voice runs */
    int64_t play_epoch;  /* ns: when frame 0 was due */
    uint64_t played;     /* frames since then */
    bool busy;           /* frames are being moved */
    int64_t *sum;        /* of what voices play */
    void *mixed;         /* the same in out's format */
};

/* From a type_init() function; the driver stays valid. */
void audio_driver_register(const AudioDriver *driver);

/* Once the driver is open; and when it is closed. */
void audio_dev_init(AudioDev *d);
void audio_dev_deinit(AudioDev *d);
/* Everything that is due moves. */
void audio_dev_run(AudioDev *d);
/* The one that is meant by NULL. */
AudioDev *audiodev_default(void);
/* A closed back end goes with its last voice. */
void audiodev_voice_gone(AudioDev *d);

/* ---- convert.c: samples are 32 bits wide inside, the format's highest bits on top ---- */

void audio_decode(int32_t *to, const void *from, size_t samples, AudioFormat format);
/* What is too loud is cut off. */
void audio_encode(void *to, const int64_t *from, size_t samples, AudioFormat format);
void audio_silence(void *to, size_t samples, AudioFormat format);
const char *audio_format_name(AudioFormat format);
/* False: there is none of that name. */
bool audio_format_parse(const char *name, AudioFormat *format);


#endif
