/*
 * Which device is the balloon.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "system/balloon.h"

static const BalloonOps *balloon_ops;
static void *balloon_opaque;

bool balloon_register(const BalloonOps *ops, void *opaque, Error **errp)
{
    if (balloon_ops) {
        error_setg(errp, "there is a balloon device already, and there can be one only");
        return false;
    }
    balloon_ops = ops;
    balloon_opaque = opaque;
    return true;
}

void balloon_unregister(void *opaque)
{
    if (balloon_opaque == opaque) {
        balloon_ops = NULL;
        balloon_opaque = NULL;
    }
}

static bool have_balloon(Error **errp)
{
    if (!balloon_ops) {
        error_setg(errp, "No balloon device has been activated");
        return false;
    }
    return true;
}

bool balloon_set_target(uint64_t bytes, Error **errp)
{
    if (!have_balloon(errp)) {
        return false;
    }
    if (!bytes) {
        error_setg(errp, "the guest can't do without any memory: expected a size");
        return false;
    }
    balloon_ops->set_target(balloon_opaque, bytes);
    return true;
}

bool balloon_get_actual(uint64_t *bytes, Error **errp)
{
    if (!have_balloon(errp)) {
        return false;
    }
    *bytes = balloon_ops->get_actual(balloon_opaque);
    return true;
}
