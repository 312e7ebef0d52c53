/*
 * Block back ends: the image files behind -drive, as devices see them.
 *
 * All calls are made with the big lock held. Accesses are synchronous; offsets and sizes are bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_BLOCK_BACKEND_H
#define SYSTEM_BLOCK_BACKEND_H

#include "qemu/osdep.h"

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
/* All back ends, in the order of their creation: pass NULL for the first; NULL after the last. */
BlockBackend *blk_next(BlockBackend *blk);
void blk_ref(BlockBackend *blk);
void blk_unref(BlockBackend *blk);
const char *blk_name(const BlockBackend *blk);
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
bool blk_is_writable(BlockBackend *blk);
/* The media can be reached at all. */
bool blk_is_available(BlockBackend *blk);

/* Gives the back end to @dev: 0, or -EBUSY when another device has it. */
int blk_attach_dev(BlockBackend *blk, DeviceState *dev);
void blk_detach_dev(BlockBackend *blk, DeviceState *dev);
DeviceState *blk_get_attached_dev(BlockBackend *blk);

/*
 * Reads all of @blk, which must be exactly @size bytes long, to @buf. False and an error that names
 * both sizes, the device and the image otherwise.
 */
bool blk_check_size_and_read_all(BlockBackend *blk, DeviceState *dev, void *buf, uint64_t size,
                                 Error **errp);

/*
 * Makes a drive of "-drive @optstr" (file=, if=, unit=, index=, bus=, format=, readonly=, id=,
 * cache=). NULL and an error that names the offending option.
 */
DriveInfo *drive_new_from_opts(const char *optstr, Error **errp);
/* "-pflash FILE": the next free unit of if=pflash. */
DriveInfo *drive_new_pflash(const char *filename, Error **errp);
/* The drive at (@type, @bus, @unit) or NULL; marks it as claimed. */
DriveInfo *drive_get(BlockInterfaceType type, int bus, int unit);
DriveInfo *drive_get_by_index(BlockInterfaceType type, int index);
/* The first drive that no board or device took, other than if=none; NULL if all are in use. */
DriveInfo *drive_unclaimed(void);
const char *drive_if_name(BlockInterfaceType type);
BlockBackend *blk_by_legacy_dinfo(DriveInfo *dinfo);
DriveInfo *blk_legacy_dinfo(BlockBackend *blk);
/* What IF_DEFAULT drives of the machine become; IF_IDE unless set. */
void drive_set_default_interface(BlockInterfaceType type);
/* How many drives a bus of that interface holds, for index= and free places. */
void drive_set_units_per_bus(BlockInterfaceType type, int units);

/* Closes all images and forgets all drives (at exit, and between tests). */
void blk_close_all(void);

#endif
