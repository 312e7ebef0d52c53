/*
 * `pc` board: devices that come and go while it runs without a bus of their own: modules of
 * memory. The chipset's power management tells the guest of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i386/pc.h"
#include "hw/mem/pc-dimm.h"
#include "qapi/error.h"

static bool is_module(DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_PC_DIMM);
}

/* Who tells the guest; NULL with *errp set if it has no tables to find the registers by. */
static HotplugHandler *teller(PCState *s, Error **errp)
{
    if (s->acpi == ON_OFF_AUTO_OFF || !s->pm) {
        error_setg(errp, "hotplug is not enabled: missing acpi device or acpi disabled");
        return NULL;
    }
    return HOTPLUG_HANDLER(s->pm);
}

static void pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCState *s = PC_MACHINE(handler);

    if (is_module(dev) && teller(s, errp)) {
        pc_dimm_pre_plug(PC_DIMM(dev), MACHINE(s), errp);
    }
}

static void plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCState *s = PC_MACHINE(handler);

    if (is_module(dev)) {
        pc_dimm_plug(PC_DIMM(dev), MACHINE(s));
        hotplug_handler_plug(HOTPLUG_HANDLER(s->pm), dev, errp);
    }
}

static void unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    HotplugHandler *next = teller(PC_MACHINE(handler), errp);

    if (next) {
        hotplug_handler_unplug_request(next, dev, errp);
    }
}

static void unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCState *s = PC_MACHINE(handler);

    hotplug_handler_unplug(HOTPLUG_HANDLER(s->pm), dev, errp);
    if (is_module(dev)) {
        pc_dimm_unplug(PC_DIMM(dev), MACHINE(s));
    }
}

static HotplugHandler *handler_of(MachineState *machine, DeviceState *dev)
{
    return is_module(dev) ? HOTPLUG_HANDLER(machine) : NULL;
}

void pc_hotplug_class_init(ObjectClass *oc)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    mc->takes_memory_slots = true;
    mc->get_hotplug_handler = handler_of;
    hc->pre_plug = pre_plug;
    hc->plug = plug;
    hc->unplug_request = unplug_request;
    hc->unplug = unplug;
}
