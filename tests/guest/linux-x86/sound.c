/*
 * Plays a tone on the first sound card, or records, with nothing but the kernel's interface.
 *
 *   sound play|record DEVICE FORMAT CHANNELS RATE FRAMES HZ
 *
 * FORMAT is u8, s16 or s32. Channel c's sample n is 0.5 sin(2 pi HZ (c + 1) n / RATE) of the largest
 * one, rounded. Everything that the card's mixer has for playing is switched on, at 0 dB. When
 * recording it says how many frames came, and the largest and smallest sample.
 *
 * Reference: Linux, include/uapi/sound/asound.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sound/asound.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PORTION 1024 /* frames */

static void must(int result, const char *what)
{
    if (result < 0) {
        printf("FAILED %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

/* A driver may look for its codecs when its module has long been loaded. */
static int open_device(const char *path)
{
    int fd = open(path, O_RDWR);

    for (int tenths = 0; fd < 0 && errno == ENOENT && tenths < 300; tenths++) {
        usleep(100 * 1000);
        fd = open(path, O_RDWR);
    }
    must(fd, path);
    return fd;
}

/* ---- the mixer ---- */

static int ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);

    return length >= n && !strcmp(text + length - n, end);
}

/* AC '97's PCM volume has 31 steps of 1.5 dB, up to 12 dB; all others end with 0 dB. */
static long wanted_value(const struct snd_ctl_elem_info *info)
{
    const char *name = (const char *)info->id.name;

    if (ends_with(name, "Playback Switch")) {
        return 1;
    }
    if (ends_with(name, "Playback Volume")) {
        return !strcmp(name, "PCM Playback Volume") && info->value.integer.max == 31
                   ? 23
                   : info->value.integer.max;
    }
    return -1;
}

static void set_element(int fd, unsigned numid)
{
    struct snd_ctl_elem_info info = { .id.numid = numid };
    struct snd_ctl_elem_value value = { .id.numid = numid };
    long wanted;

    must(ioctl(fd, SNDRV_CTL_IOCTL_ELEM_INFO, &info), "element info");
    wanted = wanted_value(&info);
    if (wanted < 0) {
        return;
    }
    for (unsigned i = 0; i < info.count; i++) {
        value.value.integer.value[i] = wanted;
    }
    must(ioctl(fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &value), "element write");
    printf("set %s %ld\n", info.id.name, wanted);
}

static void open_mixer(void)
{
    struct snd_ctl_elem_id ids[256];
    struct snd_ctl_elem_list list = { .space = 256, .pids = ids };
    int fd = open_device("/dev/snd/controlC0");

    must(ioctl(fd, SNDRV_CTL_IOCTL_ELEM_LIST, &list), "element list");
    for (unsigned i = 0; i < list.used; i++) {
        set_element(fd, ids[i].numid);
    }
    close(fd);
}

/* ---- frames ---- */

typedef struct Sound {
    unsigned format, bytes, channels, rate, hz;
    unsigned long frames;
} Sound;

static void put(uint8_t *at, unsigned bytes, double value)
{
    int32_t sample = (int32_t)lrint(value * (double)((1ll << (8 * bytes - 1)) - 1));

    if (bytes == 1) {
        *at = (uint8_t)(sample + 0x80);
    } else {
        memcpy(at, &sample, bytes);
    }
}

static void make(const Sound *s, uint8_t *to, unsigned long first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned c = 0; c < s->channels; c++) {
            put(to, s->bytes, 0.5 * sin(2 * M_PI * s->hz * (c + 1) * (double)(first + i) / s->rate));
            to += s->bytes;
        }
    }
}

static void set_interval(struct snd_pcm_hw_params *p, int which, unsigned least, unsigned most)
{
    struct snd_interval *i = &p->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];

    i->min = least;
    i->max = most;
    i->integer = 1;
}

static void set_mask(struct snd_pcm_hw_params *p, int which, unsigned bit)
{
    struct snd_mask *mask = &p->masks[which - SNDRV_PCM_HW_PARAM_FIRST_MASK];

    memset(mask, 0, sizeof(*mask));
    mask->bits[bit / 32] = 1u << bit % 32;
}

static void set_up(int fd, const Sound *s, int playing)
{
    struct snd_pcm_hw_params p;
    struct snd_pcm_sw_params sw = { .tstamp_mode = SNDRV_PCM_TSTAMP_NONE, .period_step = 1 };

    memset(&p, 0, sizeof(p));
    for (unsigned i = 0; i <= SNDRV_PCM_HW_PARAM_LAST_MASK - SNDRV_PCM_HW_PARAM_FIRST_MASK; i++) {
        memset(&p.masks[i], 0xff, sizeof(p.masks[i]));
    }
    for (int i = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL; i <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; i++) {
        set_interval(&p, i, 0, ~0u);
        p.intervals[i - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL].integer = 0;
    }
    p.rmask = ~0u;
    set_mask(&p, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_RW_INTERLEAVED);
    set_mask(&p, SNDRV_PCM_HW_PARAM_FORMAT, s->format);
    set_mask(&p, SNDRV_PCM_HW_PARAM_SUBFORMAT, SNDRV_PCM_SUBFORMAT_STD);
    set_interval(&p, SNDRV_PCM_HW_PARAM_CHANNELS, s->channels, s->channels);
    set_interval(&p, SNDRV_PCM_HW_PARAM_RATE, s->rate, s->rate);
    set_interval(&p, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, PORTION, PORTION);
    set_interval(&p, SNDRV_PCM_HW_PARAM_PERIODS, 8, 8);
    must(ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &p), "hw params");
    sw.avail_min = PORTION;
    sw.start_threshold = playing ? 4 * PORTION : 1;
    sw.stop_threshold = 8 * PORTION;
    sw.boundary = 8 * PORTION;
    while (sw.boundary * 2 < 0x40000000) {
        sw.boundary *= 2;
    }
    must(ioctl(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &sw), "sw params");
    must(ioctl(fd, SNDRV_PCM_IOCTL_PREPARE), "prepare");
}

static void play(const Sound *s, int fd)
{
    uint8_t *frames = malloc((size_t)PORTION * s->channels * s->bytes);

    for (unsigned long done = 0; done < s->frames;) {
        unsigned n = s->frames - done < PORTION ? s->frames - done : PORTION;
        struct snd_xferi portion = { .buf = frames, .frames = n };

        make(s, frames, done, n);
        must(ioctl(fd, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &portion), "write");
        done += n;
    }
    must(ioctl(fd, SNDRV_PCM_IOCTL_DRAIN), "drain");
    printf("PLAYED %lu\n", s->frames);
}

static void record(const Sound *s, int fd)
{
    size_t size = (size_t)PORTION * s->channels * s->bytes;
    uint8_t *frames = malloc(size);
    unsigned least = 255, most = 0;
    unsigned long done = 0;

    while (done < s->frames) {
        struct snd_xferi portion = { .buf = frames, .frames = PORTION };

        memset(frames, 0xaa, size);
        must(ioctl(fd, SNDRV_PCM_IOCTL_READI_FRAMES, &portion), "read");
        for (size_t i = 0; i < (size_t)portion.result * s->channels * s->bytes; i++) {
            least = frames[i] < least ? frames[i] : least;
            most = frames[i] > most ? frames[i] : most;
        }
        done += portion.result;
    }
    printf("RECORDED %lu frames, bytes from %u to %u\n", done, least, most);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        unsigned format, bytes;
    } formats[] = { { "u8", SNDRV_PCM_FORMAT_U8, 1 }, { "s16", SNDRV_PCM_FORMAT_S16_LE, 2 },
                    { "s32", SNDRV_PCM_FORMAT_S32_LE, 4 } };
    Sound s;
    int fd;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 8) {
        printf("FAILED: arguments\n");
        return 2;
    }
    memset(&s, 0, sizeof(s));
    for (unsigned i = 0; i < 3; i++) {
        if (!strcmp(formats[i].name, argv[3])) {
            s.format = formats[i].format;
            s.bytes = formats[i].bytes;
        }
    }
    s.channels = atoi(argv[4]);
    s.rate = atoi(argv[5]);
    s.frames = atol(argv[6]);
    s.hz = atoi(argv[7]);
    open_mixer();
    fd = open_device(argv[2]);
    set_up(fd, &s, !strcmp(argv[1], "play"));
    if (!strcmp(argv[1], "play")) {
        play(&s, fd);
    } else {
        record(&s, fd);
    }
    close(fd);
    return 0;
}
