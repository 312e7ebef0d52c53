/*
 * The bottom of most graphs: regular files and block devices of the host.
 *
 * Images are locked with open-file-description locks, byte by byte in the manner that the image
 * tools on Linux share: byte 100 + p is read-locked by who uses permission p, byte 200 + p by who
 * lets nobody else use p. So one writer excludes all others, and readers exclude writers only.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include "file.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/atomic.h"
#include "qemu/fdset.h"
#include "qemu/timer.h"
#include "ring.h"

#define LOCK_USED_BASE     100
#define LOCK_UNSHARED_BASE 200

/* What requests of a descriptor with O_DIRECT must be aligned to, in the file and in memory. */
#define DIRECT_ALIGN 4096

typedef struct FileState {
    int fd;
    int direct_fd; /* around the host's cache, for what is aligned; -1: not wanted */
    bool is_device;
    bool locked;       /* takes part in locking */
    FileAio aio;
    bool cut_reported; /* atomic */
    bool no_nowait;    /* atomic: this file system can't say what is in the cache */
    unsigned syncing;  /* atomic: how many threads wait for the disk */
    int64_t slow_until_ns, pause_ns; /* atomic: writes to the cache had to wait; for how long next */
} FileState;

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

static void drop_locks(int fd)
{
    struct flock lock = { .l_whence = SEEK_SET, .l_start = LOCK_USED_BASE, .l_len = 200,
                          .l_type = F_UNLCK };

    fcntl(fd, F_OFD_SETLK, &lock);
}

/* --- opening --- */

static bool find_length(BlockDriverState *bs, Error **errp)
{
    FileState *file = bs->state;
    struct stat st;
    uint64_t bytes;

    if (fstat(file->fd, &st) < 0) {
        error_setg_errno(errp, errno, "Could not stat '%s'", bs->filename);
        return false;
    }
    file->is_device = S_ISBLK(st.st_mode);
    if (S_ISREG(st.st_mode)) {
        bdrv_set_length(bs, st.st_size);
        return true;
    }
    if (!file->is_device) {
        error_setg(errp, "'%s' is neither a regular file nor a block device", bs->filename);
        return false;
    }
    if (ioctl(file->fd, BLKGETSIZE64, &bytes) < 0 || bytes > INT64_MAX) {
        error_setg(errp, "Could not get the size of block device '%s'", bs->filename);
        return false;
    }
    bdrv_set_length(bs, bytes);
    return true;
}

/* A descriptor, or -1 and an error. */
static int open_fd(BlockDriverState *bs, bool read_only, Error **errp)
{
    int fd = fdset_open(bs->filename,
                        (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK, 0);

    if (fd < 0) {
        error_setg_errno(errp, errno, "Could not open '%s'", bs->filename);
    }
    return fd;
}

/*
 * The second descriptor of cache.direct=on. The kernel keeps what goes through the one and what
 * goes through the other in step; so what isn't aligned can go through the first one.
 */
static bool open_direct(BlockDriverState *bs, bool read_only, bool direct, Error **errp)
{
    FileState *file = bs->state;

    if (direct) {
        file->direct_fd = open(bs->filename, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC |
                                                 O_NONBLOCK | O_DIRECT);
        if (file->direct_fd < 0) {
            error_setg_errno(errp, errno, "Could not open '%s' around the host's cache "
                             "(cache.direct=on, cache=none)", bs->filename);
            return false;
        }
    }
    return true;
}

static const char *const aio_names[] = {
    [FILE_AIO_THREADS] = "threads", [FILE_AIO_NATIVE] = "native",
    [FILE_AIO_IO_URING] = "io_uring", NULL,
};
static const char *const locking_names[] = { "auto", "on", "off", NULL };

static void close_fds(FileState *file)
{
    if (file->fd >= 0) {
        close(file->fd);
    }
    if (file->direct_fd >= 0) {
        close(file->direct_fd);
    }
    file->fd = file->direct_fd = -1;
}

/*
 * The kernel does the requests of both kinds through a ring; where there are no rings (old kernels,
 * containers whose filter of system calls denies them) workers do the same, and that is said once.
 */
static bool choose_aio(BlockDriverState *bs, FileAio wanted, bool direct, Error **errp)
{
    static bool told;
    FileState *file = bs->state;
    int refused;

    if (wanted == FILE_AIO_NATIVE && !direct) {
        error_setg(errp, "aio=native was specified, but it requires cache.direct=on, "
                   "which was not specified.");
        return false;
    }
    refused = wanted == FILE_AIO_THREADS ? 0 : block_ring_refused();
    file->aio = refused ? FILE_AIO_THREADS : wanted;
    if (refused && !told) {
        told = true;
        warn_report("aio=%s: %s (%s), so worker threads do the requests of '%s' and others",
                    wanted == FILE_AIO_NATIVE ? "native" : "io_uring",
                    refused == ENOSYS ? "there is no io_uring here, by the kernel or by this build"
                                      : "the kernel refuses io_uring",
                    g_strerror(refused), bs->filename);
    }
    return true;
}

static bool file_open_any(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    FileState *file = bs->state;
    unsigned aio_kind = FILE_AIO_THREADS, lock = 0;
    struct stat st;

    file->fd = file->direct_fd = -1;
    bs->filename = block_options_take(o, "filename");
    if (!bs->filename || !*bs->filename) {
        error_setg(errp, "A block device must be specified for \"file\"");
        return false;
    }
    if (!block_options_take_word(o, "aio", aio_names, &aio_kind, errp) ||
        !block_options_take_word(o, "locking", locking_names, &lock, errp)) {
        return false;
    }
    if (!choose_aio(bs, aio_kind, bs->flags.direct, errp)) {
        return false;
    }
    /* Looked at before it is opened: opening a FIFO or a terminal could wait or do harm. */
    if (stat(bs->filename, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        error_setg(errp, "'%s' is neither a regular file nor a block device", bs->filename);
        return false;
    }
    if (bs->flags.auto_read_only && !bs->flags.read_only && access(bs->filename, W_OK) < 0 &&
        access(bs->filename, R_OK) == 0) {
        bs->flags.read_only = true;
    }
    file->fd = open_fd(bs, bs->flags.read_only, errp);
    file->locked = lock < 2 && !bs->flags.force_share;
    if (file->fd < 0 || !find_length(bs, errp) || !open_direct(bs, bs->flags.read_only, bs->flags.direct, errp) ||
        (file->locked && !lock_image(file->fd, bs->filename, bs->flags.read_only, errp))) {
        close_fds(file);
        return false;
    }
    return true;
}

static bool host_device_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    FileState *file = bs->state;

    if (!file_open_any(bs, o, errp)) {
        return false;
    }
    if (!file->is_device) {
        error_setg(errp, "'%s' is no block device: driver 'file' is for regular files",
                   bs->filename);
        close_fds(file);
        return false;
    }
    return true;
}

static void file_close(BlockDriverState *bs)
{
    close_fds(bs->state);
}

static bool file_set_read_only(BlockDriverState *bs, bool read_only, Error **errp)
{
    FileState *file = bs->state;
    FileState before = *file;

    if (file->locked) {
        drop_locks(before.fd); /* or they would be in the way of the new descriptor's */
    }
    file->direct_fd = -1;
    file->fd = open_fd(bs, read_only, errp);
    if (file->fd < 0 || !open_direct(bs, read_only, bs->flags.direct, errp) ||
        (file->locked && !lock_image(file->fd, bs->filename, read_only, errp))) {
        close_fds(file);
        *file = before;
        if (file->locked) {
            lock_image(file->fd, bs->filename, bs->flags.read_only, NULL);
        }
        return false;
    }
    close_fds(&before);
    return true;
}

/* --- other options --- */

/* A writer's locks on the descriptor of a reader, which keeps its own; false: others object. */
static bool lock_for_writing(BlockDriverState *bs, Error **errp)
{
    FileState *file = bs->state;

    return !file->locked || !bs->flags.read_only ||
           lock_image(file->fd, bs->filename, false, errp);
}

static void unlock_writing(int fd)
{
    struct flock lock = { .l_whence = SEEK_SET, .l_start = LOCK_USED_BASE + PERM_WRITE, .l_len = 1,
                          .l_type = F_UNLCK };

    fcntl(fd, F_OFD_SETLK, &lock);
}

/* New descriptors of the same file, with the locks that go with them. */
static bool open_again(BlockDriverState *bs, const FileState *before, const BlockFlags *flags,
                       Error **errp)
{
    FileState *file = bs->state;
    struct stat old, new;

    file->direct_fd = -1;
    file->fd = open_fd(bs, flags->read_only, errp);
    if (file->fd < 0 || !open_direct(bs, flags->read_only, flags->direct, errp)) {
        return false;
    }
    if (fstat(before->fd, &old) < 0 || fstat(file->fd, &new) < 0 || old.st_dev != new.st_dev ||
        old.st_ino != new.st_ino) {
        error_setg(errp, "'%s' is another file by now", bs->filename);
        return false;
    }
    if (file->locked) { /* what the old descriptor holds: nobody can object */
        take_locks(file->fd,
                   PERM_BIT(PERM_CONSISTENT_READ) | (flags->read_only ? 0 : PERM_BIT(PERM_WRITE)),
                   PERM_BIT(PERM_WRITE) | PERM_BIT(PERM_RESIZE));
    }
    return true;
}

static bool take_changed_options(BlockDriverState *bs, BlockOptions *o, const BlockFlags *flags,
                                 Error **errp)
{
    FileState *file = bs->state;
    g_autofree char *filename = block_options_take(o, "filename");
    unsigned aio = FILE_AIO_THREADS, lock = 0;

    if (filename && !g_str_equal(filename, bs->filename)) {
        error_setg(errp, "Cannot change the option 'filename' of node '%s'", bs->node_name);
        return false;
    }
    if (!block_options_take_word(o, "aio", aio_names, &aio, errp) ||
        !block_options_take_word(o, "locking", locking_names, &lock, errp)) {
        return false;
    }
    if (file->locked != (lock < 2 && !flags->force_share)) {
        error_setg(errp, "Cannot change the option '%s' of node '%s'",
                   flags->force_share != bs->flags.force_share ? "force-share" : "locking",
                   bs->node_name);
        return false;
    }
    return choose_aio(bs, aio, flags->direct, errp);
}

static void file_reopen_end(BlockDriverState *bs, void *undo, bool keep)
{
    g_autofree FileState *before = undo;
    FileState *file = bs->state;
    bool replaced = file->fd != before->fd;

    if (keep) {
        if (replaced) {
            close_fds(before);
        }
        return;
    }
    if (replaced) {
        close_fds(file);
    }
    *file = *before;
    if (file->locked && bs->flags.read_only) {
        unlock_writing(file->fd);
    }
}

static bool file_reopen(BlockDriverState *bs, BlockOptions *o, const BlockFlags *flags, void **undo,
                        Error **errp)
{
    FileState *file = bs->state;
    FileState *before = g_memdup2(file, sizeof(*file));
    bool ok = o ? take_changed_options(bs, o, flags, errp)
                : choose_aio(bs, file->aio, flags->direct, errp);

    if (ok && (flags->read_only != bs->flags.read_only || flags->direct != bs->flags.direct)) {
        ok = (flags->read_only || lock_for_writing(bs, errp)) &&
             open_again(bs, before, flags, errp);
    }
    if (ok) {
        *undo = before;
    } else {
        file_reopen_end(bs, before, false);
    }
    return ok;
}

/* --- access --- */

static bool is_aligned(int64_t offset, const struct iovec *iov, unsigned count)
{
    bool aligned = offset % DIRECT_ALIGN == 0;

    for (unsigned i = 0; aligned && i < count; i++) {
        aligned = (uintptr_t)iov[i].iov_base % DIRECT_ALIGN == 0 &&
                  iov[i].iov_len % DIRECT_ALIGN == 0;
    }
    return aligned;
}

/* Pieces at a time; a list that is longer goes in several calls. */
#define MAX_PIECES 64

/*
 * Transfers @bytes between the file at @offset and @qiov from @skip on; 0 or a negative errno, at
 * the end of the file @at_end.
 */
static int transfer(FileState *file, bool is_write, int64_t offset, int64_t bytes,
                    QEMUIOVector *qiov, size_t skip, int flags, int at_end)
{
    while (bytes > 0) {
        struct iovec pieces[MAX_PIECES];
        size_t part = bytes;
        unsigned n = iov_slice(pieces, MAX_PIECES, qiov->iov, qiov->niov, skip, part);
        ssize_t len;
        int fd;

        while (!n) {
            part = MAX(part / 2, 1);
            n = iov_slice(pieces, MAX_PIECES, qiov->iov, qiov->niov, skip, part);
        }
        fd = file->direct_fd >= 0 && is_aligned(offset, pieces, n) ? file->direct_fd : file->fd;
        len = is_write ? pwritev2(fd, pieces, n, offset, flags)
                       : preadv2(fd, pieces, n, offset, flags);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len <= 0) {
            return len < 0 ? -errno : at_end;
        }
        offset += len;
        bytes -= len;
        skip += len;
    }
    return 0;
}

static int file_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                     size_t skip)
{
    /* It ends before the length that it had: someone has shortened the file. */
    return transfer(bs->state, false, offset, bytes, qiov, skip, 0, -EIO);
}

/*
 * Whether the file still has the length it was opened with, or has grown to since. A write behind a
 * new end would make zeros of all that was between, which no guest would notice before its next
 * start.
 */
static bool is_cut(BlockDriverState *bs)
{
    FileState *file = bs->state;
    int64_t expected = bdrv_length(bs);
    struct stat st;

    if (file->is_device || fstat(file->fd, &st) < 0) {
        return false;
    }
    if (st.st_size >= expected) {
        __atomic_store_n(&file->cut_reported, false, __ATOMIC_RELAXED);
        return false;
    }
    if (!__atomic_exchange_n(&file->cut_reported, true, __ATOMIC_ACQ_REL)) {
        error_report("somebody has shortened the image '%s' to %" PRId64 " bytes, expected %" PRId64
                     ": what was behind that is lost, and nothing is written until it has its size "
                     "again", bs->filename, (int64_t)st.st_size, expected);
    }
    return true;
}

static void has_grown(BlockDriverState *bs, int64_t end)
{
    int64_t before = bdrv_length(bs);

    while (before < end && !__atomic_compare_exchange_n(&bs->length, &before, end, true,
                                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    }
}

static int sync_data(FileState *file)
{
    int ret;

    qatomic_inc(&file->syncing);
    ret = fdatasync(file->fd);
    qatomic_dec(&file->syncing);
    return ret;
}

static bool must_sync(const BlockDriverState *bs, unsigned flags)
{
    return (flags & BDRV_REQ_FUA) && !bs->flags.no_flush;
}

static int file_flush(BlockDriverState *bs)
{
    FileState *file = bs->state;

    if (bs->flags.read_only) {
        return 0;
    }
    if (is_cut(bs)) {
        return -ESTALE; /* it has been reported */
    }
    return !bs->flags.no_flush && sync_data(file) < 0 ? -errno : 0;
}

static int file_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                      size_t skip, unsigned flags)
{
    FileState *file = bs->state;
    bool sync = must_sync(bs, flags);
    struct stat st;
    int ret;

    if (is_cut(bs)) {
        return -ESTALE;
    }
    ret = transfer(file, true, offset, bytes, qiov, skip, sync ? RWF_DSYNC : 0, -ENOSPC);
    if (ret == -EOPNOTSUPP && sync) {
        ret = transfer(file, true, offset, bytes, qiov, skip, 0, -ENOSPC);
        ret = ret < 0 ? ret : file_flush(bs);
    }
    if (ret == 0) {
        has_grown(bs, offset + bytes);
    } else if (fstat(file->fd, &st) == 0) {
        has_grown(bs, st.st_size); /* by what came before the error: zeros aren't all that's there */
    }
    return ret;
}

/* What the host can't do isn't done; that is no error of anybody. */
static int result_of(int ret)
{
    bool lacking = ret < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOTTY ||
                               errno == EINVAL || errno == ENODEV);

    return ret == 0 ? 0 : lacking ? -ENOTSUP : -errno;
}

static int file_zero(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    FileState *file = bs->state;
    uint64_t range[2] = { offset, bytes };
    bool unmap = flags & BDRV_REQ_MAY_UNMAP;
    int ret;

    if (is_cut(bs)) {
        return -ESTALE;
    }
    if (file->is_device) {
        return offset % SECTOR_SIZE || bytes % SECTOR_SIZE ? -ENOTSUP
                                                           : result_of(ioctl(file->fd, BLKZEROOUT,
                                                                             range));
    }
    if (unmap && offset + bytes <= bdrv_length(bs)) {
        return result_of(fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
                                   bytes));
    }
    ret = result_of(fallocate(file->fd, FALLOC_FL_ZERO_RANGE, offset, bytes));
    if (ret == 0) {
        has_grown(bs, offset + bytes);
    }
    return ret;
}

static int file_discard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    FileState *file = bs->state;
    uint64_t range[2] = { offset, bytes };

    if (is_cut(bs)) {
        return -ESTALE;
    }
    return file->is_device
               ? result_of(ioctl(file->fd, BLKDISCARD, range))
               : result_of(fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
                                     bytes));
}

/* --- requests that the kernel does by itself --- */

FileAio file_aio(const BlockDriverState *bs)
{
    const FileState *file = bs->state;

    return file->aio;
}

/*
 * A write into the host's cache is a copy, as long as the host has memory and the file system isn't
 * in the middle of something; the kernel doesn't say beforehand. So the first write that has to
 * wait makes workers do all of them for some time, longer each time that it happens again.
 */
#define SLOW_WRITE_NS  (5 * SCALE_MS)
#define PAUSE_FIRST_NS (100 * (int64_t)SCALE_MS)
#define PAUSE_MAX_NS   (20 * NANOSECONDS_PER_SECOND)

static bool writes_are_quick(FileState *file)
{
    return !qatomic_read(&file->syncing) &&
           qemu_clock_get_ns(QEMU_CLOCK_REALTIME) >= qatomic_read(&file->slow_until_ns);
}

/* How often this thread has waited for something other than its turn on a CPU. */
static long waits_of_thread(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_THREAD, &usage) < 0 ? 0 : usage.ru_nvcsw;
}

static void note_write(FileState *file, int64_t start_ns, long waits_before)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME), pause;

    if (now - start_ns > SLOW_WRITE_NS && waits_of_thread() != waits_before) {
        bool again = now - qatomic_read(&file->slow_until_ns) < PAUSE_MAX_NS;

        pause = again ? MIN(2 * qatomic_read(&file->pause_ns), PAUSE_MAX_NS) : PAUSE_FIRST_NS;
        pause = MAX(pause, PAUSE_FIRST_NS);
        qatomic_set(&file->pause_ns, pause);
        qatomic_set(&file->slow_until_ns, now + pause);
    }
}

static bool file_place(BlockDriverState *bs, const BlockRequest *r, int64_t offset,
                       BlockPlace *place)
{
    FileState *file = bs->state;

    /* Without a ring there is only the host's cache. */
    if (file->aio == FILE_AIO_THREADS) {
        bool sync = must_sync(bs, place->flags);
        bool quick = r->kind == BLOCK_REQUEST_READ    ? !qatomic_read(&file->no_nowait)
                     : r->kind == BLOCK_REQUEST_WRITE ? !sync && writes_are_quick(file)
                                                      : false;

        if (!quick || file->direct_fd >= 0) {
            return false;
        }
    }
    place->file = bs;
    place->offset = offset;
    return true;
}

/* What fallocate() does for it, or -1: something else has to. */
static int allocate_mode(const FileState *file, const BlockPlace *place, BlockRequestKind kind)
{
    if (file->is_device) {
        return -1;
    }
    return kind == BLOCK_REQUEST_DISCARD || (place->flags & BDRV_REQ_MAY_UNMAP)
               ? FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
               : FALLOC_FL_ZERO_RANGE;
}

bool file_host_call(const BlockPlace *place, const BlockRequest *r, HostCall *call)
{
    BlockDriverState *bs = place->file;
    FileState *file = bs->state;
    bool sync = must_sync(bs, place->flags);

    *call = (HostCall) { .fd = file->fd, .offset = place->offset, .bytes = r->bytes };
    if (r->kind != BLOCK_REQUEST_READ && is_cut(bs)) {
        return false;
    }
    switch (r->kind) {
    case BLOCK_REQUEST_READ:
    case BLOCK_REQUEST_WRITE:
        call->what = r->kind == BLOCK_REQUEST_READ ? HOST_CALL_READ : HOST_CALL_WRITE;
        call->flags = r->kind == BLOCK_REQUEST_WRITE && sync ? RWF_DSYNC : 0;
        call->iov = r->qiov->iov;
        call->niov = r->qiov->niov;
        if (file->direct_fd >= 0 && is_aligned(call->offset, call->iov, call->niov)) {
            call->fd = file->direct_fd;
        }
        return call->niov > 0 && call->niov <= IOV_MAX;
    case BLOCK_REQUEST_FLUSH:
        call->what = HOST_CALL_SYNC;
        return !bs->flags.no_flush;
    case BLOCK_REQUEST_ZEROES:
    case BLOCK_REQUEST_DISCARD:
        call->what = HOST_CALL_ALLOCATE;
        call->flags = allocate_mode(file, place, r->kind);
        return call->flags >= 0 && !sync;
    default:
        return false;
    }
}

bool file_do_cached(BlockDriverState *bs, const HostCall *call)
{
    FileState *file = bs->state;
    ssize_t len;

    if (call->what == HOST_CALL_WRITE) {
        int64_t start_ns = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
        long waits = waits_of_thread();

        len = pwritev2(call->fd, call->iov, call->niov, call->offset, call->flags);
        note_write(file, start_ns, waits);
        return len == call->bytes;
    }
    len = preadv2(call->fd, call->iov, call->niov, call->offset, RWF_NOWAIT);
    if (len < 0 && errno == EOPNOTSUPP) {
        qatomic_set(&file->no_nowait, true);
    }
    return len == call->bytes;
}

static int file_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same,
                       int64_t *map)
{
    FileState *file = bs->state;
    int status = BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_AT_OFFSET;
    int64_t data = file->is_device ? -1 : lseek(file->fd, offset, SEEK_DATA);
    int64_t hole;

    *map = offset;
    *same = bytes;
    if (data < 0 && !file->is_device && errno == ENXIO) {
        return status | BLOCK_STATUS_ZERO; /* a hole up to the end */
    }
    if (data > offset) {
        *same = MIN(bytes, data - offset);
        return status | BLOCK_STATUS_ZERO;
    }
    hole = data < 0 ? -1 : lseek(file->fd, offset, SEEK_HOLE);
    if (hole > offset) {
        *same = MIN(bytes, hole - offset);
    }
    return status | BLOCK_STATUS_DATA;
}

static bool file_truncate(BlockDriverState *bs, int64_t length, Error **errp)
{
    FileState *file = bs->state;
    int64_t before = bdrv_length(bs);

    if (file->is_device) {
        if (length > before) {
            error_setg(errp, "Block device '%s' is %" PRId64 " bytes long and can't grow",
                       bs->filename, before);
        }
        return length <= before;
    }
    bdrv_set_length(bs, MIN(before, length));
    if (ftruncate(file->fd, length) < 0) {
        error_setg_errno(errp, errno, "Could not resize '%s'", bs->filename);
        bdrv_set_length(bs, before);
        return false;
    }
    bdrv_set_length(bs, length);
    return true;
}

static int64_t file_allocated(BlockDriverState *bs)
{
    FileState *file = bs->state;
    struct stat st;

    return fstat(file->fd, &st) < 0 ? -errno : (int64_t)st.st_blocks * SECTOR_SIZE;
}

#define FILE_DRIVER(driver_name, open_function)                                                    \
    {                                                                                              \
        .name = driver_name, .state_size = sizeof(FileState), .is_protocol = true,                 \
        .open = open_function, .close = file_close, .set_read_only = file_set_read_only,           \
        .reopen = file_reopen, .reopen_end = file_reopen_end, .reopen_is_all = true,               \
        .read = file_read, .write = file_write, .zero = file_zero, .discard = file_discard,        \
        .flush = file_flush, .place = file_place, .status = file_status,                           \
        .truncate = file_truncate,                                                                 \
        .allocated = file_allocated,                                                               \
    }

const BlockDriver block_driver_file = FILE_DRIVER("file", file_open_any);
const BlockDriver block_driver_host_device = FILE_DRIVER("host_device", host_device_open);
