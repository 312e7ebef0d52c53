/*
 * Scatter-gather lists.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"

size_t iov_size(const struct iovec *iov, unsigned int count)
{
    size_t sum = 0;

    for (unsigned int i = 0; i < count; i++) {
        sum += iov[i].iov_len;
    }
    return sum;
}

/* Where a walk over the pieces stands. */
typedef struct IovWalk {
    const struct iovec *piece, *end;
    size_t skip; /* bytes to pass over before the first that counts */
    size_t left; /* bytes that are still wanted */
} IovWalk;

/* The next run of contiguous bytes; false when nothing is wanted or left. */
static bool next_run(IovWalk *walk, char **base, size_t *bytes)
{
    for (; walk->left && walk->piece < walk->end; walk->piece++) {
        size_t len = walk->piece->iov_len;

        if (walk->skip >= len) {
            walk->skip -= len;
            continue;
        }
        *base = (char *)walk->piece->iov_base + walk->skip;
        *bytes = MIN(len - walk->skip, walk->left);
        walk->left -= *bytes;
        walk->skip = 0;
        walk->piece++;
        return true;
    }
    return false;
}

size_t iov_from_buf(const struct iovec *iov, unsigned int count, size_t offset, const void *buf,
                    size_t bytes)
{
    IovWalk walk = { iov, iov + count, offset, bytes };
    size_t done = 0, n;
    char *base;

    for (; next_run(&walk, &base, &n); done += n) {
        memcpy(base, (const char *)buf + done, n);
    }
    return done;
}

size_t iov_to_buf(const struct iovec *iov, unsigned int count, size_t offset, void *buf,
                  size_t bytes)
{
    IovWalk walk = { iov, iov + count, offset, bytes };
    size_t done = 0, n;
    char *base;

    for (; next_run(&walk, &base, &n); done += n) {
        memcpy((char *)buf + done, base, n);
    }
    return done;
}

size_t iov_memset(const struct iovec *iov, unsigned int count, size_t offset, int value,
                  size_t bytes)
{
    IovWalk walk = { iov, iov + count, offset, bytes };
    size_t done = 0, n;
    char *base;

    for (; next_run(&walk, &base, &n); done += n) {
        memset(base, value, n);
    }
    return done;
}

unsigned int iov_slice(struct iovec *out, unsigned int room, const struct iovec *iov,
                       unsigned int count, size_t offset, size_t bytes)
{
    IovWalk walk = { iov, iov + count, offset, bytes };
    unsigned int n = 0;
    size_t len;
    char *base;

    while (next_run(&walk, &base, &len)) {
        if (n == room) {
            return 0;
        }
        out[n++] = (struct iovec) { base, len };
    }
    return walk.left ? 0 : n;
}

void qemu_iovec_init(QEMUIOVector *qiov, int hint)
{
    *qiov = (QEMUIOVector) { .iov = g_new(struct iovec, MAX(hint, 1)), .capacity = MAX(hint, 1) };
}

void qemu_iovec_init_external(QEMUIOVector *qiov, struct iovec *iov, int niov)
{
    *qiov = (QEMUIOVector) { .iov = iov, .niov = niov, .size = iov_size(iov, niov),
                             .capacity = -1 };
}

void qemu_iovec_init_buf(QEMUIOVector *qiov, void *buf, size_t bytes)
{
    *qiov = (QEMUIOVector) { .iov = &qiov->only, .niov = 1, .size = bytes, .capacity = -1,
                             .only = { buf, bytes } };
}

void qemu_iovec_add(QEMUIOVector *qiov, void *base, size_t bytes)
{
    assert(qiov->capacity >= 0);
    if (qiov->niov == qiov->capacity) {
        qiov->capacity = MAX(2 * qiov->capacity, 4);
        qiov->iov = g_renew(struct iovec, qiov->iov, qiov->capacity);
    }
    qiov->iov[qiov->niov++] = (struct iovec) { base, bytes };
    qiov->size += bytes;
}

void qemu_iovec_concat(QEMUIOVector *dst, const QEMUIOVector *src, size_t offset, size_t bytes)
{
    IovWalk walk = { src->iov, src->iov + src->niov, offset, bytes };
    size_t n;
    char *base;

    while (next_run(&walk, &base, &n)) {
        qemu_iovec_add(dst, base, n);
    }
}

void qemu_iovec_reset(QEMUIOVector *qiov)
{
    assert(qiov->capacity >= 0);
    qiov->niov = 0;
    qiov->size = 0;
}

void qemu_iovec_destroy(QEMUIOVector *qiov)
{
    if (qiov->capacity >= 0) {
        g_free(qiov->iov);
    }
    *qiov = (QEMUIOVector) { .capacity = 0 };
}

size_t qemu_iovec_from_buf(QEMUIOVector *qiov, size_t offset, const void *buf, size_t bytes)
{
    return iov_from_buf(qiov->iov, qiov->niov, offset, buf, bytes);
}

size_t qemu_iovec_to_buf(QEMUIOVector *qiov, size_t offset, void *buf, size_t bytes)
{
    return iov_to_buf(qiov->iov, qiov->niov, offset, buf, bytes);
}

size_t qemu_iovec_memset(QEMUIOVector *qiov, size_t offset, int value, size_t bytes)
{
    return iov_memset(qiov->iov, qiov->niov, offset, value, bytes);
}
