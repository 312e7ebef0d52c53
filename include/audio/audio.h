/*
 * Sound: voices, which are what sound devices play and record with.
 *
 * A voice belongs to a back end (-audiodev) and moves frames - one sample for each channel - at its
 * own rate while it runs. The guest's clock alone says how many: a voice has moved `rate` frames
 * for each second of guest time, whoever listens. The back end mixes what runs at a time and
 * converts it to its own rate, channels and format.
 *
 * A voice asks its device for frames, or hands it those recorded, in portions: every timer period
 * of the back end, at each event that the device has announced, and whenever audio_voice_sync() is
 * called. So a device's registers are exact at the time they are read, and its interrupts are as
 * late as a frame, not as a timer period.
 *
 * All functions and all callbacks run with the big lock held, on any thread. Callbacks may call
 * any of these functions; what they ask of a voice that is moving frames at the moment takes effect
 * when they return.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUDIO_AUDIO_H
#define AUDIO_AUDIO_H

#include "qemu/osdep.h"

#define AUDIO_MIN_RATE     1000
#define AUDIO_MAX_RATE     384000
#define AUDIO_MAX_CHANNELS 16

typedef struct AudioVoice AudioVoice;

/* Samples in memory, little-endian, one beside the other. */
typedef enum AudioFormat {
    AUDIO_FORMAT_U8,
    AUDIO_FORMAT_S8,
    AUDIO_FORMAT_U16,
    AUDIO_FORMAT_S16,
    AUDIO_FORMAT_U32,
    AUDIO_FORMAT_S32,
    AUDIO_FORMAT_F32, /* from -1 to 1 */
    AUDIO_FORMAT__MAX,
} AudioFormat;

typedef struct AudioSettings {
    uint32_t rate; /* frames a second, from AUDIO_MIN_RATE to AUDIO_MAX_RATE */
    unsigned channels; /* 1 to AUDIO_MAX_CHANNELS */
    AudioFormat format;
} AudioSettings;

typedef struct AudioVoiceOps {
    /*
     * Output: puts up to `count` frames there and returns how many; the rest is silence. Input:
     * takes `count` frames from there; the result says how many it had room for, the rest is lost.
     */
    size_t (*transfer)(void *opaque, void *frames, size_t count);
    /*
     * After how many frames something happens that the guest is to see at once (an interrupt); 0:
     * nothing will; less than 16 counts as 16. NULL: never. Asked anew after each transfer.
     */
    uint64_t (*until_event)(void *opaque);
} AudioVoiceOps;

/*
 * A voice of that back end; NULL: of the one that devices have without an `audiodev` property
 * (-audio, else a silent one). It stands still.
 */
AudioVoice *audio_voice_new(AudioDev *dev, bool input, const AudioVoiceOps *ops, void *opaque);
/* Stops it, too. NULL is fine. */
void audio_voice_free(AudioVoice *v);

/*
 * From now on it moves frames of these settings. One that runs goes on where it is if they are the
 * same, and begins anew otherwise.
 */
void audio_voice_start(AudioVoice *v, const AudioSettings *settings);
/* What was due until now is moved. */
void audio_voice_stop(AudioVoice *v);
bool audio_voice_is_running(const AudioVoice *v);

/* 0x10000 leaves samples as they are; left is every even channel, right every odd one. */
#define AUDIO_FULL_VOLUME 0x10000u
void audio_voice_set_volume(AudioVoice *v, uint32_t left, uint32_t right);

/* Moves what is due, so that the device's state is that of now. Nothing within a callback. */
void audio_voice_sync(AudioVoice *v);

/* Bytes of one sample, and of one frame. */
unsigned audio_format_size(AudioFormat format);
size_t audio_frame_size(const AudioSettings *settings);

#endif
