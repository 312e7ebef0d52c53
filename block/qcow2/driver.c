/*
 * qcow2: opening and closing, the driver's table.
 *
 *   backing=NODE, backing.…     instead of the backing file that the image names; "" for none
 *   data-file=NODE, data-file.… the same for the external data file
 *   lazy-refcounts=on|off, cache-size=, l2-cache-size=, refcount-cache-size=
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "qcow2.h"

#define DEFAULT_L2_CACHE (32 * MiB)

/* --- files that belong to it --- */

/* The file that the image names, with more options for it, which are taken. */
static bool open_named_backing(Qcow2 *q, BlockOptions *more, const BlockFlags *flags, Error **errp)
{
    ERRP_GUARD();
    BlockDriverState *bs = q->bs, *backing;
    g_autofree char *filename = bdrv_relative_filename(qcow2_file(q)->filename, q->backing_name);
    g_autofree char *format = block_options_take(more, "driver");
    g_autofree char *who = g_strdup_printf("node '%s' as 'backing'", bs->node_name);
    unsigned shared = BLOCK_PERM_READ |
                      (bs->flags.force_share ? BLOCK_PERM_WRITE | BLOCK_PERM_RESIZE : 0);

    backing = bdrv_open_filename(filename, format ? format : q->backing_format, more, flags, NULL,
                                 errp);
    if (!backing) {
        /* of a chain that can't be opened, the first link is told */
        if (!g_str_has_prefix(error_get_pretty(*errp), "Could not open backing")) {
            error_prepend(errp, "Could not open backing file '%s': ", q->backing_name);
        }
        return false;
    }
    bs->backing = bdrv_use(backing, who, BLOCK_PERM_READ, shared, errp);
    return bs->backing != NULL;
}

/* "backing" and "data-file" from the options, otherwise what the image says. */
static bool open_backing(Qcow2 *q, BlockOptions *o, Error **errp)
{
    BlockDriverState *bs = q->bs;
    BlockFlags flags = bs->flags;
    const char *given = block_options_peek(o, "backing");
    g_autoptr(BlockOptions) group = NULL;

    flags.read_only = true;
    flags.auto_read_only = false;
    if (given && !*given) {
        g_free(block_options_take(o, "backing"));
        return true;
    }
    if (given) {
        return bdrv_open_child(bs, o, "backing", &bs->backing, &flags, true, errp);
    }
    group = block_options_take_group(o, "backing");
    if (!q->backing_name && !g_hash_table_size(group)) {
        return true;
    }
    if (block_options_peek(group, "file.filename") || block_options_peek(group, "file") ||
        block_options_peek(group, "filename") || !q->backing_name) {
        GHashTableIter iter;
        gpointer name, value;

        g_hash_table_iter_init(&iter, group);
        while (g_hash_table_iter_next(&iter, &name, &value)) {
            g_autofree char *full = g_strconcat("backing.", name, NULL);

            block_options_set(o, full, value);
        }
        return bdrv_open_child(bs, o, "backing", &bs->backing, &flags, true, errp);
    }
    return open_named_backing(q, g_steal_pointer(&group), &flags, errp);
}

static bool open_data_file(Qcow2 *q, BlockOptions *o, Error **errp)
{
    BlockDriverState *bs = q->bs;

    if (!bdrv_open_child(bs, o, "data-file", &bs->data, &bs->flags, false, errp)) {
        return false;
    }
    if (!(q->incompatible & INCOMPAT_DATA_FILE)) {
        return !bs->data ||
               qcow2_bad(q, errp, "it has no external data file, but 'data-file' is given");
    }
    if (!bs->data && !q->data_file_name) {
        return qcow2_bad(q, errp, "'data-file' is required: it doesn't say where its data are");
    }
    if (!bs->data) {
        /* relative to the working directory, as other programs take it */
        block_options_set(o, "data-file.filename", q->data_file_name);
        block_options_set(o, "data-file.driver", "file");
        if (!bdrv_open_child(bs, o, "data-file", &bs->data, &bs->flags, true, errp)) {
            error_prepend(errp, "Could not open the external data file: ");
            return false;
        }
    }
    return true;
}

/* --- opening and closing --- */

static void free_state(Qcow2 *q)
{
    FreedBatch *batch;

    qcow2_cache_free(&q->l2_cache);
    qcow2_cache_free(&q->refblock_cache);
    while ((batch = QTAILQ_FIRST(&q->batches)) != NULL) {
        QTAILQ_REMOVE(&q->batches, batch, link);
        g_array_unref(batch->clusters);
        g_free(batch);
    }
    qcow2_free_snapshots(q);
    g_array_unref(q->freed);
    g_hash_table_unref(q->metadata);
    g_free(q->l1);
    g_free(q->reftable);
    g_free(q->backing_name);
    g_free(q->backing_format);
    g_free(q->data_file_name);
    g_free(q->unpacked);
    g_mutex_clear(&q->lock);
    g_mutex_clear(&q->flush_lock);
    g_mutex_clear(&q->unpacked_lock);
    g_cond_clear(&q->busy_cond);
}

static void init_state(Qcow2 *q, BlockDriverState *bs)
{
    q->bs = bs;
    g_mutex_init(&q->lock);
    g_mutex_init(&q->flush_lock);
    g_mutex_init(&q->unpacked_lock);
    g_cond_init(&q->busy_cond);
    QTAILQ_INIT(&q->busy);
    QTAILQ_INIT(&q->visits);
    QTAILQ_INIT(&q->batches);
    q->freed = g_array_new(FALSE, FALSE, sizeof(Freed));
    q->metadata = g_hash_table_new(NULL, NULL);
}

/* How many tables the caches may hold. */
static bool take_cache_sizes(const Qcow2 *q, BlockOptions *o, unsigned *l2_tables,
                             unsigned *refblocks, Error **errp)
{
    uint64_t all = 0, l2 = DEFAULT_L2_CACHE, counts = 0, entry_size = 0, interval = 0;

    if (!block_options_take_size(o, "cache-size", &all, errp) ||
        !block_options_take_size(o, "l2-cache-size", &l2, errp) ||
        !block_options_take_size(o, "refcount-cache-size", &counts, errp) ||
        !block_options_take_size(o, "l2-cache-entry-size", &entry_size, errp) ||
        !block_options_take_number(o, "cache-clean-interval", UINT32_MAX, &interval, errp)) {
        return false;
    }
    if (all) {
        l2 = all;
    }
    counts = MAX(counts, l2 / 4);
    *l2_tables = MIN(l2 >> q->cluster_bits, 1u << 20);
    *refblocks = MIN(counts >> q->cluster_bits, 1u << 20);
    return true;
}

static bool init_caches(Qcow2 *q, BlockOptions *o, Error **errp)
{
    unsigned l2_tables, refblocks;

    if (!take_cache_sizes(q, o, &l2_tables, &refblocks, errp)) {
        return false;
    }
    qcow2_cache_init(&q->l2_cache, l2_tables);
    qcow2_cache_init(&q->refblock_cache, refblocks);
    return true;
}

/* What has to be in order before the first write. */
static bool prepare_writing(Qcow2 *q, Error **errp)
{
    uint64_t known = q->autoclear & AUTOCLEAR_RAW_DATA;
    uint8_t raw[8];

    if (q->incompatible & INCOMPAT_CORRUPT) {
        return qcow2_bad(q, errp, "Image is corrupt; cannot be opened read/write");
    }
    if (q->incompatible & INCOMPAT_DIRTY) {
        BlockCheck check = { .fix_leaks = true, .fix_errors = true };

        if (!qcow2_check(q->bs, &check, errp)) {
            return false;
        }
        if (check.corruptions || check.check_errors) {
            return qcow2_bad(q, errp, "it was not closed, and repairing its refcounts left %" PRId64
                             " errors", check.corruptions + check.check_errors);
        }
    }
    stq_be_p(raw, known);
    if (q->autoclear != known &&
        qcow2_write_header(q, HDR_AUTOCLEAR, raw, sizeof(raw)) < 0) {
        return qcow2_bad(q, errp, "its header can't be written");
    }
    q->autoclear = known;
    return true;
}

static bool qcow2_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    Qcow2 *q = bs->state;
    bool lazy;

    if (!bdrv_open_child(bs, o, "file", &bs->file, &bs->flags, true, errp)) {
        return false;
    }
    init_state(q, bs);
    bs->filename = g_strdup(bs->file->bs->filename);
    if (!qcow2_read_metadata(q, errp)) {
        free_state(q);
        return false;
    }
    lazy = q->compatible & COMPAT_LAZY_REFCOUNTS;
    if (!init_caches(q, o, errp) || !block_options_take_bool(o, "lazy-refcounts", &lazy, errp) ||
        !open_data_file(q, o, errp) || !open_backing(q, o, errp)) {
        free_state(q);
        return false;
    }
    if (bs->backing && (q->autoclear & AUTOCLEAR_RAW_DATA)) {
        qcow2_bad(q, errp, "a backing file and raw external data exclude each other");
        free_state(q);
        return false;
    }
    if (!bs->flags.read_only && !prepare_writing(q, errp)) {
        free_state(q);
        return false;
    }
    q->lazy = lazy && q->version >= 3;
    return true;
}

/* All of the tables to the file, also counts that were put off. */
static int write_all(Qcow2 *q)
{
    int ret = qcow2_flush(q);

    g_mutex_lock(&q->lock);
    qcow2_retire(q);
    if (ret == 0 && !q->corrupt) {
        ret = qcow2_cache_write(q, &q->refblock_cache);
    }
    if (ret == 0 && !q->corrupt && (q->incompatible & INCOMPAT_DIRTY)) {
        ret = qcow2_set_incompatible(q, 0, INCOMPAT_DIRTY);
    } else if (ret == 0 && !q->corrupt) {
        ret = bdrv_flush(qcow2_file(q));
    }
    g_mutex_unlock(&q->lock);
    return ret;
}

static void qcow2_close(BlockDriverState *bs)
{
    Qcow2 *q = bs->state;
    int ret = bs->flags.read_only || q->corrupt ? 0 : write_all(q);

    if (ret < 0) {
        error_report("qcow2 image '%s': its tables could not be written: %s", bs->filename,
                     g_strerror(-ret));
    }
    free_state(q);
}

static bool qcow2_set_read_only(BlockDriverState *bs, bool read_only, Error **errp)
{
    Qcow2 *q = bs->state;
    int ret;

    if (!read_only) {
        bool ok;

        bs->flags.read_only = false; /* what is prepared is written */
        ok = prepare_writing(q, errp);
        bs->flags.read_only = true;
        return ok;
    }
    ret = write_all(q);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write the tables of '%s'", bs->filename);
    }
    return ret == 0;
}

/* --- other options --- */

/* What was there before: one of the backing files is let go in the end. */
typedef struct Reopened {
    BlockUse *backing;
    bool lazy;
    unsigned l2_limit, refblock_limit;
} Reopened;

static bool stands_on(const BlockDriverState *bs, const BlockDriverState *other)
{
    const BlockUse *below[] = { bs->file, bs->data, bs->backing };
    bool found = bs == other;

    for (size_t i = 0; !found && i < G_N_ELEMENTS(below); i++) {
        found = below[i] && stands_on(below[i]->bs, other);
    }
    return found;
}

static bool change_backing(Qcow2 *q, BlockOptions *o, Error **errp)
{
    BlockDriverState *bs = q->bs, *base;
    g_autofree char *name = block_options_take(o, "backing");
    BlockUse *use;

    if (!name) {
        if (bs->backing) {
            error_setg(errp, "'backing' is missing for '%s'", bs->node_name);
        }
        return !bs->backing;
    }
    if (!*name) {
        bs->backing = NULL;
        return true;
    }
    if (bs->backing && g_str_equal(name, bs->backing->bs->node_name)) {
        return true;
    }
    base = bdrv_by_name(name);
    if (!base) {
        error_setg(errp, "Parameter 'backing': Cannot find device='' nor node-name='%s'", name);
        return false;
    }
    if (stands_on(base, bs)) {
        error_setg(errp, "Parameter 'backing': making '%s' a backing file of '%s' would create a "
                   "cycle", name, bs->node_name);
        return false;
    }
    if (q->autoclear & AUTOCLEAR_RAW_DATA) {
        return qcow2_bad(q, errp, "a backing file and raw external data exclude each other");
    }
    bdrv_ref(base);
    use = bdrv_use_child(bs, base, "backing", errp);
    if (use) {
        bs->backing = use;
    }
    return use != NULL;
}

static bool change_caches(Qcow2 *q, BlockOptions *o, Error **errp)
{
    unsigned l2_tables, refblocks;

    if (!take_cache_sizes(q, o, &l2_tables, &refblocks, errp)) {
        return false;
    }
    qcow2_cache_set_limit(&q->l2_cache, l2_tables);
    qcow2_cache_set_limit(&q->refblock_cache, refblocks);
    return true;
}

static void qcow2_reopen_end(BlockDriverState *bs, void *undo, bool keep)
{
    g_autofree Reopened *before = undo;
    Qcow2 *q = bs->state;
    BlockUse *dropped = keep ? before->backing : bs->backing;

    if (before->backing != bs->backing) {
        bs->backing = keep ? bs->backing : before->backing;
        bdrv_unuse(dropped);
    }
    if (!keep) {
        q->lazy = before->lazy;
        q->l2_cache.limit = before->l2_limit;
        q->refblock_cache.limit = before->refblock_limit;
    }
}

static bool qcow2_reopen(BlockDriverState *bs, BlockOptions *o, const BlockFlags *flags,
                         void **undo, Error **errp)
{
    Qcow2 *q = bs->state;
    Reopened *before = g_new(Reopened, 1);
    bool lazy = q->compatible & COMPAT_LAZY_REFCOUNTS;

    *before = (Reopened) { bs->backing, q->lazy, q->l2_cache.limit, q->refblock_cache.limit };
    if (o && (!change_backing(q, o, errp) || !change_caches(q, o, errp) ||
              !block_options_take_bool(o, "lazy-refcounts", &lazy, errp))) {
        qcow2_reopen_end(bs, before, false);
        return false;
    }
    if (o && q->lazy && !lazy && !bs->flags.read_only && write_all(q) < 0) {
        error_setg(errp, "Parameter 'lazy-refcounts' can't change: the counts of '%s' can't be "
                   "written", bs->filename);
        qcow2_reopen_end(bs, before, false);
        return false;
    }
    if (o) {
        q->lazy = lazy && q->version >= 3;
    }
    *undo = before;
    return true;
}

static int qcow2_probe(const uint8_t *head, size_t len)
{
    return len >= 8 && (uint32_t)ldl_be_p(head) == QCOW2_MAGIC && ldl_be_p(head + 4) >= 2 ? 100 : 0;
}

static int flush(BlockDriverState *bs)
{
    return qcow2_flush(bs->state);
}

static void add_specific(BlockFormatInfo *info, const char *name, const char *value)
{
    g_ptr_array_add(info->specific, g_strdup(name));
    g_ptr_array_add(info->specific, g_strdup(value));
}

static void qcow2_info(BlockDriverState *bs, BlockFormatInfo *info)
{
    Qcow2 *q = bs->state;
    g_autofree char *bits = g_strdup_printf("%u", 1u << q->refcount_order);

    info->cluster_size = q->cluster_size;
    info->backing_filename = g_strdup(q->backing_name);
    info->backing_format = g_strdup(q->backing_format);
    info->dirty = q->incompatible & INCOMPAT_DIRTY;
    info->corrupt = q->incompatible & INCOMPAT_CORRUPT;
    add_specific(info, "compat", q->version == 2 ? "0.10" : "1.1");
    add_specific(info, "compression type",
                 q->compression == COMPRESSION_ZSTD ? "zstd" : "zlib");
    if (q->version >= 3) {
        add_specific(info, "lazy refcounts!",
                     q->compatible & COMPAT_LAZY_REFCOUNTS ? "true" : "false");
    }
    add_specific(info, "refcount bits#", bits);
    if (q->incompatible & INCOMPAT_DATA_FILE) {
        if (q->data_file_name) {
            add_specific(info, "data file", q->data_file_name);
        }
        add_specific(info, "data file raw!",
                     q->autoclear & AUTOCLEAR_RAW_DATA ? "true" : "false");
    }
    if (q->version >= 3) {
        add_specific(info, "corrupt!", info->corrupt ? "true" : "false");
        add_specific(info, "extended l2!", "false");
    }
}

static bool qcow2_set_backing(BlockDriverState *bs, const char *filename, const char *format,
                              Error **errp)
{
    Qcow2 *q = bs->state;

    if (filename && strlen(filename) > MAX_BACKING_NAME) {
        error_setg(errp, "The name of a backing file is at most %d bytes long", MAX_BACKING_NAME);
        return false;
    }
    if (filename && bs->data && (q->autoclear & AUTOCLEAR_RAW_DATA)) {
        error_setg(errp, "A backing file and raw external data exclude each other");
        return false;
    }
    g_free(q->backing_name);
    g_free(q->backing_format);
    q->backing_name = g_strdup(filename);
    q->backing_format = g_strdup(filename ? format : NULL);
    return qcow2_rewrite_header(q, errp);
}

const BlockDriver block_driver_qcow2 = {
    .name = "qcow2",
    .state_size = sizeof(Qcow2),
    .probe = qcow2_probe,
    .open = qcow2_open,
    .close = qcow2_close,
    .reopen = qcow2_reopen,
    .reopen_end = qcow2_reopen_end,
    .set_read_only = qcow2_set_read_only,
    .read = qcow2_read,
    .write = qcow2_write,
    .place = qcow2_place,
    .place_end = qcow2_place_end,
    .zero = qcow2_zero,
    .discard = qcow2_discard,
    .flush = flush,
    .status = qcow2_status,
    .truncate = qcow2_truncate,
    .info = qcow2_info,
    .check = qcow2_check,
    .set_backing = qcow2_set_backing,
    .make_empty = qcow2_make_empty,
    .snapshots = qcow2_snapshots,
    .snapshot_create = qcow2_snapshot_create,
    .snapshot_apply = qcow2_snapshot_apply,
    .snapshot_delete = qcow2_snapshot_delete,
};
