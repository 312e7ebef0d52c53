/*
 * What `info mtree` and `info mtree -f` print, as data.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_TOOLS_MTREE_DUMP_H
#define TESTS_TOOLS_MTREE_DUMP_H

#include "qemu/osdep.h"
#include "system/memory.h"

/* "ram", "rom", "romd", "i/o" and so on, as printed. */
#define DUMP_TYPE_MAX 16

/* One line of a tree. */
typedef struct DumpNode DumpNode;
struct DumpNode {
    char *name;
    hwaddr start, last;
    int priority;
    char type[DUMP_TYPE_MAX];
    bool nonvolatile;
    bool disabled;
    char *target; /* an alias: the name of what it shows, from target_offset; else NULL */
    hwaddr target_offset;
    GPtrArray *children; /* as printed: by address */

    /* For mtree-check. */
    DumpNode *same;       /* this line shows the same region as that one, which is the one built */
    DumpNode *target_node;
    bool body;            /* answers by itself */
    bool on_path;         /* of the walk that looks for loops */
    bool built;
    MemoryRegion mr;
};

/* The tree below "address-space:" lines, or below one "memory-region:" line. */
typedef struct DumpTree {
    GPtrArray *spaces; /* names; empty for a memory-region */
    DumpNode *root;    /* NULL: nothing is printed, because it is disabled */
    unsigned used; /* by how many spaces of a view */
} DumpTree;

typedef struct DumpRange {
    char *name;
    hwaddr start, last, offset;
    int priority;
    char type[DUMP_TYPE_MAX];
    bool nonvolatile;
} DumpRange;

typedef struct DumpSpace {
    char *name, *root;
} DumpSpace;

/* One "FlatView #n". */
typedef struct DumpView {
    GPtrArray *spaces; /* DumpSpace */
    char *root;        /* effective root */
    GPtrArray *ranges; /* DumpRange */
} DumpView;

/*
 * Lines that belong to neither (prompts, echoed commands) are skipped. An array of DumpTree or
 * DumpView, NULL with an error if there is none or one is malformed. The caller owns it.
 */
GPtrArray *dump_parse_trees(const char *text, Error **errp);
GPtrArray *dump_parse_views(const char *text, Error **errp);

/* The size to make a region with: 2^64 is UINT64_MAX. */
static inline uint64_t dump_size(hwaddr start, hwaddr last)
{
    return last - start == UINT64_MAX ? UINT64_MAX : last - start + 1;
}

#endif
