/*
 * Network cards in PCI slots get what -nic says.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci-nic.h"
#include "net/nic-list.h"
#include "qapi/error.h"

/* Names that people use for a family, and the type of it that they mean. */
static const struct {
    const char *alias, *type;
} aliases[] = { { "virtio", "virtio-net-pci" }, { "i82559", "i82559c" } };

static const char *type_of_model(const char *model)
{
    for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
        if (g_str_equal(model, aliases[i].alias) && !object_class_by_name(model)) {
            return aliases[i].type;
        }
    }
    return model;
}

/* NULL with *errp set: there is no such card. */
static const char *card_type(const NICInfo *nd, const char *default_model, Error **errp)
{
    const char *type = type_of_model(nd->model ? nd->model : default_model);
    ObjectClass *oc = object_class_by_name(type);

    if (!oc || !object_class_dynamic_cast(oc, TYPE_PCI_DEVICE) || object_class_is_abstract(oc) ||
        !nic_type_has_netdev(oc)) {
        error_setg(errp, "Unsupported NIC model: %s", nd->model ? nd->model : default_model);
        error_append_hint(errp, "-nic model=help lists those that there are.\n");
        return NULL;
    }
    return type;
}

static PCIDevice *plug_card(NICInfo *nd, PCIBus *bus, const char *default_model,
                            const char *default_addr, Error **errp)
{
    const char *addr = nd->devaddr ? nd->devaddr : default_addr;
    const char *type = card_type(nd, default_model, errp);
    PCIDevice *dev;

    if (!type) {
        return NULL;
    }
    dev = pci_new(-1, type);
    if ((nd->name && !qdev_set_id(DEVICE(dev), g_strdup(nd->name), errp)) ||
        (addr && !object_property_parse(OBJECT(dev), "addr", addr, errp))) {
        object_unref(OBJECT(dev));
        return NULL;
    }
    qdev_set_nic_properties(DEVICE(dev), nd);
    return pci_realize_and_unref(dev, bus, errp) ? dev : NULL;
}

static PCIDevice *plug_or_exit(NICInfo *nd, PCIBus *bus, const char *default_model,
                               const char *default_addr)
{
    const char *before = error_loc_set(nd->loc);
    PCIDevice *dev = plug_card(nd, bus, default_model, default_addr, &error_fatal);

    error_loc_set(before);
    return dev;
}

PCIDevice *pci_nic_init_nofail(NICInfo *nd, PCIBus *bus, const char *default_model,
                               const char *default_devaddr)
{
    return plug_or_exit(nd, bus, default_model, default_devaddr);
}

bool pci_init_nic_in_slot(PCIBus *bus, const char *default_model, const char *alias,
                          const char *devaddr)
{
    NICInfo *nd = qemu_find_nic_info(default_model, true, alias);

    if (nd) {
        plug_or_exit(nd, bus, default_model, devaddr);
    }
    return nd != NULL;
}

void pci_init_nic_devices(PCIBus *bus, const char *default_model)
{
    NICInfo *nd;

    while ((nd = net_first_unused_nic())) {
        plug_or_exit(nd, bus, default_model, NULL);
    }
}
