/*
 * Sound back end "sdl": plays on the host, by SDL 2.
 *
 * Frames go to SDL's own queue, which a thread of SDL's empties at the host's pace. Guest time isn't
 * the host's: where more waits than LATEST, what is new is dropped until it has become less; where
 * nothing waits there is a gap.
 *
 * Reference: SDL 2 wiki, "CategoryAudio".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#define SDL_MAIN_HANDLED
#include <SDL.h>
#include "audio-internal.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define LATEST_MS 250

static const SDL_AudioFormat sdl_formats[AUDIO_FORMAT__MAX] = {
    [AUDIO_FORMAT_U8] = AUDIO_U8,      [AUDIO_FORMAT_S8] = AUDIO_S8,
    [AUDIO_FORMAT_U16] = AUDIO_U16LSB, [AUDIO_FORMAT_S16] = AUDIO_S16LSB,
    [AUDIO_FORMAT_U32] = 0,            [AUDIO_FORMAT_S32] = AUDIO_S32LSB,
    [AUDIO_FORMAT_F32] = AUDIO_F32LSB,
};

typedef struct SdlOutput {
    SDL_AudioDeviceID device;
    uint32_t most; /* bytes that may wait */
} SdlOutput;

static bool sdl_open(AudioDev *d, QemuOpts *opts, Error **errp)
{
    SDL_AudioSpec spec = {
        .freq = (int)d->out.rate,
        .format = sdl_formats[d->out.format],
        .channels = (Uint8)d->out.channels,
        .samples = 1024,
    };
    SdlOutput *s;
    SDL_AudioDeviceID device;

    if (!spec.format || d->out.channels > 8 || !d->fixed) {
        error_setg(errp, "sdl takes neither the format u32 nor more than 8 channels nor "
                         "out.fixed-settings=off");
        return false;
    }
    if (SDL_InitSubSystem(SDL_INIT_AUDIO) < 0) {
        error_setg(errp, "sdl: %s", SDL_GetError());
        return false;
    }
    device = SDL_OpenAudioDevice(NULL, 0, &spec, NULL, 0);
    if (!device) {
        error_setg(errp, "sdl: %s", SDL_GetError());
        SDL_QuitSubSystem(SDL_INIT_AUDIO);
        return false;
    }
    d->state = s = g_new0(SdlOutput, 1);
    s->device = device;
    s->most = (uint32_t)(audio_frame_size(&d->out) * d->out.rate * LATEST_MS / 1000);
    SDL_PauseAudioDevice(device, 0);
    return true;
}

static void sdl_play(AudioDev *d, const void *frames, size_t count)
{
    SdlOutput *s = d->state;

    if (SDL_GetQueuedAudioSize(s->device) < s->most) {
        SDL_QueueAudio(s->device, frames, (Uint32)(count * audio_frame_size(&d->out)));
    }
}

static void sdl_close(AudioDev *d)
{
    SdlOutput *s = d->state;

    SDL_CloseAudioDevice(s->device);
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
    g_free(s);
}

static const AudioDriver sdl_driver = {
    .name = "sdl",
    .open = sdl_open,
    .play = sdl_play,
    .close = sdl_close,
};

static void register_sdl(void)
{
    audio_driver_register(&sdl_driver);
}

type_init(register_sdl)
