/*
 * A VNC client's thread: the protocol, by libvncserver.
 *
 * RFB as in RFC 6143. Two extensions of QEMU's that many viewers know are added to what the library
 * has: keys by their number on the keyboard (pseudo-encoding -258), so that no layout comes into
 * play, and motion instead of positions where the guest has a mouse (-257); "The RFB Protocol",
 * community edition, describes both.
 *
 * SPDX-License-Identifier: MIT
 */
#include "vnc-internal.h"
#include <poll.h>

#define ENCODING_POINTER_TYPE (-257)
#define ENCODING_EXTENDED_KEY (-258)
#define MESSAGE_QEMU          255
#define QEMU_KEY              0

/* How long the rest of a message, or a reader of our bytes, may take. */
#define PATIENCE_MS       20000
#define PATIENCE_LOGIN_MS 5000
/* Whoever isn't in after this time goes. */
#define LOGIN_MS 60000
/*
 * Between looks, where poll() doesn't tell all: of data that a websocket has in hand; of a login.
 */
#define WEBSOCKET_POLL_MS 50
#define LOGIN_POLL_MS     50
/* How long a websocket has for its first bytes. */
#define BEGINNING_MS 100

static VncClient *client_of(rfbClientPtr cl)
{
    return cl->screen->screenData;
}

void vnc_client_wake(VncClient *c)
{
    uint64_t one = 1;

    if (write(c->wake, &one, sizeof(one)) < 0) {
        /* it is awake already: the counter is full */
    }
}

/* ---- What the client does ---- */

static void key_event(rfbBool down, rfbKeySym symbol, rfbClientPtr cl)
{
    vnc_client_sends(client_of(cl), &(VncInput){ VNC_KEY, .symbol = symbol, .down = down });
}

static void pointer_event(int buttons, int x, int y, rfbClientPtr cl)
{
    VncClient *c = client_of(cl);

    vnc_client_sends(c, &(VncInput){ VNC_POINTER, .x = x, .y = y, .buttons = buttons,
                                     .relative = c->wants_pointer_type && !c->pointer_absolute });
}

/* That version of the library forgets what it has for a websocket. */
static bool library_leaks_websockets(void)
{
    return g_str_equal(LIBVNCSERVER_VERSION, "0.9.14");
}

static void client_gone(rfbClientPtr cl)
{
    client_of(cl)->rfb = NULL;
    if (library_leaks_websockets()) {
        free(cl->wsctx);
        cl->wsctx = NULL;
    }
}

static enum rfbNewClientAction client_comes(rfbClientPtr cl)
{
    cl->clientGoneHook = client_gone;
    return RFB_CLIENT_ACCEPT;
}

static rfbBool check_password(rfbClientPtr cl, const char *response, int len)
{
    VncClient *c = client_of(cl);
    VncServer *s = c->server;
    uint8_t expected[CHALLENGESIZE];
    unsigned different = len != CHALLENGESIZE;
    g_autofree char *password = NULL;

    g_mutex_lock(&s->lock);
    password = g_get_real_time() / G_USEC_PER_SEC < s->expires ? g_strdup(s->password) : NULL;
    g_mutex_unlock(&s->lock);
    if (!password || !*password) {
        return FALSE;
    }
    memcpy(expected, cl->authChallenge, CHALLENGESIZE);
    rfbEncryptBytes(expected, password);
    for (int i = 0; i < MIN(len, CHALLENGESIZE); i++) { /* as long for a wrong one as for a right */
        different |= expected[i] ^ (uint8_t)response[i];
    }
    c->authenticated = !different;
    return c->authenticated;
}

/* ---- Extensions ---- */

/* A rectangle without pixels, which says something by its encoding. */
static void send_pseudo_rectangle(rfbClientPtr cl, int x, int encoding)
{
    struct {
        rfbFramebufferUpdateMsg update;
        rfbFramebufferUpdateRectHeader rect;
    } __attribute__((packed)) message = {
        .update = { .type = rfbFramebufferUpdate, .nRects = Swap16IfLE(1) },
        .rect = { .r = { .x = Swap16IfLE(x), .w = Swap16IfLE(cl->screen->width),
                         .h = Swap16IfLE(cl->screen->height) },
                  .encoding = Swap32IfLE((uint32_t)encoding) },
    };

    rfbWriteExact(cl, (const char *)&message, sizeof(message));
}

static rfbBool enable_extension(rfbClientPtr cl, void **data, int encoding)
{
    VncClient *c = client_of(cl);

    if (encoding == ENCODING_EXTENDED_KEY && !c->has_extended_keys) {
        c->has_extended_keys = true;
        send_pseudo_rectangle(cl, 0, encoding);
    } else if (encoding == ENCODING_POINTER_TYPE && !c->wants_pointer_type) {
        c->wants_pointer_type = true;
        send_pseudo_rectangle(cl, c->pointer_absolute, encoding);
    }
    return TRUE;
}

static rfbBool extended_message(rfbClientPtr cl, void *data, const rfbClientToServerMsg *message)
{
    rfbQemuExtendedKeyEventMsg key = { .type = message->type };

    if (message->type != MESSAGE_QEMU) {
        return FALSE;
    }
    if (rfbReadExact(cl, (char *)&key + 1, sizeof(key) - 1) <= 0 || key.subtype != QEMU_KEY) {
        rfbCloseClient(cl);
        return TRUE;
    }
    vnc_client_sends(client_of(cl), &(VncInput){ VNC_KEY, .symbol = Swap32IfLE(key.keysym),
                                                 .number = Swap32IfLE(key.keycode),
                                                 .down = Swap16IfLE(key.down) != 0 });
    return TRUE;
}

void vnc_client_init(void)
{
    static int encodings[] = { ENCODING_POINTER_TYPE, ENCODING_EXTENDED_KEY, 0 };
    static rfbProtocolExtension extension = {
        .pseudoEncodings = encodings,
        .enablePseudoEncoding = enable_extension,
        .handleMessage = extended_message,
    };
    static bool done;

    if (!done) {
        done = true;
        rfbLogEnable(FALSE);
        rfbRegisterProtocolExtension(&extension);
    }
}

/* ---- The picture ---- */

static void use_our_format(VncClient *c)
{
    c->screen->serverFormat.redShift = 16;
    c->screen->serverFormat.greenShift = 8;
    c->screen->serverFormat.blueShift = 0;
    if (c->rfb) {
        rfbSetTranslateFunction(c->rfb);
    }
}

/* The server's lock is held. */
static void copy_region(VncClient *c, struct sraRegion *region)
{
    VncServer *s = c->server;
    sraRectangleIterator *it = sraRgnGetIterator(region);
    sraRect r;

    while (sraRgnIteratorNext(it, &r)) {
        for (int y = r.y1; y < r.y2; y++) {
            size_t at = (size_t)y * s->width + r.x1;

            memcpy(c->frame + at, s->pixels + at, (r.x2 - r.x1) * sizeof(*c->frame));
        }
    }
    sraRgnReleaseIterator(it);
}

/* Takes what has changed since the last time. False: the server wants the client to go. */
static bool take_news(VncClient *c)
{
    VncServer *s = c->server;
    struct sraRegion *news;
    bool resized, absolute, goes_on;
    unsigned width, height;
    uint32_t *before = NULL;

    g_mutex_lock(&s->lock);
    goes_on = !c->closing;
    resized = c->resized;
    absolute = s->absolute;
    width = s->width;
    height = s->height;
    news = c->dirty;
    c->dirty = sraRgnCreate();
    c->resized = false;
    if (resized) {
        before = c->frame;
        c->frame = g_new(uint32_t, (size_t)width * height);
    }
    copy_region(c, news);
    g_mutex_unlock(&s->lock);

    if (resized && goes_on) {
        rfbNewFramebuffer(c->screen, (char *)c->frame, width, height, 8, 3, 4);
        use_our_format(c);
    }
    g_free(before);
    if (absolute != c->pointer_absolute) {
        c->pointer_absolute = absolute;
        if (c->wants_pointer_type && c->rfb) {
            send_pseudo_rectangle(c->rfb, absolute, ENCODING_POINTER_TYPE);
        }
    }
    if (!sraRgnEmpty(news)) {
        rfbMarkRegionAsModified(c->screen, news);
    }
    sraRgnDestroy(news);
    return goes_on;
}

/* ---- The thread ---- */

static GMutex login_lock; /* the library's list of security types */

/*
 * The byte by which the client says whether it wants the screen for itself (7.3.1): false as long as
 * it isn't there, so that the library doesn't take it unseen. What a websocket says isn't known.
 */
static bool peek_shared_flag(VncClient *c, bool *shared)
{
    uint8_t flag;
    ssize_t n = c->websocket ? 0 : recv(c->rfb->sock, &flag, 1, MSG_PEEK | MSG_DONTWAIT);

    *shared = n != 1 || flag != 0;
    return n >= 0 || errno != EAGAIN;
}

/*
 * A version (7.1.1: twelve bytes) that is only half there would keep the lock; more won't come
 * where the other side has ended.
 */
static bool version_is_there(VncClient *c)
{
    struct pollfd fd = { c->rfb->sock, POLLRDHUP };
    char version[12];
    ssize_t n = recv(c->rfb->sock, version, sizeof(version), MSG_PEEK | MSG_DONTWAIT);

    return c->websocket || n == sizeof(version) || n == 0 || (n < 0 && errno != EAGAIN) ||
           poll(&fd, 1, 0) != 0;
}

static void process_messages(VncClient *c)
{
    int before = c->rfb->state;
    bool shared = true;

    if (before != RFB_NORMAL && g_get_monotonic_time() > c->login_until) {
        rfbCloseClient(c->rfb);
        rfbProcessEvents(c->screen, 0);
        return;
    }
    if (before == RFB_PROTOCOL_VERSION) {
        if (version_is_there(c)) {
            g_mutex_lock(&login_lock);
            rfbProcessEvents(c->screen, 0);
            g_mutex_unlock(&login_lock);
        }
        return;
    }
    if (before == RFB_INITIALISATION && !peek_shared_flag(c, &shared)) {
        return;
    }
    rfbProcessEvents(c->screen, 0);
    /* Whatever the library let through: nobody is in without the password. */
    if (c->rfb && c->rfb->state >= RFB_INITIALISATION && c->server->needs_password &&
        !c->authenticated) {
        rfbCloseClient(c->rfb);
        rfbProcessEvents(c->screen, 0);
    }
    if (c->rfb && c->rfb->state == RFB_NORMAL && !c->told_initialized) {
        c->told_initialized = true;
        c->screen->maxClientWait = PATIENCE_MS;
        vnc_client_sends(c, &(VncInput){ VNC_INITIALIZED, .down = shared });
    }
}

/* Waits until there is something to do. */
static void wait_for_something(VncClient *c)
{
    bool half_a_version = c->rfb->state == RFB_PROTOCOL_VERSION && !version_is_there(c);
    struct pollfd fds[] = { { c->wake, POLLIN }, { c->rfb->sock, POLLIN } };
    uint64_t count;

    /* half a version would make the socket readable all the time */
    poll(fds, half_a_version ? 1 : 2,
         c->rfb->state != RFB_NORMAL ? LOGIN_POLL_MS : c->rfb->wsctx ? WEBSOCKET_POLL_MS : -1);
    if (fds[0].revents & POLLIN && read(c->wake, &count, sizeof(count)) < 0) {
        /* somebody else has read it: nobody does */
    }
}

/*
 * The library looks at the first four bytes for a websocket's greeting, if they come within a tenth
 * of a second. What it can't cope with is fewer of them: so it gets to see four, or none. False:
 * there will never be four.
 */
static bool wait_for_beginning(VncClient *c)
{
    int64_t until = g_get_monotonic_time() + PATIENCE_LOGIN_MS * 1000;
    struct pollfd fd = { c->fd, POLLIN | POLLRDHUP };
    char first[4];

    if (poll(&fd, 1, BEGINNING_MS) == 0) {
        return true; /* a viewer, which waits for us to speak */
    }
    while (recv(c->fd, first, sizeof(first), MSG_PEEK | MSG_DONTWAIT) < (ssize_t)sizeof(first)) {
        fd = (struct pollfd){ c->fd, POLLRDHUP };
        if (poll(&fd, 1, 10) != 0 || g_get_monotonic_time() > until) {
            return false;
        }
    }
    return true;
}

static bool begin(VncClient *c)
{
    VncServer *s = c->server;
    int argc = 0;

    c->login_until = g_get_monotonic_time() + LOGIN_MS * 1000;
    if (s->tls) {
        c->fd = vnc_tls_begin(c);
        if (c->fd < 0) {
            return false;
        }
    }
    g_mutex_lock(&s->lock);
    c->frame = g_memdup2(s->pixels, (size_t)s->width * s->height * sizeof(*c->frame));
    c->pointer_absolute = s->absolute;
    c->screen = rfbGetScreen(&argc, NULL, s->width, s->height, 8, 3, 4);
    g_mutex_unlock(&s->lock);
    if (!c->screen || !wait_for_beginning(c)) {
        close(c->fd);
        return false;
    }
    c->screen->screenData = c;
    c->screen->frameBuffer = (char *)c->frame;
    c->screen->desktopName = s->name;
    c->screen->cursor = NULL;
    c->screen->deferUpdateTime = 0;
    c->screen->maxClientWait = PATIENCE_LOGIN_MS;
    c->screen->alwaysShared = TRUE; /* the server sees to that */
    c->screen->kbdAddEvent = key_event;
    c->screen->ptrAddEvent = pointer_event;
    c->screen->passwordCheck = check_password;
    c->screen->newClientHook = client_comes;
    c->screen->authPasswdData = s->needs_password ? (void *)"" : NULL;
    use_our_format(c);
    c->rfb = rfbNewClient(c->screen, c->fd);
    g_mutex_lock(&s->lock);
    c->begun = true;
    g_mutex_unlock(&s->lock);
    if (c->rfb) {
        c->websocket |= c->rfb->wsctx != NULL;
    }
    return c->rfb != NULL;
}

gpointer vnc_client_thread(gpointer opaque)
{
    VncClient *c = opaque;

    if (begin(c)) {
        while (c->rfb && take_news(c)) {
            process_messages(c);
            if (c->rfb) {
                wait_for_something(c);
            }
        }
    }
    if (c->screen) {
        c->screen->frameBuffer = NULL;
        rfbScreenCleanup(c->screen); /* closes the connection */
    }
    g_free(c->frame);
    if (c->tls) {
        vnc_tls_drain(c->tls); /* here: the main thread shall not wait for a viewer */
    }
    vnc_client_sends(c, &(VncInput){ VNC_GONE });
    return NULL;
}
