/*
 * -fsdev and -virtfs: which folders are exported, and how.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/resource.h>
#include "fsdev-internal.h"
#include "qemu/option.h"

#define ENOUGH_FILES 65536 /* open ones: guests keep as many as they like */

static GPtrArray *exports; /* FsExport, in the order given */

#define FSDEV_KEYS                                                                                 \
    { .name = "fsdriver", .type = QEMU_OPT_STRING }, { .name = "path", .type = QEMU_OPT_STRING },  \
        { .name = "security_model", .type = QEMU_OPT_STRING },                                     \
        { .name = "readonly", .type = QEMU_OPT_BOOL },                                             \
        { .name = "writeout", .type = QEMU_OPT_STRING },                                           \
        { .name = "multidevs", .type = QEMU_OPT_STRING },                                          \
        { .name = "fmode", .type = QEMU_OPT_STRING }, { .name = "dmode", .type = QEMU_OPT_STRING }

static QemuOptsList fsdev_list = {
    .name = "fsdev",
    .implied_opt_name = "fsdriver",
    .head = QTAILQ_HEAD_INITIALIZER(fsdev_list.head),
    .desc = { FSDEV_KEYS, { NULL } },
};

static QemuOptsList virtfs_list = {
    .name = "virtfs",
    .implied_opt_name = "fsdriver",
    .head = QTAILQ_HEAD_INITIALIZER(virtfs_list.head),
    .desc = { FSDEV_KEYS, { .name = "mount_tag", .type = QEMU_OPT_STRING }, { NULL } },
};

/* --- exports --- */

FsExport *fs_export_new(const char *id, const char *path, Error **errp)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    FsExport *fs;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        error_setg_errno(errp, errno, "path '%s' can't be exported", path);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    fs = g_new0(FsExport, 1);
    fs->id = g_strdup(id);
    fs->path = g_strdup(path);
    fs->file_mode = 0600;
    fs->dir_mode = 0700;
    fs->root_fd = fd;
    fs->root_dev = st.st_dev;
    fs->devices = g_array_new(false, false, sizeof(dev_t));
    g_rw_lock_init(&fs->names);
    g_mutex_init(&fs->lock);
    return fs;
}

void fs_export_free(FsExport *fs)
{
    fs_node_unref(fs->root);
    close(fs->root_fd);
    g_array_free(fs->devices, true);
    g_rw_lock_clear(&fs->names);
    g_mutex_clear(&fs->lock);
    g_free(fs->id);
    g_free(fs->path);
    g_free(fs);
}

static FsExport *find(const char *id)
{
    for (guint i = 0; exports && i < exports->len; i++) {
        FsExport *fs = g_ptr_array_index(exports, i);

        if (g_str_equal(fs->id, id)) {
            return fs;
        }
    }
    return NULL;
}

FsExport *fsdev_find(const char *id, Error **errp)
{
    FsExport *fs = find(id);

    if (!fs) {
        error_setg(errp, "there is no -fsdev with id '%s'", id);
    }
    return fs;
}

/* --- options --- */

/* What `key` says, as its place among the names; false and *errp if it is none of them. */
static bool choose(QemuOpts *opts, const char *key, const char *const *names, int *chosen,
                   Error **errp)
{
    const char *value = qemu_opt_get(opts, key);

    for (int i = 0; value && names[i]; i++) {
        if (g_str_equal(value, names[i])) {
            *chosen = i;
            return true;
        }
    }
    if (value) {
        g_autofree char *all = g_strjoinv(", ", (char **)names);

        error_setg(errp, "%s=%s: expected one of %s", key, value, all);
    }
    return !value;
}

static bool parse_mode(QemuOpts *opts, const char *key, bool mapped, mode_t *mode, Error **errp)
{
    const char *text = qemu_opt_get(opts, key);
    char *end;
    guint64 value;

    if (!text) {
        return true;
    }
    value = g_ascii_strtoull(text, &end, 8);
    if (!*text || *end || value > 0777) {
        error_setg(errp, "%s=%s: expected permissions in octal, 0 to 0777", key, text);
        return false;
    }
    if (!mapped) {
        error_setg(errp, "%s: files have the guest's permissions, but for security_model=mapped-xattr "
                         "and mapped-file", key);
        return false;
    }
    *mode = value;
    return true;
}

static bool configure(FsExport *fs, QemuOpts *opts, Error **errp)
{
    static const char *const models[] = { "passthrough", "none", "mapped-xattr", "mapped-file", "mapped",
                                          NULL };
    static const char *const mounts[] = { "remap", "warn", "forbid", NULL };
    static const char *const writeouts[] = { "immediate", NULL };
    int model = -1, shown = 0, writeout = -1;

    if (!choose(opts, "security_model", models, &model, errp) ||
        !choose(opts, "multidevs", mounts, &shown, errp) ||
        !choose(opts, "writeout", writeouts, &writeout, errp)) {
        return false;
    }
    if (model < 0) {
        error_setg(errp, "security_model is missing: expected none, mapped-xattr, mapped-file or "
                         "passthrough");
        return false;
    }
    fs->model = model == 4 ? FS_MAPPED_XATTR : (FsModel)model;
    fs->mounts = shown == 2 ? FS_MOUNTS_FORBID : FS_MOUNTS_SHOW;
    fs->sync = writeout == 0;
    fs->read_only = qemu_opt_get_bool(opts, "readonly", false);
    return parse_mode(opts, "fmode", fs_is_mapped(fs), &fs->file_mode, errp) &&
           parse_mode(opts, "dmode", fs_is_mapped(fs), &fs->dir_mode, errp);
}

/* Each open file of a guest is one of ours. */
static void allow_many_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < ENOUGH_FILES) {
        limit.rlim_cur = MIN(limit.rlim_max, ENOUGH_FILES);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool add_export(const char *id, QemuOpts *opts, Error **errp)
{
    const char *driver = qemu_opt_get(opts, "fsdriver"), *path = qemu_opt_get(opts, "path");
    FsExport *fs;

    if (!driver || !g_str_equal(driver, "local")) {
        error_setg(errp, "%s%s: expected local, a folder of this host", driver ? driver : "fsdriver",
                   driver ? "" : " is missing");
        return false;
    }
    if (!id) {
        error_setg(errp, "id is missing");
    } else if (find(id)) {
        error_setg(errp, "id=%s: there is a -fsdev of that name", id);
    } else if (!path) {
        error_setg(errp, "path is missing: expected a folder of this host");
    } else if ((fs = fs_export_new(id, path, errp))) {
        if (configure(fs, opts, errp)) {
            if (!exports) {
                exports = g_ptr_array_new();
            }
            g_ptr_array_add(exports, fs);
            allow_many_files();
            return true;
        }
        fs_export_free(fs);
    }
    return false;
}

bool fsdev_add_from_str(const char *arg, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&fsdev_list, arg, true, errp);

    return opts && add_export(qemu_opts_id(opts), opts, errp);
}

static void append_value(GString *to, const char *value)
{
    for (; *value; value++) {
        g_string_append(to, *value == ',' ? ",," : (char[]){ *value, '\0' });
    }
}

char *fsdev_virtfs_from_str(const char *arg, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&virtfs_list, arg, true, errp);
    const char *tag = opts ? qemu_opt_get(opts, "mount_tag") : NULL, *id;
    g_autoptr(GString) device = g_string_new("virtio-9p,fsdev=");

    if (!opts) {
        return NULL;
    }
    if (!tag) {
        error_setg(errp, "mount_tag is missing: expected the name that the guest mounts");
        return NULL;
    }
    id = qemu_opts_id(opts) ? qemu_opts_id(opts) : tag;
    if (!add_export(id, opts, errp)) {
        return NULL;
    }
    append_value(device, id);
    g_string_append(device, ",mount_tag=");
    append_value(device, tag);
    return g_strdup(device->str);
}
