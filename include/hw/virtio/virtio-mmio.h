/*
 * Virtio over MMIO: a slot for one virtio device.
 *
 * Region 0 has VIRTIO_MMIO_SIZE bytes; line 0 is the interrupt, level, high. A -device
 * virtio-blk-device and so on goes into the first free slot of the machine.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_VIRTIO_VIRTIO_MMIO_H
#define HW_VIRTIO_VIRTIO_MMIO_H

#define TYPE_VIRTIO_MMIO "virtio-mmio"
#define VIRTIO_MMIO_SIZE 0x200

#endif
