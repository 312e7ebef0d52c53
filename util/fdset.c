/*
 * Sets of file descriptors.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <fcntl.h>
#include "qapi/error.h"
#include "qemu/fdset.h"

#define PREFIX "/dev/fdset/"

typedef struct Member {
    int64_t set;
    int fd;
    char *text;
} Member;

static GArray *members; /* of Member, in the order of their sets, oldest first */

bool fdset_add(int64_t set, int fd, const char *text, Error **errp)
{
    Member new = { set, fd, g_strdup(text) };
    guint at = 0;

    if (set < 0 || fd < 0 || fcntl(fd, F_GETFD) < 0) {
        g_free(new.text);
        if (set < 0) {
            error_setg(errp, "set=%" PRId64 ": expected 0 or more", set);
        } else {
            error_setg(errp, "fd=%d: expected an open file descriptor", fd);
        }
        return false;
    }
    members = members ? members : g_array_new(false, false, sizeof(Member));
    while (at < members->len && g_array_index(members, Member, at).set <= set) {
        if (g_array_index(members, Member, at).fd == fd) {
            g_free(new.text);
            error_setg(errp, "fd=%d: it is in set %" PRId64 " already", fd,
                       g_array_index(members, Member, at).set);
            return false;
        }
        at++;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    g_array_insert_val(members, at, new);
    return true;
}

/* The set's number in such a name; false: it is another one. */
static bool parse_name(const char *path, int64_t *set)
{
    const char *digits = path + strlen(PREFIX);
    char *end;

    if (!g_str_has_prefix(path, PREFIX) || !g_ascii_isdigit(*digits)) {
        return false;
    }
    *set = g_ascii_strtoll(digits, &end, 10);
    return !*end;
}

int fdset_open(const char *path, int flags, mode_t mode)
{
    bool found = false;
    int64_t set;

    if (!parse_name(path, &set)) {
        return open(path, flags, mode);
    }
    for (guint i = 0; members && i < members->len; i++) {
        const Member *m = &g_array_index(members, Member, i);

        if (m->set != set) {
            continue;
        }
        found = true;
        if ((fcntl(m->fd, F_GETFL) & O_ACCMODE) == (flags & O_ACCMODE)) {
            int fd = fcntl(m->fd, F_DUPFD_CLOEXEC, 0);

            if (fd >= 0 && flags & O_TRUNC && ftruncate(fd, 0) < 0 && errno != EINVAL) {
                close(fd); /* (EINVAL: there is nothing to be cut off, in a pipe) */
                return -1;
            }
            return fd;
        }
    }
    errno = found ? EACCES : ENOENT;
    return -1;
}

bool fdset_get(unsigned n, int64_t *set, int *fd, const char **text)
{
    const Member *m;

    if (!members || n >= members->len) {
        return false;
    }
    m = &g_array_index(members, Member, n);
    *set = m->set;
    *fd = m->fd;
    *text = m->text;
    return true;
}
