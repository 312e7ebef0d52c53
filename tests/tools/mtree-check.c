/*
 * mtree-check TREE FLAT: does our renderer make of a tree the views that another emulator made of
 * it?
 *
 * TREE holds the output of `info mtree` (with -D: of `info mtree -D`), FLAT that of `info mtree
 * -f`; one file may hold both. The tree is built from our regions, rendered by our renderer, and
 * each address space is compared with the view that FLAT gives it. Exit 0 and "N views, M ranges,
 * 0 differences", or exit 1 and the differences.
 *
 * What the tree's text leaves open is taken from FLAT:
 *  - whether an i/o region answers by itself: if its name does in some view;
 *  - of siblings of equal priority that overlap, which one was added last: the one that starts
 *    higher, unless the other way fits better;
 *  - whether an alias is read-only: not, unless that fits better;
 *  - which one of several regions of the same name an alias shows: the first, unless another fits
 *    better.
 * -v says what was chosen so.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "mtree-dump.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/memory/internal.h"

/* Something that the text of the tree leaves open; taken back by being done again. */
typedef struct Choice {
    void (*toggle)(const struct Choice *c);
    const char *what;
    DumpNode *node;          /* whose alias or container it is */
    DumpNode *first, *second; /* children, or old and new target */
} Choice;

/* What comparing gives: the number of differences, silently or aloud, or of differing bytes. */
typedef enum Mode { COUNT, SHOW, WEIGH } Mode;

typedef struct Check {
    GPtrArray *trees, *views;
    GHashTable *answering; /* names in views */
    GPtrArray *nodes;      /* all that are built */
    GArray *choices;       /* Choice */
    bool verbose;
} Check;

/* `break` ends only the turn: leave by `return`. */
#define FOREACH(type, var, array)                                                                  \
    for (unsigned var##_i = 0; var##_i < (array)->len; var##_i++)                                  \
        for (type *var = g_ptr_array_index(array, var##_i); var; var = NULL)

/* ---- Which lines show the same region ---- */

/* Do two lines, and all below, say the same, wherever they stand? */
static bool same_text(const DumpNode *a, const DumpNode *b)
{
    if (strcmp(a->name, b->name) || strcmp(a->type, b->type) || a->priority != b->priority ||
        a->last - a->start != b->last - b->start || a->disabled != b->disabled ||
        g_strcmp0(a->target, b->target) || a->target_offset != b->target_offset ||
        a->children->len != b->children->len) {
        return false;
    }
    for (unsigned i = 0; i < a->children->len; i++) {
        const DumpNode *x = g_ptr_array_index(a->children, i);
        const DumpNode *y = g_ptr_array_index(b->children, i);

        if (x->start - a->start != y->start - b->start || !same_text(x, y)) {
            return false;
        }
    }
    return true;
}

static DumpNode *find_same(DumpNode *in, const DumpNode *wanted)
{
    if (in == wanted) {
        return NULL;
    }
    if (!in->target && same_text(in, wanted)) {
        return in;
    }
    FOREACH (DumpNode, child, in->children) {
        DumpNode *found = find_same(child, wanted);
        if (found) {
            return found;
        }
    }
    return NULL;
}

/*
 * An alias's target has a block of its own, and stands in another tree as well if it is mapped
 * there: one region, though it is printed twice.
 */
static DumpNode *find_in_spaces(Check *c, const DumpNode *wanted)
{
    FOREACH (DumpTree, tree, c->trees) {
        DumpNode *found = tree->spaces->len && tree->root ? find_same(tree->root, wanted) : NULL;
        if (found) {
            return found;
        }
    }
    return NULL;
}

/* Blocks of targets can contain each other: the copy in the first one that is built itself. */
static DumpNode *find_in_blocks(Check *c, const DumpNode *wanted)
{
    FOREACH (DumpTree, tree, c->trees) {
        DumpNode *found = !tree->spaces->len && tree->root && !tree->root->same
                              ? find_same(tree->root, wanted)
                              : NULL;
        if (found) {
            return found;
        }
    }
    return NULL;
}

static void unify_targets(Check *c)
{
    FOREACH (DumpTree, tree, c->trees) {
        if (!tree->spaces->len && tree->root) {
            tree->root->same = find_in_spaces(c, tree->root);
        }
    }
    FOREACH (DumpTree, tree, c->trees) {
        if (!tree->spaces->len && tree->root && !tree->root->same) {
            tree->root->same = find_in_blocks(c, tree->root);
        }
    }
}

static DumpNode *canonical(DumpNode *node)
{
    while (node && node->same) {
        node = node->same;
    }
    return node;
}

/* ---- Building ---- */

static void make_region(DumpNode *n)
{
    static const MemoryRegionOps rom_device_ops = { 0 };
    uint64_t size = dump_size(n->start, n->last);

    if (n->target) {
        memory_region_init_alias(&n->mr, NULL, n->name, &n->target_node->mr, n->target_offset,
                                 size);
    } else if (!strcmp(n->type, "romd")) {
        memory_region_init_rom_device(&n->mr, NULL, &rom_device_ops, NULL, n->name, size,
                                      &error_fatal);
    } else if (!strcmp(n->type, "rom")) {
        memory_region_init_rom(&n->mr, NULL, n->name, size, &error_fatal);
    } else if (g_str_has_prefix(n->type, "ram")) {
        memory_region_init_ram(&n->mr, NULL, n->name, size, &error_fatal);
    } else if (n->body) {
        memory_region_init_reservation(&n->mr, NULL, n->name, size);
    } else {
        memory_region_init(&n->mr, NULL, n->name, size);
    }
    memory_region_set_nonvolatile(&n->mr, n->nonvolatile && !n->target);
    memory_region_set_enabled(&n->mr, !n->disabled);
}

/* Puts the children in, hindmost first: `children` is the order. */
static void link_children(DumpNode *n)
{
    FOREACH (DumpNode, child, n->children) {
        if (child->mr.container) {
            memory_region_del_subregion(&n->mr, &child->mr);
        }
    }
    FOREACH (DumpNode, child, n->children) {
        memory_region_add_subregion_overlap(&n->mr, child->start - n->start, &child->mr,
                                            child->priority);
    }
}

/* By address, and backwards among those at the same address, which are printed front first. */
static void order_children(DumpNode *n)
{
    GPtrArray *a = n->children;

    for (unsigned i = 0; i < a->len;) {
        unsigned end = i + 1;
        hwaddr start = ((DumpNode *)a->pdata[i])->start;

        while (end < a->len && ((DumpNode *)a->pdata[end])->start == start) {
            end++;
        }
        for (unsigned l = i, r = end - 1; l < r; l++, r--) {
            gpointer t = a->pdata[l];
            a->pdata[l] = a->pdata[r];
            a->pdata[r] = t;
        }
        i = end;
    }
}

static void collect(Check *c, DumpNode *n)
{
    g_ptr_array_add(c->nodes, n);
    n->body = g_hash_table_contains(c->answering, n->name);
    FOREACH (DumpNode, child, n->children) {
        collect(c, child);
    }
}

/* Regions that "memory-region: name" blocks describe. */
static GPtrArray *blocks_named(Check *c, const char *name)
{
    GPtrArray *found = g_ptr_array_new();

    FOREACH (DumpTree, tree, c->trees) {
        DumpNode *node = tree->spaces->len ? NULL : canonical(tree->root);
        if (node && !strcmp(node->name, name)) {
            g_ptr_array_add(found, node);
        }
    }
    return found;
}

/* A disabled region has no lines without -D: something that shows nothing. */
static DumpNode *missing_target(const char *name)
{
    DumpNode *node = g_new0(DumpNode, 1);

    node->name = g_strdup(name);
    node->last = UINT64_MAX;
    node->children = g_ptr_array_new();
    return node;
}

static void show_target(const Choice *c)
{
    c->node->mr.alias = c->node->mr.alias == &c->first->mr ? &c->second->mr : &c->first->mr;
}

static void find_target(Check *c, DumpNode *n)
{
    g_autoptr(GPtrArray) found = blocks_named(c, n->target);

    if (!found->len) {
        n->target_node = missing_target(n->target);
        g_ptr_array_add(c->nodes, n->target_node);
        return;
    }
    n->target_node = g_ptr_array_index(found, 0);
    for (unsigned i = 1; i < found->len; i++) {
        Choice choice = { show_target, "shows another region of that name", n, n->target_node,
                          g_ptr_array_index(found, i) };
        g_array_append_val(c->choices, choice);
    }
}

/* A region that shows itself through aliases can't be rendered. */
static void refuse_loops(DumpNode *n)
{
    if (n->on_path) {
        error_report("region '%s' shows itself through an alias", n->name);
        exit(1);
    }
    n->on_path = true;
    if (n->target_node) {
        refuse_loops(n->target_node);
    }
    FOREACH (DumpNode, child, n->children) {
        refuse_loops(child);
    }
    n->on_path = false;
}

/* An alias's target is made before the alias. */
static void make_with_target(DumpNode *n)
{
    if (n->built) {
        return;
    }
    n->built = true;
    if (n->target_node) {
        make_with_target(n->target_node);
    }
    make_region(n);
}

static void build(Check *c)
{
    unify_targets(c);
    FOREACH (DumpTree, tree, c->trees) {
        if (tree->root && !tree->root->same) {
            collect(c, tree->root);
        }
    }
    for (unsigned i = 0; i < c->nodes->len; i++) {
        DumpNode *n = g_ptr_array_index(c->nodes, i);
        if (n->target && !n->target_node) {
            find_target(c, n);
        }
    }
    FOREACH (DumpNode, n, c->nodes) {
        refuse_loops(n);
    }
    FOREACH (DumpNode, n, c->nodes) {
        make_with_target(n);
    }
    FOREACH (DumpNode, n, c->nodes) {
        order_children(n);
        link_children(n);
    }
}

/* ---- Comparing ---- */

static const char *range_type(const FlatRange *fr)
{
    return fr->romd                        ? "romd"
           : fr->readonly && fr->mr->ram ? "rom"
           : fr->mr->ram                   ? "ram"
                                           : "i/o";
}

/* As it stands in a view. */
static char *range_text(hwaddr start, hwaddr last, int priority, bool nonvolatile,
                        const char *type, const char *name, hwaddr offset)
{
    GString *s = g_string_new(NULL);

    g_string_printf(s, "%016" PRIx64 "-%016" PRIx64 " (prio %d, %s%s): %s", start, last, priority,
                    nonvolatile ? "nv-" : "", type, name);
    if (offset) {
        g_string_append_printf(s, " @%016" PRIx64, offset);
    }
    return g_string_free(s, FALSE);
}

static char *rendered_text(const FlatRange *fr)
{
    return range_text(fr->start, fr->last, fr->mr->priority, fr->nonvolatile, range_type(fr),
                      memory_region_name(fr->mr), fr->offset_in_region);
}

static char *dumped_text(const DumpRange *r)
{
    return range_text(r->start, r->last, r->priority, r->nonvolatile, r->type, r->name, r->offset);
}

static unsigned difference(const char *space, const char *who, const char *text, bool show)
{
    if (show) {
        printf("%s: %s %s\n", space, who, text);
    }
    return 1;
}

/* Texts start with the address, so that they order as the ranges do. */
static unsigned compare_ranges(const char *space, GArray *ours, GPtrArray *theirs, bool show)
{
    unsigned i = 0, j = 0, differences = 0;

    while (i < ours->len || j < theirs->len) {
        g_autofree char *a =
            i < ours->len ? rendered_text(&g_array_index(ours, FlatRange, i)) : NULL;
        g_autofree char *b = j < theirs->len ? dumped_text(g_ptr_array_index(theirs, j)) : NULL;
        int order = !a ? 1 : !b ? -1 : strcmp(a, b);

        if (order > 0) {
            differences += difference(space, "only in FLAT: ", b, show);
        } else if (order < 0) {
            differences += difference(space, "only rendered:", a, show);
        }
        i += order <= 0;
        j += order >= 0;
    }
    return differences;
}

/*
 * What choices are made by: how many bytes are answered differently. The number of differing
 * ranges is a bad guide, as a choice can put one piece right and leave as many ranges wrong.
 */
static double wrong_bytes(GArray *ours, GPtrArray *theirs)
{
    unsigned i = 0, j = 0;
    double wrong = 0;
    hwaddr at = 0;

    while (i < ours->len || j < theirs->len) {
        const FlatRange *a = i < ours->len ? &g_array_index(ours, FlatRange, i) : NULL;
        const DumpRange *b = j < theirs->len ? g_ptr_array_index(theirs, j) : NULL;
        bool in_a = a && a->start <= at, in_b = b && b->start <= at;
        hwaddr last = UINT64_MAX;

        last = MIN(last, !a ? last : in_a ? a->last : a->start - 1);
        last = MIN(last, !b ? last : in_b ? b->last : b->start - 1);
        if (in_a != in_b ||
            (in_a && (strcmp(memory_region_name(a->mr), b->name) ||
                      at - a->start + a->offset_in_region != at - b->start + b->offset ||
                      strcmp(range_type(a), b->type)))) {
            wrong += (double)(last - at) + 1;
        }
        i += in_a && a->last == last;
        j += in_b && b->last == last;
        at = last + 1;
    }
    return wrong;
}

static double compare_space(const DumpTree *tree, const DumpSpace *space, const DumpView *view,
                              Mode mode)
{
    DumpNode *root = canonical(tree->root);
    MemoryRegion *effective = root ? memory_region_effective_root(&root->mr) : NULL;
    const char *name = effective ? memory_region_name(effective) : "(none)";
    GArray *ranges = memory_render(root ? &root->mr : NULL);
    bool show = mode == SHOW;
    double differences = mode == WEIGH ? wrong_bytes(ranges, view->ranges)
                                       : compare_ranges(space->name, ranges, view->ranges, show);

    g_array_free(ranges, TRUE);
    if (view->root && strcmp(view->root, name)) {
        g_autofree char *text = g_strdup_printf("%s, rendered: %s", view->root, name);
        differences += difference(space->name, "root memory region in FLAT:", text, show);
    }
    return differences;
}

static bool has_space(const DumpTree *tree, const DumpSpace *space)
{
    if (tree->root && strcmp(tree->root->name, space->root)) {
        return false;
    }
    FOREACH (char, name, tree->spaces) {
        if (!strcmp(name, space->name)) {
            return true;
        }
    }
    return false;
}

/* Several spaces can have one name: the tree that fits best. */
static double check_space(Check *c, const DumpSpace *space, const DumpView *view, Mode mode)
{
    DumpTree *best = NULL;
    double fewest = 0;

    FOREACH (DumpTree, tree, c->trees) {
        if (has_space(tree, space)) {
            double n = compare_space(tree, space, view, mode == WEIGH ? WEIGH : COUNT);
            if (!best || n < fewest || (n == fewest && best->used > tree->used)) {
                fewest = n;
                best = tree;
            }
        }
    }
    if (!best) {
        return difference(space->name, "not in TREE, root", space->root, mode == SHOW);
    }
    best->used++;
    return fewest && mode == SHOW ? compare_space(best, space, view, SHOW) : fewest;
}

static double check_views(Check *c, Mode mode)
{
    double differences = 0;

    FOREACH (DumpTree, tree, c->trees) {
        tree->used = 0;
    }
    FOREACH (DumpView, view, c->views) {
        FOREACH (DumpSpace, space, view->spaces) {
            differences += check_space(c, space, view, mode);
        }
    }
    FOREACH (DumpTree, tree, c->trees) {
        if (tree->spaces->len && !tree->used) {
            differences += difference(g_ptr_array_index(tree->spaces, 0), "not in", "FLAT",
                                      mode == SHOW);
        }
    }
    return differences;
}

/* ---- What the tree leaves open ---- */

static void swap_children(const Choice *c)
{
    GPtrArray *a = c->node->children;
    guint i, j;

    g_ptr_array_find(a, c->first, &i);
    g_ptr_array_find(a, c->second, &j);
    a->pdata[i] = c->second;
    a->pdata[j] = c->first;
    link_children(c->node);
}

static void toggle_readonly(const Choice *c)
{
    memory_region_set_readonly(&c->node->mr, !c->node->mr.readonly);
}

static bool order_is_open(const DumpNode *a, const DumpNode *b)
{
    return a->priority == b->priority && !a->disabled && !b->disabled && a->start != b->start &&
           a->start <= b->last && b->start <= a->last;
}

static void find_choices(Check *c)
{
    FOREACH (DumpNode, n, c->nodes) {
        if (n->target && !n->disabled && g_str_has_prefix(n->type, "ram")) {
            Choice choice = { toggle_readonly, "is read-only", n };
            g_array_append_val(c->choices, choice);
        }
        FOREACH (DumpNode, first, n->children) {
            FOREACH (DumpNode, second, n->children) {
                if (second_i > first_i && order_is_open(first, second)) {
                    Choice choice = { swap_children, "lies in front of", n, first, second };
                    g_array_append_val(c->choices, choice);
                }
            }
        }
    }
}

static void tell_choice(const Choice *c)
{
    if (c->toggle == swap_children) {
        printf("taken from FLAT: '%s' %s '%s'\n", c->first->name, c->what, c->second->name);
    } else {
        printf("taken from FLAT: alias '%s' of '%s' %s\n", c->node->name, c->node->target, c->what);
    }
}

/* Makes those choices that leave fewer differences, until none does. */
static void choose(Check *c)
{
    double differences = check_views(c, WEIGH), before;

    do {
        before = differences;
        for (unsigned i = 0; differences && i < c->choices->len; i++) {
            const Choice *choice = &g_array_index(c->choices, Choice, i);
            double now;

            choice->toggle(choice);
            now = check_views(c, WEIGH);
            if (now >= differences) {
                choice->toggle(choice);
                continue;
            }
            differences = now;
            if (c->verbose) {
                tell_choice(choice);
            }
        }
    } while (differences && differences < before);
}

/* ---- Program ---- */

static GPtrArray *read_dump(const char *path, GPtrArray *(*parse)(const char *, Error **))
{
    g_autoptr(GError) gerr = NULL;
    g_autofree char *text = NULL;
    Error *err = NULL;
    GPtrArray *dump;

    if (!g_file_get_contents(path, &text, NULL, &gerr)) {
        error_report("%s", gerr->message);
        exit(1);
    }
    dump = parse(text, &err);
    if (!dump) {
        error_report("%s: %s", path, error_get_pretty(err));
        exit(1);
    }
    return dump;
}

static unsigned count_ranges(Check *c)
{
    unsigned ranges = 0;

    c->answering = g_hash_table_new(g_str_hash, g_str_equal);
    FOREACH (DumpView, view, c->views) {
        ranges += view->ranges->len;
        FOREACH (DumpRange, range, view->ranges) {
            g_hash_table_add(c->answering, range->name);
        }
    }
    return ranges;
}

int main(int argc, char **argv)
{
    bool verbose = argc > 1 && !strcmp(argv[1], "-v");
    Check c = { .verbose = verbose };
    unsigned ranges, differences;

    if (argc - verbose != 3) {
        fprintf(stderr, "usage: mtree-check [-v] TREE FLAT\n"
                        "TREE: output of 'info mtree' (or 'info mtree -D'); "
                        "FLAT: output of 'info mtree -f'\n");
        return 2;
    }
    error_init(argv[0]);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_fatal);
    c.nodes = g_ptr_array_new();
    c.choices = g_array_new(FALSE, FALSE, sizeof(Choice));
    c.trees = read_dump(argv[argc - 2], dump_parse_trees);
    c.views = read_dump(argv[argc - 1], dump_parse_views);
    ranges = count_ranges(&c);
    build(&c);
    find_choices(&c);
    choose(&c);
    differences = check_views(&c, SHOW);
    printf("%u views, %u ranges, %u differences\n", c.views->len, ranges, differences);
    return differences != 0;
}
