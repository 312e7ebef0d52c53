/*
 * The 9P server: what each message does to the folder, and what none can do.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include "../../fsdev/fsdev-internal.h"
#include "../../hw/9pfs/p9-internal.h"

#define ROOM 8192
#define ROOT 1 /* the fid that is attached */

typedef struct Fixture {
    char *folder;
    P9Server *server;
} Fixture;

static uint8_t reply[ROOM];

/* --- messages --- */

/*
 * Parts of a message: b, w, d, q: 8 to 64 bits; s: a string; raw: pieces that arrive each by itself,
 * as drivers may cut a message anywhere.
 */
static GByteArray *message_v(uint8_t type, const char *form, va_list ap)
{
    GByteArray *m = g_byte_array_new();

    p9_put32(m, 0);
    p9_put8(m, type);
    p9_put16(m, 77);
    for (; *form; form++) {
        switch (*form) {
        case 'b':
            p9_put8(m, va_arg(ap, int));
            break;
        case 'w':
            p9_put16(m, va_arg(ap, int));
            break;
        case 'd':
            p9_put32(m, va_arg(ap, uint32_t));
            break;
        case 'q':
            p9_put64(m, va_arg(ap, uint64_t));
            break;
        default:
            p9_put_string(m, va_arg(ap, const char *));
        }
    }
    stl_le_p(m->data, m->len);
    return m;
}

static P9Request request(Fixture *f, struct iovec out[2], struct iovec *in, GByteArray *m,
                         size_t room)
{
    size_t cut = MIN(m->len, 9);

    out[0] = (struct iovec){ m->data, cut };
    out[1] = (struct iovec){ m->data + cut, m->len - cut };
    *in = (struct iovec){ reply, room };
    return (P9Request){ .out = out, .num_out = 2, .out_size = m->len, .in = in, .num_in = 1,
                        .in_size = room };
}

/* Sends it; the reply behind its header. A failure is *error. */
static P9Reader send_message(Fixture *f, GByteArray *m, int *error)
{
    struct iovec out[2], in;
    P9Request r = request(f, out, &in, m, ROOM);
    P9Reader in_reply;

    g_assert_true(p9_request_init(&r, f->server));
    p9_answer(&r);
    g_assert_cmpuint(r.written, >=, P9_HEADER);
    g_assert_cmpuint(r.written, <=, ROOM);
    g_assert_cmpuint(ldl_le_p(reply), ==, r.written);
    g_assert_cmpuint(lduw_le_p(reply + 5), ==, 77);
    in_reply = (P9Reader){ reply + P9_HEADER, reply + r.written, false };
    *error = 0;
    if (reply[4] == P9_TLERROR + 1) {
        *error = p9_get32(&in_reply);
    } else if (reply[4] == P9_TERROR + 1) {
        g_free(p9_get_string(&in_reply));
        *error = in_reply.at < in_reply.end ? (int)p9_get32(&in_reply) : EIO;
    } else {
        g_assert_cmpuint(reply[4], ==, m->data[4] + 1);
    }
    g_byte_array_free(m, true);
    return in_reply;
}

static P9Reader ok(Fixture *f, uint8_t type, const char *form, ...)
{
    P9Reader r;
    va_list ap;
    int error;

    va_start(ap, form);
    r = send_message(f, message_v(type, form, ap), &error);
    va_end(ap);
    g_assert_cmpint(error, ==, 0);
    return r;
}

/* 0, or the error. */
static int answer(Fixture *f, uint8_t type, const char *form, ...)
{
    va_list ap;
    int error;

    va_start(ap, form);
    send_message(f, message_v(type, form, ap), &error);
    va_end(ap);
    return error;
}

static int fails(Fixture *f, uint8_t type, const char *form, ...)
{
    va_list ap;
    int error;

    va_start(ap, form);
    send_message(f, message_v(type, form, ap), &error);
    va_end(ap);
    g_assert_cmpint(error, !=, 0);
    return error;
}

/* --- the folder --- */

static char *path(Fixture *f, const char *name)
{
    return g_build_filename(f->folder, name, NULL);
}

static void put_file(Fixture *f, const char *name, const char *text)
{
    g_autofree char *full = path(f, name);

    g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static bool is_there(Fixture *f, const char *name)
{
    g_autofree char *full = path(f, name);
    struct stat st;

    return lstat(full, &st) == 0;
}

static void start(Fixture *f, const char *options, const char *version)
{
    static int number;
    g_autofree char *id = g_strdup_printf("f%d", number++);
    g_autofree char *arg = NULL;

    if (!f->folder) {
        f->folder = g_dir_make_tmp("test-9p-XXXXXX", NULL);
    }
    arg = g_strdup_printf("local,id=%s,path=%s,%s", id, f->folder, options);
    fsdev_add_from_str(arg, &error_abort);
    f->server = p9_server_new(fsdev_find(id, &error_abort));
    ok(f, P9_TVERSION, "ds", ROOM, version);
    ok(f, P9_TATTACH, "ddssd", ROOT, P9_NOFID, "root", "", 1000);
}

static void end(Fixture *f)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->folder);

    p9_server_free(f->server);
    g_assert_cmpint(system(command), ==, 0);
    g_clear_pointer(&f->folder, g_free);
}

static void walk(Fixture *f, uint32_t fid, const char *name)
{
    g_assert_cmpuint(p9_get16(&(P9Reader[]){ ok(f, P9_TWALK, "ddws", ROOT, fid, 1, name) }[0]), ==, 1);
}

static void clunk(Fixture *f, uint32_t fid)
{
    ok(f, P9_TCLUNK, "d", fid);
}

/* --- rules --- */

static void test_sessions(void)
{
    Fixture f = { 0 };
    P9Reader r;
    g_autofree char *version = NULL, *unknown = NULL;

    start(&f, "security_model=none", "9P2000.L");
    g_assert_cmpint(fails(&f, P9_TATTACH, "ddssd", ROOT, P9_NOFID, "", "", 0), ==, EBADF);
    g_assert_cmpint(fails(&f, P9_TATTACH, "ddssd", 2, 5, "", "", 0), ==, EINVAL);
    g_assert_cmpint(fails(&f, P9_TAUTH, "dssd", 2, "", "", 0), ==, EOPNOTSUPP);
    g_assert_cmpint(fails(&f, P9_TVERSION, "ds", 100, "9P2000.L"), ==, EMSGSIZE);
    g_assert_cmpuint(p9_server_fids(f.server), ==, 1);
    r = ok(&f, P9_TVERSION, "ds", UINT32_MAX, "9P2000.u");
    g_assert_cmpuint(p9_get32(&r), ==, P9_MAX_MSIZE);
    version = p9_get_string(&r);
    g_assert_cmpstr(version, ==, "9P2000.u");
    g_assert_cmpuint(p9_server_fids(f.server), ==, 0); /* a new session */
    r = ok(&f, P9_TVERSION, "ds", ROOM, "9P1999");
    p9_get32(&r);
    unknown = p9_get_string(&r);
    g_assert_cmpstr(unknown, ==, "unknown");
    fails(&f, P9_TATTACH, "ddssd", ROOT, P9_NOFID, "", "", 0);
    end(&f);
}

/* Each type, cut at each place, and each with too much room claimed. */
static void test_malformed_messages_are_answered(void)
{
    static const char *const versions[] = { "9P2000.L", "9P2000.u" };

    for (int v = 0; v < 2; v++) {
        Fixture f = { 0 };

        start(&f, "security_model=none", versions[v]);
        for (int type = 0; type < 256; type++) {
            for (unsigned size = 0; size < 64; size++) {
                GByteArray *m = g_byte_array_new();
                int error;

                for (unsigned i = 0; i < P9_HEADER + size; i++) {
                    p9_put8(m, 0xff);
                }
                m->data[4] = type;
                stw_le_p(m->data + 5, 77);
                stl_le_p(m->data, m->len);
                send_message(&f, m, &error);
                g_assert_true(error || type == P9_TFLUSH);
            }
        }
        end(&f);
    }
}

static void test_sizes_are_checked(void)
{
    Fixture f = { 0 };
    struct iovec out[2], in;
    GByteArray *m;
    P9Request r;
    int error;

    start(&f, "security_model=none", "9P2000.L");
    for (unsigned claimed = 0; claimed < 40; claimed++) {
        m = g_byte_array_new();
        p9_put32(m, claimed);
        p9_put8(m, P9_TCLUNK);
        p9_put16(m, 77);
        p9_put32(m, 99);
        send_message(&f, m, &error);
        g_assert_cmpint(error, ==, claimed == 11 ? EBADF : EINVAL);
    }
    /* no header, no room for any answer: the device breaks */
    m = g_byte_array_new();
    p9_put32(m, 7);
    r = request(&f, out, &in, m, ROOM);
    g_assert_false(p9_request_init(&r, f.server));
    p9_put32(m, 7);
    r = request(&f, out, &in, m, P9_MIN_REPLY - 1);
    g_assert_false(p9_request_init(&r, f.server));
    g_byte_array_free(m, true);
    end(&f);
}

static void test_names_stay_inside(void)
{
    static const char *const bad[] = { "", ".", "..", "a/b", "/", "../x" };
    Fixture f = { 0 };
    P9Reader r;
    uint64_t root;

    start(&f, "security_model=none", "9P2000.L");
    r = ok(&f, P9_TGETATTR, "dq", ROOT, UINT64_C(0x7ff));
    p9_get64(&r), p9_get8(&r), p9_get32(&r);
    root = p9_get64(&r);
    r = ok(&f, P9_TWALK, "ddwsss", ROOT, 2, 3, "..", "..", "..");
    g_assert_cmpuint(p9_get16(&r), ==, 3);
    p9_get8(&r), p9_get32(&r);
    g_assert_cmphex(p9_get64(&r), ==, root);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        fails(&f, P9_TMKDIR, "dsdd", ROOT, bad[i], 0755, 0);
        fails(&f, P9_TLCREATE, "dsddd", ROOT, bad[i], 0101, 0644, 0);
        fails(&f, P9_TSYMLINK, "dssd", ROOT, bad[i], "x", 0);
        fails(&f, P9_TUNLINKAT, "dsd", ROOT, bad[i], 0x200);
        fails(&f, P9_TRENAMEAT, "dsds", ROOT, bad[i], ROOT, "x");
        if (i != 2) {
            fails(&f, P9_TWALK, "ddws", ROOT, 3, 1, bad[i]);
        }
    }
    fails(&f, P9_TREMOVE, "d", 2); /* the root, under another number */
    fails(&f, P9_TWALK, "ddw", ROOT, 3, 17);
    end(&f);
}

static void test_links_are_not_followed(void)
{
    Fixture f = { 0 };
    g_autofree char *link = NULL, *swap = NULL, *pipe = NULL;

    start(&f, "security_model=none", "9P2000.L");
    link = path(&f, "link");
    swap = path(&f, "swap");
    pipe = path(&f, "pipe");
    g_assert_cmpint(symlink("/", link), ==, 0);
    walk(&f, 2, "link");
    g_assert_cmpint(fails(&f, P9_TLOPEN, "dd", 2, 0), ==, ELOOP);
    fails(&f, P9_TWALK, "ddws", 2, 3, 1, "etc");
    fails(&f, P9_TMKDIR, "dsdd", 2, "new", 0755, 0);
    /* a folder that becomes one after it was walked to */
    g_assert_cmpint(mkdir(swap, 0755), ==, 0);
    walk(&f, 4, "swap");
    g_assert_cmpint(rmdir(swap), ==, 0);
    g_assert_cmpint(symlink(f.folder, swap), ==, 0);
    fails(&f, P9_TLCREATE, "dsddd", 4, "file", 0101, 0644, 0);
    fails(&f, P9_TWALK, "ddws", 4, 5, 1, "link");
    g_assert_false(is_there(&f, "file"));
    /* what waits when it is opened isn't opened */
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    walk(&f, 6, "pipe");
    g_assert_cmpint(fails(&f, P9_TLOPEN, "dd", 6, 0), ==, ENXIO);
    end(&f);
}

static void write_to(Fixture *f, uint32_t fid, uint64_t offset, const char *text)
{
    GByteArray *m = g_byte_array_new();
    P9Reader r;
    int error;

    p9_put32(m, P9_WRITE_HEADER); /* without the data, as old Linux has it */
    p9_put8(m, P9_TWRITE);
    p9_put16(m, 77);
    p9_put32(m, fid);
    p9_put64(m, offset);
    p9_put32(m, strlen(text));
    g_byte_array_append(m, (const uint8_t *)text, strlen(text));
    r = send_message(f, m, &error);
    g_assert_cmpint(error, ==, 0);
    g_assert_cmpuint(p9_get32(&r), ==, strlen(text));
}

static void expect_read(Fixture *f, uint32_t fid, uint64_t offset, uint32_t count, const char *text)
{
    P9Reader r = ok(f, P9_TREAD, "dqd", fid, offset, count);

    g_assert_cmpuint(p9_get32(&r), ==, strlen(text));
    g_assert_cmpmem(r.at, r.end - r.at, text, strlen(text));
}

static void test_fids_move_with_renames(void)
{
    Fixture f = { 0 };

    start(&f, "security_model=none", "9P2000.L");
    ok(&f, P9_TMKDIR, "dsdd", ROOT, "a", 0755, 0);
    walk(&f, 2, "a");
    ok(&f, P9_TWALK, "ddw", 2, 3, 0);
    ok(&f, P9_TLCREATE, "dsddd", 3, "file", 0102, 0644, 0);
    write_to(&f, 3, 0, "text");
    ok(&f, P9_TRENAMEAT, "dsds", ROOT, "a", ROOT, "b");
    g_assert_true(is_there(&f, "b/file"));
    ok(&f, P9_TWALK, "ddws", 2, 4, 1, "file"); /* through the fid of the old name */
    ok(&f, P9_TRENAME, "dds", 4, ROOT, "out");
    g_assert_true(is_there(&f, "out"));
    ok(&f, P9_TLOPEN, "dd", 4, 2);
    expect_read(&f, 4, 0, 100, "text");
    /* one that is replaced is gone, but for who has it open */
    put_file(&f, "other", "other");
    ok(&f, P9_TRENAMEAT, "dsds", ROOT, "other", ROOT, "out");
    expect_read(&f, 4, 1, 2, "ex");
    g_assert_cmpint(fails(&f, P9_TUNLINKAT, "dsd", ROOT, "b", 0), ==, EISDIR);
    ok(&f, P9_TUNLINKAT, "dsd", ROOT, "b", 0x200);
    g_assert_cmpint(fails(&f, P9_TMKDIR, "dsdd", 2, "new", 0755, 0), ==, ENOENT);
    ok(&f, P9_TGETATTR, "dq", 4, UINT64_C(0x7ff));
    ok(&f, P9_TSETATTR, "ddddd" "qqqqq", 4, 8, 0, 0, 0, UINT64_C(0), UINT64_C(0), UINT64_C(0),
       UINT64_C(0), UINT64_C(0));
    end(&f);
}

/* In pieces as large as the message allows; each name once. */
/* A host that moves folders while the guest does could have put one below itself. */
static void test_no_node_is_above_itself(void)
{
    Fixture f = { 0 };

    start(&f, "security_model=none", "9P2000.L");
    {
        FsExport *fs = f.server->fs;
        g_autoptr(FsNode) root = fs_root(fs), a = fs_child(root, "a"), b = fs_child(a, "b");
        g_autoptr(FsNode) c = fs_child(b, "c"), other = NULL;

        g_rw_lock_writer_lock(&fs->names);
        fs_node_move(a, c);
        g_assert_cmpint(fs_open_folder(b), ==, -ENOENT); /* rather than going round */
        g_rw_lock_writer_unlock(&fs->names);
        other = fs_child(root, "a");
        g_assert_true(other != a);
    }
    end(&f);
}

static void test_folders_are_read_in_pieces(void)
{
    Fixture f = { 0 };
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    uint64_t offset = 0;
    P9Reader r;

    start(&f, "security_model=none", "9P2000.L");
    for (int i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf("name-%d", i);

        put_file(&f, name, "");
    }
    ok(&f, P9_TWALK, "ddw", ROOT, 2, 0);
    g_assert_cmpint(fails(&f, P9_TREADDIR, "dqd", 2, UINT64_C(0), 1000), ==, EBADF);
    ok(&f, P9_TLOPEN, "dd", 2, 0);
    g_assert_cmpint(fails(&f, P9_TREADDIR, "dqd", 2, UINT64_C(0), 10), ==, EINVAL);
    for (int turn = 0;; turn++) {
        r = ok(&f, P9_TREADDIR, "dqd", 2, offset, turn % 2 ? 100 : UINT32_MAX);
        if (!p9_get32(&r)) {
            break;
        }
        while (r.at < r.end) {
            p9_get8(&r), p9_get32(&r), p9_get64(&r);
            offset = p9_get64(&r);
            p9_get8(&r);
            g_assert_true(g_hash_table_add(names, p9_get_string(&r)));
            g_assert_false(r.bad);
        }
    }
    g_assert_cmpuint(g_hash_table_size(names), ==, 1002);
    end(&f);
}

static void test_reads_fit_into_messages(void)
{
    Fixture f = { 0 };
    g_autofree char *text = g_strnfill(3 * ROOM, 'x');
    P9Reader r;

    start(&f, "security_model=none", "9P2000.L");
    put_file(&f, "file", text);
    walk(&f, 2, "file");
    g_assert_cmpint(fails(&f, P9_TREAD, "dqd", 2, UINT64_C(0), 10), ==, EBADF);
    ok(&f, P9_TLOPEN, "dd", 2, 0);
    r = ok(&f, P9_TREAD, "dqd", 2, UINT64_C(5), UINT32_MAX);
    g_assert_cmpuint(p9_get32(&r), ==, ROOM - P9_READ_HEADER);
    expect_read(&f, 2, 3 * ROOM - 3, 100, "xxx");
    expect_read(&f, 2, 4 * ROOM, 100, "");
    expect_read(&f, 2, 0, 0, "");
    fails(&f, P9_TREAD, "dqd", 2, UINT64_MAX, 10);
    g_assert_cmpint(fails(&f, P9_TWRITE, "dqdd", 2, UINT64_C(0), 4, 0), ==, EBADF); /* for reading */
    fails(&f, P9_TWRITE, "dqd", 2, UINT64_C(0), 4); /* more than there is */
    end(&f);
}

static void test_read_only(void)
{
    Fixture f = { 0 };

    start(&f, "security_model=none,readonly=on", "9P2000.L");
    put_file(&f, "file", "text");
    walk(&f, 2, "file");
    g_assert_cmpint(fails(&f, P9_TLOPEN, "dd", 2, 1), ==, EROFS);
    g_assert_cmpint(fails(&f, P9_TLOPEN, "dd", 2, 01000), ==, EROFS);
    g_assert_cmpint(fails(&f, P9_TMKDIR, "dsdd", ROOT, "d", 0755, 0), ==, EROFS);
    g_assert_cmpint(fails(&f, P9_TMKNOD, "dsdddd", ROOT, "n", 0100644, 0, 0, 0), ==, EROFS);
    g_assert_cmpint(fails(&f, P9_TSYMLINK, "dssd", ROOT, "s", "x", 0), ==, EROFS);
    g_assert_cmpint(fails(&f, P9_TLINK, "dds", ROOT, 2, "l"), ==, EROFS);
    g_assert_cmpint(fails(&f, P9_TRENAME, "dds", 2, ROOT, "r"), ==, EROFS);
    g_assert_cmpint(fails(&f, P9_TUNLINKAT, "dsd", ROOT, "file", 0), ==, EROFS);
    g_assert_cmpint(fails(&f, P9_TXATTRCREATE, "dsqd", 2, "user.a", UINT64_C(1), 0), ==, EROFS);
    for (uint32_t valid = 1; valid <= 0x20; valid <<= 1) {
        g_assert_cmpint(fails(&f, P9_TSETATTR, "ddddd" "qqqqq", 2, valid, 0, 0, 0, UINT64_C(0),
                              UINT64_C(0), UINT64_C(0), UINT64_C(0), UINT64_C(0)), ==, EROFS);
    }
    g_assert_cmpint(fails(&f, P9_TREMOVE, "d", 2), ==, EROFS);
    g_assert_true(is_there(&f, "file"));
    end(&f);
}

/* What the guest gives away stays the emulator's user's; the guest finds what it has given. */
static void test_mapped_owners(gconstpointer data)
{
    const char *model = data;
    g_autofree char *options = g_strdup_printf("security_model=%s", model);
    g_autofree char *full = NULL, *target = NULL;
    Fixture f = { 0 };
    struct stat st;
    P9Reader r;

    start(&f, options, "9P2000.L");
    if (g_str_equal(model, "mapped-xattr") && setxattr(f.folder, "user.a", "1", 1, 0) != 0) {
        g_test_skip("no extended attributes here");
        end(&f);
        return;
    }
    ok(&f, P9_TMKNOD, "dsdddd", ROOT, "null", S_IFCHR | 0640, 1, 3, 55);
    full = path(&f, "null");
    g_assert_cmpint(lstat(full, &st), ==, 0);
    g_assert_true(S_ISREG(st.st_mode));
    g_assert_cmphex(st.st_mode & 0777, ==, 0600);
    g_assert_cmpuint(st.st_uid, ==, geteuid());
    walk(&f, 2, "null");
    ok(&f, P9_TSETATTR, "ddddd" "qqqqq", 2, 1, 04711, 0, 0, UINT64_C(0), UINT64_C(0), UINT64_C(0),
       UINT64_C(0), UINT64_C(0));
    ok(&f, P9_TRENAME, "dds", 2, ROOT, "renamed");
    r = ok(&f, P9_TGETATTR, "dq", 2, UINT64_C(0x7ff));
    p9_get64(&r), p9_get8(&r), p9_get32(&r), p9_get64(&r);
    g_assert_cmphex(p9_get32(&r), ==, S_IFCHR | 04711);
    g_assert_cmpuint(p9_get32(&r), ==, 1000);
    g_assert_cmpuint(p9_get32(&r), ==, 55);
    p9_get64(&r);
    g_assert_cmphex(p9_get64(&r), ==, makedev(1, 3));
    g_assert_cmpint(fails(&f, P9_TLOPEN, "dd", 2, 0), ==, ENXIO);
    ok(&f, P9_TSYMLINK, "dssd", ROOT, "link", "/some/where", 0);
    walk(&f, 3, "link");
    r = ok(&f, P9_TREADLINK, "d", 3);
    target = p9_get_string(&r);
    g_assert_cmpstr(target, ==, "/some/where");
    /* the model's own names aren't there */
    fails(&f, P9_TWALK, "ddws", ROOT, 4, 1, ".virtfs_metadata");
    fails(&f, P9_TXATTRWALK, "dds", 2, 5, "user.virtfs.uid");
    ok(&f, P9_TMKDIR, "dsdd", ROOT, "d", 0755, 0);
    walk(&f, 6, "d");
    ok(&f, P9_TWALK, "ddw", 6, 7, 0);
    ok(&f, P9_TLCREATE, "dsddd", 7, "x", 0101, 0, 0);
    ok(&f, P9_TUNLINKAT, "dsd", 6, "x", 0);
    ok(&f, P9_TUNLINKAT, "dsd", ROOT, "d", 0x200);
    end(&f);
}

static void expect_metadata(Fixture *f, const char *name, const char *expected)
{
    g_autofree char *full = g_build_filename(f->folder, METADATA_FOLDER, name, NULL);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(full, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
}

static void own(Fixture *f, uint32_t fid, uint32_t uid)
{
    ok(f, P9_TSETATTR, "ddddd" "qqqqq", fid, 0x2, 0, uid, 0, UINT64_C(0), UINT64_C(0), UINT64_C(0),
       UINT64_C(0), UINT64_C(0));
}

/* A shorter text leaves nothing of the longer one; one that can't be moved isn't lost. */
static void test_metadata_files(void)
{
    g_autofree char *in_the_way = NULL;
    Fixture f = { 0 };

    start(&f, "security_model=mapped-file", "9P2000.L");
    put_file(&f, "file", "text");
    walk(&f, 2, "file");
    own(&f, 2, 1000000);
    expect_metadata(&f, "file", "virtfs.uid=1000000\n");
    own(&f, 2, 5);
    expect_metadata(&f, "file", "virtfs.uid=5\n");
    ok(&f, P9_TRENAME, "dds", 2, ROOT, "new");
    expect_metadata(&f, "new", "virtfs.uid=5\n");
    in_the_way = g_build_filename(f.folder, METADATA_FOLDER, "other", NULL);
    g_assert_cmpint(mkdir(in_the_way, 0700), ==, 0);
    ok(&f, P9_TRENAME, "dds", 2, ROOT, "other");
    expect_metadata(&f, "new", "virtfs.uid=5\n");
    end(&f);
}

static void expect_attributes(Fixture *f, uint32_t fid, uint32_t mode, uint64_t size)
{
    P9Reader r = ok(f, P9_TGETATTR, "dq", fid, UINT64_C(0x7ff));

    p9_get64(&r), p9_get8(&r), p9_get32(&r), p9_get64(&r);
    g_assert_cmphex(p9_get32(&r), ==, S_IFREG | mode);
    g_assert_cmpuint(p9_get32(&r), ==, geteuid());
    p9_get32(&r), p9_get64(&r), p9_get64(&r);
    g_assert_cmpuint(p9_get64(&r), ==, size);
    p9_get64(&r), p9_get64(&r), p9_get64(&r), p9_get64(&r);
    g_assert_cmpuint(p9_get64(&r), ==, 1000);
}

/* As programs do with their temporary files. */
static void test_open_files_without_a_name(gconstpointer data)
{
    const char *model = data;
    g_autofree char *options = g_strdup_printf("security_model=%s", model);
    Fixture f = { 0 };

    start(&f, options, "9P2000.L");
    if (g_str_equal(model, "mapped-xattr") && setxattr(f.folder, "user.a", "1", 1, 0) != 0) {
        g_test_skip("no extended attributes here");
        end(&f);
        return;
    }
    ok(&f, P9_TWALK, "ddw", ROOT, 2, 0);
    ok(&f, P9_TLCREATE, "dsddd", 2, "file", 2, 0600, UINT32_MAX);
    write_to(&f, 2, 0, "text");
    ok(&f, P9_TUNLINKAT, "dsd", ROOT, "file", 0);
    ok(&f, P9_TSETATTR, "ddddd" "qqqqq", 2, 0x1 | 0x2 | 0x8 | 0x20 | 0x100, 0640, geteuid(), 0,
       UINT64_C(2), UINT64_C(0), UINT64_C(0), UINT64_C(1000), UINT64_C(0));
    expect_attributes(&f, 2, 0640, 2);
    /* another one of that name isn't meant */
    put_file(&f, "file", "other");
    ok(&f, P9_TSETATTR, "ddddd" "qqqqq", 2, 0x8, 0, 0, 0, UINT64_C(1), UINT64_C(0), UINT64_C(0),
       UINT64_C(0), UINT64_C(0));
    walk(&f, 3, "file");
    ok(&f, P9_TLOPEN, "dd", 3, 0);
    expect_read(&f, 3, 0, 9, "other");
    ok(&f, P9_TSETATTR, "ddddd" "qqqqq", 3, 0x8, 0, 0, 0, UINT64_C(1), UINT64_C(0), UINT64_C(0),
       UINT64_C(0), UINT64_C(0)); /* open for reading: by its name */
    expect_read(&f, 3, 0, 9, "o");
    end(&f);
}

static void test_extended_attributes(void)
{
    Fixture f = { 0 };
    g_autofree char *full = NULL;
    P9Reader r;

    start(&f, "security_model=none", "9P2000.L");
    put_file(&f, "file", "");
    full = path(&f, "file");
    if (setxattr(full, "user.b", "value", 5, 0) != 0) {
        g_test_skip("no extended attributes here");
        end(&f);
        return;
    }
    walk(&f, 2, "file");
    r = ok(&f, P9_TXATTRWALK, "dds", 2, 3, "user.b");
    g_assert_cmpuint(p9_get64(&r), ==, 5);
    expect_read(&f, 3, 1, 3, "alu");
    r = ok(&f, P9_TXATTRWALK, "dds", 2, 4, "");
    g_assert_cmpuint(p9_get64(&r), >=, 7);
    g_assert_cmpint(fails(&f, P9_TXATTRWALK, "dds", 2, 5, "user.none"), ==, ENODATA);
    g_assert_cmpint(fails(&f, P9_TXATTRWALK, "dds", 2, 5, "trusted.a"), ==, EOPNOTSUPP);
    ok(&f, P9_TWALK, "ddw", 2, 6, 0);
    ok(&f, P9_TXATTRCREATE, "dsqd", 6, "user.c", UINT64_C(4), 0);
    write_to(&f, 6, 0, "ab");
    g_assert_cmpint(fails(&f, P9_TWRITE, "dqdd", 6, UINT64_C(1), 4, 0), ==, ENOSPC); /* too long */
    write_to(&f, 6, 2, "cd");
    g_assert_cmpint(getxattr(full, "user.c", NULL, 0), ==, -1); /* not before it is complete */
    clunk(&f, 6);
    g_assert_cmpint(getxattr(full, "user.c", NULL, 0), ==, 4);
    ok(&f, P9_TWALK, "ddw", 2, 6, 0);
    ok(&f, P9_TXATTRCREATE, "dsqd", 6, "user.c", UINT64_C(0), 0);
    clunk(&f, 6);
    g_assert_cmpint(getxattr(full, "user.c", NULL, 0), ==, -1);
    ok(&f, P9_TXATTRCREATE, "dsqd", 2, "user.c", UINT64_C(9), 0);
    g_assert_cmpint(fails(&f, P9_TCLUNK, "d", 2), ==, EINVAL);
    end(&f);
}

/* What a client has us keep has an end, and is kept no longer than the fid. */
static void test_attributes_of_fids_are_limited(void)
{
    Fixture f = { 0 };
    uint32_t fid = 2;
    int error = 0;

    start(&f, "security_model=none", "9P2000.L");
    put_file(&f, "file", "");
    for (; !error && fid < 2000; fid++) {
        walk(&f, fid, "file");
        error = answer(&f, P9_TXATTRCREATE, "dsqd", fid, "user.a", UINT64_C(65536), 0);
    }
    g_assert_cmpint(error, ==, ENOMEM);
    g_assert_cmpuint(fid, ==, 2 + 1024 + 1);
    fails(&f, P9_TCLUNK, "d", 2); /* the value isn't there */
    ok(&f, P9_TXATTRCREATE, "dsqd", fid - 1, "user.a", UINT64_C(65536), 0);
    ok(&f, P9_TVERSION, "ds", ROOM, "9P2000.L");
    ok(&f, P9_TATTACH, "ddssd", ROOT, P9_NOFID, "root", "", 1000);
    walk(&f, 2, "file");
    ok(&f, P9_TXATTRCREATE, "dsqd", 2, "user.a", UINT64_C(65536), 0);
    end(&f);
}

static int lock(Fixture *f, uint32_t fid, int type, uint64_t from, uint64_t length, uint32_t process)
{
    P9Reader r = ok(f, P9_TLOCK, "dbdqqds", fid, type, 0, from, length, process, "host");

    return p9_get8(&r);
}

static void test_locks(void)
{
    Fixture f = { 0 };
    g_autofree char *long_name = g_strnfill(256, 'h');
    P9Reader r;

    start(&f, "security_model=none", "9P2000.L");
    put_file(&f, "file", "text");
    for (uint32_t fid = 2; fid < 4; fid++) {
        walk(&f, fid, "file");
        ok(&f, P9_TLOPEN, "dd", fid, 2);
    }
    g_assert_cmpint(lock(&f, 2, P9_LOCK_WRLCK, 10, 10, 1), ==, 0);
    g_assert_cmpint(lock(&f, 3, P9_LOCK_RDLCK, 0, 10, 2), ==, 0);
    g_assert_cmpint(lock(&f, 3, P9_LOCK_RDLCK, 19, 0, 2), ==, 1);
    g_assert_cmpint(lock(&f, 3, P9_LOCK_RDLCK, 20, 0, 2), ==, 0);
    g_assert_cmpint(lock(&f, 2, P9_LOCK_UNLCK, 13, 2, 1), ==, 0);
    g_assert_cmpint(lock(&f, 3, P9_LOCK_WRLCK, 13, 2, 2), ==, 0);
    r = ok(&f, P9_TGETLOCK, "dbqqds", 2, P9_LOCK_WRLCK, UINT64_C(14), UINT64_C(0), 1, "host");
    g_assert_cmpint(p9_get8(&r), !=, P9_LOCK_UNLCK);
    p9_get64(&r), p9_get64(&r);
    g_assert_cmpint(p9_get32(&r), ==, 2);
    clunk(&f, 3); /* and what it had is free */
    g_assert_cmpint(lock(&f, 2, P9_LOCK_WRLCK, 0, 0, 1), ==, 0);
    fails(&f, P9_TLOCK, "dbdqqds", 2, 3, 0, UINT64_C(0), UINT64_C(0), 1, "host");
    g_assert_cmpint(fails(&f, P9_TLOCK, "dbdqqds", 2, P9_LOCK_RDLCK, 0, UINT64_C(0), UINT64_C(0), 1,
                          long_name), ==, EINVAL);
    end(&f);
}

static void test_plan9s_messages(void)
{
    Fixture f = { 0 };
    g_autofree char *full = NULL, *target = NULL, *name = NULL;
    struct stat st;
    char text[20];
    P9Reader r;
    int entries = 0;

    start(&f, "security_model=none", "9P2000.u");
    g_assert_cmpint(fails(&f, P9_TGETATTR, "dq", ROOT, UINT64_C(1)), ==, EOPNOTSUPP);
    ok(&f, P9_TWALK, "ddw", ROOT, 2, 0);
    ok(&f, P9_TCREATE, "dsdbs", 2, "file", 0640, 2, "");
    write_to(&f, 2, 0, "text");
    clunk(&f, 2);
    ok(&f, P9_TWALK, "ddw", ROOT, 2, 0);
    ok(&f, P9_TCREATE, "dsdbs", 2, "link", 0x02000000u, 0, "file");
    full = path(&f, "link");
    g_assert_cmpint(readlink(full, text, sizeof(text)), ==, 4);
    r = ok(&f, P9_TSTAT, "d", 2);
    p9_get32(&r); /* sizes */
    p9_get16(&r), p9_get32(&r), p9_get8(&r), p9_get32(&r), p9_get64(&r);
    g_assert_cmphex(p9_get32(&r) & 0x02000000u, !=, 0);
    p9_get32(&r), p9_get32(&r), p9_get64(&r);
    name = p9_get_string(&r);
    g_assert_cmpstr(name, ==, "link");
    for (int i = 0; i < 3; i++) {
        g_free(p9_get_string(&r));
    }
    target = p9_get_string(&r);
    g_assert_cmpstr(target, ==, "file");
    ok(&f, P9_TWALK, "ddw", ROOT, 3, 0);
    ok(&f, P9_TCREATE, "dsdbs", 3, "d", 0x80000000u | 0755, 0, "");
    walk(&f, 4, "file");
    ok(&f, P9_TWSTAT, "dww" "wdbdq" "dddq" "sssss" "ddd", 4, 0, 0, 0xffff, UINT32_MAX, 0xff,
       UINT32_MAX, UINT64_MAX, 0600, UINT32_MAX, 1000, UINT64_C(2), "renamed", "", "", "", "",
       UINT32_MAX, UINT32_MAX, UINT32_MAX);
    g_free(full);
    full = path(&f, "renamed");
    g_assert_cmpint(lstat(full, &st), ==, 0);
    g_assert_cmpint(st.st_size, ==, 2);
    g_assert_cmpint(st.st_mtime, ==, 1000);
    g_assert_cmphex(st.st_mode & 0777, ==, 0600);
    ok(&f, P9_TOPEN, "db", ROOT, 0);
    for (uint64_t offset = 0;;) {
        r = ok(&f, P9_TREAD, "dqd", ROOT, offset, 100);
        if (!p9_get32(&r)) {
            break;
        }
        while (r.at < r.end) {
            uint16_t size = p9_get16(&r);

            offset += 2 + size;
            r.at += size;
            entries++;
        }
    }
    g_assert_cmpint(entries, ==, 3);
    ok(&f, P9_TOPEN, "db", 4, 0x40); /* removed when it is clunked */
    clunk(&f, 4);
    g_assert_false(is_there(&f, "renamed"));
    end(&f);
}

static unsigned open_files(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    unsigned n = 0;

    while (g_dir_read_name(dir)) {
        n++;
    }
    return n;
}

static void test_a_new_session_closes_all(void)
{
    Fixture f = { 0 };
    unsigned before;

    start(&f, "security_model=none", "9P2000.L");
    put_file(&f, "file", "text");
    before = open_files();
    for (uint32_t fid = 2; fid < 50; fid++) {
        if (fid & 1) {
            walk(&f, fid, "file");
        } else {
            ok(&f, P9_TWALK, "ddw", ROOT, fid, 0);
        }
        ok(&f, P9_TLOPEN, "dd", fid, 0);
    }
    g_assert_cmpuint(open_files(), ==, before + 48);
    ok(&f, P9_TVERSION, "ds", ROOM, "9P2000.L");
    g_assert_cmpuint(open_files(), ==, before);
    end(&f);
}

/* Servers share what the host lets the emulator open, and leave half of it. */
static void test_open_files_are_limited(void)
{
    Fixture f[2] = { 0 };
    struct rlimit before, limit;
    uint32_t fid = 2;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    limit = (struct rlimit){ 200, before.rlim_max };
    for (int i = 0; i < 2; i++) {
        start(&f[i], "security_model=none", "9P2000.L");
        put_file(&f[i], "file", "text");
    }
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    for (; fid < 102; fid++) {
        walk(&f[fid & 1], fid, "file");
        ok(&f[fid & 1], P9_TLOPEN, "dd", fid, 0);
    }
    for (int i = 0; i < 2; i++) {
        walk(&f[i], fid, "file");
        g_assert_cmpint(fails(&f[i], P9_TLOPEN, "dd", fid, 0), ==, EMFILE);
    }
    clunk(&f[0], 2);
    ok(&f[1], P9_TLOPEN, "dd", fid, 0);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
    for (int i = 0; i < 2; i++) {
        end(&f[i]);
    }
}

/* --- the queue --- */

static unsigned answers[256], nb_answers;

static void done(P9Request *r)
{
    answers[nb_answers++] = r->tag;
}

static void dropped(P9Request *r)
{
    nb_answers++;
}

static void test_requests_wait_their_turn(void)
{
    Fixture f = { 0 };
    P9Queue *q = p9_queue_new(done);
    P9Request r[64];
    GByteArray *m[64];
    struct iovec out[64][2], in[64];
    uint8_t replies[64][64];

    start(&f, "security_model=none", "9P2000.L");
    for (unsigned i = 0; i < 64; i++) {
        m[i] = g_byte_array_new();
        p9_put32(m[i], 0);
        p9_put8(m[i], i == 40 ? P9_TVERSION : i % 4 == 3 ? P9_TFLUSH : P9_TCLUNK);
        p9_put16(m[i], i);
        if (i == 40) {
            p9_put32(m[i], ROOM);
            p9_put_string(m[i], "9P2000.L");
        } else if (i % 4 == 3) {
            p9_put16(m[i], i - 1);
        } else {
            p9_put32(m[i], 99);
        }
        stl_le_p(m[i]->data, m[i]->len);
        r[i] = request(&f, out[i], &in[i], m[i], sizeof(replies[i]));
        in[i].iov_base = replies[i];
        g_assert_true(p9_request_init(&r[i], f.server));
        p9_queue_add(q, &r[i]);
    }
    while (nb_answers < 64) {
        main_loop_wait(false);
    }
    g_assert_true(p9_queue_is_idle(q));
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned before = 0; before < i; before++) {
            /* a flush comes behind what it is about; a new session behind all that came before */
            if (answers[before] % 4 == 3 && answers[before] != 40) {
                g_assert_cmpuint(answers[i], !=, answers[before] - 1);
            }
            g_assert_false(answers[before] == 40 && answers[i] < 40);
        }
    }
    nb_answers = 0;
    for (unsigned i = 0; i < 64; i++) {
        p9_queue_add(q, &r[i]);
    }
    p9_queue_drop_all(q, dropped);
    g_assert_cmpuint(nb_answers, ==, 64);
    p9_queue_free(q);
    for (unsigned i = 0; i < 64; i++) {
        g_byte_array_free(m[i], true);
    }
    end(&f);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    g_test_add_func("/9p/a-version-begins-a-session", test_sessions);
    g_test_add_func("/9p/malformed-messages-are-answered", test_malformed_messages_are_answered);
    g_test_add_func("/9p/sizes-are-checked", test_sizes_are_checked);
    g_test_add_func("/9p/names-stay-inside", test_names_stay_inside);
    g_test_add_func("/9p/links-are-not-followed", test_links_are_not_followed);
    g_test_add_func("/9p/fids-move-with-renames", test_fids_move_with_renames);
    g_test_add_func("/9p/no-node-is-above-itself", test_no_node_is_above_itself);
    g_test_add_func("/9p/folders-are-read-in-pieces", test_folders_are_read_in_pieces);
    g_test_add_func("/9p/reads-fit-into-messages", test_reads_fit_into_messages);
    g_test_add_func("/9p/read-only", test_read_only);
    g_test_add_data_func("/9p/mapped-xattr", "mapped-xattr", test_mapped_owners);
    g_test_add_data_func("/9p/mapped-file", "mapped-file", test_mapped_owners);
    g_test_add_func("/9p/metadata-files", test_metadata_files);
    g_test_add_data_func("/9p/unnamed/none", "none", test_open_files_without_a_name);
    g_test_add_data_func("/9p/unnamed/mapped-xattr", "mapped-xattr",
                         test_open_files_without_a_name);
    g_test_add_func("/9p/extended-attributes", test_extended_attributes);
    g_test_add_func("/9p/attributes-of-fids-are-limited", test_attributes_of_fids_are_limited);
    g_test_add_func("/9p/locks", test_locks);
    g_test_add_func("/9p/plan9s-messages", test_plan9s_messages);
    g_test_add_func("/9p/a-new-session-closes-all", test_a_new_session_closes_all);
    g_test_add_func("/9p/open-files-are-limited", test_open_files_are_limited);
    g_test_add_func("/9p/requests-wait-their-turn", test_requests_wait_their_turn);
    return g_test_run();
}
