/*
 * blockdev-reopen: other options for nodes that are in use.
 *
 * Nothing is in flight meanwhile, so each node is changed for good, one after the other, and what
 * has been changed is changed back if a later one refuses. Drivers keep what they need for that
 * until the end: the files as they were stay open. A node that becomes read-only goes before those
 * below it, one that becomes writable after them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qapi/error.h"
#include "system/block-commands.h"

/* A node and what becomes of it. */
typedef struct Step {
    BlockDriverState *bs;
    BlockOptions *o; /* NULL: it only follows the node above it */
    BlockFlags flags, old_flags;
    BlockDetectZeroes zeroes, old_zeroes;
    unsigned height; /* above the lowest node */
    bool changed;    /* reopen() has been called */
    bool mode_set;   /* so has set_read_only() */
    void *undo;
} Step;

typedef struct UseChange {
    BlockUse *use;
    unsigned used;
} UseChange;

static void free_step(gpointer data)
{
    Step *step = data;

    block_options_free(step->o);
    g_free(step);
}

static Step *find_step(GPtrArray *steps, const BlockDriverState *bs)
{
    for (unsigned i = 0; i < steps->len; i++) {
        Step *step = steps->pdata[i];

        if (step->bs == bs) {
            return step;
        }
    }
    return NULL;
}

static unsigned height_of(const BlockDriverState *bs)
{
    const BlockUse *below[] = { bs->file, bs->data, bs->backing };
    unsigned height = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(below); i++) {
        height = below[i] ? MAX(height, height_of(below[i]->bs) + 1) : height;
    }
    return height;
}

/* --- what is wanted --- */

static bool add_step(GPtrArray *steps, BlockDriverState *bs, BlockOptions *o,
                     const BlockFlags *above, Error **errp);

/* The child @name: the same node, whose options may be given, or follow those of @step's. */
static bool add_child(GPtrArray *steps, const Step *step, const char *name, BlockUse *use,
                      Error **errp)
{
    g_autofree char *reference = step->o ? block_options_take(step->o, name) : NULL;
    g_autoptr(BlockOptions) group = step->o ? block_options_take_group(step->o, name) : NULL;
    bool given = group && g_hash_table_size(group);

    if (!use) {
        if (reference || given) {
            error_setg(errp, "Cannot change the option '%s' of node '%s'", name,
                       step->bs->node_name);
        }
        return !reference && !given;
    }
    if (reference && !g_str_equal(reference, use->bs->node_name)) {
        error_setg(errp, "Cannot change the option '%s' of node '%s': it is '%s'", name,
                   step->bs->node_name, use->bs->node_name);
        return false;
    }
    if (given) {
        return add_step(steps, use->bs, g_steal_pointer(&group), &step->flags, errp);
    }
    return use->bs->monitor_owned || find_step(steps, use->bs) ||
           add_step(steps, use->bs, NULL, &step->flags, errp);
}

/* Takes @o. @above: of the node above it, whose flags are inherited; NULL: none. */
static bool add_step(GPtrArray *steps, BlockDriverState *bs, BlockOptions *o,
                     const BlockFlags *above, Error **errp)
{
    Step *step = g_new0(Step, 1);
    g_autofree char *driver = o ? block_options_take(o, "driver") : NULL;
    g_autofree char *name = o ? block_options_take(o, "node-name") : NULL;

    *step = (Step) { .bs = bs, .o = o, .old_flags = bs->flags, .old_zeroes = bs->detect_zeroes,
                     .height = height_of(bs) };
    g_ptr_array_add(steps, step);
    if (driver && !g_str_equal(driver, bs->driver->name)) {
        error_setg(errp, "Cannot change the option 'driver' of node '%s'", bs->node_name);
        return false;
    }
    if (name && !g_str_equal(name, bs->node_name)) {
        error_setg(errp, "Cannot change the option 'node-name' of node '%s'", bs->node_name);
        return false;
    }
    if (bs->watch) {
        error_setg(errp, "Node '%s' is busy: a block job uses it", bs->node_name);
        return false;
    }
    step->flags = above ? *above : (BlockFlags){ 0 };
    step->zeroes = o ? DETECT_ZEROES_OFF : bs->detect_zeroes;
    if (!o) {
        step->flags.unmap |= bs->flags.unmap;
    }
    return (!o || bdrv_take_flags(o, &step->flags, &step->zeroes, errp)) &&
           add_child(steps, step, "file", bs->file, errp) &&
           (!bs->data || add_child(steps, step, "data-file", bs->data, errp));
}

static bool parse_all(GPtrArray *steps, JsonArray *list, Error **errp)
{
    for (guint i = 0; i < json_array_get_length(list); i++) {
        g_autoptr(BlockOptions) o = block_options_new();
        g_autofree char *text = json_to_string(json_array_get_element(list, i), false);
        const char *name;
        BlockDriverState *bs;

        if (!block_options_parse(o, text, errp)) {
            return false;
        }
        name = block_options_peek(o, "node-name");
        if (!name) {
            error_setg(errp, "node-name not specified");
            return false;
        }
        bs = bdrv_by_name(name);
        if (!bs) {
            error_setg(errp, "Failed to find node with node-name='%s'", name);
            return false;
        }
        if (!block_options_peek(o, "driver")) {
            error_setg(errp, "Parameter 'driver' is missing");
            return false;
        }
        if (find_step(steps, bs)) {
            error_setg(errp, "Node '%s' is there twice, or below another node of the list: name "
                       "the lower one first", name);
            return false;
        }
        if (!add_step(steps, bs, g_steal_pointer(&o), NULL, errp)) {
            return false;
        }
    }
    return true;
}

/* --- who uses what --- */

static void change_use(GArray *changes, BlockUse *use, unsigned used)
{
    if (use) {
        UseChange change = { use, use->used };

        g_array_append_val(changes, change);
        use->used = used;
    }
}

/* A device goes on doing what it does; a drive without one has no wishes. */
static void change_uses_above(GArray *changes, const Step *step)
{
    for (BlockBackend *blk = blk_next(NULL); blk; blk = blk_next(blk)) {
        if (blk->root && blk->root->bs == step->bs && !blk->dev) {
            change_use(changes, blk->root,
                       BLOCK_PERM_READ | (step->flags.read_only ? 0 : BLOCK_PERM_WRITE));
        }
    }
}

static bool check_users(const BlockDriverState *bs, bool read_only, Error **errp)
{
    for (GSList *a = bs->uses; a; a = a->next) {
        const BlockUse *use = a->data;

        if (read_only && (use->used & BLOCK_PERM_WRITE)) {
            error_setg(errp, "Parameter 'read-only' can't be 'on' for node '%s': %s writes to it",
                       bs->node_name, use->who);
            return false;
        }
        for (GSList *b = bs->uses; b; b = b->next) {
            const BlockUse *other = b->data;

            if (a != b && (use->used & ~other->shared)) {
                error_setg(errp, "Parameter 'read-only' can't be 'off': %s would write to node "
                           "'%s', which %s doesn't share", use->who, bs->node_name, other->who);
                return false;
            }
        }
    }
    return true;
}

/* What each one does afterwards; false: that contradicts what another does. */
static bool change_uses(GPtrArray *steps, GArray *changes, Error **errp)
{
    for (unsigned i = 0; i < steps->len; i++) {
        Step *step = steps->pdata[i];
        unsigned used = BLOCK_PERM_READ |
                        (step->flags.read_only ? 0 : BLOCK_PERM_WRITE | BLOCK_PERM_RESIZE);

        if (step->flags.read_only != step->old_flags.read_only) {
            change_use(changes, step->bs->file, used);
            change_use(changes, step->bs->data, used);
            change_uses_above(changes, step);
        }
    }
    for (unsigned i = 0; i < steps->len; i++) {
        Step *step = steps->pdata[i];
        BlockUse *below[] = { step->bs->file, step->bs->data };

        if (!check_users(step->bs, step->flags.read_only, errp)) {
            return false;
        }
        for (size_t j = 0; j < G_N_ELEMENTS(below); j++) {
            BlockDriverState *child = below[j] ? below[j]->bs : NULL;

            if (child && !find_step(steps, child) &&
                !check_users(child, child->flags.read_only, errp)) {
                return false;
            }
        }
    }
    return true;
}

/* --- doing it --- */

static bool change(Step *step, Error **errp)
{
    BlockDriverState *bs = step->bs;
    const BlockDriver *driver = bs->driver;
    bool other_mode = step->flags.read_only != bs->flags.read_only;

    if (driver->reopen) {
        if (!driver->reopen(bs, step->o, &step->flags, &step->undo, errp)) {
            return false;
        }
        step->changed = true;
    }
    if (step->o && g_hash_table_size(step->o)) {
        g_autoptr(GList) names = g_hash_table_get_keys(step->o);

        error_setg(errp, "Cannot change the option '%s' of node '%s' (driver '%s')",
                   (char *)names->data, bs->node_name, driver->name);
        return false;
    }
    if (other_mode && driver->set_read_only && !driver->reopen_is_all) {
        if (!driver->set_read_only(bs, step->flags.read_only, errp)) {
            return false;
        }
        step->mode_set = true;
    }
    bs->flags = step->flags;
    bs->detect_zeroes = step->zeroes;
    return true;
}

static void end_change(Step *step, bool keep)
{
    BlockDriverState *bs = step->bs;

    if (!keep && step->mode_set) {
        bs->driver->set_read_only(bs, step->old_flags.read_only, NULL);
    }
    if (!keep) {
        bs->flags = step->old_flags;
        bs->detect_zeroes = step->old_zeroes;
    }
    if (step->changed) {
        bs->driver->reopen_end(bs, step->undo, keep);
    }
}

/* To reading first, from the top; then the others from the bottom. */
static int in_order(gconstpointer a, gconstpointer b)
{
    const Step *x = *(Step *const *)a, *y = *(Step *const *)b;
    bool x_ends = x->flags.read_only && !x->old_flags.read_only;
    bool y_ends = y->flags.read_only && !y->old_flags.read_only;

    if (x_ends != y_ends) {
        return x_ends ? -1 : 1;
    }
    return x_ends ? (int)y->height - (int)x->height : (int)x->height - (int)y->height;
}

static bool change_all(GPtrArray *steps, Error **errp)
{
    unsigned done = 0;
    bool ok = true;

    g_ptr_array_sort(steps, in_order);
    while (ok && done < steps->len) {
        ok = change(steps->pdata[done++], errp);
    }
    if (ok) {
        for (unsigned i = 0; i < done; i++) {
            end_change(steps->pdata[i], true);
        }
    }
    while (!ok && done) {
        end_change(steps->pdata[--done], false);
    }
    return ok;
}

bool blockdev_reopen(JsonArray *list, Error **errp)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(free_step);
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(UseChange));
    bool ok;

    if (!parse_all(steps, list, errp)) {
        return false;
    }
    bdrv_graph_begin();
    ok = change_uses(steps, changes, errp) && change_all(steps, errp);
    for (unsigned i = changes->len; !ok && i > 0; i--) {
        UseChange *c = &g_array_index(changes, UseChange, i - 1);

        c->use->used = c->used;
    }
    for (BlockBackend *blk = ok ? blk_next(NULL) : NULL; blk; blk = blk_next(blk)) {
        blk_use_ring(blk);
    }
    bdrv_graph_end();
    return ok;
}
