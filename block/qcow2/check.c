/*
 * qcow2: checking and repairing: every reference to a cluster is looked up, the sums are compared
 * with the refcounts, and the marks of unshared clusters with the sums.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qcow2.h"

typedef struct Check {
    Qcow2 *q;
    BlockCheck *result;
    uint32_t *used;    /* references found, for each cluster of the file */
    uint64_t clusters; /* of the file */
    int64_t last_host; /* of the guest cluster before, for the fragments */
} Check;

static void say(Check *c, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void say(Check *c, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    if (c->result->message) {
        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        c->result->message(c->result->opaque, text);
    }
}

/* One more reference to [offset, offset + bytes). False if that isn't inside of the file. */
static bool use(Check *c, const char *what, uint64_t index, uint64_t offset, uint64_t bytes)
{
    uint64_t first = offset >> c->q->cluster_bits;
    uint64_t n = qcow2_clusters(c->q, qcow2_in_cluster(c->q, offset) + bytes);

    if (first >= c->clusters || n > c->clusters - first) {
        c->result->corruptions++;
        say(c, "ERROR %s %" PRIu64 " refers to offset 0x%" PRIx64 ", behind the end of the file",
            what, index, offset);
        return false;
    }
    for (uint64_t i = first; i < first + n; i++) {
        c->used[i] += c->used[i] < UINT32_MAX;
    }
    return true;
}

/* @bytes of 64-bit entries, zeros behind the file's end; NULL if they can't be read. */
static uint64_t *read_table(Check *c, const char *what, int64_t offset, uint64_t bytes)
{
    uint64_t *table = g_malloc(MAX(bytes, 8));

    if (bdrv_pread(qcow2_file(c->q), offset, bytes, table) < 0) {
        c->result->check_errors++;
        say(c, "ERROR the %s at 0x%" PRIx64 " can't be read", what, offset);
        g_free(table);
        return NULL;
    }
    for (uint64_t i = 0; i < bytes / sizeof(uint64_t); i++) {
        be64_to_cpus(&table[i]);
    }
    return table;
}

static void look_at_entry(Check *c, uint64_t entry, uint64_t guest, bool active)
{
    Qcow2 *q = c->q;
    int64_t offset, bytes;

    if (entry & ENTRY_COMPRESSED) {
        qcow2_compressed_place(q, entry, &offset, &bytes);
        if (entry & ENTRY_COPIED) {
            c->result->corruptions++;
            say(c, "ERROR the compressed guest cluster %" PRIu64 " is marked as one to write to",
                guest);
        }
        /* the last sectors may be behind the end: nothing has to be in them */
        bytes = CLAMP(((int64_t)c->clusters << q->cluster_bits) - offset, 1, bytes);
        if (use(c, "compressed guest cluster", guest, offset, bytes) && active) {
            c->result->compressed_clusters++;
            c->result->allocated_clusters++;
            c->result->fragmented_clusters++;
        }
        return;
    }
    offset = entry & ENTRY_OFFSET;
    if (q->bs->data) {
        c->result->allocated_clusters += active && (offset || (entry & ENTRY_COPIED));
        return;
    }
    if (!offset) {
        return;
    }
    if (qcow2_in_cluster(q, offset)) {
        c->result->corruptions++;
        say(c, "ERROR guest cluster %" PRIu64 " is at 0x%" PRIx64 ", where no cluster begins",
            guest, offset);
    } else if (use(c, "guest cluster", guest, offset, q->cluster_size) && active) {
        c->result->allocated_clusters++;
        c->result->fragmented_clusters += c->last_host &&
                                          c->last_host + q->cluster_size != offset;
        c->last_host = offset;
    }
}

/* An L1 table with all that hangs on it. */
static void look_at_l1(Check *c, const uint64_t *l1, int64_t l1_offset, uint32_t entries,
                       bool active)
{
    Qcow2 *q = c->q;

    if (entries) {
        use(c, active ? "the header's L1 table" : "the L1 table of snapshot", 0, l1_offset,
            entries * sizeof(uint64_t));
    }
    for (uint32_t i = 0; i < entries; i++) {
        int64_t offset = l1[i] & ENTRY_OFFSET;
        g_autofree uint64_t *l2 = NULL;

        if (!offset) {
            continue;
        }
        if (qcow2_in_cluster(q, offset) || (l1[i] & L1_RESERVED)) {
            c->result->corruptions++;
            say(c, "ERROR L1 entry %u is 0x%" PRIx64, i, l1[i]);
            continue;
        }
        if (!use(c, "L1 entry", i, offset, q->cluster_size)) {
            continue;
        }
        l2 = read_table(c, "L2 table", offset, q->cluster_size);
        for (unsigned k = 0; l2 && k < 1u << q->l2_bits; k++) {
            look_at_entry(c, l2[k], ((uint64_t)i << q->l2_bits) + k, active);
        }
    }
}

static void look_at_snapshots(Check *c)
{
    Qcow2 *q = c->q;

    if (q->snapshots_bytes) {
        use(c, "the header's snapshot table", 0, q->snapshots_offset, q->snapshots_bytes);
    }
    for (guint i = 0; i < q->snapshots->len; i++) {
        SnapshotEntry *s = g_ptr_array_index(q->snapshots, i);
        uint64_t bytes = s->l1_entries * sizeof(uint64_t);
        g_autofree uint64_t *l1 = NULL;

        if (s->l1_entries > MAX_L1_BYTES / sizeof(uint64_t) || qcow2_in_cluster(q, s->l1_offset)) {
            c->result->corruptions++;
            say(c, "ERROR snapshot %s has %u L1 entries at 0x%" PRIx64, s->s.id, s->l1_entries,
                s->l1_offset);
            continue;
        }
        l1 = read_table(c, "L1 table", s->l1_offset, bytes);
        if (l1) {
            look_at_l1(c, l1, s->l1_offset, s->l1_entries, false);
        }
    }
}

/* Bitmaps aren't used here, but their clusters aren't free. */
static void look_at_bitmaps(Check *c)
{
    Qcow2 *q = c->q;
    g_autofree uint8_t *directory = NULL;
    uint64_t at = 0;

    if (!q->bitmaps_offset ||
        !use(c, "the bitmaps extension", 0, q->bitmaps_offset, q->bitmaps_size)) {
        return;
    }
    directory = g_malloc(q->bitmaps_size);
    if (bdrv_pread(qcow2_file(q), q->bitmaps_offset, q->bitmaps_size, directory) < 0) {
        c->result->check_errors++;
        return;
    }
    for (uint32_t i = 0; i < q->nb_bitmaps && at + 24 <= q->bitmaps_size; i++) {
        const uint8_t *entry = directory + at;
        uint64_t offset = ldq_be_p(entry), entries = (uint32_t)ldl_be_p(entry + 8);
        g_autofree uint64_t *table = NULL;

        at += (24 + (uint64_t)(uint32_t)ldl_be_p(entry + 20) + lduw_be_p(entry + 18) + 7) & ~7ull;
        if (entries > MAX_L1_BYTES / sizeof(uint64_t) ||
            !use(c, "bitmap", i, offset, entries * sizeof(uint64_t))) {
            continue;
        }
        table = read_table(c, "bitmap table", offset, entries * sizeof(uint64_t));
        for (uint64_t k = 0; table && k < entries; k++) {
            if (table[k] & ENTRY_OFFSET) {
                use(c, "bitmap table entry", k, table[k] & ENTRY_OFFSET, q->cluster_size);
            }
        }
    }
}

/* False if a block can't be used at all: then nothing is repaired. */
static bool look_at_refcounts(Check *c)
{
    Qcow2 *q = c->q;
    bool ok = use(c, "the header's refcount table", 0, q->reftable_offset,
                  q->reftable_entries * sizeof(uint64_t));

    for (uint32_t i = 0; i < q->reftable_entries; i++) {
        uint64_t entry = q->reftable[i];

        if (!entry) {
            continue;
        }
        if ((entry & REFTABLE_RESERVED) || qcow2_in_cluster(q, entry)) {
            c->result->corruptions++;
            say(c, "ERROR refcount table entry %u is 0x%" PRIx64, i, entry);
            ok = false;
        } else if (!use(c, "refcount table entry", i, entry, q->cluster_size)) {
            ok = false;
        } else if (c->used[entry >> q->cluster_bits] != 1) {
            c->result->corruptions++;
            say(c, "ERROR the refcount block of table entry %u is used for something else, too", i);
            ok = false;
        } else {
            continue;
        }
        q->reftable[i] = 0; /* in memory: it counts nothing */
    }
    return ok;
}

static bool repair_count(Check *c, uint64_t cluster, bool leak)
{
    if (!(leak ? c->result->fix_leaks : c->result->fix_errors)) {
        return false;
    }
    return c->used[cluster] <= qcow2_count_max(c->q) &&
           qcow2_count_set(c->q, cluster, c->used[cluster]) == 0;
}

/* @leaks: those that are counted too often; otherwise those that aren't counted often enough. */
static void compare_counts(Check *c, bool leaks)
{
    BlockCheck *r = c->result;

    for (uint64_t i = 0; i < c->clusters; i++) {
        int64_t count = qcow2_count(c->q, i), used = c->used[i];
        bool wrong = leaks ? count > used : count < used;
        bool fixed;

        if (count < 0) {
            r->check_errors += !leaks;
            continue;
        }
        if (used) {
            r->image_end_offset = MAX(r->image_end_offset,
                                      (int64_t)((i + 1) << c->q->cluster_bits));
        }
        if (!wrong) {
            continue;
        }
        fixed = repair_count(c, i, leaks);
        say(c, "%s cluster %" PRIu64 " refcount=%" PRId64 " reference=%" PRId64,
            fixed ? "Repairing" : leaks ? "Leaked" : "ERROR", i, count, used);
        r->leaks += leaks && !fixed;
        r->leaks_fixed += leaks && fixed;
        r->corruptions += !leaks && !fixed;
        r->corruptions_fixed += !leaks && fixed;
    }
}

/* The mark that a cluster isn't shared, in one entry; the entry as it should be. */
static uint64_t right_mark(Check *c, uint64_t entry, const char *what, uint64_t index)
{
    uint64_t cluster = (entry & ENTRY_OFFSET) >> c->q->cluster_bits;
    uint64_t right;

    if (!cluster || cluster >= c->clusters || qcow2_in_cluster(c->q, entry & ENTRY_OFFSET) ||
        !c->used[cluster]) {
        return entry;
    }
    right = c->used[cluster] == 1 ? entry | ENTRY_COPIED : entry & ~ENTRY_COPIED;
    if (right == entry) {
        return entry;
    }
    say(c, "%s %s %" PRIu64 " is 0x%" PRIx64 ", but its cluster is used %u times",
        c->result->fix_errors ? "Repairing" : "ERROR", what, index, entry, c->used[cluster]);
    if (!c->result->fix_errors) {
        c->result->corruptions++;
        return entry;
    }
    c->result->corruptions_fixed++;
    return right;
}

static int check_marks(Check *c)
{
    Qcow2 *q = c->q;
    int ret = 0;

    for (uint32_t i = 0; ret == 0 && i < q->l1_entries; i++) {
        int64_t offset = q->l1[i] & ENTRY_OFFSET;
        uint64_t right = right_mark(c, q->l1[i], "L1 entry", i);
        g_autofree uint64_t *l2 = NULL;

        if (right != q->l1[i]) {
            uint64_t raw = cpu_to_be64(right);

            q->l1[i] = right;
            ret = bdrv_pwrite(qcow2_file(q), q->l1_offset + i * sizeof(raw), sizeof(raw), &raw);
        }
        if (!offset || qcow2_in_cluster(q, offset) || offset >> q->cluster_bits >= c->clusters) {
            continue;
        }
        l2 = q->bs->data ? NULL : read_table(c, "L2 table", offset, q->cluster_size);
        for (unsigned k = 0; l2 && ret == 0 && k < 1u << q->l2_bits; k++) {
            right = l2[k] & ENTRY_COMPRESSED
                        ? l2[k] : right_mark(c, l2[k], "L2 entry of guest cluster",
                                             ((uint64_t)i << q->l2_bits) + k);
            if (right != l2[k]) {
                uint64_t raw = cpu_to_be64(right);

                ret = bdrv_pwrite(qcow2_file(q), offset + k * sizeof(raw), sizeof(raw), &raw);
            }
        }
    }
    return ret;
}

/* Everything that was repaired to the file: counts that rise first. */
static int repair(Check *c)
{
    Qcow2 *q = c->q;
    int ret;

    compare_counts(c, false);
    ret = qcow2_cache_write(q, &q->refblock_cache);
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    ret = ret < 0 ? ret : check_marks(c);
    ret = ret < 0 ? ret : bdrv_flush(qcow2_file(q));
    if (ret < 0) {
        return ret;
    }
    compare_counts(c, true);
    ret = qcow2_cache_write(q, &q->refblock_cache);
    if (ret == 0 && !c->result->corruptions && !c->result->check_errors && c->result->fix_errors) {
        ret = qcow2_set_incompatible(q, 0, INCOMPAT_DIRTY | INCOMPAT_CORRUPT);
    }
    return ret;
}

bool qcow2_check(BlockDriverState *bs, BlockCheck *check, Error **errp)
{
    Qcow2 *q = bs->state;
    Check c = { .q = q, .result = check };
    int ret = 0;

    if (!bs->flags.read_only && qcow2_flush(q) < 0 && !q->corrupt) {
        error_setg(errp, "The tables of '%s' could not be written", bs->filename);
        return false;
    }
    g_mutex_lock(&q->lock);
    c.clusters = qcow2_clusters(q, bdrv_length(qcow2_file(q)));
    c.used = g_try_new0(uint32_t, MAX(c.clusters, 1));
    if (!c.used) {
        g_mutex_unlock(&q->lock);
        error_setg(errp, "Not enough memory to check '%s'", bs->filename);
        return false;
    }
    check->total_clusters = qcow2_clusters(q, bdrv_length(bs));
    use(&c, "the header", 0, 0, q->cluster_size);
    look_at_l1(&c, q->l1, q->l1_offset, q->l1_entries, true);
    look_at_snapshots(&c);
    look_at_bitmaps(&c);
    if (!look_at_refcounts(&c)) {
        check->fix_leaks = check->fix_errors = false;
    }
    if (check->fix_errors || check->fix_leaks) {
        qcow2_cache_clear(&q->l2_cache);
        ret = repair(&c);
    } else {
        compare_counts(&c, false);
        check_marks(&c);
        compare_counts(&c, true);
    }
    if (!bs->flags.read_only && (check->corruptions || check->check_errors)) {
        q->corrupt = true; /* nothing is written any more, not even that it was closed in order */
    }
    g_mutex_unlock(&q->lock);
    g_free(c.used);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not repair '%s'", bs->filename);
        return false;
    }
    return true;
}
