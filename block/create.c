/*
 * Making images: raw and qcow2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "create.h"
#include "block-int.h"
#include "qapi/error.h"
#include "qcow2/qcow2.h"

typedef struct Qcow2Layout {
    unsigned version, cluster_bits, refcount_order;
    uint64_t size;
    bool lazy, data_raw;
    CompressionType compression;
    char *backing, *backing_format, *data_file;
    /* in clusters */
    uint64_t l1_entries, l1_clusters, reftable_clusters, blocks;
} Qcow2Layout;

/* An empty file, in the way of which nobody is. */
static bool create_file(const char *filename, Error **errp)
{
    int fd = open(filename, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0) {
        error_setg_errno(errp, errno, "Could not create '%s'", filename);
        return false;
    }
    close(fd);
    return true;
}

/* The file itself, locked, emptied and made @length bytes long. */
static BlockDriverState *open_new_file(const char *filename, int64_t length, Error **errp)
{
    BlockFlags flags = { 0 };
    BlockOptions *o = block_options_new();
    BlockDriverState *bs;
    struct stat st;
    bool device = stat(filename, &st) == 0 && S_ISBLK(st.st_mode);

    if (!device && !create_file(filename, errp)) {
        block_options_free(o);
        return NULL;
    }
    block_options_set(o, "driver", device ? "host_device" : "file");
    block_options_set(o, "filename", filename);
    bs = bdrv_open_options(o, &flags, errp);
    if (bs && (!bdrv_truncate(bs, 0, errp) || !bdrv_truncate(bs, length, errp))) {
        bdrv_unref(bs);
        return NULL;
    }
    return bs;
}

static bool create_raw(const char *filename, BlockOptions *o, uint64_t size, Error **errp)
{
    static const char *const modes[] = { "off", "falloc", "full", NULL };
    unsigned mode = 0;
    BlockDriverState *bs;
    int ret = 0;

    if (!block_options_take_word(o, "preallocation", modes, &mode, errp) ||
        !block_options_all_known(o, "image format 'raw'", errp)) {
        return false;
    }
    bs = open_new_file(filename, size, errp);
    if (!bs) {
        return false;
    }
    if (mode) {
        ret = bdrv_pwrite_zeroes(bs, 0, size, 0);
    }
    bdrv_unref(bs);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not give '%s' its space", filename);
    }
    return ret == 0;
}

/* --- qcow2 --- */

static bool take_power_of_two(BlockOptions *o, const char *name, uint64_t min, uint64_t max,
                              unsigned *log2, Error **errp)
{
    uint64_t value = 1ull << *log2;

    if (!block_options_take_size(o, name, &value, errp)) {
        return false;
    }
    if (value < min || value > max || (value & (value - 1))) {
        error_setg(errp, "Parameter '%s' expects a power of two between %" PRIu64 " and %" PRIu64,
                   name, min, max);
        return false;
    }
    *log2 = __builtin_ctzll(value);
    return true;
}

static bool take_qcow2_options(BlockOptions *o, Qcow2Layout *l, Error **errp)
{
    static const char *const compat[] = { "0.10", "v2", "1.1", "v3", NULL };
    static const char *const compression[] = { "zlib", "zstd", NULL };
    static const char *const preallocation[] = { "off", NULL };
    static const char *const off[] = { "off", NULL };
    unsigned version = 2, method = 0, ignored = 0;

    l->cluster_bits = 16;
    l->refcount_order = 4;
    if (!block_options_take_word(o, "compat", compat, &version, errp) ||
        !block_options_take_word(o, "compression_type", compression, &method, errp) ||
        !block_options_take_word(o, "preallocation", preallocation, &ignored, errp) ||
        !block_options_take_word(o, "extended_l2", off, &ignored, errp) ||
        !block_options_take_word(o, "encryption", off, &ignored, errp) ||
        !take_power_of_two(o, "cluster_size", 512, 2 << 20, &l->cluster_bits, errp) ||
        !take_power_of_two(o, "refcount_bits", 1, 64, &l->refcount_order, errp) ||
        !block_options_take_bool(o, "lazy_refcounts", &l->lazy, errp) ||
        !block_options_take_bool(o, "data_file_raw", &l->data_raw, errp)) {
        return false;
    }
    l->version = version < 2 ? 2 : 3;
    l->compression = method;
    l->backing = block_options_take(o, "backing_file");
    l->backing_format = block_options_take(o, "backing_fmt");
    l->data_file = block_options_take(o, "data_file");
    if (l->version == 2 && (l->lazy || method || l->data_file || l->refcount_order != 4)) {
        error_setg(errp, "lazy_refcounts, compression_type, data_file and refcount_bits need "
                   "compat=1.1");
        return false;
    }
    if (l->data_raw && (!l->data_file || l->backing)) {
        error_setg(errp, "data_file_raw needs data_file, and excludes a backing file");
        return false;
    }
    if (l->backing && strlen(l->backing) > MAX_BACKING_NAME) {
        error_setg(errp, "The name of a backing file is at most %d bytes long", MAX_BACKING_NAME);
        return false;
    }
    return block_options_all_known(o, "image format 'qcow2'", errp);
}

/* Header, refcount table, refcount blocks, L1 table, one behind the other. */
static bool lay_out(Qcow2Layout *l, Error **errp)
{
    uint64_t cluster = 1ull << l->cluster_bits;
    unsigned l1_shift = 2 * l->cluster_bits - 3;
    unsigned refblock_bits = l->cluster_bits + 3 - l->refcount_order;
    uint64_t all = 0, before;

    l->l1_entries = MAX((l->size >> l1_shift) + ((l->size & ((1ull << l1_shift) - 1)) != 0), 1);
    if (l->l1_entries * 8 > MAX_L1_BYTES) {
        error_setg(errp, "An image with clusters of %" PRIu64 " bytes can't be %" PRIu64
                   " bytes long", cluster, l->size);
        return false;
    }
    l->l1_clusters = (l->l1_entries * 8 + cluster - 1) >> l->cluster_bits;
    do {
        before = all;
        l->blocks = (all >> refblock_bits) + 1;
        l->reftable_clusters = (l->blocks * 8 + cluster - 1) >> l->cluster_bits;
        all = 1 + l->reftable_clusters + l->blocks + l->l1_clusters;
    } while (all != before);
    return true;
}

static int write_layout(BlockDriverState *bs, const Qcow2Layout *l)
{
    uint64_t cluster = 1ull << l->cluster_bits;
    uint64_t l1_at = 1 + l->reftable_clusters + l->blocks, all = l1_at + l->l1_clusters;
    g_autofree uint8_t *head = g_malloc0(cluster);
    g_autofree uint8_t *table = g_malloc0(l->reftable_clusters << l->cluster_bits);
    g_autofree uint8_t *blocks = g_malloc0(l->blocks << l->cluster_bits);
    int ret;

    stl_be_p(head + HDR_MAGIC, QCOW2_MAGIC);
    stl_be_p(head + HDR_VERSION, l->version);
    stl_be_p(head + HDR_CLUSTER_BITS, l->cluster_bits);
    stq_be_p(head + HDR_SIZE, l->size);
    stl_be_p(head + HDR_L1_SIZE, l->l1_entries);
    stq_be_p(head + HDR_L1_OFFSET, l1_at << l->cluster_bits);
    stq_be_p(head + HDR_REFTABLE_OFFSET, cluster);
    stl_be_p(head + HDR_REFTABLE_CLUSTERS, l->reftable_clusters);
    if (l->version >= 3) {
        stq_be_p(head + HDR_INCOMPATIBLE, (l->data_file ? INCOMPAT_DATA_FILE : 0) |
                                              (l->compression ? INCOMPAT_COMPRESSION : 0));
        stq_be_p(head + HDR_COMPATIBLE, l->lazy ? COMPAT_LAZY_REFCOUNTS : 0);
        stq_be_p(head + HDR_AUTOCLEAR, l->data_raw ? AUTOCLEAR_RAW_DATA : 0);
        stl_be_p(head + HDR_REFCOUNT_ORDER, l->refcount_order);
        stl_be_p(head + HDR_HEADER_LENGTH, HDR_COMPRESSION + 8);
        head[HDR_COMPRESSION] = l->compression;
    }
    for (uint64_t i = 0; i < l->blocks; i++) {
        stq_be_p(table + i * 8, (1 + l->reftable_clusters + i) << l->cluster_bits);
    }
    for (uint64_t c = 0; c < all; c++) {
        qcow2_count_write(blocks, l->refcount_order, c, 1);
    }
    ret = bdrv_pwrite(bs, cluster, l->reftable_clusters << l->cluster_bits, table);
    ret = ret < 0 ? ret : bdrv_pwrite(bs, (1 + l->reftable_clusters) << l->cluster_bits,
                                      l->blocks << l->cluster_bits, blocks);
    ret = ret < 0 ? ret : bdrv_pwrite_zeroes(bs, l1_at << l->cluster_bits,
                                             l->l1_clusters << l->cluster_bits, 0);
    return ret < 0 ? ret : bdrv_pwrite(bs, 0, cluster, head);
}

/* Opens it once: for the header's extensions, and to see that it is right. */
static bool finish_qcow2(const char *filename, const Qcow2Layout *l, Error **errp)
{
    BlockFlags flags = { 0 };
    BlockOptions *o = block_options_new();
    BlockDriverState *bs;
    Qcow2 *q;
    bool ok;

    if (l->data_file) {
        BlockDriverState *file = open_new_file(l->data_file, l->size, errp);

        if (!file) {
            block_options_free(o);
            return false;
        }
        bdrv_unref(file);
        block_options_set(o, "data-file.filename", l->data_file);
        block_options_set(o, "data-file.driver", "file");
    }
    bs = bdrv_open_filename(filename, "qcow2", o, &flags, NULL, errp);
    if (!bs) {
        return false;
    }
    q = bs->state;
    q->backing_name = g_strdup(l->backing);
    q->backing_format = g_strdup(l->backing ? l->backing_format : NULL);
    q->data_file_name = g_strdup(l->data_file);
    ok = qcow2_rewrite_header(q, errp);
    bdrv_unref(bs);
    return ok;
}

static bool create_qcow2(const char *filename, BlockOptions *o, uint64_t size, Error **errp)
{
    Qcow2Layout l = { .size = (size + SECTOR_SIZE - 1) & ~(uint64_t)(SECTOR_SIZE - 1) };
    BlockDriverState *bs = NULL;
    bool ok = take_qcow2_options(o, &l, errp) && lay_out(&l, errp);
    int ret;

    if (ok) {
        bs = open_new_file(filename, 0, errp);
        ret = bs ? write_layout(bs, &l) : 0;
        ok = bs && ret == 0;
        if (bs && !ok) {
            error_setg_errno(errp, -ret, "Could not write '%s'", filename);
        }
        bdrv_unref(bs);
    }
    ok = ok && finish_qcow2(filename, &l, errp);
    g_free(l.backing);
    g_free(l.backing_format);
    g_free(l.data_file);
    return ok;
}

bool block_create(const char *filename, const char *format, BlockOptions *o, Error **errp)
{
    G_GNUC_UNUSED g_autoptr(BlockOptions) mine = o;
    uint64_t size = 0;

    if (!block_driver_find(format, errp) || !block_options_take_size(o, "size", &size, errp)) {
        return false;
    }
    if (size > INT64_MAX - SECTOR_SIZE) {
        error_setg(errp, "Parameter 'size' expects less than 8 EiB");
        return false;
    }
    if (g_str_equal(format, "raw")) {
        return create_raw(filename, o, size, errp);
    }
    if (g_str_equal(format, "qcow2")) {
        return create_qcow2(filename, o, size, errp);
    }
    error_setg(errp, "Format driver '%s' does not support image creation, expected raw or qcow2",
               format);
    return false;
}

/* A directory for what nobody shall keep. */
static const char *temporary_dir(void)
{
    const char *dir = g_getenv("TMPDIR");

    return dir && *dir ? dir : "/var/tmp";
}

BlockDriverState *block_open_temporary(BlockDriverState *base, const BlockFlags *flags,
                                       Error **errp)
{
    g_autofree char *filename = g_build_filename(temporary_dir(), "sysemu-snapshot-XXXXXX", NULL);
    g_autofree char *size = g_strdup_printf("%" PRId64, bdrv_length(base));
    BlockOptions *o = block_options_new();
    BlockFlags mine = *flags;
    BlockDriverState *bs = NULL;
    int fd = g_mkstemp_full(filename, O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0) {
        error_setg_errno(errp, errno, "Could not create '%s' for the temporary snapshot",
                         filename);
        block_options_free(o);
        bdrv_unref(base);
        return NULL;
    }
    close(fd);
    block_options_set(o, "size", size);
    mine.read_only = mine.direct = false;
    mine.no_flush = true; /* it is gone with the process anyway */
    if (block_create(filename, "qcow2", o, errp)) {
        o = block_options_new();
        block_options_set(o, "backing", base->node_name);
        bs = bdrv_open_filename(filename, "qcow2", o, &mine, NULL, errp);
    }
    unlink(filename);
    bdrv_unref(base); /* the snapshot has its own reference */
    return bs;
}
