/*
 * ICH9's TCO: a watchdog. Its timer runs down twice: the first time it calls the firmware (SMI),
 * the second time it resets the machine.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ISA_ICH9_TCO_H
#define HW_ISA_ICH9_TCO_H

#include "core/register.h"
#include "qemu/timer.h"

typedef struct Ich9Tco {
    RegisterBlock regs; /* "sm-tco": 32 ports */
    QEMUTimer *timer;   /* when the count is at 0; not pending: it stands still */
    bool once;          /* it has been there, and software hasn't reloaded it */
    /* The first time, the second time. */
    void (*first)(void *opaque);
    void (*second)(void *opaque);
    void *opaque;
} Ich9Tco;

/* In the bridge's instance_init() and instance_finalize(); it maps the region. */
void ich9_tco_init(Ich9Tco *t, DeviceState *owner, void (*first)(void *opaque),
                   void (*second)(void *opaque), void *opaque);
void ich9_tco_finalize(Ich9Tco *t);
void ich9_tco_reset(Ich9Tco *t);
/* Whether it calls the firmware can't be changed any more (TCO_EN of SMI_EN). */
bool ich9_tco_is_locked(Ich9Tco *t);

extern const VMStateDescription vmstate_ich9_tco;
#define VMSTATE_ICH9_TCO(_field, _state)                                                           \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_ich9_tco, Ich9Tco)

#endif
