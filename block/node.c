/*
 * The graph of nodes: opening, names, who uses whom, closing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/id.h"

/* How long a chain of files may be that were made by somebody else. */
#define MAX_OPEN_DEPTH 200

static QTAILQ_HEAD(, BlockDriverState) nodes = QTAILQ_HEAD_INITIALIZER(nodes);
static unsigned opening; /* how deep bdrv_open_options() is in itself */

/* --- drivers --- */

const BlockDriver *const block_drivers[] = {
    &block_driver_file, &block_driver_host_device, &block_driver_raw, &block_driver_null_co,
    &block_driver_null_aio, &block_driver_qcow2, &block_driver_vdi, &block_driver_vmdk,
    &block_driver_vpc, &block_driver_throttle, &block_driver_blkdebug,
    &block_driver_nbd, /* NULL where it isn't built: the last one */
    NULL,
};

/* What people may have and this layer doesn't read; magic NULL: can't be told by its beginning. */
static const struct {
    const char *name;
    const char *magic;
    size_t magic_len;
} other_formats[] = {
    { "qcow", "QFI\xfb\0\0\0\1", 8 },
    { "vhdx", "vhdxfile", 8 },
    { "qed", "QED\0", 4 },
    { "luks", "LUKS\xba\xbe", 6 },
    { "parallels", "WithoutFreeSpace", 16 },
    { "bochs", "Bochs Virtual HD Image", 22 },
    { "dmg" }, { "cloop" }, { "vvfat" }, { "quorum" }, { "ssh" }, { "iscsi" }, { "nfs" }, { "rbd" },
    { "http" }, { "https" }, { "ftp" }, { "ftps" }, { "gluster" }, { "nvme" }, { "copy-on-read" },
    { "host_cdrom" }, { "replication" }, { "blkverify" }, { "blklogwrites" }, { "blkreplay" },
    { "preallocate" }, { "compress" }, { "snapshot-access" }, { "copy-before-write" },
    { "io_uring" }, { "virtio-blk-vfio-pci" }, { "virtio-blk-vhost-user" },
    { "virtio-blk-vhost-vdpa" }, { "nvme-io_uring" }, { "nbd" },
};

const BlockDriver *block_driver_by_name(const char *name)
{
    for (size_t i = 0; block_drivers[i]; i++) {
        if (g_str_equal(block_drivers[i]->name, name)) {
            return block_drivers[i];
        }
    }
    return NULL;
}

const BlockDriver *block_driver_find(const char *name, Error **errp)
{
    const BlockDriver *driver = block_driver_by_name(name);
    g_autoptr(GString) list = NULL;

    if (driver) {
        return driver;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(other_formats); i++) {
        if (g_str_equal(name, other_formats[i].name)) {
            error_setg(errp, "Block driver '%s' is not supported%s", name,
                       g_str_equal(name, "nbd") ? " in this build, which lacks libnbd" : "");
            return NULL;
        }
    }
    list = g_string_new(NULL);
    for (size_t i = 0; block_drivers[i]; i++) {
        g_string_append_printf(list, "%s%s", i ? ", " : "", block_drivers[i]->name);
    }
    error_setg(errp, "Unknown driver '%s', expected one of: %s", name, list->str);
    return NULL;
}

/* --- users of a node --- */

static const struct {
    unsigned bit;
    const char *name;
} permissions[] = {
    { BLOCK_PERM_READ, "consistent read" },
    { BLOCK_PERM_WRITE, "write" },
    { BLOCK_PERM_RESIZE, "resize" },
};

static const char *permission_name(unsigned bits)
{
    for (size_t i = 0; i < G_N_ELEMENTS(permissions); i++) {
        if (bits & permissions[i].bit) {
            return permissions[i].name;
        }
    }
    return "nothing";
}

BlockUse *bdrv_use(BlockDriverState *bs, const char *who, unsigned used, unsigned shared,
                   Error **errp)
{
    BlockUse *use;

    for (GSList *l = bs->uses; l; l = l->next) {
        const BlockUse *other = l->data;
        unsigned refused = used & ~other->shared, disturbing = other->used & ~shared;

        if (refused || disturbing) {
            error_setg(errp, "Node '%s' can't be used by %s: %s uses it, and %s '%s'",
                       bs->node_name, who, other->who,
                       refused ? "doesn't share" : "has what must not be shared:",
                       permission_name(refused ? refused : disturbing));
            bdrv_unref(bs);
            return NULL;
        }
    }
    use = g_new(BlockUse, 1);
    *use = (BlockUse) { bs, g_strdup(who), used, shared };
    bs->uses = g_slist_append(bs->uses, use);
    return use;
}

void bdrv_unuse(BlockUse *use)
{
    if (use) {
        use->bs->uses = g_slist_remove(use->bs->uses, use);
        bdrv_unref(use->bs);
        g_free(use->who);
        g_free(use);
    }
}

/* --- life of a node --- */

void bdrv_ref(BlockDriverState *bs)
{
    bs->refs++;
}

static void free_node(BlockDriverState *bs)
{
    QTAILQ_REMOVE(&nodes, bs, link);
    bdrv_unuse(bs->data);
    bdrv_unuse(bs->backing);
    bdrv_unuse(bs->file);
    g_free(bs->state);
    g_free(bs->node_name);
    g_free(bs->filename);
    g_free(bs);
}

void bdrv_unref(BlockDriverState *bs)
{
    if (!bs || --bs->refs) {
        return;
    }
    assert(!bs->uses);
    if (bs->driver->close) {
        bs->driver->close(bs);
    }
    free_node(bs);
}

BlockDriverState *bdrv_by_name(const char *node_name)
{
    BlockDriverState *bs;

    QTAILQ_FOREACH(bs, &nodes, link) {
        if (g_str_equal(bs->node_name, node_name)) {
            return bs;
        }
    }
    return NULL;
}

BlockDriverState *bdrv_next_node(BlockDriverState *bs)
{
    return bs ? QTAILQ_NEXT(bs, link) : QTAILQ_FIRST(&nodes);
}

static BlockDriverState *youngest_of_monitor(void)
{
    BlockDriverState *bs, *found = NULL;

    QTAILQ_FOREACH(bs, &nodes, link) {
        found = bs->monitor_owned ? bs : found;
    }
    return found;
}

void bdrv_forget_monitor_owned(void)
{
    BlockDriverState *bs;

    while ((bs = youngest_of_monitor()) != NULL) {
        bs->monitor_owned = false;
        bdrv_unref(bs);
    }
}

static bool check_node_name(const char *name, Error **errp)
{
    if (!id_wellformed(name)) {
        error_setg(errp, "Invalid node-name: '%s'", name);
        return false;
    }
    if (bdrv_by_name(name)) {
        error_setg(errp, "Duplicate nodes with node-name='%s'", name);
        return false;
    }
    return true;
}

/* --- opening --- */

bool bdrv_take_flags(BlockOptions *o, BlockFlags *flags, BlockDetectZeroes *detect_zeroes,
                     Error **errp)
{
    static const char *const discard[] = { "ignore", "off", "unmap", "on", NULL };
    static const char *const detect[] = { "off", "on", "unmap", NULL };
    unsigned unmap = flags->unmap ? 2 : 0, zeroes = *detect_zeroes;

    if (!block_options_take_bool(o, "read-only", &flags->read_only, errp) ||
        !block_options_take_bool(o, "auto-read-only", &flags->auto_read_only, errp) ||
        !block_options_take_bool(o, "force-share", &flags->force_share, errp) ||
        !block_options_take_bool(o, "cache.direct", &flags->direct, errp) ||
        !block_options_take_bool(o, "cache.no-flush", &flags->no_flush, errp) ||
        !block_options_take_word(o, "discard", discard, &unmap, errp) ||
        !block_options_take_word(o, "detect-zeroes", detect, &zeroes, errp)) {
        return false;
    }
    flags->unmap = unmap >= 2;
    *detect_zeroes = zeroes;
    if (zeroes == DETECT_ZEROES_UNMAP && !flags->unmap) {
        error_setg(errp, "detect-zeroes=unmap needs discard=unmap");
        return false;
    }
    if (flags->force_share && !flags->read_only) {
        error_setg(errp, "force-share=on can only be used with read-only images");
        return false;
    }
    return true;
}

/* The options that every node has. */
static bool take_common(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    static unsigned last_number;

    if (!bdrv_take_flags(o, &bs->flags, &bs->detect_zeroes, errp)) {
        return false;
    }
    bs->node_name = block_options_take(o, "node-name");
    if (bs->node_name) {
        return check_node_name(bs->node_name, errp);
    }
    bs->node_name = g_strdup_printf("#block%03u", last_number++);
    return true;
}

static BlockDriverState *open_node(const BlockDriver *driver, BlockOptions *o,
                                   const BlockFlags *inherited, Error **errp)
{
    BlockDriverState *bs = g_new0(BlockDriverState, 1);
    g_autofree char *who = NULL;
    bool ok;

    bs->driver = driver;
    bs->state = g_malloc0(MAX(driver->state_size, 1));
    bs->flags = *inherited;
    bs->refs = 1;
    ok = take_common(bs, o, errp);
    QTAILQ_INSERT_TAIL(&nodes, bs, link); /* free_node() takes it out again */
    bs->half_open = true;
    ok = ok && driver->open(bs, o, errp);
    bs->half_open = false;
    if (!ok) {
        free_node(bs);
        return NULL;
    }
    who = g_strdup_printf("block driver '%s'", driver->name);
    if (!block_options_all_known(o, who, errp)) {
        bdrv_unref(bs);
        return NULL;
    }
    if (!bs->filename) {
        bs->filename = g_strdup(bs->file ? bs->file->bs->filename : "");
    }
    return bs;
}

BlockDriverState *bdrv_open_options(BlockOptions *o, const BlockFlags *inherited, Error **errp)
{
    G_GNUC_UNUSED g_autoptr(BlockOptions) mine = o;
    g_autofree char *name = block_options_take(o, "driver");
    const BlockDriver *driver;
    BlockDriverState *bs = NULL;

    if (!name) {
        error_setg(errp, "Parameter 'driver' is missing");
        return NULL;
    }
    driver = block_driver_find(name, errp);
    if (!driver) {
        return NULL;
    }
    if (opening == MAX_OPEN_DEPTH) {
        error_setg(errp, "More than %d images stand on each other", MAX_OPEN_DEPTH);
        return NULL;
    }
    opening++;
    bs = open_node(driver, o, inherited, errp);
    opening--;
    return bs;
}

/* --- by file name --- */

static const struct {
    const char *prefix;
    const char *driver;
    bool keep; /* the prefix belongs to the name that the driver gets */
} prefixes[] = {
    { "file:", "file" },
    { "host_device:", "host_device" },
    { "null-co://", "null-co" },
    { "null-aio://", "null-aio" },
    { "nbd:", "nbd", true },
    { "nbd+unix:", "nbd", true },
};

/* Whether it begins with letters and a colon, as no plain file should. */
static bool has_prefix(const char *filename)
{
    size_t len = strspn(filename, "abcdefghijklmnopqrstuvwxyz0123456789+-_");

    return len > 0 && filename[len] == ':';
}

/* Says which driver opens @filename at the bottom, in @o. */
static bool name_protocol(BlockOptions *o, const char *filename, Error **errp)
{
    struct stat st;

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (g_str_has_prefix(filename, prefixes[i].prefix)) {
            block_options_set(o, "driver", prefixes[i].driver);
            filename += prefixes[i].keep ? 0 : strlen(prefixes[i].prefix);
            if (*filename) {
                block_options_set(o, "filename", filename);
            }
            return true;
        }
    }
    if (has_prefix(filename)) {
        g_autofree char *name = g_strndup(filename, strchr(filename, ':') - filename);

        error_setg(errp, "Unknown protocol '%s' (a file of that name is './%s')", name, filename);
        return false;
    }
    block_options_set(o, "driver", stat(filename, &st) == 0 && S_ISBLK(st.st_mode) ? "host_device"
                                                                                   : "file");
    block_options_set(o, "filename", filename);
    return true;
}

/* Reads the beginning of @file. NULL and an error if it looks like what isn't read here. */
static const char *probe(BlockDriverState *file, bool *guessed, Error **errp)
{
    uint8_t head[2048] = { 0 };
    size_t len = MIN(bdrv_length(file), (int64_t)sizeof(head));
    const char *best = NULL;
    int best_score = 0;

    if (bdrv_pread(file, 0, len, head) < 0) {
        error_setg(errp, "Could not read the first bytes of '%s'", file->filename);
        return NULL;
    }
    for (size_t i = 0; block_drivers[i]; i++) {
        int score = block_drivers[i]->probe ? block_drivers[i]->probe(head, len) : 0;

        if (score > best_score) {
            best_score = score;
            best = block_drivers[i]->name;
        }
    }
    for (size_t i = 0; !best && i < G_N_ELEMENTS(other_formats); i++) {
        if (other_formats[i].magic && other_formats[i].magic_len <= len &&
            !memcmp(head, other_formats[i].magic, other_formats[i].magic_len)) {
            error_setg(errp, "'%s' looks like a %s image, which is not supported; "
                       "give format=raw if it is a raw one", file->filename,
                       other_formats[i].name);
            return NULL;
        }
    }
    if (!best && guessed) {
        *guessed = true;
    }
    return best ? best : "raw";
}

/* The options of the format's node go to @o, those of its file to the node that is opened here. */
static BlockDriverState *open_file_of(const char *filename, BlockOptions *o,
                                      const BlockFlags *flags, Error **errp)
{
    BlockOptions *below = block_options_take_group(o, "file");
    const char *cache = block_options_peek(o, "cache.direct");

    if (cache && !block_options_peek(below, "cache.direct")) {
        block_options_set(below, "cache.direct", cache);
    }
    if (!block_options_peek(below, "driver") && !name_protocol(below, filename, errp)) {
        block_options_free(below);
        return NULL;
    }
    if (!block_options_peek(below, "filename") && !has_prefix(filename)) {
        block_options_set(below, "filename", filename);
    }
    return bdrv_open_options(below, flags, errp);
}

static BlockDriverState *open_json_name(const char *text, const char *format, BlockOptions *o,
                                        const BlockFlags *flags, Error **errp)
{
    g_autoptr(BlockOptions) more = o;
    g_autoptr(BlockOptions) all = block_options_new();
    GHashTableIter iter;
    gpointer name, value;

    if (!block_options_parse(all, text, errp)) {
        return NULL;
    }
    g_hash_table_iter_init(&iter, more);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        block_options_set(all, name, value);
    }
    if (format) {
        block_options_set(all, "driver", format);
    } else if (!block_options_peek(all, "driver")) {
        block_options_set(all, "driver", "raw");
    }
    return bdrv_open_options(g_steal_pointer(&all), flags, errp);
}

BlockDriverState *bdrv_open_filename(const char *filename, const char *format, BlockOptions *o,
                                     const BlockFlags *flags, bool *guessed, Error **errp)
{
    g_autoptr(BlockOptions) mine = o ? o : block_options_new();
    const BlockDriver *driver = NULL;
    BlockFlags below = *flags;
    BlockDriverState *file;

    if (format && !(driver = block_driver_find(format, errp))) {
        return NULL;
    }
    if (g_str_has_prefix(filename, "json:")) {
        return open_json_name(filename + 5, format, g_steal_pointer(&mine), flags, errp);
    }
    if (driver && (driver->is_protocol || driver->is_filter)) {
        block_options_set(mine, "driver", format);
        block_options_set(mine, driver->is_filter ? "file.filename" : "filename", filename);
        return bdrv_open_options(g_steal_pointer(&mine), flags, errp);
    }
    if (!block_options_take_bool(mine, "read-only", &below.read_only, errp) ||
        !block_options_take_bool(mine, "force-share", &below.force_share, errp)) {
        return NULL;
    }
    block_options_set(mine, "read-only", below.read_only ? "on" : "off");
    if (below.force_share) {
        block_options_set(mine, "force-share", "on");
    }
    file = open_file_of(filename, mine, &below, errp);
    if (!file) {
        return NULL;
    }
    if (!format) {
        format = probe(file, guessed, errp);
    }
    if (format) {
        BlockDriverState *bs;

        block_options_set(mine, "driver", format);
        block_options_set(mine, "file", file->node_name);
        bs = bdrv_open_options(g_steal_pointer(&mine), &below, errp);
        bdrv_unref(file); /* bs has its own reference */
        return bs;
    }
    bdrv_unref(file);
    return NULL;
}

/* --- children --- */

/* What a node does with one below it, and lets others do there meanwhile. */
BlockUse *bdrv_use_child(BlockDriverState *bs, BlockDriverState *child, const char *name,
                         Error **errp)
{
    g_autofree char *who = g_strdup_printf("node '%s' as '%s'", bs->node_name, name);
    unsigned used = BLOCK_PERM_READ, shared = BLOCK_PERM_READ;

    if (!g_str_equal(name, "backing") && !bs->flags.read_only) {
        used |= BLOCK_PERM_WRITE | BLOCK_PERM_RESIZE;
    }
    if (bs->flags.force_share) {
        shared |= BLOCK_PERM_WRITE | BLOCK_PERM_RESIZE;
    }
    if ((used & BLOCK_PERM_WRITE) && child->flags.read_only) {
        error_setg(errp, "Node '%s' is read-only, but node '%s' above it wants to write",
                   child->node_name, bs->node_name);
        bdrv_unref(child);
        return NULL;
    }
    return bdrv_use(child, who, used, shared, errp);
}

bool bdrv_open_child(BlockDriverState *bs, BlockOptions *o, const char *name, BlockUse **child,
                     const BlockFlags *flags, bool needed, Error **errp)
{
    g_autofree char *reference = block_options_take(o, name);
    g_autoptr(BlockOptions) group = block_options_take_group(o, name);
    BlockDriverState *below;

    if (reference && *reference) {
        below = bdrv_by_name(reference);
        if (!below) {
            error_setg(errp, "Cannot find device='' nor node-name='%s'", reference);
            return false;
        }
        if (below->half_open) {
            error_setg(errp, "Node '%s' can't stand on itself ('%s' of node '%s')", reference, name,
                       bs->node_name);
            return false;
        }
        if (g_hash_table_size(group)) {
            error_setg(errp, "Parameter '%s' is a node's name, and there are options '%s.…' too",
                       name, name);
            return false;
        }
        bdrv_ref(below);
    } else if (g_hash_table_size(group)) {
        const char *driver = block_options_peek(group, "driver");
        g_autofree char *filename = driver ? NULL : block_options_take(group, "filename");

        if (!driver && !filename) {
            error_setg(errp, "Parameter '%s.driver' is missing", name);
            return false;
        }
        /* "file" is what holds the bits; everything else may have a format of its own */
        if (filename && g_str_equal(name, "file")) {
            if (!name_protocol(group, filename, errp)) {
                return false;
            }
            below = bdrv_open_options(g_steal_pointer(&group), flags, errp);
        } else if (filename) {
            below = bdrv_open_filename(filename, NULL, g_steal_pointer(&group), flags, NULL, errp);
        } else {
            below = bdrv_open_options(g_steal_pointer(&group), flags, errp);
        }
        if (!below) {
            return false;
        }
    } else {
        if (needed) {
            error_setg(errp, "Parameter '%s' is missing: block driver '%s' needs a node there",
                       name, bs->driver->name);
        }
        return !needed;
    }
    *child = bdrv_use_child(bs, below, name, errp);
    return *child != NULL;
}

char *bdrv_relative_filename(const char *base, const char *filename)
{
    g_autofree char *dir = NULL;

    if (g_path_is_absolute(filename) || has_prefix(filename) || !strchr(base, '/')) {
        return g_strdup(filename);
    }
    dir = g_path_get_dirname(base);
    return g_build_filename(dir, filename, NULL);
}

BlockDriverState *bdrv_skip_filters(BlockDriverState *bs)
{
    while (bs && bs->driver->is_filter && bs->file) {
        bs = bs->file->bs;
    }
    return bs;
}

void bdrv_replace(BlockDriverState *old, BlockDriverState *new)
{
    while (old->uses) {
        BlockUse *use = old->uses->data;

        old->uses = g_slist_remove(old->uses, use);
        new->uses = g_slist_append(new->uses, use);
        bdrv_ref(new);
        use->bs = new;
        bdrv_unref(old);
    }
}

bool bdrv_change_backing(BlockDriverState *bs, BlockDriverState *base, Error **errp)
{
    BlockUse *before = bs->backing;
    BlockDriverState *old = before ? before->bs : NULL;
    const char *format = base ? bdrv_skip_filters(base)->driver->name : NULL;

    if (!bs->driver->set_backing) {
        error_setg(errp, "Block driver '%s' has no backing files", bs->driver->name);
        return false;
    }
    if (old == base) {
        return true;
    }
    if (base) {
        bdrv_ref(base);
        bs->backing = bdrv_use_child(bs, base, "backing", errp);
        if (!bs->backing) {
            bs->backing = before;
            return false;
        }
    } else {
        bs->backing = NULL;
    }
    if (!bs->driver->set_backing(bs, base ? base->filename : NULL, format, errp)) {
        bdrv_unuse(bs->backing);
        bs->backing = before;
        return false;
    }
    bdrv_unuse(before);
    return true;
}

bool bdrv_set_read_only(BlockDriverState *bs, bool read_only, Error **errp)
{
    BlockUse *below[] = { bs->file, bs->data };

    if (bs->flags.read_only == read_only) {
        return true;
    }
    /* To writing: from the bottom up; back from it: from the top down. */
    for (size_t i = 0; i < G_N_ELEMENTS(below) && !read_only; i++) {
        if (below[i] && !bdrv_set_read_only(below[i]->bs, false, errp)) {
            return false;
        }
    }
    if (bs->driver->set_read_only && !bs->driver->set_read_only(bs, read_only, errp)) {
        for (size_t i = 0; i < G_N_ELEMENTS(below) && !read_only; i++) {
            if (below[i]) {
                bdrv_set_read_only(below[i]->bs, true, NULL);
            }
        }
        return false;
    }
    bs->flags.read_only = read_only;
    for (size_t i = 0; i < G_N_ELEMENTS(below); i++) {
        if (below[i]) {
            below[i]->used = BLOCK_PERM_READ |
                             (read_only ? 0 : BLOCK_PERM_WRITE | BLOCK_PERM_RESIZE);
            if (read_only && !bdrv_set_read_only(below[i]->bs, true, errp)) {
                return false;
            }
        }
    }
    return true;
}
