/*
 * Virtio over PCI: what a PCI device that carries a virtio device is made from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_VIRTIO_VIRTIO_PCI_H
#define HW_VIRTIO_VIRTIO_PCI_H

#include "core/qdev-properties.h"
#include "hw/pci/pci.h"
#include "hw/virtio/virtio.h"

#define TYPE_VIRTIO_PCI "virtio-pci"

#define VIRTIO_PCI_VECTORS_DEFAULT UINT32_MAX /* property: what the kind says */
#define VIRTIO_PCI_VECTORS_AUTO    (UINT32_MAX - 1) /* one a queue and one for the configuration */

/* One device type: NAME, NAME-transitional and NAME-non-transitional are made of it. */
typedef struct VirtioPCIKind {
    const char *name;    /* "virtio-rng-pci" */
    const char *backend; /* the virtio device's type */
    uint16_t legacy_id;  /* PCI device id of the transitional device; 0: modern only */
    uint16_t class_id;
    uint32_t vectors;
    DeviceCategory category;
    /* Base address registers of the modern registers and of MSI-X; 0: the usual ones. */
    uint8_t modern_bar, msix_bar;
    /*
     * Of a device that is more than the virtio device: its state begins with a VirtioPCI, and the
     * class's functions call their parents'. 0 and NULL: it isn't.
     */
    size_t instance_size;
    void (*class_init)(ObjectClass *oc);
} VirtioPCIKind;

#define VIRTIO_PCI_STRUCTURES 4 /* of the modern interface */

typedef struct VirtioPCI {
    PCIDevice parent_obj;

    VirtioBus bus;
    VirtioDevice *dev;
    const VirtioPCIKind *kind;
    OnOffAuto disable_legacy; /* properties */
    bool disable_modern;
    uint32_t flags;
    uint32_t vectors;

    bool has_legacy, has_modern;
    MemoryRegion legacy;
    MemoryRegion modern;
    MemoryRegion structures[VIRTIO_PCI_STRUCTURES];
    uint8_t cfg_cap; /* offset of the capability with the data window */

    uint16_t queue_select;
    uint32_t device_features_select, driver_features_select;
} VirtioPCI;

typedef struct VirtioPCIClass {
    PCIDeviceClass parent_class;

    const VirtioPCIKind *kind;
    OnOffAuto legacy; /* what disable-legacy is; AUTO: as its user says */
} VirtioPCIClass;

DECLARE_OBJ_CHECKERS(VirtioPCI, VirtioPCIClass, VIRTIO_PCI, TYPE_VIRTIO_PCI)

extern const VMStateDescription vmstate_virtio_pci;

/* From a type_init() function; kind stays valid. */
void virtio_pci_register(const VirtioPCIKind *kind);

#endif
