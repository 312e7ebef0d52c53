/*
 * Character devices: what was sent arrives, once, in order, and only as fast as the front end takes
 * it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include "chardev/char-fe.h"
#include "chardev/char-ringbuf.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/option.h"
#include "system/runstate.h"
#include "system/system.h"

static ShutdownCause shutdown_cause;

/* The mux asks for the end of the emulator; here it only says that it has. */
void qemu_system_shutdown_request(ShutdownCause reason)
{
    shutdown_cause = reason;
}

typedef struct FrontEnd {
    CharBackend be;
    GString *got;
    int room; /* bytes that it still takes */
    int chunk_max;
    int opened, closed, breaks, mux_in, mux_out;
    bool mark_breaks; /* in `got` */
} FrontEnd;

static int fe_can_read(void *opaque)
{
    FrontEnd *fe = opaque;

    return fe->chunk_max ? MIN(fe->room, fe->chunk_max) : fe->room;
}

static void fe_read(void *opaque, const uint8_t *buf, int size)
{
    FrontEnd *fe = opaque;

    g_assert_cmpint(size, <=, fe_can_read(fe));
    g_string_append_len(fe->got, (const char *)buf, size);
    fe->room -= size;
}

static void fe_event(void *opaque, QEMUChrEvent event)
{
    FrontEnd *fe = opaque;

    fe->opened += event == CHR_EVENT_OPENED;
    fe->closed += event == CHR_EVENT_CLOSED;
    fe->breaks += event == CHR_EVENT_BREAK;
    if (event == CHR_EVENT_BREAK && fe->mark_breaks) {
        g_string_append_c(fe->got, '_');
        fe->room--;
    }
    fe->mux_in += event == CHR_EVENT_MUX_IN;
    fe->mux_out += event == CHR_EVENT_MUX_OUT;
}

static void fe_init(FrontEnd *fe, Chardev *chr)
{
    memset(fe, 0, sizeof(*fe));
    fe->got = g_string_new(NULL);
    fe->room = INT_MAX;
    g_assert_true(qemu_chr_fe_init(&fe->be, chr, &error_abort));
    qemu_chr_fe_set_handlers(&fe->be, fe_can_read, fe_read, fe_event, NULL, fe, NULL, true);
}

static void fe_done(FrontEnd *fe)
{
    qemu_chr_fe_deinit(&fe->be, false);
    g_string_free(fe->got, TRUE);
}

static Chardev *make(const char *opts_text)
{
    QemuOpts *opts = qemu_opts_parse(&qemu_chardev_opts, opts_text, true, &error_abort);
    Chardev *chr = qemu_chr_new_from_opts(opts, &error_abort);

    qemu_opts_del(opts);
    return chr;
}

static void run_loop(void)
{
    for (int i = 0; i < 50; i++) {
        g_main_context_iteration(NULL, FALSE);
    }
}

static int unix_connect(const char *path)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(un.sun_path, path, sizeof(un.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&un, sizeof(un)), ==, 0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
    run_loop();
}

static char *tmp_dir;

static char *tmp_path(const char *name)
{
    tmp_dir = tmp_dir ? tmp_dir : g_dir_make_tmp("test-char-XXXXXX", NULL);
    return g_build_filename(tmp_dir, name, NULL);
}

static void remove_tmp_dir(void)
{
    GDir *entries = tmp_dir ? g_dir_open(tmp_dir, 0, NULL) : NULL;
    const char *name;

    while (entries && (name = g_dir_read_name(entries))) {
        g_autofree char *path = tmp_path(name);

        unlink(path);
    }
    if (entries) {
        g_dir_close(entries);
        rmdir(tmp_dir);
    }
    g_free(tmp_dir);
}

static void test_null(void)
{
    FrontEnd fe;

    fe_init(&fe, make("null,id=n"));
    g_assert_cmpint(qemu_chr_fe_write(&fe.be, (uint8_t *)"abc", 3), ==, 3);
    g_assert_cmpint(fe.opened, ==, 1);
    fe_done(&fe);
    g_assert_true(qemu_chr_remove("n", &error_abort));
}

static void test_no_back_end(void)
{
    CharBackend be = { 0 };

    g_assert_cmpint(qemu_chr_fe_write(&be, (uint8_t *)"abc", 3), ==, 3);
    g_assert_cmpint(qemu_chr_fe_write_all(&be, (uint8_t *)"abc", 3), ==, 3);
    g_assert_cmpint(qemu_chr_fe_add_watch(&be, G_IO_OUT, NULL, NULL), ==, 0);
    g_assert_false(qemu_chr_fe_backend_connected(&be));
    qemu_chr_fe_accept_input(&be);
    qemu_chr_fe_deinit(&be, false);
}

static void test_one_front_end(void)
{
    Chardev *chr = make("null,id=one");
    CharBackend other = { 0 };
    Error *err = NULL;
    FrontEnd fe;

    fe_init(&fe, chr);
    g_assert_false(qemu_chr_fe_init(&other, chr, &err));
    error_free_or_abort(&err);
    g_assert_false(qemu_chr_remove("one", &err));
    error_free_or_abort(&err);
    fe_done(&fe);
    g_assert_true(qemu_chr_remove("one", &error_abort));
}

static void test_file(void)
{
    g_autofree char *path = tmp_path("file");
    g_autofree char *opts = g_strdup_printf("file,id=f,path=%s", path);
    g_autofree char *append = g_strdup_printf("file,id=f,path=%s,append=on", path);
    g_autofree char *text = NULL;
    FrontEnd fe;

    fe_init(&fe, make(opts));
    qemu_chr_fe_write_all(&fe.be, (uint8_t *)"one\n", 4);
    fe_done(&fe);
    qemu_chr_remove("f", &error_abort);
    fe_init(&fe, make(append));
    qemu_chr_fe_write_all(&fe.be, (uint8_t *)"two\n", 4);
    fe_done(&fe);
    qemu_chr_remove("f", &error_abort);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "one\ntwo\n");
}

static void test_file_input_end(void)
{
    g_autofree char *in = tmp_path("input"), *out = tmp_path("output");
    g_autofree char *opts = g_strdup_printf("file,id=f,path=%s,input-path=%s", out, in);
    FrontEnd fe;

    g_assert_true(g_file_set_contents(in, "hello", -1, NULL));
    fe_init(&fe, make(opts));
    fe.chunk_max = 2;
    run_loop();
    g_assert_cmpstr(fe.got->str, ==, "hello");
    g_assert_cmpint(fe.closed, ==, 1);
    /* After the end nothing is polled any more: an iteration that may block finds nothing to do. */
    g_assert_false(g_main_context_pending(NULL));
    fe_done(&fe);
    qemu_chr_remove("f", &error_abort);
}

static void test_socket_flow_control(void)
{
    g_autofree char *path = tmp_path("sock");
    g_autofree char *opts = g_strdup_printf("socket,id=s,path=%s,server=on,wait=off", path);
    char big[20000];
    FrontEnd fe;
    int fd;

    memset(big, 'x', sizeof(big));
    big[0] = 'A';
    big[sizeof(big) - 1] = 'Z';
    fe_init(&fe, make(opts));
    fe.room = 0;
    fd = unix_connect(path);
    run_loop();
    g_assert_cmpint(fe.opened, ==, 1);
    g_assert_cmpint(write(fd, big, sizeof(big)), ==, sizeof(big));
    close(fd);
    run_loop();
    g_assert_cmpint(fe.got->len, ==, 0);
    g_assert_false(g_main_context_pending(NULL)); /* closed and full: no spinning */

    fe.room = 5000;
    qemu_chr_fe_accept_input(&fe.be);
    run_loop();
    g_assert_cmpint(fe.got->len, ==, 5000);
    fe.room = INT_MAX;
    run_loop();
    g_assert_cmpint(fe.got->len, ==, sizeof(big));
    g_assert_cmpint(fe.got->str[0], ==, 'A');
    g_assert_cmpint(fe.got->str[sizeof(big) - 1], ==, 'Z');
    g_assert_cmpint(fe.closed, ==, 1);
    fe_done(&fe);
    qemu_chr_remove("s", &error_abort);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static gboolean writable(void *unused, GIOCondition cond, void *data)
{
    *(bool *)data = true;
    return FALSE;
}

static void test_socket_backpressure(void)
{
    g_autofree char *path = tmp_path("sock2");
    g_autofree char *opts = g_strdup_printf("socket,id=s,path=%s,server=on,wait=off", path);
    static uint8_t chunk[65536];
    size_t written = 0, received = 0;
    bool again = false;
    FrontEnd fe;
    ssize_t n;
    int fd;

    fe_init(&fe, make(opts));
    /* Nobody there: dropped. */
    g_assert_cmpint(qemu_chr_fe_write(&fe.be, chunk, 10), ==, 10);
    fd = unix_connect(path);
    run_loop();
    while ((n = qemu_chr_fe_write(&fe.be, chunk, sizeof(chunk))) > 0) {
        written += n;
        g_assert_cmpint(written, <, 64 * MiB);
    }
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_cmpint(qemu_chr_fe_add_watch(&fe.be, G_IO_OUT, writable, &again), !=, 0);
    run_loop();
    g_assert_false(again);
    while (received < written) {
        run_loop();
        n = read(fd, chunk, sizeof(chunk));
        g_assert_cmpint(n, >, 0);
        received += n;
    }
    run_loop();
    g_assert_true(again);
    close(fd);
    run_loop();
    fe_done(&fe);
    qemu_chr_remove("s", &error_abort);
}

static gpointer read_to_the_end(gpointer data)
{
    GByteArray *got = g_byte_array_new();
    int fd = GPOINTER_TO_INT(data);
    uint8_t buf[4096];
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        g_byte_array_append(got, buf, n);
    }
    close(fd);
    return got;
}

/* As a UART writes them; the last ones are under way still when the device goes. */
static void test_socket_small_writes(void)
{
    g_autofree char *path = tmp_path("sock5");
    g_autofree char *opts = g_strdup_printf("socket,id=s,path=%s,server=on,wait=off", path);
    g_autoptr(GByteArray) got = NULL;
    FrontEnd fe;
    GThread *reader;
    int fd;

    fe_init(&fe, make(opts));
    fd = unix_connect(path);
    run_loop();
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t byte = i % 251;

        g_assert_cmpint(qemu_chr_fe_write(&fe.be, &byte, 1), ==, 1);
    }
    reader = g_thread_new("reader", read_to_the_end, GINT_TO_POINTER(fd));
    fe_done(&fe);
    qemu_chr_remove("s", &error_abort);
    got = g_thread_join(reader);
    g_assert_cmpuint(got->len, ==, 20000);
    for (unsigned i = 0; i < got->len; i++) {
        g_assert_cmpuint(got->data[i], ==, i % 251);
    }
}

static void test_socket_wait_for_input(void)
{
    g_autofree char *path = tmp_path("wait");
    g_autofree char *opts = g_strdup_printf("socket,id=w,path=%s,server=on,wait=off", path);
    Chardev *chr = make(opts), *nobody = make("null,id=nobody");
    FrontEnd fe, other;
    int fd;

    fe_init(&fe, chr);
    fe_init(&other, nobody);
    g_assert_false(qemu_chr_fe_wait_input(&other.be, 1)); /* can't wait */
    g_assert_false(qemu_chr_fe_wait_input(&fe.be, 1));    /* nobody is there */
    fd = unix_connect(path);
    run_loop();
    g_assert_cmpint(fe.opened, ==, 1);
    g_assert_false(qemu_chr_fe_wait_input(&fe.be, 1)); /* nothing comes */
    g_assert_cmpint(write(fd, "abc", 3), ==, 3);
    g_assert_true(qemu_chr_fe_wait_input(&fe.be, 10000));
    g_assert_cmpstr(fe.got->str, ==, "abc");
    close(fd);
    g_assert_false(qemu_chr_fe_wait_input(&fe.be, 10000)); /* the end */
    run_loop();
    g_assert_cmpint(fe.closed, ==, 1);
    fe_done(&other);
    fe_done(&fe);
    g_assert_true(qemu_chr_remove("nobody", &error_abort));
    g_assert_true(qemu_chr_remove("w", &error_abort));
}

static void test_socket_again(void)
{
    g_autofree char *path = tmp_path("sock3");
    g_autofree char *opts = g_strdup_printf("socket,id=s,path=%s,server=on,wait=off", path);
    FrontEnd fe;

    fe_init(&fe, make(opts));
    for (int i = 1; i <= 3; i++) {
        int fd = unix_connect(path);

        run_loop();
        send_text(fd, "x");
        close(fd);
        run_loop();
        g_assert_cmpint(fe.opened, ==, i);
        g_assert_cmpint(fe.closed, ==, i);
        g_assert_cmpint(fe.got->len, ==, i);
    }
    fe_done(&fe);
    qemu_chr_remove("s", &error_abort);
}

/* A client that hangs up while the device reads nothing gives way to the next one. */
static void test_socket_next_client(void)
{
    g_autofree char *path = tmp_path("sock5");
    g_autofree char *opts = g_strdup_printf("socket,id=s,path=%s,server=on,wait=off", path);
    FrontEnd fe;
    int fd;

    fe_init(&fe, make(opts));
    fe.room = 0;
    close(unix_connect(path));
    run_loop();
    g_assert_cmpint(fe.closed, ==, 1);
    fd = unix_connect(path);
    run_loop();
    send_text(fd, "left behind");
    close(fd);
    run_loop();
    g_assert_cmpint(fe.closed, ==, 1);
    g_assert_false(g_main_context_pending(NULL));
    fd = unix_connect(path);
    run_loop();
    g_assert_cmpint(fe.opened, ==, 3);
    g_assert_cmpint(fe.closed, ==, 2);
    fe.room = INT_MAX;
    send_text(fd, "new");
    g_assert_cmpstr(fe.got->str, ==, "new");
    close(fd);
    run_loop();
    g_assert_cmpint(fe.closed, ==, 3);
    fe_done(&fe);
    qemu_chr_remove("s", &error_abort);
}

static void test_telnet(void)
{
    g_autofree char *path = tmp_path("sock4");
    g_autofree char *opts =
        g_strdup_printf("socket,id=s,path=%s,server=on,wait=off,telnet=on", path);
    static const uint8_t input[] = { 'a', 255, 253, 1, 'b', 255, 255, 255, 243, 'c',
                                     255, 250, 31, 0, 255, 240, 'd' };
    uint8_t reply[64];
    FrontEnd fe;
    int fd;

    fe_init(&fe, make(opts));
    fd = unix_connect(path);
    run_loop();
    g_assert_cmpint(read(fd, reply, sizeof(reply)), ==, 12);
    for (size_t i = 0; i < sizeof(input); i++) {
        g_assert_cmpint(write(fd, &input[i], 1), ==, 1);
        run_loop();
    }
    g_assert_cmpstr(fe.got->str, ==, "ab\377cd");
    g_assert_cmpint(fe.breaks, ==, 1);
    g_assert_cmpint(qemu_chr_fe_write_all(&fe.be, (uint8_t *)"x\377y", 3), ==, 3);
    g_assert_cmpint(read(fd, reply, sizeof(reply)), ==, 4);
    g_assert_cmpmem(reply, 4, "x\377\377y", 4);
    for (int on = 1; on >= 0; on--) { /* of a break, the begin is told */
        g_assert_cmpint(qemu_chr_fe_ioctl(&fe.be, CHR_IOCTL_SERIAL_SET_BREAK, &on), ==, 0);
    }
    g_assert_cmpint(read(fd, reply, sizeof(reply)), ==, 2);
    g_assert_cmpmem(reply, 2, "\377\363", 2);
    close(fd);
    run_loop();
    fe_done(&fe);
    qemu_chr_remove("s", &error_abort);
}

/* The line's BREAK signal keeps its place in the stream, also where it is read in one go. */
static void test_telnet_break_order(void)
{
    g_autofree char *path = tmp_path("sock6");
    g_autofree char *opts =
        g_strdup_printf("socket,id=s,path=%s,server=on,wait=off,telnet=on", path);
    FrontEnd fe;
    int fd;

    fe_init(&fe, make(opts));
    fe.mark_breaks = true;
    fe.room = 2;
    fd = unix_connect(path);
    run_loop();
    send_text(fd, "\377\363A\377\363\377\363Z\377\377\377\363Q\377");
    g_assert_cmpstr(fe.got->str, ==, "_A");
    fe.room = 1;
    qemu_chr_fe_accept_input(&fe.be); /* at once: without the main loop */
    g_assert_cmpstr(fe.got->str, ==, "_A_");
    fe.room = INT_MAX;
    qemu_chr_fe_accept_input(&fe.be);
    send_text(fd, "\363!"); /* torn apart */
    g_assert_cmpstr(fe.got->str, ==, "_A__Z\377_Q_!");
    close(fd);
    run_loop();
    fe_done(&fe);
    qemu_chr_remove("s", &error_abort);
}

/* A break that the device sends stands behind what the client hasn't taken yet, and floods nothing. */
static void test_telnet_break_sent(void)
{
    g_autofree char *path = tmp_path("sock7");
    g_autofree char *opts =
        g_strdup_printf("socket,id=s,path=%s,server=on,wait=off,telnet=on", path);
    g_autofree uint8_t *got = g_malloc(4 * MiB);
    int fd, on = 1, sent = 0, breaks = 0;
    ssize_t n, all = 12;
    FrontEnd fe;

    fe_init(&fe, make(opts));
    fd = unix_connect(path);
    run_loop();
    g_assert_cmpint(read(fd, got, 12), ==, 12);
    while (qemu_chr_fe_write(&fe.be, (uint8_t *)"\377", 1) == 1) {
        sent++;
    }
    for (int i = 0; i < 1000; i++) {
        qemu_chr_fe_ioctl(&fe.be, CHR_IOCTL_SERIAL_SET_BREAK, &on);
    }
    for (all = 0; (n = recv(fd, got + all, 4 * MiB - all, MSG_DONTWAIT)) > 0; all += n) {
        run_loop();
    }
    qemu_chr_fe_ioctl(&fe.be, CHR_IOCTL_SERIAL_SET_BREAK, &on);
    all += recv(fd, got + all, 2, 0);
    g_assert_cmpint(all, ==, 2 * sent + 2);
    for (ssize_t i = 0; i < all; i += 2) {
        g_assert_cmphex(got[i], ==, 0xff);
        breaks += got[i + 1] == 0xf3;
    }
    g_assert_cmpint(breaks, ==, 1);
    g_assert_cmphex(got[all - 1], ==, 0xf3);
    close(fd);
    run_loop();
    fe_done(&fe);
    qemu_chr_remove("s", &error_abort);
}

/*
 * A serial line of the host. A pseudo terminal can't break the line, but once it leaves 0xff alone
 * it passes what the kernel would make of a break.
 */
static void test_tty(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), lines = CHR_TIOCM_RTS, on = 1;
    QEMUSerialSetParams params = { 19200, 'O', 7, 2 };
    g_autofree char *opts = NULL;
    struct termios t;
    FrontEnd fe;

    g_assert_cmpint(grantpt(master), ==, 0);
    g_assert_cmpint(unlockpt(master), ==, 0);
    opts = g_strdup_printf("serial,id=t,path=%s", ptsname(master));
    fe_init(&fe, make(opts));
    fe.mark_breaks = true;
    send_text(master, "a\377b\377\377\rc");
    g_assert_cmpstr(fe.got->str, ==, "a\377b\377\377\rc");

    g_assert_cmpint(tcgetattr(master, &t), ==, 0);
    g_assert_cmphex(t.c_iflag & PARMRK, ==, PARMRK);
    t.c_iflag &= ~PARMRK;
    g_assert_cmpint(tcsetattr(master, TCSANOW, &t), ==, 0);
    g_string_truncate(fe.got, 0);
    g_assert_cmpint(write(master, "A\377\0\0\377\0\0B\377\0C\377\377D\377", 15), ==, 15);
    run_loop();
    g_assert_cmpint(write(master, "\0\0E", 3), ==, 3); /* torn apart */
    run_loop();
    g_assert_cmpstr(fe.got->str, ==, "A__BC\377D_E");

    g_assert_cmpint(qemu_chr_fe_ioctl(&fe.be, CHR_IOCTL_SERIAL_SET_PARAMS, &params), ==, 0);
    g_assert_cmpint(tcgetattr(master, &t), ==, 0);
    g_assert_cmpint(cfgetospeed(&t), ==, B19200);
    g_assert_cmphex(t.c_cflag & (PARODD | CSTOPB), ==, PARODD | CSTOPB); /* PARENB it drops */
    g_assert_cmphex(t.c_iflag & PARMRK, ==, PARMRK);
    params.speed = 1234567; /* no such rate: the nearest there is */
    g_assert_cmpint(qemu_chr_fe_ioctl(&fe.be, CHR_IOCTL_SERIAL_SET_PARAMS, &params), ==, 0);
    g_assert_cmpint(tcgetattr(master, &t), ==, 0);
    g_assert_cmpint(cfgetospeed(&t), ==, B921600);
    /* It has no modem lines, and says so. */
    g_assert_cmpint(qemu_chr_fe_ioctl(&fe.be, CHR_IOCTL_SERIAL_GET_TIOCM, &lines), ==, -ENOTSUP);
    g_assert_cmpint(qemu_chr_fe_ioctl(&fe.be, CHR_IOCTL_SERIAL_SET_TIOCM, &lines), ==, -ENOTSUP);
    g_assert_cmpint(qemu_chr_fe_ioctl(&fe.be, CHR_IOCTL_SERIAL_SET_BREAK, &on), ==, 0);
    fe_done(&fe);
    qemu_chr_remove("t", &error_abort);
    close(master);
}

/* What is there already is given to the front end on the spot, byte for byte as it takes them. */
static void test_accept_delivers(void)
{
    g_autofree char *in = tmp_path("ahead"), *out = tmp_path("ahead-out");
    g_autofree char *opts = g_strdup_printf("file,id=f,path=%s,input-path=%s", out, in);
    FrontEnd fe;

    g_assert_true(g_file_set_contents(in, "0123456789", -1, NULL));
    fe_init(&fe, make(opts));
    fe.room = 1;
    run_loop();
    g_assert_cmpstr(fe.got->str, ==, "0");
    g_assert_cmpint(fe.closed, ==, 0);
    for (int i = 2; i <= 10; i++) {
        fe.room = 1;
        qemu_chr_fe_accept_input(&fe.be);
        g_assert_cmpint(fe.got->len, ==, i);
    }
    g_assert_cmpstr(fe.got->str, ==, "0123456789");
    g_assert_cmpint(fe.closed, ==, 0);
    run_loop();
    g_assert_cmpint(fe.closed, ==, 1); /* behind the last byte */
    fe_done(&fe);
    qemu_chr_remove("f", &error_abort);
}

typedef struct MuxTest {
    FrontEnd monitor, serial;
    int fd;
} MuxTest;

static void mux_setup(MuxTest *t)
{
    g_autofree char *path = tmp_path("mux");
    g_autofree char *opts = g_strdup_printf("socket,id=m,path=%s,server=on,wait=off,mux=on", path);
    Chardev *chr = make(opts);

    fe_init(&t->monitor, chr);
    fe_init(&t->serial, chr);
    t->fd = unix_connect(path);
    run_loop();
    qemu_run_machine_init_done_notifiers();
}

static void mux_teardown(MuxTest *t)
{
    close(t->fd);
    fe_done(&t->serial);
    fe_done(&t->monitor);
    qemu_chr_remove("m", &error_abort);
    qemu_chr_remove("m-base", &error_abort);
    run_loop();
}

static void test_mux_focus(void)
{
    MuxTest t;

    mux_setup(&t);
    g_assert_cmpint(t.serial.opened, ==, 1);
    g_assert_cmpint(t.monitor.opened, ==, 1);
    send_text(t.fd, "to serial");
    g_assert_cmpstr(t.serial.got->str, ==, "to serial");
    send_text(t.fd, "\001cto monitor");
    g_assert_cmpstr(t.monitor.got->str, ==, "to monitor");
    g_assert_cmpint(t.monitor.mux_in, >=, 1);
    g_assert_cmpint(t.serial.mux_out, ==, 1);
    send_text(t.fd, "\001c!");
    g_assert_cmpstr(t.serial.got->str, ==, "to serial!");
    mux_teardown(&t);
}

static int disks_saved;

static void save_disks(void)
{
    disks_saved++;
}

static void test_mux_keys(void)
{
    char buf[1024];
    MuxTest t;
    ssize_t n;

    mux_setup(&t);
    send_text(t.fd, "a\001\001b\001zc\001b");
    g_assert_cmpstr(t.serial.got->str, ==, "a\001bc");
    g_assert_cmpint(t.serial.breaks, ==, 1);
    g_assert_cmpint(t.monitor.breaks, ==, 0);
    send_text(t.fd, "\001h");
    n = read(t.fd, buf, sizeof(buf) - 1);
    g_assert_cmpint(n, >, 0);
    buf[n] = 0;
    g_assert_nonnull(strstr(buf, "C-a x    exit emulator\r\n"));
    send_text(t.fd, "\001s");
    g_assert_cmpint(disks_saved, ==, 0);
    qemu_chr_save_disks = save_disks;
    send_text(t.fd, "\001s");
    g_assert_cmpint(disks_saved, ==, 1);
    shutdown_cause = SHUTDOWN_CAUSE_NONE;
    send_text(t.fd, "\001x");
    g_assert_cmpint(shutdown_cause, ==, SHUTDOWN_CAUSE_HOST_UI);
    mux_teardown(&t);
}

/* The keys work although the guest isn't reading, and what it hasn't read isn't lost. */
static void test_mux_guest_busy(void)
{
    MuxTest t;

    mux_setup(&t);
    t.serial.room = 0;
    shutdown_cause = SHUTDOWN_CAUSE_NONE;
    for (int i = 0; i < 100; i++) {
        send_text(t.fd, "0123456789");
    }
    send_text(t.fd, "\001x");
    g_assert_cmpint(shutdown_cause, ==, SHUTDOWN_CAUSE_HOST_UI);
    g_assert_cmpint(t.serial.got->len, ==, 0);
    t.serial.room = INT_MAX;
    t.serial.chunk_max = 3;
    qemu_chr_fe_accept_input(&t.serial.be);
    run_loop();
    g_assert_cmpint(t.serial.got->len, ==, 1000);
    g_assert_true(g_str_has_suffix(t.serial.got->str, "0123456789"));
    mux_teardown(&t);
}

/* Ctrl-A b comes behind what was typed before it, although the guest reads later. */
static void test_mux_break_order(void)
{
    MuxTest t;

    mux_setup(&t);
    t.serial.mark_breaks = true;
    t.serial.room = 0;
    send_text(t.fd, "ab\001bc\001b\001bd");
    g_assert_cmpint(t.serial.breaks, ==, 0);
    t.serial.room = 4;
    qemu_chr_fe_accept_input(&t.serial.be);
    g_assert_cmpstr(t.serial.got->str, ==, "ab_c");
    t.serial.room = INT_MAX;
    qemu_chr_fe_accept_input(&t.serial.be);
    g_assert_cmpstr(t.serial.got->str, ==, "ab_c__d");
    mux_teardown(&t);
}

static void test_mux_flood(void)
{
    static char big[100000];
    size_t sent = 0;
    MuxTest t;

    mux_setup(&t);
    fcntl(t.fd, F_SETFL, O_NONBLOCK);
    for (size_t i = 0; i < sizeof(big); i++) {
        big[i] = 'a' + i % 26;
    }
    t.serial.room = 0;
    while (sent < sizeof(big)) {
        ssize_t n = write(t.fd, big + sent, sizeof(big) - sent);

        sent += MAX(n, 0);
        run_loop();
        t.serial.room = 777;
        qemu_chr_fe_accept_input(&t.serial.be);
    }
    t.serial.room = INT_MAX;
    qemu_chr_fe_accept_input(&t.serial.be);
    for (int i = 0; i < 100; i++) {
        run_loop();
    }
    g_assert_cmpint(t.serial.got->len, ==, sizeof(big));
    g_assert_cmpmem(t.serial.got->str, sizeof(big), big, sizeof(big));
    mux_teardown(&t);
}

static void test_mux_timestamps(void)
{
    char buf[1024];
    MuxTest t;
    ssize_t n;

    mux_setup(&t);
    send_text(t.fd, "\001t");
    qemu_chr_fe_write_all(&t.serial.be, (uint8_t *)"one\ntwo\nthree", 13);
    n = read(t.fd, buf, sizeof(buf) - 1);
    buf[n] = 0;
    g_assert_true(g_regex_match_simple("^one\n\\[00:00:0[0-9]\\.[0-9]{3}\\] two\n"
                                       "\\[00:00:0[0-9]\\.[0-9]{3}\\] three$",
                                       buf, 0, 0));
    mux_teardown(&t);
}

/* Appends to `text` what comes until nothing does. */
static void receive_all(int fd, GString *text)
{
    char buf[4096];
    ssize_t n;

    while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
        g_string_append_len(text, buf, n);
        run_loop();
    }
}

/* As after Ctrl-S: the device gets its bytes back instead of waiting, and every stamp arrives whole. */
static void test_mux_timestamps_stall(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;
    guint written = 0;
    MuxTest t;

    mux_setup(&t);
    send_text(t.fd, "\001t");
    while (qemu_chr_fe_write(&t.serial.be, (uint8_t *)"\n", 1) == 1) {
        written++;
    }
    receive_all(t.fd, text);
    g_assert_cmpint(qemu_chr_fe_write(&t.serial.be, (uint8_t *)"\n", 1), ==, 1);
    receive_all(t.fd, text);
    lines = g_strsplit(text->str, "\n", 0);
    g_assert_cmpint(g_strv_length(lines), ==, written + 2);
    for (guint i = 1; i <= written; i++) {
        g_assert_true(g_regex_match_simple("^\\[\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\] $", lines[i], 0, 0));
    }
    mux_teardown(&t);
}

static void test_ringbuf(void)
{
    Chardev *chr = make("ringbuf,id=r,size=8");
    g_autoptr(GByteArray) data = NULL, rest = NULL;
    FrontEnd fe;

    fe_init(&fe, chr);
    qemu_chr_fe_write_all(&fe.be, (uint8_t *)"0123456789", 10);
    data = ringbuf_chr_read(chr, 3);
    g_assert_cmpmem(data->data, data->len, "234", 3);
    rest = ringbuf_chr_read(chr, 100);
    g_assert_cmpmem(rest->data, rest->len, "56789", 5);
    fe_done(&fe);
    qemu_chr_remove("r", &error_abort);
}

static void test_compat(void)
{
    static const struct {
        const char *text, *backend, *key, *value;
    } good[] = {
        { "null", "null" },
        { "stdio", "stdio" },
        { "pty", "pty" },
        { "mon:stdio", "stdio", "mux", "on" },
        { "mon:stdio", "stdio", "signal", "off" },
        { "file:/tmp/a,b", "file", "path", "/tmp/a,b" },
        { "pipe:/tmp/p", "pipe", "path", "/tmp/p" },
        { "tcp:host:99", "socket", "host", "host" },
        { "tcp::99,server=on,wait=off", "socket", "wait", "off" },
        { "tcp:[::1]:99", "socket", "host", "::1" },
        { "tcp:[::1]:99", "socket", "port", "99" },
        { "telnet::99,server=on", "socket", "telnet", "on" },
        { "unix:/tmp/x,,y,server=on", "socket", "path", "/tmp/x,y" },
        { "unix:/tmp/x,server,nowait", "socket", "server", "on" },
    };
    static const char *const bad[] = { "foo", "tcp:host", "tcp:host:", "udp::1", "", "mon:" };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        QemuOpts *opts = qemu_chr_parse_compat("x", good[i].text, true, &error_abort);

        g_assert_cmpstr(qemu_opt_get(opts, "backend"), ==, good[i].backend);
        if (good[i].key) {
            g_assert_cmpstr(qemu_opt_get(opts, good[i].key), ==, good[i].value);
        }
        qemu_opts_del(opts);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        Error *err = NULL;

        g_assert_null(qemu_chr_parse_compat("x", bad[i], true, &err));
        error_free_or_abort(&err);
    }
}

static void test_refused(void)
{
    static const char *const bad[] = {
        "foo,id=x",         "braille,id=x",      "null",
        "file,id=x",        "pipe,id=x",         "socket,id=x",
        "file,id=x,path=/", "ringbuf,id=x,size=3", "socket,id=x,path=/nonexistent/sock",
        "socket,id=x,host=localhost", "socket,id=x,path=/tmp/a,websocket=on",
        "udp,id=x",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        QemuOpts *opts = qemu_opts_parse(&qemu_chardev_opts, bad[i], true, &error_abort);
        Error *err = NULL;

        g_assert_null(qemu_chr_new_from_opts(opts, &err));
        error_free_or_abort(&err);
        qemu_opts_del(opts);
        g_assert_null(qemu_chr_find("x"));
    }
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/char/null/takes-everything", test_null);
    g_test_add_func("/char/fe/without-back-end-is-harmless", test_no_back_end);
    g_test_add_func("/char/fe/one-for-each-back-end", test_one_front_end);
    g_test_add_func("/char/file/truncates-or-appends", test_file);
    g_test_add_func("/char/file/input-ends-once", test_file_input_end);
    g_test_add_func("/char/socket/nothing-is-lost-while-the-device-is-full",
                    test_socket_flow_control);
    g_test_add_func("/char/socket/a-slow-reader-holds-writers-back", test_socket_backpressure);
    g_test_add_func("/char/socket/small-writes-find-room-and-arrive", test_socket_small_writes);
    g_test_add_func("/char/socket/a-front-end-waits-for-input", test_socket_wait_for_input);
    g_test_add_func("/char/socket/clients-come-and-go", test_socket_again);
    g_test_add_func("/char/socket/the-next-client-need-not-wait-for-the-device",
                    test_socket_next_client);
    g_test_add_func("/char/telnet/commands-are-not-data", test_telnet);
    g_test_add_func("/char/telnet/breaks-keep-their-place", test_telnet_break_order);
    g_test_add_func("/char/telnet/a-break-is-sent-in-its-place", test_telnet_break_sent);
    g_test_add_func("/char/tty/breaks-speed-and-lines", test_tty);
    g_test_add_func("/char/fe/accepting-delivers-what-waits", test_accept_delivers);
    g_test_add_func("/char/mux/ctrl-a-c-moves-the-input", test_mux_focus);
    g_test_add_func("/char/mux/keys", test_mux_keys);
    g_test_add_func("/char/mux/keys-work-while-the-guest-does-not-read", test_mux_guest_busy);
    g_test_add_func("/char/mux/breaks-keep-their-place", test_mux_break_order);
    g_test_add_func("/char/mux/a-flood-arrives-whole", test_mux_flood);
    g_test_add_func("/char/mux/timestamps-start-lines", test_mux_timestamps);
    g_test_add_func("/char/mux/timestamps-do-not-wait-for-the-reader", test_mux_timestamps_stall);
    g_test_add_func("/char/ringbuf/keeps-the-last-bytes", test_ringbuf);
    g_test_add_func("/char/options/short-forms", test_compat);
    g_test_add_func("/char/options/bad-ones-are-refused", test_refused);
    ret = g_test_run();
    remove_tmp_dir();
    return ret;
}
