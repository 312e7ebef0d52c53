/*
 * Raw images in files and on block devices of the host.
 *
 * Images are locked with open-file-description locks, byte by byte in the manner that the image
 * tools on Linux share: byte 100 + p is read-locked by who uses permission p, byte 200 + p by who
 * lets nobody else use p. So one writer excludes all others, and readers exclude writers only.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include "block-int.h"
#include "qapi/error.h"

#define LOCK_USED_BASE     100
#define LOCK_UNSHARED_BASE 200

enum {
    PERM_CONSISTENT_READ,
    PERM_WRITE,
    PERM_WRITE_UNCHANGED,
    PERM_RESIZE,
    PERM_COUNT
};

static const char *const perm_names[PERM_COUNT] = {
    "consistent read", "write", "write unchanged", "resize",
};

#define PERM_BIT(p) (1u << (p))

/* 0, or a negative errno. */
static int lock_byte(int fd, off_t offset)
{
    struct flock lock = { .l_whence = SEEK_SET, .l_start = offset, .l_len = 1, .l_type = F_RDLCK };

    return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

static bool locked_by_others(int fd, off_t offset)
{
    struct flock lock = { .l_whence = SEEK_SET, .l_start = offset, .l_len = 1, .l_type = F_WRLCK };

    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* The locks of all permissions in @used and @unshared; false if the file system has no locks. */
static bool take_locks(int fd, unsigned used, unsigned unshared)
{
    for (int p = 0; p < PERM_COUNT; p++) {
        if (((used & PERM_BIT(p)) && lock_byte(fd, LOCK_USED_BASE + p) < 0) ||
            ((unshared & PERM_BIT(p)) && lock_byte(fd, LOCK_UNSHARED_BASE + p) < 0)) {
            return false;
        }
    }
    return true;
}

static bool lock_image(int fd, const char *filename, bool read_only, Error **errp)
{
    unsigned used = PERM_BIT(PERM_CONSISTENT_READ) | (read_only ? 0 : PERM_BIT(PERM_WRITE));
    unsigned unshared = PERM_BIT(PERM_WRITE) | PERM_BIT(PERM_RESIZE);

    if (!take_locks(fd, used, unshared)) {
        return true;
    }
    for (int p = 0; p < PERM_COUNT; p++) {
        bool refused = (used & PERM_BIT(p)) && locked_by_others(fd, LOCK_UNSHARED_BASE + p);
        bool disturbed = (unshared & PERM_BIT(p)) && locked_by_others(fd, LOCK_USED_BASE + p);

        if (refused || disturbed) {
            error_setg(errp, "Failed to get %s\"%s\" lock", refused ? "" : "shared ",
                       perm_names[p]);
            error_append_hint(errp, "Is another process using the image [%s]?\n", filename);
            return false;
        }
    }
    return true;
}

static bool find_length(RawFile *file, const char *filename, Error **errp)
{
    struct stat st;
    uint64_t bytes;

    if (fstat(file->fd, &st) < 0) {
        error_setg_errno(errp, errno, "Could not stat '%s'", filename);
        return false;
    }
    if (S_ISREG(st.st_mode)) {
        file->length = st.st_size;
        return true;
    }
    if (!S_ISBLK(st.st_mode)) {
        error_setg(errp, "'%s' is neither a regular file nor a block device", filename);
        return false;
    }
    if (ioctl(file->fd, BLKGETSIZE64, &bytes) < 0 || bytes > INT64_MAX) {
        error_setg(errp, "Could not get the size of block device '%s'", filename);
        return false;
    }
    file->length = bytes;
    return true;
}

bool raw_file_open(RawFile *file, const char *filename, RawFileFlags flags, Error **errp)
{
    struct stat st;
    int mode = (flags.read_only ? O_RDONLY : O_RDWR) | (flags.write_through ? O_DSYNC : 0);

    /* Looked at before it is opened: opening a FIFO or a terminal could wait or do harm. */
    if (stat(filename, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        error_setg(errp, "'%s' is neither a regular file nor a block device", filename);
        return false;
    }
    file->read_only = flags.read_only;
    file->fd = open(filename, mode | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0) {
        error_setg_errno(errp, errno, "Could not open '%s'", filename);
        return false;
    }
    if (!find_length(file, filename, errp) ||
        !lock_image(file->fd, filename, flags.read_only, errp)) {
        raw_file_close(file);
        return false;
    }
    return true;
}

void raw_file_close(RawFile *file)
{
    if (file->fd >= 0) {
        close(file->fd);
        file->fd = -1;
    }
}

/* All pieces of @qiov by @transfer (preadv() or pwritev()); 0, -EAGAIN at the end of the file. */
static int transfer_all(RawFile *file, int64_t offset, QEMUIOVector *qiov,
                        ssize_t (*transfer)(int, const struct iovec *, int, off_t))
{
    size_t done = 0;

    while (done < qiov->size) {
        struct iovec some[64];
        unsigned n = iov_slice(some, G_N_ELEMENTS(some), qiov->iov, qiov->niov, done,
                               qiov->size - done);
        const struct iovec *pieces = n ? some : qiov->iov;
        ssize_t len;

        if (!n && done) {
            /* too many pieces, and a part of them is done: one after the other */
            size_t skip = done;
            int i = 0;

            while (skip >= qiov->iov[i].iov_len) {
                skip -= qiov->iov[i++].iov_len;
            }
            some[0] = (struct iovec) { (char *)qiov->iov[i].iov_base + skip,
                                       qiov->iov[i].iov_len - skip };
            pieces = some;
            n = 1;
        }
        len = transfer(file->fd, pieces, n ? n : MIN(qiov->niov, IOV_MAX), offset + done);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len <= 0) {
            return len < 0 ? -errno : -EAGAIN;
        }
        done += len;
    }
    return 0;
}

int raw_file_preadv(RawFile *file, int64_t offset, QEMUIOVector *qiov)
{
    int ret = transfer_all(file, offset, qiov, preadv);

    return ret == -EAGAIN ? -EIO : ret; /* someone has shortened the file */
}

int raw_file_pwritev(RawFile *file, int64_t offset, QEMUIOVector *qiov)
{
    int ret = transfer_all(file, offset, qiov, pwritev);

    return ret == -EAGAIN ? -ENOSPC : ret;
}

int64_t raw_file_current_length(RawFile *file)
{
    struct stat st;

    if (fstat(file->fd, &st) < 0) {
        return -errno;
    }
    return S_ISREG(st.st_mode) ? st.st_size : file->length;
}

int raw_file_flush(RawFile *file)
{
    return !file->read_only && fdatasync(file->fd) < 0 ? -errno : 0;
}
