/*
 * VNC over TLS: VeNCrypt in front of the library, which has nothing of it.
 *
 * The viewer chooses the security type VeNCrypt and, in there, TLS; then everything is encrypted.
 * The library's end of the connection is one of a pair of sockets: at the other one a thread of ours
 * answers the library's greeting in the viewer's name, up to the choice of the authentication, and
 * from there on moves bytes. A websocket's TLS begins at once (wss), and there is nothing to answer.
 *
 * Reference: "The RFB Protocol", community edition, "VeNCrypt"; GnuTLS manual, "Asynchronous
 * operation".
 *
 * SPDX-License-Identifier: MIT
 */
#include "vnc-internal.h"
#include <gnutls/gnutls.h>
#include <poll.h>
#include "qemu/bswap.h"

#define VERSION_SIZE 12
#define TYPE_NONE     1
#define TYPE_VNC      2
#define TYPE_VENCRYPT 19

/* How long a viewer may take until the first encrypted byte. */
#define PATIENCE_MS 5000
#define PIECE       16384
/* How long one may take to read what the library has sent last. */
#define DRAIN_MS    500

struct VncTls {
    gnutls_session_t session;
    int fd;    /* the viewer */
    int inner; /* the library */
    char version[VERSION_SIZE];
    uint8_t type;  /* that the library shall take */
    bool websocket;
    GThread *thread;
    GMutex lock; /* of `done` */
    GCond cond;
    bool done;   /* the viewer has all that it will get */
};

/* VeNCrypt's subtypes. */
static uint32_t subtype_of(const VncServer *s)
{
    if (tls_creds_are_anonymous(s->tls)) {
        return s->needs_password ? 258 : 257;
    }
    return s->needs_password ? 261 : 260;
}

const char *vnc_tls_name(const VncServer *s, bool with_prefix)
{
    static const struct {
        uint32_t subtype;
        const char *long_name, *name;
    } names[] = {
        { 257, "vencrypt+tls+none", "tls-none" },
        { 258, "vencrypt+tls+vnc", "tls-vnc" },
        { 260, "vencrypt+x509+none", "x509-none" },
        { 261, "vencrypt+x509+vnc", "x509-vnc" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i].subtype == subtype_of(s)) {
            return with_prefix ? names[i].long_name : names[i].name;
        }
    }
    return NULL;
}

/* --- bytes, for a limited time --- */

static bool wait_for(int fd, short events, int64_t until)
{
    struct pollfd p = { fd, events };
    int64_t left = (until - g_get_monotonic_time()) / 1000;

    return left > 0 && poll(&p, 1, left) > 0;
}

static bool read_exactly(int fd, void *to, size_t size, int64_t until)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = recv(fd, (char *)to + done, size - done, MSG_DONTWAIT);

        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
            (n < 0 && !wait_for(fd, POLLIN, until))) {
            return false;
        }
        done += MAX(n, 0);
    }
    return true;
}

/* So few bytes that a socket takes them at once, or never. */
static bool write_exactly(int fd, const void *from, size_t size)
{
    return send(fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

/* --- before TLS --- */

/* RFC 6143, 7.1: 3.3 has no choice of types; what is newer than 3.8 is taken as that. */
static bool agree_on_version(VncTls *t, int64_t until)
{
    char version[VERSION_SIZE + 1] = { 0 };
    unsigned major, minor;

    if (!write_exactly(t->fd, "RFB 003.008\n", VERSION_SIZE) ||
        !read_exactly(t->fd, version, VERSION_SIZE, until) ||
        sscanf(version, "RFB %3u.%3u\n", &major, &minor) != 2 || major != 3 || minor < 7) {
        return false;
    }
    memcpy(t->version, minor == 7 ? "RFB 003.007\n" : "RFB 003.008\n", VERSION_SIZE);
    return true;
}

static bool agree_on_vencrypt(VncTls *t, uint32_t subtype, int64_t until)
{
    static const uint8_t types[] = { 1, TYPE_VENCRYPT }, version[] = { 0, 2 };
    uint8_t offered[5] = { 1 }, chosen[4], theirs[2];

    if (!write_exactly(t->fd, types, sizeof(types)) || !read_exactly(t->fd, chosen, 1, until) ||
        chosen[0] != TYPE_VENCRYPT || !write_exactly(t->fd, version, sizeof(version)) ||
        !read_exactly(t->fd, theirs, sizeof(theirs), until)) {
        return false;
    }
    if (memcmp(theirs, version, sizeof(version)) != 0) {
        write_exactly(t->fd, "\1", 1);
        return false;
    }
    stl_be_p(offered + 1, subtype);
    if (!write_exactly(t->fd, "\0", 1) || !write_exactly(t->fd, offered, sizeof(offered)) ||
        !read_exactly(t->fd, chosen, sizeof(chosen), until)) {
        return false;
    }
    if (ldl_be_p(chosen) != subtype) {
        write_exactly(t->fd, "\0", 1);
        return false;
    }
    return write_exactly(t->fd, "\1", 1);
}

static bool shake_hands(VncTls *t, int64_t until)
{
    int ret;

    while ((ret = gnutls_handshake(t->session)) < 0) {
        if (gnutls_error_is_fatal(ret) ||
            !wait_for(t->fd, gnutls_record_get_direction(t->session) ? POLLOUT : POLLIN, until)) {
            return false;
        }
    }
    return true;
}

/* --- behind it --- */

/* In the viewer's name, up to the choice of a type. */
static bool greet_library(VncTls *t)
{
    int64_t until = g_get_monotonic_time() + PATIENCE_MS * 1000;
    char version[VERSION_SIZE];
    uint8_t count, types[UINT8_MAX];

    return read_exactly(t->inner, version, sizeof(version), until) &&
           write_exactly(t->inner, t->version, VERSION_SIZE) &&
           read_exactly(t->inner, &count, 1, until) && count &&
           read_exactly(t->inner, types, count, until) && memchr(types, t->type, count) &&
           write_exactly(t->inner, &t->type, 1);
}

typedef struct Pipe {
    uint8_t bytes[PIECE];
    size_t pos, len;
} Pipe;

/* False: the viewer has gone. */
static bool from_viewer(VncTls *t, Pipe *p)
{
    ssize_t n = gnutls_record_recv(t->session, p->bytes, sizeof(p->bytes));

    p->pos = 0;
    p->len = MAX(n, 0);
    return n > 0 || (n < 0 && !gnutls_error_is_fatal(n));
}

static bool to_viewer(VncTls *t, Pipe *p)
{
    ssize_t n = gnutls_record_send(t->session, p->bytes + p->pos, p->len - p->pos);

    p->pos += MAX(n, 0);
    return n >= 0 || !gnutls_error_is_fatal(n);
}

static bool from_library(VncTls *t, Pipe *p)
{
    ssize_t n = recv(t->inner, p->bytes, sizeof(p->bytes), MSG_DONTWAIT);

    p->pos = 0;
    p->len = MAX(n, 0);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool to_library(VncTls *t, Pipe *p)
{
    ssize_t n = send(t->inner, p->bytes + p->pos, p->len - p->pos, MSG_DONTWAIT | MSG_NOSIGNAL);

    p->pos += MAX(n, 0);
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

#define ENDED (POLLHUP | POLLERR | POLLNVAL)

/*
 * Whoever doesn't read keeps the other one from being read. What the library has sent before it
 * ended still goes to the viewer.
 */
static void move_bytes(VncTls *t)
{
    g_autofree Pipe *in = g_new0(Pipe, 1), *out = g_new0(Pipe, 1);
    bool library_ended = false, goes_on = true;

    while (goes_on) {
        bool in_full = in->pos < in->len && !library_ended, out_full = out->pos < out->len;
        struct pollfd fds[] = {
            { t->fd, (in_full ? 0 : POLLIN) | (out_full ? POLLOUT : 0) },
            { library_ended && out_full ? -1 : t->inner,
              (out_full ? 0 : POLLIN) | (in_full ? POLLOUT : 0) },
        };
        bool pending = !in_full && gnutls_record_check_pending(t->session);

        if (poll(fds, 2, pending ? 0 : -1) < 0 && errno != EINTR) {
            return;
        }
        library_ended |= (fds[1].revents & ENDED) != 0;
        if (in_full) {
            goes_on = library_ended || to_library(t, in);
        } else if (pending || (fds[0].revents & POLLIN)) {
            goes_on = from_viewer(t, in);
        }
        if (goes_on && out_full) {
            goes_on = to_viewer(t, out);
        } else if (goes_on && fds[1].revents) {
            goes_on = from_library(t, out);
        }
        goes_on &= !(fds[0].revents & ENDED);
    }
}

static gpointer move(gpointer opaque)
{
    VncTls *t = opaque;

    if (t->websocket || greet_library(t)) {
        move_bytes(t);
    }
    gnutls_bye(t->session, GNUTLS_SHUT_WR);
    shutdown(t->fd, SHUT_RDWR);
    shutdown(t->inner, SHUT_RDWR);
    g_mutex_lock(&t->lock);
    t->done = true;
    g_cond_signal(&t->cond);
    g_mutex_unlock(&t->lock);
    return NULL;
}

/* --- life --- */

static void free_tls(VncTls *t)
{
    if (t->session) {
        gnutls_deinit(t->session);
    }
    if (t->inner >= 0) {
        close(t->inner);
    }
    close(t->fd);
    g_mutex_clear(&t->lock);
    g_cond_clear(&t->cond);
    g_free(t);
}

int vnc_tls_begin(VncClient *c)
{
    VncServer *s = c->server;
    VncTls *t = g_new0(VncTls, 1);
    int64_t until = g_get_monotonic_time() + PATIENCE_MS * 1000;
    int pair[2] = { -1, -1 };

    *t = (VncTls){ .session = tls_creds_session(s->tls, NULL), .fd = c->fd, .inner = -1,
                   .type = s->needs_password ? TYPE_VNC : TYPE_NONE, .websocket = c->websocket };
    g_mutex_init(&t->lock);
    g_cond_init(&t->cond);
    if (t->session) {
        gnutls_transport_set_int(t->session, t->fd);
    }
    if (!t->session || fcntl(t->fd, F_SETFL, fcntl(t->fd, F_GETFL) | O_NONBLOCK) < 0 ||
        (!t->websocket && (!agree_on_version(t, until) ||
                           !agree_on_vencrypt(t, subtype_of(s), until))) ||
        !shake_hands(t, until) || !tls_creds_accept(s->tls, t->session, NULL) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        free_tls(t);
        return -1;
    }
    t->inner = pair[0];
    if (pair[1] >= FD_SETSIZE - 8) { /* the library uses select() */
        close(pair[1]);
        free_tls(t);
        return -1;
    }
    c->tls = t;
    t->thread = g_thread_new("vnc-tls", move, t);
    return pair[1];
}

void vnc_tls_drain(VncTls *t)
{
    int64_t until = g_get_monotonic_time() + DRAIN_MS * 1000;

    g_mutex_lock(&t->lock);
    while (!t->done && g_cond_wait_until(&t->cond, &t->lock, until)) {
        /* woken too early */
    }
    g_mutex_unlock(&t->lock);
}

void vnc_tls_end(VncTls *t)
{
    shutdown(t->fd, SHUT_RDWR);
    shutdown(t->inner, SHUT_RDWR);
    g_thread_join(t->thread);
    free_tls(t);
}
