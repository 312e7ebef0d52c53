/*
 * Byte-range locks of 9P2000.L: between clients' processes, of all clients of an export.
 *
 * The host's programs don't see them: its locks belong to processes, and we are one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "p9-internal.h"

#define MAX_LOCKS 65536

static GMutex lock;
static GList *locks; /* P9Lock */
static unsigned nb_locks;

static uint64_t last(const P9Lock *l)
{
    return l->length && l->length - 1 <= UINT64_MAX - l->start ? l->start + l->length - 1
                                                              : UINT64_MAX;
}

static bool overlap(const P9Lock *a, const P9Lock *b)
{
    return a->fs == b->fs && a->file == b->file && a->start <= last(b) && b->start <= last(a);
}

static bool same_owner(const P9Lock *a, const P9Lock *b)
{
    return a->process == b->process && g_str_equal(a->client, b->client);
}

static P9Lock *find_conflict(const P9Lock *wanted)
{
    for (GList *l = locks; l; l = l->next) {
        P9Lock *other = l->data;

        if (overlap(other, wanted) && !same_owner(other, wanted) &&
            (other->type == P9_LOCK_WRLCK || wanted->type == P9_LOCK_WRLCK)) {
            return other;
        }
    }
    return NULL;
}

static void add(const P9Lock *like, uint64_t start, uint64_t end)
{
    P9Lock *l = g_memdup2(like, sizeof(*like));

    l->client = g_strdup(like->client);
    l->start = start;
    l->length = end == UINT64_MAX ? 0 : end - start + 1;
    locks = g_list_prepend(locks, l);
    nb_locks++;
}

static void drop(GList *link)
{
    P9Lock *l = link->data;

    locks = g_list_delete_link(locks, link);
    nb_locks--;
    g_free(l->client);
    g_free(l);
}

/* What the owner has of the range is no more; parts outside it stay. */
static void clear_range(const P9Lock *range)
{
    GList *next;

    for (GList *l = locks; l; l = next) {
        P9Lock *own = l->data;

        next = l->next; /* parts are put in front */
        if (!overlap(own, range) || !same_owner(own, range)) {
            continue;
        }
        if (own->start < range->start) {
            add(own, own->start, range->start - 1);
        }
        if (last(own) > last(range)) {
            add(own, last(range) + 1, last(own));
        }
        drop(l);
    }
}

/* Whether one of the owner's would become two. */
static bool splits(const P9Lock *range)
{
    for (GList *l = locks; l; l = l->next) {
        P9Lock *own = l->data;

        if (overlap(own, range) && same_owner(own, range) && own->start < range->start &&
            last(own) > last(range)) {
            return true;
        }
    }
    return false;
}

int p9_lock_set(const P9Lock *wanted)
{
    bool unlocks = wanted->type == P9_LOCK_UNLCK;
    int ret = 0;

    g_mutex_lock(&lock);
    if (!unlocks && find_conflict(wanted)) {
        ret = -EAGAIN;
    } else if (nb_locks + !unlocks + splits(wanted) > MAX_LOCKS) {
        ret = -ENOLCK;
    } else {
        clear_range(wanted);
        if (!unlocks) {
            add(wanted, wanted->start, last(wanted));
        }
    }
    g_mutex_unlock(&lock);
    return ret;
}

void p9_lock_test(P9Lock *wanted)
{
    P9Lock *other;

    g_mutex_lock(&lock);
    other = find_conflict(wanted);
    if (other) {
        wanted->type = other->type;
        wanted->start = other->start;
        wanted->length = other->length;
        wanted->process = other->process;
        g_free(wanted->client);
        wanted->client = g_strdup(other->client);
    } else {
        wanted->type = P9_LOCK_UNLCK;
    }
    g_mutex_unlock(&lock);
}

void p9_locks_end(P9Fid *f)
{
    GList *next;

    g_mutex_lock(&lock);
    for (GList *l = locks; l; l = next) {
        next = l->next;
        if (((P9Lock *)l->data)->fid == f) {
            drop(l);
        }
    }
    g_mutex_unlock(&lock);
}
