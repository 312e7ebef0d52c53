/*
 * "pcie-root-port": a port of a PCI Express root complex, with a slot behind it whose devices come
 * and go.
 *
 * The slot has an attention button, a power switch and two lamps (section 6.7). When something is
 * plugged in while the machine runs, it shows as present and the button is pressed (drivers that
 * see a button wait for it); the guest's driver switches the slot on, and the link comes up. To
 * take a device out, the button is pressed: the driver lets go of the device and switches the slot
 * off, and only then the device leaves. A guest without such a driver keeps it.
 *
 * There is no link to model: it is up at the lowest speed and width while something is there and
 * has power. Commands to the slot are complete at once, and the capability says so.
 *
 * Where ACPI tells the guest of cards (hw/pci/pcie_root_port.h), nobody presses buttons, and the
 * slot has power all the time.
 *
 * Reference: PCI Express Base Specification, revision 2.1, sections 6.7 and 7.8.9 to 7.8.11.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/hotplug.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_root_port.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"

#define TYPE_ROOT_PORT  "pcie-root-port"
#define AER_SIZE        0x48

#define LAMP_ON    1
#define LAMP_BLINKS 2
#define LAMP_OFF   3

/* Enable bits of slot control, and what they are for in slot status. */
static const struct {
    uint16_t enable, event;
} slot_events[] = {
    { PCI_EXP_SLTCTL_BUTTON, PCI_EXP_SLTSTA_BUTTON },
    { PCI_EXP_SLTCTL_PRESENCE, PCI_EXP_SLTSTA_PRESENCE },
    { PCI_EXP_SLTCTL_LINK, PCI_EXP_SLTSTA_LINK },
};

typedef struct RootPort {
    PCIBridge parent_obj;

    uint8_t port;
    uint8_t chassis;
    uint16_t slot;
    bool hotplug;

    HotplugHandler *teller; /* who tells the guest of cards; NULL: the slot */
    QEMUBH *settle; /* after the power has changed */
    bool wants_out; /* the button was pressed to take out what is there */
    bool had_event; /* an enabled event was there when it was looked at last */
} RootPort;

DECLARE_INSTANCE_CHECKER(RootPort, ROOT_PORT, TYPE_ROOT_PORT)

/* ---- the slot ---- */

static uint8_t *exp_register(RootPort *rp, unsigned reg)
{
    PCIDevice *dev = PCI_DEVICE(rp);

    return dev->config + dev->exp_cap + reg;
}

static PCIBus *slot_bus(RootPort *rp)
{
    return PCI_BRIDGE(rp)->behind;
}

static bool is_occupied(RootPort *rp)
{
    return slot_bus(rp)->devices[0] != NULL;
}

static bool is_powered(RootPort *rp)
{
    return !(pci_get_word(exp_register(rp, PCI_EXP_SLTCTL)) & PCI_EXP_SLTCTL_POWER_OFF);
}

static unsigned power_lamp(uint16_t control)
{
    return (control & PCI_EXP_SLTCTL_POWER_LED) >> PCI_EXP_SLTCTL_POWER_LED_SHIFT;
}

/* A message for the first event of those that are enabled; a pin for as long as there is one. */
static void update_interrupt(RootPort *rp)
{
    PCIDevice *dev = PCI_DEVICE(rp);
    uint16_t control = pci_get_word(exp_register(rp, PCI_EXP_SLTCTL));
    uint16_t status = pci_get_word(exp_register(rp, PCI_EXP_SLTSTA));
    bool event = false;

    for (size_t i = 0; i < ARRAY_SIZE(slot_events); i++) {
        event |= (control & slot_events[i].enable) && (status & slot_events[i].event);
    }
    event = event && (control & PCI_EXP_SLTCTL_INTERRUPT);
    if (event && !rp->had_event && msi_enabled(dev)) {
        msi_notify(dev, 0);
    }
    rp->had_event = event;
    pci_set_irq(dev, event && !msi_enabled(dev));
}

/* Presence and link follow what is there; `events` has happened besides. */
static void update_slot(RootPort *rp, uint16_t events)
{
    uint8_t *status = exp_register(rp, PCI_EXP_SLTSTA), *link = exp_register(rp, PCI_EXP_LNKSTA);
    bool present = is_occupied(rp), active = present && is_powered(rp);
    uint16_t before = pci_get_word(status), link_before = pci_get_word(link);

    if (active != !!(link_before & PCI_EXP_LNKSTA_ACTIVE)) {
        events |= PCI_EXP_SLTSTA_LINK;
    }
    pci_set_word(link, (link_before & ~PCI_EXP_LNKSTA_ACTIVE) | (active ? PCI_EXP_LNKSTA_ACTIVE : 0));
    pci_set_word(status, (before & ~PCI_EXP_SLTSTA_PRESENT) | (present ? PCI_EXP_SLTSTA_PRESENT : 0) |
                             (rp->hotplug ? events : 0));
    update_interrupt(rp);
}

/* As it is, without anything having happened. */
static void settle_slot(RootPort *rp)
{
    update_slot(rp, 0);
    pci_set_word(exp_register(rp, PCI_EXP_SLTSTA), is_occupied(rp) ? PCI_EXP_SLTSTA_PRESENT : 0);
    update_interrupt(rp);
}

static void cut_power(PCIBus *bus, PCIDevice *dev, void *opaque)
{
    dev->has_no_power = true;
}

static void settle_function(PCIBus *bus, PCIDevice *dev, void *opaque)
{
    RootPort *rp = opaque;

    device_cold_reset(DEVICE(dev));
    dev->has_no_power = !is_powered(rp);
}

static void take_out(PCIBus *bus, PCIDevice *dev, void *opaque)
{
    qdev_unrealize(DEVICE(dev));
    object_unparent(OBJECT(dev));
}

/* All functions leave, the first one last: so long as it is there, the slot is occupied. */
static void empty_slot(RootPort *rp)
{
    PCIBus *bus = slot_bus(rp);

    rp->wants_out = false;
    for (int devfn = PCI_FUNC_MAX - 1; devfn >= 0; devfn--) {
        if (bus->devices[devfn]) {
            take_out(bus, bus->devices[devfn], NULL);
        }
    }
    update_slot(rp, PCI_EXP_SLTSTA_PRESENCE);
}

/*
 * The rest of what a change of power does. It may have been the DMA of a function behind the port
 * that has changed it: that function must neither be reset nor leave before it is done with that.
 */
static void power_changed(void *opaque)
{
    RootPort *rp = opaque;

    pci_for_each_device_under_bus(slot_bus(rp), settle_function, rp);
    if (rp->wants_out && !is_powered(rp)) {
        empty_slot(rp);
    } else {
        update_slot(rp, 0);
    }
}

/* The guest has written to slot control. */
static void slot_controlled(RootPort *rp, uint16_t before)
{
    uint16_t control = pci_get_word(exp_register(rp, PCI_EXP_SLTCTL));
    bool off = control & PCI_EXP_SLTCTL_POWER_OFF;

    if (off != !!(before & PCI_EXP_SLTCTL_POWER_OFF)) {
        if (off) {
            pci_for_each_device_under_bus(slot_bus(rp), cut_power, NULL);
            update_slot(rp, 0);
        }
        qemu_bh_schedule(rp->settle);
    }
    if (!off && power_lamp(before) == LAMP_BLINKS && power_lamp(control) == LAMP_ON) {
        rp->wants_out = false; /* it has thought better of it */
    }
}

/* ---- devices that come and go ---- */

static void slot_pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    RootPort *rp = ROOT_PORT(handler);
    int32_t devfn = PCI_DEVICE(dev)->devfn;

    if (!rp->hotplug && dev->hotplugged) {
        error_setg(errp, "Bus '%s' does not support hotplugging", BUS(slot_bus(rp))->name);
    } else if (PCI_SLOT(MAX(devfn, 0)) != 0) {
        error_setg(errp, "Parameter 'addr' expects slot 0: a link leads to one device, which bus '%s' is",
                   BUS(slot_bus(rp))->name);
    } else if (devfn < 0 && is_occupied(rp)) {
        error_setg(errp, "Bus '%s' is occupied: a root port has one slot", BUS(slot_bus(rp))->name);
    } else if (dev->hotplugged && devfn > 0 && is_occupied(rp)) {
        error_setg(errp, "function 0 of bus '%s' is there already: the guest looks at what is plugged in once, with function 0",
                   BUS(slot_bus(rp))->name);
    }
}

static void slot_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    RootPort *rp = ROOT_PORT(handler);

    if (!dev->hotplugged) {
        settle_slot(rp); /* the reset of the machine comes yet, and gives it power */
        return;
    }
    PCI_DEVICE(dev)->has_no_power = !is_powered(rp);
    if (rp->teller) {
        settle_slot(rp);
        hotplug_handler_plug(rp->teller, dev, errp);
    } else if (PCI_FUNC(PCI_DEVICE(dev)->devfn) == 0) {
        update_slot(rp, PCI_EXP_SLTSTA_PRESENCE | PCI_EXP_SLTSTA_BUTTON);
    }
}

static void slot_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    RootPort *rp = ROOT_PORT(handler);
    uint16_t control = pci_get_word(exp_register(rp, PCI_EXP_SLTCTL));

    if (!rp->hotplug) {
        error_setg(errp, "Bus '%s' does not support hotplugging", BUS(slot_bus(rp))->name);
    } else if (rp->teller) {
        hotplug_handler_unplug_request(rp->teller, dev, errp);
    } else if (!is_powered(rp) || !is_occupied(rp)) {
        empty_slot(rp); /* the guest doesn't use it */
    } else if (rp->wants_out && power_lamp(control) == LAMP_BLINKS) {
        error_setg(errp, "Device '%s' is on its way out already: pressing the slot's button again would keep it",
                   dev->id ? dev->id : object_get_typename(OBJECT(dev)));
    } else {
        rp->wants_out = true;
        update_slot(rp, PCI_EXP_SLTSTA_BUTTON);
    }
}

/* ---- somebody else tells the guest ---- */

static RootPort *port_of(const PCIBus *bus)
{
    return ROOT_PORT(bus->parent_dev);
}

bool pcie_root_port_has_bus(const PCIBus *bus)
{
    return bus->parent_dev && object_dynamic_cast(OBJECT(bus->parent_dev), TYPE_ROOT_PORT);
}

unsigned pcie_root_port_slot(const PCIBus *bus)
{
    return port_of(bus)->slot;
}

bool pcie_root_port_has_hotplug(const PCIBus *bus)
{
    return port_of(bus)->hotplug;
}

void pcie_root_port_leave_telling(PCIBus *bus, HotplugHandler *teller)
{
    port_of(bus)->teller = teller;
}

void pcie_root_port_look(PCIBus *bus)
{
    settle_slot(port_of(bus));
}

/* ---- the port ---- */

static void add_slot(RootPort *rp)
{
    PCIDevice *dev = PCI_DEVICE(rp);
    uint8_t *flags = exp_register(rp, PCI_EXP_FLAGS);
    uint32_t cap = (uint32_t)rp->slot << PCI_EXP_SLTCAP_NUMBER_SHIFT;

    if (rp->hotplug) {
        cap |= PCI_EXP_SLTCAP_BUTTON | PCI_EXP_SLTCAP_POWER | PCI_EXP_SLTCAP_ATTN_LED | PCI_EXP_SLTCAP_POWER_LED |
               PCI_EXP_SLTCAP_HOTPLUG | PCI_EXP_SLTCAP_AT_ONCE;
        pci_set_word(dev->wmask + dev->exp_cap + PCI_EXP_SLTCTL,
                     PCI_EXP_SLTCTL_BUTTON | PCI_EXP_SLTCTL_PRESENCE | PCI_EXP_SLTCTL_INTERRUPT |
                         PCI_EXP_SLTCTL_ATTN_LED | PCI_EXP_SLTCTL_POWER_LED | PCI_EXP_SLTCTL_POWER_OFF |
                         PCI_EXP_SLTCTL_LINK);
        pci_set_word(dev->w1cmask + dev->exp_cap + PCI_EXP_SLTSTA,
                     PCI_EXP_SLTSTA_BUTTON | PCI_EXP_SLTSTA_PRESENCE | PCI_EXP_SLTSTA_LINK);
    }
    pci_set_word(flags, pci_get_word(flags) | PCI_EXP_FLAGS_SLOT);
    pci_set_long(exp_register(rp, PCI_EXP_SLTCAP), cap);
    qbus_set_hotplug_handler(BUS(slot_bus(rp)), OBJECT(rp));
    settle_slot(rp);
}

static void root_port_realize(PCIDevice *dev, Error **errp)
{
    RootPort *rp = ROOT_PORT(dev);

    if (!dev->express || pci_get_bus(dev)->parent_dev) {
        error_setg(errp, "%s: a root port goes on the root bus of a PCI Express host bridge; bus "
                         "'%s' is none",
                   dev->name, pci_get_bus(dev)->qbus.name);
        return;
    }
    pci_bridge_initfn(dev, TYPE_PCIE_BUS);
    pci_config_set_interrupt_pin(dev->config, 1);
    if (pcie_cap_init(dev, 0, PCI_EXP_TYPE_ROOT_PORT, rp->port, errp) < 0 || msi_init(dev, 0, 1, true, true, errp) < 0) {
        pci_bridge_exitfn(dev);
        return;
    }
    rp->settle = qemu_bh_new(power_changed, rp);
    add_slot(rp);
    pcie_add_capability(dev, PCI_EXT_CAP_ID_ERR, 2, PCIE_EXT_CAP_START, AER_SIZE);
}

static void root_port_exit(PCIDevice *dev)
{
    qemu_bh_delete(ROOT_PORT(dev)->settle);
    pci_bridge_exitfn(dev);
}

static void root_port_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    RootPort *rp = ROOT_PORT(dev);
    uint16_t control = pci_get_word(exp_register(rp, PCI_EXP_SLTCTL));

    pci_bridge_write_config(dev, address, value, len);
    slot_controlled(rp, control);
    update_interrupt(rp);
}

/* An empty slot is off; what is there from the start has power. */
static void root_port_reset_hold(Object *obj)
{
    RootPort *rp = ROOT_PORT(obj);
    bool on = is_occupied(rp) || !rp->hotplug || rp->teller;
    unsigned lamp = on ? LAMP_ON : LAMP_OFF;

    pci_bridge_reset_hold(obj);
    qemu_bh_cancel(rp->settle);
    rp->wants_out = false;
    pci_set_word(exp_register(rp, PCI_EXP_SLTCTL),
                 PCI_EXP_SLTCTL_ATTN_LED | lamp << PCI_EXP_SLTCTL_POWER_LED_SHIFT | (on ? 0 : PCI_EXP_SLTCTL_POWER_OFF));
    for (int devfn = 0; devfn < PCI_FUNC_MAX; devfn++) {
        if (slot_bus(rp)->devices[devfn]) {
            slot_bus(rp)->devices[devfn]->has_no_power = !on;
        }
    }
    settle_slot(rp);
}

static int after_load(void *opaque, int version_id)
{
    RootPort *rp = opaque;
    PCIBus *bus = slot_bus(rp);

    for (int devfn = 0; devfn < PCI_FUNC_MAX; devfn++) {
        if (bus->devices[devfn]) {
            bus->devices[devfn]->has_no_power = !is_powered(rp);
        }
    }
    if (rp->wants_out && !is_powered(rp)) { /* saved before it had left */
        qemu_bh_schedule(rp->settle);
    }
    return 0;
}

static const VMStateDescription vmstate_root_port = {
    .name = TYPE_ROOT_PORT,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT(parent_obj, RootPort, 1, vmstate_pci_bridge, PCIBridge),
        VMSTATE_BOOL(wants_out, RootPort),
        VMSTATE_BOOL(had_event, RootPort),
        VMSTATE_END_OF_LIST()
    },
};

static Property root_port_properties[] = {
    DEFINE_PROP_UINT8("port", RootPort, port, 0),
    DEFINE_PROP_UINT8("chassis", RootPort, chassis, 0),
    DEFINE_PROP_UINT16("slot", RootPort, slot, 0),
    DEFINE_PROP_BOOL("hotplug", RootPort, hotplug, true),
    DEFINE_PROP_END_OF_LIST(),
};

static void root_port_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    pc->realize = root_port_realize;
    pc->exit = root_port_exit;
    pc->config_write = root_port_write;
    pc->is_express = true;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = PCI_DEVICE_ID_REDHAT_PCIE_RP;
    hc->pre_plug = slot_pre_plug;
    hc->plug = slot_plug;
    hc->unplug_request = slot_unplug_request;
    dc->desc = "PCI Express root port: a slot";
    dc->vmsd = &vmstate_root_port;
    dc->hotpluggable = false;
    RESETTABLE_CLASS(klass)->phases.hold = root_port_reset_hold;
    device_class_set_props(dc, root_port_properties);
}

static const TypeInfo root_port_types[] = {
    {
        .name = TYPE_ROOT_PORT,
        .parent = TYPE_PCI_BRIDGE,
        .instance_size = sizeof(RootPort),
        .class_init = root_port_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { NULL } },
    },
};

DEFINE_TYPES(root_port_types)
