/*
 * VNC on the main thread: connections, what consoles show and what clients type.
 *
 * SPDX-License-Identifier: MIT
 */
#include "vnc-internal.h"
#include <linux/input-event-codes.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <xkbcommon/xkbcommon.h>
#include "qemu/main-loop.h"
#include "system/events.h"
#include "ui/input.h"

/* How long a connection may take to say what it is. */
#define BEGIN_SECONDS 6
/* A client waits while so much of its input does. */
#define MAX_WAITING 256
#define NO_SIZE             { 640, 480 }

/* ---- Addresses ---- */

static void address_from(VncAddress *a, const struct sockaddr *sa, socklen_t size)
{
    const struct sockaddr_un *un = (const void *)sa;

    *a = (VncAddress){ .family = "unknown" };
    if (sa->sa_family == AF_UNIX) {
        a->family = "unix";
        g_strlcpy(a->service, size > offsetof(struct sockaddr_un, sun_path) ? un->sun_path : "",
                  sizeof(a->service));
    } else if (getnameinfo(sa, size, a->host, sizeof(a->host), a->service, sizeof(a->service),
                           NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        a->family = sa->sa_family == AF_INET6 ? "ipv6" : "ipv4";
    }
}

static void address_of(int fd, VncAddress *a, int (*get)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_storage storage = { 0 };
    socklen_t size = sizeof(storage);

    if (get(fd, (struct sockaddr *)&storage, &size) == 0) {
        address_from(a, (struct sockaddr *)&storage, size);
    } else {
        *a = (VncAddress){ .family = "unknown" };
    }
}

static int get_local(int fd, struct sockaddr *sa, socklen_t *size)
{
    return getsockname(fd, sa, size);
}

void vnc_local_address(int fd, VncAddress *a)
{
    address_of(fd, a, get_local);
}

static int get_peer(int fd, struct sockaddr *sa, socklen_t *size)
{
    return getpeername(fd, sa, size);
}

JsonObject *vnc_describe_address(const VncAddress *a, bool websocket)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "host", a->host);
    json_object_set_string_member(o, "service", a->service);
    json_object_set_string_member(o, "family", a->family);
    json_object_set_boolean_member(o, "websocket", websocket);
    return o;
}

const char *vnc_auth_name(const VncServer *s)
{
    return s->tls ? vnc_tls_name(s, true) : s->needs_password ? "vnc" : "none";
}

static void send_event(const char *name, const VncClient *c)
{
    JsonObject *data = json_object_new(), *server = vnc_describe_address(&c->local, c->websocket);

    json_object_set_string_member(server, "auth", vnc_auth_name(c->server));
    json_object_set_object_member(data, "server", server);
    json_object_set_object_member(data, "client", vnc_describe_address(&c->address, c->websocket));
    event_send(name, data);
}

/* ---- The picture ---- */

static VncServer *server_of(ConsoleListener *l)
{
    return container_of(l, VncServer, listener);
}

/* The lock is held. */
static void mark(VncServer *s, int x, int y, int width, int height)
{
    struct sraRegion *r = sraRgnCreateRect(x, y, x + width, y + height);

    for (guint i = 0; i < s->clients->len; i++) {
        VncClient *c = s->clients->pdata[i];

        sraRgnOr(c->dirty, r);
    }
    sraRgnDestroy(r);
}

static void wake_all(VncServer *s)
{
    for (guint i = 0; i < s->clients->len; i++) {
        vnc_client_wake(s->clients->pdata[i]);
    }
}

static void set_size(VncServer *s, unsigned width, unsigned height)
{
    g_mutex_lock(&s->lock);
    if (width != s->width || height != s->height) {
        g_free(s->pixels);
        s->pixels = g_new0(uint32_t, (size_t)width * height);
        s->width = width;
        s->height = height;
        for (guint i = 0; i < s->clients->len; i++) {
            VncClient *c = s->clients->pdata[i];

            sraRgnDestroy(c->dirty); /* which may lie outside now */
            c->dirty = sraRgnCreate();
            c->resized = true;
        }
        mark(s, 0, 0, width, height);
    }
    g_mutex_unlock(&s->lock);
    wake_all(s);
}

static void surface_resized(ConsoleListener *l, Surface *surface)
{
    set_size(server_of(l), surface->width, surface->height);
}

static void surface_updated(ConsoleListener *l, int x, int y, int width, int height)
{
    VncServer *s = server_of(l);

    g_mutex_lock(&s->lock);
    surface_read(console_surface(l->console), x, y, width, height,
                 s->pixels + (size_t)y * s->width + x, s->width);
    mark(s, x, y, width, height);
    g_mutex_unlock(&s->lock);
}

static void surface_refreshed(ConsoleListener *l)
{
    VncServer *s = server_of(l);
    bool absolute = input_pointer_is_absolute();

    g_mutex_lock(&s->lock);
    s->absolute = absolute;
    g_mutex_unlock(&s->lock);
    wake_all(s);
}

void vnc_choose_console(VncServer *s);

static void console_gone(ConsoleListener *l)
{
    VncServer *s = server_of(l);

    s->con = NULL;
    s->fixed = false;
    vnc_choose_console(s);
}

const ConsoleListenerOps vnc_listener_ops = {
    surface_resized,
    surface_updated,
    surface_refreshed,
    console_gone,
};

void vnc_choose_console(VncServer *s)
{
    const struct { unsigned width, height; } none = NO_SIZE;

    if (!console_exists(s->con)) { /* none, or it has gone while nobody looked */
        s->con = console_get(0);
        s->fixed = false;
    }
    if (s->clients->len && s->con && !s->listener.console) {
        console_listen(s->con, &s->listener);
    } else if (!s->clients->len) {
        console_unlisten(&s->listener);
    }
    if (!s->con) {
        set_size(s, none.width, none.height);
    }
}

static void show_console(VncServer *s, Console *con)
{
    if (con && con != s->con && !s->fixed) {
        console_unlisten(&s->listener);
        s->con = con;
        vnc_choose_console(s);
    }
}

/* ---- Input ---- */

static bool is_held(VncClient *c, unsigned code)
{
    return g_hash_table_contains(c->held, GUINT_TO_POINTER(code));
}

/* For the console that is looked at now. */
static void release_keys(VncClient *c)
{
    GHashTableIter it;
    gpointer code;

    g_hash_table_iter_init(&it, c->held);
    while (g_hash_table_iter_next(&it, &code, NULL)) {
        input_send_key(c->server->con, GPOINTER_TO_UINT(code), false);
    }
    input_sync();
}

/* Ctrl, Alt and a digit: another console. */
static bool chooses_console(VncClient *c, unsigned code)
{
    if (!is_held(c, KEY_LEFTCTRL) || !is_held(c, KEY_LEFTALT) || code < KEY_1 || code > KEY_9) {
        return false;
    }
    release_keys(c);
    show_console(c->server, console_get(code - KEY_1));
    return true;
}

static void key(VncClient *c, const VncInput *in)
{
    Console *con = c->server->con;
    unsigned code = in->number ? input_key_by_number(in->number) : 0;
    uint32_t character = xkb_keysym_to_utf32(in->symbol);

    code = code ? code : input_key_for_keysym(in->symbol);
    if (in->down && chooses_console(c, code)) {
        return;
    }
    if (con && console_takes_keys(con) && in->down && character >= ' ' && character != 0x7f &&
        !is_held(c, KEY_LEFTCTRL) && !is_held(c, KEY_RIGHTCTRL)) {
        console_text(con, character);
        return;
    }
    if (!code) {
        return; /* the layout has no such key */
    }
    if (in->down) {
        g_hash_table_add(c->held, GUINT_TO_POINTER(code));
    } else {
        g_hash_table_remove(c->held, GUINT_TO_POINTER(code));
    }
    input_send_key(con, code, in->down);
    input_sync();
}

/* RFC 6143, 7.5.5: the wheel is buttons 4 to 7. */
static const InputButton buttons[] = {
    INPUT_LEFT,       INPUT_MIDDLE,     INPUT_RIGHT,       INPUT_WHEEL_UP,
    INPUT_WHEEL_DOWN, INPUT_WHEEL_LEFT, INPUT_WHEEL_RIGHT,
};

static void set_buttons(VncClient *c, int now)
{
    for (size_t i = 0; i < ARRAY_SIZE(buttons); i++) {
        if ((now ^ c->buttons) & 1 << i) {
            input_send_button(c->server->con, buttons[i], now >> i & 1);
        }
    }
    c->buttons = now;
}

static void pointer(VncClient *c, const VncInput *in)
{
    VncServer *s = c->server;
    int dx = in->relative ? in->x - 0x7fff : c->x >= 0 ? in->x - c->x : 0;
    int dy = in->relative ? in->y - 0x7fff : c->y >= 0 ? in->y - c->y : 0;

    if (input_pointer_is_absolute() && !in->relative) {
        input_send_position(s->con, INPUT_X, in->x, s->width);
        input_send_position(s->con, INPUT_Y, in->y, s->height);
    } else if (dx || dy) {
        input_send_motion(s->con, INPUT_X, dx);
        input_send_motion(s->con, INPUT_Y, dy);
    }
    if (!in->relative) {
        c->x = in->x;
        c->y = in->y;
    }
    set_buttons(c, in->buttons);
    input_sync();
}

/* ---- Clients ---- */

void vnc_end_client(VncClient *c)
{
    char rest[256];

    g_mutex_lock(&c->server->lock);
    c->closing = true;
    g_cond_broadcast(&c->room);
    g_mutex_unlock(&c->server->lock);
    shutdown(c->other, SHUT_RDWR);
    while (recv(c->other, rest, sizeof(rest), MSG_DONTWAIT) > 0) {
        /* nobody wants it */
    }
    vnc_client_wake(c);
}

/* A client whose greeting the library still waits for isn't one. */
static gboolean look_after(gpointer opaque)
{
    VncClient *c = opaque;
    bool begun;

    g_mutex_lock(&c->server->lock);
    begun = c->begun;
    g_mutex_unlock(&c->server->lock);
    if (begun) {
        c->watchdog = 0;
        return G_SOURCE_REMOVE;
    }
    vnc_end_client(c);
    return G_SOURCE_CONTINUE;
}

void vnc_free_client(VncClient *c)
{
    VncServer *s = c->server;

    if (c->thread) {
        g_thread_join(c->thread);
    }
    if (c->watchdog) {
        g_source_remove(c->watchdog);
    }
    if (c->tls) {
        vnc_tls_end(c->tls);
    }
    release_keys(c);
    set_buttons(c, 0);
    input_sync();
    g_mutex_lock(&s->lock);
    g_ptr_array_remove(s->clients, c);
    g_mutex_unlock(&s->lock);
    vnc_choose_console(s);
    send_event("VNC_DISCONNECTED", c);
    g_queue_clear_full(&c->input, g_free);
    g_hash_table_unref(c->held);
    sraRgnDestroy(c->dirty);
    g_cond_clear(&c->room);
    close(c->other);
    close(c->wake);
    g_free(c);
}

static void initialized(VncClient *c, bool shared)
{
    VncServer *s = c->server;

    c->initialized = true;
    send_event("VNC_INITIALIZED", c);
    if (shared || s->share == VNC_IGNORE_SHARE) {
        return;
    }
    for (guint i = 0; i < s->clients->len; i++) {
        VncClient *other = s->clients->pdata[i];

        if (other != c && s->share == VNC_ALLOW_EXCLUSIVE) {
            vnc_end_client(other);
        }
    }
    if (s->share == VNC_FORCE_SHARED) {
        vnc_end_client(c);
    }
}

/* What clients have sent: all that is there, the main loop's turn. */
static gboolean take_input(gpointer opaque)
{
    VncClient *c = opaque;
    VncServer *s = c->server;
    GQueue input;
    VncInput *in;

    g_mutex_lock(&s->lock);
    input = c->input;
    g_queue_init(&c->input);
    c->input_source = 0;
    g_cond_broadcast(&c->room);
    g_mutex_unlock(&s->lock);
    console_wake();
    while ((in = g_queue_pop_head(&input)) != NULL) {
        switch (in->kind) {
        case VNC_KEY:
            key(c, in);
            break;
        case VNC_POINTER:
            pointer(c, in);
            break;
        case VNC_INITIALIZED:
            initialized(c, in->down);
            break;
        case VNC_GONE:
            c->gone = true;
            break;
        }
        g_free(in);
    }
    if (c->gone) {
        vnc_free_client(c);
    }
    return G_SOURCE_REMOVE;
}

void vnc_client_sends(VncClient *c, const VncInput *input)
{
    VncServer *s = c->server;

    g_mutex_lock(&s->lock);
    while (c->input.length >= MAX_WAITING && !c->closing && input->kind != VNC_GONE) {
        g_cond_wait(&c->room, &s->lock);
    }
    g_queue_push_tail(&c->input, g_memdup2(input, sizeof(*input)));
    if (!c->input_source) {
        c->input_source = g_idle_add_full(G_PRIORITY_DEFAULT, take_input, c, NULL);
        qemu_notify_event();
    }
    g_mutex_unlock(&s->lock);
}

static void new_client(VncServer *s, int fd, const VncSocket *socket)
{
    VncClient *c = g_new0(VncClient, 1);

    c->server = s;
    c->fd = fd;
    c->other = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->websocket = socket->websocket;
    c->held = g_hash_table_new(NULL, NULL);
    c->x = c->y = -1;
    c->dirty = sraRgnCreate();
    g_queue_init(&c->input);
    g_cond_init(&c->room);
    address_of(fd, &c->address, get_peer);
    vnc_local_address(fd, &c->local);
    g_mutex_lock(&s->lock);
    g_ptr_array_add(s->clients, c);
    g_mutex_unlock(&s->lock);
    vnc_choose_console(s);
    send_event("VNC_CONNECTED", c);
    c->watchdog = g_timeout_add_seconds(BEGIN_SECONDS, look_after, c);
    c->thread = g_thread_new("vnc-client", vnc_client_thread, c);
}

gboolean vnc_connection_comes(gint listening, GIOCondition condition, gpointer opaque)
{
    VncServer *s = opaque;
    const VncSocket *socket = NULL;
    int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

    for (guint i = 0; i < s->sockets->len; i++) {
        if (g_array_index(s->sockets, VncSocket, i).fd == listening) {
            socket = &g_array_index(s->sockets, VncSocket, i);
        }
    }
    if (fd < 0) {
        return G_SOURCE_CONTINUE;
    }
    if (s->clients->len >= s->max_clients || fd >= FD_SETSIZE - 8) { /* the library uses select() */
        close(fd);
        return G_SOURCE_CONTINUE;
    }
    new_client(s, fd, socket);
    return G_SOURCE_CONTINUE;
}
