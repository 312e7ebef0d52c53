/*
 * Driver blkdebug: a filter that lets chosen requests fail, for tests of what is above.
 *
 *   image=NODE, and for N from 0 on:
 *   inject-error.N.event=none|read_aio|write_aio|pwritev|flush_to_os|flush_to_disk
 *   inject-error.N.iotype=read|write|write-zeroes|discard|flush   instead of an event's kind
 *   inject-error.N.errno=E (5), .once=on|off, .sector=S (of 512 bytes; any)
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qapi/error.h"

#define MAX_RULES 64

typedef struct Rule {
    unsigned kinds; /* bit N: BlockRequestKind N */
    int error;
    bool once;
    int spent;      /* atomic: a rule of one use has been used */
    int64_t sector; /* -1: any */
} Rule;

typedef struct BlkdebugState {
    GArray *rules; /* of Rule */
} BlkdebugState;

#define KIND(kind) (1u << BLOCK_REQUEST_##kind)
#define ALL_KINDS  ((1u << BLOCK_REQUEST_KINDS) - 1)

static bool parse_rule(BlockOptions *o, Rule *rule, Error **errp)
{
    static const char *const events[] = { "none", "read_aio", "write_aio", "pwritev",
                                          "flush_to_os", "flush_to_disk", NULL };
    static const unsigned event_kinds[] = { ALL_KINDS, KIND(READ), KIND(WRITE) | KIND(ZEROES),
                                            KIND(WRITE) | KIND(ZEROES), KIND(FLUSH), KIND(FLUSH) };
    static const char *const types[] = { "read", "write", "write-zeroes", "discard", "flush",
                                         NULL };
    static const unsigned type_kinds[] = { KIND(READ), KIND(WRITE), KIND(ZEROES), KIND(DISCARD),
                                           KIND(FLUSH) };
    unsigned event = 0, type = 0;
    uint64_t error = EIO, sector = 0;
    bool has_type = block_options_peek(o, "iotype"), has_sector = block_options_peek(o, "sector");
    bool immediately = false;

    if (!block_options_take_word(o, "event", events, &event, errp) ||
        !block_options_take_word(o, "iotype", types, &type, errp) ||
        !block_options_take_number(o, "errno", 4095, &error, errp) ||
        !block_options_take_number(o, "sector", INT64_MAX / SECTOR_SIZE, &sector, errp) ||
        !block_options_take_bool(o, "immediately", &immediately, errp) ||
        !block_options_take_bool(o, "once", &rule->once, errp)) {
        return false;
    }
    rule->kinds = has_type ? type_kinds[type] : event_kinds[event];
    rule->error = error;
    rule->sector = has_sector ? (int64_t)sector : -1;
    return block_options_all_known(o, "inject-error", errp);
}

static bool parse_rules(BlkdebugState *state, BlockOptions *o, Error **errp)
{
    for (int i = 0; i < MAX_RULES; i++) {
        g_autofree char *name = g_strdup_printf("inject-error.%d", i);
        g_autoptr(BlockOptions) group = block_options_take_group(o, name);
        Rule rule = { 0 };

        if (!g_hash_table_size(group)) {
            break;
        }
        if (!parse_rule(group, &rule, errp)) {
            return false;
        }
        g_array_append_val(state->rules, rule);
    }
    return true;
}

static bool blkdebug_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    BlkdebugState *state = bs->state;
    bool image = block_options_peek(o, "image");
    g_autoptr(BlockOptions) group = block_options_take_group(o, "image");
    GHashTableIter iter;
    gpointer name, value;

    /* "image" is the child's name in options; here it is "file" as with every filter */
    if (image) {
        g_autofree char *node = block_options_take(o, "image");

        block_options_set(o, "file", node);
    }
    g_hash_table_iter_init(&iter, group);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        g_autofree char *full = g_strconcat("file.", name, NULL);

        block_options_set(o, full, value);
    }
    if (!bdrv_open_child(bs, o, "file", &bs->file, &bs->flags, true, errp)) {
        return false;
    }
    state->rules = g_array_new(FALSE, FALSE, sizeof(Rule));
    if (!parse_rules(state, o, errp)) {
        g_array_unref(state->rules);
        return false;
    }
    bdrv_set_length(bs, bdrv_length(bs->file->bs));
    return true;
}

static void blkdebug_close(BlockDriverState *bs)
{
    BlkdebugState *state = bs->state;

    g_array_unref(state->rules);
}

/* 0, or the error that a request is to have. */
static int fail(BlockDriverState *bs, BlockRequestKind kind, int64_t offset, int64_t bytes)
{
    BlkdebugState *state = bs->state;

    for (guint i = 0; i < state->rules->len; i++) {
        Rule *rule = &g_array_index(state->rules, Rule, i);
        int64_t at = rule->sector * SECTOR_SIZE;

        if (!(rule->kinds >> kind & 1) ||
            (rule->sector >= 0 && (at + SECTOR_SIZE <= offset || at >= offset + bytes))) {
            continue;
        }
        if (!rule->once || !__atomic_exchange_n(&rule->spent, 1, __ATOMIC_ACQ_REL)) {
            return -rule->error;
        }
    }
    return 0;
}

static int blkdebug_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                         size_t skip)
{
    int ret = fail(bs, BLOCK_REQUEST_READ, offset, bytes);

    return ret < 0 ? ret : bdrv_preadv(bs->file->bs, offset, bytes, qiov, skip);
}

static int blkdebug_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                          size_t skip, unsigned flags)
{
    int ret = fail(bs, BLOCK_REQUEST_WRITE, offset, bytes);

    ret = ret < 0 ? ret : bdrv_pwritev(bs->file->bs, offset, bytes, qiov, skip, flags);
    bdrv_set_length(bs, bdrv_length(bs->file->bs));
    return ret;
}

static int blkdebug_zero(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    int ret = fail(bs, BLOCK_REQUEST_ZEROES, offset, bytes);

    ret = ret < 0 ? ret : bdrv_pwrite_zeroes(bs->file->bs, offset, bytes, flags);
    bdrv_set_length(bs, bdrv_length(bs->file->bs));
    return ret;
}

static int blkdebug_discard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    int ret = fail(bs, BLOCK_REQUEST_DISCARD, offset, bytes);

    return ret < 0 ? ret : bdrv_pdiscard(bs->file->bs, offset, bytes);
}

static int blkdebug_flush(BlockDriverState *bs)
{
    int ret = fail(bs, BLOCK_REQUEST_FLUSH, 0, 0);

    return ret < 0 ? ret : bdrv_flush(bs->file->bs);
}

static int blkdebug_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same,
                           int64_t *map)
{
    return bdrv_status(bs->file->bs, offset, bytes, same, map);
}

static bool blkdebug_truncate(BlockDriverState *bs, int64_t length, Error **errp)
{
    if (!bdrv_truncate(bs->file->bs, length, errp)) {
        return false;
    }
    bdrv_set_length(bs, length);
    return true;
}

const BlockDriver block_driver_blkdebug = {
    .name = "blkdebug",
    .state_size = sizeof(BlkdebugState),
    .is_filter = true,
    .open = blkdebug_open,
    .close = blkdebug_close,
    .read = blkdebug_read,
    .write = blkdebug_write,
    .zero = blkdebug_zero,
    .discard = blkdebug_discard,
    .flush = blkdebug_flush,
    .status = blkdebug_status,
    .truncate = blkdebug_truncate,
};
