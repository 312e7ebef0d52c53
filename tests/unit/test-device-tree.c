/*
 * Device trees by path.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <libfdt.h>
#include "hw/loader/device-tree.h"
#include "qapi/error.h"

static void *fdt;
static int size;

static void setup(void)
{
    fdt = create_device_tree(&size);
    qemu_fdt_add_subnode(fdt, "/soc");
    qemu_fdt_add_path(fdt, "/soc/bus/uart@10");
}

static void expect(const char *node, const char *property, const void *bytes, int n)
{
    int length;
    const void *value = qemu_fdt_getprop(fdt, node, property, &length, &error_abort);

    g_assert_cmpmem(value, length, bytes, n);
}

static void test_values(void)
{
    static char *names[] = { (char *)"a,b", (char *)"c" };

    setup();
    qemu_fdt_setprop_cell(fdt, "/soc", "cell", 0x12345678);
    expect("/soc", "cell", "\x12\x34\x56\x78", 4);
    g_assert_cmphex(qemu_fdt_getprop_cell(fdt, "/soc", "cell", NULL, &error_abort), ==, 0x12345678);
    qemu_fdt_setprop_u64(fdt, "/soc", "u64", 0x0102030405060708);
    expect("/soc", "u64", "\1\2\3\4\5\6\7\10", 8);
    qemu_fdt_setprop_cells(fdt, "/soc/bus", "reg", 1, 2);
    expect("/soc/bus", "reg", "\0\0\0\1\0\0\0\2", 8);
    qemu_fdt_setprop_string(fdt, "/soc/bus/uart@10", "compatible", "ns16550");
    expect("/soc/bus/uart@10", "compatible", "ns16550", 8);
    qemu_fdt_setprop_string_array(fdt, "/soc", "compatible", names, 2);
    expect("/soc", "compatible", "a,b\0c", 6);
    g_assert_cmpint(qemu_fdt_setprop_sized_cells(fdt, "/soc", "ranges", 1, 7, 2, 8), ==, 0);
    expect("/soc", "ranges", "\0\0\0\7\0\0\0\0\0\0\0\10", 12);
    g_assert_cmpint(qemu_fdt_setprop_sized_cells(fdt, "/soc", "ranges", 1, 1ULL << 32), ==, -1);
    g_free(fdt);
}

static void test_phandles(void)
{
    uint32_t first;

    setup();
    g_assert_cmpuint(qemu_fdt_get_phandle(fdt, "/soc/bus"), ==, 0);
    qemu_fdt_setprop_phandle(fdt, "/soc", "interrupt-parent", "/soc/bus");
    first = qemu_fdt_get_phandle(fdt, "/soc/bus");
    g_assert_cmpuint(first, !=, 0);
    g_assert_cmpuint(qemu_fdt_getprop_cell(fdt, "/soc", "interrupt-parent", NULL, &error_abort),
                     ==, first);
    qemu_fdt_setprop_phandle(fdt, "/soc", "again", "/soc/bus");
    g_assert_cmpuint(qemu_fdt_get_phandle(fdt, "/soc/bus"), ==, first);
    g_assert_cmpuint(qemu_fdt_alloc_phandle(fdt), !=, qemu_fdt_alloc_phandle(fdt));
    g_free(fdt);
}

static void test_absent(void)
{
    Error *err = NULL;
    int length;

    setup();
    g_assert_null(qemu_fdt_getprop(fdt, "/soc", "nope", &length, &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "device tree: couldn't get /soc/nope: FDT_ERR_NOTFOUND");
    g_clear_pointer(&err, error_free);
    qemu_fdt_setprop_u64(fdt, "/soc", "long", 1);
    g_assert_cmpuint(qemu_fdt_getprop_cell(fdt, "/soc", "long", &length, &err), ==, 0);
    g_assert_cmpstr(error_get_pretty(err), ==, "device tree: /soc/long is 8 bytes long, not 4");
    g_assert_cmpint(length, ==, -EINVAL);
    error_free(err);
    qemu_fdt_nop_node(fdt, "/soc/bus");
    g_assert_cmpint(fdt_path_offset(fdt, "/soc/bus/uart@10"), ==, -FDT_ERR_NOTFOUND);
    g_free(fdt);
}

static void test_mistakes_end(void)
{
    if (g_test_subprocess()) {
        setup();
        qemu_fdt_setprop_cell(fdt, "/nowhere", "cell", 1);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*device tree: couldn't find /nowhere: FDT_ERR_NOTFOUND\n");
}

static void test_files(void)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp(NULL, &path, NULL), length;
    void *loaded;

    setup();
    g_assert_cmpint(write(fd, fdt, fdt_totalsize(fdt)), ==, fdt_totalsize(fdt));
    close(fd);
    loaded = load_device_tree(path, &length);
    g_assert_cmpint(length, >, (int)fdt_totalsize(fdt));
    qemu_fdt_add_subnode(loaded, "/soc/bus/uart@20"); /* there is room */
    g_free(loaded);
    g_assert_true(g_file_set_contents(path, "no tree", -1, NULL));
    g_assert_null(load_device_tree(path, &length));
    unlink(path);
    g_assert_null(load_device_tree(path, &length));
    g_free(fdt);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/device-tree/values-are-big-endian-cells", test_values);
    g_test_add_func("/device-tree/phandles-are-given-once", test_phandles);
    g_test_add_func("/device-tree/what-is-not-there-is-an-error", test_absent);
    g_test_add_func("/device-tree/mistakes-end-the-program", test_mistakes_end);
    g_test_add_func("/device-tree/files-are-checked", test_files);
    return g_test_run();
}
