/*
 * Scatter-gather lists: the pieces of memory that one transfer fills or empties.
 *
 * A QEMUIOVector owns its list of pieces, never the memory that they point to. Offsets and sizes
 * are bytes. Nothing here takes a lock: a vector is used by one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_IOV_H
#define QEMU_IOV_H

#include "qemu/osdep.h"
#include <sys/uio.h>

/* The sum of all pieces. */
size_t iov_size(const struct iovec *iov, unsigned int count);
/*
 * Copies up to @bytes between @buf and the pieces, from @offset bytes into them; how many bytes
 * were copied, which is less than @bytes where the pieces end before.
 */
size_t iov_from_buf(const struct iovec *iov, unsigned int count, size_t offset, const void *buf,
                    size_t bytes);
size_t iov_to_buf(const struct iovec *iov, unsigned int count, size_t offset, void *buf,
                  size_t bytes);
/* The same with one byte value for all. */
size_t iov_memset(const struct iovec *iov, unsigned int count, size_t offset, int value,
                  size_t bytes);
/*
 * Writes to @out, which has room for @room pieces, those that cover @bytes from @offset on. The
 * number of pieces; 0 if the room or the pieces don't suffice.
 */
unsigned int iov_slice(struct iovec *out, unsigned int room, const struct iovec *iov,
                       unsigned int count, size_t offset, size_t bytes);

typedef struct QEMUIOVector {
    struct iovec *iov;
    int niov;
    size_t size;       /* of all pieces together */
    int capacity;      /* pieces that iov has room for; negative: iov is somebody else's */
    struct iovec only; /* the piece of qemu_iovec_init_buf() */
} QEMUIOVector;

/* An empty list that grows; @hint: how many pieces are expected. qemu_iovec_destroy() frees it. */
void qemu_iovec_init(QEMUIOVector *qiov, int hint);
/*
 * A list over @iov, which the caller keeps alive; it can't grow and needs no qemu_iovec_destroy().
 */
void qemu_iovec_init_external(QEMUIOVector *qiov, struct iovec *iov, int niov);
/* The same over one buffer; the vector can't be copied or moved then. */
void qemu_iovec_init_buf(QEMUIOVector *qiov, void *buf, size_t bytes);
void qemu_iovec_add(QEMUIOVector *qiov, void *base, size_t bytes);
/* Adds those pieces of @src that cover @bytes from @offset on. */
void qemu_iovec_concat(QEMUIOVector *dst, const QEMUIOVector *src, size_t offset, size_t bytes);
/* No pieces any more; the room for them stays. */
void qemu_iovec_reset(QEMUIOVector *qiov);
void qemu_iovec_destroy(QEMUIOVector *qiov);

size_t qemu_iovec_from_buf(QEMUIOVector *qiov, size_t offset, const void *buf, size_t bytes);
size_t qemu_iovec_to_buf(QEMUIOVector *qiov, size_t offset, void *buf, size_t bytes);
size_t qemu_iovec_memset(QEMUIOVector *qiov, size_t offset, int value, size_t bytes);

#endif
