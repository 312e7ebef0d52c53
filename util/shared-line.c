/*
 * Messages begin on a line of their own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/shared-line.h"

static bool unfinished; /* atomic: the last byte on standard output was no newline */

void shared_line_written(const void *buf, size_t len)
{
    const char *text = buf;

    /* A carriage return leaves the cursor where a message overwrites the line. */
    if (len) {
        qatomic_set(&unfinished, text[len - 1] != '\n');
    }
}

static bool same_place(void)
{
    struct stat out, err;

    return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
           out.st_dev == err.st_dev && out.st_ino == err.st_ino;
}

void shared_line_begin(FILE *f)
{
    if (f == stderr && qatomic_read(&unfinished) && same_place()) {
        qatomic_set(&unfinished, false);
        fputc('\n', f);
    }
}
