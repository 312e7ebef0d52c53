/*
 * Reads what `info mtree` and `info mtree -f` print.
 *
 * Worked example. The tree, where two spaces share one tree and the alias stands for a region that
 * has a block of its own further down:
 *
 *     address-space: cpu-memory-0
 *     address-space: memory
 *       0000000000000000-ffffffffffffffff (prio 0, i/o): system
 *         0000000080000000-00000000800fffff (prio 1, i/o): alias hole @pci 0000000000010000-…
 *
 *     memory-region: pci
 *       0000000000000000-00000000ffffffff (prio 0, i/o): pci
 *
 * A view:
 *
 *     FlatView #0
 *      AS "memory", root: system
 *      Root memory region: system
 *       0000000080010000-000000008001ffff (prio -1, i/o): bar @0000000000000100
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "mtree-dump.h"

/* Deeper than any machine's tree. */
#define MAX_LEVELS 128

#define ADDRESS "([0-9a-f]{16})"
#define LINE    "^( *)" ADDRESS "-" ADDRESS " \\(prio (-?\\d+), (nv-)?([^)]+)\\): (.*)$"
#define OWNERS  "( (owner|parent):\\{[^}]*\\}| orphan)$"

/* What a line of either dump says. */
typedef struct Line {
    unsigned level;
    hwaddr start, last;
    int priority;
    bool nonvolatile;
    char *type, *rest;
} Line;

static bool match(const char *pattern, const char *text, GMatchInfo **info)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);

    return g_regex_match(regex, text, 0, info);
}

static hwaddr fetch_address(GMatchInfo *info, int group)
{
    g_autofree char *text = g_match_info_fetch(info, group);

    return g_ascii_strtoull(text, NULL, 16);
}

static bool parse_line(const char *text, Line *line)
{
    g_autoptr(GMatchInfo) info = NULL;

    if (!match(LINE, text, &info)) {
        return false;
    }
    g_autofree char *indent = g_match_info_fetch(info, 1);
    g_autofree char *priority = g_match_info_fetch(info, 4);
    g_autofree char *nv = g_match_info_fetch(info, 5);
    g_autofree char *rest = g_match_info_fetch(info, 7);
    g_autoptr(GRegex) owners = g_regex_new(OWNERS, 0, 0, NULL);

    *line = (Line){
        .level = strlen(indent) / 2,
        .start = fetch_address(info, 2),
        .last = fetch_address(info, 3),
        .priority = atoi(priority),
        .nonvolatile = nv[0],
        .type = g_match_info_fetch(info, 6),
        .rest = g_regex_replace(owners, rest, -1, 0, "", 0, NULL),
    };
    return true;
}

static void line_clear(Line *line)
{
    g_free(line->type);
    g_free(line->rest);
}

/* Without a carriage return and blanks at its end. */
static char **split_lines(const char *text)
{
    char **lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        g_strchomp(*line);
    }
    return lines;
}

/* ---- Trees ---- */

static DumpNode *node_new(const Line *line)
{
    static const char disabled[] = " [disabled]";
    DumpNode *node = g_new0(DumpNode, 1);
    g_autofree char *rest = g_strdup(line->rest);
    g_autoptr(GMatchInfo) info = NULL;

    node->start = line->start;
    node->last = line->last;
    node->priority = line->priority;
    node->nonvolatile = line->nonvolatile;
    node->children = g_ptr_array_new();
    g_strlcpy(node->type, line->type, sizeof(node->type));
    if (g_str_has_suffix(rest, disabled)) {
        node->disabled = true;
        rest[strlen(rest) - strlen(disabled)] = '\0';
    }
    if (match("^alias (.*) @(.*) " ADDRESS "-" ADDRESS "$", rest, &info)) {
        node->name = g_match_info_fetch(info, 1);
        node->target = g_match_info_fetch(info, 2);
        node->target_offset = fetch_address(info, 3);
    } else {
        node->name = g_strdup(rest);
    }
    return node;
}

typedef struct TreeParser {
    GPtrArray *trees;
    DumpTree *tree;            /* whose lines are being read, or NULL */
    DumpNode *path[MAX_LEVELS]; /* path[n]: the last line of level n */
    unsigned depth;
} TreeParser;

static void begin_tree(TreeParser *p, const char *space)
{
    if (!p->tree || p->tree->root || !space || !p->tree->spaces->len) {
        p->tree = g_new0(DumpTree, 1);
        p->tree->spaces = g_ptr_array_new();
        g_ptr_array_add(p->trees, p->tree);
        p->depth = 0;
    }
    if (space) {
        g_ptr_array_add(p->tree->spaces, g_strdup(space));
    }
}

/*
 * Without -D, disabled regions have no line, but what is below them has: lines that are indented
 * too far, or that start outside of what they seem to be part of. They don't show.
 */
static bool below_hidden(const TreeParser *p, const Line *line, unsigned depth)
{
    const DumpNode *parent = depth && depth <= p->depth ? p->path[depth - 1] : NULL;

    return depth > p->depth ||
           (parent && line->start - parent->start > parent->last - parent->start);
}

static bool add_node(TreeParser *p, const Line *line, Error **errp)
{
    unsigned depth = line->level - 1; /* the root stands at level 1 */

    if (!line->level || depth >= MAX_LEVELS || (!depth && p->tree->root)) {
        error_setg(errp, "'%s' is not indented as part of a tree", line->rest);
        return false;
    }
    if (below_hidden(p, line, depth)) {
        p->depth = MIN(p->depth, depth);
        return true;
    }
    DumpNode *node = node_new(line);
    if (depth) {
        g_ptr_array_add(p->path[depth - 1]->children, node);
    } else {
        p->tree->root = node;
    }
    p->path[depth] = node;
    p->depth = depth + 1;
    return true;
}

static bool tree_line(TreeParser *p, const char *text, Error **errp)
{
    static const char space[] = "address-space: ", region[] = "memory-region: ";
    Line line;
    bool ok = true;

    if (g_str_has_prefix(text, space)) {
        begin_tree(p, text + strlen(space));
    } else if (g_str_has_prefix(text, region)) {
        begin_tree(p, NULL);
    } else if (p->tree && parse_line(text, &line)) {
        ok = add_node(p, &line, errp);
        line_clear(&line);
    } else {
        p->tree = NULL;
    }
    return ok;
}

GPtrArray *dump_parse_trees(const char *text, Error **errp)
{
    g_auto(GStrv) lines = split_lines(text);
    TreeParser p = { .trees = g_ptr_array_new() };

    for (char **line = lines; *line; line++) {
        if (!tree_line(&p, *line, errp)) {
            return NULL;
        }
    }
    if (!p.trees->len) {
        error_setg(errp, "no 'address-space:' in it; expected the output of 'info mtree'");
        return NULL;
    }
    return p.trees;
}

/* ---- Views ---- */

static DumpRange *range_new(const Line *line)
{
    DumpRange *range = g_new0(DumpRange, 1);
    g_autoptr(GMatchInfo) info = NULL;

    range->start = line->start;
    range->last = line->last;
    range->priority = line->priority;
    range->nonvolatile = line->nonvolatile;
    g_strlcpy(range->type, line->type, sizeof(range->type));
    if (match("^(.*) @" ADDRESS "$", line->rest, &info)) {
        range->name = g_match_info_fetch(info, 1);
        range->offset = fetch_address(info, 2);
    } else {
        range->name = g_strdup(line->rest);
    }
    return range;
}

static DumpView *view_new(GPtrArray *views)
{
    DumpView *view = g_new0(DumpView, 1);

    view->spaces = g_ptr_array_new();
    view->ranges = g_ptr_array_new();
    g_ptr_array_add(views, view);
    return view;
}

static void add_space(DumpView *view, GMatchInfo *info)
{
    DumpSpace *space = g_new0(DumpSpace, 1);

    space->name = g_match_info_fetch(info, 1);
    space->root = g_match_info_fetch(info, 2);
    g_ptr_array_add(view->spaces, space);
}

/* False: the line ends the view. */
static bool view_line(DumpView *view, const char *text)
{
    static const char root[] = " Root memory region: ";
    g_autoptr(GMatchInfo) info = NULL;
    Line line;

    if (match("^ AS \"(.*)\", root: (.*?)(, alias .*)?$", text, &info)) {
        add_space(view, info);
    } else if (g_str_has_prefix(text, root)) {
        g_free(view->root);
        view->root = g_strdup(text + strlen(root));
    } else if (parse_line(text, &line)) {
        g_ptr_array_add(view->ranges, range_new(&line));
        line_clear(&line);
    } else {
        return !strcmp(text, "  No rendered FlatView");
    }
    return true;
}

GPtrArray *dump_parse_views(const char *text, Error **errp)
{
    g_auto(GStrv) lines = split_lines(text);
    GPtrArray *views = g_ptr_array_new();
    DumpView *view = NULL;

    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "FlatView #")) {
            view = view_new(views);
        } else if (view && !view_line(view, *line)) {
            view = NULL;
        }
    }
    if (!views->len) {
        error_setg(errp, "no 'FlatView' in it; expected the output of 'info mtree -f'");
        return NULL;
    }
    return views;
}
