/*
 * Random bytes for guests: from the host's generator (rng-builtin), or from a file or device that
 * the user names (rng-random).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/random.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"
#include "system/rng.h"

#define MAX_REQUEST 4096u

/* --- requests --- */

void rng_request(RngBackend *rng, size_t size, RngReceiver *receive, void *opaque)
{
    RngRequest *request = g_new(RngRequest, 1);

    *request = (RngRequest){ receive, opaque, MIN(size, MAX_REQUEST) };
    g_queue_push_tail(&rng->requests, request);
    RNG_BACKEND_GET_CLASS(rng)->requested(rng);
}

void rng_cancel(RngBackend *rng, void *opaque)
{
    GList *next;

    for (GList *l = rng->requests.head; l; l = next) {
        RngRequest *request = l->data;

        next = l->next;
        if (request->opaque == opaque) {
            g_queue_delete_link(&rng->requests, l);
            g_free(request);
        }
    }
    if (!rng->requests.length) {
        RNG_BACKEND_GET_CLASS(rng)->idle(rng);
    }
}

/* Gives the bytes to whom asked first. */
static void answer(RngBackend *rng, const uint8_t *bytes, size_t size)
{
    g_autofree RngRequest *request = g_queue_pop_head(&rng->requests);

    if (!rng->requests.length) {
        RNG_BACKEND_GET_CLASS(rng)->idle(rng);
    }
    request->receive(request->opaque, bytes, size);
}

static void rng_finalize(Object *obj)
{
    g_queue_clear_full(&RNG_BACKEND(obj)->requests, g_free);
}

/* --- rng-builtin: the host's kernel --- */

typedef struct RngBuiltin {
    RngBackend parent_obj;
    QEMUBH *bh;
} RngBuiltin;

DECLARE_INSTANCE_CHECKER(RngBuiltin, RNG_BUILTIN, TYPE_RNG_BUILTIN)

static void answer_all(void *opaque)
{
    RngBackend *rng = opaque;
    /* Who gets bytes may ask for more: that is for the next time. */
    unsigned waiting = rng->requests.length;

    for (; waiting && rng->requests.length; waiting--) {
        RngRequest *request = g_queue_peek_head(&rng->requests);
        uint8_t bytes[MAX_REQUEST];
        ssize_t got = getrandom(bytes, request->size, 0);

        if (got <= 0) {
            qemu_bh_schedule(RNG_BUILTIN(rng)->bh);
            return;
        }
        answer(rng, bytes, got);
    }
}

static void builtin_requested(RngBackend *rng)
{
    qemu_bh_schedule(RNG_BUILTIN(rng)->bh);
}

static void builtin_idle(RngBackend *rng)
{
    qemu_bh_cancel(RNG_BUILTIN(rng)->bh);
}

static void builtin_init(Object *obj)
{
    RNG_BUILTIN(obj)->bh = qemu_bh_new(answer_all, obj);
}

static void builtin_finalize(Object *obj)
{
    qemu_bh_delete(RNG_BUILTIN(obj)->bh);
}

static void builtin_class_init(ObjectClass *oc, void *data)
{
    RNG_BACKEND_CLASS(oc)->requested = builtin_requested;
    RNG_BACKEND_CLASS(oc)->idle = builtin_idle;
}

/* --- rng-random: a file, read without waiting --- */

typedef struct RngRandom {
    RngBackend parent_obj;
    char *filename;
    int fd;
    bool at_end; /* reported */
} RngRandom;

DECLARE_INSTANCE_CHECKER(RngRandom, RNG_RANDOM, TYPE_RNG_RANDOM)

static void file_readable(void *opaque)
{
    RngRandom *r = opaque;
    RngBackend *rng = RNG_BACKEND(r);
    RngRequest *request = g_queue_peek_head(&rng->requests);
    uint8_t bytes[MAX_REQUEST];
    ssize_t got;

    if (!request) {
        return;
    }
    got = read(r->fd, bytes, request->size);
    if (got > 0) {
        answer(rng, bytes, got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        /* Nothing will come any more: don't spin, let the guest wait. */
        warn_report("rng-random: '%s' has no more bytes: %s", r->filename,
                    got == 0 ? "end of file" : strerror(errno));
        r->at_end = true;
        qemu_set_fd_handler(r->fd, NULL, NULL, NULL);
    }
}

static void random_requested(RngBackend *rng)
{
    RngRandom *r = RNG_RANDOM(rng);

    if (!r->at_end) {
        qemu_set_fd_handler(r->fd, file_readable, NULL, r);
    }
}

static void random_idle(RngBackend *rng)
{
    qemu_set_fd_handler(RNG_RANDOM(rng)->fd, NULL, NULL, NULL);
}

static void random_complete(UserCreatable *uc, Error **errp)
{
    RngRandom *r = RNG_RANDOM(uc);
    struct stat st;

    r->fd = open(r->filename, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (r->fd < 0 || fstat(r->fd, &st) < 0) {
        error_setg_errno(errp, errno, "rng-random: could not open '%s'", r->filename);
    } else if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
        error_setg(errp, "rng-random: '%s' is a %s: expected a device, pipe or socket that random "
                         "bytes come from",
                   r->filename, S_ISDIR(st.st_mode) ? "directory" : "regular file");
    }
}

static char *random_get_filename(Object *obj, Error **errp)
{
    return g_strdup(RNG_RANDOM(obj)->filename);
}

static void random_set_filename(Object *obj, const char *value, Error **errp)
{
    RngRandom *r = RNG_RANDOM(obj);

    if (r->fd >= 0) {
        error_setg(errp, "Property 'filename' can't be changed any more");
        return;
    }
    g_free(r->filename);
    r->filename = g_strdup(value);
}

static void random_init(Object *obj)
{
    RNG_RANDOM(obj)->fd = -1;
    RNG_RANDOM(obj)->filename = g_strdup("/dev/urandom");
}

static void random_finalize(Object *obj)
{
    RngRandom *r = RNG_RANDOM(obj);

    if (r->fd >= 0) {
        qemu_set_fd_handler(r->fd, NULL, NULL, NULL);
        close(r->fd);
    }
    g_free(r->filename);
}

static void random_class_init(ObjectClass *oc, void *data)
{
    RNG_BACKEND_CLASS(oc)->requested = random_requested;
    RNG_BACKEND_CLASS(oc)->idle = random_idle;
    USER_CREATABLE_CLASS(oc)->complete = random_complete;
    object_class_property_add_str(oc, "filename", random_get_filename, random_set_filename);
}

static const TypeInfo rng_types[] = {
    {
        .name = TYPE_RNG_BACKEND,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(RngBackend),
        .instance_finalize = rng_finalize,
        .class_size = sizeof(RngBackendClass),
        .interfaces = (InterfaceInfo[]){ { TYPE_USER_CREATABLE }, { NULL } },
    },
    {
        .name = TYPE_RNG_BUILTIN,
        .parent = TYPE_RNG_BACKEND,
        .instance_size = sizeof(RngBuiltin),
        .instance_init = builtin_init,
        .instance_finalize = builtin_finalize,
        .class_init = builtin_class_init,
    },
    {
        .name = TYPE_RNG_RANDOM,
        .parent = TYPE_RNG_BACKEND,
        .instance_size = sizeof(RngRandom),
        .instance_init = random_init,
        .instance_finalize = random_finalize,
        .class_init = random_class_init,
    },
};

DEFINE_TYPES(rng_types)
