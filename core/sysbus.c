/*
 * The main system bus and the devices on it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/sysbus.h"
#include "qapi/error.h"
#include "system/address-spaces.h"
#include "system/reset.h"

/* --- regions --- */

void sysbus_init_mmio(SysBusDevice *dev, MemoryRegion *memory)
{
    assert(dev->num_mmio < QDEV_MAX_MMIO && "too many regions");
    dev->mmio[dev->num_mmio++] = (struct SysBusRegion){ HWADDR_MAX, memory };
}

void sysbus_init_ioports(SysBusDevice *dev, uint32_t ioport, uint32_t size)
{
    assert(size <= (uint32_t)(QDEV_MAX_PIO - dev->num_pio) && "too many ports");
    while (size-- > 0) {
        dev->pio[dev->num_pio++] = ioport++;
    }
}

/* HWADDR_MAX: away. */
static void move_region(SysBusDevice *dev, int n, hwaddr to, int priority)
{
    MemoryRegion *system = get_system_memory();
    struct SysBusRegion *region = &dev->mmio[n];

    assert(sysbus_has_mmio(dev, n) && "the device has no such region");
    if (region->addr == to) {
        return;
    }
    if (region->addr != HWADDR_MAX) {
        memory_region_del_subregion(system, region->memory);
    }
    if (to != HWADDR_MAX) {
        memory_region_add_subregion_overlap(system, to, region->memory, priority);
    }
    region->addr = to;
}

void sysbus_mmio_map(SysBusDevice *dev, int n, hwaddr addr)
{
    move_region(dev, n, addr, 0);
}

void sysbus_mmio_map_overlap(SysBusDevice *dev, int n, hwaddr addr, int priority)
{
    move_region(dev, n, addr, priority);
}

void sysbus_mmio_unmap(SysBusDevice *dev, int n)
{
    move_region(dev, n, HWADDR_MAX, 0);
}

bool sysbus_has_mmio(SysBusDevice *dev, unsigned int n)
{
    return n < (unsigned)dev->num_mmio;
}

MemoryRegion *sysbus_mmio_get_region(SysBusDevice *dev, int n)
{
    return sysbus_has_mmio(dev, n) ? dev->mmio[n].memory : NULL;
}

void sysbus_add_io(SysBusDevice *dev, hwaddr addr, MemoryRegion *mem)
{
    memory_region_add_subregion(get_system_io(), addr, mem);
}

/*
 * Where region n is in the system memory, also if it was put there, or into a container, without
 * this bus. HWADDR_MAX: nowhere.
 */
static hwaddr region_address(const SysBusDevice *dev, int n)
{
    const MemoryRegion *at = dev->mmio[n].memory;
    hwaddr address = 0;

    for (; at->container; at = at->container) {
        address += at->addr;
    }
    return at == get_system_memory() ? address : HWADDR_MAX;
}

/* --- interrupts: outputs of one name --- */

void sysbus_init_irq(SysBusDevice *dev, qemu_irq *p)
{
    qdev_init_gpio_out_named(&dev->parent_obj, p, SYSBUS_DEVICE_GPIO_IRQ, 1);
}

void sysbus_pass_irq(SysBusDevice *dev, SysBusDevice *target)
{
    qdev_pass_gpios(&target->parent_obj, &dev->parent_obj, SYSBUS_DEVICE_GPIO_IRQ);
}

bool sysbus_has_irq(SysBusDevice *dev, int n)
{
    return n >= 0 && (unsigned)n < qdev_nr_gpio_out(&dev->parent_obj, SYSBUS_DEVICE_GPIO_IRQ);
}

void sysbus_connect_irq(SysBusDevice *dev, int n, qemu_irq irq)
{
    qdev_connect_gpio_out_named(&dev->parent_obj, SYSBUS_DEVICE_GPIO_IRQ, n, irq);
}

qemu_irq sysbus_get_connected_irq(SysBusDevice *dev, int n)
{
    return qdev_get_gpio_out_connector(&dev->parent_obj, SYSBUS_DEVICE_GPIO_IRQ, n);
}

bool sysbus_is_irq_connected(SysBusDevice *dev, int n)
{
    return sysbus_get_connected_irq(dev, n) != NULL;
}

/* --- creation --- */

BusState *sysbus_get_default(void)
{
    static BusState *system_bus;

    if (system_bus) {
        return system_bus;
    }
    system_bus = qbus_new(TYPE_SYSTEM_BUS, NULL, "main-system-bus");
    object_property_add_child(container_get(qdev_get_machine(), "/unattached"), "sysbus",
                              OBJECT(system_bus));
    qemu_register_reset(resettable_cold_reset_fn, system_bus);
    return system_bus;
}

bool sysbus_realize(SysBusDevice *dev, Error **errp)
{
    return qdev_realize(&dev->parent_obj, sysbus_get_default(), errp);
}

bool sysbus_realize_and_unref(SysBusDevice *dev, Error **errp)
{
    return qdev_realize_and_unref(&dev->parent_obj, sysbus_get_default(), errp);
}

DeviceState *sysbus_create_varargs(const char *name, hwaddr addr, ...)
{
    SysBusDevice *dev = SYS_BUS_DEVICE(qdev_new(name));
    va_list lines;
    int n = 0;

    sysbus_realize_and_unref(dev, &error_fatal);
    if (addr != HWADDR_MAX) {
        move_region(dev, 0, addr, 0);
    }
    va_start(lines, addr);
    for (qemu_irq line = va_arg(lines, qemu_irq); line; line = va_arg(lines, qemu_irq)) {
        sysbus_connect_irq(dev, n++, line);
    }
    va_end(lines);
    return &dev->parent_obj;
}

typedef struct Tour {
    FindSysbusDeviceFunc *visit;
    void *with;
} Tour;

static int visit_if_sysbus(Object *obj, void *opaque)
{
    const Tour *tour = opaque;

    if (object_dynamic_cast(obj, TYPE_SYS_BUS_DEVICE)) {
        tour->visit((SysBusDevice *)obj, tour->with);
    }
    return 0;
}

void foreach_dynamic_sysbus_device(FindSysbusDeviceFunc *func, void *opaque)
{
    static const char *const users_places[] = { "/peripheral", "/peripheral-anon" };
    Tour tour = { func, opaque };

    for (size_t i = 0; i < ARRAY_SIZE(users_places); i++) {
        object_child_foreach(container_get(qdev_get_machine(), users_places[i]), visit_if_sysbus,
                             &tour);
    }
}

/* --- the types --- */

static void print_regions(FILE *f, DeviceState *dev, int indent)
{
    const SysBusDevice *it = SYS_BUS_DEVICE(dev);

    for (int n = 0; n < it->num_mmio; n++) {
        fprintf(f, "%*smmio %016" PRIx64 "/%016" PRIx64 "\n", indent, "", region_address(it, n),
                memory_region_size(it->mmio[n].memory));
    }
}

/* "name@unit address", the unit address from the device's own idea, its memory or its ports. */
static char *firmware_node(DeviceState *dev)
{
    const SysBusDevice *it = SYS_BUS_DEVICE(dev);
    const SysBusDeviceClass *class = SYS_BUS_DEVICE_GET_CLASS(it);
    const char *name = qdev_fw_name(dev);

    if (class->explicit_ofw_unit_address) {
        g_autofree char *unit = class->explicit_ofw_unit_address(it);

        return unit ? g_strconcat(name, "@", unit, NULL) : g_strdup(name);
    }
    if (it->num_mmio) {
        return g_strdup_printf("%s@%016" PRIx64, name, region_address(it, 0));
    }
    return it->num_pio ? g_strdup_printf("%s@i%04x", name, it->pio[0]) : g_strdup(name);
}

static void system_bus_class(ObjectClass *oc, void *data)
{
    BusClass *class = BUS_CLASS(oc);

    class->print_dev = print_regions;
    class->get_fw_dev_path = firmware_node;
}

/* Boards place these devices: -device can't say where and on which line. */
static const DeviceTraits on_system_bus = { .bus_type = TYPE_SYSTEM_BUS, .board_only = true };

static const TypeInfo sysbus_types[] = {
    { TYPE_SYSTEM_BUS, TYPE_BUS, .instance_size = sizeof(BusState),
      .class_init = system_bus_class },
    { TYPE_SYS_BUS_DEVICE, TYPE_DEVICE, .abstract = true, .instance_size = sizeof(SysBusDevice),
      .class_size = sizeof(SysBusDeviceClass), .class_init = device_class_init_traits,
      .class_data = (void *)&on_system_bus },
};

DEFINE_TYPES(sysbus_types)
