/*
 * `virt` board: the device tree, written from the board's table of devices.
 *
 * The tree is written front to back: each node with its properties, then its children.
 *
 * Reference: Devicetree Specification 0.4; the bindings of Linux
 * (Documentation/devicetree/bindings: arm/psci, arm/cpus, timer/arm,arch_timer,
 * interrupt-controller/arm,gic and arm,gic-v3, serial/pl011, rtc/arm,pl031, mtd/mtd-physmap,
 * pci/pci-msi); PCI Bus Binding to Open Firmware for the host bridge.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <libfdt.h>
#include <sys/random.h>
#include "hw/arm/smmuv3.h"
#include "hw/arm/virt.h"
#include "hw/pci-host/gpex.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "system/device_tree.h"

#define TREE_ROOM (1 * MiB)

enum { PHANDLE_GIC = 1, PHANDLE_CLOCK, PHANDLE_MSI, PHANDLE_GPIO, PHANDLE_SECURE_GPIO, PHANDLE_SMMU,
       PHANDLE_CPU = 0x100 };

/* Interrupt specifiers of the GIC: shared or private, number, how it is triggered. */
enum { GIC_SPI = 0, GIC_PPI = 1 };
enum { IRQ_EDGE_RISING = 1, IRQ_LEVEL_HIGH = 4 };

/* The first failure sticks: what follows does nothing, and the end reports it. */
struct VirtTree {
    void *blob;
    int error;
    const VirtTreeInfo *info;
};

static void note(VirtTree *t, int result)
{
    t->error = t->error ? t->error : result;
}

static void begin(VirtTree *t, const char *name)
{
    note(t, t->error ? 0 : fdt_begin_node(t->blob, name));
}

static void end(VirtTree *t)
{
    note(t, t->error ? 0 : fdt_end_node(t->blob));
}

static void property(VirtTree *t, const char *name, const void *value, size_t size)
{
    note(t, t->error ? 0 : fdt_property(t->blob, name, value, size));
}

static void flag(VirtTree *t, const char *name)
{
    property(t, name, NULL, 0);
}

/* One string, or several with "\0" between them: a literal. */
#define strings(t, name, literal) property(t, name, literal, sizeof(literal))

static void text(VirtTree *t, const char *name, const char *value)
{
    property(t, name, value, strlen(value) + 1);
}

static void cell_array(VirtTree *t, const char *name, const uint32_t *cells, size_t n)
{
    g_autofree uint32_t *big = g_new(uint32_t, n);

    for (size_t i = 0; i < n; i++) {
        big[i] = cpu_to_be32(cells[i]);
    }
    property(t, name, big, n * sizeof(*big));
}

#define cells(t, name, ...)                                                                        \
    do {                                                                                           \
        const uint32_t cells_[] = { __VA_ARGS__ };                                                 \
        cell_array(t, name, cells_, ARRAY_SIZE(cells_));                                           \
    } while (0)

/* An address or a size takes two cells. */
#define TWO_CELLS(value) (uint32_t)((uint64_t)(value) >> 32), (uint32_t)(value)

static void begin_at(VirtTree *t, const char *name, uint64_t address)
{
    g_autofree char *unit = g_strdup_printf("%s@%" PRIx64, name, address);

    begin(t, unit);
}

/* ---- The table's devices ---- */

static void describe_interrupt(VirtTree *t, const VirtDevice *row)
{
    cells(t, "interrupts", GIC_SPI, row->irq, IRQ_LEVEL_HIGH);
}

/* How private interrupts are triggered: a GICv2's have a mask of CPUs above that. */
static uint32_t how_private(const VirtTree *t)
{
    uint32_t cpus = t->info->board->gic_version == 2 ? (1u << t->info->num_cpus) - 1 : 0;

    return IRQ_LEVEL_HIGH | cpus << 8;
}

static void describe_v2m(VirtTree *t, const VirtDevice *row)
{
    begin_at(t, "v2m", row->base);
    strings(t, "compatible", "arm,gic-v2m-frame");
    flag(t, "msi-controller");
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
    cells(t, "phandle", PHANDLE_MSI);
    end(t);
}

static void describe_its(VirtTree *t, const VirtDevice *row)
{
    begin_at(t, "its", row->base);
    strings(t, "compatible", "arm,gic-v3-its");
    flag(t, "msi-controller");
    cells(t, "#msi-cells", 1);
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
    cells(t, "phandle", PHANDLE_MSI);
    end(t);
}

/* What a hypervisor uses of it. */
static void describe_maintenance(VirtTree *t)
{
    if (t->info->board->virtualization) {
        cells(t, "interrupts", GIC_PPI, VIRT_PPI_GIC_MAINTENANCE - 16, how_private(t));
    }
}

static void describe_gicv3(VirtTree *t, const VirtDevice *row)
{
    begin_at(t, "intc", row->base);
    strings(t, "compatible", "arm,gic-v3");
    flag(t, "interrupt-controller");
    cells(t, "#interrupt-cells", 3);
    cells(t, "#address-cells", 2);
    cells(t, "#size-cells", 2);
    flag(t, "ranges");
    cells(t, "#redistributor-regions", 1);
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(0x10000), TWO_CELLS(VIRT_GICV3_REDISTRIBUTORS),
          TWO_CELLS(VIRT_GICV3_REDISTRIBUTORS_SIZE));
    describe_maintenance(t);
    cells(t, "phandle", PHANDLE_GIC);
    if (virt_has_its(t->info->board)) {
        describe_its(t, virt_find_device("gic-its"));
    }
    end(t);
}

void virt_describe_gic(VirtTree *t, const VirtDevice *row)
{
    if (t->info->board->gic_version == 3) {
        describe_gicv3(t, row);
        return;
    }
    begin_at(t, "intc", row->base);
    strings(t, "compatible", "arm,cortex-a15-gic");
    flag(t, "interrupt-controller");
    cells(t, "#interrupt-cells", 3);
    cells(t, "#address-cells", 2);
    cells(t, "#size-cells", 2);
    flag(t, "ranges");
    if (t->info->board->virtualization) {
        cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(0x10000), TWO_CELLS(VIRT_GIC_INTERFACE),
              TWO_CELLS(0x10000), TWO_CELLS(VIRT_GIC_HYPERVISOR), TWO_CELLS(0x10000),
              TWO_CELLS(VIRT_GIC_VIRTUAL), TWO_CELLS(0x10000));
    } else {
        cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(0x10000), TWO_CELLS(VIRT_GIC_INTERFACE),
              TWO_CELLS(0x10000));
    }
    describe_maintenance(t);
    cells(t, "phandle", PHANDLE_GIC);
    describe_v2m(t, virt_find_device("gicv2m"));
    end(t);
}

/* What is secure state's alone others don't use. */
static void describe_who_may(VirtTree *t, const VirtDevice *row)
{
    if (row->secure) {
        strings(t, "status", "disabled");
        strings(t, "secure-status", "okay");
    }
}

void virt_describe_uart(VirtTree *t, const VirtDevice *row)
{
    begin_at(t, "pl011", row->base);
    strings(t, "compatible", "arm,pl011\0arm,primecell");
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
    describe_interrupt(t, row);
    cells(t, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
    strings(t, "clock-names", "uartclk\0apb_pclk");
    describe_who_may(t, row);
    end(t);
}

void virt_describe_rtc(VirtTree *t, const VirtDevice *row)
{
    begin_at(t, "pl031", row->base);
    strings(t, "compatible", "arm,pl031\0arm,primecell");
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
    describe_interrupt(t, row);
    cells(t, "clocks", PHANDLE_CLOCK);
    strings(t, "clock-names", "apb_pclk");
    end(t);
}

#define KEY_POWER 116 /* Linux, include/uapi/linux/input-event-codes.h */

void virt_describe_gpio(VirtTree *t, const VirtDevice *row)
{
    begin_at(t, "pl061", row->base);
    strings(t, "compatible", "arm,pl061\0arm,primecell");
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
    describe_interrupt(t, row);
    flag(t, "gpio-controller");
    cells(t, "#gpio-cells", 2);
    cells(t, "clocks", PHANDLE_CLOCK);
    strings(t, "clock-names", "apb_pclk");
    cells(t, "phandle", PHANDLE_GPIO);
    end(t);

    begin(t, "gpio-keys");
    strings(t, "compatible", "gpio-keys");
    begin(t, "poweroff");
    strings(t, "label", "GPIO Key Poweroff");
    cells(t, "linux,code", KEY_POWER);
    cells(t, "gpios", PHANDLE_GPIO, VIRT_POWER_BUTTON_PIN, 0);
    end(t);
    end(t);
}

static void describe_power_pin(VirtTree *t, const char *name, unsigned pin)
{
    begin(t, name);
    text(t, "compatible", name);
    cells(t, "gpios", PHANDLE_SECURE_GPIO, pin, 0);
    strings(t, "status", "disabled");
    strings(t, "secure-status", "okay");
    end(t);
}

/* Nothing interrupts there: the pins are outputs. */
void virt_describe_secure_gpio(VirtTree *t, const VirtDevice *row)
{
    begin_at(t, "pl061", row->base);
    strings(t, "compatible", "arm,pl061\0arm,primecell");
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
    flag(t, "gpio-controller");
    cells(t, "#gpio-cells", 2);
    cells(t, "clocks", PHANDLE_CLOCK);
    strings(t, "clock-names", "apb_pclk");
    cells(t, "phandle", PHANDLE_SECURE_GPIO);
    describe_who_may(t, row);
    end(t);
    describe_power_pin(t, "gpio-poweroff", VIRT_SECURE_POWEROFF_PIN);
    describe_power_pin(t, "gpio-restart", VIRT_SECURE_RESET_PIN);
}

void virt_describe_secure_ram(VirtTree *t, const VirtDevice *row)
{
    begin_at(t, "secram", row->base);
    strings(t, "device_type", "memory");
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
    describe_who_may(t, row);
    end(t);
}

void virt_describe_fw_cfg(VirtTree *t, const VirtDevice *row)
{
    begin_at(t, "fw-cfg", row->base);
    strings(t, "compatible", "qemu,fw-cfg-mmio");
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
    flag(t, "dma-coherent");
    end(t);
}

/* Both banks in one node, written by the first one's row. */
void virt_describe_flash(VirtTree *t, const VirtDevice *row)
{
    if (t->info->board->secure) { /* each for itself, as not all see both */
        begin_at(t, row->unit == 0 ? "secflash" : "flash", row->base);
        strings(t, "compatible", "cfi-flash");
        cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
        cells(t, "bank-width", 4);
        if (row->unit == 0) {
            strings(t, "status", "disabled");
            strings(t, "secure-status", "okay");
        }
        end(t);
    } else if (row->unit == 0) {
        begin_at(t, "flash", row->base);
        strings(t, "compatible", "cfi-flash");
        cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size),
              TWO_CELLS(row->base + row->size), TWO_CELLS(row->size));
        cells(t, "bank-width", 4);
        end(t);
    }
}

/* Their interrupts are levels, whatever QEMU's tree says of its own. */
void virt_describe_transports(VirtTree *t, const VirtDevice *row)
{
    for (unsigned i = 0; i < VIRT_NUM_TRANSPORTS && virt_has_transports(); i++) {
        uint64_t base = row->base + i * row->size;

        begin_at(t, "virtio_mmio", base);
        strings(t, "compatible", "virtio,mmio");
        cells(t, "reg", TWO_CELLS(base), TWO_CELLS(row->size));
        cells(t, "interrupts", GIC_SPI, row->irq + i, IRQ_LEVEL_HIGH);
        flag(t, "dma-coherent");
        end(t);
    }
}

void virt_describe_smmu(VirtTree *t, const VirtDevice *row)
{
    if (!t->info->board->smmu) {
        return;
    }
    begin_at(t, "smmuv3", row->base);
    strings(t, "compatible", "arm,smmu-v3");
    cells(t, "reg", TWO_CELLS(row->base), TWO_CELLS(row->size));
    cells(t, "interrupts",
          GIC_SPI, row->irq + SMMUV3_IRQ_EVENT, IRQ_EDGE_RISING,
          GIC_SPI, row->irq + SMMUV3_IRQ_PRI, IRQ_EDGE_RISING,
          GIC_SPI, row->irq + SMMUV3_IRQ_SYNC, IRQ_EDGE_RISING,
          GIC_SPI, row->irq + SMMUV3_IRQ_ERROR, IRQ_EDGE_RISING);
    strings(t, "interrupt-names", "eventq\0priq\0cmdq-sync\0gerror");
    flag(t, "dma-coherent");
    cells(t, "#iommu-cells", 1);
    cells(t, "phandle", PHANDLE_SMMU);
    end(t);
}

/* Each pin of the first slots, and which interrupt it is: the next slot's is one further. */
static void describe_pins(VirtTree *t, const VirtDevice *row)
{
    GArray *map = g_array_new(false, false, sizeof(uint32_t));

    for (unsigned slot = 0; slot < VIRT_PCIE_SLOTS; slot++) {
        for (unsigned pin = 0; pin < GPEX_NUM_IRQS; pin++) {
            const uint32_t entry[] = {
                slot << 11, 0, 0, pin + 1,
                PHANDLE_GIC, 0, 0,
                GIC_SPI, row->irq + (slot + pin) % GPEX_NUM_IRQS, IRQ_LEVEL_HIGH,
            };

            g_array_append_vals(map, entry, ARRAY_SIZE(entry));
        }
    }
    cells(t, "#interrupt-cells", 1);
    cells(t, "interrupt-map-mask", (VIRT_PCIE_SLOTS - 1) << 11, 0, 0, 7);
    cell_array(t, "interrupt-map", (uint32_t *)map->data, map->len);
    g_array_unref(map);
}

enum { PCI_SPACE_IO = 0x01000000, PCI_SPACE_MEM32 = 0x02000000, PCI_SPACE_MEM64 = 0x03000000 };

void virt_describe_pcie(VirtTree *t, const VirtDevice *row)
{
    const VirtState *s = t->info->board;
    unsigned buses = virt_num_pci_buses(s);
    const uint32_t ranges[] = {
        PCI_SPACE_IO, TWO_CELLS(0), TWO_CELLS(VIRT_PCIE_IO), TWO_CELLS(64 * KiB),
        PCI_SPACE_MEM32, TWO_CELLS(row->base), TWO_CELLS(row->base), TWO_CELLS(row->size),
        PCI_SPACE_MEM64, TWO_CELLS(virt_pci_window_base(s)), TWO_CELLS(virt_pci_window_base(s)),
        TWO_CELLS(VIRT_PCIE_HIGH_SIZE),
    };
    size_t num_ranges = s->highmem && s->highmem_mmio ? 3 : 2;

    begin_at(t, "pcie", row->base);
    strings(t, "compatible", "pci-host-ecam-generic");
    strings(t, "device_type", "pci");
    cells(t, "#address-cells", 3);
    cells(t, "#size-cells", 2);
    cells(t, "linux,pci-domain", 0);
    cells(t, "bus-range", 0, buses - 1);
    flag(t, "dma-coherent");
    cells(t, "reg", TWO_CELLS(virt_pci_config_base(s)), TWO_CELLS(buses * (uint64_t)PCIE_ECAM_BUS_SIZE));
    cell_array(t, "ranges", ranges, ARRAY_SIZE(ranges) / 3 * num_ranges);
    if (s->gic_version == 2 || virt_has_its(s)) { /* a requester's number is its DeviceID */
        cells(t, "msi-map", 0, PHANDLE_MSI, 0, 0x10000);
    }
    if (s->smmu) { /* a requester's number is its StreamID */
        cells(t, "iommu-map", 0, PHANDLE_SMMU, 0, 0x10000);
    }
    describe_pins(t, row);
    end(t);
}

/* ---- The rest ---- */

static void describe_memory(VirtTree *t)
{
    begin_at(t, "memory", VIRT_RAM_BASE);
    strings(t, "device_type", "memory");
    cells(t, "reg", TWO_CELLS(VIRT_RAM_BASE), TWO_CELLS(t->info->ram_size));
    if (t->info->board->parent_obj.ram_slots) {
        cells(t, "numa-node-id", 0);
    }
    end(t);
}

static void begin_numbered(VirtTree *t, const char *name, unsigned number)
{
    g_autofree char *numbered = g_strdup_printf("%s%u", name, number);

    begin(t, numbered);
}

/* Sockets of one cluster each, cores, and threads where cores have several. */
static void describe_topology(VirtTree *t)
{
    const CPUTopology *smp = &t->info->board->parent_obj.smp;

    begin(t, "cpu-map");
    for (unsigned i = 0; i < t->info->num_cpus; i++) {
        unsigned thread = i % smp->threads, core = i / smp->threads % smp->cores;
        bool last_thread = thread + 1 == smp->threads || i + 1 == t->info->num_cpus;

        if (thread == 0 && core == 0) {
            begin_numbered(t, "socket", i / smp->threads / smp->cores);
            begin_numbered(t, "cluster", 0);
        }
        if (thread == 0) {
            begin_numbered(t, "core", core);
        }
        if (smp->threads > 1) {
            begin_numbered(t, "thread", thread);
        }
        cells(t, "cpu", PHANDLE_CPU + i);
        end(t);
        if (smp->threads > 1 && last_thread) {
            end(t);
        }
        if (last_thread && (core + 1 == smp->cores || i + 1 == t->info->num_cpus)) {
            end(t);
            end(t);
        }
    }
    end(t);
}

static void describe_cpus(VirtTree *t)
{
    begin(t, "cpus");
    cells(t, "#address-cells", 1);
    cells(t, "#size-cells", 0);
    for (unsigned i = 0; i < t->info->num_cpus; i++) {
        begin_at(t, "cpu", i);
        strings(t, "device_type", "cpu");
        text(t, "compatible", t->info->cpu);
        cells(t, "reg", t->info->affinities[i]);
        if (virt_psci_conduit(t->info->board) != ARM_PSCI_NONE) {
            strings(t, "enable-method", "psci");
        }
        if (t->info->board->parent_obj.ram_slots) {
            cells(t, "numa-node-id", 0);
        }
        cells(t, "phandle", PHANDLE_CPU + i);
        end(t);
    }
    if (virt_is_since(t->info->board, 6, 2)) {
        describe_topology(t);
    }
    end(t);
}

static void describe_psci(VirtTree *t)
{
    uint32_t wide = t->info->aarch32 ? 0 : 0x40000000; /* parameters of 64 bits */

    if (virt_psci_conduit(t->info->board) == ARM_PSCI_NONE) {
        return; /* firmware adds what it provides */
    }
    begin(t, "psci");
    strings(t, "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci");
    text(t, "method", virt_psci_conduit(t->info->board) == ARM_PSCI_SMC ? "smc" : "hvc");
    cells(t, "cpu_suspend", 0x84000001 | wide);
    cells(t, "cpu_off", 0x84000002);
    cells(t, "cpu_on", 0x84000003 | wide);
    end(t);
}

/* Private interrupts are counted from 16 on. */
static void describe_timer(VirtTree *t)
{
    uint32_t how = how_private(t);

    begin(t, "timer");
    strings(t, "compatible", "arm,armv8-timer\0arm,armv7-timer");
    flag(t, "always-on");
    cells(t, "interrupts", GIC_PPI, VIRT_PPI_TIMER_SECURE - 16, how, GIC_PPI,
          VIRT_PPI_TIMER_PHYS - 16, how, GIC_PPI, VIRT_PPI_TIMER_VIRT - 16, how, GIC_PPI,
          VIRT_PPI_TIMER_HYP - 16, how);
    end(t);
}

/* The binding (arm/pmu) has a name for those of Armv8 alone that says nothing of the part. */
static void describe_pmu(VirtTree *t)
{
    const ARMIdRegs *id = &t->info->board->cpus[0]->env.id;

    if (arm_has_pmu(id) && id->pfr0) {
        begin(t, "pmu");
        strings(t, "compatible", "arm,armv8-pmuv3");
        cells(t, "interrupts", GIC_PPI, VIRT_PPI_PMU - 16, how_private(t));
        end(t);
    }
}

static void describe_clock(VirtTree *t)
{
    begin(t, "apb-pclk");
    strings(t, "compatible", "fixed-clock");
    cells(t, "#clock-cells", 0);
    cells(t, "clock-frequency", VIRT_CLOCK_HZ);
    strings(t, "clock-output-names", "clk24mhz");
    cells(t, "phandle", PHANDLE_CLOCK);
    end(t);
}

static void add_seed(VirtTree *t, const char *name, size_t size)
{
    uint8_t seed[32];

    if (getrandom(seed, size, 0) == (ssize_t)size) {
        property(t, name, seed, size);
    }
}

static void describe_boot(VirtTree *t)
{
    const VirtDevice *console = NULL;
    g_autofree char *path = NULL;

    for (size_t i = 0; i < virt_num_devices && !console; i++) {
        console = virt_devices[i].describe == virt_describe_uart ? &virt_devices[i] : NULL;
    }
    path = g_strdup_printf("/pl011@%" PRIx64, console->base);
    begin(t, "chosen");
    text(t, "stdout-path", path);
    if (t->info->seeds) {
        add_seed(t, "kaslr-seed", 8);
        add_seed(t, "rng-seed", 32);
    }
    if (t->info->bootargs) {
        text(t, "bootargs", t->info->bootargs);
    }
    if (t->info->initrd_start != t->info->initrd_end) {
        cells(t, "linux,initrd-start", TWO_CELLS(t->info->initrd_start));
        cells(t, "linux,initrd-end", TWO_CELLS(t->info->initrd_end));
    }
    end(t);
}

/* Where firmware for secure state writes. */
static void describe_secure_console(VirtTree *t)
{
    g_autofree char *path = NULL;

    if (t->info->board->secure) {
        path = g_strdup_printf("/pl011@%" PRIx64, virt_find_device("secure-uart")->base);
        begin(t, "secure-chosen");
        text(t, "stdout-path", path);
        end(t);
    }
}

static void describe_root(VirtTree *t)
{
    begin(t, "");
    strings(t, "compatible", "linux,dummy-virt");
    strings(t, "model", "linux,dummy-virt");
    cells(t, "#address-cells", 2);
    cells(t, "#size-cells", 2);
    cells(t, "interrupt-parent", PHANDLE_GIC);
    describe_psci(t);
    describe_memory(t);
    for (size_t i = 0; i < virt_num_devices; i++) {
        if (virt_devices[i].describe && virt_has_device(t->info->board, &virt_devices[i])) {
            virt_devices[i].describe(t, &virt_devices[i]);
        }
    }
    describe_cpus(t);
    describe_timer(t);
    describe_pmu(t);
    describe_clock(t);
    describe_boot(t);
    describe_secure_console(t);
    end(t);
}

void *virt_tree_build(const VirtTreeInfo *info, Error **errp)
{
    VirtTree t = { .blob = g_malloc0(TREE_ROOM), .info = info };

    note(&t, fdt_create(t.blob, TREE_ROOM));
    note(&t, t.error ? 0 : fdt_finish_reservemap(t.blob));
    describe_root(&t);
    note(&t, t.error ? 0 : fdt_finish(t.blob));
    if (t.error) {
        error_setg(errp, "could not write the device tree: %s (-append too long?)",
                   fdt_strerror(t.error));
        g_free(t.blob);
        return NULL;
    }
    return t.blob;
}

/* A tree of the user's: memory, arguments and initrd are ours to say. */
void *virt_tree_load(const char *filename, const VirtTreeInfo *info, Error **errp)
{
    int size;
    void *fdt = load_device_tree(filename, &size);

    if (!fdt) {
        error_setg(errp, "-dtb: '%s' can't be used", filename);
        return NULL;
    }
    if (fdt_path_offset(fdt, "/chosen") < 0) {
        qemu_fdt_add_subnode(fdt, "/chosen");
    }
    if (info->bootargs) {
        qemu_fdt_setprop_string(fdt, "/chosen", "bootargs", info->bootargs);
    }
    if (info->initrd_start != info->initrd_end) {
        qemu_fdt_setprop_u64(fdt, "/chosen", "linux,initrd-start", info->initrd_start);
        qemu_fdt_setprop_u64(fdt, "/chosen", "linux,initrd-end", info->initrd_end);
    }
    if (fdt_path_offset(fdt, "/memory@40000000") >= 0) {
        qemu_fdt_setprop_sized_cells(fdt, "/memory@40000000", "reg", 2, VIRT_RAM_BASE, 2,
                                     info->ram_size);
    }
    fdt_pack(fdt);
    return fdt;
}
