/*
 * Flattened device trees as boards written for QEMU build and change them: by path, ending the
 * program with a message where a tree can't be what it should be. `fdt` comes from
 * create_device_tree() or load_device_tree() and is g_free()d, or left to machine->fdt.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_LOADER_DEVICE_TREE_H
#define HW_LOADER_DEVICE_TREE_H

#include "qemu/osdep.h"
#include "qemu/bswap.h"

/* What trees have room for. */
#define FDT_MAX_SIZE (1u << 20)

/* An empty tree in *sizep bytes. */
void *create_device_tree(int *sizep);
/* From a file; NULL with the reason reported. */
void *load_device_tree(const char *filename_path, int *sizep);

/* Adds the node at an absolute path; its parent exists (_path: is made, too). 0. */
int qemu_fdt_add_subnode(void *fdt, const char *name);
int qemu_fdt_add_path(void *fdt, const char *path);
/* Replaces a node by nothing. 0. */
int qemu_fdt_nop_node(void *fdt, const char *node_path);

/* Sets a property of a node, in the tree's big-endian cells. 0. */
int qemu_fdt_setprop(void *fdt, const char *node_path, const char *property, const void *val,
                     int size);
int qemu_fdt_setprop_cell(void *fdt, const char *node_path, const char *property, uint32_t val);
int qemu_fdt_setprop_u64(void *fdt, const char *node_path, const char *property, uint64_t val);
int qemu_fdt_setprop_string(void *fdt, const char *node_path, const char *property,
                            const char *string);
int qemu_fdt_setprop_string_array(void *fdt, const char *node_path, const char *prop, char **array,
                                  int len);
/* The phandle of the node at target_node_path, which gets one if it has none. */
int qemu_fdt_setprop_phandle(void *fdt, const char *node_path, const char *property,
                             const char *target_node_path);
/* qemu_fdt_setprop_cells(fdt, path, property, a, b, …) */
int qemu_fdt_setprop_cell_array(void *fdt, const char *node_path, const char *property,
                                const uint32_t *cells, int n);
#define qemu_fdt_setprop_cells(fdt, node_path, property, ...)                                      \
    qemu_fdt_setprop_cell_array((fdt), (node_path), (property), (uint32_t[]){ __VA_ARGS__ },       \
                                ARRAY_SIZE(((uint32_t[]){ __VA_ARGS__ })))
/*
 * qemu_fdt_setprop_sized_cells(fdt, path, property, size, value, …): pairs of 1 or 2 cells and what
 * goes there. -1 if a value needs more cells than it has.
 */
int qemu_fdt_setprop_sized_cells_from_array(void *fdt, const char *node_path, const char *property,
                                            int numvalues, uint64_t *values);
#define qemu_fdt_setprop_sized_cells(fdt, node_path, property, ...)                                \
    qemu_fdt_setprop_sized_cells_from_array(                                                       \
        (fdt), (node_path), (property), ARRAY_SIZE(((uint64_t[]){ __VA_ARGS__ })) / 2,             \
        (uint64_t[]){ __VA_ARGS__ })

/* The value, inside the tree, and its length in bytes; NULL and *errp if there is none. */
const void *qemu_fdt_getprop(void *fdt, const char *node_path, const char *property, int *lenp,
                             Error **errp);
/* Its only cell; 0 and *errp if there isn't exactly one. lenp may be NULL. */
uint32_t qemu_fdt_getprop_cell(void *fdt, const char *node_path, const char *property, int *lenp,
                               Error **errp);
/* 0 if the node has none. */
uint32_t qemu_fdt_get_phandle(void *fdt, const char *path);
/* One that nobody has yet. */
uint32_t qemu_fdt_alloc_phandle(void *fdt);

#endif
