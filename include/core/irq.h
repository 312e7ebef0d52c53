/*
 * Interrupt lines: a qemu_irq carries a level from who drives it to one handler.
 *
 * The pin itself doesn't remember its level; the receiver does. Big lock held for all calls.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_IRQ_H
#define CORE_IRQ_H

#include "qom/object.h"

#define TYPE_IRQ "irq"

typedef void (*qemu_irq_handler)(void *opaque, int n, int level);

/* Tells the receiver the level. A NULL line (not connected) is fine. */
void qemu_set_irq(qemu_irq line, int level);

/* Active, inactive, and one after the other. */
static inline void qemu_irq_raise(qemu_irq line)
{
    qemu_set_irq(line, 1);
}

static inline void qemu_irq_lower(qemu_irq line)
{
    qemu_set_irq(line, 0);
}

static inline void qemu_irq_pulse(qemu_irq line)
{
    qemu_irq_raise(line);
    qemu_irq_lower(line);
}

/* A line that calls tell(who, which, level). Free it with qemu_free_irq(). */
qemu_irq qemu_allocate_irq(qemu_irq_handler tell, void *who, int which);
/* An array of lines with `which` from 0 to count - 1. Free it with qemu_free_irqs(). */
qemu_irq *qemu_allocate_irqs(qemu_irq_handler tell, void *who, int count);
/* Grows such an array, which has `have` lines (lines may be NULL), by so many more. */
qemu_irq *qemu_extend_irqs(qemu_irq *lines, int have, qemu_irq_handler tell, void *who, int more);
void qemu_free_irq(qemu_irq line);
void qemu_free_irqs(qemu_irq *lines, int count);

/* A line that passes on the opposite level. */
qemu_irq qemu_irq_invert(qemu_irq behind);
/*
 * Tells somebody else what goes to the lines; for tests and traces. tell()'s opaque is an array of
 * qemu_irq, whose element n leads on to where line n went before.
 */
void qemu_irq_intercept_in(qemu_irq *lines, qemu_irq_handler tell, int count);

#endif
