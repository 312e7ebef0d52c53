/*
 * What monitors of both kinds write: it waits until the other side takes it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"

/* How long a reader may take nothing before the end of the program doesn't wait for it. */
#define MAX_DRAIN_MS 2000

static gboolean out_ready(void *unused, GIOCondition condition, void *opaque)
{
    MonitorOutput *out = opaque;

    out->watch = 0;
    monitor_output_flush(out);
    out->taken(out->opaque);
    return FALSE;
}

void monitor_output_flush(MonitorOutput *out)
{
    int n;

    if (out->held || out->text->len == 0 || out->watch) {
        return;
    }
    n = qemu_chr_fe_write(out->chr, (uint8_t *)out->text->str, out->text->len);
    if (n < 0 && errno != EAGAIN) {
        n = out->text->len; /* the other side has gone */
    }
    if (n > 0) {
        g_string_erase(out->text, 0, n);
    }
    if (out->text->len > 0) {
        out->watch = qemu_chr_fe_add_watch(out->chr, G_IO_OUT | G_IO_HUP, out_ready, out);
    }
}

void monitor_output_unwatch(MonitorOutput *out)
{
    if (out->watch) {
        g_source_remove(out->watch);
        out->watch = 0;
    }
}

void monitor_output_drain(MonitorOutput *out)
{
    for (int idle = 0; out->text->len > 0 && !out->held && idle < MAX_DRAIN_MS;) {
        gsize before = out->text->len;

        monitor_output_unwatch(out);
        monitor_output_flush(out);
        if (out->text->len == before) {
            g_usleep(1000);
            idle++;
        } else {
            idle = 0;
        }
    }
    monitor_output_unwatch(out);
}
