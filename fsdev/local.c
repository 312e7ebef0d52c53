/*
 * What a guest does to files: by names, below the root, as the security model has it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/xattr.h>
#include "fsdev-internal.h"

#define PERMISSIONS 07777

/*
 * Where a node is, for the length of a block: a handle of its folder, and its name in there. Names
 * don't change their meaning meanwhile, but by the host's own doing.
 */
typedef struct Place {
    FsExport *fs;
    int dirfd; /* or -errno */
    const char *name;
} Place;

static void leave(Place *p)
{
    if (p->dirfd >= 0) {
        close(p->dirfd);
    }
    g_rw_lock_reader_unlock(&p->fs->names);
}

static Place go(FsNode *node)
{
    Place p = { .fs = node->fs };

    g_rw_lock_reader_lock(&p.fs->names);
    p.dirfd = fs_open_parent(node, &p.name);
    return p;
}

#define AT_PLACE(p, node) __attribute__((cleanup(leave))) Place p = go(node)

bool fs_is_read_only(const FsExport *fs)
{
    return fs->read_only;
}

static int result(int ret)
{
    return ret < 0 ? -errno : 0;
}

/* --- what is there --- */

static int lstat_at(const Place *p, struct stat *st)
{
    if (fstatat(p->dirfd, p->name, st, AT_SYMLINK_NOFOLLOW) != 0) {
        return -errno;
    }
    fs_attributes_apply(p->fs, p->dirfd, p->name, st);
    return 0;
}

int fs_lstat(FsNode *node, struct stat *st)
{
    AT_PLACE(p, node);

    return p.dirfd < 0 ? p.dirfd : lstat_at(&p, st);
}

int fs_fstat(FsNode *node, int fd, struct stat *st)
{
    int ret = fs_lstat(node, st);

    if (ret == -ENOENT) {
        ret = result(fstat(fd, st));
        if (ret == 0) {
            fs_attributes_apply_fd(node->fs, fd, st);
        }
    }
    return ret;
}

/*
 * Inode numbers are unique within a file system of the host. The root's are taken as they are; of
 * others the number of the file system goes where inode numbers hardly ever have bits.
 */
int fs_file_id(FsNode *node, const struct stat *st, uint64_t *id)
{
    FsExport *fs = node->fs;
    uint64_t which = 0;

    if (st->st_dev != fs->root_dev) {
        if (fs->mounts == FS_MOUNTS_FORBID) {
            return -EXDEV;
        }
        g_mutex_lock(&fs->lock);
        while (which < fs->devices->len &&
               g_array_index(fs->devices, dev_t, which) != st->st_dev) {
            which++;
        }
        if (which == fs->devices->len) {
            g_array_append_val(fs->devices, st->st_dev);
        }
        g_mutex_unlock(&fs->lock);
        which++;
    }
    *id = st->st_ino ^ which << 48 ^ which >> 16;
    return 0;
}

int fs_readlink(FsNode *node, char **target)
{
    char text[PATH_MAX];
    ssize_t size;
    int fd;

    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    size = readlinkat(p.dirfd, p.name, text, sizeof(text));
    if (size < 0 && errno == EINVAL && fs_is_mapped(p.fs)) { /* a file with the target in it */
        struct stat st;

        if (lstat_at(&p, &st) != 0 || !S_ISLNK(st.st_mode)) {
            return -EINVAL;
        }
        fd = fs_open_at(p.dirfd, p.name, O_RDONLY);
        if (fd < 0) {
            return fd;
        }
        size = read(fd, text, sizeof(text));
        close(fd);
    }
    if (size < 0) {
        return -errno;
    }
    if (size == sizeof(text)) {
        return -ENAMETOOLONG;
    }
    *target = g_strndup(text, size);
    return 0;
}

int fs_statfs(FsNode *node, struct statfs *st)
{
    int fd, ret;

    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    fd = openat(p.dirfd, p.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    ret = result(fstatfs(fd, st));
    close(fd);
    return ret;
}

bool fs_shows_entry(FsNode *dir, const char *name)
{
    return !fs_is_reserved(dir->fs, name);
}

unsigned fs_entry_type(FsNode *dir, unsigned type)
{
    return fs_is_mapped(dir->fs) && type == DT_REG ? DT_UNKNOWN : type;
}

/* --- opening and making --- */

static int with_sync(const FsExport *fs, int flags)
{
    return fs->sync && (flags & O_ACCMODE) != O_RDONLY ? flags | O_DSYNC : flags;
}

static bool writes(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
}

static int open_at(const Place *p, int flags)
{
    if (fs_is_mapped(p->fs)) { /* what is a plain file here may be none to the guest */
        struct stat st;
        int ret = lstat_at(p, &st);

        if (ret < 0) {
            return ret;
        }
        if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
            return S_ISLNK(st.st_mode) ? -ELOOP : -ENXIO;
        }
    }
    return fs_open_at(p->dirfd, p->name, with_sync(p->fs, flags));
}

int fs_open(FsNode *node, int flags)
{
    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    return p.fs->read_only && writes(flags) ? -EROFS : open_at(&p, flags);
}

static unsigned valid_owner(uint32_t uid, uint32_t gid)
{
    return (uid == UINT32_MAX ? 0 : FS_SET_UID) | (gid == UINT32_MAX ? 0 : FS_SET_GID);
}

/*
 * @mode: type and permissions. A failure leaves the file as it is: whoever made it removes it.
 * An owner that can't be set is an error only where the guest relies on it.
 */
static int set_attributes(const Place *p, uint32_t mode, dev_t rdev, FsOwner owner)
{
    FsAttributes a = {
        .valid = valid_owner(owner.uid, owner.gid) | FS_SET_MODE, .uid = owner.uid,
        .gid = owner.gid, .mode = mode, .rdev = rdev,
    };

    if (fs_is_mapped(p->fs)) {
        a.valid |= S_ISCHR(mode) || S_ISBLK(mode) ? FS_SET_RDEV : 0;
        return fs_attributes_set(p->fs, p->dirfd, p->name, &a);
    }
    if (fchownat(p->dirfd, p->name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) != 0 &&
        p->fs->model == FS_PASSTHROUGH) {
        return -errno;
    }
    /* Behind the owner, whose change takes some bits away. */
    return S_ISLNK(mode) ? 0 : result(fchmodat(p->dirfd, p->name, mode & PERMISSIONS,
                                               AT_SYMLINK_NOFOLLOW));
}

/* Of an open file; needs no /proc. */
static int set_file_attributes(const Place *p, int fd, uint32_t mode, FsOwner owner)
{
    if (fs_is_mapped(p->fs)) {
        return set_attributes(p, mode, 0, owner);
    }
    if (fchown(fd, owner.uid, owner.gid) != 0 && p->fs->model == FS_PASSTHROUGH) {
        return -errno;
    }
    return result(fchmod(fd, mode & PERMISSIONS));
}

/* Of what has just been made; a failure takes it back. */
static int finish_making(const Place *p, uint32_t mode, dev_t rdev, FsOwner owner, int unlink_flags)
{
    int ret = set_attributes(p, mode, rdev, owner);

    if (ret < 0) {
        unlinkat(p->dirfd, p->name, unlink_flags);
        fs_attributes_drop(p->fs, p->dirfd, p->name);
    }
    return ret;
}

/* A plain file on the host that is something else to the guest. */
static int make_plain_file(const Place *p, int flags)
{
    int fd = openat(p->dirfd, p->name,
                    flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                    fs_is_mapped(p->fs) ? p->fs->file_mode : 0600);

    return fd < 0 ? -errno : fd;
}

int fs_create(FsNode *node, int flags, uint32_t mode, FsOwner owner)
{
    int fd, ret;

    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    if (p.fs->read_only) {
        return -EROFS;
    }
    fd = make_plain_file(&p, with_sync(p.fs, flags & ~O_TRUNC));
    if (fd == -EEXIST && !(flags & O_EXCL)) {
        return open_at(&p, flags & ~O_CREAT);
    }
    if (fd < 0) {
        return fd;
    }
    ret = set_file_attributes(&p, fd, S_IFREG | (mode & PERMISSIONS), owner);
    if (ret < 0) {
        close(fd);
        unlinkat(p.dirfd, p.name, 0);
        fs_attributes_drop(p.fs, p.dirfd, p.name);
        return ret;
    }
    return fd;
}

int fs_mkdir(FsNode *node, uint32_t mode, FsOwner owner)
{
    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    if (p.fs->read_only) {
        return -EROFS;
    }
    if (mkdirat(p.dirfd, p.name, fs_is_mapped(p.fs) ? p.fs->dir_mode : 0700) != 0) {
        return -errno;
    }
    return finish_making(&p, S_IFDIR | (mode & PERMISSIONS), 0, owner, AT_REMOVEDIR);
}

int fs_mknod(FsNode *node, uint32_t mode, dev_t rdev, FsOwner owner)
{
    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    if (p.fs->read_only) {
        return -EROFS;
    }
    if (S_ISDIR(mode) || S_ISLNK(mode)) {
        return -EINVAL;
    }
    mode |= mode & S_IFMT ? 0 : S_IFREG;
    if (fs_is_mapped(p.fs) || S_ISREG(mode)) {
        int fd = make_plain_file(&p, O_WRONLY);

        if (fd < 0) {
            return fd;
        }
        close(fd);
    } else if (mknodat(p.dirfd, p.name, (mode & S_IFMT) | 0600, rdev) != 0) {
        return -errno;
    }
    return finish_making(&p, mode & (S_IFMT | PERMISSIONS), rdev, owner, 0);
}

static int write_all(int fd, const char *text)
{
    ssize_t size = write(fd, text, strlen(text));

    return size == (ssize_t)strlen(text) ? 0 : size < 0 ? -errno : -ENOSPC;
}

int fs_symlink(FsNode *node, const char *target, FsOwner owner)
{
    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    if (p.fs->read_only) {
        return -EROFS;
    }
    if (!*target) {
        return -ENOENT;
    }
    if (strlen(target) >= PATH_MAX) {
        return -ENAMETOOLONG;
    }
    if (fs_is_mapped(p.fs)) {
        int fd = make_plain_file(&p, O_WRONLY), ret;

        if (fd < 0) {
            return fd;
        }
        ret = write_all(fd, target);
        close(fd);
        if (ret < 0) {
            unlinkat(p.dirfd, p.name, 0);
            return ret;
        }
    } else if (symlinkat(target, p.dirfd, p.name) != 0) {
        return -errno;
    }
    return finish_making(&p, S_IFLNK | 0777, 0, owner, 0);
}

int fs_link(FsNode *old, FsNode *node)
{
    FsExport *fs = node->fs;
    const char *from, *to;
    int from_fd, to_fd, ret;

    if (fs->read_only) {
        return -EROFS;
    }
    g_rw_lock_writer_lock(&fs->names);
    from_fd = fs_open_parent(old, &from);
    to_fd = fs_open_parent(node, &to);
    if (from_fd < 0 || to_fd < 0) {
        ret = from_fd < 0 ? from_fd : to_fd;
    } else {
        ret = result(linkat(from_fd, from, to_fd, to, 0));
        if (ret == 0 && (ret = fs_attributes_link(fs, from_fd, from, to_fd, to)) < 0) {
            unlinkat(to_fd, to, 0);
        }
    }
    g_rw_lock_writer_unlock(&fs->names);
    if (from_fd >= 0) {
        close(from_fd);
    }
    if (to_fd >= 0) {
        close(to_fd);
    }
    return ret;
}

/* --- removing and renaming --- */

static int unlink_at(FsNode *node, int dirfd, const char *name, int flags)
{
    int ret;

    if (flags & AT_REMOVEDIR) {
        fs_attributes_drop_folder(node->fs, dirfd, name);
    }
    ret = result(unlinkat(dirfd, name, flags));
    if (ret == 0) {
        fs_attributes_drop(node->fs, dirfd, name);
        fs_node_detach(node);
    }
    return ret;
}

/* flags < 0: what it needs. */
static int remove_node(FsNode *node, int flags)
{
    FsExport *fs = node->fs;
    const char *name;
    struct stat st;
    int dirfd, ret;

    if (fs->read_only) {
        return -EROFS;
    }
    if (!node->parent) {
        return -EBUSY;
    }
    g_rw_lock_writer_lock(&fs->names);
    dirfd = fs_open_parent(node, &name);
    if (dirfd < 0) {
        ret = dirfd;
    } else {
        if (flags < 0) {
            flags = fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)
                        ? AT_REMOVEDIR : 0;
        }
        ret = unlink_at(node, dirfd, name, flags);
        close(dirfd);
    }
    g_rw_lock_writer_unlock(&fs->names);
    return ret;
}

int fs_unlink(FsNode *node, int flags)
{
    return remove_node(node, flags);
}

int fs_remove(FsNode *node)
{
    return remove_node(node, -1);
}

int fs_rename(FsNode *node, FsNode *to)
{
    FsExport *fs = node->fs;
    const char *from_name, *to_name;
    int from_fd, to_fd, ret;

    if (fs->read_only) {
        return -EROFS;
    }
    if (!node->parent || !to->parent) {
        return -EBUSY;
    }
    g_rw_lock_writer_lock(&fs->names);
    from_fd = fs_open_parent(node, &from_name);
    to_fd = fs_open_parent(to, &to_name);
    if (from_fd < 0 || to_fd < 0) {
        ret = from_fd < 0 ? from_fd : to_fd;
    } else {
        fs_attributes_drop_folder(fs, to_fd, to_name); /* renaming onto an empty folder */
        ret = result(renameat(from_fd, from_name, to_fd, to_name));
        if (ret == 0 && node != to) {
            fs_attributes_rename(fs, from_fd, from_name, to_fd, to_name);
            fs_node_move(node, to);
        }
    }
    g_rw_lock_writer_unlock(&fs->names);
    if (from_fd >= 0) {
        close(from_fd);
    }
    if (to_fd >= 0) {
        close(to_fd);
    }
    return ret;
}

/* --- attributes --- */

int fs_chmod(FsNode *node, uint32_t mode)
{
    struct stat st;
    int ret, fd;

    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    if (p.fs->read_only) {
        return -EROFS;
    }
    ret = lstat_at(&p, &st);
    if (ret < 0) {
        return ret;
    }
    if (fs_is_mapped(p.fs)) {
        FsAttributes a = { .valid = FS_SET_MODE,
                           .mode = (st.st_mode & S_IFMT) | (mode & PERMISSIONS) };

        return fs_attributes_set(p.fs, p.dirfd, p.name, &a);
    }
    if (fchmodat(p.dirfd, p.name, mode & PERMISSIONS, AT_SYMLINK_NOFOLLOW) == 0) {
        return 0;
    }
    /* The C library goes through /proc, which isn't there below a -chroot. */
    fd = errno == EOPNOTSUPP ? fs_open_at(p.dirfd, p.name, O_RDONLY) : -errno;
    if (fd >= 0) {
        ret = result(fchmod(fd, mode & PERMISSIONS));
        close(fd);
        return ret;
    }
    return fd;
}

int fs_chown(FsNode *node, uint32_t uid, uint32_t gid)
{
    struct stat st;

    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    if (p.fs->read_only) {
        return -EROFS;
    }
    if (fs_is_mapped(p.fs)) {
        FsAttributes a = { .valid = valid_owner(uid, gid), .uid = uid, .gid = gid };

        return fs_attributes_set(p.fs, p.dirfd, p.name, &a);
    }
    if (fchownat(p.dirfd, p.name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0) {
        return 0;
    }
    /* Who has no rights to give files away can't, and the guest isn't told. */
    return errno == EPERM && p.fs->model == FS_NONE ? lstat_at(&p, &st) : -errno;
}

int fs_truncate(FsNode *node, off_t size)
{
    int fd, ret;

    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    if (p.fs->read_only) {
        return -EROFS;
    }
    fd = open_at(&p, O_WRONLY);
    if (fd < 0) {
        return fd;
    }
    ret = result(ftruncate(fd, size));
    close(fd);
    return ret;
}

int fs_utimens(FsNode *node, const struct timespec times[2])
{
    AT_PLACE(p, node);

    if (p.dirfd < 0) {
        return p.dirfd;
    }
    return p.fs->read_only ? -EROFS
                           : result(utimensat(p.dirfd, p.name, times, AT_SYMLINK_NOFOLLOW));
}

/* Whether what failed for want of a name can be done to the open file. */
static bool has_file_alone(const FsNode *node, int fd, int ret)
{
    return ret == -ENOENT && fd >= 0 && !node->fs->read_only;
}

int fs_fchmod(FsNode *node, int fd, uint32_t mode)
{
    int ret = fs_chmod(node, mode);
    struct stat st;

    /* mapped-file has nothing without the name */
    if (!has_file_alone(node, fd, ret) || node->fs->model == FS_MAPPED_FILE) {
        return ret;
    }
    if (node->fs->model == FS_MAPPED_XATTR) {
        FsAttributes a = { .valid = FS_SET_MODE };

        if (fstat(fd, &st) != 0) {
            return -errno;
        }
        fs_attributes_apply_fd(node->fs, fd, &st);
        a.mode = (st.st_mode & S_IFMT) | (mode & PERMISSIONS);
        return fs_attributes_set_fd(node->fs, fd, &a);
    }
    return result(fchmod(fd, mode & PERMISSIONS));
}

int fs_fchown(FsNode *node, int fd, uint32_t uid, uint32_t gid)
{
    int ret = fs_chown(node, uid, gid);

    if (!has_file_alone(node, fd, ret) || node->fs->model == FS_MAPPED_FILE) {
        return ret;
    }
    if (node->fs->model == FS_MAPPED_XATTR) {
        FsAttributes a = { .valid = valid_owner(uid, gid), .uid = uid, .gid = gid };

        return fs_attributes_set_fd(node->fs, fd, &a);
    }
    ret = result(fchown(fd, uid, gid));
    return ret == -EPERM && node->fs->model == FS_NONE ? 0 : ret; /* as in fs_chown() */
}

int fs_futimens(FsNode *node, int fd, const struct timespec times[2])
{
    int ret = fs_utimens(node, times);

    return has_file_alone(node, fd, ret) ? result(futimens(fd, times)) : ret;
}

/* --- extended attributes --- */

/*
 * The mapped models' own names aren't the guest's, and what the host's kernel reads something into
 * (capabilities, access lists) is for the model alone that gives the guest the inode.
 */
static bool may_use_xattr(const FsExport *fs, const char *name)
{
    switch (fs->model) {
    case FS_PASSTHROUGH:
        return true;
    case FS_NONE:
        return g_str_has_prefix(name, "user.") || g_str_has_prefix(name, "system.posix_acl_");
    default:
        return g_str_has_prefix(name, "user.") && !g_str_has_prefix(name, "user.virtfs.");
    }
}

/*
 * Files and folders have them; symbolic links and the rest have none here. They are opened, since
 * a handle doesn't do and there may be no /proc.
 */
static int open_for_xattr(const Place *p)
{
    int fd;

    if (p->dirfd < 0) {
        return p->dirfd;
    }
    fd = open_at(p, O_RDONLY);
    return fd == -ELOOP || fd == -ENXIO ? -EOPNOTSUPP : fd;
}

ssize_t fs_getxattr(FsNode *node, const char *name, uint8_t **value)
{
    g_autofree uint8_t *buf = NULL;
    ssize_t size;
    int fd;

    AT_PLACE(p, node);

    if (!may_use_xattr(p.fs, name)) {
        return -EOPNOTSUPP;
    }
    fd = open_for_xattr(&p);
    if (fd < 0) {
        return fd;
    }
    buf = g_malloc(FS_XATTR_MAX);
    size = fgetxattr(fd, name, buf, FS_XATTR_MAX);
    size = size < 0 ? -errno : size;
    close(fd);
    if (size >= 0) {
        *value = g_realloc(g_steal_pointer(&buf), MAX(size, 1));
    }
    return size;
}

ssize_t fs_listxattr(FsNode *node, uint8_t **names)
{
    g_autofree char *buf = NULL;
    size_t kept = 0;
    ssize_t size;
    int fd;

    AT_PLACE(p, node);

    fd = open_for_xattr(&p);
    if (fd < 0) {
        return fd;
    }
    buf = g_malloc(FS_XATTR_MAX + 1);
    size = flistxattr(fd, buf, FS_XATTR_MAX);
    size = size < 0 ? -errno : size;
    close(fd);
    if (size < 0) {
        return size;
    }
    buf[size] = '\0';
    for (ssize_t at = 0; at < size;) {
        size_t length = strlen(buf + at) + 1;

        if (may_use_xattr(p.fs, buf + at)) {
            memmove(buf + kept, buf + at, length);
            kept += length;
        }
        at += length;
    }
    *names = g_realloc(g_steal_pointer(&buf), MAX(kept, 1));
    return kept;
}

/* To change that attribute of: negative, what keeps the guest from it. */
static int open_to_change_xattr(const Place *p, const char *name)
{
    return p->fs->read_only              ? -EROFS
           : !may_use_xattr(p->fs, name) ? -EOPNOTSUPP
                                         : open_for_xattr(p);
}

int fs_setxattr(FsNode *node, const char *name, const void *value, size_t size, int flags)
{
    int fd, ret;

    AT_PLACE(p, node);

    fd = open_to_change_xattr(&p, name);
    if (fd < 0) {
        return fd;
    }
    ret = result(fsetxattr(fd, name, value, size, flags));
    close(fd);
    return ret;
}

int fs_removexattr(FsNode *node, const char *name)
{
    int fd, ret;

    AT_PLACE(p, node);

    fd = open_to_change_xattr(&p, name);
    if (fd < 0) {
        return fd;
    }
    ret = result(fremovexattr(fd, name));
    close(fd);
    return ret;
}
