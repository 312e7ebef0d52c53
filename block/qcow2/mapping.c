/*
 * qcow2: from guest offsets to places in the file: L1 and L2 tables.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qcow2.h"

unsigned qcow2_l2_index(const Qcow2 *q, int64_t offset)
{
    return (offset >> q->cluster_bits) & ((1u << q->l2_bits) - 1);
}

static uint64_t l1_index(const Qcow2 *q, int64_t offset)
{
    return (uint64_t)offset >> (q->cluster_bits + q->l2_bits);
}

uint64_t qcow2_l2_entry(const Table *table, unsigned index)
{
    return ldq_be_p(table->data + index * sizeof(uint64_t));
}

void qcow2_l2_set(Qcow2 *q, Table *table, unsigned index, uint64_t entry)
{
    stq_be_p(table->data + index * sizeof(uint64_t), entry);
    qcow2_table_dirty(&q->l2_cache, table, index * sizeof(uint64_t),
                      (index + 1) * sizeof(uint64_t));
}

void qcow2_compressed_place(const Qcow2 *q, uint64_t entry, int64_t *offset, int64_t *bytes)
{
    unsigned x = 62 - (q->cluster_bits - 8);
    uint64_t more_sectors = entry >> x & ((1ull << (q->cluster_bits - 8)) - 1);

    *offset = entry & ((1ull << x) - 1);
    *bytes = (more_sectors + 1) * SECTOR_SIZE - *offset % SECTOR_SIZE;
}

/* The table that an L1 entry names; NULL with *ret == 0 if it names none. */
static Table *l2_of(Qcow2 *q, uint64_t index, int *ret)
{
    uint64_t entry;
    int64_t offset;

    *ret = 0;
    if (index >= q->l1_entries || !(q->l1[index] & ENTRY_OFFSET)) {
        return NULL;
    }
    entry = q->l1[index];
    offset = entry & ENTRY_OFFSET;
    if ((entry & L1_RESERVED) || qcow2_in_cluster(q, offset)) {
        *ret = qcow2_corrupt(q, "L1 entry %" PRIu64 " is 0x%" PRIx64, index, entry);
        return NULL;
    }
    return qcow2_table_get(q, &q->l2_cache, offset, ret);
}

/* What one entry says of its cluster. */
static int decode(Qcow2 *q, uint64_t entry, int64_t guest, Mapping *m)
{
    bool external = q->bs->data;

    *m = (Mapping) { .entry = entry, .copied = entry & ENTRY_COPIED };
    if (entry & ENTRY_COMPRESSED) {
        m->kind = MAP_COMPRESSED;
        return external ? qcow2_corrupt(q, "compressed cluster for guest offset 0x%" PRIx64
                                        ", though data are in another file", guest) : 0;
    }
    m->host = entry & ENTRY_OFFSET;
    m->has_host = m->host || (external && m->copied);
    if (qcow2_in_cluster(q, m->host) || (external && m->has_host && m->host != guest)) {
        return qcow2_corrupt(q, "L2 entry for guest offset 0x%" PRIx64 " is 0x%" PRIx64, guest,
                             entry);
    }
    if ((entry & ENTRY_ZERO) && q->version >= 3) {
        m->kind = MAP_ZERO;
        return 0;
    }
    m->kind = m->has_host ? MAP_DATA : MAP_NOTHING;
    if (m->has_host && !external && m->host >= bdrv_length(qcow2_file(q))) {
        return qcow2_corrupt(q, "guest offset 0x%" PRIx64 " is at 0x%" PRIx64 ", behind the end of "
                             "the file", guest, m->host);
    }
    return 0;
}

static bool continues(const Qcow2 *q, const Mapping *run, const Mapping *next, int64_t clusters)
{
    return run->kind == next->kind && run->kind != MAP_COMPRESSED &&
           run->has_host == next->has_host && run->copied == next->copied &&
           (!run->has_host || next->host == run->host + (clusters << q->cluster_bits));
}

int qcow2_map(Qcow2 *q, int64_t offset, int64_t bytes, Mapping *m)
{
    unsigned index = qcow2_l2_index(q, offset), n = 1;
    int64_t skip = qcow2_in_cluster(q, offset);
    int64_t rest = ((int64_t)((1u << q->l2_bits) - index) << q->cluster_bits) - skip;
    Table *table;
    int ret;

    bytes = MIN(bytes, rest);
    table = l2_of(q, l1_index(q, offset), &ret);
    if (!table) {
        *m = (Mapping) { .kind = MAP_NOTHING, .bytes = bytes };
        return ret;
    }
    ret = decode(q, qcow2_l2_entry(table, index), offset - skip, m);
    for (; ret == 0 && (int64_t)n << q->cluster_bits < skip + bytes; n++) {
        Mapping next;

        ret = decode(q, qcow2_l2_entry(table, index + n),
                     offset - skip + ((int64_t)n << q->cluster_bits), &next);
        if (ret < 0 || !continues(q, m, &next, n)) {
            ret = 0; /* what is wrong there is the affair of who wants it */
            break;
        }
    }
    m->bytes = MIN(bytes, ((int64_t)n << q->cluster_bits) - skip);
    if (m->has_host) {
        m->host += skip;
    }
    return ret;
}

bool qcow2_map_cached(Qcow2 *q, int64_t offset, int64_t bytes, Mapping *m)
{
    uint64_t index = l1_index(q, offset);
    int64_t table;

    if (index >= q->l1_entries) {
        return false;
    }
    table = q->l1[index] & ENTRY_OFFSET;
    return g_hash_table_contains(q->l2_cache.by_offset, &table) &&
           qcow2_map(q, offset, bytes, m) == 0;
}

static void set_l1(Qcow2 *q, uint64_t index, uint64_t entry)
{
    q->l1[index] = entry;
    if (q->l1_dirty_from == q->l1_dirty_to) {
        q->l1_dirty_from = index;
        q->l1_dirty_to = index + 1;
    } else {
        q->l1_dirty_from = MIN(q->l1_dirty_from, index);
        q->l1_dirty_to = MAX(q->l1_dirty_to, index + 1);
    }
}

/* A table of our own at L1 entry @index: empty, or with the contents of the one that was there. */
static Table *new_l2(Qcow2 *q, uint64_t index, int *ret)
{
    int64_t old = q->l1[index] & ENTRY_OFFSET, offset;
    g_autofree uint8_t *contents = NULL;
    uint64_t got;
    Table *table;

    if (old) {
        table = l2_of(q, index, ret);
        if (!table) {
            return NULL;
        }
        contents = g_memdup2(table->data, q->cluster_size);
    }
    offset = qcow2_allocate(q, 1, 1, &got);
    if (offset < 0) {
        *ret = offset;
        return NULL;
    }
    table = qcow2_table_new(q, &q->l2_cache, offset);
    if (old) {
        memcpy(table->data, contents, q->cluster_size);
        qcow2_metadata_remove(q, old, q->cluster_size);
        qcow2_free_later(q, old, q->cluster_size);
    }
    qcow2_metadata_add(q, offset, q->cluster_size);
    set_l1(q, index, offset | ENTRY_COPIED);
    return table;
}

Table *qcow2_l2_for_change(Qcow2 *q, int64_t offset, int *ret)
{
    uint64_t index = l1_index(q, offset);
    Table *table;

    if (q->corrupt) {
        *ret = -EIO;
        return NULL;
    }
    if (index >= q->l1_entries) {
        *ret = qcow2_corrupt(q, "the L1 table has no entry for guest offset 0x%" PRIx64, offset);
        return NULL;
    }
    table = l2_of(q, index, ret);
    if (!table) {
        return *ret < 0 ? NULL : new_l2(q, index, ret);
    }
    if (!(q->l1[index] & ENTRY_COPIED)) {
        int64_t count = qcow2_count(q, table->offset >> q->cluster_bits);

        if (count < 0) {
            *ret = count;
            return NULL;
        }
        if (count != 1) {
            return new_l2(q, index, ret);
        }
        set_l1(q, index, q->l1[index] | ENTRY_COPIED);
    }
    return table;
}

void qcow2_free_entry(Qcow2 *q, uint64_t entry)
{
    int64_t offset, bytes;

    if (entry & ENTRY_COMPRESSED) {
        qcow2_compressed_place(q, entry, &offset, &bytes);
        qcow2_free_later(q, offset, bytes);
    } else if ((entry & ENTRY_OFFSET) && !q->bs->data) {
        qcow2_free_later(q, entry & ENTRY_OFFSET, q->cluster_size);
    }
}

bool qcow2_grow_l1(Qcow2 *q, int64_t length, Error **errp)
{
    uint64_t wanted = length ? l1_index(q, length - 1) + 1 : 0, got, bytes;
    int64_t offset, old_offset = q->l1_offset;
    uint64_t old_bytes = q->l1_entries * sizeof(uint64_t);
    g_autofree uint8_t *raw = NULL;
    uint8_t head[12];
    int ret;

    if (wanted <= q->l1_entries) {
        return true;
    }
    if (wanted * sizeof(uint64_t) > MAX_L1_BYTES) {
        error_setg(errp, "An image with clusters of %" PRId64 " bytes can't be %" PRId64
                   " bytes long", q->cluster_size, length);
        return false;
    }
    bytes = wanted * sizeof(uint64_t);
    offset = qcow2_allocate(q, qcow2_clusters(q, bytes), qcow2_clusters(q, bytes), &got);
    ret = MIN(offset, 0);
    raw = g_malloc0(bytes);
    for (uint32_t i = 0; i < q->l1_entries; i++) {
        stq_be_p(raw + i * sizeof(uint64_t), q->l1[i]);
    }
    ret = ret < 0 ? ret : qcow2_cache_write(q, &q->refblock_cache);
    ret = ret < 0 ? ret : bdrv_pwrite(qcow2_file(q), offset, bytes, raw);
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    stl_be_p(head, wanted);
    stq_be_p(head + 4, offset);
    if (ret == 0) {
        ret = qcow2_write_header(q, HDR_L1_SIZE, head, sizeof(head));
        ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
        q->corrupt |= ret < 0; /* which of the tables the header names nobody knows */
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not make the L1 table of '%s' longer",
                         q->bs->filename);
        return false;
    }
    q->l1 = g_renew(uint64_t, q->l1, wanted);
    memset(q->l1 + q->l1_entries, 0, (wanted - q->l1_entries) * sizeof(uint64_t));
    q->l1_entries = wanted;
    q->l1_offset = offset;
    qcow2_metadata_add(q, offset, bytes);
    qcow2_metadata_remove(q, old_offset, old_bytes);
    qcow2_free_later(q, old_offset, old_bytes);
    return true;
}
