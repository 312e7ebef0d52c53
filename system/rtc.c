/*
 * The guest's time of day: the host's, moved by -rtc base=.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/timer.h"
#include "system/rtc.h"

static enum { BASE_UTC, BASE_LOCALTIME, BASE_DATE } base;
static int64_t date_offset; /* BASE_DATE: seconds to add to the host's time */

static time_t host_now(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_HOST) / NANOSECONDS_PER_SECOND;
}

bool rtc_set_base(const char *text, Error **errp)
{
    static const char *const formats[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d" };

    if (g_str_equal(text, "utc") || g_str_equal(text, "localtime")) {
        base = text[0] == 'u' ? BASE_UTC : BASE_LOCALTIME;
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        struct tm tm = { 0 };
        const char *end = strptime(text, formats[i], &tm);

        if (end && !*end) {
            base = BASE_DATE;
            date_offset = (int64_t)timegm(&tm) - host_now();
            return true;
        }
    }
    error_setg(errp, "invalid datetime format '%s'", text);
    error_append_hint(errp, "valid formats: '2006-06-17T16:01:21' or '2006-06-17'\n");
    return false;
}

void qemu_timedate_at(struct tm *tm, time_t host)
{
    time_t t = host + (base == BASE_DATE ? date_offset : 0);

    if (base == BASE_LOCALTIME) {
        localtime_r(&t, tm);
    } else {
        gmtime_r(&t, tm);
    }
}

void qemu_get_timedate(struct tm *tm, time_t offset)
{
    qemu_timedate_at(tm, host_now() + offset);
}

time_t qemu_timedate_diff(struct tm *tm)
{
    struct tm copy = *tm;
    time_t t;

    if (base == BASE_LOCALTIME) {
        copy.tm_isdst = -1;
        t = mktime(&copy);
    } else {
        t = timegm(&copy);
    }
    return t - host_now() - (base == BASE_DATE ? date_offset : 0);
}
