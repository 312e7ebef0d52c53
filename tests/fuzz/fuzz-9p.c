/*
 * Fuzz target: the 9P server with a client that sends anything.
 *
 * An input is a byte that chooses an export and one for how much room a reply has, then messages: a
 * byte that says how many follow, and those: type, then the rest behind the tag.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include <ftw.h>
#include "../../hw/9pfs/p9-internal.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"

#define MAX_MESSAGES 64
#define MAX_SIZE     (64 * 1024) /* of files that a message has made */

static char *folder;
static P9Server *servers[3];

/* version, attach fid 1; then: clone it as 2; and something with that. */
#define VERSION(letter) "\25\144" "\0\20\0\0" "\10\0" "9P2000." letter
#define ATTACH          "\25\150" "\1\0\0\0" "\377\377\377\377" "\0\0" "\0\0" "\350\3\0\0"
#define CLONE           "\13\156" "\1\0\0\0" "\2\0\0\0" "\0\0"
static const char create[] = "\0\377" VERSION("L") ATTACH CLONE
    "\24\16" "\2\0\0\0" "\1\0" "f" "\102\0\0\0" "\244\1\0\0" "\0\0\0\0"
    "\25\166" "\2\0\0\0" "\0\0\0\0\0\0\0\0" "\4\0\0\0" "text"
    "\21\164" "\2\0\0\0" "\0\0\0\0\0\0\0\0" "\100\0\0\0" "\5\170" "\2\0\0\0";
static const char list[] = "\1\377" VERSION("L") ATTACH "\20\110" "\1\0\0\0" "\1\0" "d" "\355\1\0\0" "\0\0\0\0"
    CLONE "\11\14" "\2\0\0\0" "\0\0\0\0" "\21\50" "\2\0\0\0" "\0\0\0\0\0\0\0\0" "\0\1\0\0"
    "\15\30" "\1\0\0\0" "\377\7\0\0\0\0\0\0";
static const char names[] = "\1\377" VERSION("L") ATTACH "\17\20" "\1\0\0\0" "\1\0" "l" "\1\0" "f" "\0\0\0\0" CLONE
    "\17\112" "\1\0\0\0" "\1\0" "l" "\1\0\0\0" "\1\0" "m" "\14\114" "\1\0\0\0" "\1\0" "m" "\0\0\0\0"
    "\5\26" "\2\0\0\0" "\5\10" "\1\0\0\0";
static const char attributes[] = "\0\377" VERSION("L") ATTACH "\21\36" "\1\0\0\0" "\3\0\0\0" "\6\0" "user.a" CLONE
    "\31\40" "\2\0\0\0" "\6\0" "user.a" "\4\0\0\0\0\0\0\0" "\0\0\0\0"
    "\25\166" "\2\0\0\0" "\0\0\0\0\0\0\0\0" "\4\0\0\0" "text" "\5\170" "\2\0\0\0";
static const char plan9[] = "\2\377" VERSION("u") ATTACH CLONE "\17\162" "\2\0\0\0" "\1\0" "f" "\244\1\0\0" "\2" "\0\0"
    "\5\174" "\2\0\0\0" "\5\172" "\2\0\0\0" "\6\160" "\1\0\0\0" "\0" "\21\164" "\1\0\0\0" "\0\0\0\0\0\0\0\0" "\0\1\0\0";

const FuzzSeed fuzz_seeds[] = {
    FUZZ_TEXT(create), FUZZ_TEXT(list), FUZZ_TEXT(names), FUZZ_TEXT(attributes), FUZZ_TEXT(plan9),
    { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT(VERSION("L")), FUZZ_TEXT(VERSION("u")), FUZZ_TEXT(ATTACH), FUZZ_TEXT(CLONE),
    FUZZ_TEXT("\1\0f"), FUZZ_TEXT("\1\0d"), FUZZ_TEXT("\2\0.."), FUZZ_TEXT("\1\0\0\0"), FUZZ_TEXT("\2\0\0\0"),
    FUZZ_TEXT("\377\377\377\377"), FUZZ_TEXT("\0\0\0\0\0\0\0\0"), FUZZ_TEXT("\17\156\1\0\0\0\3\0\0\0\1\0\1\0d"),
    FUZZ_TEXT("\6\0user.a"), { NULL, 0 },
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    return ftw->level ? remove(path) : 0;
}

static void empty_folder(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_folder(void)
{
    empty_folder();
    rmdir(folder);
}

void fuzz_init(void)
{
    static const char *const models[] = { "none", "mapped-file", "mapped-xattr" };

    qemu_init_main_loop(&error_abort);
    folder = g_dir_make_tmp("fuzz-9p-XXXXXX", NULL);
    atexit(remove_folder);
    for (size_t i = 0; i < G_N_ELEMENTS(servers); i++) {
        g_autofree char *arg = g_strdup_printf("local,id=%s,path=%s,security_model=%s", models[i],
                                               folder, models[i]);

        fsdev_add_from_str(arg, &error_abort);
        servers[i] = p9_server_new(fsdev_find(models[i], &error_abort));
    }
}

/* Room on the host's disk isn't what this is about: a file that has become large is cut. */
static void cut_large_files(void)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct stat st;

        if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > MAX_SIZE &&
            truncate(path, 0) != 0) {
            unlink(path);
        }
    }
}

static void message(P9Server *s, const uint8_t *data, size_t size, size_t room)
{
    g_autofree uint8_t *out = g_malloc0(P9_HEADER + size), *in = g_malloc(room);
    struct iovec out_pieces[3] = {
        { out, 5 }, { out + 5, 4 }, { out + 9, P9_HEADER + size - 9 },
    }, in_pieces[2] = { { in, 9 }, { in + 9, room - 9 } };
    P9Request r = {
        .out = out_pieces, .num_out = 3, .out_size = P9_HEADER + size, .in = in_pieces,
        .num_in = 2, .in_size = room,
    };

    stl_le_p(out, P9_HEADER + size - (size > 40 && data[size - 1] == 0xee)); /* sometimes wrong */
    out[4] = data[0];
    memcpy(out + P9_HEADER, data + 1, size - 1);
    g_assert_true(p9_request_init(&r, s));
    p9_answer(&r);
    g_assert_cmpuint(r.written, >=, P9_HEADER);
    g_assert_cmpuint(r.written, <=, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size;
    P9Server *s;
    size_t room;

    if (size < 2) {
        return 0;
    }
    s = servers[data[0] % G_N_ELEMENTS(servers)];
    room = P9_MIN_REPLY + data[1] * 16;
    data += 2;
    for (int i = 0; i < MAX_MESSAGES && data < end; i++) {
        size_t length = MIN(MAX(*data, 3), end - data - 1);

        data++;
        if (length < 3) {
            break;
        }
        message(s, data, length, room);
        data += length;
    }
    cut_large_files();
    p9_server_reset(s);
    empty_folder();
    return 0;
}
