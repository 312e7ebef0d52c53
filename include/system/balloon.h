/*
 * The balloon: a device by which the guest lends memory to the host. There is at most one.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_BALLOON_H
#define SYSTEM_BALLOON_H

#include "qemu/osdep.h"

typedef struct BalloonOps {
    /* The guest shall have `bytes` of memory; it may take its time. */
    void (*set_target)(void *opaque, uint64_t bytes);
    /* How many bytes it has now. */
    uint64_t (*get_actual)(void *opaque);
} BalloonOps;

/* From a device's realize; false with *errp set if there is a balloon already. */
bool balloon_register(const BalloonOps *ops, void *opaque, Error **errp);
void balloon_unregister(void *opaque);
/* False with *errp set if there is none, or `bytes` is 0. */
bool balloon_set_target(uint64_t bytes, Error **errp);
bool balloon_get_actual(uint64_t *bytes, Error **errp);

#endif
