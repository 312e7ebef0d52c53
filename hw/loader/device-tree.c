/*
 * Device trees by path, over libfdt.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <libfdt.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "loader-internal.h"
#include "hw/loader/device-tree.h"

/* `result` of libfdt; a negative one ends the program. */
static int check(int result, const char *what, const char *node, const char *property)
{
    if (result < 0) {
        error_report("device tree: couldn't %s %s%s%s: %s", what, node, property ? "/" : "",
                     property ? property : "", fdt_strerror(result));
        exit(1);
    }
    return result;
}

static int find_node(void *fdt, const char *path)
{
    return check(fdt_path_offset(fdt, path), "find", path, NULL);
}

/* --- trees --- */

void *create_device_tree(int *sizep)
{
    void *fdt = g_malloc0(FDT_MAX_SIZE);

    check(fdt_create_empty_tree(fdt, FDT_MAX_SIZE), "create", "a tree", NULL);
    *sizep = FDT_MAX_SIZE;
    return fdt;
}

void *load_device_tree(const char *filename_path, int *sizep)
{
    g_autofree char *contents = NULL;
    g_autoptr(GError) gerr = NULL;
    gsize length, room;
    void *fdt;

    *sizep = 0;
    loader_note_opened(filename_path);
    if (!g_file_get_contents(filename_path, &contents, &length, &gerr)) {
        error_report("Unable to load device tree file '%s': %s", filename_path, gerr->message);
        return NULL;
    }
    if (length < sizeof(struct fdt_header) || length > INT_MAX / 4 ||
        fdt_check_full(contents, length) != 0) {
        error_report("'%s' is not a device tree", filename_path);
        return NULL;
    }
    room = 2 * length + FDT_MAX_SIZE;
    fdt = g_malloc0(room);
    check(fdt_open_into(contents, fdt, room), "open", filename_path, NULL);
    *sizep = room;
    return fdt;
}

/* --- nodes --- */

int qemu_fdt_add_subnode(void *fdt, const char *name)
{
    const char *base = strrchr(name, '/');
    g_autofree char *parent = base && base > name ? g_strndup(name, base - name) : g_strdup("/");

    if (*name != '/' || !base[1]) {
        error_report("device tree: '%s' is not the path of a node", name);
        exit(1);
    }
    check(fdt_add_subnode(fdt, find_node(fdt, parent), base + 1), "add", name, NULL);
    return 0;
}

int qemu_fdt_add_path(void *fdt, const char *path)
{
    for (const char *end = strchrnul(path + 1, '/');; end = strchrnul(end + 1, '/')) {
        g_autofree char *part = g_strndup(path, end - path);

        if (fdt_path_offset(fdt, part) < 0) {
            qemu_fdt_add_subnode(fdt, part);
        }
        if (!*end) {
            return 0;
        }
    }
}

int qemu_fdt_nop_node(void *fdt, const char *node_path)
{
    check(fdt_nop_node(fdt, find_node(fdt, node_path)), "remove", node_path, NULL);
    return 0;
}

/* --- setting --- */

int qemu_fdt_setprop(void *fdt, const char *node_path, const char *property, const void *val,
                     int size)
{
    check(fdt_setprop(fdt, find_node(fdt, node_path), property, val, size), "set", node_path,
          property);
    return 0;
}

int qemu_fdt_setprop_cell_array(void *fdt, const char *node_path, const char *property,
                                const uint32_t *cells, int n)
{
    g_autofree uint32_t *be = g_new(uint32_t, n);

    for (int i = 0; i < n; i++) {
        be[i] = cpu_to_be32(cells[i]);
    }
    return qemu_fdt_setprop(fdt, node_path, property, be, n * sizeof(*be));
}

int qemu_fdt_setprop_cell(void *fdt, const char *node_path, const char *property, uint32_t val)
{
    return qemu_fdt_setprop_cell_array(fdt, node_path, property, &val, 1);
}

int qemu_fdt_setprop_u64(void *fdt, const char *node_path, const char *property, uint64_t val)
{
    return qemu_fdt_setprop_cells(fdt, node_path, property, val >> 32, (uint32_t)val);
}

int qemu_fdt_setprop_string(void *fdt, const char *node_path, const char *property,
                            const char *string)
{
    return qemu_fdt_setprop(fdt, node_path, property, string, strlen(string) + 1);
}

int qemu_fdt_setprop_string_array(void *fdt, const char *node_path, const char *prop, char **array,
                                  int len)
{
    g_autoptr(GString) all = g_string_new(NULL);

    for (int i = 0; i < len; i++) {
        g_string_append_len(all, array[i], strlen(array[i]) + 1);
    }
    return qemu_fdt_setprop(fdt, node_path, prop, all->str, all->len);
}

int qemu_fdt_setprop_phandle(void *fdt, const char *node_path, const char *property,
                             const char *target_node_path)
{
    uint32_t phandle = qemu_fdt_get_phandle(fdt, target_node_path);

    if (!phandle) {
        phandle = qemu_fdt_alloc_phandle(fdt);
        qemu_fdt_setprop_cell(fdt, target_node_path, "phandle", phandle);
    }
    return qemu_fdt_setprop_cell(fdt, node_path, property, phandle);
}

int qemu_fdt_setprop_sized_cells_from_array(void *fdt, const char *node_path, const char *property,
                                            int numvalues, uint64_t *values)
{
    g_autofree uint32_t *cells = g_new(uint32_t, 2 * (gsize)numvalues);
    int n = 0;

    for (int i = 0; i < numvalues; i++) {
        uint64_t size = values[2 * i], value = values[2 * i + 1];

        if (size == 2) {
            cells[n++] = value >> 32;
        } else if (size != 1 || value > UINT32_MAX) {
            return -1;
        }
        cells[n++] = value;
    }
    return qemu_fdt_setprop_cell_array(fdt, node_path, property, cells, n);
}

/* --- asking --- */

const void *qemu_fdt_getprop(void *fdt, const char *node_path, const char *property, int *lenp,
                             Error **errp)
{
    int unused;
    const void *value;

    lenp = lenp ? lenp : &unused;
    value = fdt_getprop(fdt, find_node(fdt, node_path), property, lenp);
    if (!value) {
        error_setg(errp, "device tree: couldn't get %s/%s: %s", node_path, property,
                   fdt_strerror(*lenp));
    }
    return value;
}

uint32_t qemu_fdt_getprop_cell(void *fdt, const char *node_path, const char *property, int *lenp,
                               Error **errp)
{
    int length;
    const void *value = qemu_fdt_getprop(fdt, node_path, property, &length, errp);

    if (lenp) {
        *lenp = length;
    }
    if (value && length != 4) {
        error_setg(errp, "device tree: %s/%s is %d bytes long, not 4", node_path, property, length);
        if (lenp) {
            *lenp = -EINVAL;
        }
        return 0;
    }
    return value ? ldl_be_p(value) : 0;
}

uint32_t qemu_fdt_get_phandle(void *fdt, const char *path)
{
    return fdt_get_phandle(fdt, find_node(fdt, path));
}

uint32_t qemu_fdt_alloc_phandle(void *fdt)
{
    /* Also those that the board has given out and not yet put into the tree stay apart. */
    static uint32_t last;

    last = MAX(last, fdt_get_max_phandle(fdt)) + 1;
    return last;
}
