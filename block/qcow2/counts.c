/*
 * qcow2: how often each cluster of the file is used; finding free ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qcow2.h"

/* --- numbers of 1 to 64 bits --- */

uint64_t qcow2_count_read(const void *block, unsigned order, uint64_t index)
{
    const uint8_t *bytes = block;

    switch (order) {
    case 3:
        return bytes[index];
    case 4:
        return lduw_be_p(bytes + 2 * index);
    case 5:
        return ldl_be_p(bytes + 4 * index) & UINT32_MAX;
    case 6:
        return ldq_be_p(bytes + 8 * index);
    default: /* several in a byte, from its low end on */
        return bytes[index >> (3 - order)] >> ((index << order) & 7) & ((1u << (1u << order)) - 1);
    }
}

void qcow2_count_write(void *block, unsigned order, uint64_t index, uint64_t value)
{
    uint8_t *bytes = block;

    switch (order) {
    case 3:
        bytes[index] = value;
        break;
    case 4:
        stw_be_p(bytes + 2 * index, value);
        break;
    case 5:
        stl_be_p(bytes + 4 * index, value);
        break;
    case 6:
        stq_be_p(bytes + 8 * index, value);
        break;
    default: {
        uint8_t *byte = bytes + (index >> (3 - order));
        unsigned shift = (index << order) & 7, mask = (1u << (1u << order)) - 1;

        *byte = (*byte & ~(mask << shift)) | value << shift;
        break;
    }
    }
}

uint64_t qcow2_count_max(const Qcow2 *q)
{
    return q->refcount_order == 6 ? UINT64_MAX : (1ull << (1u << q->refcount_order)) - 1;
}

/* --- refcount blocks --- */

/* The block for @cluster; NULL with *ret == 0 if there is none, or with a negative errno. */
static Table *find_block(Qcow2 *q, uint64_t cluster, int *ret)
{
    uint64_t index = cluster >> q->refblock_bits;
    int64_t offset;

    *ret = 0;
    if (index >= q->reftable_entries || !q->reftable[index]) {
        return NULL;
    }
    offset = q->reftable[index] & REFTABLE_OFFSET;
    if ((q->reftable[index] & REFTABLE_RESERVED) || qcow2_in_cluster(q, offset) || offset < 0) {
        *ret = qcow2_corrupt(q, "refcount table entry %" PRIu64 " is 0x%" PRIx64, index,
                             q->reftable[index]);
        return NULL;
    }
    return qcow2_table_get(q, &q->refblock_cache, offset, ret);
}

static uint64_t index_in_block(const Qcow2 *q, uint64_t cluster)
{
    return cluster & ((1ull << q->refblock_bits) - 1);
}

static void set_in_block(Qcow2 *q, Table *block, uint64_t cluster, uint64_t value)
{
    uint64_t index = index_in_block(q, cluster);
    size_t bit = index << q->refcount_order;

    qcow2_count_write(block->data, q->refcount_order, index, value);
    qcow2_table_dirty(&q->refblock_cache, block, bit / 8,
                      bit / 8 + MAX(1u << q->refcount_order, 8u) / 8);
}

int64_t qcow2_count(Qcow2 *q, uint64_t cluster)
{
    int ret;
    Table *block = find_block(q, cluster, &ret);
    uint64_t count;

    if (!block) {
        return ret;
    }
    count = qcow2_count_read(block->data, q->refcount_order, index_in_block(q, cluster));
    return MIN(count, (uint64_t)INT64_MAX);
}

static int mark_lazy(Qcow2 *q)
{
    return q->lazy && !(q->incompatible & INCOMPAT_DIRTY)
               ? qcow2_set_incompatible(q, INCOMPAT_DIRTY, 0) : 0;
}

/* The table of refcount blocks, longer: to a free place in a row, which the new blocks count. */
static int grow_reftable(Qcow2 *q, uint64_t cluster)
{
    uint64_t wanted = (cluster >> q->refblock_bits) + 1;
    uint64_t entries = MAX(wanted + wanted / 2, 1), clusters, first, blocks;
    uint64_t *table;
    uint8_t *raw, head[12];
    int64_t old_offset = q->reftable_offset;
    uint64_t old_bytes = q->reftable_entries * sizeof(uint64_t);
    int ret;

    /* All of it behind the end: nothing there is counted yet. */
    first = MAX(cluster, qcow2_clusters(q, bdrv_length(qcow2_file(q))));
    clusters = qcow2_clusters(q, entries * sizeof(uint64_t));
    blocks = ((first + clusters + 2) >> q->refblock_bits) + 2;
    entries = MAX(entries, blocks);
    clusters = qcow2_clusters(q, entries * sizeof(uint64_t));
    entries = clusters << (q->cluster_bits - 3);
    if (entries * sizeof(uint64_t) > MAX_REFTABLE_BYTES) {
        return -EFBIG;
    }
    table = g_new0(uint64_t, entries);
    memcpy(table, q->reftable, old_bytes);
    /* blocks that count the table and themselves, directly behind it */
    blocks = 0;
    for (uint64_t c = first; c <= first + clusters + blocks; c++) {
        if (!table[c >> q->refblock_bits]) {
            table[c >> q->refblock_bits] = (first + clusters + blocks++) << q->cluster_bits;
        }
    }
    g_free(q->reftable);
    q->reftable = table;
    q->reftable_entries = entries;
    for (uint64_t i = 0; i < blocks; i++) {
        qcow2_table_new(q, &q->refblock_cache, (first + clusters + i) << q->cluster_bits);
    }
    ret = qcow2_count_change(q, first, clusters + blocks, 1);
    raw = g_malloc(entries * sizeof(uint64_t));
    for (uint64_t i = 0; i < entries; i++) {
        stq_be_p(raw + i * sizeof(uint64_t), table[i]);
    }
    ret = ret < 0 ? ret : qcow2_cache_write(q, &q->refblock_cache);
    ret = ret < 0 ? ret : bdrv_pwrite(qcow2_file(q), first << q->cluster_bits,
                                      entries * sizeof(uint64_t), raw);
    g_free(raw);
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    stq_be_p(head, first << q->cluster_bits);
    stl_be_p(head + 8, clusters);
    ret = ret < 0 ? ret : qcow2_write_header(q, HDR_REFTABLE_OFFSET, head, sizeof(head));
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    if (ret < 0) {
        q->corrupt = true; /* half of it is in memory only: stop before it does harm */
        return ret;
    }
    q->reftable_offset = first << q->cluster_bits;
    qcow2_metadata_add(q, q->reftable_offset, (clusters + blocks) << q->cluster_bits);
    qcow2_metadata_remove(q, old_offset, old_bytes);
    qcow2_free_later(q, old_offset, old_bytes);
    return 0;
}

/*
 * A refcount block for @cluster, which is free: it takes that cluster or the first that it counts.
 */
static int add_block(Qcow2 *q, uint64_t cluster)
{
    uint64_t index = cluster >> q->refblock_bits, place = cluster;
    uint8_t entry[8];
    Table *block;
    int ret;

    if (index >= q->reftable_entries) {
        return grow_reftable(q, cluster);
    }
    if (qcow2_is_metadata(q, place << q->cluster_bits, q->cluster_size)) {
        return qcow2_corrupt(q, "metadata in cluster %" PRIu64 " isn't counted", place);
    }
    block = qcow2_table_new(q, &q->refblock_cache, place << q->cluster_bits);
    q->reftable[index] = place << q->cluster_bits;
    set_in_block(q, block, place, 1);
    /* What the table points to must be there before. */
    ret = qcow2_cache_write(q, &q->refblock_cache);
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    stq_be_p(entry, q->reftable[index]);
    ret = ret < 0 ? ret : bdrv_pwrite(qcow2_file(q), q->reftable_offset + index * 8, 8, entry);
    if (ret < 0) {
        q->reftable[index] = 0;
        qcow2_table_drop(&q->refblock_cache, place << q->cluster_bits);
        return ret;
    }
    qcow2_metadata_add(q, place << q->cluster_bits, q->cluster_size);
    return 0;
}

int qcow2_count_set(Qcow2 *q, uint64_t cluster, uint64_t value)
{
    int ret = mark_lazy(q);
    Table *block;

    if (ret < 0) {
        return ret;
    }
    block = find_block(q, cluster, &ret);
    if (!block) {
        return ret < 0 ? ret : -EINVAL;
    }
    set_in_block(q, block, cluster, value);
    if (!value) {
        q->free_hint = MIN(q->free_hint, cluster);
    }
    return 0;
}

int qcow2_count_change(Qcow2 *q, uint64_t first, uint64_t n, int delta)
{
    for (uint64_t c = first; c < first + n; c++) {
        int64_t count = qcow2_count(q, c);
        int ret;

        if (count < 0) {
            return count;
        }
        if (count + delta < 0) {
            return qcow2_corrupt(q, "cluster %" PRIu64 " is given back but isn't counted", c);
        }
        if (count + delta > 0 && (uint64_t)(count + delta) > qcow2_count_max(q)) {
            return -ERANGE;
        }
        ret = qcow2_count_set(q, c, count + delta);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

/* --- allocation --- */

/* Whether a block counts @cluster. */
static bool is_counted(Qcow2 *q, uint64_t cluster)
{
    uint64_t index = cluster >> q->refblock_bits;

    return index < q->reftable_entries && q->reftable[index];
}

/* How many clusters from @first on are counted and free, up to @want; or a negative errno. */
static int64_t free_run(Qcow2 *q, uint64_t first, uint64_t want)
{
    uint64_t n = 0;

    while (n < want && is_counted(q, first + n)) {
        int64_t count = qcow2_count(q, first + n);

        if (count) {
            return count < 0 ? count : (int64_t)n;
        }
        n++;
    }
    return n;
}

/* Takes @n free clusters; their offset, or a negative errno. */
static int64_t take_run(Qcow2 *q, uint64_t first, uint64_t n)
{
    int ret;

    if (qcow2_is_metadata(q, first << q->cluster_bits, n << q->cluster_bits)) {
        return qcow2_corrupt(q, "metadata in cluster %" PRIu64 " or one of the %" PRIu64
                             " from there on isn't counted", first, n);
    }
    ret = qcow2_count_change(q, first, n, 1);
    if (ret < 0) {
        return ret;
    }
    if (q->free_hint == first) {
        q->free_hint += n;
    }
    return first << q->cluster_bits;
}

int64_t qcow2_allocate(Qcow2 *q, uint64_t least, uint64_t want, uint64_t *got)
{
    uint64_t cluster = q->free_hint, limit = ENTRY_OFFSET >> q->cluster_bits;
    bool seen_free = false;

    if (q->corrupt) {
        return -EIO;
    }
    while (cluster + want <= limit) {
        int64_t n;

        if (!is_counted(q, cluster)) {
            int ret = add_block(q, cluster); /* which may take that cluster itself */

            if (ret < 0) {
                return ret;
            }
        }
        n = free_run(q, cluster, want);
        if (n > 0 && !seen_free) {
            q->free_hint = cluster;
            seen_free = true;
        }
        if (n < 0 || (uint64_t)n >= least) {
            *got = MAX(n, 0);
            return n < 0 ? n : take_run(q, cluster, n);
        }
        cluster += MAX(n, 1);
    }
    return -EFBIG;
}

void qcow2_free_later(Qcow2 *q, int64_t offset, uint64_t bytes)
{
    Freed freed = { (uint64_t)offset >> q->cluster_bits };

    freed.count = qcow2_clusters(q, qcow2_in_cluster(q, offset) + bytes);
    g_array_append_val(q->freed, freed);
}

/* Counts down one cluster; if nobody uses it any more, the host gets the space back. */
static void retire_cluster(Qcow2 *q, uint64_t cluster)
{
    int64_t offset = cluster << q->cluster_bits;
    int64_t bytes = MIN(q->cluster_size, bdrv_length(qcow2_file(q)) - offset);

    /* A failure leaks the cluster: that can be mended later. */
    if (qcow2_count_change(q, cluster, 1, -1) == 0 && q->bs->flags.unmap && bytes > 0 &&
        qcow2_count(q, cluster) == 0) {
        bdrv_pdiscard(qcow2_file(q), offset, bytes);
    }
}

void qcow2_retire(Qcow2 *q)
{
    FreedBatch *batch;

    while ((batch = QTAILQ_FIRST(&q->batches)) != NULL &&
           (QTAILQ_EMPTY(&q->visits) || QTAILQ_FIRST(&q->visits)->number >= batch->number)) {
        QTAILQ_REMOVE(&q->batches, batch, link);
        for (guint i = 0; i < batch->clusters->len; i++) {
            Freed *f = &g_array_index(batch->clusters, Freed, i);

            for (uint64_t n = 0; n < f->count; n++) {
                retire_cluster(q, f->first_cluster + n);
            }
        }
        g_array_unref(batch->clusters);
        g_free(batch);
    }
}
