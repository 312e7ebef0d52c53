/*
 * Clocks of devices: inputs that the board connects to a source, outputs that the device drives.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_QDEV_CLOCK_H
#define CORE_QDEV_CLOCK_H

#include "core/clock.h"
#include "core/qdev-core.h"

/*
 * For the device, in instance_init: a clock called `name`, which belongs to dev. cb (NULL: none) is
 * called with `opaque` for `events` (of ClockEvent).
 */
Clock *qdev_init_clock_in(DeviceState *dev, const char *name, ClockCallback *cb, void *opaque,
                          unsigned events);
Clock *qdev_init_clock_out(DeviceState *dev, const char *name);

/* For the board, before dev is realized: its input follows source. */
void qdev_connect_clock_in(DeviceState *dev, const char *name, Clock *source);
/* They must exist. */
Clock *qdev_get_clock_in(DeviceState *dev, const char *name);
Clock *qdev_get_clock_out(DeviceState *dev, const char *name);
/* Shows dev's clock as alias_dev's, under another name (a device made of others). */
Clock *qdev_alias_clock(DeviceState *dev, const char *name, DeviceState *alias_dev,
                        const char *alias_name);

/* Several at once: an array that ends with QDEV_CLOCK_END. */
typedef struct ClockPortInitElem {
    const char *name;
    bool is_output;
    ClockCallback *callback;
    unsigned callback_events;
    size_t offset; /* of the Clock * in the device's state */
} ClockPortInitElem;
typedef ClockPortInitElem ClockPortInitArray[];

#define QDEV_CLOCK_FIELD_(devstate, field)                                                         \
    (offsetof(devstate, field) +                                                                   \
     0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((devstate *)0)->field), Clock *)     \
                         ? 1                                                                       \
                         : -1]))
#define QDEV_CLOCK_IN(devstate, field, cb, events)                                                 \
    { .name = #field, .callback = (cb), .callback_events = (events),                               \
      .offset = QDEV_CLOCK_FIELD_(devstate, field) }
#define QDEV_CLOCK_OUT(devstate, field)                                                            \
    { .name = #field, .is_output = true, .offset = QDEV_CLOCK_FIELD_(devstate, field) }
#define QDEV_CLOCK_END { .name = NULL }

/* The callbacks' opaque is dev. */
void qdev_init_clocks(DeviceState *dev, const ClockPortInitArray clocks);

/* What a device has, in DeviceState.clocks. */
typedef struct DeviceClock {
    char *name;
    Clock *clock; /* a reference */
    bool output;
    bool alias;
} DeviceClock;

/* Drops what dev knows of its clocks, when it dies. */
void qdev_finalize_clocklist(DeviceState *dev);

#endif
