/*
 * What the monitor's `nmi` presses: the button of a machine that interrupts whatever runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NMI_H
#define HW_NMI_H

#include "qom/object.h"

#define TYPE_NMI "nmi"
typedef struct NMIClass NMIClass;
typedef struct NMIState NMIState;
DECLARE_CLASS_CHECKERS(NMIClass, NMI, TYPE_NMI)
#define NMI(obj) INTERFACE_CHECK(NMIState, (obj), TYPE_NMI)

/* An interface; a machine or device that has such a button implements it. */
struct NMIClass {
    InterfaceClass parent_class;

    /*
     * Presses it, and lets it go again. cpu_index: the CPU that the user looks at, for machines
     * with a button for each. Called with the big lock held; fails with *errp.
     */
    void (*nmi_monitor_handler)(NMIState *n, int cpu_index, Error **errp);
};

/* Presses all buttons of the current machine; *errp if it has none, or if one fails. */
void nmi_monitor_handle(int cpu_index, Error **errp);

#endif
