/*
 * Virtio over PCI: what a PCI device that carries a virtio device is made from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_VIRTIO_VIRTIO_PCI_H
#define HW_VIRTIO_VIRTIO_PCI_H

#include "hw/pci/pci.h"
#include "hw/virtio/virtio.h"

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
} VirtioPCIKind;

/* From a type_init() function; kind stays valid. */
void virtio_pci_register(const VirtioPCIKind *kind);

#endif
