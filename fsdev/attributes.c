/*
 * The mapped security models: owners, modes, types and device numbers that the guest gives to
 * files, kept beside them, so that no rights on the host are needed and none are given.
 *
 * mapped-xattr: user.virtfs.uid, .gid, .mode (32 bits each) and .rdev (64 bits), little-endian.
 * mapped-file: a text file of the same name in a folder .virtfs_metadata beside the file, with a
 * line virtfs.uid=NUMBER and so on for each; the root's is .virtfs_metadata_root in itself.
 * What is nowhere to be found is as the host's inode has it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/xattr.h>
#include "fsdev-internal.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"

#define XATTR_PREFIX  "user.virtfs."
#define METADATA_SIZE 1024 /* more than all lines together */

static const struct {
    unsigned bit;
    const char *name;
    size_t size;
} values[] = {
    { FS_SET_UID, "uid", 4 },
    { FS_SET_GID, "gid", 4 },
    { FS_SET_MODE, "mode", 4 },
    { FS_SET_RDEV, "rdev", 8 },
};

static uint64_t value_of(const FsAttributes *a, unsigned bit)
{
    return bit == FS_SET_UID ? a->uid : bit == FS_SET_GID ? a->gid
         : bit == FS_SET_MODE ? a->mode : a->rdev;
}

static void set_value(FsAttributes *a, unsigned bit, uint64_t value)
{
    a->valid |= bit;
    switch (bit) {
    case FS_SET_UID:
        a->uid = value;
        break;
    case FS_SET_GID:
        a->gid = value;
        break;
    case FS_SET_MODE:
        a->mode = value;
        break;
    case FS_SET_RDEV:
        a->rdev = value;
        break;
    }
}

bool fs_is_reserved(const FsExport *fs, const char *name)
{
    return fs->model == FS_MAPPED_FILE &&
           (g_str_equal(name, METADATA_FOLDER) || g_str_equal(name, METADATA_ROOT));
}

/* --- extended attributes --- */

static void read_xattrs(int fd, FsAttributes *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        g_autofree char *name = g_strconcat(XATTR_PREFIX, values[i].name, NULL);
        uint64_t value = 0;

        if (fgetxattr(fd, name, &value, sizeof(value)) == (ssize_t)values[i].size) {
            set_value(a, values[i].bit, le64_to_cpu(value));
        }
    }
}

static int write_xattrs(int fd, const FsAttributes *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        g_autofree char *name = g_strconcat(XATTR_PREFIX, values[i].name, NULL);
        uint64_t value = cpu_to_le64(value_of(a, values[i].bit));

        if ((a->valid & values[i].bit) && fsetxattr(fd, name, &value, values[i].size, 0) != 0) {
            return -errno;
        }
    }
    return 0;
}

/* --- files of metadata --- */

/*
 * The folder where they are, a handle, and their name there. make: the folder is made if need be.
 */
static int open_metadata_folder(int dirfd, const char **name, bool make)
{
    bool root = g_str_equal(*name, ".");
    const char *folder = root ? "." : METADATA_FOLDER;
    int fd;

    if (root) {
        *name = METADATA_ROOT;
    } else if (make && mkdirat(dirfd, METADATA_FOLDER, 0700) != 0 && errno != EEXIST) {
        return -errno;
    }
    fd = openat(dirfd, folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static void parse(const char *text, FsAttributes *a)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
            g_autofree char *key = g_strdup_printf("virtfs.%s=", values[i].name);

            if (g_str_has_prefix(*line, key)) {
                set_value(a, values[i].bit, g_ascii_strtoll(*line + strlen(key), NULL, 10));
            }
        }
    }
}

static void read_file(int dirfd, const char *name, FsAttributes *a)
{
    char text[METADATA_SIZE];
    int folder = open_metadata_folder(dirfd, &name, false), fd;
    ssize_t size;

    if (folder < 0) {
        return;
    }
    fd = fs_open_at(folder, name, O_RDONLY);
    close(folder);
    if (fd < 0) {
        return;
    }
    size = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[MAX(size, 0)] = '\0';
    parse(text, a);
}

/* What is there goes last: a host without room leaves the text as it was. */
static int replace_text(int fd, const GString *text)
{
    ssize_t size = pwrite(fd, text->str, text->len, 0);

    if (size < 0) {
        return -errno;
    }
    if ((size_t)size != text->len) {
        return -ENOSPC;
    }
    return ftruncate(fd, text->len) != 0 ? -errno : 0;
}

static int write_file(int dirfd, const char *name, const FsAttributes *a)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int folder = open_metadata_folder(dirfd, &name, true), fd, ret = 0;

    if (folder < 0) {
        return folder;
    }
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        if (a->valid & values[i].bit) {
            g_string_append_printf(text, "virtfs.%s=%" PRIu64 "\n", values[i].name,
                                   value_of(a, values[i].bit));
        }
    }
    fd = openat(folder, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0) {
        ret = -errno;
    } else {
        ret = replace_text(fd, text);
        close(fd);
    }
    close(folder);
    return ret;
}

/* --- either --- */

static GMutex lock; /* a change is a read and a write, and a write isn't atomic */

static void read_attributes(FsExport *fs, int dirfd, const char *name, FsAttributes *a)
{
    if (fs->model == FS_MAPPED_FILE) {
        read_file(dirfd, name, a);
    } else {
        int fd = fs_open_at(dirfd, name, O_RDONLY);

        if (fd >= 0) {
            read_xattrs(fd, a);
            close(fd);
        }
    }
}

static void apply(const FsAttributes *a, struct stat *st)
{
    if (a->valid & FS_SET_UID) {
        st->st_uid = a->uid;
    }
    if (a->valid & FS_SET_GID) {
        st->st_gid = a->gid;
    }
    if (a->valid & FS_SET_MODE) {
        st->st_mode = a->mode & S_IFMT ? a->mode : (st->st_mode & S_IFMT) | a->mode;
    }
    if (a->valid & FS_SET_RDEV) {
        st->st_rdev = a->rdev;
    }
}

void fs_attributes_apply(FsExport *fs, int dirfd, const char *name, struct stat *st)
{
    FsAttributes a = { 0 };

    if (fs_is_mapped(fs)) {
        g_mutex_lock(&lock);
        read_attributes(fs, dirfd, name, &a);
        g_mutex_unlock(&lock);
        apply(&a, st);
    }
}

void fs_attributes_apply_fd(FsExport *fs, int fd, struct stat *st)
{
    FsAttributes a = { 0 };

    if (fs->model == FS_MAPPED_XATTR) {
        read_xattrs(fd, &a);
        apply(&a, st);
    }
}

int fs_attributes_set(FsExport *fs, int dirfd, const char *name, const FsAttributes *a)
{
    FsAttributes all = { 0 };
    int ret;

    g_mutex_lock(&lock);
    if (fs->model == FS_MAPPED_FILE) {
        read_file(dirfd, name, &all);
        for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
            if (a->valid & values[i].bit) {
                set_value(&all, values[i].bit, value_of(a, values[i].bit));
            }
        }
        ret = write_file(dirfd, name, &all);
    } else {
        ret = fs_open_at(dirfd, name, O_RDONLY);
        if (ret >= 0) {
            int fd = ret;

            ret = write_xattrs(fd, a);
            close(fd);
        }
    }
    g_mutex_unlock(&lock);
    return ret;
}

int fs_attributes_set_fd(FsExport *fs, int fd, const FsAttributes *a)
{
    int ret;

    assert(fs->model == FS_MAPPED_XATTR);
    g_mutex_lock(&lock);
    ret = write_xattrs(fd, a);
    g_mutex_unlock(&lock);
    return ret;
}

void fs_attributes_drop(FsExport *fs, int dirfd, const char *name)
{
    int folder;

    if (fs->model != FS_MAPPED_FILE) {
        return;
    }
    folder = open_metadata_folder(dirfd, &name, false);
    if (folder >= 0) {
        unlinkat(folder, name, 0);
        close(folder);
    }
}

/* The target's folder of metadata is there, or nobody has said anything about what is moved. */
void fs_attributes_rename(FsExport *fs, int from_fd, const char *from, int to_fd, const char *to)
{
    FsAttributes a = { 0 };
    int ret;

    if (fs->model != FS_MAPPED_FILE) {
        return;
    }
    g_mutex_lock(&lock);
    read_file(from_fd, from, &a);
    fs_attributes_drop(fs, to_fd, to); /* rather than written to: it may be another file's, too */
    ret = a.valid ? write_file(to_fd, to, &a) : 0;
    if (ret < 0) {
        error_report("fsdev '%s': can't write the owner and mode of '%s' that was renamed to '%s': "
                     "%s; they stay in " METADATA_FOLDER " under the old name", fs->id, from, to,
                     strerror(-ret));
        fs_attributes_drop(fs, to_fd, to); /* half a text says something else */
    } else if (a.valid) {
        fs_attributes_drop(fs, from_fd, from);
    }
    g_mutex_unlock(&lock);
}

/* Both names have the same text: to change one later changes the other, as it is one file. */
int fs_attributes_link(FsExport *fs, int from_fd, const char *from, int to_fd, const char *to)
{
    int from_folder, to_folder, ret = 0;

    if (fs->model != FS_MAPPED_FILE) {
        return 0;
    }
    from_folder = open_metadata_folder(from_fd, &from, false);
    if (from_folder < 0) {
        return 0;
    }
    to_folder = open_metadata_folder(to_fd, &to, true);
    if (to_folder < 0) {
        ret = to_folder;
    } else {
        unlinkat(to_folder, to, 0);
        if (linkat(from_folder, from, to_folder, to, 0) != 0 && errno != ENOENT) {
            ret = -errno;
        }
        close(to_folder);
    }
    close(from_folder);
    return ret;
}

/* Empty but for metadata of files that are gone by other ways. */
void fs_attributes_drop_folder(FsExport *fs, int dirfd, const char *name)
{
    int folder, fd;
    struct dirent *entry;
    HostDirectory *dir;

    if (fs->model != FS_MAPPED_FILE) {
        return;
    }
    folder = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) {
        return;
    }
    fd = openat(folder, METADATA_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir) {
        while ((entry = readdir(dir))) {
            struct stat st;

            /* Of a file that is still there: the folder isn't empty, and stays as it is. */
            if (entry->d_name[0] != '.' &&
                fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
                unlinkat(fd, entry->d_name, 0);
            }
        }
        unlinkat(folder, METADATA_FOLDER, AT_REMOVEDIR);
        closedir(dir);
    }
    close(folder);
}
