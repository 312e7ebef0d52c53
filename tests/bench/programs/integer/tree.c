/*
 * A search tree that chance keeps balanced: insertions with rotations, look-ups, a walk in order by
 * recursion.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(160);

enum { NODES = 8192 };

typedef struct Node {
    struct Node *child[2];
    uint32_t key, rank;
} Node;

static Node nodes[NODES];
static unsigned used;

static Node *insert(Node *tree, uint32_t key, uint32_t rank)
{
    int side;
    Node *below;

    if (!tree) {
        nodes[used] = (Node){ .key = key, .rank = rank };
        return &nodes[used++];
    }
    if (key == tree->key) {
        return tree;
    }
    side = key > tree->key;
    below = tree->child[side] = insert(tree->child[side], key, rank);
    if (below->rank <= tree->rank) {
        return tree;
    }
    tree->child[side] = below->child[!side];
    below->child[!side] = tree;
    return below;
}

static NOINLINE unsigned steps_to(const Node *tree, uint32_t key)
{
    unsigned steps = 0;

    for (; tree && tree->key != key; steps++) {
        tree = tree->child[key > tree->key];
    }
    return steps;
}

static void walk(const Node *tree, uint32_t *sum)
{
    if (tree) {
        walk(tree->child[0], sum);
        *sum = mix(*sum, tree->key);
        walk(tree->child[1], sum);
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 103, sum = 0;

    while (rounds--) {
        Node *tree = NULL;

        used = 0;
        for (int i = 0; i < NODES; i++) {
            uint32_t key = next_random(&seed) >> 12;

            tree = insert(tree, key, next_random(&seed));
        }
        for (int i = 0; i < NODES; i++) {
            sum += steps_to(tree, next_random(&seed) >> 12);
        }
        walk(tree, &sum);
    }
    return sum;
}
