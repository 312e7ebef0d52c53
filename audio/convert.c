/*
 * Sound: formats of samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <math.h>
#include "audio-internal.h"
#include "qemu/bswap.h"

typedef struct Format {
    const char *name;
    uint8_t size; /* bytes */
    bool is_unsigned, is_float;
} Format;

static const Format formats[AUDIO_FORMAT__MAX] = {
    [AUDIO_FORMAT_U8] = { "u8", 1, .is_unsigned = true },
    [AUDIO_FORMAT_S8] = { "s8", 1 },
    [AUDIO_FORMAT_U16] = { "u16", 2, .is_unsigned = true },
    [AUDIO_FORMAT_S16] = { "s16", 2 },
    [AUDIO_FORMAT_U32] = { "u32", 4, .is_unsigned = true },
    [AUDIO_FORMAT_S32] = { "s32", 4 },
    [AUDIO_FORMAT_F32] = { "f32", 4, .is_float = true },
};

#define SIGN 0x80000000u

unsigned audio_format_size(AudioFormat format)
{
    return formats[format].size;
}

size_t audio_frame_size(const AudioSettings *settings)
{
    return (size_t)settings->channels * formats[settings->format].size;
}

const char *audio_format_name(AudioFormat format)
{
    return formats[format].name;
}

bool audio_format_parse(const char *name, AudioFormat *format)
{
    for (int i = 0; i < AUDIO_FORMAT__MAX; i++) {
        if (g_str_equal(formats[i].name, name)) {
            *format = i;
            return true;
        }
    }
    return false;
}

/* Not a number is silence, and what no integer holds is cut off. */
static int32_t from_float(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    if (!(value > -1.0f)) {
        return value <= -1.0f ? INT32_MIN : 0;
    }
    return value >= 1.0f ? INT32_MAX : (int32_t)(value * 2147483648.0f);
}

static uint32_t to_float(int32_t sample)
{
    float value = (float)sample / 2147483648.0f;
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

void audio_decode(int32_t *to, const void *from, size_t samples, AudioFormat format)
{
    const Format *f = &formats[format];
    const uint8_t *at = from;

    for (size_t i = 0; i < samples; i++, at += f->size) {
        uint32_t bits = (uint32_t)ldn_le_p(at, f->size) << (32 - 8 * f->size);

        to[i] = f->is_float ? from_float(bits) : (int32_t)(f->is_unsigned ? bits ^ SIGN : bits);
    }
}

void audio_encode(void *to, const int64_t *from, size_t samples, AudioFormat format)
{
    const Format *f = &formats[format];
    uint8_t *at = to;

    for (size_t i = 0; i < samples; i++, at += f->size) {
        int32_t sample = (int32_t)CLAMP(from[i], INT32_MIN, INT32_MAX);
        uint32_t bits = f->is_float ? to_float(sample) : (uint32_t)sample;

        if (f->is_unsigned) {
            bits ^= SIGN;
        }
        stn_le_p(at, f->size, bits >> (32 - 8 * f->size));
    }
}

void audio_silence(void *to, size_t samples, AudioFormat format)
{
    const Format *f = &formats[format];
    uint8_t *at = to;

    memset(to, 0, samples * f->size);
    for (size_t i = 0; f->is_unsigned && i < samples; i++) {
        at[i * f->size + f->size - 1] = 0x80;
    }
}
