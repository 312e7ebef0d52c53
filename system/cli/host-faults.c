/*
 * What the host may take away while we run.
 *
 * Guest memory is a mapping of a file. When the file becomes shorter, or when the file system has
 * no room for one of its pages, the access to that page is a SIGBUS, on whatever thread and at
 * whatever address the page is mapped. The handler looks through the memory blocks for the one whose
 * file is to blame. It may use what is safe in a signal handler only, and so it formats into a
 * buffer of its own and ends the process with _exit().
 *
 * GLib ends the process with a trap when it gets no memory or no thread; its last words come to us.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char.h"
#include "cli.h"
#include "qemu/error-report.h"
#include "system/ramblock.h"

static struct sigaction old_sigbus;

static void last_words(const char *text)
{
    static char line[1024];
    int n = snprintf(line, sizeof(line), "%s: %s\n", error_get_progname(), text);
    ssize_t ret;

    qemu_term_restore();
    ret = write(STDERR_FILENO, line, MIN(n, (int)sizeof(line) - 1));
    (void)ret;
    _exit(1);
}

/* The file's name as the kernel knows it: also "/memfd:vmc.ram (deleted)". */
static void file_name(int fd, char *name, size_t size)
{
    char link[32];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, name, size - 1);
    name[MAX(n, 0)] = 0;
}

static int end_if_file_is_short(RAMBlock *rb, void *unused)
{
    uint64_t expected = qemu_ram_get_fd_offset(rb) + qemu_ram_get_max_length(rb);
    static char text[800], name[512];
    struct stat st;

    if (qemu_ram_get_fd(rb) >= 0 && fstat(qemu_ram_get_fd(rb), &st) == 0 && S_ISREG(st.st_mode) &&
        (uint64_t)st.st_size < expected) {
        file_name(qemu_ram_get_fd(rb), name, sizeof(name));
        snprintf(text, sizeof(text), "guest memory '%s': somebody has shortened its file '%s' to %"
                 PRIu64 " bytes, %" PRIu64 " are needed", qemu_ram_get_idstr(rb), name,
                 (uint64_t)st.st_size, expected);
        last_words(text);
    }
    return 0;
}

static void sigbus_handler(int sig, siginfo_t *info, void *context)
{
    static char text[800], name[512];
    ram_addr_t offset;
    RAMBlock *rb;

    if (info->si_code == BUS_ADRERR) {
        qemu_ram_foreach_block(end_if_file_is_short, NULL);
        rb = qemu_ram_block_from_host(info->si_addr, false, &offset);
        if (rb) {
            file_name(qemu_ram_get_fd(rb), name, sizeof(name));
            snprintf(text, sizeof(text), "guest memory '%s': the host has no room for the page at "
                     "0x%" PRIx64 " of its file '%s'", qemu_ram_get_idstr(rb), (uint64_t)offset,
                     name);
            last_words(text);
        }
    }
    if (old_sigbus.sa_flags & SA_SIGINFO) {
        old_sigbus.sa_sigaction(sig, info, context);
    } else {
        sigaction(sig, &old_sigbus, NULL); /* and the access faults again */
    }
}

/* "…/gmem.c:207: failed to allocate 16 bytes": the source line isn't for the user. */
static void glib_gives_up(const char *domain, GLogLevelFlags level, const char *message,
                          void *unused)
{
    static char text[512];
    const char *place = strstr(message, ".c:");
    const char *what = place ? strstr(place, ": ") : NULL;

    snprintf(text, sizeof(text), "the host is out of memory or threads, or ulimit allows no more: "
             "%s", what ? what + 2 : message);
    last_words(text);
}

void cli_setup_host_faults(void)
{
    struct sigaction sa = { .sa_sigaction = sigbus_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigemptyset(&sa.sa_mask);
    sigaction(SIGBUS, &sa, &old_sigbus);
    signal(SIGXFSZ, SIG_IGN);
    g_log_set_handler("GLib", (GLogLevelFlags)(G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL |
                                               G_LOG_FLAG_RECURSION), glib_gives_up, NULL);
}
