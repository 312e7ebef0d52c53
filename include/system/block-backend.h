/*
 * Block back ends: the images behind -drive and -blockdev, as devices see them.
 *
 * All calls are made with the big lock held, unless a device has another: blk_set_context().
 * Offsets and sizes are bytes and need no alignment.
 * Devices use the requests of blk_aio_*(); blk_pread() and its like wait, which is for start-up and
 * for devices whose guests wait as well.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_BLOCK_BACKEND_H
#define SYSTEM_BLOCK_BACKEND_H

#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/work-context.h"

typedef enum {
    IF_DEFAULT = -1, /* the machine's preferred interface */
    IF_NONE = 0,
    IF_IDE,
    IF_SCSI,
    IF_FLOPPY,
    IF_PFLASH,
    IF_MTD,
    IF_SD,
    IF_VIRTIO,
    IF_XEN,
    IF_COUNT
} BlockInterfaceType;

/* One -drive option: where the user wants the image plugged in. Owned by the block layer. */
typedef struct DriveInfo {
    BlockInterfaceType type;
    int bus;
    int unit;
    char *id;
    char *file;
    bool media_cd; /* media=cdrom */
    bool claimed; /* a device or a board has taken it */
    bool implied; /* no if= given: the machine's default interface */
    BlockBackend *blk;
    struct DriveInfo *next;
} DriveInfo;

/* What `info block` shows. The back end owns the strings; @length is negative without a medium. */
typedef struct BlockBackendInfo {
    const char *name;
    const char *filename;
    const char *format;
    DeviceState *device; /* who uses it, or NULL */
    bool read_only;
    int64_t length;
} BlockBackendInfo;

/*
 * Opens @filename in format @format ("raw"; NULL probes, warns and takes raw) under the name @name
 * and locks it. The caller owns one reference, dropped by blk_unref(). NULL and @errp on failure.
 */
BlockBackend *blk_new_open(const char *name, const char *filename, const char *format,
                           bool read_only, Error **errp);
/* A named back end without a medium: length 0, every access fails with -ENOMEDIUM. */
BlockBackend *blk_new(const char *name);
BlockBackend *blk_by_name(const char *name);
/*
 * What a device's property drive=@name means: the back end of that name, or a new one on the node
 * of that name. A reference that the caller drops; NULL and an error.
 */
BlockBackend *blk_for_device(const char *name, Error **errp);
/* All back ends, in the order of their creation: pass NULL for the first; NULL after the last. */
BlockBackend *blk_next(BlockBackend *blk);
void blk_ref(BlockBackend *blk);
void blk_unref(BlockBackend *blk);
/* "" if it has none. */
const char *blk_name(const BlockBackend *blk);
/* Its name, or that of its node. */
const char *blk_shown_name(const BlockBackend *blk);
void blk_get_info(BlockBackend *blk, BlockBackendInfo *info);

/* Length in bytes, or a negative errno. */
int64_t blk_getlength(BlockBackend *blk);
/* 0, or a negative errno; an access outside of the image is -EIO and moves nothing. */
int blk_pread(BlockBackend *blk, int64_t offset, int64_t bytes, void *buf);
/* As blk_pread; -EACCES if read-only. After a 0 the data survive the death of this process. */
int blk_pwrite(BlockBackend *blk, int64_t offset, int64_t bytes, const void *buf);
/* Makes what was written survive a crash of the host. 0 or a negative errno. */
int blk_flush(BlockBackend *blk);
/* The same for all; what fails is reported. */
void blk_flush_all(void);
/* Zeros, as blk_pwrite(); with BDRV_REQ_MAY_UNMAP in @flags the space may be given back. */
int blk_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes, unsigned flags);
/* Nobody needs the contents any more: advice; what is read there afterwards is undefined. */
int blk_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes);
bool blk_is_writable(BlockBackend *blk);
/* There is a medium, and the tray is closed. */
bool blk_is_available(BlockBackend *blk);
/* There is a medium. */
bool blk_is_inserted(BlockBackend *blk);
/* The length in sectors of 512 bytes, rounded down; 0 without a medium. */
void blk_get_geometry(BlockBackend *blk, uint64_t *nb_sectors);

/* --- requests --- */

/* Flags of requests. */
#define BDRV_REQ_FUA         (1u << 0) /* write: on the host's medium when it is complete */
#define BDRV_REQ_MAY_UNMAP   (1u << 1) /* zeros: the space may be given back */
#define BDRV_REQ_NO_FALLBACK (1u << 2) /* zeros: -ENOTSUP rather than writing them one by one */

/* @ret: 0 or a negative errno. */
typedef void BlockCompletionFunc(void *opaque, int ret);
/*
 * A request on its way; it belongs to the block layer and is gone when its function has returned.
 */
typedef struct BlockAIOCB BlockAIOCB;

/*
 * Start a request and return at once; never NULL. @cb is called exactly once, with the big lock
 * held, never from within the call that starts the request: by the main loop, or by a thread that
 * is in blk_batch_end(), blk_drain(), blk_drain_all() or blk_aio_cancel(). It may start further
 * requests, and may delete the device.
 *
 * Until then @qiov, its list and its memory stay as they are; their size is the request's. Requests
 * in flight at the same time may take effect in any order; one that is started after another's
 * completion takes effect after it. Errors: -ENOMEDIUM without a medium, -EACCES for a write if
 * read-only, -EIO outside of the image (nothing is moved then), or what the host says.
 *
 * A flush makes all writes that were complete when it was started survive a crash of the host.
 */
BlockAIOCB *blk_aio_preadv(BlockBackend *blk, int64_t offset, QEMUIOVector *qiov, unsigned flags,
                           BlockCompletionFunc *cb, void *opaque);
BlockAIOCB *blk_aio_pwritev(BlockBackend *blk, int64_t offset, QEMUIOVector *qiov, unsigned flags,
                            BlockCompletionFunc *cb, void *opaque);
BlockAIOCB *blk_aio_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes, unsigned flags,
                                  BlockCompletionFunc *cb, void *opaque);
BlockAIOCB *blk_aio_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes,
                             BlockCompletionFunc *cb, void *opaque);
BlockAIOCB *blk_aio_flush(BlockBackend *blk, BlockCompletionFunc *cb, void *opaque);
/*
 * Takes the request back if no worker has begun it (its result is -ECANCELED then). The first
 * returns when @cb has been called, the other at once.
 */
void blk_aio_cancel(BlockAIOCB *acb);
void blk_aio_cancel_async(BlockAIOCB *acb);

/*
 * Around the start of several requests: they may go to the kernel together. blk_batch_end() calls
 * the completion functions of what is done by then, so nothing of the caller's may be half done.
 * They nest.
 */
void blk_batch_begin(BlockBackend *blk);
void blk_batch_end(BlockBackend *blk);
/* Wait until no request is in flight any more and all completion functions have been called. */
void blk_drain(BlockBackend *blk);
void blk_drain_all(void);
/* How many requests are in flight. */
unsigned blk_inflight(BlockBackend *blk);

/* Whether writes may stay in the host's cache until a flush; without, each write is flushed. */
bool blk_enable_write_cache(BlockBackend *blk);
void blk_set_enable_write_cache(BlockBackend *blk, bool enable);

/* --- errors --- */

typedef enum BlockdevOnError {
    BLOCKDEV_ON_ERROR_REPORT, /* to the guest */
    BLOCKDEV_ON_ERROR_IGNORE, /* as if it had worked */
    BLOCKDEV_ON_ERROR_ENOSPC, /* stop the machine if the host's disk is full, otherwise report */
    BLOCKDEV_ON_ERROR_STOP,   /* stop the machine; the device tries again when it goes on */
    BLOCKDEV_ON_ERROR_AUTO,   /* nothing was said: report reads, enospc for writes */
} BlockdevOnError;

typedef enum BlockErrorAction {
    BLOCK_ERROR_ACTION_IGNORE,
    BLOCK_ERROR_ACTION_REPORT,
    BLOCK_ERROR_ACTION_STOP,
} BlockErrorAction;

/* What a device's properties rerror and werror, or the drive's, say. */
void blk_set_on_error(BlockBackend *blk, BlockdevOnError on_read_error,
                      BlockdevOnError on_write_error);
BlockdevOnError blk_get_on_error(BlockBackend *blk, bool is_read);
/* "report", "ignore", "enospc", "stop" or "auto": true, or false and an error naming @option. */
bool blk_parse_on_error(const char *option, const char *value, BlockdevOnError *action,
                        Error **errp);
/*
 * What is to be done about a request that failed with @error (positive). The device then calls
 * blk_error_action(), which stops the machine if that is the action, and finishes the request for
 * the guest with success or failure, or keeps it and starts it again when the machine runs again.
 */
BlockErrorAction blk_get_error_action(BlockBackend *blk, bool is_read, int error);
void blk_error_action(BlockBackend *blk, BlockErrorAction action, bool is_read, int error);
/* Forgets that an error stopped the machine: on reset of the device. */
void blk_iostatus_reset(BlockBackend *blk);

/* --- what a device wants to be told --- */

/* Any of them may be NULL. All are called with the big lock held. */
typedef struct BlockDevOps {
    /* The medium has been changed: @load tells whether there is one now. */
    void (*change_media_cb)(void *opaque, bool load, Error **errp);
    /* The user wants the medium out: show it to the guest as a press of the button. */
    void (*eject_request_cb)(void *opaque, bool force);
    bool (*is_tray_open)(void *opaque);
    bool (*is_medium_locked)(void *opaque);
    /* The image has another length now. */
    void (*resize_cb)(void *opaque);
    /*
     * The completion functions of one or more requests have been called, and no others are due just
     * now: what the guest is told of all of them together.
     */
    void (*completed)(void *opaque);
    /*
     * Between these two the device starts no requests of its own accord; blk_drain() is called
     * right after the first.
     */
    void (*drained_begin)(void *opaque);
    void (*drained_end)(void *opaque);
} BlockDevOps;

/* For the device that the back end is attached to; @ops stays valid until it is detached. */
void blk_set_dev_ops(BlockBackend *blk, const BlockDevOps *ops, void *opaque);

/* Gives the back end to @dev: 0, or -EBUSY when another device has it. */
int blk_attach_dev(BlockBackend *blk, DeviceState *dev);
void blk_detach_dev(BlockBackend *blk, DeviceState *dev);
/*
 * From now on requests are started and completed under the lock of @context, by its thread or
 * whoever takes that lock, and not under the big one: blk_aio_*(), blk_getlength(),
 * blk_is_writable() and blk_get_error_action() with blk_error_action() may be called so. For the
 * device that the back end is attached to; NULL before it is detached. Waits for requests.
 */
void blk_set_context(BlockBackend *blk, WorkContext *context);
DeviceState *blk_get_attached_dev(BlockBackend *blk);

/*
 * Reads all of @blk, which must be exactly @size bytes long, to @buf. False and an error that names
 * both sizes, the device and the image otherwise.
 */
bool blk_check_size_and_read_all(BlockBackend *blk, DeviceState *dev, void *buf, uint64_t size,
                                 Error **errp);

/* Makes a drive of "-drive @optstr". NULL and an error that names the offending option. */
DriveInfo *drive_new_from_opts(const char *optstr, Error **errp);
/* "-pflash FILE": the next free unit of if=pflash. */
DriveInfo *drive_new_pflash(const char *filename, Error **errp);
/* The same for drive_add: if=none only. */
DriveInfo *drive_hot_add(const char *optstr, Error **errp);
/*
 * "-hda FILE" and its like: @index negative: the next free place; @media: "disk", "cdrom" or NULL.
 */
DriveInfo *drive_new_at(const char *filename, BlockInterfaceType type, int index,
                        const char *media, Error **errp);
/* The drive at (@type, @bus, @unit) or NULL; marks it as claimed. */
DriveInfo *drive_get(BlockInterfaceType type, int bus, int unit);
DriveInfo *drive_get_by_index(BlockInterfaceType type, int index);
/* The first drive that no board or device took, other than if=none; NULL if all are in use. */
DriveInfo *drive_unclaimed(void);
/* The first drive of that interface that nobody took, which the caller takes; NULL: none is left. */
DriveInfo *drive_take_next(BlockInterfaceType type);
const char *drive_if_name(BlockInterfaceType type);
BlockBackend *blk_by_legacy_dinfo(DriveInfo *dinfo);
DriveInfo *blk_legacy_dinfo(BlockBackend *blk);
/* -snapshot: what drives that are made from now on write goes to a file that is deleted at exit. */
void drive_set_snapshot(bool snapshot);
/* What IF_DEFAULT drives of the machine become; IF_IDE unless set. */
void drive_set_default_interface(BlockInterfaceType type);
/* How many drives a bus of that interface holds, for index= and free places. */
void drive_set_units_per_bus(BlockInterfaceType type, int units);

/* Closes all images and forgets all drives (at exit, and between tests). */
void blk_close_all(void);

#endif
