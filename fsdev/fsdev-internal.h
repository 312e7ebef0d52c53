/*
 * The inside of exports: nodes, handles, and where the security model keeps owners and modes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FSDEV_INTERNAL_H
#define FSDEV_INTERNAL_H

#include "fsdev/fsdev.h"
#include "qapi/error.h"

/* Where a file's owner, permissions, type and device are. */
typedef enum FsModel {
    FS_PASSTHROUGH,  /* in the host's inode: needs root there */
    FS_NONE,         /* the same, and who can't change an owner does without */
    FS_MAPPED_XATTR, /* in extended attributes; the host's files are plain ones of the emulator's user */
    FS_MAPPED_FILE,  /* in a file of each folder */
} FsModel;

typedef enum FsMounts { FS_MOUNTS_SHOW, FS_MOUNTS_FORBID } FsMounts;

struct FsExport {
    char *id, *path;
    FsModel model;
    FsMounts mounts;
    bool read_only;
    bool sync;           /* writeout=immediate */
    mode_t file_mode, dir_mode; /* of files that the mapped models make on the host */
    int root_fd;         /* a handle: O_PATH */
    dev_t root_dev;

    /* Readers: who uses nodes as names; writers: who changes what names mean. */
    GRWLock names;
    GMutex lock;         /* of what is below, and of all nodes' children and counts */
    FsNode *root;
    GArray *devices;     /* dev_t: file systems below the root, in the order they were met */
};

struct FsNode {
    FsExport *fs;
    FsNode *parent;      /* a reference; NULL: the root */
    char *name;
    GHashTable *children; /* name -> FsNode; NULL: none */
    unsigned refs;
    bool gone;           /* removed, or replaced: there is no way to it */
};

FsExport *fs_export_new(const char *id, const char *path, Error **errp);
void fs_export_free(FsExport *fs);

/* tree.c; with `names` held for writing: what was at @node is gone; is at @to now. */
void fs_node_detach(FsNode *node);
void fs_node_move(FsNode *node, FsNode *to);

/*
 * handle.c; with `names` held. A handle (O_PATH) of the folder that @node is in, and the name in
 * there: "." of the root's. Caller closes.
 */
int fs_open_parent(FsNode *node, const char **name);
/* A handle of the folder that @node is. */
int fs_open_folder(FsNode *node);
/* Opens what is there if it is a regular file or a folder. */
int fs_open_at(int dirfd, const char *name, int flags);

/* attributes.c */
#define FS_SET_UID  1
#define FS_SET_GID  2
#define FS_SET_MODE 4
#define FS_SET_RDEV 8
typedef struct FsAttributes {
    unsigned valid; /* FS_SET_* */
    uint32_t uid, gid, mode;
    dev_t rdev;
} FsAttributes;

#define METADATA_FOLDER ".virtfs_metadata"
#define METADATA_ROOT   ".virtfs_metadata_root"

static inline bool fs_is_mapped(const FsExport *fs)
{
    return fs->model == FS_MAPPED_XATTR || fs->model == FS_MAPPED_FILE;
}
/* Whether the name is one that the security model uses for itself. */
bool fs_is_reserved(const FsExport *fs, const char *name);
/* Of mapped models: what of *st isn't the host's. */
void fs_attributes_apply(FsExport *fs, int dirfd, const char *name, struct stat *st);
/* The same of a file that has no name any more. */
void fs_attributes_apply_fd(FsExport *fs, int fd, struct stat *st);
/* Of mapped models: remembers what is valid in *a, and keeps the rest. */
int fs_attributes_set(FsExport *fs, int dirfd, const char *name, const FsAttributes *a);
/* The same of a file that has no name any more; mapped-xattr alone. */
int fs_attributes_set_fd(FsExport *fs, int fd, const FsAttributes *a);
/* A file has gone, has another name, has one more. Nothing to do where the inode has them. */
void fs_attributes_drop(FsExport *fs, int dirfd, const char *name);
void fs_attributes_rename(FsExport *fs, int from_fd, const char *from, int to_fd, const char *to);
int fs_attributes_link(FsExport *fs, int from_fd, const char *from, int to_fd, const char *to);
/* Before a folder is removed: its own metadata. */
void fs_attributes_drop_folder(FsExport *fs, int dirfd, const char *name);

#endif
