/*
 * Hawk PCI host bridge, processor side: registers, outbound windows, error reporting.
 *
 * The processor reaches PCI through four windows. MSADDn says which processor addresses a window
 * takes (start and end, each in units of 64 KiB), MSOFFn is added to the upper 16 address bits,
 * MSATTn opens the window for reads and writes and says whether they become memory or I/O cycles.
 * CONFIG_ADDRESS and CONFIG_DATA are at cf8 and cfc of PCI I/O space, wherever a window shows that.
 *
 * Reference: MVME5100 Programmer's Reference Guide, chapter 2, "Hawk PCI Host Bridge".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/irq.h"
#include "hw/pci/pci_bus.h"
#include "hawk-internal.h"
#include "hw/qdev-properties.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

#define GCSR_LEND 0x80000000u /* the processor runs little-endian */
#define GCSR_P64  0x00400000u /* 64-bit PCI bus */
#define GCSR_OPIC 0x00200000u /* errors go to the MPIC */

#define HCSR_XPR_3_TO_1 0x03000000u /* 60x clock : PCI clock */

#define MSATT_MEM 0x02 /* memory cycles, else I/O */
#define MSATT_IOM 0x01 /* spread I/O */

/*
 * ESTAT; EENAB has the interrupt enables in these places and the machine check enables 8 bits
 * higher.
 */
#define ESTAT_RTA   0x01
#define ESTAT_SMA   0x02 /* master abort: no target answered */
#define ESTAT_SERR  0x04
#define ESTAT_PERR  0x08
#define ESTAT_XDPE  0x10
#define ESTAT_XBTO  0x20
#define ESTAT_OVF   0x80
#define EENAB_VALID 0x7f3fu
#define EENAB_TEST  0xffff0000u /* ETEST shares the word */

/* EATTR: the PCI command of the cycle that failed. */
enum {
    PCI_CYCLE_IO_READ = 2,
    PCI_CYCLE_IO_WRITE = 3,
    PCI_CYCLE_MEM_READ = 6,
    PCI_CYCLE_MEM_WRITE = 7,
};

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc

static HawkPHBState *phb_of(RegisterBlock *block)
{
    return HAWK_PHB(block->owner);
}

/* --- outbound windows --- */

/* Only what lies below 4 GiB on both sides can be reached. */
static void place_window(MemoryRegion *window, uint32_t start, uint32_t end, uint32_t offset,
                         bool open, bool writable)
{
    uint32_t target = start + offset;
    uint64_t size = MIN((uint64_t)end - start + 1, HAWK_PCI_SPACE - target);

    open = open && start <= end;
    if (open) {
        memory_region_set_size(window, size);
        memory_region_set_address(window, start);
        memory_region_set_alias_offset(window, target);
        memory_region_set_readonly(window, !writable);
    }
    memory_region_set_enabled(window, open);
}

static void update_window(HawkPHBState *s, int n)
{
    uint32_t range = register_get_at(&s->regs, HAWK_R_MSADD, n);
    uint32_t att = register_get_at(&s->regs, HAWK_R_MSATT, n);
    uint32_t start = range & 0xffff0000;
    uint32_t end = (range << 16) | 0xffff;
    bool open = att & (HAWK_ATT_REN | HAWK_ATT_WEN);
    bool writable = att & HAWK_ATT_WEN;
    bool mem = att & MSATT_MEM;

    memory_region_transaction_begin();
    place_window(&s->outbound_mem[n], start, end, att & 0xffff0000, open && mem, writable);
    place_window(&s->outbound_io[n], start, end, att & 0xffff0000, open && !mem, writable);
    memory_region_transaction_commit();
}

static void update_windows(HawkPHBState *s)
{
    memory_region_transaction_begin();
    for (int n = 0; n < HAWK_NUM_WINDOWS; n++) {
        update_window(s, n);
    }
    memory_region_transaction_commit();
}

static void window_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_window(phb_of(block), block->index);
}

/* --- errors --- */

static void update_error_irq(HawkPHBState *s)
{
    uint32_t pending = register_get(&s->regs, HAWK_R_ESTAT) & register_get(&s->regs, HAWK_R_EENAB);

    qemu_set_irq(s->error_irq,
                 (pending & 0x3f) && (register_get(&s->regs, HAWK_R_GCSR) & GCSR_OPIC));
}

static void error_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_error_irq(phb_of(block));
}

/* The first error's address and attributes are kept until it is cleared. */
static void report_error(HawkPHBState *s, uint32_t error, uint32_t addr, uint32_t attr)
{
    uint32_t status = register_get(&s->regs, HAWK_R_ESTAT);

    if (status & ~ESTAT_OVF) {
        register_set(&s->regs, HAWK_R_ESTAT, status | ESTAT_OVF);
        return;
    }
    register_set(&s->regs, HAWK_R_ESTAT, status | error);
    register_set(&s->regs, HAWK_R_EADDR, addr);
    register_set(&s->regs, HAWK_R_EATTR, attr);
    update_error_irq(s);
    if (register_get(&s->regs, HAWK_R_EENAB) & (error << 8)) {
        qemu_irq_pulse(s->mcp);
    }
}

static void set_pci_status(HawkPHBState *s, uint16_t bit)
{
    uint8_t *status = s->function->config + PCI_STATUS;

    pci_set_word(status, pci_get_word(status) | bit);
}

/* Chapter 4, table 4-3: a read returns all ones, a write is discarded, the cycle ends normally. */
static MemTxResult target_abort(void *opaque, hwaddr addr, bool io, bool is_write)
{
    HawkPHBState *s = opaque;

    set_pci_status(s, PCI_STATUS_REC_TARGET_ABORT);
    report_error(s, ESTAT_RTA, addr, (io ? PCI_CYCLE_IO_READ : PCI_CYCLE_MEM_READ) + is_write);
    return MEMTX_OK;
}

static void master_abort(HawkPHBState *s, hwaddr addr, uint32_t cycle)
{
    set_pci_status(s, PCI_STATUS_REC_MASTER_ABORT);
    qemu_log_dev(LOG_GUEST_ERROR, "hawk-phb", NULL, "no PCI target answers %s %s 0x%08" PRIx64,
                 cycle >= PCI_CYCLE_MEM_READ ? "memory" : "I/O",
                 cycle & 1 ? "write to" : "read from", addr);
    report_error(s, ESTAT_SMA, addr, cycle);
}

/*
 * A read that no target answers gives all ones, a write goes nowhere; neither is a bus error for
 * the processor.
 */
static uint64_t abort_mem_read(void *opaque, hwaddr addr, unsigned size)
{
    master_abort(opaque, addr, PCI_CYCLE_MEM_READ);
    return UINT64_MAX;
}

static void abort_mem_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    master_abort(opaque, addr, PCI_CYCLE_MEM_WRITE);
}

static uint64_t abort_io_read(void *opaque, hwaddr addr, unsigned size)
{
    master_abort(opaque, addr, PCI_CYCLE_IO_READ);
    return UINT64_MAX;
}

static void abort_io_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    master_abort(opaque, addr, PCI_CYCLE_IO_WRITE);
}

#define ABORT_OPS(reader, writer) \
    { \
        .read = reader, .write = writer, .endianness = DEVICE_LITTLE_ENDIAN, \
        .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true }, \
        .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true }, \
    }

static const MemoryRegionOps abort_mem_ops = ABORT_OPS(abort_mem_read, abort_mem_write);
static const MemoryRegionOps abort_io_ops = ABORT_OPS(abort_io_read, abort_io_write);

/* An interrupt acknowledge cycle: there is no 8259 on this bus, so no target answers. */
static uint64_t piack_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return UINT32_MAX;
}

/* --- registers --- */

static const RegisterField arbiter_fields[] = {
    { "PPC arbiter", 0xffff0000 },
    { "PCI arbiter", 0x0000ffff },
    {},
};

static const RegisterField att_fields[] = {
    { "OFF", 0xffff0000 },
    { "REN", HAWK_ATT_REN },
    { "WEN", HAWK_ATT_WEN },
    { "WPEN", 0x10 },
    { "MEM", MSATT_MEM },
    { "IOM", MSATT_IOM },
    {},
};

/* As big-endian words: the guide's narrower registers are fields of these. */
static const Register hawk_registers[HAWK_NUM_REGS] = {
    [HAWK_R_ID] = { "VENID/DEVID", .offset = 0x00, .size = 4,
                    .reset = PCI_VENDOR_ID_MOTOROLA << 16 | PCI_DEVICE_ID_MOTOROLA_HAWK },
    [HAWK_R_REVID] = { "REVID", .offset = 0x04, .size = 4, .reset = 0x00010000 },
    [HAWK_R_GCSR] = { "GCSR/FEAT", .offset = 0x08, .size = 4, .reset = GCSR_P64,
                      .writable = 0xffb00000, .unmodelled = GCSR_LEND, .written = error_written },
    [HAWK_R_ARB] = { "PARB/XARB", .offset = 0x0c, .size = 4, .reset = 0x80008000,
                     .writable = 0xffffffff, .fields = arbiter_fields },
    [HAWK_R_HCSR] = { "HCSR/PADJ", .offset = 0x10, .size = 4, .reset = HCSR_XPR_3_TO_1 | 0xbe,
                      .writable = 0x080000ff },
    [HAWK_R_EENAB] = { "ETEST/EENAB", .offset = 0x20, .size = 4,
                       .writable = EENAB_TEST | EENAB_VALID, .unmodelled = EENAB_TEST,
                       .written = error_written },
    [HAWK_R_ESTAT] = { "ESTAT", .offset = 0x24, .size = 4, .w1c = 0xbf, .written = error_written },
    [HAWK_R_EADDR] = { "EADDR", .offset = 0x28, .size = 4 },
    [HAWK_R_EATTR] = { "EATTR", .offset = 0x2c, .size = 4 },
    [HAWK_R_PIACK] = { "PIACK", .offset = 0x30, .size = 4, .read = piack_read },
    [HAWK_R_MSADD] = { "MSADD", .offset = 0x40, .size = 4, .count = HAWK_NUM_WINDOWS, .stride = 8,
                       .writable = 0xffffffff, .written = window_written },
    [HAWK_R_MSATT] = { "MSOFF/MSATT", .offset = 0x44, .size = 4, .count = HAWK_NUM_WINDOWS,
                       .stride = 8, .writable = 0xffff00d3, .unmodelled = MSATT_IOM,
                       .fields = att_fields, .written = window_written },
    [HAWK_R_WDTCNTL] = { "WDTCNTL", .offset = 0x60, .size = 4, .count = HAWK_WATCHDOGS, .stride = 8,
                         .write = hawk_wdtcntl_write },
    [HAWK_R_WDTSTAT] = { "WDTSTAT", .offset = 0x64, .size = 4, .count = HAWK_WATCHDOGS, .stride = 8,
                         .read = hawk_wdtstat_read },
    [HAWK_R_GPREG] = { "GPREG", .offset = 0x70, .size = 4, .count = 4, .writable = 0xffffffff },
};

/*
 * At reset, window 3 shows PCI I/O space at 80000000 for CONFIG_ADDRESS and CONFIG_DATA; the others
 * are closed.
 */
static void hawk_phb_reset_hold(Object *obj)
{
    HawkPHBState *s = HAWK_PHB(obj);

    register_block_reset(&s->regs);
    register_set_at(&s->regs, HAWK_R_MSADD, 3, 0x80008080);
    register_set_at(&s->regs, HAWK_R_MSATT, 3, 0x80000000 | HAWK_ATT_REN | HAWK_ATT_WEN);
    s->parent_obj.config_reg = 0;
    update_windows(s);
    update_error_irq(s);
    hawk_wdt_reset(s);
}

static uint32_t packed_range(const HawkWindow *w)
{
    return (w->start & 0xffff0000) | w->end >> 16;
}

static uint32_t packed_offset(const HawkWindow *w)
{
    return (w->target - w->start) & 0xffff0000;
}

void hawk_phb_configure(DeviceState *phb, const HawkSetup *setup)
{
    HawkPHBState *s = HAWK_PHB(phb);

    memory_region_transaction_begin();
    register_set(&s->regs, HAWK_R_GCSR, register_get(&s->regs, HAWK_R_GCSR) | GCSR_OPIC);
    for (int n = 0; n < HAWK_NUM_WINDOWS; n++) {
        const HawkWindow *out = &setup->outbound[n], *in = &setup->inbound[n];
        uint32_t att = out->end ? HAWK_ATT_REN | HAWK_ATT_WEN | (out->io ? 0 : MSATT_MEM) : 0;

        register_set_at(&s->regs, HAWK_R_MSADD, n, packed_range(out));
        register_set_at(&s->regs, HAWK_R_MSATT, n, packed_offset(out) | att);
        hawk_pci_config_write(s, HAWK_PSADD(n), packed_range(in), 4);
        hawk_pci_config_write(s, HAWK_PSOFF(n), packed_offset(in) >> 16, 2);
        hawk_pci_config_write(s, HAWK_PSATT(n), in->end ? HAWK_ATT_REN | HAWK_ATT_WEN : 0, 2);
    }
    hawk_pci_config_write(s, PCI_BASE_ADDRESS_1, setup->mpic_base, 4);
    hawk_pci_config_write(s, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    update_windows(s);
    memory_region_transaction_commit();
}

/* --- the device --- */

static void set_intx(void *opaque, int irq, int level)
{
    HawkPHBState *s = opaque;

    qemu_set_irq(s->intx[irq], level);
}

/* `view` shows `space`, and where that has nothing, a region with `ops`. */
static void init_cpu_view(HawkPHBState *s, MemoryRegion *view, MemoryRegion *bus,
                          MemoryRegion *abort, MemoryRegion *space, const MemoryRegionOps *ops,
                          const char *name)
{
    g_autofree char *bus_name = g_strdup_printf("%s-targets", name);
    g_autofree char *abort_name = g_strdup_printf("%s-no-target", name);

    memory_region_init(view, OBJECT(s), name, HAWK_PCI_SPACE);
    memory_region_init_alias(bus, OBJECT(s), bus_name, space, 0, HAWK_PCI_SPACE);
    memory_region_init_io(abort, OBJECT(s), ops, s, abort_name, HAWK_PCI_SPACE);
    memory_region_add_subregion_overlap(view, 0, abort, -1);
    memory_region_add_subregion(view, 0, bus);
}

static void init_config_mechanism(HawkPHBState *s)
{
    PCIHostState *host = PCI_HOST_BRIDGE(s);

    memory_region_init_io(&host->conf_mem, OBJECT(s), &pci_host_conf_le_ops, host,
                          "pci-config-address", 4);
    memory_region_init_io(&host->data_mem, OBJECT(s), &pci_host_data_le_ops, host,
                          "pci-config-data", 4);
    memory_region_add_subregion_overlap(&s->cpu_io, CONFIG_ADDRESS, &host->conf_mem, 1);
    memory_region_add_subregion_overlap(&s->cpu_io, CONFIG_DATA, &host->data_mem, 1);
}

static void init_outbound(HawkPHBState *s)
{
    memory_region_init(&s->outbound, OBJECT(s), "hawk-outbound", HAWK_PCI_SPACE);
    for (int n = 0; n < HAWK_NUM_WINDOWS; n++) {
        g_autofree char *mem_name = g_strdup_printf("hawk-outbound%d-mem", n);
        g_autofree char *io_name = g_strdup_printf("hawk-outbound%d-io", n);

        memory_region_init_alias(&s->outbound_mem[n], OBJECT(s), mem_name, &s->cpu_mem, 0, 0x10000);
        memory_region_init_alias(&s->outbound_io[n], OBJECT(s), io_name, &s->cpu_io, 0, 0x10000);
        memory_region_set_enabled(&s->outbound_mem[n], false);
        memory_region_set_enabled(&s->outbound_io[n], false);
        memory_region_add_subregion_overlap(&s->outbound, 0, &s->outbound_mem[n], -n);
        memory_region_add_subregion_overlap(&s->outbound, 0, &s->outbound_io[n], -n);
    }
}

static void hawk_phb_instance_init(Object *obj)
{
    HawkPHBState *s = HAWK_PHB(obj);
    DeviceState *dev = DEVICE(obj);

    memory_region_init(&s->pci_mem, obj, "pci-memory", HAWK_PCI_SPACE);
    memory_region_init(&s->pci_io, obj, "pci-io", HAWK_PCI_SPACE);
    init_cpu_view(s, &s->cpu_mem, &s->cpu_mem_bus, &s->cpu_mem_abort, &s->pci_mem, &abort_mem_ops,
                  "hawk-memory-cycles");
    init_cpu_view(s, &s->cpu_io, &s->cpu_io_bus, &s->cpu_io_abort, &s->pci_io, &abort_io_ops,
                  "hawk-io-cycles");
    init_config_mechanism(s);
    init_outbound(s);
    register_block_init(&s->regs, dev, TYPE_HAWK_PHB, hawk_registers, HAWK_NUM_REGS,
                        DEVICE_BIG_ENDIAN, 0x1000);
    hawk_wdt_init(s);

    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->regs.mmio);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->outbound);
    qdev_init_gpio_out_named(dev, s->intx, HAWK_INTX_OUT, HAWK_NUM_INTX);
    qdev_init_gpio_out_named(dev, &s->error_irq, HAWK_ERROR_OUT, 1);
    qdev_init_gpio_out_named(dev, &s->mcp, HAWK_MCP_OUT, 1);
    qdev_init_gpio_out_named(dev, s->wdt_out, HAWK_WDT_OUT, HAWK_WATCHDOGS);
}

static void hawk_phb_instance_finalize(Object *obj)
{
    HawkPHBState *s = HAWK_PHB(obj);

    hawk_wdt_finalize(s);
    register_block_finalize(&s->regs);
}

static void hawk_phb_realize(DeviceState *dev, Error **errp)
{
    HawkPHBState *s = HAWK_PHB(dev);
    PCIHostState *host = PCI_HOST_BRIDGE(dev);

    host->bus = pci_root_bus_new(dev, "pci.0", &s->pci_mem, &s->pci_io, 0, TYPE_PCI_BUS);
    pci_bus_irqs(host->bus, set_intx, s, HAWK_NUM_INTX);
    pci_bus_on_target_abort(host->bus, target_abort, s);
    hawk_pci_realize(s, errp);
}

static int hawk_phb_post_load(void *opaque, int version_id)
{
    update_windows(opaque);
    return 0;
}

static const VMStateDescription vmstate_hawk_wdt = {
    .name = "hawk-wdt",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_INT64(deadline, HawkWatchdog),
        VMSTATE_TIMER_PTR(timer, HawkWatchdog),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_hawk_phb = {
    .name = TYPE_HAWK_PHB,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = hawk_phb_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_HOST(parent_obj, HawkPHBState),
        VMSTATE_REGISTER_BLOCK(regs, HawkPHBState),
        VMSTATE_STRUCT_ARRAY(wdt, HawkPHBState, HAWK_WATCHDOGS, 1, vmstate_hawk_wdt, HawkWatchdog),
        VMSTATE_END_OF_LIST()
    },
};

static Property hawk_phb_properties[] = {
    DEFINE_PROP_LINK("mpic", HawkPHBState, mpic, TYPE_SYS_BUS_DEVICE, SysBusDevice *),
    DEFINE_PROP_LINK("memory", HawkPHBState, memory, TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_BOOL("watchdogs", HawkPHBState, watchdogs, true),
    DEFINE_PROP_END_OF_LIST(),
};

static void hawk_phb_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "Hawk PCI host bridge";
    dc->realize = hawk_phb_realize;
    dc->vmsd = &vmstate_hawk_phb;
    dc->user_creatable = false;
    rc->phases.hold = hawk_phb_reset_hold;
    device_class_set_props(dc, hawk_phb_properties);
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const TypeInfo hawk_phb_types[] = {
    {
        .name = TYPE_HAWK_PHB,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(HawkPHBState),
        .instance_init = hawk_phb_instance_init,
        .instance_finalize = hawk_phb_instance_finalize,
        .class_init = hawk_phb_class_init,
    },
};

DEFINE_TYPES(hawk_phb_types)
