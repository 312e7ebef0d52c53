/*
 * The messages of 9P2000.u: those of Plan 9, with Unix's owners and kinds of files.
 *
 * References: Plan 9 Programmer's Manual, section 5 (open, stat); the 9P2000.u extension
 * (Van Hensbergen).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/sysmacros.h>
#include "p9-internal.h"

/* Modes of an open. */
enum { OPEN_READ, OPEN_WRITE, OPEN_RDWR, OPEN_EXEC, OPEN_ACCESS = 3 };
#define OPEN_TRUNC  0x10
#define OPEN_RCLOSE 0x40
#define OPEN_APPEND 0x80

/* Permissions' upper bits. */
#define DMDIR       0x80000000u
#define DMSYMLINK   0x02000000u
#define DMLINK      0x01000000u
#define DMDEVICE    0x00800000u
#define DMNAMEDPIPE 0x00200000u
#define DMSOCKET    0x00100000u
#define DMSETUID    0x00080000u
#define DMSETGID    0x00040000u
#define DMSETVTX    0x00010000u

static const struct {
    uint32_t dm;
    mode_t mode;
} kinds[] = {
    { DMDIR, S_IFDIR },       { DMSYMLINK, S_IFLNK }, { DMDEVICE, S_IFBLK },
    { DMDEVICE, S_IFCHR },    { DMNAMEDPIPE, S_IFIFO }, { DMSOCKET, S_IFSOCK },
}, bits[] = {
    { DMSETUID, S_ISUID }, { DMSETGID, S_ISGID }, { DMSETVTX, S_ISVTX },
};

static uint32_t to_dm(mode_t mode)
{
    uint32_t dm = mode & 0777;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        dm |= (mode & S_IFMT) == kinds[i].mode ? kinds[i].dm : 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        dm |= mode & bits[i].mode ? bits[i].dm : 0;
    }
    return dm;
}

static mode_t permissions(uint32_t dm)
{
    mode_t mode = dm & 0777;

    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        mode |= dm & bits[i].dm ? bits[i].mode : 0;
    }
    return mode;
}

static int host_flags(uint8_t mode)
{
    static const int access[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY };

    return access[mode & OPEN_ACCESS] | (mode & OPEN_TRUNC ? O_TRUNC : 0) |
           (mode & OPEN_APPEND ? O_APPEND : 0);
}

/* --- stat --- */

/* Where a link leads, which device it is. */
static char *extension_of(FsNode *node, const struct stat *st)
{
    char *target;

    if (S_ISLNK(st->st_mode) && fs_readlink(node, &target) == 0) {
        return target;
    }
    if (S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode)) {
        return g_strdup_printf("%c %u %u", S_ISBLK(st->st_mode) ? 'b' : 'c', major(st->st_rdev),
                               minor(st->st_rdev));
    }
    return g_strdup("");
}

int p9_put_stat(GByteArray *w, FsNode *node, const char *name, const struct stat *st)
{
    g_autofree char *extension = extension_of(node, st);
    guint start = w->len;
    int ret;

    p9_put16(w, 0); /* the size, without itself */
    p9_put16(w, 0); /* for the kernel's use: type and dev */
    p9_put32(w, 0);
    ret = p9_put_qid(w, node, st);
    p9_put32(w, to_dm(st->st_mode));
    p9_put32(w, st->st_atime);
    p9_put32(w, st->st_mtime);
    p9_put64(w, S_ISDIR(st->st_mode) ? 0 : st->st_size);
    p9_put_string(w, name);
    p9_put_string(w, ""); /* owner, group, who changed it last: by number */
    p9_put_string(w, "");
    p9_put_string(w, "");
    p9_put_string(w, extension);
    p9_put32(w, st->st_uid);
    p9_put32(w, st->st_gid);
    p9_put32(w, UINT32_MAX);
    stw_le_p(w->data + start, w->len - start - 2);
    return ret;
}

int p9_add_stat_entry(GByteArray *w, P9Fid *f, const struct dirent *entry, uint64_t position)
{
    g_autoptr(FsNode) node = fs_child(f->node, entry->d_name);
    struct stat st;

    if (!node || g_str_equal(entry->d_name, "..") || fs_lstat(node, &st) < 0) {
        return 0; /* read(5): neither . nor .. are there; or it has just gone */
    }
    return p9_put_stat(w, node, entry->d_name, &st);
}

int p9_stat(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    g_autofree char *name = NULL;
    int ret = p9_get_fid(c, &f);
    struct stat st;

    if (ret < 0) {
        return ret;
    }
    ret = f->fd >= 0 ? fs_fstat(f->node, f->fd, &st) : fs_lstat(f->node, &st);
    if (ret < 0) {
        return ret;
    }
    name = fs_node_name(f->node);
    p9_put16(c->out, 0);
    ret = p9_put_stat(c->out, f->node, name, &st);
    stw_le_p(c->out->data + P9_HEADER, c->out->len - P9_HEADER - 2);
    return ret;
}

/* --- wstat --- */

/* All ones or an empty string: shall stay as it is. */
#define UNCHANGED UINT32_MAX

static int rename_in_folder(P9Fid *f, const char *name)
{
    g_autoptr(FsNode) folder = fs_child(f->node, ".."), node = NULL;

    node = g_str_equal(name, "..") ? NULL : fs_child(folder, name);
    return node ? fs_rename(f->node, node) : -EINVAL;
}

static int change_times(P9Fid *f, uint32_t atime, uint32_t mtime)
{
    struct timespec times[2] = {
        { .tv_sec = atime, .tv_nsec = atime == UNCHANGED ? UTIME_OMIT : 0 },
        { .tv_sec = mtime, .tv_nsec = mtime == UNCHANGED ? UTIME_OMIT : 0 },
    };

    return fs_futimens(f->node, f->fd, times);
}

int p9_wstat(P9Call *c)
{
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    uint32_t dm, atime, mtime, uid, gid;
    uint64_t length;
    g_autofree char *name = NULL;

    p9_get16(&c->in); /* sizes: of all, and of the entry */
    p9_get16(&c->in);
    p9_get16(&c->in); /* type, dev, qid: nobody can change those */
    p9_get32(&c->in);
    p9_get8(&c->in);
    p9_get32(&c->in);
    p9_get64(&c->in);
    dm = p9_get32(&c->in);
    atime = p9_get32(&c->in);
    mtime = p9_get32(&c->in);
    length = p9_get64(&c->in);
    name = p9_get_string(&c->in);
    for (int i = 0; i < 4; i++) { /* uid, gid, muid, extension */
        g_free(p9_get_string(&c->in));
    }
    uid = p9_get32(&c->in);
    gid = p9_get32(&c->in);
    p9_get32(&c->in);
    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    if (dm == UNCHANGED && atime == UNCHANGED && mtime == UNCHANGED && length == UINT64_MAX &&
        !*name && uid == UNCHANGED && gid == UNCHANGED) {
        return f->fd >= 0 && fsync(f->fd) != 0 ? -errno : 0; /* stat(5): it shall be on the disk */
    }
    if (uid != UNCHANGED || gid != UNCHANGED) {
        ret = fs_fchown(f->node, f->fd, uid, gid);
    }
    if (ret == 0 && dm != UNCHANGED) {
        ret = fs_fchmod(f->node, f->fd, permissions(dm));
    }
    if (ret == 0 && length != UINT64_MAX) {
        ret = p9_fid_truncate(f, length);
    }
    if (ret == 0 && (atime != UNCHANGED || mtime != UNCHANGED)) {
        ret = change_times(f, atime, mtime);
    }
    if (ret == 0 && *name) {
        ret = rename_in_folder(f, name);
    }
    return ret;
}

/* --- open and create --- */

/* The fid stands for what has been opened, or just for the node if fd is -1. */
static int finish_open(P9Call *c, uint32_t number, P9Fid *f, FsNode *node, int fd, uint8_t mode)
{
    P9Fid *new;
    int ret;

    new = fd < 0 ? p9_fid_new(c->server, fs_node_ref(node), f->uid)
                 : p9_fid_opened(f, node, fd, &ret);
    if (!new) {
        return ret;
    }
    new->remove_on_clunk = (mode & OPEN_RCLOSE) && !fs_is_read_only(c->server->fs);
    ret = p9_put_qid_of(c->out, node);
    p9_put32(c->out, 0); /* as much at once as a message carries */
    if (ret < 0) {
        p9_fid_unref(new);
        return ret;
    }
    return p9_fid_put(c->server, number, new, true);
}

int p9_open(P9Call *c)
{
    P9Reader again = c->in;
    uint32_t number = p9_get32(&again);
    g_autoptr(P9Fid) f = NULL;
    int ret = p9_get_fid(c, &f);
    uint8_t mode = p9_get8(&c->in);

    if (ret < 0 || c->in.bad) {
        return ret < 0 ? ret : -EINVAL;
    }
    if (f->kind != P9_FID_CLOSED) {
        return -EINVAL;
    }
    ret = fs_open(f->node, host_flags(mode));
    return ret < 0 ? ret : finish_open(c, number, f, f->node, ret, mode);
}

static int make_device(FsNode *node, mode_t mode, const char *extension, FsOwner owner)
{
    unsigned major, minor;
    char kind;

    if (sscanf(extension, "%c %u %u", &kind, &major, &minor) != 3 || (kind != 'b' && kind != 'c')) {
        return -EINVAL;
    }
    return fs_mknod(node, mode | (kind == 'b' ? S_IFBLK : S_IFCHR), makedev(major, minor), owner);
}

/* The extension is the number of another fid. */
static int make_link(P9Call *c, FsNode *node, const char *extension)
{
    guint64 number = g_ascii_strtoull(extension, NULL, 10);
    g_autoptr(P9Fid) old = p9_fid_get(c->server, MIN(number, P9_NOFID));

    return old ? fs_link(old->node, node) : -EINVAL;
}

/* What is made of the name; a descriptor if it can be opened, or -1; *ret: -errno. */
static int make(P9Call *c, FsNode *node, uint32_t dm, uint8_t mode, const char *extension,
                FsOwner owner, int *ret)
{
    mode_t allowed = permissions(dm);

    if (dm & DMDIR) {
        *ret = fs_mkdir(node, allowed, owner);
        if (*ret == 0) {
            *ret = fs_open(node, O_RDONLY);
        }
        return *ret < 0 ? -1 : *ret;
    }
    if (dm & DMSYMLINK) {
        *ret = fs_symlink(node, extension, owner);
    } else if (dm & DMLINK) {
        *ret = make_link(c, node, extension);
    } else if (dm & DMDEVICE) {
        *ret = make_device(node, allowed, extension, owner);
    } else if (dm & (DMNAMEDPIPE | DMSOCKET)) {
        *ret = fs_mknod(node, allowed | (dm & DMSOCKET ? S_IFSOCK : S_IFIFO), 0, owner);
    } else {
        *ret = fs_create(node, host_flags(mode), allowed, owner);
        return *ret < 0 ? -1 : *ret;
    }
    return -1;
}

int p9_create(P9Call *c)
{
    P9Reader again = c->in;
    uint32_t number = p9_get32(&again), dm;
    g_autoptr(P9Fid) f = NULL;
    g_autoptr(FsNode) node = NULL;
    g_autofree char *extension = NULL;
    int ret = p9_get_fid(c, &f), fd;
    uint8_t mode;

    ret = ret < 0 ? ret : p9_get_child(c, f, &node);
    dm = p9_get32(&c->in);
    mode = p9_get8(&c->in);
    extension = p9_get_string(&c->in);
    if (ret < 0 || c->in.bad || f->kind != P9_FID_CLOSED) {
        return ret < 0 ? ret : -EINVAL;
    }
    fd = make(c, node, dm, mode, extension, (FsOwner){ f->uid, UINT32_MAX }, &ret);
    return ret < 0 ? ret : finish_open(c, number, f, node, fd, mode);
}
