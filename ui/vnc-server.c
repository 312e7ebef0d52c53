/*
 * VNC servers: their options, where they listen, and what the monitors ask of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "vnc-internal.h"
#include <glib-unix.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/option.h"
#include "system/system.h"
#include "ui/input.h"
#include "ui/vnc.h"

#define BASE_PORT           5900
#define BASE_WEBSOCKET_PORT 5700
#define MAX_CLIENTS         32
/* How long a client's thread has where the program ends. */
#define END_MS 500

static GPtrArray *servers;

/* ---- Listening ---- */

static void add_socket(VncServer *s, int fd, bool websocket, const char *path)
{
    VncSocket socket = { fd, 0, websocket, g_strdup(path) };

    vnc_local_address(fd, &socket.address);
    socket.source = g_unix_fd_add(fd, G_IO_IN, vnc_connection_comes, s);
    g_array_append_val(s->sockets, socket);
}

/* A bound and listening socket, or -1 with errno set. */
static int listen_at(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, ai->ai_protocol);
    int on = 1, err;

    if (fd < 0) {
        return -1;
    }
    if (ai->ai_family != AF_UNIX) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    if (ai->ai_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
    if ((ai->ai_family != AF_UNIX || fchmod(fd, 0600) == 0) &&
        bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, 16) == 0) {
        return fd;
    }
    err = errno;
    close(fd);
    errno = err;
    return -1;
}

static bool listen_unix(VncServer *s, const char *path, Error **errp)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    struct addrinfo ai = { .ai_family = AF_UNIX, .ai_socktype = SOCK_STREAM,
                           .ai_addr = (struct sockaddr *)&un, .ai_addrlen = sizeof(un) };
    struct stat st;
    int fd;

    if (!*path || strlen(path) >= sizeof(un.sun_path)) {
        error_setg(errp, "unix:PATH: expected a path of 1 to %zu bytes", sizeof(un.sun_path) - 1);
        return false;
    }
    strcpy(un.sun_path, path);
    if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) { /* an old socket may be replaced */
        error_setg(errp, "can't listen at '%s': there is something else than a socket", path);
        return false;
    }
    unlink(path);
    fd = listen_at(&ai);
    if (fd < 0) {
        error_setg_errno(errp, errno, "can't listen at '%s'", path);
        return false;
    }
    add_socket(s, fd, false, path);
    return true;
}

/*
 * Every address of the host, all at one port of first to last: the first that is free. Without a
 * host, those that are reached from here only.
 */
static bool listen_tcp(VncServer *s, const char *host, unsigned first, unsigned last,
                       bool websocket, bool ipv4, bool ipv6, Error **errp)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM,
                              .ai_family = ipv4 && ipv6 ? AF_UNSPEC : ipv6 ? AF_INET6 : AF_INET };
    int err = EADDRINUSE;

    for (unsigned port = first; port <= last; port++) {
        g_autofree char *service = g_strdup_printf("%u", port);
        struct addrinfo *found;
        guint before = s->sockets->len;
        int rc = getaddrinfo(*host ? host : NULL, service, &hints, &found);

        if (rc != 0) {
            error_setg(errp, "host '%s': %s", host, gai_strerror(rc));
            return false;
        }
        for (struct addrinfo *ai = found; ai; ai = ai->ai_next) {
            int fd = listen_at(ai);

            if (fd >= 0) {
                add_socket(s, fd, websocket, NULL);
            } else if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) {
                err = errno;
            }
        }
        freeaddrinfo(found);
        if (s->sockets->len > before) {
            return true;
        }
    }
    error_setg_errno(errp, err, "can't listen at port %u of '%s'", first, host);
    return false;
}

/* ---- Options ---- */

static QemuOptsList vnc_options = {
    .name = "vnc",
    .implied_opt_name = "vnc",
    .head = QTAILQ_HEAD_INITIALIZER(vnc_options.head),
    .desc = {
        { .name = "vnc", .type = QEMU_OPT_STRING },
        { .name = "password", .type = QEMU_OPT_BOOL },
        { .name = "share", .type = QEMU_OPT_STRING },
        { .name = "websocket", .type = QEMU_OPT_STRING },
        { .name = "to", .type = QEMU_OPT_NUMBER },
        { .name = "display", .type = QEMU_OPT_STRING },
        { .name = "head", .type = QEMU_OPT_NUMBER },
        { .name = "connections", .type = QEMU_OPT_NUMBER },
        { .name = "ipv4", .type = QEMU_OPT_BOOL },
        { .name = "ipv6", .type = QEMU_OPT_BOOL },
        /* what the library decides by itself, or that hurries nothing here */
        { .name = "lossy", .type = QEMU_OPT_BOOL },
        { .name = "non-adaptive", .type = QEMU_OPT_BOOL },
        { .name = "key-delay-ms", .type = QEMU_OPT_NUMBER },
        { .name = "lock-key-sync", .type = QEMU_OPT_BOOL },
        { .name = "power-control", .type = QEMU_OPT_BOOL },
        /* refused */
        { .name = "reverse", .type = QEMU_OPT_BOOL },
        { .name = "sasl", .type = QEMU_OPT_BOOL },
        { .name = "tls-creds", .type = QEMU_OPT_STRING },
        { .name = "tls-authz", .type = QEMU_OPT_STRING },
        { .name = "sasl-authz", .type = QEMU_OPT_STRING },
        { .name = "password-secret", .type = QEMU_OPT_STRING },
        { .name = "audiodev", .type = QEMU_OPT_STRING },
        { NULL },
    },
};

static bool check_lacking(QemuOpts *opts, Error **errp)
{
    static const struct {
        const char *key, *why;
    } lacking[] = {
        { "reverse", "this server waits for viewers; it doesn't call them" },
        { "sasl", "there is no SASL here: use password=on, or a tunnel" },
        { "sasl-authz", "there is no SASL here: use password=on, or a tunnel" },
        { "tls-authz", "whoever has a certificate of ca-cert.pem's is let in" },
        { "password-secret", "use password=on, and set_password in a monitor" },
        { "audiodev", "there is no sound" },
        { "power-control", "viewers can't switch the machine" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(lacking); i++) {
        const char *value = qemu_opt_get(opts, lacking[i].key);

        if (value && strcmp(value, "off") && strcmp(value, "no")) {
            error_setg(errp, "'%s' is not supported yet: %s", lacking[i].key, lacking[i].why);
            return false;
        }
    }
    return true;
}

static bool parse_share(const char *text, VncShare *share, Error **errp)
{
    static const char *const names[] = {
        [VNC_ALLOW_EXCLUSIVE] = "allow-exclusive",
        [VNC_FORCE_SHARED] = "force-shared",
        [VNC_IGNORE_SHARE] = "ignore",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!text || g_str_equal(text, names[i])) {
            *share = i;
            return true;
        }
    }
    error_setg(errp, "share=%s: expected allow-exclusive, force-shared or ignore", text);
    return false;
}

/* "[HOST]:N"; the host's brackets are for IPv6. */
static bool parse_address(const char *text, char **host, unsigned *number, Error **errp)
{
    const char *colon = strrchr(text, ':');

    if (!colon || qemu_strtoui(colon + 1, NULL, 10, number) < 0 || *number > 65535 - BASE_PORT) {
        error_setg(errp, "'%s': expected [HOST]:N, where N is the port less %d, or unix:PATH", text,
                   BASE_PORT);
        return false;
    }
    *host = text[0] == '[' && colon > text + 1 && colon[-1] == ']'
                ? g_strndup(text + 1, colon - text - 2)
                : g_strndup(text, colon - text);
    return true;
}

/* websocket=on, or the port's number. */
static bool start_websocket(VncServer *s, QemuOpts *opts, const char *host, unsigned number,
                            bool ipv4, bool ipv6, Error **errp)
{
    const char *text = qemu_opt_get(opts, "websocket");
    unsigned port = BASE_WEBSOCKET_PORT + number;

    if (!text || g_str_equal(text, "off")) {
        return true;
    }
    if (strcmp(text, "on") && (qemu_strtoui(text, NULL, 10, &port) < 0 || !port || port > 65535)) {
        error_setg(errp, "websocket=%s: expected on, or a port from 1 to 65535", text);
        return false;
    }
    return listen_tcp(s, host, port, port, true, ipv4, ipv6, errp);
}

static bool start_listening(VncServer *s, QemuOpts *opts, Error **errp)
{
    const char *address = qemu_opt_get(opts, "vnc"), *path;
    g_autofree char *host = NULL;
    bool ipv4 = qemu_opt_get_bool(opts, "ipv4", !qemu_opt_get_bool(opts, "ipv6", false));
    bool ipv6 = qemu_opt_get_bool(opts, "ipv6", !qemu_opt_get_bool(opts, "ipv4", false));
    unsigned number;
    uint64_t to;

    if (strstart(address, "unix:", &path)) {
        if (qemu_opt_get(opts, "websocket")) {
            error_setg(errp, "websocket=: a Unix socket has no ports");
            return false;
        }
        return listen_unix(s, path, errp);
    }
    if (!parse_address(address, &host, &number, errp)) {
        return false;
    }
    to = qemu_opt_get_number(opts, "to", number);
    if (to < number || to > 65535 - BASE_PORT) {
        error_setg(errp, "to=%" PRIu64 ": expected %u to %d", to, number, 65535 - BASE_PORT);
        return false;
    }
    return listen_tcp(s, host, BASE_PORT + number, BASE_PORT + to, false, ipv4, ipv6, errp) &&
           start_websocket(s, opts, host, number, ipv4, ipv6, errp);
}

/* Its last word is in the queue. */
static bool has_ended(VncClient *c)
{
    const VncInput *last;
    bool ended;

    g_mutex_lock(&c->server->lock);
    last = g_queue_peek_tail(&c->input);
    ended = c->gone || (last && last->kind == VNC_GONE);
    g_mutex_unlock(&c->server->lock);
    return ended;
}

/*
 * Disconnects all; false: a thread still waits for a viewer that doesn't read, which select()
 * doesn't wake from on a Unix socket.
 */
static bool end_clients(VncServer *s)
{
    int64_t until = g_get_monotonic_time() + END_MS * 1000;
    bool all;

    do {
        all = true;
        for (guint i = 0; i < s->clients->len; i++) {
            vnc_end_client(s->clients->pdata[i]);
            all &= has_ended(s->clients->pdata[i]);
        }
        if (!all) {
            g_usleep(1000);
        }
    } while (!all && g_get_monotonic_time() < until);
    return all;
}

/* All that it has, but for what a thread holds on to while the program ends. */
static void free_server(VncServer *s)
{
    for (guint i = 0; i < s->sockets->len; i++) {
        VncSocket *socket = &g_array_index(s->sockets, VncSocket, i);

        g_source_remove(socket->source);
        close(socket->fd);
        if (socket->path) {
            unlink(socket->path);
        }
        g_free(socket->path);
    }
    console_unlisten(&s->listener);
    if (!end_clients(s)) {
        return;
    }
    while (s->clients->len) {
        VncClient *c = s->clients->pdata[0];

        g_thread_join(g_steal_pointer(&c->thread));
        if (c->input_source) { /* what it has sent is of no interest */
            g_source_remove(c->input_source);
        }
        vnc_free_client(c);
    }
    g_array_unref(s->sockets);
    g_ptr_array_unref(s->clients);
    g_mutex_clear(&s->lock);
    if (s->tls) {
        object_unref(OBJECT(s->tls));
    }
    g_free(s->pixels);
    g_free(s->password);
    g_free(s->id);
    g_free(s->name);
    g_free(s);
}

static VncServer *new_server(const char *id)
{
    VncServer *s = g_new0(VncServer, 1);

    s->id = g_strdup(id ? id : "default");
    s->name = qemu_name ? g_strdup_printf("sysemu (%s)", qemu_name) : g_strdup("sysemu");
    s->sockets = g_array_new(FALSE, FALSE, sizeof(VncSocket));
    s->clients = g_ptr_array_new();
    s->listener.ops = &vnc_listener_ops;
    s->expires = INT64_MAX;
    g_mutex_init(&s->lock);
    return s;
}

static VncServer *find_server(const char *id)
{
    for (guint i = 0; servers && i < servers->len; i++) {
        VncServer *s = servers->pdata[i];

        if (!id || g_str_equal(s->id, id)) {
            return s;
        }
    }
    return NULL;
}

/* The device's, or of one whose part it is. */
static bool device_has_id(const Object *device, const char *id)
{
    for (int i = 0; device && i < 2; i++, device = device->parent) {
        const char *name = object_get_canonical_path_component(device);

        if (name && g_str_equal(name, id)) {
            return true;
        }
    }
    return false;
}

/* display=ID[,head=N] */
static bool find_display(VncServer *s, QemuOpts *opts, Error **errp)
{
    const char *id = qemu_opt_get(opts, "display");
    uint64_t head = qemu_opt_get_number(opts, "head", 0);

    for (unsigned i = 0; id && (s->con = console_get(i)) != NULL; i++) {
        if (device_has_id(console_device(s->con), id) && console_head(s->con) == head) {
            s->fixed = true;
            return true;
        }
    }
    if (id) {
        error_setg(errp, "display=%s: there is no display device with this id and head %" PRIu64,
                   id, head);
    }
    return !id;
}

static bool find_credentials(VncServer *s, QemuOpts *opts, Error **errp)
{
    const char *id = qemu_opt_get(opts, "tls-creds");

    s->tls = id ? tls_creds_lookup(id, errp) : NULL;
    return !id || s->tls;
}

static bool configure(VncServer *s, QemuOpts *opts, Error **errp)
{
    const VncServer *first = find_server(NULL);
    uint64_t connections = qemu_opt_get_number(opts, "connections", MAX_CLIENTS);

    s->needs_password = qemu_opt_get_bool(opts, "password", false);
    s->max_clients = connections;
    if (connections < 1 || connections > MAX_CLIENTS) {
        error_setg(errp, "connections=%" PRIu64 ": expected 1 to %d", connections, MAX_CLIENTS);
        return false;
    }
    if (first && first->needs_password != s->needs_password) {
        error_setg(errp, "either all VNC servers of a machine have password=on, or none");
        return false;
    }
    return check_lacking(opts, errp) && find_credentials(s, opts, errp) && parse_share(qemu_opt_get(opts, "share"), &s->share, errp) &&
           find_display(s, opts, errp) && start_listening(s, opts, errp);
}

/* However the program ends. */
static void remove_sockets(void)
{
    for (guint i = 0; servers && i < servers->len; i++) {
        const VncServer *s = servers->pdata[i];

        for (guint n = 0; n < s->sockets->len; n++) {
            const char *path = g_array_index(s->sockets, VncSocket, n).path;

            if (path) {
                unlink(path);
            }
        }
    }
}

bool vnc_start(const char *arg, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&vnc_options, arg, true, errp);
    const char *address = opts ? qemu_opt_get(opts, "vnc") : NULL;
    const char *id = opts ? qemu_opts_id(opts) : NULL;
    VncServer *s;

    if (!opts || !address || g_str_equal(address, "none")) {
        if (opts && !address) {
            error_setg(errp, "expected [HOST]:N, unix:PATH or none");
        }
        return opts && address;
    }
    if (find_server(id ? id : "default")) {
        error_setg(errp, "there is a VNC server '%s' already: give each an id=", id ? id : "default");
        return false;
    }
    vnc_client_init();
    input_key_for_keysym('a'); /* reads the layout now, while the host's files can be seen */
    s = new_server(id);
    vnc_choose_console(s);
    if (!configure(s, opts, errp)) {
        free_server(s);
        return false;
    }
    vnc_choose_console(s);
    if (!servers) {
        servers = g_ptr_array_new();
        atexit(remove_sockets);
    }
    g_ptr_array_add(servers, s);
    return true;
}

void vnc_cleanup(void)
{
    while (servers && servers->len) {
        free_server(g_ptr_array_steal_index(servers, 0));
    }
}

/* ---- The monitors ---- */

static JsonArray *describe_clients(const VncServer *s)
{
    JsonArray *list = json_array_new();

    for (guint i = 0; i < s->clients->len; i++) {
        const VncClient *c = s->clients->pdata[i];

        json_array_add_object_element(list, vnc_describe_address(&c->address, c->websocket));
    }
    return list;
}

JsonNode *vnc_query(void)
{
    const VncServer *s = find_server(NULL);
    JsonObject *o = json_object_new();
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    json_object_set_boolean_member(o, "enabled", s != NULL);
    if (s) {
        const VncAddress *a = &g_array_index(s->sockets, VncSocket, 0).address;

        json_object_set_string_member(o, "host", a->host);
        json_object_set_string_member(o, "service", a->service);
        json_object_set_string_member(o, "family", a->family);
        json_object_set_string_member(o, "auth", vnc_auth_name(s));
        json_object_set_array_member(o, "clients", describe_clients(s));
    }
    json_node_take_object(node, o);
    return node;
}

JsonNode *vnc_query_servers(void)
{
    JsonArray *list = json_array_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    for (guint i = 0; servers && i < servers->len; i++) {
        const VncServer *s = servers->pdata[i];
        const char *auth = s->tls ? "vencrypt" : s->needs_password ? "vnc" : "none";
        JsonObject *o = json_object_new();
        JsonArray *sockets = json_array_new();

        for (guint n = 0; n < s->sockets->len; n++) {
            const VncSocket *socket = &g_array_index(s->sockets, VncSocket, n);
            JsonObject *a = vnc_describe_address(&socket->address, socket->websocket);

            json_object_set_string_member(a, "auth", auth);
            if (s->tls) {
                json_object_set_string_member(a, "vencrypt", vnc_tls_name(s, false));
            }
            json_array_add_object_element(sockets, a);
        }
        json_object_set_string_member(o, "id", s->id);
        json_object_set_array_member(o, "server", sockets);
        json_object_set_array_member(o, "clients", describe_clients(s));
        json_object_set_string_member(o, "auth", auth);
        if (s->tls) {
            json_object_set_string_member(o, "vencrypt", vnc_tls_name(s, false));
        }
        json_array_add_object_element(list, o);
    }
    json_node_take_array(node, list);
    return node;
}

static VncServer *server_with_password(const char *id, Error **errp)
{
    VncServer *s = find_server(id);

    if (!s) {
        error_setg(errp, id ? "there is no VNC server '%s'" : "there is no VNC server", id);
        return NULL;
    }
    if (!s->needs_password) {
        error_setg(errp, "VNC server '%s' asks for no password: start it with -vnc …,password=on",
                   s->id);
        return NULL;
    }
    return s;
}

bool vnc_set_password(const char *id, const char *password, Error **errp)
{
    VncServer *s = server_with_password(id, errp);

    if (!s) {
        return false;
    }
    g_mutex_lock(&s->lock);
    g_free(s->password);
    s->password = g_strdup(password);
    g_mutex_unlock(&s->lock);
    return true;
}

bool vnc_expire_password(const char *id, const char *when, Error **errp)
{
    VncServer *s = server_with_password(id, errp);
    int64_t now = g_get_real_time() / G_USEC_PER_SEC, expires;

    if (!s) {
        return false;
    }
    if (g_str_equal(when, "now")) {
        expires = 0;
    } else if (g_str_equal(when, "never")) {
        expires = INT64_MAX;
    } else if (qemu_strtoi64(when + (*when == '+'), NULL, 10, &expires) < 0 || expires < 0 ||
               (*when == '+' && expires > INT64_MAX - now)) {
        error_setg(errp, "'%s': expected now, never, +SECONDS or seconds since 1970", when);
        return false;
    } else if (*when == '+') {
        expires += now;
    }
    g_mutex_lock(&s->lock);
    s->expires = expires;
    g_mutex_unlock(&s->lock);
    return true;
}
