/*
 * Gates of interrupt lines: many to one ("or-irq") and one to many ("split-irq").
 *
 * Both are the same thing, a wired-or: some inputs, some outputs, and all outputs are high while
 * any input is. They differ in which side has one line only.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/or-irq.h"
#include "core/qdev-properties.h"
#include "core/split-irq.h"
#include "migration/vmstate.h"
#include "qapi/error.h"

#define TYPE_IRQ_GATE "irq-gate"
DECLARE_INSTANCE_CHECKER(IRQGate, IRQ_GATE, TYPE_IRQ_GATE)

typedef struct GateKind {
    const char *title; /* in messages */
    bool many_inputs;  /* otherwise it has many outputs */
    int max_lines;
} GateKind;

static const GateKind or_gate = { "OR gate", true, MAX_OR_LINES };
static const GateKind splitter = { "IRQ splitter", false, MAX_SPLIT_LINES };

typedef struct IRQGateClass {
    DeviceClass parent_class;
    const GateKind *kind;
} IRQGateClass;
DECLARE_CLASS_CHECKERS(IRQGateClass, IRQ_GATE, TYPE_IRQ_GATE)

G_STATIC_ASSERT(MAX_OR_LINES <= 64); /* bits of IRQGate.high */

static void input_changed(void *opaque, int input, int level)
{
    IRQGate *gate = opaque;
    uint64_t bit = 1ull << input;

    gate->high = level ? gate->high | bit : gate->high & ~bit;
    if (IRQ_GATE_GET_CLASS(gate)->kind->many_inputs) {
        level = gate->high != 0;
    } /* else: whatever the one input is told, more than a bit perhaps */
    for (qemu_irq *out = gate->outputs; out < gate->outputs + gate->nr_outputs; out++) {
        qemu_set_irq(*out, level);
    }
}

static void add_outputs(IRQGate *gate, unsigned count)
{
    gate->nr_outputs = count;
    gate->outputs = g_new(qemu_irq, count);
    qdev_init_gpio_out(DEVICE(gate), gate->outputs, count);
}

/* The side with one line is there from the start, so that boards can connect it early. */
static void gate_init(Object *obj)
{
    if (IRQ_GATE_GET_CLASS(obj)->kind->many_inputs) {
        add_outputs(IRQ_GATE(obj), 1);
    } else {
        qdev_init_gpio_in(DEVICE(obj), input_changed, 1);
    }
}

static void gate_realize(DeviceState *dev, Error **errp)
{
    IRQGate *gate = IRQ_GATE(dev);
    const GateKind *kind = IRQ_GATE_GET_CLASS(gate)->kind;
    int lines = gate->num_lines;

    if (lines < 1 || lines > kind->max_lines) {
        error_setg(errp, "%s number of lines %d is not between 1 and %d", kind->title, lines,
                   kind->max_lines);
    } else if (kind->many_inputs) {
        qdev_init_gpio_in(dev, input_changed, lines);
    } else {
        add_outputs(gate, lines);
    }
}

static void gate_reset(DeviceState *dev)
{
    IRQ_GATE(dev)->high = 0; /* who drives the inputs tells of them anew */
}

static void gate_finalize(Object *obj)
{
    g_free(IRQ_GATE(obj)->outputs);
}

static const VMStateDescription gate_state = {
    .name = TYPE_IRQ_GATE,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){ VMSTATE_UINT64(high, IRQGate), VMSTATE_END_OF_LIST() },
};

static Property gate_properties[] = {
    DEFINE_PROP_UINT16("num-lines", IRQGate, num_lines, 1),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits gate_traits = {
    .realize = gate_realize,
    .reset = gate_reset,
    .state = &gate_state,
    .properties = gate_properties,
    .board_only = true,
};

static void kind_class_init(ObjectClass *klass, void *data)
{
    IRQ_GATE_CLASS(klass)->kind = data;
}

static const TypeInfo gate_types[] = {
    {
        .name = TYPE_IRQ_GATE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(IRQGate),
        .instance_init = gate_init,
        .instance_finalize = gate_finalize,
        .class_size = sizeof(IRQGateClass),
        .class_init = device_class_init_traits,
        .class_data = (void *)&gate_traits,
    },
    { TYPE_OR_IRQ, TYPE_IRQ_GATE, .class_init = kind_class_init, .class_data = (void *)&or_gate },
    { TYPE_SPLIT_IRQ, TYPE_IRQ_GATE, .class_init = kind_class_init,
      .class_data = (void *)&splitter },
};

DEFINE_TYPES(gate_types)
