/*
 * Random region trees, and the slow oracle that says for one address who answers there: it asks
 * downwards, by the visibility rules, without rendering anything.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_MEMORY_ORACLE_H
#define TESTS_UNIT_MEMORY_ORACLE_H

#include "qemu/osdep.h"
#include "system/memory.h"


typedef struct Node Node;
struct Node {
    MemoryRegion mr;
    GPtrArray *children; /* Node, in the order they were added */
    Node *target;
    uint64_t addr, size, target_offset; /* in units */
    int priority;
    bool mapped, readonly, disabled, is_leaf;
};

#define NR_NODES 24
#define SPACE    64

typedef struct Answer {
    Node *node; /* NULL: nobody */
    uint64_t offset;
    bool readonly;
} Answer;

static inline Answer ask(Node *n, int64_t offset, bool readonly);

/*
 * The child that answers: of those that do, the highest priority, among equals the one added
 * last.
 */
static inline Answer ask_children(Node *n, int64_t offset, bool readonly)
{
    Answer best = { 0 };
    int best_priority = INT_MIN;

    for (unsigned i = 0; i < n->children->len; i++) {
        Node *c = g_ptr_array_index(n->children, i);
        Answer a = ask(c, offset - (int64_t)c->addr, readonly);
        if (a.node && c->priority >= best_priority) {
            best = a;
            best_priority = c->priority;
        }
    }
    return best;
}

static inline Answer ask(Node *n, int64_t offset, bool readonly)
{
    Answer a = { 0 };

    readonly |= n->readonly;
    if (n->disabled || offset < 0 || (uint64_t)offset >= n->size) {
        return a;
    }
    if (n->target) {
        return ask(n->target, offset + (int64_t)n->target_offset, readonly);
    }
    a = ask_children(n, offset, readonly);
    if (!a.node && n->is_leaf) {
        a = (Answer){ n, offset, readonly };
    }
    return a;
}

static inline void init_node(Node *nodes, unsigned i, uint64_t unit)
{
    Node *n = &nodes[i];
    unsigned kind = i == 0 ? 0 : g_test_rand_int_range(0, 4);
    uint64_t bytes;

    n->size = i == 0 ? SPACE : (uint64_t)g_test_rand_int_range(0, SPACE + 1);
    bytes = n->size * unit == 0 && n->size ? UINT64_MAX : n->size * unit;
    n->children = g_ptr_array_new();
    if (kind == 0) {
        memory_region_init(&n->mr, NULL, "box", bytes);
    } else if (kind == 1 && i > 1) {
        /* Only to earlier nodes, which become children of earlier ones only: no loops. */
        n->target = &nodes[g_test_rand_int_range(1, i)];
        n->target_offset = g_test_rand_int_range(0, SPACE);
        memory_region_init_alias(&n->mr, NULL, "alias", &n->target->mr, n->target_offset * unit,
                                 bytes);
    } else {
        n->is_leaf = true;
        memory_region_init_reservation(&n->mr, NULL, "leaf", bytes);
    }
}

/* Children have lower numbers than their container (but for the root, 0), aliases' targets too. */
static inline void random_tree(Node *nodes, uint64_t unit)
{
    for (unsigned i = 0; i < NR_NODES; i++) {
        init_node(nodes, i, unit);
    }
    for (unsigned i = 1; i < NR_NODES; i++) {
        unsigned p = g_test_rand_int_range(i, NR_NODES + NR_NODES / 2);
        Node *parent = p == i || p >= NR_NODES ? &nodes[0] : &nodes[p];

        if (parent->target || g_test_rand_int_range(0, 8) == 0) {
            continue;
        }
        nodes[i].addr = g_test_rand_int_range(0, SPACE);
        nodes[i].priority = g_test_rand_int_range(-2, 3);
        nodes[i].mapped = true;
        memory_region_add_subregion_overlap(&parent->mr, nodes[i].addr * unit, &nodes[i].mr,
                                            nodes[i].priority);
        g_ptr_array_add(parent->children, &nodes[i]);
    }
    for (unsigned i = 1; i < NR_NODES; i++) {
        if (g_test_rand_int_range(0, 6) == 0) {
            nodes[i].disabled = true;
            memory_region_set_enabled(&nodes[i].mr, false);
        }
        if (g_test_rand_int_range(0, 6) == 0) {
            nodes[i].readonly = true;
            memory_region_set_readonly(&nodes[i].mr, true);
        }
    }
}

static inline void free_tree(Node *nodes)
{
    for (unsigned i = 0; i < NR_NODES; i++) {
        for (unsigned c = 0; c < nodes[i].children->len; c++) {
            Node *child = g_ptr_array_index(nodes[i].children, c);
            memory_region_del_subregion(&nodes[i].mr, &child->mr);
        }
        g_ptr_array_free(nodes[i].children, TRUE);
    }
    for (unsigned i = 0; i < NR_NODES; i++) {
        object_unref(OBJECT(&nodes[i].mr));
    }
}

#endif
