/*
 * ICH9's LPC bridge: see hw/isa/lpc_ich9.h.
 *
 * A pin of a root bus's function is an interrupt input of its own to the bus, so that the routing
 * registers can change at any time: which PIRQ the pin leads to is looked at when lines are driven.
 *
 * The watchdog (TCO) is in ich9-tco.c, what causes SMIs in ich9-smi.c.
 *
 * Not there: GPIO, serial IRQs (devices on the ISA bus
 * have lines), decoding of LPC ranges, SPI. Registers that only choose such things keep what is
 * written.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "core/register.h"
#include "hw/acpi/acpi-hotplug.h"
#include "hw/acpi/acpi-pm.h"
#include "hw/core/watchdog.h"
#include "hw/irq.h"
#include "hw/isa/lpc_ich9.h"
#include "hw/isa/reset-control.h"
#include "hw/pci/pci_bus.h"
#include "ich9-smi.h"
#include "ich9-tco.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/runstate.h"

/* Configuration registers */
enum { PMBASE = 0x40, ACPI_CNTL = 0x44, PIRQ_ROUTES = 0x60, MORE_PIRQ_ROUTES = 0x68,
       GEN_PMCON_1 = 0xa0, GEN_PMCON_3 = 0xa4, RCBA = 0xf0 };
enum { IS_IO = 0x01, PMBASE_ADDRESS = 0xff80, ACPI_ENABLE = 0x80, SCI_SELECT = 0x07 };
enum { ROUTE_OFF = 0x80, ROUTE_LINE = 0x0f };
enum { PERIODIC_RATE = 0x03, SMI_LOCK = 0x10, SOFTWARE_RATE_SHIFT = 6 };
#define RCBA_ENABLE  0x01u
#define RCBA_ADDRESS 0xffffc000u
#define RCRB_SIZE    0x4000

#define NUM_PIRQS  8
#define FIRST_GSI  16 /* of PIRQA */
#define NUM_INPUTS (PCI_SLOT_MAX * PCI_NUM_PINS)
/* The ISA lines that a PIRQ can go to: 3 to 7, 9 to 12, 14, 15 (13.1.8). */
enum { ROUTABLE = 0xdef8 };

/* In the block at PMBASE. */
enum { PM_SMI = 0x30, PM_TCO = 0x60, PM_SIZE = 0x80 };

enum { RCRB_D31IP, RCRB_D31IR, RCRB_D30IR, RCRB_D29IR, RCRB_D28IR, RCRB_D27IR, RCRB_D26IR,
       RCRB_D25IR, RCRB_OIC, RCRB_RC, RCRB_HPTC, RCRB_GCS, RCRB_FD, RCRB_ROWS };
enum { GCS_NO_REBOOT = 0x20 };

struct ICH9LPCState {
    PCIDevice parent_obj;

    /* properties */
    bool smm_enabled;
    bool no_reboot; /* strapping: the watchdog must not reset the machine */
    bool pci_hotplug; /* of root ports and bridges, by ACPI */
    bool smi_broadcast, smi_cpu_arrivals, smi_cpu_removals; /* firmware may ask for these */

    ISABus *isa;
    AcpiPm pm;
    AcpiHotplug hotplug;
    Ich9Tco tco;
    MemoryRegion pm_io, apm;
    Ich9Smi smi;
    RegisterBlock rcrb;
    ResetControl reset;
    qemu_irq gsis[ICH9_NUM_GSIS], smi_out[ICH9_NUM_SMIS];
    bool sci;
    uint8_t apm_command, apm_status;
    uint32_t driven; /* GSIs that are asserted */
};

ISABus *ich9_lpc_isa_bus(ICH9LPCState *s)
{
    return s->isa;
}

/* ---- Interrupt routing ---- */

static uint8_t route_of_pirq(const ICH9LPCState *s, unsigned pirq)
{
    const uint8_t *config = s->parent_obj.config;

    return config[pirq < 4 ? PIRQ_ROUTES + pirq : MORE_PIRQ_ROUTES + pirq - 4];
}

/* An input of the I/O APIC for good, and a line of the ISA bus as the register says. */
static uint32_t gsis_of_pirq(const ICH9LPCState *s, unsigned pirq)
{
    uint8_t route = route_of_pirq(s, pirq);

    return 1u << (FIRST_GSI + pirq) |
           (route & ROUTE_OFF ? 0 : (1u << (route & ROUTE_LINE)) & ROUTABLE);
}

/*
 * The chip's own devices have a register each (10.1.36 to 10.1.42). The board wires the others to
 * PIRQE to PIRQH, turned by the slot's number.
 */
static unsigned pirq_of_pin(const ICH9LPCState *s, unsigned slot, unsigned pin)
{
    static const uint8_t rows[PCI_SLOT_MAX] = {
        [25] = RCRB_D25IR, [26] = RCRB_D26IR, [27] = RCRB_D27IR, [28] = RCRB_D28IR,
        [29] = RCRB_D29IR, [30] = RCRB_D30IR, [31] = RCRB_D31IR,
    };

    if (rows[slot]) {
        return register_get(&s->rcrb, rows[slot]) >> 4 * pin & 7;
    }
    return 4 + (slot + pin) % PCI_NUM_PINS;
}

static uint32_t sci_gsi(const ICH9LPCState *s)
{
    static const uint8_t gsis[8] = { 9, 10, 11, 9, 20, 21, 9, 9 };

    return 1u << gsis[s->parent_obj.config[ACPI_CNTL] & SCI_SELECT];
}

static void drive_gsis(ICH9LPCState *s)
{
    PCIBus *bus = pci_get_bus(&s->parent_obj);
    uint32_t wanted = s->sci ? sci_gsi(s) : 0, changed;

    for (int input = 0; input < NUM_INPUTS; input++) {
        if (pci_bus_get_irq_level(bus, input)) {
            wanted |= gsis_of_pirq(s, pirq_of_pin(s, input / PCI_NUM_PINS, input % PCI_NUM_PINS));
        }
    }
    changed = wanted ^ s->driven;
    s->driven = wanted;
    for (int gsi = 0; gsi < ICH9_NUM_GSIS; gsi++) {
        if (changed >> gsi & 1) {
            qemu_set_irq(s->gsis[gsi], wanted >> gsi & 1);
        }
    }
}

static int input_of_pin(PCIDevice *dev, int pin)
{
    return PCI_SLOT(dev->devfn) * PCI_NUM_PINS + pin;
}

static void input_changed(void *opaque, int input, int level)
{
    drive_gsis(opaque);
}

static void sci_changed(void *opaque, bool level)
{
    ICH9LPCState *s = opaque;

    s->sci = level;
    drive_gsis(s);
}

/* ---- Registers behind RCBA (chapter 10) ---- */

static void route_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    drive_gsis(container_of(block, ICH9LPCState, rcrb));
}

/* Software can't override the strap. */
static uint64_t write_gcs(RegisterBlock *block, const Register *reg, uint64_t value)
{
    ICH9LPCState *s = container_of(block, ICH9LPCState, rcrb);

    return (value & (0x0c60 | GCS_NO_REBOOT)) | (s->no_reboot ? GCS_NO_REBOOT : 0);
}

#define PIN_ROUTES(_name, _offset)                                                                 \
    { _name, .offset = _offset, .size = 2, .reset = 0x3210, .writable = 0x7777,                    \
      .written = route_written }

static const Register rcrb_registers[RCRB_ROWS] = {
    [RCRB_D31IP] = { "D31IP", .offset = 0x3100, .size = 4, .reset = 0x03243200,
                     .writable = 0x0ffffff0 },
    [RCRB_D31IR] = PIN_ROUTES("D31IR", 0x3140),
    [RCRB_D30IR] = PIN_ROUTES("D30IR", 0x3142),
    [RCRB_D29IR] = PIN_ROUTES("D29IR", 0x3144),
    [RCRB_D28IR] = PIN_ROUTES("D28IR", 0x3146),
    [RCRB_D27IR] = PIN_ROUTES("D27IR", 0x3148),
    [RCRB_D26IR] = PIN_ROUTES("D26IR", 0x314c),
    [RCRB_D25IR] = PIN_ROUTES("D25IR", 0x3150),
    [RCRB_OIC] = { "OIC", .offset = 0x31ff, .size = 1, .writable = 0x03 },
    [RCRB_RC] = { "RC", .offset = 0x3400, .size = 4, .writable = 0x1f },
    [RCRB_HPTC] = { "HPTC", .offset = 0x3404, .size = 4, .writable = 0x83, .reset = 0x80 },
    [RCRB_GCS] = { "GCS", .offset = 0x3410, .size = 4, .write = write_gcs },
    [RCRB_FD] = { "FD", .offset = 0x3418, .size = 4, .writable = 0x03ffff87 },
};

/* ---- SMI: ich9-smi.c, and APM's ports: a command, and a byte for software ---- */

static void raise_smi(void *opaque, bool all_cpus)
{
    ICH9LPCState *s = opaque;

    if (s->smm_enabled) {
        qemu_irq_pulse(s->smi_out[all_cpus]);
    }
}

/* Once locked, SMIs, and those of the watchdog, stay as they are until a reset. */
static uint32_t locked_smis(void *opaque)
{
    ICH9LPCState *s = opaque;

    return (s->parent_obj.config[GEN_PMCON_1] & SMI_LOCK ? ICH9_SMI_GLOBAL : 0) |
           (ich9_tco_is_locked(&s->tco) ? ICH9_SMI_TCO : 0);
}

static void global_lock_released(void *opaque)
{
    acpi_pm_release_global_lock(&((ICH9LPCState *)opaque)->pm);
}

/* PER_SMI_SEL of GEN_PMCON_1 (13.8.1.1), SWSMI_RATE_SEL of GEN_PMCON_3 (13.8.1.3). */
static int64_t smi_period(void *opaque, uint32_t cause)
{
    static const int64_t software_us[4] = { 1500, 16000, 32000, 64000 };
    const uint8_t *config = ((ICH9LPCState *)opaque)->parent_obj.config;

    if (cause == ICH9_SMI_PERIODIC) {
        return (64 >> (config[GEN_PMCON_1] & PERIODIC_RATE)) * NANOSECONDS_PER_SECOND;
    }
    return software_us[config[GEN_PMCON_3] >> SOFTWARE_RATE_SHIFT] * SCALE_US;
}

static void smi_features_agreed(void *opaque)
{
    ICH9LPCState *s = opaque;
    uint64_t features = s->smi.features;

    acpi_cpu_hotplug_set_firmware(
        &s->hotplug.cpus, (features & ICH9_SMI_CPU_ARRIVALS ? ACPI_CPU_FIRMWARE_ARRIVALS : 0) |
                              (features & ICH9_SMI_CPU_REMOVALS ? ACPI_CPU_FIRMWARE_REMOVALS : 0));
}

static const Ich9SmiOps smi_ops = {
    .raise = raise_smi,
    .locked = locked_smis,
    .release = global_lock_released,
    .period = smi_period,
    .agreed = smi_features_agreed,
};

void ich9_lpc_add_smi_files(ICH9LPCState *s, FWCfgState *fw_cfg)
{
    uint64_t features = (s->smi_broadcast ? ICH9_SMI_BROADCAST : 0) |
                        (s->smi_cpu_arrivals ? ICH9_SMI_CPU_ARRIVALS : 0) |
                        (s->smi_cpu_removals ? ICH9_SMI_CPU_REMOVALS : 0);

    if (s->smm_enabled) {
        ich9_smi_add_files(&s->smi, fw_cfg, features);
    }
}

/* The OS would release the lock by GBL_RLS; SLP_EN calls firmware instead if that wants to know. */
static bool pm_calls_firmware(void *opaque, AcpiPmCall call)
{
    ICH9LPCState *s = opaque;
    uint32_t cause = call == ACPI_PM_SLEEPS ? ICH9_SMI_SLEEP : ICH9_SMI_BIOS;
    bool enabled = s->smm_enabled && ich9_smi_is_enabled(&s->smi, cause);

    if (enabled || call == ACPI_PM_RELEASES_LOCK) {
        ich9_smi_request(&s->smi, cause);
    }
    return enabled;
}

static void tco_calls_firmware(void *opaque)
{
    ich9_smi_request(&((ICH9LPCState *)opaque)->smi, ICH9_SMI_TCO);
}

static void tco_runs_out(void *opaque)
{
    ICH9LPCState *s = opaque;

    if (!(register_get(&s->rcrb, RCRB_GCS) & GCS_NO_REBOOT)) {
        watchdog_perform_action("TCO");
    }
}

static uint64_t apm_read(void *opaque, hwaddr addr, unsigned size)
{
    ICH9LPCState *s = opaque;

    return addr ? s->apm_status : s->apm_command;
}

static void apm_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    ICH9LPCState *s = opaque;

    if (addr) {
        s->apm_status = value;
        return;
    }
    s->apm_command = value;
    if (value == ICH9_ACPI_ENABLE || value == ICH9_ACPI_DISABLE) {
        acpi_pm_set_acpi_mode(&s->pm, value == ICH9_ACPI_ENABLE);
    }
    ich9_smi_request(&s->smi, ICH9_SMI_APM);
}

static const MemoryRegionOps apm_ops = {
    .read = apm_read,
    .write = apm_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- The function ---- */

/* Section 13.1: what a reset leaves in the registers behind the header, and what can be written. */
static const struct {
    uint8_t offset, size;
    uint32_t reset, writable;
} config_registers[] = {
    { PMBASE, 4, IS_IO, PMBASE_ADDRESS },
    { ACPI_CNTL, 1, 0, ACPI_ENABLE | SCI_SELECT },
    { 0x48, 4, IS_IO, 0xff80 },              /* GPIOBASE */
    { 0x4c, 1, 0, 0x11 },                    /* GC */
    { PIRQ_ROUTES, 4, 0x80808080, 0x8f8f8f8f },
    { 0x64, 1, 0x10, 0xc3 },                 /* SIRQ_CNTL */
    { MORE_PIRQ_ROUTES, 4, 0x80808080, 0x8f8f8f8f },
    { 0x6c, 2, 0x00f8, 0xffff },             /* LPC_IBDF */
    { 0x80, 4, 0, 0x3f0f1377 },              /* LPC_I/O_DEC, LPC_EN */
    { 0x84, 4, 0, 0x00fcfffd },              /* GEN1_DEC to GEN4_DEC */
    { 0x88, 4, 0, 0x00fcfffd },
    { 0x8c, 4, 0, 0x00fcfffd },
    { 0x90, 4, 0, 0x00fcfffd },
    { GEN_PMCON_1, 2, 0, 0x1fff },
    { 0xa2, 1, 0, 0x80 },                    /* GEN_PMCON_2 */
    { GEN_PMCON_3, 1, 0, 0xc1 },
    { 0xd0, 4, 0x00112233, 0xffffffff },     /* FWH_SEL1 */
    { 0xd4, 2, 0x4567, 0xffff },             /* FWH_SEL2 */
    { 0xd8, 2, 0xffcf, 0xffff },             /* FWH_DEC_EN1 */
    { 0xdc, 1, 0, 0x1f },                    /* BIOS_CNTL */
    { RCBA, 4, 0, RCBA_ADDRESS | RCBA_ENABLE },
};

static void map(MemoryRegion *mr, uint32_t base, bool enabled)
{
    memory_region_set_enabled(mr, enabled);
    if (enabled) {
        memory_region_set_address(mr, base);
    }
}

uint16_t ich9_lpc_pm_base(ICH9LPCState *s)
{
    const uint8_t *config = s->parent_obj.config;

    return config[ACPI_CNTL] & ACPI_ENABLE ? pci_get_long(config + PMBASE) & PMBASE_ADDRESS : 0;
}

static void map_registers(ICH9LPCState *s)
{
    const uint8_t *config = s->parent_obj.config;
    uint32_t rcba = pci_get_long(config + RCBA);

    memory_region_transaction_begin();
    map(&s->pm_io, pci_get_long(config + PMBASE) & PMBASE_ADDRESS,
        config[ACPI_CNTL] & ACPI_ENABLE);
    map(&s->rcrb.mmio, rcba & RCBA_ADDRESS, rcba & RCBA_ENABLE);
    memory_region_transaction_commit();
}

static void lpc_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    ICH9LPCState *s = ICH9_LPC(dev);
    uint8_t lock = dev->config[GEN_PMCON_1] & SMI_LOCK;

    pci_default_write_config(dev, address, value, len);
    dev->config[GEN_PMCON_1] |= lock;
    map_registers(s);
    drive_gsis(s);
}

/*
 * Without SMM the enable bit of its command port is set from the start: firmware takes that for the
 * sign that somebody before it has installed the handler, and leaves it alone.
 */
static void lpc_reset_hold(Object *obj)
{
    ICH9LPCState *s = ICH9_LPC(obj);
    uint8_t *config = s->parent_obj.config;

    memset(config + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    for (size_t i = 0; i < ARRAY_SIZE(config_registers); i++) {
        for (unsigned byte = 0; byte < config_registers[i].size; byte++) {
            config[config_registers[i].offset + byte] = config_registers[i].reset >> 8 * byte;
        }
    }
    register_block_reset(&s->rcrb);
    register_set(&s->rcrb, RCRB_GCS, s->no_reboot ? GCS_NO_REBOOT : 0);
    ich9_smi_reset(&s->smi, s->smm_enabled ? 0 : ICH9_SMI_APM);
    s->apm_command = s->apm_status = 0;
    reset_control_reset(&s->reset);
    acpi_pm_reset(&s->pm);
    acpi_hotplug_reset(&s->hotplug);
    ich9_tco_reset(&s->tco);
    map_registers(s);
    drive_gsis(s);
}

/* ---- What comes and goes ---- */

static const AcpiHotplugPorts hotplug_ports = {
    .memory = ICH9_MEMORY_HOTPLUG_PORT,
    .pci = ICH9_PCI_HOTPLUG_PORT,
    .cpus = ICH9_CPU_HOTPLUG_PORT,
};

void ich9_lpc_start_hotplug(ICH9LPCState *s, ACPITables *t)
{
    acpi_pci_hotplug_start(&s->hotplug.pci, pci_get_bus(&s->parent_obj), false, s->pci_hotplug,
                           OBJECT(s));
    acpi_pci_hotplug_put_aml(&s->hotplug.pci, t, -1);
    aml_put_name(t, "NHPC", !s->pci_hotplug);
}

/* A CPU that firmware doesn't know would be without a handler for the next SMI to all of them. */
static bool firmware_takes_part(ICH9LPCState *s, DeviceState *dev, uint64_t feature,
                                const char *happens, Error **errp)
{
    if (!object_dynamic_cast(OBJECT(dev), TYPE_CPU) || !(s->smi.features & ICH9_SMI_BROADCAST) ||
        s->smi.features & feature) {
        return true;
    }
    error_setg(errp, "no CPU can %s: the firmware has SMIs sent to all CPUs, but hasn't asked to "
                     "be told of that", happens);
    return false;
}

static void lpc_pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    firmware_takes_part(ICH9_LPC(handler), dev, ICH9_SMI_CPU_ARRIVALS, "be added", errp);
}

static void lpc_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_hotplug_plug(&ICH9_LPC(handler)->hotplug, dev);
}

static void lpc_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    if (firmware_takes_part(ICH9_LPC(handler), dev, ICH9_SMI_CPU_REMOVALS, "be removed", errp)) {
        acpi_hotplug_unplug_request(&ICH9_LPC(handler)->hotplug, dev, errp);
    }
}

static void lpc_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_hotplug_unplug(&ICH9_LPC(handler)->hotplug, dev);
}

static void lpc_report(Object *obj, JsonArray *list)
{
    acpi_hotplug_report(&ICH9_LPC(obj)->hotplug, list);
}

static void lpc_raise_event(Object *obj, unsigned n)
{
    acpi_pm_raise_gpe(&ICH9_LPC(obj)->pm, n);
}

/* ---- Making one ---- */

static void init_config(PCIDevice *dev)
{
    memset(dev->wmask + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    for (size_t i = 0; i < ARRAY_SIZE(config_registers); i++) {
        for (unsigned byte = 0; byte < config_registers[i].size; byte++) {
            dev->wmask[config_registers[i].offset + byte] =
                config_registers[i].writable >> 8 * byte;
        }
    }
    /* I/O, memory and bus master are always on (13.1.3). */
    pci_set_word(dev->config + PCI_COMMAND,
                 PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_set_word(dev->wmask + PCI_COMMAND, PCI_COMMAND_PARITY | PCI_COMMAND_SERR);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_DEVSEL_MEDIUM);
    dev->wmask[PCI_INTERRUPT_LINE] = 0;
}

static void add_registers(ICH9LPCState *s, PCIBus *bus)
{
    MemoryRegion *ports = bus->address_space_io;

    acpi_pm_init(&s->pm, OBJECT(s), TYPE_ICH9_LPC, ICH9_SLEEP_OFF, sci_changed, s);
    acpi_pm_set_gpe_count(&s->pm, ICH9_GPE_SIZE / 2 * 8);
    acpi_pm_set_firmware_call(&s->pm, pm_calls_firmware);
    memory_region_init(&s->pm_io, OBJECT(s), "ich9-pm", PM_SIZE);
    memory_region_add_subregion(&s->pm_io, ICH9_PM_EVENT, &s->pm.event);
    memory_region_add_subregion(&s->pm_io, ICH9_PM_CONTROL, &s->pm.control);
    memory_region_add_subregion(&s->pm_io, ICH9_PM_TIMER, &s->pm.timer);
    memory_region_add_subregion(&s->pm_io, ICH9_PM_GPE, &s->pm.gpe);
    memory_region_add_subregion(&s->pm_io, PM_SMI, &s->smi.regs.mmio);
    memory_region_add_subregion(&s->pm_io, PM_TCO, &s->tco.regs.mmio);
    memory_region_set_enabled(&s->pm_io, false);
    memory_region_add_subregion(ports, 0, &s->pm_io);
    acpi_hotplug_init(&s->hotplug, DEVICE(s), &s->pm, ports, &hotplug_ports);

    memory_region_init_io(&s->apm, OBJECT(s), &apm_ops, s, "apm-io", 2);
    memory_region_add_subregion(ports, ICH9_SMI_PORT, &s->apm);
    reset_control_init(&s->reset, OBJECT(s), "lpc-reset-control", ports,
                       RESET_CONTROL_HARD | RESET_CONTROL_POWER);

    memory_region_set_enabled(&s->rcrb.mmio, false);
    memory_region_add_subregion_overlap(bus->address_space_mem, 0, &s->rcrb.mmio, 1);
}

static void lpc_realize(PCIDevice *dev, Error **errp)
{
    ICH9LPCState *s = ICH9_LPC(dev);
    PCIBus *bus = pci_get_bus(dev);

    if (s->smi_cpu_removals && !s->smi_cpu_arrivals) {
        error_setg(errp, "x-smi-cpu-hotunplug=on needs x-smi-cpu-hotplug=on");
        return;
    }
    s->isa = isa_bus_new(DEVICE(dev), bus->address_space_mem, bus->address_space_io, errp);
    if (!s->isa) {
        return;
    }
    init_config(dev);
    add_registers(s, bus);
    pci_bus_irqs(bus, input_changed, s, NUM_INPUTS);
    pci_bus_map_irqs(bus, input_of_pin);
}

static void lpc_init(Object *obj)
{
    ICH9LPCState *s = ICH9_LPC(obj);

    register_block_init(&s->rcrb, DEVICE(obj), "lpc-rcrb-mmio", rcrb_registers, RCRB_ROWS,
                        DEVICE_LITTLE_ENDIAN, RCRB_SIZE);
    ich9_smi_init(&s->smi, DEVICE(obj), &smi_ops, s);
    ich9_tco_init(&s->tco, DEVICE(obj), tco_calls_firmware, tco_runs_out, s);
    qdev_init_gpio_out_named(DEVICE(obj), s->gsis, ICH9_GSI_OUT, ICH9_NUM_GSIS);
    qdev_init_gpio_out_named(DEVICE(obj), s->smi_out, ICH9_SMI_OUT, ICH9_NUM_SMIS);
}

static void lpc_finalize(Object *obj)
{
    register_block_finalize(&ICH9_LPC(obj)->rcrb);
    ich9_smi_finalize(&ICH9_LPC(obj)->smi);
    ich9_tco_finalize(&ICH9_LPC(obj)->tco);
}

/* The GSIs' inputs have their own state. */
static int after_load(void *opaque, int version_id)
{
    ICH9LPCState *s = opaque;

    map_registers(s);
    drive_gsis(s);
    return 0;
}

static const VMStateDescription vmstate_lpc = {
    .name = TYPE_ICH9_LPC,
    .version_id = 2,
    .minimum_version_id = 2,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, ICH9LPCState),
        VMSTATE_ACPI_PM(pm, ICH9LPCState),
        VMSTATE_ACPI_HOTPLUG(hotplug, ICH9LPCState),
        VMSTATE_ICH9_TCO(tco, ICH9LPCState),
        VMSTATE_ICH9_SMI(smi, ICH9LPCState),
        VMSTATE_REGISTER_BLOCK(rcrb, ICH9LPCState),
        VMSTATE_UINT8(reset.value, ICH9LPCState),
        VMSTATE_BOOL(sci, ICH9LPCState),
        VMSTATE_UINT8(apm_command, ICH9LPCState),
        VMSTATE_UINT8(apm_status, ICH9LPCState),
        VMSTATE_UINT32(driven, ICH9LPCState),
        VMSTATE_END_OF_LIST()
    },
};

static Property lpc_properties[] = {
    DEFINE_PROP_BOOL("noreboot", ICH9LPCState, no_reboot, true),
    DEFINE_PROP_BOOL("smm-enabled", ICH9LPCState, smm_enabled, false),
    DEFINE_PROP_BOOL("acpi-pci-hotplug-with-bridge-support", ICH9LPCState, pci_hotplug, true),
    DEFINE_PROP_BOOL("x-smi-broadcast", ICH9LPCState, smi_broadcast, true),
    DEFINE_PROP_BOOL("x-smi-cpu-hotplug", ICH9LPCState, smi_cpu_arrivals, true),
    DEFINE_PROP_BOOL("x-smi-cpu-hotunplug", ICH9LPCState, smi_cpu_removals, true),
    DEFINE_PROP_UINT8("disable_s3", ICH9LPCState, pm.s3_disabled, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void lpc_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    pc->realize = lpc_realize;
    pc->config_write = lpc_config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x2918;
    pc->revision = 0x02;
    pc->class_id = PCI_CLASS_BRIDGE_ISA;
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    hc->pre_plug = lpc_pre_plug;
    hc->plug = lpc_plug;
    hc->unplug_request = lpc_unplug_request;
    hc->unplug = lpc_unplug;
    ACPI_DEVICE_IF_CLASS(oc)->report = lpc_report;
    ACPI_DEVICE_IF_CLASS(oc)->raise_event = lpc_raise_event;
    RESETTABLE_CLASS(oc)->phases.hold = lpc_reset_hold;
    dc->desc = "LPC bridge of ICH9 (82801I)";
    dc->vmsd = &vmstate_lpc;
    dc->user_creatable = false; /* the board's other end of the ISA bus depends on it */
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
    device_class_set_props(dc, lpc_properties);
}

static const TypeInfo lpc_types[] = {
    {
        .name = TYPE_ICH9_LPC,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(ICH9LPCState),
        .instance_init = lpc_init,
        .instance_finalize = lpc_finalize,
        .class_init = lpc_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { TYPE_ACPI_DEVICE_IF },
                                         { NULL } },
    },
};

DEFINE_TYPES(lpc_types)
