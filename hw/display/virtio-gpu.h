/*
 * Virtio GPU: for a card that is something else until its driver shows something.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_DISPLAY_VIRTIO_GPU_H
#define HW_DISPLAY_VIRTIO_GPU_H

#include "hw/virtio/virtio.h"
#include "ui/console.h"

#define TYPE_VIRTIO_GPU "virtio-gpu-device"

/*
 * The first screen is `con`, which the caller keeps, from now on; driver_shows() says whether the
 * driver shows something there, which it does until the next reset. NULL for con: it has a console of
 * its own no longer, and is going. Big lock.
 */
void virtio_gpu_share_screen(VirtioDevice *gpu, Console *con,
                             void (*driver_shows)(void *opaque, bool shows), void *opaque);

#endif
