/*
 * Files of the host, for what goes around their driver: requests that the kernel does by itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_FILE_H
#define BLOCK_FILE_H

#include "block-int.h"

/* aio=: who does the requests of devices. */
typedef enum FileAio {
    FILE_AIO_THREADS,  /* workers */
    FILE_AIO_NATIVE,   /* the kernel, and always around the host's cache */
    FILE_AIO_IO_URING, /* the kernel */
} FileAio;

/* One system call, as data. */
typedef struct HostCall {
    enum {
        HOST_CALL_READ,
        HOST_CALL_WRITE,
        HOST_CALL_SYNC,
        HOST_CALL_ALLOCATE,
    } what;
    int fd;
    int64_t offset, bytes;
    const struct iovec *iov; /* READ and WRITE: @bytes in all */
    unsigned niov;
    int flags; /* READ and WRITE: RWF_…; ALLOCATE: FALLOC_FL_… */
} HostCall;

FileAio file_aio(const BlockDriverState *bs);
/*
 * The system call that does what is asked for at @place, which file_place() has found. False: there
 * is none, or something is wrong that a worker shall find out.
 */
bool file_host_call(const BlockPlace *place, const BlockRequest *request, HostCall *call);
/*
 * Reads or writes through the host's cache, whether that was all of it. Reading never waits for a
 * disk; writing may, but then file_place() refuses for a while.
 */
bool file_do_cached(BlockDriverState *bs, const HostCall *call);

#endif
