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

static void describe_memory(VMCTree *t)
{
    int n = node(t, "/", "memory");

    set_string(t, n, "device_type", "memory");
    set_cells(t, n, "reg", 0, t->info->ram_size);
}

static void describe_hawk(VMCTree *t)
{
    g_autofree char *path = bridge_path(VMC_SMC_BASE);
    int n = node(t, "/", path + 1);

    set_bridge(t, n, VMC_SMC_BASE, EXTERNAL_REGS);
    set_cells(t, n, "reg", VMC_SMC_BASE, EXTERNAL_REGS);
}

/* Which serial line the last console=ttySn of the command line names; 0 if none does. */
static int console_line(const char *bootargs)
{
    const char *option = "console=ttyS";
    const char *at = bootargs;
    int line = 0;

    while (at && (at = strstr(at, option))) {
        at += strlen(option);
        if (g_ascii_isdigit(*at)) {
            line = *at - '0';
        }
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
        set_cells(t, n, "linux,initrd-start", info->initrd_start);
        set_cells(t, n, "linux,initrd-end", info->initrd_end);
    }
}

static void *finish(VMCTree *t, const char *what, Error **errp)
{
    note(t, t->error < 0 ? t->error : fdt_pack(t->blob));
    if (t->error < 0) {
        error_setg(errp, "%s: %s", what,
                   t->error == -FDT_ERR_NOSPACE ? "device tree or boot arguments too large"
                                                : fdt_strerror(t->error));
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

/* The size in /memory becomes what the machine has, as a boot loader does. */
static void correct_memory(VMCTree *t)
{
    int n = t->error < 0 ? t->error
                         : fdt_node_offset_by_prop_value(t->blob, -1, "device_type", "memory",
                                                         sizeof("memory"));

    if (n >= 0) {
        set_cells(t, n, "reg", 0, t->info->ram_size);
    }
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
