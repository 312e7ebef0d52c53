/*
 * From a node to a handle of the host: down from the root, never through a symbolic link.
 *
 * Reference: openat2(2), open(2).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/openat2.h>
#include <sys/syscall.h>
#include "fsdev-internal.h"
#include "qemu/atomic.h"

#define HANDLE (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* In one call, on kernels that have it; -ENOSYS otherwise. */
static int open_below(int root, const char *path)
{
    static bool lacking; /* atomic */
    struct open_how how = {
        .flags = HANDLE, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int fd;

    if (qatomic_read(&lacking)) {
        return -ENOSYS;
    }
    fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
    if (fd >= 0) {
        return fd;
    }
    if (errno == ENOSYS || errno == EPERM) { /* the latter is what containers' filters say */
        qatomic_set(&lacking, true);
        return -ENOSYS;
    }
    return -errno;
}

/* Step by step, however deep that is. */
static int walk(FsNode *node)
{
    g_autoptr(GPtrArray) way = g_ptr_array_new(); /* from @node up */
    int fd;

    for (; node->parent; node = node->parent) {
        if (node->gone) {
            return -ENOENT;
        }
        g_ptr_array_add(way, node->name);
    }
    fd = fcntl(node->fs->root_fd, F_DUPFD_CLOEXEC, 0);
    for (guint i = way->len; i-- && fd >= 0;) {
        int next = openat(fd, g_ptr_array_index(way, i), HANDLE), failed = errno;

        close(fd);
        fd = next;
        errno = failed;
    }
    return fd < 0 ? -errno : fd;
}

/* False: too long for one call, or some part of the way is gone. */
static bool path_of(FsNode *node, char path[PATH_MAX])
{
    size_t at = PATH_MAX - 1;

    path[at] = '\0';
    for (; node->parent; node = node->parent) {
        size_t length = strlen(node->name);

        if (node->gone || at < length + 1) {
            return false;
        }
        at -= length;
        memcpy(path + at, node->name, length);
        path[--at] = '/';
    }
    memmove(path, path + at, PATH_MAX - at);
    return true;
}

int fs_open_folder(FsNode *node)
{
    char path[PATH_MAX];

    if (node->parent && node->parent->parent && path_of(node, path)) {
        int fd = open_below(node->fs->root_fd, path + 1);

        if (fd != -ENOSYS) {
            return fd;
        }
    }
    return walk(node);
}

int fs_open_parent(FsNode *node, const char **name)
{
    if (node->gone) {
        return -ENOENT;
    }
    *name = node->name;
    return fs_open_folder(node->parent ? node->parent : node);
}

static bool may_be_opened(mode_t mode)
{
    return S_ISREG(mode) || S_ISDIR(mode);
}

/*
 * To open a device or a pipe of the host may do something to it, or wait: it is looked at before.
 * Somebody may put one there in between: O_NONBLOCK, and another look.
 */
int fs_open_at(int dirfd, const char *name, int flags)
{
    struct stat st;
    int fd;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return -errno;
    }
    if (!may_be_opened(st.st_mode)) {
        return S_ISLNK(st.st_mode) ? -ELOOP : -ENXIO;
    }
    fd = openat(dirfd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if (fstat(fd, &st) != 0 || !may_be_opened(st.st_mode)) {
        close(fd);
        return -ENXIO;
    }
    return fd;
}
