/*
 * The qcow2 format: what the files of its driver share.
 *
 * Reference: "Qcow2 Image File Format", as published with QEMU's documentation.
 *
 * The order in which things reach the file is what makes an image survive the death of the program
 * or of the host. Tables live in memory and change there; nothing on disk points to a cluster
 * before that cluster is written and counted:
 *
 *   1. data go to clusters that nothing on disk refers to,
 *   2. refcount blocks are written; fdatasync,
 *   3. L2 tables are written; if the L1 table has changed: fdatasync, L1 table,
 *   4. fdatasync: that is when a flush is complete,
 *   5. clusters that nothing refers to any more since 3. are counted down, and used again.
 *
 * Death at any point leaks clusters, and no more. A cluster that is replaced keeps its count until
 * step 5, and until the requests have ended that may still read or write it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_QCOW2_QCOW2_H
#define BLOCK_QCOW2_QCOW2_H

#include "qemu/osdep.h"
#include "block/block-int.h"
#include "qemu/bswap.h"

#define QCOW2_MAGIC          0x514649fb
#define QCOW2_V2_HEADER_SIZE 72
#define QCOW2_V3_HEADER_SIZE 104
#define MIN_CLUSTER_BITS     9
#define MAX_CLUSTER_BITS     21
/* Limits that other implementations have as well; what is beyond them is no sane image. */
#define MAX_L1_BYTES        (32 << 20)
#define MAX_REFTABLE_BYTES  (8 << 20)
#define MAX_SNAPSHOTS       65536
#define MAX_SNAPSHOT_BYTES  (64 << 20)
#define MAX_BACKING_NAME    1023
#define MAX_BITMAPS         65535

/* Offsets of fields in the header. */
enum {
    HDR_MAGIC = 0,
    HDR_VERSION = 4,
    HDR_BACKING_OFFSET = 8,
    HDR_BACKING_SIZE = 16,
    HDR_CLUSTER_BITS = 20,
    HDR_SIZE = 24,
    HDR_CRYPT_METHOD = 32,
    HDR_L1_SIZE = 36,
    HDR_L1_OFFSET = 40,
    HDR_REFTABLE_OFFSET = 48,
    HDR_REFTABLE_CLUSTERS = 56,
    HDR_NB_SNAPSHOTS = 60,
    HDR_SNAPSHOTS_OFFSET = 64,
    HDR_INCOMPATIBLE = 72,
    HDR_COMPATIBLE = 80,
    HDR_AUTOCLEAR = 88,
    HDR_REFCOUNT_ORDER = 96,
    HDR_HEADER_LENGTH = 100,
    HDR_COMPRESSION = 104,
};

enum {
    INCOMPAT_DIRTY = 1 << 0,
    INCOMPAT_CORRUPT = 1 << 1,
    INCOMPAT_DATA_FILE = 1 << 2,
    INCOMPAT_COMPRESSION = 1 << 3,
    INCOMPAT_EXTENDED_L2 = 1 << 4,
    INCOMPAT_KNOWN = INCOMPAT_DIRTY | INCOMPAT_CORRUPT | INCOMPAT_DATA_FILE |
                     INCOMPAT_COMPRESSION,
    COMPAT_LAZY_REFCOUNTS = 1 << 0,
    AUTOCLEAR_BITMAPS = 1 << 0,
    AUTOCLEAR_RAW_DATA = 1 << 1,
};

enum {
    EXT_END = 0,
    EXT_BACKING_FORMAT = 0xe2792aca,
    EXT_FEATURE_NAMES = 0x6803f857,
    EXT_BITMAPS = 0x23852875,
    EXT_DATA_FILE = 0x44415441,
};

/* Parts of entries. */
#define ENTRY_COPIED     (1ull << 63)
#define ENTRY_COMPRESSED (1ull << 62)
#define ENTRY_ZERO       (1ull << 0)
#define ENTRY_OFFSET     0x00fffffffffffe00ull
#define L1_RESERVED      0x7f000000000001ffull
#define REFTABLE_OFFSET  0xfffffffffffffe00ull
#define REFTABLE_RESERVED 0x1ffull

/* An L2 table or a refcount block in memory, as it is in the file: big-endian. */
typedef struct Table {
    int64_t offset;
    uint8_t *data;
    size_t dirty_from, dirty_to; /* bytes to write; from >= to: none */
    bool being_written;          /* not to be forgotten */
    QTAILQ_ENTRY(Table) link;    /* least recently used first */
} Table;

typedef struct TableCache {
    GHashTable *by_offset; /* of Table */
    QTAILQ_HEAD(, Table) lru;
    unsigned limit, dirty;
} TableCache;

/* A request on its way; what it may look at is not used again before it has ended. */
typedef struct Visit {
    uint64_t number;
    QTAILQ_ENTRY(Visit) link;
} Visit;

/* Guest clusters that get another place just now: who wants to change them waits. */
typedef struct Busy {
    uint64_t first, last;
    QTAILQ_ENTRY(Busy) link;
} Busy;

typedef struct Freed {
    uint64_t first_cluster, count;
} Freed;

/* Clusters that nothing on disk refers to; visits from @number on haven't seen them. */
typedef struct FreedBatch {
    GArray *clusters; /* of Freed */
    uint64_t number;
    QTAILQ_ENTRY(FreedBatch) link;
} FreedBatch;

typedef struct SnapshotEntry {
    BlockSnapshot s;
    int64_t l1_offset;
    uint32_t l1_entries;
    uint8_t *extra; /* what we don't know of the extra data, behind what we do */
    uint32_t extra_size;
} SnapshotEntry;

typedef enum CompressionType {
    COMPRESSION_DEFLATE,
    COMPRESSION_ZSTD,
} CompressionType;

typedef struct Qcow2 {
    BlockDriverState *bs;
    /* What the header says; constant but for resizing, growing tables and snapshots. */
    unsigned version, cluster_bits, refcount_order;
    uint64_t incompatible, compatible, autoclear;
    uint32_t header_length;
    CompressionType compression;
    char *backing_name, *backing_format, *data_file_name;
    int64_t bitmaps_offset; /* of the bitmap directory; 0: none */
    uint64_t bitmaps_size;
    uint32_t nb_bitmaps;

    int64_t cluster_size;
    unsigned l2_bits;      /* log2 of the entries of an L2 table */
    unsigned refblock_bits; /* log2 of the counts in a refcount block */
    bool lazy;             /* counts are written at the end only */
    bool corrupt;          /* nothing is written any more */

    GMutex lock; /* all of the rest */
    GCond busy_cond;
    uint64_t *l1; /* host byte order */
    uint32_t l1_entries;
    int64_t l1_offset;
    uint32_t l1_dirty_from, l1_dirty_to;
    uint64_t *reftable;
    uint32_t reftable_entries;
    int64_t reftable_offset;
    TableCache l2_cache, refblock_cache;
    GHashTable *metadata; /* numbers of clusters that hold no guest's data */
    GPtrArray *snapshots; /* of SnapshotEntry */
    int64_t snapshots_offset;
    uint64_t snapshots_bytes;

    uint64_t free_hint; /* no cluster before this one is free */
    QTAILQ_HEAD(, Busy) busy;
    QTAILQ_HEAD(, Visit) visits; /* oldest first */
    uint64_t next_visit;
    GArray *freed; /* of Freed: something on disk may still refer to them */
    QTAILQ_HEAD(, FreedBatch) batches;

    GMutex flush_lock; /* taken before lock: one flush at a time */

    GMutex unpacked_lock; /* the cluster that was decompressed last */
    uint64_t unpacked_entry;
    uint8_t *unpacked;
} Qcow2;

static inline BlockDriverState *qcow2_file(Qcow2 *q)
{
    return q->bs->file->bs;
}

/* Where guest clusters are. */
static inline BlockDriverState *qcow2_data(Qcow2 *q)
{
    return q->bs->data ? q->bs->data->bs : q->bs->file->bs;
}

static inline int64_t qcow2_in_cluster(const Qcow2 *q, int64_t offset)
{
    return offset & (q->cluster_size - 1);
}

static inline uint64_t qcow2_clusters(const Qcow2 *q, uint64_t bytes)
{
    return (bytes >> q->cluster_bits) + ((bytes & (q->cluster_size - 1)) != 0);
}

/* --- header.c --- */

/* Reads the header, its extensions, and the tables that it names. False and an error. */
bool qcow2_read_metadata(Qcow2 *q, Error **errp);
/* Sets an error about the image; false. */
bool qcow2_bad(Qcow2 *q, Error **errp, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Writes @size bytes of the header at @field; 0 or a negative errno. */
int qcow2_write_header(Qcow2 *q, unsigned field, const void *data, unsigned size);
/* Sets or clears incompatible features in the file, durably. */
int qcow2_set_incompatible(Qcow2 *q, uint64_t set, uint64_t clear);
/*
 * The image contradicts itself: says so once, marks it in the file, writes nothing any more.
 * Returns -EIO. Any thread, with or without q->lock.
 */
int qcow2_corrupt(Qcow2 *q, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Writes the header anew with all its extensions and the backing file's name. */
bool qcow2_rewrite_header(Qcow2 *q, Error **errp);
/* Counts which clusters hold metadata. */
void qcow2_note_metadata(Qcow2 *q);
bool qcow2_is_metadata(Qcow2 *q, int64_t offset, int64_t bytes);
void qcow2_metadata_add(Qcow2 *q, int64_t offset, uint64_t bytes);
void qcow2_metadata_remove(Qcow2 *q, int64_t offset, uint64_t bytes);

/* --- tables.c: with q->lock held --- */

/* How many tables it may hold from now on; a few at least. */
void qcow2_cache_set_limit(TableCache *cache, unsigned limit);
void qcow2_cache_init(TableCache *cache, unsigned limit);
void qcow2_cache_free(TableCache *cache);
/* Forgets everything, dirty or not. */
void qcow2_cache_clear(TableCache *cache);
/*
 * The table at @offset, read if need be; NULL and *ret a negative errno. Valid until the next call.
 */
Table *qcow2_table_get(Qcow2 *q, TableCache *cache, int64_t offset, int *ret);
/* A new one of zeros, all of it dirty. */
Table *qcow2_table_new(Qcow2 *q, TableCache *cache, int64_t offset);
void qcow2_table_drop(TableCache *cache, int64_t offset);
void qcow2_table_dirty(TableCache *cache, Table *table, size_t from, size_t to);
/* Writes all that is dirty. */
int qcow2_cache_write(Qcow2 *q, TableCache *cache);
/* Flushes data and tables in the order that the head of this file tells. Without q->lock. */
int qcow2_flush(Qcow2 *q);
/* The same if the caches are full of what has changed. */
int qcow2_relieve(Qcow2 *q);
/* Something in the tables isn't in the file yet. */
bool qcow2_has_changes(Qcow2 *q);
/* Visits: every access to guest clusters is inside of one. With q->lock. */
void qcow2_visit_begin(Qcow2 *q, Visit *visit);
void qcow2_visit_end(Qcow2 *q, Visit *visit);

/* --- counts.c: with q->lock held --- */

/* The count of a cluster, or a negative errno. */
int64_t qcow2_count(Qcow2 *q, uint64_t cluster);
/* Adds @delta (1 or -1) to the counts; 0 or a negative errno. */
int qcow2_count_change(Qcow2 *q, uint64_t first, uint64_t n, int delta);
int qcow2_count_set(Qcow2 *q, uint64_t cluster, uint64_t value);
uint64_t qcow2_count_max(const Qcow2 *q);
uint64_t qcow2_count_read(const void *block, unsigned order, uint64_t index);
void qcow2_count_write(void *block, unsigned order, uint64_t index, uint64_t value);
/*
 * Takes up to @want free clusters that are next to each other; at least @least. Their offset, or a
 * negative errno; *got: how many.
 */
int64_t qcow2_allocate(Qcow2 *q, uint64_t least, uint64_t want, uint64_t *got);
/* Gives clusters back as soon as nothing on disk can refer to them. */
void qcow2_free_later(Qcow2 *q, int64_t offset, uint64_t bytes);
/* Counts down what the batches hold that no visit can know any more. */
void qcow2_retire(Qcow2 *q);

/* --- mapping.c: with q->lock held --- */

typedef enum MapKind {
    MAP_NOTHING, /* ask the backing file */
    MAP_ZERO,
    MAP_DATA,
    MAP_COMPRESSED,
} MapKind;

typedef struct Mapping {
    MapKind kind;
    int64_t bytes;  /* how many share it */
    int64_t host;   /* of the first byte: DATA, and ZERO with has_host */
    bool has_host, copied;
    uint64_t entry; /* COMPRESSED */
} Mapping;

/* How the first of @bytes at @offset is stored; 0 or a negative errno. */
int qcow2_map(Qcow2 *q, int64_t offset, int64_t bytes, Mapping *m);
/* The same if no table has to be read for it; false: one has, or it is wrong. */
bool qcow2_map_cached(Qcow2 *q, int64_t offset, int64_t bytes, Mapping *m);
/* The L2 table for @offset, allocated and not shared; NULL and *ret. */
Table *qcow2_l2_for_change(Qcow2 *q, int64_t offset, int *ret);
unsigned qcow2_l2_index(const Qcow2 *q, int64_t offset);
uint64_t qcow2_l2_entry(const Table *table, unsigned index);
void qcow2_l2_set(Qcow2 *q, Table *table, unsigned index, uint64_t entry);
/* Frees the clusters of an entry that is replaced. */
void qcow2_free_entry(Qcow2 *q, uint64_t entry);
/* Where the data of a compressed cluster are. */
void qcow2_compressed_place(const Qcow2 *q, uint64_t entry, int64_t *offset, int64_t *bytes);
bool qcow2_grow_l1(Qcow2 *q, int64_t length, Error **errp);

/* --- access.c --- */

int qcow2_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
               size_t skip);
int qcow2_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                size_t skip, unsigned flags);
bool qcow2_place(BlockDriverState *bs, const BlockRequest *request, int64_t offset,
                 BlockPlace *place);
bool qcow2_place_end(BlockDriverState *bs, BlockPlace *place, bool wait);
int qcow2_zero(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags);
int qcow2_discard(BlockDriverState *bs, int64_t offset, int64_t bytes);
int qcow2_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same, int64_t *map);
int qcow2_make_empty(BlockDriverState *bs);
bool qcow2_truncate(BlockDriverState *bs, int64_t length, Error **errp);

/* --- compress.c --- */

/* Fills @out, a cluster, from @in; 0 or -EIO. */
int qcow2_unpack(CompressionType type, const void *in, size_t in_size, void *out, size_t out_size);

/* --- check.c --- */

bool qcow2_check(BlockDriverState *bs, BlockCheck *check, Error **errp);

/* --- snapshots.c --- */

bool qcow2_read_snapshots(Qcow2 *q, uint32_t count, Error **errp);
void qcow2_free_snapshots(Qcow2 *q);
GPtrArray *qcow2_snapshots(BlockDriverState *bs, Error **errp);
bool qcow2_snapshot_create(BlockDriverState *bs, const char *name, Error **errp);
bool qcow2_snapshot_apply(BlockDriverState *bs, const char *which, Error **errp);
bool qcow2_snapshot_delete(BlockDriverState *bs, const char *which, Error **errp);

#endif
