/*
 * Where standard output and standard error are the same terminal, file or pipe: messages begin on a
 * line of their own, also behind a prompt or half a line of the guest's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_SHARED_LINE_H
#define QEMU_SHARED_LINE_H

#include "qemu/osdep.h"

/* `len` bytes at buf went to standard output. Any thread. */
void shared_line_written(const void *buf, size_t len);
/* Before a message to `f`: ends the line that isn't finished, if `f` is stderr. Any thread. */
void shared_line_begin(FILE *f);

#endif
