/*
 * "sdhci-pci": a PCI card with a standard SD host controller and one slot.
 *
 * Reference: SD Host Controller Simplified Specification, version 3.00, appendix A (PCI
 * configuration).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/sd/sdhci.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_SDHCI_PCI "sdhci-pci"
OBJECT_DECLARE_SIMPLE_TYPE(SdhciPciState, SDHCI_PCI)

#define SLOT_INFORMATION 0x40 /* number of slots - 1 (bits 4-6), their first BAR */
#define INTERFACE_DMA    0x01

struct SdhciPciState {
    PCIDevice parent_obj;

    Sdhci host;
};

static PCIDevice *pci_of(Sdhci *host)
{
    return &container_of(host, SdhciPciState, host)->parent_obj;
}

static void set_irq(Sdhci *host, bool level)
{
    pci_set_irq(pci_of(host), level);
}

static bool dma(Sdhci *host, uint64_t address, void *data, size_t size, DMADirection direction)
{
    return pci_dma_rw(pci_of(host), address, data, size, direction, MEMTXATTRS_UNSPECIFIED) == MEMTX_OK;
}

static const SdhciOwner owner = { .set_irq = set_irq, .dma = dma };

static void sdhci_pci_realize(PCIDevice *dev, Error **errp)
{
    SdhciPciState *s = SDHCI_PCI(dev);

    memset(dev->wmask + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    dev->config[SLOT_INFORMATION] = 0;
    pci_config_set_interrupt_pin(dev->config, 1);
    if (sdhci_realize(&s->host, DEVICE(dev), &owner, errp)) {
        pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->host.mmio);
    } else {
        sdhci_unrealize(&s->host);
    }
}

static void sdhci_pci_exit(PCIDevice *dev)
{
    sdhci_unrealize(&SDHCI_PCI(dev)->host);
}

static void sdhci_pci_finalize(Object *obj)
{
    sdhci_finalize(&SDHCI_PCI(obj)->host);
}

static void sdhci_pci_reset(DeviceState *dev)
{
    sdhci_reset(&SDHCI_PCI(dev)->host);
}

static const VMStateDescription vmstate_sdhci_pci = {
    .name = TYPE_SDHCI_PCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, SdhciPciState),
        VMSTATE_SDHCI(host, SdhciPciState),
        VMSTATE_END_OF_LIST()
    },
};

static void sdhci_pci_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = sdhci_pci_realize;
    pc->exit = sdhci_pci_exit;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = PCI_DEVICE_ID_REDHAT_SDHCI;
    pc->class_id = PCI_CLASS_SYSTEM_SDHCI;
    pc->prog_if = INTERFACE_DMA;
    dc->desc = "SD host controller with one slot";
    dc->reset = sdhci_pci_reset;
    dc->vmsd = &vmstate_sdhci_pci;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo sdhci_pci_types[] = {
    {
        .name = TYPE_SDHCI_PCI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(SdhciPciState),
        .instance_finalize = sdhci_pci_finalize,
        .class_init = sdhci_pci_class_init,
    },
};

DEFINE_TYPES(sdhci_pci_types)
