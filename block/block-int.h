/*
 * What the files of the block layer share: nodes and their drivers.
 *
 * A node is an open image, or a layer of one: "qcow2" on top of "file". Requests enter at the top
 * and go down by plain calls, in the thread of whoever makes them: one of a back end's workers, or
 * a thread that waits with the big lock. So drivers are ordinary blocking code, called by several
 * threads at once; each guards its own state. docs/devel/block.md tells more.
 *
 * The graph (who uses which node) changes with the big lock held and no request in flight below the
 * change; requests read it without a lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_BLOCK_INT_H
#define BLOCK_BLOCK_INT_H

#include "qemu/osdep.h"
#include "options.h"
#include "qemu/queue.h"
#include "qemu/work-context.h"
#include "system/block-backend.h"
#include "watch.h"

#define SECTOR_SIZE 512

typedef struct BlockDriver BlockDriver;
typedef struct BlockLoop BlockLoop;
typedef struct BlockDriverState BlockDriverState;

/* A flag of requests: what was written survives the death of this process (not of the host). */
#define BDRV_REQ_SURVIVE (1u << 8)
/* And one of who watches a node: it isn't told of this write. */
#define BDRV_REQ_UNWATCHED (1u << 9)

/* What a node's user does with it, and lets others do. */
enum {
    BLOCK_PERM_READ = 1 << 0,
    BLOCK_PERM_WRITE = 1 << 1,
    BLOCK_PERM_RESIZE = 1 << 2,
};

/* One user of a node: the node above, a back end, or the monitor, which only keeps it alive. */
typedef struct BlockUse {
    BlockDriverState *bs;
    char *who;
    unsigned used, shared;
} BlockUse;

/* What an opened image inherits from what opens it. */
typedef struct BlockFlags {
    bool read_only;
    bool auto_read_only; /* rather read-only than an error */
    bool direct;         /* around the host's cache */
    bool no_flush;       /* flushes do nothing */
    bool unmap;          /* discards reach the host */
    bool force_share;    /* without locks: reading only */
} BlockFlags;

/* detect-zeroes= */
typedef enum BlockDetectZeroes {
    DETECT_ZEROES_OFF,
    DETECT_ZEROES_ON,
    DETECT_ZEROES_UNMAP,
} BlockDetectZeroes;

struct BlockDriverState {
    const BlockDriver *driver;
    void *state;     /* the driver's, driver->state_size bytes */
    char *node_name; /* given, or made up with a leading '#' */
    char *filename;  /* what users are shown */
    int refs;
    int64_t length;  /* atomic: resizing changes it */
    BlockFlags flags;
    BlockDetectZeroes detect_zeroes;
    BlockUse *file, *backing, *data; /* below; NULL where there is none */
    GSList *uses;    /* of BlockUse: those above */
    BlockWatch *watch; /* is told of writes; NULL: nobody */
    bool monitor_owned;
    bool half_open;  /* its children are being opened: none of them may refer to it */
    QTAILQ_ENTRY(BlockDriverState) link;
};

/* What block_status() tells. */
enum {
    BLOCK_STATUS_DATA = 1 << 0,       /* something is stored */
    BLOCK_STATUS_ZERO = 1 << 1,       /* reads as zeros */
    BLOCK_STATUS_ALLOCATED = 1 << 2,  /* here, not in the backing file */
    BLOCK_STATUS_AT_OFFSET = 1 << 3,  /* *map is where in the file below */
    BLOCK_STATUS_COMPRESSED = 1 << 4,
};

/* What `check` finds. */
typedef struct BlockCheck {
    bool fix_leaks, fix_errors; /* in: what to repair */
    int64_t corruptions, leaks, check_errors;
    int64_t corruptions_fixed, leaks_fixed;
    int64_t image_end_offset;
    int64_t total_clusters, allocated_clusters, compressed_clusters, fragmented_clusters;
    void (*message)(void *opaque, const char *text);
    void *opaque;
} BlockCheck;

typedef struct BlockSnapshot {
    char *id, *name;
    uint64_t vm_state_size;
    uint32_t date_sec, date_nsec;
    uint64_t vm_clock_nsec;
    uint64_t icount; /* UINT64_MAX: unknown */
    int64_t disk_size;
} BlockSnapshot;

/* What `info` shows of a format; strings belong to the caller. */
typedef struct BlockFormatInfo {
    int64_t cluster_size; /* 0: has none */
    char *backing_filename, *backing_format; /* as the image says; NULL: none */
    /* "compat" -> "1.1" and so on, as text; names ending in '!' are booleans, in '#' numbers */
    GPtrArray *specific; /* of char *: name and value by turns */
    bool dirty, corrupt;
} BlockFormatInfo;

/* Operations that `info blockstats` counts. */
typedef enum BlockRequestKind {
    BLOCK_REQUEST_READ,
    BLOCK_REQUEST_WRITE,
    BLOCK_REQUEST_ZEROES,
    BLOCK_REQUEST_DISCARD,
    BLOCK_REQUEST_FLUSH,
    BLOCK_REQUEST_KINDS
} BlockRequestKind;

typedef struct BlockRequest {
    BlockRequestKind kind;
    int64_t offset, bytes;
    QEMUIOVector *qiov; /* reads and writes */
    unsigned flags;
    int64_t start_ns;
} BlockRequest;

/* Where on the host a request ends up: the same bytes, all of them next to each other. */
typedef struct BlockPlace {
    BlockDriverState *file; /* the node at the bottom */
    int64_t offset;
    unsigned flags;             /* of the request, as they are down there */
    BlockDriverState *visited;  /* a node on the way that wants to know of the end; NULL: none */
    void *visit;                /* its own */
} BlockPlace;

struct BlockDriver {
    const char *name;
    size_t state_size;
    bool is_protocol; /* the bottom: nothing is below */
    bool is_filter;   /* what is above and below it is the same */

    /* How sure @head, the first @len bytes, are of this format: 0 (not at all) to 100. */
    int (*probe)(const uint8_t *head, size_t len);
    /*
     * Opens the children and takes the driver's options; sets bs->length. On failure close() is not
     * called, but children are closed by the caller.
     */
    bool (*open)(BlockDriverState *bs, BlockOptions *o, Error **errp);
    /* Flushes what it holds; no request is in flight. */
    void (*close)(BlockDriverState *bs);
    /* Between read-only and not; bs->flags.read_only is still the old one. NULL: nothing to do. */
    bool (*set_read_only)(BlockDriverState *bs, bool read_only, Error **errp);

    /*
     * Takes the driver's options that can change from @o (NULL: they all stay; else what isn't there
     * is as when the node is opened), and makes itself what they and @flags say; bs->flags are
     * still the old ones. NULL: it has no such options. Then reopen_end(): for good, or back to what
     * it was, which *undo keeps. Nothing is in flight.
     */
    bool (*reopen)(BlockDriverState *bs, BlockOptions *o, const BlockFlags *flags, void **undo,
                   Error **errp);
    void (*reopen_end)(BlockDriverState *bs, void *undo, bool keep);
    bool reopen_is_all; /* reopen() does what set_read_only() does */

    /*
     * All of these return 0 or a negative errno, and are called by any thread. Ranges are inside of
     * the node's length and not empty; @skip bytes of @qiov come before those that are meant.
     */
    int (*read)(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                size_t skip);
    int (*write)(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                 size_t skip, unsigned flags);
    /* -ENOTSUP: the caller writes them. */
    int (*zero)(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags);
    int (*discard)(BlockDriverState *bs, int64_t offset, int64_t bytes);
    /* NULL: that of the node below is all. */
    int (*flush)(BlockDriverState *bs);
    /*
     * Where the @request->bytes at @offset go, if that can be told at once, without waiting for a
     * file or for another thread; @place->flags are the request's on the way in. Protocols: here.
     * NULL or false: it goes down the graph in a worker. Reads, writes and flushes; of zeros and
     * discards only what doesn't change a table.
     */
    bool (*place)(BlockDriverState *bs, const BlockRequest *request, int64_t offset,
                  BlockPlace *place);
    /* The request is done. @wait false: false if that would have to wait. */
    bool (*place_end)(BlockDriverState *bs, BlockPlace *place, bool wait);
    /*
     * BLOCK_STATUS_… of the first of @bytes, and in *same how many share it; *map: see AT_OFFSET.
     * NULL: all is data.
     */
    int (*status)(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same,
                  int64_t *map);

    /* With the big lock, and no request in flight. */
    bool (*truncate)(BlockDriverState *bs, int64_t length, Error **errp);
    void (*info)(BlockDriverState *bs, BlockFormatInfo *info);
    bool (*check)(BlockDriverState *bs, BlockCheck *check, Error **errp);
    /* Gives the image another backing file, by name only; NULL: none. */
    bool (*set_backing)(BlockDriverState *bs, const char *filename, const char *format,
                        Error **errp);
    /* Throws away all that is allocated here; for `commit`. */
    int (*make_empty)(BlockDriverState *bs);
    /* A list of BlockSnapshot that the caller unrefs. */
    GPtrArray *(*snapshots)(BlockDriverState *bs, Error **errp);
    bool (*snapshot_create)(BlockDriverState *bs, const char *name, Error **errp);
    /* By id or name. */
    bool (*snapshot_apply)(BlockDriverState *bs, const char *which, Error **errp);
    bool (*snapshot_delete)(BlockDriverState *bs, const char *which, Error **errp);
    /* Bytes that the host has given to the image, or a negative errno. */
    int64_t (*allocated)(BlockDriverState *bs);
};

extern const BlockDriver block_driver_file, block_driver_host_device, block_driver_raw,
    block_driver_null_co, block_driver_null_aio, block_driver_qcow2, block_driver_throttle,
    block_driver_blkdebug, block_driver_vmdk, block_driver_vpc, block_driver_vdi;
/* Only there if libnbd is. */
extern const BlockDriver block_driver_nbd __attribute__((weak));

/* --- nodes (node.c) --- */

const BlockDriver *block_driver_by_name(const char *name);
/* Drops the monitor's references. */
void bdrv_forget_monitor_owned(void);

/* The same with an error that lists what there is, or tells what is known and not supported. */
const BlockDriver *block_driver_find(const char *name, Error **errp);
/* All drivers; NULL at the end. */
extern const BlockDriver *const block_drivers[];

/*
 * Opens the node that @o describes ("driver" must be there), taking what it says over @inherited.
 * Takes @o. The caller owns one reference. NULL and an error.
 */
BlockDriverState *bdrv_open_options(BlockOptions *o, const BlockFlags *inherited, Error **errp);
/*
 * Opens the image that a person names: a file, or one of the prefixes "json:", "nbd:" and so on.
 * @format NULL: probed; *guessed (if not NULL) then tells that raw was taken for lack of anything
 * else. @o (may be NULL; taken): more options.
 */
BlockDriverState *bdrv_open_filename(const char *filename, const char *format, BlockOptions *o,
                                     const BlockFlags *flags, bool *guessed, Error **errp);
/* The options that every node has, other than its name; what isn't there stays as it is. */
bool bdrv_take_flags(BlockOptions *o, BlockFlags *flags, BlockDetectZeroes *zeroes, Error **errp);
/* Begins to use @below as the child @name of @bs, see bdrv_use(). */
BlockUse *bdrv_use_child(BlockDriverState *bs, BlockDriverState *below, const char *name,
                         Error **errp);
void bdrv_ref(BlockDriverState *bs);
void bdrv_unref(BlockDriverState *bs);
BlockDriverState *bdrv_by_name(const char *node_name);
/* All, oldest first: NULL for the first, NULL after the last. */
BlockDriverState *bdrv_next_node(BlockDriverState *bs);

/* Begins to use @bs; takes the caller's reference also if it fails. NULL and an error: conflict. */
BlockUse *bdrv_use(BlockDriverState *bs, const char *who, unsigned used, unsigned shared,
                   Error **errp);
void bdrv_unuse(BlockUse *use);

/*
 * For drivers: opens the child @name from the reference "@name=NODE" or the options "@name.…". With
 * @filename (not NULL) it may be a plain file, too. False and an error; without any such option
 * false and an error if @needed, else true and *child stays NULL.
 */
bool bdrv_open_child(BlockDriverState *bs, BlockOptions *o, const char *name, BlockUse **child,
                     const BlockFlags *flags, bool needed, Error **errp);
/* The file name of an image next to @base: as it is if absolute or with a prefix. Caller frees. */
char *bdrv_relative_filename(const char *base, const char *filename);
/* The node below filters that holds the data. */
BlockDriverState *bdrv_skip_filters(BlockDriverState *bs);
/* All nodes down to the lowest, in both directions. */
bool bdrv_set_read_only(BlockDriverState *bs, bool read_only, Error **errp);

/* --- access to nodes (io.c): any thread --- */

int64_t bdrv_length(const BlockDriverState *bs);
void bdrv_set_length(BlockDriverState *bs, int64_t length);
/* Behind the end of the node there are zeros. */
int bdrv_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                size_t skip);
int bdrv_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                 size_t skip, unsigned flags);
int bdrv_pread(BlockDriverState *bs, int64_t offset, int64_t bytes, void *buf);
int bdrv_pwrite(BlockDriverState *bs, int64_t offset, int64_t bytes, const void *buf);
int bdrv_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags);
int bdrv_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes);
int bdrv_flush(BlockDriverState *bs);
/* Of this node alone. */
int bdrv_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same, int64_t *map);
/*
 * Of the chain of backing files from @bs on, down to but without @base (NULL: to the end). *depth:
 * how far down the answer was found. Without ALLOCATED nothing down there has it.
 */
int bdrv_status_above(BlockDriverState *bs, BlockDriverState *base, int64_t offset, int64_t bytes,
                      int64_t *same, int64_t *map, int *depth);
/*
 * Where the request goes, see BlockDriver.place; the caller calls bdrv_place_end() when it is done.
 */
bool bdrv_place(BlockDriverState *bs, const BlockRequest *request, int64_t offset,
                BlockPlace *place);
/* @wait false: false if that would have to wait for another thread. */
bool bdrv_place_end(BlockPlace *place, bool wait);
bool bdrv_truncate(BlockDriverState *bs, int64_t length, Error **errp);
/*
 * All who use @old use @new from now on, which has the same contents; inside of bdrv_graph_begin().
 * The caller has references to both.
 */
void bdrv_replace(BlockDriverState *old, BlockDriverState *new);
/* The backing file of @bs is @base from now on, here and in the image; NULL: none. False: errp. */
bool bdrv_change_backing(BlockDriverState *bs, BlockDriverState *base, Error **errp);
bool bdrv_is_zero(const QEMUIOVector *qiov, size_t skip, size_t bytes);

/*
 * Merges what is allocated in @bs into its backing file, which is writable meanwhile; @empty: and
 * empties @bs. Big lock, no requests.
 */
bool bdrv_commit(BlockDriverState *bs, bool empty, Error **errp);

/* --- back ends --- */

typedef struct BlockWorkers BlockWorkers;
typedef struct BlockFinished BlockFinished;

typedef struct BlockCounters {
    uint64_t operations, bytes, failed, total_ns;
} BlockCounters;

struct BlockBackend {
    char *name;
    BlockUse *root; /* NULL: no medium */
    int refcount;
    bool no_write_cache;
    bool write_failed; /* the last write did, and that has been said */
    bool monitor_owned;
    BlockdevOnError on_read_error, on_write_error;
    int io_status; /* the errno that stopped the machine, or 0 */
    BlockCounters counters[BLOCK_REQUEST_KINDS];
    DeviceState *dev;
    const BlockDevOps *dev_ops;
    void *dev_opaque;
    DriveInfo *dinfo;
    BlockWorkers *workers; /* NULL until the first request */
    unsigned in_flight;   /* requests whose completion functions haven't been called */
    unsigned in_ring;     /* those of them that the kernel has */
    BlockLoop *loop;      /* whose ring that is; NULL: none */
    unsigned batches;     /* blk_batch_begin() */
    WorkContext *context; /* whose lock protects counters and requests; NULL: the big one */
    BlockFinished *finished; /* the context's own; NULL: the main loop's */
    QTAILQ_ENTRY(BlockBackend) link;
};

/* Does what is asked for, in any thread; 0 or a negative errno. */
int blk_do_request(BlockBackend *blk, const BlockRequest *request);
/* The big lock's part afterwards: counters and messages. The result for the device. */
int blk_note_result(BlockBackend *blk, const BlockRequest *request, int ret);
/* Ends the workers; no request is in flight. */
void blk_stop_workers(BlockBackend *blk);
/* With the big lock, when the medium or the context is new: the event loop gets a ring if need be. */
void blk_use_ring(BlockBackend *blk);
/* Frees what a context needed; the workers have ended. */
void blk_free_finished(BlockBackend *blk);

BlockDriverState *blk_bs(BlockBackend *blk);
/* Puts the medium @bs, whose reference it takes, into the empty @blk. */
bool blk_insert(BlockBackend *blk, BlockDriverState *bs, Error **errp);
void blk_remove(BlockBackend *blk);
/* Around changes of the graph: devices start nothing, nothing is in flight. */
void bdrv_graph_begin(void);
/* The jobs' part of that (job.c). */
void block_jobs_hold(void);
void block_jobs_let_go(void);
void bdrv_graph_end(void);

/* "writeback" and so on, for what @blk does. */
const char *blk_cache_mode(BlockBackend *blk);
void drive_forget_all(void);
/* Forgets one, whose back end stays. */
void drive_forget(DriveInfo *d);
void blk_set_legacy_dinfo(BlockBackend *blk, DriveInfo *dinfo);

#endif
