/*
 * Sound back ends: from options to those that devices find.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "audio-internal.h"
#include "audio/audiodev.h"
#include "qapi/error.h"
#include "qemu/units.h"
#include "system/json-options.h"

#define DEFAULT_RATE      44100
#define DEFAULT_PERIOD_US 10000
#define LOWEST_RATE       8000
#define HIGHEST_RATE      192000

static GPtrArray *drivers;  /* const AudioDriver */
static GPtrArray *devs;     /* AudioDev, with an id */
static AudioDev *by_default;

/* Known from elsewhere, and not here. */
static const char *const lacking_drivers[] = { "alsa", "coreaudio", "dbus", "dsound", "jack", "oss", "pa",
                                               "pipewire", "sndio", "spice", NULL };

static QemuOptsList audiodev_list = {
    .name = "audiodev",
    .implied_opt_name = "driver",
    .head = QTAILQ_HEAD_INITIALIZER(audiodev_list.head),
    .desc = { { NULL } },
};

/* ---- drivers ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(AudioDriver *const *)a)->name, (*(AudioDriver *const *)b)->name);
}

void audio_driver_register(const AudioDriver *driver)
{
    if (!drivers) {
        drivers = g_ptr_array_new();
    }
    g_ptr_array_add(drivers, (gpointer)driver);
    g_ptr_array_sort(drivers, by_name);
}

static const AudioDriver *find_driver(const char *name)
{
    for (guint i = 0; drivers && i < drivers->len; i++) {
        const AudioDriver *driver = g_ptr_array_index(drivers, i);

        if (g_str_equal(driver->name, name)) {
            return driver;
        }
    }
    return NULL;
}

static const char *const *driver_names(void)
{
    static GPtrArray *names;

    if (!names) {
        names = g_ptr_array_new();
        for (guint i = 0; drivers && i < drivers->len; i++) {
            g_ptr_array_add(names, (gpointer)((AudioDriver *)g_ptr_array_index(drivers, i))->name);
        }
        g_ptr_array_add(names, NULL);
    }
    return (const char *const *)names->pdata;
}

static const AudioDriver *driver_of(QemuOpts *opts, Error **errp)
{
    const char *name = qemu_opt_get(opts, "driver");
    const AudioDriver *driver = name ? find_driver(name) : NULL;

    if (driver) {
        return driver;
    }
    if (!name) {
        error_setg(errp, "Parameter 'driver' is missing");
    } else if (g_str_equal(name, "sdl")) {
        error_setg(errp, "audio back end 'sdl' is not in this build: SDL 2 was missing");
    } else if (g_strv_contains(lacking_drivers, name)) {
        error_setg(errp, "audio back end '%s' is not supported yet", name);
    } else {
        error_setg(errp, "Parameter 'driver' does not accept value '%s'", name);
    }
    error_append_hint(errp, "-audiodev help lists what there is.\n");
    return NULL;
}

/* ---- keys that all have ---- */

#define STREAM_KEYS(in)                                        \
    { .name = in ".mixing-engine", .type = QEMU_OPT_BOOL },    \
    { .name = in ".fixed-settings", .type = QEMU_OPT_BOOL },   \
    { .name = in ".frequency", .type = QEMU_OPT_NUMBER },      \
    { .name = in ".channels", .type = QEMU_OPT_NUMBER },       \
    { .name = in ".format", .type = QEMU_OPT_STRING },         \
    { .name = in ".voices", .type = QEMU_OPT_NUMBER },         \
    { .name = in ".buffer-length", .type = QEMU_OPT_NUMBER }

static const QemuOptDesc common_keys[] = {
    { .name = "driver", .type = QEMU_OPT_STRING },
    { .name = "timer-period", .type = QEMU_OPT_NUMBER },
    STREAM_KEYS("in"),
    STREAM_KEYS("out"),
};

static bool validate(QemuOpts *opts, const AudioDriver *driver, Error **errp)
{
    g_autoptr(GArray) keys = g_array_new(true, true, sizeof(QemuOptDesc));

    g_array_append_vals(keys, common_keys, ARRAY_SIZE(common_keys));
    for (const QemuOptDesc *key = driver->keys; key && key->name; key++) {
        g_array_append_val(keys, *key);
    }
    return qemu_opts_validate(opts, (const QemuOptDesc *)keys->data, errp);
}

/* A number in a range; false with *errp set. */
static bool take_number(QemuOpts *opts, const char *key, uint64_t least, uint64_t most, uint64_t *value,
                        Error **errp)
{
    *value = qemu_opt_get_number(opts, key, *value);
    if (*value < least || *value > most) {
        error_setg(errp, "Parameter '%s' expects a number from %" PRIu64 " to %" PRIu64, key, least, most);
        return false;
    }
    return true;
}

/* What -audiodev says of one direction, `in` or `out`. */
static bool take_stream(QemuOpts *opts, const char *direction, AudioSettings *s, bool *fixed, Error **errp)
{
    g_autofree char *fixed_key = g_strconcat(direction, ".fixed-settings", NULL);
    g_autofree char *engine_key = g_strconcat(direction, ".mixing-engine", NULL);
    g_autofree char *voices_key = g_strconcat(direction, ".voices", NULL);
    g_autofree char *rate_key = g_strconcat(direction, ".frequency", NULL);
    g_autofree char *channels_key = g_strconcat(direction, ".channels", NULL);
    g_autofree char *format_key = g_strconcat(direction, ".format", NULL);
    const char *const settings[] = { rate_key, channels_key, format_key };
    uint64_t rate = DEFAULT_RATE, channels = 2, voices = 1;
    const char *format;

    *fixed = qemu_opt_get_bool(opts, fixed_key, true);
    for (size_t i = 0; !*fixed && i < ARRAY_SIZE(settings); i++) {
        if (qemu_opt_get(opts, settings[i])) {
            error_setg(errp, "Parameter '%s' can't be set with %s=off", settings[i], fixed_key);
            return false;
        }
    }
    format = qemu_opt_get(opts, format_key);
    s->format = AUDIO_FORMAT_S16;
    if (!take_number(opts, rate_key, LOWEST_RATE, HIGHEST_RATE, &rate, errp) ||
        !take_number(opts, channels_key, 1, AUDIO_MAX_CHANNELS, &channels, errp) ||
        !take_number(opts, voices_key, 1, INT32_MAX, &voices, errp)) {
        return false;
    }
    if (format && !audio_format_parse(format, &s->format)) {
        error_setg(errp, "Parameter '%s' doesn't take '%s': expected u8, s8, u16, s16, u32, s32 or f32",
                   format_key, format);
        return false;
    }
    if (!qemu_opt_get_bool(opts, engine_key, true)) {
        error_setg(errp, "%s=off is not supported: what devices play is always mixed", engine_key);
        return false;
    }
    s->rate = rate;
    s->channels = channels;
    return true;
}

static AudioDev *create(QemuOpts *opts, const char *id, Error **errp)
{
    const AudioDriver *driver = driver_of(opts, errp);
    g_autofree AudioDev *d = g_new0(AudioDev, 1);
    uint64_t period_us = DEFAULT_PERIOD_US;
    AudioSettings in;
    bool in_fixed;

    if (!driver || !validate(opts, driver, errp) ||
        !take_number(opts, "timer-period", 1000, 1000000, &period_us, errp) ||
        !take_stream(opts, "in", &in, &in_fixed, errp) ||
        !take_stream(opts, "out", &d->out, &d->fixed, errp)) {
        return NULL;
    }
    d->period_ns = (int64_t)period_us * SCALE_US;
    d->id = g_strdup(id);
    d->driver = driver;
    if (driver->open && !driver->open(d, opts, errp)) {
        g_free(d->id);
        return NULL;
    }
    audio_dev_init(d);
    if (!devs) {
        devs = g_ptr_array_new();
    }
    g_ptr_array_add(devs, d);
    return g_steal_pointer(&d);
}

/* ---- those that there are ---- */

AudioDev *audiodev_find(const char *id)
{
    for (guint i = 0; devs && i < devs->len; i++) {
        AudioDev *d = g_ptr_array_index(devs, i);

        if (g_str_equal(d->id, id)) {
            return d;
        }
    }
    return NULL;
}

const char *audiodev_id(const AudioDev *dev)
{
    return dev->id;
}

static bool id_is_free(const char *id, Error **errp)
{
    if (audiodev_find(id)) {
        error_setg(errp, "Duplicate ID '%s' for audiodev", id);
        return false;
    }
    return true;
}

bool audiodev_add_from_str(const char *text, Error **errp)
{
    const char *id;
    g_autoptr(QemuOpts) opts = opts_parse_with_id(&audiodev_list, text, &id, errp);

    return opts && id_is_free(id, errp) && create(opts, id, errp);
}

AudioDev *audiodev_default(void)
{
    if (!by_default) {
        g_autoptr(QemuOpts) opts = qemu_opts_parse(&audiodev_list, "none", true, &error_abort);

        by_default = create(opts, "#silent", &error_abort);
    }
    return by_default;
}

/* ---- -audio ---- */

/* Sound cards by the names of -audio. {} is the back end's id. */
static const struct {
    const char *name, *desc;
    const char *devices[3];
} models[] = {
    { "ac97", "Intel 82801AA AC97 Audio", { "AC97,audiodev={}" } },
    { "hda", "Intel HD Audio", { "intel-hda", "hda-duplex,audiodev={}" } },
};

static char **devices_of_model(const char *name, const char *id, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
        GPtrArray *devices;

        if (!g_str_equal(models[i].name, name)) {
            continue;
        }
        devices = g_ptr_array_new();
        for (const char *const *device = models[i].devices; *device; device++) {
            g_auto(GStrv) halves = g_strsplit(*device, "{}", 2);

            g_ptr_array_add(devices, g_strjoinv(id, halves));
        }
        g_ptr_array_add(devices, NULL);
        return (char **)g_ptr_array_free(devices, false);
    }
    error_setg(errp, "Unknown audio card '%s'", name);
    error_append_hint(errp, "-audio model=help lists what there is.\n");
    return NULL;
}

static char *new_id(void)
{
    for (unsigned n = 0;; n++) {
        char *id = g_strdup_printf("audiodev%u", n);

        if (!audiodev_find(id)) {
            return id;
        }
        g_free(id);
    }
}

bool audiodev_add_short(const char *text, char ***devices, Error **errp)
{
    g_autoptr(QemuOpts) opts = opts_parse_text_or_json(&audiodev_list, text, errp);
    g_autofree char *model = opts ? qemu_opt_get_del(opts, "model") : NULL;
    g_autofree char *id = NULL;
    g_auto(GStrv) made = NULL;
    AudioDev *d;

    *devices = NULL;
    if (!opts) {
        return false;
    }
    id = qemu_opts_id(opts) ? g_strdup(qemu_opts_id(opts)) : new_id();
    if (!id_is_free(id, errp)) {
        return false;
    }
    if (model && !(made = devices_of_model(model, id, errp))) {
        return false;
    }
    if (!model && by_default) {
        error_setg(errp, "there is a default audio back end already, '%s'", by_default->id);
        return false;
    }
    d = create(opts, id, errp);
    if (!d) {
        return false;
    }
    if (!model) {
        by_default = d;
    }
    *devices = g_steal_pointer(&made);
    return true;
}

/* ---- questions ---- */

char *audiodev_help(const char *text)
{
    g_autofree char *names = NULL;

    if (!g_str_equal(text, "help") && !g_str_equal(text, "?") && !has_help_value(text, "driver")) {
        return NULL;
    }
    names = g_strjoinv("\n", (char **)driver_names());
    return g_strdup_printf("Available audio drivers:\n%s\n", names);
}

char *audiodev_short_help(const char *text)
{
    GString *out;

    if (!has_help_value(text, "model")) {
        return audiodev_help(text);
    }
    out = g_string_new("Valid sound card device models:\n");
    for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
        g_string_append_printf(out, "%-12s%s\n", models[i].name, models[i].desc);
    }
    return g_string_free(out, false);
}

/* ---- the end ---- */

static void free_closed(AudioDev *d)
{
    audio_dev_deinit(d);
    g_free(d->id);
    g_free(d);
}

void audiodev_voice_gone(AudioDev *d)
{
    if (!d->driver && !d->voices->len) {
        free_closed(d);
    }
}

void audio_cleanup(void)
{
    g_autoptr(GPtrArray) all = g_steal_pointer(&devs);

    by_default = NULL;
    for (guint i = 0; all && i < all->len; i++) {
        AudioDev *d = g_ptr_array_index(all, i);
        const AudioDriver *driver = d->driver;

        audio_dev_run(d);
        d->driver = NULL;
        if (driver->close) {
            driver->close(d);
        }
        audiodev_voice_gone(d);
    }
}
