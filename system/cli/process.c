/*
 * The process: in the background, as another user, below another root, with its number in a file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "cli.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

static int waiting_fd = -1; /* the other end is the process that was started */

/* ---- Options ---- */

CLI_HANDLER(daemonize)
{
    cli->daemonize = true;
}

static void keep(char **what, char **loc, const char *value, const char *value_loc)
{
    g_free(*what);
    g_free(*loc);
    *what = g_strdup(value);
    *loc = g_strdup(value_loc);
}

/* Absolute: it is removed at the end, wherever we are then. */
CLI_HANDLER(pidfile)
{
    g_autofree char *path = g_canonicalize_filename(arg, NULL);

    keep(&cli->pidfile, &cli->pidfile_loc, path, cli->loc);
}

CLI_HANDLER(runas)
{
    keep(&cli->run_as, &cli->run_as_loc, arg, cli->loc);
}

CLI_HANDLER(chroot)
{
    keep(&cli->root, &cli->root_loc, arg, cli->loc);
}

CLI_HANDLER(run_with)
{
    static QemuOptsList list = {
        .name = "run-with",
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = {
            { .name = "async-teardown", .type = QEMU_OPT_BOOL },
            { .name = "chroot", .type = QEMU_OPT_STRING },
            { .name = "exit-with-parent", .type = QEMU_OPT_BOOL },
            { .name = "user", .type = QEMU_OPT_STRING },
            { NULL },
        },
    };
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&list, arg, false, errp);

    if (!opts) {
        return;
    }
    if (qemu_opt_get_bool(opts, "async-teardown", false)) {
        error_setg(errp, "'async-teardown' is not supported yet");
        return;
    }
    cli->end_with_parent = qemu_opt_get_bool(opts, "exit-with-parent", cli->end_with_parent);
    if (qemu_opt_get(opts, "user")) {
        cli_runas(cli, qemu_opt_get(opts, "user"), errp);
    }
    if (qemu_opt_get(opts, "chroot")) {
        cli_chroot(cli, qemu_opt_get(opts, "chroot"), errp);
    }
}

/* Not through a link: whoever can make one where the file shall be would choose what it hits. */
void cli_write_pidfile(Cli *cli)
{
    g_autofree char *text = g_strdup_printf("%d\n", (int)getpid());
    size_t len = strlen(text);
    bool written;
    int fd;

    if (!cli->pidfile) {
        return;
    }
    fd = open(cli->pidfile, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    written = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    if (!written || close(fd) != 0) {
        error_loc_set(cli->pidfile_loc);
        error_report("cannot create PID file '%s': %s", cli->pidfile,
                     errno == ELOOP ? "it is a symbolic link" : g_strerror(errno));
        exit(1);
    }
}

/* ---- With the parent ---- */

/*
 * The kernel sends the signal when the thread ends that has started us, and to whoever asks: after -daemonize, and before a user is
 * changed (which would undo it), nothing would be left to wait for.
 */
void cli_bind_to_parent(Cli *cli)
{
    if (!cli->end_with_parent) {
        return;
    }
    if (cli->daemonize) {
        error_report("-run-with exit-with-parent=on: -daemonize leaves the parent behind");
        exit(1);
    }
    if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0) {
        error_report("-run-with exit-with-parent=on: %s", g_strerror(errno));
        exit(1);
    }
    if (getppid() != cli->parent) {
        exit(0); /* it has ended meanwhile */
    }
}

/* ---- In the background ---- */

/* What the child writes once it is ready; its end without that is a failure. */
static G_NORETURN_ATTR void wait_for_child(int fd)
{
    char ready = 0;
    ssize_t n;

    do {
        n = read(fd, &ready, 1);
    } while (n < 0 && errno == EINTR);
    _exit(n == 1 ? 0 : 1);
}

static pid_t fork_or_fail(void)
{
    pid_t pid = fork();

    if (pid < 0) {
        error_report("-daemonize: can't make a process: %s", g_strerror(errno));
        exit(1);
    }
    return pid;
}

void cli_fork(Cli *cli)
{
    int ends[2];

    if (!cli->daemonize) {
        return;
    }
    fflush(NULL);
    if (pipe2(ends, O_CLOEXEC) < 0) {
        error_report("-daemonize: can't make a pipe: %s", g_strerror(errno));
        exit(1);
    }
    if (fork_or_fail() > 0) {
        close(ends[1]);
        wait_for_child(ends[0]);
    }
    close(ends[0]);
    setsid();
    if (fork_or_fail() > 0) { /* who leads no session gets no terminal by opening one */
        _exit(0);
    }
    waiting_fd = ends[1];
}

void cli_detach(Cli *cli)
{
    int nowhere;

    if (waiting_fd < 0) {
        return;
    }
    fflush(NULL);
    nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0) {
        error_report("-daemonize: can't open '/dev/null': %s", g_strerror(errno));
        exit(1);
    }
    for (int fd = 0; fd < 3; fd++) {
        dup2(nowhere, fd);
    }
    close(nowhere);
    if (write(waiting_fd, "", 1) != 1) {
        exit(1); /* nobody is left to be told */
    }
    close(waiting_fd);
    waiting_fd = -1;
}

/* ---- Another user, another root ---- */

typedef struct User {
    uid_t uid;
    gid_t gid;
    char *name; /* NULL: numbers were given */
} User;

static G_NORETURN_ATTR G_GNUC_PRINTF(2, 3) void fail_at(const char *loc, const char *fmt, ...)
{
    va_list ap;

    error_loc_set(loc);
    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
    exit(1);
}

static User find_user(const Cli *cli)
{
    g_auto(GStrv) numbers = g_strsplit(cli->run_as, ":", 2);
    unsigned uid, gid;
    struct passwd *pw = getpwnam(cli->run_as);

    if (pw) {
        return (User){ pw->pw_uid, pw->pw_gid, g_strdup(pw->pw_name) };
    }
    if (!numbers[0] || !numbers[1] || qemu_strtoui(numbers[0], NULL, 10, &uid) < 0 ||
        qemu_strtoui(numbers[1], NULL, 10, &gid) < 0 || uid == UINT_MAX || gid == UINT_MAX) {
        fail_at(cli->run_as_loc, "there is no user '%s', and it is no UID:GID", cli->run_as);
    }
    return (User){ uid, gid, NULL };
}

void cli_check_privileges(Cli *cli)
{
    if (cli->run_as) {
        g_free(find_user(cli).name);
    }
    if (cli->root && !g_file_test(cli->root, G_FILE_TEST_IS_DIR)) {
        fail_at(cli->root_loc, "'%s' is no directory", cli->root);
    }
}

void cli_drop_privileges(Cli *cli)
{
    User user = { .name = NULL };

    if (cli->run_as) {
        user = find_user(cli); /* while its files can be seen */
    }
    if (cli->root && (chroot(cli->root) < 0 || chdir("/") < 0)) {
        fail_at(cli->root_loc, "can't make '%s' the root: %s", cli->root, g_strerror(errno));
    }
    if (!cli->run_as) {
        return;
    }
    if ((user.name ? initgroups(user.name, user.gid) : setgroups(1, &user.gid)) < 0 ||
        setgid(user.gid) < 0 || setuid(user.uid) < 0) {
        fail_at(cli->run_as_loc, "can't become user '%s': %s", cli->run_as, g_strerror(errno));
    }
    if (user.uid != 0 && setuid(0) == 0) {
        fail_at(cli->run_as_loc, "the way back from user '%s' is open", cli->run_as);
    }
    g_free(user.name);
}
