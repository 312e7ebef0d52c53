/*
 * Nodes: names in folders, as a tree that grows with what a server asks for and moves with renames.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "fsdev-internal.h"

FsNode *fs_node_ref(FsNode *node)
{
    g_mutex_lock(&node->fs->lock);
    node->refs++;
    g_mutex_unlock(&node->fs->lock);
    return node;
}

static void forget_child(FsNode *node)
{
    if (!node->gone && node->parent) {
        g_hash_table_remove(node->parent->children, node->name);
    }
}

/* With the lock. A node has a reference to its parent: the way up ends with it. */
static void unref(FsNode *node)
{
    while (node && --node->refs == 0) {
        FsNode *parent = node->parent;

        forget_child(node);
        g_clear_pointer(&node->children, g_hash_table_unref);
        g_free(node->name);
        g_free(node);
        node = parent;
    }
}

void fs_node_unref(FsNode *node)
{
    FsExport *fs = node ? node->fs : NULL;

    if (fs) {
        g_mutex_lock(&fs->lock);
        unref(node);
        g_mutex_unlock(&fs->lock);
    }
}

static FsNode *new_node(FsExport *fs, FsNode *parent, const char *name)
{
    FsNode *node = g_new0(FsNode, 1);

    node->fs = fs;
    node->name = g_strdup(name);
    node->refs = 1;
    if (parent) {
        parent->refs++;
        node->parent = parent;
        if (!parent->children) {
            parent->children = g_hash_table_new(g_str_hash, g_str_equal);
        }
        g_hash_table_insert(parent->children, node->name, node);
    }
    return node;
}

FsNode *fs_root(FsExport *fs)
{
    FsNode *root;

    g_mutex_lock(&fs->lock);
    if (!fs->root) {
        fs->root = new_node(fs, NULL, ".");
    }
    root = fs->root;
    root->refs++;
    g_mutex_unlock(&fs->lock);
    return root;
}

static bool is_file_name(const char *name)
{
    return *name && strlen(name) <= NAME_MAX && !strchr(name, '/') && !g_str_equal(name, ".") &&
           !g_str_equal(name, "..");
}

FsNode *fs_child(FsNode *dir, const char *name)
{
    FsExport *fs = dir->fs;
    FsNode *node;

    if (g_str_equal(name, "..")) {
        g_rw_lock_reader_lock(&fs->names); /* who moves a folder changes its parent */
        node = fs_node_ref(dir->parent ? dir->parent : dir);
        g_rw_lock_reader_unlock(&fs->names);
        return node;
    }
    if (!is_file_name(name) || fs_is_reserved(fs, name)) {
        return NULL;
    }
    g_mutex_lock(&fs->lock);
    node = dir->children ? g_hash_table_lookup(dir->children, name) : NULL;
    if (node) {
        node->refs++;
    } else {
        node = new_node(fs, dir, name);
    }
    g_mutex_unlock(&fs->lock);
    return node;
}

char *fs_node_name(FsNode *node)
{
    char *name;

    g_rw_lock_reader_lock(&node->fs->names);
    name = g_strdup(node->parent ? node->name : "/");
    g_rw_lock_reader_unlock(&node->fs->names);
    return name;
}

static void detach(FsNode *node)
{
    forget_child(node);
    node->gone = true;
}

void fs_node_detach(FsNode *node)
{
    g_mutex_lock(&node->fs->lock);
    detach(node);
    g_mutex_unlock(&node->fs->lock);
}

/* Or the same. */
static bool is_below(const FsNode *node, const FsNode *top)
{
    while (node && node != top) {
        node = node->parent;
    }
    return node != NULL;
}

/* The one that had the name is gone, and what was found below it. */
void fs_node_move(FsNode *node, FsNode *to)
{
    FsExport *fs = node->fs;
    FsNode *old_parent = node->parent;

    g_mutex_lock(&fs->lock);
    detach(to);
    if (is_below(to->parent, node)) { /* the host has moved folders meanwhile: names don't fit */
        detach(node);
        g_mutex_unlock(&fs->lock);
        return;
    }
    forget_child(node);
    g_free(node->name);
    node->name = g_strdup(to->name);
    node->parent = to->parent;
    node->parent->refs++;
    g_hash_table_insert(node->parent->children, node->name, node);
    unref(old_parent);
    g_mutex_unlock(&fs->lock);
}
