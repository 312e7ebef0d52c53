/*
 * Reading back what a ring buffer character device has kept.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHARDEV_CHAR_RINGBUF_H
#define CHARDEV_CHAR_RINGBUF_H

#include "chardev/char.h"

/* Takes up to `max` bytes out, oldest first; `chr` must be a TYPE_CHARDEV_RINGBUF. The caller
 * frees the array. */
GByteArray *ringbuf_chr_read(Chardev *chr, size_t max);

#endif
