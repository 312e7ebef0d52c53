/*
 * Fids: what a client's numbers stand for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/resource.h>
#include "p9-internal.h"
#include "qemu/atomic.h"

#define MAX_FIDS        (1 << 18)
#define MAX_XATTR_BYTES (64 * 1024 * 1024) /* of all fids together */

static int open_files; /* of all servers: the host counts them together; atomic */

P9Fid *p9_fid_new(P9Server *s, FsNode *node, uint32_t uid)
{
    P9Fid *f = g_new0(P9Fid, 1);

    f->refs = 1;
    f->server = s;
    f->node = node;
    f->uid = uid;
    f->fd = -1;
    g_mutex_init(&f->lock);
    return f;
}

P9Fid *p9_fid_ref(P9Fid *f)
{
    qatomic_inc(&f->refs);
    return f;
}

void p9_fid_unref(P9Fid *f)
{
    if (!f || qatomic_fetch_dec(&f->refs) != 1) {
        return;
    }
    p9_locks_end(f);
    if (f->dir) {
        closedir(f->dir); /* and the descriptor */
    } else if (f->fd >= 0) {
        close(f->fd);
    }
    if (f->fd >= 0) {
        qatomic_dec(&open_files);
    }
    if (f->xattr) {
        g_mutex_lock(&f->server->lock);
        f->server->xattr_bytes -= f->xattr_size;
        g_mutex_unlock(&f->server->lock);
    }
    fs_node_unref(f->node);
    g_mutex_clear(&f->lock);
    g_free(f->xattr_name);
    g_free(f->xattr);
    g_free(f);
}

/* The emulator needs some, too. */
static bool may_open_one_more(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
           (uint64_t)qatomic_read(&open_files) < limit.rlim_cur / 2;
}

P9Fid *p9_fid_opened(P9Fid *f, FsNode *node, int fd, int *ret)
{
    P9Fid *opened;
    struct stat st;

    *ret = !may_open_one_more() ? -EMFILE : fstat(fd, &st) != 0 ? -errno : 0;
    if (*ret < 0) {
        close(fd);
        return NULL;
    }
    opened = p9_fid_new(f->server, fs_node_ref(node), f->uid);
    opened->fd = fd;
    qatomic_inc(&open_files);
    opened->kind = S_ISDIR(st.st_mode) ? P9_FID_FOLDER : P9_FID_FILE;
    if (opened->kind == P9_FID_FOLDER && !(opened->dir = fdopendir(fd))) {
        *ret = -errno;
        p9_fid_unref(opened);
        return NULL;
    }
    return opened;
}

int p9_fid_hold_xattr(P9Fid *f, P9FidKind kind, uint8_t *value, size_t size)
{
    P9Server *s = f->server;
    bool fits;

    g_mutex_lock(&s->lock);
    fits = size <= MAX_XATTR_BYTES - s->xattr_bytes;
    s->xattr_bytes += fits ? size : 0;
    g_mutex_unlock(&s->lock);
    if (!fits) {
        g_free(value);
        return -ENOMEM;
    }
    f->kind = kind;
    f->xattr = value;
    f->xattr_size = size;
    return 0;
}

/* The open one may have no name any more, and what has the name may be another one. */
int p9_fid_truncate(P9Fid *f, uint64_t size)
{
    if (size > INT64_MAX) {
        return -EFBIG;
    }
    /* One that is open for reading can't be changed that way. */
    return f->kind == P9_FID_FILE && ftruncate(f->fd, size) == 0 ? 0 : fs_truncate(f->node, size);
}

P9Fid *p9_fid_get(P9Server *s, uint32_t number)
{
    P9Fid *f;

    g_mutex_lock(&s->lock);
    f = g_hash_table_lookup(s->fids, GUINT_TO_POINTER(number));
    if (f) {
        p9_fid_ref(f);
    }
    g_mutex_unlock(&s->lock);
    return f;
}

int p9_fid_put(P9Server *s, uint32_t number, P9Fid *f, bool replace)
{
    P9Fid *before;
    int ret = 0;

    g_mutex_lock(&s->lock);
    before = g_hash_table_lookup(s->fids, GUINT_TO_POINTER(number));
    if (number == P9_NOFID || (before && !replace)) {
        ret = -EBADF;
    } else if (!before && g_hash_table_size(s->fids) >= MAX_FIDS) {
        ret = -ENFILE;
    } else {
        g_hash_table_insert(s->fids, GUINT_TO_POINTER(number), f);
    }
    g_mutex_unlock(&s->lock);
    p9_fid_unref(ret == 0 ? before : f); /* which may wait for the host */
    return ret;
}

P9Fid *p9_fid_take(P9Server *s, uint32_t number)
{
    P9Fid *f;

    g_mutex_lock(&s->lock);
    f = g_hash_table_lookup(s->fids, GUINT_TO_POINTER(number));
    if (f) {
        g_hash_table_remove(s->fids, GUINT_TO_POINTER(number));
    }
    g_mutex_unlock(&s->lock);
    return f;
}
