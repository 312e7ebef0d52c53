/*
 * Block jobs while somebody writes to the drive at random, against a copy in memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "../../block/block-int.h"
#include "../../block/create.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "system/block-commands.h"
#include "system/block-jobs.h"
#include "system/events.h"

#define SIZE (6 * 1024 * 1024 + 512)

static char *dir;
static uint8_t *model; /* what the drive has */
static BlockBackend *blk;
static GRand *rand_;
static GPtrArray *told; /* of char *: events */

static void listen(const EventType *type, JsonObject *data)
{
    if (g_str_has_prefix(type->name, "BLOCK_JOB")) {
        g_ptr_array_add(told, g_strdup_printf("%s %s%s", type->name,
                                              json_object_get_string_member(data, "type"),
                                              json_object_has_member(data, "error") ? " error"
                                                                                    : ""));
    }
}

static bool was_told(const char *what)
{
    return g_ptr_array_find_with_equal_func(told, what, g_str_equal, NULL);
}

static char *path(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

/* --- images --- */

static void create(const char *name, const char *format, const char *backing, const char *backing_fmt)
{
    g_autofree char *file = path(name), *below = backing ? path(backing) : NULL;
    g_autofree char *size = g_strdup_printf("%d", SIZE);
    BlockOptions *o = block_options_new();

    block_options_set(o, "size", size);
    if (below) {
        block_options_set(o, "backing_file", below);
        block_options_set(o, "backing_fmt", backing_fmt);
    }
    block_create(file, format, o, &error_abort);
}

static BlockBackend *open_drive(const char *name, const char *format)
{
    g_autofree char *file = path(name);

    return blk_new_open("drive", file, format, false, &error_abort);
}

static void check(BlockBackend *b, const uint8_t *wanted)
{
    g_autofree uint8_t *bytes = g_malloc(SIZE);

    g_assert_cmpint(blk_getlength(b), ==, SIZE);
    g_assert_cmpint(blk_pread(b, 0, SIZE, bytes), ==, 0);
    g_assert_cmpint(memcmp(bytes, wanted, SIZE), ==, 0);
}

static void check_file(const char *name, const char *format, const uint8_t *wanted)
{
    g_autofree char *file = path(name);
    BlockBackend *b = blk_new_open("check", file, format, true, &error_abort);

    check(b, wanted);
    blk_unref(b);
}

/* --- the guest --- */

typedef struct Write {
    uint8_t *bytes;
    QEMUIOVector qiov;
} Write;

static unsigned writing;

static void written(void *opaque, int ret)
{
    Write *w = opaque;

    g_assert_cmpint(ret, ==, 0);
    writing--;
    g_free(w->bytes);
    g_free(w);
}

/* One write at random; those that are under way don't touch each other's block of 512 KiB. */
static void write_something(unsigned zone)
{
    int64_t offset = zone * 512 * 1024ll + g_rand_int_range(rand_, 0, 500000);
    int64_t bytes = MIN(g_rand_int_range(rand_, 1, 20000), SIZE - offset);
    Write *w = g_new0(Write, 1);

    if (offset + bytes > (zone + 1) * 512 * 1024ll) {
        bytes = (zone + 1) * 512 * 1024ll - offset;
    }
    if (g_rand_boolean(rand_) && g_rand_boolean(rand_)) {
        memset(model + offset, 0, bytes);
        writing++;
        blk_aio_pwrite_zeroes(blk, offset, bytes, BDRV_REQ_MAY_UNMAP, written, w);
        return;
    }
    w->bytes = g_malloc(bytes);
    memset(w->bytes, g_rand_int(rand_), bytes);
    memcpy(model + offset, w->bytes, bytes);
    qemu_iovec_init_buf(&w->qiov, w->bytes, bytes);
    writing++;
    blk_aio_pwritev(blk, offset, &w->qiov, 0, written, w);
}

static void write_burst(void)
{
    for (unsigned zone = 0; zone < 12; zone++) {
        write_something(zone);
    }
    while (writing) {
        main_loop_wait(false);
    }
}

static void write_until(const char *event)
{
    while (!was_told(event)) {
        write_burst();
    }
}

static void wait_for(const char *event)
{
    while (!was_told(event)) {
        main_loop_wait(false);
    }
}

static void begin(const char *name, const char *format)
{
    g_ptr_array_set_size(told, 0);
    blk = open_drive(name, format);
    g_assert_cmpint(blk_pread(blk, 0, SIZE, model), ==, 0);
    for (int i = 0; i < 4; i++) {
        write_burst();
    }
}

static void end(void)
{
    check(blk, model);
    blk_unref(blk);
}

static const BlockJobOptions on_drive = { .device = "drive" };

static BlockJobTarget file(const char *name, const char *format)
{
    static char *last;

    g_free(last);
    last = path(name);
    return (BlockJobTarget){ .filename = last, .format = format };
}

/* --- tests --- */

static void a_backup_is_what_was_at_its_start(const void *format)
{
    BlockJobTarget target = file("copy", format);
    g_autofree uint8_t *before = NULL;

    create("a", "qcow2", NULL, NULL);
    begin("a", "qcow2");
    before = g_memdup2(model, SIZE);
    g_assert_true(block_backup(&on_drive, &target, BLOCK_SYNC_FULL, &error_abort));
    write_until("BLOCK_JOB_COMPLETED backup");
    check_file("copy", format, before);
    end();
}

static void a_mirror_takes_the_drive_over(void)
{
    BlockJobTarget target = file("copy", "qcow2");

    create("a", "raw", NULL, NULL);
    begin("a", "raw");
    g_assert_true(block_mirror(&on_drive, &target, BLOCK_SYNC_FULL, 4096, &error_abort));
    for (int i = 0; i < 20; i++) {
        write_burst();
    }
    wait_for("BLOCK_JOB_READY mirror");
    write_burst();
    g_assert_true(block_job_complete("drive", &error_abort));
    write_until("BLOCK_JOB_COMPLETED mirror");
    g_assert_cmpstr(blk_bs(blk)->driver->name, ==, "qcow2");
    write_burst();
    end();
    check_file("copy", "qcow2", model);
}

static void a_mirror_that_is_ready_may_end(void)
{
    BlockJobTarget target = file("copy", "raw");

    create("a", "qcow2", NULL, NULL);
    begin("a", "qcow2");
    g_assert_true(block_mirror(&on_drive, &target, BLOCK_SYNC_FULL, 0, &error_abort));
    wait_for("BLOCK_JOB_READY mirror");
    write_burst();
    g_assert_true(block_job_cancel("drive", false, &error_abort));
    wait_for("BLOCK_JOB_COMPLETED mirror");
    check_file("copy", "raw", model);
    write_burst();
    g_assert_cmpstr(blk_bs(blk)->driver->name, ==, "qcow2");
    end();
}

static void make_chain(void)
{
    create("base", "raw", NULL, NULL);
    begin("base", "raw");
    end();
    create("mid", "qcow2", "base", "raw");
    begin("mid", "qcow2");
    end();
    create("top", "qcow2", "mid", "qcow2");
}

static void a_stream_brings_up_what_is_below(const void *with_base)
{
    g_autofree char *base = path("base");

    make_chain();
    begin("top", "qcow2");
    g_assert_true(block_stream(&on_drive, with_base ? base : NULL, &error_abort));
    write_until("BLOCK_JOB_COMPLETED stream");
    g_assert_true(!with_base == !blk_bs(blk)->backing);
    check(blk, model);
    end();
    if (!with_base) {
        g_unlink(base);
    }
    check_file("top", "qcow2", model);
}

static void a_commit_merges_images_below(void)
{
    g_autofree char *mid = path("mid");

    make_chain();
    begin("top", "qcow2");
    g_assert_true(block_commit_job(&on_drive, mid, NULL, &error_abort));
    write_until("BLOCK_JOB_COMPLETED commit");
    g_assert_cmpstr(blk_bs(blk)->backing->bs->driver->name, ==, "raw");
    g_assert_true(blk_bs(blk)->backing->bs->flags.read_only);
    end();
    g_unlink(mid);
    check_file("top", "qcow2", model);
}

static void a_commit_of_the_drive_itself(void)
{
    make_chain();
    begin("top", "qcow2");
    g_assert_true(block_commit_job(&on_drive, NULL, NULL, &error_abort));
    for (int i = 0; i < 10; i++) {
        write_burst();
    }
    wait_for("BLOCK_JOB_READY commit");
    write_burst();
    g_assert_true(block_job_complete("drive", &error_abort));
    write_until("BLOCK_JOB_COMPLETED commit");
    g_assert_cmpstr(blk_bs(blk)->driver->name, ==, "raw");
    write_burst();
    end();
    check_file("base", "raw", model);
}

static const char *status(void)
{
    static char last[32];
    g_autoptr(JsonNode) node = block_jobs_query();
    JsonArray *list = json_node_get_array(node);

    if (!json_array_get_length(list)) {
        return "";
    }
    g_strlcpy(last, json_object_get_string_member(json_array_get_object_element(list, 0), "status"),
              sizeof(last));
    return last;
}

static void jobs_are_held_and_let_go(void)
{
    BlockJobOptions slow = { .device = "drive", .id = "j", .speed = 64 * 1024, .keep = true };
    BlockJobTarget target = file("copy", "raw");
    Error *err = NULL;

    create("a", "qcow2", NULL, NULL);
    begin("a", "qcow2");
    g_assert_true(block_backup(&slow, &target, BLOCK_SYNC_FULL, &error_abort));
    g_assert_false(block_resize("drive", 2 * SIZE, &err));
    g_clear_pointer(&err, error_free);
    target = file("copy2", "raw");
    g_assert_false(block_backup(&on_drive, &target, BLOCK_SYNC_FULL, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "busy"));
    g_clear_pointer(&err, error_free);
    g_assert_false(block_job_complete("j", &err));
    g_clear_pointer(&err, error_free);
    g_assert_false(block_job_pause("other", &err));
    g_clear_pointer(&err, error_free);
    g_assert_true(block_job_pause("j", &error_abort));
    while (!g_str_equal(status(), "paused")) {
        g_usleep(1000);
    }
    write_burst();
    g_assert_true(block_commit("all", &error_abort)); /* a change of the graph meanwhile */
    g_assert_true(block_job_resume("j", &error_abort));
    g_assert_true(block_job_set_speed("j", 0, &error_abort));
    wait_for("BLOCK_JOB_COMPLETED backup");
    g_assert_cmpstr(status(), ==, "concluded");
    g_assert_true(block_job_dismiss("j", &error_abort));
    g_assert_cmpstr(status(), ==, "");

    slow.keep = false;
    g_assert_true(block_mirror(&slow, &target, BLOCK_SYNC_FULL, 0, &error_abort));
    g_assert_true(block_job_cancel("j", false, &error_abort));
    wait_for("BLOCK_JOB_CANCELLED mirror");
    g_assert_cmpstr(status(), ==, "");
    target = file("copy3", "raw");
    g_assert_true(block_mirror(&slow, &target, BLOCK_SYNC_FULL, 0, &error_abort));
    g_assert_true(block_eject("drive", true, &error_abort));
    block_jobs_cancel_all();
    blk_unref(blk);
}

/* Bytes that the one job there is has copied. */
static int64_t copied(void)
{
    g_autoptr(JsonNode) node = block_jobs_query();
    JsonObject *job = json_array_get_object_element(json_node_get_array(node), 0);

    return json_object_get_int_member(job, "offset");
}

/* More than can be counted in a slice of a second, and less than a byte in one. */
static void a_job_goes_on_at_any_speed(void)
{
    BlockJobOptions options = { .device = "drive", .speed = INT64_MAX };
    BlockJobTarget target = file("copy", "raw");

    create("a", "qcow2", NULL, NULL);
    begin("a", "qcow2");
    g_assert_true(block_backup(&options, &target, BLOCK_SYNC_FULL, &error_abort));
    wait_for("BLOCK_JOB_COMPLETED backup");
    options.speed = 1;
    target = file("copy2", "raw");
    g_assert_true(block_backup(&options, &target, BLOCK_SYNC_FULL, &error_abort));
    while (copied() == 0) {
        g_usleep(1000);
    }
    g_assert_true(block_job_cancel("drive", true, &error_abort));
    g_ptr_array_set_size(told, 0);
    wait_for("BLOCK_JOB_CANCELLED backup");
    end();
}

static void a_target_that_fails_ends_the_job(void)
{
    g_autofree char *copy = path("copy");
    g_autofree char *text = g_strdup_printf("driver=blkdebug,node-name=bad,image.driver=file,"
                                            "image.filename=%s,inject-error.0.event=none,"
                                            "inject-error.0.iotype=write,inject-error.0.errno=5",
                                            copy);
    BlockJobTarget target = { .node = "bad" };

    create("a", "qcow2", NULL, NULL);
    create("copy", "raw", NULL, NULL);
    begin("a", "qcow2");
    g_assert_true(blockdev_add(text, &error_abort));
    g_assert_true(block_backup(&on_drive, &target, BLOCK_SYNC_FULL, &error_abort));
    write_until("BLOCK_JOB_COMPLETED backup error");
    g_assert_true(blockdev_del("bad", &error_abort));
    end();
}

static void remove_all(void)
{
    g_autoptr(GDir) all = g_dir_open(dir, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(all))) {
        g_autofree char *file = path(name);

        g_unlink(file);
    }
    g_rmdir(dir);
    g_free(dir);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    dir = g_dir_make_tmp("block-jobs-XXXXXX", NULL);
    model = g_malloc(SIZE);
    rand_ = g_rand_new_with_seed(g_test_rand_int());
    told = g_ptr_array_new_with_free_func(g_free);
    event_set_listener(listen);

    g_test_add_data_func("/block-jobs/backup/raw", "raw", a_backup_is_what_was_at_its_start);
    g_test_add_data_func("/block-jobs/backup/qcow2", "qcow2", a_backup_is_what_was_at_its_start);
    g_test_add_func("/block-jobs/mirror/takes-over", a_mirror_takes_the_drive_over);
    g_test_add_func("/block-jobs/mirror/may-end", a_mirror_that_is_ready_may_end);
    g_test_add_data_func("/block-jobs/stream/all", NULL, a_stream_brings_up_what_is_below);
    g_test_add_data_func("/block-jobs/stream/base", "base", a_stream_brings_up_what_is_below);
    g_test_add_func("/block-jobs/commit/below", a_commit_merges_images_below);
    g_test_add_func("/block-jobs/commit/drive", a_commit_of_the_drive_itself);
    g_test_add_func("/block-jobs/held-and-let-go", jobs_are_held_and_let_go);
    g_test_add_func("/block-jobs/any-speed", a_job_goes_on_at_any_speed);
    g_test_add_func("/block-jobs/target-fails", a_target_that_fails_ends_the_job);
    result = g_test_run();
    blk_close_all();
    g_rand_free(rand_);
    remove_all();
    return result;
}
