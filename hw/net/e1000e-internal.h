/*
 * Intel 82574L: what e1000e.c and e1000e-rx.c share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NET_E1000E_INTERNAL_H
#define HW_NET_E1000E_INTERNAL_H

#include "e1000-internal.h"

#define E1000E_VECTORS     5
#define NUM_MESSAGE_CAUSES 5 /* from CAUSE_RXQ0 on: two receive queues, two send queues, the rest */

typedef struct E1000eState {
    E1000State nic;

    MemoryRegion flash, msix;
    uint32_t told; /* causes that a message has told, and that are there yet */
    int64_t earliest[E1000E_VECTORS]; /* ns: the throttle lets the next message through then */
    QEMUTimer *throttles[E1000E_VECTORS];
    uint64_t clock_base; /* of the clock for time stamps, at: */
    int64_t clock_start;
} E1000eState;

DECLARE_INSTANCE_CHECKER(E1000eState, E1000E, TYPE_E1000E)

/* ---- e1000e-rx.c: of an E1000Class ---- */

uint32_t e1000e_rx_descriptor_size(const E1000State *nic);
uint32_t e1000e_rx_room(const E1000State *nic);
unsigned e1000e_classify(E1000State *nic, const uint8_t *frame, size_t size, size_t header, RxNote *note);
void e1000e_store(E1000State *nic, E1000Row base_low, size_t size, const RxNote *note);

#endif
