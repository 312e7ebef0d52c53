/*
 * Character devices: the type, the list of devices, and the way from back end to front end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"
#include "char-queue.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"

static GPtrArray *chardevs; /* those that have an id, in order of creation */

void (*qemu_chr_attach_monitor)(Chardev *chr, Error **errp);
void (*qemu_chr_save_disks)(void);

void chr_deliver(Chardev *chr)
{
    object_ref(OBJECT(chr));
    chr_queue_deliver(chr->input, &chr->be);
    if (chr->input_paused && chr_queue_used(chr->input) <= chr->input_resume) {
        chr->input_paused = false;
        qemu_notify_event();
    }
    object_unref(OBJECT(chr));
}

static bool chr_has_reader(const Chardev *chr)
{
    return chr->be && chr->be->chr_can_read && chr->be->chr_read;
}

static void chr_default_be_event(Chardev *chr, QEMUChrEvent event)
{
    CharBackend *be = chr->be;

    if (event == CHR_EVENT_BREAK && chr_has_reader(chr)) {
        chr_queue_push_break(chr->input);
        chr_deliver(chr);
    } else if (be && be->chr_event) {
        be->chr_event(be->opaque, event);
    }
}

void qemu_chr_be_event(Chardev *chr, QEMUChrEvent event)
{
    if (event == CHR_EVENT_OPENED) {
        chr->be_open = true;
    } else if (event == CHR_EVENT_CLOSED) {
        chr->be_open = false;
    }
    CHARDEV_GET_CLASS(chr)->chr_be_event(chr, event);
}

int qemu_chr_be_can_write(Chardev *chr)
{
    return chr_has_reader(chr) ? chr_queue_room(chr->input) : 0;
}

void qemu_chr_be_write(Chardev *chr, const uint8_t *buf, int len)
{
    if (chr_has_reader(chr)) {
        chr_queue_push(chr->input, buf, len);
        chr_deliver(chr);
    }
}

void qemu_chr_be_drop_input(Chardev *chr)
{
    chr_queue_clear(chr->input);
}

void chr_report_loss(Chardev *chr, bool *reported, const char *what)
{
    int err = errno;

    if (!*reported) {
        *reported = true;
        warn_report("character device '%s': %s: %s: output is lost", chr->label ? chr->label : "?",
                    what, g_strerror(err));
    }
    errno = err;
}

/* logfile=: a record of what was written. A full disk must not stop the guest. */
static void chr_write_log(Chardev *chr, const uint8_t *buf, size_t len)
{
    while (chr->logfd >= 0 && len > 0) {
        ssize_t n = write(chr->logfd, buf, len);

        if (n < 0 && errno != EINTR) {
            chr_report_loss(chr, &chr->log_loss_reported, "log file");
            return;
        }
        if (n > 0) {
            buf += n;
            len -= n;
        }
    }
}

static int chr_write_locked(Chardev *chr, const uint8_t *buf, int len, bool write_all)
{
    ChardevClass *cc = CHARDEV_GET_CLASS(chr);
    int done = 0;

    while (done < len) {
        int n = cc->chr_write(chr, buf + done, len - done);

        if (n > 0) {
            done += n;
        } else if (n == 0 || errno == EAGAIN) {
            if (!write_all) {
                break;
            }
            g_usleep(200);
        } else if (done == 0) {
            return -1;
        } else {
            break;
        }
        if (!write_all) {
            break;
        }
    }
    if (done == 0 && len > 0) {
        errno = EAGAIN;
        return -1;
    }
    chr_write_log(chr, buf, done);
    return done;
}

int qemu_chr_write(Chardev *chr, const uint8_t *buf, int len, bool write_all)
{
    int ret;

    g_mutex_lock(&chr->write_lock);
    ret = chr_write_locked(chr, buf, len, write_all);
    g_mutex_unlock(&chr->write_lock);
    return ret;
}

Chardev *qemu_chr_find(const char *name)
{
    for (guint i = 0; chardevs && i < chardevs->len; i++) {
        Chardev *chr = g_ptr_array_index(chardevs, i);

        if (g_str_equal(chr->label, name)) {
            return chr;
        }
    }
    return NULL;
}

static bool chr_open_log(Chardev *chr, QemuOpts *opts, Error **errp)
{
    const char *file = opts ? qemu_opt_get(opts, "logfile") : NULL;
    int append = opts && qemu_opt_get_bool(opts, "logappend", false) ? O_APPEND : O_TRUNC;

    if (!file) {
        return true;
    }
    chr->logfd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | append, 0666);
    if (chr->logfd < 0) {
        error_setg_errno(errp, errno, "Unable to open logfile %s", file);
    }
    return chr->logfd >= 0;
}

Chardev *qemu_chardev_new(const char *id, const char *typename, QemuOpts *opts, Error **errp)
{
    ERRP_GUARD();
    Chardev *chr;
    bool be_opened = true;

    if (id && qemu_chr_find(id)) {
        error_setg(errp, "Chardev with id '%s' already exists", id);
        return NULL;
    }
    chr = CHARDEV(object_new(typename));
    chr->label = g_strdup(id);
    if (chr_open_log(chr, opts, errp)) {
        CHARDEV_GET_CLASS(chr)->open(chr, opts, &be_opened, errp);
    }
    if (*errp) {
        object_unref(OBJECT(chr));
        return NULL;
    }
    chr->is_open = true;
    if (!chr->filename) {
        chr->filename = g_strdup(typename + strlen("chardev-"));
    }
    if (be_opened) {
        qemu_chr_be_event(chr, CHR_EVENT_OPENED);
    }
    if (id) {
        chardevs = chardevs ? chardevs : g_ptr_array_new();
        g_ptr_array_add(chardevs, chr);
    }
    return chr;
}

bool qemu_chr_is_busy(Chardev *chr)
{
    return CHARDEV_GET_CLASS(chr)->is_busy(chr);
}

bool qemu_chr_remove(const char *id, Error **errp)
{
    Chardev *chr = qemu_chr_find(id);
    QemuOpts *opts;

    if (!chr) {
        error_setg(errp, "Chardev '%s' not found", id);
        return false;
    }
    if (qemu_chr_is_busy(chr)) {
        error_setg(errp, "Chardev '%s' is busy", id);
        return false;
    }
    opts = qemu_opts_find(&qemu_chardev_opts, id); /* of -chardev: the id is free again */
    if (opts) {
        qemu_opts_del(opts);
    }
    g_ptr_array_remove(chardevs, chr);
    object_unref(OBJECT(chr));
    return true;
}

/* Last made, first closed: a mux lets go of its base before the base goes. */
void qemu_chr_cleanup(void)
{
    while (chardevs && chardevs->len > 0) {
        Chardev *chr = g_ptr_array_steal_index(chardevs, chardevs->len - 1);

        object_unref(OBJECT(chr));
    }
}

static void chardev_info_free(gpointer data)
{
    ChardevInfo *info = data;

    g_free(info->label);
    g_free(info->filename);
    g_free(info);
}

GPtrArray *qemu_chr_query(void)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(chardev_info_free);

    for (guint i = 0; chardevs && i < chardevs->len; i++) {
        Chardev *chr = g_ptr_array_index(chardevs, i);
        ChardevInfo *info = g_new0(ChardevInfo, 1);

        info->label = g_strdup(chr->label);
        info->filename = g_strdup(chr->filename);
        info->frontend_open = chr->be && chr->be->fe_open;
        g_ptr_array_add(list, info);
    }
    return list;
}

/* --- what a class does that says nothing else --- */

static int chr_null_write(Chardev *chr, const uint8_t *buf, int len)
{
    return len;
}

static void chr_null_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
}

static GSource *chr_no_watch(Chardev *chr, GIOCondition cond)
{
    return NULL;
}

static int chr_no_ioctl(Chardev *chr, int cmd, void *arg)
{
    return -ENOTSUP;
}

static bool chr_attach_only_one(Chardev *chr, CharBackend *be, Error **errp)
{
    if (chr->be) {
        error_setg(errp, "Device '%s' is in use", chr->label ? chr->label : "?");
        return false;
    }
    chr->be = be;
    return true;
}

static void chr_detach(Chardev *chr, CharBackend *be)
{
    chr->be = NULL;
}

static void chr_say_opened(Chardev *chr, CharBackend *be)
{
    if (chr->be_open && be->chr_event) {
        be->chr_event(be->opaque, CHR_EVENT_OPENED);
    }
}

static void chr_has_focus(Chardev *chr, CharBackend *be)
{
}

static bool chr_has_front_end(Chardev *chr)
{
    return chr->be != NULL;
}

static void char_init(Object *obj)
{
    Chardev *chr = CHARDEV(obj);

    chr->logfd = -1;
    chr->input = g_new0(ChrQueue, 1);
    g_mutex_init(&chr->write_lock);
}

static void char_finalize(Object *obj)
{
    Chardev *chr = CHARDEV(obj);

    if (chr->be) {
        chr->be->chr = NULL;
    }
    if (chr->logfd >= 0) {
        close(chr->logfd);
    }
    g_free(chr->input);
    g_free(chr->label);
    g_free(chr->filename);
    g_mutex_clear(&chr->write_lock);
}

static bool chr_cannot_wait(Chardev *chr, int timeout_ms)
{
    return false;
}

static void char_class_init(ObjectClass *oc, void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->open = chr_null_open;
    cc->chr_write = chr_null_write;
    cc->chr_add_watch = chr_no_watch;
    cc->chr_ioctl = chr_no_ioctl;
    cc->chr_accept_input = chr_deliver;
    cc->chr_wait_input = chr_cannot_wait;
    cc->chr_be_event = chr_default_be_event;
    cc->fe_attach = chr_attach_only_one;
    cc->fe_detach = chr_detach;
    cc->fe_ready = chr_say_opened;
    cc->fe_focus = chr_has_focus;
    cc->is_busy = chr_has_front_end;
}

static const TypeInfo char_types[] = {
    {
        .name = TYPE_CHARDEV,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Chardev),
        .instance_init = char_init,
        .instance_finalize = char_finalize,
        .abstract = true,
        .class_size = sizeof(ChardevClass),
        .class_init = char_class_init,
    },
    {
        .name = TYPE_CHARDEV_NULL,
        .parent = TYPE_CHARDEV,
    },
};

static void register_types(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(char_types); i++) {
        type_register_static(&char_types[i]);
    }
}

type_init(register_types)
