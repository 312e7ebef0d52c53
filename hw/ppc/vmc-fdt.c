/*
 * VMC board: the device tree, written from the board's table of devices.
 *
 * The bindings are those of the MVME5100 in Linux. Linux makes platform devices only for nodes
 * below one that is compatible with "hawk-bridge", which is why the flash has a bridge node of its
 * own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <libfdt.h>
#include "qapi/error.h"
#include "hw/ppc/vmc.h"
#include "qemu/bswap.h"

#define MPIC_PHANDLE     1
#define IRQ_LEVEL_LOW    1 /* second interrupt cell: all sources but the 8259's are wired so */
#define IRQ_LEVEL_HIGH   2
#define EXTERNAL_REGS    0x10000 /* SMC registers and the external register set behind it */
#define HAWK_PCI_CONFIG  0xfec00000u /* what the board's established tree says */

#define PCI_SPACE_IO  0x01000000u
#define PCI_SPACE_MEM 0x02000000u

/* The first failure sticks: later calls do nothing, and the end reports it. */
struct VMCTree {
    void *blob;
    int error;
    const VMCTreeInfo *info;
    int num_serials;
};

static void note(VMCTree *t, int result)
{
    if (t->error >= 0 && result < 0) {
        t->error = result;
    }
}

/*
 * A new node, before its siblings; returns its offset for the property functions, valid until the
 * next node is added.
 */
static int node(VMCTree *t, const char *parent, const char *name)
{
    int offset = t->error < 0 ? t->error : fdt_path_offset(t->blob, parent);

    if (offset >= 0) {
        offset = fdt_add_subnode(t->blob, offset, name);
    }
    note(t, offset);
    return offset;
}

static void set_string(VMCTree *t, int node, const char *name, const char *value)
{
    note(t, t->error < 0 ? t->error : fdt_setprop_string(t->blob, node, name, value));
}

static void set_flag(VMCTree *t, int node, const char *name)
{
    note(t, t->error < 0 ? t->error : fdt_setprop(t->blob, node, name, NULL, 0));
}

static void set_cell_array(VMCTree *t, int node, const char *name, const uint32_t *cells, size_t n)
{
    g_autofree uint32_t *be = g_new(uint32_t, n);

    for (size_t i = 0; i < n; i++) {
        be[i] = cpu_to_be32(cells[i]);
    }
    note(t, t->error < 0 ? t->error : fdt_setprop(t->blob, node, name, be, n * sizeof(*be)));
}

#define set_cells(t, node, name, ...) \
    do { \
        const uint32_t cells_[] = { __VA_ARGS__ }; \
        set_cell_array(t, node, name, cells_, G_N_ELEMENTS(cells_)); \
    } while (0)

/* "compatible" with two values. */
static void set_bridge(VMCTree *t, int node, uint32_t base, uint32_t size)
{
    static const char compatible[] = "hawk-bridge\0simple-bus";

    if (t->error >= 0) {
        note(t, fdt_setprop(t->blob, node, "compatible", compatible, sizeof(compatible)));
    }
    set_cells(t, node, "#address-cells", 1);
    set_cells(t, node, "#size-cells", 1);
    set_cells(t, node, "ranges", 0, base, size);
}

/* --- the table's devices --- */

static char *bridge_path(uint32_t base)
{
    return g_strdup_printf("/%s@%x", base == VMC_SMC_BASE ? "hawk" : "xbus", base);
}

void vmc_describe_serial(VMCTree *t, const VMCDevice *row)
{
    g_autofree char *parent = bridge_path(VMC_SMC_BASE);
    g_autofree char *name = g_strdup_printf("serial@%x", row->base - VMC_SMC_BASE);
    int n = node(t, parent, name);

    set_string(t, n, "device_type", "serial");
    set_string(t, n, "compatible", "ns16550");
    set_cells(t, n, "reg", row->base - VMC_SMC_BASE, row->size);
    set_cells(t, n, "reg-shift", 4);
    set_cells(t, n, "clock-frequency", VMC_UART_HZ);
    set_cells(t, n, "current-speed", VMC_BAUD);
    set_cells(t, n, "interrupts", row->irq, IRQ_LEVEL_LOW);
    set_cells(t, n, "interrupt-parent", MPIC_PHANDLE);
}

void vmc_describe_mpic(VMCTree *t, const VMCDevice *row)
{
    g_autofree char *parent = bridge_path(VMC_SMC_BASE);
    g_autofree char *name = g_strdup_printf("interrupt-controller@%x", row->base);
    int n = node(t, parent, name);

    set_string(t, n, "device_type", "open-pic");
    set_string(t, n, "compatible", "chrp,open-pic");
    set_flag(t, n, "interrupt-controller");
    set_cells(t, n, "#interrupt-cells", 2);
    set_cells(t, n, "#address-cells", 0);
    set_cells(t, n, "reg", row->base, row->size);
    set_cells(t, n, "phandle", MPIC_PHANDLE);
}

typedef struct FlashPartition {
    const char *label;
    uint32_t offset;
    uint32_t size; /* 0: the rest */
} FlashPartition;

/* Bank A; the boot flash is the firmware's business and isn't described. */
static const FlashPartition flash_partitions[] = {
    { "firmware", 0x000000, 0x100000 },
    { "kernel", 0x100000, 0x600000 },
    { "data", 0x700000, 0 },
};

static void describe_partitions(VMCTree *t, const char *flash, uint32_t flash_size)
{
    g_autofree char *path = g_strdup_printf("%s/partitions", flash);
    int n = node(t, flash, "partitions");

    set_string(t, n, "compatible", "fixed-partitions");
    set_cells(t, n, "#address-cells", 1);
    set_cells(t, n, "#size-cells", 1);
    for (size_t i = G_N_ELEMENTS(flash_partitions); i-- > 0;) {
        const FlashPartition *p = &flash_partitions[i];
        g_autofree char *name = g_strdup_printf("partition@%x", p->offset);

        n = node(t, path, name);
        set_string(t, n, "label", p->label);
        set_cells(t, n, "reg", p->offset, p->size ? p->size : flash_size - p->offset);
    }
}

void vmc_describe_flash(VMCTree *t, const VMCDevice *row)
{
    g_autofree char *bridge = bridge_path(row->base);
    g_autofree char *flash = g_strdup_printf("%s/flash@0", bridge);

    set_bridge(t, node(t, "/", bridge + 1), row->base, row->size);
    int n = node(t, bridge, "flash@0");
    set_string(t, n, "compatible", "cfi-flash");
    set_cells(t, n, "#address-cells", 1);
    set_cells(t, n, "#size-cells", 1);
    set_cells(t, n, "reg", 0, row->size);
    set_cells(t, n, "bank-width", 2);
    set_cells(t, n, "device-width", 2);
    describe_partitions(t, flash, row->size);
}

/* One row of seven cells for each wired pin of each slot. */
static GArray *interrupt_map(void)
{
    GArray *map = g_array_new(false, false, sizeof(uint32_t));

    for (int slot = 0; slot < 32; slot++) {
        for (int pin = 0; pin < 4; pin++) {
            int irq = vmc_pci_irq(slot, pin);
            const uint32_t row[] = {
                slot << 11, 0, 0, pin + 1, MPIC_PHANDLE, irq,
                irq == VMC_IRQ_8259 ? IRQ_LEVEL_HIGH : IRQ_LEVEL_LOW,
            };

            if (irq != VMC_IRQ_NONE) {
                g_array_append_vals(map, row, G_N_ELEMENTS(row));
            }
        }
    }
    return map;
}

void vmc_describe_pci(VMCTree *t, const VMCDevice *row)
{
    g_autoptr(GArray) map = interrupt_map();
    g_autofree char *name = g_strdup_printf("pci@%x", row->base);
    int n = node(t, "/", name);

    set_string(t, n, "device_type", "pci");
    set_string(t, n, "compatible", "hawk-pci");
    set_cells(t, n, "#address-cells", 3);
    set_cells(t, n, "#size-cells", 2);
    set_cells(t, n, "#interrupt-cells", 1);
    set_cells(t, n, "reg", HAWK_PCI_CONFIG, 0x400000);
    set_cells(t, n, "ranges",
              PCI_SPACE_IO, 0, 0, VMC_PCI_IO_BASE, 0, VMC_PCI_IO_SIZE,
              PCI_SPACE_MEM, 0, VMC_PCI_MEM_BASE, VMC_PCI_MEM_BASE, 0, VMC_PCI_MEM_SIZE);
    set_cells(t, n, "bus-range", 0, 255);
    set_cells(t, n, "clock-frequency", VMC_PCI_HZ);
    set_cells(t, n, "interrupt-parent", MPIC_PHANDLE);
    set_cells(t, n, "interrupt-map-mask", 0xf800, 0, 0, 7);
    set_cell_array(t, n, "interrupt-map", (uint32_t *)map->data, map->len);
}

/* --- the rest of the tree --- */

static void describe_root(VMCTree *t)
{
    set_string(t, 0, "model", "MVME5100");
    set_string(t, 0, "compatible", "MVME5100");
    set_cells(t, 0, "#address-cells", 1);
    set_cells(t, 0, "#size-cells", 1);
}

static void describe_cpu(VMCTree *t)
{
    g_autofree char *name = g_strdup_printf("PowerPC,%s@0", t->info->cpu);
    int n = node(t, "/", "cpus");

    set_cells(t, n, "#address-cells", 1);
    set_cells(t, n, "#size-cells", 0);
    n = node(t, "/cpus", name);
    set_string(t, n, "device_type", "cpu");
    set_cells(t, n, "reg", 0);
    set_cells(t, n, "d-cache-line-size", 32);
    set_cells(t, n, "i-cache-line-size", 32);
    set_cells(t, n, "d-cache-size", 32 * KiB);
    set_cells(t, n, "i-cache-size", 32 * KiB);
    set_cells(t, n, "timebase-frequency", t->info->tb_hz);
    set_cells(t, n, "clock-frequency", VMC_CPU_HZ);
    set_cells(t, n, "bus-frequency", VMC_BUS_HZ);
}

/* Appends a number of `width` cells, the most significant one first. */
static void add_number(VMCTree *t, GArray *cells, int width, uint64_t value)
{
    if (width < 1 || (width == 1 && value > UINT32_MAX)) {
        note(t, -FDT_ERR_BADNCELLS);
    }
    for (int i = width - 1; i >= 0; i--) {
        uint32_t cell = i < 2 ? value >> (32 * i) : 0;

        g_array_append_val(cells, cell);
    }
}

/* All of the RAM, in as many cells as the node's parent says that its children's addresses have. */
static void set_memory_range(VMCTree *t, int node)
{
    g_autoptr(GArray) cells = g_array_new(false, false, sizeof(uint32_t));
    int parent = t->error < 0 ? t->error : fdt_parent_offset(t->blob, node);

    note(t, parent);
    if (t->error >= 0) {
        add_number(t, cells, fdt_address_cells(t->blob, parent), 0);
        add_number(t, cells, fdt_size_cells(t->blob, parent), t->info->ram_size);
        set_cell_array(t, node, "reg", (uint32_t *)cells->data, cells->len);
    }
}

static void describe_memory(VMCTree *t)
{
    int n = node(t, "/", "memory");

    set_string(t, n, "device_type", "memory");
    set_memory_range(t, n);
}

static void describe_hawk(VMCTree *t)
{
    g_autofree char *path = bridge_path(VMC_SMC_BASE);
    int n = node(t, "/", path + 1);

    set_bridge(t, n, VMC_SMC_BASE, EXTERNAL_REGS);
    set_cells(t, n, "reg", VMC_SMC_BASE, EXTERNAL_REGS);
}

/* The kernel's words: separated by white space that isn't between double quotes. */
static char **words_of(const char *bootargs)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_autoptr(GString) word = g_string_new(NULL);
    bool quoted = false;

    for (const char *p = bootargs; *p; p++) {
        quoted ^= *p == '"';
        if (quoted || !g_ascii_isspace(*p)) {
            g_string_append_c(word, *p);
        }
        if (word->len && (!p[1] || (!quoted && g_ascii_isspace(p[1])))) {
            g_strv_builder_add(words, word->str);
            g_string_truncate(word, 0);
        }
    }
    return g_strv_builder_end(words);
}

/* N of console=ttySN[,options]; -1 if the word is something else. */
static int console_of_word(const char *word)
{
    static const char option[] = "console=ttyS";
    const char *digits = word + strlen(option);
    uint64_t line;
    char *end;

    if (!g_str_has_prefix(word, option) || !g_ascii_isdigit(*digits)) {
        return -1;
    }
    line = g_ascii_strtoull(digits, &end, 10);
    return (*end && *end != ',') || line > INT_MAX ? -1 : (int)line;
}

/*
 * Which serial line the last console= of the command line names; 0 if none does. What follows "--"
 * isn't the kernel's.
 */
static int console_line(const char *bootargs)
{
    g_auto(GStrv) words = words_of(bootargs ? bootargs : "");
    int line = 0;

    for (int i = 0; words[i] && !g_str_equal(words[i], "--"); i++) {
        int named = console_of_word(words[i]);

        line = named >= 0 ? named : line;
    }
    return line;
}

static char *serial_path(const VMCDevice *row)
{
    return g_strdup_printf("/hawk@%x/serial@%x", VMC_SMC_BASE, row->base - VMC_SMC_BASE);
}

static void describe_aliases(VMCTree *t)
{
    int n = node(t, "/", "aliases");

    for (size_t i = 0; i < t->info->num_devices; i++) {
        const VMCDevice *row = &t->info->devices[i];
        g_autofree char *path = NULL, *alias = NULL;

        if (row->describe == vmc_describe_serial) {
            path = serial_path(row);
            alias = g_strdup_printf("serial%d", row->unit);
        } else if (row->describe == vmc_describe_pci) {
            path = g_strdup_printf("/pci@%x", row->base);
            alias = g_strdup("pci0");
        } else {
            continue;
        }
        set_string(t, n, alias, path);
    }
}

/*
 * With the console that the kernel uses before it has parsed its command line: the one named there.
 */
static void describe_chosen(VMCTree *t)
{
    int console = console_line(t->info->bootargs);
    int n = node(t, "/", "chosen");

    for (size_t i = 0; i < t->info->num_devices; i++) {
        const VMCDevice *row = &t->info->devices[i];

        if (row->describe == vmc_describe_serial && row->unit == console) {
            g_autofree char *path = serial_path(row);

            set_string(t, n, "stdout-path", path);
        }
    }
}

/* An address in /chosen, as wide as the tree's addresses are. */
static void set_address(VMCTree *t, int node, const char *name, uint64_t value)
{
    g_autoptr(GArray) cells = g_array_new(false, false, sizeof(uint32_t));

    if (t->error >= 0) {
        add_number(t, cells, fdt_address_cells(t->blob, 0), value);
        set_cell_array(t, node, name, (uint32_t *)cells->data, cells->len);
    }
}

/* The parts of /chosen that the command line determines; the node exists. */
static void describe_boot(VMCTree *t)
{
    const VMCTreeInfo *info = t->info;
    int n = t->error < 0 ? t->error : fdt_path_offset(t->blob, "/chosen");

    note(t, n);
    if (info->bootargs) {
        set_string(t, n, "bootargs", info->bootargs);
    }
    if (info->boot_order) {
        set_string(t, n, "qemu,boot-device", info->boot_order);
    }
    if (info->initrd_end != info->initrd_start) {
        set_address(t, n, "linux,initrd-start", info->initrd_start);
        set_address(t, n, "linux,initrd-end", info->initrd_end);
    }
}

static const char *error_text(int error)
{
    switch (error) {
    case -FDT_ERR_NOSPACE:
        return "device tree or boot arguments too large";
    case -FDT_ERR_BADNCELLS:
        return "memory can't be described with its #address-cells and #size-cells";
    default:
        return fdt_strerror(error);
    }
}

static void *finish(VMCTree *t, const char *what, Error **errp)
{
    note(t, t->error < 0 ? t->error : fdt_pack(t->blob));
    if (t->error < 0) {
        error_setg(errp, "%s: %s", what, error_text(t->error));
        g_free(t->blob);
        return NULL;
    }
    return t->blob;
}

void *vmc_tree_build(const VMCTreeInfo *info, Error **errp)
{
    VMCTree t = { .blob = g_malloc0(VMC_TREE_MAX), .info = info };

    note(&t, fdt_create_empty_tree(t.blob, VMC_TREE_MAX));
    describe_root(&t);
    /*
     * Each node goes before its siblings, so the last to appear comes first. Linux numbers UARTs in
     * order.
     */
    describe_chosen(&t);
    describe_hawk(&t);
    for (size_t i = info->num_devices; i-- > 0;) {
        if (info->devices[i].describe) {
            info->devices[i].describe(&t, &info->devices[i]);
        }
    }
    describe_memory(&t);
    describe_cpu(&t);
    describe_aliases(&t);
    describe_boot(&t);
    return finish(&t, "device tree", errp);
}

/* --- a tree from a file --- */

/* Refuses what is no file or too large before it is read. */
static bool check_tree_file(const char *filename, Error **errp)
{
    struct stat st;

    if (stat(filename, &st) < 0) {
        error_setg(errp, "could not read device tree '%s': %s", filename, strerror(errno));
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        error_setg(errp, "device tree '%s' is not a regular file", filename);
        return false;
    }
    if (st.st_size > (off_t)VMC_TREE_FILE_MAX) {
        error_setg(errp, "device tree '%s' is too large: %" PRId64 " bytes, maximum %u", filename,
                   (int64_t)st.st_size, (unsigned)VMC_TREE_FILE_MAX);
        return false;
    }
    return true;
}

/* With what may be put into it. */
static uint64_t tree_room(uint64_t file_size)
{
    return ROUND_UP(file_size + VMC_TREE_MAX / 2, 64 * KiB);
}

uint64_t vmc_tree_room(const char *filename)
{
    struct stat st;

    if (!filename || stat(filename, &st) < 0 || st.st_size > (off_t)VMC_TREE_FILE_MAX) {
        return VMC_TREE_MAX; /* a file that can't be used is refused when it is loaded */
    }
    return tree_room(st.st_size);
}

static int next_memory(VMCTree *t, int after)
{
    return fdt_node_offset_by_prop_value(t->blob, after, "device_type", "memory",
                                         sizeof("memory"));
}

/*
 * The memory in the tree becomes what the machine has, as a boot loader does: one range, in the
 * first memory node; others, which would speak of memory that isn't there, go.
 */
static void correct_memory(VMCTree *t)
{
    int first = t->error < 0 ? t->error : next_memory(t, -1), other;

    if (first == -FDT_ERR_NOTFOUND) {
        describe_memory(t);
        return;
    }
    note(t, first);
    while (t->error >= 0 && (other = next_memory(t, first)) >= 0) {
        note(t, fdt_del_node(t->blob, other));
    }
    set_memory_range(t, first);
}

void *vmc_tree_load(const char *filename, const VMCTreeInfo *info, Error **errp)
{
    g_autofree char *contents = NULL;
    g_autoptr(GError) gerr = NULL;
    gsize length;
    uint64_t room;
    VMCTree t = { .info = info };

    if (!check_tree_file(filename, errp)) {
        return NULL;
    }
    if (!g_file_get_contents(filename, &contents, &length, &gerr)) {
        error_setg(errp, "could not read device tree: %s", gerr->message);
        return NULL;
    }
    if (length < sizeof(struct fdt_header) || fdt_check_full(contents, length) != 0) {
        error_setg(errp, "'%s' is not a flattened device tree", filename);
        return NULL;
    }
    room = tree_room(length);
    t.blob = g_malloc0(room);
    note(&t, fdt_open_into(contents, t.blob, room));
    correct_memory(&t);
    if (t.error >= 0 && fdt_path_offset(t.blob, "/chosen") < 0) {
        node(&t, "/", "chosen");
    }
    describe_boot(&t);
    return finish(&t, filename, errp);
}
