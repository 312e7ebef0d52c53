/*
 * What gates of interrupt lines have in common: inputs, outputs, and which inputs are high.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_IRQ_GATES_H
#define CORE_IRQ_GATES_H

#include "core/qdev-core.h"

typedef struct IRQGate {
    DeviceState parent_obj;

    uint16_t num_lines; /* of the side that may have several */
    uint64_t high;      /* bit n: input n */
    unsigned nr_outputs;
    qemu_irq *outputs;
} IRQGate;

#endif
