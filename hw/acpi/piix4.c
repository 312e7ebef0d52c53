/*
 * PIIX4's power management: see hw/acpi/piix4.h.
 *
 * Not there: the device activity monitors, traps and idle timers behind the ACPI registers; sleep
 * states other than off.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/acpi/acpi-hotplug.h"
#include "hw/acpi/acpi-pm.h"
#include "hw/acpi/piix4.h"
#include "hw/i2c/smbus-host.h"
#include "hw/irq.h"
#include "hw/pci/pci_bus.h"
#include "qemu/log.h"
#include "qemu/module.h"

/* Configuration registers */
enum { PMBA = 0x40, DEVACTB = 0x58, PMREGMISC = 0x80, SMBBA = 0x90, SMBHSTCFG = 0xd2 };
enum { PMIO_ENABLE = 0x01, SMBUS_ENABLE = 0x01 };
enum { IS_IO = 0x01, PMBA_ADDRESS = 0xffc0, SMBBA_ADDRESS = 0xfff0 };
#define APMC_ENABLE (1u << 25)

/* In the block at PMBA. */
enum { PM_EVENT = 0x00, PM_CONTROL = 0x04, PM_TIMER = 0x08, PM_SIZE = 0x40 };
#define SMBUS_SIZE 0x40

struct PIIX4PMState {
    PCIDevice parent_obj;

    /* properties */
    uint32_t smbus_base;
    bool smm_enabled, root_hotplug, bridge_hotplug;

    AcpiPm pm;
    AcpiHotplug hotplug;
    SMBusHost smbus;
    MemoryRegion pm_io, apm;
    qemu_irq sci, smi;
    uint8_t apm_command, apm_status;
};

/* ---- Where the registers are ---- */

static void map(MemoryRegion *mr, uint32_t base, bool enabled)
{
    memory_region_set_address(mr, base);
    memory_region_set_enabled(mr, enabled);
}

uint16_t piix4_pm_base(PIIX4PMState *s)
{
    const uint8_t *config = s->parent_obj.config;

    return config[PMREGMISC] & PMIO_ENABLE ? pci_get_long(config + PMBA) & PMBA_ADDRESS : 0;
}

static void map_registers(PIIX4PMState *s)
{
    const uint8_t *config = s->parent_obj.config;

    memory_region_transaction_begin();
    map(&s->pm_io, pci_get_long(config + PMBA) & PMBA_ADDRESS, config[PMREGMISC] & PMIO_ENABLE);
    map(&s->smbus.io, pci_get_long(config + SMBBA) & SMBBA_ADDRESS,
        config[SMBHSTCFG] & SMBUS_ENABLE);
    memory_region_transaction_commit();
}

static void piix4_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    pci_default_write_config(dev, address, value, len);
    map_registers(PIIX4_PM(dev));
}

/* ---- Lines ---- */

static void sci_changed(void *opaque, bool level)
{
    PIIX4PMState *s = opaque;

    qemu_set_irq(s->sci, level);
}

/* ---- APM: a command, and a byte for whatever software likes (7.2.2) ---- */

static uint64_t apm_read(void *opaque, hwaddr addr, unsigned size)
{
    PIIX4PMState *s = opaque;

    return addr ? s->apm_status : s->apm_command;
}

static void command_written(PIIX4PMState *s)
{
    if (s->apm_command == PIIX4_ACPI_ENABLE || s->apm_command == PIIX4_ACPI_DISABLE) {
        acpi_pm_set_acpi_mode(&s->pm, s->apm_command == PIIX4_ACPI_ENABLE);
    }
    if (pci_get_long(s->parent_obj.config + DEVACTB) & APMC_ENABLE && s->smm_enabled) {
        qemu_irq_pulse(s->smi);
    }
}

static void apm_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PIIX4PMState *s = opaque;

    if (addr) {
        s->apm_status = value;
    } else {
        s->apm_command = value;
        command_written(s);
    }
}

static const MemoryRegionOps apm_ops = {
    .read = apm_read,
    .write = apm_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- The function ---- */

/*
 * Without SMM the enable bit of its command port is set from the start: firmware takes that for the
 * sign that somebody before it has installed the handler, and leaves it alone.
 */
static void piix4_reset_hold(Object *obj)
{
    PIIX4PMState *s = PIIX4_PM(obj);
    uint8_t *config = s->parent_obj.config;

    memset(config + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    pci_set_long(config + PMBA, IS_IO);
    pci_set_long(config + DEVACTB, s->smm_enabled ? 0 : APMC_ENABLE);
    pci_set_long(config + SMBBA, (s->smbus_base & SMBBA_ADDRESS) | IS_IO);
    config[SMBHSTCFG] = s->smbus_base ? SMBUS_ENABLE : 0;
    s->apm_command = s->apm_status = 0;
    acpi_pm_reset(&s->pm);
    acpi_hotplug_reset(&s->hotplug);
    smbus_host_reset(&s->smbus);
    map_registers(s);
}

static const AcpiHotplugPorts hotplug_ports = {
    .memory = PIIX4_MEMORY_HOTPLUG_PORT,
    .pci = PIIX4_PCI_HOTPLUG_PORT,
    .cpus = PIIX4_CPU_HOTPLUG_PORT,
};

void piix4_start_hotplug(PIIX4PMState *s, ACPITables *t)
{
    PCIDevice *dev = PCI_DEVICE(s);

    acpi_pci_hotplug_start(&s->hotplug.pci, pci_get_bus(dev), s->root_hotplug, s->bridge_hotplug,
                           OBJECT(s));
    acpi_pci_hotplug_put_aml(&s->hotplug.pci, t, PCI_SLOT(dev->devfn));
}

static void piix4_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_hotplug_plug(&PIIX4_PM(handler)->hotplug, dev);
}

static void piix4_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_hotplug_unplug_request(&PIIX4_PM(handler)->hotplug, dev, errp);
}

static void piix4_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_hotplug_unplug(&PIIX4_PM(handler)->hotplug, dev);
}

static void piix4_report(Object *obj, JsonArray *list)
{
    acpi_hotplug_report(&PIIX4_PM(obj)->hotplug, list);
}

static void piix4_raise_event(Object *obj, unsigned n)
{
    acpi_pm_raise_gpe(&PIIX4_PM(obj)->pm, n);
}

static void init_writable(PCIDevice *dev)
{
    pci_set_word(dev->wmask + PCI_COMMAND, PCI_COMMAND_IO);
    pci_set_long(dev->wmask + PMBA, PMBA_ADDRESS);
    pci_set_long(dev->wmask + DEVACTB, APMC_ENABLE);
    pci_set_long(dev->wmask + SMBBA, SMBBA_ADDRESS);
    dev->wmask[PMREGMISC] = PMIO_ENABLE;
    dev->wmask[SMBHSTCFG] = 0x0f;
}

static void piix4_realize(PCIDevice *dev, Error **errp)
{
    PIIX4PMState *s = PIIX4_PM(dev);
    MemoryRegion *ports = pci_get_bus(dev)->address_space_io;

    init_writable(dev);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_FAST_BACK | PCI_STATUS_DEVSEL_MEDIUM);
    dev->config[PCI_INTERRUPT_PIN] = 1;
    qdev_init_gpio_out(DEVICE(dev), &s->sci, 1);
    qdev_init_gpio_out_named(DEVICE(dev), &s->smi, PIIX4_SMI_OUT, 1);

    acpi_pm_init(&s->pm, OBJECT(s), TYPE_PIIX4_PM, PIIX4_SLEEP_OFF, sci_changed, s);
    memory_region_init(&s->pm_io, OBJECT(s), "piix4-pm", PM_SIZE);
    memory_region_add_subregion(&s->pm_io, PM_EVENT, &s->pm.event);
    memory_region_add_subregion(&s->pm_io, PM_CONTROL, &s->pm.control);
    memory_region_add_subregion(&s->pm_io, PM_TIMER, &s->pm.timer);
    memory_region_set_enabled(&s->pm_io, false);
    memory_region_add_subregion(ports, 0, &s->pm_io);
    memory_region_add_subregion(ports, PIIX4_GPE_PORT, &s->pm.gpe);
    acpi_hotplug_init(&s->hotplug, DEVICE(s), &s->pm, ports, &hotplug_ports);

    smbus_host_init(&s->smbus, DEVICE(dev), SMBUS_SIZE);
    memory_region_set_enabled(&s->smbus.io, false);
    memory_region_add_subregion(ports, s->smbus_base, &s->smbus.io);

    memory_region_init_io(&s->apm, OBJECT(s), &apm_ops, s, "apm-io", 2);
    memory_region_add_subregion(ports, PIIX4_SMI_PORT, &s->apm);
}

static int after_load(void *opaque, int version_id)
{
    map_registers(opaque);
    return 0;
}

static const VMStateDescription vmstate_piix4_pm = {
    .name = TYPE_PIIX4_PM,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, PIIX4PMState),
        VMSTATE_ACPI_PM(pm, PIIX4PMState),
        VMSTATE_ACPI_HOTPLUG(hotplug, PIIX4PMState),
        VMSTATE_SMBUS_HOST(smbus, PIIX4PMState),
        VMSTATE_UINT8(apm_command, PIIX4PMState),
        VMSTATE_UINT8(apm_status, PIIX4PMState),
        VMSTATE_END_OF_LIST()
    },
};

static Property piix4_properties[] = {
    DEFINE_PROP_UINT32("smb_io_base", PIIX4PMState, smbus_base, 0),
    DEFINE_PROP_BOOL("smm-enabled", PIIX4PMState, smm_enabled, false),
    DEFINE_PROP_BOOL("acpi-pci-hotplug-with-bridge-support", PIIX4PMState, bridge_hotplug, true),
    DEFINE_PROP_BOOL("acpi-root-pci-hotplug", PIIX4PMState, root_hotplug, true),
    DEFINE_PROP_UINT8("disable_s3", PIIX4PMState, pm.s3_disabled, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void piix4_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    pc->realize = piix4_realize;
    pc->config_write = piix4_config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x7113;
    pc->revision = 0x03;
    pc->class_id = PCI_CLASS_BRIDGE_OTHER;
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    hc->plug = piix4_plug;
    hc->unplug_request = piix4_unplug_request;
    hc->unplug = piix4_unplug;
    ACPI_DEVICE_IF_CLASS(oc)->report = piix4_report;
    ACPI_DEVICE_IF_CLASS(oc)->raise_event = piix4_raise_event;
    RESETTABLE_CLASS(oc)->phases.hold = piix4_reset_hold;
    dc->desc = "Power management of PIIX4 (82371AB)";
    dc->vmsd = &vmstate_piix4_pm;
    dc->user_creatable = false; /* its lines are the board's */
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
    device_class_set_props(dc, piix4_properties);
}

static const TypeInfo piix4_types[] = {
    {
        .name = TYPE_PIIX4_PM,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PIIX4PMState),
        .class_init = piix4_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { TYPE_ACPI_DEVICE_IF },
                                         { NULL } },
    },
};

DEFINE_TYPES(piix4_types)
