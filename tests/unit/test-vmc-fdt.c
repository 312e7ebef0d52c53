/*
 * VMC board: the generated device tree has what Linux for the MVME5100 looks for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <libfdt.h>
#include "qapi/error.h"
#include "hw/ppc/vmc.h"
#include "qemu/bswap.h"

static VMCTreeInfo info_for(uint64_t ram_size)
{
    return (VMCTreeInfo){
        .devices = vmc_devices,
        .num_devices = vmc_num_devices,
        .ram_size = ram_size,
        .cpu = "755",
        .tb_hz = 25000000,
    };
}

static int find(const void *tree, const char *path)
{
    int node = fdt_path_offset(tree, path);

    if (node < 0) {
        g_error("%s: %s", path, fdt_strerror(node));
    }
    return node;
}

static const char *string(const void *tree, const char *path, const char *name)
{
    const char *value = fdt_getprop(tree, find(tree, path), name, NULL);

    return value ? value : "(none)";
}

static uint32_t cell(const void *tree, const char *path, const char *name, int index)
{
    int len;
    const fdt32_t *value = fdt_getprop(tree, find(tree, path), name, &len);

    g_assert_nonnull(value);
    g_assert_cmpint(len, >, index * 4);
    return fdt32_to_cpu(value[index]);
}

static void root_says_mvme5100(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    g_autofree void *tree = vmc_tree_build(&info, &error_abort);

    g_assert_cmpint(fdt_check_full(tree, fdt_totalsize(tree)), ==, 0);
    g_assert_cmpstr(string(tree, "/", "compatible"), ==, "MVME5100");
    g_assert_cmpuint(cell(tree, "/", "#address-cells", 0), ==, 1);
    g_assert_cmpuint(cell(tree, "/", "#size-cells", 0), ==, 1);
}

static void memory_is_what_the_machine_has(void)
{
    static const uint64_t sizes[] = { 32 * MiB, 100 * MiB, 128 * MiB, 2047 * MiB };

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        VMCTreeInfo info = info_for(sizes[i]);
        g_autofree void *tree = vmc_tree_build(&info, &error_abort);

        g_assert_cmpstr(string(tree, "/memory", "device_type"), ==, "memory");
        g_assert_cmpuint(cell(tree, "/memory", "reg", 0), ==, 0);
        g_assert_cmpuint(cell(tree, "/memory", "reg", 1), ==, sizes[i]);
    }
}

static void cpu_node_has_the_clocks(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    g_autofree void *tree = vmc_tree_build(&info, &error_abort);

    g_assert_cmpstr(string(tree, "/cpus/PowerPC,755@0", "device_type"), ==, "cpu");
    g_assert_cmpuint(cell(tree, "/cpus/PowerPC,755@0", "timebase-frequency", 0), ==, 25000000);
    g_assert_cmpuint(cell(tree, "/cpus/PowerPC,755@0", "d-cache-line-size", 0), ==, 32);
}

static void uarts_are_ns16550_on_source_1(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    g_autofree void *tree = vmc_tree_build(&info, &error_abort);
    static const char *const paths[] = { "/hawk@fef80000/serial@8000",
                                         "/hawk@fef80000/serial@8200" };

    for (int i = 0; i < 2; i++) {
        g_assert_cmpstr(string(tree, paths[i], "compatible"), ==, "ns16550");
        g_assert_cmpuint(cell(tree, paths[i], "reg-shift", 0), ==, 4);
        g_assert_cmpuint(cell(tree, paths[i], "clock-frequency", 0), ==, 1843200);
        g_assert_cmpuint(cell(tree, paths[i], "interrupts", 0), ==, 1);
        g_assert_cmpuint(cell(tree, paths[i], "interrupts", 1), ==, 1);
    }
    /* Linux numbers them in the order of the tree. */
    g_assert_cmpint(find(tree, paths[0]), <, find(tree, paths[1]));
    g_assert_cmpstr(string(tree, "/aliases", "serial0"), ==, paths[0]);
    g_assert_cmpstr(string(tree, "/aliases", "serial1"), ==, paths[1]);
}

static void mpic_is_below_the_bridge(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    g_autofree void *tree = vmc_tree_build(&info, &error_abort);
    const char *path = "/hawk@fef80000/interrupt-controller@f3f80000";

    g_assert_cmpstr(string(tree, path, "compatible"), ==, "chrp,open-pic");
    g_assert_cmpstr(string(tree, path, "device_type"), ==, "open-pic");
    g_assert_nonnull(fdt_getprop(tree, find(tree, path), "interrupt-controller", NULL));
    g_assert_cmpuint(cell(tree, path, "#interrupt-cells", 0), ==, 2);
    g_assert_cmpuint(fdt_get_phandle(tree, find(tree, path)), ==,
                     cell(tree, "/hawk@fef80000/serial@8000", "interrupt-parent", 0));
}

static void flash_sits_below_a_bridge_of_its_own(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    g_autofree void *tree = vmc_tree_build(&info, &error_abort);

    g_assert_cmpstr(string(tree, "/xbus@f4000000", "compatible"), ==, "hawk-bridge");
    g_assert_cmpuint(cell(tree, "/xbus@f4000000", "ranges", 1), ==, 0xf4000000);
    g_assert_cmpstr(string(tree, "/xbus@f4000000/flash@0", "compatible"), ==, "cfi-flash");
    g_assert_cmpuint(cell(tree, "/xbus@f4000000/flash@0", "bank-width", 0), ==, 2);
    g_assert_cmpuint(cell(tree, "/xbus@f4000000/flash@0", "reg", 1), ==, 16 * MiB);
    g_assert_cmpstr(string(tree, "/xbus@f4000000/flash@0/partitions/partition@100000", "label"), ==,
                    "kernel");
}

/* The source that the map gives for a slot and pin (INTA = 1), -1 if none. */
static int mapped(const void *tree, int slot, int pin)
{
    int len;
    const fdt32_t *map = fdt_getprop(tree, find(tree, "/pci@feff0000"), "interrupt-map", &len);

    g_assert_nonnull(map);
    g_assert_cmpint(len % 28, ==, 0);
    for (int i = 0; i < len / 4; i += 7) {
        if (fdt32_to_cpu(map[i]) == slot << 11 && fdt32_to_cpu(map[i + 3]) == pin) {
            return fdt32_to_cpu(map[i + 5]);
        }
    }
    return -1;
}

static void pci_interrupts_are_those_of_the_board(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    g_autofree void *tree = vmc_tree_build(&info, &error_abort);

    g_assert_cmpstr(string(tree, "/pci@feff0000", "compatible"), ==, "hawk-pci");
    g_assert_cmpint(mapped(tree, 11, 1), ==, 0);
    g_assert_cmpint(mapped(tree, 13, 4), ==, 8);
    g_assert_cmpint(mapped(tree, 14, 1), ==, 2);
    g_assert_cmpint(mapped(tree, 14, 2), ==, -1);
    g_assert_cmpint(mapped(tree, 16, 1), ==, 9);
    g_assert_cmpint(mapped(tree, 17, 1), ==, 12);
    g_assert_cmpint(mapped(tree, 19, 1), ==, 13);
    g_assert_cmpint(mapped(tree, 20, 4), ==, 12);
    for (int slot = 0; slot < 32; slot++) {
        for (int pin = 0; pin < 4; pin++) {
            g_assert_cmpint(mapped(tree, slot, pin + 1), ==, vmc_pci_irq(slot, pin));
        }
    }
}

static void chosen_has_what_the_command_line_says(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    g_autofree void *tree = NULL;

    info.bootargs = "console=ttyS0 selftest=1";
    info.initrd_start = 0xc00000;
    info.initrd_end = 0xd12345;
    info.boot_order = "nc";
    tree = vmc_tree_build(&info, &error_abort);
    g_assert_cmpstr(string(tree, "/chosen", "bootargs"), ==, info.bootargs);
    g_assert_cmphex(cell(tree, "/chosen", "linux,initrd-start", 0), ==, 0xc00000);
    g_assert_cmphex(cell(tree, "/chosen", "linux,initrd-end", 0), ==, 0xd12345);
    g_assert_cmpstr(string(tree, "/chosen", "qemu,boot-device"), ==, "nc");
}

static void chosen_is_silent_without_arguments(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    g_autofree void *tree = vmc_tree_build(&info, &error_abort);
    int chosen = find(tree, "/chosen");

    g_assert_null(fdt_getprop(tree, chosen, "bootargs", NULL));
    g_assert_null(fdt_getprop(tree, chosen, "linux,initrd-start", NULL));
    g_assert_null(fdt_getprop(tree, chosen, "qemu,boot-device", NULL));
}

static void stdout_follows_the_console_argument(void)
{
    static const struct {
        const char *args;
        const char *path;
    } cases[] = {
        { NULL, "/hawk@fef80000/serial@8000" },
        { "console=ttyS0,9600", "/hawk@fef80000/serial@8000" },
        { "console=ttyS1", "/hawk@fef80000/serial@8200" },
        { "console=ttyS0 console=ttyS1,115200", "/hawk@fef80000/serial@8200" },
        { "quiet", "/hawk@fef80000/serial@8000" },
        /* Words, not parts of them. */
        { "noconsole=ttyS1", "/hawk@fef80000/serial@8000" },
        { "console=ttyS1 xconsole=ttyS0", "/hawk@fef80000/serial@8200" },
        { "console=ttyS10", "(none)" },
        { "console=ttyS1x", "/hawk@fef80000/serial@8000" },
        { "a=\"x console=ttyS1 y\" quiet", "/hawk@fef80000/serial@8000" },
        { "a=\"x y\"\tconsole=ttyS1", "/hawk@fef80000/serial@8200" },
        { "console=ttyS0 -- console=ttyS1", "/hawk@fef80000/serial@8000" },
        { "console=ttyS1 console=tty0", "/hawk@fef80000/serial@8200" },
        { "console=ttyS99999999999999999999", "/hawk@fef80000/serial@8000" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        VMCTreeInfo info = info_for(128 * MiB);
        g_autofree void *tree = NULL;

        info.bootargs = cases[i].args;
        tree = vmc_tree_build(&info, &error_abort);
        g_assert_cmpstr(string(tree, "/chosen", "stdout-path"), ==, cases[i].path);
    }
}

static void arguments_that_do_not_fit_are_refused(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    g_autofree char *args = g_strnfill(VMC_TREE_MAX, 'x');
    g_autoptr(Error) err = NULL;

    info.bootargs = args;
    g_assert_null(vmc_tree_build(&info, &err));
    g_assert_nonnull(err);
}

static char *write_file(const void *data, size_t len)
{
    char *name = NULL;
    int fd = g_file_open_tmp("vmc-fdt-XXXXXX", &name, NULL);

    close(fd);
    g_assert_true(g_file_set_contents(name, data, len, NULL));
    return name;
}

static void a_given_tree_gets_memory_and_arguments(void)
{
    VMCTreeInfo info = info_for(256 * MiB);
    g_autofree void *given = vmc_tree_build(&info, &error_abort);
    g_autofree char *file = write_file(given, fdt_totalsize(given));
    g_autofree void *tree = NULL;

    info.ram_size = 64 * MiB;
    info.bootargs = "single";
    tree = vmc_tree_load(file, &info, &error_abort);
    g_assert_cmpuint(cell(tree, "/memory", "reg", 1), ==, 64 * MiB);
    g_assert_cmpstr(string(tree, "/chosen", "bootargs"), ==, "single");
    unlink(file);
}

/* A tree whose root has addresses of that many cells and sizes of that many; -1: it doesn't say. */
static void *made_tree(int address_cells, int size_cells, const char *const *memory_nodes)
{
    void *tree = g_malloc0(4096);

    g_assert_cmpint(fdt_create_empty_tree(tree, 4096), ==, 0);
    for (int i = 0; memory_nodes[i]; i++) {
        int n = fdt_add_subnode(tree, 0, memory_nodes[i]);

        g_assert_cmpint(n, >=, 0);
        g_assert_cmpint(fdt_setprop_string(tree, n, "device_type", "memory"), ==, 0);
        g_assert_cmpint(fdt_setprop_u64(tree, n, "reg", 0x1234567890), ==, 0);
    }
    if (size_cells >= 0) {
        g_assert_cmpint(fdt_setprop_u32(tree, 0, "#size-cells", size_cells), ==, 0);
    }
    if (address_cells >= 0) {
        g_assert_cmpint(fdt_setprop_u32(tree, 0, "#address-cells", address_cells), ==, 0);
    }
    return tree;
}

static void *load_made_tree(int address_cells, int size_cells, const char *const *memory_nodes,
                            Error **errp)
{
    VMCTreeInfo info = info_for(64 * MiB);
    g_autofree void *given = made_tree(address_cells, size_cells, memory_nodes);
    g_autofree char *file = write_file(given, fdt_totalsize(given));
    void *tree;

    info.initrd_start = 0xc00000;
    info.initrd_end = 0xd12345;
    tree = vmc_tree_load(file, &info, errp);
    unlink(file);
    return tree;
}

/* The property is that number in that many cells. */
static void check_number(const void *tree, const char *path, const char *name, int first, int cells,
                         uint64_t value)
{
    for (int i = 0; i < cells; i++) {
        int shift = 32 * (cells - 1 - i);

        g_assert_cmphex(cell(tree, path, name, first + i), ==,
                        shift > 32 ? 0 : (uint32_t)(value >> shift));
    }
}

static int length(const void *tree, const char *path, const char *name)
{
    int len = -1;

    fdt_getprop(tree, find(tree, path), name, &len);
    return len;
}

static void numbers_are_as_wide_as_the_given_tree_says(void)
{
    static const char *const memory[] = { "memory@0", NULL };
    static const struct {
        int address_cells, size_cells; /* as given */
        int address_width, size_width; /* as they count: 2 and 1 where nothing is said */
    } cases[] = { { 1, 1, 1, 1 }, { 2, 1, 2, 1 }, { 2, 2, 2, 2 }, { 1, 2, 1, 2 }, { 3, 2, 3, 2 },
                  { -1, -1, 2, 1 } };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int address = cases[i].address_width, size = cases[i].size_width;
        g_autofree void *tree = load_made_tree(cases[i].address_cells, cases[i].size_cells, memory,
                                               &error_abort);

        g_assert_cmpint(length(tree, "/memory@0", "reg"), ==, 4 * (address + size));
        check_number(tree, "/memory@0", "reg", 0, address, 0);
        check_number(tree, "/memory@0", "reg", address, size, 64 * MiB);
        g_assert_cmpint(length(tree, "/chosen", "linux,initrd-start"), ==, 4 * address);
        check_number(tree, "/chosen", "linux,initrd-start", 0, address, 0xc00000);
        check_number(tree, "/chosen", "linux,initrd-end", 0, address, 0xd12345);
    }
}

static void a_given_tree_has_one_memory_node_afterwards(void)
{
    static const char *const none[] = { NULL };
    static const char *const several[] = { "memory@40000000", "memory@20000000", "memory@0", NULL };
    g_autofree void *added = load_made_tree(2, 2, none, &error_abort);
    g_autofree void *reduced = load_made_tree(2, 1, several, &error_abort);
    int first = fdt_node_offset_by_prop_value(reduced, -1, "device_type", "memory", 7);

    check_number(added, "/memory", "reg", 2, 2, 64 * MiB);
    g_assert_cmpint(first, >=, 0);
    g_assert_cmpint(fdt_node_offset_by_prop_value(reduced, first, "device_type", "memory", 7), ==,
                    -FDT_ERR_NOTFOUND);
}

static void widths_that_say_nothing_are_refused(void)
{
    static const char *const memory[] = { "memory", NULL };
    static const int cases[][2] = { { 0, 1 }, { 1, 0 }, { 9, 1 } };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Error) err = NULL;

        g_assert_null(load_made_tree(cases[i][0], cases[i][1], memory, &err));
        g_assert_nonnull(strstr(error_get_pretty(err), "#address-cells and #size-cells"));
    }
}

static void a_file_that_is_no_tree_is_refused(void)
{
    VMCTreeInfo info = info_for(128 * MiB);
    static const char *const contents[] = { "", "not a device tree, not even remotely so",
                                            "\xd0\x0d\xfe\xed" };

    for (size_t i = 0; i < G_N_ELEMENTS(contents); i++) {
        g_autofree char *file = write_file(contents[i], strlen(contents[i]));
        g_autoptr(Error) err = NULL;

        g_assert_null(vmc_tree_load(file, &info, &err));
        g_assert_nonnull(strstr(error_get_pretty(err), "is not a flattened device tree"));
        unlink(file);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

#define RULE(path, fn) g_test_add_func("/vmc-fdt/" path, fn)
    RULE("root-says-mvme5100", root_says_mvme5100);
    RULE("memory-is-what-the-machine-has", memory_is_what_the_machine_has);
    RULE("cpu-node-has-the-clocks", cpu_node_has_the_clocks);
    RULE("uarts-are-ns16550-on-source-1", uarts_are_ns16550_on_source_1);
    RULE("mpic-is-below-the-bridge", mpic_is_below_the_bridge);
    RULE("flash-sits-below-a-bridge-of-its-own", flash_sits_below_a_bridge_of_its_own);
    RULE("pci-interrupts-are-those-of-the-board", pci_interrupts_are_those_of_the_board);
    RULE("chosen-has-what-the-command-line-says", chosen_has_what_the_command_line_says);
    RULE("chosen-is-silent-without-arguments", chosen_is_silent_without_arguments);
    RULE("stdout-follows-the-console-argument", stdout_follows_the_console_argument);
    RULE("arguments-that-do-not-fit-are-refused", arguments_that_do_not_fit_are_refused);
    RULE("a-given-tree-gets-memory-and-arguments", a_given_tree_gets_memory_and_arguments);
    RULE("numbers-are-as-wide-as-the-given-tree-says", numbers_are_as_wide_as_the_given_tree_says);
    RULE("a-given-tree-has-one-memory-node-afterwards",
         a_given_tree_has_one_memory_node_afterwards);
    RULE("widths-that-say-nothing-are-refused", widths_that_say_nothing_are_refused);
    RULE("a-file-that-is-no-tree-is-refused", a_file_that_is_no_tree_is_refused);
    return g_test_run();
}
