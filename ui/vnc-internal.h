/*
 * The inside of the VNC server: what its main-thread side and the clients' threads share.
 *
 * Each client has a thread and a screen of libvncserver of its own, so that it waits for nobody but
 * itself. The console's picture goes to the server's copy on the main thread; from there each
 * client takes what has changed to its own copy, which it then encodes and sends in its own time.
 * Both only copy under the server's lock, so that no client, slow or malicious, holds up another
 * one, let alone the guest. Keys and pointers go the other way through the client's queue.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UI_VNC_INTERNAL_H
#define UI_VNC_INTERNAL_H

#include "qemu/osdep.h"
#include <json-glib/json-glib.h>
#include <netdb.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include "system/tls-creds.h"
#include "ui/console.h"

typedef struct VncServer VncServer;
typedef struct VncClient VncClient;
typedef struct VncTls VncTls;

/* What a client does. */
typedef struct VncInput {
    enum { VNC_KEY, VNC_POINTER, VNC_INITIALIZED, VNC_GONE } kind;
    uint32_t symbol; /* of a key: X's keysym, */
    uint32_t number; /* and its number on a PC's keyboard, 0: unknown */
    bool down;
    int x, y, buttons; /* of a pointer; a position, or with `relative` motion + 0x7fff */
    bool relative;
} VncInput;

typedef enum VncShare { VNC_ALLOW_EXCLUSIVE, VNC_FORCE_SHARED, VNC_IGNORE_SHARE } VncShare;

/* How one end of a connection is called. */
typedef struct VncAddress {
    char host[NI_MAXHOST];
    char service[128]; /* a port, or a Unix socket's path */
    const char *family; /* "ipv4", "ipv6", "unix", "unknown" */
} VncAddress;

/* Something that listens. */
typedef struct VncSocket {
    int fd;
    guint source;
    bool websocket;
    char *path; /* of a Unix socket: removed at the end */
    VncAddress address;
} VncSocket;

struct VncServer {
    char *id;
    char *name; /* of the desktop */
    bool needs_password;
    TlsCreds *tls; /* a reference; NULL: nothing is encrypted */
    VncShare share;
    unsigned max_clients;
    GArray *sockets; /* VncSocket */

    Console *con;  /* NULL: there is none (yet) */
    bool fixed;    /* display=: it is always that one */
    ConsoleListener listener;
    GPtrArray *clients; /* main thread */

    GMutex lock; /* what follows, and what of clients is said to be under it */
    char *password; /* NULL: nobody gets in */
    int64_t expires; /* seconds since 1970; INT64_MAX: never */
    uint32_t *pixels;
    unsigned width, height;
    bool absolute; /* how pointers are wanted at present */
};

struct VncClient {
    VncServer *server;
    GThread *thread;
    VncTls *tls; /* set by the thread; NULL: not encrypted, or not yet */
    int fd;    /* the connection: the library's, which closes it */
    int other; /* the same connection, to end it from the main thread */
    int wake;  /* an eventfd */
    bool websocket;
    VncAddress address, local;

    /* main thread */
    GHashTable *held;  /* keys that are down */
    int buttons, x, y; /* of the pointer; -1: unknown */
    bool gone;         /* the thread has ended, or is about to */
    bool initialized;
    guint watchdog; /* a GLib source */

    /* under the server's lock */
    bool begun;   /* the library has recognized what it talks to */
    bool closing;
    bool resized;
    struct sraRegion *dirty;
    GQueue input;    /* VncInput */
    GCond room;      /* there are fewer of them */
    guint input_source; /* by which the main thread will look; 0: nothing is new */

    /* the thread */
    rfbScreenInfoPtr screen;
    rfbClientPtr rfb; /* NULL: it has gone */
    uint32_t *frame;
    bool authenticated;
    bool told_initialized;
    int64_t login_until; /* g_get_monotonic_time() */
    bool wants_pointer_type, pointer_absolute, has_extended_keys;
};

/* vnc-client.c: the thread. Ends once the connection does, or `closing` is set and it is woken. */
gpointer vnc_client_thread(gpointer client);
/* vnc-tls.c */
/*
 * On the client's thread: agrees with the viewer at c->fd, which belongs to c->tls from then on. What
 * the library gets instead; -1: the connection is closed.
 */
int vnc_tls_begin(VncClient *c);
/* The library has closed its end: until what it has sent is on its way, or for half a second. */
void vnc_tls_drain(VncTls *tls);
/* The client's thread has ended. */
void vnc_tls_end(VncTls *tls);
/* "vencrypt+x509+vnc", or "x509-vnc". */
const char *vnc_tls_name(const VncServer *s, bool with_prefix);
/* libvncserver's log, extensions; once. */
void vnc_client_init(void);
void vnc_client_wake(VncClient *c);

/* vnc.c: on the main thread. */
extern const ConsoleListenerOps vnc_listener_ops;
/* How this end of a connection, or what listens, is called. */
void vnc_local_address(int fd, VncAddress *a);
/* How viewers show who they are, as queries and events call it. */
const char *vnc_auth_name(const VncServer *s);
JsonObject *vnc_describe_address(const VncAddress *a, bool websocket);
/* The first console there is, where none is shown yet; looked at only while there are clients. */
void vnc_choose_console(VncServer *s);
/* A GUnixFDSourceFunc for a listening socket of the server, `opaque`. */
gboolean vnc_connection_comes(gint listening, GIOCondition condition, gpointer opaque);
/*
 * Ends the connection, and takes what has come: the library would wait for the rest of a greeting
 * as long as there is the beginning of one. The client goes when its thread has ended.
 */
void vnc_end_client(VncClient *c);
/* Its thread has ended, or will without waiting for us. */
void vnc_free_client(VncClient *c);

/* vnc.c, on the client's thread: hands over what the client does. Waits while there is too much. */
void vnc_client_sends(VncClient *c, const VncInput *input);

#endif
