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

typedef struct Request {
    RngReceiver *receive;
    void *opaque;
    size_t size;
} Request;

void rng_request(RngBackend *rng, size_t size, RngReceiver *receive, void *opaque)
{
    Request *request = g_new(Request, 1);

    *request = (Request){ receive, opaque, MIN(size, MAX_REQUEST) };
    g_queue_push_tail(&rng->requests, request);
    RNG_BACKEND_GET_CLASS(rng)->requested(rng);
}

void rng_cancel(RngBackend *rng, void *opaque)
{
    GList *next;

    for (GList *l = rng->requests.head; l; l = next) {
        Request *request = l->data;

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
    g_autofree Request *request = g_queue_pop_head(&rng->requests);

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

typedef struct KernelSource {
    RngBackend parent_obj;
    QEMUBH *bh;
} KernelSource;

DECLARE_INSTANCE_CHECKER(KernelSource, KERNEL_SOURCE, TYPE_RNG_BUILTIN)

static void answer_all(void *opaque)
{
    RngBackend *rng = opaque;
    /* Who gets bytes may ask for more: that is for the next time. */
    unsigned waiting = rng->requests.length;

    for (; waiting && rng->requests.length; waiting--) {
        Request *request = g_queue_peek_head(&rng->requests);
        uint8_t bytes[MAX_REQUEST];
        ssize_t got = getrandom(bytes, request->size, 0);

        if (got <= 0) {
            qemu_bh_schedule(KERNEL_SOURCE(rng)->bh);
            return;
        }
        answer(rng, bytes, got);
    }
}

static void kernel_requested(RngBackend *rng)
{
    qemu_bh_schedule(KERNEL_SOURCE(rng)->bh);
}

static void kernel_idle(RngBackend *rng)
{
    qemu_bh_cancel(KERNEL_SOURCE(rng)->bh);
}

static void kernel_init(Object *obj)
{
    KERNEL_SOURCE(obj)->bh = qemu_bh_new(answer_all, obj);
}

static void kernel_finalize(Object *obj)
{
    qemu_bh_delete(KERNEL_SOURCE(obj)->bh);
}

static void kernel_class_init(ObjectClass *oc, void *data)
{
    RNG_BACKEND_CLASS(oc)->requested = kernel_requested;
    RNG_BACKEND_CLASS(oc)->idle = kernel_idle;
}

/* --- rng-random: a file, read without waiting --- */

typedef struct FileSource {
    RngBackend parent_obj;
    char *filename;
    int fd;
    bool at_end; /* reported */
} FileSource;

DECLARE_INSTANCE_CHECKER(FileSource, FILE_SOURCE, TYPE_RNG_RANDOM)

static void file_readable(void *opaque)
{
    FileSource *r = opaque;
    RngBackend *rng = RNG_BACKEND(r);
    Request *request = g_queue_peek_head(&rng->requests);
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

static void file_requested(RngBackend *rng)
{
    FileSource *r = FILE_SOURCE(rng);

    if (!r->at_end) {
        qemu_set_fd_handler(r->fd, file_readable, NULL, r);
    }
}

static void file_idle(RngBackend *rng)
{
    qemu_set_fd_handler(FILE_SOURCE(rng)->fd, NULL, NULL, NULL);
}

static void file_complete(UserCreatable *uc, Error **errp)
{
    FileSource *r = FILE_SOURCE(uc);
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

static char *file_get_filename(Object *obj, Error **errp)
{
    return g_strdup(FILE_SOURCE(obj)->filename);
}

static void file_set_filename(Object *obj, const char *value, Error **errp)
{
    FileSource *r = FILE_SOURCE(obj);

    if (r->fd >= 0) {
        error_setg(errp, "Property 'filename' can't be changed any more");
        return;
    }
    g_free(r->filename);
    r->filename = g_strdup(value);
}

static void file_init(Object *obj)
{
    FILE_SOURCE(obj)->fd = -1;
    FILE_SOURCE(obj)->filename = g_strdup("/dev/urandom");
}

static void file_finalize(Object *obj)
{
    FileSource *r = FILE_SOURCE(obj);

    if (r->fd >= 0) {
        qemu_set_fd_handler(r->fd, NULL, NULL, NULL);
        close(r->fd);
    }
    g_free(r->filename);
}

static void file_class_init(ObjectClass *oc, void *data)
{
    RNG_BACKEND_CLASS(oc)->requested = file_requested;
    RNG_BACKEND_CLASS(oc)->idle = file_idle;
    USER_CREATABLE_CLASS(oc)->complete = file_complete;
    object_class_property_add_str(oc, "filename", file_get_filename, file_set_filename);
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
        .instance_size = sizeof(KernelSource),
        .instance_init = kernel_init,
        .instance_finalize = kernel_finalize,
        .class_init = kernel_class_init,
    },
    {
        .name = TYPE_RNG_RANDOM,
        .parent = TYPE_RNG_BACKEND,
        .instance_size = sizeof(FileSource),
        .instance_init = file_init,
        .instance_finalize = file_finalize,
        .class_init = file_class_init,
    },
};

DEFINE_TYPES(rng_types)
