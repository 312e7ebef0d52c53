/*
 * -netdev user: a network of the guest's own, whose router turns TCP and UDP into sockets of this
 * program (libslirp). It has DHCP, DNS, TFTP and BOOTP servers.
 *
 * libslirp is not thread-safe: the big lock protects it. Its descriptors are polled by a source of
 * the main loop, whose set is rebuilt before each wait. Its clock is the guest's: while the guest
 * is stopped no timeout runs, and with -icount a second is a second of the guest's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <slirp/libslirp.h>
#include "chardev/char-fe.h"
#include "kinds.h"
#include "net/netdev.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "user.h"

#define UNSENT_MAX      (64 * 1024) /* to the device of a guestfwd= that is slow */
#define SLIRP_SOON_MS   2           /* how long its delayed acknowledgements wait */
#define SLIRP_NO_TIMEOUT UINT32_MAX

typedef struct UserState UserState;

/* A guestfwd= with a device. */
typedef struct GuestForwardDevice {
    UserState *user;
    struct in_addr server;
    int port;
    CharBackend chr;
    bool owns_chr; /* not one of -chardev */
    GByteArray *unsent;
    guint watch;
} GuestForwardDevice;

typedef struct PolledFd {
    GPollFD pollfd;
    bool wanted; /* in the round that is being prepared */
} PolledFd;

typedef struct SlirpSource {
    GSource source;
    UserState *user;
} SlirpSource;

struct UserState {
    NetClientState nc;
    Slirp *slirp;
    SlirpSource *source;
    GHashTable *polled;  /* fd -> PolledFd */
    QEMUTimer *timeout;  /* when libslirp wants to look at its own timers */
    QEMUBH *accept_bh;   /* guestfwd devices may have input for room that there is now */
    GPtrArray *forwards; /* of GuestForwardDevice */
};

static UserState *user_state(NetClientState *nc)
{
    return (UserState *)nc;
}

/* ---- Polling ---- */

static int poll_this(int fd, int events, void *opaque)
{
    static const struct {
        int slirp;
        GIOCondition glib;
    } map[] = { { SLIRP_POLL_IN, G_IO_IN },   { SLIRP_POLL_OUT, G_IO_OUT },
                { SLIRP_POLL_PRI, G_IO_PRI }, { SLIRP_POLL_ERR, G_IO_ERR },
                { SLIRP_POLL_HUP, G_IO_HUP } };
    UserState *s = opaque;
    PolledFd *p = g_hash_table_lookup(s->polled, GINT_TO_POINTER(fd));

    if (!p) {
        p = g_new0(PolledFd, 1);
        p->pollfd.fd = fd;
        g_hash_table_insert(s->polled, GINT_TO_POINTER(fd), p);
        g_source_add_poll(&s->source->source, &p->pollfd);
    }
    p->pollfd.events = p->wanted ? p->pollfd.events : 0;
    p->wanted = true;
    for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
        p->pollfd.events |= events & map[i].slirp ? map[i].glib : 0;
    }
    return fd;
}

static int polled_events(int fd, void *opaque)
{
    UserState *s = opaque;
    PolledFd *p = g_hash_table_lookup(s->polled, GINT_TO_POINTER(fd));
    int revents = p ? p->pollfd.revents : 0;

    return (revents & G_IO_IN ? SLIRP_POLL_IN : 0) | (revents & G_IO_OUT ? SLIRP_POLL_OUT : 0) |
           (revents & G_IO_PRI ? SLIRP_POLL_PRI : 0) | (revents & G_IO_ERR ? SLIRP_POLL_ERR : 0) |
           (revents & G_IO_HUP ? SLIRP_POLL_HUP : 0);
}

static void wake_up_within(UserState *s, uint32_t ms)
{
    if (ms != SLIRP_NO_TIMEOUT) {
        timer_mod_anticipate(s->timeout, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + ms);
    }
}

static gboolean slirp_prepare(GSource *source, gint *timeout)
{
    UserState *s = ((SlirpSource *)source)->user;
    uint32_t ms = SLIRP_NO_TIMEOUT;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, s->polled);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        ((PolledFd *)value)->wanted = false;
    }
    slirp_pollfds_fill(s->slirp, &ms, poll_this, s);
    g_hash_table_iter_init(&iter, s->polled);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        PolledFd *p = value;

        p->pollfd.revents = 0;
        if (!p->wanted) {
            g_source_remove_poll(source, &p->pollfd);
            g_hash_table_iter_remove(&iter);
        }
    }
    wake_up_within(s, ms);
    *timeout = -1; /* the timer of the guest's clock knows */
    return FALSE;
}

static gboolean slirp_check(GSource *source)
{
    UserState *s = ((SlirpSource *)source)->user;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, s->polled);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((PolledFd *)value)->pollfd.revents) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean slirp_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    UserState *s = ((SlirpSource *)source)->user;

    slirp_pollfds_poll(s->slirp, 0, polled_events, s);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs slirp_source_funcs = {
    .prepare = slirp_prepare,
    .check = slirp_check,
    .dispatch = slirp_dispatch,
};

static int nothing_happened(int fd, void *opaque)
{
    return 0;
}

static void slirp_timeout(void *opaque)
{
    UserState *s = opaque;

    slirp_pollfds_poll(s->slirp, 0, nothing_happened, s);
    qemu_notify_event(); /* what to wait for may have changed */
}

/* ---- What libslirp asks of us ---- */

static ssize_t send_to_guest(const void *buf, size_t len, void *opaque)
{
    UserState *s = opaque;

    /* Where the guest is slow, packets wait, and TCP's windows close. */
    qemu_send_packet(&s->nc, buf, len);
    return len;
}

static void guest_is_wrong(const char *msg, void *opaque)
{
    UserState *s = opaque;

    qemu_log_mask(LOG_GUEST_ERROR, "%s: %s\n", s->nc.name, msg);
}

static int64_t guest_time_ns(void *opaque)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void *make_timer(SlirpTimerCb cb, void *cb_opaque, void *opaque)
{
    return timer_new_ms(QEMU_CLOCK_VIRTUAL, cb, cb_opaque);
}

static void free_timer(void *timer, void *opaque)
{
    timer_free(timer);
}

static void set_timer(void *timer, int64_t expire_ms, void *opaque)
{
    timer_mod(timer, expire_ms);
}

/* The set is made anew before each wait; what runs on a CPU's thread ends the present one. */
static void fd_set_changes(int fd, void *opaque)
{
    qemu_notify_event();
}

static void there_is_room(void *opaque)
{
    UserState *s = opaque;

    if (s->forwards->len) {
        qemu_bh_schedule(s->accept_bh);
    }
    qemu_notify_event();
}

static const SlirpCb callbacks = {
    .send_packet = send_to_guest,
    .guest_error = guest_is_wrong,
    .clock_get_ns = guest_time_ns,
    .timer_new = make_timer,
    .timer_free = free_timer,
    .timer_mod = set_timer,
    .register_poll_fd = fd_set_changes,
    .unregister_poll_fd = fd_set_changes,
    .notify = there_is_room,
};

/* ---- guestfwd= ---- */

static int forward_can_read(void *opaque)
{
    GuestForwardDevice *fwd = opaque;

    return MIN(slirp_socket_can_recv(fwd->user->slirp, fwd->server, fwd->port), 4096);
}

static void forward_read(void *opaque, const uint8_t *buf, int size)
{
    GuestForwardDevice *fwd = opaque;

    slirp_socket_recv(fwd->user->slirp, fwd->server, fwd->port, buf, size);
}

static void accept_input(void *opaque)
{
    UserState *s = opaque;

    for (guint i = 0; i < s->forwards->len; i++) {
        qemu_chr_fe_accept_input(&((GuestForwardDevice *)s->forwards->pdata[i])->chr);
    }
}

static gboolean forward_write_rest(void *do_not_use, GIOCondition condition, void *opaque)
{
    GuestForwardDevice *fwd = opaque;
    int done = qemu_chr_fe_write(&fwd->chr, fwd->unsent->data, fwd->unsent->len);

    if (done > 0) {
        g_byte_array_remove_range(fwd->unsent, 0, done);
    }
    if (fwd->unsent->len && (done >= 0 || errno == EAGAIN)) {
        return G_SOURCE_CONTINUE;
    }
    g_byte_array_set_size(fwd->unsent, 0); /* an error: the other side has gone */
    fwd->watch = 0;
    return G_SOURCE_REMOVE;
}

/* libslirp's TCP keeps what isn't taken, and the guest asks again. */
static ssize_t forward_write(const void *buf, size_t len, void *opaque)
{
    GuestForwardDevice *fwd = opaque;
    int done = 0;

    if (fwd->unsent->len >= UNSENT_MAX) {
        errno = EAGAIN;
        return -1;
    }
    if (!fwd->unsent->len) {
        done = MAX(qemu_chr_fe_write(&fwd->chr, buf, len), 0);
    }
    if (done < len) {
        g_byte_array_append(fwd->unsent, (const uint8_t *)buf + done, len - done);
    }
    if (fwd->unsent->len && !fwd->watch) {
        fwd->watch = qemu_chr_fe_add_watch(&fwd->chr, G_IO_OUT | G_IO_HUP, forward_write_rest, fwd);
        if (!fwd->watch) {
            g_byte_array_set_size(fwd->unsent, 0); /* nobody is there */
        }
    }
    return len;
}

static void free_forward(gpointer data)
{
    GuestForwardDevice *fwd = data;

    if (fwd->watch) {
        g_source_remove(fwd->watch);
    }
    qemu_chr_fe_deinit(&fwd->chr, fwd->owns_chr);
    g_byte_array_unref(fwd->unsent);
    g_free(fwd);
}

static bool forward_to_device(UserState *s, const GuestForward *rule, const char *text,
                              Error **errp)
{
    ERRP_GUARD();
    g_autofree char *label = g_strdup_printf("%s.guestfwd.tcp.%d", s->nc.name, rule->port);
    Chardev *chr = qemu_chr_new_from_str(label, rule->device, false, errp);
    GuestForwardDevice *fwd;
    struct in_addr server = rule->server;

    if (!chr) {
        if (!*errp) {
            error_setg(errp, "there is no such device");
        }
        error_prepend(errp, "Invalid guest forwarding rule '%s': ", text);
        return false;
    }
    fwd = g_new0(GuestForwardDevice, 1);
    fwd->user = s;
    fwd->server = server;
    fwd->port = rule->port;
    fwd->owns_chr = !strstart(rule->device, "chardev:", NULL);
    fwd->unsent = g_byte_array_new();
    if (!qemu_chr_fe_init(&fwd->chr, chr, errp)) {
        free_forward(fwd);
        return false;
    }
    if (slirp_add_guestfwd(s->slirp, forward_write, fwd, &server, rule->port) < 0) {
        error_setg(errp, "Conflicting/invalid host:port in guest forwarding rule '%s'", text);
        free_forward(fwd);
        return false;
    }
    fwd->server = server;
    qemu_chr_fe_set_handlers(&fwd->chr, forward_can_read, forward_read, NULL, NULL, fwd, NULL,
                             true);
    g_ptr_array_add(s->forwards, fwd);
    return true;
}

static bool add_guest_forward(UserState *s, const char *text, Error **errp)
{
    GuestForward rule;
    bool done;

    if (!guest_forward_parse(text, &rule, errp)) {
        return false;
    }
    if (rule.device) {
        done = forward_to_device(s, &rule, text, errp);
    } else {
        done = slirp_add_exec(s->slirp, rule.command, &rule.server, rule.port) == 0;
        if (!done) {
            error_setg(errp, "Conflicting/invalid host:port in guest forwarding rule '%s'", text);
        }
    }
    guest_forward_clear(&rule);
    return done;
}

/* ---- hostfwd= ---- */

static bool add_host_forward(UserState *s, const char *text, Error **errp)
{
    HostForward fwd;

    if (!host_forward_parse(text, &fwd, errp)) {
        return false;
    }
    errno = 0;
    if (slirp_add_hostfwd(s->slirp, fwd.is_udp, fwd.host_addr, fwd.host_port, fwd.guest_addr,
                          fwd.guest_port) < 0) {
        error_setg_errno(errp, errno, "Could not set up host forwarding rule '%s'", text);
        return false;
    }
    return true;
}

static ssize_t user_receive(NetClientState *nc, const uint8_t *buf, size_t size);

typedef struct UserSearch {
    UserState *found;
    int number;
} UserSearch;

static void find_user(NetClientState *nc, void *opaque)
{
    UserSearch *search = opaque;

    if (nc->info->receive == user_receive) {
        search->found = user_state(nc);
        search->number++;
    }
}

static UserState *user_by_id(const char *id, Error **errp)
{
    NetClientState *nc = id ? qemu_find_netdev(id) : NULL;
    UserSearch search = { 0 };

    if (id && !nc) {
        error_setg(errp, "unrecognized netdev id '%s'", id);
        return NULL;
    }
    if (id) {
        find_user(nc, &search);
    } else {
        net_foreach_client(find_user, &search);
    }
    if (search.number != 1) {
        error_setg(errp, id              ? "netdev '%s' is no user network"
                         : search.number ? "there are several user networks: say which%s"
                                         : "there is no user network%s", id ? id : "");
        return NULL;
    }
    return search.found;
}

bool net_user_hostfwd_add(const char *id, const char *rule, Error **errp)
{
    UserState *s = user_by_id(id, errp);

    return s && add_host_forward(s, rule, errp);
}

bool net_user_hostfwd_remove(const char *id, const char *rule, bool *found, Error **errp)
{
    UserState *s = user_by_id(id, errp);
    HostForward fwd;

    if (!s || !host_forward_parse_host(rule, &fwd, errp)) {
        return false;
    }
    *found = slirp_remove_hostfwd(s->slirp, fwd.is_udp, fwd.host_addr, fwd.host_port) == 0;
    return true;
}

char *net_user_connections(NetClientState *nc)
{
    return nc->info->receive == user_receive ? slirp_connection_info(user_state(nc)->slirp) : NULL;
}

/* ---- The client ---- */

static ssize_t user_receive(NetClientState *nc, const uint8_t *buf, size_t size)
{
    UserState *s = user_state(nc);

    slirp_input(s->slirp, buf, size);
    wake_up_within(s, SLIRP_SOON_MS);
    return size;
}

static void user_cleanup(NetClientState *nc)
{
    UserState *s = user_state(nc);

    g_ptr_array_unref(s->forwards);
    g_source_destroy(&s->source->source);
    g_source_unref(&s->source->source);
    slirp_cleanup(s->slirp);
    g_hash_table_unref(s->polled);
    timer_free(s->timeout);
    qemu_bh_delete(s->accept_bh);
}

static const NetClientInfo user_info = {
    .type = NET_CLIENT_DRIVER_USER,
    .size = sizeof(UserState),
    .receive = user_receive,
    .cleanup = user_cleanup,
};

/* ---- Making one ---- */

static int add_forward(void *opaque, const char *name, const char *value, Error **errp)
{
    bool done = g_str_equal(name, "hostfwd")    ? add_host_forward(opaque, value, errp)
                : g_str_equal(name, "guestfwd") ? add_guest_forward(opaque, value, errp)
                                                : true;

    return done ? 0 : -1;
}

/* libslirp's own complaints, most of them about what the guest sends. */
static void slirp_complains(const char *domain, GLogLevelFlags level, const char *message,
                            gpointer opaque)
{
    qemu_log_mask(LOG_GUEST_ERROR, "user network: %s\n", message);
}

static bool create_user(QemuOpts *opts, const char *id, NetClientState *peer, Error **errp)
{
    g_autoptr(GPtrArray) domains = g_ptr_array_new();
    char net[INET_ADDRSTRLEN];
    SlirpConfig cfg;
    UserState *s;

    if (!user_config_from_opts(opts, &cfg, domains, errp)) {
        return false;
    }
    g_log_set_handler("Slirp", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_MESSAGE,
                      slirp_complains, NULL);
    s = user_state(qemu_new_net_client(&user_info, peer, "user", id));
    s->slirp = slirp_new(&cfg, &callbacks, s);
    s->polled = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    s->timeout = timer_new_ms(QEMU_CLOCK_VIRTUAL, slirp_timeout, s);
    s->accept_bh = qemu_bh_new(accept_input, s);
    s->forwards = g_ptr_array_new_with_free_func(free_forward);
    s->source = (SlirpSource *)g_source_new(&slirp_source_funcs, sizeof(SlirpSource));
    s->source->user = s;
    g_source_set_name(&s->source->source, "net-user");
    g_source_attach(&s->source->source, NULL);
    qemu_set_info_str(&s->nc, "net=%s,restrict=%s",
                      inet_ntop(AF_INET, &cfg.vnetwork, net, sizeof(net)),
                      cfg.restricted ? "on" : "off");
    if (qemu_opt_foreach(opts, add_forward, s, errp) != 0) {
        qemu_del_net_client(&s->nc);
        return false;
    }
    return true;
}

#define STRING(key) { .name = key, .type = QEMU_OPT_STRING }

static const QemuOptDesc user_keys[] = {
    STRING("hostname"),
    { .name = "restrict", .type = QEMU_OPT_BOOL },
    { .name = "ipv4", .type = QEMU_OPT_BOOL },
    { .name = "ipv6", .type = QEMU_OPT_BOOL },
    STRING("net"), STRING("host"), STRING("dns"), STRING("dhcpstart"),
    STRING("ipv6-prefix"),
    { .name = "ipv6-prefixlen", .type = QEMU_OPT_NUMBER },
    STRING("ipv6-host"), STRING("ipv6-dns"),
    STRING("tftp"), STRING("tftp-server-name"), STRING("bootfile"),
    STRING("dnssearch"), STRING("domainname"),
    STRING("hostfwd"), STRING("guestfwd"),
    STRING("smb"), STRING("smbserver"),
    { NULL },
};

const NetKind net_kind_user = {
    .name = "user",
    .keys = user_keys,
    .create = create_user,
};
