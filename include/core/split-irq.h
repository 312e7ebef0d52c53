/*
 * One input line to several outputs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_SPLIT_IRQ_H
#define CORE_SPLIT_IRQ_H

#include "core/irq-gates.h"

#define TYPE_SPLIT_IRQ  "split-irq"
#define MAX_SPLIT_LINES 256

OBJECT_DECLARE_SIMPLE_TYPE(SplitIRQ, SPLIT_IRQ)

/* Property "num-lines"; unnamed input 0, unnamed outputs 0..num-lines-1. */
struct SplitIRQ {
    IRQGate gate;
};

#endif
