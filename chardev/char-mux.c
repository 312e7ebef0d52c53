/*
 * A mux: several front ends on one back end; one of them, in turn, has the input.
 *
 * Every front end has a queue of input that it hasn't taken yet, so that the escape keys work
 * (Ctrl-A x ends the emulator) while the guest isn't reading its serial line.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"
#include "char-queue.h"
#include "qemu/module.h"
#include "system/runstate.h"
#include "system/system.h"

#define MAX_MUX 8

/* Counted references: a front end may go while it is being given input. */
typedef struct MuxFrontEnd {
    CharBackend *be;
    ChrQueue input;
} MuxFrontEnd;

typedef struct MuxChardev {
    Chardev parent;
    CharBackend chr; /* the mux is a front end of the real device */
    MuxFrontEnd *fe[MAX_MUX];
    MuxFrontEnd *focus; /* that with the input, NULL for none */
    bool got_escape;
    bool timestamps;
    bool at_line_start;
    int64_t timestamps_start; /* us */
    GString *stamp;           /* what is left to write of the one of this line */
} MuxChardev;
DECLARE_INSTANCE_CHECKER(MuxChardev, MUX_CHARDEV, TYPE_CHARDEV_MUX)

static int term_escape_char = 1;

static bool muxes_opened; /* the machine is built: front ends may be told that the line is open */
static GPtrArray *muxes;

void qemu_chr_set_escape_char(int ch)
{
    term_escape_char = ch;
}

static void mux_send_event(MuxFrontEnd *fe, QEMUChrEvent event)
{
    if (fe && fe->be && fe->be->chr_event) {
        fe->be->chr_event(fe->be->opaque, event);
    }
}

static void mux_send_all(MuxChardev *d, QEMUChrEvent event)
{
    for (int i = 0; i < MAX_MUX; i++) {
        mux_send_event(d->fe[i], event);
    }
}

static void mux_deliver(MuxChardev *d)
{
    for (int i = 0; i < MAX_MUX; i++) {
        MuxFrontEnd *fe = d->fe[i];

        if (fe) {
            g_rc_box_acquire(fe);
            chr_queue_deliver(&fe->input, &fe->be);
            g_rc_box_release(fe);
        }
    }
}

static void mux_accept_input(Chardev *chr)
{
    MuxChardev *d = MUX_CHARDEV(chr);

    mux_deliver(d);
    qemu_chr_fe_accept_input(&d->chr);
}

static MuxFrontEnd **mux_slot(MuxChardev *d, const CharBackend *be)
{
    for (int i = 0; i < MAX_MUX; i++) {
        if (be ? d->fe[i] && d->fe[i]->be == be : !d->fe[i]) {
            return &d->fe[i];
        }
    }
    return NULL;
}

static void mux_focus(Chardev *chr, CharBackend *be)
{
    MuxChardev *d = MUX_CHARDEV(chr);
    MuxFrontEnd *fe = *mux_slot(d, be);

    if (fe != d->focus) {
        mux_send_event(d->focus, CHR_EVENT_MUX_OUT);
        d->focus = fe;
        chr->be = be;
        mux_send_event(fe, CHR_EVENT_MUX_IN);
    }
}

/* To the one behind it, round and round. */
static void mux_next_focus(MuxChardev *d)
{
    MuxFrontEnd **at = d->focus ? mux_slot(d, d->focus->be) : &d->fe[MAX_MUX - 1];

    for (int i = 1; i <= MAX_MUX; i++) {
        MuxFrontEnd *fe = d->fe[(at - d->fe + i) % MAX_MUX];

        if (fe) {
            mux_focus(CHARDEV(d), fe->be);
            return;
        }
    }
}

static bool mux_attach(Chardev *chr, CharBackend *be, Error **errp)
{
    MuxFrontEnd **slot = mux_slot(MUX_CHARDEV(chr), NULL);

    if (!slot) {
        error_setg(errp, "Device '%s' is in use: all %d front ends of the mux are taken", chr->label,
                   MAX_MUX);
        return false;
    }
    *slot = g_rc_box_new0(MuxFrontEnd);
    (*slot)->be = be;
    return true;
}

static void mux_detach(Chardev *chr, CharBackend *be)
{
    MuxChardev *d = MUX_CHARDEV(chr);
    MuxFrontEnd **slot = mux_slot(d, be), *fe = *slot;

    *slot = NULL;
    fe->be = NULL;
    if (d->focus == fe) {
        d->focus = NULL;
        chr->be = NULL;
        mux_next_focus(d);
    }
    g_rc_box_release(fe);
}

/* One that comes when the machine is there already is told now; the last that comes has the input. */
static void mux_ready(Chardev *chr, CharBackend *be)
{
    if (muxes_opened && chr->be_open) {
        mux_send_event(*mux_slot(MUX_CHARDEV(chr), be), CHR_EVENT_OPENED);
    }
    mux_focus(chr, be);
}

static bool mux_is_busy(Chardev *chr)
{
    MuxChardev *d = MUX_CHARDEV(chr);

    for (int i = 0; i < MAX_MUX; i++) {
        if (d->fe[i]) {
            return true;
        }
    }
    return false;
}

/* What the keys after the escape character do. */
static void mux_print_help(MuxChardev *d)
{
    g_autoptr(GString) text = g_string_new("\r\n");
    char esc[8];

    if (term_escape_char > 0 && term_escape_char < 26) {
        snprintf(esc, sizeof(esc), "C-%c", term_escape_char - 1 + 'a');
    } else {
        snprintf(esc, sizeof(esc), "0x%02x", term_escape_char);
    }
    g_string_append_printf(text, "%s h    print this help\r\n", esc);
    g_string_append_printf(text, "%s x    exit emulator\r\n", esc);
    g_string_append_printf(text, "%s s    save disk data: on the host's disk before it goes on\r\n",
                           esc);
    g_string_append_printf(text, "%s t    toggle console timestamps\r\n", esc);
    g_string_append_printf(text, "%s b    send break (magic sysrq)\r\n", esc);
    g_string_append_printf(text, "%s c    switch between console and monitor\r\n", esc);
    g_string_append_printf(text, "%s %s  sends %s\r\n", esc, esc, esc);
    qemu_chr_write(CHARDEV(d), (uint8_t *)text->str, text->len, false);
}

static void mux_exit(MuxChardev *d)
{
    static const char text[] = "\r\nsysemu: Terminated\r\n";

    /* As much as goes: a terminal that takes nothing must not keep us. */
    qemu_chr_write(CHARDEV(d), (const uint8_t *)text, strlen(text), false);
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_UI);
}

static void mux_toggle_timestamps(MuxChardev *d)
{
    d->timestamps = !d->timestamps;
    d->timestamps_start = g_get_monotonic_time();
    d->at_line_start = false;
    g_string_truncate(d->stamp, 0);
}

static void mux_save_disks(MuxChardev *d)
{
    if (qemu_chr_save_disks) {
        qemu_chr_save_disks();
    }
}

static void mux_break(MuxChardev *d)
{
    if (d->focus) {
        chr_queue_push_break(&d->focus->input);
        mux_deliver(d);
    }
}

static const struct {
    char key;
    void (*func)(MuxChardev *d);
} mux_keys[] = {
    { 'h', mux_print_help }, { '?', mux_print_help },      { 'x', mux_exit },
    { 'b', mux_break },      { 'c', mux_next_focus },      { 't', mux_toggle_timestamps },
    { 's', mux_save_disks },
};

/* True: `ch` is input for the front end. */
static bool mux_process_byte(MuxChardev *d, uint8_t ch)
{
    if (!d->got_escape) {
        d->got_escape = ch == term_escape_char;
        return !d->got_escape;
    }
    d->got_escape = false;
    if (ch == term_escape_char) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(mux_keys); i++) {
        if (mux_keys[i].key == ch) {
            mux_deliver(d); /* what was typed before the key comes before it */
            mux_keys[i].func(d);
            break;
        }
    }
    return false;
}

static int mux_can_read(void *opaque)
{
    MuxChardev *d = opaque;

    return d->focus ? chr_queue_room(&d->focus->input) : 1;
}

static void mux_read(void *opaque, const uint8_t *buf, int size)
{
    MuxChardev *d = opaque;

    for (int i = 0; i < size; i++) {
        if (mux_process_byte(d, buf[i]) && d->focus) {
            chr_queue_push(&d->focus->input, &buf[i], 1);
        }
    }
    mux_deliver(d);
}

/* The real device has something to say. */
static void mux_event(void *opaque, QEMUChrEvent event)
{
    MuxChardev *d = opaque;

    if (event == CHR_EVENT_BREAK) {
        mux_break(d);
        return;
    }
    CHARDEV(d)->be_open = event == CHR_EVENT_OPENED;
    if (muxes_opened) {
        mux_send_all(d, event);
    }
}

static void mux_make_stamp(MuxChardev *d)
{
    int64_t ms = (g_get_monotonic_time() - d->timestamps_start) / 1000;
    int64_t s = ms / 1000;

    g_string_printf(d->stamp, "[%02d:%02d:%02d.%03d] ", (int)(s / 3600), (int)(s / 60 % 60),
                    (int)(s % 60), (int)(ms % 1000));
    d->at_line_start = false;
}

/*
 * Writes a time in front of each line. Bytes of buf that were written, or -1. A terminal that takes
 * nothing (Ctrl-S) gets the rest of a stamp later: waiting for it would stop the whole emulator.
 */
static int mux_write_stamped(MuxChardev *d, const uint8_t *buf, int len)
{
    const uint8_t *nl;
    int ret;

    if (d->at_line_start) {
        mux_make_stamp(d);
    }
    while (d->stamp->len) {
        ret = qemu_chr_fe_write(&d->chr, (uint8_t *)d->stamp->str, d->stamp->len);
        if (ret <= 0) {
            return -1;
        }
        g_string_erase(d->stamp, 0, ret);
    }
    nl = memchr(buf, '\n', len);
    ret = qemu_chr_fe_write(&d->chr, buf, nl ? nl - buf + 1 : len);
    if (ret > 0) {
        d->at_line_start = buf[ret - 1] == '\n';
    }
    return ret;
}

static int mux_write(Chardev *chr, const uint8_t *buf, int len)
{
    MuxChardev *d = MUX_CHARDEV(chr);
    int done = 0;

    if (!d->timestamps) {
        return qemu_chr_fe_write(&d->chr, buf, len);
    }
    while (done < len) {
        int n = mux_write_stamped(d, buf + done, len - done);

        if (n <= 0) {
            return done > 0 ? done : n;
        }
        done += n;
    }
    return done;
}

static GSource *mux_add_watch(Chardev *chr, GIOCondition cond)
{
    Chardev *base = MUX_CHARDEV(chr)->chr.chr;

    return base ? CHARDEV_GET_CLASS(base)->chr_add_watch(base, cond) : NULL;
}

static int mux_ioctl(Chardev *chr, int cmd, void *arg)
{
    return qemu_chr_fe_ioctl(&MUX_CHARDEV(chr)->chr, cmd, arg);
}

static void mux_be_event(Chardev *chr, QEMUChrEvent event)
{
    MuxChardev *d = MUX_CHARDEV(chr);

    if (event == CHR_EVENT_BREAK) {
        mux_break(d);
    }
}

/* Front ends were set up in any order; now all are there. */
static void open_muxes(Notifier *notifier, void *unused)
{
    muxes_opened = true;
    for (guint i = 0; i < muxes->len; i++) {
        MuxChardev *d = g_ptr_array_index(muxes, i);

        if (CHARDEV(d)->be_open) {
            mux_send_all(d, CHR_EVENT_OPENED);
        }
    }
}

static Notifier open_muxes_notifier = { .notify = open_muxes };

static void mux_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    const char *name = opts ? qemu_opt_get(opts, "chardev") : NULL;
    MuxChardev *d = MUX_CHARDEV(chr);
    Chardev *base = name ? qemu_chr_find(name) : NULL;

    if (!name) {
        error_setg(errp, "chardev: mux: no chardev given");
    } else if (!base) {
        error_setg(errp, "mux: base chardev %s not found", name);
    } else if (qemu_chr_fe_init(&d->chr, base, errp)) {
        if (!muxes) {
            muxes = g_ptr_array_new();
            qemu_add_machine_init_done_notifier(&open_muxes_notifier);
        }
        g_ptr_array_add(muxes, d);
        chr->filename = g_strdup("mux");
        *be_opened = false;
        chr->be_open = base->be_open;
        qemu_chr_fe_set_handlers(&d->chr, mux_can_read, mux_read, mux_event, NULL, d, NULL, true);
    }
}

static void mux_init(Object *obj)
{
    MUX_CHARDEV(obj)->stamp = g_string_new(NULL);
}

static void mux_finalize(Object *obj)
{
    MuxChardev *d = MUX_CHARDEV(obj);

    for (int i = 0; i < MAX_MUX; i++) {
        if (d->fe[i]) {
            d->fe[i]->be->chr = NULL;
            g_rc_box_release(d->fe[i]);
        }
    }
    if (muxes) {
        g_ptr_array_remove(muxes, d);
    }
    qemu_chr_fe_deinit(&d->chr, false);
    g_string_free(d->stamp, TRUE);
}

static void mux_class_init(ObjectClass *oc, void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->open = mux_open;
    cc->chr_write = mux_write;
    cc->chr_add_watch = mux_add_watch;
    cc->chr_ioctl = mux_ioctl;
    cc->chr_accept_input = mux_accept_input;
    cc->chr_be_event = mux_be_event;
    cc->fe_attach = mux_attach;
    cc->fe_detach = mux_detach;
    cc->fe_ready = mux_ready;
    cc->fe_focus = mux_focus;
    cc->is_busy = mux_is_busy;
}

static const TypeInfo mux_type = {
    .name = TYPE_CHARDEV_MUX,
    .parent = TYPE_CHARDEV,
    .instance_size = sizeof(MuxChardev),
    .instance_init = mux_init,
    .instance_finalize = mux_finalize,
    .class_init = mux_class_init,
};

static void register_types(void)
{
    type_register_static(&mux_type);
}

type_init(register_types)
