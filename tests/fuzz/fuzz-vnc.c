/*
 * Fuzz target: what a VNC viewer sends, to servers with and without a password at Unix sockets.
 *
 * An input is a byte that says which server, then what the viewer says; a byte 0xfe in it is a
 * pause, so that the server sees pieces.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "ui/console.h"
#include "ui/vnc.h"

#define LOGIN "RFB 003.008\n\1\1"
#define ALL   "\3\0\0\0\0\0\0\100\0\60" /* an update of 64 x 48 */

static const char plain[] = "\0" LOGIN ALL;
static const char formats[] = "\0" LOGIN "\0\0\0\0\10\10\0\1\0\7\0\7\0\3\0\3\6\0\0\0" ALL
                              "\0\0\0\0\20\20\0\1\0\37\0\77\0\37\13\5\0\0\0\0" ALL;
static const char encodings[] = "\0" LOGIN "\2\0\0\7\0\0\0\5\0\0\0\7\0\0\0\20\377\377\376\377"
                                "\377\377\376\376\377\377\377\41\377\377\376\314" ALL;
static const char keys[] = "\0" LOGIN "\2\0\0\2\377\377\376\376\377\377\376\377\4\1\0\0\0\0\0\101"
                           "\377\0\0\1\0\0\0\101\0\0\0\36\5\1\0\5\0\5\6\0\0\0\0\0\0\3abc";
static const char sizes[] = "\0" LOGIN "\373\0\0\200\0\100\1\0\0\0\0\1\0\0\0\0\0\200\0\100\0\0\0\0" ALL;
static const char password[] = "\1RFB 003.008\n\2" "0123456789abcdef\1" ALL;
static const char old[] = "\1RFB 003.003\n" "0123456789abcdef\1";
static const char websocket[] =
    "\0GET / HTTP/1.1\r\nHost: a\r\nOrigin: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: binary\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n\202\214\0\0\0\0RFB 003.008\n\202\202\0\0\0\0\1\1";

#define SEED(name) { name, sizeof(name) - 1 }

const FuzzSeed fuzz_seeds[] = {
    SEED(plain), SEED(formats), SEED(encodings), SEED(keys), SEED(sizes), SEED(password), SEED(old),
    SEED(websocket), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    FUZZ_TEXT(LOGIN), FUZZ_TEXT(ALL), FUZZ_TEXT("\376"), FUZZ_TEXT("\2\0\0\1\0\0\0\5"),
    FUZZ_TEXT("\2\0\0\1\0\0\0\6"), FUZZ_TEXT("\2\0\0\1\0\0\0\10"), FUZZ_TEXT("\2\0\0\1\0\0\0\21"),
    FUZZ_TEXT("\6\0\0\0\377\377\377\360"), FUZZ_TEXT("\7\1\0\0\0\0\0\4/tmp"),
    FUZZ_TEXT("\10\2\0\0\0\0\0\0\0\0\0\0"), FUZZ_TEXT("\13\0\0\0"), FUZZ_TEXT("\372\0\1\2"),
    FUZZ_TEXT("\202\200\0\0\0\0"), { NULL, 0 },
};

static char *dir, *paths[2];

/* Behind what removes the sockets in it. */
static void remove_dir(void)
{
    rmdir(dir);
}

static void refresh(void *opaque)
{
    Console **con = opaque;
    static unsigned count;

    if (++count % 16 == 0) { /* it has another size now and then */
        console_set_surface(*con, surface_new(32 + count % 64, 48));
    }
    console_update(*con, count % 32, 0, 8, 8);
}

void fuzz_init(void)
{
    static const ConsoleOps ops = { .refresh = refresh };
    static Console *con;

    dir = g_dir_make_tmp("fuzz-vnc-XXXXXX", NULL);
    atexit(remove_dir);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    con = console_new(NULL, 0, &ops, &con);
    console_set_surface(con, surface_new(64, 48));
    /* The library can't tell servers apart that want a password or not: one after the other. */
    for (int i = 0; i < 2; i++) {
        paths[i] = g_strdup_printf("%s/%d", dir, i);
    }
}

static int viewer_at(const char *path)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(un.sun_path, path, sizeof(un.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&un, sizeof(un)), ==, 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* The server's turn; what it sends is thrown away. False: it has hung up. */
static bool listen_to(int fd, int rounds)
{
    char answer[65536];
    ssize_t n = 1;

    for (int i = 0; i < rounds; i++) {
        main_loop_wait(true);
        while ((n = recv(fd, answer, sizeof(answer), 0)) > 0) {
            /* nothing to learn from it */
        }
        if (n == 0) {
            return false;
        }
        g_usleep(200);
    }
    return n != 0;
}

static void speak(int fd, const uint8_t *data, size_t size)
{
    while (size) {
        const uint8_t *pause = memchr(data, 0xfe, size);
        size_t piece = pause ? (size_t)(pause - data) : size;
        ssize_t n = piece ? send(fd, data, piece, MSG_NOSIGNAL) : 0;

        if (n < 0 && errno != EAGAIN) {
            return;
        }
        n = MAX(n, 0);
        data += n;
        size -= n;
        if (pause && (size_t)n == piece) {
            data++;
            size--;
        }
        if (!listen_to(fd, 2)) {
            return;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int running = -1;
    int which = size ? data[0] & 1 : 0;
    g_autofree char *arg = g_strdup_printf("unix:%s%s", paths[which], which ? ",password=on" : "");
    int fd;

    if (which != running) {
        vnc_cleanup();
        vnc_start(arg, &error_abort);
        if (which) {
            vnc_set_password(NULL, "secret", &error_abort);
        }
        running = which;
    }
    fd = viewer_at(paths[which]);
    if (size) {
        speak(fd, data + 1, size - 1);
    }
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 1000 && listen_to(fd, 1); i++) {
        /* until it hangs up, which it may wait with */
    }
    close(fd);
    main_loop_wait(true);
    return 0;
}
