/*
 * Driver throttle: a filter that lets requests through at a limited pace.
 *
 *   file=NODE, throttle-group=NAME, limits.… as in throttle.h
 *
 * Each limit has a clock of its own that runs ahead by the time that a request is worth; a request
 * waits until that clock is no further ahead of real time than a burst allows. Requests wait in the
 * worker that does them; draining lets them go at once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "throttle.h"
#include "qapi/error.h"

/*
 * How far ahead a clock may be without bursts: short enough to be no burst, long enough to sleep.
 */
#define SLACK_US 100000

const char *const throttle_kind_names[THROTTLE_KINDS] = {
    [THROTTLE_BPS_TOTAL] = "bps-total",     [THROTTLE_BPS_READ] = "bps-read",
    [THROTTLE_BPS_WRITE] = "bps-write",     [THROTTLE_IOPS_TOTAL] = "iops-total",
    [THROTTLE_IOPS_READ] = "iops-read",     [THROTTLE_IOPS_WRITE] = "iops-write",
};

/* The pace of the average, and that of a burst. */
typedef struct Pace {
    double average_us, burst_us; /* where the clocks stand, monotonic time */
} Pace;

typedef struct Group {
    char *name;
    int users;
    ThrottleLimits limits;
    Pace pace[THROTTLE_KINDS];
} Group;

typedef struct ThrottleState {
    Group *group;
} ThrottleState;

static GMutex lock; /* all groups, and hurry */
static GCond hurried;
static int hurry;
static GSList *groups;

void throttle_hurry_begin(void)
{
    g_mutex_lock(&lock);
    hurry++;
    g_cond_broadcast(&hurried);
    g_mutex_unlock(&lock);
}

void throttle_hurry_end(void)
{
    g_mutex_lock(&lock);
    hurry--;
    g_mutex_unlock(&lock);
}

/* --- groups; with the lock --- */

static Group *find_group(const char *name)
{
    for (GSList *l = groups; l; l = l->next) {
        if (g_str_equal(((Group *)l->data)->name, name)) {
            return l->data;
        }
    }
    return NULL;
}

static Group *get_group(const char *name)
{
    Group *group = find_group(name);

    if (!group) {
        group = g_new0(Group, 1);
        group->name = g_strdup(name);
        groups = g_slist_append(groups, group);
    }
    return group;
}

void throttle_set_limits(const char *name, const ThrottleLimits *limits)
{
    g_mutex_lock(&lock);
    get_group(name)->limits = *limits;
    g_mutex_unlock(&lock);
}

static void drop_group(Group *group)
{
    g_mutex_lock(&lock);
    if (!--group->users) {
        groups = g_slist_remove(groups, group);
        g_free(group->name);
        g_free(group);
    }
    g_mutex_unlock(&lock);
}

/* --- options --- */

bool throttle_take_options(BlockOptions *o, ThrottleLimits *limits, char **group, bool *any,
                           Error **errp)
{
    g_autoptr(BlockOptions) given = block_options_take_group(o, "throttling");

    *limits = (ThrottleLimits) { };
    *any = g_hash_table_size(given) > 0;
    *group = block_options_take(given, "group");
    for (int i = 0; i < THROTTLE_KINDS; i++) {
        ThrottleLimit *l = &limits->limit[i];
        const char *name = throttle_kind_names[i];
        g_autofree char *max = g_strconcat(name, "-max", NULL);
        g_autofree char *length = g_strconcat(name, "-max-length", NULL);
        bool has_length = block_options_peek(given, length);

        l->max_length = 1;
        if (!block_options_take_size(given, name, &l->average, errp) ||
            !block_options_take_size(given, max, &l->max, errp) ||
            !block_options_take_number(given, length, 3600, &l->max_length, errp)) {
            return false;
        }
        if ((l->max && l->max < l->average) || (l->max && !l->average)) {
            error_setg(errp, "Parameter 'throttling.%s' expects at least %s", max, name);
            return false;
        }
        if (has_length && (!l->max || !l->max_length)) {
            error_setg(errp, "Parameter 'throttling.%s' expects at least 1, and throttling.%s",
                       length, max);
            return false;
        }
    }
    if (!block_options_take_size(given, "iops-size", &limits->iops_size, errp)) {
        return false;
    }
    return block_options_all_known(given, "throttling", errp);
}

static bool throttle_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    ThrottleState *state = bs->state;
    g_autofree char *name = block_options_take(o, "throttle-group");
    g_autofree char *other_name = NULL;
    ThrottleLimits limits;
    bool any;

    if (!bdrv_open_child(bs, o, "file", &bs->file, &bs->flags, true, errp) ||
        !throttle_take_options(o, &limits, &other_name, &any, errp)) {
        return false;
    }
    if (!name) {
        name = g_strdup(other_name ? other_name : bs->node_name);
    }
    if (any) {
        throttle_set_limits(name, &limits);
    }
    g_mutex_lock(&lock);
    state->group = any ? get_group(name) : find_group(name);
    if (state->group) {
        state->group->users++;
    }
    g_mutex_unlock(&lock);
    if (!state->group) {
        error_setg(errp, "Parameter 'throttle-group' expects the name of a group: there is no "
                   "'%s', and no throttling.… options", name);
        return false;
    }
    bdrv_set_length(bs, bdrv_length(bs->file->bs));
    return true;
}

static void throttle_close(BlockDriverState *bs)
{
    ThrottleState *state = bs->state;

    drop_group(state->group);
}

/* Another group, which is there already. */
static bool throttle_reopen(BlockDriverState *bs, BlockOptions *o, const BlockFlags *flags,
                            void **undo, Error **errp)
{
    ThrottleState *state = bs->state;
    g_autofree char *name = o ? block_options_take(o, "throttle-group") : NULL;
    Group *group = state->group;

    *undo = state->group;
    g_mutex_lock(&lock);
    if (name) {
        group = find_group(name);
    }
    if (group) {
        group->users++;
        state->group = group;
    }
    g_mutex_unlock(&lock);
    if (!group) {
        error_setg(errp, "Parameter 'throttle-group' expects the name of a group: there is no '%s'",
                   name);
    }
    return group != NULL;
}

/* Both groups have been held: one is let go. */
static void throttle_reopen_end(BlockDriverState *bs, void *undo, bool keep)
{
    ThrottleState *state = bs->state;
    Group *dropped = keep ? undo : state->group;

    state->group = keep ? state->group : undo;
    drop_group(dropped);
}

/* --- pacing --- */

/* Moves one limit's clocks on by @cost; when they allow the request (us). */
static double reserve(const ThrottleLimit *l, Pace *pace, double cost, double now)
{
    double start = now, ahead;

    if (!l->average) {
        return now;
    }
    ahead = l->max ? (double)l->max * l->max_length / l->average * 1e6 : SLACK_US;
    start = MAX(start, pace->average_us - ahead);
    pace->average_us = MAX(pace->average_us, now) + cost / l->average * 1e6;
    if (l->max) {
        start = MAX(start, pace->burst_us - SLACK_US);
        pace->burst_us = MAX(pace->burst_us, now) + cost / l->max * 1e6;
    }
    return start;
}

static void wait_for_turn(BlockDriverState *bs, bool is_write, int64_t bytes)
{
    static const ThrottleKind kinds[2][4] = {
        { THROTTLE_BPS_TOTAL, THROTTLE_BPS_READ, THROTTLE_IOPS_TOTAL, THROTTLE_IOPS_READ },
        { THROTTLE_BPS_TOTAL, THROTTLE_BPS_WRITE, THROTTLE_IOPS_TOTAL, THROTTLE_IOPS_WRITE },
    };
    ThrottleState *state = bs->state;
    Group *group = state->group;
    double now, start;

    g_mutex_lock(&lock);
    now = start = g_get_monotonic_time();
    for (int i = 0; i < 4 && !hurry; i++) {
        ThrottleKind kind = kinds[is_write][i];
        uint64_t size = group->limits.iops_size;
        double operations = size && (uint64_t)bytes > size ? (double)bytes / size : 1;
        double allowed = reserve(&group->limits.limit[kind], &group->pace[kind],
                                 kind >= THROTTLE_IOPS_TOTAL ? operations : bytes, now);

        start = MAX(start, allowed);
    }
    while (!hurry && g_get_monotonic_time() < start &&
           g_cond_wait_until(&hurried, &lock, (int64_t)start)) {
    }
    g_mutex_unlock(&lock);
}

static int throttle_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                         size_t skip)
{
    wait_for_turn(bs, false, bytes);
    return bdrv_preadv(bs->file->bs, offset, bytes, qiov, skip);
}

static int throttle_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                          size_t skip, unsigned flags)
{
    wait_for_turn(bs, true, bytes);
    return bdrv_pwritev(bs->file->bs, offset, bytes, qiov, skip, flags);
}

static int throttle_zero(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    wait_for_turn(bs, true, bytes);
    return bdrv_pwrite_zeroes(bs->file->bs, offset, bytes, flags);
}

static int throttle_discard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    wait_for_turn(bs, true, bytes);
    return bdrv_pdiscard(bs->file->bs, offset, bytes);
}

static int throttle_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same,
                           int64_t *map)
{
    return bdrv_status(bs->file->bs, offset, bytes, same, map);
}

static bool throttle_truncate(BlockDriverState *bs, int64_t length, Error **errp)
{
    if (!bdrv_truncate(bs->file->bs, length, errp)) {
        return false;
    }
    bdrv_set_length(bs, length);
    return true;
}

const BlockDriver block_driver_throttle = {
    .name = "throttle",
    .state_size = sizeof(ThrottleState),
    .is_filter = true,
    .open = throttle_open,
    .close = throttle_close,
    .reopen = throttle_reopen,
    .reopen_end = throttle_reopen_end,
    .read = throttle_read,
    .write = throttle_write,
    .zero = throttle_zero,
    .discard = throttle_discard,
    .status = throttle_status,
    .truncate = throttle_truncate,
};
