/*
 * What the character back ends share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHARDEV_CHAR_INTERNAL_H
#define CHARDEV_CHAR_INTERNAL_H

#include "chardev/char-fe.h"
#include "chardev/char.h"
#include "qapi/error.h"
#include "qemu/option.h"

/*
 * Input from a file descriptor. While the device's queue has room and a front end reads, `fd` is
 * read ahead of what the front end can take, so that a guest that polls its UART finds the next
 * byte there instead of waiting for the main loop. A full queue, or the end, isn't polled: nothing
 * spins. Destroy with chr_input_remove().
 */
typedef struct ChrInputOps {
    /* Bytes have come; may change them. NULL: they go to the front end as they are. */
    void (*data)(Chardev *chr, uint8_t *buf, int len);
    /* The other side has gone and all that it sent has been delivered. */
    void (*end)(Chardev *chr);
} ChrInputOps;
GSource *chr_input_add(Chardev *chr, int fd, const ChrInputOps *ops);
void chr_input_remove(GSource **source);
/* Waits up to timeout_ms for what chr_input_add()'s source would bring. False: nothing came. */
bool chr_input_wait(GSource *source, int timeout_ms);

/* Gives the front end what waits for it; wakes the main loop if reading can go on. */
void chr_deliver(Chardev *chr);

/* A GSource for `cond` on `fd`, for ChardevClass.chr_add_watch. */
GSource *chr_fd_watch(int fd, GIOCondition cond);

/* Says, once for each `reported`, that output is lost and why (errno); `what` is its receiver. */
void chr_report_loss(Chardev *chr, bool *reported, const char *what);

/* A back end on a pair of descriptors; -1 where there is none. Parent of stdio, file, pipe, serial. */
typedef struct FDChardev {
    Chardev parent;
    int fd_in;
    int fd_out;
    bool loss_reported;
    ChrInputOps input_ops;
    GSource *input;
} FDChardev;
DECLARE_INSTANCE_CHECKER(FDChardev, FD_CHARDEV, TYPE_CHARDEV_FD)

/* Takes over the descriptors, which should not block where that matters. */
void qemu_chr_open_fd(Chardev *chr, int fd_in, int fd_out);
/* The same with a say in the input, as ChrInputOps.data. */
void chr_open_fd_ops(Chardev *chr, int fd_in, int fd_out,
                     void (*data)(Chardev *chr, uint8_t *buf, int len));

/* char.c: the registered back ends. */
typedef struct ChardevBackendName {
    const char *name;
    const char *typename;
    const char *const *keys; /* of its options, ends with NULL */
} ChardevBackendName;
const ChardevBackendName *chr_backend_by_name(const char *name);

#endif
