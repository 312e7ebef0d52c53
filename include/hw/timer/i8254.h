/*
 * 8254 programmable interval timer: three counters of 1.193182 MHz.
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_TIMER_I8254_H
#define HW_TIMER_I8254_H

#include "hw/isa/isa.h"

#define TYPE_I8254 "isa-pit"
#define PIT_FREQ   1193182 /* Hz */

/* A counter as it stands. */
typedef struct PITChannelInfo {
    int gate;
    int mode;          /* 0 to 5 */
    int initial_count; /* in clock ticks; 0: none yet */
    int out;           /* the level of its output */
} PITChannelInfo;

/*
 * Makes one at four ports from `base`, counter 0 wired to the bus's line `isa_irq`, or with -1 to
 * `alt_irq`.
 */
ISADevice *i8254_pit_init(ISABus *bus, int base, int isa_irq, qemu_irq alt_irq);

/*
 * How many ticks of the clock the counter's output was high for, of those from `from` to `to`; as
 * the counter stands, so to be asked before anything about it changes.
 */
int64_t pit_high_ticks(ISADevice *dev, int channel, int64_t from, int64_t to);
/* The tick at a time of the guest's clock. */
int64_t pit_tick_at(int64_t ns);
/* Calls changes(opaque) before a guest's access or a gate changes anything. NULL: nobody. */
void pit_set_watcher(ISADevice *dev, void (*changes)(void *opaque), void *opaque);

/* The level of a counter's gate; those of 0 and 1 are high on a PC, and 2's is port 61's. */
void pit_set_gate(ISADevice *dev, int channel, int val);
void pit_get_channel_info(ISADevice *dev, int channel, PITChannelInfo *info);

#endif
