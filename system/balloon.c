/*
 * Which device is the balloon.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "system/balloon.h"

/* Without ops: there is none. */
static struct {
    const BalloonOps *ops;
    void *device;
} the_balloon;

bool balloon_register(const BalloonOps *ops, void *opaque, Error **errp)
{
    if (the_balloon.ops) {
        error_setg(errp, "there is a balloon device already, and there can be one only");
        return false;
    }
    the_balloon.ops = ops;
    the_balloon.device = opaque;
    return true;
}

void balloon_unregister(void *opaque)
{
    if (the_balloon.device == opaque) {
        the_balloon.ops = NULL;
        the_balloon.device = NULL;
    }
}

static const BalloonOps *ops_or_error(Error **errp)
{
    if (!the_balloon.ops) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_ACTIVE, "No balloon device has been activated");
    }
    return the_balloon.ops;
}

bool balloon_set_target(uint64_t bytes, Error **errp)
{
    const BalloonOps *ops = ops_or_error(errp);

    if (ops && !bytes) {
        error_setg(errp, "the guest can't do without any memory: expected a size");
        return false;
    }
    if (ops) {
        ops->set_target(the_balloon.device, bytes);
    }
    return ops;
}

bool balloon_get_actual(uint64_t *bytes, Error **errp)
{
    const BalloonOps *ops = ops_or_error(errp);

    if (ops) {
        *bytes = ops->get_actual(the_balloon.device);
    }
    return ops;
}
