/*
 * Block layer: requests, their completion, draining and cancelling; scatter-gather lists.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include "block/create.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "system/block-backend.h"

#define IMAGE_SIZE 65536

typedef struct Fixture {
    char *dir;
    char *image;
    BlockBackend *blk;
} Fixture;

/* What a completion function has seen. */
typedef struct Result {
    int calls;
    int ret;
    BlockBackend *blk;
    bool again; /* starts a flush from within the completion */
} Result;

static void set_up(Fixture *f, gconstpointer options)
{
    g_autofree char *contents = g_malloc(IMAGE_SIZE), *text = NULL;

    for (int i = 0; i < IMAGE_SIZE; i++) {
        contents[i] = i >> 8;
    }
    f->dir = g_dir_make_tmp("test-block-XXXXXX", NULL);
    f->image = g_build_filename(f->dir, "image", NULL);
    g_assert_true(g_file_set_contents(f->image, contents, IMAGE_SIZE, NULL));
    text = g_strdup_printf("if=none,id=d,format=raw,file=%s%s", f->image,
                           options ? (const char *)options : "");
    f->blk = drive_new_from_opts(text, &error_abort)->blk;
}

static void tear_down(Fixture *f, gconstpointer options)
{
    blk_close_all();
    g_unlink(f->image);
    g_rmdir(f->dir);
    g_free(f->image);
    g_free(f->dir);
}

static void done(void *opaque, int ret)
{
    Result *r = opaque;

    g_assert_true(bql_locked());
    r->calls++;
    r->ret = ret;
    if (r->again) {
        r->again = false;
        blk_aio_flush(r->blk, done, r);
    }
}

static void wait_for(const Result *r, int calls)
{
    while (r->calls < calls) {
        main_loop_wait(false);
    }
    g_assert_cmpint(r->calls, ==, calls);
}

static void test_pieces(void)
{
    char a[3] = "", b[5] = "", copy[8] = "";
    struct iovec slice[2];
    QEMUIOVector qiov;

    qemu_iovec_init(&qiov, 0);
    qemu_iovec_add(&qiov, a, 3);
    qemu_iovec_add(&qiov, NULL, 0);
    qemu_iovec_add(&qiov, b, 5);
    g_assert_cmpint(qiov.size, ==, 8);
    g_assert_cmpint(qemu_iovec_from_buf(&qiov, 1, "123456789", 9), ==, 7);
    g_assert_cmpmem(a + 1, 2, "12", 2);
    g_assert_cmpmem(b, 5, "34567", 5);
    g_assert_cmpint(qemu_iovec_memset(&qiov, 2, 'x', 2), ==, 2);
    g_assert_cmpint(qemu_iovec_to_buf(&qiov, 1, copy, 5), ==, 5);
    g_assert_cmpstr(copy, ==, "1xx45");
    g_assert_cmpint(qemu_iovec_to_buf(&qiov, 8, copy, 5), ==, 0);
    g_assert_cmpint(iov_slice(slice, 2, qiov.iov, qiov.niov, 2, 3), ==, 2);
    g_assert_true(slice[0].iov_base == a + 2 && slice[0].iov_len == 1);
    g_assert_true(slice[1].iov_base == b && slice[1].iov_len == 2);
    g_assert_cmpint(iov_slice(slice, 1, qiov.iov, qiov.niov, 2, 3), ==, 0);
    g_assert_cmpint(iov_slice(slice, 2, qiov.iov, qiov.niov, 2, 7), ==, 0);
    qemu_iovec_reset(&qiov);
    g_assert_cmpint(qiov.size, ==, 0);
    qemu_iovec_destroy(&qiov);
}

static void test_read_and_write(Fixture *f, gconstpointer options)
{
    char head[100], tail[412], back[512];
    QEMUIOVector qiov;
    Result r = { 0 };

    memset(head, 'h', sizeof(head));
    memset(tail, 't', sizeof(tail));
    qemu_iovec_init(&qiov, 2);
    qemu_iovec_add(&qiov, head, sizeof(head));
    qemu_iovec_add(&qiov, tail, sizeof(tail));
    blk_aio_pwritev(f->blk, 1000, &qiov, 0, done, &r);
    g_assert_cmpint(r.calls, ==, 0); /* never from within the call */
    g_assert_cmpint(blk_inflight(f->blk), ==, 1);
    wait_for(&r, 1);
    g_assert_cmpint(r.ret, ==, 0);
    g_assert_cmpint(blk_inflight(f->blk), ==, 0);
    g_assert_cmpint(blk_pread(f->blk, 1000, 512, back), ==, 0);
    g_assert_cmpmem(back, 100, head, 100);
    g_assert_cmpmem(back + 100, 412, tail, 412);
    blk_aio_preadv(f->blk, 0x1100, &qiov, 0, done, &r);
    wait_for(&r, 2);
    g_assert_cmphex(head[99], ==, 0x11);
    g_assert_cmphex(tail[411], ==, 0x12);
    qemu_iovec_destroy(&qiov);
}

static void test_zeroes_and_discard(Fixture *f, gconstpointer options)
{
    Result r = { 0 };
    char back[3];

    blk_aio_pwrite_zeroes(f->blk, 0x1001, 0x2000, BDRV_REQ_MAY_UNMAP, done, &r);
    wait_for(&r, 1);
    g_assert_cmpint(r.ret, ==, 0);
    g_assert_cmpint(blk_pread(f->blk, 0x1000, 2, back), ==, 0);
    g_assert_cmpmem(back, 2, "\x10\0", 2);
    g_assert_cmpint(blk_pread(f->blk, 0x3000, 3, back), ==, 0);
    g_assert_cmpmem(back, 3, "\0\x30\x30", 3);
    blk_aio_pdiscard(f->blk, 0x8000, 0x1000, done, &r);
    wait_for(&r, 2);
    g_assert_cmpint(r.ret, ==, 0);
}

static void test_bounds(Fixture *f, gconstpointer options)
{
    char buf[8];
    QEMUIOVector qiov;
    Result r = { 0 };

    qemu_iovec_init_buf(&qiov, buf, sizeof(buf));
    blk_aio_preadv(f->blk, IMAGE_SIZE - 7, &qiov, 0, done, &r);
    wait_for(&r, 1);
    g_assert_cmpint(r.ret, ==, -EIO);
    blk_aio_pwrite_zeroes(f->blk, 4, INT64_MAX, 0, done, &r);
    wait_for(&r, 2);
    g_assert_cmpint(r.ret, ==, -EIO);
}

static void test_read_only(Fixture *f, gconstpointer options)
{
    Result r = { 0 };

    blk_aio_pwrite_zeroes(f->blk, 0, 1, 0, done, &r);
    wait_for(&r, 1);
    g_assert_cmpint(r.ret, ==, -EACCES);
    blk_aio_pdiscard(f->blk, 0, 512, done, &r);
    wait_for(&r, 2);
    g_assert_cmpint(r.ret, ==, -EACCES);
    blk_aio_flush(f->blk, done, &r);
    wait_for(&r, 3);
    g_assert_cmpint(r.ret, ==, 0);
}

static void test_no_medium(Fixture *f, gconstpointer options)
{
    BlockBackend *blk = blk_new("empty");
    uint64_t sectors = 7;
    Result r = { 0 };

    blk_aio_flush(blk, done, &r);
    blk_drain(blk);
    g_assert_cmpint(r.ret, ==, -ENOMEDIUM);
    blk_get_geometry(blk, &sectors);
    g_assert_cmpint(sectors, ==, 0);
    g_assert_false(blk_is_inserted(blk));
    blk_unref(blk);
    blk_get_geometry(f->blk, &sectors);
    g_assert_cmpint(sectors, ==, IMAGE_SIZE / 512);
}

/* Without the main loop: what is drained has been completed, also what completions start. */
static void test_drain(Fixture *f, gconstpointer options)
{
    Result r = { .blk = f->blk, .again = true };

    for (int i = 0; i < 100; i++) {
        blk_aio_pwrite_zeroes(f->blk, i * 512, 512, 0, done, &r);
    }
    blk_drain(f->blk);
    g_assert_cmpint(r.calls, ==, 101);
    blk_aio_flush(f->blk, done, &r);
    blk_drain_all();
    g_assert_cmpint(r.calls, ==, 102);
    main_loop_wait(true); /* the bottom half finds nothing */
    g_assert_cmpint(r.calls, ==, 102);
}

static void test_cancel(Fixture *f, gconstpointer options)
{
    Result r = { 0 }, last = { 0 };
    BlockAIOCB *acb;

    for (int i = 0; i < 50; i++) {
        blk_aio_flush(f->blk, done, &r);
    }
    acb = blk_aio_flush(f->blk, done, &last);
    blk_aio_cancel(acb);
    g_assert_cmpint(last.calls, ==, 1);
    g_assert_true(last.ret == 0 || last.ret == -ECANCELED);
    blk_drain(f->blk);
    g_assert_cmpint(r.calls, ==, 50);
    g_assert_cmpint(r.ret, ==, 0);
}

static void drop(void *opaque, int ret)
{
    BlockBackend **blk = opaque;

    blk_unref(*blk);
    *blk = NULL;
}

/* A completion function may give up the last reference. */
static void test_unref_in_completion(Fixture *f, gconstpointer options)
{
    BlockBackend *blk = blk_new_open("other", f->image, "raw", true, &error_abort);

    blk_aio_flush(blk, drop, &blk);
    while (blk) {
        main_loop_wait(false);
    }
    g_assert_null(blk_by_name("other"));
}

static void test_error_actions(Fixture *f, gconstpointer options)
{
    BlockdevOnError action;

    g_assert_cmpint(blk_get_error_action(f->blk, true, ENOSPC), ==, BLOCK_ERROR_ACTION_REPORT);
    g_assert_cmpint(blk_get_error_action(f->blk, false, EIO), ==, BLOCK_ERROR_ACTION_REPORT);
    g_assert_cmpint(blk_get_error_action(f->blk, false, ENOSPC), ==, BLOCK_ERROR_ACTION_STOP);
    blk_set_on_error(f->blk, BLOCKDEV_ON_ERROR_STOP, BLOCKDEV_ON_ERROR_IGNORE);
    g_assert_cmpint(blk_get_error_action(f->blk, true, EIO), ==, BLOCK_ERROR_ACTION_STOP);
    g_assert_cmpint(blk_get_error_action(f->blk, false, ENOSPC), ==, BLOCK_ERROR_ACTION_IGNORE);
    g_assert_true(blk_parse_on_error("werror", "enospc", &action, &error_abort));
    g_assert_cmpint(action, ==, BLOCKDEV_ON_ERROR_ENOSPC);
    g_assert_false(blk_parse_on_error("werror", "frob", &action, NULL));
}

/* A limit under which the requests would take hours: draining doesn't wait for it. */
static void test_throttle(Fixture *f, gconstpointer options)
{
    Result r = { 0 };

    for (int i = 0; i < 40; i++) {
        blk_aio_pwrite_zeroes(f->blk, i * 512, 512, 0, done, &r);
    }
    blk_drain(f->blk);
    g_assert_cmpint(r.calls, ==, 40);
    g_assert_cmpint(r.ret, ==, 0);
}

static void test_throttle_options(Fixture *f, gconstpointer options)
{
    static const char *const bad[] = { "iops-total-max=5", "frob=1", "bps-total-max-length=5",
                                       "bps-read=10,throttling.bps-read-max=5" };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strdup_printf("if=none,id=x,file=%s,format=raw,readonly=on,"
                                                "throttling.%s", f->image, bad[i]);
        Error *err = NULL;

        g_assert_null(drive_new_from_opts(text, &err));
        g_assert_nonnull(strstr(error_get_pretty(err), "throttling"));
        error_free(err);
    }
}

/* Chosen requests fail, and what isn't chosen works. */
static void test_injected_errors(Fixture *f, gconstpointer options)
{
    g_autofree char *text = g_strdup_printf(
        "if=none,id=bad,driver=blkdebug,image.driver=raw,image.file.driver=file,"
        "image.file.filename=%s,inject-error.0.event=write_aio,inject-error.0.errno=28,"
        "inject-error.0.sector=4,inject-error.1.iotype=flush,inject-error.1.once=on", f->image);
    BlockBackend *blk;
    char buf[512] = "";

    blk_remove(f->blk);
    blk = drive_new_from_opts(text, &error_abort)->blk;
    g_assert_cmpint(blk_pread(blk, 4 * 512, 512, buf), ==, 0);
    g_assert_cmpint(blk_pwrite(blk, 3 * 512, 512, buf), ==, 0);
    g_assert_cmpint(blk_pwrite(blk, 4 * 512, 512, buf), ==, -ENOSPC);
    g_assert_cmpint(blk_flush(blk), ==, -EIO);
    g_assert_cmpint(blk_flush(blk), ==, 0);
}

/* --- many requests at once, against a copy in memory --- */

#define SLOT_SIZE  (160 * 1024) /* no multiple of a cluster: neighbours share some */
#define SLOTS      24
#define ROUNDS     4000
#define DISK_SIZE  (SLOTS * SLOT_SIZE)

/* A part of the disk with one request at a time. */
typedef struct Slot {
    struct Storm *storm;
    int64_t offset, bytes; /* of the request */
    uint8_t *buf;
    bool reads;
    QEMUIOVector qiov;
} Slot;

typedef struct Storm {
    BlockBackend *blk;
    GRand *rand;
    uint8_t *disk;
    unsigned started, finished;
    Slot slots[SLOTS];
} Storm;

static void next_request(Slot *slot);

static void request_done(void *opaque, int ret)
{
    Slot *slot = opaque;
    Storm *storm = slot->storm;

    g_assert_cmpint(ret, ==, 0);
    if (slot->reads) {
        g_assert_cmpmem(slot->buf, slot->bytes, storm->disk + slot->offset, slot->bytes);
    }
    qemu_iovec_destroy(&slot->qiov);
    storm->finished++;
    next_request(slot);
}

/* Two pieces, the second one not aligned to anything. */
static void make_pieces(Slot *slot, bool aligned)
{
    size_t first = aligned ? slot->bytes : slot->bytes / 3;

    qemu_iovec_init(&slot->qiov, 2);
    qemu_iovec_add(&slot->qiov, slot->buf, first);
    qemu_iovec_add(&slot->qiov, slot->buf + first, slot->bytes - first);
}

static void next_request(Slot *slot)
{
    Storm *storm = slot->storm;
    GRand *rand = storm->rand;
    int64_t begin = (slot - storm->slots) * SLOT_SIZE;
    unsigned unit = g_rand_boolean(rand) ? 4096 : 512, kind = g_rand_int_range(rand, 0, 20);

    if (storm->started == ROUNDS) {
        return;
    }
    storm->started++;
    slot->offset = begin + g_rand_int_range(rand, 0, SLOT_SIZE / unit) * unit;
    slot->bytes = MIN(g_rand_int_range(rand, 1, 17) * unit, begin + SLOT_SIZE - slot->offset);
    slot->reads = kind < 8;
    make_pieces(slot, unit == 4096);
    if (kind < 8) {
        blk_aio_preadv(storm->blk, slot->offset, &slot->qiov, 0, request_done, slot);
    } else if (kind < 16) {
        memset(slot->buf, g_rand_int(rand), slot->bytes);
        slot->buf[slot->bytes - 1] ^= 1;
        memcpy(storm->disk + slot->offset, slot->buf, slot->bytes);
        blk_aio_pwritev(storm->blk, slot->offset, &slot->qiov, kind == 8 ? BDRV_REQ_FUA : 0,
                        request_done, slot);
    } else if (kind < 18) {
        memset(storm->disk + slot->offset, 0, slot->bytes);
        blk_aio_pwrite_zeroes(storm->blk, slot->offset, slot->bytes,
                              kind == 16 ? BDRV_REQ_MAY_UNMAP : 0, request_done, slot);
    } else {
        blk_aio_flush(storm->blk, request_done, slot);
    }
}

static void storm_on(Fixture *f, const char *format, const char *options)
{
    g_autofree char *size = g_strdup_printf("%d", DISK_SIZE), *text = NULL;
    g_autofree uint8_t *disk = g_malloc0(DISK_SIZE), *back = g_malloc(DISK_SIZE);
    void *buffers = NULL;
    BlockOptions *o = block_options_new();
    Storm storm = { .rand = g_rand_new_with_seed(11), .disk = disk };

    blk_remove(f->blk);
    block_options_set(o, "size", size);
    block_create(f->image, format, o, &error_abort);
    text = g_strdup_printf("if=none,id=storm,format=%s,file=%s%s", format, f->image, options);
    storm.blk = drive_new_from_opts(text, &error_abort)->blk;
    g_assert_cmpint(posix_memalign(&buffers, 4096, SLOTS * 65536 * 2), ==, 0);
    blk_batch_begin(storm.blk);
    for (int i = 0; i < SLOTS; i++) {
        storm.slots[i] = (Slot) { .storm = &storm, .buf = (uint8_t *)buffers + i * 65536 * 2 };
        next_request(&storm.slots[i]);
    }
    blk_batch_end(storm.blk);
    while (storm.finished < ROUNDS / 2) {
        main_loop_wait(false);
    }
    blk_drain(storm.blk);
    g_assert_cmpint(storm.finished, ==, ROUNDS);
    g_assert_cmpint(blk_pread(storm.blk, 0, DISK_SIZE, back), ==, 0);
    g_assert_cmpmem(back, DISK_SIZE, disk, DISK_SIZE);
    g_rand_free(storm.rand);
    free(buffers);
}

static void test_storm_raw(Fixture *f, gconstpointer options)
{
    storm_on(f, "raw", options);
}

static void test_storm_qcow2(Fixture *f, gconstpointer options)
{
    storm_on(f, "qcow2", options);
}

/* Where a file was cut behind the emulator's back, reading there is an error, not zeros. */
static void test_cut(Fixture *f, gconstpointer options)
{
    char buf[8192];
    QEMUIOVector qiov;
    Result r = { 0 };

    qemu_iovec_init_buf(&qiov, buf, sizeof(buf));
    g_assert_cmpint(truncate(f->image, 4096), ==, 0);
    blk_aio_preadv(f->blk, 0, &qiov, 0, done, &r);
    wait_for(&r, 1);
    g_assert_cmpint(r.ret, ==, -EIO);
    blk_aio_preadv(f->blk, 16384, &qiov, 0, done, &r);
    wait_for(&r, 2);
    g_assert_cmpint(r.ret, ==, -EIO);
    g_assert_cmpint(truncate(f->image, IMAGE_SIZE), ==, 0);
}

static void test_native_needs_direct(Fixture *f, gconstpointer options)
{
    g_autofree char *text = g_strdup_printf("if=none,id=n,format=raw,file=%s,aio=native", f->image);
    Error *err = NULL;

    blk_remove(f->blk);
    g_assert_null(drive_new_from_opts(text, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "aio=native was specified, but it requires "
                    "cache.direct=on, which was not specified.");
    error_free(err);
}

/* ---- Writes into the host's cache ---- */

/* What the C library's functions do here instead. */
static struct {
    GThread *main_thread;
    int by_main;             /* how often the main thread has written */
    bool slow;               /* such a write sleeps */
    int error;               /* it fails so, once; -1: it writes a part */
    GMutex lock;             /* of what follows */
    GCond cond;
    bool hold_sync, in_sync; /* fdatasync() waits */
} host;

ssize_t pwritev2(int fd, const struct iovec *iov, int niov, off_t offset, int flags)
{
    if (g_thread_self() == host.main_thread) {
        int error = host.error;

        host.by_main++;
        host.error = 0;
        if (host.slow) {
            g_usleep(20000);
        }
        if (error > 0) {
            errno = error;
            return -1;
        }
        if (error < 0) {
            return pwrite(fd, iov->iov_base, 1, offset);
        }
    }
    return syscall(SYS_pwritev2, fd, iov, niov, offset, 0, flags);
}

int fdatasync(int fd)
{
    g_mutex_lock(&host.lock);
    host.in_sync = true;
    g_cond_broadcast(&host.cond);
    while (host.hold_sync) {
        g_cond_wait(&host.cond, &host.lock);
    }
    host.in_sync = false;
    g_mutex_unlock(&host.lock);
    return syscall(SYS_fdatasync, fd);
}

static void hold_sync(bool hold)
{
    g_mutex_lock(&host.lock);
    host.hold_sync = hold;
    g_cond_broadcast(&host.cond);
    g_mutex_unlock(&host.lock);
}

/* Whether the main thread has tried to write that itself. What is there then is checked. */
static bool is_written_at_once(Fixture *f, unsigned bytes, unsigned flags)
{
    static uint8_t fill;
    g_autofree char *buf = g_malloc(bytes), *back = g_malloc(bytes);
    int before = host.by_main;
    QEMUIOVector qiov;
    Result r = { 0 };

    host.main_thread = g_thread_self();
    qemu_iovec_init_buf(&qiov, buf, bytes);
    memset(buf, ++fill, bytes);
    blk_aio_pwritev(f->blk, 512, &qiov, flags, done, &r);
    wait_for(&r, 1);
    g_assert_cmpint(r.ret, ==, 0);
    g_assert_cmpint(blk_pread(f->blk, 512, bytes, back), ==, 0);
    g_assert_cmpmem(back, bytes, buf, bytes);
    return host.by_main != before;
}

static void test_which_are_written_at_once(Fixture *f, gconstpointer options)
{
    g_autofree char *text = g_strdup_printf("if=none,id=l,format=raw,file=%s", f->image);

    blk_remove(f->blk);
    g_assert_cmpint(truncate(f->image, 2 * IMAGE_SIZE), ==, 0);
    f->blk = drive_new_from_opts(text, &error_abort)->blk;
    g_assert_true(is_written_at_once(f, 512, 0));
    g_assert_false(is_written_at_once(f, 512, BDRV_REQ_FUA));
    g_assert_true(is_written_at_once(f, 64 * 1024, 0));
    g_assert_false(is_written_at_once(f, 64 * 1024 + 512, 0));
}

/* Whatever goes wrong, a worker does all of it again. */
static void test_failing_at_once(Fixture *f, gconstpointer options)
{
    static const int errors[] = { ENOSPC, EINTR, EIO, EOPNOTSUPP, -1 };

    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
        host.error = errors[i];
        g_assert_true(is_written_at_once(f, 4096, 0));
    }
}

/* One that has taken long keeps the event loop from writing for 100 ms at least, not for ever. */
static void test_slow_writes(Fixture *f, gconstpointer options)
{
    bool seen = false;
    int64_t start = 0;

    while (!seen) { /* a host that is very busy has to be asked more than once */
        start = g_get_monotonic_time();
        host.slow = true;
        while (!is_written_at_once(f, 4096, 0)) {
            g_usleep(1000);
            start = g_get_monotonic_time();
        }
        host.slow = false;
        seen = !is_written_at_once(f, 4096, 0);
        g_assert_true(seen || g_get_monotonic_time() - start > 100000);
    }
    while (!is_written_at_once(f, 4096, 0)) {
        g_usleep(1000);
    }
    g_assert_cmpint(g_get_monotonic_time() - start, >=, 100000);
}

/* While a worker waits for the disk, a write might have to wait as long: it isn't tried. */
static void test_write_during_flush(Fixture *f, gconstpointer options)
{
    Result r = { 0 };

    hold_sync(true);
    blk_aio_flush(f->blk, done, &r);
    g_mutex_lock(&host.lock);
    while (!host.in_sync) {
        g_cond_wait(&host.cond, &host.lock);
    }
    g_mutex_unlock(&host.lock);
    g_assert_false(is_written_at_once(f, 4096, 0));
    g_assert_cmpint(r.calls, ==, 0);
    hold_sync(false);
    wait_for(&r, 1);
    g_assert_cmpint(r.ret, ==, 0);
    g_assert_true(is_written_at_once(f, 4096, 0));
}

#define ADD(path, options, test) g_test_add(path, Fixture, options, set_up, test, tear_down)

static void add_all(const char *path, const char *options)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *f, gconstpointer options);
    } tests[] = {
        { "read-and-write", test_read_and_write }, { "bounds", test_bounds },
        { "zeroes-and-discard", test_zeroes_and_discard }, { "drain", test_drain },
        { "cancel", test_cancel }, { "cut", test_cut }, { "storm-raw", test_storm_raw },
        { "storm-qcow2", test_storm_qcow2 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *full = g_strconcat(path, "/", tests[i].name, NULL);

        ADD(full, options, tests[i].test);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name, *options;
    } kinds[] = {
        { "threads", ",aio=threads" },
        { "io_uring", ",aio=io_uring,discard=unmap" },
        { "io_uring-through", ",aio=io_uring,cache=writethrough" },
        { "native", ",aio=native,cache=none" },
    };

    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/iov/pieces", test_pieces);
    ADD("/block/aio/read-and-write", NULL, test_read_and_write);
    ADD("/block/aio/write-through", ",cache=writethrough", test_read_and_write);
    ADD("/block/aio/zeroes-and-discard", NULL, test_zeroes_and_discard);
    ADD("/block/aio/bounds", NULL, test_bounds);
    ADD("/block/aio/read-only", ",readonly=on", test_read_only);
    ADD("/block/aio/no-medium", NULL, test_no_medium);
    ADD("/block/aio/at-once/which", NULL, test_which_are_written_at_once);
    ADD("/block/aio/at-once/fails", NULL, test_failing_at_once);
    ADD("/block/aio/at-once/slow", NULL, test_slow_writes);
    ADD("/block/aio/at-once/during-flush", NULL, test_write_during_flush);
    ADD("/block/aio/drain", NULL, test_drain);
    ADD("/block/aio/cancel", NULL, test_cancel);
    ADD("/block/aio/unref-in-completion", ",readonly=on", test_unref_in_completion);
    ADD("/block/aio/error-actions", NULL, test_error_actions);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *path = g_strdup_printf("/block/aio/%s", kinds[i].name);

        add_all(path, kinds[i].options);
    }
    ADD("/block/aio/native-needs-direct", NULL, test_native_needs_direct);
    ADD("/block/throttle/drain", ",throttling.iops-total=1,throttling.bps-write=10", test_throttle);
    ADD("/block/throttle/options", ",readonly=on", test_throttle_options);
    ADD("/block/blkdebug", NULL, test_injected_errors);
    return g_test_run();
}
