/*
 * qcow2: random requests by several threads against a copy in memory; what is on the disk
 * afterwards, after a kill and after every single write; snapshots, backing files, resizing.
 *
 * If qemu-img is installed it looks at the images, too.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <sys/wait.h>
#include "block/block-int.h"
#include "block/create.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/units.h"

#define SIZE     (4 * MiB)
#define SECTORS  (SIZE / SECTOR_SIZE)
#define PARALLEL 12

typedef struct Fixture {
    char *dir;
    char *image, *base;
    uint8_t *model; /* what the image must read as */
    uint8_t *busy;  /* sectors that a request in flight touches */
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    f->dir = g_dir_make_tmp("test-qcow2-XXXXXX", NULL);
    f->image = g_build_filename(f->dir, "image.qcow2", NULL);
    f->base = g_build_filename(f->dir, "base", NULL);
    f->model = g_malloc0(SIZE);
    f->busy = g_malloc0(SECTORS);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    g_autoptr(GDir) dir = g_dir_open(f->dir, 0, NULL);
    const char *name;

    blk_close_all();
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(f->dir, name, NULL);

        g_unlink(path);
    }
    g_rmdir(f->dir);
    g_free(f->dir);
    g_free(f->image);
    g_free(f->base);
    g_free(f->model);
    g_free(f->busy);
}

static void create(Fixture *f, const char *options)
{
    BlockOptions *o = block_options_new();
    g_autofree char *size = g_strdup_printf("%" PRId64, (int64_t)SIZE);

    g_autofree char *data = g_build_filename(f->dir, "data", NULL);

    block_options_set(o, "size", size);
    block_options_parse(o, options, &error_abort);
    if (block_options_peek(o, "data_file")) {
        block_options_set(o, "data_file", data);
    }
    block_create(f->image, "qcow2", o, &error_abort);
}

static BlockDriverState *open_image(Fixture *f, bool read_only)
{
    BlockFlags flags = { .read_only = read_only, .unmap = true };

    return bdrv_open_filename(f->image, "qcow2", NULL, &flags, NULL, &error_abort);
}

static BlockBackend *open_drive(Fixture *f)
{
    BlockBackend *blk = blk_new("disk");

    blk_insert(blk, open_image(f, false), &error_abort);
    return blk;
}

static void close_drive(BlockBackend *blk)
{
    blk_drain(blk);
    blk_unref(blk);
}

static void check_consistent(Fixture *f, bool leaks_allowed)
{
    BlockDriverState *bs = open_image(f, true);
    g_autofree char *program = g_find_program_in_path("qemu-img");
    BlockCheck check = { 0 };

    bs->driver->check(bs, &check, &error_abort);
    g_assert_cmpint(check.corruptions, ==, 0);
    g_assert_cmpint(check.check_errors, ==, 0);
    g_assert_true(leaks_allowed || check.leaks == 0);
    bdrv_unref(bs);
    if (program) {
        const char *args[] = { program, "check", "-q", "-f", "qcow2", f->image, NULL };
        int status;

        g_assert_true(g_spawn_sync(NULL, (char **)args, NULL,
                                   G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                                   NULL, NULL, NULL, &status, NULL));
        g_assert_true(WIFEXITED(status));
        if (!leaks_allowed || WEXITSTATUS(status) != 3) {
            g_assert_cmpint(WEXITSTATUS(status), ==, 0);
        }
    }
}

static void compare(Fixture *f, BlockDriverState *bs, const uint8_t *model, int64_t size)
{
    g_autofree uint8_t *got = g_malloc(size);

    g_assert_cmpint(bdrv_length(bs), ==, size);
    g_assert_cmpint(bdrv_pread(bs, 0, size, got), ==, 0);
    for (int64_t i = 0; i < size; i++) {
        if (got[i] != model[i]) {
            g_error("byte 0x%" PRIx64 " is %02x, expected %02x", i, got[i], model[i]);
        }
    }
}

/* --- random requests --- */

typedef struct Request {
    Fixture *f;
    bool running, is_read;
    int64_t offset, bytes;
    uint8_t *buf;
    QEMUIOVector qiov;
} Request;

static void request_done(void *opaque, int ret)
{
    Request *r = opaque;

    g_assert_cmpint(ret, ==, 0);
    if (r->is_read) {
        g_assert_cmpmem(r->buf, r->bytes, r->f->model + r->offset, r->bytes);
    }
    memset(r->f->busy + r->offset / SECTOR_SIZE, 0, r->bytes / SECTOR_SIZE);
    g_free(r->buf);
    r->running = false;
}

static bool is_busy(Fixture *f, int64_t sector, int64_t n)
{
    return memchr(f->busy + sector, 1, n) != NULL;
}

static void start_request(BlockBackend *blk, Request *r)
{
    int64_t sector = g_test_rand_int_range(0, SECTORS);
    int64_t most = g_test_rand_int_range(0, 8) ? 40 : 600;
    int64_t n = MIN(g_test_rand_int_range(1, most), SECTORS - sector);
    int kind = g_test_rand_int_range(0, 12);

    if (is_busy(r->f, sector, n)) {
        return;
    }
    *r = (Request) { .f = r->f, .running = true, .offset = sector * SECTOR_SIZE,
                     .bytes = n * SECTOR_SIZE };
    memset(r->f->busy + sector, 1, n);
    r->buf = g_malloc(r->bytes);
    qemu_iovec_init_buf(&r->qiov, r->buf, r->bytes);
    if (kind < 3) {
        r->is_read = true;
        blk_aio_preadv(blk, r->offset, &r->qiov, 0, request_done, r);
    } else if (kind < 9) {
        memset(r->buf, g_test_rand_int_range(1, 256), r->bytes);
        r->buf[0] = sector;
        memcpy(r->f->model + r->offset, r->buf, r->bytes);
        blk_aio_pwritev(blk, r->offset, &r->qiov, kind == 8 ? BDRV_REQ_FUA : 0, request_done, r);
    } else if (kind < 11) {
        memset(r->f->model + r->offset, 0, r->bytes);
        blk_aio_pwrite_zeroes(blk, r->offset, r->bytes, kind == 9 ? BDRV_REQ_MAY_UNMAP : 0,
                              request_done, r);
    } else {
        memset(r->buf, 0, r->bytes);
        blk_aio_flush(blk, request_done, r);
        memset(r->f->busy + sector, 0, n);
        r->bytes = 0;
    }
}

static void run_requests(Fixture *f, BlockBackend *blk, int count)
{
    Request requests[PARALLEL] = { };

    for (int i = 0; i < count; i++) {
        Request *r = &requests[g_test_rand_int_range(0, PARALLEL)];

        while (r->running) {
            main_loop_wait(false);
        }
        r->f = f;
        start_request(blk, r);
    }
    blk_drain(blk);
}

static void test_random(Fixture *f, gconstpointer options)
{
    BlockBackend *blk;

    create(f, options);
    for (int round = 0; round < 3; round++) {
        blk = open_drive(f);
        run_requests(f, blk, 400);
        compare(f, blk_bs(blk), f->model, SIZE);
        close_drive(blk);
        check_consistent(f, false);
    }
    blk = open_drive(f);
    compare(f, blk_bs(blk), f->model, SIZE);
    close_drive(blk);
}

/* A backing file that is shorter, and full of something. */
static void make_base(Fixture *f, const char *options)
{
    g_autofree char *all = g_strdup_printf("backing_file=%s,backing_fmt=raw,%s", f->base, options);

    for (int64_t i = 0; i < SIZE / 2; i++) {
        f->model[i] = i >> 9 | 1;
    }
    g_assert_true(g_file_set_contents(f->base, (char *)f->model, SIZE / 2, NULL));
    create(f, all);
}

static void test_random_backed(Fixture *f, gconstpointer options)
{
    BlockBackend *blk;

    make_base(f, options);
    blk = open_drive(f);
    compare(f, blk_bs(blk), f->model, SIZE);
    run_requests(f, blk, 600);
    compare(f, blk_bs(blk), f->model, SIZE);
    close_drive(blk);
    check_consistent(f, false);
}

static void test_commit(Fixture *f, gconstpointer options)
{
    BlockBackend *blk;
    g_autofree char *contents = NULL;
    gsize len;

    make_base(f, options);
    blk = open_drive(f);
    run_requests(f, blk, 100);
    g_assert_true(bdrv_commit(blk_bs(blk), true, &error_abort));
    compare(f, blk_bs(blk), f->model, SIZE);
    close_drive(blk);
    check_consistent(f, false);
    g_assert_true(g_file_get_contents(f->base, &contents, &len, NULL));
    g_assert_cmpmem(contents, len, f->model, SIZE);
}

/* --- snapshots --- */

static void test_snapshots(Fixture *f, gconstpointer options)
{
    g_autofree uint8_t *first = NULL, *second = NULL;
    BlockDriverState *bs;
    BlockBackend *blk;

    create(f, options);
    blk = open_drive(f);
    bs = blk_bs(blk);
    run_requests(f, blk, 100);
    g_assert_true(bs->driver->snapshot_create(bs, "one", &error_abort));
    first = g_memdup2(f->model, SIZE);
    run_requests(f, blk, 100);
    compare(f, bs, f->model, SIZE);
    g_assert_true(bs->driver->snapshot_create(bs, "two", &error_abort));
    second = g_memdup2(f->model, SIZE);
    run_requests(f, blk, 100);
    close_drive(blk);
    check_consistent(f, false);
    blk = open_drive(f);
    bs = blk_bs(blk);
    compare(f, bs, f->model, SIZE);
    g_assert_true(bs->driver->snapshot_apply(bs, "one", &error_abort));
    compare(f, bs, first, SIZE);
    memcpy(f->model, first, SIZE);
    run_requests(f, blk, 60);
    compare(f, bs, f->model, SIZE);
    g_assert_true(bs->driver->snapshot_delete(bs, "1", &error_abort));
    run_requests(f, blk, 60);
    compare(f, bs, f->model, SIZE);
    close_drive(blk);
    check_consistent(f, false);
    blk = open_drive(f);
    bs = blk_bs(blk);
    g_assert_true(bs->driver->snapshot_apply(bs, "2", &error_abort));
    compare(f, bs, second, SIZE);
    g_assert_true(bs->driver->snapshot_delete(bs, "two", &error_abort));
    g_assert_false(bs->driver->snapshot_delete(bs, "two", NULL));
    close_drive(blk);
    check_consistent(f, false);
}

/* What is shown of a failure must be there: an error, also if tables can't be written. */
static void test_snapshot_error(Fixture *f, gconstpointer data)
{
    g_autofree char *below = NULL;
    BlockFlags flags = { 0 };
    BlockOptions *o = block_options_new();
    BlockDriverState *bs;
    uint8_t bytes[512] = { 1 };

    create(f, "");
    bs = open_image(f, false);
    g_assert_true(bs->driver->snapshot_create(bs, "one", &error_abort));
    bdrv_unref(bs);
    below = g_strdup_printf("driver=qcow2,file.driver=blkdebug,file.image.driver=file,"
                            "file.image.filename=%s,file.inject-error.0.iotype=flush", f->image);
    block_options_parse(o, below, &error_abort);
    bs = bdrv_open_options(o, &flags, &error_abort);
    g_assert_cmpint(bdrv_pwrite(bs, 0, sizeof(bytes), bytes), ==, 0);
    for (int i = 0; i < 3; i++) {
        Error *err = NULL;

        g_assert_false((i == 0   ? bs->driver->snapshot_create
                        : i == 1 ? bs->driver->snapshot_apply
                                 : bs->driver->snapshot_delete)(bs, "one", &err));
        g_assert_nonnull(strstr(error_get_pretty(err), "Could not write the tables"));
        error_free(err);
    }
    bdrv_unref(bs);
}

static void test_resize(Fixture *f, gconstpointer options)
{
    BlockBackend *blk;
    g_autofree uint8_t *longer = g_malloc0(3 * SIZE);

    create(f, options);
    blk = open_drive(f);
    run_requests(f, blk, 100);
    g_assert_true(bdrv_truncate(blk_bs(blk), SIZE / 2 + 1536, &error_abort));
    compare(f, blk_bs(blk), f->model, SIZE / 2 + 1536);
    g_assert_true(bdrv_truncate(blk_bs(blk), 3 * SIZE, &error_abort));
    memcpy(longer, f->model, SIZE / 2 + 1536);
    compare(f, blk_bs(blk), longer, 3 * SIZE);
    g_assert_false(bdrv_truncate(blk_bs(blk), 1000, NULL));
    close_drive(blk);
    check_consistent(f, false);
}

/* --- death --- */

/* A child writes, tells what it has flushed, and is killed at some moment. */
static void write_until_killed(Fixture *f, int told)
{
    BlockDriverState *bs = open_image(f, false);
    g_autofree uint8_t *buf = g_malloc(64 * KiB);

    for (uint32_t step = 1;; step++) {
        int64_t offset = (int64_t)(step * 7919 % (SIZE / (16 * KiB))) * 16 * KiB;

        memset(buf, step, 16 * KiB);
        bdrv_pwrite(bs, offset, 16 * KiB, buf);
        if (step % 5 == 0) {
            bdrv_pwrite_zeroes(bs, offset, 16 * KiB, BDRV_REQ_MAY_UNMAP);
        }
        if (step % 11 == 0 && bdrv_flush(bs) == 0) {
            g_assert_cmpint(write(told, &step, sizeof(step)), ==, sizeof(step));
        }
    }
}

static void count_down(void *opaque, int ret)
{
    g_assert_cmpint(ret, ==, 0);
    --*(unsigned *)opaque;
}

/* The same as a device does it: several requests at once, by workers or by the kernel (@aio). */
static void request_until_killed(Fixture *f, const char *aio, int told)
{
    BlockFlags flags = { .unmap = true };
    BlockOptions *o = block_options_new();
    BlockBackend *blk = blk_new("disk");
    g_autofree uint8_t *bufs = g_malloc(11 * 16 * KiB);
    QEMUIOVector qiovs[11];
    unsigned running = 0;

    block_options_set(o, "file.aio", aio);
    blk_insert(blk, bdrv_open_filename(f->image, "qcow2", o, &flags, NULL, &error_abort),
               &error_abort);
    for (uint32_t step = 1;; step++) {
        int64_t offset = (int64_t)(step * 7919 % (SIZE / (16 * KiB))) * 16 * KiB;
        uint8_t *buf = bufs + step % 11 * 16 * KiB;

        memset(buf, step, 16 * KiB);
        qemu_iovec_init_buf(&qiovs[step % 11], buf, 16 * KiB);
        running++;
        blk_aio_pwritev(blk, offset, &qiovs[step % 11], 0, count_down, &running);
        if (step % 11) {
            continue;
        }
        while (running) {
            main_loop_wait(false);
        }
        running++;
        blk_aio_flush(blk, count_down, &running);
        while (running) {
            main_loop_wait(false);
        }
        g_assert_cmpint(write(told, &step, sizeof(step)), ==, sizeof(step));
    }
}

/* What was flushed by step @last is there, or has been overwritten since. */
static void check_flushed(Fixture *f, uint32_t last)
{
    BlockDriverState *bs = open_image(f, true);
    uint32_t slots = SIZE / (16 * KiB);

    for (uint32_t slot = 0; slot < slots; slot++) {
        uint8_t byte;
        uint32_t step = 0, newest = 0;

        g_assert_cmpint(bdrv_pread(bs, (int64_t)slot * 16 * KiB + 5000, 1, &byte), ==, 0);
        for (uint32_t s = 1; s <= last; s++) {
            newest = s * 7919 % slots == slot ? s : newest;
        }
        if (!newest) {
            continue;
        }
        /* that one, or one that came later: zero or the step's byte */
        for (step = newest; step <= last + 400; step++) {
            if (step * 7919 % slots == slot &&
                (byte == (uint8_t)step || (step % 5 == 0 && byte == 0))) {
                break;
            }
        }
        g_assert_cmpuint(step, <=, last + 400);
    }
    bdrv_unref(bs);
}

/* The kernel closes files after the end of a killed process, when its ring's requests are done. */
static void wait_for_lock(Fixture *f)
{
    BlockFlags flags = { .read_only = true };
    BlockDriverState *bs = NULL;

    for (int n = 0; n < 1000 && !bs; n++) {
        bs = bdrv_open_filename(f->image, "qcow2", NULL, &flags, NULL, NULL);
        g_usleep(bs ? 0 : 10000);
    }
    g_assert_nonnull(bs);
    bdrv_unref(bs);
}

/* @aio: NULL: plain calls; else requests of a device. */
static void kill_again_and_again(Fixture *f, const char *options, const char *aio)
{
    int rounds = g_test_thorough() ? 100 : 10;

    for (int i = 0; i < rounds; i++) {
        int pipe_fds[2], status;
        uint32_t last = 0, step;
        pid_t pid;

        create(f, options);
        g_assert_cmpint(pipe(pipe_fds), ==, 0);
        pid = fork();
        if (pid == 0 && aio) {
            request_until_killed(f, aio, pipe_fds[1]);
        } else if (pid == 0) {
            write_until_killed(f, pipe_fds[1]);
        }
        close(pipe_fds[1]);
        for (int n = g_test_rand_int_range(1, 15); n > 0; n--) {
            g_assert_cmpint(read(pipe_fds[0], &step, sizeof(step)), ==, sizeof(step));
            last = step;
        }
        g_usleep(g_test_rand_int_range(0, 3000));
        kill(pid, SIGKILL);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        while (read(pipe_fds[0], &step, sizeof(step)) == sizeof(step)) {
            last = step;
        }
        close(pipe_fds[0]);
        if (aio) {
            wait_for_lock(f);
        }
        if (strstr(options, "lazy")) {
            bdrv_unref(open_image(f, false)); /* repairs the counts */
        }
        check_consistent(f, true);
        check_flushed(f, last);
        g_unlink(f->image);
    }
}

static void test_kill(Fixture *f, gconstpointer options)
{
    kill_again_and_again(f, options, NULL);
}

static void test_kill_at_device(Fixture *f, gconstpointer aio)
{
    kill_again_and_again(f, "", aio);
}

/* The longer L1 table mustn't name tables that aren't there yet. */
static void test_kill_after_resize(Fixture *f, gconstpointer options)
{
    int status;
    pid_t pid;

    create(f, options);
    pid = fork();
    if (pid == 0) {
        BlockDriverState *bs = open_image(f, false);

        for (int64_t offset = 0; offset < SIZE; offset += 32 * KiB) {
            bdrv_pwrite(bs, offset, 1, "x");
        }
        bdrv_truncate(bs, 64 * SIZE, NULL);
        raise(SIGKILL);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status));
    check_consistent(f, true);
}

/* The file below fails once the header has been asked to name the longer L1 table. */
static void test_resize_in_pieces(Fixture *f, gconstpointer options)
{
    BlockFlags flags = { .no_flush = true }; /* errors of writes are what counts */

    create(f, options);
    for (int sector = 0; sector < 64; sector++) {
        g_autofree char *below = g_strdup_printf(
            "driver=qcow2,file.driver=blkdebug,file.image.driver=file,file.image.filename=%s,"
            "file.inject-error.0.iotype=write,file.inject-error.0.sector=%d,"
            "file.inject-error.0.once=on", f->image, sector);
        BlockOptions *o = block_options_new();
        BlockDriverState *bs;
        int64_t length;

        block_options_parse(o, below, &error_abort);
        bs = bdrv_open_options(o, &flags, &error_abort);
        length = bdrv_length(bs);
        g_assert_true(bdrv_truncate(bs, length + SIZE, NULL) == (bdrv_length(bs) != length));
        bdrv_unref(bs);
        check_consistent(f, true);
    }
}

/* Devices that wait for each write, such as flash chips, count on it without a flush. */
static void test_kill_after_write(Fixture *f, gconstpointer options)
{
    BlockDriverState *bs;
    char byte;
    int status;
    pid_t pid;

    create(f, options);
    pid = fork();
    if (pid == 0) {
        BlockBackend *blk = open_drive(f);

        blk_pwrite(blk, 5, 1, "x");
        blk_pwrite(blk, SIZE - 1, 1, "y");
        raise(SIGKILL);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status));
    check_consistent(f, true);
    bs = open_image(f, true);
    g_assert_cmpint(bdrv_pread(bs, 5, 1, &byte), ==, 0);
    g_assert_cmpint(byte, ==, 'x');
    g_assert_cmpint(bdrv_pread(bs, SIZE - 1, 1, &byte), ==, 0);
    g_assert_cmpint(byte, ==, 'y');
    bdrv_unref(bs);
}

/* --- what is wrong with an image --- */

static void refuse(Fixture *f, const char *what)
{
    BlockFlags flags = { 0 };
    Error *err = NULL;

    g_assert_null(bdrv_open_filename(f->image, "qcow2", NULL, &flags, NULL, &err));
    if (!strstr(error_get_pretty(err), what)) {
        g_error("'%s' lacks '%s'", error_get_pretty(err), what);
    }
    error_free(err);
}

static void test_bad_headers(Fixture *f, gconstpointer data)
{
    static const struct {
        int offset, size;
        uint64_t value;
        const char *message;
    } cases[] = {
        { 4, 4, 4, "version 4" }, { 20, 4, 8, "clusters of 2^8" }, { 20, 4, 30, "2^30" },
        { 32, 4, 1, "encrypted (AES)" }, { 32, 4, 2, "encrypted (LUKS)" },
        { 36, 4, 0, "too small" }, { 36, 4, UINT32_MAX, "L1 table" },
        { 40, 8, 12345, "L1 table at" }, { 40, 8, 1ull << 50, "behind the end" },
        { 48, 8, 512, "refcount table at" }, { 56, 4, 0, "refcount table of 0" },
        { 56, 4, 99999999, "refcount table of" }, { 60, 4, 70000, "snapshots" },
        { 24, 8, INT64_MAX, "size" }, { 72, 8, 16, "extended L2 entries" },
        { 72, 8, 1ull << 40, "bit 40" }, { 72, 8, 2, "corrupt" }, { 96, 4, 7, "refcounts of" },
        { 100, 4, 1, "header of 1" }, { 100, 4, 1 << 20, "header of" }, { 72, 8, 8, "compression" },
        { 72, 8, 4, "data-file" }, { 16, 4, 2000, "" }, { 8, 8, 1 << 20, "backing file" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint8_t raw[8];
        int fd;

        if (!*cases[i].message) {
            continue;
        }
        create(f, "");
        fd = open(f->image, O_RDWR);
        stq_be_p(raw, cases[i].value << (8 * (8 - cases[i].size)));
        g_assert_cmpint(pwrite(fd, raw, cases[i].size, cases[i].offset), ==, cases[i].size);
        close(fd);
        refuse(f, cases[i].message);
    }
}

/* Giving back leaks mends no counts that are too low: the image is still one that wasn't closed. */
static void test_still_dirty(Fixture *f, gconstpointer data)
{
    BlockCheck leaks = { .fix_leaks = true };
    BlockOptions *o = block_options_new();
    BlockFlags flags = { .read_only = true };
    BlockDriverState *bs;
    uint8_t bytes[512] = { 1 };
    char byte = 0;
    int fd;

    create(f, "");
    bs = open_image(f, false);
    g_assert_cmpint(bdrv_pwrite(bs, 0, 512, bytes), ==, 0);
    bdrv_unref(bs);
    fd = open(f->image, O_RDWR);
    g_assert_cmpint(pwrite(fd, "\1", 1, 79), ==, 1);             /* dirty */
    g_assert_cmpint(pwrite(fd, "\0", 1, 2 * 65536 + 11), ==, 1); /* cluster 5 is used, not counted */
    bs = bdrv_open_filename(f->image, "qcow2", o, &flags, NULL, &error_abort);
    g_assert_true(bdrv_set_read_only(bs->file->bs, false, &error_abort)); /* as sysemu-img check */
    bs->flags.read_only = false;
    bs->file->used |= BLOCK_PERM_WRITE;
    g_assert_true(bs->driver->check(bs, &leaks, &error_abort));
    g_assert_cmpint(leaks.corruptions, >, 0);
    bdrv_unref(bs);
    g_assert_cmpint(pread(fd, &byte, 1, 79), ==, 1);
    g_assert_cmpint(byte, ==, 1);
    close(fd);
}

/* An external data file has the disk's length, so that others may read it as it is. */
static void test_data_file_length(Fixture *f, gconstpointer options)
{
    g_autofree char *data = g_build_filename(f->dir, "data", NULL);
    BlockDriverState *bs;
    uint8_t bytes[512] = { 1 };
    GStatBuf st;

    create(f, options);
    bs = open_image(f, false);
    g_assert_true(bdrv_truncate(bs, 100 * SECTOR_SIZE, &error_abort));
    g_assert_cmpint(bdrv_pwrite(bs, 5 * SECTOR_SIZE, sizeof(bytes), bytes), ==, 0);
    bdrv_unref(bs);
    g_assert_cmpint(g_stat(data, &st), ==, 0);
    g_assert_cmpint(st.st_size, ==, 100 * SECTOR_SIZE);
}

/* An entry that points to the refcount table: the write is refused, the image marked. */
static void test_overlap(Fixture *f, gconstpointer data)
{
    BlockDriverState *bs;
    uint8_t raw[8], bytes[512] = { 1 };
    int fd;

    create(f, "");
    bs = open_image(f, false);
    g_assert_cmpint(bdrv_pwrite(bs, 0, 512, bytes), ==, 0);
    bdrv_unref(bs);
    fd = open(f->image, O_RDWR);
    stq_be_p(raw, 1ull << 63 | 0x10000);
    g_assert_cmpint(pwrite(fd, raw, 8, 4 * 65536), ==, 8); /* the L2 table is the first cluster */
    close(fd);
    bs = open_image(f, false);
    g_assert_cmpint(bdrv_pwrite(bs, 0, 512, bytes), ==, -EIO);
    g_assert_cmpint(bdrv_pwrite(bs, 1 << 20, 512, bytes), ==, -EIO);
    bdrv_unref(bs);
    refuse(f, "corrupt");
}

#define ADD(path, options, test) g_test_add(path, Fixture, options, set_up, test, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    ADD("/qcow2/random/default", "", test_random);
    ADD("/qcow2/random/small-clusters", "cluster_size=512", test_random);
    ADD("/qcow2/random/large-clusters", "cluster_size=2M", test_random);
    ADD("/qcow2/random/version-2", "compat=0.10", test_random);
    ADD("/qcow2/random/lazy", "lazy_refcounts=on,cluster_size=4k", test_random);
    ADD("/qcow2/random/wide-refcounts", "refcount_bits=64,cluster_size=1k", test_random);
    ADD("/qcow2/random/narrow-refcounts", "refcount_bits=1,cluster_size=1k", test_random);
    ADD("/qcow2/random/data-file", "data_file=data,cluster_size=4k", test_random);
    ADD("/qcow2/random/raw-data-file", "data_file=data,data_file_raw=on", test_random);
    ADD("/qcow2/backed/default", "", test_random_backed);
    ADD("/qcow2/backed/small-clusters", "cluster_size=2k", test_random_backed);
    ADD("/qcow2/backed/version-2", "compat=0.10", test_random_backed);
    ADD("/qcow2/commit", "cluster_size=8k", test_commit);
    ADD("/qcow2/snapshots/default", "", test_snapshots);
    ADD("/qcow2/snapshots/small-clusters", "cluster_size=1k", test_snapshots);
    ADD("/qcow2/snapshots/version-2", "compat=0.10,cluster_size=4k", test_snapshots);
    ADD("/qcow2/snapshots/failures-are-told", "", test_snapshot_error);
    ADD("/qcow2/resize/default", "", test_resize);
    ADD("/qcow2/resize/small-clusters", "cluster_size=512", test_resize);
    ADD("/qcow2/resize/errors", "cluster_size=512", test_resize_in_pieces);
    ADD("/qcow2/kill/default", "", test_kill);
    ADD("/qcow2/kill/small-clusters", "cluster_size=512", test_kill);
    ADD("/qcow2/kill/lazy", "lazy_refcounts=on,cluster_size=4k", test_kill);
    ADD("/qcow2/kill/device", "threads", test_kill_at_device);
    ADD("/qcow2/kill/device-io_uring", "io_uring", test_kill_at_device);
    ADD("/qcow2/kill/after-a-write", "", test_kill_after_write);
    ADD("/qcow2/kill/after-a-resize", "cluster_size=512", test_kill_after_resize);
    ADD("/qcow2/data-file-has-the-length-of-the-disk", "data_file=data,data_file_raw=on",
        test_data_file_length);
    ADD("/qcow2/a-dirty-image-stays-dirty", "", test_still_dirty);
    ADD("/qcow2/bad-headers-are-refused-by-name", "", test_bad_headers);
    ADD("/qcow2/metadata-is-not-overwritten", "", test_overlap);
    return g_test_run();
}
