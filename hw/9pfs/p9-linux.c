/*
 * The messages of 9P2000.L: those of Linux's file systems.
 *
 * Reference: 9P2000.L protocol (diod's protocol.md).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include "p9-internal.h"

/* Bits of Tlopen's flags: those of Linux's most common architectures, whatever the client's are. */
static const struct {
    uint32_t theirs;
    int ours;
} open_flags[] = {
    { 0000001, O_WRONLY },    { 0000002, O_RDWR },       { 0000200, O_EXCL },
    { 0001000, O_TRUNC },     { 0002000, O_APPEND },     { 0010000, O_DSYNC },
    { 0200000, O_DIRECTORY }, { 04000000, O_SYNC },
};

static int host_flags(uint32_t theirs)
{
    int ours = 0;

    for (size_t i = 0; i < ARRAY_SIZE(open_flags); i++) {
        ours |= theirs & open_flags[i].theirs ? open_flags[i].ours : 0;
    }
    return (ours & O_ACCMODE) == O_ACCMODE ? ours & ~O_WRONLY : ours;
}

/* Tgetattr, Tsetattr */
#define GETATTR_BASIC 0x7ff
enum {
    SETATTR_MODE = 0x1,
    SETATTR_UID = 0x2,
    SETATTR_GID = 0x4,
    SETATTR_SIZE = 0x8,
    SETATTR_ATIME = 0x10,
    SETATTR_MTIME = 0x20,
    SETATTR_CTIME = 0x40,
    SETATTR_ATIME_SET = 0x80,
    SETATTR_MTIME_SET = 0x100,
};

#define LINUX_AT_REMOVEDIR 0x200
enum { LOCK_SUCCESS, LOCK_BLOCKED };
#define LOCK_CLIENT_MAX 255 /* bytes of a host's name; each lock keeps it */

/* --- looking --- */

int p9_statfs(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    struct statfs st;

    ret = ret < 0 ? ret : fs_statfs(f->node, &st);
    if (ret < 0) {
        return ret;
    }
    p9_put32(c->out, st.f_type);
    p9_put32(c->out, st.f_bsize);
    p9_put64(c->out, st.f_blocks);
    p9_put64(c->out, st.f_bfree);
    p9_put64(c->out, st.f_bavail);
    p9_put64(c->out, st.f_files);
    p9_put64(c->out, st.f_ffree);
    p9_put64(c->out, (uint32_t)st.f_fsid.__val[0] | (uint64_t)st.f_fsid.__val[1] << 32);
    p9_put32(c->out, st.f_namelen);
    return 0;
}

/* What programs take as the best size of a read: as much as a message carries, in whole pages. */
static uint64_t block_size(const P9Server *s)
{
    return MAX(ROUND_DOWN(s->msize - MIN(s->msize, P9_IO_HEADER), 4096), 512);
}

static void put_time(GByteArray *w, const struct timespec *t)
{
    p9_put64(w, t->tv_sec);
    p9_put64(w, t->tv_nsec);
}

int p9_getattr(P9Call *c)
{
    static const struct timespec unknown = { 0 };
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    struct stat st;

    p9_get64(&c->in); /* what is wanted: all of it costs no more */
    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    ret = f->fd >= 0 ? fs_fstat(f->node, f->fd, &st) : fs_lstat(f->node, &st);
    if (ret < 0) {
        return ret;
    }
    p9_put64(c->out, GETATTR_BASIC);
    ret = p9_put_qid(c->out, f->node, &st);
    p9_put32(c->out, st.st_mode);
    p9_put32(c->out, st.st_uid);
    p9_put32(c->out, st.st_gid);
    p9_put64(c->out, st.st_nlink);
    p9_put64(c->out, st.st_rdev);
    p9_put64(c->out, st.st_size);
    p9_put64(c->out, block_size(c->server));
    p9_put64(c->out, st.st_blocks);
    put_time(c->out, &st.st_atim);
    put_time(c->out, &st.st_mtim);
    put_time(c->out, &st.st_ctim);
    put_time(c->out, &unknown); /* birth */
    put_time(c->out, &unknown); /* generation, data version */
    return ret;
}

int p9_readlink(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    g_autofree char *target = NULL;
    int ret = p9_get_fid(c, &f);

    ret = ret < 0 ? ret : fs_readlink(f->node, &target);
    if (ret == 0) {
        p9_put_string(c->out, target);
    }
    return ret;
}

static int add_entry(GByteArray *w, P9Fid *f, const struct dirent *entry, uint64_t position)
{
    unsigned type = fs_entry_type(f->node, entry->d_type);
    bool up_from_root = g_str_equal(entry->d_name, "..");
    struct stat st;
    uint64_t id;

    /* On which file system it is, is known of the folder alone; nobody's business: what is above. */
    if (fstat(f->fd, &st) != 0) {
        return -errno;
    }
    st.st_ino = up_from_root ? st.st_ino : entry->d_ino;
    if (fs_file_id(f->node, &st, &id) < 0) {
        id = entry->d_ino;
    }
    p9_put8(w, type == DT_DIR ? P9_QTDIR : type == DT_LNK ? P9_QTSYMLINK : 0);
    p9_put32(w, 0);
    p9_put64(w, id);
    p9_put64(w, position);
    p9_put8(w, type);
    p9_put_string(w, entry->d_name);
    return 0;
}

int p9_readdir(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    uint64_t offset = p9_get64(&c->in);
    uint32_t count = p9_get32(&c->in);
    int64_t size;

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    if (f->kind != P9_FID_FOLDER) {
        return f->kind == P9_FID_CLOSED ? -EBADF : -ENOTDIR;
    }
    p9_put32(c->out, 0);
    g_mutex_lock(&f->lock);
    size = p9_read_folder(c, f, offset, count, add_entry);
    g_mutex_unlock(&f->lock);
    if (size < 0) {
        return size;
    }
    stl_le_p(c->out->data + P9_HEADER, size);
    return 0;
}

/* --- opening and making --- */

/* The reply to who has opened something, and the number stands for the open one from now on. */
static int finish_open(P9Call *c, uint32_t number, P9Fid *f, FsNode *node, int fd)
{
    P9Fid *opened;
    int ret;

    if (fd < 0) {
        return fd;
    }
    opened = p9_fid_opened(f, node, fd, &ret);
    if (!opened) {
        return ret;
    }
    ret = p9_put_qid_of(c->out, node);
    p9_put32(c->out, 0); /* as much at once as a message carries */
    if (ret < 0) {
        p9_fid_unref(opened);
        return ret;
    }
    return p9_fid_put(c->server, number, opened, true);
}

int p9_lopen(P9Call *c)
{
    P9Reader again = c->in;
    uint32_t number = p9_get32(&again);
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    uint32_t flags = p9_get32(&c->in);

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    if (f->kind != P9_FID_CLOSED) {
        return -EINVAL;
    }
    return finish_open(c, number, f, f->node, fs_open(f->node, host_flags(flags)));
}

int p9_lcreate(P9Call *c)
{
    P9Reader again = c->in;
    uint32_t number = p9_get32(&again), flags, mode;
    g_autoptr(P9Fid) f = NULL;
    g_autoptr(FsNode) node = NULL;
    int ret = p9_get_fid(c, &f);
    FsOwner owner;

    ret = ret < 0 ? ret : p9_get_child(c, f, &node);
    flags = p9_get32(&c->in);
    mode = p9_get32(&c->in);
    if (ret < 0) {
        return ret;
    }
    owner = (FsOwner){ f->uid, p9_get32(&c->in) };
    if (c->in.bad || f->kind != P9_FID_CLOSED) {
        return -EINVAL;
    }
    return finish_open(c, number, f, node, fs_create(node, host_flags(flags), mode, owner));
}

/* A folder's fid and a name in there: most of what makes something begins with that. */
static int get_place(P9Call *c, P9Fid **f, FsNode **node)
{
    int ret = p9_get_fid(c, f);

    return ret < 0 ? ret : p9_get_child(c, *f, node);
}

int p9_symlink(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    g_autoptr(FsNode) node = NULL;
    int ret = get_place(c, &f, &node);
    g_autofree char *target = p9_get_string(&c->in);
    uint32_t gid = p9_get32(&c->in);

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    ret = fs_symlink(node, target, (FsOwner){ f->uid, gid });
    return ret < 0 ? ret : p9_put_qid_of(c->out, node);
}

int p9_mknod(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    g_autoptr(FsNode) node = NULL;
    int ret = get_place(c, &f, &node);
    uint32_t mode = p9_get32(&c->in), major = p9_get32(&c->in), minor = p9_get32(&c->in);
    uint32_t gid = p9_get32(&c->in);

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    ret = fs_mknod(node, mode, makedev(major, minor), (FsOwner){ f->uid, gid });
    return ret < 0 ? ret : p9_put_qid_of(c->out, node);
}

int p9_mkdir(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    g_autoptr(FsNode) node = NULL;
    int ret = get_place(c, &f, &node);
    uint32_t mode = p9_get32(&c->in), gid = p9_get32(&c->in);

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    ret = fs_mkdir(node, mode, (FsOwner){ f->uid, gid });
    return ret < 0 ? ret : p9_put_qid_of(c->out, node);
}

int p9_link(P9Call *c)
{
    g_autoptr(P9Fid) folder = NULL, old = NULL;
    g_autoptr(FsNode) node = NULL;
    int ret = p9_get_fid(c, &folder);

    ret = ret < 0 ? ret : p9_get_fid(c, &old);
    ret = ret < 0 ? ret : p9_get_child(c, folder, &node);
    return ret < 0 ? ret : fs_link(old->node, node);
}

/* --- other names, and none --- */

int p9_rename(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL, folder = NULL;
    g_autoptr(FsNode) node = NULL;
    int ret = p9_get_fid(c, &f);

    ret = ret < 0 ? ret : p9_get_fid(c, &folder);
    ret = ret < 0 ? ret : p9_get_child(c, folder, &node);
    return ret < 0 ? ret : fs_rename(f->node, node);
}

int p9_renameat(P9Call *c)
{
    g_autoptr(P9Fid) from = NULL, to = NULL;
    g_autoptr(FsNode) old = NULL, new = NULL;
    int ret = get_place(c, &from, &old);

    ret = ret < 0 ? ret : get_place(c, &to, &new);
    return ret < 0 ? ret : fs_rename(old, new);
}

int p9_unlinkat(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    g_autoptr(FsNode) node = NULL;
    int ret = get_place(c, &f, &node);
    uint32_t flags = p9_get32(&c->in);

    if (ret < 0 || c->in.bad || (flags & ~LINUX_AT_REMOVEDIR)) {
        return ret < 0 ? ret : -EINVAL;
    }
    return fs_unlink(node, flags ? AT_REMOVEDIR : 0);
}

/* --- attributes --- */

static struct timespec time_to_set(uint32_t valid, uint32_t change, uint32_t set, uint64_t seconds,
                                   uint64_t ns)
{
    if (!(valid & change)) {
        return (struct timespec){ .tv_nsec = UTIME_OMIT };
    }
    if (!(valid & set)) {
        return (struct timespec){ .tv_nsec = UTIME_NOW };
    }
    return (struct timespec){ .tv_sec = seconds, .tv_nsec = MIN(ns, 999999999) };
}

int p9_setattr(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    uint32_t valid = p9_get32(&c->in), mode = p9_get32(&c->in), uid = p9_get32(&c->in);
    uint32_t gid = p9_get32(&c->in);
    uint64_t size = p9_get64(&c->in), numbers[4];
    struct timespec times[2];

    for (int i = 0; i < 4; i++) {
        numbers[i] = p9_get64(&c->in);
    }
    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    if (valid & (SETATTR_UID | SETATTR_GID)) {
        ret = fs_fchown(f->node, f->fd, valid & SETATTR_UID ? uid : UINT32_MAX,
                        valid & SETATTR_GID ? gid : UINT32_MAX);
    }
    if (ret == 0 && (valid & SETATTR_MODE)) { /* behind the owner, whose change takes bits away */
        ret = fs_fchmod(f->node, f->fd, mode);
    }
    if (ret == 0 && (valid & SETATTR_SIZE)) {
        ret = p9_fid_truncate(f, size);
    }
    if (ret == 0 && (valid & (SETATTR_ATIME | SETATTR_MTIME))) { /* behind what changes them */
        times[0] = time_to_set(valid, SETATTR_ATIME, SETATTR_ATIME_SET, numbers[0], numbers[1]);
        times[1] = time_to_set(valid, SETATTR_MTIME, SETATTR_MTIME_SET, numbers[2], numbers[3]);
        ret = fs_futimens(f->node, f->fd, times);
    }
    return ret;
}

/* The new fid is for reading the attribute, or the list of names if there is no name. */
int p9_xattrwalk(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    uint32_t number = p9_get32(&c->in);
    g_autofree char *name = p9_get_string(&c->in);
    uint8_t *value = NULL;
    ssize_t size;
    P9Fid *new;

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    size = *name ? fs_getxattr(f->node, name, &value) : fs_listxattr(f->node, &value);
    if (size < 0) {
        return size;
    }
    new = p9_fid_new(c->server, fs_node_ref(f->node), f->uid);
    ret = p9_fid_hold_xattr(new, P9_FID_XATTR_READ, value, size);
    if (ret < 0) {
        p9_fid_unref(new);
        return ret;
    }
    p9_put64(c->out, size);
    return p9_fid_put(c->server, number, new, false);
}

/* The fid is for writing the attribute, which is set when the fid ends. */
int p9_xattrcreate(P9Call *c)
{
    P9Reader again = c->in;
    uint32_t number = p9_get32(&again);
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    g_autofree char *name = p9_get_string(&c->in);
    uint64_t size = p9_get64(&c->in);
    uint32_t flags = p9_get32(&c->in);
    P9Fid *new;

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    if (f->kind != P9_FID_CLOSED || (flags & ~(XATTR_CREATE | XATTR_REPLACE)) || !*name) {
        return -EINVAL;
    }
    if (size > FS_XATTR_MAX) {
        return -E2BIG;
    }
    if (fs_is_read_only(c->server->fs)) {
        return -EROFS;
    }
    new = p9_fid_new(c->server, fs_node_ref(f->node), f->uid);
    ret = p9_fid_hold_xattr(new, P9_FID_XATTR_WRITE, g_malloc0(MAX(size, 1)), size);
    if (ret < 0) {
        p9_fid_unref(new);
        return ret;
    }
    new->xattr_name = g_steal_pointer(&name);
    new->xattr_flags = flags;
    return p9_fid_put(c->server, number, new, true);
}

/* --- the rest --- */

int p9_fsync(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    bool data_only = c->in.at < c->in.end && p9_get32(&c->in); /* old clients don't say */

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    if (f->fd < 0) {
        return -EBADF;
    }
    return (data_only ? fdatasync(f->fd) : fsync(f->fd)) != 0 ? -errno : 0;
}

/* Type, flags if they are there, range and owner; caller frees l->client. */
static int get_lock(P9Call *c, P9Fid *f, bool with_flags, P9Lock *l)
{
    struct stat st;

    *l = (P9Lock){ .fs = c->server->fs, .fid = f, .type = p9_get8(&c->in) };
    if (with_flags) {
        p9_get32(&c->in); /* whether it would wait: it asks again */
    }
    l->start = p9_get64(&c->in);
    l->length = p9_get64(&c->in);
    l->process = p9_get32(&c->in);
    l->client = p9_get_string(&c->in);
    if (c->in.bad || l->type > P9_LOCK_UNLCK || strlen(l->client) > LOCK_CLIENT_MAX) {
        return -EINVAL;
    }
    if (f->kind != P9_FID_FILE && f->kind != P9_FID_FOLDER) {
        return -EBADF;
    }
    return fstat(f->fd, &st) != 0 ? -errno : fs_file_id(f->node, &st, &l->file);
}

int p9_lock(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    P9Lock l;

    if (ret < 0) {
        return ret;
    }
    ret = get_lock(c, f, true, &l);
    ret = ret < 0 ? ret : p9_lock_set(&l);
    if (ret == 0 || ret == -EAGAIN) {
        p9_put8(c->out, ret == 0 ? LOCK_SUCCESS : LOCK_BLOCKED);
        ret = 0;
    }
    g_free(l.client);
    return ret;
}

int p9_getlock(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    P9Lock l;

    if (ret < 0) {
        return ret;
    }
    ret = get_lock(c, f, false, &l);
    if (ret == 0) {
        p9_lock_test(&l);
        p9_put8(c->out, l.type);
        p9_put64(c->out, l.start);
        p9_put64(c->out, l.length);
        p9_put32(c->out, l.process);
        p9_put_string(c->out, l.client);
    }
    g_free(l.client);
    return ret;
}
