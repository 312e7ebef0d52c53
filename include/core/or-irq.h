/*
 * Several input lines to one output, high while any of them is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_OR_IRQ_H
#define CORE_OR_IRQ_H

#include "core/irq-gates.h"

#define TYPE_OR_IRQ  "or-irq"
#define MAX_OR_LINES 48

OBJECT_DECLARE_SIMPLE_TYPE(OrIRQState, OR_IRQ)
typedef OrIRQState qemu_or_irq;

/* Property "num-lines"; unnamed inputs 0..num-lines-1, unnamed output 0. */
struct OrIRQState {
    IRQGate gate;
};

#endif
