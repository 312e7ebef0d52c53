/*
 * Interrupt lines: a qemu_irq carries a level from who drives it to one handler.
 *
 * The pin itself doesn't remember its level; the receiver does. Big lock held for all calls.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IRQ_H
#define HW_IRQ_H

#include "qom/object.h"

#define TYPE_IRQ "irq"

typedef void (*qemu_irq_handler)(void *opaque, int n, int level);

/* Tells the receiver the level. A NULL line (not connected) is fine. */
void qemu_set_irq(qemu_irq irq, int level);

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

/* n lines that call handler(opaque, 0..n-1, level). Free the array with qemu_free_irqs(). */
qemu_irq *qemu_allocate_irqs(qemu_irq_handler handler, void *opaque, int n);
qemu_irq qemu_allocate_irq(qemu_irq_handler handler, void *opaque, int n);
/* Grows an array made by qemu_allocate_irqs() from n_old by n lines; `old` may be NULL. */
qemu_irq *qemu_extend_irqs(qemu_irq *old, int n_old, qemu_irq_handler handler, void *opaque, int n);
void qemu_free_irqs(qemu_irq *s, int n);
void qemu_free_irq(qemu_irq irq);

/* A line that passes on the opposite level. */
qemu_irq qemu_irq_invert(qemu_irq irq);
/*
 * Lets handler have what goes to the lines of gpio_in; for tests and traces. Its opaque is an array
 * of qemu_irq, whose element n leads on to where the line went before.
 */
void qemu_irq_intercept_in(qemu_irq *gpio_in, qemu_irq_handler handler, int n);

#endif
