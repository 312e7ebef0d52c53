/*
 * Interrupt lines.
 *
 * A line is an object, so that it has a place in the tree and links can lead to it, around the one
 * thing that it is: who gets to know the level.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"

typedef struct Receiver {
    qemu_irq_handler tell;
    void *who;
    int which; /* the line's number among the receiver's */
} Receiver;

struct IRQState {
    Object object;
    Receiver to;
};

void qemu_set_irq(qemu_irq line, int level)
{
    if (line) {
        line->to.tell(line->to.who, line->to.which, level);
    }
}

static qemu_irq line_to(Receiver receiver)
{
    qemu_irq line = (qemu_irq)object_new(TYPE_IRQ);

    line->to = receiver;
    return line;
}

qemu_irq qemu_allocate_irq(qemu_irq_handler tell, void *who, int which)
{
    return line_to((Receiver){ tell, who, which });
}

qemu_irq *qemu_extend_irqs(qemu_irq *lines, int have, qemu_irq_handler tell, void *who, int more)
{
    lines = g_renew(qemu_irq, lines, have + more);
    for (int which = have; which < have + more; which++) {
        lines[which] = line_to((Receiver){ tell, who, which });
    }
    return lines;
}

qemu_irq *qemu_allocate_irqs(qemu_irq_handler tell, void *who, int count)
{
    return qemu_extend_irqs(NULL, 0, tell, who, count);
}

void qemu_free_irq(qemu_irq line)
{
    object_unref(line);
}

void qemu_free_irqs(qemu_irq *lines, int count)
{
    while (count > 0) {
        object_unref(lines[--count]);
    }
    g_free(lines);
}

static void pass_opposite(void *behind, int which, int level)
{
    qemu_set_irq(behind, level == 0);
}

qemu_irq qemu_irq_invert(qemu_irq behind)
{
    /* The new line starts low: what is behind it, high. */
    qemu_set_irq(behind, 1);
    return line_to((Receiver){ pass_opposite, behind, 0 });
}

void qemu_irq_intercept_in(qemu_irq *lines, qemu_irq_handler tell, int count)
{
    qemu_irq *onward = g_new(qemu_irq, count);

    for (int which = 0; which < count; which++) {
        onward[which] = line_to(lines[which]->to);
        lines[which]->to = (Receiver){ tell, onward, which };
    }
}

static const TypeInfo irq_types[] = {
    { TYPE_IRQ, TYPE_OBJECT, .instance_size = sizeof(struct IRQState) },
};

DEFINE_TYPES(irq_types)
