/*
 * The 9P server: sessions, and the messages that both versions of the protocol have.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "p9-internal.h"

#define DEFAULT_MSIZE 8192 /* before the client has said one */
#define MIN_MSIZE     256  /* Linux's is 4096 */
#define QID_SIZE      13

/* --- fids and names that a message names --- */

int p9_get_fid(P9Call *c, P9Fid **f)
{
    uint32_t number = p9_get32(&c->in);

    *f = c->in.bad ? NULL : p9_fid_get(c->server, number);
    return *f ? 0 : c->in.bad ? -EINVAL : -EBADF;
}

int p9_get_child(P9Call *c, P9Fid *folder, FsNode **node)
{
    g_autofree char *name = p9_get_string(&c->in);

    *node = NULL;
    if (c->in.bad || g_str_equal(name, "..")) {
        return -EINVAL;
    }
    *node = fs_child(folder->node, name);
    return *node ? 0 : strlen(name) > NAME_MAX ? -ENAMETOOLONG : -EINVAL;
}

/* --- qids --- */

/* Changes with what is there; 0 would say that this is unknown. */
static uint32_t version_of(const struct stat *st)
{
    return (uint32_t)(st->st_mtim.tv_sec ^ st->st_mtim.tv_nsec ^ st->st_size << 8) | 1;
}

int p9_put_qid(GByteArray *w, FsNode *node, const struct stat *st)
{
    uint64_t id;
    int ret = fs_file_id(node, st, &id);

    p9_put8(w, S_ISDIR(st->st_mode) ? P9_QTDIR : S_ISLNK(st->st_mode) ? P9_QTSYMLINK : 0);
    p9_put32(w, version_of(st));
    p9_put64(w, id);
    return ret;
}

int p9_put_qid_of(GByteArray *w, FsNode *node)
{
    struct stat st;
    int ret = fs_lstat(node, &st);

    return ret < 0 ? ret : p9_put_qid(w, node, &st);
}

/* --- sessions --- */

static int p9_version(P9Call *c)
{
    static const struct { const char *name; P9Version version; } versions[] = {
        { "9P2000.L", P9_LINUX }, { "9P2000.u", P9_UNIX },
    };
    uint32_t msize = p9_get32(&c->in);
    g_autofree char *name = p9_get_string(&c->in);
    P9Version version = P9_NONE;

    if (c->in.bad) {
        return -EINVAL;
    }
    if (msize < MIN_MSIZE) {
        return -EMSGSIZE;
    }
    p9_server_reset(c->server);
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        if (g_str_equal(name, versions[i].name)) {
            version = versions[i].version;
        }
    }
    c->server->version = version;
    c->server->msize = MIN(msize, P9_MAX_MSIZE);
    p9_put32(c->out, c->server->msize);
    p9_put_string(c->out, version == P9_NONE ? "unknown" : name);
    return 0;
}

static int p9_auth(P9Call *c)
{
    return -EOPNOTSUPP; /* there is no need to: attach(5) */
}

static int p9_attach(P9Call *c)
{
    uint32_t number = p9_get32(&c->in), afid = p9_get32(&c->in), uid;
    G_GNUC_UNUSED g_autofree char *user = p9_get_string(&c->in), *tree = p9_get_string(&c->in);
    FsNode *root;
    int ret;

    uid = p9_get32(&c->in);
    if (c->in.bad || afid != P9_NOFID) {
        return -EINVAL;
    }
    root = fs_root(c->server->fs);
    ret = p9_put_qid_of(c->out, root);
    if (ret < 0) {
        fs_node_unref(root);
        return ret;
    }
    return p9_fid_put(c->server, number, p9_fid_new(c->server, root, uid), false);
}

/* The queue has seen to it that there is nothing left to flush. */
static int p9_flush(P9Call *c)
{
    p9_get16(&c->in);
    return c->in.bad ? -EINVAL : 0;
}

/* As far as it goes: an error at the first name is one; at others it ends the walk. */
static int p9_walk(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    g_autoptr(FsNode) node = NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    uint32_t number = p9_get32(&c->in), new_number = p9_get32(&c->in);
    unsigned count = p9_get16(&c->in), done;
    int ret = 0;

    if (count > P9_MAX_NAMES) {
        return -EINVAL;
    }
    for (unsigned i = 0; i < count; i++) {
        g_ptr_array_add(names, p9_get_string(&c->in));
    }
    if (c->in.bad) {
        return -EINVAL;
    }
    f = p9_fid_get(c->server, number);
    if (!f) {
        return -EBADF;
    }
    if (f->kind != P9_FID_CLOSED && count) {
        return -EBADF; /* walk(5): not from an open one; a second number for it is Linux's wish */
    }
    node = fs_node_ref(f->node);
    p9_put16(c->out, 0);
    for (done = 0; done < count; done++) {
        const char *name = g_ptr_array_index(names, done);
        FsNode *next = g_str_equal(name, ".") ? NULL : fs_child(node, name);
        guint before = c->out->len;

        ret = next ? p9_put_qid_of(c->out, next) : -ENOENT;
        if (ret < 0) {
            g_byte_array_set_size(c->out, before);
            fs_node_unref(next);
            break;
        }
        fs_node_unref(node);
        node = next;
    }
    if (count && !done) {
        return ret;
    }
    c->out->data[P9_HEADER] = done;
    if (done < count) {
        return 0;
    }
    return p9_fid_put(c->server, new_number, p9_fid_new(c->server, g_steal_pointer(&node), f->uid),
                      number == new_number);
}

/* --- data --- */

int64_t p9_read_folder(P9Call *c, P9Fid *f, uint64_t offset, uint32_t count,
                       int (*add)(GByteArray *w, P9Fid *f, const struct dirent *entry,
                                  uint64_t position))
{
    guint start = c->out->len;
    struct dirent *entry = NULL;
    int ret = 0;

    count = MIN(count, c->room > start ? c->room - start : 0);
    if (offset != f->dir_position || f->dir_position_lost) {
        if (offset == 0) {
            rewinddir(f->dir);
        } else {
            seekdir(f->dir, offset);
        }
        f->dir_position = offset;
        f->dir_position_lost = false;
    }
    while (errno = 0, (entry = readdir(f->dir))) {
        guint before = c->out->len;

        if (fs_shows_entry(f->node, entry->d_name)) {
            ret = add(c->out, f, entry, entry->d_off);
            if (ret < 0 || c->out->len - start > count) {
                g_byte_array_set_size(c->out, before);
                f->dir_position_lost = true; /* it is to come again */
                break;
            }
        }
        f->dir_position = entry->d_off;
    }
    if (!entry && errno) {
        return -errno;
    }
    if (ret < 0) {
        return ret;
    }
    return entry && c->out->len == start ? -EINVAL : (int64_t)(c->out->len - start);
}

static int read_file(P9Call *c, P9Fid *f, uint64_t offset, uint32_t count)
{
    const P9Request *r = c->request;
    g_autofree struct iovec *iov = NULL;
    unsigned pieces;
    ssize_t size = 0;

    count = MIN(count, c->room - P9_READ_HEADER);
    if (offset > INT64_MAX) {
        return -EINVAL;
    }
    if (count) {
        iov = g_new(struct iovec, r->num_in);
        pieces = iov_slice(iov, r->num_in, r->in, r->num_in, P9_READ_HEADER, count);
        size = preadv(f->fd, iov, MIN(pieces, IOV_MAX), offset);
    }
    if (size < 0) {
        return -errno;
    }
    p9_put32(c->out, size);
    c->data_size = size;
    return 0;
}

static int read_bytes(P9Call *c, const uint8_t *data, size_t length, uint64_t offset,
                      uint32_t count)
{
    size_t start = MIN(offset, length);
    uint32_t size = MIN(MIN(count, c->room - P9_READ_HEADER), length - start);

    p9_put32(c->out, size);
    g_byte_array_append(c->out, data + start, size);
    return 0;
}

/* 9P2000.u's way to read a folder; the other one's is Treaddir. */
static int read_folder(P9Call *c, P9Fid *f, uint64_t offset, uint32_t count)
{
    int64_t size;

    p9_put32(c->out, 0);
    /* Offsets are bytes of what was read before: from the start, or on from there. */
    g_mutex_lock(&f->lock);
    size = p9_read_folder(c, f, offset ? f->dir_position : 0, count, p9_add_stat_entry);
    g_mutex_unlock(&f->lock);
    if (size < 0) {
        return size;
    }
    stl_le_p(c->out->data + P9_HEADER, size);
    return 0;
}

static int p9_read(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    uint64_t offset = p9_get64(&c->in);
    uint32_t count = p9_get32(&c->in);

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    switch (f->kind) {
    case P9_FID_FILE:
        return read_file(c, f, offset, count);
    case P9_FID_FOLDER:
        return c->server->version == P9_UNIX ? read_folder(c, f, offset, count) : -EISDIR;
    case P9_FID_XATTR_READ:
        return read_bytes(c, f->xattr, f->xattr_size, offset, count);
    default:
        return -EBADF;
    }
}

static int write_xattr(P9Fid *f, const P9Request *r, uint64_t offset, uint32_t count)
{
    int ret = -ENOSPC;

    g_mutex_lock(&f->lock);
    if (offset <= f->xattr_size && count <= f->xattr_size - offset) {
        iov_to_buf(r->out, r->num_out, P9_WRITE_HEADER, f->xattr + offset, count);
        f->xattr_filled = MAX(f->xattr_filled, offset + count);
        ret = 0;
    }
    g_mutex_unlock(&f->lock);
    return ret;
}

static int p9_write(P9Call *c)
{
    const P9Request *r = c->request;
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    uint64_t offset = p9_get64(&c->in);
    uint32_t count = p9_get32(&c->in);
    g_autofree struct iovec *iov = NULL;
    ssize_t size = count;

    if (ret < 0 || c->in.bad || count > r->out_size - P9_WRITE_HEADER || offset > INT64_MAX) {
        return ret < 0 ? ret : -EINVAL;
    }
    if (f->kind == P9_FID_XATTR_WRITE) {
        ret = write_xattr(f, r, offset, count);
    } else if (f->kind != P9_FID_FILE) {
        ret = -EBADF;
    } else if (count) {
        unsigned pieces;

        iov = g_new(struct iovec, r->num_out);
        pieces = iov_slice(iov, r->num_out, r->out, r->num_out, P9_WRITE_HEADER, count);
        size = pwritev(f->fd, iov, MIN(pieces, IOV_MAX), offset);
        ret = size < 0 ? -errno : 0;
    }
    p9_put32(c->out, MAX(size, 0));
    return ret;
}

/* --- the end of a fid --- */

/* An attribute is set when it is complete; one without bytes is removed. */
static int finish_xattr(P9Fid *f)
{
    if (f->kind != P9_FID_XATTR_WRITE) {
        return 0;
    }
    if (f->xattr_filled < f->xattr_size) {
        return -EINVAL;
    }
    return f->xattr_size ? fs_setxattr(f->node, f->xattr_name, f->xattr, f->xattr_size,
                                       f->xattr_flags)
                         : fs_removexattr(f->node, f->xattr_name);
}

static int p9_clunk(P9Call *c)
{
    uint32_t number = p9_get32(&c->in);
    g_autoptr(P9Fid) f = NULL;

    if (c->in.bad) {
        return -EINVAL;
    }
    f = p9_fid_take(c->server, number);
    if (!f) {
        return -EBADF;
    }
    if (f->remove_on_clunk) {
        fs_remove(f->node);
    }
    return finish_xattr(f);
}

/* The fid is gone even if the file stays (remove(5)). */
static int p9_remove(P9Call *c)
{
    uint32_t number = p9_get32(&c->in);
    g_autoptr(P9Fid) f = NULL;

    if (c->in.bad) {
        return -EINVAL;
    }
    f = p9_fid_take(c->server, number);
    return f ? fs_remove(f->node) : -EBADF;
}

/* --- dispatch --- */

#define UNIX  (1 << P9_UNIX)
#define LINUX (1 << P9_LINUX)
#define BOTH  (UNIX | LINUX)

static const struct {
    P9Handler *handler;
    unsigned versions;
} messages[P9_NUM_TYPES] = {
    [P9_TVERSION] = { p9_version, BOTH | 1 << P9_NONE },
    [P9_TAUTH] = { p9_auth, BOTH },
    [P9_TATTACH] = { p9_attach, BOTH },
    [P9_TFLUSH] = { p9_flush, BOTH },
    [P9_TWALK] = { p9_walk, BOTH },
    [P9_TREAD] = { p9_read, BOTH },
    [P9_TWRITE] = { p9_write, BOTH },
    [P9_TCLUNK] = { p9_clunk, BOTH },
    [P9_TREMOVE] = { p9_remove, BOTH },
    [P9_TOPEN] = { p9_open, UNIX },
    [P9_TCREATE] = { p9_create, UNIX },
    [P9_TSTAT] = { p9_stat, UNIX },
    [P9_TWSTAT] = { p9_wstat, UNIX },
    [P9_TSTATFS] = { p9_statfs, LINUX },
    [P9_TLOPEN] = { p9_lopen, LINUX },
    [P9_TLCREATE] = { p9_lcreate, LINUX },
    [P9_TSYMLINK] = { p9_symlink, LINUX },
    [P9_TMKNOD] = { p9_mknod, LINUX },
    [P9_TRENAME] = { p9_rename, LINUX },
    [P9_TREADLINK] = { p9_readlink, LINUX },
    [P9_TGETATTR] = { p9_getattr, LINUX },
    [P9_TSETATTR] = { p9_setattr, LINUX },
    [P9_TXATTRWALK] = { p9_xattrwalk, LINUX },
    [P9_TXATTRCREATE] = { p9_xattrcreate, LINUX },
    [P9_TREADDIR] = { p9_readdir, LINUX },
    [P9_TFSYNC] = { p9_fsync, LINUX },
    [P9_TLOCK] = { p9_lock, LINUX },
    [P9_TGETLOCK] = { p9_getlock, LINUX },
    [P9_TLINK] = { p9_link, LINUX },
    [P9_TMKDIR] = { p9_mkdir, LINUX },
    [P9_TRENAMEAT] = { p9_renameat, LINUX },
    [P9_TUNLINKAT] = { p9_unlinkat, LINUX },
};

bool p9_request_init(P9Request *r, P9Server *server)
{
    uint8_t header[P9_HEADER];

    r->server = server;
    r->written = 0;
    if (iov_to_buf(r->out, r->num_out, 0, header, sizeof(header)) < sizeof(header) ||
        r->in_size < P9_MIN_REPLY) {
        return false;
    }
    r->type = header[4];
    r->tag = lduw_le_p(header + 5);
    return true;
}

static void begin_reply(P9Call *c, uint8_t type)
{
    g_byte_array_set_size(c->out, 0);
    c->data_size = 0;
    p9_put32(c->out, 0);
    p9_put8(c->out, type);
    p9_put16(c->out, c->request->tag);
}

/* 9P2000.u and who hasn't said a version get a text, as far as there is room. */
static void write_error(P9Call *c, int error)
{
    size_t numbers = c->server->version == P9_UNIX ? 4 : 0;

    if (c->server->version == P9_LINUX) {
        begin_reply(c, P9_TLERROR + 1);
        p9_put32(c->out, error);
        return;
    }
    begin_reply(c, P9_TERROR + 1);
    if (c->out->len + 2 + numbers <= c->room) {
        size_t left = c->room - c->out->len - 2 - numbers;
        g_autofree char *text = g_strndup(strerror(error), MIN(left, 100));

        p9_put_string(c->out, text);
    }
    if (c->out->len + numbers <= c->room && numbers) {
        p9_put32(c->out, error);
    }
}

/*
 * The message without its data, if it is a Twrite. That the size in the header is smaller then is a
 * habit of Linux's before 4.20.
 */
static uint8_t *read_message(const P9Request *r, uint32_t msize, size_t *length)
{
    uint8_t header[4], *message;
    uint32_t size;

    iov_to_buf(r->out, r->num_out, 0, header, sizeof(header));
    size = ldl_le_p(header);
    if (size < P9_HEADER || size > r->out_size || size > msize) {
        return NULL;
    }
    *length = r->type == P9_TWRITE ? P9_WRITE_HEADER : size;
    if (*length > r->out_size) {
        return NULL;
    }
    message = g_malloc(*length);
    iov_to_buf(r->out, r->num_out, 0, message, *length);
    return message;
}

static int handle(P9Call *c)
{
    uint8_t type = c->request->type;

    if (type >= P9_NUM_TYPES || !messages[type].handler) {
        return -EOPNOTSUPP;
    }
    if (!(messages[type].versions & 1 << c->server->version)) {
        return c->server->version == P9_NONE ? -EPROTO : -EOPNOTSUPP;
    }
    return messages[type].handler(c);
}

void p9_answer(P9Request *r)
{
    P9Server *s = r->server;
    g_autoptr(GByteArray) out = g_byte_array_sized_new(256);
    size_t length = 0;
    g_autofree uint8_t *message = read_message(r, s->msize, &length);
    P9Call c = {
        .server = s, .request = r, .out = out, .room = MIN(r->in_size, s->msize),
        .in = { message + MIN(length, P9_HEADER), message + length, false },
    };
    int ret = -EINVAL;

    begin_reply(&c, r->type + 1);
    if (message) {
        ret = handle(&c);
    }
    if (ret >= 0 && out->len + c.data_size > c.room) {
        ret = -EMSGSIZE;
    }
    if (ret < 0) {
        write_error(&c, -ret);
    }
    r->written = out->len + c.data_size;
    stl_le_p(out->data, r->written);
    iov_from_buf(r->in, r->num_in, 0, out->data, out->len);
}

/* --- life --- */

void p9_server_reset(P9Server *s)
{
    GHashTable *fids = s->fids;
    GHashTableIter iter;
    gpointer f;

    s->fids = g_hash_table_new(NULL, NULL);
    s->version = P9_NONE;
    s->msize = DEFAULT_MSIZE;
    if (fids) {
        g_hash_table_iter_init(&iter, fids);
        while (g_hash_table_iter_next(&iter, NULL, &f)) {
            p9_fid_unref(f);
        }
        g_hash_table_unref(fids);
    }
}

unsigned p9_server_fids(P9Server *s)
{
    return g_hash_table_size(s->fids);
}

P9Server *p9_server_new(FsExport *fs)
{
    P9Server *s = g_new0(P9Server, 1);

    s->fs = fs;
    g_mutex_init(&s->lock);
    p9_server_reset(s);
    return s;
}

void p9_server_free(P9Server *s)
{
    p9_server_reset(s);
    g_hash_table_unref(s->fids);
    g_mutex_clear(&s->lock);
    g_free(s);
}
