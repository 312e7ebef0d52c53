/*
 * io_uring through liburing.
 *
 * Reference: io_uring(7), io_uring_enter(2).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <liburing.h>
#include <sched.h>
#include "qemu/atomic.h"
#include "ring.h"

/* How many calls can be submitted at once; more may be on their way. */
#define RING_SIZE 128

struct BlockRing {
    struct io_uring io;
    unsigned queued;    /* put in and not submitted */
    unsigned in_kernel; /* submitted and not taken out */
};

BlockRing *block_ring_new(void)
{
    BlockRing *ring = g_new0(BlockRing, 1);
    int ret = io_uring_queue_init(RING_SIZE, &ring->io, IORING_SETUP_CLAMP);

    /* A kernel that may lose completions, or that looks at the pieces later, is too old for us. */
    if (ret == 0 && (~ring->io.features & (IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE))) {
        io_uring_queue_exit(&ring->io);
        ret = -ENOSYS;
    }
    if (ret < 0) {
        g_free(ring);
        errno = -ret;
        return NULL;
    }
    return ring;
}

void block_ring_free(BlockRing *ring)
{
    if (ring) {
        io_uring_queue_exit(&ring->io);
        g_free(ring);
    }
}

int block_ring_refused(void)
{
    static int answer = -1;

    if (answer < 0) {
        BlockRing *ring = block_ring_new();

        answer = ring ? 0 : errno;
        block_ring_free(ring);
    }
    return answer;
}

int block_ring_fd(const BlockRing *ring)
{
    return ring->io.ring_fd;
}

static struct io_uring_sqe *next_entry(BlockRing *ring)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->io);

    if (!sqe) {
        block_ring_submit(ring);
        sqe = io_uring_get_sqe(&ring->io);
    }
    ring->queued += sqe != NULL;
    return sqe;
}

bool block_ring_put(BlockRing *ring, const HostCall *call, void *tag)
{
    struct io_uring_sqe *sqe = next_entry(ring);

    if (!sqe) {
        return false;
    }
    switch (call->what) {
    case HOST_CALL_READ:
        io_uring_prep_readv2(sqe, call->fd, call->iov, call->niov, call->offset, call->flags);
        break;
    case HOST_CALL_WRITE:
        io_uring_prep_writev2(sqe, call->fd, call->iov, call->niov, call->offset, call->flags);
        break;
    case HOST_CALL_SYNC:
        io_uring_prep_fsync(sqe, call->fd, IORING_FSYNC_DATASYNC);
        break;
    case HOST_CALL_ALLOCATE:
        io_uring_prep_fallocate(sqe, call->fd, call->flags, call->offset, call->bytes);
        break;
    }
    io_uring_sqe_set_data(sqe, tag);
    return true;
}

void block_ring_cancel(BlockRing *ring, void *tag)
{
    struct io_uring_sqe *sqe = next_entry(ring);

    if (sqe) {
        io_uring_prep_cancel(sqe, tag, 0);
        io_uring_sqe_set_data(sqe, NULL);
        block_ring_submit(ring);
    }
}

void block_ring_submit(BlockRing *ring)
{
    while (ring->queued) {
        int ret = io_uring_submit(&ring->io);

        if (ret == -EAGAIN && !ring->in_kernel) {
            sched_yield(); /* nothing will be taken out that would bring us here again */
            continue;
        }
        if (ret <= 0 && ret != -EINTR) {
            break; /* EAGAIN, EBUSY: with what is taken out next, or the next submission */
        }
        ring->queued -= MIN((unsigned)MAX(ret, 0), ring->queued);
        ring->in_kernel += MAX(ret, 0);
    }
}

void *block_ring_take(BlockRing *ring, bool wait, int *ret)
{
    struct io_uring_cqe *cqe;
    void *tag = NULL;

    while (!tag) {
        if (wait) {
            block_ring_submit(ring);
        }
        if (wait && ring->queued) { /* the kernel lacks something just now */
            sched_yield();
        }
        if ((wait && !ring->queued ? io_uring_wait_cqe(&ring->io, &cqe) : io_uring_peek_cqe(&ring->io, &cqe)) < 0) {
            if (wait) {
                continue; /* a signal */
            }
            break;
        }
        tag = io_uring_cqe_get_data(cqe); /* NULL: of a cancellation */
        *ret = cqe->res;
        io_uring_cqe_seen(&ring->io, cqe);
        ring->in_kernel--;
    }
    if (!tag && ring->queued) {
        block_ring_submit(ring);
    }
    return tag;
}
