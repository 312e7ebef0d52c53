/*
 * Folders of the host that guests can be given: -fsdev, and what a file server does with them.
 *
 * An FsExport is such a folder. What is in it is named by FsNodes: a name in the folder of another
 * node, up to the root. A node says where something would be, not that it is there. When it is
 * renamed through here, its node moves with it, and with that all that is below.
 *
 * No function here follows a symbolic link or leaves the folder, whatever its names are and
 * whoever changes the tree meanwhile: each starts at the root's handle and goes down.
 *
 * All may be called from any thread, several at a time; none needs the big lock, and each may wait
 * for the host's file system. They return 0 (or what is said) or -errno.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FSDEV_FSDEV_H
#define FSDEV_FSDEV_H

#include "qemu/osdep.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/statfs.h>

typedef struct FsExport FsExport;
typedef struct FsNode FsNode;

/* --- the command line's --- */

/* "local,id=ID,path=DIR,security_model=MODEL[,...]" */
bool fsdev_add_from_str(const char *arg, Error **errp);
/* "local,mount_tag=TAG,path=DIR,...": the same, and the -device to be made for it; caller frees. */
char *fsdev_virtfs_from_str(const char *arg, Error **errp);
/* NULL and *errp if there is none of that name. */
FsExport *fsdev_find(const char *id, Error **errp);

/* --- for file servers --- */

bool fs_is_read_only(const FsExport *fs);

/* The root's node. Caller unrefs. */
FsNode *fs_root(FsExport *fs);
FsNode *fs_node_ref(FsNode *node);
void fs_node_unref(FsNode *node);
/*
 * The node of @name in @dir; ".." is the folder that @dir is in, and the root's the root itself.
 * NULL: that can't be a file's name. Caller unrefs.
 */
FsNode *fs_child(FsNode *dir, const char *name);
/* The name in its folder; the root's is "/". Caller frees. */
char *fs_node_name(FsNode *node);

/* Who owns what is made; UINT32_MAX: whoever the host says. */
typedef struct FsOwner {
    uint32_t uid, gid;
} FsOwner;

/* As the guest sees it: owner, permissions, type and device are those of the security model. */
int fs_lstat(FsNode *node, struct stat *st);
/* The same of one that is open as @fd, which may have lost its name. */
int fs_fstat(FsNode *node, int fd, struct stat *st);
/*
 * A number that no other file of the export has, and the same one as long as the file exists.
 * -EXDEV: another file system of the host is mounted there, and the export shall not show it.
 */
int fs_file_id(FsNode *node, const struct stat *st, uint64_t *id);
/* Regular files and folders alone; flags are O_*, without those that make files. A descriptor. */
int fs_open(FsNode *node, int flags);
/* Makes a regular file and opens it. Without O_EXCL an existing one is opened. A descriptor. */
int fs_create(FsNode *node, int flags, uint32_t mode, FsOwner owner);
int fs_mkdir(FsNode *node, uint32_t mode, FsOwner owner);
/* mode says what kind: a device (rdev), a pipe, a socket, a regular file. */
int fs_mknod(FsNode *node, uint32_t mode, dev_t rdev, FsOwner owner);
int fs_symlink(FsNode *node, const char *target, FsOwner owner);
/* The target; caller frees. */
int fs_readlink(FsNode *node, char **target);
/* A second name for the file at @old. */
int fs_link(FsNode *old, FsNode *node);
/* flags: 0 or AT_REMOVEDIR. */
int fs_unlink(FsNode *node, int flags);
/* A file, a folder: what it is. */
int fs_remove(FsNode *node);
/* @node is what @to was afterwards. */
int fs_rename(FsNode *node, FsNode *to);

int fs_chmod(FsNode *node, uint32_t mode);
/* UINT32_MAX: unchanged. */
int fs_chown(FsNode *node, uint32_t uid, uint32_t gid);
int fs_truncate(FsNode *node, off_t size);
int fs_utimens(FsNode *node, const struct timespec times[2]);
/* The same of one that is open as @fd, which may have lost its name; -1: it isn't open. */
int fs_fchmod(FsNode *node, int fd, uint32_t mode);
int fs_fchown(FsNode *node, int fd, uint32_t uid, uint32_t gid);
int fs_futimens(FsNode *node, int fd, const struct timespec times[2]);
int fs_statfs(FsNode *node, struct statfs *st);

/* Whether the guest may know of an entry of that name in @dir, which fs_open() has opened. */
bool fs_shows_entry(FsNode *dir, const char *name);
/* Its type as readdir(3) has it: DT_UNKNOWN where only fs_lstat() knows. */
unsigned fs_entry_type(FsNode *dir, unsigned type);

/* Of the value, at most FS_XATTR_MAX; *value: caller frees. */
#define FS_XATTR_MAX 65536
ssize_t fs_getxattr(FsNode *node, const char *name, uint8_t **value);
/* The names, each with a 0 behind it. */
ssize_t fs_listxattr(FsNode *node, uint8_t **names);
int fs_setxattr(FsNode *node, const char *name, const void *value, size_t size, int flags);
int fs_removexattr(FsNode *node, const char *name);

#endif
