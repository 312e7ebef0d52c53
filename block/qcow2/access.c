/*
 * qcow2: reading, writing, zeros, discarding.
 *
 * What is allocated and not shared is read and written in place, by any number of threads. Whoever
 * gives guest clusters another place enters them in the list of busy ones first; whoever else wants
 * to change these waits. Reads never wait: they see the old place or the new one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qcow2.h"

/* --- reading --- */

static int read_backing(Qcow2 *q, int64_t offset, int64_t bytes, QEMUIOVector *qiov, size_t skip)
{
    if (q->bs->backing) {
        return bdrv_preadv(q->bs->backing->bs, offset, bytes, qiov, skip);
    }
    qemu_iovec_memset(qiov, skip, 0, bytes);
    return 0;
}

/* From one compressed cluster, which the next request is likely to want as well. */
static int read_compressed(Qcow2 *q, uint64_t entry, int64_t in_cluster, int64_t bytes,
                           QEMUIOVector *qiov, size_t skip)
{
    int64_t offset, size;
    int ret = 0;

    g_mutex_lock(&q->unpacked_lock);
    if (!q->unpacked || q->unpacked_entry != entry) {
        g_autofree void *packed = NULL;

        qcow2_compressed_place(q, entry, &offset, &size);
        packed = g_malloc(size);
        if (!q->unpacked) {
            q->unpacked = g_malloc(q->cluster_size);
        }
        q->unpacked_entry = 0;
        ret = bdrv_pread(qcow2_file(q), offset, size, packed);
        ret = ret < 0 ? ret : qcow2_unpack(q->compression, packed, size, q->unpacked,
                                           q->cluster_size);
        q->unpacked_entry = ret == 0 ? entry : 0;
    }
    if (ret == 0) {
        qemu_iovec_from_buf(qiov, skip, q->unpacked + in_cluster, bytes);
    }
    g_mutex_unlock(&q->unpacked_lock);
    return ret;
}

/* Inside of a visit, without the lock. */
static int read_range(Qcow2 *q, int64_t offset, int64_t bytes, QEMUIOVector *qiov, size_t skip)
{
    int ret = 0;

    while (ret == 0 && bytes) {
        Mapping m;

        g_mutex_lock(&q->lock);
        ret = qcow2_map(q, offset, bytes, &m);
        g_mutex_unlock(&q->lock);
        if (ret < 0) {
            break;
        }
        switch (m.kind) {
        case MAP_NOTHING:
            ret = read_backing(q, offset, m.bytes, qiov, skip);
            break;
        case MAP_ZERO:
            qemu_iovec_memset(qiov, skip, 0, m.bytes);
            break;
        case MAP_DATA:
            ret = bdrv_preadv(qcow2_data(q), m.host, m.bytes, qiov, skip);
            break;
        case MAP_COMPRESSED:
            ret = read_compressed(q, m.entry, qcow2_in_cluster(q, offset), m.bytes, qiov, skip);
            break;
        }
        offset += m.bytes;
        bytes -= m.bytes;
        skip += m.bytes;
    }
    return ret;
}

static void enter(Qcow2 *q, Visit *visit)
{
    g_mutex_lock(&q->lock);
    qcow2_visit_begin(q, visit);
    g_mutex_unlock(&q->lock);
}

static void leave(Qcow2 *q, Visit *visit)
{
    g_mutex_lock(&q->lock);
    qcow2_visit_end(q, visit);
    g_mutex_unlock(&q->lock);
}

int qcow2_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
               size_t skip)
{
    Qcow2 *q = bs->state;
    Visit visit;
    int ret;

    enter(q, &visit);
    ret = read_range(q, offset, bytes, qiov, skip);
    leave(q, &visit);
    return ret;
}

/* --- writing --- */

/* With the lock: waits until nobody moves clusters from @first to @last. True if it had to. */
static bool wait_for_busy(Qcow2 *q, uint64_t first, uint64_t last)
{
    bool waited = false;
    Busy *busy;

    do {
        QTAILQ_FOREACH(busy, &q->busy, link) {
            if (busy->first <= last && first <= busy->last) {
                g_cond_wait(&q->busy_cond, &q->lock);
                waited = true;
                break;
            }
        }
    } while (busy);
    return waited;
}

static void busy_end(Qcow2 *q, Busy *busy)
{
    QTAILQ_REMOVE(&q->busy, busy, link);
    g_cond_broadcast(&q->busy_cond);
}

/*
 * Whether @m's clusters may be written where they are. Marks them as ours if only the mark lacks.
 */
static int is_ours(Qcow2 *q, int64_t offset, Mapping *m)
{
    int64_t count;
    Table *table;
    int ret;

    if (m->kind != MAP_DATA || m->copied) {
        return m->kind == MAP_DATA;
    }
    count = qcow2_count(q, m->host >> q->cluster_bits);
    if (count != 1) {
        return MIN(count, 0);
    }
    m->bytes = MIN(m->bytes, q->cluster_size - qcow2_in_cluster(q, offset));
    table = qcow2_l2_for_change(q, offset, &ret);
    if (!table) {
        return ret;
    }
    qcow2_l2_set(q, table, qcow2_l2_index(q, offset),
                 (m->host - qcow2_in_cluster(q, m->host)) | ENTRY_COPIED);
    return true;
}

/* A move of guest clusters: from what they are to where they will be. */
typedef struct Move {
    Busy busy;
    int64_t start, end; /* guest offsets, whole clusters */
    int64_t host;       /* of start */
    bool fresh;         /* the file ends before: what isn't written there reads as zeros */
    bool in_place;      /* a cluster that is ours and reads as zeros: only its entry changes */
} Move;

/* With the lock: places for the clusters of [offset, offset + bytes), or the first of them. */
static int plan_move(Qcow2 *q, int64_t offset, int64_t bytes, const Mapping *m, Move *move)
{
    int64_t start = offset - qcow2_in_cluster(q, offset);
    uint64_t want = qcow2_clusters(q, offset + MIN(bytes, m->bytes) - start), got = want;
    int ret;

    move->start = start;
    move->fresh = false;
    move->in_place = m->kind == MAP_ZERO && m->has_host && m->copied;
    if (!qcow2_l2_for_change(q, offset, &ret)) {
        return ret;
    }
    if (q->bs->data) {
        move->host = start;
    } else if (move->in_place) {
        move->host = m->host - qcow2_in_cluster(q, m->host);
        if (qcow2_is_metadata(q, move->host, want << q->cluster_bits)) {
            return qcow2_corrupt(q, "metadata stand where the L2 entry for guest offset 0x%" PRIx64
                                 " points", offset);
        }
    } else {
        move->host = qcow2_allocate(q, 1, want, &got);
        if (move->host < 0) {
            return move->host;
        }
        move->fresh = !qcow2_file(q)->driver->is_protocol ? false
                      : move->host >= bdrv_length(qcow2_file(q));
    }
    move->end = start + ((int64_t)got << q->cluster_bits);
    move->busy.first = start >> q->cluster_bits;
    move->busy.last = move->busy.first + got - 1;
    QTAILQ_INSERT_TAIL(&q->busy, &move->busy, link);
    return 0;
}

/*
 * What was in a part of a cluster that the write doesn't cover, in a new buffer; NULL with *ret ==
 * 0 if there is nothing to write.
 */
static void *old_part(Qcow2 *q, const Move *move, bool zero, int64_t offset, int64_t bytes,
                      int *ret)
{
    QEMUIOVector qiov;
    void *buf;

    if (*ret < 0 || !bytes || (zero && move->fresh)) {
        return NULL;
    }
    buf = g_malloc0(bytes);
    if (!zero) {
        qemu_iovec_init_buf(&qiov, buf, bytes);
        *ret = read_range(q, offset, bytes, &qiov, 0);
    }
    return buf;
}

/* Writes [offset, offset + bytes) and the rest of its clusters to their new place. */
static int write_move(Qcow2 *q, const Move *move, MapKind was, int64_t offset, int64_t bytes,
                      QEMUIOVector *qiov, size_t skip)
{
    bool zero = was == MAP_ZERO || (was == MAP_NOTHING && !q->bs->backing);
    /* an external file, which others may read as it is, gets no longer than the disk */
    int64_t end = q->bs->data ? MIN(move->end, bdrv_length(q->bs)) : move->end;
    int64_t head = offset - move->start, tail = end - offset - bytes;
    g_autofree void *before = NULL, *after = NULL;
    QEMUIOVector all;
    int ret = 0;

    before = old_part(q, move, zero, move->start, head, &ret);
    after = old_part(q, move, zero, offset + bytes, tail, &ret);
    if (ret < 0) {
        return ret;
    }
    if (!before && !after) {
        return bdrv_pwritev(qcow2_data(q), move->host + head, bytes, qiov, skip, 0);
    }
    qemu_iovec_init(&all, qiov->niov + 2);
    if (before) {
        qemu_iovec_add(&all, before, head);
    }
    qemu_iovec_concat(&all, qiov, skip, bytes);
    if (after) {
        qemu_iovec_add(&all, after, tail);
    }
    ret = bdrv_pwritev(qcow2_data(q), move->host + (before ? 0 : head), all.size, &all, 0, 0);
    qemu_iovec_destroy(&all);
    return ret;
}

/* With the lock: the entries point to the new place, or it is given back. */
static int finish_move(Qcow2 *q, Move *move, int ret)
{
    unsigned n = move->busy.last - move->busy.first + 1;
    Table *table = ret < 0 ? NULL : qcow2_l2_for_change(q, move->start, &ret);

    for (unsigned i = 0; table && i < n; i++) {
        unsigned index = qcow2_l2_index(q, move->start) + i;

        if (!move->in_place) {
            qcow2_free_entry(q, qcow2_l2_entry(table, index));
        }
        qcow2_l2_set(q, table, index,
                     (move->host + ((int64_t)i << q->cluster_bits)) | ENTRY_COPIED);
    }
    if (!table && !q->bs->data && !move->in_place && !q->corrupt) {
        qcow2_free_later(q, move->host, (uint64_t)n << q->cluster_bits);
    }
    busy_end(q, &move->busy);
    return ret;
}

/* With the lock, which is dropped meanwhile: one part of a write; how much, or a negative errno. */
static int64_t write_some(Qcow2 *q, int64_t offset, int64_t bytes, QEMUIOVector *qiov, size_t skip)
{
    Mapping m;
    Move move;
    int ret;

    for (;;) {
        int64_t end;

        ret = q->corrupt ? -EIO : qcow2_map(q, offset, bytes, &m);
        if (ret < 0) {
            return ret;
        }
        end = offset + m.bytes - 1;
        if (!wait_for_busy(q, offset >> q->cluster_bits, end >> q->cluster_bits)) {
            break;
        }
    }
    ret = is_ours(q, offset, &m);
    if (ret < 0) {
        return ret;
    }
    if (ret) {
        if (!q->bs->data && qcow2_is_metadata(q, m.host, m.bytes)) {
            return qcow2_corrupt(q, "metadata stand where the L2 entry for guest offset 0x%" PRIx64
                                 " points", offset);
        }
        g_mutex_unlock(&q->lock);
        ret = bdrv_pwritev(qcow2_data(q), m.host, m.bytes, qiov, skip, 0);
        g_mutex_lock(&q->lock);
        return ret < 0 ? ret : m.bytes;
    }
    ret = plan_move(q, offset, bytes, &m, &move);
    if (ret < 0) {
        return ret;
    }
    bytes = MIN(MIN(bytes, m.bytes), move.end - offset);
    g_mutex_unlock(&q->lock);
    ret = write_move(q, &move, m.kind, offset, bytes, qiov, skip);
    g_mutex_lock(&q->lock);
    ret = finish_move(q, &move, ret);
    return ret < 0 ? ret : bytes;
}

/* What every change ends with. */
static int after_change(Qcow2 *q, int ret, unsigned flags)
{
    if (ret == 0 && ((flags & BDRV_REQ_FUA) ||
                     ((flags & BDRV_REQ_SURVIVE) && qcow2_has_changes(q)))) {
        return qcow2_flush(q);
    }
    return ret < 0 ? ret : qcow2_relieve(q);
}

static int write_range(Qcow2 *q, int64_t offset, int64_t bytes, QEMUIOVector *qiov, size_t skip)
{
    Visit visit;
    int64_t n = 0;

    g_mutex_lock(&q->lock);
    qcow2_visit_begin(q, &visit);
    while (n >= 0 && bytes) {
        n = write_some(q, offset, bytes, qiov, skip);
        offset += n;
        bytes -= n;
        skip += n;
    }
    qcow2_visit_end(q, &visit);
    g_mutex_unlock(&q->lock);
    return MIN(n, 0);
}

int qcow2_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                size_t skip, unsigned flags)
{
    Qcow2 *q = bs->state;

    return after_change(q, write_range(q, offset, bytes, qiov, skip), flags);
}

/* --- what the kernel can do alone --- */

static bool is_busy(const Qcow2 *q, int64_t offset, int64_t bytes)
{
    uint64_t first = offset >> q->cluster_bits, last = (offset + bytes - 1) >> q->cluster_bits;
    const Busy *busy;

    QTAILQ_FOREACH(busy, &q->busy, link) {
        if (busy->first <= last && first <= busy->last) {
            return true;
        }
    }
    return false;
}

/* With the lock: reads of data, and writes where write_some() would write in place. */
static bool find_place(Qcow2 *q, const BlockRequest *r, int64_t offset, BlockPlace *place)
{
    Mapping m;

    if (q->corrupt || !qcow2_map_cached(q, offset, r->bytes, &m) || m.kind != MAP_DATA ||
        m.bytes < r->bytes) {
        return false;
    }
    if (r->kind == BLOCK_REQUEST_WRITE &&
        (!m.copied || is_busy(q, offset, r->bytes) ||
         (!q->bs->data && qcow2_is_metadata(q, m.host, m.bytes)))) {
        return false;
    }
    return bdrv_place(qcow2_data(q), r, m.host, place);
}

bool qcow2_place(BlockDriverState *bs, const BlockRequest *r, int64_t offset, BlockPlace *place)
{
    Qcow2 *q = bs->state;
    bool found;

    if ((r->kind != BLOCK_REQUEST_READ && r->kind != BLOCK_REQUEST_WRITE) ||
        (place->flags & BDRV_REQ_FUA) || !r->bytes || !g_mutex_trylock(&q->lock)) {
        return false;
    }
    found = find_place(q, r, offset, place);
    if (found && place->visited) { /* an image in an image, whose visit stands there already */
        bdrv_place_end(place, true);
        found = false;
    }
    if (found) {
        place->visited = bs;
        place->visit = g_new(Visit, 1);
        qcow2_visit_begin(q, place->visit);
    }
    g_mutex_unlock(&q->lock);
    return found;
}

bool qcow2_place_end(BlockDriverState *bs, BlockPlace *place, bool wait)
{
    Qcow2 *q = bs->state;

    if (wait) {
        g_mutex_lock(&q->lock);
    } else if (!g_mutex_trylock(&q->lock)) {
        return false;
    }
    if (!wait && !QTAILQ_EMPTY(&q->batches)) { /* the end of a visit may free clusters: file access */
        g_mutex_unlock(&q->lock);
        return false;
    }
    qcow2_visit_end(q, place->visit);
    g_mutex_unlock(&q->lock);
    g_clear_pointer(&place->visit, g_free);
    return true;
}

/* --- zeros and discarding: whole clusters --- */

/* What becomes of an entry; the same entry: nothing. */
typedef uint64_t NewEntry(Qcow2 *q, uint64_t old, unsigned flags);

static uint64_t zeroed(Qcow2 *q, uint64_t old, unsigned flags)
{
    bool keep = !(flags & BDRV_REQ_MAY_UNMAP) && !(old & ENTRY_COMPRESSED) &&
                (old & ENTRY_COPIED);

    if (q->version < 3) {
        return 0; /* without a backing file that is zeros as well */
    }
    if (!(old & ENTRY_COMPRESSED) && (old & ENTRY_ZERO) && (keep || !(old & ENTRY_OFFSET))) {
        return old;
    }
    if (!old && !q->bs->backing) {
        return old;
    }
    return keep ? old | ENTRY_ZERO : ENTRY_ZERO;
}

static uint64_t discarded(Qcow2 *q, uint64_t old, unsigned flags)
{
    if (q->version < 3) {
        return q->bs->backing ? old : 0; /* or old contents of the backing file would show */
    }
    return zeroed(q, old, BDRV_REQ_MAY_UNMAP);
}

static uint64_t emptied(Qcow2 *q, uint64_t old, unsigned flags)
{
    return 0;
}

/* With the lock: changes the entries of one L2 table's part of [offset, end), whole clusters. */
static int64_t change_some(Qcow2 *q, int64_t offset, int64_t end, NewEntry *new_entry,
                           unsigned flags)
{
    unsigned index = qcow2_l2_index(q, offset);
    uint64_t n = MIN((uint64_t)(end - offset) >> q->cluster_bits, (1ull << q->l2_bits) - index);
    Table *table;
    Mapping m;
    int ret;

    do {
        ret = q->corrupt ? -EIO : qcow2_map(q, offset, (int64_t)n << q->cluster_bits, &m);
        if (ret < 0) {
            return ret;
        }
    } while (wait_for_busy(q, offset >> q->cluster_bits, (offset >> q->cluster_bits) + n - 1));
    if (m.kind == MAP_NOTHING && new_entry(q, 0, flags) == 0) {
        return m.bytes; /* nothing there, and nothing to become of it */
    }
    table = qcow2_l2_for_change(q, offset, &ret);
    for (uint64_t i = 0; table && i < n; i++) {
        uint64_t old = qcow2_l2_entry(table, index + i), new = new_entry(q, old, flags);

        if (new != old) {
            qcow2_l2_set(q, table, index + i, new);
            if (!(new & ENTRY_OFFSET)) {
                qcow2_free_entry(q, old);
            }
        }
    }
    return table ? (int64_t)n << q->cluster_bits : ret;
}

/* Clusters that lie in [offset, end) as a whole; the last one of the image may be short. */
static int change_clusters(Qcow2 *q, int64_t offset, int64_t end, NewEntry *new_entry,
                           unsigned flags)
{
    Visit visit;
    int64_t n = 0;

    g_mutex_lock(&q->lock);
    qcow2_visit_begin(q, &visit);
    for (; n >= 0 && offset < end; offset += n) {
        n = change_some(q, offset, end, new_entry, flags);
    }
    qcow2_visit_end(q, &visit);
    g_mutex_unlock(&q->lock);
    return MIN(n, 0);
}

/* Zeros in a part of a cluster: written, unless it reads as zeros anyway. */
static int zero_part(Qcow2 *q, int64_t offset, int64_t bytes)
{
    g_autofree void *zeros = NULL;
    QEMUIOVector qiov;
    Mapping m;
    int ret;

    if (bytes <= 0) {
        return 0;
    }
    g_mutex_lock(&q->lock);
    ret = qcow2_map(q, offset, bytes, &m);
    g_mutex_unlock(&q->lock);
    if (ret < 0 || m.kind == MAP_ZERO || (m.kind == MAP_NOTHING && !q->bs->backing)) {
        return ret;
    }
    zeros = g_malloc0(bytes);
    qemu_iovec_init_buf(&qiov, zeros, bytes);
    return write_range(q, offset, bytes, &qiov, 0);
}

static int64_t round_up(const Qcow2 *q, int64_t offset)
{
    return (offset + q->cluster_size - 1) & ~(q->cluster_size - 1);
}

int qcow2_zero(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    Qcow2 *q = bs->state;
    int64_t end = offset + bytes, first = round_up(q, offset), last;
    int ret;

    if ((q->version < 3 && bs->backing) || (q->autoclear & AUTOCLEAR_RAW_DATA)) {
        return -ENOTSUP;
    }
    last = end == bdrv_length(bs) ? round_up(q, end) : end - qcow2_in_cluster(q, end);
    if (first >= last) {
        /* inside of one cluster, or in two neighbours */
        int64_t middle = MIN(first, end);

        ret = zero_part(q, offset, middle - offset);
        ret = ret < 0 ? ret : zero_part(q, middle, end - middle);
    } else {
        ret = zero_part(q, offset, first - offset);
        ret = ret < 0 ? ret : change_clusters(q, first, last, zeroed, flags);
        ret = ret < 0 ? ret : zero_part(q, last, end - last);
    }
    return after_change(q, ret, flags & ~BDRV_REQ_FUA); /* the caller flushes */
}

int qcow2_discard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    Qcow2 *q = bs->state;
    int64_t end = offset + bytes;
    int64_t last = end == bdrv_length(bs) ? round_up(q, end) : end - qcow2_in_cluster(q, end);

    if (bs->data) {
        return -ENOTSUP;
    }
    return after_change(q, change_clusters(q, round_up(q, offset), last, discarded, 0), 0);
}

int qcow2_make_empty(BlockDriverState *bs)
{
    Qcow2 *q = bs->state;
    int ret = change_clusters(q, 0, round_up(q, bdrv_length(bs)), emptied, 0);

    ret = ret < 0 ? ret : qcow2_flush(q); /* now they may be counted down */
    return ret < 0 ? ret : qcow2_flush(q);
}

int qcow2_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same, int64_t *map)
{
    static const int kinds[] = {
        [MAP_NOTHING] = 0,
        [MAP_ZERO] = BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_ZERO,
        [MAP_DATA] = BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_DATA,
        [MAP_COMPRESSED] = BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_DATA | BLOCK_STATUS_COMPRESSED,
    };
    Qcow2 *q = bs->state;
    int64_t done = 0;
    Mapping first = { 0 };
    int ret = 0;

    g_mutex_lock(&q->lock);
    while (done < bytes) {
        Mapping m;

        ret = qcow2_map(q, offset + done, bytes - done, &m);
        if (ret < 0) {
            break;
        }
        if (!done) {
            first = m;
        } else if (m.kind != first.kind || m.has_host != first.has_host ||
                   (m.has_host && m.host != first.host + done)) {
            break;
        }
        done += m.bytes;
    }
    g_mutex_unlock(&q->lock);
    if (!done) {
        return ret;
    }
    *same = done;
    *map = first.host;
    return kinds[first.kind] | (first.has_host ? BLOCK_STATUS_AT_OFFSET : 0);
}

/* --- resizing --- */

/* What comes into view must not be old contents: of a backing file, or of the last cluster. */
static int clear_new_part(BlockDriverState *bs, int64_t before, int64_t length)
{
    int64_t end = length;

    if (!bs->backing) {
        end = MIN(length, round_up(bs->state, before));
    } else {
        end = MIN(length, MAX(bdrv_length(bs->backing->bs), round_up(bs->state, before)));
    }
    return end > before ? bdrv_pwrite_zeroes(bs, before, end - before, 0) : 0;
}

bool qcow2_truncate(BlockDriverState *bs, int64_t length, Error **errp)
{
    Qcow2 *q = bs->state;
    int64_t before = bdrv_length(bs);
    uint8_t size[8];
    int ret;

    if (length % SECTOR_SIZE) {
        error_setg(errp, "The new size must be a multiple of %d", SECTOR_SIZE);
        return false;
    }
    if (length < before && q->snapshots->len && q->version < 3) {
        error_setg(errp, "Can't shrink an image of version 2 that has snapshots");
        return false;
    }
    ret = qcow2_flush(q); /* the longer L1 table is written with all that the old one names */
    if (ret == 0 && length > before) {
        bool ok;

        g_mutex_lock(&q->lock);
        ok = qcow2_grow_l1(q, length, errp);
        g_mutex_unlock(&q->lock);
        if (!ok || (bs->data && !bdrv_truncate(bs->data->bs, length, errp))) {
            return false;
        }
        bdrv_set_length(bs, length);
        ret = clear_new_part(bs, before, length);
    } else if (ret == 0) {
        ret = change_clusters(q, round_up(q, length), round_up(q, before), emptied, 0);
    }
    ret = ret < 0 ? ret : qcow2_flush(q);
    stq_be_p(size, length);
    ret = ret < 0 ? ret : qcow2_write_header(q, HDR_SIZE, size, sizeof(size));
    bdrv_set_length(bs, ret < 0 ? before : length);
    ret = ret < 0 ? ret : qcow2_flush(q);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not resize '%s'", bs->filename);
        return false;
    }
    return length >= before || !bs->data || bdrv_truncate(bs->data->bs, length, errp);
}
