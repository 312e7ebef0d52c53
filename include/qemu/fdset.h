/*
 * Sets of file descriptors that whoever started the program has opened for it: -add-fd, and files
 * that are called /dev/fdset/N.
 *
 * Main thread, or big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_FDSET_H
#define QEMU_FDSET_H

#include "qemu/osdep.h"

/* Puts @fd, which is open, into set @set; @text (may be NULL) is shown with it. False and errp. */
bool fdset_add(int64_t set, int fd, const char *text, Error **errp);
/*
 * As open(); but /dev/fdset/N is a copy of the one in set N that has the access mode of @flags, or
 * the error EACCES if none has, ENOENT if there is no such set.
 */
int fdset_open(const char *path, int flags, mode_t mode);
/* The n-th of all, set by set; false: there are not so many. *text may be NULL. */
bool fdset_get(unsigned n, int64_t *set, int *fd, const char **text);

#endif
