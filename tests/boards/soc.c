/*
 * A board as they are written since QEMU 5.2: a system-on-chip object with devices as its children,
 * links, clocks, properties of the machine.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/boards.h"
#include "hw/irq.h"
#include "hw/or-irq.h"
#include "hw/core/split-irq.h"
#include "hw/loader.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/registerfields.h"
#include "hw/resettable.h"
#include "hw/sysbus.h"
#include "hw/char/serial.h"
#include "hw/misc/unimp.h"
#include "hw/clock.h"
#include "hw/qdev-clock.h"
#include "migration/vmstate.h"
#include "sysemu/sysemu.h"
#include "sysemu/reset.h"
#include "sysemu/qtest.h"
#include "sysemu/blockdev.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "target/ppc/cpu.h"
#include "qom/object.h"
#include "elf.h"

#define TYPE_SOC_DEV "tutorial-soc-dev"
OBJECT_DECLARE_SIMPLE_TYPE(SocDevState, SOC_DEV)

REG32(CTRL, 0x0)
    FIELD(CTRL, ENABLE, 0, 1)
    FIELD(CTRL, MODE, 1, 3)
REG32(DATA, 0x4)

struct SocDevState {
    /*< private >*/
    SysBusDevice parent_obj;
    /*< public >*/
    MemoryRegion container;
    MemoryRegion iomem;
    MemoryRegion buf;
    MemoryRegion *downstream;
    AddressSpace downstream_as;
    Clock *clk;
    qemu_irq irq;
    qemu_irq gpio[8];
    uint32_t ctrl, data;
    uint8_t version;
    bool secure;
    char *label;
    CharBackend chr;
    SocDevState *peer;
};

static uint64_t soc_dev_read(void *opaque, hwaddr offset, unsigned size)
{
    SocDevState *s = SOC_DEV(opaque);

    switch (offset) {
    case A_CTRL:
        return s->ctrl;
    case A_DATA:
        return address_space_ldl_le(&s->downstream_as, 0, MEMTXATTRS_UNSPECIFIED, NULL);
    default:
        qemu_log_mask(LOG_UNIMP, "%s: offset 0x%" HWADDR_PRIx "\n", __func__, offset);
        return 0;
    }
}

static void soc_dev_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    SocDevState *s = opaque;

    switch (offset) {
    case A_CTRL:
        s->ctrl = FIELD_DP32(s->ctrl, CTRL, MODE, FIELD_EX32(value, CTRL, MODE));
        s->ctrl = deposit32(s->ctrl, 0, 1, value & R_CTRL_ENABLE_MASK);
        qemu_set_irq(s->irq, extract32(s->ctrl, 0, 1));
        break;
    case A_DATA:
        s->data = value;
        break;
    }
}

static const MemoryRegionOps soc_dev_ops = {
    .read = soc_dev_read,
    .write = soc_dev_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid.min_access_size = 1,
    .valid.max_access_size = 8,
    .impl.min_access_size = 4,
    .impl.max_access_size = 4,
};

static void soc_dev_reset_hold(Object *obj)
{
    SocDevState *s = SOC_DEV(obj);
    s->ctrl = 0;
    s->data = 0;
}

static void soc_dev_gpio(void *opaque, int n, int level)
{
    SocDevState *s = SOC_DEV(opaque);
    s->data = deposit32(s->data, n, 1, level);
}

static void soc_dev_init(Object *obj)
{
    SocDevState *s = SOC_DEV(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    memory_region_init(&s->container, obj, "soc-dev", 0x2000);
    memory_region_init_io(&s->iomem, obj, &soc_dev_ops, s, "soc-dev.regs", 0x1000);
    memory_region_add_subregion(&s->container, 0, &s->iomem);
    sysbus_init_mmio(sbd, &s->container);
    sysbus_init_irq(sbd, &s->irq);
    qdev_init_gpio_in(DEVICE(obj), soc_dev_gpio, 8);
    qdev_init_gpio_out_named(DEVICE(obj), s->gpio, "out", 8);
    s->clk = qdev_init_clock_in(DEVICE(obj), "clk", NULL, s, 0);
}

static void soc_dev_realize(DeviceState *dev, Error **errp)
{
    SocDevState *s = SOC_DEV(dev);
    ERRP_GUARD();

    if (!s->downstream) {
        error_setg(errp, "'memory' link is not set");
        return;
    }
    address_space_init(&s->downstream_as, s->downstream, "soc-dev-dma");
    memory_region_init_ram(&s->buf, OBJECT(dev), "soc-dev.buf", 0x1000, errp);
    if (*errp) {
        return;
    }
    memory_region_add_subregion(&s->container, 0x1000, &s->buf);
}

static const VMStateDescription vmstate_soc_dev = {
    .name = "soc-dev",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(ctrl, SocDevState),
        VMSTATE_UINT32(data, SocDevState),
        VMSTATE_END_OF_LIST()
    }
};

static Property soc_dev_properties[] = {
    DEFINE_PROP_UINT8("version", SocDevState, version, 3),
    DEFINE_PROP_BOOL("secure", SocDevState, secure, true),
    DEFINE_PROP_STRING("label", SocDevState, label),
    DEFINE_PROP_CHR("chardev", SocDevState, chr),
    DEFINE_PROP_LINK("memory", SocDevState, downstream, TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK("peer", SocDevState, peer, TYPE_SOC_DEV, SocDevState *),
    DEFINE_PROP_END_OF_LIST(),
};

static void soc_dev_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->realize = soc_dev_realize;
    dc->vmsd = &vmstate_soc_dev;
    rc->phases.hold = soc_dev_reset_hold;
    device_class_set_props(dc, soc_dev_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    dc->user_creatable = false;
}

static const TypeInfo soc_dev_info = {
    .name = TYPE_SOC_DEV,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(SocDevState),
    .instance_init = soc_dev_init,
    .class_init = soc_dev_class_init,
};

#define TYPE_SOC "tutorial-soc-chip"
OBJECT_DECLARE_TYPE(SocState, SocClass, SOC)

struct SocClass {
    DeviceClass parent_class;
    const char *cpu_type;
};

struct SocState {
    DeviceState parent_obj;
    SocDevState dev[2];
    UnimplementedDeviceState unimp;
    OrIRQState orgate;
    SplitIRQ splitter;
    SerialMM uart;
    MemoryRegion boot_rom;
    MemoryRegion sram;
    MemoryRegion sram_alias;
    Clock *sysclk;
};

static void soc_init(Object *obj)
{
    SocState *s = SOC(obj);
    int i;

    for (i = 0; i < ARRAY_SIZE(s->dev); i++) {
        object_initialize_child(obj, "dev[*]", &s->dev[i], TYPE_SOC_DEV);
    }
    object_initialize_child(obj, "unimp", &s->unimp, TYPE_UNIMPLEMENTED_DEVICE);
    object_initialize_child(obj, "or", &s->orgate, TYPE_OR_IRQ);
    object_initialize_child(obj, "split", &s->splitter, TYPE_SPLIT_IRQ);
    object_initialize_child(obj, "uart", &s->uart, TYPE_SERIAL_MM);
    object_property_add_alias(obj, "version", OBJECT(&s->dev[0]), "version");
    s->sysclk = qdev_init_clock_in(DEVICE(s), "sysclk", NULL, NULL, 0);
}

static bool soc_realize_devices(SocState *s, Error **errp)
{
    int i;

    if (!object_property_set_int(OBJECT(&s->orgate), "num-lines", 2, errp)) {
        return false;
    }
    if (!qdev_realize(DEVICE(&s->orgate), NULL, errp)) {
        return false;
    }
    object_property_set_int(OBJECT(&s->splitter), "num-lines", 2, &error_abort);
    qdev_realize(DEVICE(&s->splitter), NULL, &error_abort);

    for (i = 0; i < ARRAY_SIZE(s->dev); i++) {
        object_property_set_link(OBJECT(&s->dev[i]), "memory", OBJECT(get_system_memory()),
                                 &error_abort);
        qdev_connect_clock_in(DEVICE(&s->dev[i]), "clk", s->sysclk);
        if (!sysbus_realize(SYS_BUS_DEVICE(&s->dev[i]), errp)) {
            return false;
        }
        sysbus_mmio_map(SYS_BUS_DEVICE(&s->dev[i]), 0, 0x40000000 + i * 0x10000);
        sysbus_connect_irq(SYS_BUS_DEVICE(&s->dev[i]), 0, qdev_get_gpio_in(DEVICE(&s->orgate), i));
    }
    qdev_connect_gpio_out(DEVICE(&s->orgate), 0, qdev_get_gpio_in(DEVICE(&s->splitter), 0));
    qdev_connect_gpio_out_named(DEVICE(&s->dev[0]), "out", 1,
                                qdev_get_gpio_in(DEVICE(&s->dev[1]), 3));
    return true;
}

static void soc_realize(DeviceState *dev, Error **errp)
{
    SocState *s = SOC(dev);
    MemoryRegion *system_memory = get_system_memory();
    Error *err = NULL;

    if (!clock_has_source(s->sysclk)) {
        error_setg(errp, "sysclk clock must be wired up by the board code");
        return;
    }
    memory_region_init_rom(&s->boot_rom, OBJECT(dev), "soc.rom", 64 * KiB, &err);
    if (err != NULL) {
        error_propagate(errp, err);
        return;
    }
    memory_region_add_subregion(system_memory, 0xfff00000, &s->boot_rom);
    memory_region_init_ram(&s->sram, NULL, "soc.sram", 32 * KiB, &error_fatal);
    memory_region_add_subregion(system_memory, 0x20000000, &s->sram);
    memory_region_init_alias(&s->sram_alias, OBJECT(dev), "soc.sram-alias", &s->sram, 0,
                             32 * KiB);
    memory_region_add_subregion(system_memory, 0x30000000, &s->sram_alias);

    if (!soc_realize_devices(s, errp)) {
        return;
    }
    qdev_prop_set_string(DEVICE(&s->unimp), "name", "soc.gpio");
    qdev_prop_set_uint64(DEVICE(&s->unimp), "size", 0x1000);
    if (!sysbus_realize(SYS_BUS_DEVICE(&s->unimp), errp)) {
        return;
    }
    sysbus_mmio_map_overlap(SYS_BUS_DEVICE(&s->unimp), 0, 0x40000000, -1000);

    qdev_prop_set_uint8(DEVICE(&s->uart), "regshift", 2);
    qdev_prop_set_uint32(DEVICE(&s->uart), "baudbase", 115200);
    qdev_prop_set_chr(DEVICE(&s->uart), "chardev", serial_hd(0));
    qdev_prop_set_uint8(DEVICE(&s->uart), "endianness", DEVICE_BIG_ENDIAN);
    if (!sysbus_realize(SYS_BUS_DEVICE(&s->uart), errp)) {
        return;
    }
    sysbus_mmio_map(SYS_BUS_DEVICE(&s->uart), 0, 0x41000000);
}

static void soc_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = soc_realize;
    dc->user_creatable = false;
}

static const TypeInfo soc_types[] = {
    {
        .name = TYPE_SOC,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(SocState),
        .instance_init = soc_init,
        .class_size = sizeof(SocClass),
        .class_init = soc_class_init,
    },
};
DEFINE_TYPES(soc_types)

/* A card for one of the board's slots. */
#define TYPE_SOC_CARD "tutorial-card"
OBJECT_DECLARE_SIMPLE_TYPE(SocCardState, SOC_CARD)

struct SocCardState {
    DeviceState parent_obj;
    MemoryRegion ram;
    uint32_t slot;
};

static void soc_card_realize(DeviceState *dev, Error **errp)
{
    SocCardState *s = SOC_CARD(dev);

    memory_region_init_ram(&s->ram, OBJECT(dev), "card", 4 * KiB, errp);
}

static Property soc_card_properties[] = {
    DEFINE_PROP_UINT32("slot", SocCardState, slot, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void soc_card_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "card of the tutorial board";
    dc->realize = soc_card_realize;
    device_class_set_props(dc, soc_card_properties);
}

static const TypeInfo soc_card_info = {
    .name = TYPE_SOC_CARD,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(SocCardState),
    .class_init = soc_card_class_init,
};

#define SOC_SLOTS      4
#define SOC_SLOT(slot) (0x50000000 + (slot) * 0x10000)

#define TYPE_SOC_MACHINE MACHINE_TYPE_NAME("tutorial-soc")
OBJECT_DECLARE_SIMPLE_TYPE(SocMachineState, SOC_MACHINE)

struct SocMachineState {
    MachineState parent_obj;
    SocState soc;
    PowerPCCPU *cpu;
    bool secure;
    uint32_t bootmode;
    uint32_t straps;
    Notifier machine_done;
    SocCardState *slots[SOC_SLOTS];
};

static void soc_cpu_reset(void *opaque)
{
    cpu_reset(CPU(opaque));
}

/* A block of registers that the user may add; the board says where. */
#define TYPE_SOC_EXTRA "tutorial-extra"

static void soc_extra_init(Object *obj)
{
    MemoryRegion *mr = g_new0(MemoryRegion, 1);

    memory_region_init_io(mr, obj, NULL, NULL, "extra", 0x100);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), mr);
}

static void soc_extra_class_init(ObjectClass *klass, void *data)
{
    DEVICE_CLASS(klass)->user_creatable = true;
}

static const TypeInfo soc_extra_info = {
    .name = TYPE_SOC_EXTRA,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_init = soc_extra_init,
    .class_init = soc_extra_class_init,
};

static void soc_place_extra(SysBusDevice *sbdev, void *opaque)
{
    hwaddr *at = opaque;

    sysbus_mmio_map(sbdev, 0, *at);
    *at += 0x1000;
}

static void soc_machine_done(Notifier *notifier, void *data)
{
    SocMachineState *s = container_of(notifier, SocMachineState, machine_done);
    hwaddr at = 0x60000000;

    assert(s->cpu);
    foreach_dynamic_sysbus_device(soc_place_extra, &at);
}

static void soc_add_device(MachineState *machine)
{
    SocMachineState *s = SOC_MACHINE(machine);
    DeviceState *dev;

    dev = qdev_new(TYPE_SOC_DEV);
    object_property_set_link(OBJECT(dev), "memory", OBJECT(machine->ram), &error_fatal);
    object_property_set_link(OBJECT(dev), "peer", OBJECT(&s->soc.dev[0]), &error_fatal);
    qdev_prop_set_uint8(dev, "version", 7);
    qdev_prop_set_bit(dev, "secure", s->secure);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, 0x42000000);
    sysbus_connect_irq(SYS_BUS_DEVICE(dev), 0, qdev_get_gpio_in(DEVICE(s->cpu), 0));
}

static void soc_machine_init(MachineState *machine)
{
    SocMachineState *s = SOC_MACHINE(machine);
    MachineClass *mc = MACHINE_GET_CLASS(machine);
    MemoryRegion *sysmem = get_system_memory();
    DriveInfo *dinfo;
    Clock *sysclk;
    static const uint32_t code[] = { 0 };

    if (machine->ram_size != mc->default_ram_size) {
        char *sz = size_to_str(mc->default_ram_size);
        error_report("Invalid RAM size, should be %s", sz);
        g_free(sz);
        exit(EXIT_FAILURE);
    }
    s->cpu = POWERPC_CPU(object_new(machine->cpu_type));
    object_property_add_child(OBJECT(machine), "cpu", OBJECT(s->cpu));
    qdev_realize(DEVICE(s->cpu), NULL, &error_fatal);
    qemu_register_reset(soc_cpu_reset, s->cpu);

    memory_region_add_subregion(sysmem, 0, machine->ram);

    sysclk = clock_new(OBJECT(machine), "SYSCLK");
    clock_set_hz(sysclk, 50000000);

    object_initialize_child(OBJECT(machine), "soc", &s->soc, TYPE_SOC);
    qdev_connect_clock_in(DEVICE(&s->soc), "sysclk", sysclk);
    qdev_realize(DEVICE(&s->soc), NULL, &error_fatal);

    soc_add_device(machine);
    create_unimplemented_device("soc.can", 0x43000000, 1 * MiB);
    dinfo = drive_get(IF_PFLASH, 0, 0);
    if (dinfo && !qtest_enabled()) {
        info_report("flash image %s ignored", blk_name(blk_by_legacy_dinfo(dinfo)));
    }
    rom_add_blob_fixed("code", code, sizeof(code), 0xfff00100);
    if (machine->kernel_filename &&
        load_image_targphys(machine->kernel_filename, 0, machine->ram_size) < 0) {
        error_report("Could not load kernel '%s'", machine->kernel_filename);
        exit(1);
    }
    s->machine_done.notify = soc_machine_done;
    qemu_add_machine_init_done_notifier(&s->machine_done);
}

static bool soc_get_secure(Object *obj, Error **errp)
{
    return SOC_MACHINE(obj)->secure;
}

static void soc_set_secure(Object *obj, bool value, Error **errp)
{
    SOC_MACHINE(obj)->secure = value;
}

static void soc_get_bootmode(Object *obj, Visitor *v, const char *name, void *opaque,
                             Error **errp)
{
    uint32_t value = SOC_MACHINE(obj)->bootmode;

    visit_type_uint32(v, name, &value, errp);
}

static void soc_set_bootmode(Object *obj, Visitor *v, const char *name, void *opaque,
                             Error **errp)
{
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value > 3) {
        error_setg(errp, "bootmode can only be 0 to 3");
        return;
    }
    SOC_MACHINE(obj)->bootmode = value;
}

static void soc_pre_plug(HotplugHandler *hotplug_dev, DeviceState *dev, Error **errp)
{
    SocMachineState *s = SOC_MACHINE(hotplug_dev);
    SocCardState *card = SOC_CARD(dev);

    if (card->slot >= SOC_SLOTS || s->slots[card->slot]) {
        error_setg(errp, "slot %u is not free", card->slot);
    }
}

static void soc_plug(HotplugHandler *hotplug_dev, DeviceState *dev, Error **errp)
{
    SocMachineState *s = SOC_MACHINE(hotplug_dev);
    SocCardState *card = SOC_CARD(dev);

    s->slots[card->slot] = card;
    memory_region_add_subregion(get_system_memory(), SOC_SLOT(card->slot), &card->ram);
}

static void soc_unplug(HotplugHandler *hotplug_dev, DeviceState *dev, Error **errp)
{
    SocMachineState *s = SOC_MACHINE(hotplug_dev);
    SocCardState *card = SOC_CARD(dev);

    memory_region_del_subregion(get_system_memory(), &card->ram);
    s->slots[card->slot] = NULL;
    qdev_unrealize(dev);
}

static HotplugHandler *soc_get_hotplug_handler(MachineState *machine, DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_SOC_CARD) ? HOTPLUG_HANDLER(machine) : NULL;
}

static void soc_instance_init(Object *obj)
{
    SocMachineState *s = SOC_MACHINE(obj);
    s->secure = true;
    object_property_add_uint32_ptr(obj, "straps", &s->straps, OBJ_PROP_FLAG_READWRITE);
}

static void soc_machine_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);
    static const char * const valid_cpu_types[] = {
        POWERPC_CPU_TYPE_NAME("750_v3.1"),
        POWERPC_CPU_TYPE_NAME("755_v2.8"),
        NULL
    };

    machine_class_allow_dynamic_sysbus_dev(mc, TYPE_SOC_EXTRA);
    mc->get_hotplug_handler = soc_get_hotplug_handler;
    hc->pre_plug = soc_pre_plug;
    hc->plug = soc_plug;
    hc->unplug = soc_unplug;
    mc->desc = "tutorial board around a system-on-chip";
    mc->init = soc_machine_init;
    mc->block_default_type = IF_SD;
    mc->units_per_default_bus = 1;
    mc->max_cpus = 1;
    mc->default_cpu_type = POWERPC_CPU_TYPE_NAME("750_v3.1");
    mc->valid_cpu_types = valid_cpu_types;
    mc->default_ram_size = 64 * MiB;
    mc->default_ram_id = "soc.ram";
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
    mc->no_parallel = 1;
    object_class_property_add_bool(oc, "secure", soc_get_secure, soc_set_secure);
    object_class_property_add(oc, "bootmode", "uint32", soc_get_bootmode, soc_set_bootmode, NULL,
                              NULL);
    object_class_property_set_description(oc, "secure", "Set on/off for the secure mode");
}

static const TypeInfo soc_machine_info = {
    .name = TYPE_SOC_MACHINE,
    .parent = TYPE_MACHINE,
    .instance_size = sizeof(SocMachineState),
    .instance_init = soc_instance_init,
    .class_init = soc_machine_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_HOTPLUG_HANDLER },
        { }
    },
};

static void soc_register(void)
{
    type_register_static(&soc_card_info);
    type_register_static(&soc_extra_info);
    type_register_static(&soc_dev_info);
    type_register_static(&soc_machine_info);
}
type_init(soc_register)
