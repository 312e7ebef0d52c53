/*
 * qcow2: tables in memory, and the order in which they are written.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qcow2.h"

/* --- the caches --- */

static void free_table(gpointer data)
{
    Table *table = data;

    g_free(table->data);
    g_free(table);
}

void qcow2_cache_set_limit(TableCache *cache, unsigned limit)
{
    cache->limit = MAX(limit, 8);
}

void qcow2_cache_init(TableCache *cache, unsigned limit)
{
    cache->by_offset = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_table);
    QTAILQ_INIT(&cache->lru);
    qcow2_cache_set_limit(cache, limit);
    cache->dirty = 0;
}

void qcow2_cache_clear(TableCache *cache)
{
    QTAILQ_INIT(&cache->lru);
    g_hash_table_remove_all(cache->by_offset);
    cache->dirty = 0;
}

void qcow2_cache_free(TableCache *cache)
{
    if (cache->by_offset) {
        g_hash_table_unref(cache->by_offset);
        cache->by_offset = NULL;
    }
}

static bool is_dirty(const Table *table)
{
    return table->dirty_from < table->dirty_to;
}

/* Forgets the table that wasn't used for the longest time and is in the file as it is here. */
static void make_room(TableCache *cache)
{
    Table *table;

    if (g_hash_table_size(cache->by_offset) < cache->limit) {
        return;
    }
    QTAILQ_FOREACH(table, &cache->lru, link) {
        if (!is_dirty(table) && !table->being_written) {
            QTAILQ_REMOVE(&cache->lru, table, link);
            g_hash_table_remove(cache->by_offset, &table->offset);
            return;
        }
    }
}

static Table *add_table(Qcow2 *q, TableCache *cache, int64_t offset)
{
    Table *table = g_new0(Table, 1);

    make_room(cache);
    table->offset = offset;
    table->data = g_malloc0(q->cluster_size);
    g_hash_table_insert(cache->by_offset, &table->offset, table);
    QTAILQ_INSERT_TAIL(&cache->lru, table, link);
    return table;
}

void qcow2_table_drop(TableCache *cache, int64_t offset)
{
    Table *table = g_hash_table_lookup(cache->by_offset, &offset);

    if (table) {
        cache->dirty -= is_dirty(table);
        QTAILQ_REMOVE(&cache->lru, table, link);
        g_hash_table_remove(cache->by_offset, &offset);
    }
}

Table *qcow2_table_get(Qcow2 *q, TableCache *cache, int64_t offset, int *ret)
{
    Table *table = g_hash_table_lookup(cache->by_offset, &offset);

    *ret = 0;
    if (table) {
        if (QTAILQ_NEXT(table, link)) {
            QTAILQ_REMOVE(&cache->lru, table, link);
            QTAILQ_INSERT_TAIL(&cache->lru, table, link);
        }
        return table;
    }
    if (offset >= bdrv_length(qcow2_file(q))) {
        *ret = qcow2_corrupt(q, "a table at 0x%" PRIx64 ", behind the end of the file", offset);
        return NULL;
    }
    table = add_table(q, cache, offset);
    *ret = bdrv_pread(qcow2_file(q), offset, q->cluster_size, table->data);
    if (*ret < 0) {
        qcow2_table_drop(cache, offset);
        return NULL;
    }
    return table;
}

Table *qcow2_table_new(Qcow2 *q, TableCache *cache, int64_t offset)
{
    Table *table;

    qcow2_table_drop(cache, offset);
    table = add_table(q, cache, offset);
    qcow2_table_dirty(cache, table, 0, q->cluster_size);
    return table;
}

void qcow2_table_dirty(TableCache *cache, Table *table, size_t from, size_t to)
{
    if (!is_dirty(table)) {
        table->dirty_from = from;
        table->dirty_to = to;
        cache->dirty++;
    } else {
        table->dirty_from = MIN(table->dirty_from, from);
        table->dirty_to = MAX(table->dirty_to, to);
    }
}

static void mark_clean(TableCache *cache, Table *table)
{
    cache->dirty -= is_dirty(table);
    table->dirty_from = table->dirty_to = 0;
}

int qcow2_cache_write(Qcow2 *q, TableCache *cache)
{
    Table *table;

    QTAILQ_FOREACH(table, &cache->lru, link) {
        if (is_dirty(table)) {
            int ret = bdrv_pwrite(qcow2_file(q), table->offset + table->dirty_from,
                                  table->dirty_to - table->dirty_from,
                                  table->data + table->dirty_from);

            if (ret < 0) {
                return ret;
            }
            mark_clean(cache, table);
        }
    }
    return 0;
}

/* --- visits --- */

void qcow2_visit_begin(Qcow2 *q, Visit *visit)
{
    visit->number = q->next_visit++;
    QTAILQ_INSERT_TAIL(&q->visits, visit, link);
}

void qcow2_visit_end(Qcow2 *q, Visit *visit)
{
    QTAILQ_REMOVE(&q->visits, visit, link);
    qcow2_retire(q);
}

/* --- flushing --- */

/* A piece of a table as it was when the flush began. */
typedef struct Copy {
    Table *table;
    int64_t offset;
    size_t size;
    size_t from, to; /* of the table's dirty range, should writing fail */
    uint8_t *data;
} Copy;

/* What one flush writes once refcounts and data are on the disk. */
typedef struct Changes {
    GArray *l2; /* of Copy */
    uint64_t *l1;
    uint32_t l1_from, l1_to;
    FreedBatch *freed;
} Changes;

static void take_changes(Qcow2 *q, Changes *c)
{
    Table *table;

    c->l2 = g_array_new(FALSE, FALSE, sizeof(Copy));
    QTAILQ_FOREACH(table, &q->l2_cache.lru, link) {
        if (is_dirty(table)) {
            Copy copy = { table, table->offset + table->dirty_from,
                          table->dirty_to - table->dirty_from, table->dirty_from,
                          table->dirty_to };

            copy.data = g_memdup2(table->data + table->dirty_from, copy.size);
            table->being_written = true;
            mark_clean(&q->l2_cache, table);
            g_array_append_val(c->l2, copy);
        }
    }
    c->l1_from = q->l1_dirty_from;
    c->l1_to = q->l1_dirty_to;
    if (c->l1_from < c->l1_to) {
        c->l1 = g_new(uint64_t, c->l1_to - c->l1_from);
        for (uint32_t i = c->l1_from; i < c->l1_to; i++) {
            c->l1[i - c->l1_from] = cpu_to_be64(q->l1[i]);
        }
    }
    q->l1_dirty_from = q->l1_dirty_to = 0;
    if (q->freed->len) {
        c->freed = g_new0(FreedBatch, 1);
        c->freed->clusters = q->freed;
        q->freed = g_array_new(FALSE, FALSE, sizeof(Freed));
    }
}

/* After a success the freed clusters are on their way; after a failure all is as it was before. */
static void settle_changes(Qcow2 *q, Changes *c, bool ok)
{
    for (guint i = 0; i < c->l2->len; i++) {
        Copy *copy = &g_array_index(c->l2, Copy, i);

        copy->table->being_written = false;
        if (!ok) {
            qcow2_table_dirty(&q->l2_cache, copy->table, copy->from, copy->to);
        }
        g_free(copy->data);
    }
    g_array_unref(c->l2);
    if (!ok && c->l1) {
        q->l1_dirty_from = q->l1_dirty_to ? MIN(q->l1_dirty_from, c->l1_from) : c->l1_from;
        q->l1_dirty_to = MAX(q->l1_dirty_to, c->l1_to);
    }
    g_free(c->l1);
    if (c->freed && ok) {
        c->freed->number = q->next_visit;
        QTAILQ_INSERT_TAIL(&q->batches, c->freed, link);
        qcow2_retire(q);
    } else if (c->freed) {
        g_array_append_vals(q->freed, c->freed->clusters->data, c->freed->clusters->len);
        g_array_unref(c->freed->clusters);
        g_free(c->freed);
    }
}

static int write_changes(Qcow2 *q, Changes *c)
{
    BlockDriverState *file = qcow2_file(q);
    int ret = 0;

    for (guint i = 0; ret == 0 && i < c->l2->len; i++) {
        Copy *copy = &g_array_index(c->l2, Copy, i);

        ret = bdrv_pwrite(file, copy->offset, copy->size, copy->data);
    }
    if (ret == 0 && c->l1) {
        ret = bdrv_flush(file);
        if (ret == 0) {
            ret = bdrv_pwrite(file, q->l1_offset + c->l1_from * sizeof(uint64_t),
                              (c->l1_to - c->l1_from) * sizeof(uint64_t), c->l1);
        }
    }
    return ret;
}

static int sync_all(Qcow2 *q)
{
    int ret = q->bs->data ? bdrv_flush(q->bs->data->bs) : 0;

    return ret < 0 ? ret : bdrv_flush(qcow2_file(q));
}

/* With flush_lock and lock; drops lock meanwhile. */
static int flush_tables(Qcow2 *q)
{
    Changes changes = { NULL };
    int ret = 0;

    if (!q->lazy) {
        ret = qcow2_cache_write(q, &q->refblock_cache);
        if (ret < 0) {
            return ret;
        }
    }
    take_changes(q, &changes);
    g_mutex_unlock(&q->lock);
    if (changes.l2->len || changes.l1) {
        ret = sync_all(q);
        ret = ret < 0 ? ret : write_changes(q, &changes);
    }
    ret = ret < 0 ? ret : sync_all(q);
    g_mutex_lock(&q->lock);
    settle_changes(q, &changes, ret == 0);
    return ret;
}

int qcow2_flush(Qcow2 *q)
{
    int ret;

    if (q->bs->flags.read_only) {
        return 0;
    }
    g_mutex_lock(&q->flush_lock);
    g_mutex_lock(&q->lock);
    ret = q->corrupt ? -EIO : flush_tables(q);
    g_mutex_unlock(&q->lock);
    g_mutex_unlock(&q->flush_lock);
    return ret;
}

int qcow2_relieve(Qcow2 *q)
{
    bool crowded;

    g_mutex_lock(&q->lock);
    crowded = q->l2_cache.dirty >= q->l2_cache.limit ||
              (!q->lazy && q->refblock_cache.dirty >= q->refblock_cache.limit);
    g_mutex_unlock(&q->lock);
    return crowded ? qcow2_flush(q) : 0;
}

bool qcow2_has_changes(Qcow2 *q)
{
    bool changed;

    g_mutex_lock(&q->lock);
    changed = q->l2_cache.dirty || q->l1_dirty_from < q->l1_dirty_to;
    g_mutex_unlock(&q->lock);
    return changed;
}
