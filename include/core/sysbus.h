/*
 * Devices that sit at fixed addresses: memory regions by index, interrupt outputs by index.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_SYSBUS_H
#define CORE_SYSBUS_H

#include "core/qdev-core.h"
#include "system/memory.h"

#define QDEV_MAX_MMIO 32
#define QDEV_MAX_PIO  32

#define TYPE_SYSTEM_BUS     "System"
#define TYPE_SYS_BUS_DEVICE "sys-bus-device"

typedef struct SysBusDeviceClass SysBusDeviceClass;
DECLARE_INSTANCE_CHECKER(BusState, SYSTEM_BUS, TYPE_SYSTEM_BUS)
DECLARE_OBJ_CHECKERS(SysBusDevice, SysBusDeviceClass, SYS_BUS_DEVICE, TYPE_SYS_BUS_DEVICE)

#define SYSBUS_DEVICE_GPIO_IRQ "sysbus-irq"

struct SysBusDeviceClass {
    DeviceClass parent_class;

    /* The unit address of its firmware path; NULL: the first region's address. Newly allocated. */
    char *(*explicit_ofw_unit_address)(const SysBusDevice *dev);
};

struct SysBusDevice {
    DeviceState parent_obj;

    int num_mmio;
    struct SysBusRegion {
        hwaddr addr; /* where sysbus_mmio_map() put it; HWADDR_MAX: nowhere */
        MemoryRegion *memory;
    } mmio[QDEV_MAX_MMIO];
    int num_pio;
    uint32_t pio[QDEV_MAX_PIO]; /* port numbers */
};

/* For the device: announces its regions and interrupt outputs, numbered from 0. */
void sysbus_init_mmio(SysBusDevice *dev, MemoryRegion *memory);
void sysbus_init_irq(SysBusDevice *dev, qemu_irq *p);
void sysbus_pass_irq(SysBusDevice *dev, SysBusDevice *target);
/* Ports it answers, for `info qtree` and firmware paths only. */
void sysbus_init_ioports(SysBusDevice *dev, uint32_t ioport, uint32_t size);

/* For the board: maps region n into the system memory; a second call moves it. */
void sysbus_mmio_map(SysBusDevice *dev, int n, hwaddr addr);
void sysbus_mmio_map_overlap(SysBusDevice *dev, int n, hwaddr addr, int priority);
void sysbus_mmio_unmap(SysBusDevice *dev, int n);
MemoryRegion *sysbus_mmio_get_region(SysBusDevice *dev, int n);
bool sysbus_has_mmio(SysBusDevice *dev, unsigned int n);
void sysbus_add_io(SysBusDevice *dev, hwaddr addr, MemoryRegion *mem);

void sysbus_connect_irq(SysBusDevice *dev, int n, qemu_irq irq);
bool sysbus_is_irq_connected(SysBusDevice *dev, int n);
qemu_irq sysbus_get_connected_irq(SysBusDevice *dev, int n);
bool sysbus_has_irq(SysBusDevice *dev, int n);

/* qdev_realize() on the main system bus. */
bool sysbus_realize(SysBusDevice *dev, Error **errp);
bool sysbus_realize_and_unref(SysBusDevice *dev, Error **errp);

/*
 * Creates, realizes, maps region 0 at addr (HWADDR_MAX: doesn't) and connects the interrupts given
 * (list ends with NULL).
 */
DeviceState *sysbus_create_varargs(const char *name, hwaddr addr, ...);
/* The same with one interrupt, or none (NULL). */
static inline DeviceState *sysbus_create_simple(const char *type, hwaddr base, qemu_irq line)
{
    return sysbus_create_varargs(type, base, line, NULL);
}

/*
 * Calls func for each such device that the user added (machine_class_allow_dynamic_sysbus_dev()):
 * for the board to map and connect it, once the machine is complete.
 */
typedef void FindSysbusDeviceFunc(SysBusDevice *sbdev, void *opaque);
void foreach_dynamic_sysbus_device(FindSysbusDeviceFunc *func, void *opaque);

#endif
