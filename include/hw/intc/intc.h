/*
 * What an interrupt controller can tell about itself: `info pic`, `info irq`.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_INTC_H
#define HW_INTC_INTC_H

#include "qom/object.h"

#define TYPE_INTERRUPT_STATS_PROVIDER "intctrl"
typedef struct InterruptStatsProviderClass InterruptStatsProviderClass;
typedef struct InterruptStatsProvider InterruptStatsProvider;
DECLARE_CLASS_CHECKERS(InterruptStatsProviderClass, INTERRUPT_STATS_PROVIDER,
                       TYPE_INTERRUPT_STATS_PROVIDER)
#define INTERRUPT_STATS_PROVIDER(obj) \
    INTERFACE_CHECK(InterruptStatsProvider, (obj), TYPE_INTERRUPT_STATS_PROVIDER)

struct InterruptStatsProviderClass {
    InterfaceClass parent;

    /* Number of interrupts delivered per source; @counts stays owned by the device. */
    bool (*get_statistics)(InterruptStatsProvider *obj, uint64_t **counts, unsigned *nr);
    /* Appends the controller's state as text, lines ending in a newline. */
    void (*print_info)(InterruptStatsProvider *obj, GString *text);
};

#endif
