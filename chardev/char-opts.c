/*
 * From text to character devices: -chardev backend,id=...; -serial and -monitor in the short form.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

QemuOptsList qemu_chardev_opts = {
    .name = "chardev",
    .implied_opt_name = "backend",
    .head = QTAILQ_HEAD_INITIALIZER(qemu_chardev_opts.head),
    .desc = {
        { .name = "backend", .type = QEMU_OPT_STRING },
        { .name = "path", .type = QEMU_OPT_STRING },
        { .name = "input-path", .type = QEMU_OPT_STRING },
        { .name = "host", .type = QEMU_OPT_STRING },
        { .name = "port", .type = QEMU_OPT_STRING },
        { .name = "fd", .type = QEMU_OPT_STRING },
        { .name = "to", .type = QEMU_OPT_NUMBER },
        { .name = "ipv4", .type = QEMU_OPT_BOOL },
        { .name = "ipv6", .type = QEMU_OPT_BOOL },
        { .name = "wait", .type = QEMU_OPT_BOOL },
        { .name = "server", .type = QEMU_OPT_BOOL },
        { .name = "delay", .type = QEMU_OPT_BOOL },
        { .name = "nodelay", .type = QEMU_OPT_BOOL },
        { .name = "reconnect", .type = QEMU_OPT_NUMBER },
        { .name = "telnet", .type = QEMU_OPT_BOOL },
        { .name = "tn3270", .type = QEMU_OPT_BOOL },
        { .name = "websocket", .type = QEMU_OPT_BOOL },
        { .name = "abstract", .type = QEMU_OPT_BOOL },
        { .name = "tight", .type = QEMU_OPT_BOOL },
        { .name = "tls-creds", .type = QEMU_OPT_STRING },
        { .name = "width", .type = QEMU_OPT_NUMBER },
        { .name = "height", .type = QEMU_OPT_NUMBER },
        { .name = "cols", .type = QEMU_OPT_NUMBER },
        { .name = "rows", .type = QEMU_OPT_NUMBER },
        { .name = "mux", .type = QEMU_OPT_BOOL },
        { .name = "signal", .type = QEMU_OPT_BOOL },
        { .name = "chardev", .type = QEMU_OPT_STRING },
        { .name = "size", .type = QEMU_OPT_SIZE },
        { .name = "append", .type = QEMU_OPT_BOOL },
        { .name = "logfile", .type = QEMU_OPT_STRING },
        { .name = "logappend", .type = QEMU_OPT_BOOL },
        { NULL },
    },
};

static const char *const any_keys[] = { "backend", "mux", "logfile", "logappend", NULL };
static const char *const no_keys[] = { NULL };
static const char *const stdio_keys[] = { "signal", NULL };
static const char *const file_keys[] = { "path", "input-path", "append", NULL };
static const char *const path_keys[] = { "path", NULL };
/* Those that it lacks too: it says so itself. */
static const char *const socket_keys[] = {
    "path",   "abstract", "host",   "port",      "to",        "ipv4", "ipv6",   "delay",     "nodelay",
    "server", "wait",     "telnet", "reconnect", "websocket", "fd",   "tn3270", "tls-creds", NULL,
};
static const char *const mux_keys[] = { "chardev", NULL };
static const char *const ringbuf_keys[] = { "size", NULL };
static const char *const vc_keys[] = { "width", "height", "cols", "rows", NULL };

static const ChardevBackendName backends[] = {
    { "null", TYPE_CHARDEV_NULL, no_keys },       { "stdio", TYPE_CHARDEV_STDIO, stdio_keys },
    { "file", TYPE_CHARDEV_FILE, file_keys },     { "pipe", TYPE_CHARDEV_PIPE, path_keys },
    { "pty", TYPE_CHARDEV_PTY, no_keys },         { "socket", TYPE_CHARDEV_SOCKET, socket_keys },
    { "mux", TYPE_CHARDEV_MUX, mux_keys },        { "ringbuf", TYPE_CHARDEV_RINGBUF, ringbuf_keys },
    { "memory", TYPE_CHARDEV_RINGBUF, ringbuf_keys },
    { "serial", TYPE_CHARDEV_SERIAL, path_keys },
    { "tty", TYPE_CHARDEV_SERIAL, path_keys },
    { "vc", TYPE_CHARDEV_VC, vc_keys },
};

/* Known from elsewhere, and not here. */
static const char *const missing_backends[] = {
    "udp",      "parallel", "parport", "msmouse",      "wctablet",
    "spicevmc", "braille",  "console", "qemu-vdagent", "dbus",
};

const ChardevBackendName *chr_backend_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
        if (g_str_equal(backends[i].name, name)) {
            return &backends[i];
        }
    }
    return NULL;
}

void qemu_chr_foreach_backend(void (*func)(const char *name, void *opaque), void *opaque)
{
    for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
        func(backends[i].name, opaque);
    }
}

static void bad_backend(const char *name, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(missing_backends); i++) {
        if (g_str_equal(name, missing_backends[i])) {
            error_setg(errp, "character device '%s' is not supported yet", name);
            return;
        }
    }
    error_setg(errp, "'%s' is not a valid char driver name", name);
}

/* qemu_opt_loopfunc: what a back end wouldn't look at is a mistake. */
static int check_key(void *opaque, const char *name, const char *value, Error **errp)
{
    const ChardevBackendName *backend = opaque;

    if (g_strv_contains(any_keys, name) || g_strv_contains(backend->keys, name)) {
        return 0;
    }
    error_setg(errp, "chardev: %s: has no '%s'", backend->name, name);
    return -1;
}

Chardev *qemu_chr_new_from_opts(QemuOpts *opts, Error **errp)
{
    ERRP_GUARD();
    const char *name = qemu_opt_get(opts, "backend");
    const char *id = qemu_opts_id(opts);
    const ChardevBackendName *backend;
    g_autofree char *base_id = NULL;
    QemuOpts *mux_opts;
    Chardev *chr;

    if (!name) {
        error_setg(errp, "chardev: \"%s\" missing backend", id ? id : "");
        return NULL;
    }
    if (!id) {
        error_setg(errp, "chardev: no id specified");
        return NULL;
    }
    backend = chr_backend_by_name(name);
    if (!backend) {
        bad_backend(name, errp);
        return NULL;
    }
    if (qemu_opt_foreach(opts, check_key, (void *)backend, errp) != 0) {
        return NULL;
    }
    if (!qemu_opt_get_bool(opts, "mux", false)) {
        return qemu_chardev_new(id, backend->typename, opts, errp);
    }

    base_id = g_strdup_printf("%s-base", id);
    if (!qemu_chardev_new(base_id, backend->typename, opts, errp)) {
        return NULL;
    }
    mux_opts = qemu_opts_create(&qemu_chardev_opts, NULL, false, &error_abort);
    qemu_opt_set(mux_opts, "chardev", base_id, &error_abort);
    chr = qemu_chardev_new(id, TYPE_CHARDEV_MUX, mux_opts, errp);
    qemu_opts_del(mux_opts);
    if (!chr) {
        qemu_chr_remove(base_id, NULL);
    }
    return chr;
}

/* host:port[,options] */
static bool parse_tcp(QemuOpts *opts, const char *p, bool telnet, Error **errp)
{
    const char *end = strchr(p, ','), *colon;
    g_autofree char *address = end ? g_strndup(p, end - p) : g_strdup(p);
    g_autofree char *host = NULL;

    colon = strrchr(address, ':');
    if (!colon || !colon[1] || (address[0] == '[' && colon[-1] != ']')) {
        error_setg(errp, "'%s' is not HOST:PORT", address);
        return false;
    }
    host = address[0] == '[' ? g_strndup(address + 1, colon - address - 2)
                             : g_strndup(address, colon - address);
    return qemu_opt_set(opts, "backend", "socket", errp) &&
           qemu_opt_set(opts, "host", host, errp) && qemu_opt_set(opts, "port", colon + 1, errp) &&
           (!telnet || qemu_opt_set(opts, "telnet", "on", errp)) &&
           (!end || qemu_opts_do_parse(opts, end + 1, NULL, errp));
}

static bool parse_unix(QemuOpts *opts, const char *p, Error **errp)
{
    return qemu_opt_set(opts, "backend", "socket", errp) &&
           qemu_opts_do_parse(opts, p, "path", errp);
}

/* 800x600 in dots, or 80Cx24C in characters. */
static bool parse_vc(QemuOpts *opts, const char *p, Error **errp)
{
    g_autoptr(GRegex) form = g_regex_new("^(\\d+)(C?)x(\\d+)(C?)$", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_auto(GStrv) parts = NULL;

    if (!g_regex_match(form, p, 0, &match)) {
        error_setg(errp, "'vc:%s': expected vc:WIDTHxHEIGHT or vc:COLUMNSCxROWSC", p);
        return false;
    }
    parts = g_match_info_fetch_all(match);
    return qemu_opt_set(opts, "backend", "vc", errp) &&
           qemu_opt_set(opts, *parts[2] ? "cols" : "width", parts[1], errp) &&
           qemu_opt_set(opts, *parts[4] ? "rows" : "height", parts[3], errp);
}

/* The short form without its "mon:"; false without *errp set: no such form. */
static bool parse_compat(QemuOpts *opts, const char *name, bool is_mon, Error **errp)
{
    static const char *const plain[] = { "null", "pty", "ringbuf", "stdio", "vc" };
    const char *p;

    for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
        if (g_str_equal(name, plain[i])) {
            /* A monitor on the terminal: Ctrl-C goes to the guest, Ctrl-A x is the way out. */
            return qemu_opt_set(opts, "backend", name, errp) &&
                   (!is_mon || i != 3 || qemu_opt_set(opts, "signal", "off", errp));
        }
    }
    if (strstart(name, "vc:", &p)) {
        return parse_vc(opts, p, errp);
    }
    if (strstart(name, "file:", &p) || strstart(name, "pipe:", &p)) {
        g_autofree char *backend = g_strndup(name, 4);

        return qemu_opt_set(opts, "backend", backend, errp) && qemu_opt_set(opts, "path", p, errp);
    }
    if (strstart(name, "tcp:", &p)) {
        return parse_tcp(opts, p, false, errp);
    }
    if (strstart(name, "telnet:", &p)) {
        return parse_tcp(opts, p, true, errp);
    }
    if (strstart(name, "unix:", &p)) {
        return parse_unix(opts, p, errp);
    }
    if (g_str_has_prefix(name, "udp:") || g_str_has_prefix(name, "websocket:") ||
        g_str_has_prefix(name, "/dev/parport")) {
        error_setg(errp, "character device '%s' is not supported yet", name);
        return false;
    }
    if (name[0] == '/') {
        return qemu_opt_set(opts, "backend", "serial", errp) &&
               qemu_opt_set(opts, "path", name, errp);
    }
    error_setg(errp, "'%s' is not a valid char driver", name);
    return false;
}

QemuOpts *qemu_chr_parse_compat(const char *label, const char *filename, bool permit_mux_mon,
                                Error **errp)
{
    ERRP_GUARD();
    const char *name = filename;
    bool is_mon = strstart(filename, "mon:", &name);
    QemuOpts *opts;

    if (is_mon && !permit_mux_mon) {
        error_setg(errp, "mon: isn't supported in this context");
        return NULL;
    }
    opts = qemu_opts_create(&qemu_chardev_opts, label, true, errp);
    if (!opts) {
        return NULL;
    }
    if (!parse_compat(opts, name, is_mon, errp) ||
        (is_mon && !qemu_opt_set(opts, "mux", "on", errp))) {
        qemu_opts_del(opts);
        return NULL;
    }
    return opts;
}

Chardev *qemu_chr_new_from_str(const char *label, const char *filename, bool permit_mux_mon,
                               Error **errp)
{
    ERRP_GUARD();
    g_autoptr(QemuOpts) opts = NULL;
    Chardev *chr;
    const char *p;

    if (strstart(filename, "chardev:", &p)) {
        chr = qemu_chr_find(p);
        if (!chr) {
            error_setg(errp, "no character device '%s' (see -chardev)", p);
        }
        return chr;
    }
    if (g_str_equal(filename, "none")) {
        return NULL;
    }
    opts = qemu_chr_parse_compat(label, filename, permit_mux_mon, errp);
    chr = opts ? qemu_chr_new_from_opts(opts, errp) : NULL;
    if (chr && qemu_opt_get_bool(opts, "mux", false) && permit_mux_mon && qemu_chr_attach_monitor) {
        qemu_chr_attach_monitor(chr, errp);
    }
    return *errp ? NULL : chr;
}

static Chardev *chr_new_reporting(const char *label, const char *filename, bool permit_mux_mon)
{
    Error *err = NULL;
    Chardev *chr = qemu_chr_new_from_str(label, filename, permit_mux_mon, &err);

    if (err) {
        error_report_err(err);
    }
    return chr;
}

Chardev *qemu_chr_new(const char *label, const char *filename)
{
    return chr_new_reporting(label, filename, false);
}

Chardev *qemu_chr_new_mux_mon(const char *label, const char *filename)
{
    return chr_new_reporting(label, filename, true);
}
