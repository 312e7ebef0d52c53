/*
 * qcow2: snapshots inside of an image.
 *
 * A snapshot is a copy of the L1 table; all that it refers to is counted once more, and so nobody
 * writes to it any more. Every change here is made with no request in flight.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qcow2.h"

#define ENTRY_SIZE       40 /* without extra data and names */
#define KNOWN_EXTRA_SIZE 24

static void free_snapshot(gpointer data)
{
    SnapshotEntry *s = data;

    g_free(s->s.id);
    g_free(s->s.name);
    g_free(s->extra);
    g_free(s);
}

void qcow2_free_snapshots(Qcow2 *q)
{
    if (q->snapshots) {
        g_ptr_array_unref(q->snapshots);
        q->snapshots = NULL;
    }
}

/* --- the table --- */

/* Reads one entry at @*at and moves it behind. */
static bool read_entry(Qcow2 *q, int64_t *at, Error **errp)
{
    BlockDriverState *file = qcow2_file(q);
    uint8_t head[ENTRY_SIZE], known[KNOWN_EXTRA_SIZE] = { 0 };
    uint32_t id_size, name_size, extra_size, size;
    SnapshotEntry *s = g_new0(SnapshotEntry, 1);
    g_autofree uint8_t *rest = NULL;

    g_ptr_array_add(q->snapshots, s);
    s->s.id = g_strdup("");
    s->s.name = g_strdup("");
    if (bdrv_pread(file, *at, sizeof(head), head) < 0) {
        error_setg(errp, "Could not read the snapshot table of '%s'", file->filename);
        return false;
    }
    s->l1_offset = ldq_be_p(head);
    s->l1_entries = ldl_be_p(head + 8);
    id_size = lduw_be_p(head + 12);
    name_size = lduw_be_p(head + 14);
    s->s.date_sec = ldl_be_p(head + 16);
    s->s.date_nsec = ldl_be_p(head + 20);
    s->s.vm_clock_nsec = ldq_be_p(head + 24);
    s->s.vm_state_size = (uint32_t)ldl_be_p(head + 32);
    extra_size = ldl_be_p(head + 36);
    if (extra_size > 1024) {
        error_setg(errp, "qcow2 image '%s': a snapshot with %u bytes of extra data, expected at "
                   "most 1024", file->filename, extra_size);
        return false;
    }
    size = extra_size + id_size + name_size;
    if (*at + ENTRY_SIZE + size > bdrv_length(file) + q->cluster_size) {
        error_setg(errp, "qcow2 image '%s': the snapshot table is not inside of the file",
                   file->filename);
        return false;
    }
    rest = g_malloc(MAX(size, 1));
    if (bdrv_pread(file, *at + ENTRY_SIZE, size, rest) < 0) {
        error_setg(errp, "Could not read the snapshot table of '%s'", file->filename);
        return false;
    }
    memcpy(known, rest, MIN(extra_size, sizeof(known)));
    if (extra_size >= 8) {
        s->s.vm_state_size = ldq_be_p(known);
    }
    s->s.disk_size = extra_size >= 16 ? (int64_t)ldq_be_p(known + 8) : bdrv_length(q->bs);
    s->s.icount = extra_size >= 24 ? (uint64_t)ldq_be_p(known + 16) : UINT64_MAX;
    if (extra_size > sizeof(known)) {
        s->extra_size = extra_size - sizeof(known);
        s->extra = g_memdup2(rest + sizeof(known), s->extra_size);
    }
    g_free(s->s.id);
    g_free(s->s.name);
    s->s.id = g_strndup((char *)rest + extra_size, id_size);
    s->s.name = g_strndup((char *)rest + extra_size + id_size, name_size);
    *at += (ENTRY_SIZE + size + 7) & ~7u;
    return true;
}

bool qcow2_read_snapshots(Qcow2 *q, uint32_t count, Error **errp)
{
    int64_t at = q->snapshots_offset;

    q->snapshots = g_ptr_array_new_with_free_func(free_snapshot);
    for (uint32_t i = 0; i < count; i++) {
        if (!read_entry(q, &at, errp)) {
            return false;
        }
        if (at - q->snapshots_offset > MAX_SNAPSHOT_BYTES) {
            error_setg(errp, "qcow2 image '%s': the snapshot table is longer than %d bytes",
                       qcow2_file(q)->filename, MAX_SNAPSHOT_BYTES);
            return false;
        }
    }
    q->snapshots_bytes = at - q->snapshots_offset;
    return true;
}

static void append_entry(GByteArray *out, const SnapshotEntry *s)
{
    static const uint8_t padding[8];
    uint8_t head[ENTRY_SIZE + KNOWN_EXTRA_SIZE];
    guint start = out->len;

    stq_be_p(head, s->l1_offset);
    stl_be_p(head + 8, s->l1_entries);
    stw_be_p(head + 12, strlen(s->s.id));
    stw_be_p(head + 14, strlen(s->s.name));
    stl_be_p(head + 16, s->s.date_sec);
    stl_be_p(head + 20, s->s.date_nsec);
    stq_be_p(head + 24, s->s.vm_clock_nsec);
    stl_be_p(head + 32, MIN(s->s.vm_state_size, UINT32_MAX));
    stl_be_p(head + 36, KNOWN_EXTRA_SIZE + s->extra_size);
    stq_be_p(head + 40, s->s.vm_state_size);
    stq_be_p(head + 48, s->s.disk_size);
    stq_be_p(head + 56, s->s.icount);
    g_byte_array_append(out, head, sizeof(head));
    g_byte_array_append(out, s->extra, s->extra_size);
    g_byte_array_append(out, (const uint8_t *)s->s.id, strlen(s->s.id));
    g_byte_array_append(out, (const uint8_t *)s->s.name, strlen(s->s.name));
    g_byte_array_append(out, padding, -(out->len - start) & 7);
}

/* The table to a new place, then the header; the old place is freed. With the lock. */
static int write_table(Qcow2 *q)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    int64_t old_offset = q->snapshots_offset, offset = 0;
    uint64_t old_bytes = q->snapshots_bytes, clusters, got;
    uint8_t head[12];
    int ret = 0;

    for (guint i = 0; i < q->snapshots->len; i++) {
        append_entry(out, g_ptr_array_index(q->snapshots, i));
    }
    if (out->len > MAX_SNAPSHOT_BYTES || q->snapshots->len > MAX_SNAPSHOTS) {
        return -EFBIG;
    }
    if (out->len) {
        clusters = qcow2_clusters(q, out->len);
        offset = qcow2_allocate(q, clusters, clusters, &got);
        ret = MIN(offset, 0);
        ret = ret < 0 ? ret : qcow2_cache_write(q, &q->refblock_cache);
        ret = ret < 0 ? ret : bdrv_pwrite(qcow2_file(q), offset, out->len, out->data);
        ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    }
    stl_be_p(head, q->snapshots->len);
    stq_be_p(head + 4, offset);
    ret = ret < 0 ? ret : qcow2_write_header(q, HDR_NB_SNAPSHOTS, head, sizeof(head));
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    if (ret < 0) {
        return ret;
    }
    q->snapshots_offset = offset;
    q->snapshots_bytes = out->len;
    if (old_bytes) {
        qcow2_metadata_remove(q, old_offset, old_bytes);
        qcow2_free_later(q, old_offset, old_bytes);
    }
    qcow2_metadata_add(q, offset, out->len);
    return 0;
}

/* --- counting what an L1 table refers to --- */

static int count_entry(Qcow2 *q, uint64_t entry, int delta)
{
    int64_t offset = entry & ENTRY_OFFSET, bytes = q->cluster_size;

    if (entry & ENTRY_COMPRESSED) {
        qcow2_compressed_place(q, entry, &offset, &bytes);
    } else if (!offset) {
        return 0;
    } else if (qcow2_in_cluster(q, offset)) {
        return qcow2_corrupt(q, "an L2 entry is 0x%" PRIx64, entry);
    }
    return qcow2_count_change(q, offset >> q->cluster_bits,
                              qcow2_clusters(q, qcow2_in_cluster(q, offset) + bytes), delta);
}

/* All L2 tables and clusters of @l1 once more or once less. */
static int count_all(Qcow2 *q, const uint64_t *l1, uint32_t entries, int delta)
{
    int ret = 0;

    for (uint32_t i = 0; ret == 0 && i < entries; i++) {
        int64_t offset = l1[i] & ENTRY_OFFSET;
        g_autofree uint8_t *copy = NULL;
        Table *l2;

        if (!offset) {
            continue;
        }
        if (qcow2_in_cluster(q, offset)) {
            return qcow2_corrupt(q, "L1 entry %u is 0x%" PRIx64, i, l1[i]);
        }
        l2 = qcow2_table_get(q, &q->l2_cache, offset, &ret);
        if (!l2) {
            break;
        }
        copy = g_memdup2(l2->data, q->cluster_size);
        for (unsigned k = 0; ret == 0 && k < 1u << q->l2_bits; k++) {
            ret = count_entry(q, ldq_be_p(copy + k * sizeof(uint64_t)), delta);
        }
        ret = ret < 0 ? ret : qcow2_count_change(q, offset >> q->cluster_bits, 1, delta);
    }
    return ret;
}

/* The marks of unshared clusters in the active tables, as the counts have it. */
static int renew_marks(Qcow2 *q)
{
    int ret = 0;

    for (uint32_t i = 0; i < q->l1_entries; i++) {
        int64_t offset = q->l1[i] & ENTRY_OFFSET, count;
        Table *l2;

        if (!offset) {
            continue;
        }
        count = qcow2_count(q, offset >> q->cluster_bits);
        if (count < 0) {
            return count;
        }
        q->l1[i] = count == 1 ? q->l1[i] | ENTRY_COPIED : q->l1[i] & ~ENTRY_COPIED;
        for (unsigned k = 0; k < 1u << q->l2_bits; k++) {
            uint64_t entry, right;

            l2 = qcow2_table_get(q, &q->l2_cache, offset, &ret);
            if (!l2) {
                return ret;
            }
            entry = qcow2_l2_entry(l2, k);
            if ((entry & ENTRY_COMPRESSED) || !(entry & ENTRY_OFFSET)) {
                continue;
            }
            count = qcow2_count(q, (entry & ENTRY_OFFSET) >> q->cluster_bits);
            if (count < 0) {
                return count;
            }
            right = count == 1 ? entry | ENTRY_COPIED : entry & ~ENTRY_COPIED;
            if (right != entry) {
                qcow2_l2_set(q, l2, k, right);
            }
        }
    }
    q->l1_dirty_from = 0;
    q->l1_dirty_to = q->l1_entries;
    return 0;
}

/* Marks are a promise, counts keep it: written so that no promise is on disk that isn't kept. */
static int settle_marks(Qcow2 *q)
{
    int ret = renew_marks(q);

    ret = ret < 0 ? ret : qcow2_cache_write(q, &q->refblock_cache);
    g_mutex_unlock(&q->lock);
    ret = ret < 0 ? ret : qcow2_flush(q);
    g_mutex_lock(&q->lock);
    return ret;
}

/* @entries of an L1 table at @offset, in host byte order; NULL and *ret. */
static uint64_t *read_l1(Qcow2 *q, int64_t offset, uint32_t entries, uint32_t room, int *ret)
{
    uint64_t *l1;

    if (entries > MAX_L1_BYTES / sizeof(uint64_t) || qcow2_in_cluster(q, offset)) {
        *ret = qcow2_corrupt(q, "a snapshot has %u L1 entries at 0x%" PRIx64, entries, offset);
        return NULL;
    }
    l1 = g_new0(uint64_t, MAX(room, 1));
    *ret = bdrv_pread(qcow2_file(q), offset, entries * sizeof(uint64_t), l1);
    for (uint32_t i = 0; i < entries; i++) {
        be64_to_cpus(&l1[i]);
    }
    if (*ret < 0) {
        g_free(l1);
        return NULL;
    }
    return l1;
}

static int write_l1(Qcow2 *q, int64_t offset, const uint64_t *l1, uint32_t entries)
{
    g_autofree uint64_t *raw = g_new(uint64_t, MAX(entries, 1));

    for (uint32_t i = 0; i < entries; i++) {
        raw[i] = cpu_to_be64(l1[i]);
    }
    return bdrv_pwrite(qcow2_file(q), offset, entries * sizeof(uint64_t), raw);
}

/* --- what users ask for --- */

GPtrArray *qcow2_snapshots(BlockDriverState *bs, Error **errp)
{
    Qcow2 *q = bs->state;
    GPtrArray *list = g_ptr_array_new();

    for (guint i = 0; i < q->snapshots->len; i++) {
        g_ptr_array_add(list, &((SnapshotEntry *)g_ptr_array_index(q->snapshots, i))->s);
    }
    return list;
}

static int find(Qcow2 *q, const char *which)
{
    for (int by_name = 0; by_name < 2; by_name++) {
        for (guint i = 0; i < q->snapshots->len; i++) {
            const SnapshotEntry *s = g_ptr_array_index(q->snapshots, i);

            if (g_str_equal(by_name ? s->s.name : s->s.id, which)) {
                return i;
            }
        }
    }
    return -1;
}

static char *new_id(Qcow2 *q)
{
    unsigned long highest = 0;

    for (guint i = 0; i < q->snapshots->len; i++) {
        const SnapshotEntry *s = g_ptr_array_index(q->snapshots, i);

        highest = MAX(highest, strtoul(s->s.id, NULL, 10));
    }
    return g_strdup_printf("%lu", highest + 1);
}

static bool result(Qcow2 *q, int ret, const char *what, const char *which, Error **errp)
{
    g_mutex_unlock(&q->lock);
    if (ret == 0) {
        ret = qcow2_flush(q);
    }
    if (ret == 0) {
        ret = qcow2_flush(q); /* what the first one has made free is counted now */
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not %s snapshot '%s' of '%s'", what, which,
                         q->bs->filename);
    }
    return ret == 0;
}

static bool may_change(Qcow2 *q, Error **errp)
{
    if (q->bs->flags.read_only) {
        error_setg(errp, "Image '%s' is read-only", q->bs->filename);
        return false;
    }
    if (q->bs->data) {
        error_setg(errp, "Image '%s' has an external data file, which excludes internal snapshots",
                   q->bs->filename);
        return false;
    }
    return true;
}

/* What is read from the file below must be what the tables in memory say. */
static bool write_out(Qcow2 *q, Error **errp)
{
    int ret = qcow2_flush(q);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write the tables of '%s'", q->bs->filename);
    }
    return ret == 0;
}

bool qcow2_snapshot_create(BlockDriverState *bs, const char *name, Error **errp)
{
    Qcow2 *q = bs->state;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    SnapshotEntry *s;
    uint64_t clusters = MAX(qcow2_clusters(q, q->l1_entries * sizeof(uint64_t)), 1), got;
    int64_t offset;
    int ret;

    if (strlen(name) > UINT16_MAX) {
        error_setg(errp, "The name of a snapshot is at most %d bytes long", UINT16_MAX);
        return false;
    }
    if (!may_change(q, errp) || !write_out(q, errp)) {
        return false;
    }
    g_mutex_lock(&q->lock);
    offset = qcow2_allocate(q, clusters, clusters, &got);
    ret = MIN(offset, 0);
    ret = ret < 0 ? ret : count_all(q, q->l1, q->l1_entries, 1);
    ret = ret < 0 ? ret : settle_marks(q);
    ret = ret < 0 ? ret : write_l1(q, offset, q->l1, q->l1_entries);
    if (ret == 0) {
        s = g_new0(SnapshotEntry, 1);
        *s = (SnapshotEntry) {
            .s = { new_id(q), g_strdup(name), .date_sec = g_date_time_to_unix(now),
                   .date_nsec = g_date_time_get_microsecond(now) * 1000, .icount = UINT64_MAX,
                   .disk_size = bdrv_length(bs) },
            .l1_offset = offset, .l1_entries = q->l1_entries,
        };
        g_ptr_array_add(q->snapshots, s);
        ret = write_table(q);
        if (ret < 0) {
            g_ptr_array_remove(q->snapshots, s);
        }
    }
    return result(q, ret, "create", name, errp);
}

bool qcow2_snapshot_delete(BlockDriverState *bs, const char *which, Error **errp)
{
    Qcow2 *q = bs->state;
    g_autofree uint64_t *l1 = NULL;
    SnapshotEntry *s;
    int index = find(q, which), ret;

    if (index < 0) {
        error_setg(errp, "Image '%s' has no snapshot '%s'", bs->filename, which);
        return false;
    }
    if (!may_change(q, errp) || !write_out(q, errp)) {
        return false;
    }
    g_mutex_lock(&q->lock);
    s = g_ptr_array_steal_index(q->snapshots, index);
    l1 = read_l1(q, s->l1_offset, s->l1_entries, s->l1_entries, &ret);
    ret = l1 ? write_table(q) : ret;
    if (ret < 0) {
        g_ptr_array_insert(q->snapshots, index, s);
    } else {
        /* nothing on disk refers to it any more: now it may be counted down */
        ret = count_all(q, l1, s->l1_entries, -1);
        qcow2_free_later(q, s->l1_offset, s->l1_entries * sizeof(uint64_t));
        ret = ret < 0 ? ret : settle_marks(q);
        free_snapshot(s);
    }
    return result(q, ret, "delete", which, errp);
}

bool qcow2_snapshot_apply(BlockDriverState *bs, const char *which, Error **errp)
{
    Qcow2 *q = bs->state;
    g_autofree uint64_t *old = NULL, *l1 = NULL;
    SnapshotEntry *s;
    int index = find(q, which), ret;

    if (index < 0) {
        error_setg(errp, "Image '%s' has no snapshot '%s'", bs->filename, which);
        return false;
    }
    if (!may_change(q, errp) || !write_out(q, errp)) {
        return false;
    }
    s = g_ptr_array_index(q->snapshots, index);
    if (s->s.disk_size != bdrv_length(bs) && !bdrv_truncate(bs, s->s.disk_size, errp)) {
        return false;
    }
    g_mutex_lock(&q->lock);
    if (s->l1_entries > q->l1_entries) {
        ret = qcow2_corrupt(q, "snapshot %s has a longer L1 table than its size needs", s->s.id);
        return result(q, ret, "apply", which, errp);
    }
    l1 = read_l1(q, s->l1_offset, s->l1_entries, q->l1_entries, &ret);
    if (!l1) {
        return result(q, ret, "apply", which, errp);
    }
    /* Counted twice, without a mark, then referred to, then the old ones counted down. */
    ret = count_all(q, l1, s->l1_entries, 1);
    ret = ret < 0 ? ret : qcow2_cache_write(q, &q->refblock_cache);
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    for (uint32_t i = 0; i < q->l1_entries; i++) {
        l1[i] &= ~ENTRY_COPIED;
    }
    ret = ret < 0 ? ret : write_l1(q, q->l1_offset, l1, q->l1_entries);
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    if (ret == 0) {
        old = g_steal_pointer(&q->l1);
        q->l1 = g_steal_pointer(&l1);
        q->l1_dirty_from = q->l1_dirty_to = 0;
        qcow2_note_metadata(q);
        ret = count_all(q, old, q->l1_entries, -1);
        ret = ret < 0 ? ret : settle_marks(q);
    }
    return result(q, ret, "apply", which, errp);
}
