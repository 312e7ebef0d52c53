/*
 * Driver nbd: an export of a network block device server, through libnbd.
 *
 *   server.type=unix, server.path=PATH | server.type=inet, server.host=HOST, server.port=PORT
 *   (or path=, host= and port=), export=NAME
 *   as a file name: nbd:unix:PATH, nbd:HOST:PORT, each with :exportname=NAME;
 *   nbd://HOST[:PORT]/NAME, nbd+unix:///NAME?socket=PATH
 *
 * The library's handle does one thing at a time; requests of several threads wait for each other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <libnbd.h>
#include "block-int.h"
#include "qapi/error.h"

#define DEFAULT_PORT "10809"
/* What a server need not take in one piece is split. */
#define MAX_PIECE (32 << 20)

typedef struct NbdState {
    struct nbd_handle *nbd;
} NbdState;

/* Where the export is. */
typedef struct NbdPlace {
    char *uri, *path, *host, *port, *export;
} NbdPlace;

static void free_place(NbdPlace *p)
{
    g_free(p->uri);
    g_free(p->path);
    g_free(p->host);
    g_free(p->port);
    g_free(p->export);
}

static int error_of_library(void)
{
    int error = nbd_get_errno();

    return error > 0 ? -error : -EIO;
}

/* "nbd:unix:PATH[:exportname=NAME]" and "nbd:HOST:PORT[:exportname=NAME]" */
static bool parse_old_name(const char *name, NbdPlace *p, Error **errp)
{
    const char *rest = name + strlen("nbd:"), *export = strstr(rest, ":exportname="), *colon;
    g_autofree char *place = export ? g_strndup(rest, export - rest) : g_strdup(rest);

    if (export) {
        p->export = g_strdup(export + strlen(":exportname="));
    }
    if (g_str_has_prefix(place, "unix:")) {
        p->path = g_strdup(place + strlen("unix:"));
        return true;
    }
    colon = strrchr(place, ':');
    if (!colon || colon == place) {
        error_setg(errp, "File name '%s' expects nbd:HOST:PORT or nbd:unix:PATH", name);
        return false;
    }
    p->host = g_strndup(place, colon - place);
    p->port = g_strdup(colon + 1);
    return true;
}

static bool take_place(BlockOptions *o, NbdPlace *p, Error **errp)
{
    static const char *const types[] = { "inet", "unix", NULL };
    g_autofree char *filename = block_options_take(o, "filename");
    unsigned type = 0;

    if (!block_options_take_word(o, "server.type", types, &type, errp)) {
        return false;
    }
    p->path = block_options_take(o, block_options_peek(o, "path") ? "path" : "server.path");
    p->host = block_options_take(o, block_options_peek(o, "host") ? "host" : "server.host");
    p->port = block_options_take(o, block_options_peek(o, "port") ? "port" : "server.port");
    p->export = block_options_take(o, "export");
    if (filename && (g_str_has_prefix(filename, "nbd://") ||
                     g_str_has_prefix(filename, "nbd+unix://"))) {
        p->uri = g_steal_pointer(&filename);
    } else if (filename && g_str_has_prefix(filename, "nbd:")) {
        return parse_old_name(filename, p, errp);
    } else if (filename) {
        error_setg(errp, "'%s' is no name of an NBD export", filename);
        return false;
    }
    if (!p->uri && !p->path == !p->host) {
        error_setg(errp, "Block driver 'nbd' needs either server.path or server.host");
        return false;
    }
    return true;
}

static bool connect_to(BlockDriverState *bs, const NbdPlace *p, Error **errp)
{
    NbdState *state = bs->state;
    struct nbd_handle *nbd = nbd_create();
    int ret;

    state->nbd = nbd;
    if (!nbd) {
        error_setg(errp, "%s", nbd_get_error());
        return false;
    }
    if (p->export && nbd_set_export_name(nbd, p->export) < 0) {
        error_setg(errp, "%s", nbd_get_error());
        return false;
    }
    if (p->uri) {
        bs->filename = g_strdup(p->uri);
        ret = nbd_connect_uri(nbd, p->uri);
    } else if (p->path) {
        bs->filename = g_strdup_printf("nbd+unix:///%s?socket=%s", p->export ? p->export : "",
                                       p->path);
        ret = nbd_connect_unix(nbd, p->path);
    } else {
        const char *port = p->port ? p->port : DEFAULT_PORT;

        bs->filename = g_strdup_printf("nbd://%s:%s/%s", p->host, port, p->export ? p->export : "");
        ret = nbd_connect_tcp(nbd, p->host, port);
    }
    if (ret < 0) {
        error_setg(errp, "Could not connect to '%s': %s", bs->filename, nbd_get_error());
    }
    return ret == 0;
}

static bool nbd_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    NbdState *state = bs->state;
    NbdPlace place = { NULL };
    bool ok = take_place(o, &place, errp) && connect_to(bs, &place, errp);

    free_place(&place);
    if (ok && !bs->flags.read_only && nbd_is_read_only(state->nbd) != 0) {
        if (bs->flags.auto_read_only) {
            bs->flags.read_only = true;
        } else {
            error_setg(errp, "The export '%s' is read-only: give readonly=on", bs->filename);
            ok = false;
        }
    }
    if (ok) {
        int64_t size = nbd_get_size(state->nbd);

        bdrv_set_length(bs, MAX(size, 0));
    } else if (state->nbd) {
        nbd_close(state->nbd);
    }
    return ok;
}

static void nbd_driver_close(BlockDriverState *bs)
{
    NbdState *state = bs->state;

    nbd_shutdown(state->nbd, 0);
    nbd_close(state->nbd);
}

static int read_piece(NbdState *state, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                      size_t skip)
{
    struct iovec piece;
    g_autofree void *buf = NULL;

    if (iov_slice(&piece, 1, qiov->iov, qiov->niov, skip, bytes) == 1) {
        return nbd_pread(state->nbd, piece.iov_base, bytes, offset, 0) < 0 ? error_of_library() : 0;
    }
    buf = g_malloc(bytes);
    if (nbd_pread(state->nbd, buf, bytes, offset, 0) < 0) {
        return error_of_library();
    }
    qemu_iovec_from_buf(qiov, skip, buf, bytes);
    return 0;
}

static int write_piece(NbdState *state, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                       size_t skip, uint32_t flags)
{
    struct iovec piece;
    g_autofree void *buf = NULL;
    const void *data;

    if (iov_slice(&piece, 1, qiov->iov, qiov->niov, skip, bytes) == 1) {
        data = piece.iov_base;
    } else {
        data = buf = g_malloc(bytes);
        qemu_iovec_to_buf(qiov, skip, buf, bytes);
    }
    return nbd_pwrite(state->nbd, data, bytes, offset, flags) < 0 ? error_of_library() : 0;
}

static int nbd_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                    size_t skip)
{
    int ret = 0;

    for (int64_t done = 0, n; ret == 0 && done < bytes; done += n) {
        n = MIN(bytes - done, MAX_PIECE);
        ret = read_piece(bs->state, offset + done, n, qiov, skip + done);
    }
    return ret;
}

static uint32_t library_flags(NbdState *state, unsigned flags)
{
    return (flags & BDRV_REQ_FUA) && nbd_can_fua(state->nbd) > 0 ? LIBNBD_CMD_FLAG_FUA : 0;
}

static int nbd_driver_flush(BlockDriverState *bs)
{
    NbdState *state = bs->state;

    if (bs->flags.read_only || bs->flags.no_flush || nbd_can_flush(state->nbd) <= 0) {
        return 0;
    }
    return nbd_flush(state->nbd, 0) < 0 ? error_of_library() : 0;
}

static int nbd_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                     size_t skip, unsigned flags)
{
    NbdState *state = bs->state;
    uint32_t mine = library_flags(state, flags);
    int ret = 0;

    if (offset + bytes > bdrv_length(bs)) {
        return -ENOSPC; /* an export doesn't grow */
    }
    for (int64_t done = 0, n; ret == 0 && done < bytes; done += n) {
        n = MIN(bytes - done, MAX_PIECE);
        ret = write_piece(state, offset + done, n, qiov, skip + done, mine);
    }
    return ret == 0 && (flags & BDRV_REQ_FUA) && !mine ? nbd_driver_flush(bs) : ret;
}

static int nbd_driver_zero(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    NbdState *state = bs->state;
    int ret = 0;

    if (nbd_can_zero(state->nbd) <= 0) {
        return -ENOTSUP;
    }
    if (offset + bytes > bdrv_length(bs)) {
        return -ENOSPC;
    }
    for (int64_t done = 0, n; ret == 0 && done < bytes; done += n) {
        n = MIN(bytes - done, 1 << 30);
        if (nbd_zero(state->nbd, n, offset + done,
                     flags & BDRV_REQ_MAY_UNMAP ? 0 : LIBNBD_CMD_FLAG_NO_HOLE) < 0) {
            ret = error_of_library();
        }
    }
    return ret;
}

static int nbd_discard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    NbdState *state = bs->state;
    int ret = 0;

    if (nbd_can_trim(state->nbd) <= 0) {
        return -ENOTSUP;
    }
    for (int64_t done = 0, n; ret == 0 && done < bytes; done += n) {
        n = MIN(bytes - done, 1 << 30);
        if (nbd_trim(state->nbd, n, offset + done, 0) < 0) {
            ret = error_of_library();
        }
    }
    return ret;
}

const BlockDriver block_driver_nbd = {
    .name = "nbd",
    .state_size = sizeof(NbdState),
    .is_protocol = true,
    .open = nbd_open,
    .close = nbd_driver_close,
    .read = nbd_read,
    .write = nbd_write,
    .zero = nbd_driver_zero,
    .discard = nbd_discard,
    .flush = nbd_driver_flush,
};
