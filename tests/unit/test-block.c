/*
 * Block layer: -drive options, images, their bounds and locks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <glib/gstdio.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "system/block-backend.h"

#define IMAGE_SIZE 4096

typedef struct Fixture {
    char *dir;
    char *image;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    g_autofree char *contents = g_malloc(IMAGE_SIZE);

    memset(contents, 0x5a, IMAGE_SIZE);
    f->dir = g_dir_make_tmp("test-block-XXXXXX", NULL);
    f->image = g_build_filename(f->dir, "image", NULL);
    g_assert_true(g_file_set_contents(f->image, contents, IMAGE_SIZE, NULL));
}

static void tear_down(Fixture *f, gconstpointer data)
{
    blk_close_all();
    g_unlink(f->image);
    g_rmdir(f->dir);
    g_free(f->image);
    g_free(f->dir);
}

/* "@" in @options stands for the image. */
static DriveInfo *drive(Fixture *f, const char *options, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(options, "@", -1);
    g_autofree char *text = g_strjoinv(f->image, parts);

    return drive_new_from_opts(text, errp);
}

static void refuse(Fixture *f, const char *options, const char *what)
{
    Error *err = NULL;

    g_assert_null(drive(f, options, &err));
    g_assert_nonnull(err);
    if (!strstr(error_get_pretty(err), what)) {
        g_error("%s: '%s' lacks '%s'", options, error_get_pretty(err), what);
    }
    error_free(err);
}

static void test_place(Fixture *f, gconstpointer data)
{
    DriveInfo *d = drive(f, "if=pflash,format=raw,file=@,readonly=on", &error_abort);
    DriveInfo *e = drive(f, "file=@,if=pflash,unit=3,format=raw,readonly=on,id=boot", &error_abort);

    g_assert_cmpint(d->unit, ==, 0);
    g_assert_cmpstr(d->id, ==, "pflash0");
    g_assert_true(drive_get(IF_PFLASH, 0, 0) == d);
    g_assert_true(drive_get(IF_PFLASH, 0, 3) == e);
    g_assert_null(drive_get(IF_PFLASH, 0, 1));
    g_assert_true(blk_by_name("boot") == blk_by_legacy_dinfo(e));
    g_assert_true(blk_legacy_dinfo(e->blk) == e);
    g_assert_cmpstr(blk_name(e->blk), ==, "boot");
    e = drive(f, "file=@,if=ide,index=3,format=raw,readonly=on", &error_abort);
    g_assert_cmpint(e->bus, ==, 1);
    g_assert_cmpint(e->unit, ==, 1);
    g_assert_cmpstr(e->id, ==, "ide1-hd1");
    g_assert_true(drive_get_by_index(IF_IDE, 3) == e);
    for (int i = 0; i < 4; i++) {
        e = drive(f, "if=ide", &error_abort); /* the free ones: 0:0, 0:1, 1:0, 2:0 */
        g_assert_cmpint(e->bus, ==, i < 2 ? 0 : i - 1);
        g_assert_cmpint(e->unit, ==, i == 1 ? 1 : 0);
    }
}

static void test_unclaimed(Fixture *f, gconstpointer data)
{
    DriveInfo *d;

    drive(f, "file=@,if=none,format=raw,readonly=on", &error_abort);
    g_assert_null(drive_unclaimed());
    d = drive(f, "file=@,if=sd,format=raw,readonly=on", &error_abort);
    g_assert_true(drive_unclaimed() == d);
    drive_get(IF_SD, 0, 0);
    g_assert_null(drive_unclaimed());
}

static void test_default_interface(Fixture *f, gconstpointer data)
{
    drive_set_default_interface(IF_VIRTIO);
    g_assert_cmpint(drive(f, "file=@,format=raw", &error_abort)->type, ==, IF_VIRTIO);
    drive_set_default_interface(IF_DEFAULT);
}

static void test_pflash_option(Fixture *f, gconstpointer data)
{
    DriveInfo *d;

    drive(f, "if=pflash,format=raw,file=@,readonly=on", &error_abort);
    drive(f, "if=pflash,unit=1,format=raw,file=@,readonly=on", &error_abort);
    blk_close_all();
    drive(f, "if=pflash,unit=0", &error_abort);
    d = drive_new_pflash(f->image, &error_abort);
    g_assert_cmpint(d->type, ==, IF_PFLASH);
    g_assert_cmpint(d->unit, ==, 1);
}

static void test_refused(Fixture *f, gconstpointer data)
{
    refuse(f, "file=@,format=raw,frob=1", "frob");
    refuse(f, "file=@,format=raw,if=bogus", "bogus");
    refuse(f, "file=@,format=qcow2", "not in qcow2 format");
    refuse(f, "file=@,format=dmg", "'dmg' is not supported");
    refuse(f, "file=@,format=frob", "frob");
    refuse(f, "file=@.missing,format=raw", ".missing");
    refuse(f, "file=/,format=raw", "'/'");
    refuse(f, "file=/dev/null,format=raw", "/dev/null");
    refuse(f, "file=,format=raw", "file");
    refuse(f, "file=@,format=raw,unit=x", "unit");
    refuse(f, "file=@,format=raw,unit=99999", "unit");
    refuse(f, "file=@,format=raw,if=ide,unit=2", "unit 2");
    refuse(f, "file=@,format=raw,unit=1,index=1", "index");
    refuse(f, "file=@,format=raw,readonly=maybe", "readonly");
    refuse(f, "file=@,format=raw,cache=frob", "cache");
    refuse(f, "file=@,format=raw,snapshot=perhaps", "snapshot");
    refuse(f, "file=@,format=raw,copy-on-read=on", "copy-on-read");
    refuse(f, "file=@,format=raw,driver=raw", "'format' and 'driver'");
    refuse(f, "file=@,format=raw,rerror=enospc", "rerror");
    refuse(f, "file=frob:x,format=raw", "protocol 'frob'");
    refuse(f, "file=@,format=raw,file.frob=1", "frob");
    refuse(f, "file=json:{,format=raw", "JSON");
    refuse(f, "file=@,format=raw,id=0x", "id");
    drive(f, "file=@,format=raw,if=pflash,id=a", &error_abort);
    refuse(f, "file=@,format=raw,if=none,id=a", "'a'");
    refuse(f, "file=@,format=raw,if=pflash,unit=0", "unit=0");
    g_assert_null(blk_next(blk_by_name("a"))); /* nothing half-done is left */
}

static void test_foreign_format(Fixture *f, gconstpointer data)
{
    g_assert_true(g_file_set_contents(f->image, "QFI\xfb\0\0\0\3", 8, NULL));
    refuse(f, "file=@", "qcow2");
    g_assert_true(g_file_set_contents(f->image, "QED\0\0\0\0\0", 8, NULL));
    refuse(f, "file=@", "looks like a qed image");
    g_assert_nonnull(drive(f, "file=@,format=raw", &error_abort));
}

static void test_access(Fixture *f, gconstpointer data)
{
    BlockBackend *blk = drive(f, "file=@,format=raw,if=none", &error_abort)->blk;
    char buf[16];

    g_assert_cmpint(blk_getlength(blk), ==, IMAGE_SIZE);
    g_assert_true(blk_is_writable(blk));
    g_assert_cmpint(blk_pread(blk, 100, 16, buf), ==, 0);
    g_assert_cmphex(buf[15], ==, 0x5a);
    g_assert_cmpint(blk_pwrite(blk, IMAGE_SIZE - 4, 4, "tail"), ==, 0);
    g_assert_cmpint(blk_flush(blk), ==, 0);
    g_assert_cmpint(blk_pread(blk, IMAGE_SIZE - 4, 4, buf), ==, 0);
    g_assert_cmpint(memcmp(buf, "tail", 4), ==, 0);
    g_assert_cmpint(blk_pwrite(blk, IMAGE_SIZE - 3, 4, "over"), ==, -EIO);
    g_assert_cmpint(blk_pread(blk, -1, 4, buf), ==, -EIO);
    g_assert_cmpint(blk_pread(blk, INT64_MAX, 4, buf), ==, -EIO);
    g_assert_cmpint(blk_pread(blk, 4, INT64_MAX, buf), ==, -EIO);
}

static void test_read_only(Fixture *f, gconstpointer data)
{
    BlockBackend *blk = drive(f, "file=@,format=raw,if=none,readonly=on", &error_abort)->blk;

    g_assert_false(blk_is_writable(blk));
    g_assert_cmpint(blk_pwrite(blk, 0, 1, "x"), ==, -EACCES);
}

static void test_empty_drive(Fixture *f, gconstpointer data)
{
    BlockBackend *blk = drive(f, "if=none,id=empty", &error_abort)->blk;
    char c;

    g_assert_false(blk_is_available(blk));
    g_assert_cmpint(blk_getlength(blk), ==, -ENOMEDIUM);
    g_assert_cmpint(blk_pread(blk, 0, 1, &c), ==, -ENOMEDIUM);
}

static void test_one_device(Fixture *f, gconstpointer data)
{
    BlockBackend *blk = drive(f, "file=@,format=raw,if=none", &error_abort)->blk;
    DeviceState *a = (DeviceState *)f, *b = (DeviceState *)&blk;

    g_assert_cmpint(blk_attach_dev(blk, a), ==, 0);
    g_assert_cmpint(blk_attach_dev(blk, b), ==, -EBUSY);
    blk_detach_dev(blk, a);
    g_assert_cmpint(blk_attach_dev(blk, b), ==, 0);
    g_assert_true(blk_get_attached_dev(blk) == b);
    blk_detach_dev(blk, b);
}

static void test_locks(Fixture *f, gconstpointer data)
{
    drive(f, "file=@,format=raw,if=none,id=w", &error_abort);
    refuse(f, "file=@,format=raw,if=none,id=w2", "Failed to get \"write\" lock");
    refuse(f, "file=@,format=raw,if=none,id=r,readonly=on", "Failed to get shared \"write\" lock");
    blk_close_all();
    drive(f, "file=@,format=raw,if=none,id=r,readonly=on", &error_abort);
    drive(f, "file=@,format=raw,if=none,id=r2,readonly=on", &error_abort);
    refuse(f, "file=@,format=raw,if=none,id=w", "Failed to get \"write\" lock");
}

static void test_info(Fixture *f, gconstpointer data)
{
    BlockBackendInfo info;

    drive(f, "file=@,format=raw,if=none,id=a,media=cdrom", &error_abort);
    drive(f, "if=none,id=b", &error_abort);
    blk_get_info(blk_by_name("a"), &info);
    g_assert_cmpstr(info.name, ==, "a");
    g_assert_cmpstr(info.filename, ==, f->image);
    g_assert_cmpstr(info.format, ==, "raw");
    g_assert_true(info.read_only); /* as a CD-ROM is */
    g_assert_cmpint(info.length, ==, IMAGE_SIZE);
    g_assert_true(blk_next(NULL) == blk_by_name("a"));
    g_assert_true(blk_next(blk_by_name("a")) == blk_by_name("b"));
    blk_get_info(blk_by_name("b"), &info);
    g_assert_null(info.filename);
}

static void test_shrunk_image(Fixture *f, gconstpointer data)
{
    BlockBackend *blk = drive(f, "file=@,format=raw,if=none", &error_abort)->blk;
    char buf[16];

    g_assert_cmpint(truncate(f->image, 8), ==, 0);
    g_assert_cmpint(blk_pread(blk, 0, 16, buf), ==, -EIO);
    g_assert_cmpint(blk_pread(blk, 0, 8, buf), ==, 0);
}

static int nb_reports;
static char last_report[1024];

static void keep_report(void *opaque, const char *text)
{
    nb_reports += strchr(text, '\n') != NULL;
    g_strlcpy(last_report, text, sizeof(last_report));
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = size;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void test_failing_writes(Fixture *f, gconstpointer data)
{
    BlockBackend *blk = drive(f, "file=@,format=raw,if=none,id=nor", &error_abort)->blk;
    ErrorSink old = error_set_sink((ErrorSink){ keep_report, NULL });

    nb_reports = 0;
    limit_files(16);
    for (int i = 0; i < 10; i++) {
        g_assert_cmpint(blk_pwrite(blk, 32 + i, 1, "x"), ==, -EFBIG);
    }
    g_assert_cmpint(nb_reports, ==, 1);
    g_assert_nonnull(strstr(last_report, "'nor'"));
    g_assert_nonnull(strstr(last_report, f->image));
    g_assert_nonnull(strstr(last_report, "File too large"));
    limit_files(RLIM_INFINITY);
    for (int i = 0; i < 10; i++) {
        g_assert_cmpint(blk_pwrite(blk, 32 + i, 1, "x"), ==, 0);
    }
    g_assert_cmpint(nb_reports, ==, 2);
    g_assert_nonnull(strstr(last_report, "can be written again"));
    limit_files(16);
    g_assert_cmpint(blk_pwrite(blk, 32, 1, "x"), ==, -EFBIG);
    g_assert_cmpint(nb_reports, ==, 3);
    limit_files(RLIM_INFINITY);
    error_set_sink(old);
}

static void test_cut_image(Fixture *f, gconstpointer data)
{
    BlockBackend *blk = drive(f, "file=@,format=raw,if=none,id=nor", &error_abort)->blk;
    ErrorSink old = error_set_sink((ErrorSink){ keep_report, NULL });
    g_autofree char *contents = NULL;
    gsize len;

    nb_reports = 0;
    g_assert_cmpint(truncate(f->image, 100), ==, 0);
    g_assert_cmpint(blk_pwrite(blk, 0, 1, "x"), ==, -EIO);
    g_assert_cmpint(blk_pwrite(blk, IMAGE_SIZE - 1, 1, "x"), ==, -EIO);
    blk_flush_all();
    g_assert_cmpint(nb_reports, ==, 1);
    g_assert_nonnull(strstr(last_report, "shortened"));
    g_assert_nonnull(strstr(last_report, "100 bytes"));
    g_assert_true(g_file_get_contents(f->image, &contents, &len, NULL));
    g_assert_cmpuint(len, ==, 100); /* no zeros where there was something */
    g_assert_cmpint(truncate(f->image, IMAGE_SIZE), ==, 0);
    g_assert_cmpint(blk_pwrite(blk, 0, 1, "x"), ==, 0);
    g_assert_cmpint(nb_reports, ==, 2);
    error_set_sink(old);
}

/* What blk_pwrite() took is in the file though the process is killed. */
static void test_survives_kill(Fixture *f, gconstpointer data)
{
    g_autofree char *contents = NULL;
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        BlockBackend *blk = drive(f, "file=@,format=raw,if=none", &error_abort)->blk;

        blk_pwrite(blk, 10, 4, "KILL");
        raise(SIGKILL);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status));
    g_assert_true(g_file_get_contents(f->image, &contents, NULL, NULL));
    g_assert_cmpint(memcmp(contents + 10, "KILL", 4), ==, 0);
    g_assert_nonnull(drive(f, "file=@,format=raw,if=none", &error_abort)); /* the lock is gone */
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *f, gconstpointer data);
    } tests[] = {
        { "place-of-a-drive", test_place },
        { "unclaimed-drive-is-found", test_unclaimed },
        { "default-interface", test_default_interface },
        { "pflash-option-takes-next-unit", test_pflash_option },
        { "bad-options-are-refused-by-name", test_refused },
        { "foreign-format-is-not-taken-as-raw", test_foreign_format },
        { "access-stays-inside", test_access },
        { "read-only", test_read_only },
        { "empty-drive", test_empty_drive },
        { "one-device-per-drive", test_one_device },
        { "one-writer-or-many-readers", test_locks },
        { "info", test_info },
        { "image-shortened-by-others", test_shrunk_image },
        { "failing-writes-are-reported-once", test_failing_writes },
        { "image-cut-by-others-is-not-written", test_cut_image },
        { "written-data-survive-a-kill", test_survives_kill },
    };

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/block/", tests[i].name, NULL);

        g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}
