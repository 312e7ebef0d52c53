/*
 * Block layer: requests, their completion, draining and cancelling; scatter-gather lists.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "block/block-int.h"
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

#define ADD(path, options, test) g_test_add(path, Fixture, options, set_up, test, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/iov/pieces", test_pieces);
    ADD("/block/aio/read-and-write", NULL, test_read_and_write);
    ADD("/block/aio/write-through", ",cache=writethrough", test_read_and_write);
    ADD("/block/aio/zeroes-and-discard", NULL, test_zeroes_and_discard);
    ADD("/block/aio/bounds", NULL, test_bounds);
    ADD("/block/aio/read-only", ",readonly=on", test_read_only);
    ADD("/block/aio/no-medium", NULL, test_no_medium);
    ADD("/block/aio/drain", NULL, test_drain);
    ADD("/block/aio/cancel", NULL, test_cancel);
    ADD("/block/aio/unref-in-completion", ",readonly=on", test_unref_in_completion);
    ADD("/block/aio/error-actions", NULL, test_error_actions);
    ADD("/block/throttle/drain", ",throttling.iops-total=1,throttling.bps-write=10", test_throttle);
    ADD("/block/throttle/options", ",readonly=on", test_throttle_options);
    ADD("/block/blkdebug", NULL, test_injected_errors);
    return g_test_run();
}
